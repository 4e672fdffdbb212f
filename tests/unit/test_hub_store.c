/*
 * tests/unit/test_hub_store.c - what devices bring: segments, sealed parts, entries that
 * nobody can read, and many jobs in one commit. What does not fit: test_hub_bad.c.
 */
#include "tests/unit/hub_room.h"

#include <sodium.h>

#include "daemon/hub_internal.h"

/* --- what fits --- */

static void test_segments_are_receipted(void **state)
{
	struct pair s;
	struct ph_receipt receipt;
	uint64_t half;

	(void)state;
	pair_open(&s);
	write_visits(&s.a, 4);
	half = own_log(&s.a)->n;
	expect_job(&s.room, store_of(&s.a, all_item(&s.a, 0)), 0);
	assert_int_equal(held_n(&s.room, &s.a), half);
	write_visits(&s.a, 4);

	struct ph_item *items = all_item(&s.a, 0);

	/* what is held already, and what follows it, in one job: one receipt */
	items->next = all_item(&s.a, half);

	struct ph_job *job = carry_out(&s.room, store_of(&s.a, items));

	assert_int_equal(job->result, 0);
	assert_false(job->bad);
	assert_int_equal(job->n_receipts, 1);
	assert_int_equal(job->receipt[0].index, 0);
	check_receipt(&s.room, &s.a, &job->receipt[0], &receipt);
	assert_int_equal(receipt.head.n, own_log(&s.a)->n);
	assert_memory_equal(receipt.head.h, own_log(&s.a)->h, PH_HASH_SIZE);
	assert_int_equal(receipt.level, PH_LEVEL_HUB);
	assert_int_equal(receipt.time, s.room.machine.now.wall);
	assert_int_equal(receipt.n_missing, 0);
	assert_int_equal(s.a.peer.entries, own_log(&s.a)->n);
	ph_job_free(job);

	hub_restart(&s.room);
	assert_int_equal(held_n(&s.room, &s.a), own_log(&s.a)->n);
	pair_close(&s);
}

/* A log that the hello did not tell of is kept, but there is nothing to name it by. */
static void test_no_receipt_without_head(void **state)
{
	struct pair s;

	(void)state;
	pair_open(&s);
	write_visits(&s.a, 1);

	struct ph_job *job =
		carry_out(&s.room, job_of(&s.a, PH_JOB_STORE, all_item(&s.a, 0)));

	assert_int_equal(job->result, 0);
	assert_int_equal(job->n_receipts, 0);
	ph_job_free(job);
	assert_int_equal(held_n(&s.room, &s.a), own_log(&s.a)->n);
	pair_close(&s);
}

static void test_parts(void **state)
{
	struct pair s;
	struct ph_receipt receipt;
	uint64_t mai;
	uint64_t pao;

	(void)state;
	pair_open(&s);
	mai = write_reader(&s.a, "Lò Thị Mai");
	pao = write_reader(&s.a, "Giàng A Páo");

	/* entries alone: both parts are missing, and the receipt says which */
	struct ph_job *job = carry_out(&s.room, store_of(&s.a, all_item(&s.a, 0)));

	assert_int_equal(job->n_receipts, 1);
	check_receipt(&s.room, &s.a, &job->receipt[0], &receipt);
	assert_int_equal(receipt.n_missing, 2);
	assert_int_equal(receipt.missing[0], mai);
	assert_int_equal(receipt.missing[1], pao);
	ph_job_free(job);

	/* one that does not fit stays missing, and refuses nobody */
	struct ph_item *items = part_item(&s.a, mai);
	struct ph_item *wrong = part_item(&s.a, pao);

	wrong->body.data[wrong->body.len - 1] ^= 1;
	items->next = wrong;
	job = carry_out(&s.room, store_of(&s.a, items));
	assert_int_equal(job->result, 0);
	assert_false(job->bad);
	assert_int_equal(job->n_receipts, 1);
	check_receipt(&s.room, &s.a, &job->receipt[0], &receipt);
	assert_int_equal(receipt.n_missing, 1);
	assert_int_equal(receipt.missing[0], pao);
	assert_int_equal(s.a.peer.parts, 1);
	ph_job_free(job);

	job = carry_out(&s.room, store_of(&s.a, part_item(&s.a, pao)));
	check_receipt(&s.room, &s.a, &job->receipt[0], &receipt);
	assert_int_equal(receipt.n_missing, 0);
	ph_job_free(job);
	/* once more changes nothing */
	expect_job(&s.room, store_of(&s.a, part_item(&s.a, pao)), 0);

	json_t *answer =
		ask(&s.room, json_pack("{s:s, s:s, s:s, s:b}", "command", "query", "what",
				       "readers", "id", "pao", "names", 1));
	char *text = json_dumps(json_object_get(answer, "readers"), JSON_COMPACT);

	assert_non_null(strstr(text, "Giàng A Páo"));
	assert_null(strstr(text, "Mai"));
	free(text);
	json_decref(answer);
	pair_close(&s);
}

