/* daemon/cmd_backup.h - shared by cmd_backup*.c and cmd_restore.c. */
#ifndef PH_DAEMON_CMD_BACKUP_H
#define PH_DAEMON_CMD_BACKUP_H

#include "common/cli/cli.h"
#include "daemon/backup_file.h"

/* packhorsed backup. */
int ph_backup_run_make(struct ph_cli *cli, struct ph_error *err);
/*
 * Whether what FOUND ends with is signed by a hub of the key list in LIST, is of its
 * province, and is about what was read. 0; -EUCLEAN with words that name PATH; -ENOMEM.
 */
struct ph_keylist;
int ph_backup_check_signed(const char *path, const struct ph_backup_found *found,
			   const struct ph_keylist *list,
			   struct ph_backup_manifest *manifest_out, struct ph_error *err);
/*
 * Whether KEY names the province of LIST, which has backup PATH or is what it brought. 0, or
 * -EUCLEAN with words.
 */
struct ph_recovery_key;
int ph_backup_check_root(const char *path, const struct ph_recovery_key *key,
			 const struct ph_keylist *list, struct ph_error *err);
/* The key list of the hub in DIR. 0 or a negative errno with ERR. */
int ph_backup_keylist(const char *dir, struct ph_buf *bytes, struct ph_keylist *list_out,
		      struct ph_error *err);

#endif
