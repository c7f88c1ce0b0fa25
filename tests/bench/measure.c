/* SPDX-License-Identifier: MIT */
/* tests/bench/measure.c - what a command costs: measure RESULT COMMAND [ARGUMENT...] runs it and writes into
 * the file RESULT: seconds by the clock, seconds of processors, largest resident size in kB. Ends as the
 * command did. A program of its own because a process that is started begins with the size of the one that
 * starts it: a scripting language would be larger than much that is measured. cc -O2 -D_GNU_SOURCE -o measure
 * measure.c */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds_of(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	FILE *result = argc > 2 ? fopen(argv[1], "w") : NULL;
	if (!result)
		return 2;
	double start = now();
	pid_t child = fork();
	if (child == 0) {
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	int status;
	struct rusage used;
	if (child < 0 || wait4(child, &status, 0, &used) != child)
		return 2;
	double wall = now() - start;
	fprintf(result, "%.6f %.6f %ld\n", wall, seconds_of(used.ru_utime) + seconds_of(used.ru_stime),
		used.ru_maxrss);
	fclose(result);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
