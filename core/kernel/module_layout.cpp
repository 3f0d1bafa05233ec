#include "core/kernel/module_layout.h"

#include <algorithm>

namespace ks::kernel {
namespace {

std::uint64_t sizeMember(const Value &object, std::string_view path)
{
    // An unsigned int in every kernel.
    return static_cast<std::uint32_t>(integerMember(object, path).value_or(0));
}

/// Before 6.4 a part is one block, and the read-only pieces come first in it; each size counts from its beginning.
struct Block {
    VirtAddr base;
    std::uint64_t size = 0;
    std::uint64_t textEnd = 0;
    std::uint64_t roEnd = 0;
    std::uint64_t roAfterInitEnd = 0;
};

void addBlock(ModuleLayout &layout, const Block &block, bool isInit)
{
    layout.size += block.size;
    std::uint64_t begin = 0;
    const auto add = [&](ModuleMemory kind, std::uint64_t end) {
        end = std::min(end, block.size);
        if (end <= begin)
            return;
        if (const auto range = AddrRange::sized(block.base + begin, end - begin); range && block.base.value != 0)
            layout.ranges.push_back({kind, *range});
        begin = end;
    };
    add(isInit ? ModuleMemory::InitText : ModuleMemory::Text, block.textEnd);
    add(isInit ? ModuleMemory::InitRoData : ModuleMemory::RoData, block.roEnd);
    add(isInit ? ModuleMemory::InitRoData : ModuleMemory::RoAfterInit, block.roAfterInitEnd);
    add(isInit ? ModuleMemory::InitData : ModuleMemory::Data, block.size);
}

Block blockOfLayout(const Value &layout)
{
    // ro_after_init_size came in 4.8 (444d13ff10fb).
    return {pointerMember(layout, "base").value_or(VirtAddr()), sizeMember(layout, "size"),
            sizeMember(layout, "text_size"), sizeMember(layout, "ro_size"), sizeMember(layout, "ro_after_init_size")};
}

Block blockOfMembers(const Value &module, const std::string &part)
{
    return {pointerMember(module, "module_" + part).value_or(VirtAddr()), sizeMember(module, part + "_size"),
            sizeMember(module, part + "_text_size"), sizeMember(module, part + "_ro_size"), 0};
}

ModuleMemory kindOfEnumerator(std::string_view name)
{
    constexpr std::pair<std::string_view, ModuleMemory> kKinds[] = {
        {"MOD_TEXT", ModuleMemory::Text},
        {"MOD_RODATA", ModuleMemory::RoData},
        {"MOD_RO_AFTER_INIT", ModuleMemory::RoAfterInit},
        {"MOD_DATA", ModuleMemory::Data},
        {"MOD_INIT_TEXT", ModuleMemory::InitText},
        {"MOD_INIT_RODATA", ModuleMemory::InitRoData},
        {"MOD_INIT_DATA", ModuleMemory::InitData},
    };
    const auto *found = std::ranges::find(kKinds, name, &std::pair<std::string_view, ModuleMemory>::first);
    return found != std::end(kKinds) ? found->second : ModuleMemory::Other;
}

/// What element `index` of module.mem holds.
ModuleMemory kindOfIndex(const EvalContext &context, std::uint64_t index)
{
    for (const Type &type : context.types->findTypes(NameClass::Enumerator, "MOD_TEXT"))
        for (const Enumerator &one : type.node().enumerators)
            if (one.value == index && kindOfEnumerator(one.name) != ModuleMemory::Other)
                return kindOfEnumerator(one.name);
    return ModuleMemory::Other;
}

void addMemoryTypes(const EvalContext &context, const Value &mem, ModuleLayout &layout)
{
    constexpr std::uint64_t kMaxTypes = 64; // seven in 6.4
    const std::uint64_t count = std::min(kMaxTypes, mem.type().stripped().node().count.value_or(0));
    for (std::uint64_t i = 0; i < count; ++i) {
        const auto memory = mem.element(i);
        if (!memory)
            continue;
        const std::uint64_t size = sizeMember(*memory, "size");
        const VirtAddr base = pointerMember(*memory, "base").value_or(VirtAddr());
        layout.size += size;
        const auto range = AddrRange::sized(base, size);
        if (!range || base.value == 0)
            continue;
        layout.ranges.push_back({kindOfIndex(context, i), *range});
        if (layout.ranges.back().kind == ModuleMemory::Text)
            layout.base = base;
    }
}

} // namespace

const char *name(ModuleMemory memory)
{
    switch (memory) {
    case ModuleMemory::Text: return "text";
    case ModuleMemory::RoData: return "rodata";
    case ModuleMemory::RoAfterInit: return "ro_after_init";
    case ModuleMemory::Data: return "data";
    case ModuleMemory::InitText: return "init_text";
    case ModuleMemory::InitRoData: return "init_rodata";
    case ModuleMemory::InitData: return "init_data";
    case ModuleMemory::Other: break;
    }
    return "other";
}

ModuleLayout moduleLayout(const EvalContext &context, const Value &module)
{
    ModuleLayout layout;
    if (const auto mem = memberOf(module, "mem")) {
        addMemoryTypes(context, *mem, layout);
    } else if (const auto core = memberOf(module, "core_layout")) {
        const Block block = blockOfLayout(*core);
        layout.base = block.base;
        addBlock(layout, block, false);
        if (const auto data = memberOf(module, "data_layout"))
            addBlock(layout, blockOfLayout(*data), false);
        if (const auto init = memberOf(module, "init_layout"))
            addBlock(layout, blockOfLayout(*init), true);
    } else {
        const Block block = blockOfMembers(module, "core");
        layout.base = block.base;
        addBlock(layout, block, false);
        addBlock(layout, blockOfMembers(module, "init"), true);
    }
    std::ranges::sort(layout.ranges, {}, [](const ModuleRange &part) { return part.range.first; });
    if (layout.base.value == 0 && !layout.ranges.empty())
        layout.base = layout.ranges.front().range.first;
    return layout;
}

} // namespace ks::kernel
