// A kernel with two modules, in the shape of any version: types, symbols and memory that belong together.
#pragma once

#include "core/symbols/symbol_table.h"
#include "core/values/context.h"
#include "tests/support/fake_source.h"
#include "tests/support/fake_types.h"

#include <string>
#include <vector>

namespace ks::test {

/// One side of each change that struct module and what hangs on it have seen.
struct ModuleEra {
    enum class Layout {
        Members,    ///< module_core, core_size, ...; before 4.5
        CoreLayout, ///< 4.5 to 6.3
        DataLayout, ///< 5.18 to 6.3 where data lies apart
        Memory,     ///< mem[]; since 6.4
    };
    enum class Sections {
        Named,    ///< name and address in module_sect_attr; before 5.8
        Battr,    ///< the name in a bin_attribute; 5.8 to 6.13
        Pointers, ///< no number, pointers to bin_attributes; since 6.14
        None,     ///< CONFIG_KALLSYMS is off
    };
    enum class Refcount { PerCpu, Atomic, None }; ///< before 3.19, since, without CONFIG_MODULE_UNLOAD
    enum class Symbols {
        InModule,    ///< the tables in struct module, letters in st_info; before 4.5
        InfoLetters, ///< mod_kallsyms, letters in st_info; 4.5 to 4.20
        SizeLetters, ///< letters in st_size; 5.0 and 5.1
        Letters,     ///< an array of letters; since 5.2
        None,
    };
    Layout layout = Layout::CoreLayout;
    Sections sections = Sections::Battr;
    Refcount refcount = Refcount::Atomic;
    Symbols symbols = Symbols::Letters;
    bool hasBuildId = true;
    bool hasNotes = true;
};

struct ModuleKernelSection {
    std::string name;
    VirtAddr address;
};

struct ModuleKernelSymbol {
    std::string name;
    char letter = 't';
    VirtAddr address;
    std::uint64_t size = 0;
    bool global = false;
};

class ModuleKernel {
public:
    explicit ModuleKernel(const ModuleEra &era);
    EvalContext context() const { return {.memory = &memory, .symbols = &symbols, .types = &types}; }

    /// Sets a member of an object: `put(alpha, "module", "core_layout.size", 4096)`.
    void put(VirtAddr object, std::string_view tag, std::string_view path, std::uint64_t value);
    /// Where a member lies.
    VirtAddr place(VirtAddr object, std::string_view tag, std::string_view path) const;
    std::uint64_t get(VirtAddr object, std::string_view tag, std::string_view path) const;
    VirtAddr allocate(std::size_t size);
    VirtAddr allocateText(std::string_view text);

    // What the first module, alpha, has. The second, beta, uses it and is still coming.
    static constexpr VirtAddr kBase{0xffffffffc0000000};
    static constexpr VirtAddr kDataBase{0xffffffffc0100000}; ///< where data lies apart
    static constexpr VirtAddr kInitBase{0xffffffffc0200000};
    static constexpr VirtAddr kPerCpu{0x15000};
    static constexpr std::uint64_t kTextSize = 0x3000, kRoSize = 0x1000, kRoAfterInitSize = 0x1000, kDataSize = 0x2000,
                                   kInitSize = 0x800, kPerCpuSize = 0x40;
    static constexpr const char *kBuildId = "000102030405060708090a0b0c0d0e0f10111213";
    std::vector<ModuleKernelSection> sections;
    std::vector<ModuleKernelSymbol> moduleSymbols;
    static constexpr std::int64_t kRefcount = 5;

    FakeTypes types;
    SymbolTable symbols;
    FakeSource memory;
    VirtAddr modules; ///< the list's head
    VirtAddr alpha;
    VirtAddr beta;

    static constexpr VirtAddr kHeap{0xffff888000000000};
    static constexpr std::size_t kHeapSize = 0x40000;

private:
    void addTypes(const ModuleEra &era);
    void addModule(VirtAddr module, std::string_view name, unsigned state);
    void addLayout(const ModuleEra &era);
    void addSections(const ModuleEra &era);
    void addNotes(const ModuleEra &era);
    void addSymbols(const ModuleEra &era);
    void addRefcount(const ModuleEra &era);

    VirtAddr next_ = kHeap;
};

} // namespace ks::test
