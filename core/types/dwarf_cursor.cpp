// DieCursor: the inner loop of the name index.
#include "core/types/dwarf_abbrev.h"

#include <cstring>
#include <dwarf.h>

namespace ks {

DieCursor::DieCursor(const DwarfSections &sections, const DwarfUnit &unit, const AbbrevTable &abbreviations,
                     std::uint64_t offset)
    : sections_(sections),
      unit_(unit),
      abbreviations_(abbreviations),
      base_(reinterpret_cast<const std::uint8_t *>(sections.info.data())),
      at_(base_ + unit.firstDie),
      end_(base_ + unit.end)
{
    seek(offset);
}

void DieCursor::seek(std::uint64_t offset)
{
    if (offset < unit_.firstDie || offset > unit_.end)
        fail();
    else
        at_ = base_ + offset;
}

inline bool DieCursor::take(std::uint64_t count)
{
    if (count > static_cast<std::uint64_t>(end_ - at_))
        return fail();
    at_ += count;
    return true;
}

inline std::uint64_t DieCursor::fixed(unsigned size)
{
    std::uint64_t value = 0;
    if (take(size))
        std::memcpy(&value, at_ - size, size);
    return value;
}

inline std::uint64_t DieCursor::uleb()
{
    std::uint64_t value = 0;
    for (unsigned shift = 0; at_ != end_ && shift < 70; shift += 7) {
        const std::uint8_t byte = *at_++;
        if (shift < 64)
            value |= std::uint64_t(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return value;
    }
    fail();
    return 0;
}

std::int64_t DieCursor::sleb()
{
    std::uint64_t value = 0;
    for (unsigned shift = 0; at_ != end_ && shift < 70; shift += 7) {
        const std::uint8_t byte = *at_++;
        if (shift < 64)
            value |= std::uint64_t(byte & 0x7f) << shift;
        if (!(byte & 0x80)) {
            if ((byte & 0x40) && shift + 7 < 64)
                value |= ~std::uint64_t{0} << (shift + 7);
            return static_cast<std::int64_t>(value);
        }
    }
    fail();
    return 0;
}

bool DieCursor::skipForm(unsigned form)
{
    switch (form) {
    case DW_FORM_flag_present:
    case DW_FORM_implicit_const: return true;
    case DW_FORM_data1:
    case DW_FORM_ref1:
    case DW_FORM_flag:
    case DW_FORM_strx1:
    case DW_FORM_addrx1: return take(1);
    case DW_FORM_data2:
    case DW_FORM_ref2:
    case DW_FORM_strx2:
    case DW_FORM_addrx2: return take(2);
    case DW_FORM_strx3:
    case DW_FORM_addrx3: return take(3);
    case DW_FORM_data4:
    case DW_FORM_ref4:
    case DW_FORM_ref_sup4:
    case DW_FORM_strx4:
    case DW_FORM_addrx4: return take(4);
    case DW_FORM_data8:
    case DW_FORM_ref8:
    case DW_FORM_ref_sup8:
    case DW_FORM_ref_sig8: return take(8);
    case DW_FORM_data16: return take(16);
    case DW_FORM_addr: return take(unit_.addressSize);
    case DW_FORM_ref_addr: // In DWARF 2 it had the size of an address.
        return take(unit_.version == 2 ? unit_.addressSize : unit_.offsetSize);
    case DW_FORM_strp:
    case DW_FORM_line_strp:
    case DW_FORM_strp_sup:
    case DW_FORM_sec_offset:
    case DW_FORM_GNU_ref_alt:
    case DW_FORM_GNU_strp_alt: return take(unit_.offsetSize);
    case DW_FORM_string: {
        const void *zero = at_ != end_ ? std::memchr(at_, 0, static_cast<std::size_t>(end_ - at_)) : nullptr;
        if (!zero)
            return fail();
        at_ = static_cast<const std::uint8_t *>(zero) + 1;
        return true;
    }
    case DW_FORM_block1: return take(fixed(1));
    case DW_FORM_block2: return take(fixed(2));
    case DW_FORM_block4: return take(fixed(4));
    case DW_FORM_block:
    case DW_FORM_exprloc: return take(uleb());
    case DW_FORM_sdata:
    case DW_FORM_udata:
    case DW_FORM_ref_udata:
    case DW_FORM_strx:
    case DW_FORM_addrx:
    case DW_FORM_loclistx:
    case DW_FORM_rnglistx:
    case DW_FORM_GNU_addr_index:
    case DW_FORM_GNU_str_index: uleb(); return !failed_;
    case DW_FORM_indirect: {
        const std::uint64_t real = uleb();
        // An indirect implicit_const has no value anywhere, and a chain of indirections has no use.
        if (failed_ || real == DW_FORM_indirect || real == DW_FORM_implicit_const || real > 0xffff)
            return fail();
        return skipForm(static_cast<unsigned>(real));
    }
    default: return fail();
    }
}

inline std::uint64_t DieCursor::number(unsigned form, std::int64_t implicit)
{
    switch (form) {
    case DW_FORM_implicit_const: return static_cast<std::uint64_t>(implicit);
    case DW_FORM_data1: return fixed(1);
    case DW_FORM_data2: return fixed(2);
    case DW_FORM_data4: return fixed(4);
    case DW_FORM_data8: return fixed(8);
    case DW_FORM_udata: return uleb();
    case DW_FORM_sdata: return static_cast<std::uint64_t>(sleb());
    case DW_FORM_sec_offset: return fixed(unit_.offsetSize);
    default: skipForm(form); return 0;
    }
}

inline std::uint64_t DieCursor::reference(unsigned form)
{
    switch (form) {
    case DW_FORM_ref4: return unit_.offset + fixed(4);
    case DW_FORM_ref1: return unit_.offset + fixed(1);
    case DW_FORM_ref2: return unit_.offset + fixed(2);
    case DW_FORM_ref8: return unit_.offset + fixed(8);
    case DW_FORM_ref_udata: return unit_.offset + uleb();
    case DW_FORM_ref_addr: return fixed(unit_.version == 2 ? unit_.addressSize : unit_.offsetSize);
    default: skipForm(form); return 0;
    }
}

inline bool DieCursor::flag(unsigned form)
{
    if (form == DW_FORM_flag)
        return fixed(1) != 0;
    skipForm(form);
    return true;
}

NameRef DieCursor::indexedName(std::uint64_t index)
{
    const std::uint64_t size = unit_.offsetSize;
    const std::uint64_t table = sections_.strOffsets.size();
    if (failed_ || unit_.strOffsetsBase > table || index >= (table - unit_.strOffsetsBase) / size)
        return {};
    std::uint64_t offset = 0;
    std::memcpy(&offset, sections_.strOffsets.data() + unit_.strOffsetsBase + index * size, size);
    return {NameRef::Str, offset};
}

inline NameRef DieCursor::nameRef(unsigned form)
{
    switch (form) {
    case DW_FORM_strp: return {NameRef::Str, fixed(unit_.offsetSize)};
    case DW_FORM_line_strp: return {NameRef::LineStr, fixed(unit_.offsetSize)};
    case DW_FORM_string: {
        const NameRef name{NameRef::Info, offset()};
        skipForm(form);
        return name;
    }
    case DW_FORM_strx1: return indexedName(fixed(1));
    case DW_FORM_strx2: return indexedName(fixed(2));
    case DW_FORM_strx3: return indexedName(fixed(3));
    case DW_FORM_strx4: return indexedName(fixed(4));
    case DW_FORM_strx:
    case DW_FORM_GNU_str_index: return indexedName(uleb());
    default: skipForm(form); return {};
    }
}

const Abbreviation *DieCursor::nextOfLongCode()
{
    const std::uint64_t code = uleb();
    const Abbreviation *abbreviation = code == 0 ? nullptr : abbreviations_.find(code);
    if (code != 0 && !abbreviation)
        fail();
    return abbreviation;
}

bool DieCursor::readSteps(const Abbreviation &abbreviation, DieFields &fields)
{
    fields = {};
    for (const DieStep &step : abbreviations_.steps(abbreviation)) {
        switch (step.field) {
        case DieField::Skip: take(static_cast<std::uint64_t>(step.value)); break;
        case DieField::Form: skipForm(step.form); break;
        case DieField::Name: fields.name = nameRef(step.form); break;
        case DieField::File: fields.file = number(step.form, step.value); break;
        case DieField::Line: fields.line = number(step.form, step.value); break;
        case DieField::Size: fields.size = number(step.form, step.value); break;
        case DieField::Declaration: fields.declaration = flag(step.form); break;
        case DieField::External: fields.external = flag(step.form); break;
        case DieField::Origin: fields.origin = reference(step.form); break;
        case DieField::Sibling: fields.sibling = reference(step.form); break;
        case DieField::Location:
            fields.located = true;
            skipForm(step.form);
            break;
        case DieField::StrOffsetsBase: fields.strOffsetsBase = number(step.form, step.value); break;
        case DieField::AddrBase: fields.addrBase = number(step.form, step.value); break;
        case DieField::LineTable: fields.lineTable = number(step.form, step.value); break;
        }
    }
    return !failed_;
}

bool DieCursor::skipSteps(const Abbreviation &abbreviation, std::uint64_t &sibling)
{
    sibling = 0;
    for (const DieStep &step : abbreviations_.steps(abbreviation)) {
        if (step.field == DieField::Skip)
            take(static_cast<std::uint64_t>(step.value));
        else if (step.field == DieField::Sibling)
            sibling = reference(step.form);
        else
            skipForm(step.form);
    }
    return !failed_;
}

} // namespace ks
