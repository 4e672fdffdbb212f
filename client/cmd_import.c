/*
 * client/cmd_import.c - packhorse import: titles and copies from a MARC file.
 *
 * packhorse-marc reads the file; its lines become entries, in commits of some hundred
 * records. A malformed record is reported with its number and where it is, and passed
 * over; the rest goes in. What was imported before changes nothing.
 *
 * An interruption, or a failure of the store, leaves whole records: those of the last
 * commit; importing the file again goes on from there.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "client/commands.h"
#include "client/importing.h"
#include "client/marc_child.h"
#include "common/base/json_memory.h"
#include "common/cli/out.h"

#define BATCH     500 /* records in one commit */
#define TICK      64  /* records between two looks of the progress bar */
#define BAR_WIDTH 30
#define TALK_MAX  20 /* remarks on standard error; --json has them all */

struct import {
	struct ph_cli *cli;
	struct ph_marc_child child;
	struct ph_importing importing;
	uint64_t size; /* of the file; 0: not known */
	bool progress;
	bool done;    /* packhorse-marc came to its end */
	bool stopped; /* it could not read on from somewhere in the file */
	bool interrupted;
};

static volatile sig_atomic_t stop_asked;

static void on_signal(int number)
{
	(void)number;
	stop_asked = 1;
}

/* Without SA_RESTART, so that waiting for a line ends too. */
static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

/* --- progress --- */

static void show_progress(struct import *import, json_t *line)
{
	uint64_t at = (uint64_t)json_integer_value(json_object_get(line, "offset"));
	char records[PH_NUMBER_TEXT];
	char bar[BAR_WIDTH + 1];
	unsigned filled;

	if (!import->progress || import->importing.records % TICK != 0) {
		return;
	}
	ph_number(records, import->importing.records);
	if (import->size == 0) {
		fprintf(stderr, "\r%s %s", records, ph_say("records", "biểu ghi"));
		return;
	}
	at = at < import->size ? at : import->size;
	filled = (unsigned)(at * BAR_WIDTH / import->size);
	memset(bar, '.', BAR_WIDTH);
	memset(bar, '#', filled);
	bar[BAR_WIDTH] = '\0';
	fprintf(stderr, "\r[%s] %3u %%  %s %s", bar, (unsigned)(at * 100 / import->size),
		records, ph_say("records", "biểu ghi"));
}

static void end_progress(const struct import *import)
{
	if (import->progress) {
		fprintf(stderr, "\r\033[K");
	}
}

/* --- reading --- */

static int take_line(struct import *import, struct ph_view text, struct ph_error *err)
{
	uint64_t shortages = ph_json_shortages();
	json_t *line = ph_json_loadb((const char *)text.data, text.len,
				     JSON_REJECT_DUPLICATES, NULL);
	int rc = 0;

	if (!line && ph_json_shortages() != shortages) {
		return ph_fail_errno(
			err, -ENOMEM,
			ph_say("reading from packhorse-marc", "đọc từ packhorse-marc"));
	}
	if (!json_is_object(line)) {
		json_decref(line);
		return ph_fail(
			err, PH_EXIT_OTHER, -EPROTO,
			ph_say("packhorse-marc said what is no answer of its version",
			       "packhorse-marc trả lời không đúng phiên bản"));
	}
	if (json_object_get(line, "done")) {
		import->done = true;
		import->stopped = json_is_true(json_object_get(line, "stopped"));
	} else {
		rc = ph_importing_take(&import->importing, line, err);
		show_progress(import, line);
	}
	json_decref(line);
	if (rc == 0 && import->importing.in_batch >= BATCH) {
		rc = ph_importing_commit(&import->importing, err);
	}
	return rc;
}

static int take_all(struct import *import, struct ph_error *err)
{
	struct ph_view text;
	int rc = 0;

	while (rc == 0 && !import->done && !stop_asked) {
		rc = ph_marc_child_line(&import->child, &text);
		if (rc == 0) {
			rc = take_line(import, text, err);
		} else if (rc != 1 && rc != -EINTR) {
			return ph_fail_errno(err, rc,
					     ph_say("reading from packhorse-marc",
						    "đọc từ packhorse-marc"));
		}
	}
	import->interrupted = stop_asked != 0;
	return rc == 1 || rc == -EINTR ? 0 : rc;
}

/* --- telling --- */

