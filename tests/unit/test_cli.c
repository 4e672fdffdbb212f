/*
 * tests/unit/test_cli.c - from argv to the command that runs, or to one line that says
 * what is wrong.
 */
#include "tests/unit/capture.h"

#include "common/cli/cli.h"
#include "common/cli/out.h"

/* What the command saw, as text, and what it gives. */
static struct {
	char seen[1024];
	int give;
	enum ph_exit exit;
	const char *text;
} probe;

/* "NAME DIR [json] [plain] {--option=value ...} (arg|arg)" */
static int note(struct ph_cli *cli, struct ph_error *err)
{
	FILE *out = fmemopen(probe.seen, sizeof(probe.seen), "w");

	assert_non_null(out);
	fprintf(out, "%s %s", cli->command->name, cli->dir);
	fputs(cli->json ? " json" : "", out);
	fputs(cli->plain ? " plain" : "", out);
	for (unsigned i = 0; i < cli->n_set; i++) {
		fprintf(out, " --%s=%s", cli->set[i].name, cli->set[i].value);
	}
	for (int i = 0; i < cli->n_args; i++) {
		fprintf(out, "%s%s", i ? "|" : " (", cli->args[i]);
	}
	fputs(cli->n_args ? ")" : "", out);
	fclose(out);
	if (probe.text) {
		return ph_fail(err, probe.exit, probe.give, "%s", probe.text);
	}
	return probe.give;
}

static int refuse(struct ph_cli *cli, struct ph_error *err)
{
	return ph_cli_usage(cli, err, "not like this");
}

static int chatter(struct ph_cli *cli, struct ph_error *err)
{
	(void)cli;
	(void)err;
	puts("data");
	return probe.give;
}

static const struct ph_cli_option site_options[] = {
	{ "commune", "CODE", "official code" },
	{ "update", NULL, "change one that is there" },
	{ "password-file", "F", "its first line" },
	{ NULL, NULL, NULL },
};

static const struct ph_cli_command commands[] = {
	{ "site add", "Places", "CODE", 1, 1, "add a place\nA code is short.",
	  site_options, note, NULL },
	{ "site list", "Places", "", 0, 0, "all places", NULL, note, NULL },
	{ "loan", "Desk", "CARD COPY...", 2, -1, "lend", site_options, note, NULL },
	{ "crate send", "Crates", "", 0, 0, "off it goes", NULL, note, NULL },
	{ "crate get", "Crates", "", 0, 0, "here it is\nAll of it.", NULL, note, NULL },
	{ "crate show", "Crates", "", 0, 0, "what is in it", NULL, note, NULL },
	{ "status", "Looking", "", 0, 0, "how it is", NULL, note, NULL },
	{ "refuse", "Looking", "", 0, 1, "says no", NULL, refuse, NULL },
	{ "chatter", "Looking", "", 0, 0, "says data", NULL, chatter, NULL },
	{ NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, NULL },
};

static const char *home(void)
{
	return "/home/lib";
}

static const struct ph_cli_program program = { "prog", "a program", home, commands,
					       NULL };

static struct capture captured;

/* Run LINE, words apart by one blank; "~" stands for an empty word. */
static int run_line(const struct ph_cli_program *the_program, const char *line,
		    const char *out)
{
	char text[4096];
	char *argv[200] = { NULL };
	int argc = 0;

	snprintf(text, sizeof(text), "prog%s%s", line[0] ? " " : "", line);
	for (char *word = strtok(text, " "); word; word = strtok(NULL, " ")) {
		assert_true(argc < 199);
		argv[argc++] = strcmp(word, "~") == 0 ? word + 1 : word;
	}
	probe.seen[0] = '\0';
	capture_start(&captured, out);

	int status = ph_cli_main(the_program, argc, argv);

	capture_end(&captured);
	return status;
}

#define OUT_IN_FULL                                                                      \
	"prog: `site add`: --password-file must be written out, and names a file; a "    \
	"secret itself never stands on a command line, where others can read it; see "   \
	"`prog help`\n"

