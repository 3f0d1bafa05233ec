// Types built by hand, so that what works on types can be tested without debug information.
//
//   FakeTypes types;
//   auto list = types.structure("list_head");
//   list.member("next", types.pointer(list)).member("prev", types.pointer(list));
//   auto task = types.structure("task_struct");
//   task.member("pid", types.base("int")).bitfield("on_rq", types.base("unsigned int"), 2).member("tasks", list);
//   types.variable("init_task", task, VirtAddr(0xffffffff82000000));
//
// Members are laid out as the x86-64 System V ABI says; memberAt and bitfieldAt put them anywhere.
#pragma once

#include "core/types/type_source.h"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ks::test {

class FakeTypes;

/// A struct or union that is being built; stands for its id.
class FakeRecord {
public:
    FakeRecord(FakeTypes *types, TypeId id) : types_(types), id_(id) {}
    operator TypeId() const { return id_; }

    FakeRecord &member(std::string name, TypeId type);
    FakeRecord &bitfield(std::string name, TypeId type, std::uint32_t bits);
    FakeRecord &memberAt(std::string name, TypeId type, std::uint64_t byteOffset);
    FakeRecord &bitfieldAt(std::string name, TypeId type, std::uint64_t bitOffset, std::uint32_t bits);
    /// Overrides the computed size.
    FakeRecord &size(std::uint64_t bytes);

private:
    FakeTypes *types_;
    TypeId id_;
};

/// Not for use from more than one thread while types are added.
class FakeTypes : public TypeSource {
public:
    /// Has the base types of C under the names that GCC gives them ("long unsigned int").
    FakeTypes();

    TypeId base(std::string_view name) const;
    TypeId floating(std::string name, std::uint64_t size);
    TypeId pointer(std::optional<TypeId> target = {});
    TypeId array(TypeId element, std::optional<std::uint64_t> count);
    TypeId typedefOf(std::string name, TypeId target);
    TypeId qualified(TypeKind qualifier, TypeId target);
    TypeId function(std::optional<TypeId> returned, std::vector<Parameter> parameters = {}, bool isVariadic = false);
    TypeId enumeration(std::string name, std::vector<Enumerator> enumerators, std::uint64_t size = 4,
                       bool isSigned = false);
    TypeId declaration(TypeKind kind, std::string name);
    FakeRecord structure(std::string name);
    FakeRecord unionType(std::string name);
    /// Any node, damaged ones included.
    TypeId add(TypeNode node, std::uint64_t alignment = 1);

    void variable(std::string name, TypeId type, std::optional<VirtAddr> address = {});
    void functionDeclaration(std::string name, TypeId type, std::optional<VirtAddr> address = {});

    Type type(TypeId id) const { return Type(this, id); }
    /// The first of this name; Broken when there is none.
    Type type(NameClass nameClass, std::string_view name) const;

    std::string_view format() const override { return "fake"; }
    std::shared_ptr<const TypeNode> node(TypeId id) const override;
    std::vector<Type> findTypes(NameClass nameClass, std::string_view name) const override;
    std::vector<Declaration> findDeclarations(NameClass nameClass, std::string_view name) const override;
    Type resolve(const Type &type) const override;
    void forEachTypeName(const std::function<bool(NameClass, std::string_view)> &visit) const override;
    std::size_t typeNameCount() const override;

private:
    friend class FakeRecord;
    struct Entry {
        std::shared_ptr<TypeNode> node;
        std::uint64_t alignment = 1;
        std::uint64_t endBit = 0; ///< of the last member
    };
    Entry &entry(TypeId id) { return entries_.at(id.value - 1); }
    void place(TypeId record, Member member, bool aligned);

    std::vector<Entry> entries_;
    std::vector<std::pair<NameClass, Declaration>> declarations_;
};

} // namespace ks::test
