/* daemon/cmd.h - the subcommands of packhorsed, one function each. */
#ifndef PH_DAEMON_CMD_H
#define PH_DAEMON_CMD_H

#include "common/cli/cli.h"

/* As struct ph_cli_command's run: the exit status, or a negative errno with ERR. */
typedef int ph_cmd_fn(struct ph_cli *cli, struct ph_error *err);

ph_cmd_fn ph_cmd_init, ph_cmd_serve, ph_cmd_invite;
ph_cmd_fn ph_cmd_site_add, ph_cmd_site_list, ph_cmd_commune_add, ph_cmd_commune_import,
	ph_cmd_commune_list, ph_cmd_policy_set, ph_cmd_policy_list;
ph_cmd_fn ph_cmd_status, ph_cmd_devices, ph_cmd_log, ph_cmd_query, ph_cmd_list;
ph_cmd_fn ph_cmd_devices_confirm, ph_cmd_devices_held;
ph_cmd_fn ph_cmd_digest, ph_cmd_rebuild, ph_cmd_verify;

/* Those that stand as tables in their own files; each ends with a NULL name. */
extern const struct ph_cli_command ph_cmds_cut[], ph_cmds_programme[], ph_cmds_record[],
	ph_cmds_report[], ph_cmds_indicator[], ph_cmds_case[], ph_cmds_stick[],
	ph_cmds_backup[], ph_cmds_restore[], ph_cmds_erase[], ph_cmds_keys[],
	ph_cmds_history[], ph_cmds_clock[], ph_cmds_board[], ph_cmds_account[],
	ph_cmds_metrics[], ph_cmds_page[], ph_cmds_words[];

/*
 * The first line of the file named by --passphrase-file, to be wiped by the caller; of "-" the next
 * line of standard input, which a terminal does not show.
 */
struct ph_buf;
int ph_cmd_passphrase(const struct ph_cli *cli, struct ph_buf *out, struct ph_error *err);
/* The same of --OPTION. */
int ph_cmd_passphrase_of(const struct ph_cli *cli, const char *option, struct ph_buf *out,
			 struct ph_error *err);
/* The same of one that is to be used from now on: it has PH_PASSWORD_MIN characters or more. */
int ph_cmd_passphrase_new(const struct ph_cli *cli, const char *option,
			  struct ph_buf *out, struct ph_error *err);

#endif
