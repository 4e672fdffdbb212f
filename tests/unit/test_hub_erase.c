/*
 * tests/unit/test_hub_erase.c - the order that a reader be erased: what the hub fills in, and a reader
 * of whom there is more than one order can name.
 */
#include "tests/unit/collect_room.h"

enum {
	ITEMS_MAX = 64, /* registrations, and cards, of one order; by the kind table */
};

/* A card for the reader that entry N of MEMBER's log made. */
static void write_card(struct member *member, uint64_t n, const char *code)
{
	struct ph_entry entry = { .kind = ph_kind_find(PH_KIND_CARD_ISSUE) };
	struct ph_value *reader = &entry.field[PH_CARD_READER];
	struct ph_buf bytes = { 0 };
	struct ph_error err = { 0 };
	uint8_t e[PH_HASH_SIZE];

	read_own(&member->desk, n, &bytes, &(struct ph_entry){ 0 });
	ph_entry_hash(ph_buf_view(&bytes), e);
	reader->set = true;
	reader->as.ref.n = n;
	memcpy(reader->as.ref.log_id, own_log(member)->id, PH_LOG_ID_SIZE);
	memcpy(reader->as.ref.hash, e, sizeof(reader->as.ref.hash));
	entry.field[PH_CARD_CARD].set = true;
	entry.field[PH_CARD_CARD].as.id =
		(struct ph_id){ .ns = 140371, .code = ph_view_str(code) };
	begin(&member->desk.room);
	if (ph_writer_add(member->desk.writer, &entry, NULL, &err) != 0) {
		fail_msg("%s", err.text);
	}
	assert_int_equal(ph_writer_seal(member->desk.writer), 0);
	commit(&member->desk.room);
	ph_buf_deinit(&bytes);
}

/* MEMBER sends all that it has. */
static void send_all(struct hub_room *room, struct member *member)
{
	expect_job(room, store_of(member, all_item(member, 0)), 0);
}

static void test_erase(void **state)
{
	struct pair pair;
	char ref[PH_REF_TEXT];
	uint64_t n, other;
	json_t *entry;

	(void)state;
	pair_open(&pair);
	n = write_reader(&pair.a, "Lò Văn A");
	write_card(&pair.a, n, "C1");
	write_card(&pair.a, n, "C2");
	other = write_reader(&pair.a, "Cà Thị B");
	write_card(&pair.a, other, "C3");
	send_all(&pair.room, &pair.a);
	ref_of(&pair.a, n, ref);
	entry = signs(&pair.room, request_erase(ref));
	assert_int_equal(json_array_size(json_object_get(entry, "readers")), 1);
	assert_string_equal(
		json_string_value(json_array_get(json_object_get(entry, "readers"), 0)),
		ref);
	assert_int_equal(json_array_size(json_object_get(entry, "cards")), 2);
	assert_string_equal(
		text_in(json_array_get(json_object_get(entry, "cards"), 0), "code"),
		"C1");
	json_decref(entry);

	ref_of(&pair.a, 1, ref); /* not a reader */
	refused(&pair.room, request_erase(ref), PH_EXIT_OTHER, "no reader");
	refused(&pair.room, request_erase("x"), PH_EXIT_OTHER, "neither a reference");
	refused(&pair.room, request_erase("x1"), PH_EXIT_OTHER, "\"x1\" is neither");
	refused(&pair.room, json_pack("{s:s}", "command", "reader-erase"), PH_EXIT_USAGE,
		"names no reader");
	pair_close(&pair);
}

/* --- more than one order can name --- */

/* COUNT cards for the reader that entry N made. */
static void write_cards(struct member *member, uint64_t n, unsigned count)
{
	char code[16];

	for (unsigned i = 0; i < count; i++) {
		snprintf(code, sizeof(code), "C%03u", i);
		write_card(member, n, code);
	}
}

static size_t count_in(const json_t *entry, const char *name)
{
	return json_array_size(json_object_get(entry, name));
}

