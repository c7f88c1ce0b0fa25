#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check_top.py SIPHOUND: `siphound top` on a terminal, as a person uses it. The worst stands first; sorting, filtering, looking into one,
banning, unbanning and allowing work, and the store says so afterwards; any size is shown; texts of strangers never reach the terminal as
they are; and however it ends, the terminal is as it was. Also the progress bar of `read` and `logs`."""
import os
import pty
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import screen  # noqa: E402

SIPHOUND = os.path.abspath(sys.argv[1])
GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../golden")
bad = []
DOWN, HOME, END, ESCAPE, ENTER = "\x1bOB", "\x1bOH", "\x1bOF", "\x1b", "\r"


def check(condition, what, program=None):
    if not condition:
        bad.append(what)
        print(f"FAILED: {what}")
        if program:
            print(program.screen.all())


def siphound(*arguments, status=0):
    done = subprocess.run([SIPHOUND, *arguments], capture_output=True, timeout=60, check=False, stdin=subprocess.DEVNULL)
    check(done.returncode == status, f"{' '.join(arguments)}: status {done.returncode}: {done.stderr.decode()}")
    return done.stdout.decode() + done.stderr.decode()


def top(store, rows=24, columns=80, environment=None, options=()):
    return screen.Program([SIPHOUND, "top", "--store", store, *options], rows, columns, environment)


def expect(program, what, name):
    check(program.wait_for(what), f"{name}: {what if isinstance(what, str) else 'not seen'}", program)


def finish(program, name, key="q", status=0):
    """Ends it with a key, or a signal, and looks at what it leaves behind."""
    if isinstance(key, str):
        program.key(key)
    else:
        os.kill(program.pid, key)
    ended = program.wait_end()
    check(ended is not None and os.waitstatus_to_exitcode(ended) == status, f"{name}: ended with {ended}", program)
    check(program.is_as_before(), f"{name}: the terminal's modes are not as they were")
    check(not program.screen.alternate, f"{name}: the alternate screen is still on")
    check(program.screen.cursor_shown, f"{name}: the cursor is gone")
    check(not program.screen.faults, f"{name}: {program.screen.faults[:5]}")
    program.kill()


def order(program):
    return re.findall(r"^[! ] (\d+\.\d+\.\d+\.\d+)", program.screen.all(), re.M)


def use(store):
    p = top(store)
    expect(p, "203.0.113.41", "opens")
    check(order(p)[:2] == ["203.0.113.41", "203.0.113.42"], "those who got in stand first", p)
    check("GOT IN: 203.0.113.41, 203.0.113.42" in p.screen.all(), "a breach is told above the list", p)
    check("6 offenders: 6 block, 0 banned; by danger" in p.screen.all(), "counts", p)
    check("no watch runs" in p.screen.all(), "says that nothing changes by itself", p)
    check("? help" in p.screen.lines()[-1] and "b ban" in p.screen.lines()[-1], "tells its keys", p)

    p.key("ss")
    expect(p, "by messages", "sorts")
    check(order(p)[0] == "203.0.113.70", "the most messages first", p)
    p.key("r")
    expect(p, "by messages, reversed", "sorts the other way round")
    check(order(p)[-1] == "203.0.113.70", "the most messages last", p)
    p.key("S" * 2)
    expect(p, "by danger", "sorts as before")

    p.key("/toll")
    expect(p, lambda: set(order(p)) == {"203.0.113.41", "203.0.113.70"}, "filters while one types")
    p.key(ENTER)
    expect(p, 'with "toll"', "keeps the filter")
    p.key("f" * 6)
    expect(p, lambda: order(p) == ["203.0.113.41"], "shows who got in, of those")
    p.key("/xyz" + ENTER)
    expect(p, "Esc shows all", "says when the filter hides all")
    p.key(ESCAPE)
    expect(p, lambda: len(order(p)) == 6, "shows all again")

    p.key(DOWN * 2)
    expect(p, lambda: "203.0.113.70" in p.screen.selected(), "moves")
    p.key(ENTER)
    expect(p, "What it did has no honest explanation", "looks into one")
    check("203.0.113.70: block, score" in p.screen.all(), "its why", p)
    why = siphound("why", "--store", store, "203.0.113.70").splitlines()
    check(p.screen.lines()[1] == why[0], "the why is that of `siphound why`", p)
    p.key(END)
    expect(p, "Ban: ", "to the end of it")
    p.key(ESCAPE)
    expect(p, "203.0.113.41", "back")
    p.key("?")
    expect(p, "Columns", "help")
    p.key("q")
    expect(p, "203.0.113.41", "back from the help")

    p.key("b")
    expect(p, "Ban 203.0.113.70?", "asks before it bans")
    p.key("n")
    expect(p, "nothing was changed", "takes no for an answer")
    check("by hand" not in siphound("list", "--store", store), "nothing was banned")
    p.key("by")
    expect(p, "203.0.113.70: banned until it is taken back", "bans")
    check(re.search(r"203\.0\.113\.70 .* by hand", siphound("list", "--store", store)), "the store knows the ban")
    expect(p, "1 banned", "shows the ban")
    expect(p, lambda: re.search(r"203\.0\.113\.70 .* hand ", p.screen.all()), "in its line too")
    p.key("u")
    expect(p, "Unban 203.0.113.70", "asks before it unbans")
    p.key("y")
    expect(p, "203.0.113.70: unbanned", "unbans")
    check(re.search(r"203\.0\.113\.70 .* unbanned", siphound("list", "--store", store)), "the store knows that it was taken back")
    p.key("u" + "y")
    expect(p, "is not banned", "says what can not be done")
    p.key(HOME + DOWN * 2)
    expect(p, lambda: "203.0.113.20" in p.screen.selected(), "moves to the next")
    p.key("ad")
    expect(p, "203.0.113.20: never banned until", "allows for a day")
    check("203.0.113.20" in siphound("allow", "--store", store), "the store knows whom it spares")
    p.key("by")
    expect(p, "allow", "does not ban whom it spares")

    siphound("ban", "--store", store, "--for", "2h", "203.0.113.5")
    expect(p, lambda: re.search(r"203\.0\.113\.5 .* (1 h|119 min|2 h) ", p.screen.all()), "sees what others do")
    expect(p, "203.0.113.5 banned by hand", "tells what changed")
    finish(p, "q")


def sizes(store):
    p = top(store, 40, 120)
    expect(p, "sipvicious", "wide: tools are there")
    check("messages" in p.screen.all() and "stages" in p.screen.all(), "wide: all columns", p)
    p.size(10, 40)
    expect(p, lambda: len(order(p)) == 5, "40x10: half of the lines are offenders")
    check("GOT IN" in p.screen.all() and "? help" in p.screen.lines()[-1], "40x10: breach and keys", p)
    p.key(DOWN * 5)
    expect(p, lambda: "203.0.113.60" in p.screen.selected(), "40x10: scrolls")
    p.key(ENTER)
    expect(p, "What it did has no honest explanation", "40x10: looks into one")
    for rows, columns in ((3, 12), (2, 3), (1, 1), (1, 40), (60, 7), (200, 400), (10, 40)):
        p.size(rows, columns)
        p.read(0.2)
        check(not p.has_ended(), f"{columns}x{rows}: ends")
    p.key(ESCAPE)
    p.size(24, 80)
    expect(p, lambda: len(order(p)) == 6, "back at 80x24")
    finish(p, "q after resizing")


def endings(store):
    for name, how in (("SIGTERM", signal.SIGTERM), ("SIGINT", signal.SIGINT), ("SIGHUP", signal.SIGHUP), ("Ctrl-C", "\x03")):
        p = top(store)
        expect(p, "203.0.113.41", name)
        check(p.screen.alternate, f"{name}: an alternate screen")
        check(not p.is_as_before(), f"{name}: reads keys as they come")
        finish(p, name, how)
    sleep(store)


def sleep(store):
    """Ctrl-Z, and fg, with a shell that knows jobs: whoever has none can not be stopped."""
    if not os.path.exists("/bin/bash"):
        return
    script = 'set -m; "$0" top --store "$1"; echo STOPPED; read -r line; fg >/dev/null; echo ENDED $?; read -r line'
    p = screen.Program(["/bin/bash", "-c", script, SIPHOUND, store], 24, 80)
    expect(p, "203.0.113.41", "before Ctrl-Z")
    p.key("\x1a")
    expect(p, "STOPPED", "Ctrl-Z: stops")
    check(p.is_as_before() and not p.screen.alternate and p.screen.cursor_shown, "Ctrl-Z: the terminal is as it was meanwhile", p)
    p.key("\n")
    expect(p, lambda: "203.0.113.41" in p.screen.all() and p.screen.alternate, "fg: draws all again")
    p.key(DOWN + ENTER)
    expect(p, "203.0.113.42: block", "fg: takes keys as before")
    p.key("qq")
    expect(p, "ENDED 0", "q after a stop")
    finish(p, "q after a stop", "\n")


HOSTILE = "日本 evil\x1b[2J\x1b]0;x\x07\x9b31m\u202e\u2066\u200b\x00\ud7ff é"


def hostile(store):
    db = sqlite3.connect(store)
    db.execute("UPDATE offender SET tool=?1, org=?1, cc=?1, city=?1, agent=?1, reason=?1, fingerprint=?1, campaign=?1", (HOSTILE,))
    db.execute("UPDATE offender SET tool=cast(x'ff1b5b324ac3fe9b' AS TEXT) WHERE address='203.0.113.5'")
    db.execute("UPDATE sighting SET agent=?1, tool=?1, module=?1, reason=?1, avoid=?1, fingerprint=?1, terms='3 '||?1", (HOSTILE,))
    db.execute("UPDATE breach SET account=?1, guess=?1", (HOSTILE,))
    db.execute("UPDATE input SET name=?1", (HOSTILE,))
    db.execute("UPDATE offender_rule SET title=?1, file=?1, rule=rule||?1", (HOSTILE,))
    db.execute("UPDATE evidence SET rule=rule||?1", (HOSTILE,))
    db.execute("UPDATE sample SET items=?1||char(10)||?1 WHERE kind<>'targets'", (HOSTILE,))
    db.execute("UPDATE ban SET reason=?1", (HOSTILE,))
    db.commit()
    for environment in ({"LC_ALL": "C.UTF-8"}, {"LC_ALL": "C"}, {"LC_ALL": "C.UTF-8", "NO_COLOR": "1"}):
        db.execute("INSERT OR REPLACE INTO vitals VALUES ('k', 1, ?2, 0, 1, 1, 1, 1, 1, 1, 'up '||?1||char(10)||'down '||?1, ?1)",
                   (HOSTILE, time.time_ns() // 1000))
        db.commit()
        p = top(store, 40, 150, environment)
        expect(p, "evil", f"hostile texts, {environment}")
        check(re.search(r"watching (日本|\?\?\?\?) evil.x1b", p.screen.all()), "hostile names of inputs", p)
        for _ in range(7):
            p.key(ENTER)
            p.read(0.2)
            p.key(END)
            p.read(0.1)
            p.key(ESCAPE)
            p.read(0.2)
            p.key(DOWN)
        p.key("by")
        p.read(0.2)
        check("日本" in p.output.decode("utf-8", "replace") or environment["LC_ALL"] == "C", "what may be shown is shown")
        if environment["LC_ALL"] == "C":
            check(not any(byte >= 0x80 for byte in p.output), "locale C: ASCII only")
        if "NO_COLOR" in environment:
            check(not re.search(rb"\x1b\[[0-9;]*[34][0-9]m", p.output), "NO_COLOR: no colour")
        elif environment["LC_ALL"] != "C":
            check(re.search(rb"\x1b\[[0-9;]*3[0-9]m", p.output), "colours")
        finish(p, f"hostile texts, {environment}")
    db.close()


def is_store(path):
    """Its file is there before its tables are."""
    return subprocess.run([SIPHOUND, "list", "--store", path], capture_output=True, timeout=60, check=False).returncode == 0


def live(folder):
    """Beside a daemon that writes into the store."""
    log, store = os.path.join(folder, "full"), os.path.join(folder, "live.db")
    with open(log, "w", encoding="utf-8") as file:
        with subprocess.Popen([SIPHOUND, "logs", "--quiet", "--store", store, "--follow", log], stdout=subprocess.DEVNULL,
                              stdin=subprocess.DEVNULL) as daemon:
            end = time.monotonic() + 60
            while not is_store(store) and time.monotonic() < end:
                time.sleep(0.05)
            p = top(store, 24, 120)
            expect(p, f"watching {log}"[:60], "live: names what is watched")
            check("Nobody has attacked yet" in p.screen.all(), "live: nobody yet", p)

            def attack():
                for account in range(20):
                    file.write(time.strftime("[%Y-%m-%d %H:%M:%S] NOTICE[1] chan_sip.c: Registration from ", time.gmtime()) +
                               f"'<sip:{account}@192.0.2.1>' failed for '203.0.113.77:5060' - No matching peer found\n")
                file.flush()
                p.read(0.3)
                return re.search(r"203\.0\.113\.77 .* [0-9.]+/s ", p.screen.all())
            expect(p, attack, "live: rates")
            check(re.search(r"[0-9.]+ requests/s", p.screen.all()), "live: rates of all", p)
            expect(p, "203.0.113.77 new: ", "live: what changed")
            p.key("by")
            expect(p, "203.0.113.77: banned", "live: bans beside the daemon")
            daemon.terminate()
            check(daemon.wait(30) == 0, "live: the daemon ends well")
            expect(p, "no watch runs: the last one ended", "live: sees that the daemon ended")
            check(re.search(r"203\.0\.113\.77 .* hand ", p.screen.all()), "live: the ban stays", p)
            finish(p, "live")


def other_ways(folder, store):
    empty = os.path.join(folder, "empty.db")
    siphound("allow", "--store", empty, "192.0.2.1")
    p = top(empty)
    expect(p, "There is no offender in this store yet", "empty store")
    check("siphound watch -i" in p.screen.all() and "siphound read --store" in p.screen.all(), "empty store: says what to do", p)
    p.key("b" + ENTER + "u" + DOWN)
    expect(p, "? help", "empty store: keys do no harm")
    os.rename(empty, empty + ".gone")
    expect(p, "there is no store", "a store that goes away")
    gone = os.path.join(folder, "gone.db")
    shutil.copy(store, gone)
    other = top(gone)
    expect(other, "203.0.113.41", "a store that goes away before a ban")
    other.key("b")
    expect(other, "y: until taken back", "a store that goes away before a ban: asks")
    for name in (gone, gone + "-wal", gone + "-shm"):
        if os.path.exists(name):
            os.remove(name)
    other.key("y")
    expect(other, "there is no store", "a store that goes away before a ban: says so")
    finish(other, "a store that goes away before a ban")
    check(not os.path.exists(gone), "a ban made a store anew, with nothing in it but the ban")
    shutil.copy(store, empty)
    expect(p, "203.0.113.41", "another store in its place")
    finish(p, "empty store")
    check("is no terminal" in siphound("top", "--store", store, status=1), "without a terminal")
    check("there is no store" in siphound("top", "--store", folder + "/none.db", status=1), "without a store")
    check("takes no addresses" in siphound("top", "192.0.2.1", status=2), "an address")
    for terminal, why in (("no-such-terminal", "is not known"), ("dumb", "can place no cursor")):
        p = top(store, environment={"TERM": terminal})
        p.wait_end()
        check(f"{why}; set TERM" in p.screen.all().replace("\n", ""), f"the terminal {terminal}", p)
        check(os.waitstatus_to_exitcode(p.status) == 1 and p.is_as_before(), f"the terminal {terminal}: status and modes")
        p.kill()


def progress(folder):
    """A log that comes slowly, through a pipe: no share of it can be known. And nothing of it when it is not wanted."""
    line = "[2026-01-05 08:00:00] VERBOSE[1] pbx.c: nothing that matters\n"
    script = f'i=0; while [ $i -lt 30 ]; do printf "%s" "$1"; i=$((i+1)); sleep 0.1; done | "$0" logs - {{}}'
    for name, options, is_shown in (("a pipe", "", True), ("--quiet", "--quiet", False)):
        p = screen.Program(["/bin/sh", "-c", script.format(options), SIPHOUND, line * 2000], 24, 100)
        seen = p.wait_for("reading: ", 8)
        check(bool(seen) == is_shown, f"progress, {name}: {'not ' if is_shown else ''}shown", p)
        check("%" not in p.screen.all(), f"progress, {name}: a share of what nobody knows", p)
        p.wait_end()
        check("reading:" not in p.screen.all(), f"progress, {name}: still there at the end", p)
        check("No attacker" in p.screen.all(), f"progress, {name}: the report", p)
        p.kill()
    with open(os.path.join(folder, "quick.log"), "w", encoding="utf-8") as file:
        file.write(line)
    p = screen.Program([SIPHOUND, "logs", os.path.join(folder, "quick.log")], 24, 100)
    p.wait_end()
    check(b"reading" not in p.output, "progress: short work needs none", p)
    p.kill()


def main():
    probe = subprocess.run([SIPHOUND, "top", "--store", "/dev/null"], capture_output=True, check=False, stdin=subprocess.DEVNULL)
    if b"without ncurses" in probe.stderr:
        print("skipped: this siphound was built without ncurses")
        return 77
    try:
        for end in pty.openpty():
            os.close(end)
    except OSError as error:
        print(f"skipped: no terminal can be opened here: {error}")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        store = os.path.join(folder, "s.db")
        for case in ("sample", "crack-then-breach", "toll-prefixes"):
            siphound("read", "--quiet", "--store", store, os.path.join(GOLDEN, case, "input.pcap"))
        copy = shutil.copy(store, os.path.join(folder, "copy.db"))
        use(store)
        sizes(copy)
        endings(copy)
        other_ways(folder, copy)
        live(folder)
        hostile(copy)
        progress(folder)
    print(f"{len(bad)} failed" if bad else "top: all well")
    return 1 if bad else 0


sys.exit(main())
