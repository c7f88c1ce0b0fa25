/* SPDX-License-Identifier: MIT */
#include "output/redis/route.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { NODES_MAX = 16, ROUNDS_MAX = 5, HASH_LENGTH = 40 };

struct node {
	struct redis_host host;
	struct redis_client *client;
	bool has_script[REDIS_SCRIPTS];
};

struct redis_route {
	struct redis_url url;
	char password[REDIS_PASSWORD_MAX];
	const atomic_bool *is_cancelled;
	size_t node_count; /* 0: not open. The first one is where we came in */
	struct node nodes[NODES_MAX];
	uint8_t node_of[REDIS_SHARDS_MAX];
	char hash[REDIS_SCRIPTS][HASH_LENGTH + 1];
};

/* ---- connections ---- */

static int connect_host(struct redis_route *r, const struct redis_host *host, bool is_sentinel,
			const char *password, struct redis_client **out, struct error *err)
{
	const struct redis_target target = {
		.path = *r->url.path ? r->url.path : NULL,
		.host = host->name,
		.port = host->port,
		.is_tls = r->url.is_tls,
		.user = is_sentinel ? "" : r->url.user,
		.password = password,
		.db = is_sentinel ? 0 : r->url.db,
		.is_cancelled = r->is_cancelled,
	};
	return redis_client_open(out, &target, err);
}

/* 0: not one. */
static uint16_t port_of(const char *text)
{
	uint64_t port;
	return slice_u64(slice_str(text), &port) && port <= UINT16_MAX ? (uint16_t)port : 0;
}

static int ask_sentinel(struct redis_route *r, const struct redis_host *sentinel, const char *password,
			struct redis_host *master, struct error *err)
{
	struct redis_client *c = NULL;
	struct redis_reply *reply = NULL;
	int bad = connect_host(r, sentinel, true, password, &c, err);
	if (bad)
		return bad;
	bad = redis_client_call(c, &reply, err, "SENTINEL", "get-master-addr-by-name", r->url.master, NULL);
	uint16_t port = port_of(redis_reply_text(redis_reply_at(reply, 1)));
	if (!bad && redis_reply_kind(reply) == REDIS_ERROR)
		bad = error_set(err, strncmp(redis_reply_text(reply), "NOAUTH", 6) ? -EPROTO : -EACCES,
				"the Sentinel %s says: %.200s", sentinel->name, redis_reply_text(reply));
	else if (!bad && (redis_reply_count(reply) != 2 || !port))
		bad = error_set(err, -ENOENT, "the Sentinel %s knows no master named %s", sentinel->name,
				r->url.master);
	if (!bad) {
		master->port = port;
		snprintf(master->name, sizeof master->name, "%s", redis_reply_text(redis_reply_at(reply, 0)));
	}
	redis_reply_free(reply);
	redis_client_close(c);
	return bad;
}

static int find_master(struct redis_route *r, struct redis_host *master, struct error *err)
{
	int bad = -ENOENT;
	for (size_t i = 0; i < r->url.host_count && bad; i++) {
		bad = ask_sentinel(r, &r->url.hosts[i], "", master, err);
		if (bad == -EACCES)
			bad = ask_sentinel(r, &r->url.hosts[i], r->password, master, err);
	}
	return bad;
}

/* Sentinels may still name a master that is none any more. A user without the right to ask ROLE is believed. */
static int check_master(struct redis_client *c, struct error *err)
{
	struct redis_reply *reply = NULL;
	int bad = redis_client_call(c, &reply, err, "ROLE", NULL);
	if (!bad && redis_reply_kind(reply) == REDIS_LIST &&
	    strcmp(redis_reply_text(redis_reply_at(reply, 0)), "master") != 0)
		bad = error_set(err, -EAGAIN, "the Redis that the Sentinels name is no master yet");
	redis_reply_free(reply);
	return bad;
}

