/*
 * tests/unit/test_hub_bad.c - segments and parts that do not fit: refused, nothing of
 * them kept, and the other jobs of the group none the worse.
 */
#include "tests/unit/hub_room.h"

/* --- in a log that the hub does not hold yet --- */

static struct ph_item *gap(struct pair *s)
{
	return all_item(&s->a, own_log(&s->a)->n - 1);
}

static struct ph_item *forged_seal(struct pair *s)
{
	struct ph_item *item = all_item(&s->a, 0);

	item->seal[3] ^= 1;
	return item;
}

static struct ph_item *altered_entry(struct pair *s)
{
	struct ph_item *item = all_item(&s->a, 0);

	item->body.data[item->body.len - 1] ^= 1;
	return item;
}

static struct ph_item *torn_body(struct pair *s)
{
	struct ph_item *item = all_item(&s->a, 0);

	item->body.len--;
	return item;
}

static struct ph_item *empty_body(struct pair *s)
{
	struct ph_item *item = all_item(&s->a, 0);

	item->body.len = 0;
	return item;
}

static struct ph_item *wrong_count(struct pair *s)
{
	struct ph_item *item = all_item(&s->a, 0);

	item->last++;
	return item;
}

/* An id that the device's key and the nonce in `open` do not give. */
static struct ph_item *squatted_log(struct pair *s)
{
	struct ph_item *item = all_item(&s->a, 0);
	struct ph_head head = { .n = item->last };
	struct ph_view rest = ph_buf_view(&item->body);
	struct ph_view entry;

	item->log_id[0] ^= 1;
	memcpy(head.log_id, item->log_id, sizeof(head.log_id));
	ph_chain_start(head.h, item->log_id, s->a.keys.sign.key);
	while (ph_segment_next(&rest, &entry) == 0) {
		uint8_t e[PH_HASH_SIZE];

		ph_entry_hash(entry, e);
		ph_chain_step(head.h, e);
	}
	ph_seal_sign(item->seal, &head, s->a.keys.sign.secret);
	return item;
}

/* A log whose first entry is no `open`: its id follows from nothing. */
static struct ph_item *no_open(struct pair *s)
{
	struct ph_buf body = { 0 };
	uint8_t h[PH_HASH_SIZE];

	add_visit(&body, ph_stamp(T0, 0), 1);
	ph_chain_start(h, own_log(&s->a)->id, s->a.keys.sign.key);
	return sealed_item(&s->a, &body, 1, 1, h);
}

static struct ph_item *malformed_open(struct pair *s)
{
	struct ph_buf body = { 0 };
	uint8_t h[PH_HASH_SIZE];

	add_opaque(&s->a.desk.room, &body, 60);
	ph_chain_start(h, own_log(&s->a)->id, s->a.keys.sign.key);
	return sealed_item(&s->a, &body, 1, 1, h);
}

/* Device a brings the log of device b, which the hub does not hold yet. */
static struct ph_item *log_of_another(struct pair *s)
{
	return all_item(&s->b, 0);
}

static struct ph_item *part_of_no_log(struct pair *s)
{
	struct ph_item *item = part_item(&s->a, write_reader(&s->a, "Lò Thị Mai"));

	return item;
}

static void test_bad_in_a_new_log(void **state)
{
	static const struct {
		const char *name;
		struct ph_item *(*make)(struct pair *s);
	} cases[] = {
		{ "gap", gap },
		{ "forged seal", forged_seal },
		{ "altered entry", altered_entry },
		{ "torn body", torn_body },
		{ "empty body", empty_body },
		{ "wrong count", wrong_count },
		{ "squatted log", squatted_log },
		{ "no open", no_open },
		{ "malformed open", malformed_open },
		{ "log of another", log_of_another },
		{ "part of no log", part_of_no_log },
	};
	struct pair s;

	(void)state;
	pair_open(&s);
	write_visits(&s.a, 3);
	write_visits(&s.b, 3);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ph_job *bad = store_of(&s.a, cases[i].make(&s));
		int64_t entries = hub_says(&s.room, "entries");
		uint64_t before = held_n(&s.room, &s.b);

		/* the group's other job is none the worse for it */
		struct ph_job *good = NULL;

		if (cases[i].make != log_of_another) {
			write_visits(&s.b, 1);
			good = store_of(&s.b, all_item(&s.b, 0));
			bad->next = good;
		}
		s.a.peer.refusal[0] = '\0';
		ph_hub_jobs(s.room.hub, bad);
		if (bad->result != 0 || !bad->bad) {
			fail_msg("%s: result %d, bad %d", cases[i].name, bad->result,
				 bad->bad);
		}
		assert_int_equal(bad->n_receipts, 0);
		assert_true(s.a.peer.refusal[0] != '\0');
		assert_int_equal(held_n(&s.room, &s.a), 0);
		if (good) {
			assert_int_equal(good->result, 0);
			assert_false(good->bad);
			assert_int_equal(good->n_receipts, 1);
			assert_int_equal(good->receipt[0].n, own_log(&s.b)->n);
			entries += (int64_t)(own_log(&s.b)->n - before);
		}
		assert_int_equal(hub_says(&s.room, "entries"), entries);
		ph_job_free(bad);
		ph_job_free(good);
	}
	hub_verify(&s.room);
	hub_restart(&s.room);
	/* after all that, the log itself is welcome */
	expect_job(&s.room, hello_of(&s.a, all_item(&s.a, 0)), 0);
	assert_int_equal(held_n(&s.room, &s.a), own_log(&s.a)->n);
	pair_close(&s);
}

