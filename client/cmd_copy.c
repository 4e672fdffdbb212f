/*
 * client/cmd_copy.c - packhorse copy add, set, show: single items of a title.
 *
 * `add` names a copy by the code on it, or by a new code to be printed, out of this
 * device's own block. A code that is known here already is refused: codes are never
 * used twice. `set` changes only the fields that are given.
 */
#include <errno.h>
#include <stdio.h>

#include "client/copy_name.h"
#include "client/page.h"
#include "common/cli/out.h"

static const struct ph_slip_field fields[] = {
	{ .option = "title",
	  .member = "title",
	  .how = PH_SLIP_ENTITY,
	  .entity = PH_ENTITY_TITLE },
	{ .option = "owner", .member = "owner", .how = PH_SLIP_SITE },
	PH_SLIP_NAMED("acquisition"),
	PH_SLIP_NAMED("price"),
	PH_SLIP_NAMED("shelf"),
	{ 0 },
};

static int put_new(struct ph_desk *desk, const struct ph_cli *cli, struct ph_error *err)
{
	json_t *slip = ph_desk_slip(desk, "copy-put", err);
	uint64_t owner = desk->behalf ? desk->behalf : desk->info.site;
	const char *code = cli->n_args > 0 ? cli->args[0] : NULL;
	int rc = slip ? ph_copy_name(desk, code, slip, err) : -EINVAL;

	rc = rc != 0 ? rc : ph_slip_number(slip, "owner", owner);
	rc = rc != 0 ? rc : ph_desk_fields(desk, fields, slip, NULL, err);
	if (rc != 0) {
		json_decref(slip);
		return ph_fail_errno(err, rc, ph_say("naming a copy", "ghi mã bản sách"));
	}
	return ph_desk_put(desk, &slip, NULL, err);
}

static int run_add(struct ph_cli *cli, struct ph_error *err)
{
	struct ph_desk desk;
	int rc;

	if (!ph_cli_has(cli, "title")) {
		return ph_cli_usage(cli, err,
				    ph_say("say which title with --title REF",
					   "hãy cho biết nhan đề nào bằng --title REF"));
	}
	if ((cli->n_args == 0) == !ph_cli_has(cli, "print-code")) {
		return ph_cli_usage(
			cli, err,
			ph_say("give a code, or --print-code for a new one",
			       "hãy cho một mã, hoặc --print-code để in mã mới"));
	}
	rc = ph_desk_open(&desk, cli, err);
	if (rc < 0) {
		return rc;
	}
	rc = put_new(&desk, cli, err);
	rc = rc != 0 ? rc : ph_desk_save(&desk, err);
	ph_desk_close(&desk);
	return rc;
}

static int put_set(struct ph_desk *desk, const struct ph_cli *cli, struct ph_error *err)
{
	json_t *slip = ph_desk_slip(desk, "copy-put", err);
	unsigned count = 0;
	int rc = slip ? ph_slip_text(slip, "copy", cli->args[0], err) : -EINVAL;

	rc = rc != 0 ? rc : ph_desk_fields(desk, fields, slip, &count, err);
	if (rc == 0 && count == 0) {
		rc = ph_cli_usage(
			cli, err,
			ph_say("say what is to be changed", "hãy cho biết cần sửa gì"));
	}
	if (rc != 0) {
		json_decref(slip);
		return ph_fail_errno(err, rc, ph_say("changing a copy", "sửa bản sách"));
	}
	return ph_desk_put(desk, &slip, NULL, err);
}

static int run_set(struct ph_cli *cli, struct ph_error *err)
{
	struct ph_desk desk;
	int rc = ph_desk_open(&desk, cli, err);

	if (rc < 0) {
		return rc;
	}
	rc = put_set(&desk, cli, err);
	rc = rc != 0 ? rc : ph_desk_save(&desk, err);
	ph_desk_close(&desk);
	return rc;
}

static int run_show(struct ph_cli *cli, struct ph_error *err)
{
	struct ph_site *site = NULL;
	struct ph_ledger *ledger = NULL;
	json_t *view = NULL;
	struct ph_id id;
	int rc = ph_command_open(cli, &site, err);

	if (rc < 0) {
		return rc;
	}
	rc = ph_site_resolve(site, PH_T_COPY_ID, ph_view_str(cli->args[0]), &id, NULL,
			     err);
	if (rc == 0) {
		ledger = ph_site_ledger(site, err);
		rc = ledger ? ph_view_copy(ledger, &id, &view) : -EIO;
	}
	if (rc == 0) {
		rc = ph_page_print(cli, ledger, view);
	} else if (rc > 0) {
		rc = ph_page_unknown(cli, cli->args[0]);
	}
	ph_site_close(site);
	return rc < 0 ? ph_fail_errno(err, rc, ph_say("showing a copy", "hiện bản sách"))
		      : rc;
}

#define FIELD_OPTIONS                                                                    \
	{ "title", "REF", "its title" },                                                 \
		{ "owner", "SITE", "site that owns it, by code or number" },             \
		{ "acquisition", "A", "budget, donation, project, exchange or other" },  \
		{ "price", "N", "in đồng" },                                             \
	{                                                                                \
		"shelf", "S", "call number"                                              \
	}

static const struct ph_cli_option add_options[] = {
	FIELD_OPTIONS,
	{ "print-code", NULL, "a new code of this device's block instead of CODE" },
	PH_SLIP_OPTIONS,
	{ 0 },
};

static const struct ph_cli_option set_options[] = {
	FIELD_OPTIONS,
	PH_SLIP_OPTIONS,
	{ 0 },
};

const struct ph_cli_command ph_cmd_copy_add = {
	.name = "copy add",
	.group = "The catalogue",
	.args = "[CODE] --title REF",
	.max_args = 1,
	.doc = "name a new copy of a title",
	.options = add_options,
	.run = run_add,
};

const struct ph_cli_command ph_cmd_copy_set = {
	.name = "copy set",
	.group = "The catalogue",
	.args = "COPY",
	.min_args = 1,
	.max_args = 1,
	.doc = "change what is known of a copy",
	.options = set_options,
	.run = run_set,
};

static const struct ph_cli_option show_options[] = { PH_EXPORT_OPTIONS, { 0 } };

const struct ph_cli_command ph_cmd_copy_show = {
	.name = "copy show",
	.group = "The catalogue",
	.args = "COPY",
	.min_args = 1,
	.max_args = 1,
	.doc = "what is known of a copy: where it is, who has it, its loans",
	.options = show_options,
	.run = run_show,
};
