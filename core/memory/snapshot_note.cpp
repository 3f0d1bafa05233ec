#include "core/memory/snapshot_note.h"

#include "core/memory/notes.h"

#include <algorithm>

namespace ks {
namespace {

using Time = std::chrono::system_clock::time_point;

std::string toText(Time time)
{
    return std::to_string(std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count());
}

Time parseTime(std::string_view text)
{
    const std::uint64_t count = parseNumber(text).value_or(0);
    if (count > static_cast<std::uint64_t>(std::chrono::nanoseconds::max().count()))
        return {};
    return Time(std::chrono::duration_cast<Time::duration>(std::chrono::nanoseconds(count)));
}

std::optional<AddrRange> parseRange(std::string_view text)
{
    const std::size_t dots = text.find("..");
    if (dots == std::string_view::npos)
        return std::nullopt;
    const auto first = parseNumber(text.substr(0, dots));
    const auto last = parseNumber(text.substr(dots + 2));
    if (!first || !last || *last < *first)
        return std::nullopt;
    return AddrRange{VirtAddr(*first), VirtAddr(*last)};
}

class Lines {
public:
    void add(std::string_view key, std::string value)
    {
        if (value.empty())
            return;
        // A value is one line, whatever an expression was written with.
        std::ranges::replace_if(value, [](unsigned char c) { return c < ' '; }, ' ');
        text_.append(key).append("=").append(value).append("\n");
    }
    const std::string &text() const { return text_; }

private:
    std::string text_;
};

void readEntry(SnapshotNote &note, std::string_view key, const std::string &value)
{
    const auto lastObject = [&] { return note.objects.empty() ? nullptr : &note.objects.back(); };
    if (key == "SELECTION")
        note.selection = value;
    else if (key == "TARGET")
        note.target = value;
    else if (key == "RELEASE")
        note.release = value;
    else if (key == "BUILD-ID")
        note.buildId = value;
    else if (key == "KASLR-OFFSET")
        note.kaslrOffset = parseNumber(value);
    else if (key == "BEGIN")
        note.begin = parseTime(value);
    else if (key == "END")
        note.end = parseTime(value);
    else if (key == "EXPRESSION")
        note.objects.push_back({value, {}, {}});
    else if (key == "TYPE" && lastObject())
        lastObject()->type = value;
    else if (key == "RANGE" && lastObject())
        lastObject()->range = parseRange(value);
    else if (key == "LEFT_OUT" && note.leftOut.size() < SnapshotNote::kMaxLeftOut)
        if (const auto range = parseRange(value))
            note.leftOut.push_back(*range);
    if (key == "LEFT_OUT_BYTES")
        note.leftOutBytes = parseNumber(value).value_or(0);
}

} // namespace

std::string toString(const AddrRange &range) { return hex(range.first) + ".." + hex(range.last); }

Note toNote(const SnapshotNote &snapshot)
{
    Lines lines;
    lines.add("FORMAT", "1");
    lines.add("SELECTION", snapshot.selection);
    lines.add("TARGET", snapshot.target);
    lines.add("RELEASE", snapshot.release);
    lines.add("BUILD-ID", snapshot.buildId);
    if (snapshot.kaslrOffset)
        lines.add("KASLR-OFFSET", hex(*snapshot.kaslrOffset));
    lines.add("BEGIN", toText(snapshot.begin));
    lines.add("END", toText(snapshot.end));
    for (const SnapshotNote::Object &object : snapshot.objects) {
        lines.add("EXPRESSION", object.expression);
        lines.add("TYPE", object.type);
        if (object.range)
            lines.add("RANGE", toString(*object.range));
    }
    const std::size_t count = std::min(snapshot.leftOut.size(), SnapshotNote::kMaxLeftOut);
    for (const AddrRange &range : std::span(snapshot.leftOut).first(count))
        lines.add("LEFT_OUT", toString(range));
    lines.add("LEFT_OUT_BYTES", std::to_string(snapshot.leftOutBytes));
    const auto bytes = std::as_bytes(std::span(lines.text()));
    return {std::string(kSnapshotNoteName), kNoteSnapshot, {bytes.begin(), bytes.end()}};
}

std::optional<SnapshotNote> findSnapshotNote(std::span<const Note> notes)
{
    const auto found = std::ranges::find_if(
        notes, [](const Note &note) { return note.name == kSnapshotNoteName && note.type == kNoteSnapshot; });
    if (found == notes.end())
        return std::nullopt;
    const auto &bytes = found->bytes;
    const auto lines = VmcoreInfo::parse({reinterpret_cast<const char *>(bytes.data()), bytes.size()});
    SnapshotNote note;
    for (const auto &[key, value] : lines.entries())
        readEntry(note, key, value);
    return note;
}

} // namespace ks
