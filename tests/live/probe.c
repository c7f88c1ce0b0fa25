/* SPDX-License-Identifier: MIT */
/* tests/live/probe.c - reads live inputs, counts, and says what it saw as one line of JSON: what the scripts beside it look at.
 * Built by common.sh. Ends at SIGTERM, SIGINT or after --for SECONDS. Prints "ready" on stderr when it listens. */
#include "app/notify.h"
#include "app/privileges.h"
#include "capture/input_afpacket.h"
#include "capture/live.h"
#include "core/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

struct probe {
	struct live *live;
	struct input_live *inputs[LIVE_INPUTS_MAX];
	size_t count;
	uint64_t frames, bytes, cut, messages, backwards, sum, tagged;
	int64_t last_us;
	FILE *dump;
	bool touch, verbose;
};

static volatile sig_atomic_t is_over;

static int64_t clock_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * SECOND_US + t.tv_nsec / 1000;
}

static void stop(int signal)
{
	(void)signal;
	is_over = 1;
}

static void dump_frame(FILE *out, const struct frame *f)
{
	uint32_t header[4] = { (uint32_t)(f->time_us / SECOND_US), (uint32_t)(f->time_us % SECOND_US), (uint32_t)f->bytes.len, f->wire_len };
	fwrite(header, sizeof header, 1, out);
	fwrite(f->bytes.ptr, 1, f->bytes.len, out);
}

static void on_frame(void *ctx, const struct frame *f)
{
	struct probe *p = ctx;
	p->frames++;
	p->bytes += f->bytes.len;
	p->cut += f->wire_len > f->bytes.len;
	p->backwards += f->time_us < p->last_us;
	p->last_us = f->time_us;
	if (f->bytes.len > 14 && f->bytes.ptr[12] == 0x81 && f->bytes.ptr[13] == 0)
		p->tagged++;
	if (p->touch) {
		for (size_t i = 0; i < f->bytes.len; i += 64)
			p->sum += f->bytes.ptr[i];
	}
	if (p->dump)
		dump_frame(p->dump, f);
}

static void on_message(void *ctx, const struct hep_message *m)
{
	struct probe *p = ctx;
	char from[ADDR_TEXT_MAX], to[ADDR_TEXT_MAX];
	p->messages++;
	if (p->verbose)
		printf("hep %s %u -> %s %u transport %d time %lld %zu bytes\n", addr_text(&m->ends.source, from), m->ends.source_port,
		       addr_text(&m->ends.destination, to), m->ends.destination_port, (int)m->transport, (long long)m->time_us,
		       m->payload.len);
}

static void on_failed(void *ctx, const struct input_live *in, const struct error *err)
{
	(void)ctx;
	fprintf(stderr, "failed: %s: %s\n", in->input.name, err->text);
}

static void on_link(void *ctx, const struct input_live *in)
{
	(void)ctx;
	fprintf(stderr, "link: %s %s\n", in->input.name, in->is_down ? "down" : "up");
}

static void report(struct probe *p)
{
	struct rusage use;
	getrusage(RUSAGE_SELF, &use);
	printf("{\"frames\":%llu,\"bytes\":%llu,\"cut\":%llu,\"messages\":%llu,\"backwards\":%llu,\"tagged\":%llu,\"cpu_us\":%lld,"
	       "\"user_us\":%lld,\"rss_kib\":%ld,\"inputs\":[",
	       (unsigned long long)p->frames, (unsigned long long)p->bytes, (unsigned long long)p->cut, (unsigned long long)p->messages,
	       (unsigned long long)p->backwards, (unsigned long long)p->tagged,
	       (use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1000000LL + use.ru_utime.tv_usec + use.ru_stime.tv_usec,
	       use.ru_utime.tv_sec * 1000000LL + use.ru_utime.tv_usec, use.ru_maxrss);
	const struct input_live *in;
	for (size_t i = 0; (in = live_input(p->live, i)) != NULL; i++) {
		const struct live_counters *c = &in->counters;
		printf("%s{\"name\":\"%s\",\"frames\":%llu,\"received\":%llu,\"kernel_drops\":%llu,\"ring_freezes\":%llu,\"copies\":%llu,"
		       "\"times_down\":%llu,\"not_for_us\":%llu,\"refused\":%llu,\"skewed\":%llu,\"evicted\":%llu,\"broken\":%llu}",
		       i ? "," : "", in->input.name, (unsigned long long)in->input.frames, (unsigned long long)c->received,
		       (unsigned long long)c->kernel_drops, (unsigned long long)c->ring_freezes, (unsigned long long)c->copies,
		       (unsigned long long)c->times_down, (unsigned long long)c->not_for_us, (unsigned long long)c->refused,
		       (unsigned long long)c->skewed, (unsigned long long)c->evicted, (unsigned long long)c->broken);
	}
	puts("]}");
	fflush(stdout);
}

static const char *outcome(bool was_possible)
{
	return was_possible ? "possible" : strerror(errno);
}

/* Tries what must not be possible any more, and what must be. */
static void try_all(struct probe *p)
{
	char *const nothing[] = { NULL };
	int fd = socket(AF_PACKET, SOCK_RAW, 0);
	printf("packet socket: %s\n", outcome(fd >= 0));
	fd = socket(AF_INET, SOCK_RAW, 1);
	printf("raw socket: %s\n", outcome(fd >= 0));
	pid_t child = fork();
	if (child == 0)
		_exit(0);
	printf("fork: %s\n", outcome(child > 0));
	execve("/bin/true", nothing, nothing);
	printf("execve: %s\n", strerror(errno));
	printf("root: %s\n", outcome(setuid(0) == 0));
	printf("shadow: %s\n", outcome(open("/etc/shadow", O_RDONLY) >= 0));
	struct sockaddr_in web = { .sin_family = AF_INET, .sin_port = htons(80) };
	printf("bound port 80: %s\n", outcome(bind(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&web, sizeof web) == 0));
	printf("udp socket: %s\n", outcome(socket(AF_INET, SOCK_DGRAM, 0) >= 0));
	printf("unix socket: %s\n", outcome(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) >= 0));
	for (size_t i = 0; i < p->count; i++) {
		if (!input_is_afpacket(p->inputs[i]))
			continue;
		uint8_t frame[60] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
		fd = input_afpacket_fd(p->inputs[i]);
		printf("send on mirror: %s\n", outcome(send(fd, frame, sizeof frame, 0) > 0));
		printf("write on mirror: %s\n", outcome(write(fd, frame, sizeof frame) > 0));
		printf("copy of mirror: %s\n", outcome(fcntl(fd, F_DUPFD, 0) >= 0));
	}
	fflush(stdout);
}

