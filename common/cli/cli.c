/*
 * common/cli/cli.c - from argv to a command that runs.
 *
 * The first words that are no options name the subcommand (two words win over one);
 * then getopt_long() reads the whole line with that command's options and the common
 * ones, in any order. Anything wrong ends with one line on stderr that says what and
 * a pointer to help, and PH_EXIT_USAGE. A command that fails fills a struct ph_error;
 * it is printed here, so that all errors of both programs look alike.
 */
#include "common/cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/json_memory.h"
#include "common/base/secret.h"
#include "common/cli/export.h"
#include "common/cli/given.h"
#include "common/cli/help.h"
#include "common/cli/out.h"

#define WORDS_MAX    3 /* "help", and a name of two words */
#define OPTIONS_MAX  32
#define FIRST_CODE   256
#define VERSION_CODE 1000
#define HELP_CODE    1001
#define JSON_CODE    1002
#define PLAIN_CODE   1003
#define STDIN_CODE   1004

static const struct option common_options[] = {
	{ "dir", required_argument, NULL, 'd' },
	{ "json", no_argument, NULL, JSON_CODE },
	{ "plain", no_argument, NULL, PLAIN_CODE },
	{ "stdin", no_argument, NULL, STDIN_CODE },
	{ "help", no_argument, NULL, HELP_CODE },
	{ "version", no_argument, NULL, VERSION_CODE },
};
#define COMMON_COUNT (sizeof(common_options) / sizeof(common_options[0]))

static int usage_error(const struct ph_cli_program *program, const char *text)
{
	char safe[640];

	ph_text_safe(safe, sizeof(safe), text, strlen(text));
	ph_error_hide(safe);
	fprintf(stderr, ph_say("%s: %s; see `%s help`\n", "%s: %s; xem `%s help`\n"),
		program->name, safe, program->name);
	return PH_EXIT_USAGE;
}

/* --- which command --- */

/* Is WORD NAME, or as much of it as getopt_long() would take for it? */
static bool is_long(const char *word, const char *name)
{
	size_t len = strlen(word);

	return len > 2 && strncmp(word, name, len) == 0;
}

/* Does the value of this word stand in the next one? Only -d and --dir before a command can. */
static bool takes_next(const char *word)
{
	return strcmp(word, "-d") == 0 || is_long(word, "--dir");
}

/* An option known to all commands that is whole in this one word. */
static bool is_common(const char *word)
{
	return strncmp(word, "-d", 2) == 0 || strncmp(word, "--dir=", 6) == 0 ||
	       strcmp(word, "-h") == 0 || is_long(word, "--json") ||
	       is_long(word, "--plain") || is_long(word, "--help") ||
	       is_long(word, "--version");
}

/* Indexes of the first words that are no options; argc if absent. */
static void find_words(int argc, char **argv, int words[static WORDS_MAX])
{
	bool only_words = false;
	int found = 0;

	for (int i = 0; i < WORDS_MAX; i++) {
		words[i] = argc;
	}
	for (int i = 1; i < argc && found < WORDS_MAX; i++) {
		if (!only_words && strcmp(argv[i], "--") == 0) {
			only_words = true;
		} else if (only_words || argv[i][0] != '-' || argv[i][1] == '\0') {
			words[found++] = i;
		} else if (takes_next(argv[i])) {
			i++;
		} else if (found > 0 && !is_common(argv[i])) {
			break; /* an option of the command, perhaps with a value */
		}
	}
}

const struct ph_cli_command *ph_cli_find(const struct ph_cli_program *program,
					 const char *name)
{
	for (const struct ph_cli_command *c = program->commands; c->name; c++) {
		if (strcmp(c->name, name) == 0) {
			return c;
		}
	}
	return NULL;
}

/* The command that starts at WORDS[0]; *N_WORDS says whether its name took one word or two. */
static const struct ph_cli_command *find_command(const struct ph_cli_program *program,
						 int argc, char **argv,
						 const int words[static WORDS_MAX],
						 int *n_words)
{
	const struct ph_cli_command *command = NULL;
	char name[64];

	if (words[0] == argc) {
		*n_words = 0;
		return ph_cli_find(program, "status");
	}
	if (words[1] < argc) {
		snprintf(name, sizeof(name), "%s %s", argv[words[0]], argv[words[1]]);
		command = ph_cli_find(program, name);
		*n_words = 2;
	}
	if (!command) {
		command = ph_cli_find(program, argv[words[0]]);
		*n_words = 1;
	}
	return command;
}

