/*
 * daemon/hub_command_backup.c - backup-begin, -step, -sign, -kept, -drop.
 *
 * A backup is led by the process of the command (cmd_backup.c); here is what only the owner
 * of the store can do. begin: a copy of the store in DIR/backup is begun. step: so many pages
 * of it, between the jobs of sessions; at the last one the copy stands, and what receipts it
 * will be good for is written down in memory. sign: the hub signs what the other process says
 * of the encrypted file that it has read back, and notes first that its folder has one, since
 * nobody may be left to say so once the file has its name. kept: that file has its name and is on its
 * disk, so the receipts are kept and given from now on, and it is noted how old the oldest in that
 * folder is. drop: it came to nothing.
 *
 * There is one at a time: begin ends an earlier one, and one of which nothing was heard for
 * ten minutes is ended when the hub folds. Failures are the backup's alone. What one that was
 * killed leaves on the disk goes then, when the hub is opened, and when a reader is erased.
 */
#include "common/base/say.h"
#include "daemon/hub_backup.h"
#include "daemon/hub_backup_in.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/dbcopy.h"
#include "common/base/lock.h"
#include "common/ledger/erasing.h"
#include "daemon/backup_file.h"
#include "daemon/backup_state.h"
#include "daemon/hub_command.h"
#include "daemon/hub_receipt.h"
#include "daemon/hub_second.h"
#include "daemon/hub_witness.h"

#define TOKEN_SIZE  16
#define STEP_PAGES  512
#define EXPIRE_SECS 600

/* The receipt of one log as it is in the copy. */
struct kept {
	int64_t row;
	struct ph_buf bytes;
	struct kept *next;
};

struct ph_hub_backup {
	char token[2 * TOKEN_SIZE + 1];
	struct ph_db_copy *copy; /* NULL: it stands */
	int64_t made;            /* when it was whole */
	uint64_t erased;         /* orders to erase that were done when it was begun */
	struct kept *receipts;
	struct ph_head desk; /* up to there it has the desk log; n 0: there is none */
	int64_t last;        /* monotonic seconds of the last that was heard of it */
};

static int64_t monotonic(const struct ph_hub *hub)
{
	struct ph_now now;

	hub->config.clock.read(hub->config.clock.data, &now);
	return (int64_t)(now.mono_ms / 1000);
}

void ph_hub_backup_free(struct ph_hub_backup *backup)
{
	if (!backup) {
		return;
	}
	ph_db_copy_free(backup->copy);
	while (backup->receipts) {
		struct kept *kept = backup->receipts;

		backup->receipts = kept->next;
		ph_buf_deinit(&kept->bytes);
		free(kept);
	}
	free(backup);
}

static void drop(struct ph_hub *hub)
{
	ph_hub_backup_free(hub->backup);
	hub->backup = NULL;
}

void ph_hub_backup_expire(struct ph_hub *hub)
{
	if (hub->backup && monotonic(hub) - hub->backup->last > EXPIRE_SECS) {
		drop(hub);
		ph_hub_backup_sweep(hub);
	}
}

static int sweep(const char *work, const char *copy, const char *check)
{
	int removed = ph_file_remove(copy);
	int rc = ph_backup_remove_tree(check);

	rc = removed < 0 && removed != -ENOENT ? removed : rc;
	return rc < 0 ? rc : ph_dir_sync(work); /* or a power cut brings them back */
}

/* Whoever makes or checks one holds the lock of that folder, and clears it up itself. */
void ph_hub_backup_sweep(struct ph_hub *hub)
{
	struct ph_lock lock = { .fd = -1 };
	char work[PH_HUB_PATH_MAX];
	char copy[PH_HUB_PATH_MAX];
	char check[PH_HUB_PATH_MAX];
	int rc;

	hub->stays.backup = 0;
	if (hub->backup ||
	    ph_path_join(work, sizeof(work), hub->dir, "backup", NULL) < 0 ||
	    ph_path_join(copy, sizeof(copy), work, "copy.db", NULL) < 0 ||
	    ph_path_join(check, sizeof(check), work, "check", NULL) < 0 ||
	    (!ph_file_exists(copy) && !ph_file_exists(check)) ||
	    ph_lock_take(&lock, work, "hub", 0, NULL) < 0) {
		return;
	}
	rc = sweep(work, copy, check);
	ph_lock_release(&lock);
	hub->stays.backup = rc;
	if (rc < 0) {
		fprintf(stderr,
			ph_say("hub.backup-stays %s: what a backup that was killed left "
			       "there, a copy of the store, cannot be removed (%s). See "
			       "that the service's user may write there and the disk is "
			       "sound; it is tried again at the next start and erasure\n",
			       "hub.backup-stays %s: không gỡ được bản sao kho dữ liệu "
			       "mà "
			       "một lần sao lưu dở dang để lại (%s). Hãy xem người dùng "
			       "của dịch vụ có quyền ghi ở đó không, ổ đĩa còn tốt "
			       "không; lần chạy lại hay lần xóa sau sẽ thử lại\n"),
			work, ph_errno_say(rc));
	}
}

