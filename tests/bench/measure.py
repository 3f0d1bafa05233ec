#!/usr/bin/env python3
"""Runs one program and prints "STATUS SECONDS KIB": how it ended, wall time from its start to its end, peak memory.

    python3 -I -S measure.py LIMIT INPUT OUTPUT ERRORS PROGRAM [ARGUMENT...]

STATUS is the exit status, minus the signal that ended it, or "late" when LIMIT seconds were not enough; PROGRAM, a
path, reads the file INPUT and writes the files OUTPUT and ERRORS. The kernel counts what a process holds at its execve
as its peak (exec_mmap in fs/exec.c), so this is a program of its own that imports next to nothing, and forks: a
vforked child, as of posix_spawn, would count all of its parent, a forked one only the pages that were written to.
"""
import os
import signal
import sys
import time


def main():
    limit, paths, command = float(sys.argv[1]), sys.argv[2:5], sys.argv[5:]
    write = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    files = [os.open(paths[0], os.O_RDONLY), os.open(paths[1], write, 0o644), os.open(paths[2], write, 0o644)]
    start = time.monotonic()
    pid = os.fork()
    if pid == 0:
        try:
            os.setsid()  # No terminal to ask on, and one group to end when it is late.
            for number, file in enumerate(files):
                os.dup2(file, number)
            os.execv(command[0], command)
        finally:
            os._exit(127)
    late = []

    def end(*_):
        late.append(True)
        os.killpg(pid, signal.SIGKILL)

    signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, limit)
    _, status, usage = os.wait4(pid, 0)
    seconds = time.monotonic() - start
    signal.setitimer(signal.ITIMER_REAL, 0)
    print("late" if late else os.waitstatus_to_exitcode(status), f"{seconds:.6f}", usage.ru_maxrss)


main()
