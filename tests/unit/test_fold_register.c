/* tests/unit/test_fold_register.c - fields that are put, and what a put had seen (docs/MERGE.md). */
#include "fold_world.h"

#include "common/ledger/show.h"

static void unseen_puts_are_all_heads(void **state)
{
	struct room *room = *state;
	struct ph_entry put = title_of("Tắt đèn");
	struct ph_record record;
	struct ph_ref title = at(&room->a, &put, 100);
	struct ph_entry change = title_of("Tắt đèn (tái bản)");

	set_ref(&change, PH_TITLE_TITLE, &title);
	see(&change, PH_TITLE_NAME, &title);

	struct ph_ref one = at(&room->a, &change, 200);

	set_text(&change, PH_TITLE_NAME, "Tat den");

	struct ph_ref two = at(&room->b, &change, 150);

	fold_all(room);
	record = get_record(room, PH_ENTITY_TITLE, &title, PH_KIND_TITLE_PUT);

	const struct ph_register *name =
		ph_registers_get(&record.registers, PH_TITLE_NAME);

	assert_non_null(name);
	assert_ref(&name->winner, &one); /* the later one shows */
	assert_true(
		ph_view_equal(name->value.as.bytes, ph_view_str("Tắt đèn (tái bản)")));
	assert_int_equal(name->n_others,
			 1); /* the other one is kept, the seen one is not */
	assert_ref(&name->others[0], &two);
	ph_record_deinit(&record);

	/* A put that saw both stands alone, even if its clock is behind. */
	struct ph_entry settle = title_of("Tắt đèn");

	set_ref(&settle, PH_TITLE_TITLE, &title);
	if (ph_ref_compare(&one, &two) < 0) {
		see(&settle, PH_TITLE_NAME, &one);
		see(&settle, PH_TITLE_NAME, &two);
	} else {
		see(&settle, PH_TITLE_NAME, &two);
		see(&settle, PH_TITLE_NAME, &one);
	}

	struct ph_ref last = at(&room->b, &settle, 160);

	fold_all(room);
	record = get_record(room, PH_ENTITY_TITLE, &title, PH_KIND_TITLE_PUT);
	name = ph_registers_get(&record.registers, PH_TITLE_NAME);
	assert_ref(&name->winner, &last);
	assert_int_equal(name->n_others, 0);
	ph_record_deinit(&record);

	/* If it is voided, what it had seen are heads again. */
	void_it(&room->b, &last, 300);
	fold_all(room);
	record = get_record(room, PH_ENTITY_TITLE, &title, PH_KIND_TITLE_PUT);
	name = ph_registers_get(&record.registers, PH_TITLE_NAME);
	assert_ref(&name->winner, &one);
	assert_int_equal(name->n_others, 1);
	ph_record_deinit(&record);
}

static void unset_field_is_not_touched(void **state)
{
	struct room *room = *state;
	struct ph_entry put = title_of("Chí Phèo");
	struct ph_entry year = entry_of(PH_KIND_TITLE_PUT);
	struct ph_record record;

	set_text(&put, PH_TITLE_AUTHOR, "Nam Cao");

	struct ph_ref title = at(&room->a, &put, 100);

	set_ref(&year, PH_TITLE_TITLE, &title);
	set_uint(&year, PH_TITLE_YEAR, 1941);
	at(&room->b, &year, 200);
	fold_all(room);
	record = get_record(room, PH_ENTITY_TITLE, &title, PH_KIND_TITLE_PUT);
	assert_int_equal(record.registers.n, 3);
	assert_ref(&ph_registers_get(&record.registers, PH_TITLE_AUTHOR)->winner, &title);
	assert_int_equal(
		ph_registers_get(&record.registers, PH_TITLE_YEAR)->value.as.uint, 1941);
	ph_record_deinit(&record);
}

static void put_before_its_first_entry_is_partial(void **state)
{
	struct room *room = *state;
	struct ph_entry put = title_of("Số đỏ");
	struct ph_entry change = title_of("Số đỏ 2");
	struct ph_ref title = at(&room->a, &put, 100);
	struct ph_record record;

	set_ref(&change, PH_TITLE_TITLE, &title);
	see(&change, PH_TITLE_NAME, &title);
	at(&room->b, &change, 200);
	world_take(&room->world, &room->b, UINT64_MAX);
	world_catch_up(&room->world);
	record = get_record(room, PH_ENTITY_TITLE, &title, PH_KIND_TITLE_PUT);
	assert_false(record.has_first);
	assert_int_equal(record.registers.n, 1);
	ph_record_deinit(&record);
	fold_all(room);
	record = get_record(room, PH_ENTITY_TITLE, &title, PH_KIND_TITLE_PUT);
	assert_true(record.has_first);
	assert_int_equal(record.site, 101);
	assert_int_equal(record.second, T0 + 100);
	ph_record_deinit(&record);
}

