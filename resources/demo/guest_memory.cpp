#include "resources/demo/guest_memory.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/mman.h>
#include <unistd.h>

namespace ks::demo {
namespace {

constexpr PhysAddr kAllocationStart{0x2000000};

unsigned tableIndex(VirtAddr address, unsigned level) { return (address.value >> (12 + 9 * level)) & 511; }

} // namespace

GuestMemory::GuestMemory(const Layout &layout, PhysAddr root, std::uint64_t headerSize)
    : layout_(layout),
      root_(root),
      headerSize_(headerSize),
      aliases_(kRamEnd / kPageSize),
      next_(kAllocationStart),
      nextObject_(kAllocationStart),
      objectEnd_(kAllocationStart)
{
}

Result<std::unique_ptr<GuestMemory>> GuestMemory::create(const Layout &layout, PhysAddr root, std::uint64_t headerSize)
{
    std::unique_ptr<GuestMemory> memory(new GuestMemory(layout, root, headerSize));
    memory->file_ = FileHandle(memfd_create("kernoscope-demo-kcore", MFD_CLOEXEC));
    // The end of the last segment, which is what stat() says of a kcore.
    const std::uint64_t size = memory->fileOffset(kVsyscall) + kPageSize;
    if (!memory->file_.isOpen() || ftruncate(memory->fd(), static_cast<off_t>(size)) != 0)
        return failErrno("demo kernel's memory", errno);
    void *ram = mmap(nullptr, kRamEnd, PROT_READ | PROT_WRITE, MAP_SHARED, memory->fd(),
                     static_cast<off_t>(memory->fileOffset(layout.pageOffsetBase)));
    if (ram == MAP_FAILED)
        return failErrno("demo kernel's memory", errno);
    memory->ram_ = static_cast<std::byte *>(ram);
    return memory;
}

GuestMemory::~GuestMemory()
{
    if (ram_)
        munmap(ram_, kRamEnd);
}

PhysAddr GuestMemory::allocate(std::uint64_t size, std::uint64_t alignment)
{
    const PhysAddr start = (next_ + (alignment - 1)).alignedDown(alignment);
    const PhysAddr end = (start + size + (kPageSize - 1)).alignedDown(kPageSize);
    if (end > kRam.back().first + kRam.back().size) {
        healthy_ = false;
        return kAllocationStart;
    }
    next_ = end;
    return start;
}

VirtAddr GuestMemory::allocateObject(std::uint64_t size, std::uint64_t alignment)
{
    PhysAddr start = (nextObject_ + (alignment - 1)).alignedDown(alignment);
    if (start + size > objectEnd_) {
        start = allocate(std::max<std::uint64_t>(size, 8 * kPageSize));
        objectEnd_ = next_;
    }
    nextObject_ = start + size;
    return layout_.directMap(start);
}

PhysAddr GuestMemory::tableBelow(PhysAddr entry, std::uint64_t flags)
{
    std::uint64_t value;
    std::memcpy(&value, ram_ + entry.value, sizeof value);
    if (!(value & kPtePresent)) {
        value = allocate(kPageSize).value | kPtePresent | kPteWrite | kPteAccessed | kPteDirty | (flags & kPteUser);
        writePhys(entry, std::as_bytes(std::span(&value, 1)));
    }
    return PhysAddr(value & kPteAddress);
}

void GuestMemory::preallocate(AddrRange range)
{
    for (unsigned i = tableIndex(range.first, 3); i <= tableIndex(range.last, 3); ++i)
        tableBelow(root_ + 8 * i, 0);
}

void GuestMemory::map(VirtAddr address, PhysAddr phys, unsigned level, std::uint64_t flags)
{
    PhysAddr table = root_;
    for (unsigned depth = 3; depth > level; --depth)
        table = tableBelow(table + 8 * tableIndex(address, depth), flags);
    const std::uint64_t value = phys.value | flags | kPtePresent | (level ? kPteLarge : PteBits{});
    writePhys(table + 8 * tableIndex(address, level), std::as_bytes(std::span(&value, 1)));

    const bool direct = address - layout_.pageOffsetBase < kRamEnd;
    for (std::uint64_t done = 0; !direct && done < kLevelSize[level] && phys.value + done < kRamEnd; done += kPageSize)
        setAlias(phys + done, address + done);
}

void GuestMemory::setAlias(PhysAddr page, VirtAddr address)
{
    aliases_[page.value / kPageSize] = address;
    // What is there already; read from the file, because touching the mapping would give untouched RAM real pages.
    std::array<std::byte, kPageSize> bytes;
    const auto from = static_cast<off_t>(fileOffset(layout_.directMap(page)));
    if (pread(fd(), bytes.data(), bytes.size(), from) != static_cast<ssize_t>(bytes.size()))
        healthy_ = false;
    else if (std::ranges::any_of(bytes, [](std::byte b) { return b != std::byte{0}; }))
        writePhys(page, bytes);
}

std::optional<PhysAddr> GuestMemory::translate(VirtAddr address) const
{
    PhysAddr table = root_;
    for (unsigned level = 3;; --level) {
        std::uint64_t value;
        std::memcpy(&value, ram_ + table.value + 8 * tableIndex(address, level), sizeof value);
        if (!(value & kPtePresent))
            return std::nullopt;
        if (level == 0 || (level < 3 && (value & kPteLarge)))
            return PhysAddr((value & kPteAddress & ~(kLevelSize[level] - 1)) |
                            (address.value & (kLevelSize[level] - 1)));
        table = PhysAddr(value & kPteAddress);
        if (table.value >= kRamEnd)
            return std::nullopt;
    }
}

void GuestMemory::writePhys(PhysAddr phys, std::span<const std::byte> bytes)
{
    while (!bytes.empty()) {
        if (phys.value >= kRamEnd) {
            healthy_ = false;
            return;
        }
        const std::size_t count = std::min<std::size_t>(bytes.size(), kPageSize - phys.value % kPageSize);
        std::memcpy(ram_ + phys.value, bytes.data(), count);
        const VirtAddr alias = aliases_[phys.value / kPageSize];
        if (alias.value != 0) {
            const auto offset = static_cast<off_t>(fileOffset(alias + phys.value % kPageSize));
            if (pwrite(fd(), bytes.data(), count, offset) != static_cast<ssize_t>(count))
                healthy_ = false;
        }
        phys += count;
        bytes = bytes.subspan(count);
    }
}

void GuestMemory::write(VirtAddr address, std::span<const std::byte> bytes)
{
    while (!bytes.empty()) {
        const std::size_t count = std::min<std::size_t>(bytes.size(), kPageSize - address.value % kPageSize);
        const auto phys = translate(address);
        if (phys)
            writePhys(*phys, bytes.first(count));
        else
            healthy_ = false;
        address += count;
        bytes = bytes.subspan(count);
    }
}

void GuestMemory::read(VirtAddr address, std::span<std::byte> bytes) const
{
    while (!bytes.empty()) {
        const std::size_t count = std::min<std::size_t>(bytes.size(), kPageSize - address.value % kPageSize);
        const auto phys = translate(address);
        if (phys && phys->value < kRamEnd)
            std::memcpy(bytes.data(), ram_ + phys->value, count);
        else
            std::memset(bytes.data(), 0, count);
        address += count;
        bytes = bytes.subspan(count);
    }
}

void GuestMemory::writeHeader(std::span<const std::byte> bytes)
{
    if (bytes.size() > headerSize_ || pwrite(fd(), bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
        healthy_ = false;
}

void GuestMemory::listInit(VirtAddr head)
{
    store(head, head.value);
    store(head + 8, head.value);
}

void GuestMemory::listAddTail(VirtAddr entry, VirtAddr head)
{
    const auto last = load<VirtAddr>(head + 8);
    store(entry, head.value);
    store(entry + 8, last.value);
    store(last, entry.value);
    store(head + 8, entry.value);
}

void GuestMemory::listRemove(VirtAddr entry)
{
    const auto next = load<VirtAddr>(entry);
    const auto previous = load<VirtAddr>(entry + 8);
    store(previous, next.value);
    store(next + 8, previous.value);
}

} // namespace ks::demo
