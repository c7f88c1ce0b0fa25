/* SPDX-License-Identifier: MIT */
#include "core/thread.h"

#include <criterion/criterion.h>
#include <signal.h>

struct seen {
	sigset_t blocked;
};

static void *note_blocked(void *arg)
{
	struct seen *seen = arg;
	pthread_sigmask(SIG_SETMASK, NULL, &seen->blocked);
	return seen;
}

Test(thread, takes_no_signals_and_leaves_ours_alone)
{
	pthread_t thread;
	struct seen seen;
	sigset_t ours;
	void *result;
	sigemptyset(&ours);
	sigaddset(&ours, SIGUSR2);
	pthread_sigmask(SIG_SETMASK, &ours, NULL);
	cr_assert_eq(thread_start(&thread, note_blocked, &seen), 0);
	pthread_join(thread, &result);
	cr_assert_eq(result, &seen);
	cr_expect(sigismember(&seen.blocked, SIGTERM) && sigismember(&seen.blocked, SIGHUP));
	pthread_sigmask(SIG_SETMASK, NULL, &ours);
	cr_expect(sigismember(&ours, SIGUSR2) && !sigismember(&ours, SIGTERM));
}
