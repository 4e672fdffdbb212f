/*
 * client/cmd_condition.c - packhorse copy missing, lost, damaged, repaired, withdraw,
 * reinstate: what becomes of copies.
 *
 * Missing is what should stand on this site's shelf; lost is what a reader cannot give
 * back, and so names the loan: the one that is open here, unless --loan says which.
 */
#include <errno.h>
#include <string.h>

#include "client/form.h"
#include "client/open_loan.h"
#include "common/cli/out.h"
#include "common/ledger/view.h"

static const struct ph_slip_field copy = PH_SLIP_NAMED("copy");

/* --- missing, repaired --- */

/* It counts only of a copy that is known to be at this site: say so if it is not. */
static int say_custody(struct ph_desk *desk, json_t *slip, struct ph_error *err)
{
	const char *code = json_string_value(json_object_get(slip, "copy"));
	uint64_t here = desk->behalf ? desk->behalf : desk->info.site;
	json_t *view = NULL, *custody;
	const char *at;
	struct ph_id id;
	int rc = ph_scan(&desk->scanner, PH_T_COPY_ID, ph_view_str(code), &id, err);

	rc = rc != 0 ? rc : ph_view_copy(desk->ledger, &id, &view);
	if (rc < 0) {
		return ph_fail_errno(err, rc,
				     ph_say("looking up a copy", "tìm bản sách"));
	}
	custody = json_object_get(view, "custody");
	at = json_string_value(json_object_get(custody, "at"));
	if (!at || strcmp(at, "site") != 0 ||
	    (uint64_t)json_integer_value(json_object_get(custody, "site")) != here) {
		ph_desk_say(
			desk, code,
			ph_say("as far as is known here it is not on this site's shelf, "
			       "so that this does not count",
			       "theo dữ liệu ở đây, bản sách không ở kho này nên chưa "
			       "tính "
			       "là thiếu"));
	}
	json_decref(view);
	return 0;
}

static const struct ph_form missing = {
	.kind = "copy-missing",
	.each = &copy,
	.more = say_custody,
};
static const struct ph_form repaired = { .kind = "repaired", .each = &copy };

static const struct ph_cli_option plain_options[] = {
	PH_SLIP_OPTIONS,
	{ 0 },
};

const struct ph_cli_command ph_cmd_copy_missing = {
	.name = "copy missing",
	.group = "The catalogue",
	.args = "COPY...",
	.min_args = 1,
	.max_args = -1,
	.doc = "copies that should be on the shelf here are not\n\n"
	       "It counts only of a copy that is at this site; whoever holds it later "
	       "undoes it.",
	.options = plain_options,
	.run = ph_form_run,
	.data = &missing,
};

const struct ph_cli_command ph_cmd_copy_repaired = {
	.name = "copy repaired",
	.group = "The catalogue",
	.args = "COPY...",
	.min_args = 1,
	.max_args = -1,
	.doc = "damaged copies are whole again",
	.options = plain_options,
	.run = ph_form_run,
	.data = &repaired,
};

/* --- lost --- */

static int add_loan(struct ph_desk *desk, json_t *slip, struct ph_error *err)
{
	const char *code = json_string_value(json_object_get(slip, "copy"));
	char shown[2 * PH_CODE_MAX];
	bool found = false;
	int rc;

	if (json_object_get(slip, "loan")) {
		return 0;
	}
	rc = ph_open_loan(desk, code, slip, &found, err);
	if (rc == 0 && !found) {
		ph_text_safe(shown, sizeof(shown), code, strlen(code));
		rc = ph_fail(
			err, PH_EXIT_USAGE, -ENOENT,
			ph_say("%s: no loan of it is open here; say which one was lost "
			       "with --loan REF, or, if it was not out, `copy missing`",
			       "%s: ở đây không có lượt mượn nào đang mở; hãy nói lượt "
			       "nào bị mất bằng --loan REF, hoặc nếu sách không cho mượn "
			       "thì `copy missing`"),
			shown);
	}
	return rc;
}

static const struct ph_slip_field lost_fields[] = {
	{ .option = "loan",
	  .member = "loan",
	  .how = PH_SLIP_ENTRY,
	  .kind = PH_KIND_LOAN },
	{ 0 },
};

static const struct ph_form lost = {
	.kind = "reader-lost",
	.each = &copy,
	.fields = lost_fields,
	.more = add_loan,
};

static const struct ph_cli_option lost_options[] = {
	{ "loan", "REF", "the loan (default: the one that is open here)" },
	PH_SLIP_OPTIONS,
	{ 0 },
};

const struct ph_cli_command ph_cmd_copy_lost = {
	.name = "copy lost",
	.group = "The catalogue",
	.args = "COPY...",
	.min_args = 1,
	.max_args = -1,
	.doc = "a reader has lost what was lent\n\n"
	       "The loan stays open. Holding the copy again undoes it.",
	.options = lost_options,
	.run = ph_form_run,
	.data = &lost,
};

/* --- damaged --- */

static const struct ph_slip_field damaged_fields[] = { PH_SLIP_NAMED("degree"), { 0 } };

static const struct ph_form damaged = {
	.kind = "damaged",
	.each = &copy,
	.fields = damaged_fields,
};

static const struct ph_cli_option damaged_options[] = {
	{ "degree", "D", "worn, damaged or unusable" },
	PH_SLIP_OPTIONS,
	{ 0 },
};

const struct ph_cli_command ph_cmd_copy_damaged = {
	.name = "copy damaged",
	.group = "The catalogue",
	.args = "COPY...",
	.min_args = 1,
	.max_args = -1,
	.doc = "copies are damaged",
	.options = damaged_options,
	.run = ph_form_run,
	.data = &damaged,
};

/* --- withdrawn and back --- */

static const struct ph_slip_field withdraw_fields[] = { PH_SLIP_NAMED("decision"),
							PH_SLIP_NAMED("reason"),
							{ 0 } };

static const struct ph_form withdraw = {
	.kind = "withdrawn",
	.each = &copy,
	.fields = withdraw_fields,
};

static const struct ph_cli_option withdraw_options[] = {
	{ "decision", "N", "number of the decision" },
	{ "reason", "R", "worn, lost, obsolete or other" },
	PH_SLIP_OPTIONS,
	{ 0 },
};

const struct ph_cli_command ph_cmd_copy_withdraw = {
	.name = "copy withdraw",
	.group = "The catalogue",
	.args = "COPY... --decision N",
	.min_args = 1,
	.max_args = -1,
	.doc = "copies are taken out of the stock",
	.options = withdraw_options,
	.run = ph_form_run,
	.data = &withdraw,
};

static const struct ph_slip_field reinstate_fields[] = { PH_SLIP_NAMED("decision"),
							 { 0 } };

static const struct ph_form reinstate = {
	.kind = "reinstated",
	.each = &copy,
	.fields = reinstate_fields,
};

static const struct ph_cli_option reinstate_options[] = {
	{ "decision", "N", "number of the decision" },
	PH_SLIP_OPTIONS,
	{ 0 },
};

const struct ph_cli_command ph_cmd_copy_reinstate = {
	.name = "copy reinstate",
	.group = "The catalogue",
	.args = "COPY...",
	.min_args = 1,
	.max_args = -1,
	.doc = "withdrawn copies are in the stock again",
	.options = reinstate_options,
	.run = ph_form_run,
	.data = &reinstate,
};
