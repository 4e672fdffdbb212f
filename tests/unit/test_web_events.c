/* tests/unit/test_web_events.c - the ring of events and those who follow; buckets of tokens. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/web/events.h"
#include "common/web/rate.h"

static struct ph_web_events events;

static int setup(void **state)
{
	(void)state;
	ph_web_events_init(&events, 100);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	ph_web_events_deinit(&events);
	assert_int_equal(events.bytes, 0);
	return 0;
}

static void put(const char *name, const char *data)
{
	assert_int_equal(ph_web_events_put(&events, name, ph_view_str(data)), 0);
}

/* All that PLACE has to read, in pieces of SIZE. */
static const char *read_all(struct ph_web_place *place, size_t size)
{
	static char out[4096];
	size_t len = 0;
	size_t n;

	while ((n = ph_web_place_read(place, &events, out + len, size)) > 0) {
		len += n;
		assert_true(len + size < sizeof(out));
	}
	out[len] = '\0';
	return out;
}

static void test_order(void **state)
{
	static const char both[] = "id: 100\nevent: a\ndata: {}\n\n"
				   "id: 101\nevent: b\ndata: {\"x\":1}\n\n";
	struct ph_web_place place;

	(void)state;
	for (size_t size = 1; size < 60; size++) {
		ph_web_events_deinit(&events);
		ph_web_events_init(&events, 100);
		ph_web_place_init(&place, &events, NULL);
		assert_string_equal(read_all(&place, size), "");
		put("a", "{}");
		put("b", "{\"x\":1}");
		assert_string_equal(read_all(&place, size), both);
		put("c", "1");
		assert_string_equal(read_all(&place, size),
				    "id: 102\nevent: c\ndata: 1\n\n");
		/* somebody who comes again */
		ph_web_place_init(&place, &events, "100");
		assert_string_equal(read_all(&place, size),
				    "id: 101\nevent: b\ndata: {\"x\":1}\n\n"
				    "id: 102\nevent: c\ndata: 1\n\n");
		ph_web_place_init(&place, &events, "102");
		assert_string_equal(read_all(&place, size), "");
		ph_web_place_init(&place, &events, "99");
		assert_memory_equal(read_all(&place, size), both, sizeof(both) - 1);
	}
}

static void test_gap(void **state)
{
	static const char *const ids[] = { "98", "103", "0",    "",
					   "x",  "-1",  "101x", "99999999999999999999" };
	struct ph_web_place place;

	(void)state;
	put("a", "1");
	put("b", "2");
	put("c", "3");
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		ph_web_place_init(&place, &events, ids[i]);
		assert_memory_equal(read_all(&place, 7),
				    "id: 99\nevent: gap\ndata: {\"next\":100}\n\n"
				    "id: 100\nevent: a\n",
				    strlen("id: 99\nevent: gap\ndata: {\"next\":100}\n\n"
					   "id: 100\nevent: a\n"));
		assert_int_equal(place.next, 103);
		assert_int_equal(place.gap_at, 0);
	}
}

/* Events are dropped at PH_WEB_EVENTS, and at PH_WEB_EVENT_BYTES. */
static void test_bounds(void **state)
{
	char big[PH_WEB_EVENT_MAX + 2];
	struct ph_web_place slow, cut;

	(void)state;
	ph_web_place_init(&slow, &events, NULL);
	ph_web_place_init(&cut, &events, NULL);
	put("first", "1");
	assert_int_equal(ph_web_place_read(&cut, &events, big, 3), 3);
	for (unsigned i = 1; i < PH_WEB_EVENTS; i++) {
		put("x", "1");
	}
	assert_int_equal(events.first, 100);
	put("x", "1");
	assert_int_equal(events.first, 101);
	assert_int_equal(events.next - events.first, PH_WEB_EVENTS);
	/* one that was reading what is gone ends; one that had not begun is told */
	assert_false(cut.is_lost);
	assert_int_equal(ph_web_place_read(&cut, &events, big, sizeof(big)), 0);
	assert_true(cut.is_lost);
	assert_true(ph_web_place_read(&slow, &events, big, 40) > 0);
	assert_memory_equal(big, "id: 100\nevent: gap\ndata: {\"next\":101}", 37);

	memset(big, '1', sizeof(big));
	assert_int_equal(ph_web_events_put(&events, "x", PH_VIEW(big, PH_WEB_EVENT_MAX)),
			 0);
	assert_int_equal(
		ph_web_events_put(&events, "x", PH_VIEW(big, PH_WEB_EVENT_MAX + 1)),
		-EMSGSIZE);
	for (unsigned i = 0; i < 40; i++) {
		assert_int_equal(
			ph_web_events_put(&events, "x", PH_VIEW(big, PH_WEB_EVENT_MAX)),
			0);
		assert_true(events.bytes <= PH_WEB_EVENT_BYTES);
	}
	assert_true(events.next - events.first < 17);
	assert_true(events.next - events.first > 13);
}

static void test_rate(void **state)
{
	static struct ph_web_rate rate;
	struct ph_rng_seeded seeded;
	struct ph_rng rng;
	unsigned taken = 0;

	(void)state;
	ph_rng_seed(&seeded, 1, &rng);
	ph_web_rate_init(&rate, &rng);
	for (unsigned i = 0; i < 10; i++) {
		taken += ph_web_rate_take(&rate, ph_view_str("a"), 5000, 2, 3);
	}
	assert_int_equal(taken, 3);
	assert_true(ph_web_rate_take(&rate, ph_view_str("b"), 5000, 2, 3));
	assert_false(ph_web_rate_take(&rate, ph_view_str("a"), 5499, 2, 3));
	assert_true(ph_web_rate_take(&rate, ph_view_str("a"), 5500, 2, 3));
	assert_false(ph_web_rate_take(&rate, ph_view_str("a"), 5500, 2, 3));
	taken = 0;
	for (unsigned ms = 0; ms < 10000; ms++) {
		taken += ph_web_rate_take(&rate, ph_view_str("a"), 6000 + ms, 2, 3);
	}
	assert_in_range(taken, 20, 21);
	/* after a long time no more than the burst; 0 is no limit */
	taken = 0;
	for (unsigned i = 0; i < 10; i++) {
		taken += ph_web_rate_take(&rate, ph_view_str("a"), UINT64_MAX / 4, 2, 3);
	}
	assert_int_equal(taken, 3);
	for (unsigned i = 0; i < 10; i++) {
		assert_true(
			ph_web_rate_take(&rate, ph_view_str("a"), UINT64_MAX / 4, 0, 0));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_gap, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bounds, setup, teardown),
		cmocka_unit_test(test_rate),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
