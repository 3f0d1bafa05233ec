#include "core/types/dwarf_reader.h"

#include "core/types/dwarf_decoder.h"
#include "core/types/dwarf_scanner.h"

#include <algorithm>
#include <mutex>
#include <unordered_set>

namespace ks {

namespace {

/// The nodes used lately. Two generations: when the young one is full, the old one is forgotten.
class NodeCache {
public:
    std::shared_ptr<const TypeNode> find(TypeId id)
    {
        const std::lock_guard lock(mutex_);
        if (const auto found = young_.find(id.value); found != young_.end())
            return found->second;
        const auto found = old_.find(id.value);
        if (found == old_.end())
            return nullptr;
        auto node = found->second;
        insert(id, node);
        return node;
    }
    void add(TypeId id, const std::shared_ptr<const TypeNode> &node)
    {
        const std::lock_guard lock(mutex_);
        insert(id, node);
    }
    /// Remembers that the node of the declaration `id` is that of `definition`.
    void addDefinition(TypeId id, TypeId definition)
    {
        const std::lock_guard lock(mutex_);
        if (definitions_.size() > kMaxDefinitions)
            definitions_.clear();
        definitions_.insert_or_assign(id.value, definition.value);
    }
    std::optional<TypeId> definition(TypeId id)
    {
        const std::lock_guard lock(mutex_);
        const auto found = definitions_.find(id.value);
        return found == definitions_.end() ? std::nullopt : std::optional(TypeId{found->second});
    }

private:
    void insert(TypeId id, const std::shared_ptr<const TypeNode> &node)
    {
        // Counted by members as well, so that large structs do not make the cache large.
        weight_ += 4 + node->members.size() + node->enumerators.size() + node->parameters.size();
        if (weight_ > kGeneration) {
            old_ = std::exchange(young_, {});
            weight_ = 0;
        }
        young_.insert_or_assign(id.value, node);
    }

    static constexpr std::size_t kGeneration = 100'000; // about 10 MB
    static constexpr std::size_t kMaxDefinitions = std::size_t{1} << 20;
    std::mutex mutex_;
    std::unordered_map<std::uint64_t, std::shared_ptr<const TypeNode>> young_, old_;
    std::unordered_map<std::uint64_t, std::uint64_t> definitions_;
    std::size_t weight_ = 0;
};

} // namespace

struct DwarfReader::Parts {
    Parts(DwarfSections theSections, TypeIndex theIndex, IndexedNames whatIsIndexed)
        : sections(std::move(theSections)), index(std::move(theIndex)), indexed(whatIsIndexed), decoder(sections, index)
    {
        if (const auto unit = readUnitHeader(sections, 0))
            pointerSize = unit->addressSize;
    }

    /// The DIE that defines what the DIE `id` declares; nothing when there is none, or `node` is no declaration.
    std::optional<TypeId> definition(TypeId id, const TypeNode &node) const
    {
        const auto nameClass = nameClassOf(node.kind);
        if (!node.isDeclaration || !nameClass)
            return std::nullopt;
        std::optional<TypeId> best;
        for (const auto &entry : index.find(*nameClass, node.name)) {
            if (entry.flags & TypeIndex::Declaration)
                break;
            if (!best || index.unitOf(entry.die) == index.unitOf(id.value))
                best = DwarfDecoder::typeId(entry.die);
        }
        return best;
    }

    /// The index that has this class of names.
    const TypeIndex &indexOf(NameClass nameClass)
    {
        if (isTypeClass(nameClass) || indexed == IndexedNames::All)
            return index;
        std::call_once(wholeMade, [this] {
            Progress progress;
            if (auto scanned = scanDwarf(sections, progress)) // it went well with the types
                whole = std::move(*scanned);
        });
        return whole;
    }

