"""`watch` on a running kernel: no step is missed, and nothing that is written meanwhile is shown as if it stood still."""
import ctypes
import json
import mmap
import os
import re
import signal
import struct
import subprocess
import time

from common import CLI, check, cli, cli_json, finish, number

PAGE = 4096


def direct_map_address(memory, offset=0):
    """Where the kernel's direct map has a byte of ours (Documentation/admin-guide/mm/pagemap.rst)."""
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory)) + offset
    with open("/proc/self/pagemap", "rb") as pagemap:
        pagemap.seek(address // PAGE * 8)
        entry, = struct.unpack("<Q", pagemap.read(8))
    assert entry >> 63, "the page is not there"
    base = number(cli_json("print", "*(unsigned long *)&page_offset_base")[0]["value"])
    return base + (entry & (1 << 55) - 1) * PAGE + address % PAGE


def follow(*arguments):
    return subprocess.Popen([CLI, "--json", "watch", *arguments], stdout=subprocess.PIPE)


def end(process):
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=120)
    return process.returncode


# The clock.
samples = [json.loads(line) for line in cli("--json", "watch", "jiffies", "--interval", "100", "--count", "20").splitlines()]
values = [number(s["values"][0]["value"]) for s in samples]
times = [s["time"] for s in samples]
check("watch jiffies rises with every sample", len(values) == 20 and all(a < b for a, b in zip(values, values[1:])), values)
rate = (values[-1] - values[0]) / (times[-1] - times[0])
config = f"/boot/config-{os.uname().release}"
known = [int(hz) for hz in re.findall(r"^CONFIG_HZ=(\d+)$", open(config).read(), re.M)] if os.path.exists(config) else [100, 250, 300, 1000]
check(f"jiffies rise at HZ ({rate:.1f} of {known})", any(abs(rate - hz) < hz * 0.1 for hz in known), (rate, times))
length = number(cli_json("print", "clocksource_jiffies.mult >> clocksource_jiffies.shift")[0]["value"])
check("the length of a jiffy fits the rate", abs(1e9 / length - rate) < rate * 0.1, (length, rate))
text = cli("watch", "jiffies", "--count", "1", "--format", "time").decode()
check("--format time tells the time since boot", re.search(r" since boot \(\d+ jiffies\)$", text, re.M), text)
cost = json.loads(cli("--json", "watch", "jiffies", "--interval", "50", "--count", "3", "--cost").splitlines()[-1])["cost"]
# Up to four times: the headers before and after, four levels of page tables for each page, the pages.
check("a value of one page takes few reads", 0 < cost["reads"] <= 64, cost)

# A counter of ours, a step for each sample that shows the one before.
libc = ctypes.CDLL(None, use_errno=True)
page = mmap.mmap(-1, PAGE)
page[:8] = struct.pack("<Q", 0)
libc.mlock(ctypes.c_void_p(ctypes.addressof(ctypes.c_char.from_buffer(page))), PAGE)
process = follow(f"*(unsigned long *){direct_map_address(page):#x}", "--interval", "10", "--follow")
seen = []
for step in range(50):
    entry = json.loads(process.stdout.readline())["values"][0]
    seen.append((number(entry["value"]), entry["changed"], entry["torn"]))
    page[:8] = struct.pack("<Q", step + 1)
check("every step of a counter is seen", seen == [(step, step != 0, False) for step in range(50)], seen)
check("watch ends in order when it is interrupted", end(process) == 0)

# A record of two numbers across a page border, written all the time, then not at all, by turns.
with open("/proc/sys/vm/nr_hugepages", "w") as file:
    file.write("2")
MAP_HUGETLB = 0x40000
huge = mmap.mmap(-1, 2 << 20, flags=mmap.MAP_SHARED | mmap.MAP_ANONYMOUS | MAP_HUGETLB)
BORDER = PAGE - 8
words = (ctypes.c_uint64 * 2).from_buffer(huge, BORDER)
words[0] = words[1] = 0
record = direct_map_address(huge, BORDER)
writer = os.fork()
if writer == 0:
    # On a processor of its own and before all others there, so that it is seldom stopped between the two stores.
    os.sched_setaffinity(0, {1})
    with open("/proc/sys/kernel/sched_rt_runtime_us", "w") as file:
        file.write("-1")
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50))
    count = 0
    while True:
        until = time.monotonic() + 0.2
        while time.monotonic() < until:
            for _ in range(200):
                count += 1
                words[0] = count
                words[1] = count
        time.sleep(0.2)
os.sched_setaffinity(0, {0})
lines = cli("--json", "watch", f"((unsigned long *){record:#x})[0..1]", "--interval", "20", "--count", "150").splitlines()
os.kill(writer, signal.SIGKILL)
os.waitpid(writer, 0)
entries = [json.loads(line)["values"][0] for line in lines]
calm = [entry for entry in entries if not entry["torn"]]
torn = [entry for entry in entries if entry["torn"]]
print(f"{len(torn)} of {len(entries)} samples torn, {sum(e['value'][0] != e['value'][1] for e in torn)} of them visibly")
check("a record that is being written is shown torn", len(torn) > 10, len(torn))
check("a record that stands still is not", len(calm) > 10, len(calm))
# Where the host stops the virtual processor between the two stores, the second number really is one behind for a while. Any
# other difference would be one of two moments; as the second page is read later, its number would mostly be ahead.
mixed = [entry for entry in calm if entry["value"][0] - entry["value"][1] not in (0, 1)]
check("what is not torn is never mixed", not mixed, mixed)

# A list.
sample = json.loads(cli("--json", "watch", "--list", "init_task.tasks,struct task_struct,tasks", "--count", "1"))["values"][0]
check("the list of tasks", sample["value"]["end"] == "complete" and len(sample["value"]["members"]) > 20, sample)
finish()
