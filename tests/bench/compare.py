#!/usr/bin/env python3
"""kernoscope-cli beside drgn, pahole, gdb and crash: the same questions, on one machine, in one run.

    compare.py --cli build/release/bin/kernoscope-cli --vmlinux VMLINUX [--dump CORE] [--quick] [--slow]

For every task and tool: wall time from the start of the process to its end (the median of five runs; of one where a run
takes more than five seconds, with --quick half a second) and its peak memory. The files were read once before, so that
no tool waits for the disk. Answers are compared, too: a fast wrong one is worth nothing. --slow adds gdb to the last
task.
"""
import argparse
import collections
import json
import os
import pathlib
import re
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
MEASURE = [sys.executable, "-I", "-S", str(HERE / "measure.py")]
DRGN_PYTHON = "/usr/bin/python3"  # The one that Debian's python3-drgn is for, whichever comes first in PATH.
LIMIT = 900
ADDRESSES = 10000

Run = collections.namedtuple("Run", "seconds kib runs output why")  # `why` it failed, or None


class Bench:
    def __init__(self, folder, quick):
        self.folder, self.quick = folder, quick
        self.environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TERM": "dumb", "HOME": str(folder),
                            "XDG_CACHE_HOME": str(folder / "cache"), "PYTHONDONTWRITEBYTECODE": "1"}

    def file(self, name, lines):
        """A file for a tool to read, of these lines."""
        path = self.folder / name
        path.write_text("".join(line + "\n" for line in lines))
        return str(path)

    def once(self, command, stdin, limit):
        program = shutil.which(command[0])
        if program is None:
            return Run(0, 0, 1, "", f"{command[0]} is not installed")
        output, errors = self.folder / "output", self.folder / "errors"
        done = subprocess.run([*MEASURE, str(limit), stdin, output, errors, program, *command[1:]],
                              env=self.environment, cwd=self.folder, capture_output=True, text=True)
        if done.returncode != 0:
            return Run(0, 0, 1, "", "could not be measured: " + last_line(done.stderr))
        status, seconds, kib = done.stdout.split()
        text = output.read_text(errors="replace")
        why = None
        if status == "late":
            why = f"not done after {limit} s"
        elif status != "0":
            why = f"exit status {status}: {last_line(errors.read_text(errors='replace')) or last_line(text)}"
        return Run(float(seconds), int(kib), 1, text, why)

    def run(self, *command, stdin="/dev/null", limit=LIMIT):
        """The median time and the highest peak of some runs, and the last one's output; what failed runs no more."""
        runs = [self.once(command, stdin, limit)]
        while runs[-1].why is None and runs[0].seconds <= (0.5 if self.quick else 5) and len(runs) < 5:
            runs.append(self.once(command, stdin, limit))
        return runs[-1]._replace(seconds=statistics.median(run.seconds for run in runs),
                                 kib=max(run.kib for run in runs), runs=len(runs))


def last_line(text):
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:160] if lines else ""


def failed(why):
    return Run(0, 0, 0, "", why)


def ratio(value, base):
    if not base:
        return ""
    quotient = value / base
    return f"{quotient:.3f}" if quotient < 0.1 else f"{quotient:.2f}" if quotient < 10 else f"{quotient:.0f}"


def table(title, rows, ours):
    """`rows` is {tool: Run}; `ours` names the one that the others' time is compared with."""
    print(f"\n{title}")
    print(f"  {'':36}{'runs':>4}{'time':>12}{'memory':>11}{'time/ours':>11}{'time/drgn':>11}{'memory/drgn':>13}")
    base, drgn = rows[ours], rows.get("drgn", failed("not run"))
    for tool, run in rows.items():
        if run.why:
            print(f"  {tool:36}{run.why}")
            continue
        time = f"{run.seconds * 1000:.1f} ms" if run.seconds < 1 else f"{run.seconds:.2f} s"
        beside = ["" if base.why else ratio(run.seconds, base.seconds)]
        beside += ["", ""] if drgn.why else [ratio(run.seconds, drgn.seconds), ratio(run.kib, drgn.kib)]
        line = f"  {tool:36}{run.runs:>4}{time:>12}{run.kib / 1024:>8.1f} MB"
        print((line + f"{beside[0]:>11}{beside[1]:>11}{beside[2]:>13}").rstrip())
    sys.stdout.flush()


