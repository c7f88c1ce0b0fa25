/* SPDX-License-Identifier: MIT */
#ifndef APP_SYSCALL_FILTER_H
#define APP_SYSCALL_FILTER_H

#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>

/* app/syscall_filter.h - which system calls the running program may make (seccomp, by libseccomp). Seen by privileges.c only. */

/* A build with AddressSanitizer looks for leaks at its end, for which it starts a thread that traces it. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

/* Needs no_new_privs. 0; also with *remark saying why there is no filter (built without libseccomp, or a kernel without seccomp).
 * `mute`: see struct privileges_options. with_netlink: all of netlink, for who keeps the right to change the firewall. */
int syscall_filter_install(const int *mute, size_t mute_count, bool with_netlink, const char **remark, struct error *err);

#endif
