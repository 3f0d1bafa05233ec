// Which modules are loaded, so that nobody looks at what was a module's memory for a module.
#pragma once

#include "core/kernel/modules.h"
#include "core/live/confirm.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ks::live {

class ModuleGuard : public Tracked {
public:
    /// Another session has taken over: what is loaded now is what its symbols are of.
    void restart();
    /// Whether the list could be walked to its end, once at least.
    bool isKnown() const { return bound_.has_value(); }
    /// Whether modules have come or gone since restart().
    bool hasChanged() const { return bound_ && *bound_ != now_; }
    /// Why the symbols of a module are of no use now; nothing while they are, or while that is not known.
    std::optional<ks::Error> problem(std::string_view module) const;

    void evaluate(const EvalContext &context) override;
    void tooLarge() override {}

private:
    std::optional<std::vector<kernel::LoadedModule>> bound_; ///< what was loaded at first
    std::vector<kernel::LoadedModule> now_;
};

/// The modules whose symbols an identifier of an expression stands for or names: "virtio_net::features", and a bare
/// name that only a module has.
std::vector<std::string> modulesOf(const EvalContext &context, std::string_view identifier);

} // namespace ks::live
