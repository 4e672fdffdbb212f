/*
 * client/cmd_merge.c - packhorse reader merge, title merge, copy alias: two names turn out
 * to be of one thing.
 *
 * Nothing is thrown away: facts keep the name they were recorded with, and the unmerge
 * commands (cmd_unmerge.c) take a merge back. Merging in a circle is harmless.
 */
#include <errno.h>

#include "client/form.h"
#include "common/cli/out.h"

/* What is merged with itself would say nothing. */
static int check_two(struct ph_desk *desk, json_t *slip, const char *one,
		     const char *other, struct ph_error *err)
{
	if (json_equal(json_object_get(slip, one), json_object_get(slip, other))) {
		return ph_cli_usage(
			desk->cli, err,
			ph_say("both are the same: name two",
			       "hai cái giống nhau: hãy nêu hai cái khác nhau"));
	}
	return 0;
}

static const struct ph_cli_option plain_options[] = {
	PH_SLIP_OPTIONS,
	{ 0 },
};

/* --- readers --- */

static const struct ph_slip_field reader_words[] = {
	{ .option = "READER", .member = "reader", .how = PH_SLIP_READER },
	{ .option = "OTHER", .member = "other", .how = PH_SLIP_READER },
	{ 0 },
};

static int check_readers(struct ph_desk *desk, json_t *slip, struct ph_error *err)
{
	return check_two(desk, slip, "reader", "other", err);
}

static const struct ph_form readers = {
	.kind = "reader-merge",
	.words = reader_words,
	.more = check_readers,
};

const struct ph_cli_command ph_cmd_reader_merge = {
	.name = "reader merge",
	.group = "Readers",
	.args = "READER OTHER",
	.min_args = 2,
	.max_args = 2,
	.doc = "someone was registered twice\n\n"
	       "READER is a reference, or a card of the reader.",
	.options = plain_options,
	.run = ph_form_run,
	.data = &readers,
};

/* --- titles --- */

static const struct ph_slip_field title_words[] = {
	{ .option = "TITLE",
	  .member = "title",
	  .how = PH_SLIP_ENTITY,
	  .entity = PH_ENTITY_TITLE },
	{ .option = "OTHER",
	  .member = "other",
	  .how = PH_SLIP_ENTITY,
	  .entity = PH_ENTITY_TITLE },
	{ 0 },
};

static int check_titles(struct ph_desk *desk, json_t *slip, struct ph_error *err)
{
	return check_two(desk, slip, "title", "other", err);
}

static const struct ph_form titles = {
	.kind = "title-merge",
	.words = title_words,
	.more = check_titles,
};

const struct ph_cli_command ph_cmd_title_merge = {
	.name = "title merge",
	.group = "The catalogue",
	.args = "TITLE OTHER",
	.min_args = 2,
	.max_args = 2,
	.doc = "a title was described twice",
	.options = plain_options,
	.run = ph_form_run,
	.data = &titles,
};

/* --- copies --- */

static const struct ph_slip_field copy_words[] = {
	PH_SLIP_NAMED("copy"),
	PH_SLIP_NAMED("other"),
	{ 0 },
};

static const struct ph_slip_field copy_fields[] = { PH_SLIP_NAMED("reason"), { 0 } };

static int check_copies(struct ph_desk *desk, json_t *slip, struct ph_error *err)
{
	return check_two(desk, slip, "copy", "other", err);
}

static const struct ph_form copies = {
	.kind = "copy-alias",
	.words = copy_words,
	.fields = copy_fields,
	.more = check_copies,
};

static const struct ph_cli_option copy_options[] = {
	{ "reason", "R", "relabelled (COPY is the new code) or same" },
	PH_SLIP_OPTIONS,
	{ 0 },
};

const struct ph_cli_command ph_cmd_copy_alias = {
	.name = "copy alias",
	.group = "The catalogue",
	.args = "COPY OTHER",
	.min_args = 2,
	.max_args = 2,
	.doc = "one copy has two codes",
	.options = copy_options,
	.run = ph_form_run,
	.data = &copies,
};
