/* SPDX-License-Identifier: MIT */
#ifndef CORE_THREAD_H
#define CORE_THREAD_H

#include <pthread.h>

/* core/thread.h - threads beside the one that the program was started with. */

/* Starts run(arg) in a thread that takes no signals: those are the first thread's business, and a thread keeps
 * what is blocked where it is made. To be joined by the caller. 0 or a negative errno; *out is only set on
 * success. */
int thread_start(pthread_t *out, void *(*run)(void *), void *arg);

#endif
