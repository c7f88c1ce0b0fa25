# SPDX-License-Identifier: MIT
"""A program on a terminal of its own (a pty), and what its screen shows: as much of an xterm as ncurses makes use of. A sequence that is not
known here, and any byte that a terminal could act on in another way, is a fault of the program: it stands in `faults`."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
import unicodedata

SEQUENCE = re.compile(rb"\x1b(?:\[([?>]?)([0-9;]*)([@-~])|([()])([0-9A-B])|([=>78MDEHc]))")


def width(char):
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


class Screen:
    def __init__(self, rows, columns):
        self.faults, self.alternate, self.cursor_shown = [], False, True
        self.text = ""
        self.pending = b""
        self.reset(rows, columns)

    def reset(self, rows, columns):
        self.rows, self.columns = rows, columns
        self.cells = [[" "] * columns for _ in range(rows)]
        self.reverse = [[False] * columns for _ in range(rows)]
        self.y = self.x = 0
        self.top, self.bottom = 0, rows - 1
        self.is_reverse = False
        self.wraps = False
        self.last = " "

    # ---- what it shows ----

    def lines(self):
        return ["".join(line).rstrip() for line in self.cells]

    def selected(self):
        """The text of the last line that is reverse from its first column on."""
        found = [line for line, marks in zip(self.lines(), self.reverse) if marks[0]]
        return found[-1] if found else ""

    def all(self):
        return "\n".join(self.lines())

    # ---- what comes ----

    def feed(self, data):
        data = self.pending + data
        at = 0
        while at < len(data):
            byte = data[at]
            if byte == 0x1b:
                match = SEQUENCE.match(data, at)
                if not match:
                    if len(data) - at < 24 and not re.match(rb"\x1b[^\[()=>78MDEHc]", data[at:]):
                        break  # the rest is still to come
                    self.faults.append(f"unknown sequence {data[at:at + 12]!r}")
                    at += 1
                    continue
                self.sequence(match)
                at = match.end()
                continue
            size = 1 if byte < 0x80 else 2 if byte < 0xe0 else 3 if byte < 0xf0 else 4
            if at + size > len(data):
                break
            try:
                self.character(data[at:at + size].decode())
            except UnicodeDecodeError:
                self.faults.append(f"invalid UTF-8 {data[at:at + size]!r}")
                size = 1
            at += size
        self.pending = data[at:]

    def character(self, char):
        code = ord(char)
        if char == "\r":
            self.x, self.wraps = 0, False
        elif char == "\n":
            self.line_feed()
        elif char == "\b":
            self.x, self.wraps = max(0, self.x - 1), False
        elif char == "\t":
            self.x = min(self.columns - 1, (self.x // 8 + 1) * 8)
        elif char in "\x0e\x0f\x07":
            pass
        elif code < 0x20 or 0x7f <= code < 0xa0 or unicodedata.category(char) in ("Cf", "Cc", "Zl", "Zp"):
            self.faults.append(f"control character U+{code:04X}")
        else:
            self.put(char)

    def put(self, char):
        wide = width(char)
        if self.wraps or self.x + wide > self.columns:
            self.x, self.wraps = 0, False
            self.line_feed()
        self.last = char
        for i in range(wide):
            self.cells[self.y][self.x + i] = char if i == 0 else ""
            self.reverse[self.y][self.x + i] = self.is_reverse
        self.x += wide
        if self.x >= self.columns:
            self.x, self.wraps = self.columns - 1, True

    def line_feed(self):
        if self.y == self.bottom:
            self.scroll(1)
        elif self.y < self.rows - 1:
            self.y += 1

    def scroll(self, count):
        for _ in range(abs(count)):
            gone, new = (self.top, self.bottom) if count > 0 else (self.bottom, self.top)
            for grid, blank in ((self.cells, " "), (self.reverse, False)):
                del grid[gone]
                grid.insert(new, [blank] * self.columns)

    def blank(self, y, first, last):
        for x in range(max(first, 0), min(last, self.columns)):
            self.cells[y][x] = " "
            self.reverse[y][x] = False

    def sequence(self, match):
        private, numbers, final = match.group(1), match.group(2), match.group(3)
        if final is None:
            if match.group(6) == b"M":
                if self.y == self.top:
                    self.scroll(-1)
                else:
                    self.y = max(0, self.y - 1)
            elif match.group(6) == b"c":
                self.faults.append("reset of the terminal")
            return
        values = [int(n) if n else 0 for n in numbers.decode().split(";")] if numbers else []
        if private:
            self.mode(values, final)
            return
        first = values[0] if values else 0
        self.wraps = self.wraps and final == b"m"
        self.control(final, first, max(first, 1), values)

    def mode(self, values, final):
        if final not in b"hl" or any(v not in (1, 12, 25, 1049, 1034, 7) for v in values):
            self.faults.append(f"unknown mode {values} {final}")
        if 1049 in values:
            self.alternate = final == b"h"
        if 25 in values:
            self.cursor_shown = final == b"h"

    def control(self, final, first, count, values):
        y, x = self.y, self.x
        if final == b"H":
            self.y = min(self.rows, count) - 1
            self.x = min(self.columns, max(values[1] if len(values) > 1 else 1, 1)) - 1
        elif final == b"A":
            self.y = max(0, y - count)
        elif final == b"B":
            self.y = min(self.rows - 1, y + count)
        elif final == b"C":
            self.x = min(self.columns - 1, x + count)
        elif final == b"D":
            self.x = max(0, x - count)
        elif final == b"G":
            self.x = min(self.columns, count) - 1
        elif final == b"d":
            self.y = min(self.rows, count) - 1
        elif final == b"J":
            for line in range(0 if first else y, self.rows if first != 1 else y + 1):
                self.blank(line, x if line == y and first == 0 else 0, self.columns)
        elif final == b"K":
            self.blank(y, x if first == 0 else 0, x + 1 if first == 1 else self.columns)
        elif final == b"X":
            self.blank(y, x, x + count)
        elif final == b"P":
            for grid, blank in ((self.cells, " "), (self.reverse, False)):
                del grid[y][x:x + count]
                grid[y] += [blank] * (self.columns - len(grid[y]))
        elif final == b"@":
            for grid, blank in ((self.cells, " "), (self.reverse, False)):
                grid[y][x:x] = [blank] * count
                del grid[y][self.columns:]
        elif final in b"LM":
            saved, self.top = self.top, y
            self.scroll(count if final == b"M" else -count)
            self.top = saved
        elif final == b"S":
            self.scroll(count)
        elif final == b"T":
            self.scroll(-count)
        elif final == b"r":
            self.top = count - 1
            self.bottom = (values[1] if len(values) > 1 and values[1] else self.rows) - 1
            self.y = self.x = 0
        elif final == b"b":
            for _ in range(count):
                self.put(self.last)
        elif final == b"m":
            for value in values or [0]:
                self.is_reverse = value == 7 or (self.is_reverse and value not in (0, 27))
        elif final in b"lht":
            pass
        else:
            self.faults.append(f"unknown control {values} {final}")


class Program:
    """Runs `arguments` on a terminal of rows x columns."""

    def __init__(self, arguments, rows, columns, environment=None):
        self.screen = Screen(rows, columns)
        self.output = b""
        self.status = None
        master, slave = pty.openpty()
        self.master, self.slave = master, slave
        self.size(rows, columns, tell=False)
        self.before = termios.tcgetattr(slave)
        self.pid = os.fork()
        if self.pid == 0:
            os.setsid()
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
            for fd in range(3):
                os.dup2(slave, fd)
            os.closerange(3, 64)
            os.execve(arguments[0], arguments, {**os.environ, "TERM": "xterm", "LC_ALL": "C.UTF-8", **(environment or {})})

    def size(self, rows, columns, tell=True):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        if tell:
            self.screen.reset(rows, columns)
            os.kill(self.pid, signal.SIGWINCH)

    def key(self, text):
        os.write(self.master, text.encode())

    def read(self, seconds):
        """What comes in that time. False: the program has ended."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            ready, _, _ = select.select([self.master], [], [], min(0.05, max(0, end - time.monotonic())))
            if ready:
                try:
                    data = os.read(self.master, 65536)
                except OSError:
                    return False
                self.output += data
                self.screen.feed(data)
            elif self.has_ended():
                return False
        return True

    def has_ended(self):
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = status
        return self.status is not None

    def wait_for(self, what, seconds=60):
        """Until `what` is true (or, a text, stands on the screen); the limit is for a machine that is busy."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if (what in self.screen.all()) if isinstance(what, str) else what():
                return True
            if not self.read(0.05):
                break
        return (what in self.screen.all()) if isinstance(what, str) else what()

    def wait_end(self, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self.has_ended():
            self.read(0.05)
        self.read(0.05)
        return self.status

    def is_as_before(self):
        return termios.tcgetattr(self.slave) == self.before

    def kill(self):
        if not self.has_ended():
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)


if __name__ == "__main__":  # by hand: screen.py ROWS COLUMNS KEYS PROGRAM ARGUMENT...: shows what stands there in the end
    program = Program(sys.argv[4:], int(sys.argv[1]), int(sys.argv[2]))
    program.read(1.5)
    for key in sys.argv[3].encode().decode("unicode_escape"):
        program.key(key)
        program.read(0.3)
    print("\n".join(f"|{line:{int(sys.argv[2])}}|" for line in program.screen.lines()))
    print(program.screen.faults)
    program.kill()
