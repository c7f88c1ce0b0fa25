/* SPDX-License-Identifier: MIT */
#include "output/http/internal.h"

#include "core/clock.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

static const char text_type[] = "text/plain; charset=utf-8";
static const char metrics_type[] = "text/plain; version=0.0.4; charset=utf-8";
static const char no_store[] = "Cache-Control: no-store\r\n";

/* ---- words ---- */

static const char *reason_phrase(int status)
{
	switch (status) {
	case 200:
		return "OK";
	case 302:
		return "Found";
	case 304:
		return "Not Modified";
	case 400:
		return "Bad Request";
	case 401:
		return "Unauthorized";
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	case 408:
		return "Request Timeout";
	case 414:
		return "URI Too Long";
	case 421:
		return "Misdirected Request";
	case 431:
		return "Request Header Fields Too Large";
	case 501:
		return "Not Implemented";
	case 503:
		return "Service Unavailable";
	case 505:
		return "HTTP Version Not Supported";
	default:
		return "Internal Server Error";
	}
}

/* A response of one sentence. */
static void say(struct http_service *s, int status, struct http_response *out, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
static void say(struct http_service *s, int status, struct http_response *out, const char *format, ...)
{
	va_list args;
	char *text = NULL;
	va_start(args, format);
	int n = vasprintf(&text, format, args);
	va_end(args);
	*out = (struct http_response){ .status = status, .type = text_type, .fields = no_store };
	out->body = n >= 0 ? http_body_new(text, (size_t)n, &s->held) : NULL;
}

void http_refuse(struct http_service *s, int status, struct http_response *out)
{
	const char *why = status == 405	  ? "only GET and HEAD are answered here"
			  : status == 408 ? "the request took too long to come"
			  : status == 414 ? "the request line is too long"
			  : status == 431 ? "the request has too many header fields, or too long ones"
			  : status == 501 ? "this method is not known here; GET and HEAD are"
			  : status == 505
			      ? "HTTP/1.0 and HTTP/1.1 are spoken here"
			      : "this is no HTTP/1.1 request with one Host field and without a body";
	say(s, status, out, "%s\n", why);
	if (status == 405)
		out->fields = "Allow: GET, HEAD\r\nCache-Control: no-store\r\n";
}

/* RFC 9110 5.6.7: Sun, 06 Nov 1994 08:49:37 GMT */
static int write_date(int64_t now_us, char *out, size_t size)
{
	static const char *const days[] = { "Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
					      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	int64_t now = now_us > 0 ? now_us : 0;
	struct clock_civil c = clock_to_civil(now);
	return snprintf(out, size, "Date: %s, %02d %s %04d %02d:%02d:%02d GMT\r\n", days[now / DAY_US % 7],
			c.day, months[c.month - 1], c.year, c.hour, c.minute, c.second);
}

size_t http_head(const struct http_response *r, bool has_body, int64_t now_us, char *out, size_t size)
{
	char date[64], content[160] = "", etag[HTTP_ETAG_MAX + 16] = "";
	write_date(now_us, date, sizeof date);
	if (r->is_stream)
		snprintf(content, sizeof content, "Content-Type: %s\r\n", r->type);
	else if (has_body)
		snprintf(content, sizeof content, "Content-Type: %s\r\nContent-Length: %zu\r\n", r->type,
			 r->body ? r->body->len : 0);
	if (r->etag[0])
		snprintf(etag, sizeof etag, "ETag: %s\r\n", r->etag);
	int n =
	    snprintf(out, size,
		     "HTTP/1.1 %d %s\r\n%s%s%s%sX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n",
		     r->status, reason_phrase(r->status), date, content, etag, r->fields ? r->fields : "");
	return n > 0 && (size_t)n < size ? (size_t)n : 0;
}

/* ---- routes ---- */

/* What the store could not give, and why. */
static void say_store_fault(struct http_service *s, const char *what, bool is_kept, int bad,
			    const struct error *err, struct http_response *out)
{
	if (!is_kept) {
		say(s, 404, out, "there is no %s, as nothing is kept: siphound runs without --store\n", what);
		return;
	}
	/* What is wrong with the store is the operator's to know: no paths in it. */
	say(s, 503, out, "%s; try again\n", bad == -EAGAIN ? err->text : "the store can not be read now");
	out->fields = "Retry-After: 5\r\nCache-Control: no-store\r\n";
}

static void answer_list(struct http_service *s, const struct http_request *request, struct http_response *out)
{
	struct http_list_query query;
	struct error err;
	int64_t now_us = s->options.clock_us();
	if (http_list_query_read(request->query, now_us, &query, &err)) {
		say(s, 400, out, "%s\n", err.text);
		return;
	}
	int bad = s->list ? http_blocklist_get(s->list, &query, now_us, out, &err) : -ENOENT;
	if (bad) {
		say_store_fault(s, "list", s->list, bad, &err, out);
	} else if (http_etag_matches(request->if_none_match, out->etag)) {
		http_body_drop(out->body);
		out->body = NULL;
		out->status = 304;
	}
}

static void write_own_counters(const struct http_service *s, FILE *out)
{
	fputs("# HELP siphound_http_responses_total Responses of this server, by status code.\n"
	      "# TYPE siphound_http_responses_total counter\n",
	      out);
	for (int i = 0; i < HTTP_CODES; i++)
		if (s->responses[i])
			fprintf(out, "siphound_http_responses_total{code=\"%d\"} %" PRIu64 "\n", i,
				s->responses[i]);
	fprintf(out,
		"# HELP siphound_http_connections_cut_total Connections closed before their request or "
		"response was through.\n"
		"# TYPE siphound_http_connections_cut_total counter\n"
		"siphound_http_connections_cut_total{why=\"crowded\"} %" PRIu64 "\n"
		"siphound_http_connections_cut_total{why=\"slow\"} %" PRIu64 "\n",
		s->evicted, s->timed_out);
	if (s->list)
		fprintf(out,
			"# HELP siphound_http_lists_made_total Lists read from the store.\n"
			"# TYPE siphound_http_lists_made_total counter\n"
			"siphound_http_lists_made_total %" PRIu64 "\n",
			http_blocklist_made(s->list));
}

static void answer_metrics(struct http_service *s, struct http_response *out)
{
	char *text = NULL;
	size_t len = 0;
	if (!s->options.metrics) {
		say(s, 404, out, "there are no metrics here\n");
		return;
	}
	if (!metrics_read(s->options.metrics, &s->scratch)) {
		say(s, 503, out, "the watch has not begun yet\n");
		return;
	}
	*out = (struct http_response){ .status = 200, .type = metrics_type, .fields = no_store };
	FILE *file = open_memstream(&text, &len);
	if (!file)
		return;
	metrics_write_prometheus(&s->scratch, file);
	write_own_counters(s, file);
	bool is_whole = !ferror(file);
	if (fclose(file) == 0 && is_whole)
		out->body = http_body_new(text, len, &s->held);
	else
		free(text);
}

static void answer_health(struct http_service *s, struct http_response *out)
{
	char text[200];
	struct error err;
	int64_t now_us = s->options.clock_us();
	const char *problem = http_health_problem(s, now_us, text, sizeof text);
	if (!problem && s->list && http_blocklist_check(s->list, now_us, &err))
		problem = "the store can not be read";
	if (problem)
		say(s, 503, out, "%s\n", problem);
	else
		say(s, 200, out, "ok\n");
}

/* A page of somebody else can have its own name lead to this machine, and then a browser takes us for it and
 * lets it read what we say. Under an address, or with a token, that does not work. */
static bool is_own_name(struct slice host)
{
	struct addr address;
	if (host.len && host.ptr[0] == '[')
		host = slice_first(host, slice_find(host, ']') == SLICE_NPOS ? host.len
									     : slice_find(host, ']') + 1);
	else
		host =
		    slice_first(host, slice_find(host, ':') == SLICE_NPOS ? host.len : slice_find(host, ':'));
	return slice_eq_nocase(host, SLICE("localhost")) || addr_parse(host, &address);
}

static bool is_for_people(struct http_service *s, const struct http_request *request,
			  struct http_response *out)
{
	if (s->token_len || !request->host.ptr || is_own_name(request->host))
		return true;
	say(s, 421, out,
	    "ask for this by address (127.0.0.1) or as localhost, or let siphound ask for a token\n");
	return false;
}

/* The page of the watch: the report of its store, for people. */
static void answer_report(struct http_service *s, const struct http_request *request,
			  struct http_response *out)
{
	struct http_list_query query;
	struct error err;
	int64_t now_us = s->options.clock_us();
	if (http_list_query_read(request->query, now_us, &query, &err)) {
		say(s, 400, out, "%s\n", err.text);
		return;
	}
	int bad = s->live ? http_live_report(s, &query, now_us, out, &err) : -ENOENT;
	if (bad)
		say_store_fault(s, "report", s->live, bad, &err, out);
}

static void answer_events(struct http_service *s, const struct http_request *request,
			  struct http_response *out)
{
	if (!s->live) {
		say(s, 404, out, "there are no events, as nothing is kept: siphound runs without --store\n");
	} else if (s->streams >= HTTP_STREAMS_MAX) {
		say(s, 503, out, "too many pages are open\n");
		out->fields = "Retry-After: 30\r\nCache-Control: no-store\r\n";
	} else {
		*out = (struct http_response){ .status = 200,
					       .type = "text/event-stream",
					       .fields = no_store,
					       .is_stream = !request->is_head };
		out->body = http_live_event(s);
	}
}

static bool may_ask(const struct http_service *s, const struct http_request *request)
{
	uint8_t given[HTTP_TOKEN_MAX];
	if (!s->token_len)
		return true;
	size_t len = http_credentials(request->authorization, given, sizeof given);
	return http_token_equal(slice_of(s->token, s->token_len), slice_of(given, len));
}

static void route(struct http_service *s, const struct http_request *request, struct http_response *out)
{
	if (slice_eq(request->path, SLICE("/blocklist.txt"))) {
		answer_list(s, request, out);
	} else if (slice_eq(request->path, SLICE("/metrics"))) {
		answer_metrics(s, out);
	} else if (slice_eq(request->path, SLICE("/healthz"))) {
		answer_health(s, out);
	} else if (slice_eq(request->path, SLICE("/report"))) {
		if (is_for_people(s, request, out))
			answer_report(s, request, out);
	} else if (slice_eq(request->path, SLICE("/events"))) {
		if (is_for_people(s, request, out))
			answer_events(s, request, out);
	} else if (slice_eq(request->path, SLICE("/")) && s->live) {
		say(s, 302, out, "the page is /report\n");
		out->fields = "Location: /report\r\nCache-Control: no-store\r\n";
	} else {
		say(s, 404, out, "there are /report, /blocklist.txt, /metrics and /healthz\n");
	}
}

void http_answer(struct http_service *s, const struct http_request *request, struct http_response *out)
{
	*out = (struct http_response){ .status = 500 };
	if (!may_ask(s, request)) {
		say(s, 401, out, "a token is asked for here\n");
		out->fields = "WWW-Authenticate: Bearer realm=\"siphound\"\r\n"
			      "WWW-Authenticate: Basic realm=\"siphound\"\r\nCache-Control: no-store\r\n";
		return;
	}
	route(s, request, out);
	if (!out->body && out->status != 304) /* no memory for it */
		*out = (struct http_response){ .status = 500, .type = text_type, .fields = no_store };
}
