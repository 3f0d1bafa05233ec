// A value: a C type at an address (or in a register-like temporary), with bytes that know whether they were read.
#pragma once

#include "core/memory/memory_source.h"
#include "core/types/type.h"

#include <memory>
#include <optional>
#include <vector>

namespace ks {

/// What a value was read as. Values hold no view of memory that can change under them: a Value is one moment.
class Value {
public:
    /// A void temporary.
    Value() = default;
    /// An object in memory; `block` holds (some of) its bytes. What the block does not hold is unreadable. No block:
    /// the object has not been read (readValue in context.h does).
    static Value inMemory(Type type, VirtAddr address, std::shared_ptr<const MemoryBlock> block);
    /// A bitfield within an object in memory. `bitOffset` counts from `address`; the value's own address() is that of
    /// the byte that holds its lowest bit, and its bitOffset() is less than 8.
    static Value bitfield(Type type, VirtAddr address, std::uint64_t bitOffset, std::uint32_t bitSize,
                          std::shared_ptr<const MemoryBlock> block);
    /// A number or pointer that has no address: constants, results of operators. `bits` are sign-extended when the type
    /// is signed, zero-extended when it is not.
    static Value temporary(Type type, std::uint64_t bits);

    const Type &type() const { return type_; }
    /// Where it lies; nothing for temporaries.
    std::optional<VirtAddr> address() const { return address_; }
    bool isBitfield() const { return bitSize_ != 0; }
    std::uint64_t bitOffset() const { return bitOffset_; }
    std::uint32_t bitSize() const { return bitSize_; }
    const std::shared_ptr<const MemoryBlock> &block() const { return block_; }

    /// In bytes; of a bitfield, of the bytes that hold it.
    std::uint64_t size() const;

    /// The first part of the object that could not be read.
    std::optional<StatusRun> missing() const;
    /// The bytes of the object, when all of them could be read. Empty for temporaries.
    std::optional<std::span<const std::byte>> bytes() const;
    /// Integers, enums, booleans, characters and pointers of up to 8 bytes, sign-extended when the type is signed.
    /// Unreadable when bytes are missing, Type when it is no scalar.
    Result<std::uint64_t> scalar() const;
    /// Whether scalar() is to be understood as signed.
    bool isSigned() const;

    /// Children of structs and unions (by index in node().members) and of arrays. They share this value's block.
    Result<Value> member(const Member &member) const;
    Result<Value> element(std::uint64_t index) const;

private:
    Type type_;
    std::optional<VirtAddr> address_;
    std::uint64_t bitOffset_ = 0;
    std::uint32_t bitSize_ = 0;
    std::uint64_t bits_ = 0;
    std::shared_ptr<const MemoryBlock> block_;
};

} // namespace ks
