// What a search has found, as a table. Rows come in batches while it runs; those in sight are read again and again, and
// say what has changed since.
#pragma once

#include "core/search/search.h"
#include "ui/models/search_order.h"
#include "ui/models/search_query.h"

#include <QAbstractTableModel>

#include <chrono>
#include <span>
#include <string>

namespace ks::ui {

struct SearchRow {
    using Clock = std::chrono::steady_clock;
    /// Bytes that are kept on both sides of a match, and of the match itself.
    static constexpr std::size_t kContext = 8;
    static constexpr std::size_t kMost = 256;
    /// For how long a change is lit.
    static constexpr std::chrono::milliseconds kWarm{1500};

    VirtAddr address;
    std::uint64_t size = 0;       ///< of the match, all of it
    std::uint64_t found = 0;      ///< numbers: the value as the last scan found it
    std::uint64_t value = 0;      ///< numbers: as it was read last
    std::vector<std::byte> bytes; ///< the match and what lies around it, as read last; empty: not read since a scan
    std::string slab;        ///< "dentry+0x38 (slab)", the object that held it when it was found; empty: none is known
    std::uint8_t before = 0; ///< how many of them stand before the match
    PageState state{PageStatus::Present, 0}; ///< of the match when it was read last; if not Present, bytes are older
    Clock::time_point changed{};             ///< when it was seen to change; zero: never
    bool isLit = false;                      ///< the change has not been seen to fade
    bool isTorn = false;                     ///< it changed during every read: a number may mix two moments

    /// The part of the match that is kept.
    std::span<const std::byte> match() const;
    /// What is read to show it anew.
    AddrRange range() const;
    bool isWarm(Clock::time_point now) const { return changed != Clock::time_point{} && now - changed < kWarm; }
};

SearchRow rowOf(const SearchHit &hit, const SearchForm &form, const ScanType &type);
SearchRow rowOf(const ScanSet::Entry &entry, const ScanType &type);

class SearchModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { AddressColumn, SegmentColumn, PlaceColumn, ValueColumn, FoundColumn, BytesColumn, ColumnCount };
    /// Where in the text of the cell the match stands: a QPoint(begin, length); invalid: all of it is the match.
    static constexpr int MatchRole = Qt::UserRole;
    /// More are not listed.
    static constexpr std::size_t kLimit = 100'000;

    using QAbstractTableModel::QAbstractTableModel;

    /// Forgets all rows; those to come are of this search. Until finish() rows stay in the order they come in.
    void begin(std::shared_ptr<const Session> session, const SearchForm &form, const ScanType &type);
    void append(std::vector<SearchRow> rows);
    void finish();
    void clear();
    /// The same kernel, of which more is known: other names.
    void setSession(std::shared_ptr<const Session> session);
    /// Why the rows may not be true any more; empty: they may.
    void setStale(const QString &reason);
    const QString &staleReason() const { return stale_; }

    const SearchForm &form() const { return form_; }
    const ScanType &type() const { return type_; }
    /// Whether there was a search at all, which may have found nothing.
    bool isSearched() const { return session_ != nullptr; }
    const SearchRow &at(int row) const { return rows_[places_[static_cast<std::size_t>(row)]]; }
    /// All rows, as they stand in the table.
    std::vector<SearchRow> rows() const;
    SegmentKind segmentAt(int row) const;
    bool isWarm(const QModelIndex &index) const;

    /// Changes whenever a row is at another place or gone.
    quint64 order() const { return order_; }
    /// What these rows were read as, one block a row.
    void take(std::span<const int> rows, std::span<const MemoryBlock> blocks, std::span<const AddrRange> torn = {});

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    /// Asks for it: rows stay where they are until setOrder().
    void sort(int column, Qt::SortOrder order) override;
    /// Whether the rows stand as they were sorted last.
    bool isArranged() const { return arranged_; }
    /// For searchOrder(), which takes too long for the thread that shows the table.
    SearchKeys sortKeys() const;
    /// What came of these keys. Nothing happens when the rows are others by now.
    void setOrder(quint64 generation, const std::vector<std::uint32_t> &order);

Q_SIGNALS:
    /// Somebody has to work out an order of the rows.
    void orderWanted();

private:
    void arrange();
    bool takeBlock(SearchRow &row, const MemoryBlock &block, SearchRow::Clock::time_point now) const;
    QString detailsOf(const SearchRow &row) const;

    std::shared_ptr<const Session> session_; ///< null before the first search
    SearchForm form_;
    ScanType type_;
    std::vector<SearchRow> rows_;       ///< as they came
    std::vector<std::uint32_t> places_; ///< which of them stands in each row of the table
    QString stale_;
    quint64 order_ = 0;
    int sortColumn_ = AddressColumn;
    Qt::SortOrder sortOrder_ = Qt::AscendingOrder;
    bool arranged_ = true; ///< by address, as rows come
    bool running_ = false;
};

} // namespace ks::ui
