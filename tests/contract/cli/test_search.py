"""search: what is found, how it is told, and how it ends."""
import json
import signal
import subprocess
import unittest

from program import CLI, CliTest, number


class SearchTest(CliTest):
    def search(self, *arguments, code=0):
        """The objects that `search` prints, one a line, and what it says on stderr."""
        done = self.run_cli("--core", "demo", "--json", "search", *arguments, code=code)
        return [json.loads(line) for line in done.stdout.decode().splitlines()], done.stderr.decode()


class Scans(SearchTest):
    def test_a_counter_is_found_by_what_it_does(self):
        found, said = self.search("--u64", "any", "--in", "text", "--aligned", "--wait", "60",
                                  "--then", "increased", "--then", "increased", "--then", "increased")
        self.assertIn("jiffies_64", [entry["symbol"] for entry in found])
        self.assertLess(len(found), 100)
        for entry in found:
            self.assertEqual(entry["segment"], "text")
            width = bytes.fromhex(entry["context"])
            self.assertEqual(int.from_bytes(width, "little"), number(entry["value"]))
        self.assertEqual(len([line for line in said.splitlines() if line.endswith("candidates")]), 3)

    def test_what_stays_and_what_it_is(self):
        nr_cpus = ["--u32", "4", "--in", "text", "--aligned", "--wait", "0"]
        still, _ = self.search(*nr_cpus, "--then", "unchanged", "--then", "4", "--then", "3..5")
        self.assertTrue(still)
        self.assertEqual({entry["value"] for entry in still}, {4})
        gone, said = self.search(*nr_cpus, "--then", "unchanged", "--then", "!4", code=1)
        self.assertEqual(gone, [])
        self.assertIn("0 left", said)

    def test_wrong_usage_is_2(self):
        for arguments in (["--bytes", "00", "--then", "changed"], ["--u8", "any"], ["--u8", "any", "--then", "rising"],
                          ["--u8", "any", "--in", "direct-map", "--then", "256..300"]):
            self.run_cli("--core", "demo", "--json", "search", *arguments, code=2)


class Patterns(SearchTest):
    def test_text(self):
        found, said = self.search("Linux version", "--in", "text")
        self.assertTrue(found)
        for entry in found:
            self.assertEqual(list(entry)[:4], ["address", "segment", "symbol", "context"])
            self.assertEqual(entry["segment"], "text")
            self.assertIn(b"Linux version".hex(), entry["context"])
        self.assertIn("linux_banner", [entry["symbol"] for entry in found])
        self.assertRegex(said, r"\d+ found, .* searched in [\d.]+ s")

    def test_the_same_thing_in_every_way(self):
        ways = [["Linux"], ["--string", "Linux"], ["Linux", "--string"], ["--bytes", "4c 69 6e 75 78"], ["4c696e7578", "--bytes"],
                ["--bytes", "4c ?9 6e 75 7?/ff ff ff ff ff"], ["--string", "lInUX", "--ignore-case", "--encoding", "ascii"]]
        places = []
        for way in ways:
            found, _ = self.search(*way, "--in", "text", "--context", "0")
            # A run has a KASLR offset of its own; the low bits are the same in all of them.
            places.append([number(entry["address"]) & 0x1fffff for entry in found if entry["context"] == b"Linux".hex()])
        self.assertTrue(places[0])
        for place, way in zip(places, ways):
            self.assertEqual(place, places[0], way)

    def test_sorted_and_limited(self):
        found, said = self.search("--u8", "0", "--in", "text", "--limit", "5000")
        addresses = [number(entry["address"]) for entry in found]
        self.assertEqual(len(addresses), 5000)
        self.assertEqual(addresses, sorted(set(addresses)))
        self.assertIn("there may be more", said)

    def test_integers(self):
        found, _ = self.search("--u32", "0x756e694c..0x756e694d", "--in", "text")
        self.assertIn(0x756e694c, [entry["value"] for entry in found])
        for entry in found:
            self.assertIn(entry["value"], (0x756e694c, 0x756e694d))
        big, _ = self.search("--u32", "0x4c696e75", "--big-endian", "--in", "text")
        self.assertEqual([number(e["address"]) & 0x1fffff for e in big],
                         [number(e["address"]) & 0x1fffff for e in found if e["value"] == 0x756e694c])
        aligned, _ = self.search("--u16", "!0", "--aligned", "--in", "text", "--limit", "50")
        self.assertTrue(all(number(entry["address"]) % 2 == 0 and entry["value"] != 0 for entry in aligned))
        self.search("--u16", "-1", "--in", "text", "--limit", "1")

    def test_strings(self):
        found, _ = self.search("--strings", "12", "--in", "text")
        texts = [entry["text"] for entry in found]
        self.assertTrue(any(text.startswith("Linux version") for text in texts), texts[:20])
        self.assertTrue(all(len(text) >= 12 for text in texts))
        self.assertIn("Linux version", self.demo("search", "--strings", "12", "--in", "text"))

    def test_pointers_to_a_symbol_are_told_with_their_target(self):
        found, _ = self.search("--pointer-to", "init_task", "--in", "direct-map")
        self.assertTrue(found)
        for entry in found:
            self.assertRegex(entry["target"], r"^init_task(\+0x[0-9a-f]+)?$")
            self.assertEqual(number(entry["address"]) % 8, 0)
        # The first task's list is pointed to by its neighbours, and &x is one address where x is its extent.
        one, _ = self.search("--pointer-to", "&init_task.tasks", "--in", "direct-map")
        extent, _ = self.search("--pointer-to", "init_task.tasks", "--in", "direct-map")
        self.assertTrue(one)
        self.assertEqual(len({entry["value"] for entry in one}), 1)
        self.assertLessEqual(len(one), len(extent))
        self.assertLess(len(extent), len(found))

    def test_ranges(self):
        whole, _ = self.search("Linux version", "--range", "linux_banner..linux_banner+13", "--in", "text")
        self.assertEqual([entry["symbol"] for entry in whole], ["linux_banner"])
        nothing, _ = self.search("Linux version", "--range", "linux_banner..linux_banner+12", code=1)
        self.assertEqual(nothing, [], "a match lies in the range as a whole")
        top, _ = self.search("--u8", "0", "--range", "0xfffffffffffff000..0x10000000000000000", code=1)
        self.assertEqual(top, [])


    def test_everything_that_is_mapped_is_searched(self):
        # 32 TiB of vmalloc cost only what is mapped there.
        found, said = self.search("Linux version")
        self.assertIn("linux_banner", [entry["symbol"] for entry in found])
        addresses = [number(entry["address"]) for entry in found]
        self.assertEqual(addresses, sorted(addresses))
        some, _ = self.search("Linux version", "--in", "text", "--in", "direct-map")
        self.assertLessEqual(len(some), len(found))
        self.assertNotIn("TiB", said)
        self.assertNotIn("not searched", said)


