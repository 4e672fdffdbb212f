/*
 * tests/unit/test_carry.c - a command carried out for another process: what it said comes
 * back, at the limit too, and what is no request does nothing.
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
#include "client/carry.h"
#include "common/base/limits.h"
#include "common/cli/out.h"

static unsigned runs;
static struct ph_host host;

/* Says its options and words, and how it is asked to speak. */
static int tell(struct ph_cli *cli, struct ph_error *err)
{
	(void)err;
	runs++;
	assert_ptr_equal(cli->host, &host);
	printf("%s limit=%s json=%d plain=%d dir=%s", cli->command->name,
	       ph_cli_get(cli, "limit") ? ph_cli_get(cli, "limit") : "-", (int)cli->json,
	       (int)cli->plain, cli->dir);
	for (int i = 0; i < cli->n_args; i++) {
		printf(" %s", cli->args[i]);
	}
	printf("\n");
	fprintf(stderr, "%s\n", ph_say("in English", "bằng tiếng Việt"));
	return PH_EXIT_CASES;
}

static int refuse(struct ph_cli *cli, struct ph_error *err)
{
	(void)cli;
	runs++;
	return ph_fail(err, PH_EXIT_USAGE, -EINVAL, "not that one");
}

/* So many bytes as its word says. */
static int chatter(struct ph_cli *cli, struct ph_error *err)
{
	long n = atol(cli->args[0]);

	(void)err;
	runs++;
	for (long i = 0; i < n; i++) {
		(void)putchar('x');
	}
	return 0;
}

static int read_input(struct ph_cli *cli, struct ph_error *err)
{
	char line[10];

	(void)cli;
	runs++;
	return fgets(line, sizeof(line), stdin)
		       ? 0
		       : ph_fail(err, PH_EXIT_OTHER, -EIO, "no input");
}

static const struct ph_cli_option limit[] = { { "limit", "N", "so many" }, { 0 } };
static const struct ph_cli_command commands[] = {
	{ .name = "status",
	  .group = "",
	  .args = "",
	  .max_args = 3,
	  .doc = "",
	  .options = limit,
	  .run = tell },
	{ .name = "loan", .group = "", .args = "", .doc = "", .run = refuse },
	{ .name = "find",
	  .group = "",
	  .args = "N",
	  .min_args = 1,
	  .max_args = 1,
	  .doc = "",
	  .run = chatter },
	{ .name = "return", .group = "", .args = "", .doc = "", .run = read_input },
	{ .name = "record", .group = "", .args = "", .doc = "", .run = tell },
	{ .name = NULL },
};
static const struct ph_cli_program program = { .name = "prog",
					       .summary = "",
					       .commands = commands };

struct said {
	int exit;
	bool again;
	char out[512], err[512];
	size_t out_len, err_len;
};

static struct said carry(const char *request, int want_status)
{
	json_t *object = json_loads(request, JSON_REJECT_DUPLICATES, NULL);
	struct ph_buf answer = { 0 };
	struct said said = { 0 };
	int status = 99;
	json_t *head;
	const char *end;

	assert_non_null(object);
	if (!json_object_get(object, "version")) {
		json_object_set_new(object, "version", json_string(ph_cli_version()));
	}
	assert_int_equal(ph_carry(&program, object, &host, &answer, &status), 0);
	assert_int_equal(status, want_status);
	end = memchr(answer.data, '\n', answer.len);
	assert_non_null(end);
	head = json_loadb((const char *)answer.data,
			  (size_t)(end - (const char *)answer.data), 0, NULL);
	assert_non_null(head);
	said.exit = (int)json_integer_value(json_object_get(head, "exit"));
	said.again = json_is_true(json_object_get(head, "again"));
	said.out_len = (size_t)json_integer_value(json_object_get(head, "out"));
	said.err_len = (size_t)json_integer_value(json_object_get(head, "err"));
	assert_int_equal((size_t)(end + 1 - (const char *)answer.data) + said.out_len +
				 said.err_len,
			 answer.len);
	snprintf(said.out, sizeof(said.out), "%.*s", (int)said.out_len, end + 1);
	snprintf(said.err, sizeof(said.err), "%.*s", (int)said.err_len,
		 end + 1 + said.out_len);
	json_decref(head);
	json_decref(object);
	ph_buf_deinit(&answer);
	return said;
}

static void test_says(void **state)
{
	struct said said;

	(void)state;
	runs = 0;
	said = carry("{\"name\":\"status\",\"options\":[[\"limit\",\"3\"]],\"words\":"
		     "[\"a\",\"-b\"],\"json\":true,\"plain\":false,\"dir\":\"d\","
		     "\"vietnamese\":true}",
		     PH_EXIT_CASES);
	assert_int_equal(said.exit, PH_EXIT_CASES);
	assert_string_equal(said.out, "status limit=3 json=1 plain=0 dir=d a -b\n");
	assert_string_equal(said.err, "bằng tiếng Việt\n");
	said = carry("{\"name\":\"status\",\"options\":[],\"words\":[],\"json\":false,"
		     "\"plain\":true,\"dir\":\".\",\"vietnamese\":false}",
		     PH_EXIT_CASES);
	assert_string_equal(said.out, "status limit=- json=0 plain=1 dir=.\n");
	assert_string_equal(said.err, "in English\n");
	assert_int_equal(runs, 2);
}

