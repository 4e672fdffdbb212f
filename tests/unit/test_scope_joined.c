/*
 * tests/unit/test_scope_joined.c - copies that are joined lead where all their facts
 * together say, which may be where none of them says alone.
 */
#include <sodium.h>

#include "scope_quiet.h"

/* CODE is of 101 and has the title TITLE, by somebody who has seen SEEN. */
static struct ph_ref put_title_of(struct actor *actor, const char *code,
				  const struct ph_ref *title, const struct ph_ref *seen,
				  int64_t second)
{
	struct ph_entry put = entry_of(PH_KIND_COPY_PUT);

	set_id(&put, PH_COPY_COPY, 0, code);
	set_uint(&put, PH_COPY_OWNER, 101);
	set_ref(&put, PH_COPY_TITLE, title);
	if (seen != NULL) {
		see(&put, PH_COPY_TITLE, seen);
	}
	return at(actor, &put, second);
}

static void join(struct actor *actor, const char *one, const char *other, int64_t second)
{
	struct ph_entry alias = entry_of(PH_KIND_COPY_ALIAS);

	set_id(&alias, 0, 0, one);
	set_id(&alias, 1, 0, other);
	at(actor, &alias, second);
}

static struct ph_ref make_title(struct actor *actor, const char *name, int64_t second)
{
	struct ph_entry put = entry_of(PH_KIND_TITLE_PUT);

	set_text(&put, PH_TITLE_NAME, name);
	return at(actor, &put, second);
}

/*
 * Of c1 the later title shows, of c2 the only one. Whoever wrote that of c2 had seen the
 * later one of c1; so of both together the earlier one of c1 shows.
 */
static void a_title_that_shows_of_both_alone(void **state)
{
	struct history *history = history_quiet();
	struct actor *far = &history->actors[TARGET];
	struct ph_ref titles[3], later;
	struct province province;
	struct ph_buf name = { 0 };
	struct ph_entity_key key;

	(void)state;
	titles[0] = make_title(far, "Lao Hac", 1);
	titles[1] = make_title(far, "Chi Pheo", 2);
	titles[2] = make_title(far, "Tat den", 3);
	put_title_of(far, "c1", &titles[0], NULL, 20);
	later = put_title_of(far, "c1", &titles[1], NULL, 30);
	put_title_of(far, "c2", &titles[2], &later, 10);
	join(far, "c1", "c2", 40);
	play(&province, history);
	key = ph_key_ref(PH_ENTITY_TITLE, &titles[0]);
	assert_int_equal(ph_ledger_get(share_of(&province, 101)->world.ledger,
				       PH_ENTITY_TITLE, ph_key_view(&key), &name),
			 0);
	ph_buf_deinit(&name);
	close_province(&province);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_title_that_shows_of_both_alone),
	};

	ph_device_keys_make(&keys, &ph_rng_system);
	return cmocka_run_group_tests_name("scope_joined", tests, NULL, NULL);
}
