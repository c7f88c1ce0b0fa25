/* SPDX-License-Identifier: MIT */
/* asterisk and freeswitch: logs of a busy PBX. One line in ten tells of an attack. The lines are layouts in
 * tables, each as likely as the others beside it. */
#include "layout.h"
#include "people.h"
#include "workload.h"

#include <stdlib.h>
#include <time.h>

enum { LOG_ATTACKERS = 2000, LOG_PHONES = 5000, LINES_A_CALL = 40 };

struct line {
	enum log_outcome outcome;
	const char *layout;
};

struct log_kind {
	const struct line *attacks, *others;
	uint32_t attack_count, other_count;
	bool has_microseconds;
};

/* A line of the log is a line here, as far as that goes. */
/* clang-format off */
#define EVENT(name, severity) "[{time}] SECURITY[{thread}] res_security_log.c: SecurityEvent=\"" name "\",EventTV=\"{event_time}\"," \
	"Severity=\"" severity "\",Service=\"PJSIP\",EventVersion=\"1\",AccountID=\"{user}\",SessionID=\"0x7f{nonce}\"," \
	"LocalAddress=\"IPV4/UDP/192.0.2.10/5060\",RemoteAddress=\"IPV4/UDP/{address}/{port}\""
#define REGISTRATION "[{time}] NOTICE[{thread}] chan_sip.c: " \
	"Registration from '\"{user}\" <sip:{user}@192.0.2.10:5060>' failed for '{address}:{port}' - "
#define REQUEST(method) "[{time}] NOTICE[{thread}] res_pjsip/pjsip_distributor.c: " \
	"Request '" method "' from '\"{user}\" <sip:{user}@192.0.2.10>' failed for '{address}:{port}' (callid: {call_id}) - "
#define VERBOSE(module) "[{time}] VERBOSE[{thread}][C-{channel}] " module ": -- "
#define AUTH(what, profile) "{time} [WARNING] sofia_reg.c:1842 SIP auth " what " on sofia profile '" profile "' for "

static const struct line asterisk_attacks[] = {
	{ LOG_REFUSED, REGISTRATION "Wrong password\n" },
	{ LOG_REFUSED, REGISTRATION "Username/auth name mismatch\n" },
	{ LOG_UNKNOWN_TARGET, REGISTRATION "No matching peer found\n" },
	{ LOG_FORBIDDEN, REGISTRATION "Device does not match ACL\n" },
	{ LOG_UNKNOWN_TARGET, REQUEST("REGISTER") "No matching endpoint found\n" },
	{ LOG_REFUSED, REQUEST("REGISTER") "Failed to authenticate\n" },
	{ LOG_UNKNOWN_TARGET, REQUEST("INVITE") "No matching endpoint found\n" },
	{ LOG_REFUSED, EVENT("InvalidPassword", "Error") ",Challenge=\"{any}\",ReceivedChallenge=\"{any}\",ReceivedHash=\"{digest}\"\n" },
	{ LOG_UNKNOWN_TARGET, EVENT("InvalidAccountID", "Error") "\n" },
	{ LOG_UNKNOWN_TARGET, "[{time}] NOTICE[{thread}][C-{channel}] chan_sip.c: Call from '' ({address}:{port}) to extension "
			      "'{number}' rejected because extension not found in context 'default'.\n" },
};

