/* common/base/growing.h - a file that grows as pieces of something come. */
#ifndef PH_BASE_GROWING_H
#define PH_BASE_GROWING_H

#include "common/base/bytes.h"

/*
 * It goes on where it was after a break. SIZE is what is in it; nothing is synced: who
 * needs it to last writes it anew.
 */
struct ph_file_growing {
	int fd; /* -1: not open */
	uint64_t size;
};
/* Open PATH, 0600, made if there is none, no link followed. 0; -EFBIG: over MAX; negative errno. */
int ph_file_grow_open(struct ph_file_growing *file, const char *path, uint64_t max);
/*
 * What is behind the first SIZE bytes of FILE, which was opened at PATH, goes. 0 or a negative
 * errno, after which it is closed.
 */
int ph_file_grow_cut(struct ph_file_growing *file, const char *path, uint64_t size);
/* Append. 0 or a negative errno, after which FILE should be closed. */
int ph_file_grow(struct ph_file_growing *file, struct ph_view bytes);
/* Closing what is not open is fine. */
void ph_file_grow_close(struct ph_file_growing *file);

#endif
