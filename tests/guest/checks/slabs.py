"""What `identify` and `search` say of objects in slabs is what drgn says of them, for objects of all caches that it lists,
and for any addresses of the direct map."""
import json
import os
import random
import subprocess

import drgn
from drgn.helpers.linux.list import list_for_each_entry
from drgn.helpers.linux.mm import page_to_virt
from drgn.helpers.linux.pid import for_each_task
from drgn.helpers.linux.slab import find_containing_slab_cache, for_each_slab_cache, slab_object_info

from common import check, cli_json, finish, number, Kcore

random.seed(int.from_bytes(os.urandom(8), "little"))
ram = [(vaddr, size) for vaddr, size, _, paddr in Kcore().loads if paddr != 2**64 - 1 and vaddr < 0xffffffff80000000]
prog = drgn.Program()
prog.set_kernel()
prog.load_debug_info([f"/usr/lib/debug/boot/vmlinux-{os.uname().release}"])


# The caches whose objects have red zones on both sides: there, what lies behind an object is none for either.
with_red_zones = set()


def chosen():
    """Addresses of objects that drgn finds by following pointers, and any of RAM."""
    addresses = []
    for _ in range(3000):
        vaddr, size = random.choices(ram, [size for _, size in ram])[0]
        addresses.append(vaddr + random.randrange(size))
    for task in for_each_task(prog):
        addresses += [task.value_(), task.value_() + 1000, task.mm.value_(), task.cred.value_(), task.files.value_()]
    for cache in for_each_slab_cache(prog):
        addresses += [cache.value_(), cache.name.value_() + 1, cache.node[0].value_() + 8]
    for block in list_for_each_entry("struct super_block", prog["super_blocks"].address_of_(), "s_list"):
        addresses += [block.value_() + 5, block.s_root.value_(), block.s_root.d_inode.value_() + 64]
    return addresses


def by_drgn(addresses):
    answers = {}
    for address in addresses:
        cache = find_containing_slab_cache(prog, address)
        info = slab_object_info(prog, address)
        answers[address] = (cache.name.string_().decode() if cache else None, object_of(cache, info, address) if info else None)
    return answers


def object_of(cache, info, address):
    """drgn counts on behind the last object of a slab, and takes the red zone before an object for the end of the last."""
    begin = page_to_virt(drgn.cast("struct page *", info.slab)).value_()
    if cache.red_left_pad and address - info.address >= cache.object_size.value_():
        with_red_zones.add(cache.name.string_().decode())
        return None
    index = (info.address - begin) // cache.size.value_()
    return (info.address, index, cache.object_size.value_()) if index < info.slab.objects.value_() else None


def ours(addresses):
    answers = {}
    for entry in cli_json("identify", "-", stdin="\n".join(map(hex, addresses)).encode()):
        slab = entry["slab"]
        place = (number(slab["object"]), slab["index"], slab["size"]) if slab and slab["object"] else None
        if place and slab["cache"] in with_red_zones and slab["offset"] >= slab["size"]:
            place = None
        answers[number(entry["address"])] = (slab["cache"] if slab else None, place)
        if place and place[0] + slab["offset"] != number(entry["address"]):
            check("an object and the offset in it make the address", False, entry)
    return answers


def by_sysfs(cache):
    """The size of the objects of a cache, by the kernel's own account; nothing for one that is gone."""
    try:
        with open(f"/sys/kernel/slab/{cache}/object_size") as file:
            return int(file.read())
    except FileNotFoundError:
        return None


# The kernel goes on while both look, and slabs come and go: what differs counts if it does so whenever it is asked, and
# drgn says the same before and behind.
theirs = by_drgn(chosen())
mine = ours(theirs)
different = {address: (mine[address], theirs[address]) for address in theirs if mine[address] != theirs[address]}
for _ in range(4):
    if different:
        before, mine, after = by_drgn(different), ours(different), by_drgn(different)
        different = {address: (mine[address], after[address]) for address in different
                     if before[address] == after[address] != mine[address]}
names = {answer[0] for answer in theirs.values() if answer[0]}
inside = sum(answer[0] is not None for answer in theirs.values())
print(f"{len(theirs)} addresses, {inside} of them in {len(names)} caches")
check("hundreds of addresses are in slabs, and many are not", inside > 300 and len(theirs) - inside > 500, (inside, len(theirs)))
check("objects and caches are drgn's", not different, (len(different), [(hex(a), b) for a, b in different.items()][:5]))

sizes = {(answer[0], answer[1][2]) for answer in ours(theirs).values() if answer[1]}
unlike = [(cache, size, by_sysfs(cache)) for cache, size in sizes if by_sysfs(cache) not in (None, size)]
named = sum(by_sysfs(cache) is not None for cache, _ in sizes)
check("sizes of objects are those of /sys/kernel/slab", named > 20 and not unlike, (named, unlike))

task = cli_json("print", "init_task.tasks.next", "&((struct task_struct *)0)->tasks")
address = number(task[0]["value"]) - number(task[1]["value"])
entry = cli_json("identify", hex(address + 0x10))[0]
check("a task is told by name", entry["task"] and entry["task"]["pid"] == 1 and entry["slab"]["cache"] == "task_struct" and
      entry["slab"]["offset"] == 0x10, entry)
found = subprocess.run([os.environ["KERNOSCOPE_CLI"], "--json", "search", "--pointer-to", "init_task", "--range",
                        f"{address:#x}..{address + 0x1000:#x}"], capture_output=True, timeout=300)
entries = [json.loads(line) for line in found.stdout.splitlines()]
check("search tells the object that holds a pointer", entries and entries[0]["slab"]["cache"] == "task_struct" and
      number(entries[0]["slab"]["object"]) == address, (entries, found.stderr))



def leaders():
    """pid by address."""
    return {leader.value_(): leader.pid.value_()
            for leader in list_for_each_entry("struct task_struct", prog["init_task"].tasks.address_of_(), "tasks")}


# Tasks lie side by side, and the type is longer than they are.
before, size = leaders(), by_sysfs("task_struct")
ends = [address + at for address in before for at in (0, size - 1)]
told = [(number(entry["address"]), entry["task"] and entry["task"]["pid"])
        for entry in cli_json("identify", "-", stdin="\n".join(map(hex, ends)).encode())]
steady = set(before.items()) & set(leaders().items())
wrong = [(hex(at), pid) for at, pid in told for address, expected in steady if address <= at < address + size and pid != expected]
check("each task is told by its first byte and its last", len(steady) > 20 and not wrong, (len(steady), size, wrong[:5]))

# What stands in every task is found again by scans of the first of them.
pid = cli_json("print", "&((struct task_struct *)0)->pid")
scanned = subprocess.run([os.environ["KERNOSCOPE_CLI"], "--json", "search", "--u32", "any", "--aligned", "--range",
                          f"{address:#x}..{address + 0x1000:#x}", "--then", "unchanged", "--wait", "1"],
                         capture_output=True, timeout=300)
entries = {number(entry["address"]): entry for entry in map(json.loads, scanned.stdout.splitlines())}
entry = entries.get(address + number(pid[0]["value"]), {})
check("a scan tells the object of each of its values", entry.get("value") == 1 and len(entries) > 500 and
      all(entries[at].get("slab", {}).get("object") == hex(address) for at in entries if at - address < 0x800),
      (entry, len(entries), scanned.stderr))
finish()
