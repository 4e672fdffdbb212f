/*
 * tests/sim/backup.c - a backup of the hub, made and restored as the programs do.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "common/log/cert.h"
#include "daemon/backup_folder.h"
#include "daemon/backup_state.h"
#include "daemon/hub_internal.h"
#include "tests/sim/disk.h"
#include "tests/sim/erase.h"
#include "tests/sim/safe_internal.h"
#include "tests/sim/version.h"

#define FAR   "/m/far" /* the disk that backups are on */
#define CHECK "/m/check/store"

struct making {
	struct sim *sim;
	char token[64];
	int64_t made;
	char part[SIM_PATH + 8];
	uint8_t key[PH_BACKUP_KEY_SIZE];
	struct ph_backup_found found;
	struct ph_backup_checked checked;
};

/* REQUEST is taken. NULL: the hub's disk was in the way. */
static json_t *ask(struct making *making, json_t *request)
{
	struct sim *sim = making->sim;
	int exit;
	json_t *answer;

	if (making->token[0] != '\0') {
		json_object_set_new(request, "token", json_string(making->token));
	}
	answer = sim_ask(sim, request, &exit);
	if (answer == NULL && !sim_hub_is_ill(sim) && !sim_hub_failed(sim)) {
		sim_broken(sim, SIM_HEALTHY, "the hub makes no backup: %d", exit);
	}
	return answer;
}

static bool copy_store(struct making *making)
{
	json_t *answer = ask(making, json_pack("{s:s}", "command", "backup-begin"));
	bool whole = false;

	if (answer != NULL) {
		snprintf(making->token, sizeof making->token, "%s",
			 json_string_value(json_object_get(answer, "token")));
	}
	while (answer != NULL && !whole) {
		json_decref(answer);
		answer = ask(making, json_pack("{s:s}", "command", "backup-step"));
		whole = json_is_true(json_object_get(answer, "whole"));
		making->made = json_integer_value(json_object_get(answer, "made"));
	}
	json_decref(answer);
	return whole;
}

static int write_file(struct making *making, struct ph_error *err)
{
	const struct sim_machine *hub = &making->sim->hub_machine;
	struct ph_backup_writer *writer = NULL;
	char copy[SIM_PATH + 20];
	int rc = ph_backup_writer_new(&writer, making->part,
				      making->sim->safe->key.box.key, making->key, err);

	snprintf(copy, sizeof copy, "%s/backup/copy.db", hub->dir);
	rc = rc != 0 ? rc : ph_backup_put_state(writer, hub->dir, copy, err);
	rc = rc != 0 ? rc : ph_backup_writer_end(writer, err);
	ph_backup_writer_free(writer);
	(void)ph_file_remove(copy);
	return rc;
}

/* Into a hub that verifies itself; on a disk of its own, where the program uses the hub's. */
static int read_back(struct making *making, struct ph_error *err)
{
	const struct ph_backup_read how = { .key = making->key,
					    .into = CHECK,
					    .unsigned_yet = true };
	int rc;

	sim_disk_add("check");
	rc = ph_dir_create(CHECK, err);
	rc = rc != 0 ? rc : ph_backup_read(making->part, &how, &making->found, err);
	sim_enter(&making->sim->hub_machine);
	rc = rc != 0 ? rc : ph_backup_check_state(CHECK, &making->checked, err);
	sim_leave();
	if (rc == 0) {
		sim_check_erased_copy(making->sim, "check");
	}
	sim_disk_remove("check");
	return rc;
}

static bool sign(struct making *making, struct ph_error *err, int *rc_out)
{
	char hash[65], digest[65], recovery[2 * PH_RECOVERY_NAME_SIZE + 1];
	uint8_t bytes[PH_CERT_MAX];
	json_t *answer;
	const char *hex;
	size_t len;

	ph_hex(hash, making->found.hash, 32);
	ph_hex(digest, making->checked.digest, 32);
	ph_hex(recovery, making->found.recovery, PH_RECOVERY_NAME_SIZE);
	answer = ask(making,
		     json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I}", "command",
			       "backup-sign", "hash", hash, "digest", digest, "recovery",
			       recovery, "size", (json_int_t)making->found.size, "logs",
			       (json_int_t)making->checked.logs, "entries",
			       (json_int_t)making->checked.entries));
	if (answer == NULL) {
		return false;
	}
	hex = json_string_value(json_object_get(answer, "manifest"));
	len = strlen(hex) / 2;
	*rc_out = len <= sizeof bytes ? ph_unhex(bytes, len, hex, 2 * len) : -EINVAL;
	*rc_out = *rc_out != 0 ? *rc_out
			       : ph_backup_finish(making->part, PH_VIEW(bytes, len), err);
	json_decref(answer);
	return true;
}

