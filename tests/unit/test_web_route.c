/* tests/unit/test_web_route.c - addresses, members and bodies: what is taken, what is refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/web/route.h"

static const struct ph_web_route routes[] = {
	{ "GET", "/api/v1/sites", PH_WEB_VIEWER, "site-list", 0, NULL, "the sites" },
	{ "POST", "/api/v1/sites", PH_WEB_ADMIN, "site-add", 0,
	  "code! kind update:flag at:list about:object n:int", "a site" },
	{ "GET", "/api/v1/reports/figures", PH_WEB_VIEWER, "figures", 0, "from! to!",
	  "sums" },
	{ "GET", "/api/v1/reports/{report}", PH_WEB_VIEWER, "report-show", 0, "counted@",
	  "one" },
	{ "GET", "/api/v1/copies/{id}", PH_WEB_VIEWER, "query", 0,
	  "what=copy ns:int names:names", "a copy" },
	{ "GET", "/api/v1/titles", PH_WEB_VIEWER, "query", 0, "what=titles words>id!",
	  "titles" },
	{ "GET", "/healthz", PH_WEB_ANYBODY, NULL, 7, NULL, "alive" },
};
#define N (sizeof(routes) / sizeof(routes[0]))

/* What METHOD TARGET with BODY becomes for ROLE: JSON, or "STATUS error where". */
static char *ask(const char *method, const char *text, const char *body, unsigned role)
{
	static char out[600];
	struct ph_web_no no = { 0 };
	struct ph_web_target target = { 0 };
	const struct ph_web_route *route = NULL;
	json_t *request = NULL;
	int rc = ph_web_target_parse(&target, text, &no);

	rc = rc < 0 ? rc : ph_web_route_find(routes, N, method, &target, &route, &no);
	rc = rc < 0 ? rc
		    : ph_web_route_request(route, &target, ph_view_str(body), role,
					   &request, &no);
	if (rc == 0) {
		char *json = json_dumps(request, JSON_COMPACT | JSON_SORT_KEYS);

		assert_int_equal(no.status, 0);
		snprintf(out, sizeof(out), "%s", json);
		free(json);
	} else {
		assert_int_equal(rc, -EINVAL);
		assert_null(request);
		assert_true(no.what[0] != '\0');
		snprintf(out, sizeof(out), "%u %s %s", no.status, no.error, no.where);
	}
	json_decref(request);
	ph_web_target_deinit(&target);
	return out;
}

