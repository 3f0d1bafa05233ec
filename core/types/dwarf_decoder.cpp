#include "core/types/dwarf_decoder.h"

#include "core/base/address.h"
#include "core/base/byte_reader.h"

#include <dwarf.h>

namespace ks {

namespace {

constexpr std::size_t kOpenUnits = 32; // about 30 KB each
// No C type comes near; without a bound a damaged file could ask for any amount of memory.
constexpr std::size_t kMaxChildren = 65536;
constexpr unsigned kMaxDimensions = 255;
constexpr unsigned kMaxSteps = 64;

std::unexpected<Error> damaged(const DwarfSections &sections, std::uint64_t die, std::string why)
{
    return fail(ErrorCode::BadFormat, sections.fileName + ", .debug_info+" + hex(die), std::move(why));
}

std::optional<TypeId> idOf(std::optional<std::uint64_t> die)
{
    if (!die)
        return std::nullopt;
    return DwarfDecoder::typeId(*die);
}

void decodeBase(TypeNode &node, const DwarfDie &die)
{
    const std::uint64_t encoding = die.encoding.value_or(DW_ATE_unsigned);
    node.kind = TypeKind::Integer;
    switch (encoding) {
    case DW_ATE_boolean: node.kind = TypeKind::Boolean; break;
    case DW_ATE_signed_char: node.isSigned = true; [[fallthrough]];
    case DW_ATE_unsigned_char:
    case DW_ATE_UTF:
    case DW_ATE_ASCII: node.kind = TypeKind::Character; break;
    case DW_ATE_float:
    case DW_ATE_complex_float:
    case DW_ATE_imaginary_float:
    case DW_ATE_decimal_float: node.kind = TypeKind::Float; break;
    case DW_ATE_signed:
    case DW_ATE_signed_fixed: node.isSigned = true; break;
    default: break;
    }
}

/// Whether DIEs of the unit may refer to type units; its abbreviations have been found to be sound.
bool hasSignatures(const DwarfSections &sections, const DwarfUnit &unit)
{
    ByteReader reader(sections.abbrev, unit.abbrevOffset);
    while (reader.readUleb128() != 0 && !reader.failed()) {
        reader.readUleb128();
        reader.skip(1);
        for (;;) {
            const std::uint64_t attribute = reader.readUleb128();
            const std::uint64_t form = reader.readUleb128();
            if (form == DW_FORM_ref_sig8)
                return true;
            if (form == DW_FORM_implicit_const)
                reader.readSleb128();
            if (reader.failed() || (attribute == 0 && form == 0))
                break;
        }
    }
    return false;
}

} // namespace

Result<DwarfDecoder::OpenUnit *> DwarfDecoder::unitOf(std::uint64_t die)
{
    const auto offset = die < sections_.info.size() ? index_.unitOf(die) : std::nullopt;
    if (!offset)
        return damaged(sections_, die, "a reference out of the section");
    if (const auto open = unitsByOffset_.find(*offset); open != unitsByOffset_.end()) {
        units_.splice(units_.begin(), units_, open->second);
        return &units_.front().second;
    }
    auto header = readUnitHeader(sections_, *offset);
    if (!header)
        return std::unexpected(header.error());
    if (auto sound = abbreviations_.compile(sections_, *header); !sound)
        return std::unexpected(sound.error());
    DieCursor cursor(sections_, *header, abbreviations_, header->firstDie);
    DieFields fields;
    OpenUnit open;
    if (const Abbreviation *first = cursor.next(); first && cursor.read(*first, fields)) {
        if (fields.strOffsetsBase)
            header->strOffsetsBase = fields.strOffsetsBase;
        if (fields.addrBase)
            header->addrBase = fields.addrBase;
        // Once more, now that an indexed name can be found.
        DieCursor again(sections_, *header, abbreviations_, header->firstDie);
        if (again.next() && again.read(*first, fields))
            open.name = nameText(sections_, fields.name);
    }
    open.namesTypeUnits = hasSignatures(sections_, *header);
    auto unit = LibdwarfUnit::open(sections_, *header);
    if (!unit)
        return std::unexpected(unit.error());
    open.unit = std::move(*unit);
    units_.emplace_front(*offset, std::move(open));
    unitsByOffset_[*offset] = units_.begin();
    if (units_.size() > kOpenUnits) {
        unitsByOffset_.erase(units_.back().first);
        units_.pop_back();
    }
    return &units_.front().second;
}

std::string DwarfDecoder::compileUnitOf(std::uint64_t die)
{
    const std::lock_guard lock(mutex_);
    const auto open = unitOf(die);
    return open ? (*open)->name : std::string();
}

Result<DwarfDie> DwarfDecoder::read(std::uint64_t die, const Visit &child)
{
    const auto readPlain = [&](std::uint64_t offset, const Visit &visit) -> Result<DwarfDie> {
        const auto open = unitOf(offset);
        if (!open)
            return std::unexpected(open.error());
        return readDie(sections_, *(*open)->unit, offset, visit);
    };
    const auto open = unitOf(die);
    if (!open || !(*open)->namesTypeUnits)
        return readPlain(die, child);

    // What names a type unit names the type in it: by signature, or by a DIE that has only the signature.
    const auto follow = [&](DwarfDie &entry) {
        if (entry.typeSignature) {
            entry.type = typeOf(*entry.typeSignature);
        } else if (entry.type) {
            const auto named = readPlain(*entry.type, {});
            if (named && named->signature)
                entry.type = typeOf(*named->signature);
        }
    };
    std::vector<DwarfDie> children;
    auto result = readPlain(die, child ? Visit([&](const DwarfDie &entry) {
                                children.push_back(entry);
                                return children.size() <= kMaxChildren;
                            })
                                       : Visit{});
    if (!result)
        return result;
    follow(*result);
    for (DwarfDie &entry : children) {
        follow(entry);
        if (!child(entry))
            break;
    }
    return result;
}

std::optional<std::uint64_t> DwarfDecoder::typeOf(std::uint64_t signature)
{
    const auto found = typeUnits().find(signature);
    return found == typeUnits().end() ? std::nullopt : std::optional(found->second);
}

const std::unordered_map<std::uint64_t, std::uint64_t> &DwarfDecoder::typeUnits()
{
    if (typeUnits_)
        return *typeUnits_;
    typeUnits_.emplace();
    for (const std::uint32_t offset : index_.tables().units) {
        const auto unit = readUnitHeader(sections_, offset);
        if (!unit || unit->type != DW_UT_type)
            continue;
        // The header ends with the signature and the type's place in the unit (DWARF 5, 7.5.1.3).
        ByteReader reader(sections_.info, unit->firstDie - 8 - unit->offsetSize);
        const auto signature = reader.read<std::uint64_t>();
        const std::uint64_t place = unit->offsetSize == 8 ? reader.read<std::uint64_t>() : reader.read<std::uint32_t>();
        if (place < unit->end - unit->offset)
            typeUnits_->try_emplace(signature, unit->offset + place);
    }
    return *typeUnits_;
}

std::shared_ptr<const TypeNode> DwarfDecoder::decode(TypeId id)
{
    const std::lock_guard lock(mutex_);
    auto node = decodeDie(id);
    if (node)
        return std::make_shared<const TypeNode>(std::move(*node));
    TypeNode broken;
    broken.kind = TypeKind::Broken;
    broken.name = node.error().message();
    return std::make_shared<const TypeNode>(std::move(broken));
}

Result<TypeNode> DwarfDecoder::decodeDie(TypeId id)
{
    auto die = read(dieOf(id));
    if (!die)
        return std::unexpected(die.error());
    if ((die->typeSignature && !die->type) || die->signature)
        return damaged(sections_, die->offset, "its type is in a type unit, and the file has no such unit");
    TypeNode node;
    node.name = die->name;
    node.byteSize = die->byteSize.value_or(0);
    node.isDeclaration = die->declaration;
    node.target = idOf(die->type);
    const auto finish = [&](Result<void> done) -> Result<TypeNode> {
        if (!done)
            return std::unexpected(done.error());
        return std::move(node);
    };
    if (dimensionOf(id) != 0 && die->tag != DW_TAG_array_type)
        return damaged(sections_, die->offset, "a dimension of what is no array");
    switch (die->tag) {
    case DW_TAG_base_type: decodeBase(node, *die); return node;
    case DW_TAG_structure_type:
    case DW_TAG_class_type: node.kind = TypeKind::Struct; return finish(decodeRecord(node, *die));
    case DW_TAG_union_type: node.kind = TypeKind::Union; return finish(decodeRecord(node, *die));
    case DW_TAG_enumeration_type: node.kind = TypeKind::Enum; return finish(decodeEnum(node, *die));
    case DW_TAG_array_type: node.kind = TypeKind::Array; return finish(decodeArray(node, *die, dimensionOf(id)));
    case DW_TAG_subroutine_type:
    case DW_TAG_subprogram: node.kind = TypeKind::Function; return finish(decodeFunction(node, *die));
    case DW_TAG_pointer_type:
    case DW_TAG_reference_type:
    case DW_TAG_rvalue_reference_type:
        node.kind = TypeKind::Pointer;
        if (!die->byteSize)
            node.byteSize = (*unitOf(die->offset))->unit->unit().addressSize;
        return node;
    case DW_TAG_typedef: node.kind = TypeKind::Typedef; return node;
    case DW_TAG_const_type: node.kind = TypeKind::Const; return node;
    case DW_TAG_volatile_type: node.kind = TypeKind::Volatile; return node;
    case DW_TAG_restrict_type: node.kind = TypeKind::Restrict; return node;
    case DW_TAG_atomic_type: node.kind = TypeKind::Atomic; return node;
    case DW_TAG_unspecified_type: // what assemblers give to functions, for want of a type
        node.name.clear();
        return node;
    default: return damaged(sections_, die->offset, "no type of C (tag " + hex(die->tag) + ")");
    }
}

/// The size of what a DIE names, through typedefs and qualifiers; only asked for bitfields in the old encoding.
std::uint64_t DwarfDecoder::byteSizeOf(std::optional<std::uint64_t> die)
{
    for (unsigned step = 0; die && step < kMaxSteps; ++step) {
        const auto type = read(*die);
        if (!type)
            return 0;
        if (type->byteSize)
            return *type->byteSize;
        die = type->type;
    }
    return 0;
}

/// From the start of the struct to the lowest bit, little endian. Nothing when the place is not a constant.
std::optional<std::uint64_t> DwarfDecoder::bitOffsetOf(const DwarfDie &member)
{
    if (member.dataBitOffset)
        return *member.dataBitOffset;
    const std::uint64_t start = member.memberLocation.value_or(0) * 8;
    if (!member.bitSize || !member.bitOffset)
        return start;
    // DWARF 3, 5.5.6: counted from the most significant bit of a storage unit of byteSize bytes.
    const std::uint64_t storage = member.byteSize ? *member.byteSize : byteSizeOf(member.type);
    return start + storage * 8 - *member.bitOffset - *member.bitSize;
}

Result<void> DwarfDecoder::decodeRecord(TypeNode &node, const DwarfDie &die)
{
    node.target.reset();
    std::vector<DwarfDie> members;
    const auto done = read(die.offset, [&](const DwarfDie &child) {
        // C++ writes static members the same way, as declarations.
        if (child.tag == DW_TAG_member && !child.declaration)
            members.push_back(child);
        return members.size() <= kMaxChildren;
    });
    if (!done)
        return std::unexpected(done.error());
    if (members.size() > kMaxChildren)
        return damaged(sections_, die.offset, "a struct with more than 65536 members");
    node.members.reserve(members.size());
    for (const DwarfDie &child : members) {
        if (!child.type)
            return damaged(sections_, child.offset, "a member without a type that can be followed");
        Member member{std::string(child.name), typeId(*child.type), *bitOffsetOf(child), 0};
        if (child.bitSize) {
            if (*child.bitSize == 0 || *child.bitSize > 128)
                return damaged(sections_, child.offset, "a bitfield of " + std::to_string(*child.bitSize) + " bits");
            member.bitSize = static_cast<std::uint32_t>(*child.bitSize);
        }
        node.members.push_back(std::move(member));
    }
    return {};
}

Result<void> DwarfDecoder::decodeEnum(TypeNode &node, const DwarfDie &die)
{
    bool negative = false;
    const auto done = read(die.offset, [&](const DwarfDie &child) {
        if (child.tag == DW_TAG_enumerator) {
            const std::uint64_t value = child.constValue.value_or(0);
            negative = negative || (child.constIsSigned && static_cast<std::int64_t>(value) < 0);
            node.enumerators.push_back({std::string(child.name), value});
        }
        return node.enumerators.size() <= kMaxChildren;
    });
    if (!done)
        return std::unexpected(done.error());
    if (node.enumerators.size() > kMaxChildren)
        return damaged(sections_, die.offset, "an enum with more than 65536 values");
    // The underlying type tells best; GCC gives an encoding as well; older compilers show it only by the values.
    auto encoding = die.encoding;
    std::optional<std::uint64_t> type = die.type;
    for (unsigned step = 0; !encoding && type && step < kMaxSteps; ++step) {
        const auto underlying = read(*type);
        if (!underlying)
            return std::unexpected(underlying.error());
        encoding = underlying->encoding;
        if (node.byteSize == 0)
            node.byteSize = underlying->byteSize.value_or(0);
        type = underlying->type;
    }
    node.isSigned = encoding ? *encoding == DW_ATE_signed || *encoding == DW_ATE_signed_char : negative;
    return {};
}

Result<void> DwarfDecoder::decodeArray(TypeNode &node, const DwarfDie &die, unsigned dimension)
{
    std::vector<std::optional<std::uint64_t>> counts;
    const auto done = read(die.offset, [&](const DwarfDie &child) {
        if (child.tag == DW_TAG_subrange_type || child.tag == DW_TAG_enumeration_type) {
            auto count = child.count;
            // An upper bound of -1, which adds up to 0, is how GCC wrote int[0].
            if (!count && child.upperBound)
                count = *child.upperBound - child.lowerBound.value_or(0) + 1;
            counts.push_back(count);
        }
        return counts.size() <= kMaxDimensions;
    });
    if (!done)
        return std::unexpected(done.error());
    if (counts.size() > kMaxDimensions)
        return damaged(sections_, die.offset, "an array with more than 255 dimensions");
    if (counts.empty())
        counts.emplace_back();
    if (dimension >= counts.size())
        return damaged(sections_, die.offset, "an array with fewer dimensions");
    node.byteSize = 0;
    node.count = counts[dimension];
    if (dimension + 1 < counts.size())
        node.target = typeId(die.offset, dimension + 1);
    return {};
}

Result<void> DwarfDecoder::decodeFunction(TypeNode &node, DwarfDie die)
{
    node.name.clear();
    // The code of an inline function, and the definition of what was declared elsewhere, have their types there.
    for (unsigned step = 0; die.abstractOrigin || (die.specification && !die.type); ++step) {
        auto origin = read(die.abstractOrigin ? *die.abstractOrigin : *die.specification);
        if (!origin)
            return std::unexpected(origin.error());
        if (step == kMaxSteps || (origin->tag != DW_TAG_subprogram))
            return damaged(sections_, die.offset, "a function that refers to what is no function");
        const bool hasOwnParameters = !die.abstractOrigin;
        node.target = idOf(origin->type);
        if (hasOwnParameters)
            break;
        die = std::move(*origin);
    }
    std::size_t children = 0;
    const auto done = read(die.offset, [&](const DwarfDie &child) {
        if (child.tag == DW_TAG_formal_parameter) {
            if (child.type)
                node.parameters.push_back({std::string(child.name), typeId(*child.type)});
        } else if (child.tag == DW_TAG_unspecified_parameters) {
            node.isVariadic = true;
        }
        return ++children <= kMaxChildren;
    });
    if (!done)
        return std::unexpected(done.error());
    node.isDeclaration = false;
    node.byteSize = 0;
    return {};
}

Result<DwarfDecoder::Thing> DwarfDecoder::thing(std::uint64_t offset)
{
    const std::lock_guard lock(mutex_);
    auto die = read(offset);
    if (!die)
        return std::unexpected(die.error());
    Thing result;
    result.address = die->address;
    const bool isFunction = die->tag == DW_TAG_subprogram;
    for (unsigned step = 0; step < kMaxSteps; ++step) {
        if (result.name.empty())
            result.name = die->name;
        if (!result.type && die->type && !isFunction)
            result.type = typeId(*die->type);
        result.isExternal = result.isExternal || die->external;
        const auto next = die->specification ? die->specification : die->abstractOrigin;
        if (!next)
            break;
        result.origins.push_back(*next);
        die = read(*next);
        if (!die)
            return std::unexpected(die.error());
    }
    // Link-time optimisation gathers the code of many units in one; the source file is where the origin stands.
    result.compileUnit = (*unitOf(die->offset))->name;
    if (isFunction)
        result.type = typeId(offset);
    return result;
}

} // namespace ks
