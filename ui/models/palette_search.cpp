#include "ui/models/palette_search.h"

#include "core/values/expression.h"
#include "core/values/format.h"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <tuple>

namespace ks::ui {

namespace {

QString toQt(std::string_view text) { return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size())); }

void placeAt(const Session &session, VirtAddr address, PaletteItem &item)
{
    item.address = address;
    item.trailer = QString::number(address.value, 16);
    if (!session.hasMemory())
        return;
    if (const Segment *segment = session.segments().find(address))
        item.segment = segment->kind;
}

QString symbolDetail(const Symbol &symbol)
{
    QStringList parts{QString::fromLatin1(name(symbol.kind))};
    if (symbol.size)
        parts << QStringLiteral("%1 B").arg(symbol.size);
    if (!symbol.module.empty())
        parts << toQt(symbol.module);
    return parts.join(QStringLiteral(" · "));
}

/// An address as people paste it: hexadecimal digits without 0x, at least eleven of them, "ffffffff82a1aa40".
std::optional<std::uint64_t> bareAddress(const QString &text)
{
    QString digits = text;
    if (digits.startsWith(QLatin1String("0x"), Qt::CaseInsensitive))
        digits = digits.mid(2);
    else if (digits.size() < 11)
        return std::nullopt;
    bool ok = false;
    const qulonglong value = digits.size() <= 16 ? digits.toULongLong(&ok, 16) : 0;
    return ok ? std::optional<std::uint64_t>(value) : std::nullopt;
}

struct TypePrefix {
    QLatin1String word;
    NameClass nameClass;
};
constexpr std::array kTypePrefixes = {TypePrefix{QLatin1String("struct "), NameClass::Struct},
                                      TypePrefix{QLatin1String("union "), NameClass::Union},
                                      TypePrefix{QLatin1String("enum "), NameClass::Enum}};

/// A name that was found, before it is made into something to show.
struct Found {
    NameMatch match;
    std::size_t length;
    PaletteItem::Kind kind;
    std::size_t index; ///< in what was searched
    auto order() const { return std::tuple(match, length, kind); }
};

PaletteItem symbolItem(const Session &session, const Symbol &symbol)
{
    PaletteItem item;
    item.kind = PaletteItem::Kind::Symbol;
    item.title =
        symbol.module.empty() ? toQt(symbol.name) : toQt(symbol.module) + QStringLiteral("::") + toQt(symbol.name);
    item.detail = symbolDetail(symbol);
    if (symbol.kind == SymbolKind::PerCpu || symbol.kind == SymbolKind::Absolute)
        item.trailer = toQt(hex(symbol.address));
    else
        placeAt(session, symbol.address, item);
    return item;
}

PaletteItem typeItem(const PaletteNames::TypeName &type)
{
    PaletteItem item;
    item.kind = PaletteItem::Kind::Type;
    const bool tagged =
        type.nameClass == NameClass::Struct || type.nameClass == NameClass::Union || type.nameClass == NameClass::Enum;
    item.title =
        tagged ? QString::fromLatin1(name(type.nameClass)) + QLatin1Char(' ') + toQt(type.name) : toQt(type.name);
    item.detail = tagged ? QStringLiteral("type") : QString::fromLatin1(name(type.nameClass));
    return item;
}

PaletteItem moduleItem(const Session &session, const PaletteNames::ModuleName &module)
{
    PaletteItem item;
    item.kind = PaletteItem::Kind::Module;
    item.title = toQt(module.name);
    item.detail = QStringLiteral("module");
    placeAt(session, module.first, item);
    return item;
}

PaletteItem commandItem(const PaletteQuery &query, std::size_t index)
{
    PaletteItem item;
    item.kind = PaletteItem::Kind::Command;
    item.title = query.commands[index];
    item.command = static_cast<int>(index);
    return item;
}

/// Everything that has a name like `text`, the best first.
std::vector<PaletteItem> namedLike(const Session &session, const PaletteNames *names, const PaletteQuery &query,
                                   const std::string &text)
{
    const NamePattern pattern(text);
    std::vector<Found> found;
    // Of `module::name` the symbols are searched for the name; nothing else has colons.
    const std::vector<Symbol> symbols = session.symbols().fuzzy(text, query.limit);
    const auto colons = text.find("::");
    const NamePattern ofSymbol(colons == text.npos ? text : text.substr(colons + 2));
    for (std::size_t i = 0; i < symbols.size(); ++i) {
        const NameMatch match = ofSymbol.empty() ? NameMatch::Prefix : ofSymbol.match(symbols[i].name);
        found.push_back({match, ofSymbol.empty() ? 0 : symbols[i].name.size(), PaletteItem::Kind::Symbol, i});
    }
    const auto offer = [&](const std::string &candidate, PaletteItem::Kind kind, std::size_t index) {
        if (const NameMatch match = pattern.match(candidate); match != NameMatch::None)
            found.push_back({match, candidate.size(), kind, index});
    };
    if (names) {
        for (const NameHit &hit : names->findTypes(pattern, query.limit, std::nullopt))
            found.push_back({hit.match, hit.length, PaletteItem::Kind::Type, hit.name});
        for (std::size_t i = 0; i < names->modules().size(); ++i)
            offer(names->modules()[i].name, PaletteItem::Kind::Module, i);
    }
    for (std::size_t i = 0; i < query.commands.size(); ++i)
        offer(query.commands[i].toStdString(), PaletteItem::Kind::Command, i);

    // Only what is shown is made into text. Equal ones stay as they came, which is by the alphabet.
    std::ranges::stable_sort(found, {}, &Found::order);
    found.resize(std::min(found.size(), query.limit));
    std::vector<PaletteItem> items;
    for (const Found &one : found) {
        switch (one.kind) {
        case PaletteItem::Kind::Symbol: items.push_back(symbolItem(session, symbols[one.index])); break;
        case PaletteItem::Kind::Type: items.push_back(typeItem(names->types()[one.index])); break;
        case PaletteItem::Kind::Module: items.push_back(moduleItem(session, names->modules()[one.index])); break;
        default: items.push_back(commandItem(query, one.index));
        }
    }
    return items;
}

} // namespace

