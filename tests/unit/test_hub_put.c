/*
 * tests/unit/test_hub_put.c - entries that a person has the hub write: what it may, what is
 * said of it, and the names that they go by.
 */
#include "tests/unit/put_room.h"

#define TARGET                                                                           \
	"{\"kind\":\"target-put\",\"indicator\":\"M1\",\"year\":2026,\"value\":1500}"

/* --- what may be written --- */

static void test_refusals(void **state)
{
	static const struct {
		const char *entry;
		const char *words;
	} cases[] = {
		{ "{\"kind\":\"loan\",\"copy\":\"1\",\"card\":\"2\"}",
		  "a site writes it" },
		{ "{\"kind\":\"visit\"}", "a site writes it" },
		{ "{\"kind\":\"return\",\"copy\":{\"ns\":140371,\"code\":\"1\"}}",
		  "at which site it was" },
		{ "{\"kind\":\"open\"}", "the log writes it" },
		{ "{\"kind\":\"clock-mark\"}", "the log writes it" },
		{ "{\"kind\":\"device-admit\"}", "when a device comes with an invite" },
		{ "{\"kind\":\"report-issue\",\"report\":\"x\",\"from\":\"2026-01-01\","
		  "\"to\":\"2026-01-31\"}",
		  "report issue" },
		{ "{\"kind\":\"device-confirm\","
		  "\"device\":\"00112233445566778899aabbccddeeff\"}",
		  "devices confirm" },
		{ "{\"kind\":\"case-decide\","
		  "\"case\":\"00112233445566778899aabbccddeeff\",\"choice\":\"seen\","
		  "\"facts\":\"00112233445566778899aabbccddeeff\"}",
		  "case decide" },
		{ "{\"kind\":\"no-such\"}", "no-such" },
		{ "{\"kind\":\"policy-put\",\"name\":\"loan-term-days\",\"value\":\"x\"}",
		  "number of days" },
		{ "{\"kind\":\"site-put\",\"site\":140371,\"code\":\"14-0372\"}",
		  "is the code of site 140372" },
		{ "{\"kind\":\"site-put\",\"site\":\"nowhere\",\"name\":\"x\"}",
		  "there is no site" },
		{ "{\"kind\":\"commune-put\",\"code\":\"03646\",\"behalf\":140371}",
		  "the hub's own word" },
		{ "{\"kind\":\"target-put\",\"year\":2026}", "indicator" },
		{ "{\"kind\":\"void\",\"target\":\"@1\"}", "not a line before this one" },
		{ "7", "not a JSON object" },
	};
	struct hub_room room;
	int64_t control;

	(void)state;
	hub_open(&room);
	control = hub_says(&room, "control_entries");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_t *request =
			json_pack("{s:s, s:[o]}", "command", "record", "entries",
				  json_loads(cases[i].entry, JSON_DECODE_ANY, NULL));

		refused(&room, request, PH_EXIT_USAGE, cases[i].words);
	}
	refused(&room, json_pack("{s:s, s:[]}", "command", "record", "entries"),
		PH_EXIT_USAGE, "no entries");
	assert_int_equal(hub_says(&room, "control_entries"), control);
	hub_close(&room);
}

/* Of the hub whose list of communes is there: ENTRY is refused with EXIT and WORDS. */
static void refused_entry(struct hub_room *room, const char *entry, enum ph_exit exit,
			  const char *words)
{
	refused(room, record_of(entry), exit, words);
}

