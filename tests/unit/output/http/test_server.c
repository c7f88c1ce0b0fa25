/* SPDX-License-Identifier: MIT */
#include "output/http/internal.h"
#include "unit/output/store/fixtures.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

static struct store_file file;
static struct metrics_board *board;
static struct http_server *server;
static char token_path[128];
static _Atomic int64_t now_us;

static int64_t clock_us(void)
{
	return now_us;
}

static void setup(void)
{
	now_us = NOON;
	store_file_open(&file);
	board = metrics_board_new();
	snprintf(token_path, sizeof token_path, "%s/token", file.folder);
}

static void teardown(void)
{
	http_server_stop(server);
	metrics_board_free(board);
	unlink(token_path);
	store_file_close(&file);
}

TestSuite(http_server, .init = setup, .fini = teardown, .timeout = 120);

static void serve(const char *at, const char *token_file)
{
	struct http_options options = { .listen = at,
					.any_port = true,
					.token_file = token_file,
					.store_path = file.path,
					.metrics = board,
					.clock_us = clock_us };
	cr_assert_eq(http_server_open(&server, &options, &file.err), 0, "%s", file.err.text);
	cr_assert_eq(http_server_start(server, &file.err), 0, "%s", file.err.text);
}

static void publish(void)
{
	struct metrics *m = calloc(1, sizeof *m);
	m->tick_us = NOON;
	m->packets = 4711;
	m->input_count = 1;
	m->inputs[0] = (struct metrics_input){ "eth1", true, 4711, 0 };
	metrics_publish(board, m);
	free(m);
}

static int dial(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons((uint16_t)http_server_port(server)) };
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	cr_assert(fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0, "%s", strerror(errno));
	return fd;
}

