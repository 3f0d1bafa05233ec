"""snapshot: what is saved opens again and answers as before; nothing is overwritten, nothing half is left."""
import json
import os
import signal
import stat
import struct
import subprocess
import tempfile
import unittest

from program import CLI, CliTest, number

VMLINUX = os.environ["KERNOSCOPE_DEMO_VMLINUX"]


class Snapshot(CliTest):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.file = os.path.join(self.folder, "saved")

    def of_file(self, *arguments, code=0):
        return json.loads(self.run_cli("--core", self.file, "--vmlinux", VMLINUX, "--modules-dir", os.path.dirname(VMLINUX), "--json", *arguments, code=code).stdout)

    def test_ram_opens_as_the_kernel_that_it_was(self):
        report = self.demo_json("snapshot", self.file)
        self.assertEqual(list(report), ["file", "bytes", "segments", "pages", "file_size", "used_space", "skipped",
                                        "skipped_bytes", "seconds"])
        self.assertEqual((report["file"], report["skipped"], report["skipped_bytes"]), (self.file, [], 0))
        self.assertGreaterEqual(report["pages"] * 4096, report["bytes"])
        info = os.stat(self.file)
        self.assertEqual(stat.S_IMODE(info.st_mode), 0o600)
        self.assertEqual(info.st_size, report["file_size"])
        self.assertLess(info.st_blocks * 512, 16 << 20)
        self.assertEqual(os.listdir(self.folder), ["saved"])

        about = self.of_file("info")
        self.assertEqual(about["snapshot"]["selection"], "ram")
        self.assertEqual(about["snapshot"]["target"], "demo kernel")
        self.assertLessEqual(about["snapshot"]["begin"], about["snapshot"]["end"])
        self.assertGreater(about["tasks"], 10)
        self.assertEqual(about["modules"], 1)
        self.assertEqual([n["type_name"] for n in self.of_file("notes")][-1], "snapshot")
        values = self.of_file("print", "init_task.comm", "jiffies", "demo_net_device.name")
        self.assertEqual(values[0]["value"], "swapper/0")
        self.assertEqual(values[2]["value"], "demo0")
        self.assertEqual(self.of_file("sym", values[0]["address"])[0]["matches"][0]["name"], "init_task")
        self.assertIn("ram of demo kernel", self.run_cli("--core", self.file, "info").stdout.decode())

    def test_crash_finds_its_headers(self):
        self.demo("snapshot", self.file, "--in", "text", "direct-map")
        with open(self.file, "rb") as file:
            header = file.read(64 + 2 * 56)
        self.assertEqual(struct.unpack_from("<Q", header, 32)[0], 64)  # e_phoff
        self.assertEqual(struct.unpack_from("<I", header, 64)[0], 4)  # PT_NOTE comes first
        kind, _, offset, _, phys, size, in_memory, align = struct.unpack_from("<IIQQQQQQ", header, 64 + 56)
        self.assertEqual((kind, size, align), (1, in_memory, 0))
        self.assertNotEqual(phys, 2**64 - 1)
        self.assertEqual(offset % 4096, 0)

    def test_objects_and_ranges(self):
        report = self.demo_json("snapshot", self.file, "--expr", "init_task", "&jiffies_64")
        size = self.demo_json("type", "struct task_struct")[0]["size"]
        self.assertEqual((report["bytes"], report["segments"]), (size + 8, 2))
        self.assertEqual(self.of_file("print", "init_task.comm")[0]["value"], "swapper/0")
        objects = self.of_file("info")["snapshot"]["objects"]
        self.assertEqual([(o["expr"], o["type"]) for o in objects][0], ("init_task", "struct task_struct"))
        begin, end = objects[0]["range"].split("..")
        self.assertEqual(number(end) - number(begin), size)
        self.assertEqual(self.of_file("print", "init_mm", code=1)[0]["value"]["unreadable"], "hole")

        report = self.demo_json("snapshot", self.file, "--force", "--range", "&init_task..&init_task+1")
        self.assertEqual(report["bytes"], size)
        report = self.demo_json("snapshot", self.file, "--force", "--range", "0x1000..0x2000", "--expr", "init_task")
        self.assertEqual(report["skipped"], [{"range": "0x1000..0x2000", "status": "hole"}])
        self.assertIn("left out 0x1000..0x2000: in no segment",
                      self.demo("snapshot", self.file, "--force", "--range", "0x1000..0x2000", "--expr", "init_task"))

    def test_nothing_is_overwritten(self):
        with open(self.file, "w") as file:
            file.write("mine")
        self.assertIn("--force", self.demo_error("snapshot", self.file, "--expr", "jiffies", code=3))
        with open(self.file) as file:
            self.assertEqual(file.read(), "mine")
        self.demo("snapshot", self.file, "--expr", "jiffies", "--force")
        self.assertEqual(self.of_file("print", "jiffies")[0]["type"], self.demo_json("print", "jiffies")[0]["type"])

    def test_errors_leave_nothing(self):
        for arguments, code in ((("--expr", "no_such_thing"), 1), (("--expr", "1 + 1"), 1), (("--range", "5"), 1),
                                (("--range", "9..5"), 1), (("--range", "0x1000..0x2000"), 1)):
            entry = self.demo_json("snapshot", self.file, *arguments, code=code)
            self.assertIn("message", entry["error"], arguments)
        self.demo("snapshot", code=2)
        self.demo("snapshot", self.file, "--in", "nowhere", code=2)
        self.demo("snapshot", os.path.join(self.folder, "no", "saved"), "--expr", "jiffies", code=3)
        self.assertEqual(os.listdir(self.folder), [])

    def test_a_limit_of_the_system_leaves_nothing(self):
        self.demo("snapshot", self.file, "--in", "text")
        done = subprocess.run(["sh", "-c", 'ulimit -f 64; exec "$@"', "sh", CLI, "--no-cache", "--core", self.file, "snapshot",
                               self.file + "2", "--all"], capture_output=True, timeout=120)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn(b"File too large", done.stderr)
        self.assertEqual(os.listdir(self.folder), ["saved"])

    def test_an_interrupt_leaves_nothing(self):
        program = subprocess.Popen([CLI, "--core", "demo", "snapshot", self.file], stderr=subprocess.PIPE)
        while program.poll() is None and not os.listdir(self.folder):
            pass
        program.send_signal(signal.SIGINT)
        _, errors = program.communicate(timeout=120)
        # It may have been whole before the signal came.
        if program.returncode == 0:
            self.assertEqual(os.listdir(self.folder), ["saved"])
        else:
            self.assertEqual(os.listdir(self.folder), [])
            self.assertIn(b"cancelled", errors)


if __name__ == "__main__":
    unittest.main()