/* "site" alone where only "site add" and the like exist: say which there are. */
static int unknown_command(const struct ph_cli_program *program, const char *word)
{
	const char *between = ph_say(" alone, but", " đứng riêng, nhưng có");
	size_t n = strlen(word);
	char text[512];
	size_t len;

	snprintf(text, sizeof(text),
		 ph_say("there is no command \"%s\"", "không có lệnh \"%s\""), word);
	len = strlen(text);
	for (const struct ph_cli_command *c = program->commands; c->name; c++) {
		if (strncmp(c->name, word, n) == 0 && c->name[n] == ' ') {
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s `%s`",
						between, c->name);
			between = ",";
			if (len >= sizeof(text)) {
				break;
			}
		}
	}
	return usage_error(program, text);
}

/* --- options --- */

static size_t make_options(const struct ph_cli_command *command,
			   struct option out[static OPTIONS_MAX + COMMON_COUNT + 1])
{
	size_t n = 0;

	for (const struct ph_cli_option *o = command->options;
	     o && o->name && n < OPTIONS_MAX; o++) {
		out[n] = (struct option){ o->name,
					  o->arg ? required_argument : no_argument, NULL,
					  FIRST_CODE + (int)n };
		n++;
	}
	memcpy(out + n, common_options, sizeof(common_options));
	memset(&out[n + COMMON_COUNT], 0, sizeof(out[0]));
	return n;
}

/*
 * WORD is the one getopt_long() went past last: the option, but for a letter that is
 * followed by others; that is in optopt.
 */
static int no_option(const struct ph_cli *cli, const char *word)
{
	const char letter[] = { '-', (char)optopt, '\0' };
	bool is_letter = optopt != 0 && optopt < FIRST_CODE;
	int len = (int)strcspn(word, "="); /* what follows may be a secret */
	char text[256];

	if (is_letter && optopt >= '0' && optopt <= '9') {
		snprintf(text, sizeof(text),
			 ph_say("`%s`: %s... is a number below 0, and none here can be",
				"`%s`: %s... là số âm, mà ở đây không có số âm"),
			 cli->command->name, letter);
	} else if (optopt >= FIRST_CODE) {
		snprintf(text, sizeof(text),
			 ph_say("`%s`: %.*s takes no value",
				"`%s`: %.*s không nhận giá trị"),
			 cli->command->name, len, word);
	} else {
		snprintf(text, sizeof(text),
			 ph_say("`%s` has no option %.*s", "`%s` không có tùy chọn %.*s"),
			 cli->command->name, is_letter ? 2 : len,
			 is_letter ? letter : word);
	}
	return usage_error(cli->program, text);
}

/*
 * What gives a secret's file is written out: `--password X`, taken for the beginning of
 * --password-file, would have the secret itself on the command line and in an error.
 */
static bool is_of_secret(const char *name)
{
	return strstr(name, "pass") != NULL || strcmp(name, "recovery-key") == 0;
}

/* WORD is as getopt_long() took it for the option NAME. */
static bool is_cut_short(const char *word, const char *name)
{
	return strcspn(word, "=") != strlen("--") + strlen(name);
}

static int refuse_cut_short(const struct ph_cli *cli, const char *name)
{
	char text[256];

	snprintf(text, sizeof(text),
		 ph_say("`%s`: --%s must be written out, and names a file; a secret "
			"itself never stands on a command line, where others can read it",
			"`%s`: --%s phải viết đủ chữ và chỉ một tệp; bản thân bí mật "
			"không bao giờ nằm trên dòng lệnh, nơi người khác đọc được"),
		 cli->command->name, name);
	return usage_error(cli->program, text);
}

static int asked_for_help(const struct ph_cli *cli, bool is_named)
{
	if (is_named) {
		ph_help_command(cli->program, cli->command);
	} else {
		ph_help_print(cli->program, false);
	}
	return PH_EXIT_DONE;
}

