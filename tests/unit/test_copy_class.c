/*
 * tests/unit/test_copy_class.c - a class of copies as it is shown, out of the ledger
 * (docs/MERGE.md, "Copy": a class). What its fold gives is tested in test_fold_members.c.
 */
#include "ledger_world.h"

#include "common/ledger/copy_class.h"

struct scene {
	struct world world;
	struct actor desk;
};

static int scene_setup(void **state)
{
	struct scene *scene = calloc(1, sizeof *scene);

	world_init(&scene->world, false);
	actor_init(&scene->desk, 1, 101, T0);
	*state = scene;
	return 0;
}

static int scene_teardown(void **state)
{
	struct scene *scene = *state;

	actor_deinit(&scene->desk);
	world_deinit(&scene->world);
	free(scene);
	return 0;
}

static struct ph_ref alias(struct scene *scene, const char *code, const char *other)
{
	struct ph_entry entry = entry_of(PH_KIND_COPY_ALIAS);

	set_id(&entry, PH_ALIAS_COPY, 0, code);
	set_id(&entry, PH_ALIAS_OTHER, 0, other);
	return at(&scene->desk, &entry, 10);
}

static void list_copy(struct ph_entry *entry, unsigned field, const char *code,
		      struct ph_buf *list)
{
	struct ph_id id = { .code = ph_view_str(code) };

	assert_int_equal(ph_list_put_ids(list, &id, 1, &entry->field[field]), 0);
	entry->field[field].set = true;
}

/* Through the ledger: the class of CODE, whichever member that is. */
static void load(struct scene *scene, const char *code, struct ph_copy_class *shown)
{
	struct ph_id id = { .code = ph_view_str(code) };
	struct ph_entity_key key;

	world_take(&scene->world, &scene->desk, 100);
	world_catch_up(&scene->world);
	assert_true(ph_key_id(PH_ENTITY_COPY, &id, &key));
	assert_int_equal(ph_copy_class_load(scene->world.ledger, &key, shown), 0);
	assert_int_equal(shown->members.n, 2);
}

static void a_scan_under_the_other_label_takes_it_out_of_the_crate(void **state)
{
	struct scene *scene = *state;
	struct ph_entry send = entry_of(PH_KIND_CRATE_DISPATCH);
	struct ph_entry receive = entry_of(PH_KIND_CRATE_RECEIVE);
	struct ph_buf sent = { 0 }, scanned = { 0 };
	struct ph_copy_class shown;

	alias(scene, "c1", "c2");
	set_id(&send, PH_DISPATCH_CRATE, 0, "T1");
	set_uint(&send, PH_DISPATCH_FROM, 101);
	set_uint(&send, PH_DISPATCH_TO, 102);
	list_copy(&send, PH_DISPATCH_COPIES, "c1", &sent);
	at(&scene->desk, &send, 20);
	set_id(&receive, PH_RECEIVE_CRATE, 0, "T1");
	list_copy(&receive, PH_RECEIVE_COPIES, "c2", &scanned);
	at(&scene->desk, &receive, 30);
	load(scene, "c2", &shown);
	assert_int_equal(shown.copy.custody, PH_CUSTODY_SITE);
	assert_int_equal(shown.copy.at_site, 101);
	ph_copy_class_deinit(&shown);
	ph_buf_deinit(&sent);
	ph_buf_deinit(&scanned);
}

static void an_alias_shows_the_label_that_it_gave(void **state)
{
	struct scene *scene = *state;
	struct ph_copy_class shown;

	alias(scene, "c2", "c1"); /* c1 is the root */
	load(scene, "c1", &shown);
	assert_int_equal(shown.copy.n_aliases, 1);
	assert_true(ph_view_equal(shown.copy.aliases[0].other.code, ph_view_str("c1")));
	ph_copy_class_deinit(&shown);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_scan_under_the_other_label_takes_it_out_of_the_crate,
			scene_setup, scene_teardown),
		cmocka_unit_test_setup_teardown(an_alias_shows_the_label_that_it_gave,
						scene_setup, scene_teardown),
	};

	return cmocka_run_group_tests_name("copy_class", tests, NULL, NULL);
}
