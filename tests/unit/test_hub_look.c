/*
 * tests/unit/test_hub_look.c - a second view of a hub: it says what the hub says, also of what came
 * a moment ago, from another thread, and changes nothing.
 */
#include <pthread.h>
#include <time.h>

#include "tests/unit/hub_room.h"
#include "tests/unit/locked.h"

#include "daemon/hub_internal.h"
#include "daemon/hub_look.h"

#define LONG_MS 60000

static struct ph_hub_look *look;

static int set_up(void **state)
{
	struct hub_room *room = calloc(1, sizeof(*room));
	struct ph_error err = { 0 };
	struct ph_hub_config config;

	assert_non_null(room);
	hub_open(room);
	ph_hub_close(room->hub);
	/* the test's own disk is of no process but for one connection */
	assert_int_equal(sqlite3_vfs_register(sqlite3_vfs_find("unix"), 1), SQLITE_OK);
	config = hub_config(room);
	config.is_looked_at = true;
	if (ph_hub_open(&room->hub, &config, &err) != 0 ||
	    ph_hub_look_open(&look, room->hub, &err) != 0) {
		fail_msg("%s", err.text);
	}
	for (unsigned i = 0; i < 20; i++) {
		char code[16];

		snprintf(code, sizeof(code), "14-%04u", 500 + i);
		add_site(room, code, "Điểm");
	}
	*state = room;
	return 0;
}

static int tear_down(void **state)
{
	ph_hub_look_free(look);
	look = NULL;
	hub_close(*state);
	free(*state);
	assert_int_equal(sqlite3_vfs_register(&faulty_vfs, 1), SQLITE_OK);
	return 0;
}

struct asking {
	json_t *request, *answer;
};

static void *on_thread(void *data)
{
	struct asking *asking = data;

	asking->answer = ph_hub_look_command(look, asking->request);
	return NULL;
}

/* The look's answer, from another thread; the caller's, as REQUEST stays. */
static json_t *see(struct hub_room *room, json_t *request)
{
	struct asking asking = { .request = request };
	json_t *refusal = NULL;
	pthread_t thread;

	assert_int_equal(ph_hub_look_prepare(look, room->hub, request, LONG_MS, &refusal),
			 0);
	assert_null(refusal);
	assert_int_equal(pthread_create(&thread, NULL, on_thread, &asking), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_non_null(asking.answer);
	return asking.answer;
}

/* What changes from one moment to the next. */
static void drop_passing(json_t *answer)
{
	(void)json_object_del(answer, "disk_free_bytes");
	(void)json_object_del(answer, "wal_bytes");
	(void)json_object_del(answer, "store_bytes");
}

static void same(struct hub_room *room, json_t *request)
{
	const char *command = json_string_value(json_object_get(request, "command"));
	json_t *seen = see(room, request);
	json_t *said = ph_hub_command(room->hub, request);

	assert_true(ph_hub_look_takes(command));
	if (json_integer_value(json_object_get(said, "exit")) != 0) {
		fail_msg("%s: %s", command,
			 json_string_value(json_object_get(said, "error")));
	}
	drop_passing(seen);
	drop_passing(said);
	if (!json_equal(seen, said)) {
		fail_msg("%s: %.800s\nand not %.800s", command,
			 json_dumps(seen, JSON_COMPACT | JSON_SORT_KEYS),
			 json_dumps(said, JSON_COMPACT | JSON_SORT_KEYS));
	}
	json_decref(seen);
	json_decref(said);
	json_decref(request);
}

static void all_the_same(struct hub_room *room)
{
	static const char *const plain[] = {
		"status", "site-list",   "commune-list", "policy-list", "devices",
		"board",  "metrics",     "log",          "invite-list", "erasures",
		"cases",  "report-list", "digest",       "verify",
	};
	static const char *const queries[] = { "summary", "loans", "cases" };

	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		same(room, json_pack("{s:s}", "command", plain[i]));
	}
	for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
		same(room,
		     json_pack("{s:s, s:s}", "command", "query", "what", queries[i]));
	}
	same(room, json_pack("{s:s, s:s}", "command", "list", "what", "here"));
	same(room, json_pack("{s:s, s:s}", "command", "digest", "site", "14-0371"));
	same(room, json_pack("{s:s, s:s}", "command", "page", "period", "2023"));
	same(room, json_pack("{s:s, s:s, s:s}", "command", "report", "report", "M1",
			     "period", "2023"));
	same(room, json_pack("{s:s, s:s, s:s}", "command", "report-figures", "from",
			     "2023-01-01", "to", "2023-12-31"));
}

static void test_says_the_same(void **state)
{
	struct hub_room *room = *state;

	all_the_same(room);
	add_site(room, "14-0700", "Điểm sau");
	json_decref(ask(room, json_pack("{s:s, s:s, s:s}", "command", "policy-set",
					"name", "loan-term-days", "value", "21")));
	all_the_same(room);
}

