// The ELF notes of kcore and of dumps (PRSTATUS, PRPSINFO, TASKSTRUCT, VMCOREINFO), parsed and decoded.
#pragma once

#include "core/base/error.h"
#include "core/memory/memory_source.h"

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ks {

inline constexpr std::uint32_t kNotePrstatus = 1;
inline constexpr std::uint32_t kNotePrpsinfo = 3;
inline constexpr std::uint32_t kNoteTaskstruct = 4;

/// The notes of a PT_NOTE segment (ELF gABI "Note Section", 4-byte alignment). `file` and `offset` serve the error
/// text.
Result<std::vector<Note>> parseNotes(std::span<const std::byte> bytes, std::string_view file, FileOffset offset);

/// The notes before the first damaged one, and what is wrong with that one.
struct NotePrefix {
    std::vector<Note> notes;
    std::optional<Error> error;
};
NotePrefix parseNotePrefix(std::span<const std::byte> bytes, std::string_view file, FileOffset offset);

/// VMCOREINFO: the text "KEY=VALUE" lines that the kernel exports for crash tools (kernel/crash_core.c, vmcore_info.c).
class VmcoreInfo {
public:
    static VmcoreInfo parse(std::string_view text);

    /// Every key in the order of the note; "SYMBOL(x)", "OFFSET(a.b)", "OSRELEASE", ...
    const std::vector<std::pair<std::string, std::string>> &entries() const { return entries_; }
    std::optional<std::string_view> get(std::string_view key) const;

    std::optional<std::string> release() const;        ///< OSRELEASE
    std::optional<std::string> buildId() const;        ///< BUILD-ID, only when it is 40 (or 32) hex digits
    std::optional<std::uint64_t> kernelOffset() const; ///< KERNELOFFSET (hex without 0x)
    std::optional<std::uint64_t> symbol(std::string_view name) const; ///< SYMBOL(name), hex
    std::optional<std::int64_t> number(std::string_view name) const;  ///< NUMBER(name), decimal or 0x
    std::optional<std::uint64_t> size(std::string_view name) const;   ///< SIZE(name)
    std::optional<std::uint64_t> offset(std::string_view name) const; ///< OFFSET(name)

private:
    std::optional<std::string_view> getIn(std::string_view kind, std::string_view name) const;

    std::vector<std::pair<std::string, std::string>> entries_;
};

/// The VMCOREINFO note among `notes`.
std::optional<VmcoreInfo> findVmcoreInfo(std::span<const Note> notes);
/// pr_psargs of the PRPSINFO note: the kernel command line (at most 80 characters).
std::optional<std::string> findCommandLine(std::span<const Note> notes);
/// "NT_PRSTATUS", "VMCOREINFO", ... or "type 0x..".
std::string noteTypeName(const Note &note);

} // namespace ks