static void tell_remarks(const struct import *import)
{
	const json_t *remarks = import->importing.remarks;
	json_t *remark;
	size_t i;

	json_array_foreach(remarks, i, remark)
	{
		const char *error = json_string_value(json_object_get(remark, "error"));
		const char *note = json_string_value(json_object_get(remark, "note"));
		const char *text = error ? error : note ? note : "";
		char shown[512];

		if (i == TALK_MAX) {
			fprintf(stderr,
				ph_say("... %zu more (--json lists them)\n",
				       "... còn %zu (--json liệt kê hết)\n"),
				json_array_size(remarks) - TALK_MAX);
			return;
		}
		ph_text_safe(shown, sizeof(shown), text, strlen(text));
		fprintf(stderr,
			ph_say("record %" JSON_INTEGER_FORMAT
			       " (byte %" JSON_INTEGER_FORMAT "): %s%s\n",
			       "biểu ghi %" JSON_INTEGER_FORMAT
			       " (byte %" JSON_INTEGER_FORMAT "): %s%s\n"),
			json_integer_value(json_object_get(remark, "record")),
			json_integer_value(json_object_get(remark, "offset")),
			error ? "" : ph_say("note: ", "ghi chú: "), shown);
	}
}

static int tell_script(const struct import *import)
{
	const struct ph_importing *in = &import->importing;

	return ph_out_script(
		import->cli->json,
		json_pack(
			"{s:i,s:I,s:I,s:I,s:I,s:I,s:I,s:b,s:b,s:b,s:O}", "schema", 1,
			"records", (json_int_t)in->records, "titles",
			(json_int_t)in->titles, "copies", (json_int_t)in->copies, "known",
			(json_int_t)in->known, "failed", (json_int_t)in->failed, "notes",
			(json_int_t)in->notes, "dry_run", (int)in->dry_run, "interrupted",
			(int)import->interrupted, "complete",
			(int)(import->done && !import->stopped), "remarks", in->remarks));
}

static void tell_person(const struct import *import)
{
	const struct ph_importing *in = &import->importing;
	char titles[PH_NUMBER_TEXT], copies[PH_NUMBER_TEXT], records[PH_NUMBER_TEXT];
	char known[PH_NUMBER_TEXT], failed[PH_NUMBER_TEXT];

	ph_number(titles, in->titles);
	ph_number(copies, in->copies);
	ph_number(records, in->records);
	ph_number(known, in->known);
	ph_number(failed, in->failed);
	tell_remarks(import);
	printf(ph_say("%s %s %s, %s %s; of %s %s %s known already, %s malformed\n",
		      "%s %s %s, %s %s; trong %s %s có %s đã biết, %s hỏng\n"),
	       in->dry_run ? ph_say("would save", "sẽ lưu")
			   : ph_say("saved ✓", "đã lưu ✓"),
	       titles, ph_say_n(in->titles, "title", "titles", "nhan đề"), copies,
	       ph_say_n(in->copies, "copy", "copies", "bản sách"), records,
	       ph_say_n(in->records, "record", "records", "biểu ghi"), known, failed);
	if (import->interrupted) {
		fprintf(stderr, "%s\n",
			ph_say("interrupted: whole records only; import the file again "
			       "to go on",
			       "đã dừng giữa chừng, chỉ có biểu ghi trọn vẹn; nhập lại "
			       "tệp để tiếp tục"));
	}
}

/* --- the command --- */

static int check_choice(const struct ph_cli *cli, const char *option,
			const char *const *choices, struct ph_error *err)
{
	const char *value = ph_cli_get(cli, option);
	char why[128];

	for (; value && *choices; choices++) {
		if (strcmp(*choices, value) == 0) {
			return 0;
		}
	}
	if (!value) {
		return 0;
	}
	snprintf(why, sizeof(why),
		 ph_say("--%s: there is no \"%.40s\"", "--%s: không có \"%.40s\""),
		 option, value);
	return ph_cli_usage(cli, err, why);
}

static int check_options(const struct ph_cli *cli, struct ph_error *err)
{
	static const char *const formats[] = { "auto", "marc", "marcxml", NULL };
	static const char *const items[] = { "auto", "952", "852", "949", "none", NULL };
	static const char *const acquisitions[] = { "budget",   "donation", "project",
						    "exchange", "other",    NULL };
	int rc = check_choice(cli, "format", formats, err);

	rc = rc != 0 ? rc : check_choice(cli, "items", items, err);
	return rc != 0 ? rc : check_choice(cli, "acquisition", acquisitions, err);
}

