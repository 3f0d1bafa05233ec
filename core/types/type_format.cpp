#include "core/types/type_format.h"

#include "core/types/type_layout.h"

#include <algorithm>

namespace ks {

namespace {

constexpr std::size_t kIndent = 4;
constexpr std::size_t kMaxAlignedWidth = 64; ///< comments of longer lines are not aligned

std::string count(std::uint64_t n, const char *unit) { return std::to_string(n) + ' ' + unit + (n == 1 ? "" : "s"); }

std::string bitsOrBytes(std::uint64_t bits) { return bits % 8 == 0 ? count(bits / 8, "byte") : count(bits, "bit"); }

struct Line {
    std::string text;
    std::string offset; ///< with `size`: the comment in columns
    std::string size;
    std::string remark; ///< a comment of its own
};

/// Where a member begins, for a person: bitfields as "unit:bit", the unit being what the compiler loads.
std::string offsetText(const MemberLayout &member)
{
    if (!member.isBitfield)
        return std::to_string(member.bitOffset / 8);
    const std::uint64_t unitBits = member.byteSize * 8;
    std::uint64_t unit = unitBits ? member.bitOffset / unitBits * unitBits : 0;
    if (unitBits == 0 || member.bitOffset - unit + member.bitSize > unitBits)
        unit = member.bitOffset / 8 * 8; // packed: it crosses a unit
    return std::to_string(unit / 8) + ':' + std::to_string(member.bitOffset - unit);
}

/// What stands before and behind the braces when the contents of a type are written into its declaration:
/// "struct {...} a[2]" and "struct list_head a[2]" give "struct", " a[2]" and "struct list_head", " a[2]".
std::pair<std::string, std::string> aroundContents(const Type &type, const std::string &declaration)
{
    constexpr std::string_view kContents = "{...}";
    if (const std::size_t dots = declaration.find(kContents); dots != declaration.npos)
        return {declaration.substr(0, dots - 1), declaration.substr(dots + kContents.size())};
    // The name stands where the declaration begins to differ from the abstract one.
    const std::string spelling = type.spelling();
    std::size_t split = std::ranges::mismatch(spelling, declaration).in1 - spelling.begin();
    while (split > 0 && declaration[split - 1] == ' ')
        --split;
    return {declaration.substr(0, split), declaration.substr(split)};
}

class Printer {
public:
    explicit Printer(const TypeFormatOptions &options) : options_(options) {}

    void print(const Type &type);
    std::string text() const;

private:
    void record(const TypeLayout &layout, std::string_view head, std::string_view tail, bool isUnion);
    void enumerators(const std::vector<Enumerator> &values, bool isSigned, std::size_t depth);
    void members(const std::vector<MemberLayout> &members, bool isUnion, std::uint64_t firstBit, std::uint64_t bitSize,
                 std::size_t depth, bool marksLines);
    void member(const MemberLayout &member, std::size_t depth, bool marksLines);
    void cacheLine(std::uint64_t bitOffset, std::size_t depth);
    void summary(const TypeLayout &layout, bool isUnion);
    void line(std::size_t depth, std::string_view text, std::string offset = {}, std::string size = {})
    {
        lines_.push_back(
            {std::string(depth * kIndent, ' ') + std::string(text), std::move(offset), std::move(size), {}});
    }
    void remark(std::size_t depth, std::string text)
    {
        if (options_.showLayout)
            lines_.push_back({std::string(depth * kIndent, ' '), {}, {}, std::move(text)});
    }

