/*
 * tests/unit/tell_sealed.h - a world hears of entries of an actor as a sealed segment.
 */
#ifndef PH_TESTS_TELL_SEALED_H
#define PH_TESTS_TELL_SEALED_H

#include "ledger_world.h"

/* Entries FIRST to LAST of ACTOR, sealed, into the journal, whatever of them it has. */
static inline void tell_sealed(struct world *world, const struct actor *actor,
			       uint64_t first, uint64_t last)
{
	struct ph_segment segment = { .first = first, .last = last };
	struct ph_head head = { .n = last };
	struct ph_buf body = { 0 };
	struct ph_log log;
	int rc;

	for (uint64_t n = first; n <= last; n++) {
		assert_int_equal(ph_segment_add(&body, actor_entry(actor, n)), 0);
	}
	memcpy(head.log_id, actor->id, sizeof head.log_id);
	memcpy(head.h, actor->h[last], sizeof head.h);
	memcpy(segment.log_id, actor->id, sizeof segment.log_id);
	ph_seal_sign(segment.seal, &head, actor->secret);
	segment.body = ph_buf_view(&body);
	assert_int_equal(ph_db_begin(world->db), 0);
	rc = ph_journal_log_find(world->journal, actor->id, &log);
	if (rc == PH_JOURNAL_E_NONE) {
		rc = ph_journal_log_add(world->journal, actor->id, actor->key,
					actor->site, actor->role, &log);
	}
	assert_int_equal(rc, 0);
	assert_int_equal(ph_journal_put_segment(world->journal, &log, &segment, NULL), 0);
	assert_int_equal(ph_db_commit(world->db), 0);
	ph_buf_deinit(&body);
}

#endif
