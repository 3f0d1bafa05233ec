#include "core/live/sampler.h"

#include "core/live/canary.h"
#include "core/live/confirm.h"
#include "core/live/watch.h"

#include <algorithm>
#include <ctime>
#include <map>
#include <mutex>
#include <utility>

namespace ks::live {
namespace {

using Steady = std::chrono::steady_clock;

std::chrono::nanoseconds threadTime()
{
    timespec time = {};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

std::chrono::nanoseconds bounded(std::chrono::nanoseconds period) { return std::clamp(period, kMinPeriod, kMaxPeriod); }

/// The first multiple of the period behind `now`.
Steady::time_point nextTurn(Steady::time_point epoch, std::chrono::nanoseconds period, Steady::time_point now)
{
    const auto passed = std::max(now - epoch, Steady::duration(0));
    return epoch + (passed / period + 1) * period;
}

/// A target is away for longer than any scheduler would keep a thread waiting.
bool isGap(std::chrono::nanoseconds passed, std::chrono::nanoseconds planned)
{
    return passed > 5 * planned + std::chrono::seconds(1);
}

} // namespace

struct Sampler::Shared {
    struct Wish {
        Subscription what;
        bool frozen = false;
        bool held = false;                     ///< has no turn yet
        bool hadTurn = false;                  ///< since it was asked for in this way
        std::uint64_t version = 0;             ///< how often it was asked for in another way
        std::optional<Steady::time_point> due; ///< nothing: at once
    };

    std::chrono::nanoseconds periodOf(const Wish &wish) const { return bounded(wish.what.period.value_or(period)); }
    bool isFrozen(const Wish &wish) const { return frozen || wish.frozen; }
    bool rests(const Wish &wish) const { return wish.held || (isFrozen(wish) && wish.hadTurn); }
    std::optional<Steady::time_point> nextDue() const
    {
        std::optional<Steady::time_point> next;
        for (const auto &[id, wish] : wishes)
            if (const auto due = wish.due.value_or(Steady::time_point()); !rests(wish) && (!next || due < *next))
                next = due;
        return next;
    }

    mutable std::mutex mutex; ///< guards all below
    std::map<SubscriptionId, Wish> wishes;
    std::uint64_t lastId = 0;
    std::chrono::nanoseconds period = std::chrono::seconds(1);
    bool frozen = false;
    std::optional<Renewal> session; ///< that is to take over
    std::optional<std::optional<TargetWatch>> target;
    std::optional<Error> problem;
    Renew renew;
    std::optional<Steady::time_point> epoch;
    std::shared_ptr<const Sample> last;
    std::map<SubscriptionId, History> histories;
};

struct Sampler::Ticking {
    explicit Ticking(SamplerOptions given) : options(given) {}

    void adopt(Renewal renewal);
    Watch &place(SubscriptionId id, const Shared::Wish &wish);
    std::optional<Error> checkTarget(const Renew &renew, Steady::time_point now, bool &renewed);
    void checkModules(const Renew &renew, Steady::time_point now, bool &renewed);
    std::optional<Error> read(std::span<Watch *const> due, Sample &sample);
    bool wantsModules() const;
    std::optional<Error> moduleProblem(const Watch &watch) const;

