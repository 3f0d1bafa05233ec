// The types of a kernel and of its modules, as one source.
#pragma once

#include "core/base/progress.h"
#include "core/types/type_source.h"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace ks {

/// The types of one module, opened when first asked for. Shared by all that speak of the same loaded module.
class ModuleTypes {
public:
    using Open = std::function<Result<std::shared_ptr<const TypeSource>>(Progress &)>;

    /// `openShort` gives what is cheap and tells which names there are (split BTF), `openFull` all there is (the DWARF
    /// of a debug file, which may have to be found and unpacked). Either may be empty.
    /// `address` is that of the struct module: a module that was unloaded and comes again is another one.
    ModuleTypes(std::string name, VirtAddr address, Open openShort, Open openFull);

    const std::string &name() const { return name_; }
    VirtAddr address() const { return address_; }
    /// What is cheap; null when there is no such thing.
    const TypeSource *shortTypes() const;
    /// The full types, else the short ones; null when there are neither. Opened once: what failed or was cancelled is
    /// not tried again.
    const TypeSource *types() const;
    /// The same for somebody who asks for the types of this module by name: what was cancelled is tried again.
    const TypeSource *typesAtLast() const;
    /// The opening of the full types that goes on now, to be looked at or cancelled by any thread; else null.
    std::shared_ptr<Progress> opening() const;
    /// Whether the module may have something of this name: by its short types if there are such, so that nothing
    /// large is opened in vain.
    bool mayHave(NameClass nameClass, std::string_view name) const;
    /// What serves, or why nothing does; null while nothing was asked for.
    std::shared_ptr<const TypeSource> opened() const;
    /// Why the full types could not be opened; empty when they were not asked for, or serve.
    std::optional<Error> problem() const;

private:
    void open() const; ///< with openMutex_ held

    std::string name_;
    VirtAddr address_;
    Open openShort_, openFull_;
    mutable std::once_flag shortOnce_;
    mutable std::shared_ptr<const TypeSource> short_;
    mutable std::mutex openMutex_; ///< held while the full types are opened
    mutable std::mutex mutex_;     ///< guards what follows
    mutable std::shared_ptr<const TypeSource> full_;
    mutable std::optional<Error> problem_;
    mutable std::shared_ptr<Progress> opening_;
    mutable std::atomic<bool> isOpened_{false}; ///< set last: what it says may be used then
};

/// The kernel's own types count before those of modules, which are asked for what the kernel does not define.
/// A declaration or type keeps the source that it is from.
class ModularTypes final : public TypeSource {
public:
    ModularTypes(std::shared_ptr<const TypeSource> kernel, std::vector<std::shared_ptr<const ModuleTypes>> modules);

    const std::shared_ptr<const TypeSource> &kernel() const { return kernel_; }
    const std::vector<std::shared_ptr<const ModuleTypes>> &modules() const { return modules_; }

    std::string_view format() const override { return kernel_->format(); }
    unsigned pointerSize() const override { return kernel_->pointerSize(); }
    std::shared_ptr<const TypeNode> node(TypeId id) const override { return kernel_->node(id); }
    const TypeSource *ownerOf(TypeId id) const override { return kernel_->ownerOf(id); }
    std::string compileUnitOf(TypeId id) const override { return kernel_->compileUnitOf(id); }
    std::vector<Type> findTypes(NameClass nameClass, std::string_view name) const override;
    /// Of the kernel; the best-known variables also where its source lists none. Those of a module are found by its
    /// symbols: module(NAME)->findDeclarations().
    std::vector<Declaration> findDeclarations(NameClass nameClass, std::string_view name) const override;
    /// For a declaration without a definition in its own file, that of the kernel or of a module.
    Type resolve(const Type &type) const override;
    /// Of the kernel, and of those modules whose short types tell their names: naming all types of all modules would
    /// open every debug file.
    void forEachTypeName(const std::function<bool(NameClass, std::string_view)> &visit) const override;
    std::size_t typeNameCount() const override { return kernel_->typeNameCount(); }
    const TypeSource *module(std::string_view name) const override;

private:
    std::shared_ptr<const TypeSource> kernel_;
    std::vector<std::shared_ptr<const ModuleTypes>> modules_;
};

} // namespace ks
