#include "core/memory/kcore_source.h"

#include "core/memory/segment_reader.h"

#include <algorithm>
#include <cerrno>

namespace ks {
namespace {

constexpr int kMaxAttempts = 5;

std::vector<MemoryBlock> uniformBlocks(std::span<const AddrRange> ranges, PageState state)
{
    std::vector<MemoryBlock> blocks;
    blocks.reserve(ranges.size());
    const auto now = std::chrono::system_clock::now();
    for (const AddrRange &range : ranges) {
        blocks.push_back(uniformBlock(range, state));
        blocks.back().time = now;
    }
    return blocks;
}

} // namespace

Result<std::unique_ptr<MemorySource>> KcoreSource::open(std::unique_ptr<ByteFile> file, std::string description)
{
    auto headers = readCoreHeaders(*file, description);
    if (!headers)
        return std::unexpected(headers.error());
    std::unique_ptr<KcoreSource> source(new KcoreSource);
    source->notes_ = readNotes(*file, *headers, description);
    source->machine_ = headers->machine;
    source->file_ = std::move(file);
    source->description_ = std::move(description);
    source->headers_ = std::make_shared<const CoreHeaders>(std::move(*headers));
    return source;
}

std::shared_ptr<const CoreHeaders> KcoreSource::headers() const
{
    const std::lock_guard lock(mutex_);
    return headers_;
}

std::expected<std::shared_ptr<const CoreHeaders>, int> KcoreSource::currentHeaders() const
{
    auto known = headers();
    const auto unchanged = headersUnchanged(*file_, *known);
    if (!unchanged)
        return std::unexpected(unchanged.error());
    if (*unchanged)
        return known;
    auto read = readCoreHeaders(*file_, description_);
    if (!read)
        return nullptr;
    auto fresh = std::make_shared<const CoreHeaders>(std::move(*read));
    const std::lock_guard lock(mutex_);
    headers_ = fresh;
    return fresh;
}

std::vector<MemoryBlock> KcoreSource::readBatch(std::span<const AddrRange> ranges) const
{
    for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
        const auto now = currentHeaders();
        if (!now)
            return uniformBlocks(ranges, stateOfErrno(now.error()));
        if (!*now)
            continue;
        auto blocks = readSegments(*file_, (*now)->loads, ranges);
        const auto unchanged = headersUnchanged(*file_, **now);
        if (!unchanged)
            return uniformBlocks(ranges, stateOfErrno(unchanged.error()));
        if (*unchanged)
            return blocks;
    }
    return uniformBlocks(ranges, {PageStatus::Error, EAGAIN});
}

void KcoreSource::readInto(std::span<const AddrRange> ranges, std::span<std::byte> into,
                           std::vector<StatusRun> &runs) const
{
    PageState state{PageStatus::Error, EAGAIN};
    for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
        const auto now = currentHeaders();
        if (!now) {
            state = stateOfErrno(now.error());
            break;
        }
        if (!*now)
            continue;
        readSegmentsInto(*file_, (*now)->loads, ranges, into, runs);
        const auto unchanged = headersUnchanged(*file_, **now);
        if (!unchanged) {
            state = stateOfErrno(unchanged.error());
            break;
        }
        if (*unchanged)
            return;
    }
    runs.clear();
    for (const AddrRange &range : ranges) {
        std::ranges::fill(into.first(range.size()), std::byte{0});
        into = into.subspan(range.size());
        appendRun(runs, range, state);
    }
}

} // namespace ks
