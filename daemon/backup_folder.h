/*
 * daemon/backup_folder.h - the folder that backups lie in: their names, and how long they
 * stay.
 *
 *   packhorse-RRRRRRRR-YYYYMMDDThhmmssZ.backup     R: how the province's root key begins
 *
 * What does not end so is no backup: one that is being made ends in .part.
 */
#ifndef PH_DAEMON_BACKUP_FOLDER_H
#define PH_DAEMON_BACKUP_FOLDER_H

#include "common/base/error.h"
#include "common/log/keys.h"

#define PH_BACKUP_FILE_NAME  64
#define PH_BACKUP_NAME_LATE  59
/* The others in its folder that the hub is told of when one is made, at most: the oldest. */
#define PH_BACKUP_OTHERS_MAX 512

/* The folder must be there: a medium that is not mounted must not be taken for an empty one. */
int ph_backup_folder_check(const char *folder, struct ph_error *err);
/* A name for one made at SECOND, not in use in FOLDER. 0 or a negative errno. */
int ph_backup_folder_name(const char *folder, const uint8_t root[static PH_KEY_SIZE],
			  int64_t second, char out[static PH_BACKUP_FILE_NAME]);
/*
 * The newest by its name; of this ROOT alone, if that is not NULL. 0; -ENOENT with words;
 * another negative errno.
 */
int ph_backup_folder_newest(const char *folder, const uint8_t *root,
			    char out[static PH_BACKUP_FILE_NAME], struct ph_error *err);
/*
 * Remove backups of ROOT beyond the KEEP newest, and those made over DAYS days before
 * SECOND; the newest always stays. How many went, or a negative errno.
 */
int ph_backup_folder_expire(const char *folder, const uint8_t root[static PH_KEY_SIZE],
			    unsigned keep, unsigned days, int64_t second);
/*
 * The oldest of ROOT by its name, and when it was made by that: up to PH_BACKUP_NAME_LATE seconds
 * sooner, if earlier names were taken. 0; -ENOENT: there is none; another negative errno.
 */
int ph_backup_folder_oldest(const char *folder, const uint8_t root[static PH_KEY_SIZE],
			    char out[static PH_BACKUP_FILE_NAME], int64_t *second_out);
/*
 * The seconds in the names of backups of ROOT, rising, the first MAX of them, into OUT. *N_OUT: how
 * many these are. 0 or a negative errno.
 */
int ph_backup_folder_seconds(const char *folder, const uint8_t root[static PH_KEY_SIZE],
			     int64_t *out, size_t max, size_t *n_out);
/* The second in NAME, which is a backup's. */
int64_t ph_backup_folder_second(const char *name);
/* Remove what earlier runs of this ROOT left half made. */
void ph_backup_folder_sweep(const char *folder, const uint8_t root[static PH_KEY_SIZE]);

#endif
