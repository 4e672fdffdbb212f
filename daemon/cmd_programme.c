/*
 * daemon/cmd_programme.c - packhorsed site set, commune set, target set, model put, tally
 * put, worker, training, donation: what the province's programme and its reports rest on.
 */
#include "daemon/cmd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cli/out.h"
#include "common/ledger/indicator.h"
#include "common/ledger/schedule.h"
#include "daemon/form.h"

#define PER_CENT_DIGITS 7 /* before the point: 10,000,000 % is the most a target holds */

/* --- places --- */

static const char *const site_words[] = { "site", NULL };
static const struct ph_form_option site_fields[] = {
	{ .option = "name" },
	{ .option = "commune" },
	{ .option = "kind", .member = "site_kind" },
	{ .option = "status" },
	{ .option = "route" },
	{ .option = "no-readers", .member = "no_readers", .value = "1" },
	{ .option = "readers", .member = "no_readers", .value = "0" },
	{ .option = "schedule" },
	{ 0 },
};
static const struct ph_form site_form = {
	.kind = "site-put",
	.words = site_words,
	.options = site_fields,
};
static const struct ph_cli_option site_options[] = {
	{ "name", "N", "name for people" },
	{ "commune", "CODE", "official code of five digits" },
	{ "kind", "K", "commune-library, van, ... or any part of one name" },
	{ "status", "S", "open or closed" },
	{ "route", "A,B", "a van's: codes of the communes that it serves" },
	{ "no-readers", NULL, "it keeps no register of readers" },
	{ "readers", NULL, "it does" },
	{ "schedule", "TEXT",
	  "its timetable: daily, mon thu, market 5d from DATE, van:thu" },
	{ "when", "T", "since when: 2026-09-22 (default: now)" },
	{ 0 },
};

/* Words that are no timetable may stand there, as they always did; but who meant one wants to know. */
static int run_site_set(struct ph_cli *cli, struct ph_error *err)
{
	const char *text = ph_cli_get(cli, "schedule");
	struct ph_schedule schedule;
	int rc = ph_form_run(cli, err);

	if (rc >= 0 && text && ph_schedule_parse(ph_view_str(text), &schedule) != 0) {
		fprintf(stderr, "packhorsed: %s\n",
			ph_say("the schedule is kept as words: it is no timetable "
			       "(daily; "
			       "mon thu; market 5d from 2026-01-03; van:thu), so the "
			       "province's schedule.default counts for this site",
			       "lịch được giữ như lời ghi: không phải lịch hẹn (daily; "
			       "mon "
			       "thu; market 5d from 2026-01-03; van:thu), nên điểm này "
			       "theo "
			       "schedule.default của tỉnh"));
	}
	return rc;
}

static const char *const commune_words[] = { "code", NULL };
static const struct ph_form_option commune_fields[] = {
	{ .option = "name" },
	{ .option = "type" },
	{ .option = "from" },
	{ .option = "predecessor" },
	{ 0 },
};
static const struct ph_form commune_form = {
	.kind = "commune-put",
	.words = commune_words,
	.options = commune_fields,
};
static const struct ph_cli_option commune_options[] = {
	{ "name", "N", "name, without xã or phường" },
	{ "type", "T", "xa or phuong" },
	{ "from", "DATE", "valid from" },
	{ "predecessor", "CODE", "the commune it came from" },
	{ 0 },
};

/* --- targets --- */

static const char *const target_words[] = { "indicator", "year", "value", NULL };
static const struct ph_form_option target_fields[] = {
	{ .option = "rule" },
	{ .option = "version" },
	{ 0 },
};
static const struct ph_form target_form = {
	.kind = "target-put",
	.words = target_words,
	.options = target_fields,
	.enough = true,
};
static const struct ph_cli_option target_options[] = {
	{ "rule", "TEXT", "how it is reckoned" },
	{ "version", "N", "version of that rule" },
	{ "when", "T", "since when they hold: 2026-09-22 (default: now)" },
	{ 0 },
};

