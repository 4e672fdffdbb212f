/*
 * daemon/hub_init.c - making a new hub: province root, operator, online keys, store.
 *
 * The order makes an interrupted init harmless: keys and configuration first, hub.db
 * last and under another name until it is whole; a folder counts as a hub only when
 * hub.db is there. So the same command can simply be given again: `init.unfinished`
 * stands in the folder until it is whole. Keys without that mark are of a hub that lost
 * its database; they are never written over. A folder that holds anything else than the
 * leavings of an interrupted init is refused.
 */
#include "daemon/hub_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cli/out.h"

#define DEFAULT_PROVINCE   14
#define DEFAULT_MEMORY_MIB 256
#define DEFAULT_LOAN_DAYS  "14"
#define EPOCH_FIRST        1
#define UNFINISHED         "init.unfinished"

static int path_in(const char *dir, const char *name, char out[static PH_HUB_PATH_MAX],
		   struct ph_error *err)
{
	return ph_path_join(out, PH_HUB_PATH_MAX, dir, name, err);
}

static bool is_leaving(const char *name)
{
	static const char *const leavings[] = { "keys",
						"lock",
						"packhorsed.conf",
						"packhorsed.conf.part",
						UNFINISHED,
						UNFINISHED ".part" };

	for (size_t i = 0; i < sizeof(leavings) / sizeof(leavings[0]); i++) {
		if (strcmp(name, leavings[i]) == 0) {
			return true;
		}
	}
	return strncmp(name, "hub.db.new", 10) == 0;
}

/* A restore that was killed is given again; `init` would be the wrong advice. */
static int check_restored(const char *dir, struct ph_error *err)
{
	char mark[PH_HUB_PATH_MAX];
	int rc = path_in(dir, PH_HUB_RESTORING, mark, err);

	return rc < 0 || !ph_file_exists(mark)
		       ? rc
		       : ph_fail(err, PH_EXIT_NOT_ENROLLED, -ENOENT,
				 ph_say("a backup was being restored into %s, and that "
					"is not finished. If it does not run any more, "
					"give the same `packhorsed -d %s restore` again: "
					"it begins anew, and the backup is as it was",
					"đang phục hồi bản sao lưu vào %s mà chưa xong. "
					"Nếu lệnh đó không còn chạy, hãy ra lại chính "
					"lệnh `packhorsed -d %s restore`: lệnh làm lại "
					"từ đầu, bản sao lưu vẫn như cũ"),
				 dir, dir);
}

int ph_hub_check_keys(const char *dir, struct ph_error *err)
{
	char keys[PH_HUB_PATH_MAX];
	char mark[PH_HUB_PATH_MAX];
	int rc = check_restored(dir, err);

	rc = rc < 0 ? rc : path_in(dir, "keys", keys, err);
	if (rc == 0) {
		rc = path_in(dir, UNFINISHED, mark, err);
	}
	if (rc == 0 && ph_file_exists(keys) && !ph_file_exists(mark)) {
		rc = ph_fail(err, PH_EXIT_DAMAGED, -EUCLEAN,
			     ph_say("%s holds the keys of a hub, but its hub.db is gone: "
				    "restore it "
				    "from a backup; keep the keys",
				    "%s giữ khóa của một máy chủ nhưng mất tệp hub.db: "
				    "hãy phục hồi từ bản sao lưu; giữ lại các khóa"),
			     dir);
	}
	return rc;
}

static int check_empty(const char *dir, struct ph_error *err)
{
	char path[PH_HUB_PATH_MAX];
	int rc = path_in(dir, "hub.db", path, err);

	if (rc < 0) {
		return rc;
	}
	if (ph_file_exists(path)) {
		return ph_fail(
			err, PH_EXIT_OTHER, -EEXIST,
			ph_say("%s is a hub already; to make another, name another "
			       "folder with -d",
			       "%s đã là một máy chủ; muốn tạo máy chủ khác, hãy chỉ thư "
			       "mục khác bằng -d"),
			dir);
	}
	rc = ph_hub_check_keys(dir, err);
	if (rc < 0) {
		return rc;
	}
	/* a folder that is not there yet, or is none, is for ph_dir_create() to judge */
	rc = ph_dir_check_empty(
		dir, is_leaving,
		ph_say("give init a folder of its own", "hãy cho init một thư mục riêng"),
		err);
	return rc == -ENOTEMPTY ? rc : 0;
}

static int save_keys(struct ph_hub *hub, const struct ph_hub_init *init,
		     struct ph_error *err)
{
	struct ph_sign_pair root = { 0 };
	struct ph_sign_pair operator_pair = { 0 };
	struct ph_keylist *list = &hub->keylist;
	unsigned memory = init->memory_mib ? init->memory_mib : DEFAULT_MEMORY_MIB;
	char path[PH_HUB_PATH_MAX];
	int rc;

