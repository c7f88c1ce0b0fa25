/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_FIELDS_H
#define ANALYZE_FIELDS_H

#include "core/slice.h"

/* analyze/fields.h - every field of an observation, once: the names that rules use, their types, when they are known and what
 * they mean. docs/fields.md is made from this table. ECS and Packetbeat names where those exist, else siphound.*.
 *
 * When: a wire observation is looked at twice. ONCE fields are known from the request itself; LATE ones when it is settled
 * (an answer came, or none did). Lines of a log know all at once.
 * X(ID, "name", WHEN, "meaning") */

#define ADDRESS_FIELDS(X)                                                                                    \
	X(SOURCE_IP, "source.ip", ONCE,                                                                      \
	  "the actor: who sent the request, or the peer that a log line names")                              \
	X(DESTINATION_IP, "destination.ip", ONCE, "where it was sent")                                       \
	X(NETWORK, "siphound.network", LATE,                                                                 \
	  "the first 64 bits of an IPv6 actor, which one host may use by turns; an IPv4 actor itself")

#define TEXT_FIELDS(X)                                                                                             \
	X(USER_AGENT, "user_agent.original", ONCE, "User-Agent as claimed")                                        \
	X(METHOD, "sip.method", ONCE, "method of the request")                                                     \
	X(VERSION, "sip.version", ONCE, "protocol version of the start line")                                      \
	X(URI_ORIGINAL, "sip.uri.original", ONCE, "Request-URI as written")                                        \
	X(URI_SCHEME, "sip.uri.scheme", ONCE, "its scheme")                                                        \
	X(URI_USERNAME, "sip.uri.username", ONCE, "its user part")                                                 \
	X(URI_HOST, "sip.uri.host", ONCE, "its host")                                                              \
	X(CALL_ID, "sip.call_id", ONCE, "Call-ID")                                                                 \
	X(VIA_TRANSPORT, "sip.via.transport", ONCE, "transport of the topmost Via")                                \
	X(VIA_ADDRESS, "sip.via.sent_by.address", ONCE, "host of the topmost Via")                                 \
	X(VIA_BRANCH, "sip.via.branch", ONCE, "branch of the topmost Via")                                         \
	X(FROM_DISPLAY, "sip.from.display_info", ONCE, "display name in From")                                     \
	X(FROM_TAG, "sip.from.tag", ONCE, "tag in From")                                                           \
	X(FROM_ORIGINAL, "sip.from.uri.original", ONCE, "URI in From")                                             \
	X(FROM_SCHEME, "sip.from.uri.scheme", ONCE, "its scheme")                                                  \
	X(FROM_USERNAME, "sip.from.uri.username", ONCE, "its user part: the caller that is claimed")               \
	X(FROM_HOST, "sip.from.uri.host", ONCE, "its host")                                                        \
	X(TO_DISPLAY, "sip.to.display_info", ONCE, "display name in To")                                           \
	X(TO_TAG, "sip.to.tag", ONCE, "tag in To: set inside a dialog")                                            \
	X(TO_ORIGINAL, "sip.to.uri.original", ONCE, "URI in To")                                                   \
	X(TO_SCHEME, "sip.to.uri.scheme", ONCE, "its scheme")                                                      \
	X(TO_USERNAME, "sip.to.uri.username", ONCE, "its user part")                                               \
	X(TO_HOST, "sip.to.uri.host", ONCE, "its host")                                                            \
	X(CONTACT_DISPLAY, "sip.contact.display_info", ONCE, "display name in Contact")                            \
	X(CONTACT_ORIGINAL, "sip.contact.uri.original", ONCE, "URI in Contact")                                    \
	X(CONTACT_USERNAME, "sip.contact.uri.username", ONCE, "its user part")                                     \
	X(CONTACT_HOST, "sip.contact.uri.host", ONCE, "its host")                                                  \
	X(CONTACT_TRANSPORT, "sip.contact.transport", ONCE, "its transport parameter")                             \
	X(CONTENT_TYPE, "sip.content_type", ONCE, "Content-Type")                                                  \
	X(ACCEPT, "sip.accept", ONCE, "Accept")                                                                    \
	X(ALLOW, "sip.allow", ONCE, "Allow")                                                                       \
	X(SUPPORTED, "sip.supported", ONCE, "Supported")                                                           \
	X(EVENT, "siphound.event", ONCE, "Event header field of SUBSCRIBE, NOTIFY and PUBLISH")                    \
	X(CSEQ_METHOD, "sip.cseq.method", ONCE, "method in CSeq")                                                  \
	X(AUTH_SCHEME, "sip.auth.scheme", ONCE, "scheme of the credentials given")                                 \
	X(AUTH_REALM, "sip.auth.realm", ONCE, "realm in the credentials")                                          \
	X(AUTH_URI, "sip.auth.uri.original", ONCE, "uri in the credentials")                                       \
	X(SDP_OWNER, "sip.sdp.owner.username", ONCE, "user name of the SDP origin line")                           \
	X(SDP_OWNER_IP, "sip.sdp.owner.ip", ONCE, "address of the SDP origin line")                                \
	X(SDP_SESSION, "sip.sdp.session.name", ONCE, "SDP session name")                                           \
	X(SDP_ADDRESS, "sip.sdp.connection.address", ONCE, "SDP connection address")                               \
	X(ACCOUNT, "siphound.account", ONCE, "the account aimed at: user in To for REGISTER, in credentials, else in the Request-URI") \
	X(DIALED, "siphound.dialed", ONCE, "the number dialled: user of the Request-URI of an INVITE, visual separators removed") \
	X(FINGERPRINT, "siphound.fingerprint", ONCE, "how the sender's software writes (docs/fingerprints.md)")    \
	X(FAMILY, "siphound.fingerprint.family", ONCE, "the coarse form of it, the same for all methods and chance digits of one software") \
	X(TOOL, "siphound.tool", ONCE, "the tool that gave itself away in the bytes, e.g. sipvicious")             \
	X(MODULE, "siphound.tool.module", ONCE, "which part of it: svmap, svwar, svcrack, svcrash")                \
	X(URL_PATH, "url.path", ONCE, "path of a provisioning request")                                            \
	X(HTTP_METHOD, "http.request.method", ONCE, "its method, RRQ or WRQ for TFTP")                             \
	X(MAC, "siphound.mac", ONCE, "MAC in the path, 12 lower-case hex digits")                                  \
	X(AGENT_MAC, "siphound.agent_mac", ONCE, "MAC in the User-Agent of a provisioning request")                \
	X(VENDOR, "siphound.vendor", ONCE, "vendor whose configuration file this is")                              \
	X(AGENT_VENDOR, "siphound.agent_vendor", ONCE, "vendor that the User-Agent claims")                        \
	X(MAC_VENDOR, "siphound.mac_vendor", ONCE, "owner of the OUI of siphound.mac")                             \
	X(FILE_KIND, "siphound.file_kind", ONCE, "kind of provisioning file: device, default, common, firmware, directory, log, other") \
	X(DIALECT, "siphound.dialect", ONCE, "log dialect that read the line")                                     \
	X(ACTION, "siphound.action", ONCE, "what another guard did, from its log: banned, blocked, dropped")       \
	X(STATUS, "sip.status", LATE, "reason phrase of the final answer")                                         \
	X(COUNTRY, "source.geo.country_iso_code", LATE, "country of the actor")                                    \
	X(AS_NAME, "source.as.organization.name", LATE, "network of the actor")

