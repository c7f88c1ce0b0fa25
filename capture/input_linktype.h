/* SPDX-License-Identifier: MIT */
#ifndef CAPTURE_INPUT_LINKTYPE_H
#define CAPTURE_INPUT_LINKTYPE_H

#include "capture/link.h"

/* capture/input_linktype.h - LINKTYPE_ values (in files, the same everywhere; pcap-linktype(7)) and libpcap's
 * DLT_ values (in its calls, differing between systems) are equal but for a few old ones. The rest of the
 * program only knows LINKTYPE_ values. */

/* From the field in a file: without the bits for FCS and class above it, and the two values under which raw
 * IP was also written (12, 14) as LINKTYPE_RAW. */
uint16_t linktype_from_file(uint32_t field);
int linktype_to_dlt(uint16_t link_type);
uint16_t linktype_from_dlt(int dlt);

#endif
