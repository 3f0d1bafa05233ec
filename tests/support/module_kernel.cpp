#include "tests/support/module_kernel.h"

#include "core/values/containers.h"

#include <cstring>
#include <stdexcept>

namespace ks::test {
namespace {

using Layout = ModuleEra::Layout;
using Sections = ModuleEra::Sections;
using Refcount = ModuleEra::Refcount;
using Symbols = ModuleEra::Symbols;

constexpr std::uint64_t kPerCpuAreas[] = {0xffff888000030000, 0xffff888000038000};

MemberPath find(const FakeTypes &types, std::string_view tag, std::string_view path)
{
    const auto found = findMemberPath(types.type(NameClass::Struct, tag), path);
    if (!found)
        throw std::invalid_argument(found.error().message());
    return *found;
}

} // namespace

VirtAddr ModuleKernel::allocate(std::size_t size)
{
    const VirtAddr at = next_;
    next_ += (size + 15) / 16 * 16;
    return at;
}

VirtAddr ModuleKernel::allocateText(std::string_view text)
{
    const VirtAddr at = allocate(text.size() + 1);
    memory.write(at, std::as_bytes(std::span(text)));
    return at;
}

VirtAddr ModuleKernel::place(VirtAddr object, std::string_view tag, std::string_view path) const
{
    return object + find(types, tag, path).bitOffset / 8;
}

void ModuleKernel::put(VirtAddr object, std::string_view tag, std::string_view path, std::uint64_t value)
{
    const MemberPath member = find(types, tag, path);
    memory.write(object + member.bitOffset / 8, std::as_bytes(std::span(&value, 1)).first(member.type.size()));
}

std::uint64_t ModuleKernel::get(VirtAddr object, std::string_view tag, std::string_view path) const
{
    const MemberPath member = find(types, tag, path);
    std::uint64_t value = 0;
    const MemoryBlock block = memory.read(object + member.bitOffset / 8, member.type.size());
    std::memcpy(&value, block.bytes().data(), block.size());
    return value;
}

void ModuleKernel::addTypes(const ModuleEra &era)
{
    const TypeId u32 = types.base("unsigned int"), u64 = types.base("long unsigned int");
    const TypeId pointer = types.pointer();
    const TypeId text = types.pointer(types.qualified(TypeKind::Const, types.base("char")));
    auto list = types.structure("list_head");
    list.member("next", types.pointer(list)).member("prev", types.pointer(list));
    auto counter = types.structure("");
    counter.member("counter", types.base("int"));
    const TypeId atomic = types.typedefOf("atomic_t", counter);
    const TypeId state = types.enumeration("module_state", {{"MODULE_STATE_LIVE", 0},
                                                            {"MODULE_STATE_COMING", 1},
                                                            {"MODULE_STATE_GOING", 2},
                                                            {"MODULE_STATE_UNFORMED", 3}});
    auto attribute = types.structure("attribute");
    attribute.member("name", text).member("mode", types.base("short unsigned int"));
    auto binAttribute = types.structure("bin_attribute");
    binAttribute.member("attr", attribute).member("size", u64).member("private", pointer);
    auto group = types.structure("attribute_group");
    auto both = types.unionType(""); // as 6.14 to 6.16 have it
    both.member("bin_attrs", types.pointer(types.pointer(binAttribute)));
    both.member("bin_attrs_new", types.pointer(types.pointer(binAttribute)));
    group.member("name", text).member("attrs", pointer).member("", both);

    auto sectAttrs = types.structure("module_sect_attrs");
    sectAttrs.member("grp", group);
    auto notesAttrs = types.structure("module_notes_attrs");
    if (era.sections == Sections::Pointers) {
        sectAttrs.member("attrs", types.array(binAttribute, {}));
        notesAttrs.member("grp", group).member("attrs", types.array(binAttribute, {}));
    } else {
        auto sectAttr = types.structure("module_sect_attr");
        if (era.sections == Sections::Named) {
            auto moduleAttribute = types.structure("module_attribute");
            moduleAttribute.member("attr", attribute).member("show", pointer).member("store", pointer);
            sectAttr.member("mattr", moduleAttribute).member("name", text);
        } else {
            sectAttr.member("battr", binAttribute);
        }
        sectAttr.member("address", u64);
        sectAttrs.member("nsections", u32).member("attrs", types.array(sectAttr, {}));
        notesAttrs.member("dir", pointer).member("notes", u32).member("attrs", types.array(binAttribute, {}));
    }

    auto module = types.structure("module");
    module.member("state", state).member("list", list).member("name", types.array(types.base("char"), 56));
    if (era.hasBuildId)
        module.member("build_id", types.array(types.base("unsigned char"), 20));
    module.member("version", text).member("srcversion", text);
    if (era.layout == Layout::Members) {
        module.member("module_init", pointer).member("module_core", pointer);
        for (const char *size :
             {"init_size", "core_size", "init_text_size", "core_text_size", "init_ro_size", "core_ro_size"})
            module.member(size, u32);
        module.member("taints", u32);
    } else if (era.layout == Layout::Memory) {
        const TypeId kinds = types.enumeration("mod_mem_type",
                                               {{"MOD_TEXT", 0},
                                                {"MOD_DATA", 1},
                                                {"MOD_RODATA", 2},
                                                {"MOD_RO_AFTER_INIT", 3},
                                                {"MOD_INIT_TEXT", 4},
                                                {"MOD_INIT_DATA", 5},
                                                {"MOD_INIT_RODATA", 6},
                                                {"MOD_MEM_NUM_TYPES", 7},
                                                {"MOD_INVALID", ~std::uint64_t{0}}},
                                               4, true);
        (void)kinds;
        auto part = types.structure("module_memory");
        part.member("base", pointer).member("size", u32);
        module.member("mem", types.array(part, 7)).member("taints", u64);
    } else {
        auto layout = types.structure("module_layout");
        layout.member("base", pointer).member("size", u32).member("text_size", u32).member("ro_size", u32);
        layout.member("ro_after_init_size", u32);
        module.member("core_layout", layout).member("init_layout", layout);
        if (era.layout == Layout::DataLayout)
            module.member("data_layout", layout);
        module.member("taints", u64);
    }
    auto elfSym = types.structure("elf64_sym");
    elfSym.member("st_name", u32).size(24);
    const TypeId elfSymPointer = types.pointer(types.typedefOf("Elf64_Sym", elfSym));
    if (era.symbols == Symbols::InModule) {
        module.member("symtab", elfSymPointer).member("num_symtab", u32).member("strtab", text);
    } else if (era.symbols != Symbols::None) {
        auto tables = types.structure("mod_kallsyms");
        tables.member("symtab", elfSymPointer).member("num_symtab", u32).member("strtab", text);
        if (era.symbols == Symbols::Letters)
            tables.member("typetab", text);
        module.member("kallsyms", types.pointer(tables)).member("core_kallsyms", tables);
    }
    if (era.sections != Sections::None) {
        module.member("sect_attrs", types.pointer(sectAttrs));
        module.member("notes_attrs", types.pointer(notesAttrs));
    }
    module.member("percpu", pointer).member("percpu_size", u32);
    if (era.refcount != Refcount::None)
        module.member("source_list", list).member("target_list", list);
    if (era.refcount == Refcount::Atomic)
        module.member("refcnt", atomic);
    if (era.refcount == Refcount::PerCpu) {
        auto counts = types.structure("module_ref");
        counts.member("incs", u64).member("decs", u64);
        module.member("refptr", types.pointer(counts));
    }
    auto use = types.structure("module_use");
    use.member("source_list", list).member("target_list", list);
    use.member("source", types.pointer(module)).member("target", types.pointer(module));
    types.variable("__per_cpu_offset", types.array(u64, 8));

    auto btf = types.structure("btf");
    btf.member("data", pointer).member("types_size", u32).member("data_size", u32);
    auto btfModule = types.structure("btf_module");
    btfModule.member("list", list).member("module", types.pointer(module)).member("btf", types.pointer(btf));
}

void ModuleKernel::addModule(VirtAddr module, std::string_view name, unsigned state)
{
    memory.write(place(module, "module", "name"), std::as_bytes(std::span(name)));
    put(module, "module", "state", state);
    // list_add_tail
    const VirtAddr node = place(module, "module", "list");
    const VirtAddr last(get(modules, "list_head", "prev"));
    put(node, "list_head", "next", modules.value);
    put(node, "list_head", "prev", last.value);
    put(last, "list_head", "next", node.value);
    put(modules, "list_head", "prev", node.value);
}

void ModuleKernel::addLayout(const ModuleEra &era)
{
    const std::uint64_t ro = kTextSize + kRoSize;
    const std::uint64_t roAfterInit = ro + kRoAfterInitSize;
    const auto set = [&](const char *path, std::uint64_t value) { put(alpha, "module", path, value); };
    if (era.layout == Layout::Members) {
        set("module_core", kBase.value);
        set("core_size", roAfterInit + kDataSize);
        set("core_text_size", kTextSize);
        set("core_ro_size", ro);
    } else if (era.layout == Layout::CoreLayout) {
        set("core_layout.base", kBase.value);
        set("core_layout.size", roAfterInit + kDataSize);
        set("core_layout.text_size", kTextSize);
        set("core_layout.ro_size", ro);
        set("core_layout.ro_after_init_size", roAfterInit);
    } else if (era.layout == Layout::DataLayout) {
        set("core_layout.base", kBase.value);
        set("core_layout.size", kTextSize);
        set("core_layout.text_size", kTextSize);
        set("data_layout.base", kDataBase.value);
        set("data_layout.size", kRoSize + kRoAfterInitSize + kDataSize);
        set("data_layout.ro_size", kRoSize);
        set("data_layout.ro_after_init_size", kRoSize + kRoAfterInitSize);
    } else {
        const VirtAddr mem = place(alpha, "module", "mem");
        const std::uint64_t stride = types.type(NameClass::Struct, "module_memory").size();
        const std::tuple<unsigned, VirtAddr, std::uint64_t> parts[] = {
            {0, kBase, kTextSize},
            {1, kDataBase, kDataSize},
            {2, kDataBase + 0x10000, kRoSize},
            {3, kDataBase + 0x20000, kRoAfterInitSize},
        };
        for (const auto &[index, base, size] : parts) {
            put(mem + index * stride, "module_memory", "base", base.value);
            put(mem + index * stride, "module_memory", "size", size);
        }
    }
    // The second one is being initialised: it has the parts of init, and no more text than that.
    if (era.layout == Layout::Members) {
        put(beta, "module", "module_init", kInitBase.value);
        put(beta, "module", "init_size", kInitSize);
        put(beta, "module", "init_text_size", 0x100);
    } else if (era.layout == Layout::Memory) {
        const VirtAddr init = place(beta, "module", "mem") + 4 * types.type(NameClass::Struct, "module_memory").size();
        put(init, "module_memory", "base", kInitBase.value);
        put(init, "module_memory", "size", kInitSize);
    } else {
        put(beta, "module", "init_layout.base", kInitBase.value);
        put(beta, "module", "init_layout.size", kInitSize);
        put(beta, "module", "init_layout.text_size", 0x100);
    }
}

void ModuleKernel::addSections(const ModuleEra &era)
{
    sections = {{".text", kBase},
                {".init.text", kInitBase},
                {std::string(200, 'x'), kBase + 0x100},
                {".note.gnu.build-id", kHeap + 0x20000}};
    if (era.sections == Sections::None)
        return;
    constexpr std::size_t kMost = 4096;
    const VirtAddr attributes = allocate(kMost);
    put(alpha, "module", "sect_attrs", attributes.value);
    if (era.sections == Sections::Pointers) {
        const VirtAddr pointers = allocate((sections.size() + 1) * 8);
        put(attributes, "module_sect_attrs", "grp.bin_attrs", pointers.value);
        for (std::size_t i = 0; i < sections.size(); ++i) {
            const VirtAddr one = allocate(types.type(NameClass::Struct, "bin_attribute").size());
            memory.set<std::uint64_t>(pointers + 8 * i, one.value);
            put(one, "bin_attribute", "attr.name", allocateText(sections[i].name).value);
            put(one, "bin_attribute", "private", sections[i].address.value);
        }
        return;
    }
    put(attributes, "module_sect_attrs", "nsections", sections.size());
    VirtAddr at = place(attributes, "module_sect_attrs", "attrs");
    for (const ModuleKernelSection &section : sections) {
        const char *name = era.sections == Sections::Named ? "name" : "battr.attr.name";
        put(at, "module_sect_attr", name, allocateText(section.name).value);
        put(at, "module_sect_attr", "address", section.address.value);
        at += types.type(NameClass::Struct, "module_sect_attr").size();
    }
}

void ModuleKernel::addNotes(const ModuleEra &era)
{
    std::string note("\4\0\0\0\24\0\0\0\3\0\0\0GNU\0", 16);
    for (char i = 0; i < 20; ++i)
        note.push_back(i);
    const VirtAddr where = sections.back().address;
    memory.write(where, std::as_bytes(std::span(note)));
    if (era.hasBuildId)
        memory.write(place(alpha, "module", "build_id"), std::as_bytes(std::span(note)).subspan(16));
    if (!era.hasNotes || era.sections == Sections::None)
        return;
    constexpr std::size_t kMost = 1024;
    const VirtAddr attributes = allocate(kMost);
    put(alpha, "module", "notes_attrs", attributes.value);
    VirtAddr one = place(attributes, "module_notes_attrs", "attrs");
    if (era.sections == Sections::Pointers) {
        const VirtAddr pointers = allocate(16);
        put(attributes, "module_notes_attrs", "grp.bin_attrs", pointers.value);
        memory.set<std::uint64_t>(pointers, one.value);
    } else {
        put(attributes, "module_notes_attrs", "notes", 1);
    }
    put(one, "bin_attribute", "attr.name", allocateText(".note").value);
    put(one, "bin_attribute", "size", note.size());
    put(one, "bin_attribute", "private", where.value);
}

void ModuleKernel::addSymbols(const ModuleEra &era)
{
    moduleSymbols = {{"alpha_init", 't', kBase, 0x20, false},
                     {"alpha_open", 't', kBase + 0x20, 0x31, true},
                     {"alpha_ops", 'd', kDataBase, 0x80, false},
                     {"alpha_state", 'a', kPerCpu + 8, 8, false},
                     {"__UNIQUE_ID_alpha", 'r', kBase + 0x3000, 12, false}};
    if (era.symbols == Symbols::None)
        return;
    struct ElfSym {
        std::uint32_t name;
        std::uint8_t info, other;
        std::uint16_t section;
        std::uint64_t value, size;
    };
    // A symbol without a name comes first; one that is not defined is no symbol of the module.
    std::vector<ElfSym> symtab{{}, {1, 0x10, 0, 0, 0xffffffff81000000, 0}};
    std::string strtab("\0printk\0", 8);
    std::string letters("\0U", 2);
    if (era.symbols == Symbols::InModule || era.symbols == Symbols::InfoLetters)
        symtab[1].info = 'U';
    for (const ModuleKernelSymbol &symbol : moduleSymbols) {
        ElfSym raw{static_cast<std::uint32_t>(strtab.size()),
                   static_cast<std::uint8_t>(symbol.global ? 0x12 : 0x02),
                   0,
                   1,
                   symbol.address.value,
                   symbol.size};
        if (era.symbols == Symbols::InModule || era.symbols == Symbols::InfoLetters)
            raw.info = static_cast<std::uint8_t>(symbol.letter);
        if (era.symbols == Symbols::SizeLetters)
            raw.size = static_cast<std::uint64_t>(symbol.letter);
        symtab.push_back(raw);
        strtab += symbol.name + '\0';
        letters.push_back(symbol.letter);
    }
    const VirtAddr symtabAt = allocate(symtab.size() * sizeof(ElfSym));
    const VirtAddr strtabAt = allocate(strtab.size());
    const VirtAddr lettersAt = allocate(letters.size());
    memory.write(symtabAt, std::as_bytes(std::span(symtab)));
    memory.write(strtabAt, std::as_bytes(std::span(strtab)));
    memory.write(lettersAt, std::as_bytes(std::span(letters)));
    VirtAddr holder = alpha;
    const char *tag = "module";
    if (era.symbols != Symbols::InModule) {
        holder = place(alpha, "module", "core_kallsyms");
        tag = "mod_kallsyms";
        put(alpha, "module", "kallsyms", holder.value);
    }
    put(holder, tag, "symtab", symtabAt.value);
    put(holder, tag, "num_symtab", symtab.size());
    put(holder, tag, "strtab", strtabAt.value);
    if (era.symbols == Symbols::Letters)
        put(holder, tag, "typetab", lettersAt.value);
}

void ModuleKernel::addRefcount(const ModuleEra &era)
{
    if (era.refcount == Refcount::None)
        return;
    for (const VirtAddr module : {alpha, beta}) {
        const VirtAddr head = place(module, "module", "source_list");
        put(head, "list_head", "next", head.value);
        put(head, "list_head", "prev", head.value);
    }
    const VirtAddr use = allocate(types.type(NameClass::Struct, "module_use").size());
    const VirtAddr head = place(alpha, "module", "source_list");
    put(use, "module_use", "source_list.next", head.value);
    put(use, "module_use", "source_list.prev", head.value);
    put(use, "module_use", "source", beta.value);
    put(use, "module_use", "target", alpha.value);
    put(head, "list_head", "next", place(use, "module_use", "source_list").value);
    if (era.refcount == Refcount::Atomic) {
        put(alpha, "module", "refcnt.counter", kRefcount + 1);
        put(beta, "module", "refcnt.counter", 1);
        return;
    }
    // One CPU let go of what another had taken: only the sum says something.
    put(alpha, "module", "refptr", 0x100);
    put(beta, "module", "refptr", 0x200);
    put(VirtAddr(kPerCpuAreas[0] + 0x100), "module_ref", "incs", 7);
    put(VirtAddr(kPerCpuAreas[1] + 0x100), "module_ref", "incs", 1);
    put(VirtAddr(kPerCpuAreas[1] + 0x100), "module_ref", "decs", 3);
}

ModuleKernel::ModuleKernel(const ModuleEra &era)
{
    memory.addZeros(kHeap, kHeapSize);
    addTypes(era);
    const auto variable = [&](const char *name, std::size_t size, std::vector<RawSymbol> &raw) {
        const VirtAddr at = allocate(size);
        raw.push_back({name, {}, at, size, SymbolKind::Data, true});
        return at;
    };
    std::vector<RawSymbol> raw;
    modules = variable("modules", 16, raw);
    const VirtAddr offsets = variable("__per_cpu_offset", 64, raw);
    memory.set(offsets, kPerCpuAreas);
    // CPU 2 has a number, but can never be.
    memory.set<std::uint32_t>(variable("nr_cpu_ids", 4, raw), 3);
    memory.set<std::uint64_t>(variable("cpu_possible_bits", 8, raw), 3);
    memory.set<std::uint64_t>(offsets + 16, kHeap.value + kHeapSize);
    const VirtAddr btfModules = variable("btf_modules", 16, raw);
    for (const VirtAddr head : {modules, btfModules}) {
        put(head, "list_head", "next", head.value);
        put(head, "list_head", "prev", head.value);
    }
    symbols = SymbolTable::build(std::move(raw));

    const std::size_t size = types.type(NameClass::Struct, "module").size();
    alpha = allocate(size);
    beta = allocate(size);
    addModule(alpha, "alpha", 0);
    addModule(beta, "beta", 1);
    addModule(allocate(size), "unformed", 3);
    put(alpha, "module", "version", allocateText("1.2").value);
    put(alpha, "module", "srcversion", allocateText("0123456789ABCDEF").value);
    put(alpha, "module", "taints", 0x1000);
    put(alpha, "module", "percpu", kPerCpu.value);
    put(alpha, "module", "percpu_size", kPerCpuSize);
    addLayout(era);
    addSections(era);
    addNotes(era);
    addSymbols(era);
    addRefcount(era);
}

} // namespace ks::test
