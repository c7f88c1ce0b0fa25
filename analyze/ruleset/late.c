/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/late.h"

#include "analyze/ruleset/program.h"

#include <stdlib.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define SMALL 128 /* numbers below have their band in a table */

/* What is set in two words of a digest that follow each other. */
struct bits {
	uint64_t low, high;
};

struct bands {
	uint32_t word; /* of the digest */
	uint32_t slot_word;
	bool has_slot;
	uint8_t count;
	uint8_t of_small[SMALL];
	int64_t *from;	   /* first number of band i + 1 */
	struct bits *bits; /* [count] */
};

struct words {
	uint32_t word, slot_word;
	bool has_slot;
	uint8_t field;
	uint8_t count;
	struct bits *bits; /* [word of the choice] */
};

/* Fields whose number is at least what is asked of it: one bit each. Where there is no number it reads whatever is there. */
typedef uint64_t (*loud_fn)(const int64_t *number, const int64_t *quiet_below);

struct late {
	loud_fn loud;
	uint64_t numbers; /* fields that have bands here */
	uint64_t texts, others; /* left to the looker: texts, and numbers */
	bool is_complete; /* nothing but texts is left to the looker */
	int64_t quiet_below[NUMBER_FIELD_COUNT]; /* a number below has nothing to say: most of them */
	struct bands *bands[NUMBER_FIELD_COUNT];
	struct words words[CHOICE_FIELD_COUNT];
	size_t choice_count;
};

static void set(struct bits *b, uint32_t word, uint32_t bit)
{
	uint64_t mask = (uint64_t)1 << bit % 64;
	if (bit / 64 == word)
		b->low |= mask;
	else
		b->high |= mask;
}

static void say(const struct bits *b, uint32_t word, uint64_t *digest)
{
	digest[word] |= b->low;
	if (b->high)
		digest[word + 1] |= b->high;
}

/* ---- numbers ---- */

static struct bits bits_of(const struct number_program *n, int64_t number)
{
	struct bits b = { 0, 0 };
	uint32_t word = n->first / 64;
	for (unsigned i = 0; i < 64; i++)
		if (n->exists >> i & 1)
			set(&b, word, n->first + i);
	for (size_t i = 0; i < n->at_least_count; i++)
		if (number >= n->at_least[i].number)
			set(&b, word, n->first + n->at_least[i].offset);
	for (size_t i = 0; i < n->equal_count; i++)
		if (number == n->equal[i].number)
			set(&b, word, n->first + n->equal[i].offset);
	return b;
}

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

/* Where something changes, ascending, each once. */
static size_t borders_of(const struct number_program *n, int64_t *out)
{
	size_t count = 0, kept = 0;
	for (size_t i = 0; i < n->at_least_count; i++)
		out[count++] = n->at_least[i].number;
	for (size_t i = 0; i < n->equal_count; i++) {
		out[count++] = n->equal[i].number;
		if (n->equal[i].number < INT64_MAX)
			out[count++] = n->equal[i].number + 1;
	}
	qsort(out, count, sizeof *out, compare);
	for (size_t i = 0; i < count; i++)
		if (kept == 0 || out[i] != out[kept - 1])
			out[kept++] = out[i];
	return kept;
}

static uint64_t loud_portable(const int64_t *number, const int64_t *quiet_below)
{
	uint64_t set = 0;
	for (unsigned i = 0; i < NUMBER_FIELD_COUNT; i++)
		set |= (uint64_t)(number[i] >= quiet_below[i]) << i;
	return set;
}

#if defined(__x86_64__)
/* Four fields at once; the last four may be among those before. */
__attribute__((target("avx2"))) static uint64_t loud_avx2(const int64_t *number, const int64_t *quiet_below)
{
	uint64_t quiet = 0;
	for (unsigned i = 0; i < NUMBER_FIELD_COUNT; i += 4) {
		unsigned at = i + 4 <= NUMBER_FIELD_COUNT ? i : NUMBER_FIELD_COUNT - 4;
		__m256i n = _mm256_loadu_si256((const __m256i *)(const void *)(number + at));
		__m256i bound = _mm256_loadu_si256((const __m256i *)(const void *)(quiet_below + at));
		quiet |= (uint64_t)(unsigned)_mm256_movemask_pd(_mm256_castsi256_pd(_mm256_cmpgt_epi64(bound, n))) << at;
	}
	return ~quiet;
}
#endif

static loud_fn loud_of_this_machine(void)
{
#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx2"))
		return loud_avx2;
#endif
	return loud_portable;
}

static unsigned band_from(const struct bands *b, unsigned band, int64_t number)
{
	while (band + 1u < b->count && number >= b->from[band])
		band++;
	return band;
}

static void free_bands(struct bands *b)
{
	if (!b)
		return;
	free(b->from);
	free(b->bits);
	free(b);
}

