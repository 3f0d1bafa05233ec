// How values look, as data and as text.
#include "core/values/expression.h"
#include "core/values/format.h"
#include "tests/support/tiny_kernel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstring>
#include <string>

namespace ks {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class Format : public testing::Test {
protected:
    Value value(std::string_view text) const
    {
        const auto result = evaluate(context, text);
        EXPECT_TRUE(result) << result.error().message();
        return result.value_or(Value());
    }
    std::string line(std::string_view text, const FormatOptions &options = {}) const
    {
        return summarize(context, value(text), options);
    }
    std::string block(std::string_view text, const FormatOptions &options = {}) const
    {
        return formatValue(context, value(text), options);
    }
    Decoded decoded(std::string_view text, const FormatOptions &options = {}) const
    {
        return decode(context, value(text), options);
    }
    /// The member of a decoded record.
    static const Decoded &member(const Decoded &record, std::string_view name)
    {
        for (const auto &[itsName, itsValue] : std::get<Decoded::Record>(record.data).members) {
            if (itsName == name)
                return itsValue;
        }
        throw std::out_of_range(std::string(name));
    }

    test::TinyKernel kernel;
    EvalContext context = kernel.context();
};

TEST_F(Format, WholeStruct)
{
    EXPECT_EQ(block("init_task"), R"({
    .pid = 0,
    .policy = 5,
    .prio = 120,
    .nice = -17,
    .full = 4275878552,
    .wide = 737894400291,
    .offset = -123456,
    .comm = "swapper/0",
    .tasks = {
        .next = 0xffff888000001028,
        .prev = 0xffff888000002028,
    },
    .word = 67305985,
    .bytes = {1, 2, 3, 4},
    .kind = PIDTYPE_SID (3),
    .flags = READ | EXECUTE (5),
    .level = LOWEST (-1),
    .parent = 0xffffffff82000000 init_task,
    .function = 0xffffffff81000040 schedule,
    .text = 0xffffffff82200100 banner "Linux 6.1\t\"x\"",
    .isOk = true,
    .load = 0.25,
    .matrix = {
        [0] = {-1, 0, 1},
        [1] = {2, 3, 4},
    },
    .children = {
        [0] = {
            .next = 0x1,
            .prev = 0x2,
        },
        [1] = {
            .next = 0x3,
            .prev = 0x4,
        },
    },
})");
}

TEST_F(Format, DecodedIsPlainData)
{
    const Decoded task = decoded("init_task");
    EXPECT_EQ(task.typeName, "struct task_struct");
    EXPECT_EQ(std::get<std::int64_t>(member(task, "pid").data), 0);
    EXPECT_EQ(std::get<std::uint64_t>(member(task, "wide").data), 0xabcdef0123U);
    EXPECT_EQ(member(task, "wide").bits, 40U);
    EXPECT_EQ(std::get<std::string>(member(task, "comm").data), "swapper/0");
    EXPECT_EQ(member(task, "comm").typeName, "char [16]");
    EXPECT_TRUE(std::get<bool>(member(task, "isOk").data));
    EXPECT_EQ(std::get<double>(member(task, "load").data), 0.25);
    const auto &kind = std::get<Decoded::EnumValue>(member(task, "kind").data);
    EXPECT_EQ(kind.name, "PIDTYPE_SID");
    EXPECT_EQ(kind.value, 3);
    const auto &parent = std::get<Decoded::Pointer>(member(task, "parent").data);
    EXPECT_EQ(parent.value, kernel.kTask.value);
    EXPECT_EQ(parent.symbol, "init_task");
    EXPECT_EQ(member(task, "text").pointedText, "Linux 6.1\t\"x\"");
    // Members of anonymous unions stand in their parent.
    EXPECT_EQ(std::get<std::uint64_t>(member(task, "word").data), 0x04030201U);
    const auto &bytes = std::get<Decoded::Array>(member(task, "bytes").data);
    EXPECT_EQ(bytes.total, 4U);
    EXPECT_EQ(std::get<std::uint64_t>(bytes.elements[3].data), 4U);
}

TEST_F(Format, Enums)
{
    EXPECT_EQ(line("(enum pid_type)1"), "PIDTYPE_TGID (1)");
    EXPECT_EQ(line("(enum pid_type)2"), "2"); // 3 is two bits: no set of flags
    EXPECT_EQ(line("(enum access)0"), "NONE (0)");
    EXPECT_EQ(line("(enum access)6"), "WRITE | EXECUTE (6)");
    EXPECT_EQ(line("(enum access)0x21"), "READ | 0x20 (33)");
    EXPECT_EQ(line("(enum access)0x20"), "32");
    EXPECT_EQ(line("(enum level)-1"), "LOWEST (-1)");
    EXPECT_EQ(line("(enum level)-2"), "-2");
    EXPECT_EQ(line("(enum level)0x100000000"), "FAR (4294967296)");
}