static void test_get(void **state)
{
	static const struct {
		const char *target, *want;
	} cases[] = {
		{ "/api/v1/sites", "{\"command\":\"site-list\"}" },
		{ "/api/v1/sites?", "{\"command\":\"site-list\"}" },
		{ "/api/v1/sites?&", "{\"command\":\"site-list\"}" },
		{ "/api/v1/sites/", "404 not-found " },
		{ "/api/v1//sites", "404 not-found " },
		{ "/api/v1/sites/x/y", "404 not-found " },
		{ "/API/v1/sites", "404 not-found " },
		{ "/", "404 not-found " },
		{ "/a/a/a/a/a/a/a/a/a/a/a/a", "404 not-found " },
		{ "/healthz", "{}" },
		{ "/api/v1/sites?limit=1", "400 unknown limit" },
		{ "/api/v1/copies/00%2F1?ns=14",
		  "{\"command\":\"query\",\"id\":\"00/1\",\"ns\":14,\"what\":\"copy\"}" },
		{ "/api/v1/copies/%C4%90a+b",
		  "{\"command\":\"query\",\"id\":\"Đa+b\",\"what\":\"copy\"}" },
		{ "/api/v1/copies/", "404 not-found " },
		{ "/api/v1/copies/1?what=reader", "400 unknown what" },
		{ "/api/v1/copies/1?ns=", "400 type ns" },
		{ "/api/v1/copies/1?ns=-", "400 type ns" },
		{ "/api/v1/copies/1?ns=1x", "400 type ns" },
		{ "/api/v1/copies/1?ns=+1", "400 type ns" },
		{ "/api/v1/copies/1?ns=1234567890123456789", "400 type ns" },
		{ "/api/v1/copies/1?ns=-5",
		  "{\"command\":\"query\",\"id\":\"1\",\"ns\":-5,\"what\":\"copy\"}" },
		{ "/api/v1/copies/1?ns=1&ns=2", "400 twice ns" },
		{ "/api/v1/copies/1?ns=1&%6es=2", "400 twice ns" },
		{ "/api/v1/copies/1?names", "403 role names" },
		{ "/api/v1/copies/1?names=0", "{\"command\":\"query\",\"id\":\"1\","
					      "\"names\":false,\"what\":\"copy\"}" },
		{ "/api/v1/copies/1?names=maybe", "400 type names" },
		{ "/api/v1/titles", "400 missing words" },
		{ "/api/v1/titles?id=x", "400 unknown id" },
		{ "/api/v1/titles?words=d%E1%BA%BF+m%C3%A8n",
		  "{\"command\":\"query\",\"id\":\"dế mèn\",\"what\":\"titles\"}" },
		{ "/api/v1/reports/figures?from=a&to=b",
		  "{\"command\":\"figures\",\"from\":\"a\",\"to\":\"b\"}" },
		{ "/api/v1/reports/figures?from=a", "400 missing to" },
		{ "/api/v1/reports/Q3",
		  "{\"command\":\"report-show\",\"counted\":false,\"report\":\"Q3\"}" },
		{ "/api/v1/reports/Q3?counted=1", "400 unknown counted" },
		/* what is no text */
		{ "/api/v1/copies/%", "400 target " },
		{ "/api/v1/copies/%4", "400 target " },
		{ "/api/v1/copies/%4g", "400 target " },
		{ "/api/v1/copies/a%00b", "400 target " },
		{ "/api/v1/copies/a%0Ab", "400 target " },
		{ "/api/v1/copies/%FF", "400 target " },
		{ "/api/v1/copies/%C0%AF", "400 target " },
		{ "/api/v1/copies/a%CC%81", "400 target " }, /* not NFC */
		{ "/api/v1/copies/1?ns=%0", "400 target " },
		{ "/api/v1/copies/%2e%2e",
		  "{\"command\":\"query\",\"id\":\"..\",\"what\":"
		  "\"copy\"}" },
		{ "http://localhost/api/v1/sites", "400 target " },
		{ "*", "400 target " },
		{ "", "400 target " },
		{ "/api/v1/sites#x", "400 target " },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_string_equal(ask("GET", cases[i].target, "", PH_WEB_VIEWER),
				    cases[i].want);
	}
	assert_string_equal(ask("GET", "/api/v1/copies/1?names=1", "", PH_WEB_OPERATOR),
			    "{\"command\":\"query\",\"id\":\"1\",\"names\":true,\"what\":"
			    "\"copy\"}");
	assert_string_equal(
		ask("GET", "/api/v1/reports/Q3", "", PH_WEB_OPERATOR),
		"{\"command\":\"report-show\",\"counted\":true,\"report\":\"Q3\"}");
	assert_string_equal(ask("DELETE", "/api/v1/sites", "", PH_WEB_ADMIN),
			    "405 method ");
	assert_string_equal(ask("HEAD", "/healthz", "", PH_WEB_ADMIN), "405 method ");
}