static void test_plan(void **state)
{
	static const char *const unknown[] = {
		"{\"kind\":\"site-put\",\"site\":140371,\"commune\":\"99999\"}",
		"{\"kind\":\"model-put\",\"commune\":\"99999\",\"status\":\"planned\"}",
		"{\"kind\":\"tally\",\"code\":\"media\",\"value\":1,\"from\":\"2023-01-"
		"01\","
		"\"to\":\"2023-01-31\",\"commune\":\"99999\"}",
	};
	static const char tally[] =
		"{\"kind\":\"tally\",\"code\":\"media\",\"value\":1,"
		"\"from\":\"2023-01-01\",\"to\":\"2023-01-31\",\"commune\":\"03651\"}";
	struct hub_room room;

	(void)state;
	hub_open(&room);
	/* no list yet: what is typed in before it is taken */
	json_decref(wrote(&room, record_of(tally)));
	json_decref(wrote(&room, record_of("{\"kind\":\"commune-put\",\"code\":"
					   "\"03646\",\"name\":\"M\"}")));
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		refused_entry(&room, unknown[i], PH_EXIT_OTHER,
			      "commune: there is no commune 99999");
	}
	refused(&room,
		json_pack("{s:s, s:s, s:s, s:s, s:s}", "command", "site-add", "code",
			  "14-0404", "name", "x", "kind", "van", "commune", "99999"),
		PH_EXIT_OTHER, "commune: there is no commune 99999");
	/* named in the same request, before it */
	json_decref(
		ask(&room, json_pack("{s:s, s:[{s:s, s:s, s:s}, o]}", "command", "record",
				     "entries", "kind", "commune-put", "code", "03651",
				     "name", "N", json_loads(tally, 0, NULL))));
	refused_entry(&room,
		      "{\"kind\":\"commune-put\",\"code\":\"03646\","
		      "\"predecessor\":\"03646\"}",
		      PH_EXIT_USAGE, "predecessor: is the commune itself");
	refused_entry(&room,
		      "{\"kind\":\"target-put\",\"indicator\":\"M9\",\"year\":2030,"
		      "\"value\":5000}",
		      PH_EXIT_USAGE, "the plan has no row M9");
	refused_entry(&room,
		      "{\"kind\":\"target-put\",\"indicator\":\"M3\",\"year\":2030,"
		      "\"value\":10001}",
		      PH_EXIT_USAGE, "M3 is a share");
	json_decref(wrote(&room, record_of("{\"kind\":\"target-put\",\"indicator\":"
					   "\"M3\",\"year\":2030,\"value\":10000}")));
	json_decref(wrote(&room, record_of("{\"kind\":\"target-put\",\"indicator\":"
					   "\"M4\",\"year\":2030,\"value\":20000}")));
	hub_close(&room);
}

static void warned(struct hub_room *room, const char *commune, const char *schedule,
		   const char *words)
{
	json_t *answer = ask(room, json_pack("{s:s, s:b, s:s, s:s*, s:s*}", "command",
					     "site-add", "update", 1, "code", "14-0371",
					     "commune", commune, "schedule", schedule));
	const char *warning = json_string_value(json_object_get(answer, "warning"));

	if (words) {
		assert_non_null(warning);
		assert_non_null(strstr(warning, words));
	} else {
		assert_null(warning);
	}
	json_decref(answer);
}

/* What is kept and does not do what it seems to: said, as the command does. */
static void test_warnings(void **state)
{
	struct hub_room room;

	(void)state;
	hub_open(&room);
	warned(&room, NULL, "every 5 parsecs", "it is no timetable");
	warned(&room, NULL, "mon thu", NULL);
	warned(&room, NULL, NULL, NULL);
	warned(&room, "03646", NULL, "commune 03646 has no name here yet");
	warned(&room, "03646", "every 5 parsecs",
	       "gives it one; the schedule is kept as words");
	hub_close(&room);
}

