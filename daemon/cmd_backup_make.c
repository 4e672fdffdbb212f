/*
 * daemon/cmd_backup_make.c - packhorsed backup.
 *
 * The running daemon, or the hub opened here, copies its store into DIR/backup in small
 * steps. From that copy, the keys and the settings this process makes one encrypted file in
 * the folder it was given, under a name that no backup has; brings it to the disk; reads it
 * back from there, decrypts it, and has what came out verify itself as a hub. Only then the
 * hub signs, and notes the folder, so that no backup lies where it knows of none, whatever ends
 * this process; the file gets its name, and old backups go. Last, the hub is told, with which
 * others are left in that folder: it tells devices, and who is erased.
 *
 * Whatever fails before the name is given leaves the earlier backups as they were and no new
 * one. What a killed run leaves has no backup's name, and the next run removes it.
 */
#include "daemon/cmd_backup.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "common/base/lock.h"
#include "common/cli/out.h"
#include "common/log/cert.h"
#include "daemon/ask.h"
#include "daemon/backup_folder.h"
#include "daemon/backup_state.h"
#include "daemon/config.h"

#define LOCK_WAIT_MS 0 /* another backup takes longer than anybody waits */
#define PATH_SIZE    4096

struct make {
	struct ph_cli *cli;
	const char *folder;
	struct ph_hub *hub; /* opened here because no daemon runs; else NULL */
	struct ph_lock lock;
	struct ph_buf list_bytes;
	struct ph_keylist list;
	uint8_t recovery[PH_KEY_SIZE];
	uint8_t key[PH_BACKUP_KEY_SIZE];
	bool away; /* FOLDER is on another disk than the hub */
	char token[64];
	int64_t made;
	char name[PH_BACKUP_FILE_NAME];
	char part[PATH_SIZE], path[PATH_SIZE];
	char work[PATH_SIZE], copy[PATH_SIZE], check[PATH_SIZE];
	struct ph_backup_found found;
	struct ph_backup_checked checked;
	unsigned keep, days;
	int removed;          /* old ones; negative: they could not be */
	char full[PATH_SIZE]; /* FOLDER, from the root */
};

/* --- asking the hub --- */

/* REQUEST is taken. 0 with the answer, or a negative errno with ERR. */
static int ask(struct make *make, json_t *request, json_t **answer_out,
	       struct ph_error *err)
{
	json_t *answer = NULL;
	int rc = request ? 0 : -ENOMEM;

	if (rc == 0 && make->token[0]) {
		ph_request_put(&request, "token", json_string(make->token));
		rc = request ? 0 : -ENOMEM;
	}
	if (rc == 0 && make->hub) {
		answer = ph_hub_command(make->hub, request);
		rc = answer ? 0 : -ENOMEM;
	} else if (rc == 0) {
		rc = ph_ask_daemon(make->cli->dir, request, &answer, err);
	}
	json_decref(request);
	rc = rc < 0 ? ph_fail_errno(err, rc == -ENOENT ? -ECONNREFUSED : rc,
				    ph_say("the hub", "máy chủ"))
		    : ph_ask_check(answer, err);
	if (rc < 0) {
		json_decref(answer);
		return rc;
	}
	*answer_out = answer;
	return 0;
}

static int begin(struct make *make, struct ph_error *err)
{
	json_t *answer = NULL;
	int rc = ph_ask_is_served(make->cli->dir, err);

	if (rc == 0) {
		rc = ph_hub_open(&make->hub,
				 &(struct ph_hub_config){ .dir = make->cli->dir,
							  .witness = make->cli->dir,
							  .who = "backup",
							  .wait_ms = 5000,
							  .clock = ph_clock_system,
							  .watches_clock = true,
							  .rng = ph_rng_system },
				 err);
	}
	rc = rc < 0 ? rc : ask(make, ph_request("backup-begin"), &answer, err);
	if (rc == 0) {
		snprintf(make->token, sizeof(make->token), "%s",
			 json_string_value(json_object_get(answer, "token")));
	}
	json_decref(answer);
	return rc;
}

static int copy_store(struct make *make, struct ph_error *err)
{
	bool whole = false;
	int rc = 0;

	while (rc == 0 && !whole) {
		json_t *answer = NULL;

		rc = ask(make, ph_request("backup-step"), &answer, err);
		whole = json_is_true(json_object_get(answer, "whole"));
		make->made = json_integer_value(json_object_get(answer, "made"));
		json_decref(answer);
	}
	return rc;
}

/* --- before it --- */

