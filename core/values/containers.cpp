#include "core/values/containers.h"

#include <unordered_set>

namespace ks {

namespace {

/// The links of one list: where the record's node is, and where the node's next pointer.
struct Links {
    std::uint64_t nodeOffset = 0;
    std::uint64_t nextOffset = 0;
};

Result<Links> linksOf(const Type &record, std::string_view memberPath)
{
    const auto node = findMemberPath(record, memberPath);
    if (!node)
        return std::unexpected(node.error());
    const Type type = node->type.definition();
    const auto next = findMember(type, "next");
    if (!next || next->type.stripped().kind() != TypeKind::Pointer || next->member.isBitfield())
        return fail(ErrorCode::Type, "`" + std::string(memberPath) + "` of `" + record.spelling() + "`",
                    "`" + node->type.spelling() + "` is no list node");
    return Links{node->bitOffset / 8, next->bitOffset / 8};
}

/// Follows next pointers from `node` until `isEnd`.
template <class IsEnd>
Walk follow(const EvalContext &context, std::uint64_t node, VirtAddr endedAt, const Links &links, std::size_t limit,
            Progress *progress, IsEnd &&isEnd)
{
    const Type pointer = Type::integer(8, false);
    Walk walk;
    std::unordered_set<std::uint64_t> seen;
    for (;;) {
        walk.endedAt = endedAt;
        if (isEnd(node))
            return walk;
        const auto ended = [&](WalkEnd end) -> Walk & { return walk.end = end, walk; };
        if (node == 0)
            return ended(WalkEnd::Null);
        if (!seen.insert(node).second)
            return ended(WalkEnd::Repeat);
        if (walk.entries.size() >= limit)
            return ended(WalkEnd::Limit);
        if (progress && progress->cancelled())
            return ended(WalkEnd::Cancelled);
        endedAt = VirtAddr(node);
        const Value next = readValue(context, pointer, endedAt + links.nextOffset);
        const auto bits = next.scalar();
        if (!bits) {
            // The node is linked, but it cannot be the object that the list promises.
            walk.endedAt = endedAt;
            walk.state = next.missing()->state;
            return ended(WalkEnd::Unreadable);
        }
        walk.entries.push_back({endedAt - links.nodeOffset, endedAt});
        if (progress)
            progress->advance();
        node = *bits;
    }
}

Walk unreadableHead(VirtAddr head, const Value &first)
{
    Walk walk;
    walk.end = WalkEnd::Unreadable;
    walk.endedAt = head;
    if (const auto missing = first.missing())
        walk.state = missing->state;
    return walk;
}

} // namespace

const char *name(WalkEnd end)
{
    switch (end) {
    case WalkEnd::Complete: return "complete";
    case WalkEnd::Repeat: return "repeat";
    case WalkEnd::Null: return "null";
    case WalkEnd::Unreadable: return "unreadable";
    case WalkEnd::Limit: return "limit";
    case WalkEnd::Cancelled: return "cancelled";
    }
    return "unknown";
}

std::string Walk::reason() const
{
    const std::string after = " after " + std::to_string(entries.size()) + " entries";
    switch (end) {
    case WalkEnd::Complete: return {};
    case WalkEnd::Repeat: return "the list runs in a circle that leaves out its head, seen at " + hex(endedAt) + after;
    case WalkEnd::Null: return "the next pointer at " + hex(endedAt) + " is NULL" + after;
    case WalkEnd::Unreadable:
        return "the node at " + hex(endedAt) + " could not be read" + after + ": " + state.reason();
    case WalkEnd::Limit: return "only the first " + std::to_string(entries.size()) + " entries were asked for";
    case WalkEnd::Cancelled: return "cancelled" + after;
    }
    return {};
}

std::string summarize(const Walk &walk)
{
    const std::size_t count = walk.entries.size();
    const std::string text = count == 1 ? "1 member" : std::to_string(count) + " members";
    return walk.complete() ? text : text + " (" + walk.reason() + ")";
}

Result<MemberPath> findMemberPath(const Type &record, std::string_view path)
{
    MemberPath result{{}, record, 0};
    for (bool isLast = false; !isLast;) {
        const std::size_t dot = path.find('.');
        isLast = dot == std::string_view::npos;
        const std::string_view step = path.substr(0, dot);
        const auto found = findMember(result.type.definition(), step);
        if (!found)
            return fail(ErrorCode::NotFound, "`" + result.type.spelling() + "`",
                        "it has no member `" + std::string(step) + "`");
        result = {found->member, found->type, result.bitOffset + found->bitOffset};
        path.remove_prefix(isLast ? path.size() : dot + 1);
    }
    return result;
}

Result<Walk> walkList(const EvalContext &context, VirtAddr head, const Type &record, std::string_view memberPath,
                      std::size_t limit, Progress *progress)
{
    const auto links = linksOf(record, memberPath);
    if (!links)
        return std::unexpected(links.error());
    const Value first = readValue(context, Type::integer(8, false), head + links->nextOffset);
    const auto node = first.scalar();
    if (!node)
        return unreadableHead(head, first);
    return follow(context, *node, head, *links, limit, progress,
                  [&](std::uint64_t next) { return next == head.value; });
}

Result<Walk> walkHashList(const EvalContext &context, VirtAddr head, const Type &record, std::string_view memberPath,
                          std::size_t limit, Progress *progress)
{
    const auto links = linksOf(record, memberPath);
    if (!links)
        return std::unexpected(links.error());
    // The head is one pointer, `first`.
    const Value first = readValue(context, Type::integer(8, false), head);
    const auto node = first.scalar();
    if (!node)
        return unreadableHead(head, first);
    return follow(context, *node, head, *links, limit, progress,
                  [](std::uint64_t next) { return next == 0 || (next & 1) != 0; });
}

} // namespace ks
