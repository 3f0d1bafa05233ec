// Any bytes as a note segment, and every note as what its type says.
#include "core/memory/notes.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const auto bytes = std::as_bytes(std::span(data, size));
    const auto prefix = ks::parseNotePrefix(bytes, "input", ks::FileOffset(0));
    const auto all = ks::parseNotes(bytes, "input", ks::FileOffset(0));
    if (all.has_value() == prefix.error.has_value())
        std::abort();
    for (const ks::Note &note : prefix.notes)
        ks::noteTypeName(note);
    ks::findCommandLine(prefix.notes);
    const auto fromNote = ks::findVmcoreInfo(prefix.notes);
    const auto fromText = ks::VmcoreInfo::parse({reinterpret_cast<const char *>(data), size});
    for (const auto &info : {fromNote.value_or(ks::VmcoreInfo{}), fromText}) {
        const auto id = info.buildId();
        if (id && id->size() != 40 && id->size() != 32)
            std::abort();
        info.release();
        info.kernelOffset();
        info.symbol("_stext");
        info.number("phys_base");
        info.size("page");
        info.offset("page.flags");
    }
    return 0;
}
