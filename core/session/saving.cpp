#include "core/session/saving.h"

#include "core/session/layout.h"

namespace ks {

SnapshotNote snapshotNoteOf(const Session &session)
{
    const KernelInfo &info = session.info();
    SnapshotNote note;
    note.target = session.memory().description();
    note.release = info.release;
    note.buildId = info.buildId;
    note.kaslrOffset = info.kaslrOffset;
    return note;
}

DiffSide diffSideOf(const Session &session)
{
    return {.context = session.context(),
            .segments = &session.segments(),
            .layout = findLayout(session.memory(), session.symbols(), session.vmcoreInfo(), session.info().kaslrOffset),
            .buildId = session.info().buildId};
}

} // namespace ks