/* The part of entry N of A as a locked desk sends it, its seed sealed to KEY. */
static struct ph_item *boxed_item(struct pair *s, uint64_t n, const uint8_t *key)
{
	struct ph_item *open = part_item(&s->a, n);
	struct ph_item *item = part_item(&s->a, n);
	uint8_t box[PH_SEED_BOX_SIZE];

	assert_int_equal(crypto_box_seal(box, open->seed, PH_SEED_SIZE, key), 0);
	memset(item->seed, 0, sizeof(item->seed));
	item->is_boxed = true;
	item->body.len = 0;
	assert_int_equal(ph_buf_put(&item->body, box, sizeof(box)), 0);
	assert_int_equal(ph_part_seal(open->seed, open->log_id, n,
				      ph_buf_view(&open->body), &item->body),
			 0);
	ph_items_free(open);
	return item;
}

static void flip_box(struct ph_item *item)
{
	item->body.data[40] ^= 1;
}
static void flip_cipher(struct ph_item *item)
{
	item->body.data[item->body.len - 1] ^= 1;
}
static void box_alone(struct ph_item *item)
{
	item->body.len = PH_SEED_BOX_SIZE;
}
static void cut_box(struct ph_item *item)
{
	item->body.len = PH_SEED_BOX_SIZE - 1;
}
static void cut_cipher(struct ph_item *item)
{
	item->body.len = PH_SEED_BOX_SIZE + 15;
}
static void another_entry(struct ph_item *item)
{
	item->first = --item->last;
}

/* It is kept as any other; one that does not open here, or does not fit, stays missing. */
static void test_parts_of_a_locked_desk(void **state)
{
	static const struct {
		const char *name;
		void (*spoil)(struct ph_item *item);
	} bad[] = {
		{ "box altered", flip_box }, { "ciphertext altered", flip_cipher },
		{ "box alone", box_alone },  { "half a box", cut_box },
		{ "cut short", cut_cipher }, { "another entry's", another_entry },
		{ "for another hub", NULL },
	};
	struct pair s;
	uint64_t mai;

	(void)state;
	pair_open(&s);

	const uint8_t *key = s.room.hub->keys.box.key;

	(void)write_reader(&s.a, "Giàng A Páo");
	mai = write_reader(&s.a, "Lò Thị Mai");
	expect_job(&s.room, store_of(&s.a, all_item(&s.a, 0)), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct ph_item *item =
			boxed_item(&s, mai, bad[i].spoil ? key : s.a.keys.desk.key);

		print_message("# %s\n", bad[i].name);
		if (bad[i].spoil) {
			bad[i].spoil(item);
		}

		struct ph_job *job = carry_out(&s.room, store_of(&s.a, item));

		assert_int_equal(job->result, 0);
		assert_false(job->bad);
		assert_int_equal(s.a.peer.parts, 0);
		ph_job_free(job);
	}
	expect_job(&s.room, store_of(&s.a, boxed_item(&s, mai, key)), 0);
	assert_int_equal(s.a.peer.parts, 1);

	json_t *answer =
		ask(&s.room, json_pack("{s:s, s:s, s:s, s:b}", "command", "query", "what",
				       "readers", "id", "mai", "names", 1));
	char *text = json_dumps(json_object_get(answer, "readers"), JSON_COMPACT);

	assert_non_null(strstr(text, "Lò Thị Mai"));
	free(text);
	json_decref(answer);
	hub_verify(&s.room);
	pair_close(&s);
}

