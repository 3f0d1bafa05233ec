// Plain data -> text.
#include "core/values/format.h"

#include "core/values/text.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <type_traits>

namespace ks {

namespace {

constexpr std::size_t kLineWidth = 100;     ///< where rows of numbers are broken
constexpr std::size_t kSummaryWidth = 120;  ///< where a summary ends with "..."
constexpr std::size_t kMaxShownText = 4096; ///< bytes of a char array that are printed

template <class T>
std::string decimal(T number)
{
    std::array<char, 64> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr;
    return {buffer.data(), end};
}

/// Zero-extends from the width, so that -1 of an int is 0xffffffff.
std::string hexOf(std::uint64_t value, unsigned bits)
{
    return hex(bits >= 64 ? value : value & ((std::uint64_t{1} << bits) - 1));
}

std::string more(std::uint64_t count) { return "... (" + decimal(count) + " more)"; }

class Formatter {
public:
    explicit Formatter(const FormatOptions &options) : options_(options) {}

    /// Everything but open records and arrays, on one line.
    std::string simple(const Decoded &value) const
    {
        return std::visit([&](const auto &data) { return text(value, data); }, value.data);
    }

    std::string oneLine(const Decoded &value, std::size_t width) const
    {
        if (const auto *record = std::get_if<Decoded::Record>(&value.data); record && !record->closed)
            return joined(record->members.size(), 0, width, [&](std::size_t i, std::size_t room) {
                return record->members[i].name + ": " + oneLine(record->members[i].value, room);
            });
        if (const auto *array = std::get_if<Decoded::Array>(&value.data); array && !array->closed)
            return joined(array->elements.size(), array->total, width,
                          [&](std::size_t i, std::size_t room) { return oneLine(array->elements[i], room); });
        return simple(value);
    }

    void lines(std::string &out, const Decoded &value, unsigned indent) const
    {
        if (const auto *record = std::get_if<Decoded::Record>(&value.data); record && !record->members.empty())
            members(out, *record, indent);
        else if (const auto *array = std::get_if<Decoded::Array>(&value.data); array && !array->elements.empty())
            elements(out, *array, indent);
        else
            out += simple(value);
    }

private:
    template <class F>
    static std::string joined(std::size_t count, std::uint64_t total, std::size_t width, F &&part)
    {
        std::string out = "{";
        for (std::size_t i = 0; i < count; ++i) {
            if (out.size() >= width)
                return out + ", ...}";
            out += (i ? ", " : "") + part(i, width - out.size());
        }
        if (total > count)
            out += (count ? ", " : "") + more(total - count);
        return out + "}";
    }

    void members(std::string &out, const Decoded::Record &record, unsigned indent) const
    {
        out += "{\n";
        for (const auto &[name, value] : record.members) {
            out.append(indent + 4, ' ');
            out += "." + name + " = ";
            lines(out, value, indent + 4);
            out += ",\n";
        }
        out.append(indent, ' ');
        out += "}";
    }

    static bool isOpen(const Decoded &value)
    {
        const auto *record = std::get_if<Decoded::Record>(&value.data);
        const auto *array = std::get_if<Decoded::Array>(&value.data);
        return (record && !record->members.empty()) || (array && !array->elements.empty());
    }

    /// The last of the elements from `first` on that are missing for the same reason; `first` itself if it is there.
    static std::size_t endOfMissing(const Decoded::Array &array, std::size_t first)
    {
        const auto *missing = std::get_if<Decoded::Unreadable>(&array.elements[first].data);
        std::size_t last = first;
        for (; missing && last + 1 < array.elements.size(); ++last) {
            const auto *next = std::get_if<Decoded::Unreadable>(&array.elements[last + 1].data);
            if (!next || next->state != missing->state)
                break;
        }
        return last;
    }

    void elements(std::string &out, const Decoded::Array &array, unsigned indent) const
    {
        const std::uint64_t rest = array.total - std::min<std::uint64_t>(array.total, array.elements.size());
        const bool isNested = std::ranges::any_of(array.elements, isOpen);
        std::vector<std::string> parts;
        std::size_t width = indent;
        for (std::size_t i = 0; i < array.elements.size(); ++i) {
            const std::size_t last = endOfMissing(array, i);
            std::string part;
            if (last != i)
                part = "[" + decimal(i) + " ... " + decimal(last) + "] = ";
            else if (isNested)
                part = "[" + decimal(i) + "] = ";
            lines(part, array.elements[i], indent + 4);
            width += part.size() + 2;
            parts.push_back(std::move(part));
            i = last;
        }
        if (rest != 0)
            parts.push_back(more(rest));
        if (!isNested && width <= kLineWidth) {
            out += "{";
            for (std::size_t i = 0; i < parts.size(); ++i)
                out += (i ? ", " : "") + parts[i];
            out += "}";
            return;
        }
        out += "{";
        std::size_t column = kLineWidth + 1;
        for (const std::string &part : parts) {
            if (isNested || column + part.size() + 2 > kLineWidth) {
                out += "\n";
                out.append(indent + 4, ' ');
                column = indent + 4;
            } else {
                out += " ";
                ++column;
            }
            out += part + ",";
            column += part.size() + 1;
        }
        out += "\n";
        out.append(indent, ' ');
        out += "}";
    }

