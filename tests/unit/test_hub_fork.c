/*
 * tests/unit/test_hub_fork.c - a folder that was copied: the hub keeps both histories, and
 * tells each copy how far its own is here.
 */
#include "tests/unit/hub_clone.h"

#include "common/base/limits.h"

struct copies {
	struct hub_room room;
	struct member a, b;
	uint64_t shared; /* entries that both have */
};

/* Two copies of one folder with 5 entries that the hub has. */
static void copies_open(struct copies *s)
{
	hub_open(&s->room);
	member_open(&s->room, &s->a, 1, "14-0371");
	write_visits(&s->a, 3);
	sync_all(&s->room, &s->a, 0);
	s->shared = own_log(&s->a)->n;
	member_clone(&s->b, &s->a, 51);
}

static void copies_close(struct copies *s)
{
	member_close(&s->a);
	member_close(&s->b);
	hub_close(&s->room);
}

static json_t *first_device(struct hub_room *room, json_t **answer)
{
	*answer = ask(room, json_pack("{s:s}", "command", "devices"));
	return json_array_get(json_object_get(*answer, "devices"), 0);
}

static void both_are_kept(void **state)
{
	struct copies s;
	json_t *answer;
	json_t *entries;
	int64_t before;

	(void)state;
	copies_open(&s);
	before = hub_says(&s.room, "entries");
	assert_int_equal(hub_says(&s.room, "forked_logs"), 0);
	write_visits(&s.a, 2);
	write_visits(&s.b, 3);
	sync_all(&s.room, &s.a, s.shared);
	assert_false(s.a.peer.forked);
	sync_all(&s.room, &s.b, s.shared);
	assert_true(s.b.peer.forked);
	assert_int_equal(s.b.peer.entries, own_log(&s.b)->n - s.shared);
	assert_int_equal(
		hub_says(&s.room, "entries"),
		before + (int64_t)(own_log(&s.a)->n + own_log(&s.b)->n - 2 * s.shared));
	assert_int_equal(hub_says(&s.room, "forked_logs"), 1);
	/* how they came is known of each */
	for (unsigned i = 0; i < 2; i++) {
		const struct ph_log *own = own_log(i == 0 ? &s.a : &s.b);
		struct ph_journal *journal = ph_hub_journal(s.room.hub);
		struct ph_arrival arrival = { 0 };
		struct ph_log log;

		assert_int_equal(
			ph_journal_log_with(journal, own->id, own->n, own->h, &log), 0);
		assert_int_equal(ph_journal_arrival(journal, log.row, own->n, &arrival),
				 0);
		assert_int_equal(arrival.first, s.shared + 1);
		assert_int_equal(arrival.last, own->n);
		assert_int_equal(arrival.road, PH_ROAD_SESSION);
		assert_int_equal(arrival.level, PH_LEVEL_HUB);
		assert_int_equal(arrival.second, s.room.machine.now.wall);
		assert_int_equal(ph_journal_arrival(journal, log.row, 1, &arrival), 0);
		assert_int_equal(arrival.last, s.shared);
	}
	hub_restart(&s.room);
	/* both go on, each from its own head */
	for (unsigned i = 0; i < 3; i++) {
		uint64_t at_a = own_log(&s.a)->n;
		uint64_t at_b = own_log(&s.b)->n;

		write_visits(&s.a, 1 + i);
		write_visits(&s.b, 4 - i);
		sync_all(&s.room, &s.b, at_b);
		sync_all(&s.room, &s.a, at_a);
		assert_false(s.a.peer.forked || s.b.peer.forked);
	}
	assert_int_equal(hub_says(&s.room, "logs"), 2); /* and the control log */

	json_t *device = first_device(&s.room, &answer);

	assert_true(json_is_true(json_object_get(device, "forked")));
	assert_int_equal(json_integer_value(json_object_get(device, "entries")),
			 own_log(&s.a)->n + own_log(&s.b)->n - s.shared);
	json_decref(answer);
	/* `log` has each entry once, and a reference tells those of one number apart */
	answer = ask(&s.room, json_pack("{s:s, s:s, s:i}", "command", "log", "site",
					"14-0371", "limit", 1000));
	entries = json_object_get(answer, "entries");
	assert_int_equal(json_array_size(entries),
			 own_log(&s.a)->n + own_log(&s.b)->n - s.shared);
	for (size_t i = 0; i < json_array_size(entries); i++) {
		for (size_t j = 0; j < i; j++) {
			assert_string_not_equal(
				text_in(json_array_get(entries, i), "ref"),
				text_in(json_array_get(entries, j), "ref"));
		}
	}
	json_decref(answer);
	copies_close(&s);
}

