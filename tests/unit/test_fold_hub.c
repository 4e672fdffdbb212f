/*
 * tests/unit/test_fold_hub.c - decisions about cases, reports, erasures (docs/MERGE.md,
 * "Case, report, erasure").
 */
#include "fold_bench.h"

#include "common/ledger/case_state.h"
#include "common/ledger/erasure.h"
#include "common/ledger/report.h"

static const uint8_t case_id[16] = { 4 };
static const uint8_t digest_one[16] = { 1 };
static const uint8_t digest_two[16] = { 2 };

static struct ph_ref decide(struct bench *bench, uint64_t choice, const uint8_t *facts,
			    int64_t second)
{
	struct ph_entry entry = entry_of(PH_KIND_CASE_DECIDE);

	set_bytes(&entry, PH_DECIDE_CASE, case_id, sizeof case_id);
	set_uint(&entry, PH_DECIDE_CHOICE, choice);
	set_bytes(&entry, PH_DECIDE_FACTS, facts, 16);
	return say(bench, &bench->hub, &entry, second);
}

static void last_decision_of_a_case_holds(void **state)
{
	struct bench *bench = *state;
	struct ph_entity_key key = key_of_bytes(PH_ENTITY_CASE, case_id, sizeof case_id);
	struct ph_ref last = decide(bench, PH_CHOICE_STILL_OUT, digest_two, 40);
	struct ph_ref first = decide(bench, PH_CHOICE_RETURNED, digest_one, 20);
	struct ph_case_state cases;

	assert_int_equal(ph_case_state_decode(bench_fold(bench, &key), &cases), 0);
	assert_int_equal(cases.n_decisions, 2);
	assert_same_ref(&cases.decisions[0].entry, &first);
	assert_int_equal(cases.decisions[0].choice, PH_CHOICE_RETURNED);
	assert_memory_equal(cases.decisions[0].facts, digest_one, sizeof digest_one);
	assert_same_ref(&cases.decisions[1].entry, &last);
	assert_int_equal(cases.decisions[1].choice, PH_CHOICE_STILL_OUT);
	assert_memory_equal(cases.decisions[1].facts, digest_two, sizeof digest_two);
	assert_int_equal(cases.decisions[1].second, T0 + 40);
	ph_case_state_deinit(&cases);
}

/* --- reports --- */

static struct ph_ref sign_off(struct bench *bench, struct actor *actor,
			      const struct ph_ref *report, const char *commune,
			      int agrees, int64_t second)
{
	struct ph_entry entry = entry_of(PH_KIND_REPORT_SIGNOFF);

	set_ref(&entry, PH_SIGNOFF_REPORT, report);
	if (commune != NULL) {
		set_text(&entry, PH_SIGNOFF_COMMUNE, commune);
	}
	if (agrees >= 0) {
		set_uint(&entry, PH_SIGNOFF_AGREES, (uint64_t)agrees);
	}
	return say(bench, actor, &entry, second);
}

static void report_is_issued_and_signed_off(void **state)
{
	struct bench *bench = *state;
	struct ph_entry entry = entry_of(PH_KIND_REPORT_ISSUE);
	struct ph_report report;

	set_text(&entry, PH_REPORT_REPORT, "quarter");
	set_day(&entry, PH_REPORT_FROM, 20635);
	set_day(&entry, PH_REPORT_TO, 20726);
	set_bytes(&entry, PH_REPORT_FIGURES, "\x01\x02", 2);

	struct ph_ref ref = say(bench, &bench->hub, &entry, 10);
	struct ph_entity_key key = ph_key_ref(PH_ENTITY_REPORT, &ref);
	struct ph_ref last = sign_off(bench, &bench->a, &ref, NULL, -1, 50);
	struct ph_ref yes = sign_off(bench, &bench->b, &ref, "03646", 1, 30);
	struct ph_ref no = sign_off(bench, &bench->b, &ref, "03647", 0, 40);

	assert_int_equal(ph_report_decode(bench_fold(bench, &key), &report), 0);
	assert_true(report.is_issued);
	assert_true(ph_view_equal(report.name, ph_view_str("quarter")));
	assert_int_equal(report.from, 20635);
	assert_int_equal(report.to, 20726);
	assert_int_equal(report.second, T0 + 10);
	assert_int_equal(report.n_signoffs, 3);
	assert_same_ref(&report.signoffs[0].entry, &yes);
	assert_int_equal(report.signoffs[0].site, 202);
	assert_true(ph_view_equal(report.signoffs[0].commune, ph_view_str("03646")));
	assert_true(report.signoffs[0].agrees);
	assert_same_ref(&report.signoffs[1].entry, &no);
	assert_false(report.signoffs[1].agrees);
	assert_same_ref(&report.signoffs[2].entry, &last);
	assert_int_equal(report.signoffs[2].commune.len, 0);
	assert_false(report.signoffs[2].agrees); /* unset is no consent */
	ph_report_deinit(&report);
}

