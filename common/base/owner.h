/* common/base/owner.h - errors of somebody who works in another user's folder. */
#ifndef PH_BASE_OWNER_H
#define PH_BASE_OWNER_H

#include "common/base/error.h"

/*
 * As ph_fail_errno() of PATH, which is in a folder that our programs made. Where rights are lacking (-EACCES, -EPERM) it
 * also says which user PATH belongs to, or else the nearest folder above it that can be looked at, and to give the command
 * as that one; not when that is the caller. Of a file of another user in a folder of the caller's (somebody once gave a
 * command as root) it says how to have it given to the caller: as that other user more such files would come.
 */
int ph_fail_owner(struct ph_error *err, int rc, const char *path);

#endif
