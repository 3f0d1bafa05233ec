#include "core/memory/core_headers.h"

#include "core/memory/notes.h"

#include <algorithm>
#include <cstring>
#include <elf.h>
#include <functional>
#include <iterator>
#include <queue>
#include <string_view>
#include <utility>

namespace ks {
namespace {

constexpr std::uint64_t kAllOnes = ~std::uint64_t{0};
/// 235 MB of program headers. A sparse file can claim any number of them, so its size alone bounds nothing.
constexpr std::uint64_t kMaxProgramHeaders = std::uint64_t{1} << 22;
constexpr std::uint64_t kMaxNoteBytes = std::uint64_t{64} << 20;
constexpr std::size_t kReadChunk = std::size_t{1} << 20;

/// Reads `size` bytes in chunks, so that what is allocated is bounded by what the file really holds.
PreadResult readGrowing(const ByteFile &file, FileOffset offset, std::uint64_t size, std::vector<std::byte> &into)
{
    into.clear();
    while (into.size() < size) {
        const std::size_t used = into.size();
        const std::size_t chunk = std::min<std::uint64_t>(kReadChunk, size - used);
        into.resize(used + chunk);
        const auto got = file.readFully(std::span(into).subspan(used), offset + used);
        into.resize(used + got.count);
        if (got.count < chunk)
            return {into.size(), got.errorNumber};
    }
    return {into.size(), 0};
}

std::unexpected<Error> headerReadError(const std::string &fileName, const PreadResult &got, std::uint64_t offset,
                                       std::uint64_t wanted, const char *part)
{
    const std::string what = fileName + " at offset " + hex(offset + got.count);
    if (got.errorNumber != 0)
        return failErrno(what, got.errorNumber);
    return fail(ErrorCode::BadFormat, what,
                "the file ends inside its " + std::string(part) + " (" + std::to_string(wanted) +
                    " bytes from offset " + hex(offset) + ")",
                "copy the file again, the copy is not complete");
}

/// What a file that is not an ELF core is, as far as its first bytes tell.
std::unexpected<Error> notElf(const std::string &fileName, std::span<const std::byte> start)
{
    const std::string_view text(reinterpret_cast<const char *>(start.data()), start.size());
    const std::string what = fileName + " at offset 0x0";
    // makedumpfile's diskdump_mod.h and makedumpfile.h name these two.
    if (text.starts_with("KDUMP   ") || text.starts_with("DISKDUMP"))
        return fail(ErrorCode::Unsupported, what, "a kdump-compressed dump, not an ELF core",
                    "make the dump with makedumpfile -E, which writes ELF");
    if (text.starts_with("makedumpfile"))
        return fail(ErrorCode::Unsupported, what, "a dump in makedumpfile's flattened format",
                    "put it together with: makedumpfile -R vmcore < " + fileName);
    return fail(ErrorCode::BadFormat, what, "not an ELF file",
                "give /proc/kcore, a copy of it, or a dump in ELF format");
}

std::string typeText(std::uint16_t type)
{
    switch (type) {
    case ET_REL: return "an object file (ET_REL)";
    case ET_EXEC: return "a program or a vmlinux (ET_EXEC)";
    case ET_DYN: return "a shared object or a program (ET_DYN)";
    default: return "of ELF type " + std::to_string(type);
    }
}

Result<Elf64_Ehdr> checkElfHeader(std::span<const std::byte> bytes, const std::string &fileName)
{
    Elf64_Ehdr header = {};
    std::memcpy(&header, bytes.data(), std::min(bytes.size(), sizeof header));
    const auto at = [&](std::size_t offset) { return fileName + " at offset " + hex(offset); };
    if (bytes.size() < SELFMAG || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
        return notElf(fileName, bytes);
    if (bytes.size() >= EI_NIDENT) {
        if (header.e_ident[EI_CLASS] != ELFCLASS64)
            return fail(ErrorCode::Unsupported, at(EI_CLASS), "the core of a 32-bit kernel",
                        "only 64-bit kernels can be opened");
        if (header.e_ident[EI_DATA] != ELFDATA2LSB)
            return fail(ErrorCode::Unsupported, at(EI_DATA), "the core of a big-endian kernel",
                        "only little-endian kernels can be opened");
    }
    if (bytes.size() < sizeof header)
        return headerReadError(fileName, {bytes.size(), 0}, 0, sizeof header, "ELF header");
    if (header.e_type != ET_CORE)
        return fail(ErrorCode::BadFormat, at(offsetof(Elf64_Ehdr, e_type)), "not a core but " + typeText(header.e_type),
                    "give /proc/kcore or a dump as the core, and a vmlinux with --vmlinux");
    if (header.e_phnum != 0 && header.e_phentsize != sizeof(Elf64_Phdr))
        return fail(ErrorCode::BadFormat, at(offsetof(Elf64_Ehdr, e_phentsize)),
                    "program headers of " + std::to_string(header.e_phentsize) + " bytes instead of " +
                        std::to_string(sizeof(Elf64_Phdr)),
                    "the file is damaged");
    return header;
}

/// e_phnum, or with PN_XNUM the sh_info of section header 0 (ELF gABI, "Extended numbering").
Result<std::uint64_t> programHeaderCount(const ByteFile &file, const Elf64_Ehdr &header, const std::string &fileName)
{
    if (header.e_phnum != PN_XNUM)
        return header.e_phnum;
    Elf64_Shdr section = {};
    const auto got = file.readFully(std::as_writable_bytes(std::span(&section, 1)), FileOffset(header.e_shoff));
    if (header.e_shoff == 0 || got.count < sizeof section)
        return headerReadError(fileName, got, header.e_shoff, sizeof section,
                               "section header 0, which holds the number of program headers,");
    return section.sh_info;
}

Result<std::vector<std::byte>> readTable(const ByteFile &file, const Elf64_Ehdr &header, const std::string &fileName)
{
    const auto count = programHeaderCount(file, header, fileName);
    if (!count)
        return std::unexpected(count.error());
    if (*count > kMaxProgramHeaders)
        return fail(ErrorCode::Limit, fileName + " at offset " + hex(offsetof(Elf64_Ehdr, e_phnum)),
                    std::to_string(*count) + " program headers, more than any kernel writes", "the file is damaged");
    std::vector<std::byte> table;
    const std::uint64_t size = *count * sizeof(Elf64_Phdr);
    const auto got = readGrowing(file, FileOffset(header.e_phoff), size, table);
    if (got.count < size)
        return headerReadError(fileName, got, header.e_phoff, size, "program headers");
    return table;
}

Machine machineOf(std::uint16_t number)
{
    return number == EM_X86_64 ? Machine::X86_64 : number == EM_AARCH64 ? Machine::Arm64 : Machine::Other;
}

/// The part of a segment that lies in `part`.
LoadSegment cut(const LoadSegment &whole, const AddrRange &part)
{
    const std::uint64_t skipped = part.first - whole.range.first;
    LoadSegment result;
    result.range = part;
    result.offset = whole.offset + skipped;
    result.fileSize = whole.fileSize > skipped ? std::min(whole.fileSize - skipped, part.size()) : 0;
    if (whole.phys)
        result.phys = *whole.phys + skipped;
    return result;
}

} // namespace

std::vector<LoadSegment> normalizeLoads(std::vector<LoadSegment> loads)
{
    std::vector<std::size_t> order(loads.size());
    for (std::size_t i = 0; i < order.size(); ++i)
        order[i] = i;
    std::ranges::sort(order, {}, [&](std::size_t i) { return std::pair(loads[i].range.first, i); });

    // A sweep over the addresses; `active` gives the segment that stands first in the file among those that begin at or
    // before `position`. Every step ends at a border of some segment, so there are at most twice as many as segments.
    std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> active;
    std::vector<LoadSegment> result;
    std::size_t next = 0;
    std::size_t lastOwner = loads.size();
    VirtAddr position;
    for (;;) {
        while (next < order.size() && loads[order[next]].range.first <= position)
            active.push(order[next++]);
        while (!active.empty() && loads[active.top()].range.last < position)
            active.pop();
        if (active.empty()) {
            if (next == order.size())
                return result;
            position = loads[order[next]].range.first;
            continue;
        }
        const std::size_t owner = active.top();
        VirtAddr last = loads[owner].range.last;
        if (next < order.size() && loads[order[next]].range.first <= last)
            last = loads[order[next]].range.first - 1;
        if (owner == lastOwner && result.back().range.last + 1 == position)
            result.back() = cut(loads[owner], {result.back().range.first, last});
        else
            result.push_back(cut(loads[owner], {position, last}));
        lastOwner = owner;
        if (last.value == kAllOnes)
            return result;
        position = last + 1;
    }
}

Result<CoreHeaders> readCoreHeaders(const ByteFile &file, const std::string &fileName)
{
    CoreHeaders result;
    result.elfHeader.resize(sizeof(Elf64_Ehdr));
    const auto got = file.readFully(result.elfHeader, FileOffset(0));
    if (got.errorNumber != 0)
        return failErrno(fileName + " at offset " + hex(got.count), got.errorNumber);
    if (got.count == 0)
        return fail(ErrorCode::Unsupported, fileName, "the file is empty",
                    "a container hides the kernel's memory: run this on the host, or open a dump");
    result.elfHeader.resize(got.count);
    const auto header = checkElfHeader(result.elfHeader, fileName);
    if (!header)
        return std::unexpected(header.error());
    auto table = readTable(file, *header, fileName);
    if (!table)
        return std::unexpected(table.error());
    result.machine = machineOf(header->e_machine);
    result.tableOffset = FileOffset(header->e_phoff);
    result.table = std::move(*table);

    std::vector<LoadSegment> loads;
    bool anyVirtual = false;
    bool anyPhysical = false;
    for (std::size_t at = 0; at < result.table.size(); at += sizeof(Elf64_Phdr)) {
        Elf64_Phdr entry;
        std::memcpy(&entry, result.table.data() + at, sizeof entry);
        if (entry.p_type == PT_NOTE)
            result.notes.push_back({FileOffset(entry.p_offset), entry.p_filesz});
        const auto range = AddrRange::sized(VirtAddr(entry.p_vaddr), entry.p_memsz);
        if (entry.p_type != PT_LOAD || !range)
            continue;
        anyVirtual |= entry.p_vaddr != 0 && entry.p_vaddr != kAllOnes;
        anyPhysical |= entry.p_paddr != 0 && entry.p_paddr != kAllOnes;
        LoadSegment load;
        load.range = *range;
        load.offset = FileOffset(entry.p_offset);
        load.fileSize = std::min(entry.p_filesz, range->size());
        if (entry.p_paddr != kAllOnes)
            load.phys = PhysAddr(entry.p_paddr);
        loads.push_back(load);
    }
    const std::string where = fileName + " at offset " + hex(header->e_phoff);
    if (loads.empty())
        return fail(ErrorCode::BadFormat, where, "no program header describes memory (PT_LOAD)",
                    "the file is damaged or not a kernel's core");
    if (!anyVirtual && (anyPhysical || loads.size() > 1))
        return fail(ErrorCode::Unsupported, where, "the dump knows memory by physical addresses only",
                    "make it with virtual addresses: dump-guest-memory -p in QEMU, or kdump in the guest");
    // kexec-tools writes p_vaddr as all ones, QEMU as 0, for memory without an address in the kernel.
    std::erase_if(loads, [&](const LoadSegment &load) {
        return load.range.first.value == kAllOnes ||
               (anyVirtual && load.range.first.value == 0 && load.phys && load.phys->value != 0);
    });
    // Before Linux 4.11 kcore wrote 0 into every p_paddr (fs/proc/kcore.c).
    if (!anyPhysical)
        for (LoadSegment &load : loads)
            load.phys.reset();
    result.loads = normalizeLoads(std::move(loads));
    return result;
}

std::expected<bool, int> headersUnchanged(const ByteFile &file, const CoreHeaders &headers)
{
    // kcore has one right behind the other: one read for both, which the kernel answers under one lock.
    const bool together = headers.tableOffset.value == headers.elfHeader.size();
    std::vector<std::byte> now(headers.elfHeader.size() + headers.table.size());
    const auto elfNow = std::span(now).first(headers.elfHeader.size());
    const auto tableNow = std::span(now).subspan(headers.elfHeader.size());
    auto got = file.readFully(together ? std::span(now) : elfNow, FileOffset(0));
    if (!together && got.errorNumber == 0 && got.count == elfNow.size()) {
        got = file.readFully(tableNow, headers.tableOffset);
        got.count += elfNow.size();
    }
    if (got.errorNumber != 0)
        return std::unexpected(got.errorNumber);
    return got.count == now.size() && std::ranges::equal(headers.elfHeader, elfNow) &&
           std::ranges::equal(headers.table, tableNow);
}

std::vector<Note> readNotes(const ByteFile &file, const CoreHeaders &headers, const std::string &fileName)
{
    std::vector<Note> result;
    for (const NoteSegment &segment : headers.notes) {
        std::vector<std::byte> bytes;
        readGrowing(file, segment.offset, std::min(segment.size, kMaxNoteBytes), bytes);
        // A cut or damaged tail does not take the notes before it away.
        auto part = parseNotePrefix(bytes, fileName, segment.offset).notes;
        std::ranges::move(part, std::back_inserter(result));
    }
    return result;
}

} // namespace ks