class Output(SearchTest):
    def test_context_that_was_not_read_is_marked(self):
        # Whatever stands before the first byte of text is in no segment.
        found, _ = self.search("--bytes", "?? /00", code=2)
        self.assertEqual(found[0]["error"]["code"], "syntax")
        found, _ = self.search("--u8", "0..254", "--in", "text", "--limit", "1", "--context", "4")
        self.assertEqual(len(found[0]["context"]), 2 * 9)
        self.assertEqual(found[0]["context"][:8], "????????")

    def test_text_is_aligned(self):
        lines = self.demo("search", "Linux", "--in", "text", "--context", "4").splitlines()
        self.assertTrue(lines)
        for line in lines:
            self.assertRegex(line, r"^0x[0-9a-f]{16}  text        ([0-9a-f?]{8}) 4c696e7578 ([0-9a-f?]{8})  .{4}Linux.{4}")

    def test_nothing_found_is_1(self):
        found, said = self.search("no such text is in any kernel", "--in", "text", code=1)
        self.assertEqual(found, [])
        self.assertIn("0 found", said)


class Endings(SearchTest):
    def test_wrong_usage_is_2(self):
        for arguments in ([], ["--bytes", "xy"], ["--bytes", "d"], ["--u8", "256"], ["--u32", "a"], ["a", "b"], ["--u8", "1", "--u16", "1"],
                          ["--strings", "0"], ["--strings", "many"], ["a", "--in", "nowhere"], ["a", "--range", "5"],
                          ["a", "--range", "5..4"], ["a", "--encoding", "utf7"], ["ä", "--encoding", "ascii"], ["a", "--context", "5000"]):
            self.run_cli("--core", "demo", "search", *arguments, code=2)

    def test_an_unknown_symbol_is_1(self):
        found, said = self.search("--pointer-to", "no_such_symbol", code=1)
        self.assertIn("error", found[0])
        self.assertIn("no_such_symbol", said)

    def test_an_interrupt_ends_it_with_what_was_found(self):
        # Zeros are so many that it would never end within the time of a test.
        program = subprocess.Popen([CLI, "--core", "demo", "--json", "search", "--u8", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        lines = [program.stdout.readline() for _ in range(10)]
        program.send_signal(signal.SIGINT)
        with program.stdout, program.stderr:
            out, said = program.stdout.read(), program.stderr.read()
        self.assertEqual(program.wait(timeout=60), 0, said)
        self.assertIn(b"interrupted", said)
        for line in lines + out.splitlines():
            self.assertIn("address", json.loads(line))

    def test_a_closed_pipe_ends_it(self):
        program = subprocess.Popen([CLI, "--core", "demo", "search", "--u8", "0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.assertTrue(program.stdout.readline().startswith(b"0x"))
        program.stdout.close()
        program.wait(timeout=60)


if __name__ == "__main__":
    unittest.main()
