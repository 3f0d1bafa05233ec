// Name -> where the debug information declares it. Flat arrays of fixed-size records, so that an index can be used
// where it lies in a mapped file.
#pragma once

#include "core/types/type_source.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace ks {

/// What an index holds. Nearly all that a kernel has names for are variables, functions and enumerators, so an index of
/// types alone is made in two thirds of the time.
enum class IndexedNames : std::uint8_t { All, Types };

class TypeIndex {
public:
    enum Flag : std::uint8_t {
        Declaration = 1, ///< no definition
        External = 2,
        Located = 4, ///< a variable or function that is somewhere in memory
        Local = 8,   ///< a type inside a function
    };
    /// One thing that has the name. Entries of a name are ordered: by class, and in it the best first.
    struct Entry {
        std::uint32_t die = 0; ///< offset in .debug_info
        NameClass nameClass = NameClass::Struct;
        std::uint8_t flags = 0;
        std::uint16_t units = 0; ///< how many units have the same thing, at most 65535
    };
    /// The entries of name n are [names[n].firstEntry, names[n + 1].firstEntry); a last name without text ends the
    /// array.
    struct Name {
        std::uint32_t text = 0; ///< offset in the text, NUL-terminated
        std::uint32_t firstEntry = 0;
    };
    struct Tables {
        std::span<const Name> names;
        std::span<const Entry> entries;
        std::span<const std::uint32_t> slots; ///< open addressing by textHash(name), a power of two; name + 1, or 0
        std::span<const char> text;
        std::span<const std::uint32_t> units; ///< offsets of the units in .debug_info, ascending
        std::uint64_t typeNameCount = 0;      ///< distinct pairs of name and type class
    };

    TypeIndex() = default;
    /// Any tables, such as those of a damaged cache file: numbers in them are bounded where they are used, so that
    /// wrong ones give wrong entries and no more. (A pass over all of them at the opening would read megabytes for the
    /// few places that a lookup touches.) `storage` keeps them alive.
    TypeIndex(Tables tables, std::shared_ptr<const void> storage);

    /// All entries of this name; of all classes, or of one.
    std::span<const Entry> find(std::string_view name) const;
    std::span<const Entry> find(NameClass nameClass, std::string_view name) const;

    std::size_t nameCount() const { return tables_.names.empty() ? 0 : tables_.names.size() - 1; }
    std::string_view name(std::size_t index) const;
    std::span<const Entry> entries(std::size_t index) const;
    /// Number of distinct pairs of name and class among the classes Struct, Union, Enum, Typedef, Base.
    std::size_t typeNameCount() const { return tables_.typeNameCount; }
    /// The offset of the unit that holds a DIE; nothing when it lies before the first.
    std::optional<std::uint32_t> unitOf(std::uint64_t die) const;
    const Tables &tables() const { return tables_; }

    /// Where the search for a name begins in `slots`.
    static std::size_t firstSlot(std::uint32_t textHash, std::size_t slotCount) { return textHash & (slotCount - 1); }

private:
    Tables tables_;
    std::shared_ptr<const void> storage_;
};

/// The classes that name types: Struct, Union, Enum, Typedef, Base.
constexpr bool isTypeClass(NameClass nameClass) { return nameClass <= NameClass::Base; }

} // namespace ks