/* "12.5%" in hundredths of a per cent; any other text as it is. False if it is neither. */
static bool per_cent(const char *text, char *out, size_t size)
{
	size_t whole = strspn(text, "0123456789");
	const char *rest = text + whole;
	unsigned hundredths = 0;

	if (strchr(text, '%') == NULL) {
		snprintf(out, size, "%s", text);
		return strlen(text) < size;
	}
	if (whole == 0 || whole > PER_CENT_DIGITS) {
		return false;
	}
	if (*rest == '.' || *rest == ',') {
		size_t digits = strspn(rest + 1, "0123456789");

		if (digits < 1 || digits > 2) {
			return false;
		}
		hundredths = (unsigned)(rest[1] - '0') * 10;
		hundredths += digits == 2 ? (unsigned)(rest[2] - '0') : 0;
		rest += 1 + digits;
	}
	snprintf(out, size, "%lu", strtoul(text, NULL, 10) * 100 + hundredths);
	return strcmp(rest, "%") == 0;
}

static int run_target(struct ph_cli *cli, struct ph_error *err)
{
	char value[32];
	int rc;

	if (!per_cent(cli->args[2], value, sizeof(value))) {
		return ph_fail(
			err, PH_EXIT_USAGE, -EINVAL,
			ph_say("value: \"%.40s\" is neither a number nor per cent with "
			       "at most two digits behind the point, as 12.5%%",
			       "value: “%.40s” không phải là số, cũng không phải là phần "
			       "trăm có nhiều nhất hai chữ số sau dấu chấm, như 12.5%%"),
			cli->args[2]);
	}
	cli->args[2] = value;
	rc = ph_form_run(cli, err);
	if (rc == 0 && ph_indicator_find(cli->args[0]) == NULL) {
		fprintf(stderr,
			ph_say("packhorsed: no report is called %s, so none shows this "
			       "target; `packhorsed report codes` lists them\n",
			       "packhorsed: không có báo cáo nào tên %s nên không đâu "
			       "hiện chỉ tiêu này; xem `packhorsed report codes`\n"),
			cli->args[0]);
	}
	return rc;
}

/* --- what no entry counts --- */

static const char *const model_words[] = { "commune", NULL };
static const struct ph_form_option model_fields[] = {
	{ .option = "status" },
	{ .option = "decision" },
	{ .option = "date" },
	{ 0 },
};
static const struct ph_form model_form = {
	.kind = "model-put",
	.words = model_words,
	.list = "sites",
	.options = model_fields,
	.need = "status",
};
static const struct ph_cli_option model_options[] = {
	{ "status", "S", "planned, building, recognised or withdrawn" },
	{ "decision", "N", "number of the decision" },
	{ "date", "DATE", "day of the decision" },
	PH_FORM_WHEN,
	{ 0 },
};

static const char *const tally_words[] = { "code", "value", NULL };
static const struct ph_form_option tally_fields[] = {
	{ .option = "from" },
	{ .option = "to" },
	{ .option = "list" },
	{ .option = "commune" },
	{ 0 },
};
static const struct ph_form tally_form = {
	.kind = "tally",
	.words = tally_words,
	.options = tally_fields,
	.need = "from",
};
static const struct ph_cli_option tally_options[] = {
	{ "from", "DATE", "first day it is about" },
	{ "to", "DATE", "last day" },
	{ "commune", "C", "five-digit code of the commune it is about" },
	{ "list", "N", "version of the list of codes" },
	PH_FORM_BEHALF,
	PH_FORM_WHEN,
	{ 0 },
};

/* --- people --- */

static const struct ph_form_option worker_fields[] = {
	{ .option = "name" },
	{ .option = "telephone" },
	{ .option = "site" },
	{ .option = "role" },
	{ .option = "from" },
	{ .option = "to" },
	{ 0 },
};
static const struct ph_form worker_add_form = {
	.kind = "worker-put",
	.options = worker_fields,
	.need = "name",
};
static const char *const worker_words[] = { "worker", NULL };
static const struct ph_form worker_set_form = {
	.kind = "worker-put",
	.words = worker_words,
	.options = worker_fields,
};
static const struct ph_cli_option worker_options[] = {
	{ "name", "N", "full name; it is sealed" },
	{ "telephone", "T", "as the person gives it; it is sealed" },
	{ "site", "SITE", "where, by code or number" },
	{ "role", "R", "librarian, part-time, collaborator, volunteer or manager" },
	{ "from", "DATE", "first day" },
	{ "to", "DATE", "last day" },
	PH_FORM_BEHALF,
	PH_FORM_WHEN,
	{ 0 },
};

