/*
 * daemon/hub_backup.h - a backup that is under way, as its hub sees it (hub_command_backup.c).
 */
#ifndef PH_DAEMON_HUB_BACKUP_H
#define PH_DAEMON_HUB_BACKUP_H

#include "daemon/hub_internal.h"

/* Values in meta (docs/STORE.md): when the last verified backup was made, and whether off this disk. */
#define PH_HUB_META_BACKUP      "backup_time"
#define PH_HUB_META_BACKUP_AWAY "backup_away"

/* Up to where the last backup off this disk has the desk log: its id, 16 bytes, and n, 8 bytes. */
#define PH_HUB_META_DESK_AWAY   "desk_away"
#define PH_HUB_META_DESK_LATE   "desk_late"
#define PH_HUB_META_DESK_GAP    "desk_gap"

/* End a backup that is under way; NULL is fine. Before the store is closed. */
void ph_hub_backup_free(struct ph_hub_backup *backup);
/* End one that nobody goes on with. */
void ph_hub_backup_expire(struct ph_hub *hub);
/*
 * Remove what a backup, or a check of one, that was killed has left in DIR/backup: all of a store,
 * with readers who may be erased since. Nothing is done while another process is at one.
 */
void ph_hub_backup_sweep(struct ph_hub *hub);
/* What status says of backups, and of a restore. 0 or negative errno. */
int ph_hub_backup_tell(struct ph_hub *hub, json_t *answer);

#endif
