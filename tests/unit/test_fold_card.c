/* tests/unit/test_fold_card.c - cards and devices: the last issue or admission holds (docs/MERGE.md). */
#include "fold_world.h"

#include "common/ledger/card.h"
#include "common/ledger/device.h"

static void last_issue_of_a_card_holds(void **state)
{
	struct room *room = *state;
	struct ph_entry issue = entry_of(PH_KIND_CARD_ISSUE);
	struct ph_ref readers[2] = { { .n = 1 }, { .n = 2 } };
	struct ph_id id = { .ns = 0, .code = ph_view_str("k1") };
	struct ph_entity_key key;
	struct ph_card card;

	set_id(&issue, PH_CARD_CARD, 0, "k1");
	set_ref(&issue, PH_CARD_READER, &readers[1]);
	at(&room->b, &issue, 200);
	fold_all(room);
	set_ref(&issue, PH_CARD_READER, &readers[0]);
	at(&room->a, &issue, 100);
	fold_all(room);
	assert_true(ph_key_id(PH_ENTITY_CARD, &id, &key));
	assert_int_equal(get_state(room, PH_ENTITY_CARD, &key), 0);
	assert_int_equal(ph_card_decode(ph_buf_view(&room->state), &card), 0);
	assert_int_equal(card.n_issues, 2);
	assert_ref(&card.issues[0].reader, &readers[0]);
	assert_ref(&card.issues[1].reader, &readers[1]);
	assert_int_equal(card.issues[1].site, 202);
	ph_card_deinit(&card);
}

static void last_admission_of_a_device_holds(void **state)
{
	struct room *room = *state;
	struct ph_entry admit = entry_of(PH_KIND_DEVICE_ADMIT);
	struct ph_device_state got;
	struct ph_entity_key key;
	uint8_t device[16] = { 5 };

	set_bytes(&admit, PH_ADMIT_DEVICE, device, sizeof device);
	set_bytes(&admit, PH_ADMIT_KEY, room->a.key, sizeof room->a.key);
	set_uint(&admit, PH_ADMIT_SITE, 101);
	set_uint(&admit, PH_ADMIT_ROLE, PH_ROLE_SITE);
	at(&room->hub, &admit, 10);
	set_uint(&admit, PH_ADMIT_ROLE, PH_ROLE_BOTH);
	at(&room->hub, &admit, 20);
	fold_all(room);
	assert_true(ph_key_bytes(PH_ENTITY_DEVICE, PH_VIEW(device, 16), &key));
	assert_int_equal(get_state(room, PH_ENTITY_DEVICE, &key), 0);
	assert_int_equal(ph_device_decode(ph_buf_view(&room->state), &got), 0);
	assert_int_equal(got.n_admissions, 2);

	const struct ph_admission *last = ph_device_admitted(&got);

	assert_int_equal(last->role, PH_ROLE_BOTH);
	assert_int_equal(last->site, 101);
	assert_int_equal(last->invite.len, 0);
	assert_false(ph_device_trusted(&got));
	ph_device_deinit(&got);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FOLD_TEST(last_issue_of_a_card_holds),
		FOLD_TEST(last_admission_of_a_device_holds),
	};

	return cmocka_run_group_tests_name("fold_card", tests, NULL, NULL);
}
