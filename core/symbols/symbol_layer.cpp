#include "core/symbols/symbol_layer.h"

#include "core/base/text_hash.h"

#include <algorithm>

namespace ks {

namespace {

/// Names that mark the border of a section (include/asm-generic/vmlinux.lds.h) or belong to another symbol: prefix
/// padding, type hashes of kCFI, outlined cold parts. Where a real object begins at the same address, it comes first.
bool isMark(std::string_view name)
{
    for (const std::string_view prefix : {"__pfx_", "__cfi_", "__start_", "__stop_", "__end_", "__kstrtab"}) {
        if (name.starts_with(prefix))
            return true;
    }
    if (name.find(".cold") != name.npos)
        return true;
    if (!name.starts_with('_'))
        return false;
    for (const std::string_view mark :
         {"_text", "_stext", "_etext", "_sdata", "_edata", "_end", "_sinittext", "_einittext"}) {
        if (name == mark)
            return true;
    }
    for (const std::string_view suffix : {"_start", "_end", "_begin", "_stop"}) {
        if (name.starts_with("__") && name.ends_with(suffix))
            return true;
    }
    return false;
}

/// Text n of a pool, whose texts end at `ends`.
std::string_view textOf(std::span<const char> pool, std::span<const std::uint32_t> ends, std::size_t n)
{
    if (n >= ends.size())
        return {};
    const std::uint32_t begin = n == 0 ? 0 : ends[n - 1];
    const std::uint32_t end = ends[n];
    return begin <= end && end <= pool.size() ? std::string_view(pool.data() + begin, end - begin) : std::string_view();
}

} // namespace

const SymbolLayer::Record SymbolLayer::kNothing = {};

SymbolLayer::SymbolLayer(const Tables &tables, std::optional<NameIndex> index, std::shared_ptr<const void> storage)
    : tables_(tables), memory_(tables.memory), perCpu_(tables.perCpu), storage_(std::move(storage))
{
    if (index)
        std::call_once(indexOnce_, [&] { index_ = std::move(*index); });
}

std::uint64_t SymbolLayer::sizeOf(std::uint32_t symbol) const
{
    const Record &r = record(symbol);
    if (r.size != kHugeSize)
        return r.size;
    const auto huge = std::ranges::lower_bound(tables_.hugeSizes, symbol, {}, &HugeSize::symbol);
    return huge != tables_.hugeSizes.end() && huge->symbol == symbol ? huge->size : r.size;
}

std::string_view SymbolLayer::nameText(std::uint32_t name) const { return textOf(tables_.pool, tables_.nameEnd, name); }

std::string_view SymbolLayer::nameOf(const Record &record) const
{
    if (record.length == kLongName)
        return nameText(record.name);
    const bool isInside = std::uint64_t{record.text} + record.length <= tables_.pool.size();
    return isInside ? std::string_view(tables_.pool.data() + record.text, record.length) : std::string_view();
}

std::string_view SymbolLayer::moduleText(std::uint32_t module) const
{
    return module == 0 ? std::string_view() : textOf(tables_.modulePool, tables_.moduleEnd, module);
}

Symbol SymbolLayer::view(std::uint32_t symbol, std::uint64_t slide) const
{
    const Record &r = record(symbol);
    const std::uint64_t moved = r.address >= kKernelHalf ? r.address + slide : r.address;
    return {nameOf(r), moduleOf(r), VirtAddr(moved), sizeOf(symbol), kindOf(r), isGlobal(r)};
}

std::uint32_t SymbolLayer::hash(std::string_view text) { return static_cast<std::uint32_t>(textHash(text)); }

std::optional<std::uint32_t> SymbolLayer::findFirst(std::string_view name, std::uint32_t hashOfName) const
{
    const std::span<const Slot> slots = tables_.slots;
    const std::size_t mask = slots.size() - 1;
    for (std::size_t i = 0; i < slots.size(); ++i) {
        const Slot &slot = slots[(hashOfName + i) & mask];
        if (slot.symbol == 0)
            break;
        if (slot.hash == hashOfName && slot.symbol <= tables_.records.size() && nameOf(record(slot.symbol - 1)) == name)
            return slot.symbol - 1;
    }
    return std::nullopt;
}

std::optional<std::uint32_t> SymbolLayer::findName(std::string_view name, std::uint32_t hashOfName) const
{
    const auto symbol = findFirst(name, hashOfName);
    return symbol ? std::optional(record(*symbol).name) : std::nullopt;
}

std::span<const std::uint32_t> SymbolLayer::symbolsOfName(std::uint32_t name) const
{
    if (name + std::size_t{1} >= tables_.firstOfName.size())
        return {};
    const std::uint32_t first = tables_.firstOfName[name];
    const std::uint32_t last = tables_.firstOfName[name + 1];
    if (first > last || last > tables_.symbolsOfName.size())
        return {};
    return tables_.symbolsOfName.subspan(first, last - first);
}

std::uint32_t SymbolLayer::lowerBound(std::uint64_t address) const
{
    if (tables_.records.empty())
        return 0;
    // Without a branch on the comparison, as in SymbolRegions::find.
    const Record *at = tables_.records.data();
    for (std::size_t count = tables_.records.size(); count > 1;) {
        const std::size_t half = count / 2;
        at += at[half - 1].address < address ? half : 0;
        count -= half;
    }
    return static_cast<std::uint32_t>(at - tables_.records.data()) + (at->address < address);
}

const NameIndex &SymbolLayer::nameIndex() const
{
    std::call_once(indexOnce_, [this] {
        index_ = NameIndex::build(nameCount(), [this](std::uint32_t name) { return nameText(name); });
    });
    return index_;
}

std::size_t SymbolLayer::memoryUsage() const
{
    const Tables &t = tables_;
    return sizeof *this + t.pool.size_bytes() + t.nameEnd.size_bytes() + t.slots.size_bytes() + t.records.size_bytes() +
           t.hugeSizes.size_bytes() + t.modulePool.size_bytes() + t.moduleEnd.size_bytes() +
           t.firstOfName.size_bytes() + t.symbolsOfName.size_bytes() + memory_.memoryUsage() + perCpu_.memoryUsage() +
           index_.memoryUsage();
}

SymbolRank::SymbolRank(const Symbol &symbol) : name(symbol.name), module(symbol.module)
{
    const std::size_t underscores = std::min(name.find_first_not_of('_'), name.size());
    for (const bool isWorse : {!isMemory(symbol.kind), symbol.kind == SymbolKind::Absolute, isMark(name),
                               symbol.kind == SymbolKind::Other, symbol.size == 0, !symbol.global})
        order = order << 1 | std::uint64_t{isWorse};
    order = order << 8 | std::min<std::size_t>(underscores, 0xff);
    order = order << 32 | std::min<std::size_t>(name.size(), 0xffffffff);
}

bool outranks(const Symbol &a, const Symbol &b) { return SymbolRank(a) < SymbolRank(b); }

} // namespace ks
