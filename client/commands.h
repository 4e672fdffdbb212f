/* client/commands.h - the subcommands of packhorse; each lives in its cmd_*.c. */
#ifndef PH_CLIENT_COMMANDS_H
#define PH_CLIENT_COMMANDS_H

#include "client/site.h"
#include "common/cli/cli.h"

#define PH_COMMAND_WAIT_MS 5000 /* for whoever holds the folder */

/*
 * Open the folder that CLI names, under the name of its command, waiting 5 s for
 * whoever holds it. As ph_site_open(); the caller closes it.
 */
int ph_command_open(const struct ph_cli *cli, struct ph_site **site_out,
		    struct ph_error *err);

/* this site */
extern const struct ph_cli_command ph_cmd_join;
extern const struct ph_cli_command ph_cmd_status;
extern const struct ph_cli_command ph_cmd_log;
/* the road */
extern const struct ph_cli_command ph_cmd_sync;
/* the desk */
extern const struct ph_cli_command ph_cmd_loan;
extern const struct ph_cli_command ph_cmd_return;
extern const struct ph_cli_command ph_cmd_renew;
extern const struct ph_cli_command ph_cmd_use;
extern const struct ph_cli_command ph_cmd_visit;
extern const struct ph_cli_command ph_cmd_void;
extern const struct ph_cli_command ph_cmd_find;
extern const struct ph_cli_command ph_cmd_list;
/* readers */
extern const struct ph_cli_command ph_cmd_reader_add;
extern const struct ph_cli_command ph_cmd_reader_set;
extern const struct ph_cli_command ph_cmd_reader_show;
extern const struct ph_cli_command ph_cmd_card_issue;
extern const struct ph_cli_command ph_cmd_card_show;
/* the catalogue */
extern const struct ph_cli_command ph_cmd_title_add;
extern const struct ph_cli_command ph_cmd_title_set;
extern const struct ph_cli_command ph_cmd_title_show;
extern const struct ph_cli_command ph_cmd_copy_add;
extern const struct ph_cli_command ph_cmd_copy_set;
extern const struct ph_cli_command ph_cmd_copy_show;
/* scripts */
extern const struct ph_cli_command ph_cmd_record;
extern const struct ph_cli_command ph_cmd_import;
/* the store */
extern const struct ph_cli_command ph_cmd_digest;
extern const struct ph_cli_command ph_cmd_verify;
extern const struct ph_cli_command ph_cmd_rebuild;

#endif
