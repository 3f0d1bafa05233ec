// What the palette takes for each key of what people type. KERNOSCOPE_BENCH_VMLINUX names a vmlinux with DWARF or BTF,
// KERNOSCOPE_BENCH_KALLSYMS a file of kallsyms that may be added.
#include "ui/models/palette_search.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

int main()
{
    using Clock = std::chrono::steady_clock;
    const auto milliseconds = [](Clock::duration d) { return std::chrono::duration<double, std::milli>(d).count(); };
    const char *vmlinux = std::getenv("KERNOSCOPE_BENCH_VMLINUX");
    if (!vmlinux) {
        std::fprintf(stderr, "set KERNOSCOPE_BENCH_VMLINUX\n");
        return 2;
    }
    ks::SessionOptions options;
    options.vmlinux = vmlinux;
    if (const char *kallsyms = std::getenv("KERNOSCOPE_BENCH_KALLSYMS"))
        options.kallsyms = kallsyms;
    options.useCore = false;
    ks::Progress progress;
    const auto session = ks::Session::open(options, progress);
    if (!session) {
        std::fprintf(stderr, "%s\n", session.error().message().c_str());
        return 1;
    }
    auto begin = Clock::now();
    const auto names = ks::ui::PaletteNames::build(**session, progress);
    std::printf("%zu symbols, %zu types, %zu modules; names prepared in %.1f ms\n", (*session)->symbols().size(),
                names->types().size(), names->modules().size(), milliseconds(Clock::now() - begin));

    const std::vector<QString> commands = {"New tab", "Go to address", "Freeze", "Take a snapshot", "Open a dump"};
    for (const char *text : {"init_task", "struct task_struct", "tcp_v4_rcv", "e_e_e", "tsst", "____",
                             "virtio_net::virtnet_poll", "xfs::", "runqueues.nr_running", "new tab", "ffffffff81000000",
                             "raw_spin_lock_irqsave", "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"}) {
        const QString whole = text;
        double worst = 0;
        QString worstPrefix;
        std::size_t items = 0;
        for (qsizetype n = 1; n <= whole.size(); ++n) {
            double best = 1e9; // of several, for the machine may do other things
            for (int i = 0; i < 5; ++i) {
                begin = Clock::now();
                items = ks::ui::searchPalette(**session, names.get(), {whole.left(n), commands, 50}, progress).size();
                best = std::min(best, milliseconds(Clock::now() - begin));
            }
            if (best > worst) {
                worst = best;
                worstPrefix = whole.left(n);
            }
        }
        std::printf("%-34s worst key %6.2f ms at \"%s\", %zu items in the end\n", qPrintable(whole), worst,
                    qPrintable(worstPrefix), items);
    }
    return 0;
}
