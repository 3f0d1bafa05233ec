"""`print` gives the same values as drgn does in the same guest, for every task."""
import os
import time

import drgn
from drgn.helpers.linux.list import list_for_each_entry

from common import CLI, check, cli, cli_json, finish, number

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
                    prog, member.type, address=obj.address_ + member.offset)
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


def differences(before, ours, after, path=""):
    """Leaves where ours is neither what drgn saw before nor after, unless drgn itself saw it move."""
    if isinstance(before, dict):
        if not isinstance(ours, dict):
            return [(path, before, ours)]
        found = [(f"{path}.{key}", "only one side has it") for key in before.keys() ^ ours.keys()]
        for key in before.keys() & ours.keys():
            found += differences(before[key], ours[key], after[key], f"{path}.{key}")
        return found
    if isinstance(before, list):
        if not isinstance(ours, list) or len(ours) != len(before):
            return [(path, before, ours)]
        found = []
        for i, (b, o, a) in enumerate(zip(before, ours, after)):
            found += differences(b, o, a, f"{path}[{i}]")
        return found
    return [] if before != after or same(before, ours) else [(path, before, ours)]


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

tasks = [prog["init_task"].address_of_()] + list(
    list_for_each_entry("struct task_struct", prog["init_task"].tasks.address_of_(), "tasks"))
check("there are tasks to compare", len(tasks) > 20, len(tasks))
expressions = [f"*(struct task_struct *){hex(t.value_())}" for t in tasks]
before = [plain(t[0]) for t in tasks]
ours = cli_json("print", *expressions)
after = [plain(t[0]) for t in tasks]
wrong = []
for b, o, a, t in zip(before, ours, after, tasks):
    check_type = o.get("type") == "struct task_struct" and number(o["address"]) == t.value_()
    found = differences(b, o.get("value"), a) if check_type else [("type", o)]
    wrong += [(hex(t.value_()), *d) for d in found]
leaves = str(before[0]).count(",")
check(f"*(struct task_struct *) of {len(tasks)} tasks equals drgn's, about {leaves} values each", not wrong, wrong[:20])
info = cli_json("info")
check("info counts the tasks that the list holds", abs(info["tasks"] - len(tasks)) <= 2, (info["tasks"], len(tasks)))

per_cpu = cli_json("print", "per_cpu(runqueues, 1).cpu", "per_cpu(runqueues, 0).cpu")
check("per_cpu()", [number(p["value"]) for p in per_cpu] == [1, 0], per_cpu)
swapper = tasks[0]
through = cli_json("print", f"container_of({hex(swapper.tasks.next.value_())}, struct task_struct, tasks)->comm",
                   "sizeof(struct task_struct)", "&init_task.tasks")
check("container_of", through[0]["value"] == tasks[1].comm.string_().decode(), through[0])
check("sizeof", number(through[1]["value"]) == drgn.sizeof(prog.type("struct task_struct")), through[1])
check("address of a member", number(through[2]["value"]) == swapper.tasks.address_of_().value_(), through[2])

samples = [__import__("json").loads(line) for line in
           cli("--json", "watch", "jiffies", "--interval", "100", "--count", "10").splitlines()]
values = [number(s["values"][0]["value"]) for s in samples]
check("watch jiffies rises with every sample", len(values) == 10 and all(a < b for a, b in zip(values, values[1:])), values)
finish()
