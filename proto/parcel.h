/*
 * proto/parcel.h - a bundle that comes over the wire, in pieces and perhaps over several days.
 *
 *   DIR/HASH.piece    what has come of it
 *
 * The pieces lie there, under the hash that the whole must have, until the last has come; then
 * it is read again, compared with its hash and with the header under which it was offered,
 * and removed. A reader of spools does not look at such a name.
 */
#ifndef PH_PROTO_PARCEL_H
#define PH_PROTO_PARCEL_H

#include "common/base/growing.h"
#include "proto/courier_message.h"

#define PH_PARCELS_MAX 64 /* unfinished ones in one folder; with one more all others go */

struct ph_parcel {
	struct ph_file_growing file;
	char path[4096];
	struct ph_courier_line line;
};
/* It holds nothing, and may be ended. */
void ph_parcel_init(struct ph_parcel *parcel);
/* Close what is open; the pieces stay. */
void ph_parcel_deinit(struct ph_parcel *parcel);
/* Begin, or go on with, the bundle LINE in DIR; *OFFSET_OUT: so much is there. 0 or a negative errno. */
int ph_parcel_begin(struct ph_parcel *parcel, const char *dir,
		    const struct ph_courier_line *line, uint64_t *offset_out);
/* The next piece, from OFFSET on. 0 or a negative errno: -EINVAL if that is not where it is. */
int ph_parcel_put(struct ph_parcel *parcel, uint64_t offset, struct ph_view bytes);
enum {
	PH_PARCEL_E_DAMAGED = 1 /* another hash, or another header */
};
/*
 * All has come: its bytes are appended to OUT, and the pieces are gone. 0,
 * PH_PARCEL_E_DAMAGED or a negative errno.
 */
int ph_parcel_end(struct ph_parcel *parcel, struct ph_buf *out);
/*
 * The same in two, for who takes long over it: the pieces stay until _remove(), so that of a
 * bundle that is offered again before that one byte has to come. _remove() is for any outcome.
 */
int ph_parcel_read(struct ph_parcel *parcel, struct ph_buf *out);
void ph_parcel_remove(const struct ph_parcel *parcel);

/* Remove all that has come in pieces into DIR. 0, also if there is no such folder; a negative errno: why something stayed. */
int ph_parcels_drop(const char *dir);

/* The line under which BUNDLE is offered. */
void ph_courier_line_of(struct ph_view bundle, struct ph_courier_line *line_out);

#endif
