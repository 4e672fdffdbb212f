/*
 * daemon/cmd_account.c - packhorsed account: who may use the hub's API.
 *
 * A password comes from standard input or a file, is hashed here, and only its hash goes
 * to the hub: so the daemon never sees it, and its store never waits for Argon2id. A token
 * is made here and shown once; the hub gets its hash.
 */
#include "daemon/cmd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/cli/export.h"
#include "common/cli/out.h"
#include "common/cli/secret_line.h"
#include "daemon/account_kept.h"
#include "daemon/ask.h"

/* --- asking --- */

/* A request about the account that is the first word; NULL with ERR. */
static json_t *request_for(const struct ph_cli *cli, const char *command,
			   struct ph_error *err)
{
	json_t *request = ph_request(command);

	if (ph_account_name_check(cli->args[0], err) < 0 ||
	    ph_request_set(request, "name", cli->args[0], err) < 0) {
		json_decref(request);
		return NULL;
	}
	return request;
}

/* Ask; say WORDS, in which %s is the account, or print the answer for scripts. */
static int ask_and_tell(const struct ph_cli *cli, json_t *request, const char *words,
			struct ph_error *err)
{
	json_t *answer;
	int rc = ph_ask(cli, request, &answer, err);

	if (rc < 0) {
		return rc;
	}
	if (cli->json || cli->plain) {
		return ph_out_script(cli->json, answer);
	}
	json_decref(answer);
	fprintf(stderr, "%s: %s\n", cli->args[0], words);
	return PH_EXIT_DONE;
}

/* --- passwords --- */

static int read_password(const struct ph_cli *cli, struct ph_buf *out,
			 struct ph_error *err)
{
	int rc;

	if (ph_cli_has(cli, "password-file")) {
		return ph_cmd_passphrase_of(cli, "password-file", out, err);
	}
	rc = ph_secret_line(ph_say("password:", "mật khẩu:"), out, err);
	return rc < 0 ? rc
		      : ph_secret_line_again(ph_say("once more:", "nhập lại:"), out, err);
}

static int set_password(const struct ph_cli *cli, json_t *request, struct ph_error *err)
{
	char hash[crypto_pwhash_STRBYTES];
	struct ph_buf typed = { 0 };
	struct ph_buf password = { 0 };
	int rc = read_password(cli, &typed, err);

	rc = rc < 0 ? rc : ph_password_take(ph_buf_view(&typed), &password, err);
	rc = rc < 0 ? rc : ph_password_hash(ph_buf_view(&password), hash);
	if (rc == 0 && json_object_set_new(request, "password", json_string(hash)) != 0) {
		rc = -ENOMEM;
	}
	ph_buf_wipe(&typed);
	ph_buf_wipe(&password);
	return rc < 0 ? ph_fail_errno(err, rc,
				      ph_say("taking the password", "nhận mật khẩu"))
		      : 0;
}

static int run_add(struct ph_cli *cli, struct ph_error *err)
{
	const char *role = ph_cli_get(cli, "role");
	enum ph_role parsed;
	json_t *request;
	int rc;

	if (ph_role_parse(role, &parsed) < 0) {
		return ph_cli_usage(cli, err,
				    ph_say("--role viewer, operator or admin is needed",
					   "cần có --role viewer, operator hoặc admin"));
	}
	request = request_for(cli, "account-add", err);
	if (!request) {
		return -EINVAL;
	}
	rc = ph_request_set(request, "role", role, err);
	rc = rc < 0 ? rc : set_password(cli, request, err);
	if (rc < 0) {
		json_decref(request);
		return rc;
	}
	return ask_and_tell(cli, request, ph_say("added", "đã thêm"), err);
}

static int run_password(struct ph_cli *cli, struct ph_error *err)
{
	json_t *request = request_for(cli, "account-password", err);
	int rc = request ? set_password(cli, request, err) : -EINVAL;

	if (rc < 0) {
		json_decref(request);
		return rc;
	}
	return ask_and_tell(cli, request,
			    ph_say("another password; its sessions are over, its tokens "
				   "are as before",
				   "đã đổi mật khẩu; các phiên đã kết thúc, các mã vẫn "
				   "như trước"),
			    err);
}

static int run_role(struct ph_cli *cli, struct ph_error *err)
{
	json_t *request = request_for(cli, "account-role", err);
	int rc = request ? ph_request_set(request, "role", cli->args[1], err) : -EINVAL;

	if (rc < 0) {
		json_decref(request);
		return rc;
	}
	return ask_and_tell(cli, request, cli->args[1], err);
}

static int run_remove(struct ph_cli *cli, struct ph_error *err)
{
	json_t *request = request_for(cli, "account-remove", err);

	return request ? ask_and_tell(cli, request,
				      ph_say("removed, its sessions and tokens too",
					     "đã xóa, cùng các phiên và mã"),
				      err)
		       : -EINVAL;
}

/* --- tokens --- */

static int print_token(const struct ph_cli *cli, json_t *answer, const char *text)
{
	if (cli->json || cli->plain) {
		if (json_object_set_new(answer, "bearer", json_string(text)) != 0) {
			json_decref(answer);
			return -ENOMEM;
		}
		return ph_out_script(cli->json, answer);
	}
	printf("%s\n", text);
	fprintf(stderr,
		ph_say("that is the token %s of %s; it is not shown again, and good "
		       "until "
		       "`account revoke %s %s`\n",
		       "đó là mã %s của %s; mã không hiện lại, và dùng được cho đến khi "
		       "`account revoke %s %s`\n"),
		json_string_value(json_object_get(answer, "token")), cli->args[0],
		cli->args[0], json_string_value(json_object_get(answer, "token")));
	json_decref(answer);
	return PH_EXIT_DONE;
}

