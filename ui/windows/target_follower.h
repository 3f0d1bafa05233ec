// Looks after the file of an opened target: whether it is still the one that was opened, and when another one that took
// its place can be.
#pragma once

#include "core/live/target_watch.h"
#include "ui/workers/worker.h"

#include <QTimer>

#include <filesystem>
#include <memory>
#include <optional>

namespace ks::ui {

class TargetFollower : public QObject {
    Q_OBJECT

public:
    explicit TargetFollower(QObject *parent = nullptr);

    /// The file that is at `path` now is the one to be. An empty path: there is no file to look after.
    void follow(const std::optional<live::TargetWatch> &file);
    /// `settled` is to come once more for the file that is there.
    void retry() { tried_.reset(); }

Q_SIGNALS:
    /// Why the file is not the one that was opened; empty: it is.
    void problemChanged(const QString &problem);
    /// Another file is at the path, and nobody has written to it for a while. Comes once for each.
    void settled();

private:
    void look();
    void take(const live::TargetWatch::Finding &finding);

    Worker worker_; ///< what asks the file system may wait for a server
    Channel channel_;
    QTimer timer_;
    std::shared_ptr<const live::TargetWatch> watch_;
    QString problem_;
    bool wasCut_ = false; ///< what is at the path now has been written again, whatever its size
    std::optional<live::TargetWatch::Identity> last_;
    std::optional<live::TargetWatch::Identity> tried_;
};

} // namespace ks::ui