/* A place as the local command makes it: a whole one, or none, and no part of a list. */
static void test_places(void **state)
{
	static const struct {
		const char *request, *words;
	} cases[] = {
		{ "{\"command\":\"site-add\",\"code\":\"14-0404\"}", "its commune" },
		{ "{\"command\":\"site-add\",\"code\":\"14-0404\",\"name\":\"x\","
		  "\"commune\":\"03646\"}",
		  "its commune" },
		{ "{\"command\":\"commune-add\",\"communes\":[{\"code\":\"04001\","
		  "\"name\":"
		  "\"a\"},{\"code\":\"bad\",\"name\":\"b\"}]}",
		  "exactly 5" },
		{ "{\"command\":\"commune-add\",\"communes\":[{\"code\":\"04001\","
		  "\"name\":"
		  "\"a\"},7]}",
		  "lacks \"code\"" },
		{ "{\"command\":\"commune-add\",\"communes\":[{\"code\":\"04001\","
		  "\"name\":"
		  "\"a\",\"typ\":\"xa\"}]}",
		  "\"typ\" is nothing" },
	};
	struct hub_room room;
	int64_t control;

	(void)state;
	hub_open(&room);
	control = hub_says(&room, "control_entries");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		refused(&room, json_loads(cases[i].request, 0, NULL), PH_EXIT_USAGE,
			cases[i].words);
	}
	assert_int_equal(hub_says(&room, "control_entries"), control);
	hub_close(&room);
}

static json_t *commune(const char *type)
{
	return json_pack("{s:s, s:[{s:s, s:s, s:s*}]}", "command", "commune-add",
			 "communes", "code", "04001", "name", "a", "type", type);
}

/* Its type counts in reports: one that is another is not passed over, nor one that is none. */
static void test_commune_type(void **state)
{
	struct hub_room room;
	json_t *answer;

	(void)state;
	hub_open(&room);
	answer = ask(&room, commune(NULL));
	assert_int_equal(int_in(answer, "added"), 1);
	json_decref(answer);
	answer = ask(&room, commune("phuong"));
	assert_int_equal(int_in(answer, "added"), 1);
	json_decref(answer);
	answer = ask(&room, commune("phuong"));
	assert_int_equal(int_in(answer, "unchanged"), 1);
	json_decref(answer);
	answer = ask(&room, commune(NULL));
	assert_int_equal(int_in(answer, "unchanged"), 1);
	json_decref(answer);
	refused(&room, commune("banana"), PH_EXIT_USAGE, "banana");
	hub_close(&room);
}

/* N communes from code FROM on; each has the NAME, and a second time so if TWICE. */
static json_t *communes(unsigned from, unsigned n, const char *name, bool twice)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < n * (twice ? 2 : 1); i++) {
		char code[8];

		(void)snprintf(code, sizeof(code), "%05u", from + i % n);
		assert_int_equal(
			json_array_append_new(list, json_pack("{s:s, s:s}", "code", code,
							      "name", name)),
			0);
	}
	return json_pack("{s:s, s:o}", "command", "commune-add", "communes", list);
}

static int add_syncs(struct hub_room *room, json_t *request, int64_t added,
		     int64_t unchanged)
{
	int syncs = disk.syncs;
	json_t *answer = ask(room, request);

	assert_int_equal(int_in(answer, "added"), added);
	assert_int_equal(int_in(answer, "unchanged"), unchanged);
	json_decref(answer);
	return disk.syncs - syncs;
}

/* A list waits for the disk no longer than one commune: it is one transaction. */
static void test_commune_list(void **state)
{
	struct hub_room room;
	int64_t control;
	int one;

	(void)state;
	hub_open(&room);
	(void)add_syncs(&room, communes(5000, 1, "a", false), 1, 0);
	one = add_syncs(&room, communes(5001, 1, "a", false), 1, 0);
	assert_true(one > 0);
	assert_in_range(add_syncs(&room, communes(6000, 200, "a", false), 200, 0), 1,
			one + 1);
	/* what says the same twice is written once, what does not is refused */
	(void)add_syncs(&room, communes(6100, 200, "a", true), 100, 300);
	control = hub_says(&room, "control_entries");
	refused(&room,
		json_pack("{s:s, s:[{s:s, s:s}, {s:s, s:s}]}", "command", "commune-add",
			  "communes", "code", "07001", "name", "a", "code", "07001",
			  "name", "b"),
		PH_EXIT_USAGE, "07001 stands twice");
	assert_int_equal(hub_says(&room, "control_entries"), control);
	hub_close(&room);
}

