/*
 * tests/fuzz/fuzz_web.c - any bytes as a request of HTTP: headers, a line with method and
 * address, a body, parted by zeros.
 *
 * What is refused has a status, a word and a sentence. What is taken has the members that its
 * route takes and no others, each of its type; names are opened for operators only; a host is
 * one of ours, and a body no longer than it was said to be allowed. The same bytes give the
 * same request.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/text.h"
#include "common/web/check.h"

#include "tests/fuzz/choices.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct ph_web_route routes[] = {
	{ "GET", "/s", PH_WEB_VIEWER, "sites", 0, NULL, "" },
	{ "GET", "/s/{id}", PH_WEB_VIEWER, "site", 0,
	  "what=x ns:int names:names all:flag", "" },
	{ "GET", "/s/{id}/{of}", PH_WEB_ANYBODY, "of", 0, "words>id2! limit:int", "" },
	{ "POST", "/s", PH_WEB_ADMIN, "put", 0,
	  "code! n:int at:list about:object all:flag names:names", "" },
};
#define N (sizeof(routes) / sizeof(routes[0]))

static void check_no(int rc, const struct ph_web_no *no)
{
	must(rc == -EINVAL);
	must(no->status >= 400 && no->status < 500 && no->error[0] && no->what[0]);
	must(ph_text_check(ph_view_str(no->where)) <= PH_TEXT_E_MARKS);
}

static void check_request(const struct ph_web_route *route, unsigned role,
			  const json_t *request)
{
	static const char *const known[] = { "command", "what",  "id",   "of",    "id2",
					     "ns",      "names", "all",  "limit", "code",
					     "n",       "at",    "about" };
	const char *name;
	json_t *value;

	must(strcmp(json_string_value(json_object_get(request, "command")),
		    route->command) == 0);
	json_object_foreach((json_t *)(uintptr_t)request, name, value)
	{
		bool is_known = false;

		for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
			is_known = is_known || strcmp(known[i], name) == 0;
		}
		must(is_known);
	}
	value = json_object_get(request, "names");
	must(!value || json_is_boolean(value));
	must(!json_is_true(value) || role >= PH_WEB_OPERATOR);
	value = json_object_get(request, "ns");
	must(!value || json_is_integer(value));
	value = json_object_get(request, "n");
	must(!value || json_is_integer(value));
	value = json_object_get(request, "at");
	must(!value || json_is_array(value));
	value = json_object_get(request, "about");
	must(!value || json_is_object(value));
	must(strcmp(route->method, "POST") != 0 ||
	     json_is_string(json_object_get(request, "code")));
}

/* What METHOD and TEXT with BODY become; NULL: refused. */
static json_t *ask(const char *method, const char *text, struct ph_view body,
		   unsigned role)
{
	struct ph_web_target target = { 0 };
	const struct ph_web_route *route = NULL;
	struct ph_web_no no = { 0 };
	json_t *request = NULL;
	int rc = ph_web_target_parse(&target, text, &no);

	for (unsigned i = 0; rc == 0 && i < target.n_parts; i++) {
		must(ph_text_check(ph_view_str(target.part[i])) == 0);
	}
	rc = rc < 0 ? rc : ph_web_route_find(routes, N, method, &target, &route, &no);
	rc = rc < 0 ? rc
		    : ph_web_route_request(route, &target, body, role, &request, &no);
	if (rc < 0) {
		check_no(rc, &no);
		must(!request);
	} else {
		check_request(route, role, request);
	}
	ph_web_target_deinit(&target);
	return request;
}

/* Lines "Name: value" in TEXT, which is changed. */
static void try_headers(char *text, const char *method)
{
	static const char *const hosts[] = { "localhost", "[::1]" };
	const struct ph_web_rules rules = { .hosts = hosts,
					    .n_hosts = 2,
					    .body_max = 100 };
	struct ph_web_head head = { 0 };
	struct ph_web_no no = { 0 };
	uint64_t length = 0;
	char *line;
	int rc;

	while ((line = strsep(&text, "\n"))) {
		char *value = strchr(line, ':');

		if (value) {
			*value++ = '\0';
			ph_web_head_put(&head, line, value + strspn(value, " "));
		}
	}
	rc = ph_web_head_check(&head, method, &rules, &length, &no);
	if (rc < 0) {
		check_no(rc, &no);
	} else {
		must(length <= rules.body_max && !head.coding && !head.twice);
		must(strncasecmp(head.host, "localhost", 9) == 0 ||
		     strncasecmp(head.host, "[::1]", 5) == 0);
		must(strcmp(method, "POST") != 0 || !head.origin ||
		     strstr(head.origin, "://"));
	}
	must(ph_web_bearer(&head).len <= (head.bearer ? strlen(head.bearer) : 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = calloc(1, size + 3); /* three texts, whatever there is */
	const char *target;
	struct ph_view body;
	size_t at;

	must(text);
	if (size > 0) {
		memcpy(text, data, size);
	}
	target = text + strlen(text) + 1;
	at = (size_t)(target - text) + strlen(target) + 1;
	body = at < size ? PH_VIEW(text + at, size - at) : PH_VIEW(text + size, 0);
	for (unsigned role = 0; role <= PH_WEB_ADMIN; role++) {
		const char *method = text[0] == 'P' ? "POST" : "GET";
		json_t *request = ask(method, target, body, role);
		json_t *again = ask(method, target, body, role);

		must(json_equal(request, again) || (!request && !again));
		json_decref(request);
		json_decref(again);
	}
	try_headers(text, text[0] == 'P' ? "POST" : "GET");
	free(text);
	return 0;
}
