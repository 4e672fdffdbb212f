/*
 * client/cmd_relabel.c - packhorse copy relabel: a copy gets a new code.
 *
 * The new code is named with what is known of the old one, and both are said to be of one
 * copy, in one commit: a return under either closes the loan under the other. Codes are
 * never used twice, so the new one must be new here.
 */
#include <errno.h>
#include <string.h>

#include "client/copy_name.h"
#include "common/cli/out.h"
#include "common/ledger/view.h"

/* What the view of the old copy shows of the registers. */
static int add_registers(json_t *view, json_t *slip)
{
	const struct ph_kind *kind = ph_kind_find(PH_KIND_COPY_PUT);

	for (uint32_t i = 0; i < kind->n_fields; i++) {
		const struct ph_field *field = &kind->fields[i];
		json_t *value = json_object_get(view, field->name);

		if ((field->flags & PH_F_REGISTER) && value &&
		    json_object_set(slip, field->name, value) != 0) {
			return -ENOMEM;
		}
	}
	return 0;
}

/* The new copy, as the old one is known; its name into *NAME_OUT. */
static int put_copy(struct ph_desk *desk, const char *code, json_t *view,
		    json_t **name_out, struct ph_error *err)
{
	json_t *slip = ph_desk_slip(desk, "copy-put", err);
	int rc = slip ? ph_copy_name(desk, code, slip, err) : -EINVAL;

	rc = rc != 0 ? rc : add_registers(view, slip);
	if (rc != 0) {
		json_decref(slip);
		return ph_fail_errno(err, rc, ph_say("naming a copy", "ghi mã bản sách"));
	}
	*name_out = json_incref(json_object_get(slip, "copy"));
	return ph_desk_put(desk, &slip, NULL, err);
}

static int put_alias(struct ph_desk *desk, json_t *name, json_t *old,
		     struct ph_error *err)
{
	json_t *slip = ph_desk_slip(desk, "copy-alias", err);
	int rc = slip ? 0 : -EINVAL;

	if (rc == 0 &&
	    (json_object_set(slip, "copy", name) != 0 ||
	     json_object_set(slip, "other", old) != 0 ||
	     json_object_set_new(slip, "reason", json_string("relabelled")) != 0)) {
		rc = -ENOMEM;
	}
	if (rc != 0) {
		json_decref(slip);
		return ph_fail_errno(err, rc,
				     ph_say("relabelling a copy", "thay nhãn bản sách"));
	}
	return ph_desk_put(desk, &slip, NULL, err);
}

static int put_both(struct ph_desk *desk, const struct ph_cli *cli, struct ph_error *err)
{
	const char *code = cli->n_args == 2 ? cli->args[1] : NULL;
	json_t *view = NULL, *name = NULL;
	char shown[2 * PH_CODE_MAX];
	struct ph_id old;
	int rc = ph_scan(&desk->scanner, PH_T_COPY_ID, ph_view_str(cli->args[0]), &old,
			 err);

	rc = rc != 0 ? rc : ph_view_copy(desk->ledger, &old, &view);
	if (rc > 0 || (rc == 0 && !json_is_true(json_object_get(view, "known")))) {
		ph_text_safe(shown, sizeof(shown), cli->args[0], strlen(cli->args[0]));
		rc = ph_fail(err, PH_EXIT_USAGE, -ENOENT,
			     ph_say("%s: this copy is not known here; `copy add` names a "
				    "new one",
				    "%s: ở đây không biết bản sách này; `copy add` để "
				    "ghi bản mới"),
			     shown);
	}
	rc = rc != 0 ? rc : put_copy(desk, code, view, &name, err);
	rc = rc != 0 ? rc : put_alias(desk, name, json_object_get(view, "copy"), err);
	json_decref(view);
	json_decref(name);
	return rc;
}

static int run(struct ph_cli *cli, struct ph_error *err)
{
	struct ph_desk desk;
	int rc;

	if ((cli->n_args == 1) != ph_cli_has(cli, "print-code")) {
		return ph_cli_usage(
			cli, err,
			ph_say("give the new code, or --print-code for a new one",
			       "hãy cho mã mới, hoặc --print-code để in mã mới"));
	}
	rc = ph_desk_open(&desk, cli, err);
	if (rc < 0) {
		return rc;
	}
	rc = put_both(&desk, cli, err);
	rc = rc != 0 ? rc : ph_desk_save(&desk, err);
	ph_desk_close(&desk);
	return rc < 0 ? ph_fail_errno(err, rc,
				      ph_say("relabelling a copy", "thay nhãn bản sách"))
		      : rc;
}

static const struct ph_cli_option options[] = {
	{ "print-code", NULL, "a new code of this device's block instead of NEW" },
	PH_SLIP_OPTIONS,
	{ 0 },
};

const struct ph_cli_command ph_cmd_copy_relabel = {
	.name = "copy relabel",
	.group = "The catalogue",
	.args = "OLD [NEW]",
	.min_args = 1,
	.max_args = 2,
	.doc = "a copy gets a new code\n\n"
	       "What is known under the old code holds for the new one.",
	.options = options,
	.run = run,
};
