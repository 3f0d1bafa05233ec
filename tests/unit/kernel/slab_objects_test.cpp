// Objects of slabs in a small kernel, in the shape of several versions.
#include "core/kernel/slab_objects.h"
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
constexpr PhysAddr kRam{0x1000}; // of the first page of the direct map that there is
constexpr std::size_t kPages = 32;
constexpr std::uint64_t kPageStruct = 64;

enum class Era {
    OldSlub,  ///< what a slab is stands in struct page; before 5.17
    Flag,     ///< 5.17 to 6.9
    TypeBit,  ///< 6.10 and 6.11
    TypeByte, ///< since 6.12
    Mask,     ///< compound_info as a mask; 7.x
    Slab,     ///< the other allocator, up to 6.7
};

class SlabKernel {
public:
    explicit SlabKernel(Era era) : era_(era)
    {
        memory.addZeros(kVariables, kPageSize);
        memory.addZeros(kVmemmap, (kPages + 1) * kPageStruct);
        memory.add(kDirectMap + kRam.value, std::vector<std::byte>(kPages * kPageSize), kRam);
        addTypes();
        memory.set(kVariables, kVmemmap.value);
        symbols = SymbolTable::build(std::vector<RawSymbol>{
            {.name = "vmemmap_base", .address = kVariables, .size = 8, .kind = SymbolKind::Data},
            {.name = "__kfence_pool", .address = kVariables + 8, .size = 8, .kind = SymbolKind::Data}});
    }

    EvalContext context() const { return {.memory = &memory, .symbols = &symbols, .types = &types}; }
    /// Pages are counted from that of kRam.
    static VirtAddr page(std::size_t n) { return kDirectMap + kRam.value + n * kPageSize; }
    static VirtAddr structOf(std::size_t n) { return kVmemmap + (kRam.value / kPageSize + n) * kPageStruct; }

    VirtAddr cache(const std::string &name, std::uint32_t slot, std::uint32_t size, std::uint32_t pad = 0)
    {
        const VirtAddr text = page(0) + used_, at = text + 64;
        used_ += 64 + types.type(NameClass::Struct, "kmem_cache").size();
        memory.write(text, std::as_bytes(std::span(name.c_str(), name.size() + 1)));
        put("kmem_cache", at, "name", text.value);
        put("kmem_cache", at, "size", slot);
        put("kmem_cache", at, "object_size", size);
        put("kmem_cache", at, "red_left_pad", pad);
        put("kmem_cache", at, "obj_offset", pad);
        return at;
    }

    void slab(std::size_t first, std::size_t pages, VirtAddr cache, std::uint64_t objects, std::uint64_t begin = 0)
    {
        const std::string_view record = era_ == Era::OldSlub ? "page" : "slab";
        mark(first);
        put("kmem_cache", cache, "num", objects);
        put(record, structOf(first), "slab_cache", cache.value);
        put(record, structOf(first), "objects", objects);
        put(record, structOf(first), "s_mem", page(first).value + begin);
        for (std::size_t i = 1; i < pages; ++i)
            put("page", structOf(first + i), "compound_head", structOf(first).value + 1);
        // The mask leads to what is aligned to the size of the slab's struct pages.
        if (era_ == Era::Mask)
            for (std::size_t i = 1; i < pages; ++i)
                put("page", structOf(first + i), "compound_info", ~(pages * kPageStruct - 1) | 1);
    }

    std::optional<SlabObject> at(VirtAddr address) const { return findSlabObjects(context(), {&address, 1}).front(); }

    void put(std::string_view record, VirtAddr object, std::string_view path, std::uint64_t value)
    {
        const auto member = findMemberPath(types.type(NameClass::Struct, record), path);
        if (member)
            memory.write(object + member->bitOffset / 8,
                         std::as_bytes(std::span(&value, 1)).first(member->type.size()));
    }

