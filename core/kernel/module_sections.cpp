#include "core/kernel/module_sections.h"

#include "core/base/file.h"
#include "core/symbols/elf_image.h"

#include <algorithm>
#include <cstring>

namespace ks::kernel {
namespace {

constexpr std::uint64_t kMaxAttributes = 0xff00; // SHN_LORESERVE: an ELF file without extended numbering has no more
constexpr std::size_t kMaxElement = 4096;        // of module_sect_attr
constexpr std::size_t kMaxSectionName = 1024;    // -ffunction-sections names them after functions
constexpr std::uint64_t kMaxNotes = 1 << 16;

/// An attribute in /sys that stands for a part of the module.
struct Attribute {
    std::string name;
    VirtAddr address;
    std::uint64_t size = 0; ///< of notes
};

std::unexpected<Error> unreadable(const char *what, VirtAddr address, std::uint64_t size, const MemorySource *memory)
{
    PageState state;
    VirtAddr where = address;
    if (memory) {
        const MemoryBlock block = memory->read(address, size);
        if (const auto missing = block.firstMissing(address, size)) {
            where = missing->range.first;
            state = missing->state;
        }
    }
    return fail(ErrorCode::Unreadable, std::string(what) + " at " + hex(where), state.reason());
}

/// struct bin_attribute pointers up to the NULL that ends them.
Result<std::vector<VirtAddr>> readPointers(const EvalContext &context, VirtAddr address)
{
    constexpr std::size_t kChunk = 64;
    std::vector<VirtAddr> pointers;
    while (pointers.size() < kMaxAttributes) {
        const VirtAddr at = address + pointers.size() * 8;
        const MemoryBlock block = context.memory->read(at, kChunk * 8);
        for (std::size_t i = 0; i < kChunk; ++i) {
            const auto bytes = block.present(at + i * 8, 8);
            if (!bytes)
                return unreadable("attribute_group.bin_attrs", at + i * 8, 8, context.memory);
            std::uint64_t pointer = 0;
            std::memcpy(&pointer, bytes->data(), 8);
            if (pointer == 0)
                return pointers;
            pointers.push_back(VirtAddr(pointer));
        }
    }
    return fail(ErrorCode::Limit, "attribute_group.bin_attrs at " + hex(address), "the list does not end");
}

/// The elements of a group of attributes: a counted array behind its head, or, since 6.14, a list of pointers
/// (d8959b947a8d of sections, 4723f16de64e of notes: `count` is gone).
Result<std::vector<Value>> readElements(const EvalContext &context, std::string_view tag, std::string_view count,
                                        VirtAddr address)
{
    const auto type = structType(context, tag);
    if (!type)
        return std::unexpected(type.error());
    const Value head = readValue(context, *type, address);
    const auto attributes = findMemberPath(*type, "attrs");
    if (!attributes)
        return std::unexpected(attributes.error());
    const Type element = attributes->type.stripped().target();
    const std::uint64_t stride = element.size();
    const std::string what = std::string(tag) + " at " + hex(address);
    if (stride == 0 || stride > kMaxElement)
        return fail(ErrorCode::Type, "struct " + std::string(tag), "its attributes have no usable size");
    std::vector<VirtAddr> places;
    if (memberOf(head, count)) {
        const auto number = integerMember(head, count);
        if (!number)
            return unreadable(std::string(tag).c_str(), address, type->size(), context.memory);
        if (static_cast<std::uint64_t>(*number) > kMaxAttributes)
            return fail(ErrorCode::Limit, what, std::to_string(*number) + " attributes are not possible");
        for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(*number); ++i)
            places.push_back(address + attributes->bitOffset / 8 + i * stride);
        return readObjects(context, element, places);
    }
    const auto list = pointerMember(head, "grp.bin_attrs");
    if (!list)
        return unreadable(std::string(tag).c_str(), address, type->size(), context.memory);
    const auto pointers = readPointers(context, *list);
    if (!pointers)
        return std::unexpected(pointers.error());
    const auto attribute = structType(context, "bin_attribute");
    if (!attribute)
        return std::unexpected(attribute.error());
    return readObjects(context, *attribute, *pointers);
}

/// The first of these members that the object has.
std::optional<VirtAddr> firstPointer(const Value &object, std::initializer_list<std::string_view> paths)
{
    for (const std::string_view path : paths)
        if (memberOf(object, path))
            return pointerMember(object, path);
    return std::nullopt;
}

Result<std::vector<Attribute>> readAttributes(const EvalContext &context, std::string_view tag, std::string_view count,
                                              VirtAddr address)
{
    const auto elements = readElements(context, tag, count, address);
    if (!elements)
        return std::unexpected(elements.error());
    std::vector<Attribute> attributes;
    std::vector<VirtAddr> names;
    for (const Value &element : *elements) {
        // The name has been in the bin_attribute since 5.8 (ed66f991bb19), and in 6.14 the address followed it.
        const auto name = firstPointer(element, {"name", "battr.attr.name", "attr.name"});
        const auto where = firstPointer(element, {"address", "battr.private", "private"});
        if (!name || !where)
            return unreadable(std::string(tag).c_str(), element.address().value_or(VirtAddr()), element.size(),
                              context.memory);
        names.push_back(*name);
        attributes.push_back({{}, *where, static_cast<std::uint64_t>(integerMember(element, "size").value_or(0))});
    }
    auto texts = readTexts(context, names, kMaxSectionName);
    for (std::size_t i = 0; i < attributes.size(); ++i) {
        if (!texts[i])
            return unreadable("the name of a section", names[i], 1, context.memory);
        attributes[i].name = std::move(*texts[i]);
    }
    return attributes;
}

Result<std::vector<Attribute>> readModuleAttributes(const EvalContext &context, VirtAddr module, const char *member,
                                                    const char *tag, const char *count)
{
    const auto type = structType(context, "module");
    if (!type)
        return std::unexpected(type.error());
    const std::string what = std::string(member) + " of the module at " + hex(module);
    const Value object = readValue(context, *type, module);
    if (!memberOf(object, member))
        return fail(ErrorCode::NotFound, what, "this kernel keeps none (CONFIG_KALLSYMS is off)");
    const auto address = pointerMember(object, member);
    if (!address)
        return unreadable("struct module", module, type->size(), context.memory);
    if (address->value == 0)
        return fail(ErrorCode::NotFound, what, "it has none");
    return readAttributes(context, tag, count, *address);
}

std::optional<std::string> buildIdAt(const EvalContext &context, VirtAddr address, std::uint64_t size)
{
    size = std::min(size, kMaxNotes);
    const MemoryBlock block = context.memory->read(address, size);
    const auto missing = block.firstMissing(address, size);
    return buildIdOfNotes(block.bytes().first(missing ? missing->range.first - address : block.size()));
}

} // namespace

