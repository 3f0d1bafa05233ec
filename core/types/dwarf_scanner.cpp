#include "core/types/dwarf_scanner.h"

#include "core/base/address.h"
#include "core/base/text_hash.h"
#include "core/base/threads.h"
#include "core/types/dwarf_files.h"
#include "core/types/type_index_builder.h"

#include <algorithm>
#include <atomic>
#include <dwarf.h>
#include <mutex>
#include <thread>
#include <unordered_map>

namespace ks {

namespace {

constexpr std::uint64_t kChunk = std::uint64_t{1} << 20;
constexpr std::size_t kMaxNames = std::size_t{1} << 22; // per thread; a large kernel has 300,000

std::uint32_t clamped(std::uint64_t value)
{
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(value, 0xffffffff));
}

/// Finds the units while they are scanned: to look at all headers first would map all of .debug_info at once.
class UnitList {
public:
    explicit UnitList(const DwarfSections &sections) : sections_(sections) {}

    /// The next units, of about kChunk bytes together; none when all have been taken.
    Result<std::vector<std::uint32_t>> take()
    {
        const std::lock_guard lock(mutex_);
        std::vector<std::uint32_t> units;
        auto found = walk(end_, end_ + kChunk, units);
        if (!found)
            return std::unexpected(found.error());
        end_ = *found;
        all_.insert(all_.end(), units.begin(), units.end());
        return units;
    }
    /// The offset of the unit that holds a DIE, wherever it is.
    std::optional<std::uint32_t> unitOf(std::uint64_t die)
    {
        std::call_once(walked_, [&] { (void)walk(0, sections_.info.size(), whole_); });
        const auto after = std::ranges::upper_bound(whole_, die);
        return after == whole_.begin() ? std::nullopt : std::optional(*(after - 1));
    }
    /// Those that have been taken, in the order of their offsets.
    std::vector<std::uint32_t> takeAll() { return std::move(all_); }

private:
    /// Adds the units that begin in [from, to); gives where the next one begins.
    Result<std::uint64_t> walk(std::uint64_t from, std::uint64_t to, std::vector<std::uint32_t> &units) const
    {
        for (to = std::min<std::uint64_t>(to, sections_.info.size()); from < to;) {
            const auto unit = readUnitHeader(sections_, from);
            if (!unit)
                return std::unexpected(unit.error());
            units.push_back(static_cast<std::uint32_t>(from));
            from = unit->end;
        }
        return from;
    }

    const DwarfSections &sections_;
    std::mutex mutex_;
    std::uint64_t end_ = 0;
    std::vector<std::uint32_t> all_;
    std::once_flag walked_;
    std::vector<std::uint32_t> whole_; ///< only link-time optimisation refers to other units
};

/// One thread's work.
class Scanner {
public:
    Scanner(const DwarfSections &sections, UnitList &units, IndexedNames wanted, FoundNames &found)
        : sections_(sections), units_(units), wanted_(wanted), found_(found)
    {
    }

    /// Gives where the unit ends.
    Result<std::uint64_t> scanUnit(std::uint64_t offset);

private:
    bool scanTopLevel(const DwarfUnit &unit);
    bool skipChildren(DieCursor &cursor, const Abbreviation &parent, std::uint64_t sibling);
    bool addDie(const DwarfUnit &unit, NameClass nameClass, std::uint64_t die, DieFields &fields,
                const Abbreviation &abbreviation, const DieCursor &cursor, std::uint8_t flags = 0);
    bool scanBody(const DwarfUnit &unit, DieCursor cursor);
    void addEnumerators(DieCursor cursor, const FoundName &parent);
    void adoptOrigin(const DwarfUnit &unit, DieFields &fields, unsigned depth = 0);
    bool setName(FoundName &found, const NameRef &name);
    std::uint64_t markOf(NameRef name) const;
    std::uint32_t shapeOf(DieCursor cursor);
    Result<DwarfUnit> prepare(std::uint64_t offset, AbbrevTable &abbreviations) const;