static int paths(struct make *make, struct ph_error *err)
{
	const char *dir = make->cli->dir;
	int rc = ph_path_join(make->work, sizeof(make->work), dir, "backup", err);

	rc = rc < 0 ? rc
		    : ph_path_join(make->copy, sizeof(make->copy), dir, "backup/copy.db",
				   err);
	return rc < 0 ? rc
		      : ph_path_join(make->check, sizeof(make->check), dir,
				     "backup/check", err);
}

/* What lies in DIR/backup is ours alone, and is left by a run that was killed. */
static int sweep(struct make *make)
{
	int rc = ph_backup_remove_tree(make->check);

	(void)ph_file_remove(make->copy);
	(void)ph_dir_sync(make->work); /* or a power cut brings them back */
	return rc;
}

static int prepare(struct make *make, struct ph_error *err)
{
	struct ph_file_info here;
	struct ph_file_info there;
	int rc = ph_backup_folder_check(make->folder, err);

	rc = rc < 0 ? rc : paths(make, err);
	rc = rc < 0 ? rc
		    : ph_backup_keylist(make->cli->dir, &make->list_bytes, &make->list,
					err);
	rc = rc < 0 ? rc : ph_recovery_public_load(make->cli->dir, make->recovery, err);
	rc = rc < 0 ? rc : ph_dir_create(make->work, err);
	rc = rc < 0 ? rc
		    : ph_lock_take(&make->lock, make->work, "backup", LOCK_WAIT_MS, err);
	if (rc < 0) {
		return rc;
	}
	rc = sweep(make);
	rc = rc < 0 ? rc : ph_file_info(make->cli->dir, &here);
	rc = rc < 0 ? rc : ph_file_info(make->folder, &there);
	if (rc < 0) {
		return ph_fail_errno(err, rc, make->work);
	}
	make->away = here.device != there.device;
	if (!make->away) {
		fprintf(stderr, "%s",
			ph_say("packhorsed: warning: the backup is on the same disk as "
			       "the hub, and goes with it; devices are not told of it\n",
			       "packhorsed: cảnh báo: bản sao nằm cùng ổ đĩa với máy "
			       "chủ, "
			       "hỏng ổ đĩa là mất cả hai; các máy không được báo\n"));
	}
	if (!realpath(make->folder, make->full)) {
		return ph_fail_errno(err, -errno, make->folder);
	}
	ph_backup_folder_sweep(make->folder, make->list.root);
	return 0;
}

/* --- the file --- */

static int choose_name(struct make *make, struct ph_error *err)
{
	char name[PH_BACKUP_FILE_NAME + 8];
	int rc = ph_backup_folder_name(make->folder, make->list.root, make->made,
				       make->name);

	if (rc < 0) {
		return ph_fail_errno(err, rc, make->folder);
	}
	snprintf(name, sizeof(name), "%s.part", make->name);
	rc = ph_path_join(make->path, sizeof(make->path), make->folder, make->name, err);
	return rc < 0 ? rc
		      : ph_path_join(make->part, sizeof(make->part), make->folder, name,
				     err);
}

static int write_file(struct make *make, struct ph_error *err)
{
	struct ph_backup_writer *writer = NULL;
	int rc =
		ph_backup_writer_new(&writer, make->part, make->recovery, make->key, err);

	rc = rc < 0 ? rc : ph_backup_put_state(writer, make->cli->dir, make->copy, err);
	rc = rc < 0 ? rc : ph_backup_writer_end(writer, err);
	ph_backup_writer_free(writer);
	/* room for what is read back */
	(void)ph_file_remove(make->copy);
	return rc;
}

/* From the disk, through the cipher, into a hub that verifies itself. */
static int read_back(struct make *make, struct ph_error *err)
{
	const struct ph_backup_read how = { .key = make->key,
					    .into = make->check,
					    .unsigned_yet = true };
	int rc = ph_dir_create(make->check, err);

	rc = rc < 0 ? rc : ph_backup_read(make->part, &how, &make->found, err);
	rc = rc < 0 ? rc : ph_backup_check_state(make->check, &make->checked, err);
	if (rc == 0) {
		rc = ph_backup_remove_tree(make->check);
		rc = rc < 0 ? ph_fail_errno(err, rc, make->check) : 0;
	}
	return rc;
}

