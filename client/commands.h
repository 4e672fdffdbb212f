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
/* the store */
extern const struct ph_cli_command ph_cmd_digest;
extern const struct ph_cli_command ph_cmd_verify;
extern const struct ph_cli_command ph_cmd_rebuild;

#endif
