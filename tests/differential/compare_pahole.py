#!/usr/bin/env python3
"""Compares `kernoscope-cli type --all --json` with what pahole prints for the same file.

    compare_pahole.py --cli build/release/bin/kernoscope-cli --file vmlinux --format btf
    compare_pahole.py --cli build/release/bin/kernoscope-cli --file vmlinux --format dwarf

For every struct and union: size, and of every member at every depth the name, type, offset, size and bitfield width;
for every enum the enumerators and their values. A name may have several definitions (in different source files); ours
has to equal one of pahole's. Ends with 1 when anything differs.
"""
import argparse
import collections
import json
import re
import subprocess
import sys

PLACE = re.compile(r"^(?P<declaration>.*?);?\s*/\*\s*(?P<byte>\d+)(?::\s*(?P<bit>\d+))?\s+(?P<size>\d+)\s*\*/$")
ATTRIBUTE = re.compile(r"\s*__attribute__\(\(.*?\)\)\)?")
HEAD = re.compile(r"^(struct|union|enum) (\w+) \{$")

# Enums that two source files define differently (intel_epb.c and intel_pstate.c); pahole prints one of them only.
DEFINED_TWICE = {"energy_perf_value_index"}


def plain_type(declaration, name):
    """The type of a member declaration without its name, and without what pahole 1.24 does not keep: blanks, where a
    qualifier stands, [0] or [], and that a pointer points to an array."""
    text = re.sub(r":\d+$", "", declaration.strip())
    text = re.sub(r"\b(const|volatile|restrict)\b", "", text)
    if name and "(*" in text:
        text = re.sub(r"\((\*+)\s*" + re.escape(name) + r"\b", r"(\1", text, count=1)
    elif name:
        text = re.sub(r"\b" + re.escape(name) + r"((?:\[\d*\])*)$", r"\1", text)
    text = text.replace(" ", "").replace("[0]", "[]").replace("(void)", "()")
    return re.sub(r"\(\*\)(\[\d*\])+$", "*", text)


def declared_name(declaration):
    text = re.sub(r":\d+$", "", declaration.strip())
    pointer = re.search(r"\(\*+\s*(?:const\s+)?(\w+)(?:\[\d*\])*\)\(", text)
    if pointer:
        return pointer.group(1)
    tail = re.search(r"(\w+)(?:\[\d*\])*$", text)
    return tail.group(1) if tail else ""


def pahole_records(text):
    """{(kind, name): [(size, [(name, type, bit offset, bit width, bytes)])]}; the line of a nested record comes after
    those of its members and has the type None. Unions have the size None: pahole does not print it."""
    records = collections.defaultdict(list)
    current, size, members, opened = None, None, [], []
    for line in text.splitlines():
        if current is None:
            head = HEAD.match(line)
            if head:
                current, size, members, opened = head.groups(), None, [], []
            continue
        if line.startswith("}"):
            if current[0] != "enum":
                records[current].append((size, members))
            current = None
            continue
        stripped = line.strip()
        own_size = re.match(r"^\t/\* size: (\d+),", line)
        if own_size:
            size = int(own_size.group(1))
        if stripped.endswith("{"):
            opened.append(len(members))
        place = PLACE.match(ATTRIBUTE.sub("", stripped))
        if not place or stripped.startswith("/*"):
            continue
        declaration = place["declaration"].rstrip("; ")
        width = re.search(r":(\d+)$", declaration)
        closes = declaration.startswith("}")
        if closes:
            declaration = declaration[1:].strip()
            begin = opened.pop()
            if declaration.startswith("*"):
                del members[begin:]  # what a pointer points to is no part of the record
        unnamed = closes and not declaration or re.match(r"^[\w ]+ :\d+$", declaration)
        name = "" if unnamed else declared_name(declaration)
        offset = int(place["byte"]) * 8 + int(place["bit"] or 0)
        members.append((name, None if closes else plain_type(declaration, name), offset,
                        int(width.group(1)) if width else 0, int(place["size"])))
    return records


def pahole_enums(text):
    enums = collections.defaultdict(list)
    current = None
    for line in text.splitlines():
        head = HEAD.match(line)
        if head and head.group(1) == "enum":
            current = []
            enums[head.group(2)].append(current)
        elif line.startswith("}"):
            current = None
        elif current is not None:
            value = re.match(r"^\t(\w+)\s*= (-?\w+),$", line)
            if value:
                current.append((value.group(1), int(value.group(2), 0)))
    return enums