    const DwarfSections &sections_;
    UnitList &units_;
    IndexedNames wanted_;
    AbbrevTable abbreviations_;
    OwnFiles ownFiles_;
    AbbrevTable otherAbbreviations_; ///< of a unit that this one refers to
    FoundNames &found_;
    /// Short names stand in .debug_info itself, once in each unit: the first place stands for all.
    std::unordered_map<std::string_view, std::uint32_t> inlineNames_;
};

/// The unit's header, its abbreviations, and the bases that its first DIE sets.
Result<DwarfUnit> Scanner::prepare(std::uint64_t offset, AbbrevTable &abbreviations) const
{
    auto unit = readUnitHeader(sections_, offset);
    if (!unit)
        return unit;
    if (auto compiled = abbreviations.compile(sections_, *unit); !compiled)
        return std::unexpected(compiled.error());
    DieCursor cursor(sections_, *unit, abbreviations, unit->firstDie);
    DieFields fields;
    if (const Abbreviation *first = cursor.next(); first && cursor.read(*first, fields)) {
        if (fields.strOffsetsBase)
            unit->strOffsetsBase = fields.strOffsetsBase;
        if (fields.addrBase)
            unit->addrBase = fields.addrBase;
    }
    return unit;
}

Result<std::uint64_t> Scanner::scanUnit(std::uint64_t offset)
{
    const auto unit = prepare(offset, abbreviations_);
    if (!unit)
        return std::unexpected(unit.error());
    // Tables are mostly read once, each by its own unit. Many units that all ask for large tables are an attack.
    if (abbreviations_.work() + otherAbbreviations_.work() > 16 * sections_.abbrev.size() + (std::uint64_t{64} << 20))
        return fail(ErrorCode::Limit, sections_.fileName + ", .debug_abbrev", "its tables are read over and over",
                    "the debug information is damaged");
    if (ownFiles_.work() > 16 * sections_.line.size() + (std::uint64_t{64} << 20))
        return fail(ErrorCode::Limit, sections_.fileName + ", .debug_line", "its tables are read over and over",
                    "the debug information is damaged");
    if (found_.all().size() > kMaxNames)
        return fail(ErrorCode::Limit, sections_.fileName, "more names than any kernel has",
                    "the debug information is damaged");
    if (unit->type == DW_UT_skeleton || unit->type == DW_UT_split_compile || unit->type == DW_UT_split_type)
        return unit->end;
    if (!scanTopLevel(*unit))
        return fail(ErrorCode::BadFormat, sections_.fileName + ", .debug_info+" + hex(offset),
                    "the unit's entries are damaged");
    return unit->end;
}

bool Scanner::scanTopLevel(const DwarfUnit &unit)
{
    DieCursor cursor(sections_, unit, abbreviations_, unit.firstDie);
    DieFields fields;
    const Abbreviation *top = cursor.next();
    if (!top || !cursor.read(*top, fields))
        return !cursor.failed();
    if (!top->hasChildren)
        return true;
    ownFiles_.read(sections_, fields.lineTable, nameText(sections_, fields.name));
    for (;;) {
        const std::uint64_t die = cursor.offset();
        const Abbreviation *abbreviation = cursor.next();
        if (!abbreviation)
            return !cursor.failed();
        std::uint64_t sibling = 0;
        const auto nameClass = abbreviation->nameClass;
        if (nameClass && (wanted_ == IndexedNames::All || *nameClass != NameClass::Variable)) {
            if (!cursor.read(*abbreviation, fields))
                return false;
            const bool hasBody = *nameClass == NameClass::Function && abbreviation->hasChildren && fields.origin == 0 &&
                                 !fields.declaration;
            const bool isAdded = hasBody || *nameClass != NameClass::Function || wanted_ == IndexedNames::All;
            const bool isNew = isAdded && addDie(unit, *nameClass, die, fields, *abbreviation, cursor);
            if (isNew && hasBody && !scanBody(unit, cursor))
                return false;
            sibling = fields.sibling;
        } else if (!cursor.skip(*abbreviation, sibling)) {
            return false;
        }
        if (abbreviation->hasChildren && !skipChildren(cursor, *abbreviation, sibling))
            return false;
    }
}

bool Scanner::skipChildren(DieCursor &cursor, const Abbreviation &parent, std::uint64_t sibling)
{
    if (sibling > cursor.offset()) {
        cursor.seek(sibling);
        return !cursor.failed();
    }
    for (std::uint64_t depth = parent.hasChildren; depth > 0;) {
        const Abbreviation *abbreviation = cursor.next();
        if (!abbreviation) {
            if (cursor.failed())
                return false;
            --depth;
            continue;
        }
        if (!cursor.skip(*abbreviation, sibling))
            return false;
        if (abbreviation->hasChildren) {
            if (sibling > cursor.offset())
                cursor.seek(sibling);
            else
                ++depth;
        }
    }
    return !cursor.failed();
}

bool Scanner::setName(FoundName &found, const NameRef &name)
{
    if (name.section == NameRef::None || name.offset > 0xffffffff)
        return false;
    found.key.textSection = name.section;
    found.key.text = static_cast<std::uint32_t>(name.offset);
    if (name.section == NameRef::Info) {
        const auto text = nameText(sections_, name);
        if (text.empty())
            return false;
        found.key.text = inlineNames_.try_emplace(text, found.key.text).first->second;
    }
    return true;
}

/// A number that is the same wherever the name is, and mostly another for another name.
std::uint64_t Scanner::markOf(NameRef name) const
{
    // Short names stand in the unit itself, where their place says nothing.
    return name.section == NameRef::Info ? textHash(nameText(sections_, name)) : name.offset;
}

/// `cursor` stands where the first child begins.
std::uint32_t Scanner::shapeOf(DieCursor cursor)
{
    DieFields fields;
    const Abbreviation *first = cursor.next();
    if (!first || !cursor.read(*first, fields))
        return 0;
    const std::uint64_t mixed =
        (markOf(fields.name) << 16 ^ fields.line ^ std::uint64_t{first->tag} << 48) * 0x9e3779b97f4a7c15;
    return static_cast<std::uint32_t>(mixed >> 32);
}

/// A definition that stands apart from its declaration, or the code of an inline function, has its name there.
void Scanner::adoptOrigin(const DwarfUnit &unit, DieFields &fields, unsigned depth)
{
    if (fields.origin == 0 || fields.name.section != NameRef::None || depth == 4)
        return;
    DieFields origin;
    const auto readAt = [&](const DwarfUnit &where, const AbbrevTable &abbreviations) {
        DieCursor cursor(sections_, where, abbreviations, fields.origin);
        const Abbreviation *abbreviation = cursor.failed() ? nullptr : cursor.next();
        return abbreviation && cursor.read(*abbreviation, origin);
    };
    if (fields.origin >= unit.firstDie && fields.origin < unit.end) {
        if (!readAt(unit, abbreviations_))
            return;
        adoptOrigin(unit, origin, depth + 1);
    } else {
        // DW_FORM_ref_addr: link-time optimisation has moved things between units.
        const auto offset = units_.unitOf(fields.origin);
        if (!offset)
            return;
        const auto other = prepare(*offset, otherAbbreviations_);
        if (!other || !readAt(*other, otherAbbreviations_))
            return;
    }
    fields.name = origin.name;
    fields.external = fields.external || origin.external;
    if (fields.line == 0)
        fields.line = origin.line;
}

/// False if the same was there before. `cursor` stands behind the DIE's attributes.
bool Scanner::addDie(const DwarfUnit &unit, NameClass nameClass, std::uint64_t die, DieFields &fields,
                     const Abbreviation &abbreviation, const DieCursor &cursor, std::uint8_t flags)
{
    if (fields.origin != 0)
        adoptOrigin(unit, fields);
    FoundName found;
    found.die = static_cast<std::uint32_t>(die);
    found.key.nameClass = static_cast<std::uint8_t>(nameClass);
    found.key.flags = static_cast<std::uint8_t>(flags | (fields.declaration ? TypeIndex::Declaration : 0) |
                                                (fields.external ? TypeIndex::External : 0));
    if (!fields.declaration) {
        found.key.line = clamped(fields.line);
        found.key.size = clamped(fields.size);
    }
    const bool isThing = nameClass == NameClass::Variable || nameClass == NameClass::Function;
    // What a source file defines for itself is no other file's, though name, line and size be the same: the kernel's
    // compat_binfmt_elf.c includes binfmt_elf.c with other types under the same names (struct elf_note_info).
    if (!isThing && !fields.declaration && ownFiles_.contains(fields.file)) {
        found.key.isPrivate = 1;
        found.key.size ^= static_cast<std::uint32_t>(unit.offset * 0x9e3779b1);
    }
    if (isThing && fields.located)
        found.key.flags |= TypeIndex::Located;
    const bool hasName = setName(found, fields.name);
    if (isThing && wanted_ == IndexedNames::Types) {
        found.key.nameClass = FoundName::kUnwantedFunction;
        return hasName && (fields.located || found_.add(found));
    }
    if (hasName && abbreviation.hasChildren && nameClass <= NameClass::Enum)
        found.key.shape = shapeOf(cursor);
    const bool isNew = hasName && found_.add(found);
    const bool hasEnumerators = nameClass == NameClass::Enum && abbreviation.hasChildren;
    if (hasEnumerators && wanted_ == IndexedNames::All && (isNew || !hasName))
        addEnumerators(cursor, found);
    return isNew;
}

/// The types inside a function. What is written inside an inlined one stands where that is defined.
bool Scanner::scanBody(const DwarfUnit &unit, DieCursor cursor)
{
    DieFields fields;
    for (std::uint64_t depth = 1; depth > 0;) {
        const std::uint64_t die = cursor.offset();
        const Abbreviation *abbreviation = cursor.next();
        if (!abbreviation) {
            if (cursor.failed())
                return false;
            --depth;
            continue;
        }
        if (const auto nameClass = abbreviation->nameClass; nameClass && isTypeClass(*nameClass)) {
            if (!cursor.read(*abbreviation, fields))
                return false;
            addDie(unit, *nameClass, die, fields, *abbreviation, cursor, TypeIndex::Local);
        } else if (!cursor.skip(*abbreviation, fields.sibling)) {
            return false;
        }
        if (abbreviation->tag == DW_TAG_lexical_block)
            depth += abbreviation->hasChildren;
        else if (abbreviation->hasChildren && !skipChildren(cursor, *abbreviation, fields.sibling))
            return false;
    }
    return !cursor.failed();
}

void Scanner::addEnumerators(DieCursor cursor, const FoundName &parent)
{
    bool unnamed = parent.key.textSection == NameRef::None;
    // The same name in another enum is another enumerator.
    const auto mark =
        static_cast<std::uint32_t>(markOf({NameRef::Section(parent.key.textSection), parent.key.text})) * 0x9e3779b1;
    DieFields fields;
    for (;;) {
        const Abbreviation *abbreviation = cursor.next();
        if (!abbreviation || !cursor.read(*abbreviation, fields))
            return;
        if (abbreviation->tag == DW_TAG_enumerator) {
            FoundName found = parent;
            found.key.size ^= mark;
            if (!setName(found, fields.name))
                continue;
            if (unnamed) {
                found.key.nameClass = FoundName::kUnnamedEnum;
                if (!found_.add(found))
                    return;
                unnamed = false;
            }
            found.key.nameClass = static_cast<std::uint8_t>(NameClass::Enumerator);
            found_.add(found);
        }
        if (abbreviation->hasChildren && !skipChildren(cursor, *abbreviation, fields.sibling))
            return;
    }
}

} // namespace

