// What the palette takes for each key of what people type. KERNOSCOPE_BENCH_VMLINUX names a vmlinux with DWARF or BTF,
// KERNOSCOPE_BENCH_KALLSYMS a file of kallsyms that may be added.
#include "ui/models/palette_search.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

int main()
{
    // Time of the processor: others may be at work on the machine.
    const auto milliseconds = [] { return 1e3 * static_cast<double>(std::clock()) / CLOCKS_PER_SEC; };
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
    auto begin = milliseconds();
    const auto names = ks::ui::PaletteNames::build(**session, progress);
    std::printf("%zu symbols, %zu types, %zu modules; names prepared in %.1f ms\n", (*session)->symbols().size(),
                names->types().size(), names->modules().size(), milliseconds() - begin);

    const std::vector<QString> commands = {"New tab", "Go to address", "Freeze", "Take a snapshot", "Open a dump"};
    for (const char *text : {"init_task", "struct task_struct", "tcp_v4_rcv", "e_e_e", "tsst", "____",
                             "virtio_net::virtnet_poll", "xfs::", "runqueues.nr_running", "new tab", "ffffffff81000000",
                             "raw_spin_lock_irqsave", "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"}) {
        const QString whole = text;
        double worst = 0;
        QString worstPrefix;
        std::size_t items = 0;
        for (qsizetype n = 1; n <= whole.size(); ++n) {
            double best = 1e9;
            for (int i = 0; i < 5; ++i) {
                begin = milliseconds();
                items = ks::ui::searchPalette(**session, names.get(), {whole.left(n), commands, 50}, progress).size();
                best = std::min(best, milliseconds() - begin);
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
