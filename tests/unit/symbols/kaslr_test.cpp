#include "core/symbols/kaslr.h"

#include <gmock/gmock.h>

namespace ks {
namespace {

std::vector<Symbol> image(std::uint64_t text, std::uint64_t size = 0x2000000)
{
    return {{"_text", {}, VirtAddr(text)},
            {"_stext", {}, VirtAddr(text)},
            {"_end", {}, VirtAddr(text + size)},
            {"_end", "some_module", VirtAddr(0xffffffffc0000000)}};
}

constexpr std::uint64_t kLinked = 0xffffffff81000000;

TEST(Kaslr, KernelOffsetComesFirst)
{
    const auto info = VmcoreInfo::parse("KERNELOFFSET=3800000\n");
    const auto linked = image(kLinked);
    const auto offset = findKaslrOffset({&info, linked, {}, 0x100});
    ASSERT_TRUE(offset && *offset);
    EXPECT_EQ((*offset)->value, 0x3800000u);
    EXPECT_THAT((*offset)->from, testing::HasSubstr("KERNELOFFSET"));
}

TEST(Kaslr, SymbolsTellWhereTheNoteIsSilent)
{
    const auto linked = image(kLinked);
    const auto runtime = image(0xffffffff9ba00000);
    const auto offset = findKaslrOffset({nullptr, linked, runtime, 0x100});
    ASSERT_TRUE(offset && *offset);
    EXPECT_EQ((*offset)->value, 0x1aa00000u);
    EXPECT_THAT((*offset)->from, testing::HasSubstr("kallsyms"));

    const auto info = VmcoreInfo::parse("SYMBOL(_stext)=ffffffff9ba00000\n");
    const auto noted = findKaslrOffset({&info, linked, {}, {}});
    ASSERT_TRUE(noted && *noted);
    EXPECT_EQ((*noted)->value, 0x1aa00000u);
}

TEST(Kaslr, AMoveDownwardsIsModulo2To64)
{
    const auto offset = findKaslrOffset({nullptr, image(kLinked), image(kLinked - 0x200000), {}});
    ASSERT_TRUE(offset && *offset);
    EXPECT_EQ((*offset)->value, ~std::uint64_t{0} - 0x200000 + 1);
}

TEST(Kaslr, WhatWasGivenIsAskedLast)
{
    const auto offset = findKaslrOffset({nullptr, image(kLinked), {}, 0x200000});
    ASSERT_TRUE(offset && *offset);
    EXPECT_EQ((*offset)->value, 0x200000u);
    EXPECT_EQ((*offset)->from, "given");
    const auto nothing = findKaslrOffset({});
    ASSERT_TRUE(nothing);
    EXPECT_FALSE(*nothing);
}

TEST(Kaslr, AnotherKernelsSymbolsAreNoticed)
{
    const auto offset = findKaslrOffset({nullptr, image(kLinked, 0x2000000), image(kLinked, 0x2001000), {}});
    ASSERT_FALSE(offset);
    EXPECT_EQ(offset.error().code, ErrorCode::Mismatch);
    EXPECT_THAT(offset.error().message(), testing::HasSubstr("_end"));

    const auto info = VmcoreInfo::parse("KERNELOFFSET=200000\nSYMBOL(_stext)=ffffffff81000000\n");
    EXPECT_FALSE(findKaslrOffset({&info, image(kLinked), {}, {}}));
}

} // namespace
} // namespace ks