static void test_post(void **state)
{
	static const struct {
		const char *body, *want;
	} cases[] = {
		{ "{\"code\":\"14-1\"}", "{\"code\":\"14-1\",\"command\":\"site-add\"}" },
		{ " {\"code\":\"1\",\"n\":9223372036854775807,\"update\":true,\"at\":[1],"
		  "\"about\":{}} ",
		  "{\"about\":{},\"at\":[1],\"code\":\"1\",\"command\":\"site-add\","
		  "\"n\":"
		  "9223372036854775807,\"update\":true}" },
		{ "{}", "400 missing code" },
		{ "", "400 json body" },
		{ "null", "400 json body" },
		{ "[]", "400 json body" },
		{ "\"x\"", "400 json body" },
		{ "{\"code\":\"1\"", "400 json body" },
		{ "{\"code\":\"1\"}x", "400 json body" },
		{ "{\"code\":\"1\"}{}", "400 json body" },
		{ "{\"code\":\"1\",\"code\":\"2\"}", "400 json body" },
		{ "{\"code\":\"1\",\"c\\u006fde\":\"2\"}", "400 json body" },
		{ "{\"code\":\"1\",\"about\":{\"a\":1,\"a\":2}}", "400 json body" },
		{ "{\"code\":\"a\\u0000b\"}", "400 json body" },
		{ "{\"code\":\"\xff\"}", "400 json body" },
		{ "{\"code\":\"1\",\"n\":9223372036854775808}", "400 json body" },
		{ "{\"code\":1}", "400 type code" },
		{ "{\"code\":null}", "400 type code" },
		{ "{\"code\":\"1\",\"n\":1.0}", "400 type n" },
		{ "{\"code\":\"1\",\"n\":\"1\"}", "400 type n" },
		{ "{\"code\":\"1\",\"update\":1}", "400 type update" },
		{ "{\"code\":\"1\",\"at\":{}}", "400 type at" },
		{ "{\"code\":\"1\",\"about\":[]}", "400 type about" },
		{ "{\"code\":\"1\",\"command\":\"rebuild\"}", "400 unknown command" },
		{ "{\"code\":\"1\",\"knd\":\"x\"}", "400 unknown knd" },
		{ "{\"code\":\"1\",\"at\":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]}",
		  "400 depth body" },
		{ "{\"code\":\"1\",\"at\":[[[[[[[[[[[[[[\"]]\"]]]]]]]]]]]]]]}",
		  "{\"at\":[[[[[[[[[[[[[[\"]]\"]]]]]]]]]]]]]],\"code\":\"1\",\"command\":"
		  "\"site-add\"}" },
	};
	char *deep = calloc(1, 200001);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_string_equal(
			ask("POST", "/api/v1/sites", cases[i].body, PH_WEB_ADMIN),
			cases[i].want);
	}
	assert_string_equal(ask("POST", "/api/v1/sites?code=1", "{}", PH_WEB_ADMIN),
			    "400 unknown query");
	assert_string_equal(ask("POST", "/healthz", "{}", PH_WEB_ADMIN), "405 method ");
	memset(deep, '[', 200000);
	assert_string_equal(ask("POST", "/api/v1/sites", deep, PH_WEB_ADMIN),
			    "400 depth body");
	free(deep);
}

/* A list at its limit, one item below and one above; also an empty one. */
static void test_list(void **state)
{
	static const unsigned sizes[] = { 0, PH_WEB_ITEMS_MAX - 1, PH_WEB_ITEMS_MAX,
					  PH_WEB_ITEMS_MAX + 1 };

	(void)state;
	for (unsigned k = 0; k < 4; k++) {
		char body[64 + 2 * (PH_WEB_ITEMS_MAX + 1)] = "{\"code\":\"1\",\"at\":[";
		size_t len = strlen(body);
		const char *got;

		for (unsigned i = 0; i < sizes[k]; i++) {
			len += (size_t)snprintf(body + len, sizeof(body) - len, "%s7",
						i ? "," : "");
		}
		(void)snprintf(body + len, sizeof(body) - len, "]}");
		got = ask("POST", "/api/v1/sites", body, PH_WEB_ADMIN);
		if (sizes[k] > PH_WEB_ITEMS_MAX) {
			assert_string_equal(got, "400 list at");
		} else {
			assert_memory_equal(got, "{\"at\":[", 7);
		}
	}
}

