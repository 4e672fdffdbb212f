/*
 * tests/unit/test_fold_cost.c - what is written of one entity costs little more than
 * what there is of it, however it was written.
 *
 * Each history is folded at N facts and at four times as many. k log k would take
 * about 4.5 times as long, k^2 16 times; the bound is 9. Processor time, the least of
 * three, so that a busy machine does not matter.
 */
#include <stdio.h>
#include <time.h>

#include "fold_bench.h"

#define FEW 8000

struct long_history {
	struct ph_fact *facts;
	struct ph_buf bytes;
	size_t *from;
	size_t n, room;
};

static struct ph_ref add(struct long_history *history, struct ph_entry *entry)
{
	size_t i = history->n;
	struct ph_error err = { 0 };

	assert_true(i < history->room);
	entry->stamp = ph_stamp(T0 + (int64_t)i, 0);
	history->from[i] = history->bytes.len;
	if (ph_entry_encode(entry, &history->bytes, &err) != 0) {
		fail_msg("%s", err.text);
	}

	struct ph_ref ref = { .n = i + 1 };

	ph_be64_put(ref.hash, i * UINT64_C(0x9e3779b97f4a7c15));
	history->facts[i] = (struct ph_fact){
		.ref = ref, .second = T0 + (int64_t)i, .log_site = 101, .site = 101
	};
	history->facts[i].bytes.len = history->bytes.len - history->from[i];
	history->n++;
	return ref;
}

/* Loans that renew, and renewals that each name the first of them. */
static void renewals_by_an_old_loan(struct bench *bench, struct long_history *history)
{
	struct ph_entry loan = entry_of(PH_KIND_LOAN);
	struct ph_entry renew = entry_of(PH_KIND_RENEW);
	struct ph_ref second;

	(void)bench;
	set_id(&loan, PH_LOAN_COPY, 0, "c1");
	set_id(&loan, PH_LOAN_CARD, 0, "k1");
	add(history, &loan);
	second = add(history, &loan);
	set_id(&renew, PH_RENEW_COPY, 0, "c1");
	set_ref(&renew, PH_RENEW_LOAN, &second);
	while (history->n < history->room) {
		add(history, history->n % 2 == 0 ? &loan : &renew);
	}
}

static void claims_of_many_holds(struct bench *bench, struct long_history *history)
{
	struct ph_entry ready = entry_of(PH_KIND_HOLD_READY);

	(void)bench;
	set_id(&ready, PH_HOLD_READY_COPY, 0, "c1");
	while (history->n < history->room) {
		struct ph_ref hold = { .n = 1 + history->n % (history->room / 2) };

		set_ref(&ready, PH_HOLD_READY_HOLD, &hold);
		add(history, &ready);
	}
}

static void puts_that_saw_each_other(struct bench *bench, struct long_history *history)
{
	struct ph_entry put = entry_of(PH_KIND_COPY_PUT);
	struct ph_ref last = { .n = 1 };

	(void)bench;
	set_id(&put, PH_COPY_COPY, 0, "c1");
	while (history->n < history->room) {
		struct ph_ref title = { .n = 1 + history->n };

		set_ref(&put, PH_COPY_TITLE, &title);
		put.n_seen = 0;
		if (history->n % 3 == 0) {
			see(&put, PH_COPY_TITLE, &last);
		}
		last = add(history, &put);
	}
}

static void loans_in_two_places(struct bench *bench, struct long_history *history)
{
	struct ph_entry loan = entry_of(PH_KIND_LOAN);

	(void)bench;
	set_id(&loan, PH_LOAN_COPY, 0, "c1");
	while (history->n < history->room) {
		set_id(&loan, PH_LOAN_CARD, 0, history->n % 2 == 0 ? "k1" : "k2");
		add(history, &loan);
		history->facts[history->n - 1].site = 1 + history->n % 3;
	}
}

static void blocks_and_unblocks(struct bench *bench, struct long_history *history)
{
	struct ph_entry block = entry_of(PH_KIND_READER_BLOCK);
	struct ph_entry unblock = entry_of(PH_KIND_READER_UNBLOCK);
	struct ph_ref reader = { .n = 1 }, last[2];
	struct ph_buf list = { 0 };

	(void)bench;
	set_ref(&block, PH_BLOCK_READER, &reader);
	set_ref(&unblock, PH_UNBLOCK_READER, &reader);
	while (history->n + 3 <= history->room) {
		last[0] = add(history, &block);
		last[1] = add(history, &block);
		list.len = 0;
		assert_int_equal(ph_list_put_refs(&list, last, 2,
						  &unblock.field[PH_UNBLOCK_BLOCKS]),
				 0);
		add(history, &unblock);
	}
	ph_buf_deinit(&list);
}

