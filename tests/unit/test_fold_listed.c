/* tests/unit/test_fold_listed.c - crates taken in by their list, in any order (docs/MERGE.md). */
#include "act_world.h"

static struct ph_value list_of(struct ph_buf *bytes, const char *const *codes)
{
	struct ph_value value = { 0 };
	struct ph_id ids[8];
	size_t n = 0;

	for (; codes[n] != NULL; n++) {
		ids[n] = (struct ph_id){ .ns = 0, .code = ph_view_str(codes[n]) };
	}
	if (n > 0) {
		assert_int_equal(ph_list_put_ids(bytes, ids, n, &value), 0);
	}
	return value;
}

static struct ph_ref dispatch(struct actor *actor, const char *crate,
			      const char *const *codes, int64_t second)
{
	struct ph_entry entry = entry_of(PH_KIND_CRATE_DISPATCH);
	struct ph_buf bytes = { 0 };
	struct ph_ref ref;

	set_id(&entry, PH_DISPATCH_CRATE, 0, crate);
	set_uint(&entry, PH_DISPATCH_FROM, 101);
	set_uint(&entry, PH_DISPATCH_TO, 202);
	entry.field[PH_DISPATCH_COPIES] = list_of(&bytes, codes);
	ref = at(actor, &entry, second);
	ph_buf_deinit(&bytes);
	return ref;
}

static struct ph_ref receive(struct actor *actor, const char *crate,
			     const char *const *codes, bool listed, int64_t second)
{
	struct ph_entry entry = entry_of(PH_KIND_CRATE_RECEIVE);
	struct ph_buf bytes = { 0 };
	struct ph_ref ref;

	set_id(&entry, PH_RECEIVE_CRATE, 0, crate);
	entry.field[PH_RECEIVE_COPIES] = list_of(&bytes, codes);
	if (listed) {
		set_uint(&entry, PH_RECEIVE_LISTED, 1);
	}
	ref = at(actor, &entry, second);
	ph_buf_deinit(&bytes);
	return ref;
}

static const char *const none[] = { NULL };
static const char *const two[] = { "c1", "c2", NULL };
static const char *const three[] = { "c1", "c2", "c3", NULL };

static bool is_at(struct room *room, const char *code, uint64_t site)
{
	const struct ph_copy *copy = get_copy(room, code);

	return copy->custody == PH_CUSTODY_SITE && copy->at_site == site;
}

static void receive_names_what_was_sent(void **state)
{
	struct room *room = *state;

	dispatch(&room->a, "x1", two, 100);
	receive(&room->b, "x1", none, true, 200);
	fold_all(room);
	assert_true(is_at(room, "c1", 202));
	assert_true(is_at(room, "c2", 202));
}

static void receive_may_come_first(void **state)
{
	struct room *room = *state;

	dispatch(&room->a, "x1", two, 100);
	receive(&room->b, "x1", none, true, 200);
	hear(room, &room->b);
	assert_false(has_copy(room, "c1"));
	fold_all(room);
	assert_true(is_at(room, "c1", 202));
}

static void receive_counts_behind_its_dispatch(void **state)
{
	struct room *room = *state;

	/* Its clock is an hour behind. */
	receive(&room->b, "x1", none, true, 100);
	dispatch(&room->a, "x1", two, 3700);
	fold_all(room);
	assert_true(is_at(room, "c1", 202));
	assert_int_equal(get_copy(room, "c1")->since, T0 + 3700);
}

static void receive_at_the_same_tick_counts_behind(void **state)
{
	struct room *room = *state;
	/* Whichever log id is the smaller one would stand before the other. */
	bool b_first = memcmp(room->b.id, room->a.id, PH_LOG_ID_SIZE) < 0;
	struct actor *from = b_first ? &room->a : &room->b;
	struct actor *to = b_first ? &room->b : &room->a;
	struct ph_entry entry = entry_of(PH_KIND_CRATE_RECEIVE);
	struct ph_ref sent = dispatch(from, "x1", two, 100);

	assert_int_equal(sent.n, 2);
	set_id(&entry, PH_RECEIVE_CRATE, 0, "x1");
	set_uint(&entry, PH_RECEIVE_LISTED, 1);
	entry.stamp = from->stamp;
	actor_write(to, &entry);
	fold_all(room);
	assert_true(is_at(room, "c1", to->site));
}

static void receive_follows_dispatches_that_go_and_come(void **state)
{
	struct room *room = *state;
	struct ph_ref sent;

	sent = dispatch(&room->a, "x1", three, 100);
	dispatch(&room->a, "x1", two, 150);
	receive(&room->b, "x1", none, true, 200);
	fold_all(room);
	assert_true(is_at(room, "c3", 202));
	void_it(&room->a, &sent, 300);
	fold_all(room);
	assert_true(is_at(room, "c2", 202));
	assert_false(has_copy(room, "c3"));
}

static void receive_that_is_voided_names_nothing(void **state)
{
	struct room *room = *state;
	struct ph_ref got;

	dispatch(&room->a, "x1", two, 100);
	got = receive(&room->b, "x1", none, true, 200);
	fold_all(room);
	void_it(&room->b, &got, 300);
	fold_all(room);
	assert_int_equal(get_copy(room, "c1")->custody, PH_CUSTODY_CRATE);
}

static void receive_that_scans_names_only_those(void **state)
{
	struct room *room = *state;
	static const char *const one[] = { "c1", NULL };

	dispatch(&room->a, "x1", two, 100);
	receive(&room->b, "x1", one, false, 200);
	fold_all(room);
	assert_true(is_at(room, "c1", 202));
	assert_int_equal(get_copy(room, "c2")->custody, PH_CUSTODY_CRATE);
}

static void receive_of_another_crate_names_nothing_of_this(void **state)
{
	struct room *room = *state;

	dispatch(&room->a, "x1", two, 100);
	receive(&room->b, "x2", none, true, 200);
	fold_all(room);
	assert_int_equal(get_copy(room, "c1")->custody, PH_CUSTODY_CRATE);
}

static void judged_receive_stays_with_its_copies(void **state)
{
	struct room *room = *state;
	struct ph_ref at_mark = mark(&room->b, PH_SURE_RTC, 10);
	struct ph_entry judge = judgement(&at_mark, -5000);

	dispatch(&room->a, "x1", two, 100);
	receive(&room->b, "x1", none, true, 200);
	fold_all(room);
	at(&room->hub, &judge, 9000);
	fold_all(room);
	assert_int_equal(get_copy(room, "c2")->since, T0 + 5200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FOLD_TEST(receive_names_what_was_sent),
		FOLD_TEST(receive_may_come_first),
		FOLD_TEST(receive_counts_behind_its_dispatch),
		FOLD_TEST(receive_at_the_same_tick_counts_behind),
		FOLD_TEST(receive_follows_dispatches_that_go_and_come),
		FOLD_TEST(receive_that_is_voided_names_nothing),
		FOLD_TEST(receive_that_scans_names_only_those),
		FOLD_TEST(receive_of_another_crate_names_nothing_of_this),
		FOLD_TEST(judged_receive_stays_with_its_copies),
	};

	return cmocka_run_group_tests_name("fold_listed", tests, NULL, NULL);
}
