#include "core/live/core_writer.h"

#include <algorithm>
#include <cstring>
#include <tuple>

namespace ks {
namespace {

/// Beyond the one for each part: 3.5 MiB of file that take no space unless they are used.
constexpr std::uint64_t kMaxSpareLoads = std::uint64_t{1} << 16;

std::uint64_t pageUp(std::uint64_t value) { return (value + kPageSize - 1) & ~(kPageSize - 1); }
std::uint64_t aligned4(std::uint64_t value) { return (value + 3) & ~std::uint64_t{3}; }

bool isZero(std::span<const std::byte> bytes)
{
    return bytes.empty() ||
           (bytes[0] == std::byte{0} && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

template <class T>
void append(std::vector<std::byte> &to, const T &record)
{
    const auto bytes = std::as_bytes(std::span(&record, 1));
    to.insert(to.end(), bytes.begin(), bytes.end());
}

std::vector<std::byte> encode(std::span<const Note> notes)
{
    std::vector<std::byte> result;
    for (const Note &note : notes) {
        const Elf64_Nhdr header{static_cast<Elf64_Word>(note.name.size() + 1),
                                static_cast<Elf64_Word>(note.bytes.size()), note.type};
        append(result, header);
        const auto name = std::as_bytes(std::span(note.name.c_str(), note.name.size() + 1));
        result.insert(result.end(), name.begin(), name.end());
        result.resize(aligned4(result.size()));
        result.insert(result.end(), note.bytes.begin(), note.bytes.end());
        result.resize(aligned4(result.size()));
    }
    return result;
}

std::uint16_t elfMachine(Machine machine)
{
    switch (machine) {
    case Machine::X86_64: return EM_X86_64;
    case Machine::Arm64: return EM_AARCH64;
    case Machine::Other: break;
    }
    return EM_NONE;
}

/// Everything that describes the memory, for a place in the file. With more program headers than e_phnum can count,
/// section header 0 has their number.
std::vector<std::byte> encodeTable(std::span<const Elf64_Phdr> loads, std::span<const std::byte> notes,
                                   std::uint64_t offset, Elf64_Ehdr &header)
{
    const std::uint64_t count = loads.size() + 1;
    const bool extended = count >= PN_XNUM;
    const std::uint64_t afterTable = offset + count * sizeof(Elf64_Phdr);
    header.e_phoff = offset;
    header.e_phnum = extended ? PN_XNUM : static_cast<Elf64_Half>(count);
    header.e_shoff = extended ? afterTable : 0;
    header.e_shnum = extended ? 1 : 0;
    header.e_shentsize = extended ? sizeof(Elf64_Shdr) : 0;

    Elf64_Phdr note = {};
    note.p_type = PT_NOTE;
    note.p_offset = afterTable + (extended ? sizeof(Elf64_Shdr) : 0);
    note.p_filesz = notes.size();
    std::vector<std::byte> result;
    append(result, note);
    const auto table = std::as_bytes(loads);
    result.insert(result.end(), table.begin(), table.end());
    if (extended) {
        Elf64_Shdr section = {};
        section.sh_info = static_cast<Elf64_Word>(count);
        append(result, section);
    }
    result.insert(result.end(), notes.begin(), notes.end());
    return result;
}

} // namespace

std::uint64_t CoreWriter::notesSize(std::span<const Note> notes)
{
    std::uint64_t size = 0;
    for (const Note &note : notes)
        size += sizeof(Elf64_Nhdr) + aligned4(note.name.size() + 1) + aligned4(note.bytes.size());
    return size;
}

CoreWriter::CoreWriter(NewFile &file, std::vector<PlannedPart> parts, Machine machine, std::uint64_t noteRoom)
    : file_(file), parts_(std::move(parts)), machine_(machine)
{
    std::uint64_t pages = 0;
    for (const PlannedPart &part : parts_)
        pages += part.range.size() / kPageSize + 1;
    const std::uint64_t loads = 1 + parts_.size() + std::min(pages, kMaxSpareLoads);
    headerRoom_ = sizeof(Elf64_Ehdr) + loads * sizeof(Elf64_Phdr) + sizeof(Elf64_Shdr) + noteRoom;
    end_ = headerRoom_;
    findAliases();
    offsets_.resize(parts_.size());
    for (std::size_t i = 0; i < parts_.size(); ++i) {
        if (isAlias(i))
            continue;
        offsets_[i] = pageUp(end_) + parts_[i].range.first.value % kPageSize;
        end_ = offsets_[i] + parts_[i].range.size();
    }
    for (std::size_t i = 0; i < parts_.size(); ++i)
        if (isAlias(i))
            offsets_[i] = offsets_[aliasOf_[i]] + (*parts_[i].phys - *parts_[aliasOf_[i]].phys);
}

void CoreWriter::findAliases()
{
    // By physical address, the larger of two that begin together first: what holds others comes before them.
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < parts_.size(); ++i)
        if (aliasOf_.push_back(i); parts_[i].phys)
            order.push_back(i);
    std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
        const auto key = [&](std::size_t i) { return std::tuple(*parts_[i].phys, ~parts_[i].range.size(), i); };
        return key(a) < key(b);
    });
    std::optional<std::size_t> holder;
    const auto end = [&](std::size_t part) { return parts_[part].phys->value + parts_[part].range.size(); };
    for (const std::size_t part : order) {
        const bool samePlaceInPage =
            holder && (parts_[part].phys->value - parts_[part].range.first.value) % kPageSize ==
                          (parts_[*holder].phys->value - parts_[*holder].range.first.value) % kPageSize;
        if (samePlaceInPage && end(part) <= end(*holder))
            aliasOf_[part] = *holder;
        else if (!holder || end(part) > end(*holder))
            holder = part;
    }
}

