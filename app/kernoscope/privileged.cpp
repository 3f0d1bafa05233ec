#include "app/kernoscope/privileged.h"

#include "core/memory/privileged_open.h"

namespace ks::app {

Result<std::shared_ptr<const Session>> openPrivilegedSession(const SessionOptions &options, Progress &progress)
{
    progress.begin("asking for the right to read /proc/kcore");
    const auto helper = findPrivilegedHelper();
    if (!helper)
        return std::unexpected(helper.error());
    const auto files = openPrivileged(privilegedCommand(*helper), progress);
    if (!files)
        return std::unexpected(files.error());
    SessionOptions opened = options;
    opened.core.clear();
    opened.coreFd = files->kcore.fd();
    if (files->kallsyms.isOpen())
        opened.kallsymsFd = files->kallsyms.fd();
    opened.live = true;
    return Session::open(opened, progress);
}

} // namespace ks::app
