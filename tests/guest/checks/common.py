"""What the checks that run inside the guest share: the program under test, and an independent view of /proc/kcore."""
import json
import os
import struct
import subprocess
import sys

CLI = os.environ.get("KERNOSCOPE_CLI", "kernoscope-cli")
FAILURES = []


def check(what, condition, detail=""):
    """One line for each fact; the script's exit status tells whether all held."""
    print(f"{'ok' if condition else 'FAILED'} - {what}{'' if condition else ': ' + str(detail)[:2000]}", flush=True)
    if not condition:
        FAILURES.append(what)


def finish():
    print(f"{len(FAILURES)} checks failed" if FAILURES else "all checks passed", flush=True)
    sys.exit(1 if FAILURES else 0)


def cli(*arguments, stdin=None, expect=0):
    """Runs kernoscope-cli; gives stdout as bytes. `expect` is the exit status it must have (None: any)."""
    done = subprocess.run([CLI, *arguments], input=stdin, capture_output=True, timeout=300)
    if expect is not None and done.returncode != expect:
        check(f"{' '.join(arguments)[:100]} exits with {expect}", False, f"{done.returncode}: {done.stderr.decode()}")
    return done.stdout


def cli_json(*arguments, stdin=None, expect=0):
    return json.loads(cli("--json", *arguments, stdin=stdin, expect=expect))


def number(value):
    """An integer as the contract writes it: a number, or "0x..." (or "-0x...")."""
    return value if isinstance(value, int) else int(value, 16)


class Kcore:
    """A second, independent reader of /proc/kcore: program headers by struct.unpack, data by pread."""

    def __init__(self, path="/proc/kcore"):
        self.fd = os.open(path, os.O_RDONLY)
        header = os.pread(self.fd, 64, 0)
        phoff, = struct.unpack_from("<Q", header, 32)
        phnum, = struct.unpack_from("<H", header, 56)
        self.loads = []
        self.headers_end = phoff + 56 * phnum
        for i in range(phnum):
            kind, _, offset, vaddr, paddr, filesz, memsz, _ = struct.unpack("<IIQQQQQQ", os.pread(self.fd, 56, phoff + 56 * i))
            if kind == 1:
                self.loads.append((vaddr, memsz, offset, paddr))
            elif kind == 4:
                self.notes = os.pread(self.fd, filesz, offset)
                self.headers_end = max(self.headers_end, offset + filesz)
        self.loads.sort()

    def offset(self, address):
        for vaddr, memsz, offset, _ in self.loads:
            if vaddr <= address < vaddr + memsz:
                return address - vaddr + offset
        raise KeyError(hex(address))

    def read(self, address, size):
        return os.pread(self.fd, size, self.offset(address))

    def u64(self, address):
        return struct.unpack("<Q", self.read(address, 8))[0]


def save_core(path, extra=()):
    """A core of text and RAM as they are now, written by hand: PT_NOTE, and a PT_LOAD for each segment with a physical
    address and for each (address, size) of `extra`. Pages of zeros stay holes of the file."""
    kcore = Kcore()
    loads = [load for load in kcore.loads if load[3] != 2**64 - 1]
    loads += [(address, size, kcore.offset(address), 2**64 - 1) for address, size in extra]
    position = (64 + 56 * (len(loads) + 1) + len(kcore.notes) + 0xfff) & ~0xfff
    header = bytearray(os.pread(kcore.fd, 64, 0))
    struct.pack_into("<Q", header, 32, 64)
    struct.pack_into("<H", header, 56, len(loads) + 1)
    table = struct.pack("<IIQQQQQQ", 4, 0, 64 + 56 * (len(loads) + 1), 0, 0, len(kcore.notes), 0, 0)
    with open(path, "wb") as file:
        starts = []
        for vaddr, memsz, _, paddr in loads:
            table += struct.pack("<IIQQQQQQ", 1, 7, position, vaddr, paddr, memsz, memsz, 4096)
            starts.append(position)
            position += memsz
        file.write(header + table + kcore.notes)
        for (vaddr, memsz, offset, _), start in zip(loads, starts):
            for at in range(0, memsz, 1 << 18):
                chunk = os.pread(kcore.fd, min(1 << 18, memsz - at), offset + at)
                if chunk.count(0) != len(chunk):
                    file.seek(start + at)
                    file.write(chunk)
        file.truncate(position)


def kallsyms():
    """(address, type letter, name, module) of every line."""
    lines = []
    with open("/proc/kallsyms") as file:
        for line in file:
            address, letter, rest = line.rstrip("\n").split(" ", 2)
            name, _, module = rest.partition("\t")
            lines.append((int(address, 16), letter, name, module.strip("[]")))
    return lines


def vmcoreinfo():
    """The keys of the VMCOREINFO note, by readelf's reckoning of where the notes lie."""
    with open("/proc/kcore", "rb") as file:
        data = file.read(1 << 16)
    at = data.find(b"OSRELEASE=")
    text = data[at:data.find(b"\0", at)].decode()
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
