"""info, segments, notes, sym, type, read: text and JSON."""
import unittest

from program import CliTest, number


class Info(CliTest):
    def test_json(self):
        info = self.demo_json("info")
        self.assertEqual(list(info), ["release", "build_id", "arch", "kaslr_offset", "phys_base", "page_levels", "cmdline", "types_from",
                                      "symbols_from", "segments", "tasks", "modules"])
        self.assertIn("demo", info["release"])
        self.assertRegex(info["build_id"], r"^[0-9a-f]{40}$")
        self.assertEqual(info["arch"], "x86_64")
        self.assertEqual(number(info["kaslr_offset"]) % 0x200000, 0)
        self.assertEqual(info["page_levels"], 4)
        self.assertEqual(info["segments"], len(self.demo_json("segments")))
        self.assertGreater(info["tasks"], 5)
        self.assertEqual(info["modules"], 1)
        self.assertTrue(info["types_from"].startswith("DWARF"), info)

    def test_text_has_the_same_facts(self):
        self.assertRegex(self.demo("info"), r"(?m)^release +\S*demo")


class Segments(CliTest):
    def test_json(self):
        segments = self.demo_json("segments")
        self.assertEqual(segments, sorted(segments, key=lambda s: number(s["start"])))
        for segment in segments:
            self.assertEqual(list(segment), ["start", "end", "kind", "phys", "size"])
            self.assertEqual(number(segment["end"]) - number(segment["start"]), segment["size"])
        self.assertLessEqual({"text", "direct-map", "vmalloc", "modules", "vmemmap"}, {s["kind"] for s in segments})

    def test_text_has_a_row_for_each(self):
        self.assertEqual(len(self.demo("segments").splitlines()), 1 + len(self.demo_json("segments")))


class Notes(CliTest):
    def test_all_are_decoded(self):
        notes = {n["type_name"]: n for n in self.demo_json("notes")}
        self.assertIn("OSRELEASE", notes["VMCOREINFO"]["decoded"])
        self.assertIn("KERNELOFFSET", notes["VMCOREINFO"]["decoded"])
        self.assertTrue(notes["NT_PRPSINFO"]["decoded"]["command_line"])
        self.assertIn("comm", notes["NT_TASKSTRUCT"]["decoded"])
        self.assertIn("OSRELEASE = ", self.demo("notes"))


class Modules(CliTest):
    def test_json(self):
        module, = self.demo_json("modules")
        self.assertLessEqual({"name", "address", "base", "size", "refcount", "state", "sections", "debug_file"}, set(module))
        self.assertEqual((module["name"], module["state"], module["refcount"]), ("demo_net", "live", 0))
        begin, end = number(module["base"]), number(module["base"]) + module["size"]
        self.assertTrue(begin <= number(module["address"]) < end)
        for section in module["sections"]:
            self.assertEqual(list(section), ["name", "address"])
            self.assertTrue(begin <= number(section["address"]) < end, section)
        self.assertEqual(sum(part["size"] for part in module["ranges"]), module["size"])
        self.assertRegex(module["build_id"], r"^[0-9a-f]{40}$")
        self.assertEqual(module["percpu"]["size"], 8)

    def test_names_choose(self):
        self.assertEqual([m["name"] for m in self.demo_json("modules", "demo-net")], ["demo_net"])
        self.assertEqual(self.demo_json("modules", "ext5", code=1)[0]["error"]["code"], "not_found")

    def test_text_is_aligned(self):
        head, row = self.demo("modules").splitlines()
        for column in ("base", "state", "struct module"):
            self.assertNotEqual(row[head.index(column)], " ")
            self.assertEqual(row[head.index(column) - 1], " ")


