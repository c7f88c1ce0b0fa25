# SPDX-License-Identifier: MIT
"""Stories for adversary_logs.py: calls that PJSIP turns down because it knows neither who calls nor from where. Its lines name the caller and not what was dialled."""
from adversary_logs_words import EVIL, OFFICE, TRUNK, story

UNKNOWN = "No matching endpoint found"


def turned_down(log, at, address, caller, levels="notice", call=None):
    """A call as the levels of logger.conf tell of it: notice, security or both, in this order."""
    call = call or f"{log.random.getrandbits(64):016x}"
    for level in levels.split():
        if level == "notice":
            log.pjsip(at, address, caller, UNKNOWN, "INVITE", call)
        else:
            log.event(at, "InvalidAccountID", address, caller, call=call)


def number(log):
    return log.random.choice(("+4930{}", "030{}", "004989{}", "4930{}")).format(log.random.randint(10**6, 10**7 - 1))


# ---- attacks ----

@story("calls-one-name", caller="100")
@story("calls-one-name-both", caller="1001", levels="notice security")
@story("calls-one-name-words", caller="sip", form="syslog")
def one_name(log, caller, levels="notice"):
    for n in range(1000):
        turned_down(log, n * 0.1, EVIL, caller, levels)
    return {EVIL: "block"}


@story("calls-one-name-slow", pause=3)
@story("calls-one-name-hourly", pause=300)
def one_name_slow(log, pause):
    """At the pace of an office nothing tells it from one."""
    for n in range(1000):
        turned_down(log, n * pause, EVIL, "100")
    return {EVIL: "watch"}


@story("calls-counting", pause=0.1, count=200)
@story("calls-counting-slow", pause=3, count=400)
@story("calls-counting-both", pause=0.1, count=200, levels="notice security")
def counting(log, pause, count, levels="notice"):
    for n in range(count):
        turned_down(log, n * pause, EVIL, 100 + n, levels)
    return {EVIL: "block"}


# ---- honest ----

@story("clean-carrier-not-entered", pause=20, count=500)
@story("clean-carrier-not-entered-both", pause=20, count=500, levels="notice security")
@story("clean-carrier-not-entered-security", pause=20, count=500, levels="security")
@story("clean-carrier-not-entered-security-first", pause=20, count=500, levels="security notice")
@story("clean-carrier-not-entered-busy", pause=0.2, count=3000)
@story("clean-carrier-not-entered-busy-security", pause=0.2, count=3000, levels="security")
def carrier(log, pause, count, levels="notice"):
    for n in range(count):
        turned_down(log, n * pause, TRUNK, number(log) if n % 10 else "anonymous", levels)
    return {TRUNK: "no block"}


@story("clean-carrier-hidden-callers", caller="anonymous")
@story("clean-carrier-one-caller", caller="+493012345678")
def busy_caller(log, caller):
    """A radio programme asks its listeners to call; a call centre shows one number."""
    for n in range(2000):
        turned_down(log, n * 0.15, TRUNK, caller)
    return {TRUNK: "no block"}


@story("clean-branch-forgotten", people=80, pause=15)
@story("clean-branch-forgotten-both", people=80, pause=15, levels="notice security")
@story("clean-branch-forgotten-monday", people=200, pause=1.5)
def branch(log, people, pause, levels="notice"):
    """Its phone system shows the extension of who calls, over a trunk that ours no longer knows; everybody tries again."""
    at = 0
    for _ in range(600):
        at += log.random.expovariate(1 / pause)
        turned_down(log, at, OFFICE, 200 + log.random.randrange(people), levels)
    return {OFFICE: "no block"}


@story("clean-gateway-forgotten", pause=3.4)
@story("clean-gateway-forgotten-busy", pause=0.6)
def gateway(log, pause):
    """Thirty channels of the telephone network under one name."""
    at = 0
    for _ in range(1500):
        at += log.random.expovariate(1 / pause)
        turned_down(log, at, OFFICE, "100")
    return {OFFICE: "no block"}


@story("clean-phone-in-a-loop")
def loop(log):
    for n in range(3000):
        turned_down(log, n * 0.05, OFFICE, "231", call=f"loop-{n // 200}")
    return {OFFICE: "no block"}


@story("clean-phone-forgotten")
def phone_forgotten(log):
    """It registers, its owner dials, and the phone system asks how it is."""
    for n in range(720):
        log.pjsip(n * 10, OFFICE, "231", UNKNOWN, call="phone")
    for n in range(60):
        turned_down(log, n * 110 + 3, OFFICE, "231")
        log.pjsip(n * 60 + 7, OFFICE, "231", UNKNOWN, "OPTIONS")
    return {OFFICE: "no block"}
