/*
 * daemon/cmd_case.c - packhorsed cases, case show, case decide, why: what a person must
 * look at, and what is behind it.
 */
#include "daemon/cmd.h"

#include <errno.h>
#include <string.h>

#include "common/cli/case_rows.h"
#include "common/cli/case_show.h"
#include "common/cli/case_words.h"
#include "common/cli/entry_words.h"
#include "common/cli/export.h"
#include "common/cli/out.h"
#include "common/cli/story_rows.h"
#include "daemon/act.h"

#define LIMIT_DEFAULT 50
#define LIMIT_MAX     10000

/* --- cases --- */

static int fill_cases(const struct ph_cli *cli, json_t *request, struct ph_error *err)
{
	static const char *const texts[] = { "kind", "site", "commune", "after" };
	uint64_t limit = ph_export_is_asked(cli) ? LIMIT_MAX : LIMIT_DEFAULT;
	int rc = ph_cli_get_uint(cli, "limit", 1, LIMIT_MAX, &limit, err);

	for (size_t i = 0; rc == 0 && i < sizeof(texts) / sizeof(texts[0]); i++) {
		rc = ph_request_set(request, texts[i], ph_cli_get(cli, texts[i]), err);
	}
	if (rc < 0) {
		return rc;
	}
	return json_object_set_new(request, "limit", json_integer((json_int_t)limit)) ||
			       json_object_set_new(request, "all",
						   json_boolean(ph_cli_has(cli, "all")))
		       ? -ENOMEM
		       : 0;
}

static int run_cases(struct ph_cli *cli, struct ph_error *err)
{
	json_t *request = ph_request("cases");
	json_t *answer;
	int rc = request ? fill_cases(cli, request, err) : -ENOMEM;

	if (rc < 0) {
		json_decref(request);
		return rc;
	}
	rc = ph_ask_pages(cli, request, "cases", &answer, err);
	return rc < 0 ? rc : ph_cases_print(cli, answer);
}

/* --- case show, why --- */

/* COMMAND with its words as the members NAMES; --names and --ns if they are given. */
static int ask(const struct ph_cli *cli, const char *command, const char *const *names,
	       json_t **answer_out, struct ph_error *err)
{
	json_t *request = ph_request(command);
	uint64_t ns = 0;
	int rc = request ? ph_cli_get_uint(cli, "ns", 0, 999999, &ns, err) : -ENOMEM;

	for (int i = 0; rc == 0 && i < cli->n_args; i++) {
		rc = ph_request_set(request, names[i], cli->args[i], err);
	}
	if (rc == 0 && ph_cli_has(cli, "ns")) {
		rc = json_object_set_new(request, "ns", json_integer((json_int_t)ns));
	}
	if (rc != 0 || json_object_set_new(request, "names",
					   json_boolean(ph_cli_has(cli, "names")))) {
		json_decref(request);
		return rc < 0 ? rc : -ENOMEM;
	}
	return ph_ask(cli, request, answer_out, err);
}

static int run_show(struct ph_cli *cli, struct ph_error *err)
{
	static const char *const names[] = { "case" };
	json_t *answer;
	int rc = ask(cli, "case-show", names, &answer, err);

	return rc < 0 ? rc : ph_case_print(cli, answer);
}

static int run_why(struct ph_cli *cli, struct ph_error *err)
{
	static const char *const names[] = { "what", "id" };
	json_t *answer;
	int rc = ask(cli, "why", names, &answer, err);

	return rc < 0 ? rc : ph_why_print(cli, answer);
}

/* --- case decide --- */

static int fill_decision(const struct ph_cli *cli, json_t *request, struct ph_error *err)
{
	json_t *voids = json_array();
	int rc = ph_request_set(request, "case", cli->args[0], err);

	rc = rc != 0 ? rc : ph_request_set(request, "choice", cli->args[1], err);
	rc = rc != 0 ? rc : ph_request_set(request, "site", ph_cli_get(cli, "site"), err);
	rc = rc != 0 ? rc
		     : ph_request_set(request, "facts", ph_cli_get(cli, "facts"), err);
	for (unsigned i = 0; rc == 0 && i < cli->n_set; i++) {
		if (strcmp(cli->set[i].name, "void") == 0) {
			rc = json_array_append_new(voids, json_string(cli->set[i].value));
		}
	}
	if (json_object_set_new(request, "voids", voids) != 0 ||
	    json_object_set_new(request, "dry_run",
				json_boolean(ph_cli_has(cli, "dry-run"))) != 0 ||
	    json_object_set_new(request, "again",
				json_boolean(ph_cli_has(cli, "again"))) != 0) {
		return rc < 0 ? rc : -ENOMEM;
	}
	return rc;
}