def kernel_offset(dump):
    """KERNELOFFSET (hexadecimal) of the VMCOREINFO note of an ELF core (kernel/crash_core.c writes it, for x86
    arch_crash_save_vmcoreinfo); 0 when it names none."""
    with open(dump, "rb") as file:
        header = file.read(64)
        file.seek(struct.unpack_from("<Q", header, 32)[0])
        programs = [file.read(56) for _ in range(struct.unpack_from("<H", header, 56)[0])]
        for program in programs:
            kind, _, offset, _, _, size, _, _ = struct.unpack("<IIQQQQQQ", program)
            if kind == 4:
                file.seek(offset)
                found = re.search(rb"^KERNELOFFSET=([0-9a-f]+)$", file.read(min(size, 1 << 24)), re.MULTILINE)
                if found:
                    return int(found[1], 16)
    return 0


def read_symbols(vmlinux):
    """({address: size} of the functions, {name: addresses} of all symbols) by readelf."""
    functions, names = {}, collections.defaultdict(set)
    listing = subprocess.run(["readelf", "--symbols", "--wide", vmlinux], capture_output=True, text=True, check=True)
    for line in listing.stdout.splitlines():
        fields = line.split()
        if len(fields) != 8 or not re.fullmatch("[0-9a-f]{16}", fields[1]) or fields[6] == "UND":
            continue
        address, size = int(fields[1], 16), int(fields[2], 0)
        names[fields[7]].add(address)
        if fields[3] == "FUNC" and size > 0 and address >> 47 == 0x1ffff:
            functions[address] = size
    return functions, names


