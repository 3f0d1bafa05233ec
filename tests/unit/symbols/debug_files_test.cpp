#include "core/symbols/debug_files.h"

#include "elf_builder.h"
#include "tests/support/fake_source.h"

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <unistd.h>

namespace ks {
namespace {

using test::kText;
using test::smallVmlinux;
using testing::HasSubstr;

class DebugFiles : public testing::Test {
protected:
    void SetUp() override
    {
        std::string pattern = testing::TempDir() + "debug_files_XXXXXX";
        ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
        root_ = pattern;
    }
    void TearDown() override { std::filesystem::remove_all(root_); }

    std::filesystem::path put(const std::string &path, const std::string &bytes)
    {
        const auto full = root_ / path;
        std::filesystem::create_directories(full.parent_path());
        std::ofstream(full, std::ios::binary) << bytes;
        return full;
    }
    static std::string id(const char *twoDigits)
    {
        std::string text;
        for (int i = 0; i < 20; ++i)
            text += twoDigits;
        return text;
    }

    std::filesystem::path root_;
    VmcoreInfo info_ = VmcoreInfo::parse("OSRELEASE=6.1.0-test\nBUILD-ID=" + id("22") + "\nKERNELOFFSET=1000000\n");
};

TEST_F(DebugFiles, TheBuildIdIsFoundFirst)
{
    put("usr/lib/debug/boot/vmlinux-6.1.0-test", smallVmlinux('\x22', "6.1.0-test"));
    const auto byId =
        put("usr/lib/debug/.build-id/22/" + id("22").substr(2) + ".debug", smallVmlinux('\x22', "6.1.0-test"));
    const auto found = findVmlinux({.vmcoreInfo = &info_}, root_);
    ASSERT_TRUE(found) << found.error().message();
    EXPECT_EQ(found->image->path(), byId);
    EXPECT_EQ(found->verdict.belonging, Belonging::Yes);
}

TEST_F(DebugFiles, OtherKernelsAndStrippedFilesArePassedOver)
{
    put("usr/lib/debug/boot/vmlinux-6.1.0-test", smallVmlinux('\x33', "6.1.0-test"));
    put("usr/lib/debug/lib/modules/6.1.0-test/vmlinux", "not an ELF file");
    test::ElfBuilder stripped;
    stripped.buildId(std::string(20, '\x22'));
    put("lib/modules/6.1.0-test/build/vmlinux", stripped.build());
    const auto none = findVmlinux({.vmcoreInfo = &info_}, root_);
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, ErrorCode::NotFound);
    EXPECT_THAT(none.error().message(),
                testing::AllOf(HasSubstr("6.1.0-test"), HasSubstr(id("33")),
                               HasSubstr("build/vmlinux: it has no symbols"), HasSubstr("linux-image-6.1.0-test-dbg")));

    const auto right = put("boot/vmlinux-6.1.0-test", smallVmlinux('\x22', "6.1.0-test"));
    const auto found = findVmlinux({.vmcoreInfo = &info_}, root_);
    ASSERT_TRUE(found) << found.error().message();
    EXPECT_EQ(found->image->path(), right);
}

TEST_F(DebugFiles, AForeignVmlinuxIsRefusedWithBothBuildIds)
{
    const auto path = put("vmlinux", smallVmlinux('\x33', "6.1.0-test"));
    const auto opened = openVmlinux(path, {.vmcoreInfo = &info_});
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::Mismatch);
    EXPECT_THAT(opened.error().message(),
                testing::AllOf(HasSubstr(path.string()), HasSubstr(id("33")), HasSubstr(id("22"))));
}

TEST_F(DebugFiles, TheNoteInMemoryCountsMoreThanVmcoreInfo)
{
    const auto path = put("vmlinux", smallVmlinux('\x33', "6.1.0-test"));
    const std::string note = test::ElfBuilder::note(std::string(20, '\x33'));
    const std::uint64_t notes = kText + 0x1000000 + 0x2000;
    test::FakeSource memory;
    memory.add(VirtAddr(notes), note);
    const std::vector<Symbol> runtime = {{"__start_notes", {}, VirtAddr(notes)},
                                         {"__stop_notes", {}, VirtAddr(notes + note.size())}};
    const KernelEvidence kernel{.vmcoreInfo = &info_, .memory = &memory, .runtime = runtime};
    EXPECT_EQ(kernelBuildId(kernel), id("33"));
    EXPECT_TRUE(openVmlinux(path, kernel));
    const auto other = openVmlinux(put("other", smallVmlinux('\x22', "6.1.0-test")), kernel);
    ASSERT_FALSE(other);
    EXPECT_THAT(other.error().message(), testing::AllOf(HasSubstr(id("33")), HasSubstr(id("22"))));
}