/* Read once more, as anybody would who comes across it. */
static int check_whole(struct making *making, struct ph_error *err)
{
	const struct ph_backup_read how = { .into = NULL };
	struct ph_backup_manifest manifest;
	struct ph_backup_found found = { 0 };
	int rc = ph_backup_read(making->part, &how, &found, err);

	rc = rc != 0 ? rc
		     : ph_backup_manifest_decode(ph_buf_view(&found.manifest),
						 ph_hub_keys(making->sim->hub)->sign.key,
						 &manifest);
	if (rc == 0 && memcmp(manifest.hash, making->found.hash, 32) != 0) {
		rc = -EUCLEAN;
	}
	ph_backup_found_deinit(&found);
	return rc;
}

/* It gets its name, and what came before it goes. */
static bool keep(struct making *making)
{
	struct sim *sim = making->sim;
	struct ph_error err = { 0 };
	char name[PH_BACKUP_FILE_NAME], path[SIM_PATH];
	json_t *answer;
	int rc = ph_backup_folder_name(FAR, sim->safe->key.root, making->made, name);

	snprintf(path, sizeof path, FAR "/%s", name);
	rc = rc != 0 ? rc : ph_file_rename(making->part, path, &err);
	if (rc != 0) {
		sim_broken(sim, SIM_HEALTHY, "a backup gets no name: %s", err.text);
	}
	if (sim->safe->has_backup) {
		(void)ph_file_remove(sim->safe->path);
	}
	snprintf(sim->safe->path, sizeof sim->safe->path, "%s", path);
	sim->safe->has_backup = true;
	sim->safe->lacks = sim->hub_machine.lacks;
	sim_note_safe(sim, sim->safe->device);
	sim_reckon_behind(sim, false);
	answer =
		ask(making, json_pack("{s:s, s:b}", "command", "backup-kept", "away", 1));
	json_decref(answer);
	return answer != NULL;
}

bool sim_backup(struct sim *sim)
{
	struct making making = { .sim = sim, .part = FAR "/being-made.part" };
	struct ph_error err = { 0 };
	bool done;
	int rc;

	memcpy(sim->safe->key.root, ph_hub_keylist(sim->hub)->root, PH_KEY_SIZE);
	done = copy_store(&making);
	rc = done ? write_file(&making, &err) : 0;

	if (rc != 0 && !sim_hub_is_ill(sim)) {
		sim_broken(sim, SIM_HEALTHY, "a backup is not written: %s", err.text);
	}
	done = done && rc == 0;
	rc = done ? read_back(&making, &err) : 0;
	done = done && rc == 0 && sign(&making, &err, &rc);
	rc = done && rc == 0 ? check_whole(&making, &err) : rc;
	if (rc != 0) {
		sim_broken(sim, SIM_HEALTHY, "a backup is not what it should be: %s",
			   err.text);
	}
	done = done && keep(&making);
	if (done) {
		sim_note(sim,
			 "a backup of the hub: %" PRIu64 " entries in %" PRIu64 " logs",
			 making.checked.entries, making.checked.logs);
	}
	ph_backup_found_deinit(&making.found);
	return done;
}

/* --- and back --- */

static int check_signed(const struct sim *sim, const char *into,
			const struct ph_backup_found *found,
			struct ph_backup_manifest *manifest)
{
	struct ph_buf bytes = { 0 };
	struct ph_keylist list;
	char path[SIM_PATH + 20];
	int rc;

	snprintf(path, sizeof path, "%s/keys/list", into);
	rc = ph_file_read(path, PH_CERT_MAX, &bytes, NULL);
	rc = rc != 0 ? rc : ph_keylist_decode(ph_buf_view(&bytes), &list);
	rc = rc != 0 ? rc
		     : ph_backup_manifest_decode(ph_buf_view(&found->manifest),
						 list.hub[0].sign, manifest);
	if (rc == 0 && (memcmp(list.root, sim->safe->key.root, PH_KEY_SIZE) != 0 ||
			memcmp(manifest->hash, found->hash, 32) != 0)) {
		rc = -EUCLEAN;
	}
	ph_buf_deinit(&bytes);
	return rc;
}

