/*
 * daemon/backup_key.h - the recovery key: what opens backups of a hub.
 *
 * A pair of X25519. The hub has the public half (DIR/keys/recovery) and can make backups
 * that it cannot read. The secret half is written once, as a line of text with the
 * province's root key beside it, and kept offline. docs/BACKUP.md, "The recovery key".
 */
#ifndef PH_DAEMON_BACKUP_KEY_H
#define PH_DAEMON_BACKUP_KEY_H

#include "common/base/error.h"
#include "common/log/keys.h"

#define PH_RECOVERY_NAME_SIZE 8

struct ph_recovery_key {
	struct ph_box_pair box;
	uint8_t root[PH_KEY_SIZE]; /* of the province whose backups it opens */
};

void ph_recovery_key_wipe(struct ph_recovery_key *key);
/* A few bytes that tell one public key from another. */
void ph_recovery_name(const uint8_t key[static PH_KEY_SIZE],
		      uint8_t out[static PH_RECOVERY_NAME_SIZE]);
/* The line of text, with its newline, in OUT, which is empty and to be wiped. 0 or -ENOMEM. */
int ph_recovery_key_text(const struct ph_recovery_key *key, struct ph_buf *out);
/* The file that holds such a line. 0; -EUCLEAN with PH_EXIT_DAMAGED; another negative errno, also of a PATH at which there is nothing, which is then not in ERR. */
int ph_recovery_key_load(struct ph_recovery_key *key, const char *path,
			 struct ph_error *err);

/* The public half of the hub in DIR: write it. 0 or a negative errno. */
int ph_recovery_public_save(const char *dir, const uint8_t key[static PH_KEY_SIZE],
			    struct ph_error *err);
/* Read it: -ENOENT with words when none was made. */
int ph_recovery_public_load(const char *dir, uint8_t key_out[static PH_KEY_SIZE],
			    struct ph_error *err);

#endif
