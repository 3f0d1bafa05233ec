#include "ui/workers/sampling.h"

#include "core/live/watch.h"

namespace ks::ui {

namespace {

using Steady = std::chrono::steady_clock;

/// Over how long the load is averaged.
constexpr std::chrono::seconds kLoadWindow{2};

std::shared_ptr<live::Sampler> makeSampler(const std::shared_ptr<const void> &owner, const EvalContext &context)
{
    live::SamplerOptions options;
    options.history = 1024; // a minute and a half at 10 Hz; some 64 KiB a watch
    return std::make_shared<live::Sampler>(owner, context, options);
}

} // namespace

Sampling::Sampling(std::shared_ptr<const void> owner, const EvalContext &context)
    : owner_(owner),
      context_(context),
      sampler_(makeSampler(owner, context)),
      modulesChanged_(std::make_shared<std::atomic<bool>>(false)),
      all_(preparer_.newChannel()),
      tick_(worker_.newChannel()),
      once_(worker_.newChannel()),
      isLive_(context.memory->isLive()),
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

Sampling::~Sampling() = default;

void Sampling::prepare(const live::Subscription &subscription, std::function<void()> ready)
{
    // Each counts, so each has a channel of its own; a channel costs a few bytes.
    preparer_.post(
        preparer_.newChannel(),
        [owner = owner_, context = context_, subscription] { live::prepare(subscription, context); }, this,
        std::move(ready));
}

void Sampling::prepareAll()
{
    preparer_.post(
        all_, [owner = owner_, context = context_, sampler = sampler_] { sampler->prepare(context); }, this,
        [this] { adopt(); });
}

void Sampling::adopt()
{
    const auto next = std::exchange(nextFile_, std::nullopt);
    if (next) {
        isLive_ = context_.memory->isLive();
        setProblem({});
        setTarget(*next);
    }
    sampler_->setContext(owner_, context_);
    if (next)
        readNow(); // memory that does not change is read once, and this is another one
    else
        wake();
}

void Sampling::setContext(std::shared_ptr<const void> owner, const EvalContext &context)
{
    owner_ = std::move(owner);
    context_ = context;
    prepareAll();
}

void Sampling::setTarget(const std::optional<live::TargetWatch> &file)
{
    sampler_->setTarget(isLive_ ? file : std::nullopt);
}

void Sampling::setProblem(const QString &problem)
{
    sampler_->setProblem(problem.isEmpty()
                             ? std::nullopt
                             : std::optional(Error{ErrorCode::Unreadable, "the target", problem.toStdString()}));
}

void Sampling::goOn(std::shared_ptr<const void> owner, const EvalContext &context,
                    const std::optional<live::TargetWatch> &file)
{
    nextFile_ = file;
    isOld_ = ticking_;
    timer_.stop(); // until that is ready nothing is read: it would be the old target's
    setContext(std::move(owner), context);
}

void Sampling::setRate(double hz)
{
    const auto period = live::periodOfRate(hz);
    if (!isLive_ || !period || *period == period_)
        return;
    period_ = *period;
    sampler_->setPeriod(period_);
    arm();
}

void Sampling::setFrozen(bool frozen)
{
    if (frozen_ == frozen)
        return;
    frozen_ = frozen;
    sampler_->setFrozen(frozen);
    arm();
}

void Sampling::readNow() { tick(Forced::Yes); }

void Sampling::wake() { arm(); }

void Sampling::readOnce(const AddrRange &range, QObject *receiver, std::function<void(MemoryBlock)> deliver)
{
    worker_.post(
        once_,
        [owner = owner_, memory = context_.memory, range] {
            return memory->read(range.first, static_cast<std::size_t>(range.last - range.first + 1));
        },
        receiver, std::move(deliver));
}

void Sampling::arm()
{
    if (ticking_ || nextFile_)
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

void Sampling::tick(Forced forced)
{
    if (nextFile_)
        return; // all will be read
    if (ticking_) {
        forced_ |= forced == Forced::Yes;
        return;
    }
    ticking_ = true;
    timer_.stop();
    if (!frozen_ || forced == Forced::Yes)
        Q_EMIT collecting();
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

void Sampling::take(const std::shared_ptr<const live::Sample> &sample)
{
    ticking_ = false;
    sampler_->setFrozen(frozen_); // it may have turned while all was read in spite of it
    const bool isOld = std::exchange(isOld_, false);
    const bool isNew = sample->tick != std::exchange(lastTick_, sample->tick) && !isOld;
    if (isNew) {
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
    if (isNew)
        Q_EMIT sampled(sample);
    if (std::exchange(forced_, false))
        tick(Forced::Yes);
    else
        arm();
}

} // namespace ks::ui
