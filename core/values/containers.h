// The kernel's linked lists, walked in memory that may be damaged, hostile, or changing meanwhile.
#pragma once

#include "core/base/progress.h"
#include "core/values/context.h"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace ks {

struct WalkEntry {
    VirtAddr object; ///< the record that holds the node
    VirtAddr node;   ///< the list_head or hlist_node in it
};

enum class WalkEnd : std::uint8_t {
    Complete,   ///< back at the head, or at the NULL that ends a hash list
    Repeat,     ///< a node came twice without the head between: the list is damaged or changed while it was walked
    Null,       ///< a next pointer of a circular list is NULL: not initialised, or damaged
    Unreadable, ///< a next pointer could not be read
    Limit,      ///< as many entries as were asked for
    Cancelled,
};

/// "complete", "repeat", "null", "unreadable", "limit", "cancelled"
const char *name(WalkEnd end);

struct Walk {
    std::vector<WalkEntry> entries;
    WalkEnd end = WalkEnd::Complete;
    VirtAddr endedAt;     ///< the node at which it ended
    PageState state = {}; ///< for Unreadable

    bool complete() const { return end == WalkEnd::Complete; }
    /// One sentence for a person; empty when complete.
    std::string reason() const;
};

/// "144 members", and why there may be more.
std::string summarize(const Walk &walk);

inline constexpr std::size_t kMaxWalk = std::size_t{1} << 22;

/// Every `record` whose `memberPath` ("tasks", "se.group_node") is a list_head in the circular list of `head`
/// (include/linux/list.h). The head itself is no entry. Errors: NotFound or Type, when the member is not there or is no
/// list_head; a list that ends badly is no error but a Walk that says so.
Result<Walk> walkList(const EvalContext &context, VirtAddr head, const Type &record, std::string_view memberPath,
                      std::size_t limit = kMaxWalk, Progress *progress = nullptr);

/// The same for a hash list: `head` is a struct hlist_head or hlist_nulls_head, the member an hlist_node or
/// hlist_nulls_node. Ends at NULL or at a nulls marker, whose lowest bit is set (include/linux/list_nulls.h).
Result<Walk> walkHashList(const EvalContext &context, VirtAddr head, const Type &record, std::string_view memberPath,
                          std::size_t limit = kMaxWalk, Progress *progress = nullptr);

/// Where "a.b.c" lies in a record: the type, and the offset in bits.
Result<MemberPath> findMemberPath(const Type &record, std::string_view path);

} // namespace ks
