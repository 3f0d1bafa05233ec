#include "ui/windows/target_opener.h"

namespace ks::ui {

namespace {

constexpr int kPollMs = 100;

Result<OpenedTarget> openTarget(const Openers &openers, const TargetRequest &request, Progress &progress)
{
    const auto ask = [&](const Openers::Open &open) -> Result<std::shared_ptr<const Session>> {
        if (!open)
            return fail(ErrorCode::Unsupported, "this build", "cannot open such a target");
        return open(request.options, progress);
    };
    OpenedTarget target{.request = request, .demo = request.kind == TargetRequest::Kind::Demo};
    // Whatever takes its place while it is opened is another one.
    if (request.kind == TargetRequest::Kind::Kernel && !request.options.core.empty())
        target.file.emplace(request.options.core);
    auto session = ask(target.demo                                       ? openers.demo
                       : request.kind == TargetRequest::Kind::Privileged ? openers.privileged
                                                                         : openers.kernel);
    if (!session && request.demoInstead && openers.demo && !progress.cancelled()) {
        target.refused = session.error();
        target.demo = true;
        target.file.reset();
        SessionOptions plain;
        session = openers.demo(plain, progress);
    }
    if (!session)
        return std::unexpected(session.error());
    target.session = std::move(*session);
    return target;
}

} // namespace

TargetOpener::TargetOpener(Openers openers, QObject *parent)
    : QObject(parent), openers_(std::move(openers)), channel_(worker_.newChannel())
{
    poll_.setInterval(kPollMs);
    connect(&poll_, &QTimer::timeout, this, [this] {
        if (const auto state = worker_.progress(channel_))
            Q_EMIT stageChanged(QString::fromStdString(state->stage), state->done, state->total);
    });
}

void TargetOpener::open(const TargetRequest &request)
{
    poll_.start();
    worker_.post(
        channel_, [openers = openers_, request](Progress &progress) { return openTarget(openers, request, progress); },
        this,
        [this, request](Result<OpenedTarget> target) {
            poll_.stop();
            if (target)
                Q_EMIT opened(*target);
            else
                Q_EMIT failed(request, target.error());
        });
}

void TargetOpener::cancel()
{
    if (!isBusy())
        return;
    worker_.cancel(channel_);
    poll_.stop();
    Q_EMIT cancelled();
}

} // namespace ks::ui
