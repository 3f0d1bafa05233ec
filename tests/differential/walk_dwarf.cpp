// walk_dwarf FILE...: every type, variable and function that LLVM's DWARF reader finds in a file, at any depth and in
// every unit, against what ours gives for its name; and every entry of our name index against the DIE that LLVM has
// there.
//
// Types are compared as texts that hold all there is to know: sizes, members with their bit offsets, widths and types,
// enumerators, whole chains of typedefs. Prints the differences, and ends with 1 when there are any.
#include "tests/differential/description.h"

#include "core/symbols/elf_image.h"
#include "core/types/dwarf_reader.h"
#include "core/types/type_index.h"

#include <llvm/DebugInfo/DWARF/DWARFContext.h>
#include <llvm/Object/ObjectFile.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <unordered_map>
#include <unordered_set>

namespace ks::test {
namespace {

using namespace llvm::dwarf;
using llvm::DWARFDie;

constexpr int kMaxChain = 64;
constexpr int kShown = 40;

std::optional<NameClass> classOf(unsigned tag)
{
    switch (tag) {
    case DW_TAG_structure_type:
    case DW_TAG_class_type: return NameClass::Struct;
    case DW_TAG_union_type: return NameClass::Union;
    case DW_TAG_enumeration_type: return NameClass::Enum;
    case DW_TAG_typedef: return NameClass::Typedef;
    case DW_TAG_base_type: return NameClass::Base;
    case DW_TAG_variable: return NameClass::Variable;
    case DW_TAG_subprogram: return NameClass::Function;
    default: return std::nullopt;
    }
}

std::string_view nameOf(const DWARFDie &die)
{
    const char *name = llvm::dwarf::toString(die.find(DW_AT_name), "");
    return name ? name : "";
}

std::optional<std::uint64_t> constant(const DWARFDie &die, Attribute attribute)
{
    const auto value = die.find(attribute);
    if (!value)
        return std::nullopt;
    if (value->getForm() == DW_FORM_sdata || value->getForm() == DW_FORM_implicit_const) {
        const auto number = value->getAsSignedConstant();
        return number ? std::optional(static_cast<std::uint64_t>(*number)) : std::nullopt;
    }
    if (const auto number = value->getAsUnsignedConstant())
        return *number;
    // DWARF 2: DW_OP_plus_uconst N
    const auto block = value->getAsBlock();
    if (!block || block->size() < 2 || (*block)[0] != DW_OP_plus_uconst)
        return std::nullopt;
    std::uint64_t number = 0;
    for (std::size_t i = 1; i < block->size() && i < 10; ++i)
        number |= std::uint64_t((*block)[i] & 0x7f) << 7 * (i - 1);
    return number;
}

/// What LLVM reads of the types of one file. A text is made once for each DIE of the unit at hand.
class LlvmTypes {
public:
    void beginUnit() { texts_.clear(); }

    /// As a member or pointer names it.
    std::string reference(DWARFDie die, int depth = 0)
    {
        if (!die)
            return "void";
        if (depth > kMaxChain)
            return "endless";
        if (const auto known = texts_.find(die.getOffset()); known != texts_.end())
            return known->second;
        std::string text = referenceOf(die, depth);
        if (texts_.size() > 1'000'000)
            texts_.clear();
        texts_.emplace(die.getOffset(), text);
        return text;
    }

    std::string definition(const DWARFDie &die, int depth = 0)
    {
        const std::string name(nameOf(die));
        switch (die.getTag()) {
        case DW_TAG_structure_type:
        case DW_TAG_class_type: return record(die, "struct " + name, depth);
        case DW_TAG_union_type: return record(die, "union " + name, depth);
        case DW_TAG_enumeration_type: return enumeration(die, depth);
        case DW_TAG_base_type: return "base " + base(die);
        case DW_TAG_typedef: {
            // The chain to its end.
            std::string text;
            DWARFDie at = die;
            for (int step = 0; step < kMaxChain && at && at.getTag() == DW_TAG_typedef; ++step) {
                text += "typedef " + std::string(nameOf(at)) + " = ";
                at = target(at);
            }
            return text + reference(at, depth);
        }
        default: return "no type";
        }
    }

private:
    static DWARFDie target(const DWARFDie &die) { return die.getAttributeValueAsReferencedDie(DW_AT_type); }

