// Prefix and fuzzy search over all names of a SymbolTable.
#include "core/symbols/symbol_table.h"
#include "core/symbols/symbol_table_data.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <numeric>

namespace ks {

namespace {

constexpr std::array<char, 256> kLower = [] {
    std::array<char, 256> table{};
    for (std::size_t i = 0; i < table.size(); ++i)
        table[i] = toLowerAscii(static_cast<char>(i));
    return table;
}();

constexpr char lower(char c) { return kLower[static_cast<unsigned char>(c)]; }

constexpr std::array<std::uint8_t, 256> kCharacterBit = [] {
    std::array<std::uint8_t, 256> table{};
    for (std::size_t i = 0; i < table.size(); ++i) {
        const char c = toLowerAscii(static_cast<char>(i));
        std::uint8_t bit = 38;
        if (c >= 'a' && c <= 'z')
            bit = static_cast<std::uint8_t>(c - 'a');
        else if (c >= '0' && c <= '9')
            bit = static_cast<std::uint8_t>(26 + c - '0');
        else if (c == '_')
            bit = 36;
        else if (c == '.')
            bit = 37;
        table[i] = bit;
    }
    return table;
}();

bool isSeparator(char c) { return c == '_' || c == '.'; }

bool startsWord(std::string_view name, std::size_t i)
{
    return i == 0 || (isSeparator(name[i - 1]) && !isSeparator(name[i]));
}

/// How well a name matches, the best first.
enum class Match : std::uint8_t { ExactCase, Exact, Prefix, WordRun, WordStarts, Run, Subsequence, None };

bool matchesAt(std::string_view name, std::size_t at, std::string_view pattern)
{
    if (pattern.size() > name.size() - at)
        return false;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (lower(name[at + i]) != pattern[i])
            return false;
    }
    return true;
}

/// Whether every character of the pattern goes on where the one before it stood, or begins a later word ("tsst" in
/// task_struct_stack). Taking the nearest place first is right for nearly all names and bounds the time.
bool matchesWordStarts(std::string_view name, std::string_view pattern)
{
    std::size_t i = 0;
    bool running = false;
    for (const char wanted : pattern) {
        if (!(running && i < name.size() && lower(name[i]) == wanted)) {
            while (i < name.size() && !(startsWord(name, i) && lower(name[i]) == wanted))
                ++i;
        }
        if (i >= name.size())
            return false;
        ++i;
        running = true;
    }
    return true;
}

/// `pattern` is in lower case and not empty. Matches worse than `worst` count as None, which is found sooner.
Match classify(std::string_view name, std::string_view pattern, std::string_view asTyped, Match worst)
{
    if (matchesAt(name, 0, pattern)) {
        if (name.size() == pattern.size())
            return name == asTyped ? Match::ExactCase : Match::Exact;
        return Match::Prefix;
    }
    if (worst <= Match::Prefix)
        return Match::None;

    bool run = false;
    for (std::size_t i = 1; i + pattern.size() <= name.size(); ++i) {
        if (lower(name[i]) == pattern[0] && matchesAt(name, i, pattern)) {
            if (startsWord(name, i))
                return Match::WordRun;
            run = true;
        }
    }
    if (worst <= Match::WordRun)
        return Match::None;
    // A single character that begins a word was a WordRun.
    if (pattern.size() > 1 && matchesWordStarts(name, pattern))
        return Match::WordStarts;
    if (run || worst <= Match::Run)
        return run ? Match::Run : Match::None;

    std::size_t matched = 0;
    for (std::size_t i = 0; i < name.size() && matched < pattern.size(); ++i)
        matched += lower(name[i]) == pattern[matched] ? 1 : 0;
    return matched == pattern.size() ? Match::Subsequence : Match::None;
}

/// Counts matches, and tells which are too bad to be among the first `limit`.
class Cut {
public:
    explicit Cut(std::size_t limit) : limit_(limit) {}
    Match worst() const { return worst_; }
    void count(Match match)
    {
        ++counts_[std::size_t(match)];
        std::size_t better = 0;
        for (std::size_t m = 0; m < std::size_t(worst_); ++m) {
            better += counts_[m];
            if (better >= limit_)
                worst_ = Match(m);
        }
    }

private:
    std::size_t limit_;
    std::array<std::size_t, std::size_t(Match::None)> counts_{};
    Match worst_ = Match::Subsequence;
};

/// "module::name" in its parts; no module where there is none.
std::pair<std::string, std::string_view> splitModule(std::string_view text)
{
    const auto colons = text.find("::");
    if (colons == text.npos)
        return {{}, text};
    std::string module(text.substr(0, colons));
    std::ranges::replace(module, '-', '_');
    return {std::move(module), text.substr(colons + 2)};
}

/// Appends the symbols of a name, those of one module alone if it is given, up to `limit` in all.
void appendSymbols(const SymbolTableData &data, std::uint32_t nameNumber, std::string_view module, std::size_t limit,
                   std::vector<Symbol> &out)
{
    for (std::uint32_t i = data.firstOfName[nameNumber]; i < data.firstOfName[nameNumber + 1] && out.size() < limit;
         ++i) {
        const Symbol symbol = data.view(data.symbolsOfName[i]);
        if (module.empty() || symbol.module == module)
            out.push_back(symbol);
    }
}

} // namespace

