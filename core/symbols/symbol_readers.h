// Readers of symbols. Each gives views into its input, which must outlive them; SymbolTableBuilder copies.
#pragma once

#include "core/base/error.h"
#include "core/symbols/elf_image.h"
#include "core/symbols/symbol_table.h"

#include <span>
#include <string_view>
#include <vector>

namespace ks {

/// Of .symtab, at linked addresses. A module has none: of its symbols only numbers are left (see readModuleSymbols).
Result<std::vector<Symbol>> readElfSymbols(const ElfImage &image);

/// System.map: "ADDRESS TYPE NAME" lines as nm writes them, at linked addresses. `what` names the text in errors;
/// BadFormat tells the line.
Result<std::vector<Symbol>> parseSystemMap(std::string_view text, std::string_view what);

/// /proc/kallsyms: as System.map, at runtime addresses, with "\t[module]" behind symbols of modules (kernel/kallsyms.c,
/// s_show). "bpf", "__builtin__ftrace" and the like count as modules. Permission when the kernel hid the addresses.
Result<std::vector<Symbol>> parseKallsyms(std::string_view text, std::string_view what);

/// A symbol of the kernel itself whose kind the letter of nm and kallsyms tells; per-CPU ones are found by markPerCpu.
Symbol symbolOfLetter(char letter, VirtAddr address, std::string_view name);

/// Makes the symbols between __per_cpu_start and __per_cpu_end per-CPU ones, and those of modules that lie below the
/// kernel's half of the address space. Kernels link .data..percpu at 0 (CONFIG_X86_64 before 6.15, where kallsyms calls
/// them absolute, too: scripts/kallsyms.c, make_percpus_absolute) or within the image.
void markPerCpu(std::span<Symbol> symbols);

} // namespace ks
