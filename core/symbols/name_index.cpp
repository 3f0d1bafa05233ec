#include "core/symbols/name_index.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>

namespace ks {

namespace {

constexpr std::uint32_t kIndexedLength = 64; ///< longer names are few, and are matched from their own text

/// Sorting looks at eight characters at a time, which are kept beside the number: most comparisons touch no text.
struct SortKey {
    std::uint64_t head;
    std::uint32_t name;
    bool operator<(const SortKey &other) const { return head != other.head ? head < other.head : name < other.name; }
};

std::uint64_t headAt(std::string_view text, std::size_t at)
{
    std::uint64_t head = 0;
    if (at + sizeof head <= text.size()) {
        std::memcpy(&head, text.data() + at, sizeof head);
        return __builtin_bswap64(head);
    }
    for (std::size_t i = 0; i < sizeof head; ++i)
        head = head << 8 | (at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U);
    return head;
}

/// In the order of the names' bytes, equal ones in that of their numbers.
void sortByText(std::span<SortKey> allKeys, const NameIndex::TextOf &textOf)
{
    struct Job {
        std::span<SortKey> keys; ///< which agree in the first `depth` characters
        std::size_t depth;
    };
    std::vector<Job> jobs{{allKeys, 0}};
    while (!jobs.empty()) {
        const Job job = jobs.back();
        jobs.pop_back();
        std::size_t longest = 0;
        for (SortKey &key : job.keys) {
            const std::string_view text = textOf(key.name);
            longest = std::max(longest, text.size());
            key.head = headAt(text, job.depth);
        }
        std::sort(job.keys.begin(), job.keys.end());
        if (longest <= job.depth)
            continue;
        for (std::size_t first = 0; first < job.keys.size();) {
            std::size_t last = first + 1;
            while (last < job.keys.size() && job.keys[last].head == job.keys[first].head)
                ++last;
            if (last - first > 1)
                jobs.push_back({job.keys.subspan(first, last - first), job.depth + sizeof(std::uint64_t)});
            first = last;
        }
    }
}

struct OwnedTables {
    std::vector<std::uint32_t> byText;
    std::vector<std::uint32_t> byLength;
    std::vector<NameIndex::Bucket> buckets;
    std::vector<std::uint64_t> masks;
    std::vector<std::uint64_t> starts;
    std::vector<char> folded;
};

/// Keeps, of each match, the first `limit` names, which are its best ones: names come by length and alphabet.
class Found {
public:
    explicit Found(std::size_t limit) : limit_(limit), isFull_(limit == 0) {}

