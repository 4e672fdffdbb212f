/*
 * client/cmd_sighting.c - packhorse sighting: copies are on the shelf here (stock-take).
 *
 * Copies on the command line are one commit, as everywhere. From standard input each line
 * is safe and told before the next is read, so that a scanner can be walked along the
 * shelves; a line that is wrong is said and passed over, and then the exit status is 1.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "client/codes_in.h"
#include "client/form.h"

static const struct ph_slip_field copy = PH_SLIP_NAMED("copy");
static const struct ph_slip_field fields[] = { PH_SLIP_NAMED("purpose"), { 0 } };

static const struct ph_form form = {
	.kind = "sighting",
	.each = &copy,
	.fields = fields,
};

/* Wrong is the line, not the store. */
static bool is_line(int rc)
{
	return rc == -EINVAL || rc == -ENOENT || rc == -EEXIST || rc == -EMSGSIZE;
}

/*
 * While somebody else has the folder (a long sync) the scanner waits, after a word; what it
 * sends meanwhile is kept for us.
 */
static int open_desk(struct ph_desk *desk, struct ph_cli *cli, struct ph_error *err)
{
	bool waits = false;
	int rc;

	while ((rc = ph_desk_open(desk, cli, err)) == -EWOULDBLOCK) {
		if (!waits) {
			fprintf(stderr, "%s: %s\n", cli->program->name, err->text);
			waits = true;
		}
		*err = (struct ph_error){ .exit = PH_EXIT_DONE };
	}
	return rc;
}

/* CODE is saved and told. The folder is held no longer: a scanner walks for hours. */
static int sight(struct ph_cli *cli, const char *code, struct ph_error *err)
{
	struct ph_desk desk;
	int rc = open_desk(&desk, cli, err);

	if (rc < 0) {
		return rc;
	}
	rc = ph_form_put(&desk, &form, NULL, 0, code, err);
	rc = rc != 0 ? rc : ph_desk_save(&desk, err);
	ph_desk_close(&desk);
	return rc;
}

static int sight_lines(struct ph_cli *cli, struct ph_error *err)
{
	struct ph_codes_in in = { 0 };
	uint64_t wrong = 0;
	int more = 1;

	while (more > 0) {
		struct ph_error line = { .exit = PH_EXIT_DONE };
		const char *code;
		int rc = more = ph_codes_in_next(&in, &code, &line);

		if (more == 1) {
			rc = sight(cli, code, &line);
		}
		if (is_line(rc) && line.exit == PH_EXIT_USAGE) {
			fprintf(stderr, "%s: line %" PRIu64 ": %s\n", cli->program->name,
				in.number, line.text);
			wrong++;
			more = 1;
		} else if (rc < 0) {
			*err = line;
			more = rc;
		}
	}
	ph_codes_in_deinit(&in);
	return more < 0 ? more : wrong > 0 ? PH_EXIT_OTHER : PH_EXIT_DONE;
}

static int run(struct ph_cli *cli, struct ph_error *err)
{
	struct ph_desk desk;
	int rc;

	if (!ph_codes_in_asked(cli, 0, true)) {
		return ph_form_run(cli, err);
	}
	/* what is wrong with the command is said before the first scan */
	rc = open_desk(&desk, cli, err);
	if (rc == 0) {
		ph_desk_close(&desk);
		rc = sight_lines(cli, err);
	}
	return rc;
}

static const struct ph_cli_option options[] = {
	{ "purpose", "P", "stock-take or found" },
	PH_SLIP_OPTIONS,
	{ 0 },
};

const struct ph_cli_command ph_cmd_sighting = {
	.name = "sighting",
	.group = "The desk",
	.args = "[COPY...]",
	.max_args = -1,
	.doc = "copies are on the shelf here (stock-take)\n\n"
	       "Without COPY, or with -, codes from standard input, one a line: each is "
	       "safe when\n"
	       "it is told.",
	.options = options,
	.run = run,
	.data = &form,
};
