/*
 * client/cmd_rehearse.c - packhorse rehearse: a month of the province, played before it comes.
 *
 * The simulator is a program of its own, packhorse-rehearse, which takes the place of
 * this process: beside our own program, where it was built, or what $PACKHORSE_REHEARSE
 * names. No site's folder is looked at.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/commands.h"
#include "common/base/say.h"
#include "common/cli/child.h"

#define NAME "packhorse-rehearse"

static int run(struct ph_cli *cli, struct ph_error *err)
{
	char path[PH_CHILD_PATH];
	const char *argv[8] = { NAME };
	size_t n = 1;

	if (!ph_child_find(path, NAME, "PACKHORSE_REHEARSE", "../tests/sim") &&
	    !getenv("PACKHORSE_REHEARSE")) {
		snprintf(path, sizeof(path), "%s", NAME); /* looked for along PATH */
	}
	if (cli->json) {
		argv[n++] = "--json";
	}
	if (ph_cli_has(cli, "print")) {
		argv[n++] = "--print";
	}
	if (ph_cli_has(cli, "trace")) {
		argv[n++] = "--trace";
	}
	if (ph_cli_has(cli, "seed")) {
		argv[n++] = "--seed";
		argv[n++] = ph_cli_get(cli, "seed");
	}
	if (cli->n_args > 0) {
		argv[n++] = cli->args[0];
	}
	fflush(NULL);
	execvp(path, (char *const *)argv);
	return ph_fail(err, PH_EXIT_OTHER, -errno,
		       ph_say("%s does not start: %s. It is installed with packhorse, or "
			      "named by PACKHORSE_REHEARSE",
			      "%s không chạy được: %s. Nó được cài cùng packhorse, hoặc "
			      "nêu bằng PACKHORSE_REHEARSE"),
		       path, ph_errno_say(-errno));
}

static const struct ph_cli_option options[] = {
	{ "seed", "N", "another throw of the dice" },
	{ "print", NULL, "show the scenario that is played without a FILE" },
	{ "trace", NULL, "all that happens, on standard error" },
	{ 0 },
};

const struct ph_cli_command ph_cmd_rehearse = {
	.name = "rehearse",
	.group = "The store",
	.args = "[FILE]",
	.max_args = 1,
	.doc = "play a month of a province, with bad roads and disasters\n\n"
	       "FILE is a scenario (docs/REHEARSE.md); without one, 75 sites and two "
	       "vans "
	       "are\n"
	       "played. Nothing here is read or changed. It reports how stale each site "
	       "was, the\n"
	       "bytes of each road, what was lost, and which cases arose.",
	.options = options,
	.run = run,
};
