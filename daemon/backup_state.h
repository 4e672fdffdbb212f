/*
 * daemon/backup_state.h - the folder of a hub as a backup has it: which files, and whether
 * what came out of one is a whole hub.
 */
#ifndef PH_DAEMON_BACKUP_STATE_H
#define PH_DAEMON_BACKUP_STATE_H

#include "daemon/backup_file.h"
#include "daemon/hub.h"

/*
 * Put the files of the hub's folder DIR into WRITER: keys and settings as they are, and
 * COPY as its store. 0 or a negative errno with ERR.
 */
int ph_backup_put_state(struct ph_backup_writer *writer, const char *dir,
			const char *copy, struct ph_error *err);

struct ph_backup_checked {
	uint8_t digest[32]; /* of the ledger */
	uint64_t logs, entries;
};
/*
 * Check what was unpacked into DIR as `verify` checks a hub: pages, chains, seals, parts,
 * and that the ledger is what the logs give. 0; -EUCLEAN with words; negative errno.
 */
int ph_backup_check_state(const char *dir, struct ph_backup_checked *checked_out,
			  struct ph_error *err);
/* Remove DIR with what it holds, two folders deep. 0, also when it is not there, or negative errno. */
int ph_backup_remove_tree(const char *dir);

#endif
