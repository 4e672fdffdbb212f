/* tests/unit/test_fold_tally.c - what a site did on a day (docs/MERGE.md, "Tally"). */
#include <stdio.h>

#include "common/ledger/figures.h"
#include "fold_bench.h"
#include "fold_world.h"

/* --- what each kind counts --- */

struct field {
	unsigned index;
	uint64_t value;
};
#define COUNT_OF(...) (sizeof(__VA_ARGS__) / sizeof *(__VA_ARGS__))
#define SET(...)                                                                         \
	.fields = { __VA_ARGS__ },                                                       \
	.n_fields = COUNT_OF((const struct field[]){ __VA_ARGS__ })

/* An entry with these fields counts these: "KEY=COUNT ...", by rising key. */
static const struct counted {
	const char *name;
	uint32_t kind;
	struct field fields[4];
	size_t n_fields;
	const char *counts;
} counted[] = {
	{ "new_reader", PH_KIND_READER_PUT, .counts = "7=1" },
	{ "card_issue", PH_KIND_CARD_ISSUE, .counts = "8=1" },
	{ "card_stop", PH_KIND_CARD_STOP, .counts = "82=1" },
	{ "new_title", PH_KIND_TITLE_PUT, .counts = "10=1" },
	{ "new_copy", PH_KIND_COPY_PUT, .counts = "9=1" },
	{ "loan", PH_KIND_LOAN, .counts = "3=1" },
	{ "renewal", PH_KIND_RENEW, .counts = "5=1" },
	{ "return", PH_KIND_RETURN, .counts = "4=1" },
	{ "use_in_house", PH_KIND_IN_HOUSE_USE, .counts = "6=1" },
	{ "uses_in_house", PH_KIND_IN_HOUSE_USE, SET({ PH_USE_COUNT, 100000 }),
	  .counts = "6=100000" },
	{ "sighting", PH_KIND_SIGHTING, .counts = "80=1" },
	{ "uncoded_loan", PH_KIND_UNCODED_LOAN, SET({ PH_UNCODED_LOAN_COUNT, 1000 }),
	  .counts = "23=1000" },
	{ "uncoded_return", PH_KIND_UNCODED_RETURN, SET({ PH_UNCODED_RETURN_COUNT, 7 }),
	  .counts = "24=7" },
	{ "copy_missing", PH_KIND_COPY_MISSING, .counts = "83=1" },
	{ "reader_lost", PH_KIND_READER_LOST, .counts = "84=1" },
	{ "damaged", PH_KIND_DAMAGED, .counts = "85=1" },
	{ "repaired", PH_KIND_REPAIRED, .counts = "" },
	{ "withdrawn", PH_KIND_WITHDRAWN, .counts = "28=1" },
	{ "reinstated", PH_KIND_REINSTATED, .counts = "87=1" },
	{ "charge", PH_KIND_CHARGE, SET({ PH_CHARGE_AMOUNT, 1000000000000 }),
	  .counts = "29=1000000000000" },
	{ "payment", PH_KIND_PAYMENT, SET({ PH_PAYMENT_AMOUNT, 5000 }),
	  .counts = "30=5000" },
	{ "hold_place", PH_KIND_HOLD_PLACE, .counts = "81=1" },
	{ "hold_cancel", PH_KIND_HOLD_CANCEL, .counts = "" },
	{ "hold_ready", PH_KIND_HOLD_READY, .counts = "86=1" },
	{ "crate_receive", PH_KIND_CRATE_RECEIVE, .counts = "" },
	{ "crate_receive_not_final", PH_KIND_CRATE_RECEIVE, SET({ PH_RECEIVE_FINAL, 0 }),
	  .counts = "" },
	{ "crate_receive_final", PH_KIND_CRATE_RECEIVE, SET({ PH_RECEIVE_FINAL, 1 }),
	  .counts = "27=1" },
	{ "day_open", PH_KIND_DAY_OPEN, .counts = "31=1" },
	{ "visit", PH_KIND_VISIT, .counts = "1=1" },
	{ "visit_split", PH_KIND_VISIT,
	  SET({ PH_VISIT_COUNT, 5 }, { PH_VISIT_BAND, 3 }, { PH_VISIT_WOMEN, 2 },
	      { PH_VISIT_PURPOSE, 5 }),
	  .counts = "1=5 2=2 35=5 69=5" },
	{ "stop_opened", PH_KIND_MOBILE_STOP, .counts = "11=1" },
	{ "activity", PH_KIND_ACTIVITY, SET({ PH_ACTIVITY_OCCASION, 0 }),
	  .counts = "12=1 96=1" },
	{ "activity_attended", PH_KIND_ACTIVITY,
	  SET({ PH_ACTIVITY_OCCASION, 7 }, { PH_ACTIVITY_ATTENDANCE, 80 },
	      { PH_ACTIVITY_WOMEN, 50 }),
	  .counts = "12=1 13=80 14=50 103=1" },
	{ "training", PH_KIND_TRAINING,
	  SET({ PH_TRAINING_WORKERS, 12 }, { PH_TRAINING_COLLABORATORS, 30 },
	      { PH_TRAINING_WOMEN, 20 }),
	  .counts = "15=1 16=12 17=30" },
	{ "digital_use", PH_KIND_DIGITAL_USE, SET({ PH_DIGITAL_FORM, 0 }),
	  .counts = "18=1 104=1" },
	{ "digital_uses", PH_KIND_DIGITAL_USE,
	  SET({ PH_DIGITAL_FORM, 6 }, { PH_DIGITAL_COUNT, 40 }, { PH_DIGITAL_WOMEN, 9 }),
	  .counts = "18=40 19=9 110=40" },
	{ "donation", PH_KIND_DONATION, SET({ PH_DONATION_DONOR, 0 }),
	  .counts = "20=1 112=1" },
	{ "donation_from_abroad", PH_KIND_DONATION,
	  SET({ PH_DONATION_DONOR, 5 }, { PH_DONATION_FOREIGN, 1 },
	      { PH_DONATION_MONEY, 1000000000000 }, { PH_DONATION_COPIES, 300 }),
	  .counts = "20=1 21=1000000000000 22=300 117=1 120=1" },
	{ "shift", PH_KIND_SHIFT, .counts = "" },
	{ "note", PH_KIND_NOTE, .counts = "" },
	{ "tally", PH_KIND_TALLY, SET({ PH_TALLY_VALUE, 99 }), .counts = "" },
	{ "open", PH_KIND_OPEN, .counts = "" },
	{ "void", PH_KIND_VOID, .counts = "" },
	{ "site_put", PH_KIND_SITE_PUT, .counts = "" },
	/* An enum of a later table may have more names than there are keys. */
	{ "band_without_a_key", PH_KIND_VISIT, SET({ PH_VISIT_BAND, 32 }),
	  .counts = "1=1" },
	{ "last_band", PH_KIND_VISIT, SET({ PH_VISIT_BAND, 31 }), .counts = "1=1 63=1" },
	{ "purpose_without_a_key", PH_KIND_VISIT, SET({ PH_VISIT_PURPOSE, 16 }),
	  .counts = "1=1" },
	{ "last_purpose", PH_KIND_VISIT, SET({ PH_VISIT_PURPOSE, 15 }),
	  .counts = "1=1 79=1" },
	{ "occasion_without_a_key", PH_KIND_ACTIVITY, SET({ PH_ACTIVITY_OCCASION, 8 }),
	  .counts = "12=1" },
	{ "form_without_a_key", PH_KIND_DIGITAL_USE, SET({ PH_DIGITAL_FORM, 8 }),
	  .counts = "18=1" },
	{ "donor_without_a_key", PH_KIND_DONATION, SET({ PH_DONATION_DONOR, 8 }),
	  .counts = "20=1" },
};