    const SamplerOptions options;
    Renewal session;
    std::unique_ptr<Confirmer> confirmer;
    Canary canary;
    ModuleGuard modules;
    std::optional<TargetWatch> target;
    std::map<SubscriptionId, std::unique_ptr<Watch>> watches;
    std::map<SubscriptionId, std::uint64_t> versions; ///< of the wishes that the watches are made of
    std::optional<Steady::time_point> renewTried;
    std::optional<Error> renewError; ///< why the file that is at the path now does not serve
    std::optional<Moment> before;
    std::optional<Steady::time_point> planned;
    bool wasPresent = false; ///< some byte could be read, once
    bool wasLost = false;
    std::uint64_t ticks = 0;
};

void Sampler::Ticking::adopt(Renewal renewal)
{
    session = std::move(renewal);
    const std::shared_ptr<const MemorySource> memory(session.owner, session.context.memory);
    confirmer = std::make_unique<Confirmer>(memory, Confirmer::Options{options.nap, options.passes});
    canary.forget();
    modules.restart();
    for (const auto &[id, watch] : watches)
        watch->bind(session.context);
}

Watch &Sampler::Ticking::place(SubscriptionId id, const Shared::Wish &wish)
{
    auto &watch = watches[id];
    if (std::uint64_t &version = versions[id]; !watch || version != wish.version) {
        version = wish.version;
        watch = std::make_unique<Watch>(id, wish.what);
        watch->bind(session.context);
    }
    return *watch;
}

/// Why there is no target; nothing while there is one, or another session serves the one that came.
std::optional<Error> Sampler::Ticking::checkTarget(const Renew &renew, Steady::time_point now, bool &renewed)
{
    if (!target)
        return std::nullopt;
    const auto finding = target->check();
    if (finding.state != TargetState::Replaced || !renew) {
        renewError = std::nullopt;
        return finding.why;
    }
    if (!renewTried || now - *renewTried >= options.renewPause) {
        renewTried = now;
        // Whatever comes behind this look at the path is seen by the next one.
        TargetWatch next(target->path());
        auto renewal = renew(RenewReason::Target);
        if (renewal && *renewal) {
            adopt(std::move(**renewal));
            target = std::move(next);
            renewed = true;
            renewError = std::nullopt;
            return std::nullopt;
        }
        renewError = renewal ? std::nullopt : std::optional(renewal.error());
    }
    auto why = finding.why;
    if (why && renewError)
        why->why += ", which does not serve: " + renewError->message();
    return why;
}

void Sampler::Ticking::checkModules(const Renew &renew, Steady::time_point now, bool &renewed)
{
    if (!renew || !modules.hasChanged() || modules.isTorn() || (renewTried && now - *renewTried < options.renewPause))
        return;
    renewTried = now;
    auto renewal = renew(RenewReason::Modules);
    if (!renewal)
        return; // the list is being changed
    if (*renewal) {
        adopt(std::move(**renewal));
        renewed = true;
    } else {
        modules.restart();
    }
}

bool Sampler::Ticking::wantsModules() const
{
    return std::ranges::any_of(watches, [](const auto &entry) {
        const WatchResult &result = entry.second->result();
        // A module that will be loaded may have the name.
        const bool isUnknown = result.state == ResultState::Error && result.error->code == ErrorCode::NotFound;
        return isUnknown || !entry.second->modules().empty();
    });
}

std::optional<Error> Sampler::Ticking::moduleProblem(const Watch &watch) const
{
    if (modules.isTorn() || !watch.hadValue())
        return std::nullopt;
    for (const std::string &module : watch.modules())
        if (auto problem = modules.problem(module))
            return problem;
    return std::nullopt;
}

/// Reads for those that are due. Gives why what was read is not the target's.
std::optional<Error> Sampler::Ticking::read(std::span<Watch *const> due, Sample &sample)
{
    std::vector<Tracked *> items(due.begin(), due.end());
    items.push_back(&canary);
    if (wantsModules())
        items.push_back(&modules);
    const auto outcome = confirmer->run(items, session.context);
    sample.passes = outcome.passes;
    sample.pages = outcome.pages;
    sample.cost = outcome.cost;
    if (auto problem = canary.problem())
        return problem;
    // A view may look where there is nothing; that says nothing of the target.
    const bool decides = std::ranges::any_of(due, [](const Watch *watch) { return !watch->isView(); });
    if (decides && !canary.exists() && wasPresent && !outcome.anyPresent && outcome.failure)
        return Error{ErrorCode::Unreadable, "the target", outcome.failure->reason()};
    wasPresent |= outcome.anyPresent;
    // It may have been cut off or exchanged while it was read.
    return target ? target->check().why : std::nullopt;
}

Sampler::Sampler(std::shared_ptr<const void> owner, const EvalContext &context, SamplerOptions options)
    : shared_(std::make_unique<Shared>()), ticking_(std::make_unique<Ticking>(options))
{
    ticking_->adopt({std::move(owner), context});
}

Sampler::~Sampler() = default;

SubscriptionId Sampler::add(Subscription subscription, bool held)
{
    const std::lock_guard lock(shared_->mutex);
    const SubscriptionId id{++shared_->lastId};
    if (!std::holds_alternative<ViewWatch>(subscription.what))
        shared_->histories.emplace(id, History(ticking_->options.history));
    Shared::Wish &wish = shared_->wishes[id];
    wish.what = std::move(subscription);
    wish.held = held;
    return id;
}

void Sampler::release(SubscriptionId id)
{
    const std::lock_guard lock(shared_->mutex);
    if (const auto found = shared_->wishes.find(id); found != shared_->wishes.end())
        found->second.held = false;
}

bool Sampler::change(SubscriptionId id, Subscription subscription)
{
    const std::lock_guard lock(shared_->mutex);
    const auto found = shared_->wishes.find(id);
    if (found == shared_->wishes.end())
        return false;
    Shared::Wish &wish = found->second;
    subscription.period = wish.what.period;
    wish.what = std::move(subscription);
    ++wish.version;
    wish.hadTurn = false;
    wish.due = std::nullopt;
    return true;
}

bool Sampler::remove(SubscriptionId id)
{
    const std::lock_guard lock(shared_->mutex);
    shared_->histories.erase(id);
    return shared_->wishes.erase(id) != 0;
}

void Sampler::setPeriod(std::chrono::nanoseconds period)
{
    const std::lock_guard lock(shared_->mutex);
    shared_->period = bounded(period);
    for (auto &[id, wish] : shared_->wishes)
        if (!wish.what.period)
            wish.due = std::nullopt;
}

void Sampler::setPeriod(SubscriptionId id, std::optional<std::chrono::nanoseconds> period)
{
    const std::lock_guard lock(shared_->mutex);
    const auto found = shared_->wishes.find(id);
    if (found == shared_->wishes.end())
        return;
    found->second.what.period = period;
    found->second.due = std::nullopt;
}

void Sampler::setFrozen(bool frozen)
{
    const std::lock_guard lock(shared_->mutex);
    if (std::exchange(shared_->frozen, frozen) && !frozen)
        for (auto &[id, history] : shared_->histories)
            history.breakHere();
}

void Sampler::setFrozen(SubscriptionId id, bool frozen)
{
    const std::lock_guard lock(shared_->mutex);
    if (const auto found = shared_->wishes.find(id); found != shared_->wishes.end())
        if (const auto history = shared_->histories.find(id);
            std::exchange(found->second.frozen, frozen) && !frozen && history != shared_->histories.end())
            history->second.breakHere();
}

void Sampler::setContext(std::shared_ptr<const void> owner, const EvalContext &context)
{
    const std::lock_guard lock(shared_->mutex);
    shared_->session = Renewal{std::move(owner), context};
    for (auto &[id, wish] : shared_->wishes)
        wish.due = std::nullopt;
}

void Sampler::prepare(const EvalContext &context) const
{
    std::vector<Subscription> all;
    {
        const std::lock_guard lock(shared_->mutex);
        for (const auto &[id, wish] : shared_->wishes)
            if (!std::holds_alternative<ViewWatch>(wish.what.what))
                all.push_back(wish.what);
    }
    for (const Subscription &subscription : all)
        live::prepare(subscription, context);
}

void Sampler::setTarget(std::optional<TargetWatch> target)
{
    const std::lock_guard lock(shared_->mutex);
    shared_->target = std::move(target);
}

void Sampler::setProblem(std::optional<ks::Error> problem)
{
    const std::lock_guard lock(shared_->mutex);
    shared_->problem = std::move(problem);
}

void Sampler::setRenew(Renew renew)
{
    const std::lock_guard lock(shared_->mutex);
    shared_->renew = std::move(renew);
}

std::shared_ptr<const Sample> Sampler::tick(const Moment &now)
{
    const auto cpuBefore = threadTime();
    Ticking &ticking = *ticking_;
    Renew renew;
    std::optional<Error> problem;
    bool renewed = false;
    std::vector<Watch *> due;
    {
        const std::lock_guard lock(shared_->mutex);
        if (!shared_->epoch)
            shared_->epoch = now.steady;
        const auto next = shared_->nextDue();
        if (shared_->last && (!next || *next > now.steady))
            return shared_->last;
        if (shared_->target)
            ticking.target = *std::exchange(shared_->target, std::nullopt);
        if (shared_->session) {
            ticking.adopt(*std::exchange(shared_->session, std::nullopt));
            renewed = true;
        }
        renew = shared_->renew;
        problem = shared_->problem;
        const auto isUnwanted = [&](const auto &entry) { return !shared_->wishes.contains(entry.first); };
        std::erase_if(ticking.watches, isUnwanted);
        std::erase_if(ticking.versions, isUnwanted);
        for (auto &[id, wish] : shared_->wishes) {
            if (wish.held)
                continue;
            Watch &watch = ticking.place(id, wish);
            watch.setFrozen(shared_->isFrozen(wish));
            if (shared_->rests(wish) || (wish.due && *wish.due > now.steady))
                continue;
            wish.hadTurn = true;
            wish.due = nextTurn(*shared_->epoch, shared_->periodOf(wish), now.steady);
            due.push_back(&watch);
        }
    }

    auto sample = std::make_shared<Sample>();
    sample->tick = ++ticking.ticks;
    sample->time = now;
    if (ticking.before && ticking.planned && *ticking.planned > ticking.before->steady) {
        const auto passed = now.wall - ticking.before->wall;
        if (isGap(passed, *ticking.planned - ticking.before->steady))
            sample->gap = passed;
    }
    ticking.before = now;

    sample->lost = problem ? problem : ticking.checkTarget(renew, now.steady, renewed);
    if (!sample->lost) {
        ticking.checkModules(renew, now.steady, renewed);
        sample->lost = ticking.read(due, *sample);
    }
    sample->renewed = renewed;
    const bool breaks = sample->gap || ticking.wasLost;
    ticking.wasLost = sample->lost.has_value();

    // Both are in the order of the ids.
    auto turn = due.begin();
    for (const auto &[id, watch] : ticking.watches) {
        const bool isDue = turn != due.end() && *turn == watch.get();
        turn += isDue ? 1 : 0;
        const auto lost = sample->lost ? sample->lost : isDue ? ticking.moduleProblem(*watch) : std::nullopt;
        if (lost && !watch->result().frozen)
            watch->lose(*lost);
        else if (isDue)
            watch->publish();
        else
            watch->skip();
    }
    sample->results.reserve(ticking.watches.size());
    for (const auto &[id, watch] : ticking.watches)
        sample->results.push_back(watch->result());
    sample->cost.cpu = threadTime() - cpuBefore;

    const std::lock_guard lock(shared_->mutex);
    for (const WatchResult &result : sample->results) {
        const auto found = shared_->histories.find(result.id);
        if (found == shared_->histories.end())
            continue;
        if (breaks)
            found->second.breakHere();
        if (result.sampled && result.state == ResultState::Value)
            found->second.add({now.steady, result.time, result.value->scalar, result.changed}, result.value->isSigned);
        else if (result.sampled)
            found->second.breakHere(); // nothing is known of now
    }
    ticking.planned = shared_->nextDue();
    shared_->last = sample;
    return sample;
}

std::optional<Steady::time_point> Sampler::nextDue() const
{
    const std::lock_guard lock(shared_->mutex);
    return shared_->nextDue();
}

std::shared_ptr<const Sample> Sampler::last() const
{
    const std::lock_guard lock(shared_->mutex);
    return shared_->last;
}

History Sampler::history(SubscriptionId id) const
{
    const std::lock_guard lock(shared_->mutex);
    const auto found = shared_->histories.find(id);
    return found == shared_->histories.end() ? History() : found->second;
}

} // namespace ks::live
