/* tests/unit/test_web_check.c - headers: whom a request is for, and whose page it comes from. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/web/check.h"

static const char *const hosts[] = { "localhost", "127.0.0.1", "[::1]", "hub.example" };
static const struct ph_web_rules rules = { .hosts = hosts,
					   .n_hosts = 4,
					   .body_max = 100 };

/* HEADERS: "Name: value" lines. "ok LENGTH", or "STATUS error where". */
static const char *check(const char *method, const char *headers)
{
	static char out[120];
	char text[600];
	struct ph_web_head head = { 0 };
	struct ph_web_no no = { 0 };
	uint64_t length = 77;
	char *rest = text;
	char *line;

	snprintf(text, sizeof(text), "%s", headers);
	while ((line = strsep(&rest, "\n"))) {
		char *value = strstr(line, ": ");

		if (value) {
			*value = '\0';
			ph_web_head_put(&head, line, value + 2);
		}
	}
	if (ph_web_head_check(&head, method, &rules, &length, &no) == 0) {
		snprintf(out, sizeof(out), "ok %d", (int)length);
	} else {
		assert_int_equal(length, 77);
		snprintf(out, sizeof(out), "%u %s %s", no.status, no.error, no.where);
	}
	return out;
}

#define HOST "Host: localhost:8080\n"
#define JSON "Content-Type: application/json\nContent-Length: 2\n"

static void test_head(void **state)
{
	static const struct {
		const char *method, *headers, *want;
	} cases[] = {
		{ "GET", HOST, "ok 0" },
		{ "GET", HOST "Packhorse-Person: 1\n", "ok 0" },
		{ "GET", HOST "Packhorse-Person: 0\n", "400 usage Packhorse-Person" },
		{ "GET", HOST "Packhorse-Person: 1\npackhorse-person: 1\n",
		  "400 twice Packhorse-Person" },
		{ "GET", "host: LocalHost\n", "ok 0" },
		{ "GET", "Host: 127.0.0.1:1\n", "ok 0" },
		{ "GET", "Host: [::1]:8080\n", "ok 0" },
		{ "GET", "Host: [::1]\n", "ok 0" },
		{ "GET", "Host: hub.example:443\n", "ok 0" },
		{ "GET", "", "403 host Host" },
		{ "GET", "Host: \n", "403 host Host" },
		{ "GET", "Host: :80\n", "403 host Host" },
		{ "GET", "Host: evil.example\n", "403 host Host" },
		{ "GET", "Host: localhost.evil.example\n", "403 host Host" },
		{ "GET", "Host: localhost.\n", "403 host Host" },
		{ "GET", "Host: local\n", "403 host Host" },
		{ "GET", "Host: localhost:\n", "403 host Host" },
		{ "GET", "Host: localhost:80x\n", "403 host Host" },
		{ "GET", "Host: localhost:800000\n", "403 host Host" },
		{ "GET", "Host: localhost:80:80\n", "403 host Host" },
		{ "GET", "Host: user@localhost\n", "403 host Host" },
		{ "GET", "Host: [::1\n", "403 host Host" },
		{ "GET", "Host: [::1]x\n", "403 host Host" },
		{ "GET", HOST HOST, "400 twice Host" },
		{ "GET", HOST "Authorization: a\nauthorization: b\n",
		  "400 twice Authorization" },
		{ "GET", HOST "Content-Length: 0\n", "ok 0" },
		{ "GET", HOST "Content-Length: 2\n", "400 body body" },
		{ "GET", HOST "Transfer-Encoding: chunked\n",
		  "411 length Transfer-Encoding" },
		{ "GET", HOST "Origin: http://evil.example\n", "ok 0" },
		{ "POST", HOST JSON, "ok 2" },
		{ "POST", HOST "Content-Length: 2\nContent-Type: APPLICATION/json; x=y\n",
		  "ok 2" },
		{ "POST", HOST "Content-Length: 2\n", "415 content-type Content-Type" },
		{ "POST", HOST "Content-Length: 2\nContent-Type: text/plain\n",
		  "415 content-type Content-Type" },
		{ "POST", HOST "Content-Length: 2\nContent-Type: application/jsonp\n",
		  "415 content-type Content-Type" },
		{ "POST",
		  HOST "Content-Length: 2\nContent-Type: "
		       "application/x-www-form-urlencoded\n",
		  "415 content-type Content-Type" },
		{ "POST", HOST "Content-Type: application/json\n",
		  "411 length Content-Length" },
		{ "POST", HOST JSON "Transfer-Encoding: chunked\n",
		  "411 length Transfer-Encoding" },
		{ "POST", HOST JSON "Content-Length: 3\n", "400 twice Content-Length" },
		{ "POST", HOST "Content-Type: application/json\nContent-Length: 100\n",
		  "ok 100" },
		{ "POST", HOST "Content-Type: application/json\nContent-Length: 101\n",
		  "413 size body" },
		{ "POST",
		  HOST "Content-Type: application/json\nContent-Length: "
		       "99999999999999999999\n",
		  "413 size body" },
		{ "POST", HOST "Content-Type: application/json\nContent-Length: +2\n",
		  "400 length Content-Length" },
		{ "POST", HOST "Content-Type: application/json\nContent-Length: 0x2\n",
		  "400 length Content-Length" },
		{ "POST", HOST JSON "Origin: http://localhost:8080\n", "ok 2" },
		{ "POST", HOST JSON "Origin: HTTPS://LOCALHOST:8080\n", "ok 2" },
		{ "POST", HOST JSON "Origin: http://localhost\n", "403 origin Origin" },
		{ "POST", HOST JSON "Origin: http://localhost:8081\n",
		  "403 origin Origin" },
		{ "POST", HOST JSON "Origin: http://evil.example\n",
		  "403 origin Origin" },
		{ "POST", HOST JSON "Origin: null\n", "403 origin Origin" },
		{ "POST", HOST JSON "Origin: \n", "403 origin Origin" },
		{ "POST", HOST JSON "Sec-Fetch-Site: cross-site\n",
		  "403 origin Sec-Fetch-Site" },
		{ "POST", HOST JSON "Sec-Fetch-Site: same-origin\n", "ok 2" },
		{ "PUT", HOST JSON, "ok 2" }, /* refused by the route */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_string_equal(check(cases[i].method, cases[i].headers),
				    cases[i].want);
	}
}

