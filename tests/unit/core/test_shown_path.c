/* SPDX-License-Identifier: MIT */
#include "core/shown_path.h"

#include <criterion/criterion.h>

static const struct {
	const char *path, *mac, *shown;
} cases[] = {
	{ "/0004f2aabbcc.cfg", "0004f2aabbcc", "0004f2aabbcc.cfg" },
	{ "/s3cret/0004f2aabbcc-phone.cfg", "0004f2aabbcc", "0004f2aabbcc-phone.cfg" },
	{ "/s3cret-0004F2AABBCC.cfg?pw=s3cret", "0004f2aabbcc", "0004F2AABBCC.cfg" },
	{ "/00-04-f2-aa-bb-cc.xml;pw=s3cret", "0004f2aabbcc", "00-04-f2-aa-bb-cc.xml" },
	{ "/s3cret%2F0004f2aabbcc.cfg%3Fs3cret", "0004f2aabbcc", "0004f2aabbcc.cfg" },
	{ "s3cret\\SEP0004F2AABBCC.cnf.xml", "0004f2aabbcc", "0004F2AABBCC.cnf.xml" },
	{ "/s3cret/index.php?mac=0004f2aabbcc", "0004f2aabbcc", "0004f2aabbcc" },
	{ "/0004f2aabbcc/s3cret", "0004f2aabbcc", "0004f2aabbcc" },
	{ "/s3cret/y000000000028.cfg", NULL, "y000000000028.cfg" },
	{ "/s3cret%5cy000000000028.cfg;s3cret", NULL, "y000000000028.cfg" },
	{ "/phone/s3cret", NULL, "..." },
	{ "/phone/s3cret/", NULL, "/" },
	{ "/", NULL, "/" },
	{ "/a.cfg/s3cret.toolong", NULL, "..." },
	{ "/.cfg", NULL, "..." },
	{ "/x.", NULL, "..." },
	{ "/a%2", NULL, "..." },
	{ "", NULL, "..." },
	{ "?s3cret.cfg", NULL, "..." },
};

Test(shown_path, no_secret_is_shown)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct slice shown = shown_path(slice_str(cases[i].path), slice_str(cases[i].mac));
		cr_expect(slice_eq(shown, slice_str(cases[i].shown)), "%s: %.*s", cases[i].path, (int)shown.len, (const char *)shown.ptr);
	}
}
