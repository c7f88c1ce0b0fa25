# SPDX-License-Identifier: MIT
"""What README and docs/ tell people to type: found, and run.

    doc_commands.py check DOCUMENT...              blocks are marked as they must be
    doc_commands.py run DOCUMENT...                and their commands do what they should; in a world made by tests/docs/world.sh
    doc_commands.py of TEST DOCUMENT...            prints the commands that TEST types in a world of its own, one a line

A block of commands is fenced as `sh` (one a line, a backslash at its end goes on) or `console` (commands after "$ ", what they print
below). Every other block has another language: text, conf, yaml, ... Indented blocks are not used for anything that can be typed.
A comment above a block of commands says what is special:

    <!-- not tried: REASON -->     needs what no test has
    <!-- tried by TEST -->         that script in tests/ asks for these commands (`of`) and types them
    <!-- in full -->               takes minutes: tried with SIPHOUND_TEST_LEVEL=full only
    <!-- shorter: NAME=VALUE -->   tried with this in the environment, where the command would take long
    <!-- another shell -->         runs beside what goes on from the block before it

Each command must exit with 0, or with 77 after a word on what this machine lacks for it. One that goes on until it is stopped (see LASTING) gets SIGTERM after a while, and must end well then."""
import os
import re
import shlex
import signal
import subprocess
import sys
import time

LASTING = re.compile(r"siphound(?: --\S+)* (watch(?!.*--check)|enforce(?!.*--(once|remove|dry-run))|logs .*--follow|top)|^redis-cli .*(XREAD BLOCK|SUBSCRIBE)|^journalctl .*-f")
LAST_S = 2.5  # a command that lasts is given so long
LIMIT_S = 300  # any other
LIMIT_IN_FULL_S = 3600
LACKING = 77
ENDS = {0, -signal.SIGTERM, 128 + signal.SIGTERM}


def is_full():
    return os.environ.get("SIPHOUND_TEST_LEVEL") == "full"


class Block:
    def __init__(self, path, line, language, text, marks):
        self.path, self.line, self.language, self.text, self.marks = path, line, language, text, marks

    def where(self, offset=0):
        return f"{self.path}:{self.line + offset}"

    def named(self, mark):
        """What stands behind the mark's name, or None: "" when nothing does."""
        return next((m[len(mark):].strip() for m in self.marks if m.startswith(mark)), None)

    def environment(self):
        return dict(word.split("=", 1) for word in shlex.split(self.named("shorter:") or ""))

    def commands(self):
        """(line number, command) of each."""
        lines = self.text.split("\n")
        number = 0
        while number < len(lines):
            first, line = number, lines[number]
            number += 1
            if self.language == "console":
                if not line.startswith("$ "):
                    continue
                line = line[2:]
            while line.endswith("\\") and number < len(lines):
                line = line[:-1] + lines[number].strip()
                number += 1
            heredoc = re.search(r"<<-?\s*'?(\w+)'?", line)
            while heredoc and number < len(lines):
                line += "\n" + lines[number]
                number += 1
                if lines[number - 1].strip() == heredoc[1]:
                    break
            if line.strip() and not line.lstrip().startswith("#"):
                yield self.line + 1 + first, line


def blocks_of(path):
    """Every fenced block, and every indented one (language None)."""
    with open(path, encoding="utf-8") as file:
        lines = file.read().split("\n")
    marks, number = [], 0
    while number < len(lines):
        line = lines[number]
        number += 1
        comment = re.fullmatch(r"<!-- (.*) -->", line.strip())
        fence = re.fullmatch(r"( *)```(\w*)", line)
        if fence:
            start, text = number, []
            while number < len(lines) and lines[number].strip() != "```":
                text.append(lines[number].removeprefix(fence[1]))
                number += 1
            number += 1
            yield Block(path, start, fence[2], "\n".join(text), marks)
            marks = []
        elif comment:
            marks.append(comment[1])
        elif re.match(r"(    |\t)\S", line) and not lines[number - 2].strip():
            start, text = number, [line]
            while number < len(lines) and re.match(r"(    |\t)", lines[number]):
                text.append(lines[number])
                number += 1
            yield Block(path, start, None, "\n".join(text), marks)
            marks = []
        elif line.strip():
            marks = []


TYPED = re.compile(r"^\s*(\$ |sudo |siphound |scripts/|build/siphound |systemctl |redis-cli |fail2ban-client |cmake |apt|curl |nft |ip )")


def check(paths):
    wrong = []
    for path in paths:
        for block in blocks_of(path):
            first = block.text.split("\n")[0]
            if block.language == "":
                wrong.append(f"{block.where()}: this block does not say its language (sh, console, text, conf ...)")
            elif block.language not in ("sh", "console") and not any(m.startswith("sample report") for m in block.marks) and TYPED.match(first):
                wrong.append(f"{block.where()}: a command outside of a block of commands: {first.strip()}")
            for mark in block.marks:
                if mark.startswith("not tried") and not re.match(r"not tried: \w.{8,}", mark):
                    wrong.append(f"{block.where()}: not tried, but why?")
            test = block.named("tried by ")
            if test and not asks_for(test, path):
                wrong.append(f"{block.where()}: {test} does not type what {path} says")
    return wrong


