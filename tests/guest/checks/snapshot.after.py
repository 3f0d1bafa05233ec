"""Outside of the guest: drgn, GDB and crash open what the guest has saved and see what we see; so does the diff."""
import json
import os
import re
import subprocess
import sys

from common import check, cli, cli_json, finish, number

SHARE, VMLINUX = sys.argv[1:]
CORES = [os.path.join(SHARE, name) for name in ("before.core", "after.core")]
EVERYTHING = os.path.join(SHARE, "all.core")

DRGN = """
from drgn.helpers.linux.list import list_for_each_entry
for task in list_for_each_entry("struct task_struct", prog["init_task"].tasks.address_of_(), "tasks"):
    print(hex(task.value_()), task.pid.value_(), task.comm.string_().decode())
print("jiffies", prog["jiffies_64"].value_())
"""


def run(*command, stdin=""):
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=300, errors="replace")
    return done.stdout + done.stderr


def open_core(core, *arguments):
    return cli_json("--core", core, "--vmlinux", VMLINUX, *arguments)


def by_drgn(core):
    script = os.path.join(SHARE, "tasks.drgn.py")
    with open(script, "w") as file:
        file.write(DRGN)
    return run("/usr/bin/drgn", "-q", "-c", core, "-s", VMLINUX, script)


GDB = """
set pagination off
set $member = (unsigned long)&((struct task_struct *)0)->tasks
set $next = init_task.tasks.next
while $next != &init_task.tasks
  set $task = (struct task_struct *)((char *)$next - $member)
  printf "task %d %s\\n", $task->pid, $task->comm
  set $next = $next->next
end
printf "first %s, jiffies %lu\\n", init_task.comm, jiffies_64
"""


def by_gdb(core, kaslr):
    script = os.path.join(SHARE, "tasks.gdb")
    with open(script, "w") as file:
        file.write(GDB)
    return run("gdb", "-nx", "-batch", "-ex", f"core-file {core}", "-ex", f"symbol-file -o {kaslr:#x} {VMLINUX}", "-x", script)


def tasks_of_gdb(output):
    return {int(pid): comm for pid, comm in re.findall(r"^task (\d+) (.*)$", output, re.MULTILINE)}


def tasks_of_drgn(output):
    """comm by pid, and where they are."""
    lines = re.findall(r"^(0x[0-9a-f]+) (\d+) (.*)$", output, re.MULTILINE)
    return {int(pid): comm for _, pid, comm in lines}, [address for address, _, _ in lines]


def our_tasks(core, addresses):
    """comm by pid, of the tasks at these addresses."""
    members = [f"((struct task_struct *){address})->{member}" for address in addresses for member in ("pid", "comm")]
    values = [entry["value"] for entry in open_core(core, "print", *members)]
    return dict(zip(values[::2], values[1::2]))


