/*
 * common/base/dbcopy.h - a copy of a store that is in use, made in steps.
 *
 * SQLite's online backup, by the connection that writes the store: what is written between
 * two steps goes into the copy as well, so the copy is the store as it is at the last step.
 */
#ifndef PH_BASE_DBCOPY_H
#define PH_BASE_DBCOPY_H

#include "common/base/db.h"

enum {
	PH_DB_COPY_MORE = 1 /* ph_db_copy_step(): there is more to copy */
};

struct ph_db_copy;

/*
 * Begin a copy of DB, which must outlive it, as a new file at PATH, 0600. 0 or a negative
 * errno with ERR. A store whose transaction is open cannot be copied (-EBUSY at the step).
 */
int ph_db_copy_start(struct ph_db_copy **copy_out, struct ph_db *db, const char *path,
		     struct ph_error *err);
/*
 * Copy so many pages more. 0: the copy is whole, closed and on the disk; PH_DB_COPY_MORE;
 * or a negative errno with ERR. What fails here fails for the copy alone: the store goes
 * on.
 */
int ph_db_copy_step(struct ph_db_copy *copy, unsigned pages, struct ph_error *err);
/* Pages that are left, and all of them, as of the last step. */
void ph_db_copy_progress(const struct ph_db_copy *copy, uint64_t *left_out,
			 uint64_t *pages_out);
/* End it, whole or not; the file stays. NULL is fine. */
void ph_db_copy_free(struct ph_db_copy *copy);

#endif
