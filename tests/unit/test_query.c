/* tests/unit/test_query.c - questions that one state does not answer. */
#include <errno.h>

#include "view_scene.h"

#include "common/ledger/cases.h"
#include "common/ledger/query.h"

static void loan_queries(void **state)
{
	struct scene *scene = *state;
	struct ph_id card = { .code = ph_view_str("k2") };
	struct ph_loan_filter filter = { 0 };

	assert_int_equal(ph_query_loans(fresh(scene), &filter, &scene->json), 0);
	assert_size(scene->json, "", 2);
	assert_text(scene->json, "0.copy.code", "c1");
	assert_text(scene->json, "0.title_name", "Lý thuyết đường đời");
	assert_none(scene->json, "1.due"); /* those without a day come last */
	filter.limit = 1;
	assert_int_equal(ph_query_loans(fresh(scene), &filter, &scene->json), 0);
	assert_size(scene->json, "", 1);
	filter = (struct ph_loan_filter){ .card = &card };
	assert_int_equal(ph_query_loans(fresh(scene), &filter, &scene->json), 0);
	assert_size(scene->json, "", 1);
	filter = (struct ph_loan_filter){ .site = 101 };
	assert_int_equal(ph_query_loans(fresh(scene), &filter, &scene->json), 0);
	assert_size(scene->json, "", 0);

	/* Due on day 7, so overdue from day 8. */
	int64_t due = ph_day_of(T0 + 200) + 7;

	for (int64_t day = due - 1; day <= due + 1; day++) {
		filter = (struct ph_loan_filter){ .overdue = true, .day = day };
		assert_int_equal(ph_query_loans(fresh(scene), &filter, &scene->json), 0);
		assert_size(scene->json, "", day > due ? 1 : 0);
	}
}

static void case_queries(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(ph_cases_count(scene->world.ledger, 0), 1);
	assert_int_equal(ph_query_cases(fresh(scene), &scene->json), 0);
	assert_size(scene->json, "", 1);
	assert_text(scene->json, "0.case", "two-places");
	assert_names(scene->json, "0.anchor", &scene->loan_b);
	assert_names(scene->json, "0.first.loan", &scene->loan_a);
	assert_names(scene->json, "0.second.loan", &scene->loan_b);
	assert_text(scene->json, "0.copy.code", "c1");

	struct ph_entry back = entry_of(PH_KIND_RETURN);

	set_id(&back, PH_RETURN_COPY, 0, "c1");
	at(&scene->a, &back, 150);
	world_take(&scene->world, &scene->a, UINT64_MAX);
	world_catch_up(&scene->world);
	assert_int_equal(ph_cases_count(scene->world.ledger, 0), 0);
}

static void summaries(void **state)
{
	struct scene *scene = *state;
	int64_t day = ph_day_of(T0);

	assert_int_equal(ph_query_summary(fresh(scene), 101, day, INT64_MIN, INT64_MAX,
					  &scene->json),
			 0);
	assert_number(scene->json, "titles", 3);
	assert_number(scene->json, "copies", 1);
	assert_number(scene->json, "readers", 1);
	assert_number(scene->json, "loans", 1);
	assert_number(scene->json, "loans_open", 0);
	assert_number(scene->json, "visits", 6);
	assert_number(scene->json, "women", 4);
	assert_int_equal(ph_query_summary(fresh(scene), 0, day + 30, INT64_MIN, INT64_MAX,
					  &scene->json),
			 0);
	assert_number(scene->json, "titles", 3); /* the twin is not another one */
	assert_number(scene->json, "copies", 2);
	assert_number(scene->json, "loans", 3);
	assert_number(scene->json, "loans_open", 2);
	assert_number(scene->json, "overdue", 1);
	assert_int_equal(ph_query_summary(fresh(scene), 101, day, day + 1, INT64_MAX,
					  &scene->json),
			 0);
	assert_number(scene->json, "visits", 0);
	assert_int_equal(ph_query_summary(fresh(scene), 555, day, INT64_MIN, INT64_MAX,
					  &scene->json),
			 0);
	assert_number(scene->json, "titles", 0);
}