/* What to do is said by whoever can do it: a site has no setting for its names. */
static void test_host_act(void **state)
{
	struct ph_web_rules own = rules;
	struct ph_web_head head = { .host = "evil.example" };
	struct ph_web_no no = { 0 };
	uint64_t length;

	(void)state;
	assert_int_equal(ph_web_head_check(&head, "GET", &own, &length, &no), -EINVAL);
	assert_null(no.act);
	own.host_act = "look at the settings";
	assert_int_equal(ph_web_head_check(&head, "GET", &own, &length, &no), -EINVAL);
	assert_string_equal(no.act, "look at the settings");
}

/* Accept-Language; of what is none, no harm. */
static void test_language(void **state)
{
	static const struct {
		const char *value;
		enum ph_speak want;
	} cases[] = {
		{ "vi", PH_SPEAK_VIETNAMESE },
		{ "VI-vn", PH_SPEAK_VIETNAMESE },
		{ "en", PH_SPEAK_ENGLISH },
		{ "en-GB,en;q=0.9", PH_SPEAK_ENGLISH },
		{ "fr", PH_SPEAK_OWN },
		{ "*", PH_SPEAK_OWN },
		{ "", PH_SPEAK_OWN },
		{ ",,", PH_SPEAK_OWN },
		{ "fr;q=1, vi;q=0.2", PH_SPEAK_VIETNAMESE },
		{ "en;q=0.5,vi;q=0.7", PH_SPEAK_VIETNAMESE },
		{ "en;q=0.7,vi;q=0.5", PH_SPEAK_ENGLISH },
		{ "en;q=0.7,vi;q=0.75", PH_SPEAK_VIETNAMESE },
		{ "en;q=0.701,vi;q=0.7", PH_SPEAK_ENGLISH },
		{ "vi, en", PH_SPEAK_VIETNAMESE },
		{ "en,\tvi", PH_SPEAK_ENGLISH },
		{ "vi;q=0, en;q=0.1", PH_SPEAK_ENGLISH },
		{ "vi;q=0.000", PH_SPEAK_OWN },
		{ "vi;q=1.000, en", PH_SPEAK_VIETNAMESE },
		{ "vi;q=9", PH_SPEAK_OWN },
		{ "vi;q=", PH_SPEAK_OWN },
		{ "vi;", PH_SPEAK_OWN },
		{ "vi;Q=0.5", PH_SPEAK_VIETNAMESE },
		{ "vi ; q=0.5", PH_SPEAK_VIETNAMESE },
		{ "v", PH_SPEAK_OWN },
		{ "vie", PH_SPEAK_OWN },
		{ "vin,eng", PH_SPEAK_OWN },
		{ "vi;q=0.4999999999999999999", PH_SPEAK_VIETNAMESE },
	};
	struct ph_web_head head = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		print_message("# %s\n", cases[i].value);
		assert_int_equal(ph_web_language(cases[i].value), cases[i].want);
	}
	assert_int_equal(ph_web_language(NULL), PH_SPEAK_OWN);
	ph_web_head_put(&head, "accept-language", "vi");
	ph_web_head_put(&head, "Accept-Language", "en");
	assert_string_equal(head.language, "vi");
	assert_null(head.twice);
}

static void test_bearer(void **state)
{
	static const struct {
		const char *value, *want;
	} cases[] = {
		{ "Bearer abc", "abc" },
		{ "bearer  abc ", "abc" },
		{ "Bearer", "" },
		{ "Bearer ", "" },
		{ "Basic YWJj", "" },
		{ "Bearerabc", "" },
		{ "Bearer abc def", "abc" },
		{ "", "" },
	};
	struct ph_web_head none = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ph_web_head head = { .bearer = cases[i].value };

		assert_true(
			ph_view_equal(ph_web_bearer(&head), ph_view_str(cases[i].want)));
	}
	assert_int_equal(ph_web_bearer(&none).len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_head),
		cmocka_unit_test(test_host_act),
		cmocka_unit_test(test_language),
		cmocka_unit_test(test_bearer),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
