"""print: text and JSON."""
import json
import unittest

from program import CliTest, number


class Print(CliTest):
    def value(self, expression, *more):
        return self.demo_json("print", expression, *more)[0]["value"]

    def test_entry(self):
        entry = self.demo_json("print", "init_task.comm")[0]
        self.assertEqual(list(entry), ["expr", "type", "address", "value"])
        self.assertEqual((entry["expr"], entry["type"], entry["value"]), ("init_task.comm", "char [16]", "swapper/0"))
        self.assertTrue(entry["address"].startswith("0xffffffff"))

    def test_struct(self):
        task = self.value("init_task")
        self.assertEqual(task["comm"], "swapper/0")
        self.assertEqual(task["pid"], 0)
        self.assertTrue(task["tasks"]["next"].startswith("0xffff"))

    def test_expressions(self):
        offset = next(m["bit_offset"] for m in self.demo_json("type", "struct task_struct")[0]["members"] if m["name"] == "tasks") // 8
        self.assertEqual(number(self.value("(unsigned long)&init_task.tasks - (unsigned long)&init_task")), offset)
        self.assertEqual(self.value("container_of(&init_task.tasks, struct task_struct, tasks)->comm"), "swapper/0")
        self.assertEqual(self.value("init_task.comm[0..2]"), "swa")
        self.assertEqual(self.value("per_cpu(runqueues, 1).cpu"), 1)
        self.assertEqual(self.value("sizeof(struct list_head)"), 16)
        self.assertEqual(self.value("-3 / 2 + (7 & 6)"), 5)
        self.assertTrue(self.demo_json("print", "((struct list_head *)$a)->next", "--set", "a=&init_task.tasks")[0]["value"])

    def test_errors_are_1_and_do_not_stop_the_others(self):
        entries = self.demo_json("print", "no_such_thing", "1 +", "init_task.nothing", "*(int *)0", "sizeof(int)", code=1)
        self.assertEqual([e.get("error", {}).get("code") for e in entries[:3]], ["not_found", "syntax", "not_found"])
        self.assertEqual(entries[3]["value"], {"unreadable": "hole", "address": "0x0"})
        self.assertIn("error", entries[3])
        self.assertEqual(entries[4]["value"], 4)
        self.assertIn("kernoscope-cli: ", self.demo_error("print", "no_such_thing"))

    def test_nothing_is_written(self):
        self.assertIn("never", self.demo_error("print", "jiffies = 3"))

    def test_depth_elements_format(self):
        self.assertNotIn("next", json.dumps(self.value("init_task", "--depth", "1")))
        self.assertEqual(len(self.value("__per_cpu_offset", "--elements", "2")), 2)
        self.assertIn("0x1f", self.demo("print", "31", "--format", "hex"))
        self.assertIn("31", self.demo("print", "31", "--format", "dec"))

    def test_text(self):
        self.assertRegex(self.demo("print", "init_task.comm"), r'^init_task.comm = "swapper/0"')
        self.assertRegex(self.demo("print", "&init_task"), r"init_task")


if __name__ == "__main__":
    unittest.main()
