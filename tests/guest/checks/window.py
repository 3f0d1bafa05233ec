"""The window, as an ordinary user, on the running kernel through the descriptors that the helper hands over."""
import json
import os
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "ui", "xvfb"))
from common import check, finish  # noqa: E402
from window_driver import Failure, WindowDriver  # noqa: E402

PROGRAM = os.path.join(os.environ["KERNOSCOPE_BIN"], "kernoscope")
SNAPSHOT, DIFF = "/share/window.core", "/share/diff.json"
HELPER = os.path.join(os.environ["KERNOSCOPE_BIN"], "kernoscope-open")

# What the window does when its user asks for this machine's kernel; sudo asks nobody anything here.
ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
ours.send(b"kernoscope-open 1")
subprocess.run(["sudo", "-n", "--", HELPER], stdin=theirs, check=True, timeout=60)
answer, fds, _, _ = socket.recv_fds(ours, 4096, 8)
check("the helper hands descriptors over", len(fds) >= 2, answer)


def resident(pid):
    with open(f"/proc/{pid}/status") as file:
        return next(int(line.split()[1]) // 1024 for line in file if line.startswith("VmRSS"))


def differences(window):
    """What the Diff dock shows by now, by way of its export."""
    if os.path.exists(DIFF):
        os.remove(DIFF)
    window.command("Export differences as JSON")
    window.answer("Export the differences", DIFF)
    window.wait_for("the differences are exported", lambda: os.path.exists(DIFF))
    with open(DIFF) as file:
        return json.load(file)


try:
    with WindowDriver(PROGRAM, ["--core-fd", str(fds[0]), "--kallsyms-fd", str(fds[1])], patience=120, pass_fds=fds[:2]) as window:
        with open(f"/proc/{window.app.pid}/status") as file:
            uids = next(line.split()[1:] for line in file if line.startswith("Uid"))
        check("the window is an ordinary user's", "0" not in uids, uids)
        window.wait_for("the kernel opens", lambda: os.uname().release in window.title())
        check("the running kernel opens", True)
        window.palette("init_task")
        check("the palette finds init_task", True)
        time.sleep(5)
        window.save_screen("/share/init_task.png")
        window.palette("jiffies")
        window.value_moves("jiffies moves on the screen without a key press")
        check("jiffies moves on the screen without a key press", True)
        window.save_screen("/share/jiffies.png")
        time.sleep(20)
        used = resident(window.app.pid)
        print(f"the window uses {used} MiB")
        check("it stays under 300 MB of memory", used < 286, used)

        # A snapshot of all RAM, and what has changed since.
        window.xdotool("key", "ctrl+shift+s")
        window.answer("Snapshot", SNAPSHOT, tabs=1, picture="/share/snapshot.png")
        window.wait_for("the snapshot is saved", lambda: os.path.exists(SNAPSHOT))
        check("all RAM is saved", os.path.getsize(SNAPSHOT) > 900 << 20, os.path.getsize(SNAPSHOT))
        started = subprocess.Popen(["sleep", "1000"])
        window.xdotool("key", "ctrl+alt+d")
        for _ in range(10):
            time.sleep(10)
            entries = differences(window)
            counters = [leaf for entry in entries if entry["name"] in ("jiffies", "jiffies_64") for leaf in entry["changes"]]
            if counters:  # variables come last
                break
        window.save_screen("/share/diff.png")
        started.kill()
        os.remove(SNAPSHOT)
        new = {entry["pid"]: entry for entry in entries if entry["group"] == "Tasks started"}.get(started.pid)
        check("the process that was started since is told", new and (new["fate"], new["name"]) == ("appeared", "sleep"), new)
        check("jiffies has moved", counters and all(leaf["delta"].startswith("+") for leaf in counters), counters)
        window.quit()
except Failure as failure:
    check("the window", False, failure)
finish()
