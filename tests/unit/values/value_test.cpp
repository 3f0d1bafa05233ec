#include "core/values/context.h"
#include "core/values/value.h"
#include "tests/support/tiny_kernel.h"

#include <gtest/gtest.h>

namespace ks {
namespace {

class ValueTest : public testing::Test {
protected:
    test::TinyKernel kernel;
    EvalContext context = kernel.context();
    Type task = kernel.types.type(NameClass::Struct, "task_struct");
};

TEST_F(ValueTest, ChildrenShareOneRead)
{
    const unsigned before = kernel.memory.batches();
    const Value whole = readValue(context, task, kernel.kTask);
    EXPECT_EQ(kernel.memory.batches(), before + 1);
    EXPECT_FALSE(whole.missing());
    ASSERT_TRUE(whole.bytes());
    EXPECT_EQ(whole.bytes()->size(), sizeof(test::TinyTask));
    for (const Member &member : task.node().members) {
        const auto child = whole.member(member);
        ASSERT_TRUE(child);
        EXPECT_EQ(child->block(), whole.block());
        EXPECT_FALSE(readValue(context, *child).missing());
    }
    const auto matrix = whole.member(findMember(task, "matrix")->member);
    ASSERT_TRUE(matrix);
    const auto row = matrix->element(1);
    ASSERT_TRUE(row);
    EXPECT_EQ(row->element(2)->scalar().value_or(0), 4U);
    EXPECT_FALSE(matrix->element(2));
    EXPECT_FALSE(row->element(0)->element(0));
    EXPECT_EQ(kernel.memory.batches(), before + 1);
}

TEST_F(ValueTest, MissingBytesAreNamed)
{
    kernel.memory.mark(kernel.kTask + 4, 4, {PageStatus::Excluded});
    const Value whole = readValue(context, task, kernel.kTask);
    ASSERT_TRUE(whole.missing());
    EXPECT_EQ(whole.missing()->range.first, kernel.kTask + 4);
    EXPECT_EQ(whole.missing()->state.status, PageStatus::Excluded);
    EXPECT_FALSE(whole.bytes());
    EXPECT_TRUE(whole.member(findMember(task, "pid")->member)->scalar());
    const auto prio = whole.member(findMember(task, "prio")->member)->scalar();
    ASSERT_FALSE(prio);
    EXPECT_EQ(prio.error().code, ErrorCode::Unreadable);
    EXPECT_EQ(prio.error().message(), "`unsigned int` at 0xffffffff82000004: left out of the dump");
}

TEST_F(ValueTest, Temporaries)
{
    const Value minusOne = Value::temporary(Type::integer(4, true), ~std::uint64_t{0});
    EXPECT_FALSE(minusOne.address());
    EXPECT_FALSE(minusOne.missing());
    EXPECT_TRUE(minusOne.isSigned());
    EXPECT_EQ(minusOne.scalar().value_or(0), ~std::uint64_t{0});
    EXPECT_TRUE(minusOne.bytes() && minusOne.bytes()->empty());
    EXPECT_FALSE(minusOne.element(0));
    EXPECT_FALSE(Value().scalar());
}

TEST_F(ValueTest, UnreadObjectsAreNotThere)
{
    const Value unread = Value::inMemory(task, kernel.kTask, nullptr);
    ASSERT_TRUE(unread.missing());
    EXPECT_EQ(unread.missing()->range.size(), sizeof(test::TinyTask));
    EXPECT_FALSE(unread.bytes());
    EXPECT_FALSE(readValue(context, unread).missing());
    EXPECT_FALSE(unread.scalar());
    // Too large to be read as a whole; its elements are not.
    const Value huge = readValue(context, Type::arrayOf(Type::integer(8, false), std::uint64_t{1} << 40), kernel.kData);
    EXPECT_FALSE(huge.block());
    EXPECT_FALSE(readValue(context, *huge.element(2)).missing());
}

TEST_F(ValueTest, FlexibleArraysHaveElements)
{
    const Type packet = kernel.types.type(NameClass::Struct, "packet");
    const Value whole = readValue(context, packet, kernel.kData + 0x200);
    const auto data = whole.member(packet.node().members[1]);
    ASSERT_TRUE(data);
    EXPECT_EQ(data->size(), 0U);
    const auto element = data->element(1);
    ASSERT_TRUE(element);
    EXPECT_EQ(element->address(), kernel.kData + 0x205);
    EXPECT_FALSE(element->scalar()); // not in the block of the struct
    EXPECT_EQ(readValue(context, element->type(), *element->address()).scalar().value_or(0), 2U);
}

} // namespace
} // namespace ks
