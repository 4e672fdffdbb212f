/*
 * client/cmd_visit.c - packhorse visit: people come to the library.
 *
 * Counted by age band, never named; without a count, one.
 */
#include <errno.h>

#include "client/slip.h"
#include "common/cli/out.h"

static int put(struct ph_desk *desk, const struct ph_cli *cli, struct ph_error *err)
{
	static const struct ph_slip_field fields[] = { PH_SLIP_NAMED("band"),
						       PH_SLIP_NAMED("women"),
						       PH_SLIP_NAMED("purpose"),
						       { 0 } };
	static const struct ph_slip_field word = { .option = "COUNT", .member = "count" };
	json_t *slip = ph_desk_slip(desk, "visit", err);
	int rc = slip ? ph_desk_fields(desk, fields, slip, NULL, err) : -EINVAL;

	if (rc == 0 && cli->n_args > 0) {
		rc = ph_desk_set(desk, slip, &word, word.option, cli->args[0], err);
	}
	if (rc != 0) {
		json_decref(slip);
		return rc;
	}
	return ph_desk_put(desk, &slip, NULL, err);
}

static int run(struct ph_cli *cli, struct ph_error *err)
{
	struct ph_desk desk;
	int rc;

	if (!ph_cli_has(cli, "band")) {
		return ph_cli_usage(
			cli, err,
			ph_say("say --band child, youth, adult or elder",
			       "hãy cho --band child, youth, adult hoặc elder"));
	}
	rc = ph_desk_open(&desk, cli, err);
	if (rc < 0) {
		return rc;
	}
	rc = put(&desk, cli, err);
	rc = rc != 0 ? rc : ph_desk_save(&desk, err);
	ph_desk_close(&desk);
	return rc;
}

static const struct ph_cli_option options[] = {
	{ "band", "B", "child, youth, adult or elder" },
	{ "women", "N", "how many of them are women" },
	{ "purpose", "P", "reading, borrowing, study, internet, event or other" },
	PH_SLIP_OPTIONS,
	{ 0 },
};

const struct ph_cli_command ph_cmd_visit = {
	.name = "visit",
	.group = "The desk",
	.args = "[COUNT] --band B",
	.max_args = 1,
	.doc = "people come to the library",
	.options = options,
	.run = run,
};
