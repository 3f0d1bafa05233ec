#include "core/kernel/btf_in_memory.h"

#include "core/types/btf_format.h"

#include <cstring>

namespace ks::kernel {
namespace {

constexpr std::uint64_t kMaxBtf = std::uint64_t{64} << 20; // that of a distribution's kernel has 2 to 7 MiB

Result<std::shared_ptr<const MappedFile>> readBtf(const MemorySource &memory, VirtAddr address, std::uint64_t size,
                                                  const std::string &what)
{
    const std::string where = what + " at " + hex(address);
    if (size > kMaxBtf)
        return fail(ErrorCode::Limit, where, std::to_string(size) + " bytes are too many");
    const MemoryBlock block = memory.read(address, size);
    if (const auto missing = block.firstMissing(address, size))
        return fail(ErrorCode::Unreadable, what + " at " + hex(missing->range.first), missing->state.reason());
    std::uint16_t magic = 0;
    if (size < sizeof(btf::Header))
        return fail(ErrorCode::BadFormat, where, "shorter than a header of BTF");
    std::memcpy(&magic, block.bytes().data(), sizeof magic);
    if (magic != btf::kMagic)
        return fail(ErrorCode::BadFormat, where, "does not begin as BTF does");
    return MappedFile::fromBytes(std::string(reinterpret_cast<const char *>(block.bytes().data()), block.size()),
                                 where);
}

} // namespace

Result<std::shared_ptr<const MappedFile>> readKernelBtf(const MemorySource &memory, const SymbolTable &symbols)
{
    const auto start = symbols.findFirst("__start_BTF");
    const auto stop = symbols.findFirst("__stop_BTF");
    if (!start || !stop || stop->address <= start->address)
        return fail(ErrorCode::NotFound, "__start_BTF", "this kernel has no BTF in its memory");
    return readBtf(memory, start->address, stop->address - start->address, "the kernel's BTF");
}

Result<Listing<ModuleBtf>> listModuleBtf(const EvalContext &context)
{
    constexpr std::size_t kMaxModules = 1 << 14;
    const auto btfType = structType(context, "btf");
    const auto moduleType = structType(context, "module");
    if (!btfType)
        return std::unexpected(btfType.error());
    if (!moduleType)
        return std::unexpected(moduleType.error());
    const auto entries = readList(context, "btf_modules", "btf_module", "list", kMaxModules);
    if (!entries)
        return std::unexpected(entries.error());
    std::vector<VirtAddr> blobs;
    std::vector<VirtAddr> modules;
    for (const Value &entry : entries->entries) {
        const auto btf = pointerMember(entry, "btf");
        const auto module = pointerMember(entry, "module");
        if (!btf || !module)
            continue;
        blobs.push_back(*btf);
        modules.push_back(*module);
    }
    const auto blobValues = readObjects(context, *btfType, blobs);
    const auto moduleValues = readObjects(context, *moduleType, modules);
    Listing<ModuleBtf> listing;
    listing.incomplete = entries->incomplete;
    for (std::size_t i = 0; i < blobs.size(); ++i) {
        const auto data = pointerMember(blobValues[i], "data");
        const auto size = integerMember(blobValues[i], "data_size");
        if (data && size)
            listing.entries.push_back({textMember(moduleValues[i], "name"), *data, static_cast<std::uint32_t>(*size)});
    }
    return listing;
}

Result<std::shared_ptr<const MappedFile>> readModuleBtf(const MemorySource &memory, const ModuleBtf &btf)
{
    return readBtf(memory, btf.data, btf.size, "the BTF of module " + btf.module);
}

} // namespace ks::kernel
