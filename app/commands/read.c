/* SPDX-License-Identifier: MIT */
#include "app/commands/command.h"
#include "app/logs/inputs.h"
#include "app/option_check.h"
#include "app/processors.h"
#include "output/evidence.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static const char help[] =
    "Usage: siphound read [OPTION...] FILE...\n\n"
    "Analyses pcap and pcapng captures (also .gz and .zst; - is standard input): who attacks, how far they "
    "got, how we know.\n\n"
    "  --format text|json|csv|html   form of the report (text); html: one page with pictures\n"
    "  --output FILE            where to write it (standard output)\n"
    "  --why ADDRESS            explain one address: rules, evidence by packet, score, what would have "
    "avoided it\n"
    "  --evidence DIR           write one small pcap per offender into DIR\n"
    "  --store FILE             keep what was found, for `siphound list`, `why`, `export` ...\n"
    "  --observations           json: also one record for each request\n"
    "  --rules PATH             rules instead of the shipped ones; +PATH: in addition to them (repeatable)\n"
    "  --geo FILE               country or AS database in MaxMind format (repeatable)\n"
    "  --home-net NETWORK       your own networks: never blocked (repeatable)\n"
    "  --allow WHO              others never to be blocked: address, network, host name, AS64500 "
    "(repeatable)\n"
    "  --proof answered|echoed  what an address must have shown before it is blocked (answered)\n"
    "  --one-way                the capture shows one direction only: do not ask for proof by answers\n"
    "  --log FILE               a log of the same time, merged with the captures (repeatable)\n"
    "  --dialect, --dialects, --year, --utc-offset   of such logs, as for `siphound logs --help`\n"
    "  --tunnels auto|always|never   look into GRE, VXLAN ...; auto: where they are a good part of the "
    "traffic\n"
    "  --filter EXPRESSION      look only at packets that match, as in pcap-filter(7)\n"
    "  --config FILE            rules, lists, policy and limits of a configuration file\n"
    "  --redis URL, --redis-password-file FILE, --sensor NAME   tell Redis what was found; needs --store\n"
    "  --max-actors N           addresses remembered (32768)\n"
    "  --workers auto|N         threads beside the first; auto: one where there is a second processor\n"
    "  --color auto|always|never   --quiet   --help\n\n"
    "Example: siphound read --geo GeoLite2-ASN.mmdb monday.pcap tuesday.pcap.gz\n"
    "Exit status: 0 done, 1 could not read or write something, 2 wrong use.\n";

struct run {
	struct session session;
	struct input *input, **parts;
	struct log_inputs *logs; /* NULL: none */
	const char **names;
	bool *is_log;
	struct input_summary *summaries;
	size_t count; /* captures, then logs */
	struct progress progress;
};

static int open_inputs(struct run *r, struct error *err)
{
	const struct options *o = &r->session.options;
	struct input_options options = { .filter = o->filter };
	int bad = input_files_open(&r->input, &r->parts, o->files, o->file_count, &options, err);
	if (bad)
		return bad;
	if (o->log_count)
		bad = log_inputs_open(&r->logs, o, o->logs, o->log_count, (uint16_t)o->file_count, err);
	if (bad)
		return bad;
	r->count = o->file_count + o->log_count;
	r->names = calloc(r->count, sizeof *r->names);
	r->is_log = calloc(r->count, sizeof *r->is_log);
	r->summaries = calloc(r->count, sizeof *r->summaries);
	if (!r->names || !r->is_log || !r->summaries)
		return error_set(err, -ENOMEM, "no memory for %zu inputs", r->count);
	for (size_t i = 0; i < r->count; i++) {
		r->is_log[i] = i >= o->file_count;
		r->names[i] = r->is_log[i] ? log_inputs_name(r->logs, i - o->file_count) : r->parts[i]->name;
	}
	return 0;
}

/* Lines are written after what they tell of, and many with whole seconds only: they wait for the packets of
 * their second. */
#define LOG_LAG_US 2000000

/* Log lines up to this time. */
static void read_lines(struct run *r, int64_t until_us)
{
	const struct observation *o;
	while (r->logs && (o = log_inputs_peek(r->logs)) && o->time_us <= until_us)
		log_inputs_give(r->logs);
}

/* Looked at once in so many frames: looking costs more than counting. */
#define PROGRESS_FRAMES 1024

static void show_progress(struct run *r)
{
	uint64_t done = 0, total = 0;
	bool is_known = true;
	for (size_t i = 0; i < r->session.options.file_count; i++) {
		done += r->parts[i]->read_bytes;
		total += r->parts[i]->size_bytes;
		is_known &= r->parts[i]->size_bytes != 0;
	}
	progress_step(&r->progress, done, is_known ? total : 0);
}

/* Reads everything that can be read; an input that breaks is told of and left out from there on. */
static int read_frames(struct run *r)
{
	struct error err;
	struct frame frame;
	int status = EXIT_DONE;
	for (uint64_t frames = 1;; frames++) {
		if (frames % PROGRESS_FRAMES == 0)
			show_progress(r);
		switch (input_next(r->input, &frame, &err)) {
		case INPUT_FRAME:
			read_lines(r, frame.time_us - LOG_LAG_US);
			pipeline_frame(r->session.pipeline, &frame);
			break;
		case INPUT_FAILED:
			progress_end(&r->progress);
			complain("%s; what was read before it is reported", err.text);
			status = EXIT_FAILED;
			if (r->session.options.file_count == 1)
				return status;
			break;
		case INPUT_IDLE: /* files never are */
		case INPUT_END:
			return status;
		}
	}
}