int redis_route_open(struct redis_route *r, struct error *err)
{
	struct node *first = &r->nodes[0];
	int bad = 0;
	if (r->node_count)
		return 0;
	memset(r->nodes, 0, sizeof r->nodes);
	memset(r->node_of, 0, sizeof r->node_of);
	first->host = r->url.hosts[0];
	if (*r->url.master)
		bad = find_master(r, &first->host, err);
	bad = bad ? bad : connect_host(r, &first->host, false, r->password, &first->client, err);
	if (!bad && *r->url.master)
		bad = check_master(first->client, err);
	if (bad) {
		redis_client_close(first->client);
		return bad;
	}
	r->node_count = 1;
	return 0;
}

void redis_route_close(struct redis_route *r)
{
	for (size_t i = 0; i < r->node_count; i++)
		redis_client_close(r->nodes[i].client);
	r->node_count = 0;
}

bool redis_route_is_open(const struct redis_route *r)
{
	return r->node_count > 0;
}

struct redis_client *redis_route_first(struct redis_route *r)
{
	return r->node_count ? r->nodes[0].client : NULL;
}

size_t redis_route_servers(const struct redis_route *r, struct addr *out, size_t max)
{
	size_t count = 0;
	struct addr peer;
	for (size_t i = 0; i < r->node_count; i++)
		if (redis_client_peer(r->nodes[i].client, &peer)) {
			if (count < max)
				out[count] = peer;
			count++;
		}
	return count;
}

struct redis_route *redis_route_new(const struct redis_url *url, const char *password,
				    const atomic_bool *is_cancelled)
{
	struct redis_route *r = calloc(1, sizeof *r);
	if (!r)
		return NULL;
	r->url = *url;
	r->is_cancelled = is_cancelled;
	snprintf(r->password, sizeof r->password, "%s", password);
	return r;
}

void redis_route_free(struct redis_route *r)
{
	if (!r)
		return;
	redis_route_close(r);
	explicit_bzero(r->password, sizeof r->password);
	free(r);
}

/* ---- redirections: "MOVED 3999 127.0.0.1:6381", "ASK 3999 [::1]:6381", ":6381" for the same host ---- */

static int find_node(struct redis_route *r, const char *text, size_t from, size_t *out, struct error *err)
{
	struct redis_host host = { .port = 0 };
	const char *at = strrchr(text, ' '), *colon = at ? strrchr(at, ':') : NULL;
	uint16_t port = colon ? port_of(colon + 1) : 0;
	if (!port)
		return error_set(err, -EPROTO, "Redis sends us on to nowhere: %.100s", text);
	bool is_v6 = at[1] == '[';
	size_t length = (size_t)(colon - at - 1) - (is_v6 && colon - at > 2 ? 2 : 0);
	snprintf(host.name, sizeof host.name, "%.*s", (int)(length < 253 ? length : 253), at + 1 + is_v6);
	if (!*host.name)
		host = r->nodes[from].host;
	host.port = port;
	for (size_t i = 0; i < r->node_count; i++)
		if (r->nodes[i].host.port == host.port && strcmp(r->nodes[i].host.name, host.name) == 0) {
			*out = i;
			return 0;
		}
	if (r->node_count == NODES_MAX)
		return error_set(err, -EPROTO, "the Redis cluster sends us to more than %d nodes", NODES_MAX);
	struct node *n = &r->nodes[r->node_count];
	*n = (struct node){ .host = host };
	int bad = connect_host(r, &host, false, r->password, &n->client, err);
	*out = r->node_count;
	r->node_count += !bad;
	return bad;
}

static int load_script(struct redis_route *r, struct node *n, enum redis_script script, struct error *err)
{
	const char *text = script == REDIS_MERGE ? redis_script_merge : redis_script_campaign;
	struct redis_reply *reply = NULL;
	int bad = redis_client_call(n->client, &reply, err, "SCRIPT", "LOAD", text, NULL);
	if (!bad && strlen(redis_reply_text(reply)) == HASH_LENGTH) {
		memcpy(r->hash[script], redis_reply_text(reply), sizeof r->hash[script]);
		n->has_script[script] = true;
	} else if (!bad) {
		bad = error_set(err, strncmp(redis_reply_text(reply), "NOPERM", 6) ? -EAGAIN : -EACCES,
				"Redis does not take the script: %.200s", redis_reply_text(reply));
	}
	redis_reply_free(reply);
	return bad;
}

