"""The tasks of compare.py as a user of drgn would write them; run with the Python that has drgn.

    drgn_tasks.py layout VMLINUX             print struct task_struct and its size
    drgn_tasks.py symbols VMLINUX DUMP       "ADDRESS NAME" for every address, in hex, of standard input
    drgn_tasks.py layouts VMLINUX            every member of every struct named on standard input, one a line
"""
import sys

import drgn


def layout(prog):
    found = prog.type("struct task_struct")
    print(found)
    print("size:", found.size)


def symbols(prog):
    for line in sys.stdin:
        try:
            name = prog.symbol(int(line, 16)).name
        except LookupError:
            name = "?"
        print(line.strip(), name)


def layouts(prog):
    unknown = 0
    for line in sys.stdin:
        try:
            found = prog.type("struct " + line.strip())
        except LookupError:
            unknown += 1
            continue
        print(found.tag, found.size)
        for member in found.members or ():
            print(member.name, member.bit_offset, member.bit_field_size, member.type.type_name())
    print(f"{unknown} structs are unknown")


prog = drgn.Program()
if len(sys.argv) > 3:
    prog.set_core_dump(sys.argv[3])
prog.load_debug_info([sys.argv[2]])
{"layout": layout, "symbols": symbols, "layouts": layouts}[sys.argv[1]](prog)
