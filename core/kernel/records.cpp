#include "core/kernel/records.h"

#include "core/values/format.h"

#include <algorithm>

namespace ks::kernel {

std::optional<Value> memberOf(const Value &object, std::string_view name)
{
    const auto path = findMember(object.type().stripped(), name);
    if (!path)
        return std::nullopt;
    // Seen through anonymous members, the offset counts from the outermost record.
    Member member = path->member;
    member.bitOffset = path->bitOffset;
    if (!object.address())
        return std::nullopt;
    if (member.isBitfield())
        return Value::bitfield(path->type, *object.address(), member.bitOffset, member.bitSize, object.block());
    return Value::inMemory(path->type, *object.address() + member.bitOffset / 8, object.block());
}

std::optional<std::int64_t> integerMember(const Value &object, std::string_view name)
{
    const auto member = memberOf(object, name);
    if (!member)
        return std::nullopt;
    const auto bits = member->scalar();
    return bits ? std::optional(static_cast<std::int64_t>(*bits)) : std::nullopt;
}

std::string textMember(const Value &object, std::string_view name)
{
    const auto member = memberOf(object, name);
    const auto bytes = member ? member->bytes() : std::nullopt;
    if (!bytes)
        return {};
    const auto end = std::ranges::find(*bytes, std::byte{0});
    return {reinterpret_cast<const char *>(bytes->data()), static_cast<std::size_t>(end - bytes->begin())};
}

Result<Listing<Value>> readList(const EvalContext &context, std::string_view head, std::string_view tag,
                                std::string_view member, std::size_t limit)
{
    if (!context.types || !context.symbols)
        return fail(ErrorCode::NotFound, "struct " + std::string(tag), "no types and symbols are known");
    const auto types = context.types->findTypes(NameClass::Struct, tag);
    if (types.empty())
        return fail(ErrorCode::NotFound, "struct " + std::string(tag), "not among the kernel's types");
    const auto symbol = context.symbols->findFirst(head);
    if (!symbol)
        return fail(ErrorCode::NotFound, std::string(head), "not among the kernel's symbols");
    auto walk = walkList(context, symbol->address, types.front(), member, limit);
    if (!walk)
        return std::unexpected(walk.error());
    Listing<Value> listing;
    listing.incomplete = walk->reason();
    listing.entries.reserve(walk->entries.size());
    for (const WalkEntry &entry : walk->entries)
        listing.entries.push_back(readValue(context, types.front(), entry.object));
    return listing;
}

} // namespace ks::kernel