static void crates_of_many_copies(struct bench *bench, struct long_history *history)
{
	struct ph_entry entry = entry_of(PH_KIND_CRATE_DISPATCH);
	char code[24];
	const char *codes[] = { code };

	set_id(&entry, PH_DISPATCH_CRATE, 0, "x");
	set_uint(&entry, PH_DISPATCH_FROM, 101);
	set_uint(&entry, PH_DISPATCH_TO, 202);
	while (history->n + 1 < history->room) {
		bench->n_lists = 0;
		bench->lists[0].len = 0;
		snprintf(code, sizeof code, "c%zu", history->n * 7919 % history->room);
		set_ids(bench, &entry, PH_DISPATCH_COPIES, codes, 1);
		add(history, &entry);
	}
	entry = entry_of(PH_KIND_CRATE_RECEIVE);
	set_id(&entry, PH_RECEIVE_CRATE, 0, "x");
	set_uint(&entry, PH_RECEIVE_FINAL, 1);
	add(history, &entry);
	bench->n_lists = 1;
}

static const struct cost {
	const char *name;
	enum ph_entity type;
	void (*make)(struct bench *bench, struct long_history *history);
} costs[] = {
	{ "renewals_by_an_old_loan", PH_ENTITY_COPY, renewals_by_an_old_loan },
	{ "claims_of_many_holds", PH_ENTITY_COPY, claims_of_many_holds },
	{ "puts_that_saw_each_other", PH_ENTITY_COPY, puts_that_saw_each_other },
	{ "loans_in_two_places", PH_ENTITY_COPY, loans_in_two_places },
	{ "blocks_and_unblocks", PH_ENTITY_READER, blocks_and_unblocks },
	{ "crates_of_many_copies", PH_ENTITY_CRATE, crates_of_many_copies },
};

/* Seconds of the processor for one fold of ROOM facts. */
static double fold_time(const struct cost *cost, size_t room)
{
	struct long_history history = { .facts = calloc(room, sizeof *history.facts),
					.from = calloc(room, sizeof *history.from),
					.room = room };
	struct ph_entity_key key =
		key_of_id(cost->type, cost->type == PH_ENTITY_CRATE ? "x" : "c1");
	struct ph_ref reader = { .n = 1 };
	struct bench *bench;
	double least = 1e9;

	bench_setup((void **)&bench);
	cost->make(bench, &history);
	if (cost->type == PH_ENTITY_READER) {
		key = ph_key_ref(PH_ENTITY_READER, &reader);
	}
	for (size_t i = 0; i < history.n; i++) {
		history.facts[i].bytes.data = history.bytes.data + history.from[i];
	}
	for (int i = 0; i < 3; i++) {
		clock_t begin = clock();

		bench->state.len = 0;
		assert_int_equal(ph_facts_sort(history.facts, history.n), 0);
		assert_int_equal(ph_fold(&key, history.facts, history.n, &bench->state),
				 0);

		double took = (double)(clock() - begin) / CLOCKS_PER_SEC;

		least = took < least ? took : least;
	}
	assert_true(bench->state.len > room);
	bench_teardown((void **)&bench);
	ph_buf_deinit(&history.bytes);
	free(history.facts);
	free(history.from);
	return least;
}

static void cost_is_near_to_linear(void **state)
{
	const struct cost *cost = *state;
	double few = fold_time(cost, FEW), many = fold_time(cost, 4 * FEW);

	printf("# %s: %d facts %.1f ms, %d facts %.1f ms\n", cost->name, FEW, few * 1e3,
	       4 * FEW, many * 1e3);
	fflush(stdout);
	assert_true(many < 9 * few + 0.01);
}

int main(void)
{
	struct CMUnitTest tests[sizeof costs / sizeof *costs] = { 0 };

	for (size_t i = 0; i < sizeof costs / sizeof *costs; i++) {
		tests[i].name = costs[i].name;
		tests[i].test_func = cost_is_near_to_linear;
		tests[i].initial_state = (void *)(uintptr_t)&costs[i];
	}
	return cmocka_run_group_tests_name("fold_cost", tests, NULL, NULL);
}