static const char *const training_words[] = { "topic", NULL };
static const struct ph_form_option training_fields[] = {
	{ .option = "workers" },
	{ .option = "collaborators" },
	{ .option = "women" },
	{ .option = "attendees" },
	{ 0 },
};
static const struct ph_form training_form = {
	.kind = "training",
	.words = training_words,
	.options = training_fields,
	.enough = true,
};
static const struct ph_cli_option training_options[] = {
	{ "workers", "N", "library workers who came" },
	{ "collaborators", "N", "collaborators who came" },
	{ "women", "N", "women of them" },
	{ "attendees", "REF,REF", "who came: references of workers" },
	PH_FORM_BEHALF,
	PH_FORM_WHEN,
	{ 0 },
};

static const char *const donation_words[] = { "donor", NULL };
static const struct ph_form_option donation_fields[] = {
	{ .option = "foreign", .value = "1" },
	{ .option = "money" },
	{ .option = "copies" },
	{ .option = "titles" },
	{ .option = "donor-name", .member = "donor_name" },
	{ 0 },
};
static const struct ph_form donation_form = {
	.kind = "donation",
	.words = donation_words,
	.options = donation_fields,
};
static const struct ph_cli_option donation_options[] = {
	{ "foreign", NULL, "the donor is not of this country" },
	{ "money", "N", "đồng" },
	{ "copies", "N", "books" },
	{ "titles", "N", "titles among them" },
	{ "donor-name", "N", "who gave; it is sealed" },
	PH_FORM_BEHALF,
	PH_FORM_WHEN,
	{ 0 },
};

/* --- the commands --- */

const struct ph_cli_command ph_cmds_programme[] = {
	{ "site set", "Setting up", "CODE", 1, 1,
	  "change what is known of a site\n"
	  "CODE may be its number, too. Only what is given changes.\n"
	  "--schedule: docs/OPERATIONS.md, \"Timetables\"; words that are none are kept.",
	  site_options, run_site_set, &site_form },
	{ "commune set", "Setting up", "CODE", 1, 1, "change what is known of a commune",
	  commune_options, ph_form_run, &commune_form },
	{ "target set", "The programme", "INDICATOR YEAR VALUE", 3, 3,
	  "what is to be reached by the end of a year\n"
	  "VALUE is per cent, as 12.5%, or a number: a count, or hundredths of a per "
	  "cent.",
	  target_options, run_target, &target_form },
	{ "model put", "The programme", "COMMUNE [SITE...] --status S", 1, -1,
	  "how far a commune is with the model of a grassroots library\n"
	  "COMMUNE is its five-digit code; SITE a library that is part of it, by code or "
	  "number.",
	  model_options, ph_form_run, &model_form },
	{ "tally put", "The programme", "CODE VALUE --from DATE --to DATE", 2, 2,
	  "a figure that no entry counts\n"
	  "Codes: budget-state, budget-other, premises, commendations, media, "
	  "inspections,\n"
	  "learning-families, collaborators, uncatalogued-stock, user-turns, computers, "
	  "staff.",
	  tally_options, ph_form_run, &tally_form },
	{ "worker add", "The programme", "--name N", 0, 0,
	  "someone works in a library\n"
	  "It prints the reference by which the worker is named from then on.",
	  worker_options, ph_form_run, &worker_add_form },
	{ "worker set", "The programme", "WORKER", 1, 1,
	  "change what is known of a worker", worker_options, ph_form_run,
	  &worker_set_form },
	{ "training", "The programme", "TOPIC", 1, 1, "a course for library workers",
	  training_options, ph_form_run, &training_form },
	{ "donation", "The programme", "DONOR", 1, 1,
	  "somebody gave money or books\n"
	  "DONOR: person, organisation, enterprise, state, project or other.",
	  donation_options, ph_form_run, &donation_form },
	{ 0 },
};