TEST_F(DebugFiles, TheBannerInMemoryDecidesWhereIdsAreMissingOrDamaged)
{
    const auto path = put("vmlinux", smallVmlinux('\x33', "6.1.0-test"));
    test::FakeSource memory;
    memory.add(VirtAddr(kText + 0x1000000 + 0x1000), "Linux version 6.1.0-test (a test)\n");
    const auto damaged = openVmlinux(path, {.vmcoreInfo = &info_, .memory = &memory});
    ASSERT_TRUE(damaged) << damaged.error().message();
    EXPECT_EQ(damaged->verdict.belonging, Belonging::Yes);

    const auto silent = VmcoreInfo::parse("OSRELEASE=6.1.0-test\nKERNELOFFSET=1000000\n");
    EXPECT_EQ(openVmlinux(path, {.vmcoreInfo = &silent, .memory = &memory})->verdict.belonging, Belonging::Yes);
    memory.write(VirtAddr(kText + 0x1000000 + 0x1010), std::as_bytes(std::span("x", 1)));
    const auto other = openVmlinux(path, {.vmcoreInfo = &silent, .memory = &memory});
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().code, ErrorCode::Mismatch);
    EXPECT_THAT(other.error().message(), HasSubstr(id("33")));
}

TEST_F(DebugFiles, WithoutProofTheReleaseAndTheSymbolsMustAgree)
{
    const auto path = put("vmlinux", smallVmlinux(0, "6.1.0-test"));
    const auto silent = VmcoreInfo::parse("OSRELEASE=6.1.0-test\n");
    const auto opened = openVmlinux(path, {.vmcoreInfo = &silent});
    ASSERT_TRUE(opened) << opened.error().message();
    EXPECT_EQ(opened->verdict.belonging, Belonging::Unknown);
    EXPECT_EQ(openVmlinux(path, {})->verdict.belonging, Belonging::Unknown);

    const auto newer = VmcoreInfo::parse("OSRELEASE=6.1.0-test2\n");
    EXPECT_EQ(openVmlinux(path, {.vmcoreInfo = &newer}).error().code, ErrorCode::Mismatch);
    const std::vector<Symbol> runtime = {{"_text", {}, VirtAddr(kText)}, {"_end", {}, VirtAddr(kText + 0x3001)}};
    EXPECT_EQ(openVmlinux(path, {.vmcoreInfo = &silent, .runtime = runtime}).error().code, ErrorCode::Mismatch);
}

TEST_F(DebugFiles, AStrippedVmlinuxLeadsToItsDebugInformation)
{
    test::ElfBuilder stripped;
    stripped.buildId(std::string(20, '\x22'));
    stripped.section(".gnu_debuglink", SHT_PROGBITS, 0, 0, std::string("vm.debug\0\0\0\0", 12) + "\1\2\3\4");
    const auto path = put("boot/vmlinux-6.1.0-test", stripped.build());
    EXPECT_EQ(findVmlinux({.vmcoreInfo = &info_}, root_).error().code, ErrorCode::NotFound);
    put("boot/vm.debug", smallVmlinux('\x33', "6.1.0-test")); // another kernel's
    const auto debug = put("usr/lib/debug/boot/vm.debug", smallVmlinux('\x22', "6.1.0-test"));
    const auto found = findVmlinux({.vmcoreInfo = &info_}, root_);
    ASSERT_TRUE(found) << found.error().message();
    EXPECT_EQ(found->image->path(), debug);
    EXPECT_EQ(openVmlinux(path, {.vmcoreInfo = &info_}, root_)->image->path(), debug);
}

TEST_F(DebugFiles, ADumpCannotLeadTheSearchElsewhere)
{
    for (const char *release : {"../../../etc", ".", "", "a/b"}) {
        for (const auto &path : vmlinuxCandidates("../../../etc/passwd", release, root_))
            ADD_FAILURE() << path;
    }
    EXPECT_EQ(findVmlinux({}, root_).error().code, ErrorCode::NotFound);
}

} // namespace
} // namespace ks
