/* Tests of common/log/json.c, json_value.c and json_show.c: both ways, and the words of every refusal. */
#include "json_room.h"

#include "common/base/clock.h"
#include "tests/lib/log_vectors.h"
#include "tests/lib/make_entry.h"
#include "tests/lib/unhex.h"

static void test_members(void **state)
{
	struct parsed p;

	(void)state;
	assert_int_equal(
		parse(&p,
		      "{\"kind\":\"loan\",\"copy\":{\"ns\":140371,\"code\":\"000123\"},"
		      "\"card\":\"1403710000017\",\"term\":14,"
		      "\"when\":\"2026-09-22T08:01\","
		      "\"source\":\"00112233445566778899aabbccddeeff\","
		      "\"staff\":\"Hoa\",\"behalf\":140372}"),
		0);
	assert_ptr_equal(p.entry.kind, ph_kind_find(PH_KIND_LOAN));
	assert_int_equal(p.entry.number, PH_KIND_LOAN);
	assert_int_equal(p.entry.stamp, 0);
	assert_int_equal(p.entry.field[PH_LOAN_COPY].as.id.ns, 140371);
	assert_true(ph_view_equal(p.entry.field[PH_LOAN_COPY].as.id.code,
				  ph_view_str("000123")));
	assert_int_equal(p.entry.field[PH_LOAN_CARD].as.id.ns, 0);
	assert_int_equal(p.resolved, PH_T_CARD_ID);
	assert_int_equal(p.entry.field[PH_LOAN_TERM].as.uint, 14);
	assert_false(p.entry.field[PH_LOAN_DUE].set);
	assert_int_equal(p.entry.extras.when, PH_WHEN_MINUTE);
	assert_int_equal(p.entry.extras.when_value, VEC_SECONDS / 60 + 1);
	assert_true(p.entry.extras.has_source);
	assert_int_equal(p.entry.extras.source[1], 0x11);
	assert_true(ph_view_equal(p.entry.extras.staff, ph_view_str("Hoa")));
	assert_int_equal(p.entry.extras.behalf, 140372);
	parsed_deinit(&p);

	assert_int_equal(parse(&p, "{\"kind\":\"return\",\"copy\":\"000123\"}"), 0);
	assert_int_equal(p.resolved, PH_T_COPY_ID);
	assert_int_equal(p.entry.field[PH_RETURN_COPY].as.id.ns, 371);
	parsed_deinit(&p);
}

static void test_when(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		enum ph_when when; /* NONE: refused */
		int64_t value;
	} cases[] = {
		{ "2026-09-21", PH_WHEN_DAY, VEC_DAY },
		{ "1970-01-01", PH_WHEN_DAY, 0 },
		{ "2999-12-31", PH_WHEN_DAY, PH_DAY_MAX },
		{ "1969-12-31", PH_WHEN_NONE, 0 },
		{ "2026-02-29", PH_WHEN_NONE, 0 },
		{ "2026-9-21", PH_WHEN_NONE, 0 },
		{ "21.09.2026", PH_WHEN_NONE, 0 },
		{ "", PH_WHEN_NONE, 0 },
		{ "2026-09-22T08:00", PH_WHEN_MINUTE, VEC_SECONDS / 60 },
		{ "2026-09-22 08:00", PH_WHEN_MINUTE, VEC_SECONDS / 60 },
		{ "2026-09-22T08:00:00", PH_WHEN_MINUTE, VEC_SECONDS / 60 },
		{ "2026-09-22T01:00Z", PH_WHEN_MINUTE, VEC_SECONDS / 60 },
		{ "2026-09-22T03:00+02:00", PH_WHEN_MINUTE, VEC_SECONDS / 60 },
		{ "2026-09-22T08:00:01", PH_WHEN_NONE, 0 },
		{ "2026-09-22T24:00", PH_WHEN_NONE, 0 },
		{ "1970-01-01T07:00", PH_WHEN_MINUTE, 0 },
		{ "1970-01-01T06:59", PH_WHEN_NONE, 0 },
		{ "2999-12-31T23:59", PH_WHEN_MINUTE,
		  (PH_DAY_MAX + INT64_C(1)) * 1440 - 421 },
		{ "2999-12-31T23:59-01:00", PH_WHEN_NONE, 0 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct parsed p;
		char line[100];

		snprintf(line, sizeof(line), "{\"kind\":\"visit\",\"when\":\"%s\"}",
			 cases[i].text);
		int rc = parse(&p, line);

		if (rc != (cases[i].when == PH_WHEN_NONE ? -EINVAL : 0)) {
			fail_msg("%s: %d", cases[i].text, rc);
		}
		assert_int_equal(p.entry.extras.when, cases[i].when);
		assert_int_equal(p.entry.extras.when_value, cases[i].value);
		if (rc) {
			assert_memory_equal(p.err.text, "when: ", 6);
		}
		parsed_deinit(&p);
	}
}

