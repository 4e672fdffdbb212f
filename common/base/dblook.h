/*
 * common/base/dblook.h - a second connection to a store that is in use, which only reads.
 *
 * For what takes long, on a thread of its own. From its begin to its end a look sees the store
 * as it was at its begin, and holds up nobody who writes. It never writes and never
 * checkpoints: of those there is one connection (docs/STORE.md, "One writer"). What it does
 * hold is the WAL, which cannot begin anew under it; so it has a time, and ends at once
 * when the store must be alone (ph_db_checkpoint()). What it does is not counted by ph_db_pulse(),
 * which is about the store.
 */
#ifndef PH_BASE_DBLOOK_H
#define PH_BASE_DBLOOK_H

#include "common/base/db.h"

/*
 * As ph_db_open(), of a store that is looked at. Its ph_db_checkpoint() makes looks end, and waits
 * for that: -EBUSY if one did not in two seconds.
 */
int ph_db_open_looked_at(struct ph_db **db_out, const struct ph_db_config *config,
			 struct ph_error *err);
/*
 * *LOOK_OUT is for everything that only reads. DB was opened by ph_db_open_looked_at(), is in no
 * transaction, and outlives it; both end with ph_db_close(). 0; -ENOTSUP: DB's VFS lends nobody
 * a second connection (a test's); another negative errno with ERR.
 */
int ph_db_look_open(struct ph_db **look_out, struct ph_db *db, struct ph_error *err);
/*
 * From here LOOK sees what is committed now, for MS milliseconds. *MOVED_OUT: whether that is
 * other than at its begin before, so that what is kept in memory of it may be old. 0 (then
 * it must be ended), -ECANCELED as below, or another negative errno.
 */
int ph_db_look_begin(struct ph_db *look, unsigned ms, bool *moved_out);
/*
 * 0, or why statements of it may have failed since its begin: -ETIMEDOUT, its time was over;
 * -ECANCELED, the store had to be alone or it was told to stop.
 */
int ph_db_look_end(struct ph_db *look);
/* Whatever LOOK is at fails from here on, and its next begin. From any thread. */
void ph_db_look_stop(struct ph_db *look);
/* It met an I/O error, and gives nothing but -EIO any more. */
bool ph_db_look_is_broken(const struct ph_db *look);

#endif
