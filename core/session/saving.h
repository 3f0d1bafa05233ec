// What saving and comparing (core/live) want to know of an opened kernel.
#pragma once

#include "core/live/places.h"
#include "core/memory/snapshot_note.h"
#include "core/session/session.h"

namespace ks {

/// What a snapshot of this kernel says of itself: everything but what was chosen.
SnapshotNote snapshotNoteOf(const Session &session);
/// One side of a comparison. The session must live as long as it. Reads a few words of memory.
DiffSide diffSideOf(const Session &session);

} // namespace ks
