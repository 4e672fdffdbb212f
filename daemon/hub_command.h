/* daemon/hub_command.h - shared by hub_command*.c: one function a command. */
#ifndef PH_DAEMON_HUB_COMMAND_H
#define PH_DAEMON_HUB_COMMAND_H

#include "daemon/hub_internal.h"

/*
 * Answer REQUEST by setting members of ANSWER. 0; or a negative errno with ERR, whose
 * exit status and words become the answer.
 */
typedef int ph_hub_command_fn(struct ph_hub *hub, const json_t *request, json_t *answer,
			      struct ph_error *err);

ph_hub_command_fn ph_hub_site_add, ph_hub_site_list, ph_hub_commune_add,
	ph_hub_commune_list, ph_hub_policy_set, ph_hub_policy_list;
ph_hub_command_fn ph_hub_invite_prepare, ph_hub_invite_record;
ph_hub_command_fn ph_hub_status, ph_hub_devices, ph_hub_log, ph_hub_board,
	ph_hub_metrics_command;
ph_hub_command_fn ph_hub_device_show, ph_hub_device_confirm, ph_hub_device_held;
ph_hub_command_fn ph_hub_stick_begin, ph_hub_bundle_take_command,
	ph_hub_bundle_pack_command, ph_hub_stick_manifest, ph_hub_bundle_gone_command;
ph_hub_command_fn ph_hub_epoch_begin, ph_hub_collect_unheard, ph_hub_collect_end,
	ph_hub_second_take;
ph_hub_command_fn ph_hub_backup_begin, ph_hub_backup_step, ph_hub_backup_sign,
	ph_hub_backup_kept, ph_hub_backup_drop, ph_hub_backup_gone;
ph_hub_command_fn ph_hub_clock_show, ph_hub_clock_accept;
ph_hub_command_fn ph_hub_digest, ph_hub_rebuild, ph_hub_verify;
ph_hub_command_fn ph_hub_query, ph_hub_list, ph_hub_history;
ph_hub_command_fn ph_hub_cases, ph_hub_case_show, ph_hub_case_decide, ph_hub_why;
ph_hub_command_fn ph_hub_record, ph_hub_operator_put;
ph_hub_command_fn ph_hub_words_command, ph_hub_words_ask, ph_hub_words_put;
ph_hub_command_fn ph_hub_device_retire, ph_hub_device_cut, ph_hub_log_adopt,
	ph_hub_invite_cancel, ph_hub_reader_erase, ph_hub_erasures, ph_hub_privacy;
ph_hub_command_fn ph_hub_invite_list;
ph_hub_command_fn ph_hub_account_add, ph_hub_account_role, ph_hub_account_password,
	ph_hub_account_remove, ph_hub_account_token, ph_hub_account_revoke,
	ph_hub_account_list;
ph_hub_command_fn ph_hub_keys_command, ph_hub_keylist_put;
ph_hub_command_fn ph_hub_report_figures, ph_hub_report_issue, ph_hub_page_issue,
	ph_hub_report_list, ph_hub_report_show, ph_hub_report_changed, ph_hub_report,
	ph_hub_report_codes, ph_hub_page;

/* --- for hub_look.c --- */
/* Whether COMMAND only looks at what a look has. */
bool ph_hub_command_sees(const char *command);
/* What HUB does itself before it answers REQUEST. 0, or a negative errno with the error as an answer, NULL: no memory. */
int ph_hub_command_ready(struct ph_hub *hub, const json_t *request, json_t **refusal_out);
/* As ph_hub_command(), of a command that only looks, by VIEW. */
json_t *ph_hub_command_see(struct ph_hub *view, const json_t *request);
/*
 * Of a REQUEST of a page ("page") for what makes the whole ledger anew: -EPERM with ERR, which says
 * where it is to be asked. Else 0.
 */
int ph_hub_page_refold(const json_t *request, struct ph_error *err);
/* The word for programs of what failed with RC; NULL: there is none. */
const char *ph_hub_command_reason(int rc);
/* An answer that is the error RC of the store. */
json_t *ph_hub_command_failed(int rc);

