/*
 * daemon/cmd_cut.c - packhorsed devices retire, cut, adopt, invite cancel, void: what takes
 * something away, or gives it back. Most of it an operator signs.
 */
#include "daemon/cmd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/cli/export.h"
#include "common/cli/out.h"
#include "common/cli/secret_file.h"
#include "common/cli/value_words.h"
#include "common/log/cert.h"
#include "daemon/act.h"

/* ASK with the text MEMBER from the first word, and --reason if it is given. */
static json_t *request_of(const struct ph_cli *cli, const char *command,
			  const char *member, struct ph_error *err)
{
	json_t *request = ph_request(command);
	int rc = request ? ph_request_set(request, member, cli->args[0], err) : -ENOMEM;

	rc = rc != 0 ? rc
		     : ph_request_set(request, "reason", ph_cli_get(cli, "reason"), err);
	if (rc < 0) {
		json_decref(request);
		(void)ph_fail_errno(err, rc, command);
		return NULL;
	}
	return request;
}

static int run_retire(struct ph_cli *cli, struct ph_error *err)
{
	json_t *request = request_of(cli, "device-retire", "device", err);

	return request ? ph_act(cli, request, "device-retire", err) : -EINVAL;
}

/* Of a device with more logs than one cut names: that some of them count for nothing, and what helps. */
static void tell_apart(const json_t *answer)
{
	json_int_t logs = json_integer_value(json_object_get(answer, "logs_apart"));
	json_int_t branches =
		json_integer_value(json_object_get(answer, "branches_apart"));

	if (logs > 0) {
		fprintf(stderr,
			ph_say("%lld %s for nothing until `packhorsed adopt LOG`: one "
			       "cut names 64, and keeps those that came first. "
			       "`packhorsed cases --kind after-cut` has them\n",
			       "%lld %s không được tính cho đến khi `packhorsed adopt "
			       "LOG`: một lệnh ngừng nêu được 64 và giữ những gì đến "
			       "trước. `packhorsed cases --kind after-cut` nêu chúng\n"),
			(long long)logs,
			ph_say_n((uint64_t)logs, "of its logs counts",
				 "of its logs count", "nhật ký của máy"));
	}
	if (branches > 0) {
		fprintf(stderr,
			ph_say("%lld %s only up to the fork until `packhorsed adopt "
			       "LOG`\n",
			       "%lld %s chỉ được tính đến chỗ rẽ nhánh cho đến khi "
			       "`packhorsed adopt LOG`\n"),
			(long long)branches,
			ph_say_n((uint64_t)branches, "branch of its logs counts",
				 "branches of its logs count each",
				 "nhánh nhật ký của máy"));
	}
}

/* What was done, whose data that device had, and what of it is apart at once. */
static int cut(struct ph_cli *cli, json_t *request, struct ph_error *err)
{
	json_t *answer;
	json_t *item;
	size_t i;
	int rc = ph_act_ask(cli, request, "device-cut", &answer, err);

	if (rc < 0 || cli->json) {
		return rc < 0 ? rc : ph_out_json(answer);
	}
	json_array_foreach(json_object_get(answer, "entries"), i, item)
	{
		ph_act_tell(cli, item);
	}
	if (!cli->plain) {
		json_int_t readers =
			json_integer_value(json_object_get(answer, "readers_held"));

		fprintf(stderr,
			ph_say("it had the data of %lld %s, as far as it had "
			       "called; "
			       "`packhorsed devices held %s --names` lists them, so that "
			       "they "
			       "can be told. What it had read cannot be called back\n",
			       "máy đó có dữ liệu của %lld %s, tính đến lần liên "
			       "lạc cuối; "
			       "`packhorsed devices held %s --names` liệt kê để báo cho "
			       "họ. "
			       "Không thể thu hồi những gì máy đã đọc\n"),
			(long long)readers,
			ph_say_n((uint64_t)readers, "reader", "readers", "bạn đọc"),
			cli->args[0]);
		tell_apart(answer);
	}
	json_decref(answer);
	return ph_out_flush(
		ph_say("saved, do not enter it again; ", "đã lưu, đừng nhập lại; "), err);
}

