/* SPDX-License-Identifier: MIT */
#include "output/sink.h"

#include <errno.h>
#include <string.h>

int sink_finish_file(FILE *out, int failed, const char *what, struct error *err)
{
	errno = 0;
	if ((fflush(out) != 0 || ferror(out)) && !failed)
		failed = errno ? -errno : -EIO;
	return failed ? error_set(err, failed, "%s could not be written: %s", what, strerror(-failed)) : 0;
}