/* Of the entries of CASE how many say how many came. */
static unsigned counts_in(struct hub_room *room, const char *command, const char *id,
			  bool counted)
{
	json_t *answer = ask(room, json_pack("{s:s, s:s, s:s, s:s, s:b}", "command",
					     command, "case", id, "id", id, "what",
					     "case", "counted", counted));
	json_t *view = json_object_get(answer, "case");
	unsigned n = 0;
	json_t *fact;
	size_t i;

	view = view ? view : answer;
	assert_int_equal(json_array_size(json_object_get(view, "facts")), 2);
	json_array_foreach(json_object_get(view, "facts"), i, fact)
	{
		json_t *entry = json_object_get(fact, "entry");
		bool is_visit = strcmp(text_in(entry, "kind"), "visit") == 0;

		n += is_visit && json_object_get(entry, "count");
		assert_true(counted || json_object_size(entry) == 1 || !is_visit);
	}
	json_decref(answer);
	return n;
}

/* A visit and a clock-mark are the facts of a case: who sees sheets alone is not told how many came. */
static void a_viewer_counts_nobody(void **state)
{
	struct copies s;
	json_t *answer;
	const char *id;

	(void)state;
	copies_open(&s);
	write_visits(&s.a, 2);
	write_visits(&s.b, 3);
	sync_all(&s.room, &s.a, s.shared);
	sync_all(&s.room, &s.b, s.shared);
	answer = ask(&s.room,
		     json_pack("{s:s, s:s}", "command", "cases", "kind", "forked"));
	id = text_in(json_array_get(json_object_get(answer, "cases"), 0), "id");
	assert_int_equal(counts_in(&s.room, "case-show", id, true), 1);
	assert_int_equal(counts_in(&s.room, "case-show", id, false), 0);
	assert_int_equal(counts_in(&s.room, "why", id, true), 1);
	assert_int_equal(counts_in(&s.room, "why", id, false), 0);
	json_decref(answer);
	copies_close(&s);
}

/* --- what the welcome tells --- */

static void expect_told(struct hub_room *room, struct ph_job *job, struct member *member,
			uint64_t n, uint64_t receipt)
{
	uint8_t h[PH_HASH_SIZE] = { 0 };

	carry_out(room, job);
	assert_int_equal(job->result, 0);
	assert_false(job->bad);
	assert_int_equal(job->welcome.status, PH_STATUS_OK);
	assert_int_equal(job->welcome.head[0].n, n);
	if (n > 0) {
		assert_int_equal(ph_journal_chain_at(member->desk.room.journal,
						     own_log(member), n, h),
				 0);
		assert_memory_equal(job->welcome.head[0].h, h, sizeof(h));
	}
	assert_int_equal(job->welcome.n_receipts, receipt > 0);
	if (receipt > 0) {
		struct ph_receipt whole;

		check_receipt(room, member, &job->welcome.receipt[0], &whole);
		assert_int_equal(whole.head.n, receipt);
	}
	ph_job_free(job);
}

