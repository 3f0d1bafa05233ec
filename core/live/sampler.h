// Who watches what, and one batch of reads for all of them each tick.
#pragma once

#include "core/live/history.h"
#include "core/live/sample.h"
#include "core/live/target_watch.h"
#include "core/values/context.h"

#include <functional>
#include <memory>
#include <optional>

namespace ks::live {

/// A session that takes over: of the same kernel, with the modules or the file of now.
struct Renewal {
    std::shared_ptr<const void> owner; ///< keeps alive what `context` views
    EvalContext context;
};

enum class RenewReason : std::uint8_t {
    Modules, ///< modules have come or gone
    Target,  ///< another file is at the target's path
};

/// Opens the session that is to take over. Nothing: there is no need. An error: what is there is not the same kernel,
/// or cannot be opened (yet); it will be asked again.
using Renew = std::function<Result<std::optional<Renewal>>(RenewReason)>;

struct SamplerOptions {
    /// Between the two reads of a target that changes.
    std::chrono::nanoseconds nap = std::chrono::microseconds(200);
    unsigned passes = 4;                             ///< how often what changes is read until it counts as torn
    std::size_t history = History::kDefaultCapacity; ///< points kept of each subscription
    /// Between two attempts to have the session renewed.
    std::chrono::nanoseconds renewPause = std::chrono::milliseconds(500);
};

/// Has no thread and no timer: somebody calls tick() when nextDue() has come.
///
/// Any function may be called from any thread at any time, but tick() from one thread at a time. What is changed while
/// a tick is at work takes effect with the next one. tick() calls `renew`; all others return at once.
class Sampler {
public:
    /// `context.memory` is not null. `owner` keeps alive what `context` views.
    Sampler(std::shared_ptr<const void> owner, const EvalContext &context, SamplerOptions options = {});
    ~Sampler();
    Sampler(const Sampler &) = delete;
    Sampler &operator=(const Sampler &) = delete;

    /// It has its first turn with the next tick, or the next one after release() when it is `held`. What is wrong with
    /// it is told by its results.
    SubscriptionId add(Subscription subscription, bool held = false);
    void release(SubscriptionId id);
    /// The same thing is asked for in another way: in another style, under another condition. Its history and
    /// its period go on. One that is held stays so. False when there is no such subscription.
    bool change(SubscriptionId id, Subscription subscription);
    /// Whether there was one.
    bool remove(SubscriptionId id);
    /// Of all subscriptions without one of their own; cut to kMinPeriod..kMaxPeriod. 1 s at first.
    void setPeriod(std::chrono::nanoseconds period);
    /// Of one; nothing: it follows the others.
    void setPeriod(SubscriptionId id, std::optional<std::chrono::nanoseconds> period);
    /// What is frozen has no turn, but for its first one; its result stays. What lies before and after is parted by a
    /// gap.
    void setFrozen(bool frozen);
    void setFrozen(SubscriptionId id, bool frozen);
    /// Another session of the same kernel takes over with the next tick; nothing that was read counts any more.
    void setContext(std::shared_ptr<const void> owner, const EvalContext &context);
    /// Makes every result once with what may be the next context, outside of the ticks, and drops it: what of the types
    /// it needs is in memory then. It may take seconds where debug information has to be opened.
    void prepare(const EvalContext &context) const;
    /// The target is a file: that it is gone, replaced or cut off is noticed before it can be read wrongly.
    void setTarget(std::optional<TargetWatch> target);
    /// Somebody else knows why what is at the target's place is not it: until that is over (nothing), nothing is read
    /// and every result is Lost.
    void setProblem(std::optional<ks::Error> problem);
    void setRenew(Renew renew);

    /// Samples what is due at `now`: each subscription at multiples of its period since the first tick, so that rates
    /// that divide each other share their reads. Turns that were missed are left out.
    /// Gives the sample before when nothing is due. While the target is gone every result is Lost.
    std::shared_ptr<const Sample> tick(const Moment &now = Moment::now());
    /// When tick() has something to do next; nothing when nobody watches. The clock's beginning: at once.
    std::optional<std::chrono::steady_clock::time_point> nextDue() const;
    /// The last sample; null before the first tick.
    std::shared_ptr<const Sample> last() const;
    /// Empty when there is no such subscription, and of a view.
    History history(SubscriptionId id) const;

private:
    struct Shared;
    struct Ticking;
    std::unique_ptr<Shared> shared_;   ///< what all threads touch
    std::unique_ptr<Ticking> ticking_; ///< what only tick() touches
};

} // namespace ks::live
