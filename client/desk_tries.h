/* client/desk_tries.h - tries at the PIN of a desk, counted on the disk: DIR/desk-tries. */
#ifndef PH_CLIENT_DESK_TRIES_H
#define PH_CLIENT_DESK_TRIES_H

#include "common/base/clock.h"
#include "common/base/error.h"

#define PH_DESK_TRIES_FREE 5  /* wrong ones in a row before one has to wait */
#define PH_DESK_TRIES_MAX  20 /* and after which the PIN is taken no more */

/*
 * Count a try, before it is made: on the disk when this returns 0. Under the folder's lock.
 * -EAGAIN with PH_EXIT_TRY_LATER: so many were wrong that one has to wait; -EACCES with
 * PH_EXIT_OTHER: too many were; or another negative errno. Nothing is counted then.
 */
int ph_desk_try_begin(const char *dir, const struct ph_now *now, struct ph_error *err);
/* The PIN was right: none counts any more. 0 or a negative errno. */
int ph_desk_try_right(const char *dir, struct ph_error *err);

#endif