static void test_after_a_rebuild(void **state)
{
	struct hub_room *room = *state;

	all_the_same(room);
	json_decref(ask(room, json_pack("{s:s}", "command", "rebuild")));
	all_the_same(room);
}

/* What the hub could not remove stands in its memory, not in the store. */
static void test_what_stays(void **state)
{
	struct hub_room *room = *state;

	room->hub->stays.courier = -EACCES;
	room->hub->stays.backup = -EISDIR;
	same(room, json_pack("{s:s}", "command", "status"));
}

/* It sees the moment at which it was prepared, whatever is done before it is asked. */
static void test_its_moment(void **state)
{
	struct hub_room *room = *state;
	json_t *request = json_pack("{s:s}", "command", "site-list");
	json_t *refusal = NULL;
	json_t *before = ask(room, json_incref(request));
	json_t *seen;

	assert_int_equal(ph_hub_look_prepare(look, room->hub, request, LONG_MS, &refusal),
			 0);
	add_site(room, "14-0702", "Điểm sau");
	json_decref(ask(room, json_pack("{s:s}", "command", "rebuild")));
	seen = ph_hub_look_command(look, request);
	assert_true(json_equal(seen, before));
	json_decref(seen);
	json_decref(before);
	same(room, request);
}

/* What writes, signs or has its answer elsewhere is the store's, and a look refuses it. */
static void test_takes(void **state)
{
	static const char *const others[] = { "site-add",       "record",
					      "policy-set",     "case-decide",
					      "report-issue",   "account-list",
					      "device-confirm", "rebuild",
					      "keys",           "no-such" };
	struct hub_room *room = *state;
	int64_t sites = hub_says(room, "sites");

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		json_t *request = json_pack("{s:s, s:s, s:s, s:s, s:s}", "command",
					    others[i], "code", "14-0800", "commune",
					    "03646", "kind", "commune", "name", "x");
		json_t *answer = NULL;

		if (ph_hub_look_prepare(look, room->hub, request, LONG_MS, &answer) ==
		    0) {
			answer = ph_hub_look_command(look, request);
		}

		assert_false(ph_hub_look_takes(others[i]));
		assert_int_not_equal(json_integer_value(json_object_get(answer, "exit")),
				     0);
		json_decref(answer);
		json_decref(request);
	}
	assert_int_equal(hub_says(room, "sites"), sites);
}

static void refused(struct hub_room *room, const char *reason, int exit, unsigned ms)
{
	json_t *request = json_pack("{s:s}", "command", "board");
	json_t *answer = NULL;
	const char *why;

	if (ph_hub_look_prepare(look, room->hub, request, ms, &answer) == 0) {
		/* its time is over before it begins */
		nanosleep(&(struct timespec){ .tv_nsec = 150000000 }, NULL);
		answer = ph_hub_look_command(look, request);
	}
	why = json_string_value(json_object_get(answer, "reason"));
	assert_int_equal(json_integer_value(json_object_get(answer, "exit")), exit);
	assert_string_equal(why ? why : "", reason);
	json_decref(answer);
	json_decref(request);
}

/* One whose time is over says so, and the next is answered; after the stop none is. */
static void test_ends(void **state)
{
	struct hub_room *room = *state;

	refused(room, "too-long", PH_EXIT_OTHER, 0);
	refused(room, "too-long", PH_EXIT_OTHER, 100);
	all_the_same(room);
	ph_hub_look_stop(look);
	refused(room, "", PH_EXIT_TRY_LATER, LONG_MS);
	assert_false(ph_hub_look_is_broken(look));
	add_site(room, "14-0701", "Điểm sau");
}

/* The keys in use, and those that were: the hub's, and once more the look's, whose view is its first member. */
static void test_keys_are_locked(void **state)
{
	const struct hub_room *room = *state;
	const struct ph_hub *const both[] = { room->hub,
					      (const struct ph_hub *)(const void *)look };

	if (!locked_can_be((size_t)256 * 1024)) {
		skip();
	}
	for (size_t i = 0; i < 2; i++) {
		assert_memory_equal(both[i]->ring.secret[0], both[i]->keys.sign.secret,
				    PH_SECRET_SIZE);
		assert_true(locked_is(&both[i]->keys, sizeof(both[i]->keys)));
		assert_true(locked_is(&both[i]->ring, sizeof(both[i]->ring)));
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_says_the_same),   TEST(test_after_a_rebuild),
		TEST(test_what_stays),      TEST(test_its_moment),
		TEST(test_takes),           TEST(test_ends),
		TEST(test_keys_are_locked),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_pattern, remove_pattern);
}
