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

/*
 * The digest of SITE's ledger, brought up to date: over what concerns it if the device is
 * fed (*FED_OUT), else over all of it. 0 or negative errno with ERR.
 */
int ph_command_digest(struct ph_site *site, uint8_t out[static 32], bool *fed_out,
		      struct ph_error *err);

/* All of them; ends with one that has no name. One thread. */
const struct ph_cli_command *ph_commands(void);

/* this site */
extern const struct ph_cli_command ph_cmd_join;
extern const struct ph_cli_command ph_cmd_status;
extern const struct ph_cli_command ph_cmd_log;
extern const struct ph_cli_command ph_cmd_cases;
extern const struct ph_cli_command ph_cmd_case_show;
extern const struct ph_cli_command ph_cmd_case_decide;
extern const struct ph_cli_command ph_cmd_why;
extern const struct ph_cli_command ph_cmd_desk_unlock;
extern const struct ph_cli_command ph_cmd_desk_lock;
extern const struct ph_cli_command ph_cmd_desk_pin;
extern const struct ph_cli_command ph_cmd_desk_card;
/* the road */
extern const struct ph_cli_command ph_cmd_sync;
extern const struct ph_cli_command ph_cmd_pack_stick;
extern const struct ph_cli_command ph_cmd_take_stick;
extern const struct ph_cli_command ph_cmd_courier;
extern const struct ph_cli_command ph_cmd_agent;
extern const struct ph_cli_command ph_cmd_budget;
extern const struct ph_cli_command ph_cmd_budget_set;
extern const struct ph_cli_command ph_cmd_plan;
/* the desk */
extern const struct ph_cli_command ph_cmd_desk_open;
extern const struct ph_cli_command ph_cmd_loan;
extern const struct ph_cli_command ph_cmd_return;
extern const struct ph_cli_command ph_cmd_renew;
extern const struct ph_cli_command ph_cmd_use;
extern const struct ph_cli_command ph_cmd_visit;
extern const struct ph_cli_command ph_cmd_uncoded_loan;
extern const struct ph_cli_command ph_cmd_uncoded_return;
extern const struct ph_cli_command ph_cmd_hold_place;
extern const struct ph_cli_command ph_cmd_hold_ready;
extern const struct ph_cli_command ph_cmd_hold_cancel;
extern const struct ph_cli_command ph_cmd_sighting;
extern const struct ph_cli_command ph_cmd_find;
extern const struct ph_cli_command ph_cmd_list;
extern const struct ph_cli_command ph_cmd_note;
extern const struct ph_cli_command ph_cmd_void;
/* readers */
extern const struct ph_cli_command ph_cmd_reader_add;
extern const struct ph_cli_command ph_cmd_reader_set;
extern const struct ph_cli_command ph_cmd_reader_list;
extern const struct ph_cli_command ph_cmd_reader_show;
extern const struct ph_cli_command ph_cmd_reader_consent;
extern const struct ph_cli_command ph_cmd_reader_block;
extern const struct ph_cli_command ph_cmd_reader_unblock;
extern const struct ph_cli_command ph_cmd_reader_merge;
extern const struct ph_cli_command ph_cmd_reader_unmerge;
extern const struct ph_cli_command ph_cmd_card_issue;
extern const struct ph_cli_command ph_cmd_card_replace;
extern const struct ph_cli_command ph_cmd_card_stop;
extern const struct ph_cli_command ph_cmd_card_show;
extern const struct ph_cli_command ph_cmd_charge;
extern const struct ph_cli_command ph_cmd_payment;
/* the catalogue */
extern const struct ph_cli_command ph_cmd_title_add;
extern const struct ph_cli_command ph_cmd_title_set;
extern const struct ph_cli_command ph_cmd_title_list;
extern const struct ph_cli_command ph_cmd_title_show;
extern const struct ph_cli_command ph_cmd_title_merge;
extern const struct ph_cli_command ph_cmd_title_unmerge;
extern const struct ph_cli_command ph_cmd_copy_add;
extern const struct ph_cli_command ph_cmd_copy_set;
extern const struct ph_cli_command ph_cmd_copy_show;
extern const struct ph_cli_command ph_cmd_copy_relabel;
extern const struct ph_cli_command ph_cmd_copy_alias;
extern const struct ph_cli_command ph_cmd_copy_unalias;
extern const struct ph_cli_command ph_cmd_copy_missing;
extern const struct ph_cli_command ph_cmd_copy_lost;
extern const struct ph_cli_command ph_cmd_copy_damaged;
extern const struct ph_cli_command ph_cmd_copy_repaired;
extern const struct ph_cli_command ph_cmd_copy_withdraw;
extern const struct ph_cli_command ph_cmd_copy_reinstate;
/* crates */
extern const struct ph_cli_command ph_cmd_crate_dispatch;
extern const struct ph_cli_command ph_cmd_crate_receive;
extern const struct ph_cli_command ph_cmd_crate_show;
/* the day */
extern const struct ph_cli_command ph_cmd_day_open;
extern const struct ph_cli_command ph_cmd_shift_begin;
extern const struct ph_cli_command ph_cmd_shift_end;
extern const struct ph_cli_command ph_cmd_stop_open;
extern const struct ph_cli_command ph_cmd_stop_close;
extern const struct ph_cli_command ph_cmd_activity;
extern const struct ph_cli_command ph_cmd_training;
extern const struct ph_cli_command ph_cmd_digital_use;
extern const struct ph_cli_command ph_cmd_donation;
/* the programme */
extern const struct ph_cli_command ph_cmd_worker_add;
extern const struct ph_cli_command ph_cmd_worker_set;
extern const struct ph_cli_command ph_cmd_model_put;
extern const struct ph_cli_command ph_cmd_tally_put;
extern const struct ph_cli_command ph_cmd_figures;
extern const struct ph_cli_command ph_cmd_signoff;
extern const struct ph_cli_command ph_cmd_privacy;
extern const struct ph_cli_command ph_cmd_erase_done;
/* scripts */
extern const struct ph_cli_command ph_cmd_record;
extern const struct ph_cli_command ph_cmd_import;
/* the store */
extern const struct ph_cli_command ph_cmd_digest;
extern const struct ph_cli_command ph_cmd_verify;
extern const struct ph_cli_command ph_cmd_rebuild;
extern const struct ph_cli_command ph_cmd_rehearse;

#endif
