"""Runs kernoscope-cli for the tests beside this file."""
import json
import os
import subprocess
import unittest

CLI = os.environ["KERNOSCOPE_CLI"]


class CliTest(unittest.TestCase):
    def run_cli(self, *arguments, code=0, stdin=None):
        done = subprocess.run([CLI, *arguments], capture_output=True, input=stdin, timeout=120)
        self.assertEqual(done.returncode, code, f"{arguments}: {done.stdout[-500:]!r} {done.stderr!r}")
        return done

    def demo(self, *arguments, code=0, stdin=None):
        return self.run_cli("--core", "demo", *arguments, code=code, stdin=stdin).stdout.decode()

    def demo_json(self, *arguments, code=0, stdin=None):
        return json.loads(self.demo("--json", *arguments, code=code, stdin=stdin))

    def demo_error(self, *arguments, code=1):
        return self.run_cli("--core", "demo", *arguments, code=code).stderr.decode()


def number(value):
    return value if isinstance(value, int) else int(value, 16)
