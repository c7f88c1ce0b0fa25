/* SPDX-License-Identifier: MIT */
#include "app/watch/store.h"

#include "app/commands/command.h"
#include "app/moment.h"
#include "app/watch/watch.h"

#include <errno.h>
#include <sys/stat.h>
#include <time.h>

/* Each try at a store that is locked waits for seconds, in which frames pile up: not too often. */
enum { RETRY_US = 15 * 1000000 };

/* What a full disk or quota, a lock, or a medium that is read-only for now look like. */
static bool may_pass(int code)
{
	return code == -EBUSY || code == -ENOSPC || code == -EIO || code == -EACCES;
}

int watch_store_allow(struct watch *w, struct error *err)
{
	const struct session *s = &w->session;
	const struct options *o = &s->options;
	if (!s->store.store || w->store.is_away || !w->store.lacks_allow)
		return 0;
	int bad =
	    allow_list_store(&s->allow, o->home, o->home_count, o->config, s->store.store, moment_now(), err);
	w->store.lacks_allow = bad != 0;
	return bad;
}

static int64_t monotonic_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

bool watch_store_passes(struct watch *w, int code, const struct error *err)
{
	struct watch_store *s = &w->store;
	if (!w->session.store.sink || !may_pass(code))
		return false;
	if (!s->is_told)
		complain("%s; the watch goes on without the store, tries again every %d s, and then writes "
			 "what is missing",
			 err->text, RETRY_US / 1000000);
	s->is_told = s->is_away = true;
	s->retry_us = monotonic_us() + RETRY_US;
	w->sink.store = NULL;
	return true;
}

bool watch_store_is_due(const struct watch_store *s, int64_t now_us)
{
	return s->is_away && now_us >= s->retry_us;
}

void watch_store_take_up(struct watch *w)
{
	w->store.is_away = false;
	w->sink.store = w->session.store.sink;
	store_sink_again(w->sink.store);
}

void watch_store_is_back(struct watch *w)
{
	w->store.is_told = false;
	complain("%s is written again; what was found meanwhile is in it", w->session.options.store);
}

void watch_store_look(struct watch *w)
{
	struct watch_store *s = &w->store;
	const char *path = w->session.options.store;
	struct stat info;
	if (!w->session.store.sink || s->is_gone)
		return;
	errno = 0;
	bool is_there = stat(path, &info) == 0;
	if (is_there && !s->inode) {
		s->device = info.st_dev;
		s->inode = info.st_ino;
	}
	s->is_gone =
	    s->inode && (is_there ? info.st_dev != s->device || info.st_ino != s->inode : errno == ENOENT);
	if (s->is_gone)
		complain("%s was %s while it was in use: what is found now is not kept; start siphound again",
			 path, is_there ? "replaced by another file" : "taken away");
}
