"""What is in modules: where their variables and functions lie, what they are, and what they hold. The debug files are
found by themselves; kallsyms, /proc/kcore and drgn say what is right."""
import collections
import os
import re
import subprocess

import drgn

from common import Kcore, check, cli_json, finish, kallsyms, number

RELEASE = os.uname().release
KERNEL_DIR = re.search(r"kerneldir=(\S+)", open("/proc/cmdline").read()).group(1)
DEBUG_DIR = f"/usr/lib/debug/lib/modules/{RELEASE}"
EACH = 40
INTEGERS = {"_Bool": 1, "bool": 1, "char": 1, "unsigned char": 1, "u8": 1, "short int": 2, "short unsigned int": 2,
            "int": 4, "unsigned int": 4, "u32": 4, "long int": 8, "long unsigned int": 8, "long long unsigned int": 8,
            "long long int": 8, "unsigned long": 8, "long": 8, "u64": 8, "size_t": 8, "uint": 4, "ulong": 8}
# Names that no C source has: the linker's, the assembler's and modpost's.
NOT_OF_C = re.compile(r"[.$]|^__(crc|kstrtab|kstrtabns|ksymtab|SCT__|SCK__|pfx_|cfi_|traceiter)|^(cleanup|init)_module$"
                      r"|^_note_|^____versions$|^__module_depends$")
# struct of one module alone -> that module
OWN = {"xfs_inode": "xfs", "xfs_mount": "xfs", "virtnet_info": "virtio_net", "erofs_sb_info": "erofs"}


def loaded():
    with open("/proc/modules") as file:
        return [line.split()[0] for line in file]


def debug_files(modules):
    files = {}
    for folder, _, names in os.walk(DEBUG_DIR):
        for name in names:
            stem = name.split(".ko")[0].replace("-", "_")
            if stem in modules:
                files[stem] = os.path.join(folder, name)
    return files


def chosen(modules):
    """Of each module up to EACH variables, functions and per-CPU variables, whose names it has once."""
    lines = [line for line in kallsyms() if line[3] in modules]
    times = collections.Counter((name, module) for _, _, name, module in lines)
    data, functions, per_cpu = [], [], []
    taken = collections.Counter()
    for address, letter, name, module in lines:
        if times[name, module] > 1 or NOT_OF_C.search(name):
            continue
        if address < 1 << 63:
            per_cpu.append((module, name, address))
            continue
        to = functions if letter in "tTwW" else data if letter in "dDbBrRvV" else None
        if to is not None and taken[module, letter in "tTwW"] < EACH:
            taken[module, letter in "tTwW"] += 1
            to.append((module, name, address))
    return data, functions, per_cpu


def pointee(answer):
    return re.sub(r"\b(const|volatile)\b", "", answer["type"]).removesuffix("*").strip()


def read_integer(kcore, address, size):
    return int.from_bytes(kcore.read(address, size), "little")


def check_places(data, functions):
    """Gives the variables that are plain integers, (module, name, address, size)."""
    wanted = data + functions
    answers = cli_json("print", *[f"&{module}::{name}" for module, name, _ in wanted], expect=None)
    check(f"{len(wanted)} expressions are answered", len(answers) == len(wanted), len(answers))
    moved, untyped = [], []
    for (module, name, address), answer in zip(wanted, answers):
        if "error" in answer or number(answer["value"]) != address:
            moved.append((module, name, hex(address), answer.get("value"), answer.get("error")))
        elif pointee(answer) in ("", "void"):
            untyped.append((module, name, answer["type"]))
    check(f"{len(data)} variables and {len(functions)} functions of modules lie where kallsyms says", not moved,
          (len(moved), moved[:10]))
    check("each of them has a type", not untyped, (len(untyped), untyped[:40]))
    bad = [(a["expr"], a["type"]) for a in answers[len(data):] if "error" not in a and "(*)" not in a["type"]]
    check("functions have the types of functions", not bad, bad[:10])
    return [(*what, INTEGERS[pointee(answer)]) for what, answer in zip(data, answers)
            if "error" not in answer and pointee(answer) in INTEGERS]


def check_values(integers, per_cpu, sizes):
    kcore = Kcore()
    before = [read_integer(kcore, address, size) for _, _, address, size in integers]
    answers = cli_json("print", *[f"{module}::{name}" for module, name, *_ in integers],
                       *[f"&per_cpu({module}::{name}, {cpu})" for module, name, _ in per_cpu for cpu in (0, 1)],
                       *[f"per_cpu({module}::{name}, 0)" for module, name, _ in per_cpu],
                       *[f"sizeof(struct {tag})" for tag in sizes], expect=None)
    after = [read_integer(kcore, address, size) for _, _, address, size in integers]
    wrong, still = [], 0
    for (module, name, _, size), was, answer, is_now in zip(integers, before, answers, after):
        if was != is_now:
            continue
        still += 1
        value = answer.get("value")
        value = int(value == "true") if value in ("true", "false") else int(value) if isinstance(value, bool) else value
        if "error" in answer or number(value) % (1 << 8 * size) != was:
            wrong.append((module, name, was, answer))
    check(f"{still} integers hold what /proc/kcore has", still > 20 and not wrong, (still, wrong[:10]))
    answers = answers[len(integers):]
    offsets = [prog["__per_cpu_offset"][cpu].value_() for cpu in (0, 1)]
    expected = [(address + offset) % (1 << 64) for _, _, address in per_cpu for offset in offsets]
    wrong = [(a["expr"], a.get("value"), a.get("error"), hex(e)) for a, e in zip(answers, expected)
             if "error" in a or number(a["value"]) != e]
    check(f"{len(per_cpu)} per-CPU variables of modules lie in the areas of their CPUs", per_cpu and not wrong, wrong[:10])
    answers = answers[len(expected):]
    wrong = [a for a in answers[:len(per_cpu)] if "error" in a or "unreadable" in str(a["value"])]
    check("they are read", not wrong, wrong[:3])
    check_sizes("DWARF", answers[len(per_cpu):], sizes)


