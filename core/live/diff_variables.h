// The global variables of two targets, compared. Part of diff_types.
#pragma once

#include "core/live/diff_types.h"
#include "core/symbols/symbol_table.h"

#include <vector>

namespace ks {

class VariableComparison {
public:
    VariableComparison(const DiffSide &a, const DiffSide &b, const ValueComparer &comparer, TypesDiff &result,
                       const std::function<bool(const ObjectChange &)> &found, Progress &progress);

    /// False when it was cancelled.
    bool run();

private:
    /// One variable in both; a per-CPU one of one CPU.
    struct Pair {
        Symbol symbol; ///< A's
        std::optional<unsigned> cpu;
        VirtAddr a;
        VirtAddr b;
        std::uint64_t size = 0;
    };

    void add(const Symbol &symbol);
    void addPair(const Symbol &symbol, std::optional<unsigned> cpu, VirtAddr a, VirtAddr b, std::uint64_t size);
    std::optional<Symbol> counterpart(const Symbol &symbol) const;
    std::uint64_t sizeOf(const Symbol &symbol) const;
    std::optional<Type> typeOf(const DiffSide &side, const Symbol &symbol) const;
    void compareBatch();
    void comparePair(const Pair &pair, MemoryBlock &&a, MemoryBlock &&b);

    const DiffSide &a_;
    const DiffSide &b_;
    const ValueComparer &comparer_;
    TypesDiff &result_;
    const std::function<bool(const ObjectChange &)> &found_;
    Progress &progress_;
    std::optional<AddrRange> freedA_; ///< what belongs to no variables any more
    std::optional<AddrRange> freedB_;
    bool sameKernel_;
    std::vector<std::uint64_t> perCpuA_; ///< what is added to a per-CPU address, for each CPU
    std::vector<std::uint64_t> perCpuB_;
    std::vector<Pair> batch_;
    std::uint64_t batchBytes_ = 0;
    std::uint64_t tooLarge_ = 0;
    std::uint64_t freed_ = 0;
};

} // namespace ks
