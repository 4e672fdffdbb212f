/*
 * client/commands.c - which subcommands packhorse has, in the order in which `packhorse help`
 * shows them. Everything about one of them stands in its own file.
 */
#include "client/commands.h"

static const struct ph_cli_command *const commands[] = {
	/* this site */
	&ph_cmd_join,
	&ph_cmd_status,
	&ph_cmd_log,
	&ph_cmd_cases,
	&ph_cmd_case_show,
	&ph_cmd_case_decide,
	&ph_cmd_why,
	&ph_cmd_desk_unlock,
	&ph_cmd_desk_lock,
	&ph_cmd_desk_pin,
	&ph_cmd_desk_card,
	/* the road */
	&ph_cmd_sync,
	&ph_cmd_pack_stick,
	&ph_cmd_take_stick,
	&ph_cmd_courier,
	&ph_cmd_plan,
	&ph_cmd_budget,
	&ph_cmd_budget_set,
	&ph_cmd_agent,
	/* the desk */
	&ph_cmd_desk_open,
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
	&ph_cmd_reader_list,
	&ph_cmd_privacy,
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
	&ph_cmd_title_list,
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
	&ph_cmd_figures,
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

const struct ph_cli_command *ph_commands(void)
{
	static struct ph_cli_command all[COUNT + 1];

	for (size_t i = 0; i < COUNT; i++) {
		all[i] = *commands[i];
	}
	return all;
}