/* ---- running ---- */

struct run {
	struct redis_route *r;
	const struct redis_command *commands;
	size_t count;
	int wait_ms;
	redis_reply_fn reply;
	redis_refusal_fn refusal; /* may be NULL */
	void *ctx;
	struct {
		uint8_t node;
		bool is_done, is_asking, is_sent;
	} state[REDIS_COMMANDS_MAX];
	int refused; /* the first error that is the command's own */
	struct error *err;
};

static int queue_one(struct run *run, size_t i)
{
	const struct redis_command *c = &run->commands[i];
	struct node *n = &run->r->nodes[run->state[i].node];
	const char *argv[REDIS_ARGUMENTS_MAX];
	size_t lengths[REDIS_ARGUMENTS_MAX];
	int bad = 0;
	if (c->argc > REDIS_ARGUMENTS_MAX)
		return error_set(run->err, -EINVAL, "a Redis command of %zu words", c->argc);
	for (size_t k = 0; k < c->argc; k++) {
		bool is_hash = c->script && k == 1;
		argv[k] = is_hash ? run->r->hash[c->script] : c->argv[k];
		lengths[k] = c->lengths && !is_hash ? c->lengths[k] : strlen(argv[k]);
	}
	if (run->state[i].is_asking) {
		static const char *const asking[] = { "ASKING" };
		static const size_t six[] = { 6 };
		bad = redis_client_queue(n->client, 1, asking, six);
	}
	bad = bad ? bad : redis_client_queue(n->client, c->argc, argv, lengths);
	return bad ? error_set(run->err, bad, "no memory to ask Redis") : 0;
}

/* Will the same command have a chance later, when nobody has changed anything? */
static bool is_passing(const char *text)
{
	static const char *const words[] = { "LOADING",	   "READONLY",	    "MASTERDOWN", "CLUSTERDOWN",
					     "TRYAGAIN",   "BUSY",	    "OOM",	  "MISCONF",
					     "NOREPLICAS", "ERR max number" };
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strncmp(text, words[i], strlen(words[i])) == 0)
			return true;
	return false;
}

/* " of KEY", where one key is what it is about. */
static const char *name_key(const struct redis_command *c, char out[REDIS_KEY_MAX + 8])
{
	size_t at = strcmp(c->argv[0], "EVAL") == 0 ? 3 : 1;
	*out = '\0';
	if (!c->script && c->argc > at && strncmp(c->argv[at], "{siphound:", 10) == 0)
		snprintf(out, REDIS_KEY_MAX + 8, " of %s", c->argv[at]);
	return out;
}

static void take_refusal(struct run *run, size_t i, const char *text)
{
	char key[REDIS_KEY_MAX + 8];
	bool is_rights = !strncmp(text, "NOPERM", 6) || !strncmp(text, "NOAUTH", 6) ||
			 strstr(text, "The user executing the script");
	int code = is_rights ? -EACCES : is_passing(text) ? -EAGAIN : -EPROTO;
	if (code != -EAGAIN && run->refusal && run->refusal(run->ctx, i, code, text))
		return;
	if (run->refused)
		return;
	if (is_rights)
		run->refused =
		    error_set(run->err, -EACCES,
			      "Redis refuses us: %.200s (docs/redis.md, \"Rights\", has the rules that an "
			      "account needs)",
			      text);
	else
		run->refused =
		    error_set(run->err, code, "Redis says%s: %.300s", name_key(&run->commands[i], key), text);
}

/* An error that somebody else, or the same server after a script load, can answer; or the command's last
 * word. */
