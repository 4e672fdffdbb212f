/*
 * common/base/dbopen.c - opening a store: who are you, are you whole, how old are you.
 *
 * Look at the files by the VFS; create the database 0600 if asked; bring to the disk
 * what a process that was killed left in its WAL; open it; turn on the defences; read
 * application_id and user_version before anything is written; quick_check if there was
 * a WAL, and then empty it into the database; switch to WAL; bring the schema up in one
 * transaction.
 *
 * Failures:
 * - not our store, a newer one, or damaged: refused with a text, and what is in its
 *   WAL stays there, since a checkpoint would spend the last good copy.
 * - a WAL without its database: refused. SQLite would begin anew and drop the WAL.
 * - a creation that was interrupted leaves a blank file: absent, as far as we care.
 */
#include "common/base/dblook.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "common/base/dbraw.h"
#include "common/base/file.h"
#include "common/base/say.h"

enum {
	BUSY_MS = 2000
}; /* a person's shell may be reading */

/* The first column of the first row of SQL, a pragma or the like. */
static int read_int(struct ph_db *db, const char *sql, int64_t *value_out)
{
	sqlite3_stmt *raw = NULL;
	int code = sqlite3_prepare_v2(db->raw, sql, -1, &raw, NULL);

	if (code == SQLITE_OK) {
		code = sqlite3_step(raw);
	}
	if (code == SQLITE_ROW) {
		*value_out = sqlite3_column_int64(raw, 0);
	}
	sqlite3_finalize(raw);
	return code == SQLITE_DONE ? -EUCLEAN : ph_dbraw_settle(db, code);
}

static const char *say_restore(void)
{
	return ph_say("restore it from a backup; keep this folder",
		      "hãy phục hồi từ bản sao lưu; giữ lại thư mục này");
}

static ph_db_remedy *remedy_of(const struct ph_db_config *config)
{
	return config->remedy ? config->remedy : say_restore;
}

static int fail_damaged(const struct ph_db *db, const char *how, struct ph_error *err)
{
	return ph_fail(err, PH_EXIT_DAMAGED, -EUCLEAN,
		       ph_say("%s is damaged (%s); %s", "%s bị hỏng (%s); %s"), db->path,
		       how, db->remedy());
}

/* Fill ERR for RC, which came from SQLite just now. */
static int fail_sqlite(const struct ph_db *db, int rc, struct ph_error *err)
{
	if (rc == -EUCLEAN) {
		return fail_damaged(db, sqlite3_errmsg(db->raw), err);
	}
	if (rc == -EINVAL || rc == -EEXIST) {
		return ph_fail(err, PH_EXIT_OTHER, rc, "%s: %s", db->path,
			       sqlite3_errmsg(db->raw));
	}
	return ph_fail_errno(err, rc, db->path);
}

int ph_db_check(struct ph_db *db, bool full, struct ph_error *err)
{
	const char *sql = full ? "PRAGMA integrity_check(1)" : "PRAGMA quick_check(1)";
	sqlite3_stmt *raw = NULL;
	int code = sqlite3_prepare_v2(db->raw, sql, -1, &raw, NULL);
	int rc = 0;

	if (code == SQLITE_OK) {
		code = sqlite3_step(raw);
	}
	if (code == SQLITE_ROW) {
		const char *finding = (const char *)sqlite3_column_text(raw, 0);

		if (finding == NULL) {
			rc = ph_fail_errno(err, -ENOMEM, db->path);
		} else if (strcmp(finding, "ok") != 0) {
			rc = fail_damaged(db, finding, err);
		}
	} else {
		rc = code == SQLITE_DONE ? -EUCLEAN : ph_dbraw_settle(db, code);
		fail_sqlite(db, rc, err);
	}
	sqlite3_finalize(raw);
	return rc;
}

/* What is on the disk before the database is opened. */
struct found {
	bool file; /* with something in it */
	bool wal;  /* likewise */
};

static int look(const struct ph_db_config *config, struct found *found_out,
		struct ph_error *err)
{
	sqlite3_vfs *vfs;
	char wal[PATH_MAX];
	int has_file = 0;
	int has_wal = 0;
	int n = snprintf(wal, sizeof(wal), "%s-wal", config->path);

