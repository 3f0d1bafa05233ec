// Entries of page tables as they were read. A walk reads each entry once, so that it sees one state of the tables, and
// what one walk has read tells the next where to look.
#pragma once

#include "core/memory/memory_source.h"
#include "core/memory/page_table_entry.h"
#include "core/memory/ram_map.h"

#include <array>
#include <memory>
#include <unordered_map>

namespace ks {

/// Neighbouring entries of one table.
struct EntrySpan {
    PhysAddr table;
    std::uint16_t first = 0;
    std::uint16_t last = 0;
};

class TableEntries {
public:
    struct Entry {
        enum class State : std::uint8_t { NotRead, Read, Failed };
        State state = State::NotRead;
        std::uint64_t value = 0;
        int errorNumber = 0; ///< why it Failed
    };

    Entry at(PhysAddr table, unsigned index) const;
    /// Reads those of `spans` that were not read yet, all in one batch. Entries whose table is no RAM of the target,
    /// and those that the source has not, are Failed.
    void read(const MemorySource &memory, const RamMap &ram, std::span<const EntrySpan> spans);
    /// Takes over what `newer` has read. What was known is forgotten when there are too many tables.
    void update(const TableEntries &newer, std::size_t maxTables);
    std::size_t tableCount() const { return tables_.size(); }

private:
    struct Table {
        std::array<Entry::State, kEntriesPerTable> states{};
        std::array<std::uint64_t, kEntriesPerTable> values; // NOLINT: set before their state says Read
        int errorNumber = 0;
    };
    Table &table(PhysAddr address);

    std::unordered_map<PhysAddr, std::unique_ptr<Table>> tables_;
};

} // namespace ks