/* There is no room at the Nth write: all of a list is there, or nothing. */
static void test_commune_list_cut(void **state)
{
	struct hub_room room;
	int refusals = 0;

	(void)state;
	hub_open(&room);
	for (int after = 0;; after++) {
		unsigned from = 10000 + 40 * (unsigned)after;
		int64_t control = hub_says(&room, "control_entries");
		json_t *answer;
		json_t *request = communes(from, 40, "a", false);
		bool hit;

		disk.fault = FAIL_FULL;
		disk.after = after;
		disk.hits = 0;
		answer = ph_hub_command(room.hub, request);
		hit = disk.hits > 0;
		disk.fault = NO_FAULT;
		json_decref(request);
		if (int_in(answer, "exit") != 0) {
			assert_true(hit);
			assert_int_equal(hub_says(&room, "control_entries"), control);
			refusals++;
		} else {
			assert_int_equal(hub_says(&room, "control_entries"),
					 control + 40);
		}
		json_decref(answer);
		if (!hit) {
			break;
		}
	}
	assert_true(refusals > 3);
	hub_close(&room);
}

static json_t *by_page(json_t *request)
{
	assert_int_equal(json_object_set_new(request, "page", json_string("yes")), 0);
	return request;
}

/* What makes the whole ledger anew is not done for a page: a day for loans, and a void of one. */
static void test_refold(void **state)
{
	static const char day[] =
		"{\"kind\":\"policy-put\",\"name\":\"cut-loans-before\","
		"\"value\":\"2026-01-01\"}";
	static const char words[] = "packhorsed policy set cut-loans-before";
	struct hub_room room;
	json_t *entry;
	char text[300];

	(void)state;
	hub_open(&room);
	refused(&room,
		by_page(json_pack("{s:s, s:s, s:s}", "command", "policy-set", "name",
				  "cut-loans-before", "value", "2026-01-01")),
		PH_EXIT_OTHER, words);
	refused(&room, by_page(record_of(day)), PH_EXIT_OTHER, words);
	entry = wrote(&room, record_of(day));
	snprintf(text, sizeof(text), "{\"kind\":\"void\",\"target\":\"%s\"}",
		 text_in(entry, "ref"));
	refused(&room, by_page(record_of(text)), PH_EXIT_OTHER, words);
	json_decref(wrote(&room, record_of(text)));
	json_decref(entry);
	/* others are */
	entry = wrote(&room, by_page(record_of("{\"kind\":\"policy-put\",\"name\":"
					       "\"loan-term-days\",\"value\":\"9\"}")));
	json_decref(entry);
	hub_close(&room);
}

/* A site by its code, and what it has of registers is seen without being asked. */
static void test_site_by_code(void **state)
{
	struct hub_room room;
	json_t *entry;
	json_t *first;

	(void)state;
	hub_open(&room);
	first = wrote(&room, record_of("{\"kind\":\"site-put\",\"site\":\"14-0371\","
				       "\"schedule\":\"T2\"}"));
	assert_int_equal(int_in(first, "site"), 140371);
	assert_null(json_object_get(first, "seen")); /* it had no schedule */
	assert_string_equal(text_in(first, "log"), "control");
	entry = wrote(&room, record_of("{\"kind\":\"site-put\",\"site\":\"140371\","
				       "\"schedule\":\"T3\",\"no_readers\":1}"));
	assert_string_equal(
		json_string_value(json_array_get(
			json_object_get(json_object_get(entry, "seen"), "schedule"), 0)),
		text_in(first, "ref"));
	assert_int_equal(json_object_size(json_object_get(entry, "seen")), 1);
	json_decref(entry);

	/* who says what was seen is believed */
	entry = wrote(&room, record_of("{\"kind\":\"site-put\",\"site\":140371,"
				       "\"schedule\":\"T4\",\"seen\":{}}"));
	assert_null(json_object_get(entry, "seen"));
	json_decref(entry);
	json_decref(first);
	hub_close(&room);
}

