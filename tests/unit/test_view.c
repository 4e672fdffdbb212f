/* tests/unit/test_view.c - what people are shown: views, queries, search. */
#include <errno.h>

#include "ledger_world.h"

#include "common/ledger/find.h"
#include "common/ledger/query.h"
#include "common/ledger/registers.h"
#include "common/log/part.h"

struct scene {
	struct world world;
	struct actor a, b, hub;
	struct ph_ref title, twin, tai, reader;
	struct ph_ref loan_a, loan_b;
	json_t *json;
};

static struct ph_ref put_title(struct actor *actor, const char *name, const char *author,
			       uint64_t year, uint8_t source)
{
	struct ph_entry put = entry_of(PH_KIND_TITLE_PUT);

	set_text(&put, PH_TITLE_NAME, name);
	set_text(&put, PH_TITLE_AUTHOR, author);
	set_uint(&put, PH_TITLE_YEAR, year);
	if (source != 0) {
		set_source(&put, source);
	}
	return at(actor, &put, 10);
}

static void put_copy(struct actor *actor, const char *code, const struct ph_ref *title,
		     uint64_t owner)
{
	struct ph_entry put = entry_of(PH_KIND_COPY_PUT);

	set_id(&put, PH_COPY_COPY, 0, code);
	set_ref(&put, PH_COPY_TITLE, title);
	set_uint(&put, PH_COPY_OWNER, owner);
	at(actor, &put, 20);
}

static struct ph_ref lend(struct actor *actor, const char *copy, const char *card,
			  int64_t second, uint64_t term)
{
	struct ph_entry loan = entry_of(PH_KIND_LOAN);

	set_id(&loan, PH_LOAN_COPY, 0, copy);
	set_id(&loan, PH_LOAN_CARD, 0, card);
	if (term > 0) {
		set_uint(&loan, PH_LOAN_TERM, term);
	}
	return at(actor, &loan, second);
}

static void put_hub(struct actor *hub)
{
	struct ph_entry put = entry_of(PH_KIND_SITE_PUT);

	set_uint(&put, PH_SITE_SITE, 101);
	set_text(&put, PH_SITE_CODE, "chieng-an");
	set_text(&put, PH_SITE_NAME, "Thư viện phường Chiềng An");
	set_uint(&put, PH_SITE_KIND, 1);
	at(hub, &put, 10);
	put = entry_of(PH_KIND_COMMUNE_PUT);
	set_text(&put, PH_COMMUNE_CODE, "03646");
	set_text(&put, PH_COMMUNE_NAME, "Tô Hiệu");
	at(hub, &put, 10);
	put = entry_of(PH_KIND_POLICY_PUT);
	set_text(&put, PH_POLICY_NAME, "loan-term-days");
	set_text(&put, PH_POLICY_VALUE, "21");
	at(hub, &put, 10);
	put = entry_of(PH_KIND_POLICY_PUT);
	set_text(&put, PH_POLICY_NAME, "greeting");
	set_text(&put, PH_POLICY_VALUE, "12 chào");
	at(hub, &put, 10);
}

static void put_reader(struct scene *scene)
{
	struct ph_entry put = entry_of(PH_KIND_READER_PUT);
	uint8_t commit[32] = { 1 };

	set_uint(&put, PH_READER_BAND, PH_BAND_ADULT);
	set_uint(&put, PH_READER_SETS, 1u << PH_READER_S_NAME | 1u << PH_READER_S_BORN);
	set_bytes(&put, PH_READER_COMMIT, commit, sizeof commit);
	scene->reader = at(&scene->a, &put, 10);
	put = entry_of(PH_KIND_CARD_ISSUE);
	set_id(&put, PH_CARD_CARD, 0, "k1");
	set_ref(&put, PH_CARD_READER, &scene->reader);
	at(&scene->a, &put, 20);
}

