// A module as a file: NAME.ko, as it is installed, as it was built, or only its debug information.
#pragma once

#include "core/symbols/elf_image.h"
#include "core/symbols/relocation.h"
#include "core/symbols/symbol_table.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ks {

/// What a module file says of itself. A file of debug information alone (objcopy --only-keep-debug) says little.
struct ModuleFacts {
    /// `name=` of .modinfo (since 4.15), else the name in the struct module that the file brings along, else that of
    /// the file; with '_' for '-', as the kernel knows it.
    std::string name;
    bool nameIsOfFile = false; ///< the name is that of the file, which anybody may have changed
    std::string vermagic;      ///< "RELEASE SMP preempt ..."; empty if it does not say
    std::string srcversion;    ///< hash over the sources (MODULE_VERSION, CONFIG_MODULE_SRCVERSION_ALL); may be empty
    std::string buildId;       ///< lower-case hex; may be empty
    bool hasDebugInfo = false; ///< .debug_info
};

/// Mismatch if the file is no relocatable one, as all modules are.
Result<ModuleFacts> readModuleFacts(const ElfImage &image);

/// "snd-hda-intel.ko.zst" -> "snd_hda_intel": .ko with .debug, .gz, .xz, .zst behind it in any order. Nothing for names
/// that are not a module's.
std::optional<std::string> moduleNameOfFile(std::string_view fileName);
/// '-' and '_' are the same in names of modules (kmod); the kernel uses '_'.
std::string canonicalModuleName(std::string_view name);

/// The symbols of a module at runtime addresses, views into the image and `moduleName`. Per-CPU ones are offsets into
/// each CPU's area. Those in sections that are not loaded are left out. NotFound if the file is stripped.
Result<std::vector<Symbol>> readModuleSymbols(const ElfImage &image, const SectionAddresses &addresses,
                                              std::string_view moduleName);

} // namespace ks
