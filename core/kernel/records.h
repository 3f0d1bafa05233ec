// Lists of kernel objects as plain data: what the walk of tasks and that of modules have in common.
#pragma once

#include "core/values/containers.h"
#include "core/values/context.h"

#include <map>
#include <optional>
#include <span>
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

/// A member of an object, "state" or "core_layout.base", if its type has one (through anonymous members).
std::optional<Value> memberOf(const Value &object, std::string_view path);
/// An integer member; nothing where there is none, or where it was not read.
std::optional<std::int64_t> integerMember(const Value &object, std::string_view path);
/// The value of a pointer member; nothing where there is none, or where it was not read.
std::optional<VirtAddr> pointerMember(const Value &object, std::string_view path);
/// A char array member up to its NUL; empty where there is none, or where it was not read.
std::string textMember(const Value &object, std::string_view path);

/// The definition of `struct TAG`. NotFound when the kernel's types have none.
Result<Type> structType(const EvalContext &context, std::string_view tag);

/// The objects of one type at these addresses, each read whole and all in one batch.
std::vector<Value> readObjects(const EvalContext &context, const Type &type, std::span<const VirtAddr> addresses);

/// Objects by their addresses.
using Objects = std::map<VirtAddr, Value>;
/// The objects of one type at these addresses, each read once however often it stands there, and all in one batch; none
/// at an address where it would reach beyond the last one there is.
Objects readEach(const EvalContext &context, const Type &type, std::vector<VirtAddr> addresses);
/// Null when there is none.
const Value *objectAt(const Objects &objects, VirtAddr address);

/// The C strings at these addresses, at most `limit` characters each; nothing where one could not be read or does not
/// end.
std::vector<std::optional<std::string>> readTexts(const EvalContext &context, std::span<const VirtAddr> addresses,
                                                  std::size_t limit);

/// The objects of type `struct TAG` on the list whose head is the variable `head`, linked through `member`.
/// NotFound when the kernel's symbols or types have no such thing.
Result<Listing<Value>> readList(const EvalContext &context, std::string_view head, std::string_view tag,
                                std::string_view member, std::size_t limit = kMaxWalk);

} // namespace ks::kernel
