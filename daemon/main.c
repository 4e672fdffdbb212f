/*
 * daemon/main.c - packhorsed: the table of its subcommands.
 */
#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/say.h"
#include "common/cli/export.h"
#include "common/log/keys.h"
#include "daemon/act.h"
#include "daemon/cmd.h"

#define COMMANDS_MAX 96
#define ONE(option_name, option_arg, option_doc)                                         \
	{                                                                                \
		option_name, option_arg, option_doc                                      \
	}
#define END                                                                              \
	{                                                                                \
		NULL, NULL, NULL                                                         \
	}

static const struct ph_cli_option init_options[] = {
	ONE("listen", "ADDR:PORT", "where devices will reach this hub"),
	ONE("passphrase-file", "F",
	    "its first line guards the root and operator keys (-: standard input's)"),
	ONE("province", "NN", "two-digit prefix of printed codes (default 14)"),
	ONE("kdf-memory-mib", "N", "memory of Argon2id, 8 to 1024 (default 256)"),
	END,
};
static const struct ph_cli_option serve_options[] = {
	ONE("listen", "ADDR:PORT",
	    "instead of the configured address; port 0 takes a free one"),
	END,
};
static const struct ph_cli_option site_options[] = {
	ONE("commune", "CODE", "official code of five digits"),
	ONE("kind", "K",
	    "provincial-library, commune-library, ... or any part of one name"),
	ONE("name", "N", "name for people"),
	ONE("status", "S", "open or closed"),
	ONE("update", NULL, "change a site that is there"),
	END,
};
static const struct ph_cli_option commune_options[] = {
	ONE("name", "N", "name, without xã or phường"),
	ONE("type", "T", "xa or phuong"),
	END,
};
static const struct ph_cli_option invite_options[] = {
	ONE("site", "CODE", "the site the device will belong to"),
	ONE("role", "R", "site, courier or both"),
	ONE("out", "F", "where to write it; - for standard output"),
	ONE("qr", NULL,
	    "show it as a QR code; the window must be about 100 columns wide"),
	ONE("svg", "F", "write it as the image of a QR code; - for standard output"),
	PH_ACT_OPERATOR,
	ONE("expires-days", "N", "1 to 3650 (default 30)"),
	ONE("hub", "ADDR:PORT",
	    "the hub's address as devices see it (default: the configured one)"),
	ONE("replaces", "DEVICE",
	    "a device that is gone, whose log the new one goes on with"),
	ONE("force", NULL, "write over a file that is there"),
	END,
};
static const struct ph_cli_option query_options[] = {
	ONE("site", "CODE", "loans, readers: only of this site"),
	ONE("overdue", NULL, "loans: only those past their day"),
	ONE("ns", "N", "copy, card: the code's namespace"),
	ONE("names", NULL, "readers: open their names"),
	PH_EXPORT_OPTIONS,
	END,
};
static const struct ph_cli_option list_options[] = {
	ONE("site", "CODE", "only of this site"),
	ONE("commune", "CODE", "only of the sites of this commune"),
	ONE("kind", "K", "only of this kind of sites; any part of its name"),
	ONE("period", "P",
	    "entries of a kind: of a year, quarter or month: 2026, 2026-Q3, 2026-09"),
	ONE("from", "DAY", "entries of a kind: or from that day on"),
	ONE("to", "DAY", "entries of a kind: up to that day"),
	ONE("names", NULL, "open the names of readers and workers"),
	ONE("limit", "N", "at most so many (default 50)"),
	ONE("after", "PLACE", "go on where the last page ended"),
	PH_EXPORT_OPTIONS,
	END,
};
static const struct ph_cli_option digest_options[] = {
	ONE("site", "CODE",
	    "of that site's own logs with the control log, as the site has it"),
	ONE("device", "ID",
	    "of that device's logs with the control log; ID as `devices` shows it"),
	END,
};
static const struct ph_cli_option held_options[] = {
	{ "names", NULL, "open the names of readers" },
	PH_EXPORT_OPTIONS,
	{ 0 },
};
static const struct ph_cli_option look_options[] = { PH_EXPORT_OPTIONS, END };
static const struct ph_cli_option confirm_options[] = {
	ONE("fingerprint", "WORDS", "the words that the site reads from its screen"),
	END,
};
static const struct ph_cli_option policy_options[] = {
	ONE("when", "DAY", "of a rule of reports: since when it holds (default: today)"),
	END,
};
static const struct ph_cli_option log_options[] = {
	ONE("site", "CODE", "only logs of this site"),
	ONE("limit", "N", "the last N entries of each log (default 20)"),
	PH_EXPORT_OPTIONS,
	END,
};

