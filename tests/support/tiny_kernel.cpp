#include "tests/support/tiny_kernel.h"

#include <cstddef>
#include <cstring>
#include <string>

namespace ks::test {

TinyKernel::TinyKernel()
{
    addTypes();
    addSymbols();
    addMemory();
}

EvalContext TinyKernel::context() const
{
    return {.memory = &memory, .symbols = &symbols, .types = &types, .kaslrOffset = kKaslr};
}

void TinyKernel::addTypes()
{
    const TypeId int32 = types.base("int"), uint32 = types.base("unsigned int");
    const TypeId int64 = types.base("long int"), uint64 = types.base("long unsigned int");
    const TypeId character = types.base("char");
    const TypeId u8 = types.typedefOf("u8", types.base("unsigned char"));

    auto list = types.structure("list_head");
    list.member("next", types.pointer(list)).member("prev", types.pointer(list));
    auto hashNode = types.structure("hlist_node");
    hashNode.member("next", types.pointer(hashNode)).member("pprev", types.pointer(types.pointer(hashNode)));
    auto hashHead = types.structure("hlist_head");
    hashHead.member("first", types.pointer(hashNode));

    const TypeId kind = types.enumeration("pid_type", {{"PIDTYPE_PID", 0}, {"PIDTYPE_TGID", 1}, {"PIDTYPE_SID", 3}});
    const TypeId flags = types.enumeration("access", {{"NONE", 0}, {"READ", 1}, {"WRITE", 2}, {"EXECUTE", 4}});
    const TypeId level =
        types.enumeration("level", {{"LOWEST", ~std::uint64_t{0}}, {"NORMAL", 0}, {"FAR", 0x100000000}}, 8, true);

    auto anonymous = types.unionType("");
    anonymous.member("word", uint32).member("bytes", types.array(u8, 4));
    const TypeId callback = types.function(std::nullopt, {{"signal", int32}});
    auto taskType = types.structure("task_struct");
    taskType.member("pid", int32)
        .bitfield("policy", uint32, 3)
        .bitfield("prio", uint32, 7)
        .bitfield("nice", int32, 6)
        .bitfield("full", uint32, 32)
        .bitfield("wide", uint64, 40)
        .bitfield("offset", int64, 24)
        .member("comm", types.array(character, 16))
        .member("tasks", list)
        .member("", anonymous)
        .member("kind", kind)
        .member("flags", flags)
        .member("level", level)
        .member("parent", types.pointer(taskType))
        .member("function", types.pointer(callback))
        .member("text", types.pointer(types.qualified(TypeKind::Const, character)))
        .member("isOk", types.base("_Bool"))
        .member("load", types.floating("double", 8))
        .member("matrix", types.array(types.array(types.base("short int"), 3), 2))
        .member("children", types.array(list, 2));
    types.typedefOf("task_t", taskType);

    auto packet = types.structure("packet");
    packet.member("length", uint32).member("data", types.array(u8, std::nullopt));
    auto rq = types.structure("rq");
    rq.member("nr_running", uint32).member("cpu", int32).member("curr", types.pointer(taskType));

    types.variable("init_task", taskType, kTask - kKaslr);
    const char *const names[] = {"s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64"};
    const char *const bases[] = {"signed char", "unsigned char", "short int", "short unsigned int",
                                 "int",         "unsigned int",  "long int",  "long unsigned int"};
    for (unsigned i = 0; i < 8; ++i)
        types.variable(std::string(names[i]) + "v", types.base(bases[i]), kNumbers + i * 8 - kKaslr);
    // Declared only: the linker script says where it is.
    types.variable("jiffies", types.qualified(TypeKind::Volatile, uint64));
    types.variable("banner", types.array(types.qualified(TypeKind::Const, character), std::nullopt),
                   kData + 0x100 - kKaslr);
    types.variable("packet", packet, kData + 0x200 - kKaslr);
    types.variable("opaque", types.declaration(TypeKind::Struct, "secret"), kData + 0x300 - kKaslr);
    types.variable("wide_number",
                   types.add({.kind = TypeKind::Integer, .name = "unsigned __int128", .byteSize = 16}, 16),
                   kData + 0x310 - kKaslr);
    types.variable("huge", types.array(uint64, std::uint64_t{1} << 40), kData + 0x400 - kKaslr);
    types.variable("table", types.array(int32, 8), kData + 0x500 - kKaslr);
    types.variable("forward", types.pointer(types.declaration(TypeKind::Struct, "task_struct")),
                   kData + 0x540 - kKaslr);
    types.variable("runqueues", rq, VirtAddr(kRunqueueOffset));
    types.variable("__per_cpu_offset", types.array(uint64, 64), kData + 0x600 - kKaslr);
    types.variable("bucket", hashHead, kData + 0x560 - kKaslr);
    auto hashed = types.structure("hashed");
    hashed.member("key", uint64).member("link", hashNode);
    types.functionDeclaration("schedule", callback, kText + 0x40 - kKaslr);
}

void TinyKernel::addSymbols()
{
    std::vector<RawSymbol> raw;
    const auto add = [&](std::string name, VirtAddr address, std::uint64_t size, SymbolKind kind, bool global = true) {
        raw.push_back({std::move(name), {}, address, size, kind, global});
    };
    add("init_task", kTask, sizeof(TinyTask), SymbolKind::Data);
    add("schedule", kText + 0x40, 0x20, SymbolKind::Function);
    const char *const names[] = {"s8v", "u8v", "s16v", "u16v", "s32v", "u32v", "s64v", "u64v"};
    for (unsigned i = 0; i < 8; ++i)
        add(names[i], kNumbers + i * 8, 8, SymbolKind::Data);
    add("jiffies", kData, 8, SymbolKind::Data);
    add("jiffies_64", kData, 8, SymbolKind::Data);
    add("banner", kData + 0x100, 14, SymbolKind::Data);
    add("packet", kData + 0x200, 0, SymbolKind::Data);
    add("untyped", kData + 0x300, 8, SymbolKind::Data);
    add("wide_number", kData + 0x310, 16, SymbolKind::Data);
    add("table", kData + 0x500, 32, SymbolKind::Data);
    add("bucket", kData + 0x560, 8, SymbolKind::Data);
    add("__per_cpu_offset", kData + 0x600, 512, SymbolKind::Data);
    add("nr_cpu_ids", kData + 0x20, 4, SymbolKind::Data);
    add("__per_cpu_start", VirtAddr(0), 0, SymbolKind::Absolute);
    add("__per_cpu_end", VirtAddr(0x30000), 0, SymbolKind::Absolute);
    add("runqueues", VirtAddr(kRunqueueOffset), 16, SymbolKind::PerCpu);
    raw.push_back({"features", "virtio_net", VirtAddr(0xffffffffc0001000), 8, SymbolKind::Data, false});
    symbols = SymbolTable::build(std::move(raw));
}

void TinyKernel::addMemory()
{
    const auto nodeOf = [](VirtAddr at) { return at.value + offsetof(TinyTask, tasks); };
    task.pid = 0;
    task.policy = 5;
    task.prio = 120;
    task.nice = -17;
    task.full = 0xfedcba98;
    task.wide = 0xabcdef0123;
    task.offset = -123456;
    std::memcpy(task.comm, "swapper/0", 9);
    task.tasks = {nodeOf(kSecond), nodeOf(kThird)};
    task.word = 0x04030201;
    task.kind = TinyPid::Session;
    task.flags = static_cast<TinyFlag>(5);
    task.level = TinyLevel::Lowest;
    task.parent = kTask.value;
    task.function = kText.value + 0x40;
    task.text = kData.value + 0x100;
    task.isOk = true;
    task.load = 0.25;
    std::int16_t count = -1;
    for (auto &row : task.matrix)
        for (auto &cell : row)
            cell = count++;
    task.children[0] = {1, 2};
    task.children[1] = {3, 4};

    TinyTask second = task, third = task;
    second.pid = 1;
    std::memcpy(second.comm, "init\0leftovers", 15);
    second.tasks = {nodeOf(kThird), nodeOf(kTask)};
    third.pid = 2;
    third.tasks = {nodeOf(kTask), nodeOf(kSecond)};

    memory.addZeros(kText, 0x1000);
    memory.addZeros(kTask, 0x1000);
    memory.addZeros(kSecond, 0x2000);
    memory.addZeros(kNumbers, 0x1000);
    memory.addZeros(kData, 0x1000);
    memory.addZeros(kEnd, 16);
    memory.set(kTask, task);
    memory.set(kSecond, second);
    memory.set(kThird, third);
    memory.set(kData, std::uint64_t{4294937296});
    memory.set(kData + 0x20, std::uint32_t{2});
    memory.write(kData + 0x100, std::as_bytes(std::span(std::string_view("Linux 6.1\t\"x\""))));
    memory.set(kData + 0x200, std::uint32_t{3});
    memory.set(kData + 0x204, std::uint32_t{0x030201});
    memory.set(kData + 0x310, std::uint64_t{0x11});
    memory.set(kData + 0x318, std::uint64_t{0xab});
    memory.set(kData + 0x400, std::uint64_t{77});
    for (unsigned i = 0; i < 8; ++i)
        memory.set(kData + 0x500 + i * 4, std::int32_t(i * i) - 10);
    memory.set(kData + 0x540, kSecond.value);
    memory.set(kEnd + 8, std::uint64_t{0x1122334455667788});
    for (unsigned i = 0; i < 64; ++i)
        memory.set(kData + 0x600 + i * 8, i < 2 ? kPerCpu[i] : kPerCpu[0]);
    for (unsigned cpu = 0; cpu < 2; ++cpu) {
        memory.addZeros(VirtAddr(kPerCpu[cpu]) + kRunqueueOffset, 16);
        memory.set(VirtAddr(kPerCpu[cpu]) + kRunqueueOffset, std::uint32_t{10 + cpu});
        memory.set(VirtAddr(kPerCpu[cpu]) + kRunqueueOffset + 4, std::uint32_t{cpu});
        memory.set(VirtAddr(kPerCpu[cpu]) + kRunqueueOffset + 8, kTask.value);
    }
}

} // namespace ks::test
