// Compares the kernel that is open with a snapshot, in the background: opens the snapshot, and hands out differences as
// they are found.
#pragma once

#include "core/session/session.h"
#include "ui/models/diff_entry.h"
#include "ui/workers/worker.h"

#include <QStringList>
#include <QTimer>

namespace ks::ui {

struct DiffRequest {
    std::shared_ptr<const Session> session; ///< what is open: it is "after"
    SessionOptions options;                 ///< how it was opened: the same files serve the snapshot
    std::filesystem::path snapshot;
    bool byTypes = true;
    bool byBytes = false;
    std::size_t limit = 20'000; ///< differences that are handed out, of each kind of comparison
};

struct DiffOutcome {
    QString summary;   ///< what was compared: "57 tasks, 1 module, 431 variables"
    QStringList notes; ///< sentences: what could not be compared
    QStringList cuts;  ///< sentences: what is not shown, because the limit was reached
};

/// For a snapshot of a kernel that was opened so: another core, and of the rest what does not depend on the boot.
SessionOptions snapshotOptions(SessionOptions options, const std::filesystem::path &snapshot);

class DiffWork : public QObject {
    Q_OBJECT

public:
    explicit DiffWork(QObject *parent = nullptr);

    /// The comparison before, if one is on its way, is dropped.
    void start(DiffRequest request);
    void cancel();
    bool isBusy() const { return worker_.isBusy(channel_); }

Q_SIGNALS:
    /// `percent` is -1 where the end is not known.
    void progressed(const QString &stage, int percent);
    void found(std::vector<ks::ui::DiffEntry> entries);
    void finished(const ks::ui::DiffOutcome &outcome);
    void failed(const ks::Error &error);

private:
    struct Feed;
    void handOut();

    Worker worker_;
    Channel channel_;
    QTimer poll_;
    std::shared_ptr<Feed> feed_; ///< of the comparison that counts
};

} // namespace ks::ui
