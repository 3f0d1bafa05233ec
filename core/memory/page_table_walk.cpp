#include "core/memory/page_table_walk.h"

#include <algorithm>
#include <cerrno>

namespace ks {
namespace {

/// Tables that are read in one batch: enough to make the batches few, not enough to need much memory.
constexpr std::size_t kTablesAtOnce = 64;
/// Above this even honest tables are cut, so that dishonest ones end: 4 GiB of tables, which map 2 TiB in small pages.
constexpr std::uint64_t kMaxTables = std::uint64_t{1} << 20;
constexpr std::uint64_t kMaxPieces = std::uint64_t{1} << 26;

constexpr PageState kDamaged{PageStatus::Error, EUCLEAN};

bool isMapped(const PageRun &run) { return run.state.present() || run.state.status == PageStatus::Mmio; }

} // namespace

std::vector<PageRun> PageTableWalk::run(std::span<const AddrRange> pages)
{
    // Each table is a page of RAM, and a page of RAM is mapped a few times at most.
    tablesLeft_ = std::min(ram_.pages(), kMaxTables) + kMaxTableLevels * pages.size();
    piecesLeft_ = std::min(8 * std::min(ram_.pages(), kMaxPieces), kMaxPieces) + kTablesAtOnce * pages.size();
    lastTable_.fill(PhysAddr(~std::uint64_t{0}));

    const auto [lowerLast, upperFirst] = canonicalHalves(root_.levels);
    const AddrRange halves[] = {{VirtAddr(0), lowerLast}, {upperFirst, VirtAddr(~std::uint64_t{0})}};
    const AddrRange between{lowerLast + 1, upperFirst - 1};
    Runs runs;
    std::vector<Item> items;
    for (const AddrRange &range : pages) {
        if (const auto nothing = range.intersect(between))
            runs.push_back({*nothing, {PageStatus::Unmapped}, {}, {}});
        for (const AddrRange &half : halves)
            if (const auto part = range.intersect(half))
                items.push_back({root_.table, *part});
    }
    descend(items, root_.levels, runs);
    std::ranges::sort(runs, {}, [](const PageRun &run) { return run.range.first; });
    Runs joined;
    for (const PageRun &run : runs)
        add(joined, run);
    return joined;
}

/// Level by level for a few tables at a time. `items` are in the order of addresses, and so is what is added to `out`.
void PageTableWalk::descend(std::span<const Item> items, unsigned level, Runs &out)
{
    std::vector<EntrySpan> spans;
    std::vector<Item> below;
    while (!items.empty()) {
        const auto some = items.first(std::min(items.size(), kTablesAtOnce));
        items = items.subspan(some.size());
        spans.clear();
        for (const Item &item : some)
            spans.push_back({item.table, static_cast<std::uint16_t>(tableIndex(item.range.first, level)),
                             static_cast<std::uint16_t>(tableIndex(item.range.last, level))});
        if (used_)
            used_->insert(used_->end(), spans.begin(), spans.end());
        if (memory_)
            entries_.read(*memory_, ram_, spans);
        Runs runs;
        below.clear();
        for (const Item &item : some)
            visit(item, level, runs, below);
        if (!below.empty()) {
            descend(below, level - 1, runs);
            std::ranges::sort(runs, {}, [](const PageRun &run) { return run.range.first; });
        }
        for (const PageRun &run : runs)
            add(out, run);
    }
}

/// Neighbouring items of one table count once.
bool PageTableWalk::withinBudget(const Item &item, unsigned level)
{
    const VirtAddr base(level == kMaxTableLevels ? 0 : item.range.first.alignedDown(coveredByEntry(level + 1)).value);
    if (lastTable_[level] == item.table && lastBase_[level] == base)
        return true;
    lastTable_[level] = item.table;
    lastBase_[level] = base;
    if (tablesLeft_ == 0)
        return false;
    --tablesLeft_;
    return true;
}

void PageTableWalk::visit(const Item &item, unsigned level, Runs &runs, std::vector<Item> &below)
{
    if (!withinBudget(item, level)) {
        lastTable_[level] = PhysAddr(~std::uint64_t{0});
        return add(runs, {item.range, kDamaged, {}, {}});
    }
    const std::uint64_t covered = coveredByEntry(level);
    const unsigned lastIndex = tableIndex(item.range.last, level);
    VirtAddr next = item.range.first;
    for (unsigned index = tableIndex(next, level); index <= lastIndex; ++index) {
        const AddrRange part{next, index == lastIndex ? item.range.last : next.alignedDown(covered) + (covered - 1)};
        next = part.last + 1;
        const TableEntries::Entry read = entries_.at(item.table, index);
        if (read.state == TableEntries::Entry::State::Failed) {
            add(runs, {part, {PageStatus::Error, read.errorNumber}, {}, {}});
            continue;
        }
        if (read.state == TableEntries::Entry::State::NotRead) {
            add(runs, {part, {PageStatus::Error, EAGAIN}, {}, {}});
            continue;
        }
        const TableEntry entry{read.value, level, root_.encryption};
        switch (entry.kind()) {
        case TableEntry::Kind::Absent: add(runs, {part, {PageStatus::Unmapped}, {}, {}}); break;
        case TableEntry::Kind::Damaged: add(runs, {part, kDamaged, {}, {}}); break;
        case TableEntry::Kind::Page: addPage(runs, part, entry.frame() + part.first.value % covered); break;
        case TableEntry::Kind::Table: below.push_back({entry.frame(), part}); break;
        }
    }
}

/// A large page may reach beyond the end of RAM.
void PageTableWalk::addPage(Runs &runs, const AddrRange &range, PhysAddr phys)
{
    for (VirtAddr at = range.first;;) {
        if (piecesLeft_ == 0)
            return add(runs, {{at, range.last}, kDamaged, {}, {}});
        --piecesLeft_;
        const PhysAddr from = phys + (at - range.first);
        const RamMap::Part *part = ram_.find(from);
        const auto next = part ? std::optional(part->last + 1) : ram_.nextAfter(from);
        const std::uint64_t left = range.last - at;
        const std::uint64_t step = next && *next > from ? std::min(left, *next - from - 1) : left;
        add(runs, {{at, at + step},
                   {part ? PageStatus::Present : PageStatus::Mmio},
                   from,
                   part ? part->address + (from - part->first) : VirtAddr()});
        if (step == left)
            return;
        at += step + 1;
    }
}

void PageTableWalk::add(Runs &runs, const PageRun &run) const
{
    if (!runs.empty()) {
        PageRun &last = runs.back();
        const std::uint64_t size = last.range.size();
        const bool touch =
            last.state == run.state && last.range.last + 1 == run.range.first && run.range.first.value != 0;
        const bool isOnePiece = last.phys + size == run.phys && (!run.state.present() || last.ram + size == run.ram);
        if (touch && (detail_ == PageTables::Detail::States || !isMapped(run) || isOnePiece)) {
            last.range.last = run.range.last;
            return;
        }
    }
    runs.push_back(run);
}

} // namespace ks
