// Any bytes as a core file: opening, the segment map and reads must hold their promises.
#include "core/memory/elf_core_source.h"
#include "core/memory/kcore_source.h"
#include "core/memory/segment_map.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace {

using namespace ks;

class Input : public ByteFile {
public:
    explicit Input(std::span<const std::byte> bytes) : bytes_(bytes) {}
    PreadResult readOnce(std::span<std::byte> into, FileOffset offset) const override
    {
        if (offset.value >= bytes_.size())
            return {};
        const std::size_t count = std::min<std::uint64_t>(into.size(), bytes_.size() - offset.value);
        if (count > 0)
            std::memcpy(into.data(), bytes_.data() + offset.value, count);
        return {count, 0};
    }
    std::optional<std::uint64_t> size() const override { return bytes_.size(); }

private:
    std::span<const std::byte> bytes_;
};

void require(bool condition)
{
    if (!condition)
        std::abort();
}

void readAround(const MemorySource &source, VirtAddr address)
{
    const MemoryBlock block = source.read(address - 100, 5000);
    VirtAddr next = block.address();
    for (const StatusRun &run : block.runs()) {
        require(run.range.first == next);
        next = run.range.last + 1;
    }
    require(next == block.address() + block.size());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const auto bytes = std::as_bytes(std::span(data, size));
    for (const bool live : {false, true}) {
        auto file = std::make_unique<Input>(bytes);
        auto source =
            live ? KcoreSource::open(std::move(file), "input") : ElfCoreSource::open(std::move(file), "input");
        if (!source)
            continue;
        const auto segments = (*source)->segments();
        for (std::size_t i = 0; i < segments.size(); ++i) {
            require(i == 0 || segments[i - 1].range.last < segments[i].range.first);
            require(segments[i].fileSize <= segments[i].range.size());
        }
        (*source)->notes();
        (*source)->truncation();
        const auto map = SegmentMap::classify(segments, (*source)->machine(), {});
        require(map.all().size() == segments.size());
        for (const LoadSegment &segment : std::span(segments).first(std::min<std::size_t>(segments.size(), 8))) {
            require(map.find(segment.range.first) && map.find(segment.range.last));
            readAround(**source, segment.range.first);
            readAround(**source, segment.range.last);
        }
    }
    return 0;
}
