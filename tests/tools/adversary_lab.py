# SPDX-License-Identifier: MIT
"""Stories for adversary.py that runs of the real tools in a laboratory told, written in another hand so that nothing but what was done gives the sender
away; and their honest look-alikes. Returns and truth as in adversary_tools.py; honest ones as in adversary_honest.py."""
from adversary_honest import honest
from adversary_words import *

CROWD = [PBX, *LIVE, *NETWORK[50:59]]  # 30 of 64 answer


def ask(s, at, stack, target, live, user="100"):
    send(s, at, stack.seen_as, (target, 5060), stack.request("OPTIONS", f"sip:{user}@{target}", user, target), live)


# --- sweeps ------------------------------------------------------------------------------------------------------------------

@attack("lab-drawn-from-a-crowd")
@attack("lab-drawn-from-a-crowd-slowly", pace=61.0)
@attack("lab-shuffled-crowd", is_drawn=False)
def drawn(s, pace=0.006, is_drawn=True):
    """svmap --randomize draws each target anew, so that some come twice; nearly half of those that it meets are there."""
    stack, live, targets = Stack(s, "linphone", "203.0.113.240"), phones_at(s, CROWD), list(NETWORK)
    s.rng.shuffle(targets)
    for n, target in enumerate(targets):
        ask(s, 1 + n * pace, stack, s.rng.choice(NETWORK) if is_drawn else target, live)
    return {stack.address: SWEEP}


@attack("lab-walk-of-five-hosts", count=5)
@attack("lab-walk-of-twelve-hosts", count=12)
@attack("lab-walk-of-twenty-hosts", count=20)
@attack("lab-walk-of-twenty-hosts-slowly", count=20, pace=20.0)
def shared_walk(s, count, pace=0.006):
    """A walk of which each host takes its share by turns. Who met nothing but phones that answer need not be found."""
    stacks, live = [Stack(s, "zoiper", f"192.0.2.{101 + n}") for n in range(count)], phones_at(s)
    for n, target in enumerate(NETWORK):
        ask(s, 1 + n * pace, stacks[n % count], target, live)
    return {stack.address: SWEEP for stack in stacks}


@honest("lab-pings-a-crowd")
@honest("lab-pings-a-crowd-in-order", is_shuffled=False)
def pings(s, is_shuffled=True):
    """The first round of a hosted telephone system that pings forty phones of one network; a third of them are off, and no ping is repeated."""
    stack, phones = Stack(s, "asterisk", "192.0.2.21"), NETWORK[10:50]
    live = phones_at(s, [phone for n, phone in enumerate(phones) if n % 3])
    if is_shuffled:
        s.rng.shuffle(phones)
    for n, phone in enumerate(phones):
        ask(s, 1 + n * 0.2, stack, phone, live)


@honest("lab-pings-gateways-of-small-nets")
def pings_gateways(s):
    """Sixteen gateways, each the first host of a net of four addresses; a quarter of them are down."""
    stack, gateways = Stack(s, "asterisk", "192.0.2.22"), NETWORK[1::4]
    live = phones_at(s, [gateway for n, gateway in enumerate(gateways) if n % 4])
    for n, gateway in enumerate(gateways):
        ask(s, 1 + n * 0.2, stack, gateway, live)


@honest("lab-pings-of-three-controllers")
def pings_shared(s):
    """A provider's three border controllers ping the phones of their customers; a third of those are off."""
    stacks = [Stack(s, "carrier", f"192.0.2.{23 + n}") for n in range(3)]
    for n in range(60):
        phone = f"198.51.100.{s.rng.randrange(4, 250)}"
        ask(s, 1 + n * 0.3, stacks[n % 3], phone, phones_at(s, [phone]) if n % 9 > 2 else {})