static void policies_and_sites(void **state)
{
	struct scene *scene = *state;
	struct ph_ledger *ledger = scene->world.ledger;
	struct ph_buf text = { 0 };
	uint64_t site;

	assert_int_equal(ph_query_policy_number(ledger, "loan-term-days", 14), 21);
	assert_int_equal(ph_query_policy_number(ledger, "no-such", 14), 14);
	assert_int_equal(ph_query_policy_number(ledger, "greeting", 14), 14);
	assert_int_equal(ph_query_policy_text(ledger, "greeting", &text), 0);
	assert_true(ph_view_equal(ph_buf_view(&text), ph_view_str("12 chào")));
	ph_buf_deinit(&text);
	assert_int_equal(ph_query_site_named(ledger, ph_view_str("chieng-an"), &site), 0);
	assert_int_equal(site, 101);
	site = 0;
	assert_int_equal(ph_query_site_named(ledger, ph_view_str("101"), &site), 0);
	assert_int_equal(site, 101);
	assert_int_equal(ph_query_site_named(ledger, ph_view_str("102"), &site),
			 PH_LEDGER_E_NONE);
	assert_int_equal(ph_query_site_named(ledger, ph_view_str(""), &site),
			 PH_LEDGER_E_NONE);
}

static void a_put_that_saw_all_stands_alone(void **state)
{
	struct scene *scene = *state;
	struct ph_entity_key key = ph_key_ref(PH_ENTITY_TITLE, &scene->tai);
	struct ph_entry put = entry_of(PH_KIND_TITLE_PUT);
	struct ph_ref heads[2];
	size_t n = 9;

	set_ref(&put, PH_TITLE_TITLE, &scene->tai);
	set_text(&put, PH_TITLE_NAME, "Một");
	at(&scene->b, &put, 900); /* saw nothing */
	world_take(&scene->world, &scene->b, UINT64_MAX);
	world_catch_up(&scene->world);
	assert_int_equal(ph_query_heads(scene->world.ledger, PH_ENTITY_TITLE,
					ph_key_view(&key), PH_TITLE_NAME, heads, 2, &n),
			 0);
	assert_int_equal(n, 2);
	assert_true(ph_ref_equal(&heads[1], &scene->tai));

	set_text(&put, PH_TITLE_NAME, "Hai");
	assert_int_equal(ph_query_fill_seen(scene->world.ledger, PH_ENTITY_TITLE,
					    ph_key_view(&key), &put),
			 0);
	assert_int_equal(put.n_seen, 2);
	at(&scene->a, &put, 950);
	world_take(&scene->world, &scene->a, UINT64_MAX);
	world_catch_up(&scene->world);
	assert_int_equal(ph_query_heads(scene->world.ledger, PH_ENTITY_TITLE,
					ph_key_view(&key), PH_TITLE_NAME, heads, 2, &n),
			 0);
	assert_int_equal(n, 1);

	/* Of an entity that is not there: nothing was seen. */
	key.id[0] ^= 1;
	assert_int_equal(ph_query_fill_seen(scene->world.ledger, PH_ENTITY_TITLE,
					    ph_key_view(&key), &put),
			 0);
	assert_int_equal(put.n_seen, 0);
	/* Of one of another kind: the caller is wrong. */
	assert_int_equal(ph_query_fill_seen(scene->world.ledger, PH_ENTITY_COPY,
					    ph_key_view(&key), &put),
			 -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE_TEST(loan_queries),
		SCENE_TEST(case_queries),
		SCENE_TEST(summaries),
		SCENE_TEST(policies_and_sites),
		SCENE_TEST(a_put_that_saw_all_stands_alone),
	};

	return cmocka_run_group_tests_name("query", tests, NULL, NULL);
}