TEST_F(Format, IntegerStyles)
{
    const FormatOptions hexadecimal{.integers = IntegerStyle::Hex};
    EXPECT_EQ(line("-1", hexadecimal), "0xffffffff");
    EXPECT_EQ(line("(short)-1", hexadecimal), "0xffff");
    EXPECT_EQ(line("-1l", hexadecimal), "0xffffffffffffffff");
    EXPECT_EQ(line("init_task.nice", hexadecimal), "0x2f"); // six bits
    EXPECT_EQ(line("init_task.kind", hexadecimal), "PIDTYPE_SID (0x3)");
    EXPECT_EQ(line("'a'"), "97"); // an int
    EXPECT_EQ(line("(char)97"), "'a' (97)");
    EXPECT_EQ(line("(char)97", hexadecimal), "'a' (0x61)");
    EXPECT_EQ(line("(char)97", {.integers = IntegerStyle::Decimal}), "97");
    EXPECT_EQ(line("(char)0"), "'\\0' (0)");
    EXPECT_EQ(line("(char)'\\''"), "'\\'' (39)");
    EXPECT_EQ(line("(char)-1"), "'\\377' (-1)");
    EXPECT_EQ(line("(signed char)97"), "97");
    EXPECT_EQ(line("(u8)97"), "97");
    EXPECT_EQ(line("wide_number"), "0xab0000000000000011");
}

TEST_F(Format, Text)
{
    const auto put = [&](std::string_view bytes) {
        kernel.memory.set(kernel.kTask + offsetof(test::TinyTask, comm), std::array<char, 16>{});
        kernel.memory.write(kernel.kTask + offsetof(test::TinyTask, comm), std::as_bytes(std::span(bytes)));
        return line("init_task.comm");
    };
    using namespace std::string_view_literals;
    EXPECT_EQ(put(""), "\"\"");
    EXPECT_EQ(put("sixteen letters!"), "\"sixteen letters!\"");
    EXPECT_EQ(put("init\0left"sv), "\"init\\0left\"");
    EXPECT_EQ(put("a\0001"sv), "\"a\\0001\""); // the digit that follows does not join the escape
    EXPECT_EQ(put("\x01\x1f\x7f\xff"sv), "\"\\1\\37\\177\\377\"");
    EXPECT_EQ(put("\a\b\t\n\v\f\r\\\""sv), R"("\a\b\t\n\v\f\r\\\"")");
    EXPECT_EQ(put("gr\xc3\xbc\xc3\x9f"sv), "\"gr\xc3\xbc\xc3\x9f\"");                   // UTF-8
    EXPECT_EQ(put("\xc0\xaf\xed\xa0\x80\xc3"sv), "\"\\300\\257\\355\\240\\200\\303\""); // overlong, surrogate, cut off
    EXPECT_EQ(put("\xc2\x9b"sv), "\"\\302\\233\""); // a control character of terminals
}

TEST_F(Format, PointersToText)
{
    EXPECT_EQ(line("(char *)0"), "0x0");
    EXPECT_EQ(line("(char *)0x10"), "0x10"); // nothing to be read
    EXPECT_EQ(line("(char *)init_task.comm"), "0xffffffff82000018 init_task+0x18 \"swapper/0\"");
    EXPECT_EQ(line("(char *)&jiffies"), "0xffffffff82200000 jiffies"); // no text
    EXPECT_EQ(line("(unsigned char *)init_task.comm"), "0xffffffff82000018 init_task+0x18");
    EXPECT_EQ(line("(char *)0xfffffffffffffff0"), "0xfffffffffffffff0 \"\"");
    EXPECT_EQ(formatPointer(context, kernel.kTask.value + 8), "0xffffffff82000008 init_task+0x8");
    EXPECT_EQ(formatPointer(context, 0x10), "0x10");
}

