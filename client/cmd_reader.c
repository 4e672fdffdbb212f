/*
 * client/cmd_reader.c - packhorse reader add, set, show.
 *
 * Name, year of birth, telephone, address and guardian travel sealed apart from the
 * entry; this desk can open what it wrote. `add` registers a reader and may hand out a
 * card in the same commit. `set` changes only the fields that are given and tells which
 * puts it saw.
 */
#include <errno.h>

#include "client/card.h"
#include "client/page.h"
#include "common/cli/out.h"

static const struct ph_slip_field fields[] = {
	PH_SLIP_NAMED("name"),    PH_SLIP_NAMED("born"),     PH_SLIP_NAMED("telephone"),
	PH_SLIP_NAMED("address"), PH_SLIP_NAMED("guardian"), PH_SLIP_NAMED("commune"),
	PH_SLIP_NAMED("band"),    PH_SLIP_NAMED("note"),     { 0 },
};

static int put(struct ph_desk *desk, const struct ph_cli *cli, const char *who,
	       struct ph_ref *ref_out, struct ph_error *err)
{
	json_t *slip = ph_desk_slip(desk, "reader-put", err);
	const struct ph_slip *written;
	unsigned count = 0;
	int rc = slip ? ph_desk_fields(desk, fields, slip, &count, err) : -EINVAL;

	if (rc == 0 && count == 0) {
		rc = ph_cli_usage(
			cli, err,
			ph_say("say what is to be changed", "hãy cho biết cần sửa gì"));
	}
	if (rc == 0 && who) {
		rc = ph_scan_reader(&desk->scanner, who, ref_out, err);
		rc = rc != 0 ? rc : ph_slip_ref(slip, "reader", ref_out);
		rc = rc != 0 ? rc : ph_desk_look(desk, PH_ENTITY_READER, ref_out, err);
	}
	if (rc != 0) {
		json_decref(slip);
		return ph_fail_errno(err, rc,
				     ph_say("looking up a reader", "tìm bạn đọc"));
	}
	rc = ph_desk_put(desk, &slip, &written, err);
	if (rc == 0 && !who) {
		*ref_out = written->ref;
	}
	return rc;
}

static int run_add(struct ph_cli *cli, struct ph_error *err)
{
	const char *card = ph_cli_get(cli, "card");
	bool print = ph_cli_has(cli, "print-card");
	struct ph_desk desk;
	struct ph_ref reader;
	int rc;

	if (!ph_cli_has(cli, "name")) {
		return ph_cli_usage(cli, err,
				    ph_say("say the reader's name with --name",
					   "hãy cho tên bạn đọc bằng --name"));
	}
	if (card && print) {
		return ph_cli_usage(
			cli, err,
			ph_say("give --card or --print-card, not both",
			       "hãy cho --card hoặc --print-card, không phải cả hai"));
	}
	rc = ph_desk_open(&desk, cli, err);
	if (rc < 0) {
		return rc;
	}
	rc = put(&desk, cli, NULL, &reader, err);
	if (rc == 0 && (card || print)) {
		rc = ph_card_put(&desk, card, &reader, false, err);
	}
	rc = rc != 0 ? rc : ph_desk_save(&desk, err);
	ph_desk_close(&desk);
	return rc;
}

static int run_set(struct ph_cli *cli, struct ph_error *err)
{
	struct ph_desk desk;
	struct ph_ref reader;
	int rc = ph_desk_open(&desk, cli, err);

	if (rc < 0) {
		return rc;
	}
	rc = put(&desk, cli, cli->args[0], &reader, err);
	rc = rc != 0 ? rc : ph_desk_save(&desk, err);
	ph_desk_close(&desk);
	return rc;
}

static int run_show(struct ph_cli *cli, struct ph_error *err)
{
	struct ph_scanner scanner = { .as_is = true };
	struct ph_ledger *ledger = NULL;
	struct ph_opener opener;
	json_t *view = NULL;
	struct ph_ref reader;
	int rc = ph_command_open(cli, &scanner.site, err);

	if (rc < 0) {
		return rc;
	}
	opener = ph_page_opener(scanner.site);
	rc = ph_scan_reader(&scanner, cli->args[0], &reader, err);
	if (rc == 0) {
		ledger = ph_site_ledger(scanner.site, err);
		rc = ledger ? ph_view_reader(ledger, &reader, &opener, &view) : -EIO;
	}
	if (rc == 0) {
		rc = ph_page_print(cli, ledger, view);
	} else if (rc > 0 || rc == -ENOENT) {
		rc = ph_page_unknown(cli, cli->args[0]);
	}
	ph_site_close(scanner.site);
	return rc < 0 ? ph_fail_errno(err, rc, ph_say("showing a reader", "hiện bạn đọc"))
		      : rc;
}

#define FIELD_OPTIONS                                                                    \
	{ "name", "N", "full name" }, { "born", "Y", "year of birth" },                  \
		{ "telephone", "T", "as the person gives it" },                          \
		{ "address", "A", "where the person lives" },                            \
		{ "guardian", "G", "who answers for a child" },                          \
		{ "commune", "C", "five-digit code of the commune of residence" },       \
		{ "band", "B", "child, youth, adult or elder" },                         \
	{                                                                                \
		"note", "N", "free text"                                                 \
	}

static const struct ph_cli_option add_options[] = {
	FIELD_OPTIONS,
	{ "card", "CODE", "hand out this card too" },
	{ "print-card", NULL, "hand out a card with a new code of this device's block" },
	{ "again", NULL, "also if the card is another reader's" },
	PH_SLIP_OPTIONS,
	{ 0 },
};

static const struct ph_cli_option set_options[] = {
	FIELD_OPTIONS,
	PH_SLIP_OPTIONS,
	{ 0 },
};

const struct ph_cli_command ph_cmd_reader_add = {
	.name = "reader add",
	.group = "Readers",
	.args = "--name N",
	.doc = "register a reader",
	.options = add_options,
	.run = run_add,
};

const struct ph_cli_command ph_cmd_reader_set = {
	.name = "reader set",
	.group = "Readers",
	.args = "REF|CARD",
	.min_args = 1,
	.max_args = 1,
	.doc = "change what is known of a reader",
	.options = set_options,
	.run = run_set,
};

static const struct ph_cli_option show_options[] = { PH_EXPORT_OPTIONS, { 0 } };

const struct ph_cli_command ph_cmd_reader_show = {
	.name = "reader show",
	.group = "Readers",
	.args = "REF|CARD",
	.min_args = 1,
	.max_args = 1,
	.doc = "what is known of a reader, cards and open loans",
	.options = show_options,
	.run = run_show,
};
