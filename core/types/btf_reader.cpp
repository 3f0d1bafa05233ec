#include "core/types/btf_reader.h"

#include "core/base/byte_reader.h"
#include "core/symbols/elf_image.h"
#include "core/types/btf_node_builder.h"

#include <algorithm>
#include <bit>
#include <unistd.h>

namespace ks {

namespace {

/// Nodes that are kept once built. The vmlinux of a distribution has about 100000 types; a person looks at hundreds.
constexpr std::size_t kMaxCachedNodes = 1 << 15;
/// Types of one name that are given. Real kernels have a handful.
constexpr std::size_t kMaxFound = 4096;
constexpr std::string_view kPerCpuSection = ".data..percpu";

bool isTypeClass(NameClass nameClass)
{
    return nameClass != NameClass::Variable && nameClass != NameClass::Function && nameClass != NameClass::Enumerator;
}

std::size_t hashName(NameClass nameClass, std::string_view name)
{
    return std::hash<std::string_view>{}(name) + static_cast<std::size_t>(nameClass) * 0x9e3779b97f4a7c15u;
}

} // namespace

Result<std::shared_ptr<const BtfReader>> BtfReader::open(const std::filesystem::path &path,
                                                         std::shared_ptr<const BtfReader> base)
{
    Result<FileHandle> file = FileHandle::open(path);
    if (!file)
        return std::unexpected(file.error());
    char magic[4] = {};
    if (::pread(file->fd(), magic, sizeof magic, 0) == sizeof magic && std::string_view(magic, 4) == "\177ELF") {
        auto image = ElfImage::open(path);
        return image ? open(*image, std::move(base)) : std::unexpected(image.error());
    }
    // Read, not mapped: most kernels cannot map the files of /sys/kernel/btf.
    Result<std::string> bytes = readTextFile(*file, path.string());
    if (!bytes)
        return std::unexpected(bytes.error());
    const auto raw = MappedFile::fromBytes(std::move(*bytes), path);
    return parse(raw, raw->bytes(), std::move(base));
}

Result<std::shared_ptr<const BtfReader>> BtfReader::open(const std::shared_ptr<const ElfImage> &image,
                                                         std::shared_ptr<const BtfReader> base)
{
    const auto bytes = image->bytes(".BTF");
    if (!bytes)
        return std::unexpected(bytes.error());
    const std::shared_ptr<const MappedFile> file(image, &image->file());
    // A module that was built apart from its kernel brings the part of vmlinux's BTF that it continues
    // (since Linux 6.11); its ids and strings are not those of the whole.
    if (image->section(".BTF.base")) {
        const auto own = image->bytes(".BTF.base");
        auto distilled = own ? parse(file, *own) : std::unexpected(own.error());
        if (!distilled)
            return std::unexpected(distilled.error());
        base = std::move(*distilled);
    }
    return parse(file, *bytes, std::move(base));
}

Result<std::shared_ptr<const BtfReader>> BtfReader::parse(std::shared_ptr<const MappedFile> file,
                                                          std::span<const std::byte> bytes,
                                                          std::shared_ptr<const BtfReader> base)
{
    std::shared_ptr<BtfReader> reader(new BtfReader);
    reader->file_ = std::move(file);
    if (base && base->base_)
        return fail(ErrorCode::Unsupported, reader->file_->path().string(), "its base is split BTF itself");
    reader->base_ = std::move(base);
    if (reader->base_) {
        reader->firstId_ = static_cast<std::uint32_t>(reader->base_->typeCount() + 1);
        reader->firstString_ = reader->base_->firstString_ + static_cast<std::uint32_t>(reader->base_->strings_.size());
        reader->enumsSayTheirSign_ = reader->base_->enumsSayTheirSign_;
    }
    if (auto read = reader->readHeader(bytes); !read)
        return std::unexpected(read.error());
    if (auto read = reader->readTypes(); !read)
        return std::unexpected(read.error());
    reader->buildNameIndex();
    return reader;
}

Result<void> BtfReader::readHeader(std::span<const std::byte> bytes)
{
    const std::string what = file_->path().string();
    btf::Header header;
    if (bytes.size() < sizeof header)
        return fail(ErrorCode::BadFormat, what, "too short for a BTF header");
    std::memcpy(&header, bytes.data(), sizeof header);
    if (header.magic == std::byteswap(btf::kMagic))
        return fail(ErrorCode::Unsupported, what, "big-endian BTF");
    if (header.magic != btf::kMagic)
        return fail(ErrorCode::BadFormat, what, "no BTF: it does not begin with 0xeb9f");
    if (header.version != btf::kVersion)
        return fail(ErrorCode::Unsupported, what, "BTF version " + std::to_string(header.version));
    if (header.headerSize < sizeof header || header.headerSize > bytes.size())
        return fail(ErrorCode::BadFormat, what,
                    "the BTF header claims " + std::to_string(header.headerSize) + " bytes");

    const auto section = [&](std::uint32_t offset, std::uint32_t size) -> std::optional<std::span<const std::byte>> {
        const std::span<const std::byte> body = bytes.subspan(header.headerSize);
        if (offset > body.size() || size > body.size() - offset)
            return std::nullopt;
        return body.subspan(offset, size);
    };
    const auto types = section(header.typeOffset, header.typeSize);
    const auto strings = section(header.stringOffset, header.stringSize);
    if (!types || !strings)
        return fail(ErrorCode::BadFormat, what, "the BTF sections reach beyond the end: it is truncated");
    if (!strings->empty() && strings->back() != std::byte{0})
        return fail(ErrorCode::BadFormat, what, "the BTF string section does not end with NUL");
    if (strings->size() > UINT32_MAX - firstString_)
        return fail(ErrorCode::Limit, what, "more than 4 GiB of BTF strings");
    types_ = *types;
    strings_ = *strings;
    btf::LayoutHeader layout;
    if (header.headerSize >= sizeof header + sizeof layout) {
        std::memcpy(&layout, bytes.data() + sizeof header, sizeof layout);
        const auto layouts = section(layout.offset, layout.size);
        if (!layouts)
            return fail(ErrorCode::BadFormat, what, "the BTF layout section reaches beyond the end: it is truncated");
        layouts_ = *layouts;
    }
    return {};
}

Result<void> BtfReader::readTypes()
{
    ByteReader reader(types_);
    offsets_.reserve(types_.size() / 24);
    std::vector<std::uint32_t> sections;
    while (!reader.atEnd()) {
        const std::size_t start = reader.position();
        const auto record = reader.read<btf::Record>();
        const std::int64_t behind = bytesBehind(record);
        const auto where = [&] { return file_->path().string() + ": BTF types + " + hex(start); };
        if (!reader.failed() && behind < 0)
            return fail(ErrorCode::Unsupported, where(),
                        "unknown kind " + std::to_string(static_cast<int>(record.kind())),
                        "if the kernel is newer than this program, use its vmlinux with DWARF");
        reader.skip(static_cast<std::uint64_t>(behind));
        if (reader.failed())
            return fail(ErrorCode::BadFormat, where(), "this type reaches beyond the end of the section");
        if (record.kind() == btf::Kind::Enum64 || (record.kind() == btf::Kind::Enum && record.kindFlag()))
            enumsSayTheirSign_ = true;
        if (record.kind() == btf::Kind::DataSection && string(record.nameOffset) == kPerCpuSection)
            sections.push_back(firstId_ + static_cast<std::uint32_t>(offsets_.size()));
        offsets_.push_back(static_cast<std::uint32_t>(start));
    }
    for (const std::uint32_t id : sections)
        readPerCpuSection(id);
    return {};
}

/// As btf::bytesBehind, and of kinds that only the producer knew what its layouts say.
std::int64_t BtfReader::bytesBehind(const btf::Record &record) const
{
    const std::int64_t known = btf::bytesBehind(record.kind(), record.count());
    const std::size_t place = static_cast<std::size_t>(record.kind()) * sizeof(btf::Layout);
    if (known >= 0 || record.kind() == btf::Kind::Unknown || place + sizeof(btf::Layout) > layouts_.size())
        return known;
    btf::Layout layout;
    std::memcpy(&layout, layouts_.data() + place, sizeof layout);
    return layout.infoSize + std::int64_t{layout.elementSize} * record.count();
}

void BtfReader::readPerCpuSection(std::uint32_t id)
{
    const std::uint32_t count = record(id).count();
    for (std::size_t i = 0; i < count; ++i) {
        const auto variable = entry<btf::SectionEntry>(id, i);
        perCpuOffsets_.emplace(variable.variable, variable.offset);
    }
}

std::string_view BtfReader::string(std::uint32_t offset) const
{
    if (offset < firstString_)
        return base_->string(offset);
    if (!hasString(offset))
        return {};
    return reinterpret_cast<const char *>(strings_.data() + (offset - firstString_));
}

bool BtfReader::hasString(std::uint32_t offset) const
{
    return offset < firstString_ || offset - firstString_ < strings_.size() || offset == 0;
}

btf::Record BtfReader::record(std::uint64_t id) const
{
    if (id != 0 && id < firstId_)
        return base_->record(id);
    btf::Record record;
    if (id != 0 && id - firstId_ < offsets_.size())
        std::memcpy(&record, types_.data() + offsets_[id - firstId_], sizeof record);
    return record;
}

template <class Entry>
Entry BtfReader::entry(std::uint64_t id, std::size_t i) const
{
    if (id < firstId_)
        return base_->entry<Entry>(id, i);
    Entry entry;
    std::memcpy(&entry, types_.data() + offsets_[id - firstId_] + sizeof(btf::Record) + i * sizeof entry, sizeof entry);
    return entry;
}

// What BtfNodeBuilder reads.
template btf::IntEncoding BtfReader::entry(std::uint64_t, std::size_t) const;
template btf::ArrayEntry BtfReader::entry(std::uint64_t, std::size_t) const;
template btf::MemberEntry BtfReader::entry(std::uint64_t, std::size_t) const;
template btf::EnumEntry BtfReader::entry(std::uint64_t, std::size_t) const;
template btf::Enum64Entry BtfReader::entry(std::uint64_t, std::size_t) const;
template btf::ParameterEntry BtfReader::entry(std::uint64_t, std::size_t) const;

std::optional<NameClass> BtfReader::nameClass(const btf::Record &record) const
{
    switch (record.kind()) {
    case btf::Kind::Int:
    case btf::Kind::Float: return NameClass::Base;
    case btf::Kind::Struct: return NameClass::Struct;
    case btf::Kind::Union: return NameClass::Union;
    case btf::Kind::Forward: return record.kindFlag() ? NameClass::Union : NameClass::Struct;
    case btf::Kind::Enum:
    case btf::Kind::Enum64: return NameClass::Enum;
    case btf::Kind::Typedef: return NameClass::Typedef;
    case btf::Kind::Function: return NameClass::Function;
    case btf::Kind::Variable: return NameClass::Variable;
    default: return std::nullopt;
    }
}

// --- names

void BtfReader::buildNameIndex()
{
    slots_.assign(std::bit_ceil(offsets_.size() * 2 + 1), 0);
    nextOfName_.assign(offsets_.size(), 0);
    // Backwards, so that each chain runs from the lowest id to the highest.
    for (std::size_t i = offsets_.size(); i-- > 0;) {
        const auto id = static_cast<std::uint32_t>(firstId_ + i);
        const btf::Record type = record(id);
        const auto itsClass = nameClass(type);
        if (!itsClass)
            continue;
        const std::string_view name = string(type.nameOffset);
        if (name.empty())
            continue;
        std::uint32_t &slot = slots_[slotFor(*itsClass, name)];
        if (slot == 0 && isTypeClass(*itsClass))
            ++typeNameCount_;
        nextOfName_[i] = slot;
        slot = id;
    }
    if (!base_)
        return;
    typeNameCount_ += base_->typeNameCount_;
    for (const std::uint32_t id : slots_) {
        const btf::Record type = record(id);
        const auto itsClass = id ? nameClass(type) : std::nullopt;
        if (itsClass && isTypeClass(*itsClass) &&
            base_->slots_[base_->slotFor(*itsClass, string(type.nameOffset))] != 0)
            --typeNameCount_;
    }
}

/// The slot that has this name, or the free one where it belongs. At most half of the slots are taken.
std::size_t BtfReader::slotFor(NameClass wantedClass, std::string_view name) const
{
    const std::size_t mask = slots_.size() - 1;
    std::size_t slot = hashName(wantedClass, name) & mask;
    while (const std::uint32_t id = slots_[slot]) {
        const btf::Record type = record(id);
        if (nameClass(type) == wantedClass && string(type.nameOffset) == name)
            break;
        slot = (slot + 1) & mask;
    }
    return slot;
}

void BtfReader::collect(NameClass wantedClass, std::string_view name, std::vector<std::uint32_t> &ids) const
{
    for (std::uint32_t id = slots_[slotFor(wantedClass, name)]; id && ids.size() < kMaxFound;
         id = nextOfName_[id - firstId_])
        ids.push_back(id);
    if (base_)
        base_->collect(wantedClass, name, ids);
}

void BtfReader::buildEnumeratorIndex() const
{
    for (std::size_t i = 0; i < offsets_.size(); ++i) {
        const auto id = static_cast<std::uint32_t>(firstId_ + i);
        const btf::Record type = record(id);
        if (type.kind() != btf::Kind::Enum && type.kind() != btf::Kind::Enum64)
            continue;
        for (std::size_t k = 0; k < type.count(); ++k) {
            const std::uint32_t name = type.kind() == btf::Kind::Enum ? entry<btf::EnumEntry>(id, k).nameOffset
                                                                      : entry<btf::Enum64Entry>(id, k).nameOffset;
            enumerators_.push_back({hashName(NameClass::Enumerator, string(name)), id});
        }
    }
    std::ranges::sort(enumerators_, {}, [](const EnumeratorEntry &e) { return std::pair(e.hash, e.id); });
}

void BtfReader::collectEnumerator(std::string_view name, std::vector<std::uint32_t> &ids) const
{
    std::call_once(enumeratorsOnce_, [this] { buildEnumeratorIndex(); });
    const auto found =
        std::ranges::equal_range(enumerators_, hashName(NameClass::Enumerator, name), {}, &EnumeratorEntry::hash);
    for (const EnumeratorEntry &candidate : found) {
        const auto enumeration = node(TypeId{candidate.id});
        const auto &names = enumeration->enumerators;
        const bool matches = std::ranges::find(names, name, &Enumerator::name) != names.end();
        if (matches && (ids.empty() || ids.back() != candidate.id) && ids.size() < kMaxFound)
            ids.push_back(candidate.id);
    }
    if (base_)
        base_->collectEnumerator(name, ids);
}

// --- TypeSource

std::shared_ptr<const TypeNode> BtfReader::node(TypeId id) const
{
    if (base_ && id.value < firstId_)
        return base_->node(id);
    {
        const std::shared_lock lock(nodesMutex_);
        if (const auto found = nodes_.find(id.value); found != nodes_.end())
            return found->second;
    }
    auto node = std::make_shared<const TypeNode>(BtfNodeBuilder(*this).build(id.value));
    const std::unique_lock lock(nodesMutex_);
    if (nodes_.size() >= kMaxCachedNodes)
        nodes_.clear();
    return nodes_.try_emplace(id.value, std::move(node)).first->second;
}

std::vector<Type> BtfReader::findTypes(NameClass wantedClass, std::string_view name) const
{
    std::vector<std::uint32_t> ids;
    if (wantedClass == NameClass::Enumerator)
        collectEnumerator(name, ids);
    else if (isTypeClass(wantedClass))
        collect(wantedClass, name, ids);
    std::vector<Type> found;
    found.reserve(ids.size());
    for (const bool areDeclarations : {false, true})
        for (const std::uint32_t id : ids)
            if (record(id).isDeclaration() == areDeclarations)
                found.emplace_back(this, TypeId{id});
    return found;
}

std::vector<Declaration> BtfReader::findDeclarations(NameClass wantedClass, std::string_view name) const
{
    if (wantedClass != NameClass::Variable && wantedClass != NameClass::Function)
        return {};
    std::vector<std::uint32_t> ids;
    collect(wantedClass, name, ids);
    std::vector<Declaration> externals, statics;
    for (const std::uint32_t id : ids) {
        const btf::Record declared = record(id);
        // A function keeps its linkage in the count, a variable in the word behind the record.
        const std::uint32_t linkage =
            wantedClass == NameClass::Function ? declared.count() : entry<btf::IntEncoding>(id).word;
        Declaration declaration{.name = std::string(name),
                                .type = Type(this, TypeId{declared.sizeOrType}),
                                .isExternal = linkage != btf::kLinkageStatic};
        const BtfReader *owner = id < firstId_ ? base_.get() : this;
        if (const auto offset = owner->perCpuOffsets_.find(id); offset != owner->perCpuOffsets_.end())
            declaration.linkAddress = VirtAddr(offset->second);
        (declaration.isExternal ? externals : statics).push_back(std::move(declaration));
    }
    externals.insert(externals.end(), statics.begin(), statics.end());
    return externals;
}

Type BtfReader::resolve(const Type &type) const
{
    if (!type.node().isDeclaration)
        return type;
    const NameClass itsClass = type.kind() == TypeKind::Union  ? NameClass::Union
                               : type.kind() == TypeKind::Enum ? NameClass::Enum
                                                               : NameClass::Struct;
    const std::vector<Type> found = findTypes(itsClass, type.name());
    return found.empty() ? type : found.front();
}

void BtfReader::forEachTypeName(const std::function<bool(NameClass, std::string_view)> &visit) const
{
    bool wantsMore = true;
    if (base_)
        base_->forEachTypeName(
            [&](NameClass itsClass, std::string_view name) { return wantsMore = visit(itsClass, name); });
    if (wantsMore)
        forEachOwnTypeName(visit);
}

void BtfReader::forEachOwnTypeName(const std::function<bool(NameClass, std::string_view)> &visit) const
{
    for (const std::uint32_t id : slots_) {
        const btf::Record type = record(id);
        const auto itsClass = id ? nameClass(type) : std::nullopt;
        if (!itsClass || !isTypeClass(*itsClass))
            continue;
        const std::string_view name = string(type.nameOffset);
        if (base_ && base_->slots_[base_->slotFor(*itsClass, name)] != 0)
            continue;
        if (!visit(*itsClass, name))
            return;
    }
}

std::size_t BtfReader::typeNameCount() const { return typeNameCount_; }

} // namespace ks
