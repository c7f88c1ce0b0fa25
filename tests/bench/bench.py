# SPDX-License-Identifier: MIT
"""scripts/bench is the front of this. Each contest makes its files, checks that siphound finds in them what is there, measures, prints a
table in Markdown, and removes its files."""
import argparse
import datetime
import json
import os
import platform
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
import peers  # noqa: E402
import truth  # noqa: E402
from workshop import Stopped, Workshop, median, paired  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ONE, AUTO = "`siphound`, `--workers 0`", "`siphound`"
LOOP = "bare `pcap_next_ex` loop"

#                  whole run                quick                    slow programs read
CAPTURES = {
    "scan": ({"megabytes": 1000}, {"megabytes": 50}, {"megabytes": 100}),
    "pbx": ({"megabytes": 1000}, {"megabytes": 50}, {"megabytes": 100}),
    "tcp": ({"megabytes": 100}, {"megabytes": 10}, {"megabytes": 100}),
    "flood": ({"count": 1000000}, {"count": 50000}, {"count": 100000}),
    "phones": ({"megabytes": 600}, {"megabytes": 60}, {"megabytes": 100}),
}
QUICK_SLOW = {"megabytes": 10}


class Failed(Exception):
    pass


def table(head, rows):
    print("| " + " | ".join(head) + " |")
    print("|---|" + "---:|" * (len(head) - 1))
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print(flush=True)


def seconds(s):
    return f"{s * 1000:.1f} ms" if s < 0.1 else f"{s:.2f} s"


def megabytes(kb):
    return f"{kb / 1024:.0f} MB" if kb >= 10240 else f"{kb / 1024:.1f} MB"


def times(ratio):
    return f"{ratio:.2f}" if ratio < 10 else f"{ratio:.0f}"


