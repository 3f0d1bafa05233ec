// Snapshots and differences at work: the dialogs, what goes on in the background, and the dock of what differs.
#pragma once

#include "ui/models/diff_model.h"
#include "ui/models/log_model.h"
#include "ui/views/diff_view.h"
#include "ui/windows/target_opener.h"
#include "ui/workers/diff_work.h"
#include "ui/workers/snapshot_work.h"

#include <QObject>
#include <QPointer>

class QLabel;

namespace ks::ui {

class KernelBrowser;
class SnapshotDialog;

class SnapshotDesk : public QObject {
    Q_OBJECT

public:
    explicit SnapshotDesk(QWidget *window);

    DiffModel *model() const { return model_; }
    DiffPanel *panel() const { return panel_; }
    /// For the status line: what goes on, with a way to stop it, then what has come of it.
    QLabel *status() const { return status_; }

    /// The kernel that is open, and how it was opened; null: none.
    void setBrowser(KernelBrowser *browser, const OpenedTarget &target = {});
    /// Asks what to save.
    void askSnapshot();
    /// Asks what to compare with.
    void askDiff();
    /// Compares with the last snapshot that was saved, or asks when there is none.
    void diffWithLast();
    void compareWith(const std::filesystem::path &snapshot, bool byTypes, bool byBytes);
    /// How many differences of each kind are shown.
    void setLimit(std::size_t limit) { limit_ = limit; }
    void cancel();
    bool isBusy() const { return saver_.isSaving() || differ_.isBusy(); }
    /// As CSV when the name ends so, else as JSON. An empty string, or what went wrong.
    QString exportTo(const QString &file) const;

Q_SIGNALS:
    void diffRequested(); ///< the dock is to be seen
    void titleChanged(const QString &title);
    void openRequested(const ks::SessionOptions &options);
    void message(const QString &text);
    void logged(ks::ui::LogModel::Level level, const QString &text);
    void failed(const ks::Error &error);

private:
    /// What can be saved, as the dialog shows it.
    struct Choice {
        QString text;
        QString detail;
        SnapshotRequest request;
    };
    QList<Choice> choices() const;
    bool hasMemory() const;
    void save(const SnapshotRequest &request, const std::filesystem::path &file, bool replace);
    void saved(const std::filesystem::path &file, const SnapshotReport &report);
    void compared(const DiffOutcome &outcome);
    void follow(const QString &link);
    void showStatus();

    QWidget *window_;
    DiffModel *model_;
    DiffPanel *panel_;
    QLabel *status_;
    SnapshotWork saver_;
    DiffWork differ_;
    QPointer<KernelBrowser> browser_;
    QPointer<SnapshotDialog> dialog_;
    SessionOptions options_;
    std::size_t limit_ = DiffRequest().limit;
    std::filesystem::path last_;    ///< the snapshot that was saved last
    std::filesystem::path against_; ///< what is compared with
    QString saving_;                ///< what the status line says of a snapshot on its way; empty: none is
    QString comparing_;
    QString done_; ///< what it says of the last that was saved
};

} // namespace ks::ui
