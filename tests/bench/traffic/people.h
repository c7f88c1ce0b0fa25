/* SPDX-License-Identifier: MIT */
#ifndef BENCH_PEOPLE_H
#define BENCH_PEOPLE_H

#include "frame.h"

/* people.h - who takes part. Phones live in 10.0.0.0/8 and servers in 192.0.2.0/24. Attackers need more room
 * than the documentation networks have: up to 2^27 of them, each with an address of its own from 11.0.0.0 on.
 * Never replay such a file on a network that others use. */

enum { PHONES = 200000, SERVERS = 16, AGENTS = 10 };

struct endpoint server_number(uint32_t number); /* from 0; port 5060 */
uint32_t attacker_address(uint32_t number);
uint32_t phone_address(uint32_t number);
uint32_t phone_user(uint32_t number); /* the account */
const char *phone_agent(uint32_t number);

#endif
