"""Page tables and vmap areas: what the kernel lists in /proc/vmallocinfo is mapped page by page, what lies between is not,
device memory is called so and never read; virtual addresses lead where the kernel has its struct pages for them, and where a walk
of the tables in physical memory leads, which drgn reads. Boot with no_hash_pointers."""
import bisect
import random
import re
import time

import drgn
from drgn.helpers.linux.list import list_for_each_entry
from drgn.helpers.linux.mm import page_to_phys

from common import Kcore, check, cli, cli_json, finish, kallsyms, number, vmcoreinfo

PAGE = 4096
random.seed(4)


def vmallocinfo():
    """start -> (end, pages or None, phys or None, words)"""
    areas = {}
    with open("/proc/vmallocinfo") as file:
        for line in file:
            match = re.match(r"0x(\w+)-0x(\w+) +\d+ (.*)", line)
            start, end, rest = int(match[1], 16), int(match[2], 16), match[3]
            if rest.startswith("unpurged"):
                continue
            pages = re.search(r"\bpages=(\d+)", rest)
            phys = re.search(r"\bphys=(0x\w+)", rest)
            areas[start] = (end, int(pages[1]) if pages else None, int(phys[1], 16) if phys else None, rest.split())
    return areas


def pages(addresses, expect=0):
    """address -> answer of `pages`, for many at once"""
    lines = "\n".join(hex(a) for a in addresses).encode()
    return {number(p["address"]): p for p in cli_json("pages", "-", stdin=lines, expect=expect)}


def statuses(address, size):
    return [p["status"] for p in cli_json("read", hex(address), str(size), expect=None)["pages"]]


# What comes and goes while we look is left out: only what is the same before and after counts.
before = vmallocinfo()
ours = {number(a["start"]): a for a in cli_json("vmalloc")}
after = vmallocinfo()
stable = {start: area for start, area in before.items() if after.get(start) == area}
check(f"{len(stable)} areas of /proc/vmallocinfo stay as they are", len(stable) > 100 and len(stable) > len(before) * 0.8,
      (len(stable), len(before)))
missing = [hex(start) for start in stable if start not in ours]
check("vmalloc lists every one of them", not missing, missing[:5])
listed = [start for start in ours if start not in before and start not in after]
check("... and none that the kernel does not", len(listed) <= 5, [hex(a) for a in listed])

WORDS = {"ioremap": "VM_IOREMAP", "vmalloc": "VM_ALLOC", "vmap": "VM_MAP", "user": "VM_USERMAP"}
wrong = []
for start, (end, count, phys, words) in stable.items():
    area = ours.get(start)
    if not area:
        continue
    flags = {flag for word, flag in WORDS.items() if word in words}
    if "vm_map_ram" in words:
        good = area["flags"] == ["vm_map_ram"]
    else:
        good = flags == set(area["flags"]) & set(WORDS.values()) and area["pages"] == count
    if number(area["end"]) != end or area["size"] != end - start or not good or (area["phys"] and number(area["phys"])) != phys:
        wrong.append((hex(start), end, count, phys, words, area))
check("... with its end, flags, pages and physical address", not wrong, wrong[:3])
callers = [(hex(s), a["caller"], stable[s][3][0]) for s, a in ours.items()
           if s in stable and "vm_map_ram" not in stable[s][3] and a["caller"] and
           (a["caller"].split("::")[-1].split("+")[0], int(a["caller"].split("+")[1], 16) if "+" in a["caller"] else 0) !=
           (stable[s][3][0].split("+")[0], int(stable[s][3][0].split("+")[1].split("/")[0], 16))]
