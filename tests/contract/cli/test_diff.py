"""diff: bytes and types of two targets."""
import json
import os
import tempfile
import unittest

from program import CliTest, number

VMLINUX = os.environ["KERNOSCOPE_DEMO_VMLINUX"]


class Diff(CliTest):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.file = os.path.join(cls.folder.name, "saved")
        cls().run_cli("--core", "demo", "snapshot", cls.file)

    def runTest(self):
        """Lets setUpClass make an object."""

    def diff(self, *arguments, code=0):
        return self.run_cli("--vmlinux", VMLINUX, "diff", *arguments, code=code)

    def diff_json(self, *arguments, code=0):
        return json.loads(self.run_cli("--json", "--vmlinux", VMLINUX, "diff", *arguments, code=code).stdout)

    def test_nothing_differs_from_itself(self):
        self.assertEqual(self.diff_json(self.file, self.file), [])
        self.assertEqual(self.diff_json(self.file, self.file, "--types"), [])
        self.assertIn("0 bytes differ", self.diff(self.file, self.file).stdout.decode())
        self.assertRegex(self.diff(self.file, self.file, "--types").stdout.decode(), r"\d+ tasks, 1 modules .* 0 changes")

    def test_types_of_another_run(self):
        entries = self.diff_json(self.file, "demo", "--types", "--limit", "0")
        for entry in entries:
            self.assertIn(entry["kind"], ("task", "module", "variable"))
            self.assertIn(entry["fate"], ("changed", "appeared", "gone"))
            for leaf in entry["changes"]:
                self.assertEqual(list(leaf), ["path", "old", "new", "delta"])
        # Another KASLR offset, hence another base; what points to the same is the same.
        names = {entry["name"] for entry in entries}
        self.assertIn("page_offset_base", names)
        self.assertNotIn("file_systems", names)
        only = self.diff_json(self.file, "demo", "--types", "--only", "tasks")
        self.assertEqual({entry["kind"] for entry in only} - {"task"}, set())
        self.assertRegex(self.diff(self.file, "demo", "--types").stdout.decode(), r"page_offset_base 0?x?[0-9a-f]+ -> ")

    def test_bytes_of_a_range(self):
        at = number(json.loads(self.run_cli("--core", self.file, "--vmlinux", VMLINUX, "--json", "sym", "page_offset_base")
                               .stdout)[0]["matches"][0]["address"])
        entries = self.diff_json(self.file, "demo", "--range", f"{at:#x}..{at + 8:#x}")
        changed = [entry for entry in entries if entry["kind"] == "bytes"]
        self.assertEqual(changed[0]["name"].split("+")[0], "page_offset_base")
        self.assertEqual(changed[0]["segment"], "text")
        self.assertNotEqual(changed[0]["address_a"], changed[0]["address_b"])
        for leaf in changed[0]["changes"]:
            self.assertEqual(len(leaf["old"]), 2 * changed[0]["size"])

    def test_the_limit(self):
        entries = self.diff_json(self.file, "demo", "--types", "--limit", "3")
        self.assertEqual(len(entries), 4)
        self.assertEqual(entries[3], {"kind": "cut", "shown": 3, "changes": []})
        text = self.diff(self.file, "demo", "--types", "--limit", "3").stdout.decode()
        self.assertEqual(text.splitlines()[3], "only the first 3 are shown, there are more (--limit)")
        # Where nothing is cut, nothing says so.
        self.assertNotIn("cut", {entry["kind"] for entry in self.diff_json(self.file, "demo", "--types", "--limit", "0")})
        self.assertEqual(self.diff_json(self.file, self.file, "--limit", "1"), [])

    def test_wrong_usage_and_targets(self):
        self.diff(self.file, code=2)
        self.diff(self.file, self.file, "--only", "tasks", code=2)
        self.diff(self.file, self.file, "--types", "--only", "nothing", code=2)
        self.diff(self.file, "/nowhere", code=3)
        self.diff(self.file, self.file, "--range", "9..5", code=1)


if __name__ == "__main__":
    unittest.main()
