#include "core/symbols/module_file.h"

#include "core/symbols/decompress.h"
#include "core/symbols/symbol_readers.h"
#include "module_fixture.h"

#include <algorithm>
#include <set>
#include <zlib.h>

namespace ks {
namespace {

using test::contentsOf;
using test::fixture;
using test::loadedAt;
using testing::HasSubstr;

std::shared_ptr<const ElfImage> imageOf(const std::string &name)
{
    auto image = ElfImage::open(fixture(name));
    EXPECT_TRUE(image) << image.error().message();
    return image ? *image : nullptr;
}

class ModuleFile : public test::TemporaryFolder {};

TEST_F(ModuleFile, SaysWhatItIs)
{
    for (const char *name : {"gcc5/tiny-module.ko", "clang5/tiny-module.ko", "arm64/tiny-module.ko"}) {
        const auto image = imageOf(name);
        ASSERT_TRUE(image);
        const auto facts = readModuleFacts(*image);
        ASSERT_TRUE(facts) << facts.error().message();
        EXPECT_EQ(facts->name, "tiny_module");
        EXPECT_FALSE(facts->nameIsOfFile);
        EXPECT_EQ(facts->vermagic, "6.1.0-test SMP preempt mod_unload ");
        EXPECT_EQ(facts->srcversion, "0123456789ABCDEF");
        EXPECT_EQ(facts->buildId.size(), 40u);
        EXPECT_TRUE(facts->hasDebugInfo);
    }
    EXPECT_EQ(readModuleFacts(*imageOf("gcc5/linked")).error().code, ErrorCode::Mismatch);
}

TEST_F(ModuleFile, TheNameOfOlderModulesStandsInTheirStruct)
{
    std::string bytes = contentsOf(fixture("gcc5/tiny-module.ko"));
    const auto at = bytes.find("name=tiny_module");
    ASSERT_NE(at, std::string::npos);
    bytes[at] = 'N';
    const auto path = put("renamed.ko", bytes);
    const auto facts = readModuleFacts(**ElfImage::open(path));
    ASSERT_TRUE(facts);
    EXPECT_EQ(facts->name, "tiny_module");
    EXPECT_FALSE(facts->nameIsOfFile);
}

TEST_F(ModuleFile, DebugInformationAloneHasTheNameOfItsFileAndTheBuildId)
{
    const auto facts = readModuleFacts(*imageOf("tiny-module.ko.debug"));
    ASSERT_TRUE(facts) << facts.error().message();
    EXPECT_EQ(facts->name, "tiny_module");
    EXPECT_TRUE(facts->nameIsOfFile);
    EXPECT_TRUE(facts->hasDebugInfo);
    EXPECT_EQ(facts->vermagic, "");
    EXPECT_EQ(facts->buildId, imageOf("gcc5/tiny-module.ko")->buildId());
    EXPECT_FALSE(readModuleFacts(*imageOf("stripped.ko"))->hasDebugInfo);
}

TEST_F(ModuleFile, NamesOfFiles)
{
    EXPECT_EQ(moduleNameOfFile("snd-hda-intel.ko"), "snd_hda_intel");
    EXPECT_EQ(moduleNameOfFile("xfs.ko.zst"), "xfs");
    EXPECT_EQ(moduleNameOfFile("xfs.ko.xz.debug"), "xfs");
    EXPECT_EQ(moduleNameOfFile("xfs.ko.debug.gz"), "xfs");
    for (const char *other : {"vmlinux", ".ko", "xfs.ko.txt", "xfs.o", "", "xfs.debug", "ko"})
        EXPECT_FALSE(moduleNameOfFile(other)) << other;
}

std::set<std::string> described(const std::vector<Symbol> &symbols)
{
    std::set<std::string> all;
    for (const Symbol &s : symbols) {
        if (s.kind == SymbolKind::Function || s.kind == SymbolKind::Data || s.kind == SymbolKind::PerCpu)
            all.insert(std::string(s.name) + " " + hex(s.address) + " " + std::to_string(s.size) + " " + name(s.kind) +
                       (s.global ? " global" : ""));
    }
    return all;
}

TEST_F(ModuleFile, SymbolsLieWhereALinkerPutsThem)
{
    for (const std::string variant : {"gcc5", "clang5", "arm64"}) {
        const auto image = imageOf(variant + "/tiny-module.ko");
        const auto linked = imageOf(variant + "/linked");
        ASSERT_TRUE(image && linked);
        const auto symbols = readModuleSymbols(*image, loadedAt(), "tiny_module");
        const auto expected = readElfSymbols(*linked);
        ASSERT_TRUE(symbols && expected);
        EXPECT_TRUE(std::ranges::all_of(*symbols, [](const Symbol &s) { return s.module == "tiny_module"; }));
        auto wanted = described(*expected);
        std::erase_if(wanted, [](const std::string &line) { // freed, or never loaded
            return line.starts_with("start ") || line.starts_with("settings ") || line.starts_with("modinfo_") ||
                   line.starts_with("versions ");
        });
        EXPECT_EQ(described(*symbols), wanted) << variant;
        EXPECT_TRUE(wanted.contains("buffer 0xffffffffc0006000 100 data global")) << variant;
        EXPECT_EQ(std::ranges::count_if(wanted, [](const std::string &line) { return line.contains(" percpu"); }), 2)
            << variant;
    }
}

TEST_F(ModuleFile, SymbolsOfSectionsThatAreNotLoadedAreLeftOut)
{
    const auto image = imageOf("gcc5/tiny-module.ko");
    ASSERT_TRUE(image);
    EXPECT_THAT(described(*readModuleSymbols(*image, {}, "m")), testing::IsEmpty());
    EXPECT_THAT(described(*readElfSymbols(*image)), testing::IsEmpty());
    SectionAddresses coming = loadedAt();
    coming.initIsFreed = false;
    coming.perCpu.reset();
    const auto symbols = described(*readModuleSymbols(*image, coming, "m"));
    EXPECT_THAT(symbols, testing::Contains(HasSubstr("start 0xffffffffc0007000")));
    EXPECT_THAT(symbols, testing::Not(testing::Contains(HasSubstr("first_counter"))));
}

TEST_F(ModuleFile, CompressedFilesAreKnownByTheirContents)
{
    const std::string plain = contentsOf(fixture("gcc5/tiny-module.ko"));
    for (const char *suffix : {".gz", ".xz", ".zst"}) {
        const std::string packed = contentsOf(fixture("tiny-module.ko" + std::string(suffix)));
        ASSERT_LT(packed.size(), plain.size());
        const auto image = ElfImage::open(put("anything", packed));
        ASSERT_TRUE(image) << image.error().message();
        const auto bytes = (*image)->file().bytes();
        EXPECT_TRUE(std::ranges::equal(bytes, std::as_bytes(std::span(plain)))) << suffix;
    }
}

TEST_F(ModuleFile, DamagedCompressedFilesAreRefused)
{
    for (const char *suffix : {".gz", ".xz", ".zst"}) {
        const std::string packed = contentsOf(fixture("tiny-module.ko" + std::string(suffix)));
        for (const std::size_t size : {packed.size() - 1, packed.size() / 2, std::size_t{20}, std::size_t{8}}) {
            const auto image = ElfImage::open(put("short.ko", packed.substr(0, size)));
            ASSERT_FALSE(image) << suffix << " " << size;
            EXPECT_EQ(image.error().code, ErrorCode::BadFormat);
            EXPECT_THAT(image.error().message(), HasSubstr("short.ko")) << suffix;
        }
        std::string damaged = packed;
        damaged[damaged.size() / 2] ^= 0x55;
        EXPECT_FALSE(ElfImage::open(put("damaged.ko", damaged))) << suffix;
    }
}

TEST_F(ModuleFile, ABombIsPutOut)
{
    const std::string zeros(std::size_t{8} << 20, '\0');
    uLongf size = compressBound(zeros.size());
    std::string packed(size, '\0');
    ASSERT_EQ(compress2(reinterpret_cast<Bytef *>(packed.data()), &size, reinterpret_cast<const Bytef *>(zeros.data()),
                        zeros.size(), 9),
              Z_OK);
    packed.resize(size);
    const auto bytes = decompress(std::as_bytes(std::span(packed)), Compression::Zlib, 1 << 20, "bomb.ko");
    ASSERT_FALSE(bytes);
    EXPECT_EQ(bytes.error().code, ErrorCode::Limit);
    EXPECT_THAT(bytes.error().message(), HasSubstr("bomb.ko"));
    EXPECT_EQ(decompress(std::as_bytes(std::span(packed)), Compression::Zlib, zeros.size(), "x")->size(), zeros.size());
    EXPECT_EQ(decompress(std::as_bytes(std::span(packed)), Compression::Zlib, zeros.size() - 1, "x").error().code,
              ErrorCode::Limit);
}

} // namespace
} // namespace ks
