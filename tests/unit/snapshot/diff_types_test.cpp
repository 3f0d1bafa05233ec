#include "core/live/diff_types.h"

#include "core/live/snapshot.h"
#include "core/session/layout.h"
#include "core/session/session.h"
#include "resources/demo/demo_kernel.h"
#include "tests/support/fake_source.h"
#include "tests/support/fake_types.h"
#include "tests/support/folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace ks::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class Values : public testing::Test {
protected:
    Values()
    {
        auto inner = types.structure("inner");
        inner.member("x", types.base("int")).bitfield("low", types.base("unsigned int"), 3);
        inner.bitfield("high", types.base("unsigned int"), 5);
        auto views = types.unionType("");
        views.member("word", types.base("long unsigned int"))
            .member("bytes", types.array(types.base("unsigned char"), 8));
        outer = types.structure("outer");
        outer->member("comm", types.array(types.base("char"), 8))
            .member("list", types.array(inner, 3))
            .member("", views)
            .member("next", types.pointer(inner));
    }
    ValueDiff compare(std::string_view before, std::string_view after, std::size_t limit = 10) const
    {
        return ValueComparer(side, side, limit).compare(value(before), value(after));
    }
    Value value(std::string_view bytes) const
    {
        const auto raw = std::as_bytes(std::span(bytes));
        const auto range = AddrRange::sized(kAddress, bytes.size());
        return Value::inMemory(
            types.type(*outer), kAddress,
            std::make_shared<const MemoryBlock>(kAddress, std::vector(raw.begin(), raw.end()),
                                                std::vector<StatusRun>{{*range, {PageStatus::Present}}}));
    }
    static std::vector<std::string> texts(const ValueDiff &diff)
    {
        std::vector<std::string> result;
        for (const LeafChange &change : diff.changes)
            result.push_back(change.path + ": " + summarize(change.before) + " -> " + summarize(change.after) +
                             (change.delta ? " " + std::to_string(*change.delta) : ""));
        return result;
    }

    static constexpr VirtAddr kAddress{0xffff888000000000};
    static constexpr std::size_t kSize = 48; // comm 8, list 3 * 8, views 8, next 8
    FakeTypes types;
    std::optional<FakeRecord> outer;
    SymbolTable symbols;
    DiffSide side{.context = {.symbols = &symbols, .types = &types}};
};

TEST_F(Values, LeavesThatDiffer)
{
    std::string before(kSize, '\0');
    ASSERT_EQ(types.type(*outer).size(), kSize);
    std::string after = before;
    EXPECT_THAT(compare(before, after).changes, IsEmpty());
    before.replace(0, 4, "bash");
    after.replace(0, 2, "sh");
    after[8 + 8] = 7;               // list[1].x
    after[8 + 16 + 4] = 5 | 2 << 3; // list[2].low and .high
    after[32] = 1;                  // in both views of the union
    after[40] = 0x10;               // next
    EXPECT_THAT(texts(compare(before, after)),
                ElementsAre("comm: \"bash\" -> \"sh\"", "list[1].x: 0 -> 7 7", "list[2].low: 0 -> 5 5",
                            "list[2].high: 0 -> 2 2", "word: 0 -> 1 1", "next: 0x0 -> 0x10"));
    const ValueDiff few = compare(before, after, 2);
    EXPECT_EQ(few.changes.size(), 2u);
    EXPECT_TRUE(few.more);
}

TEST_F(Values, DeltasWrap)
{
    std::string before(kSize, '\0'), after(kSize, '\0');
    before.replace(8, 4, "\xff\xff\xff\xff"); // list[0].x == -1
    after[8] = 1;
    before.replace(32, 8, "\xff\xff\xff\xff\xff\xff\xff\xff");
    after[32] = 4;
    EXPECT_THAT(texts(compare(before, after)),
                ElementsAre("list[0].x: -1 -> 1 2", "word: 18446744073709551615 -> 4 5"));
}

TEST_F(Values, WhatWasNotReadIsNoChange)
{
    const std::string before(kSize, '\0');
    EXPECT_THAT(texts(compare(before, std::string(16, '\1'))),
                ElementsAre("comm: \"\" -> \"\\1\\1\\1\\1\\1\\1\\1\\1\"", "list[0].x: 0 -> 16843009 16843009",
                            "list[0].low: 0 -> 1 1"));
}