Result<std::vector<ModuleSection>> readModuleSections(const EvalContext &context, VirtAddr module)
{
    auto attributes = readModuleAttributes(context, module, "sect_attrs", "module_sect_attrs", "nsections");
    if (!attributes)
        return std::unexpected(attributes.error());
    std::vector<ModuleSection> sections;
    for (Attribute &attribute : *attributes)
        sections.push_back({std::move(attribute.name), attribute.address});
    return sections;
}

Result<std::vector<ModuleSection>> readSysModuleSections(const std::filesystem::path &sysModule,
                                                         const std::string &module)
{
    const std::filesystem::path folder = sysModule / module / "sections";
    std::error_code error;
    std::filesystem::directory_iterator files(folder, error);
    if (error)
        return failErrno(folder.string(), error.value());
    std::vector<ModuleSection> sections;
    for (; files != std::filesystem::directory_iterator(); files.increment(error)) {
        constexpr std::size_t kEnough = 64;
        const auto text = readTextFile(files->path(), kEnough);
        if (!text)
            return std::unexpected(text.error());
        const auto address = parseNumber(std::string_view(*text).substr(0, text->find('\n')));
        if (!address)
            return fail(ErrorCode::BadFormat, files->path().string(), "not an address");
        if (*address == 0)
            return fail(ErrorCode::Permission, files->path().string(), "the kernel shows no addresses to this user",
                        "open it as root");
        sections.push_back({files->path().filename().string(), VirtAddr(*address)});
        if (sections.size() > kMaxAttributes)
            return fail(ErrorCode::Limit, folder.string(), "has too many entries");
    }
    if (error)
        return failErrno(folder.string(), error.value());
    std::ranges::sort(sections, {}, &ModuleSection::name);
    return sections;
}

Result<std::string> readModuleBuildId(const EvalContext &context, VirtAddr module)
{
    const auto notes = readModuleAttributes(context, module, "notes_attrs", "module_notes_attrs", "notes");
    if (notes) {
        for (const Attribute &note : *notes)
            if (auto id = buildIdAt(context, note.address, note.size))
                return std::move(*id);
    }
    const auto sections = readModuleSections(context, module);
    if (!sections)
        return std::unexpected(sections.error());
    constexpr std::uint64_t kBuildIdNote = 256; // 16 bytes and at most 64 of SHA-512, and then the next section
    for (const ModuleSection &section : *sections)
        if (section.name == ".note.gnu.build-id")
            if (auto id = buildIdAt(context, section.address, kBuildIdNote))
                return std::move(*id);
    return fail(ErrorCode::NotFound, "the build-id of the module at " + hex(module), "it has no such note");
}

} // namespace ks::kernel
