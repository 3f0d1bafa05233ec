#include "core/memory/notes.h"
#include "core/memory/snapshot_note.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ks {
namespace {

Note noteOf(std::string_view text, std::string name = std::string(kSnapshotNoteName))
{
    const auto bytes = std::as_bytes(std::span(text));
    return {std::move(name), kNoteSnapshot, {bytes.begin(), bytes.end()}};
}

SnapshotNote parsed(std::string_view text)
{
    const Note note = noteOf(text);
    return findSnapshotNote({&note, 1}).value();
}

TEST(SnapshotNote, ComesBackAsItWas)
{
    using std::chrono::system_clock;
    SnapshotNote note;
    note.selection = "vmalloc, modules";
    note.target = "/proc/kcore";
    note.release = "6.1.0";
    note.buildId = "0123abcd";
    note.kaslrOffset = 0x1a000000;
    note.begin = system_clock::time_point(std::chrono::nanoseconds(1'764'117'000'123'456'789));
    note.end = note.begin + std::chrono::milliseconds(1500);
    note.objects = {{"init_task", "struct task_struct", AddrRange{VirtAddr(0x1000), VirtAddr(0x1fff)}},
                    {"a == b", "int", std::nullopt}};
    note.leftOut = {{VirtAddr(0xffff888000001000), VirtAddr(0xffff888000001fff)},
                    {VirtAddr(5), VirtAddr(~std::uint64_t{0})}};
    note.leftOutBytes = 12345;
    const Note other{"CORE", 1, {}};
    const Note notes[] = {other, toNote(note)};
    EXPECT_EQ(noteTypeName(notes[1]), "snapshot");
    const auto back = findSnapshotNote(notes).value();
    EXPECT_EQ(back.selection, note.selection);
    EXPECT_EQ(back.target, note.target);
    EXPECT_EQ(back.release, note.release);
    EXPECT_EQ(back.buildId, note.buildId);
    EXPECT_EQ(back.kaslrOffset, note.kaslrOffset);
    EXPECT_EQ(back.begin, note.begin);
    EXPECT_EQ(back.end, note.end);
    ASSERT_EQ(back.objects.size(), 2u);
    EXPECT_EQ(back.objects[0].expression, "init_task");
    EXPECT_EQ(back.objects[0].type, "struct task_struct");
    EXPECT_EQ(back.objects[0].range, note.objects[0].range);
    EXPECT_EQ(back.objects[1].expression, "a == b");
    EXPECT_FALSE(back.objects[1].range);
    EXPECT_EQ(back.leftOut, note.leftOut);
    EXPECT_EQ(back.leftOutBytes, 12345u);
}

TEST(SnapshotNote, AnExpressionStaysOnItsLine)
{
    SnapshotNote note;
    note.objects = {{"a\nLEFT_OUT=0x0..0xfff", "int", std::nullopt}};
    const Note written = toNote(note);
    const auto back = findSnapshotNote({&written, 1}).value();
    EXPECT_TRUE(back.leftOut.empty());
    EXPECT_EQ(back.objects[0].expression, "a LEFT_OUT=0x0..0xfff");
}

TEST(SnapshotNote, OthersAreNone)
{
    EXPECT_FALSE(findSnapshotNote({}));
    const Note vmcoreInfo = noteOf("SELECTION=ram\n", "VMCOREINFO");
    EXPECT_FALSE(findSnapshotNote({&vmcoreInfo, 1}));
    Note later = noteOf("SELECTION=ram\n");
    later.type = 2;
    EXPECT_FALSE(findSnapshotNote({&later, 1}));
}

TEST(SnapshotNote, WhatIsDamagedStaysEmpty)
{
    const auto note = parsed("BEGIN=soon\nTYPE=int\nRANGE=1..2\nKASLR-OFFSET=-1\nLEFT_OUT=0x5..0x4\nLEFT_OUT=7\n"
                             "LEFT_OUT=0x1..0x99999999999999999\nEXPRESSION=a\nRANGE=9\nLEFT_OUT_BYTES=many\nnothing");
    EXPECT_EQ(note.begin.time_since_epoch().count(), 0);
    EXPECT_FALSE(note.kaslrOffset);
    EXPECT_TRUE(note.leftOut.empty());
    ASSERT_EQ(note.objects.size(), 1u);
    EXPECT_FALSE(note.objects[0].range);
    EXPECT_TRUE(note.objects[0].type.empty());
    EXPECT_EQ(note.leftOutBytes, 0u);
}

TEST(SnapshotNote, ListsAreBounded)
{
    std::string text;
    for (int i = 0; i < 10000; ++i)
        text += "LEFT_OUT=" + std::to_string(2 * i) + ".." + std::to_string(2 * i) + "\n";
    EXPECT_EQ(parsed(text).leftOut.size(), SnapshotNote::kMaxLeftOut);
}

} // namespace
} // namespace ks
