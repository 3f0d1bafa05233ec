"""vmalloc, pages, identify: what is mapped, where it leads, and who has it."""
import unittest

from program import CliTest, number


class Vmalloc(CliTest):
    def test_json(self):
        areas = self.demo_json("vmalloc")
        self.assertGreater(len(areas), 10)
        self.assertEqual(areas, sorted(areas, key=lambda a: number(a["start"])))
        for area in areas:
            self.assertEqual(list(area), ["start", "end", "size", "flags", "pages", "mapped", "phys", "caller", "status"])
            self.assertEqual(number(area["end"]) - number(area["start"]), area["size"])
            if area["flags"] == ["VM_IOREMAP"]:
                self.assertEqual((area["status"], area["pages"]), ("mmio", None))
                self.assertTrue(area["caller"].startswith("ioremap"), area)
            else:
                self.assertEqual(area["flags"], ["VM_ALLOC"])
                self.assertEqual((area["status"], area["mapped"], area["phys"]), ("present", area["pages"], None))
                self.assertEqual(area["pages"] * 4096 + 4096, area["size"], "and a guard page")
        self.assertEqual({a["phys"] for a in areas if a["phys"]}, {"0xfed00000", "0x4000000000", "0xe0000000"})

    def test_text_has_a_row_for_each(self):
        text = self.demo("vmalloc")
        self.assertRegex(text, r"(?m)^0x[0-9a-f]{16}  0x[0-9a-f]{16} .* 16  present .* VM_ALLOC +vmalloc")
        self.assertRegex(text, r"(?m) mmio +0xfed00000 +VM_IOREMAP +ioremap")
        self.assertEqual(text.splitlines()[0].split(), ["start", "end", "size", "mapped", "status", "phys", "flags", "caller"])


class Pages(CliTest):
    def test_json(self):
        found, = self.demo_json("pages", "&init_task")
        self.assertEqual(list(found), ["address", "phys", "page_size", "status", "levels"])
        self.assertEqual(found["status"], "present")
        self.assertEqual([step["name"] for step in found["levels"]][:3], ["pgd", "pud", "pmd"])
        self.assertEqual([step["level"] for step in found["levels"]][:3], [4, 3, 2])
        self.assertEqual(number(found["phys"]) % found["page_size"], number(found["address"]) % found["page_size"])
        for step in found["levels"]:
            self.assertEqual(list(step), ["level", "name", "entry_address", "entry_phys", "value", "flags"])
            self.assertIn("present", step["flags"])

    def test_addresses_come_from_standard_input(self):
        found = self.demo_json("pages", "-", "0x1000", stdin=b"0x0\n\n0xffffffffff600000\n")
        self.assertEqual([f["address"] for f in found], ["0x0", "0xffffffffff600000", "0x1000"])
        self.assertEqual([f["status"] for f in found], ["unmapped", "present", "unmapped"])
        self.assertEqual((found[0]["phys"], found[0]["page_size"]), (None, None))
        self.assertEqual(found[0]["levels"][0]["flags"], [])

    def test_what_no_address_reaches(self):
        found, = self.demo_json("pages", "0x8000000000000000")
        self.assertEqual((found["status"], found["levels"]), ("unmapped", []))

    def test_text(self):
        self.assertRegex(self.demo("pages", "0xffffffffff600000"),
                         r"^0xffffffffff600000  0x[0-9a-f]+  present, a page of 4 KiB\n  pgd  0x.*\n(.*\n)*  pte  0x.* nx\n$")
        self.assertIn("unmapped: no page is mapped there", self.demo("pages", "0x1000"))

    def test_what_has_no_address(self):
        found = self.demo_json("pages", "no_such_thing", "0x1000", code=1)
        self.assertEqual([("error" in f) for f in found], [True, False])


class Identify(CliTest):
    def test_json(self):
        found = self.demo_json("identify", "&init_task.comm", "demo_net_xmit", "0x1000")
        for entry in found:
            self.assertEqual(list(entry), ["address", "segment", "symbol", "module", "type", "slab", "page", "vmap", "task", "pte"])
        variable, function, nothing = found
        self.assertEqual(variable["segment"]["kind"], "text")
        self.assertEqual(variable["symbol"]["name"], "init_task")
        self.assertGreater(variable["symbol"]["offset"], 0)
        self.assertEqual((variable["pte"]["status"], variable["module"], variable["vmap"]), ("present", None, None))
        self.assertEqual((function["module"], function["segment"]["kind"], function["symbol"]["offset"]), ("demo_net", "modules", 0))
        self.assertEqual(function["vmap"]["flags"], ["VM_ALLOC"])
        self.assertTrue(number(function["vmap"]["start"]) <= number(function["address"]))
        self.assertEqual((nothing["segment"], nothing["symbol"], nothing["vmap"], nothing["page"]), (None, None, None, None))
        self.assertEqual(variable["page"]["kind"], "reserved")
        self.assertEqual(number(variable["page"]["struct"]) % 64, 0)
        self.assertEqual(nothing["pte"]["status"], "unmapped")

    def test_text_and_standard_input(self):
        text = self.demo("identify", "-", stdin=b"0xffffffffff600000\ninit_task\n")
        self.assertRegex(text, r"(?s)^0xffffffffff600000  vsyscall.*\(present\)\n.*  text, init_task, page: reserved, task 0 \(swapper/0\), phys 0x\w+ \(present\)\n$")


class Holes(CliTest):
    def test_no_byte_of_a_guard_page_is_shown(self):
        last = "container_of(vmap_area_list.prev, struct vmap_area, list)"
        found = self.demo_json("read", f"{last}->va_end - 4096", "4096", code=1)
        self.assertEqual(set(found["bytes"]), {"?"})
        self.assertEqual({page["status"] for page in found["pages"]}, {"unmapped"})


if __name__ == "__main__":
    unittest.main()
