// C's operators: each expression is evaluated here by the compiler and there by Kernoscope, and both value and type
// must be the same.
#include "core/values/expression.h"
#include "tests/support/tiny_kernel.h"

#include <gtest/gtest.h>

#include <string>
#include <type_traits>

// What these warn of is what is to be tested.
#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wparentheses"
#pragma GCC diagnostic ignored "-Wint-in-bool-context"
#pragma GCC diagnostic ignored "-Wextra"
#ifdef __clang__
#pragma GCC diagnostic ignored "-Wbitwise-op-parentheses"
#pragma GCC diagnostic ignored "-Wlogical-op-parentheses"
#pragma GCC diagnostic ignored "-Wshift-op-parentheses"
#pragma GCC diagnostic ignored "-Wtautological-constant-out-of-range-compare"
#pragma GCC diagnostic ignored "-Wunused-value"
#pragma GCC diagnostic ignored "-Wparentheses-equality"
#endif

namespace ks {
namespace {

struct Numbers {
    signed char s8;
    unsigned char u8;
    short s16;
    unsigned short u16;
    int s32;
    unsigned int u32;
    long s64;
    unsigned long u64;
};

constexpr Numbers kSamples[] = {
    {-5, 200, -300, 60000, -70000, 4000000000U, -5000000000L, 0xfedcba9876543210UL},
    {127, 1, 32767, 1, 2147483647, 1, 9223372036854775807L, 1},
    {-128, 255, -32768, 65535, -2147483647 - 1, 4294967295U, -9223372036854775807L - 1, 18446744073709551615UL},
    {3, 7, 11, 13, 17, 19, 23, 29},
};

struct Case {
    std::string text;
    std::uint64_t bits;
    std::uint64_t size;
    bool isSigned;
};

template <class T>
Case makeCase(const char *text, T value)
{
    // What is bool to C++ is int to C.
    using C = std::conditional_t<std::is_same_v<T, bool>, int, T>;
    return {text, static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<C>(value))), sizeof(C),
            std::is_signed_v<C>};
}

#define AS_C(...) makeCase(#__VA_ARGS__, (__VA_ARGS__))

