/* SPDX-License-Identifier: MIT */
#include "capture/journal.h"

#include "core/slice.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define PREFIX	      "journal:"
#define GROUP	      "systemd-journal" /* may read all of the journal */
#define GROUPS_MAX    64
#define WORD_MAX      (JOURNAL_CURSOR_MAX + 32)
#define ARGUMENTS_MAX 16
#define END_WAIT_MS   2000

struct journal {
	char *name;
	pid_t child; /* 0: it was waited for */
	int fd;	     /* what it writes */
	int word_fd; /* where it is told to begin; -1: it was */
	bool follow, is_orphan;
};

/* ---- names ---- */

bool journal_is_named(const char *path)
{
	return strncmp(path, PREFIX, sizeof PREFIX - 1) == 0;
}

/* It becomes an argument of its own, never a part of a command line; what begins with '-' would be an option. */
static int check_name(const char *path, struct error *err)
{
	const char *what = path + sizeof PREFIX - 1;
	if (*what == '-' || *what == '=' || strlen(what) > 255)
		return error_set(err, -EINVAL,
				 "%s: name a unit (journal:asterisk), a field "
				 "(journal:SYSLOG_IDENTIFIER=kamailio), or nothing for all",
				 path);
	return 0;
}

static int find_program(const char *path, struct error *err)
{
	const char *folders = getenv("PATH");
	char name[4096];
	for (const char *at = folders ? folders : "/usr/bin:/bin"; *at;) {
		size_t len = strcspn(at, ":");
		snprintf(name, sizeof name, "%.*s/journalctl", (int)(len < 4000 ? len : 4000),
			 len ? at : ".");
		if (access(name, X_OK) == 0)
			return 0;
		at += len + (at[len] == ':');
	}
	return error_set(err, -ENOENT,
			 "%s: journalctl, which reads the journal, is not there (looked for in PATH)", path);
}

/* ---- the child: nothing but calls to the system, and its end ---- */

static void child_fail(const char *what)
{
	dprintf(STDERR_FILENO, "siphound: journalctl can not be started: %s: %s\n", what, strerror(errno));
	_exit(127);
}

static void child_become(const struct journal_options *o)
{
	gid_t groups[GROUPS_MAX];
	const struct passwd *user = getpwuid(o->uid);
	const struct group *readers = getgrnam(GROUP);
	gid_t extra = readers ? readers->gr_gid : o->gid;
	int count = user && initgroups(user->pw_name, o->gid) == 0 ? getgroups(GROUPS_MAX - 1, groups) : 0;
	groups[count < 0 ? 0 : count] = extra;
	if (setgroups((size_t)(count < 0 ? 0 : count) + 1, groups) || setresgid(o->gid, o->gid, o->gid) ||
	    setresuid(o->uid, o->uid, o->uid))
		child_fail("another user");
}

/* An option, or nothing, and an end of line; without that the one who would say it is gone. */
static void child_await(int fd, char word[WORD_MAX])
{
	size_t len = 0;
	ssize_t got;
	while (len < WORD_MAX - 1 && (got = read(fd, word + len, WORD_MAX - 1 - len)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			_exit(127);
		len += (size_t)got;
	}
	if (!len || word[len - 1] != '\n')
		_exit(0);
	word[len - 1] = 0;
}

static void child_exec(const char *path, const struct journal_options *o, const char *word)
{
	const char *arguments[ARGUMENTS_MAX] = { "journalctl", "--output=json",
						 "--output-fields=MESSAGE,SYSLOG_IDENTIFIER,_COMM", "--all",
						 "--no-pager" };
	size_t count = 5;
	if (o->follow)
		arguments[count++] = "--follow";
	if (o->follow)
		arguments[count++] = "--no-tail"; /* not the last ten alone */
	if (*word)
		arguments[count++] = word;
	const char *what = path + sizeof PREFIX - 1;
	bool is_field = strchr(what, '=') != NULL;
	if (*what && !is_field)
		arguments[count++] = "--unit";
	if (*what)
		arguments[count++] = what;
	arguments[count] = NULL;
	execvp(arguments[0], (char *const *)(uintptr_t)arguments);
	child_fail(arguments[0]);
}

static _Noreturn void child_run(const char *path, const struct journal_options *o, int word_fd, int out_fd,
				pid_t parent)
{
	char word[WORD_MAX];
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	setpgid(0, 0); /* Ctrl-C is for the parent, which reads what is there and then closes the pipe */
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(out_fd, STDOUT_FILENO) < 0)
		child_fail("pipe");
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (o->becomes_user)
		child_become(o);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0); /* another user's would forget it */
	if (getppid() != parent)
		_exit(0);
	child_await(word_fd, word);
	child_exec(path, o, word);
	_exit(127);
}

