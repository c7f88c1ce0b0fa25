/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_LOGS_LOG_READER_H
#define ANALYZE_LOGS_LOG_READER_H

#include "analyze/logs/dialect.h"
#include "analyze/logs/log_prefix.h"

/* analyze/logs/log_reader.h - the inside of a log_reader. Private to analyze/logs. */

#define HEAD_KEPT 96	/* enough of an earlier line to read its time again */
#define STAMP_KEPT 48

enum collecting {
	COLLECT_NOTHING,
	COLLECT_JSON,  /* an object over several lines */
	COLLECT_SIP,   /* a SIP message of known length */
	SKIP_SIP,      /* a SIP message that only an end mark closes: not used, and nothing in it is a log line */
	SKIP_LENGTH,   /* a packet of known length: not used, and nothing in it is a log line */
	SKIP_BINARY,   /* a binary field of a journal export */
};

/* Which dialects can read a message that begins with these bytes. */
#define LOG_GATES 256
#define LOG_GATE_WAYS 4 /* places where one beginning may be kept */
#define LOG_GATE_BYTES 8
struct log_gate {
	uint64_t bytes;
	uint8_t len;
	bool is_known;
	uint64_t mask;
	struct log_forms *forms; /* of messages that begin so; NULL: none */
};

/* The begin of lines that nobody can read: see log_noise.c. */
#define LOG_NOISE_WORDS 8
struct log_noise {
	uint64_t bytes, mask; /* the first bytes, the first byte lowest, and which of them count */
	uint8_t len;	      /* how many; below 8: a digit ended them */
};

#define LOG_WORDS_LINES 20000u /* so many lines are searched for words of failure until something matches */

struct log_reader {
	const struct dialects *dialects;
	struct log_options options;
	struct log_calendar calendar;
	struct log_counts counts[DIALECTS_MAX];
	struct log_gate *gates;	     /* LOG_GATES; see log_dispatch.c */
	struct log_gate *gate;	     /* of the message in hand */
	struct log_noise noise[LOG_NOISE_WORDS];
	unsigned noise_count, noise_next;
	struct log_learner *learner;
	bool is_plain;		     /* no forms: all is read in full */
	struct log_form_note form;   /* of the observation in hand */
	uint64_t open_mask;	     /* dialects that do not need a program name */
	uint64_t json_mask;	     /* dialects that read JSON, in which the program names itself */
	uint64_t forced_mask;	     /* all, or the one that is forced */
	struct slice program;	     /* the last program name, in program_text */
	uint8_t program_text[64];
	uint64_t program_mask;	     /* and who reads it */
	size_t last_dialect;	     /* that matched; tried first */
	uint64_t lines, matched, looked_for_words;
	uint64_t gave_up; /* see log_reader_regex_limits */
	int64_t known_us;
	int64_t line_us;	     /* of the last line that became something */

	struct log_stamp stamp;	     /* worked out last, text in stamp_text */
	uint8_t stamp_text[STAMP_KEPT];
	int64_t stamp_us;
	int64_t now_us, late_us; /* see log_reader_set_clock */
	int64_t off_us;		 /* of the latest line that was written now */
	unsigned zone_changes;
	uint8_t head[HEAD_KEPT];     /* of the last line that had a time */
	size_t head_len;

	size_t torn_left;	     /* bytes; see log_torn.c */
	int64_t torn_us;	     /* when a wrapping says that it was written; INT64_MIN: no wrapping */

	enum collecting collecting;
	uint8_t *record;	     /* LOG_LINE_MAX */
	size_t record_len, record_need, record_left;
	bool record_is_trace;	     /* of FreeSWITCH: indented, between rules */
	bool record_is_framed;	     /* each of its lines has a prefix of syslog or CRI in front */
	uint8_t record_container[LOG_CONTAINER_MAX]; /* whose lines those are, by docker compose; a blank behind the name */
	size_t record_container_len;		     /* 0: no container */
	bool record_has_cr; /* the log keeps them, so that the length of a message is the length of its lines
			     */
	bool record_has_dump;	     /* one of chan_sip's began before the bytes were counted down */
	bool record_is_wrapped;	     /* each of its lines stands in JSON */
	struct log_message message;
	uint64_t record_lines;
	bool in_export;		     /* fields of a journal export were seen */
	int64_t export_us;
	uint8_t export_program[64];
	size_t export_program_len;
	uint8_t skip_head[8];	     /* length of a binary field */
	unsigned skip_head_len;
	uint64_t skip_left;

