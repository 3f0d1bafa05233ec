#include "ui/models/search_model.h"

#include "core/base/addr_ranges.h"
#include "ui/models/hex_target.h"
#include "ui/models/search_text.h"

#include <QPoint>

#include <algorithm>

namespace ks::ui {

namespace {

/// Bytes of a long match that the table shows.
constexpr std::size_t kShown = 16;

bool isText(const SearchForm &form) { return form.kind == SearchKind::Text || form.kind == SearchKind::Bytes; }

} // namespace

std::span<const std::byte> SearchRow::match() const
{
    // Before it is read there are no bytes at all.
    const auto behind = std::span(bytes).subspan(before);
    return behind.first(std::min({static_cast<std::size_t>(size), kMost, behind.size()}));
}

AddrRange SearchRow::range() const
{
    const std::uint64_t kept = std::min<std::uint64_t>(size, kMost);
    const VirtAddr last = address + std::min(kept + kContext - 1, ~address.value);
    return {address - std::min<std::uint64_t>(kContext, address.value), last};
}

SearchRow rowOf(const SearchHit &hit, const SearchForm &form, const ScanType &type)
{
    SearchRow row;
    row.address = hit.address;
    row.size = hit.size;
    const std::size_t kept = std::min<std::size_t>(hit.size, SearchRow::kMost);
    const std::size_t before = std::min(hit.before, SearchRow::kContext);
    auto bytes = hit.bytes.subspan(hit.before - before);
    // Of a long match what lies behind it would be parted from what is kept.
    const std::size_t behind = kept < hit.size ? 0 : SearchRow::kContext;
    bytes = bytes.first(std::min(bytes.size(), before + kept + behind));
    row.bytes.assign(bytes.begin(), bytes.end());
    row.before = static_cast<std::uint8_t>(before);
    if (form.isNumeric())
        row.value = row.found = readInteger(hit.match().data(), type.width, type.bigEndian);
    return row;
}

SearchRow rowOf(const ScanSet::Entry &entry, const ScanType &type)
{
    SearchRow row;
    row.address = entry.address;
    row.size = type.width;
    row.value = row.found = entry.value;
    return row;
}

void SearchModel::begin(std::shared_ptr<const Session> session, const SearchForm &form, const ScanType &type)
{
    beginResetModel();
    session_ = std::move(session);
    form_ = form;
    type_ = type;
    rows_.clear();
    rows_.reserve(kLimit); // rows do not move while more come
    places_.clear();
    stale_.clear();
    running_ = true;
    arranged_ = sortColumn_ == AddressColumn && sortOrder_ == Qt::AscendingOrder;
    ++order_;
    endResetModel();
    Q_EMIT headerDataChanged(Qt::Horizontal, 0, ColumnCount - 1);
}

void SearchModel::append(std::vector<SearchRow> rows)
{
    rows.resize(std::min(rows.size(), kLimit - rows_.size()));
    if (rows.empty())
        return;
    const int first = rowCount();
    beginInsertRows({}, first, first + static_cast<int>(rows.size()) - 1);
    for (SearchRow &row : rows) {
        places_.push_back(static_cast<std::uint32_t>(rows_.size()));
        rows_.push_back(std::move(row));
    }
    endInsertRows();
}

void SearchModel::finish()
{
    running_ = false;
    arrange();
}

void SearchModel::clear()
{
    beginResetModel();
    session_.reset();
    rows_.clear();
    places_.clear();
    stale_.clear();
    running_ = false;
    ++order_;
    endResetModel();
}

void SearchModel::setSession(std::shared_ptr<const Session> session)
{
    if (!session_)
        return;
    session_ = std::move(session);
    if (!rows_.empty())
        Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
}

void SearchModel::setStale(const QString &reason)
{
    if (std::exchange(stale_, reason) != reason && !rows_.empty())
        Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
}

std::vector<SearchRow> SearchModel::rows() const
{
    std::vector<SearchRow> rows;
    rows.reserve(rows_.size());
    for (const std::uint32_t place : places_)
        rows.push_back(rows_[place]);
    return rows;
}

SegmentKind SearchModel::segmentAt(int row) const
{
    const Segment *segment = session_->segments().find(at(row).address);
    return segment ? segment->kind : SegmentKind::Other;
}

bool SearchModel::isWarm(const QModelIndex &index) const { return at(index.row()).isWarm(SearchRow::Clock::now()); }

bool SearchModel::takeBlock(SearchRow &row, const MemoryBlock &block, SearchRow::Clock::time_point now) const
{
    const std::uint64_t kept = std::min<std::uint64_t>(row.size, SearchRow::kMost);
    // Warmth ends by itself, which is seen when it is painted again.
    const bool fades = row.isLit && !row.isWarm(now);
    row.isLit &= !fades;
    if (const auto missing = block.firstMissing(row.address, kept)) {
        const bool isNews = !(row.state == missing->state);
        row.state = missing->state;
        return isNews || fades;
    }
    const AddrRange whole = row.range();
    VirtAddr first = row.address;
    while (first > whole.first && block.stateAt(first - 1).present())
        first -= 1;
    VirtAddr last = row.address + (kept - 1);
    while (last < whole.last && block.stateAt(last + 1).present())
        last += 1;
    const auto around = block.bytes().subspan(first - block.address(), last - first + 1);
    const auto before = static_cast<std::uint8_t>(row.address - first);
    const bool isNew = row.bytes.empty();
    const auto match = around.subspan(before, kept);
    const bool differs = isNew ? readInteger(match.data(), type_.width, type_.bigEndian) != row.value
                               : !std::ranges::equal(match, row.match());
    const bool isNews = differs || isNew || !row.state.present() || !std::ranges::equal(around, row.bytes);
    row.bytes.assign(around.begin(), around.end());
    row.before = before;
    row.state = block.stateAt(row.address);
    if (form_.isNumeric())
        row.value = readInteger(match.data(), type_.width, type_.bigEndian);
    if (differs) {
        row.changed = now;
        row.isLit = true;
    }
    return isNews || fades;
}

void SearchModel::take(std::span<const int> rows, std::span<const MemoryBlock> blocks, std::span<const AddrRange> torn)
{
    if (rows.size() != blocks.size())
        return;
    const auto now = SearchRow::Clock::now();
    for (std::size_t i = 0; i < rows.size(); ++i) {
        SearchRow &row = rows_[places_[static_cast<std::size_t>(rows[i])]];
        const auto match = AddrRange::sized(row.address, row.size);
        const bool isTorn = row.size > 1 && match && anyIntersects(torn, *match);
        const bool turned = std::exchange(row.isTorn, isTorn) != isTorn;
        if (takeBlock(row, blocks[i], now) || turned)
            Q_EMIT dataChanged(index(rows[i], ValueColumn), index(rows[i], BytesColumn));
    }
}

int SearchModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

int SearchModel::columnCount(const QModelIndex &parent) const { return parent.isValid() ? 0 : ColumnCount; }

QString SearchModel::detailsOf(const SearchRow &row) const
{
    QStringList lines{QStringLiteral("0x%1, %2 bytes").arg(addressText(row.address)).arg(row.size)};
    if (!row.state.present())
        lines << QStringLiteral("cannot be read now: %1").arg(QString::fromStdString(row.state.reason()));
    if (!row.bytes.empty())
        lines << hexText(row.match()) << charactersOf(row.match(), form_);
    if (!stale_.isEmpty())
        lines << stale_;
    return lines.join(QLatin1Char('\n'));
}

QVariant SearchModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid())
        return {};
    const SearchRow &row = at(index.row());
    const auto shownMatch = row.match().first(std::min(row.match().size(), kShown));
    const auto shown = row.bytes.empty() ? std::span<const std::byte>()
                       : shownMatch.size() < row.match().size()
                           ? std::span(row.bytes).first(row.before + shownMatch.size())
                           : std::span<const std::byte>(row.bytes);
    if (role == Qt::ToolTipRole)
        return detailsOf(row);
    if (role == MatchRole) {
        if (index.column() == BytesColumn && !shown.empty())
            return QPoint(3 * row.before, std::max(0, 3 * static_cast<int>(shownMatch.size()) - 1));
        if (index.column() == ValueColumn && isText(form_) && row.state.present())
            return QPoint(row.before, static_cast<int>(shownMatch.size()));
        return {};
    }
    if (role != Qt::DisplayRole)
        return {};
    switch (index.column()) {
    case AddressColumn: return addressText(row.address);
    case SegmentColumn: {
        const Segment *segment = session_->segments().find(row.address);
        return segment ? QString::fromLatin1(name(segment->kind)) : QString();
    }
    case PlaceColumn: return placeText(*session_, row.address, row.slab);
    case ValueColumn:
        if (!row.state.present())
            return QStringLiteral("??");
        if (form_.isNumeric())
            return numberText(*session_, form_, type_, row.value) +
                   (row.isTorn ? QStringLiteral(" · torn") : QString());
        return charactersOf(isText(form_) ? shown : row.match(), form_);
    case FoundColumn:
        return form_.isNumeric() && row.value != row.found ? numberText(*session_, form_, type_, row.found) : QString();
    case BytesColumn: return hexText(shown);
    default: return {};
    }
}

