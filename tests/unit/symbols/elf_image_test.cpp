#include "core/symbols/elf_image.h"

#include "core/symbols/symbol_readers.h"
#include "elf_builder.h"

#include <gmock/gmock.h>
#include <random>
#include <zlib.h>

namespace ks {
namespace {

using test::ElfBuilder;

Result<std::shared_ptr<const ElfImage>> load(std::string bytes)
{
    return ElfImage::load(MappedFile::fromBytes(std::move(bytes), "test.elf"));
}

std::string text(std::span<const std::byte> bytes)
{
    return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

ElfBuilder sample()
{
    ElfBuilder elf;
    const auto code = elf.section(".text", SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, 0xffffffff81000000, "0123456789");
    const auto perCpu = elf.section(".data..percpu", SHT_PROGBITS, SHF_ALLOC | SHF_WRITE, 0, std::string(0x40, 'p'));
    const auto bss = elf.section(".bss", SHT_NOBITS, SHF_ALLOC | SHF_WRITE, 0xffffffff82000000, {}, 0x1000);
    elf.buildId(std::string("\x3b\x43\xfa\xd5", 4));
    elf.symbol("file.c", 0, 0, STT_FILE, STB_LOCAL, SHN_ABS);
    elf.symbol("", 0, 0, STT_SECTION, STB_LOCAL, code);
    elf.symbol("undefined", 0, 0, STT_NOTYPE, STB_GLOBAL, SHN_UNDEF);
    elf.symbol("function", 0xffffffff81000002, 4, STT_FUNC, STB_GLOBAL, code);
    elf.symbol("weak", 0xffffffff81000002, 4, STT_FUNC, STB_WEAK, code);
    elf.symbol("object", 0xffffffff82000000, 8, STT_OBJECT, STB_LOCAL, bss);
    elf.symbol("untyped_code", 0xffffffff81000006, 2, STT_NOTYPE, STB_LOCAL, code);
    elf.symbol("label", 0xffffffff81000007, 0, STT_NOTYPE, STB_LOCAL, code);
    elf.symbol("cpu_info", 0x10, 8, STT_OBJECT, STB_GLOBAL, perCpu);
    elf.symbol("__per_cpu_end", 0x40, 0, STT_NOTYPE, STB_GLOBAL, perCpu);
    elf.symbol("__per_cpu_load", 0xffffffff83000000, 0, STT_NOTYPE, STB_GLOBAL, perCpu);
    elf.symbol("number", 0x111, 0, STT_NOTYPE, STB_LOCAL, SHN_ABS);
    elf.symbol("old_mark", 0xffffffff81000100, 0, STT_NOTYPE, STB_GLOBAL, SHN_ABS);
    return elf;
}

TEST(ElfImage, SectionsAndTheirBytes)
{
    const auto image = load(sample().build());
    ASSERT_TRUE(image) << image.error().message();
    EXPECT_EQ((*image)->type(), ElfImage::Type::Executable);
    EXPECT_EQ((*image)->machine(), Machine::X86_64);
    EXPECT_EQ((*image)->buildId(), "3b43fad5");
    ASSERT_NE((*image)->section(".bss"), nullptr);
    EXPECT_EQ((*image)->section(".bss")->size, 0x1000u);
    EXPECT_EQ(text((*image)->bytes(".text").value()), "0123456789");
    EXPECT_EQ((*image)->bytes(".bss").error().code, ErrorCode::NotFound);
    EXPECT_EQ((*image)->bytes(".debug_info").error().code, ErrorCode::NotFound);
    EXPECT_EQ(text((*image)->bytesAt(VirtAddr(0xffffffff81000008), 2).value()), "89");
    EXPECT_FALSE((*image)->bytesAt(VirtAddr(0xffffffff81000008), 3));
    EXPECT_FALSE((*image)->bytesAt(VirtAddr(0xffffffff82000000), 1));
    EXPECT_FALSE((*image)->bytesAt(VirtAddr(0xffffffff81000008), ~std::uint64_t{0}));
}

TEST(ElfImage, SymbolsTellTheirKinds)
{
    const auto image = load(sample().build());
    ASSERT_TRUE(image) << image.error().message();
    const auto symbols = readElfSymbols(**image);
    ASSERT_TRUE(symbols) << symbols.error().message();
    std::vector<std::string> seen;
    for (const Symbol &s : *symbols)
        seen.push_back(std::string(s.name) + " " + hex(s.address) + " " + std::to_string(s.size) + " " + name(s.kind) +
                       (s.global ? " global" : ""));
    EXPECT_THAT(seen, testing::ElementsAre(
                          "function 0xffffffff81000002 4 function global", "weak 0xffffffff81000002 4 function",
                          "object 0xffffffff82000000 8 data", "untyped_code 0xffffffff81000006 2 function",
                          "label 0xffffffff81000007 0 function", "cpu_info 0x10 8 percpu global",
                          "__per_cpu_end 0x40 0 percpu global", "__per_cpu_load 0xffffffff83000000 0 data global",
                          "number 0x111 0 absolute", "old_mark 0xffffffff81000100 0 other global"));
}

std::string zlibSection(std::string_view contents, std::uint64_t claimed, std::uint32_t type = ELFCOMPRESS_ZLIB)
{
    const Elf64_Chdr header{type, 0, claimed, 1};
    uLongf size = compressBound(contents.size());
    std::string packed(size, '\0');
    compress(reinterpret_cast<Bytef *>(packed.data()), &size, reinterpret_cast<const Bytef *>(contents.data()),
             contents.size());
    packed.resize(size);
    return ElfBuilder::raw(header) + packed;
}

TEST(ElfImage, CompressedSectionsAreDecompressedOnce)
{
    const std::string contents(10000, 'x');
    ElfBuilder elf;
    elf.section(".debug_str", SHT_PROGBITS, SHF_COMPRESSED, 0, zlibSection(contents, contents.size()));
    const auto image = load(elf.build());
    ASSERT_TRUE(image) << image.error().message();
    const auto bytes = (*image)->bytes(".debug_str");
    ASSERT_TRUE(bytes) << bytes.error().message();
    EXPECT_EQ(text(*bytes), contents);
    EXPECT_EQ((*image)->bytes(".debug_str")->data(), bytes->data());
}

TEST(ElfImage, LyingCompressedSectionsAreRefused)
{
    ElfBuilder elf;
    elf.section(".bomb", SHT_PROGBITS, SHF_COMPRESSED, 0, zlibSection("x", std::uint64_t{1} << 40));
    elf.section(".kind", SHT_PROGBITS, SHF_COMPRESSED, 0, zlibSection("x", 1, 99));
    elf.section(".short", SHT_PROGBITS, SHF_COMPRESSED, 0, "abc");
    elf.section(".damaged", SHT_PROGBITS, SHF_COMPRESSED, 0, zlibSection(std::string(1000, 'y'), 1000).substr(0, 30));
    const auto image = load(elf.build());
    ASSERT_TRUE(image) << image.error().message();
    EXPECT_EQ((*image)->bytes(".bomb").error().code, ErrorCode::Limit);
    for (const char *section : {".kind", ".short", ".damaged"}) {
        const auto bytes = (*image)->bytes(section);
        ASSERT_FALSE(bytes) << section;
        EXPECT_THAT(bytes.error().message(), testing::HasSubstr(section));
    }
}

TEST(ElfImage, SectionsBeyondTheFileAreNamed)
{
    ElfBuilder elf;
    elf.section(".far", SHT_PROGBITS, 0, 0, "abc", std::uint64_t{1} << 40);
    const auto image = load(elf.build());
    ASSERT_TRUE(image) << image.error().message();
    const auto bytes = (*image)->bytes(".far");
    ASSERT_FALSE(bytes);
    EXPECT_EQ(bytes.error().code, ErrorCode::BadFormat);
    EXPECT_THAT(bytes.error().message(), testing::AllOf(testing::HasSubstr("test.elf"), testing::HasSubstr(".far")));
}

TEST(ElfImage, OtherFilesAreRefusedWithAReason)
{
    EXPECT_EQ(load("").error().code, ErrorCode::BadFormat);
    EXPECT_EQ(load(std::string(200, 'x')).error().code, ErrorCode::BadFormat);
    std::string big = sample().build();
    big[EI_DATA] = ELFDATA2MSB;
    EXPECT_EQ(load(big).error().code, ErrorCode::Unsupported);
    std::string narrow = sample().build();
    narrow[EI_CLASS] = ELFCLASS32;
    EXPECT_EQ(load(narrow).error().code, ErrorCode::Unsupported);
    const auto stripped = load(ElfBuilder().build());
    ASSERT_TRUE(stripped) << stripped.error().message();
    EXPECT_FALSE((*stripped)->hasSymbols());
    EXPECT_EQ(readElfSymbols(**stripped).error().code, ErrorCode::NotFound);
}

/// Everything there is to ask of an image; whatever the file says, it must come back.
void askEverything(const std::string &bytes)
{
    const auto image = load(bytes);
    if (!image)
        return;
    (*image)->buildId();
    for (const ElfSection &section : (*image)->sections()) {
        const auto contents = (*image)->bytes(section);
        EXPECT_TRUE(contents || !contents.error().message().empty());
    }
    (*image)->bytesAt(VirtAddr(0xffffffff81000000), 4);
    const auto symbols = readElfSymbols(**image);
    EXPECT_TRUE(symbols || !symbols.error().message().empty());
}

TEST(ElfImage, EveryTruncationIsSurvived)
{
    const std::string whole = sample().build();
    for (std::size_t size = 0; size < whole.size(); ++size)
        askEverything(whole.substr(0, size));
}

TEST(ElfImage, DamageIsSurvived)
{
    const std::string whole = sample().build();
    std::mt19937 random(1);
    for (int round = 0; round < 3000; ++round) {
        std::string damaged = whole;
        for (int i = 0; i < 4; ++i)
            damaged[random() % damaged.size()] = static_cast<char>(random());
        askEverything(damaged);
    }
}

TEST(Notes, ABuildIdIsFoundBehindOtherNotes)
{
    const auto id = [](const std::string &notes) { return buildIdOfNotes(std::as_bytes(std::span(notes))); };
    const std::string xen = ElfBuilder::raw(Elf64_Nhdr{4, 2, 3}) + std::string("Xen\0ab\0\0", 8);
    EXPECT_EQ(id(xen + ElfBuilder::note("\x01\xff")), "01ff");
    EXPECT_FALSE(id(xen));
    EXPECT_FALSE(id(""));
    EXPECT_FALSE(id(ElfBuilder::note("12345678").substr(0, 18)));
    EXPECT_FALSE(id(ElfBuilder::raw(Elf64_Nhdr{0xffffffff, 0xffffffff, 3})));
}

} // namespace
} // namespace ks