	uint8_t *clean;		     /* LOG_LINE_MAX: a line without colours or JSON escapes */
	uint8_t *inner;		     /* LOG_LINE_MAX: see log_record.c; NULL until it is needed */
	uint8_t *values;	     /* LOG_LINE_MAX: JSON values without escapes */
	size_t values_len;
	pcre2_match_data *match;
	struct plan_match found, other_found; /* groups of the last match, whoever found it */
	pcre2_match_context *limits;
	char note[512];
};

/* A line whose wrappings are off. */
struct log_line {
	struct slice text, message;
	struct log_prefix prefix;
	struct log_stamp stamp; /* of a wrapping; else form NONE */
	struct slice program;	/* of a wrapping */
	uint64_t number;
	uint16_t input;
	bool is_clean;
	bool is_whole; /* of log_wrapping */
};

/* log_record.c: the message of the line is Asterisk's own JSON: it becomes what Asterisk's other formats write. False: it is not; nothing changed. */
bool log_record_open(struct log_reader *r, struct log_line *line);

/* log_torn.c: records that a stranger's line feeds tore. While r->torn_left is not 0 nothing is believed. */
void log_torn_start(struct log_reader *r, const struct log_line *line);
void log_torn_pass(struct log_reader *r, const struct log_line *line);
/* Is it the begin of one that never says where it ends? */
bool log_torn_is_dump(const struct log_line *line);

enum match_result { MATCH_NONE, MATCH_OK, MATCH_AMBIGUOUS, MATCH_TORN };

/* Does this dialect read this message? On MATCH_OK *o has everything but place and time; *time is a stamp
 * inside the message, form LOG_TIME_NONE when there is none. *failed: nothing matched, though the program's words for
 * failure are there. */
enum match_result log_match(struct log_reader *r, size_t dialect, struct slice message, struct observation *o,
			    struct log_stamp *time, bool *failed);
/* Words for failure anywhere in it. */
bool log_match_has_failure(const struct dialect *dialect, struct slice message);

/* log_dispatch.c: the dialects, a bit each, that could read this message (not empty) of this program (absent: not named). */
uint64_t log_dispatch(struct log_reader *r, struct slice message, struct slice program);
/* The gate of a message of which is known who can read it, NULL when it is not; nor when it could be the begin of a dump. */
struct log_gate *log_dispatch_known(struct log_reader *r, struct slice message);

/* log_noise.c. Nothing is going on: what a line says does not depend on those before it. */
bool log_noise_is_idle(const struct log_reader *r);
/* No dialect can read messages that begin so. */
void log_noise_learn(struct log_reader *r, uint64_t bytes, uint8_t len);
/* log_reader_pass by one way of doing it, for tests. False: this processor can not. */
enum log_noise_kind { LOG_NOISE_PORTABLE, LOG_NOISE_SSE2, LOG_NOISE_AVX2 };
bool log_noise_pass_by(enum log_noise_kind kind, struct log_reader *r, struct slice bytes, uint64_t *lines, size_t *len);

/* An address as programs write it: brackets, zone and all. */
bool log_read_address(struct slice text, struct addr *out);
bool log_could_be_peer(const struct addr *a);
void log_apply_capture(struct observation *o, const struct field *field, struct slice text);

/* log_message.c: SIP messages inside of logs. True: the line belongs to one, or announced it, and is dealt with.
 * `wrapped`: it was taken out of JSON. */
bool log_message_line(struct log_reader *r, struct slice line, bool wrapped, uint64_t number, uint16_t input);
/* Is this the inside of one whose lines stand in JSON? */
bool log_message_is_wrapped(const struct log_reader *r);

/* log_clock.c: the time of a line, found out now: from its own stamp, else from the line before. */
int64_t log_reader_time(struct log_reader *r, const struct log_stamp *stamp, struct slice message);
/* log_zone.c: log_time_value, and what line and clock show of the zone. */
void log_reader_resume_zone(struct log_reader *r, enum log_zone_source source, int offset_s);
bool log_zone_time(struct log_reader *r, const struct log_stamp *stamp, struct slice message, int64_t *us);

#endif
