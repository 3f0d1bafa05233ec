#include "ui/models/palette_search.h"

#include "core/values/expression.h"
#include "core/values/format.h"
#include "ui/models/fuzzy.h"

#include <algorithm>
#include <array>
#include <map>

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

/// Keeps the `limit` best of what is offered.
class Best {
public:
    explicit Best(std::size_t limit) : limit_(limit) {}
    bool wants(int rank) const { return items_.size() < limit_ || rank < items_.front().rank; }
    void add(PaletteItem item)
    {
        if (items_.size() == limit_) {
            std::ranges::pop_heap(items_, {}, &PaletteItem::rank);
            items_.pop_back();
        }
        items_.push_back(std::move(item));
        std::ranges::push_heap(items_, {}, &PaletteItem::rank);
    }
    std::vector<PaletteItem> take()
    {
        std::ranges::stable_sort(items_, [](const PaletteItem &a, const PaletteItem &b) {
            return std::pair(a.rank, a.kind) < std::pair(b.rank, b.kind);
        });
        return std::move(items_);
    }

private:
    std::size_t limit_;
    std::vector<PaletteItem> items_;
};

void addTypes(const PaletteNames &names, std::string_view pattern, std::optional<NameClass> only, Best &best,
              const Progress &progress)
{
    for (const auto &type : names.types()) {
        if (progress.cancelled())
            return;
        if (only && type.nameClass != *only)
            continue;
        // A tie goes to the symbol: a person who types a name mostly wants to see the object.
        const auto rank = fuzzyRank(pattern, type.name);
        if (!rank || !best.wants(4 * *rank + 1))
            continue;
        PaletteItem item;
        item.kind = PaletteItem::Kind::Type;
        const bool tagged = type.nameClass == NameClass::Struct || type.nameClass == NameClass::Union ||
                            type.nameClass == NameClass::Enum;
        item.title =
            tagged ? QString::fromLatin1(name(type.nameClass)) + QLatin1Char(' ') + toQt(type.name) : toQt(type.name);
        item.detail = tagged ? QStringLiteral("type") : QString::fromLatin1(name(type.nameClass));
        item.rank = 4 * *rank + 1;
        best.add(std::move(item));
    }
}

void addSymbols(const Session &session, std::string_view pattern, std::size_t limit, Best &best)
{
    for (const Symbol &symbol : session.symbols().fuzzy(pattern, limit)) {
        const auto rank = fuzzyRank(pattern, symbol.name);
        if (!rank || !best.wants(4 * *rank))
            continue;
        PaletteItem item;
        item.kind = PaletteItem::Kind::Symbol;
        item.title =
            symbol.module.empty() ? toQt(symbol.name) : toQt(symbol.module) + QStringLiteral("::") + toQt(symbol.name);
        item.detail = symbolDetail(symbol);
        if (symbol.kind == SymbolKind::PerCpu || symbol.kind == SymbolKind::Absolute)
            item.trailer = toQt(hex(symbol.address));
        else
            placeAt(session, symbol.address, item);
        item.rank = 4 * *rank;
        best.add(std::move(item));
    }
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
    std::map<std::string_view, VirtAddr> firsts;
    const SymbolTable &symbols = session.symbols();
    for (std::size_t i = 0; i < symbols.size() && !progress.cancelled(); ++i) {
        const Symbol symbol = symbols.at(i);
        if (!symbol.module.empty() && symbol.kind != SymbolKind::Absolute && symbol.kind != SymbolKind::PerCpu)
            firsts.try_emplace(symbol.module, symbol.address);
    }
    for (const auto &[module, address] : firsts)
        names->modules_.push_back({std::string(module), address});
    return names;
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
    Best best(query.limit);
    if (text.isEmpty()) {
        for (std::size_t i = 0; i < query.commands.size(); ++i) {
            PaletteItem item;
            item.kind = PaletteItem::Kind::Command;
            item.title = query.commands[i];
            item.command = item.rank = static_cast<int>(i);
            best.add(std::move(item));
        }
        return best.take();
    }

    for (const TypePrefix &prefix : kTypePrefixes)
        if (query.text.startsWith(prefix.word)) {
            const std::string pattern = query.text.mid(prefix.word.size()).trimmed().toStdString();
            if (names && pattern.find_first_of("*)([") == std::string::npos) {
                addTypes(*names, pattern, prefix.nameClass, best, progress);
                return best.take();
            }
        }

    const std::string pattern = text.toStdString();
    const bool isName = std::ranges::all_of(text, [](QChar c) {
        return c.isLetterOrNumber() || c == QLatin1Char('_') || c == QLatin1Char(':') || c == QLatin1Char(' ') ||
               c == QLatin1Char('.');
    });
    std::vector<PaletteItem> found;
    auto value = evaluateForPalette(session, text);
    if (value)
        found.push_back(std::move(*value));

    if (isName || !value) {
        addSymbols(session, pattern, query.limit, best);
        if (names) {
            addTypes(*names, pattern, std::nullopt, best, progress);
            for (const auto &module : names->modules())
                if (const auto rank = fuzzyRank(pattern, module.name); rank && best.wants(4 * *rank + 2)) {
                    PaletteItem item;
                    item.kind = PaletteItem::Kind::Module;
                    item.title = toQt(module.name);
                    item.detail = QStringLiteral("module");
                    item.rank = 4 * *rank + 2;
                    placeAt(session, module.first, item);
                    best.add(std::move(item));
                }
        }
        for (std::size_t i = 0; i < query.commands.size(); ++i)
            if (const auto rank = fuzzyRank(pattern, query.commands[i].toStdString());
                rank && best.wants(4 * *rank + 3)) {
                PaletteItem item;
                item.kind = PaletteItem::Kind::Command;
                item.title = query.commands[i];
                item.command = static_cast<int>(i);
                item.rank = 4 * *rank + 3;
                best.add(std::move(item));
            }
    }
    for (PaletteItem &item : best.take()) {
        // The object that the expression is stands on top already.
        const bool twice = value && item.kind == PaletteItem::Kind::Symbol && item.title == text;
        if (!twice)
            found.push_back(std::move(item));
    }
    if (found.empty() && !value) {
        PaletteItem item;
        item.kind = PaletteItem::Kind::Error;
        item.title = toQt(value.error().why);
        item.detail = toQt(value.error().remedy);
        found.push_back(std::move(item));
    }
    return found;
}

} // namespace ks::ui
