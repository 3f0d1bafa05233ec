// Something that a kernel never changes. While it is there, the target is; when it differs, another kernel is.
#pragma once

#include "core/live/confirm.h"

#include <vector>

namespace ks::live {

/// The beginning of the banner "Linux version ..." (init/version.c).
class Canary : public Tracked {
public:
    /// Another kernel may be there from now on.
    void restart();
    /// Whether there is one: symbols say where, and it could be read once.
    bool exists() const { return !expected_.empty(); }
    /// Why the target is not what it was; nothing while it is.
    std::optional<ks::Error> problem() const;

    void evaluate(const EvalContext &context) override;
    void tooLarge() override {}

private:
    std::vector<std::byte> expected_;
    MemoryBlock found_;
};

} // namespace ks::live
