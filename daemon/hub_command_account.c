/*
 * daemon/hub_command_account.c - the hub's half of accounts: rows of `meta`, not of a log.
 *
 * Passwords and tokens do not come here: whoever asks has hashed them. What changes is
 * committed, and then told to the running daemon (daemon/accounts.h), whose sessions of an
 * account that is gone or has another password end by that.
 */
#include "common/base/say.h"
#include "daemon/hub_command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/json_memory.h"
#include "daemon/account_kept.h"
#include "daemon/hub_collect.h"

#define NAME_SIZE (sizeof(PH_HUB_META_ACCOUNT) + PH_ACCOUNT_NAME_MAX)

/* --- the rows --- */

static void row_name(char out[static NAME_SIZE], const char *name)
{
	snprintf(out, NAME_SIZE, PH_HUB_META_ACCOUNT "%s", name);
}

/* 0, PH_JOURNAL_E_NONE, -EUCLEAN or another negative errno. NAME was looked at. */
static int load(struct ph_hub *hub, const char *name, struct ph_account_kept *out)
{
	struct ph_buf bytes = { 0 };
	char row[NAME_SIZE];
	int rc;

	row_name(row, name);
	rc = ph_journal_meta_get(hub->journal, row, &bytes);
	rc = rc == 0 ? ph_account_kept_decode(name, ph_buf_view(&bytes), out) : rc;
	ph_buf_deinit(&bytes);
	return rc;
}

/* NULL ACCOUNT: it is no more. */
static int save(struct ph_hub *hub, const char *name,
		const struct ph_account_kept *account)
{
	json_t *json = account ? ph_account_kept_encode(account) : NULL;
	char *text = json ? ph_json_dumps(json, JSON_COMPACT) : NULL;
	char row[NAME_SIZE];
	int rc = text || !account ? ph_db_begin(hub->db) : -ENOMEM;

	row_name(row, name);
	if (rc == 0) {
		rc = text ? ph_journal_meta_put(hub->journal, row, ph_view_str(text))
			  : ph_journal_meta_drop(hub->journal, row);
	}
	/* so that an older store is known by it: accounts stand in no log */
	rc = rc < 0 ? rc
		    : ph_journal_meta_put_int(hub->journal, PH_HUB_META_ACCOUNTS,
					      hub->account_changes + 1);
	rc = rc < 0 ? rc : ph_db_commit(hub->db);
	if (rc < 0) {
		ph_db_rollback(hub->db);
	}
	hub->account_changes += rc == 0;
	free(text);
	json_decref(json);
	return rc;
}

struct gathered {
	struct ph_account_kept *list;
	size_t n;
};

static int gather(void *data, const char *name, struct ph_view value)
{
	struct gathered *gathered = data;
	struct ph_account_kept *list =
		realloc(gathered->list, (gathered->n + 1) * sizeof(*list));

	if (!list) {
		return -ENOMEM;
	}
	memset(&list[gathered->n], 0, sizeof(*list));
	gathered->list = list;
	return ph_account_kept_decode(name + strlen(PH_HUB_META_ACCOUNT), value,
				      &list[gathered->n++]);
}

/* All there are, in order of their names. The list is the caller's. */
static int load_all(struct ph_hub *hub, struct gathered *out)
{
	int rc = ph_journal_meta_each(hub->journal, PH_HUB_META_ACCOUNT, gather, out);

	if (rc < 0) {
		free(out->list);
		*out = (struct gathered){ 0 };
	}
	return rc;
}

static int tell(struct ph_hub *hub)
{
	struct gathered all = { 0 };
	int rc = hub->accounts ? load_all(hub, &all) : 0;

	if (rc == 0 && hub->accounts) {
		ph_accounts_set(hub->accounts, all.list, all.n);
	}
	return rc;
}

int ph_hub_accounts(struct ph_hub *hub, struct ph_accounts *accounts,
		    struct ph_error *err)
{
	int rc;

	hub->accounts = accounts;
	rc = tell(hub);
	return rc < 0 ? ph_fail_errno(err, rc,
				      ph_say("reading the accounts", "đọc các tài khoản"))
		      : 0;
}

/* Keep ACCOUNT (NULL: none) as NAME, and let it count. */
static int keep(struct ph_hub *hub, const char *name,
		const struct ph_account_kept *account, struct ph_error *err)
{
	int rc = save(hub, name, account);

	rc = rc < 0 ? rc : tell(hub);
	return rc < 0 ? ph_fail_errno(err, rc,
				      ph_say("keeping the account", "lưu tài khoản"))
		      : 0;
}

/* --- what is asked --- */

static const char *need_name(const json_t *request, struct ph_error *err)
{
	const char *name = ph_request_need(request, "name", err);

	return name && ph_account_name_check(name, err) == 0 ? name : NULL;
}

/* The account that REQUEST names. 0, or a negative errno with ERR. */
static int need_account(struct ph_hub *hub, const json_t *request,
			struct ph_account_kept *out, struct ph_error *err)
{
	const char *name = need_name(request, err);
	int rc = name ? load(hub, name, out) : -EINVAL;