static void no_flight(void **state)
{
	struct copies s;
	uint64_t at;

	(void)state;
	copies_open(&s);
	write_visits(&s.a, 3);
	write_visits(&s.b, 2);
	sync_all(&s.room, &s.a, s.shared);
	/* b has written less than is here: its head is on no branch, so it is told what
	 * its receipts are for */
	expect_told(&s.room, hello_from(&s.b, s.shared, NULL), &s.b, s.shared, 0);
	/* without receipts nothing is known to be its own */
	expect_told(&s.room, hello_from(&s.b, 0, NULL), &s.b, 0, 0);
	expect_told(&s.room, hello_from(&s.b, 2, NULL), &s.b, 2, 0);
	/* now it is here, and then two branches are to be told apart */
	sync_all(&s.room, &s.b, s.shared);
	at = own_log(&s.b)->n;
	expect_told(&s.room, hello_from(&s.b, at, NULL), &s.b, at, 0);
	expect_told(&s.room, hello_from(&s.b, s.shared, NULL), &s.b, at, at);
	write_visits(&s.b, 9);
	expect_told(&s.room, hello_from(&s.b, s.shared, NULL), &s.b, s.shared, 0);
	/* both reach as far as b's receipts: which of them is b's cannot be told */
	assert_int_equal(own_log(&s.a)->n, at);
	expect_told(&s.room, hello_from(&s.b, at, NULL), &s.b, s.shared, 0);
	/* but a branch that is too short for them is not */
	write_visits(&s.a, 6);
	sync_all(&s.room, &s.a, at);

	struct member c;

	member_clone(&c, &s.a, 53);
	at = own_log(&s.a)->n;
	write_visits(&s.a, 5);
	write_visits(&c, 1);
	sync_all(&s.room, &s.a, at);
	expect_told(&s.room, hello_from(&c, at, NULL), &c, at, 0);
	member_close(&c);
	copies_close(&s);
}

/* One that has written more than is here may only be behind: it is told the head. */
static void may_be_ahead(void **state)
{
	struct copies s;
	struct ph_job *job;

	(void)state;
	copies_open(&s);
	write_visits(&s.a, 2);
	write_visits(&s.b, 9);
	sync_all(&s.room, &s.a, s.shared);
	job = carry_out(&s.room, hello_from(&s.b, s.shared, NULL));
	assert_int_equal(job->welcome.head[0].n, own_log(&s.a)->n);
	assert_memory_equal(job->welcome.head[0].h, own_log(&s.a)->h, PH_HASH_SIZE);
	/* that is not b's, so there is no receipt for it */
	assert_int_equal(job->welcome.n_receipts, 0);
	ph_job_free(job);
	copies_close(&s);
}

/* A first flight that ends before the two part: no further is known to be b's. */
static void part_of_a_flight(void **state)
{
	struct copies s;
	struct ph_item *items;
	uint64_t mid;

	(void)state;
	hub_open(&s.room);
	member_open(&s.room, &s.a, 1, "14-0371");
	write_visits(&s.a, 3);
	sync_all(&s.room, &s.a, 0);
	s.shared = own_log(&s.a)->n;
	write_visits(&s.a, 2);
	mid = own_log(&s.a)->n;
	write_visits(&s.a, 2);
	member_clone(&s.b, &s.a, 52); /* with entries that the hub has not seen */
	write_visits(&s.a, 6);
	write_visits(&s.b, 2);
	sync_all(&s.room, &s.a, s.shared);
	items = segment_item(&s.a, s.shared, 1); /* what both have */
	assert_int_equal(items->last, mid);
	expect_told(&s.room, hello_from(&s.b, s.shared, items), &s.b, mid, mid);
	assert_int_equal(s.b.peer.entries, 0);
	/* the rest as it is sent in transport; receipts go as far as it does */
	for (uint64_t n = mid; n < own_log(&s.b)->n;) {
		struct ph_job *job = store_of(&s.b, segment_item(&s.b, n, 1));
		struct ph_receipt receipt;

		n = job->items->last;
		carry_out(&s.room, job);
		assert_int_equal(job->result, 0);
		assert_false(job->bad);
		assert_int_equal(job->n_receipts, 1);
		check_receipt(&s.room, &s.b, &job->receipt[0], &receipt);
		assert_int_equal(receipt.head.n, n);
		ph_job_free(job);
	}
	assert_true(s.b.peer.forked);
	expect_told(&s.room, hello_from(&s.b, own_log(&s.b)->n, NULL), &s.b,
		    own_log(&s.b)->n, 0);
	copies_close(&s);
}