static void test_targets_see_each_other(void **state)
{
	struct hub_room room;
	json_t *first;
	json_t *entry;

	(void)state;
	hub_open(&room);
	first = wrote(&room, record_of(TARGET));
	entry = wrote(&room, record_of(TARGET));
	assert_string_equal(
		json_string_value(json_array_get(
			json_object_get(json_object_get(entry, "seen"), "value"), 0)),
		text_in(first, "ref"));
	json_decref(entry);
	entry = wrote(&room, record_of("{\"kind\":\"target-put\",\"indicator\":\"M1\","
				       "\"year\":2027,\"value\":1}"));
	assert_null(json_object_get(entry, "seen")); /* another year */
	json_decref(entry);
	json_decref(first);
	hub_close(&room);
}

/* --- names --- */

/* A card of MEMBER's site that nobody has, known at the hub once it is sent. */
static void make_card(struct hub_room *room, struct member *member, uint64_t ns,
		      const char *code)
{
	struct ph_entry entry = { .kind = ph_kind_find(PH_KIND_CARD_ISSUE) };
	struct ph_error err = { 0 };

	entry.field[PH_CARD_CARD].set = true;
	entry.field[PH_CARD_CARD].as.id =
		(struct ph_id){ .ns = ns, .code = ph_view_str(code) };
	entry.field[PH_CARD_READER].set = true;
	entry.field[PH_CARD_READER].as.ref = (struct ph_ref){ .n = 1 };
	begin(&member->desk.room);
	if (ph_writer_add(member->desk.writer, &entry, NULL, &err) != 0) {
		fail_msg("%s", err.text);
	}
	assert_int_equal(ph_writer_seal(member->desk.writer), 0);
	commit(&member->desk.room);
	expect_job(room, store_of(member, all_item(member, held_n(room, member))), 0);
}

static void assert_stops(struct hub_room *room, const char *text, int64_t ns)
{
	json_t *entry = wrote(room, record_of(text));

	assert_int_equal(int_in(json_object_get(entry, "card"), "ns"), ns);
	assert_string_equal(text_in(entry, "log"), "desk");
	json_decref(entry);
}

static void test_codes(void **state)
{
	struct pair pair;

	(void)state;
	pair_open(&pair);
	make_card(&pair.room, &pair.a, 140371, "C1");
	make_card(&pair.room, &pair.a, 140371, "C2");
	make_card(&pair.room, &pair.a, 140372, "C2");
	assert_stops(&pair.room, "{\"kind\":\"card-stop\",\"card\":\"C1\"}", 140371);
	assert_stops(&pair.room, "{\"kind\":\"card-stop\",\"card\":\"1403710000015\"}",
		     0);
	refused(&pair.room, record_of("{\"kind\":\"card-stop\",\"card\":\"C2\"}"),
		PH_EXIT_USAGE, "several sites have a card C2 (14-0371, 14-0372)");
	assert_stops(&pair.room,
		     "{\"kind\":\"card-stop\",\"card\":\"C2\",\"behalf\":\"14-0372\"}",
		     140372);
	refused(&pair.room, record_of("{\"kind\":\"card-stop\",\"card\":\"C3\"}"),
		PH_EXIT_USAGE, "no card C3 is known here");
	assert_stops(&pair.room,
		     "{\"kind\":\"card-stop\",\"card\":{\"ns\":9,\"code\":\"C3\"}}", 9);
	pair_close(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_commune_type),
		cmocka_unit_test(test_commune_list),
		cmocka_unit_test(test_commune_list_cut),
		cmocka_unit_test(test_refold),
		cmocka_unit_test(test_plan),
		cmocka_unit_test(test_warnings),
		cmocka_unit_test(test_site_by_code),
		cmocka_unit_test(test_targets_see_each_other),
		cmocka_unit_test(test_codes),
	};

	return cmocka_run_group_tests(tests, make_pattern, remove_pattern);
}
