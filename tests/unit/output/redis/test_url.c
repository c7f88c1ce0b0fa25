/* SPDX-License-Identifier: MIT */
#include "output/redis/layout.h"
#include "output/redis/url.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

Test(redis_url, good)
{
	static const struct {
		const char *text, *host;
		unsigned port;
		const char *path, *user, *master;
		unsigned db, hosts;
		bool is_tls;
	} cases[] = {
		{ "redis://localhost", "localhost", 6379, "", "", "", 0, 1, false },
		{ "redis://h:1/3", "h", 1, "", "", "", 3, 1, false },
		{ "redis://u@h/", "h", 6379, "", "u", "", 0, 1, false },
		{ "redis://u:@h", "h", 6379, "", "u", "", 0, 1, false },
		{ "redis://a%40b@h", "h", 6379, "", "a@b", "", 0, 1, false },
		{ "redis://[2001:db8::1]:7000/1", "2001:db8::1", 7000, "", "", "", 1, 1, false },
		{ "redis://[::1]", "::1", 6379, "", "", "", 0, 1, false },
		{ "REDISS://h", "h", 6379, "", "", "", 0, 1, true },
		{ "unix:///run/redis.sock", "", 0, "/run/redis.sock", "", "", 0, 0, false },
		{ "unix://u@/run/r?db=2", "", 0, "/run/r", "u", "", 2, 0, false },
		{ "redis-unix:///run/r%20s", "", 0, "/run/r s", "", "", 0, 0, false },
		{ "redis+sentinel://a,b:1,[::1]:2/mine/4", "a", 26379, "", "", "mine", 4, 3, false },
		{ "redis+sentinel://u@a/mine", "a", 26379, "", "u", "mine", 0, 1, false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct redis_url url;
		struct error err = { "" };
		const char *name = cases[i].text;
		cr_assert_eq(redis_url_parse(name, &url, &err), 0, "%s: %s", name, err.text);
		cr_expect_str_eq(url.hosts[0].name, cases[i].host, "%s", name);
		cr_expect_eq(url.hosts[0].port, cases[i].port, "%s", name);
		cr_expect_str_eq(url.path, cases[i].path, "%s", name);
		cr_expect_str_eq(url.user, cases[i].user, "%s", name);
		cr_expect_str_eq(url.master, cases[i].master, "%s", name);
		cr_expect_eq(url.db, cases[i].db, "%s", name);
		cr_expect_eq(url.host_count, cases[i].hosts, "%s", name);
		cr_expect_eq(url.is_tls, cases[i].is_tls, "%s", name);
	}
}

Test(redis_url, bad)
{
	static const char *const cases[] = {
		"",
		"localhost",
		"redis://",
		"redis:///1",
		"redis://h:0",
		"redis://h:x",
		"redis://h:99999",
		"redis://h/x",
		"redis://h/99999",
		"redis://[::1",
		"redis://[::1]x",
		"redis://%",
		"redis://%4",
		"redis://%0ah",
		"unix://run",
		"unix:///",
		"unix:///r?x=1",
		"redis+sentinel://h",
		"redis+sentinel:///m",
		"redis+sentinel://h/m/x",
		"http://h",
		"redis+sentinel://a,,b/m",
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct redis_url url;
		struct error err = { "" };
		cr_expect_eq(redis_url_parse(cases[i], &url, &err), -EINVAL, "%s", cases[i]);
		cr_expect_gt(strlen(err.text), 0, "%s", cases[i]);
	}
}

Test(redis_url, a_password_is_refused_and_not_repeated)
{
	static const char *const cases[] = {
		"redis://:hush@h",
		"redis://u:hush@h:1/2",
		"rediss://u:hush@h",
		"unix://u:hush@/run/r",
		"redis://u:hu@hush@h",
		"redis://:hu/hush@h",
		"redis+sentinel://u:hush@h/m",
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct redis_url url;
		struct error err = { "" };
		cr_expect_eq(redis_url_parse(cases[i], &url, &err), -EINVAL, "%s", cases[i]);
		cr_expect(strstr(err.text, "SIPHOUND_REDIS_PASSWORD"), "%s: %s", cases[i], err.text);
		cr_expect_not(strstr(err.text, "hush"), "%s: %s", cases[i], err.text);
	}
}

Test(redis_url, password)
{
	char path[] = "/tmp/siphound-password-XXXXXX", out[REDIS_PASSWORD_MAX];
	struct error err;
	int fd = mkstemp(path);
	cr_assert_geq(fd, 0);
	unsetenv("SIPHOUND_REDIS_PASSWORD");
	cr_expect_eq(redis_password(NULL, out, &err), 0);
	cr_expect_str_eq(out, "");
	setenv("SIPHOUND_REDIS_PASSWORD", "of the environment", 1);
	cr_expect_eq(redis_password(NULL, out, &err), 0);
	cr_expect_str_eq(out, "of the environment");
	cr_expect_eq(redis_password(path, out, &err), -EINVAL, "an empty file");
	cr_assert_eq(write(fd, "a b\r\nnext\n", 10), 10);
	cr_expect_eq(redis_password(path, out, &err), 0);
	cr_expect_str_eq(out, "a b");
	close(fd);
	unlink(path);
	cr_expect_eq(redis_password(path, out, &err), -ENOENT);
	cr_expect(strstr(err.text, path));
}

/* As Python says: zlib.crc32(b"203.0.113.7") ... */
Test(redis_layout, shard)
{
	cr_expect_eq(redis_shard("203.0.113.7", 1), 0);
	cr_expect_eq(redis_shard("203.0.113.7", 64), 54);
	cr_expect_eq(redis_shard("2001:db8::7", 64), 59);
	cr_expect_eq(redis_shard("198.51.100.0/24", 64), 38);
}

Test(redis_layout, keys_and_names)
{
	char key[REDIS_KEY_MAX], name[REDIS_SENSOR_MAX + 2];
	cr_expect_str_eq(redis_key(key, 3, "src:", "203.0.113.7"), "{siphound:3}:1:src:203.0.113.7");
	cr_expect(redis_sensor_is_good("pbx-1.example_A"));
	cr_expect_not(redis_sensor_is_good(""));
	cr_expect_not(redis_sensor_is_good("+"));
	cr_expect_not(redis_sensor_is_good("a b"));
	memset(name, 'a', sizeof name);
	name[REDIS_SENSOR_MAX + 1] = '\0';
	cr_expect_not(redis_sensor_is_good(name));
	name[REDIS_SENSOR_MAX] = '\0';
	cr_expect(redis_sensor_is_good(name));
}
