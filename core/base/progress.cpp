#include "core/base/progress.h"

namespace ks {

void Progress::begin(std::string stage, std::uint64_t total)
{
    const std::lock_guard lock(mutex_);
    stage_ = std::move(stage);
    total_ = total;
    done_.store(0, std::memory_order_relaxed);
}

Progress::State Progress::state() const
{
    const std::lock_guard lock(mutex_);
    return {stage_, done_.load(std::memory_order_relaxed), total_};
}

} // namespace ks
