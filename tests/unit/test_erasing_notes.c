/*
 * tests/unit/test_erasing_notes.c - notes about what names an erased reader (docs/MERGE.md, "Carrying
 * out an erasure"): loans, holds, money, cards; early, late, and in any order.
 */
#include "erasing_bench.h"

#include <sodium.h>

#define MAX 24

/* Notes with their parts. */
struct notes {
	struct ph_ref ref[MAX];
	struct ph_buf cipher[MAX];
	bool theirs[MAX]; /* of the reader who is erased */
	const char *about[MAX];
	unsigned n;
};

static struct ph_ref add_note(struct notes *notes, struct actor *actor, const char *what,
			      const struct ph_ref *about, bool theirs, int64_t second)
{
	unsigned i = notes->n++;

	assert_true(i < MAX);
	notes->about[i] = what;
	notes->theirs[i] = theirs;
	notes->ref[i] = note(actor, about, second, &notes->cipher[i]);
	return notes->ref[i];
}

static void give_all(struct bench *bench, struct notes *notes)
{
	for (unsigned i = 0; i < notes->n; i++) {
		give(bench->room, &notes->ref[i], &notes->cipher[i]);
	}
}

static void expect(struct bench *bench, const struct notes *notes)
{
	for (unsigned i = 0; i < notes->n; i++) {
		if (has_part(bench->room, &notes->ref[i]) == notes->theirs[i]) {
			fail_msg("the note about %s, note %u, %s", notes->about[i], i,
				 notes->theirs[i] ? "stays" : "went");
		}
	}
}

static void notes_deinit(struct notes *notes)
{
	for (unsigned i = 0; i < notes->n; i++) {
		ph_buf_deinit(&notes->cipher[i]);
	}
}

/* --- what is said --- */

static struct ph_ref consent(struct actor *actor, const struct ph_ref *reader,
			     int64_t second)
{
	struct ph_entry entry = entry_of(PH_KIND_CONSENT);

	set_ref(&entry, PH_CONSENT_READER, reader);
	set_uint(&entry, PH_CONSENT_GIVEN, 1);
	return at(actor, &entry, second);
}

static struct ph_ref stop(struct actor *actor, const char *card, int64_t second)
{
	struct ph_entry entry = entry_of(PH_KIND_CARD_STOP);

	set_id(&entry, PH_CARD_STOP_CARD, 0, card);
	return at(actor, &entry, second);
}

static struct ph_ref charge(struct actor *actor, const char *card, int64_t second)
{
	struct ph_entry entry = entry_of(PH_KIND_CHARGE);

	set_id(&entry, PH_CHARGE_CARD, 0, card);
	set_uint(&entry, PH_CHARGE_AMOUNT, 5000);
	return at(actor, &entry, second);
}

static struct ph_ref payment(struct actor *actor, const char *card, int64_t second)
{
	struct ph_entry entry = entry_of(PH_KIND_PAYMENT);

	set_id(&entry, PH_PAYMENT_CARD, 0, card);
	set_uint(&entry, PH_PAYMENT_AMOUNT, 5000);
	return at(actor, &entry, second);
}

static struct ph_ref uncoded(struct actor *actor, const char *card, int64_t second)
{
	struct ph_entry entry = entry_of(PH_KIND_UNCODED_LOAN);

	set_id(&entry, PH_UNCODED_LOAN_CARD, 0, card);
	set_uint(&entry, PH_UNCODED_LOAN_COUNT, 2);
	return at(actor, &entry, second);
}

static struct ph_ref hold(struct actor *actor, const char *card, const char *copy,
			  int64_t second)
{
	struct ph_entry entry = entry_of(PH_KIND_HOLD_PLACE);

	set_id(&entry, PH_HOLD_CARD, 0, card);
	entry.field[PH_HOLD_EXPIRES].set = true;
	entry.field[PH_HOLD_EXPIRES].as.day = ph_day_of(T0) + 30;
	set_uint(&entry, PH_HOLD_PICKUP, 101);
	set_id(&entry, PH_HOLD_COPY, 0, copy);
	return at(actor, &entry, second);
}

static struct ph_ref cancel(struct actor *actor, const struct ph_ref *of, int64_t second)
{
	struct ph_entry entry = entry_of(PH_KIND_HOLD_CANCEL);