Result<TypeIndex> scanDwarf(const DwarfSections &sections, Progress &progress, unsigned threads, IndexedNames wanted)
{
    if (sections.info.size() > 0xffffffff)
        return fail(ErrorCode::Unsupported, sections.fileName, ".debug_info is larger than 4 GiB");
    progress.begin("reading type names", sections.info.size());
    if (threads == 0)
        threads = std::clamp(std::thread::hardware_concurrency(), 1u, 8u);
    threads = static_cast<unsigned>(std::min<std::uint64_t>(threads, sections.info.size() / kChunk + 1));

    UnitList units(sections);
    std::atomic<bool> stop{false};
    std::mutex errorMutex;
    std::optional<std::pair<std::uint64_t, Error>> firstError; // the lowest offset, whatever thread was faster
    std::vector<FoundNames> found;
    for (unsigned t = 0; t < threads; ++t)
        found.emplace_back(sections);

    const auto failAt = [&](std::uint64_t offset, const Error &error) {
        const std::lock_guard lock(errorMutex);
        if (!firstError || offset < firstError->first)
            firstError.emplace(offset, error);
        stop = true;
    };
    runInThreads(threads, [&](unsigned thread) {
        Scanner scanner(sections, units, wanted, found[thread]);
        while (!stop) {
            const auto chunk = units.take();
            if (!chunk)
                return failAt(sections.info.size(), chunk.error());
            if (chunk->empty())
                return found[thread].readTexts();
            std::uint64_t end = chunk->front();
            for (const std::uint32_t offset : *chunk) {
                if (progress.cancelled())
                    stop = true;
                if (stop)
                    return;
                const auto scanned = scanner.scanUnit(offset);
                if (!scanned)
                    return failAt(offset, scanned.error());
                progress.advance(*scanned - offset);
                end = *scanned;
            }
            sections.release(sections.info.subspan(chunk->front(), end - chunk->front()));
        }
    });
    if (progress.cancelled())
        return fail(ErrorCode::Cancelled, sections.fileName, "cancelled");
    if (firstError)
        return std::unexpected(firstError->second);
    sections.release(sections.abbrev);
    sections.release(sections.line);
    return buildTypeIndex(sections, found, units.takeAll());
}

} // namespace ks
