#include "ui/workers/session_growth.h"

#include <algorithm>

namespace ks::ui {

namespace {

constexpr int kPollMs = 100;

/// "3 modules came (xfs, dummy, nfs), 1 went (loop)"
QString moduleNews(const Session &before, const Session &now)
{
    const auto missingIn = [](const Session &a, const Session &b) {
        QStringList names;
        for (const kernel::Module &module : a.modules())
            if (std::ranges::none_of(b.modules(), [&](const kernel::Module &other) {
                    return other.name == module.name && other.address == module.address;
                }))
                names << QString::fromStdString(module.name);
        return names;
    };
    const auto say = [](const QStringList &names, const char *what) {
        constexpr int kNamed = 5;
        QString list = QStringList(names.mid(0, kNamed)).join(QStringLiteral(", "));
        if (names.size() > kNamed)
            list += QStringLiteral(" and %1 more").arg(names.size() - kNamed);
        return QStringLiteral("%1 %2").arg(list, QLatin1String(what));
    };
    QStringList parts;
    if (const QStringList came = missingIn(now, before); !came.isEmpty())
        parts << say(came, "loaded");
    if (const QStringList went = missingIn(before, now); !went.isEmpty())
        parts << say(went, "unloaded");
    return parts.isEmpty() ? QString() : QStringLiteral("modules: ") + parts.join(QStringLiteral("; "));
}

} // namespace

SessionGrowth::SessionGrowth(std::shared_ptr<const Session> session, QObject *parent)
    : QObject(parent), session_(std::move(session)), types_(worker_.newChannel()), modules_(worker_.newChannel())
{
    poll_.setInterval(kPollMs);
    connect(&poll_, &QTimer::timeout, this, &SessionGrowth::showProgress);
}

void SessionGrowth::start()
{
    if (session_->info().typesPending.empty())
        return;
    const QString news =
        QStringLiteral("types now come from %1").arg(QString::fromStdString(session_->info().typesPending));
    worker_.post(
        types_, [session = session_](Progress &progress) { return session->withAllTypes(progress); }, this,
        [this, news](const Grown &grown) {
            indexing_ = false;
            showProgress();
            take(grown, news);
        });
    indexing_ = true;
    poll_.start();
    showProgress();
}

void SessionGrowth::watch(const Worker *worker)
{
    watched_.push_back(worker);
    connect(worker, &Worker::busyChanged, this, [this](bool busy) {
        if (busy && !poll_.isActive())
            poll_.start();
        else if (!busy)
            showProgress();
    });
}

void SessionGrowth::cancel()
{
    if (const auto opening = session_->moduleOpening())
        opening->work->cancel();
    worker_.cancel(types_);
    indexing_ = false;
    showProgress();
}

void SessionGrowth::checkModules()
{
    if (worker_.isBusy())
        return;
    worker_.post(
        modules_, [session = session_](Progress &progress) { return session->withModulesOfNow(progress); }, this,
        [this](const Grown &grown) {
            // What cannot be read now may be readable at the next look; the window shows by itself that a target is
            // lost.
            if (grown && *grown)
                take(grown, moduleNews(*session_, **grown));
        });
}

void SessionGrowth::take(const Grown &grown, const QString &news)
{
    if (!grown) {
        Q_EMIT failed(grown.error());
        return;
    }
    session_ = *grown;
    Q_EMIT this->grown(session_, news);
}

void SessionGrowth::showProgress()
{
    QString what;
    std::optional<Progress::State> state;
    if (isIndexing()) {
        what = QStringLiteral("indexing %1").arg(QString::fromStdString(session_->info().typesPending));
        state = worker_.progress(types_);
    } else if (const auto opening = session_->moduleOpening(); opening && !opening->work->cancelled()) {
        what = QStringLiteral("opening debug information of %1").arg(QString::fromStdString(opening->module));
        state = opening->work->state();
    } else if (std::ranges::none_of(watched_, [](const Worker *worker) { return worker->isBusy(); })) {
        poll_.stop();
    }
    if (!what.isEmpty() || shown_)
        Q_EMIT progressed(what, state ? percentOf(*state) : -1);
    shown_ = !what.isEmpty();
}

} // namespace ks::ui
