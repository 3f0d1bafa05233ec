// What differs between two values: leaf by leaf, down to the numbers and pointers.
#pragma once

#include "core/live/places.h"
#include "core/values/format.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ks {

struct LeafChange {
    std::string path; ///< "se.vruntime", "[3].next"; empty for the value itself
    Decoded before;
    Decoded after;
    std::optional<std::int64_t> delta; ///< of integers: after - before, modulo 2^64
};

struct ValueDiff {
    std::vector<LeafChange> changes;
    bool more = false; ///< there are changes beyond the limit
};

/// Compares what both values have: members of one name, elements of one index, bytes that were read. Of a union the
/// first member that differs stands for all. Pointers that mean the same (PointerMatch) are equal. Values that were not
/// read are not read here either. Arrays of char are texts; where two texts are the same, their bytes are compared.
class ValueComparer {
public:
    /// At most `limit` changes for each pair of values.
    ValueComparer(const DiffSide &a, const DiffSide &b, std::size_t limit);
    /// Of each only the first `size` bytes are there, whatever the type says.
    ValueDiff compare(const Value &a, const Value &b, std::uint64_t size = ~std::uint64_t{0}) const;

private:
    class Walk;
    const DiffSide &a_;
    const DiffSide &b_;
    PointerMatch pointers_;
    std::size_t limit_;
};

} // namespace ks
