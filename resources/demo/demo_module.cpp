#include "resources/demo/demo_module.h"

#include "resources/demo/embedded.h"
#include "resources/demo/guest.h"

#include <algorithm>
#include <cstdio>

namespace ks::demo {
namespace {

constexpr std::string_view kName = "demo_net";

std::uint64_t pageUp(std::uint64_t size) { return (size + kPageSize - 1) & ~(kPageSize - 1); }

/// 0 text, 1 read-only, 2 writable.
unsigned groupOf(const Elf64_Shdr &section)
{
    return section.sh_flags & SHF_EXECINSTR ? 0 : section.sh_flags & SHF_WRITE ? 2 : 1;
}

} // namespace

Result<DemoModule> DemoModule::load(GuestMemory &memory, const KernelImage &image, VmallocSpace &vmalloc,
                                    VirtAddr perCpuOffset)
{
    DemoModule module;
    auto elf = ElfFile::parse(embeddedModule(), "demo_net.ko");
    if (!elf)
        return std::unexpected(elf.error());
    module.elf_ = std::move(*elf);
    module.perCpu_ = perCpuOffset;

    std::uint64_t textSize = 0;
    std::uint64_t readOnlySize = 0;
    if (auto done = module.layOut(textSize, readOnlySize); !done)
        return std::unexpected(done.error());
    module.base_ = vmalloc.allocateModule(module.size_, "load_module").start;
    for (auto &address : module.addresses_) {
        if (address)
            *address += module.base_.value;
    }
    for (std::size_t i = 0; i < module.addresses_.size(); ++i) {
        const ElfSection &section = module.elf_.sections()[i];
        if (section.name == ".data..percpu")
            module.addresses_[i] = perCpuOffset;
        else if (module.addresses_[i])
            module.sections_.push_back({section.name, *module.addresses_[i]});
    }
    if (auto done = module.relocate(image); !done)
        return std::unexpected(done.error());
    memory.write(module.base_, module.bytes_);
    module.publish(memory, image, textSize, readOnlySize);
    return module;
}

// Text, read-only and writable sections, each group on pages of its own. The addresses are offsets at first.
Result<void> DemoModule::layOut(std::uint64_t &textSize, std::uint64_t &readOnlySize)
{
    const auto &sections = elf_.sections();
    addresses_.resize(sections.size());
    std::uint64_t end = 0;
    for (unsigned group = 0; group < 3; ++group) {
        for (std::size_t i = 0; i < sections.size(); ++i) {
            const Elf64_Shdr &header = sections[i].header;
            if (!(header.sh_flags & SHF_ALLOC) || header.sh_size == 0 || groupOf(header) != group ||
                sections[i].name == ".data..percpu")
                continue;
            const std::uint64_t alignment = std::max<std::uint64_t>(header.sh_addralign, 1);
            end = (end + alignment - 1) / alignment * alignment;
            addresses_[i] = VirtAddr(end);
            end += header.sh_size;
            if (end > kTwoMiB)
                return fail(ErrorCode::BadFormat, "demo_net.ko section " + sections[i].name, "is too large");
        }
        end = pageUp(end);
        if (group == 0)
            textSize = end;
        if (group == 1)
            readOnlySize = end;
    }
    size_ = end;
    bytes_.resize(size_);
    for (std::size_t i = 0; i < sections.size(); ++i) {
        if (addresses_[i])
            std::ranges::copy(sections[i].bytes, bytes_.begin() + static_cast<std::ptrdiff_t>(addresses_[i]->value));
    }
    return {};
}

std::optional<VirtAddr> DemoModule::resolve(const ElfSymbol &symbol, const KernelImage &image) const
{
    if (symbol.raw.st_shndx == SHN_UNDEF) {
        const ElfSymbol *exported = image.elf().symbol(symbol.name);
        return exported ? std::optional(image.symbol(symbol.name)) : std::nullopt;
    }
    if (symbol.raw.st_shndx >= addresses_.size() || !addresses_[symbol.raw.st_shndx])
        return std::nullopt;
    return *addresses_[symbol.raw.st_shndx] + symbol.raw.st_value;
}

// apply_relocate_add() of arch/x86/kernel/module.c.
Result<void> DemoModule::relocate(const KernelImage &image)
{
    for (const ElfSection &rela : elf_.sections()) {
        if (rela.header.sh_type != SHT_RELA || rela.header.sh_info >= addresses_.size() ||
            !addresses_[rela.header.sh_info] || elf_.sections()[rela.header.sh_info].name == ".data..percpu")
            continue;
        const VirtAddr section = *addresses_[rela.header.sh_info];
        auto entries = elf_.relocations(rela);
        if (!entries)
            return std::unexpected(entries.error());
        for (const Elf64_Rela &entry : *entries) {
            const ElfSymbol &symbol = elf_.symbols()[ELF64_R_SYM(entry.r_info)];
            const auto target = resolve(symbol, image);
            if (!target)
                return fail(ErrorCode::BadFormat, "demo_net.ko", "symbol " + symbol.name + " is not known");
            const VirtAddr place = section + entry.r_offset;
            std::uint64_t value = target->value + static_cast<std::uint64_t>(entry.r_addend);
            std::size_t width = 4;
            switch (ELF64_R_TYPE(entry.r_info)) {
            case R_X86_64_64: width = 8; break;
            case R_X86_64_32:
            case R_X86_64_32S: break;
            case R_X86_64_PC32:
            case R_X86_64_PLT32: value -= place.value; break;
            default:
                return fail(ErrorCode::Unsupported, "demo_net.ko section " + rela.name,
                            "relocation type " + std::to_string(ELF64_R_TYPE(entry.r_info)));
            }
            const std::uint64_t at = place - base_;
            if (at > bytes_.size() || width > bytes_.size() - at)
                return fail(ErrorCode::BadFormat, "demo_net.ko section " + rela.name, "a relocation lies outside");
            std::memcpy(bytes_.data() + at, &value, width);
        }
    }
    return {};
}

std::optional<VirtAddr> DemoModule::symbol(std::string_view name) const
{
    const ElfSymbol *found = elf_.symbol(name);
    if (!found || found->raw.st_shndx >= addresses_.size() || !addresses_[found->raw.st_shndx])
        return std::nullopt;
    return *addresses_[found->raw.st_shndx] + found->raw.st_value;
}

std::string DemoModule::kallsyms() const
{
    std::string text;
    for (const ElfSymbol &found : elf_.symbols()) {
        const auto type = ELF64_ST_TYPE(found.raw.st_info);
        if (found.name.empty() || type == STT_SECTION || type == STT_FILE || found.raw.st_shndx >= addresses_.size() ||
            !addresses_[found.raw.st_shndx])
            continue;
        const VirtAddr address = *addresses_[found.raw.st_shndx] + found.raw.st_value;
        char start[24];
        std::snprintf(start, sizeof start, "%016llx %c ", static_cast<unsigned long long>(address.value),
                      symbolLetter(elf_, found.raw));
        text.append(start).append(found.name).append("\t[").append(kName).append("]\n");
    }
    return text;
}

void DemoModule::publish(GuestMemory &memory, const KernelImage &image, std::uint64_t textSize,
                         std::uint64_t readOnlySize)
{
    const auto string = [&](std::string_view text) {
        const VirtAddr at = memory.allocateObject(text.size() + 1, 8);
        memory.write(at, std::as_bytes(std::span(text)));
        return at.value;
    };
    const auto array = [&](std::span<const std::byte> bytes) {
        const VirtAddr at = memory.allocateObject(bytes.size(), 8);
        memory.write(at, bytes);
        return at.value;
    };
    const VirtAddr self = symbol("__this_module").value_or(base_);
    auto record = memory.load<guest::module>(self);
    record.state = guest::MODULE_STATE_LIVE;
    record.core_layout.base = guestPointer(base_.value);
    record.core_layout.size = static_cast<unsigned>(size_);
    record.core_layout.text_size = static_cast<unsigned>(textSize);
    record.core_layout.ro_size = record.core_layout.ro_after_init_size = static_cast<unsigned>(readOnlySize);
    record.core_layout.mtn.mod = guestPointer<guest::module>(self.value);
    record.mkobj.kobj.name = guestPointer<char>(string(kName));
    record.mkobj.kobj.state_initialized = 1;
    record.mkobj.kobj.state_in_sysfs = 1;
    record.mkobj.mod = guestPointer<guest::module>(self.value);
    record.refcnt.counter = 1;
    if (const ElfSection *percpu = elf_.section(".data..percpu")) {
        record.percpu = guestPointer(perCpu_.value);
        record.percpu_size = static_cast<unsigned>(percpu->bytes.size());
    }
    if (const ElfSection *note = elf_.section(".note.gnu.build-id"); note && note->bytes.size() >= 36)
        std::memcpy(record.build_id, note->bytes.data() + 16, sizeof record.build_id);

    // sect_attrs: what /sys/module/demo_net/sections shows.
    const VirtAddr attributes =
        memory.allocateObject(sizeof(guest::module_sect_attrs) + sections_.size() * sizeof(guest::module_sect_attr));
    guest::module_sect_attrs head;
    clear(head);
    head.nsections = static_cast<unsigned>(sections_.size());
    memory.store(attributes, head);
    VirtAddr at = attributes + sizeof(guest::module_sect_attrs);
    for (const Section &section : sections_) {
        guest::module_sect_attr attribute;
        clear(attribute);
        attribute.battr.attr.name = guestPointer<char>(string(section.name));
        attribute.battr.attr.mode = 0400;
        attribute.address = section.address.value;
        memory.store(at, attribute);
        at += sizeof attribute;
    }
    record.sect_attrs = guestPointer<guest::module_sect_attrs>(attributes.value);

    // notes_attrs: /sys/module/demo_net/notes.
    for (const Section &section : sections_) {
        const ElfSection *note = elf_.section(section.name);
        if (!note || note->header.sh_type != SHT_NOTE)
            continue;
        const VirtAddr notes = memory.allocateObject(sizeof(guest::module_notes_attrs) + sizeof(guest::bin_attribute));
        guest::module_notes_attrs one;
        clear(one);
        one.notes = 1;
        guest::bin_attribute attribute;
        clear(attribute);
        attribute.attr.name = guestPointer<char>(string(section.name));
        attribute.attr.mode = 0444;
        attribute.size = note->bytes.size();
        attribute.private_ = guestPointer(section.address.value);
        memory.store(notes, one);
        memory.store(notes + sizeof one, attribute);
        record.notes_attrs = guestPointer<guest::module_notes_attrs>(notes.value);
    }

    // Its own symbol table, with runtime values.
    std::vector<Elf64_Sym> symbols{Elf64_Sym{}};
    std::string names(1, '\0');
    std::string letters(1, '\0');
    for (const ElfSymbol &found : elf_.symbols()) {
        const auto type = ELF64_ST_TYPE(found.raw.st_info);
        if (found.name.empty() || type == STT_SECTION || type == STT_FILE || !resolve(found, image) ||
            found.raw.st_shndx == SHN_UNDEF)
            continue;
        Elf64_Sym copy = found.raw;
        copy.st_value = resolve(found, image)->value;
        copy.st_name = static_cast<Elf64_Word>(names.size());
        names.append(found.name).push_back('\0');
        letters.push_back(symbolLetter(elf_, found.raw));
        symbols.push_back(copy);
    }
    guest::mod_kallsyms &table = record.core_kallsyms;
    table.num_symtab = static_cast<unsigned>(symbols.size());
    table.symtab = guestPointer<guest::Elf64_Sym>(array(std::as_bytes(std::span(symbols))));
    table.strtab = guestPointer<char>(array(std::as_bytes(std::span(names))));
    table.typetab = guestPointer<char>(array(std::as_bytes(std::span(letters))));
    record.kallsyms = guestPointer<guest::mod_kallsyms>((self + offsetof(guest::module, core_kallsyms)).value);
    memory.store(self, record);
    memory.listInit(self + offsetof(guest::module, source_list));
    memory.listInit(self + offsetof(guest::module, target_list));
    memory.listAddTail(self + offsetof(guest::module, list), image.symbol("modules"));
}

} // namespace ks::demo
