// Names: exact, by their beginning, and fuzzy, over all layers of a table.
#include "core/symbols/symbol_layers.h"

#include <algorithm>
#include <functional>
#include <tuple>

namespace ks {

namespace {

/// The kernel writes module names with '_' whatever the file is called (scripts/Makefile.lib, name-fix).
bool isModule(std::string_view module, std::string_view typed)
{
    return std::ranges::equal(module, typed, [](char a, char b) { return a == (b == '-' ? '_' : b); });
}

/// The order of symbols that share a name.
bool comesBefore(const Symbol &a, const Symbol &b)
{
    if (a.global != b.global)
        return a.global;
    return a.address != b.address ? a.address < b.address : outranks(a, b);
}

/// "module::name" in its parts; no module where there is none.
std::pair<std::string_view, std::string_view> splitModule(std::string_view text)
{
    const auto colons = text.find("::");
    return colons == text.npos ? std::pair(std::string_view(), text)
                               : std::pair(text.substr(0, colons), text.substr(colons + 2));
}

NameIndex::TextOf textsOf(const SymbolLayer &layer)
{
    return [&layer](std::uint32_t name) { return layer.nameText(name); };
}

bool hasModule(const SymbolLayer &layer, std::uint32_t name, std::string_view module)
{
    return std::ranges::any_of(layer.symbolsOfName(name), [&](std::uint32_t symbol) {
        return isModule(layer.moduleOf(layer.record(symbol)), module);
    });
}

/// Whether any symbol of the layer is of that module; the empty one stands for all.
bool mayHave(const SymbolLayer &layer, std::string_view module)
{
    if (module.empty())
        return true;
    for (std::uint32_t i = 1; i < layer.tables().moduleEnd.size(); ++i) {
        if (isModule(layer.moduleText(i), module))
            return true;
    }
    return false;
}

} // namespace

void SymbolLayers::appendNamed(std::string_view name, std::string_view module, std::vector<Symbol> &out) const
{
    const std::uint32_t hash = SymbolLayer::hash(name);
    const std::size_t before = out.size();
    bool severalLayers = false;
    for (const Placed &placed : layers_) {
        const auto number = placed.layer->findName(name, hash);
        if (!number)
            continue;
        severalLayers = severalLayers || out.size() != before;
        for (const std::uint32_t i : placed.layer->symbolsOfName(*number)) {
            if (module.empty() || isModule(placed.layer->moduleOf(placed.layer->record(i)), module))
                out.push_back(placed.layer->view(i, placed.slide));
        }
    }
    if (severalLayers)
        std::sort(out.begin() + std::ptrdiff_t(before), out.end(), comesBefore);
}

std::optional<Symbol> SymbolLayers::firstNamed(std::string_view name) const
{
    const std::uint32_t hash = SymbolLayer::hash(name);
    std::optional<Symbol> best;
    for (const Placed &placed : layers_) {
        const auto symbol = placed.layer->findFirst(name, hash);
        if (!symbol)
            continue;
        const Symbol first = placed.layer->view(*symbol, placed.slide);
        if (!best || comesBefore(first, *best))
            best = first;
    }
    return best;
}

std::vector<Symbol> SymbolLayers::withPrefix(std::string_view text, std::size_t limit) const
{
    const auto [module, prefix] = splitModule(text);
    // Each layer has its names in the order of the alphabet; the next name is the least of theirs.
    struct Cursor {
        const SymbolLayer *layer;
        std::size_t place;
        std::string_view name; ///< empty at the end
    };
    std::vector<Cursor> cursors;
    const auto load = [prefix, module](Cursor &cursor) {
        const auto byText = cursor.layer->nameIndex().tables().byText;
        for (; cursor.place < byText.size(); ++cursor.place) {
            const std::uint32_t name = byText[cursor.place];
            cursor.name = cursor.layer->nameText(name);
            if (!cursor.name.starts_with(prefix))
                break;
            if (module.empty() || hasModule(*cursor.layer, name, module))
                return;
        }
        cursor.name = {};
    };
    for (const Placed &placed : layers_) {
        const SymbolLayer &layer = *placed.layer;
        if (!mayHave(layer, module))
            continue;
        cursors.push_back({&layer, layer.nameIndex().lowerBound(prefix, textsOf(layer)), {}});
        load(cursors.back());
    }
    std::vector<Symbol> result;
    while (result.size() < limit) {
        std::string_view least;
        for (const Cursor &cursor : cursors) {
            if (!cursor.name.empty() && (least.empty() || cursor.name < least))
                least = cursor.name;
        }
        if (least.empty())
            break;
        appendNamed(least, module, result);
        for (Cursor &cursor : cursors) {
            if (cursor.name == least) {
                ++cursor.place;
                load(cursor);
            }
        }
    }
    result.resize(std::min(result.size(), limit));
    return result;
}

std::vector<Symbol> SymbolLayers::fuzzy(std::string_view text, std::size_t limit) const
{
    const auto [module, typed] = splitModule(text);
    if (typed.empty())
        return withPrefix(text, limit);
    const NamePattern pattern(typed);
    struct Hit {
        NameHit hit;
        std::string_view name;
    };
    std::vector<Hit> hits;
    for (const Placed &placed : layers_) {
        const SymbolLayer &layer = *placed.layer;
        if (!mayHave(layer, module))
            continue;
        std::function<bool(std::uint32_t)> accept;
        if (!module.empty())
            accept = [&](std::uint32_t name) { return hasModule(layer, name, module); };
        for (const NameHit &hit : layer.nameIndex().search(pattern, limit, textsOf(layer), accept))
            hits.push_back({hit, layer.nameText(hit.name)});
    }
    std::ranges::sort(hits, [](const Hit &a, const Hit &b) {
        return std::tie(a.hit.match, a.hit.length, a.name) < std::tie(b.hit.match, b.hit.length, b.name);
    });
    std::vector<Symbol> result;
    std::string_view last;
    for (const Hit &hit : hits) {
        if (result.size() >= limit)
            break;
        // A name that two layers have comes once, with the symbols of both.
        if (hit.name != last)
            appendNamed(hit.name, module, result);
        last = hit.name;
    }
    result.resize(std::min(result.size(), limit));
    return result;
}

} // namespace ks
