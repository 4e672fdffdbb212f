/*
 * daemon/cmd_keys_make.c - packhorsed keys add, revoke, rotate: a newer key list.
 *
 * The root is opened in this process only and signs the list here; the hub takes it if it is
 * newer than its own. A new operator's key is on the disk before the list names it, so that
 * no list ever names a key that nobody has.
 */
#include "daemon/cmd_keys.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/base/file.h"
#include "common/cli/out.h"
#include "common/log/cert.h"
#include "daemon/act.h"
#include "daemon/hub_rotate.h"

#define PREFIX_MIN 4

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

/* The list of ANSWER as it is to be signed next. */
static int next_list(const json_t *answer, struct ph_keylist *list, struct ph_error *err)
{
	const char *hex = text_of(answer, "keylist");
	struct ph_buf bytes = { 0 };
	int rc = ph_buf_reserve(&bytes, strlen(hex) / 2 + 1);

	if (rc == 0) {
		bytes.len = strlen(hex) / 2;
		rc = ph_unhex(bytes.data, bytes.len, hex, strlen(hex)) == 0
			     ? ph_keylist_decode(ph_buf_view(&bytes), list)
			     : PH_CERT_E_FORM;
	}
	ph_buf_deinit(&bytes);
	if (rc != 0) {
		return rc < 0 ? ph_fail_errno(err, rc,
					      ph_say("the hub's key list",
						     "danh sách khóa của máy chủ"))
			      : ph_fail(err, PH_EXIT_DAMAGED, -EUCLEAN,
					ph_say("the hub's key list %s",
					       "danh sách khóa của máy chủ: %s"),
					ph_cert_error(rc));
	}
	list->generation = (uint64_t)json_integer_value(json_object_get(answer, "next"));
	list->issued = (uint64_t)json_integer_value(json_object_get(answer, "now"));
	return 0;
}

/* Sign LIST and have the hub take it. */
static int put_list(const struct ph_cli *cli, const struct ph_keylist *list,
		    const struct ph_sign_pair *root, struct ph_error *err)
{
	struct ph_buf bytes = { 0 };
	char hex[2 * PH_CERT_MAX + 1];
	json_t *request = ph_request("keylist-put");
	int rc = ph_keylist_encode(list, root, &bytes);

	if (rc < 0) {
		json_decref(request);
		ph_buf_deinit(&bytes);
		return ph_fail_errno(err, rc,
				     ph_say("making the key list", "lập danh sách khóa"));
	}
	ph_hex(hex, bytes.data, bytes.len);
	ph_buf_deinit(&bytes);
	ph_request_put(&request, "keylist", json_string(hex));
	return ph_ask(cli, request, NULL, err);
}

static int told(const struct ph_cli *cli, uint64_t generation, const char *key,
		const char *file)
{
	return cli->json || cli->plain
		       ? ph_out_script(cli->json,
				       json_pack("{s:i, s:I, s:s*, s:s*}", "schema", 1,
						 "generation", (json_int_t)generation,
						 "key", key, "file", file))
		       : 0;
}

/* --- add --- */

static int check_new(const struct ph_cli *cli, const struct ph_keylist *list,
		     const char *path, struct ph_error *err)
{
	if (list->n_operators == PH_KEYLIST_OPERATORS_MAX) {
		return ph_fail(
			err, PH_EXIT_OTHER, -ENOSPC,
			ph_say("the key list has %d operators, and no room for more: "
			       "revoke one first",
			       "danh sách khóa đã có %d người vận hành, hết chỗ: hãy thu "
			       "hồi một người trước"),
			PH_KEYLIST_OPERATORS_MAX);
	}
	if (ph_file_exists(path)) {
		return ph_fail(
			err, PH_EXIT_OTHER, -EEXIST,
			ph_say("%s is there already; give the operator another name",
			       "đã có %s; hãy đặt tên khác cho người vận hành"),
			path);
	}
	return ph_cli_has(cli, "new-passphrase-file")
		       ? 0
		       : ph_cli_usage(cli, err,
				      ph_say("--new-passphrase-file is needed",
					     "cần có --new-passphrase-file"));
}

