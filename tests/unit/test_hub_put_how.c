/*
 * tests/unit/test_hub_put_how.c - how the hub writes entries for a person: into which log, voids of
 * them, all of a batch or none, and what an operator must sign.
 */
#include "tests/unit/put_room.h"

#define TARGET                                                                           \
	"{\"kind\":\"target-put\",\"indicator\":\"M1\",\"year\":2026,\"value\":1500}"

/* --- voids --- */

static void test_void(void **state)
{
	struct hub_room room;
	json_t *target;
	json_t *entry;
	json_t *open;
	char text[300];

	(void)state;
	hub_open(&room);
	target = wrote(&room, record_of(TARGET));
	snprintf(text, sizeof(text), "{\"kind\":\"void\",\"target\":\"%s\"}",
		 text_in(target, "ref"));
	entry = wrote(&room, record_of(text));
	assert_string_equal(text_in(entry, "log"), "control");
	assert_true(json_is_true(json_object_get(entry, "known")));
	snprintf(text, sizeof(text), "{\"kind\":\"void\",\"target\":\"%s\"}",
		 text_in(entry, "ref"));
	refused(&room, record_of(text), PH_EXIT_USAGE, "a void of a void");
	json_decref(entry);

	/* its log's beginning: the reference that the first target's shows, with number 1 */
	open = ask(&room, json_pack("{s:s, s:i}", "command", "log", "limit", 10000));
	entry = json_array_get(json_object_get(open, "entries"), 0);
	assert_string_equal(text_in(entry, "kind"), "open");

	struct ph_buf bytes = { 0 };
	struct ph_ref ref = { .n = 1 };
	uint8_t e[PH_HASH_SIZE];

	assert_int_equal(
		ph_unhex(ref.log_id, sizeof(ref.log_id), text_in(entry, "log"), 32), 0);
	assert_int_equal(ph_journal_entry(ph_hub_journal(room.hub), 1, 1, &bytes), 0);
	ph_entry_hash(ph_buf_view(&bytes), e);
	memcpy(ref.hash, e, sizeof(ref.hash));
	ph_buf_deinit(&bytes);

	char shown[PH_REF_TEXT];

	ph_ref_text(shown, &ref);
	snprintf(text, sizeof(text), "{\"kind\":\"void\",\"target\":\"%s\"}", shown);
	refused(&room, record_of(text), PH_EXIT_USAGE, "which the log made");
	json_decref(open);
	json_decref(target);
	hub_close(&room);
}

/* --- batches --- */

static json_t *batch_of(const char *const *texts, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++) {
		json_array_append_new(list, json_loads(texts[i], 0, NULL));
	}
	return json_pack("{s:s, s:o}", "command", "record", "entries", list);
}

static void test_batch(void **state)
{
	static const char *const good[] = { TARGET,
					    "{\"kind\":\"void\",\"target\":\"@1\"}" };
	static const char *const bad[] = {
		TARGET,
		"{\"kind\":\"void\",\"target\":\"@3\"}",
		"{\"kind\":\"target-put\",\"indicator\":\"M1\",\"year\":1,\"value\":1}",
		("{\"kind\":\"invite-cancel\",\"invite\":"
		 "\"00000000000000000000000000000000\"}"),
	};
	struct hub_room room;
	json_t *answer;
	json_t *list;
	int64_t control;

	(void)state;
	hub_open(&room);
	control = hub_says(&room, "control_entries");
	answer = ask(&room, batch_of(good, 2));
	list = json_object_get(answer, "entries");
	assert_int_equal(json_array_size(list), 2);

	json_t *voided = entry_at(&room, text_in(json_array_get(list, 1), "ref"));

	assert_string_equal(text_in(voided, "target"),
			    text_in(json_array_get(list, 0), "ref"));
	json_decref(voided);
	json_decref(answer);
	assert_int_equal(hub_says(&room, "control_entries"), control + 2);

	/* all that is wrong is told, and nothing is written */
	answer = ask(&room, batch_of(bad, 4));
	list = json_object_get(answer, "entries");
	assert_int_equal(json_array_size(list), 4);
	for (size_t i = 0; i < 4; i++) {
		const json_t *item = json_array_get(list, i);

		assert_true(json_is_false(json_object_get(item, "ok")));
		assert_non_null(
			strstr(text_in(item, "error"), i == 0   ? "another line"
						       : i == 1 ? "not a line before"
						       : i == 2 ? "year"
								: "by itself"));
		assert_null(json_object_get(item, "ref"));
	}
	json_decref(answer);
	assert_int_equal(hub_says(&room, "control_entries"), control + 2);
	hub_restart(&room);
	assert_int_equal(hub_says(&room, "control_entries"), control + 2);
	hub_close(&room);
}

/* "lines" says which lines the entries are of, "refs" what earlier ones wrote. */
static void test_lines(void **state)
{
	struct hub_room room;
	json_t *first;
	json_t *entry;

	(void)state;
	hub_open(&room);
	first = wrote(&room, record_of(TARGET));
	entry = wrote(&room,
		      json_pack("{s:s, s:[{s:s, s:s}], s:[i], s:{s:s}}", "command",
				"record", "entries", "kind", "void", "target", "@7",
				"lines", 9, "refs", "7", text_in(first, "ref")));
	assert_string_equal(text_in(entry, "target"), text_in(first, "ref"));
	json_decref(entry);
	refused(&room,
		json_pack("{s:s, s:[{s:s, s:s}], s:[i], s:{s:s}}", "command", "record",
			  "entries", "kind", "void", "target", "@9", "lines", 9, "refs",
			  "7", text_in(first, "ref")),
		PH_EXIT_USAGE, "not a line before");
	json_decref(first);
	hub_close(&room);
}

