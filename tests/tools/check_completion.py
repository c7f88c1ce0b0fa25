#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check_completion.py SIPHOUND: each option that a command takes is in its help and so in the completion of each shell, and no other; what
wants a value is followed by one; and bash (and zsh and fish, where they are) really completes commands, options, words and files."""
import glob
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile

PROGRAM = os.path.abspath(sys.argv[1])
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VALUES = {"format": "text", "proof": "echoed", "tunnels": "auto", "color": "never", "workers": "0", "max-actors": "100", "year": "2026",
          "utc-offset": "+01:00", "why": "192.0.2.1", "home-net": "192.0.2.0/24", "allow": "192.0.2.1", "filter": "udp", "family": "4",
          "verdict": "block", "since": "1h", "at": "1h", "for": "1h", "min-score": "1", "name": "x", "table": "x", "priority": "-300"}
# getopt_long takes them for these, of which the longer one may have no value that its error would show.
SHORT_FOR = {"rule": "rules", "all": "allow"}
# With these a command ends before it does anything.
ENDS = {"read": ["/nonexistent/x"], "logs": ["/nonexistent/x"], "fingerprint": ["/nonexistent/x"], "watch": ["--check", "--config", "/dev/null"]}
problems = []


def run(*arguments, **keywords):
    done = subprocess.run(arguments, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False, **keywords)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def options_of_source():
    """Names in the tables for getopt_long (in app/options.c it is made from another), and whether they want a value."""
    options = {}
    for path in glob.glob(os.path.join(ROOT, "app", "**", "*.c"), recursive=True):
        with open(path, encoding="utf-8") as file:
            for name, kind in re.findall(r'\{ "([a-z-]+)", (required_argument|no_argument|SWITCH|TEXTS?|READ),', file.read()):
                options[name] = kind not in ("no_argument", "SWITCH")
    return options


def takes(command, option, wants_value, folder):
    if option in SHORT_FOR and re.search(rf"--{SHORT_FOR[option]}\b", run(PROGRAM, command, "--help")[1]):
        return False
    value = VALUES.get(option, "/nonexistent/x")
    word = f"--{option}={value}" if wants_value else f"--{option}"
    ends = ["--why", "192.0.2.1"] if (command, option) == ("logs", "follow") else ENDS.get(command, ["--help"])
    _, _, error = run(PROGRAM, command, word, *ends, cwd=folder)
    # getopt_long takes what is short for another one.
    if re.search(r"unknown option|has no option", error) or any(
            other != option and other.startswith(option) and f"--{other} {value}" in error for other in VALUES):
        return False
    refused = re.search(r"has no meaning here(.*)", error)
    # What goes with another option only is taken all the same.
    return not refused or refused.group(1).startswith(" without") or (command == "logs" and "logs --follow" in refused.group(1))


WORDS = (("siphound wa", "watch"), ("siphound read --form", "--format"), ("siphound read --format j", "json"), ("siphound export cr", "crowdsec"),
         ("siphound read b", "b.log"), ("siphound list --verdict v", "victim"))
ZSH_SETTINGS = """PS1=ready; fpath=("$ZDOTDIR" $fpath); autoload -U compinit; compinit -u -D
tell() { print -r -- "@$BUFFER@"; zle kill-whole-line }; zle -N tell; bindkey '^X' tell; bindkey '^I' complete-word
"""


def read_until(terminal, pattern):
    text = ""
    while not re.search(pattern, text) and select.select([terminal], [], [], 30)[0]:
        text += os.read(terminal, 4096).decode("utf-8", "replace")
    return re.search(pattern, text)


def type_in_zsh(script, folder):
    """Its completion works at a prompt only: a zsh on a terminal of its own, in which a key tells what the line is after Tab."""
    home = os.path.join(folder, "folder")
    for name, text in ((".zshrc", ZSH_SETTINGS), ("_siphound", script)):
        with open(os.path.join(home, name), "w", encoding="utf-8") as file:
            file.write(text)
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.execvpe("zsh", ["zsh", "-d", "-i"], {**os.environ, "ZDOTDIR": home, "TERM": "dumb"})
    if not read_until(terminal, "ready"):
        problems.append("zsh shows no prompt")
    for line, wanted in WORDS:
        os.write(terminal, f"{line}\t\x18".encode())
        told = read_until(terminal, "@([^@]*)@")
        if not told or told.group(1).split()[-1:] != [wanted]:
            problems.append(f"zsh completes '{line}' by {told and told.group(1)!r}")
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(terminal)


def bash(script, lines, folder):
    """What bash offers for each line: the last word is the one that is being typed."""
    calls = "".join(f"COMP_WORDS=({' '.join(words)} {last!r}); COMP_CWORD={len(words)}; _siphound; printf '%s\\n' \"${{COMPREPLY[@]}}\"; echo ==\n"
                    for words, last in lines)
    code, out, error = run("bash", "--norc", "-c", f"{script}\n{calls}", cwd=folder)
    if code or error:
        problems.append(f"bash: {code} {error}")
    return [set(part.split("\n")) - {""} for part in out.split("==\n")[:-1]]


def interfaces(start):
    """Of this machine: a root of its own may show none."""
    return {name for name in (os.listdir("/sys/class/net") if os.path.isdir("/sys/class/net") else []) if name.startswith(start)}


_, overview, _ = run(PROGRAM, "--help")
commands = re.findall(r"^  ([a-z]+) +\S", overview, re.M)
known = options_of_source()
scripts = {}
for shell in ("bash", "zsh", "fish"):
    code, scripts[shell], errors = run(PROGRAM, "completion", shell)
    if code or errors:
        problems.append(f"completion {shell}: {code} {errors}")
    if shutil.which(shell):
        with tempfile.NamedTemporaryFile("w", suffix="." + shell) as file:
            file.write(scripts[shell])
            file.flush()
            code, _, errors = run(shell, "-n", file.name)
        if code or errors:
            problems.append(f"{shell} -n: {errors}")

with tempfile.TemporaryDirectory() as folder:
    for name in ("a capture.pcap", "b.log"):
        with open(os.path.join(folder, name), "w", encoding="utf-8"):
            pass
    os.mkdir(os.path.join(folder, "folder"))

    # All options of all commands, three times: as taken, as completed by bash, as written for the others.
    offered = bash(scripts["bash"], [(["siphound", command], "--") for command in commands], folder)
    if not known or len(offered) != len(commands):
        problems.append("no options, or no completion, was found")
    for command, options in zip(commands, offered):
        taken = {"--" + name for name, wants in known.items() if takes(command, name, wants, folder)} if command not in ("rules", "completion") else {"--help"}
        for option in sorted(taken - options):
            problems.append(f"{command} takes {option}, but its help does not say so and nothing completes it")
        for option in sorted(options - taken):
            problems.append(f"{command} --help and its completion name {option}, which it does not take")
        zsh = re.search(rf"^\t{command}\)\n(.*?)\n\t\t;;", scripts["zsh"], re.M | re.S).group(1)
        fish = dict(re.findall(rf"'__siphound_is {command}' -l ([a-z-]+)(.*)", scripts["fish"]))
        for option in options:
            name = option[2:]
            spec = re.search(rf"{option}\}}?'?\[(?:[^]\\]|\\.)*\](:)?", zsh)
            if not spec or name not in fish:
                problems.append(f"{command} {option}: not in zsh or fish")
            elif bool(spec.group(1)) != known[name] or bool(re.search(r" -[xr] ?", fish[name].split(" -d ")[0])) != known[name]:
                problems.append(f"{command} {option}: a value is {'' if known[name] else 'not '}wanted; zsh or fish see it otherwise")

    for (words, last), wanted in zip(cases := [
            (["siphound"], ""), (["siphound"], "wa"), (["siphound", "read", "--format"], "j"), (["siphound", "read", "--format", "="], "c"),
            (["siphound", "read", "--format"], "="), (["siphound", "read"], ""), (["siphound", "read", "--rules"], "+b"),
            (["siphound", "read", "--evidence"], ""), (["siphound", "export"], "cr"), (["siphound", "rules"], "s"), (["siphound", "rules", "check"], "b"),
            (["siphound", "watch", "-i"], "l"), (["siphound", "watch", "--user"], "roo"), (["siphound", "list", "--verdict"], "v"),
            (["siphound", "watch", "--filter"], ""), (["siphound", "enforce"], ""), (["siphound", "nonsense"], "-")], [
            {*commands, "--help", "--version"}, {"watch"}, {"json"}, {"csv"},
            None, {"a capture.pcap", "b.log", "folder"}, {"+b.log"},
            {"folder"}, {"crowdsec"}, {"show"}, {"b.log"},
            interfaces("l"), {"root"}, {"victim"},
            set(), {"nft"}, set()]):
        got = bash(scripts["bash"], [(words, last)], folder)[0]
        if wanted is None:
            wanted = {"text", "json", "csv"} | (got & {"html"})
        if got != wanted:
            problems.append(f"bash completes {' '.join(words)} '{last}' by {sorted(got)}, not {sorted(wanted)}")

    if shutil.which("zsh"):
        type_in_zsh(scripts["zsh"], folder)
    else:
        print("not tried: zsh is not installed")
    if shutil.which("fish"):
        for line, wanted in WORDS:
            _, out, errors = run("fish", "--no-config", "-c", f"{scripts['fish']}\ncomplete -C '{line}'", cwd=folder, env={**os.environ, "HOME": folder})
            if wanted not in [found.split("\t")[0] for found in out.splitlines()]:
                problems.append(f"fish completes '{line}' by {out!r} {errors}")
    else:
        print("not tried: fish is not installed")

print("\n".join(problems) or f"{len(commands)} commands, {len(known)} options: completed by bash, zsh and fish")
sys.exit(bool(problems))