	ph_sign_pair_make(&root, &hub->config.rng);
	ph_sign_pair_make(&operator_pair, &hub->config.rng);
	ph_device_keys_make(&hub->keys, &hub->config.rng);
	memset(list, 0, sizeof(*list));
	list->generation = 1;
	list->issued = (uint64_t)ph_hub_now(hub);
	memcpy(list->root, root.key, PH_KEY_SIZE);
	memcpy(list->hub[0].sign, hub->keys.sign.key, PH_KEY_SIZE);
	memcpy(list->hub[0].box, hub->keys.box.key, PH_KEY_SIZE);
	list->n_hubs = 1;
	memcpy(list->operator_key[0], operator_pair.key, PH_KEY_SIZE);
	list->n_operators = 1;

	rc = path_in(hub->dir, "keys", path, err);
	if (rc == 0) {
		rc = ph_dir_create(path, err);
	}
	if (rc == 0) {
		rc = path_in(hub->dir, "keys/root", path, err);
	}
	if (rc == 0) {
		rc = ph_locked_key_save(&root, path, init->passphrase, memory,
					&hub->config.rng, err);
	}
	if (rc == 0) {
		rc = path_in(hub->dir, "keys/operator", path, err);
	}
	if (rc == 0) {
		rc = ph_locked_key_save(&operator_pair, path, init->passphrase, memory,
					&hub->config.rng, err);
	}
	if (rc == 0) {
		rc = path_in(hub->dir, "keys/online", path, err);
	}
	if (rc == 0) {
		rc = ph_device_keys_save(&hub->keys, path, err);
	}
	if (rc == 0) {
		rc = ph_keylist_encode(list, &root, &hub->keylist_bytes);
	}
	if (rc == 0) {
		rc = path_in(hub->dir, "keys/list", path, err);
	}
	if (rc == 0) {
		rc = ph_file_write(path, ph_buf_view(&hub->keylist_bytes), 0600, err);
	}
	ph_sign_pair_wipe(&root);
	ph_sign_pair_wipe(&operator_pair);
	return rc < 0 ? ph_fail_errno(
				err, rc,
				ph_say("writing the hub's keys", "ghi khóa của máy chủ"))
		      : 0;
}

static int save_config(const struct ph_hub *hub, const struct ph_hub_init *init,
		       struct ph_error *err)
{
	struct ph_buf text = { 0 };
	char path[PH_HUB_PATH_MAX];
	int rc;

	rc = path_in(hub->dir, "packhorsed.conf", path, err);
	if (rc == 0) {
		rc = ph_buf_printf(
			&text,
			"# Settings of packhorsed; docs/OPERATIONS.md names them all.\n"
			"[server]\n"
			"# Where devices reach the hub.\n"
			"listen = %s\n",
			init->listen);
	}
	if (rc == 0) {
		rc = ph_file_write(path, ph_buf_view(&text), 0600, err);
	}
	ph_buf_deinit(&text);
	return rc;
}

/* The first entries of the control log, and what opening expects in meta. */
static int fill_store(struct ph_hub *hub, struct ph_error *err)
{
	struct ph_entry policy = {
		.kind = ph_kind_find(PH_KIND_POLICY_PUT),
		.number = PH_KIND_POLICY_PUT,
		.field[PH_POLICY_NAME] = { .set = true,
					   .as.bytes = ph_view_str("loan-term-days") },
		.field[PH_POLICY_VALUE] = { .set = true,
					    .as.bytes = ph_view_str(DEFAULT_LOAN_DAYS) },
	};
	uint8_t random[sizeof(hub->epoch.random)];
	int rc;

	hub->config.rng.fill(hub->config.rng.data, random, sizeof(random));
	rc = ph_db_begin(hub->db);
	if (rc == 0) {
		rc = ph_journal_meta_put_int(hub->journal, "epoch_number", EPOCH_FIRST);
	}
	if (rc == 0) {
		rc = ph_journal_meta_put(hub->journal, "epoch_random",
					 PH_VIEW(random, sizeof(random)));
	}
	if (rc == 0) {
		rc = ph_journal_meta_put_int(hub->journal, "province", hub->province);
	}
	if (rc == 0) {
		rc = ph_db_commit(hub->db);
	}
	if (rc < 0) {
		ph_db_rollback(hub->db);
		return ph_fail_errno(
			err, rc,
			ph_say("writing the hub's store", "ghi kho dữ liệu của máy chủ"));
	}
	return ph_hub_control_add(hub, &policy, 1, err);
}