/* NULL also when there are too many thresholds for it. */
static struct bands *make_bands(const struct program *p, const struct number_program *n)
{
	struct bands *b = calloc(1, sizeof *b);
	size_t room = n->at_least_count + 2 * n->equal_count + 1;
	if (!b)
		return NULL;
	b->from = calloc(room, sizeof *b->from);
	size_t borders = b->from ? borders_of(n, b->from) : 0;
	b->bits = borders < UINT8_MAX ? calloc(borders + 1, sizeof *b->bits) : NULL;
	if (!b->from || !b->bits) {
		free_bands(b);
		return NULL;
	}
	b->count = (uint8_t)(borders + 1);
	b->word = n->first / 64;
	b->has_slot = n->slot != NO_SLOT;
	b->slot_word = (uint32_t)p->bit_words + n->slot;
	for (size_t i = 0; i <= borders; i++)
		b->bits[i] = bits_of(n, i ? b->from[i - 1] : INT64_MIN);
	for (int64_t i = 0; i < SMALL; i++)
		b->of_small[i] = (uint8_t)band_from(b, 0, i);
	return b;
}

static void look_number(const struct bands *b, int64_t number, uint64_t *digest)
{
	unsigned band;
	if ((uint64_t)number < SMALL)
		band = b->of_small[number];
	else
		band = band_from(b, number < 0 ? 0 : b->of_small[SMALL - 1], number);
	say(&b->bits[band], b->word, digest);
	if (b->has_slot) {
		uint64_t slot = (uint64_t)number ^ (uint64_t)1 << 63;
		digest[b->slot_word] = slot ? slot : 1; /* as looker_look has it: 0 means absent */
	}
}

/* ---- choices ---- */

static bool make_words(struct words *w, const struct program *p, const struct choice_program *c)
{
	const struct field *f = NULL;
	for (size_t i = 0; i < field_count; i++)
		if (fields[i].kind == FIELD_KIND_CHOICE && fields[i].index == c->field)
			f = &fields[i];
	uint32_t lowest = UINT32_MAX;
	size_t count = 1;
	while (f && f->words[count])
		count++;
	w->bits = calloc(count, sizeof *w->bits);
	if (!w->bits)
		return false;
	w->field = c->field;
	w->count = (uint8_t)count;
	w->has_slot = c->slot != NO_SLOT;
	w->slot_word = (uint32_t)p->bit_words + c->slot;
	for (size_t v = 1; v < count; v++)
		for (size_t i = 0; i < c->of_word[v].count; i++)
			lowest = c->of_word[v].bits[i] / 64 < lowest ? c->of_word[v].bits[i] / 64 : lowest;
	w->word = lowest == UINT32_MAX ? 0 : lowest;
	for (size_t v = 1; v < count; v++)
		for (size_t i = 0; i < c->of_word[v].count; i++) {
			if (c->of_word[v].bits[i] / 64 > w->word + 1)
				return false;
			set(&w->bits[v], w->word, c->of_word[v].bits[i]);
		}
	return true;
}

static void look_choice(const struct words *w, unsigned value, uint64_t *digest)
{
	if (value == 0 || value >= w->count)
		return;
	say(&w->bits[value], w->word, digest);
	if (w->has_slot)
		digest[w->slot_word] = value;
}

/* ---- all ---- */

struct late *late_new(const struct program *program)
{
	const struct look_program *at = &program->looks[FIELD_LATE];
	struct late *l = calloc(1, sizeof *l);
	if (!l)
		return NULL;
	l->loud = loud_of_this_machine();
	for (uint64_t left = at->numbers; left; left &= left - 1) {
		unsigned field = (unsigned)__builtin_ctzll(left);
		l->bands[field] = make_bands(program, &program->numbers[field]);
		l->quiet_below[field] = program->numbers[field].quiet_below;
		if (l->bands[field])
			l->numbers |= (uint64_t)1 << field;
	}
	l->texts = at->texts;
	l->others = at->numbers & ~l->numbers;
	l->is_complete = !at->address_count && !at->network_count && !at->anomaly_count && !at->other_count;
	for (size_t i = 0; i < at->choice_count && l->is_complete; i++)
		l->is_complete = make_words(&l->words[l->choice_count++], program, &at->choices[i]);
	return l;
}

void late_free(struct late *l)
{
	if (!l)
		return;
	for (unsigned i = 0; i < NUMBER_FIELD_COUNT; i++)
		free_bands(l->bands[i]);
	for (size_t i = 0; i < l->choice_count; i++)
		free(l->words[i].bits);
	free(l);
}

void late_look(const struct late *l, struct looker *looker, const struct observation *o, uint64_t *digest)
{
	for (uint64_t left = o->has_number & l->numbers & l->loud(o->number, l->quiet_below); left; left &= left - 1) {
		unsigned field = (unsigned)__builtin_ctzll(left);
		look_number(l->bands[field], o->number[field], digest);
	}
	if ((o->has_text & l->texts) || (o->has_number & l->others))
		looker_look_values(looker, o, FIELD_LATE, l->texts, l->others, digest);
	if (!l->is_complete) {
		looker_look_rest(looker, o, FIELD_LATE, digest);
		return;
	}
	for (size_t i = 0; i < l->choice_count; i++)
		look_choice(&l->words[i], o->choice[l->words[i].field], digest);
}