static int take_error(struct run *run, size_t i, const char *text)
{
	struct redis_route *r = run->r;
	bool is_moved = strncmp(text, "MOVED ", 6) == 0;
	size_t node = 0;
	if (is_moved || strncmp(text, "ASK ", 4) == 0) {
		int bad = find_node(r, text, run->state[i].node, &node, run->err);
		if (bad)
			return bad;
		if (is_moved)
			r->node_of[run->commands[i].shard % REDIS_SHARDS_MAX] = (uint8_t)node;
		run->state[i].node = (uint8_t)node;
		run->state[i].is_asking = !is_moved;
		return 0;
	}
	if (run->commands[i].script && strncmp(text, "NOSCRIPT", 8) == 0) {
		r->nodes[run->state[i].node].has_script[run->commands[i].script] = false;
		return 0;
	}
	run->state[i].is_done = true;
	take_refusal(run, i, text);
	return 0;
}

static int take_one(struct run *run, size_t i)
{
	struct redis_client *client = run->r->nodes[run->state[i].node].client;
	struct redis_reply *reply = NULL;
	int bad = 0;
	if (run->state[i].is_asking) {
		bad = redis_client_reply(client, 0, &reply, run->err);
		redis_reply_free(reply);
		reply = NULL;
		run->state[i].is_asking = false;
	}
	bad = bad ? bad : redis_client_reply(client, run->wait_ms, &reply, run->err);
	if (bad)
		return bad;
	if (redis_reply_kind(reply) == REDIS_ERROR) {
		bad = take_error(run, i, redis_reply_text(reply));
	} else {
		run->state[i].is_done = true;
		if (run->reply)
			run->reply(run->ctx, i, reply);
	}
	redis_reply_free(reply);
	return bad;
}

/* Before anything else is in a server's line, as the reply is read at once. */
static int load_scripts(struct run *run)
{
	int bad = 0;
	for (size_t i = 0; i < run->count && !bad; i++) {
		struct node *n = &run->r->nodes[run->state[i].node];
		enum redis_script script = run->commands[i].script;
		if (script && !run->state[i].is_done && !n->has_script[script])
			bad = load_script(run->r, n, script, run->err);
	}
	return bad;
}

/* Everything is sent before the first reply is read. Each answer is then one of many in a server's line. */
static int run_round(struct run *run, size_t *left)
{
	int bad = load_scripts(run);
	for (size_t i = 0; i < run->count && !bad; i++) {
		run->state[i].is_sent = !run->state[i].is_done;
		if (run->state[i].is_sent)
			bad = queue_one(run, i);
	}
	for (size_t i = 0; i < run->count && !bad; i++)
		if (run->state[i].is_sent)
			bad = take_one(run, i);
	*left = 0;
	for (size_t i = 0; i < run->count; i++)
		*left += !run->state[i].is_done;
	return bad;
}

int redis_route_try(struct redis_route *r, const struct redis_command *commands, size_t count, int wait_ms,
		    redis_reply_fn reply, redis_refusal_fn refusal, void *ctx, struct error *err)
{
	struct run run = { .r = r,
			   .commands = commands,
			   .count = count,
			   .wait_ms = wait_ms,
			   .reply = reply,
			   .refusal = refusal,
			   .ctx = ctx,
			   .err = err };
	size_t left = count;
	int bad = r->node_count ? 0 : error_set(err, -ENOTCONN, "there is no connection to Redis");
	if (count > REDIS_COMMANDS_MAX)
		return error_set(err, -EINVAL, "%zu Redis commands at a time", count);
	for (size_t i = 0; i < count; i++)
		run.state[i].node = r->node_of[commands[i].shard % REDIS_SHARDS_MAX];
	for (unsigned round = 0; round < ROUNDS_MAX && left && !bad; round++)
		bad = run_round(&run, &left);
	if (!bad && left && !run.refused)
		bad = error_set(err, -EAGAIN, "the Redis servers send us back and forth");
	if (bad || run.refused == -EAGAIN) /* a master may have become a replica: look anew */
		redis_route_close(r);
	return bad ? bad : run.refused;
}

int redis_route_run(struct redis_route *r, const struct redis_command *commands, size_t count, int wait_ms,
		    redis_reply_fn reply, void *ctx, struct error *err)
{
	return redis_route_try(r, commands, count, wait_ms, reply, NULL, ctx, err);
}