TEST_F(Format, UnreadablePartsAreMarkedAndTheRestIsShown)
{
    const VirtAddr list = kernel.kTask + offsetof(test::TinyTask, tasks);
    kernel.memory.mark(list + 8, 8, {PageStatus::Unmapped});
    EXPECT_EQ(block("init_task.tasks"),
              "{\n    .next = 0xffff888000001028,\n    .prev = ?? (no page is mapped there),\n}");
    EXPECT_EQ(line("init_task.tasks"), "{next: 0xffff888000001028, prev: ?? (no page is mapped there)}");
    EXPECT_THAT(block("init_task"), HasSubstr(".comm = \"swapper/0\""));
    const Decoded decodedList = decoded("init_task.tasks");
    const auto &missing = std::get<Decoded::Unreadable>(member(decodedList, "prev").data);
    EXPECT_EQ(missing.address, list + 8);
    EXPECT_EQ(missing.state.status, PageStatus::Unmapped);
    // An object of which nothing is there is one `??`.
    kernel.memory.mark(list, 16, {PageStatus::Error, EIO});
    EXPECT_THAT(block("init_task.tasks"), StartsWith("?? (the read failed: Input/output error)"));
    EXPECT_THAT(block("init_task"), HasSubstr(".tasks = ?? (the read failed"));
    // Half a char array is no text.
    kernel.memory.mark(kernel.kTask + offsetof(test::TinyTask, comm) + 2, 14, {PageStatus::Denied, EPERM});
    EXPECT_THAT(block("init_task.comm"),
                testing::AllOf(StartsWith("{'s' (115), 'w' (119), [2 ... 15] = ?? (the system refused the read: "),
                               Not(HasSubstr("\n"))));
    EXPECT_THAT(line("*(struct task_struct *)0x1000"), testing::StrEq("?? (in no segment of the target)"));
}

TEST_F(Format, ObjectAcrossTheEndOfTheAddressSpace)
{
    EXPECT_EQ(line("*(struct list_head *)0xfffffffffffffff8"),
              "{next: 0x1122334455667788, prev: ?? (in no segment of the target)}");
}

TEST_F(Format, DepthAndElements)
{
    EXPECT_EQ(line("init_task", {.depth = 0}), "{...}");
    EXPECT_THAT(block("init_task", {.depth = 1}), HasSubstr(".tasks = {...},"));
    EXPECT_THAT(block("init_task", {.depth = 1}), HasSubstr(".matrix = {...},"));
    EXPECT_THAT(block("init_task", {.depth = 1}), HasSubstr(".comm = \"swapper/0\","));
    EXPECT_THAT(block("init_task", {.depth = 2}), HasSubstr(".matrix = {{...}, {...}},"));
    EXPECT_EQ(line("table", {.elements = 3}), "{-10, -9, -6, ... (5 more)}");
    EXPECT_EQ(block("table", {.elements = 3}), "{-10, -9, -6, ... (5 more)}");
    EXPECT_EQ(line("table", {.elements = 0}), "{... (8 more)}");
    const auto closed = decoded("init_task", {.depth = 0});
    EXPECT_TRUE(std::get<Decoded::Record>(closed.data).closed);
    // Nothing is opened to show that an array is empty.
    EXPECT_THAT(block("packet", {.depth = 1}), HasSubstr(".data = {},"));
}

TEST_F(Format, LongRowsAreBroken)
{
    kernel.types.variable("row", kernel.types.array(kernel.types.base("int"), 60),
                          kernel.kData + 0x900 - kernel.kKaslr);
    const std::string text = block("row");
    EXPECT_THAT(text, StartsWith("{\n    0, 0,"));
    EXPECT_THAT(text, testing::EndsWith(", 0,\n}"));
    for (std::size_t start = 0, end = 0; end != std::string::npos; start = end + 1) {
        end = text.find('\n', start);
        EXPECT_LE(std::min(end, text.size()) - start, 100U);
    }
}

TEST_F(Format, SummariesAreShort)
{
    const std::string text = line("init_task");
    EXPECT_THAT(text, StartsWith("{pid: 0, policy: 5, prio: 120, "));
    EXPECT_THAT(text, testing::EndsWith(", ...}"));
    EXPECT_LT(text.size(), 200U);
    EXPECT_THAT(text, Not(HasSubstr("\n")));
}

TEST_F(Format, HostileTypesEnd)
{
    // A struct that holds itself, and arrays of arrays without end.
    auto self = kernel.types.structure("self");
    self.size(8);
    self.memberAt("again", self, 0).memberAt("", self, 0);
    EXPECT_THAT(block("*(struct self *)0xffffffff82200000"), HasSubstr("nested too deeply"));
    TypeId nested = kernel.types.base("int");
    for (int i = 0; i < 10; ++i)
        nested = kernel.types.array(nested, 20);
    kernel.types.typedefOf("nested", nested);
    const auto started = std::chrono::steady_clock::now();
    EXPECT_THAT(block("*(nested *)0xffffffff82200000"), HasSubstr("too large to be shown at once"));
    EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(20));
    kernel.types.typedefOf("broken", kernel.types.add({.kind = TypeKind::Broken, .name = "no such DIE"}));
    EXPECT_EQ(
        summarize(context, Value::inMemory(kernel.types.type(NameClass::Typedef, "broken"), kernel.kData, nullptr)),
        "?? (no such DIE)");
}

} // namespace
} // namespace ks
