#include "core/types/dwarf_files.h"

#include "core/base/byte_reader.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <dwarf.h>
#include <optional>

namespace ks {
namespace {

/// More files than that are no compiler's, and are not looked for.
constexpr std::size_t kMaxOwn = 8;
constexpr std::size_t kMaxPath = 4096;

/// The text that begins here; nothing if it does not end.
std::optional<std::string_view> cString(std::string_view text)
{
    if (text.empty())
        return std::nullopt;
    const auto length = ::strnlen(text.data(), std::min(text.size(), kMaxPath));
    return length < text.size() && length < kMaxPath ? std::optional(text.substr(0, length)) : std::nullopt;
}

std::string_view textAt(std::span<const std::byte> section, std::uint64_t offset)
{
    if (offset >= section.size())
        return {};
    return {reinterpret_cast<const char *>(section.data()) + offset, section.size() - offset};
}

/// A number for how a name begins; `name` has two letters, the second of which may be its end.
unsigned beginningOf(std::string_view name)
{
    return (static_cast<unsigned char>(name[0]) + 37u * static_cast<unsigned char>(name[1])) & 0xff;
}

bool isAbsolute(std::string_view path) { return path.starts_with('/'); }

struct Entry {
    std::string_view name; ///< runs to its section's end
    std::uint64_t folder = 0;
};

} // namespace

/// The lists of folders and files of one table.
class OwnFiles::Table {
public:
    Table(const DwarfSections &sections, std::uint64_t offset, std::vector<std::string_view> &folders)
        : sections_(sections), reader_(sections.line, offset), folders_(folders)
    {
    }

    /// What read() is about. Nothing for a table that cannot be read.
    std::optional<std::vector<std::uint64_t>> ownFiles(std::string_view unitName)
    {
        folders_.clear();
        if (!readHead())
            return std::nullopt;
        std::vector<std::uint64_t> own;
        const bool isFine = version_ >= 5 ? readLists(own) : readOldLists(unitName, own);
        return isFine && !own.empty() ? std::optional(std::move(own)) : std::nullopt;
    }
    std::uint64_t position() const { return reader_.position(); }

private:
    struct Column {
        std::uint64_t content = 0;
        std::uint64_t form = 0;
        bool operator==(const Column &) const = default;
    };

    bool readHead()
    {
        std::uint64_t length = reader_.read<std::uint32_t>();
        if (length == 0xffffffff) {
            offsetSize_ = 8;
            length = reader_.read<std::uint64_t>();
        }
        if (reader_.failed() || length > reader_.remaining())
            return false;
        version_ = reader_.read<std::uint16_t>();
        if (version_ < 2 || version_ > 5)
            return false;
        if (version_ == 5)
            reader_.skip(2); // sizes of an address and of a segment selector
        readOffset();        // where the program begins
        // Length of an instruction, operations of one (since DWARF 4), is_stmt, base and range of lines.
        reader_.skip(version_ >= 4 ? 5 : 4);
        const auto opcodeBase = reader_.read<std::uint8_t>();
        reader_.skip(opcodeBase == 0 ? 0 : opcodeBase - 1u);
        return !reader_.failed();
    }

    std::uint64_t readOffset()
    {
        return offsetSize_ == 8 ? reader_.read<std::uint64_t>() : reader_.read<std::uint32_t>();
    }

    bool readColumns()
    {
        columns_.resize(reader_.read<std::uint8_t>());
        for (Column &column : columns_)
            column = {reader_.readUleb128(), reader_.readUleb128()};
        return !reader_.failed();
    }

    /// False for a form that no compiler uses here, and at the end of the section.
    bool readEntry(Entry &entry)
    {
        entry = {};
        for (const Column &column : columns_) {
            std::string_view text;
            std::uint64_t number = 0;
            switch (column.form) {
            case DW_FORM_string: text = readText(); break;
            case DW_FORM_line_strp: text = textAt(sections_.lineStr, readOffset()); break;
            case DW_FORM_strp: text = textAt(sections_.str, readOffset()); break;
            case DW_FORM_udata: number = reader_.readUleb128(); break;
            case DW_FORM_data1: number = reader_.read<std::uint8_t>(); break;
            case DW_FORM_data2: number = reader_.read<std::uint16_t>(); break;
            case DW_FORM_data4: number = reader_.read<std::uint32_t>(); break;
            case DW_FORM_data8: number = reader_.read<std::uint64_t>(); break;
            case DW_FORM_data16: reader_.skip(16); break;
            case DW_FORM_block: reader_.skip(reader_.readUleb128()); break;
            default: return false;
            }
            if (column.content == DW_LNCT_path)
                entry.name = text;
            else if (column.content == DW_LNCT_directory_index)
                entry.folder = number;
        }
        return !reader_.failed() && !columns_.empty();
    }

    /// Steps over a file as the GNU assembler writes it, if it is plain that it is not wanted: a kernel lists a
    /// million.
    bool skipOther()
    {
        constexpr std::size_t kSize = 5; // the name's offset and a folder below 128
        if (reader_.remaining() < kSize)
            return false;
        const std::byte *at = sections_.line.data() + reader_.position();
        std::uint32_t name = 0;
        std::memcpy(&name, at, sizeof name);
        const bool isShort = (at[kSize - 1] & std::byte{0x80}) == std::byte{0};
        const std::string_view text = textAt(sections_.lineStr, name);
        if (!isShort || text.size() < 2 || beginnings_[beginningOf(text)])
            return false;
        reader_.skip(kSize);
        return true;
    }