/* All that is wrong with a command line is said in Vietnamese where that is spoken. */
static void test_vietnamese(void **state)
{
	static const struct {
		const char *line, *says;
	} cases[] = {
		{ "lend", "prog: không có lệnh \"lend\"; xem `prog help`\n" },
		{ "site", "prog: không có lệnh \"site\" đứng riêng, nhưng có `site add`, "
			  "`site list`; xem `prog help`\n" },
		{ "status --site x",
		  "prog: `status` không có tùy chọn --site; xem `prog help`\n" },
		{ "status --json=3",
		  "prog: `status`: --json không nhận giá trị; xem `prog help`\n" },
		{ "site add x --commune",
		  "prog: --commune cần một giá trị; xem `prog help`\n" },
		{ "loan -15",
		  "prog: `loan`: -1... là số âm, mà ở đây không có số âm; xem "
		  "`prog help`\n" },
		{ "site add",
		  "prog: thiếu tham số; cách dùng: prog [-d DIR] site add CODE "
		  "[options]\n" },
		{ "status now", "prog: thừa tham số; cách dùng: prog [-d DIR] status\n" },
		{ "-d ~ status", "prog: hãy chỉ thư mục bằng -d DIR; xem `prog help`\n" },
		{ "refuse", "prog: not like this; cách dùng: prog [-d DIR] refuse; xem "
			    "`prog help refuse`\n" },
	};

	(void)state;
	ph_speak(PH_SPEAK_VIETNAMESE);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int status = run_line(&program, cases[i].line, NULL);

		assert_string_equal(captured.text[1], cases[i].says);
		assert_int_equal(status, PH_EXIT_USAGE);
	}
	ph_speak(PH_SPEAK_OWN);
}

