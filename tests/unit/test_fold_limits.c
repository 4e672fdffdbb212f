/*
 * tests/unit/test_fold_limits.c - folds at the edges of time and number, and states
 * that are damaged (docs/MERGE.md, "States").
 */
#include <errno.h>

#include "fold_bench.h"

#include "common/ledger/account.h"
#include "common/ledger/card.h"
#include "common/ledger/case_state.h"
#include "common/ledger/copy.h"
#include "common/ledger/crate.h"
#include "common/ledger/device.h"
#include "common/ledger/erasure.h"
#include "common/ledger/event.h"
#include "common/ledger/hold.h"
#include "common/ledger/invite_state.h"
#include "common/ledger/log_state.h"
#include "common/ledger/reader.h"
#include "common/ledger/report.h"
#include "common/ledger/stop.h"
#include "common/ledger/tally.h"
#include "common/ledger/title.h"

static struct ph_entry loan_of(const char *card)
{
	struct ph_entry entry = entry_of(PH_KIND_LOAN);

	set_id(&entry, PH_LOAN_COPY, 0, "c1");
	set_id(&entry, PH_LOAN_CARD, 0, card);
	return entry;
}

static void get_copy_state(struct bench *bench, struct ph_copy *copy)
{
	struct ph_entity_key key = key_of_id(PH_ENTITY_COPY, "c1");

	assert_int_equal(ph_copy_decode(bench_fold(bench, &key), copy), 0);
}

static void loans_told_from_the_first_day_to_the_last(void **state)
{
	static const int64_t days[] = { 0, 1, 340000 /* 2900 */, PH_DAY_MAX };
	struct bench *bench = *state;
	struct ph_copy copy;

	for (size_t i = 0; i < sizeof days / sizeof *days; i++) {
		struct ph_entry entry = loan_of(i % 2 == 0 ? "k1" : "k2");

		entry.extras.when = PH_WHEN_DAY;
		entry.extras.when_value = days[i];
		set_uint(&entry, PH_LOAN_TERM, 3650);
		say(bench, &bench->a, &entry, 10);
	}
	get_copy_state(bench, &copy);
	assert_int_equal(copy.n_loans, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(copy.loans[i].second, ph_day_noon(days[i]));
		assert_int_equal(copy.loans[i].due, days[i] + 3650);
	}
	ph_copy_deinit(&copy);
}

static void due_days_at_the_edges(void **state)
{
	struct bench *bench = *state;
	struct ph_entry entry = loan_of("k1");
	struct ph_copy copy;

	set_day(&entry, PH_LOAN_DUE, 0);
	say(bench, &bench->a, &entry, 10);
	get_copy_state(bench, &copy);
	assert_true(copy.loans[0].has_due);
	assert_int_equal(copy.loans[0].due, 0);
	ph_copy_deinit(&copy);
	set_day(&entry, PH_LOAN_DUE, PH_DAY_MAX);
	say(bench, &bench->a, &entry, 20);
	get_copy_state(bench, &copy);
	assert_int_equal(copy.loans[0].due, PH_DAY_MAX);
	ph_copy_deinit(&copy);
}

/* A feed may bring any second; none overflows, and each comes back from the state. */
static void seconds_as_far_as_they_go(void **state)
{
	static const int64_t seconds[] = { -PH_FACT_SECOND_MAX, -25201, 0,
					   PH_FACT_SECOND_MAX };
	struct bench *bench = *state;
	struct ph_copy copy;

	for (size_t i = 0; i < sizeof seconds / sizeof *seconds; i++) {
		struct ph_entry entry = loan_of(i % 2 == 0 ? "k1" : "k2");

		set_uint(&entry, PH_LOAN_TERM, 3650);
		say(bench, &bench->a, &entry, 10);
		bench->said[i].fact.second = seconds[i];
		bench->said[i].fact.unsure = UINT32_MAX;
	}
	get_copy_state(bench, &copy);
	assert_int_equal(copy.n_loans, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(copy.loans[i].second, seconds[i]);
		assert_int_equal(copy.loans[i].due, ph_day_of(seconds[i]) + 3650);
	}
	assert_int_equal(copy.loans[1].due, 3649); /* a second before 1970 in UTC+7 */
	ph_copy_deinit(&copy);
}

static void uses_add_up_beyond_32_bits(void **state)
{
	struct bench *bench = *state;
	struct ph_entry use = entry_of(PH_KIND_IN_HOUSE_USE);
	struct ph_copy copy;

	set_id(&use, PH_USE_COPY, 0, "c1");
	set_uint(&use, PH_USE_COUNT, 100000);
	for (int i = 0; i < 500; i++) {
		say(bench, &bench->a, &use, i);
	}
	get_copy_state(bench, &copy);
	assert_int_equal(copy.uses, 50000000);
	ph_copy_deinit(&copy);
}