static int run_token(struct ph_cli *cli, struct ph_error *err)
{
	json_t *request = request_for(cli, "account-token", err);
	char hex[2 * PH_BEARER_HASH_SIZE + 1];
	uint8_t hash[PH_BEARER_HASH_SIZE];
	char text[PH_BEARER_SIZE];
	json_t *answer;
	int rc = request ? ph_request_set(request, "label", ph_cli_get(cli, "for"), err)
			 : -EINVAL;

	if (rc < 0) {
		json_decref(request);
		return rc;
	}
	ph_bearer_make(&ph_rng_system, PH_BEARER_TOKEN, text);
	(void)ph_bearer_hash(ph_view_str(text), hash, NULL);
	ph_hex(hex, hash, sizeof(hash));
	ph_request_put(&request, "hash", json_string(hex));
	rc = ph_ask(cli, request, &answer, err);
	rc = rc < 0 ? rc : print_token(cli, answer, text);
	sodium_memzero(text, sizeof(text));
	return rc;
}

static int run_revoke(struct ph_cli *cli, struct ph_error *err)
{
	json_t *request = request_for(cli, "account-revoke", err);
	int rc = request ? ph_request_set(request, "token", cli->args[1], err) : -EINVAL;

	if (rc < 0) {
		json_decref(request);
		return rc;
	}
	return ask_and_tell(
		cli, request,
		ph_say("the token opens nothing any more", "mã không còn dùng được"),
		err);
}

/* --- looking --- */

static const char *text_of(const json_t *item, const char *name)
{
	return json_string_value(json_object_get(item, name));
}

static int print_list(const struct ph_cli *cli, const json_t *answer)
{
	static const char *const columns[] = { "name",  "role", "added", "password",
					       "token", "for",  "made" };
	struct ph_table *table = ph_table_new(columns, 7, cli->plain);
	const json_t *account;
	size_t i;
	int rc;

	json_array_foreach(json_object_get(answer, "accounts"), i, account)
	{
		const json_t *tokens = json_object_get(account, "tokens");
		size_t rows = json_array_size(tokens) > 0 ? json_array_size(tokens) : 1;

		for (size_t t = 0; t < rows; t++) {
			const json_t *token = json_array_get(tokens, t);

			ph_table_cell(table, text_of(account, "name"));
			ph_table_cell(table, text_of(account, "role"));
			ph_table_cell(table, text_of(account, "added"));
			ph_table_cell(table, text_of(account, "password_changed"));
			ph_table_cell(table, token ? text_of(token, "token") : "");
			ph_table_cell(table, token ? text_of(token, "for") : "");
			ph_table_cell(table, token ? text_of(token, "made") : "");
		}
	}
	rc = ph_table_print(table, stdout);
	ph_table_free(table);
	return rc;
}

static int run_list(struct ph_cli *cli, struct ph_error *err)
{
	json_t *answer;
	int rc = ph_ask(cli, ph_request("account-list"), &answer, err);

	if (rc < 0) {
		return rc;
	}
	if (cli->json) {
		return ph_out_json(answer);
	}
	rc = print_list(cli, answer);
	json_decref(answer);
	return rc;
}

/* --- the table --- */

#define PASSWORD                                                                         \
	{                                                                                \
		"password-file", "F",                                                    \
			"its first line is the password (default: "                      \
			"standard input)"                                                \
	}

static const struct ph_cli_option add_options[] = {
	{ "role", "R", "viewer, operator or admin" },
	PASSWORD,
	{ 0 },
};
static const struct ph_cli_option password_options[] = { PASSWORD, { 0 } };
static const struct ph_cli_option token_options[] = {
	{ "for", "TEXT", "what it is for, to know it again" },
	{ 0 },
};

static const struct ph_cli_option list_options[] = { PH_EXPORT_OPTIONS, { 0 } };

const struct ph_cli_command ph_cmds_account[] = {
	{ "account add", "Accounts", "NAME", 1, 1,
	  "let a person use the hub's API\n"
	  "The password is read from standard input, or a file. A viewer looks, an "
	  "operator "
	  "changes,\n"
	  "an admin may all.",
	  add_options, run_add, NULL },
	{ "account list", "Accounts", "", 0, 0, "all accounts, and the tokens of each",
	  list_options, run_list, NULL },
	{ "account role", "Accounts", "NAME viewer|operator|admin", 2, 2,
	  "give an account another role, at once", NULL, run_role, NULL },
	{ "account password", "Accounts", "NAME", 1, 1,
	  "another password; sessions that began with the old one end", password_options,
	  run_password, NULL },
	{ "account remove", "Accounts", "NAME", 1, 1,
	  "take an account away, with its sessions and tokens", NULL, run_remove, NULL },
	{ "account token", "Accounts", "NAME", 1, 1,
	  "a token for scripts, which may what the account may\n"
	  "It is shown once, and good until it is revoked.",
	  token_options, run_token, NULL },
	{ "account revoke", "Accounts", "NAME TOKEN", 2, 2,
	  "a token is good no more\n"
	  "TOKEN is what `account list` shows.",
	  NULL, run_revoke, NULL },
	{ 0 },
};
