/*
 * daemon/hub_command.c - local commands: from a JSON request to a JSON answer.
 *
 * The same code answers in the daemon's store worker and in a command that has opened
 * the folder itself. Every answer has "exit", and "error" when that is not 0; one for which
 * memory was short anywhere is none but that error, or not given at all. Commands
 * that read catch up with the journal first, so an answer covers all that was committed
 * before the question; only when the disk is too full to catch up, those that change
 * nothing answer from what was folded before, and say so on standard error.
 */
#include "daemon/hub_command.h"
#include "common/base/say.h"
#include "daemon/hub_counted.h"
#include "daemon/hub_erase.h"
#include "daemon/hub_second.h"
#include "daemon/hub_witness.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/base/json_memory.h"

/* Why names are not shown while the hub is collecting. */
#define WITHHELD                                                                                           \
	ph_say("until `restore end`: erasures of the lost days may still come",                            \
	       "trước lệnh `restore end`: lệnh xóa của những ngày bị mất có thể còn " \
	       "gửi lại")

static const struct {
	const char *name;
	ph_hub_command_fn *run;
	enum {
		NO_LEDGER,
		LOOKS,    /* catch up first; a disk too full for that does not stop it */
		SEES,     /* likewise; a look (hub_look.h) has all that it takes */
		SEES_ALL, /* likewise, but catch up or fail */
		BUILDS,   /* on it: catch up first, or fail */
	} use;
} commands[] = {
	{ "site-add", ph_hub_site_add, BUILDS },
	{ "site-list", ph_hub_site_list, SEES },
	{ "commune-add", ph_hub_commune_add, BUILDS },
	{ "commune-list", ph_hub_commune_list, SEES },
	{ "policy-set", ph_hub_policy_set, BUILDS },
	{ "policy-list", ph_hub_policy_list, SEES },
	{ "invite-prepare", ph_hub_invite_prepare, BUILDS },
	{ "invite-record", ph_hub_invite_record, NO_LEDGER },
	{ "clock", ph_hub_clock_show, NO_LEDGER },
	{ "clock-accept", ph_hub_clock_accept, NO_LEDGER },
	{ "status", ph_hub_status, SEES },
	{ "devices", ph_hub_devices, SEES },
	{ "board", ph_hub_board, SEES },
	{ "metrics", ph_hub_metrics_command, SEES },
	{ "device-show", ph_hub_device_show, SEES },
	{ "device-confirm", ph_hub_device_confirm, BUILDS },
	{ "device-held", ph_hub_device_held, SEES_ALL },
	{ "log", ph_hub_log, SEES },
	{ "digest", ph_hub_digest, SEES_ALL },
	{ "rebuild", ph_hub_rebuild, NO_LEDGER },
	{ "verify", ph_hub_verify, SEES_ALL },
	{ "query", ph_hub_query, SEES },
	{ "record", ph_hub_record, BUILDS },
	{ "operator-put", ph_hub_operator_put, BUILDS },
	{ "device-retire", ph_hub_device_retire, BUILDS },
	{ "device-cut", ph_hub_device_cut, BUILDS },
	{ "log-adopt", ph_hub_log_adopt, BUILDS },
	{ "invite-list", ph_hub_invite_list, SEES },
	{ "invite-cancel", ph_hub_invite_cancel, BUILDS },
	{ "account-add", ph_hub_account_add, NO_LEDGER },
	{ "account-role", ph_hub_account_role, NO_LEDGER },
	{ "account-password", ph_hub_account_password, NO_LEDGER },
	{ "account-remove", ph_hub_account_remove, NO_LEDGER },
	{ "account-token", ph_hub_account_token, NO_LEDGER },
	{ "account-revoke", ph_hub_account_revoke, NO_LEDGER },
	{ "account-list", ph_hub_account_list, NO_LEDGER },
	{ "reader-erase", ph_hub_reader_erase, BUILDS },
	{ "erasures", ph_hub_erasures, SEES },
	{ "privacy", ph_hub_privacy, SEES },
	{ "report", ph_hub_report, SEES },
	{ "page", ph_hub_page, SEES },
	{ "report-codes", ph_hub_report_codes, NO_LEDGER },
	{ "report-figures", ph_hub_report_figures, SEES },
	{ "report-issue", ph_hub_report_issue, BUILDS },
	{ "page-issue", ph_hub_page_issue, BUILDS },
	{ "report-list", ph_hub_report_list, SEES },
	{ "report-show", ph_hub_report_show, SEES },
	{ "report-changed", ph_hub_report_changed, SEES },
	{ "list", ph_hub_list, SEES },
	{ "history", ph_hub_history, LOOKS },
	{ "cases", ph_hub_cases, SEES },
	{ "case-show", ph_hub_case_show, SEES },
	{ "case-decide", ph_hub_case_decide, BUILDS },
	{ "why", ph_hub_why, SEES },
	{ "stick-begin", ph_hub_stick_begin, LOOKS },
	{ "stick-manifest", ph_hub_stick_manifest, NO_LEDGER },
	{ "bundle-take", ph_hub_bundle_take_command, BUILDS },
	{ "bundle-pack", ph_hub_bundle_pack_command, BUILDS },
	{ "bundle-gone", ph_hub_bundle_gone_command, BUILDS },
	{ "epoch-begin", ph_hub_epoch_begin, NO_LEDGER },
	{ "second-take", ph_hub_second_take, NO_LEDGER },
	{ "collect-unheard", ph_hub_collect_unheard, LOOKS },
	{ "collect-end", ph_hub_collect_end, BUILDS },
	{ "words", ph_hub_words_command, SEES },
	{ "words-ask", ph_hub_words_ask, BUILDS },
	{ "words-put", ph_hub_words_put, BUILDS },
	{ "keys", ph_hub_keys_command, NO_LEDGER },
	{ "keylist-put", ph_hub_keylist_put, NO_LEDGER },
	{ "backup-begin", ph_hub_backup_begin, BUILDS },
	{ "backup-step", ph_hub_backup_step, NO_LEDGER },
	{ "backup-sign", ph_hub_backup_sign, NO_LEDGER },
	{ "backup-kept", ph_hub_backup_kept, NO_LEDGER },
	{ "backup-drop", ph_hub_backup_drop, NO_LEDGER },
	{ "backup-gone", ph_hub_backup_gone, NO_LEDGER },
};

