/* SPDX-License-Identifier: MIT */
#include "app/commands/command.h"

static const struct command_entry commands[] = {
	{ "read", "analyse pcap and pcapng captures", command_read },
	{ "logs", "analyse log files", command_logs },
	{ "watch", "watch a mirror port, HEP, TZSP and growing logs", command_watch },
	{ "rules", "check, list, show and test detection rules", command_rules },
	{ "list", "list the offenders of a store, and their bans", command_list },
	{ "why", "explain what is held against one address", command_why },
	{ "ban", "ban by hand, or list what is banned", command_ban },
	{ "unban", "take a ban back", command_unban },
	{ "allow", "never ban an address, or print the allow list", command_allow },
	{ "report", "write an HTML report of a store", command_report },
	{ "top", "show the store on a terminal as it changes", command_top },
	{ "export", "print a blocklist in another system's format", command_export },
	{ "enforce", "keep the firewall in step with a store or Redis", command_enforce },
	{ "fingerprint", "print how each sender's software writes, in rule syntax", command_fingerprint },
	{ "completion", "print the completion of a shell: bash, zsh, fish", command_completion },
};

const struct command_entry *commands_all(size_t *count)
{
	*count = sizeof commands / sizeof *commands;
	return commands;
}
