/* tests/unit/test_config.c - the settings: every name, every edge, every mistake. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/limits.h"
#include "daemon/config.h"

static int parse(struct ph_settings *settings, const char *text, struct ph_error *err)
{
	memset(err, 0, sizeof(*err));
	ph_settings_init(settings);
	return ph_settings_parse(settings, ph_view_str(text), "conf", err);
}

static unsigned value_of(const struct ph_settings *settings,
			 const struct ph_setting *setting)
{
	unsigned value;

	memcpy(&value, (const char *)settings + setting->offset, sizeof(value));
	return value;
}

/* The defaults are the limits of limits.h. */
static void test_defaults(void **state)
{
	struct ph_settings settings;

	(void)state;
	ph_settings_init(&settings);
	assert_int_equal(settings.sessions, PH_SESSIONS_MAX);
	assert_int_equal(settings.handshakes, PH_HANDSHAKES_MAX);
	assert_int_equal(settings.handshakes_per_net, PH_HANDSHAKES_NET_MAX);
	assert_int_equal(settings.handshake_rate, PH_HANDSHAKE_RATE);
	assert_int_equal(settings.handshake_burst, PH_HANDSHAKE_BURST);
	assert_int_equal(settings.first_byte_ms, PH_FIRST_BYTE_MS);
	assert_int_equal(settings.handshake_ms, PH_HANDSHAKE_MS);
	assert_int_equal(settings.idle_ms, PH_IDLE_MS);
	assert_int_equal(settings.write_queue, PH_WRITE_QUEUE_MAX);
	assert_int_equal(settings.commands, PH_CONTROL_TALK_MAX);
	assert_int_equal(settings.n_listen, 1);
	assert_string_equal(settings.listen[0], PH_CONFIG_LISTEN_HERE);
	for (const struct ph_setting *s = ph_setting_table; s->name; s++) {
		assert_true(s->type != PH_SETTING_UINT ||
			    (s->fallback >= s->min && s->fallback <= s->max));
		assert_non_null(s->doc);
	}
}

/* Each number at min - 1, min, max, max + 1. */
static void test_ranges(void **state)
{
	struct ph_settings settings;
	struct ph_error err;
	char text[256];

	(void)state;
	for (const struct ph_setting *s = ph_setting_table; s->name; s++) {
		const long long tries[] = { (long long)s->min - 1, s->min, s->max,
					    (long long)s->max + 1 };

		for (unsigned i = 0; s->type == PH_SETTING_UINT && i < 4; i++) {
			snprintf(text, sizeof(text), "[%s]\n%s = %lld\n", s->section,
				 s->name, tries[i]);
			if (i == 1 || i == 2) {
				assert_int_equal(parse(&settings, text, &err), 0);
				assert_int_equal(value_of(&settings, s), tries[i]);
			} else {
				assert_int_equal(parse(&settings, text, &err), -22);
				assert_int_equal(err.exit, PH_EXIT_CONFIG);
				assert_non_null(strstr(err.text, "conf:2: "));
				assert_non_null(strstr(err.text, s->name));
			}
		}
	}
}

static const struct {
	const char *name, *text, *where; /* NULL: fine */
} cases[] = {
	{ "empty", "", NULL },
	{ "comments and blanks", "# one\n; two\n\n  \n", NULL },
	{ "no newline at the end", "[limits]\nsessions = 5", NULL },
	{ "comment behind a value", "[limits]\nsessions = 5 ; few\n", NULL },
	{ "byte order mark", "\xef\xbb\xbf[limits]\nsessions = 5\n", NULL },
	{ "carriage returns", "[limits]\r\nsessions = 5\r\n", NULL },
	{ "a section twice", "[limits]\nsessions = 5\n[log]\n[limits]\nidle-ms = 90\n",
	  NULL },
	{ "prefix yes", "[log]\nprefix = yes\n", NULL },
	{ "several addresses", "[server]\nlisten = 1.2.3.4:1\nlisten = [::1]:2\n", NULL },
	{ "unknown name", "[limits]\n\nsession = 5\n", "conf:3: " },
	{ "unknown section", "[limit]\nsessions = 5\n", "conf:2: " },
	{ "name of another section", "[server]\nsessions = 5\n", "conf:2: " },
	{ "before the first section", "sessions = 5\n", "conf:1: " },
	{ "twice", "[limits]\nsessions = 5\nsessions = 5\n", "conf:3: " },
	{ "twice, in two parts", "[limits]\nsessions = 5\n[limits]\nsessions = 6\n",
	  "conf:4: " },
	{ "continued", "[limits]\nsessions = 5\n  6\n", "conf:3: " },
	{ "no equals sign", "[limits]\nsessions\n", "conf:2: " },
	{ "section not closed", "[limits\nsessions = 5\n", "conf:1: " },
	{ "empty value", "[limits]\nsessions =\n", "conf:2: " },
	{ "sign", "[limits]\nsessions = +5\n", "conf:2: " },
	{ "minus", "[limits]\nsessions = -1\n", "conf:2: " },
	{ "unit", "[limits]\nidle-ms = 5s\n", "conf:2: " },
	{ "hexadecimal", "[limits]\nsessions = 0x10\n", "conf:2: " },
	{ "over 64 bits", "[limits]\nsessions = 99999999999999999999\n", "conf:2: " },
	{ "wraps 32 bits", "[limits]\nsessions = 4294967297\n", "conf:2: " },
	{ "prefix of another kind", "[log]\nprefix = on\n", "conf:2: " },
	{ "empty address", "[server]\nlisten =\n", "conf:2: " },
	{ "the first of two errors", "[limits]\nx\ny = 1\n", "conf:2: " },
	{ "the first of two errors, other order", "[limits]\ny = 1\nx\n", "conf:2: " },
};

