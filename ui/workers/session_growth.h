// Makes more of an opened kernel in the background: its full types once they are indexed, its modules as they come and
// go. What is open stays in use meanwhile.
#pragma once

#include "core/session/session.h"
#include "ui/workers/worker.h"

#include <QTimer>

namespace ks::ui {

class SessionGrowth : public QObject {
    Q_OBJECT

public:
    explicit SessionGrowth(std::shared_ptr<const Session> session, QObject *parent = nullptr);

    /// Begins to index what KernelInfo::typesPending names, if anything.
    void start();
    /// Gives the full types up; what serves now goes on to serve.
    void cancel();
    /// Looks whether modules came or went, unless a look is on its way.
    void checkModules();
    bool isIndexing() const { return indexing_; }
    /// The types of a module are opened when a job of `worker` first needs them, which may take a download: shown, and
    /// cancelled, as the rest is.
    void watch(const Worker *worker);

Q_SIGNALS:
    /// `news` says for a person what is new.
    void grown(const std::shared_ptr<const ks::Session> &session, const QString &news);
    /// What goes on, "indexing DWARF of vmlinux"; empty: nothing. `percent` is -1 where the end is not known.
    void progressed(const QString &what, int percent);
    void failed(const ks::Error &error);

private:
    using Grown = Result<std::shared_ptr<const Session>>;
    void take(const Grown &grown, const QString &news);
    void showProgress();

    std::shared_ptr<const Session> session_;
    Worker worker_;
    Channel types_;
    Channel modules_;
    std::vector<const Worker *> watched_;
    QTimer poll_;
    bool indexing_ = false;
    bool shown_ = false;
};

} // namespace ks::ui