/* The order of REQUEST (taken) is signed, and leaves so much; what it is, and what it says for the next. */
static json_t *order_of(struct hub_room *room, json_t *request, int64_t readers_left,
			int64_t cards_left, json_t **also_out)
{
	json_t *answer = ask(room, request);
	json_t *entry;

	assert_int_equal(int_in(answer, "readers_left"), readers_left);
	assert_int_equal(int_in(answer, "cards_left"), cards_left);
	entry = wrote(room,
		      signed_by(json_array_get(json_object_get(answer, "entries"), 0),
				&room->operator_pair));
	if (also_out) {
		*also_out = json_incref(json_object_get(answer, "also"));
	}
	json_decref(answer);
	return entry;
}

static json_t *order(struct hub_room *room, const char *ref, int64_t readers_left,
		     int64_t cards_left)
{
	return order_of(room, request_erase(ref), readers_left, cards_left, NULL);
}

/* The order after one that said ALSO (taken), which leaves nothing. */
static json_t *order_rest(struct hub_room *room, json_t *also)
{
	return order_of(room,
			json_pack("{s:s, s:o}", "command", "reader-erase", "also", also),
			0, 0, NULL);
}

/* Orders name all of the reader REF: there is none to be signed. */
static void is_erased(struct hub_room *room, const char *ref)
{
	refused(room, request_erase(ref), PH_EXIT_OTHER,
		"erased already, by the order of 20");
}

static void write_of(struct member *member, struct ph_entry *entry)
{
	struct ph_error err = { 0 };

	begin(&member->desk.room);
	if (ph_writer_add(member->desk.writer, entry, NULL, &err) != 0) {
		fail_msg("%s", err.text);
	}
	assert_int_equal(ph_writer_seal(member->desk.writer), 0);
	commit(&member->desk.room);
}

static struct ph_ref parsed(const struct member *member, uint64_t n)
{
	struct ph_ref ref;
	char text[PH_REF_TEXT];

	ref_of(member, n, text);
	assert_int_equal(ph_ref_parse(text, strlen(text), &ref), 0);
	return ref;
}

/* A merge of the registrations that entries N and OTHER made; the entry that it is. */
static uint64_t write_merge(struct member *member, uint64_t n, uint64_t other)
{
	struct ph_entry entry = { .kind = ph_kind_find(PH_KIND_READER_MERGE) };

	entry.field[PH_READER_MERGE_READER].set = true;
	entry.field[PH_READER_MERGE_READER].as.ref = parsed(member, n);
	entry.field[PH_READER_MERGE_OTHER].set = true;
	entry.field[PH_READER_MERGE_OTHER].as.ref = parsed(member, other);
	write_of(member, &entry);
	return own_log(member)->n;
}

/* That merge is taken back. */
static void write_unmerge(struct member *member, uint64_t merge)
{
	struct ph_entry entry = { .kind = ph_kind_find(PH_KIND_READER_UNMERGE) };
	struct ph_ref ref = parsed(member, merge);
	struct ph_buf list = { 0 };

	assert_int_equal(
		ph_list_put_refs(&list, &ref, 1, &entry.field[PH_READER_UNMERGE_MERGES]),
		0);
	write_of(member, &entry);
	ph_buf_deinit(&list);
}

/* The registration that entry N made is taken back. */
static void write_void(struct member *member, uint64_t n)
{
	struct ph_entry entry = { .kind = ph_kind_find(PH_KIND_VOID) };

	entry.field[PH_VOID_TARGET].set = true;
	entry.field[PH_VOID_TARGET].as.ref = parsed(member, n);
	write_of(member, &entry);
}

static bool has_card(const json_t *entry, const char *code)
{
	json_t *card;
	size_t i;

	json_array_foreach(json_object_get(entry, "cards"), i, card)
	{
		if (strcmp(text_in(card, "code"), code) == 0) {
			return true;
		}
	}
	return false;
}

