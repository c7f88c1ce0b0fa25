#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The container: built by the command of docs/install.md, it reads a capture with no right at all, sees an attack on a mirror port with the one
# right that capturing needs, keeps its store, and ends when it is told to. Where no registry can be reached, the small Debian that it
# begins with is made here. Takes minutes, most of which apt and a compiler need: with the level `full` only.
. "$(dirname "$0")/../live/common.sh"
[ "${SIPHOUND_TEST_LEVEL:-}" = full ] || skip "builds a Debian with the package in it: with SIPHOUND_TEST_LEVEL=full only"
[ -z "${SIPHOUND_SANITIZED:-}" ] || skip "the container has a build of its own, tried once"
need_root
need podman runc tcpreplay nsenter
mapfile -t commands < <(cd "$root" && "$python" tests/tools/doc_commands.py of tests/acceptance/container.sh docs/install.md)
equal "commands in docs/install.md" 3 ${#commands[@]}

# Everything that podman keeps lies here; what it would ask systemd for, and limits that this machine may not raise, it does without.
cat >"$temporary/storage.conf" <<-END
	[storage]
	driver = "vfs"
	graphroot = "$temporary/images"
	runroot = "$temporary/run"
END
cat >"$temporary/containers.conf" <<-'END'
	[containers]
	default_ulimits = ["nofile=1024:1024", "nproc=1000:1000"]
	[engine]
	runtime = "runc"
	cgroup_manager = "cgroupfs"
	events_logger = "file"
END
export CONTAINERS_STORAGE_CONF=$temporary/storage.conf CONTAINERS_CONF=$temporary/containers.conf BUILDAH_ISOLATION=chroot BUILDAH_LAYERS=false TMPDIR=$temporary

base=docker.io/library/debian:bookworm-slim
if ! timeout 60 podman pull -q $base >/dev/null 2>&1; then
	need debootstrap
	debootstrap --variant=minbase bookworm "$temporary/debian" >"$temporary/debootstrap.out" 2>&1 ||
		skip "neither a registry nor a mirror of Debian can be reached: $(tail -n 1 "$temporary/debootstrap.out")"
	tar -C "$temporary/debian" -c . | podman import -q - $base >/dev/null || skip "podman can not make an image here"
	rm -rf "$temporary/debian"
fi
(cd "$root" && eval "${commands[0]}") >"$temporary/build.out" 2>&1 || {
	tail -n 20 "$temporary/build.out"
	fail "${commands[0]}"
}
echo "ok: built"

# -- what somebody has who types the rest --
mkdir -p "$temporary/place/captures"
cp "$root/tests/golden/sample/input.pcap" "$temporary/place/captures/monday.pcap"
sed 's/^interfaces:.*/interfaces: [m0]/' "$root/scripts/siphound.example.yaml" >"$temporary/place/siphound.yaml"
cd "$temporary/place" || exit 1
eval "${commands[2]}" >"$temporary/read.out" 2>&1 || {
	cat "$temporary/read.out"
	grep -q BREACH "$temporary/read.out" || skip "built, but this machine does not let podman run anything"
	fail "${commands[2]}"
}
grep -q '^BREACH: account 204' "$temporary/read.out" || fail "it reads something else: $(head -n 3 "$temporary/read.out")"
echo "ok: reads a capture"

space sender
space sensor
cable "$sender" s0 "$sensor" m0
nsenter --net="/run/netns/$sensor" bash -c "exec ${commands[1]}" >"$temporary/watch.out" 2>"$temporary/watch.err" </dev/null &
container_pid=$!
pids+=($container_pid)
wait_for 60 grep -q 'watching m0' "$temporary/watch.err" || fail "it does not watch: $(cat "$temporary/watch.err")"
name=$(podman ps -q)
in_container() { podman exec "$name" "$@" </dev/null; }
equal "user" siphound "$(in_container id -un)"
equal "rights left" 0000000000000000 "$(in_container sed -n 's/^CapEff:[[:space:]]*//p' /proc/1/status)"
ip netns exec "$sender" tcpreplay -q -K -p 300 -i s0 "$root/tests/golden/sample/input.pcap" >/dev/null 2>&1 || fail "tcpreplay"
is_listed() { in_container siphound list 2>/dev/null | grep -q '^203\.0\.113\.41 .*block'; }
wait_for 30 is_listed || fail "the attack was not seen: $(in_container siphound list; cat "$temporary/watch.err")"
podman stop "$name" >/dev/null 2>&1
wait_for 30 is_gone $container_pid || fail "it does not end"
wait $container_pid || fail "it ended badly: $(tail -n 3 "$temporary/watch.err")"
podman run --rm -v siphound:/var/lib/siphound siphound list | grep -q '^203\.0\.113\.41 .*block' || fail "the store is gone"
echo "ok: watches, and keeps what it found"
