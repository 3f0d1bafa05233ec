"""Modules against the kernel's own words: /proc/modules, /sys/module, /proc/kallsyms. Then the same out of a saved core with
no file at all: symbols, types and modules come from the dump's memory alone."""
import json
import os
import re
import struct
import subprocess

import drgn
from drgn.helpers.linux.list import list_for_each_entry

from common import CLI, check, cli, cli_json, finish, kallsyms, number, save_core

SYS = "/sys/module"
WITHOUT_FILES = ("for dir in /usr/lib/debug /lib/modules; do [ ! -d $dir ] || mount -t tmpfs none $dir || exit 9; done; "
                 "unset DEBUGINFOD_URLS; exec \"$0\" \"$@\"")


def text(path):
    with open(path, "rb") as file:
        return file.read()


def proc_modules():
    """name -> (size, refcount, users, state, base)"""
    result = {}
    for line in text("/proc/modules").decode().splitlines():
        name, size, refcount, users, state, base = line.split()[:6]
        users = [user for user in users.split(",") if user not in ("", "-", "[permanent]")]
        result[name] = (int(size), int(refcount), users, state, int(base, 16))
    return result


def sections_of(name):
    folder = f"{SYS}/{name}/sections"
    return {section: int(text(f"{folder}/{section}"), 16) for section in os.listdir(folder)}


def build_id_of(name):
    folder = f"{SYS}/{name}/notes"
    for note in os.listdir(folder):
        data = text(f"{folder}/{note}")
        name_size, size, kind = struct.unpack_from("<III", data)
        if kind == 3 and data[12:16] == b"GNU\0":
            return data[16:16 + size].hex()
    return None


def optional(path):
    return text(path).decode().strip() if os.path.exists(path) else None


def wrong(modules, expected, value):
    return [(m["name"], value(m), expected[m["name"]]) for m in modules if value(m) != expected[m["name"]]][:5]


def compare(where, modules, truth, sections, build_ids):
    names = [m["name"] for m in modules]
    check(f"{where}: all {len(truth)} modules in the order of /proc/modules", names == list(truth), (names, list(truth)))
    if set(names) != set(truth):
        return
    states = {"live": "Live", "coming": "Loading", "going": "Unloading"}
    for what, index, value in (("size", 0, lambda m: m["size"]), ("refcount", 1, lambda m: m["refcount"]),
                               ("users", 2, lambda m: m["users"]), ("state", 3, lambda m: states[m["state"]]),
                               ("base", 4, lambda m: number(m["base"]))):
        bad = wrong(modules, {name: fields[index] for name, fields in truth.items()}, value)
        check(f"{where}: {what} as /proc/modules has it", not bad, bad)
    bad = wrong(modules, sections, lambda m: {s["name"]: number(s["address"]) for s in m["sections"]})
    check(f"{where}: the addresses of all {sum(map(len, sections.values()))} sections", not bad, bad)
    bad = wrong(modules, build_ids, lambda m: m["build_id"])
    check(f"{where}: build-ids", not bad, bad)
    bad = wrong(modules, {name: optional(f"{SYS}/{name}/srcversion") for name in truth}, lambda m: m["srcversion"])
    check(f"{where}: srcversion", not bad, bad)
    bad = wrong(modules, {name: int(text(f"{SYS}/{name}/coresize")) for name in truth},
                lambda m: sum(r["size"] for r in m["ranges"] if not r["kind"].startswith("init")))
    check(f"{where}: ranges are as large as coresize", not bad, bad)
    bad = [(m["name"], m["ranges"]) for m in modules for s in m["sections"]
           if s["name"] == ".text" and not any(r["kind"] == "text" and number(r["start"]) <= number(s["address"]) <
                                               number(r["start"]) + r["size"] for r in m["ranges"])]
    check(f"{where}: .text lies in the range of text", not bad, bad[:3])


def file_of(name):
    """The module's own file, by modules.dep."""
    root = re.search(r"kerneldir=(\S+)", text("/proc/cmdline").decode()).group(1)
    root = f"{root}/lib/modules/{os.uname().release}"
    for line in text(f"{root}/modules.dep").decode().splitlines():
        path = line.split(":")[0]
        if re.sub("-", "_", os.path.basename(path)).split(".")[0] == name:
            return f"{root}/{path}"
    return None


def check_per_cpu(where, modules, lines):
    sizes = {}
    for module in modules:
        headers = subprocess.run(["readelf", "-SW", file_of(module["name"])], capture_output=True, check=True).stdout.decode()
        found = re.search(r"\.data\.\.percpu\s+\S+\s+\S+\s+\S+\s+(\S+)", headers)
        sizes[module["name"]] = int(found.group(1), 16) if found else 0
    bad = wrong(modules, sizes, lambda m: m["percpu"]["size"] if m["percpu"] else 0)
    check(f"{where}: per-CPU sizes as in the files", not bad and any(sizes.values()), (bad, sizes))
    ranges = {m["name"]: m["percpu"] for m in modules if m["percpu"]}
    low = [line for line in lines if line[3] in ranges and line[0] < 1 << 63]
    bad = [line for line in low if not 0 <= line[0] - number(ranges[line[3]]["offset"]) < ranges[line[3]]["size"]]
    check(f"{where}: {len(low)} per-CPU symbols lie in them", low and not bad, bad[:5])
    return {(line[2], line[3]) for line in low}