#define NUMBER_FIELDS(X)                                                                                     \
	X(SOURCE_PORT, "source.port", ONCE, "port it was sent from")                                         \
	X(DESTINATION_PORT, "destination.port", ONCE, "port it was sent to")                                 \
	X(URI_PORT, "sip.uri.port", ONCE, "port in the Request-URI")                                         \
	X(MAX_FORWARDS, "sip.max_forwards", ONCE, "Max-Forwards")                                            \
	X(CONTENT_LENGTH, "sip.content_length", ONCE, "Content-Length")                                      \
	X(CSEQ_NUMBER, "sip.cseq.code", ONCE, "number in CSeq")                                              \
	X(VIA_PORT, "sip.via.sent_by.port", ONCE, "port of the topmost Via")                                 \
	X(CONTACT_PORT, "sip.contact.uri.port", ONCE, "port in Contact")                                     \
	X(EXPIRES, "sip.contact.expires", ONCE, "expiry asked for, seconds")                                 \
	X(SDP_PORT, "sip.sdp.media.port", ONCE, "port of the first audio stream")                            \
	X(BYTES, "siphound.message_bytes", ONCE, "length of the message")                                    \
	X(TTL, "siphound.ttl", ONCE, "TTL or hop limit of the packet")                                       \
	X(CODE, "sip.code", LATE, "status code of the final answer, or of the last provisional one")         \
	X(HTTP_STATUS, "http.response.status_code", LATE, "status of a provisioning answer")                 \
	X(AS_NUMBER, "source.as.number", LATE, "AS number of the actor")                                     \
	X(REQUESTS, "siphound.requests", LATE, "requests of this actor so far")                              \
	X(RATE, "siphound.rate", LATE, "requests of this actor in the last 10 s")                            \
	X(SWEEP_TARGETS, "siphound.sweep.targets", LATE,                                                     \
	  "different addresses and ports this actor sent requests to")                                       \
	X(SWEEP_SILENT, "siphound.sweep.silent", LATE,                                                       \
	  "per cent of them that never answered it, or were unreachable; one that was asked again (RFC "     \
	  "3261 retransmissions) does not count, since no scanner asks twice, nor as many as there were "    \
	  "answers whose requests the capture lacks")                                                        \
	X(SWEEP_RUN, "siphound.sweep.run", LATE,                                                             \
	  "longest run of target addresses in equal steps, of one to 31, either way, or in byte-reversed "   \
	  "order")                                                                                           \
	X(SWEEP_BLOCK, "siphound.sweep.block", LATE,                                                         \
	  "of the 64 neighbouring addresses that hold its first target, how many it sent requests to, in "   \
	  "any order")                                                                                       \
	X(SWEEP_REPEAT, "siphound.sweep.repeat", LATE,                                                       \
	  "per cent of its visits that went to a target it had visited before")                              \
	X(SWEEP_NEW, "siphound.sweep.strangers", LATE,                                                       \
	  "of these targets, those with which it has no relation (docs/detections.md)")                      \
	X(ACCOUNTS_TRIED, "siphound.accounts.tried", LATE, "different accounts this actor tried")            \
	X(ACCOUNTS_FAILED, "siphound.accounts.failed", LATE,                                                 \
	  "of them, those it never got access to or answered the challenge for")                             \
	X(ACCOUNTS_UNKNOWN, "siphound.accounts.unknown", LATE,                                               \
	  "of them, those that do not exist (404 and the like)")                                             \
	X(ACCOUNTS_VAIN, "siphound.accounts.vain", LATE,                                                     \
	  "of them, those it asked to register at without a password and was told nothing about: an error, " \
	  "or silence though it asked only once; 0 when the account at hand is none of them")                \
	X(ACCOUNTS_REVEALED, "siphound.accounts.revealed", LATE,                                             \
	  "of them, those our own answers told apart as real")                                               \
	X(REFUSALS, "siphound.refusals", LATE,                                                               \
	  "credentials of this actor for this account that were wrong, since its last success")              \
	X(REFUSALS_BEFORE, "siphound.refusals.before", LATE,                                                 \
	  "of a success with a password, how many of this actor for this account were wrong before it")      \
	X(REFUSED_TOTAL, "siphound.refusals.total", LATE,                                                    \
	  "wrong credentials of this actor over all accounts, since its last success")                       \
	X(GUESSES, "siphound.refusals.guesses", LATE,                                                        \
	  "different digest responses among them to equal nonces, or tries that can not be one stored "      \
	  "password")                                                                                        \
	X(ACCOUNT_REFUSALS, "siphound.account.refusals", LATE,                                               \
	  "wrong credentials for this account, from whomever, since its last success")                       \
	X(ACCOUNT_ACTORS, "siphound.account.actors", LATE, "actors among whom those are spread")             \
	X(DIAL_PREFIXES, "siphound.dial.prefixes", LATE,                                                     \
	  "different prefixes this actor dialled before the same tail of digits")                            \
	X(DIAL_LENGTHS, "siphound.dial.lengths", LATE,                                                       \
	  "different lengths of these prefixes; the codes of a carrier's routes have one")                   \
	X(DIAL_CODES, "siphound.dial.codes", LATE,                                                           \
	  "different codes for abroad (00, 011, 0011, 810) among these prefixes; people of one country "     \
	  "have one")                                                                                        \
	X(DIAL_CODES_USED, "siphound.dial.codes.used", LATE,                                                 \
	  "different codes for abroad among all numbers this actor dialled")                                 \
	X(DIAL_NUMBERS, "siphound.dial.numbers", LATE, "different numbers this actor dialled")               \
	X(DIAL_FAILED, "siphound.dial.failed", LATE,                                                         \
	  "of them, those that were refused, challenged or not found")                                       \
	X(RINGS, "siphound.rings", LATE, "different phones this actor made ring without a relation to them") \
	X(RINGS_NAMED, "siphound.rings.named", LATE,                                                         \
	  "per cent of those phones that were called by a user name under which no other of them was")       \
	X(PORTS, "siphound.ports", LATE, "different source ports this actor used, at most 64 counted")       \
	X(CAMPAIGN_SOURCES, "siphound.campaign.sources", LATE,                                               \
	  "actors that share one walk through MACs, at most 64 counted (docs/provisioning.md)")              \
	X(FLOOD_RATE, "siphound.flood.rate", LATE, "requests per second at this target over the last 10 s")  \
	X(FLOOD_SOURCES, "siphound.flood.sources", LATE,                                                     \
	  "per cent of them from addresses seen for the first time")                                         \
	X(MACS, "siphound.macs", LATE, "different MACs this actor asked configurations for")                 \
	X(MAC_RUN, "siphound.mac.run", LATE, "longest run of such MACs in equal small steps")                \
	X(MAC_OUIS, "siphound.mac.ouis", LATE, "different OUIs among them")                                  \
	X(MAC_MISSING, "siphound.mac.missing", LATE,                                                         \
	  "of the MACs that no agent names, per cent for which nothing was given out "                       \
	  "(docs/provisioning.md)")                                                                          \
	X(MAC_FOREIGN, "siphound.mac.foreign", LATE,                                                         \
	  "MACs asked for with no such phone behind the request (docs/provisioning.md)")

