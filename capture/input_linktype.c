/* SPDX-License-Identifier: MIT */
#include "capture/input_linktype.h"

#include <pcap/dlt.h>
#include <stddef.h>

static const struct {
	uint16_t link_type;
	int dlt;
} differing[] = {
	{ 100, DLT_ATM_RFC1483 }, { LINKTYPE_RAW, DLT_RAW }, { 102, DLT_SLIP_BSDOS },
	{ 103, DLT_PPP_BSDOS },	  { 104, DLT_C_HDLC },	     { 106, DLT_ATM_CLIP },
	{ 108, DLT_LOOP },	  { 109, DLT_ENC },	     { 246, DLT_PFSYNC },
};

uint16_t linktype_from_file(uint32_t field)
{
	uint16_t link_type = (uint16_t)field;
	return link_type == 12 || link_type == 14 ? LINKTYPE_RAW : link_type;
}

int linktype_to_dlt(uint16_t link_type)
{
	for (size_t i = 0; i < sizeof differing / sizeof *differing; i++) {
		if (differing[i].link_type == link_type)
			return differing[i].dlt;
	}
	return link_type;
}

uint16_t linktype_from_dlt(int dlt)
{
	for (size_t i = 0; i < sizeof differing / sizeof *differing; i++) {
		if (differing[i].dlt == dlt)
			return differing[i].link_type;
	}
	return (uint16_t)dlt;
}
