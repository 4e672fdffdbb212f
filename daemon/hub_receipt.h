/* daemon/hub_receipt.h - the receipts that the hub gives. */
#ifndef PH_DAEMON_HUB_RECEIPT_H
#define PH_DAEMON_HUB_RECEIPT_H

#include "daemon/hub_internal.h"

/* The receipt of level hub of what HEAD says is known, signed for head INDEX of a hello. 0 or negative errno. */
int ph_hub_short_receipt(struct ph_hub *hub, const struct ph_hub_head *head,
			 unsigned index, struct ph_short_receipt *out);
/*
 * The receipt of level backup of what HEAD says is known, if a backup holds any of it. 0;
 * PH_JOURNAL_E_NONE; negative errno.
 */
int ph_hub_backup_receipt(struct ph_hub *hub, const struct ph_hub_head *head,
			  struct ph_receipt *receipt);
/*
 * Tell it in JOB's welcome, behind the receipts of level hub and as far as there is room, if
 * the device cannot know it: the backup was made since it was heard. Of logs behind its first it may
 * not know it either: if the backup has all of one for which it has all receipts of level hub. When the
 * session is cut, of its log in use the next backup tells. 0 or negative errno.
 */
int ph_hub_tell_backups(struct ph_hub *hub, struct ph_job *job);

#endif
