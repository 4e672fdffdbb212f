/* tests/unit/test_agent_settings.c - the agent's settings: every name, every edge. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/agent_settings.h"
#include "common/base/file.h"
#include "common/base/limits.h"

static int parse(struct ph_agent_settings *settings, const char *text,
		 struct ph_error *err)
{
	memset(err, 0, sizeof(*err));
	ph_agent_settings_init(settings);
	return ph_agent_settings_parse(settings, ph_view_str(text), "conf", err);
}

static void test_defaults(void **state)
{
	struct ph_agent_settings settings;
	struct ph_pace_limits pace;

	(void)state;
	ph_agent_settings_init(&settings);
	assert_string_equal(settings.hub, "");
	assert_int_equal(settings.commands, PH_AGENT_COMMANDS);
	for (const struct ph_setting *s = ph_agent_setting_table; s->name; s++) {
		assert_true(s->type != PH_SETTING_UINT ||
			    (s->fallback >= s->min && s->fallback <= s->max));
		assert_non_null(s->doc);
	}
	pace = ph_agent_pace(&settings, PH_BUDGET_NONE);
	assert_int_equal(pace.interval, settings.interval_ms);
	assert_int_equal(pace.spread, settings.spread_ms);
	assert_int_equal(pace.quiet, settings.quiet_ms);
	assert_int_equal(pace.latest, settings.latest_ms);
	assert_int_equal(pace.backoff, settings.backoff_ms);
	assert_int_equal(pace.backoff_max, settings.backoff_max_ms);
	assert_int_equal(pace.settle, settings.settle_ms);
	/* greetings of 300 bytes take a fifth of the budget at most */
	pace = ph_agent_pace(&settings, 20000000);
	assert_int_equal(pace.quiet, UINT64_C(30) * 86400000 / 13333);
	assert_int_equal(pace.latest, pace.quiet);
	assert_int_equal(pace.interval, settings.interval_ms);
	pace = ph_agent_pace(&settings, 1000000);
	assert_int_equal(pace.interval, UINT64_C(30) * 86400000 / 666);
	assert_int_equal(pace.backoff, settings.backoff_ms);
	for (uint64_t budget = 0; budget < 7500; budget += 999) {
		pace = ph_agent_pace(&settings, budget);
		assert_int_equal(pace.interval, UINT64_C(7) * 86400000);
	}
}

/* Each number at min - 1, min, max, max + 1. */
static void test_ranges(void **state)
{
	(void)state;
	for (const struct ph_setting *s = ph_agent_setting_table; s->name; s++) {
		const long long values[] = { (long long)s->min - 1, s->min, s->max,
					     (long long)s->max + 1 };

		for (unsigned i = 0; s->type == PH_SETTING_UINT && i < 4; i++) {
			struct ph_agent_settings settings;
			struct ph_error err;
			char text[128];
			unsigned got;
			int rc;

			snprintf(text, sizeof(text), "[%s]\n%s = %lld\n", s->section,
				 s->name, values[i]);
			rc = parse(&settings, text, &err);
			assert_true((rc == 0) == (i == 1 || i == 2));
			if (rc == 0) {
				memcpy(&got, (const char *)&settings + s->offset,
				       sizeof(got));
				assert_int_equal(got, values[i]);
			} else {
				assert_int_equal(err.exit, PH_EXIT_CONFIG);
				assert_non_null(strstr(err.text, "conf:2: "));
			}
		}
	}
}

static void test_hub(void **state)
{
	static const struct {
		const char *text;
		bool good;
	} cases[] = {
		{ "hub.example:7415", true },
		{ "127.0.0.1:1", true },
		{ "[::1]:65535", true },
		{ "::1:7415", false },
		{ "hub.example", false },
		{ "hub:0", false },
		{ "hub:65536", false },
		{ ":7415", false },
		{ "hub:7415\naddress = hub:7416", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ph_agent_settings settings;
		struct ph_error err;
		char text[400];

		snprintf(text, sizeof(text), "[hub]\naddress = %s\n", cases[i].text);
		assert_int_equal(parse(&settings, text, &err) == 0, cases[i].good);
		if (cases[i].good) {
			assert_string_equal(settings.hub, cases[i].text);
		}
	}
}

/* The folder's agent.conf before the invite; one that is wrong is told, and the invite's stays. */
static void test_hub_address(void **state)
{
	const struct ph_site_info info = { .hub_address = ph_view_str("invite:1") };
	const struct ph_site_info none = { .site = 0 };
	char out[PH_HUB_ADDRESS_MAX + 1];
	struct ph_error err = { 0 };
	char dir[] = "/tmp/packhorse-unit.XXXXXX";
	char path[64];

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/agent.conf", dir);
	assert_int_equal(ph_agent_hub_address(dir, &info, out, &err), 0);
	assert_string_equal(out, "invite:1");
	assert_int_equal(ph_agent_hub_address(dir, &none, out, &err), 0);
	assert_string_equal(out, "");
	assert_int_equal(
		ph_file_write(path, ph_view_str("[hub]\naddress = conf:2\n"), 0600, NULL),
		0);
	assert_int_equal(ph_agent_hub_address(dir, &info, out, &err), 0);
	assert_string_equal(out, "conf:2");
	assert_int_equal(
		ph_file_write(path, ph_view_str("[sync]\nspread-ms = 0\n"), 0600, NULL),
		0);
	assert_int_equal(ph_agent_hub_address(dir, &info, out, &err), 0);
	assert_string_equal(out, "invite:1");
	assert_int_equal(ph_file_write(path, ph_view_str("[hub]\naddress = nowhere\n"),
				       0600, NULL),
			 0);
	assert_true(ph_agent_hub_address(dir, &info, out, &err) < 0);
	assert_int_equal(err.exit, PH_EXIT_CONFIG);
	assert_string_equal(out, "invite:1");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_hub),
		cmocka_unit_test(test_hub_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