static void assert_counts(const struct ph_entry *entry, const char *wanted)
{
	struct ph_count counts[PH_COUNTS_MAX];
	struct ph_tally tally = { 0 };
	size_t n = ph_tally_of(entry, counts), len = 0;
	char text[256] = "";

	assert_int_equal(ph_tally_counts(entry), n > 0);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(tally.count[counts[i].key], 0);
		tally.count[counts[i].key] = counts[i].count;
	}
	for (size_t key = 0; key < PH_TALLY_KEYS; key++) {
		if (tally.count[key] != 0) {
			len += (size_t)snprintf(text + len, sizeof text - len,
						"%s%zu=%ju", len == 0 ? "" : " ", key,
						(uintmax_t)tally.count[key]);
		}
	}
	assert_string_equal(text, wanted);
}

static void kind_counts(void **state)
{
	const struct counted *row = *state;
	struct ph_entry entry = entry_of(row->kind);

	for (size_t i = 0; i < row->n_fields; i++) {
		set_uint(&entry, row->fields[i].index, row->fields[i].value);
	}
	assert_counts(&entry, row->counts);
}

static void changes_are_nothing_new(void **state)
{
	static const uint32_t kinds[] = { PH_KIND_READER_PUT, PH_KIND_TITLE_PUT,
					  PH_KIND_MOBILE_STOP };
	struct ph_ref ref = { .n = 7 };

	(void)state;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		struct ph_entry entry = entry_of(kinds[i]);

		set_ref(&entry, 0, &ref);
		assert_counts(&entry, "");
	}

	struct ph_entry entry = entry_of(PH_KIND_COPY_PUT);

	see(&entry, PH_COPY_TITLE, &ref);
	assert_counts(&entry, "");
}

