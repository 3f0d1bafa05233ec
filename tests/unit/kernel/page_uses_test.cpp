// What pages are used for, in a small kernel in the shape of several versions.
#include "core/kernel/page_uses.h"
#include "core/symbols/symbol_table.h"
#include "tests/support/fake_source.h"
#include "tests/support/fake_types.h"

#include <gtest/gtest.h>
#include <random>

namespace ks::kernel {
namespace {

using test::FakeSource;
using test::FakeTypes;

constexpr VirtAddr kDirectMap{0xffff888000000000};
constexpr VirtAddr kVmemmap{0xffffea0000000000};
constexpr VirtAddr kVariables{0xffffffff82000000};
constexpr std::uint64_t kFirst = 1024; // the first frame that there is
constexpr std::size_t kPages = 2048;
constexpr std::uint64_t kPageStruct = 64;

enum class Era {
    Note,     ///< types of pages are macros; VMCOREINFO tells one of them
    TypeBit,  ///< 6.10 and 6.11
    TypeByte, ///< since 6.12
    Wrapped,  ///< and with flags in a struct of their own
};

/// All pages are in use, without a type and without mappings.
class PageKernel {
public:
    explicit PageKernel(Era era) : era_(era)
    {
        memory.addZeros(kVariables, kPageSize);
        memory.addZeros(kVmemmap + kFirst * kPageStruct, kPages * kPageStruct);
        memory.add(kDirectMap + kFirst * kPageSize, std::vector<std::byte>(kPages * kPageSize),
                   PhysAddr(kFirst * kPageSize));
        const TypeId u32 = types.base("unsigned int"), u64 = types.base("long unsigned int");
        auto counter = types.structure("atomic");
        counter.member("counter", types.base("int"));
        auto flags = types.structure("wrapped_flags");
        flags.member("f", u64);
        auto page = types.structure("page");
        page.memberAt("flags", era == Era::Wrapped ? TypeId(flags) : u64, 0).memberAt("compound_head", u64, 8);
        page.memberAt("mapping", types.pointer(), 24).memberAt("private", u64, 40).memberAt("page_type", u32, 48);
        page.memberAt("_refcount", counter, 52).size(kPageStruct);
        types.enumeration("pageflags", {{"PG_lru", 4}, {"PG_reserved", 12}});
        if (era == Era::Note)
            types.enumeration("slabflag", {{"PG_slab", 9}});
        else if (era == Era::TypeBit)
            types.enumeration("pagetype",
                              {{"PG_buddy", 0x40000000}, {"PG_table", 0x10000000}, {"PG_slab", 0x02000000}});
        else
            types.enumeration("pagetype", {{"PGTY_buddy", 0xf0}, {"PGTY_table", 0xf2}, {"PGTY_slab", 0xf5}});
        memory.set(kVariables, kVmemmap.value);
        symbols = SymbolTable::build(std::vector<RawSymbol>{
            {.name = "vmemmap_base", .address = kVariables, .size = 8, .kind = SymbolKind::Data}});
        for (std::uint64_t n = 0; n < kPages; ++n)
            set(n, 0, 0, kNone, 1);
    }

    static VirtAddr structOf(std::uint64_t n) { return kVmemmap + (kFirst + n) * kPageStruct; }
    static VirtAddr page(std::uint64_t n) { return kDirectMap + (kFirst + n) * kPageSize; }

    void set(std::uint64_t n, std::uint64_t flags, std::uint64_t mapping, std::uint32_t type, std::uint32_t count)
    {
        memory.set(structOf(n), flags);
        memory.set(structOf(n) + 24, mapping);
        memory.set(structOf(n) + 48, type);
        memory.set(structOf(n) + 52, count);
    }
    void slab(std::uint64_t n)
    {
        set(n, era_ == Era::Note ? 1 << 9 : 0, 0, typed(0xffffffff, 0xfdffffff, 0xf5000000), 1);
    }
    void table(std::uint64_t n) { set(n, 0, 0, typed(0xfffffdff, 0xefffffff, 0xf2000000), 1); }
    /// Each of them free, all one block.
    void freeBlock(std::uint64_t first, unsigned order)
    {
        for (std::uint64_t n = first; n < first + (1U << order); ++n)
            set(n, 0, 0, kNone, 0);
        set(first, 0, 0, typed(0xffffff7f, 0xbfffffff, 0xf0000000), 0);
        memory.set<std::uint64_t>(structOf(first) + 40, order);
    }
    void compound(std::uint64_t head, std::uint64_t tails)
    {
        for (std::uint64_t n = head + 1; n <= head + tails; ++n)
            memory.set(structOf(n) + 8, structOf(head).value + 1);
    }