static int begin(struct import *import, struct ph_error *err)
{
	struct ph_importing *importing = &import->importing;
	const struct ph_cli *cli = import->cli;
	const char *format = ph_cli_get(cli, "format");
	const char *items = ph_cli_get(cli, "items");
	struct ph_marc_config config = { .path = cli->args[0],
					 .format = format ? format : "auto",
					 .items = items ? items : "auto",
					 .charset = ph_cli_get(cli, "charset") };
	int rc = ph_command_open(cli, &importing->site, err);

	if (rc < 0) {
		return rc;
	}
	ph_site_info(importing->site, &importing->info);
	importing->acquisition = ph_cli_get(cli, "acquisition");
	importing->print_codes = ph_cli_has(cli, "print-codes");
	importing->dry_run = ph_cli_has(cli, "dry-run");
	importing->remarks = json_array();
	rc = importing->remarks ? 0 : -ENOMEM;
	rc = rc != 0 ? rc : ph_site_ledger(importing->site, err) ? 0 : -EIO;
	rc = rc != 0 ? rc : ph_sources_new(&importing->sources, importing->site, err);
	if (rc == 0 && !importing->dry_run) {
		rc = ph_site_begin(importing->site, err);
	}
	return rc != 0 ? rc : ph_marc_child_start(&import->child, &config, err);
}

/* What became of it: 0 all is in, PH_EXIT_OTHER not all, or negative errno. */
static int finish(struct import *import, int child, struct ph_error *err)
{
	const struct ph_importing *in = &import->importing;
	int rc = 0;

	end_progress(import);
	if (child == PH_EXIT_USAGE) {
		/* it has said on standard error why it cannot read the file */
		return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			       ph_say("%s: nothing was imported", "%s: chưa nhập gì"),
			       import->cli->args[0]);
	}
	if (import->cli->json || import->cli->plain) {
		rc = tell_script(import);
	} else {
		tell_person(import);
	}
	if (rc == 0 && !import->done && !import->interrupted) {
		return ph_fail(err, PH_EXIT_OTHER, -EPIPE,
			       ph_say("packhorse-marc ended early: what is counted above "
				      "is in; import the file again to go on",
				      "packhorse-marc ngừng giữa chừng: những gì đếm ở "
				      "trên đã nhập; hãy nhập lại tệp để tiếp tục"));
	}
	return rc < 0                                                     ? rc
	       : in->failed > 0 || import->interrupted || import->stopped ? PH_EXIT_OTHER
									  : PH_EXIT_DONE;
}

static int run(struct ph_cli *cli, struct ph_error *err)
{
	struct import import = { .cli = cli,
				 .progress = !cli->json && ph_is_terminal(stderr) };
	struct stat status;
	int child = -1;
	int rc = check_options(cli, err);

	if (rc < 0) {
		return rc;
	}
	if (stat(cli->args[0], &status) == 0 && S_ISREG(status.st_mode)) {
		import.size = (uint64_t)status.st_size;
	}
	catch_signals();
	rc = begin(&import, err);
	rc = rc != 0 ? rc : take_all(&import, err);
	if (rc == 0) {
		rc = ph_importing_commit(&import.importing, err);
	}
	if (import.child.program.pid > 0) {
		child = ph_marc_child_end(&import.child, rc != 0 || import.interrupted);
	}
	if (rc == 0) {
		rc = finish(&import, child, err);
	} else {
		end_progress(&import);
		if (import.importing.safe_titles + import.importing.safe_copies > 0) {
			fprintf(stderr,
				ph_say("in so far: titles %llu, copies %llu\n",
				       "đã vào: %llu nhan đề, %llu bản sách\n"),
				(unsigned long long)import.importing.safe_titles,
				(unsigned long long)import.importing.safe_copies);
		}
	}
	ph_sources_free(import.importing.sources);
	json_decref(import.importing.remarks);
	ph_site_close(import.importing.site);
	return rc;
}

static const struct ph_cli_option options[] = {
	{ "format", "F", "auto (default), marc (ISO 2709) or marcxml" },
	{ "items", "FIELD", "where copies are: auto (default), 952, 852, 949 or none" },
	{ "charset", "NAME", "of the text, if the records do not say or are wrong" },
	{ "acquisition", "A",
	  "of the copies: budget, donation, project, exchange or other" },
	{ "print-codes", NULL, "a record without copies gets one, with a new code" },
	{ "dry-run", NULL, "count and report, write nothing" },
	{ 0 },
};

const struct ph_cli_command ph_cmd_import = {
	.name = "import",
	.group = "Scripts",
	.args = "FILE",
	.min_args = 1,
	.max_args = 1,
	.doc = "titles and copies from MARC21 (ISO 2709) or MARCXML\n\n"
	       "A malformed record is reported and passed over; the rest goes in. A "
	       "file\n"
	       "imported twice changes nothing. FILE - is standard input. Exit status 1 "
	       "when\n"
	       "any record was passed over, 2 when the file cannot be read.",
	.options = options,
	.run = run,
};