	if (n < 0 || (size_t)n >= sizeof(wal)) {
		return ph_fail_errno(err, -ENAMETOOLONG, config->path);
	}
	/*
	 * Nobody asks how much memory SQLite has, and counting it takes a lock at each piece:
	 * a twentieth of a fold. Once it has started this is refused, and is as it was.
	 */
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	/* what has no memory to start knows no VFS either */
	if (sqlite3_initialize() != SQLITE_OK) {
		return ph_fail_errno(err, -ENOMEM, config->path);
	}
	vfs = sqlite3_vfs_find(config->vfs);
	if (vfs == NULL) {
		return ph_fail_errno(err, -ENODEV, config->path);
	}
	/* SQLite's own VFS counts an empty file as absent here, as we want it. */
	if (vfs->xAccess(vfs, config->path, SQLITE_ACCESS_EXISTS, &has_file) !=
		    SQLITE_OK ||
	    vfs->xAccess(vfs, wal, SQLITE_ACCESS_EXISTS, &has_wal) != SQLITE_OK) {
		return ph_fail_errno(err, -EIO, config->path);
	}
	*found_out = (struct found){ .file = has_file != 0, .wal = has_wal != 0 };
	return 0;
}

/* Judge FOUND, and make the file with our own mode if it is to be made. */
static int prepare_file(const struct ph_db_config *config, const struct found *found,
			struct ph_error *err)
{
	if (found->file) {
		return 0;
	}
	if (found->wal) {
		return ph_fail(err, PH_EXIT_DAMAGED, -EUCLEAN,
			       ph_say("%s is missing, but its file %s-wal is there; put "
				      "it back, or %s",
				      "thiếu %s, mà tệp %s-wal của nó vẫn còn; hãy đặt "
				      "tệp đó lại, hoặc %s"),
			       config->path, config->path, remedy_of(config)());
	}
	if (!config->create) {
		return ph_fail_errno(err, -ENOENT, config->path);
	}
	if (config->vfs != NULL) {
		return 0; /* whose files need not be the system's */
	}
	return ph_file_write(config->path, PH_VIEW(NULL, 0), 0600, err);
}

/*
 * A process that was killed may have left a commit in its WAL that is written and not
 * synced. What we are about to read, and to build upon, must not go with the power.
 */
static int settle_wal(const struct ph_db_config *config, struct ph_error *err)
{
	char wal[PATH_MAX];

	if (config->vfs != NULL) {
		return 0; /* as in prepare_file() */
	}
	snprintf(wal, sizeof(wal), "%s-wal", config->path);
	return ph_file_sync(wal, err);
}

/* Where a test has another disk for us, nobody shares it. */
static bool can_be_looked_at(const struct ph_db_config *config)
{
	const sqlite3_vfs *usual = sqlite3_vfs_find(NULL);

	return config->vfs == NULL && usual && strcmp(usual->zName, "unix") == 0 &&
	       sqlite3_vfs_find(PH_DB_LOOK_VFS) != NULL;
}

static int open_raw(struct ph_db *db, const struct ph_db_config *config,
		    struct ph_error *err)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;

	if (config->create) {
		flags |= SQLITE_OPEN_CREATE;
	}

	const char *vfs = config->vfs;

	if (db->is_looked_at) {
		vfs = PH_DB_LOOK_VFS;
	}

	int code = sqlite3_open_v2(config->path, &db->raw, flags, vfs);

	if (db->raw == NULL) {
		return ph_fail_errno(err, -ENOMEM, config->path);
	}
	if (code != SQLITE_OK) {
		return fail_sqlite(db, ph_dbraw_settle(db, code), err);
	}
	/* SQLite falls back to reading only, and would fail at the first write. */
	if (sqlite3_db_readonly(db->raw, "main") == 1) {
		return ph_fail_errno(err, -EROFS, config->path);
	}
	return 0;
}

static int on_progress(void *data)
{
	ph_dbraw_beat();
	return ph_dbraw_limit_over(data) != 0;
}

