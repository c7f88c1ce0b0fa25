#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""lists.py STORE REDIS-SOCKET KERNEL-SPACE TABLE...: whether the store, Redis and each nftables table hold the same bans with the same ends.
Prints "agree on N", or what differs.

lists.py --ends STORE    the bans in force, "NET END TIMES" a line, TIMES being how often it was banned

A ban grows while its address goes on; who follows hears of that when it grew by a tenth. So others may be up to a tenth of an hour behind the
store, never ahead of it, and the kernel holds what Redis says."""
import json
import math
import sqlite3
import subprocess
import sys
import time

BEHIND_S = 360
FOREVER = 253402300799


def in_store(path):
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    now = time.time() * 1e6
    return {net: (FOREVER if until is None else math.ceil(until / 1e6), times) for net, until, times, by in
            db.execute("SELECT net, until_us, times, ended_by FROM ban") if (by in (None, "expired")) and (until is None or until > now)}


def redis(socket, *words):
    return subprocess.run(["redis-cli", "-s", socket, *words], capture_output=True, text=True).stdout.split()


def in_redis(socket):
    found = {}
    for key in ("block", "net"):
        words = redis(socket, "zrange", "{siphound:0}:1:" + key, "0", "-1", "withscores")
        found.update({net: int(end) for net, end in zip(words[::2], words[1::2]) if int(end) > time.time()})
    addresses = [net for net in found if "/" not in net][:500]  # the keys that others ask for are there too
    if addresses and redis(socket, "exists", *("{siphound:0}:1:blk:" + net for net in addresses)) != [str(len(addresses))]:
        found["a key blk:..."] = 0
    return found


def in_kernel(space, table):
    """What it holds, and how long asking took: the kernel looked at its clock at some moment of that."""
    begun = time.time()
    text = subprocess.run(["ip", "netns", "exec", space, "nft", "-j", "list", "table", "inet", table], capture_output=True, text=True).stdout
    now, found = time.time(), {}
    for item in json.loads(text or '{"nftables":[]}')["nftables"]:
        for element in item.get("set", {}).get("elem", []):
            e = element["elem"]
            prefix = not isinstance(e["val"], str) and e["val"].get("prefix")
            net = "%s/%d" % (prefix["addr"], prefix["len"]) if prefix else str(e["val"])
            found[net] = now + e["expires"] if "expires" in e else FOREVER
    return found, now - begun


def differ(name, mine, others, behind, ahead):
    lost, extra = sorted(set(mine) - set(others)), sorted(set(others) - set(mine))
    ends = [(net, mine[net], others[net]) for net in mine if net in others and not -ahead <= mine[net] - others[net] <= behind]
    return f"{name}: lost {lost[:5]} extra {extra[:5]} other end {ends[:5]}; " if lost or extra or ends else ""


def main():
    if sys.argv[1] == "--ends":
        for net, (end, times) in sorted(in_store(sys.argv[2]).items()):
            print(net, end, times)
        return
    store, socket, kernel_space, *tables = sys.argv[1:]
    bans = {net: end for net, (end, _) in in_store(store).items()}
    redis = in_redis(socket)
    said = differ("Redis", bans, redis, BEHIND_S, 0)
    for table in tables:
        kernel, took = in_kernel(kernel_space, table)
        # expires is a whole second, rounded down or up
        said += differ(table, bans, kernel, BEHIND_S + 3, 2 + took) or differ(table + " against Redis", redis, kernel, 3, 2 + took)
    print(said or f"agree on {len(bans)}")


main()