/* All that comes until the end of the connection. */
static const char *hear(int fd)
{
	static char text[1 << 16];
	size_t len = 0;
	ssize_t n;
	while (len < sizeof text - 1 && (n = recv(fd, text + len, sizeof text - 1 - len, 0)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	close(fd);
	return text;
}

static const char *ask(const char *request)
{
	int fd = dial();
	cr_assert_eq(send(fd, request, strlen(request), MSG_NOSIGNAL), (ssize_t)strlen(request));
	return hear(fd);
}

static int status_of(const char *response)
{
	int status = 0;
	cr_expect_eq(sscanf(response, "HTTP/1.1 %3d ", &status), 1, "%s", response);
	return status;
}

#define OWN(path) "GET " path " HTTP/1.1\r\nHost: localhost:9808\r\n\r\n"
#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"

Test(http_server, routes)
{
	static const struct {
		const char *request;
		int status;
		const char *says;
	} cases[] = {
		{ GET("/metrics"), 200, "\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n" },
		{ GET("/metrics"), 200, "\nsiphound_packets_total 4711\n" },
		{ GET("/healthz"), 200, "\r\n\r\nok\n" },
		{ GET("/healthz"), 200, "\r\nDate: Fri, 02 Jan 2026 12:00:00 GMT\r\n" },
		{ GET("/blocklist.txt"), 200, "\r\n\r\n192.0.2.7\n2001:db8::7\n" },
		{ GET("/blocklist.txt?family=6"), 200, "\r\n\r\n2001:db8::7\n" },
		{ GET("http://h/blocklist.txt?family=4"), 200, "\r\n\r\n192.0.2.7\n" },
		{ GET("/blocklist.txt?colour=red"), 400,
		  "there is no such parameter; there are family, min_score and since\n" },
		{ GET("/"), 302, "\r\nLocation: /report\r\n" },
		{ GET("/index.html"), 404, "there are /report, /blocklist.txt, /metrics and /healthz\n" },
		{ OWN("/report"), 200, "\r\nContent-Type: text/html; charset=utf-8\r\n" },
		{ "GET /report HTTP/1.1\r\nHost: [::1]:9808\r\n\r\n", 200, "script-src 'sha256-" },
		{ OWN("/report?family=5"), 400, NULL },
		{ GET("/report"), 421, "by address (127.0.0.1) or as localhost" },
		{ GET("/events"), 421, NULL },
		{ "GET /report HTTP/1.1\r\nHost: localhost.evil.example\r\n\r\n", 421, NULL },
		{ OWN("/report?since=7d"), 200, "who was seen since 2025-12-26 12:00:00" },
		{ GET("/../etc/passwd"), 404, NULL },
		{ GET("/blocklist.txt/"), 404, NULL },
		{ GET("/%62locklist.txt"), 404, NULL },
		{ "POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", 405,
		  "\r\nAllow: GET, HEAD\r\n" },
		{ "DELETE /blocklist.txt HTTP/1.1\r\nHost: a\r\n\r\n", 405, NULL },
		{ "BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 501, NULL },
		{ "GET / HTTP/1.1\r\n\r\n", 400, "with one Host field and without a body\n" },
		{ "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, NULL },
		{ "\x16\x03\x01\r\n", 400, NULL },
	};
	struct addr_prefix v4 = fixture_net("192.0.2.7"), v6 = fixture_net("2001:db8::7");
	store_ban(file.store, &v4, NOON, 0, NULL, &file.err);
	store_ban(file.store, &v6, NOON, 0, NULL, &file.err);
	publish();
	serve("127.0.0.1", NULL);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *response = ask(cases[i].request);
		cr_expect_eq(status_of(response), cases[i].status, "%s: %s", cases[i].request, response);
		cr_expect(strstr(response, "\r\nConnection: close\r\n"));
		if (cases[i].says)
			cr_expect(strstr(response, cases[i].says), "%s: %s", cases[i].request, response);
	}
	cr_expect(strstr(ask(GET("/metrics")), "siphound_http_responses_total{code=\"404\"} 4\n"));
}

/* One event is there at once, the next a second later; the page fetches the report anew when `seq` has
 * changed. */
Test(http_server, events)
{
	static const char request[] = OWN("/events");
	char text[4096];
	size_t len = 0;
	struct addr_prefix net = fixture_net("192.0.2.7");
	publish();
	serve("127.0.0.1", NULL);
	int fd = dial();
	cr_assert_eq(send(fd, request, sizeof request - 1, MSG_NOSIGNAL), (ssize_t)sizeof request - 1);
	for (unsigned events = 0; events < 2;) {
		ssize_t n = recv(fd, text + len, sizeof text - 1 - len, 0);
		cr_assert(n > 0);
		len += (size_t)n;
		text[len] = '\0';
		events = 0;
		for (const char *at = text; (at = strstr(at, "\ndata: {")); at++)
			events++;
		if (events == 1) {
			store_ban(file.store, &net, NOON, 0, NULL, &file.err);
			now_us += SECOND_US;
		}
	}
	close(fd);
	cr_expect(strstr(text, "\r\nContent-Type: text/event-stream\r\n"), "%s", text);
	cr_expect_not(strstr(text, "Content-Length"));
	cr_expect(strstr(text, "\"at\":\"12:00:00\""), "%s", text);
	cr_expect(strstr(text, "\"packets\":4711"), "%s", text);
	cr_expect(strstr(text, "\"seq\":\"0\""), "%s", text);
	cr_expect(strstr(text, "\"seq\":\"1\""), "%s", text);
}

Test(http_server, only_so_many_streams)
{
	static const char request[] = OWN("/events");
	int fds[HTTP_STREAMS_MAX];
	char byte;
	publish();
	serve("127.0.0.1", NULL);
	for (size_t i = 0; i < HTTP_STREAMS_MAX; i++) {
		fds[i] = dial();
		cr_assert_eq(send(fds[i], request, sizeof request - 1, MSG_NOSIGNAL),
			     (ssize_t)sizeof request - 1);
		cr_assert_eq(recv(fds[i], &byte, 1, 0), 1);
	}
	cr_expect_eq(status_of(ask(request)), 503);
	cr_expect_eq(status_of(ask(GET("/healthz"))), 200);
	for (size_t i = 0; i < HTTP_STREAMS_MAX; i++)
		close(fds[i]);
	/* Their places come back. */
	for (unsigned tries = 0;
	     tries < 1000 && status_of(ask("HEAD /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")) == 503;
	     tries++)
		usleep(50000);
	cr_expect_eq(status_of(ask("HEAD /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")), 200);
}

Test(http_server, report_of_the_store)
{
	static struct fixture f;
	fixture_fill(&f, "203.0.113.41");
	const struct store_input input = { "a.pcap", 1, false };
	store_say(&file, &f.offender, &input, 1);
	serve("127.0.0.1", NULL);
	const char *response = ask(OWN("/report"));
	cr_expect(strstr(response, "id=\"a-203.0.113.41\""));
	cr_expect(strstr(response, "connect-src 'self'"));
	cr_expect(strstr(response, "\r\nX-Frame-Options: DENY\r\n"));
	cr_expect_not(strstr(response, file.path), "it tells where the store is");
}

Test(http_server, head_is_get_without_body)
{
	char get[4096];
	serve("127.0.0.1", NULL);
	publish();
	snprintf(get, sizeof get, "%s", ask(GET("/healthz")));
	const char *head = ask("HEAD /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
	cr_expect(strstr(head, "\r\nContent-Length: 3\r\n"));
	cr_expect_eq(strncmp(get, head, strlen(head)), 0);
	cr_expect_str_eq(head + strlen(head) - 4, "\r\n\r\n");
}

Test(http_server, not_modified)
{
	char request[300], etag[80] = "";
	struct addr_prefix net = fixture_net("192.0.2.7"), other = fixture_net("192.0.2.8");
	store_ban(file.store, &net, NOON, 0, NULL, &file.err);
	serve("127.0.0.1", NULL);
	const char *at = strstr(ask(GET("/blocklist.txt")), "\r\nETag: ");
	cr_assert(at && sscanf(at, "\r\nETag: %79[^\r]", etag) == 1);
	snprintf(request, sizeof request,
		 "GET /blocklist.txt HTTP/1.1\r\nHost: a\r\nIf-None-Match: \"x\", W/%s\r\n\r\n", etag);
	const char *response = ask(request);
	cr_expect_eq(status_of(response), 304);
	cr_expect(strstr(response, etag));
	cr_expect_not(strstr(response, "Content-Length"));
	cr_expect_str_eq(response + strlen(response) - 4, "\r\n\r\n");
	store_ban(file.store, &other, NOON, 0, NULL, &file.err);
	now_us += SECOND_US;
	cr_expect_eq(status_of(ask(request)), 200);
}

Test(http_server, health)
{
	struct metrics *m = calloc(1, sizeof *m);
	serve("127.0.0.1", NULL);
	cr_expect(strstr(ask(GET("/healthz")), "503 Service Unavailable"));
	publish();
	cr_expect_eq(status_of(ask(GET("/healthz"))), 200);
	now_us += 11 * SECOND_US;
	cr_expect(strstr(ask(GET("/healthz")), "\r\n\r\nthe watching loop did not turn for 11 s\n"));
	m->tick_us = now_us;
	m->input_count = 2;
	strcpy(m->inputs[0].name, "eth1");
	strcpy(m->inputs[1].name, "a\"b\n.log");
	metrics_publish(board, m);
	cr_expect(
	    strstr(ask(GET("/healthz")), "\r\n\r\nno input is up: nothing can be seen on eth1, a?b?.log\n"));
	m->inputs[1].is_up = true;
	m->store.is_on = m->store.is_failing = true;
	metrics_publish(board, m);
	cr_expect(strstr(ask(GET("/healthz")), "the store can not be written"));
	free(m);
}

static void write_token(const char *text, mode_t mode)
{
	FILE *out = fopen(token_path, "w");
	cr_assert(out);
	fputs(text, out);
	fclose(out);
	cr_assert_eq(chmod(token_path, mode), 0);
}

Test(http_server, token)
{
	publish();
	write_token("0123456789abcdef0123\n", 0640);
	serve("*", token_path);
	const char *refused = ask(GET("/healthz"));
	cr_expect_eq(status_of(refused), 401);
	cr_expect(strstr(refused, "WWW-Authenticate: Bearer"));
	static const struct {
		const char *field;
		int status;
	} cases[] = {
		{ "Bearer 0123456789abcdef0123", 200 },
		{ "bearer 0123456789abcdef0123", 200 },
		{ "Basic ZWRsOjAxMjM0NTY3ODlhYmNkZWYwMTIz", 200 }, /* edl:TOKEN */
		{ "Bearer 0123456789abcdef012", 401 },
		{ "Bearer 0123456789abcdef01234", 401 },
		{ "Bearer 0123456789abcdef0124", 401 },
		{ "Bearer", 401 },
		{ "0123456789abcdef0123", 401 },
		{ "Basic MDEyMzQ1Njc4OWFiY2RlZjAxMjM=", 401 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char request[300];
		snprintf(request, sizeof request,
			 "GET /healthz HTTP/1.1\r\nHost: a\r\nAuthorization: %s\r\n\r\n", cases[i].field);
		cr_expect_eq(status_of(ask(request)), cases[i].status, "%s", cases[i].field);
	}
}

Test(http_server, says_what_is_wrong_at_the_start)
{
	struct http_options options = { .listen = "192.0.2.1:9808", .clock_us = clock_us };
	cr_expect_eq(http_server_open(&server, &options, &file.err), -EPERM);
	cr_expect(strstr(file.err.text, "--http-token-file"), "%s", file.err.text);
	options.listen = "*:9808";
	cr_expect_eq(http_server_open(&server, &options, &file.err), -EPERM);
	options.listen = "[::]:9808";
	cr_expect_eq(http_server_open(&server, &options, &file.err), -EPERM);
	options.listen = "127.0.0.1:99999";
	cr_expect_eq(http_server_open(&server, &options, &file.err), -EINVAL);
	options.listen = "metrics.example:80";
	cr_expect_eq(http_server_open(&server, &options, &file.err), -EINVAL);

	options.listen = "*:9808";
	options.any_port = true;
	options.token_file = token_path;
	cr_expect_eq(http_server_open(&server, &options, &file.err), -ENOENT);
	static const char *const bad[] = { "", "short\n", "with a blank 0123456789\n",
					   "two\nlines of text 01234567\n" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		write_token(bad[i], 0600);
		cr_expect_eq(http_server_open(&server, &options, &file.err), -EINVAL, "%s", bad[i]);
	}
	write_token("0123456789abcdef0123\n", 0644);
	cr_expect_eq(http_server_open(&server, &options, &file.err), -EPERM);
	cr_expect(strstr(file.err.text, "chmod"), "%s", file.err.text);

	struct http_server *second = NULL;
	char again[32];
	serve("127.0.0.1", NULL);
	snprintf(again, sizeof again, "127.0.0.1:%u", http_server_port(server));
	char place[HTTP_PLACE_MAX];
	cr_expect_str_eq(http_server_place(server, place), again);
	struct http_options taken = { .listen = again, .clock_us = clock_us };
	cr_expect_eq(http_server_open(&second, &taken, &file.err), -EADDRINUSE);
	cr_expect(strstr(file.err.text, again), "%s", file.err.text);
	http_server_stop(NULL);
}

Test(http_server, byte_by_byte)
{
	static const char request[] = GET("/healthz");
	publish();
	serve("localhost", NULL);
	int fd = dial();
	for (size_t i = 0; i < sizeof request - 1; i++)
		cr_assert_eq(send(fd, request + i, 1, MSG_NOSIGNAL), 1);
	cr_expect_eq(status_of(hear(fd)), 200);
}

Test(http_server, too_long)
{
	char *request = calloc(1, 70000);
	publish();
	serve("127.0.0.1", NULL);
	memset(request, 'a', 65536);
	memcpy(request, "GET /", 5);
	cr_expect_eq(status_of(ask(request)), 414);
	memcpy(request, "GET / HTTP/1.1\r\nHost: a\r\nX: ", 28);
	cr_expect_eq(status_of(ask(request)), 431);
	free(request);
}

/* Many that say nothing do not keep out the one that does. */
Test(http_server, the_silent_make_room)
{
	int silent[3 * HTTP_CONNECTIONS_MAX];
	publish();
	serve("127.0.0.1", NULL);
	for (size_t i = 0; i < sizeof silent / sizeof *silent; i++) {
		silent[i] = dial();
		send(silent[i], "GET / HT", 8, MSG_NOSIGNAL);
	}
	cr_expect_eq(status_of(ask(GET("/healthz"))), 200);
	for (size_t i = 0; i < sizeof silent / sizeof *silent; i++)
		close(silent[i]);
}

Test(http_server, who_takes_too_long_is_told)
{
	publish();
	serve("127.0.0.1", NULL);
	int fd = dial();
	send(fd, "GET / HT", 8, MSG_NOSIGNAL);
	cr_expect_eq(status_of(hear(fd)), 408);
}

/* One who asks for a list and does not read it holds up nobody. */
Test(http_server, slow_reader)
{
	int room = 65536;
	store_change_by_hand(&file,
			     "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99999)"
			     " INSERT INTO ban (net, low, high, source, first_us, times)"
			     " SELECT printf('198.%d.%d.%d', 18 + i / 65536, i / 256 % 256, i % 256), "
			     "x'00000000000000000000ffffc6120000',"
			     " x'00000000000000000000ffffc613ffff', 'manual', 1, 0 FROM n");
	publish();
	serve("127.0.0.1", NULL);
	int fd = dial();
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
	send(fd, GET("/blocklist.txt"), strlen(GET("/blocklist.txt")), MSG_NOSIGNAL);
	for (int i = 0; i < 20; i++)
		cr_expect_eq(status_of(ask(GET("/healthz"))), 200);
	static char text[2 << 20];
	size_t len = 0, body = 0;
	ssize_t n;
	while ((n = recv(fd, text + len, sizeof text - 1 - len, 0)) > 0)
		len += (size_t)n;
	close(fd);
	const char *at = strstr(text, "\r\nContent-Length: "), *end = strstr(text, "\r\n\r\n");
	cr_assert(at && end && sscanf(at, "\r\nContent-Length: %zu", &body) == 1);
	cr_expect(body > 100000 * strlen("198.18.0.0\n"));
	cr_expect_eq(len, (size_t)(end + 4 - text) + body, "%zu bytes, whole", len);
}
