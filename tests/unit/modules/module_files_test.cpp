#include "core/symbols/module_files.h"

#include "core/symbols/debug_link.h"
#include "module_fixture.h"

namespace ks {
namespace {

using test::contentsOf;
using test::fixture;
using testing::AllOf;
using testing::HasSubstr;

constexpr const char *kRelease = "6.1.0-test";

class ModuleFilesTest : public test::TemporaryFolder {
protected:
    void SetUp() override
    {
        TemporaryFolder::SetUp();
        whole_ = contentsOf(fixture("gcc5/tiny-module.ko"));
        buildId_ = (*ElfImage::open(fixture("gcc5/tiny-module.ko")))->buildId().value();
        otherBuildId_ = (*ElfImage::open(fixture("gcc4/tiny-module.ko")))->buildId().value();
        ASSERT_NE(buildId_, otherBuildId_);
        module_ = {.name = "tiny_module", .buildId = buildId_, .release = kRelease};
    }
    std::filesystem::path found(const ModuleFiles &files) const
    {
        const auto result = files.find(module_);
        EXPECT_TRUE(result) << result.error().message();
        return result ? result->image->path() : std::filesystem::path();
    }

    std::string whole_, buildId_, otherBuildId_;
    ModuleEvidence module_;
};

TEST_F(ModuleFilesTest, EveryPlaceIsLookedAtInOrder)
{
    const std::string modules = std::string("lib/modules/") + kRelease;
    // From the last to the first: each new one is found before those that were there.
    for (const std::string &place : {
             modules + "/extra/tiny-module.ko",
             "usr/lib/debug/usr/" + modules + "/kernel/drivers/tiny-module.ko.debug",
             "usr/lib/debug/" + modules + "/kernel/drivers/tiny_module.ko",
             "usr/lib/debug/.build-id/" + buildId_.substr(0, 2) + "/" + buildId_.substr(2) + ".debug",
             std::string("mine/deep/tiny-module.ko"),
         }) {
        const auto path = put(place, whole_);
        EXPECT_EQ(found(ModuleFiles({root_ / "mine"}, root_)), path);
    }
}

TEST_F(ModuleFilesTest, CompressedFilesAndEitherSpellingAreFound)
{
    for (const char *suffix : {".gz", ".xz", ".zst"}) {
        const auto path = put("dir" + std::string(suffix) + "/tiny-module.ko" + suffix,
                              contentsOf(fixture("tiny-module.ko" + std::string(suffix))));
        module_.name = "tiny-module";
        EXPECT_EQ(found(ModuleFiles({path.parent_path()}, root_)), path);
    }
}

TEST_F(ModuleFilesTest, FilesOfOtherKernelsArePassedOverAndNamed)
{
    const auto other = put("mine/tiny-module.ko", contentsOf(fixture("gcc4/tiny-module.ko")));
    const auto cut = put("mine/deeper/tiny-module.ko", whole_.substr(0, 1000));
    const ModuleFiles files({root_ / "mine"}, root_);
    const auto none = files.find(module_);
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, ErrorCode::NotFound);
    EXPECT_THAT(none.error().message(),
                AllOf(HasSubstr(other.string() + ": has build-id " + otherBuildId_), HasSubstr(cut.string()),
                      HasSubstr("tiny_module"), HasSubstr(buildId_), HasSubstr("--modules-dir")));
    const auto right = put("usr/lib/debug/lib/modules/6.1.0-test/tiny-module.ko", whole_);
    EXPECT_FALSE(files.find(module_)); // a folder is read once
    EXPECT_EQ(found(ModuleFiles({root_ / "mine"}, root_)), right);
    EXPECT_EQ(openModule(other, module_).error().code, ErrorCode::Mismatch);
}

TEST_F(ModuleFilesTest, WithoutBuildIdsTheSourcesAndTheReleaseSpeak)
{
    const ModuleFacts facts{.name = "m", .vermagic = "6.1.0 SMP ", .srcversion = "AB", .buildId = "1234"};
    const auto belonging = [&](const ModuleEvidence &module) { return judgeModule(facts, module).belonging; };
    EXPECT_EQ(belonging({.name = "m", .buildId = "1234", .release = "6.2.0"}), Belonging::Yes);
    EXPECT_EQ(belonging({.name = "m", .buildId = "1235", .srcversion = "AB", .release = "6.1.0"}), Belonging::No);
    EXPECT_EQ(belonging({.name = "m", .srcversion = "AB", .release = "6.1.0"}), Belonging::Yes);
    EXPECT_EQ(belonging({.name = "m", .srcversion = "AC", .release = "6.1.0"}), Belonging::No);
    EXPECT_EQ(belonging({.name = "m", .release = "6.1.0"}), Belonging::Unknown);
    EXPECT_EQ(belonging({.name = "m", .release = "6.1.0-rc1"}), Belonging::No);
    EXPECT_EQ(belonging({.name = "n", .release = "6.1.0"}), Belonging::No);
    EXPECT_EQ(belonging({.name = "m"}), Belonging::Unknown);
}

TEST_F(ModuleFilesTest, AStrippedFileLeadsToItsDebugInformation)
{
    put("lib/modules/6.1.0-test/kernel/drivers/tiny-module.ko", contentsOf(fixture("stripped.ko")));
    const auto stripped = ModuleFiles({}, root_).find(module_);
    ASSERT_TRUE(stripped) << stripped.error().message();
    EXPECT_FALSE(stripped->facts.hasDebugInfo);
    const std::string debug = contentsOf(fixture("tiny-module.ko.debug"));
    // Out of the reach of names, so that only the link leads there.
    std::string anotherName = contentsOf(fixture("stripped.ko"));
    const auto at = anotherName.find("tiny-module.ko.debug");
    ASSERT_NE(at, std::string::npos);
    anotherName.replace(at, 20, "tiny-module.no-debug");
    put("lib/modules/6.1.0-test/kernel/drivers/tiny-module.ko", anotherName);
    for (const char *place :
         {"usr/lib/debug/lib/modules/6.1.0-test/kernel/drivers/", "lib/modules/6.1.0-test/kernel/drivers/.debug/",
          "lib/modules/6.1.0-test/kernel/drivers/"}) {
        const auto path = put(std::string(place) + "tiny-module.no-debug", debug);
        EXPECT_EQ(found(ModuleFiles({}, root_)), path);
    }
}

TEST_F(ModuleFilesTest, ALinkIsProvenByItsChecksumWhereThereIsNoBuildId)
{
    // "GNU" of the note is made unreadable in both.
    const auto blind = [](std::string bytes) {
        for (auto at = bytes.find(std::string("GNU\0", 4)); at != bytes.npos; at = bytes.find(std::string("GNU\0", 4)))
            bytes[at] = 'X';
        return bytes;
    };
    const auto stripped = ElfImage::open(put("a/stripped.ko", blind(contentsOf(fixture("stripped.ko")))));
    ASSERT_TRUE(stripped);
    ASSERT_FALSE((*stripped)->buildId());
    put("a/tiny-module.ko.debug", blind(contentsOf(fixture("tiny-module.ko.debug"))));
    const auto changed = followDebugLink(**stripped, root_);
    ASSERT_FALSE(changed);
    EXPECT_THAT(changed.error().message(), AllOf(HasSubstr("a/tiny-module.ko.debug"), HasSubstr("CRC")));
    put("a/.debug/tiny-module.ko.debug", contentsOf(fixture("tiny-module.ko.debug")));
    const auto right = followDebugLink(**stripped, root_);
    ASSERT_TRUE(right) << right.error().message();
    EXPECT_EQ((*right)->path(), root_ / "a/.debug/tiny-module.ko.debug");
}

TEST_F(ModuleFilesTest, ModulesDepTellsWhichOfTwoIsInUse)
{
    module_.buildId.clear();
    put("lib/modules/6.1.0-test/kernel/drivers/tiny-module.ko", whole_);
    const auto updated = put("lib/modules/6.1.0-test/updates/tiny-module.ko", whole_);
    put("lib/modules/6.1.0-test/modules.dep", "kernel/lib/gone.ko:\nupdates/tiny-module.ko: kernel/lib/gone.ko\n");
    EXPECT_EQ(found(ModuleFiles({}, root_)), updated);
    module_.name = "gone";
    EXPECT_EQ(ModuleFiles({}, root_).find(module_).error().code, ErrorCode::NotFound);
}

TEST_F(ModuleFilesTest, TheTreeThatAKernelWasBuiltInHoldsWhatWasStripped)
{
    put("lib/modules/6.1.0-test/kernel/drivers/net/tiny-module.ko.xz", contentsOf(fixture("stripped.ko")));
    const auto built = put("src/linux/drivers/net/tiny-module.ko", whole_);
    std::filesystem::create_directory_symlink(root_ / "src/linux", root_ / "lib/modules/6.1.0-test/build");
    EXPECT_TRUE(std::filesystem::equivalent(found(ModuleFiles({}, root_)), built));
}

TEST_F(ModuleFilesTest, ATargetCannotLeadTheSearchElsewhere)
{
    put("etc/tiny-module.ko", whole_);
    for (const char *release : {"../../etc", "..", "", "a/b"}) {
        ModuleEvidence module{.name = "tiny_module", .buildId = "../../../etc", .release = release};
        EXPECT_THAT(ModuleFiles({}, root_).candidates(module), testing::IsEmpty());
        module.name = "../tiny-module";
        EXPECT_THAT(ModuleFiles({root_ / "lib"}, root_).candidates(module), testing::IsEmpty());
    }
}

} // namespace
} // namespace ks