def asks_for(test, document):
    try:
        with open(test, encoding="utf-8") as file:
            return any(re.search(rf"doc_commands\.py\"? of {re.escape(test)} .*{re.escape(document)}", line) for line in file)
    except FileNotFoundError:
        return False


def of(test, paths):
    """Continued lines are one by now; a document within a command would be more than a line."""
    commands = [command for path in paths for block in blocks_of(path) if block.named("tried by ") == test for _, command in block.commands()]
    for command in commands:
        print(command)
    return [] if commands else [f"no command is marked as tried by {test}"]


def stop(process):
    try:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(60)
    except ProcessLookupError:
        pass
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return -signal.SIGKILL
    return process.returncode


class Runner:
    def __init__(self, folder):
        self.folder, self.lasting, self.wrong, self.tried, self.left = folder, [], [], 0, 0

    def start(self, command, environment):
        if re.search(r"siphound top\b", command):  # wants a terminal
            command = f"script -qec {shlex.quote(command)} /dev/null"
        output = open(os.path.join(self.folder, ".output"), "w+b")
        process = subprocess.Popen(["bash", "-c", command], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                                   start_new_session=True, env={**os.environ, **environment})
        process.output = output
        return process

    def said(self, process):
        process.output.seek(0)
        return process.output.read()[-1500:].decode("utf-8", "replace")

    def end_lasting(self):
        for where, command, process in self.lasting:
            status = process.poll()
            early = status is not None
            status = status if early else stop(process)
            if status not in (ENDS - {128 + signal.SIGTERM} if early else ENDS):
                self.wrong.append(f"{where}: {command}\n  {'ended by itself' if early else 'stopped'} with {status}:\n{self.said(process)}")
        self.lasting = []

    def one(self, where, command, environment, limit_s):
        process = self.start(command, environment)
        if LASTING.search(command):
            try:
                process.wait(LAST_S)
            except subprocess.TimeoutExpired:
                pass
            if process.poll() is None:
                self.tried += 1
                self.lasting.append((where, command, process))
                return
        try:
            status = process.wait(limit_s)
        except subprocess.TimeoutExpired:
            stop(process)
            status = f"no end after {limit_s} s"
        if status == LACKING:
            self.left += 1
            print(f"not tried: {where}: {command}: {self.said(process).strip().splitlines()[-1:]}")
            return
        self.tried += 1
        if status != 0:
            self.wrong.append(f"{where}: {command}\n  exit {status}:\n{self.said(process)}")

    def block(self, block):
        if block.named("tried by ") is not None:
            return
        if block.named("not tried:") is not None or (block.named("in full") is not None and not is_full()):
            self.left += len(list(block.commands()))
            return
        if "another shell" not in block.marks:
            self.end_lasting()
        for number, command in block.commands():
            if LASTING.search(command) and "another shell" not in block.marks:
                self.end_lasting()
            self.one(f"{block.path}:{number}", command, block.environment(), LIMIT_S if block.named("in full") is None else LIMIT_IN_FULL_S)


# Each document begins with what world.sh made, whatever the others did to it.
FRESH = """rm -rf /etc/siphound /var/lib/siphound && cp -a "$DOCS_WORLD"/../pristine/etc /etc/siphound && cp -a "$DOCS_WORLD"/../pristine/lib /var/lib/siphound &&
    redis-cli FLUSHALL >/dev/null && nft flush ruleset"""


def run(paths):
    wrong, tried, left = [], 0, 0
    for path in paths:
        subprocess.run(["bash", "-c", FRESH], check=True)
        name = os.path.splitext(os.path.basename(path))[0]
        folder = os.path.join(os.environ["DOCS_WORLD"], name)
        runner = Runner(folder if os.path.isdir(folder) else os.path.join(os.environ["DOCS_WORLD"], "any"))
        begin = time.monotonic()
        for block in blocks_of(path):
            if block.language in ("sh", "console"):
                runner.block(block)
        runner.end_lasting()
        print(f"{path}: {runner.tried} tried, {runner.left} left out, {len(runner.wrong)} wrong, {time.monotonic() - begin:.0f} s", flush=True)
        wrong += runner.wrong
        tried += runner.tried
        left += runner.left
    print(f"{tried} commands tried, {left} left out")
    if not tried:
        wrong.append("no command was found: the documents have changed their form")
    return wrong


def main():
    what, paths = sys.argv[1], sys.argv[2:]
    wrong = of(paths[0], paths[1:]) if what == "of" else {"check": check, "run": run}[what](paths)
    for text in wrong:
        print(text)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
