# SPDX-License-Identifier: MIT
"""The programs and files that a benchmark needs, and what a command costs. Everything lies in one folder."""
import os
import resource
import signal
import statistics
import subprocess
from dataclasses import dataclass

import truth

HERE = os.path.dirname(os.path.abspath(__file__))
TINY = {"megabytes": 1, "count": 5000}  # all that a file has with SIPHOUND_BENCH_TINY
LIMIT_S = 120  # a command that takes longer is stopped,
LIMIT_BYTES = 1 << 30  # and one that writes more: sipgrep repeats a packet of `tcp` without end


@dataclass
class Cost:
    wall_s: float
    cpu_s: float
    memory_kb: int


class Stopped(Exception):
    pass


def _limit_output():
    resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT_BYTES, LIMIT_BYTES))


@dataclass
class File:
    path: str
    truth: dict

    def title(self):
        amount = f"{self.truth['lines']:,} lines" if truth.is_log(self.truth) else f"{self.truth['messages']:,} SIP messages"
        return f"{self.truth['workload']}, {self.truth['bytes'] / 1e6:,.0f} MB, {amount}"


class Workshop:
    def __init__(self, place, siphound):
        self.place, self.siphound = place, siphound
        self.tiny = bool(os.environ.get("SIPHOUND_BENCH_TINY"))
        self.output = self.at("output")
        self.traffic = self.build("traffic", [os.path.join(HERE, "traffic", name) for name in sorted(os.listdir(os.path.join(HERE, "traffic")))
                                              if name.endswith(".c")])
        self.bare_loop = self.build("bare_loop", [os.path.join(HERE, "bare_loop.c")], "-lpcap")
        self.measurer = self.build("measure", [os.path.join(HERE, "measure.c")])

    def at(self, name):
        return os.path.join(self.place, name)

    def build(self, name, sources, *libraries):
        compiler = os.environ.get("CC", "cc")
        subprocess.run([compiler, "-O2", "-D_GNU_SOURCE", "-o", self.at(name), *sources, *libraries], check=True)
        return self.at(name)

    def make(self, workload, **size):
        """megabytes=N or count=N. A file that is there already is made anew: it may be of another generator."""
        (unit, amount), = size.items()
        amount = min(amount, TINY[unit]) if self.tiny else amount
        path = self.at(f"{workload}-{amount}.{'log' if workload in ('asterisk', 'freeswitch') else 'pcap'}")
        return File(path, truth.make(self.traffic, workload, [f"--{unit}", str(amount)], path))

    def cost(self, command, environment=None):
        """Of one run. Its output goes to a file: /dev/null is known to some, who then do less."""
        result = self.at("cost")
        with open(self.output, "wb") as out:
            child = subprocess.Popen([self.measurer, result, *command], stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.DEVNULL,
                                     env={**os.environ, **(environment or {})}, cwd=self.place, start_new_session=True, preexec_fn=_limit_output)
            try:
                ended = child.wait(LIMIT_S)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
                raise Stopped(f"stopped after {LIMIT_S} s") from None
        if ended == 128 + signal.SIGXFSZ:
            raise Stopped("writes without end")
        if ended != 0:
            raise Stopped(f"failed ({ended})")
        with open(result, encoding="ascii") as file:
            wall, cpu, memory = file.read().split()
        return Cost(float(wall), float(cpu), int(memory))

    def siphound_on(self, file, *options):
        """With all rules and its output on, as users have it."""
        return [self.siphound, "logs" if truth.is_log(file.truth) else "read", "--quiet", "--format", "csv", *options, file.path]

    def rounds(self, commands, count):
        """{name: command}, all of them in turn in each round, after one that is not counted. {name: [Cost of each round]}."""
        costs = {name: [] for name in commands}
        for number in range(count + 1):
            for name, command in commands.items():
                cost = self.cost(command, environment={"LC_ALL": "C"})
                if number:
                    costs[name].append(cost)
        return costs


def median(costs, what):
    return statistics.median(getattr(cost, what) for cost in costs)


def paired(costs, others, what="wall_s"):
    """Median of how much the others cost for each cost in the same round."""
    return statistics.median(getattr(b, what) / max(getattr(a, what), 1e-6) for a, b in zip(costs, others))
