#include "core/symbols/module_file.h"

#include <algorithm>
#include <cstring>

namespace ks {

namespace {

std::string_view textOf(std::span<const std::byte> bytes)
{
    return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

/// The value of "KEY=VALUE" among the NUL-terminated strings of .modinfo (include/linux/moduleparam.h, MODULE_INFO).
std::string modinfo(std::string_view strings, std::string_view key)
{
    while (!strings.empty()) {
        const std::string_view entry = strings.substr(0, strings.find('\0'));
        strings.remove_prefix(std::min(entry.size() + 1, strings.size()));
        if (entry.size() > key.size() && entry.starts_with(key) && entry[key.size()] == '=')
            return std::string(entry.substr(key.size() + 1));
    }
    return {};
}

bool isModuleName(std::string_view name)
{
    return !name.empty() && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    });
}

/// struct module (include/linux/module.h) begins with an enum, a list_head and the name, in every 64-bit kernel that
/// does not shuffle its structs.
std::string nameInStruct(std::span<const std::byte> bytes)
{
    constexpr std::size_t kNameOffset = 24;
    constexpr std::size_t kNameSize = 56; // MODULE_NAME_LEN
    if (bytes.size() < kNameOffset + kNameSize)
        return {};
    const std::string_view field = textOf(bytes.subspan(kNameOffset, kNameSize));
    const std::string_view name = field.substr(0, field.find('\0'));
    return name.size() < kNameSize && isModuleName(name) ? std::string(name) : std::string();
}

} // namespace

std::string canonicalModuleName(std::string_view name)
{
    std::string result(name);
    std::ranges::replace(result, '-', '_');
    return result;
}

std::optional<std::string> moduleNameOfFile(std::string_view fileName)
{
    for (bool again = true; again;) {
        again = false;
        for (const std::string_view suffix : {".debug", ".gz", ".xz", ".zst"}) {
            if (fileName.ends_with(suffix)) {
                fileName.remove_suffix(suffix.size());
                again = true;
            }
        }
    }
    constexpr std::string_view kSuffix = ".ko";
    if (fileName.size() <= kSuffix.size() || !fileName.ends_with(kSuffix))
        return std::nullopt;
    fileName.remove_suffix(kSuffix.size());
    return canonicalModuleName(fileName);
}

Result<ModuleFacts> readModuleFacts(const ElfImage &image)
{
    if (image.type() != ElfImage::Type::Relocatable)
        return fail(ErrorCode::Mismatch, image.path().string(), "is no module (it is linked already)",
                    "give a .ko or .ko.debug file");
    ModuleFacts facts;
    facts.buildId = image.buildId().value_or("");
    const ElfSection *info = image.section(".debug_info");
    facts.hasDebugInfo = info && info->hasFileContents();
    if (const auto bytes = image.bytes(".modinfo")) {
        facts.name = modinfo(textOf(*bytes), "name");
        facts.vermagic = modinfo(textOf(*bytes), "vermagic");
        facts.srcversion = modinfo(textOf(*bytes), "srcversion");
    }
    if (facts.name.empty()) {
        if (const auto bytes = image.bytes(".gnu.linkonce.this_module"))
            facts.name = nameInStruct(*bytes);
    }
    if (facts.name.empty()) {
        const std::string fileName = image.path().filename().string();
        facts.name = moduleNameOfFile(fileName).value_or(fileName.substr(0, fileName.find('.')));
        facts.nameIsOfFile = true;
    }
    facts.name = canonicalModuleName(facts.name);
    return facts;
}

Result<std::vector<Symbol>> readModuleSymbols(const ElfImage &image, const SectionAddresses &addresses,
                                              std::string_view moduleName)
{
    const std::vector<VirtAddr> places = placeSections(image, addresses);
    std::vector<Symbol> symbols;
    auto done = image.forEachSymbol([&](const ElfSymbol &s) {
        Symbol symbol{s.name, moduleName, s.address, s.size, s.kind, s.global};
        if (s.section < places.size()) {
            const VirtAddr place = places[s.section];
            // Debug and other sections that are never loaded have no address, either.
            if (isNowhere(place) || (place.value == 0 && s.kind != SymbolKind::PerCpu))
                return;
            symbol.address = place + s.address.value;
        } else if (s.kind != SymbolKind::Absolute) {
            return;
        }
        symbols.push_back(symbol);
    });
    if (!done)
        return std::unexpected(done.error());
    return symbols;
}

} // namespace ks