static int defend(struct ph_db *db)
{
	sqlite3_busy_timeout(db->raw, BUSY_MS);
	sqlite3_progress_handler(db->raw, PH_DB_BEAT_OPS, on_progress, db);
	sqlite3_db_config(db->raw, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db->raw, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	/*
	 * The folder's lock leaves us alone with the file. Exclusive before the WAL is
	 * first looked at means that its index is in memory: no -shm, for which a full
	 * disk has no room, so that even reading would fail. The VFS by which others may
	 * look does both by itself.
	 */
	int rc = db->is_looked_at ? 0
				  : ph_dbraw_run(db, "PRAGMA locking_mode = EXCLUSIVE");

	return rc < 0 ? rc
		      : ph_dbraw_run(db, "PRAGMA trusted_schema = OFF;"
					 "PRAGMA cell_size_check = ON;"
					 "PRAGMA foreign_keys = ON;"
					 "PRAGMA secure_delete = ON;"
					 "PRAGMA temp_store = MEMORY;"
					 "PRAGMA synchronous = FULL;");
}

/* What the file says it is. */
struct identity {
	int64_t application;
	int64_t version;
	int64_t tables; /* entries of the schema: 0 when nothing was ever made in it */
};

static int identify(struct ph_db *db, struct identity *identity_out)
{
	struct identity identity;
	int rc = read_int(db, "PRAGMA application_id", &identity.application);

	if (rc == 0) {
		rc = read_int(db, "PRAGMA user_version", &identity.version);
	}
	if (rc == 0) {
		rc = read_int(db, "SELECT count(*) FROM sqlite_schema", &identity.tables);
	}
	if (rc == 0) {
		*identity_out = identity;
	}
	return rc;
}

/* A creation that was interrupted leaves this behind. */
static bool is_blank(const struct identity *identity)
{
	return identity->application == 0 && identity->version == 0 &&
	       identity->tables == 0;
}

static int judge(const struct ph_db_config *config, const struct identity *identity,
		 struct ph_error *err)
{
	if (is_blank(identity)) {
		return config->create ? 0 : ph_fail_errno(err, -ENOENT, config->path);
	}
	if ((uint32_t)identity->application != config->application) {
		return ph_fail(err, PH_EXIT_OTHER, -EINVAL,
			       ph_say("%s is not a Packhorse store of this kind; nothing "
				      "was changed",
				      "%s không phải là kho Packhorse loại này; chưa "
				      "thay đổi gì"),
			       config->path);
	}
	if (identity->version < 0 || (uint64_t)identity->version > config->n_steps) {
		return ph_fail(
			err, PH_EXIT_OTHER, -ENOTSUP,
			ph_say("%s was made by a newer Packhorse (its version is %" PRId64
			       ", ours %zu); install that one",
			       "%s do Packhorse mới hơn tạo ra (phiên bản %" PRId64
			       ", ở đây %zu); hãy cài bản mới đó"),
			config->path, identity->version, config->n_steps);
	}
	return 0;
}

static int set_wal(struct ph_db *db)
{
	sqlite3_stmt *raw = NULL;
	bool is_wal = false;
	int code =
		sqlite3_prepare_v2(db->raw, "PRAGMA journal_mode = WAL", -1, &raw, NULL);

	if (code == SQLITE_OK) {
		code = sqlite3_step(raw);
	}
	if (code == SQLITE_ROW) {
		const char *mode = (const char *)sqlite3_column_text(raw, 0);

		is_wal = mode != NULL && strcmp(mode, "wal") == 0;
	}
	sqlite3_finalize(raw);
	if (code == SQLITE_ROW && !is_wal) {
		return -ENOTSUP;
	}
	return ph_dbraw_settle(db, code);
}

/* Run the steps that the store has not seen, and put its number and id on it. */
static int run_steps(struct ph_db *db, const struct ph_db_config *config, size_t from)
{
	char marks[96];

	for (size_t i = from; i < config->n_steps; i++) {
		int rc = ph_dbraw_run(db, config->steps[i]);

		if (rc < 0) {
			return rc;
		}
	}
	snprintf(marks, sizeof(marks),
		 "PRAGMA application_id = %" PRId32 "; PRAGMA user_version = %zu;",
		 (int32_t)config->application, config->n_steps);
	return ph_dbraw_run(db, marks);
}

static int migrate(struct ph_db *db, const struct ph_db_config *config,
		   const struct identity *identity, struct ph_error *err)
{
	if (!is_blank(identity) && (size_t)identity->version == config->n_steps) {
		return 0;
	}

	int rc = ph_db_begin(db);

	if (rc == 0) {
		rc = run_steps(db, config, (size_t)identity->version);
	}
	if (rc == 0) {
		rc = ph_db_commit(db);
	}
	if (rc < 0) {
		fail_sqlite(db, rc, err);
		ph_db_rollback(db);
	}
	return rc;
}

/*
 * Begin with an empty WAL after an unclean end: what is written next then shares no sector
 * with a commit of before. A disk without room leaves it as it is, which is no loss.
 */
static int empty_wal(struct ph_db *db)
{
	int64_t busy;
	int rc = read_int(db, "PRAGMA wal_checkpoint(TRUNCATE)", &busy);

	return rc == -ENOSPC ? 0 : rc;
}

int ph_db_checkpoint(struct ph_db *db)
{
	int64_t busy = 0;
	int rc;

	db->is_alone = true;
	rc = read_int(db, "PRAGMA wal_checkpoint(TRUNCATE)", &busy);
	db->is_alone = false;
	return rc != 0 ? rc : busy ? -EBUSY : 0;
}

/* Everything behind the opening of the file itself. */
static int bring_up(struct ph_db *db, const struct ph_db_config *config, bool in_memory,
		    bool unclean, struct ph_error *err)
{
	struct identity identity = { 0 };
	int rc = defend(db);

	if (rc == 0) {
		rc = identify(db, &identity);
	}
	if (rc < 0) {
		return fail_sqlite(db, rc, err);
	}
	rc = judge(config, &identity, err);
	if (rc == 0 && unclean) {
		rc = ph_db_check(db, false, err);
	}
	if (rc < 0) {
		return rc;
	}
	if (!in_memory) {
		rc = set_wal(db);
		if (rc == 0 && unclean) {
			rc = empty_wal(db);
		}
		if (rc < 0) {
			return fail_sqlite(db, rc, err);
		}
	}
	rc = migrate(db, config, &identity, err);
	if (rc == 0) {
		sqlite3_db_config(db->raw, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
	}
	return rc;
}

static int open_store(struct ph_db **db_out, const struct ph_db_config *config,
		      bool is_looked_at, struct ph_error *err)
{
	bool in_memory = strcmp(config->path, ":memory:") == 0;
	struct found found = { 0 };
	struct ph_db *db = NULL;
	int rc = 0;

	if (!in_memory) {
		rc = look(config, &found, err);
		if (rc == 0) {
			rc = prepare_file(config, &found, err);
		}
		if (rc == 0 && found.wal) {
			rc = settle_wal(config, err);
		}
		if (rc < 0) {
			return rc;
		}
	}
	db = calloc(1, sizeof(*db));
	if (db == NULL) {
		return ph_fail_errno(err, -ENOMEM, config->path);
	}
	db->remedy = remedy_of(config);
	snprintf(db->path, sizeof(db->path), "%s", config->path);
	db->is_looked_at = is_looked_at && can_be_looked_at(config);
	rc = open_raw(db, config, err);
	if (rc == 0) {
		rc = bring_up(db, config, in_memory, found.wal, err);
	}
	if (rc < 0) {
		ph_db_close(db);
		return rc;
	}
	*db_out = db;
	return 0;
}

int ph_db_open(struct ph_db **db_out, const struct ph_db_config *config,
	       struct ph_error *err)
{
	return open_store(db_out, config, false, err);
}

int ph_db_open_looked_at(struct ph_db **db_out, const struct ph_db_config *config,
			 struct ph_error *err)
{
	return open_store(db_out, config, true, err);
}