static int unpack(struct sim *sim, const char *into, struct ph_error *err)
{
	const struct ph_backup_read how = { .recovery = &sim->safe->key, .into = into };
	struct ph_backup_found found = { 0 };
	struct ph_backup_manifest manifest;
	struct ph_backup_checked checked;
	int rc = ph_dir_create(sim->hub_machine.dir, err);

	rc = rc != 0 ? rc : ph_dir_create(into, err);
	rc = rc != 0 ? rc : ph_backup_read(sim->safe->path, &how, &found, err);
	rc = rc != 0 ? rc : check_signed(sim, into, &found, &manifest);
	sim_enter(&sim->hub_machine);
	rc = rc != 0 ? rc : ph_backup_check_state(into, &checked, err);
	sim_leave();
	if (rc == 0 && sim->safe->lacks == sim->hub_machine.lacks &&
	    memcmp(checked.digest, manifest.digest, sizeof checked.digest) != 0) {
		rc = -EUCLEAN;
	}
	ph_backup_found_deinit(&found);
	return rc;
}

/* What the store of a backup is asked before anybody sees it. */
static int begin_epoch(struct sim *sim, const char *into, struct ph_error *err)
{
	struct ph_hub_config config = sim_hub_config(sim);
	const char *second = config.second;
	int rc;

	config.dir = into;
	config.second = NULL;
	sim_enter(&sim->hub_machine);
	rc = ph_hub_open(&sim->hub, &config, err);
	sim_leave();
	if (rc != 0) {
		return rc;
	}
	json_decref(sim_ask(sim, json_pack("{s:s}", "command", "epoch-begin"), NULL));
	if (second != NULL) {
		json_decref(sim_ask(
			sim,
			json_pack("{s:s, s:s}", "command", "second-take", "path", second),
			NULL));
	}
	sim_enter(&sim->hub_machine);
	ph_hub_close(sim->hub);
	sim_leave();
	sim->hub = NULL;
	return 0;
}

struct moving {
	const char *from, *to; /* folders */
	struct ph_error *err;
};

static int move_one(const struct moving *moving, const char *name)
{
	char from[SIM_PATH + 60], to[SIM_PATH + 60];
	int rc;

	snprintf(from, sizeof from, "%s/%s", moving->from, name);
	snprintf(to, sizeof to, "%s/%s", moving->to, name);
	rc = ph_file_exists(from) ? ph_file_sync(from, moving->err) : 1;
	return rc != 0 ? rc : ph_file_rename(from, to, moving->err);
}

/* The first that is seen; then the folder is another, and is looked at anew. */
static int move_seen(void *data, const char *name)
{
	int rc = move_one(data, name);

	return rc == 0 ? 1 : rc;
}

static int move_folder(const struct moving *moving)
{
	int rc = ph_dir_create(moving->to, moving->err);

	while (rc == 0 && (rc = ph_dir_list(moving->from, move_seen,
					    (void *)(uintptr_t)moving)) == 1) {
		rc = 0;
	}
	return rc;
}

/* File by file, since this disk renames no folders; the store last. */
static int move_up(const char *into, const char *dir, struct ph_error *err)
{
	char keys[SIM_PATH + 20], to[SIM_PATH + 20];
	struct moving moving = { into, dir, err };
	int rc;

	snprintf(keys, sizeof keys, "%s/keys", into);
	snprintf(to, sizeof to, "%s/keys", dir);
	rc = move_folder(&(struct moving){ keys, to, err });
	rc = rc != 0 ? rc : move_one(&moving, "packhorsed.conf");
	rc = rc < 0 ? rc : move_one(&moving, "hub.db");
	return rc > 0 ? -ENOENT : rc;
}

void sim_put_back(struct sim *sim)
{
	char into[SIM_PATH + 10];
	struct ph_error err = { 0 };
	int rc;

	snprintf(into, sizeof into, "%s/restore", sim->hub_machine.dir);
	rc = unpack(sim, into, &err);
	rc = rc != 0 ? rc : begin_epoch(sim, into, &err);
	rc = rc != 0 ? rc : move_up(into, sim->hub_machine.dir, &err);
	if (rc != 0) {
		sim_broken(sim, SIM_HEALTHY, "a backup is not restored (%d): %s", rc,
			   err.text);
	}
	sim_hub_open(sim);
}