/* Returns -1 to go on, else the exit status. IS_NAMED: the line names its command. */
static int read_options(struct ph_cli *cli, int argc, char **argv, bool is_named)
{
	struct option options[OPTIONS_MAX + COMMON_COUNT + 1];
	size_t own = make_options(cli->command, options);

	optind = 0; /* whatever a parse before this one left behind */
	opterr = 0;
	for (int c; (c = getopt_long(argc, argv, ":d:h", options, NULL)) != -1;) {
		char text[256];

		if (c >= FIRST_CODE && c < FIRST_CODE + (int)own) {
			if (cli->n_set == sizeof(cli->set) / sizeof(cli->set[0])) {
				return usage_error(
					cli->program,
					ph_say("too many options", "quá nhiều tùy chọn"));
			}
			const char *name = cli->command->options[c - FIRST_CODE].name;
			/* getopt_long() went past the value, if that is a word of its own */
			bool is_apart = optarg && optarg == argv[optind - 1];

			if (is_of_secret(name) &&
			    is_cut_short(argv[optind - 1 - is_apart], name)) {
				return refuse_cut_short(cli, name);
			}
			cli->set[cli->n_set].name = name;
			cli->set[cli->n_set++].value = optarg ? optarg : "";
			continue;
		}
		switch (c) {
		case 'd':
			cli->dir = optarg;
			break;
		case JSON_CODE:
			cli->json = true;
			break;
		case PLAIN_CODE:
			cli->plain = true;
			break;
		case STDIN_CODE:
			cli->is_given_more = true;
			break;
		case 'h':
		case HELP_CODE:
			return asked_for_help(cli, is_named);
		case VERSION_CODE:
			printf("%s %s\n", cli->program->name, PH_VERSION);
			return PH_EXIT_DONE;
		case ':':
			snprintf(text, sizeof(text),
				 ph_say("%s needs a value", "%s cần một giá trị"),
				 argv[optind - 1]);
			return usage_error(cli->program, text);
		default:
			return no_option(cli, argv[optind - 1]);
		}
	}
	return -1;
}

const char *ph_cli_version(void)
{
	return PH_VERSION;
}

int ph_cli_run(struct ph_cli *cli)
{
	struct ph_error err = { .exit = PH_EXIT_DONE };
	int status;
	int rc;

	if (!cli->dir && cli->program->default_dir) {
		cli->dir = cli->program->default_dir();
	}
	if (!cli->dir || cli->dir[0] == '\0') {
		return usage_error(cli->program, ph_say("name the folder with -d DIR",
							"hãy chỉ thư mục bằng -d DIR"));
	}
	if (cli->n_args < cli->command->min_args ||
	    (cli->command->max_args >= 0 && cli->n_args > cli->command->max_args)) {
		fprintf(stderr, "%s: %s; ", cli->program->name,
			cli->n_args < cli->command->min_args
				? ph_say("too few arguments", "thiếu tham số")
				: ph_say("too many arguments", "thừa tham số"));
		ph_help_usage(stderr, cli->program, cli->command);
		return PH_EXIT_USAGE;
	}
	if (cli->program->hands && cli->program->hands(cli, &status)) {
		return status;
	}
	rc = ph_export_is_asked(cli) ? ph_export_run(cli, &err)
				     : cli->command->run(cli, &err);

	struct ph_error lost = { 0 };
	int flushed = ph_out_flush("", &lost);

	if (rc < 0 && (err.text[0] || flushed == 0)) {
		fprintf(stderr, "%s: %s\n", cli->program->name,
			err.text[0] ? err.text : ph_errno_say(rc));
		return err.exit != PH_EXIT_DONE ? (int)err.exit : PH_EXIT_OTHER;
	}
	if (flushed < 0) {
		fprintf(stderr, "%s: %s\n", cli->program->name, lost.text);
		return rc > 0 ? rc : PH_EXIT_OTHER;
	}
	return rc;
}

static int help(const struct ph_cli_program *program, int argc, char **argv,
		const int words[static WORDS_MAX])
{
	const struct ph_cli_command *command;
	char name[64];

	if (words[1] == argc || strcmp(argv[words[1]], "help") == 0) {
		ph_help_print(program, false);
		return PH_EXIT_DONE;
	}
	if (strcmp(argv[words[1]], "all") == 0) {
		ph_help_print(program, true);
		return PH_EXIT_DONE;
	}
	snprintf(name, sizeof(name), "%s %s", argv[words[1]],
		 words[2] < argc ? argv[words[2]] : "");
	command = ph_cli_find(program, name);
	if (!command) {
		command = ph_cli_find(program, argv[words[1]]);
	}
	if (!command &&
	    ph_help_family_size(program, argv[words[1]], strlen(argv[words[1]])) > 0) {
		ph_help_family(program, argv[words[1]]);
		return PH_EXIT_DONE;
	}
	if (!command) {
		return unknown_command(program, argv[words[1]]);
	}
	ph_help_command(program, command);
	return PH_EXIT_DONE;
}

