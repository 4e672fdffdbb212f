/*
 * client/cmd_programme.c - packhorse model put, tally put, signoff, erase-done: what the
 * province's reports ask of a commune, and what a site answers to the hub.
 */
#include <errno.h>
#include <stdio.h>
#include <strings.h>

#include "client/form.h"
#include "client/own_figures.h"
#include "common/cli/out.h"

/* --- model --- */

static const struct ph_slip_field model_words[] = {
	{ .option = "COMMUNE", .member = "commune" },
	{ 0 },
};

static const struct ph_slip_field model_sites = {
	.option = "SITE",
	.member = "sites",
	.how = PH_SLIP_SITE,
};

static const struct ph_slip_field model_fields[] = {
	PH_SLIP_NAMED("status"),
	PH_SLIP_NAMED("decision"),
	PH_SLIP_NAMED("date"),
	{ 0 },
};

static const struct ph_form model = {
	.kind = "model-put",
	.words = model_words,
	.list = &model_sites,
	.fields = model_fields,
	.need = "status",
};

static const struct ph_cli_option model_options[] = {
	{ "status", "S", "planned, building, recognised or withdrawn" },
	{ "decision", "N", "number of the decision" },
	{ "date", "DATE", "day of the decision" },
	PH_SLIP_OPTIONS,
	{ 0 },
};

const struct ph_cli_command ph_cmd_model_put = {
	.name = "model put",
	.group = "The programme",
	.args = "COMMUNE [SITE...] --status S",
	.min_args = 1,
	.max_args = -1,
	.doc = "how far a commune is with the model of a grassroots library\n\n"
	       "COMMUNE is its five-digit code; SITE a library that is part of it, by "
	       "code or\n"
	       "number.",
	.options = model_options,
	.run = ph_form_run,
	.data = &model,
};

/* --- tally --- */

static const struct ph_slip_field tally_words[] = {
	{ .option = "CODE", .member = "code" },
	{ .option = "VALUE", .member = "value" },
	{ 0 },
};

static const struct ph_slip_field tally_fields[] = {
	PH_SLIP_NAMED("from"),
	PH_SLIP_NAMED("to"),
	PH_SLIP_NAMED("list"),
	PH_SLIP_NAMED("commune"),
	{ 0 },
};

static const struct ph_form tally = {
	.kind = "tally",
	.words = tally_words,
	.fields = tally_fields,
};

static const struct ph_cli_option tally_options[] = {
	{ "from", "DATE", "first day it is about" },
	{ "to", "DATE", "last day" },
	{ "list", "N", "version of the list of codes" },
	{ "commune", "C", "five-digit code, if it is about another commune" },
	PH_SLIP_OPTIONS,
	{ 0 },
};

const struct ph_cli_command ph_cmd_tally_put = {
	.name = "tally put",
	.group = "The programme",
	.args = "CODE VALUE --from DATE --to DATE",
	.min_args = 2,
	.max_args = 2,
	.doc = "a figure that nobody else counts\n\n"
	       "Codes: budget-state, budget-other, premises, commendations, media, "
	       "inspections,\n"
	       "learning-families, collaborators, uncatalogued-stock, user-turns, "
	       "computers, staff.",
	.options = tally_options,
	.run = ph_form_run,
	.data = &tally,
};

/* --- signoff --- */

static const struct ph_slip_field signoff_words[] = {
	{ .option = "REPORT",
	  .member = "report",
	  .how = PH_SLIP_ENTITY,
	  .entity = PH_ENTITY_REPORT },
	{ 0 },
};

static const struct ph_slip_field signoff_fields[] = {
	PH_SLIP_NAMED("commune"),
	PH_SLIP_NAMED("seen"),
	{ 0 },
};

/* The digest of this site's figures of PERIOD, against the one that is SEEN, if there is one. */
static int check_seen(struct ph_desk *desk, const char *period, const char *seen,
		      struct ph_error *err)
{
	struct ph_own_figures figures = { 0 };
	char words[200];
	int rc = desk->behalf == 0
			 ? ph_own_period(period, ph_site_today(desk->site), &figures, err)
			 : ph_cli_usage(desk->cli, err,
					ph_say("--period is of this site's own figures: "
					       "not with --behalf",
					       "--period là số liệu của chính điểm này: "
					       "không đi cùng --behalf"));

