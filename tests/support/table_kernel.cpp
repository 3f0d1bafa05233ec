#include "tests/support/table_kernel.h"

#include <cstring>
#include <stdexcept>

namespace ks::test {

std::vector<MemoryBlock> WatchedSource::readBatch(std::span<const AddrRange> ranges) const
{
    if (before)
        before(ranges);
    auto blocks = inner_->readBatch(ranges);
    if (after)
        after(ranges);
    return blocks;
}

TableKernel::TableKernel(const Shape &shape) : shape_(shape)
{
    memory->setLive(shape.isLive);
    const auto phys = [&](PhysAddr address) { return shape_.hasPhysAddresses ? std::optional(address) : std::nullopt; };
    memory->add(directMap(kRam), std::vector<std::byte>(kRamSize), phys(kRam));
    memory->add(kText, std::vector<std::byte>(kTextSize, std::byte{0x90}), phys(kTextPhys));
    if (shape.hasVmalloc)
        memory->add(vmalloc(), std::vector<std::byte>(kAreaSize));
    for (std::uint64_t at = 0; at < kRamSize; at += kPageSize)
        map(directMap(kRam + at), kRam + at);
    for (std::uint64_t at = 0; at < kTextSize; at += kPageSize)
        map(kText + at, kTextPhys + at);
}

VirtAddr TableKernel::directMap(PhysAddr phys) const
{
    return VirtAddr(shape_.levels == 5 ? 0xff11000000000000 : 0xffff888000000000) + phys.value;
}

VirtAddr TableKernel::vmalloc() const { return VirtAddr(shape_.levels == 5 ? 0xffa0000000000000 : 0xffffc90000000000); }

std::uint64_t TableKernel::word(PhysAddr phys) const
{
    const MemoryBlock block = memory->read(directMap(phys), 8);
    std::uint64_t value = 0;
    std::memcpy(&value, block.bytes().data(), sizeof value);
    return value;
}

PhysAddr TableKernel::allocateTable()
{
    const PhysAddr table = next_;
    next_ += kPageSize;
    if (next_ > kTextPhys)
        throw std::runtime_error("no room for more page tables");
    return table;
}

PhysAddr TableKernel::tableFor(VirtAddr address, unsigned level)
{
    PhysAddr table = kRoot;
    for (unsigned above = shape_.levels; above > level; --above) {
        const PhysAddr entry = table + 8 * tableIndex(address, above);
        if (word(entry) == 0)
            memory->set(directMap(entry), allocateTable().value | kPresent | kWrite | shape_.encryption);
        table = PhysAddr(word(entry) & pte::kFrame & ~shape_.encryption);
    }
    return table;
}

void TableKernel::map(VirtAddr address, PhysAddr phys, unsigned level, std::uint64_t flags)
{
    setEntry(address, level, phys.value | flags | shape_.encryption | (level > 1 ? kLarge : 0));
}

void TableKernel::setEntry(VirtAddr address, unsigned level, std::uint64_t value)
{
    memory->set(directMap(tableFor(address, level) + 8 * tableIndex(address, level)), value);
}

PhysAddr TableKernel::entryPhys(VirtAddr address, unsigned level) const
{
    PhysAddr table = kRoot;
    for (unsigned above = shape_.levels; above > level; --above)
        table = PhysAddr(word(table + 8 * tableIndex(address, above)) & pte::kFrame & ~shape_.encryption);
    return table + 8 * tableIndex(address, level);
}

std::uint64_t TableKernel::entry(VirtAddr address, unsigned level) const { return word(entryPhys(address, level)); }

void TableKernel::fill(PhysAddr page, std::uint8_t byte)
{
    memory->write(directMap(page), std::vector<std::byte>(kPageSize, std::byte{byte}));
}

LayoutHints TableKernel::hints() const
{
    return {.text = kText,
            .end = kText + kTextSize,
            .pageOffsetBase = directMap(),
            .vmallocBase = vmalloc(),
            .fiveLevels = shape_.levels == 5};
}

std::shared_ptr<const PageTables> TableKernel::tables(std::shared_ptr<const MemorySource> source) const
{
    return std::make_shared<const PageTables>(source ? source : memory, root(), hints());
}

std::shared_ptr<MappedSource> TableKernel::mapped(std::shared_ptr<const MemorySource> source) const
{
    return std::make_shared<MappedSource>(tables(std::move(source)));
}

} // namespace ks::test
