#include "core/live/canary.h"

#include <algorithm>

namespace ks::live {

void Canary::restart()
{
    expected_.clear();
    found_ = {};
    forget();
}

void Canary::evaluate(const EvalContext &context)
{
    constexpr std::uint64_t kLength = 64;
    const auto symbol = context.symbols ? context.symbols->findFirst("linux_banner") : std::nullopt;
    if (!symbol)
        return;
    const std::uint64_t length = symbol->size == 0 ? kLength : std::min(symbol->size, kLength);
    found_ = context.memory->read(symbol->address, length);
    if (expected_.empty() && found_.allPresent())
        expected_.assign(found_.bytes().begin(), found_.bytes().end());
}

std::optional<ks::Error> Canary::problem() const
{
    if (!exists())
        return std::nullopt;
    const auto missing = found_.firstMissing(found_.address(), found_.size());
    if (missing && missing->state.status != PageStatus::Hole)
        return ks::Error{ErrorCode::Unreadable, "the target", missing->state.reason()};
    if (missing || !std::ranges::equal(found_.bytes(), expected_))
        return ks::Error{ErrorCode::Mismatch, "the target", "the kernel is not in it any more"};
    return std::nullopt;
}

} // namespace ks::live