static int run_cut(struct ph_cli *cli, struct ph_error *err)
{
	json_t *request;
	json_t *list;

	if (!ph_cli_has(cli, "reason")) {
		return ph_cli_usage(cli, err,
				    ph_say("--reason is needed", "cần có --reason"));
	}
	request = request_of(cli, "device-cut", "device", err);
	if (!request) {
		return -EINVAL;
	}
	list = json_array();
	for (unsigned i = 0; i < cli->n_set; i++) {
		if (strcmp(cli->set[i].name, "at") == 0) {
			json_t *at = json_string(cli->set[i].value);

			if (json_array_append_new(list, at) != 0) {
				json_decref(list);
				list = NULL; /* without it the cut is elsewhere */
			}
		}
	}
	ph_request_put(&request, "at", list);
	return cut(cli, request, err);
}

static int run_adopt(struct ph_cli *cli, struct ph_error *err)
{
	json_t *request = request_of(cli, "log-adopt", "log", err);

	return request ? ph_act(cli, request, "log-adopt", err) : -EINVAL;
}

/* The id of the invite in the file PATH, as `invite --out` has written it. */
static int id_in_file(const char *path, char out[static 2 * PH_INVITE_ID_SIZE + 1],
		      struct ph_error *err)
{
	struct ph_invite_bundle bundle = { 0 };
	struct ph_buf text = { 0 };
	int rc = ph_secret_file_read(path, ph_say("the argument", "tham số"),
				     2 * PH_INVITE_MAX, &text, err);

	rc = rc < 0 ? rc : ph_invite_parse(ph_buf_view(&text), &bundle, err);
	if (rc == 0) {
		ph_hex(out, bundle.invite.id, sizeof(bundle.invite.id));
		ph_invite_bundle_deinit(&bundle);
	}
	ph_buf_wipe(&text);
	return rc < 0 ? ph_fail_errno(err, rc, path) : 0;
}

/* What was done, and that the hub knows of no such invite, if it does not. */
static int cancel(struct ph_cli *cli, json_t *request, struct ph_error *err)
{
	json_t *answer;
	int rc = ph_act_ask(cli, request, "invite-cancel", &answer, err);

	if (rc < 0 || cli->json) {
		return rc < 0 ? rc : ph_out_json(answer);
	}
	ph_act_tell(cli, json_array_get(json_object_get(answer, "entries"), 0));
	if (json_is_false(json_object_get(answer, "made_here"))) {
		fprintf(stderr, "%s\n",
			ph_say("it is not one that this hub knows, as none is that was "
			       "made after the backup a hub was restored from; if there "
			       "is such an invite, it lets nobody in any more",
			       "hub không biết thư mời này, như mọi thư mời làm sau bản "
			       "sao lưu đã dùng để khôi phục hub; nếu có thư mời như "
			       "vậy thì nó không còn cho ai vào nữa"));
	}
	json_decref(answer);
	return ph_out_flush(
		ph_say("saved, do not enter it again; ", "đã lưu, đừng nhập lại; "), err);
}

static int run_cancel(struct ph_cli *cli, struct ph_error *err)
{
	const char *given = cli->args[0];
	char id[2 * PH_INVITE_ID_SIZE + 1];
	json_t *request;
	int rc = 0;

	/* what is no id goes no further: it may be the invite itself */
	if (given[strspn(given, "0123456789abcdef")] == '\0') {
		request = request_of(cli, "invite-cancel", "invite", err);
		return request ? cancel(cli, request, err) : -EINVAL;
	}
	rc = id_in_file(given, id, err);
	if (rc < 0) {
		return rc;
	}
	request = ph_request("invite-cancel");
	ph_request_put(&request, "invite", json_string(id));
	return cancel(cli, request, err);
}

