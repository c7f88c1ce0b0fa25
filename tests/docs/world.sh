# SPDX-License-Identifier: MIT
# Run by documents.sh within its copy of the machine: makes what the documents take for granted, then types what they say.
#   world.sh ROOT BUILD PYTHON DOCUMENT...
set -eu
root=$1 build=$2 python=$3
shift 3
cd "$root"
export LC_ALL=C.UTF-8 HOME=/root NO_COLOR=1
export DOCS_WORLD=/var/siphound-docs/world
mkdir -p $DOCS_WORLD/any

# siphound, as a package would install it. The copy of the project must have its build folder where the documents say.
cmake --install "$build" --prefix /usr >/dev/null
mkdir -p /etc/siphound /var/lib/siphound /var/log/siphound /run/siphound
getent passwd siphound >/dev/null || useradd --system --home-dir /var/lib/siphound --shell /usr/sbin/nologin siphound
[ -f /etc/siphound/siphound.yaml ] || cp scripts/siphound.example.yaml /etc/siphound/siphound.yaml
[ "$build" = "$root/build" ] || { rm -rf "$root/build" && ln -s "$build" "$root/build"; }

# The network: a mirror port on which an office and its attackers pass again and again, and the addresses that the documents use.
ip link set lo up
for address in 192.0.2.10 192.0.2.20 198.51.100.10; do ip address add $address/32 dev lo; done
for name in eth0 eth1; do
	ip link add mirror-$name type veth peer name $name
	ip link set mirror-$name arp off up
	ip link set $name up
done
sample=$root/tests/golden/sample/input.pcap
(while sleep 0.2; do tcpreplay -q -i mirror-eth1 --pps 400 "$sample" || sleep 5; done) >/dev/null 2>&1 &

# Redis with the accounts of docs/redis.md.
printf 'SECRET\n' >/etc/siphound/redis.password
cat >/var/siphound-docs/redis.conf <<-'END'
	bind 127.0.0.1 192.0.2.20
	protected-mode no
	save ""
	dir /var/siphound-docs
	user siphound on >SECRET ~* +@all
	user reader on >SECRET ~* +@all
END
redis-server /var/siphound-docs/redis.conf >/var/siphound-docs/redis.log 2>&1 &
export SIPHOUND_REDIS_PASSWORD=SECRET

# Commands of the system whose effect nothing here can show: they check what they are given.
mkdir /var/siphound-docs/commands
cat >/var/siphound-docs/commands/sudo <<-'END'
	#!/bin/sh
	exec "$@"
END
cat >/var/siphound-docs/commands/systemctl <<-'END'
	#!/bin/sh
	# There is no systemd here: the unit must be one that is installed, or one of the programs that the documents work with.
	for word in "$@"; do
		case $word in
		siphound*)
			name=${word%.service}
			for folder in /usr/lib/systemd/system /lib/systemd/system /etc/systemd/system; do
				for file in "$folder/$name.service" "$folder/${name%%@*}@.service"; do
					[ -f "$file" ] && exit 0
				done
			done
			echo "no unit $word" >&2
			exit 1
			;;
		esac
	done
END
cat >/var/siphound-docs/commands/sudoedit <<-'END'
	#!/bin/sh
	[ -w "$1" ]
END
cat >/var/siphound-docs/commands/useradd <<-'END'
	#!/bin/sh
	# The user is there already, as whoever types this does not have it yet.
	for name; do :; done
	userdel --force "$name" 2>/dev/null
	exec /usr/sbin/useradd "$@"
END
cat >/var/siphound-docs/commands/setcap <<-'END'
	#!/bin/sh
	[ -x "$2" ]
END
chmod 755 /var/siphound-docs/commands/*
export PATH=/var/siphound-docs/commands:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin

# What the reader has: captures, logs, a store.
mkdir -p /var/log/asterisk
: >/var/log/asterisk/empty
if [ ! -e /var/log/asterisk/full ]; then
	for n in $(seq 1 40); do
		echo "[2026-01-05 08:20:$(printf %02d "$n")] NOTICE[1638] chan_sip.c: Registration from '<sip:1000@192.0.2.10>' failed for '203.0.113.41:5060' - Wrong password"
	done >/var/log/asterisk/full
	cp /var/log/asterisk/full /var/log/asterisk/security
fi
mkdir -p /var/lib/GeoIP
cc -std=gnu17 -D_GNU_SOURCE -I. -Itests tests/live/geo_file.c "$build/core/libsiphound_core.a" -o /var/siphound-docs/geo_file && /var/siphound-docs/geo_file /var/lib/GeoIP/GeoLite2-ASN.mmdb NL 64500
chown -R siphound: /var/lib/siphound /var/log/siphound /run/siphound
for _ in $(seq 30); do # until the mirror has shown all of them
	timeout -s TERM 3 siphound watch -i eth1 --quiet --store /var/lib/siphound/siphound.db >/dev/null || true
	siphound list --store /var/lib/siphound/siphound.db | grep -q '^203\.0\.113\.5 .*block' && break
done
mkdir /var/siphound-docs/pristine && cp -a /etc/siphound /var/siphound-docs/pristine/etc && cp -a /var/lib/siphound /var/siphound-docs/pristine/lib
for document in "$@"; do
	folder=$DOCS_WORLD/$(basename "$document" .md)
	mkdir -p "$folder"
	for name in capture scan monday; do cp "$sample" "$folder/$name.pcap"; done
	cp /var/log/asterisk/full "$folder/full"
	cp /var/lib/siphound/siphound.db "$folder/s.db"
	[ ! -f "tests/docs/$(basename "$document" .md).sh" ] || (cd "$folder" && root=$root . "$root/tests/docs/$(basename "$document" .md).sh")
done
for name in README CONTRIBUTING testing benchmarks install fail2ban freepbx; do # these speak from within the project's folder
	[ ! -d $DOCS_WORLD/$name ] || { cp -n $DOCS_WORLD/$name/* "$root" && rm -rf "${DOCS_WORLD:?}/$name" && ln -s "$root" $DOCS_WORLD/$name; }
done
"$python" tests/tools/doc_commands.py run "$@"
