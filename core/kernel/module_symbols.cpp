#include "core/kernel/module_symbols.h"

#include "core/symbols/symbol_readers.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace ks::kernel {
namespace {

constexpr std::uint64_t kMaxSymbols = 1 << 20; // the largest modules have some 50,000
constexpr std::uint64_t kMaxStrings = 1 << 26;
constexpr std::uint64_t kMaxName = 1024; // KSYM_NAME_LEN is 128, since 6.1 512

/// Elf64_Sym (ELF gABI "Symbol Table").
struct ElfSym {
    std::uint32_t name;
    std::uint8_t info;
    std::uint8_t other;
    std::uint16_t section;
    std::uint64_t value;
    std::uint64_t size;
};
static_assert(sizeof(ElfSym) == 24);
constexpr std::uint16_t kUndefined = 0;
constexpr std::uint16_t kAbsolute = 0xfff1;
constexpr unsigned kBindGlobal = 1;

/// Where the tables lie.
struct Tables {
    VirtAddr symbols;
    std::uint64_t count = 0;
    VirtAddr strings;
    std::optional<VirtAddr> letters; ///< since 5.2 (1c7651f43777)
};

Result<std::vector<std::byte>> readWhole(const EvalContext &context, VirtAddr address, std::uint64_t size,
                                         const std::string &what)
{
    const MemoryBlock block = context.memory->read(address, size);
    if (const auto missing = block.firstMissing(address, size))
        return fail(ErrorCode::Unreadable, what + " at " + hex(missing->range.first), missing->state.reason());
    return std::vector(block.bytes().begin(), block.bytes().end());
}

Result<Tables> findTables(const EvalContext &context, const Module &module)
{
    const std::string what = "symbols of module " + module.name;
    if (!context.memory)
        return fail(ErrorCode::NotFound, what, "there is no memory to read them from");
    const auto type = structType(context, "module");
    if (!type)
        return std::unexpected(type.error());
    Value holder = readValue(context, *type, module.address);
    if (memberOf(holder, "kallsyms")) {
        const auto tables = pointerMember(holder, "kallsyms");
        const auto tablesType = structType(context, "mod_kallsyms");
        if (!tablesType)
            return std::unexpected(tablesType.error());
        if (!tables)
            return fail(ErrorCode::Unreadable, "struct module at " + hex(module.address),
                        "module.kallsyms was not read");
        if (tables->value == 0)
            return fail(ErrorCode::NotFound, what, "it has none yet");
        holder = readValue(context, *tablesType, *tables);
    } else if (!memberOf(holder, "symtab")) {
        return fail(ErrorCode::NotFound, what, "this kernel keeps none (CONFIG_KALLSYMS is off)");
    }
    const auto symbols = pointerMember(holder, "symtab");
    const auto count = integerMember(holder, "num_symtab");
    const auto strings = pointerMember(holder, "strtab");
    if (!symbols || !count || !strings)
        return fail(ErrorCode::Unreadable,
                    holder.type().spelling() + " at " + hex(holder.address().value_or(VirtAddr())),
                    holder.missing() ? holder.missing()->state.reason() : "its members are of other types");
    const auto number = static_cast<std::uint64_t>(*count) & 0xffffffff; // unsigned int or unsigned long
    if (number > kMaxSymbols)
        return fail(ErrorCode::Limit, what, std::to_string(number) + " symbols are not possible");
    return Tables{*symbols, number, *strings, pointerMember(holder, "typetab")};
}

bool isLetter(std::uint64_t value)
{
    return (value >= 'a' && value <= 'z') || (value >= 'A' && value <= 'Z') || value == '?';
}

/// Without an array of its own, the letter of nm has taken the place of st_info, and in 5.0 and 5.1 (5439c985c5a8) that
/// of st_size. As st_info no binding and type that are in use look like a letter.
char takeLetter(ElfSym &symbol)
{
    if (isLetter(symbol.info)) {
        const char letter = static_cast<char>(symbol.info);
        symbol.info = 0;
        return letter;
    }
    if (isLetter(symbol.size))
        return static_cast<char>(std::exchange(symbol.size, 0));
    return '?';
}

/// The string table has no length: up to where the last name that is used ends.
Result<std::string> readStrings(const EvalContext &context, const Tables &tables, const std::vector<ElfSym> &symbols,
                                const std::string &what)
{
    std::uint64_t last = 0;
    for (const ElfSym &symbol : symbols)
        last = std::max<std::uint64_t>(last, symbol.name);
    if (last > kMaxStrings)
        return fail(ErrorCode::Limit, what + " at " + hex(tables.strings), "a name would lie too far behind");
    const std::uint64_t size = last + kMaxName;
    const MemoryBlock block = context.memory->read(tables.strings, size);
    const auto missing = block.firstMissing(tables.strings, size);
    const std::uint64_t present = missing ? missing->range.first - tables.strings : size;
    std::string text(reinterpret_cast<const char *>(block.bytes().data()),
                     std::min<std::uint64_t>(present, block.size()));
    if (text.size() > last && text.find('\0', last) != text.npos)
        return text;
    if (missing)
        return fail(ErrorCode::Unreadable, what + " at " + hex(missing->range.first), missing->state.reason());
    return fail(ErrorCode::BadFormat, what + " at " + hex(tables.strings + last), "a name does not end");
}

} // namespace

