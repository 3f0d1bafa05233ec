// Names, members, casts, per-CPU variables; and everything that is refused.
#include "core/values/expression.h"
#include "core/values/format.h"
#include "tests/support/tiny_kernel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <string>

namespace ks {
namespace {

using testing::HasSubstr;

Result<std::uint64_t> scalarOf(const Result<Value> &value)
{
    return value ? value->scalar() : Result<std::uint64_t>(std::unexpected(value.error()));
}

class Expression : public testing::Test {
protected:
    /// The value's one line, or the error's message.
    std::string show(std::string_view text) const
    {
        const auto value = evaluate(context, text);
        return value ? summarize(context, *value) : value.error().message();
    }
    std::string typeOf(std::string_view text) const
    {
        const auto value = evaluate(context, text);
        return value ? value->type().spelling() : value.error().message();
    }
    std::uint64_t addressOf(std::string_view text) const
    {
        const auto value = evaluate(context, text);
        return value && value->address() ? value->address()->value : 0;
    }

    test::TinyKernel kernel;
    EvalContext context = kernel.context();
};

TEST_F(Expression, MembersAtAnyDepth)
{
    EXPECT_EQ(show("init_task.pid"), "0");
    EXPECT_EQ(show("init_task.comm"), "\"swapper/0\"");
    EXPECT_EQ(addressOf("init_task.comm"), kernel.kTask.value + offsetof(test::TinyTask, comm));
    EXPECT_EQ(show("init_task.parent->parent->comm"), "\"swapper/0\"");
    EXPECT_EQ(show("(*init_task.parent).pid"), "0");
    EXPECT_EQ(show("init_task.word"), "67305985"); // seen through the anonymous union
    EXPECT_EQ(show("init_task.bytes[2]"), "3");
    EXPECT_EQ(show("init_task.matrix[1][2]"), "4");
    EXPECT_EQ(show("init_task.children[1].prev"), "0x4");
    EXPECT_EQ(show("init_task.comm[0]"), "'s' (115)");
    EXPECT_EQ(typeOf("&init_task.tasks"), "struct list_head *");
    EXPECT_EQ(show("&init_task"), "0xffffffff82000000 init_task");
    EXPECT_EQ(show("*&*&init_task.pid"), "0");
    EXPECT_EQ(show("forward->pid"), "1"); // through a forward declaration to its definition
    EXPECT_EQ(show("(*forward).comm[0]"), "'i' (105)");
    EXPECT_EQ(show("forward[1].pid").substr(0, 1), "0"); // memory of zeros behind it
}

TEST_F(Expression, BitfieldsAgreeWithTheCompiler)
{
    const test::TinyTask &task = kernel.task;
    const Type type = kernel.types.type(NameClass::Struct, "task_struct");
    ASSERT_EQ(type.size(), sizeof(test::TinyTask));
    const auto number = [&](std::string_view text) { return scalarOf(evaluate(context, text)).value_or(0xbad); };
    EXPECT_EQ(number("init_task.policy"), task.policy);
    EXPECT_EQ(number("init_task.prio"), task.prio);
    EXPECT_EQ(static_cast<std::int64_t>(number("init_task.nice")), task.nice);
    EXPECT_EQ(number("init_task.full"), task.full);
    EXPECT_EQ(number("init_task.wide"), task.wide);
    EXPECT_EQ(static_cast<std::int64_t>(number("init_task.offset")), task.offset);
    // A bitfield narrower than int becomes int.
    EXPECT_EQ(static_cast<std::int64_t>(number("init_task.policy - 6")), task.policy - 6);
    EXPECT_EQ(number("init_task.full - 0xfedcba99"), task.full - 0xfedcba99);
}

TEST_F(Expression, BitfieldThatTouchesNineBytes)
{
    auto packed = kernel.types.structure("packed");
    packed.bitfieldAt("wide", kernel.types.base("long unsigned int"), 5, 64).size(16);
    kernel.memory.set(kernel.kData + 0x700, std::uint64_t{0xfedcba9876543210});
    kernel.memory.set(kernel.kData + 0x708, std::uint64_t{0x1f});
    const auto value = evaluate(context, "((struct packed *)0xffffffff82200700)->wide");
    ASSERT_TRUE(value);
    EXPECT_EQ(value->scalar().value_or(0), (0xfedcba9876543210 >> 5) | (std::uint64_t{0x1f} << 59));
}

TEST_F(Expression, CastsAndParenthesesAreToldApart)
{
    EXPECT_EQ(show("(s32v)-1"), "-1"); // a variable in parentheses: subtraction from 0
    EXPECT_EQ(show("(u8)-1"), "255");  // a typedef: a cast
    EXPECT_EQ(show("(u8) 511"), "255");
    EXPECT_EQ(show("(task_t *)0xffffffff82000000 == &init_task"), "1");
    EXPECT_EQ(show("((task_struct *)0xffffffff82000000)->pid"), "0");
    EXPECT_EQ(show("((struct list_head *)init_task.tasks.next)->prev == &init_task.tasks"), "1");
    EXPECT_EQ(show("(*(struct task_struct *)0xffffffff82000000).comm"), "\"swapper/0\"");
    EXPECT_EQ(typeOf("(int (*)(void))&schedule"), "int (*)(void)");
    EXPECT_EQ(show("(_Bool)256"), "true");
    EXPECT_EQ(show("(enum pid_type)1"), "PIDTYPE_TGID (1)");
    EXPECT_EQ(show("((struct task_struct)init_task).pid"), "0");
    EXPECT_EQ(typeOf("(const char *)banner"), "const char *");
}

TEST_F(Expression, NamesOfEveryKind)
{
    EXPECT_EQ(show("jiffies"), "4294937296"); // declared only; its symbol says where
    EXPECT_EQ(show("banner"), R"("Linux 6.1\t\"x\"")");
    EXPECT_EQ(show("schedule"), "0xffffffff81000040 schedule");
    EXPECT_EQ(show("&schedule"), "0xffffffff81000040 schedule");
    EXPECT_EQ(show("*schedule"), "0xffffffff81000040 schedule");
    EXPECT_EQ(show("PIDTYPE_TGID"), "PIDTYPE_TGID (1)");
    EXPECT_EQ(show("PIDTYPE_PID - 1"), "-1"); // an int to C
    EXPECT_EQ(show("FAR"), "FAR (4294967296)");
    EXPECT_EQ(show("sizeof(FAR)"), "8");
    EXPECT_EQ(show("sizeof PIDTYPE_TGID"), "4");
    EXPECT_EQ(show("LOWEST < NORMAL"), "1");
    EXPECT_EQ(show("init_task.kind == PIDTYPE_SID"), "1");
    EXPECT_EQ(typeOf("&untyped"), "void *");
    EXPECT_EQ(show("&virtio_net::features"), "0xffffffffc0001000 virtio_net::features");
    EXPECT_EQ(show("*(int *)&untyped"), "0");
}

TEST_F(Expression, ExternalDefinitionsComeFirst)
{
    // Two statics of one name, then an external one: findDeclarations gives them in any order.
    const TypeId number = kernel.types.base("int");
    kernel.types.variable("twice", number, kernel.kData + 0x810 - kernel.kKaslr);
    kernel.types.variable("twice", number, kernel.kData + 0x800 - kernel.kKaslr);
    kernel.memory.set(kernel.kData + 0x800, 11);
    kernel.memory.set(kernel.kData + 0x810, 22);
    EXPECT_EQ(show("twice"), "11"); // no symbols: by address
    kernel.symbols = SymbolTable::build({{"twice", {}, kernel.kData + 0x810, 4, SymbolKind::Data, true}});
    EXPECT_EQ(show("twice"), "22"); // the one that the kernel's symbols have
}

TEST_F(Expression, Variables)
{
    context.variables.emplace("a", *evaluate(context, "init_task.tasks.next"));
    context.variables.emplace("t", *evaluate(context, "init_task"));
    EXPECT_EQ(show("container_of($a, struct task_struct, tasks)->pid"), "1");
    EXPECT_EQ(show("((struct list_head *)$a)->next == $a->next"), "1");
    // A value is one moment: what the memory says later does not change it.
    kernel.memory.set(kernel.kTask, std::int32_t{99});
    EXPECT_EQ(show("$t.pid"), "0");
    EXPECT_EQ(show("init_task.pid"), "99");
    EXPECT_THAT(show("$nothing"), HasSubstr("column 1: `$nothing` is not set"));
}

TEST_F(Expression, ContainerOfAndOffsetOf)
{
    EXPECT_EQ(show("container_of(&init_task.tasks, struct task_struct, tasks) == &init_task"), "1");
    EXPECT_EQ(show("container_of(init_task.tasks.next, struct task_struct, tasks)->pid"), "1");
    EXPECT_EQ(show("container_of(&init_task.children[1].prev, struct task_struct, children[1].prev) == &init_task"),
              "1");
    EXPECT_EQ(show("offsetof(struct task_struct, tasks)"), std::to_string(offsetof(test::TinyTask, tasks)));
    EXPECT_EQ(show("offsetof(task_t, children[s32v + 1].prev)"),
              std::to_string(offsetof(test::TinyTask, children) + sizeof(test::TinyList) + 8));
    EXPECT_EQ(show("offsetof(struct task_struct, bytes)"), std::to_string(offsetof(test::TinyTask, bytes)));
    EXPECT_EQ(typeOf("container_of(0, struct task_struct, tasks)"), "struct task_struct *");
    EXPECT_THAT(show("offsetof(struct task_struct, prio)"), HasSubstr("a bitfield has no address"));
    EXPECT_THAT(show("container_of(0, struct task_struct, task)"), HasSubstr("did you mean `tasks`?"));
}

TEST_F(Expression, PerCpuVariables)
{
    EXPECT_EQ(show("per_cpu(runqueues, 0).nr_running"), "10");
    EXPECT_EQ(show("per_cpu(runqueues, 1).nr_running"), "11");
    EXPECT_EQ(show("per_cpu(runqueues.cpu, 1)"), "1");
    EXPECT_EQ(show("per_cpu(runqueues, 1).curr->comm"), "\"swapper/0\"");
    EXPECT_EQ(addressOf("per_cpu(runqueues, 1)"), kernel.kPerCpu[1] + kernel.kRunqueueOffset);
    EXPECT_EQ(show("per_cpu_ptr(&runqueues, 1)->nr_running"), "11");
    EXPECT_EQ(show("sizeof(per_cpu(runqueues, 99))"), "16");
    EXPECT_THAT(show("per_cpu(runqueues, 2)"), HasSubstr("the kernel has 2 CPU numbers, from 0"));
    EXPECT_THAT(show("per_cpu(runqueues, -1)"), HasSubstr("the kernel has 2 CPU numbers"));
    EXPECT_THAT(show("runqueues"), HasSubstr("`runqueues` is a per-CPU variable (write per_cpu(runqueues, CPU))"));
    EXPECT_THAT(show("runqueues.cpu + 1"), HasSubstr("per_cpu(runqueues, CPU)"));
    EXPECT_THAT(show("per_cpu(init_task, 0)"), HasSubstr("this is no per-CPU variable"));
    kernel.memory.set(kernel.kData + 0x608, std::uint64_t{0});
    EXPECT_THAT(show("per_cpu(runqueues, 1)"), HasSubstr("CPU 1: it has no per-CPU area"));
}

TEST_F(Expression, PerCpuSymbolsWithAddressesOfTheirOwn)
{
    // As on arm64, and on x86-64 since 6.15: the offset is added to an ordinary address.
    const VirtAddr start(0xffffffff83000000);
    kernel.types.variable("stats", kernel.types.base("int"), start + 0x10 - kernel.kKaslr);
    kernel.symbols = SymbolTable::build({
        {"__per_cpu_start", {}, start, 0, SymbolKind::Other, true},
        {"__per_cpu_end", {}, start + 0x1000, 0, SymbolKind::Other, true},
        {"stats", {}, start + 0x10, 4, SymbolKind::Data, true},
        {"__per_cpu_offset", {}, kernel.kData + 0x600, 512, SymbolKind::Data, true},
    });
    kernel.memory.set(kernel.kData + 0x608, std::uint64_t(0) - 0x1000);
    kernel.memory.addZeros(start, 0x1000);
    kernel.memory.addZeros(start - 0x1000, 0x1000);
    kernel.memory.set(start + 0x10 - 0x1000, 5);
    EXPECT_EQ(show("per_cpu(stats, 1)"), "5");
    EXPECT_THAT(show("stats"), HasSubstr("per_cpu(stats, CPU)"));
    EXPECT_THAT(show("per_cpu(stats, 64)"), HasSubstr("the kernel has 64 CPU numbers"));
}

TEST_F(Expression, Ranges)
{
    EXPECT_EQ(show("table[0..3]"), "{-10, -9, -6, -1}");
    EXPECT_EQ(typeOf("table[0..3]"), "int [4]");
    EXPECT_EQ(show("table[7..7]"), "{39}");
    EXPECT_EQ(show("(&table[2])[-1..0]"), "{-9, -6}");
    EXPECT_EQ(show("init_task.comm[0..2]"), "\"swa\"");
    EXPECT_EQ(show("packet.data[0..packet.length]"), "{1, 2, 3, 0}");
    EXPECT_THAT(show("table[3..2]"), HasSubstr("the range ends before it begins"));
    EXPECT_THAT(show("table[0..8]"), HasSubstr("outside of `int [8]`"));
    EXPECT_THAT(show("table[0..1][0]"), HasSubstr("must be the outermost"));
    EXPECT_THAT(show("table[0..1] + 1"), HasSubstr("must be the outermost"));
    EXPECT_THAT(show("&table[0..1]"), HasSubstr("must be the outermost"));
    EXPECT_THAT(show("((int *)0)[0..0x7fffffff]"), HasSubstr("larger than 16 MiB"));
    EXPECT_THAT(show("((char *)0)[0..-1]"), HasSubstr("ends before it begins"));
    EXPECT_THAT(show("((char *)0)[-0x7fffffffffffffff..0x7fffffffffffffff]"), HasSubstr("larger than 16 MiB"));
}

TEST_F(Expression, OnlyWhatIsNeededIsRead)
{
    const auto comm = evaluate(context, "init_task.comm");
    ASSERT_TRUE(comm && comm->block());
    EXPECT_EQ(comm->block()->size(), 16U);
    const unsigned before = kernel.memory.batches();
    EXPECT_EQ(show("sizeof(*init_task.parent->parent)"), std::to_string(sizeof(test::TinyTask)));
    EXPECT_EQ(show("0 && *(int *)0"), "0");
    EXPECT_EQ(show("1 ? 2 : *(int *)0"), "2");
    EXPECT_EQ(show("&((struct task_struct *)0)->tasks == 0"), "0");
    EXPECT_EQ(show("&init_task.parent - 0 != 0"), "1");
    EXPECT_EQ(kernel.memory.batches(), before);
    // An element of an array of 8 TiB is read by itself.
    EXPECT_EQ(show("huge[0]"), "77");
    const auto whole = evaluate(context, "huge");
    ASSERT_TRUE(whole);
    EXPECT_FALSE(whole->block());
    EXPECT_THAT(summarize(context, *whole), testing::StartsWith("{77, 0, 0,"));
}

TEST_F(Expression, UnreadableMemory)
{
    EXPECT_EQ(show("*(int *)0"), "?? (in no segment of the target)");
    EXPECT_THAT(show("((struct task_struct *)0x1000)->parent->pid"),
                HasSubstr("column 31: `struct task_struct *` at 0x"));
    const auto failed = evaluate(context, "*(int *)0 + 1");
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, ErrorCode::Unreadable);
    EXPECT_THAT(failed.error().message(), HasSubstr("in no segment of the target"));
    context.memory = nullptr;
    EXPECT_EQ(show("1 + 1"), "2");
    EXPECT_EQ(show("&init_task"), "0xffffffff82000000 init_task");
    EXPECT_THAT(show("init_task.pid + 1"), HasSubstr("in no segment"));
    EXPECT_THAT(show("init_task.comm"), HasSubstr("??"));
}

struct Refusal {
    const char *text;
    ErrorCode code;
    const char *message;
};

class Refused : public testing::TestWithParam<Refusal> {};

TEST_P(Refused, SaysWhereAndWhy)
{
    const test::TinyKernel kernel;
    const Refusal &refusal = GetParam();
    const auto value = evaluate(kernel.context(), refusal.text);
    ASSERT_FALSE(value) << refusal.text;
    EXPECT_STREQ(name(value.error().code), name(refusal.code)) << value.error().message();
    EXPECT_THAT(value.error().message(), HasSubstr(refusal.message)) << refusal.text;
}

constexpr Refusal kRefusals[] = {
    {"", ErrorCode::Syntax, "column 1: the expression ends where a value should be"},
    {"   ", ErrorCode::Syntax, "column 4: the expression ends"},
    {"1 +", ErrorCode::Syntax, "column 4: the expression ends where a value should be"},
    {"(1", ErrorCode::Syntax, "column 3: the expression ends where `)` should be"},
    {"1)", ErrorCode::Syntax, "column 2: `)` stands where the end"},
    {"1 2", ErrorCode::Syntax, "column 3: `2` stands where the end"},
    {"table[1", ErrorCode::Syntax, "where `]` should be"},
    {"init_task.", ErrorCode::Syntax, "column 11: the expression ends where the name of a member should be"},
    {"init_task.5", ErrorCode::Syntax, "column 11: `5` stands where the name of a member"},
    {"1 ? 2", ErrorCode::Syntax, "where `:` should be"},
    {"@", ErrorCode::Syntax, "column 1: a character that no expression has"},
    {"\xc3\xa4", ErrorCode::Syntax, "a character that no expression has"},
    {"\"text\"", ErrorCode::Syntax, "text in quotes is not a value here"},
    {"'ab'", ErrorCode::Syntax, "a character constant holds one character"},
    {"''", ErrorCode::Syntax, "a character must stand between the quotes"},
    {"'\\q'", ErrorCode::Syntax, "no such escape"},
    {"'\\", ErrorCode::Syntax, "no such escape"},
    {"'\xe4'", ErrorCode::Syntax, "character constants go up to 0x7f"},
    {"0x", ErrorCode::Syntax, "column 3: a number must follow the prefix"},
    {"18446744073709551616", ErrorCode::Syntax, "the number does not fit in 64 bits"},
    {"12abc", ErrorCode::Syntax, "column 3: this does not belong to a number of base 10"},
    {"08", ErrorCode::Syntax, "base 8"},
    {"1.5", ErrorCode::Syntax, "floating-point constants are not supported"},
    {"$", ErrorCode::Syntax, "a name must follow `$`"},
    {"jiffies = 1", ErrorCode::Syntax, "column 9: `=` would write, and Kernoscope never writes (compare with ==)"},
    {"jiffies += 1", ErrorCode::Syntax, "`+=` would write, and Kernoscope never writes"},
    {"jiffies++", ErrorCode::Syntax, "`++` would write, and Kernoscope never writes"},
    {"--jiffies", ErrorCode::Syntax, "`--` would write, and Kernoscope never writes"},
    {"schedule(1)", ErrorCode::Syntax, "column 9: functions cannot be called"},
    {"1, 2", ErrorCode::Syntax, "the comma operator is not supported"},
    {"struct task_struct", ErrorCode::Syntax, "a type stands where a value should be"},
    {"(int){1}", ErrorCode::Syntax, "compound literals are not supported"},
    {"container_of(1, struct task_struct)", ErrorCode::Syntax, "where `,` should be"},
    {"per_cpu(runqueues)", ErrorCode::Syntax, "where `,` should be"},
    {"init_taks", ErrorCode::NotFound,
     "column 1: `init_taks`: no variable, function or enumerator has this name (did you mean `init_task`?)"},
    {"1 + jifies", ErrorCode::NotFound, "column 5: `jifies`"},
    {"init_task.com", ErrorCode::NotFound, "`struct task_struct` has no member `com` (did you mean `comm`?)"},
    {"init_task.byte", ErrorCode::NotFound, "did you mean `bytes`?"},
    {"init_task.parent.pid", ErrorCode::Type, "the left of `.` is the pointer `struct task_struct *` (use ->)"},
    {"init_task->pid", ErrorCode::Type, "the left of `->` is `struct task_struct`, not a pointer (use .)"},
    {"jiffies.x", ErrorCode::Type, "has no members"},
    {"jiffies->x", ErrorCode::Type, "is no pointer (cast it first: (TYPE *)ADDRESS)"},
    {"*jiffies", ErrorCode::Type, "is no pointer"},
    {"*init_task", ErrorCode::Type, "`struct task_struct` is neither a number nor a pointer"},
    {"*(void *)0", ErrorCode::Type, "a void pointer cannot be followed"},
    {"*&untyped", ErrorCode::Type, "a void pointer cannot be followed"},
    {"untyped", ErrorCode::Type, "no type is known for `untyped` (cast its address: *(TYPE *)&untyped)"},
    {"untyped + 1", ErrorCode::Type, "no type is known for `untyped`"},
    {"untyped.x", ErrorCode::Type, "no type is known for `untyped`"},
    {"virtio_net::features", ErrorCode::Type, "no type is known for `virtio_net::features`"},
    {"&1", ErrorCode::Type, "this is not in memory"},
    {"&init_task.prio", ErrorCode::Type, "a bitfield has no address"},
    {"sizeof init_task.prio", ErrorCode::Type, "a bitfield has no size in bytes"},
    {"sizeof(struct secret)", ErrorCode::Type, "is not known"},
    {"(&opaque)->x", ErrorCode::Type, "its definition is not in the debug information"},
    {"&opaque + 1", ErrorCode::Type, "the size of `struct secret` is not known"},
    {"1 / 0", ErrorCode::Type, "column 3: division by zero"},
    {"1 % (s32v - s32v)", ErrorCode::Type, "division by zero"},
    {"1 << 32", ErrorCode::Type, "must be by 0 to 31 bits"},
    {"1 << -1", ErrorCode::Type, "must be by 0 to 31 bits"},
    {"1ul >> 64", ErrorCode::Type, "must be by 0 to 63 bits"},
    {"&init_task * 2", ErrorCode::Type, "cannot be combined"},
    {"1 - &init_task", ErrorCode::Type, "cannot be combined"},
    {"&init_task - &init_task.tasks", ErrorCode::Type, "point to things of different sizes"},
    {"-&init_task", ErrorCode::Type, "is no integer"},
    {"~init_task.parent", ErrorCode::Type, "is no integer"},
    {"init_task + 1", ErrorCode::Type, "is neither a number nor a pointer"},
    {"init_task.load + 1", ErrorCode::Type, "floating-point arithmetic is not supported"},
    {"wide_number + 1", ErrorCode::Type, "no arithmetic with"},
    {"table[&init_task]", ErrorCode::Type, "is no integer"},
    {"table[8]", ErrorCode::Type, "the index 8 is outside of `int [8]`"},
    {"table[-1]", ErrorCode::Type, "the index -1 is outside of `int [8]`"},
    {"jiffies[0]", ErrorCode::Type, "is no pointer"},
    {"(struct task_struct)1", ErrorCode::Type, "cannot become `struct task_struct`"},
    {"(struct nothing *)1", ErrorCode::NotFound, "nothing"},
    {"(int)init_task", ErrorCode::Type, "is neither a number nor a pointer"},
    {"1 ? init_task : 2", ErrorCode::Type, "is neither a number nor a pointer"},
    {"0 && init_task", ErrorCode::Type, "is neither a number nor a pointer"},
};

INSTANTIATE_TEST_SUITE_P(Expression, Refused, testing::ValuesIn(kRefusals));

TEST_F(Expression, SizeAndDepthAreBounded)
{
    const auto code = [&](const std::string &text) {
        const auto value = evaluate(context, text);
        return value ? "none" : std::string(name(value.error().code));
    };
    EXPECT_EQ(code(std::string(1 << 20, ' ') + "1"), "limit");
    EXPECT_EQ(code(std::string(8000, '(') + "1"), "limit");
    EXPECT_EQ(code(std::string(8000, '~') + "1"), "limit");
    std::string sum = "1", chain = "init_task", choice = "1";
    for (int i = 0; i < 1000; ++i) {
        sum += "+1";
        chain += ".parent->x";
        choice += "?1:1";
    }
    EXPECT_EQ(code(sum), "limit");
    EXPECT_EQ(code(chain), "limit");
    EXPECT_EQ(code(choice), "limit");
    EXPECT_EQ(show(std::string(50, '(') + "1" + std::string(50, ')')), "1");
    EXPECT_EQ(show(sum.substr(0, 201)), "101");
}

TEST_F(Expression, NothingLoaded)
{
    const EvalContext empty;
    EXPECT_EQ(scalarOf(evaluate(empty, "6 * 7")).value_or(0), 42U);
    EXPECT_THAT(evaluate(empty, "jiffies").error().message(), HasSubstr("neither symbols nor types are loaded"));
    EXPECT_THAT(evaluate(empty, "(long)1").error().message(), HasSubstr("no types are loaded"));
    EXPECT_THAT(evaluate(empty, "per_cpu(1, 2)").error().message(), HasSubstr("no per-CPU areas"));
}

} // namespace
} // namespace ks
