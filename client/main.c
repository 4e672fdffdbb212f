/*
 * client/main.c - packhorse, the program of a site.
 *
 * Its subcommands stand in client/commands.c. Without a command: `status`. A machine without
 * randomness cannot make keys or seeds, so nothing is done there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "client/borrow.h"
#include "client/commands.h"
#include "client/host.h"
#include "client/place.h"
#include "common/base/say.h"

/* Per user, by XDG; a relative XDG_DATA_HOME counts as unset, as its specification says. */
static const char *default_dir(void)
{
	static char dir[4096];
	const char *data = getenv("XDG_DATA_HOME");
	const char *home = getenv("HOME");
	int n = -1;

	if (data && data[0] == '/') {
		n = snprintf(dir, sizeof(dir), "%s/packhorse", data);
	} else if (home && home[0] == '/') {
		n = snprintf(dir, sizeof(dir), "%s/.local/share/packhorse", home);
	}
	return n > 0 && (size_t)n < sizeof(dir) ? dir : NULL;
}

int ph_command_open(const struct ph_cli *cli, struct ph_site **site_out,
		    struct ph_error *err)
{
	struct ph_host *host = cli->host;

	if (host) { /* the agent runs it, and has the folder open */
		*site_out = host->site;
		return 0;
	}
	return ph_site_open(site_out,
			    &(struct ph_site_config){ .dir = cli->dir,
						      .who = cli->command->name,
						      .wait_ms = PH_COMMAND_WAIT_MS,
						      .clock = ph_clock_system,
						      .rng = ph_rng_system,
						      .borrows = true },
			    err);
}

int main(int argc, char **argv)
{
	const struct ph_cli_program program = {
		.name = "packhorse",
		.summary = "the records of a library that is mostly offline",
		.default_dir = default_dir,
		.commands = ph_commands(),
		.hands = ph_borrow_hands,
	};

	ph_cli_start();
	(void)umask(077); /* what is made here is its owner's alone */

	ph_place_use(getenv("PACKHORSE_MACHINE")); /* tests play several machines */
	if (ph_crypto_start() != 0) {
		fputs(ph_say("packhorse: this machine gives no randomness to make keys "
			     "with\n",
			     "packhorse: máy này không cho số ngẫu nhiên để tạo khóa\n"),
		      stderr);
		return PH_EXIT_OTHER;
	}
	return ph_cli_main(&program, argc, argv);
}
