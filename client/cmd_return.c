/*
 * client/cmd_return.c - packhorse return: copies come back.
 *
 * A return closes the loan that was open at its time, wherever it was made; with none
 * open it says only that the copy is here.
 */
#include <errno.h>

#include "client/slip.h"

static int run(struct ph_cli *cli, struct ph_error *err)
{
	struct ph_desk desk;
	int rc = ph_desk_open(&desk, cli, err);

	if (rc < 0) {
		return rc;
	}
	for (int i = 0; rc == 0 && i < cli->n_args; i++) {
		json_t *slip = ph_desk_slip(&desk, "return", err);

		rc = slip ? ph_slip_text(slip, "copy", cli->args[i], err) : -EINVAL;
		if (rc == 0) {
			rc = ph_desk_put(&desk, &slip, NULL, err);
		} else {
			json_decref(slip);
		}
	}
	rc = rc != 0 ? rc : ph_desk_save(&desk, err);
	ph_desk_close(&desk);
	return rc;
}

static const struct ph_cli_option options[] = {
	PH_SLIP_OPTIONS,
	{ 0 },
};

const struct ph_cli_command ph_cmd_return = {
	.name = "return",
	.group = "The desk",
	.args = "COPY...",
	.min_args = 1,
	.max_args = -1,
	.doc = "copies come back",
	.options = options,
	.run = run,
};
