// .debug_abbrev, compiled into short programs that pick the few attributes the name index needs and step over the rest.
#pragma once

#include "core/base/error.h"
#include "core/types/dwarf_sections.h"
#include "core/types/type_source.h"

#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace ks {

/// The header of a unit in .debug_info (DWARF 5, 7.5.1; DWARF 4, 7.5.1.1) and the bases that its first DIE sets.
struct DwarfUnit {
    std::uint64_t offset = 0; ///< of the header
    std::uint64_t end = 0;    ///< one past the last byte
    std::uint64_t firstDie = 0;
    std::uint64_t abbrevOffset = 0;
    std::uint64_t strOffsetsBase = 0;
    std::uint64_t addrBase = 0;
    std::uint16_t version = 0;
    std::uint8_t type = 0; ///< DW_UT_*
    std::uint8_t offsetSize = 4;
    std::uint8_t addressSize = 8;
};

/// Reads and checks the header at `offset`; the bases get the values that hold without attributes.
Result<DwarfUnit> readUnitHeader(const DwarfSections &sections, std::uint64_t offset);

/// What one step of a compiled abbreviation does.
enum class DieField : std::uint8_t {
    Skip, ///< step over `value` bytes
    Form, ///< step over one attribute of variable size
    Name,
    File,
    Line,
    Size,
    Declaration,
    External,
    Origin,
    Sibling,
    Location,
    StrOffsetsBase,
    AddrBase,
    LineTable,
};

struct DieStep {
    DieField field = DieField::Skip;
    std::uint16_t form = 0;
    std::int64_t value = 0; ///< bytes of a Skip; the value of DW_FORM_implicit_const
};

/// Where the fields stand in a DIE whose attributes all have sizes that do not depend on the data: almost all DIEs of a
/// kernel. A field that is not there has width 0.
struct FixedDie {
    static constexpr std::uint16_t kNotFixed = 0xffff;
    static constexpr std::uint8_t kNone = 0xff;
    std::uint16_t size = kNotFixed; ///< of all attributes
    std::uint8_t sibling = kNone;   ///< offset of the DW_FORM_ref4
    /// Whether what follows says all that DieFields has; else only `size` and `sibling` hold.
    bool isWhole = false;
    std::uint8_t name = kNone; ///< offset of a DW_FORM_strp of 4 bytes
    std::uint8_t file = 0, fileWidth = 0;
    std::uint8_t line = 0, lineWidth = 0;
    std::uint8_t byteSize = 0, byteSizeWidth = 0;
    std::uint8_t origin = kNone; ///< offset of the DW_FORM_ref4
    bool declaration = false, external = false, located = false;
    bool hasFile = false;
    std::uint32_t fileValue = 0, lineValue = 0, byteSizeValue = 0; ///< of DW_FORM_implicit_const
};

struct Abbreviation {
    std::uint64_t code = 0;
    std::uint32_t firstStep = 0;
    std::uint16_t stepCount = 0;
    std::uint16_t tag = 0;
    bool hasChildren = false;
    std::optional<NameClass> nameClass; ///< what the index calls a DIE of this tag; nothing for those it does not hold
    FixedDie fixed;
};

/// The abbreviations of one unit. They depend on its address and offset sizes.
class AbbrevTable {
public:
    /// Replaces the contents. BadFormat for damage, Limit for an abbreviation that is larger than any compiler's.
    Result<void> compile(const DwarfSections &sections, const DwarfUnit &unit);

    /// Null for an unknown code.
    const Abbreviation *find(std::uint64_t code) const
    {
        if (dense_)
            return code - 1 < count_ ? &abbreviations_[code - 1] : nullptr;
        return findSparse(code);
    }
    std::span<const DieStep> steps(const Abbreviation &abbreviation) const
    {
        return {steps_.data() + abbreviation.firstStep, abbreviation.stepCount};
    }
    /// Bytes of .debug_abbrev that compile() has read, over all calls.
    std::uint64_t work() const { return work_; }

private:
    const Abbreviation *findSparse(std::uint64_t code) const;

    std::vector<Abbreviation> abbreviations_;
    std::vector<DieStep> steps_;
    std::uint64_t count_ = 0; ///< of abbreviations
    std::uint64_t compiledOffset_ = ~std::uint64_t{0};
    std::uint64_t work_ = 0;
    std::uint32_t compiledSizes_ = 0;
    bool dense_ = true;
};

/// Where a name's text stands; so names are compared without touching the text.
struct NameRef {
    enum Section : std::uint8_t { None, Str, LineStr, Info };
    Section section = None;
    std::uint64_t offset = 0;
};

/// The attributes that the index asks of a DIE.
struct DieFields {
    NameRef name;
    static constexpr std::uint64_t kNoFile = ~std::uint64_t{0};
    std::uint64_t file = kNoFile; ///< in the unit's list of files
    std::uint64_t line = 0;
    std::uint64_t size = 0;
    std::uint64_t origin = 0;  ///< offset in .debug_info of DW_AT_specification or DW_AT_abstract_origin; 0: none
    std::uint64_t sibling = 0; ///< offset in .debug_info; 0: none
    std::uint64_t strOffsetsBase = 0;
    std::uint64_t addrBase = 0;
    static constexpr std::uint64_t kNoTable = ~std::uint64_t{0};
    std::uint64_t lineTable = kNoTable; ///< offset in .debug_line
    bool declaration = false;
    bool external = false;
    bool located = false; ///< has a location or code: something in memory
};