static bool has_reader(const json_t *entry, const char *ref)
{
	json_t *reader;
	size_t i;

	json_array_foreach(json_object_get(entry, "readers"), i, reader)
	{
		if (strcmp(json_string_value(reader), ref) == 0) {
			return true;
		}
	}
	return false;
}

/* A reader with 64 cards is one order; with 65 it is two, which between them name each card once. */
static void test_many_cards(void **state)
{
	(void)state;
	for (unsigned cards = ITEMS_MAX; cards <= ITEMS_MAX + 1; cards++) {
		unsigned over = cards - ITEMS_MAX;
		struct pair pair;
		json_t *first, *second;
		char ref[PH_REF_TEXT];
		char code[16];
		uint64_t n;

		pair_open(&pair);
		n = write_reader(&pair.a, "Lò Văn A");
		write_cards(&pair.a, n, cards);
		send_all(&pair.room, &pair.a);
		ref_of(&pair.a, n, ref);
		first = order(&pair.room, ref, 0, over);
		assert_int_equal(count_in(first, "readers"), 1);
		assert_int_equal(count_in(first, "cards"), ITEMS_MAX);
		/* said again: what is left; of a reader who is erased whole nothing */
		second = over ? order(&pair.room, ref, 0, 0) : NULL;
		assert_true(!over || has_reader(second, ref));
		assert_int_equal(count_in(second, "cards"), over);
		for (unsigned i = 0; over && i < cards; i++) {
			snprintf(code, sizeof(code), "C%03u", i);
			assert_true(has_card(first, code) != has_card(second, code));
		}
		json_decref(first);
		json_decref(second);
		is_erased(&pair.room, ref);
		pair_close(&pair);
	}
}

/* The same of registrations that are one person; by any of them, and by a card. */
static void test_many_registrations(void **state)
{
	(void)state;
	for (unsigned count = ITEMS_MAX; count <= ITEMS_MAX + 1; count++) {
		unsigned over = count - ITEMS_MAX;
		char refs[ITEMS_MAX + 1][PH_REF_TEXT];
		uint64_t n[ITEMS_MAX + 1];
		json_t *first, *second;
		struct pair pair;

		pair_open(&pair);
		for (unsigned i = 0; i < count; i++) {
			n[i] = write_reader(&pair.a, "Lò Văn A");
			ref_of(&pair.a, n[i], refs[i]);
			if (i > 0) {
				write_merge(&pair.a, n[i], n[i - 1]);
			}
		}
		write_card(&pair.a, n[0], "C1");
		send_all(&pair.room, &pair.a);
		first = order(&pair.room, refs[1], over, 0);
		assert_int_equal(count_in(first, "readers"), ITEMS_MAX);
		assert_true(has_card(first, "C1"));
		second = over ? order(&pair.room, refs[2], 0, 0) : NULL;
		assert_int_equal(count_in(second, "readers"), over);
		for (unsigned i = 0; over && i < count; i++) {
			assert_true(has_reader(first, refs[i]) !=
				    has_reader(second, refs[i]));
		}
		json_decref(first);
		json_decref(second);
		is_erased(&pair.room, refs[3]);
		pair_close(&pair);
	}
}

/* COUNT registrations of one reader, each merged with the one before, are at the hub. */
static void write_class(struct pair *pair, unsigned count, char refs[][PH_REF_TEXT],
			uint64_t *n, uint64_t *merges)
{
	for (unsigned i = 0; i < count; i++) {
		n[i] = write_reader(&pair->a, "Lò Văn A");
		ref_of(&pair->a, n[i], refs[i]);
		merges[i] = i > 0 ? write_merge(&pair->a, n[i], n[i - 1]) : 0;
	}
	send_all(&pair->room, &pair->a);
}

