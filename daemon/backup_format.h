/* daemon/backup_format.h - for backup_file.c, backup_read.c and backup_manifest.c only. */
#ifndef PH_DAEMON_BACKUP_FORMAT_H
#define PH_DAEMON_BACKUP_FORMAT_H

#include <sodium.h>

#include "common/base/file.h"
#include "daemon/backup_file.h"

#define PH_BACKUP_MAGIC        "PHBACKUP1" /* without its terminator */
#define PH_BACKUP_MAGIC_SIZE   9
#define PH_BACKUP_PATH_MAX     4096
#define PH_BACKUP_DATA_MAX     (64u * 1024)
#define PH_BACKUP_PLAIN_MAX    (1 + PH_BACKUP_DATA_MAX)
#define PH_BACKUP_ABYTES       crypto_secretstream_xchacha20poly1305_ABYTES
#define PH_BACKUP_BLOCK_MAX    (PH_BACKUP_PLAIN_MAX + PH_BACKUP_ABYTES)
#define PH_BACKUP_MANIFEST_MAX 4096
#define PH_BACKUP_FILES_MAX    256

/* What a block of the stream is: the first byte of it. */
enum ph_backup_block {
	PH_BACKUP_FILE = 1, /* size in 8 bytes, name: a file begins */
	PH_BACKUP_DATA = 2, /* the next bytes of it */
	PH_BACKUP_END = 3,  /* nothing follows */
};

/* How a backup begins. Bytes alone, so there is nothing between the members. */
struct ph_backup_head {
	uint8_t magic[PH_BACKUP_MAGIC_SIZE];
	uint8_t recovery[PH_RECOVERY_NAME_SIZE];
	uint8_t sealed[crypto_box_SEALBYTES + PH_BACKUP_KEY_SIZE];
	uint8_t stream[crypto_secretstream_xchacha20poly1305_HEADERBYTES];
};
_Static_assert(sizeof(struct ph_backup_head) == 9 + 8 + 80 + 24,
	       "docs/BACKUP.md says how a backup begins");

#endif
