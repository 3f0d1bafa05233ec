#!/usr/bin/env python3
"""How fast the RAM of a live kernel is searched, beside preads of 1 MiB of the same memory.

    kcore_search.py KERNOSCOPE_CLI [ROUNDS]

Runs as root where there is a /proc/kcore, as in the guest of tests/guest/boot. Plain reads and searches take turns, so
that what else the machine does slows all of them; the medians of the rounds are printed. Of a search counts the time that
it tells: with the walk of the page tables, without the start of the program, as the share is of bandwidth.
"""
import json
import os
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "guest" / "checks"))
from common import Kcore  # noqa: E402

CHUNK = 1 << 20
PATTERNS = {
    "bytes": ["--bytes", "de ad ?? e? ef"],
    "text": ["--string", "Kernoscope looks for this, and not for that"],
    "text, any case": ["--string", "Kernoscope looks for this, and not for that", "--ignore-case"],
    "u64 range": ["--u64", "0x7123456789abcdef..0x7123456789abffff"],
    "u64 range of small numbers": ["--u64", "41234567..41234999"],
    "u64 range, aligned": ["--u64", "0x7123456789abcdef..0x7123456789abffff", "--aligned"],
    "pointers": ["--pointer-to", "init_task"],
}
cli, rounds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 3
kcore = Kcore()


def ram():
    """(begin, end) of what is searched: the direct map, as our own command line tells it."""
    found = json.loads(subprocess.run([cli, "--types", "btf", "--json", "segments"], capture_output=True, check=True).stdout)
    parts = [(int(s["start"], 16), int(s["end"], 16)) for s in found if s["kind"] == "direct-map"]
    return parts


def plain(parts):
    buffer = bytearray(CHUNK)
    begin = time.monotonic()
    for first, end in parts:
        for at in range(first, end, CHUNK):
            os.preadv(kcore.fd, [memoryview(buffer)[:min(CHUNK, end - at)]], kcore.offset(at))
    return time.monotonic() - begin


def search(arguments):
    """The seconds that it says it took, without the start of the program."""
    done = subprocess.run([cli, "--json", "search", *arguments], capture_output=True, text=True)
    if done.returncode not in (0, 1):
        sys.exit(f"search {' '.join(arguments)}: {done.stderr}")
    return float(re.search(r"searched in ([0-9.]+) s", done.stderr)[1])


parts = ram()
search(["--bytes", "de ad", "--in", "direct-map", "--limit", "1"])
times = {name: [] for name in ["plain", *PATTERNS]}
for _ in range(rounds):
    for name, pattern in PATTERNS.items():
        times["plain"].append(plain(parts))
        times[name].append(search([*pattern, "--in", "direct-map"]))
median = {name: statistics.median(values) for name, values in times.items()}
print(f"{sum(end - begin for begin, end in parts) >> 20} MiB; plain preads {median['plain']:.2f} s "
      f"({min(times['plain']):.2f} to {max(times['plain']):.2f})")
for name in PATTERNS:
    print(f"  {name:28} {median[name]:6.2f} s  {median['plain'] / median[name]:5.0%} of plain preads")
