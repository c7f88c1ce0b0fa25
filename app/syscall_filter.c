/* SPDX-License-Identifier: MIT */
#include "app/syscall_filter.h"

#include "app/privileges.h"

#include <errno.h>
#include <string.h>

#ifdef HAVE_SECCOMP

#include <fcntl.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

/* Names, because not every machine has all of them: what it lacks is passed over. */
static const char *const allowed[] = {
	/* files: captures, logs, the store (SQLite), geo data, reports */
	"read", "readv", "pread64", "write", "writev", "pwrite64", "lseek", "_llseek", "close", "open", "openat", "creat", "stat",
	"fstat", "lstat", "stat64", "fstat64", "lstat64", "fstatat64", "newfstatat", "statx", "statfs", "fstatfs", "access",
	"faccessat", "faccessat2", "fcntl", "fcntl64", "flock", "fsync", "fdatasync", "sync_file_range", "ftruncate", "ftruncate64",
	"fallocate", "fadvise64", "rename", "renameat", "renameat2", "unlink", "unlinkat", "mkdir", "mkdirat", "rmdir", "getdents64",
	"readlink", "readlinkat", "getcwd", "umask", "fchmod", "fchown", "utimensat", "pipe2",
	/* following logs */
	"inotify_init1", "inotify_add_watch", "inotify_rm_watch",
	/* memory; mmap and mprotect have conditions below */
	"brk", "munmap", "mremap", "madvise", "msync", "membarrier",
	/* threads; clone has conditions below */
	"futex", "futex_waitv", "set_robust_list", "rseq", "sched_yield", "sched_getaffinity", "sched_setaffinity", "gettid", "getpid",
	"getppid", "exit", "exit_group", "restart_syscall", "set_tid_address",
	/* time and signals */
	"clock_gettime", "clock_gettime64", "clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday", "time", "timerfd_create",
	"timerfd_settime", "timerfd_gettime", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigreturn", "rt_sigtimedwait",
	"rt_sigpending", "rt_sigsuspend", "sigaltstack", "signalfd4", "tgkill",
	/* waiting */
	"poll", "ppoll", "ppoll_time64", "select", "_newselect", "pselect6", "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait",
	"epoll_pwait2", "eventfd2",
	/* sockets: Redis, HEP, HTTP; socket has conditions below. bind: an interface that came back is bound to anew */
	"connect", "bind", "listen", "accept", "accept4", "getsockname", "getpeername", "setsockopt", "getsockopt", "send", "sendto",
	"sendmsg", "sendmmsg", "recv", "recvfrom", "recvmsg", "recvmmsg", "recvmmsg_time64", "shutdown",
	/* who, where, how much */
	"getuid", "geteuid", "getgid", "getegid", "getresuid", "getresgid", "getgroups", "uname", "sysinfo", "getrandom", "getrusage",
	"getrlimit", "ugetrlimit", "getcpu",
#ifdef SANITIZED
	/* what the sanitizer's report at the end needs */
	"clone", "ptrace", "wait4", "process_vm_readv", "prctl", "prlimit64", "dup", "dup2", "kill", "getpgrp", "setpgid",
	"personality", "arch_prctl", "getdents",
#endif
};

/* Whatever of these writes to a descriptor or makes a second one of it. */
static const char *const writing[] = {
	"write", "writev", "pwrite64", "send", "sendto", "sendmsg", "sendmmsg", "dup", "dup2",
};

/* Looking at interfaces, files and terminals. Not TIOCSTI, which types into the terminal we were started from. */
static const unsigned long requests[] = {
	SIOCGIFINDEX, SIOCGIFFLAGS, SIOCGIFHWADDR, SIOCGIFNAME, SIOCGIFMTU, TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIOCLEX,
};

/* The kernel looks at the lower half only of arguments that are an int. */
#define INT_IS(n, value) SCMP_CMP64(n, SCMP_CMP_MASKED_EQ, 0xffffffff, (scmp_datum_t)(uint32_t)(value))

static int add(scmp_filter_ctx c, uint32_t action, const char *name, unsigned count, const struct scmp_arg_cmp *conditions)
{
	int call = seccomp_syscall_resolve_name(name);
	if (call == __NR_SCMP_ERROR || call < 0)
		return 0;
	int bad = seccomp_rule_add_array(c, action, call, count, conditions);
	return bad == -EEXIST ? 0 : bad;
}

static int allow(scmp_filter_ctx c, const char *name, unsigned count, const struct scmp_arg_cmp *conditions)
{
	return add(c, SCMP_ACT_ALLOW, name, count, conditions);
}

/* Memory is writable or executable, never both, and what was written does not become executable. */
static int allow_memory(scmp_filter_ctx c)
{
	const struct scmp_arg_cmp plain = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
	const struct scmp_arg_cmp library = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC | PROT_WRITE, PROT_EXEC);
	int bad = allow(c, "mmap", 1, &plain);
	bad = bad ? bad : allow(c, "mmap2", 1, &plain);
	bad = bad ? bad : allow(c, "mmap", 1, &library); /* what resolves host names is loaded late */
	bad = bad ? bad : allow(c, "mmap2", 1, &library);
	return bad ? bad : allow(c, "mprotect", 1, &plain);
}

/* Threads, no processes. clone3 hides its flags behind a pointer: with ENOSYS the C library takes clone. */
static int allow_threads(scmp_filter_ctx c)
{
	const struct scmp_arg_cmp thread = SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD);
	int bad = allow(c, "clone", 1, &thread);
	return bad ? bad : add(c, SCMP_ACT_ERRNO(ENOSYS), "clone3", 0, NULL);
}

enum { SOCKET_TYPE_BITS = 0xf };

