/* SPDX-License-Identifier: MIT */
#include "people.h"

struct endpoint server_number(uint32_t number)
{
	return (struct endpoint){ 0xc000020a + number % SERVERS, 5060 };
}

/* Odd factors: a number that was met does not come again below 2^27 and 2^24. */
uint32_t attacker_address(uint32_t number)
{
	return 0x0b000000 + (number * 0x9e3779b1 & 0x07ffffff);
}

uint32_t phone_address(uint32_t number)
{
	return 0x0a000000 + ((number + 77) * 0x00c2b2af & 0x00ffffff);
}

uint32_t phone_user(uint32_t number)
{
	return 200000 + number;
}

const char *phone_agent(uint32_t number)
{
	static const char *const agents[AGENTS] = {
		"Yealink SIP-T46S 66.86.0.15",
		"Grandstream GXP2170 1.0.11.74",
		"PolycomVVX-VVX_411-UA/5.9.5.0614",
		"Cisco/SPA504G-7.6.2f",
		"snomD785/10.1.73.16",
		"Fanvil X5U 2.4.10 0c383e1a2b3c",
		"Zoiper rv2.10.19.5",
		"Linphone Desktop/4.4.10 (belle-sip/5.1.0)",
		"MicroSIP/3.21.3",
		"Gigaset N510 IP PRO/42.258",
	};
	return agents[number % AGENTS];
}
