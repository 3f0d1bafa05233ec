#include "core/symbols/kallsyms_memory.h"

#include "core/symbols/symbol_readers.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace ks {

namespace {

constexpr std::uint32_t kMaxSymbols = 1 << 22; // the largest kernels have some 300,000
constexpr std::size_t kMaxName = 4096;         // KSYM_NAME_LEN is 128, since 6.1 512
constexpr std::size_t kMaxNames = std::size_t{1} << 28;
constexpr std::size_t kMaxToken = 1024;
constexpr std::size_t kChunk = std::size_t{1} << 16;
constexpr std::size_t kTokens = 256;

std::unexpected<Error> unreadable(const char *table, const StatusRun &missing)
{
    return fail(ErrorCode::Unreadable, std::string(table) + " at " + hex(missing.range.first), missing.state.reason());
}

template <class T>
Result<std::vector<T>> readArray(const MemorySource &memory, VirtAddr address, std::size_t count, const char *table)
{
    const std::size_t size = count * sizeof(T);
    const MemoryBlock block = memory.read(address, size);
    if (const auto missing = block.firstMissing(address, size))
        return unreadable(table, *missing);
    std::vector<T> result(count);
    std::memcpy(result.data(), block.bytes().data(), size);
    return result;
}

/// The bytes from an address on, read as they are asked for. The tables have no length: where a read runs out of the
/// readable part, what came before it may be all there is.
class ByteStream {
public:
    ByteStream(const MemorySource &memory, VirtAddr address, const char *table)
        : memory_(memory), next_(address), table_(table)
    {
    }

    /// Nothing when the next byte could not be read; then error() says why.
    std::optional<std::uint8_t> byte()
    {
        if (position_ == valid_ && !fetch())
            return std::nullopt;
        return std::to_integer<std::uint8_t>(block_.bytes()[position_++]);
    }
    const std::unexpected<Error> &error() const { return *error_; }

private:
    bool fetch()
    {
        block_ = memory_.read(next_, kChunk);
        const auto missing = block_.firstMissing(next_, kChunk);
        valid_ = missing ? missing->range.first - next_ : kChunk;
        position_ = 0;
        next_ += valid_;
        if (valid_ == 0)
            error_ = unreadable(table_, *missing);
        return valid_ != 0;
    }

    const MemorySource &memory_;
    VirtAddr next_;
    const char *table_;
    MemoryBlock block_;
    std::size_t position_ = 0;
    std::size_t valid_ = 0;
    std::optional<std::unexpected<Error>> error_;
};

/// What each of the 256 codes of a compressed name stands for.
Result<std::array<std::string, kTokens>> readTokens(const MemorySource &memory, const KallsymsTables &tables)
{
    const auto index = readArray<std::uint16_t>(memory, tables.tokenIndex, kTokens, "kallsyms_token_index");
    if (!index)
        return std::unexpected(index.error());
    std::string text;
    ByteStream stream(memory, tables.tokenTable, "kallsyms_token_table");
    const auto textUpTo = [&](std::size_t position) -> Result<void> {
        while (text.size() <= position) {
            const auto byte = stream.byte();
            if (!byte)
                return stream.error();
            text.push_back(static_cast<char>(*byte));
        }
        return {};
    };
    std::array<std::string, kTokens> tokens;
    for (std::size_t token = 0; token < kTokens; ++token) {
        std::size_t end = (*index)[token];
        for (;; ++end) {
            if (auto done = textUpTo(end); !done)
                return std::unexpected(done.error());
            if (text[end] == '\0')
                break;
            if (end - (*index)[token] >= kMaxToken)
                return fail(ErrorCode::BadFormat, "kallsyms_token_table at " + hex(tables.tokenTable + (*index)[token]),
                            "a token does not end");
        }
        tokens[token] = text.substr((*index)[token], end - (*index)[token]);
    }
    return tokens;
}

Result<std::vector<VirtAddr>> readAddresses(const MemorySource &memory, const KallsymsTables &tables, std::size_t count)
{
    std::vector<VirtAddr> result(count);
    if (!tables.offsets) {
        const auto addresses = readArray<std::uint64_t>(memory, *tables.addresses, count, "kallsyms_addresses");
        if (!addresses)
            return std::unexpected(addresses.error());
        std::ranges::transform(*addresses, result.begin(), [](std::uint64_t a) { return VirtAddr(a); });
        return result;
    }
    const auto offsets = readArray<std::int32_t>(memory, *tables.offsets, count, "kallsyms_offsets");
    if (!offsets)
        return std::unexpected(offsets.error());
    const auto extended = [&](std::size_t i) { return static_cast<std::uint64_t>(std::int64_t{(*offsets)[i]}); };
    if (!tables.relativeBase) {
        for (std::size_t i = 0; i < count; ++i)
            result[i] = *tables.offsets + 4 * i + extended(i);
        return result;
    }
    const auto base = readArray<std::uint64_t>(memory, *tables.relativeBase, 1, "kallsyms_relative_base");
    if (!base)
        return std::unexpected(base.error());
    // A kernel has few numbers and per-CPU offsets, and none is 2 GiB large: nearly all distances are negative, or
    // none.
    const auto negative = std::ranges::count_if(*offsets, [](std::int32_t offset) { return offset < 0; });
    const bool absolutePerCpu = static_cast<std::size_t>(negative) > count / 2;
    for (std::size_t i = 0; i < count; ++i) {
        if (!absolutePerCpu)
            result[i] = VirtAddr(base->front() + static_cast<std::uint32_t>((*offsets)[i]));
        else
            result[i] = VirtAddr((*offsets)[i] >= 0 ? extended(i) : base->front() - 1 - extended(i));
    }
    return result;
}

template <class Lookup>
std::optional<KallsymsTables> findTables(Lookup addressOf)
{
    const auto names = addressOf("kallsyms_names");
    const auto count = addressOf("kallsyms_num_syms");
    const auto tokenTable = addressOf("kallsyms_token_table");
    const auto tokenIndex = addressOf("kallsyms_token_index");
    KallsymsTables tables{.addresses = addressOf("kallsyms_addresses"),
                          .offsets = addressOf("kallsyms_offsets"),
                          .relativeBase = addressOf("kallsyms_relative_base")};
    if (!names || !count || !tokenTable || !tokenIndex || (!tables.addresses && !tables.offsets))
        return std::nullopt;
    tables.names = *names;
    tables.count = *count;
    tables.tokenTable = *tokenTable;
    tables.tokenIndex = *tokenIndex;
    return tables;
}

} // namespace

