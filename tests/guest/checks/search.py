"""`search` finds what this script puts into its own memory, in the direct map, and pointers into init_task where they are."""
import ctypes
import json
import mmap
import os
import random
import struct
import subprocess

from common import CLI, Kcore, check, cli_json, finish, kallsyms, number

kcore = Kcore()
symbols = {}
for address, _, name, module in kallsyms():
    if not module:
        symbols.setdefault(name, address)
page_offset = kcore.u64(symbols["page_offset_base"])


def search(*arguments, expect=0):
    """(entries by address, what it said)"""
    done = subprocess.run([CLI, "--json", "search", *arguments], capture_output=True, timeout=300)
    if done.returncode != expect:
        check(f"search {' '.join(arguments)[:100]} exits with {expect}", False, f"{done.returncode}: {done.stderr.decode()}")
    entries = [json.loads(line) for line in done.stdout.splitlines()]
    return {number(e["address"]): e for e in entries if "address" in e}, done.stderr.decode()


def direct(pointer):
    """Where a page of this process lies in the direct map: /proc/self/pagemap (Documentation/admin-guide/mm/pagemap.rst)."""
    with open("/proc/self/pagemap", "rb") as file:
        file.seek(pointer // 4096 * 8)
        entry, = struct.unpack("<Q", file.read(8))
    assert entry >> 63, "the page is not there"
    return page_offset + (entry & ((1 << 55) - 1)) * 4096 + pointer % 4096


# Three pages of our own, locked so that they stay where they are. What is in them is made here and now, so that it is
# nowhere else but where Python has copied it.
size = 3 * 4096
memory = ctypes.create_string_buffer(size + 4096)
start = (ctypes.addressof(memory) + 4095) & ~4095
ctypes.CDLL(None, use_errno=True).mlock(ctypes.c_void_p(start), ctypes.c_size_t(size))
marker = bytes(random.Random(os.urandom(8)).randrange(1, 256) for _ in range(24))
text = "Kernoscope-" + os.urandom(6).hex()
value = int.from_bytes(os.urandom(7), "little") | 0x42 << 56
ctypes.memmove(start + 101, marker, len(marker))
ctypes.memmove(start + 4096 + 500, text.encode(), len(text))
ctypes.memmove(start + 8192 + 8, struct.pack("<Q", value), 8)
ctypes.memmove(start + 8192 + 67, struct.pack("<Q", value), 8)
places = {"bytes": direct(start + 101), "text": direct(start + 4096 + 500), "value": direct(start + 8192 + 8)}


def near(address, reach=4 << 20):
    return "--range", f"{max(page_offset, address - reach) & ~4095:#x}..{(address + reach) & ~4095:#x}"


at = places["bytes"]
found, said = search("--bytes", marker.hex(" "), *near(at), "--in", "direct-map", "--context", "4")
check("bytes of this process are found in the direct map", at in found, (hex(at), [hex(a) for a in found], said))
check("... with what stands around them", found.get(at, {}).get("context") == "00000000" + marker.hex() + "00000000", found.get(at))
check("... all of which are there", all(kcore.read(a, len(marker)) == marker or a != at for a in found), found)
holes = " ".join("??" if i % 5 == 1 else f"{byte:02x}" for i, byte in enumerate(marker))
found, _ = search("--bytes", holes, *near(at), "--in", "direct-map")
check("... with wildcards, too", at in found, [hex(a) for a in found])

at = places["text"]
found, said = search("--string", text, *near(at), "--in", "direct-map")
check("text is found", at in found, (hex(at), [hex(a) for a in found], said))
found, _ = search("--string", text.upper(), "--ignore-case", *near(at), "--in", "direct-map")
check("... in either case", at in found, [hex(a) for a in found])
found, _ = search("--strings", "17", "--range", f"{at & ~4095:#x}..{(at & ~4095) + 4096:#x}")
check("... and listed with the strings of its page", found.get(at, {}).get("text") == text, found)

at = places["value"]
found, said = search("--u64", hex(value), *near(at), "--in", "direct-map")
check("a u64 is found at every place", {at, at + 59} <= found.keys(), (hex(at), [hex(a) for a in found], said))
found, _ = search("--u64", f"{value - 5:#x}..{value + 5:#x}", "--aligned", *near(at), "--in", "direct-map")
check("... in a range, where it is aligned", at in found and at + 59 not in found and
      number(found[at]["value"]) == value, [hex(a) for a in found])

# The first task's parent and list point into init_task.
init_task = symbols["init_task"]
answers = cli_json("print", "init_task.tasks.next", "sizeof(struct task_struct)", "&((struct task_struct *)0)->tasks.prev",
                   "&((struct task_struct *)0)->real_parent")
tasks_next, task_size, prev_offset, parent_offset = (number(a["value"]) for a in answers)
task = tasks_next - prev_offset + 8
found, said = search("--pointer-to", "init_task", "--range", f"{task:#x}..{task + task_size:#x}")
check("the first task's list points to init_task", task + prev_offset in found, ([hex(a) for a in found], said))
check("... and its parent does", task + parent_offset in found, [hex(a) for a in found])
check("every one of these pointers is there, and points into init_task",
      found and all(init_task <= kcore.u64(a) < init_task + task_size for a in found), found)
check("... and says so", all(e["target"] and e["target"].startswith("init_task") for e in found.values()), found)
words = {task + i: kcore.u64(task + i) for i in range(0, task_size & ~7, 8) if (task + i) % 8 == 0}
check("... and there are no others", set(found) == {a for a, w in words.items() if init_task <= w < init_task + task_size},
      [hex(a) for a in found])

# Many pages, each with its own number: what two threads read at once must not be mixed, neither where they may open
# /proc/kcore themselves nor where they were given it.
pages = 8192
many = mmap.mmap(-1, pages * 4096)
mark = os.urandom(12)
for i in range(pages):
    many[i * 4096 + 64:i * 4096 + 80] = mark + i.to_bytes(4, "little")
many_start = ctypes.addressof(ctypes.c_char.from_buffer(many))
wanted = {direct(many_start + i * 4096 + 64): i for i in range(pages)}


def nobody():
    os.setgid(65534)
    os.setuid(65534)


for who, options, how in (("root", [], {}), ("somebody who was given it", ["--core-fd", str(kcore.fd)],
                                              {"pass_fds": [kcore.fd], "preexec_fn": nobody})):
    wrong = []
    for _ in range(3):
        done = subprocess.run([CLI, *options, "--types", "btf", "--no-cache", "--json", "search", "--bytes", mark.hex(), "--context",
                               "4", "--in", "direct-map"], capture_output=True, timeout=300, **how)
        entries = {number(e["address"]): e["context"][8 + 24:8 + 24 + 8] for e in map(json.loads, done.stdout.splitlines())}
        lost = [hex(a) for a, i in wanted.items() if entries.get(a) != i.to_bytes(4, "little").hex()]
        if done.returncode != 0 or lost or b"failed" in done.stderr:
            wrong.append((done.returncode, len(lost), lost[:5], done.stderr.decode()))
    check(f"each of {pages} pages is found, as it is, by {who}", not wrong, wrong)

text_start = symbols["_text"]
found, said = search("--string", "Linux version ", "--in", "text", "--range", f"{symbols['linux_banner'] - 4096:#x}.."
                     f"{symbols['linux_banner'] + 4096:#x}")
check("the banner is found in the kernel's image, by its name",
      found.get(symbols["linux_banner"], {}).get("symbol") == "linux_banner", (found, said))
search("--bytes", marker.hex(), "--range", f"{text_start:#x}..{text_start + (1 << 20):#x}", expect=1)
finish()
