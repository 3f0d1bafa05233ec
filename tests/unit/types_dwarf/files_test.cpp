// Which files are a unit's own source, out of line tables made by hand.
#include "core/types/dwarf_files.h"

#include <dwarf.h>
#include <gtest/gtest.h>

namespace ks::test {
namespace {

class LineTable {
public:
    explicit LineTable(std::uint16_t version)
    {
        number(version, 2);
        if (version == 5)
            text_ += std::string("\x08\x00", 2);
        number(0, 4); // where the program begins, which nobody asks for
        text_ += version >= 4 ? std::string("\x01\x01\x01\xfb\x0e", 5) : std::string("\x01\x01\xfb\x0e", 4);
        text_ += '\x02'; // first special opcode
        text_ += '\x00'; // operands of opcode 1
    }
    LineTable &number(std::uint64_t value, unsigned size)
    {
        for (unsigned i = 0; i < size; ++i)
            text_ += static_cast<char>(i < sizeof value ? value >> 8 * i : 0);
        return *this;
    }
    LineTable &text(const std::string &value)
    {
        text_ += value + '\0';
        return *this;
    }
    LineTable &bytes(std::initializer_list<int> values)
    {
        for (const int value : values)
            text_ += static_cast<char>(value);
        return *this;
    }
    /// A file of a table before DWARF 5.
    LineTable &oldFile(const std::string &name, int folder) { return text(name).bytes({folder, 0, 0}); }

    std::string whole() const
    {
        std::string length;
        for (unsigned i = 0; i < 4; ++i)
            length += static_cast<char>(text_.size() >> 8 * i);
        return length + text_;
    }

private:
    std::string text_;
};

std::vector<int> ownFiles(const std::string &table, const std::string &strings, const std::string &unitName)
{
    DwarfSections sections;
    sections.line = std::as_bytes(std::span(table));
    sections.lineStr = std::as_bytes(std::span(strings));
    OwnFiles files;
    files.read(sections, 0, unitName);
    std::vector<int> own;
    for (int file = 0; file < 10; ++file)
        if (files.contains(static_cast<std::uint64_t>(file)))
            own.push_back(file);
    return own;
}

const std::string kStrings{"/build\0/build/fs\0fs/namei.c\0namei.c\0fs.h\0fs", 44};
enum Text { Build = 0, BuildFs = 7, FsNamei = 17, Namei = 28, FsH = 36, Fs = 41 };
using Own = std::vector<int>;

LineTable newTable(const std::vector<Text> &folders, const std::vector<std::pair<int, Text>> &files)
{
    LineTable table(5);
    table.bytes({1, DW_LNCT_path, DW_FORM_line_strp, int(folders.size())});
    for (const Text folder : folders)
        table.number(folder, 4);
    table.bytes({3, DW_LNCT_directory_index, DW_FORM_udata, DW_LNCT_path, DW_FORM_line_strp, DW_LNCT_MD5,
                 DW_FORM_data16, int(files.size())});
    for (const auto &[folder, name] : files)
        table.bytes({folder}).number(name, 4).number(0, 16);
    return table;
}

/// As the GNU assembler lays it out.
LineTable plainTable(const std::vector<Text> &folders, const std::vector<std::pair<int, Text>> &files)
{
    LineTable table(5);
    table.bytes({1, DW_LNCT_path, DW_FORM_line_strp, int(folders.size())});
    for (const Text folder : folders)
        table.number(folder, 4);
    table.bytes({2, DW_LNCT_path, DW_FORM_line_strp, DW_LNCT_directory_index, DW_FORM_udata, int(files.size())});
    for (const auto &[folder, name] : files)
        table.number(name, 4).bytes({folder});
    return table;
}

TEST(OwnFiles, AreFoundBehindAHeader)
{
    const auto table = newTable({Build, BuildFs}, {{1, Namei}, {1, FsH}, {1, Namei}});
    EXPECT_EQ(ownFiles(table.whole(), kStrings, "unused"), (Own{0, 2}));
    const auto plain = plainTable({Build, BuildFs}, {{1, Namei}, {1, FsH}, {1, Namei}, {0, Namei}, {0, FsNamei}});
    EXPECT_EQ(ownFiles(plain.whole(), kStrings, "unused"), (Own{0, 2, 4}));
}

TEST(OwnFiles, AreFoundByTheirPathHoweverItIsCut)
{
    for (const Text folder : {Fs, BuildFs}) {
        const auto table = newTable({Build, folder}, {{0, FsNamei}, {1, FsH}, {0, Namei}, {1, Namei}});
        EXPECT_EQ(ownFiles(table.whole(), kStrings, "unused"), (Own{0, 3}));
    }
}

TEST(OwnFiles, AreThoseThatTheUnitIsNamedAfterBeforeDwarf5)
{
    for (const std::uint16_t version : {2, 3, 4}) {
        LineTable table(version);
        table.text("fs").text("include").text("");
        table.oldFile("namei.c", 2).oldFile("fs.h", 1).oldFile("namei.c", 1).text("");
        EXPECT_EQ(ownFiles(table.whole(), "", "fs/namei.c"), (Own{3})) << version;
        EXPECT_EQ(ownFiles(table.whole(), "", "include/namei.c"), (Own{1})) << version;
        EXPECT_EQ(ownFiles(table.whole(), "", "elsewhere.c"), (Own{0, 1})) << version;
    }
}

TEST(OwnFiles, AreTheFirstOnesWithoutATable) { EXPECT_EQ(ownFiles("", "", "fs/namei.c"), (Own{0, 1})); }

TEST(OwnFiles, AreTheFirstOnesOfADamagedTable)
{
    for (const auto &make : {newTable, plainTable}) {
        const std::string whole = make({Build, BuildFs}, {{1, Namei}, {1, FsH}, {1, Namei}}).whole();
        for (std::size_t length = 0; length < whole.size(); ++length)
            EXPECT_EQ(ownFiles(whole.substr(0, length), kStrings, "unused"), (Own{0, 1})) << length;
        EXPECT_EQ(ownFiles(whole, "", "unused"), (Own{0, 1})) << "no texts";
        const auto outside = make({Build}, {{1, Namei}, {0, FsH}});
        EXPECT_EQ(ownFiles(outside.whole(), kStrings, "unused"), (Own{0, 1})) << "a folder that is not there";
    }
    auto endless = LineTable(5).bytes({0, 0xff, 0xff, 0xff, 0xff, 0x0f});
    EXPECT_EQ(ownFiles(endless.whole(), "", "unused"), (Own{0, 1})) << "folders that take no room";
}

} // namespace
} // namespace ks::test
