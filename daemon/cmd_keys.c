/*
 * daemon/cmd_keys.c - packhorsed keys: who may sign what, and the passphrases.
 *
 * What the key list says comes from the hub; names and files of operators' keys from the
 * folder, where a file shows its public key without its passphrase.
 */
#include "daemon/cmd_keys.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/base/file.h"
#include "common/cli/export.h"
#include "common/cli/out.h"
#include "common/cli/rows.h"
#include "common/cli/value_words.h"
#include "daemon/act.h"
#include "daemon/cmd.h"

#define FILE_NAME "operator"

/* --- looking --- */

struct finding {
	const struct ph_cli *cli;
	json_t *operators;
};

/* Say in OPERATORS that the key of file NAME is called so; one that is not there was revoked. */
static int add_name(struct finding *finding, const char *name, const char *hex)
{
	json_t *item;
	size_t i;

	json_array_foreach(finding->operators, i, item)
	{
		const char *key = json_string_value(json_object_get(item, "key"));

		if (key && strcmp(key, hex) == 0) {
			return json_object_set_new(item, "name", json_string(name));
		}
	}
	return json_array_append_new(finding->operators,
				     json_pack("{s:s, s:s, s:s}", "key", hex, "state",
					       "revoked", "name", name));
}

static int see_file(void *data, const char *file)
{
	struct finding *finding = data;
	const char *name = file + strlen(FILE_NAME);
	uint8_t key[PH_KEY_SIZE];
	char hex[2 * PH_KEY_SIZE + 1];
	char path[PH_ACT_PATH_MAX];
	unsigned memory;

	int rc;

	if (strncmp(file, FILE_NAME, strlen(FILE_NAME)) != 0 ||
	    (name[0] != '\0' && name[0] != '-')) {
		return 0;
	}
	rc = ph_act_key_path(finding->cli, name[0] ? name + 1 : NULL, path, NULL);
	rc = rc < 0 ? rc : ph_locked_key_look(path, key, &memory, NULL);
	if (rc < 0) { /* whoever uses it hears what is wrong with it */
		return rc == -ENOMEM ? rc : 0;
	}
	ph_hex(hex, key, sizeof(key));
	return add_name(finding, name[0] ? name + 1 : FILE_NAME, hex) ? -ENOMEM : 0;
}

/* STATE of a key, as a text of JSON. */
static json_t *state_cell(const struct ph_cli *cli, const char *state)
{
	return json_string(cli->plain ? state : ph_value_say("key-state", state));
}

/* The operators of ANSWER, an object each: key, state, name if its file is in the folder. */
static int find_operators(const struct ph_cli *cli, json_t *answer, struct ph_error *err)
{
	struct finding finding = { .cli = cli, .operators = json_array() };
	const json_t *key;
	char path[PH_ACT_PATH_MAX];
	size_t i;
	int rc = ph_path_join(path, sizeof(path), cli->dir, "keys", err);

	json_array_foreach(json_object_get(answer, "operators"), i, key)
	{
		if (json_array_append_new(finding.operators,
					  json_pack("{s:s, s:s}", "key",
						    json_string_value(key), "state",
						    "valid")) != 0) {
			rc = rc < 0 ? rc : -ENOMEM;
		}
	}
	rc = rc < 0 ? rc : ph_dir_list(path, see_file, &finding);
	if (json_object_set_new(answer, "operators", finding.operators) != 0) {
		rc = -ENOMEM;
	}
	return rc < 0 ? ph_fail_errno(err, rc, path) : 0;
}

int ph_cmd_keys_ask(const struct ph_cli *cli, json_t **answer_out, struct ph_error *err)
{
	json_t *answer = NULL;
	int rc = ph_ask(cli, ph_request("keys"), &answer, err);

	rc = rc < 0 ? rc : find_operators(cli, answer, err);
	if (rc < 0) {
		json_decref(answer);
		return rc;
	}
	*answer_out = answer;
	return 0;
}

