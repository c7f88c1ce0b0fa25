/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fnmatch.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

/* tests/support/faults.c - runs a program and lets one of its system calls fail, or all from that one on:
 *
 *	faults CALL[,CALL...] PATTERN NUMBER[+] ERROR COUNT-FILE PROGRAM [ARGUMENT...]
 *
 * Counted are the calls of these names, of all threads, on files whose path matches PATTERN (as in a shell,
 * an asterisk takes slashes too); a socket's path is "socket:", what is connected or sent to a Unix socket is
 * let alone. NUMBER: the first is 1; 0: none fails. ERROR: EIO, ENOSPC, ... or KILL, which ends the program
 * before the call does anything. COUNT-FILE gets the number of calls that were counted, and the name of the
 * one that failed. The exit status is the program's, 128 and the signal when one ended it; 77 when the kernel
 * does not let us.
 *
 * The kernel asks this process about each such call (seccomp, user notification), so calls inside of libc and
 * SQLite are seen as well, in a program as it ships; and it may give up rights and filter its own calls. */

struct call {
	const char *name;
	int number;
	enum { BY_FD, BY_PATH, BY_PATH_AT, BY_SOCKET } kind;
};

static const struct call calls[] = {
	{ "write", SYS_write, BY_FD },
	{ "writev", SYS_writev, BY_FD },
	{ "pwrite64", SYS_pwrite64, BY_FD },
	{ "fsync", SYS_fsync, BY_FD },
	{ "fdatasync", SYS_fdatasync, BY_FD },
	{ "ftruncate", SYS_ftruncate, BY_FD },
	{ "fallocate", SYS_fallocate, BY_FD },
	{ "fchmod", SYS_fchmod, BY_FD },
	{ "fstat", SYS_fstat, BY_FD },
	{ "fcntl", SYS_fcntl, BY_FD },
	{ "read", SYS_read, BY_FD },
	{ "pread64", SYS_pread64, BY_FD },
	{ "mmap", SYS_mmap, BY_FD },
	{ "close", SYS_close, BY_FD },
	{ "openat", SYS_openat, BY_PATH_AT },
	{ "unlinkat", SYS_unlinkat, BY_PATH_AT },
	{ "renameat2", SYS_renameat2, BY_PATH_AT },
	{ "mkdirat", SYS_mkdirat, BY_PATH_AT },
#ifdef SYS_rename /* newer machines have the calls with a folder only */
	{ "unlink", SYS_unlink, BY_PATH },
	{ "rename", SYS_rename, BY_PATH },
	{ "mkdir", SYS_mkdir, BY_PATH },
#endif
	{ "socket", SYS_socket, BY_SOCKET },
	{ "connect", SYS_connect, BY_FD },
	{ "accept4", SYS_accept4, BY_FD },
	{ "sendto", SYS_sendto, BY_FD },
	{ "sendmsg", SYS_sendmsg, BY_FD },
	{ "recvfrom", SYS_recvfrom, BY_FD },
	{ "recvmsg", SYS_recvmsg, BY_FD },
};
enum { CALLS = sizeof calls / sizeof calls[0] };

static const struct {
	const char *name;
	int number;
} faults[] = {
	{ "EIO", EIO },
	{ "ENOSPC", ENOSPC },
	{ "EROFS", EROFS },
	{ "EACCES", EACCES },
	{ "EMFILE", EMFILE },
	{ "ENOMEM", ENOMEM },
	{ "EPIPE", EPIPE },
	{ "ECONNRESET", ECONNRESET },
	{ "ECONNREFUSED", ECONNREFUSED },
	{ "ETIMEDOUT", ETIMEDOUT },
	{ "ENETUNREACH", ENETUNREACH },
	{ "KILL", 0 },
};

struct supervisor {
	bool wanted[CALLS];
	const char *pattern;
	unsigned long fail_at; /* 0: none */
	bool stays;
	int error; /* 0: kill */
	const char *count_file;
	unsigned long counted;
	const char *failed; /* the name of the first that failed */
	int listener;
	pid_t child;
};

static _Noreturn void give_up(int status, const char *what)
{
	fprintf(stderr, "faults: %s: %s\n", what, strerror(errno));
	exit(status);
}

/* ---- what a call is about ---- */

static bool read_memory(pid_t pid, uint64_t from, void *to, size_t len)
{
	struct iovec local = { to, len }, remote = { (void *)(uintptr_t)from, len };
	return process_vm_readv(pid, &local, 1, &remote, 1, 0) == (ssize_t)len;
}

/* Byte by byte: the page behind it may not be there. */
static void read_text(pid_t pid, uint64_t from, char *to, size_t room)
{
	size_t len = 0;
	while (len + 1 < room && read_memory(pid, from + len, &to[len], 1) && to[len] != '\0')
		len++;
	to[len] = '\0';
}

static void path_of(const struct seccomp_notif *n, const struct call *call, char *path, size_t room)
{
	char link[64];
	path[0] = '\0';
	switch (call->kind) {
	case BY_FD: {
		uint64_t fd = n->data.args[call->number == SYS_mmap ? 4 : 0];
		snprintf(link, sizeof link, "/proc/%u/fd/%d", n->pid, (int)fd);
		ssize_t len = readlink(link, path, room - 1);
		path[len > 0 ? len : 0] = '\0';
		if (strncmp(path, "socket:", 7) == 0)
			path[7] = '\0';
		break;
	}
	case BY_PATH:
	case BY_PATH_AT:
		read_text((pid_t)n->pid, n->data.args[call->kind == BY_PATH_AT], path, room);
		break;
	case BY_SOCKET:
		snprintf(path, room, "%s", "socket:");
		break;
	}
}

