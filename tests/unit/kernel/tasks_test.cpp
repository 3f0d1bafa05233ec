// How much of a task_struct is a task's own. The list of tasks is compared with that of other tools on real kernels.
#include "core/kernel/tasks.h"
#include "core/symbols/symbol_table.h"
#include "tests/support/fake_source.h"
#include "tests/support/fake_types.h"

#include <gtest/gtest.h>

namespace ks::kernel {
namespace {

constexpr VirtAddr kVariable{0xffffffff82000000};

class TaskSize : public testing::Test {
public:
    TaskSize()
    {
        auto task = types.structure("task_struct");
        task.memberAt("pid", types.base("int"), 0)
            .memberAt("thread", types.array(types.base("char"), 4096), 64)
            .size(4160);
        memory.addZeros(kVariable, kPageSize);
        symbols = SymbolTable::build(std::vector<RawSymbol>{
            {.name = "arch_task_struct_size", .address = kVariable, .size = 4, .kind = SymbolKind::Data}});
    }
    std::optional<std::uint64_t> with(std::uint32_t size)
    {
        memory.set(kVariable, size);
        memory.set<std::uint32_t>(kVariable + 4, 0xffffffff); // of another variable
        return taskSize({.memory = &memory, .symbols = &symbols, .types = &types});
    }

    test::FakeTypes types;
    test::FakeSource memory;
    SymbolTable symbols;
};

TEST_F(TaskSize, IsThatOfTheObjects)
{
    EXPECT_EQ(with(1000), 1000u);
    EXPECT_EQ(with(4160), 4160u);
    EXPECT_EQ(with(9000), 4160u); // what follows the type is not described
}

TEST_F(TaskSize, IsThatOfTheTypeWhereNothingElseIsKnown)
{
    EXPECT_EQ(with(0), 4160u);
    EXPECT_EQ(with(64), 4160u); // damaged: the last member has to begin
    EXPECT_EQ(taskSize({.memory = &memory, .types = &types}), 4160u);
    memory.mark(kVariable, kPageSize, {PageStatus::Unmapped});
    EXPECT_EQ(with(1000), 4160u);
    EXPECT_EQ(taskSize({.memory = &memory, .symbols = &symbols}), std::nullopt);
}

} // namespace
} // namespace ks::kernel
