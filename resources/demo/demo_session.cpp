#include "resources/demo/demo_session.h"

#include "resources/demo/demo_kernel.h"

#include <random>

namespace ks::demo {

Result<std::shared_ptr<const Session>> openSession(const SessionOptions &options, Progress &progress,
                                                   std::optional<std::uint64_t> seed)
{
    auto created = DemoKernel::create(seed ? *seed : std::random_device{}());
    if (!created)
        return std::unexpected(created.error());
    const std::shared_ptr<DemoKernel> kernel = std::move(*created);
    SessionOptions demo = options;
    demo.core.clear();
    demo.coreFd = kernel->coreFd();
    demo.kallsymsFd = kernel->kallsymsFd();
    demo.live = true;
    demo.description = kDescription;
    demo.useCache = false; // its vmlinux is small, and gone when the program ends
    if (demo.vmlinux.empty())
        demo.vmlinux = kernel->vmlinuxPath();
    // The kernel must outlive the last read through the session.
    demo.owner = std::shared_ptr<DemoKernel>(kernel.get(), [kernel](DemoKernel *ticking) { ticking->stop(); });
    auto session = Session::open(demo, progress);
    if (session)
        kernel->start();
    return session;
}

} // namespace ks::demo
