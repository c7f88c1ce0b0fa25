/* SPDX-License-Identifier: MIT */
#include "analyze/fingerprint/fingerprint.h"
#include "support/message_file.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct fingerprint make(struct slice bytes)
{
	static struct sip_message m;
	struct fingerprint f;
	cr_assert_eq(sip_message_parse(bytes, &m), PARSE_OK, "%.*s", (int)bytes.len, (const char *)bytes.ptr);
	fingerprint_make(&m, &f);
	return f;
}

static struct fingerprint make_of_file(const char *file)
{
	struct slice bytes = message_file(file);
	struct fingerprint f = make(bytes);
	message_file_free(bytes);
	return f;
}

static const struct {
	const char *file, *text, *family;
} senders[] = {
	{ "svmap_options", "1;o=vmtficsAl;b=z-d10;t=V;i=d25;c=b;f=aq;d=aq;r=a;s=0;e=c;h=70;q=1",
	  "1f;o=vmtficsl;b=z-n12;t=V;i=n40;c=b;f=a;d=a;r=a;s=0;e=c;h=70" },
	{ "svwar_compact_register", "1;o=vtficsmAl;b=z-d10;t=V;i=d10;c=b;f=aqu;d=aqu;r=a;s=c;e=c;h=70;q=1",
	  "1f;o=vtficsml;b=z-n12;t=V;i=n12;c=b;f=a;d=a;r=a;s=c;e=c;h=70" },
	{ "svcrack_register", "1;o=vmtficsAl;b=z-d10;t=V;i=d10;c=b;f=aqu_;d=aqu_;r=a;s=0;e=c;h=70;q=1",
	  "1f;o=vmtficsl;b=z-n12;t=V;i=n12;c=b;f=a;d=a;r=a;s=0;e=c;h=70" },
	{ "sippts_options", "1;o=vftcismWl;b=xa71;t=h8;i=h32;c=ate;f=a;d=a;r=0;s=w;e=c;h=70;q=1",
	  "1f;o=vftcisml;b=xn255;t=n12;i=n40;c=a;f=a;d=a;r=0;s=w;e=c;h=70" },
	{ "mrsip_subscribe_lf", "1;o=vftiscmOAl;b=z-d10;t=d6;i=a32@;c=a;f=a;d=a;r=0;s=n;e=ln;h=70;q=1",
	  "1f;o=vftiscml;b=z-n12;t=n12;i=n40@;c=a;f=a;d=a;r=0;s=n;e=ln;h=70" },
	{ "zmap_lf_no_end", "1;o=vftisclmA;b=xa16-;t=d10;i=d10@;c=b;f=b;d=b;r=al;s=0;e=ln;h=m;q=1",
	  "1f;o=vftisclm;b=xn20;t=n12;i=n12@;c=b;f=b;d=b;r=al;s=0;e=ln;h=m" },
	{ "masscan_lone_cr", "1;o=vmtfis;b=0;t=d10;i=h16;c=0;f=aw_;d=a;r=0;s=0;e=mn;h=70;q=l",
	  "1f;o=vmtfis;b=0;t=n12;i=n20;c=0;f=a;d=a;r=0;s=0;e=mn;h=70" },
	{ "nmap_options", "1;o=vmftiscEWAl;b=zm25;t=m20;i=m60;c=a;f=aq_;d=aq_;r=b;s=w;e=c;h=70;q=l",
	  "1f;o=vmftiscl;b=zn40;t=n20;i=n64;c=a;f=a;d=a;r=b;s=w;e=c;h=70" },
	{ "nmap_service_probe", "1;o=vftismlcA;b=xa6;t=a6;i=d6;c=a;f=a;d=a;r=0;s=0;e=c;h=70;q=s",
	  "1f;o=vftismlc;b=xn12;t=n12;i=n12;c=a;f=a;d=a;r=0;s=0;e=c;h=70" },
	{ "phone_register", "1;o=vftiscWmEl;b=zd10;t=d10;i=d-@;c=a;f=aq_;d=aq_;r=a;s=0;e=c;h=70;q=1",
	  "1f;o=vftiscml;b=zn12;t=n12;i=n@;c=a;f=a;d=a;r=a;s=0;e=c;h=70" },
};

