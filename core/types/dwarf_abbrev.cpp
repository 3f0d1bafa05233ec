#include "core/types/dwarf_abbrev.h"

#include "core/base/address.h"
#include "core/base/byte_reader.h"

#include <algorithm>
#include <array>
#include <dwarf.h>
#include <utility>

namespace ks {

namespace {

// Compilers write up to about 30 attributes. Without a bound, one byte of .debug_info could stand for any amount of
// work.
constexpr unsigned kMaxAttributes = 256;

constexpr std::uint8_t kVariable = 0xff;
/// Offsets of fields are bytes; no compiler's DIE of fixed size is longer.
constexpr std::uint32_t kMaxFixed = FixedDie::kNone;

/// The sizes of the standard forms where they do not depend on the data.
class FormSizes {
public:
    explicit FormSizes(const DwarfUnit &unit)
    {
        sizes_.fill(kVariable);
        for (const unsigned form : {DW_FORM_flag_present, DW_FORM_implicit_const})
            sizes_[form] = 0;
        for (const unsigned form : {DW_FORM_data1, DW_FORM_ref1, DW_FORM_flag, DW_FORM_strx1, DW_FORM_addrx1})
            sizes_[form] = 1;
        for (const unsigned form : {DW_FORM_data2, DW_FORM_ref2, DW_FORM_strx2, DW_FORM_addrx2})
            sizes_[form] = 2;
        for (const unsigned form : {DW_FORM_strx3, DW_FORM_addrx3})
            sizes_[form] = 3;
        for (const unsigned form : {DW_FORM_data4, DW_FORM_ref4, DW_FORM_ref_sup4, DW_FORM_strx4, DW_FORM_addrx4})
            sizes_[form] = 4;
        for (const unsigned form : {DW_FORM_data8, DW_FORM_ref8, DW_FORM_ref_sup8, DW_FORM_ref_sig8})
            sizes_[form] = 8;
        sizes_[DW_FORM_data16] = 16;
        sizes_[DW_FORM_addr] = unit.addressSize;
        for (const unsigned form : {DW_FORM_strp, DW_FORM_line_strp, DW_FORM_strp_sup, DW_FORM_sec_offset})
            sizes_[form] = unit.offsetSize;
        // In DWARF 2 it had the size of an address.
        sizes_[DW_FORM_ref_addr] = unit.version == 2 ? unit.addressSize : unit.offsetSize;
    }
    std::uint8_t operator[](std::uint64_t form) const { return form < sizes_.size() ? sizes_[form] : kVariable; }

private:
    std::array<std::uint8_t, 64> sizes_;
};

using FieldTable = std::array<DieField, 128>; ///< by attribute

constexpr FieldTable kFields = [] {
    FieldTable fields;
    fields.fill(DieField::Form);
    fields[DW_AT_name] = DieField::Name;
    fields[DW_AT_decl_file] = DieField::File;
    fields[DW_AT_decl_line] = DieField::Line;
    fields[DW_AT_byte_size] = DieField::Size;
    fields[DW_AT_declaration] = DieField::Declaration;
    fields[DW_AT_external] = DieField::External;
    fields[DW_AT_specification] = DieField::Origin;
    fields[DW_AT_abstract_origin] = DieField::Origin;
    fields[DW_AT_sibling] = DieField::Sibling;
    fields[DW_AT_location] = DieField::Location;
    fields[DW_AT_low_pc] = DieField::Location;
    fields[DW_AT_ranges] = DieField::Location;
    fields[DW_AT_str_offsets_base] = DieField::StrOffsetsBase;
    fields[DW_AT_addr_base] = DieField::AddrBase;
    fields[DW_AT_stmt_list] = DieField::LineTable;
    return fields;
}();

/// Of DIEs that the index only steps over.
constexpr FieldTable kSiblingAlone = [] {
    FieldTable fields;
    fields.fill(DieField::Form);
    fields[DW_AT_sibling] = DieField::Sibling;
    return fields;
}();

struct TagFacts {
    std::optional<NameClass> nameClass;
    bool isRead = false; ///< whether the index asks for more of this tag than where it ends
};

constexpr std::array<TagFacts, 0x60> kTags = [] {
    std::array<TagFacts, 0x60> tags;
    for (const auto &[tag, nameClass] :
         {std::pair{DW_TAG_structure_type, NameClass::Struct}, std::pair{DW_TAG_class_type, NameClass::Struct},
          std::pair{DW_TAG_union_type, NameClass::Union}, std::pair{DW_TAG_enumeration_type, NameClass::Enum},
          std::pair{DW_TAG_typedef, NameClass::Typedef}, std::pair{DW_TAG_base_type, NameClass::Base},
          std::pair{DW_TAG_variable, NameClass::Variable}, std::pair{DW_TAG_subprogram, NameClass::Function}})
        tags[tag] = {nameClass, true};
    for (const unsigned tag :
         {DW_TAG_member, DW_TAG_enumerator, DW_TAG_compile_unit, DW_TAG_partial_unit, DW_TAG_type_unit})
        tags[tag].isRead = true;
    return tags;
}();

/// Adds a field that stands `offset` bytes behind the DIE's code and is `width` bytes wide. False
/// for a sibling that is told in a way so rare that the steps do.
bool addFixed(FixedDie &fixed, const DieStep &step, std::uint8_t offset, std::uint8_t width, unsigned offsetSize)
{
    const bool isRef4 = step.form == DW_FORM_ref4;
    const bool isNumber = step.form == DW_FORM_data1 || step.form == DW_FORM_data2 || step.form == DW_FORM_data4 ||
                          step.form == DW_FORM_data8;
    const bool isConstant = step.form == DW_FORM_implicit_const && step.value >= 0 && step.value <= 0xffffffff;
    const auto setNumber = [&](std::uint8_t &where, std::uint8_t &itsWidth, std::uint32_t &value) {
        where = offset;
        itsWidth = width;
        value = isConstant ? static_cast<std::uint32_t>(step.value) : 0;
        return isNumber || isConstant;
    };
    bool isKnown = true;
    switch (step.field) {
    case DieField::Skip:
    case DieField::Form: break;
    case DieField::Name:
        fixed.name = offset;
        isKnown = step.form == DW_FORM_strp && offsetSize == 4;
        break;
    case DieField::File:
        fixed.hasFile = true;
        isKnown = setNumber(fixed.file, fixed.fileWidth, fixed.fileValue);
        break;
    case DieField::Line: isKnown = setNumber(fixed.line, fixed.lineWidth, fixed.lineValue); break;
    case DieField::Size: isKnown = setNumber(fixed.byteSize, fixed.byteSizeWidth, fixed.byteSizeValue); break;
    case DieField::Declaration:
        fixed.declaration = true;
        isKnown = step.form == DW_FORM_flag_present;
        break;
    case DieField::External:
        fixed.external = true;
        isKnown = step.form == DW_FORM_flag_present;
        break;
    case DieField::Origin:
        fixed.origin = offset;
        isKnown = isRef4;
        break;
    case DieField::Sibling:
        fixed.sibling = offset;
        isKnown = isRef4;
        break;
    case DieField::Location: fixed.located = true; break;
    case DieField::StrOffsetsBase:
    case DieField::AddrBase:
    case DieField::LineTable: isKnown = false; break;
    }
    fixed.isWhole = fixed.isWhole && isKnown;
    return step.field != DieField::Sibling || isKnown;
}

} // namespace

Result<DwarfUnit> readUnitHeader(const DwarfSections &sections, std::uint64_t offset)
{
    const auto where = [&] { return sections.fileName + ", .debug_info+" + hex(offset); };
    ByteReader reader(sections.info, offset);
    DwarfUnit unit;
    unit.offset = offset;
    std::uint64_t length = reader.read<std::uint32_t>();
    if (length == 0xffffffff) {
        unit.offsetSize = 8;
        length = reader.read<std::uint64_t>();
    } else if (length >= 0xfffffff0) {
        return fail(ErrorCode::BadFormat, where(), "reserved unit length " + hex(length));
    }
    if (reader.failed() || length > reader.remaining())
        return fail(ErrorCode::BadFormat, where(), "the unit runs out of the section", "is the file truncated?");
    unit.end = reader.position() + length;
    const auto readOffset = [&] {
        return unit.offsetSize == 8 ? reader.read<std::uint64_t>() : reader.read<std::uint32_t>();
    };
    unit.version = reader.read<std::uint16_t>();
    if (unit.version >= 2 && unit.version <= 4) {
        unit.type = DW_UT_compile;
        unit.abbrevOffset = readOffset();
        unit.addressSize = reader.read<std::uint8_t>();
    } else if (unit.version == 5) {
        unit.type = reader.read<std::uint8_t>();
        unit.addressSize = reader.read<std::uint8_t>();
        unit.abbrevOffset = readOffset();
        if (unit.type == DW_UT_skeleton || unit.type == DW_UT_split_compile)
            reader.skip(8);
        else if (unit.type == DW_UT_type || unit.type == DW_UT_split_type)
            reader.skip(8u + unit.offsetSize);
    } else {
        return fail(ErrorCode::Unsupported, where(), "DWARF version " + std::to_string(unit.version));
    }
    unit.firstDie = reader.position();
    // Where DWARF 5 units without base attributes find their first entry: behind the header of the section
    // (7.26, 7.27).
    unit.strOffsetsBase = unit.version == 5 ? (unit.offsetSize == 8 ? 16 : 8) : 0;
    unit.addrBase = unit.strOffsetsBase;
    if (reader.failed() || unit.firstDie > unit.end)
        return fail(ErrorCode::BadFormat, where(), "the unit's header runs out of the unit");
    if (unit.addressSize != 8 && unit.addressSize != 4)
        return fail(ErrorCode::BadFormat, where(), "address size " + std::to_string(unit.addressSize));
    return unit;
}

Result<void> AbbrevTable::compile(const DwarfSections &sections, const DwarfUnit &unit)
{
    const std::uint32_t sizes = unit.version * 0x10000u + unit.offsetSize * 0x100u + unit.addressSize;
    if (compiledOffset_ == unit.abbrevOffset && compiledSizes_ == sizes)
        return {};
    compiledOffset_ = ~std::uint64_t{0};
    abbreviations_.clear();
    steps_.clear();
    dense_ = true;
    const auto bad = [&](ErrorCode code, std::uint64_t at, std::string why) {
        return fail(code, sections.fileName + ", .debug_abbrev+" + hex(at), std::move(why));
    };
    const FormSizes formSizes(unit);
    ByteReader reader(sections.abbrev, unit.abbrevOffset);
    for (;;) {
        const std::uint64_t start = reader.position();
        const std::uint64_t code = reader.readUleb128();
        if (reader.failed())
            return bad(ErrorCode::BadFormat, start, "the abbreviations run out of the section");
        if (code == 0)
            break;
        dense_ = dense_ && code == abbreviations_.size() + 1;
        Abbreviation &entry = abbreviations_.emplace_back();
        entry.code = code;
        const std::uint64_t tag = reader.readUleb128();
        entry.tag = tag <= 0xffff ? static_cast<std::uint16_t>(tag) : 0;
        entry.hasChildren = reader.read<std::uint8_t>() != 0;
        entry.firstStep = static_cast<std::uint32_t>(steps_.size());
        const TagFacts facts = entry.tag < kTags.size() ? kTags[entry.tag] : TagFacts{};
        const FieldTable &fields = facts.isRead ? kFields : kSiblingAlone;
        entry.nameClass = facts.nameClass;
        entry.fixed.isWhole = facts.isRead;
        std::uint32_t position = 0; // of the next attribute; kMaxFixed and more: not known
        std::uint32_t skipped = 0;
        for (unsigned count = 0;; ++count) {
            const std::uint64_t attribute = reader.readUleb128();
            const std::uint64_t form = reader.readUleb128();
            const std::int64_t implicit = form == DW_FORM_implicit_const ? reader.readSleb128() : 0;
            if (reader.failed())
                return bad(ErrorCode::BadFormat, start, "an abbreviation runs out of the section");
            if (attribute == 0 && form == 0)
                break;
            if (count == kMaxAttributes)
                return bad(ErrorCode::Limit, start, "an abbreviation with more than 256 attributes");
            const DieField field = attribute < fields.size() ? fields[attribute] : DieField::Form;
            const std::uint8_t width = formSizes[form];
            if (field == DieField::Form && width != kVariable) {
                skipped += width;
                position += width;
                continue;
            }
            if (skipped != 0)
                steps_.push_back({DieField::Skip, 0, std::exchange(skipped, 0)});
            steps_.push_back({field, static_cast<std::uint16_t>(std::min<std::uint64_t>(form, 0xffff)), implicit});
            const bool isFixed =
                width != kVariable && position + width < kMaxFixed &&
                addFixed(entry.fixed, steps_.back(), static_cast<std::uint8_t>(position), width, unit.offsetSize);
            position = isFixed ? position + width : kMaxFixed;
        }
        if (skipped != 0)
            steps_.push_back({DieField::Skip, 0, skipped});
        if (position < kMaxFixed)
            entry.fixed.size = static_cast<std::uint16_t>(position);
        else
            entry.fixed = {};
        entry.stepCount = static_cast<std::uint16_t>(steps_.size() - entry.firstStep);
        if (abbreviations_.size() > (std::size_t{1} << 20))
            return bad(ErrorCode::Limit, start, "more than 2^20 abbreviations in one table");
    }
    if (!dense_)
        std::ranges::sort(abbreviations_, {}, &Abbreviation::code);
    count_ = abbreviations_.size();
    work_ += reader.position() - unit.abbrevOffset;
    compiledOffset_ = unit.abbrevOffset;
    compiledSizes_ = sizes;
    return {};
}

const Abbreviation *AbbrevTable::findSparse(std::uint64_t code) const
{
    const auto found = std::ranges::lower_bound(abbreviations_, code, {}, &Abbreviation::code);
    return found != abbreviations_.end() && found->code == code ? &*found : nullptr;
}

std::string_view nameText(const DwarfSections &sections, NameRef name)
{
    constexpr std::size_t kMaxName = 4096;
    std::span<const std::byte> section;
    switch (name.section) {
    case NameRef::None: return {};
    case NameRef::Str: section = sections.str; break;
    case NameRef::LineStr: section = sections.lineStr; break;
    case NameRef::Info: section = sections.info; break;
    }
    if (name.offset >= section.size())
        return {};
    const auto *text = reinterpret_cast<const char *>(section.data()) + name.offset;
    const std::size_t limit = std::min<std::size_t>(section.size() - name.offset, kMaxName + 1);
    const std::size_t length = ::strnlen(text, limit);
    return length == limit ? std::string_view{} : std::string_view(text, length);
}

} // namespace ks
