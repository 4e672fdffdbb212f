/*
 * tests/unit/test_failing_answer.c - memory and the store fail once at each place while the
 * hub answers a local command.
 *
 * Each is asked again and again while, each time, one call more fails (fail_at.h), until
 * nothing does any more. Then it is refused, as of lack of memory and with words, or answered
 * with all that the answer has when nothing fails.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fail_at.h"
#include "hub_room.h"
#include "same_shape.h"

#include "common/base/json_memory.h"
#include "common/ledger/indicator.h"
#include "daemon/account_kept.h"
#include "daemon/ask.h"
#include "daemon/config.h"

/* Whether memory was short in an ANSWER that says so. */
static bool says_so(const json_t *answer)
{
	const json_t *status = json_object_get(answer, "exit");
	const char *words = json_string_value(json_object_get(answer, "error"));

	return json_integer_value(status) == PH_EXIT_OTHER && words && words[0] &&
	       !strstr(words, "damaged");
}

/* How many calls failed, one in each run. */
static unsigned ask_through(struct hub_room *room, const char *text)
{
	json_t *request = json_loads(text, 0, NULL);
	unsigned failed = 0;
	bool hit;

	assert_non_null(request);

	json_t *whole = ph_hub_command(room->hub, request);

	assert_int_equal(json_integer_value(json_object_get(whole, "exit")), 0);
	do {
		failing_arm();

		json_t *answer = ph_hub_command(room->hub, request);

		hit = failing_disarm();
		failed += hit;
		if (hit ? answer && !says_so(answer) && !same_shape(answer, whole)
			: !same_shape(answer, whole)) {
			char *said = json_dumps(answer, JSON_COMPACT);

			failing_show();
			fail_msg("%s: %s", text, said);
		}
		json_decref(answer);
	} while (hit);
	json_decref(whole);
	json_decref(request);
	return failed;
}

static void test_answers(void **state)
{
	static const char *const asked[] = {
		"{\"command\":\"invite-prepare\",\"site\":\"14-0371\"}",
		"{\"command\":\"invite-record\",\"id\":"
		"\"00112233445566778899aabbccddeeff\","
		"\"about\":\"{}\"}",
		"{\"command\":\"invite-list\"}",
		"{\"command\":\"site-list\"}",
		"{\"command\":\"commune-list\"}",
		"{\"command\":\"policy-list\"}",
		"{\"command\":\"status\"}",
		"{\"command\":\"devices\"}",
		"{\"command\":\"board\"}",
		"{\"command\":\"metrics\"}",
		"{\"command\":\"log\"}",
		"{\"command\":\"digest\"}",
		"{\"command\":\"verify\"}",
		"{\"command\":\"digest\",\"site\":\"14-0371\"}",
		"{\"command\":\"page\",\"period\":\"2020-01\"}",
		"{\"command\":\"report-codes\"}",
		"{\"command\":\"report-list\"}",
		("{\"command\":\"report-figures\",\"from\":\"2020-01-01\","
		 "\"to\":\"2029-12-31\"}"),
		"{\"command\":\"report\",\"report\":\"visits\",\"period\":\"2020\"}",
		"{\"command\":\"query\",\"what\":\"summary\",\"counted\":false}",
		"{\"command\":\"cases\"}",
		"{\"command\":\"list\",\"what\":\"here\"}",
	};
	struct hub_room room;
	struct member member;

	(void)state;
	hub_open(&room);
	member_open(&room, &member, 1, "14-0371");
	write_visits(&member, 2);
	expect_job(&room, hello_of(&member, all_item(&member, 0)), 0);
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		unsigned failed = ask_through(&room, asked[i]);

		print_message("# %s: %u failures\n", asked[i], failed);
		assert_true(failed > 0);
	}
	member_close(&member);
	hub_close(&room);
}

static size_t n_issued(struct hub_room *room)
{
	json_t *answer = ask(room, json_pack("{s:s}", "command", "report-list"));
	size_t n = json_array_size(json_object_get(answer, "reports"));

	json_decref(answer);
	return n;
}

/* A page is issued whole, or nothing of it, whatever fails. */
static void test_page(void **state)
{
	json_t *request =
		json_pack("{s:s, s:s}", "command", "page-issue", "period", "2020-01");
	size_t n = 0;
	unsigned failed = 0;
	bool hit;
	struct hub_room room;
	struct member member;

	(void)state;
	hub_open(&room);
	member_open(&room, &member, 1, "14-0371");
	write_visits(&member, 2);
	expect_job(&room, hello_of(&member, all_item(&member, 0)), 0);
	do {
		failing_arm();

		json_t *answer = ph_hub_command(room.hub, request);

		hit = failing_disarm();
		failed += hit;

		bool is_done = answer && !says_so(answer);

		if (is_done) {
			assert_int_equal(
				json_array_size(json_object_get(answer, "issued")),
				ph_indicators_count);
		}
		/* the last words of the answer are put in when all is kept */
		size_t now = n_issued(&room);

		if (now != n + ph_indicators_count && (is_done || now != n)) {
			failing_show();
			fail_msg("%zu reports are issued, and were %zu", now, n);
		}
		n = now;
		json_decref(answer);
	} while (hit);
	print_message("# %u failures\n", failed);
	assert_true(failed > 100 && n > 0);
	json_decref(request);
	member_close(&member);
	hub_close(&room);
}

