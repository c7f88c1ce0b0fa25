#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A journal in the file $FAKE_JOURNAL, as `journalctl -o json` writes it. A record a line: CURSOR<TAB>MICROSECONDS<TAB>PROGRAM<TAB>MESSAGE.
How it was called, and as whom, goes into $FAKE_JOURNAL.calls; it ends when $FAKE_JOURNAL.end is there."""
import json, os, sys, time
after = since = None
follow = False
with open(os.environ["FAKE_JOURNAL"] + ".calls", "a") as calls:
    calls.write(" ".join(sys.argv[1:]) + f" uid={os.getuid()} groups={sorted(os.getgroups())}\n")
for word in sys.argv[1:]:
    if word.startswith("--after-cursor="):
        after = word.split("=", 1)[1]
    elif word.startswith("--since=@"):
        since = float(word[9:])
    elif word == "--follow":
        follow = True
assert "--output=json" in sys.argv, sys.argv
seen = after is None
with open(os.environ["FAKE_JOURNAL"]) as journal:
    while True:
        line = journal.readline()
        if not line.endswith("\n"):
            if not follow:
                sys.exit(int(os.environ.get("FAKE_STATUS", "0")))
            if os.path.exists(os.environ["FAKE_JOURNAL"] + ".end"):
                sys.exit(0)
            time.sleep(0.05)
            continue
        cursor, us, program, message = line.rstrip("\n").split("\t")
        if seen and (since is None or int(us) >= since * 1e6):
            print(json.dumps({"__CURSOR": cursor, "__REALTIME_TIMESTAMP": us, "SYSLOG_IDENTIFIER": program, "MESSAGE": message},
                             separators=(",", ":")), flush=True)
        seen = seen or cursor == after
