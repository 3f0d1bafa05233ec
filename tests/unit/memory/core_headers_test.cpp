// The headers of cores, right and wrong.
#include "core/memory/core_headers.h"
#include "tests/support/core_file.h"

#include <cstring>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ks {
namespace {

using namespace ks::test;
using testing::AllOf;
using testing::HasSubstr;

constexpr std::uint64_t kTextAddress = 0xffffffff81000000;

Result<CoreHeaders> parse(std::string bytes) { return readCoreHeaders(MemoryFile(std::move(bytes)), "vmcore"); }

CoreBuilder smallCore()
{
    CoreBuilder core;
    core.note("CORE", 1, "1234").load(kTextAddress, "text", 0x1000000).load(0xffff888000000000, "ram", 0);
    return core;
}

LoadSegment segment(std::uint64_t first, std::uint64_t last, std::uint64_t offset)
{
    return {{VirtAddr(first), VirtAddr(last)}, FileOffset(offset), last - first + 1, PhysAddr(offset)};
}

TEST(CoreHeaders, AreRead)
{
    const auto headers = parse(smallCore().build());
    ASSERT_TRUE(headers) << headers.error().message();
    EXPECT_EQ(headers->machine, Machine::X86_64);
    ASSERT_EQ(headers->loads.size(), 2u);
    EXPECT_EQ(headers->loads[0].range.first.value, 0xffff888000000000);
    EXPECT_EQ(headers->loads[0].phys, PhysAddr(0));
    EXPECT_EQ(headers->loads[1].fileSize, 4u);
    EXPECT_EQ(headers->notes.size(), 1u);
    EXPECT_EQ(parse(smallCore().machine(EM_AARCH64).build())->machine, Machine::Arm64);
    EXPECT_EQ(parse(smallCore().machine(EM_RISCV).build())->machine, Machine::Other);
}

TEST(CoreHeaders, ExtendedNumbering)
{
    CoreBuilder core;
    for (std::uint64_t i = 0; i < 70000; ++i)
        core.header({.p_type = PT_LOAD,
                     .p_offset = 4096 * i,
                     .p_vaddr = kTextAddress + 4096 * i,
                     .p_paddr = 4096 * i,
                     .p_filesz = 4096,
                     .p_memsz = 4096});
    const auto headers = parse(core.extendedNumbering().build());
    ASSERT_TRUE(headers) << headers.error().message();
    EXPECT_EQ(headers->loads.size(), 70000u);
    EXPECT_EQ(headers->loads.back().offset.value, 4096u * 69999);
}

TEST(CoreHeaders, WithoutAnyPhysicalAddressThereIsNone)
{
    // As kernel 3.10 writes them.
    CoreBuilder core;
    core.load(kTextAddress, "text", 0).load(0xffff880000000000, "ram", 0);
    const auto headers = parse(core.build());
    ASSERT_TRUE(headers);
    for (const LoadSegment &load : headers->loads)
        EXPECT_EQ(load.phys, std::nullopt);
}

TEST(CoreHeaders, AllOnesIsNoPhysicalAddress)
{
    CoreBuilder core;
    core.load(kTextAddress, "text", 0x1000000).load(0xffffc90000000000, "vmalloc");
    const auto headers = parse(core.build());
    ASSERT_TRUE(headers);
    EXPECT_EQ(headers->loads[0].phys, std::nullopt);
    EXPECT_EQ(headers->loads[1].phys, PhysAddr(0x1000000));
}

TEST(CoreHeaders, SizesAreCut)
{
    CoreBuilder core;
    core.header(
        {.p_type = PT_LOAD, .p_vaddr = 0xfffffffffffff000, .p_paddr = 1, .p_filesz = 0x5000, .p_memsz = 0x5000});
    core.header({.p_type = PT_LOAD, .p_vaddr = 0x1000, .p_paddr = 2, .p_filesz = 100, .p_memsz = 50});
    core.header({.p_type = PT_LOAD, .p_vaddr = 0x3000, .p_paddr = 3, .p_filesz = 100, .p_memsz = 0});
    core.header({.p_type = PT_LOAD, .p_vaddr = 0x4000, .p_paddr = 4, .p_filesz = 0, .p_memsz = ~std::uint64_t{0}});
    const auto headers = parse(core.build());
    ASSERT_TRUE(headers);
    ASSERT_EQ(headers->loads.size(), 3u);
    EXPECT_EQ(headers->loads[0].range.size(), 50u);
    EXPECT_EQ(headers->loads[0].fileSize, 50u);
    EXPECT_EQ(headers->loads[1].range.last.value, 0xffffffffffffefff);
    EXPECT_EQ(headers->loads[1].fileSize, 0u);
    EXPECT_EQ(headers->loads[2].range.last.value, ~std::uint64_t{0});
    EXPECT_EQ(headers->loads[2].fileSize, 0x1000u);
}

TEST(CoreHeaders, OfOverlappingSegmentsTheFirstInTheFileWins)
{
    const auto result = normalizeLoads({
        segment(0x3000, 0x4fff, 0x10000), // inside of the next
        segment(0x1000, 0x6fff, 0x20000),
        segment(0x3000, 0x4fff, 0x30000), // the same as the first
        segment(0x6000, 0x7fff, 0x40000),
        segment(0x9000, 0x9fff, 0x50000),
        segment(0x0000, ~std::uint64_t{0}, 0x60000),
    });
    struct Row {
        std::uint64_t first, last, offset;
    };
    const Row expected[] = {
        {0x0000, 0x0fff, 0x60000}, {0x1000, 0x2fff, 0x20000},
        {0x3000, 0x4fff, 0x10000}, {0x5000, 0x6fff, 0x24000},
        {0x7000, 0x7fff, 0x41000}, {0x8000, 0x8fff, 0x68000},
        {0x9000, 0x9fff, 0x50000}, {0xa000, ~std::uint64_t{0}, 0x6a000},
    };
    ASSERT_EQ(result.size(), std::size(expected));
    for (std::size_t i = 0; i < result.size(); ++i) {
        SCOPED_TRACE(i);
        EXPECT_EQ(result[i].range, (AddrRange{VirtAddr(expected[i].first), VirtAddr(expected[i].last)}));
        EXPECT_EQ(result[i].offset.value, expected[i].offset);
        EXPECT_EQ(result[i].phys->value, expected[i].offset);
    }
}

TEST(CoreHeaders, ManyOverlapsTakeNoTimeOfTheirOwn)
{
    std::vector<LoadSegment> loads;
    for (std::uint64_t i = 0; i < 100000; ++i)
        loads.push_back(segment(0x2000 * i, 0x2000 * i + 0xfff, i));
    for (std::uint64_t i = 0; i < 100000; ++i)
        loads.push_back(segment(0, 0x2000 * 100000, i));
    EXPECT_EQ(normalizeLoads(std::move(loads)).size(), 200000u);
}

TEST(CoreHeaders, MemoryWithoutVirtualAddressIsLeftOut)
{
    CoreBuilder core;
    core.load(kTextAddress, "text", 0x1000000)
        .header({.p_type = PT_LOAD, .p_vaddr = ~std::uint64_t{0}, .p_paddr = 0x5000, .p_filesz = 1, .p_memsz = 9})
        .header({.p_type = PT_LOAD, .p_vaddr = 0, .p_paddr = 0x6000, .p_filesz = 1, .p_memsz = 9});
    const auto headers = parse(core.build());
    ASSERT_TRUE(headers);
    EXPECT_EQ(headers->loads.size(), 1u);
}

struct Wrong {
    const char *name;
    std::string bytes;
    ErrorCode code;
    std::string says;
};

std::string patched(std::size_t offset, std::string_view bytes)
{
    return smallCore().build().replace(offset, bytes.size(), bytes);
}

CoreBuilder physicalOnly()
{
    CoreBuilder core;
    core.load(0, "low", 0).load(0, "high", 0x100000000);
    return core;
}

TEST(CoreHeaders, SayWhatIsWrong)
{
    const Wrong table[] = {
        {"empty", "", ErrorCode::Unsupported, "empty"},
        {"text", "hello, this is no core at all, but just some text", ErrorCode::BadFormat, "0x0: not an ELF file"},
        {"one byte", "\x7f", ErrorCode::BadFormat, "not an ELF file"},
        {"kdump", "KDUMP   " + std::string(4096, '\0'), ErrorCode::Unsupported, "kdump-compressed"},
        {"flattened", "makedumpfile" + std::string(4096, '\0'), ErrorCode::Unsupported, "makedumpfile -R"},
        {"32 bit", patched(EI_CLASS, "\x01"), ErrorCode::Unsupported, "0x4: the core of a 32-bit"},
        {"big endian", patched(EI_DATA, "\x02"), ErrorCode::Unsupported, "0x5: the core of a big-endian"},
        {"vmlinux", patched(16, "\x02"), ErrorCode::BadFormat, "--vmlinux"},
        {"e_phentsize", patched(54, "\x20"), ErrorCode::BadFormat, "0x36: program headers of 32 bytes"},
        {"no headers", CoreBuilder().build(), ErrorCode::BadFormat, "PT_LOAD"},
        {"cut ELF header", smallCore().build().substr(0, 40), ErrorCode::BadFormat,
         "0x28: the file ends inside its ELF"},
        {"cut table", smallCore().build().substr(0, 100), ErrorCode::BadFormat,
         "0x64: the file ends inside its program"},
        {"table far away", patched(32, std::string(8, '\xff')), ErrorCode::BadFormat,
         "ends inside its program headers"},
        {"no section 0", patched(56, "\xff\xff"), ErrorCode::BadFormat, "section header 0"},
        {"physical", physicalOnly().build(), ErrorCode::Unsupported, "physical addresses only"},
    };
    for (const Wrong &row : table) {
        SCOPED_TRACE(row.name);
        const auto headers = parse(row.bytes);
        ASSERT_FALSE(headers);
        EXPECT_EQ(headers.error().code, row.code);
        EXPECT_THAT(headers.error().message(), AllOf(HasSubstr("vmcore"), HasSubstr(row.says)));
        EXPECT_FALSE(headers.error().remedy.empty());
    }
}

TEST(CoreHeaders, AClaimOfMillionsOfHeadersIsBounded)
{
    CoreBuilder core = smallCore();
    std::string bytes = core.extendedNumbering().build();
    Elf64_Ehdr elf;
    std::memcpy(&elf, bytes.data(), sizeof elf);
    bytes.replace(elf.e_shoff + offsetof(Elf64_Shdr, sh_info), 4, "\xff\xff\xff\xff");
    const auto headers = parse(bytes);
    ASSERT_FALSE(headers);
    EXPECT_EQ(headers.error().code, ErrorCode::Limit);
}

TEST(CoreHeaders, AReadErrorIsNoFormatError)
{
    FaultyFile file(std::make_shared<MemoryFile>(smallCore().build()));
    file.faults = {{0, 4095, EIO, true}};
    EXPECT_EQ(readCoreHeaders(file, "vmcore").error().code, ErrorCode::Io);
    file.faults = {{64, 4095, EPERM, false}};
    const auto headers = readCoreHeaders(file, "vmcore");
    ASSERT_FALSE(headers);
    EXPECT_EQ(headers.error().code, ErrorCode::Permission);
    EXPECT_THAT(headers.error().what, HasSubstr("0x40"));
}

TEST(CoreHeaders, ChangesAreNoticed)
{
    MemoryFile file(smallCore().build());
    const auto headers = readCoreHeaders(file, "kcore");
    ASSERT_TRUE(headers);
    EXPECT_EQ(headersUnchanged(file, *headers), true);
    file.replace(smallCore().load(0xffff888100000000, "more", 0x100000000).build());
    EXPECT_EQ(headersUnchanged(file, *headers), false);
    file.replace(smallCore().build().substr(0, 100));
    EXPECT_EQ(headersUnchanged(file, *headers), false);
}

} // namespace
} // namespace ks