void ph_cli_start(void)
{
	ph_secret_no_dumps();
	ph_json_watch();
	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF) {
			/* the wrong way round: using it is an error, not silence */
			(void)open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
		}
	}
}

static int run_with_given(struct ph_cli *cli)
{
	struct ph_given given = { 0 };
	struct ph_error err = { .exit = PH_EXIT_OTHER };
	int status;

	if (ph_given_read(&given, cli, &err) == 0) {
		status = ph_cli_run(cli);
	} else {
		fprintf(stderr, "%s: %s\n", cli->program->name, err.text);
		status = (int)err.exit;
	}
	ph_given_end(&given);
	return status;
}

int ph_cli_main(const struct ph_cli_program *program, int argc, char **argv)
{
	struct ph_cli cli = { .program = program };
	int words[WORDS_MAX];
	int n_words;
	int status;

	find_words(argc, argv, words);
	if (words[0] < argc && strcmp(argv[words[0]], "help") == 0) {
		return help(program, argc, argv, words);
	}
	cli.command = find_command(program, argc, argv, words, &n_words);
	if (!cli.command) {
		return unknown_command(program, argv[words[0]]);
	}
	status = read_options(&cli, argc, argv, n_words > 0);
	if (status >= 0) {
		return status;
	}
	/* getopt_long() has moved the words behind the options, in their order */
	cli.args = argv + optind + n_words;
	cli.n_args = argc - optind - n_words;
	return cli.is_given_more ? run_with_given(&cli) : ph_cli_run(&cli);
}

/* --- for commands --- */

const char *ph_cli_get(const struct ph_cli *cli, const char *name)
{
	for (unsigned i = cli->n_set; i > 0; i--) {
		if (strcmp(cli->set[i - 1].name, name) == 0) {
			return cli->set[i - 1].value;
		}
	}
	return NULL;
}

bool ph_cli_has(const struct ph_cli *cli, const char *name)
{
	return ph_cli_get(cli, name) != NULL;
}

static bool read_uint(const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || value < min ||
	    value > max) {
		return false;
	}
	*out = value;
	return true;
}

int ph_cli_uint(const char *text, const char *what, uint64_t min, uint64_t max,
		uint64_t *out, struct ph_error *err)
{
	if (!read_uint(text, min, max, out)) {
		return ph_fail(
			err, PH_EXIT_USAGE, -EINVAL,
			ph_say("%s: \"%s\" is not a whole number from %llu to %llu",
			       "%s: \"%s\" không phải là số nguyên từ %llu đến %llu"),
			what, text, (unsigned long long)min, (unsigned long long)max);
	}
	return 0;
}

int ph_cli_uint_of_person(const char *text, const char *what, uint64_t min, uint64_t max,
			  uint64_t *out, struct ph_error *err)
{
	if (!read_uint(text, min, max, out)) {
		return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			       ph_say("%s: must be a whole number from %llu to %llu",
				      "%s: phải là số nguyên từ %llu đến %llu"),
			       what, (unsigned long long)min, (unsigned long long)max);
	}
	return 0;
}

int ph_cli_get_uint(const struct ph_cli *cli, const char *name, uint64_t min,
		    uint64_t max, uint64_t *out, struct ph_error *err)
{
	const char *text = ph_cli_get(cli, name);
	char what[64];

	if (!text) {
		return 0;
	}
	snprintf(what, sizeof(what), "--%s", name);
	return ph_cli_uint(text, what, min, max, out, err);
}

int ph_cli_usage(const struct ph_cli *cli, struct ph_error *err, const char *why)
{
	return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
		       ph_say("%s; usage: %s [-d DIR] %s%s%s; see `%s help %s`",
			      "%s; cách dùng: %s [-d DIR] %s%s%s; xem `%s help %s`"),
		       why, cli->program->name, cli->command->name,
		       cli->command->args[0] ? " " : "", cli->command->args,
		       cli->program->name, cli->command->name);
}
