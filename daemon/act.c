/*
 * daemon/act.c - commands that make the hub write.
 *
 * The operator's key is opened in this process only, and only when the hub has looked at
 * all else: a request that is refused never costs the passphrase. What is signed is what
 * the person asked for as far as this process can see: an entry of that kind, and it is
 * shown before it is signed.
 */
#include "daemon/act.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "common/base/json_memory.h"
#include "common/cli/out.h"
#include "common/log/json.h"
#include "common/log/operator.h"
#include "daemon/cmd.h"

#define TRIES 3 /* while others write */

int ph_act_key_path(const struct ph_cli *cli, const char *name,
		    char out[static PH_ACT_PATH_MAX], struct ph_error *err)
{
	char file[64];
	size_t len = name ? strlen(name) : 0;

	if (name && strchr(name, '/')) {
		return len < PH_ACT_PATH_MAX ? (memcpy(out, name, len + 1), 0)
					     : ph_fail_errno(err, -ENAMETOOLONG, name);
	}
	if (name && (len < 1 || len > 32 ||
		     strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != len)) {
		return ph_fail(
			err, PH_EXIT_USAGE, -EINVAL,
			ph_say("\"%s\" is no name of an operator: 1 to 32 letters a to "
			       "z, digits and hyphens, or a file with a slash in it",
			       "“%s” không phải là tên người vận hành: 1 đến 32 chữ a "
			       "đến z, chữ số và dấu gạch nối, hoặc một tệp có dấu gạch "
			       "chéo"),
			name);
	}
	snprintf(file, sizeof(file), "keys/operator%s%s", name ? "-" : "",
		 name ? name : "");
	return ph_path_join(out, PH_ACT_PATH_MAX, cli->dir, file, err);
}

struct key_names {
	const struct ph_cli *cli;
	char text[160]; /* as --operator takes them, a comma between */
};

/* A name of which there is no room is left out: there are few operators. */
static int note_key(void *data, const char *file)
{
	struct key_names *names = data;
	size_t len = strlen(names->text);
	char path[PH_ACT_PATH_MAX];
	const char *name = file + sizeof("operator-") - 1;

	if (strncmp(file, "operator-", sizeof("operator-") - 1) == 0 &&
	    ph_act_key_path(names->cli, name, path, NULL) == 0 &&
	    len + strlen(name) + 3 < sizeof(names->text)) {
		snprintf(names->text + len, sizeof(names->text) - len, "%s%s",
			 len > 0 ? ", " : "", name);
	}
	return 0;
}

/* Whoever lost the only key has another one since, and under another name. */
static int check_key(const struct ph_cli *cli, const char *path, struct ph_error *err)
{
	struct key_names names = { .cli = cli };
	struct ph_file_info info;
	char folder[PH_ACT_PATH_MAX];
	int rc = ph_file_info(path, &info) == -ENOENT
			 ? ph_path_join(folder, sizeof(folder), cli->dir, "keys", err)
			 : 1;

	if (rc != 0) {
		return rc < 0 ? rc : 0;
	}
	rc = ph_dir_list(folder, note_key, &names);
	if (rc < 0 && rc != -ENOENT) {
		return ph_fail_errno(err, rc, folder);
	}
	return names.text[0]
		       ? ph_fail(err, PH_EXIT_OTHER, -ENOENT,
				 ph_say("no operator's key at %s: name one with "
					"`--operator NAME` (%s)",
					"không có khóa người vận hành ở %s: hãy nêu khóa "
					"bằng `--operator NAME` (%s)"),
				 path, names.text)
		       : ph_fail(err, PH_EXIT_OTHER, -ENOENT,
				 ph_say("no operator's key at %s: put a copy of it "
					"there, or say where one is with `--operator "
					"FILE`. If there is none: DRILLS, \"A key is "
					"lost\"",
					"không có khóa người vận hành ở %s: hãy đặt bản "
					"sao của nó vào đó, hoặc chỉ chỗ có nó bằng "
					"`--operator FILE`. Nếu không còn bản nào: "
					"DRILLS, \"A key is lost\""),
				 path);
}

int ph_act_unlock(const struct ph_cli *cli, struct ph_sign_pair *pair,
		  struct ph_error *err)
{
	struct ph_buf passphrase = { 0 };
	char path[PH_ACT_PATH_MAX];
	int rc = ph_act_key_path(cli, ph_cli_get(cli, "operator"), path, err);