static void describe_inputs(struct run *r)
{
	for (size_t i = 0; i < r->session.options.file_count; i++) {
		const struct input *in = r->parts[i];
		r->summaries[i] =
		    (struct input_summary){ .name = in->name,
					    .packets = in->frames,
					    .damaged = in->damaged,
					    .damage = in->damage.text[0] ? in->damage.text : NULL };
		r->session.piped_bytes += evidence_can_reread(in->name) ? 0 : in->bytes;
	}
	if (r->logs)
		log_inputs_finish(r->logs, r->summaries + r->session.options.file_count);
}

/* Who can not write it should know before an hour of reading. */
static int prepare_evidence(const struct options *o, struct error *err)
{
	if (!o->evidence)
		return 0;
	for (size_t i = 0; i < o->file_count; i++)
		if (!evidence_can_reread(o->files[i]))
			return error_set(err, -EINVAL,
					 "--evidence needs files that can be read twice, and '%s' is none",
					 o->files[i]);
	return evidence_prepare(o->evidence, err);
}

#define EVIDENCE_OFFENDERS_MAX 1000 /* a file each: a flood with forged addresses has tens of thousands */

static void tell_evidence(const struct run *r, const struct evidence_result *result, size_t all)
{
	complain("%llu %s in %zu %s written to %s", (unsigned long long)result->packets,
		 result->packets == 1 ? "packet" : "packets", result->files,
		 result->files == 1 ? "file" : "files", r->session.options.evidence);
	if (all > EVIDENCE_OFFENDERS_MAX)
		complain("these are the worst; for %zu others no evidence was written",
			 all - EVIDENCE_OFFENDERS_MAX);
}

static int write_evidence(struct run *r, struct error *err)
{
	size_t count;
	const struct addr *offenders = pipeline_offenders(r->session.pipeline, &count);
	struct input_options options = { .filter = r->session.options.filter };
	struct evidence_result result = { 0 };
	int bad = 0;
	size_t all = count;
	count = count < EVIDENCE_OFFENDERS_MAX ? count : EVIDENCE_OFFENDERS_MAX;
	for (size_t from = 0; from < count && !bad; from += EVIDENCE_FILES_MAX) {
		struct evidence_actor actors[EVIDENCE_FILES_MAX];
		struct evidence_set *set;
		struct input *input;
		size_t n = count - from < EVIDENCE_FILES_MAX ? count - from : EVIDENCE_FILES_MAX;
		for (size_t i = 0; i < n; i++)
			actors[i] = (struct evidence_actor){ .address = offenders[from + i] };
		bad = evidence_open(&set, r->session.options.evidence, actors, n, NULL, err);
		if (bad)
			return bad;
		bad = input_files_open(&input, NULL, r->session.options.files, r->session.options.file_count,
				       &options, err);
		if (!bad) {
			bad = evidence_read(set, input, err);
			input_close(input);
		}
		struct evidence_result part;
		int closed = evidence_close(set, &part, bad ? NULL : err);
		bad = bad ? bad : closed;
		result.files += part.files;
		result.packets += part.packets;
	}
	if (!bad && !r->session.options.quiet)
		tell_evidence(r, &result, all);
	return bad;
}

static int finish(struct run *r, struct error *err)
{
	describe_inputs(r);
	int bad = session_report(&r->session, r->summaries, r->count, err);
	if (!bad && r->session.options.evidence)
		bad = write_evidence(r, err);
	return bad;
}

static void close_run(struct run *r)
{
	session_close(&r->session);
	input_close(r->input);
	log_inputs_close(r->logs);
	free(r->is_log);
	free(r->parts);
	free(r->names);
	free(r->summaries);
}

/* Exit status; EXIT_DONE: go on. */
static int prepare(int argc, char **argv, struct session *s, struct error *err)
{
	s->auto_workers = processors_are_many();
	if (options_parse(argc, argv, &s->options, err))
		return EXIT_USAGE;
	if (s->options.help)
		return EXIT_DONE;
	if (session_configure(s, CONFIG_FOR_READ, err))
		return EXIT_FAILED;
	int bad = option_check_read(&s->options, err);
	return exit_of_check(bad ? bad : log_inputs_check(&s->options, err));
}

int command_read(int argc, char **argv)
{
	struct run r = { 0 };
	struct error err = { "" };
	int status = prepare(argc, argv, &r.session, &err);
	if (status) {
		complain("%s", err.text);
		goto out;
	}
	if (r.session.options.help) {
		fputs(help, stdout);
		return EXIT_DONE;
	}
	if (prepare_evidence(&r.session.options, &err) || session_load(&r.session, &err) ||
	    open_inputs(&r, &err) || session_start(&r.session, r.names, r.is_log, r.count, &err)) {
		complain("%s", err.text);
		status = EXIT_FAILED;
		goto out;
	}
	if (r.logs && log_inputs_attach(r.logs, r.session.pipeline, &err)) {
		complain("%s", err.text);
		status = EXIT_FAILED;
		goto out;
	}
	progress_init(&r.progress, r.session.options.quiet, r.session.out,
		      r.session.options.format == FORMAT_JSON);
	status = read_frames(&r);
	read_lines(&r, INT64_MAX);
	progress_end(&r.progress);
	if (finish(&r, &err)) {
		complain("%s", err.text);
		status = EXIT_FAILED;
	}
out:
	close_run(&r);
	return status;
}