/* Closed lists of words. X(ID, "name", WHEN, WORDS, "meaning") */
#define CHOICE_FIELDS(X)                                                                                     \
	X(TYPE, "sip.type", ONCE, TYPE_WORDS, "request, or a response that answers nothing we saw")          \
	X(TRANSPORT, "network.transport", ONCE, TRANSPORT_WORDS, "udp, tcp, tls, ws, wss, sctp")             \
	X(CATEGORY, "siphound.category", ONCE, CATEGORY_WORDS,                                               \
	  "sip, provisioning, firewall, guard, or service: a login at something else than SIP, such as "     \
	  "IAX2 or AMI")                                                                                     \
	X(CREDENTIALS, "siphound.credentials", ONCE, CREDENTIALS_WORDS, "were credentials given")            \
	X(GUESS_KIND, "siphound.guess.kind", ONCE, GUESS_WORDS,                                              \
	  "kind of the secret a tool showed us; the secret itself is never kept")                            \
	X(CALLER, "siphound.caller", ONCE, CALLER_WORDS,                                                     \
	  "how the caller of an INVITE shows himself in From: by a telephone number of seven digits or "     \
	  "more, hidden (RFC 3323; not where a log names an endpoint, which may be called anonymous), or "   \
	  "by a name; in a log also of a request to nobody whose method it does not tell")                   \
	X(OUTCOME, "siphound.outcome", LATE, OUTCOME_WORDS, "what our side answered")                        \
	X(PROOF, "siphound.proof", LATE, PROOF_WORDS, "how sure we are that the actor holds its address")    \
	X(SOLICITED, "siphound.solicited", LATE, FLAG_WORDS,                                                 \
	  "the actor has a relation with the target (docs/detections.md)")                                   \
	X(PEER, "siphound.peer", LATE, FLAG_WORDS,                                                           \
	  "the actor itself has a fresh registration or answered dialogs here")                              \
	X(FOLLOWUP, "siphound.followup", LATE, FLAG_WORDS,                                                   \
	  "a later outcome of a request that was already observed (it rang, now it is answered)")            \
	X(ABANDONED, "siphound.abandoned", LATE, FLAG_WORDS,                                                 \
	  "the challenge was not answered within 5 s: what enumerators do and phones never")                 \
	X(ANEW, "siphound.anew", LATE, FLAG_WORDS,                                                           \
	  "a password was given that let nobody in, as far as was seen, and not in the series (Call-ID, "    \
	  "higher CSeq) of the try before")                                                                  \
	X(SWEEP_ORDER, "siphound.sweep.order", LATE, ORDER_WORDS, "in which order the targets came")         \
	X(SERVED, "siphound.served", LATE, FLAG_WORDS, "a provisioning file was given out")                  \
	X(BREACHED, "siphound.breached", LATE, FLAG_WORDS,                                                   \
	  "success for an account after a run of refusals by this actor, or by others on this account")