/*
 * Whether COMMAND signs or writes down a time: not while the clock is doubted. Those that
 * build on the ledger do; of the others these.
 */
static bool signs(const char *command, int use)
{
	static const char *const others[] = { "invite-record", "keylist-put",
					      "backup-sign", "backup-kept",
					      "stick-manifest" };

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (strcmp(command, others[i]) == 0) {
			return true;
		}
	}
	return use == BUILDS;
}

const char *ph_request_text(const json_t *request, const char *name)
{
	return json_string_value(json_object_get(request, name));
}

const char *ph_request_need(const json_t *request, const char *name, struct ph_error *err)
{
	const char *text = ph_request_text(request, name);

	if (!text) {
		(void)ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			      ph_say("the request lacks \"%s\"", "yêu cầu thiếu “%s”"),
			      name);
	}
	return text;
}

int ph_request_limit(const json_t *request, size_t max, size_t *out, struct ph_error *err)
{
	const json_t *member = json_object_get(request, "limit");
	json_int_t limit = json_integer_value(member);

	if (member && (limit < 1 || (uint64_t)limit > max)) {
		return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			       ph_say("limit: must be a whole number from 1 to %zu",
				      "limit: phải là số nguyên từ 1 đến %zu"),
			       max);
	}
	if (member) {
		*out = (size_t)limit;
	}
	return 0;
}

