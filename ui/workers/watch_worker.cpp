#include "ui/workers/watch_worker.h"

namespace ks::ui {

namespace {

using Steady = std::chrono::steady_clock;

/// Over how long the load is averaged.
constexpr std::chrono::seconds kLoadWindow{2};

std::shared_ptr<live::Sampler> makeSampler(const std::shared_ptr<const Session> &session)
{
    live::SamplerOptions options;
    options.history = 1024; // a minute and a half at 10 Hz; some 64 KiB a watch
    return std::make_shared<live::Sampler>(session, session->context(), options);
}

} // namespace

WatchWorker::WatchWorker(std::shared_ptr<const Session> session, QObject *parent)
    : QObject(parent),
      session_(std::move(session)),
      sampler_(makeSampler(session_)),
      modulesChanged_(std::make_shared<std::atomic<bool>>(false)),
      tick_(worker_.newChannel()),
      isLive_(session_->memory().isLive()),
      period_(isLive_ ? std::chrono::nanoseconds(std::chrono::milliseconds(100)) : live::kMaxPeriod),
      loadSince_(Steady::now())
{
    timer_.setSingleShot(true);
    timer_.setTimerType(Qt::PreciseTimer);
    connect(&timer_, &QTimer::timeout, this, [this] { tick(Forced::No); });
    sampler_->setPeriod(period_);
    // Whoever looks after the session learns of it and gives another one; until then what was a module's is lost.
    sampler_->setRenew([changed = modulesChanged_](live::RenewReason reason) -> Result<std::optional<live::Renewal>> {
        if (reason == live::RenewReason::Modules)
            *changed = true;
        return fail(ErrorCode::NotFound, "another session", "is not there yet", "open the target again");
    });
}

WatchWorker::~WatchWorker() = default;

void WatchWorker::setSession(std::shared_ptr<const Session> session)
{
    session_ = std::move(session);
    sampler_->setContext(session_, session_->context());
    wake();
}

void WatchWorker::goOn(std::shared_ptr<const Session> session, const std::optional<live::TargetWatch> &file)
{
    isLive_ = session->memory().isLive();
    setTarget(file);
    setSession(std::move(session));
    readNow(); // memory that does not change is read once, and this is another one
}

void WatchWorker::setRate(double hz)
{
    const auto period = live::periodOfRate(hz);
    if (!isLive_ || !period || *period == period_)
        return;
    period_ = *period;
    sampler_->setPeriod(period_);
    arm();
}

void WatchWorker::setFrozen(bool frozen)
{
    if (frozen_ == frozen)
        return;
    frozen_ = frozen;
    sampler_->setFrozen(frozen);
    arm();
}

void WatchWorker::readNow() { tick(Forced::Yes); }

void WatchWorker::wake() { arm(); }

void WatchWorker::arm()
{
    if (ticking_)
        return;
    const auto due = sampler_->nextDue();
    const auto now = Steady::now();
    // Memory that does not change is read when somebody asks for something new.
    if (!due || (!isLive_ && *due > now)) {
        timer_.stop();
        return;
    }
    timer_.start(*due <= now ? std::chrono::milliseconds(0) : std::chrono::ceil<std::chrono::milliseconds>(*due - now));
}

void WatchWorker::tick(Forced forced)
{
    if (ticking_) {
        forced_ |= forced == Forced::Yes;
        return;
    }
    ticking_ = true;
    timer_.stop();
    worker_.post(
        tick_,
        [sampler = sampler_, period = period_, frozen = frozen_, forced] {
            if (forced == Forced::No)
                return sampler->tick();
            sampler->setFrozen(false);
            sampler->setPeriod(period); // which makes it due
            auto sample = sampler->tick();
            sampler->setFrozen(frozen);
            return sample;
        },
        this, [this](const std::shared_ptr<const live::Sample> &sample) { take(sample); });
}

void WatchWorker::take(const std::shared_ptr<const live::Sample> &sample)
{
    ticking_ = false;
    sampler_->setFrozen(frozen_); // it may have turned while all was read in spite of it
    if (sample->tick != std::exchange(lastTick_, sample->tick)) {
        cpu_ += sample->cost.cpu;
        const auto passed = Steady::now() - loadSince_;
        if (passed >= kLoadWindow) {
            load_ = std::chrono::duration<double>(cpu_) / std::chrono::duration<double>(passed);
            cpu_ = {};
            loadSince_ = Steady::now();
        }
    }
    if (modulesChanged_->exchange(false))
        Q_EMIT modulesChanged();
    Q_EMIT sampled(sample);
    if (std::exchange(forced_, false))
        tick(Forced::Yes);
    else
        arm();
}

} // namespace ks::ui
