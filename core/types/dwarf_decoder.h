// From DIEs to type nodes and declarations.
#pragma once

#include "core/types/dwarf_die.h"
#include "core/types/type_index.h"

#include <list>
#include <mutex>
#include <unordered_map>

namespace ks {

/// Decodes one DIE at a time. Units are opened when first needed and a bounded number of them is kept open.
/// Safe to use from any thread; one at a time decodes, because libdwarf needs that.
class DwarfDecoder {
public:
    /// Both must outlive the decoder.
    DwarfDecoder(const DwarfSections &sections, const TypeIndex &index) : sections_(sections), index_(index) {}

    /// The id of a DIE as a type, and back. The inner dimensions of an array have no DIE of their own: dimension n of
    /// the array at `die` is a type too, the array of those that follow.
    static TypeId typeId(std::uint64_t die, unsigned dimension = 0) { return {die | std::uint64_t{dimension} << 48}; }
    static std::uint64_t dieOf(TypeId id) { return id.value & ((std::uint64_t{1} << 48) - 1); }
    static unsigned dimensionOf(TypeId id) { return static_cast<unsigned>(id.value >> 48); }

    /// Of kind Broken where the debug information is damaged. Forward declarations stay declarations.
    std::shared_ptr<const TypeNode> decode(TypeId id);

    struct Thing {
        std::string name;
        std::optional<TypeId> type; ///< nothing: void
        std::optional<std::uint64_t> address;
        bool isExternal = false;
        std::string compileUnit;
        std::vector<std::uint64_t> origins; ///< the DIEs that this one completes
    };
    /// The name of the unit that holds a DIE; empty where it has none.
    std::string compileUnitOf(std::uint64_t die);
    /// The variable or function at a DIE, completed from the declaration that it defines.
    Result<Thing> thing(std::uint64_t die);

private:
    struct OpenUnit {
        std::unique_ptr<LibdwarfUnit> unit;
        std::string name;
        bool namesTypeUnits = false; ///< some of its DIEs refer to types by signature
    };
    using Visit = std::function<bool(const DwarfDie &)>;

    Result<OpenUnit *> unitOf(std::uint64_t die);
    Result<DwarfDie> read(std::uint64_t die, const Visit &child = {});
    std::optional<std::uint64_t> typeOf(std::uint64_t signature);
    const std::unordered_map<std::uint64_t, std::uint64_t> &typeUnits();
    Result<TypeNode> decodeDie(TypeId id);
    Result<void> decodeRecord(TypeNode &node, const DwarfDie &die);
    Result<void> decodeEnum(TypeNode &node, const DwarfDie &die);
    Result<void> decodeArray(TypeNode &node, const DwarfDie &die, unsigned dimension);
    Result<void> decodeFunction(TypeNode &node, DwarfDie die);
    std::uint64_t byteSizeOf(std::optional<std::uint64_t> die);
    std::optional<std::uint64_t> bitOffsetOf(const DwarfDie &member);

    const DwarfSections &sections_;
    const TypeIndex &index_;
    std::mutex mutex_;
    /// The DIEs of the types that have units of their own, by signature; read when the first is asked for.
    std::optional<std::unordered_map<std::uint64_t, std::uint64_t>> typeUnits_;
    AbbrevTable abbreviations_;                           ///< to check a unit before libdwarf sees it
    std::list<std::pair<std::uint64_t, OpenUnit>> units_; ///< the one used last is first
    std::unordered_map<std::uint64_t, decltype(units_)::iterator> unitsByOffset_;
};

} // namespace ks
