/* tests/unit/test_trail.c - how sessions ended: the last of each device, and no more of them than are bounded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/bytes.h"
#include "daemon/trail.h"

#define T0 1790000000

static void id_of(unsigned n, uint8_t out[static PH_DEVICE_ID_SIZE])
{
	memset(out, 0, PH_DEVICE_ID_SIZE);
	ph_be32_put(out, n);
}

static void note(struct ph_trail *trail, unsigned n, int64_t second, const char *reason)
{
	uint8_t id[PH_DEVICE_ID_SIZE];

	id_of(n, id);
	ph_trail_note(trail, id, second, "cut", reason);
}

/* The reason that is kept of device N; "none" of one that is not. */
static const char *reason_of(const json_t *ends, unsigned n)
{
	uint8_t id[PH_DEVICE_ID_SIZE];
	char hex[2 * PH_DEVICE_ID_SIZE + 1];
	const char *reason;

	id_of(n, id);
	ph_hex(hex, id, sizeof(id));
	reason = json_string_value(json_object_get(json_object_get(ends, hex), "reason"));
	return reason ? reason : "none";
}

static void test_last_of_each(void **state)
{
	struct ph_trail trail = { 0 };
	uint8_t id[PH_DEVICE_ID_SIZE];
	json_t *ends;

	(void)state;
	note(&trail, 1, T0, "reset");
	note(&trail, 2, T0 + 1, "idle");
	note(&trail, 1, T0 + 2, "hung-up");
	ends = ph_trail_json(&trail);
	assert_int_equal(json_object_size(ends), 2);
	assert_string_equal(reason_of(ends, 1), "hung-up");
	assert_string_equal(reason_of(ends, 2), "idle");
	assert_string_equal(reason_of(ends, 3), "none");
	json_decref(ends);
	id_of(1, id);
	assert_string_equal(ph_trail_result(&trail, id), "cut");
	ph_trail_note(&trail, id, T0 + 3, "closed", "done");
	assert_string_equal(ph_trail_result(&trail, id), "closed");
	id_of(3, id);
	assert_null(ph_trail_result(&trail, id));
	ph_trail_deinit(&trail);
}

static void test_bound(void **state)
{
	struct ph_trail trail = { 0 };
	json_t *ends;

	(void)state;
	for (unsigned i = 0; i < PH_TRAIL_MAX; i++) {
		note(&trail, i, T0 + (i == 7 ? -1 : (int64_t)i), "reset");
	}
	assert_int_equal(trail.n, PH_TRAIL_MAX);
	note(&trail, PH_TRAIL_MAX, T0 + PH_TRAIL_MAX, "new");
	assert_int_equal(trail.n, PH_TRAIL_MAX);
	ends = ph_trail_json(&trail);
	assert_int_equal(json_object_size(ends), PH_TRAIL_MAX);
	assert_string_equal(reason_of(ends, PH_TRAIL_MAX), "new");
	assert_string_equal(reason_of(ends, 7), "none"); /* it ended longest ago */
	assert_string_equal(reason_of(ends, 0), "reset");
	json_decref(ends);
	ph_trail_deinit(&trail);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_last_of_each),
		cmocka_unit_test(test_bound),
	};

	return cmocka_run_group_tests_name("trail", tests, NULL, NULL);
}