    std::string referenceOf(const DWARFDie &die, int depth)
    {
        const auto onTo = [&](const char *prefix) { return prefix + reference(target(die), depth + 1); };
        const std::string name(nameOf(die));
        switch (die.getTag()) {
        case DW_TAG_pointer_type:
        case DW_TAG_reference_type:
        case DW_TAG_rvalue_reference_type: return onTo("*");
        case DW_TAG_const_type: return onTo("const ");
        case DW_TAG_volatile_type: return onTo("volatile ");
        case DW_TAG_restrict_type: return onTo("restrict ");
        case DW_TAG_atomic_type: return onTo("atomic ");
        // Clang's __user and the like, which say nothing of the layout.
        case DW_TAG_LLVM_annotation: return onTo("");
        case DW_TAG_unspecified_type: return "void";
        case DW_TAG_base_type: return "base " + base(die);
        case DW_TAG_typedef: return "typedef " + name;
        case DW_TAG_structure_type:
        case DW_TAG_class_type: return name.empty() ? definition(die, depth + 1) : "struct " + name;
        case DW_TAG_union_type: return name.empty() ? definition(die, depth + 1) : "union " + name;
        case DW_TAG_enumeration_type: return name.empty() ? definition(die, depth + 1) : "enum " + name;
        case DW_TAG_array_type: {
            std::string text;
            for (const DWARFDie &child : die.children())
                if (child.getTag() == DW_TAG_subrange_type)
                    text += dimensionText(countOf(child));
            return (text.empty() ? "[]" : text) + reference(target(die), depth + 1);
        }
        case DW_TAG_subroutine_type:
        case DW_TAG_subprogram: {
            std::string text = "function(";
            for (const DWARFDie &child : die.children())
                if (child.getTag() == DW_TAG_formal_parameter)
                    text += reference(target(child), depth + 1) + ", ";
                else if (child.getTag() == DW_TAG_unspecified_parameters)
                    text += "...";
            return text + ") " + reference(target(die), depth + 1);
        }
        default: return "no type";
        }
    }

    static std::optional<std::uint64_t> countOf(const DWARFDie &subrange)
    {
        if (const auto count = constant(subrange, DW_AT_count))
            return count;
        const auto last = constant(subrange, DW_AT_upper_bound);
        return last ? std::optional(*last - constant(subrange, DW_AT_lower_bound).value_or(0) + 1) : std::nullopt;
    }

    static std::string base(const DWARFDie &die)
    {
        const std::uint64_t encoding = constant(die, DW_AT_encoding).value_or(DW_ATE_unsigned);
        const bool isFloat = encoding == DW_ATE_float || encoding == DW_ATE_complex_float ||
                             encoding == DW_ATE_imaginary_float || encoding == DW_ATE_decimal_float;
        const bool isCharacter = encoding == DW_ATE_signed_char || encoding == DW_ATE_unsigned_char ||
                                 encoding == DW_ATE_UTF || encoding == DW_ATE_ASCII;
        return baseText(nameOf(die),
                        encoding == DW_ATE_boolean ? TypeKind::Boolean
                        : isCharacter              ? TypeKind::Character
                        : isFloat                  ? TypeKind::Float
                                                   : TypeKind::Integer,
                        encoding == DW_ATE_signed || encoding == DW_ATE_signed_char,
                        constant(die, DW_AT_byte_size).value_or(0));
    }

