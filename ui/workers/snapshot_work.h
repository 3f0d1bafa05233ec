// Saves memory in the background: says first what it would take, then how far it is.
#pragma once

#include "core/live/snapshot.h"
#include "core/session/session.h"
#include "ui/workers/worker.h"

#include <QTimer>

namespace ks::ui {

class SnapshotWork : public QObject {
    Q_OBJECT

public:
    explicit SnapshotWork(QObject *parent = nullptr);
    ~SnapshotWork() override;

    /// Only the newest question is answered.
    void measure(std::shared_ptr<const Session> session, std::vector<AddrRange> ranges,
                 const std::filesystem::path &file, std::function<void(const Result<SnapshotSpace> &)> answer);
    /// One at a time: not while isSaving().
    void save(std::shared_ptr<const Session> session, SnapshotRequest request, const std::filesystem::path &file,
              NewFile::Existing existing);
    /// Ends with failed(), Cancelled: then nothing is left of the file. It may have become whole before that: saved().
    void cancel();
    bool isSaving() const { return progress_ != nullptr; }

Q_SIGNALS:
    /// `percent` is -1 where the end is not known.
    void progressed(const QString &stage, int percent);
    void saved(const std::filesystem::path &file, const ks::SnapshotReport &report);
    void failed(const ks::Error &error);

private:
    Worker measurer_; ///< its own: a question must not wait for what is being saved
    Worker worker_;
    Channel measure_;
    Channel save_;
    QTimer poll_;
    /// Of what is being saved, else null. Its own, because what was cancelled on a Worker's channel tells no more
    /// whether the file came to be.
    std::shared_ptr<Progress> progress_;
};

} // namespace ks::ui