    FakeTypes types;
    FakeSource memory;
    SymbolTable symbols;

private:
    void addTypes()
    {
        const TypeId u32 = types.base("unsigned int"), u64 = types.base("long unsigned int");
        auto cache = types.structure("kmem_cache");
        if (era_ == Era::Slab)
            cache.member("gfporder", u32).member("num", u32).member("obj_offset", u32);
        cache.member("size", u32).member("object_size", u32);
        if (era_ != Era::Slab)
            cache.member("red_left_pad", u32);
        cache.member("name", types.pointer()).size(256);
        auto page = types.structure("page");
        page.memberAt("flags", u64, 0).memberAt("page_type", u32, 48);
        page.memberAt(era_ == Era::Mask ? "compound_info" : "compound_head", u64, 8).size(kPageStruct);
        const auto addSlab = [&](auto &record) {
            record.memberAt("slab_cache", types.pointer(cache), 24);
            if (era_ == Era::Slab)
                record.memberAt("s_mem", types.pointer(), 40);
            else
                record.bitfieldAt("objects", u32, 40 * 8 + 16, 15);
            record.size(kPageStruct);
        };
        if (era_ == Era::OldSlub) {
            addSlab(page);
        } else {
            auto slab = types.structure("slab");
            addSlab(slab);
        }
        if (era_ == Era::TypeByte || era_ == Era::Mask)
            types.enumeration("pagetype", {{"PGTY_slab", 0xf5}});
        else if (era_ == Era::TypeBit)
            types.enumeration("pagetype", {{"PG_slab", 0x02000000}});
        else
            types.enumeration("pageflags", {{"PG_locked", 0}, {"PG_slab", 9}});
    }

    void mark(std::size_t n)
    {
        switch (era_) {
        case Era::TypeByte:
        case Era::Mask: return put("page", structOf(n), "page_type", 0xf5000000);
        case Era::TypeBit: return put("page", structOf(n), "page_type", 0xfdffffff);
        default: return put("page", structOf(n), "flags", 1 << 9);
        }
    }

    Era era_;
    std::uint64_t used_ = 0;
};

class SlabObjects : public testing::TestWithParam<Era> {};

TEST_P(SlabObjects, AreFoundFromAnyByteOfTheirs)
{
    SlabKernel kernel(GetParam());
    const VirtAddr dentry = kernel.cache("dentry", 192, 184);
    kernel.slab(8, 1, dentry, 21);
    kernel.slab(15, 4, kernel.cache("task_struct", 3000, 2900), 5); // page frame 16
    const SlabObject third{dentry, "dentry", true, SlabKernel::page(8) + 2 * 192, 2, 184, 0};
    EXPECT_EQ(kernel.at(SlabKernel::page(8) + 2 * 192), third);
    const auto inside = kernel.at(SlabKernel::page(8) + 3 * 192 - 1);
    ASSERT_TRUE(inside);
    EXPECT_EQ(inside->address, third.address);
    EXPECT_EQ(inside->offset, 191u); // behind the object, in its place
    // The fifth lies in the last page.
    const auto task = kernel.at(SlabKernel::page(18) + 5);
    ASSERT_TRUE(task);
    EXPECT_EQ(toString(*task),
              "slab task_struct " + hex(SlabKernel::page(15) + 12000) + "+" + hex(3 * 4096 + 5 - 12000));
}

TEST_P(SlabObjects, AreNowhereElse)
{
    SlabKernel kernel(GetParam());
    kernel.slab(8, 1, kernel.cache("dentry", 192, 184), 21);
    EXPECT_FALSE(kernel.at(SlabKernel::page(9)));
    EXPECT_FALSE(kernel.at(SlabKernel::page(kPages))); // no RAM
    EXPECT_FALSE(kernel.at(kVariables));               // no physical address
    EXPECT_FALSE(kernel.at(VirtAddr(0)));
}

TEST_P(SlabObjects, DamageGivesNoneAndNoHarm)
{
    std::mt19937_64 random(1);
    for (int round = 0; round < 300; ++round) {
        SlabKernel kernel(GetParam());
        kernel.slab(8, 2, kernel.cache("dentry", 192, 184), 42);
        for (int i = 0; i < 40; ++i) {
            const std::uint64_t value = random() % 2 == 0 ? random() : kVmemmap.value + random() % 4096;
            kernel.memory.set(random() % 2 == 0 ? SlabKernel::structOf(8) + random() % 16 * 8
                                                : SlabKernel::page(0) + random() % 512,
                              value);
        }
        std::vector<VirtAddr> addresses;
        for (std::size_t i = 0; i < 200; ++i)
            addresses.push_back(SlabKernel::page(7) + random() % (5 * kPageSize));
        const auto found = findSlabObjects(kernel.context(), addresses);
        ASSERT_EQ(found.size(), addresses.size());
        for (std::size_t i = 0; i < found.size(); ++i) {
            if (found[i] && found[i]->isObject) {
                ASSERT_EQ(found[i]->address + found[i]->offset, addresses[i]);
            }
        }
    }
}

