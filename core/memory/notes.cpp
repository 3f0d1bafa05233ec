#include "core/memory/notes.h"

#include "core/base/byte_reader.h"
#include "core/memory/snapshot_note.h"

#include <algorithm>
#include <charconv>

namespace ks {
namespace {

constexpr std::string_view kVmcoreInfoName = "VMCOREINFO";
// struct elf_prpsinfo on 64-bit machines (linux/elfcore.h): state, sname, zomb, nice (1 byte each), flag (8, aligned),
// uid, gid (4), pid, ppid, pgrp, sid (4), fname[16], psargs[80].
constexpr std::size_t kPrpsinfoArgsOffset = 56;
constexpr std::size_t kPrpsinfoArgsSize = 80;
constexpr std::size_t kHeaderSize = 12;

std::uint64_t aligned4(std::uint32_t size) { return (std::uint64_t{size} + 3) & ~std::uint64_t{3}; }

std::string_view asText(std::span<const std::byte> bytes)
{
    const std::string_view text(reinterpret_cast<const char *>(bytes.data()), bytes.size());
    return text.substr(0, text.find('\0'));
}

std::optional<std::uint64_t> parseWhole(std::string_view text, int base)
{
    std::uint64_t value = 0;
    const char *const end = text.data() + text.size();
    const auto result = std::from_chars(text.data(), end, value, base);
    if (result.ec != std::errc{} || result.ptr != end)
        return std::nullopt;
    return value;
}

std::optional<std::uint64_t> parseHex(std::string_view text)
{
    if (text.starts_with("0x") || text.starts_with("0X"))
        text.remove_prefix(2);
    return parseWhole(text, 16);
}

} // namespace

NotePrefix parseNotePrefix(std::span<const std::byte> bytes, std::string_view file, FileOffset offset)
{
    NotePrefix result;
    ByteReader reader(bytes);
    while (reader.remaining() >= kHeaderSize) {
        const std::size_t start = reader.position();
        const auto nameSize = reader.read<std::uint32_t>();
        const auto size = reader.read<std::uint32_t>();
        Note note;
        note.type = reader.read<std::uint32_t>();
        // Padding: the kernel fills up merged note segments with zeros (fs/proc/vmcore.c).
        if (nameSize == 0 && size == 0 && note.type == 0)
            break;
        note.name = asText(reader.readBytes(nameSize));
        // The padding behind the last name or the last note may be missing.
        reader.skip(std::min<std::uint64_t>(aligned4(nameSize) - nameSize, reader.remaining()));
        const auto content = reader.readBytes(size);
        if (reader.failed()) {
            result.error = Error{ErrorCode::BadFormat, std::string(file) + " at offset " + hex(offset + start),
                                 "a note of " + std::to_string(nameSize) + " + " + std::to_string(size) +
                                     " bytes does not fit into what is left of its segment",
                                 "the file is damaged or not complete"};
            break;
        }
        reader.skip(std::min<std::uint64_t>(aligned4(size) - size, reader.remaining()));
        note.bytes.assign(content.begin(), content.end());
        result.notes.push_back(std::move(note));
    }
    return result;
}

Result<std::vector<Note>> parseNotes(std::span<const std::byte> bytes, std::string_view file, FileOffset offset)
{
    auto prefix = parseNotePrefix(bytes, file, offset);
    if (prefix.error)
        return std::unexpected(std::move(*prefix.error));
    return std::move(prefix.notes);
}

VmcoreInfo VmcoreInfo::parse(std::string_view text)
{
    VmcoreInfo result;
    text = text.substr(0, text.find('\0'));
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        const std::size_t equals = line.find('=');
        if (equals != std::string_view::npos && equals > 0)
            result.entries_.emplace_back(line.substr(0, equals), line.substr(equals + 1));
    }
    return result;
}

std::optional<std::string_view> VmcoreInfo::get(std::string_view key) const
{
    const auto entry = std::ranges::find(entries_, key, [](const auto &e) -> std::string_view { return e.first; });
    if (entry == entries_.end())
        return std::nullopt;
    return entry->second;
}

