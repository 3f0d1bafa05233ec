#include "core/values/value.h"

#include "core/values/context.h"

#include <algorithm>
#include <cstring>

namespace ks {

namespace {

/// Bytes that hold the bits [offset, offset + size); offset < 8.
std::uint64_t bytesOfBits(std::uint64_t offset, std::uint32_t size) { return (offset + size + 7) / 8; }

bool isScalarKind(TypeKind kind)
{
    switch (kind) {
    case TypeKind::Integer:
    case TypeKind::Boolean:
    case TypeKind::Character:
    case TypeKind::Pointer:
    case TypeKind::Enum: return true;
    default: return false;
    }
}

std::uint64_t signExtend(std::uint64_t bits, unsigned width)
{
    if (width == 0 || width >= 64)
        return bits;
    const std::uint64_t sign = std::uint64_t{1} << (width - 1);
    return (bits ^ sign) - sign;
}

std::unexpected<Error> unreadable(VirtAddr address, const Type &type, const StatusRun &run)
{
    std::string why = run.state.reason();
    if (run.range.first != address)
        why = "at " + hex(run.range.first) + ": " + why;
    return fail(ErrorCode::Unreadable, "`" + type.spelling() + "` at " + hex(address), std::move(why));
}

} // namespace

Value Value::inMemory(Type type, VirtAddr address, std::shared_ptr<const MemoryBlock> block)
{
    Value value;
    value.type_ = std::move(type);
    value.address_ = address;
    value.block_ = std::move(block);
    return value;
}

Value Value::bitfield(Type type, VirtAddr address, std::uint64_t bitOffset, std::uint32_t bitSize,
                      std::shared_ptr<const MemoryBlock> block)
{
    Value value = inMemory(std::move(type), address + bitOffset / 8, std::move(block));
    value.bitOffset_ = bitOffset % 8;
    value.bitSize_ = bitSize;
    return value;
}

Value Value::temporary(Type type, std::uint64_t bits)
{
    Value value;
    value.type_ = std::move(type);
    value.bits_ = bits;
    return value;
}

std::uint64_t Value::size() const { return isBitfield() ? bytesOfBits(bitOffset_, bitSize_) : type_.size(); }

std::optional<StatusRun> Value::missing() const
{
    const std::uint64_t length = size();
    const auto range = address_ ? AddrRange::sized(*address_, length) : std::nullopt;
    if (!range)
        return std::nullopt;
    if (!block_)
        return StatusRun{*range, {}};
    if (auto run = block_->firstMissing(*address_, length))
        return run;
    // What is cut off at 2^64 is not there either.
    if (range->size() != length)
        return StatusRun{{range->last, range->last}, {}};
    return std::nullopt;
}

std::optional<std::span<const std::byte>> Value::bytes() const
{
    if (!address_ || !block_)
        return address_ && size() != 0 ? std::nullopt : std::optional(std::span<const std::byte>{});
    return block_->present(*address_, size());
}

Result<std::uint64_t> Value::scalar() const
{
    const Type stripped = type_.stripped();
    const std::uint64_t length = size();
    if (!isScalarKind(stripped.kind()) || length == 0 || stripped.size() > 8)
        return fail(ErrorCode::Type, "`" + type_.spelling() + "`", "this is no number or pointer of up to 8 bytes");
    if (!address_)
        return bits_;
    if (bitSize_ > 64)
        return fail(ErrorCode::BadFormat, "`" + type_.spelling() + "`", "a bitfield of more than 64 bits");
    const auto data = bytes();
    if (!data)
        return unreadable(*address_, type_, *missing());
    // A bitfield of up to 64 bits may touch nine bytes.
    std::uint64_t bits = 0;
    std::memcpy(&bits, data->data(), std::min<std::size_t>(data->size(), 8));
    if (isBitfield()) {
        bits >>= bitOffset_;
        if (data->size() > 8)
            bits |= std::to_integer<std::uint64_t>((*data)[8]) << (64 - bitOffset_);
        if (bitSize_ < 64)
            bits &= (std::uint64_t{1} << bitSize_) - 1;
        return isSigned() ? signExtend(bits, bitSize_) : bits;
    }
    return isSigned() ? signExtend(bits, static_cast<unsigned>(length) * 8) : bits;
}

bool Value::isSigned() const { return type_.stripped().node().isSigned; }

Result<Value> Value::member(const Member &member) const
{
    const Type record = type_.stripped();
    if (!record.isRecord() || !address_)
        return fail(ErrorCode::Type, "`" + type_.spelling() + "`", "this is no struct or union in memory");
    Type type = record.memberType(member);
    if (member.isBitfield())
        return bitfield(std::move(type), *address_, member.bitOffset, member.bitSize, block_);
    return inMemory(std::move(type), *address_ + member.bitOffset / 8, block_);
}

Result<Value> Value::element(std::uint64_t index) const
{
    const Type array = type_.stripped();
    if (array.kind() != TypeKind::Array || !address_)
        return fail(ErrorCode::Type, "`" + type_.spelling() + "`", "this is no array in memory");
    if (array.node().count && index >= *array.node().count)
        return fail(ErrorCode::NotFound, "element " + std::to_string(index) + " of `" + type_.spelling() + "`",
                    "the array ends before it");
    Type type = array.target();
    const std::uint64_t step = type.size();
    return inMemory(std::move(type), *address_ + index * step, block_);
}

Value readValue(const EvalContext &context, const Type &type, VirtAddr address)
{
    return readValue(context, Value::inMemory(type, address, nullptr));
}

Value readValue(const EvalContext &context, const Value &value)
{
    const std::uint64_t length = value.size();
    if (!value.address() || value.block() || length == 0 || length > kMaxValueSize || !context.memory)
        return value;
    auto block = std::make_shared<const MemoryBlock>(context.memory->read(*value.address(), length));
    if (value.isBitfield())
        return Value::bitfield(value.type(), *value.address(), value.bitOffset(), value.bitSize(), std::move(block));
    return Value::inMemory(value.type(), *value.address(), std::move(block));
}

} // namespace ks
