#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""avocet run --top on a pseudo-terminal: what a person would see, by a terminal emulator (pyte), at several sizes; and the
terminal as it was, on every way out. Usage: top_screen.py AVOCET. Exit status 77: a reason to skip is the last line."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time

try:
    import pyte
except ImportError:
    print("pyte is not installed (package python3-pyte)")
    sys.exit(77)

AVOCET = sys.argv[1]
SCRIPT = """BEGIN { printf("text below\\n"); @small = 3; }
interval:ms:20 { $i = 0; while ($i < 60) { @rows[$i] = $i * 10; $i++; } @h = hist(nsecs % 1000); @s = tseries(nsecs % 100, 1s, 20); }"""


class Tracer:
    """avocet with a pseudo-terminal as its controlling terminal."""

    def __init__(self, rows, columns, *arguments):
        fresh = pty.openpty()
        self.before = termios.tcgetattr(fresh[1])  # of one that the tracer has not changed yet
        for end in fresh:
            os.close(end)
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ["TERM"] = "xterm-256color"
            os.execv(AVOCET, [AVOCET, "run", "-q", "--top", "--maps-every", "50ms", "-e", SCRIPT, *arguments])
        self.bytes = b""
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.ByteStream(self.screen)
        self.resize(rows, columns)

    def resize(self, rows, columns):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.screen.resize(rows, columns)
        self.rows, self.columns = rows, columns

    def read(self, seconds=0.05):
        while select.select([self.fd], [], [], seconds)[0]:
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                return False
            if not data:
                return False
            self.bytes += data
            self.stream.feed(data)
            seconds = 0
        return True

    def until(self, condition, what):
        end = time.time() + 15
        while time.time() < end:
            alive = self.read()
            if condition():
                return
            if not alive:
                break
        raise AssertionError(f"{what}\n" + "\n".join(self.screen.display) + f"\n{self.bytes[-600:]!r}")

    def lines(self):
        return [line.rstrip() for line in self.screen.display]

    def has(self, pattern):
        return any(re.search(pattern, line) for line in self.lines())

    def restored(self):
        """The last word about each mode, and the line discipline."""
        last = lambda on, off: self.bytes.rfind(on) > self.bytes.rfind(off)
        return (last(b"\x1b[?1049l", b"\x1b[?1049h") and last(b"\x1b[?25h", b"\x1b[?25l")
                and last(b"\x1b[?7h", b"\x1b[?7l") and termios.tcgetattr(self.fd)[3] == self.before[3])

    def end(self):
        end = time.time() + 15
        while time.time() < end:
            self.read(0.02)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.pid = 0
                for _ in range(20):
                    if not self.read(0.05):
                        break
                return status
        raise AssertionError("it does not end")

    def close(self):
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)


def shown(tracer):
    tracer.until(lambda: tracer.has(r"@rows \(60\)") and tracer.has("s sort|value, lar|by"), "the maps are not shown")


def sizes(tracer):
    for rows, columns in ((24, 80), (50, 200), (8, 30), (3, 12), (24, 80)):
        tracer.resize(rows, columns)
        mark = len(tracer.bytes)
        tracer.until(lambda: len(tracer.bytes) > mark + 40 and tracer.lines()[0] != "", f"nothing at {rows}x{columns}")
        time.sleep(0.3)
        tracer.read()
        assert re.match(r"^stdin|^avocet", tracer.lines()[0]), (rows, columns, tracer.lines()[0])
        if rows >= 8:
            assert any("@" in line for line in tracer.lines()), (rows, columns, tracer.lines())


def keys(tracer):
    tracer.resize(24, 80)
    tracer.until(lambda: tracer.has("@h"), "no histogram at the top")
    os.write(tracer.fd, b"G")
    tracer.until(lambda: tracer.has("@small: 3"), "End does not scroll down")
    os.write(tracer.fd, b"g\x1b[6~")
    tracer.until(lambda: tracer.has("lines (1[0-9]|2[0-9])-"), "PgDn does not scroll")
    os.write(tracer.fd, b"\x1b[5~\x1b[5~")
    tracer.until(lambda: tracer.has("lines 1-"), "PgUp does not scroll back")
    os.write(tracer.fd, b"\x1b[B")
    tracer.until(lambda: tracer.has("lines 2-"), "the arrow does not scroll")
    os.write(tracer.fd, b"s")
    tracer.until(lambda: tracer.has("smallest first"), "s does not sort")
    os.write(tracer.fd, b"s")
    tracer.until(lambda: tracer.has("by key"), "s does not sort by key")
    tracer.until(lambda: tracer.has("text below"), "text is not shown")


def final_maps(tracer):
    text = tracer.bytes[tracer.bytes.rfind(b"\x1b[?1049l"):].decode(errors="replace")
    assert "@rows[59]: 590" in text and "@small: 3" in text, text[-800:]


def quits(tracer):
    shown(tracer)
    sizes(tracer)
    keys(tracer)
    os.write(tracer.fd, b"q")
    status = tracer.end()
    assert os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0, status
    assert tracer.restored(), tracer.bytes[-300:]
    final_maps(tracer)


def by_signal(number):
    def case(tracer):
        shown(tracer)
        os.kill(tracer.pid, number)
        status = tracer.end()
        end = time.time() + 15  # who restores it for a tracer that was killed comes a moment later
        while not tracer.restored() and tracer.read() and time.time() < end:
            pass
        assert tracer.restored(), (number, tracer.bytes[-300:])
        if number in (signal.SIGINT, signal.SIGTERM):
            assert os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0, status
            final_maps(tracer)
    case.__name__ = f"ended by {signal.Signals(number).name}"
    return case


def suspended(tracer):
    shown(tracer)
    os.kill(tracer.pid, signal.SIGTSTP)
    end = time.time() + 10
    while not os.waitpid(tracer.pid, os.WNOHANG | os.WUNTRACED)[0]:
        tracer.read(0.02)
        assert time.time() < end, "it does not stop"
    tracer.read()
    assert tracer.restored(), tracer.bytes[-300:]
    mark = len(tracer.bytes)
    os.kill(tracer.pid, signal.SIGCONT)
    tracer.until(lambda: b"\x1b[?1049h" in tracer.bytes[mark:] and b"@rows" in tracer.bytes[mark:], "not drawn again")
    assert not tracer.restored()
    os.kill(tracer.pid, signal.SIGINT)
    tracer.end()
    assert tracer.restored()


def no_terminal():
    done = subprocess.run([AVOCET, "run", "-q", "--top", "-e", "BEGIN { @a = 1; printf(\"x\\n\"); exit(); }"],
                          capture_output=True, stdin=subprocess.DEVNULL, timeout=20)
    assert done.returncode == 0 and b"\x1b" not in done.stdout, done
    assert done.stdout == b"x\n\n\n@a: 1\n", done.stdout
    print("PASS plain without a terminal")


def main():
    no_terminal()
    cases = [quits, by_signal(signal.SIGINT), by_signal(signal.SIGTERM), by_signal(signal.SIGKILL), suspended]
    for case in cases:
        tracer = Tracer(24, 80)
        try:
            case(tracer)
            print("PASS", case.__name__)
        finally:
            tracer.close()


main()