/* ---- life ---- */

static void close_all(int *fds, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

static int fork_child(struct journal *j, const struct journal_options *o, struct error *err)
{
	int fds[4] = { -1, -1, -1,
		       -1 }; /* a pipe for what it writes; a pair for what it is told, its end first */
	pid_t parent = getpid();
	j->child = pipe2(fds, O_CLOEXEC) || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds + 2)
		       ? -1
		       : fork();
	if (j->child < 0) {
		int code = errno;
		j->child = 0;
		close_all(fds, 4);
		return error_set(err, -code, "%s: no process for journalctl: %s", j->name, strerror(code));
	}
	if (j->child == 0) {
		close(fds[3]); /* else it would wait for itself */
		child_run(j->name, o, fds[2], fds[1], parent);
	}
	close_all(fds + 1, 2);
	j->fd = fds[0];
	j->word_fd = fds[3];
	return 0;
}

int journal_open(struct journal **out, const char *path, const struct journal_options *options,
		 struct error *err)
{
	int bad = check_name(path, err);
	bad = bad ? bad : find_program(path, err);
	if (bad)
		return bad;
	struct journal *j = calloc(1, sizeof *j);
	char *name = strdup(path);
	if (!j || !name) {
		free(j);
		free(name);
		return error_set(err, -ENOMEM, "%s: no memory to read it", path);
	}
	*j = (struct journal){ .name = name,
			       .fd = -1,
			       .word_fd = -1,
			       .follow = options->follow,
			       .is_orphan = options->is_orphan };
	bad = fork_child(j, options, err);
	if (bad)
		journal_close(j);
	else
		*out = j;
	return bad;
}

static bool is_cursor(const char *cursor)
{
	size_t len = 0;
	for (; cursor && cursor[len]; len++)
		if (!ascii_is_alpha((uint8_t)cursor[len]) && !ascii_is_digit((uint8_t)cursor[len]) &&
		    !strchr("=;-", cursor[len]))
			return false;
	return len > 0 && len < JOURNAL_CURSOR_MAX;
}

int journal_begin(struct journal *j, const char *cursor, int64_t since_us)
{
	char word[WORD_MAX] = "\n";
	int len = 1;
	if (is_cursor(cursor))
		len = snprintf(word, sizeof word, "--after-cursor=%s\n", cursor);
	else if (since_us > 0)
		len = snprintf(word, sizeof word, "--since=@%lld.%06lld\n", (long long)(since_us / 1000000),
			       (long long)(since_us % 1000000));
	bool is_told = send(j->word_fd, word, (size_t)len, MSG_NOSIGNAL) == len;
	int code = is_told ? 0 : -errno;
	close(j->word_fd);
	j->word_fd = -1;
	return code;
}

int journal_fd(const struct journal *j)
{
	return j->fd;
}

static bool wait_for_end(struct journal *j, int *status)
{
	for (unsigned waited_ms = 0; waited_ms < END_WAIT_MS; waited_ms += 10) {
		if (waitpid(j->child, status, WNOHANG) != 0) {
			j->child = 0;
			return true;
		}
		(void)poll(NULL, 0, 10);
	}
	return false;
}

int journal_result(struct journal *j, struct error *err)
{
	int status = 0;
	if (!j->is_orphan && j->child && wait_for_end(j, &status) && WIFEXITED(status) && WEXITSTATUS(status))
		return error_set(err, -EIO, "%s: journalctl ended with status %d", j->name,
				 WEXITSTATUS(status));
	return j->follow || status ? error_set(err, -EIO, "%s: journalctl has ended", j->name) : 0;
}

void journal_close(struct journal *j)
{
	int status;
	if (!j)
		return;
	close_all((int[]){ j->fd, j->word_fd }, 2);
	if (j->child && !j->is_orphan) {
		kill(j->child, SIGTERM);
		if (!wait_for_end(j, &status)) {
			kill(j->child, SIGKILL);
			waitpid(j->child, &status, 0);
		}
	}
	free(j->name);
	free(j);
}