static int print_rows(const struct ph_cli *cli, const json_t *answer)
{
	static const struct ph_column columns[] = {
		{ "key of", "khóa của", "of" },
		{ "begins", "bắt đầu bằng", "short" },
		{ "state", "trạng thái", "state" },
		{ "until", "đến", "until" },
	};
	static const char *const lists[] = { "hubs", "operators" };
	json_t *rows = json_array();
	json_t *item;
	size_t i;
	int rc;

	json_array_append_new(
		rows, json_pack("{s:s, s:s%, s:o}", "of", "root", "short",
				json_string_value(json_object_get(answer, "root")),
				(size_t)16, "state", state_cell(cli, "valid")));
	for (size_t list = 0; list < 2; list++) {
		json_array_foreach(json_object_get(answer, lists[list]), i, item)
		{
			json_t *row = json_copy(item);
			const char *name =
				json_string_value(json_object_get(item, "name"));

			json_object_set_new(
				row, "of",
				json_string(
					list == 0 ? "hub"
					: name    ? name
					: cli->plain
						? "operator elsewhere"
						: ph_say("operator elsewhere",
							 "người vận hành ở nơi khác")));
			json_object_set_new(
				row, "state",
				state_cell(cli, json_string_value(
							json_object_get(item, "state"))));
			json_object_set_new(
				row, "short",
				json_stringn(
					json_string_value(json_object_get(item, "key")),
					16));
			json_array_append_new(rows, row);
		}
	}
	rc = ph_rows_print(rows, columns, sizeof(columns) / sizeof(columns[0]),
			   cli->plain);
	json_decref(rows);
	return rc;
}

static int run_look(struct ph_cli *cli, struct ph_error *err)
{
	json_t *answer;
	int rc = ph_cmd_keys_ask(cli, &answer, err);

	if (rc < 0) {
		return rc;
	}
	if (cli->json) {
		json_object_del(answer, "keylist");
		json_object_del(answer, "next");
		json_object_del(answer, "now");
		return ph_out_json(answer);
	}
	rc = print_rows(cli, answer);
	if (rc == 0 && !cli->plain && !ph_export_is_asked(cli)) {
		printf(ph_say("key list %lld, of %s\n",
			      "danh sách khóa số %lld, ngày %s\n"),
		       (long long)json_integer_value(
			       json_object_get(answer, "generation")),
		       json_string_value(json_object_get(answer, "issued")));
	}
	json_decref(answer);
	return rc;
}

/* --- passphrases --- */

int ph_cmd_keys_open(const struct ph_cli *cli, const char *path,
		     struct ph_sign_pair *pair, struct ph_error *err)
{
	struct ph_buf passphrase = { 0 };
	int rc = ph_cmd_passphrase(cli, &passphrase, err);

	rc = rc < 0 ? rc : ph_locked_key_load(pair, path, ph_buf_view(&passphrase), err);
	ph_buf_wipe(&passphrase);
	return rc;
}

/* Nothing of a hub needs the file of the root but these commands, so it may long be gone. */
static int check_root(const char *path, const char *option, struct ph_error *err)
{
	struct ph_file_info info;

	return ph_file_info(path, &info) != -ENOENT
		       ? 0
		       : ph_fail(err, PH_EXIT_OTHER, -ENOENT,
				 ph_say("the root key is not at %s: put a copy of it "
					"there%s. If there is none: DRILLS, \"A key is "
					"lost\"",
					"không có khóa gốc ở %s: hãy đặt bản sao của nó "
					"vào đó%s. Nếu không còn bản nào: DRILLS, \"A "
					"key is lost\""),
				 path, option);
}

int ph_cmd_keys_root(const struct ph_cli *cli, struct ph_sign_pair *pair,
		     struct ph_error *err)
{
	const char *given = ph_cli_get(cli, "root");
	char path[PH_ACT_PATH_MAX];
	int rc = given ? 0 : ph_path_join(path, sizeof(path), cli->dir, "keys/root", err);

	given = given ? given : path;
	rc = rc < 0 ? rc
		    : check_root(given,
				 ph_say(", or say where one is with --root FILE",
					", hoặc chỉ chỗ có nó bằng --root FILE"),
				 err);
	return rc < 0 ? rc : ph_cmd_keys_open(cli, given, pair, err);
}

