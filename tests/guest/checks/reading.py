"""`read` returns what dd reads; what is in no segment, and what a truncated copy lacks, is marked and not made up."""
import os
import subprocess

from common import Kcore, check, cli, cli_json, finish, kallsyms, number

kcore = Kcore()
symbols = {name: address for address, _, name, module in kallsyms() if not module}
kinds = {s["kind"]: (number(s["start"]), number(s["end"])) for s in cli_json("segments")}


def dd(address, size):
    """The bytes at the segment's offset, by a tool that knows nothing of addresses."""
    return subprocess.run(["dd", "if=/proc/kcore", "iflag=skip_bytes,count_bytes,fullblock", f"skip={kcore.offset(address)}",
                           f"count={size}", "bs=4096", "status=none"], capture_output=True, check=True).stdout


places = {"text": symbols["schedule"] & ~0xfff, "rodata": symbols["linux_banner"],
          "direct map": kinds["direct-map"][0] + 0x3000, "vmemmap": kinds["vmemmap"][0],
          "modules": min(a for a, _, _, m in kallsyms() if m and a >> 63 and not m.startswith("__builtin"))}


def same_as_dd(address, size):
    """Memory may change between the two reads, so a difference counts only when it stays."""
    return any(cli("read", hex(address), str(size), "--raw") == dd(address, size) for _ in range(4))


for name, address in places.items():
    for size in (1, 100, 20000):
        check(f"{size} bytes of {name}", same_as_dd(address, size))
check("a page and a half that begins in the middle of one", same_as_dd(places["text"] + 0x801, 0x1800))

banner = places["rodata"]
answer = cli_json("read", hex(banner), "64")
check("JSON bytes", bytes.fromhex(answer["bytes"]) == dd(banner, 64), answer)
pages = range(banner & ~0xfff, banner + 64, 4096)
check("JSON pages", answer["pages"] == [{"address": hex(page), "status": "present"} for page in pages], answer)

start, end = kinds["text"]
answer = cli_json("read", hex(end - 16), "32", expect=1)
check("a range that runs out of its segment is marked",
      answer["bytes"][:32] == dd(end - 16, 16).hex() and answer["bytes"][32:] == "??" * 16 or
      any(e[0] == end for e in kinds.values()), answer)
check("... with the status of both pages", [p["status"] for p in answer["pages"]] == ["present", "hole"], answer)
raw = subprocess.run([os.environ["KERNOSCOPE_CLI"], "read", hex(end - 16), "32", "--raw"], capture_output=True)
check("--raw stops at the first byte that is not there", raw.returncode == 1 and raw.stdout == dd(end - 16, 16), raw)
check("... and says why", hex(end).encode() in raw.stderr, raw.stderr)

# A copy of kcore that ends in the middle of the text segment. The file is sparse: the text lies at about 2^47.
copy = "/tmp/kcore.truncated"
cut = kcore.offset(symbols["schedule"] & ~0xfff) + 100
with open(copy, "wb") as file:
    file.write(os.pread(kcore.fd, kcore.headers_end, 0))
    for vaddr, memsz, offset, _ in kcore.loads:
        if offset < cut and memsz <= 64 << 20:
            position = offset
            while position < min(offset + memsz, cut):
                chunk = os.pread(kcore.fd, min(1 << 20, offset + memsz - position, cut - position), position)
                file.seek(position)
                file.write(chunk)
                position += len(chunk)
os.truncate(copy, cut)
done = subprocess.run([os.environ["KERNOSCOPE_CLI"], "--core", copy, "--json", "print", "linux_banner", "init_uts_ns.name.release"],
                      capture_output=True)
check("a truncated copy opens, and says where it ends", done.returncode in (0, 1) and hex(cut).encode() in done.stderr or
      str(cut).encode() in done.stderr, done)
page = symbols["schedule"] & ~0xfff
answer = cli_json("--core", copy, "read", hex(page), "4096", expect=1)
check("what it holds is read, the rest is truncated",
      answer["bytes"] == dd(page, 100).hex() + "??" * 3996 and
      [p["status"] for p in answer["pages"]] == ["present", "truncated"], answer["pages"])
finish()