    DwarfSections sections;
    TypeIndex index;
    IndexedNames indexed;
    std::once_flag wholeMade;
    TypeIndex whole; ///< where `index` has types alone, and somebody asked for more
    DwarfDecoder decoder;
    NodeCache nodes;
    unsigned pointerSize = 8;
};

DwarfReader::DwarfReader(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
DwarfReader::~DwarfReader() = default;

Result<std::unique_ptr<DwarfReader>> DwarfReader::open(DwarfSections sections, Progress &progress)
{
    if (sections.info.empty())
        return fail(ErrorCode::NotFound, sections.fileName, "has no .debug_info",
                    "give a vmlinux with debug information, as the package of debug symbols has it");
    auto index = scanDwarf(sections, progress);
    if (!index)
        return std::unexpected(index.error());
    return open(std::move(sections), std::move(*index));
}

std::unique_ptr<DwarfReader> DwarfReader::open(DwarfSections sections, TypeIndex index, IndexedNames indexed)
{
    auto parts = std::make_unique<Parts>(std::move(sections), std::move(index), indexed);
    return std::unique_ptr<DwarfReader>(new DwarfReader(std::move(parts)));
}

unsigned DwarfReader::pointerSize() const { return parts_->pointerSize; }

std::string DwarfReader::compileUnitOf(TypeId id) const
{
    const auto definition = parts_->nodes.definition(id);
    return parts_->decoder.compileUnitOf(DwarfDecoder::dieOf(definition.value_or(id)));
}

bool DwarfReader::isLoaded() const { return parts_->sections.isRelocated; }

const TypeIndex &DwarfReader::index() const { return parts_->index; }

std::shared_ptr<const TypeNode> DwarfReader::node(TypeId id) const
{
    if (auto known = parts_->nodes.find(id))
        return known;
    auto node = parts_->decoder.decode(id);
    if (const auto definition = parts_->definition(id, *node))
        if (auto defined = parts_->decoder.decode(*definition); defined->kind == node->kind) {
            node = std::move(defined);
            parts_->nodes.addDefinition(id, *definition);
        }
    parts_->nodes.add(id, node);
    return node;
}

std::vector<Type> DwarfReader::findTypes(NameClass nameClass, std::string_view name) const
{
    std::vector<Type> types;
    if (nameClass == NameClass::Variable || nameClass == NameClass::Function)
        return types;
    for (const auto &entry : parts_->indexOf(nameClass).find(nameClass, name))
        types.emplace_back(this, DwarfDecoder::typeId(entry.die));
    return types;
}

std::vector<Declaration> DwarfReader::findDeclarations(NameClass nameClass, std::string_view name) const
{
    std::vector<Declaration> declarations;
    if (nameClass != NameClass::Variable && nameClass != NameClass::Function)
        return declarations;
    const auto entries = parts_->indexOf(nameClass).find(nameClass, name);
    std::vector<Result<DwarfDecoder::Thing>> things;
    std::unordered_set<std::uint64_t> origins;
    for (const auto &entry : entries) {
        things.push_back(parts_->decoder.thing(entry.die));
        if (things.back())
            origins.insert(things.back()->origins.begin(), things.back()->origins.end());
    }
    for (std::size_t i = 0; i < entries.size(); ++i) {
        // What another one completes would stand here twice.
        if (origins.contains(entries[i].die))
            continue;
        auto &thing = things[i];
        Declaration declaration;
        declaration.name = name;
        if (thing) {
            declaration.type = thing->type ? Type(this, *thing->type) : Type();
            const bool isDiscarded = parts_->sections.isRelocated && thing->address == 0u;
            if (thing->address)
                declaration.linkAddress = isDiscarded ? kNowhere : VirtAddr(*thing->address);
            declaration.isExternal = thing->isExternal;
            declaration.compileUnit = std::move(thing->compileUnit);
        } else {
            declaration.type = Type::broken(thing.error().message());
        }
        declarations.push_back(std::move(declaration));
    }
    return declarations;
}

Type DwarfReader::resolve(const Type &type) const
{
    const auto nameClass = nameClassOf(type.kind());
    if (type.source() != this || !nameClass)
        return type;
    if (type.node().isDeclaration)
        return type;
    // Its node is the definition's already. Which one that was is known from when the node was made.
    const auto definition = parts_->nodes.definition(type.id());
    return definition ? Type(this, *definition) : type;
}

void DwarfReader::forEachTypeName(const std::function<bool(NameClass, std::string_view)> &visit) const
{
    const TypeIndex &index = parts_->index;
    for (std::size_t n = 0; n < index.nameCount(); ++n) {
        std::optional<NameClass> last;
        for (const auto &entry : index.entries(n)) {
            if (!isTypeClass(entry.nameClass) || last == entry.nameClass)
                continue;
            last = entry.nameClass;
            if (!visit(entry.nameClass, index.name(n)))
                return;
        }
    }
}

std::size_t DwarfReader::typeNameCount() const { return parts_->index.typeNameCount(); }

} // namespace ks
