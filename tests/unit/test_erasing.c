/*
 * tests/unit/test_erasing.c - carrying out erasures (docs/MERGE.md, "Carrying out an erasure"):
 * whose order counts, whom it takes, what comes later, and that no state depends on it.
 */
#include <sodium.h>

#include "fold_world.h"

#include "common/ledger/erasing.h"
#include "common/log/operator.h"
#include "common/log/part.h"

static const uint8_t seed_box[] = "a box";

struct bench {
	struct room *room;
	struct ph_sign_pair operators[2];
	struct ph_keylist list[2]; /* each names one of them */
	struct ph_buf lists;
};

static void setup(struct bench *bench, void **state)
{
	bench->room = *state;
	for (unsigned i = 0; i < 2; i++) {
		uint8_t seed[PH_SEED_KEY_SIZE];

		memset(seed, (int)(0x70 + i), sizeof seed);
		ph_sign_pair_from_seed(&bench->operators[i], seed);
		bench->list[i] = (struct ph_keylist){ .n_operators = 1 };
		memcpy(bench->list[i].operator_key[0], bench->operators[i].key,
		       PH_KEY_SIZE);
	}
}

/* --- what is said --- */

/* ENTRY, which is to have a part, by ACTOR; the part goes into the world once that heard of it. */
static struct ph_ref with_part(struct actor *actor, struct ph_entry *entry, unsigned sets,
			       unsigned commit, int64_t second, struct ph_buf *cipher)
{
	uint8_t seed[PH_SEED_SIZE] = { 7 };
	uint8_t hash[PH_HASH_SIZE];

	cipher->len = 0;
	assert_int_equal(ph_part_seal(seed, actor->id, actor->n + 1,
				      ph_view_str("\x91\xa1x"), cipher),
			 0);
	ph_part_commit(ph_buf_view(cipher), hash);
	set_uint(entry, sets, 1);
	set_bytes(entry, commit, hash, sizeof hash);
	return at(actor, entry, second);
}

static struct ph_ref reader_put(struct actor *actor, const struct ph_ref *of,
				int64_t second, struct ph_buf *cipher)
{
	struct ph_entry put = entry_of(PH_KIND_READER_PUT);

	if (of != NULL) {
		set_ref(&put, PH_READER_READER, of);
	}
	return with_part(actor, &put, PH_READER_SETS, PH_READER_COMMIT, second, cipher);
}

static struct ph_ref note(struct actor *actor, const struct ph_ref *about, int64_t second,
			  struct ph_buf *cipher)
{
	struct ph_entry entry = entry_of(PH_KIND_NOTE);

	set_ref(&entry, PH_NOTE_ABOUT, about);
	return with_part(actor, &entry, PH_NOTE_SETS, PH_NOTE_COMMIT, second, cipher);
}

static void issue(struct actor *actor, const char *card, const struct ph_ref *reader,
		  int64_t second)
{
	struct ph_entry entry = entry_of(PH_KIND_CARD_ISSUE);

	set_id(&entry, PH_CARD_CARD, 0, card);
	set_ref(&entry, PH_CARD_READER, reader);
	at(actor, &entry, second);
}

/* The order, signed by SIGNER (NULL: with a signature that is none). */
static struct ph_ref order(struct actor *actor, const struct ph_ref *reader,
			   const char *card, const struct ph_sign_pair *signer,
			   int64_t second)
{
	struct ph_entry erase = entry_of(PH_KIND_READER_ERASE);
	struct ph_id id = { .code = ph_view_str(card) };
	uint8_t sig[PH_OPERATOR_SIZE] = { 0 };
	struct ph_buf readers = { 0 };
	struct ph_buf cards = { 0 };
	struct ph_ref ref;

	assert_int_equal(
		ph_list_put_refs(&readers, reader, 1, &erase.field[PH_ERASE_READERS]), 0);
	assert_int_equal(ph_list_put_ids(&cards, &id, 1, &erase.field[PH_ERASE_CARDS]),
			 0);
	if (signer != NULL) {
		assert_int_equal(ph_operator_sign(&erase, actor->id, actor->n + 1, signer,
						  sig, NULL),
				 0);
	}
	erase.extras.operator_sig = PH_VIEW(sig, sizeof sig);
	ref = at(actor, &erase, second);
	ph_buf_deinit(&readers);
	ph_buf_deinit(&cards);
	return ref;
}

/* --- what is held --- */