static int setup(void **state)
{
	struct scene *scene = calloc(1, sizeof *scene);

	world_init(&scene->world, false);
	actor_init(&scene->a, 1, 101, T0);
	actor_init(&scene->b, 2, 202, T0);
	actor_init(&scene->hub, 3, 0, T0);
	scene->title =
		put_title(&scene->a, "Lý thuyết đường đời", "Nguyễn Đình Thi", 1998, 7);
	put_title(&scene->a, "Truyện Kiều", "Nguyễn Du", 1820, 0);
	scene->tai = put_title(&scene->a, "ꪼꪕ ꪒꪾ", "Tày", 2001, 0);
	scene->twin =
		put_title(&scene->b, "Lý thuyết đường đời", "Nguyễn Đình Thi", 1998, 7);
	/* Of the two the first in the order is the root. */
	if (ph_ref_compare(&scene->twin, &scene->title) < 0) {
		struct ph_ref root = scene->twin;

		scene->twin = scene->title;
		scene->title = root;
	}
	put_copy(&scene->a, "c1", &scene->title, 101);
	put_copy(&scene->b, "c2", &scene->twin, 202);
	put_reader(scene);
	put_hub(&scene->hub);
	scene->loan_a = lend(&scene->a, "c1", "k1", 100, 14);
	scene->loan_b = lend(&scene->b, "c1", "k2", 200, 7);
	lend(&scene->b, "c9", "k1", 300, 0);

	struct ph_entry visit = entry_of(PH_KIND_VISIT);

	set_uint(&visit, PH_VISIT_COUNT, 6);
	set_uint(&visit, PH_VISIT_BAND, PH_BAND_ELDER);
	set_uint(&visit, PH_VISIT_WOMEN, 4);
	at(&scene->a, &visit, 400);
	world_take(&scene->world, &scene->a, UINT64_MAX);
	world_take(&scene->world, &scene->b, UINT64_MAX);
	world_take(&scene->world, &scene->hub, UINT64_MAX);
	world_catch_up(&scene->world);
	*state = scene;
	return 0;
}

static int teardown(void **state)
{
	struct scene *scene = *state;

	json_decref(scene->json);
	world_deinit(&scene->world);
	actor_deinit(&scene->a);
	actor_deinit(&scene->b);
	actor_deinit(&scene->hub);
	free(scene);
	return 0;
}

/* --- looking into JSON: a path is members and indexes parted by dots --- */

static json_t *look(json_t *json, const char *path)
{
	char part[64];

	while (*path != '\0' && json != NULL) {
		size_t len = strcspn(path, ".");

		assert_true(len < sizeof part);
		memcpy(part, path, len);
		part[len] = '\0';
		json = json_is_array(json) ? json_array_get(json, strtoul(part, NULL, 10))
					   : json_object_get(json, part);
		path += len + (path[len] == '.');
	}
	return json;
}

static void assert_text(json_t *json, const char *path, const char *wanted)
{
	const char *got = json_string_value(look(json, path));

	if (got == NULL || strcmp(got, wanted) != 0) {
		fail_msg("%s: %s, not %s", path, got ? got : "nothing", wanted);
	}
}

static void assert_number(json_t *json, const char *path, json_int_t wanted)
{
	json_t *got = look(json, path);

	if (!json_is_integer(got) || json_integer_value(got) != wanted) {
		fail_msg("%s: %" JSON_INTEGER_FORMAT ", not %" JSON_INTEGER_FORMAT, path,
			 json_integer_value(got), wanted);
	}
}

static void assert_none(json_t *json, const char *path)
{
	assert_null(look(json, path));
}

static void assert_size(json_t *json, const char *path, size_t wanted)
{
	json_t *got = look(json, path);

	assert_true(json_is_array(got));
	assert_int_equal(json_array_size(got), wanted);
}

static void assert_names(json_t *json, const char *path, const struct ph_ref *ref)
{
	char text[PH_REF_TEXT];

	ph_ref_text(text, ref);
	assert_text(json, path, text);
}