static void no_facts_no_state(void **state)
{
	struct ph_entity_key key = key_of_id(PH_ENTITY_COPY, "c1");
	struct ph_buf out = { 0 };

	(void)state;
	for (unsigned type = PH_ENTITY_SITE; type <= PH_ENTITY_ERASURE; type++) {
		key.type = (uint8_t)type;
		if (type == 9) {
			assert_int_equal(ph_fold(&key, NULL, 0, &out), -EUCLEAN);
			continue;
		}
		assert_int_equal(ph_fold(&key, NULL, 0, &out), 0);
		assert_int_equal(out.len, 0);
	}
	key.type = PH_ENTITY_ERASURE + 1;
	assert_int_equal(ph_fold(&key, NULL, 0, &out), -EUCLEAN);
}

/* --- damage --- */

/* What decodes the states of TYPE; as if it were for views: and nothing is kept. */
static int decode_any(enum ph_entity type, struct ph_view state)
{
#define TRY(what, call)                                                                  \
	do {                                                                             \
		struct what got;                                                         \
		int rc = ph_##call##_decode(state, &got);                                \
		if (rc == 0) {                                                           \
			ph_##call##_deinit(&got);                                        \
		}                                                                        \
		return rc;                                                               \
	} while (0)
	switch (type) {
	case PH_ENTITY_DEVICE:
		TRY(ph_device_state, device);
	case PH_ENTITY_INVITE:
		TRY(ph_invite_state, invite_state);
	case PH_ENTITY_LOG:
		TRY(ph_log_state, log_state);
	case PH_ENTITY_TITLE:
		TRY(ph_title, title);
	case PH_ENTITY_READER:
		TRY(ph_reader, reader);
	case PH_ENTITY_CARD:
		TRY(ph_card, card);
	case PH_ENTITY_COPY:
		TRY(ph_copy, copy);
	case PH_ENTITY_CRATE:
		TRY(ph_crate, crate);
	case PH_ENTITY_HOLD:
		TRY(ph_hold, hold);
	case PH_ENTITY_ACCOUNT:
		TRY(ph_account, account);
	case PH_ENTITY_STOP:
		TRY(ph_stop, stop);
	case PH_ENTITY_EVENT:
		TRY(ph_event, event);
	case PH_ENTITY_CASE:
		TRY(ph_case_state, case_state);
	case PH_ENTITY_REPORT:
		TRY(ph_report, report);
	case PH_ENTITY_ERASURE:
		TRY(ph_erasure, erasure);
	case PH_ENTITY_TALLY: {
		struct ph_tally tally = { 0 };

		return ph_tally_decode(state, &tally);
	}
	default: {
		struct ph_record record;
		int rc = ph_record_decode(state, ph_register_kind(type), &record);

		if (rc == 0) {
			ph_record_deinit(&record);
		}
		return rc;
	}
	}
#undef TRY
}

static bool any_chance(struct ph_rng *rng, uint64_t percent)
{
	return ph_rng_below(rng, 100) < percent;
}

/* A value for FIELD, where a few of each kind meet again. */
static void fill_field(struct bench *bench, struct ph_rng *rng, struct ph_entry *entry,
		       unsigned i, const struct ph_entity_key *key)
{
	const struct ph_field *field = &entry->kind->fields[i];
	struct ph_value *value = &entry->field[i];
	static const char *const codes[] = { "c1", "c2" };
	static const uint8_t bytes[PH_HASH_SIZE] = { 1 };
	struct ph_ref refs[] = { stranger('q'), stranger('r') };
	struct ph_head head = { .n = 3 };

	ph_key_get_ref(ph_key_view(key), &refs[0]);
	switch (field->type) {
	case PH_T_ENUM:
		set_uint(entry, i, ph_rng_below(rng, field->max));
		break;
	case PH_T_UINT:
		set_uint(entry, i, field->max < 2 ? field->max : field->min + 1);
		break;
	case PH_T_DAY:
		set_day(entry, i, (int64_t)ph_rng_below(rng, PH_DAY_MAX));
		break;
	case PH_T_TEXT:
		set_bytes(entry, i, "0364612345678901234567890123456789",
			  field->min < 5 ? 5 : field->min);
		break;
	case PH_T_BYTES:
	case PH_T_FIXED:
		set_bytes(entry, i, bytes, field->type == PH_T_BYTES ? 3 : field->max);
		break;
	case PH_T_REF:
		set_ref(entry, i, &refs[ph_rng_below(rng, 2)]);
		break;
	case PH_T_COPY_ID:
	case PH_T_CARD_ID:
	case PH_T_CRATE_ID:
		set_id(entry, i, 0, codes[ph_rng_below(rng, 2)]);
		break;
	case PH_T_HEAD:
		memcpy(head.log_id, key->id, sizeof head.log_id);
		value->set = true;
		value->as.head = head;
		break;
	case PH_T_REFS:
		set_refs(bench, entry, i, refs, 2);
		break;
	case PH_T_COPY_IDS:
	case PH_T_CARD_IDS:
		set_ids(bench, entry, i, codes, 1 + ph_rng_below(rng, 2));
		break;
	default:
		break; /* heads, numbers, texts, seen: registers and cuts have tests */
	}
}