	if (rc > 0) {
		return ph_fail(
			err, PH_EXIT_OTHER, -ENOENT,
			ph_say("there is no account \"%s\": packhorsed account list",
			       "không có tài khoản “%s”: packhorsed account list"),
			name);
	}
	return rc < 0 ? ph_fail_errno(err, rc,
				      ph_say("reading the account", "đọc tài khoản"))
		      : 0;
}

static int take_role(const json_t *request, enum ph_role *out, struct ph_error *err)
{
	const char *role = ph_request_need(request, "role", err);

	if (!role) {
		return -EINVAL;
	}
	return ph_role_parse(role, out) == 0
		       ? 0
		       : ph_fail(err, PH_EXIT_USAGE, -EINVAL,
				 ph_say("\"%s\" is not one of viewer, operator, admin",
					"“%s” không phải là viewer, operator hoặc admin"),
				 role);
}

static int take_password(const json_t *request, char out[static crypto_pwhash_STRBYTES],
			 struct ph_error *err)
{
	const char *hash = ph_request_need(request, "password", err);

	if (!hash) {
		return -EINVAL;
	}
	if (!ph_password_is_hash(hash)) {
		return ph_fail(
			err, PH_EXIT_USAGE, -EINVAL,
			ph_say("\"password\" is the password's hash, Argon2id with %d "
			       "passes and %d MiB; packhorsed account makes it",
			       "“password” là mã băm của mật khẩu, Argon2id với %d lượt "
			       "và %d MiB; packhorsed account tạo ra nó"),
			PH_PASSWORD_PASSES, PH_PASSWORD_MIB);
	}
	memset(out, 0, crypto_pwhash_STRBYTES);
	memcpy(out, hash, strlen(hash));
	return 0;
}

static int check_free(struct ph_hub *hub, const char *name, struct ph_error *err)
{
	struct gathered all = { 0 };
	int rc = load_all(hub, &all);
	bool is_there = false;

	for (size_t i = 0; i < all.n; i++) {
		is_there = is_there || strcmp(all.list[i].name, name) == 0;
	}
	if (rc < 0) {
		rc = ph_fail_errno(err, rc,
				   ph_say("reading the accounts", "đọc các tài khoản"));
	} else if (is_there) {
		rc = ph_fail(err, PH_EXIT_OTHER, -EEXIST,
			     ph_say("there is an account \"%s\" already: account role "
				    "and account password change it",
				    "đã có tài khoản “%s”: account role và account "
				    "password để thay đổi"),
			     name);
	} else if (all.n >= PH_ACCOUNTS_MAX) {
		rc = ph_fail(err, PH_EXIT_OTHER, -ENOSPC,
			     ph_say("there are %d accounts, and no room for more: remove "
				    "one first",
				    "đã có %d tài khoản, hết chỗ: hãy xóa một tài khoản "
				    "trước"),
			     PH_ACCOUNTS_MAX);
	}
	free(all.list);
	return rc;
}

int ph_hub_account_add(struct ph_hub *hub, const json_t *request, json_t *answer,
		       struct ph_error *err)
{
	const char *name = need_name(request, err);
	struct ph_account_kept account = { .added = ph_hub_now(hub) };
	int rc = name ? take_role(request, &account.role, err) : -EINVAL;

	(void)answer;
	rc = rc < 0 ? rc : take_password(request, account.password, err);
	rc = rc < 0 ? rc : check_free(hub, name, err);
	account.changed = account.added;
	return rc < 0 ? rc : keep(hub, name, &account, err);
}

int ph_hub_account_role(struct ph_hub *hub, const json_t *request, json_t *answer,
			struct ph_error *err)
{
	struct ph_account_kept account;
	int rc = need_account(hub, request, &account, err);

	(void)answer;
	rc = rc < 0 ? rc : take_role(request, &account.role, err);
	return rc < 0 ? rc : keep(hub, account.name, &account, err);
}

int ph_hub_account_password(struct ph_hub *hub, const json_t *request, json_t *answer,
			    struct ph_error *err)
{
	struct ph_account_kept account;
	int rc = need_account(hub, request, &account, err);

	(void)answer;
	rc = rc < 0 ? rc : take_password(request, account.password, err);
	account.changed = ph_hub_now(hub);
	return rc < 0 ? rc : keep(hub, account.name, &account, err);
}

int ph_hub_account_remove(struct ph_hub *hub, const json_t *request, json_t *answer,
			  struct ph_error *err)
{
	struct ph_account_kept account;
	int rc = need_account(hub, request, &account, err);

	json_object_set_new(answer, "tokens", json_integer(account.n_tokens));
	return rc < 0 ? rc : keep(hub, account.name, NULL, err);
}

/* --- tokens --- */

static void token_id(char out[static 2 * PH_TOKEN_ID_SIZE + 1],
		     const struct ph_account_token *token)
{
	ph_hex(out, token->hash, PH_TOKEN_ID_SIZE);
}

static int take_token(const json_t *request, struct ph_account_token *out,
		      struct ph_error *err)
{
	const char *hash = ph_request_need(request, "hash", err);
	const char *label = ph_request_text(request, "label");

