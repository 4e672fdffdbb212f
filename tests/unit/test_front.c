/*
 * tests/unit/test_front.c - the API of a site without a socket: tokens and sessions on a clock
 * of the test's own, each route against the commands that there are, what an order becomes,
 * what an answer becomes.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/borrow.h"
#include "client/commands.h"
#include "client/front_door.h"
#include "client/front_order.h"
#include "common/base/json_memory.h"

#define T0 UINT64_C(5000)

/* The commands are only looked at here. */
int ph_command_open(const struct ph_cli *cli, struct ph_site **site_out,
		    struct ph_error *err)
{
	(void)cli;
	(void)site_out;
	return ph_fail(err, PH_EXIT_OTHER, -ENOSYS, "not here");
}

/* --- the door --- */

static void door_open(struct ph_door *door, struct ph_rng_seeded *state)
{
	struct ph_rng rng;

	ph_rng_seed(state, 3, &rng);
	ph_door_init(door, &rng);
}

static int enter(struct ph_door *door, uint64_t at, const char *token,
		 char bearer[static PH_DOOR_TEXT])
{
	return ph_door_enter(door, at, ph_view_str(token), true, bearer);
}

static bool is_in(struct ph_door *door, uint64_t at, const char *bearer)
{
	return ph_door_session(door, at, ph_view_str(bearer)) != NULL;
}

static void test_once(void **state)
{
	struct ph_rng_seeded seeded;
	struct ph_door door;
	char token[PH_DOOR_TEXT], bearer[PH_DOOR_TEXT], other[PH_DOOR_TEXT];

	(void)state;
	door_open(&door, &seeded);
	assert_int_equal(enter(&door, T0, "", bearer), -EACCES);
	ph_door_token(&door, T0, token);
	assert_false(is_in(&door, T0, token)); /* it is no session itself */
	assert_int_equal(enter(&door, T0, token, bearer), 0);
	assert_string_not_equal(token, bearer);
	assert_int_equal(enter(&door, T0, token, other), -EACCES);
	assert_int_equal(enter(&door, T0, bearer, other), -EACCES);
	assert_true(is_in(&door, T0, bearer));
	assert_true(ph_door_session(&door, T0, ph_view_str(bearer))->is_vietnamese);
	ph_door_leave(&door, ph_view_str("nonsense"));
	ph_door_leave(&door, ph_view_str(bearer));
	assert_false(is_in(&door, T0, bearer));
}

static void test_times(void **state)
{
	struct ph_rng_seeded seeded;
	struct ph_door door;
	char token[PH_DOOR_TEXT], bearer[PH_DOOR_TEXT];
	uint64_t at = T0 + PH_DOOR_TOKEN_MS;

	(void)state;
	door_open(&door, &seeded);
	ph_door_token(&door, T0, token);
	assert_int_equal(enter(&door, at, token, bearer), -EACCES);
	ph_door_token(&door, T0, token);
	at--;
	assert_int_equal(enter(&door, at, token, bearer), 0);
	at += PH_DOOR_IDLE_MS - 1;
	assert_true(is_in(&door, at, bearer));
	at += PH_DOOR_IDLE_MS - 1; /* it was used in between */
	assert_true(is_in(&door, at, bearer));
	at += PH_DOOR_IDLE_MS;
	assert_false(is_in(&door, at, bearer));
}

static void test_room(void **state)
{
	struct ph_rng_seeded seeded;
	struct ph_door door;
	char token[PH_DOOR_TOKENS + 1][PH_DOOR_TEXT];
	char bearer[PH_DOOR_SESSIONS + 1][PH_DOOR_TEXT];
	char none[PH_DOOR_TEXT];

	(void)state;
	door_open(&door, &seeded);
	for (unsigned i = 0; i <= PH_DOOR_TOKENS; i++) {
		ph_door_token(&door, T0 + i, token[i]);
	}
	assert_int_equal(enter(&door, T0 + 9, token[0], none), -EACCES);
	assert_int_equal(enter(&door, T0 + 9, token[1], none), 0);
	ph_door_leave(&door, ph_view_str(none));
	for (unsigned i = 0; i < PH_DOOR_SESSIONS; i++) {
		ph_door_token(&door, T0 + 10 + i, token[0]);
		assert_int_equal(enter(&door, T0 + 10 + i, token[0], bearer[i]), 0);
	}
	assert_true(is_in(&door, T0 + 30, bearer[0]));
	ph_door_token(&door, T0 + 31, token[0]);
	assert_int_equal(enter(&door, T0 + 31, token[0], bearer[PH_DOOR_SESSIONS]), 0);
	for (unsigned i = 0; i <= PH_DOOR_SESSIONS; i++) { /* 1 was used longest ago */
		assert_int_equal(is_in(&door, T0 + 40, bearer[i]), i != 1);
	}
}

