#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""disguised.py [--siphound PATH] --agent TEXT --port OLD:NEW LABELS.tsv: which offenders of the labelled captures are lost when
their senders call themselves something else? Captures without offenders must stay without, so disguised. Provisioning
attacks are left out: they are not SIP. Exit 0: none lost, none gained."""
import argparse
import csv
import ipaddress
import os
import sys
import tempfile

sys.dont_write_bytecode = True
import program  # noqa: E402
from disguise import disguise  # noqa: E402


def labelled(text):
    wanted = set()
    for item in text.split(";"):
        address = item.split("=")[0].strip()
        if address in ("", "-"):
            continue
        low, _, high = address.partition("-")
        first, last = int(ipaddress.ip_address(low)), int(ipaddress.ip_address(high or low))
        kind = type(ipaddress.ip_address(low))
        wanted |= {str(kind(n)) for n in range(first, last + 1)}
    return wanted


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--siphound", default=os.environ.get("SIPHOUND", "build/siphound"))
    arguments.add_argument("--agent", required=True)
    arguments.add_argument("--port", action="append", default=[])
    arguments.add_argument("table")
    given = arguments.parse_args()
    ports = dict(tuple(map(int, pair.split(":"))) for pair in given.port)
    lost = gained = files = total = 0
    with tempfile.TemporaryDirectory() as folder, open(given.table, newline="", encoding="utf-8") as table:
        for row in csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE):
            if row["input"] != "read" or "provisioning" in row["offenders"] or "prov" in row["file"]:
                continue
            with open(os.path.join(os.path.dirname(given.table), row["file"]), "rb") as file:
                changed = disguise(file.read(), given.agent.encode(), ports)
            path = os.path.join(folder, os.path.basename(row["file"]))
            with open(path, "wb") as file:
                file.write(changed)
            try:
                found = program.reported(program.records(given.siphound, "read", path))
            except program.Failed as problem:
                sys.exit(str(problem))
            os.unlink(path)
            wanted = labelled(row["offenders"])
            files, total = files + 1, total + len(wanted)
            lost, gained = lost + len(wanted - found), gained + len(found - wanted)
            if wanted != found:
                print(f"{row['file']}: lost {sorted(wanted - found)[:5]}, falsely reported {sorted(found - wanted)[:5]}")
    print(f"{files} captures disguised: {lost} of {total} offenders lost, {gained} reported falsely")
    return 1 if lost or gained else 0


if __name__ == "__main__":
    sys.exit(main())
