#include "core/memory/page_tables.h"

#include "core/base/addr_ranges.h"
#include "core/memory/page_table_walk.h"

#include <algorithm>
#include <cerrno>

namespace ks {
namespace {

bool same(const std::vector<LoadSegment> &a, const std::vector<LoadSegment> &b)
{
    return std::ranges::equal(a, b, [](const LoadSegment &x, const LoadSegment &y) {
        return x.range == y.range && x.fileSize == y.fileSize && x.phys == y.phys;
    });
}

} // namespace

std::vector<AddrRange> wholePages(std::span<const AddrRange> ranges)
{
    std::vector<AddrRange> pages;
    pages.reserve(ranges.size());
    for (const AddrRange &range : ranges)
        pages.push_back({range.first.alignedDown(kPageSize), range.last.alignedDown(kPageSize) + (kPageSize - 1)});
    return joined(std::move(pages));
}

PageTables::PageTables(std::shared_ptr<const MemorySource> memory, Root root, LayoutHints hints)
    : memory_(std::move(memory)), root_(root), hints_(hints)
{
    root_.table = PhysAddr(root_.table.value & pte::kFrame & ~root_.encryption);
    root_.encryption &= pte::kFrame;
    root_.levels = root_.levels == kMaxTableLevels ? kMaxTableLevels : kMaxTableLevels - 1;
}

std::shared_ptr<const PageTables::Layout> PageTables::layout() const
{
    const std::lock_guard lock(mutex_);
    if (layout_ && !memory_->isLive())
        return layout_;
    auto segments = memory_->segments();
    if (layout_ && same(layout_->segments, segments))
        return layout_;
    auto fresh = std::make_shared<Layout>();
    fresh->map = SegmentMap::classify(segments, memory_->machine(), hints_);
    fresh->ram = RamMap::of(fresh->map, hints_.pageOffsetBase);
    fresh->segments = std::move(segments);
    layout_ = std::move(fresh);
    return layout_;
}

Translation PageTables::translate(VirtAddr address) const { return std::move(translate({&address, 1}).front()); }

std::vector<Translation> PageTables::translate(std::span<const VirtAddr> addresses) const
{
    struct Way {
        std::size_t index;
        PhysAddr table;
    };
    const auto [lowerLast, upperFirst] = canonicalHalves(root_.levels);
    const auto now = layout();
    std::vector<Translation> translations(addresses.size());
    std::vector<Way> ways;
    for (std::size_t i = 0; i < addresses.size(); ++i) {
        translations[i].address = addresses[i];
        translations[i].state = {PageStatus::Unmapped};
        if (addresses[i] <= lowerLast || addresses[i] >= upperFirst)
            ways.push_back({i, root_.table});
    }
    TableEntries entries;
    for (unsigned level = root_.levels; level > 0 && !ways.empty(); --level) {
        std::vector<EntrySpan> spans;
        for (const Way &way : ways) {
            const auto index = static_cast<std::uint16_t>(tableIndex(addresses[way.index], level));
            spans.push_back({way.table, index, index});
        }
        entries.read(*memory_, now->ram, spans);
        std::vector<Way> further;
        for (const Way &way : ways) {
            Translation &result = translations[way.index];
            const unsigned index = tableIndex(result.address, level);
            const TableEntries::Entry read = entries.at(way.table, index);
            const PhysAddr phys = way.table + 8 * index;
            const TableEntry entry{read.value, level, root_.encryption};
            const bool isRead = read.state == TableEntries::Entry::State::Read;
            result.steps.push_back({entry, tableName(level, root_.levels), phys, now->ram.addressOf(phys), isRead});
            if (!isRead) {
                result.state = {PageStatus::Error, read.errorNumber};
                continue;
            }
            switch (entry.kind()) {
            case TableEntry::Kind::Absent: break;
            case TableEntry::Kind::Damaged: result.state = {PageStatus::Error, EUCLEAN}; break;
            case TableEntry::Kind::Table: further.push_back({way.index, entry.frame()}); break;
            case TableEntry::Kind::Page:
                result.pageSize = coveredByEntry(level);
                result.phys = entry.frame() + result.address.value % result.pageSize;
                result.state = {now->ram.find(*result.phys) ? PageStatus::Present : PageStatus::Mmio};
                break;
            }
        }
        ways = std::move(further);
    }
    return translations;
}

std::vector<PageRun> PageTables::walk(std::span<const AddrRange> pages, Detail detail) const
{
    TableEntries entries;
    return walk(pages, entries, detail);
}

std::vector<PageRun> PageTables::walk(std::span<const AddrRange> pages, TableEntries &entries, Detail detail) const
{
    const auto now = layout();
    return PageTableWalk(root_, now->ram, entries, detail, memory_.get(), nullptr).run(pages);
}

std::vector<PageRun> PageTables::recall(std::span<const AddrRange> pages, TableEntries &entries,
                                        std::vector<EntrySpan> &used) const
{
    const auto now = layout();
    return PageTableWalk(root_, now->ram, entries, Detail::Frames, nullptr, &used).run(pages);
}

} // namespace ks