/* Some entry of any kind, as long as the table lets it be. */
static void say_anything(struct bench *bench, struct ph_rng *rng,
			 const struct ph_entity_key *key)
{
	const struct ph_kind *kind = ph_kind_at(ph_rng_below(rng, ph_kinds_count()));
	struct actor *actors[] = { &bench->a, &bench->a2, &bench->b, &bench->hub };
	struct ph_entry entry = entry_of(kind->number);
	struct ph_error err = { 0 };

	for (unsigned i = 0; i < kind->n_fields && bench->n_lists + 8 < BENCH_LISTS;
	     i++) {
		bool must = kind->fields[i].flags & PH_F_REQUIRED;

		if ((must || any_chance(rng, 60)) &&
		    (kind->n_sealed == 0 || (i != kind->sets && i != kind->commit))) {
			fill_field(bench, rng, &entry, i, key);
		}
	}
	if (ph_entry_check(&entry, &err) == 0) {
		say(bench, actors[ph_rng_below(rng, 4)], &entry,
		    (int64_t)ph_rng_below(rng, 1000));
	}
}

static void assert_decodes(enum ph_entity type, struct ph_view state)
{
	struct ph_buf bad = { 0 };
	struct ph_rng_seeded seeded;
	struct ph_rng rng;

	if (state.len == 0) {
		return;
	}
	assert_int_equal(decode_any(type, state), 0);
	for (size_t cut = 0; cut < state.len; cut++) {
		assert_int_equal(decode_any(type, PH_VIEW(state.data, cut)), -EUCLEAN);
	}
	ph_rng_seed(&seeded, state.len, &rng);
	for (int i = 0; i < 200; i++) {
		bad.len = 0;
		assert_int_equal(ph_buf_put_view(&bad, state), 0);
		bad.data[ph_rng_below(&rng, bad.len)] = (uint8_t)ph_rng_below(&rng, 256);

		int rc = decode_any(type, ph_buf_view(&bad));

		assert_true(rc == 0 || rc == -EUCLEAN);
	}
	ph_buf_deinit(&bad);
}

/*
 * Any facts whatever give a state to each entity, in whatever order they came; what
 * is written is read again; and what is not ours is damage, never a wrong read.
 */
static void any_facts_fold_and_damage_is_seen(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 40; seed++) {
		struct ph_rng_seeded seeded;
		struct ph_rng rng;
		struct bench *bench;
		struct ph_entity_key key;

		bench_setup((void **)&bench);
		ph_rng_seed(&seeded, seed, &rng);
		key = ph_key_ref(PH_ENTITY_READER, &(struct ph_ref){ .n = seed });
		for (int i = 0; i < 60; i++) {
			say_anything(bench, &rng, &key);
		}
		for (unsigned type = PH_ENTITY_SITE; type <= PH_ENTITY_ERASURE; type++) {
			struct ph_entity_key own =
				type == PH_ENTITY_COPY ? key_of_id(PH_ENTITY_COPY, "c1")
						       : key;

			own.type = (uint8_t)type;
			if (type != 9) { /* no entity */
				assert_decodes((enum ph_entity)type,
					       bench_fold(bench, &own));
			}
		}
		bench_teardown((void **)&bench);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(loans_told_from_the_first_day_to_the_last),
		BENCH_TEST(due_days_at_the_edges),
		BENCH_TEST(seconds_as_far_as_they_go),
		BENCH_TEST(uses_add_up_beyond_32_bits),
		cmocka_unit_test(no_facts_no_state),
		cmocka_unit_test(any_facts_fold_and_damage_is_seen),
	};

	return cmocka_run_group_tests_name("fold_limits", tests, NULL, NULL);
}
