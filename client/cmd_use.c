/*
 * client/cmd_use.c - packhorse use: copies are read on the spot.
 */
#include <errno.h>

#include "client/slip.h"

static int use_one(struct ph_desk *desk, const char *copy, struct ph_error *err)
{
	static const struct ph_slip_field fields[] = { PH_SLIP_NAMED("count"), { 0 } };
	json_t *slip = ph_desk_slip(desk, "in-house-use", err);
	int rc = slip ? ph_slip_text(slip, "copy", copy, err) : -EINVAL;

	rc = rc != 0 ? rc : ph_desk_fields(desk, fields, slip, NULL, err);
	if (rc != 0) {
		json_decref(slip);
		return rc;
	}
	return ph_desk_put(desk, &slip, NULL, err);
}

static int run(struct ph_cli *cli, struct ph_error *err)
{
	struct ph_desk desk;
	int rc = ph_desk_open(&desk, cli, err);

	if (rc < 0) {
		return rc;
	}
	for (int i = 0; rc == 0 && i < cli->n_args; i++) {
		rc = use_one(&desk, cli->args[i], err);
	}
	rc = rc != 0 ? rc : ph_desk_save(&desk, err);
	ph_desk_close(&desk);
	return rc;
}

static const struct ph_cli_option options[] = {
	{ "count", "N", "how often each (default: once)" },
	PH_SLIP_OPTIONS,
	{ 0 },
};

const struct ph_cli_command ph_cmd_use = {
	.name = "use",
	.group = "The desk",
	.args = "COPY...",
	.min_args = 1,
	.max_args = -1,
	.doc = "copies are read on the spot",
	.options = options,
	.run = run,
};