/* --- what an operator signs --- */

#define CANCEL                                                                           \
	"{\"kind\":\"invite-cancel\",\"invite\":\"0102030405060708090a0b0c0d0e0f10\"}"

static void test_operator(void **state)
{
	struct hub_room room;
	struct ph_sign_pair stranger;
	json_t *item;
	json_t *request;
	json_t *entry;
	int64_t control;
	char text[300];

	(void)state;
	hub_open(&room);
	control = hub_says(&room, "control_entries");
	item = item_of(&room, record_of(CANCEL), 0);
	assert_int_equal(hub_says(&room, "control_entries"), control);
	assert_string_equal(
		text_in(json_object_get(json_object_get(item, "sign"), "shows"), "kind"),
		"invite-cancel");

	/* signed by somebody who is no operator */
	ph_sign_pair_make(&stranger, &room.rng);
	refused(&room, signed_by(item, &stranger), PH_EXIT_OTHER, "no operator's");

	/* signed, and then something else put in its place */
	request = signed_by(item, &room.operator_pair);
	snprintf(text, sizeof(text), "%s", text_in(request, "entry"));
	text[strlen(text) - 1] = '1';
	json_object_set_new(request, "entry", json_string(text));
	refused(&room, request, PH_EXIT_OTHER, "does not verify");

	/* no signature at all, or one that is short */
	request = signed_by(item, &room.operator_pair);
	json_object_del(request, "operator");
	refused(&room, request, PH_EXIT_USAGE, "lacks");
	request = signed_by(item, &room.operator_pair);
	json_object_set_new(request, "operator", json_string("00"));
	refused(&room, request, PH_EXIT_USAGE, "lacks");

	/* something was written meanwhile: the number is another */
	json_decref(wrote(&room, record_of(TARGET)));
	refused(&room, signed_by(item, &room.operator_pair), PH_EXIT_TRY_LATER,
		"meanwhile");
	json_decref(item);
	assert_int_equal(hub_says(&room, "control_entries"), control + 1);

	entry = signs(&room, record_of(CANCEL));
	assert_string_equal(text_in(entry, "kind"), "invite-cancel");
	assert_int_equal(strlen(text_in(entry, "operator")), 2 * PH_OPERATOR_SIZE);
	assert_int_equal(hub_says(&room, "control_entries"), control + 2);

	/* a signature is of one number: it cannot be used again */
	snprintf(text, sizeof(text), "{\"kind\":\"void\",\"target\":\"%s\"}",
		 text_in(entry, "ref"));
	json_decref(entry);
	item = item_of(&room, record_of(text), 0); /* a void of it is signed as well */
	request = signed_by(item, &room.operator_pair);
	json_decref(item);
	json_decref(wrote(&room, json_incref(request)));
	refused(&room, request, PH_EXIT_TRY_LATER, "meanwhile");
	hub_close(&room);
}

/* After a start of the machine a clock-mark is due: it is written before the number is told. */
static void test_operator_after_start(void **state)
{
	struct hub_room room;

	(void)state;
	hub_open(&room);
	boot(&room.machine, 10, T0 + 5000);
	hub_restart(&room);
	json_decref(signs(&room, record_of(CANCEL)));
	hub_close(&room);
}

/* --- the two logs --- */

/* What sites write too goes into the desk log; a void where its target is. */
static void test_logs(void **state)
{
	struct pair pair;
	json_t *worker;
	json_t *entry;
	char text[300];

	(void)state;
	pair_open(&pair);
	write_visits(&pair.a, 1);
	expect_job(&pair.room, store_of(&pair.a, all_item(&pair.a, 0)), 0);
	worker = wrote(&pair.room,
		       record_of("{\"kind\":\"worker-put\",\"name\":\"Lò Thị Xuân\","
				 "\"site\":\"14-0372\",\"role\":\"manager\"}"));
	assert_string_equal(text_in(worker, "log"), "desk");
	assert_int_equal(int_in(worker, "sets"), 1);
	assert_null(json_object_get(worker, "seen")); /* a new one */
	snprintf(text, sizeof(text),
		 "{\"kind\":\"worker-put\",\"worker\":\"%s\",\"name\":\"Lò Xuân\"}",
		 text_in(worker, "ref"));
	entry = wrote(&pair.room, record_of(text));
	assert_string_equal(
		json_string_value(json_array_get(
			json_object_get(json_object_get(entry, "seen"), "name"), 0)),
		text_in(worker, "ref"));
	json_decref(entry);
	snprintf(text, sizeof(text), "{\"kind\":\"void\",\"target\":\"%s\"}",
		 text_in(worker, "ref"));
	entry = wrote(&pair.room, record_of(text));
	assert_string_equal(text_in(entry, "log"), "desk");
	json_decref(entry);
	json_decref(worker);

	/* of a device's entry: the desk log; of one that nobody has: likewise */
	entry = wrote(&pair.room, record_of("{\"kind\":\"void\",\"target\":"
					    "\"01000000000000000000000000000000.1."
					    "0200000000000000\"}"));
	assert_string_equal(text_in(entry, "log"), "desk");
	assert_true(json_is_false(json_object_get(entry, "known")));
	json_decref(entry);
	pair_close(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_void),
		cmocka_unit_test(test_batch),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_operator),
		cmocka_unit_test(test_operator_after_start),
		cmocka_unit_test(test_logs),
	};

	return cmocka_run_group_tests(tests, make_pattern, remove_pattern);
}