    std::string record(const DWARFDie &die, const std::string &head, int depth)
    {
        std::string text = head + sizeText(constant(die, DW_AT_byte_size).value_or(0)) + "{";
        for (const DWARFDie &child : die.children()) {
            if (child.getTag() != DW_TAG_member || child.find(DW_AT_declaration))
                continue;
            const DWARFDie type = target(child);
            const std::uint64_t width = constant(child, DW_AT_bit_size).value_or(0);
            std::uint64_t place = constant(child, DW_AT_data_member_location).value_or(0) * 8;
            if (const auto bit = constant(child, DW_AT_data_bit_offset)) {
                place = *bit;
            } else if (const auto fromTop = constant(child, DW_AT_bit_offset)) {
                const std::uint64_t storage = constant(child, DW_AT_byte_size).value_or(sizeOf(type));
                place += storage * 8 - *fromTop - width;
            }
            appendMember(text, nameOf(child), place, width, sizeOf(type), reference(type, depth + 1));
        }
        return text + "}";
    }

    std::string enumeration(const DWARFDie &die, int depth)
    {
        if (depth > kMaxChain)
            return "endless";
        const std::uint64_t size = constant(die, DW_AT_byte_size).value_or(0);
        std::string text = "enum " + std::string(nameOf(die)) + sizeText(size) + "{";
        for (const DWARFDie &child : die.children())
            if (child.getTag() == DW_TAG_enumerator)
                appendEnumerator(text, nameOf(child), constant(child, DW_AT_const_value).value_or(0), size);
        return text + "}";
    }

    static std::uint64_t sizeOf(DWARFDie die)
    {
        std::uint64_t factor = 1;
        for (int step = 0; step < kMaxChain && die; ++step) {
            switch (die.getTag()) {
            case DW_TAG_typedef:
            case DW_TAG_const_type:
            case DW_TAG_volatile_type:
            case DW_TAG_restrict_type:
            case DW_TAG_atomic_type: break;
            case DW_TAG_array_type:
                for (const DWARFDie &child : die.children())
                    if (child.getTag() == DW_TAG_subrange_type)
                        factor *= countOf(child).value_or(0);
                break;
            case DW_TAG_pointer_type:
            case DW_TAG_reference_type:
            case DW_TAG_rvalue_reference_type: return factor * die.getDwarfUnit()->getAddressByteSize();
            case DW_TAG_subroutine_type: return 0;
            default: return factor * constant(die, DW_AT_byte_size).value_or(0);
            }
            die = target(die);
        }
        return 0;
    }

    std::unordered_map<std::uint64_t, std::string> texts_;
};

using Counts = std::map<std::string, std::uint64_t>;

class Comparison {
public:
    Comparison(const char *path, llvm::DWARFContext &context, const DwarfReader &reader, Counts &counts)
        : path_(path), context_(context), reader_(reader), counts_(counts)
    {
    }

    int run()
    {
        for (const auto &unit : context_.normal_units())
            forward(*unit);
        for (const auto &unit : context_.types_section_units())
            forward(*unit);
        backward();
        return differences_;
    }

private:
    void differ(std::string_view what, NameClass nameClass, std::string_view thing, std::uint64_t die)
    {
        if (++differences_ <= kShown)
            std::printf("%s: %.*s: %s %.*s at 0x%llx\n", path_, int(what.size()), what.data(), name(nameClass),
                        int(thing.size()), thing.data(), static_cast<unsigned long long>(die));
    }

    /// Each thing of a unit is one that our reader gives for its name.
    void forward(llvm::DWARFUnit &unit)
    {
        const DWARFDie top = unit.getUnitDIE(false);
        if (!top)
            return;
        // Rust's types stand in namespaces, which the index, for C, does not enter.
        if (isRust(top)) {
            ++counts_["units of Rust, not compared"];
            return;
        }
        types_.beginUnit();
        ++counts_["units"];
        for (unsigned i = 0; i < unit.getNumDIEs(); ++i) {
            const DWARFDie die = unit.getDIEAtIndex(i);
            const auto nameClass = die.isNULL() ? std::nullopt : classOf(die.getTag());
            if (!nameClass)
                continue;
            if (!isTypeClass(*nameClass)) {
                if (die.getParent() == top)
                    forwardThing(die, *nameClass);
                continue;
            }
            const std::string_view itsName = nameOf(die);
            if (die.find(DW_AT_declaration)) {
                if (!itsName.empty() && reader_.index().find(*nameClass, itsName).empty())
                    differ("a declaration is not found by its name", *nameClass, itsName, die.getOffset());
                continue;
            }
            if (itsName.empty() && *nameClass != NameClass::Enum)
                continue;
            forwardType(die, *nameClass, itsName);
        }
    }

