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

std::shared_ptr<const CoreHeaders> KcoreSource::readHeadersAgain() const
{
    auto read = readCoreHeaders(*file_, description_);
    if (!read)
        return nullptr;
    auto fresh = std::make_shared<const CoreHeaders>(std::move(*read));
    const std::lock_guard lock(mutex_);
    headers_ = fresh;
    return fresh;
}

template <class Read>
std::optional<PageState> KcoreSource::readUnderOneSetOfHeaders(Read read) const
{
    auto known = headers();
    for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
        if (known) {
            read(known->loads);
            // Were they other ones while that was read, they are so still: memory that comes or goes does not come
            // back.
            const auto unchanged = headersUnchanged(*file_, *known);
            if (!unchanged)
                return stateOfErrno(unchanged.error());
            if (*unchanged)
                return std::nullopt;
        }
        known = readHeadersAgain();
    }
    return PageState{PageStatus::Error, EAGAIN};
}

std::vector<MemoryBlock> KcoreSource::readBatch(std::span<const AddrRange> ranges) const
{
    std::vector<MemoryBlock> blocks;
    const auto failure = readUnderOneSetOfHeaders(
        [&](std::span<const LoadSegment> loads) { blocks = readSegments(*file_, loads, ranges); });
    return failure ? uniformBlocks(ranges, *failure) : blocks;
}

void KcoreSource::readInto(std::span<const AddrRange> ranges, std::span<std::byte> into,
                           std::vector<StatusRun> &runs) const
{
    const auto failure = readUnderOneSetOfHeaders(
        [&](std::span<const LoadSegment> loads) { readSegmentsInto(*file_, loads, ranges, into, runs); });
    if (!failure)
        return;
    runs.clear();
    for (const AddrRange &range : ranges) {
        std::ranges::fill(into.first(range.size()), std::byte{0});
        into = into.subspan(range.size());
        appendRun(runs, range, *failure);
    }
}

} // namespace ks