    std::vector<std::optional<PageUse>> uses(std::span<const VirtAddr> addresses) const
    {
        const EvalContext context{.memory = &memory, .symbols = &symbols, .types = &types};
        return findPageUses(context, era_ == Era::Note ? std::optional(notes) : std::nullopt, addresses);
    }
    std::optional<PageKind> kind(VirtAddr address) const
    {
        const auto use = uses({&address, 1}).front();
        return use ? std::optional(use->kind) : std::nullopt;
    }

    static constexpr std::uint32_t kNone = 0xffffffff;
    FakeTypes types;
    FakeSource memory;
    SymbolTable symbols;
    VmcoreInfo notes = VmcoreInfo::parse("NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)=-129\n");

private:
    std::uint32_t typed(std::uint32_t old, std::uint32_t bit, std::uint32_t byte) const
    {
        return era_ == Era::Note ? old : era_ == Era::TypeBit ? bit : byte;
    }
    Era era_;
};

class PageUses : public testing::TestWithParam<Era> {};

TEST_P(PageUses, AreToldByThePageOrItsHead)
{
    PageKernel kernel(GetParam());
    kernel.set(0, 1 << 12, 0, PageKernel::kNone, 1);
    kernel.slab(1);
    kernel.table(2);
    kernel.set(3, 1 << 4, 0xffff888000001001, 0, 1); // mapped once
    kernel.set(4, 0, 0xffff888000001003, PageKernel::kNone, 1);
    kernel.set(5, 1 << 4, 0xffff888000001000, PageKernel::kNone, 1);
    kernel.set(8, 1 << 4, 0xffff888000001001, 3, 1);
    kernel.compound(8, 3);
    kernel.slab(12);
    kernel.compound(12, 1);
    const PageKind expected[] = {
        PageKind::Reserved,  PageKind::Slab,      GetParam() == Era::Note ? PageKind::Unknown : PageKind::PageTable,
        PageKind::Anonymous, PageKind::Anonymous, PageKind::PageCache,
        PageKind::Unknown,   PageKind::Unknown,   PageKind::Anonymous,
        PageKind::Anonymous, PageKind::Anonymous, PageKind::Anonymous,
        PageKind::Slab,      PageKind::Slab};
    for (std::size_t n = 0; n < std::size(expected); ++n)
        EXPECT_EQ(kernel.kind(PageKernel::page(n) + 5 * n), expected[n]) << n;
    const VirtAddr last = PageKernel::page(13) + 4095;
    EXPECT_EQ(kernel.uses({&last, 1}).front()->page, PageKernel::structOf(13));
}

TEST_P(PageUses, AreFreeInAllOfAFreeBlock)
{
    PageKernel kernel(GetParam());
    kernel.freeBlock(16, 0);
    kernel.freeBlock(24, 3);
    kernel.freeBlock(1024, 10);
    kernel.set(32, 0, 0, PageKernel::kNone, 0); // kept for one processor
    EXPECT_EQ(kernel.kind(PageKernel::page(16)), PageKind::Free);
    EXPECT_EQ(kernel.kind(PageKernel::page(17)), PageKind::Unknown);
    for (std::uint64_t n = 24; n < 32; ++n)
        EXPECT_EQ(kernel.kind(PageKernel::page(n)), PageKind::Free) << n;
    EXPECT_EQ(kernel.kind(PageKernel::page(23)), PageKind::Unknown);
    EXPECT_EQ(kernel.kind(PageKernel::page(32)), PageKind::Unknown);
    for (const std::uint64_t n : {1024, 1025, 1500, 2047})
        EXPECT_EQ(kernel.kind(PageKernel::page(n)), PageKind::Free) << n;
    // A block that ended before, and a page in use where one seems to be.
    kernel.memory.set<std::uint64_t>(PageKernel::structOf(1024) + 40, 8);
    kernel.set(1030, 0, 0, PageKernel::kNone, 1);
    EXPECT_EQ(kernel.kind(PageKernel::page(1279)), PageKind::Free);
    EXPECT_EQ(kernel.kind(PageKernel::page(1280)), PageKind::Unknown);
    EXPECT_EQ(kernel.kind(PageKernel::page(1030)), PageKind::Unknown);
}

TEST_P(PageUses, AreUnknownWhereOtherThingsStandInTheSameBytes)
{
    PageKernel kernel(GetParam());
    kernel.set(0, 1 << 4, 0xffff888000001001, 0xdfffffff, 1);        // another type
    kernel.set(1, 0, 0xffff888000001000, PageKernel::kNone, 1);      // on no list
    kernel.set(2, 1 << 4, 0xffff888000001002, PageKernel::kNone, 1); // movable by a driver
    for (const std::uint64_t n : {0, 1, 2})
        EXPECT_EQ(kernel.kind(PageKernel::page(n)), PageKind::Unknown) << n;
    EXPECT_EQ(kernel.kind(PageKernel::page(kPages)), std::nullopt); // no RAM
    EXPECT_EQ(kernel.kind(kVariables), std::nullopt);               // no physical address
    kernel.memory.mark(PageKernel::structOf(0).alignedDown(kPageSize), kPageSize, {PageStatus::Unmapped});
    EXPECT_EQ(kernel.kind(PageKernel::page(0)), std::nullopt);
}

TEST_P(PageUses, DamageDoesNoHarm)
{
    std::mt19937_64 random(1);
    PageKernel kernel(GetParam());
    kernel.freeBlock(0, 5);
    for (int round = 0; round < 300; ++round) {
        for (int i = 0; i < 20; ++i) {
            const std::uint64_t value = random() % 2 == 0 ? random() : kVmemmap.value + random() % 200000;
            kernel.memory.set(PageKernel::structOf(random() % 64) + random() % 8 * 8, value);
        }
        std::vector<VirtAddr> addresses;
        for (std::uint64_t n = 0; n < 64; ++n)
            addresses.push_back(PageKernel::page(n));
        const auto uses = kernel.uses(addresses);
        ASSERT_EQ(uses.size(), addresses.size());
        for (std::uint64_t n = 0; n < 64; ++n)
            ASSERT_TRUE(!uses[n] || uses[n]->page == PageKernel::structOf(n));
    }
}

TEST_P(PageUses, ManyCostFewReads)
{
    PageKernel kernel(GetParam());
    kernel.freeBlock(1024, 10);
    std::vector<VirtAddr> addresses;
    for (std::uint64_t n = 0; n < kPages; ++n)
        addresses.push_back(PageKernel::page(n));
    const unsigned before = kernel.memory.batches();
    const auto uses = kernel.uses(addresses);
    EXPECT_LE(kernel.memory.batches() - before, 4u);
    for (std::uint64_t n = 0; n < kPages; ++n)
        ASSERT_EQ(uses[n]->kind, n < 1024 ? PageKind::Unknown : PageKind::Free) << n;
}

std::string nameOf(const testing::TestParamInfo<Era> &era)
{
    constexpr const char *kNames[] = {"Note", "TypeBit", "TypeByte", "Wrapped"};
    return kNames[static_cast<int>(era.param)];
}

INSTANTIATE_TEST_SUITE_P(Eras, PageUses, testing::Values(Era::Note, Era::TypeBit, Era::TypeByte, Era::Wrapped), nameOf);

TEST(PageUse, FreePagesOfOldKernelsAreUnknownWithoutTheirNote)
{
    PageKernel kernel(Era::Note);
    kernel.freeBlock(16, 2);
    kernel.notes = VmcoreInfo::parse("");
    EXPECT_EQ(kernel.kind(PageKernel::page(16)), PageKind::Unknown);
    EXPECT_EQ(kernel.kind(PageKernel::page(17)), PageKind::Unknown);
}

} // namespace
} // namespace ks::kernel