static int run_void(struct ph_cli *cli, struct ph_error *err)
{
	json_t *object = json_pack("{s:s}", "kind", "void");
	json_t *request = ph_request("record");
	int rc = object && request ? ph_request_set(object, "target", cli->args[0], err)
				   : -ENOMEM;

	rc = rc != 0 ? rc
		     : ph_request_set(object, "reason", ph_cli_get(cli, "reason"), err);
	if (rc < 0) {
		json_decref(object);
		json_decref(request);
		return ph_fail_errno(err, rc, ph_say("voiding", "hủy"));
	}
	ph_request_put(&request, "entries", json_pack("[o]", object));
	return ph_act(cli, request, "void", err);
}

/* --- invites --- */

/* TEXT of the column NAME, for people. */
static const char *invite_word(const char *name, const char *text)
{
	return ph_value_say(strcmp(name, "state") == 0 ? "invite-state" : name, text);
}

static int run_invites(struct ph_cli *cli, struct ph_error *err)
{
	static const char *const columns[] = { "invite",  "site",  "role",  "issued",
					       "expires", "state", "device" };
	struct ph_table *table;
	json_t *answer;
	json_t *item;
	size_t i;
	int rc = ph_ask(cli, ph_request("invite-list"), &answer, err);

	if (rc < 0) {
		return rc;
	}
	if (cli->json) {
		return ph_out_json(answer);
	}
	table = ph_table_new(columns, 7, cli->plain);
	json_array_foreach(json_object_get(answer, "invites"), i, item)
	{
		for (size_t c = 0; c < 7; c++) {
			const char *text =
				json_string_value(json_object_get(item, columns[c]));

			text = text ? text : "";
			if (c == 0 || c == 6) {
				ph_table_cellf(table, "%.8s", text);
			} else {
				ph_table_cell(table,
					      cli->plain ? text
							 : invite_word(columns[c], text));
			}
		}
	}
	rc = ph_table_print(table, stdout);
	ph_table_free(table);
	json_decref(answer);
	return rc;
}

/* --- the commands --- */

static const struct ph_cli_option retire_options[] = {
	{ "reason", "R", "replaced, broken, closed, lost or other" },
	{ 0 },
};
static const struct ph_cli_option cut_options[] = {
	{ "reason", "R", "stolen, lost, misuse or other" },
	{ "at", "LOG:N",
	  "this log counts only up to its entry N; may stand several times" },
	PH_ACT_OPERATOR,
	{ 0 },
};
static const struct ph_cli_option look_options[] = { PH_EXPORT_OPTIONS, { 0 } };
static const struct ph_cli_option operator_options[] = {
	PH_ACT_OPERATOR,
	{ 0 },
};
static const struct ph_cli_option void_options[] = {
	{ "reason", "R", "mistake, duplicate, test or other" },
	PH_ACT_OPERATOR,
	{ 0 },
};

const struct ph_cli_command ph_cmds_cut[] = {
	{ "devices retire", "Setting up", "DEVICE", 1, 1,
	  "a device is to be used no more; what it wrote counts\n"
	  "DEVICE is how its id begins, as `devices` shows it.",
	  retire_options, run_retire, NULL },
	{ "cut", "Setting up", "DEVICE --reason R", 1, 1,
	  "what a device wrote counts only as far as it is here now\n"
	  "What comes later is kept, and counts only if it is adopted. An operator signs "
	  "it.",
	  cut_options, run_cut, NULL },
	{ "adopt", "Setting up", "LOG[:N]", 1, 1,
	  "entries beyond a cut count after all\n"
	  "LOG is how the log's id begins; up to entry N, or all that is here. An "
	  "operator\n"
	  "signs it; `void` takes it back.",
	  operator_options, run_adopt, NULL },
	{ "invite list", "Setting up", "", 0, 0,
	  "the invites that were made, and what became of them", look_options,
	  run_invites, NULL },
	{ "invite cancel", "Setting up", "ID|FILE", 1, 1,
	  "an invite that was not used yet lets nobody in any more\n"
	  "ID is how it begins in `invite list`; of one that is not there, since the hub "
	  "was\n"
	  "restored, the whole of it. FILE has the invite. An operator signs it.",
	  operator_options, run_cancel, NULL },
	{ "void", "Scripts", "REF", 1, 1,
	  "one entry is to count no more\n"
	  "What an operator signed, only an operator voids.",
	  void_options, run_void, NULL },
	{ 0 },
};