/* The hub lost b's branch and has a's: b's flight does not follow from it, and waits. */
static void lost_branch(void **state)
{
	struct copies s;
	uint64_t at;

	(void)state;
	copies_open(&s);
	write_visits(&s.a, 4);
	write_visits(&s.b, 2);
	at = own_log(&s.b)->n; /* receipts for that are of the hub as it was */
	write_visits(&s.b, 2);
	sync_all(&s.room, &s.a, s.shared);

	struct ph_job *job = carry_out(&s.room, hello_from(&s.b, at, all_item(&s.b, at)));

	assert_int_equal(job->result, 0);
	assert_false(job->bad);
	assert_int_equal(job->welcome.status, PH_STATUS_OK);
	assert_int_equal(job->welcome.n_receipts, 0);
	assert_int_equal(s.b.peer.entries, 0);
	ph_job_free(job);
	/* in transport it would be an error; from entry 1 on it always fits */
	expect_bad(&s.room, store_of(&s.b, all_item(&s.b, at)));
	sync_all(&s.room, &s.b, 0);
	/* a segment from entry 1 on that does not verify is forged, in a flight too */
	job = hello_from(&s.b, 0, all_item(&s.b, 0));
	job->items->seal[7] ^= 1;
	carry_out(&s.room, job);
	assert_true(job->bad);
	ph_job_free(job);
	copies_close(&s);
}

/* Whoever holds other keys gets nothing of the two, and can put nothing into them. */
static void another_device(void **state)
{
	struct copies s;
	struct member c;
	struct ph_job *job;

	(void)state;
	copies_open(&s);
	write_visits(&s.b, 1);
	sync_all(&s.room, &s.b, s.shared);
	member_open(&s.room, &c, 3, "14-0372");
	be_admitted(&s.room, &c);
	job = hello_from(&c, 0, NULL);
	job->hello.n_heads = 1;
	memcpy(job->hello.head[0].log_id, own_log(&s.a)->id, PH_LOG_ID_SIZE);
	memcpy(job->hello.head[0].h, own_log(&s.b)->h, PH_HASH_SIZE);
	job->hello.head[0].n = own_log(&s.b)->n;
	carry_out(&s.room, job);
	assert_int_equal(job->welcome.head[0].n, 0);
	assert_int_equal(job->welcome.n_receipts, 0);
	ph_job_free(job);
	job = hello_from(&c, 0, all_item(&s.b, s.shared));
	carry_out(&s.room, job);
	assert_true(job->bad);
	ph_job_free(job);
	member_close(&c);
	copies_close(&s);
}

/* --- sealed parts --- */

/* Each copy registers a reader under the same number: each part goes to its own entry. */
static void parts(void **state)
{
	struct copies s;
	struct ph_short_receipt brief;
	struct ph_receipt receipt;
	struct ph_job *job;
	uint64_t n_a;
	uint64_t n_b;
	json_t *answer;

	(void)state;
	copies_open(&s);
	write_visits(&s.a, 1);
	n_a = write_reader(&s.a, "Lò Thị Mai");
	n_b = write_reader(&s.b, "Giàng A Páo");
	assert_int_equal(n_a, s.shared + 2);
	assert_int_equal(n_b, n_a); /* a clock-mark before it: another machine */
	sync_all(&s.room, &s.a, s.shared);
	sync_all(&s.room, &s.b, s.shared);
	job = carry_out(&s.room, store_of(&s.b, part_item(&s.b, n_b)));
	assert_int_equal(job->result, 0);
	assert_int_equal(job->n_receipts, 1);
	brief = job->receipt[0];
	check_receipt(&s.room, &s.b, &brief, &receipt);
	assert_int_equal(receipt.n_missing, 0);
	ph_job_free(job);

	json_t *device = first_device(&s.room, &answer);

	assert_int_equal(json_integer_value(json_object_get(device, "parts_missing")), 1);
	json_decref(answer);
	/* a receipt for what is before them lists none of what is missing behind */
	job = hello_from(&s.a, s.shared - 1, NULL);
	job->hello.head[0].n = s.shared;
	assert_int_equal(ph_journal_chain_at(s.a.desk.room.journal, own_log(&s.a),
					     s.shared, job->hello.head[0].h),
			 0);
	carry_out(&s.room, job);
	assert_int_equal(job->welcome.n_receipts, 1);
	check_receipt(&s.room, &s.a, &job->welcome.receipt[0], &receipt);
	assert_int_equal(receipt.head.n, s.shared);
	assert_int_equal(receipt.n_missing, 0);
	ph_job_free(job);
	/* a is told that its own is missing */
	job = carry_out(&s.room, hello_from(&s.a, n_a - 1, NULL));
	assert_int_equal(job->welcome.n_receipts, 1);
	assert_int_equal(job->welcome.receipt[0].n_missing, 1);
	assert_int_equal(job->welcome.receipt[0].missing[0], n_a);
	ph_job_free(job);
	job = carry_out(&s.room, store_of(&s.a, part_item(&s.a, n_a)));
	assert_int_equal(job->n_receipts, 1);
	check_receipt(&s.room, &s.a, &job->receipt[0], &receipt);
	assert_int_equal(receipt.n_missing, 0);
	ph_job_free(job);
	device = first_device(&s.room, &answer);
	assert_int_equal(json_integer_value(json_object_get(device, "parts_missing")), 0);
	json_decref(answer);
	copies_close(&s);
}