static void sealed_fields_keep_references_only(void **state)
{
	struct room *room = *state;
	struct ph_entry put = entry_of(PH_KIND_READER_PUT);
	uint8_t commit[32] = { 1 };
	struct ph_record record;

	set_uint(&put, PH_READER_BAND, PH_BAND_CHILD);
	set_uint(&put, PH_READER_SETS, 1u << PH_READER_S_NAME | 1u << PH_READER_S_NOTE);
	set_bytes(&put, PH_READER_COMMIT, commit, sizeof commit);

	struct ph_ref reader = at(&room->a, &put, 100);

	set_ref(&put, PH_READER_READER, &reader);
	set_uint(&put, PH_READER_SETS, 1u << PH_READER_S_NOTE);
	put.field[PH_READER_BAND].set = false;
	see(&put, put.kind->n_fields + PH_READER_S_NOTE, &reader);

	struct ph_ref change = at(&room->b, &put, 200);

	fold_all(room);
	record = get_record(room, PH_ENTITY_READER, &reader, PH_KIND_READER_PUT);
	assert_int_equal(record.registers.n, 3);

	const struct ph_register *name = ph_registers_get(
		&record.registers, PH_REGISTER_SEALED + PH_READER_S_NAME);
	const struct ph_register *note = ph_registers_get(
		&record.registers, PH_REGISTER_SEALED + PH_READER_S_NOTE);

	assert_ref(&name->winner, &reader);
	assert_false(name->value.set);
	assert_ref(&note->winner, &change);
	assert_int_equal(note->n_others, 0);
	ph_record_deinit(&record);
}

static void copy_registers_stand_beside_loans(void **state)
{
	struct room *room = *state;
	struct ph_entry put = entry_of(PH_KIND_COPY_PUT);
	struct ph_ref title = { .n = 5 };

	loan(&room->b, "c1", "k1", 50);
	set_id(&put, PH_COPY_COPY, 0, "c1");
	set_ref(&put, PH_COPY_TITLE, &title);
	set_uint(&put, PH_COPY_OWNER, 101);

	struct ph_ref first = at(&room->a, &put, 100);

	put.field[PH_COPY_TITLE].set = false;
	set_uint(&put, PH_COPY_OWNER, 202);
	see(&put, PH_COPY_OWNER, &first);
	at(&room->b, &put, 200);
	fold_all(room);

	const struct ph_copy *copy = get_copy(room, "c1");

	assert_int_equal(copy->n_loans, 1);
	assert_ref(&ph_registers_get(&copy->registers, PH_COPY_TITLE)->value.as.ref,
		   &title);
	assert_int_equal(ph_registers_get(&copy->registers, PH_COPY_OWNER)->value.as.uint,
			 202);
	/* Only the first put, which had seen none, is a new copy. */
	assert_int_equal(get_tally(room, 101, 0).count[PH_TALLY_COPIES], 1);
	assert_int_equal(get_tally(room, 202, 0).count[PH_TALLY_COPIES], 0);
}

/* A list is in the state as the bytes it was signed as; they can be read and shown. */
static void lists_are_registers_too(void **state)
{
	static const struct ph_view communes[] = { { (const uint8_t *)"03646", 5 },
						   { (const uint8_t *)"03640", 5 } };
	struct room *room = *state;
	struct ph_entry put = entry_of(PH_KIND_SITE_PUT);
	struct ph_entity_key key = ph_key_number(PH_ENTITY_SITE, 101);
	struct ph_buf route = { 0 };
	struct ph_record record;

	set_uint(&put, PH_SITE_SITE, 101);
	set_uint(&put, PH_SITE_NO_READERS, 1);
	assert_int_equal(
		ph_list_put_texts(&route, communes, 2, &put.field[PH_SITE_ROUTE]), 0);

	struct ph_ref ref = at(&room->hub, &put, 100);

	fold_all(room);
	assert_int_equal(get_state(room, PH_ENTITY_SITE, &key), 0);
	assert_int_equal(ph_record_decode(ph_buf_view(&room->state),
					  ph_kind_find(PH_KIND_SITE_PUT), &record),
			 0);
	assert_int_equal(record.registers.n, 2);

	const struct ph_register *reg =
		ph_registers_get(&record.registers, PH_SITE_ROUTE);

	assert_ref(&reg->winner, &ref);
	assert_int_equal(reg->value.as.list.count, 2);
	assert_true(ph_view_equal(reg->value.as.list.bytes, ph_buf_view(&route)));

	json_t *shown = ph_show_value(
		&ph_kind_find(PH_KIND_SITE_PUT)->fields[PH_SITE_ROUTE], &reg->value);

	assert_int_equal(json_array_size(shown), 2);
	assert_string_equal(json_string_value(json_array_get(shown, 0)), "03640");
	json_decref(shown);
	ph_record_deinit(&record);
	ph_buf_deinit(&route);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FOLD_TEST(unseen_puts_are_all_heads),
		FOLD_TEST(unset_field_is_not_touched),
		FOLD_TEST(put_before_its_first_entry_is_partial),
		FOLD_TEST(sealed_fields_keep_references_only),
		FOLD_TEST(copy_registers_stand_beside_loans),
		FOLD_TEST(lists_are_registers_too),
	};

	return cmocka_run_group_tests_name("fold_register", tests, NULL, NULL);
}
