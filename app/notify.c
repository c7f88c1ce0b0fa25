/* SPDX-License-Identifier: MIT */
#include "app/notify.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* A path, or a name in the abstract name space, written with @ for the NUL it begins with. */
static socklen_t address_of(const char *name, struct sockaddr_un *a)
{
	size_t len = strlen(name);
	if (len < 2 || len >= sizeof a->sun_path || (name[0] != '/' && name[0] != '@'))
		return 0;
	memset(a, 0, sizeof *a);
	a->sun_family = AF_UNIX;
	memcpy(a->sun_path, name, len);
	if (name[0] == '@')
		a->sun_path[0] = '\0';
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + (name[0] == '/'));
}

bool notify(const char *state)
{
	const char *name = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address;
	socklen_t address_len = name ? address_of(name, &address) : 0;
	if (!address_len)
		return false;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	/* Never wait for systemd: a missed word is said again. */
	ssize_t sent = sendto(fd, state, strlen(state), MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)&address, address_len);
	close(fd);
	return sent == (ssize_t)strlen(state);
}

bool notify_ready(const char *status)
{
	char state[512];
	snprintf(state, sizeof state, "READY=1\nSTATUS=%s", status);
	return notify(state);
}

int64_t notify_watchdog_us(void)
{
	const char *us = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	if (!us || (pid && strtoll(pid, NULL, 10) != getpid()))
		return 0;
	int64_t value = strtoll(us, NULL, 10);
	return value > 0 ? value : 0;
}
