// The pulse of one opened kernel: owns its Sampler and ticks it, off the GUI thread, whenever something is due. All
// that is visible or watched is subscribed there, and so read in one batch. Never more than one tick is on its way, and
// no sample is left out.
#pragma once

#include "core/live/sampler.h"
#include "ui/workers/worker.h"

#include <QTimer>

#include <atomic>
#include <memory>

namespace ks::ui {

class Sampling : public QObject {
    Q_OBJECT

public:
    /// `context.memory` is not null; `owner` keeps alive what `context` views.
    Sampling(std::shared_ptr<const void> owner, const EvalContext &context);
    ~Sampling() override;

    const std::shared_ptr<live::Sampler> &sampler() const { return sampler_; }
    const Worker &worker() const { return worker_; }
    /// The same kernel, of which more is known. It takes over when all that is watched has been made with it once.
    void setContext(std::shared_ptr<const void> owner, const EvalContext &context);
    /// Makes the value once, off the GUI thread and outside of the ticks, since debug information may have to be opened
    /// for it; then calls `ready`.
    void prepare(const live::Subscription &subscription, std::function<void()> ready);
    /// A live target is this file: that it goes, or is replaced, is told instead of read. What is saved stays what it
    /// was when it was opened.
    void setTarget(const std::optional<live::TargetWatch> &file);
    /// Why what is at the target's place is not it, as long as that is so; empty: it is.
    void setProblem(const QString &problem);
    /// Another session of the same kernel takes over, out of this file.
    void goOn(std::shared_ptr<const void> owner, const EvalContext &context,
              const std::optional<live::TargetWatch> &file);
    /// How often subscriptions without a rate of their own are sampled.
    void setRate(double hz);
    void setFrozen(bool frozen);
    bool isFrozen() const { return frozen_; }
    /// Samples all that follows the common rate now, frozen or not.
    void readNow();
    /// Something has been subscribed.
    void wake();
    /// One range, once, for a copy.
    void readOnce(const AddrRange &range, QObject *receiver, std::function<void(MemoryBlock)> deliver);

    /// The share of one processor that sampling took of late, from 0 to 1.
    double load() const { return load_; }
    /// Whether memory changes; if not, each subscription is sampled once.
    bool isLive() const { return isLive_; }

Q_SIGNALS:
    /// A tick is about to begin in which all is read: who shows something else than before subscribes to that now.
    void collecting();
    void sampled(const std::shared_ptr<const ks::live::Sample> &sample);
    /// The sampler has seen that modules came or went, and waits for a session that knows them.
    void modulesChanged();

private:
    enum class Forced : std::uint8_t { No, Yes };
    void arm();
    void tick(Forced forced);
    void take(const std::shared_ptr<const live::Sample> &sample);
    void prepareAll();
    void adopt();

    std::shared_ptr<const void> owner_; ///< of the context that counts, or that is to take over
    EvalContext context_;
    std::optional<std::optional<live::TargetWatch>> nextFile_; ///< with the context that is to take over
    std::shared_ptr<live::Sampler> sampler_;
    std::shared_ptr<std::atomic<bool>> modulesChanged_; ///< set by the thread that ticks
    Worker worker_;
    Worker preparer_;
    Channel all_;
    Channel tick_;
    Channel once_;
    QTimer timer_;
    bool isLive_;
    bool frozen_ = false;
    bool ticking_ = false;
    bool isOld_ = false;  ///< what is on its way is of another target
    bool forced_ = false; ///< readNow() was asked for while a tick was on its way
    std::chrono::nanoseconds period_;
    std::uint64_t lastTick_ = 0;
    std::chrono::steady_clock::time_point loadSince_;
    std::chrono::nanoseconds cpu_{0};
    double load_ = 0;
};

} // namespace ks::ui
