"""The window, as an ordinary user, on the running kernel through the descriptors that the helper hands over."""
import os
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "ui", "xvfb"))
from common import check, finish  # noqa: E402
from window_driver import Failure, WindowDriver  # noqa: E402

PROGRAM = os.path.join(os.environ["KERNOSCOPE_BIN"], "kernoscope")
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
        window.quit()
except Failure as failure:
    check("the window", False, failure)
finish()