	set_ref(&entry, PH_HOLD_CANCEL_HOLD, of);
	return at(actor, &entry, second);
}

static struct ph_ref lost(struct actor *actor, const char *copy, const struct ph_ref *of,
			  int64_t second)
{
	struct ph_entry entry = entry_of(PH_KIND_READER_LOST);

	set_id(&entry, PH_READER_LOST_COPY, 0, copy);
	set_ref(&entry, PH_READER_LOST_LOAN, of);
	return at(actor, &entry, second);
}

static struct ph_ref renew(struct actor *actor, const char *copy, const struct ph_ref *of,
			   int64_t second)
{
	struct ph_entry entry = renewal(copy, NULL, of, 14);

	return at(actor, &entry, second);
}

/* --- tests --- */

struct scene {
	struct bench bench;
	struct room *room;
	struct ph_ref reader[2];
	struct ph_buf cipher[2];
	struct notes notes;
};

/* With so many readers, whom the first PC registered. */
static void begin(struct scene *s, void **state, unsigned readers)
{
	memset(s, 0, sizeof(*s));
	setup(&s->bench, state);
	s->room = s->bench.room;
	for (unsigned i = 0; i < readers; i++) {
		s->reader[i] = reader_put(&s->room->a, NULL, 10 + i, &s->cipher[i]);
	}
}

static void end(struct scene *s)
{
	notes_deinit(&s->notes);
	for (unsigned i = 0; i < 2; i++) {
		ph_buf_deinit(&s->cipher[i]);
	}
}

/* What the reader of CARD did, and notes about each thing of it, from SECOND on. */
static void live(struct notes *notes, struct actor *actor, const struct ph_ref *reader,
		 const char *card, const char *copy, bool theirs, int64_t second)
{
	struct ph_ref ref[12];
	static const char *const what[12] = {
		"a consent", "a card-issue",     "a card-stop",     "a loan",
		"a renewal", "a return",         "a charge",        "a payment",
		"a hold",    "a cancelled hold", "an uncoded loan", "a void",
	};

	ref[0] = consent(actor, reader, second);
	ref[1] = issue(actor, card, reader, second + 1);
	ref[2] = stop(actor, card, second + 2);
	ref[3] = loan(actor, copy, card, second + 3);
	ref[4] = renew(actor, copy, &ref[3], second + 4);
	ref[5] = give_back(actor, copy, second + 5);
	ref[6] = charge(actor, card, second + 6);
	ref[7] = payment(actor, card, second + 7);
	ref[8] = hold(actor, card, copy, second + 8);
	ref[9] = cancel(actor, &ref[8], second + 9);
	ref[10] = uncoded(actor, card, second + 10);
	ref[11] = void_it(actor, &ref[10], second + 11);
	for (unsigned i = 0; i < 12; i++) {
		add_note(notes, actor, what[i], &ref[i], theirs, second + 20 + i);
	}
}

/* Of two readers one is erased: of her the words of each note go, of the other none. */
static void about_all(void **state)
{
	struct ph_erasing_done done;
	struct scene s;
	uint8_t before[32];
	uint8_t after[32];

	begin(&s, state, 2);
	live(&s.notes, &s.room->a, &s.reader[0], "k1", "c1", true, 100);
	live(&s.notes, &s.room->a, &s.reader[1], "k2", "c1", false, 200);
	order(&s.room->hub, &s.reader[0], "k1", &s.bench.operators[0], 300);
	fold_all(s.room);
	give_all(&s.bench, &s.notes);
	digest(s.room, before);
	done = carry_out(&s.bench, 1);
	assert_true(done.orders == 1 && done.notes == 12 && done.parts == 12);
	expect(&s.bench, &s.notes);
	give_all(&s.bench, &s.notes); /* by another road, again */
	expect(&s.bench, &s.notes);
	digest(s.room, after);
	assert_memory_equal(before, after, sizeof before);
	done = carry_out(&s.bench, 1);
	assert_true(done.notes == 0 && done.parts == 0);
	end(&s);
}

