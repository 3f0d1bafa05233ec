#include "resources/demo/kallsyms_table.h"

#include <algorithm>
#include <array>
#include <map>

namespace ks::demo {
namespace {

/// What each byte of a compressed name stands for: itself, or two characters that are often side by side where the byte
/// is in no name.
using Tokens = std::array<std::string, 256>;

Tokens chooseTokens(const std::vector<KernelSymbol> &symbols)
{
    Tokens tokens;
    std::map<std::string, unsigned> pairs;
    for (const KernelSymbol &symbol : symbols) {
        const std::string text = symbol.letter + symbol.name;
        for (std::size_t i = 0; i < text.size(); ++i) {
            tokens[static_cast<unsigned char>(text[i])] = text[i];
            if (i + 1 < text.size())
                ++pairs[text.substr(i, 2)];
        }
    }
    std::vector<std::pair<unsigned, std::string>> often;
    for (const auto &[pair, count] : pairs)
        often.emplace_back(count, pair);
    std::ranges::sort(often, std::greater{});
    auto next = often.begin();
    for (std::string &token : tokens) {
        if (token.empty() && next != often.end() && next->first > 1)
            token = (next++)->second;
    }
    return tokens;
}

std::string compress(const std::string &text, const Tokens &tokens)
{
    std::string result;
    for (std::size_t i = 0; i < text.size();) {
        auto token = std::ranges::find(tokens, text.substr(i, 2));
        if (token == tokens.end())
            token = std::ranges::find(tokens, text.substr(i, 1));
        result.push_back(static_cast<char>(token - tokens.begin()));
        i += token->size();
    }
    return result;
}

} // namespace

Result<void> writeKallsyms(GuestMemory &memory, const KernelImage &image)
{
    const std::vector<KernelSymbol> symbols = image.symbols();
    const Tokens tokens = chooseTokens(symbols);
    const std::uint64_t base = image.symbol("_text").value;

    std::vector<std::int32_t> offsets;
    std::vector<std::uint32_t> markers;
    std::string names;
    for (const KernelSymbol &symbol : symbols) {
        if (offsets.size() % 256 == 0)
            markers.push_back(static_cast<std::uint32_t>(names.size()));
        // CONFIG_KALLSYMS_ABSOLUTE_PERCPU: values as they are, addresses as -1 - (address - base).
        const std::uint64_t offset = symbol.absolute ? symbol.address.value : ~(symbol.address.value - base);
        offsets.push_back(static_cast<std::int32_t>(offset));
        const std::string name = compress(symbol.letter + symbol.name, tokens);
        // From 6.1 on a length above 127 takes two bytes, 7 bits each.
        if (name.size() > 0x7f) {
            names.push_back(static_cast<char>((name.size() & 0x7f) | 0x80));
            names.push_back(static_cast<char>(name.size() >> 7));
        } else {
            names.push_back(static_cast<char>(name.size()));
        }
        names += name;
    }
    std::string table;
    std::vector<std::uint16_t> index;
    for (const std::string &token : tokens) {
        index.push_back(static_cast<std::uint16_t>(table.size()));
        table.append(token).push_back('\0');
    }

    const auto put = [&](std::string_view name, std::span<const std::byte> bytes) -> Result<void> {
        const ElfSymbol *variable = image.elf().symbol(name);
        if (!variable || bytes.size() > variable->raw.st_size)
            return fail(ErrorCode::Limit, "demo vmlinux",
                        std::string(name) + " has no room for " + std::to_string(bytes.size()) + " bytes");
        memory.write(image.symbol(name), bytes);
        return {};
    };
    const auto count = static_cast<std::uint32_t>(symbols.size());
    const std::pair<std::string_view, std::span<const std::byte>> parts[] = {
        {"kallsyms_num_syms", std::as_bytes(std::span(&count, 1))},
        {"kallsyms_offsets", std::as_bytes(std::span(offsets))},
        {"kallsyms_relative_base", std::as_bytes(std::span(&base, 1))},
        {"kallsyms_names", std::as_bytes(std::span(names))},
        {"kallsyms_markers", std::as_bytes(std::span(markers))},
        {"kallsyms_token_table", std::as_bytes(std::span(table))},
        {"kallsyms_token_index", std::as_bytes(std::span(index))},
    };
    for (const auto &[name, bytes] : parts) {
        if (auto done = put(name, bytes); !done)
            return done;
    }
    return {};
}

} // namespace ks::demo