/// The operators that are defined for all samples.
std::vector<Case> cases(const Numbers &n)
{
    const auto s8v = n.s8;
    const auto u8v = n.u8;
    const auto s16v = n.s16;
    const auto u16v = n.u16;
    const auto s32v = n.s32;
    const auto u32v = n.u32;
    const auto s64v = n.s64;
    const auto u64v = n.u64;
    return {
        AS_C(+s8v),
        AS_C(+u8v),
        AS_C(+s16v),
        AS_C(+u16v),
        AS_C(+s32v),
        AS_C(+u32v),
        AS_C(+s64v),
        AS_C(+u64v),
        AS_C(~s8v),
        AS_C(~u8v),
        AS_C(~u16v),
        AS_C(~s32v),
        AS_C(~u32v),
        AS_C(~s64v),
        AS_C(~u64v),
        AS_C(-u8v),
        AS_C(-s16v),
        AS_C(-u32v),
        AS_C(-u64v),
        AS_C(!s8v),
        AS_C(!u64v),
        AS_C(!!s32v),
        AS_C(s8v + u8v),
        AS_C(s16v - u16v),
        AS_C(u32v + s32v),
        AS_C(u32v - s64v / 2),
        AS_C(s8v * u8v),
        AS_C(u32v * u32v),
        AS_C(u64v * u32v),
        AS_C(u64v + s8v),
        AS_C(s32v + u64v),
        AS_C(s8v - u32v),
        AS_C(u16v - s8v),
        AS_C(s32v / 7),
        AS_C(s32v % 7),
        AS_C(s64v / -3),
        AS_C(s64v % -3),
        AS_C(u32v / s8v),
        AS_C(u64v % 1000),
        AS_C(s32v / u8v),
        AS_C(u32v / u16v),
        AS_C(s16v % u8v),
        AS_C(s64v / u32v),
        AS_C(u64v / s8v),
        AS_C(s32v < u32v),
        AS_C(s8v < u8v),
        AS_C(s64v < u64v),
        AS_C(s64v > u32v),
        AS_C(s8v <= s8v),
        AS_C(u8v >= s16v),
        AS_C(s8v == u8v),
        AS_C(s32v != u32v),
        AS_C(s16v == -300),
        AS_C(u64v == -1),
        AS_C(u32v == -1),
        AS_C(s64v == -1),
        AS_C(u8v << 3),
        AS_C(u16v << 4),
        AS_C(u32v << 31),
        AS_C(u64v << 63),
        AS_C(s32v >> 3),
        AS_C(s64v >> 63),
        AS_C(u32v >> 31),
        AS_C(s8v >> 1),
        AS_C(u64v >> 1),
        AS_C(u8v >> 7),
        AS_C(1u << 5l),
        AS_C(1l << 5u),
        AS_C(s8v & u16v),
        AS_C(s8v | u32v),
        AS_C(s64v ^ u8v),
        AS_C(u64v & ~s32v),
        AS_C(s16v ^ s8v),
        AS_C(s8v && u64v),
        AS_C(0 || s16v),
        AS_C(0 && s8v),
        AS_C(1 || s8v),
        AS_C(s8v ? s32v : u32v),
        AS_C(0 ? s8v : u8v),
        AS_C(u8v == 200 ? s64v : u32v),
        AS_C(1 ? -1 : 0u),
        AS_C(0   ? 1
             : 2 ? 3
                 : 4),
        AS_C(1 ? 0 ? 5 : 6 : 7),
        AS_C(1 + 2 * 3 - 4 / 2 % 2),
        AS_C(1 << 2 + 1),
        AS_C(7 & 3 == 3),
        AS_C(1 | 2 ^ 3 & 4),
        AS_C(1 < 2 == 1),
        AS_C(10 - 3 - 2),
        AS_C(100 / 10 / 2),
        AS_C(1 || 0 && 0),
        AS_C(-2 * -3),
        AS_C(- -4),
        AS_C(~-1),
        AS_C(2 - -2),
        AS_C((s8v + 1) * 2),
        AS_C((u8v)-1),
        AS_C(((((u16v))))),
        AS_C((signed char)u8v),
        AS_C((unsigned char)s32v),
        AS_C((short)u32v),
        AS_C((unsigned short)s64v),
        AS_C((int)u64v),
        AS_C((unsigned int)s8v),
        AS_C((long)u32v),
        AS_C((unsigned long)s8v),
        AS_C((long)(int)u32v),
        AS_C((int)-1),
        AS_C((unsigned long)-1),
        AS_C(-(int)u8v),
        AS_C((long)s8v + 1),
        AS_C(0),
        AS_C(42),
        AS_C(2147483647),
        AS_C(2147483648),
        AS_C(0x7fffffff),
        AS_C(0x80000000),
        AS_C(0xffffffff),
        AS_C(0x100000000),
        AS_C(0x8000000000000000),
        AS_C(0xffffffffffffffff),
        AS_C(017),
        AS_C(0b1011),
        AS_C(1u),
        AS_C(1l),
        AS_C(1ul),
        AS_C(1lu),
        AS_C(1UL),
        AS_C(1ll),
        AS_C(1ull),
        AS_C(4294967296u),
        AS_C(0Xf0),
        AS_C(-2147483648),
        AS_C(sizeof(int)),
        AS_C(sizeof(char)),
        AS_C(sizeof s64v),
        AS_C(sizeof(s16v)),
        AS_C(sizeof(s8v + s8v)),
        AS_C(sizeof(unsigned long)),
        AS_C(sizeof(s32v / 0 + u64v)),
        AS_C(sizeof -u8v),
        AS_C(sizeof(u8v) - 1),
    };
}

TEST(Operators, AgreeWithTheCompiler)
{
    test::TinyKernel kernel;
    for (const Numbers &sample : kSamples) {
        const auto put = [&](unsigned index, auto value) { kernel.memory.set(kernel.kNumbers + index * 8, value); };
        put(0, sample.s8), put(1, sample.u8), put(2, sample.s16), put(3, sample.u16);
        put(4, sample.s32), put(5, sample.u32), put(6, sample.s64), put(7, sample.u64);
        for (const Case &c : cases(sample)) {
            SCOPED_TRACE(c.text);
            const auto value = evaluate(kernel.context(), c.text);
            ASSERT_TRUE(value) << value.error().message();
            EXPECT_EQ(value->scalar().value_or(0xbad), c.bits);
            EXPECT_EQ(value->type().size(), c.size);
            EXPECT_EQ(value->isSigned(), c.isSigned);
        }
    }
}

std::uint64_t bitsOf(const test::TinyKernel &kernel, std::string_view text)
{
    const auto value = evaluate(kernel.context(), text);
    EXPECT_TRUE(value) << value.error().message();
    const auto bits = value ? value->scalar() : Result<std::uint64_t>(0);
    EXPECT_TRUE(bits) << bits.error().message();
    return bits.value_or(0xbad);
}

std::string typeOf(const test::TinyKernel &kernel, std::string_view text)
{
    const auto value = evaluate(kernel.context(), text);
    return value ? value->type().spelling() : value.error().message();
}

