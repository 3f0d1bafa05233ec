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
    auto session = Session::open(demo, progress);
    if (!session)
        return std::unexpected(session.error());
    kernel->start();
    // The kernel must outlive the last read through the session.
    const Session *raw = session->get();
    return std::shared_ptr<const Session>(raw, [kernel, kept = std::move(*session)](const Session *) mutable {
        kept.reset();
        kernel->stop();
    });
}

} // namespace ks::demo
