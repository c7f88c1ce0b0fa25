#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# scripts/dev/check-layers.sh: every file stays in its room.
#   1. Includes are written from the root and go sideways or down: core < capture < analyze < output < app.
#   2. Of analyze, output sees what sinks are handed, nothing else.
#   3. The system is called from capture, output and app only; nothing below app asks the clock or for random numbers.
# Comments and strings are not looked at. Exit 1 with file:line for each breach.
set -u
cd "$(dirname "$0")/../.." || exit 1

for_output='analyze/(observation|fields|verdict|offender|summary|ruleset/ruleset|ruleset/engine)\.h'

# Who in analyze may call the system all the same: "FILE-REGEX function...", one a line.
allowed() {
	cat <<-'END'
		analyze/ruleset/.*   fopen fread fclose fseek ftell opendir readdir closedir stat fstat lstat open read close scandir
		analyze/logs/.*      fopen fread fclose fseek ftell opendir readdir closedir stat fstat lstat open read close scandir
		analyze/enrich/.*      stat fstat open pread close mmap
	END
	# ruleset and logs read their own YAML and list files when the program starts; enrich looks at a geo file before
	# libmaxminddb maps it, and puts its bytes where that was mapped.
}

system='open|openat|creat|fopen|fdopen|freopen|fread|fwrite|fclose|fseek|ftell|read|pread|readv|write|pwrite|writev|close'
system+='|opendir|fdopendir|readdir|closedir|scandir|stat|fstat|lstat|unlink|rename|mkdir|rmdir|truncate|ftruncate|fsync'
system+='|socket|connect|bind|listen|accept|accept4|send|sendto|sendmsg|recv|recvfrom|recvmsg|poll|ppoll|select|epoll_wait'
system+='|ioctl|fcntl|mmap|munmap|fork|vfork|execv|execve|execvp|system|popen|kill|getaddrinfo|gethostbyname|getenv|setenv|printf|puts|perror'
clock='time|gettimeofday|clock_gettime|rand|random|srand|srandom|getrandom|getentropy|arc4random|localtime|localtime_r|sleep|usleep|nanosleep'

rank() {
	case $1 in core) echo 1 ;; capture) echo 2 ;; analyze) echo 3 ;; output) echo 4 ;; app) echo 5 ;; *) echo 0 ;; esac
}

bad=0
complain() {
	echo "$1" >&2
	bad=1
}

# Prints "line<TAB>text" of a file without comments, and without strings except in #include lines.
code() {
	perl -0777 -ne '
		s{(/\*.*?\*/)|(//[^\n]*)|("(?:[^"\\\n]|\\.)*")|(\x27(?:[^\x27\\\n]|\\.)*\x27)}
		 {defined $1 ? "\n" x ($1 =~ tr/\n//) : defined $2 ? "" : defined $3 ? $3 : "0"}gse;
		my $n = 0;
		for (split /\n/, $_, -1) {
			$n++;
			s/"(?:[^"\\]|\\.)*"/""/g unless /^\s*#\s*include/;
			print "$n\t$_\n" if /\S/;
		}' "$1"
}

while read -r file; do
	layer=${file%%/*}
	mine=$(rank "$layer")
	source=$(code "$file")
	while IFS=$'\t' read -r line text; do
		if [[ $text =~ ^[[:space:]]*#[[:space:]]*include[[:space:]]*\"([^\"]+)\" ]]; then
			wanted=${BASH_REMATCH[1]}
			from=$(rank "${wanted%%/*}")
			if [[ $wanted != */* || $from -eq 0 ]]; then
				complain "$file:$line: \"$wanted\" is not written from the root (layer/...)"
			elif [ ! -f "$wanted" ]; then
				complain "$file:$line: \"$wanted\" does not exist"
			elif [ "$from" -gt "$mine" ]; then
				complain "$file:$line: $layer includes \"$wanted\" from above it"
			elif [ "$layer" = output ] && [ "$from" -eq 3 ] && ! [[ $wanted =~ ^$for_output$ ]]; then
				complain "$file:$line: output sees of analyze only what sinks are handed, not \"$wanted\""
			fi
		fi
	done < <(grep -E '^[0-9]+.[[:space:]]*#[[:space:]]*include' <<<"$source")

	case $layer in
	core | analyze) forbidden="$system|$clock" ;;
	capture | output) forbidden=$clock ;;
	*) continue ;;
	esac
	# A call: the bare name before a parenthesis, not a member and not part of a longer name.
	while IFS=$'\t' read -r line text; do
		name=$(grep -oP "(?<![\w.>])($forbidden)(?=\s*\()" <<<"$text" | head -n 1)
		[ -n "$name" ] || continue
		# A function of the file's own may happen to be called like one of the system's.
		grep -qP "^[0-9]+\t\w[^(]*[\s*]$name\(" <<<"$source" && continue
		excused=0
		while read -r where names; do
			[[ $file =~ ^$where$ && " $names " == *" $name "* ]] && excused=1
		done < <(allowed)
		[ $excused -eq 1 ] || complain "$file:$line: $layer calls $name()"
	done < <(grep -P "(?<![\w.>])($forbidden)\s*\(" <<<"$source")
done < <(find core capture analyze output app -name '*.[ch]' | sort)

[ $bad -eq 0 ] || echo "check-layers: see CONTRIBUTING.md, \"Rooms\"" >&2
exit $bad
