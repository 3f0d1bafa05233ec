#include "core/values/identifiers.h"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace ks::expr {

namespace {

std::string quoted(std::string_view text) { return "`" + std::string(text) + "`"; }

/// Levenshtein's distance.
std::size_t editDistance(std::string_view a, std::string_view b)
{
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0]++;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
        }
    }
    return row.back();
}

std::string similarNames(const EvalContext &context, std::string_view name)
{
    constexpr std::size_t kCandidates = 4096;
    constexpr std::size_t kLongest = 128;
    if (!context.symbols || name.empty() || name.size() > kLongest)
        return {};
    // A letter wrong or swapped leaves a prefix intact; a letter left out is a subsequence.
    std::vector<std::string_view> names;
    for (std::size_t length : {name.size() / 2, std::size_t{2}}) {
        for (const Symbol &symbol : context.symbols->withPrefix(name.substr(0, length), kCandidates))
            names.push_back(symbol.name);
        if (auto near = nearest(name, names))
            return "did you mean `" + *near + "`?";
    }
    const auto found = context.symbols->fuzzy(name, 1);
    // A much longer name holds the letters by chance.
    const bool isNear = !found.empty() && found.front().name.size() <= name.size() + name.size() / 2;
    return !isNear ? std::string() : "did you mean `" + std::string(found.front().name) + "`?";
}

/// Between the marks of the per-CPU section. On x86-64 before 6.15 that section is linked at 0 (commit 9d7de2aa8b41);
/// elsewhere, and since then, its symbols are ordinary addresses.
bool isPerCpu(const SymbolTable &symbols, VirtAddr address)
{
    const auto start = symbols.findFirst("__per_cpu_start");
    const auto end = symbols.findFirst("__per_cpu_end");
    return start && end && start->address <= address && address < end->address;
}

struct Candidate {
    Type type;
    VirtAddr address;
    std::uint64_t size = 0; ///< of the symbol; 0: not known
    bool perCpu = false;
    int rank = 0; ///< lower is better
    std::string compileUnit;
};

/// A name as a person writes it: `name`, `module::name`, or `"file.c"::name`.
struct ScopedName {
    std::string module; ///< with '_' for '-', as the kernel writes it
    std::string_view file;
    std::string_view name;
};

ScopedName splitScope(std::string_view text)
{
    const std::size_t colons = text.rfind("::");
    if (colons == std::string_view::npos)
        return {.name = text};
    const std::string_view scope = text.substr(0, colons);
    ScopedName scoped{.name = text.substr(colons + 2)};
    if (scope.size() > 2 && scope.front() == '"')
        scoped.file = scope.substr(1, scope.size() - 2);
    else
        scoped.module = scope;
    std::ranges::replace(scoped.module, '-', '_');
    return scoped;
}

/// Pairs declarations of one source with their symbols: by address where they have one, else by name.
class Pairing {
public:
    Pairing(const EvalContext &context, const std::vector<Symbol> &symbols)
        : context_(context),
          symbols_(symbols),
          perCpuStart_(context.symbols ? context.symbols->findFirst("__per_cpu_start") : std::nullopt)
    {
    }

    /// Of the kernel's own debug information.
    void addKernel(const Declaration &declaration)
    {
        if (!declaration.linkAddress) {
            // extern only (jiffies, whose address the linker script sets), or a format that knows no addresses.
            if (!symbols_.empty() && symbols_.front().module.empty())
                add(declaration, symbols_.front().address, &symbols_.front(), declaration.isExternal ? 1 : 2);
            return;
        }
        const VirtAddr linked = *declaration.linkAddress;
        const VirtAddr moved = linked + context_.kaslrOffset;
        // BTF gives per-CPU variables as offsets into their section, wherever that is linked.
        const auto symbol = std::ranges::find_if(symbols_, [&](const Symbol &s) {
            return s.address == moved || (s.kind == SymbolKind::PerCpu && s.address == linked) ||
                   (perCpuStart_ && isPerCpu(*context_.symbols, s.address) &&
                    s.address - perCpuStart_->address == linked.value);
        });
        if (symbol != symbols_.end())
            add(declaration, symbol->address, &*symbol, declaration.isExternal ? 0 : 2);
        else if (context_.symbols && isPerCpu(*context_.symbols, linked))
            add(declaration, linked, nullptr, kNoSymbol);
        else
            add(declaration, moved, nullptr, kNoSymbol);
    }