static const struct ph_cli_command own_commands[] = {
	{ "init", "Setting up", "", 0, 0,
	  "make a new hub: keys, control log, settings\n"
	  "The folder must be absent or empty.",
	  init_options, ph_cmd_init, NULL },
	{ "site add", "Setting up", "CODE", 1, 1,
	  "add a place with books, or change one (--update)\n"
	  "A code like 14-0371 is province and number; any other code gets a free "
	  "number.",
	  site_options, ph_cmd_site_add, NULL },
	{ "site list", "Setting up", "", 0, 0, "all sites", look_options,
	  ph_cmd_site_list, NULL },
	{ "commune add", "Setting up", "CODE", 1, 1, "name a commune", commune_options,
	  ph_cmd_commune_add, NULL },
	{ "commune import", "Setting up", "FILE.json", 1, 1,
	  "name all communes of a file: [{\"Wards\": [{\"Code\", \"Name\", \"FullName\"} "
	  "...]} ...]",
	  NULL, ph_cmd_commune_import, NULL },
	{ "commune list", "Setting up", "", 0, 0, "all communes", look_options,
	  ph_cmd_commune_list, NULL },
	{ "policy set", "Setting up", "NAME VALUE", 2, 2,
	  "a rule for all devices, e.g. loan-term-days 14", policy_options,
	  ph_cmd_policy_set, NULL },
	{ "policy list", "Setting up", "", 0, 0, "all rules", look_options,
	  ph_cmd_policy_list, NULL },
	{ "invite", "Setting up", "", 0, 0,
	  "make an invite for one device of a site\n"
	  "It is a secret until it is used. The operator's key is opened in this process "
	  "only.",
	  invite_options, ph_cmd_invite, NULL },
	{ "serve", "Running", "", 0, 0,
	  "listen for devices until SIGTERM; SIGHUP reads the settings again",
	  serve_options, ph_cmd_serve, NULL },
	{ "status", "Looking", "", 0, 0, "how the hub is", NULL, ph_cmd_status, NULL },
	{ "devices", "Looking", "", 0, 0, "each device: what it sent, when it was heard",
	  look_options, ph_cmd_devices, NULL },
	{ "devices confirm", "Setting up", "DEVICE", 1, 1,
	  "let a device have what others of its site wrote\n"
	  "DEVICE is how its id begins. Its fingerprint is compared with what the site "
	  "reads\n"
	  "from its own screen (packhorse status), by telephone.",
	  confirm_options, ph_cmd_devices_confirm, NULL },
	{ "devices held", "Looking", "DEVICE", 1, 1,
	  "whose data was on a device: the readers that it had, or may have had\n"
	  "For when it was stolen. DEVICE is how its id begins.",
	  held_options, ph_cmd_devices_held, NULL },
	{ "query", "Looking", "WHAT [ID]", 1, 2,
	  "what the hub knows\n"
	  "WHAT: summary, titles TEXT, title REF, copy CODE, card CODE, reader REF, "
	  "readers TEXT,\n"
	  "loans, cases (exit 13 if there are some), site CODE.",
	  query_options, ph_cmd_query, NULL },
	{ "list", "Looking", "WHAT", 1, 1,
	  "copies, loans, holds; all titles, readers, ...\n"
	  "WHAT: here, out, overdue, expected (on their way), holds, site by site; all "
	  "titles,\n"
	  "readers, workers, models, targets, tallies (figures that no entry counts);\n"
	  "or a kind of entries (activity, donation, crate-dispatch, ...): each one, a "
	  "column\n"
	  "a field.\n"
	  "A page at a time: the last line on standard error says how to go on.",
	  list_options, ph_cmd_list, NULL },
	{ "log", "Looking", "", 0, 0,
	  "the entries as they were written, one JSON object a line", log_options,
	  ph_cmd_log, NULL },
	{ "digest", "Checking", "", 0, 0,
	  "hash of the ledger: equal digests, equal books\n"
	  "Below it are four syllables, to be compared over the telephone with those of\n"
	  "`packhorse digest`.",
	  digest_options, ph_cmd_digest, NULL },
	{ "verify", "Checking", "", 0, 0, "check every chain, seal, part and the ledger",
	  NULL, ph_cmd_verify, NULL },
	{ "rebuild", "Checking", "", 0, 0, "make the ledger anew from the logs", NULL,
	  ph_cmd_rebuild, NULL },
	{ NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, NULL },
};

static const char *default_dir(void)
{
	return "/var/lib/packhorse";
}

/* All tables, group by group, in the order in which `help` shows them. */
static struct ph_cli_command commands[COMMANDS_MAX + 1];

static void gather_commands(void)
{
	static const char *const groups[] = { "Setting up", "The programme", "Reports",
					      "Running",    "Looking",       "Cases",
					      "Keys",       "Accounts",      "Scripts",
					      "Checking" };
	static const struct ph_cli_command *const tables[] = {
		own_commands,    ph_cmds_cut,     ph_cmds_programme, ph_cmds_indicator,
		ph_cmds_report,  ph_cmds_case,    ph_cmds_stick,     ph_cmds_record,
		ph_cmds_backup,  ph_cmds_restore, ph_cmds_erase,     ph_cmds_keys,
		ph_cmds_history, ph_cmds_clock,   ph_cmds_board,     ph_cmds_account,
		ph_cmds_metrics, ph_cmds_page,    ph_cmds_words
	};
	size_t n = 0;

	for (size_t g = 0; g < sizeof(groups) / sizeof(groups[0]); g++) {
		for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++) {
			for (const struct ph_cli_command *c = tables[t]; c->name; c++) {
				if (strcmp(c->group, groups[g]) == 0) {
					assert(n < COMMANDS_MAX);
					commands[n++] = *c;
				}
			}
		}
	}
}

int main(int argc, char **argv)
{
	static const struct ph_cli_program program = {
		.name = "packhorsed",
		.summary = "the hub of a province's libraries",
		.default_dir = default_dir,
		.commands = commands,
	};

	ph_cli_start();
	gather_commands();
	umask(077);
	signal(SIGPIPE, SIG_IGN);
	if (ph_crypto_start() < 0) {
		fprintf(stderr,
			ph_say("packhorsed: the machine has no randomness to give\n",
			       "packhorsed: máy này không cho số ngẫu nhiên\n"));
		return PH_EXIT_OTHER;
	}
	return ph_cli_main(&program, argc, argv);
}