static struct ph_item *later_gap(struct pair *s)
{
	write_visits(&s->a, 1);
	write_visits(&s->a, 1);
	return all_item(&s->a, own_log(&s->a)->n - 1);
}

static struct ph_item *part_of_a_visit(struct pair *s)
{
	struct ph_item *item = ph_item_new(PH_ITEM_PART);

	assert_non_null(item);
	item->first = 3;
	item->last = 3;
	memcpy(item->log_id, own_log(&s->a)->id, sizeof(item->log_id));
	assert_int_equal(ph_buf_put(&item->body, "\x91\xa1x", 3), 0);
	return item;
}

static struct ph_item *part_beyond(struct pair *s)
{
	struct ph_item *item = part_of_a_visit(s);

	item->first = item->last = 1000;
	return item;
}

static struct ph_item *part_of_another(struct pair *s)
{
	uint64_t n = write_reader(&s->b, "Giàng A Páo");

	expect_job(&s->room, store_of(&s->b, all_item(&s->b, 0)), 0);
	return part_item(&s->b, n);
}

/* The control log is the hub's own: nobody writes there by sending. */
static struct ph_item *control_log(struct pair *s)
{
	struct ph_job *job = carry_out(&s->room, job_of(&s->a, PH_JOB_LOAD, NULL));
	struct ph_item *item = job->items;

	assert_non_null(item);
	job->items = NULL;
	ph_job_free(job);
	return item;
}

static void test_bad_in_a_held_log(void **state)
{
	static const struct {
		const char *name;
		struct ph_item *(*make)(struct pair *s);
	} cases[] = {
		{ "gap", later_gap },
		{ "part of a visit", part_of_a_visit },
		{ "part beyond the end", part_beyond },
		{ "part of another", part_of_another },
		{ "control log", control_log },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pair s;
		struct ph_log before;
		struct ph_log after;

		pair_open(&s);
		write_visits(&s.a, 3);
		expect_job(&s.room, store_of(&s.a, all_item(&s.a, 0)), 0);
		assert_int_equal(ph_journal_log_find(ph_hub_journal(s.room.hub),
						     own_log(&s.a)->id, &before),
				 0);

		struct ph_job *job = store_of(&s.a, cases[i].make(&s));
		int64_t entries = hub_says(&s.room, "entries");

		carry_out(&s.room, job);
		if (job->result != 0 || !job->bad) {
			fail_msg("%s: result %d, bad %d", cases[i].name, job->result,
				 job->bad);
		}
		assert_int_equal(job->n_receipts, 0);
		ph_job_free(job);
		assert_int_equal(hub_says(&s.room, "entries"), entries);
		assert_int_equal(ph_journal_log_find(ph_hub_journal(s.room.hub),
						     own_log(&s.a)->id, &after),
				 0);
		assert_int_equal(after.n, before.n);
		assert_int_equal(after.sealed, before.sealed);
		assert_memory_equal(after.h, before.h, sizeof(after.h));
		pair_close(&s);
	}
}

/* What fitted before the bad item stays; the rest of the job is not looked at. */
static void test_good_before_bad(void **state)
{
	struct pair s;
	uint64_t n;

	(void)state;
	pair_open(&s);
	write_visits(&s.a, 3);
	n = own_log(&s.a)->n;
	write_visits(&s.a, 3);

	struct ph_item *items = segment_item(&s.a, 0, 1); /* to the nearest seal */

	assert_int_equal(items->last, n);
	items->next = segment_item(&s.a, n, 1);
	items->next->seal[0] ^= 1;
	items->next->next = segment_item(&s.a, n, 1);
	expect_bad(&s.room, store_of(&s.a, items));
	assert_int_equal(held_n(&s.room, &s.a), n);
	pair_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad_in_a_new_log),
		cmocka_unit_test(test_bad_in_a_held_log),
		cmocka_unit_test(test_good_before_bad),
	};

	return cmocka_run_group_tests(tests, make_pattern, remove_pattern);
}
