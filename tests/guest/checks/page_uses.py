"""What `identify` says of pages is what /proc/kpageflags says of them, for any pages of RAM and for pages of programs and of
files; and a page of the page cache is where drgn finds it in the file's tree."""
import mmap
import os
import random
import struct
import sys

import drgn
from drgn.helpers.linux.mm import virt_to_page
from drgn.helpers.linux.xarray import xa_load

from common import check, cli_json, finish, number, Kcore

# include/uapi/linux/kernel-page-flags.h, and KPF_RESERVED of include/linux/kernel-page-flags.h
LRU, SLAB, BUDDY, ANON, NOPAGE, PGTABLE, RESERVED = 5, 7, 10, 12, 20, 26, 32

random.seed(int.from_bytes(os.urandom(8), "little"))
ram = [(vaddr, size, paddr) for vaddr, size, _, paddr in Kcore().loads if paddr != 2**64 - 1 and vaddr < 0xffffffff80000000]
prog = drgn.Program()
prog.set_kernel()
prog.load_debug_info([f"/usr/lib/debug/boot/vmlinux-{os.uname().release}"])
kpageflags = os.open("/proc/kpageflags", os.O_RDONLY)


def physical(address):
    return next(paddr + address - vaddr for vaddr, size, paddr in ram if vaddr <= address < vaddr + size)


def virtual(frame):
    return next((vaddr + (frame << 12) - paddr for vaddr, size, paddr in ram if paddr <= frame << 12 < paddr + size), None)


def frames_of(begin, size):
    """The frames behind memory of this process."""
    with open("/proc/self/pagemap", "rb") as file:
        file.seek(begin // 4096 * 8)
        entries = struct.unpack(f"<{size // 4096}Q", file.read(size // 4096 * 8))
    return [entry & (1 << 55) - 1 for entry in entries if entry >> 63]


def expected(address):
    flags, = struct.unpack("<Q", os.pread(kpageflags, 8, physical(address) // 4096 * 8))
    has = lambda bit: flags >> bit & 1  # noqa: E731
    if has(NOPAGE):
        return "no page"
    for bit, kind in ((RESERVED, "reserved"), (SLAB, "slab"), (BUDDY, "free"), (ANON, "anonymous")):
        if has(bit):
            return kind
    # A kernel whose types list no PG_table cannot tell.
    if has(PGTABLE):
        return "page table" if told_tables else None
    return "page cache" if has(LRU) and has_mapping(address) else None


def has_mapping(address):
    page = virt_to_page(prog, address)
    head = page.compound_head.value_()
    return bool(drgn.Object(prog, "struct page *", head - 1 if head & 1 else page.value_()).mapping)


def ours(addresses):
    answers = {}
    for entry in cli_json("identify", "-", stdin="\n".join(map(hex, addresses)).encode()):
        page = entry["page"]
        answers[number(entry["address"])] = (page["kind"], number(page["struct"])) if page else ("no page", None)
    return answers


try:
    told_tables = bool(prog.constant("PGTY_table"))
except LookupError:
    told_tables = False

chosen = []
for _ in range(3000):
    vaddr, size, _ = random.choices(ram, [size for _, size, _ in ram])[0]
    chosen.append(vaddr + random.randrange(size))
# Memory of this process, in small pages and in large ones.
own = mmap.mmap(-1, 4 << 20)
own.write(os.urandom(4 << 20))
with open(sys.executable, "rb") as program:
    file = mmap.mmap(program.fileno(), 0, prot=mmap.PROT_READ)
sum(file[at] for at in range(0, len(file), 4096))
with open("/proc/self/maps") as maps:
    areas = [tuple(int(n, 16) for n in line.split()[0].split("-")) for line in maps if "[v" not in line]
for begin, end in areas:
    chosen += filter(None, map(virtual, random.sample(found := frames_of(begin, end - begin), min(len(found), 60))))

# The kernel goes on while both look: what differs counts if it does so whenever it is asked, and the kernel says the same
# before and behind.
theirs = {address: expected(address) for address in chosen}
mine = ours(chosen)
different = {address: (mine[address][0], theirs[address]) for address in theirs if mine[address][0] != theirs[address]}
for _ in range(4):
    if different:
        before, mine_now = {a: expected(a) for a in different}, ours(different)
        different = {a: (mine_now[a][0], before[a]) for a in different if expected(a) == before[a] != mine_now[a][0]}
counts = {kind: sum(answer == kind for answer in theirs.values()) for kind in set(theirs.values())}
print(f"{len(theirs)} pages: {counts}")
check("there are pages of all kinds", all(counts.get(kind, 0) > 20 for kind in
                                         ("reserved", "slab", "free", "anonymous", "page cache", None)), counts)
check("kinds of pages are those of /proc/kpageflags", not different, (len(different), [(hex(a), b) for a, b in different.items()][:8]))
wrong = [hex(a) for a, (kind, page) in mine.items() if page is not None and page != virt_to_page(prog, a).value_()]
check("each has the struct page that drgn computes", not wrong and len(mine) > 3000, wrong[:5])


def in_its_file(address):
    page = virt_to_page(prog, address)
    head = page.compound_head.value_()
    page = drgn.Object(prog, "struct page *", head - 1 if head & 1 else page.value_())
    try:
        return xa_load(page.mapping.i_pages.address_of_(), page.index.value_()).value_() == page.value_()
    except drgn.FaultError:  # the page has left the file since
        return False


cached = [address for address, (kind, _) in mine.items() if kind == "page cache"]
stray = [address for address in cached if not in_its_file(address)]
now = ours(stray)
stray = [address for address in stray if now[address][0] == "page cache" and not in_its_file(address)]
check("pages of the page cache are in the trees of their files", len(cached) > 20 and not stray, (len(cached), stray[:5]))
finish()
