// The tables of a layer as a cache file might hold them: whatever they say, every question is answered or refused, and
// nothing outside is touched. The first byte tells whether the rest are the tables, or damage to sound ones.
#include "core/base/byte_reader.h"
#include "core/symbols/symbol_layer.h"
#include "core/symbols/symbol_table_builder.h"

#include <cstring>

namespace {

using namespace ks;

/// Tables in memory of their own, with the alignment of a mapped file.
struct Kept {
    std::vector<std::vector<std::uint64_t>> storage;
    std::vector<SymbolLayer::Section> sections;

    void add(std::uint32_t tag, std::span<const std::byte> bytes)
    {
        auto &copy = storage.emplace_back((bytes.size() + 7) / 8);
        if (!bytes.empty())
            std::memcpy(copy.data(), bytes.data(), bytes.size());
        sections.push_back({tag, std::as_bytes(std::span(copy)).first(bytes.size())});
    }
};

const SymbolLayer &soundLayer()
{
    static const auto kLayer = [] {
        SymbolTableBuilder builder;
        const std::string longName(300, 'n');
        for (unsigned i = 0; i < 40; ++i) {
            const std::string name = (i % 3 == 0 ? "tcp_" : "Init.") + std::to_string(i % 17);
            builder.add(Symbol{name, i % 4 == 0 ? "mod" : "", VirtAddr(0xffffffff81000000 + i * 24), i % 5 * 8,
                               SymbolKind(i % 5), i % 2 == 0});
        }
        builder.add(Symbol{longName, {}, VirtAddr(0xffffffffc0000000), std::uint64_t{1} << 33, SymbolKind::Data, true});
        builder.add(Symbol{"cpu_info", {}, VirtAddr(0x1000), 8, SymbolKind::PerCpu, true});
        return builder.buildLayer();
    }();
    return *kLayer;
}

/// Words of the input name a table, a place in it, and what is to stand there.
Kept damaged(ByteReader reader)
{
    Kept kept;
    for (const SymbolLayer::Section &section : symbolSections(soundLayer()))
        kept.add(section.tag, section.bytes);
    while (reader.remaining() >= 7) {
        const auto table = reader.read<std::uint8_t>() % kept.sections.size();
        const auto place = reader.read<std::uint16_t>();
        const auto value = reader.read<std::uint32_t>();
        const std::size_t words = kept.sections[table].bytes.size() / sizeof value;
        if (place == 0xffff) // a table that ends early
            kept.sections[table].bytes = kept.sections[table].bytes.first(value % (words + 1) * sizeof value);
        else if (words != 0)
            std::memcpy(reinterpret_cast<char *>(kept.storage[table].data()) + place % words * sizeof value, &value,
                        sizeof value);
    }
    return kept;
}

Kept asGiven(ByteReader reader)
{
    Kept kept;
    const auto sound = symbolSections(soundLayer());
    kept.add(sound[0].tag, sound[0].bytes); // without the right version nothing else is looked at
    for (std::size_t i = 1; i < sound.size(); ++i) {
        const auto size = reader.read<std::uint16_t>();
        kept.add(sound[i].tag, reader.readBytes(std::min<std::size_t>(size, reader.remaining())));
    }
    return kept;
}

void askEverything(const SymbolTable &table)
{
    const std::size_t some = std::max<std::size_t>(1, table.size() / 64);
    for (std::size_t i = 0; i < table.size(); i += some) {
        const Symbol symbol = table.at(i);
        (void)table.find(symbol.name);
        (void)table.symbolsAt(symbol.address);
        (void)table.lookup(symbol.address + 1);
        (void)table.lookupPerCpu(symbol.address.value);
        (void)toString({symbol, 1});
    }
    for (const std::string_view name : {"tcp_3", "mod::tcp_3", "e", "Init", "i1", "nnnn", "_", "mod::"}) {
        (void)table.findFirst(name);
        (void)table.fuzzy(name, 5);
        (void)table.withPrefix(name, 5);
    }
    for (const std::uint64_t address : {std::uint64_t{0}, std::uint64_t{0x1004}, std::uint64_t{0xffffffff81000010},
                                        std::uint64_t{0xffffffffc0000001}, ~std::uint64_t{0}}) {
        (void)table.lookup(VirtAddr(address));
        (void)table.lookupPerCpu(address);
        (void)table.symbolsAt(VirtAddr(address));
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    if (size == 0)
        return 0;
    const ByteReader reader(std::as_bytes(std::span(data, size)), 1);
    auto kept = std::make_shared<Kept>(data[0] % 2 == 0 ? damaged(reader) : asGiven(reader));
    const auto layer = SymbolLayer::fromSections(kept->sections, kept);
    if (!layer)
        return 0;
    askEverything(SymbolTable().with(*layer, 0x200000));
    SymbolTableBuilder above(SymbolTable().with(*layer));
    above.add(Symbol{"tcp_3", {}, VirtAddr(0xffffffff81000004), 0, SymbolKind::Function, true});
    askEverything(above.build());
    (void)symbolSections(**layer);
    return 0;
}