/// A position among the DIEs of one unit.
class DieCursor {
public:
    DieCursor(const DwarfSections &sections, const DwarfUnit &unit, const AbbrevTable &abbreviations,
              std::uint64_t offset);

    bool failed() const { return failed_; }
    std::uint64_t offset() const { return static_cast<std::uint64_t>(at_ - base_); }
    void seek(std::uint64_t offset);
    /// The abbreviation of the DIE here, which is stepped into. Null at the null entry that ends a list of siblings, at
    /// the end of the unit, and after a failure.
    const Abbreviation *next();
    /// Reads the attributes of the DIE that next() has given.
    bool read(const Abbreviation &abbreviation, DieFields &fields);
    /// Steps over it; gives where the next DIE of the same depth begins, if it says so, else 0.
    bool skip(const Abbreviation &abbreviation, std::uint64_t &sibling);

private:
    bool readSteps(const Abbreviation &abbreviation, DieFields &fields);
    bool skipSteps(const Abbreviation &abbreviation, std::uint64_t &sibling);
    const Abbreviation *nextOfLongCode();
    std::uint32_t wordAt(std::uint8_t offset) const
    {
        std::uint32_t value = 0;
        std::memcpy(&value, at_ + offset, sizeof value);
        return value;
    }
    std::uint64_t numberAt(std::uint8_t offset, std::uint8_t width) const
    {
        std::uint64_t value = 0;
        std::memcpy(&value, at_ + offset, sizeof value);
        return width == 8 ? value : value & ((std::uint64_t{1} << 8 * width) - 1);
    }
    bool take(std::uint64_t count);
    std::uint64_t fixed(unsigned size);
    std::uint64_t uleb();
    std::int64_t sleb();
    bool skipForm(unsigned form);
    std::uint64_t number(unsigned form, std::int64_t implicit);
    std::uint64_t reference(unsigned form);
    bool flag(unsigned form);
    NameRef nameRef(unsigned form);
    NameRef indexedName(std::uint64_t index);
    bool fail()
    {
        failed_ = true;
        at_ = end_;
        return false;
    }

    const DwarfSections &sections_;
    const DwarfUnit &unit_;
    const AbbrevTable &abbreviations_;
    const std::uint8_t *base_;
    const std::uint8_t *at_;
    const std::uint8_t *end_;
    bool failed_ = false;
};

inline const Abbreviation *DieCursor::next()
{
    if (at_ == end_)
        return nullptr;
    if (*at_ >= 0x80)
        return nextOfLongCode();
    __builtin_prefetch(at_ + 1024);
    const std::uint64_t code = *at_++;
    if (code == 0)
        return nullptr;
    const Abbreviation *abbreviation = abbreviations_.find(code);
    if (!abbreviation)
        fail();
    return abbreviation;
}

inline bool DieCursor::read(const Abbreviation &abbreviation, DieFields &fields)
{
    const FixedDie &fixed = abbreviation.fixed;
    // numberAt() may look 8 bytes beyond the field.
    if (!fixed.isWhole || end_ - at_ < fixed.size + 8)
        return readSteps(abbreviation, fields);
    // Member by member: what is written in parts and copied as a whole makes the processor wait for the parts.
    const bool hasName = fixed.name != FixedDie::kNone;
    fields.name.section = hasName ? NameRef::Str : NameRef::None;
    fields.name.offset = hasName ? wordAt(fixed.name) : 0;
    fields.file = fixed.hasFile ? numberAt(fixed.file, fixed.fileWidth) | fixed.fileValue : DieFields::kNoFile;
    fields.line = numberAt(fixed.line, fixed.lineWidth) | fixed.lineValue;
    fields.size = numberAt(fixed.byteSize, fixed.byteSizeWidth) | fixed.byteSizeValue;
    fields.origin = fixed.origin != FixedDie::kNone ? unit_.offset + wordAt(fixed.origin) : 0;
    fields.sibling = fixed.sibling != FixedDie::kNone ? unit_.offset + wordAt(fixed.sibling) : 0;
    fields.strOffsetsBase = 0;
    fields.addrBase = 0;
    fields.lineTable = DieFields::kNoTable;
    fields.declaration = fixed.declaration;
    fields.external = fixed.external;
    fields.located = fixed.located;
    at_ += fixed.size;
    return true;
}

inline bool DieCursor::skip(const Abbreviation &abbreviation, std::uint64_t &sibling)
{
    const FixedDie &fixed = abbreviation.fixed;
    if (fixed.size == FixedDie::kNotFixed || end_ - at_ < fixed.size)
        return skipSteps(abbreviation, sibling);
    sibling = fixed.sibling == FixedDie::kNone ? 0 : unit_.offset + wordAt(fixed.sibling);
    at_ += fixed.size;
    return true;
}

/// The text of a name; empty when it is damaged or longer than 4096 bytes.
std::string_view nameText(const DwarfSections &sections, NameRef name);

} // namespace ks
