"""watch: samples, conditions, lists, costs; and targets and readers that go away."""
import json
import os
import shutil
import signal
import struct
import subprocess
import tempfile
import unittest

from program import CLI, CliTest, number

VMLINUX = os.environ["KERNOSCOPE_DEMO_VMLINUX"]


class Watch(CliTest):
    def samples(self, *arguments, code=0):
        return [json.loads(line) for line in self.demo("--json", "watch", *arguments, code=code).splitlines()]

    def test_a_line_of_json_for_each_sample(self):
        samples = self.samples("jiffies", "init_task.comm", "--interval", "60", "--count", "5")
        self.assertEqual(len(samples), 5)
        values = [number(s["values"][0]["value"]) for s in samples]
        self.assertEqual(values, sorted(values))
        self.assertLess(values[0], values[-1])
        for sample in samples:
            self.assertEqual(list(sample), ["time", "values"])
            self.assertEqual(list(sample["values"][0]), ["expr", "value", "changed", "torn"])
        self.assertFalse(any(s["values"][1]["changed"] for s in samples))

    def test_what_has_no_value_is_1_and_stops_nobody(self):
        samples = self.samples("nothing_here", "*(int *)16", "init_task.pid", "--interval", "10", "--count", "2", code=1)
        for sample in samples:
            self.assertEqual([v.get("error", {}).get("code") for v in sample["values"]], ["not_found", "unreadable", None])
            self.assertEqual(sample["values"][1]["value"], {"unreadable": "hole", "address": "0x10"})
            self.assertEqual(sample["values"][2]["value"], 0)

    def test_wrong_usage_is_2(self):
        for arguments in ([], ["jiffies", "--hz", "61"], ["jiffies", "--hz", "0.1"], ["jiffies", "--hz", "5", "--interval", "5"],
                          ["--list", "init_task.tasks"], ["--list", ",,"], ["jiffies", "--interval", "0"],
                          ["jiffies", "--format", "roman"]):
            self.demo("watch", *arguments, code=2)

    def test_the_pace_does_not_drift(self):
        times = [s["time"] for s in self.samples("jiffies", "--hz", "50", "--count", "11")]
        self.assertGreaterEqual(times[-1] - times[0], 10 * 0.02 - 0.005)
        for a, b in zip(times, times[1:]):
            self.assertGreater(b, a)

    def test_cost(self):
        alone = self.samples("jiffies", "--interval", "20", "--count", "3", "--cost")[-1]["cost"]
        self.assertEqual(list(alone), ["reads", "bytes", "latency_us", "cpu_us"])
        self.assertGreater(alone["reads"], 0)
        self.assertGreaterEqual(alone["bytes"], 2 * 4096)
        many = self.samples(*["init_task.pid", "init_task.comm", "jiffies", "jiffies_64"] * 50,
                            "--interval", "20", "--count", "3", "--cost")[-1]["cost"]
        self.assertLess(many["reads"], 100)  # for 200 values, with headers, page tables and all that is read again

    def test_list(self):
        sample = self.samples("jiffies", "--list", "init_task.tasks,struct task_struct,tasks", "--count", "1")[0]
        entry = sample["values"][1]
        self.assertEqual(entry["expr"], "init_task.tasks")
        self.assertEqual(list(entry["value"]), ["members", "added", "removed", "end"])
        self.assertEqual(entry["value"]["end"], "complete")
        self.assertGreater(len(entry["value"]["members"]), 5)
        text = self.demo("watch", "--list", "init_task.tasks,struct task_struct,tasks", "--count", "1")
        self.assertIn(f"init_task.tasks = {len(entry['value']['members'])} members", text)

    def test_when(self):
        first = number(self.demo_json("print", "jiffies")[0]["value"])
        samples = self.samples("jiffies", "--interval", "5", "--count", "3", "--when", "% 5 == 0")
        self.assertEqual([number(s["values"][0]["value"]) % 5 for s in samples], [0, 0, 0])
        self.assertEqual(len(self.samples("jiffies", "--count", "1", "--when", f"$value > {first - 10**6}")), 1)
        self.samples("jiffies", "--count", "1", "--interval", "10", "--when", "init_task.pid == 0")

    def test_formats(self):
        text = self.demo("watch", "&init_task", "--count", "1", "--format", "symbol")
        self.assertRegex(text, r"= 0xffffffff[0-9a-f]+ init_task$")
        text = self.demo("watch", "(unsigned int)0x20009", "--count", "1", "--format", "flags")
        self.assertIn("= 0x20009 (bits 0 3 17)", text)
        text = self.demo("watch", "(unsigned long long)3723000000000", "--count", "1", "--format", "time")
        self.assertIn("= 1h 02m 03s", text)
        entry = self.samples("(unsigned long long)1500000", "--count", "1", "--format", "time")[0]["values"][0]
        self.assertEqual((entry["value"], entry["text"]), (1500000, "1.5 ms"))

    def test_modules_own_symbols(self):
        entry = self.samples("*(unsigned char *)&demo_net::demo_net_device", "--count", "1")[0]["values"][0]
        self.assertGreaterEqual(entry["value"], 0)