static int catch_up(struct ph_hub *hub, bool looks, struct ph_error *err)
{
	struct ph_error first = { 0 };
	int rc = ph_ledger_catch_up(hub->ledger, NULL, &first);

	rc = rc != 0 ? rc : ph_hub_erase(hub);
	if (rc == -ENOSPC && looks) {
		fprintf(stderr,
			ph_say("packhorsed: %s: disk is full; what is shown may lack the "
			       "latest entries. Free some space\n",
			       "packhorsed: %s: ổ đĩa đã đầy; những gì hiện ra có thể "
			       "thiếu các giao dịch mới nhất. Hãy xóa bớt\n"),
			hub->dir);
		return 0;
	}
	if (rc < 0 && first.text[0] == '\0') {
		(void)ph_fail_errno(
			&first, rc,
			ph_say("bringing the ledger up to date", "cập nhật sổ"));
	}
	return rc < 0 ? ph_fail(err, first.exit, rc, "%s", first.text) : 0;
}

/* Which of the commands REQUEST asks for; -EINVAL with ERR. */
static int find(const json_t *request, struct ph_error *err)
{
	const char *name = ph_request_need(request, "command", err);

	if (!name) {
		return -EINVAL;
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(name, commands[i].name) == 0) {
			return (int)i;
		}
	}
	return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
		       ph_say("the running packhorsed does not know the command \"%s\": "
			      "it is of another version; restart it",
			      "packhorsed đang chạy không biết lệnh “%s”: khác phiên "
			      "bản; hãy chạy lại nó"),
		       name);
}

/* What is done before command I. */
static int ready(struct ph_hub *hub, int i, struct ph_error *err)
{
	int use = commands[i].use;
	int rc = 0;

	if (hub->stopped) {
		return ph_fail(err, PH_EXIT_DAMAGED, -EIO,
			       ph_say("the store has seen an I/O error; the daemon must "
				      "be started again",
				      "kho dữ liệu đã gặp lỗi đọc ghi; phải chạy lại "
				      "chương trình máy chủ"));
	}
	if (signs(commands[i].name, use)) {
		rc = ph_hub_check_clock(hub, err);
	} else {
		(void)ph_hub_clock_look(hub, false);
	}
	return rc < 0 || use == NO_LEDGER
		       ? rc
		       : catch_up(hub, use == LOOKS || use == SEES, err);
}

/* The command I itself, as whoever asks may see it. */
static int carry_out(struct ph_hub *hub, int i, const json_t *request, json_t *answer,
		     struct ph_error *err)
{
	int rc;

	hub->withholds = false;
	rc = commands[i].run(hub, request, answer, err);
	if (!ph_hub_is_counted(request)) {
		ph_hub_close_entries(answer);
		ph_hub_close_cards(answer);
	}
	if (rc == 0 && hub->withholds &&
	    json_object_set_new(answer, "withheld", json_string(WITHHELD)) != 0) {
		rc = -ENOMEM;
	}
	return rc;
}

static int run(struct ph_hub *hub, const json_t *request, json_t *answer,
	       struct ph_error *err)
{
	int i = find(request, err);
	int rc = i < 0 ? i : ready(hub, i, err);

	rc = rc < 0 ? rc : carry_out(hub, i, request, answer, err);
	if (i >= 0) { /* accounts, too, which build nothing */
		ph_hub_witness_write(hub);
	}
	if (i >= 0 && commands[i].use == BUILDS) {
		ph_hub_second_write(hub);
	}
	if (rc == 0 && commands[i].use == BUILDS && hub->behind) {
		(void)ph_hub_fold(hub); /* else it is done when little happens */
	}
	return rc;
}

static bool sees(int i)
{
	return commands[i].use == SEES || commands[i].use == SEES_ALL;
}

static int see(struct ph_hub *hub, const json_t *request, json_t *answer,
	       struct ph_error *err)
{
	int i = find(request, err);

	return i < 0 ? i : sees(i) ? carry_out(hub, i, request, answer, err) : -EINVAL;
}