/* Take away what an interrupted init left: a WAL that outlives its database looks like damage. */
static int discard_store(const struct ph_hub *hub, struct ph_error *err)
{
	static const char *const names[] = { "hub.db.new", "hub.db.new-wal",
					     "hub.db.new-shm", "hub.db.new-journal" };
	char path[PH_HUB_PATH_MAX];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int rc = path_in(hub->dir, names[i], path, err);

		if (rc < 0) {
			return rc;
		}
		rc = ph_file_remove(path);
		if (rc < 0 && rc != -ENOENT) {
			return ph_fail_errno(err, rc, path);
		}
	}
	return 0;
}

/* The store gets its name only when closing it has brought all of it into the one file. */
static int name_store(const struct ph_hub *hub, struct ph_error *err)
{
	char path[PH_HUB_PATH_MAX];
	char part[PH_HUB_PATH_MAX];
	char wal[PH_HUB_PATH_MAX];
	int rc = path_in(hub->dir, "hub.db", path, err);

	if (rc == 0) {
		rc = path_in(hub->dir, "hub.db.new", part, err);
	}
	if (rc == 0) {
		rc = path_in(hub->dir, "hub.db.new-wal", wal, err);
	}
	if (rc < 0) {
		return rc;
	}
	if (ph_file_exists(wal)) {
		return ph_fail(err, PH_EXIT_OTHER, -EIO,
			       ph_say("%s could not be written whole; see that the disk "
				      "is sound "
				      "and has room, then give the same command again",
				      "không ghi được trọn vẹn %s; hãy xem ổ đĩa còn tốt "
				      "và còn chỗ, rồi ra lại chính lệnh này"),
			       part);
	}
	return ph_file_rename(part, path, err);
}

static int make_store(struct ph_hub *hub, struct ph_error *err)
{
	char part[PH_HUB_PATH_MAX];
	int rc;

	rc = discard_store(hub, err);
	if (rc == 0) {
		rc = path_in(hub->dir, "hub.db.new", part, err);
	}
	if (rc < 0) {
		return rc;
	}
	rc = ph_db_open(&hub->db,
			&(struct ph_db_config){ .path = part,
						.application = PH_STORE_HUB,
						.steps = ph_journal_steps,
						.n_steps = ph_journal_steps_count,
						.create = true },
			err);
	if (rc == 0) {
		rc = ph_journal_open(&hub->journal, hub->db);
	}
	if (rc == 0) {
		rc = ph_writer_new(&hub->writer,
				   &(struct ph_writer_config){
					   .journal = hub->journal,
					   .keys = &hub->keys.sign,
					   .role = PH_ROLE_HUB,
					   .clock = hub->config.clock,
					   .rng = hub->config.rng,
				   },
				   err);
	}
	if (rc == 0) {
		rc = fill_store(hub, err);
	}
	if (rc < 0) {
		return ph_fail_errno(err, rc, part);
	}
	ph_writer_free(hub->writer);
	ph_journal_free(hub->journal);
	ph_db_close(hub->db);
	hub->writer = NULL;
	hub->journal = NULL;
	hub->db = NULL;
	return name_store(hub, err);
}

int ph_hub_init(const struct ph_hub_config *config, const struct ph_hub_init *init,
		struct ph_error *err)
{
	char mark[PH_HUB_PATH_MAX];
	struct ph_hub *hub;
	int rc;

	if (init->passphrase.len == 0) {
		return ph_fail(
			err, PH_EXIT_USAGE, -EINVAL,
			ph_say("the passphrase is empty: it guards the province's root "
			       "key; write "
			       "one into the file named with --passphrase-file",
			       "câu khóa để trống: nó bảo vệ khóa gốc của tỉnh; hãy ghi "
			       "một câu vào tệp chỉ bằng --passphrase-file"));
	}
	rc = check_empty(config->dir, err);
	if (rc < 0) {
		return rc;
	}
	rc = ph_dir_create(config->dir, err);
	if (rc < 0) {
		return rc;
	}
	hub = calloc(1, sizeof(*hub));
	if (!hub) {
		return ph_fail_errno(err, -ENOMEM,
				     ph_say("making the hub", "tạo máy chủ"));
	}
	hub->lock.fd = -1;
	snprintf(hub->dir, sizeof(hub->dir), "%s", config->dir);
	hub->config = *config;
	hub->config.dir = hub->dir;
	hub->province = init->province ? init->province : DEFAULT_PROVINCE;
	rc = ph_lock_take(&hub->lock, hub->dir, config->who, config->wait_ms, err);
	if (rc == 0) {
		rc = path_in(hub->dir, UNFINISHED, mark, err);
	}
	if (rc == 0) {
		rc = ph_file_write(mark, ph_view_str("init\n"), 0600, err);
	}
	if (rc == 0) {
		rc = save_keys(hub, init, err);
	}
	if (rc == 0) {
		rc = save_config(hub, init, err);
	}
	if (rc == 0) {
		rc = make_store(hub, err);
	}
	if (rc == 0) {
		(void)ph_file_remove(mark);
	}
	ph_hub_close(hub);
	return rc;
}
