#include "app/kernoscope-cli/commands.h"
#include "core/base/units.h"

#include <fmt/core.h>

namespace ks::cli {
namespace {

/// Exclusive end; the one past the top of the address space needs a seventeenth digit.
std::string endOf(const AddrRange &range)
{
    const VirtAddr end = range.last + 1;
    return end.value == 0 ? "0x10000000000000000" : hex(end);
}

} // namespace

ExitCode run(const Run &run, const SegmentsCommand &)
{
    Json document = Json::array();
    if (!run.out.json())
        run.out.write(fmt::format("{:<18}  {:<19}  {:<10}  {:<18}  {:>10}\n", "start", "end", "kind", "phys", "size"));
    for (const Segment &segment : run.session.segments().all()) {
        const auto &range = segment.range();
        const auto &phys = segment.load.phys;
        if (run.out.json())
            document.push_back({{"start", hex(range.first)},
                                {"end", endOf(range)},
                                {"kind", name(segment.kind)},
                                {"phys", phys ? Json(hex(*phys)) : Json(nullptr)},
                                {"size", range.size()}});
        else
            run.out.write(fmt::format("{:#018x}  {:<19}  {:<10}  {:<18}  {:>10}\n", range.first.value, endOf(range),
                                      name(segment.kind), phys ? hex(*phys) : "-", sizeText(range.size())));
    }
    if (run.out.json())
        run.out.writeJson(document);
    return kAllAnswered;
}

} // namespace ks::cli
