/*
 * daemon/cmd_backup.c - packhorsed recovery-key, backup, backup check, backup gone.
 *
 * `backup` is cmd_backup_make.c.
 */
#include "daemon/cmd_backup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/file.h"
#include "common/base/lock.h"
#include "common/cli/out.h"
#include "common/log/cert.h"
#include "daemon/ask.h"
#include "daemon/backup_state.h"
#include "daemon/cmd.h"

#define PATH_SIZE 4096

int ph_backup_keylist(const char *dir, struct ph_buf *bytes, struct ph_keylist *list_out,
		      struct ph_error *err)
{
	char path[PATH_SIZE];
	int rc = ph_path_join(path, sizeof(path), dir, "keys/list", err);

	rc = rc < 0 ? rc : ph_file_read(path, PH_CERT_MAX, bytes, NULL);
	if (rc == -ENOENT) {
		return ph_fail(
			err, PH_EXIT_NOT_ENROLLED, rc,
			ph_say("%s holds no hub: name the right folder with -d",
			       "%s không có máy chủ nào: hãy chỉ đúng thư mục bằng -d"),
			dir);
	}
	if (rc < 0) {
		return ph_fail_errno(err, rc, path);
	}
	rc = ph_keylist_decode(ph_buf_view(bytes), list_out);
	return rc > 0 ? ph_fail(err, PH_EXIT_DAMAGED, -EUCLEAN, "%s is damaged: %s", path,
				ph_cert_error(rc))
		      : rc;
}

/* Whether MANIFEST, which is signed, is about what was read, and of the province of LIST. */
static bool is_about(const struct ph_backup_manifest *manifest,
		     const struct ph_backup_found *found, const struct ph_keylist *list)
{
	return memcmp(manifest->root, list->root, PH_KEY_SIZE) == 0 &&
	       memcmp(manifest->hash, found->hash, sizeof(found->hash)) == 0 &&
	       memcmp(manifest->recovery, found->recovery, sizeof(found->recovery)) ==
		       0 &&
	       manifest->size == found->size;
}

int ph_backup_check_signed(const char *path, const struct ph_backup_found *found,
			   const struct ph_keylist *list,
			   struct ph_backup_manifest *manifest_out, struct ph_error *err)
{
	int rc = -EUCLEAN;

	for (unsigned i = 0; rc == -EUCLEAN && i < list->n_hubs; i++) {
		rc = ph_backup_manifest_decode(ph_buf_view(&found->manifest),
					       list->hub[i].sign, manifest_out);
	}
	if (rc == 0 && is_about(manifest_out, found, list)) {
		return 0;
	}
	return rc < 0 && rc != -EUCLEAN
		       ? rc
		       : ph_fail(err, PH_EXIT_DAMAGED, -EUCLEAN,
				 ph_say("%s is not signed by this province's "
					"hub, or was altered "
					"since: do not use it",
					"%s không do máy chủ của tỉnh này ký, hoặc đã bị "
					"sửa sau đó: đừng dùng"),
				 path);
}

int ph_backup_check_root(const char *path, const struct ph_recovery_key *key,
			 const struct ph_keylist *list, struct ph_error *err)
{
	return memcmp(list->root, key->root, PH_KEY_SIZE) == 0
		       ? 0
		       : ph_fail(err, PH_EXIT_DAMAGED, -EUCLEAN,
				 ph_say("%s is of another province than the recovery "
					"key, or "
					"the "
					"key was miscopied: try another copy of the key, "
					"and "
					"keep "
					"the backup",
					"%s không cùng tỉnh với khoá phục hồi, hoặc khoá "
					"đã chép sai: hãy thử bản chép khác của khoá, và "
					"giữ lại bản sao lưu"),
				 path);
}

/* --- recovery-key --- */

static int write_secret(const struct ph_cli *cli, const char *out,
			const struct ph_recovery_key *key, struct ph_error *err)
{
	struct ph_buf text = { 0 };
	int rc = ph_recovery_key_text(key, &text);

	(void)cli;
	if (rc == 0 && strcmp(out, "-") == 0) {
		rc = fwrite(text.data, 1, text.len, stdout) == text.len
			     ? ph_out_flush("", err)
			     : PH_OUT_LOST;
	} else if (rc == 0) {
		rc = ph_file_write(out, ph_buf_view(&text), 0600, err);
	}
	ph_buf_wipe(&text);
	return rc < 0 ? ph_fail_errno(err, rc, out) : 0;
}