/// What of a part's bytes is in the file is known when the other part is written.
void CoreWriter::addAliasLoads()
{
    const std::vector<Elf64_Phdr> written = loads_;
    for (std::size_t i = 0; i < parts_.size(); ++i) {
        if (!isAlias(i))
            continue;
        const std::uint64_t first = offsets_[i], last = first + (parts_[i].range.size() - 1);
        for (const Elf64_Phdr &load : written) {
            const std::uint64_t from = std::max<std::uint64_t>(first, load.p_offset);
            const std::uint64_t to = std::min<std::uint64_t>(last, load.p_offset + (load.p_filesz - 1));
            if (from > to)
                continue;
            addLoad(i, {parts_[i].range.first + (from - first), parts_[i].range.first + (to - first)});
            bytes_ += to - from + 1;
        }
    }
    std::ranges::sort(loads_, {}, &Elf64_Phdr::p_vaddr);
}

std::uint64_t CoreWriter::pages() const
{
    std::uint64_t pages = 0;
    std::optional<std::uint64_t> counted;
    for (const Elf64_Phdr &load : loads_) {
        const std::uint64_t first = load.p_vaddr / kPageSize;
        const std::uint64_t last = (load.p_vaddr + (load.p_filesz - 1)) / kPageSize;
        pages += last - first + (counted == first ? 0 : 1);
        counted = last;
    }
    return pages;
}

void CoreWriter::addLoad(std::size_t part, const AddrRange &range)
{
    const PlannedPart &planned = parts_[part];
    const std::uint64_t toRange = range.first - planned.range.first;
    const std::uint64_t offset = offsets_[part] + toRange;
    // Two parts never become one PT_LOAD: their physical addresses differ.
    if (lastPart_ == part && !loads_.empty() && loads_.back().p_offset + loads_.back().p_filesz == offset) {
        loads_.back().p_filesz = loads_.back().p_memsz += range.size();
        return;
    }
    lastPart_ = part;
    Elf64_Phdr load = {};
    load.p_type = PT_LOAD;
    load.p_flags = PF_R | PF_W | PF_X;
    load.p_offset = offset;
    load.p_vaddr = range.first.value;
    load.p_paddr = planned.phys ? planned.phys->value + toRange : ~std::uint64_t{0};
    load.p_filesz = load.p_memsz = range.size();
    load.p_align = 0; // by which crash tells a kdump from a netdump
    loads_.push_back(load);
}

Result<void> CoreWriter::writeBytes(std::span<const std::byte> bytes, std::uint64_t offset)
{
    std::size_t begin = 0; // of what is not yet written
    std::size_t at = 0;
    while (at < bytes.size()) {
        const std::size_t page = std::min<std::size_t>(kPageSize - (offset + at) % kPageSize, bytes.size() - at);
        if (isZero(bytes.subspan(at, page))) {
            if (auto done = file_.writeAt(bytes.subspan(begin, at - begin), offset + begin); !done)
                return done;
            zeroBytes_ += page;
            begin = at + page;
        }
        at += page;
    }
    return file_.writeAt(bytes.subspan(begin), offset + begin);
}

Result<void> CoreWriter::write(std::size_t part, const MemoryBlock &block)
{
    for (const StatusRun &run : block.runs()) {
        if (!run.state.present())
            continue;
        const auto bytes = block.bytes().subspan(run.range.first - block.address(), run.range.size());
        const std::uint64_t offset = offsets_[part] + (run.range.first - parts_[part].range.first);
        if (auto done = writeBytes(bytes, offset); !done)
            return done;
        bytes_ += bytes.size();
        addLoad(part, run.range);
    }
    return {};
}

Result<void> CoreWriter::finish(std::span<const Note> notes)
{
    Elf64_Ehdr header = {};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    header.e_type = ET_CORE;
    header.e_machine = elfMachine(machine_);
    header.e_version = EV_CURRENT;
    header.e_ehsize = sizeof(Elf64_Ehdr);
    header.e_phentsize = sizeof(Elf64_Phdr);

    addAliasLoads();
    const auto encodedNotes = encode(notes);
    std::uint64_t offset = sizeof(Elf64_Ehdr);
    auto table = encodeTable(loads_, encodedNotes, offset, header);
    if (offset + table.size() > headerRoom_) {
        offset = pageUp(end_);
        table = encodeTable(loads_, encodedNotes, offset, header);
        end_ = offset + table.size();
    }
    if (auto done = file_.setSize(end_); !done)
        return done;
    if (auto done = file_.writeAt(table, offset); !done)
        return done;
    return file_.writeAt(std::as_bytes(std::span(&header, 1)), 0);
}

} // namespace ks
