#include "core/memory/table_entries.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace ks {
namespace {

constexpr std::uint64_t kEntrySize = 8;

/// What a person is told of an entry that cannot be had.
int errorOf(const PageState &state) { return state.errorNumber != 0 ? state.errorNumber : EIO; }

} // namespace

TableEntries::Table &TableEntries::table(PhysAddr address)
{
    auto &table = tables_[address];
    if (!table)
        table = std::unique_ptr<Table>(new Table); // without zeroing the values
    return *table;
}

TableEntries::Entry TableEntries::at(PhysAddr table, unsigned index) const
{
    const auto found = tables_.find(table);
    if (found == tables_.end())
        return {};
    const Table &entries = *found->second;
    const Entry::State state = entries.states[index];
    return {state, state == Entry::State::Read ? entries.values[index] : 0, entries.errorNumber};
}

void TableEntries::read(const MemorySource &memory, const RamMap &ram, std::span<const EntrySpan> spans)
{
    std::vector<EntrySpan> wanted;
    std::vector<AddrRange> ranges;
    for (const EntrySpan &span : spans) {
        Table &entries = table(span.table);
        const auto address = ram.addressOf(span.table);
        for (unsigned i = span.first; i <= span.last; ++i) {
            if (entries.states[i] != Entry::State::NotRead)
                continue;
            if (!address) {
                entries.states[i] = Entry::State::Failed;
                entries.errorNumber = EFAULT;
                continue;
            }
            entries.states[i] = Entry::State::Failed; // until it is read, and so that nobody asks for it again
            if (!wanted.empty() && wanted.back().table == span.table && wanted.back().last + 1u == i) {
                wanted.back().last = static_cast<std::uint16_t>(i);
                ranges.back().last += kEntrySize;
            } else {
                wanted.push_back({span.table, static_cast<std::uint16_t>(i), static_cast<std::uint16_t>(i)});
                ranges.push_back(*AddrRange::sized(*address + i * kEntrySize, kEntrySize));
            }
        }
    }
    if (ranges.empty())
        return;
    const auto blocks = memory.readBatch(ranges);
    for (std::size_t n = 0; n < wanted.size() && n < blocks.size(); ++n) {
        const MemoryBlock &block = blocks[n];
        Table &entries = table(wanted[n].table);
        for (unsigned i = wanted[n].first; i <= wanted[n].last; ++i) {
            const std::uint64_t offset = (i - wanted[n].first) * kEntrySize;
            const auto bytes = block.present(block.address() + offset, kEntrySize);
            if (!bytes) {
                const auto missing = block.firstMissing(block.address() + offset, kEntrySize);
                entries.errorNumber = missing ? errorOf(missing->state) : EIO;
                continue;
            }
            std::memcpy(&entries.values[i], bytes->data(), kEntrySize);
            entries.states[i] = Entry::State::Read;
        }
    }
}

void TableEntries::update(const TableEntries &newer, std::size_t maxTables)
{
    if (tables_.size() + newer.tables_.size() > maxTables)
        tables_.clear();
    if (newer.tables_.size() > maxTables)
        return;
    for (const auto &[address, from] : newer.tables_) {
        Table &to = table(address);
        for (unsigned i = 0; i < kEntriesPerTable; ++i) {
            if (from->states[i] == Entry::State::NotRead)
                continue;
            to.states[i] = from->states[i];
            if (from->states[i] == Entry::State::Read)
                to.values[i] = from->values[i];
        }
        to.errorNumber = from->errorNumber;
    }
}

} // namespace ks
