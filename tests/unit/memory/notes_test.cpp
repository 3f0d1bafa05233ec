// Notes and what stands in them.
#include "core/memory/notes.h"
#include "tests/support/core_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ks {
namespace {

using testing::HasSubstr;

template <class T>
void put(std::string &to, T value)
{
    to.append(reinterpret_cast<const char *>(&value), sizeof value);
}

std::string note(std::string_view name, std::uint32_t type, std::string_view bytes)
{
    std::string text;
    put(text, static_cast<std::uint32_t>(name.size() + 1));
    put(text, static_cast<std::uint32_t>(bytes.size()));
    put(text, type);
    text.append(name).push_back('\0');
    text.resize((text.size() + 3) / 4 * 4);
    text.append(bytes);
    text.resize((text.size() + 3) / 4 * 4);
    return text;
}

Result<std::vector<Note>> parse(const std::string &text)
{
    return parseNotes(std::as_bytes(std::span(text)), "core", FileOffset(0x200));
}

TEST(Notes, AreParsedWithTheirPadding)
{
    const auto notes = parse(note("CORE", 1, "12345") + note("VMCOREINFO", 0, "A=b\n") + note("LINUX", 0x202, ""));
    ASSERT_TRUE(notes) << notes.error().message();
    ASSERT_EQ(notes->size(), 3u);
    EXPECT_EQ((*notes)[0].name, "CORE");
    EXPECT_EQ((*notes)[0].bytes.size(), 5u);
    EXPECT_EQ(noteTypeName((*notes)[0]), "NT_PRSTATUS");
    EXPECT_EQ((*notes)[1].name, "VMCOREINFO");
    EXPECT_EQ(noteTypeName((*notes)[1]), "VMCOREINFO");
    EXPECT_EQ((*notes)[2].type, 0x202u);
    EXPECT_EQ(noteTypeName((*notes)[2]), "type 0x202");
}

TEST(Notes, ZerosAtTheEndArePadding)
{
    const auto notes = parse(note("CORE", 1, "1234") + std::string(100, '\0'));
    ASSERT_TRUE(notes);
    EXPECT_EQ(notes->size(), 1u);
}

TEST(Notes, TheLastPaddingMayBeMissing)
{
    std::string text = note("CORE", 1, "1234") + note("CORE", 3, "12345");
    text.resize(text.size() - 3);
    const auto notes = parse(text);
    ASSERT_TRUE(notes);
    EXPECT_EQ(notes->at(1).bytes.size(), 5u);
}

TEST(Notes, DamageIsAnErrorThatNamesTheOffset)
{
    const std::string good = note("CORE", 1, "1234");
    for (const auto &[nameSize, size] : {std::pair<std::uint32_t, std::uint32_t>{0xffffffff, 4},
                                         {5, 0xffffffff},
                                         {5, 0xfffffffd},
                                         {0xfffffffe, 0xffffffff},
                                         {5, 100}}) {
        std::string text = good;
        put(text, nameSize);
        put(text, size);
        put(text, 1);
        text += "CORE";
        text += std::string(12, '\0');
        const auto notes = parse(text);
        ASSERT_FALSE(notes) << nameSize << ' ' << size;
        EXPECT_EQ(notes.error().code, ErrorCode::BadFormat);
        EXPECT_THAT(notes.error().message(), HasSubstr("core at offset " + hex(0x200 + good.size())));
        const auto prefix = parseNotePrefix(std::as_bytes(std::span(text)), "core", FileOffset(0x200));
        EXPECT_EQ(prefix.notes.size(), 1u);
        EXPECT_TRUE(prefix.error);
    }
}

TEST(Notes, CommandLineOfPrpsinfo)
{
    std::string prpsinfo(136, '\0');
    prpsinfo.replace(40, 7, "vmlinux");
    prpsinfo.replace(56, 17, "root=/dev/vda ro\0", 17);
    auto notes = parse(note("CORE", 1, "1234") + note("CORE", kNotePrpsinfo, prpsinfo));
    ASSERT_TRUE(notes);
    EXPECT_EQ(findCommandLine(*notes), "root=/dev/vda ro");
    prpsinfo.replace(56, 80, std::string(80, 'a'));
    notes = parse(note("CORE", kNotePrpsinfo, prpsinfo));
    EXPECT_EQ(findCommandLine(*notes), std::string(80, 'a'));
    notes = parse(note("CORE", kNotePrpsinfo, prpsinfo.substr(0, 135)));
    EXPECT_EQ(findCommandLine(*notes), std::nullopt);
}

TEST(VmcoreInfo, KeepsEveryKeyInOrder)
{
    const auto info = VmcoreInfo::parse("OSRELEASE=6.1.0-56-cloud-amd64\n"
                                        "SYMBOL(_stext)=ffffffff9ba00000\n"
                                        "OFFSET(page.flags)=0\n"
                                        "SIZE(page)=64\n"
                                        "NUMBER(phys_base)=-176160768\n"
                                        "NUMBER(VMALLOC_START)=0xffffcc8040000000\n"
                                        "KERNELOFFSET=1aa00000\n"
                                        "no equals sign\n"
                                        "=nothing before it\n"
                                        "CRASHTIME=1=2");
    ASSERT_EQ(info.entries().size(), 8u);
    EXPECT_EQ(info.entries()[0].first, "OSRELEASE");
    EXPECT_EQ(info.entries()[7].second, "1=2");
    EXPECT_EQ(info.release(), "6.1.0-56-cloud-amd64");
    EXPECT_EQ(info.symbol("_stext"), 0xffffffff9ba00000);
    EXPECT_EQ(info.symbol("_etext"), std::nullopt);
    EXPECT_EQ(info.offset("page.flags"), 0u);
    EXPECT_EQ(info.size("page"), 64u);
    EXPECT_EQ(info.number("phys_base"), -176160768);
    EXPECT_EQ(static_cast<std::uint64_t>(*info.number("VMALLOC_START")), 0xffffcc8040000000);
    EXPECT_EQ(info.kernelOffset(), 0x1aa00000u);
    EXPECT_EQ(info.get("SIZE(list_head)"), std::nullopt);
}

TEST(VmcoreInfo, NumbersThatAreNone)
{
    const auto info = VmcoreInfo::parse("NUMBER(a)=\nNUMBER(b)=12x\nNUMBER(c)=0x\nSIZE(d)=-1\nKERNELOFFSET=zz\n"
                                        "SYMBOL(e)=ffffffffffffffff0\nNUMBER(f)=-\n");
    for (const char *key : {"a", "b", "c", "f"})
        EXPECT_EQ(info.number(key), std::nullopt) << key;
    EXPECT_EQ(info.size("d"), std::nullopt);
    EXPECT_EQ(info.symbol("e"), std::nullopt);
    EXPECT_EQ(info.kernelOffset(), std::nullopt);
}

TEST(VmcoreInfo, GarbageIsNoBuildId)
{
    const std::string good = "3b43fad50348744904924 95d552c0af6a5fab235";
    std::string hexOnly = good;
    std::erase(hexOnly, ' ');
    const auto of = [](const std::string &id) { return VmcoreInfo::parse("BUILD-ID=" + id + "\n").buildId(); };
    EXPECT_EQ(of(hexOnly), hexOnly);
    EXPECT_EQ(of("3B43FAD5034874490492495D552C0AF6A5FAB235"), "3b43fad5034874490492495d552c0af6a5fab235");
    EXPECT_EQ(of("0123456789abcdef0123456789abcdef"), "0123456789abcdef0123456789abcdef");
    EXPECT_EQ(of(hexOnly.substr(1)), std::nullopt);
    EXPECT_EQ(of(hexOnly.substr(1) + "g"), std::nullopt);
    EXPECT_EQ(of(""), std::nullopt);
    EXPECT_EQ(of("\x01\x02\xff"), std::nullopt);
    EXPECT_EQ(VmcoreInfo::parse("").buildId(), std::nullopt);
}

TEST(VmcoreInfo, IsFoundAmongNotesAndEndsAtNul)
{
    auto notes = parse(note("CORE", 1, "1234") + note("VMCOREINFO", 0, std::string_view("OSRELEASE=1\n\0X=y\n", 17)));
    ASSERT_TRUE(notes);
    const auto info = findVmcoreInfo(*notes);
    ASSERT_TRUE(info);
    EXPECT_EQ(info->entries().size(), 1u);
    EXPECT_FALSE(findVmcoreInfo({}));
}

} // namespace
} // namespace ks
