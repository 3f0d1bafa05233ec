#include "core/kernel/records.h"

#include "core/values/format.h"

#include <algorithm>
#include <iterator>

namespace ks::kernel {

std::optional<Value> memberOf(const Value &object, std::string_view path)
{
    const auto found = findMemberPath(object.type(), path);
    if (!found || !object.address())
        return std::nullopt;
    // Seen through other members, the offset counts from the outermost record.
    const Member &member = found->member;
    if (member.isBitfield())
        return Value::bitfield(found->type, *object.address(), found->bitOffset, member.bitSize, object.block());
    return Value::inMemory(found->type, *object.address() + found->bitOffset / 8, object.block());
}

std::optional<std::int64_t> integerMember(const Value &object, std::string_view path)
{
    const auto member = memberOf(object, path);
    if (!member)
        return std::nullopt;
    const auto bits = member->scalar();
    return bits ? std::optional(static_cast<std::int64_t>(*bits)) : std::nullopt;
}

std::optional<VirtAddr> pointerMember(const Value &object, std::string_view path)
{
    const auto bits = integerMember(object, path);
    return bits ? std::optional(VirtAddr(static_cast<std::uint64_t>(*bits))) : std::nullopt;
}

std::string textMember(const Value &object, std::string_view path)
{
    const auto member = memberOf(object, path);
    const auto bytes = member ? member->bytes() : std::nullopt;
    if (!bytes)
        return {};
    const auto end = std::ranges::find(*bytes, std::byte{0});
    return {reinterpret_cast<const char *>(bytes->data()), static_cast<std::size_t>(end - bytes->begin())};
}

Result<Type> structType(const EvalContext &context, std::string_view tag)
{
    const auto types = context.types ? context.types->findTypes(NameClass::Struct, tag) : std::vector<Type>();
    if (types.empty() || types.front().node().isDeclaration)
        return fail(ErrorCode::NotFound, "struct " + std::string(tag), "not among the kernel's types");
    return types.front();
}

std::vector<Value> readObjects(const EvalContext &context, const Type &type, std::span<const VirtAddr> addresses)
{
    std::vector<AddrRange> ranges;
    const std::uint64_t size = type.size();
    for (const VirtAddr address : addresses) {
        if (const auto range = AddrRange::sized(address, size); range && size <= kMaxValueSize)
            ranges.push_back(*range);
    }
    std::vector<MemoryBlock> blocks;
    if (context.memory && ranges.size() == addresses.size())
        blocks = context.memory->readBatch(ranges);
    std::vector<Value> objects;
    objects.reserve(addresses.size());
    for (std::size_t i = 0; i < addresses.size(); ++i) {
        auto block = i < blocks.size() ? std::make_shared<const MemoryBlock>(std::move(blocks[i])) : nullptr;
        objects.push_back(Value::inMemory(type, addresses[i], std::move(block)));
    }
    return objects;
}

Objects readEach(const EvalContext &context, const Type &type, std::vector<VirtAddr> addresses)
{
    std::ranges::sort(addresses);
    addresses.erase(std::ranges::unique(addresses).begin(), addresses.end());
    std::erase_if(addresses, [&](VirtAddr address) { return !AddrRange::sized(address, type.size()); });
    Objects objects;
    auto values = readObjects(context, type, addresses);
    for (std::size_t i = 0; i < values.size(); ++i)
        objects.emplace(addresses[i], std::move(values[i]));
    return objects;
}

const Value *objectAt(const Objects &objects, VirtAddr address)
{
    const auto found = objects.find(address);
    return found == objects.end() ? nullptr : &found->second;
}

std::vector<std::optional<std::string>> readTexts(const EvalContext &context, std::span<const VirtAddr> addresses,
                                                  std::size_t limit)
{
    std::vector<std::optional<std::string>> texts(addresses.size());
    if (!context.memory)
        return texts;
    // Most are short: the first round settles nearly all of them in one batch.
    constexpr std::size_t kUsual = 64;
    for (const std::size_t length : {std::min(kUsual, limit + 1), limit + 1}) {
        std::vector<AddrRange> ranges;
        std::vector<std::size_t> wanted;
        for (std::size_t i = 0; i < addresses.size(); ++i) {
            if (!texts[i] && addresses[i].value != 0) {
                ranges.push_back(*AddrRange::sized(addresses[i], length));
                wanted.push_back(i);
            }
        }
        const auto blocks = context.memory->readBatch(ranges);
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            const MemoryBlock &block = blocks[i];
            const auto missing = block.firstMissing(block.address(), block.size());
            const auto bytes = block.bytes().first(missing ? missing->range.first - block.address() : block.size());
            if (const auto end = std::ranges::find(bytes, std::byte{0}); end != bytes.end())
                texts[wanted[i]] = std::string(reinterpret_cast<const char *>(bytes.data()),
                                               static_cast<std::size_t>(end - bytes.begin()));
        }
        if (length > limit)
            break;
    }
    return texts;
}

Result<Listing<Value>> readList(const EvalContext &context, std::string_view head, std::string_view tag,
                                std::string_view member, std::size_t limit)
{
    if (!context.types || !context.symbols)
        return fail(ErrorCode::NotFound, "struct " + std::string(tag), "no types and symbols are known");
    const auto type = structType(context, tag);
    if (!type)
        return std::unexpected(type.error());
    const auto symbol = context.symbols->findFirst(head);
    if (!symbol)
        return fail(ErrorCode::NotFound, std::string(head), "not among the kernel's symbols");
    auto walk = walkList(context, symbol->address, *type, member, limit);
    if (!walk)
        return std::unexpected(walk.error());
    Listing<Value> listing;
    listing.incomplete = walk->reason();
    std::vector<VirtAddr> addresses;
    addresses.reserve(walk->entries.size());
    for (const WalkEntry &entry : walk->entries)
        addresses.push_back(entry.object);
    // In pieces, so that a list of millions does not lie in memory twice.
    constexpr std::size_t kPiece = 4096;
    for (std::size_t i = 0; i < addresses.size(); i += kPiece) {
        const auto piece = std::span(addresses).subspan(i, std::min(kPiece, addresses.size() - i));
        std::ranges::move(readObjects(context, *type, piece), std::back_inserter(listing.entries));
    }
    return listing;
}

} // namespace ks::kernel
