/*
 * tests/sim/front_texts.c - what can be read in a packed segment of which the front is there.
 *
 * Its header says how long the sections are; texts are the second, and in one piece.
 */
#include "tests/sim/front_texts.h"

#include <assert.h>

#include "proto/pack_internal.h"

static bool open_texts(struct ph_pack *pack, struct ph_view body)
{
	uint64_t raw, text;

	if (body.len < PACK_HEADER) {
		return false;
	}
	body = PH_VIEW(body.data + PACK_HEADER, body.len - PACK_HEADER);
	return ph_varint_take(&body, &raw) == 0 && ph_varint_take(&body, &text) == 0 &&
	       raw <= body.len && text <= body.len - raw &&
	       ph_unpack_texts(pack, PH_VIEW(body.data + raw, (size_t)text),
			       PH_SEGMENT_PLAIN_MAX) == 0;
}

bool sim_front_texts(struct ph_view body, struct ph_buf *out)
{
	struct ph_pack *pack = ph_pack_new();
	bool opened;
	int rc;

	assert(pack != NULL);
	opened = open_texts(pack, body);
	rc = opened ? ph_buf_put_view(out, pack->text.left) : 0;
	assert(rc == 0);
	ph_pack_wipe(pack);
	ph_pack_free(pack);
	return opened;
}
