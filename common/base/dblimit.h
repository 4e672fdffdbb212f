/*
 * common/base/dblimit.h - how long a store may be read before others have their turn.
 *
 * The store has one connection that writes, and whoever needs it waits for what it is at. What
 * only reads there and is not worth that others wait for long gives itself a limit; what may take
 * long looks beside it (dblook.h).
 */
#ifndef PH_BASE_DBLIMIT_H
#define PH_BASE_DBLIMIT_H

#include "common/base/db.h"

/* Until ph_db_limit_end(), outside of a transaction, statements of DB fail once MS milliseconds have passed. */
void ph_db_limit(struct ph_db *db, unsigned ms);
/* 0, also when there was no limit; -ETIMEDOUT: it was met, and what was read may lack something. */
int ph_db_limit_end(struct ph_db *db);

#endif
