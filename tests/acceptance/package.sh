#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The Debian package: built and installed by the commands of docs/install.md, without a complaint of lintian; installed into a copy of this system (an overlay: nothing here is touched),
# where it starts nothing by itself; started with the user, rights, system calls and read-only root of the unit that it brings, it sees an
# attack on its mirror port; installed anew it keeps the configuration; purged it leaves nothing but its user.
. "$(dirname "$0")/../live/common.sh"

# ---- inside: a mount namespace of its own ----

merged=$temporary/root upper=$temporary/layer/upper
# What is written to goes into a file system in memory. /run is empty, so that no script of the package reaches this system's systemd.
make_root() {
	mkdir "$merged" "$temporary/layer"
	mount -t tmpfs layer "$temporary/layer" 2>/dev/null && mkdir "$upper" "$temporary/layer/spare" || skip "a file system in memory can not be mounted here"
	mount -t overlay -o "lowerdir=/,upperdir=$upper,workdir=$temporary/layer/spare" root "$merged" 2>/dev/null ||
		skip "no overlay can be laid over / here"
	mount -t proc proc "$merged/proc" && mount -t tmpfs run "$merged/run" && mount -t tmpfs tmp "$merged/tmp" && mount -t tmpfs dev "$merged/dev" || skip "no /proc, /run, /tmp and /dev of its own"
	chmod 1777 "$merged/tmp"
	local device
	for device in null zero full random urandom; do
		touch "$merged/dev/$device" && mount --bind "/dev/$device" "$merged/dev/$device" || skip "no /dev/$device"
	done
	mkdir -p "$merged/run/lock"
}
in_root() { chroot "$merged" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/root DEBIAN_FRONTEND=noninteractive "$@" </dev/null; }
# An image may be told to leave out documentation.
dpkg_in_root() {
	in_root dpkg --path-include='/usr/share/*' "$@" >"$temporary/dpkg" 2>&1 || {
		cat "$temporary/dpkg"
		fail "dpkg $*"
	}
}

# The last command of the document, in a folder that looks to it like the project's: that itself may lie in another file system.
apt_in_root() { # COMMAND
	local project=$merged/tmp/project
	mkdir -p "$project/build/package"
	cp "$package" "$project/build/package/"
	echo 'DPkg::Options { "--path-include=/usr/share/*"; };' >"$merged/tmp/apt.conf"
	in_root APT_CONFIG=/tmp/apt.conf sh -c "cd /tmp/project && sudo() { \"\$@\"; } && $1" >"$temporary/apt" 2>&1 || {
		cat "$temporary/apt"
		fail "$1"
	}
}

# Names of what the unit's directories are, with a mode that goes with each.
setting() { sed -nE "s/^$1=//p" "$unit"; }
unit_folders() {
	echo "/var/lib/$(setting StateDirectory) $(setting StateDirectoryMode)"
	echo "/var/log/$(setting LogsDirectory) $(setting LogsDirectoryMode)"
	echo "/run/$(setting RuntimeDirectory) 0755"
}
# As systemd would: the folders of the unit made for its user, all else read-only, /home and /root empty, one capability, its system calls.
start_unit() {
	local command folder mode name
	name=$(setting User)
	command=$(setting ExecStart | sed 's/ \$SIPHOUND_OPTIONS$//')
	unit_folders | while read -r folder mode; do
		[ -d "$merged$folder" ] || in_root install -d -o "$name" -g "$name" -m "$mode" "$folder"
	done
	: >"$temporary/daemon.err"
	rm -f "$merged/run/notify" "$temporary/said"
	"$python" -c 'import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind(sys.argv[1]); os.chmod(sys.argv[1], 0o777); s.settimeout(60)
open(sys.argv[2], "wb").write(s.recv(1000))' "$merged/run/notify" "$temporary/said" &
	wait_for 20 test -S "$merged/run/notify" || fail "nobody listens for READY"
	# Where the kernel knows of it (6.3), no memory that is written to can be executed: MemoryDenyWriteExecute.
	# shellcheck disable=SC2016
	"$python" -c 'import ctypes, os, sys; ctypes.CDLL(None).prctl(65, 1, 0, 0, 0); os.execvp(sys.argv[1], sys.argv[1:])' ip netns exec "$sensor" unshare -m --propagation private bash -c '
		root=$1 folders=$2 name=$3
		shift 3
		for folder in $folders; do mount --bind "$root$folder" "$root$folder"; done
		mount -o remount,bind,ro "$root" && mount -o remount,bind,ro "$root/run" && mount -t tmpfs -o mode=755,ro none "$root/home" && mount -t tmpfs -o mode=700,ro none "$root/root" || exit 1
		exec chroot "$root" env -i PATH=/usr/bin:/bin NOTIFY_SOCKET=/run/notify setpriv --no-new-privs --reuid "$name" --regid "$name" --init-groups \
			--inh-caps=-all,+net_raw --ambient-caps=-all,+net_raw --bounding-set=-all,+net_raw /run/under_filter /run/calls "$@"' \
		unit "$merged" "$(unit_folders | cut -d ' ' -f 1 | xargs)" "$name" $command >"$temporary/daemon.out" 2>"$temporary/daemon.err" </dev/null &
	daemon=$!
	wait_for 60 said_ready || {
		cat "$temporary/daemon.err"
		fail "the unit did not get ready"
	}
}
said_ready() { grep -q '^READY=1' "$temporary/said" 2>/dev/null || is_gone "$daemon"; }
stop_unit() {
	kill -TERM "$daemon"
	wait_for 30 is_gone "$daemon" || fail "the unit does not end"
	wait "$daemon" || {
		cat "$temporary/daemon.err"
		fail "the unit ended badly"
	}
}
status() { sed -n "s/^$1:[[:space:]]*//p" "/proc/$daemon/status"; }
is_listed() { in_root siphound list --verdict block 2>/dev/null | grep -q "$1"; }

