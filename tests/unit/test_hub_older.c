/*
 * tests/unit/test_hub_older.c - a store that an older program kept, and a newer one opens.
 *
 * The table of kinds is linked in place of the library's, and what it lacks is said while
 * the test runs. The older hub takes entries of a kind with a sealed part that it cannot
 * know of; a cut keeps the part from it.
 */
static const char *without = "";
#define PH_KINDS_WITHOUT without
#include "common/log/kinds.c" /* NOLINT */

#include "tests/unit/hub_room.h"

#include <sqlite3.h>

struct older {
	struct hub_room room;
	struct member a;
	uint64_t mai, pao;
};

static struct ph_job *store(struct older *s, struct ph_item *items)
{
	struct ph_job *job = carry_out(&s->room, job_of(&s->a, PH_JOB_STORE, items));

	assert_int_equal(job->result, 0);
	assert_false(job->bad);
	assert_int_equal(job->n_receipts, 1);
	return job;
}

static void be(struct older *s, const char *lacks)
{
	without = lacks;
	hub_restart(&s->room);
	be_admitted(&s->room, &s->a);
}

/* Two readers; the hub, whose program does not know readers, gets the part of the second. */
static void older_open(struct older *s)
{
	struct ph_job *job;

	*s = (struct older){ 0 };
	hub_open(&s->room);
	member_open(&s->room, &s->a, 61, "14-0371");
	s->mai = write_reader(&s->a, "Lò Thị Mai");
	s->pao = write_reader(&s->a, "Giàng A Páo");

	struct ph_item *items = all_item(&s->a, 0);

	items->next = part_item(&s->a, s->pao);
	be(s, "reader-put");
	job = store(s, items);
	assert_int_equal(job->receipt[0].n, own_log(&s->a)->n);
	assert_int_equal(job->receipt[0].n_missing, 0); /* as far as it can know */
	ph_job_free(job);
	hub_verify(&s->room);
}

static void older_close(struct older *s)
{
	member_close(&s->a);
	hub_close(&s->room);
}

/* What a hello that shows a receipt for all of the log is told. */
static struct ph_job *told(struct older *s)
{
	struct ph_job *job = hello_of(&s->a, NULL);

	job->hello.receipted[0] = own_log(&s->a)->n;
	return carry_out(&s->room, job);
}

static void test_part_is_asked_for(void **state)
{
	struct older s;
	struct ph_job *job;

	(void)state;
	older_open(&s);
	be(&s, "");
	hub_verify(&s.room); /* what is missing is no damage */

	job = told(&s);
	assert_int_equal(job->welcome.n_receipts, 1);
	assert_int_equal(job->welcome.receipt[0].n_missing, 1);
	assert_int_equal(job->welcome.receipt[0].missing[0], s.mai);
	ph_job_free(job);

	job = store(&s, part_item(&s.a, s.mai));
	assert_int_equal(job->receipt[0].n_missing, 0);
	ph_job_free(job);
	job = told(&s);
	assert_int_equal(job->welcome.n_receipts, 0);
	ph_job_free(job);
	hub_verify(&s.room);
	older_close(&s);
}

/* It is looked through once, and again when an older program has had it meanwhile. */
static void test_back_and_forth(void **state)
{
	struct older s;
	struct ph_job *job;
	uint64_t mo;

	(void)state;
	older_open(&s);
	be(&s, "");
	be(&s, "reader-put");
	without = ""; /* the device is of today */
	mo = write_reader(&s.a, "Sùng Thị Mo");
	without = "reader-put";
	job = store(&s, all_item(&s.a, s.pao));
	assert_int_equal(job->receipt[0].n_missing, 1); /* what the newer one noted */
	ph_job_free(job);
	be(&s, "");
	job = told(&s);
	assert_int_equal(job->welcome.n_receipts, 1);
	assert_int_equal(job->welcome.receipt[0].n_missing, 2);
	assert_int_equal(job->welcome.receipt[0].missing[0], s.mai);
	assert_int_equal(job->welcome.receipt[0].missing[1], mo);
	ph_job_free(job);
	hub_verify(&s.room);
	older_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_part_is_asked_for),
		cmocka_unit_test(test_back_and_forth),
	};

	return cmocka_run_group_tests_name("hub_older", tests, make_pattern,
					   remove_pattern);
}
