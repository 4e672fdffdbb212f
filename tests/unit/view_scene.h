/*
 * tests/unit/view_scene.h - a small library to look at, and looks into JSON.
 *
 * Two sites and the hub: a title that both have catalogued, a copy lent in two
 * places, a reader with a card, a visit. Tests ask for views of it, which are JSON.
 */
#ifndef PH_TESTS_VIEW_SCENE_H
#define PH_TESTS_VIEW_SCENE_H

#include "ledger_world.h"

#include "common/ledger/view.h"
#include "common/log/part.h"

struct scene {
	struct world world;
	struct actor a, b, hub;
	struct ph_ref title, twin, tai, reader;
	struct ph_ref loan_a, loan_b;
	json_t *json;
};

static inline struct ph_ref put_title(struct actor *actor, const char *name,
				      const char *author, uint64_t year, uint8_t source)
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

static inline void put_copy(struct actor *actor, const char *code,
			    const struct ph_ref *title, uint64_t owner)
{
	struct ph_entry put = entry_of(PH_KIND_COPY_PUT);

	set_id(&put, PH_COPY_COPY, 0, code);
	set_ref(&put, PH_COPY_TITLE, title);
	set_uint(&put, PH_COPY_OWNER, owner);
	at(actor, &put, 20);
}

static inline struct ph_ref lend(struct actor *actor, const char *copy, const char *card,
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

static inline void put_hub(struct actor *hub)
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

static inline void put_reader(struct scene *scene)
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

static inline int scene_setup(void **state)
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

static inline int scene_teardown(void **state)
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

static inline json_t *look(json_t *json, const char *path)
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

static inline void assert_text(json_t *json, const char *path, const char *wanted)
{
	const char *got = json_string_value(look(json, path));

	if (got == NULL || strcmp(got, wanted) != 0) {
		fail_msg("%s: %s, not %s", path, got ? got : "nothing", wanted);
	}
}

static inline void assert_number(json_t *json, const char *path, json_int_t wanted)
{
	json_t *got = look(json, path);

	if (!json_is_integer(got) || json_integer_value(got) != wanted) {
		fail_msg("%s: %" JSON_INTEGER_FORMAT ", not %" JSON_INTEGER_FORMAT, path,
			 json_integer_value(got), wanted);
	}
}

static inline void assert_none(json_t *json, const char *path)
{
	assert_null(look(json, path));
}

static inline void assert_size(json_t *json, const char *path, size_t wanted)
{
	json_t *got = look(json, path);

	assert_true(json_is_array(got));
	assert_int_equal(json_array_size(got), wanted);
}

static inline void assert_names(json_t *json, const char *path, const struct ph_ref *ref)
{
	char text[PH_REF_TEXT];

	ph_ref_text(text, ref);
	assert_text(json, path, text);
}

static inline struct ph_ledger *fresh(struct scene *scene)
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

static inline int open_part(void *data, const struct ph_ref *ref, struct ph_buf *plain)
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

#define SCENE_TEST(name)                                                                 \
	cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)

#endif