#define TYPE_WORDS(X) X(REQUEST, "request") X(RESPONSE, "response")
#define TRANSPORT_WORDS(X) X(UDP, "udp") X(TCP, "tcp") X(TLS, "tls") X(WS, "ws") X(WSS, "wss") X(SCTP, "sctp")
#define CATEGORY_WORDS(X) X(SIP, "sip") X(PROVISIONING, "provisioning") X(FIREWALL, "firewall") X(GUARD, "guard") X(SERVICE, "service")
#define CREDENTIALS_WORDS(X) X(NONE, "none") X(GIVEN, "given")
#define GUESS_WORDS(X) X(SAME, "same-as-account") X(DIGITS, "digits") X(LETTERS, "letters") X(MIXED, "mixed") X(EMPTY, "empty")
#define CALLER_WORDS(X) X(NUMBER, "number") X(HIDDEN, "hidden") X(NAME, "name")
#define OUTCOME_WORDS(X)                                                                                           \
	X(NONE, "none") X(CHALLENGED, "challenged") X(ACCEPTED, "accepted") X(REFUSED, "refused")                  \
	X(UNKNOWN_TARGET, "unknown-target") X(FORBIDDEN, "forbidden") X(RANG, "rang") X(ANSWERED, "answered")      \
	X(CANCELLED, "cancelled") X(ERROR, "error")
