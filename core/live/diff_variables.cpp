#include "core/live/diff_variables.h"

#include "core/values/expression.h"
#include "core/values/identifiers.h"

#include <algorithm>
#include <cstring>

namespace ks {
namespace {

constexpr std::uint64_t kBatchBytes = std::uint64_t{1} << 20;
constexpr std::size_t kBatchPairs = 4096;
constexpr std::uint64_t kMaxCpus = 8192; // CONFIG_NR_CPUS has no higher limit

std::vector<std::uint64_t> perCpuOffsets(const EvalContext &context)
{
    std::vector<std::uint64_t> offsets;
    while (offsets.size() < kMaxCpus) {
        const auto offset = expr::perCpuOffset(context, offsets.size());
        if (!offset)
            break;
        offsets.push_back(*offset);
    }
    return offsets;
}

std::string qualifiedName(const Symbol &symbol)
{
    return symbol.module.empty() ? std::string(symbol.name)
                                 : std::string(symbol.module) + "::" + std::string(symbol.name);
}

/// The kernel's init sections, whose memory is somebody else's once the kernel runs (kernel_init in init/main.c).
std::optional<AddrRange> freedInit(const EvalContext &context)
{
    const auto begin = context.symbols->findFirst("__init_begin");
    const auto end = context.symbols->findFirst("__init_end");
    const auto running = evaluate(context, "system_state == SYSTEM_RUNNING");
    if (!begin || !end || begin->address >= end->address || !running || running->scalar().value_or(0) == 0)
        return std::nullopt;
    return AddrRange{begin->address, end->address - 1};
}

} // namespace

VariableComparison::VariableComparison(const DiffSide &a, const DiffSide &b, const ValueComparer &comparer,
                                       TypesDiff &result, const std::function<bool(const ObjectChange &)> &found,
                                       Progress &progress)
    : a_(a),
      b_(b),
      comparer_(comparer),
      result_(result),
      found_(found),
      progress_(progress),
      freedA_(freedInit(a.context)),
      freedB_(freedInit(b.context)),
      sameKernel_(!a.buildId.empty() && a.buildId == b.buildId),
      perCpuA_(perCpuOffsets(a.context)),
      perCpuB_(perCpuOffsets(b.context))
{
}

bool VariableComparison::run()
{
    const SymbolTable &symbols = *a_.context.symbols;
    const std::size_t count = symbols.size();
    progress_.begin("comparing variables", count);
    for (std::size_t i = 0; i < count && result_.complete; ++i) {
        progress_.advance();
        if (progress_.cancelled())
            return false;
        add(symbols.at(i));
        if (batchBytes_ >= kBatchBytes || batch_.size() >= kBatchPairs)
            compareBatch();
    }
    compareBatch();
    if (tooLarge_ != 0)
        result_.problems.push_back(std::to_string(tooLarge_) + " variables are too large to be compared");
    if (freed_ != 0)
        result_.problems.push_back(std::to_string(freed_) +
                                   " variables of init sections are not compared: their memory was freed");
    return !progress_.cancelled();
}

/// As the symbol says it; the debug information knows it where the linker has made the symbol (`jiffies`).
std::uint64_t VariableComparison::sizeOf(const Symbol &symbol) const
{
    if (symbol.size != 0)
        return symbol.size;
    const auto type = typeOf(a_, symbol);
    return type ? type->size() : 0;
}

std::optional<Symbol> VariableComparison::counterpart(const Symbol &symbol) const
{
    const bool perCpu = symbol.kind == SymbolKind::PerCpu;
    if (sameKernel_ && symbol.module.empty()) {
        Symbol other = symbol;
        if (!perCpu)
            other.address = symbol.address - a_.context.kaslrOffset + b_.context.kaslrOffset;
        return other;
    }
    // Static variables may share a name: then none is surely the one.
    std::optional<Symbol> only;
    for (const Symbol &other : b_.context.symbols->find(qualifiedName(symbol))) {
        if (other.module != symbol.module || other.kind != symbol.kind)
            continue;
        if (only)
            return std::nullopt;
        only = other;
    }
    return only;
}

void VariableComparison::add(const Symbol &symbol)
{
    if (symbol.kind != SymbolKind::Data && symbol.kind != SymbolKind::PerCpu)
        return;
    const auto other = counterpart(symbol);
    const std::uint64_t size = other ? sizeOf(symbol) : 0;
    if (size == 0)
        return;
    if (size > kMaxValueSize) {
        ++tooLarge_;
        return;
    }
    if (symbol.kind == SymbolKind::Data &&
        ((freedA_ && freedA_->contains(symbol.address)) || (freedB_ && freedB_->contains(other->address)))) {
        ++freed_;
        return;
    }
    if (symbol.kind == SymbolKind::Data)
        return addPair(symbol, {}, symbol.address, other->address, size);
    const std::size_t cpus = std::min(perCpuA_.size(), perCpuB_.size());
    for (std::size_t cpu = 0; cpu < cpus; ++cpu)
        addPair(symbol, static_cast<unsigned>(cpu), symbol.address + perCpuA_[cpu], other->address + perCpuB_[cpu],
                size);
}

void VariableComparison::addPair(const Symbol &symbol, std::optional<unsigned> cpu, VirtAddr a, VirtAddr b,
                                 std::uint64_t size)
{
    batch_.push_back({symbol, cpu, a, b, size});
    batchBytes_ += size;
}

void VariableComparison::compareBatch()
{
    std::vector<AddrRange> rangesA;
    std::vector<AddrRange> rangesB;
    for (const Pair &pair : batch_) {
        rangesA.push_back(*AddrRange::sized(pair.a, pair.size));
        rangesB.push_back(*AddrRange::sized(pair.b, pair.size));
    }
    auto blocksA = a_.context.memory->readBatch(rangesA);
    auto blocksB = b_.context.memory->readBatch(rangesB);
    for (std::size_t i = 0; i < batch_.size() && result_.complete; ++i)
        comparePair(batch_[i], std::move(blocksA[i]), std::move(blocksB[i]));
    batch_.clear();
    batchBytes_ = 0;
}

std::optional<Type> VariableComparison::typeOf(const DiffSide &side, const Symbol &symbol) const
{
    const auto found = expr::resolveIdentifier(side.context, qualifiedName(symbol));
    if (found && found->kind != expr::Identifier::Kind::Untyped && found->address == symbol.address)
        return found->type;
    // Several variables have this name: the one that was linked here.
    if (symbol.module.empty() && side.context.types) {
        const std::uint64_t slide = symbol.kind == SymbolKind::PerCpu ? 0 : side.context.kaslrOffset;
        for (const Declaration &each : side.context.types->findDeclarations(NameClass::Variable, symbol.name))
            if (each.linkAddress && *each.linkAddress + slide == symbol.address)
                return each.type;
    }
    return std::nullopt;
}

void VariableComparison::comparePair(const Pair &pair, MemoryBlock &&a, MemoryBlock &&b)
{
    // Holes of one side are no changes.
    if (std::ranges::none_of(a.runs(), [](const StatusRun &run) { return run.state.present(); }) ||
        std::ranges::none_of(b.runs(), [](const StatusRun &run) { return run.state.present(); }))
        return;
    ++result_.variables;
    if (std::ranges::equal(a.bytes(), b.bytes()))
        return;
    const auto typeA = typeOf(a_, pair.symbol);
    Symbol other = pair.symbol;
    other.address = pair.cpu ? pair.b - perCpuB_[*pair.cpu] : pair.b;
    const auto typeB = sameKernel_ && typeA ? typeA : typeOf(b_, other);
    if (!typeA || !typeB) {
        ++result_.untyped;
        return;
    }
    ObjectChange change;
    change.name = qualifiedName(pair.symbol);
    if (pair.cpu)
        change.name = "per_cpu(" + change.name + ", " + std::to_string(*pair.cpu) + ")";
    change.addressA = pair.a;
    change.addressB = pair.b;
    change.diff = comparer_.compare(Value::inMemory(*typeA, pair.a, std::make_shared<const MemoryBlock>(std::move(a))),
                                    Value::inMemory(*typeB, pair.b, std::make_shared<const MemoryBlock>(std::move(b))));
    if (change.diff.changes.empty())
        return;
    ++result_.changes;
    result_.complete = found_(change);
}

} // namespace ks
