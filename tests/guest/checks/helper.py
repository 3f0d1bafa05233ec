"""kernoscope-open, run through sudo by an ordinary user, hands over what that user may not open: read-only, and only to
that user. The other end of the socket is written here, from the protocol alone."""
import fcntl
import os
import shutil
import socket
import subprocess
import sys

from common import FAILURES, check, finish

NOBODY = 65534
HELPER = os.path.join(os.environ["KERNOSCOPE_BIN"], "kernoscope-open")
REQUEST = b"kernoscope-open 1"


def ask(*command):
    """(exit status, answer's lines, descriptors, what stood on stderr)"""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.send(REQUEST)
    ours.settimeout(60)
    process = subprocess.Popen(command, stdin=theirs, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    theirs.close()
    try:
        text, fds, _, _ = socket.recv_fds(ours, 4096, 8)
    except ConnectionResetError:
        text, fds = b"", []
    error = process.communicate(timeout=60)[1].decode()
    return process.returncode, text.decode().splitlines(), fds, error


def as_nobody(what):
    """Runs `what` in a child that is an ordinary user; gives its exit status."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    FAILURES.clear()  # the child's own count
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    try:
        what()
    except BaseException as error:  # the child must never run on into the parent's part
        check("the ordinary user's part ran to its end", False, repr(error))
    finally:
        sys.stdout.flush()
        os._exit(1 if FAILURES else 0)


def without_right():
    status, lines, fds, error = ask(HELPER)
    check("without the right the answer says so", lines[1:2] in (["kcore no-right 13"], ["kcore no-right 1"]), lines)
    for fd in fds:
        os.close(fd)
    status, lines, fds, error = ask("sudo", "-n", "--", HELPER)
    check("sudo refuses whom it does not know", status != 0 and not lines and "password" in error, (status, lines, error))


expected_sections = {(m, s) for m in os.listdir("/sys/module") if os.path.isdir(f"/sys/module/{m}/sections")
                     for s in os.listdir(f"/sys/module/{m}/sections")}


def with_right():
    try:
        os.open("/proc/kcore", os.O_RDONLY)
        check("this user may not open kcore", False)
    except PermissionError:
        pass
    status, lines, fds, error = ask("sudo", "-n", "--", HELPER)
    check("the helper opens all three files", status == 0 and lines[1:] == ["kcore ok", "kallsyms ok", "sections ok"] and
          len(fds) == 3, (status, lines, error))
    kcore, kallsyms, sections = fds
    check("kcore can be read", os.pread(kcore, 4, 0) == b"\x7fELF")
    modes = [fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE for fd in (kcore, kallsyms)]
    check("kcore and kallsyms are open for reading only", modes == [os.O_RDONLY] * 2, modes)
    with os.fdopen(kallsyms) as file:
        text = next(int(line.split()[0], 16) for line in file if line.endswith(" _text\n"))
    check("kallsyms shows addresses", text >= 0xffffffff80000000, hex(text))
    with os.fdopen(sections, closefd=False) as file:
        shown = [line.split() for line in file]
    check("every section of every module is listed", {(m, s) for m, s, _ in shown} == expected_sections and shown)
    check("... at its address", all(int(a, 16) >= 0xffffffff80000000 for _, s, a in shown if s == ".text"), shown[:5])
    try:
        os.pwrite(sections, b"x", 0)
        check("nobody can change the list", False)
    except PermissionError:
        check("nobody can change the list", True)
    cli = [os.environ["KERNOSCOPE_CLI"], "--core-fd", str(kcore), "--json", "segments"]
    done = subprocess.run(cli, capture_output=True, pass_fds=[kcore], timeout=120)
    check("kernoscope-cli browses through the descriptor", done.returncode == 0 and b"direct-map" in done.stdout, done)


def made_privileged(helper):
    def run():
        status, lines, fds, error = ask(helper)
        check("a set-user-id helper refuses", status == 2 and not fds and "set-user-id" in error, (status, lines, error))
    return run


check("an ordinary user without the right", as_nobody(without_right) == 0)
with open("/etc/sudoers.d/kernoscope-check", "w") as rule:
    rule.write(f"#{NOBODY} ALL=(root) NOPASSWD: {HELPER}\n")
os.chmod("/etc/sudoers.d/kernoscope-check", 0o440)
check("an ordinary user with the right", as_nobody(with_right) == 0)
copy = shutil.copy(HELPER, "/tmp/kernoscope-open")
os.chmod(copy, 0o4755)
check("an ordinary user with a set-user-id helper", as_nobody(made_privileged(copy)) == 0)
subprocess.run(["mount", "--bind", "/dev/null", "/proc/kcore"], check=True)
lines = ask(HELPER)[1]
check("a masked kcore is called empty", lines[1] == "kcore empty 0", lines)
subprocess.run(["umount", "/proc/kcore"], check=True)
subprocess.run(["mount", "-t", "securityfs", "none", "/sys/kernel/security"], check=False)
with open("/sys/kernel/security/lockdown", "w") as file:
    file.write("confidentiality")
lines = ask(HELPER)[1]
check("lockdown is called lockdown, to root too", lines[1] == "kcore lockdown 1", lines)
finish()