def compare_drgn(modules):
    """What /proc does not show: where struct module lies, and what is in it."""
    prog = drgn.Program()
    prog.set_kernel()
    prog.load_debug_info([f"/usr/lib/debug/boot/vmlinux-{os.uname().release}"])
    theirs = [(m.name.string_().decode(), m.value_(), m.taints.value_(), m.percpu.value_(), m.percpu_size.value_(),
               m.core_layout.base.value_(), m.core_layout.text_size.value_())
              for m in list_for_each_entry("struct module", prog["modules"].address_of_(), "list")]
    ours = [(m["name"], number(m["address"]), number(m["taints"]), *((number(m["percpu"]["offset"]), m["percpu"]["size"])
             if m["percpu"] else (0, 0)), number(m["base"]), m["ranges"][0]["size"]) for m in modules]
    check("drgn sees the same struct modules", ours == theirs, (ours[:3], theirs[:3]))


def check_symbols(where, run, lines, per_cpu):
    """Both ways: every line of kallsyms is found, and nothing else is said to be of a module."""
    names = sorted({line[2] for line in lines})
    answers = run("sym", "-", stdin="\n".join(names).encode())
    found = {(m["name"], int(m["address"], 16), m["module"]) for a in answers for m in a["matches"] if m["module"]}
    expected = {(name, address, module) for address, letter, name, module in lines if module and letter != "U"}
    check(f"{where}: all {len(expected)} symbols of modules, and no others", found == expected,
          (len(found), len(expected), sorted(expected - found)[:5], sorted(found - expected)[:5]))
    kinds = {(m["name"], m["module"]): m["kind"] for a in answers for m in a["matches"] if m["module"]}
    bad = [key for key in per_cpu if kinds.get(key) != "percpu"]
    check(f"{where}: per-CPU symbols are told", not bad, bad[:5])
    bad = []
    for address, letter, name, module in lines:
        want = "function" if letter in "tTwW" else "data" if letter in "dDbBrRvV" else None
        if module and want and kinds.get((name, module)) != want:
            bad.append((name, module, letter, kinds.get((name, module))))
    sizes = sum(m["size"] != 0 for a in answers for m in a["matches"] if m["module"])
    # Names that a module has twice share one entry above.
    check(f"{where}: kinds as the letters say", len(bad) < len(lines) / 1000, (len(bad), bad[:5]))
    check(f"{where}: sizes are known", sizes > len(expected) / 2, (sizes, len(expected)))
    kernel = {(m["name"], int(m["address"], 16)) for a in answers for m in a["matches"] if not m["module"]}
    missing = [line for line in lines if not line[3] and (line[2], line[0]) not in kernel]
    check(f"{where}: the kernel's own symbols", not missing, (len(missing), missing[:5]))


def main():
    truth = proc_modules()
    sections = {name: sections_of(name) for name in truth}
    build_ids = {name: build_id_of(name) for name in truth}
    # What is loaded while this runs (bpf programs, ftrace) is no module.
    lines = [line for line in kallsyms() if not line[3] or line[3] in truth]
    check("modules are loaded, some of them use others", len(truth) > 8 and any(fields[2] for fields in truth.values()),
          truth)

    for where, options in (("DWARF", []), ("BTF", ["--btf", "/sys/kernel/btf/vmlinux"])):
        modules = cli_json(*options, "modules")
        compare(where, modules, truth, sections, build_ids)
    per_cpu = check_per_cpu("live", modules, lines)

    compare_drgn(modules)

    table = cli("modules", "xfs", "virtio-net").decode().splitlines()
    check("names are chosen, and the table is aligned", len(table) == 3 and
          [row.split()[0] for row in table] == ["name", "xfs", "virtio_net"] and
          len({row.index(" 0x") for row in table[1:]}) == 1, table)
    missing = cli_json("modules", "no_such_module", expect=1)
    check("a module that is not loaded is said to be so", missing[0]["error"]["code"] == "not_found", missing)

    core = "/share/modules.core"
    low = min(fields[4] for fields in truth.values())
    high = max(fields[4] + fields[0] for fields in truth.values())
    save_core(core, extra=[(low & ~0xfff, ((high + 0xfff) & ~0xfff) - (low & ~0xfff))])

    def alone(*arguments, stdin=None, expect=0):
        done = subprocess.run(["unshare", "-m", "sh", "-c", WITHOUT_FILES, CLI, "--core", core, "--json", *arguments],
                              input=stdin, capture_output=True, timeout=300)
        check(f"{' '.join(arguments)[:60]} exits with {expect} without files", done.returncode == expect,
              (done.returncode, done.stderr.decode()[:500]))
        return json.loads(done.stdout)

    info = alone("info")
    check("symbols and types are the memory's own", "own tables" in info["symbols_from"] and "memory" in info["types_from"], info)
    compare("dump", alone("modules"), truth, sections, build_ids)
    check_symbols("dump", alone, lines, per_cpu)

    # VMCOREINFO of a kernel before 6.0 does not tell where kallsyms lies.
    with open(core, "r+b") as file:
        head = file.read(1 << 16)
        file.seek(0)
        file.write(head.replace(b"SYMBOL(kallsyms_", b"SYMBOL(KALLSYMS_"))
    check("VMCOREINFO named the tables", b"SYMBOL(kallsyms_" in head)
    compare("scanned dump", alone("modules"), truth, sections, build_ids)
    check_symbols("scanned dump", alone, lines, per_cpu)
    os.unlink(core)
    finish()


main()
