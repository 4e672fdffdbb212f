/* tests/unit/test_agent_ask.c - lines over the agent's socket: known commands, waits, nonsense. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "client/agent_ask.h"
#include "client/commands.h"
#include "common/base/limits.h"
#include "common/base/secret.h"
#include "tests/unit/locked.h"

static const struct {
	const char *name, *line;
	int rc;
	bool is_loan;
	uint64_t wait_ms;
} cases[] = {
	{ "run", "{\"command\":\"run\"}", 0, false, PH_COMMAND_WAIT_MS },
	{ "run has no wait of its own", "{\"command\":\"run\",\"wait_ms\":1}", 0, false,
	  PH_COMMAND_WAIT_MS },
	{ "lend", "{\"command\":\"lend\",\"wait_ms\":250}", 0, true, 250 },
	{ "no wait said", "{\"command\":\"lend\"}", 0, true, PH_COMMAND_WAIT_MS },
	{ "a wait that is a text", "{\"command\":\"lend\",\"wait_ms\":\"1\"}", 0, true,
	  PH_COMMAND_WAIT_MS },
	{ "a wait that is a fraction", "{\"command\":\"lend\",\"wait_ms\":1.5}", 0, true,
	  PH_COMMAND_WAIT_MS },
	{ "none", "{\"command\":\"lend\",\"wait_ms\":0}", 0, true, 0 },
	{ "less than none", "{\"command\":\"lend\",\"wait_ms\":-1}", 0, true, 0 },
	{ "the longest", "{\"command\":\"lend\",\"wait_ms\":60000}", 0, true, 60000 },
	{ "over it", "{\"command\":\"lend\",\"wait_ms\":60001}", 0, true, 60000 },
	{ "the least number", "{\"command\":\"lend\",\"wait_ms\":-9223372036854775808}",
	  0, true, 0 },
	{ "the largest", "{\"command\":\"lend\",\"wait_ms\":9223372036854775807}", 0,
	  true, 60000 },
	{ "desk", "{\"command\":\"desk\"}", 0, false, PH_COMMAND_WAIT_MS },
	{ "the desk's key", "{\"command\":\"desk-key\",\"key\":\"\"}", 0, false,
	  PH_COMMAND_WAIT_MS },
	{ "another command", "{\"command\":\"stop\"}", PH_AGENT_ASK_E_FORM, false, 0 },
	{ "the command is no text", "{\"command\":1}", PH_AGENT_ASK_E_FORM, false, 0 },
	{ "no command", "{}", PH_AGENT_ASK_E_FORM, false, 0 },
	{ "a list", "[\"run\"]", PH_AGENT_ASK_E_FORM, false, 0 },
	{ "a member twice", "{\"command\":\"run\",\"command\":\"run\"}",
	  PH_AGENT_ASK_E_FORM, false, 0 },
	{ "something behind it", "{\"command\":\"run\"} x", PH_AGENT_ASK_E_FORM, false,
	  0 },
	{ "cut short", "{\"command\":\"run\"", PH_AGENT_ASK_E_FORM, false, 0 },
	{ "nothing", "", PH_AGENT_ASK_E_FORM, false, 0 },
};

static void test_lines(void **state)
{
	(void)state;
	_Static_assert(PH_AGENT_WAIT_MS == 60000, "the cases know it");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ph_agent_ask ask = { 0 };
		int rc = ph_agent_ask_decode(ph_view_str(cases[i].line), &ask);
		bool is_key = strstr(cases[i].line, "\"desk-key\"") != NULL;
		bool is_desk = strstr(cases[i].line, "\"desk\"") != NULL;

		if (rc != cases[i].rc || ask.is_loan != cases[i].is_loan ||
		    ask.wait_ms != cases[i].wait_ms || ask.is_key != is_key ||
		    ask.is_desk != is_desk || (ask.request != NULL) != (rc == 0)) {
			fail_msg("%s: %d", cases[i].name, rc);
		}
		json_decref(ask.request);
		ph_secret_free(ask.desk);
	}
}

/* The secret of a desk leaves the line's JSON, which is in memory as any other, for locked memory. */
static void test_key(void **state)
{
	static const char *const keys[] = {
		"\"40000000000000000000000000000000000000000000000000000000000000fe\"",
		"\"4000\"",
		"\"no key\"",
		"\"\"",
		"7",
		"null",
	};
	const uint8_t none[PH_BOX_SECRET_SIZE] = { 0 };
	char line[256];

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		struct ph_agent_ask ask = { 0 };
		const char *left;

		snprintf(line, sizeof(line), "{\"command\":\"desk-key\",\"key\":%s}",
			 keys[i]);
		assert_int_equal(ph_agent_ask_decode(ph_view_str(line), &ask), 0);
		left = json_string_value(json_object_get(ask.request, "key"));
		assert_true(!left || left[0] == '\0');
		assert_int_equal(ask.desk != NULL, i < 3);
		if (i == 0) {
			assert_int_equal(ask.desk[0], 0x40);
			assert_int_equal(ask.desk[PH_BOX_SECRET_SIZE - 1], 0xfe);
			assert_true(!locked_can_be((size_t)256 * 1024) ||
				    locked_is(ask.desk, PH_BOX_SECRET_SIZE));
		} else if (ask.desk) {
			assert_memory_equal(ask.desk, none, sizeof(none));
		}
		ph_secret_free(ask.desk);
		json_decref(ask.request);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
