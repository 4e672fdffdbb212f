/*
 * client/marc/main.c - packhorse-marc: MARC records in, one line of JSON each out.
 *
 *   packhorse-marc [--format auto|marc|marcxml] [--items auto|952|852|949|none]
 *                  [--charset NAME] [--] FILE|-
 *
 * `packhorse import` runs it, so that libyaz, its tables and whatever a hostile file
 * does to them stay out of the program that holds the keys. Before the first record it
 * gives up all calls of the system but for reading, and writing what is open
 * (common/cli/sandbox.h). Each record is a line,
 *
 *   {"record":N,"offset":BYTES,"title":{...},"items":[...],"notes":[...]}
 *   {"record":N,"offset":BYTES,"error":"..."}
 *
 * (client/marc/map.h), and the last line is {"done":true,"records":N,"stopped":bool}.
 * It exits 0 when it came to the end, 2 for arguments or a file that cannot be read (a
 * text on standard error), 1 for anything else. docs/COMMANDS.md, "Import".
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "client/marc/file.h"
#include "client/marc/map.h"
#include "common/base/json_memory.h"
#include "common/base/secret.h"
#include "common/cli/sandbox.h"

struct options {
	enum ph_marc_format format;
	enum ph_marc_items items;
	const char *charset;
	const char *path;
};

static int usage(const char *why)
{
	fprintf(stderr,
		"packhorse-marc: %s\nusage: packhorse-marc [--format auto|marc|marcxml] "
		"[--items auto|952|852|949|none] [--charset NAME] FILE|-\n",
		why);
	return PH_EXIT_USAGE;
}

static int index_of(const char *const *names, const char *name)
{
	for (int i = 0; names[i]; i++) {
		if (strcmp(names[i], name) == 0) {
			return i;
		}
	}
	return -1;
}

/* -1 to go on, else the exit status. */
static int read_options(struct options *options, int argc, char **argv)
{
	static const char *const formats[] = { "auto", "marc", "marcxml", NULL };
	static const char *const items[] = { "auto", "952", "852", "949", "none", NULL };
	static const struct option known[] = {
		{ "format", required_argument, NULL, 'f' },
		{ "items", required_argument, NULL, 'i' },
		{ "charset", required_argument, NULL, 'c' },
		{ 0 },
	};

	opterr = 0;
	for (int c; (c = getopt_long(argc, argv, "", known, NULL)) != -1;) {
		int i = c == 'f'   ? index_of(formats, optarg)
			: c == 'i' ? index_of(items, optarg)
				   : 0;

		if (i < 0) {
			return usage("no such format or item field");
		}
		switch (c) {
		case 'f':
			options->format = (enum ph_marc_format)i;
			break;
		case 'i':
			options->items = (enum ph_marc_items)i;
			break;
		case 'c':
			options->charset = optarg;
			break;
		default:
			return usage("no such option, or one without its value");
		}
	}
	if (optind + 1 != argc) {
		return usage("name one file");
	}
	options->path = argv[optind];
	return -1;
}

/* Print LINE, whole, or say why not. */
static int print(json_t *line)
{
	int rc = !line ? -ENOMEM
		 : json_dumpf(line, stdout, JSON_COMPACT) != 0 || putchar('\n') == EOF ||
				 fflush(stdout) != 0
			 ? -EIO
			 : 0;

	json_decref(line);
	return rc;
}

static int one(struct ph_marc_file *file, struct ph_marc_record *record,
	       const struct options *options, uint64_t number, json_t **line)
{
	struct ph_error err = { 0 };
	uint64_t shortages = ph_json_shortages();
	uint8_t source[PH_SOURCE_SIZE];
	uint64_t offset = 0;
	int rc = ph_marc_file_next(file, record, &offset, source, &err);

	if (rc == 0) {
		rc = ph_marc_map(record, source, options->items, line, &err);
	}
	if (rc == PH_MARC_E_BAD || rc == PH_MARC_E_STOP) {
		*line = json_pack("{s:s}", "error", err.text);
	}
	if (*line) {
		json_object_set_new(*line, "record", json_integer((json_int_t)number));
		json_object_set_new(*line, "offset", json_integer((json_int_t)offset));
	}
	if (rc >= 0 && ph_json_shortages() != shortages) {
		rc = -ENOMEM;
	}
	if (rc < 0) {
		fprintf(stderr, "packhorse-marc: %s: %s\n", options->path,
			rc != -ENOMEM && err.text[0] ? err.text : ph_errno_say(rc));
		json_decref(*line);
		*line = NULL;
	}
	return rc;
}

static int run(struct ph_marc_file *file, const struct options *options)
{
	struct ph_marc_record record;
	uint64_t number = 0;
	int rc = 0;

	ph_marc_record_init(&record);
	while (rc == 0 || rc == PH_MARC_E_BAD) {
		json_t *line = NULL;

		rc = one(file, &record, options, number + 1, &line);
		if (rc >= 0 && rc != PH_MARC_E_END) {
			int printed = print(line);

			number++;
			rc = printed < 0 ? printed : rc;
		}
	}
	ph_marc_record_deinit(&record);
	if (rc > 0) {
		rc = print(json_pack("{s:b,s:I,s:b}", "done", 1, "records",
				     (json_int_t)number, "stopped",
				     rc == PH_MARC_E_STOP));
	}
	return rc < 0 ? PH_EXIT_OTHER : PH_EXIT_DONE;
}

int main(int argc, char **argv)
{
	struct options options = { 0 };
	struct ph_marc_file *file;
	struct ph_error err = { 0 };
	struct stat status;
	int rc = read_options(&options, argc, argv);
	FILE *stream = stdin;

	if (rc >= 0) {
		return rc;
	}
	ph_secret_no_dumps();
	ph_json_watch();
	if (sodium_init() < 0) {
		return PH_EXIT_OTHER;
	}
	/* who reads us may be gone: then writing fails, and that is all */
	signal(SIGPIPE, SIG_IGN);
	if (strcmp(options.path, "-") != 0) {
		stream = fopen(options.path, "rb");
	}
	if (!stream || (fstat(fileno(stream), &status) == 0 && S_ISDIR(status.st_mode))) {
		fprintf(stderr, "packhorse-marc: %s: %s\n", options.path,
			stream ? ph_errno_say(-EISDIR) : ph_errno_say(-errno));
		return PH_EXIT_USAGE;
	}
	rc = ph_marc_file_open(&file, stream, options.format, options.charset, &err);
	if (rc != 0) {
		fprintf(stderr, "packhorse-marc: %s: %s\n", options.path,
			err.text[0] ? err.text : ph_errno_say(rc));
		return PH_EXIT_USAGE;
	}
	/* where there is none to be had, what reads the file is still a process of its own */
	(void)ph_sandbox_enter(PH_SANDBOX_READER);
	rc = run(file, &options);
	ph_marc_file_close(file);
	if (stream != stdin) {
		fclose(stream);
	}
	return rc;
}