/* The backup that REQUEST is about, or NULL with words. */
static struct ph_hub_backup *find(struct ph_hub *hub, const json_t *request,
				  struct ph_error *err)
{
	const char *token = ph_request_need(request, "token", err);

	if (token && (!hub->backup || strcmp(hub->backup->token, token) != 0)) {
		(void)ph_fail(err, PH_EXIT_OTHER, -ESTALE,
			      ph_say("another backup was begun meanwhile; let that one "
				     "end, then try again",
				     "trong lúc đó đã bắt đầu một lần sao lưu khác; hãy "
				     "đợi nó xong rồi thử lại"));
		return NULL;
	}
	if (token) {
		hub->backup->last = monotonic(hub);
	}
	return token ? hub->backup : NULL;
}

/* --- begin --- */

static int begin(struct ph_hub *hub, struct ph_hub_backup *backup, struct ph_error *err)
{
	uint8_t token[TOKEN_SIZE];
	char path[PH_HUB_PATH_MAX];
	int rc = ph_path_join(path, sizeof(path), hub->dir, "backup", err);

	rc = rc < 0 ? rc : ph_dir_create(path, err);
	rc = rc < 0 ? rc
		    : ph_path_join(path, sizeof(path), hub->dir, "backup/copy.db", err);
	if (rc < 0) {
		return rc;
	}
	hub->config.rng.fill(hub->config.rng.data, token, sizeof(token));
	ph_hex(backup->token, token, sizeof(token));
	backup->last = monotonic(hub);
	rc = ph_erasing_count(hub->db, &backup->erased);
	if (rc < 0) {
		return rc;
	}
	return ph_db_copy_start(&backup->copy, hub->db, path, err);
}

int ph_hub_backup_begin(struct ph_hub *hub, const json_t *request, json_t *answer,
			struct ph_error *err)
{
	struct ph_hub_backup *backup = calloc(1, sizeof(*backup));
	int rc = backup ? 0 : -ENOMEM;

	(void)request;
	drop(hub);
	rc = rc < 0 ? rc : begin(hub, backup, err);
	if (rc < 0) {
		ph_hub_backup_free(backup);
		return rc;
	}
	hub->backup = backup;
	json_object_set_new(answer, "token", json_string(backup->token));
	json_object_set_new(answer, "province", json_integer(hub->province));
	return 0;
}

/* --- step --- */

struct noting {
	struct ph_hub *hub;
	struct ph_hub_backup *backup;
};

/* What a device may be told of LOG once the copy is a backup. */
static int note_log(void *data, const struct ph_log *log)
{
	struct noting *noting = data;
	struct ph_hub *hub = noting->hub;
	struct ph_hub_head head = { .row = log->row };
	struct ph_receipt receipt;
	struct kept *kept;
	int rc;

	if (log->role == PH_ROLE_HUB || log->n == 0) {
		return 0;
	}
	memcpy(head.known.log_id, log->id, sizeof(log->id));
	memcpy(head.known.h, log->h, sizeof(log->h));
	head.known.n = log->n;
	rc = ph_hub_receipt(hub, &head, &receipt);
	if (rc < 0) {
		return rc;
	}
	kept = calloc(1, sizeof(*kept));
	if (!kept) {
		return -ENOMEM;
	}
	receipt.level = PH_LEVEL_BACKUP;
	receipt.time = (uint64_t)noting->backup->made;
	kept->row = log->row;
	kept->next = noting->backup->receipts;
	noting->backup->receipts = kept;
	return ph_receipt_encode(&receipt, hub->keys.sign.secret, &kept->bytes);
}

static int stand(struct ph_hub *hub, struct ph_hub_backup *backup)
{
	struct noting noting = { hub, backup };

	ph_db_copy_free(backup->copy);
	backup->copy = NULL;
	backup->made = ph_hub_now(hub);
	memcpy(backup->desk.log_id, ph_writer_log(hub->desk)->id, PH_LOG_ID_SIZE);
	backup->desk.n = ph_writer_log(hub->desk)->n;
	return ph_journal_log_each(hub->journal, note_log, &noting);
}

int ph_hub_backup_step(struct ph_hub *hub, const json_t *request, json_t *answer,
		       struct ph_error *err)
{
	struct ph_hub_backup *backup = find(hub, request, err);
	uint64_t left = 0;
	uint64_t pages = 0;
	int rc = 0;

