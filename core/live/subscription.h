// What somebody wants to see again and again.
#pragma once

#include "core/base/address.h"
#include "core/base/error.h"
#include "core/values/value_style.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace ks {
struct EvalContext;
}

namespace ks::live {

/// Names one subscription of one Sampler; never used again for another.
struct SubscriptionId {
    std::uint64_t value = 0;
    friend constexpr auto operator<=>(SubscriptionId, SubscriptionId) = default;
};

/// What a line of a table shows of a struct or array: more would not fit.
inline constexpr FormatOptions kLineFormat{.depth = 3, .elements = 32};

/// Bytes, as a hex view shows them. At most kMaxRange; longer ones are refused with an Error result.
struct RangeWatch {
    AddrRange range;
    static constexpr std::uint64_t kMaxRange = std::uint64_t{1} << 24;
};

/// The value of a C expression.
struct ExpressionWatch {
    std::string expression;
    FormatOptions format = kLineFormat; ///< how much of it is decoded
    ValueStyle style = ValueStyle::C;
};

/// The members of a list.
struct ListWatch {
    std::string head;   ///< an expression: a struct list_head, hlist_head or hlist_nulls_head, or a pointer to one
    std::string type;   ///< of the members: "struct task_struct"
    std::string member; ///< that links them: "tasks", "se.group_node"
    std::size_t limit = 10000;
};

/// Whatever else is made of memory: the lines of a view, say.
struct ViewWatch {
    /// Called by the thread that ticks, again when a byte that it has read is another one. What it gives never changes.
    std::function<std::shared_ptr<const void>(const EvalContext &)> make;
    /// What it is known to read from the beginning, sorted. Then it need not be made once to find that out.
    std::vector<AddrRange> reads = {};
    /// false: its bytes need not be of one moment. They are read once a tick, and it is never torn.
    bool isConfirmed = true;
};

struct Subscription {
    std::variant<RangeWatch, ExpressionWatch, ListWatch, ViewWatch> what;
    /// Time between two samples; nothing: the sampler's.
    std::optional<std::chrono::nanoseconds> period = {};
    /// What is to be noticed: the end of a comparison with the value ("> 5", "!= 0", "& 4"), or any C expression, in
    /// which `$value` is the value (of a list, the number of members). Empty: nothing. Not for ranges and views.
    std::string condition = {};
};

/// The rates that a person may choose, in Hz.
inline constexpr double kMinRate = 0.2;
inline constexpr double kMaxRate = 60;
/// The bounds of a period, whoever sets it.
inline constexpr std::chrono::nanoseconds kMinPeriod = std::chrono::milliseconds(1);
inline constexpr std::chrono::nanoseconds kMaxPeriod = std::chrono::hours(24);

/// Limit when the rate is not between kMinRate and kMaxRate.
Result<std::chrono::nanoseconds> periodOfRate(double hz);

/// A condition as a whole expression: "> 5" is "$value > 5".
std::string fullCondition(std::string_view condition);

} // namespace ks::live