/* --- routes --- */

static struct ph_cli_program program = { .name = "packhorse" };

static bool has_option(const struct ph_cli_command *command, const char *member)
{
	char name[64];

	snprintf(name, sizeof(name), "%.63s", member);
	for (char *c = name; *c; c++) {
		*c = *c == '_' ? '-' : *c;
	}
	for (const struct ph_cli_option *o = command->options; o && o->name; o++) {
		if (strcmp(o->name, name) == 0) {
			return true;
		}
	}
	return false;
}

/* The names that ROUTE gives its command, from its path and what it takes. */
static unsigned members_of(const struct ph_web_route *route, char out[][32])
{
	char text[400];
	unsigned n = 0;

	for (const char *at = strchr(route->path, '{'); at; at = strchr(at + 1, '{')) {
		snprintf(out[n++], 32, "%.*s", (int)strcspn(at + 1, "}"), at + 1);
	}
	snprintf(text, sizeof(text), "%s", route->takes ? route->takes : "");
	for (char *name = strtok(text, " "); name; name = strtok(NULL, " ")) {
		assert_true(n < 30);
		snprintf(out[n++], 32, "%.*s", (int)strcspn(name, ":!"), name);
	}
	return n;
}

static bool stands_in(const char *spec, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = spec; (at = strstr(at, name)) != NULL; at += len) {
		if ((at == spec || at[-1] == ' ') &&
		    (at[len] == '\0' || at[len] == ' ' || at[len] == '*')) {
			return true;
		}
	}
	return false;
}

/* A text that the agent takes as this command with its words and options, or it is no route. */
static void test_routes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ph_front_n_routes; i++) {
		const struct ph_web_route *route = &ph_front_routes[i];
		const struct ph_cli_command *command =
			route->command ? ph_cli_find(&program, route->command) : NULL;
		const char *spec = ph_front_words(route->command);
		char member[32][32];
		unsigned n_words = 0;

		if (route->action != PH_FRONT_COMMAND) {
			assert_null(route->command);
			continue;
		}
		if (!command || !ph_borrow_is_served(route->command)) {
			fail_msg("%s: \"%s\" is no command that the agent carries out",
				 route->path, route->command);
		}
		assert_true(route->need == PH_WEB_OPERATOR);
		for (unsigned m = 0, n = members_of(route, member); m < n; m++) {
			bool is_word = stands_in(spec, member[m]);

			n_words += is_word;
			if (!is_word && !has_option(command, member[m])) {
				fail_msg("%s: `%s` has no word and no option %s",
					 route->path, route->command, member[m]);
			}
		}
		if ((int)n_words < command->min_args ||
		    (command->max_args >= 0 && (int)n_words > command->max_args)) {
			fail_msg("%s: %u words for `%s`", route->path, n_words,
				 route->command);
		}
	}
}

/* Of the command line alone, and why. */
static const struct {
	const char *command; /* NULL: any */
	const char *option;
} elsewhere[] = {
	{ NULL, "csv" }, /* files: a page has JSON */
	{ NULL, "xlsx" },
	{ NULL, "yes" },
	{ "shift begin", "staff" }, /* it names who works as it is */
	{ "shift begin", "behalf" },
	{ "shift end", "staff" },
	{ "shift end", "behalf" },
	{ "reader unmerge", "merges" }, /* a page names the two */
	{ "title unmerge", "merges" },
	{ "copy unalias", "merges" },
	{ "donation", "as-is" }, /* `copies` and `code` are no codes of books there */
	{ "tally put", "as-is" },
};

/* Whether a code can be scanned for a member of these names, so that it may be no known one. */
static bool has_code(char member[][32], unsigned n)
{
	static const char *const codes[] = { "card", "cards", "copy", "copies",
					     "old",  "crate", "code", "reader" };

	for (unsigned m = 0; m < n; m++) {
		for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
			if (strcmp(member[m], codes[i]) == 0) {
				return true;
			}
		}
	}
	return false;
}