/* A part over every limit is one that does not fit: missing, not the end of the session. */
static void test_part_lengths(void **state)
{
	static const size_t lengths[] = {
		0, 1, PH_PART_MAX - 17, PH_PART_MAX - 16, PH_PART_MAX - 15, PH_PART_MAX
	};
	struct pair s;
	uint64_t n;

	(void)state;
	pair_open(&s);
	n = write_reader(&s.a, "Lò Thị Mai");
	expect_job(&s.room, store_of(&s.a, all_item(&s.a, 0)), 0);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct ph_item *part = part_item(&s.a, n);

		part->body.len = 0;
		assert_int_equal(ph_buf_reserve(&part->body, PH_PART_MAX), 0);
		memset(part->body.data, 'x', lengths[i]);
		part->body.len = lengths[i];
		write_visits(&s.a, 1);
		part->next = all_item(&s.a, own_log(&s.a)->n - 1);

		struct ph_job *job = carry_out(&s.room, store_of(&s.a, part));

		if (job->result != 0 || job->bad || job->n_receipts != 1) {
			fail_msg("%zu bytes: result %d", lengths[i], job->result);
		}
		assert_int_equal(job->receipt[0].n_missing, 1);
		assert_int_equal(job->receipt[0].n, own_log(&s.a)->n);
		ph_job_free(job);
	}
	pair_close(&s);
}

/* --- what is no entry that we know --- */

static void test_malformed_entries_are_kept(void **state)
{
	struct pair s;
	struct ph_buf body = { 0 };
	struct ph_buf bytes = { 0 };
	uint8_t h[PH_HASH_SIZE];
	uint64_t n;

	(void)state;
	pair_open(&s);
	write_visits(&s.a, 1);
	expect_job(&s.room, store_of(&s.a, all_item(&s.a, 0)), 0);
	n = own_log(&s.a)->n;
	memcpy(h, own_log(&s.a)->h, sizeof(h));

	add_opaque(&s.a.desk.room, &body, 40); /* not MessagePack, most likely */
	assert_int_equal(ph_segment_add(&body, PH_VIEW("\xc0", 1)), 0); /* nil */
	/* kind 4000, of a later table */
	assert_int_equal(
		ph_segment_add(&body, PH_VIEW("\x92\xcd\x0f\xa0\xce\x65\x53\xf1\x00", 9)),
		0);
	add_visit(&body, ph_stamp(T0 + 9000, 0), 12);

	struct ph_job *job = carry_out(
		&s.room, store_of(&s.a, sealed_item(&s.a, &body, n + 1, n + 4, h)));

	assert_int_equal(job->result, 0);
	assert_false(job->bad);
	assert_int_equal(job->n_receipts, 1);
	assert_int_equal(job->receipt[0].n, n + 4);
	ph_job_free(job);

	struct ph_log log;

	assert_int_equal(
		ph_journal_log_find(ph_hub_journal(s.room.hub), own_log(&s.a)->id, &log),
		0);
	assert_int_equal(log.n, n + 4);
	assert_int_equal(
		ph_journal_entry(ph_hub_journal(s.room.hub), log.row, n + 2, &bytes), 0);
	assert_int_equal(bytes.len, 1);
	ph_buf_deinit(&bytes);

	/* shown for what they are, and nothing behind them is blocked */
	json_t *answer = ask(&s.room, json_pack("{s:s, s:s, s:i}", "command", "log",
						"site", "14-0371", "limit", 4));
	json_t *entries = json_object_get(answer, "entries");

	assert_int_equal(json_array_size(entries), 4);
	assert_true(
		json_is_true(json_object_get(json_array_get(entries, 0), "malformed")));
	assert_true(
		json_is_true(json_object_get(json_array_get(entries, 1), "malformed")));
	assert_string_equal(text_in(json_array_get(entries, 3), "kind"), "visit");
	json_decref(answer);
	pair_close(&s);
}