    const TypeFormatOptions &options_;
    std::vector<Line> lines_;
    std::uint64_t cacheLine_ = 0; ///< the last one that was marked
};

void Printer::print(const Type &type)
{
    const TypeLayout layout = describe(type, options_.expand ? Opened::All : Opened::Unnamed);
    const std::string size = options_.showLayout ? " /* " + count(layout.byteSize, "byte") + " */" : "";
    const bool isTypedef = type.kind() == TypeKind::Typedef;
    const Type inner = isTypedef ? type.stripped() : type;
    const bool isUnion = inner.kind() == TypeKind::Union;
    const std::string declaration = isTypedef ? "typedef " + type.target().declaration(type.name()) : type.spelling();

    if (layout.isDeclaration) {
        line(0, declaration + ';');
        remark(0, "only declared: the debug information has no definition");
    } else if (isTypedef && !inner.name().empty()) {
        line(0, declaration + ';' + size);
        if (options_.expand && inner.isRecord())
            record(layout, inner.spelling(), {}, isUnion);
    } else if (inner.isRecord() || inner.kind() == TypeKind::Enum) {
        const auto [head, tail] = aroundContents(type, declaration);
        if (inner.isRecord()) {
            record(layout, head, tail, isUnion);
        } else {
            line(0, head + " {");
            enumerators(layout.enumerators, layout.isSigned, 1);
            line(0, '}' + tail + ';' + size);
        }
    } else if (layout.byteSize == 0) {
        line(0, declaration + ';');
    } else {
        line(0, declaration + ';' + size);
    }
}

void Printer::record(const TypeLayout &layout, std::string_view head, std::string_view tail, bool isUnion)
{
    line(0, std::string(head) + " {");
    members(layout.members, isUnion, 0, layout.byteSize * 8, 1, !isUnion);
    summary(layout, isUnion);
    line(0, '}' + std::string(tail) + ';');
}

void Printer::enumerators(const std::vector<Enumerator> &values, bool isSigned, std::size_t depth)
{
    std::size_t width = 0;
    for (const Enumerator &value : values)
        width = std::max(width, value.name.size());
    width = std::min(width, kMaxAlignedWidth);
    for (const Enumerator &value : values) {
        const std::string blanks(width - std::min(width, value.name.size()), ' ');
        line(depth,
             value.name + blanks + " = " +
                 (isSigned ? std::to_string(static_cast<std::int64_t>(value.value)) : std::to_string(value.value)) +
                 ',');
    }
}

void Printer::members(const std::vector<MemberLayout> &list, bool isUnion, std::uint64_t firstBit,
                      std::uint64_t bitSize, std::size_t depth, bool marksLines)
{
    const std::vector<LayoutGap> gaps = findGaps(list, isUnion, firstBit, bitSize);
    auto gap = gaps.begin();
    for (const MemberLayout &entry : list) {
        for (; gap != gaps.end() && !gap->isPadding && gap->bitOffset < entry.bitOffset; ++gap)
            remark(depth, "hole: " + bitsOrBytes(gap->bitSize));
        if (marksLines)
            cacheLine(entry.bitOffset, depth);
        member(entry, depth, marksLines);
    }
    if (!gaps.empty() && gaps.back().isPadding && depth > 1)
        remark(depth, "padding: " + bitsOrBytes(gaps.back().bitSize));
}

void Printer::member(const MemberLayout &member, std::size_t depth, bool marksLines)
{
    std::string declaration = member.type.declaration(member.name);
    if (member.isBitfield)
        declaration += (member.name.empty() ? " :" : ":") + std::to_string(member.bitSize);
    const std::string size = std::to_string(member.byteSize);
    if (!member.isOpened) {
        line(depth, declaration + ';', offsetText(member), size);
        return;
    }
    const auto [head, tail] = aroundContents(member.type, declaration);
    line(depth, head + " {");
    if (member.enumerators.empty())
        members(member.members, member.isUnion, member.bitOffset, member.openedByteSize * 8, depth + 1,
                marksLines && !member.isUnion);
    else
        enumerators(member.enumerators, member.isSigned, depth + 1);
    line(depth, '}' + tail + ';', offsetText(member), size);
}

void Printer::cacheLine(std::uint64_t bitOffset, std::size_t depth)
{
    if (options_.cacheLineSize == 0)
        return;
    const std::uint64_t byte = bitOffset / 8;
    const std::uint64_t number = byte / options_.cacheLineSize;
    if (number <= cacheLine_)
        return;
    cacheLine_ = number;
    const std::uint64_t past = byte % options_.cacheLineSize;
    remark(depth, "--- cache line " + std::to_string(number) + " (byte " + std::to_string(byte - past) + ')' +
                      (past ? " began " + count(past, "byte") + " before" : "") + " ---");
}

void Printer::summary(const TypeLayout &layout, bool isUnion)
{
    std::string first = "size: " + std::to_string(layout.byteSize);
    if (options_.cacheLineSize)
        first += ", cache lines: " + std::to_string(layout.byteSize / options_.cacheLineSize +
                                                    (layout.byteSize % options_.cacheLineSize != 0));
    remark(1, first + ", members: " + std::to_string(layout.members.size()));

    std::uint64_t holes = 0, holeBits = 0, padding = 0;
    for (const LayoutGap &gap : findGaps(layout.members, isUnion, 0, layout.byteSize * 8)) {
        if (gap.isPadding) {
            padding = gap.bitSize;
        } else {
            ++holes;
            holeBits += gap.bitSize;
        }
    }
    if (holes)
        remark(1, "holes: " + std::to_string(holes) + ", together " + bitsOrBytes(holeBits));
    if (padding)
        remark(1, "padding: " + bitsOrBytes(padding));
}

std::string Printer::text() const
{
    std::size_t textWidth = 0, offsetWidth = 0, sizeWidth = 0;
    for (const Line &line : lines_) {
        if (line.size.empty())
            continue;
        if (line.text.size() <= kMaxAlignedWidth)
            textWidth = std::max(textWidth, line.text.size());
        offsetWidth = std::max(offsetWidth, line.offset.size());
        sizeWidth = std::max(sizeWidth, line.size.size());
    }
    const auto right = [](const std::string &text, std::size_t width) {
        return std::string(width - std::min(width, text.size()), ' ') + text;
    };
    std::string out;
    for (const Line &line : lines_) {
        out += line.text;
        if (!line.remark.empty()) {
            out += "/* " + line.remark + " */";
        } else if (!line.size.empty() && options_.showLayout) {
            out.append(textWidth - std::min(textWidth, line.text.size()), ' ');
            out += "  /* " + right(line.offset, offsetWidth) + "  " + right(line.size, sizeWidth) + " */";
        }
        out += '\n';
    }
    return out;
}

} // namespace

std::string formatType(const Type &type, const TypeFormatOptions &options)
{
    Printer printer(options);
    printer.print(type);
    return printer.text();
}

} // namespace ks