static void give(struct room *room, const struct ph_ref *ref, const struct ph_buf *cipher)
{
	assert_int_equal(ph_db_begin(room->world.db), 0);
	assert_int_equal(ph_journal_part_put_any(room->world.journal, ref->log_id, ref->n,
						 ph_buf_view(cipher),
						 PH_VIEW(seed_box, sizeof seed_box)),
			 0);
	assert_int_equal(ph_db_commit(room->world.db), 0);
}

static bool has_part(struct room *room, const struct ph_ref *ref)
{
	struct ph_buf cipher = { 0 };
	struct ph_buf box = { 0 };
	struct ph_log log;
	int rc = ph_journal_log_find(room->world.journal, ref->log_id, &log);

	assert_int_equal(rc, 0);
	rc = ph_journal_part_get(room->world.journal, log.row, ref->n, &cipher, &box);
	assert_true(rc == 0 || rc == PH_JOURNAL_E_NONE);
	ph_buf_deinit(&cipher);
	ph_buf_deinit(&box);
	return rc == 0;
}

static struct ph_erasing_done carry_out(struct bench *bench, unsigned n_lists)
{
	struct ph_speakers speakers = { { NULL } };
	struct ph_erasing erasing = { .ledger = bench->room->world.ledger,
				      .speakers = &speakers,
				      .now = T0 };
	struct ph_erasing_done done;

	for (unsigned i = 0; i < n_lists; i++) {
		speakers.list[i] = &bench->list[i];
	}
	assert_int_equal(ph_erasing_run(&erasing, &done), 0);
	return done;
}

static void digest(struct room *room, uint8_t out[static 32])
{
	struct ph_error err = { 0 };

	assert_int_equal(ph_ledger_digest(room->world.ledger, out, &err), 0);
}

/* --- tests --- */

/* Registration, change by another site, note about the change: all go, others' stay. */
static void taken(void **state)
{
	struct ph_buf cipher[5] = { { 0 }, { 0 }, { 0 }, { 0 }, { 0 } };
	struct ph_ref ref[5];
	struct ph_ref erase;
	struct ph_erasing_done done;
	struct ph_erasing_order found;
	struct bench bench;
	uint8_t before[32];
	uint8_t after[32];

	setup(&bench, state);
	ref[0] = reader_put(&bench.room->a, NULL, 10, &cipher[0]);
	ref[1] = reader_put(&bench.room->b, &ref[0], 20, &cipher[1]);
	ref[2] = note(&bench.room->b, &ref[1], 30, &cipher[2]);
	ref[3] = reader_put(&bench.room->a, NULL, 40, &cipher[3]);
	ref[4] = note(&bench.room->a, &ref[3], 50, &cipher[4]);
	issue(&bench.room->a, "k1", &ref[0], 60);
	erase = order(&bench.room->hub, &ref[0], "k1", &bench.operators[0], 70);
	fold_all(bench.room);
	for (unsigned i = 0; i < 5; i++) {
		give(bench.room, &ref[i], &cipher[i]);
	}
	digest(bench.room, before);
	done = carry_out(&bench, 1);
	assert_true(done.orders == 1 && done.readers == 1 && done.parts == 3 &&
		    done.refused == 0);
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(has_part(bench.room, &ref[i]), i > 2);
		give(bench.room, &ref[i], &cipher[i]); /* by another road, again */
		assert_int_equal(has_part(bench.room, &ref[i]), i > 2);
	}
	digest(bench.room, after);
	assert_memory_equal(before, after, sizeof before);
	assert_int_equal(ph_erasing_get(bench.room->world.db, &erase, &found), 0);
	assert_true(found.done && !found.told && found.held);
	done = carry_out(&bench, 1);
	assert_true(done.orders == 0 && done.readers == 0 && done.parts == 0);
	for (unsigned i = 0; i < 5; i++) {
		ph_buf_deinit(&cipher[i]);
	}
}

/* Nobody's order, a stranger's, one that stands in a site's log: nothing goes. */
static void not_taken(void **state)
{
	struct ph_buf cipher = { 0 };
	struct ph_ref reader;
	struct ph_erasing_done done;
	struct bench bench;

	setup(&bench, state);
	reader = reader_put(&bench.room->a, NULL, 10, &cipher);
	order(&bench.room->hub, &reader, "k1", NULL, 20);
	order(&bench.room->hub, &reader, "k1", &bench.operators[1], 30);
	order(&bench.room->b, &reader, "k1", &bench.operators[0], 40);
	fold_all(bench.room);
	give(bench.room, &reader, &cipher);
	done = carry_out(&bench, 1);
	assert_true(done.orders == 0 && done.refused == 2);
	assert_true(has_part(bench.room, &reader));
	/* the key list that it joined with names the other operator */
	done = carry_out(&bench, 2);
	assert_true(done.orders == 1 && done.refused == 1 && done.parts == 1);
	assert_false(has_part(bench.room, &reader));
	ph_buf_deinit(&cipher);
}