static bool is_elsewhere(const char *command, const char *option)
{
	for (size_t i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++) {
		if ((!elsewhere[i].command ||
		     strcmp(elsewhere[i].command, command) == 0) &&
		    strcmp(elsewhere[i].option, option) == 0) {
			return true;
		}
	}
	return false;
}

/* A code as it is where there is one, else what is of the command line alone. */
static bool may_lack(const char *command, const char *option, char member[][32],
		     unsigned n)
{
	return is_elsewhere(command, option) ||
	       (strcmp(option, "as-is") == 0 && !has_code(member, n));
}

static bool names(char member[][32], unsigned n, const char *option)
{
	char name[64];

	snprintf(name, sizeof(name), "%.63s", option);
	for (char *c = name; *c; c++) {
		*c = *c == '-' ? '_' : *c;
	}
	for (unsigned i = 0; i < n; i++) {
		if (strcmp(member[i], name) == 0) {
			return true;
		}
	}
	return false;
}

/* Whether as many words can be given as COMMAND takes; `find` has one text for all of its own. */
static bool has_words(const struct ph_cli_command *command,
		      const struct ph_web_route *route, unsigned n_words)
{
	if (command->max_args >= 0) {
		return (int)n_words == command->max_args;
	}
	return strchr(ph_front_words(command->name), '*') || strchr(route->path, '{') ||
	       strcmp(command->name, "find") == 0;
}

/* What a command takes at a keyboard a page can give it: each option, and as many words. */
static void test_whole(void **state)
{
	unsigned lacks = 0;

	(void)state;
	for (size_t i = 0; i < ph_front_n_routes; i++) {
		const struct ph_web_route *route = &ph_front_routes[i];
		const struct ph_cli_command *command =
			route->command ? ph_cli_find(&program, route->command) : NULL;
		const char *spec = ph_front_words(route->command);
		char member[32][32];
		unsigned n = command ? members_of(route, member) : 0, n_words = 0;

		for (const struct ph_cli_option *o = command ? command->options : NULL;
		     o && o->name; o++) {
			if (!names(member, n, o->name) &&
			    !may_lack(route->command, o->name, member, n)) {
				print_error("%s: does not take --%s of `%s`\n",
					    route->path, o->name, route->command);
				lacks++;
			}
		}
		for (unsigned m = 0; m < n; m++) {
			n_words += stands_in(spec, member[m]);
		}
		if (command && !has_words(command, route, n_words)) {
			print_error("%s: fewer words than `%s` takes\n", route->path,
				    route->command);
			lacks++;
		}
	}
	assert_int_equal(lacks, 0);
}

/* --- orders --- */

static const struct {
	const char *given;
	const char *words, *options; /* NULL: refused */
} orders[] = {
	{ "{\"command\":\"status\"}", "[]", "[]" },
	{ "{\"command\":\"loan\",\"card\":\"T001\",\"copies\":[\"1\",2],\"term\":7,\"as_"
	  "is\":"
	  "true}",
	  "[\"T001\",\"1\",\"2\"]", "[[\"term\",\"7\"],[\"as-is\",\"\"]]" },
	{ "{\"command\":\"loan\",\"card\":\"T001\",\"copies\":[],\"as_is\":false}",
	  "[\"T001\"]", "[]" },
	{ "{\"command\":\"loan\",\"copies\":[\"-\",\"--json\"]}", "[\"-\",\"--json\"]",
	  "[]" },
	{ "{\"command\":\"visit\",\"band\":\"child\",\"count\":-3}", "[\"-3\"]",
	  "[[\"band\",\"child\"]]" },
	{ "{\"command\":\"visit\",\"band\":\"child\"}", "[]", "[[\"band\",\"child\"]]" },
	{ "{\"command\":\"find\",\"text\":\"Lò Văn\",\"limit\":5}", "[\"Lò Văn\"]",
	  "[[\"limit\",\"5\"]]" },
	{ "{\"command\":\"loan\",\"card\":\"T\",\"copies\":[{}]}", NULL, NULL },
	{ "{\"command\":\"loan\",\"card\":\"T\",\"copies\":[[\"1\"]]}", NULL, NULL },
	{ "{\"command\":\"loan\",\"card\":\"T\",\"copies\":[true]}", NULL, NULL },
	{ "{\"command\":\"loan\",\"card\":\"T\",\"copies\":[false]}", NULL, NULL },
	{ "{\"command\":\"loan\",\"card\":\"T\",\"copies\":[null]}", NULL, NULL },
	{ "{\"command\":\"loan\",\"card\":\"T\",\"copies\":[1.5]}", NULL, NULL },
	{ "{\"command\":\"loan\",\"card\":[\"T\"]}", NULL, NULL },
	{ "{\"command\":\"loan\",\"card\":\"T\",\"due\":[1]}", NULL, NULL },
	{ "{\"command\":\"loan\",\"card\":\"T\",\"due\":null}", NULL, NULL },
};