def spread(functions, count):
    """Addresses inside `count` functions that lie evenly over the kernel's, each at another depth."""
    starts = sorted(functions)
    count = min(count, len(starts))
    chosen = (starts[i * len(starts) // count] for i in range(count))
    return [start + i * 7919 % functions[start] for i, start in enumerate(chosen)]


def layout(bench, options, crash):
    cli, vmlinux = options.cli, options.vmlinux
    bench.once([cli, "--vmlinux", vmlinux, "type", "task_struct"], "/dev/null", LIMIT)  # fills the cache
    commands = bench.file("layout.crash", ["struct task_struct", "quit"])
    rows = {
        "ours, with its cache": bench.run(cli, "--vmlinux", vmlinux, "type", "task_struct"),
        "ours, without a cache": bench.run(cli, "--no-cache", "--vmlinux", vmlinux, "type", "task_struct"),
        "ours, from BTF": bench.run(cli, "--no-cache", "--btf", vmlinux, "type", "task_struct"),
        "drgn": bench.run(DRGN_PYTHON, HERE / "drgn_tasks.py", "layout", vmlinux),
        "pahole, from DWARF": bench.run("pahole", "-F", "dwarf", "-C", "task_struct", vmlinux),
        "pahole, from BTF": bench.run("pahole", "-F", "btf", "-C", "task_struct", vmlinux),
        "gdb": bench.run("gdb", "-nx", "-batch", "-ex", "ptype /o struct task_struct", vmlinux),
        "crash": crash(commands),
    }
    table("The layout of task_struct", rows, "ours, with its cache")
    marks = (r"^size: (\d+)$", r"/\* size: (\d+), cache ?lines",
             r"total size \(bytes\): +(\d+) \*/\s*\}\s*\Z", r"^SIZE: (\d+)$")
    sizes = collections.defaultdict(list)
    for tool, run in rows.items():
        if not run.why:
            found = [size for mark in marks for size in re.findall(mark, run.output, re.MULTILINE)]
            sizes[found[-1] if found else "none found"].append(tool)
    for size, tools in sizes.items():
        print(f"  size {size}: {'all of them' if len(sizes) == 1 else '; '.join(tools)}")
    return rows


def plain(name):
    """A symbol's name without the offset that follows it."""
    return re.sub(r"\s*\+.*", "", name)


def ours_names(output):
    names = {}
    for entry in json.loads(output):
        if entry.get("matches"):
            names[int(entry["query"], 16)] = entry["matches"][0]["name"]
    return names


def lines_names(output, pattern, shift=0):
    return {int(found[1], 16) + shift: plain(found[2]) for found in re.finditer(pattern, output, re.MULTILINE)}


def symbols(bench, options, crash):
    title = "The symbols of 10,000 addresses"
    if not options.dump:
        tools = ("ours", "drgn", "gdb", "crash")
        table(title, dict.fromkeys(tools, failed("there is no dump")), "ours")
        return
    functions, names = read_symbols(options.vmlinux)
    linked = spread(functions, ADDRESSES)
    offset = options.offset
    runtime = bench.file("addresses", [f"0x{address + offset:x}" for address in linked])
    # gdb is given no dump, as it knows no KASLR: it gets the addresses that the kernel was linked for. It would
    # demangle names of C, too, as if they were Ada's: fpu__drop to fpu.drop.
    for_gdb = bench.file("addresses.gdb", ["set print demangle off",
                                           *(f"echo 0x{at:x}\\040\ninfo symbol 0x{at:x}" for at in linked)])
    for_crash = bench.file("addresses.crash", [*(f"sym {at + offset:x}" for at in linked), "quit"])
    rows = {
        "ours": bench.run(options.cli, "--json", "--vmlinux", options.vmlinux, "--core", options.dump, "sym", "-",
                          stdin=runtime),
        "drgn": bench.run(DRGN_PYTHON, HERE / "drgn_tasks.py", "symbols", options.vmlinux, options.dump, stdin=runtime),
        "gdb": bench.run("gdb", "-nx", "-batch", "-x", for_gdb, options.vmlinux),
        "crash": crash(for_crash),
    }
    table(f"The symbols of {len(linked):,} addresses", rows, "ours")
    if rows["ours"].why:
        return
    ours = ours_names(rows["ours"].output)
    answers = {
        "drgn": lines_names(rows["drgn"].output, r"^0x([0-9a-f]+) (\S+)$"),
        "gdb": lines_names(rows["gdb"].output, r"^0x([0-9a-f]+) (\S+(?: \+ \d+)?) in section", offset),
        "crash": lines_names(rows["crash"].output, r"^([0-9a-f]{16}) \(.\) (\S+)"),
    }
    answered = sum(address + offset in ours for address in linked)
    print(f"  answered by ours: {answered:,} of {len(linked):,}")
    for tool, theirs in answers.items():
        if rows[tool].why:
            continue
        same = short = alias = 0
        examples = []
        for address in (address + offset for address in linked):
            mine, other = ours.get(address), theirs.get(address)
            if mine is not None and mine == other:
                same += 1
            elif mine and other and mine.startswith(other) and re.fullmatch(r"(\.\w+)+", mine[len(other):]):
                short += 1
            elif names.get(mine, set()) & names.get(other, set()):
                alias += 1
            elif len(examples) < 3:
                examples.append(f"0x{address:x}: ours {mine}, {tool} {other}")
        share = (same + short + alias) / len(linked)
        print(f"  {tool} agrees on {100 * share:.2f} % ({same:,} the same name, {short:,} without the compiler's "
              f"suffix, {alias:,} another name of the same address): {'agrees' if share >= 0.99 else 'DOES NOT AGREE'}")
        for example in examples:
            print(f"    {example}")


def layouts(bench, options):
    cli, vmlinux = options.cli, options.vmlinux
    as_json = bench.run(cli, "--no-cache", "--vmlinux", vmlinux, "--json", "type", "--all")
    try:
        structs = sorted({entry["name"] for entry in json.loads(as_json.output)
                          if entry["kind"] == "struct" and entry["name"] and not entry.get("declaration")})
    except (ValueError, KeyError) as error:
        structs = []
        as_json = failed(as_json.why or f"its JSON cannot be read: {error}")
    names = bench.file("structs", structs)
    rows = {
        "ours, text": bench.run(cli, "--no-cache", "--vmlinux", vmlinux, "type", "--all"),
        "ours, JSON": as_json,
        "ours, text, with its cache": bench.run(cli, "--vmlinux", vmlinux, "type", "--all"),
        "drgn": bench.run(DRGN_PYTHON, HERE / "drgn_tasks.py", "layouts", vmlinux, stdin=names),
        "pahole, from DWARF": bench.run("pahole", "-F", "dwarf", vmlinux),
        "pahole, from BTF": bench.run("pahole", "-F", "btf", vmlinux),
    }
    if options.slow:
        commands = bench.file("structs.gdb", [f"ptype /o struct {name}" for name in structs])
        rows["gdb"] = bench.run("gdb", "-nx", "-batch", "-x", commands, vmlinux, limit=4 * LIMIT)
    table(f"All layouts ({len(structs):,} names of structs; drgn: the members of each)", rows, "ours, text")
    known = {
        "ours": len(structs),
        "drgn": len(structs) - int((re.search(r"^(\d+) structs are unknown", rows["drgn"].output, re.M) or (0, 0))[1]),
    }
    for tool in ("pahole, from DWARF", "pahole, from BTF"):
        known[tool] = len(set(re.findall(r"^struct (\w+) \{$", rows[tool].output, re.MULTILINE)) & set(structs))
    print("  structs of these names: " + ", ".join(f"{tool} {count:,}" for tool, count in known.items()))
    return rows


def search(bench, options):
    """Searching a whole dump beside reading it with dd. What the start of the program costs is measured with the same
    search of no memory, and taken away: the share is of the bandwidth alone."""
    if not options.dump:
        table("Searching a dump", dict.fromkeys(("ours", "dd"), failed("there is no dump")), "dd")
        return {}
    marker = "Linux version "
    with open(options.dump, "rb") as file:
        content = file.read()
    places = content.count(marker.encode())
    del content
    start = [options.cli, "--vmlinux", options.vmlinux, "--core", options.dump, "--json", "search"]
    nowhere = ["--range", "0..1"]
    patterns = {"text": ["--string", marker], "bytes with wildcards": ["--bytes", "4c 69 6e 75 78 20 7? 65 72"],
                "u64 range": ["--u64", "0x7123456789abcdef..0x7123456789abffff"], "pointers": ["--pointer-to", "init_task"]}
    # Exit status 1 says that nothing was found, which is an answer here: `|| [ $? = 1 ]`.
    run = lambda *arguments: bench.run("sh", "-c", '"$@" || [ $? = 1 ]', "sh", *start, *arguments)
    run(*patterns["text"], *nowhere)  # fills the cache
    rows = {"dd, 1 MiB at a time": bench.run("dd", f"if={options.dump}", "of=/dev/null", "bs=1M"),
            "ours, its start alone": run(*patterns["text"], *nowhere)}
    for name, pattern in patterns.items():
        rows[f"ours, {name}"] = run(*pattern)
    table("Searching a dump", rows, "dd, 1 MiB at a time")
    found = rows["ours, text"].output.count("\n")
    print(f"  {marker!r} is in the file {places} times, found {found} times: "
          f"{'agrees' if places == found else 'DOES NOT AGREE'}")
    return rows


def judge(what, needed, *bounds):
    """One line: every (measured, limit, unit) of `bounds` has to be within its limit."""
    for run in needed:
        if run.why:
            print(f"  {what}: cannot be judged ({run.why})")
            return
    said = [f"{measured():.3g}{unit} of at most {limit:g}{unit}" for measured, limit, unit in bounds]
    holds = all(measured() <= limit for measured, limit, _ in bounds)
    print(f"  {what}: {', '.join(said)}: {'holds' if holds else 'does not hold'}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cli", required=True, type=os.path.abspath)
    parser.add_argument("--vmlinux", required=True, type=os.path.abspath)
    parser.add_argument("--dump", type=os.path.abspath)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--slow", action="store_true")
    options = parser.parse_args()
    try:
        options.offset = kernel_offset(options.dump) if options.dump else 0
    except (OSError, struct.error) as error:
        print(f"{options.dump} cannot be used as a dump: {error}")
        options.dump = None

    with tempfile.TemporaryDirectory(prefix="kernoscope-bench.") as folder:
        bench = Bench(pathlib.Path(folder), options.quick)

        def crash(commands):
            if not options.dump:
                return failed("there is no dump")
            # crash 8.0 does not find the offset of KASLR in this dump by itself.
            offset = f"--kaslr=0x{options.offset:x}"
            return bench.run("crash", offset, "-s", "-i", commands, options.vmlinux, options.dump)

        for path in filter(None, (options.vmlinux, options.dump)):
            with open(path, "rb") as file:
                while file.read(1 << 20):
                    pass
        floor = bench.run("/bin/true")
        print(f"{options.vmlinux}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}; memory is measured from "
              f"{floor.kib / 1024:.1f} MB up, time from {floor.seconds * 1000:.1f} ms")
        one = layout(bench, options, crash)
        symbols(bench, options, crash)
        every = layouts(bench, options)
        searched = search(bench, options)

    cached, fresh, btf, drgn = (one[tool] for tool in
                                ("ours, with its cache", "ours, without a cache", "ours, from BTF", "drgn"))
    text, pahole = every["ours, text"], every["pahole, from DWARF"]
    print("\nJudged")
    judge("task_struct with the cache, of drgn's time", (cached, drgn),
          (lambda: cached.seconds / drgn.seconds, 1 / 20, ""))
    judge("task_struct with the cache, of drgn's memory", (cached, drgn),
          (lambda: cached.kib / drgn.kib, 1 / 5, ""))
    judge("task_struct without a cache, of drgn's time", (fresh, drgn),
          (lambda: fresh.seconds / drgn.seconds, 1 / 2, ""))
    judge("task_struct from BTF", (btf,), (lambda: btf.seconds * 1000, 20, " ms"))
    judge("type --all, of pahole's time for all DWARF", (text, pahole),
          (lambda: text.seconds / pahole.seconds, 1 / 4, ""))
    judge("type --all, memory", (text,), (lambda: text.kib / 1024, 400, " MB"))
    if searched:
        plain, start = searched.pop("dd, 1 MiB at a time"), searched.pop("ours, its start alone")
        for name, run in searched.items():
            noise = failed("the start alone took longer: the machine is too busy") if run.seconds <= start.seconds else run
            judge(f"search, {name[6:]}, of dd's time", (plain, start, run, noise),
                  (lambda run=run: (run.seconds - start.seconds) / plain.seconds, 1 / 0.75, ""))


main()
