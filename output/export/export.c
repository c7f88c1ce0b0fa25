/* SPDX-License-Identifier: MIT */
#include "output/export/internal.h"

#include "core/clock.h"

#include <errno.h>
#include <stdlib.h>

static const char default_name[] = "siphound_list";

#define SINGLES false
#define BOTH	true
#define NAMED	 true
#define NAMELESS false
static const struct {
	const char *name, *meaning;
	bool takes_prefixes, has_name;
} formats[] = {
#define X(id, name, kinds, names, text) { name, text, kinds, names },
	EXPORT_FORMATS(X)
#undef X
};

static void (*const writers[])(struct export *x) = {
	[EXPORT_PLAIN] = export_plain,
	[EXPORT_CIDR] = export_cidr,
	[EXPORT_CSV] = export_csv,
	[EXPORT_JSON] = export_json,
	[EXPORT_IPSET] = export_ipset,
	[EXPORT_NFT] = export_nft,
	[EXPORT_MIKROTIK] = export_mikrotik,
	[EXPORT_CROWDSEC] = export_crowdsec,
	[EXPORT_ABUSEIPDB] = export_abuseipdb,
	[EXPORT_STIX] = export_stix,
};

const char *export_name(enum export_format format)
{
	return formats[format].name;
}

const char *export_meaning(enum export_format format)
{
	return formats[format].meaning;
}

bool export_has_name(enum export_format format)
{
	return formats[format].has_name;
}

bool export_name_is_good(const char *name)
{
	size_t len = strlen(name);
	for (size_t i = 0; i < len; i++)
		if (!ascii_is_alpha((uint8_t)name[i]) &&
		    (i == 0 || (!ascii_is_digit((uint8_t)name[i]) && name[i] != '_')))
			return false;
	return len > 0 && len <= EXPORT_NAME_MAX;
}

int export_write(struct store *s, enum export_format format, const struct export_options *options,
		 struct export_tally *tally, struct error *err)
{
	struct export *x = calloc(1, sizeof *x);
	if (!x)
		return error_set(err, -ENOMEM, "no memory for the export");
	x->store = s;
	x->options = options;
	x->out = options->out;
	x->name = options->name ? options->name : default_name;
	x->takes_prefixes = formats[format].takes_prefixes;
	json_init(&x->w, options->out);
	writers[format](x);
	errno = 0;
	int code = x->code;
	if (code) {
		*err = x->error;
	} else if (json_finish(&x->w) || fflush(x->out) || ferror(x->out)) {
		code = errno ? -errno : -EIO;
		error_set(err, code, "the list could not be written: %s", strerror(-code));
	}
	if (tally)
		*tally = x->tally;
	free(x);
	return code;
}
