// Linked lists in the struct tree: of what they are a list, and which objects are on them.
#pragma once

#include "core/values/context.h"

#include <QString>
#include <QStringList>

#include <optional>
#include <string_view>
#include <vector>

namespace ks::ui {

/// "Follow as list of struct `container`, linked through `member`" (which may be a path: "se.group_node").
struct ListFollow {
    Type container;
    QString member;
};

/// The objects that the well-known head `member` of `record` links, as far as the types at hand know both.
std::optional<ListFollow> guessListOfMember(const EvalContext &context, const Type &record, std::string_view member);
/// The same for a head that is a variable ("modules", "&super_blocks").
std::optional<ListFollow> guessListOfSymbol(const EvalContext &context, const QString &expression);

struct ListChain {
    std::vector<VirtAddr> items; ///< of the containing objects, in the order of the list
    bool complete = false;       ///< the chain came back to its head
    QString end;                 ///< why it did not
};

/// Walks a list_head or hlist_head. Never more than `limit` items; a chain that bites itself ends where it does.
ListChain followList(const EvalContext &context, const Value &head, const ListFollow &follow, std::size_t limit);

/// What a person wrote, "struct task_struct" and "tasks", as a ListFollow; the error says what is not there.
Result<ListFollow> parseListFollow(const EvalContext &context, const QString &type, const QString &member);

} // namespace ks::ui