# What is in the upper layer and not part of the machine's own books on packages and users.
left_behind() {
	(cd "$upper" && find . -mindepth 1 ! -type d -printf '/%P\n') |
		grep -vE '^/(var/lib/(dpkg|apt)|var/cache/(apt|debconf|man)|var/log/(dpkg|alternatives)\.log|var/log/apt|var/lib/systemd/deb-systemd-helper-(enabled|masked)$|etc/\.pwd\.lock|etc/(passwd|group|shadow|gshadow|subuid|subgid)-?)'
}
new_folders() { (cd "$upper" && find . -mindepth 1 -type d -printf '/%P\n') | while read -r folder; do [ -d "$folder" ] || echo "$folder"; done; }

inside() {
	local package=$1 sender=$2 install=$4 file
	sensor=$3
	make_root
	[ ! -e "$merged/usr/share/siphound" ] || skip "siphound is installed on this system"
	cp "$package" "$merged/tmp/siphound.deb"
	in_root dpkg --dry-run -i /tmp/siphound.deb >/dev/null 2>"$temporary/lacks" || skip "this system lacks what the package depends on: $(grep -m 1 depends "$temporary/lacks")"
	apt_in_root "$install"
	unit=$merged/lib/systemd/system/siphound.service
	echo "ok: installed"

	# -- what is there --
	for file in /usr/bin/siphound /usr/share/siphound/rules /etc/siphound/siphound.yaml /lib/systemd/system/siphound@.service \
		/lib/systemd/system/siphound-enforce.service /usr/share/doc/siphound/copyright /usr/share/doc/siphound/examples/install-fail2ban \
		/usr/share/doc/siphound/examples/monitoring/siphound.rules.yml /usr/share/man/man1/siphound.1.gz /usr/share/man/man5/siphound.yaml.5.gz \
		/usr/share/man/man5/siphound-rules.5.gz /usr/share/bash-completion/completions/siphound /usr/share/zsh/vendor-completions/_siphound \
		/usr/share/fish/vendor_completions.d/siphound.fish; do
		[ -e "$merged$file" ] || fail "$file is not there"
	done
	in_root id siphound >/dev/null || fail "no user siphound"
	equal "state" "siphound:siphound 750" "$(in_root stat -c '%U:%G %a' /var/lib/siphound)"
	equal "enabled by itself" "" "$(cd "$merged/etc/systemd/system" && find . -name 'siphound*')"
	in_root siphound rules check >"$temporary/rules" || fail "rules: $(cat "$temporary/rules")"
	in_root siphound watch --check >"$temporary/check" 2>&1 || fail "--check: $(cat "$temporary/check")"
	in_root systemd-analyze verify siphound.service siphound@eth1.service siphound-enforce.service 2>&1 | grep siphound && fail "systemd has something to say"
	grep -q '^DynamicUser=no' "$unit" || fail "a lasting user, and DynamicUser"

	level=$(in_root systemd-analyze security --offline=yes /lib/systemd/system/siphound.service | sed -nE 's/.*Overall exposure level for [^:]*: ([0-9.]+) .*/\1/p')
	awk -v l="$level" 'BEGIN { exit !(l != "" && l <= 2.0) }' || fail "exposure '$level'"
	if command -v man >/dev/null; then
		in_root env MANPAGER=cat man siphound.yaml 2>&1 | grep -q 'home_nets' || fail "man siphound.yaml"
	fi
	equal "completion of bash" "--format" "$(in_root bash --norc -c '. /usr/share/bash-completion/completions/siphound
		COMP_WORDS=(siphound read --form) COMP_CWORD=2; _siphound; echo "${COMPREPLY[@]}"')"

	# -- configured as an administrator would, started, used --
	sed -i 's/^interfaces:.*/interfaces: [m0]/' "$merged/etc/siphound/siphound.yaml"
	cp "$temporary/../under_filter" "$merged/run/under_filter"
	filter_of "$unit"
	[ "$(wc -l <"$temporary/calls")" -gt 100 ] || fail "the unit's system calls were not understood"
	cp "$temporary/calls" "$merged/run/calls"
	chmod 755 "$merged/run/under_filter" "$merged/run/calls"
	start_unit
	equal "the unit's user" "$(in_root id -u siphound)" "$(status Uid | cut -f 1)"
	touch "/proc/$daemon/root/var/lib/siphound/probe" 2>/dev/null || fail "the folder of the store is read-only"
	rm -f "$merged/var/lib/siphound/probe"
	! touch "/proc/$daemon/root/etc/siphound/probe" 2>/dev/null || fail "/etc is not read-only"
	equal "rights left" 0000000000000000 "$(status CapEff)"
	[ "$(status Seccomp_filters)" -ge 2 ] || fail "no filter of system calls of its own"
	ip netns exec "$sender" tcpreplay -q -K -p 300 -i s0 "$root/tests/golden/sample/input.pcap" >/dev/null 2>&1 || fail "tcpreplay"
	wait_for 30 is_listed 203.0.113.41 || fail "the attack was not seen: $(in_root siphound list; cat "$temporary/daemon.err")"
	in_root siphound why 203.0.113.41 | grep -q 'breach' || fail "why says nothing of the breach"
	in_root siphound ban --for 1h 198.51.100.9 >/dev/null || fail "ban"
	in_root siphound export plain | grep -qx 198.51.100.9 || fail "the ban is not exported"
	kill -HUP "$daemon"
	wait_for 20 grep -q . "$temporary/daemon.err"
	stop_unit
	start_unit
	grep -q 'going on where the last run ended' "$temporary/daemon.err" || fail "it begins anew: $(cat "$temporary/daemon.err")"
	stop_unit
	echo "ok: used under its unit's restrictions"

	# -- installed anew, removed, purged --
	dpkg_in_root -i /tmp/siphound.deb
	grep -q '^interfaces: \[m0\]' "$merged/etc/siphound/siphound.yaml" || fail "the configuration was overwritten"
	is_listed 203.0.113.41 || fail "the store is gone"
	dpkg_in_root --remove siphound
	[ -e "$merged/etc/siphound/siphound.yaml" ] || fail "removal took the configuration"
	[ ! -e "$merged/usr/bin/siphound" ] || fail "removal left the program"
	dpkg_in_root --purge siphound
	equal "left behind" "" "$(left_behind; new_folders)"
	in_root id siphound >/dev/null || fail "the user is gone"
}
if [ "${1:-}" = inside ]; then
	shift
	# Nothing is removed here, where so much is mounted below: who made this namespace does that after its end.
	trap '[ -z "${daemon:-}" ] || kill "$daemon" 2>/dev/null' EXIT
	inside "$@"
	exit 0
