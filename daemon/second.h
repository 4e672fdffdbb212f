/*
 * daemon/second.h - the second medium: what the hub itself said, appended to a file on
 * another disk.
 *
 *   FOLDER/packhorse-RRRRRRRR.hublog     R: how the province's root key begins
 *
 * Records of segments of the hub's logs and of the sealed parts of their entries, as they are
 * in the store (docs/BACKUP.md, "The second medium"). Parts of readers who were erased go:
 * then the file is written anew. No hub here.
 */
#ifndef PH_DAEMON_SECOND_H
#define PH_DAEMON_SECOND_H

#include "common/log/journal.h"

struct ph_second_record {
	bool is_part;
	struct ph_segment segment;       /* borrows from the record, as do the next two */
	struct ph_view cipher, seed_box; /* of entry segment.first of that log */
};

/*
 * The file of the province ROOT in FOLDER; or FOLDER itself if it is a file. 0 or a negative
 * errno with ERR.
 */
int ph_second_path(const char *folder, const uint8_t root[static PH_KEY_SIZE], char *out,
		   size_t out_size, struct ph_error *err);
/*
 * Each whole record of PATH, in order; CB returning non-zero ends the walk with that value.
 * WHOLE_OUT: bytes of them; what lies behind was cut by a power failure, or damaged, and is
 * not looked at. 0, also without such a file; negative errno.
 */
int ph_second_each(const char *path,
		   int (*cb)(void *data, const struct ph_second_record *record),
		   void *data, uint64_t *whole_out);

/* What lies behind the whole records of a file. */
struct ph_second_left {
	uint64_t at;     /* bytes of whole records */
	uint64_t bytes;  /* behind them; 0: nothing */
	bool is_damaged; /* no append that a power failure cut leaves it so */
};
/*
 * Look at PATH behind the WHOLE bytes that ph_second_each() gave. An append that was cut ends
 * within its record, or in zeros; anything else, or a whole record behind, is damage. 0, also
 * without such a file; negative errno.
 */
int ph_second_left(const char *path, uint64_t whole, struct ph_second_left *left_out);

struct ph_second;
/*
 * Go on with the file of ROOT in FOLDER, which must be there, or make it. What is behind its
 * last whole record is cut off, with a line on standard error. 0 or a negative errno with ERR.
 */
int ph_second_open(struct ph_second **second_out, const char *folder,
		   const uint8_t root[static PH_KEY_SIZE], struct ph_error *err);
void ph_second_close(struct ph_second *second);
/* How far a log is in it. */
uint64_t ph_second_held(const struct ph_second *second,
			const uint8_t log_id[static PH_LOG_ID_SIZE]);
/* Append, in memory; ph_second_sync() writes it and brings it to the disk. 0 or -ENOMEM. */
int ph_second_put_segment(struct ph_second *second, const struct ph_segment *segment);
int ph_second_put_part(struct ph_second *second,
		       const uint8_t log_id[static PH_LOG_ID_SIZE], uint64_t n,
		       struct ph_view cipher, struct ph_view seed_box);
/* 0 or a negative errno: nothing may be put any more, close it. */
int ph_second_sync(struct ph_second *second);
/*
 * Write the file anew without the parts that are GONE (1; 0: they stay; negative errno), if it
 * has any, and go on with that one: FILE.part, fsync, rename, fsync of the folder. Nothing that
 * was put may wait for ph_second_sync(). 0 or a negative errno: SECOND goes on with the file
 * as it was; -EUCLEAN: it was damaged since it was opened.
 */
int ph_second_drop(struct ph_second *second,
		   int (*gone)(void *data, const struct ph_second_record *part),
		   void *data);

#endif
