// Patterns of bytes: two of them that are rare find the places, the rest is compared there.
#include "core/search/block_scan.h"
#include "core/search/pattern.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace ks {
namespace {

/// How often a pattern's byte is met in the memory of a kernel, roughly: 0 is rare. Free and zeroed pages are most of
/// it, then pointers into the kernel's half, small numbers and text.
int frequency(std::uint8_t value, std::uint8_t mask)
{
    int rank = 0;
    if (mask == 0xff) {
        if (value == 0)
            rank = 50;
        else if (value == 0xff)
            rank = 40;
        else if (value == 0x88 || value == 0x81 || value == 0x82 || value == 0x48 || value == 0xcc)
            rank = 20;
        else if (value < 0x10 || value == 0x20 || (value >= 'a' && value <= 'z'))
            rank = 10;
        return rank;
    }
    // A byte of which few bits count is met more often, and one that zero fits most of all.
    return 15 + 10 * (8 - std::popcount(mask)) + (value == 0 ? 50 : 0);
}

class ByteMatcher final : public Matcher {
public:
    explicit ByteMatcher(BytePattern pattern) : pattern_(std::move(pattern))
    {
        std::vector<std::size_t> order;
        for (std::size_t i = 0; i < pattern_.value.size(); ++i)
            order.push_back(i);
        std::ranges::sort(order, {},
                          [&](std::size_t i) { return std::pair(frequency(pattern_.value[i], pattern_.mask[i]), i); });
        const auto anchor = [&](std::size_t i) { return block::Anchor{i, pattern_.value[i], pattern_.mask[i]}; };
        anchors_ = {anchor(order[0]), anchor(order[order.size() > 1 ? 1 : 0])};
        isExact_ = pattern_.either.empty() &&
                   std::ranges::all_of(pattern_.mask, [](std::uint8_t mask) { return mask == 0xff; });
    }

    std::size_t longest() const override { return pattern_.value.size(); }

    std::size_t find(const Stretch &in, std::size_t from, std::size_t to, std::size_t enough,
                     std::vector<Match> &found) const override
    {
        const std::size_t size = pattern_.value.size();
        if (in.bytes.size() < size)
            return to;
        const std::byte *bytes = in.bytes.data();
        const std::size_t end = std::min(to, in.bytes.size() - size + 1);
        while (from < end) {
            from += block::findAnchors(bytes + from, end - from, anchors_);
            for (const std::size_t stop = std::min(end, from + block::kPositions); from < stop; ++from) {
                if (!matchesAnchor(bytes + from, anchors_.first) || !matchesAll(bytes + from))
                    continue;
                if (found.size() >= enough)
                    return from;
                found.push_back({from, size});
            }
        }
        return to;
    }

private:
    static bool matchesAnchor(const std::byte *bytes, const block::Anchor &anchor)
    {
        return (std::to_integer<std::uint8_t>(bytes[anchor.at]) & anchor.mask) == anchor.value;
    }

    bool matchesAll(const std::byte *bytes) const
    {
        if (isExact_)
            return std::memcmp(bytes, pattern_.value.data(), pattern_.value.size()) == 0;
        for (std::size_t i = 0; i < pattern_.value.size(); ++i)
            if ((std::to_integer<std::uint8_t>(bytes[i]) & pattern_.mask[i]) != pattern_.value[i])
                return false;
        return std::ranges::all_of(pattern_.either, [&](const BytePattern::Either &either) {
            return std::memcmp(bytes + either.at, either.one.data(), either.one.size()) == 0 ||
                   std::memcmp(bytes + either.at, either.other.data(), either.other.size()) == 0;
        });
    }

    BytePattern pattern_;
    block::Anchors anchors_;
    bool isExact_ = false; ///< every bit counts
};

} // namespace

std::unique_ptr<const Matcher> makeMatcher(BytePattern pattern)
{
    return std::make_unique<ByteMatcher>(std::move(pattern));
}

} // namespace ks