	rc = rc != 0 ? rc
		     : ph_own_figures_sum(desk->ledger, desk->info.site, &figures, err);
	if (rc != 0) {
		return rc;
	}
	if (seen && strcasecmp(seen, figures.seen) != 0) {
		return ph_fail(
			err, PH_EXIT_USAGE, -EINVAL,
			ph_say("--seen: the figures of %s here have the digest %s; "
			       "look at them again: `packhorse figures --period "
			       "%s`",
			       "--seen: số liệu %s ở đây có mã %s; hãy xem lại: "
			       "`packhorse figures --period %s`"),
			figures.period, figures.seen, figures.period);
	}
	if (!seen) {
		snprintf(words, sizeof(words),
			 ph_say("it does not say which figures were seen; those of %s "
				"here have the digest %s (--seen)",
				"chưa nói đã xem số liệu nào; số liệu %s ở đây có mã %s "
				"(--seen)"),
			 figures.period, figures.seen);
		ph_desk_say(desk, "signoff", words);
	}
	return 0;
}

static int add_agrees(struct ph_desk *desk, json_t *slip, struct ph_error *err)
{
	const char *period = ph_cli_get(desk->cli, "period");
	const char *seen = ph_cli_get(desk->cli, "seen");
	int rc = ph_slip_number(slip, "agrees", !ph_cli_has(desk->cli, "disagrees"));

	if (rc == 0 && period) {
		rc = check_seen(desk, period, seen, err);
	} else if (rc == 0 && !seen) {
		ph_desk_say(desk, "signoff",
			    ph_say("it does not say which figures were seen: `packhorse "
				   "figures --period P` shows them, and their digest for "
				   "--seen",
				   "chưa nói đã xem số liệu nào: `packhorse figures "
				   "--period P` cho xem, kèm mã để ghi vào --seen"));
	}
	return rc;
}

static const struct ph_form signoff = {
	.kind = "report-signoff",
	.words = signoff_words,
	.fields = signoff_fields,
	.more = add_agrees,
};

static const struct ph_cli_option signoff_options[] = {
	{ "commune", "C", "five-digit code of the commune it speaks for" },
	{ "disagrees", NULL, "the figures are not right" },
	{ "seen", "HEX", "digest of the figures that were seen, as `figures` prints it" },
	{ "period", "P",
	  "make sure of it: the figures of this period, as they are here" },
	PH_SLIP_OPTIONS,
	{ 0 },
};

const struct ph_cli_command ph_cmd_signoff = {
	.name = "signoff",
	.group = "The programme",
	.args = "REPORT",
	.min_args = 1,
	.max_args = 1,
	.doc = "the figures of a report are right, or not\n"
	       "\n"
	       "REPORT is its reference, as the hub prints it. --seen says which figures "
	       "of its\n"
	       "own this site had before it (`figures`); with --period it is refused if "
	       "they\n"
	       "are others by now.",
	.options = signoff_options,
	.run = ph_form_run,
	.data = &signoff,
};

/* --- erase-done --- */

static const struct ph_slip_field erase_words[] = {
	{ .option = "ERASURE",
	  .member = "erase",
	  .how = PH_SLIP_ENTITY,
	  .entity = PH_ENTITY_ERASURE },
	{ 0 },
};

static const struct ph_form erase_done = { .kind = "erase-done", .words = erase_words };

static const struct ph_cli_option erase_options[] = {
	PH_SLIP_OPTIONS,
	{ 0 },
};

const struct ph_cli_command ph_cmd_erase_done = {
	.name = "erase-done",
	.group = "The programme",
	.args = "ERASURE",
	.min_args = 1,
	.max_args = 1,
	.doc = "what the hub ordered to be erased is gone here",
	.options = erase_options,
	.run = ph_form_run,
	.data = &erase_done,
};
