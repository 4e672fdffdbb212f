/*
 * tests/unit/test_entry_again.c - entries read again are what they were; damaged ones do
 * no harm. The entries are of every kind, made at random from the table.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include <sodium.h>

#include "random_history.h"

#define ROUNDS 3000

static struct history *make_pool(uint64_t seed)
{
	struct history *history = malloc(sizeof *history);

	assert_non_null(history);
	history_make(history, seed, false);
	return history;
}

/* Some entry of some kind, encoded. */
static void make_bytes(struct history *history, struct ph_buf *bytes)
{
	const struct ph_kind *kind = ph_kind_at(below(history, ph_kinds_count()));
	struct ph_entry entry = make_of(history, kind->number);
	struct ph_error err = { 0 };

	make_extras(history, &entry);
	entry.stamp = ph_stamp(T0, (uint16_t)below(history, 65536));
	bytes->len = 0;
	if (ph_entry_encode(&entry, bytes, &err) != 0) {
		fail_msg("%s", err.text);
	}
}

static void encodes_to_the_same_bytes(void **state)
{
	struct history *history = make_pool(1);
	struct ph_entry *first = malloc(sizeof *first), *again = malloc(sizeof *again);
	struct ph_buf bytes = { 0 }, out = { 0 };

	(void)state;
	memset(again, 0xa5, sizeof *again);
	for (int i = 0; i < ROUNDS; i++) {
		make_bytes(history, &bytes);
		assert_int_equal(ph_entry_decode(ph_buf_view(&bytes), first), 0);
		assert_int_equal(ph_entry_read_again(ph_buf_view(&bytes), again), 0);
		assert_ptr_equal(again->kind, first->kind);
		assert_int_equal(again->n_seen, first->n_seen);
		assert_memory_equal(&again->extras.when, &first->extras.when,
				    sizeof again->extras.when);
		out.len = 0;
		assert_int_equal(ph_entry_encode(again, &out, NULL), 0);
		assert_true(ph_view_equal(ph_buf_view(&out), ph_buf_view(&bytes)));
		for (size_t k = 0; k < PH_FIELDS_MAX; k++) {
			assert_int_equal(again->field[k].set, first->field[k].set);
			assert_false(again->sealed[k].set);
		}
	}
	ph_buf_deinit(&bytes);
	ph_buf_deinit(&out);
	free(first);
	free(again);
	history_free(history);
}

/* Whatever a value says, it lies within what the table allows to be kept. */
static void assert_safe(const struct ph_entry *entry, struct ph_view bytes)
{
	for (uint32_t i = 0; i < entry->kind->n_fields; i++) {
		const struct ph_field *field = &entry->kind->fields[i];
		const struct ph_value *value = &entry->field[i];

		if (!value->set) {
			continue;
		}
		if (field->type == PH_T_ENUM) {
			assert_true(value->as.uint < field->max);
		} else if (field->type == PH_T_FIXED) {
			assert_int_equal(value->as.bytes.len, field->max);
		} else if (field->type == PH_T_TEXT || field->type == PH_T_BYTES) {
			assert_true(value->as.bytes.len <= bytes.len);
		}
	}
}

static void damage_does_no_harm(void **state)
{
	struct history *history = make_pool(2);
	struct ph_entry *entry = malloc(sizeof *entry);
	struct ph_buf bytes = { 0 };

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		size_t len, at;
		uint8_t *copy;
		int rc;

		make_bytes(history, &bytes);
		/* in memory of its own, so that a byte too far is seen */
		len = chance(history, 50) ? bytes.len : below(history, bytes.len);
		copy = malloc(len + 1);
		memcpy(copy, bytes.data, len);
		at = below(history, len + 1);
		if (chance(history, 80) && at < len) {
			copy[at] = (uint8_t)below(history, 256);
		}
		rc = ph_entry_read_again(PH_VIEW(copy, len), entry);
		assert_true(rc == 0 || rc == -EUCLEAN);
		if (rc == 0) {
			assert_safe(entry, PH_VIEW(copy, len));
		} else if (len == bytes.len && memcmp(copy, bytes.data, len) == 0) {
			fail_msg("nothing was damaged");
		}
		free(copy);
	}
	ph_buf_deinit(&bytes);
	free(entry);
	history_free(history);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encodes_to_the_same_bytes),
		cmocka_unit_test(damage_does_no_harm),
	};

	return cmocka_run_group_tests_name("entry_again", tests, NULL, NULL);
}
