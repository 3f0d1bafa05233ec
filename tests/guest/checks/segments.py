"""`segments` equals the PT_LOADs that readelf prints, and each has the right kind."""
import re
import subprocess

from common import Kcore, check, cli_json, finish, kallsyms, number, vmcoreinfo

printed = subprocess.run(["readelf", "-lW", "/proc/kcore"], capture_output=True, text=True, check=True).stdout
loads = sorted((int(vaddr, 16), int(vaddr, 16) + int(memsz, 16), int(paddr, 16)) for vaddr, paddr, memsz in
               re.findall(r"^\s+LOAD\s+0x\w+ 0x(\w+) 0x(\w+) 0x\w+ 0x(\w+)", printed, re.M))
segments = cli_json("segments")
check("as many segments as readelf prints PT_LOADs", len(loads) == len(segments) > 4, (loads, segments))
ours = [(number(s["start"]), number(s["end"]), number(s["phys"]) if s["phys"] else 2**64 - 1) for s in segments]
check("start, end and physical address equal readelf's", ours == loads, (ours, loads))
check("sizes are end - start", all(number(s["end"]) - number(s["start"]) == s["size"] for s in segments), segments)

symbols = {}
for address, _, name, module in kallsyms():
    if not module:
        symbols.setdefault(name, address)
kcore = Kcore()
page_offset = kcore.u64(symbols["page_offset_base"])
vmalloc = kcore.u64(symbols["vmalloc_base"])
vmemmap = kcore.u64(symbols["vmemmap_base"])
text, end = symbols["_text"], symbols["_end"]
levels = 5 if vmcoreinfo().get("NUMBER(pgtable_l5_enabled)") == "1" else 4
vmalloc_size = (32 << 40) if levels == 4 else (12800 << 40)


def expected(start):
    """The kind by the guest's own variables (arch/x86/include/asm/pgtable_64_types.h)."""
    if text <= start < end:
        return "text"
    if page_offset <= start < vmalloc:
        return "direct-map"
    if vmalloc <= start < vmalloc + vmalloc_size:
        return "vmalloc"
    if vmemmap <= start < vmemmap + (1 << (40 if levels == 4 else 49)):
        return "vmemmap"
    if start == 0xffffffffff600000:
        return "vsyscall"
    if end <= start < 0xffffffffff000000:
        return "modules"
    return "other"


for segment in segments:
    want = expected(number(segment["start"]))
    check(f"{segment['start']} is {want}", segment["kind"] == want, segment)
kinds = {s["kind"] for s in segments}
check("every part of the map is there", {"text", "direct-map", "vmalloc", "modules", "vmemmap"} <= kinds, kinds)

info = cli_json("info")
notes = vmcoreinfo()
check("info: release", info["release"] == notes["OSRELEASE"], info)
check("info: build-id", info["build_id"] == notes["BUILD-ID"], info)
check("info: KASLR offset", number(info["kaslr_offset"]) == int(notes["KERNELOFFSET"], 16), info)
check("info: phys_base", number(info["phys_base"]) % 2**64 == int(notes["NUMBER(phys_base)"]) % 2**64, info)
check("info: page levels", info["page_levels"] == levels, info)
with open("/proc/cmdline") as file:
    line = file.read().strip()
check("info: command line", line.startswith(info["cmdline"].rstrip()) and len(info["cmdline"]) >= 40, (line, info))
with open("/proc/modules") as file:
    check("info: modules", info["modules"] == len(file.readlines()), info)
check("info: DWARF serves the types", "DWARF" in info["types_from"], info)
decoded = {note["type_name"]: note["decoded"] for note in cli_json("notes")}
check("notes: every key of VMCOREINFO", all(decoded["VMCOREINFO"].get(k) == v for k, v in notes.items()), decoded)
check("notes: command line", decoded["NT_PRPSINFO"]["command_line"].rstrip() == line[:80].rstrip()[:79] or
      line.startswith(decoded["NT_PRPSINFO"]["command_line"].rstrip()), decoded["NT_PRPSINFO"])
task = decoded["NT_TASKSTRUCT"]
check("notes: the task is who opened kcore", task["comm"].startswith("kernoscope") and task["pid"] > 1, task)
finish()
