"""A real window on a virtual screen, driven by its keys alone. What is on the screen is read from Xvfb's frame buffer."""
import os
import pwd
import shutil
import struct
import subprocess
import tempfile
import time

WIDTH, HEIGHT = 1280, 800
# The first row of the inspector, at the right below the bar: it shows the value of what the palette has found.
VALUE_ROW = (WIDTH - 300, 70, 220, 22)


class Failure(Exception):
    pass


class WindowDriver:
    """Starts Xvfb and, as an ordinary user, the program; a context manager that ends both."""

    def __init__(self, program, arguments, patience=30, pass_fds=()):
        self.patience = patience
        self.home = tempfile.mkdtemp(prefix="kernoscope-xvfb-")
        reader, writer = os.pipe()
        self.server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(writer), "-screen", "0", f"{WIDTH}x{HEIGHT}x24", "-fbdir", self.home,
             "-nolisten", "tcp"], pass_fds=[writer], stderr=subprocess.DEVNULL)
        os.close(writer)
        with os.fdopen(reader) as answer:
            display = ":" + answer.readline().strip()
        self.env = dict(os.environ, DISPLAY=display, HOME=self.home, XDG_RUNTIME_DIR=self.home,
                        XDG_CONFIG_HOME=self.home + "/config", QT_QPA_PLATFORM="xcb")
        self.env.pop("XAUTHORITY", None)
        user = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            program = shutil.copy(program, self.home)  # nobody may not look into root's folders
            os.chown(self.home, nobody.pw_uid, nobody.pw_gid)
            user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        self.app = subprocess.Popen([os.path.abspath(program), "--theme", "dark", "--size", f"{WIDTH}x{HEIGHT}", *arguments],
                                    env=self.env, cwd="/", pass_fds=pass_fds, **user)
        self.window = ""

    def __enter__(self):
        try:
            self.wait_for("the window comes up", self.find_window)
            self.xdotool("windowmove", self.window, "0", "0")
            self.xdotool("windowfocus", "--sync", self.window)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.app.poll() is None:
            self.app.kill()
            self.app.wait()
        self.server.terminate()
        self.server.wait()
        shutil.rmtree(self.home, ignore_errors=True)

    def find_window(self):
        self.window = self.xdotool("search", "--onlyvisible", "--name", "Kernoscope").split("\n")[0]
        return self.window

    def xdotool(self, *arguments):
        return subprocess.run(["xdotool", *arguments], env=self.env, text=True, capture_output=True).stdout.strip()

    def title(self):
        return self.xdotool("getwindowname", self.window) if self.window else ""

    def wait_for(self, what, condition):
        end = time.monotonic() + self.patience
        while time.monotonic() < end:
            if self.app.poll() is not None:
                raise Failure(f"{what}: the program ended with {self.app.returncode}")
            if condition():
                return
            time.sleep(0.05)
        raise Failure(f"{what}: not within {self.patience} s (window title: {self.title()!r})")

    def palette(self, text):
        """Types into the palette and goes where its first answer leads; the window's title begins with that place."""
        self.command(text)
        self.wait_for(f"the palette finds {text}", lambda: self.title().startswith(text))

    def command(self, text):
        """Does what the palette calls so."""
        self.xdotool("key", "ctrl+p")
        self.xdotool("type", "--delay", "15", text)
        time.sleep(self.patience / 60)
        self.xdotool("key", "Return")

    def answer(self, dialog, text, tabs=0, picture=None):
        """Types into a line of a dialog, so many tabs from where it begins, and ends the dialog."""
        def shown():
            return self.xdotool("search", "--onlyvisible", "--name", f"^{dialog}$").split("\n")[0]

        self.wait_for(f"the dialog {dialog}", shown)
        self.xdotool("windowfocus", "--sync", shown())  # there is no window manager to do it
        self.xdotool("key", *["Tab"] * tabs, "ctrl+a")
        self.xdotool("type", "--delay", "15", text)
        time.sleep(self.patience / 60)
        if picture:
            self.save_screen(picture)
        self.xdotool("key", "Return")
        self.wait_for(f"the dialog {dialog} ends", lambda: not shown())
        self.xdotool("windowfocus", "--sync", self.window)

    def pixels(self, x, y, width, height):
        """A rectangle of the screen, from the frame buffer in XWD format (X11/XWDFile.h)."""
        with open(os.path.join(self.home, "Xvfb_screen0"), "rb") as file:
            data = file.read()
        header = struct.unpack(">25I", data[:100])
        size, bits, line, colors = header[0], header[11], header[12], header[19]
        start = size + colors * 12
        step = bits // 8
        return [data[start + row * line + x * step:start + row * line + (x + width) * step]
                for row in range(y, y + height)]

    def save_screen(self, path):
        subprocess.run(["import", "-window", "root", path], env=self.env, check=True)

    def value_moves(self, what):
        first = self.pixels(*VALUE_ROW)
        self.wait_for(what, lambda: self.pixels(*VALUE_ROW) != first)

    def value_stands(self, seconds):
        first = self.pixels(*VALUE_ROW)
        time.sleep(seconds)
        if self.pixels(*VALUE_ROW) != first:
            raise Failure("the value moves although the window is frozen")

    def quit(self):
        self.xdotool("key", "ctrl+q")
        if self.app.wait(timeout=self.patience) != 0:
            raise Failure(f"the program ended with {self.app.returncode}")