    void forwardType(const DWARFDie &die, NameClass nameClass, std::string_view itsName)
    {
        const std::string text = types_.definition(die);
        ++counts_["type entries"];
        if (!itsName.empty()) {
            auto &ours = known(nameClass, itsName);
            const auto found = std::ranges::find(ours, text, &Known::text);
            if (found == ours.end()) {
                differ("none of our types is this", nameClass, itsName, die.getOffset());
                if (differences_ <= kShown)
                    std::printf("  LLVM %.1500s\n", text.c_str());
                for (std::size_t i = 0; i < ours.size() && differences_ <= kShown; ++i)
                    std::printf("  ours %.1500s\n", ours[i].text.c_str());
            } else {
                found->isSeen = true;
            }
        }
        if (nameClass != NameClass::Enum || !seenEnums_.insert(text).second)
            return;
        for (const DWARFDie &child : die.children()) {
            if (child.getTag() != DW_TAG_enumerator)
                continue;
            ++counts_["enumerators"];
            const auto &ours = known(NameClass::Enumerator, nameOf(child));
            if (std::ranges::find(ours, text, &Known::text) == ours.end())
                differ("its enum is not found", NameClass::Enumerator, nameOf(child), child.getOffset());
        }
    }

    /// A variable or function of file scope.
    void forwardThing(const DWARFDie &die, NameClass nameClass)
    {
        DWARFDie named = die;
        for (int step = 0; step < kMaxChain && named && nameOf(named).empty(); ++step) {
            const DWARFDie origin = named.getAttributeValueAsReferencedDie(DW_AT_specification);
            named = origin ? origin : named.getAttributeValueAsReferencedDie(DW_AT_abstract_origin);
        }
        if (!named)
            return;
        const std::string_view itsName = nameOf(named);
        ++counts_[nameClass == NameClass::Variable ? "variables" : "functions"];
        const bool isLocated = die.find(DW_AT_location) || die.find(DW_AT_low_pc) || die.find(DW_AT_ranges);
        const bool isDeclaration = bool(die.find(DW_AT_declaration));
        const auto entries = reader_.index().find(nameClass, itsName);
        const bool isFound = std::ranges::any_of(entries, [&](const TypeIndex::Entry &entry) {
            if (isLocated)
                return entry.die == die.getOffset() && (entry.flags & TypeIndex::Located);
            return bool(entry.flags & TypeIndex::Declaration) == isDeclaration && !(entry.flags & TypeIndex::Located);
        });
        if (!isFound)
            differ("not in the index", nameClass, itsName, die.getOffset());
    }

    /// Each entry of the index is what LLVM has at its DIE, and each of our types was seen.
    void backward()
    {
        const TypeIndex &index = reader_.index();
        types_.beginUnit();
        for (std::size_t n = 0; n < index.nameCount(); ++n) {
            for (const TypeIndex::Entry &entry : index.entries(n)) {
                ++counts_["index entries"];
                const DWARFDie die = context_.getDIEForOffset(entry.die);
                const std::string_view itsName = index.name(n);
                if (entry.nameClass == NameClass::Enumerator) {
                    const auto isIt = [&](const DWARFDie &child) {
                        return child.getTag() == DW_TAG_enumerator && nameOf(child) == itsName;
                    };
                    const bool isThere = die && std::any_of(die.begin(), die.end(), isIt);
                    if (!isThere)
                        differ("the index has what LLVM has not", entry.nameClass, itsName, entry.die);
                    continue;
                }
                if (!die || classOf(die.getTag()) != entry.nameClass) {
                    differ("the index has what LLVM has not", entry.nameClass, itsName, entry.die);
                } else if (isTypeClass(entry.nameClass)) {
                    if (nameOf(die) != itsName ||
                        bool(die.find(DW_AT_declaration)) != bool(entry.flags & TypeIndex::Declaration))
                        differ("the index has another name or state", entry.nameClass, itsName, entry.die);
                } else if (const char *full = die.getName(llvm::DINameKind::ShortName); !full || itsName != full) {
                    differ("the index has another name", entry.nameClass, itsName, entry.die);
                }
            }
        }
        for (const auto &[key, ours] : known_) {
            ++counts_["names of types"];
            for (const Known &one : ours) {
                ++counts_["definitions of types"];
                if (!one.isSeen && key.first != NameClass::Enumerator)
                    differ("only ours: " + one.text.substr(0, 400), key.first, key.second, 0);
            }
        }
    }

