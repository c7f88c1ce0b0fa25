/* SPDX-License-Identifier: MIT */
#include "app/signals.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>

static sigset_t ours(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	return set;
}

void signals_hold(void)
{
	const sigset_t set = ours();
	sigprocmask(SIG_BLOCK, &set, NULL);
}

int signals_take(int *fd, struct error *err)
{
	const sigset_t set = ours();
	signal(SIGPIPE, SIG_IGN); /* who reads our output went away: seen when it is written */
	*fd = sigprocmask(SIG_BLOCK, &set, NULL) ? -1 : signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	return *fd < 0 ? error_set(err, -errno, "no signals: %s", strerror(errno)) : 0;
}
