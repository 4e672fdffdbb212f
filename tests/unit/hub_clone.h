/*
 * tests/unit/hub_clone.h - copies of a device's folder, which call the hub one after the other.
 * Each test program includes it once.
 */
#ifndef PH_TESTS_HUB_CLONE_H
#define PH_TESTS_HUB_CLONE_H

#include "tests/unit/hub_room.h"

/* CLONE is MEMBER's folder as it stands, on a second machine. */
static inline void member_clone(struct member *clone, struct member *member,
				uint64_t seed)
{
	struct room *room = &clone->desk.room;
	struct ph_item *item = NULL;
	struct ph_log log;

	member_open_bare(clone, seed);
	clone->keys = member->keys;
	room->keys = member->desk.room.keys;
	clone->desk.box = member->desk.box;
	assert_int_equal(ph_buf_put_view(&clone->cert, ph_buf_view(&member->cert)), 0);
	begin(room);
	assert_int_equal(ph_journal_log_add(room->journal, own_log(member)->id,
					    member->keys.sign.key, own_log(member)->site,
					    own_log(member)->role, &log),
			 0);
	while (log.n < own_log(member)->n) {
		struct ph_segment segment;

		item = all_item(member, log.n);
		ph_item_segment(item, &segment);
		assert_int_equal(
			ph_journal_put_segment(room->journal, &log, &segment, NULL), 0);
		ph_items_free(item);
	}
	assert_int_equal(ph_journal_meta_put(room->journal, "own_log",
					     PH_VIEW(log.id, sizeof(log.id))),
			 0);
	commit(room);
	ph_writer_free(clone->desk.writer);
	/* another machine: its clock-mark makes the entries differ */
	boot(&clone->desk.machine, (uint8_t)seed, T0 + (int64_t)seed);
	desk_start(&clone->desk);
}

/* A hello of MEMBER that tells how far it has receipts, with what comes after AT. */
static inline struct ph_job *hello_from(struct member *member, uint64_t receipted,
					struct ph_item *items)
{
	struct ph_job *job = hello_of(member, items);

	memset(&member->peer, 0, sizeof(member->peer)); /* a session of its own */
	job->hello.receipted[0] = receipted;
	return job;
}

/* A session that sends all above AFTER at once and must be welcome. */
static inline void sync_all(struct hub_room *room, struct member *member, uint64_t after)
{
	struct ph_receipt receipt;
	struct ph_job *job =
		carry_out(room, hello_from(member, after, all_item(member, after)));

	assert_int_equal(job->result, 0);
	assert_int_equal(job->welcome.status, PH_STATUS_OK);
	assert_true(job->welcome.same);
	assert_int_equal(job->welcome.head[0].n, own_log(member)->n);
	assert_memory_equal(job->welcome.head[0].h, own_log(member)->h, PH_HASH_SIZE);
	assert_int_equal(job->welcome.n_receipts, 1);
	/* verified over the device's own h(n) */
	check_receipt(room, member, &job->welcome.receipt[0], &receipt);
	assert_int_equal(receipt.head.n, own_log(member)->n);
	ph_job_free(job);
}

#endif
