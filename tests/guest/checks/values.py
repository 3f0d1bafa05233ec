"""`print` gives the same values as drgn does in the same guest, for every task."""
import json
import os
import time

import drgn
from drgn.helpers.linux.list import list_for_each_entry

from common import check, cli, cli_json, finish, number, save_core

prog = drgn.Program()
prog.set_core_dump("/proc/kcore")
release = os.uname().release
prog.load_debug_info([f"/usr/lib/debug/boot/vmlinux-{release}"])


def plain(obj):
    """A drgn object in the form of the contract's JSON: enums by name, char arrays as text, pointers as numbers."""
    kind = obj.type_
    while kind.kind == drgn.TypeKind.TYPEDEF:
        kind = kind.type
    if kind.kind in (drgn.TypeKind.STRUCT, drgn.TypeKind.UNION):
        result = {}
        for member in kind.members or ():
            try:
                value = obj.member_(member.name) if member.name else drgn.Object(
                    obj.prog_, member.type, address=obj.address_ + member.offset)
            except (LookupError, AttributeError):
                continue
            if member.name:
                result[member.name] = plain(value)
            else:
                result.update(plain(value))
        return result
    if kind.kind == drgn.TypeKind.ARRAY:
        element = kind.type
        while element.kind == drgn.TypeKind.TYPEDEF:
            element = element.type
        if element.kind == drgn.TypeKind.INT and element.size == 1 and element.name in ("char", "signed char"):
            return ("text", obj.string_() if kind.length else b"")
        return [plain(obj[i]) for i in range(kind.length or 0)]
    if kind.kind == drgn.TypeKind.ENUM:
        value = obj.value_()
        for name, enumerator in kind.enumerators or ():
            if enumerator == value:
                return ("enum", name, value)
        return ("enum", None, value)
    value = obj.value_()
    return int(value)


def count(value):
    if isinstance(value, dict):
        return sum(map(count, value.values()))
    return sum(map(count, value)) if isinstance(value, list) else 1


def differences(theirs, ours, path=""):
    """(path, drgn's value, ours) of every leaf that differs."""
    if isinstance(theirs, dict):
        if not isinstance(ours, dict):
            return [(path, theirs, ours)]
        found = [(f"{path}.{key}", "only one side has it") for key in theirs.keys() ^ ours.keys()]
        for key in theirs.keys() & ours.keys():
            found += differences(theirs[key], ours[key], f"{path}.{key}")
        return found
    if isinstance(theirs, list):
        if not isinstance(ours, list) or len(ours) != len(theirs):
            return [(path, theirs, ours)]
        found = []
        for i, (their, our) in enumerate(zip(theirs, ours)):
            found += differences(their, our, f"{path}[{i}]")
        return found
    return [] if same(theirs, ours) else [(path, theirs, ours)]


def same(theirs, ours):
    if isinstance(theirs, tuple) and theirs[0] == "text":
        return isinstance(ours, str) and ours.encode("utf-8", "replace").split(b"\0")[0] == \
            theirs[1].decode("utf-8", "replace").encode("utf-8", "replace")
    if isinstance(theirs, tuple):
        return ours in (theirs[1], theirs[2])
    if isinstance(ours, (dict, list)) or ours is None:
        return False
    try:
        return number(ours) % 2**64 == theirs % 2**64
    except ValueError:
        return False


simple = cli_json("print", "init_task.comm", "linux_banner", "init_uts_ns.name.release", "jiffies")
check("init_task.comm", simple[0]["value"] == prog["init_task"].comm.string_().decode(), simple[0])
check("linux_banner", simple[1]["value"].rstrip("\n") == prog["linux_banner"].string_().decode().rstrip("\n"), simple[1])
check("init_uts_ns.name.release", simple[2]["value"] == release, simple[2])
first = number(simple[3]["value"])
between = prog["jiffies_64"].value_()  # drgn finds no address for the alias `jiffies`
time.sleep(0.1)
second = number(cli_json("print", "jiffies")[0]["value"])
check("jiffies moved, and drgn's reading lies between", first <= between <= second and first < second, (first, between, second))
check("jiffies has the type unsigned long", simple[3]["type"].replace("volatile ", "") in ("unsigned long", "long unsigned int"),
      simple[3])

# Whole structs of a running kernel change while they are read, twice as much while the reader is a task itself. So both
# tools read one and the same core of this kernel, and every value has to be equal.
CORE = "/share/core"
save_core(CORE)
frozen = drgn.Program()
frozen.set_core_dump(CORE)
frozen.load_debug_info([f"/usr/lib/debug/boot/vmlinux-{release}"])
tasks = [frozen["init_task"].address_of_()] + list(
    list_for_each_entry("struct task_struct", frozen["init_task"].tasks.address_of_(), "tasks"))
check("there are tasks to compare", len(tasks) > 20, len(tasks))
ours = cli_json("--core", CORE, "print", *[f"*(struct task_struct *){hex(t.value_())}" for t in tasks])
wrong = []
leaves = 0
for task, answer in zip(tasks, ours):
    if answer.get("type") != "struct task_struct" or number(answer["address"]) != task.value_():
        wrong.append((hex(task.value_()), answer.get("error"), answer.get("type")))
        continue
    theirs = plain(task[0])
    leaves += count(theirs)
    wrong += [(hex(task.value_()), *d) for d in differences(theirs, answer["value"])]
check(f"*(struct task_struct *) of {len(tasks)} tasks: all {leaves} values equal drgn's", not wrong, wrong[:20])
check("info counts the tasks that the list holds", cli_json("--core", CORE, "info")["tasks"] == len(tasks), len(tasks))
os.remove(CORE)

# The running kernel: what does not change from one moment to the next.
tasks = [prog["init_task"].address_of_()] + list(
    list_for_each_entry("struct task_struct", prog["init_task"].tasks.address_of_(), "tasks"))
live = cli_json("print", *[f"((struct task_struct *){hex(t.value_())})->{member}" for t in tasks for member in ("comm", "pid")])
check("comm and pid of every task of the running kernel",
      [a["value"] for a in live] == [v for t in tasks for v in (t.comm.string_().decode(), t.pid.value_())], live[:4])

per_cpu = cli_json("print", "per_cpu(runqueues, 1).cpu", "per_cpu(runqueues, 0).cpu")
check("per_cpu()", [number(p["value"]) for p in per_cpu] == [1, 0], per_cpu)
swapper = tasks[0]
through = cli_json("print", f"container_of({hex(swapper.tasks.next.value_())}, struct task_struct, tasks)->comm",
                   "sizeof(struct task_struct)", "&init_task.tasks")
check("container_of", through[0]["value"] == tasks[1].comm.string_().decode(), through[0])
check("sizeof", number(through[1]["value"]) == drgn.sizeof(prog.type("struct task_struct")), through[1])
check("address of a member", number(through[2]["value"]) == swapper.tasks.address_of_().value_(), through[2])

samples = [json.loads(line) for line in
           cli("--json", "watch", "jiffies", "--interval", "100", "--count", "10").splitlines()]
values = [number(s["values"][0]["value"]) for s in samples]
check("watch jiffies rises with every sample", len(values) == 10 and all(a < b for a, b in zip(values, values[1:])), values)
finish()