/* What is said to be lost, and a note about a note. */
static void about_more(void **state)
{
	struct scene s;
	struct ph_ref first;
	struct ph_ref ref;

	begin(&s, state, 1);
	issue(&s.room->a, "k1", &s.reader[0], 11);
	ref = loan(&s.room->a, "c1", "k1", 12);
	ref = lost(&s.room->a, "c1", &ref, 13);
	first = add_note(&s.notes, &s.room->a, "a loss", &ref, true, 14);
	/* in a log that comes before, so that it is looked at before */
	ref = add_note(&s.notes, &s.room->a2, "a note", &first, true, 15);
	add_note(&s.notes, &s.room->a, "a note about a note", &ref, true, 16);
	add_note(&s.notes, &s.room->b, "a registration", &s.reader[0], true, 17);
	order(&s.room->hub, &s.reader[0], "k1", &s.bench.operators[0], 20);
	world_take(&s.room->world, &s.room->a2, UINT64_MAX);
	fold_all(s.room);
	give_all(&s.bench, &s.notes);
	carry_out(&s.bench, 1);
	expect(&s.bench, &s.notes);
	end(&s);
}

/* The order has been carried out: what comes then is not kept, without anybody looking. */
static void late_notes(void **state)
{
	struct ph_ref ref[5];
	struct scene s;

	begin(&s, state, 1);
	ref[0] = consent(&s.room->a, &s.reader[0], 11);
	ref[1] = issue(&s.room->a, "k1", &s.reader[0], 12);
	ref[2] = loan(&s.room->a, "c1", "k1", 13);
	ref[3] = charge(&s.room->a, "k1", 14);
	ref[4] = loan(&s.room->a, "c2", "k2", 15);
	order(&s.room->hub, &s.reader[0], "k1", &s.bench.operators[0], 20);
	fold_all(s.room);
	assert_int_equal(carry_out(&s.bench, 1).orders, 1);
	add_note(&s.notes, &s.room->b, "a consent", &ref[0], true, 30);
	add_note(&s.notes, &s.room->b, "a card-issue", &ref[1], true, 31);
	add_note(&s.notes, &s.room->b, "a loan", &ref[2], true, 32);
	add_note(&s.notes, &s.room->b, "a charge", &ref[3], true, 33);
	add_note(&s.notes, &s.room->b, "another's loan", &ref[4], false, 34);
	add_note(&s.notes, &s.room->b, "a late note", &s.notes.ref[2], true, 35);
	fold_all(s.room);
	give_all(&s.bench, &s.notes);
	expect(&s.bench, &s.notes);
	assert_int_equal(carry_out(&s.bench, 1).parts, 0);
	expect(&s.bench, &s.notes);
	end(&s);
}

/* Loans that come when the order was carried out; and a note that came before what it is about. */
static void late_loans(void **state)
{
	struct scene s;
	struct ph_ref ref;
	bool waits = true;

	begin(&s, state, 1);
	issue(&s.room->a, "k1", &s.reader[0], 11);
	order(&s.room->hub, &s.reader[0], "k1", &s.bench.operators[0], 20);
	fold_all(s.room);
	carry_out(&s.bench, 1);
	assert_int_equal(ph_erasing_waits(s.room->world.ledger, &waits), 0);
	assert_false(waits);
	ref = loan(&s.room->b, "c1", "k1", 30);
	add_note(&s.notes, &s.room->b, "a late loan", &ref, true, 31);
	fold_all(s.room);
	give_all(&s.bench, &s.notes);
	expect(&s.bench, &s.notes);
	carry_out(&s.bench, 1);
	assert_int_equal(ph_erasing_waits(s.room->world.ledger, &waits), 0);
	assert_false(waits);
	/* written before the order came, by two PCs, of which the second is heard first */
	ref = loan(&s.room->a2, "c2", "k1", 32);
	add_note(&s.notes, &s.room->b, "a loan to come", &ref, true, 33);
	world_take(&s.room->world, &s.room->b, UINT64_MAX);
	world_catch_up(&s.room->world);
	give(s.room, &s.notes.ref[1], &s.notes.cipher[1]);
	carry_out(&s.bench, 1);
	assert_true(has_part(s.room, &s.notes.ref[1]));
	fold_all(s.room);
	assert_int_equal(ph_erasing_waits(s.room->world.ledger, &waits), 0);
	assert_true(waits);
	assert_int_equal(carry_out(&s.bench, 1).parts, 1);
	expect(&s.bench, &s.notes);
	end(&s);
}