static void test_parsing(void **state)
{
	static const struct {
		const char *line;
		const char *seen;
	} cases[] = {
		{ "", "status /home/lib" },
		{ "status", "status /home/lib" },
		{ "--json", "status /home/lib json" },
		{ "-d /d", "status /d" },
		{ "-d/d", "status /d" },
		{ "--dir /d", "status /d" },
		{ "--dir=/d", "status /d" },
		{ "-d /d -d /e", "status /e" },
		{ "-d status status", "status status" },
		{ "site list", "site list /home/lib" },
		{ "-d /d site list", "site list /d" },
		{ "site -d /d list", "site list /d" },
		{ "site -d/d list", "site list /d" },
		{ "site --dir=/d list", "site list /d" },
		{ "site list -d /d", "site list /d" },
		{ "--json site list", "site list /home/lib json" },
		{ "site --json list", "site list /home/lib json" },
		{ "site --plain -d /d --json list", "site list /d json plain" },
		{ "site list --json --plain", "site list /home/lib json plain" },
		{ "site add 14-0371", "site add /home/lib (14-0371)" },
		{ "site add --commune 03646 14-0371",
		  "site add /home/lib --commune=03646 (14-0371)" },
		{ "site add 14-0371 --commune=03646 --update",
		  "site add /home/lib --commune=03646 --update= (14-0371)" },
		{ "site add --commune site 14-0371",
		  "site add /home/lib --commune=site (14-0371)" },
		{ "site add --commune a --commune b x",
		  "site add /home/lib --commune=a --commune=b (x)" },
		{ "site add --commune= x", "site add /home/lib --commune= (x)" },
		{ "site add --password-file f x",
		  "site add /home/lib --password-file=f (x)" },
		{ "site add --password-file=f x",
		  "site add /home/lib --password-file=f (x)" },
		{ "site add --com a x", "site add /home/lib --commune=a (x)" },
		{ "site add --commune --update x",
		  "site add /home/lib --commune=--update (x)" },
		{ "loan C1 B1 B2", "loan /home/lib (C1|B1|B2)" },
		{ "loan C1 --json B1 -d /d B2", "loan /d json (C1|B1|B2)" },
		{ "loan -d /d C1 B1", "loan /d (C1|B1)" },
		{ "loan --json C1 B1", "loan /home/lib json (C1|B1)" },
		{ "loan - -", "loan /home/lib (-|-)" },
		{ "loan ~ B1", "loan /home/lib (|B1)" },
		{ "loan -- C1 -5 --json", "loan /home/lib (C1|-5|--json)" },
		{ "loan C1 -- -5", "loan /home/lib (C1|-5)" },
		{ "-- loan C1 -5", "loan /home/lib (C1|-5)" },
		{ "-d /d -- site list", "site list /d" },
		{ "loan site add", "loan /home/lib (site|add)" },
		{ "loan help me", "loan /home/lib (help|me)" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int status = run_line(&program, cases[i].line, NULL);

		if (status != 0 || strcmp(probe.seen, cases[i].seen) != 0) {
			fail_msg("\"%s\": exit %d, saw \"%s\", said \"%s\"",
				 cases[i].line, status, probe.seen, captured.text[1]);
		}
		assert_string_equal(captured.text[0], "");
		assert_string_equal(captured.text[1], "");
	}
}

static void test_usage_errors(void **state)
{
	static const struct {
		const char *line;
		const char *says;
	} cases[] = {
		{ "lend", "prog: there is no command \"lend\"; see `prog help`\n" },
		{ "~", "prog: there is no command \"\"; see `prog help`\n" },
		{ "lend --json",
		  "prog: there is no command \"lend\"; see `prog help`\n" },
		{ "site",
		  "prog: there is no command \"site\" alone, but `site add`, `site "
		  "list`; see `prog help`\n" },
		{ "site remove",
		  "prog: there is no command \"site\" alone, but `site add`, `site "
		  "list`; see `prog help`\n" },
		{ "sit", "prog: there is no command \"sit\"; see `prog help`\n" },
		{ "-d", "prog: -d needs a value; see `prog help`\n" },
		{ "status -d", "prog: -d needs a value; see `prog help`\n" },
		{ "status --dir", "prog: --dir needs a value; see `prog help`\n" },
		{ "site add x --commune",
		  "prog: --commune needs a value; see `prog help`\n" },
		{ "status --site x",
		  "prog: `status` has no option --site; see `prog help`\n" },
		{ "status --json=3",
		  "prog: `status`: --json takes no value; see `prog help`\n" },
		{ "status --word=geheim",
		  "prog: `status` has no option --word; see `prog help`\n" },
		{ "site add x --password geheim", OUT_IN_FULL },
		{ "site add x --password=geheim", OUT_IN_FULL },
		{ "site add --pass geheim x", OUT_IN_FULL },
		{ "site add --password-fil geheim x", OUT_IN_FULL },
		{ "status -x", "prog: `status` has no option -x; see `prog help`\n" },
		{ "-x", "prog: `status` has no option -x; see `prog help`\n" },
		{ "loan -15",
		  "prog: `loan`: -1... is a number below 0, and none here can "
		  "be; see `prog help`\n" },
		{ "status -xyz", "prog: `status` has no option -x; see `prog help`\n" },
		{ "loan C1 -xd /d B1",
		  "prog: `loan` has no option -x; see `prog help`\n" },
		{ "site list --update",
		  "prog: `site list` has no option --update; see `prog help`\n" },
		{ "site add",
		  "prog: too few arguments; usage: prog [-d DIR] site add CODE "
		  "[options]\n" },
		{ "site add a b",
		  "prog: too many arguments; usage: prog [-d DIR] site add CODE "
		  "[options]\n" },
		{ "loan C1",
		  "prog: too few arguments; usage: prog [-d DIR] loan CARD COPY... "
		  "[options]\n" },
		{ "status now",
		  "prog: too many arguments; usage: prog [-d DIR] status\n" },
		{ "-d ~ status", "prog: name the folder with -d DIR; see `prog help`\n" },
		{ "refuse",
		  "prog: not like this; usage: prog [-d DIR] refuse; see `prog help "
		  "refuse`\n" },
		{ "help lend", "prog: there is no command \"lend\"; see `prog help`\n" },
		{ "\x1b]0;hi\x07",
		  "prog: there is no command \"?]0;hi?\"; see `prog help`\n" },
		{ "status --\x1b[31m",
		  "prog: `status` has no option --?[31m; see `prog help`\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int status = run_line(&program, cases[i].line, NULL);

		if (status != PH_EXIT_USAGE ||
		    strcmp(captured.text[1], cases[i].says) != 0) {
			fail_msg("\"%s\": exit %d, \"%s\"", cases[i].line, status,
				 captured.text[1]);
		}
		assert_string_equal(captured.text[0], "");
		assert_string_equal(probe.seen, "");
		/* nothing of it is left for the next line in the same process */
		assert_int_equal(run_line(&program, "loan C1 B1 --json", NULL), 0);
		assert_string_equal(probe.seen, "loan /home/lib json (C1|B1)");
	}
}

/* A word as long as anybody likes is refused by its beginning. */
static void test_long_words(void **state)
{
	char line[3000];

	(void)state;
	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\0';
	for (size_t len = 1; len < sizeof(line); len = len * 2 + 3) {
		line[len] = '\0';
		assert_int_equal(run_line(&program, line, NULL), PH_EXIT_USAGE);
		assert_int_equal(
			strncmp(captured.text[1], "prog: there is no command \"x", 28),
			0);
		line[len] = 'x';
	}
	memcpy(line, "status --", 9);
	assert_int_equal(run_line(&program, line, NULL), PH_EXIT_USAGE);
	assert_non_null(strstr(captured.text[1], "no option --xxx"));
}

static void test_too_many_options(void **state)
{
	(void)state;
	for (int n = 63; n <= 65; n++) {
		char line[2000] = "site add x";

		for (int i = 0; i < n; i++) {
			strcat(line, " --update");
		}
		assert_int_equal(run_line(&program, line, NULL),
				 n <= 64 ? 0 : PH_EXIT_USAGE);
	}
	assert_non_null(strstr(captured.text[1], "too many options"));
}

static void test_help_and_version(void **state)
{
	static const struct {
		const char *line;
		const char *begins;
		const char *holds;
	} cases[] = {
		{ "help", "prog: a program\n",
		  "\nPlaces:\n  site add          add a place\n" },
		{ "--help", "prog: a program\n", "\nDesk:\n  loan " },
		{ "-h", "prog: a program\n", "Without a command: status." },
		{ "-d /d --help", "prog: a program\n", "\nDesk:\n" },
		{ "-d /d help", "prog: a program\n", "\nDesk:\n" },
		{ "--json help", "prog: a program\n", "\nDesk:\n" },
		{ "help help", "prog: a program\n", "\nDesk:\n" },
		{ "help", "prog: a program\n",
		  "\nCrates:\n  crate             send, get, show\n\nLooking:\n" },
		{ "help", "", "says more of one, `help all` a line of each. Without" },
		{ "help all", "prog: a program\n",
		  "\nCrates:\n  crate send        off it goes\n  crate get         here "
		  "it is\n  crate show " },
		{ "help all", "", "`prog help COMMAND` says more of one. Without" },
		{ "help crate",
		  "  crate send        off it goes\n  crate get         here",
		  "\n`prog help crate ...` says more of one.\n" },
		{ "help site", "  site add          add a place\n  site list ", "" },
		{ "help site add", "usage: prog [-d DIR] site add CODE [options]\n",
		  "\nadd a place\nA code is short.\n\noptions:\n  --commune CODE "
		  "              official code\n  --update " },
		{ "help --json site add", "usage: prog [-d DIR] site add CODE", "" },
		{ "help site --json add", "usage: prog [-d DIR] site add CODE", "" },
		{ "help status", "usage: prog [-d DIR] status\n",
		  "common options: -d DIR" },
		{ "help loan site", "usage: prog [-d DIR] loan CARD COPY...", "" },
		{ "status --help", "usage: prog [-d DIR] status\n", "how it is" },
		{ "--help status", "usage: prog [-d DIR] status\n", "how it is" },
		{ "site add --help", "usage: prog [-d DIR] site add CODE", "--update" },
		{ "loan -h", "usage: prog [-d DIR] loan CARD COPY...", "lend" },
		{ "--version", "prog ", "." },
		{ "status --version", "prog ", "." },
		{ "-d /d --version", "prog ", "." },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int status = run_line(&program, cases[i].line, NULL);

		if (status != 0 ||
		    strncmp(captured.text[0], cases[i].begins, strlen(cases[i].begins)) !=
			    0 ||
		    !strstr(captured.text[0], cases[i].holds)) {
			fail_msg("\"%s\": exit %d, \"%s\" \"%s\"", cases[i].line, status,
				 captured.text[0], captured.text[1]);
		}
		assert_string_equal(captured.text[1], "");
		assert_string_equal(probe.seen, "");
	}
}

/* --- how a command ends --- */

static void test_exit_statuses(void **state)
{
	static const struct {
		const char *name;
		int give;
		enum ph_exit exit;
		const char *text;
		int status;
		const char *says;
	} cases[] = {
		{ "done", 0, 0, NULL, 0, "" },
		{ "cases wait", PH_EXIT_CASES, 0, NULL, 13, "" },
		{ "partial", PH_EXIT_PARTIAL, 0, NULL, 14, "" },
		{ "in use", -EWOULDBLOCK, PH_EXIT_IN_USE, "it is in use", 17,
		  "prog: it is in use\n" },
		{ "damaged", -EUCLEAN, PH_EXIT_DAMAGED, "bad page", 15,
		  "prog: bad page\n" },
		{ "no words", -ENOMEM, 0, NULL, 1, "prog: Cannot allocate memory\n" },
		{ "words without a status", -EINVAL, PH_EXIT_DONE, "odd", 1,
		  "prog: odd\n" },
		{ "words that would paint", -EINVAL, PH_EXIT_OTHER, "\x1b[31mred", 1,
		  "prog:  [31mred\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		probe.give = cases[i].give;
		probe.exit = cases[i].exit;
		probe.text = cases[i].text;

		int status = run_line(&program, "status", NULL);

		if (status != cases[i].status ||
		    strcmp(captured.text[1], cases[i].says) != 0) {
			fail_msg("%s: exit %d, \"%s\"", cases[i].name, status,
				 captured.text[1]);
		}
	}
	probe.give = 0;
	probe.exit = 0;
	probe.text = NULL;
}

/* Data that did not get out is no success. */
static void test_full_stdout(void **state)
{
	(void)state;
	assert_int_equal(run_line(&program, "chatter", NULL), 0);
	assert_string_equal(captured.text[0], "data\n");
	assert_int_equal(run_line(&program, "chatter", "/dev/full"), PH_EXIT_OTHER);
	assert_string_equal(captured.text[1],
			    "prog: standard output cannot be written (No space left on "
			    "device); what was recorded before stays recorded\n");
	probe.give = -EIO;
	assert_int_equal(run_line(&program, "chatter", "/dev/full"), PH_EXIT_OTHER);
	assert_string_equal(captured.text[1],
			    "prog: standard output cannot be written (No space left on "
			    "device); what was recorded before stays recorded\n");
	probe.give = 0;
}

static const char *nowhere(void)
{
	return NULL;
}

static void test_no_folder(void **state)
{
	struct ph_cli_program lost = program;

	(void)state;
	lost.default_dir = nowhere;
	assert_int_equal(run_line(&lost, "status", NULL), PH_EXIT_USAGE);
	assert_non_null(strstr(captured.text[1], "-d DIR"));
	assert_int_equal(run_line(&lost, "status -d x", NULL), 0);
	lost.default_dir = NULL;
	assert_int_equal(run_line(&lost, "status", NULL), PH_EXIT_USAGE);
	assert_int_equal(run_line(&lost, "status -d x", NULL), 0);
}

/* --- for commands --- */

static void test_get(void **state)
{
	struct ph_cli cli = {
		.n_set = 3, .set = { { "site", "a" }, { "all", "" }, { "site", "b" } }
	};

	(void)state;
	assert_string_equal(ph_cli_get(&cli, "site"), "b");
	assert_string_equal(ph_cli_get(&cli, "all"), "");
	assert_null(ph_cli_get(&cli, "al"));
	assert_true(ph_cli_has(&cli, "all"));
	assert_false(ph_cli_has(&cli, "none"));
}

static void test_uint(void **state)
{
	static const struct {
		const char *text;
		uint64_t min, max;
		bool good;
		uint64_t value;
	} cases[] = {
		{ "0", 0, 10, true, 0 },
		{ "10", 0, 10, true, 10 },
		{ "11", 0, 10, false, 0 },
		{ "4", 5, 10, false, 0 },
		{ "5", 5, 10, true, 5 },
		{ "007", 0, 10, true, 7 },
		{ "18446744073709551615", 0, UINT64_MAX, true, UINT64_MAX },
		{ "18446744073709551616", 0, UINT64_MAX, false, 0 },
		{ "99999999999999999999999", 0, UINT64_MAX, false, 0 },
		{ "-1", 0, UINT64_MAX, false, 0 },
		{ "+1", 0, 10, false, 0 },
		{ " 1", 0, 10, false, 0 },
		{ "1 ", 0, 10, false, 0 },
		{ "1x", 0, 10, false, 0 },
		{ "0x1", 0, 10, false, 0 },
		{ "1.0", 0, 10, false, 0 },
		{ "1e1", 0, 10, false, 0 },
		{ "", 0, 10, false, 0 },
		{ "\xd9\xa1", 0, 10, false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ph_error err = { 0 };
		uint64_t value = 77;
		int rc = ph_cli_uint(cases[i].text, "the count", cases[i].min,
				     cases[i].max, &value, &err);

		if (rc != (cases[i].good ? 0 : -EINVAL) ||
		    value != (cases[i].good ? cases[i].value : 77)) {
			fail_msg("\"%s\": %d", cases[i].text, rc);
		}
		if (rc < 0) {
			assert_int_equal(err.exit, PH_EXIT_USAGE);
			assert_non_null(strstr(err.text, "the count: \""));
		}
	}
}

static void test_get_uint(void **state)
{
	struct ph_cli cli = { .n_set = 2,
			      .set = { { "limit", "12" }, { "bad", "twelve" } } };
	struct ph_error err = { 0 };
	uint64_t value = 7;

	(void)state;
	assert_int_equal(ph_cli_get_uint(&cli, "absent", 100, 200, &value, &err), 0);
	assert_int_equal(value, 7);
	assert_int_equal(ph_cli_get_uint(&cli, "limit", 0, 12, &value, &err), 0);
	assert_int_equal(value, 12);
	assert_int_equal(ph_cli_get_uint(&cli, "bad", 0, 12, &value, &err), -EINVAL);
	assert_int_equal(value, 12);
	assert_string_equal(err.text,
			    "--bad: \"twelve\" is not a whole number from 0 to 12");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parsing),
		cmocka_unit_test(test_vietnamese),
		cmocka_unit_test(test_usage_errors),
		cmocka_unit_test(test_long_words),
		cmocka_unit_test(test_too_many_options),
		cmocka_unit_test(test_help_and_version),
		cmocka_unit_test(test_exit_statuses),
		cmocka_unit_test(test_full_stdout),
		cmocka_unit_test(test_no_folder),
		cmocka_unit_test(test_get),
		cmocka_unit_test(test_uint),
		cmocka_unit_test(test_get_uint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
