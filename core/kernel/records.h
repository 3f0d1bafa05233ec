// Lists of kernel objects as plain data: what the walk of tasks and that of modules have in common.
#pragma once

#include "core/values/containers.h"
#include "core/values/context.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ks::kernel {

/// What a walk found, and why it may not be all.
template <class T>
struct Listing {
    std::vector<T> entries;
    std::string incomplete; ///< one sentence; empty when the list was walked to its end
};

/// A member of an object, if its type has one of this name (through anonymous members) and the bytes were read.
std::optional<Value> memberOf(const Value &object, std::string_view name);
/// An integer member; nothing where there is none, or where it was not read.
std::optional<std::int64_t> integerMember(const Value &object, std::string_view name);
/// A char array member up to its NUL; empty where there is none, or where it was not read.
std::string textMember(const Value &object, std::string_view name);

/// The objects of type `struct TAG` on the list whose head is the variable `head`, linked through `member`.
/// NotFound when the kernel's symbols or types have no such thing.
Result<Listing<Value>> readList(const EvalContext &context, std::string_view head, std::string_view tag,
                                std::string_view member, std::size_t limit = kMaxWalk);

} // namespace ks::kernel
