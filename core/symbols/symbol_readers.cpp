#include "core/symbols/symbol_readers.h"

#include "core/symbols/module_file.h"

#include <algorithm>
#include <charconv>
#include <elf.h>

namespace ks {

namespace {

/// Linker scripts of old kernels made absolute symbols of places in the image; those are no numbers.
SymbolKind kindAt(SymbolKind kind, VirtAddr address)
{
    return kind == SymbolKind::Absolute && address.value >= kKernelHalf ? SymbolKind::Other : kind;
}

SymbolKind kindOfLetter(char letter)
{
    switch (letter) {
    case 'T':
    case 't':
    case 'W':
    case 'w':
    case 'i': return SymbolKind::Function;
    case 'D':
    case 'd':
    case 'B':
    case 'b':
    case 'R':
    case 'r':
    case 'G':
    case 'g':
    case 'S':
    case 's':
    case 'V':
    case 'v':
    case 'C':
    case 'u': return SymbolKind::Data;
    case 'A':
    case 'a': return SymbolKind::Absolute;
    default: return SymbolKind::Other;
    }
}

SymbolKind kindOfSection(const ElfSection &section)
{
    if ((section.flags & SHF_ALLOC) == 0)
        return SymbolKind::Other;
    return (section.flags & SHF_EXECINSTR) != 0 ? SymbolKind::Function : SymbolKind::Data;
}

/// One line; nothing if it has another form.
std::optional<Symbol> parseLine(std::string_view line)
{
    Symbol symbol;
    const char *end = line.data() + line.size();
    const auto [after, error] = std::from_chars(line.data(), end, symbol.address.value, 16);
    if (error != std::errc{} || end - after < 4 || after[0] != ' ' || after[2] != ' ')
        return std::nullopt;
    symbol = symbolOfLetter(after[1], symbol.address, {after + 3, end});
    if (const auto tab = symbol.name.find('\t'); tab != symbol.name.npos) {
        std::string_view module = symbol.name.substr(tab + 1);
        symbol.name = symbol.name.substr(0, tab);
        if (module.size() < 3 || module.front() != '[' || module.back() != ']')
            return std::nullopt;
        symbol.module = module.substr(1, module.size() - 2);
    }
    if (symbol.name.empty())
        return std::nullopt;
    return symbol;
}

Result<std::vector<Symbol>> parseLines(std::string_view text, std::string_view what)
{
    std::vector<Symbol> symbols;
    symbols.reserve(text.size() / 40); // a line has about 45 characters
    std::size_t lineNumber = 0;
    while (!text.empty()) {
        ++lineNumber;
        std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        // nm writes undefined weak symbols without an address.
        if (line.empty() || line.front() == ' ')
            continue;
        const auto symbol = parseLine(line);
        if (!symbol)
            return fail(ErrorCode::BadFormat, std::string(what),
                        "line " + std::to_string(lineNumber) + " is not of the form \"address type name\"");
        symbols.push_back(*symbol);
    }
    if (symbols.empty())
        return fail(ErrorCode::BadFormat, std::string(what), "holds no symbols");
    markPerCpu(symbols);
    return symbols;
}

} // namespace

Symbol symbolOfLetter(char letter, VirtAddr address, std::string_view name)
{
    const bool global = letter >= 'A' && letter <= 'Z' && letter != 'W' && letter != 'V';
    return {name, {}, address, 0, kindAt(kindOfLetter(letter), address), global};
}

void markPerCpu(std::span<Symbol> symbols)
{
    std::optional<VirtAddr> first;
    std::optional<VirtAddr> end;
    for (const Symbol &symbol : symbols) {
        if (symbol.name == "__per_cpu_start" && symbol.module.empty())
            first = symbol.address;
        else if (symbol.name == "__per_cpu_end" && symbol.module.empty())
            end = symbol.address;
    }
    for (Symbol &symbol : symbols) {
        if (symbol.module.empty()) {
            const bool inside = first && end && *first <= symbol.address && symbol.address < *end;
            if (inside || (end && symbol.address == *end && symbol.name == "__per_cpu_end"))
                symbol.kind = SymbolKind::PerCpu;
        } else if (symbol.address.value < kKernelHalf) {
            // Their letter is that of numbers (elf_type() of kernel/module/kallsyms.c), of which a module that is
            // loaded keeps none.
            symbol.kind = SymbolKind::PerCpu;
        }
    }
}

Result<std::vector<Symbol>> readElfSymbols(const ElfImage &image)
{
    if (image.type() == ElfImage::Type::Relocatable)
        return readModuleSymbols(image, {}, {});
    std::vector<Symbol> symbols;
    for (const ElfSection &section : image.sections()) {
        if (section.name == ".symtab" && section.entrySize != 0 && section.size <= image.file().bytes().size())
            symbols.reserve(section.size / 24); // sizeof(Elf64_Sym)
    }
    const auto done = image.forEachSymbol([&](const ElfSymbol &s) {
        Symbol symbol{s.name, {}, s.address, s.size, kindAt(s.kind, s.address), s.global};
        // A label has no type; nm and kallsyms tell it by its section, and so the same answer comes with and without
        // kallsyms.
        if (s.kind == SymbolKind::Other && s.section < image.sections().size())
            symbol.kind = kindOfSection(image.sections()[s.section]);
        symbols.push_back(symbol);
    });
    if (!done)
        return std::unexpected(done.error());
    return symbols;
}

Result<std::vector<Symbol>> parseSystemMap(std::string_view text, std::string_view what)
{
    return parseLines(text, what);
}

Result<std::vector<Symbol>> parseKallsyms(std::string_view text, std::string_view what)
{
    auto symbols = parseLines(text, what);
    if (!symbols)
        return symbols;
    if (std::ranges::all_of(*symbols, [](const Symbol &s) { return s.address.value == 0; }))
        return fail(ErrorCode::Permission, std::string(what), "the kernel shows no addresses to this user",
                    "open it as root, or lower kernel.kptr_restrict");
    return symbols;
}

} // namespace ks