	rc = rc < 0 ? rc : check_key(cli, path, err);
	rc = rc < 0 ? rc : ph_cmd_passphrase(cli, &passphrase, err);
	if (rc == 0) {
		rc = ph_locked_key_load(pair, path, ph_buf_view(&passphrase), err);
	}
	ph_buf_wipe(&passphrase);
	return rc;
}

/* --- signing --- */

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

/* What the hub gives to be signed. */
struct order {
	struct ph_buf bytes;
	struct ph_entry entry; /* borrows bytes */
	uint8_t log_id[PH_LOG_ID_SIZE];
	uint64_t n;
};

static int read_order(const json_t *sign, const char *kind, struct order *order,
		      struct ph_error *err)
{
	const char *hex = text_of(sign, "entry");
	const char *log = text_of(sign, "log");
	json_int_t n = json_integer_value(json_object_get(sign, "n"));
	size_t len = strlen(hex) / 2;
	int rc = ph_buf_reserve(&order->bytes, len + 1);

	if (rc < 0) {
		return rc;
	}
	order->bytes.len = len;
	order->n = (uint64_t)n;
	if (n < 1 || ph_unhex(order->bytes.data, len, hex, strlen(hex)) != 0 ||
	    ph_unhex(order->log_id, sizeof(order->log_id), log, strlen(log)) != 0) {
		return ph_fail(err, PH_EXIT_OTHER, -EBADMSG,
			       ph_say("the hub gave something to sign that is no entry",
				      "máy chủ đưa ký một thứ không phải là giao dịch"));
	}
	rc = ph_entry_decode(ph_buf_view(&order->bytes), &order->entry);
	if (rc != 0 || strcmp(order->entry.kind->name, kind) != 0) {
		return rc < 0 ? rc
			      : ph_fail(err, PH_EXIT_OTHER, -EBADMSG,
					ph_say("the hub gave something else to sign than "
					       "the %s that was asked for; nothing was "
					       "signed",
					       "máy chủ đưa ký thứ khác với %s đã yêu "
					       "cầu; chưa ký gì"),
					kind);
	}
	return 0;
}

static int show_order(const struct ph_cli *cli, const struct order *order)
{
	json_t *shows = ph_entry_to_json(&order->entry);
	char *text;

	json_object_del(shows, "stamp"); /* there is none before it is written */
	json_object_del(shows, "time");
	text = shows ? ph_json_dumps(shows, JSON_COMPACT) : NULL;
	if (text) {
		fprintf(stderr, "%s: %s: %s\n", cli->program->name,
			ph_say("signing", "ký"), text);
	}
	free(text);
	json_decref(shows);
	return text ? 0 : -ENOMEM;
}

/* The request that brings ORDER back, signed. */
static json_t *signed_request(const json_t *sign, const struct order *order,
			      const struct ph_sign_pair *pair, struct ph_error *err)
{
	uint8_t sig[PH_OPERATOR_SIZE];
	char hex[2 * PH_OPERATOR_SIZE + 1];

	if (ph_operator_sign(&order->entry, order->log_id, order->n, pair, sig, err) <
	    0) {
		return NULL;
	}
	ph_hex(hex, sig, sizeof(sig));
	return json_pack("{s:s, s:s, s:I, s:s, s:s}", "command", "operator-put", "log",
			 text_of(sign, "log"), "n", (json_int_t)order->n, "entry",
			 text_of(sign, "entry"), "operator", hex);
}

static int sign(const struct ph_cli *cli, const json_t *given, const char *kind,
		struct ph_act_key *key, json_t **answer_out, struct ph_error *err)
{
	struct order order = { 0 };
	json_t *request = NULL;
	int rc = read_order(given, kind, &order, err);

	/* shown each time: what the hub says on a second try may be another order */
	rc = rc == 0 ? show_order(cli, &order) : rc;
	if (rc == 0 && !key->opened) {
		rc = ph_act_unlock(cli, &key->pair, err);
		key->opened = rc == 0;
	}
	if (rc == 0) {
		request = signed_request(given, &order, &key->pair, err);
		rc = request ? ph_ask(cli, request, answer_out, err) : -ENOMEM;
	}
	ph_buf_deinit(&order.bytes);
	return rc;
}

int ph_act_show(const struct ph_cli *cli, const json_t *given, const char *kind,
		struct ph_error *err)
{
	struct order order = { 0 };
	int rc = read_order(given, kind, &order, err);

