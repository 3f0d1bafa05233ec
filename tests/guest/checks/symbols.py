"""`sym` answers every line of /proc/kallsyms, modules included, both ways."""
from common import check, cli_json, finish, kallsyms

lines = kallsyms()
modules = {module for _, _, _, module in lines if module}
check("the guest has symbols of the kernel and of modules", len(lines) > 50000 and len(modules) > 5, (len(lines), modules))

names = sorted({name for _, _, name, _ in lines})
answers = cli_json("sym", "-", stdin="\n".join(names).encode())
by_name = {a["query"]: {(m["name"], int(m["address"], 16) + m["offset"], m["module"] or "") for m in a["matches"]}
           for a in answers}
missing = [line for line in lines if (line[2], line[0], line[3]) not in by_name.get(line[2], set())]
check(f"name -> address for all {len(lines)} lines", not missing, (len(missing), missing[:5]))

addresses = sorted({address for address, _, _, _ in lines})
answers = cli_json("sym", "-", stdin="\n".join(hex(a) for a in addresses).encode())
by_address = {int(a["query"], 16): {(m["name"], m["module"] or "") for m in a["matches"] if m["offset"] == 0} for a in answers}
missing = [line for line in lines if (line[2], line[3]) not in by_address.get(line[0], set())]
check(f"address -> name for all {len(addresses)} addresses", not missing, (len(missing), missing[:5]))

functions = {}
for address, letter, name, module in lines:
    if letter in "tT" and not module:
        functions.setdefault(address, set()).add(name)
sample = sorted(functions)[:: max(1, len(functions) // 2000)]
answers = cli_json("sym", "-", stdin="\n".join(hex(a + 1) for a in sample).encode(), expect=None)
wrong = [(a["query"], a["matches"][:2]) for a, address in zip(answers, sample)
         if a["matches"] and a["matches"][0]["offset"] == 1 and a["matches"][0]["name"] not in functions[address]]
held = sum(1 for a in answers if a["matches"] and a["matches"][0]["offset"] == 1)
check("one byte into a function is name+1", not wrong and held > len(sample) * 0.9, (held, len(sample), wrong[:5]))
kinds = {a["query"]: a["matches"][0]["kind"] for a in cli_json("sym", "schedule", "init_task", "runqueues")}
check("functions, data and per-CPU offsets are told apart",
      kinds == {"schedule": "function", "init_task": "data", "runqueues": "percpu"}, kinds)
finish()
