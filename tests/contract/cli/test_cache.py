"""The cache of indexes: `cache list|verify|remove`, --no-cache, and that it never gets in the way."""
import json
import os
import shutil
import subprocess
import tempfile
import unittest

from program import CLI, CliTest

SOURCE = """
struct point { int x, y; };
enum colour { RED, GREEN };
struct point origin;
enum colour colour;
int main(void) { return origin.x + colour; }
"""


class Cache(CliTest):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        source = os.path.join(cls.folder, "point.c")
        with open(source, "w") as file:
            file.write(SOURCE)
        cls.vmlinux = os.path.join(cls.folder, "vmlinux")
        subprocess.run(["gcc", "-g", "-Wl,--build-id", "-o", cls.vmlinux, source], check=True)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def setUp(self):
        self.home = tempfile.mkdtemp(dir=self.folder)
        self.cache = os.path.join(self.home, "kernoscope")

    def cli(self, *arguments, code=0, **environment):
        done = subprocess.run([CLI, *arguments], capture_output=True, timeout=60,
                              env={**os.environ, "XDG_CACHE_HOME": self.home, **environment})
        self.assertEqual(done.returncode, code, done)
        return done

    def cli_json(self, *arguments, code=0):
        return json.loads(self.cli("--json", *arguments, code=code).stdout)

    def type_of_point(self, *more, **environment):
        return self.cli("--vmlinux", self.vmlinux, "type", "struct point", *more, **environment).stdout

    def files(self):
        return [os.path.join(self.cache, name) for name in os.listdir(self.cache)]

    def test_an_empty_cache_is_empty(self):
        self.assertEqual(self.cli_json("cache", "list"), [])
        self.assertEqual(self.cli("cache", "verify").stdout, b"")
        self.assertFalse(os.path.exists(self.cache), "asking makes no folder")

    def test_the_second_run_answers_the_same(self):
        first = self.type_of_point()
        self.assertIn(b"int x;", first)
        (file,) = self.files()
        written = os.stat(file).st_mtime_ns
        self.assertEqual(self.type_of_point(), first)
        self.assertEqual(os.stat(file).st_mtime_ns, written)
        self.assertEqual(os.stat(file).st_mode & 0o777, 0o600)
        self.assertEqual(os.stat(self.cache).st_mode & 0o777, 0o700)

    def test_list_says_what_there_is(self):
        self.type_of_point()
        (entry,) = self.cli_json("cache", "list")
        notes = subprocess.run(["readelf", "-n", self.vmlinux], capture_output=True, check=True).stdout.decode()
        self.assertIn(entry["build_id"], notes)
        self.assertEqual(entry["kind"], "types")
        self.assertEqual(entry["source"], self.vmlinux)
        self.assertEqual(entry["size"], os.stat(self.files()[0]).st_size)
        self.assertLessEqual(sum(part["size"] for part in entry["sections"]), entry["size"])
        self.assertRegex(entry["last_use"], r"^\d{4}-\d\d-\d\d$")
        self.assertIn(entry["build_id"], self.cli("cache", "list").stdout.decode())

    def test_no_cache_keeps_and_uses_nothing(self):
        expected = self.type_of_point("--no-cache")
        self.assertFalse(os.path.exists(self.cache))
        self.type_of_point()
        os.truncate(self.files()[0], 10)
        self.assertEqual(self.type_of_point("--no-cache"), expected)
        self.assertEqual(os.stat(self.files()[0]).st_size, 10)

    def test_damage_is_found_and_repaired(self):
        expected = self.type_of_point()
        (file,) = self.files()
        self.assertIn(b"sound", self.cli("cache", "verify").stdout)
        with open(file, "r+b") as cache:
            cache.seek(-1, os.SEEK_END)
            last = cache.read(1)
            cache.seek(-1, os.SEEK_END)
            cache.write(bytes([last[0] ^ 1]))
        (entry,) = self.cli_json("cache", "verify", code=1)
        self.assertEqual(entry["error"]["code"], "bad_format")
        size = os.stat(file).st_size
        os.truncate(file, size // 2)
        self.assertIn(b"truncated", self.cli("cache", "verify", code=1).stderr)
        self.assertIn("error", self.cli_json("cache", "list")[0])
        self.assertEqual(self.type_of_point(), expected)
        self.assertEqual(os.stat(file).st_size, size)
        self.assertIn(b"sound", self.cli("cache", "verify").stdout)

    def test_remove(self):
        self.type_of_point()
        (entry,) = self.cli_json("cache", "list")
        self.assertEqual(self.cli_json("cache", "remove", "ffffffff", code=1)[0]["error"]["code"], "not_found")
        self.cli("cache", "remove", code=2)
        self.cli("cache", code=2)
        self.assertEqual(len(self.files()), 1)
        self.cli("cache", "remove", entry["build_id"][:12])
        self.assertEqual(self.files(), [])
        self.type_of_point()
        self.cli("cache", "remove", "--all")
        self.assertEqual(self.files(), [])

    def test_a_cache_that_cannot_be_written_is_no_error(self):
        expected = self.type_of_point("--no-cache")
        for environment in ({"XDG_CACHE_HOME": "/proc/nowhere"}, {"XDG_CACHE_HOME": "", "HOME": ""},
                            {"KERNOSCOPE_CACHE_SIZE": "0"}):
            with self.subTest(environment=environment):
                done = self.cli("--vmlinux", self.vmlinux, "type", "struct point", **environment)
                self.assertEqual(done.stdout, expected)
                self.assertEqual(done.stderr, b"")

    def test_many_programs_at_once(self):
        command = [CLI, "--vmlinux", self.vmlinux, "--json", "type", "struct point"]
        environment = {**os.environ, "XDG_CACHE_HOME": self.home}
        running = [subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) for _ in range(16)]
        answers = {program.communicate(timeout=60)[0] for program in running}
        self.assertEqual(len(answers), 1)
        self.assertEqual(len(self.files()), 1)
        self.assertIn(b"sound", self.cli("cache", "verify").stdout)


if __name__ == "__main__":
    unittest.main()