static const struct line asterisk_others[] = {
	{ LOG_NOTHING, VERBOSE("pbx.c") "Executing [{peer}@from-internal:{any}] "
		       "Dial(\"PJSIP/{user}-{channel}\", \"PJSIP/{peer},30,tTr\") in new stack\n" },
	{ LOG_NOTHING, VERBOSE("app_dial.c") "PJSIP/{peer}-{channel} is ringing\n" },
	{ LOG_NOTHING, VERBOSE("res_pjsip_registrar.c") "Added contact 'sip:{user}@{address}:5060' to AOR '{user}' "
		       "with expiration of 3600 seconds\n" },
	{ LOG_ACCEPTED, EVENT("SuccessfulAuth", "Informational") ",UsingPassword=\"1\"\n" },
	{ LOG_CHALLENGED, EVENT("ChallengeSent", "Informational") ",Challenge=\"{any}\"\n" },
	{ LOG_NOTHING, "[{time}] DEBUG[{thread}][C-{channel}] res_rtp_asterisk.c: Got  RTP packet from    {address}:{media_port} "
		       "(type 00, seq {any}, ts {any}, len 000160)\n" },
	{ LOG_NOTHING, VERBOSE("bridge_channel.c") "Channel PJSIP/{user}-{channel} joined 'simple_bridge' basic-bridge <{uuid}>\n" },
	{ LOG_NOTHING, "[{time}] WARNING[{thread}][C-{channel}] func_channel.c: Unknown or unavailable item requested: 'rtpqos_{any}'\n" },
	{ LOG_NOTHING, VERBOSE("app_macro.c") "Executing [s@macro-dialout-trunk:{any}] "
		       "Set(\"PJSIP/{user}-{channel}\", \"DIAL_TRUNK_OPTIONS=T\") in new stack\n" },
};

static const struct line freeswitch_attacks[] = {
	{ LOG_CHALLENGED, AUTH("challenge (REGISTER)", "internal") "[{user}@192.0.2.10] from ip {address}\n" },
	{ LOG_REFUSED, AUTH("failure (REGISTER)", "internal") "[{user}@192.0.2.10] from ip {address}\n" },
	{ LOG_REFUSED, AUTH("failure (INVITE)", "external") "[{number}@192.0.2.10] from ip {address}\n" },
	{ LOG_UNKNOWN_TARGET, "{time} [WARNING] sofia_reg.c:3007 Can't find user [{user}@192.0.2.10] from {address}\n" },
};

static const struct line freeswitch_others[] = {
	{ LOG_NOTHING, "{uuid} {time} [NOTICE] switch_channel.c:1118 New Channel sofia/internal/{user}@192.0.2.10 [{uuid}]\n" },
	{ LOG_NOTHING, "{uuid} {time} [DEBUG] switch_core_state_machine.c:585 (sofia/internal/{user}@192.0.2.10) "
		       "Running State Change CS_EXECUTE (Cur {any} Tot {media_port})\n" },
	{ LOG_NOTHING, "{uuid} {time} [INFO] mod_dialplan_xml.c:639 Processing Ext {user} <{user}>->{peer} in context default\n" },
	{ LOG_NOTHING, "{uuid} EXECUTE [depth=0] sofia/internal/{user}@192.0.2.10 bridge(user/{peer}@192.0.2.10)\n" },
	{ LOG_NOTHING, "{uuid} {time} [DEBUG] sofia.c:7493 Channel sofia/internal/{user}@192.0.2.10 entering state [ready][200]\n" },
	{ LOG_NOTHING, "{uuid} Dialplan: sofia/internal/{user}@192.0.2.10 Regex (FAIL) [global-intercept] "
		       "destination_number({peer}) =~ /^886$/ break=on-false\n" },
};
/* clang-format on */

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct log_kind asterisk = { asterisk_attacks, asterisk_others, COUNT(asterisk_attacks),
					  COUNT(asterisk_others), false };
static const struct log_kind freeswitch = { freeswitch_attacks, freeswitch_others, COUNT(freeswitch_attacks),
					    COUNT(freeswitch_others), true };

static void set_time(struct words *w, int64_t now_us, bool has_microseconds)
{
	time_t now_s = (time_t)(now_us / 1000000);
	struct tm tm;
	char text[32];
	gmtime_r(&now_s, &tm);
	strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm);
	word_text(w, WORD_TIME, text);
	if (has_microseconds) {
		word_add_text(w, WORD_TIME, ".");
		word_add_digits(w, WORD_TIME, (uint64_t)(now_us % 1000000), 6);
	}
	text[10] = 'T';
	word_text(w, WORD_EVENT_TIME, text);
	word_add_text(w, WORD_EVENT_TIME, ".");
	word_add_digits(w, WORD_EVENT_TIME, (uint64_t)(now_us / 1000 % 1000), 3);
	word_add_text(w, WORD_EVENT_TIME, "+0000");
}

