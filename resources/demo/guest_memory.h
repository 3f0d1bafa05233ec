// The demo machine's RAM and page tables, kept in one sparse memory file that reads as /proc/kcore does.
//
// Every mapped address of the kernel has its own place in that file (its low 47 bits, after the header), so a page of
// RAM that is mapped twice is in it twice; whatever is written goes to both places.
#pragma once

#include "core/base/error.h"
#include "core/base/file.h"
#include "resources/demo/layout.h"

#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>
#include <vector>

namespace ks::demo {

/// Page table entry bits (Intel SDM volume 3, 4.5).
enum PteBits : std::uint64_t {
    kPtePresent = 0x1,
    kPteWrite = 0x2,
    kPteUser = 0x4,
    kPteNoCache = 0x10,
    kPteAccessed = 0x20,
    kPteDirty = 0x40,
    kPteLarge = 0x80,
    kPteGlobal = 0x100,
    kPteNoExecute = std::uint64_t{1} << 63,
    kPteAddress = 0x000ffffffffff000,
};

/// Size of a mapping by page table level: 0 = 4 KiB, 1 = 2 MiB, 2 = 1 GiB.
inline constexpr std::uint64_t kLevelSize[] = {kPageSize, kTwoMiB, kGiB};

class GuestMemory {
public:
    /// `root` is the page that holds the top page table; `headerSize` the file's bytes before address 0.
    static Result<std::unique_ptr<GuestMemory>> create(const Layout &layout, PhysAddr root, std::uint64_t headerSize);
    ~GuestMemory();
    GuestMemory(const GuestMemory &) = delete;
    GuestMemory &operator=(const GuestMemory &) = delete;

    int fd() const { return file_.fd(); }
    const Layout &layout() const { return layout_; }
    /// Where an address is in the file: kc_vaddr_to_offset() of arch/x86/include/asm/pgtable_64.h plus the header.
    std::uint64_t fileOffset(VirtAddr address) const
    {
        return (address.value & ((std::uint64_t{1} << 47) - 1)) + headerSize_;
    }

    /// Zeroed RAM that nobody else gets. `alignment` in bytes.
    PhysAddr allocate(std::uint64_t size, std::uint64_t alignment = kPageSize);
    /// The same, as an address of the direct map, for small objects.
    VirtAddr allocateObject(std::uint64_t size, std::uint64_t alignment = 64);
    /// Everything below was handed out by allocate().
    PhysAddr allocatedEnd() const { return next_; }
    /// False once more was asked for than there is, or an address was written that is not mapped.
    bool healthy() const { return healthy_; }

    /// Enters one page into the kernel's page tables. RAM that is mapped outside of the direct map is kept in the
    /// file at both addresses from now on.
    void map(VirtAddr address, PhysAddr phys, unsigned level, std::uint64_t flags);
    /// Gives every top entry of a range its table, so that all address spaces share what is mapped there later
    /// (preallocate_vmalloc_pages() in arch/x86/mm/init_64.c).
    void preallocate(AddrRange range);
    std::optional<PhysAddr> translate(VirtAddr address) const;
    PhysAddr root() const { return root_; }

    void write(VirtAddr address, std::span<const std::byte> bytes);
    void writePhys(PhysAddr phys, std::span<const std::byte> bytes);
    void read(VirtAddr address, std::span<std::byte> bytes) const;
    /// The bytes before all memory; at most headerSize of create().
    void writeHeader(std::span<const std::byte> bytes);

    template <class T>
    void store(VirtAddr address, const T &value)
    {
        static_assert(std::is_trivially_copyable_v<T>);
        write(address, std::as_bytes(std::span(&value, 1)));
    }
    template <class T>
    T load(VirtAddr address) const
    {
        static_assert(std::is_trivially_copyable_v<T>);
        T value;
        read(address, std::as_writable_bytes(std::span(&value, 1)));
        return value;
    }

    /// The kernel's doubly linked lists (include/linux/list.h).
    void listInit(VirtAddr head);
    void listAddTail(VirtAddr entry, VirtAddr head);
    void listRemove(VirtAddr entry);

private:
    GuestMemory(const Layout &layout, PhysAddr root, std::uint64_t headerSize);
    PhysAddr tableBelow(PhysAddr entry, std::uint64_t flags);
    void setAlias(PhysAddr page, VirtAddr address);

    Layout layout_;
    PhysAddr root_;
    std::uint64_t headerSize_;
    FileHandle file_;
    std::byte *ram_ = nullptr;      ///< the direct map's part of the file
    std::vector<VirtAddr> aliases_; ///< by page frame: its second address, or 0
    PhysAddr next_;
    PhysAddr nextObject_;
    PhysAddr objectEnd_;
    bool healthy_ = true;
};

} // namespace ks::demo