	rc = rc != 0 ? rc : show_order(cli, &order);
	ph_buf_deinit(&order.bytes);
	return rc;
}

int ph_act_sign(const json_t *given, const char *kind, const struct ph_sign_pair *pair,
		char hex_out[static 2 * PH_OPERATOR_SIZE + 1], struct ph_error *err)
{
	uint8_t sig[PH_OPERATOR_SIZE];
	struct order order = { 0 };
	int rc = read_order(given, kind, &order, err);

	rc = rc != 0 ? rc
		     : ph_operator_sign(&order.entry, order.log_id, order.n, pair, sig,
					err);
	if (rc == 0) {
		ph_hex(hex_out, sig, sizeof(sig));
	}
	ph_buf_deinit(&order.bytes);
	return rc;
}

static const json_t *order_in(const json_t *answer)
{
	const json_t *entries = json_object_get(answer, "entries");

	return json_object_get(json_array_get(entries, 0), "sign");
}

/* The members of ANSWER that tell more than what was written stay in *SIGNED_OUT. */
static void keep_words(const json_t *answer, json_t *written)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)answer, name, value)
	{
		if (!json_object_get(written, name)) {
			json_object_set(written, name, value);
		}
	}
}

int ph_act_ask_by(const struct ph_cli *cli, struct ph_act_key *key, json_t *request,
		  const char *kind, json_t **answer_out, struct ph_error *err)
{
	json_t *answer = NULL;
	json_t *written = NULL;
	int rc = 0;

	for (int i = 0; i < TRIES && !written; i++) {
		struct ph_error wrong = { .exit = PH_EXIT_DONE };

		json_decref(answer);
		answer = NULL;
		rc = ph_ask(cli, json_incref(request), &answer, err);
		if (rc < 0 || !order_in(answer)) {
			break;
		}
		rc = sign(cli, order_in(answer), kind, key, &written, &wrong);
		if (rc < 0 && (wrong.exit != PH_EXIT_TRY_LATER || i + 1 == TRIES)) {
			rc = wrong.exit != PH_EXIT_DONE
				     ? ph_fail(err, wrong.exit, rc, "%s", wrong.text)
				     : rc;
			break;
		}
	}
	json_decref(request);
	if (rc == 0 && written) {
		keep_words(answer, written);
		json_decref(answer);
		answer = written;
	}
	if (rc < 0) {
		json_decref(answer);
		return ph_fail_errno(err, rc, kind);
	}
	*answer_out = answer;
	return 0;
}

int ph_act_ask(const struct ph_cli *cli, json_t *request, const char *kind,
	       json_t **answer_out, struct ph_error *err)
{
	struct ph_act_key key = { 0 };
	int rc = ph_act_ask_by(cli, &key, request, kind, answer_out, err);

	ph_sign_pair_wipe(&key.pair);
	return rc;
}

/* --- telling --- */

void ph_act_tell(const struct ph_cli *cli, const json_t *item)
{
	bool known = json_is_true(json_object_get(item, "known"));

	if (cli->plain) {
		printf("%s\t%s\t%s\t%s\n", text_of(item, "kind"), text_of(item, "ref"),
		       text_of(item, "log"), known ? "known" : "unknown");
		return;
	}
	printf("%s ✓ %s %s%s\n", ph_say("saved", "đã lưu"), text_of(item, "kind"),
	       text_of(item, "ref"),
	       known ? "" : ph_say("  (not known here)", "  (chưa có ở đây)"));
}

int ph_act_print(const struct ph_cli *cli, json_t *answer, struct ph_error *err)
{
	json_t *item;
	size_t i;
	int rc = 0;

	if (cli->json) {
		rc = ph_out_json(answer);
	} else {
		json_array_foreach(json_object_get(answer, "entries"), i, item)
		{
			ph_act_tell(cli, item);
		}
		json_decref(answer);
	}
	return rc < 0 && rc != PH_OUT_LOST
		       ? rc
		       : ph_out_flush(ph_say("saved, do not enter it again; ",
					     "đã lưu, đừng nhập lại; "),
				      err);
}

int ph_act(const struct ph_cli *cli, json_t *request, const char *kind,
	   struct ph_error *err)
{
	json_t *answer;
	int rc = ph_act_ask(cli, request, kind, &answer, err);

	return rc < 0 ? rc : ph_act_print(cli, answer, err);
}