static void test_cases(void **state)
{
	struct ph_settings settings;
	struct ph_error err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int rc = parse(&settings, cases[i].text, &err);
		bool is_right = cases[i].where
					? rc == -22 && strstr(err.text, cases[i].where)
					: rc == 0;

		if (!is_right) {
			fail_msg("%s: %d \"%s\"", cases[i].name, rc, err.text);
		}
	}
}

static void test_values(void **state)
{
	struct ph_settings settings;
	struct ph_error err;

	(void)state;
	assert_int_equal(parse(&settings,
			       "[server]\nlisten = 127.0.0.1:0\nlisten = [::1]:7415\n"
			       "[limits]\nsessions = 7\n[log]\nprefix = no\n",
			       &err),
			 0);
	assert_int_equal(settings.n_listen, 2);
	assert_string_equal(settings.listen[0], "127.0.0.1:0");
	assert_string_equal(settings.listen[1], "[::1]:7415");
	assert_int_equal(settings.sessions, 7);
	assert_int_equal(settings.prefix, PH_PREFIX_NO);
	/* a second file replaces addresses, keeps what it does not name */
	assert_int_equal(ph_settings_parse(&settings,
					   ph_view_str("[server]\nlisten = hub.vn:1\n"),
					   "two", &err),
			 0);
	assert_int_equal(settings.n_listen, 1);
	assert_string_equal(settings.listen[0], "hub.vn:1");
	assert_int_equal(settings.sessions, 7);
	/* NUL bytes are no text */
	assert_int_equal(ph_settings_parse(&settings, PH_VIEW("#\0\n", 3), "nul", &err),
			 -22);
}

/* inih would take the rest of a long line for a line of its own. */
static void test_long_line(void **state)
{
	struct ph_settings settings;
	struct ph_error err;
	char text[512];

	(void)state;
	for (int length = 197; length <= 199; length++) {
		snprintf(text, sizeof(text), "[limits]\n#%0*d\nsessions = 5\n",
			 length - 1, 0);
		assert_int_equal(parse(&settings, text, &err), length <= 198 ? 0 : -22);
	}
	assert_non_null(strstr(err.text, "conf:2: "));
}

static void test_many_addresses(void **state)
{
	struct ph_settings settings;
	struct ph_error err;
	char text[2048] = "[server]\n";

	(void)state;
	for (unsigned i = 0; i < PH_LISTEN_MAX + 1; i++) {
		snprintf(text + strlen(text), 64, "listen = 10.0.0.%u:7415\n", i);
		assert_int_equal(parse(&settings, text, &err),
				 i < PH_LISTEN_MAX ? 0 : -22);
	}
	assert_non_null(strstr(err.text, "conf:18: "));
}

static const struct {
	const char *text, *host; /* NULL: refused */
	unsigned port;
} addresses[] = {
	{ "0.0.0.0:7415", "0.0.0.0", 7415 },
	{ "[::]:0", "::", 0 },
	{ "[fe80::1%eth0]:65535", "fe80::1%eth0", 65535 },
	{ "hub.example.vn:80", "hub.example.vn", 80 },
	{ "0.0.0.0", NULL, 0 },
	{ ":7415", NULL, 0 },
	{ "::1:7415", NULL, 0 },
	{ "[]:7415", NULL, 0 },
	{ "[::1:7415", NULL, 0 },
	{ "0.0.0.0:", NULL, 0 },
	{ "0.0.0.0:65536", NULL, 0 },
	{ "0.0.0.0:-1", NULL, 0 },
	{ "0.0.0.0:1x", NULL, 0 },
	{ "a b:1", NULL, 0 },
	{ "", NULL, 0 },
};

static void test_addresses(void **state)
{
	char host[PH_LISTEN_TEXT];
	unsigned port;

	(void)state;
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		int rc = ph_address_split(addresses[i].text, host, sizeof(host), &port,
					  NULL);

		if (rc != (addresses[i].host ? 0 : -22)) {
			fail_msg("%s: %d", addresses[i].text, rc);
		}
		if (rc == 0) {
			assert_string_equal(host, addresses[i].host);
			assert_int_equal(port, addresses[i].port);
		}
	}
	/* a host of just that many bytes */
	assert_int_equal(ph_address_split("abc:1", host, 4, &port, NULL), 0);
	assert_int_equal(ph_address_split("abc:1", host, 3, &port, NULL), -22);
}

