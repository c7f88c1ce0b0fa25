/* SPDX-License-Identifier: MIT */
#include "layout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *text;
	size_t len;
} names[WORD_COUNT] = {
#define X(name, text) { text, sizeof(text) - 1 },
	WORDS(X)
#undef X
};

static void add_bytes(struct words *w, enum word which, const char *bytes, size_t len)
{
	size_t room = WORD_MAX - w->of[which].len;
	len = len < room ? len : room;
	memcpy(w->of[which].text + w->of[which].len, bytes, len);
	w->of[which].len = (uint8_t)(w->of[which].len + len);
}

void word_add_text(struct words *w, enum word which, const char *text)
{
	add_bytes(w, which, text, strlen(text));
}

void word_add_number(struct words *w, enum word which, uint64_t number)
{
	char digits[20];
	size_t at = sizeof digits;
	do
		digits[--at] = (char)('0' + number % 10);
	while (number /= 10);
	add_bytes(w, which, digits + at, sizeof digits - at);
}

void word_add_digits(struct words *w, enum word which, uint64_t number, size_t count)
{
	char digits[20];
	count = count < sizeof digits ? count : sizeof digits;
	for (size_t at = count; at > 0; number /= 10)
		digits[--at] = (char)('0' + number % 10);
	add_bytes(w, which, digits, count);
}

void word_add_hex(struct words *w, enum word which, uint64_t number, size_t count)
{
	char digits[16];
	count = count < sizeof digits ? count : sizeof digits;
	for (size_t at = count; at > 0; number >>= 4)
		digits[--at] = "0123456789abcdef"[number & 15];
	add_bytes(w, which, digits, count);
}

void word_add_address(struct words *w, enum word which, uint32_t address)
{
	for (int shift = 24; shift >= 0; shift -= 8) {
		word_add_number(w, which, address >> shift & 255);
		if (shift)
			word_add_text(w, which, ".");
	}
}

void word_add_word(struct words *w, enum word which, enum word other)
{
	add_bytes(w, which, w->of[other].text, w->of[other].len);
}

void word_text(struct words *w, enum word which, const char *text)
{
	w->of[which].len = 0;
	word_add_text(w, which, text);
}

void word_number(struct words *w, enum word which, uint64_t number)
{
	w->of[which].len = 0;
	word_add_number(w, which, number);
}

void word_digits(struct words *w, enum word which, uint64_t number, size_t count)
{
	w->of[which].len = 0;
	word_add_digits(w, which, number, count);
}

void word_hex(struct words *w, enum word which, uint64_t number, size_t count)
{
	w->of[which].len = 0;
	word_add_hex(w, which, number, count);
}

void word_address(struct words *w, enum word which, uint32_t address)
{
	w->of[which].len = 0;
	word_add_address(w, which, address);
}

static void give_up(const char *why, const char *layout)
{
	fprintf(stderr, "traffic: %s: %s\n", why, layout);
	exit(1);
}

static void copy(struct text *t, const char *bytes, size_t len, const char *layout)
{
	if (len > sizeof t->bytes - t->len)
		give_up("too long", layout);
	memcpy(t->bytes + t->len, bytes, len);
	t->len += len;
}

static enum word named(const char *name, size_t len)
{
	int which = 0;
	while (which < WORD_COUNT && (names[which].len != len || memcmp(names[which].text, name, len) != 0))
		which++;
	return (enum word)which;
}

void text_add(struct text *t, const char *layout, const struct words *w)
{
	const char *at = layout;
	for (;;) {
		size_t plain = strcspn(at, "{");
		copy(t, at, plain, layout);
		at += plain;
		if (!*at)
			return;
		size_t len = strcspn(at, "}");
		enum word which = named(at + 1, len - 1);
		if (!at[len] || which == WORD_COUNT)
			give_up("no such word", at);
		copy(t, w->of[which].text, w->of[which].len, layout);
		at += len + 1;
	}
}

void text_append(struct text *t, const struct text *more)
{
	copy(t, more->bytes, more->len, "a body");
}
