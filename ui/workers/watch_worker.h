// Keeps the watch list fresh: owns the Sampler of one opened kernel and ticks it, off the GUI thread, whenever it has
// something to do. Never more than one tick is on its way, and no sample is left out.
#pragma once

#include "core/live/sampler.h"
#include "core/session/session.h"
#include "ui/workers/worker.h"

#include <QTimer>

#include <atomic>
#include <memory>

namespace ks::ui {

class WatchWorker : public QObject {
    Q_OBJECT

public:
    /// The session has memory.
    explicit WatchWorker(std::shared_ptr<const Session> session, QObject *parent = nullptr);
    ~WatchWorker() override;

    const std::shared_ptr<live::Sampler> &sampler() const { return sampler_; }
    const std::shared_ptr<const Session> &session() const { return session_; }
    /// The same kernel, of which more is known.
    void setSession(std::shared_ptr<const Session> session);
    /// The target is this file: that it goes, or is replaced, is told instead of read.
    void setTarget(const std::optional<live::TargetWatch> &file) { sampler_->setTarget(file); }
    /// Another session of the same kernel takes over, out of this file.
    void goOn(std::shared_ptr<const Session> session, const std::optional<live::TargetWatch> &file);
    /// How often watches without a rate of their own are sampled.
    void setRate(double hz);
    void setFrozen(bool frozen);
    /// Samples all that follows the common rate now, frozen or not.
    void readNow();
    /// Something has been subscribed.
    void wake();

    /// A question about the session, as SessionWorker::post; it waits for a tick that is on its way.
    Channel newChannel() { return worker_.newChannel(); }
    template <class Job, class Deliver>
    void ask(Channel channel, Job job, QObject *receiver, Deliver deliver)
    {
        worker_.post(
            channel, [session = session_, job = std::move(job)]() mutable { return job(*session); }, receiver,
            std::move(deliver));
    }

    /// The share of one processor that sampling took of late, from 0 to 1.
    double load() const { return load_; }
    /// Whether memory changes; if not, each watch is sampled once.
    bool isLive() const { return isLive_; }

Q_SIGNALS:
    void sampled(const std::shared_ptr<const ks::live::Sample> &sample);
    /// The sampler has seen that modules came or went, and waits for a session that knows them.
    void modulesChanged();

private:
    enum class Forced : std::uint8_t { No, Yes };
    void arm();
    void tick(Forced forced);
    void take(const std::shared_ptr<const live::Sample> &sample);

    std::shared_ptr<const Session> session_;
    std::shared_ptr<live::Sampler> sampler_;
    std::shared_ptr<std::atomic<bool>> modulesChanged_; ///< set by the thread that ticks
    Worker worker_;
    Channel tick_;
    QTimer timer_;
    bool isLive_;
    bool frozen_ = false;
    bool ticking_ = false;
    bool forced_ = false; ///< readNow() was asked for while a tick was on its way
    std::chrono::nanoseconds period_;
    std::uint64_t lastTick_ = 0;
    std::chrono::steady_clock::time_point loadSince_;
    std::chrono::nanoseconds cpu_{0};
    double load_ = 0;
};

} // namespace ks::ui