    struct Known {
        std::string text;
        bool isSeen = false;
    };
    struct KeyHash {
        std::size_t operator()(const std::pair<NameClass, std::string> &key) const
        {
            return std::hash<std::string>{}(key.second) * 8 + static_cast<std::size_t>(key.first);
        }
    };
    /// The definitions that our reader has of a name.
    std::vector<Known> &known(NameClass nameClass, std::string_view itsName)
    {
        const auto [place, isNew] = known_.try_emplace({nameClass, std::string(itsName)});
        if (isNew)
            for (const Type &type : reader_.findTypes(nameClass, itsName))
                if (isCompared(type))
                    if (const std::string text = definitionOf(type);
                        std::ranges::find(place->second, text, &Known::text) == place->second.end())
                        place->second.push_back({text});
        return place->second;
    }
    /// The node of a declaration is that of its definition, so the DIE tells.
    bool isCompared(const Type &type)
    {
        const DWARFDie die = context_.getDIEForOffset(type.id().value);
        return !die || (!die.find(DW_AT_declaration) && !isRust(die.getDwarfUnit()->getUnitDIE()));
    }
    static bool isRust(const DWARFDie &unit) { return constant(unit, DW_AT_language) == std::uint64_t{DW_LANG_Rust}; }

    const char *path_;
    llvm::DWARFContext &context_;
    const DwarfReader &reader_;
    LlvmTypes types_;
    std::unordered_map<std::pair<NameClass, std::string>, std::vector<Known>, KeyHash> known_;
    std::unordered_set<std::string> seenEnums_;
    Counts &counts_;
    int differences_ = 0;
};

int compare(const char *path, Counts &counts)
{
    auto object = llvm::object::ObjectFile::createObjectFile(path);
    if (!object) {
        std::printf("%s: %s\n", path, llvm::toString(object.takeError()).c_str());
        return 1;
    }
    // A vmlinux keeps the relocations that were applied when it was linked.
    const auto relocations = object->getBinary()->isRelocatableObject()
                                 ? llvm::DWARFContext::ProcessDebugRelocations::Process
                                 : llvm::DWARFContext::ProcessDebugRelocations::Ignore;
    const auto context = llvm::DWARFContext::create(*object->getBinary(), relocations);
    const auto image = ElfImage::open(path);
    auto sections = image ? dwarfSectionsOf(*image) : std::unexpected(image.error());
    Progress progress;
    auto reader = sections ? DwarfReader::open(std::move(*sections), progress) : std::unexpected(sections.error());
    if (!reader) {
        std::printf("%s\n", reader.error().message().c_str());
        return 1;
    }
    return Comparison(path, *context, **reader, counts).run();
}

} // namespace
} // namespace ks::test

int main(int count, char **arguments)
{
    ks::test::Counts counts;
    int differences = count < 2;
    for (int i = 1; i < count; ++i)
        differences += ks::test::compare(arguments[i], counts);
    std::printf("%d files", count - 1);
    for (const auto &[what, number] : counts)
        std::printf(", %llu %s", static_cast<unsigned long long>(number), what.c_str());
    std::printf(": %d differences\n", differences);
    return differences != 0;
}
