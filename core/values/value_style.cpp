#include "core/values/value_style.h"

#include "core/values/expression.h"
#include "core/values/identifiers.h"

#include <array>
#include <bit>
#include <cstdio>

namespace ks {
namespace {

constexpr std::pair<std::string_view, ValueStyle> kStyles[] = {
    {"c", ValueStyle::C},       {"hex", ValueStyle::Hex},     {"dec", ValueStyle::Decimal},
    {"time", ValueStyle::Time}, {"flags", ValueStyle::Flags}, {"symbol", ValueStyle::Symbol},
    {"enum", ValueStyle::Enum},
};

constexpr std::uint64_t kMicrosecond = 1000;
constexpr std::uint64_t kMillisecond = 1000 * kMicrosecond;
constexpr std::uint64_t kSecond = 1000 * kMillisecond;

/// A count of `unit` with three digits behind the point at most.
std::string scaled(std::uint64_t value, std::uint64_t unit, const char *suffix)
{
    const std::uint64_t thousandths = value % unit / (unit / 1000);
    std::string text = std::to_string(value / unit);
    if (thousandths != 0) {
        text += "." + std::to_string(1000 + thousandths).substr(1);
        text.erase(text.find_last_not_of('0') + 1);
    }
    return text + suffix;
}

/// How long a jiffy is, in nanoseconds (TICK_NSEC).
std::optional<std::uint64_t> jiffyLength(const EvalContext &context)
{
    // The clock source that counts jiffies has the length as its factor (kernel/time/jiffies.c); the variable tick_nsec
    // (kernel/time/ntp.c) is not in every kernel.
    for (const char *expression : {"clocksource_jiffies.mult >> clocksource_jiffies.shift", "tick_nsec"}) {
        const auto value = evaluate(context, expression);
        const auto bits = value ? value->scalar() : Result<std::uint64_t>(std::unexpected(value.error()));
        if (bits && *bits >= kMicrosecond && *bits <= kSecond)
            return *bits;
    }
    return std::nullopt;
}

std::string jiffiesText(const EvalContext &context, std::uint64_t count)
{
    const auto length = jiffyLength(context);
    if (!length)
        return std::to_string(count) + " jiffies";
    // Jiffies begin five minutes before they wrap at 32 bits (INITIAL_JIFFIES, include/linux/jiffies.h).
    const std::uint64_t hz = (kSecond + *length / 2) / *length;
    const std::uint64_t initial = (std::uint64_t{1} << 32) - 300 * hz;
    const std::uint64_t since = count >= initial ? count - initial : count;
    const std::string time = durationText(since > ~std::uint64_t{0} / *length ? ~std::uint64_t{0} : since * *length);
    return time + (count >= initial ? " since boot" : "") + " (" + std::to_string(count) + " jiffies)";
}

std::string timeText(const EvalContext &context, const Type &type, std::uint64_t bits)
{
    // The name under which debug information has `unsigned long` differs with the compiler.
    const Type plain = type.stripped();
    if (plain.name() == "unsigned long" || plain.name() == "long unsigned int")
        return jiffiesText(context, bits);
    if (plain.node().isSigned && static_cast<std::int64_t>(bits) < 0)
        return "-" + durationText(std::uint64_t{0} - bits);
    return durationText(bits);
}

std::string enumeratorName(const Type &type, std::uint64_t value)
{
    for (const Enumerator &one : type.node().enumerators)
        if (one.value == value)
            return one.name;
    return {};
}

std::string flagsText(const Type &type, std::uint64_t bits)
{
    if (bits == 0) {
        const std::string none = enumeratorName(type, 0);
        return none.empty() ? "0" : "0 (" + none + ")";
    }
    const bool isEnum = type.kind() == TypeKind::Enum;
    std::string set;
    for (std::uint64_t rest = bits; rest != 0; rest &= rest - 1) {
        const unsigned bit = static_cast<unsigned>(std::countr_zero(rest));
        const std::string known = isEnum ? enumeratorName(type, std::uint64_t{1} << bit) : std::string();
        set += (set.empty() ? "" : isEnum ? " | " : " ");
        set += !known.empty() ? known : (isEnum ? "bit " : "") + std::to_string(bit);
    }
    return hex(bits) + (isEnum ? " (" : std::has_single_bit(bits) ? " (bit " : " (bits ") + set + ")";
}

} // namespace

std::optional<ValueStyle> parseValueStyle(std::string_view word)
{
    for (const auto &[text, style] : kStyles)
        if (text == word)
            return style;
    return std::nullopt;
}

const char *name(ValueStyle style)
{
    for (const auto &[text, one] : kStyles)
        if (one == style)
            return text.data();
    return "c";
}

std::string durationText(std::uint64_t nanoseconds)
{
    if (nanoseconds < kMicrosecond)
        return std::to_string(nanoseconds) + " ns";
    if (nanoseconds < kMillisecond)
        return scaled(nanoseconds, kMicrosecond, " us");
    if (nanoseconds < kSecond)
        return scaled(nanoseconds, kMillisecond, " ms");
    if (nanoseconds < 60 * kSecond)
        return scaled(nanoseconds, kSecond, " s");
    const std::uint64_t seconds = nanoseconds / kSecond;
    if (seconds < 3600)
        return std::to_string(seconds / 60) + "m " + scaled(nanoseconds % (60 * kSecond), kSecond, "s");
    std::array<char, 64> text{};
    const auto days = static_cast<unsigned long long>(seconds / 86400);
    const auto part = [&](std::uint64_t unit, std::uint64_t count) {
        return static_cast<unsigned>(seconds / unit % count);
    };
    if (days != 0)
        std::snprintf(text.data(), text.size(), "%llud %02uh %02um %02us", days, part(3600, 24), part(60, 60),
                      part(1, 60));
    else
        std::snprintf(text.data(), text.size(), "%uh %02um %02us", part(3600, 24), part(60, 60), part(1, 60));
    return text.data();
}

std::string summarizeAs(ValueStyle style, const EvalContext &context, const Value &value, const Decoded &decoded,
                        const FormatOptions &options)
{
    FormatOptions styled = options;
    if (style == ValueStyle::Hex || style == ValueStyle::Decimal)
        styled.integers = style == ValueStyle::Hex ? IntegerStyle::Hex : IntegerStyle::Decimal;
    const auto bits = value.scalar();
    if (bits) {
        const Type type = expr::completed(context, value.type());
        const unsigned width = decoded.bits;
        const std::uint64_t unsignedBits = width >= 64 ? *bits : *bits & ((std::uint64_t{1} << width) - 1);
        switch (style) {
        case ValueStyle::Time: return timeText(context, value.type(), *bits);
        case ValueStyle::Flags: return flagsText(type, unsignedBits);
        case ValueStyle::Symbol: return formatPointer(context, unsignedBits);
        case ValueStyle::Enum:
            if (const auto *named = std::get_if<Decoded::EnumValue>(&decoded.data); named && !named->name.empty())
                return named->name;
            break;
        case ValueStyle::C:
        case ValueStyle::Hex:
        case ValueStyle::Decimal: break;
        }
    }
    return summarize(decoded, styled);
}

} // namespace ks
