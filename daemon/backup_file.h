/*
 * daemon/backup_file.h - one backup: the files of a hub's folder in one encrypted file.
 *
 * docs/BACKUP.md gives it byte by byte. Written front to back under a name that is no
 * backup's, read back, signed at its end, renamed. No hub and no store here.
 */
#ifndef PH_DAEMON_BACKUP_FILE_H
#define PH_DAEMON_BACKUP_FILE_H

#include <sodium.h>

#include "common/log/receipt.h"
#include "daemon/backup_key.h"

#define PH_BACKUP_NAME_MAX 128 /* of a file in it: "conf.d/10-disk.conf" */
#define PH_BACKUP_KEY_SIZE crypto_secretstream_xchacha20poly1305_KEYBYTES

/* Signed at the end of the file. */
struct ph_backup_manifest {
	uint64_t made; /* seconds since 1970, by the hub's clock */
	struct ph_epoch epoch;
	uint8_t root[PH_KEY_SIZE];               /* of the province */
	uint8_t recovery[PH_RECOVERY_NAME_SIZE]; /* the key that opens it */
	uint8_t hash[32], digest[32]; /* of the encrypted bytes; of the ledger */
	uint64_t size;                /* of the encrypted bytes */
	uint64_t logs, entries;
	struct ph_view bytes; /* decoded: as they were signed; borrowed */
};
/* The body that a hub signs, appended to OUT. 0 or -ENOMEM. */
int ph_backup_manifest_body(const struct ph_backup_manifest *manifest,
			    struct ph_buf *out);
/* BODY signed, as it stands in the file. 0 or a negative errno. */
int ph_backup_manifest_sign(struct ph_view body,
			    const uint8_t secret[static PH_SECRET_SIZE],
			    struct ph_buf *out);
/* Decode what a file ends with. 0; -EUCLEAN: not of the form, or not signed by KEY; -ENOMEM. */
int ph_backup_manifest_decode(struct ph_view bytes, const uint8_t key[static PH_KEY_SIZE],
			      struct ph_backup_manifest *out);

/* --- writing --- */

struct ph_backup_writer;

/*
 * Begin PATH, a new file 0600; what was there is gone. KEY_OUT gets the key of the stream,
 * to be wiped: with it what was written can be read back. 0 or a negative errno with ERR.
 */
int ph_backup_writer_new(struct ph_backup_writer **writer_out, const char *path,
			 const uint8_t recovery[static PH_KEY_SIZE],
			 uint8_t key_out[static PH_BACKUP_KEY_SIZE],
			 struct ph_error *err);
/*
 * Put the file at PATH into it, under NAME. 0; or a negative errno with ERR, -EINVAL if NAME may
 * not stand in a backup: what was written until then is none, and is the caller's to remove.
 */
int ph_backup_writer_add(struct ph_backup_writer *writer, const char *name,
			 const char *path, struct ph_error *err);
/* The last of it, and all of it to the disk; nothing may be added afterwards. 0, or a negative errno with ERR. */
int ph_backup_writer_end(struct ph_backup_writer *writer, struct ph_error *err);
/* NULL is fine. */
void ph_backup_writer_free(struct ph_backup_writer *writer);
/* Put the signed MANIFEST behind what stands in PATH. 0 or a negative errno with ERR. */
int ph_backup_finish(const char *path, struct ph_view manifest, struct ph_error *err);

/* --- reading --- */

struct ph_backup_read {
	/* One of these opens it; neither: it is only hashed, and INTO is not looked at. */
	const struct ph_recovery_key *recovery;
	const uint8_t *key;
	const char *into;  /* folder, 0700 and empty, for the files in it */
	bool unsigned_yet; /* no manifest is expected at its end */
};
struct ph_backup_found {
	uint8_t hash[32];
	uint64_t size; /* of what is hashed */
	uint8_t recovery[PH_RECOVERY_NAME_SIZE];
	struct ph_buf manifest; /* not verified: by which key, only the caller can say */
};
/*
 * Read all of PATH, and unpack it. 0; or a negative errno with ERR, whose words say what is
 * the matter: -EUCLEAN damaged, cut short or no backup (PH_EXIT_DAMAGED); -EACCES made for
 * another recovery key. What was unpacked until then is the caller's to remove.
 */
int ph_backup_read(const char *path, const struct ph_backup_read *how,
		   struct ph_backup_found *found_out, struct ph_error *err);
void ph_backup_found_deinit(struct ph_backup_found *found);
/* Whether NAME may stand in a backup: a file of a hub's folder, one level deep at most. */
bool ph_backup_name_ok(const char *name);

#endif
