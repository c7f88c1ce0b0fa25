#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Agents reach the HEP listener over UDP and TCP, IPv4 and IPv6, after rights were dropped; without the key they do not. TZSP beside it.
. "$(dirname "$0")/common.sh"
need_root
need ip
build_probe
space sensor
disable_ipv6 "$sensor" 0 lo
start hep ip netns exec "$sensor" "$probe" --key secret --verbose --hep '*:9060' --tzsp 127.0.0.1 --drop
ip netns exec "$sensor" "$python" - <<'END' || fail "agent"
import socket, struct, time
def chunk(kind, value):
    return struct.pack("!HHH", 0, kind, 6 + len(value)) + value
def packet(key):
    now = time.time()
    body = (chunk(1, b"\2") + chunk(2, b"\6") + chunk(3, bytes([203, 0, 113, 7])) + chunk(4, bytes([198, 51, 100, 1]))
            + chunk(7, struct.pack("!H", 40000)) + chunk(8, struct.pack("!H", 5061)) + chunk(9, struct.pack("!I", int(now)))
            + chunk(10, struct.pack("!I", int(now % 1 * 1e6))) + chunk(11, b"\1") + chunk(14, key)
            + chunk(15, b"OPTIONS sip:a@b SIP/2.0\r\n\r\n"))
    return b"HEP3" + struct.pack("!H", 6 + len(body)) + body
families = [(socket.AF_INET, "127.0.0.1")]
try:
    socket.socket(socket.AF_INET6, socket.SOCK_DGRAM).connect(("::1", 9060)); families.append((socket.AF_INET6, "::1"))
except OSError:
    families *= 2
for family, address in families:
    udp = socket.socket(family, socket.SOCK_DGRAM)
    tcp = socket.create_connection((address, 9060))
    for _ in range(100):
        udp.sendto(packet(b"secret"), (address, 9060))
        tcp.sendall(packet(b"secret"))
        time.sleep(0.001)
    udp.sendto(packet(b"guess"), (address, 9060))
    tcp.sendall(packet(b"guess"))
    tcp.settimeout(60)
    assert tcp.recv(1) == b"", "still open"
mirror = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
mirror.sendto(b"\1\0\0\1\1" + b"\2" * 60, ("127.0.0.1", 37008))
END
# What was sent is in the sockets; that it was taken from there too the kernel tells.
all_taken() {
	ip netns exec "$sensor" cat /proc/net/udp /proc/net/udp6 2>/dev/null | awk '$5 ~ /^[0-9A-F]+:/ && $5 !~ /:00000000$/ { waits = 1 } END { exit waits }'
}
wait_for 20 all_taken || fail "the listener does not read"
sleep 0.2
stop hep
equal "messages" 400 "$(value hep messages)"
equal "refused" 4 "$(value hep refused 0)"
equal "strange clocks" 0 "$(value hep skewed 0)"
equal "frames by TZSP" 1 "$(value hep frames)"
equal "first message" "hep 203.0.113.7 40000 -> 198.51.100.1 5061 transport 3" "$(sed -n '1s/ time.*//p' "$temporary/hep.out")"
