/* client/marc/source.h - how the copies of an imported record are named as sources. */
#ifndef PH_MARC_SOURCE_H
#define PH_MARC_SOURCE_H

#include <sodium.h>
#include <string.h>

#include "common/log/entry.h"

#define PH_MARC_PRINTED 0xffffffffu /* index of the copy that --print-codes makes */

/*
 * The source of copy INDEX (from 0, as its record lists them) of the record named by
 * SOURCE: BLAKE2b-128 of SOURCE and the index, 4 bytes big-endian.
 */
static inline void ph_marc_item_source(uint8_t out[static PH_SOURCE_SIZE],
				       const uint8_t source[static PH_SOURCE_SIZE],
				       uint32_t index)
{
	uint8_t in[PH_SOURCE_SIZE + 4];

	memcpy(in, source, PH_SOURCE_SIZE);
	ph_be32_put(in + PH_SOURCE_SIZE, index);
	crypto_generichash(out, PH_SOURCE_SIZE, in, sizeof(in), NULL, 0);
}

#endif