/* A book that was out comes back, goes out to somebody else and comes back: the first return was hers. */
static void late_returns(void **state)
{
	struct scene s;
	struct ph_ref ref;

	begin(&s, state, 1);
	issue(&s.room->a, "k1", &s.reader[0], 11);
	loan(&s.room->a, "c1", "k1", 12);
	order(&s.room->hub, &s.reader[0], "k1", &s.bench.operators[0], 20);
	fold_all(s.room);
	carry_out(&s.bench, 1);
	ref = give_back(&s.room->a, "c1", 30);
	add_note(&s.notes, &s.room->a, "a return", &ref, true, 31);
	ref = loan(&s.room->a, "c1", "k2", 32);
	add_note(&s.notes, &s.room->a, "another's loan", &ref, false, 33);
	ref = give_back(&s.room->a, "c1", 34);
	add_note(&s.notes, &s.room->a, "another's return", &ref, false, 35);
	fold_all(s.room);
	give_all(&s.bench, &s.notes);
	carry_out(&s.bench, 1);
	expect(&s.bench, &s.notes);
	ref = give_back(&s.room->a, "c1", 36);
	fold_all(s.room);
	assert_int_equal(carry_out(&s.bench, 1).notes, 0);
	end(&s);
}

/* A card of hers was issued to another: of the card is hers that it was issued to her, and no more. */
static void reissued(void **state)
{
	struct scene s;
	struct ph_ref ref;

	begin(&s, state, 2);
	issue(&s.room->a, "k1", &s.reader[0], 12);
	ref = issue(&s.room->a, "k2", &s.reader[0], 13);
	add_note(&s.notes, &s.room->a, "that she got a card", &ref, true, 14);
	ref = issue(&s.room->a, "k2", &s.reader[1], 15);
	add_note(&s.notes, &s.room->a, "that another got it", &ref, false, 16);
	ref = loan(&s.room->a, "c1", "k2", 17);
	add_note(&s.notes, &s.room->a, "the other's loan", &ref, false, 18);
	order(&s.room->hub, &s.reader[0], "k1", &s.bench.operators[0], 20);
	fold_all(s.room);
	give_all(&s.bench, &s.notes);
	carry_out(&s.bench, 1);
	expect(&s.bench, &s.notes);
	end(&s);
}

/* A card that the order does not name, since its log came later: hers, until somebody else has it. */
static void unheard_card(void **state)
{
	struct scene s;
	struct ph_ref ref;

	begin(&s, state, 2);
	issue(&s.room->a, "k1", &s.reader[0], 12);
	order(&s.room->hub, &s.reader[0], "k1", &s.bench.operators[0], 20);
	fold_all(s.room);
	carry_out(&s.bench, 1);
	ref = issue(&s.room->b, "k2", &s.reader[0], 13);
	add_note(&s.notes, &s.room->b, "that she got a card", &ref, true, 14);
	ref = loan(&s.room->b, "c1", "k2", 15);
	add_note(&s.notes, &s.room->b, "her loan", &ref, true, 16);
	fold_all(s.room);
	give_all(&s.bench, &s.notes);
	carry_out(&s.bench, 1);
	expect(&s.bench, &s.notes);
	ref = loan(&s.room->b, "c2", "k2", 30);
	add_note(&s.notes, &s.room->b, "her next loan", &ref, true, 31);
	ref = issue(&s.room->b, "k2", &s.reader[1], 32);
	add_note(&s.notes, &s.room->b, "that another got it", &ref, false, 33);
	ref = loan(&s.room->b, "c3", "k2", 34);
	add_note(&s.notes, &s.room->b, "another's loan", &ref, false, 35);
	fold_all(s.room);
	give_all(&s.bench, &s.notes);
	expect(&s.bench, &s.notes);
	carry_out(&s.bench, 1);
	expect(&s.bench, &s.notes);
	end(&s);
}

