/* SPDX-License-Identifier: MIT */
#include "analyze/fields.h"

#include "analyze/observation.h"
#include "analyze/sip/message.h"

#include <criterion/criterion.h>

Test(fields, table_is_complete_and_unique)
{
	size_t kinds[5] = { 0 };
	for (size_t i = 0; i < field_count; i++) {
		const struct field *f = &fields[i];
		kinds[f->kind]++;
		cr_assert(f->name[0] && f->doc[0], "%zu has a name and a meaning", i);
		cr_assert(slice_eq(field_name(f), slice_str(f->name)), "%s", f->name);
		cr_assert_eq(field_find(slice_str(f->name)), f, "%s is found, and stands once", f->name);
		cr_assert_eq(f->kind == FIELD_KIND_CHOICE, f->words != NULL, "%s", f->name);
		cr_assert(f->when == FIELD_ONCE || f->when == FIELD_LATE);
		if (!f->words)
			continue;
		cr_assert_str_eq(f->words[0], "", "%s: 0 is no value", f->name);
		cr_assert_not_null(f->words[1], "%s", f->name);
		for (size_t w = 1; f->words[w]; w++) {
			cr_assert(f->words[w][0], "%s", f->name);
			for (size_t v = 1; v < w; v++)
				cr_assert(strcmp(f->words[v], f->words[w]) != 0, "%s: %s stands twice", f->name, f->words[w]);
		}
	}
	cr_assert_eq(kinds[FIELD_KIND_ADDRESS], ADDRESS_FIELD_COUNT);
	cr_assert_eq(kinds[FIELD_KIND_TEXT], TEXT_FIELD_COUNT);
	cr_assert_eq(kinds[FIELD_KIND_NUMBER], NUMBER_FIELD_COUNT);
	cr_assert_eq(kinds[FIELD_KIND_CHOICE], CHOICE_FIELD_COUNT);
	cr_assert_eq(kinds[FIELD_KIND_ANOMALY], 1);
}

