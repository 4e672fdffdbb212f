/*
 * client/main.c - packhorse, the program of a site: which subcommands there are.
 *
 * Everything about one subcommand stands in its own file; here they are only put in
 * the order in which `packhorse help` shows them. Without a command: `status`. A
 * machine without randomness cannot make keys or seeds, so nothing is done there.
 */
#include <stdio.h>
#include <stdlib.h>

#include "client/borrow.h"
#include "client/commands.h"
#include "client/host.h"

static const struct ph_cli_command *const commands[] = {
	/* this site */
	&ph_cmd_join,
	&ph_cmd_status,
	&ph_cmd_log,
	&ph_cmd_cases,
	&ph_cmd_case_show,
	&ph_cmd_case_decide,
	&ph_cmd_why,
	/* the road */
	&ph_cmd_sync,
	&ph_cmd_pack_stick,
	&ph_cmd_take_stick,
	&ph_cmd_agent,
	/* the desk */
	&ph_cmd_loan,
	&ph_cmd_return,
	&ph_cmd_renew,
	&ph_cmd_use,
	&ph_cmd_visit,
	&ph_cmd_uncoded_loan,
	&ph_cmd_uncoded_return,
	&ph_cmd_hold_place,
	&ph_cmd_hold_ready,
	&ph_cmd_hold_cancel,
	&ph_cmd_sighting,
	&ph_cmd_find,
	&ph_cmd_list,
	&ph_cmd_note,
	&ph_cmd_void,
	/* readers */
	&ph_cmd_reader_add,
	&ph_cmd_reader_set,
	&ph_cmd_reader_show,
	&ph_cmd_reader_consent,
	&ph_cmd_reader_block,
	&ph_cmd_reader_unblock,
	&ph_cmd_reader_merge,
	&ph_cmd_reader_unmerge,
	&ph_cmd_card_issue,
	&ph_cmd_card_replace,
	&ph_cmd_card_stop,
	&ph_cmd_card_show,
	&ph_cmd_charge,
	&ph_cmd_payment,
	/* the catalogue */
	&ph_cmd_title_add,
	&ph_cmd_title_set,
	&ph_cmd_title_show,
	&ph_cmd_title_merge,
	&ph_cmd_title_unmerge,
	&ph_cmd_copy_add,
	&ph_cmd_copy_set,
	&ph_cmd_copy_show,
	&ph_cmd_copy_relabel,
	&ph_cmd_copy_alias,
	&ph_cmd_copy_unalias,
	&ph_cmd_copy_missing,
	&ph_cmd_copy_lost,
	&ph_cmd_copy_damaged,
	&ph_cmd_copy_repaired,
	&ph_cmd_copy_withdraw,
	&ph_cmd_copy_reinstate,
	/* crates */
	&ph_cmd_crate_dispatch,
	&ph_cmd_crate_receive,
	&ph_cmd_crate_show,
	/* the day */
	&ph_cmd_day_open,
	&ph_cmd_shift_begin,
	&ph_cmd_shift_end,
	&ph_cmd_stop_open,
	&ph_cmd_stop_close,
	&ph_cmd_activity,
	&ph_cmd_training,
	&ph_cmd_digital_use,
	&ph_cmd_donation,
	/* the programme */
	&ph_cmd_worker_add,
	&ph_cmd_worker_set,
	&ph_cmd_model_put,
	&ph_cmd_tally_put,
	&ph_cmd_signoff,
	&ph_cmd_erase_done,
	/* scripts */
	&ph_cmd_record,
	&ph_cmd_import,
	/* the store */
	&ph_cmd_digest,
	&ph_cmd_verify,
	&ph_cmd_rebuild,
	&ph_cmd_rehearse,
};
#define COUNT (sizeof(commands) / sizeof(commands[0]))

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
	static struct ph_cli_command table[COUNT + 1];
	const struct ph_cli_program program = {
		.name = "packhorse",
		.summary = "the records of a library that is mostly offline",
		.default_dir = default_dir,
		.commands = table,
		.hands = ph_borrow_hands,
	};

	ph_cli_start();
	for (size_t i = 0; i < COUNT; i++) {
		table[i] = *commands[i];
	}
	if (ph_crypto_start() != 0) {
		fputs("packhorse: this machine gives no randomness to make keys with\n",
		      stderr);
		return PH_EXIT_OTHER;
	}
	return ph_cli_main(&program, argc, argv);
}
