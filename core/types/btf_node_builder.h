// One BTF record as a TypeNode.
#pragma once

#include "core/types/btf_reader.h"

namespace ks {

class BtfNodeBuilder {
public:
    explicit BtfNodeBuilder(const BtfReader &reader) : reader_(reader) {}

    /// Kind Broken for ids that do not exist, are no types, or have a name outside the strings.
    TypeNode build(std::uint64_t id) const;

private:
    TypeNode integer(std::uint64_t id, const btf::Record &record) const;
    TypeNode compound(std::uint64_t id, const btf::Record &record, TypeKind kind) const;
    TypeNode enumeration(std::uint64_t id, const btf::Record &record) const;
    TypeNode prototype(std::uint64_t id, const btf::Record &record) const;
    /// The integer behind typedefs and qualifiers, if it describes only some of its bits.
    std::optional<btf::IntEncoding> partialInteger(std::uint32_t type) const;
    std::string name(std::uint32_t offset) const { return std::string(reader_.string(offset)); }
    /// Behind type tags, which are no types of C. Nothing: void.
    std::optional<TypeId> edge(std::uint32_t type) const;

    const BtfReader &reader_;
};

} // namespace ks