/* A text has all its members' names, and is read whole, or there is none. */
static void test_texts(void **state)
{
	json_t *object =
		json_pack("{s:i, s:[s]}", "a name that is longer than a first block", 1,
			  "names", "and \\ a text \" of some length, too");
	char *whole = json_dumps(object, JSON_COMPACT);
	unsigned failed = 0;
	bool hit;

	(void)state;
	failing_again();
	do {
		struct ph_buf out = { 0 };

		failing_arm();

		char *text = ph_json_dumps(object, JSON_COMPACT);
		json_t *read = ph_json_loadb(whole, strlen(whole), 0, NULL);
		int rc = ph_json_write(object, &out);

		hit = failing_disarm();
		failed += hit;
		if ((!hit && (!text || !read || rc != 0)) ||
		    (text && strcmp(text, whole) != 0) ||
		    (read && !json_equal(read, object)) ||
		    (rc == 0 && !ph_view_equal(ph_buf_view(&out), ph_view_str(whole)))) {
			failing_show();
			fail_msg("%s", text ? text : "NULL");
		}
		free(text);
		json_decref(read);
		ph_buf_deinit(&out);
	} while (hit);
	print_message("# %u failures\n", failed);
	assert_true(failed > 10);
	free(whole);
	json_decref(object);
}

/* What is kept of an account can be read again, whatever failed while it was written. */
static void test_account(void **state)
{
	char hash[crypto_pwhash_STRBYTES];
	unsigned failed = 0;
	bool hit;
	struct hub_room room;

	(void)state;
	hub_open(&room);
	assert_int_equal(ph_password_hash(ph_view_str("ngựa thồ sách"), hash), 0);
	json_decref(
		ask(&room, json_pack("{s:s, s:s, s:s, s:s}", "command", "account-add",
				     "name", "lan", "role", "viewer", "password", hash)));

	json_t *request = json_pack("{s:s, s:s, s:s}", "command", "account-password",
				    "name", "lan", "password", hash);

	do {
		failing_arm();

		json_t *answer = ph_hub_command(room.hub, request);

		hit = failing_disarm();
		failed += hit;
		if (answer && json_integer_value(json_object_get(answer, "exit")) != 0 &&
		    !says_so(answer)) {
			failing_show();
			fail_msg("%s", json_dumps(answer, JSON_COMPACT));
		}
		json_decref(answer);
		answer = ask(&room, json_pack("{s:s}", "command", "account-list"));
		if (json_array_size(json_object_get(answer, "accounts")) != 1) {
			failing_show();
			fail_msg("%s", json_dumps(answer, JSON_COMPACT));
		}
		json_decref(answer);
	} while (hit);
	print_message("# %u failures\n", failed);
	assert_true(failed > 10);
	json_decref(request);
	hub_close(&room);
}

/* What could not be read for lack of memory, or room, is not damaged. */
static void test_open(void **state)
{
	struct hub_room room;
	struct ph_hub_config config;
	unsigned failed = 0;
	bool hit;

	(void)state;
	hub_open(&room);
	config = hub_config(&room);
	ph_hub_close(room.hub);
	do {
		struct ph_error err = { .exit = PH_EXIT_DONE };
		struct ph_hub *hub = NULL;

		failing_arm();

		int rc = ph_hub_open(&hub, &config, &err);

		hit = failing_disarm();
		failed += hit;
		if (rc != 0 && (!hit || rc != failing.as || err.exit != PH_EXIT_OTHER ||
				!err.text[0] || strstr(err.text, "damaged"))) {
			failing_show();
			fail_msg("%d, not %d: exit %d, %s", rc, failing.as, (int)err.exit,
				 err.text);
		}
		ph_hub_close(hub);
	} while (hit);
	print_message("# %u failures\n", failed);
	assert_true(failed > 50);
	hub_start(&room);
	hub_close(&room);
}

/* Settings that there was no memory to read are not said to be wrong. */
static void test_settings(void **state)
{
	struct hub_room room;
	struct ph_hub_config config;
	struct ph_settings settings;
	char path[256];
	unsigned failed = 0;
	bool hit;

	(void)state;
	hub_open(&room);
	config = hub_config(&room);
	snprintf(path, sizeof(path), "%s/packhorsed.conf", config.dir);

	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs("[limits]\nsessions = 7\n", file) >= 0);
	assert_int_equal(fclose(file), 0);
	do {
		struct ph_error err = { .exit = PH_EXIT_DONE };

		failing_arm();

		int rc = ph_settings_load(&settings, config.dir, &err);

		hit = failing_disarm();
		failed += hit;
		if (rc != 0 && (!hit || rc != failing.as || err.exit != PH_EXIT_OTHER)) {
			failing_show();
			fail_msg("%d, not %d: exit %d, %s", rc, failing.as, (int)err.exit,
				 err.text);
		}
	} while (hit);
	assert_true(failed > 0);
	assert_int_equal(settings.sessions, 7);
	hub_close(&room);
}

/* A command's request has all that was put into it, or there is none. */
static void test_request(void **state)
{
	unsigned failed = 0;
	bool hit;

	(void)state;
	do {
		failing_arm();

		json_t *request = ph_request("invite-record");

		ph_request_put(&request, "id", json_string("00112233"));
		ph_request_put(&request, "about", json_string("{}"));
		hit = failing_disarm();
		failed += hit;
		if (request ? json_object_size(request) != 3 : !hit) {
			failing_show();
			fail_msg("%d members", (int)json_object_size(request));
		}
		json_decref(request);
	} while (hit);
	assert_true(failed > 5);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers), cmocka_unit_test(test_page),
		cmocka_unit_test(test_open),    cmocka_unit_test(test_settings),
		cmocka_unit_test(test_request), cmocka_unit_test(test_account),
		cmocka_unit_test(test_texts),
	};

	failing_start();
	ph_json_watch();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_pattern, remove_pattern);
}