def check_sizes(where, answers, sizes):
    ours = {tag: number(a["value"]) if "error" not in a else a["error"] for tag, a in zip(sizes, answers)}
    check(f"{where}: structs that only a module has are as large as drgn says", ours == sizes, (ours, sizes))


def check_names(functions):
    answers = cli_json("sym", "-", stdin="\n".join(hex(address + 1) for *_, address in functions).encode())
    # Functions that begin at one address share it, and another name of it is as right.
    starts = collections.Counter(address for address, *_ in kallsyms())
    wrong = [(module, name, a) for (module, name, address), a in zip(functions, answers)
             if starts[address] == 1 and
             not any(m["module"] == module and m["name"] == name and m["offset"] == 1 for m in a["matches"])]
    check(f"an address in each of {len(functions)} functions has the name module::function", not wrong, wrong[:5])


def check_info(what, arguments, cache, serves, pending):
    os.environ["XDG_CACHE_HOME"] = cache
    info = cli_json(*arguments, "info")
    check(f"{what}: types come from {serves}", str(info["types_from"]).startswith(serves), info)
    named = info.get("types_pending")
    check(f"{what}: {'the DWARF is still to be indexed' if pending else 'nothing better is to come'}",
          str(named).startswith("DWARF of ") if pending else named is None, info)


def check_reload(name, data, cache):
    """A module that goes and comes again lies elsewhere; what the cache kept of its debug file must not place it."""
    os.environ["XDG_CACHE_HOME"] = cache
    path = next(line.split(":")[0] for line in open(f"{KERNEL_DIR}/lib/modules/{RELEASE}/modules.dep")
                if os.path.basename(line.split(":")[0]).split(".")[0].replace("-", "_") == name)

    def base():
        with open("/proc/modules") as file:
            return next((int(line.split()[5], 16) for line in file if line.split()[0] == name), None)
    first = base()
    subprocess.run(["/sbin/rmmod", name], check=True)
    check("a module that was unloaded is not listed", name not in [m["name"] for m in cli_json("modules")])
    # Another module takes its place, so that it has to go somewhere else.
    subprocess.run(["/sbin/insmod", f"{KERNEL_DIR}/lib/modules/{RELEASE}/kernel/drivers/net/dummy.ko"], check=True)
    subprocess.run(["/sbin/insmod", f"{KERNEL_DIR}/lib/modules/{RELEASE}/{path}"], check=True)
    now = {line[2]: line[0] for line in kallsyms() if line[3] == name}
    names = [n for module, n, _ in data if module == name]
    answers = cli_json("print", *[f"&{name}::{n}" for n in names], expect=None)
    wrong = [(a, hex(now[n])) for n, a in zip(names, answers) if "error" in a or number(a["value"]) != now[n]]
    check(f"its {len(names)} variables are found at their new places ({first:#x} -> {base():#x})", names and not wrong, wrong[:5])
    listed = cli_json("modules", name)
    check("it is listed where it lies now", number(listed[0]["base"]) == base(), listed)
    check("it brings its debug file", (listed[0]["debug_file"] or "").startswith("/"), listed[0]["debug_file"])


modules = loaded()
files = debug_files(modules)
check("each module has a debug file", set(files) == set(modules), set(modules) - set(files))
prog = drgn.Program()
prog.set_kernel()
prog.load_debug_info([f"/usr/lib/debug/boot/vmlinux-{RELEASE}", *(files[name] for name in sorted(set(OWN.values())))])
struct_sizes = {tag: prog.type(f"struct {tag}").size for tag in OWN}

FULL, EMPTY = "/share/module_cache", "/share/empty_cache"
os.makedirs(FULL, exist_ok=True)
os.makedirs(EMPTY, exist_ok=True)
check_info("--types quick, nothing kept", ["--types", "quick"], EMPTY, "BTF", True)
os.environ["XDG_CACHE_HOME"] = FULL
variables, functions, per_cpu = chosen(modules)
seen = {module for module, *_ in variables} & {module for module, *_ in functions}
check("all modules have variables and functions", seen == set(modules), set(modules) - seen)
integers = check_places(variables, functions)
check_values(integers, per_cpu, struct_sizes)
check_names(functions)
check_sizes("BTF", cli_json("--types", "btf", "print", *[f"sizeof(struct {tag})" for tag in struct_sizes], expect=None),
            struct_sizes)
check_info("--types quick with what was kept", ["--types", "quick"], FULL, "DWARF", False)
check_reload("erofs", variables, FULL)
finish()
