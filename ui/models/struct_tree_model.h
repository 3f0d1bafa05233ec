// The struct tree: an object of the kernel as rows of name, value and offset. Holds plain rows that a worker made;
// reads nothing and waits for nothing itself.
#pragma once

#include "ui/models/change_values.h"
#include "ui/models/struct_rows.h"

#include <QAbstractItemModel>
#include <QElapsedTimer>
#include <QTimer>

#include <functional>
#include <map>
#include <memory>

namespace ks::ui {

class StructTreeModel : public QAbstractItemModel {
    Q_OBJECT

public:
    enum Column { NameColumn, ValueColumn, OffsetColumn, ColumnCount };
    enum Role {
        LookRole = Qt::UserRole, ///< RowLook as int
        ChangedRole,             ///< bool: the value is marked as changed
        HeatRole,                ///< double: 1 just after a change, 0 when it has faded
        TornRole,                ///< bool: the value changed during every read, and may mix two moments
        RowRole,                 ///< const StructRow *, valid until the model changes
    };

    /// Runs the first part with a context to read with, off the GUI thread, and then the function that it gives on the
    /// GUI thread. Whoever runs it may drop the second part when the session has gone.
    using Job = std::function<std::function<void()>(const EvalContext &)>;
    /// A newer job of the lanes Root and Refresh makes the older one worthless; those of Children all count.
    enum class Lane { Root, Refresh, Children };
    using Runner = std::function<void(Lane, Job)>;

    explicit StructTreeModel(Runner runner, QObject *parent = nullptr);
    ~StructTreeModel() override;

    /// Shows another object. The old rows stay until the first ones of the new are read.
    void setRoot(StructRoot root);
    const std::optional<StructRoot> &root() const { return root_; }
    void clear();

    /// How what is shown is read again: the rows among `visible` and those that they hang on.
    struct Reading {
        /// Others are read in another way.
        std::vector<std::uint64_t> key;
        std::function<std::shared_ptr<const RowUpdates>(const EvalContext &)> make;
    };
    /// Nothing when no object is shown.
    std::optional<Reading> reading(const QModelIndexList &visible) const;
    /// What came of a reading, and the bytes of it that are torn, sorted. Dropped when the rows are others by now.
    void take(const RowUpdates &updates, const std::vector<AddrRange> &torn = {});
    /// Reads them once. False when no object is shown.
    bool refresh(const QModelIndexList &visible);
    /// The target does not answer, in place of a reading.
    void lose(const QString &reason) { setLost(reason); }

    /// What the marks of change compare with; the last look is now; the values that are shown are kept to compare with.
    void setChangeBase(ChangeBase base);
    ChangeBase changeBase() const { return values_.base(); }
    void markSeen();
    void keepSnapshot();
    /// The target answers nothing any more: why. What is shown is the last that was read. Empty as long as it answers.
    const QString &lostReason() const { return lostReason_; }
    /// A row was closed: pages of arrays forget their elements, so that a walk through millions keeps few of them.
    void closed(const QModelIndex &index);

    /// In place: the row as another type; nothing for the declared one.
    void setCast(const QModelIndex &index, std::optional<Type> type);
    /// The children as the items of a list; nothing for the plain struct.
    void setFollow(const QModelIndex &index, std::optional<ListFollow> follow);

    /// Null for an invalid index.
    const StructRow *rowAt(const QModelIndex &index) const;
    /// "init_task.se.load", "init_task.last_wakee->pid": an expression that gives this row; empty where C has none.
    QString expression(const QModelIndex &index) const;
    /// The innermost loaded row of the root object itself (not behind pointers) that covers this byte.
    QModelIndex indexOfAddress(VirtAddr address) const;
    /// Calls `visit` with every loaded row that lies within the root object, outer rows first.
    void forEachInPlace(const std::function<void(const QModelIndex &, const StructRow &)> &visit) const;
    /// The names of the rows from the root's child down to this one (with the offset where there is no name), and back.
    /// A row that has not been loaded yet cannot be found.
    QStringList pathOf(const QModelIndex &index) const;
    QModelIndex indexOfPath(const QStringList &path) const;

    QModelIndex index(int row, int column, const QModelIndex &parent = {}) const override;
    QModelIndex parent(const QModelIndex &child) const override;
    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    bool hasChildren(const QModelIndex &parent = {}) const override;
    bool canFetchMore(const QModelIndex &parent) const override;
    void fetchMore(const QModelIndex &parent) override;
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

Q_SIGNALS:
    void rootShown(); ///< the first row of a new object is there
    void childrenLoaded(const QModelIndex &parent);
    void refreshed();
    /// Values that became other ones, where they lie.
    void valuesChanged(const std::vector<ks::AddrRange> &ranges);
    /// lostReason() is another one.
    void lostChanged();

private:
    struct Node;

    Node *nodeOf(const QModelIndex &index) const;
    QModelIndex indexOf(const Node &node, int column = NameColumn) const;
    Node *find(std::uint64_t id) const;
    std::unique_ptr<Node> makeNode(Node *parent, StructRow row);
    void setChildren(Node &node, std::vector<StructRow> rows);
    void removeChildren(Node &node);
    void reread(Node &node);
    bool applyRow(Node &node, StructRow row);
    static QString key(const StructRow &row);
    /// The same for a row wherever in the tree, and whenever, it is shown. Empty for what lies nowhere.
    static QString keyOf(const StructRow &row);
    void keepValue(Node &node);
    void compareAgain();
    int stepOf(const Node &node) const;
    void setLost(const QString &reason);
    QString toolTip(const Node &node) const;
    void coolDown();
    RefreshPlan planOf(const Node &node, const std::vector<const Node *> &wanted) const;

    Runner runner_;
    std::optional<StructRoot> root_;
    std::unique_ptr<Node> top_; ///< the one visible top row
    std::map<std::uint64_t, Node *> nodes_;
    std::vector<std::uint64_t> warm_; ///< rows that glow
    ChangeValues values_;
    QString lostReason_;
    std::uint64_t nextId_ = 1;
    std::uint64_t generation_ = 0;      ///< of the root; answers to an older one are dropped
    std::uint64_t shownGeneration_ = 0; ///< of the rows that are there
    std::uint64_t shape_ = 0;           ///< changes with the rows, their casts and the lists that were chosen
    QElapsedTimer clock_;
    QTimer fade_; ///< runs while a row glows
};

} // namespace ks::ui
