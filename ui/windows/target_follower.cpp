#include "ui/windows/target_follower.h"

#include <sys/stat.h>

namespace ks::ui {

namespace {

using namespace std::chrono_literals;

/// A file counts as written when two looks in a row see the same.
constexpr auto kPause = 500ms;

} // namespace

TargetFollower::TargetFollower(QObject *parent) : QObject(parent), channel_(worker_.newChannel())
{
    timer_.setInterval(kPause);
    connect(&timer_, &QTimer::timeout, this, &TargetFollower::look);
}

void TargetFollower::follow(const std::filesystem::path &path)
{
    worker_.cancel(channel_);
    watch_ = path.empty() ? nullptr : std::make_shared<const live::TargetWatch>(path);
    problem_.clear();
    wasCut_ = false;
    last_.reset();
    tried_.reset();
    watch_ ? timer_.start() : timer_.stop();
}

void TargetFollower::look()
{
    if (worker_.isBusy(channel_))
        return;
    worker_.post(
        channel_,
        [watch = watch_] {
            Look seen{watch->check(), {}};
            struct stat info = {};
            if (::stat(watch->path().c_str(), &info) == 0)
                seen.identity = Identity{info.st_dev, info.st_ino, static_cast<std::uint64_t>(info.st_size),
                                         static_cast<std::uint64_t>(info.st_mtim.tv_sec),
                                         static_cast<std::uint64_t>(info.st_mtim.tv_nsec)};
            return seen;
        },
        this, [this](const Look &seen) { take(seen); });
}

void TargetFollower::take(const Look &seen)
{
    const live::TargetState state = seen.finding.state;
    wasCut_ = wasCut_ || state == live::TargetState::Shrunk;
    QString problem;
    if (seen.finding.why)
        problem = QString::fromStdString(seen.finding.why->message());
    else if (wasCut_)
        problem = QStringLiteral("%1: it has been written again").arg(QString::fromStdString(watch_->path().string()));
    if (problem != problem_) {
        problem_ = problem;
        Q_EMIT problemChanged(problem_);
    }
    const bool isOther = state != live::TargetState::Gone && !problem_.isEmpty();
    const bool isSettled = isOther && seen.identity && seen.identity == last_ && seen.identity != tried_;
    last_ = seen.identity;
    if (!isSettled)
        return;
    tried_ = seen.identity;
    Q_EMIT settled();
}

} // namespace ks::ui