/* An earlier program carried the order out, and looked for less. */
static void by_an_earlier_program(void **state)
{
	static const char sql[] = "DELETE FROM erased WHERE type > 99;"
				  "DELETE FROM meta WHERE name = 'erase_gathered'";
	struct ph_erasing_done done;
	struct scene s;
	struct ph_ref ref;

	begin(&s, state, 1);
	issue(&s.room->a, "k1", &s.reader[0], 11);
	ref = loan(&s.room->a, "c1", "k1", 12);
	order(&s.room->hub, &s.reader[0], "k1", &s.bench.operators[0], 20);
	fold_all(s.room);
	carry_out(&s.bench, 1);
	assert_int_equal(ph_db_exec(s.room->world.db, sql), 0);
	add_note(&s.notes, &s.room->a, "a loan", &ref, true, 30);
	fold_all(s.room);
	give_all(&s.bench, &s.notes);
	assert_true(has_part(s.room, &s.notes.ref[0]));
	done = carry_out(&s.bench, 1);
	assert_true(done.orders == 0 && done.notes == 1 && done.parts == 1);
	expect(&s.bench, &s.notes);
	end(&s);
}

/* --- any order --- */

/* The same logs in each order, with an erasure after each, or after the last alone. */
static void try_order(struct bench *bench, struct notes *notes, struct actor *logs[4],
		      const unsigned at[4], bool each)
{
	struct room *room = bench->room;

	world_deinit(&room->world);
	world_init(&room->world, false);
	for (unsigned i = 0; i < 4; i++) {
		world_take(&room->world, logs[at[i]], UINT64_MAX);
		world_catch_up(&room->world);
		for (unsigned k = 0; k < notes->n; k++) {
			if (memcmp(notes->ref[k].log_id, logs[at[i]]->id,
				   PH_LOG_ID_SIZE) == 0) {
				give(room, &notes->ref[k], &notes->cipher[k]);
			}
		}
		if (each) {
			carry_out(bench, 1);
		}
	}
	carry_out(bench, 1);
	expect(bench, notes);
}

static void try_orders(struct bench *bench, struct notes *notes)
{
	struct room *room = bench->room;
	struct actor *logs[4] = { &room->a, &room->a2, &room->b, &room->hub };
	unsigned tried = 0;

	for (unsigned i = 0; i < 256; i++) {
		unsigned at[4] = { i & 3, i >> 2 & 3, i >> 4 & 3, i >> 6 };
		unsigned seen = 1u << at[0] | 1u << at[1] | 1u << at[2] | 1u << at[3];

		if (seen == 15) {
			try_order(bench, notes, logs, at, true);
			try_order(bench, notes, logs, at, false);
			tried++;
		}
	}
	assert_int_equal(tried, 24);
}

/* Registration, loans, notes and order in four logs: whatever comes first, the same goes. */
static void any_order(void **state)
{
	struct ph_ref ref[7];
	struct room *room;
	struct scene s;

	begin(&s, state, 1);
	room = s.room;
	ref[0] = issue(&room->a, "k1", &s.reader[0], 11);
	ref[1] = loan(&room->a2, "c1", "k1", 12);
	ref[2] = renew(&room->a, "c1", &ref[1], 13);
	ref[3] = give_back(&room->a2, "c1", 14);
	ref[4] = hold(&room->a, "k1", "c2", 15);
	ref[5] = cancel(&room->a2, &ref[4], 16);
	ref[6] = loan(&room->a2, "c1", "k2", 17);
	add_note(&s.notes, &room->b, "a card-issue", &ref[0], true, 20);
	add_note(&s.notes, &room->b, "a loan", &ref[1], true, 21);
	add_note(&s.notes, &room->b, "a renewal", &ref[2], true, 22);
	add_note(&s.notes, &room->a, "a return", &ref[3], true, 23);
	add_note(&s.notes, &room->a2, "a hold", &ref[4], true, 24);
	add_note(&s.notes, &room->b, "a cancelled hold", &ref[5], true, 25);
	add_note(&s.notes, &room->b, "another's loan", &ref[6], false, 26);
	add_note(&s.notes, &room->a2, "a note", &s.notes.ref[2], true, 27);
	order(&room->hub, &s.reader[0], "k1", &s.bench.operators[0], 30);
	try_orders(&s.bench, &s.notes);
	end(&s);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, fold_setup, fold_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(about_all),    TEST(about_more),
		TEST(late_notes),   TEST(late_loans),
		TEST(late_returns), TEST(reissued),
		TEST(unheard_card), TEST(by_an_earlier_program),
		TEST(any_order),
	};

	return sodium_init() < 0
		       ? 1
		       : cmocka_run_group_tests_name("erasing_notes", tests, NULL, NULL);
}