static void print_decided(const struct ph_cli *cli, const json_t *answer)
{
	bool dry = json_object_get(answer, "writes") != NULL;
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(answer, "entries"), i, item)
	{
		ph_act_tell(cli, item);
	}
	json_array_foreach(json_object_get(answer, "writes"), i, item)
	{
		printf("%s %s: ", ph_say("would write", "sẽ ghi"),
		       ph_kind_say(json_string_value(json_object_get(item, "kind"))));
		ph_entry_words_print(item);
		putchar('\n');
	}
	if (!cli->plain) {
		printf("%s %s: %s\n",
		       dry ? ph_say("would be decided", "sẽ quyết")
			   : ph_say("decided", "đã quyết"),
		       json_string_value(json_object_get(answer, "choice")),
		       ph_case_means_say(
			       json_string_value(json_object_get(answer, "means"))));
	}
}

static int run_decide(struct ph_cli *cli, struct ph_error *err)
{
	json_t *request = ph_request("case-decide");
	json_t *answer;
	int rc = request ? fill_decision(cli, request, err) : -ENOMEM;

	if (rc < 0) {
		json_decref(request);
		return rc;
	}
	rc = ph_ask(cli, request, &answer, err);
	if (rc < 0) {
		return rc;
	}
	if (cli->json) {
		rc = ph_out_json(answer);
	} else {
		print_decided(cli, answer);
		json_decref(answer);
	}
	return rc < 0 && rc != PH_OUT_LOST
		       ? rc
		       : ph_out_flush(ph_cli_has(cli, "dry-run")
					      ? ""
					      : "decided, do not decide it again; ",
				      err);
}

/* --- the commands --- */

static const struct ph_cli_option cases_options[] = {
	{ "kind", "NAME", "only of this kind" },
	{ "site", "CODE", "only those that concern this site" },
	{ "commune", "CODE", "only those that concern a site of this commune" },
	{ "all", NULL, "also those that are decided" },
	{ "limit", "N", "at most so many (default 50)" },
	{ "after", "PLACE", "go on where the last page ended" },
	PH_EXPORT_OPTIONS,
	{ 0 },
};
static const struct ph_cli_option show_options[] = {
	{ "names", NULL, "open the names of readers" },
	PH_EXPORT_OPTIONS,
	{ 0 },
};
static const struct ph_cli_option decide_options[] = {
	{ "void", "REF", "this entry is wrong; may stand several times" },
	{ "site", "CODE", "where the copies are" },
	{ "facts", "DIGEST",
	  "only if the facts are still those that `case show` showed" },
	{ "again", NULL, "though it was decided on these facts already" },
	{ "dry-run", NULL, "say what would be written, write nothing" },
	{ 0 },
};
static const struct ph_cli_option why_options[] = {
	{ "ns", "N", "copy, card, crate: the code's namespace" },
	{ "names", NULL, "open the names of readers" },
	PH_EXPORT_OPTIONS,
	{ 0 },
};

const struct ph_cli_command ph_cmds_case[] = {
	{ "cases", "Cases", "", 0, 0,
	  "what a person must look at, the oldest first (exit 13 if there is some)\n"
	  "A page at a time: the last line on standard error says how to go "
	  "on.\n" PH_CASE_KINDS_HELP,
	  cases_options, run_cases, NULL },
	{ "case show", "Cases", "ID", 1, 1,
	  "the facts of a case side by side, what was decided, what can be\n"
	  "ID is how it begins, as `cases` shows it.",
	  show_options, run_show, NULL },
	{ "case decide", "Cases", "ID CHOICE", 2, 2,
	  "what a person makes of a case, and the entries that carry it out\n"
	  "`case show` has the choices and what each writes. All is written at once, in "
	  "the\n"
	  "hub's name, or nothing. What an operator must sign has commands of its own "
	  "(cut,\n"
	  "adopt, erase, void). Facts that change later open the case again.",
	  decide_options, run_decide, NULL },
	{ "why", "Cases", "WHAT ID", 2, 2,
	  "from what is shown to the signed entries behind it\n"
	  "WHAT ID: copy CODE, card CODE, crate CODE, title REF or its words, reader "
	  "REF, "
	  "case ID.\n"
	  "Of each entry: what it gave, device, site, times, road, receipt, and what "
	  "takes "
	  "it away.",
	  why_options, run_why, NULL },
	{ 0 },
};