static void set_uuid(struct words *w, struct random *random)
{
	uint64_t high = random_next(random), low = random_next(random);
	word_hex(w, WORD_UUID, high >> 32, 8);
	word_add_text(w, WORD_UUID, "-");
	word_add_hex(w, WORD_UUID, high >> 16, 4);
	word_add_text(w, WORD_UUID, "-4");
	word_add_hex(w, WORD_UUID, high, 3);
	word_add_text(w, WORD_UUID, "-9");
	word_add_hex(w, WORD_UUID, low >> 48, 3);
	word_add_text(w, WORD_UUID, "-");
	word_add_hex(w, WORD_UUID, low, 12);
}

/* Everything that some line may want to say. */
static void set_words(struct words *w, struct recording *r)
{
	struct random *random = &r->random;
	word_number(w, WORD_THREAD, 1000 + random_below(random, 8000));
	word_hex(w, WORD_CHANNEL, r->items / LINES_A_CALL, 8);
	word_number(w, WORD_PEER, 100 + random_below(random, 9900));
	word_number(w, WORD_ANY, 1 + random_below(random, 100));
	word_number(w, WORD_MEDIA_PORT, 10000 + 2 * random_below(random, 5000));
	word_hex(w, WORD_NONCE, random_next(random), 10);
	word_hex(w, WORD_DIGEST, random_next(random), 16);
	word_add_hex(w, WORD_DIGEST, random_next(random), 16);
	word_number(w, WORD_CALL_ID, random_next(random));
	word_text(w, WORD_NUMBER, random_one_in(random, 2) ? "00" : "9011");
	word_add_digits(w, WORD_NUMBER, random_below(random, 1000000000), 9);
	set_uuid(w, random);
}

/* Half of what attackers do is done by a twentieth of them. Returns who it was. */
static uint32_t set_attacker(struct words *w, struct random *random)
{
	bool is_loud = random_one_in(random, 2);
	uint32_t number = random_below(random, is_loud ? LOG_ATTACKERS / 20 : LOG_ATTACKERS);
	word_address(w, WORD_ADDRESS, attacker_address(number));
	word_number(w, WORD_PORT, 5060 + random_below(random, 2000));
	word_number(w, WORD_USER, 100 + random_below(random, 9900));
	return number;
}

static void set_phone(struct words *w, struct random *random)
{
	uint32_t number = random_below(random, LOG_PHONES);
	word_address(w, WORD_ADDRESS, phone_address(number));
	word_number(w, WORD_PORT, 5060);
	word_number(w, WORD_USER, phone_user(number));
}

static void write_log(struct recording *r, const struct log_kind *kind)
{
	bool was_heard[LOG_ATTACKERS] = { false };
	struct words w;
	struct text text;
	while (!recording_is_full(r)) {
		bool is_attack = random_one_in(&r->random, 10);
		const struct line *line;
		set_time(&w, r->now_us, kind->has_microseconds);
		set_words(&w, r);
		if (is_attack) {
			uint32_t who = set_attacker(&w, &r->random);
			r->truth.sources += !was_heard[who];
			was_heard[who] = true;
			line = &kind->attacks[random_below(&r->random, kind->attack_count)];
		} else {
			set_phone(&w, &r->random);
			line = &kind->others[random_below(&r->random, kind->other_count)];
		}
		r->truth.attack_lines += is_attack;
		r->truth.outcomes[line->outcome]++;
		text.len = 0;
		text_add(&text, line->layout, &w);
		recording_write(r, text.bytes, text.len);
		recording_item_done(r);
	}
}

void workload_asterisk(struct recording *r)
{
	write_log(r, &asterisk);
}

void workload_freeswitch(struct recording *r)
{
	write_log(r, &freeswitch);
}