TEST_P(SlabObjects, AreNotTheRestOfASlab)
{
    SlabKernel kernel(GetParam());
    kernel.slab(8, 1, kernel.cache("dentry", 192, 184), 21);
    EXPECT_TRUE(kernel.at(SlabKernel::page(8) + 21 * 192 - 1)->isObject);
    const auto rest = kernel.at(SlabKernel::page(8) + 4095);
    ASSERT_TRUE(rest);
    EXPECT_FALSE(rest->isObject);
    EXPECT_EQ(toString(*rest), "slab dentry");
}

TEST_P(SlabObjects, BeginBehindTheirRedZone)
{
    SlabKernel kernel(GetParam());
    kernel.slab(8, 1, kernel.cache("dentry", 256, 184, 64), 16);
    EXPECT_FALSE(kernel.at(SlabKernel::page(8) + 256 + 63)->isObject);
    EXPECT_EQ(kernel.at(SlabKernel::page(8) + 256 + 64)->address, SlabKernel::page(8) + 256 + 64);
}

// The object of such a page may lie at its end, and nothing in the slab tells.
TEST_P(SlabObjects, AreUnknownWhereKfenceMayGuardThem)
{
    SlabKernel kernel(GetParam());
    const bool counts = GetParam() != Era::Slab;
    const VirtAddr dentry = kernel.cache("dentry", 192, 184), large = kernel.cache("large", 8192, 8000);
    kernel.slab(7, 1, dentry, 1); // before the pool
    kernel.slab(10, 1, dentry, 1);
    kernel.slab(11, 1, kernel.cache("many", 192, 184), 21);
    kernel.slab(12, 2, large, 1);
    EXPECT_TRUE(kernel.at(SlabKernel::page(10)));
    kernel.memory.set(kVariables + 8, SlabKernel::page(8).value);
    EXPECT_TRUE(kernel.at(SlabKernel::page(7)));
    EXPECT_FALSE(kernel.at(SlabKernel::page(10)));
    EXPECT_FALSE(kernel.at(SlabKernel::page(10) + 4000));
    EXPECT_EQ(kernel.at(SlabKernel::page(11)).has_value(), counts);
    EXPECT_TRUE(kernel.at(SlabKernel::page(12)));
    // Far enough behind the pool there is none of it.
    kernel.memory.set(kVariables + 8, SlabKernel::page(10).value - 131072 * kPageSize);
    EXPECT_TRUE(kernel.at(SlabKernel::page(10)));
    kernel.memory.set(kVariables + 8, SlabKernel::page(10).value - 131071 * kPageSize);
    EXPECT_FALSE(kernel.at(SlabKernel::page(10)));
}

std::string nameOf(const testing::TestParamInfo<Era> &era)
{
    constexpr const char *kNames[] = {"OldSlub", "Flag", "TypeBit", "TypeByte", "Mask", "Slab"};
    return kNames[static_cast<int>(era.param)];
}

INSTANTIATE_TEST_SUITE_P(Eras, SlabObjects,
                         testing::Values(Era::OldSlub, Era::Flag, Era::TypeBit, Era::TypeByte, Era::Mask, Era::Slab),
                         nameOf);

TEST(SlabObject, OfTheOtherAllocatorBeginWhereItsSlabSays)
{
    SlabKernel kernel(Era::Slab);
    kernel.slab(8, 1, kernel.cache("dentry", 192, 184), 20, 64);
    EXPECT_EQ(kernel.at(SlabKernel::page(8) + 64 + 192 + 8)->address, SlabKernel::page(8) + 64 + 192);
    EXPECT_FALSE(kernel.at(SlabKernel::page(8) + 63));
}

TEST(SlabObject, ManyCostFewReads)
{
    SlabKernel kernel(Era::Flag);
    for (std::size_t i = 0; i < 8; ++i)
        kernel.slab(8 + i, 1, kernel.cache("cache-" + std::to_string(i), 64, 64), 64);
    std::vector<VirtAddr> addresses;
    for (std::uint64_t i = 0; i < 8 * kPageSize; i += 8)
        addresses.push_back(SlabKernel::page(8) + i);
    const unsigned before = kernel.memory.batches();
    const auto found = findSlabObjects(kernel.context(), addresses);
    EXPECT_LE(kernel.memory.batches() - before, 8u);
    for (std::size_t i = 0; i < addresses.size(); ++i)
        ASSERT_TRUE(found[i] && found[i]->name == "cache-" + std::to_string(i * 8 / kPageSize)) << i;
}

} // namespace
} // namespace ks::kernel
