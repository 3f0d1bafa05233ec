#include "core/session/from_memory.h"

#include "core/kernel/btf_in_memory.h"
#include "core/kernel/module_symbols.h"
#include "core/types/btf_reader.h"

namespace ks {

Result<OpenedTypes> typesOfMemory(const MemorySource &memory, const SymbolTable &symbols)
{
    auto bytes = kernel::readKernelBtf(memory, symbols);
    if (!bytes)
        return std::unexpected(bytes.error());
    const auto contents = (*bytes)->bytes();
    auto reader = BtfReader::parse(std::move(*bytes), contents);
    if (!reader)
        return std::unexpected(reader.error());
    return OpenedTypes{std::move(*reader), "BTF in the kernel's memory"};
}

void addModulesOfMemory(SymbolTable &table, EvalContext context, std::vector<std::string> &warnings)
{
    OpenedTypes types;
    if (!context.types) {
        auto opened = typesOfMemory(*context.memory, table);
        if (!opened)
            return;
        types = std::move(*opened);
        context.types = types.types.get();
    }
    context.symbols = &table;
    SymbolTableBuilder builder;
    auto problems = kernel::addModuleSymbols(context, builder);
    if (!problems)
        return;
    warnings.insert(warnings.end(), problems->begin(), problems->end());
    if (builder.size() == 0)
        return;
    builder.reserve(table.size());
    for (std::size_t i = 0; i < table.size(); ++i)
        builder.add(table.at(i));
    table = builder.build();
}

} // namespace ks