Result<OwnedSymbols> readModuleSymbols(const EvalContext &context, const Module &module)
{
    const auto tables = findTables(context, module);
    if (!tables)
        return std::unexpected(tables.error());
    OwnedSymbols result;
    if (tables->count == 0)
        return result;
    const auto bytes = readWhole(context, tables->symbols, tables->count * sizeof(ElfSym), "symtab of " + module.name);
    if (!bytes)
        return std::unexpected(bytes.error());
    std::vector<ElfSym> symbols(tables->count);
    std::memcpy(symbols.data(), bytes->data(), bytes->size());
    std::vector<std::byte> letters;
    if (tables->letters) {
        auto read = readWhole(context, *tables->letters, tables->count, "typetab of " + module.name);
        if (!read)
            return std::unexpected(read.error());
        letters = std::move(*read);
    }
    auto strings = readStrings(context, *tables, symbols, "strtab of " + module.name);
    if (!strings)
        return std::unexpected(strings.error());

    const std::size_t stringsSize = strings->size();
    const auto pool = std::make_shared<const std::string>(*strings + module.name);
    const std::string_view moduleName = std::string_view(*pool).substr(stringsSize);
    for (std::size_t i = 0; i < symbols.size(); ++i) {
        ElfSym &raw = symbols[i];
        const char letter = letters.empty() ? takeLetter(raw) : static_cast<char>(letters[i]);
        const std::string_view name = pool->c_str() + raw.name;
        if (name.empty() || raw.section == kUndefined)
            continue;
        Symbol symbol = symbolOfLetter(letter, VirtAddr(raw.value), name);
        symbol.module = moduleName;
        symbol.size = raw.size;
        symbol.global = raw.info >> 4 == kBindGlobal;
        // The letter of per-CPU variables is that of numbers; their section has no name any more.
        if (raw.section != kAbsolute && module.perCpuSize != 0 && symbol.address - module.perCpu < module.perCpuSize)
            symbol.kind = SymbolKind::PerCpu;
        result.symbols.push_back(symbol);
    }
    result.names = pool;
    return result;
}

std::vector<std::string> addModuleSymbols(const EvalContext &context, std::span<const Module> modules,
                                          SymbolTableBuilder &builder)
{
    std::vector<std::string> problems;
    for (const Module &module : modules) {
        const auto read = readModuleSymbols(context, module);
        if (!read) {
            problems.push_back(read.error().message());
            continue;
        }
        for (const Symbol &symbol : read->symbols)
            builder.add(symbol);
    }
    return problems;
}

} // namespace ks::kernel
