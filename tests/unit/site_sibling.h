/*
 * tests/unit/site_sibling.h - another device of a site, whose log and parts are given to the
 * site of site_world.h as items of a session; what the hub's control log says of it; and how
 * the site takes them.
 */
#ifndef PH_TESTS_SITE_SIBLING_H
#define PH_TESTS_SITE_SIBLING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>

#include "site_world.h"

#define SITE 140371

/* ---- another device ---- */

struct sibling {
	struct ph_sign_pair keys;
	uint8_t id[PH_DEVICE_ID_SIZE];
	struct ph_box_pair desk;
	struct ph_db *db;
	struct ph_journal *journal;
	struct ph_writer *writer;
};

static inline void sibling_open(struct world *world, struct sibling *sibling,
				uint64_t site)
{
	memset(sibling, 0, sizeof(*sibling));
	ph_sign_pair_make(&sibling->keys, &world->config.rng);
	ph_box_pair_make(&sibling->desk, &world->config.rng);
	ph_device_id(sibling->id, sibling->keys.key);
	province_must(
		ph_db_open(&sibling->db,
			   &(struct ph_db_config){ .path = ":memory:",
						   .application = PH_STORE_SITE,
						   .steps = ph_journal_steps,
						   .n_steps = ph_journal_steps_count,
						   .create = true },
			   NULL));
	province_must(ph_journal_open(&sibling->journal, sibling->db));
	province_must(
		ph_writer_new(&sibling->writer,
			      &(struct ph_writer_config){ .journal = sibling->journal,
							  .keys = &sibling->keys,
							  .desk_key = sibling->desk.key,
							  .site = site,
							  .role = PH_ROLE_SITE,
							  .clock = world->config.clock,
							  .rng = world->config.rng },
			      NULL));
	province_must(ph_writer_start(sibling->writer, NULL));
}

static inline void sibling_close(struct sibling *sibling)
{
	ph_writer_free(sibling->writer);
	ph_journal_free(sibling->journal);
	ph_db_close(sibling->db);
}

/* Write an entry, sealed at once; its reference. */
static inline struct ph_ref sibling_write(struct sibling *sibling, struct ph_entry entry)
{
	struct ph_ref ref;

	province_must(ph_writer_add(sibling->writer, &entry, &ref, NULL));
	province_must(ph_writer_seal(sibling->writer));
	return ref;
}

/* All of its log above AFTER as an item. */
static inline struct ph_item *sibling_item(struct sibling *sibling, uint64_t after)
{
	struct ph_item *item = ph_item_new(PH_ITEM_SEGMENT);
	struct ph_segment segment;

	province_must(ph_journal_read_segment(sibling->journal,
					      ph_writer_log(sibling->writer), after,
					      65536, &segment, &item->body));
	memcpy(item->log_id, segment.log_id, sizeof(item->log_id));
	memcpy(item->seal, segment.seal, sizeof(item->seal));
	item->first = segment.first;
	item->last = segment.last;
	return item;
}

/* The sealed part of entry N as it travels. */
static inline struct ph_item *sibling_part(struct sibling *sibling, uint64_t n)
{
	struct ph_item *item = ph_item_new(PH_ITEM_PART);
	const struct ph_log *log = ph_writer_log(sibling->writer);
	struct ph_buf cipher = { 0 };
	struct ph_buf box = { 0 };

	province_must(ph_journal_part_get(sibling->journal, log->row, n, &cipher, &box));
	province_must(crypto_box_seal_open(item->seed, box.data, box.len,
					   sibling->desk.key, sibling->desk.secret));
	province_must(
		ph_part_open(item->seed, log->id, n, ph_buf_view(&cipher), &item->body));
	memcpy(item->log_id, log->id, sizeof(item->log_id));
	item->first = item->last = n;
	ph_buf_deinit(&cipher);
	ph_buf_deinit(&box);
	return item;
}

/* ---- the control log ---- */

static inline struct ph_value bytes_value(const void *data, size_t len)
{
	return (struct ph_value){ .set = true, .as.bytes = PH_VIEW(data, len) };
}

/* Who signs what an operator has to: the operator of the province; or somebody, or nobody. */
static const struct ph_sign_pair *words_signed_by;
static bool words_unsigned;