    std::string text(const Decoded &, const Decoded::Unreadable &data) const
    {
        return "?? (" + data.state.reason() + ")";
    }
    std::string text(const Decoded &value, std::uint64_t data) const { return integer(value, data, decimal(data)); }
    std::string text(const Decoded &value, std::int64_t data) const
    {
        return integer(value, static_cast<std::uint64_t>(data), decimal(data));
    }
    std::string text(const Decoded &, bool data) const { return data ? "true" : "false"; }
    std::string text(const Decoded &, double data) const { return decimal(data); }
    std::string text(const Decoded &value, const std::string &data) const
    {
        if (value.look == Decoded::Look::WideInteger)
            return data;
        if (data.size() <= kMaxShownText)
            return quoteText(data);
        return quoteText(std::string_view(data).substr(0, kMaxShownText)) + more(data.size() - kMaxShownText);
    }
    std::string text(const Decoded &value, const Decoded::Pointer &data) const
    {
        std::string out = hex(data.value);
        if (!data.symbol.empty())
            out += " " + data.symbol;
        if (value.pointedText) {
            out += " " + quoteText(*value.pointedText);
            if (value.pointedText->size() + 4 > kMaxPointedText)
                out += "...";
        }
        return out;
    }
    std::string text(const Decoded &value, const Decoded::EnumValue &data) const
    {
        const auto raw = static_cast<std::uint64_t>(data.value);
        const std::string number = integer(value, raw, data.isSigned ? decimal(data.value) : decimal(raw));
        return data.name.empty() ? number : data.name + " (" + number + ")";
    }
    std::string text(const Decoded &, const Decoded::Record &data) const { return data.closed ? "{...}" : "{}"; }
    std::string text(const Decoded &, const Decoded::Array &data) const
    {
        return data.total == 0 ? "{}" : data.closed ? "{...}" : "{" + more(data.total) + "}";
    }
    std::string text(const Decoded &, const Decoded::Broken &data) const { return "?? (" + data.why + ")"; }

    std::string integer(const Decoded &value, std::uint64_t bits, std::string asDecimal) const
    {
        std::string number = options_.integers == IntegerStyle::Hex ? hexOf(bits, value.bits) : std::move(asDecimal);
        if (value.look != Decoded::Look::Character || options_.integers == IntegerStyle::Decimal)
            return number;
        const char c = static_cast<char>(bits);
        return quoteText({&c, 1}, '\'') + " (" + number + ")";
    }

    const FormatOptions &options_;
};

struct SameData {
    template <class A, class B>
    bool operator()(const A &, const B &) const
    {
        return false;
    }
    template <class A>
    bool operator()(const A &a, const A &b) const
    {
        return a == b;
    }
    /// A NaN that stays is no change.
    bool operator()(double a, double b) const
    {
        return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
    }
    bool operator()(const Decoded::Unreadable &a, const Decoded::Unreadable &b) const
    {
        return a.state == b.state && a.address == b.address;
    }
    bool operator()(const Decoded::Pointer &a, const Decoded::Pointer &b) const
    {
        return a.value == b.value && a.symbol == b.symbol;
    }
    bool operator()(const Decoded::EnumValue &a, const Decoded::EnumValue &b) const
    {
        return a.value == b.value && a.name == b.name;
    }
    bool operator()(const Decoded::Record &a, const Decoded::Record &b) const
    {
        return a.closed == b.closed && std::ranges::equal(a.members, b.members, [](const auto &x, const auto &y) {
                   return x.name == y.name && sameContent(x.value, y.value);
               });
    }
    bool operator()(const Decoded::Array &a, const Decoded::Array &b) const
    {
        return a.closed == b.closed && a.total == b.total && std::ranges::equal(a.elements, b.elements, sameContent);
    }
    bool operator()(const Decoded::Broken &a, const Decoded::Broken &b) const { return a.why == b.why; }
};

} // namespace

bool sameContent(const Decoded &a, const Decoded &b)
{
    return a.bits == b.bits && a.look == b.look && a.pointedText == b.pointedText &&
           std::visit(SameData{}, a.data, b.data);
}

std::string summarize(const Decoded &decoded, const FormatOptions &options)
{
    return Formatter(options).oneLine(decoded, kSummaryWidth);
}

std::string formatDecoded(const Decoded &decoded, const FormatOptions &options)
{
    std::string out;
    Formatter(options).lines(out, decoded, 0);
    return out;
}

std::string summarize(const EvalContext &context, const Value &value, const FormatOptions &options)
{
    // A line shows no more than this; decoding all of a large object for it would be wasted.
    FormatOptions few = options;
    few.depth = std::min(few.depth, 3U);
    few.elements = std::min<std::uint64_t>(few.elements, 32);
    return summarize(decode(context, value, few), few);
}

std::string formatValue(const EvalContext &context, const Value &value, const FormatOptions &options)
{
    return formatDecoded(decode(context, value, options), options);
}

} // namespace ks