static int allow_sockets(scmp_filter_ctx c, bool with_netlink)
{
	static const int families[] = { AF_UNIX, AF_INET, AF_INET6 }, types[] = { SOCK_STREAM, SOCK_DGRAM };
	int bad = 0;
	for (size_t f = 0; f < sizeof families / sizeof *families; f++) {
		for (size_t t = 0; t < sizeof types / sizeof *types && !bad; t++) {
			const struct scmp_arg_cmp conditions[] = {
				INT_IS(0, families[f]),
				SCMP_A1(SCMP_CMP_MASKED_EQ, SOCKET_TYPE_BITS, (scmp_datum_t)types[t]),
			};
			bad = allow(c, "socket", 2, conditions);
		}
	}
	const struct scmp_arg_cmp any_netlink = INT_IS(0, AF_NETLINK);
	if (with_netlink) /* the firewall's protocol; what may be changed with it is for the capabilities to say */
		return bad ? bad : allow(c, "socket", 1, &any_netlink);
	/* Which address families the machine has: asked when a host name is resolved. */
	const struct scmp_arg_cmp netlink[] = { INT_IS(0, AF_NETLINK), INT_IS(2, NETLINK_ROUTE) };
	return bad ? bad : allow(c, "socket", 2, netlink);
}

/* Names for threads and memory, and reading limits without setting them. */
static int allow_rest(scmp_filter_ctx c)
{
	const struct scmp_arg_cmp thread_name = INT_IS(0, PR_SET_NAME);
	const struct scmp_arg_cmp memory_name = INT_IS(0, 0x53564d41 /* PR_SET_VMA, newer than some headers */);
	const struct scmp_arg_cmp read_only = SCMP_A2(SCMP_CMP_EQ, 0, 0);
	int bad = allow(c, "prctl", 1, &thread_name);
	bad = bad ? bad : allow(c, "prctl", 1, &memory_name);
	for (size_t i = 0; i < sizeof requests / sizeof *requests && !bad; i++) {
		const struct scmp_arg_cmp request = INT_IS(1, requests[i]);
		bad = allow(c, "ioctl", 1, &request);
	}
	return bad ? bad : allow(c, "prlimit64", 1, &read_only);
}

static int load(scmp_filter_ctx c)
{
	/* Threads of a sanitizer exist already: all get it. Both are refused by old libraries, and can be done without. */
	(void)seccomp_attr_set(c, SCMP_FLTATR_CTL_TSYNC, 1);
	(void)seccomp_attr_set(c, SCMP_FLTATR_CTL_LOG, 1);
	return seccomp_load(c);
}

static int install_allowed(bool with_netlink)
{
	scmp_filter_ctx c = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int bad = c ? 0 : -ENOMEM;
	for (size_t i = 0; i < sizeof allowed / sizeof *allowed && !bad; i++)
		bad = allow(c, allowed[i], 0, NULL);
	bad = bad ? bad : allow_memory(c);
	bad = bad ? bad : allow_threads(c);
	bad = bad ? bad : allow_sockets(c, with_netlink);
	bad = bad ? bad : allow_rest(c);
	bad = bad ? bad : load(c);
	if (c)
		seccomp_release(c);
	return bad;
}

/* A filter of its own: where two disagree the kernel does what the stricter one says, while within one filter the rule without
 * conditions would win. */
static int install_mute(const int *fds, size_t count)
{
	scmp_filter_ctx c = seccomp_init(SCMP_ACT_ALLOW);
	int bad = c ? 0 : -ENOMEM;
	for (size_t f = 0; f < count && !bad; f++) {
		const struct scmp_arg_cmp it = INT_IS(0, fds[f]);
		const struct scmp_arg_cmp copy[] = { it, INT_IS(1, F_DUPFD) };
		const struct scmp_arg_cmp copy_on_exec[] = { it, INT_IS(1, F_DUPFD_CLOEXEC) };
		for (size_t i = 0; i < sizeof writing / sizeof *writing && !bad; i++)
			bad = add(c, SCMP_ACT_ERRNO(EPERM), writing[i], 1, &it);
		bad = bad ? bad : add(c, SCMP_ACT_ERRNO(EPERM), "fcntl", 2, copy);
		bad = bad ? bad : add(c, SCMP_ACT_ERRNO(EPERM), "fcntl", 2, copy_on_exec);
	}
	bad = bad ? bad : load(c);
	if (c)
		seccomp_release(c);
	return bad;
}

int syscall_filter_install(const int *mute, size_t mute_count, bool with_netlink, const char **remark, struct error *err)
{
	if (mute_count > PRIVILEGES_MUTE_MAX)
		return error_set(err, -EINVAL, "%zu sockets to keep silent, at most %d", mute_count, PRIVILEGES_MUTE_MAX);
	/* The stricter one comes second: it does not allow the call that installs filters. */
	int bad = mute_count ? install_mute(mute, mute_count) : 0;
	bad = bad ? bad : install_allowed(with_netlink);
	if (bad == -EINVAL || bad == -ENOSYS) {
		*remark = "this kernel can not filter system calls";
		return 0;
	}
	return bad ? error_set(err, bad, "system calls can not be filtered: %s", strerror(-bad)) : 0;
}

#else

int syscall_filter_install(const int *mute, size_t mute_count, bool with_netlink, const char **remark, struct error *err)
{
	(void)mute;
	(void)with_netlink;
	if (mute_count > PRIVILEGES_MUTE_MAX)
		return error_set(err, -EINVAL, "%zu sockets to keep silent, at most %d", mute_count, PRIVILEGES_MUTE_MAX);
	*remark = "built without libseccomp";
	return 0;
}

#endif