QVariant SearchModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case AddressColumn: return QStringLiteral("address");
    case SegmentColumn: return QStringLiteral("segment");
    case PlaceColumn: return QStringLiteral("place");
    case ValueColumn:
        return isText(form_) || form_.kind == SearchKind::Strings ? QStringLiteral("text") : QStringLiteral("value");
    case FoundColumn: return QStringLiteral("found as");
    case BytesColumn: return QStringLiteral("bytes");
    default: return {};
    }
}

void SearchModel::sort(int column, Qt::SortOrder order)
{
    sortColumn_ = column;
    sortOrder_ = order;
    arranged_ = false;
    arrange();
}

void SearchModel::arrange()
{
    if (running_ || arranged_)
        return;
    if (rows_.empty())
        arranged_ = true;
    else
        Q_EMIT orderWanted();
}

SearchKeys SearchModel::sortKeys() const
{
    using By = SearchKeys::By;
    SearchKeys keys{.generation = order_, .descending = sortOrder_ == Qt::DescendingOrder};
    keys.addresses.reserve(rows_.size());
    for (const SearchRow &row : rows_)
        keys.addresses.push_back(row.address);
    switch (sortColumn_) {
    case SegmentColumn: keys.by = By::Segment; break;
    case PlaceColumn: keys.by = By::Place; break;
    case ValueColumn:
    case FoundColumn: keys.by = form_.isNumeric() ? By::Number : By::Bytes; break;
    case BytesColumn: keys.by = By::Bytes; break;
    default: break;
    }
    if (keys.by == By::Number) {
        const auto member = sortColumn_ == ValueColumn ? &SearchRow::value : &SearchRow::found;
        const std::uint64_t sign = type_.isSigned ? std::uint64_t{1} << (8 * type_.width - 1) : 0;
        keys.numbers.reserve(rows_.size());
        for (const SearchRow &row : rows_)
            keys.numbers.push_back(row.*member ^ sign);
    }
    if (keys.by == By::Bytes || keys.by == By::Place) {
        keys.ends.reserve(rows_.size());
        for (const SearchRow &row : rows_) {
            if (keys.by == By::Place)
                keys.bytes += row.slab;
            else if (const auto match = row.match(); !match.empty())
                keys.bytes.append(reinterpret_cast<const char *>(match.data()), match.size());
            keys.ends.push_back(keys.bytes.size());
        }
    }
    return keys;
}

void SearchModel::setOrder(quint64 generation, const std::vector<std::uint32_t> &order)
{
    if (generation != order_ || order.size() != rows_.size())
        return;
    Q_EMIT layoutAboutToBeChanged({}, VerticalSortHint);
    const QModelIndexList before = persistentIndexList();
    QModelIndexList after;
    if (!before.isEmpty()) {
        std::vector<int> rowOf(order.size());
        for (std::size_t row = 0; row < order.size(); ++row)
            rowOf[order[row]] = static_cast<int>(row);
        after.reserve(before.size());
        for (const QModelIndex &old : before)
            after << index(rowOf[places_[static_cast<std::size_t>(old.row())]], old.column());
    }
    places_ = order;
    ++order_;
    arranged_ = true;
    changePersistentIndexList(before, after);
    Q_EMIT layoutChanged({}, VerticalSortHint);
}

} // namespace ks::ui
