/* SPDX-License-Identifier: MIT */
#include "output/block/host.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <unistd.h>

static char path[] = "/tmp/siphound-resolv-XXXXXX";
static struct block_guard guard;

static void setup(void)
{
	int fd = mkstemp(path);
	cr_assert(fd >= 0);
	close(fd);
	block_guard_begin(&guard);
}

static void teardown(void)
{
	block_guard_fini(&guard);
	unlink(path);
}

TestSuite(block_host, .init = setup, .fini = teardown);

static void write_file(const char *text)
{
	FILE *file = fopen(path, "w");
	cr_assert(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

static enum block_reason asked(const char *text)
{
	struct addr_prefix net;
	cr_assert(addr_prefix_parse(slice_str(text), &net), "%s", text);
	return block_guard_asks(&guard, &net).reason;
}

Test(block_host, name_servers_are_spared)
{
	write_file("# nameserver 198.51.100.9\n"
		   "search example.com\n"
		   "nameserver 198.51.100.1\n"
		   "nameserver\t 2001:db8::53  \n"
		   "nameservers 198.51.100.2\n"
		   "nameserver 198.51.100.300\n"
		   "nameserver fe80::1%eth0\n"
		   "nameserver 198.51.100.4");
	block_host_add_resolvers(path, &guard);
	cr_assert_eq(block_guard_end(&guard), 0);
	cr_expect_eq(guard.count, 4);
	cr_expect_eq(asked("198.51.100.1"), BLOCK_RESOLVER);
	cr_expect_eq(asked("2001:db8::/48"), BLOCK_RESOLVER, "a network that holds one");
	cr_expect_eq(asked("198.51.100.4"), BLOCK_RESOLVER);
	cr_expect_eq(asked("198.51.100.2"), BLOCK_ALLOWED_SO);
	cr_expect_eq(asked("198.51.100.9"), BLOCK_ALLOWED_SO);
}

Test(block_host, a_file_that_is_not_there_names_nobody)
{
	block_host_add_resolvers("/nonexistent/resolv.conf", &guard);
	cr_expect_eq(guard.count, 0);
}

Test(block_host, a_changed_file_is_read_again)
{
	struct block_host host;
	struct error err;
	write_file("nameserver 198.51.100.1\n");
	cr_assert_eq(block_host_open(&host, &err), 0, "%s", err.text);
	host.resolvers = path;
	cr_assert_eq(block_host_guard(&host, &guard, &err), 0, "%s", err.text);
	block_host_changed(&host);
	cr_expect_not(block_host_changed(&host));
	write_file("nameserver 198.51.100.1\nnameserver 198.51.100.77\n");
	cr_expect(block_host_changed(&host));
	block_guard_begin(&guard);
	cr_assert_eq(block_host_guard(&host, &guard, &err), 0, "%s", err.text);
	cr_assert_eq(block_guard_end(&guard), 0);
	cr_expect_eq(asked("198.51.100.77"), BLOCK_RESOLVER);
	cr_expect_not(block_host_changed(&host));
	block_host_close(&host);
}