fi

# ---- outside ----

[ -z "${SIPHOUND_SANITIZED:-}" ] || skip "the package has a build of its own, tried once"
need dpkg-buildpackage dpkg-checkbuilddeps dh cc
lacks=$(dpkg-checkbuilddeps "$root/scripts/packaging/debian/control" 2>&1) || skip "$lacks"
mapfile -t commands < <(cd "$root" && "$python" tests/tools/doc_commands.py of tests/acceptance/package.sh docs/install.md)
[ ${#commands[@]} -ge 3 ] || fail "docs/install.md says too little"
export DEB_BUILD_OPTIONS=noautodbgsym # packing what nobody looks at here takes as long as all the rest
for command in "${commands[@]::${#commands[@]}-1}"; do
	(cd "$root" && eval "$command") >"$temporary/typed" || fail "$command"
done
package=$(tail -n 1 "$temporary/typed")
[ -f "$package" ] || fail "the last line is not the package: $package"
echo "ok: built"
if command -v lintian >/dev/null; then
	lintian --allow-root --fail-on error,warning "$package" || fail "lintian"
	echo "ok: lintian"
else
	echo "not tried: lintian is not installed"
fi
unpacked=$temporary/unpacked
dpkg-deb -x "$package" "$unpacked"
! grep -aqF "$root" "$unpacked/usr/bin/siphound" || fail "the program names the folder that it was built in"

need_root
need unshare chroot tcpreplay setpriv systemd-analyze ip
pkg-config --exists libseccomp || skip "libseccomp is not there, the unit's system calls can not be tried"
unshare -m true 2>/dev/null || skip "mount namespaces can not be made here"
(cd "$root" && cc -O2 -o "$temporary/under_filter" tests/live/under_filter.c -lseccomp) || fail "under_filter does not compile"
space sender
space sensor
cable "$sender" s0 "$sensor" m0
TMPDIR=$temporary unshare -m --propagation private bash "$0" inside "$package" "$sender" "$sensor" "${commands[-1]}"