static void dispatch_counts_its_copies(void **state)
{
	struct bench *bench;
	struct ph_entry entry = entry_of(PH_KIND_CRATE_DISPATCH);

	(void)state;
	bench_setup((void **)&bench);
	set_ids(bench, &entry, PH_DISPATCH_COPIES,
		(const char *const[]){ "c1", "c2", "c3" }, 3);
	assert_counts(&entry, "25=1 26=3");
	bench_teardown((void **)&bench);
}

/* Sums go on modulo 2^64, so that no entry can stop a ledger. */
static void sums_beyond_all_bounds_go_round(void **state)
{
	struct ph_tally tally = { .count = { [PH_TALLY_PAID] = UINT64_MAX - 1 } },
			got = { 0 };
	struct ph_entry entry = entry_of(PH_KIND_PAYMENT);
	struct ph_buf bytes = { 0 };

	(void)state;
	set_uint(&entry, PH_PAYMENT_AMOUNT, 5);
	ph_tally_add(&tally, &entry, 1);
	assert_int_equal(tally.count[PH_TALLY_PAID], 3);
	ph_tally_add(&tally, &entry, -1);
	assert_true(tally.count[PH_TALLY_PAID] == UINT64_MAX - 1);
	assert_int_equal(ph_tally_encode(&tally, &bytes), 0);
	assert_int_equal(ph_tally_decode(ph_buf_view(&bytes), &got), 0);
	assert_memory_equal(&got, &tally, sizeof got);
	ph_buf_deinit(&bytes);
}

static void every_counter_has_one_name(void **state)
{
	bool split[PH_TALLY_KEYS] = { false }, named[PH_TALLY_KEYS] = { false };

	(void)state;
	for (size_t i = 0; i < ph_tally_counters_count; i++) {
		assert_false(named[ph_tally_counters[i].key]);
		named[ph_tally_counters[i].key] = true;
		for (size_t k = 0; k < i; k++) {
			assert_string_not_equal(ph_tally_counters[i].name,
						ph_tally_counters[k].name);
		}
	}
	memset(&split[PH_TALLY_BAND], true, 48);
	memset(&split[PH_TALLY_OCCASION], true, 24);
	for (size_t i = 0; i < sizeof counted / sizeof *counted; i++) {
		for (const char *at = counted[i].counts; *at != '\0';) {
			char *end;
			size_t key = strtoul(at, &end, 10);

			assert_true(named[key] != split[key]);
			at = strchr(end, ' ') == NULL ? "" : strchr(end, ' ') + 1;
		}
	}
}

/* --- whose, and when --- */

