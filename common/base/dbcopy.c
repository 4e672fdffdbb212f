/*
 * common/base/dbcopy.c - a copy of a store that is in use, made in steps.
 *
 * Start: a new file, a connection of its own to it, sqlite3_backup between the two. Step:
 * so many pages; at the last one the copy is closed and synced. Its connection writes
 * without a journal and without syncs: half a copy is thrown away by whoever made it.
 *
 * A failure of the copy's disk says nothing about the store, so its codes are translated
 * without being remembered as the store's.
 */
#include "common/base/dbcopy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <sqlite3.h>

#include "common/base/dbraw.h"
#include "common/base/file.h"

struct ph_db_copy {
	sqlite3 *raw; /* of the copy; owned, as is the next */
	sqlite3_backup *backup;
	uint64_t left, pages;
	char path[PATH_MAX];
};

static int fail(const struct ph_db_copy *copy, int code, struct ph_error *err)
{
	return ph_fail_errno(err, ph_dbraw_errno(code), copy->path);
}

static int open_copy(struct ph_db_copy *copy, struct ph_db *db, struct ph_error *err)
{
	int rc = ph_file_write_new(copy->path, PH_VIEW(NULL, 0), 0600);

	if (rc < 0) {
		return ph_fail_errno(err, rc, copy->path);
	}

	int code = sqlite3_open_v2(copy->path, &copy->raw,
				   SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
					   SQLITE_OPEN_EXRESCODE,
				   NULL);

	if (code == SQLITE_OK) {
		code = sqlite3_exec(copy->raw,
				    "PRAGMA locking_mode = EXCLUSIVE;"
				    "PRAGMA synchronous = OFF;"
				    "PRAGMA journal_mode = OFF;",
				    NULL, NULL, NULL);
	}
	if (code != SQLITE_OK) {
		return fail(copy, copy->raw ? code : SQLITE_NOMEM, err);
	}
	copy->backup = sqlite3_backup_init(copy->raw, "main", db->raw, "main");
	return copy->backup ? 0 : fail(copy, sqlite3_extended_errcode(copy->raw), err);
}

int ph_db_copy_start(struct ph_db_copy **copy_out, struct ph_db *db, const char *path,
		     struct ph_error *err)
{
	struct ph_db_copy *copy = calloc(1, sizeof(*copy));
	int rc;

	if (!copy) {
		return ph_fail_errno(err, -ENOMEM, path);
	}
	rc = ph_path_join(copy->path, sizeof(copy->path), "", path, err);
	rc = rc == 0 ? open_copy(copy, db, err) : rc;
	if (rc < 0) {
		ph_db_copy_free(copy);
		return rc;
	}
	*copy_out = copy;
	return 0;
}

/* The last step is done: nothing of it may be in memory alone. */
static int close_copy(struct ph_db_copy *copy, struct ph_error *err)
{
	int code = sqlite3_backup_finish(copy->backup);

	copy->backup = NULL;
	if (code == SQLITE_OK) {
		code = sqlite3_close(copy->raw);
		copy->raw = code == SQLITE_OK ? NULL : copy->raw;
	}
	return code == SQLITE_OK ? ph_file_sync(copy->path, err) : fail(copy, code, err);
}

int ph_db_copy_step(struct ph_db_copy *copy, unsigned pages, struct ph_error *err)
{
	int code = sqlite3_backup_step(copy->backup, (int)pages);

	copy->left = (uint64_t)sqlite3_backup_remaining(copy->backup);
	copy->pages = (uint64_t)sqlite3_backup_pagecount(copy->backup);
	if (code == SQLITE_OK) {
		return PH_DB_COPY_MORE;
	}
	return code == SQLITE_DONE ? close_copy(copy, err) : fail(copy, code, err);
}

void ph_db_copy_progress(const struct ph_db_copy *copy, uint64_t *left_out,
			 uint64_t *pages_out)
{
	*left_out = copy->left;
	*pages_out = copy->pages;
}

void ph_db_copy_free(struct ph_db_copy *copy)
{
	if (!copy) {
		return;
	}
	if (copy->backup) {
		(void)sqlite3_backup_finish(copy->backup);
	}
	if (copy->raw) {
		(void)sqlite3_close(copy->raw);
	}
	free(copy);
}