def check(shop, file):
    """One run for each number of threads, which must say the same to the byte."""
    said = []
    for workers in ("0", "auto"):
        command = truth.reading(shop.siphound, file.truth, file.path, "--workers", workers)
        said.append(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    if said[0] != said[1]:
        raise Failed(f"{file.title()}: one thread says something else than two")
    wrong = truth.differences_in_summary(file.truth, json.loads(said[0].splitlines()[-1]))
    if wrong:
        raise Failed(f"{file.title()}: " + "; ".join(wrong))


def others(shop, list_them, *arguments):
    return [] if shop.tiny else list_them(*arguments)


def against(shop, file, slow, rounds):
    """siphound's median over the same file, and each slow program once."""
    ours = shop.rounds({ONE: shop.siphound_on(file, "--workers", "0"), AUTO: shop.siphound_on(file)}, rounds)
    one, auto = (median(ours[name], "wall_s") for name in (ONE, AUTO))
    rows = [(AUTO, seconds(auto), "1", seconds(median(ours[AUTO], "cpu_s")), megabytes(median(ours[AUTO], "memory_kb")), "all"),
            (ONE, seconds(one), times(one / auto), seconds(median(ours[ONE], "cpu_s")), megabytes(median(ours[ONE], "memory_kb")), "all")]
    for peer in slow:
        try:
            cost = shop.cost(peer.command)
        except Stopped as why:
            rows.append((peer.title, str(why), "", "", "", ""))
            continue
        found = f"{peer.found(shop.output):,}" if peer.found else ""
        rows.append((peer.title, seconds(cost.wall_s), times(cost.wall_s / auto), seconds(cost.cpu_s), megabytes(cost.memory_kb), found))
    print(f"Other programs, once each, on {file.title()}:\n")
    table(("command", "clock", "times siphound's", "processor", "resident", "found"), rows)


def contest_capture(shop, name, options):
    file = shop.make(name, **CAPTURES[name][options.quick])
    check(shop, file)
    costs = shop.rounds({LOOP: [shop.bare_loop, file.path], ONE: shop.siphound_on(file, "--workers", "0"), AUTO: shop.siphound_on(file)},
                        options.rounds)
    print(f"### {file.title()}\n")
    items = file.truth["packets"]
    table(("command", "clock", "a packet", "times the loop's", "of its speed", "processor", "times the loop's", "resident"),
          [(command, seconds(median(of, "wall_s")), f"{median(of, 'wall_s') / items * 1e9:.0f} ns", times(paired(costs[LOOP], of)),
            f"{100 / paired(costs[LOOP], of):.0f} %", seconds(median(of, "cpu_s")), times(paired(costs[LOOP], of, "cpu_s")),
            megabytes(median(of, "memory_kb"))) for command, of in costs.items()])
    os.remove(file.path)
    small = shop.make(name, **(QUICK_SLOW if options.quick else CAPTURES[name][2]))
    check(shop, small)
    slow = others(shop, peers.of_captures, small, shop.place)
    if slow:
        against(shop, small, slow, options.rounds)
    os.remove(small.path)


def check_each_line(shop, workload, count):
    file = shop.make(workload, count=count)
    wrong = truth.differences(shop.siphound, file.truth, file.path)
    if wrong:
        raise Failed(f"{file.title()}: " + "; ".join(wrong))
    return file


def contest_logs(shop, options):
    for workload in ("asterisk", "freeswitch"):
        os.remove(check_each_line(shop, workload, 100000).path)
    file = shop.make("asterisk", count=100000 if options.quick else 5000000)
    check(shop, file)
    quick = peers.of_logs(file)
    grep, wc = quick[0].title, quick[1].title  # both are everywhere
    costs = shop.rounds({**{peer.title: peer.command for peer in quick}, ONE: shop.siphound_on(file, "--workers", "0"),
                         AUTO: shop.siphound_on(file)}, options.rounds)
    for peer in quick:
        shop.cost(peer.command)
        if peer.found and peer.found(shop.output) != file.truth["attack_lines"]:
            print(f"{peer.title} finds {peer.found(shop.output)} of {file.truth['attack_lines']} lines")
    print(f"### {file.title()}, {file.truth['attack_lines']:,} of them attacks\n")
    table(("command", "clock", "a line", "times as fast as grep", "of `wc -l`'s speed", "processor", "times as cheap as grep", "resident"),
          [(command, seconds(median(of, "wall_s")), f"{median(of, 'wall_s') / file.truth['lines'] * 1e9:.0f} ns", times(paired(of, costs[grep])),
            f"{100 * paired(of, costs[wc]):.0f} %", seconds(median(of, "cpu_s")), times(paired(of, costs[grep], "cpu_s")),
            megabytes(median(of, "memory_kb"))) for command, of in costs.items()])
    print(f"FAILURES: `{peers.FAILURES}`\n")
    os.remove(file.path)
    for workload, count in (("asterisk", 1000000), ("freeswitch", 100000)):
        small = shop.make(workload, count=20000 if options.quick else count)
        slow = others(shop, peers.slow_of_logs, small)
        if slow:
            against(shop, small, slow, options.rounds)
        os.remove(small.path)


def contest_memory(shop, options):
    """Largest resident size: of a start, and with small and large files of the same kind."""
    pairs = ((("scan", {"megabytes": 10}), ("scan", {"megabytes": 50 if options.quick else 1000})),
             (("flood", {"count": 250000 if options.quick else 1000000}), ("flood", {"count": 1000000 if options.quick else 4000000})),
             (("asterisk", {"count": 1000000 // (10 if options.quick else 1)}), ("asterisk", {"count": 1000000 if options.quick else 5000000})))
    print("### Largest resident size\n")
    rows = []
    few = shop.make("scan", count=100)
    start = {workers: shop.cost(shop.siphound_on(few, "--workers", workers)).memory_kb for workers in ("0", "auto")}
    for pair in pairs:
        sizes, titles = {}, []
        for workload, amount in pair:
            file = shop.make(workload, **amount)
            titles.append(file.title())
            for workers in ("0", "auto"):
                sizes.setdefault(workers, []).append(shop.cost(shop.siphound_on(file, "--workers", workers)).memory_kb)
            os.remove(file.path)
        rows += [(f"{titles[0]}; then {titles[1].split(', ', 1)[1]}", workers, megabytes(start[workers]), megabytes(small),
                  megabytes(large), f"{large / small:.3f}")
                 for workers, (small, large) in sizes.items()]
    table(("files", "`--workers`", "100 messages", "smaller", "larger", "ratio"), rows)


def contest_start(shop, options):
    """A capture of so few messages that what is measured is loading the rules, beginning and ending."""
    file = shop.make("scan", count=100)
    check(shop, file)
    commands = {AUTO: shop.siphound_on(file), ONE: shop.siphound_on(file, "--workers", "0"), "`siphound --version`": [shop.siphound, "--version"]}
    costs = shop.rounds(commands, 4 * options.rounds)
    print("### Start, with all rules: 100 messages, from beginning to end\n")
    table(("command", "clock", "least", "processor", "resident"),
          [(command, seconds(median(of, "wall_s")), seconds(min(cost.wall_s for cost in of)), seconds(median(of, "cpu_s")),
            megabytes(median(of, "memory_kb"))) for command, of in costs.items()])
    slow = [peer for peer in others(shop, peers.of_captures, file, shop.place) if "suricata" in peer.title or "tshark" in peer.title]
    if slow:
        against(shop, file, slow, options.rounds)


CONTESTS = {**{name: lambda shop, options, name=name: contest_capture(shop, name, options) for name in CAPTURES},
            "logs": contest_logs, "memory": contest_memory, "start": contest_start}


def line_of(*command):
    try:
        return subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True).stdout.splitlines()[0]
    except (OSError, subprocess.CalledProcessError, IndexError):
        return "unknown"


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return names[0] if names else platform.machine()


def print_head(siphound, options):
    date = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    scheduling = "real-time priority" if os.sched_getscheduler(0) in (os.SCHED_FIFO, os.SCHED_RR) else "ordinary priority"
    print(f"Measured {date}: {len(os.sched_getaffinity(0))} processors ({processor()}), Linux {platform.release().split('-')[0]}, {scheduling}, "
          f"load {os.getloadavg()[0]:.1f} when it began; {line_of(siphound, '--version')}, {line_of('git', 'rev-parse', '--short', 'HEAD')}. "
          f"Medians of {options.rounds} rounds in turn.\n", flush=True)


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measures siphound side by side with others. docs/benchmarks.md")
    parser.add_argument("--quick", action="store_true", help="small files, a minute")
    parser.add_argument("--rounds", type=int, help="5; 3 with --quick")
    parser.add_argument("--directory", help="where the files are made, up to 2.5 GB at a time (a temporary one)")
    parser.add_argument("what", nargs="*", help=" ".join(CONTESTS) + " (all of them)")
    options = parser.parse_args()
    unknown = [what for what in options.what if what not in CONTESTS]
    if unknown:
        parser.error(f"there is no {unknown[0]}: {' '.join(CONTESTS)}")
    options.rounds = options.rounds or (1 if os.environ.get("SIPHOUND_BENCH_TINY") else 3 if options.quick else 5)
    return options


def main():
    options = arguments()
    siphound = os.path.abspath(os.environ.get("SIPHOUND", os.path.join(ROOT, "build", "siphound")))
    if not os.access(siphound, os.X_OK):
        sys.exit(f"bench: {siphound} is not built (scripts/dev/build.sh build)")
    if options.directory:
        os.makedirs(options.directory, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="siphound-bench-", dir=options.directory) as place:
        shop = Workshop(place, siphound)
        print_head(siphound, options)
        try:
            for what in options.what or CONTESTS:
                CONTESTS[what](shop, options)
        except (Failed, Stopped) as why:
            sys.exit(f"bench: {why}")


if __name__ == "__main__":
    main()
