# SPDX-License-Identifier: MIT
"""Three sweeps as three kinds of mirror deliver them: VXLAN, ERSPAN type II, TZSP."""
from sipstory import *


def build():
    s = Story(seed=20)
    plain = s.capture
    for n, kind in enumerate(("vxlan", "erspan", "tzsp")):
        s.capture = Tunnel(plain, kind, switch=f"192.0.2.{240 + n}")
        pbx = Pbx(s, f"198.51.100.{10 + 64 * n}", {})
        SipVicious(s, f"203.0.113.{11 + n}").map(1 + 30 * n, addresses(f"198.51.100.{1 + 64 * n}", 32), answers={pbx.address: pbx.take})
    s.capture = plain
    return plain
