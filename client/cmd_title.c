/*
 * client/cmd_title.c - packhorse title add, set, show: descriptions of titles.
 *
 * `add` makes a new title, named by the reference it prints. `set` changes only the
 * fields that are given, and tells which descriptions it saw, so that two desks that
 * change the same field at once both stay visible.
 */
#include <errno.h>

#include "client/page.h"
#include "client/slip.h"
#include "common/cli/out.h"

static const struct ph_slip_field fields[] = {
	PH_SLIP_NAMED("name"),
	PH_SLIP_NAMED("author"),
	PH_SLIP_NAMED("year"),
	PH_SLIP_NAMED("isbn"),
	PH_SLIP_NAMED("language"),
	PH_SLIP_NAMED("publisher"),
	PH_SLIP_NAMED("place"),
	PH_SLIP_NAMED("volume"),
	PH_SLIP_NAMED("class"),
	{ .option = "law", .member = "law", .how = PH_SLIP_FLAG },
	{ 0 },
};

static int put(struct ph_desk *desk, const struct ph_cli *cli, const char *ref,
	       struct ph_error *err)
{
	json_t *slip = ph_desk_slip(desk, "title-put", err);
	static const struct ph_slip_field word = { .option = "REF",
						   .member = "title",
						   .how = PH_SLIP_ENTITY,
						   .entity = PH_ENTITY_TITLE };
	unsigned count = 0;
	int rc = slip ? ph_desk_fields(desk, fields, slip, &count, err) : -EINVAL;

	if (rc == 0 && count == 0) {
		rc = ph_cli_usage(
			cli, err,
			ph_say("say what is to be changed", "hãy cho biết cần sửa gì"));
	}
	if (rc == 0 && ref) {
		rc = ph_desk_set(desk, slip, &word, word.option, ref, err);
	}
	if (rc != 0) {
		json_decref(slip);
		return ph_fail_errno(err, rc,
				     ph_say("looking up a title", "tìm nhan đề"));
	}
	return ph_desk_put(desk, &slip, NULL, err);
}

static int write_title(struct ph_cli *cli, const char *ref, struct ph_error *err)
{
	struct ph_desk desk;
	int rc = ph_desk_open(&desk, cli, err);

	if (rc < 0) {
		return rc;
	}
	rc = put(&desk, cli, ref, err);
	rc = rc != 0 ? rc : ph_desk_save(&desk, err);
	ph_desk_close(&desk);
	return rc;
}

static int run_add(struct ph_cli *cli, struct ph_error *err)
{
	if (!ph_cli_has(cli, "name")) {
		return ph_cli_usage(cli, err,
				    ph_say("say the title with --name",
					   "hãy cho nhan đề bằng --name"));
	}
	return write_title(cli, NULL, err);
}

static int run_set(struct ph_cli *cli, struct ph_error *err)
{
	return write_title(cli, cli->args[0], err);
}

static int run_show(struct ph_cli *cli, struct ph_error *err)
{
	struct ph_site *site = NULL;
	struct ph_ledger *ledger;
	struct ph_ref ref;
	json_t *view = NULL;
	int rc = ph_scan_ref(cli->args[0], ph_say("a title", "một nhan đề"), NULL, &ref,
			     err);

	rc = rc != 0 ? rc : ph_command_open(cli, &site, err);
	if (rc < 0) {
		return rc;
	}
	ledger = ph_site_ledger(site, err);
	rc = ledger ? ph_view_title(ledger, &ref, true, &view) : -EIO;
	if (rc == 0) {
		rc = ph_page_print(cli, ledger, view);
	} else if (rc > 0) {
		rc = ph_page_unknown(cli, cli->args[0]);
	}
	ph_site_close(site);
	return rc < 0 ? ph_fail_errno(err, rc, ph_say("showing a title", "hiện nhan đề"))
		      : rc;
}

static const struct ph_cli_option options[] = {
	{ "name", "N", "title proper and remainder" },
	{ "author", "A", "first author" },
	{ "year", "Y", "year of publication" },
	{ "isbn", "I", "as printed" },
	{ "language", "L", "ISO 639-3: vie, hmn, blt ..." },
	{ "publisher", "P", "who published it" },
	{ "place", "P", "where" },
	{ "volume", "V", "number or name of the part" },
	{ "class", "C", "class number" },
	{ "law", NULL, "a law document" },
	PH_SLIP_OPTIONS,
	{ 0 },
};

const struct ph_cli_command ph_cmd_title_add = {
	.name = "title add",
	.group = "The catalogue",
	.args = "--name N",
	.doc = "describe a new title",
	.options = options,
	.run = run_add,
};

const struct ph_cli_command ph_cmd_title_set = {
	.name = "title set",
	.group = "The catalogue",
	.args = "REF",
	.min_args = 1,
	.max_args = 1,
	.doc = "change what is known of a title",
	.options = options,
	.run = run_set,
};

static const struct ph_cli_option show_options[] = { PH_EXPORT_OPTIONS, { 0 } };

const struct ph_cli_command ph_cmd_title_show = {
	.name = "title show",
	.group = "The catalogue",
	.args = "REF",
	.min_args = 1,
	.max_args = 1,
	.doc = "what is known of a title, and its copies",
	.options = show_options,
	.run = run_show,
};