class Symbols(CliTest):
    def test_name_and_address_lead_to_each_other(self):
        # One run has one KASLR offset, so both questions are asked of the same demo.
        by_name = self.demo_json("sym", "init_task", "init_task+0x10", "start_kernel")
        self.assertEqual([a["query"] for a in by_name], ["init_task", "init_task+0x10", "start_kernel"])
        match = by_name[0]["matches"][0]
        self.assertEqual(list(match), ["name", "address", "size", "offset", "kind", "module"])
        self.assertEqual((match["name"], match["offset"], match["kind"], match["module"]), ("init_task", 0, "data", None))
        self.assertGreater(match["size"], 100)
        self.assertEqual(by_name[1]["matches"][0]["offset"], 16)
        self.assertEqual(by_name[2]["matches"][0]["kind"], "function")

    def test_unknown_is_1_and_the_others_are_answered(self):
        answers = self.demo_json("sym", "no_such_symbol_here", "jiffies", "0x10000000000", code=1)
        self.assertEqual(answers[0]["matches"], [])
        self.assertEqual(answers[0]["error"]["code"], "not_found")
        self.assertTrue(answers[1]["matches"])
        self.assertNotIn("error", answers[1])
        self.assertIn("error", answers[2])

    def test_near_miss_is_suggested(self):
        self.assertIn("init_task", self.demo_error("sym", "init_tsk"))

    def test_prefix_fuzzy_limit(self):
        names = [m["name"] for m in self.demo_json("sym", "--prefix", "init_", "--limit", "3")[0]["matches"]]
        self.assertTrue(0 < len(names) <= 3 and all(n.startswith("init_") for n in names), names)
        names = [m["name"] for m in self.demo_json("sym", "--fuzzy", "intsk")[0]["matches"]]
        self.assertIn("init_task", names)

    def test_queries_from_standard_input(self):
        answers = self.demo_json("sym", "-", stdin=b"jiffies\nstart_kernel\n")
        self.assertEqual([a["query"] for a in answers], ["jiffies", "start_kernel"])

    def test_symbols_of_a_module_name_it(self):
        modules = {m["module"] for m in self.demo_json("sym", "--fuzzy", "demo", "--limit", "200")[0]["matches"]}
        self.assertIn("demo_net", modules)


class Types(CliTest):
    def test_json(self):
        entry = self.demo_json("type", "struct list_head")[0]
        self.assertEqual((entry["name"], entry["kind"], entry["size"]), ("list_head", "struct", 16))
        self.assertEqual([(m["name"], m["bit_offset"], m["bit_size"], m["byte_size"]) for m in entry["members"]],
                         [("next", 0, 64, 8), ("prev", 64, 64, 8)])
        self.assertEqual(entry["members"][0]["type"], "struct list_head *")

    def test_text_shows_offsets(self):
        text = self.demo("type", "struct task_struct")
        self.assertIn("struct task_struct {", text)
        self.assertIn("comm[16]", text)

    def test_unknown_type(self):
        self.assertIn("no_such_type", self.demo_error("type", "struct no_such_type"))

    def test_all(self):
        names = {(e["kind"], e["name"]) for e in self.demo_json("type", "--all")}
        self.assertIn(("struct", "task_struct"), names)
        self.assertIn(("struct", "list_head"), names)


class Read(CliTest):
    def test_json(self):
        answer = self.demo_json("read", "linux_banner", "5")
        self.assertEqual(bytes.fromhex(answer["bytes"]), b"Linux")
        self.assertEqual([p["status"] for p in answer["pages"]], ["present"])

    def test_raw(self):
        self.assertEqual(self.run_cli("--core", "demo", "read", "--raw", "linux_banner", "5").stdout, b"Linux")

    def test_what_is_not_there_is_marked(self):
        answer = self.demo_json("read", "0x1000", "32", code=1)
        self.assertEqual(answer["bytes"], "??" * 32)
        self.assertEqual(answer["pages"], [{"address": "0x1000", "status": "hole"}])
        self.assertIn("??", self.demo("read", "0x1000", "32", code=1))
        done = self.run_cli("--core", "demo", "read", "--raw", "0x1000", "32", code=1)
        self.assertEqual(done.stdout, b"")

    def test_the_last_byte_of_the_address_space(self):
        answer = self.demo_json("read", "0xffffffffffffffff", "16", code=1)
        self.assertEqual(answer["bytes"], "??")
        text = self.demo("read", "0xffffffffffffffff", "1", code=1)
        self.assertTrue(text.startswith("fffffffffffffff0"), text)

    def test_text(self):
        self.assertRegex(self.demo("read", "linux_banner", "16"), r"^[0-9a-f]{16} .*Linux")


if __name__ == "__main__":
    unittest.main()
