#include "core/memory/elf_core_source.h"

#include "core/memory/segment_reader.h"
#include "core/memory/snapshot_note.h"

namespace ks {
namespace {

std::optional<std::string> describeTruncation(const ByteFile &file, const CoreHeaders &headers, const std::string &name)
{
    const auto size = file.size();
    if (!size)
        return std::nullopt;
    std::size_t affected = 0;
    std::uint64_t missing = 0;
    for (const LoadSegment &load : headers.loads) {
        const std::uint64_t held = *size > load.offset.value ? *size - load.offset.value : 0;
        if (held >= load.fileSize)
            continue;
        ++affected;
        missing += load.fileSize - held;
    }
    if (affected == 0)
        return std::nullopt;
    return name + " ends at offset " + hex(*size) + ", before the end of " + std::to_string(affected) + " of its " +
           std::to_string(headers.loads.size()) + " segments; " + hex(missing) + " bytes are missing";
}

/// What a snapshot had to leave out is in no program header, because other programs would take it for zeros there.
void addLeftOut(std::vector<LoadSegment> &loads, const std::vector<Note> &notes)
{
    const auto snapshot = findSnapshotNote(notes);
    if (!snapshot || snapshot->leftOut.empty())
        return;
    // Behind the others, so that these win where a damaged note overlaps them.
    for (const AddrRange &range : snapshot->leftOut)
        loads.push_back({.range = range});
    loads = normalizeLoads(std::move(loads));
}

} // namespace

Result<std::unique_ptr<MemorySource>> ElfCoreSource::open(std::unique_ptr<ByteFile> file, std::string description)
{
    auto headers = readCoreHeaders(*file, description);
    if (!headers)
        return std::unexpected(headers.error());
    std::unique_ptr<ElfCoreSource> source(new ElfCoreSource);
    source->notes_ = readNotes(*file, *headers, description);
    source->truncation_ = describeTruncation(*file, *headers, description);
    source->file_ = std::move(file);
    source->description_ = std::move(description);
    source->headers_ = std::move(*headers);
    addLeftOut(source->headers_.loads, source->notes_);
    // Of use for a live file only, which changes.
    source->headers_.elfHeader = {};
    source->headers_.table = {};
    return source;
}

std::vector<MemoryBlock> ElfCoreSource::readBatch(std::span<const AddrRange> ranges) const
{
    return readSegments(*file_, headers_.loads, ranges);
}

void ElfCoreSource::readInto(std::span<const AddrRange> ranges, std::span<std::byte> into,
                             std::vector<StatusRun> &runs) const
{
    readSegmentsInto(*file_, headers_.loads, ranges, into, runs);
}

} // namespace ks