static int make_key(struct ph_cli *cli, const struct ph_keylist *held, const char *path,
		    struct ph_error *err)
{
	struct ph_keylist list = *held;
	struct ph_sign_pair root = { 0 };
	struct ph_sign_pair pair = { 0 };
	uint64_t memory = PH_LOCK_MIB_DEFAULT;
	char hex[2 * PH_KEY_SIZE + 1];
	int rc = ph_cli_get_uint(cli, "kdf-memory-mib", PH_LOCK_MIB_MIN, PH_LOCK_MIB_MAX,
				 &memory, err);

	rc = rc < 0 ? rc : ph_cmd_keys_root(cli, &root, err);
	if (rc == 0) {
		ph_sign_pair_make(&pair, &ph_rng_system);
		ph_hex(hex, pair.key, sizeof(pair.key));
		memcpy(list.operator_key[list.n_operators++], pair.key, PH_KEY_SIZE);
		rc = ph_cmd_keys_lock(cli, &pair, path, (unsigned)memory, err);
	}
	if (rc == 0) {
		rc = put_list(cli, &list, &root, err);
		if (rc < 0) {
			(void)ph_file_remove(path);
		}
	}
	ph_sign_pair_wipe(&root);
	ph_sign_pair_wipe(&pair);
	if (rc < 0) {
		return rc;
	}
	fprintf(stderr,
		ph_say("%s is the key of another operator, %.16s; key list %llu names "
		       "it\n",
		       "%s là khóa của một người vận hành mới, %.16s; có trong danh sách "
		       "khóa số %llu\n"),
		path, hex, (unsigned long long)list.generation);
	return told(cli, list.generation, hex, path);
}

int ph_cmd_keys_add(struct ph_cli *cli, struct ph_error *err)
{
	const char *out = ph_cli_get(cli, "out");
	struct ph_keylist list;
	char path[PH_ACT_PATH_MAX];
	json_t *answer;
	int rc = ph_act_key_path(cli, out ? out : cli->args[0], path, err);

	rc = rc < 0 ? rc : ph_cmd_keys_ask(cli, &answer, err);
	if (rc < 0) {
		return rc;
	}
	rc = next_list(answer, &list, err);
	json_decref(answer);
	rc = rc < 0 ? rc : check_new(cli, &list, path, err);
	return rc < 0 ? rc : make_key(cli, &list, path, err);
}

/* --- revoke --- */

/* The key in the file of the operator WHICH, in hex; "" if there is none. */
static int named_key(const struct ph_cli *cli, const char *which,
		     char hex[static 2 * PH_KEY_SIZE + 1], struct ph_error *err)
{
	const char *name = strcmp(which, "operator") == 0 ? NULL : which;
	uint8_t key[PH_KEY_SIZE];
	char path[PH_ACT_PATH_MAX];
	unsigned memory;
	int rc;

	hex[0] = '\0';
	if (strchr(which, '/') || ph_act_key_path(cli, name, path, NULL) < 0 ||
	    !ph_file_exists(path)) {
		return 0;
	}
	rc = ph_locked_key_look(path, key, &memory, err);
	if (rc == 0) {
		ph_hex(hex, key, sizeof(key));
	}
	return rc;
}

/* The one operator whose key is HEX, or without it begins like WHICH, as it stands in ANSWER. */
static int find_valid(const json_t *answer, const char *which, const char *hex,
		      const json_t **found_out, struct ph_error *err)
{
	const json_t *item;
	size_t i;

	*found_out = NULL;
	json_array_foreach(json_object_get(answer, "operators"), i, item)
	{
		const char *key = text_of(item, "key");

		if (strcmp(text_of(item, "state"), "valid") != 0 ||
		    (hex[0] ? strcmp(key, hex) != 0
			    : strlen(which) < PREFIX_MIN ||
				      strncmp(key, which, strlen(which)) != 0)) {
			continue;
		}
		if (*found_out) {
			return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
				       ph_say("several operators' keys begin with %s; "
					      "give more of "
					      "it",
					      "nhiều khóa của người vận hành bắt đầu "
					      "bằng %s; hãy ghi dài hơn"),
				       which);
		}
		*found_out = item;
	}
	return 0;
}

