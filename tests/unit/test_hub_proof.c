/*
 * tests/unit/test_hub_proof.c - what proves that a hub's store was put back: what its own key of
 * now has sealed, and nothing that a thief seals with keys that were replaced.
 */
#include "tests/unit/collect_room.h"

#include "daemon/hub_collect.h"
#include "tests/unit/stolen_keys.h"

/* A hub whose folder was stolen, keys and all, and what the thief says with them. */
struct theft {
	struct pair pair;
	struct hub_room thief;
	struct ph_item *went_on;  /* the control log, carried on */
	struct ph_item *said_new; /* a log of his own that goes on from it */
};

/* The last of the thief's segments, of those that he has by now. */
static struct ph_item *last_said(struct theft *t)
{
	struct ph_item *items;
	struct ph_item *last;

	be_admitted(&t->thief, &t->pair.a);
	items = control_items(&t->thief, &t->pair.a);
	last = items;
	while (last->next) {
		last = last->next;
	}
	last = copy_item(last);
	ph_items_free(items);
	return last;
}

static void theft_open(struct theft *t)
{
	struct hub_room *room = &t->pair.room;
	char command[256];

	memset(t, 0, sizeof(*t));
	pair_open(&t->pair);
	t->thief = *room;
	temp_dir(t->thief.dir);
	ph_hub_close(room->hub);
	snprintf(command, sizeof(command), "cp -r '%s'/. '%s'", room->dir, t->thief.dir);
	assert_int_equal(system(command), 0);
	hub_start(room);
	t->thief.rng.data = &t->thief.state;
	hub_start(&t->thief);
	set_policy(&t->thief, "21");
	t->went_on = last_said(t);
	say(&t->thief, "epoch-begin");
	set_policy(&t->thief, "28");
	t->said_new = last_said(t);
	assert_memory_not_equal(t->went_on->log_id, t->said_new->log_id, PH_LOG_ID_SIZE);
}

static void theft_close(struct theft *t)
{
	ph_items_free(t->went_on);
	ph_items_free(t->said_new);
	hub_close(&t->thief);
	pair_close(&t->pair);
}

/* A device that tells a position which is none of ours brings ITEM. Whether the hub takes itself for put back. */
static bool doubts(struct theft *t, const struct ph_item *item)
{
	struct hub_room *room = &t->pair.room;
	struct ph_job *job = hello_of(&t->pair.a, NULL);
	int64_t epoch = hub_says(room, "epoch");

	job->hello.control.n = 1000;
	memset(job->hello.control.h, 0x55, sizeof(job->hello.control.h));
	carry_out(room, job);
	assert_int_equal(job->result, 0);
	ph_job_free(job);
	job = carry_out(room, store_of(&t->pair.a, copy_item(item)));
	assert_int_equal(job->result, 0);
	ph_job_free(job);
	assert_true(room->hub->collecting == (hub_says(room, "epoch") > epoch));
	return room->hub->collecting;
}

/* With the keys of now he is the hub, for all that anybody can tell. */
static void test_keys_of_now(void **state)
{
	(void)state;
	for (int fresh = 0; fresh < 2; fresh++) {
		struct theft t;

		theft_open(&t);
		assert_true(doubts(&t, fresh ? t.said_new : t.went_on));
		theft_close(&t);
	}
}

/* Replaced as planned, so that the old key is still on the list, or as stolen, before our next word and behind it. */
static void test_replaced_keys(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		struct theft t;
		int64_t had;

		theft_open(&t);
		replace_keys(&t.pair.room, i & 1);
		if (i & 2) {
			set_policy(&t.pair.room, "35");
		}
		had = hub_says(&t.pair.room, "epoch");
		assert_false(doubts(&t, t.said_new));
		assert_false(doubts(&t, t.went_on));
		hub_restart(&t.pair.room);
		assert_false(t.pair.room.hub->collecting);
		assert_int_equal(hub_says(&t.pair.room, "epoch"), had);
		theft_close(&t);
	}
}

/* What a log of that hub's has, all its branches together. */
static int count_branches(void *data, const struct ph_log *log)
{
	(void)log;
	++*(unsigned *)data;
	return 0;
}

static unsigned branches_of(struct hub_room *room, const uint8_t *id)
{
	unsigned n = 0;

	assert_int_equal(ph_journal_log_branch_each(ph_hub_journal(room->hub), id,
						    count_branches, &n),
			 0);
	return n;
}

/*
 * On a hub that was put back what was said in the place of its own words is kept beside them; not if
 * it is sealed with a key that was replaced since.
 */
static void test_nothing_beside(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		struct theft t;
		struct ph_error err = { 0 };
		struct hub_room *room = &t.pair.room;
		struct ph_job *job;

		theft_open(&t);
		set_policy(room, "35"); /* another word than his, at the same number */
		assert_int_equal(
			ph_hub_put_back(room->hub, PH_HUB_SHOWN_WITNESS, 0, &err), 0);
		if (i > 0) {
			replace_keys(room, i == 2);
		}
		job = carry_out(room, store_of(&t.pair.a, copy_item(t.went_on)));
		assert_int_equal(job->result, 0);
		ph_job_free(job);
		assert_int_equal(branches_of(room, t.went_on->log_id), i == 0 ? 2 : 1);
		theft_close(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys_of_now),
		cmocka_unit_test(test_replaced_keys),
		cmocka_unit_test(test_nothing_beside),
	};

	return cmocka_run_group_tests(tests, make_pattern, remove_pattern);
}