/* The `open` of a later program has a field more: its log is as good as any. */
static void test_open_of_a_later_table(void **state)
{
	struct pair s;
	struct ph_item *old;
	struct ph_buf body = { 0 };
	struct ph_buf entry = { 0 };
	struct ph_view rest;
	struct ph_view first;
	uint8_t h[PH_HASH_SIZE];

	(void)state;
	pair_open(&s);
	write_visits(&s.a, 1);
	old = all_item(&s.a, 0);
	rest = ph_buf_view(&old->body);
	assert_int_equal(ph_segment_next(&rest, &first), 0);
	assert_true(first.data[0] >= 0x95 && first.data[0] < 0x9f);
	assert_int_equal(ph_buf_put(&entry, first.data, first.len), 0);
	/* fields that we know to their end, then one more */
	for (unsigned items = first.data[0] & 0x0fu;
	     items < 3u + ph_kind_find(PH_KIND_OPEN)->n_fields; items++) {
		entry.data[0]++;
		assert_int_equal(ph_buf_put(&entry, "\xc0", 1), 0);
	}
	entry.data[0]++;
	assert_int_equal(ph_buf_put(&entry, "\x01", 1), 0);
	assert_int_equal(ph_entry_decode(ph_buf_view(&entry), &(struct ph_entry){ 0 }),
			 PH_ENTRY_E_UNKNOWN);
	assert_int_equal(ph_segment_add(&body, ph_buf_view(&entry)), 0);
	ph_chain_start(h, own_log(&s.a)->id, s.a.keys.sign.key);
	expect_job(&s.room, store_of(&s.a, sealed_item(&s.a, &body, 1, 1, h)), 0);
	assert_int_equal(held_n(&s.room, &s.a), 1);
	ph_items_free(old);
	ph_buf_deinit(&entry);
	pair_close(&s);
}

/* --- groups --- */

static void test_many_sessions_one_commit(void **state)
{
	enum {
		MANY = 20
	};
	struct hub_room room;
	struct member members[MANY];
	struct ph_job *jobs[MANY];
	int alone;

	(void)state;
	hub_open(&room);
	for (unsigned i = 0; i < MANY; i++) {
		member_open(&room, &members[i], 100 + i, i % 2 ? "14-0371" : "14-0372");
		write_visits(&members[i], 2);
	}
	be_admitted(&room, &members[0]);
	expect_job(&room, store_of(&members[0], all_item(&members[0], 0)), 0);
	write_visits(&members[0], 1);
	disk.syncs = 0;
	expect_job(&room, store_of(&members[0], all_item(&members[0], 0)), 0);
	alone = disk.syncs;
	assert_int_equal(alone, 1);
	for (unsigned i = 1; i < MANY; i++) {
		jobs[i] = hello_of(&members[i], all_item(&members[i], 0));
		if (i > 1) {
			jobs[i - 1]->next = jobs[i];
		}
	}
	disk.syncs = 0;
	ph_hub_jobs(room.hub, jobs[1]);
	assert_int_equal(disk.syncs, alone);
	for (unsigned i = 1; i < MANY; i++) {
		struct ph_receipt receipt;

		assert_int_equal(jobs[i]->result, 0);
		assert_int_equal(jobs[i]->welcome.status, PH_STATUS_OK);
		assert_int_equal(jobs[i]->welcome.n_receipts, 1);
		check_receipt(&room, &members[i], &jobs[i]->welcome.receipt[0], &receipt);
		assert_int_equal(receipt.head.n, own_log(&members[i])->n);
		ph_job_free(jobs[i]);
	}
	assert_int_equal(hub_says(&room, "devices"), MANY);
	for (unsigned i = 0; i < MANY; i++) {
		member_close(&members[i]);
	}
	hub_close(&room);
}

/* A log in as many jobs of one group as it has seals, each building on the one before. */
static void test_one_log_over_a_group(void **state)
{
	struct pair s;
	struct ph_job *first = NULL;
	struct ph_job **end = &first;

	(void)state;
	pair_open(&s);
	for (unsigned i = 0; i < 5; i++) {
		uint64_t n = own_log(&s.a)->n;

		write_visits(&s.a, 2);
		*end = store_of(&s.a, all_item(&s.a, n));
		end = &(*end)->next;
	}
	ph_hub_jobs(s.room.hub, first);
	for (struct ph_job *job = first; job;) {
		struct ph_job *next = job->next;

		assert_int_equal(job->result, 0);
		assert_false(job->bad);
		/* signed after the commit, so each covers all of it */
		assert_int_equal(job->receipt[0].n, own_log(&s.a)->n);
		ph_job_free(job);
		job = next;
	}
	pair_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_segments_are_receipted),
		cmocka_unit_test(test_no_receipt_without_head),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_parts_of_a_locked_desk),
		cmocka_unit_test(test_part_lengths),
		cmocka_unit_test(test_malformed_entries_are_kept),
		cmocka_unit_test(test_open_of_a_later_table),
		cmocka_unit_test(test_many_sessions_one_commit),
		cmocka_unit_test(test_one_log_over_a_group),
	};

	return cmocka_run_group_tests(tests, make_pattern, remove_pattern);
}