/* Name servers, syslog and the service manager are asked by Unix sockets. */
static bool is_local(const struct seccomp_notif *n)
{
	sa_family_t family = AF_UNSPEC;
	if (n->data.nr == SYS_socket)
		return n->data.args[0] == AF_UNIX || n->data.args[0] == AF_NETLINK;
	if (n->data.nr == SYS_connect)
		(void)read_memory((pid_t)n->pid, n->data.args[1], &family, sizeof family);
	return family == AF_UNIX;
}

static bool is_counted(const struct supervisor *s, const struct seccomp_notif *n, const struct call **call)
{
	char path[4096];
	for (size_t i = 0; i < CALLS; i++) {
		if (!s->wanted[i] || calls[i].number != n->data.nr)
			continue;
		*call = &calls[i];
		path_of(n, *call, path, sizeof path);
		return fnmatch(s->pattern, path, 0) == 0 && !is_local(n);
	}
	return false;
}

/* ---- the conversation with the kernel ---- */

static void answer(struct supervisor *s, const struct seccomp_notif *n)
{
	struct seccomp_notif_resp reply = { .id = n->id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };
	const struct call *call = NULL;
	if (is_counted(s, n, &call)) {
		s->counted++;
		if (s->fail_at && (s->counted == s->fail_at || (s->stays && s->counted > s->fail_at))) {
			if (!s->failed)
				s->failed = call->name;
			if (s->error == 0)
				(void)kill(s->child, SIGKILL);
			reply.flags = 0;
			reply.error = -(s->error ? s->error : EINTR);
		}
	}
	/* It fails when the thread that asked is gone. */
	(void)ioctl(s->listener, SECCOMP_IOCTL_NOTIF_SEND, &reply);
}

static int supervise(struct supervisor *s)
{
	int status = 0;
	for (;;) {
		struct pollfd p = { .fd = s->listener, .events = POLLIN };
		(void)poll(&p, 1, 50);
		if (p.revents & POLLIN) {
			struct seccomp_notif n = { 0 };
			if (ioctl(s->listener, SECCOMP_IOCTL_NOTIF_RECV, &n) == 0)
				answer(s, &n);
		} else if (waitpid(s->child, &status, WNOHANG) == s->child) {
			return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
		}
	}
}

static volatile sig_atomic_t target;

static void pass_on(int signal)
{
	(void)kill((pid_t)target, signal);
}

/* ---- the program ---- */

static size_t make_filter(const struct supervisor *s, struct sock_filter *filter)
{
	size_t n = 0;
	filter[n++] =
	    (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < CALLS; i++) {
		if (!s->wanted[i])
			continue;
		filter[n++] =
		    (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)calls[i].number, 0, 1);
		filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
	}
	filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	return n;
}

/* The table of open files is shared until exec, so that the listener is this process' too; its number comes
 * by shared memory, since a pipe would be written to under the filter. */
static void start(struct supervisor *s, char **program)
{
	struct sock_filter filter[2 * CALLS + 2];
	struct sock_fprog code = { (unsigned short)make_filter(s, filter), filter };
	int *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		give_up(77, "mmap");
	*shared = -1;
	s->child = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
	if (s->child < 0)
		give_up(77, "clone");
	if (s->child == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
			_exit(77);
		int fd = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
				      &code);
		if (fd < 0)
			_exit(77);
		__atomic_store_n(shared, fd, __ATOMIC_RELEASE);
		execv(program[0], program);
		_exit(127);
	}
	int status;
	while ((s->listener = __atomic_load_n(shared, __ATOMIC_ACQUIRE)) < 0) {
		if (waitpid(s->child, &status, WNOHANG) == s->child)
			give_up(77, "the kernel does not tell of system calls");
		(void)usleep(200);
	}
	target = s->child;
	(void)signal(SIGTERM, pass_on);
	(void)signal(SIGINT, pass_on);
	(void)signal(SIGHUP, pass_on);
	(void)signal(SIGUSR1, pass_on);
}

static void want(struct supervisor *s, char *names)
{
	for (char *rest = names, *name; (name = strsep(&rest, ",")) != NULL;) {
		bool is_known = false;
		for (size_t i = 0; i < CALLS; i++)
			if (strcmp(calls[i].name, name) == 0)
				s->wanted[i] = is_known = true;
#ifndef SYS_rename
		is_known |=
		    strcmp(name, "unlink") == 0 || strcmp(name, "rename") == 0 || strcmp(name, "mkdir") == 0;
#endif
		if (!is_known) {
			fprintf(stderr, "faults: no call %s\n", name);
			exit(2);
		}
	}
}

static int error_of(const char *name)
{
	for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
		if (strcmp(faults[i].name, name) == 0)
			return faults[i].number;
	fprintf(stderr, "faults: no error %s\n", name);
	exit(2);
}

int main(int argc, char **argv)
{
	struct supervisor s = { 0 };
	if (argc < 7) {
		fprintf(stderr, "usage: faults CALL[,CALL...] PATTERN NUMBER[+] ERROR COUNT-FILE PROGRAM "
				"[ARGUMENT...]\n");
		return 2;
	}
	char *end;
	want(&s, argv[1]);
	s.pattern = argv[2];
	s.fail_at = strtoul(argv[3], &end, 10);
	s.stays = *end == '+';
	s.error = error_of(argv[4]);
	s.count_file = argv[5];
	start(&s, argv + 6);
	int status = supervise(&s);
	FILE *out = fopen(s.count_file, "w");
	if (!out || fprintf(out, "%lu %s\n", s.counted, s.failed ? s.failed : "-") < 0 || fclose(out) != 0)
		give_up(2, s.count_file);
	return status;
}
