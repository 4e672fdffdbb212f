/* Options and words of a command that come in a line of standard input (common/cli/given.c). */
#include "tests/unit/capture.h"

#include "common/cli/cli.h"
#include "common/cli/given.h"

static char seen[1024]; /* "NAME {--option=value ...} (arg|arg) {rest of the input}" */

static int note(struct ph_cli *cli, struct ph_error *err)
{
	FILE *out = fmemopen(seen, sizeof(seen), "w");
	char rest[64];

	(void)err;
	assert_non_null(out);
	fputs(cli->command->name, out);
	for (unsigned i = 0; i < cli->n_set; i++) {
		fprintf(out, " --%s=%s", cli->set[i].name, cli->set[i].value);
	}
	for (int i = 0; i < cli->n_args; i++) {
		fprintf(out, "%s%s", i ? "|" : " (", cli->args[i]);
	}
	fputs(cli->n_args ? ")" : "", out);
	for (ssize_t n = read(STDIN_FILENO, rest, sizeof(rest)); n > 0; n = 0) {
		fprintf(out, " %.*s", (int)n, rest);
	}
	fclose(out);
	return 0;
}

static const struct ph_cli_option options[] = {
	{ "name", "N", "full name" },
	{ "born", "Y", "year of birth" },
	{ "print", NULL, "a card too" },
	{ NULL, NULL, NULL },
};

static const struct ph_cli_command commands[] = {
	{ "add", "Desk", "[WORD...]", 0, 3, "somebody", options, note, NULL },
	{ "status", "Desk", "", 0, 0, "how it is", NULL, note, NULL },
	{ NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, NULL },
};

static const char *home(void)
{
	return "/home/lib";
}

static const struct ph_cli_program program = { "prog", "a program", home, commands,
					       NULL };

static struct capture captured;

/* Run LINE, words apart by one blank, with LEN bytes of INPUT. */
static int run_with(const char *line, const char *input, size_t len)
{
	char text[256];
	char *argv[16] = { NULL };
	FILE *file = tmpfile();
	int argc = 0;
	int saved = dup(STDIN_FILENO);
	int status;

	assert_true(file && saved >= 0);
	assert_int_equal(fwrite(input, 1, len, file), len);
	rewind(file);
	assert_int_equal(dup2(fileno(file), STDIN_FILENO), STDIN_FILENO);
	snprintf(text, sizeof(text), "prog %s", line);
	for (char *word = strtok(text, " "); word; word = strtok(NULL, " ")) {
		argv[argc++] = word;
	}
	seen[0] = '\0';
	capture_start(&captured, NULL);
	status = ph_cli_main(&program, argc, argv);
	capture_end(&captured);
	assert_int_equal(dup2(saved, STDIN_FILENO), STDIN_FILENO);
	close(saved);
	fclose(file);
	return status;
}

static void test_given(void **state)
{
	static const struct {
		const char *line, *input, *seen;
	} cases[] = {
		{ "add --stdin", "{}", "add" },
		{ "add --stdin", "{\"name\":\"Lò Thị Ón\"}\n", "add --name=Lò Thị Ón" },
		{ "add --stdin", "{\"born\":1987,\"name\":\"-\"}\n",
		  "add --born=1987 --name=-" },
		{ "add --stdin", "{\"print\":true}\n", "add --print=" },
		{ "add --stdin", "{\"print\":false,\"name\":null}\n", "add" },
		{ "add --stdin --born 1 one",
		  "{\"born\":2,\"words\":[\"two\",\"--print\"]}",
		  "add --born=1 --born=2 (one|two|--print)" },
		{ "--stdin add", "{\"words\":[]}\nmore", "add more" },
		{ "add", "{\"name\":\"x\"}\n", "add {\"name\":\"x\"}\n" },
		{ "status --stdin", "{}\n", "status" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int status =
			run_with(cases[i].line, cases[i].input, strlen(cases[i].input));

		if (status != 0 || strcmp(seen, cases[i].seen) != 0) {
			fail_msg("\"%s\" \"%s\": exit %d, saw \"%s\", said \"%s\"",
				 cases[i].line, cases[i].input, status, seen,
				 captured.text[1]);
		}
	}
}

/* Nothing runs, it is said what is wrong, and nothing of the line is repeated. */
static void test_refused(void **state)
{
	static const struct {
		const char *input, *says;
	} cases[] = {
		{ "", "has no line of JSON" },
		{ "\n{}", "has no line of JSON" },
		{ "SECRET", "has no line of JSON" },
		{ "[\"SECRET\"]", "has no line of JSON" },
		{ "{\"name\":\"SECRET\"", "has no line of JSON" },
		{ "{\"name\":\"SECRET\",\"name\":\"b\"}", "has no line of JSON" },
		{ "{\"name\":\"SECRET\\u0000b\"}", "has no line of JSON" },
		{ "{\"name\":\"SECRET\xff\"}", "has no line of JSON" },
		{ "{\"name\":\"a\",\"SECRET\":1}", "member 2 is no option" },
		{ "{\"dir\":\"SECRET\"}", "member 1 is no option" },
		{ "{\"stdin\":true}", "member 1 is no option" },
		{ "{\"name\":[\"SECRET\"]}", "member 1 is neither text nor" },
		{ "{\"born\":19.87}", "member 1 is neither text nor" },
		{ "{\"name\":true}", "member 1 is neither text nor" },
		{ "{\"print\":\"SECRET\"}", "member 1 takes no value" },
		{ "{\"words\":\"SECRET\"}", "member 1 is no list" },
		{ "{\"words\":[\"SECRET\",2]}", "member 1 has a word" },
		{ "{\"words\":[\"a\",\"b\",\"c\",\"SECRET\"]}", "too many arguments" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int status =
			run_with("add --stdin", cases[i].input, strlen(cases[i].input));

		if (status != PH_EXIT_USAGE || seen[0] ||
		    !strstr(captured.text[1], cases[i].says) ||
		    strstr(captured.text[1], "SECRET")) {
			fail_msg("\"%s\": exit %d, said \"%s\"", cases[i].input, status,
				 captured.text[1]);
		}
	}
}

static void test_limit(void **state)
{
	static char line[PH_GIVEN_MAX + 1];
	size_t n = 0;

	(void)state;
	for (int over = -1; over <= 1; over++) {
		memset(line, ' ', sizeof(line));
		memcpy(line, "{\"name\":\"x\"}", 12);
		assert_int_equal(
			run_with("add --stdin", line, (size_t)(PH_GIVEN_MAX + over)),
			over <= 0 ? 0 : PH_EXIT_USAGE);
	}
	n = (size_t)snprintf(line, sizeof(line), "{\"words\":[");
	for (int i = 0; i < 1000; i++) { /* more words than any command takes */
		n += (size_t)snprintf(line + n, sizeof(line) - n, "%s\"w\"",
				      i ? "," : "");
	}
	n += (size_t)snprintf(line + n, sizeof(line) - n, "]}");
	assert_int_equal(run_with("add --stdin", line, n), PH_EXIT_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_given),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_limit),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
