// The inspector at work: which object it shows, what can be done with its rows, and how it and the hex view light each
// other's bytes.
#pragma once

#include "ui/models/struct_overlay.h"
#include "ui/views/inspector_panel.h"
#include "ui/workers/live_view.h"
#include "ui/workers/session_worker.h"

#include <functional>

namespace ks::ui {

class AskDialog;

/// What an expression is as an object: `&init_task` and a pointer to a record mean the record.
Result<StructRoot> rootForExpression(const EvalContext &context, const QString &expression);

class Inspector : public QObject {
    Q_OBJECT

public:
    /// `sampling` keeps what is shown fresh; null: there is no memory.
    Inspector(SessionWorker *worker, const std::shared_ptr<Sampling> &sampling, QWidget *parent);

    InspectorPanel *panel() const { return panel_; }
    StructTreeModel *model() const { return model_; }

    void inspect(const StructRoot &root);
    /// Evaluates first; what cannot be shown goes to failed().
    void inspectExpression(const QString &expression, const QList<QStringList> &expanded = {});
    /// What is shown, with the types that serve now; the rows that are open stay open. False when nothing is shown.
    bool inspectAgain();
    /// The variable that holds this byte, when it is another one than the one that is shown.
    void follow(VirtAddr address);
    /// What is shown, as an expression; empty when nothing is.
    QString inspected() const;
    std::optional<AddrRange> range() const;
    /// An object was asked for and is not there yet.
    bool isSearching() const { return worker_->isBusy(evaluate_) || worker_->isBusy(root_); }

    /// The hex view stands on this byte: its row is lit.
    void lightByte(VirtAddr address);

Q_SIGNALS:
    void shown();
    void overlayChanged(const ks::ui::StructOverlay &overlay);
    /// The row that was chosen lies on these bytes.
    void memberChosen(ks::VirtAddr first, quint64 size);
    void goToRequested(ks::VirtAddr address);
    void watchRequested(const QString &expression);
    void failed(const ks::Error &error);

private:
    using Change = std::function<void()>;
    void run(StructTreeModel::Lane lane, StructTreeModel::Job job);
    void rootShown();
    void askVisible();
    void take(const live::Sample &sample);
    void openMenu(const QModelIndex &index, const QPoint &position);
    void askCast(const QPersistentModelIndex &index);
    void askList(const QPersistentModelIndex &index);
    void askContainer(const QPersistentModelIndex &index);
    /// Has `judge` find out in the background what was meant, then makes the change or shows why not.
    void submit(AskDialog *dialog, std::function<Result<Change>(const EvalContext &)> judge);
    void copyText(const QModelIndex &index, bool json);

    SessionWorker *worker_;
    std::optional<LiveView> live_; ///< of the visible rows
    std::vector<std::uint64_t> asked_;
    std::shared_ptr<const void> taken_; ///< the answer that is shown
    std::vector<AddrRange> torn_;       ///< of it
    StructTreeModel *model_;
    InspectorPanel *panel_;
    Channel root_;
    Channel refresh_;
    Channel evaluate_;
    Channel spans_;
    Channel copy_;
    QList<QStringList> expandedNext_;
};

} // namespace ks::ui
