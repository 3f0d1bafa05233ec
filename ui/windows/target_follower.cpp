#include "ui/windows/target_follower.h"

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

void TargetFollower::follow(const std::optional<live::TargetWatch> &file)
{
    worker_.cancel(channel_);
    watch_ = file ? std::make_shared<const live::TargetWatch>(*file) : nullptr;
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
        channel_, [watch = watch_] { return watch->check(); }, this,
        [this](const live::TargetWatch::Finding &finding) { take(finding); });
}

void TargetFollower::take(const live::TargetWatch::Finding &finding)
{
    const live::TargetState state = finding.state;
    wasCut_ = wasCut_ || state == live::TargetState::Shrunk;
    QString problem;
    if (finding.why)
        problem = QString::fromStdString(finding.why->message());
    else if (wasCut_)
        problem = QStringLiteral("%1: it has been written again").arg(QString::fromStdString(watch_->path().string()));
    if (problem != problem_) {
        problem_ = problem;
        Q_EMIT problemChanged(problem_);
    }
    const bool isOther = state != live::TargetState::Gone && !problem_.isEmpty();
    const bool isSettled = isOther && finding.found && finding.found == last_ && finding.found != tried_;
    last_ = finding.found;
    if (!isSettled)
        return;
    tried_ = finding.found;
    Q_EMIT settled();
}

} // namespace ks::ui
