// C types from DWARF 4 and 5.
#pragma once

#include "core/base/progress.h"
#include "core/types/dwarf_sections.h"
#include "core/types/type_index.h"
#include "core/types/type_source.h"

#include <memory>

namespace ks {

/// Opening scans all names; types are decoded when they are asked for.
class DwarfReader final : public TypeSource {
public:
    /// NotFound without .debug_info; else the errors of scanDwarf().
    static Result<std::unique_ptr<DwarfReader>> open(DwarfSections sections, Progress &progress);
    /// With an index that was made from these sections before. Of types alone: the rest is indexed when somebody asks
    /// for a variable, a function or an enumerator.
    static std::unique_ptr<DwarfReader> open(DwarfSections sections, TypeIndex index,
                                             IndexedNames indexed = IndexedNames::All);
    ~DwarfReader() override;

    std::string_view format() const override { return "DWARF"; }
    unsigned pointerSize() const override;
    /// An id is the offset of a DIE in .debug_info. A forward declaration that has a definition anywhere gives the
    /// definition's node.
    std::shared_ptr<const TypeNode> node(TypeId id) const override;
    std::string compileUnitOf(TypeId id) const override;
    bool isLoaded() const override;
    std::vector<Type> findTypes(NameClass nameClass, std::string_view name) const override;
    std::vector<Declaration> findDeclarations(NameClass nameClass, std::string_view name) const override;
    /// A definition in the same unit first, else the one that most units have.
    Type resolve(const Type &type) const override;
    void forEachTypeName(const std::function<bool(NameClass, std::string_view)> &visit) const override;
    std::size_t typeNameCount() const override;

    const TypeIndex &index() const;

private:
    struct Parts;
    explicit DwarfReader(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

} // namespace ks
