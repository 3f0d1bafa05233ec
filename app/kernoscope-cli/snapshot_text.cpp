#include "app/kernoscope-cli/snapshot_text.h"

#include <fmt/chrono.h>
#include <fmt/core.h>

namespace ks::cli {
namespace {

double seconds(std::chrono::system_clock::time_point time)
{
    return std::chrono::duration<double>(time.time_since_epoch()).count();
}

Json orNull(const std::string &text) { return text.empty() ? Json(nullptr) : Json(text); }

} // namespace

std::string rangeText(const AddrRange &range)
{
    const bool toTheTop = range.last.value == ~std::uint64_t{0};
    return hex(range.first) + ".." + (toTheTop ? "0x10000000000000000" : hex(range.last + 1));
}

Json toJson(const SnapshotNote &note)
{
    Json objects = Json::array();
    for (const SnapshotNote::Object &object : note.objects)
        objects.push_back({{"expr", object.expression},
                           {"type", object.type},
                           {"range", object.range ? Json(rangeText(*object.range)) : Json(nullptr)}});
    return {{"selection", orNull(note.selection)}, {"target", orNull(note.target)},
            {"release", orNull(note.release)},     {"build_id", orNull(note.buildId)},
            {"begin", seconds(note.begin)},        {"end", seconds(note.end)},
            {"objects", std::move(objects)},       {"left_out_bytes", note.leftOutBytes}};
}

std::string summaryOf(const SnapshotNote &note)
{
    const auto when = std::chrono::system_clock::to_time_t(note.begin);
    return fmt::format("{} of {}, {:%Y-%m-%d %H:%M:%S} UTC", note.selection, note.target, fmt::gmtime(when));
}

} // namespace ks::cli