/* What a refusal quotes is cut between two letters, however many bytes each has. */
static void test_torn(void **state)
{
	(void)state;
	for (unsigned before = 0; before < 4; before++) {
		struct ph_web_no no = { 0 };
		char name[200] = "";
		size_t len = 0;
		json_t *text;

		len += (size_t)snprintf(name, sizeof(name), "%.*s", (int)before, "abc");
		while (len + 4 < sizeof(name)) {
			len += (size_t)snprintf(name + len, sizeof(name) - len, "ồ");
		}
		assert_int_equal(
			ph_web_refuse(&no, 400, "unknown", name, "“%.40s”", name),
			-EINVAL);
		text = json_string(no.what);
		assert_non_null(text);
		json_decref(text);
		text = json_string(no.where);
		assert_non_null(text);
		json_decref(text);
		assert_non_null(strstr(no.what, "ồồồồồ"));
	}
}

/* What is wrong in a body is said without what stood there: it may be a name or a password. */
static void test_no_echo(void **state)
{
	static const char *const bodies[] = {
		"{\"code\" \"xyzzy\"}",
		"{\"code\":\"xyzzy\" \"xyzzy\"}",
		"{\"code\":xyzzy}",
		"\"xyzzy\"",
		"{\"xyzzy\":1,\"xyzzy\":2}",
		"{\"code\":\"xyzzy near '\" 1}",
		"",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		struct ph_web_target target = { 0 };
		struct ph_web_no no = { 0 };
		const struct ph_web_route *route = NULL;
		json_t *request = NULL;

		assert_int_equal(ph_web_target_parse(&target, "/api/v1/sites", &no), 0);
		assert_int_equal(
			ph_web_route_find(routes, N, "POST", &target, &route, &no), 0);
		assert_int_equal(ph_web_route_request(route, &target,
						      ph_view_str(bodies[i]),
						      PH_WEB_ADMIN, &request, &no),
				 -EINVAL);
		assert_string_equal(no.error, "json");
		assert_null(strstr(no.what, "xyzzy"));
		assert_null(strstr(no.what, "-1"));
		ph_web_target_deinit(&target);
	}
}

/* At the limit of a target, and one byte beyond. */
static void test_long(void **state)
{
	struct ph_web_target target = { 0 };
	struct ph_web_no no = { 0 };
	char *text = calloc(1, PH_WEB_TARGET_MAX + 2);

	(void)state;
	memset(text, 'a', PH_WEB_TARGET_MAX);
	text[0] = '/';
	assert_int_equal(ph_web_target_parse(&target, text, &no), 0);
	assert_int_equal(target.n_parts, 1);
	ph_web_target_deinit(&target);
	text[PH_WEB_TARGET_MAX] = 'a';
	assert_int_equal(ph_web_target_parse(&target, text, &no), -EINVAL);
	assert_int_equal(no.status, 400);
	free(text);
}

static void test_print(void **state)
{
	struct ph_buf out = { 0 };

	(void)state;
	assert_int_equal(ph_web_routes_print(routes, N, &out), 0);
	assert_int_equal(ph_buf_put_u8(&out, 0), 0);
	assert_non_null(strstr((char *)out.data,
			       "| `POST /api/v1/sites` | admin | `code`, must; `kind`; "
			       "`update` flag; `at` list; `about` object; `n` int | a "
			       "site |\n"));
	assert_non_null(strstr((char *)out.data,
			       "| `GET /api/v1/copies/{id}` | viewer | `ns` int; `names` "
			       "names | a copy |\n"));
	assert_null(strstr((char *)out.data, "what"));
	ph_buf_deinit(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_torn),    cmocka_unit_test(test_get),
		cmocka_unit_test(test_post),    cmocka_unit_test(test_list),
		cmocka_unit_test(test_no_echo), cmocka_unit_test(test_long),
		cmocka_unit_test(test_print),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
