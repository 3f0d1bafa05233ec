#include "app/kernoscope-cli/commands.h"
#include "app/kernoscope-cli/interrupts.h"
#include "app/kernoscope-cli/queries.h"
#include "app/kernoscope-cli/search_scans.h"
#include "app/kernoscope-cli/value_json.h"
#include "core/base/units.h"
#include "core/search/explain.h"
#include "core/search/pattern.h"
#include "core/search/search.h"
#include "core/values/expression.h"

#include <fmt/core.h>

#include <array>

namespace ks::cli {
namespace {

constexpr char kDigits[] = "0123456789abcdef";
constexpr std::size_t kShown = 32; ///< bytes of a long match in a line of text

/// Every byte of what a person names: a number and a pointer are one address, a symbol and an object have an extent.
Result<AddrRange> resolveTarget(const Run &run, const std::string &text)
{
    if (splitRange(text))
        return resolveRange(run, text);
    if (const auto number = parseNumber(text))
        return AddrRange{VirtAddr(*number), VirtAddr(*number)};
    if (const auto symbol = run.session.symbols().findFirst(text);
        symbol && symbol->kind != SymbolKind::PerCpu && symbol->kind != SymbolKind::Absolute)
        return *AddrRange::sized(symbol->address, std::max<std::uint64_t>(symbol->size, 1));
    const auto value = evaluate(run.context, text);
    if (value && value->address() && !value->isBitfield() && value->type().stripped().kind() != TypeKind::Pointer)
        return *AddrRange::sized(*value->address(), std::max<std::uint64_t>(value->size(), 1));
    const auto address = resolveAddress(run, text);
    if (!address)
        return std::unexpected(address.error());
    return AddrRange{*address, *address};
}

/// What is looked for, and how a hit is to be explained.
struct Query {
    std::unique_ptr<const Matcher> matcher;
    std::optional<ValuePattern> values; ///< of integers and pointers
};

Result<Query> makeQuery(const Run &run, const SearchCommand &command)
{
    const auto encoding = parseTextEncoding(command.encoding);
    switch (command.what) {
    case SearchCommand::Text: {
        auto pattern = textPattern(command.pattern, encoding.value_or(TextEncoding::Utf8), command.ignoreCase);
        if (!pattern)
            return std::unexpected(pattern.error());
        return Query{makeMatcher(std::move(*pattern)), {}};
    }
    case SearchCommand::Bytes: {
        auto pattern = parseBytes(command.pattern);
        if (!pattern)
            return std::unexpected(pattern.error());
        return Query{makeMatcher(std::move(*pattern)), {}};
    }
    case SearchCommand::Strings: {
        const auto minimum = parseNumber(command.pattern);
        // In UTF-16 the longest that is seen as a whole has half as many characters.
        if (!minimum || *minimum == 0 || *minimum > Matcher::kMaxMatch / 2)
            return fail(ErrorCode::Syntax, "'" + command.pattern + "'",
                        "not a number of characters from 1 to " + std::to_string(Matcher::kMaxMatch / 2));
        return Query{makeMatcher(StringsPattern{encoding.value_or(TextEncoding::Ascii), *minimum}), {}};
    }
    case SearchCommand::Values: {
        auto pattern = parseValues(command.pattern, command.width);
        if (!pattern)
            return std::unexpected(pattern.error());
        pattern->bigEndian = command.bigEndian;
        pattern->aligned = command.aligned;
        return Query{makeMatcher(*pattern), *pattern};
    }
    case SearchCommand::Pointers: break;
    }
    const auto target = resolveTarget(run, command.pattern);
    if (!target)
        return std::unexpected(target.error());
    const ValuePattern pattern = pointersTo(*target);
    return Query{makeMatcher(pattern), pattern};
}

/// The segments of the kinds that were asked for, and what of the ranges lies in them.
Result<std::vector<AddrRange>> whereToSearch(const Run &run, const SearchCommand &command)
{
    std::vector<AddrRange> ranges;
    for (const std::string &text : command.ranges) {
        const auto range = resolveRange(run, text);
        if (!range)
            return std::unexpected(range.error());
        ranges.push_back(*range);
    }
    std::vector<AddrRange> where;
    for (const Segment &segment : run.session.segments().all()) {
        if (!command.kinds.empty() && std::ranges::find(command.kinds, name(segment.kind)) == command.kinds.end())
            continue;
        if (ranges.empty())
            where.push_back(segment.range());
        for (const AddrRange &range : ranges)
            if (const auto part = segment.range().intersect(range))
                where.push_back(*part);
    }
    return where;
}

/// The hit with `context` bytes on both sides; nothing for those that were not read with it.
std::vector<std::optional<std::byte>> withContext(const SearchHit &hit, std::size_t context)
{
    std::vector<std::optional<std::byte>> bytes(2 * context + hit.size);
    for (std::size_t i = 0; i < hit.bytes.size(); ++i)
        bytes[context - hit.before + i] = hit.bytes[i];
    return bytes;
}

using Shown = std::span<const std::optional<std::byte>>;

std::string hexOf(Shown bytes)
{
    std::string text;
    for (const auto &byte : bytes) {
        const auto value = std::to_integer<unsigned>(byte.value_or(std::byte{0}));
        text += byte ? kDigits[value >> 4] : '?';
        text += byte ? kDigits[value & 15] : '?';
    }
    return text;
}

std::string asciiOf(Shown bytes)
{
    std::string text;
    for (const auto &byte : bytes)
        text += !byte ? '?' : *byte >= std::byte{0x20} && *byte < std::byte{0x7f} ? static_cast<char>(*byte) : '.';
    return text;
}

/// The characters of a string that was found. Those of UTF-16 are ASCII, each with a zero beside it.
std::string textOf(const SearchHit &hit)
{
    std::string text;
    for (const std::byte byte : hit.match())
        if (byte != std::byte{0})
            text += static_cast<char>(byte);
    return text;
}

class Printer {
public:
    Printer(const Run &run, const SearchCommand &command, const std::optional<ValuePattern> &values)
        : run_(run), command_(command), values_(values)
    {
    }

