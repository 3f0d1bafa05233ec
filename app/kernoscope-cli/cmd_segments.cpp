#include "app/kernoscope-cli/commands.h"

#include <fmt/core.h>

namespace ks::cli {
namespace {

/// Exclusive end; the one past the top of the address space needs a seventeenth digit.
std::string endOf(const AddrRange &range)
{
    const VirtAddr end = range.last + 1;
    return end.value == 0 ? "0x10000000000000000" : hex(end);
}

std::string humanSize(std::uint64_t bytes)
{
    static constexpr const char *kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    std::size_t unit = 0;
    auto value = static_cast<double>(bytes);
    while (value >= 1024 && unit + 1 < std::size(kUnits)) {
        value /= 1024;
        ++unit;
    }
    return value == static_cast<double>(static_cast<std::uint64_t>(value)) ? fmt::format("{:.0f} {}", value, kUnits[unit])
                                                                         : fmt::format("{:.1f} {}", value, kUnits[unit]);
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
                                      name(segment.kind), phys ? hex(*phys) : "-", humanSize(range.size())));
    }
    if (run.out.json())
        run.out.writeJson(document);
    return kAllAnswered;
}

} // namespace ks::cli
