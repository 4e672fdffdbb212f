/*
 * tests/unit/test_fold_event.c - stops of vans, and entries that stand for themselves
 * (docs/MERGE.md, "Stop, event").
 */
#include "fold_bench.h"

#include "common/ledger/event.h"
#include "common/ledger/stop.h"

static struct ph_ref close_stop(struct bench *bench, struct actor *actor,
				const struct ph_ref *stop, int64_t second)
{
	struct ph_entry entry = entry_of(PH_KIND_MOBILE_STOP);

	set_ref(&entry, PH_MOBILE_STOP_STOP, stop);
	return say(bench, actor, &entry, second);
}

static void get_stop(struct bench *bench, const struct ph_ref *ref, struct ph_stop *stop)
{
	struct ph_entity_key key = ph_key_ref(PH_ENTITY_STOP, ref);

	assert_int_equal(ph_stop_decode(bench_fold(bench, &key), stop), 0);
}

static void stop_is_opened_and_closed(void **state)
{
	struct bench *bench = *state;
	struct ph_entry entry = entry_of(PH_KIND_MOBILE_STOP);
	struct ph_stop stop;

	set_text(&entry, PH_MOBILE_STOP_COMMUNE, "03646");
	set_text(&entry, PH_MOBILE_STOP_PLACE, "chợ Mộc");

	struct ph_ref ref = say(bench, &bench->a, &entry, 10);

	get_stop(bench, &ref, &stop);
	assert_true(stop.is_opened);
	assert_int_equal(stop.site, 101);
	assert_int_equal(stop.second, T0 + 10);
	assert_true(ph_view_equal(stop.commune, ph_view_str("03646")));
	assert_true(ph_view_equal(stop.place, ph_view_str("chợ Mộc")));
	assert_false(stop.is_closed);
	ph_stop_deinit(&stop);
	close_stop(bench, &bench->a, &ref, 90);

	struct ph_ref first = close_stop(bench, &bench->a2, &ref, 80);

	get_stop(bench, &ref, &stop);
	assert_true(stop.is_closed);
	assert_same_ref(&stop.closed.ref, &first);
	assert_int_equal(stop.closed.site, 101);
	assert_int_equal(stop.closed.second, T0 + 80);
	ph_stop_deinit(&stop);
}

static void stop_closed_before_it_is_heard_of(void **state)
{
	struct bench *bench = *state;
	struct ph_ref ref = stranger('s');
	struct ph_stop stop;

	close_stop(bench, &bench->a, &ref, 90);
	get_stop(bench, &ref, &stop);
	assert_false(stop.is_opened);
	assert_true(stop.is_closed);
	ph_stop_deinit(&stop);
}

static void stop_without_words(void **state)
{
	struct bench *bench = *state;
	struct ph_entry entry = entry_of(PH_KIND_MOBILE_STOP);
	struct ph_ref ref = say(bench, &bench->a, &entry, 10);
	struct ph_stop stop;

	get_stop(bench, &ref, &stop);
	assert_true(stop.is_opened);
	assert_int_equal(stop.commune.len, 0);
	assert_int_equal(stop.place.len, 0);
	ph_stop_deinit(&stop);
}

/* --- events --- */

static void get_event(struct bench *bench, const struct ph_ref *ref,
		      struct ph_event *event)
{
	struct ph_entity_key key = ph_key_ref(PH_ENTITY_EVENT, ref);

	assert_int_equal(ph_event_decode(bench_fold(bench, &key), event), 0);
}

