/* Tests of common/log/json_refs.c: "@K" where a reference is due, and nowhere else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <string.h>

#include <cmocka.h>

#include "common/log/json_refs.h"

/* Lines 1 and 3 wrote something. */
static bool find(void *data, uint64_t line, struct ph_ref *out)
{
	(void)data;
	*out = (struct ph_ref){ .log_id = { 1 }, .n = line, .hash = { 2 } };
	return line == 1 || line == 3;
}

static void test_replaced(void **state)
{
#define REF(n) "01000000000000000000000000000000." n ".0200000000000000"
	static const struct {
		const char *in;
		const char *out; /* NULL: refused ... */
		const char *words;
	} cases[] = {
		{ "{\"kind\":\"title-merge\",\"title\":\"@1\",\"other\":\"@3\"}",
		  "{\"kind\":\"title-merge\",\"title\":\"" REF("1") "\",\"other\":\"" REF(
			  "3") "\"}",
		  NULL },
		{ "{\"kind\":\"title-unmerge\",\"merges\":[\"@3\",\"x\",7,\"@1\"]}",
		  "{\"kind\":\"title-unmerge\",\"merges\":[\"" REF(
			  "3") "\",\"x\",7,\"" REF("1") "\"]}",
		  NULL },
		/* a text is a text, whatever it begins with */
		{ "{\"kind\":\"title-put\",\"name\":\"@1\"}",
		  "{\"kind\":\"title-put\",\"name\":\"@1\"}", NULL },
		{ "{\"kind\":\"void\",\"target\":7}", "{\"kind\":\"void\",\"target\":7}",
		  NULL },
		{ "{\"kind\":\"void\"}", "{\"kind\":\"void\"}", NULL },
		{ "{\"kind\":\"void\",\"target\":\"@2\"}", NULL, "target: @2 is not a" },
		{ "{\"kind\":\"void\",\"target\":\"@0\"}", NULL, "@0" },
		{ "{\"kind\":\"void\",\"target\":\"@01\"}", NULL, "@01" },
		{ "{\"kind\":\"void\",\"target\":\"@-1\"}", NULL, "@-1" },
		{ "{\"kind\":\"void\",\"target\":\"@\"}", NULL, "target: @ is" },
		{ "{\"kind\":\"void\",\"target\":\"@1x\"}", NULL, "@1x" },
		{ "{\"kind\":\"void\",\"target\":\"@18446744073709551617\"}", NULL,
		  "@18446744073709551617" },
		{ "{\"kind\":\"title-unmerge\",\"merges\":[\"@1\",\"@2\"]}", NULL,
		  "merges[1]: @2" },
	};
	const struct ph_json_lines lines = { find, NULL };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_t *object = json_loads(cases[i].in, 0, NULL);
		json_t *want = cases[i].out ? json_loads(cases[i].out, 0, NULL) : NULL;
		const struct ph_kind *kind = ph_kind_named(
			ph_view_str(json_string_value(json_object_get(object, "kind"))));
		struct ph_error err = { 0 };
		int rc = ph_json_refs(object, kind, &lines, &err);

		assert_non_null(kind);
		assert_int_equal(rc, want ? 0 : -EINVAL);
		if (want && !json_equal(object, want)) {
			fail_msg("%s", cases[i].in);
		}
		if (!want &&
		    (!strstr(err.text, cases[i].words) || err.exit != PH_EXIT_USAGE)) {
			fail_msg("%s: %s", cases[i].in, err.text);
		}
		json_decref(object);
		json_decref(want);
	}
}

/* An entry of a kind that is not known here is left to whoever knows it. */
static void test_unknown_kind(void **state)
{
	json_t *object = json_loads("{\"kind\":\"x\",\"target\":\"@2\"}", 0, NULL);
	const struct ph_json_lines lines = { find, NULL };

	(void)state;
	assert_int_equal(ph_json_refs(object, NULL, &lines, NULL), 0);
	json_decref(object);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replaced),
		cmocka_unit_test(test_unknown_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