int ph_cmd_keys_lock(const struct ph_cli *cli, const struct ph_sign_pair *pair,
		     const char *path, unsigned memory_mib, struct ph_error *err)
{
	struct ph_buf passphrase = { 0 };
	int rc = ph_cmd_passphrase_new(cli, "new-passphrase-file", &passphrase, err);

	rc = rc < 0 ? rc
		    : ph_locked_key_save(pair, path, ph_buf_view(&passphrase), memory_mib,
					 &ph_rng_system, err);
	ph_buf_wipe(&passphrase);
	return rc;
}

static int run_passphrase(struct ph_cli *cli, struct ph_error *err)
{
	const char *which = cli->args[0];
	bool is_root = strcmp(which, "root") == 0;
	struct ph_sign_pair pair = { 0 };
	uint8_t key[PH_KEY_SIZE];
	char path[PH_ACT_PATH_MAX];
	unsigned memory = 0;
	int rc = is_root ? ph_path_join(path, sizeof(path), cli->dir, "keys/root", err)
			 : ph_act_key_path(cli,
					   strcmp(which, FILE_NAME) == 0 ? NULL : which,
					   path, err);

	rc = rc < 0 || !is_root ? rc : check_root(path, "", err);
	rc = rc < 0 ? rc : ph_locked_key_look(path, key, &memory, err);
	rc = rc < 0 ? rc : ph_cmd_keys_open(cli, path, &pair, err);
	rc = rc < 0 ? rc : ph_cmd_keys_lock(cli, &pair, path, memory, err);
	ph_sign_pair_wipe(&pair);
	if (rc < 0) {
		return rc;
	}
	fprintf(stderr,
		ph_say("%s opens with the new passphrase alone. Copies of the "
		       "file, also in backups, still open with the old one: bring "
		       "them up to date, or destroy them\n",
		       "%s chỉ mở bằng mật khẩu mới. Các bản sao của tệp, kể cả "
		       "trong bản sao lưu, vẫn mở bằng mật khẩu cũ: hãy thay hoặc "
		       "hủy các bản đó\n"),
		path);
	return PH_EXIT_DONE;
}

/* --- the table --- */

#define ROOT                                                                             \
	{ "passphrase-file", "F",                                                        \
	  "its first line opens the root key (-: standard input's)" },                   \
	{                                                                                \
		"root", "FILE", "where the root key is (default: keys/root)"             \
	}
#define NEW                                                                              \
	{                                                                                \
		"new-passphrase-file", "F",                                              \
			"its first line is the new passphrase (-: standard input's)"     \
	}

static const struct ph_cli_option passphrase_options[] = {
	{ "passphrase-file", "F",
	  "its first line is the passphrase until now (-: standard input's)" },
	NEW,
	{ 0 }
};
static const struct ph_cli_option add_options[] = {
	ROOT,
	NEW,
	{ "out", "FILE",
	  "where to keep the key, with a slash in it (default: "
	  "keys/operator-NAME)" },
	{ "kdf-memory-mib", "N", "memory of Argon2id, 8 to 1024 (default 256)" },
	{ 0 },
};
static const struct ph_cli_option look_options[] = { PH_EXPORT_OPTIONS, { 0 } };
static const struct ph_cli_option revoke_options[] = { ROOT, { 0 } };
static const struct ph_cli_option rotate_options[] = {
	ROOT,
	{ "stolen", NULL, "the old keys are in wrong hands: they sign nothing any more" },
	{ 0 },
};

const struct ph_cli_command ph_cmds_keys[] = {
	{ "keys", "Keys", "", 0, 0, "the keys of the province: which are valid",
	  look_options, run_look, NULL },
	{ "keys add", "Keys", "NAME", 1, 1,
	  "make a key for another operator, certified by the root", add_options,
	  ph_cmd_keys_add, NULL },
	{ "keys revoke", "Keys", "KEY", 1, 1,
	  "an operator's key signs nothing new any more\n"
	  "KEY is its name, or how it begins. What it signed before stays.",
	  revoke_options, ph_cmd_keys_revoke, NULL },
	{ "keys rotate", "Keys", "", 0, 0,
	  "other online keys for the hub, which must not be serving\n"
	  "No site has to be visited: those that were away still reach it.",
	  rotate_options, ph_cmd_keys_rotate, NULL },
	{ "keys passphrase", "Keys", "root|operator|NAME", 1, 1,
	  "another passphrase for a key file", passphrase_options, run_passphrase, NULL },
	{ 0 },
};