Test(fingerprint, of_known_senders)
{
	char text[FINGERPRINT_TEXT_MAX];
	for (size_t i = 0; i < sizeof senders / sizeof *senders; i++) {
		struct fingerprint f = make_of_file(senders[i].file), family, again;
		cr_expect_str_eq(fingerprint_text(&f, text), senders[i].text, "%s: %s", senders[i].file, text);
		fingerprint_family(&f, &family);
		cr_expect_str_eq(fingerprint_text(&family, text), senders[i].family, "%s family: %s", senders[i].file, text);
		fingerprint_family(&family, &again);
		cr_expect_arr_eq(&again, &family, sizeof family, "%s: the family of a family", senders[i].file);
		cr_expect_neq(fingerprint_hash(&f), fingerprint_hash(&family), "%s", senders[i].file);
		for (size_t k = 0; k < i; k++) {
			struct fingerprint other = make_of_file(senders[k].file);
			cr_expect_neq(fingerprint_hash(&f), fingerprint_hash(&other), "%s, %s", senders[i].file, senders[k].file);
		}
	}
}

/* What an operator can change, and what changes from one message to the next. */
#define MESSAGE(method, via_host, branch, name, user, tag, agent, call_id, cseq, more)                             \
	method " sip:" user "@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP " via_host ";branch=z9hG4bK-" branch ";rport\r\n" \
	"Max-Forwards: 70\r\nTo: \"" name "\"<sip:" user "@192.0.2.1>\r\nFrom: \"" name "\"<sip:" user                \
	"@192.0.2.1>;tag=" tag "\r\n" agent "Call-ID: " call_id "\r\nContact: sip:" user "@" via_host "\r\nCSeq: " cseq \
	" " method "\r\nContent-Length: 0\r\n" more "\r\n"

Test(fingerprint, does_not_depend_on_what_the_operator_sets)
{
	struct fingerprint base = make(SLICE(MESSAGE("OPTIONS", "127.0.0.1:5060", "3120849511", "x", "100", "8f21c07d",
						     "User-Agent: friendly-scanner\r\n", "81836510537293844013", "1", "")));
	static const struct slice same[] = {
		SLICE_INIT(MESSAGE("OPTIONS", "10.0.0.9:5099", "77120849", "y z", "205", "00aa11bb", "", "10000510537293844013", "2", "")),
		SLICE_INIT(MESSAGE("REGISTER", "[2001:db8::1]:5060", "212084951", "x", "admin", "0b21c07d",
				   "User-Agent:  Deskphone\r\n", "81836510537293844013", "1", "Authorization: Digest username=\"a\"\r\n")),
		SLICE_INIT(MESSAGE("INVITE", "h", "4120849511", "x", "100", "9f21c07e", "user-agent: a\r\n", "18446744073709551615", "2",
				   "X-Some: y\r\n")),
	};
	for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
		struct fingerprint f = make(same[i]);
		cr_expect_eq(fingerprint_hash(&f), fingerprint_hash(&base), "%zu", i);
		cr_expect_arr_eq(&f, &base, sizeof f, "%zu", i);
	}
}

Test(fingerprint, text_of_any_bits_is_printable_and_fits)
{
	struct fingerprint f;
	uint64_t state = 88172645463325252u;
	char text[FINGERPRINT_TEXT_MAX];
	for (int round = 0; round < 20000; round++) {
		for (size_t i = 0; i < 8; i++) {
			state ^= state << 13;
			state ^= state >> 7;
			state ^= state << 17;
			f.parts[i] = round % 2 ? state : ~(uint64_t)0;
		}
		fingerprint_text(&f, text);
		cr_assert_lt(strlen(text), sizeof text);
		for (const char *c = text; *c; c++)
			cr_assert(*c > ' ' && *c < 0x7f && *c != '"' && *c != '\\' && *c != '\'', "%s", text);
	}
}