/* The folder's path as JSON can have it: what is no UTF-8 in it is '?'. */
static json_t *folder_text(const struct make *make)
{
	json_t *text = json_string(make->full);
	char ascii[PATH_SIZE];

	if (!text) {
		snprintf(ascii, sizeof(ascii), "%s", make->full);
		for (char *c = ascii; *c != '\0'; c++) {
			*c = (unsigned char)*c < 0x80 ? *c : '?';
		}
		text = json_string(ascii);
	}
	return text;
}

/*
 * When the oldest in the folder was made. 0; -ENOENT: there is none; another negative errno: for
 * all that is known it is as old as can be, which *OLDEST_OUT says.
 */
static int oldest_of(const struct make *make, int64_t *oldest_out)
{
	char name[PH_BACKUP_FILE_NAME];
	int rc = ph_backup_folder_oldest(make->folder, make->list.root, name, oldest_out);

	if (rc < 0) {
		*oldest_out = 0;
	} else if (strcmp(name, make->name) == 0) {
		*oldest_out = make->made; /* it is alone there */
	} else if (*oldest_out >= make->made) {
		*oldest_out = make->made - 1;
	}
	return rc;
}

/* Into REQUEST, if it can be known: which backup this is there, and which others there are. */
static void put_others(const struct make *make, json_t **request)
{
	int64_t seconds[PH_BACKUP_OTHERS_MAX + 1];
	int64_t name = ph_backup_folder_second(make->name);
	json_t *others;
	size_t n;

	ph_request_put(request, "name", json_integer(name));
	if (ph_backup_folder_seconds(make->folder, make->list.root, seconds,
				     sizeof(seconds) / sizeof(seconds[0]), &n) < 0) {
		return;
	}
	others = json_array();
	for (size_t i = 0; i < n && json_array_size(others) < PH_BACKUP_OTHERS_MAX; i++) {
		if (seconds[i] != name &&
		    json_array_append_new(others, json_integer(seconds[i]))) {
			json_decref(others);
			others = NULL;
		}
	}
	ph_request_put(request, "others", others);
}

static json_t *sign_request(const struct make *make)
{
	char hash[2 * 32 + 1];
	char digest[2 * 32 + 1];
	char recovery[2 * PH_RECOVERY_NAME_SIZE + 1];
	json_t *request;
	int64_t oldest;

	if (oldest_of(make, &oldest) == -ENOENT) {
		oldest = make->made; /* it will be alone there */
	}
	ph_hex(hash, make->found.hash, sizeof(make->found.hash));
	ph_hex(digest, make->checked.digest, sizeof(make->checked.digest));
	ph_hex(recovery, make->found.recovery, sizeof(make->found.recovery));
	request = json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:o, s:I}", "command",
			    "backup-sign", "hash", hash, "digest", digest, "recovery",
			    recovery, "size", (json_int_t)make->found.size, "logs",
			    (json_int_t)make->checked.logs, "entries",
			    (json_int_t)make->checked.entries, "folder",
			    folder_text(make), "oldest", (json_int_t)oldest);
	put_others(make, &request);
	return request;
}

static int sign(struct make *make, struct ph_error *err)
{
	uint8_t bytes[PH_CERT_MAX];
	json_t *answer = NULL;
	const char *hex;
	size_t len;
	int rc = ask(make, sign_request(make), &answer, err);

	if (rc < 0) {
		return rc;
	}
	hex = json_string_value(json_object_get(answer, "manifest"));
	len = hex ? strlen(hex) / 2 : 0;
	rc = hex && len <= sizeof(bytes) ? ph_unhex(bytes, len, hex, 2 * len) : -EINVAL;
	rc = rc < 0 ? ph_fail_errno(err, rc,
				    ph_say("what the hub signed", "phần máy chủ đã ký"))
		    : ph_backup_finish(make->part, PH_VIEW(bytes, len), err);
	json_decref(answer);
	return rc;
}

/* Read once more, as anybody would who comes across it. */
static int check_whole(struct make *make, struct ph_error *err)
{
	const struct ph_backup_read how = { 0 };
	struct ph_backup_manifest manifest;
	struct ph_backup_found found;
	int rc = ph_backup_read(make->part, &how, &found, err);

	rc = rc < 0 ? rc
		    : ph_backup_check_signed(make->part, &found, &make->list, &manifest,
					     err);
	ph_backup_found_deinit(&found);
	return rc;
}

/* Old ones go. What cannot be removed, or looked at, is told in the end. */
static void drop_old(struct make *make, int64_t *oldest_out)
{
	int rc;

	make->removed = ph_backup_folder_expire(make->folder, make->list.root, make->keep,
						make->days, make->made);
	rc = oldest_of(make, oldest_out);
	make->removed = rc < 0 && make->removed >= 0 ? rc : make->removed;
}

