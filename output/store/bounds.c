/* SPDX-License-Identifier: MIT */
#include "output/store/bounds.h"

#include "output/store/internal.h"

void store_set_options(struct store *s, const struct store_options *options)
{
	s->options = *options;
}