class Ends(CliTest):
    """watch without a count ends when it is told to, or when nobody reads it any more."""

    def start(self, *arguments):
        return subprocess.Popen([CLI, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def test_interrupted_it_ends_in_order(self):
        for number_ in (signal.SIGINT, signal.SIGTERM):
            process = self.start("--core", "demo", "--json", "watch", "jiffies", "--interval", "20")
            json.loads(process.stdout.readline())
            process.send_signal(number_)
            out, errors = process.communicate(timeout=60)
            self.assertEqual((process.returncode, errors), (0, b""))
            for line in out.splitlines():
                json.loads(line)

    def test_a_reader_that_leaves_ends_it(self):
        for more in ([], ["--follow"]):
            expression = "init_task.comm" if more else "jiffies"
            process = self.start("--core", "demo", "watch", expression, "--interval", "20", *more)
            process.stdout.readline()
            process.stdout.close()
            self.assertEqual(process.wait(timeout=60), 0)
            self.assertEqual(process.stderr.read(), b"")
            process.stderr.close()

    def test_follow_prints_changes_only(self):
        process = self.start("--core", "demo", "watch", "jiffies", "init_task.comm", "--interval", "20", "--follow")
        lines = [process.stdout.readline().decode() for _ in range(6)]
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        self.assertEqual(sum("init_task.comm" in line for line in lines), 1)
        self.assertEqual(sum("jiffies" in line for line in lines), 5)


class FileTarget(CliTest):
    """A target that is a file: what the demo kernel's image holds, as a core at its linked addresses."""

    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.core = os.path.join(self.folder, "core")
        with open(VMLINUX, "rb") as file:
            image = file.read()
        phoff, = struct.unpack_from("<Q", image, 32)
        phnum, = struct.unpack_from("<H", image, 56)
        loads = [struct.unpack_from("<IIQQQQQQ", image, phoff + 56 * i) for i in range(phnum)]
        loads = [load for load in loads if load[0] == 1 and load[3] >= 1 << 63 and load[5]]
        header = bytearray(image[:64])
        struct.pack_into("<H", header, 16, 4)  # ET_CORE
        struct.pack_into("<QQ", header, 32, 64, 0)
        struct.pack_into("<HHHHH", header, 54, 56, len(loads), 0, 0, 0)
        table, content, position = b"", b"", 4096
        for _, flags, offset, address, phys, size, _, _ in loads:
            table += struct.pack("<IIQQQQQQ", 1, flags, position, address, phys, size, size, 0)
            content += image[offset:offset + size].ljust(-size % 4096 + size, b"\0")
            position = 4096 + len(content)
        self.bytes = (bytes(header) + table).ljust(4096, b"\0") + content
        self.write(self.core, self.bytes)

    def write(self, path, content):
        with open(path, "wb") as file:
            file.write(content)

    def start(self, *arguments):
        process = subprocess.Popen([CLI, "--core", self.core, "--vmlinux", VMLINUX, "--kaslr", "0", "--no-cache", "--json", "watch",
                                    "init_task.comm", "init_task.pid", "--interval", "20", *arguments],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.expect(process)
        return process

    def expect(self, process):
        """The next sample shows the kernel."""
        values = json.loads(process.stdout.readline())["values"]
        self.assertEqual([v["value"] for v in values], ["swapper/0", 0])

    def ends(self, process, why):
        out, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 3)
        self.assertIn(why, errors.decode())
        for line in out.splitlines():  # taken before; none of them is full of zeros
            self.assertEqual([v["value"] for v in json.loads(line)["values"]], ["swapper/0", 0])

    def test_a_file_that_is_cut_off(self):
        for left in (0, 10, 5000, len(self.bytes) - 1):
            process = self.start()
            os.truncate(self.core, left)
            self.ends(process, "the file has shrunk")
            self.write(self.core, self.bytes)

    def test_a_file_that_becomes_zeros(self):
        process = self.start()
        with open(self.core, "r+b") as file:
            file.truncate(4096)
            file.truncate(len(self.bytes))
        process.wait(timeout=60)
        self.assertEqual(process.returncode, 3)
        for line in process.stdout.read().splitlines():
            self.assertEqual([v["value"] for v in json.loads(line)["values"]], ["swapper/0", 0])

    def test_a_file_that_is_gone(self):
        process = self.start()
        os.unlink(self.core)
        self.ends(process, "the file is gone")

    def test_follow_waits_for_the_same_kernel(self):
        process = self.start("--follow")
        self.assertIn(b"no build-id to compare", process.stderr.readline())
        comm = self.bytes.index(b"swapper/0\0")
        later = self.bytes[:comm] + b"renamed/1\0" + self.bytes[comm + 10:]
        os.unlink(self.core)
        self.assertIn(b"the file is gone", process.stderr.readline())
        self.write(self.core + ".new", later)
        os.rename(self.core + ".new", self.core)
        self.assertIn(b"the target is back", process.stderr.readline())
        self.assertEqual(json.loads(process.stdout.readline())["values"][0]["value"], "renamed/1")
        self.write(self.core + ".new", b"something else")
        os.rename(self.core + ".new", self.core)
        self.assertIn(b"another file has taken its place", process.stderr.readline())
        self.assertIn(b"which does not serve", process.stderr.readline())
        self.assertIsNone(process.poll())
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(timeout=60), 0)


if __name__ == "__main__":
    unittest.main()