	if (!hash || ph_unhex(out->hash, sizeof(out->hash), hash, strlen(hash)) != 0) {
		return ph_fail(
			err, PH_EXIT_USAGE, -EINVAL,
			ph_say("\"hash\" is the token's hash: %d hexadecimal digits",
			       "“hash” là mã băm của mã truy cập: %d chữ số hệ mười sáu"),
			2 * PH_BEARER_HASH_SIZE);
	}
	if (label && strlen(label) > PH_ACCOUNT_LABEL_MAX) {
		return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			       ph_say("what a token is for is at most %d bytes",
				      "phần ghi mã truy cập dùng cho việc gì có nhiều "
				      "nhất %d byte"),
			       PH_ACCOUNT_LABEL_MAX);
	}
	snprintf(out->label, sizeof(out->label), "%s", label ? label : "");
	return 0;
}

int ph_hub_account_token(struct ph_hub *hub, const json_t *request, json_t *answer,
			 struct ph_error *err)
{
	struct ph_account_token token = { .made = ph_hub_now(hub) };
	char id[2 * PH_TOKEN_ID_SIZE + 1];
	struct ph_account_kept account;
	int rc = need_account(hub, request, &account, err);

	rc = rc < 0 ? rc : take_token(request, &token, err);
	if (rc < 0) {
		return rc;
	}
	if (account.n_tokens == PH_ACCOUNT_TOKENS) {
		return ph_fail(
			err, PH_EXIT_OTHER, -ENOSPC,
			ph_say("the account has %d tokens, and no room for more: account "
			       "revoke",
			       "tài khoản đã có %d mã truy cập, hết chỗ: account revoke"),
			PH_ACCOUNT_TOKENS);
	}
	account.token[account.n_tokens++] = token;
	token_id(id, &token);
	json_object_set_new(answer, "token", json_string(id));
	return keep(hub, account.name, &account, err);
}

int ph_hub_account_revoke(struct ph_hub *hub, const json_t *request, json_t *answer,
			  struct ph_error *err)
{
	const char *id = ph_request_need(request, "token", err);
	char held[2 * PH_TOKEN_ID_SIZE + 1];
	struct ph_account_kept account;
	unsigned n = 0;
	int rc = id ? need_account(hub, request, &account, err) : -EINVAL;

	if (rc < 0) {
		return rc;
	}
	if (strlen(id) !=
	    sizeof(held) - 1) { /* not repeated: it may be the token itself */
		return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			       ph_say("a token is named by the %zu characters that "
				      "packhorsed account list shows of it; what was "
				      "given has %zu",
				      "mã được gọi bằng %zu ký tự mà packhorsed account "
				      "list hiện ra; ở đây có %zu"),
			       sizeof(held) - 1, strlen(id));
	}
	for (unsigned i = 0; i < account.n_tokens; i++) {
		token_id(held, &account.token[i]);
		if (strcmp(held, id) != 0) {
			account.token[n++] = account.token[i];
		}
	}
	if (n == account.n_tokens) {
		return ph_fail(err, PH_EXIT_OTHER, -ENOENT,
			       ph_say("the account \"%s\" has no token %s: packhorsed "
				      "account list",
				      "tài khoản “%s” không có mã truy cập %s: "
				      "packhorsed account list"),
			       account.name, id);
	}
	json_object_set_new(answer, "revoked", json_integer(account.n_tokens - n));
	account.n_tokens = n;
	return keep(hub, account.name, &account, err);
}

/* --- looking --- */

static void set_time(json_t *item, const char *name, int64_t second)
{
	char text[PH_TIME_TEXT];

	ph_time_text(text, second);
	json_object_set_new(item, name, json_string(text));
}

static json_t *tokens_of(const struct ph_account_kept *account)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < account->n_tokens; i++) {
		const struct ph_account_token *token = &account->token[i];
		char id[2 * PH_TOKEN_ID_SIZE + 1];
		json_t *item;

		token_id(id, token);
		item = json_pack("{s:s, s:s}", "token", id, "for", token->label);
		set_time(item, "made", token->made);
		json_array_append_new(list, item);
	}
	return list;
}

int ph_hub_account_list(struct ph_hub *hub, const json_t *request, json_t *answer,
			struct ph_error *err)
{
	struct gathered all = { 0 };
	json_t *list = json_array();
	int rc = load_all(hub, &all);

	(void)request;
	json_object_set_new(answer, "accounts", list);
	for (size_t i = 0; i < all.n; i++) {
		const struct ph_account_kept *account = &all.list[i];
		json_t *item = json_pack("{s:s, s:s, s:o}", "name", account->name, "role",
					 ph_role_name(account->role), "tokens",
					 tokens_of(account));

		set_time(item, "added", account->added);
		set_time(item, "password_changed", account->changed);
		json_array_append_new(list, item);
	}
	free(all.list);
	return rc < 0 ? ph_fail_errno(err, rc,
				      ph_say("listing the accounts", "liệt kê tài khoản"))
		      : 0;
}
