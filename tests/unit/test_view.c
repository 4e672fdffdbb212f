/* tests/unit/test_view.c - what people are shown of one thing. */
#include <errno.h>

#include "view_scene.h"

#include "common/ledger/query.h"

static void copy_view(void **state)
{
	struct scene *scene = *state;
	struct ph_id id = { .code = ph_view_str("c1") };

	assert_int_equal(ph_view_copy(fresh(scene), &id, &scene->json), 0);
	assert_text(scene->json, "copy.code", "c1");
	assert_number(scene->json, "copy.ns", 0);
	assert_true(json_is_true(look(scene->json, "known")));
	assert_names(scene->json, "title", &scene->title);
	assert_text(scene->json, "title_name", "Lý thuyết đường đời");
	assert_number(scene->json, "owner", 101);
	assert_text(scene->json, "custody.at", "reader");
	assert_text(scene->json, "custody.card.code", "k2");
	assert_size(scene->json, "loans", 2);
	assert_text(scene->json, "loans.0.closed.how", "inferred");
	assert_names(scene->json, "loans.0.closed.by", &scene->loan_b);
	assert_names(scene->json, "loans.1.loan", &scene->loan_b);
	assert_none(scene->json, "loans.1.closed");
	assert_size(scene->json, "cases", 1);
	assert_names(scene->json, "cases.0.anchor", &scene->loan_b);
	assert_number(scene->json, "uses", 0);

	/* Lent, though nobody ever described it. */
	id.code = ph_view_str("c9");
	assert_int_equal(ph_view_copy(fresh(scene), &id, &scene->json), 0);
	assert_true(json_is_false(look(scene->json, "known")));
	assert_none(scene->json, "title");
	id.code = ph_view_str("c7");
	assert_int_equal(ph_view_copy(fresh(scene), &id, &scene->json), PH_LEDGER_E_NONE);
	id.code = PH_VIEW("", 0);
	assert_int_equal(ph_view_copy(fresh(scene), &id, &scene->json), PH_LEDGER_E_NONE);
}

static void title_view(void **state)
{
	struct scene *scene = *state;
	struct ph_ref nobody = { .n = 1 };

	assert_int_equal(ph_view_title(fresh(scene), &scene->twin, true, &scene->json),
			 0);
	assert_text(scene->json, "name", "Lý thuyết đường đời");
	assert_number(scene->json, "year", 1998);
	assert_names(scene->json, "same_as", &scene->title);
	assert_true(json_is_false(look(scene->json, "partial")));
	/* Copies of all that are the same, from either end. */
	assert_size(scene->json, "copies", 2);
	assert_int_equal(ph_view_title(fresh(scene), &scene->title, true, &scene->json),
			 0);
	assert_none(scene->json, "same_as");
	assert_size(scene->json, "copies", 2);
	assert_text(scene->json, "copies.0.copy.code", "c1");
	assert_true(json_is_true(look(scene->json, "copies.0.lent")));
	assert_true(json_is_false(look(scene->json, "copies.1.lent")));
	assert_int_equal(ph_view_title(fresh(scene), &scene->title, false, &scene->json),
			 0);
	assert_none(scene->json, "copies");
	assert_int_equal(ph_view_title(fresh(scene), &nobody, true, &scene->json),
			 PH_LEDGER_E_NONE);
}

static void offered_view(void **state)
{
	struct scene *scene = *state;
	struct ph_entry put = entry_of(PH_KIND_TITLE_PUT);

	set_ref(&put, PH_TITLE_TITLE, &scene->tai);
	set_text(&put, PH_TITLE_NAME, "Khác");
	at(&scene->b, &put, 900);
	world_take(&scene->world, &scene->b, UINT64_MAX);
	world_catch_up(&scene->world);
	assert_int_equal(ph_view_title(fresh(scene), &scene->tai, false, &scene->json),
			 0);
	assert_text(scene->json, "name", "Khác");
	assert_size(scene->json, "offered.name", 1);
	assert_names(scene->json, "offered.name.0", &scene->tai);
	assert_none(scene->json, "offered.author");
}

static void reader_view(void **state)
{
	struct scene *scene = *state;
	struct parts parts = { .name = "Lò Thị Đào", .ref = scene->reader };
	struct ph_opener opener = { .open = open_part, .data = &parts };

	assert_int_equal(
		ph_view_reader(fresh(scene), &scene->reader, &opener, &scene->json), 0);
	assert_text(scene->json, "name", "Lò Thị Đào");
	assert_number(scene->json, "born", 1960);
	assert_text(scene->json, "band", "adult");
	assert_number(scene->json, "site", 101);
	assert_text(scene->json, "cards.0.code", "k1");
	assert_size(scene->json, "loans", 1);
	assert_text(scene->json, "loans.0.copy.code", "c9");
	assert_none(scene->json, "locked");

	/* Locked, missing, and without an opener: no name, but all else. */
	parts.rc = 1;
	assert_int_equal(
		ph_view_reader(fresh(scene), &scene->reader, &opener, &scene->json), 0);
	assert_none(scene->json, "name");
	assert_size(scene->json, "locked", 2);
	assert_int_equal(ph_view_reader(fresh(scene), &scene->reader, NULL, &scene->json),
			 0);
	assert_size(scene->json, "locked", 2);
	/* What fails, fails. */
	parts.rc = -EIO;
	assert_int_equal(
		ph_view_reader(fresh(scene), &scene->reader, &opener, &scene->json),
		-EIO);
}

