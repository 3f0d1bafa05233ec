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
};

/// Pairs each declaration with its symbol: by link-time address where it has one, else by name.
std::vector<Candidate> candidatesOf(const EvalContext &context, const std::vector<Declaration> &declarations,
                                    const std::vector<Symbol> &symbols)
{
    std::vector<Candidate> candidates;
    const auto start = context.symbols ? context.symbols->findFirst("__per_cpu_start") : std::nullopt;
    for (const Declaration &declaration : declarations) {
        const auto add = [&](VirtAddr address, const Symbol *symbol, int rank) {
            const bool perCpu = (symbol && symbol->kind == SymbolKind::PerCpu) ||
                                (context.symbols && isPerCpu(*context.symbols, address));
            candidates.push_back({declaration.type, address, symbol ? symbol->size : 0, perCpu, rank});
        };
        if (!declaration.linkAddress) {
            // extern only (jiffies, whose address the linker script sets), or a format that knows no addresses.
            if (!symbols.empty() && symbols.front().module.empty())
                add(symbols.front().address, &symbols.front(), declaration.isExternal ? 1 : 2);
            continue;
        }
        const VirtAddr linked = *declaration.linkAddress;
        const VirtAddr moved = linked + context.kaslrOffset;
        // BTF gives per-CPU variables as offsets into their section, wherever that is linked.
        const auto symbol = std::ranges::find_if(symbols, [&](const Symbol &s) {
            return s.address == moved || (s.kind == SymbolKind::PerCpu && s.address == linked) ||
                   (start && isPerCpu(*context.symbols, s.address) && s.address - start->address == linked.value);
        });
        if (symbol != symbols.end())
            add(symbol->address, &*symbol, declaration.isExternal ? 0 : 2);
        else if (context.symbols && isPerCpu(*context.symbols, linked))
            add(linked, nullptr, 3);
        else
            add(moved, nullptr, 3);
    }
    return candidates;
}

std::optional<Candidate> bestDeclared(const EvalContext &context, NameClass nameClass, std::string_view name,
                                      const std::vector<Symbol> &symbols)
{
    if (!context.types)
        return std::nullopt;
    // "module::name": the kernel's own debug information may describe another thing of that name, so only a declaration
    // of that very address counts.
    const std::size_t colons = name.find("::");
    const bool ofModule = colons != std::string_view::npos;
    const std::string_view bare = ofModule ? name.substr(colons + 2) : name;
    auto declarations = context.types->findDeclarations(nameClass, bare);
    if (ofModule)
        std::erase_if(declarations, [](const Declaration &d) { return !d.linkAddress; });
    auto candidates = candidatesOf(context, declarations, symbols);
    if (ofModule)
        std::erase_if(candidates, [](const Candidate &c) { return c.rank == 3; });
    // min_element keeps the source's order (definitions before declarations) among equals.
    const auto best = std::ranges::min_element(candidates, {}, [](const Candidate &c) {
        return std::pair(c.rank, c.rank == 1 ? std::uint64_t{0} : c.address.value);
    });
    return best == candidates.end() ? std::nullopt : std::optional(*best);
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

std::optional<Identifier> findEnumerator(const EvalContext &context, std::string_view name)
{
    if (!context.types)
        return std::nullopt;
    for (const Type &type : context.types->findTypes(NameClass::Enumerator, name)) {
        for (const Enumerator &enumerator : type.stripped().node().enumerators) {
            if (enumerator.name == name)
                return Identifier{Identifier::Kind::Enumerator, type, {}, enumerator.value};
        }
    }
    return std::nullopt;
}

/// An unsigned number of up to 8 bytes of the kernel's.
Result<std::uint64_t> readNumber(const EvalContext &context, VirtAddr address, unsigned size)
{
    return readValue(context, Type::integer(size, false), address).scalar();
}

} // namespace

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

Type completed(const Type &type)
{
    Type stripped = type.stripped();
    if (stripped.node().isDeclaration && stripped.source())
        return stripped.source()->resolve(stripped).stripped();
    return stripped;
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
    const auto symbols = context.symbols ? context.symbols->find(name) : std::vector<Symbol>{};
    for (const NameClass nameClass : {NameClass::Variable, NameClass::Function}) {
        if (const auto found = bestDeclared(context, nameClass, name, symbols)) {
            const auto kind = found->perCpu ? Identifier::Kind::PerCpu : Identifier::Kind::Object;
            return Identifier{kind, sizedBySymbol(found->type, found->size), found->address, 0};
        }
    }
    if (auto enumerator = findEnumerator(context, name))
        return *enumerator;
    if (!symbols.empty()) {
        // A symbol of the kernel itself is meant rather than a module's.
        const auto own = std::ranges::find_if(symbols, [](const Symbol &s) { return s.module.empty(); });
        return Identifier{Identifier::Kind::Untyped, {}, own == symbols.end() ? symbols[0].address : own->address, 0};
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
