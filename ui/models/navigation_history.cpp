#include "ui/models/navigation_history.h"

namespace ks::ui {

void NavigationHistory::jump(VirtAddr from, VirtAddr to)
{
    if (from == to)
        return;
    places_.resize(places_.empty() ? 1 : position_ + 1);
    places_.back() = from;
    places_.push_back(to);
    if (places_.size() > kLimit)
        places_.pop_front();
    position_ = places_.size() - 1;
}

std::optional<VirtAddr> NavigationHistory::back(VirtAddr from)
{
    if (!canGoBack())
        return std::nullopt;
    places_[position_] = from;
    return places_[--position_];
}

std::optional<VirtAddr> NavigationHistory::forward(VirtAddr from)
{
    if (!canGoForward())
        return std::nullopt;
    places_[position_] = from;
    return places_[++position_];
}

void NavigationHistory::clear()
{
    places_.clear();
    position_ = 0;
}

} // namespace ks::ui