static void signoff_before_its_report_is_here(void **state)
{
	struct bench *bench = *state;
	struct ph_ref ref = stranger('r');
	struct ph_entity_key key = ph_key_ref(PH_ENTITY_REPORT, &ref);
	struct ph_report report;

	sign_off(bench, &bench->b, &ref, NULL, 1, 30);
	assert_int_equal(ph_report_decode(bench_fold(bench, &key), &report), 0);
	assert_false(report.is_issued);
	assert_int_equal(report.n_signoffs, 1);
	ph_report_deinit(&report);
}

/* --- erasures --- */

static void erasure_knows_who_has_done_it(void **state)
{
	static const uint8_t operator[PH_OPERATOR_SIZE] = { 1 };
	struct bench *bench = *state;
	struct ph_entry erase = entry_of(PH_KIND_READER_ERASE);
	struct ph_entry done = entry_of(PH_KIND_ERASE_DONE);
	struct ph_ref reader = stranger('q');
	struct ph_erasure erasure;

	set_refs(bench, &erase, PH_ERASE_READERS, &reader, 1);
	erase.extras.operator_sig = PH_VIEW(operator, sizeof operator);

	struct ph_ref ref = say(bench, &bench->hub, &erase, 10);
	struct ph_entity_key key = ph_key_ref(PH_ENTITY_ERASURE, &ref);

	set_ref(&done, PH_ERASE_DONE_ERASE, &ref);
	say(bench, &bench->b, &done, 40);
	say(bench, &bench->a2, &done, 30);
	assert_int_equal(ph_erasure_decode(bench_fold(bench, &key), &erasure), 0);
	assert_true(erasure.is_ordered);
	assert_int_equal(erasure.second, T0 + 10);
	assert_int_equal(erasure.n_dones, 2);
	assert_memory_equal(erasure.dones[0].log_id, bench->a2.id, PH_LOG_ID_SIZE);
	assert_int_equal(erasure.dones[0].site, 101);
	assert_int_equal(erasure.dones[0].second, T0 + 30);
	assert_memory_equal(erasure.dones[1].log_id, bench->b.id, PH_LOG_ID_SIZE);
	ph_erasure_deinit(&erasure);
}

static void erasure_done_before_it_is_here(void **state)
{
	struct bench *bench = *state;
	struct ph_entry done = entry_of(PH_KIND_ERASE_DONE);
	struct ph_ref ref = stranger('e');
	struct ph_entity_key key = ph_key_ref(PH_ENTITY_ERASURE, &ref);
	struct ph_erasure erasure;

	set_ref(&done, PH_ERASE_DONE_ERASE, &ref);
	say(bench, &bench->b, &done, 40);
	assert_int_equal(ph_erasure_decode(bench_fold(bench, &key), &erasure), 0);
	assert_false(erasure.is_ordered);
	assert_int_equal(erasure.n_dones, 1);
	ph_erasure_deinit(&erasure);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(last_decision_of_a_case_holds),
		BENCH_TEST(report_is_issued_and_signed_off),
		BENCH_TEST(signoff_before_its_report_is_here),
		BENCH_TEST(erasure_knows_who_has_done_it),
		BENCH_TEST(erasure_done_before_it_is_here),
	};

	return cmocka_run_group_tests_name("fold_hub", tests, NULL, NULL);
}