/* The parts that every answer has. */
static int finish(json_t *answer, int exit)
{
	return json_object_set_new(answer, "schema", json_integer(1)) != 0 ||
			       json_object_set_new(answer, "exit", json_integer(exit)) !=
				       0
		       ? -ENOMEM
		       : 0;
}

/* For programs: what kind of refusal it is, where that can be said. */
const char *ph_hub_command_reason(int rc)
{
	switch (rc) {
	case -ENOENT:
		return "not-found";
	case -EEXIST:
		return "exists";
	case -EACCES:
	case -EPERM:
		return "denied";
	case -ENOSPC:
		return "disk-full";
	case -ENOMEM:
		return "memory";
	case -ETIMEDOUT:
		return "too-long";
	default:
		return NULL;
	}
}

/* The failure RC as an answer. NULL: no memory. */
static json_t *refusal(int rc, struct ph_error *err)
{
	const char *reason = ph_hub_command_reason(rc);
	json_t *answer = json_object();

	(void)ph_fail_errno(err, rc,
			    ph_say("the hub's store", "kho dữ liệu của máy chủ"));
	rc = answer ? json_object_set_new(answer, "error", json_string(err->text))
		    : -ENOMEM;
	if (rc == 0 && reason) {
		rc = json_object_set_new(answer, "reason", json_string(reason));
	}
	rc = rc ? rc : finish(answer, (int)err->exit);
	if (rc != 0) {
		json_decref(answer);
		return NULL;
	}
	return answer;
}

/* Who asks may say in which language the sentences of the answer are to be. */
static enum ph_speak speak_for(const json_t *request)
{
	return ph_speak(ph_speak_named(ph_request_text(request, "language")));
}

/* What becomes of REQUEST by ACT, as an answer. NULL: no memory. */
static json_t *answer_in_words(ph_hub_command_fn *act, struct ph_hub *hub,
			       const json_t *request)
{
	struct ph_error err = { .exit = PH_EXIT_DONE };
	uint64_t shortages = ph_json_shortages();
	json_t *answer = json_object();
	int rc;

	if (!answer) {
		return NULL;
	}
	rc = act(hub, request, answer, &err);
	if (rc == 0) {
		rc = finish(answer, PH_EXIT_DONE);
	}
	if (rc == 0 && ph_json_shortages() != shortages) {
		rc = -ENOMEM; /* something that it should have is not in it */
	}
	if (rc < 0) {
		json_decref(answer);
		answer = refusal(rc, &err);
	}
	return answer;
}

static json_t *answer_by(ph_hub_command_fn *act, struct ph_hub *hub,
			 const json_t *request)
{
	enum ph_speak before = speak_for(request);
	json_t *answer = answer_in_words(act, hub, request);

	(void)ph_speak(before);
	return answer;
}

json_t *ph_hub_command(struct ph_hub *hub, const json_t *request)
{
	ph_hub_room_look(hub);
	return answer_by(run, hub, request);
}

/* --- for hub_look.c --- */

bool ph_hub_command_sees(const char *command)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(command, commands[i].name) == 0) {
			return sees((int)i);
		}
	}
	return false;
}

int ph_hub_command_ready(struct ph_hub *hub, const json_t *request, json_t **refusal_out)
{
	struct ph_error err = { .exit = PH_EXIT_DONE };
	enum ph_speak before = speak_for(request);
	int i, rc;

	ph_hub_room_look(hub);
	i = find(request, &err);
	rc = i < 0 ? i : ready(hub, i, &err);
	if (rc < 0) {
		*refusal_out = refusal(rc, &err);
	}
	(void)ph_speak(before);
	return rc;
}

json_t *ph_hub_command_see(struct ph_hub *view, const json_t *request)
{
	return answer_by(see, view, request);
}

json_t *ph_hub_command_failed(int rc)
{
	struct ph_error err = { .exit = PH_EXIT_DONE };

	return refusal(rc, &err);
}