    /// False when nobody reads any more.
    bool print(std::span<const SearchHit> hits) const
    {
        std::vector<VirtAddr> addresses;
        for (const SearchHit &hit : hits)
            addresses.push_back(hit.address);
        if (command_.what == SearchCommand::Pointers)
            for (const SearchHit &hit : hits)
                addresses.push_back(VirtAddr(valueOf(hit)));
        auto slabs = kernel::findSlabObjects(run_.context, addresses);
        slabs.resize(2 * hits.size());
        for (std::size_t i = 0; i < hits.size(); ++i) {
            if (run_.out.json())
                printJson(hits[i], slabs[i], slabs[hits.size() + i]);
            else
                printText(hits[i], slabs[i], slabs[hits.size() + i]);
        }
        // A pipe reads what is found as it is found.
        return std::fflush(stdout) == 0;
    }

private:
    Explanation explained(VirtAddr address) const
    {
        return explain(address, run_.session.segments(), run_.session.symbols(), run_.session.modules());
    }

    std::uint64_t valueOf(const SearchHit &hit) const
    {
        return readInteger(hit.match().data(), values_->width, values_->bigEndian);
    }

    static std::optional<std::string> symbolOf(const Explanation &explanation)
    {
        return explanation.symbol ? std::optional(toString(*explanation.symbol)) : std::nullopt;
    }

    using Slab = std::optional<kernel::SlabObject>;

    /// Where a pointer leads to, by name.
    std::optional<std::string> targetOf(const SearchHit &hit, const Slab &target) const
    {
        if (auto symbol = symbolOf(explained(VirtAddr(valueOf(hit)))))
            return symbol;
        return target ? std::optional(kernel::toString(*target)) : std::nullopt;
    }

    void printJson(const SearchHit &hit, const Slab &slab, const Slab &target) const
    {
        const Explanation here = explained(hit.address);
        const auto symbol = symbolOf(here);
        Json entry{{"address", hex(hit.address)},
                   {"segment", here.segment ? Json(name(here.segment->kind)) : Json(nullptr)},
                   {"symbol", symbol ? Json(*symbol) : Json(nullptr)},
                   {"context", hexOf(withContext(hit, command_.context))}};
        if (!here.module.empty())
            entry["module"] = here.module;
        if (slab)
            entry["slab"] = slabJson(*slab);
        if (command_.what == SearchCommand::Strings)
            entry["text"] = textOf(hit);
        if (command_.what == SearchCommand::Values)
            entry["value"] = jsonInteger(valueOf(hit));
        if (command_.what == SearchCommand::Pointers) {
            entry["value"] = hex(valueOf(hit));
            const auto name = targetOf(hit, target);
            entry["target"] = name ? Json(*name) : Json(nullptr);
        }
        run_.out.writeJson(entry);
    }