static struct ph_ledger *fresh(struct scene *scene)
{
	json_decref(scene->json);
	scene->json = NULL;
	return scene->world.ledger;
}

/* --- an opener that knows one reader --- */

struct parts {
	const char *name;
	struct ph_ref ref;
	int rc; /* instead of opening */
	unsigned opened;
};

static int open_part(void *data, const struct ph_ref *ref, struct ph_buf *plain)
{
	struct parts *parts = data;
	struct ph_entry entry = entry_of(PH_KIND_READER_PUT);
	struct ph_error err = { 0 };

	parts->opened++;
	if (parts->rc != 0 || !ph_ref_equal(ref, &parts->ref)) {
		return parts->rc != 0 ? parts->rc : 1;
	}
	entry.sealed[PH_READER_S_NAME].set = true;
	entry.sealed[PH_READER_S_NAME].as.bytes = ph_view_str(parts->name);
	entry.sealed[PH_READER_S_BORN].set = true;
	entry.sealed[PH_READER_S_BORN].as.uint = 1960;
	return ph_part_encode(&entry, plain, &err);
}

/* --- views --- */

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
	assert_int_equal(ph_view_all(fresh(scene), PH_ENTITY_POLICY, &scene->json), 0);
	assert_size(scene->json, "", 2);
	assert_text(scene->json, "0.name", "greeting");
	assert_int_equal(ph_view_all(fresh(scene), PH_ENTITY_DEVICE, &scene->json), 0);
	assert_size(scene->json, "", 0);
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

/* --- queries --- */

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

	assert_int_equal(ph_query_count_cases(scene->world.ledger), 1);
	assert_int_equal(ph_query_cases(fresh(scene), &scene->json), 0);
	assert_size(scene->json, "", 1);
	assert_text(scene->json, "0.case", "loans-in-two-places");
	assert_names(scene->json, "0.anchor", &scene->loan_b);
	assert_names(scene->json, "0.first.loan", &scene->loan_a);
	assert_names(scene->json, "0.second.loan", &scene->loan_b);
	assert_text(scene->json, "0.copy.code", "c1");

	struct ph_entry back = entry_of(PH_KIND_RETURN);

	set_id(&back, PH_RETURN_COPY, 0, "c1");
	at(&scene->a, &back, 150);
	world_take(&scene->world, &scene->a, UINT64_MAX);
	world_catch_up(&scene->world);
	assert_int_equal(ph_query_count_cases(scene->world.ledger), 0);
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

/* --- search --- */

static void titles_are_found_without_marks(void **state)
{
	static const struct {
		const char *text;
		size_t hits;
	} cases[] = {
		{ "ly thuyet", 1 }, { "LÝ THUYẾT", 1 }, { "duong doi", 1 },
		{ "đường", 1 },     { "nguyen", 2 },    { "thuyet nguyen 1998", 1 },
		{ "thuy", 1 },      { "huyet", 0 },     { "ly kieu", 0 },
		{ "", 0 },          { " .,-\"*()", 0 }, { "\"ly\" OR kieu", 0 },
		{ "ꪼꪕ", 1 },        { "1820", 1 },      { "\xff\xfe ly", 1 },
	};
	struct scene *scene = *state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(ph_ledger_find_titles(fresh(scene),
						       ph_view_str(cases[i].text), 0,
						       &scene->json),
				 0);
		if (json_array_size(scene->json) != cases[i].hits) {
			fail_msg("%s: %zu hits, not %zu", cases[i].text,
				 json_array_size(scene->json), cases[i].hits);
		}
	}
	assert_int_equal(ph_ledger_find_titles(fresh(scene), ph_view_str("nguyen"), 1,
					       &scene->json),
			 0);
	assert_size(scene->json, "", 1);
	assert_int_equal(ph_ledger_find_titles(fresh(scene), ph_view_str("duong doi"), 0,
					       &scene->json),
			 0);
	assert_names(scene->json, "0.title", &scene->title); /* the root, not its twin */
	assert_number(scene->json, "0.copies", 2);
}