/* The one operator that WHICH names, as it stands in ANSWER; NULL with ERR. */
static const json_t *find_operator(const struct ph_cli *cli, const json_t *answer,
				   const char *which, struct ph_error *err)
{
	char hex[2 * PH_KEY_SIZE + 1];
	const json_t *found = NULL;
	int rc = named_key(cli, which, hex, err);

	rc = rc < 0 ? rc : find_valid(answer, which, hex, &found, err);
	if (rc == 0 && !found && hex[0]) {
		(void)ph_fail(
			err, PH_EXIT_OTHER, -EALREADY,
			ph_say("the key of %s, %.16s, is revoked already: it signs "
			       "nothing "
			       "any more",
			       "khóa của %s, %.16s, đã bị thu hồi: không ký được gì nữa"),
			which, hex);
	} else if (rc == 0 && !found) {
		(void)ph_fail(
			err, PH_EXIT_OTHER, -ENOENT,
			ph_say("no operator who may sign is called %s, and no such key "
			       "begins so; `packhorsed keys` lists them: of one whose "
			       "file is not in keys/ give how the key begins",
			       "không có người vận hành nào được ký mang tên %s, cũng "
			       "không có khóa nào bắt đầu như vậy; `packhorsed keys` "
			       "liệt kê các khóa: nếu tệp không có trong keys/, hãy ghi "
			       "phần đầu của khóa"),
			which);
	}
	return found;
}

static void take_off(struct ph_keylist *list, const char *hex)
{
	for (unsigned i = 0; i < list->n_operators; i++) {
		char text[2 * PH_KEY_SIZE + 1];

		ph_hex(text, list->operator_key[i], PH_KEY_SIZE);
		if (strcmp(text, hex) == 0) {
			/* what it signed until now is still heeded */
			memcpy(list->former[list->n_former++], list->operator_key[i],
			       PH_KEY_SIZE);
			list->n_operators--;
			memmove(list->operator_key[i], list->operator_key[i + 1],
				(list->n_operators - i) * PH_KEY_SIZE);
			return;
		}
	}
}

static int revoke(struct ph_cli *cli, const json_t *answer, struct ph_error *err)
{
	const json_t *item = find_operator(cli, answer, cli->args[0], err);
	struct ph_sign_pair root = { 0 };
	struct ph_keylist list;
	int rc = item ? next_list(answer, &list, err) : -ENOENT;

	if (rc == 0 && list.n_operators == 1) {
		rc = ph_fail(err, PH_EXIT_OTHER, -EPERM,
			     ph_say("this is the only operator: nobody could cut off a "
				    "device any "
				    "more. Make another first (packhorsed keys add)",
				    "đây là người vận hành duy nhất: sau đó không ai "
				    "ngừng được máy nào nữa. Hãy tạo người khác trước "
				    "(packhorsed keys add)"));
	}
	if (rc == 0 && list.n_former == PH_KEYLIST_FORMER_MAX) {
		rc = ph_fail(
			err, PH_EXIT_OTHER, -ENOSPC,
			ph_say("the key list has no room for more than %d operators of "
			       "before, whose cuts and erasures must still be heeded",
			       "danh sách khóa không chứa quá %d người vận hành cũ, mà "
			       "lệnh ngừng và lệnh xóa của họ vẫn phải theo"),
			PH_KEYLIST_FORMER_MAX);
	}
	rc = rc < 0 ? rc : ph_cmd_keys_root(cli, &root, err);
	if (rc == 0) {
		take_off(&list, text_of(item, "key"));
		rc = put_list(cli, &list, &root, err);
	}
	ph_sign_pair_wipe(&root);
	if (rc < 0) {
		return rc;
	}
	fprintf(stderr,
		ph_say("the key %.16s signs nothing any more; key list %llu says so.\n"
		       "Invites that it made and nobody has used yet still let in those "
		       "that this hub knows of:\n"
		       "look at `packhorsed invite list`, and cancel what nobody asked "
		       "for.\n",
		       "khóa %.16s không ký được nữa; theo danh sách khóa số %llu.\n"
		       "Giấy mời do khóa này ký, chưa ai dùng và máy chủ có biết, vẫn "
		       "còn "
		       "giá trị:\n"
		       "xem `packhorsed invite list`, hủy giấy nào không ai yêu cầu.\n"),
		text_of(item, "key"), (unsigned long long)list.generation);
	return told(cli, list.generation, text_of(item, "key"), NULL);
}

