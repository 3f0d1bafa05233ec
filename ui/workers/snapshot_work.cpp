#include "ui/workers/snapshot_work.h"

namespace ks::ui {

namespace {

constexpr int kPollMs = 100;

} // namespace

SnapshotWork::SnapshotWork(QObject *parent)
    : QObject(parent), measure_(measurer_.newChannel()), save_(worker_.newChannel())
{
    poll_.setInterval(kPollMs);
    connect(&poll_, &QTimer::timeout, this, [this] {
        const Progress::State state = progress_->state();
        if (!progress_->cancelled() && !state.stage.empty())
            Q_EMIT progressed(QString::fromStdString(state.stage), percentOf(state));
    });
}

SnapshotWork::~SnapshotWork() { cancel(); }

void SnapshotWork::measure(std::shared_ptr<const Session> session, std::vector<AddrRange> ranges,
                           const std::filesystem::path &file, std::function<void(const Result<SnapshotSpace> &)> answer)
{
    measurer_.post(
        measure_,
        [session = std::move(session), ranges = std::move(ranges), file] {
            return snapshotSpace(session->memory(), ranges, file);
        },
        this, std::move(answer));
}

void SnapshotWork::save(std::shared_ptr<const Session> session, SnapshotRequest request,
                        const std::filesystem::path &file, NewFile::Existing existing)
{
    progress_ = std::make_shared<Progress>();
    poll_.start();
    worker_.post(
        save_,
        [session = std::move(session), request = std::move(request), file, existing, progress = progress_] {
            return saveSnapshot(session->memory(), request, file, existing, *progress);
        },
        this,
        [this, file](const Result<SnapshotReport> &report) {
            poll_.stop();
            progress_.reset();
            if (report)
                Q_EMIT saved(file, *report);
            else
                Q_EMIT failed(report.error());
        });
}

void SnapshotWork::cancel()
{
    if (progress_)
        progress_->cancel();
}

} // namespace ks::ui