#define PROOF_WORDS(X) X(NONE, "none") X(ANSWERED, "answered") X(ECHOED, "echoed") X(HANDSHAKE, "handshake") X(TLS, "tls")
#define FLAG_WORDS(X) X(FALSE, "false") X(TRUE, "true")
#define ORDER_WORDS(X) X(NONE, "none") X(ASCENDING, "ascending") X(DESCENDING, "descending") X(REVERSED, "byte-reversed") X(PERMUTED, "permuted")

/* One field that holds a set of words: siphound.anomaly, ONCE. Bits 0..55 are enum sip_anomaly_bit, 56.. are
 * enum capture_anomaly_bit. */
#define FIELD_ANOMALY_CAPTURE_SHIFT 56

#define X(id, name, when, doc) ADDRESS_##id,
enum address_field { ADDRESS_FIELDS(X) ADDRESS_FIELD_COUNT };
#undef X
#define X(id, name, when, doc) TEXT_##id,
enum text_field { TEXT_FIELDS(X) TEXT_FIELD_COUNT };
#undef X
#define X(id, name, when, doc) NUMBER_##id,
enum number_field { NUMBER_FIELDS(X) NUMBER_FIELD_COUNT };
#undef X
#define X(id, name, when, words, doc) CHOICE_##id,
enum choice_field { CHOICE_FIELDS(X) CHOICE_FIELD_COUNT };
#undef X