static void expect_json(const json_t *got, const char *want)
{
	char *text = json_dumps(got, JSON_COMPACT);

	assert_non_null(text);
	assert_string_equal(text, want);
	free(text);
}

static void test_orders(void **state)
{
	const struct ph_front_setting setting = { .dir = "somewhere",
						  .is_vietnamese = true };

	(void)state;
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		json_t *given = json_loads(orders[i].given, 0, NULL);
		struct ph_web_no no = { 0 };
		json_t *order = NULL;
		int rc = ph_front_order(&setting, given, &order, &no);

		if (!orders[i].words) {
			assert_int_equal(rc, -EINVAL);
			assert_int_equal(no.status, 400);
			assert_null(order);
		} else {
			assert_int_equal(rc, 0);
			expect_json(json_object_get(order, "words"), orders[i].words);
			expect_json(json_object_get(order, "options"), orders[i].options);
			assert_true(json_is_true(json_object_get(order, "json")));
			assert_true(json_is_true(json_object_get(order, "vietnamese")));
			assert_string_equal(
				json_string_value(json_object_get(order, "dir")),
				"somewhere");
		}
		json_decref(order);
		json_decref(given);
	}
}

/* --- answers --- */

static const struct {
	const char *answer;
	unsigned status;
	const char *body; /* NULL: none */
} answers[] = {
	{ "{\"schema\":1,\"exit\":0,\"out\":6,\"err\":0}\n{\"a\":1}", 503, NULL },
	{ "{\"schema\":1,\"exit\":0,\"out\":8,\"err\":0}\n{\"a\":1}\n", 200,
	  "{\"a\":1,\"exit\":0,\"schema\":1}" },
	{ "{\"schema\":1,\"exit\":13,\"out\":8,\"err\":14}\n{\"a\":1}\npackhorse: x\n\n",
	  200, "{\"a\":1,\"exit\":13,\"said\":[\"x\"],\"schema\":1}" },
	{ "{\"schema\":1,\"exit\":0,\"out\":0,\"err\":0}\n", 200,
	  "{\"exit\":0,\"schema\":1}" },
	{ "{\"schema\":1,\"exit\":1,\"out\":0,\"err\":20}\npackhorse: no\nmore\nx", 422,
	  "{\"error\":\"refused\",\"exit\":1,\"said\":[\"more\",\"x\"],\"schema\":1,"
	  "\"what\":"
	  "\"no\"}" },
	{ "{\"schema\":1,\"exit\":1,\"out\":8,\"err\":0}\n{\"a\":1}\n", 422,
	  "{\"a\":1,\"error\":\"refused\",\"exit\":1,\"schema\":1,\"what\":"
	  "\"refused\"}" },
	{ "{\"schema\":1,\"exit\":2,\"out\":0,\"err\":1}\nx", 400,
	  "{\"error\":\"usage\",\"exit\":2,\"schema\":1,\"what\":\"x\"}" },
	{ "{\"schema\":1,\"exit\":10,\"out\":0,\"err\":1}\nx", 409,
	  "{\"error\":\"not-enrolled\",\"exit\":10,\"schema\":1,\"what\":\"x\"}" },
	{ "{\"schema\":1,\"exit\":77,\"out\":0,\"err\":1}\nx", 500,
	  "{\"error\":\"other\",\"exit\":77,\"schema\":1,\"what\":\"x\"}" },
	{ "{\"schema\":1,\"exit\":15,\"error\":\"hỏng\",\"again\":false}\n", 500,
	  "{\"error\":\"damaged\",\"exit\":15,\"schema\":1,\"what\":\"hỏng\"}" },
	{ "{\"schema\":1,\"exit\":0,\"out\":3,\"err\":0}\n[1]", 503, NULL },
	{ "{\"schema\":1,\"exit\":0,\"out\":2,\"err\":0}\n{", 503, NULL },
	{ "nonsense\n", 503, NULL },
	{ "", 503, NULL },
};

