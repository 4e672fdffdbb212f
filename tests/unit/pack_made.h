/*
 * tests/unit/pack_made.h - segments to pack, and the worked example. Each test program
 * includes it once.
 */
#ifndef PH_TESTS_PACK_MADE_H
#define PH_TESTS_PACK_MADE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "proto/pack.h"
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

#endif