static void tally_splits_visits(void **state)
{
	struct room *room = *state;
	struct ph_entry visit = visit_of(5);

	set_uint(&visit, PH_VISIT_BAND, PH_BAND_CHILD);
	set_uint(&visit, PH_VISIT_WOMEN, 3);
	set_uint(&visit, PH_VISIT_PURPOSE, 2);
	at(&room->a, &visit, 100);
	visit = entry_of(PH_KIND_VISIT);
	at(&room->a2, &visit, 200); /* unset count: one */
	fold_all(room);

	struct ph_tally tally = get_tally(room, 101, 0);

	assert_int_equal(tally.count[PH_TALLY_VISITS], 6);
	assert_int_equal(tally.count[PH_TALLY_WOMEN], 3);
	assert_int_equal(tally.count[PH_TALLY_BAND + PH_BAND_CHILD], 5);
	assert_int_equal(tally.count[PH_TALLY_PURPOSE + 2], 5);
}

static void tally_belongs_to_the_site_it_was_written_for(void **state)
{
	struct room *room = *state;
	struct ph_entry visit = visit_of(5);

	visit.extras.behalf = 303;
	at(&room->a, &visit, 100);
	fold_all(room);
	assert_int_equal(get_tally(room, 303, 0).count[PH_TALLY_VISITS], 5);
	assert_int_equal(get_tally(room, 101, 0).count[PH_TALLY_VISITS], 0);
}

static void tally_days_begin_at_midnight_in_vietnam(void **state)
{
	struct room *room = *state;
	/* 17:00 UTC is midnight in UTC+7. */
	int64_t midnight = (T0 / DAY) * DAY + 17 * 3600 - T0;
	struct ph_entry visit = visit_of(1);

	at(&room->a, &visit, midnight - 1);
	at(&room->a, &visit, midnight);
	fold_all(room);
	assert_int_equal(get_tally(room, 101, midnight - 1).count[PH_TALLY_VISITS], 1);
	assert_int_equal(get_tally(room, 101, midnight).count[PH_TALLY_VISITS], 1);
}

/* The hub's own facts are site 0's: the first of the sums, and not the last. */
static void figures_have_the_hub_among_the_sites(void **state)
{
	struct room *room = *state;
	struct ph_entry gift = entry_of(PH_KIND_DONATION);
	struct ph_entry visit = entry_of(PH_KIND_VISIT);
	struct ph_figures figures = { 0 };

	set_uint(&gift, PH_DONATION_DONOR, PH_DONOR_PERSON);
	set_uint(&gift, PH_DONATION_MONEY, 5);
	set_uint(&visit, PH_VISIT_COUNT, 3);
	at(&room->hub, &gift, 10);
	at(&room->a, &visit, 10);
	fold_all(room);
	assert_int_equal(ph_figures_sum(room->world.ledger, ph_day_of(T0 + 10),
					ph_day_of(T0 + 10), &figures),
			 0);
	assert_int_equal(figures.n_sites, 2);
	assert_int_equal(figures.sites[0].site, 0);
	assert_int_equal(figures.sites[0].tally.count[PH_TALLY_DONATED_MONEY], 5);
	assert_int_equal(figures.sites[1].site, 101);
	assert_int_equal(figures.sites[1].tally.count[PH_TALLY_VISITS], 3);
	ph_figures_deinit(&figures);
}

int main(void)
{
	static const struct CMUnitTest plain[] = {
		cmocka_unit_test(changes_are_nothing_new),
		cmocka_unit_test(dispatch_counts_its_copies),
		cmocka_unit_test(sums_beyond_all_bounds_go_round),
		cmocka_unit_test(every_counter_has_one_name),
		FOLD_TEST(tally_splits_visits),
		FOLD_TEST(tally_belongs_to_the_site_it_was_written_for),
		FOLD_TEST(figures_have_the_hub_among_the_sites),
		FOLD_TEST(tally_days_begin_at_midnight_in_vietnam),
	};
	struct CMUnitTest tests[COUNT_OF(counted) + COUNT_OF(plain)] = { 0 };

	memcpy(tests, plain, sizeof plain);
	for (size_t i = 0; i < COUNT_OF(counted); i++) {
		struct CMUnitTest *test = &tests[COUNT_OF(plain) + i];

		test->name = counted[i].name;
		test->test_func = kind_counts;
		test->initial_state = (void *)(uintptr_t)&counted[i];
	}
	return cmocka_run_group_tests_name("fold_tally", tests, NULL, NULL);
}
