#include "ui/models/search_query.h"

#include "core/values/expression.h"

#include <algorithm>

namespace ks::ui {

namespace {

constexpr qsizetype kMaxText = 4096;
constexpr std::uint64_t kAround = std::uint64_t{1} << 20;
constexpr const char *kKindNames[] = {"text", "bytes", "integer", "pointer", "strings", "any"};
static_assert(std::size(kKindNames) == kSearchKinds);
constexpr const char *kScopeNames[] = {"all",     "text",    "modules", "vmalloc", "direct-map",
                                       "vmemmap", "segment", "range",   "around"};
static_assert(std::size(kScopeNames) == kSearchScopes);

template <class Enum, std::size_t N>
Enum fromName(const char *const (&names)[N], const QString &text, Enum otherwise)
{
    for (std::size_t i = 0; i < N; ++i)
        if (text == QLatin1String(names[i]))
            return static_cast<Enum>(i);
    return otherwise;
}

/// Every byte of what a person names: a number and a pointer are one address, a symbol and an object have an extent.
Result<AddrRange> placeNamed(const Session &session, const std::string &text)
{
    const auto one = [](std::uint64_t address) { return AddrRange{VirtAddr(address), VirtAddr(address)}; };
    const auto extent = [](VirtAddr address, std::uint64_t size) {
        return *AddrRange::sized(address, std::max<std::uint64_t>(size, 1));
    };
    if (const auto number = parseNumber(text))
        return one(*number);
    if (const auto symbol = session.symbols().findFirst(text);
        symbol && symbol->kind != SymbolKind::PerCpu && symbol->kind != SymbolKind::Absolute)
        return extent(symbol->address, symbol->size);
    const auto value = evaluate(session.context(), text);
    if (!value) {
        // As addresses are pasted.
        if (const auto number = parseNumber("0x" + text))
            return one(*number);
        return std::unexpected(value.error());
    }
    if (value->address() && !value->isBitfield() && value->type().stripped().kind() != TypeKind::Pointer)
        return extent(*value->address(), value->size());
    const auto scalar = value->scalar();
    if (!scalar)
        return std::unexpected(scalar.error());
    return one(*scalar);
}

/// BEGIN..END, the end not included; without the dots, the bytes of what is named.
Result<AddrRange> rangeNamed(const Session &session, const QString &typed)
{
    const QString text = typed.trimmed();
    if (text.isEmpty())
        return fail(ErrorCode::Syntax, "The range", "is empty", "write BEGIN..END, or the name of an object");
    const qsizetype dots = text.lastIndexOf(QLatin1String(".."));
    if (dots < 0)
        return placeNamed(session, text.toStdString());
    const auto begin = placeNamed(session, text.left(dots).trimmed().toStdString());
    if (!begin)
        return std::unexpected(begin.error());
    const auto end = placeNamed(session, text.mid(dots + 2).trimmed().toStdString());
    if (!end)
        return std::unexpected(end.error());
    if (end->first <= begin->first)
        return fail(ErrorCode::Syntax, text.toStdString(), "its end is not behind its begin");
    return AddrRange{begin->first, end->first - 1};
}

std::optional<SegmentKind> kindOf(SearchScope scope)
{
    switch (scope) {
    case SearchScope::Text: return SegmentKind::Text;
    case SearchScope::Modules: return SegmentKind::Modules;
    case SearchScope::Vmalloc: return SegmentKind::Vmalloc;
    case SearchScope::DirectMap: return SegmentKind::DirectMap;
    case SearchScope::Vmemmap: return SegmentKind::Vmemmap;
    default: return std::nullopt;
    }
}

Result<std::vector<AddrRange>> placesToSearch(const Session &session, const SearchForm &form, VirtAddr cursor)
{
    AddrRange within{VirtAddr(0), VirtAddr(~std::uint64_t{0})};
    if (form.scope == SearchScope::Range) {
        const auto range = rangeNamed(session, form.range);
        if (!range)
            return std::unexpected(range.error());
        within = *range;
    } else if (form.scope == SearchScope::Around) {
        within.first = VirtAddr(cursor.value - std::min(cursor.value, kAround));
        within.last = VirtAddr(cursor.value + std::min(~cursor.value, kAround));
    } else if (form.scope == SearchScope::Segment) {
        const Segment *segment = session.segments().find(cursor);
        if (!segment)
            return fail(ErrorCode::NotFound, hex(cursor), "lies in no segment",
                        "put the cursor into one, or search elsewhere");
        within = segment->range();
    }
    const auto kind = kindOf(form.scope);
    std::vector<AddrRange> where;
    for (const Segment &segment : session.segments().all())
        if (!kind || segment.kind == *kind)
            if (const auto part = segment.range().intersect(within))
                where.push_back(*part);
    if (where.empty())
        return fail(ErrorCode::NotFound, "The search", "the target has no memory there", "choose another place");
    return where;
}

Result<std::unique_ptr<const Matcher>> matcherOf(const Session &session, const SearchForm &form, const ScanType &type)
{
    const std::string text = form.text.toStdString();
    switch (form.kind) {
    case SearchKind::Text: {
        auto pattern = textPattern(text, form.encoding, form.ignoreCase);
        if (!pattern)
            return std::unexpected(pattern.error());
        return makeMatcher(std::move(*pattern));
    }
    case SearchKind::Bytes: {
        auto pattern = parseBytes(text);
        if (!pattern)
            return std::unexpected(pattern.error());
        return makeMatcher(std::move(*pattern));
    }
    case SearchKind::Strings: {
        const auto minimum = parseNumber(form.text.trimmed().toStdString());
        // In UTF-16 the longest that is seen as a whole has half as many characters.
        if (!minimum || *minimum == 0 || *minimum > Matcher::kMaxMatch / 2)
            return fail(ErrorCode::Syntax, "'" + text + "'",
                        "is no number of characters from 1 to " + std::to_string(Matcher::kMaxMatch / 2));
        return makeMatcher(StringsPattern{form.encoding, *minimum});
    }
    case SearchKind::Integer: {
        const auto pattern = scanValues(form.text, type);
        if (!pattern)
            return std::unexpected(pattern.error());
        return makeMatcher(*pattern);
    }
    case SearchKind::Pointer: {
        const auto target = form.text.contains(QLatin1String(".."))
                                ? rangeNamed(session, form.text)
                                : placeNamed(session, form.text.trimmed().toStdString());
        if (!target)
            return std::unexpected(target.error());
        return makeMatcher(pointersTo(*target));
    }
    case SearchKind::AnyValue: break;
    }
    return nullptr;
}

} // namespace

QJsonObject toJson(const SearchForm &form)
{
    return {{QStringLiteral("kind"), QLatin1String(kKindNames[static_cast<std::size_t>(form.kind)])},
            {QStringLiteral("text"), form.text},
            {QStringLiteral("encoding"), QLatin1String(name(form.encoding))},
            {QStringLiteral("width"), static_cast<int>(form.width)},
            {QStringLiteral("signed"), form.isSigned},
            {QStringLiteral("big_endian"), form.bigEndian},
            {QStringLiteral("aligned"), form.aligned},
            {QStringLiteral("ignore_case"), form.ignoreCase},
            {QStringLiteral("scope"), QLatin1String(kScopeNames[static_cast<std::size_t>(form.scope)])},
            {QStringLiteral("range"), form.range}};
}

SearchForm searchFormFromJson(const QJsonObject &object)
{
    SearchForm form;
    form.kind = fromName(kKindNames, object[QStringLiteral("kind")].toString(), form.kind);
    form.text = object[QStringLiteral("text")].toString().left(kMaxText);
    form.encoding =
        parseTextEncoding(object[QStringLiteral("encoding")].toString().toStdString()).value_or(form.encoding);
    const int width = object[QStringLiteral("width")].toInt();
    if (width == 1 || width == 2 || width == 4 || width == 8)
        form.width = static_cast<unsigned>(width);
    form.isSigned = object[QStringLiteral("signed")].toBool(form.isSigned);
    form.bigEndian = object[QStringLiteral("big_endian")].toBool(form.bigEndian);
    form.aligned = object[QStringLiteral("aligned")].toBool(form.aligned);
    form.ignoreCase = object[QStringLiteral("ignore_case")].toBool(form.ignoreCase);
    form.scope = fromName(kScopeNames, object[QStringLiteral("scope")].toString(), form.scope);
    form.range = object[QStringLiteral("range")].toString().left(kMaxText);
    return form;
}

ScanType scanTypeOf(const SearchForm &form)
{
    if (form.kind == SearchKind::Pointer)
        return {};
    return {form.width, form.bigEndian, form.isSigned, form.aligned};
}

Result<SearchQuery> makeSearchQuery(const Session &session, const SearchForm &form, VirtAddr cursor)
{
    SearchQuery query{form, nullptr, scanTypeOf(form), {}};
    auto matcher = matcherOf(session, form, query.type);
    if (!matcher)
        return std::unexpected(matcher.error());
    query.matcher = std::move(*matcher);
    auto where = placesToSearch(session, form, cursor);
    if (!where)
        return std::unexpected(where.error());
    query.where = std::move(*where);
    return query;
}

Result<ValuePattern> scanValues(const QString &text, const ScanType &type)
{
    auto pattern = parseValues(text.trimmed().toStdString(), type.width);
    if (!pattern)
        return std::unexpected(pattern.error());
    pattern->bigEndian = type.bigEndian;
    pattern->aligned = type.aligned;
    return *pattern;
}

} // namespace ks::ui
