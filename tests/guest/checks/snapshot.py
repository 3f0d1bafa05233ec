"""Two snapshots of the running kernel, with a process started between them. What is in them is looked at outside of the
guest (snapshot.after.py), where the other programs are faster."""
import json
import os
import re
import subprocess
import time

from common import check, cli, cli_json, finish, kallsyms, number

symbols = {name: address for address, _, name, module in kallsyms() if not module}


def jiffies():
    with open("/proc/timer_list") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("jiffies:"))


def processes():
    """comm by pid, of those that are there all the time."""
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/comm") as file:
                name = file.read().rstrip("\n")
            # /proc tells more than comm: what a worker works on (wq_worker_comm in kernel/workqueue.c), and the whole name
            # of a kernel thread (get_kthread_comm in kernel/kthread.c).
            found[int(pid)] = (re.split("[-+]", name)[0] if name.startswith("kworker/") else name)[:15]
        except OSError:
            pass  # it has ended
    return found


facts = {"jiffies": [], "processes": []}
reports = []
sleeper = None
for name in "before", "after":
    facts["processes"].append(processes())
    facts["jiffies"].append(jiffies())
    begin = time.monotonic()
    reports.append(cli_json("snapshot", f"/share/{name}.core"))
    print(f"{name}: {time.monotonic() - begin:.1f} s", flush=True)
    facts["processes"].append(processes())
    facts["jiffies"].append(jiffies())
    if not sleeper:
        sleeper = subprocess.Popen(["/usr/bin/sleep", "1000"])
        time.sleep(0.5)
        live_before = jiffies()
        forward = cli_json("diff", f"/share/{name}.core", "/proc/kcore", "--types", "--limit", "0")
        back = cli_json("diff", "/proc/kcore", f"/share/{name}.core", "--types", "--limit", "0", "--only", "tasks")
        live_after = jiffies()
facts["started"] = sleeper.pid

def fates(changes):
    return {entry.get("pid"): entry["fate"] for entry in changes if entry["kind"] == "task"}


check("against the live kernel, the process that was started has appeared", fates(forward).get(sleeper.pid) == "appeared",
      fates(forward))
check("... and is gone the other way round", fates(back).get(sleeper.pid) == "gone", fates(back))
moved = {entry["name"]: entry["changes"] for entry in forward if entry["kind"] == "variable"}
check("... jiffies has the value of now", live_before <= number(moved["jiffies_64"][0]["new"]) <= live_after,
      (live_before, moved.get("jiffies_64"), live_after))
init = {name for address, _, name, module in kallsyms() if not module and symbols["__init_begin"] <= address < symbols["__init_end"]}
check("... and memory of init sections is nobody's", moved and not init & moved.keys(), sorted(init & moved.keys())[:5])

report = cli_json("snapshot", "--all", "/share/all.core")
check("everything that is mapped can be saved", report["bytes"] > reports[0]["bytes"] and report["skipped_bytes"] == 0, report)
check("... and the file has no holes of vmalloc", report["file_size"] < reports[0]["file_size"] + (256 << 20), report)

with open("/proc/iomem") as file:
    ram = sum(int(end, 16) - int(begin, 16) + 1 for begin, end in
              (line.split(" : ")[0].split("-") for line in file if line.endswith(" : System RAM\n") and line[0] != " "))
for report in reports:
    check("all RAM is saved", report["bytes"] > ram, (report, ram))
    check("and nothing of it was unreadable", report["skipped_bytes"] == 0, report)
    check("zeros take no space", report["used_space"] < report["bytes"], report)
status = os.stat("/share/before.core")
check("a snapshot is its owner's alone", status.st_mode & 0o777 == 0o600, oct(status.st_mode))
check("it is not replaced", cli("snapshot", "/share/before.core", "--expr", "jiffies", expect=3) == b"")
check("no other file is left", not [name for name in os.listdir("/share") if name.startswith(".")], os.listdir("/share"))
for name in "before", "after", "all":
    os.chmod(f"/share/{name}.core", 0o644)  # who runs the tests may not be root
with open("/share/snapshot.json", "w") as file:
    json.dump(facts, file)
sleeper.kill()
finish()
