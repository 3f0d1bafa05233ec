// A target of a few pages with page tables of its own, right or wrong.
//
//   TableKernel kernel;
//   kernel.map(kernel.vmalloc(), PhysAddr(0x300000));
//   kernel.setEntry(kernel.vmalloc() + 0x1000, 2, 0xbad);   // its pmd
//   auto source = kernel.mapped();
#pragma once

#include "core/memory/mapped_source.h"
#include "tests/support/fake_source.h"

#include <functional>
#include <memory>

namespace ks::test {

/// Another source that says what is read before it is. For what changes while it is read, and for what must not be.
class WatchedSource : public MemorySource {
public:
    explicit WatchedSource(std::shared_ptr<const MemorySource> inner) : inner_(std::move(inner)) {}
    /// Called before each batch, and after it.
    std::function<void(std::span<const AddrRange>)> before, after;

    std::string description() const override { return inner_->description(); }
    Machine machine() const override { return inner_->machine(); }
    bool isLive() const override { return inner_->isLive(); }
    std::vector<LoadSegment> segments() const override { return inner_->segments(); }
    std::vector<Note> notes() const override { return inner_->notes(); }
    std::vector<MemoryBlock> readBatch(std::span<const AddrRange> ranges) const override;

private:
    std::shared_ptr<const MemorySource> inner_;
};

class TableKernel {
public:
    static constexpr std::uint64_t kPresent = 1, kWrite = 2, kLarge = 0x80, kGlobal = 0x100,
                                   kNoExecute = std::uint64_t{1} << 63;
    static constexpr VirtAddr kText{0xffffffff81000000};
    static constexpr PhysAddr kTextPhys{0x200000};
    static constexpr std::uint64_t kTextSize = 0x10000;
    static constexpr PhysAddr kRam{0x100000}; ///< its first byte
    static constexpr std::uint64_t kRamSize = 0x500000;
    static constexpr PhysAddr kRoot{0x110000};
    static constexpr std::uint64_t kAreaSize = 0x400000; ///< of the vmalloc segment

    struct Shape {
        unsigned levels = 4;
        std::uint64_t encryption = 0;
        bool isLive = true;
        bool hasVmalloc = true; ///< a segment for it
        bool hasPhysAddresses = true;
    };
    explicit TableKernel(const Shape &shape);
    TableKernel() : TableKernel(Shape()) {}

    /// Where the direct map and the vmalloc area begin; by the number of levels.
    VirtAddr directMap(PhysAddr phys = PhysAddr(0)) const;
    VirtAddr vmalloc() const;

    /// Enters a page (level 1: 4 KiB, 2: 2 MiB, 3: 1 GiB); tables that are missing are made.
    void map(VirtAddr address, PhysAddr phys, unsigned level = 1, std::uint64_t flags = kPresent | kWrite | kNoExecute);
    void unmap(VirtAddr address, unsigned level = 1) { setEntry(address, level, 0); }
    std::uint64_t entry(VirtAddr address, unsigned level) const;
    /// Tables above the entry are made.
    void setEntry(VirtAddr address, unsigned level, std::uint64_t value);
    /// Where the entry is in RAM.
    PhysAddr entryPhys(VirtAddr address, unsigned level) const;
    PhysAddr allocateTable();
    /// A page of RAM full of one byte.
    void fill(PhysAddr page, std::uint8_t byte);

    PageTables::Root root() const { return {kRoot, shape_.levels, shape_.encryption}; }
    LayoutHints hints() const;
    std::shared_ptr<const PageTables> tables(std::shared_ptr<const MemorySource> source = nullptr) const;
    std::shared_ptr<MappedSource> mapped(std::shared_ptr<const MemorySource> source = nullptr) const;

    std::shared_ptr<FakeSource> memory = std::make_shared<FakeSource>();

private:
    std::uint64_t word(PhysAddr phys) const;
    PhysAddr tableFor(VirtAddr address, unsigned level);

    Shape shape_;
    PhysAddr next_{0x120000};
};

} // namespace ks::test