/* Where pages are served: on this machine alone, or nowhere. */
static void test_web(void **state)
{
	static const struct {
		const char *text;
		bool is_good;
	} webs[] = {
		{ "listen = 127.0.0.1:0", true },
		{ "listen = 127.255.0.9:65535", true },
		{ "listen = [::1]:8080", true },
		{ "listen = /run/packhorse/web", true },
		{ "listen =", true },
		{ "listen = 0.0.0.0:80", false },
		{ "listen = 128.0.0.1:80", false },
		{ "listen = [::]:80", false },
		{ "listen = [::ffff:127.0.0.1]:80", false },
		{ "listen = localhost:80", false },
		{ "listen = 127.0.0.1", false },
		{ "listen = 127.0.0.1:65536", false },
		{ "listen = 127.0.0.1:1\nlisten = 127.0.0.1:2", false },
		{ "host = thuvien.example.vn", true },
		{ "host = [fe80::1]", true },
		{ "host = a\nhost = b\nhost = c\nhost = d\nhost = e\nhost = f\nhost = "
		  "g\nhost = h",
		  true },
		{ "host = a\nhost = b\nhost = c\nhost = d\nhost = e\nhost = f\nhost = "
		  "g\nhost = h\nhost = i",
		  false },
		{ "host =", false },
		{ "host = A", false },
		{ "host = a:80", false },
		{ "host = a b", false },
		{ "host = [a", false },
	};
	struct ph_settings settings;
	struct ph_error err;
	char text[200];

	(void)state;
	ph_settings_init(&settings);
	assert_string_equal(settings.web, "");
	assert_int_equal(settings.web_connections, PH_WEB_CONNECTIONS);
	assert_int_equal(settings.web_waiting, PH_WEB_WAITING);
	for (size_t i = 0; i < sizeof(webs) / sizeof(webs[0]); i++) {
		snprintf(text, sizeof(text), "[web]\n%s\n", webs[i].text);
		if ((parse(&settings, text, &err) == 0) != webs[i].is_good) {
			fail_msg("%s: %s", webs[i].text, err.text);
		}
		assert_true(webs[i].is_good || strncmp(err.text, "conf:", 5) == 0);
	}
	/* a path of just as many bytes as a socket's may have, and one more */
	for (int len = 107; len <= 108; len++) {
		snprintf(text, sizeof(text), "[web]\nlisten = /%0*d\n", len - 1, 0);
		assert_int_equal(parse(&settings, text, &err) == 0, len == 107);
	}
}

static void put_file(const char *dir, const char *name, const char *text)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void remove_file(const char *dir, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(remove(path), 0);
}

static void test_folder(void **state)
{
	char dir[] = "/tmp/ph-config-XXXXXX";
	char drop_in[64];
	struct ph_settings settings;
	struct ph_error err = { 0 };

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(ph_settings_load(&settings, dir, &err), 0); /* all defaults */
	assert_int_equal(settings.sessions, PH_SESSIONS_MAX);

	put_file(dir, "packhorsed.conf", "[limits]\nsessions = 1\nhandshakes = 11\n");
	snprintf(drop_in, sizeof(drop_in), "%s/conf.d", dir);
	assert_int_equal(mkdir(drop_in, 0700), 0);
	put_file(drop_in, "20-b.conf", "[limits]\nsessions = 3\n");
	put_file(drop_in, "10-a.conf", "[limits]\nsessions = 2\nidle-ms = 70\n");
	put_file(drop_in, "30-c.conf~", "rubbish\n");
	put_file(drop_in, ".hidden.conf", "rubbish\n");
	assert_int_equal(ph_settings_load(&settings, dir, &err), 0);
	assert_int_equal(settings.sessions, 3);
	assert_int_equal(settings.handshakes, 11);
	assert_int_equal(settings.idle_ms, 70);

	/* an error names its file, and leaves what the caller had */
	put_file(drop_in, "10-a.conf", "[limits]\nsessions = 0\n");
	assert_int_equal(ph_settings_load(&settings, dir, &err), -22);
	assert_int_equal(err.exit, PH_EXIT_CONFIG);
	assert_non_null(strstr(err.text, "conf.d/10-a.conf:2: "));
	assert_int_equal(settings.sessions, 3);

	remove_file(drop_in, "20-b.conf");
	remove_file(drop_in, "10-a.conf");
	remove_file(drop_in, "30-c.conf~");
	remove_file(drop_in, ".hidden.conf");
	remove_file(dir, "conf.d");
	remove_file(dir, "packhorsed.conf");
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),  cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_cases),     cmocka_unit_test(test_values),
		cmocka_unit_test(test_long_line), cmocka_unit_test(test_many_addresses),
		cmocka_unit_test(test_addresses), cmocka_unit_test(test_folder),
		cmocka_unit_test(test_web),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
