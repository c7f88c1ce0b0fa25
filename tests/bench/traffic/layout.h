/* SPDX-License-Identifier: MIT */
#ifndef BENCH_LAYOUT_H
#define BENCH_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

/* layout.h - texts with blanks: "CSeq: {cseq} {method}\r\n". SIP messages and log lines are layouts, and what
 * makes one differ from the next are its words. Filled in by hand because snprintf would take most of the
 * time that a gigabyte takes to make. */

#define WORDS(X)                                                                                             \
	X(ADDRESS, "address") /* of the one who asks */                                                      \
	X(PORT, "port")                                                                                      \
	X(SERVER, "server")                                                                                  \
	X(TRANSPORT, "transport")                                                                            \
	X(METHOD, "method")                                                                                  \
	X(URI, "uri")                                                                                        \
	X(STATUS, "status")                                                                                  \
	X(REASON, "reason")                                                                                  \
	X(BRANCH, "branch")                                                                                  \
	X(CALL_ID, "call_id")                                                                                \
	X(FROM_TAG, "from_tag")                                                                              \
	X(TO_TAG, "to_tag")                                                                                  \
	X(CSEQ, "cseq")                                                                                      \
	X(USER, "user") /* who asks, or who he says he is */                                                 \
	X(PEER, "peer") /* who is asked for */                                                               \
	X(AGENT, "agent")                                                                                    \
	X(NONCE, "nonce")                                                                                    \
	X(DIGEST, "digest") /* 32 hexadecimal digits */                                                      \
	X(EXPIRES, "expires")                                                                                \
	X(MEDIA_ADDRESS, "media_address")                                                                    \
	X(MEDIA_PORT, "media_port")                                                                          \
	X(LENGTH, "length") /* of the body */                                                                \
	X(TIME, "time")                                                                                      \
	X(EVENT_TIME, "event_time")                                                                          \
	X(THREAD, "thread")                                                                                  \
	X(CHANNEL, "channel")                                                                                \
	X(NUMBER, "number") /* dialled */                                                                    \
	X(UUID, "uuid")                                                                                      \
	X(ANY, "any") /* a small number */

enum word {
#define X(name, text) WORD_##name,
	WORDS(X)
#undef X
	    WORD_COUNT
};

enum { WORD_MAX = 87 };

struct words {
	struct {
		uint8_t len;
		char text[WORD_MAX];
	} of[WORD_COUNT];
};

/* Longer ones are cut. */
void word_text(struct words *w, enum word which, const char *text);
void word_number(struct words *w, enum word which, uint64_t number);
/* The last `count` decimal or hexadecimal digits, zeros in front. */
void word_digits(struct words *w, enum word which, uint64_t number, size_t count);
void word_hex(struct words *w, enum word which, uint64_t number, size_t count);
/* 192.0.2.1 */
void word_address(struct words *w, enum word which, uint32_t address);
/* These add to what the word says already. */
void word_add_text(struct words *w, enum word which, const char *text);
void word_add_number(struct words *w, enum word which, uint64_t number);
void word_add_digits(struct words *w, enum word which, uint64_t number, size_t count);
void word_add_hex(struct words *w, enum word which, uint64_t number, size_t count);
void word_add_address(struct words *w, enum word which, uint32_t address);
void word_add_word(struct words *w, enum word which, enum word other);

enum { TEXT_MAX = 8192 };

struct text {
	size_t len;
	char bytes[TEXT_MAX];
};

/* Adds the layout with its blanks filled. A blank that there is no word for, or a text that grows too long,
 * is a mistake in this program and ends it. */
void text_add(struct text *t, const char *layout, const struct words *w);
void text_append(struct text *t, const struct text *more);

#endif
