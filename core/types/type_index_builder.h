// Collects what the scanner meets, each thing once, and makes a TypeIndex of it.
#pragma once

#include "core/types/dwarf_abbrev.h"
#include "core/types/type_index.h"

#include <span>
#include <vector>

namespace ks {

/// A thing with a name. Two with the same key are the same thing: the linker merges strings, so the place of the text
/// is the name, and what stands in a header stands at the same line in all units that include it. Structs of several
/// files can have the same name, line and size (`struct priv` of two drivers): the shape tells them apart.
struct FoundName {
    struct Key {
        std::uint32_t text = 0; ///< offset in textSection
        std::uint32_t line = 0;
        std::uint32_t size = 0;
        std::uint32_t shape = 0; ///< of a struct, union or enum: its first member's name and line
        std::uint8_t textSection = NameRef::None;
        std::uint8_t nameClass = 0; ///< a NameClass, or one of those below
        std::uint8_t flags = 0;     ///< of TypeIndex
        std::uint8_t isPrivate = 0; ///< a type of one unit alone, whose offset is mixed into `size`
        /// Member by member: what was just written in parts and is read as a whole makes the processor wait.
        friend bool operator==(const Key &, const Key &) = default;
    };
    Key key;
    std::uint32_t die = 0;
    std::uint32_t units = 1;
    std::uint32_t next = 0; ///< in FoundNames::all(): what came after this one last time

    /// Kept only to recognise an enum without a name, by its first enumerator; not part of the index.
    static constexpr std::uint8_t kUnnamedEnum = 0xff;
    /// Kept only to look into a function once, where types alone are wanted; not part of the index.
    static constexpr std::uint8_t kUnwantedFunction = 0xfe;
    bool isIndexed() const { return key.nameClass < kUnwantedFunction; }
};

/// A set of FoundNames, filled by one thread, which meets them in the order of their DIEs. Apart from the next one in
/// memory, so that threads do not fight for the cache lines that both write to.
class alignas(128) FoundNames {
public:
    struct Text {
        std::uint32_t hash = 0;
        std::uint32_t length = 0; ///< 0: no text, or not part of the index
    };

    /// `sections` must outlive it.
    explicit FoundNames(const DwarfSections &sections);
    /// False if it was there already; then the units are added. What lies in memory (TypeIndex::Located) is never the
    /// same as another.
    bool add(const FoundName &found);
    const std::vector<FoundName> &all() const { return all_; }
    /// When all have been added.
    void readTexts();
    /// What readTexts() has found, one for one of all().
    const std::vector<Text> &texts() const { return texts_; }

private:
    static std::uint64_t hash(const FoundName::Key &key);
    void grow();
    bool mergeInto(std::size_t index, const FoundName &found);

    const DwarfSections &sections_;
    std::vector<FoundName> all_;
    std::vector<Text> texts_;
    std::vector<std::uint32_t> slots_;
    std::size_t used_ = 0;
    std::size_t last_ = 0; ///< the one that was met last
};

/// What several threads have found, each thing once, names in the order of the DIEs that have them first. Limit when
/// the names take more room than the sections that they are from.
Result<TypeIndex> buildTypeIndex(const DwarfSections &sections, std::span<const FoundNames> found,
                                 std::vector<std::uint32_t> unitOffsets);

} // namespace ks
