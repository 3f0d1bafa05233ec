#include "core/values/containers.h"
#include "tests/support/tiny_kernel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>

namespace ks {
namespace {

using testing::HasSubstr;

class Containers : public testing::Test {
protected:
    static constexpr VirtAddr kHead = test::TinyKernel::kTask + offsetof(test::TinyTask, tasks);
    static VirtAddr nodeOf(VirtAddr task) { return task + offsetof(test::TinyTask, tasks); }

    Walk walk(std::size_t limit = kMaxWalk) const
    {
        auto result = walkList(context, kHead, task, "tasks", limit);
        EXPECT_TRUE(result) << result.error().message();
        return result.value_or(Walk());
    }

    test::TinyKernel kernel;
    EvalContext context = kernel.context();
    Type task = kernel.types.type(NameClass::Struct, "task_struct");
};

TEST_F(Containers, WholeList)
{
    const Walk whole = walk();
    EXPECT_TRUE(whole.complete());
    EXPECT_EQ(whole.reason(), "");
    ASSERT_EQ(whole.entries.size(), 2U);
    EXPECT_EQ(whole.entries[0].object, kernel.kSecond);
    EXPECT_EQ(whole.entries[0].node, nodeOf(kernel.kSecond));
    EXPECT_EQ(whole.entries[1].object, kernel.kThird);
}

TEST_F(Containers, EmptyList)
{
    kernel.memory.set(kHead, kHead.value);
    EXPECT_TRUE(walk().complete());
    EXPECT_TRUE(walk().entries.empty());
}

TEST_F(Containers, ListsThatEndBadly)
{
    kernel.memory.set(nodeOf(kernel.kThird), nodeOf(kernel.kSecond).value);
    EXPECT_EQ(walk().end, WalkEnd::Repeat);
    EXPECT_EQ(walk().entries.size(), 2U);
    EXPECT_THAT(walk().reason(), HasSubstr("leaves out its head"));

    kernel.memory.set(nodeOf(kernel.kThird), nodeOf(kernel.kThird).value);
    EXPECT_EQ(walk().end, WalkEnd::Repeat);
    EXPECT_EQ(walk().endedAt, nodeOf(kernel.kThird));

    kernel.memory.set(nodeOf(kernel.kThird), std::uint64_t{0});
    EXPECT_EQ(walk().end, WalkEnd::Null);
    EXPECT_THAT(walk().reason(), HasSubstr("is NULL after 2 entries"));

    kernel.memory.set(nodeOf(kernel.kThird), std::uint64_t{0xdead000000000100}); // LIST_POISON1
    EXPECT_EQ(walk().end, WalkEnd::Unreadable);
    EXPECT_EQ(walk().endedAt, VirtAddr(0xdead000000000100));
    EXPECT_EQ(walk().state.status, PageStatus::Hole);
    EXPECT_EQ(walk().entries.size(), 2U);

    EXPECT_EQ(walk(1).end, WalkEnd::Limit);
    EXPECT_EQ(walk(1).entries.size(), 1U);

    kernel.memory.mark(kHead, 8, {PageStatus::Unmapped});
    EXPECT_EQ(walk().end, WalkEnd::Unreadable);
    EXPECT_EQ(walk().state.status, PageStatus::Unmapped);
}

TEST_F(Containers, LimitThatIsJustEnough) { EXPECT_TRUE(walk(2).complete()); }

TEST_F(Containers, Cancelled)
{
    Progress progress;
    progress.cancel();
    const auto result = walkList(context, kHead, task, "tasks", kMaxWalk, &progress);
    ASSERT_TRUE(result);
    EXPECT_EQ(result->end, WalkEnd::Cancelled);
}

TEST_F(Containers, MembersThatAreNoNodes)
{
    EXPECT_EQ(walkList(context, kHead, task, "task").error().code, ErrorCode::NotFound);
    EXPECT_EQ(walkList(context, kHead, task, "comm").error().code, ErrorCode::Type);
    EXPECT_EQ(walkList(context, kHead, task, "").error().code, ErrorCode::NotFound);
    EXPECT_EQ(walkList(context, kHead, task, "tasks.").error().code, ErrorCode::NotFound);
    EXPECT_EQ(walkList(context, kHead, Type::integer(4, true), "tasks").error().code, ErrorCode::NotFound);
}

TEST_F(Containers, MemberPaths)
{
    auto outer = kernel.types.structure("outer");
    outer.member("pad", kernel.types.base("int")).member("inner", task.id());
    const auto path = findMemberPath(kernel.types.type(outer), "inner.tasks.prev");
    ASSERT_TRUE(path);
    EXPECT_EQ(path->bitOffset, (8 + offsetof(test::TinyTask, tasks) + 8) * 8);
    EXPECT_EQ(path->type.spelling(), "struct list_head *");
}

TEST_F(Containers, HashLists)
{
    const Type hashed = kernel.types.type(NameClass::Struct, "hashed");
    const VirtAddr head = kernel.kData + 0x560, first = kernel.kData + 0xa00, second = kernel.kData + 0xa40;
    const auto walkHash = [&] { return *walkHashList(context, head, hashed, "link"); };
    EXPECT_TRUE(walkHash().complete());
    EXPECT_TRUE(walkHash().entries.empty());
    kernel.memory.set(head, (first + 8).value);
    kernel.memory.set(first + 8, (second + 8).value);
    EXPECT_TRUE(walkHash().complete());
    ASSERT_EQ(walkHash().entries.size(), 2U);
    EXPECT_EQ(walkHash().entries[1].object, second);
    kernel.memory.set(second + 8, std::uint64_t{0x15}); // the marker that ends a nulls list
    EXPECT_TRUE(walkHash().complete());
    kernel.memory.set(second + 8, (first + 8).value);
    EXPECT_EQ(walkHash().end, WalkEnd::Repeat);
}

} // namespace
} // namespace ks