static int check_recovery(const struct ph_cli *cli, const char *out, struct ph_error *err)
{
	char path[PATH_SIZE];
	int rc = ph_path_join(path, sizeof(path), cli->dir, "keys/recovery", err);

	if (rc == 0 && ph_file_exists(path) && !ph_cli_has(cli, "replace")) {
		return ph_fail(
			err, PH_EXIT_OTHER, -EEXIST,
			ph_say("there is a recovery key already. If it was lost, make "
			       "another with --replace: backups made until then still "
			       "need the old one",
			       "đã có khoá phục hồi. Nếu đã mất, hãy tạo khoá khác với "
			       "--replace: các bản sao lưu làm trước đó vẫn cần khoá "
			       "cũ"));
	}
	if (rc == 0 && strcmp(out, "-") != 0 && ph_file_exists(out)) {
		return ph_fail(err, PH_EXIT_OTHER, -EEXIST,
			       ph_say("%s is there already; name another file",
				      "đã có %s; hãy chọn tên tệp khác"),
			       out);
	}
	return rc;
}

static int run_recovery_key(struct ph_cli *cli, struct ph_error *err)
{
	const char *out = ph_cli_get(cli, "out");
	struct ph_recovery_key key = { 0 };
	struct ph_buf bytes = { 0 };
	struct ph_keylist list;
	char name[2 * PH_RECOVERY_NAME_SIZE + 1];
	uint8_t short_name[PH_RECOVERY_NAME_SIZE];
	int rc;

	if (!out) {
		return ph_cli_usage(cli, err, ph_say("--out is needed", "cần có --out"));
	}
	rc = ph_backup_keylist(cli->dir, &bytes, &list, err);
	rc = rc < 0 ? rc : check_recovery(cli, out, err);
	if (rc == 0) {
		ph_box_pair_make(&key.box, &ph_rng_system);
		memcpy(key.root, list.root, sizeof(key.root));
		rc = write_secret(cli, out, &key, err);
	}
	rc = rc < 0 ? rc : ph_recovery_public_save(cli->dir, key.box.key, err);
	if (rc == 0) {
		ph_recovery_name(key.box.key, short_name);
		ph_hex(name, short_name, sizeof(short_name));
		fprintf(stderr,
			ph_say("made the recovery key %s. It alone opens backups from "
			       "now on, and stands\nnowhere else: keep two copies of it, "
			       "on paper or on sticks, away from this\nmachine and from "
			       "the backups, and then remove it from here.\n",
			       "đã tạo khoá phục hồi %s. Từ nay chỉ khoá này mở được bản "
			       "sao lưu, và không có\nở đâu khác: hãy giữ hai bản, trên "
			       "giấy hoặc thẻ USB, xa máy này và xa các\nbản sao lưu, "
			       "rồi xóa nó khỏi đây.\n"),
			name);
	}
	ph_recovery_key_wipe(&key);
	ph_buf_deinit(&bytes);
	return rc;
}

/* --- backup check --- */

static int tell_checked(const struct ph_cli *cli, const char *path,
			const struct ph_backup_manifest *manifest, bool opened)
{
	char digest[2 * 32 + 1];
	char recovery[2 * PH_RECOVERY_NAME_SIZE + 1];
	char made[PH_TIME_TEXT];
	char entries[PH_NUMBER_TEXT];

	ph_hex(digest, manifest->digest, sizeof(manifest->digest));
	ph_hex(recovery, manifest->recovery, sizeof(manifest->recovery));
	ph_time_text(made, (int64_t)manifest->made);
	if (cli->json || cli->plain) {
		return ph_out_script(
			cli->json,
			json_pack("{s:i, s:s, s:s, s:I, s:I, s:I, s:s, s:s, s:b}",
				  "schema", 1, "file", path, "made", made, "epoch",
				  (json_int_t)manifest->epoch.number, "logs",
				  (json_int_t)manifest->logs, "entries",
				  (json_int_t)manifest->entries, "digest", digest,
				  "recovery_key", recovery, "opened", opened));
	}
	printf(ph_say("made %s, %s entries, opens with the recovery key %s\n%s\n",
		      "làm lúc %s, %s giao dịch, mở bằng khoá phục hồi %s\n%s\n"),
	       made, ph_number(entries, manifest->entries), recovery,
	       opened ? ph_say("opened, unpacked, and every chain checked",
			       "đã mở, giải nén và kiểm tra mọi chuỗi")
		      : ph_say("every byte is as it was signed; only the recovery key "
			       "opens it",
			       "mọi byte còn nguyên như khi ký; chỉ khoá phục hồi mở "
			       "được"));
	return 0;
}

