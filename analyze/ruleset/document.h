/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_RULESET_DOCUMENT_H
#define ANALYZE_RULESET_DOCUMENT_H

#include "analyze/ruleset/internal.h"

/* analyze/ruleset/document.h - one Sigma document: what it is, its metadata, its parts. What refers to other
 * documents is settled by resolve.h when all are read. */

/* Reads the document at in->document->root and adds it to the rule set. */
void document_read(struct reading *in);

/* metadata.c: title, id, name, status, level ..., as SigmaHQ's schemas ask. */
void metadata_read(struct reading *in);
/* siphound_keys.c: stage, proof, tool, honest, tests. */
void siphound_keys_read(struct reading *in, const struct node *map);

#endif