/* --- too many --- */

/* Whether it is told of the first device that a history of its log waits. */
static bool waits(struct hub_room *room)
{
	json_t *answer;
	bool does = json_object_get(first_device(room, &answer), "branch_waits") != NULL;

	json_decref(answer);
	return does;
}

static void seventeenth(void **state)
{
	struct copies s;
	struct member clone[PH_BRANCHES_MAX];
	struct ph_item *items;
	struct ph_job *job;
	uint64_t n;

	(void)state;
	copies_open(&s);
	write_visits(&s.a, 1);
	sync_all(&s.room, &s.a, s.shared);
	for (unsigned i = 0; i < PH_BRANCHES_MAX - 1; i++) {
		member_clone(&clone[i], &s.b, 60 + i);
		write_visits(&clone[i], 1);
		sync_all(&s.room, &clone[i], s.shared);
	}
	/* 16 are here; b is the 17th */
	assert_int_equal(hub_says(&s.room, "branches_waiting"), 0);
	assert_false(waits(&s.room));
	write_visits(&s.b, 1);
	n = (uint64_t)hub_says(&s.room, "entries");
	job = carry_out(&s.room, hello_from(&s.b, s.shared, all_item(&s.b, s.shared)));
	/* a welcome has no word for it: the first flight is left alone, and comes again */
	assert_int_equal(job->result, 0);
	assert_false(job->bad);
	assert_false(job->later);
	assert_int_equal(job->welcome.status, PH_STATUS_OK);
	assert_int_equal(job->welcome.head[0].n, s.shared);
	assert_int_equal(job->welcome.n_receipts, 0);
	assert_int_equal(s.b.peer.left, 1);
	assert_non_null(strstr(s.b.peer.refusal, "16 branches"));
	assert_int_equal(hub_says(&s.room, "branches_waiting"), 1);
	assert_true(waits(&s.room));
	ph_job_free(job);
	/* in transport it is told; what follows of that log is not looked at, the rest is */
	items = segment_item(&s.b, s.shared, 1);
	write_visits(&clone[3], 1);
	items->next = all_item(&clone[3], s.shared);
	job = store_of(&s.b, items);
	carry_out(&s.room, job);
	assert_int_equal(job->result, 0);
	assert_false(job->bad);
	assert_true(job->later);
	assert_int_equal(job->why, PH_WHY_BRANCHES);
	assert_int_equal(job->n_receipts, 0);
	ph_job_free(job);
	assert_int_equal(hub_says(&s.room, "entries"), n);
	/* the others go on */
	sync_all(&s.room, &clone[3], s.shared);
	/* it is told for 30 days behind the last time */
	s.room.machine.now.wall += INT64_C(30) * 86400 - 600;
	assert_true(waits(&s.room));
	s.room.machine.now.wall += 1200;
	assert_false(waits(&s.room));
	assert_int_equal(hub_says(&s.room, "branches_waiting"), 0);
	for (unsigned i = 0; i < PH_BRANCHES_MAX - 1; i++) {
		member_close(&clone[i]);
	}
	copies_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_are_kept),
		cmocka_unit_test(a_viewer_counts_nobody),
		cmocka_unit_test(no_flight),
		cmocka_unit_test(may_be_ahead),
		cmocka_unit_test(part_of_a_flight),
		cmocka_unit_test(lost_branch),
		cmocka_unit_test(another_device),
		cmocka_unit_test(parts),
		cmocka_unit_test(seventeenth),
	};

	return cmocka_run_group_tests(tests, make_pattern, remove_pattern);
}
