/* SPDX-License-Identifier: MIT */
/* tests/support/fuzz_files.c - runs a fuzz target over files: every corpus file is a plain test in any build.
 * Arguments: files, or folders whose files are taken. Each input also lies at the very end of its allocation, so that a
 * sanitizer sees a read past it. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run_file(const char *path, size_t size, size_t *runs)
{
	FILE *in = fopen(path, "rb");
	if (!in) {
		perror(path);
		return 1;
	}
	uint8_t *data = malloc(size ? size : 1);
	int failed = !data || fread(data, 1, size, in) != size;
	if (failed)
		fprintf(stderr, "%s: can not be read\n", path);
	else
		LLVMFuzzerTestOneInput(data + (size ? 0 : 1), size);
	++*runs;
	free(data);
	fclose(in);
	return failed;
}

static int run_path(const char *path, int depth, size_t *runs)
{
	struct stat about;
	if (stat(path, &about) != 0) {
		perror(path);
		return 1;
	}
	if (!S_ISDIR(about.st_mode))
		return run_file(path, (size_t)about.st_size, runs);
	DIR *folder = depth < 4 ? opendir(path) : NULL;
	if (!folder)
		return 1;
	int failed = 0;
	for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
		char inner[4096];
		if (entry->d_name[0] == '.')
			continue;
		snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
		failed |= run_path(inner, depth + 1, runs);
	}
	closedir(folder);
	return failed;
}

int main(int argc, char **argv)
{
	int failed = 0;
	size_t runs = 0;
	LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
	for (int i = 1; i < argc; i++)
		failed |= run_path(argv[i], 0, &runs);
	printf("%zu inputs\n", runs);
	return failed;
}
