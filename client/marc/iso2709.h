/*
 * client/marc/iso2709.h - finding records in a file of ISO 2709, and whether they are sound.
 *
 * A record (ISO 2709; MARC 21 Specifications, "Record Structure"): a leader of 24
 * bytes, a directory of 12 bytes a field ended by 1E, the fields each ended by 1E, and
 * 1D. Leader/00-04 is the length of it all, /12-16 where the fields begin.
 */
#ifndef PH_MARC_ISO2709_H
#define PH_MARC_ISO2709_H

#include "client/marc/input.h"

#define PH_ISO2709_MAX 99999 /* five digits of length */

/*
 * The next record: all bytes from the leader to 1D, borrowed from INPUT until the next
 * call; *OFFSET_OUT is where it begins (also when it is bad). Blanks and line ends
 * between records are passed over. When the length in the leader is wrong, the record
 * ends at the first 1D.
 *
 * 0; PH_MARC_E_END; PH_MARC_E_BAD with ERR: the bytes up to the next 1D, or the end of
 * the file, are no record and were passed over; or negative errno.
 */
int ph_iso2709_next(struct ph_marc_input *input, struct ph_view *record_out,
		    uint64_t *offset_out, struct ph_error *err);
/*
 * Whether leader and directory fit the bytes of RECORD: 0, or PH_MARC_E_BAD with ERR
 * that says what does not.
 */
int ph_iso2709_check(struct ph_view record, struct ph_error *err);
/*
 * Put right in a copy of the leader what everybody knows: length, two indicators, two
 * bytes of subfield code, the form of the directory. True: something was wrong.
 */
bool ph_iso2709_mend(struct ph_buf *record);

#endif
