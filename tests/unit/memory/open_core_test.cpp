// Opening real files.
#include "core/memory/open_core.h"

#include <gtest/gtest.h>

namespace ks {
namespace {

TEST(OpenCore, TellsWhyKcoreCannotBeOpened)
{
    const std::string_view open = "[none] integrity confidentiality\n";
    const std::string_view locked = "none integrity [confidentiality]\n";
    EXPECT_EQ(classifyKcoreErrno(ENOENT, open, true), KcoreProblem::Missing);
    EXPECT_EQ(classifyKcoreErrno(EACCES, open, false), KcoreProblem::NoRight);
    EXPECT_EQ(classifyKcoreErrno(EPERM, open, false), KcoreProblem::NoRight);
    EXPECT_EQ(classifyKcoreErrno(EPERM, locked, true), KcoreProblem::Lockdown);
    EXPECT_EQ(classifyKcoreErrno(EACCES, locked, false), KcoreProblem::Lockdown);
    EXPECT_EQ(classifyKcoreErrno(EPERM, {}, true), KcoreProblem::Lockdown);
    EXPECT_EQ(classifyKcoreErrno(EMFILE, open, true), KcoreProblem::Other);
    EXPECT_NE(kcoreError(KcoreProblem::Lockdown, kKcorePath).message().find("lockdown=confidentiality"),
              std::string::npos);
}

TEST(OpenCore, AnEmptyKcoreIsItsOwnError)
{
    // What a container puts over /proc/kcore.
    const auto opened = openKcore("/dev/null");
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().problem, KcoreProblem::Empty);
    const auto source = openCore("/dev/null");
    ASSERT_FALSE(source);
    EXPECT_NE(source.error().message().find("empty"), std::string::npos);
}

} // namespace
} // namespace ks
