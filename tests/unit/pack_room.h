/*
 * tests/unit/pack_room.h - segments to pack, and packed ones such as no packer makes.
 * Each test program includes it once.
 */
#ifndef PH_TESTS_PACK_ROOM_H
#define PH_TESTS_PACK_ROOM_H

#include "pack_made.h"

#include "proto/pack_dict.h"
#include "proto/pack_internal.h"

/* Whatever stands before the sections. */
static inline void craft_header(struct ph_buf *out)
{
	uint8_t form[PH_PACK_FORM_SIZE];

	ph_pack_form(form);
	out->len = 0;
	ph_buf_put_u8(out, PACK_VERSION);
	ph_buf_put_u8(out, PH_PACK_DICT);
	ph_buf_put(out, form, sizeof(form));
}

/* The coder's bytes for entries that go as they are, N_EACH of SIZE[i] bytes for each i. */
static inline void craft_raw(struct ph_coder *coder, struct ph_buf *coded,
			     const size_t (*runs)[2], size_t n_runs)
{
	ph_coder_pack(coder, coded);
	for (size_t i = 0; i < n_runs; i++) {
		for (size_t k = 0; k < runs[i][0]; k++) {
			ph_coder_symbol(coder, ph_coder_set(coder, PH_MODEL_KIND, 0, 0),
					0);
			ph_coder_number(coder, ph_coder_set(coder, PH_MODEL_KIND, 127, 0),
					runs[i][1]);
		}
	}
	assert_int_equal(ph_coder_end(coder), 0);
}

/* A packed segment of those sections. */
static inline void craft(struct ph_buf *out, struct ph_view raw, struct ph_view text,
			 struct ph_view coded)
{
	craft_header(out);
	ph_varint_put(out, raw.len);
	ph_varint_put(out, text.len);
	ph_buf_put_view(out, raw);
	ph_buf_put_view(out, text);
	ph_buf_put_view(out, coded);
}

#endif
