/* SPDX-License-Identifier: MIT */
#ifndef BENCH_WORKLOAD_H
#define BENCH_WORKLOAD_H

#include "recording.h"

/* workload.h - the kinds of traffic that there are. Each writes until the recording is full. */

void workload_scan(struct recording *r);   /* scanners over UDP, one message in five an answer */
void workload_flood(struct recording *r);  /* a new sender for each packet */
void workload_phones(struct recording *r); /* 200,000 honest phones, all of them in the middle of something */
void workload_pbx(
    struct recording *r); /* the uplink of a PBX: 3 % SIP, 90 % RTP and RTCP, 7 % DNS, HTTP, TLS */
void workload_tcp(struct recording *r); /* SIP over TCP, half of it attacks */
void workload_asterisk(struct recording *r);
void workload_freeswitch(struct recording *r); /* logs, one line in ten an attack */

#endif
