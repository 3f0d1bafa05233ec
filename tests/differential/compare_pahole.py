#!/usr/bin/env python3
"""Compares what `kernoscope-cli type --all` gives with what pahole prints for the same files.

    compare_pahole.py --cli build/release/bin/kernoscope-cli --format dwarf vmlinux
    compare_pahole.py --cli build/release/bin/kernoscope-cli --format btf --base vmlinux --spread 50 MODULE.ko...

For every struct and union: size, and of every member at every depth the name, type, offset, size and bitfield width;
of structs the numbers of members and cache lines and the bits of holes and padding; for every enum the enumerators
and their values (not of modules). A name may have several definitions (in different source files): each of pahole's has to equal one of
ours, and of ours at least one one of pahole's, which prints only one of some. Ends with 1 when anything differs.
walk_dwarf and walk_btf compare all definitions, with other tools.
"""
import argparse
import collections
import json
import os
import pathlib
import re
import subprocess
import sys

PLACE = re.compile(r"^(?P<declaration>.*?);?\s*/\*\s*(?P<byte>\d+)(?::\s*(?P<bit>\d+))?\s+(?P<size>\d+)\s*\*/$")
ATTRIBUTE = re.compile(r"\s*__attribute__\(\(.*?\)\)\)?")
HEAD = re.compile(r"^(struct|union|enum) (\w+) \{$")

SUMMARY = re.compile(r"/\* size: (\d+), cachelines: (\d+), members: (\d+)")


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
        # "int :4", and "struct ns_tree", which -fms-extensions allow (Linux 6.19).
        unnamed = (closes and not declaration or re.match(r"^[\w ]+ :\d+$", declaration)
                   or re.match(r"^(struct|union) \w+$", declaration))
        name = "" if unnamed else declared_name(declaration)
        offset = int(place["byte"]) * 8 + int(place["bit"] or 0)
        members.append((name, None if closes else plain_type(declaration, name), offset,
                        int(width.group(1)) if width else 0, int(place["size"])))
    return records


def pahole_gaps(text):
    """{struct: [(cache lines, members, bits of holes, bits of padding)]} of those that are not inside others."""
    gaps = collections.defaultdict(list)
    name, numbers = None, None
    for line in text.splitlines():
        head = HEAD.match(line)
        if head:
            name, numbers = head.group(2), None
        elif line.startswith("}"):
            if name and numbers:
                gaps[name].append(tuple(numbers))
            name = None
        elif name and (summary := SUMMARY.search(line)) and line.startswith("\t/* size"):
            numbers = [int(summary.group(2)), int(summary.group(3)), 0, 0]
        elif name and numbers and line.startswith("\t/*"):
            for pattern, at, factor in ((r"sum holes: (\d+)", 2, 8), (r"sum bit holes: (\d+)", 2, 1),
                                        (r"\bpadding: (\d+)", 3, 8), (r"bit_padding: (\d+)", 3, 1)):
                for found in re.findall(pattern, line):
                    numbers[at] += int(found) * factor
    return gaps


def our_gaps(text):
    gaps = collections.defaultdict(list)
    name, numbers = None, None
    for line in text.splitlines():
        head = HEAD.match(line)
        if head:
            name, numbers = head.group(2), None
        elif name and (found := re.match(r"^ {4}/\* size: \d+, cache lines: (\d+), members: (\d+) \*/", line)):
            numbers = [int(found.group(1)), int(found.group(2)), 0, 0]
        elif line.startswith("}"):
            if name and numbers:
                gaps[name].append(tuple(numbers))
            name = None
        elif numbers and (found := re.search(r"(holes|padding): (?:\d+, together )?(\d+) (byte|bit)", line)):
            numbers[2 if found.group(1) == "holes" else 3] += int(found.group(2)) * (8 if found.group(3) == "byte" else 1)
    return gaps


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


class Output:
    """Of a command that runs while others are started."""

    def __init__(self, *command):
        self.command = command
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def text(self):
        output = self.process.communicate()[0]
        if self.process.returncode != 0:
            sys.exit(f"{' '.join(self.command)[:200]} failed with {self.process.returncode}")
        return output


