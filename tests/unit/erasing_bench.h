/* tests/unit/erasing_bench.h - orders to erase, parts of readers and notes, and what is held of them. */
#ifndef PH_TESTS_ERASING_BENCH_H
#define PH_TESTS_ERASING_BENCH_H

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

static inline void setup(struct bench *bench, void **state)
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
static inline struct ph_ref with_part(struct actor *actor, struct ph_entry *entry,
				      unsigned sets, unsigned commit, int64_t second,
				      struct ph_buf *cipher)
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

static inline struct ph_ref reader_put(struct actor *actor, const struct ph_ref *of,
				       int64_t second, struct ph_buf *cipher)
{
	struct ph_entry put = entry_of(PH_KIND_READER_PUT);

	if (of != NULL) {
		set_ref(&put, PH_READER_READER, of);
	}
	return with_part(actor, &put, PH_READER_SETS, PH_READER_COMMIT, second, cipher);
}

static inline struct ph_ref note(struct actor *actor, const struct ph_ref *about,
				 int64_t second, struct ph_buf *cipher)
{
	struct ph_entry entry = entry_of(PH_KIND_NOTE);

	set_ref(&entry, PH_NOTE_ABOUT, about);
	return with_part(actor, &entry, PH_NOTE_SETS, PH_NOTE_COMMIT, second, cipher);
}

static inline struct ph_ref issue(struct actor *actor, const char *card,
				  const struct ph_ref *reader, int64_t second)
{
	struct ph_entry entry = entry_of(PH_KIND_CARD_ISSUE);

	set_id(&entry, PH_CARD_CARD, 0, card);
	set_ref(&entry, PH_CARD_READER, reader);
	return at(actor, &entry, second);
}

/* The order, signed by SIGNER (NULL: with a signature that is none). */
static inline struct ph_ref order(struct actor *actor, const struct ph_ref *reader,
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

static inline void give(struct room *room, const struct ph_ref *ref,
			const struct ph_buf *cipher)
{
	assert_int_equal(ph_db_begin(room->world.db), 0);
	assert_int_equal(ph_journal_part_put_any(room->world.journal, ref->log_id, ref->n,
						 ph_buf_view(cipher),
						 PH_VIEW(seed_box, sizeof seed_box)),
			 0);
	assert_int_equal(ph_db_commit(room->world.db), 0);
}

static inline bool has_part(struct room *room, const struct ph_ref *ref)
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

static inline struct ph_erasing_done carry_out(struct bench *bench, unsigned n_lists)
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

static inline void digest(struct room *room, uint8_t out[static 32])
{
	struct ph_error err = { 0 };

	assert_int_equal(ph_ledger_digest(room->world.ledger, out, &err), 0);
}

#endif