    /// Of a module's debug information, whose addresses are those of the running kernel.
    void addModule(const Declaration &declaration, std::string_view module, bool isLoaded)
    {
        const auto symbol = std::ranges::find_if(symbols_, [&](const Symbol &s) {
            return s.module == module &&
                   (!isLoaded || !declaration.linkAddress || s.address == *declaration.linkAddress);
        });
        if (symbol != symbols_.end())
            add(declaration, symbol->address, &*symbol, kOfModule + (declaration.isExternal ? 0 : 1));
    }

    std::vector<Candidate> take() { return std::move(candidates_); }

    static constexpr int kNoSymbol = 3;
    static constexpr int kOfModule = 4;

private:
    void add(const Declaration &declaration, VirtAddr address, const Symbol *symbol, int rank)
    {
        const bool perCpu = (symbol && symbol->kind == SymbolKind::PerCpu) ||
                            (context_.symbols && isPerCpu(*context_.symbols, address));
        candidates_.push_back(
            {declaration.type, address, symbol ? symbol->size : 0, perCpu, rank, declaration.compileUnit});
    }

    const EvalContext &context_;
    const std::vector<Symbol> &symbols_;
    std::optional<Symbol> perCpuStart_;
    std::vector<Candidate> candidates_;
};

/// Everything of that name and class that debug information declares, the best first.
std::vector<Candidate> candidatesOf(const EvalContext &context, NameClass nameClass, const ScopedName &scoped,
                                    const std::vector<Symbol> &symbols)
{
    if (!context.types)
        return {};
    Pairing pairing(context, symbols);
    for (const Declaration &declaration : context.types->findDeclarations(nameClass, scoped.name)) {
        // The kernel's own debug information may describe another thing of the name that a module has, so only a
        // declaration of that very address counts.
        if (scoped.module.empty() || declaration.linkAddress)
            pairing.addKernel(declaration);
    }
    std::vector<std::string_view> modules;
    for (const Symbol &symbol : symbols)
        if (!symbol.module.empty() && std::ranges::find(modules, symbol.module) == modules.end())
            modules.push_back(symbol.module);
    for (const std::string_view module : modules) {
        const TypeSource *types = context.types->module(module);
        if (!types)
            continue;
        for (const Declaration &declaration : types->findDeclarations(nameClass, scoped.name))
            pairing.addModule(declaration, module, types->isLoaded());
    }
    auto candidates = pairing.take();
    if (!scoped.module.empty())
        std::erase_if(candidates, [](const Candidate &c) { return c.rank == Pairing::kNoSymbol; });
    if (!scoped.file.empty())
        std::erase_if(candidates, [&](const Candidate &c) { return !isOfFile(c.compileUnit, scoped.file); });
    // The source's order (definitions before declarations) stays among equals.
    std::ranges::stable_sort(candidates, {}, [](const Candidate &c) {
        return std::pair(c.rank, c.rank == 1 ? std::uint64_t{0} : c.address.value);
    });
    return candidates;
}

/// `extern const char linux_banner[]` has no length; its symbol has.
Type sizedBySymbol(const Type &type, std::uint64_t symbolSize)
{
    const Type array = type.stripped();
    if (array.kind() != TypeKind::Array || array.node().count)
        return type;
    const std::uint64_t step = array.target().size();
    return step == 0 || symbolSize < step ? type : Type::arrayOf(array.target(), symbolSize / step);
}

/// An unsigned number of up to 8 bytes of the kernel's.
Result<std::uint64_t> readNumber(const EvalContext &context, VirtAddr address, unsigned size)
{
    return readValue(context, Type::integer(size, false), address).scalar();
}

} // namespace

bool isOfFile(std::string_view compileUnit, std::string_view file)
{
    return compileUnit.ends_with(file) &&
           (compileUnit.size() == file.size() || compileUnit[compileUnit.size() - file.size() - 1] == '/');
}

std::optional<std::string> nearest(std::string_view wanted, const std::vector<std::string_view> &names)
{
    const std::size_t limit = std::max<std::size_t>(1, wanted.size() / 3);
    std::size_t best = limit + 1;
    std::optional<std::string> answer;
    for (const std::string_view name : names) {
        if (name.size() > wanted.size() + limit || name.size() + limit < wanted.size())
            continue;
        const std::size_t distance = editDistance(wanted, name);
        if (distance < best) {
            best = distance;
            answer = std::string(name);
        }
    }
    return answer;
}