TEST_F(Values, OfArraysOfNumbersElementsAreTold)
{
    auto raw = types.structure("raw");
    raw.member("address", types.array(types.base("unsigned char"), 6))
        .member("name", types.array(types.base("char"), 6));
    outer = raw;
    const std::string before("\1\2\3\4\5\6"
                             "one\0\0x",
                             12);
    std::string after = before;
    after[3] = 9;
    EXPECT_THAT(texts(compare(before, after)), ElementsAre("address[3]: 4 -> 9 5"));
    // A text that reads the same on both sides says nothing: the byte behind its end does.
    after = before;
    after[11] = 'y';
    const auto told = texts(compare(before, after));
    ASSERT_EQ(told.size(), 1u);
    EXPECT_NE(told[0].find('x'), std::string::npos) << told[0];
    EXPECT_NE(told[0].find('y'), std::string::npos) << told[0];
}

TEST_F(Values, WhatLiesBehindTheObjectIsNotItsOwn)
{
    const std::string before(kSize, '\0');
    std::string after = before;
    after[8] = 1;  // list[0].x
    after[40] = 1; // next
    const ValueComparer comparer(side, side, 10);
    EXPECT_THAT(texts(comparer.compare(value(before), value(after), 40)), ElementsAre("list[0].x: 0 -> 1 1"));
    EXPECT_THAT(texts(comparer.compare(value(before), value(after), kSize)),
                ElementsAre("list[0].x: 0 -> 1 1", "next: 0x0 -> 0x1"));
}

TEST_F(Values, ATypeThatHoldsItselfEnds)
{
    auto endless = types.structure("endless");
    endless.memberAt("a", endless, 0).memberAt("b", endless, 0).size(8);
    outer = endless;
    EXPECT_TRUE(compare(std::string(8, 'a'), std::string(8, 'b')).more);
}

class DiffTypes : public testing::Test {
protected:
    std::shared_ptr<const Session> open(const demo::DemoKernel &kernel, const std::filesystem::path &file = {})
    {
        SessionOptions options;
        options.core = file;
        if (file.empty()) {
            options.coreFd = kernel.coreFd();
            options.live = true;
        }
        options.kallsymsFd = kernel.kallsymsFd();
        options.vmlinux = kernel.vmlinuxPath();
        options.useCache = false;
        return Session::open(options, progress).value();
    }
    std::shared_ptr<const Session> frozen(const demo::DemoKernel &kernel)
    {
        const auto live = open(kernel);
        const auto file = folder / std::to_string(folder.names().size());
        const SnapshotRequest request{.ranges = rangesOf(live->segments(), kRamKinds), .note = {}};
        EXPECT_TRUE(saveSnapshot(live->memory(), request, file, NewFile::Existing::Keep, progress));
        return open(kernel, file);
    }
    static DiffSide side(const Session &session)
    {
        return {.context = session.context(),
                .segments = &session.segments(),
                .layout =
                    findLayout(session.memory(), session.symbols(), session.vmcoreInfo(), session.info().kaslrOffset),
                .buildId = session.info().buildId};
    }
    TypesDiff diff(const Session &a, const Session &b, const TypesDiffOptions &options = {})
    {
        changes.clear();
        const auto found = [&](const ObjectChange &change) {
            changes.push_back(change);
            return changes.size() < limit;
        };
        return diffTypes(side(a), side(b), options, found, progress).value();
    }
    const LeafChange *leaf(std::string_view object, std::string_view path) const
    {
        for (const ObjectChange &change : changes)
            for (const LeafChange &each : change.diff.changes)
                if (change.name == object && each.path == path)
                    return &each;
        return nullptr;
    }
    std::set<std::int64_t> pids(ObjectFate fate) const
    {
        std::set<std::int64_t> result;
        for (const ObjectChange &change : changes)
            if (change.kind == ObjectKind::Task && change.fate == fate)
                result.insert(change.pid);
        return result;
    }

    Folder folder;
    std::vector<ObjectChange> changes;
    std::size_t limit = ~std::size_t{0};
    Progress progress;
};