check("... and its caller", len(callers) <= len(stable) // 50, callers[:5])

# Every page of every area, and what is around them.
allocated = {s: a for s, a in stable.items() if a[1]}
devices = {s: a for s, a in stable.items() if "ioremap" in a[3]}
check(f"{len(allocated)} areas with pages and {len(devices)} of devices", len(allocated) > 80 and len(devices) > 5)
wanted = [at for s, (end, _, _, _) in {**allocated, **devices}.items() for at in range(s, end, PAGE)]
check(f"{len(wanted)} pages are asked for", 500 < len(wanted) < 200000)
found = pages(wanted)
final = vmallocinfo()
wrong, guards, mmio = [], [], []
for start, (end, count, _, words) in allocated.items():
    if final.get(start) != stable[start]:
        continue
    present = [at for at in range(start, end, PAGE) if found[at]["status"] == "present"]
    # Per-CPU chunks and sparse areas have pages that come later: as many as pages= says are mapped, wherever they lie.
    if len(present) != count or (ours[start]["mapped"] != count):
        wrong.append((hex(start), count, len(present), ours[start]["mapped"], words))
    if found[end - PAGE]["status"] != "unmapped":
        guards.append(hex(end - PAGE))
check("as many pages are present as pages= says", not wrong, wrong[:5])
check("guard pages are unmapped", not guards, guards[:5])
for start, (end, _, phys, words) in devices.items():
    if final.get(start) != stable[start]:
        continue
    got = {found[at]["status"] for at in range(start, end - PAGE, PAGE)}
    leads = number(found[start]["phys"]) if found[start]["phys"] else None
    if got != {"mmio"} or leads != phys or ours[start]["status"] != "mmio":
        mmio.append((hex(start), got, leads, phys, words, ours[start]["status"]))
# Firmware tables lie in memory that is no RAM of the kernel; what is RAM all the same must have been listed as such.
check("device memory is mmio, and leads where the kernel says", not mmio, mmio[:5])

# Through `read`: the same states, with no byte of a device and none of a hole.
for start in random.sample(sorted(devices), min(5, len(devices))):
    answer = cli_json("read", hex(start), str(PAGE + 16), expect=1)
    check(f"no byte of the device at {start:#x} is read", set(answer["bytes"]) == {"?"} and
          answer["pages"][0]["status"] == "mmio", answer["pages"])
kcore = Kcore()
for start in random.sample(sorted(allocated), 5):
    end, count = allocated[start][:2]
    if final.get(start) != stable[start] or count * PAGE + PAGE != end - start:
        continue
    got = statuses(start, end - start)
    check(f"{count} pages at {start:#x} are present, and the page behind them is not",
          got == ["present"] * count + ["unmapped"], got[:20])
    same = any(cli("read", hex(start), str(PAGE), "--raw") == kcore.read(start, PAGE) for _ in range(4))
    check("... and hold what kcore gives", same)
starts = sorted(set(before) | set(after) | set(final))
ends = {s: (final.get(s) or after.get(s) or before[s])[0] for s in starts}
holes = [(ends[a], b) for a, b in zip(starts, starts[1:]) if ends[a] < b]
check(f"{len(holes)} holes between areas", len(holes) > 3)
some = [at for a, b in holes for at in {a, b - PAGE}]
mapped = [hex(at) for at, p in pages(some).items() if p["status"] != "unmapped"]
check("... are unmapped", len(mapped) <= len(some) // 20, mapped[:5])
answer = cli_json("read", hex(holes[0][0]), "4096", expect=1)
check("a hole is not shown as zeros", set(answer["bytes"]) == {"?"} and answer["pages"][0]["status"] == "unmapped", answer["pages"])

# Where addresses lead, by what the kernel says itself and by the tables in physical memory.
program = drgn.program_from_kernel()
notes = vmcoreinfo()
levels = 5 if notes.get("NUMBER(pgtable_l5_enabled)") == "1" else 4
root = int(notes["SYMBOL(swapper_pg_dir)"], 16) - 0xffffffff80000000 + int(notes["NUMBER(phys_base)"])


def walk(address):
    table = root
    for level in range(levels, 0, -1):
        shift = 3 + 9 * level
        entry = program.read_u64(table + 8 * (address >> shift & 511), physical=True)
        if not entry & 1:
            return None
        if level == 1 or (level <= 3 and entry & 0x80):
            return (entry & 0xffffffffff000) >> shift << shift | address & ((1 << shift) - 1)
        table = entry & 0xffffffffff000


segments = cli_json("segments")
kinds = {}
for s in segments:
    kinds.setdefault(s["kind"], []).append((number(s["start"]), number(s["end"])))
candidates = {"vmalloc": [at for s in allocated if s < kinds["modules"][0][0] for at in range(s, s + allocated[s][1] * PAGE, PAGE)],
              "modules": [at for s in allocated if s >= kinds["modules"][0][0] for at in range(s, s + allocated[s][1] * PAGE, PAGE)]}
for kind in ("direct-map", "text", "vmemmap"):
    candidates[kind] = [at for start, end in kinds[kind] for at in range(start, end & ~0xfff, PAGE)]
asked = []
for kind, places in candidates.items():
    some = random.sample(places, min(len(places), 2700))
    asked += [at + random.randrange(PAGE) for at in some]
    check(f"{len(some)} addresses of {kind}", len(some) > (50 if kind in ("vmalloc", "modules") else 400))
lines = "\n".join(hex(a) for a in asked).encode()


began = time.monotonic()
truth = [walk(at) for at in asked]
python_took = time.monotonic() - began
began = time.monotonic()
answers = cli_json("pages", "-", stdin=lines)
took = time.monotonic() - began
phys = [number(p["phys"]) if p["phys"] else None for p in answers]
differ = [(hex(at), want and hex(want), got and hex(got)) for at, want, got in zip(asked, truth, phys)
          if got != want and got != walk(at)]
check(f"{len(asked)} addresses lead where the tables lead (ours {took:.1f} s with the start, drgn's reads {python_took:.1f} s)",
      len(answers) == len(asked) > 8000 and not differ, differ[:5])
structs = {va.vm.addr.value_(): va.vm for va in
           list_for_each_entry("struct vmap_area", program["vmap_area_list"].address_of_(), "list") if va.vm}
wrong, compared = [], 0
for start in random.sample(sorted(allocated), 60):
    end, count = allocated[start][:2]
    # Areas go while we look: kernel stacks with their tasks, for instance.
    if start not in structs or final.get(start) != stable[start] or count * PAGE + PAGE != end - start:
        continue
    compared += 1
    page_array = structs[start].pages
    wrong += [(hex(start), i) for i in range(count)
              if page_to_phys(page_array[i]).value_() != number(found[start + i * PAGE]["phys"])]
check(f"every page of {compared} areas is the one that the kernel has noted", compared > 20 and not wrong, wrong[:5])
names = ["pgd", "p4d", "pud", "pmd", "pte"] if levels == 5 else ["pgd", "pud", "pmd", "pte"]
check(f"through {levels} levels", all([l["name"] for l in p["levels"]] == names[:len(p["levels"])] for p in answers), answers[0])
check("pages of 4 KiB and 2 MiB", {4096, 2 << 20} <= {p["page_size"] for p in answers}, {p["page_size"] for p in answers})
values = [(l["entry_address"], l["value"]) for p in random.sample(answers, 40) for l in p["levels"]]
wrong = [(a, v) for a, v in values if kcore.u64(number(a)) & ~0x60 != number(v) & ~0x60]
check("every entry is what lies at its address", not wrong, wrong[:5])

# Who is there.
symbols = {name: address for address, _, name, module in kallsyms() if not module}
start = sorted(allocated)[0]
device = sorted(devices)[0]
jiffies, area, registers, hole = cli_json("identify", hex(symbols["jiffies_64"]), hex(start + 8), hex(device), "0x1000")
check("identify: a variable", jiffies["symbol"]["name"] in ("jiffies", "jiffies_64") and jiffies["segment"]["kind"] == "text" and
      jiffies["pte"]["status"] == "present", jiffies)
check("identify: an area of vmalloc", number(area["vmap"]["start"]) == start and area["segment"]["kind"] in ("vmalloc", "modules"), area)
check("identify: a device", registers["pte"]["status"] == "mmio" and "VM_IOREMAP" in registers["vmap"]["flags"], registers)
check("identify: nothing", hole["segment"] is None and hole["symbol"] is None and hole["vmap"] is None, hole)
finish()