class Comparison:
    def __init__(self, arguments):
        self.cli, self.pahole, self.format = arguments.cli, arguments.pahole, arguments.format
        self.base = arguments.base
        self.counts, self.differences = collections.Counter(), []
        self.base_structs = self.base_unions = ""
        if self.base:
            self.base_structs = self.theirs_of(self.base).text()
            self.base_unions = self.theirs_of(self.base, "--unions").text()

    def ours_of(self, file, names, *options):
        if self.format == "dwarf":
            source = ["--vmlinux", file]
        else:
            source = ["--btf", file] + (["--btf-base", self.base] if self.base else [])
        return Output(self.cli, *options, *source, "type", *(names or ["--all", "--candidates"]))

    def theirs_of(self, file, *options, format=None):
        base = [f"--btf_base={self.base}"] if self.base and file != self.base else []
        return Output(self.pahole, *base, "-F", format or self.format, *options, file)

    def compare(self, file):
        structs, unions = self.theirs_of(file), self.theirs_of(file, "--unions")
        # pahole prints the types of the base, and behind them the module's own, for which we are asked by name.
        printed = structs.text().removeprefix(self.base_structs)
        theirs = pahole_records(printed)
        theirs.update(pahole_records(unions.text().removeprefix(self.base_unions)))
        names = [f"{kind} {name}" for kind, name in theirs] if self.base else None
        if self.base and not names:
            self.counts["files without a struct or union"] += 1
            return
        ours, layout = self.ours_of(file, names, "--json"), self.ours_of(file, names)
        ours_by_name = collections.defaultdict(list)
        for entry in json.loads(ours.text()):
            if not entry.get("declaration"):
                ours_by_name[entry["kind"], entry["name"]].append(entry)
        # Rust's names ("&str") are no identifiers of C; pahole takes a list of names apart at their commas.
        own = {key for key in ours_by_name if re.fullmatch(r"\w+", key[1])}
        ours_gaps = our_gaps(layout.text())
        # Those inside functions it prints only when it is asked for them by their names, and of several that stand in
        # one unit only every other.
        inside = {name for kind, name in own if kind in ("struct", "union") and (kind, name) not in theirs
                  and ours_by_name[kind, name][0]["members"]}
        asked = {("struct", "")}
        while inside and asked:
            text = self.theirs_of(file, "-C", ",".join(sorted(inside))).text()
            asked = pahole_records(text)
            printed += text
            theirs.update(asked)
            inside -= {name for _, name in asked}
        for name in sorted(inside):
            text = self.theirs_of(file, "-C", name).text()
            printed += text
            theirs.update(pahole_records(text))
        # Of DWARF, pahole 1.24 prints the enums of one compile unit only; the BTF of the same vmlinux has them all.
        enums = sorted(name for kind, name in own if kind == "enum" and not file.endswith(".ko"))
        if enums:
            listed = pahole_enums(self.theirs_of(file, "-C", ",".join(enums), format="btf").text())
            # Those that BTF has not, because nothing refers to them, it prints of DWARF when it is asked.
            missing = [name for name in enums if name not in listed]
            if missing and self.format == "dwarf":
                listed.update(pahole_enums(self.theirs_of(file, "-C", ",".join(missing)).text()))
            theirs.update({("enum", name): candidates for name, candidates in listed.items()})
        self.compare_names(file, ours_by_name, theirs, own)
        self.compare_gaps(file, ours_gaps, pahole_gaps(printed))

    def compare_names(self, file, ours_by_name, theirs, own):
        for key in sorted(own | set(theirs)):
            kind, name = key
            if kind not in ("struct", "union", "enum") or kind == "enum" and file.endswith(".ko"):
                continue
            compare = first_difference if kind != "enum" else enum_difference
            mine = [comparable(entry) for entry in ours_by_name.get(key, [])]
            self.counts[kind] += len(mine)
            self.counts["enumerators" if kind == "enum" else "members"] += sum(len(one[1]) for one in mine)
            candidates = theirs.get(key, [])
            if not mine:
                self.differs(file, f"{kind} {name}: only pahole has it")
            elif not candidates:
                if any(other != key and other[1] == name for other in own):
                    self.counts["whose name pahole gives to another kind"] += 1
                elif any(one[1] for one in mine):
                    self.differs(file, f"{kind} {name}: pahole does not print it")
                else:
                    self.counts[f"{kind} without members, which pahole does not print"] += 1
            for candidate in candidates:
                found = [compare(one, candidate) for one in mine]
                if found and all(found):
                    self.differs(file, f"{kind} {name}: {found[0]}")

    def compare_gaps(self, file, ours, theirs):
        for name, candidates in theirs.items():
            for candidate in candidates:
                self.counts["layouts with holes and padding"] += 1
                if name in ours and candidate not in ours[name]:
                    self.differs(file, f"layout of struct {name}: {ours[name]}, pahole {candidate}")

    def differs(self, file, what):
        self.differences.append(f"{file}: {what}")


def comparable(entry):
    if entry["kind"] == "enum":
        modulus = 1 << entry["size"] * 8  # pahole 1.24 takes every enum of BTF for unsigned
        return entry["size"], [(e["name"], int(str(e["value"]), 0) % modulus) for e in entry["enumerators"]]
    return entry["size"], list(our_members(entry["members"]))


def enum_difference(mine, theirs):
    modulus = 1 << mine[0] * 8
    other = [(name, value % modulus) for name, value in theirs]
    return None if mine[1] == other else f"{mine[1]}, pahole {other}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cli", required=True, help="kernoscope-cli")
    parser.add_argument("--pahole", default="pahole")
    parser.add_argument("--format", choices=["btf", "dwarf"], required=True)
    parser.add_argument("--base", help="the vmlinux that the BTF of modules continues")
    parser.add_argument("--spread", type=int, help="compare only so many of the files, spread evenly over the list")
    parser.add_argument("--show", type=int, default=20, help="how many differences to print")
    parser.add_argument("files", nargs="+", help="vmlinux, modules, or raw BTF; a folder stands for the modules in it")
    arguments = parser.parse_args()

    files = []
    for file in arguments.files:
        files += sorted(map(str, pathlib.Path(file).rglob("*.ko"))) if os.path.isdir(file) else [file]
    if arguments.spread and arguments.spread < len(files):
        files = [files[i * len(files) // arguments.spread] for i in range(arguments.spread)]
    comparison = Comparison(arguments)
    for file in files:
        comparison.compare(file)
    for difference in comparison.differences[:arguments.show]:
        print(difference if len(difference) < 600 else difference[:600] + "...")
    counts = ", ".join(f"{count} {what}" for what, count in sorted(comparison.counts.items()))
    print(f"{len(files)} files, {counts}: {len(comparison.differences)} differences")
    return 1 if comparison.differences or not comparison.counts["struct"] else 0


if __name__ == "__main__":
    sys.exit(main())