static void test_errors(void **state)
{
	struct said said;

	(void)state;
	runs = 0;
	said = carry("{\"name\":\"loan\",\"options\":[],\"words\":[],\"dir\":\"d\"}",
		     PH_EXIT_USAGE);
	assert_int_equal(said.exit, PH_EXIT_USAGE);
	assert_string_equal(said.err, "prog: not that one\n");
	assert_int_equal(said.out_len, 0);
	said = carry("{\"name\":\"loan\",\"options\":[],\"words\":[\"x\"],\"dir\":\"d\"}",
		     PH_EXIT_USAGE);
	assert_true(strstr(said.err, "too many arguments") != NULL);
	said = carry("{\"name\":\"return\",\"options\":[],\"words\":[],\"dir\":\"d\"}",
		     PH_EXIT_OTHER);
	assert_string_equal(said.err, "prog: no input\n");
	assert_int_equal(runs, 2);
}

static struct said chat(size_t n, int want_status)
{
	char request[128];

	snprintf(request, sizeof(request),
		 "{\"name\":\"find\",\"options\":[],\"words\":[\"%zu\"],\"dir\":\"d\"}",
		 n);
	return carry(request, want_status);
}

static void test_limit(void **state)
{
	(void)state;
	assert_int_equal(chat(PH_AGENT_ANSWER_MAX - 1, 0).out_len,
			 PH_AGENT_ANSWER_MAX - 1);
	assert_int_equal(chat(PH_AGENT_ANSWER_MAX, 0).out_len, PH_AGENT_ANSWER_MAX);

	struct said said = chat(PH_AGENT_ANSWER_MAX + 1, PH_EXIT_OTHER);

	assert_true(said.out_len <= PH_AGENT_ANSWER_MAX);
	assert_true(strstr(said.err, "standard output cannot be written") != NULL);
	/* and the next one is as if nothing had been */
	assert_int_equal(chat(5, 0).out_len, 5);
}

static void test_no_request(void **state)
{
	static const char *const wrong[] = {
		"{}",
		"{\"name\":\"nothing\",\"options\":[],\"words\":[],\"dir\":\"d\"}",
		"{\"name\":\"record\",\"options\":[],\"words\":[],\"dir\":\"d\"}",
		"{\"name\":\"status\",\"words\":[],\"dir\":\"d\"}",
		"{\"name\":\"status\",\"options\":[],\"dir\":\"d\"}",
		"{\"name\":\"status\",\"options\":[],\"words\":[]}",
		"{\"name\":\"status\",\"options\":[],\"words\":[],\"dir\":\"\"}",
		"{\"name\":\"status\",\"options\":[[\"other\",\"3\"]],\"words\":[],"
		"\"dir\":\"d\"}",
		"{\"name\":\"loan\",\"options\":[[\"limit\",\"3\"]],\"words\":[],"
		"\"dir\":\"d\"}",
		"{\"name\":\"status\",\"options\":[[\"limit\"]],\"words\":[],\"dir\":"
		"\"d\"}",
		"{\"name\":\"status\",\"options\":[\"limit\"],\"words\":[],\"dir\":"
		"\"d\"}",
		"{\"name\":\"status\",\"options\":[],\"words\":[1],\"dir\":\"d\"}",
		"{\"name\":\"status\",\"options\":[],\"words\":{},\"dir\":\"d\"}",
		"{\"name\":\"status\",\"options\":[],\"words\":[],\"dir\":\"d\","
		"\"version\":\"0\"}",
	};

	(void)state;
	runs = 0;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct said said = carry(wrong[i], -1);

		assert_true(said.again);
		assert_int_equal(said.exit, PH_EXIT_USAGE);
	}
	assert_int_equal(runs, 0);
}

/* As many options as a command can have; one more is no request. */
static void test_options(void **state)
{
	const size_t room = sizeof(((struct ph_cli *)NULL)->set) /
			    sizeof(((struct ph_cli *)NULL)->set[0]);

	(void)state;
	for (size_t n = room - 1; n <= room + 1; n++) {
		char request[4096] = "{\"name\":\"status\",\"words\":[],\"dir\":\"d\","
				     "\"options\":[";
		size_t len = strlen(request);

		for (size_t i = 0; i < n; i++) {
			len += (size_t)snprintf(request + len, sizeof(request) - len,
						"%s[\"limit\",\"%zu\"]", i ? "," : "", i);
		}
		snprintf(request + len, sizeof(request) - len, "]}");
		assert_int_equal(carry(request, n <= room ? PH_EXIT_CASES : -1).again,
				 n > room);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_says),    cmocka_unit_test(test_errors),
		cmocka_unit_test(test_limit),   cmocka_unit_test(test_no_request),
		cmocka_unit_test(test_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