std::optional<std::string_view> VmcoreInfo::getIn(std::string_view kind, std::string_view name) const
{
    return get(std::string(kind) + "(" + std::string(name) + ")");
}

std::optional<std::string> VmcoreInfo::release() const
{
    const auto text = get("OSRELEASE");
    return text ? std::optional(std::string(*text)) : std::nullopt;
}

std::optional<std::string> VmcoreInfo::buildId() const
{
    // Several stable kernels of late 2024 (6.1.113-118, 6.6.55-62, ...) write garbage here.
    const auto text = get("BUILD-ID");
    const auto isHex = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    };
    if (!text || (text->size() != 40 && text->size() != 32) || !std::ranges::all_of(*text, isHex))
        return std::nullopt;
    std::string result(*text);
    std::ranges::transform(result, result.begin(), [](char c) { return c >= 'A' && c <= 'F' ? char(c + 32) : c; });
    return result;
}

std::optional<std::uint64_t> VmcoreInfo::kernelOffset() const { return get("KERNELOFFSET").and_then(parseHex); }

std::optional<std::uint64_t> VmcoreInfo::symbol(std::string_view name) const
{
    return getIn("SYMBOL", name).and_then(parseHex);
}

std::optional<std::int64_t> VmcoreInfo::number(std::string_view name) const
{
    const auto text = getIn("NUMBER", name);
    if (!text)
        return std::nullopt;
    // Addresses (VMALLOC_START) stand in hex, all others in signed decimal.
    if (text->starts_with("0x") || text->starts_with("0X")) {
        const auto value = parseHex(*text);
        return value ? std::optional(static_cast<std::int64_t>(*value)) : std::nullopt;
    }
    if (text->starts_with('-')) {
        const auto value = parseWhole(text->substr(1), 10);
        return value ? std::optional(static_cast<std::int64_t>(0 - *value)) : std::nullopt;
    }
    const auto value = parseWhole(*text, 10);
    return value ? std::optional(static_cast<std::int64_t>(*value)) : std::nullopt;
}

std::optional<std::uint64_t> VmcoreInfo::size(std::string_view name) const
{
    return getIn("SIZE", name).and_then([](std::string_view text) { return parseWhole(text, 10); });
}

std::optional<std::uint64_t> VmcoreInfo::offset(std::string_view name) const
{
    return getIn("OFFSET", name).and_then([](std::string_view text) { return parseWhole(text, 10); });
}

std::optional<VmcoreInfo> findVmcoreInfo(std::span<const Note> notes)
{
    const auto note = std::ranges::find(notes, kVmcoreInfoName, &Note::name);
    if (note == notes.end())
        return std::nullopt;
    return VmcoreInfo::parse(asText(note->bytes));
}

std::optional<std::string> findCommandLine(std::span<const Note> notes)
{
    const auto note = std::ranges::find_if(notes, [](const Note &n) {
        return n.type == kNotePrpsinfo && n.name == "CORE" && n.bytes.size() >= kPrpsinfoArgsOffset + kPrpsinfoArgsSize;
    });
    if (note == notes.end())
        return std::nullopt;
    return std::string(asText(std::span(note->bytes).subspan(kPrpsinfoArgsOffset, kPrpsinfoArgsSize)));
}

std::string noteTypeName(const Note &note)
{
    if (note.name == "CORE" || note.name == "LINUX") {
        switch (note.type) {
        case kNotePrstatus: return "NT_PRSTATUS";
        case kNotePrpsinfo: return "NT_PRPSINFO";
        case kNoteTaskstruct: return "NT_TASKSTRUCT";
        default: break;
        }
    }
    if (note.name == kVmcoreInfoName)
        return std::string(kVmcoreInfoName);
    if (note.name == kSnapshotNoteName && note.type == kNoteSnapshot)
        return "snapshot";
    return "type " + hex(note.type);
}

} // namespace ks