TEST(Operators, CharacterConstantsAreInts)
{
    const test::TinyKernel kernel;
    EXPECT_EQ(bitsOf(kernel, "'A'"), 65U);
    EXPECT_EQ(bitsOf(kernel, R"('\n')"), 10U);
    EXPECT_EQ(bitsOf(kernel, R"('\0')"), 0U);
    EXPECT_EQ(bitsOf(kernel, R"('\x7f')"), 127U);
    EXPECT_EQ(bitsOf(kernel, R"('\101')"), 65U);
    EXPECT_EQ(bitsOf(kernel, R"('\'')"), 39U);
    EXPECT_EQ(bitsOf(kernel, R"('\\')"), 92U);
    EXPECT_EQ(typeOf(kernel, "'A'"), "int");
}

TEST(Operators, WhatCLeavesUndefinedWraps)
{
    const test::TinyKernel kernel;
    EXPECT_EQ(static_cast<std::int64_t>(bitsOf(kernel, "2147483647 + 1")), -2147483648LL);
    EXPECT_EQ(bitsOf(kernel, "0x7fffffffffffffff + 1"), 0x8000000000000000U);
    EXPECT_EQ(static_cast<std::int64_t>(bitsOf(kernel, "(-2147483647 - 1) / -1")), -2147483648LL);
    EXPECT_EQ(bitsOf(kernel, "(-0x7fffffffffffffff - 1) / -1"), 0x8000000000000000U);
    EXPECT_EQ(bitsOf(kernel, "(-0x7fffffffffffffff - 1) % -1"), 0U);
    EXPECT_EQ(static_cast<std::int64_t>(bitsOf(kernel, "1 << 31")), -2147483648LL);
}

TEST(Operators, PointersMoveByWhatTheyPointTo)
{
    const test::TinyKernel kernel;
    const std::uint64_t task = kernel.kTask.value;
    EXPECT_EQ(bitsOf(kernel, "&init_task + 1"), task + sizeof(test::TinyTask));
    EXPECT_EQ(bitsOf(kernel, "2 + &init_task"), task + 2 * sizeof(test::TinyTask));
    EXPECT_EQ(bitsOf(kernel, "&init_task - 1"), task - sizeof(test::TinyTask));
    EXPECT_EQ(bitsOf(kernel, "&init_task + -1"), task - sizeof(test::TinyTask));
    EXPECT_EQ(bitsOf(kernel, "(char *)&init_task + 1"), task + 1);
    EXPECT_EQ(bitsOf(kernel, "(void *)&init_task + 1"), task + 1);
    EXPECT_EQ(bitsOf(kernel, "&table[5] - &table[2]"), 3U);
    EXPECT_EQ(static_cast<std::int64_t>(bitsOf(kernel, "&table[2] - &table[5]")), -3);
    EXPECT_EQ(typeOf(kernel, "&table[5] - &table[2]"), "long");
    EXPECT_EQ(typeOf(kernel, "&init_task + 1"), "struct task_struct *");
    EXPECT_EQ(bitsOf(kernel, "&table[5] > &table[2]"), 1U);
    EXPECT_EQ(bitsOf(kernel, "(char *)-1 > (char *)1"), 1U);
    EXPECT_EQ(bitsOf(kernel, "init_task.parent == &init_task"), 1U);
    EXPECT_EQ(bitsOf(kernel, "!init_task.parent"), 0U);
    EXPECT_EQ(bitsOf(kernel, "init_task.parent && 1"), 1U);
    EXPECT_EQ(bitsOf(kernel, "*(table + 3)"), std::uint64_t(-1));
    EXPECT_EQ(bitsOf(kernel, "(&table[3])[-2]"), std::uint64_t(-9));
    EXPECT_EQ(bitsOf(kernel, "(1 ? &init_task : 0)->pid"), 0U);
}

TEST(Operators, PointersWrapAtTheEndOfTheAddressSpace)
{
    const test::TinyKernel kernel;
    EXPECT_EQ(bitsOf(kernel, "(char *)0 - 1"), ~std::uint64_t{0});
    EXPECT_EQ(bitsOf(kernel, "(char *)0xffffffffffffffff + 1"), 0U);
    EXPECT_EQ(bitsOf(kernel, "(long *)0xfffffffffffffff8 + 2"), 8U);
    EXPECT_EQ(bitsOf(kernel, "*(unsigned long *)0xfffffffffffffff8"), 0x1122334455667788U);
    EXPECT_EQ(bitsOf(kernel, "*(unsigned char *)0xffffffffffffffff"), 0x11U);
    EXPECT_EQ(bitsOf(kernel, "((struct list_head *)0xfffffffffffffff0)->prev"), 0x1122334455667788U);
    const auto straddling = evaluate(kernel.context(), "*(struct list_head *)0xfffffffffffffff8");
    ASSERT_TRUE(straddling);
    ASSERT_TRUE(straddling->missing());
    EXPECT_FALSE(straddling->bytes());
}

} // namespace
} // namespace ks