static void card_view(void **state)
{
	struct scene *scene = *state;
	struct ph_id id = { .code = ph_view_str("k1") };
	struct ph_ref reader;

	assert_int_equal(ph_view_card(fresh(scene), &id, NULL, &scene->json), 0);
	assert_true(json_is_true(look(scene->json, "known")));
	assert_names(scene->json, "reader.reader", &scene->reader);
	assert_none(scene->json, "reader.loans");
	assert_size(scene->json, "issues", 1);
	assert_size(scene->json, "loans", 1);
	/* Never issued, but lent to. */
	id.code = ph_view_str("k2");
	assert_int_equal(ph_view_card(fresh(scene), &id, NULL, &scene->json), 0);
	assert_true(json_is_false(look(scene->json, "known")));
	assert_size(scene->json, "loans", 1);
	assert_int_equal(ph_query_reader_of(scene->world.ledger, &id, &reader),
			 PH_LEDGER_E_NONE);
	id.code = ph_view_str("k3");
	assert_int_equal(ph_view_card(fresh(scene), &id, NULL, &scene->json),
			 PH_LEDGER_E_NONE);
	id.code = ph_view_str("k1");
	assert_int_equal(ph_query_reader_of(scene->world.ledger, &id, &reader), 0);
	assert_true(ph_ref_equal(&reader, &scene->reader));
}

/* The old card is stopped, the new one is hers; what she borrowed stays hers. */
static void a_lost_card_is_replaced(void **state)
{
	struct scene *scene = *state;
	struct ph_entry stop = entry_of(PH_KIND_CARD_STOP);
	struct ph_entry issue = entry_of(PH_KIND_CARD_ISSUE);
	struct ph_id id = { .code = ph_view_str("k4") };
	struct ph_ref reader;

	set_id(&stop, 0, 0, "k1");
	at(&scene->a, &stop, 900);
	set_id(&issue, PH_CARD_CARD, 0, "k4");
	set_ref(&issue, PH_CARD_READER, &scene->reader);
	at(&scene->a, &issue, 910);
	lend(&scene->a, "c8", "k4", 920, 14);
	world_take(&scene->world, &scene->a, UINT64_MAX);
	world_catch_up(&scene->world);
	assert_int_equal(ph_query_reader_of(scene->world.ledger, &id, &reader), 0);
	assert_true(ph_ref_equal(&reader, &scene->reader));
	assert_int_equal(ph_view_reader(fresh(scene), &scene->reader, NULL, &scene->json),
			 0);
	assert_size(scene->json, "cards", 2);
	assert_size(scene->json, "loans", 2); /* each by the card it was lent to */
	assert_text(scene->json, "loans.0.card.code", "k1");
	assert_text(scene->json, "loans.1.card.code", "k4");
	id.code = ph_view_str("k1");
	assert_int_equal(ph_view_card(fresh(scene), &id, NULL, &scene->json), 0);
	assert_size(scene->json, "stops", 1);
}

static void place_views(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(ph_view_site(fresh(scene), 101, &scene->json), 0);
	assert_text(scene->json, "code", "chieng-an");
	assert_text(scene->json, "site_kind", "commune-library");
	assert_int_equal(ph_view_site(fresh(scene), 999, &scene->json), PH_LEDGER_E_NONE);
	assert_int_equal(
		ph_view_commune(fresh(scene), ph_view_str("03646"), &scene->json), 0);
	assert_text(scene->json, "name", "Tô Hiệu");
	assert_int_equal(
		ph_view_policy(fresh(scene), ph_view_str("loan-term-days"), &scene->json),
		0);
	assert_text(scene->json, "value", "21");
}

static void tally_view(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(ph_view_tally(fresh(scene), 101, ph_day_of(T0), &scene->json),
			 0);
	assert_number(scene->json, "visits", 6);
	assert_number(scene->json, "visits_by_band.elder", 6);
	assert_none(scene->json, "visits_by_band.child");
	assert_number(scene->json, "titles", 3);
	assert_number(scene->json, "cards", 1);
	assert_int_equal(ph_view_tally(fresh(scene), 101, 3, &scene->json),
			 PH_LEDGER_E_NONE);
}

static int view_each(void *data, struct ph_view id, struct ph_view state)
{
	struct scene *scene = data;

	(void)state;
	json_decref(scene->json);
	scene->json = NULL;
	return ph_view_entity(scene->world.ledger, PH_ENTITY_COPY, id, NULL,
			      &scene->json);
}

static void entity_view(void **state)
{
	struct scene *scene = *state;
	struct ph_entity_key key = ph_key_ref(PH_ENTITY_READER, &scene->reader);

	assert_int_equal(ph_view_entity(fresh(scene), PH_ENTITY_READER, ph_key_view(&key),
					NULL, &scene->json),
			 0);
	assert_names(scene->json, "reader", &scene->reader);
	assert_int_equal(ph_view_entity(fresh(scene), PH_ENTITY_TITLE, PH_VIEW("x", 1),
					NULL, &scene->json),
			 PH_LEDGER_E_NONE);
	assert_int_equal(ph_ledger_each(fresh(scene), PH_ENTITY_COPY, view_each, scene),
			 0);
	assert_text(scene->json, "copy.code", "c9"); /* the last one */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE_TEST(copy_view),
		SCENE_TEST(title_view),
		SCENE_TEST(offered_view),
		SCENE_TEST(reader_view),
		SCENE_TEST(card_view),
		SCENE_TEST(place_views),
		SCENE_TEST(a_lost_card_is_replaced),
		SCENE_TEST(tally_view),
		SCENE_TEST(entity_view),
	};

	return cmocka_run_group_tests_name("view", tests, NULL, NULL);
}
