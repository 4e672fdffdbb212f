/*
 * daemon/hub_backup_in.h - the folders that backups were put into, as the hub notes them: which of
 * them may have one with a reader who is erased since, for the certificate.
 *
 * No clock can tell: one that was ahead when a backup was made gives it a time behind the erasure.
 * So of each backup that lies there it is noted how many orders to erase were done when it was
 * begun. Of one of which that is not noted (made by an earlier program, or in days that the hub
 * has lost since) the time in its name is all that is known. The command backup-gone forgets a
 * folder: what lay there was destroyed.
 */
#ifndef PH_DAEMON_HUB_BACKUP_IN_H
#define PH_DAEMON_HUB_BACKUP_IN_H

#include "common/ledger/erasing.h"
#include "daemon/hub_internal.h"

/* In meta (docs/STORE.md); behind it the path of the folder. */
#define PH_HUB_META_BACKUP_IN "backup_in."

struct ph_hub_backup_in {
	int64_t oldest, newest; /* when they were made, unix seconds */
	bool counts;    /* what follows is known; false: noted by an earlier program */
	uint64_t least; /* of all that are noted: orders done when it was begun */
	int64_t untold; /* time of the oldest of which none is noted; INT64_MAX: none */
};

/* What was noted. 0, or -EUCLEAN for what is no note. */
int ph_hub_backup_in_read(struct ph_view value, struct ph_hub_backup_in *out);
/* Whether a backup there may have been begun before ORDER was done. */
bool ph_hub_backup_in_may_have(const struct ph_hub_backup_in *in,
			       const struct ph_erasing_order *order);
/*
 * Note a backup that was whole at MADE, before whose beginning ERASED orders were done: in the
 * `folder` of REQUEST (none: nothing is noted), under the name of the second `name` (absent: MADE);
 * `oldest`: when the oldest there was made; `others`: the seconds in the names of all others there,
 * rising, PH_BACKUP_OTHERS_MAX at most (absent: nothing is known of them, but `oldest`). What was
 * noted of others that are not there any more goes. In a transaction. 0 or negative errno.
 */
int ph_hub_backup_in_note(struct ph_hub *hub, const json_t *request, int64_t made,
			  uint64_t erased);

#endif