Test(fields, find)
{
	static const struct {
		const char *name;
		bool found;
	} cases[] = { { "source.ip", true },	 { "siphound.anomaly", true },	 { "sip.user_agent", true },	{ "", false },
		      { "source", false },	 { "source.ip ", false },	 { "Source.IP", false },	{ "siphound.nothing", false },
		      { "user_agent.original", true }, { "sip.user_agen", false } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		cr_assert_eq(field_find(slice_str(cases[i].name)) != NULL, cases[i].found, "\"%s\"", cases[i].name);
	cr_assert_eq(field_find(SLICE("sip.user_agent")), field_find(SLICE("user_agent.original")), "an alias");
	cr_assert_null(field_find(slice_of(NULL, 0)));
	cr_assert_null(field_find(slice_of("source.ip\0x", 11)));
}

Test(fields, nearest)
{
	static const struct {
		const char *wrong, *right;
	} cases[] = {
		{ "source.op", "source.ip" },
		{ "Source.IP", "source.ip" },
		{ "sip.methd", "sip.method" },
		{ "siphound.acount", "siphound.account" },
		{ "siphound.sweep.targts", "siphound.sweep.targets" },
		{ "siphound.anomalies", "siphound.anomaly" },
		{ "completely.different.thing", NULL },
		{ "", NULL },
		{ "x", NULL },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *near = field_nearest(slice_str(cases[i].wrong));
		if (!cases[i].right)
			cr_assert_null(near, "\"%s\" is near to %s", cases[i].wrong, near);
		else
			cr_assert(near && strcmp(near, cases[i].right) == 0, "\"%s\" is near to %s", cases[i].wrong, near ? near : "nothing");
	}
	char overlong[5000];
	memset(overlong, 's', sizeof overlong);
	cr_assert_null(field_nearest(slice_of(overlong, sizeof overlong)));
	for (size_t i = 0; i < field_count; i++) {
		const char *near = field_nearest(slice_str(fields[i].name));
		cr_assert(near && strcmp(near, fields[i].name) == 0, "%s is nearest to itself, not to %s", fields[i].name, near ? near : "nothing");
	}
}

Test(fields, words)
{
	cr_assert_str_eq(choice_text(CHOICE_OUTCOME, OUTCOME_NONE), "none");
	cr_assert_str_eq(choice_text(CHOICE_OUTCOME, OUTCOME_CHALLENGED), "challenged");
	cr_assert_str_eq(choice_text(CHOICE_OUTCOME, OUTCOME_UNKNOWN_TARGET), "unknown-target");
	cr_assert_str_eq(choice_text(CHOICE_OUTCOME, OUTCOME_ERROR), "error");
	cr_assert_str_eq(choice_text(CHOICE_OUTCOME, OUTCOME_ABSENT), "");
	cr_assert_str_eq(proof_text(PROOF_NONE), "none");
	cr_assert_str_eq(proof_text(PROOF_TLS), "tls");
	cr_assert(PROOF_NONE < PROOF_ANSWERED && PROOF_ANSWERED < PROOF_ECHOED && PROOF_ECHOED < PROOF_HANDSHAKE &&
		      PROOF_HANDSHAKE < PROOF_TLS,
		  "a ladder");
	cr_assert_str_eq(choice_text(CHOICE_SWEEP_ORDER, ORDER_REVERSED), "byte-reversed");
	cr_assert_str_eq(choice_text(CHOICE_GUESS_KIND, GUESS_SAME), "same-as-account");
	cr_assert_str_eq(choice_text(CHOICE_SOLICITED, FLAG_TRUE), "true");
	for (unsigned c = 0; c < CHOICE_FIELD_COUNT; c++) {
		cr_assert_str_eq(choice_text((enum choice_field)c, 0), "");
		cr_assert_str_eq(choice_text((enum choice_field)c, 200), "", "past the end");
	}
	cr_assert_str_eq(choice_text(CHOICE_FIELD_COUNT, 1), "");
}

Test(fields, anomalies)
{
	size_t named = 0;
	for (unsigned bit = 0; bit < 64; bit++) {
		const char *text = anomaly_text(bit);
		if (bit < SIP_ANOMALY_COUNT || bit == FIELD_ANOMALY_CAPTURE_SHIFT)
			cr_assert_not_null(text, "bit %u", bit);
		if (!text)
			continue;
		named++;
		for (unsigned other = 0; other < bit; other++)
			cr_assert(!anomaly_text(other) || strcmp(anomaly_text(other), text) != 0, "%s stands twice", text);
	}
	cr_assert(named > SIP_ANOMALY_COUNT);
	cr_assert_null(anomaly_text(SIP_ANOMALY_COUNT), "between the two lists");
	cr_assert_null(anomaly_text(64));
	cr_assert_null(anomaly_text(4000000000u));
}

Test(fields, observation)
{
	struct observation o;
	memset(&o, 0xff, sizeof o);
	observation_init(&o);
	cr_assert_null(observation_text(&o, TEXT_ACCOUNT).ptr);
	cr_assert_eq(observation_number(&o, NUMBER_CODE, -5), -5);
	observation_set_text(&o, TEXT_ACCOUNT, SLICE("100"));
	observation_set_text(&o, TEXT_DIALED, slice_of("", 0));
	observation_set_text(&o, TEXT_STATUS, slice_of(NULL, 0));
	observation_set_number(&o, NUMBER_CODE, 0);
	cr_assert(slice_eq(observation_text(&o, TEXT_ACCOUNT), SLICE("100")));
	cr_assert_not_null(observation_text(&o, TEXT_DIALED).ptr, "empty is a value");
	cr_assert_null(observation_text(&o, TEXT_STATUS).ptr, "absent is none");
	cr_assert_eq(observation_number(&o, NUMBER_CODE, -5), 0);
}