std::shared_ptr<const PaletteNames> PaletteNames::build(const Session &session, Progress &progress)
{
    auto names = std::make_shared<PaletteNames>();
    if (const TypeSource *types = session.types())
        types->forEachTypeName([&](NameClass nameClass, std::string_view typeName) {
            names->types_.push_back({nameClass, std::string(typeName)});
            return !progress.cancelled();
        });
    names->typeIndex_ = NameIndex::build(static_cast<std::uint32_t>(names->types_.size()),
                                         [&](std::uint32_t i) { return std::string_view(names->types_[i].name); });
    std::map<std::string_view, VirtAddr> firsts;
    const SymbolTable &symbols = session.symbols();
    for (std::size_t i = 0; i < symbols.size() && !progress.cancelled(); ++i) {
        const Symbol symbol = symbols.at(i);
        if (!symbol.module.empty() && symbol.kind != SymbolKind::Absolute && symbol.kind != SymbolKind::PerCpu)
            firsts.try_emplace(symbol.module, symbol.address);
    }
    for (const auto &[module, address] : firsts)
        names->modules_.push_back({std::string(module), address});
    (void)symbols.withPrefix({}, 1);
    return names;
}

std::vector<NameHit> PaletteNames::findTypes(const NamePattern &pattern, std::size_t limit,
                                             std::optional<NameClass> only) const
{
    std::function<bool(std::uint32_t)> accept;
    if (only)
        accept = [this, only](std::uint32_t i) { return types_[i].nameClass == *only; };
    return typeIndex_.search(
        pattern, limit, [this](std::uint32_t i) { return std::string_view(types_[i].name); }, accept);
}

Result<PaletteItem> evaluateForPalette(const Session &session, const QString &text)
{
    const EvalContext context = session.context();
    PaletteItem item;
    item.kind = PaletteItem::Kind::Value;
    item.title = text;
    if (const auto address = bareAddress(text)) {
        placeAt(session, VirtAddr(*address), item);
        const auto hit = session.symbols().lookup(VirtAddr(*address));
        item.detail = hit ? toQt(toString(*hit)) : QStringLiteral("address");
        return item;
    }
    const auto value = evaluate(context, text.toStdString());
    if (!value)
        return std::unexpected(value.error());
    item.value = *value;
    item.type = value->type();
    item.detail = toQt(summarize(context, *value, {.depth = 2, .elements = 8}));
    if (const auto address = value->address()) {
        placeAt(session, *address, item);
    } else if (const auto bits = value->scalar()) {
        // A pointer leads to what it points to; a number is taken for an address when memory lies there.
        const Type bare = value->type().stripped();
        if (bare.kind() == TypeKind::Pointer) {
            placeAt(session, VirtAddr(*bits), item);
            if (const Type target = bare.target(); target.stripped().size() > 0)
                item.type = target;
        } else if (session.hasMemory() && session.segments().find(VirtAddr(*bits))) {
            placeAt(session, VirtAddr(*bits), item);
            item.type.reset();
        }
    }
    return item;
}

std::vector<PaletteItem> searchPalette(const Session &session, const PaletteNames *names, const PaletteQuery &query,
                                       const Progress &progress)
{
    const QString text = query.text.trimmed();
    std::vector<PaletteItem> items;
    if (text.isEmpty()) {
        for (std::size_t i = 0; i < std::min(query.commands.size(), query.limit); ++i)
            items.push_back(commandItem(query, i));
        return items;
    }

    for (const TypePrefix &prefix : kTypePrefixes) {
        if (!names || !query.text.startsWith(prefix.word))
            continue;
        const std::string pattern = query.text.mid(prefix.word.size()).trimmed().toStdString();
        if (pattern.find_first_of("*)([") != std::string::npos)
            continue;
        for (const NameHit &hit : names->findTypes(NamePattern(pattern), query.limit, prefix.nameClass))
            items.push_back(typeItem(names->types()[hit.name]));
        return items;
    }

    const bool isName = std::ranges::all_of(text, [](QChar c) {
        return c.isLetterOrNumber() || c == QLatin1Char('_') || c == QLatin1Char(':') || c == QLatin1Char(' ') ||
               c == QLatin1Char('.');
    });
    auto value = evaluateForPalette(session, text);
    if (value)
        items.push_back(*value);
    if ((isName || !value) && !progress.cancelled()) {
        for (PaletteItem &item : namedLike(session, names, query, text.toStdString())) {
            // The object that the expression is stands on top already.
            const bool twice = value && item.kind == PaletteItem::Kind::Symbol && item.title == text;
            if (!twice)
                items.push_back(std::move(item));
        }
    }
    if (items.empty() && !value) {
        PaletteItem item;
        item.kind = PaletteItem::Kind::Error;
        item.title = toQt(value.error().why);
        item.detail = toQt(value.error().remedy);
        items.push_back(std::move(item));
    }
    return items;
}

} // namespace ks::ui