    /// Whether a name that matches so is among the best so far.
    bool wants(NameMatch match) const { return match <= worst_; }
    /// Whether nothing that comes later can be: a longer name is a prefix at best.
    bool isFull() const { return isFull_; }
    void add(const NameHit &hit)
    {
        byMatch_[std::size_t(hit.match)].push_back(hit);
        std::size_t count = 0;
        for (std::size_t m = 0; m <= std::size_t(worst_); ++m) {
            count += byMatch_[m].size();
            if (count < limit_)
                continue;
            isFull_ = NameMatch(m) == NameMatch::ExactCase || NameMatch(m) == NameMatch::Prefix;
            worst_ = m == 0 ? NameMatch::ExactCase : NameMatch(m - 1);
        }
    }
    std::vector<NameHit> take()
    {
        std::vector<NameHit> hits;
        for (const auto &some : byMatch_)
            hits.insert(hits.end(), some.begin(), some.end());
        hits.resize(std::min(hits.size(), limit_));
        return hits;
    }

private:
    std::size_t limit_;
    bool isFull_;
    std::array<std::vector<NameHit>, std::size_t(NameMatch::None)> byMatch_;
    NameMatch worst_ = NameMatch::Subsequence;
};

} // namespace

NameIndex::NameIndex(Tables tables, std::shared_ptr<const void> storage) : tables_(tables), storage_(std::move(storage))
{
}

NameIndex NameIndex::build(std::uint32_t count, const TextOf &textOf)
{
    auto owned = std::make_shared<OwnedTables>();
    std::vector<SortKey> keys(count);
    for (std::uint32_t n = 0; n < count; ++n)
        keys[n].name = n;
    sortByText(keys, textOf);
    owned->byText.reserve(count);
    for (const SortKey &key : keys)
        owned->byText.push_back(key.name);
    keys = {};

    // A stable sort by length keeps the alphabet within each.
    owned->byLength = owned->byText;
    std::vector<std::uint32_t> lengths(count);
    std::size_t characters = 0;
    for (std::uint32_t n = 0; n < count; ++n) {
        lengths[n] = static_cast<std::uint32_t>(textOf(n).size());
        characters += lengths[n] <= kIndexedLength ? lengths[n] : 0;
    }
    std::ranges::stable_sort(owned->byLength, {}, [&](std::uint32_t n) { return lengths[n]; });

    owned->masks.reserve(count);
    owned->starts.reserve(count);
    owned->folded.reserve(characters + kPadding);
    for (const std::uint32_t n : owned->byLength) {
        const std::string_view text = textOf(n);
        if (owned->buckets.empty() || owned->buckets.back().length != lengths[n])
            owned->buckets.push_back(
                {lengths[n], static_cast<std::uint32_t>(owned->masks.size()), owned->folded.size()});
        owned->masks.push_back(characterMask(text));
        owned->starts.push_back(wordStarts(text));
        if (lengths[n] <= kIndexedLength)
            std::ranges::transform(text, std::back_inserter(owned->folded), toLowerAscii);
    }
    owned->buckets.push_back({0, count, owned->folded.size()});
    owned->folded.resize(owned->folded.size() + kPadding);
    const Tables tables{owned->byText, owned->byLength, owned->buckets, owned->masks, owned->starts, owned->folded};
    return {tables, std::move(owned)};
}

std::vector<NameHit> NameIndex::search(const NamePattern &pattern, std::size_t limit, const TextOf &textOf,
                                       const std::function<bool(std::uint32_t)> &accept) const
{
    const Tables &t = tables_;
    const std::size_t count = std::min({t.byLength.size(), t.masks.size(), t.starts.size()});
    const std::uint64_t wanted = pattern.mask();
    Found found(limit);
    for (std::size_t b = 0; !pattern.empty() && b + 1 < t.buckets.size() && !found.isFull(); ++b) {
        const Bucket &bucket = t.buckets[b];
        const std::size_t end = t.buckets[b + 1].first;
        if (bucket.length < pattern.size())
            continue;
        const bool isFolded = bucket.length <= kIndexedLength;
        if (bucket.first > end || end > count || bucket.text > t.folded.size() ||
            (isFolded && (end - bucket.first) * bucket.length + kPadding > t.folded.size() - bucket.text))
            break;
        const char *folded = t.folded.data() + bucket.text;
        for (std::size_t i = bucket.first; i < end && !found.isFull(); ++i) {
            if ((t.masks[i] & wanted) != wanted)
                continue;
            const std::uint32_t name = t.byLength[i];
            NameMatch match =
                isFolded ? pattern.matchFolded(folded + (i - bucket.first) * bucket.length, bucket.length, t.starts[i])
                         : pattern.match(textOf(name));
            if (match == NameMatch::Exact && textOf(name) == pattern.typed())
                match = NameMatch::ExactCase;
            if (found.wants(match) && (!accept || accept(name)))
                found.add({match, bucket.length, name});
        }
    }
    return found.take();
}

std::size_t NameIndex::lowerBound(std::string_view text, const TextOf &textOf) const
{
    const auto found = std::ranges::lower_bound(tables_.byText, text, {}, textOf);
    return static_cast<std::size_t>(found - tables_.byText.begin());
}

std::size_t NameIndex::memoryUsage() const
{
    const Tables &t = tables_;
    return t.byText.size_bytes() + t.byLength.size_bytes() + t.buckets.size_bytes() + t.masks.size_bytes() +
           t.starts.size_bytes() + t.folded.size_bytes();
}

} // namespace ks