    bool readLists(std::vector<std::uint64_t> &own)
    {
        Entry entry;
        if (!readColumns())
            return false;
        const std::uint64_t folders = reader_.readUleb128();
        if (offsetSize_ == 4 && columns_.size() == 1 && columns_[0] == Column{DW_LNCT_path, DW_FORM_line_strp}) {
            // Next to none of them will be asked for.
            plainFolders_ =
                reader_.readBytes(folders > reader_.remaining() / 4 ? reader_.remaining() + 1 : folders * 4);
        } else {
            for (std::uint64_t left = folders; left > 0; --left) {
                if (!readEntry(entry))
                    return false;
                folders_.push_back(entry.name);
            }
        }
        if (!readColumns())
            return false;
        const std::uint64_t count = reader_.readUleb128();
        const bool isPlain = offsetSize_ == 4 && columns_.size() == 2 &&
                             columns_[0] == Column{DW_LNCT_path, DW_FORM_line_strp} &&
                             columns_[1] == Column{DW_LNCT_directory_index, DW_FORM_udata};
        for (std::uint64_t n = 0; n < count && own.size() < kMaxOwn; ++n) {
            if (n > 0 && isPlain && skipOther())
                continue;
            if (!readEntry(entry))
                return false;
            if (n == 0) {
                const auto path = pathOf(entry);
                if (!path)
                    return false;
                setWanted(*path);
                first_ = entry;
                own.push_back(0);
            } else if (isWanted(entry)) {
                own.push_back(n);
            }
        }
        return true;
    }

    /// Before DWARF 5 folders and files are numbered from 1, and folder 0 is the one that the compiler ran in.
    bool readOldLists(std::string_view unitName, std::vector<std::uint64_t> &own)
    {
        if (unitName.empty())
            return false;
        setWanted(std::string(unitName));
        folders_.push_back({});
        for (std::string_view folder = readText(); !folder.empty(); folder = readText())
            folders_.push_back(folder);
        for (std::uint64_t n = 1; own.size() < kMaxOwn; ++n) {
            Entry entry{readText(), 0};
            if (entry.name.empty())
                return !reader_.failed();
            entry.folder = reader_.readUleb128();
            reader_.readUleb128(); // time
            reader_.readUleb128(); // size
            if (isWanted(entry))
                own.push_back(n);
        }
        return true;
    }

    std::string_view readText()
    {
        const std::string_view text = reader_.readCString();
        return text.empty() ? text : std::string_view(text.data(), text.size() + 1);
    }

    /// Nothing if there is no such folder. Before DWARF 5 folder 0 has no name.
    std::optional<std::string_view> folderAt(std::uint64_t folder) const
    {
        if (folder < plainFolders_.size() / 4) {
            std::uint32_t name = 0;
            std::memcpy(&name, plainFolders_.data() + folder * 4, sizeof name);
            return cString(textAt(sections_.lineStr, name));
        }
        if (folder >= folders_.size())
            return std::nullopt;
        return folders_[folder].empty() ? std::string_view() : cString(folders_[folder]);
    }

    /// As the compiler was told it; folder 0 is where it ran, and is what other folders start from.
    std::optional<std::string> pathOf(const Entry &entry) const
    {
        const auto name = cString(entry.name);
        if (!name || isAbsolute(*name))
            return name.transform([](std::string_view whole) { return std::string(whole); });
        std::string path(*name);
        for (std::uint64_t folder = entry.folder;; folder = 0) {
            const auto text = folderAt(folder);
            if (!text)
                return std::nullopt;
            if (!text->empty())
                path.insert(0, std::string(*text) + '/');
            if (folder == 0 || isAbsolute(*text))
                return path;
        }
    }

    void setWanted(std::string path)
    {
        wanted_ = std::move(path);
        // A file's name is the whole path, or what is behind one of its slashes.
        beginnings_.fill(false);
        for (std::size_t i = 0; i < wanted_.size(); ++i)
            if (i == 0 || wanted_[i - 1] == '/')
                beginnings_[beginningOf({wanted_.c_str() + i, 2})] = true;
    }

    bool isWanted(const Entry &entry) const
    {
        if (entry.name.size() < 2 || !beginnings_[beginningOf(entry.name)])
            return false;
        if (!first_.name.empty() && entry.folder == first_.folder && entry.name.data() == first_.name.data())
            return true;
        const auto name = cString(entry.name);
        return name && wanted_.ends_with(*name) && pathOf(entry) == wanted_;
    }

    const DwarfSections &sections_;
    ByteReader reader_;
    std::vector<std::string_view> &folders_;
    std::span<const std::byte> plainFolders_; ///< offsets of four bytes, in place of folders_
    std::vector<Column> columns_;
    std::uint16_t version_ = 0;
    std::uint8_t offsetSize_ = 4;
    Entry first_;
    std::string wanted_;
    std::array<bool, 256> beginnings_{}; ///< how the name of a wanted file can begin
};

void OwnFiles::read(const DwarfSections &sections, std::uint64_t lineTable, std::string_view unitName)
{
    numbers_ = {0, 1};
    first_ = 0;
    second_ = 1;
    if (lineTable >= sections.line.size())
        return;
    Table table(sections, lineTable, folders_);
    if (auto own = table.ownFiles(unitName)) {
        numbers_ = std::move(*own);
        first_ = numbers_.front();
        second_ = numbers_.size() > 1 ? numbers_[1] : first_;
    }
    work_ += std::min<std::uint64_t>(table.position(), sections.line.size()) - lineTable;
}

} // namespace ks