static int drop(const struct probe *p, const char *user, struct error *err)
{
	int mute[LIVE_INPUTS_MAX];
	struct privileges_options options = { .user = user, .mute = mute };
	struct privileges_report r;
	for (size_t i = 0; i < p->count; i++) {
		if (input_is_afpacket(p->inputs[i]))
			mute[options.mute_count++] = input_afpacket_fd(p->inputs[i]);
	}
	int bad = privileges_drop(&options, &r, err);
	if (!bad)
		fprintf(stderr, "dropped: user '%s', root %d, filter %d%s%s\n", r.user, r.is_root, r.has_filter, r.remark ? ", " : "",
			r.remark ? r.remark : "");
	return bad;
}

static int complain(const struct error *err)
{
	fprintf(stderr, "probe: %s\n", err->text);
	return 1;
}

int main(int argc, char **argv)
{
	static const struct option names[] = {
		{ "interface", 1, 0, 'i' }, { "pcap", 1, 0, 'p' },    { "tzsp", 1, 0, 'z' },   { "hep", 1, 0, 'h' },
		{ "key", 1, 0, 'k' },	    { "filter", 1, 0, 'f' },  { "ring", 1, 0, 'r' },   { "snaplen", 1, 0, 's' },
		{ "drop", 0, 0, 'd' },	    { "user", 1, 0, 'u' },    { "try", 0, 0, 't' },    { "for", 1, 0, 'F' },
		{ "dump", 1, 0, 'D' },	    { "touch", 0, 0, 'T' },   { "verbose", 0, 0, 'v' }, { "nap", 1, 0, 'n' },
		{ "connections", 1, 0, 'c' }, { 0 },
	};
	struct probe p = { 0 };
	struct error err = { "" };
	struct live_options live = live_defaults;
	struct hep_options hep = hep_defaults;
	bool with_drop = false, with_try = false;
	const char *user = NULL;
	int64_t seconds = 0, nap_us = 0;
	hep.clock_us = clock_us;
	hep.message = on_message;
	hep.ctx = &p;
	int bad = 0;
	for (int c; !bad && (c = getopt_long(argc, argv, "i:", names, NULL)) != -1;) {
		switch (c) {
		case 'i': bad = input_interface_open(&p.inputs[p.count++], optarg, &live, &err); break;
		case 'p': bad = input_pcap_live_open(&p.inputs[p.count++], optarg, &live, &err); break;
		case 'z': bad = input_tzsp_open(&p.inputs[p.count++], optarg, &err); break;
		case 'h': bad = input_hep_open(&p.inputs[p.count++], optarg, &hep, &err); break;
		case 'k': hep.auth_key = slice_str(optarg); break;
		case 'f': live.filter = optarg; break;
		case 'r': live.ring_bytes = (size_t)atol(optarg) << 20; break;
		case 's': live.snaplen_bytes = (uint32_t)atol(optarg); break;
		case 'c': hep.max_connections = (size_t)atol(optarg); break;
		case 'd': with_drop = true; break;
		case 'u': user = optarg; break;
		case 't': with_try = true; break;
		case 'F': seconds = atol(optarg); break;
		case 'n': nap_us = atol(optarg); break;
		case 'D':
			p.dump = fopen(optarg, "wb");
			fwrite((uint32_t[6]){ 0xa1b2c3d4, 0x00040002, 0, 0, 262144, 1 }, 24, 1, p.dump);
			break;
		case 'T': p.touch = true; break;
		case 'v': p.verbose = true; break;
		default: return 2;
		}
	}
	if (bad)
		return complain(&err);
	struct live_handlers handlers = { on_frame, on_failed, on_link, clock_us, &p };
	if (live_new(&p.live, p.inputs, p.count, &handlers, &err))
		return complain(&err);
	signal(SIGTERM, stop);
	signal(SIGINT, stop);
	if (with_drop && drop(&p, user, &err))
		return complain(&err);
	if (with_try)
		try_all(&p);
	fputs("ready\n", stderr);
	notify_ready("reading");
	int64_t end_us = seconds ? clock_us() + seconds * SECOND_US : INT64_MAX;
	while (!is_over && clock_us() < end_us) {
		if (live_step(p.live, 200) == LIVE_ENDED)
			break;
		if (nap_us)
			usleep((useconds_t)nap_us);
	}
	live_drain(p.live);
	report(&p);
	live_free(p.live);
	if (p.dump)
		fclose(p.dump);
	return p.sum == 1; /* so that touching is not optimised away */
}