/* What a site takes apart between two orders is named all the same: registrations. */
static void test_apart_registrations(void **state)
{
	enum {
		COUNT = ITEMS_MAX + 2
	};
	char refs[COUNT][PH_REF_TEXT];
	uint64_t n[COUNT], merges[COUNT];
	json_t *first, *second, *also;
	struct pair pair;

	(void)state;
	pair_open(&pair);
	write_class(&pair, COUNT, refs, n, merges);
	first = order_of(&pair.room, request_erase(refs[0]), 2, 0, &also);
	assert_int_equal(json_array_size(also), COUNT);
	for (unsigned i = 1; i < COUNT; i++) {
		write_unmerge(&pair.a, merges[i]);
	}
	send_all(&pair.room, &pair.a);
	second = order_rest(&pair.room, also);
	assert_int_equal(count_in(second, "readers"), 2);
	for (unsigned i = 0; i < COUNT; i++) {
		assert_true(has_reader(first, refs[i]) != has_reader(second, refs[i]));
	}
	json_decref(first);
	json_decref(second);
	pair_close(&pair);
}

/* What was taken back meanwhile is left out, and the others are named. */
static void test_void_between(void **state)
{
	enum {
		COUNT = ITEMS_MAX + 2
	};
	char refs[COUNT][PH_REF_TEXT];
	uint64_t n[COUNT], merges[COUNT];
	json_t *first, *second, *also;
	unsigned voided = COUNT;
	struct pair pair;

	(void)state;
	pair_open(&pair);
	write_class(&pair, COUNT, refs, n, merges);
	first = order_of(&pair.room, request_erase(refs[0]), 2, 0, &also);
	for (unsigned i = 1; i < COUNT; i++) {
		write_unmerge(&pair.a, merges[i]);
	}
	for (unsigned i = 0; i < COUNT && voided == COUNT; i++) {
		voided = has_reader(first, refs[i]) ? COUNT : i;
	}
	assert_true(voided < COUNT);
	write_void(&pair.a, n[voided]);
	send_all(&pair.room, &pair.a);
	refused(&pair.room, request_erase(refs[voided]), PH_EXIT_OTHER, "no reader");
	second = order_rest(&pair.room, also);
	assert_int_equal(count_in(second, "readers"), 1);
	for (unsigned i = 0; i < COUNT; i++) {
		assert_int_equal(has_reader(first, refs[i]) + has_reader(second, refs[i]),
				 i != voided);
	}
	json_decref(first);
	json_decref(second);
	pair_close(&pair);
}

/* And cards, of a registration that the first order names. */
static void test_apart_cards(void **state)
{
	char refs[2][PH_REF_TEXT];
	json_t *first, *second, *also;
	uint64_t n[2], merge;
	struct pair pair;

	(void)state;
	pair_open(&pair);
	for (unsigned i = 0; i < 2; i++) {
		n[i] = write_reader(&pair.a, "Lò Văn A");
		ref_of(&pair.a, n[i], refs[i]);
	}
	merge = write_merge(&pair.a, n[0], n[1]);
	write_cards(&pair.a, n[0], ITEMS_MAX + 1);
	send_all(&pair.room, &pair.a);
	first = order_of(&pair.room, request_erase(refs[1]), 0, 1, &also);
	assert_int_equal(count_in(first, "readers"), 2);
	write_unmerge(&pair.a, merge);
	send_all(&pair.room, &pair.a);
	second = order_rest(&pair.room, also);
	assert_int_equal(count_in(second, "cards"), 1);
	json_decref(first);
	json_decref(second);
	pair_close(&pair);
}

/* The first device calls a hub that was put back, and brings what that has lost. */
static void bring(struct rolled *r)
{
	struct hub_room *room = &r->pair.room;
	struct ph_job *job = hello_of(&r->pair.a, NULL);

	job->hello.control.n = (uint64_t)r->control;
	memset(job->hello.control.h, 0x55, sizeof(job->hello.control.h));
	carry_out(room, job);
	assert_int_equal(job->result, 0);
	ph_job_free(job);
	job = carry_out(room, store_of(&r->pair.a, copy_item(r->items)));
	assert_int_equal(job->result, 0);
	ph_job_free(job);
	assert_int_equal(hub_says(room, "epoch"), 2);
}

