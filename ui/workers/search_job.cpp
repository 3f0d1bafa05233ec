#include "ui/workers/search_job.h"

#include "core/kernel/slab_objects.h"

#include <algorithm>

namespace ks::ui {

void SearchStream::accept()
{
    const std::lock_guard lock(mutex_);
    batch_.isAccepted = true;
}

bool SearchStream::put(std::vector<SearchRow> rows, std::vector<ScanSet::Entry> entries, std::uint64_t found)
{
    const std::lock_guard lock(mutex_);
    if (closed_)
        return false;
    batch_.found += found;
    batch_.rows.insert(batch_.rows.end(), std::make_move_iterator(rows.begin()), std::make_move_iterator(rows.end()));
    entries_.insert(entries_.end(), entries.begin(), entries.end());
    return true;
}

std::vector<ScanSet::Entry> SearchStream::takeEntries()
{
    const std::lock_guard lock(mutex_);
    return std::exchange(entries_, {});
}

SearchStream::Batch SearchStream::take()
{
    const std::lock_guard lock(mutex_);
    return {std::exchange(batch_.rows, {}), batch_.found, batch_.isAccepted};
}

std::vector<ScanSet::Entry> SearchStream::end()
{
    const std::lock_guard lock(mutex_);
    if (closed_)
        return {};
    ended_ = true;
    return std::exchange(entries_, {});
}

bool SearchStream::close()
{
    const std::lock_guard lock(mutex_);
    closed_ = !ended_;
    return closed_;
}

namespace {

void addSlabs(const Session &session, std::vector<SearchRow> &rows)
{
    std::vector<VirtAddr> addresses;
    addresses.reserve(rows.size());
    for (const SearchRow &row : rows)
        addresses.push_back(row.address);
    const auto objects = kernel::findSlabObjects(session.context(), addresses);
    for (std::size_t i = 0; i < rows.size(); ++i)
        if (const auto &object = objects[i])
            rows[i].slab = object->name + (object->isObject ? "+" + hex(object->offset) : "") + " (slab)";
}

} // namespace

std::vector<SearchRow> rowsOf(const Session &session, const ScanSet &set)
{
    std::vector<SearchRow> rows;
    rows.reserve(std::min<std::uint64_t>(set.size(), SearchModel::kLimit));
    for (const ScanSet::Entry &entry : set.entries(0, SearchModel::kLimit))
        rows.push_back(rowOf(entry, set.type()));
    addSlabs(session, rows);
    return rows;
}

Result<SearchOutcome> runSearch(const Session &session, const SearchForm &form, VirtAddr cursor, SearchStream &stream,
                                Progress &progress)
{
    const auto query = makeSearchQuery(session, form, cursor);
    if (!query)
        return std::unexpected(query.error());
    if (form.kind == SearchKind::AnyValue) {
        auto set = ScanSet::first(session.memory(), query->where, query->type, std::nullopt, kMostScanBytes, progress);
        if (!set)
            return std::unexpected(set.error());
        stream.accept();
        stream.put(rowsOf(session, *set), {}, set->size());
        return SearchOutcome{{}, std::make_shared<const ScanSet>(std::move(*set)), {}, true};
    }
    stream.accept();
    const bool isNumeric = form.isNumeric();
    std::uint64_t listed = 0;
    SearchOutcome outcome;
    outcome.summary = search(
        session.memory(), query->where, *query->matcher,
        {.limit = isNumeric ? kMostCandidates : SearchModel::kLimit, .context = SearchRow::kContext},
        [&](std::span<const SearchHit> hits) {
            std::vector<SearchRow> rows;
            std::vector<ScanSet::Entry> entries;
            for (const SearchHit &hit : hits) {
                if (listed < SearchModel::kLimit) {
                    rows.push_back(rowOf(hit, form, query->type));
                    ++listed;
                }
                if (isNumeric)
                    entries.push_back(
                        {hit.address, readInteger(hit.match().data(), query->type.width, query->type.bigEndian)});
            }
            addSlabs(session, rows);
            return stream.put(std::move(rows), std::move(entries), hits.size());
        },
        progress);
    auto entries = stream.end();
    if (isNumeric)
        outcome.set = std::make_shared<const ScanSet>(ScanSet::of(query->type, std::move(entries)));
    return outcome;
}

Result<SearchOutcome> runScan(const Session &session, const ScanSet &set, ScanTest test, const QString &values,
                              Progress &progress)
{
    std::optional<ValuePattern> pattern;
    if (test == ScanTest::Matching) {
        const auto parsed = scanValues(values, set.type());
        if (!parsed)
            return std::unexpected(parsed.error());
        pattern = *parsed;
    }
    auto next = set.next(session.memory(), test, pattern, progress);
    if (!next)
        return std::unexpected(next.error());
    auto rows = rowsOf(session, *next);
    return SearchOutcome{{}, std::make_shared<const ScanSet>(std::move(*next)), std::move(rows), true};
}

} // namespace ks::ui