    void printText(const SearchHit &hit, const Slab &slab, const Slab &target) const
    {
        const Explanation here = explained(hit.address);
        std::string line =
            fmt::format("{:#018x}  {:<10}  ", hit.address.value, here.segment ? name(here.segment->kind) : "-");
        if (command_.what == SearchCommand::Strings) {
            line += textOf(hit);
        } else {
            const auto all = withContext(hit, command_.context);
            const Shown before = Shown(all).first(command_.context);
            const Shown behind = Shown(all).last(command_.context);
            const Shown match = Shown(all).subspan(command_.context, std::min<std::size_t>(hit.size, kShown));
            const char *cut = hit.size > kShown ? ".." : "";
            if (!before.empty())
                line += hexOf(before) + " ";
            line += hexOf(match) + cut;
            if (!behind.empty())
                line += " " + hexOf(behind);
            line += "  " + asciiOf(before) + asciiOf(match) + cut + asciiOf(behind);
        }
        const auto symbol = symbolOf(here);
        if (symbol)
            line += "  " + *symbol;
        else if (!here.module.empty())
            line += fmt::format("  [{}]", here.module);
        else if (slab)
            line += "  " + kernel::toString(*slab);
        if (command_.what == SearchCommand::Pointers)
            if (const auto name = targetOf(hit, target))
                line += "  -> " + *name;
        run_.out.write(line + "\n");
    }

    const Run &run_;
    const SearchCommand &command_;
    std::optional<ValuePattern> values_;
};

void report(const Output &out, const SearchSummary &summary)
{
    for (const UnreadBytes &unread : summary.unread)
        out.warn(fmt::format("{} not searched, the first at {}: {}", sizeText(unread.bytes), hex(unread.first),
                             unread.state.reason()));
    const double seconds = std::chrono::duration<double>(summary.time).count();
    out.warn(fmt::format("{} found, {} searched in {:.2f} s{}", summary.hits, sizeText(summary.searched), seconds,
                         summary.cancelled ? "; interrupted"
                         : summary.limited ? "; there may be more"
                                           : ""));
}

/// The candidates that the scans have left, as they were at the last.
ExitCode print(const Run &run, SearchCommand command, const ScanSet &set)
{
    command.context = 0; // of the values alone is known what they were
    const Printer printer(run, command, ValuePattern{.width = command.width, .bigEndian = command.bigEndian});
    const std::uint64_t wanted = command.limit == 0 ? set.size() : std::min(command.limit, set.size());
    constexpr std::size_t kAtOnce = 4096;
    for (std::uint64_t from = 0; from < wanted; from += kAtOnce) {
        const auto entries = set.entries(from, std::min<std::uint64_t>(kAtOnce, wanted - from));
        // Together, since what they lie in is read for all of them at once.
        std::vector<std::array<std::byte, 8>> bytes(entries.size());
        std::vector<SearchHit> hits;
        for (std::size_t n = 0; n < entries.size(); ++n) {
            for (unsigned i = 0; i < command.width; ++i)
                bytes[n][command.bigEndian ? command.width - 1 - i : i] =
                    static_cast<std::byte>(entries[n].value >> 8 * i);
            hits.push_back({entries[n].address, command.width, std::span(bytes[n]).first(command.width), 0});
        }
        if (!printer.print(hits))
            return kAllAnswered;
    }
    if (set.lost() > 0)
        run.out.warn(fmt::format("{} candidates could not be read any more", set.lost()));
    run.out.warn(fmt::format("{} left{}", set.size(), wanted < set.size() ? ", not all of them shown" : ""));
    return set.size() > 0 ? kAllAnswered : kSomeUnanswered;
}

} // namespace

ExitCode run(const Run &run, const SearchCommand &command)
{
    const auto refuse = [&run](const Error &error) {
        if (run.out.json())
            run.out.writeJson(Json{{"error", jsonError(error)}});
        run.out.complain(error);
        // Who misspells a symbol has asked well, for something that is not there.
        return error.code == ErrorCode::Syntax || error.code == ErrorCode::Limit ? kWrongUsage : kSomeUnanswered;
    };
    const auto where = whereToSearch(run, command);
    if (!where)
        return refuse(where.error());
    if (where->empty()) {
        run.out.complain({ErrorCode::NotFound, "search", "the target has no memory of that kind and in that range"});
        return kSomeUnanswered;
    }
    Progress progress;
    if (!command.scans.empty()) {
        const Companion companion(progress);
        const auto set = runScans(run, command, *where, progress);
        if (!set)
            return refuse(set.error());
        return print(run, command, *set);
    }
    const auto query = makeQuery(run, command);
    if (!query)
        return refuse(query.error());
    SearchSummary summary;
    {
        const Companion companion(progress);
        const Printer printer(run, command, query->values);
        summary = search(
            run.session.memory(), *where, *query->matcher, {.limit = command.limit, .context = command.context},
            [&](std::span<const SearchHit> hits) { return printer.print(hits); }, progress);
    }
    report(run.out, summary);
    return summary.hits > 0 ? kAllAnswered : kSomeUnanswered;
}

} // namespace ks::cli