/* Without key lists, as at the hub, a signature must be good, and anybody's. */
static void at_hub(void **state)
{
	struct ph_buf cipher = { 0 };
	struct ph_ref reader;
	struct bench bench;

	setup(&bench, state);
	reader = reader_put(&bench.room->a, NULL, 10, &cipher);
	order(&bench.room->hub, &reader, "k1", NULL, 20);
	fold_all(bench.room);
	give(bench.room, &reader, &cipher);
	assert_int_equal(carry_out(&bench, 0).orders, 0);
	order(&bench.room->hub, &reader, "k1", &bench.operators[1], 30);
	fold_all(bench.room);
	assert_int_equal(carry_out(&bench, 0).orders, 1);
	assert_false(has_part(bench.room, &reader));
	ph_buf_deinit(&cipher);
}

/* A site that had not heard issues the card again: to whom it did is erased, before or after. */
static void by_card(void **state)
{
	struct ph_buf cipher[3] = { { 0 }, { 0 }, { 0 } };
	struct ph_erasing_done done;
	struct ph_ref reader[3];
	struct bench bench;

	setup(&bench, state);
	reader[0] = reader_put(&bench.room->a, NULL, 10, &cipher[0]);
	issue(&bench.room->a, "k1", &reader[0], 11);
	reader[1] = reader_put(&bench.room->b, NULL, 20, &cipher[1]);
	issue(&bench.room->b, "k1", &reader[1], 21);
	order(&bench.room->hub, &reader[0], "k1", &bench.operators[0], 30);
	fold_all(bench.room);
	give(bench.room, &reader[0], &cipher[0]);
	give(bench.room, &reader[1], &cipher[1]);
	done = carry_out(&bench, 1);
	assert_true(done.parts == 2 && !has_part(bench.room, &reader[1]));
	reader[2] = reader_put(&bench.room->b, NULL, 40, &cipher[2]);
	fold_all(bench.room);
	give(bench.room, &reader[2], &cipher[2]);
	assert_int_equal(carry_out(&bench, 1).parts, 0);
	assert_true(has_part(bench.room, &reader[2]));
	issue(&bench.room->b, "k1", &reader[2], 41);
	fold_all(bench.room);
	assert_int_equal(carry_out(&bench, 1).parts, 1);
	assert_false(has_part(bench.room, &reader[2]));
	for (unsigned i = 0; i < 3; i++) {
		ph_buf_deinit(&cipher[i]);
	}
}

/* What a site has to tell comes once; what it passed over comes again when more is known. */
static void told(void **state)
{
	struct ph_buf cipher = { 0 };
	struct ph_ref reader;
	struct ph_ref erase;
	struct ph_erasing_order first;
	struct bench bench;

	setup(&bench, state);
	reader = reader_put(&bench.room->a, NULL, 10, &cipher);
	erase = order(&bench.room->hub, &reader, "k1", &bench.operators[0], 20);
	fold_all(bench.room);
	assert_int_equal(ph_erasing_untold(bench.room->world.db, &first),
			 PH_LEDGER_E_NONE);
	carry_out(&bench, 1);
	assert_int_equal(ph_erasing_untold(bench.room->world.db, &first), 0);
	assert_true(ph_ref_equal(&first.ref, &erase));
	assert_false(first.held); /* her part never came */
	assert_int_equal(ph_erasing_pass(bench.room->world.db, &erase), 0);
	assert_int_equal(ph_erasing_untold(bench.room->world.db, &first),
			 PH_LEDGER_E_NONE);
	assert_int_equal(ph_erasing_ask_again(bench.room->world.db), 0);
	assert_int_equal(ph_erasing_untold(bench.room->world.db, &first), 0);
	assert_false(first.held);
	assert_int_equal(ph_erasing_tell(bench.room->world.db, &erase), 0);
	assert_int_equal(ph_erasing_untold(bench.room->world.db, &first),
			 PH_LEDGER_E_NONE);
	assert_int_equal(ph_erasing_ask_again(bench.room->world.db), 0);
	assert_int_equal(ph_erasing_untold(bench.room->world.db, &first),
			 PH_LEDGER_E_NONE);
	ph_buf_deinit(&cipher);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, fold_setup, fold_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(taken), TEST(not_taken), TEST(at_hub), TEST(by_card), TEST(told),
	};

	return sodium_init() < 0
		       ? 1
		       : cmocka_run_group_tests_name("erasing", tests, NULL, NULL);
}
