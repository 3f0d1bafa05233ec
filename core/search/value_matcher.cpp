// Integers in a range. Blocks without any are stepped over at the speed of the cache; one value of many positions is
// found as a pattern of bytes, faster still.
#include "core/search/block_scan.h"
#include "core/search/pattern.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace ks {
namespace {

class ValueMatcher final : public Matcher {
public:
    explicit ValueMatcher(const ValuePattern &pattern) : pattern_(pattern)
    {
        step_ = pattern.aligned && std::has_single_bit(pattern.width) ? pattern.width : 1;
        inBlocks_ = std::has_single_bit(pattern.width) && std::endian::native == std::endian::little &&
                    (!pattern.bigEndian || pattern.width == 1);
        values_ = {pattern.width, pattern.low, pattern.span, pattern.outside};
    }

    std::size_t longest() const override { return pattern_.width; }

    std::size_t find(const Stretch &in, std::size_t from, std::size_t to, std::size_t enough,
                     std::vector<Match> &found) const override
    {
        if (in.bytes.size() < pattern_.width)
            return to;
        const std::byte *bytes = in.bytes.data();
        const std::size_t end = std::min(to, in.bytes.size() - pattern_.width + 1);
        from += (0 - (in.address.value + from)) & (step_ - 1);
        while (from < end) {
            if (inBlocks_)
                from += step_ == 1 ? block::findValues(bytes + from, end - from, values_)
                                   : block::findAlignedValues(bytes + from, end - from, values_);
            for (const std::size_t stop = std::min(end, from + block::kPositions); from < stop; from += step_) {
                if (!pattern_.matches(readInteger(bytes + from, pattern_.width, pattern_.bigEndian)))
                    continue;
                if (found.size() >= enough)
                    return from;
                found.push_back({from, pattern_.width});
            }
        }
        return to;
    }

private:
    ValuePattern pattern_;
    block::Values values_;
    std::size_t step_ = 1;
    bool inBlocks_ = false;
};

} // namespace

std::uint64_t readInteger(const std::byte *bytes, unsigned width, bool bigEndian)
{
    std::uint64_t value = 0;
    for (unsigned i = 0; i < width; ++i)
        value |= std::to_integer<std::uint64_t>(bytes[bigEndian ? width - 1 - i : i]) << 8 * i;
    return value;
}

std::unique_ptr<const Matcher> makeMatcher(const ValuePattern &pattern)
{
    if (pattern.span != 0 || pattern.outside || (pattern.aligned && pattern.width != 1))
        return std::make_unique<ValueMatcher>(pattern);
    BytePattern bytes;
    for (unsigned i = 0; i < pattern.width; ++i)
        bytes.value.push_back(
            static_cast<std::uint8_t>(pattern.low >> 8 * (pattern.bigEndian ? pattern.width - 1 - i : i)));
    bytes.mask.assign(pattern.width, 0xff);
    return makeMatcher(std::move(bytes));
}

} // namespace ks
