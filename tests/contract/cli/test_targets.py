"""Targets, exit codes and messages."""
import os
import shutil
import subprocess
import tempfile
import unittest

from program import CLI, CliTest


class Usage(CliTest):
    def test_wrong_usage_is_2_and_says_what_to_do(self):
        for arguments in ([], ["frobnicate"], ["--core", "demo", "print"], ["--core", "demo", "sym"], ["--core", "demo", "type"],
                          ["--core", "demo", "read", "0x10"], ["--kaslr", "abc", "info"], ["--core", "demo", "--nonsense", "info"],
                          ["--core", "demo", "print", "--format", "roman", "jiffies"], ["--core", "demo", "read", "0x0", "many"]):
            with self.subTest(arguments=arguments):
                done = self.run_cli(*arguments, code=2)
                self.assertTrue(done.stderr.startswith(b"kernoscope-cli: "), done.stderr)
                self.assertEqual(done.stdout, b"")

    def test_help_and_version(self):
        self.assertIn(b"segments", self.run_cli("--help").stdout)
        self.assertIn(b"EXPR", self.run_cli("print", "--help").stdout)
        self.assertRegex(self.run_cli("--version").stdout.decode(), r"^kernoscope-cli \d+\.\d+\.\d+")

    def test_options_may_stand_behind_the_command(self):
        self.assertIn('"jiffies"', self.run_cli("print", "jiffies", "--json", "--core", "demo").stdout.decode())


class Targets(CliTest):
    def unusable(self, content, *more):
        with tempfile.NamedTemporaryFile() as file:
            file.write(content)
            file.flush()
            message = self.run_cli("--core", file.name, *more, "info", code=3).stderr.decode()
            self.assertIn(file.name, message)
            return message

    def test_a_file_that_is_not_there(self):
        message = self.run_cli("--core", "/nonexistent/vmcore", "info", code=3).stderr.decode()
        self.assertIn("/nonexistent/vmcore", message)

    def test_files_that_are_no_dump(self):
        self.unusable(b"")
        self.unusable(b"hello, world\n" * 10)
        self.unusable(b"\x7fELF")
        self.unusable(b"\x7fELF\x01\x01\x01" + bytes(200))          # 32 bits
        self.unusable(b"\x7fELF\x02\x02\x01" + bytes(200))          # big endian

    def test_a_program_is_no_dump(self):
        self.run_cli("--core", "/bin/true", "info", code=3)

    def test_json_carries_the_error(self):
        done = self.run_cli("--json", "--core", "/nonexistent/vmcore", "info", code=3)
        self.assertIn(b'"code":"not_found"', done.stdout)

    def test_a_vmlinux_of_another_kernel_is_refused(self):
        done = self.run_cli("--core", "demo", "--vmlinux", "/bin/true", "info", code=3)
        self.assertIn(b"build-id", done.stderr)

    def test_not_permitted_is_4(self):
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)
            secret = os.path.join(folder, "kcore")
            with open(secret, "wb"):
                os.chmod(secret, 0)
            command = [shutil.copy(CLI, folder), "--core", secret, "info"]
            if os.geteuid() == 0:  # root may read everything, so somebody else has to ask
                command = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", *command]
            done = subprocess.run(command, capture_output=True, timeout=60)
            self.assertEqual(done.returncode, 4, done)
            self.assertIn(secret.encode(), done.stderr)


if __name__ == "__main__":
    unittest.main()
