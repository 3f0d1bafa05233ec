// C types out of BTF: /sys/kernel/btf/*, the .BTF section of a vmlinux or module, or a file of it.
#pragma once

#include "core/base/file.h"
#include "core/types/btf_format.h"
#include "core/types/type_source.h"

#include <filesystem>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>

namespace ks {

class ElfImage;

/// BTF does not say everything that C says: a flexible array and one of length 0 are encoded alike and are both given
/// as flexible; variables are known only where the producer listed them (pahole: per-CPU variables).
class BtfReader : public TypeSource {
public:
    /// Raw BTF, or an ELF file with a section .BTF. `base`: what a module's (split) BTF continues.
    static Result<std::shared_ptr<const BtfReader>> open(const std::filesystem::path &path,
                                                         std::shared_ptr<const BtfReader> base = nullptr);
    /// The section .BTF of an image, which is kept.
    static Result<std::shared_ptr<const BtfReader>> open(const std::shared_ptr<const ElfImage> &image,
                                                         std::shared_ptr<const BtfReader> base = nullptr);
    /// `bytes` lie in `file`, which is kept and names the input in errors.
    static Result<std::shared_ptr<const BtfReader>> parse(std::shared_ptr<const MappedFile> file,
                                                          std::span<const std::byte> bytes,
                                                          std::shared_ptr<const BtfReader> base = nullptr);

    /// Types, those of the base included; ids run from 1 (0 is void) to this number.
    std::size_t typeCount() const { return firstId_ - 1 + offsets_.size(); }

    std::string_view format() const override { return "BTF"; }
    std::shared_ptr<const TypeNode> node(TypeId id) const override;
    const TypeSource *ownerOf(TypeId id) const override { return base_ && id.value < firstId_ ? base_.get() : this; }
    std::vector<Type> findTypes(NameClass nameClass, std::string_view name) const override;
    std::vector<Declaration> findDeclarations(NameClass nameClass, std::string_view name) const override;
    Type resolve(const Type &type) const override;
    void forEachTypeName(const std::function<bool(NameClass, std::string_view)> &visit) const override;
    void forEachOwnTypeName(const std::function<bool(NameClass, std::string_view)> &visit) const override;
    std::size_t typeNameCount() const override;

private:
    friend class BtfNodeBuilder;

    BtfReader() = default;
    Result<void> readHeader(std::span<const std::byte> bytes);
    Result<void> readTypes();
    std::int64_t bytesBehind(const btf::Record &record) const;
    void readPerCpuSection(std::uint32_t id);
    void buildNameIndex();
    void buildEnumeratorIndex() const;

    std::string_view string(std::uint32_t offset) const;
    bool hasString(std::uint32_t offset) const;
    /// A zero record for 0 and for ids that do not exist.
    btf::Record record(std::uint64_t id) const;
    /// The i-th entry behind the record of `id`, which readTypes has seen to be inside.
    template <class Entry>
    Entry entry(std::uint64_t id, std::size_t i = 0) const;
    std::optional<NameClass> nameClass(const btf::Record &record) const;
    std::size_t slotFor(NameClass nameClass, std::string_view name) const;
    void collect(NameClass nameClass, std::string_view name, std::vector<std::uint32_t> &ids) const;
    void collectEnumerator(std::string_view name, std::vector<std::uint32_t> &ids) const;

    std::shared_ptr<const MappedFile> file_;
    std::shared_ptr<const BtfReader> base_;
    std::span<const std::byte> types_;
    std::span<const std::byte> strings_; ///< ends with NUL
    std::span<const std::byte> layouts_; ///< a btf::Layout for each kind that the producer knew; empty in older files
    std::uint32_t firstId_ = 1;
    std::uint32_t firstString_ = 0;      ///< offset of the first string that is our own and not the base's
    std::vector<std::uint32_t> offsets_; ///< into types_, by id - firstId_
    bool enumsSayTheirSign_ = false;     ///< the producer knows the kind flag of enums
    std::unordered_map<std::uint32_t, std::uint32_t> perCpuOffsets_; ///< by id of the variable

    /// Open addressing by class and name. A slot holds the lowest id of that name, nextOfName_ chains the others.
    std::vector<std::uint32_t> slots_;
    std::vector<std::uint32_t> nextOfName_;
    std::size_t typeNameCount_ = 0;

    struct EnumeratorEntry {
        std::size_t hash;
        std::uint32_t id;
    };
    mutable std::once_flag enumeratorsOnce_;
    mutable std::vector<EnumeratorEntry> enumerators_; ///< sorted

    mutable std::shared_mutex nodesMutex_;
    mutable std::unordered_map<std::uint64_t, std::shared_ptr<const TypeNode>> nodes_;
};

} // namespace ks
