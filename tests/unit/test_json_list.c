/* Tests of common/log/json_value.c and json_show.c: lists, both ways. */
#include "json_room.h"

#define REF_1 "00112233445566778899aabbccddeeff.1.0011223344556677"
#define REF_2 "00112233445566778899aabbccddeeff.2.0011223344556677"

/* A person's list has no order and may say a thing twice; scans in it are resolved. */
static void test_lists(void **state)
{
	struct parsed p;

	(void)state;
	assert_int_equal(parse(&p,
			       "{\"kind\":\"crate-receive\",\"crate\":\"J1\",\"copies\":["
			       "\"000123\",{\"ns\":371,\"code\":\"000122\"},"
			       "\"1403710000017\",\"000123\"]}"),
			 0);
	assert_int_equal(p.resolved, PH_T_COPY_ID);
	assert_int_equal(p.entry.field[PH_RECEIVE_CRATE].as.id.ns, 371);
	assert_int_equal(p.entry.field[PH_RECEIVE_COPIES].as.list.count, 3);
	assert_shown(&p.entry,
		     "{\"kind\":\"crate-receive\",\"crate\":{\"ns\":371,\"code\":\"J1\"},"
		     "\"copies\":[{\"ns\":0,\"code\":\"1403710000017\"},"
		     "{\"ns\":371,\"code\":\"000122\"},{\"ns\":371,\"code\":\"000123\"}],"
		     "\"stamp\":0,\"time\":\"1970-01-01T07:00:00+07:00\"}");
	parsed_deinit(&p);

	assert_int_equal(parse(&p, "{\"kind\":\"crate-receive\",\"crate\":\"J1\"}"), 0);
	assert_int_equal(p.resolved, PH_T_CRATE_ID);
	parsed_deinit(&p);

	assert_int_equal(parse(&p, "{\"kind\":\"reader-erase\",\"readers\":[\"" REF_2
				   "\",\"" REF_1 "\"],\"cards\":[\"c2\",\"c1\"]}"),
			 0);
	assert_int_equal(p.resolved, PH_T_CARD_ID);
	assert_shown(&p.entry,
		     "{\"kind\":\"reader-erase\",\"readers\":[\"" REF_1 "\",\"" REF_2
		     "\"],\"cards\":[{\"ns\":371,\"code\":\"c1\"},"
		     "{\"ns\":371,\"code\":\"c2\"}],"
		     "\"stamp\":0,\"time\":\"1970-01-01T07:00:00+07:00\"}");
	parsed_deinit(&p);

	assert_int_equal(
		parse(&p,
		      "{\"kind\":\"device-cut\",\"device\":\"" HEX_16 "\",\"heads\":["
		      "{\"log\":\"" HEX_16 "\",\"n\":2,\"h\":\"" HEX_16 HEX_16 "\"},"
		      "{\"log\":\"" HEX_16 "\",\"n\":1,\"h\":\"" HEX_16 HEX_16 "\"}]}"),
		0);
	assert_shown(&p.entry,
		     "{\"kind\":\"device-cut\",\"device\":\"" HEX_16 "\",\"heads\":["
		     "{\"log\":\"" HEX_16 "\",\"n\":1,\"h\":\"" HEX_16 HEX_16 "\"},"
		     "{\"log\":\"" HEX_16 "\",\"n\":2,\"h\":\"" HEX_16 HEX_16 "\"}],"
		     "\"stamp\":0,\"time\":\"1970-01-01T07:00:00+07:00\"}");
	parsed_deinit(&p);

	assert_int_equal(parse(&p, "{\"kind\":\"site-put\",\"site\":7,"
				   "\"route\":[\"03647\",\"03646\",\"03647\"]}"),
			 0);
	assert_shown(&p.entry,
		     "{\"kind\":\"site-put\",\"site\":7,\"route\":[\"03646\",\"03647\"],"
		     "\"stamp\":0,\"time\":\"1970-01-01T07:00:00+07:00\"}");
	parsed_deinit(&p);

	assert_int_equal(parse(&p, "{\"kind\":\"model-put\",\"commune\":\"03646\","
				   "\"sites\":[300,7,300,70000]}"),
			 0);
	assert_shown(&p.entry, "{\"kind\":\"model-put\",\"commune\":\"03646\","
			       "\"sites\":[7,300,70000],"
			       "\"stamp\":0,\"time\":\"1970-01-01T07:00:00+07:00\"}");
	parsed_deinit(&p);
}

#define RECEIVE(copies)                                                                  \
	"{\"kind\":\"crate-receive\",\"crate\":\"J1\",\"copies\":" copies "}"
#define MODEL(sites)    "{\"kind\":\"model-put\",\"commune\":\"03646\",\"sites\":" sites "}"
#define ROUTE(communes) "{\"kind\":\"site-put\",\"site\":7,\"route\":" communes "}"
#define UNBLOCK(blocks)                                                                  \
	"{\"kind\":\"reader-unblock\",\"reader\":\"" REF_1 "\",\"blocks\":" blocks "}"

