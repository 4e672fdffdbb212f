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

#define NAME     "packhorse-rehearse"
#define PATH_LEN 4096

/* Where it is; a name alone if it is nowhere near, to be looked for along PATH. */
static void find(char out[static PATH_LEN])
{
	static const char *const places[] = { NAME, "../tests/sim/" NAME };
	const char *named = getenv("PACKHORSE_REHEARSE");
	char self[PATH_LEN];
	ssize_t len;

	if (named && named[0]) {
		snprintf(out, PATH_LEN, "%s", named);
		return;
	}
	len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (len > 0) {
		self[len] = '\0';
		*strrchr(self, '/') = '\0';
		for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
			int n = snprintf(out, PATH_LEN, "%s/%s", self, places[i]);

			if (n > 0 && n < PATH_LEN && access(out, X_OK) == 0) {
				return;
			}
		}
	}
	snprintf(out, PATH_LEN, "%s", NAME);
}

static int run(struct ph_cli *cli, struct ph_error *err)
{
	char path[PATH_LEN];
	const char *argv[8] = { NAME };
	size_t n = 1;

	find(path);
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
	return ph_fail(
		err, PH_EXIT_OTHER, -errno,
		"%s does not start: %s. It is installed with packhorse, or named by "
		"PACKHORSE_REHEARSE",
		path, strerror(errno));
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