std::optional<KallsymsTables> KallsymsTables::find(const VmcoreInfo &info)
{
    return findTables([&](std::string_view name) -> std::optional<VirtAddr> {
        const auto address = info.symbol(name);
        return address ? std::optional(VirtAddr(*address)) : std::nullopt;
    });
}

std::optional<KallsymsTables> KallsymsTables::find(const SymbolTable &symbols)
{
    return findTables([&](std::string_view name) -> std::optional<VirtAddr> {
        const auto symbol = symbols.findFirst(name);
        return symbol ? std::optional(symbol->address) : std::nullopt;
    });
}

Result<OwnedSymbols> readKallsyms(const MemorySource &memory, const KallsymsTables &tables)
{
    // An unsigned long before 4.20; the lower half of it is the number all the same.
    const auto count = readArray<std::uint32_t>(memory, tables.count, 1, "kallsyms_num_syms");
    if (!count)
        return std::unexpected(count.error());
    if (count->front() == 0 || count->front() > kMaxSymbols)
        return fail(ErrorCode::Limit, "kallsyms_num_syms at " + hex(tables.count),
                    std::to_string(count->front()) + " symbols are not possible");
    const auto tokens = readTokens(memory, tables);
    if (!tokens)
        return std::unexpected(tokens.error());
    const auto addresses = readAddresses(memory, tables, count->front());
    if (!addresses)
        return std::unexpected(addresses.error());

    // Each name is a length, in two bytes if the first has its top bit (6.1 and newer), and as many codes. The first
    // character of what they stand for is the letter of nm.
    auto pool = std::make_shared<std::string>();
    std::vector<std::size_t> ends;
    ends.reserve(addresses->size());
    ByteStream stream(memory, tables.names, "kallsyms_names");
    for (std::size_t i = 0; i < addresses->size(); ++i) {
        const std::size_t begin = pool->size();
        auto byte = stream.byte();
        std::size_t length = byte ? *byte : 0;
        if (byte && (length & 0x80) != 0) {
            byte = stream.byte();
            length = byte ? (length & 0x7f) | std::size_t{*byte} << 7 : 0;
        }
        for (; byte && length != 0; --length) {
            byte = stream.byte();
            if (byte)
                pool->append((*tokens)[*byte]);
            if (pool->size() - begin > kMaxName || pool->size() > kMaxNames)
                return fail(ErrorCode::BadFormat, "kallsyms_names at " + hex(tables.names),
                            "name " + std::to_string(i) + " is too long");
        }
        if (!byte)
            return stream.error();
        const char letter = pool->size() > begin + 1 ? (*pool)[begin] : '\0';
        if (!((letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z')))
            return fail(ErrorCode::BadFormat, "kallsyms_names at " + hex(tables.names),
                        "name " + std::to_string(i) + " does not begin with a type and a character");
        ends.push_back(pool->size());
    }

    OwnedSymbols result;
    result.symbols.reserve(ends.size());
    std::size_t begin = 0;
    for (std::size_t i = 0; i < ends.size(); ++i) {
        const std::string_view text = std::string_view(*pool).substr(begin, ends[i] - begin);
        result.symbols.push_back(symbolOfLetter(text.front(), (*addresses)[i], text.substr(1)));
        begin = ends[i];
    }
    markPerCpu(result.symbols);
    result.names = std::move(pool);
    return result;
}

} // namespace ks