/* The place that a text names is the one in the line, before sorting. */
static void test_list_refusals(void **state)
{
	(void)state;
	static const struct {
		const char *line;
		const char *text;
	} cases[] = {
		{ RECEIVE("[]"),
		  "copies: must be an array of one or more items, not an empty array" },
		{ RECEIVE("\"a\""),
		  "copies: \"a\" is not an array of one or more items" },
		{ RECEIVE("{\"ns\":1,\"code\":\"a\"}"),
		  "copies: must be an array of one or more items, not an object" },
		{ RECEIVE("[\"a\",7]"),
		  "copies[1]: must be "
		  "{\"ns\":NUMBER,\"code\":\"...\"}, not a number" },
		{ RECEIVE("[\"b\",[\"a\"]]"),
		  "copies[1]: must be {\"ns\":NUMBER,\"code\":\"...\"}, not an array" },
		{ RECEIVE("[{\"ns\":1}]"), "copies[0]: has no member code; it must be "
					   "{\"ns\":NUMBER,\"code\":\"...\"}" },
		{ RECEIVE("[{\"ns\":\"x\",\"code\":\"a\"}]"),
		  "copies[0].ns: \"x\" is not a whole number, 0 or above" },
		{ RECEIVE("[\"z\",\"y\",{\"ns\":1000000,\"code\":\"a\"}]"),
		  "copies[2].ns: 1000000 is not a site number (0 to 999999)" },
		{ RECEIVE("[{\"ns\":1,\"code\":7}]"),
		  "copies[0].code: must be a string, not a number" },
		{ RECEIVE("[\"z\",\"a\\tb\"]"),
		  "copies[1].code: holds a control character" },
		{ RECEIVE("[\"z\",\"\"]"),
		  "copies[1].code: is empty; leave it out, or give 1 to 64 bytes" },
		{ MODEL("[7,\"x\"]"),
		  "sites[1]: \"x\" is not a whole number, 0 or above" },
		{ MODEL("[7,-1]"), "sites[1]: must be a whole number, 0 or above, not a "
				   "negative number" },
		{ MODEL("[1000000,7]"), "sites[0]: 1000000 is not in 0 to 999999" },
		{ ROUTE("[\"03646\",\"3647\"]"),
		  "route[1]: 4 bytes; it must be exactly 5" },
		{ ROUTE("[\"0364x\",\"03646\"]"), "route[0]: \"0364x\" is not 5 digits" },
		{ ROUTE("[3646]"), "route[0]: must be a string, not a number" },
		{ UNBLOCK("[\"" REF_2 "\",\"x\"]"),
		  "blocks[1]: \"x\" is not a reference: log id, number and hash, parted "
		  "by dots" },
		{ "{\"kind\":\"reader-unblock\",\"reader\":\"" REF_1 "\"}",
		  "blocks: is missing; this kind cannot be without it" },
		{ "{\"kind\":\"device-cut\",\"device\":\"" HEX_16
		  "\",\"heads\":[{\"log\":\"" HEX_16 "\",\"n\":1,\"h\":\"00\"}]}",
		  "heads[0].h: \"00\" is not 64 hexadecimal digits" },
		{ "{\"kind\":\"device-cut\",\"device\":\"" HEX_16
		  "\",\"heads\":[{\"log\":\"" HEX_16 "\",\"n\":0,\"h\":\"" HEX_16 HEX_16
		  "\"}]}",
		  "heads[0]: names entry 0; entries count from 1" },
		{ "{\"kind\":\"hold-place\",\"card\":\"c\",\"expires\":\"2026-10-01\","
		  "\"pickup\":7}",
		  "title: is missing, and so is copy; give one of them" },
		{ "{\"kind\":\"hold-place\",\"card\":\"c\",\"expires\":\"2026-10-01\","
		  "\"pickup\":7,\"copy\":\"a\",\"title\":\"" REF_1 "\"}",
		  "title: stands beside copy; give one of them" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct parsed p;
		int rc = parse(&p, cases[i].line);

		if (rc != -EINVAL ||
		    strncmp(p.err.text, cases[i].text, strlen(cases[i].text)) != 0) {
			fail_msg("%s\n%d: %s", cases[i].line, rc, p.err.text);
		}
		assert_null(p.entry.kind);
		parsed_deinit(&p);
	}
}

/* N copies with codes of SIZE bytes, all different, and as many again. */
static int parse_copies(unsigned n, int size, struct parsed *p)
{
	char *line = malloc(PH_LINE_MAX);
	size_t len;
	int rc;

	assert_non_null(line);
	len = (size_t)sprintf(line, "{\"kind\":\"crate-receive\",\"crate\":\"J\","
				    "\"copies\":[");
	for (unsigned i = 0; i < 2 * n; i++) {
		len += (size_t)sprintf(line + len, "%s{\"ns\":371,\"code\":\"%0*u\"}",
				       i > 0 ? "," : "", size, n - 1 - i % n);
	}
	strcpy(line + len, "]}");
	rc = parse(p, line);
	free(line);
	return rc;
}

static void test_list_limits(void **state)
{
	struct ph_buf out = { 0 };
	struct parsed p;

	(void)state;
	for (unsigned n = 399; n <= 400; n++) {
		assert_int_equal(parse_copies(n, 64, &p), 0);
		assert_int_equal(p.entry.field[PH_RECEIVE_COPIES].as.list.count, n);
		out.len = 0;
		assert_int_equal(ph_entry_encode(&p.entry, &out, NULL), 0);
		parsed_deinit(&p);
	}
	assert_int_equal(parse_copies(401, 64, &p), -EINVAL);
	assert_string_equal(p.err.text, "copies: 401 items; at most 400 are kept");
	parsed_deinit(&p);
	ph_buf_deinit(&out);
}

/* Scans that cannot be resolved are named by their place too. */
static void test_list_scope(void **state)
{
	struct parsed p;

	(void)state;
	assert_int_equal(parse(&p, RECEIVE("[\"a\",\"gone\"]")), -EIO);
	assert_non_null(strstr(p.err.text, "copies[1]"));
	parsed_deinit(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_list_refusals),
		cmocka_unit_test(test_list_limits),
		cmocka_unit_test(test_list_scope),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
