// Where the person has been: back and forward, as in a web browser.
#pragma once

#include "core/base/address.h"

#include <deque>
#include <optional>

namespace ks::ui {

class NavigationHistory {
public:
    static constexpr std::size_t kLimit = 200;

    /// Leaves `from` for `to`: `from` replaces the current place, what was forward is forgotten.
    void jump(VirtAddr from, VirtAddr to);
    bool canGoBack() const { return position_ > 0; }
    bool canGoForward() const { return position_ + 1 < places_.size(); }
    /// The place to go to; `from` is remembered as the way back.
    std::optional<VirtAddr> back(VirtAddr from);
    std::optional<VirtAddr> forward(VirtAddr from);
    void clear();

private:
    std::deque<VirtAddr> places_;
    std::size_t position_ = 0;
};

} // namespace ks::ui