Type completed(const EvalContext &context, const Type &type)
{
    const Type own = type.definition();
    return own.node().isDeclaration && context.types ? context.types->resolve(own).stripped() : own;
}

bool namesType(const EvalContext &context, std::string_view name)
{
    if (!context.types)
        return false;
    const auto has = [&](NameClass nameClass) { return !context.types->findTypes(nameClass, name).empty(); };
    if (has(NameClass::Typedef) || has(NameClass::Base))
        return true;
    if (!has(NameClass::Struct) && !has(NameClass::Union) && !has(NameClass::Enum))
        return false;
    // C keeps tags in a name space of their own, so a bare name is the object if there is one.
    return !(context.symbols && context.symbols->findFirst(name)) && !has(NameClass::Enumerator) &&
           context.types->findDeclarations(NameClass::Variable, name).empty();
}

Result<Identifier> resolveIdentifier(const EvalContext &context, std::string_view name)
{
    const ScopedName scoped = splitScope(name);
    const bool ofFile = !scoped.file.empty();
    const auto symbols = context.symbols ? context.symbols->find(ofFile ? scoped.name : name) : std::vector<Symbol>{};
    for (const NameClass nameClass : {NameClass::Variable, NameClass::Function}) {
        const auto found = candidatesOf(context, nameClass, scoped, symbols);
        if (found.empty())
            continue;
        const Candidate &best = found.front();
        Identifier identifier{best.perCpu ? Identifier::Kind::PerCpu : Identifier::Kind::Object,
                              sizedBySymbol(best.type, best.size),
                              best.address,
                              0,
                              {}};
        for (const Candidate &other : found)
            if (other.address != best.address && !other.compileUnit.empty() && other.rank < Pairing::kOfModule)
                identifier.otherUnits.push_back(other.compileUnit);
        return identifier;
    }
    if (ofFile)
        return fail(ErrorCode::NotFound, quoted(name), "no debug information of this file has it",
                    "the name without a file shows which files have it");
    if (const auto enumerator = context.types ? findEnumerator(*context.types, name) : std::nullopt)
        return Identifier{Identifier::Kind::Enumerator, enumerator->type, {}, enumerator->value};
    if (!symbols.empty()) {
        // A symbol of the kernel itself is meant rather than a module's.
        const auto own = std::ranges::find_if(symbols, [](const Symbol &s) { return s.module.empty(); });
        const Symbol &meant = own == symbols.end() ? symbols.front() : *own;
        return Identifier{Identifier::Kind::Untyped, {}, meant.address, 0};
    }
    std::string remedy = similarNames(context, name);
    if (remedy.empty() && !context.symbols && !context.types)
        remedy = "neither symbols nor types are loaded";
    return fail(ErrorCode::NotFound, quoted(name), "no variable, function or enumerator has this name", remedy);
}

Result<std::uint64_t> perCpuOffset(const EvalContext &context, std::uint64_t cpu)
{
    const auto table = resolveIdentifier(context, "__per_cpu_offset");
    if (!table)
        return fail(ErrorCode::NotFound, "__per_cpu_offset", "this kernel has no per-CPU areas");
    const std::string what = "CPU " + std::to_string(cpu);
    // Entries past the last possible CPU are filled too (BOOT_PERCPU_OFFSET, arch/x86/kernel/setup_percpu.c): the
    // number of CPUs decides, and the array's length bounds it.
    std::uint64_t count = 8192; // CONFIG_NR_CPUS has no larger range
    if (const Type array = table->type.stripped(); array.kind() == TypeKind::Array && array.node().count)
        count = std::min(count, *array.node().count);
    if (context.symbols) {
        if (const auto ids = context.symbols->findFirst("nr_cpu_ids")) {
            const auto number = readNumber(context, ids->address, 4);
            if (!number)
                return std::unexpected(number.error());
            count = std::min(count, *number);
        }
    }
    if (cpu >= count)
        return fail(ErrorCode::NotFound, what, "the kernel has " + std::to_string(count) + " CPU numbers, from 0");
    const auto offset = readNumber(context, table->address + cpu * 8, 8);
    if (offset && *offset == 0)
        return fail(ErrorCode::NotFound, what, "it has no per-CPU area");
    return offset;
}

} // namespace ks::expr