	if (!backup) {
		return -ESTALE;
	}
	if (backup->copy) {
		rc = ph_db_copy_step(backup->copy, STEP_PAGES, err);
		ph_db_copy_progress(backup->copy, &left, &pages);
		rc = rc == 0 ? stand(hub, backup) : rc;
	}
	if (rc < 0) {
		drop(hub);
		return ph_fail_errno(err, rc,
				     ph_say("copying the hub's store",
					    "chép kho dữ liệu của máy chủ"));
	}
	json_object_set_new(answer, "whole", json_boolean(rc == 0));
	json_object_set_new(answer, "left", json_integer((json_int_t)left));
	json_object_set_new(answer, "pages", json_integer((json_int_t)pages));
	json_object_set_new(answer, "made", json_integer(backup->made));
	return 0;
}

/* --- sign --- */

static int fail_to_note(int rc, struct ph_error *err)
{
	return ph_fail_errno(err, rc,
			     ph_say("noting the backup", "ghi nhận bản sao lưu"));
}

/* That its folder has one, before it has its name. */
static int note_first(struct ph_hub *hub, const struct ph_hub_backup *backup,
		      const json_t *request)
{
	int rc = ph_db_begin(hub->db);

	rc = rc < 0 ? rc
		    : ph_hub_backup_in_note(hub, request, backup->made, backup->erased);
	rc = rc < 0 ? rc : ph_db_commit(hub->db);
	if (rc < 0) {
		ph_db_rollback(hub->db);
		ph_hub_forget(hub);
	}
	return rc;
}

static int take_hash(const json_t *request, const char *name, uint8_t *out, size_t len,
		     struct ph_error *err)
{
	const char *text = ph_request_need(request, name, err);

	if (text && ph_unhex(out, len, text, strlen(text)) == 0) {
		return 0;
	}
	return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
		       ph_say("\"%s\" is not hex of %zu bytes",
			      "“%s” không phải là %zu byte hệ mười sáu"),
		       name, len);
}

static int fill(struct ph_hub *hub, const struct ph_hub_backup *backup,
		const json_t *request, struct ph_backup_manifest *manifest,
		struct ph_error *err)
{
	int rc = take_hash(request, "hash", manifest->hash, sizeof(manifest->hash), err);

	rc = rc < 0 ? rc
		    : take_hash(request, "digest", manifest->digest,
				sizeof(manifest->digest), err);
	rc = rc < 0 ? rc
		    : take_hash(request, "recovery", manifest->recovery,
				sizeof(manifest->recovery), err);
	manifest->made = (uint64_t)backup->made;
	manifest->epoch = hub->epoch;
	memcpy(manifest->root, hub->keylist.root, sizeof(manifest->root));
	manifest->size = (uint64_t)json_integer_value(json_object_get(request, "size"));
	manifest->logs = (uint64_t)json_integer_value(json_object_get(request, "logs"));
	manifest->entries =
		(uint64_t)json_integer_value(json_object_get(request, "entries"));
	return rc;
}

int ph_hub_backup_sign(struct ph_hub *hub, const json_t *request, json_t *answer,
		       struct ph_error *err)
{
	struct ph_hub_backup *backup = find(hub, request, err);
	struct ph_backup_manifest manifest = { 0 };
	struct ph_buf body = { 0 };
	struct ph_buf bytes = { 0 };
	char hex[2 * PH_CERT_MAX + 1];
	int rc = backup ? 0 : -ESTALE;

	if (backup && backup->copy) {
		rc = ph_fail(
			err, PH_EXIT_USAGE, -EINVAL,
			ph_say("the copy is not whole yet", "bản chép chưa trọn vẹn"));
	}
	rc = rc < 0 ? rc : fill(hub, backup, request, &manifest, err);
	if (rc == 0) {
		rc = note_first(hub, backup, request);
		rc = rc < 0 ? fail_to_note(rc, err) : 0;
	}
	rc = rc < 0 ? rc : ph_backup_manifest_body(&manifest, &body);
	rc = rc < 0 ? rc
		    : ph_backup_manifest_sign(ph_buf_view(&body), hub->keys.sign.secret,
					      &bytes);
	if (rc == 0) {
		ph_hex(hex, bytes.data, bytes.len);
		json_object_set_new(answer, "manifest", json_string(hex));
	}
	ph_buf_deinit(&body);
	ph_buf_deinit(&bytes);
	return rc;
}

/* --- kept --- */

static int keep_receipt(struct ph_hub *hub, const struct kept *kept)
{
	struct ph_receipt receipt;
	int rc = ph_receipt_decode(ph_buf_view(&kept->bytes), hub->keys.sign.key,
				   &receipt);

	rc = rc == 0 ? ph_journal_receipt_put(hub->journal, kept->row, &receipt,
					      ph_buf_view(&kept->bytes))
		     : rc;
	return rc > 0 ? -EUCLEAN : rc;
}