/* Words are counted from 1; 0 is "no value". */
#define X(id, text) TYPE_##id,
enum type_word { TYPE_ABSENT, TYPE_WORDS(X) };
#undef X
#define X(id, text) TRANSPORT_##id,
enum transport_word { TRANSPORT_ABSENT, TRANSPORT_WORDS(X) };
#undef X
#define X(id, text) CATEGORY_##id,
enum category_word { CATEGORY_ABSENT, CATEGORY_WORDS(X) };
#undef X
#define X(id, text) CREDENTIALS_##id,
enum credentials_word { CREDENTIALS_ABSENT, CREDENTIALS_WORDS(X) };
#undef X
#define X(id, text) GUESS_##id,
enum guess_word { GUESS_ABSENT, GUESS_WORDS(X) };
#undef X
#define X(id, text) CALLER_##id,
enum caller_word { CALLER_ABSENT, CALLER_WORDS(X) };
#undef X
#define X(id, text) OUTCOME_##id,
enum outcome { OUTCOME_ABSENT, OUTCOME_WORDS(X) };
#undef X
#define X(id, text) PROOF_##id,
enum proof { PROOF_ABSENT, PROOF_WORDS(X) };
#undef X
#define X(id, text) FLAG_##id,
enum flag { FLAG_ABSENT, FLAG_WORDS(X) };
#undef X
#define X(id, text) ORDER_##id,
enum order { ORDER_ABSENT, ORDER_WORDS(X) };
#undef X

_Static_assert(TEXT_FIELD_COUNT <= 64 && NUMBER_FIELD_COUNT <= 64, "presence is kept in one 64-bit word each");

enum field_kind { FIELD_KIND_ADDRESS, FIELD_KIND_TEXT, FIELD_KIND_NUMBER, FIELD_KIND_CHOICE, FIELD_KIND_ANOMALY };
enum field_when { FIELD_ONCE, FIELD_LATE };

struct field {
	const char *name;
	const char *doc;
	enum field_kind kind;
	enum field_when when;
	uint8_t index;		  /* enum of its kind */
	const char *const *words; /* choice: words[1 ..], NULL-terminated; words[0] is "" */
	uint8_t name_len;
};

static inline struct slice field_name(const struct field *f)
{
	return slice_of(f->name, f->name_len);
}

/* Fields in the order of this file, field_count of them; aliases are not listed (see field_find). */
extern const struct field fields[];
extern const size_t field_count;

/* By exact name; NULL when there is none. Also knows the alias sip.user_agent for user_agent.original. */
const struct field *field_find(struct slice name);
/* The known name that is nearest to a wrong one, for hints; NULL when none is near. */
const char *field_nearest(struct slice name);

const char *proof_text(enum proof proof);
const char *choice_text(enum choice_field field, unsigned word);
/* Anomaly names, bits as described above; NULL past the end of either list. */
const char *anomaly_text(unsigned bit);

#endif