/* Set "fingerprint" and "state" of DEVICE in OUT. 0 or negative errno. */
/* The device that REQUEST names, and in ANSWER what there is to say of it. 0 or negative errno with ERR. */
int ph_hub_device_find(struct ph_hub *hub, const json_t *request, json_t *answer,
		       struct ph_device *device, struct ph_error *err);
/* How many readers' data DEVICE may have, as "readers_held". 0 or negative errno. */
int ph_hub_held_count(struct ph_hub *hub, const struct ph_device *device, json_t *answer);
int ph_hub_device_about(struct ph_hub *hub, const struct ph_device *device, json_t *out);
void ph_hub_fingerprint(const struct ph_device *device,
			char out[static PH_FINGERPRINT_TEXT]);

/* A string member; NULL if absent. */
const char *ph_request_text(const json_t *request, const char *name);
/* A string member that must be there; else NULL with ERR (PH_EXIT_USAGE). */
const char *ph_request_need(const json_t *request, const char *name,
			    struct ph_error *err);
/* "limit": how many items of a page, from 1 on, MAX if it is more; *OUT unchanged if it is absent. */
int ph_request_limit(const json_t *request, size_t max, size_t *out,
		     struct ph_error *err);

/*
 * The number of an enum by its name, or by any part of it that only one name has ("van",
 * "post"). -EINVAL with the list of names.
 */
int ph_hub_enum(const struct ph_field *field, const char *text, uint64_t *out,
		struct ph_error *err);
/* Whether the rule NAME, if programs heed it, may have this VALUE. 0, or -EINVAL with words. */
int ph_hub_policy_check(struct ph_view name, struct ph_view value, struct ph_error *err);

/*
 * Which copy, card or crate CODE can mean: in the namespace of the request's "ns", or the
 * first that is known here; else ID is that of namespace 0. ID borrows CODE. 0 or
 * negative errno.
 */
int ph_hub_code_find(struct ph_hub *hub, const json_t *request, enum ph_entity type,
		     const char *code, struct ph_id *id);

/*
 * The reader whose reference TEXT is, or to whom a card of that code was issued last. 0, or
 * -EINVAL with words; another negative errno.
 */
int ph_hub_reader_called(struct ph_hub *hub, const json_t *request, const char *text,
			 struct ph_ref *ref_out, struct ph_error *err);

/* What is kept of an invite, in meta: this and its id in hex. */
#define PH_HUB_META_INVITE "invite."

/* --- sites, by code --- */

struct ph_hub_site {
	uint64_t number;
	char code[33];
	char name[201];
	char commune[6];
	char schedule[201]; /* as it was put; "": it has none */
	uint64_t kind;
	uint64_t status; /* 1: closed */
};
enum {
	PH_HUB_E_NONE = 1
};
/* The site with this code in the control log as folded. 0, PH_HUB_E_NONE, negative errno. */
int ph_hub_site_find(struct ph_hub *hub, const char *code, struct ph_hub_site *site_out);
/* The same for the site that a request's "site" names; -ENOENT with words when there is none. */
int ph_hub_site_need(struct ph_hub *hub, const char *code, struct ph_hub_site *site_out,
		     struct ph_error *err);
/* The number of a kind of sites by its name or part of it. 0, or -EINVAL with the names. */
int ph_hub_site_kind(const char *text, uint64_t *out, struct ph_error *err);
int ph_hub_site_at(struct ph_hub *hub, uint64_t number, struct ph_hub_site *site_out);
/* Beside each "site" of LIST, a number, its "code", where the control log has one. 0 or negative errno. */
int ph_hub_site_codes(struct ph_hub *hub, json_t *list);
/* Each site in order of number; CB returning non-zero ends the walk. */
int ph_hub_site_each(struct ph_hub *hub,
		     int (*cb)(void *data, const struct ph_hub_site *site), void *data);

/* Sites that a request asks for, rising; its user frees the numbers. */
struct ph_hub_sites {
	bool asked; /* false: for all */
	uint64_t *numbers;
	size_t n, cap;
};
/* By "site", "commune", and KIND (may be NULL). 0; -ENOENT or -EINVAL with words; another negative errno. */
int ph_hub_sites_find(struct ph_hub *hub, const json_t *request, const char *kind,
		      struct ph_hub_sites *sites, struct ph_error *err);

#endif