static void event_keeps_its_fields(void **state)
{
	struct bench *bench = *state;
	struct ph_entry entry = entry_of(PH_KIND_ACTIVITY);
	struct ph_event event;

	set_uint(&entry, PH_ACTIVITY_OCCASION, PH_OCCASION_TALK);
	set_uint(&entry, PH_ACTIVITY_ATTENDANCE, 1000000);
	set_text(&entry, PH_ACTIVITY_NAME, "Ngày sách");
	entry.extras.behalf = 404;

	struct ph_ref ref = say(bench, &bench->a, &entry, 10);

	get_event(bench, &ref, &event);
	assert_ptr_equal(event.kind, ph_kind_find(PH_KIND_ACTIVITY));
	assert_int_equal(event.site, 404);
	assert_int_equal(event.second, T0 + 10);
	assert_true(event.field[PH_ACTIVITY_OCCASION].set);
	assert_int_equal(event.field[PH_ACTIVITY_OCCASION].as.uint, PH_OCCASION_TALK);
	assert_int_equal(event.field[PH_ACTIVITY_ATTENDANCE].as.uint, 1000000);
	assert_true(ph_view_equal(event.field[PH_ACTIVITY_NAME].as.bytes,
				  ph_view_str("Ngày sách")));
	assert_false(event.field[PH_ACTIVITY_WOMEN].set);
	assert_false(event.field[PH_ACTIVITY_PARTNER].set);
	ph_event_deinit(&event);
}

static void event_keeps_lists(void **state)
{
	struct bench *bench = *state;
	struct ph_entry entry = entry_of(PH_KIND_TRAINING);
	struct ph_ref workers[] = { stranger('w'), stranger('v') }, got;
	struct ph_event event;

	set_text(&entry, PH_TRAINING_TOPIC, "phân loại");
	set_refs(bench, &entry, PH_TRAINING_ATTENDEES, workers, 2);

	struct ph_ref ref = say(bench, &bench->hub, &entry, 10);

	get_event(bench, &ref, &event);
	assert_int_equal(event.field[PH_TRAINING_ATTENDEES].as.list.count, 2);

	struct ph_list_iter iter =
		ph_list_begin(&event.field[PH_TRAINING_ATTENDEES].as.list);

	assert_int_equal(ph_list_next_ref(&iter, &got), 1);
	assert_same_ref(&got, &workers[1]);
	assert_int_equal(ph_list_next_ref(&iter, &got), 1);
	assert_same_ref(&got, &workers[0]);
	ph_event_deinit(&event);
}

static void event_does_not_point_to_its_sealed_part(void **state)
{
	static const uint8_t commit[PH_HASH_SIZE] = { 3 };
	struct bench *bench = *state;
	struct ph_entry entry = entry_of(PH_KIND_DONATION);
	struct ph_event event;

	set_uint(&entry, PH_DONATION_DONOR, PH_DONOR_ENTERPRISE);
	set_uint(&entry, PH_DONATION_MONEY, UINT64_C(1000000000000));
	set_uint(&entry, PH_DONATION_SETS, 1);
	set_bytes(&entry, PH_DONATION_COMMIT, commit, sizeof commit);

	struct ph_ref ref = say(bench, &bench->a, &entry, 10);

	get_event(bench, &ref, &event);
	assert_true(event.field[PH_DONATION_DONOR].set);
	assert_int_equal(event.field[PH_DONATION_MONEY].as.uint, UINT64_C(1000000000000));
	assert_false(event.field[PH_DONATION_SETS].set);
	assert_false(event.field[PH_DONATION_COMMIT].set);
	ph_event_deinit(&event);
}

static void event_without_fields(void **state)
{
	struct bench *bench = *state;
	struct ph_entry entry = entry_of(PH_KIND_DAY_OPEN);
	struct ph_ref ref = say(bench, &bench->a, &entry, 10);
	struct ph_event event;

	get_event(bench, &ref, &event);
	assert_ptr_equal(event.kind, ph_kind_find(PH_KIND_DAY_OPEN));
	assert_false(event.field[PH_DAY_OPEN_FROM].set);
	assert_int_equal(bench->state.data[0], 0x93); /* the map is left out */
	ph_event_deinit(&event);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(stop_is_opened_and_closed),
		BENCH_TEST(stop_closed_before_it_is_heard_of),
		BENCH_TEST(stop_without_words),
		BENCH_TEST(event_keeps_its_fields),
		BENCH_TEST(event_keeps_lists),
		BENCH_TEST(event_does_not_point_to_its_sealed_part),
		BENCH_TEST(event_without_fields),
	};

	return cmocka_run_group_tests_name("fold_event", tests, NULL, NULL);
}