TEST_F(DiffTypes, ATickingKernel)
{
    const auto kernel = demo::DemoKernel::create(3).value();
    const auto leaders = [&] {
        std::set<std::int64_t> result;
        for (const demo::DemoTask &task : kernel->tasks())
            if (task.pid == task.tgid)
                result.insert(task.pid);
        return result;
    };
    kernel->tickOnce(1000);
    const auto before = frozen(*kernel);
    const auto pidsBefore = leaders();
    kernel->tickOnce(1000);
    const auto after = open(*kernel);
    const auto pidsAfter = leaders();
    const TypesDiff result = diff(*before, *after);
    EXPECT_THAT(result.problems, IsEmpty());
    EXPECT_GT(result.variables, 50u);
    EXPECT_EQ(result.modules, 1u);

    ASSERT_TRUE(leaf("jiffies_64", ""));
    EXPECT_EQ(leaf("jiffies_64", "")->delta, 1000);
    ASSERT_TRUE(leaf("jiffies", ""));
    EXPECT_EQ(leaf("jiffies", "")->delta, 1000);
    ASSERT_TRUE(leaf("per_cpu(runqueues, 3)", "clock"));
    EXPECT_NEAR(static_cast<double>(leaf("per_cpu(runqueues, 3)", "clock")->delta.value()), 4e9, 1e7);
    ASSERT_TRUE(leaf("compute", "utime"));
    EXPECT_GT(leaf("compute", "utime")->delta, 0);
    EXPECT_FALSE(leaf("linux_banner", ""));

    std::set<std::int64_t> started, ended;
    std::ranges::set_difference(pidsAfter, pidsBefore, std::inserter(started, started.end()));
    std::ranges::set_difference(pidsBefore, pidsAfter, std::inserter(ended, ended.end()));
    EXPECT_FALSE(started.empty());
    EXPECT_EQ(pids(ObjectFate::Appeared), started);
    EXPECT_EQ(pids(ObjectFate::Gone), ended);
}

TEST_F(DiffTypes, OnlyWhatIsWanted)
{
    const auto kernel = demo::DemoKernel::create(3).value();
    const auto before = frozen(*kernel);
    kernel->tickOnce(400);
    const auto after = open(*kernel);
    diff(*before, *after, {.modules = false, .variables = false});
    EXPECT_FALSE(changes.empty());
    EXPECT_TRUE(std::ranges::all_of(changes, [](const ObjectChange &c) { return c.kind == ObjectKind::Task; }));
    diff(*before, *after, {.tasks = false, .modules = false});
    EXPECT_FALSE(changes.empty());
    EXPECT_TRUE(std::ranges::all_of(changes, [](const ObjectChange &c) { return c.kind == ObjectKind::Variable; }));
    limit = 2;
    EXPECT_FALSE(diff(*before, *after).complete);
    EXPECT_EQ(changes.size(), 2u);
}

TEST_F(DiffTypes, NothingWhereNothingHappened)
{
    const auto kernel = demo::DemoKernel::create(5).value();
    const auto before = frozen(*kernel);
    const auto after = open(*kernel);
    EXPECT_EQ(diff(*before, *after).changes, 0u);
}

TEST_F(DiffTypes, PointersThatMeanTheSameInAnotherLayout)
{
    const auto one = demo::DemoKernel::create(1).value();
    const auto two = demo::DemoKernel::create(2).value();
    ASSERT_NE(one->kaslrOffset(), two->kaslrOffset());
    const auto a = open(*one);
    const auto b = open(*two);
    const TypesDiff result = diff(*a, *b);
    EXPECT_GT(result.tasks, 10u);
    EXPECT_THAT(pids(ObjectFate::Appeared), IsEmpty());
    EXPECT_THAT(pids(ObjectFate::Gone), IsEmpty());
    EXPECT_TRUE(leaf("page_offset_base", ""));
    EXPECT_FALSE(leaf("swapper/0", "active_mm"));
    EXPECT_FALSE(leaf("init_task", "group_leader"));
    EXPECT_FALSE(leaf("file_systems", ""));
    EXPECT_FALSE(leaf("demo_file_operations", "read"));
}

} // namespace
} // namespace ks::test