static inline struct ph_ref say(struct world *world, struct ph_entry *entry,
				uint32_t number)
{
	const struct ph_log *log = ph_writer_log(world->control);
	uint8_t sig[PH_OPERATOR_SIZE];
	struct ph_ref ref;

	entry->kind = ph_kind_find(number);
	entry->number = number;
	if ((entry->kind->operator_only || number == PH_KIND_VOID) && !words_unsigned) {
		province_must(ph_operator_sign(entry, log->id, log->n + 1,
					       words_signed_by
						       ? words_signed_by
						       : &world->province.operator_pair,
					       sig, NULL));
		entry->extras.operator_sig = PH_VIEW(sig, sizeof(sig));
	}
	province_must(ph_writer_add(world->control, entry, &ref, NULL));
	assert_int_equal(ref.n, ph_writer_log(world->control)->n);
	return ref;
}

static inline void admit(struct world *world, const struct sibling *sibling,
			 uint64_t site)
{
	struct ph_entry entry = { 0 };

	entry.field[PH_ADMIT_DEVICE] = bytes_value(sibling->id, sizeof(sibling->id));
	entry.field[PH_ADMIT_KEY] = bytes_value(sibling->keys.key, PH_KEY_SIZE);
	entry.field[PH_ADMIT_SITE] = (struct ph_value){ .set = true, .as.uint = site };
	entry.field[PH_ADMIT_ROLE] =
		(struct ph_value){ .set = true, .as.uint = PH_ROLE_SITE };
	say(world, &entry, PH_KIND_DEVICE_ADMIT);
}

/* Cut it off behind entry N of its log; 0: all of it. */
static inline struct ph_ref cut(struct world *world, const struct sibling *sibling,
				uint64_t n)
{
	const struct ph_log *log = ph_writer_log(sibling->writer);
	struct ph_entry entry = { 0 };
	struct ph_head head = { .n = n };
	struct ph_buf heads = { 0 };
	struct ph_ref ref;

	memcpy(head.log_id, log->id, sizeof(log->id));
	if (n == 0) {
		head.log_id[0] ^= 1; /* of another log */
		head.n = 1;
	} else {
		province_must(ph_journal_chain_at(sibling->journal, log, n, head.h));
	}
	entry.field[PH_CUT_DEVICE] = bytes_value(sibling->id, sizeof(sibling->id));
	province_must(ph_list_put_heads(&heads, &head, 1, &entry.field[PH_CUT_HEADS]));
	ref = say(world, &entry, PH_KIND_DEVICE_CUT);
	ph_buf_deinit(&heads);
	return ref;
}

static inline void take_back(struct world *world, const struct ph_ref *target)
{
	struct ph_entry entry = { 0 };

	entry.field[PH_VOID_TARGET] = (struct ph_value){ .set = true, .as.ref = *target };
	say(world, &entry, PH_KIND_VOID);
}

static inline struct ph_item *control_item(struct world *world, uint64_t after)
{
	struct ph_item *item = ph_item_new(PH_ITEM_SEGMENT);
	struct ph_segment segment;

	province_must(ph_writer_seal(world->control));
	province_must(ph_journal_read_segment(world->hub, ph_writer_log(world->control),
					      after, 65536, &segment, &item->body));
	memcpy(item->log_id, segment.log_id, sizeof(item->log_id));
	memcpy(item->seal, segment.seal, sizeof(item->seal));
	item->first = segment.first;
	item->last = segment.last;
	return item;
}

/* ---- the device ---- */

/* Store ITEMS; whether they were good. */
static inline bool store(struct world *world, struct ph_item *items)
{
	struct ph_job *job = world_job(PH_JOB_STORE);
	bool is_good;

	job->items = items;
	ph_site_job(world->site, job, NULL);
	assert_int_equal(job->result, 0);
	is_good = !job->bad;
	ph_job_free(job);
	return is_good;
}

static inline struct ph_item *two_items(struct ph_item *a, struct ph_item *b)
{
	a->next = b;
	return a;
}

/* The hello as it would be now, the caller's. */
static inline struct ph_hello *hello_now(struct world *world)
{
	struct ph_buf arena = { 0 };
	struct ph_hello *hello = world_hello(world, 0, &arena);

	ph_buf_deinit(&arena);
	return hello;
}

/* How much of SIBLING's log is held: n in the hello, 0 if it is not told there. */
static inline uint64_t told_n(struct world *world, const struct sibling *sibling)
{
	struct ph_hello *hello = hello_now(world);
	const struct ph_log *log = ph_writer_log(sibling->writer);
	uint64_t n = 0;

	for (unsigned i = 0; i < hello->n_siblings; i++) {
		if (memcmp(hello->sibling[i].log_id, log->id, PH_LOG_ID_SIZE) == 0) {
			n = hello->sibling[i].n;
		}
	}
	free(hello);
	return n;
}

#define JOINED(test)                                                                     \
	cmocka_unit_test_setup_teardown(test, world_setup_joined, world_teardown)

#endif
