/*
 * tests/fuzz/fuzz_front.c - a request to a site's API: a byte, a target to its line's end, a body.
 *
 * Odd first bytes are a POST, from 128 on the rest is an answer of the agent instead. What a route
 * takes becomes an order that only has options of its command which a route names: none
 * that writes a file elsewhere, none twice.
 */
#include "client/front_order.h"

#include <errno.h>

#include "tests/fuzz/choices.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whether ROUTE takes a member that is the option NAME. */
static bool names(const struct ph_web_route *route, const char *name)
{
	char member[64];
	size_t len = strlen(name);

	must(len < sizeof(member));
	for (size_t i = 0; i <= len; i++) {
		member[i] = name[i];
		if (member[i] == '-') {
			member[i] = '_';
		}
	}
	for (const char *at = route->takes; at && *at; at += strspn(at, " ")) {
		if (strncmp(at, member, len) == 0 && strchr(" :!", at[len])) {
			return true;
		}
		at += strcspn(at, " ");
	}
	return false;
}

static void check_order(const struct ph_web_route *route, const json_t *order)
{
	const json_t *options = json_object_get(order, "options");
	const json_t *words = json_object_get(order, "words");
	const json_t *item;
	size_t i;

	must(strcmp(json_string_value(json_object_get(order, "name")), route->command) ==
	     0);
	json_array_foreach(words, i, item)
	{
		must(json_is_string(item));
	}
	json_array_foreach(options, i, item)
	{
		const char *name = json_string_value(json_array_get(item, 0));

		must(json_array_size(item) == 2 && name &&
		     json_is_string(json_array_get(item, 1)));
		must(names(route, name));
		for (size_t before = 0; before < i; before++) {
			must(strcmp(name, json_string_value(json_array_get(
						  json_array_get(options, before), 0))) !=
			     0);
		}
	}
}

static void make_order(const struct ph_web_route *route, const json_t *given)
{
	const struct ph_front_setting setting = { .dir = "a folder" };
	struct ph_web_no no = { 0 };
	json_t *order = NULL;
	int rc = ph_front_order(&setting, given, &order, &no);

	must(rc == 0 || (rc == -EINVAL && no.status == 400 && !order));
	if (rc == 0) {
		check_order(route, order);
	}
	json_decref(order);
}

static void ask(const char *method, const char *text, struct ph_view body)
{
	struct ph_web_target target = { 0 };
	const struct ph_web_route *route;
	struct ph_web_no no = { 0 };
	json_t *given = NULL;
	int rc = ph_web_target_parse(&target, text, &no);

	rc = rc < 0 ? rc
		    : ph_web_route_find(ph_front_routes, ph_front_n_routes, method,
					&target, &route, &no);
	rc = rc < 0 ? rc
		    : ph_web_route_request(route, &target, body, PH_WEB_OPERATOR, &given,
					   &no);
	must(rc == 0 || (rc == -EINVAL && no.status >= 400 && no.status < 500));
	if (rc == 0 && route->command) {
		make_order(route, given);
	}
	json_decref(given);
	ph_web_target_deinit(&target);
}

/* As text it says the same; of what jansson does not read nothing is asked. */
static void hear_text(struct ph_view answer, unsigned status, const json_t *body)
{
	struct ph_buf reply = { 0 };
	unsigned said = ph_front_reply(answer, &reply);
	json_t *again =
		json_loadb((const char *)reply.data, reply.len, JSON_ALLOW_NUL, NULL);

	must(!body || (said == status && json_equal(again, body)));
	json_decref(again);
	ph_buf_deinit(&reply);
}

static void hear(struct ph_view answer)
{
	json_t *body;
	unsigned status = ph_front_answer(answer, &body);

	must(status >= 200 && status < 600);
	must(!body || (json_is_object(body) &&
		       json_integer_value(json_object_get(body, "schema")) == 1));
	must(body || status >= 500);
	must(!body || status == 200 || json_object_get(body, "error"));
	hear_text(answer, status, body);
	json_decref(body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end;
	char text[8192];
	size_t len;

	if (size == 0) {
		return 0;
	}
	if (data[0] >= 128) {
		hear(PH_VIEW(data + 1, size - 1));
		return 0;
	}
	end = memchr(data + 1, '\n', size - 1);
	len = end ? (size_t)(end - data) - 1 : size - 1;
	if (len >= sizeof(text) || memchr(data + 1, '\0', len)) {
		return 0; /* HTTP has neither */
	}
	memcpy(text, data + 1, len);
	text[len] = '\0';
	ask(data[0] & 1 ? "POST" : "GET", text,
	    end ? PH_VIEW(end + 1, size - len - 2) : PH_VIEW("", 0));
	return 0;
}