static int note(struct make *make, int64_t oldest, struct ph_error *err)
{
	json_t *request = json_pack("{s:s, s:b, s:o, s:I}", "command", "backup-kept",
				    "away", make->away, "folder", folder_text(make),
				    "oldest", (json_int_t)oldest);
	json_t *answer = NULL;
	int rc;

	put_others(make, &request);
	rc = ask(make, request, &answer, err);
	json_decref(answer);
	return rc;
}

static int make_backup(struct make *make, struct ph_error *err)
{
	int64_t oldest = 0;
	int rc = begin(make, err);

	rc = rc < 0 ? rc : copy_store(make, err);
	rc = rc < 0 ? rc : choose_name(make, err);
	if (rc < 0) {
		return rc;
	}
	rc = write_file(make, err);
	rc = rc < 0 ? rc : read_back(make, err);
	rc = rc < 0 ? rc : sign(make, err);
	rc = rc < 0 ? rc : check_whole(make, err);
	rc = rc < 0 ? rc : ph_file_rename(make->part, make->path, err);
	if (rc < 0) {
		(void)ph_file_remove(make->part);
		return rc;
	}
	drop_old(make, &oldest);
	return note(make, oldest, err);
}

/* --- the command --- */

static int tell(const struct make *make)
{
	char digest[2 * 32 + 1];
	char size[PH_NUMBER_TEXT];
	char entries[PH_NUMBER_TEXT];

	ph_hex(digest, make->checked.digest, sizeof(make->checked.digest));
	if (make->cli->json || make->cli->plain) {
		return ph_out_script(make->cli->json,
				     json_pack("{s:i, s:s, s:I, s:I, s:I, s:s, s:b, s:i}",
					       "schema", 1, "file", make->path, "bytes",
					       (json_int_t)make->found.size, "logs",
					       (json_int_t)make->checked.logs, "entries",
					       (json_int_t)make->checked.entries,
					       "digest", digest, "away", make->away,
					       "removed", make->removed));
	}
	printf(ph_say("%s\n%s MiB, %s entries; read back and checked\n",
		      "%s\n%s MiB, %s giao dịch; đã đọc lại và kiểm tra\n"),
	       make->path, ph_number(size, (make->found.size >> 20) + 1),
	       ph_number(entries, make->checked.entries));
	if (make->removed > 0) {
		printf(ph_say_n((uint64_t)make->removed, "%d older backup removed\n",
				"%d older backups removed\n", "đã xoá %d bản sao cũ\n"),
		       make->removed);
	}
	return 0;
}

static void finish(struct make *make, int rc)
{
	json_t *answer = NULL;

	if (rc < 0 && make->token[0]) {
		/* it ends by itself, too */
		(void)ask(make, ph_request("backup-drop"), &answer, NULL);
		json_decref(answer);
	}
	ph_hub_close(make->hub);
	if (make->lock.fd >= 0) {
		(void)sweep(make);
		ph_lock_release(&make->lock);
	}
	ph_backup_found_deinit(&make->found);
	ph_buf_deinit(&make->list_bytes);
	sodium_memzero(make->key, sizeof(make->key));
}

int ph_backup_run_make(struct ph_cli *cli, struct ph_error *err)
{
	struct make make = { .cli = cli, .folder = cli->args[0], .lock = { .fd = -1 } };
	struct ph_settings settings;
	uint64_t keep;
	int rc = ph_settings_load(&settings, cli->dir, err);

	keep = rc < 0 ? 0 : settings.backup_keep;
	rc = rc < 0 ? rc : ph_cli_get_uint(cli, "keep", 1, 10000, &keep, err);
	make.keep = (unsigned)keep;
	make.days = rc < 0 ? 0 : settings.backup_days;
	rc = rc < 0 ? rc : prepare(&make, err);
	rc = rc < 0 ? rc : make_backup(&make, err);
	if (rc == 0 && make.removed < 0) {
		rc = ph_fail(err, PH_EXIT_PARTIAL, make.removed,
			     ph_say("the backup %s is made and checked, but older ones "
				    "in %s could not be removed (%s)",
				    "đã làm và kiểm tra bản sao %s, nhưng không xoá được "
				    "các bản cũ trong %s (%s)"),
			     make.name, make.folder, ph_errno_say(make.removed));
	}
	finish(&make, rc);
	return rc < 0 ? rc : tell(&make);
}
