// Any text as what a snapshot says of itself: what was understood must come back the same when it is written again.
#include "core/memory/snapshot_note.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const auto bytes = std::as_bytes(std::span(data, size));
    const ks::Note note{std::string(ks::kSnapshotNoteName), ks::kNoteSnapshot, {bytes.begin(), bytes.end()}};
    const auto first = ks::findSnapshotNote({&note, 1});
    if (!first || first->leftOut.size() > ks::SnapshotNote::kMaxLeftOut)
        std::abort();
    const ks::Note written = ks::toNote(*first);
    const auto second = ks::findSnapshotNote({&written, 1});
    if (!second || second->leftOut != first->leftOut || second->leftOutBytes != first->leftOutBytes ||
        second->begin != first->begin || second->end != first->end || second->kaslrOffset != first->kaslrOffset)
        std::abort();
    return 0;
}
