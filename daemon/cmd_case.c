/*
 * daemon/cmd_case.c - packhorsed cases: what a person must look at.
 */
#include "daemon/cmd.h"

#include <errno.h>

#include "common/cli/case_rows.h"
#include "common/cli/out.h"
#include "daemon/ask.h"

#define LIMIT_DEFAULT 50
#define LIMIT_MAX     10000

/* --- cases --- */

static int fill_cases(const struct ph_cli *cli, json_t *request, struct ph_error *err)
{
	static const char *const texts[] = { "kind", "site", "commune", "after" };
	uint64_t limit = LIMIT_DEFAULT;
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
	rc = ph_ask(cli, request, &answer, err);
	return rc < 0 ? rc : ph_cases_print(cli, answer);
}

/* --- the commands --- */

static const struct ph_cli_option cases_options[] = {
	{ "kind", "NAME", "only of this kind" },
	{ "site", "CODE", "only those that concern this site" },
	{ "commune", "CODE", "only those that concern a site of this commune" },
	{ "all", NULL, "also those that are decided" },
	{ "limit", "N", "at most so many (default 50)" },
	{ "after", "PLACE", "go on where the last page ended" },
	{ 0 },
};

const struct ph_cli_command ph_cmds_case[] = {
	{ "cases", "Cases", "", 0, 0,
	  "what a person must look at, the oldest first (exit 13 if there is some)\n"
	  "A page at a time: the last line on standard error says how to go "
	  "on.\n" PH_CASE_KINDS_HELP,
	  cases_options, run_cases, NULL },
	{ 0 },
};