int ph_cmd_keys_revoke(struct ph_cli *cli, struct ph_error *err)
{
	json_t *answer;
	int rc = ph_cmd_keys_ask(cli, &answer, err);

	if (rc < 0) {
		return rc;
	}
	rc = revoke(cli, answer, err);
	json_decref(answer);
	return rc;
}

/* --- rotate --- */

static int rotate(struct ph_cli *cli, const struct ph_sign_pair *root,
		  uint64_t *generation_out, struct ph_error *err)
{
	struct ph_hub *hub;
	int rc = ph_hub_open(&hub,
			     &(struct ph_hub_config){ .dir = cli->dir,
						      .witness = cli->dir,
						      .who = cli->command->name,
						      .clock = ph_clock_system,
						      .watches_clock = true,
						      .rng = ph_rng_system },
			     err);

	if (rc < 0) {
		return rc;
	}
	rc = memcmp(root->key, ph_hub_keylist(hub)->root, PH_KEY_SIZE) == 0
		     ? ph_hub_rotate(hub, root, ph_cli_has(cli, "stolen"), generation_out,
				     err)
		     : ph_fail(err, PH_EXIT_OTHER, -EINVAL,
			       ph_say("that root key is of another province",
				      "khóa gốc đó là của tỉnh khác"));
	ph_hub_close(hub);
	return rc;
}

int ph_cmd_keys_rotate(struct ph_cli *cli, struct ph_error *err)
{
	struct ph_sign_pair root = { 0 };
	uint64_t generation = 0;
	int rc = ph_ask_is_served(cli->dir, err);

	if (rc > 0) {
		rc = ph_fail(
			err, PH_EXIT_IN_USE, -EBUSY,
			ph_say("packhorsed is serving this folder: stop it, give this "
			       "command "
			       "again, and start it. Devices try again by themselves",
			       "packhorsed đang phục vụ thư mục này: hãy dừng nó, ra lại "
			       "lệnh này, rồi chạy lại. Các máy tự thử lại"));
	}
	rc = rc < 0 ? rc : ph_cmd_keys_root(cli, &root, err);
	rc = rc < 0 ? rc : rotate(cli, &root, &generation, err);
	ph_sign_pair_wipe(&root);
	if (rc < 0) {
		return rc;
	}
	fprintf(stderr,
		ph_say("the hub has other keys; key list %llu names them, and devices "
		       "hear "
		       "of it with their next session or bundle.\n"
		       "next: packhorsed backup, since no backup has these keys yet; "
		       "then "
		       "packhorsed serve\n",
		       "máy chủ đã có khóa mới; theo danh sách khóa số %llu, các máy sẽ "
		       "biết ở lần đồng bộ hoặc gói tin sau.\n"
		       "tiếp theo: packhorsed backup, vì chưa bản sao lưu nào có khóa "
		       "này; "
		       "rồi packhorsed serve\n"),
		(unsigned long long)generation);
	return told(cli, generation, NULL, NULL);
}
