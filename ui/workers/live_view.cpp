#include "ui/workers/live_view.h"

namespace ks::ui {

void LiveView::ask(live::ViewWatch what)
{
    live::Subscription subscription{std::move(what)};
    if (id_)
        sampling_->sampler()->change(*id_, std::move(subscription));
    else
        id_ = sampling_->sampler()->add(std::move(subscription));
    sampling_->wake();
}

void LiveView::clear()
{
    if (const auto id = std::exchange(id_, std::nullopt))
        sampling_->sampler()->remove(*id);
}

const live::WatchResult *LiveView::in(const live::Sample &sample) const
{
    const live::WatchResult *result = id_ ? sample.find(*id_) : nullptr;
    return result && result->sampled && result->value && result->value->made ? result : nullptr;
}

} // namespace ks::ui
