// What one view shows, as a subscription: in place as long as this lives, and another one whenever the view shows
// something else.
#pragma once

#include "ui/workers/sampling.h"

namespace ks::ui {

class LiveView {
public:
    explicit LiveView(std::shared_ptr<Sampling> sampling) : sampling_(std::move(sampling)) {}
    ~LiveView() { clear(); }
    LiveView(const LiveView &) = delete;
    LiveView &operator=(const LiveView &) = delete;

    Sampling &sampling() const { return *sampling_; }
    /// It is sampled as soon as it can be, also when all is frozen.
    void ask(live::ViewWatch what);
    void clear();
    /// What it got in this sample; null when it had no turn, or there is nothing to be read.
    const live::WatchResult *in(const live::Sample &sample) const;

private:
    std::shared_ptr<Sampling> sampling_;
    std::optional<live::SubscriptionId> id_;
};

} // namespace ks::ui