static int check_opened(const char *into, const struct ph_backup_manifest *manifest,
			const char *path, struct ph_error *err)
{
	struct ph_backup_checked checked;
	int rc = ph_backup_check_state(into, &checked, err);

	if (rc == 0 &&
	    memcmp(checked.digest, manifest->digest, sizeof(checked.digest)) != 0) {
		rc = ph_fail(
			err, PH_EXIT_DAMAGED, -EUCLEAN,
			ph_say("%s opens, but its ledger is not the one that was signed; "
			       "was it made by another version of Packhorse?",
			       "mở được %s, nhưng sổ trong đó không phải là sổ đã ký; có "
			       "phải do phiên bản Packhorse khác làm?"),
			path);
	}
	return rc;
}

/* Signed by a key that this hub closed: since UNTIL, empty if it was not. */
struct closed {
	char until[PH_TIME_TEXT];
};

/*
 * The same for who has this hub's folder: keys that the list names no more, since they were in wrong hands,
 * have signed what is a backup all the same. The hub knows them. 0 with CLOSED->until set if it is so.
 */
static int check_signed(struct ph_cli *cli, const char *path,
			const struct ph_backup_found *found,
			const struct ph_keylist *list,
			struct ph_backup_manifest *manifest_out, struct closed *closed,
			struct ph_error *err)
{
	json_t *answer = NULL;
	const json_t *item;
	size_t i;
	int rc = ph_backup_check_signed(path, found, list, manifest_out, err);

	closed->until[0] = '\0';
	if (rc != -EUCLEAN || ph_ask(cli, ph_request("keys"), &answer, NULL) < 0) {
		return rc;
	}
	json_array_foreach(json_object_get(answer, "hubs"), i, item)
	{
		const char *hex = json_string_value(json_object_get(item, "key"));
		const char *until = json_string_value(json_object_get(item, "until"));
		struct ph_backup_manifest manifest;
		uint8_t key[PH_KEY_SIZE];

		if (hex && until && ph_unhex(key, sizeof(key), hex, strlen(hex)) == 0 &&
		    !ph_keylist_has_hub(list, key) &&
		    ph_backup_manifest_decode(ph_buf_view(&found->manifest), key,
					      &manifest) == 0 &&
		    is_about(&manifest, found, list)) {
			*manifest_out = manifest;
			snprintf(closed->until, sizeof(closed->until), "%s", until);
			memset(err, 0, sizeof(*err));
			rc = 0;
		}
	}
	json_decref(answer);
	return rc;
}

static int fail_closed(const char *path, const struct closed *closed, bool opened,
		       struct ph_error *err)
{
	return ph_fail(
		err, PH_EXIT_OTHER, -EKEYEXPIRED,
		ph_say("%s is whole%s, but signed by a key of this hub that was closed "
		       "on %s: who has stolen that could have made it. `restore` takes "
		       "it; make a new one (packhorsed backup)",
		       "%s còn nguyên%s, nhưng do khoá của máy chủ này đã đóng lúc %s "
		       "ký: kẻ lấy trộm khoá cũng có thể làm ra. `restore` vẫn nhận; "
		       "hãy làm bản sao mới (packhorsed backup)"),
		path, opened ? ph_say(", and opens", ", mở được") : "", closed->until);
}

