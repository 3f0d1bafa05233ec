#include "core/values/value_style.h"

#include "core/values/expression.h"
#include "tests/support/tiny_kernel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace ks {
namespace {

class ValueStyles : public testing::Test {
protected:
    std::string show(ValueStyle style, std::string_view expression) const
    {
        const auto value = evaluate(context, expression);
        EXPECT_TRUE(value) << value.error().message();
        return value ? summarizeAs(style, context, *value, decode(context, *value)) : "";
    }

    test::TinyKernel kernel;
    EvalContext context = kernel.context();
};

TEST_F(ValueStyles, Names)
{
    for (const char *word : {"c", "hex", "dec", "time", "flags", "symbol", "enum"}) {
        ASSERT_TRUE(parseValueStyle(word)) << word;
        EXPECT_STREQ(name(*parseValueStyle(word)), word);
    }
    EXPECT_FALSE(parseValueStyle("roman"));
    EXPECT_FALSE(parseValueStyle(""));
}

TEST_F(ValueStyles, Numbers)
{
    EXPECT_EQ(show(ValueStyle::C, "(unsigned char)65"), "65");
    EXPECT_EQ(show(ValueStyle::Hex, "(short)-2"), "0xfffe");
    EXPECT_EQ(show(ValueStyle::Decimal, "(short)-2"), "-2");
    EXPECT_EQ(show(ValueStyle::Hex, "init_task.prio"), "0x78");
}

TEST_F(ValueStyles, Flags)
{
    EXPECT_EQ(show(ValueStyle::Flags, "(unsigned int)0x20009"), "0x20009 (bits 0 3 17)");
    EXPECT_EQ(show(ValueStyle::Flags, "8"), "0x8 (bit 3)");
    EXPECT_EQ(show(ValueStyle::Flags, "0"), "0");
    EXPECT_EQ(show(ValueStyle::Flags, "init_task.flags"), "0x5 (READ | EXECUTE)");
    EXPECT_EQ(show(ValueStyle::Flags, "(enum access)0"), "0 (NONE)");
    EXPECT_EQ(show(ValueStyle::Flags, "(enum access)10"), "0xa (WRITE | bit 3)");
    EXPECT_EQ(show(ValueStyle::Flags, "(short)-32768"), "0x8000 (bit 15)") << "a sign is one bit";
}

TEST_F(ValueStyles, SymbolsAndEnumerators)
{
    EXPECT_EQ(show(ValueStyle::Symbol, "&init_task"), hex(kernel.kTask) + " init_task");
    EXPECT_EQ(show(ValueStyle::Symbol, "(unsigned long)&init_task + 4"), hex(kernel.kTask + 4) + " init_task+0x4");
    EXPECT_EQ(show(ValueStyle::Symbol, "16"), "0x10");
    EXPECT_EQ(show(ValueStyle::Enum, "init_task.kind"), "PIDTYPE_SID");
    EXPECT_EQ(show(ValueStyle::Enum, "(enum pid_type)77"), "77");
    EXPECT_EQ(show(ValueStyle::Time, "init_task.comm"), "\"swapper/0\"") << "no number, so as in C";
}

TEST_F(ValueStyles, Times)
{
    EXPECT_EQ(durationText(0), "0 ns");
    EXPECT_EQ(durationText(999), "999 ns");
    EXPECT_EQ(durationText(12'345), "12.345 us");
    EXPECT_EQ(durationText(1'000'000), "1 ms");
    EXPECT_EQ(durationText(3'250'000'000), "3.25 s");
    EXPECT_EQ(durationText(72'300'000'000), "1m 12.3s");
    EXPECT_EQ(durationText(3'723'000'000'000), "1h 02m 03s");
    EXPECT_EQ(durationText(183'912'000'000'000), "2d 03h 05m 12s");
    EXPECT_EQ(durationText(~std::uint64_t{0}), "213503d 23h 34m 33s");
    EXPECT_EQ(show(ValueStyle::Time, "(int)1500"), "1.5 us");
    EXPECT_EQ(show(ValueStyle::Time, "(int)-1500"), "-1.5 us");
    // This kernel does not tell how long a jiffy is.
    EXPECT_EQ(show(ValueStyle::Time, "(unsigned long)77"), "77 jiffies");
}

TEST_F(ValueStyles, JiffiesWhereTheKernelTellsTheirLength)
{
    test::FakeTypes types;
    types.variable("tick_nsec", types.base("long unsigned int"), VirtAddr(0xffffffff82000000));
    test::FakeSource memory;
    memory.addZeros(VirtAddr(0xffffffff82000000), 8);
    memory.set(VirtAddr(0xffffffff82000000), std::uint64_t{4'000'000});
    const EvalContext other{.memory = &memory, .types = &types};
    const auto text = [&](std::uint64_t count) {
        const Value value = Value::temporary(types.type(types.base("long unsigned int")), count);
        return summarizeAs(ValueStyle::Time, other, value, decode(other, value));
    };
    const std::uint64_t initial = static_cast<std::uint32_t>(-300 * 250);
    EXPECT_EQ(text(initial + 500), "2 s since boot (" + std::to_string(initial + 500) + " jiffies)");
    EXPECT_EQ(text(25), "100 ms (25 jiffies)");
    EXPECT_EQ(text(~std::uint64_t{0}).substr(0, 7), "213503d");
}

TEST_F(ValueStyles, SameContent)
{
    const auto decoded = [&](std::string_view expression) {
        return decode(context, evaluate(context, expression).value());
    };
    EXPECT_TRUE(sameContent(decoded("init_task"), decoded("init_task")));
    const Decoded before = decoded("init_task");
    test::TinyTask task = kernel.task;
    task.matrix[1][2] += 1;
    kernel.memory.set(kernel.kTask, task);
    EXPECT_FALSE(sameContent(before, decoded("init_task")));
    EXPECT_FALSE(sameContent(decoded("1"), decoded("1U"))) << "a signed and an unsigned number";
    EXPECT_FALSE(sameContent(decoded("*(int *)0"), decoded("*(int *)8")));
    task.load = std::numeric_limits<double>::quiet_NaN();
    kernel.memory.set(kernel.kTask, task);
    EXPECT_TRUE(sameContent(decoded("init_task.load"), decoded("init_task.load")));
}

TEST_F(ValueStyles, AnExpressionIsParsedOnceAndEvaluatedOften)
{
    const auto expression = Expression::parse(context, "init_task.pid + jiffies * sizeof(task_t) + $offset");
    ASSERT_TRUE(expression);
    EXPECT_EQ(expression->text(), "init_task.pid + jiffies * sizeof(task_t) + $offset");
    EXPECT_THAT(expression->identifiers(), testing::ElementsAre("init_task", "jiffies"));
    context.variables["offset"] = Value::temporary(Type::integer(4, true), 3);
    for (const std::uint64_t jiffies : {1, 2}) {
        kernel.memory.set(kernel.kData, jiffies);
        EXPECT_EQ(expression->evaluate(context)->scalar(), jiffies * sizeof(test::TinyTask) + 3);
    }
    EXPECT_EQ(Expression::parse(context, "1 +").error().code, ErrorCode::Syntax);
}

} // namespace
} // namespace ks
