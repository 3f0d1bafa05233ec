// The watch list: expressions, alone or in named groups, and what the last sample says of each. Reads nothing itself: a
// Sampler does, somebody ticks it, and hands the samples over.
#pragma once

#include "core/live/sampler.h"
#include "ui/models/watch_list.h"
#include "ui/models/watch_row.h"

#include <QAbstractItemModel>
#include <QBasicTimer>
#include <QMetaType>

#include <functional>
#include <memory>
#include <vector>

namespace ks::ui {

using SamplePtr = std::shared_ptr<const live::Sample>;

class WatchModel : public QAbstractItemModel {
    Q_OBJECT

public:
    enum Column {
        ExpressionColumn,
        ValueColumn,
        PreviousColumn,
        ChangesColumn,
        RateColumn,
        MinimumColumn,
        MaximumColumn,
        HistoryColumn,
        StateColumn,
        ColumnCount
    };

    explicit WatchModel(QObject *parent = nullptr);
    ~WatchModel() override;

    /// Gets ready what a subscription needs, and then calls `open`: it waits until then.
    using Gate = std::function<void(const live::Subscription &subscription, std::function<void()> open)>;
    /// Who samples from now on; null: nobody, and the rows have no values.
    void setSampler(std::shared_ptr<live::Sampler> sampler, Gate gate = {});
    void take(const SamplePtr &sample);
    /// Nothing is sampled for the time being.
    void setFrozen(bool frozen);
    const SamplePtr &sample() const { return sample_; }

    /// Behind `after` (a watch), at the end of it (a group), or at the end of all. Invalid when the list is full or the
    /// expression is empty.
    QModelIndex add(WatchItem item, const QModelIndex &after = {});
    /// Groups go with all that is in them.
    void remove(const QModelIndexList &indexes);
    /// The copies stand behind the originals. Groups are not copied.
    QModelIndexList duplicate(const QModelIndexList &indexes);
    /// What is asked for is sampled anew when it is another thing than before.
    void change(const QModelIndex &index, WatchItem item);

    /// The group of this name, made if there is none.
    QModelIndex group(const QString &name);
    QStringList groups() const;
    /// The group goes, its watches stay in its place.
    void dissolve(const QModelIndex &group);
    /// To before row `row` of `parent` (a group, or invalid: no group); -1: to the end. Groups stay outside of groups.
    void move(const QModelIndexList &indexes, const QModelIndex &parent, int row = -1);
    /// By one row within its parent. Whether there was room.
    bool moveBy(const QModelIndex &index, int by);

    bool isGroup(const QModelIndex &index) const;
    /// Null for groups and invalid indexes.
    const WatchRow *rowAt(const QModelIndex &index) const;
    /// How the value went, of the last sample that was taken.
    const live::History &historyAt(const QModelIndex &index) const;
    /// All watches, in the order of the list.
    QModelIndexList watches() const;
    std::size_t watchCount() const;

    WatchList list() const;
    /// In place of all that is there.
    void setList(const WatchList &list);

    QModelIndex index(int row, int column, const QModelIndex &parent = {}) const override;
    QModelIndex parent(const QModelIndex &child) const override;
    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    bool setData(const QModelIndex &index, const QVariant &value, int role) override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    Qt::ItemFlags flags(const QModelIndex &index) const override;
    Qt::DropActions supportedDropActions() const override { return Qt::MoveAction | Qt::CopyAction; }
    QStringList mimeTypes() const override;
    QMimeData *mimeData(const QModelIndexList &indexes) const override;
    /// Moves rows of this list, or adds a watch for each line of text. False after a move, because the rows are where
    /// they belong and nobody is to remove them.
    bool dropMimeData(const QMimeData *data, Qt::DropAction action, int row, int column,
                      const QModelIndex &parent) override;

Q_SIGNALS:
    /// Something is to be sampled that was not, or more often.
    void subscribed();
    /// The number of watches is another one.
    void countChanged(int count);
    /// Which rows are plotted, or how they are called.
    void plotChanged();
    void sampleTaken();

protected:
    void timerEvent(QTimerEvent *event) override;

private:
    struct Node;

    Node *nodeOf(const QModelIndex &index) const;
    QModelIndex indexOf(const Node &node, int column = ExpressionColumn) const;
    Node *parentNode(const QModelIndex &parent) const;
    void forEachWatch(const std::function<void(Node &, const QModelIndex &)> &visit) const;
    void subscribe(Node &node);
    void resubscribe(const Node &node);
    void unsubscribe(Node &node);
    Node &insert(Node &parent, int row, std::unique_ptr<Node> node);
    void removeNode(Node &node);
    void moveNode(Node &node, Node &to, int row);
    /// The nodes behind the first columns of `indexes`, in the order of the list, none twice; without those whose group
    /// is among them.
    std::vector<Node *> nodesOf(const QModelIndexList &indexes) const;
    QVariant textOf(const Node &node, const QModelIndex &index) const;
    void updated(const QModelIndex &first, int from, int to);

    std::shared_ptr<live::Sampler> sampler_;
    Gate gate_;
    SamplePtr sample_;
    std::unique_ptr<Node> root_;
    bool frozen_ = false;
    QBasicTimer fade_;
    std::uint64_t nextKey_ = 1;
};

} // namespace ks::ui

Q_DECLARE_METATYPE(ks::ui::SamplePtr)