/*
 * A hub that was put back, and wrote something in the place of the orders: not all hear these, and
 * those that are given again name each registration and each card once, as if there were no others.
 */
static void test_put_back(void **state)
{
	enum {
		COUNT = ITEMS_MAX + 6
	};
	char refs[COUNT][PH_REF_TEXT], code[16];
	json_t *first, *second;
	struct rolled r;
	struct hub_room *room = &r.pair.room;
	uint64_t n[COUNT];

	(void)state;
	pair_open(&r.pair);
	for (unsigned i = 0; i < COUNT; i++) {
		n[i] = write_reader(&r.pair.a, "Lò Văn A");
		ref_of(&r.pair.a, n[i], refs[i]);
		if (i > 0) {
			write_merge(&r.pair.a, n[i], n[i - 1]);
		}
	}
	write_cards(&r.pair.a, n[0], COUNT);
	send_all(room, &r.pair.a);
	keep_copy(&r);
	json_decref(order(room, refs[0], 6, 6));
	json_decref(order(room, refs[0], 0, 0));
	is_erased(room, refs[0]);
	r.control = hub_says(room, "control_entries");
	put_copy_back(&r);
	pass(&room->machine, 60);
	for (unsigned i = 0; i < 4; i++) {
		set_policy(room, i & 1 ? "35" : "30");
	}
	bring(&r);
	first = order(room, refs[0], 6, 6);
	second = order(room, refs[0], 0, 0);
	assert_int_equal(count_in(second, "readers"), 6);
	for (unsigned i = 0; i < COUNT; i++) {
		snprintf(code, sizeof(code), "C%03u", i);
		assert_true(has_reader(first, refs[i]) != has_reader(second, refs[i]));
		assert_true(has_card(first, code) != has_card(second, code));
	}
	is_erased(room, refs[0]);
	json_decref(first);
	json_decref(second);
	rolled_close(&r);
}

/* Several readers who are too much for one order are to be named by themselves. */
static void test_many_readers(void **state)
{
	struct pair pair;
	char one[PH_REF_TEXT], other[PH_REF_TEXT];
	uint64_t n;

	(void)state;
	pair_open(&pair);
	n = write_reader(&pair.a, "Cà Thị B");
	ref_of(&pair.a, n, other);
	write_card(&pair.a, n, "D1");
	n = write_reader(&pair.a, "Lò Văn A");
	ref_of(&pair.a, n, one);
	write_cards(&pair.a, n, ITEMS_MAX);
	send_all(&pair.room, &pair.a);
	refused(&pair.room,
		json_pack("{s:s, s:[s, s]}", "command", "reader-erase", "readers", one,
			  other),
		PH_EXIT_OTHER, "more than 64 cards: erase fewer readers at once");
	refused(&pair.room,
		json_pack("{s:s, s:[s, s], s:s}", "command", "reader-erase", "readers",
			  one, other, "language", "vi"),
		PH_EXIT_OTHER, "hơn 64 thẻ: mỗi lần hãy xóa ít bạn đọc hơn");
	json_decref(order(&pair.room, other, 0, 0));
	is_erased(&pair.room, other);
	json_decref(order(&pair.room, one, 0, 0));
	is_erased(&pair.room, one);
	/* a card that was given since no order names */
	write_card(&pair.a, n, "D2");
	send_all(&pair.room, &pair.a);
	json_decref(order(&pair.room, one, 0, 0));
	is_erased(&pair.room, one);
	pair_close(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_erase),
		cmocka_unit_test(test_many_cards),
		cmocka_unit_test(test_many_registrations),
		cmocka_unit_test(test_apart_registrations),
		cmocka_unit_test(test_void_between),
		cmocka_unit_test(test_apart_cards),
		cmocka_unit_test(test_put_back),
		cmocka_unit_test(test_many_readers),
	};

	return cmocka_run_group_tests(tests, make_pattern, remove_pattern);
}
