#include "core/symbols/kallsyms_scan.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <tuple>

namespace ks {

namespace {

constexpr std::size_t kTokens = 256;
constexpr std::size_t kIndexSize = kTokens * sizeof(std::uint16_t);
constexpr std::size_t kMaxToken = 512;
constexpr std::size_t kMaxName = 512;          // KSYM_NAME_LEN is 128, since 6.1 512; in codes a name is shorter
constexpr std::uint32_t kMaxSymbols = 1 << 22; // the largest kernels have some 300,000
constexpr std::uint64_t kMaxImage = 1 << 30;   // KERNEL_IMAGE_SIZE
constexpr std::size_t kChunk = std::size_t{1} << 22;
constexpr std::uint64_t kMaxNames = 1 << 25;    // from the count to the tokens: some 2 MiB
constexpr std::uint64_t kTokenWindow = 1 << 16; // the tokens lie right before their index
constexpr std::size_t kMarkerWindow = 1 << 10;  // the markers lie right behind the names
constexpr std::size_t kMaxCandidates = 64;      // of each table
constexpr std::size_t kAddressForms = 5;
/// Labels lie on borders of 8 bytes, in the newest kernels of 4.
constexpr std::size_t kAlignment = 4;

template <class T>
T valueAt(std::span<const std::byte> bytes, std::size_t at)
{
    T value;
    std::memcpy(&value, bytes.data() + at, sizeof value);
    return value;
}

std::uint64_t roundUp8(std::uint64_t n) { return (n + 7) & ~std::uint64_t{7}; }

/// What a search may cost, in steps of a few nanoseconds: an image that was made to have countless places that look
/// like tables must not take for ever. A real one takes some ten million.
class Budget {
public:
    /// False when it is used up.
    bool spend(std::uint64_t steps)
    {
        left_ -= std::min(steps, left_);
        return left_ != 0;
    }

private:
    std::uint64_t left_ = std::uint64_t{1} << 29;
};

/// Some bytes of the target. What could not be read is zero, and is noticed when the tables are decoded.
struct Window {
    Window(const MemorySource &memory, VirtAddr from, std::uint64_t size) : block(memory.read(from, size)) {}
    std::span<const std::byte> bytes() const { return block.bytes(); }
    MemoryBlock block;
};

using TokenIndex = std::array<std::uint16_t, kTokens>;

std::optional<TokenIndex> tokenIndexAt(std::span<const std::byte> bytes, std::size_t at)
{
    if (valueAt<std::uint16_t>(bytes, at) != 0 || valueAt<std::uint16_t>(bytes, at + 2) == 0)
        return std::nullopt;
    TokenIndex index;
    std::memcpy(index.data(), bytes.data() + at, kIndexSize);
    for (std::size_t i = 1; i < kTokens; ++i)
        if (index[i] <= index[i - 1] || index[i] - index[i - 1] > static_cast<int>(kMaxToken))
            return std::nullopt;
    // Tokens of one character at least, nearly all of them.
    return index.back() > kTokens ? std::optional(index) : std::nullopt;
}

bool isPrintable(std::byte b) { return b > std::byte{0x20} && b < std::byte{0x7f}; }

/// Whether the tokens that the index names begin at `at`.
bool tokensAt(std::span<const std::byte> bytes, std::size_t at, const TokenIndex &index)
{
    // First what most wrong places fail at.
    for (std::size_t i = 1; i < kTokens; ++i)
        if (bytes[at + index[i] - 1] != std::byte{0})
            return false;
    const auto text = bytes.subspan(at);
    for (std::size_t i = 0; i + 1 < kTokens; ++i)
        if (!std::ranges::all_of(text.subspan(index[i], index[i + 1] - index[i] - 1u), isPrintable))
            return false;
    const auto last = text.subspan(index.back());
    const auto end = std::ranges::find_if_not(last, isPrintable);
    return end != last.end() && *end == std::byte{0};
}

/// The first characters of all tokens: the letter of a symbol is that of its first token.
using Initials = std::array<char, kTokens>;

bool isLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// Where `count` names that begin at `at` end; the marks are where every 256th begins. Nothing if they are no names.
std::optional<std::size_t> walkNames(std::span<const std::byte> bytes, std::size_t at, std::uint32_t count,
                                     const Initials &initials, std::vector<std::uint64_t> &marks)
{
    marks.clear();
    std::size_t next = at;
    for (std::uint32_t i = 0; i < count; ++i) {
        if (i % 256 == 0)
            marks.push_back(next - at);
        if (next + 3 > bytes.size())
            return std::nullopt;
        std::size_t length = std::to_integer<std::size_t>(bytes[next++]);
        if ((length & 0x80) != 0) // two bytes, since 6.1
            length = (length & 0x7f) | std::to_integer<std::size_t>(bytes[next++]) << 7;
        if (length == 0 || length > kMaxName || length > bytes.size() - next ||
            !isLetter(initials[std::to_integer<std::size_t>(bytes[next])]))
            return std::nullopt;
        next += length;
    }
    return next;
}

/// kallsyms_markers: unsigned ints, before 4.20 unsigned longs.
template <class T>
bool markersAt(std::span<const std::byte> bytes, std::size_t at, const std::vector<std::uint64_t> &marks)
{
    if (at > bytes.size() || marks.size() * sizeof(T) > bytes.size() - at)
        return false;
    for (std::size_t i = 0; i < marks.size(); ++i)
        if (valueAt<T>(bytes, at + i * sizeof(T)) != marks[i])
            return false;
    return true;
}

bool haveMarkers(std::span<const std::byte> bytes, std::size_t end, const std::vector<std::uint64_t> &marks)
{
    const std::size_t first = (end + kAlignment - 1) / kAlignment * kAlignment;
    for (std::size_t at = first; at < first + kMarkerWindow; at += kAlignment)
        if (markersAt<std::uint32_t>(bytes, at, marks) || markersAt<std::uint64_t>(bytes, at, marks))
            return true;
    return false;
}

/// A pair of num_syms and names that agree with the tokens.
struct Names {
    VirtAddr count;
    VirtAddr names;
    std::uint32_t number = 0;
};

std::vector<Names> findNames(const MemorySource &memory, const AddrRange &range, VirtAddr tokenTable,
                             const Initials &initials, Budget &budget)
{
    const std::uint64_t before = std::min(tokenTable - range.first, kMaxNames);
    if (!budget.spend(before / kAlignment))
        return {};
    const VirtAddr begin = tokenTable - before;
    const Window window(memory, begin, before);
    const auto bytes = window.bytes();
    std::vector<Names> found;
    std::vector<std::uint64_t> marks;
    const std::size_t skew = (kAlignment - begin.value % kAlignment) % kAlignment;
    for (std::size_t names = skew + 8; names + kAlignment < bytes.size(); names += kAlignment) {
        const std::size_t left = bytes.size() - names;
        for (const std::size_t distance : {std::size_t{8}, std::size_t{4}}) {
            const auto number = valueAt<std::uint32_t>(bytes, names - distance);
            // Of two bytes at least, and of no more than the longest can have, with its place in seqs_of_names.
            if (number == 0 || number > kMaxSymbols || left / 2 < number ||
                left > kTokenWindow + number * (kMaxName + 8))
                continue;
            const auto end = walkNames(bytes, names, number, initials, marks);
            if (!budget.spend(256 * marks.size()))
                return found;
            if (!end || !haveMarkers(bytes, *end, marks))
                continue;
            found.push_back({begin + (names - distance), begin + names, number});
            if (found.size() == kMaxCandidates)
                return found;
        }
    }
    return found;
}

/// Decoded from anything else than the tables, addresses are in no order, and the kernel's text does not begin with a
/// page before them.
bool isPlausible(const std::vector<Symbol> &symbols, const AddrRange &range, VirtAddr tables)
{
    std::size_t descents = 0;
    bool isPlaced = false;
    for (std::size_t i = 0; i < symbols.size(); ++i) {
        const auto &[name, address] = std::tie(symbols[i].name, symbols[i].address);
        descents += i != 0 && address < symbols[i - 1].address;
        isPlaced |= (name == "_text" || name == "_stext") && range.contains(address) && address < tables &&
                    address == address.alignedDown(kPageSize);
    }
    return isPlaced && descents <= symbols.size() / 1000;
}

std::optional<FoundKallsyms> tryAddresses(const MemorySource &memory, const AddrRange &range, const Names &names,
                                          VirtAddr tokenTable, VirtAddr tokenIndex)
{
    struct Place {
        std::optional<VirtAddr> addresses;
        std::optional<VirtAddr> offsets;
        std::optional<VirtAddr> base;
    };
    const VirtAddr behind = tokenIndex + kIndexSize;
    const std::uint64_t offsetsSize = roundUp8(4 * std::uint64_t{names.number});
    const Place places[kAddressForms] = {
        {{}, behind, behind + offsetsSize},
        {{}, names.count - 8 - offsetsSize, names.count - 8},
        {names.count - 8 * std::uint64_t{names.number}, {}, {}},
        {behind, {}, {}},
        {{}, behind, {}},
    };
    for (const Place &place : places) {
        const KallsymsTables tables{names.names,     names.count,   tokenTable, tokenIndex,
                                    place.addresses, place.offsets, place.base};
        auto symbols = readKallsyms(memory, tables);
        if (symbols && isPlausible(symbols->symbols, range, names.names))
            return FoundKallsyms{tables, std::move(*symbols)};
    }
    return std::nullopt;
}

/// Everything else, from a place that looks like kallsyms_token_index.
std::optional<FoundKallsyms> tryIndex(const MemorySource &memory, const AddrRange &range, VirtAddr place,
                                      const TokenIndex &index, Budget &budget)
{
    const std::uint64_t before = std::min(place - range.first, kTokenWindow);
    const Window window(memory, place - before, before);
    const auto bytes = window.bytes();
    if (bytes.size() < std::size_t{index.back()} + 2)
        return std::nullopt;
    std::size_t tried = 0;
    for (std::size_t at = (bytes.size() - index.back() - 2) / kAlignment * kAlignment;; at -= kAlignment) {
        if (tokensAt(bytes, at, index)) {
            Initials initials;
            for (std::size_t i = 0; i < kTokens; ++i)
                initials[i] = std::to_integer<char>(bytes[at + index[i]]);
            const VirtAddr tokenTable = place - before + at;
            for (const Names &names : findNames(memory, range, tokenTable, initials, budget)) {
                if (!budget.spend(kAddressForms * std::uint64_t{names.number}))
                    return std::nullopt;
                if (auto found = tryAddresses(memory, range, names, tokenTable, place))
                    return found;
            }
            if (++tried == kMaxCandidates)
                break;
        }
        if (at < kAlignment)
            break;
    }
    return std::nullopt;
}

} // namespace

std::vector<AddrRange> kernelImageCandidates(const MemorySource &memory)
{
    // Documentation/arch/x86/x86_64/mm.rst: the image is mapped into the last 2 GiB on every x86-64.
    constexpr VirtAddr kImage(0xffffffff80000000);
    std::vector<AddrRange> ranges;
    for (const LoadSegment &segment : memory.segments())
        if (memory.machine() != Machine::X86_64 || segment.range.first >= kImage)
            ranges.push_back(segment.range);
    return ranges;
}

Result<FoundKallsyms> scanKallsyms(const MemorySource &memory, std::span<const AddrRange> image, Progress *progress)
{
    std::uint64_t searched = 0;
    Budget budget;
    if (progress)
        progress->begin("looking for the kernel's symbols");
    for (const AddrRange &range : image) {
        for (VirtAddr at = range.first.alignedDown(kAlignment);;) {
            if (progress && progress->cancelled())
                return fail(ErrorCode::Cancelled, "looking for the kernel's symbols", "cancelled");
            if (searched >= kMaxImage)
                return fail(ErrorCode::Limit, memory.description(), "no kallsyms tables in the first GiB of the image");
            // Chunks overlap, so that a table across their border is seen.
            const std::uint64_t left = range.last - at;
            const Window window(memory, at, left < kChunk + kIndexSize ? left + 1 : kChunk + kIndexSize);
            const auto bytes = window.bytes();
            for (std::size_t i = 0; i + kIndexSize <= bytes.size() && i < kChunk; i += kAlignment) {
                const auto index = tokenIndexAt(bytes, i);
                if (!index || !budget.spend(kTokenWindow))
                    continue;
                if (auto found = tryIndex(memory, range, at + i, *index, budget))
                    return std::move(*found);
            }
            searched += std::min<std::uint64_t>(kChunk, left);
            if (progress)
                progress->advance(kChunk);
            if (left < kChunk)
                break;
            at += kChunk;
        }
    }
    return fail(ErrorCode::NotFound, memory.description(),
                "its memory holds no kallsyms tables (CONFIG_KALLSYMS is off, or the image was left out of the dump)");
}

} // namespace ks