/* A device that keeps nothing of the desk log yet need not have what is there. */
static int keep_desk(struct ph_hub *hub, const struct ph_head *desk)
{
	uint8_t value[PH_LOG_ID_SIZE + 8];

	memcpy(value, desk->log_id, PH_LOG_ID_SIZE);
	ph_be64_put(value + PH_LOG_ID_SIZE, desk->n);
	return ph_journal_meta_put(hub->journal, PH_HUB_META_DESK_AWAY,
				   PH_VIEW(value, sizeof(value)));
}

static int keep(struct ph_hub *hub, const struct ph_hub_backup *backup,
		const json_t *request, bool away)
{
	int rc = ph_db_begin(hub->db);

	for (const struct kept *kept = backup->receipts; rc == 0 && away && kept;
	     kept = kept->next) {
		rc = keep_receipt(hub, kept);
	}
	rc = rc == 0 && away && backup->desk.n > 0 ? keep_desk(hub, &backup->desk) : rc;
	rc = rc < 0 ? rc
		    : ph_journal_meta_put_int(hub->journal, PH_HUB_META_BACKUP,
					      backup->made);
	rc = rc < 0 ? rc
		    : ph_journal_meta_put_int(hub->journal, PH_HUB_META_BACKUP_AWAY,
					      away);
	rc = rc < 0 ? rc
		    : ph_hub_backup_in_note(hub, request, backup->made, backup->erased);
	rc = rc < 0 ? rc : ph_db_commit(hub->db);
	if (rc < 0) {
		ph_db_rollback(hub->db);
		ph_hub_forget(hub);
		return rc;
	}
	hub->backed_up = backup->made;
	return 0;
}

int ph_hub_backup_kept(struct ph_hub *hub, const json_t *request, json_t *answer,
		       struct ph_error *err)
{
	struct ph_hub_backup *backup = find(hub, request, err);
	bool away = json_is_true(json_object_get(request, "away"));
	int rc = backup ? 0 : -ESTALE;

	if (backup && backup->copy) {
		rc = ph_fail(
			err, PH_EXIT_USAGE, -EINVAL,
			ph_say("the copy is not whole yet", "bản chép chưa trọn vẹn"));
	}
	rc = rc < 0 ? rc : keep(hub, backup, request, away);
	if (rc < 0) {
		return fail_to_note(rc, err);
	}
	json_object_set_new(answer, "away", json_boolean(away));
	drop(hub);
	return 0;
}

int ph_hub_backup_drop(struct ph_hub *hub, const json_t *request, json_t *answer,
		       struct ph_error *err)
{
	struct ph_hub_backup *backup = find(hub, request, err);

	(void)answer;
	if (!backup) {
		return -ESTALE;
	}
	drop(hub);
	return 0;
}

/* --- status --- */

static void put_time(json_t *answer, const char *name, int64_t second)
{
	char text[PH_TIME_TEXT];

	ph_time_text(text, second);
	json_object_set_new(answer, name, second > 0 ? json_string(text) : json_null());
}

static void set_words(json_t *answer, const char *name, const char *words)
{
	if (words) {
		json_object_set_new(answer, name, json_string(words));
	}
}

/* Whether keys were in use when a backup was MADE that the key list has closed since. */
static bool has_closed_key(const struct ph_hub *hub, int64_t made)
{
	for (unsigned i = 1; made > 0 && i < hub->ring.n; i++) {
		if (made < hub->ring.until[i] &&
		    !ph_keylist_has_hub(&hub->keylist, hub->ring.sign[i])) {
			return true;
		}
	}
	return false;
}

int ph_hub_backup_tell(struct ph_hub *hub, json_t *answer)
{
	struct ph_error words;
	int64_t made = 0;
	int64_t away = 0;
	int rc = ph_journal_meta_get_int(hub->journal, PH_HUB_META_BACKUP, &made);

	if (rc == 0) {
		rc = ph_journal_meta_get_int(hub->journal, PH_HUB_META_BACKUP_AWAY,
					     &away);
	}
	put_time(answer, "last_backup", made);
	json_object_set_new(answer, "last_backup_away", json_boolean(away != 0));
	if (has_closed_key(hub, made)) {
		json_object_set_new(answer, "last_backup_key_closed", json_true());
	}
	if (hub->restored > 0) {
		put_time(answer, "restored", hub->restored);
	}
	set_words(answer, "second_medium", ph_hub_second_state(hub, &words));
	set_words(answer, "witness", ph_hub_witness_state(hub, &words));
	set_words(answer, "courier_stays",
		  hub->stays.courier ? ph_errno_say(hub->stays.courier) : NULL);
	set_words(answer, "backup_stays",
		  hub->stays.backup ? ph_errno_say(hub->stays.backup) : NULL);
	return rc < 0 ? rc : 0;
}
