/*
 * tests/unit/pack_room.h - segments to pack: of histories, of the worked example, and
 * such as no packer makes. Each test program includes it once.
 */
#ifndef PH_TESTS_PACK_ROOM_H
#define PH_TESTS_PACK_ROOM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "proto/pack_dict.h"
#include "proto/pack_internal.h"
#include "tests/lib/log_vectors.h"
#include "tests/lib/unhex.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct made {
	struct ph_pack *pack;
	struct ph_pack_where where;
	struct ph_buf body, packed, pool;
	struct ph_pack_part part[4];
	bool taken[4];
	size_t n_parts;
};

static inline struct made *made_new(void)
{
	struct made *made = calloc(1, sizeof(*made));

	made->pack = ph_pack_new();
	assert_non_null(made->pack);
	made->where.first = 1;
	made->where.last = 1;
	return made;
}

static inline void made_free(struct made *made)
{
	ph_pack_free(made->pack);
	ph_buf_deinit(&made->body);
	ph_buf_deinit(&made->packed);
	ph_buf_deinit(&made->pool);
	free(made);
}

/* The worked example of docs/LOG.md: entries 1 to 6, and the part of the third. */
static inline struct made *made_example(void)
{
	static const char *const entries[] = { VEC_OPEN, VEC_MARK, VEC_READER,
					       VEC_CARD, VEC_LOAN, VEC_CHANGE };
	struct made *made = made_new();
	struct ph_buf pool = { 0 };

	for (size_t i = 0; i < COUNT(entries); i++) {
		assert_int_equal(ph_segment_add(&made->body, unhex(&pool, entries[i])),
				 0);
	}
	memcpy(made->where.log_id, unhex(&pool, VEC_LOG).data, PH_LOG_ID_SIZE);
	made->where.last = COUNT(entries);
	made->n_parts = 1;
	made->part[0].n = 3;
	memcpy(made->part[0].seed, unhex(&pool, VEC_PART_SEED).data, PH_SEED_SIZE);
	made->part[0].plain = unhex(&made->pool, VEC_PART_PLAIN);
	ph_buf_deinit(&pool);
	return made;
}

static inline int made_pack(struct made *made)
{
	made->packed.len = 0;
	return ph_pack(made->pack, &made->where, ph_buf_view(&made->body), made->part,
		       made->n_parts, made->taken, &made->packed);
}

static inline int made_unpack(struct made *made, struct ph_unpacked *out)
{
	return ph_unpack(made->pack, &made->where, ph_buf_view(&made->packed), out);
}

/* The body, and what was taken of the parts, are what went in. */
static inline void assert_same(const struct made *made, const struct ph_unpacked *out)
{
	size_t at = 0;

	assert_true(ph_view_equal(out->body, ph_buf_view(&made->body)));
	for (size_t i = 0; i < made->n_parts; i++) {
		if (!made->taken[i]) {
			continue;
		}
		assert_true(at < out->n_parts);
		assert_int_equal(out->parts[at].n, made->part[i].n);
		assert_memory_equal(out->parts[at].seed, made->part[i].seed,
				    PH_SEED_SIZE);
		assert_true(ph_view_equal(out->parts[at].plain, made->part[i].plain));
		at++;
	}
	assert_int_equal(at, out->n_parts);
}

/* --- packed segments that a packer would not make --- */

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