std::uint64_t characterMask(std::string_view text)
{
    std::uint64_t mask = 0;
    for (const char c : text)
        mask |= std::uint64_t{1} << kCharacterBit[static_cast<unsigned char>(c)];
    return mask;
}

const NameIndex &SymbolTableData::nameIndex() const
{
    std::call_once(indexOnce, [this] {
        // Most comparisons end within the first eight characters, which are kept beside the number.
        struct Key {
            std::uint64_t head;
            std::uint32_t name;
        };
        std::vector<Key> keys(nameCount());
        index.masks.reserve(keys.size());
        for (std::uint32_t n = 0; n < keys.size(); ++n) {
            const std::string_view text = nameText(n);
            std::uint64_t head = 0;
            for (std::size_t i = 0; i < 8; ++i)
                head = head << 8 | (i < text.size() ? static_cast<unsigned char>(text[i]) : 0U);
            keys[n] = {head, n};
            index.masks.push_back(characterMask(text));
        }
        std::ranges::sort(keys, [this](const Key &a, const Key &b) {
            return a.head != b.head ? a.head < b.head : nameText(a.name) < nameText(b.name);
        });
        index.byText.reserve(keys.size());
        index.rankOf.resize(keys.size());
        for (const Key &key : keys) {
            index.rankOf[key.name] = static_cast<std::uint32_t>(index.byText.size());
            index.byText.push_back(key.name);
        }
    });
    return index;
}

std::vector<Symbol> SymbolTable::withPrefix(std::string_view text, std::size_t limit) const
{
    const auto [module, prefix] = splitModule(text);
    const NameIndex &index = data_->nameIndex();
    const auto textOf = [&](std::uint32_t n) { return data_->nameText(n); };
    auto it = std::ranges::lower_bound(index.byText, prefix, {}, textOf);
    std::vector<Symbol> result;
    for (; it != index.byText.end() && result.size() < limit && textOf(*it).starts_with(prefix); ++it)
        appendSymbols(*data_, *it, module, limit, result);
    return result;
}

std::vector<Symbol> SymbolTable::fuzzy(std::string_view text, std::size_t limit) const
{
    const auto [module, asTyped] = splitModule(text);
    if (asTyped.empty())
        return withPrefix(text, limit);
    std::string pattern(asTyped);
    std::ranges::transform(pattern, pattern.begin(), toLowerAscii);

    // A candidate in one number that sorts as we want: class, length, then the alphabet.
    const NameIndex &index = data_->nameIndex();
    const std::uint64_t wanted = characterMask(pattern);
    std::vector<std::uint64_t> candidates;
    // Of other modules' names any number may fall out; then all have to be kept.
    Cut cut(module.empty() ? limit : ~std::size_t{0});
    for (std::uint32_t n = 0; n < index.masks.size(); ++n) {
        if ((index.masks[n] & wanted) != wanted)
            continue;
        const std::string_view name = data_->nameText(n);
        const Match match = classify(name, pattern, asTyped, cut.worst());
        if (match > cut.worst())
            continue;
        cut.count(match);
        const std::uint64_t length = std::min<std::size_t>(name.size(), 0xffff);
        candidates.push_back(std::uint64_t(match) << 48 | length << 32 | index.rankOf[n]);
    }

    std::vector<Symbol> result;
    std::size_t sortedUpTo = 0;
    while (result.size() < limit && sortedUpTo < candidates.size()) {
        // Names of other modules fall out, so more than `limit` candidates may be needed.
        const std::size_t upTo =
            sortedUpTo + std::min(candidates.size() - sortedUpTo, std::max<std::size_t>(limit, 64));
        const auto begin = candidates.begin() + std::ptrdiff_t(sortedUpTo);
        const auto end = candidates.begin() + std::ptrdiff_t(upTo);
        std::partial_sort(begin, end, candidates.end());
        for (auto it = begin; it != end && result.size() < limit; ++it)
            appendSymbols(*data_, index.byText[static_cast<std::uint32_t>(*it)], module, limit, result);
        sortedUpTo = upTo;
    }
    return result;
}

} // namespace ks