static void test_refusals(void **state)
{
	(void)state;
	static const struct {
		const char *line;
		const char *text;
	} cases[] = {
		{ "{\"kind\":\"visit\",\"band\":\"old\"}",
		  "band: \"old\" is not one of child, youth, adult, elder" },
		{ "{\"kind\":\"visit\",\"band\":2}",
		  "band: must be one of child, youth, adult, elder, not a number" },
		{ "{\"kind\":\"visit\",\"count\":\"3\"}",
		  "count: \"3\" is not a whole number from 1 to 100000" },
		{ "{\"kind\":\"visit\",\"count\":-3}",
		  "count: must be a whole number from 1 to 100000, not a negative "
		  "number" },
		{ "{\"kind\":\"visit\",\"count\":1.5}",
		  "count: must be a whole number from 1 to 100000, not a number with a "
		  "fraction" },
		{ "{\"kind\":\"visit\",\"count\":null}",
		  "count: must be a whole number from 1 to 100000, not null (leave out "
		  "what "
		  "is "
		  "not known)" },
		{ "{\"kind\":\"visit\",\"count\":0}", "count: 0 is not in 1 to 100000" },
		{ "{\"kind\":\"visit\",\"count\":100001}",
		  "count: 100001 is not in 1 to 100000" },
		{ "{\"kind\":\"visit\",\"count\":3,\"women\":4}",
		  "women: 4 is more than count, which is 3" },
		{ "{\"kind\":\"tally\",\"code\":\"media\",\"value\":1,\"from\":\"2026-09-"
		  "30\","
		  "\"to\":\"2026-07-01\"}",
		  "from: 2026-09-30 is after to, which is 2026-07-01" },
		{ "{\"kind\":\"visit\",\"women\":2}",
		  "women: 2 is more than count, which is 1" },
		{ "{\"kind\":\"visit\",\"kount\":3}",
		  "kount: is not a member of visit, which has count, band, women, "
		  "purpose, "
		  "when, source, staff, behalf" },
		{ "{\"kind\":\"reader-put\",\"sex\":1}",
		  "sex: is not a member of reader-put, which has reader, commune, band, "
		  "seen, name, born, telephone, address, guardian, note, when, source, "
		  "staff, behalf" },
		{ "{\"kind\":\"visit\",\"stamp\":3}",
		  "stamp: is made by the log; leave it out" },
		{ "{\"kind\":\"visit\",\"time\":\"now\"}",
		  "time: is made by the log; leave it out" },
		{ "{\"kind\":\"reader-put\",\"sets\":3}",
		  "sets: is made by the log; leave it out" },
		{ "{\"kind\":\"reader-put\",\"commit\":\"00\"}",
		  "commit: is made by the log; leave it out" },
		{ "{\"kind\":\"return\"}",
		  "copy: is missing; this kind cannot be without it" },
		{ "{\"kind\":\"return\",\"copy\":12}",
		  "copy: must be {\"ns\":NUMBER,\"code\":\"...\"}, not a number" },
		{ "{\"kind\":\"return\",\"copy\":{\"ns\":12}}",
		  "copy: has no member code; it must be "
		  "{\"ns\":NUMBER,\"code\":\"...\"}" },
		{ "{\"kind\":\"return\",\"copy\":{\"ns\":1,\"code\":\"a\",\"x\":1}}",
		  "copy: has a member too many; it must be "
		  "{\"ns\":NUMBER,\"code\":\"...\"}" },
		{ "{\"kind\":\"return\",\"copy\":{\"ns\":1000000,\"code\":\"a\"}}",
		  "copy.ns: 1000000 is not a site number (0 to 999999)" },
		{ "{\"kind\":\"return\",\"copy\":{\"ns\":1,\"code\":1}}",
		  "copy.code: must be a string, not a number" },
		{ "{\"kind\":\"return\",\"copy\":{\"ns\":1,\"code\":\"\"}}",
		  "copy.code: is empty; leave it out, or give 1 to 64 bytes" },
		{ "{\"kind\":\"return\",\"copy\":{\"ns\":1,\"code\":\"a\\tb\"}}",
		  "copy.code: holds a control character (a tab or newline, for "
		  "instance); "
		  "leave it out" },
		{ "{\"kind\":\"loan\",\"copy\":\"a\",\"card\":\"b\",\"term\":1,"
		  "\"due\":\"2026-09-22\"}",
		  "term: stands beside due; give one of them" },
		{ "{\"kind\":\"loan\",\"copy\":\"a\",\"card\":\"b\",\"due\":\"soon\"}",
		  "due: \"soon\" is not a day from 1970-01-01 to 2999-12-31, as "
		  "YYYY-MM-DD" },
		{ "{\"kind\":\"visit\",\"when\":\"3000-01-01\"}",
		  "when: \"3000-01-01\" is not a day or minute from 1970 to 2999, as "
		  "YYYY-MM-DD or YYYY-MM-DDTHH:MM (seconds are not kept)" },
		{ "{\"kind\":\"loan\",\"copy\":\"a\",\"card\":\"b\",\"due\":\"1969-12-"
		  "31\"}",
		  "due: is not a day from 1970-01-01 to 2999-12-31" },
		{ "{\"kind\":\"loan\",\"copy\":\"a\",\"card\":\"b\",\"term\":3651}",
		  "term: 3651 is not in 0 to 3650" },
		{ "{\"kind\":\"void\",\"target\":\"the last one\"}",
		  "target: \"the last one\" is not a reference: log id, number and hash, "
		  "parted by dots" },
		{ "{\"kind\":\"title-put\",\"name\":\"\"}",
		  "name: is empty; leave it out if it is not known" },
		{ "{\"kind\":\"title-put\",\"name\":[\"a\"]}",
		  "name: must be a string, not an array" },
		{ "{\"kind\":\"title-put\",\"name\":\"a\\nb\"}",
		  "name: holds a control character (a tab or newline, for instance); "
		  "leave "
		  "it out" },
		{ "{\"kind\":\"title-put\",\"language\":\"vi\"}",
		  "language: 2 bytes; it must be exactly 3" },
		{ "{\"kind\":\"title-put\",\"language\":\"VIE\"}",
		  "language: \"VIE\" is not 3 letters from a to z" },
		{ "{\"kind\":\"title-put\",\"isbn\":\"978-604-0-12345-678\"}",
		  "isbn: 19 bytes; at most 17 are kept" },
		{ "{\"kind\":\"title-put\",\"rest\":\"0x\"}",
		  "rest: \"0x\" is not bytes in hexadecimal digits" },
		{ "{\"kind\":\"title-put\",\"rest\":\"abc\"}",
		  "rest: \"abc\" is not bytes in hexadecimal digits" },
		{ "{\"kind\":\"title-put\",\"seen\":[]}",
		  "seen: must be an object from field names to references, not an empty "
		  "array" },
		{ "{\"kind\":\"title-put\",\"seen\":{\"nom\":[]}}",
		  "seen: nom is not a field of title-put" },
		{ "{\"kind\":\"title-put\",\"seen\":{\"name\":[]}}",
		  "name: must be an array of one or more references, not an empty "
		  "array" },
		{ "{\"kind\":\"title-put\",\"seen\":{\"title\":[\""
		  "00112233445566778899aabbccddeeff.1.0011223344556677"
		  "\"]}}",
		  "seen: names title, which is not a register of title-put" },
		{ "{\"kind\":\"commune-put\",\"code\":\"3646\"}",
		  "code: 4 bytes; it must be exactly 5" },
		{ "{\"kind\":\"commune-put\",\"code\":\"3646x\"}",
		  "code: \"3646x\" is not 5 digits" },
		{ "{\"kind\":\"reader-put\",\"born\":3000}",
		  "born: 3000 is not in 1 to 2999" },
		{ "{\"kind\":\"open\",\"device_key\":\"00\",\"nonce\":\"00\",\"site\":1}",
		  "device_key: 1 bytes; it must be exactly 32" },
		{ "{\"kind\":\"visit\",\"source\":\"00\"}",
		  "source: \"00\" is not 32 hexadecimal digits" },
		{ "{\"kind\":\"visit\",\"source\":7}",
		  "source: must be 32 hexadecimal digits, not a number" },
		{ "{\"kind\":\"visit\",\"operator\":\"00\"}",
		  "operator: is made by an operator's ceremony; leave it out" },
		{ "{\"kind\":\"visit\",\"operator\":\"" HEX_96 "\"}",
		  "operator: is made by an operator's ceremony; leave it out" },
		{ "{\"kind\":\"visit\",\"behalf\":0}",
		  "behalf: 0 is not a site number (1 to 999999)" },
		{ "{\"kind\":\"visit\",\"behalf\":1000000}",
		  "behalf: 1000000 is not a site number (1 to 999999)" },
		{ "{\"kind\":\"visit\",\"staff\":\"123456789012345678901234567890123\"}",
		  "staff: 33 bytes; at most 32 are kept" },
		{ "{\"count\":1}",
		  "kind: is missing; it must be a kind of entry, of which KINDS.md "
		  "has the list (loan, return, visit and so on)" },
		{ "{\"kind\":\"lone\"}",
		  "kind: \"lone\" is not a kind of entry, of which KINDS.md has the "
		  "list (loan, return, visit and so on)" },
		{ "{\"kind\":30}",
		  "kind: must be a kind of entry, of which KINDS.md has the list (loan, "
		  "return, visit and so on), not a number" },
		{ "[1]", "line 1, column 1: must be an object, {...}, not an array" },
		{ "7", "line 1, column 1: must be an object, {...}, not a number" },
		{ "", "line 1, column 0: " },
		{ "{\"kind\":\"visit\"} x", "line 1, column 18: " },
		{ "{\"kind\":\"visit\",\"kind\":\"loan\"}",
		  "line 1, column 22: duplicate" },
		{ "{\"kind\":\"return\",\"copy\":{\"ns\":1,\"ns\":1,\"code\":\"a\"}}",
		  "line 1, column 36: duplicate" },
		{ "{\"kind\":\"visit\",\"count\":99999999999999999999}",
		  "line 1, column " },
		{ "{\"kind\":\"visit\",\"staff\":\"\\u0000\"}",
		  "line 1, column 32: a text holds \\u0000, and none can; leave it out" },
		{ "{\"kind\":\"visit\",\"staff\":\"\xff\"}", "line 1, column " },
		{ "{\"kind\":\"visit\",\"staff\":\"a\nb\"}", "line 1, column " },
		{ "{\"a\":[[[[[[[[1]]]]]]]]}",
		  "line 1, column 13: nested deeper than 8" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct parsed p;
		int rc = parse(&p, cases[i].line);

		if (rc != -EINVAL ||
		    strncmp(p.err.text, cases[i].text, strlen(cases[i].text)) != 0) {
			fail_msg("%s\n%d: %s", cases[i].line, rc, p.err.text);
		}
		assert_int_equal(p.err.exit, PH_EXIT_USAGE);
		assert_null(p.entry.kind); /* written only on success */
		parsed_deinit(&p);
	}
}

static void test_scope(void **state)
{
	struct ph_entry entry;
	struct ph_buf arena = { 0 };
	struct ph_error err = { 0 };
	struct parsed p;

	(void)state;
	assert_int_equal(parse(&p, "{\"kind\":\"return\",\"copy\":\"gone\"}"), -EIO);
	assert_non_null(strstr(p.err.text, "copy"));
	assert_int_equal(ph_entry_from_json(p.object, NULL, &entry, &arena, &err),
			 -EINVAL);
	assert_string_equal(err.text,
			    "copy: \"gone\" is not {\"ns\":NUMBER,\"code\":\"...\"}");
	ph_buf_deinit(&arena);
	parsed_deinit(&p);
}

/* Depth and length at their limits; the same words within strings do not count. */
static void test_parse_limits(void **state)
{
	json_t *object = NULL;
	struct ph_error err = { 0 };

	(void)state;
	assert_int_equal(
		ph_json_parse(ph_view_str("{\"a\":[[[[[[[1]]]]]]]}"), &object, &err), 0);
	json_decref(object);
	assert_int_equal(ph_json_parse(ph_view_str("{\"a\":\"[[[[[[[[[[\\\"[[[\"}"),
				       &object, &err),
			 0);
	json_decref(object);
	for (size_t size = PH_LINE_MAX - 1; size <= PH_LINE_MAX + 1; size++) {
		char *line = malloc(size);

		assert_non_null(line);
		memset(line, ' ', size);
		line[0] = '{';
		line[size - 1] = '}';
		object = NULL;
		assert_int_equal(ph_json_parse(PH_VIEW(line, size), &object, &err),
				 size > PH_LINE_MAX ? -EMSGSIZE : 0);
		json_decref(object);
		free(line);
	}
}

static void test_composes(void **state)
{
	struct parsed p;

	(void)state;
	/* Decomposed, as some keyboards and most old files give it; codes stay as they are. */
	assert_int_equal(
		parse(&p,
		      "{\"kind\":\"reader-put\",\"name\":\"Lo\xcc\x80 Thi\xcc\xa3 Hoa\","
		      "\"staff\":\"e\xcc\x82\xcc\xa3\"}"),
		0);
	assert_true(ph_view_equal(p.entry.sealed[PH_READER_S_NAME].as.bytes,
				  ph_view_str("Lò Thị Hoa")));
	assert_true(ph_view_equal(p.entry.extras.staff, ph_view_str("ệ")));
	parsed_deinit(&p);
	assert_int_equal(
		parse(&p,
		      "{\"kind\":\"return\",\"copy\":{\"ns\":1,\"code\":\"o\xcc\x80\"}}"),
		0);
	assert_int_equal(p.entry.field[PH_RETURN_COPY].as.id.code.len, 3);
	parsed_deinit(&p);

	/* The few characters that composing makes longer: the arena must not move. */
	char line[4000] = "{\"kind\":\"title-put\",\"name\":\"";

	for (int i = 0; i < 80; i++) {
		strcat(line, "\xf0\x9d\x85\xa0"); /* U+1D160: 4 bytes, 12 composed */
	}
	strcat(line, "\",\"author\":\"");
	for (int i = 0; i < 20; i++) {
		strcat(line, "\xef\xac\xac"); /* U+FB2C: 3 bytes, 6 composed */
	}
	strcat(line, "\",\"rest\":\"0102\"}");
	assert_int_equal(parse(&p, line), 0);
	assert_int_equal(p.entry.field[PH_TITLE_NAME].as.bytes.len, 960);
	assert_int_equal(p.entry.field[PH_TITLE_AUTHOR].as.bytes.len, 120);
	parsed_deinit(&p);
}

static void test_seen_is_sorted(void **state)
{
	struct parsed p;

	(void)state;
	assert_int_equal(
		parse(&p,
		      "{\"kind\":\"reader-put\",\"seen\":{"
		      "\"born\":[\"00112233445566778899aabbccddeeff.9.0011223344556677\","
		      "\"00112233445566778899aabbccddeeff.8.0011223344556677\"],"
		      "\"band\":[\"ff112233445566778899aabbccddeeff.3.0011223344556677\"]"
		      "}}"),
		0);
	assert_int_equal(p.entry.n_seen, 3);
	assert_int_equal(p.entry.seen[0].field, PH_READER_BAND);
	assert_int_equal(p.entry.seen[1].field,
			 p.entry.kind->n_fields + PH_READER_S_BORN);
	assert_int_equal(p.entry.seen[1].head.n, 8);
	assert_int_equal(p.entry.seen[2].head.n, 9);
	parsed_deinit(&p);
	assert_int_equal(
		parse(&p,
		      "{\"kind\":\"reader-put\",\"seen\":{"
		      "\"born\":[\"00112233445566778899aabbccddeeff.9.0011223344556677\","
		      "\"00112233445566778899aabbccddeeff.9.0011223344556677\"]}}"),
		-EINVAL);
	parsed_deinit(&p);
}

static int parse_heads(unsigned n)
{
	char line[4096] = "{\"kind\":\"policy-put\",\"name\":\"a\",\"seen\":{\"value\":[";
	struct parsed p;

	for (unsigned i = 1; i <= n; i++) {
		size_t len = strlen(line);

		snprintf(line + len, sizeof(line) - len,
			 "%s\"00112233445566778899aabbccddeeff.%u.0011223344556677\"",
			 i > 1 ? "," : "", i);
	}
	strcat(line, "]}}");

	int rc = parse(&p, line);

	if (rc) {
		assert_string_equal(p.err.text, "seen: over 32 references in all");
	}
	parsed_deinit(&p);
	return rc;
}

static void test_seen_limits(void **state)
{
	(void)state;
	assert_int_equal(parse_heads(PH_SEEN_MAX - 1), 0);
	assert_int_equal(parse_heads(PH_SEEN_MAX), 0);
	assert_int_equal(parse_heads(PH_SEEN_MAX + 1), -EINVAL);
}

static void test_shows(void **state)
{
	struct ph_buf bytes = { 0 };
	struct ph_entry entry;

	(void)state;
	assert_int_equal(ph_entry_decode(unhex(&bytes, VEC_LOAN), &entry), 0);
	assert_shown(
		&entry,
		"{\"kind\":\"loan\",\"copy\":{\"ns\":371,\"code\":\"000123\"},"
		"\"card\":{\"ns\":0,\"code\":\"1403710000017\"},\"term\":14,"
		"\"when\":\"2026-09-21\",\"staff\":\"Hoa\",\"stamp\":117311990661120,"
		"\"time\":\"2026-09-22T08:02:00+07:00\"}");
	bytes.len = 0;
	assert_int_equal(ph_entry_decode(unhex(&bytes, VEC_CHANGE), &entry), 0);
	assert_shown(&entry,
		     "{\"kind\":\"reader-put\","
		     "\"reader\":\"" VEC_LOG ".3.6ae12a84a3cf4ade\",\"band\":\"adult\","
		     "\"sets\":2,\"commit\":\"55555555555555555555555555555555"
		     "55555555555555555555555555555555\","
		     "\"seen\":{\"band\":[\"" VEC_LOG ".3.6ae12a84a3cf4ade\"],"
		     "\"born\":[\"" VEC_LOG ".3.6ae12a84a3cf4ade\"]},"
		     "\"stamp\":117311994593280,"
		     "\"time\":\"2026-09-22T08:03:00+07:00\"}");
	bytes.len = 0;
	assert_int_equal(ph_entry_decode(unhex(&bytes, "94 ccc8 05 c0 01"), &entry),
			 PH_ENTRY_E_UNKNOWN);
	assert_shown(&entry, "{\"kind\":200,\"stamp\":5,"
			     "\"time\":\"1970-01-01T07:00:00+07:00\"}");
	ph_buf_deinit(&bytes);
}

/* What is shown can be recorded, but for what the log makes. */
static void test_round_trip(void **state)
{
	static struct maker maker;
	static struct ph_entry entry;
	static struct ph_entry back;

	(void)state;
	maker_init(&maker, 7);
	for (unsigned i = 0; i < 60 * ph_kinds_count(); i++) {
		struct ph_buf arena = { 0 };
		struct ph_error err = { 0 };
		json_t *object;
		json_t *parsed;

		make_entry(&maker, ph_kind_at(i % ph_kinds_count()), false, &entry);
		entry.extras.operator_sig = (struct ph_view){ 0 }; /* refused on input */
		object = ph_entry_to_json(&entry);
		assert_non_null(object);
		assert_int_equal(json_object_del(object, "stamp"), 0);
		assert_int_equal(json_object_del(object, "time"), 0);

		char *line = json_dumps(object, 0);

		assert_int_equal(ph_json_parse(ph_view_str(line), &parsed, &err), 0);
		if (ph_entry_from_json(parsed, NULL, &back, &arena, &err)) {
			fail_msg("%s", err.text);
		}
		assert_true(same_entry(&entry, &back));
		assert_true(same_sealed(&entry, &back));
		free(line);
		json_decref(parsed);
		json_decref(object);
		ph_buf_deinit(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_members),        cmocka_unit_test(test_when),
		cmocka_unit_test(test_refusals),       cmocka_unit_test(test_scope),
		cmocka_unit_test(test_parse_limits),   cmocka_unit_test(test_composes),
		cmocka_unit_test(test_seen_is_sorted), cmocka_unit_test(test_seen_limits),
		cmocka_unit_test(test_shows),          cmocka_unit_test(test_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
