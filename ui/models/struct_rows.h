// What the rows of the struct tree say, made from memory and types. Everything in here reads, so it runs in a worker;
// the model that shows the rows (struct_tree_model.h) only ever holds what came out of here.
#pragma once

#include "core/values/context.h"
#include "core/values/value.h"
#include "ui/models/list_guess.h"

#include <QString>
#include <QStringList>

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

namespace ks::ui {

/// How a row gets its value out of what it hangs on.
struct RowRecipe {
    struct MemberOf {
        Member member; ///< its bitOffset counts from the record that the row hangs on, through anonymous structs
    };
    struct ElementOf {
        std::uint64_t index = 0;
    };
    struct SliceOf { ///< a page of an array, or a page of pages
        std::uint64_t first = 0;
        std::uint64_t count = 0;
    };
    struct Pointee {}; ///< what a pointer to anything but a record points to
    struct ListItem {
        std::uint64_t index = 0;
        VirtAddr address; ///< of the containing object
        Type type;
    };
    struct Remark {}; ///< holes, "the list ends here": has no value
    std::variant<Remark, MemberOf, ElementOf, SliceOf, Pointee, ListItem> how;
};

enum class RowLook : std::uint8_t { Plain, Link, Text, Record, Quiet, Unreadable };

struct StructRow {
    QString name;
    QString value;
    QString typeName; ///< as C spells it
    QString reason;   ///< why the value is `??`; empty when it is not
    RowLook look = RowLook::Plain;
    std::optional<VirtAddr> address;     ///< of the first byte
    std::uint64_t size = 0;              ///< in bytes
    std::optional<std::uint64_t> offset; ///< bytes from the start of what it hangs on
    std::uint32_t bitSize = 0;           ///< of a bitfield
    std::uint32_t bitShift = 0;          ///< of a bitfield: from the lowest bit of `address`
    std::optional<VirtAddr> target;      ///< where the pointer in it leads
    bool expandable = false;
    RowRecipe recipe;
    std::optional<Type> castTo;       ///< instead of the declared type
    std::optional<ListFollow> follow; ///< children are the items of the list
    Value content;                    ///< the moment that the row shows
};

/// What the tree is about.
struct StructRoot {
    QString name; ///< what a person typed or chose: "init_task"
    Type type;
    std::optional<VirtAddr> address; ///< nothing for a temporary
    Value temporary;                 ///< used when there is no address
};

/// An object that is read at once when it is small. Of a large one no byte is read: its parts are, when they are shown.
Value readObject(const EvalContext &context, const Type &type, VirtAddr address);

/// Elements on one page of an array; also pages on a page of pages.
inline constexpr std::uint64_t kArrayPage = 100;
/// Items of a linked list that are shown.
inline constexpr std::uint64_t kListLimit = 10000;

/// "57 × struct task_struct": what stands beside the head of an opened list.
QString listTitle(const ListFollow &follow, const std::vector<StructRow> &items);

StructRow rootRow(const EvalContext &context, const StructRoot &root);
/// The rows that appear when `parent` is opened. Reads what they need.
std::vector<StructRow> childRows(const EvalContext &context, const StructRow &parent);

/// One row that is to be read again, with those of its children that are.
struct RefreshPlan {
    std::uint64_t id = 0; ///< of the caller; comes back in the update
    StructRow row;
    bool itemsToo = false; ///< for followed lists: the chain is to be walked again
    std::vector<RefreshPlan> children;
};
struct RowUpdate {
    std::uint64_t id = 0;
    StructRow row;
    std::optional<std::vector<StructRow>> items; ///< the children anew, when the chain of the list has changed
};
struct RowUpdates {
    std::uint64_t generation = 0; ///< of the caller, as the ids
    std::uint64_t shape = 0;      ///< too
    std::vector<RowUpdate> rows;
};
/// Reads everything in the plan again, from the root down, so that a pointer that moved takes its children with it.
std::vector<RowUpdate> refreshRows(const EvalContext &context, const StructRoot &root, const RefreshPlan &plan);

/// Why, when the system refused all that these rows wanted to read; empty when anything could be read. A hole is an
/// answer.
QString refusedReason(const std::vector<RowUpdate> &updates);

/// Whether the row's value is made of bytes among `torn` (sorted). What a record holds is told by its members.
bool isTornIn(const StructRow &row, const std::vector<AddrRange> &torn);

/// What pahole counts: gaps between members and after the last one.
struct LayoutGaps {
    unsigned holes = 0;
    std::uint64_t holeBytes = 0;
    std::uint64_t paddingBytes = 0;
};
LayoutGaps findGaps(const Type &record);

} // namespace ks::ui