def our_members(members):
    for member in members:
        opened = "members" in member or "enumerators" in member
        yield from our_members(member.get("members", []))
        width = member["bit_size"] if member["bit_size"] != member["byte_size"] * 8 or member["bit_offset"] % 8 else 0
        kind = None if opened else plain_type(member["type"], "")
        yield member["name"], kind, member["bit_offset"], width, member["byte_size"]


def same_member(ours, theirs):
    # A bitfield as wide as its type looks like a plain member in our JSON, and the other way round.
    ours_width = ours[3] or ours[4] * 8
    theirs_width = theirs[3] or theirs[4] * 8
    same_place = ours[2] == theirs[2] and ours_width == theirs_width
    return ours[0] == theirs[0] and same_place and (None in (ours[1], theirs[1]) or ours[1] == theirs[1])


def first_difference(ours, theirs):
    """Nothing when they are the same."""
    if theirs[0] is not None and ours[0] != theirs[0]:
        return f"size {ours[0]}, pahole {theirs[0]}"
    for mine, other in zip(ours[1], theirs[1]):
        if not same_member(mine, other):
            return f"{mine}, pahole {other}"
    if len(ours[1]) != len(theirs[1]):
        return f"{len(ours[1])} members, pahole {len(theirs[1])}"
    return None


def run(command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cli", help="kernoscope-cli")
    parser.add_argument("--ours", help="its output, instead of --cli")
    parser.add_argument("--file", required=True, help="a vmlinux or module, or raw BTF")
    parser.add_argument("--format", choices=["btf", "dwarf"], required=True)
    parser.add_argument("--show", type=int, default=20, help="how many differences to print")
    arguments = parser.parse_args()

    option = "--btf" if arguments.format == "btf" else "--vmlinux"
    if arguments.ours:
        with open(arguments.ours, encoding="utf-8") as file:
            ours = json.load(file)
    else:
        ours = json.loads(run([arguments.cli, "--json", option, arguments.file, "type", "--all"]))
    pahole = ["pahole", "-F", arguments.format]
    theirs = pahole_records(run(pahole + [arguments.file]))
    theirs.update(pahole_records(run(pahole + ["--unions", arguments.file])))
    # Those inside functions it prints only when it is asked for each by its name.
    inside = sorted({entry["name"] for entry in ours if entry["kind"] == "struct" and entry.get("members")
                     and ("struct", entry["name"]) not in theirs})
    for name in inside:
        theirs.update(pahole_records(run(pahole + ["-C", name, arguments.file])))
    names = sorted({entry["name"] for entry in ours if entry["kind"] == "enum" and entry.get("enumerators")})
    # Of DWARF, pahole 1.24 prints the enums of one compile unit only; the BTF of the same file has them all.
    enums = ["pahole", "-F", "btf", "-C", ",".join(names), arguments.file]
    their_enums = pahole_enums(run(enums)) if names else {}

    counts, differences = collections.Counter(), []
    for entry in ours:
        name, kind = entry["name"], entry["kind"]
        if entry.get("declaration"):
            continue
        if kind in ("struct", "union"):
            candidates = theirs.get((kind, name))
            mine = (entry["size"], list(our_members(entry["members"])))
            found = [first_difference(mine, candidate) for candidate in candidates or []]
            counts["members"] += len(mine[1])
        elif kind == "enum" and name in DEFINED_TWICE:
            counts["enum with two definitions, not compared"] += 1
            continue
        elif kind == "enum":
            candidates = their_enums.get(name)
            # pahole 1.24 takes every enum of BTF for unsigned.
            modulus = 1 << entry["size"] * 8
            mine = [(e["name"], int(str(e["value"]), 0) % modulus) for e in entry["enumerators"]]
            candidates = candidates and [[(n, value % modulus) for n, value in one] for one in candidates]
            found = [None if mine == candidate else f"{mine}, pahole {candidate}" for candidate in candidates or []]
            counts["enumerators"] += len(mine)
        else:
            continue
        if not candidates:
            counts[f"{kind} without a counterpart"] += 1
            if entry.get("members") or entry.get("enumerators"):
                differences.append(f"{kind} {name}: pahole does not print it")
            continue
        counts[kind] += 1
        if all(found):
            differences.append(f"{kind} {name}: {found[0]}")
    known = {(entry["kind"], entry["name"]) for entry in ours}
    for kind, name in theirs:
        if (kind, name) not in known:
            differences.append(f"{kind} {name}: only pahole has it")

    for difference in differences[:arguments.show]:
        print(difference if len(difference) < 400 else difference[:400] + "...")
    print(", ".join(f"{count} {what}" for what, count in sorted(counts.items())) + f": {len(differences)} differences")
    return 1 if differences or not counts["struct"] else 0


if __name__ == "__main__":
    sys.exit(main())