def main():
    with open(os.path.join(SHARE, "snapshot.json")) as file:
        facts = json.load(file)
    info = open_core(CORES[0], "info")
    kaslr = number(info["kaslr_offset"])
    check("the snapshot says what it is", info["snapshot"]["selection"] == "ram" and
          info["snapshot"]["target"] == "/proc/kcore" and info["snapshot"]["build_id"] == info["build_id"], info)
    check("the modules are there", info["modules"], info)

    drgn = by_drgn(CORES[0])
    theirs, addresses = tasks_of_drgn(drgn)
    tasks = our_tasks(CORES[0], addresses)
    check("drgn sees the same tasks", theirs == tasks, (tasks, drgn))
    check("and as many", len(tasks) + 1 == info["tasks"], (len(tasks), info["tasks"]))  # init_task heads the list
    steady = set(facts["processes"][0].items()) & set(facts["processes"][1].items())
    check("the processes of /proc are in the snapshot", steady <= {(str(p), c) for p, c in tasks.items()},
          (steady, tasks))
    ours = open_core(CORES[0], "print", "jiffies_64")[0]["value"]

    check("drgn reads the same jiffies", f"jiffies {ours}" in drgn, drgn[-500:])

    gdb = by_gdb(CORES[0], kaslr)
    check("GDB opens it", f"first swapper/0, jiffies {ours}\n" in gdb, gdb[-2000:])
    check("GDB sees the same tasks", tasks_of_gdb(gdb) == tasks, (tasks_of_gdb(gdb), tasks))

    crash = run("crash", "-s", VMLINUX, CORES[0], stdin="list task_struct.tasks -s task_struct.pid,comm -h init_task\n"
                "p jiffies_64\nmod\nquit\n")
    theirs = {int(pid): comm for pid, comm in re.findall(r'pid = (\d+),\s+comm = "([^"\\]*)', crash)}
    check("crash sees the same tasks", {p: c for p, c in theirs.items() if p} == tasks, (theirs, tasks, crash[-2000:]))
    # crash asks the direct map for the image, too, which was saved at another moment.
    read = re.search(r"= \$\d+ = (\d+)", crash)
    check("crash reads jiffies of that time", read and facts["jiffies"][0] <= int(read[1]) <= facts["jiffies"][1],
          (read and read[0], facts["jiffies"], crash[-500:]))
    names = {module["name"] for module in open_core(CORES[0], "modules")}
    check("crash sees the same modules", names and all(re.search(rf"\b{name}\b", crash) for name in names), (names, crash[-2000:]))

    drgn = by_drgn(EVERYTHING)
    theirs, addresses = tasks_of_drgn(drgn)
    tasks = our_tasks(EVERYTHING, addresses)
    check("drgn sees the tasks of a snapshot of everything", len(theirs) > 10 and theirs == tasks, (tasks, drgn[-500:]))
    gdb = by_gdb(EVERYTHING, kaslr)
    check("so does GDB", tasks_of_gdb(gdb) == tasks, (tasks_of_gdb(gdb), tasks, gdb[-2000:]))
    inside = run("crash", "-s", VMLINUX, EVERYTHING, stdin="p jiffies_64\nmod\nquit\n")
    check("crash sees its modules", all(re.search(rf"\b{name}\b", inside) for name in names), inside[-1000:])
    kinds = {segment["kind"] for segment in open_core(EVERYTHING, "segments")}
    check("it has segments of all kinds", {"direct-map", "text", "modules", "vmalloc", "vmemmap"} <= kinds, kinds)

    changes = json.loads(cli("--json", "--vmlinux", VMLINUX, "diff", *CORES, "--types", "--limit", "0"))
    started = {c["pid"]: c["name"] for c in changes if c["kind"] == "task" and c["fate"] == "appeared"}
    check("the diff names the process that was started", started.get(facts["started"]) == "sleep", started)
    check("and calls none ended that is there", not [c for c in changes if c["kind"] == "task" and c["fate"] == "gone" and
                                                    str(c["pid"]) in facts["processes"][3]], changes[:20])
    moved = next((leaf["delta"] for c in changes if c["kind"] == "variable" and c["name"] == "jiffies_64"
                  for leaf in c["changes"]), 0)
    before, between, again, end = facts["jiffies"]
    check("jiffies have moved as far as the guest says", again - between <= moved <= end - before, (moved, facts["jiffies"]))
    check("so have counters of each CPU", any(c["name"].startswith("per_cpu(") for c in changes), len(changes))
    check("what never changes is not listed", not [c for c in changes if c["name"] in ("linux_banner", "page_offset_base")])
    changed = json.loads(cli("--json", "--vmlinux", VMLINUX, "diff", *CORES, "--range", "&jiffies_64..&jiffies_64+1"))
    check("by bytes, too", [c["name"] for c in changed if c["kind"] == "bytes"][:1] in (["jiffies_64"], ["jiffies"]), changed)


try:
    main()
finally:
    for core in (*CORES, EVERYTHING):
        os.unlink(core)
finish()