static int run_check(struct ph_cli *cli, struct ph_error *err)
{
	const char *path = cli->args[0];
	const char *secret = ph_cli_get(cli, "recovery-key");
	struct ph_recovery_key key = { 0 };
	struct ph_backup_read how = { 0 };
	struct ph_backup_found found = { 0 };
	struct ph_backup_manifest manifest;
	struct closed closed = { 0 };
	struct ph_buf bytes = { 0 };
	struct ph_keylist list;
	struct ph_lock lock = { .fd = -1 };
	char work[PATH_SIZE];
	char into[PATH_SIZE];
	int rc = ph_backup_keylist(cli->dir, &bytes, &list, err);

	rc = rc < 0 ? rc : ph_path_join(work, sizeof(work), cli->dir, "backup", err);
	rc = rc < 0 ? rc
		    : ph_path_join(into, sizeof(into), cli->dir, "backup/check", err);
	if (rc == 0 && secret) {
		how.recovery = &key;
		how.into = into;
		rc = ph_recovery_key_load(&key, secret, err);
		rc = rc < 0 ? rc : ph_dir_create(work, err);
		rc = rc < 0 ? rc : ph_lock_take(&lock, work, "backup check", 0, err);
		rc = rc < 0 ? rc : ph_backup_remove_tree(into);
		rc = rc < 0 ? rc : ph_dir_create(into, err);
	}
	rc = rc < 0 ? rc : ph_backup_read(path, &how, &found, err);
	rc = rc < 0 ? rc
		    : check_signed(cli, path, &found, &list, &manifest, &closed, err);
	if (rc == 0 && secret) {
		rc = ph_backup_check_root(path, &key, &list, err);
	}
	if (rc == 0 && secret) {
		rc = check_opened(into, &manifest, path, err);
	}
	if (lock.fd >= 0) {
		(void)ph_backup_remove_tree(into);
		ph_lock_release(&lock);
	}
	rc = rc < 0            ? rc
	     : closed.until[0] ? fail_closed(path, &closed, secret != NULL, err)
			       : tell_checked(cli, path, &manifest, secret != NULL);
	ph_backup_found_deinit(&found);
	ph_recovery_key_wipe(&key);
	ph_buf_deinit(&bytes);
	return rc;
}

/* --- backup gone --- */

/* A folder that is here by its path from the root, as it was noted; else as it is written. */
static json_t *folder_text(const char *folder)
{
	char full[PATH_SIZE];

	return json_string(folder[0] != '/' && realpath(folder, full) ? full : folder);
}

static int run_gone(struct ph_cli *cli, struct ph_error *err)
{
	json_t *request = ph_request("backup-gone");
	json_t *answer = NULL;
	int rc;

	ph_request_put(&request, "folder", folder_text(cli->args[0]));
	rc = ph_ask(cli, request, &answer, err);
	if (rc < 0) {
		return rc;
	}
	if (cli->json || cli->plain) {
		return ph_out_script(cli->json, answer);
	}
	json_decref(answer);
	fprintf(stderr, "%s\n",
		ph_say("noted: certificates of erasures name this folder no more, unless "
		       "a backup is made there again",
		       "đã ghi: giấy chứng nhận xóa không nêu thư mục này nữa, trừ khi "
		       "lại làm bản sao lưu ở đó"));
	return ph_out_flush("", err);
}

/* --- the commands --- */

static const struct ph_cli_option recovery_options[] = {
	{ "out", "F", "where to write it, once; - for standard output" },
	{ "replace", NULL, "make another; older backups still need the old one" },
	{ 0 },
};
static const struct ph_cli_option backup_options[] = {
	{ "keep", "N", "leave the N newest in DIR (default: as configured, 30)" },
	{ 0 },
};
static const struct ph_cli_option check_options[] = {
	{ "recovery-key", "F", "open it as well, and check every chain in it" },
	{ 0 },
};

const struct ph_cli_command ph_cmds_backup[] = {
	{ "recovery-key", "Setting up", "", 0, 0,
	  "make the key that opens backups, to be kept offline\n"
	  "The hub keeps the public half and can make backups that it cannot read.",
	  recovery_options, run_recovery_key, NULL },
	{ "backup", "Running", "DIR", 1, 1,
	  "put a whole, encrypted backup into DIR, and read it back\n"
	  "DIR is on another disk, best on another machine. The hub may be serving "
	  "meanwhile.\n"
	  "Devices are told what a verified backup on another disk holds.",
	  backup_options, ph_backup_run_make, NULL },
	{ "backup check", "Checking", "FILE", 1, 1,
	  "whether a backup is as the hub signed it\n"
	  "With the recovery key it is also opened and all of it verified.",
	  check_options, run_check, NULL },
	{ "backup gone", "Running", "DIR", 1, 1,
	  "all backups that were in a folder are destroyed\n"
	  "As the certificate of an erasure shows the folder, which is listed there no "
	  "more.\n"
	  "Nothing else changes, and nothing is removed.",
	  NULL, run_gone, NULL },
	{ 0 },
};