static void words_follow_the_title(void **state)
{
	struct scene *scene = *state;
	struct ph_entry put = entry_of(PH_KIND_VOID);

	set_ref(&put, PH_VOID_TARGET, &scene->tai);
	at(&scene->a, &put, 900);
	world_take(&scene->world, &scene->a, UINT64_MAX);
	world_catch_up(&scene->world);
	assert_int_equal(
		ph_ledger_find_titles(fresh(scene), ph_view_str("ꪼꪕ"), 0, &scene->json),
		0);
	assert_size(scene->json, "", 0);
}

static void readers_are_found_without_marks(void **state)
{
	struct scene *scene = *state;
	struct parts parts = { .name = "Lò Thị Đào", .ref = scene->reader };
	struct ph_opener opener = { .open = open_part, .data = &parts };
	static const struct {
		const char *text;
		uint64_t site;
		size_t hits;
	} cases[] = {
		{ "dao", 0, 1 },   { "lo thi", 101, 1 }, { "dao lo", 0, 1 },
		{ "thi", 202, 0 }, { "ao", 0, 0 },       { "", 0, 0 },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(
			ph_ledger_find_readers(fresh(scene), ph_view_str(cases[i].text),
					       cases[i].site, 0, &opener, &scene->json),
			0);
		if (json_array_size(scene->json) != cases[i].hits) {
			fail_msg("%s: %zu hits", cases[i].text,
				 json_array_size(scene->json));
		}
	}
	assert_int_equal(ph_ledger_find_readers(fresh(scene), ph_view_str("dao"), 0, 0,
						&opener, &scene->json),
			 0);
	assert_text(scene->json, "0.name", "Lò Thị Đào");
	/* A locked desk finds nobody, and that is no error; a failure is one. */
	parts.rc = 1;
	assert_int_equal(ph_ledger_find_readers(fresh(scene), ph_view_str("dao"), 0, 0,
						&opener, &scene->json),
			 0);
	assert_size(scene->json, "", 0);
	assert_int_equal(ph_ledger_find_readers(fresh(scene), ph_view_str("dao"), 0, 0,
						NULL, &scene->json),
			 0);
	assert_size(scene->json, "", 0);
	parts.rc = -EIO;
	assert_int_equal(ph_ledger_find_readers(fresh(scene), ph_view_str("dao"), 0, 0,
						&opener, &scene->json),
			 -EIO);
}

static void no_name_is_in_the_database(void **state)
{
	struct scene *scene = *state;
	struct parts parts = { .name = "Lò Thị Đào", .ref = scene->reader };
	struct ph_opener opener = { .open = open_part, .data = &parts };
	struct ph_stmt *stmt;

	assert_int_equal(ph_ledger_find_readers(fresh(scene), ph_view_str("dao"), 0, 0,
						&opener, &scene->json),
			 0);
	assert_int_equal(ph_db_prepare(scene->world.db,
				       "SELECT count(*) FROM ledger_words"
				       " WHERE words LIKE '%dao%'",
				       &stmt),
			 0);
	assert_int_equal(ph_stmt_step(stmt), PH_DB_ROW);
	assert_int_equal(ph_stmt_col_int(stmt, 0), 0);
	ph_stmt_reset(stmt);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(copy_view),
		T(title_view),
		T(offered_view),
		T(reader_view),
		T(card_view),
		T(place_views),
		T(tally_view),
		T(entity_view),
		T(loan_queries),
		T(case_queries),
		T(summaries),
		T(policies_and_sites),
		T(a_put_that_saw_all_stands_alone),
		T(titles_are_found_without_marks),
		T(words_follow_the_title),
		T(readers_are_found_without_marks),
		T(no_name_is_in_the_database),
	};

	return cmocka_run_group_tests_name("view", tests, NULL, NULL);
}