/* ANSWER as text is BODY (NULL: none). */
static void assert_as_text(const char *answer, unsigned status, const json_t *body)
{
	struct ph_buf reply = { 0 };
	json_t *again;

	assert_int_equal(ph_front_reply(ph_view_str(answer), &reply), status);
	again = json_loadb((const char *)reply.data, reply.len, JSON_REJECT_DUPLICATES,
			   NULL);
	if (body ? !json_equal(again, body) : reply.len != 0) {
		fail_msg("%s: %.*s", answer, (int)reply.len, (const char *)reply.data);
	}
	json_decref(again);
	ph_buf_deinit(&reply);
}

static void test_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		json_t *body = NULL;
		unsigned status = ph_front_answer(ph_view_str(answers[i].answer), &body);
		char *text = json_dumps(body, JSON_COMPACT | JSON_SORT_KEYS);

		if (status != answers[i].status ||
		    (text ? !answers[i].body || strcmp(text, answers[i].body) != 0
			  : answers[i].body != NULL)) {
			fail_msg("%zu: %u %s", i, status, text ? text : "-");
		}
		free(text);
		assert_as_text(answers[i].answer, status, body);
		json_decref(body);
	}
}

/* What a command printed, with EXIT and nothing on standard error, as text; the caller's. */
static char *printed(const char *out, int exit)
{
	char *answer = malloc(strlen(out) + 100);

	assert_non_null(answer);
	sprintf(answer, "{\"schema\":1,\"exit\":%d,\"out\":%zu,\"err\":0}\n%s", exit,
		strlen(out), out);
	return answer;
}

/* Members of ours that are there already, or seem to be, and what is not one object. */
static void test_as_text(void **state)
{
	static const char *const outs[] = {
		"{\"schema\":1}\n",
		"{\"schema\":1,\"a\":\"\\\"}\\\\\"}\n",
		"{\"schema\":1,\"exit\":5}\n",
		"{\"schema\":1,\"a\":\"exit\",\"b\":{\"exit\":1,\"schema\":2}}\n",
		"{\"schema\":1,\"a\":[{\"said\":1},\"said\",{}],\"said\":[\"x\"]}\n",
		"{\"schema\":1,\"\\u0065xit\":5}\n",
		"{\"schema\":1,\"schema\":2}\n",
		"{\"schema\":12}\n",
		"{\"schema\":1}\n{\"schema\":1}\n",
		"{\"schema\":1} \n",
		"{\"schema\":1,\"a\":\"\n",
		"{\"schema\":1,\"a\":[1]\n",
		"{\"schema\":1}",
		"{\"schema\":1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(outs) / sizeof(outs[0]); i++) {
		for (int exit = 0; exit <= 13; exit += 13) {
			char *answer = printed(outs[i], exit);
			json_t *body = NULL;
			unsigned status = ph_front_answer(ph_view_str(answer), &body);

			assert_as_text(answer, status, body);
			json_decref(body);
			free(answer);
		}
	}
}

static unsigned taken; /* blocks of jansson's */

static void *take_counted(size_t size)
{
	taken++;
	return malloc(size);
}

/* A list of 1,000 is not read to be sent on. */
static void test_not_read(void **state)
{
	json_t *list = json_array();
	struct ph_buf out = { 0 };
	struct ph_buf reply = { 0 };
	char *answer;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		json_array_append_new(list, json_pack("{s:i, s:s}", "n", i, "a", "b"));
	}
	list = json_pack("{s:i, s:o}", "schema", 1, "entries", list);
	assert_int_equal(ph_json_write(list, &out), 0);
	json_decref(list);
	assert_int_equal(ph_buf_put(&out, "\n", 2), 0);
	answer = printed((const char *)out.data, 0);
	json_set_alloc_funcs(take_counted, free);
	assert_int_equal(ph_front_reply(ph_view_str(answer), &reply), 200);
	json_set_alloc_funcs(malloc, free);
	assert_in_range(taken, 1, 200);
	free(answer);
	ph_buf_deinit(&out);
	ph_buf_deinit(&reply);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_once),     cmocka_unit_test(test_times),
		cmocka_unit_test(test_room),     cmocka_unit_test(test_routes),
		cmocka_unit_test(test_whole),    cmocka_unit_test(test_orders),
		cmocka_unit_test(test_answers),  cmocka_unit_test(test_as_text),
		cmocka_unit_test(test_not_read),
	};

	program.commands = ph_commands();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
