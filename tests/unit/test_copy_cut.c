/*
 * tests/unit/test_copy_cut.c - loans of long ago without their cards (docs/MERGE.md, "Loans that
 * are cut"): what goes, what stays, and that whoever lacks what goes comes to the same state.
 *
 *   test_copy_cut [--count N] [--seed N]
 */
#include <sodium.h>

#include "fold_world.h"
#include "seed_args.h"

#include "common/ledger/copy_class.h"
#include "common/ledger/copy_cut.h"

#define DAY 86400

/* --- by the ledger --- */

static void policy(struct room *room, const char *date, int64_t second)
{
	struct ph_entry put = entry_of(PH_KIND_POLICY_PUT);

	set_text(&put, PH_POLICY_NAME, "cut-loans-before");
	set_text(&put, PH_POLICY_VALUE, date);
	at(&room->hub, &put, second);
}

static void renew(struct actor *actor, const char *copy, const char *card, int64_t second)
{
	struct ph_entry entry = entry_of(PH_KIND_RENEW);

	set_id(&entry, PH_RENEW_COPY, 0, copy);
	set_id(&entry, PH_RENEW_CARD, 0, card);
	at(actor, &entry, second);
}

static const struct ph_copy *copy_of(struct room *room, const char *code)
{
	struct ph_id id = { .code = ph_view_str(code) };
	struct ph_entity_key key;

	ph_copy_deinit(&room->copy);
	memset(&room->copy, 0, sizeof room->copy);
	room->state.len = 0;
	assert_true(ph_key_id(PH_ENTITY_COPY, &id, &key));
	assert_int_equal(ph_ledger_get(room->world.ledger, PH_ENTITY_COPY,
				       ph_key_view(&key), &room->state),
			 0);
	assert_int_equal(ph_copy_decode(ph_buf_view(&room->state), &room->copy), 0);
	return &room->copy;
}

/* T0 is 2026-09-22T08:00+07:00: three loans, of which one ended on the 26th, one on the 28th. */
static void tell(struct room *room)
{
	loan_term(&room->a, "c1", "k1", 0, 14);
	renew(&room->a, "c1", "k1", 2 * DAY);
	renew(&room->a, "c1", "k9", 3 * DAY); /* of another card: without effect */
	give_back(&room->b, "c1", 4 * DAY);
	loan_term(&room->a, "c1", "k2", 5 * DAY, 14);
	give_back(&room->a, "c1", 6 * DAY);
	loan_term(&room->b, "c1", "k3", 7 * DAY, 14);
}

static void loans_go(void **state)
{
	struct room *room = *state;
	const struct ph_copy *copy;
	uint8_t whole[32];
	uint8_t cut[32];
	uint8_t again[32];
	struct ph_error err = { 0 };

	tell(room);
	fold_all(room);
	assert_int_equal(copy_of(room, "c1")->n_loans, 3);
	assert_int_equal(ph_ledger_digest(room->world.ledger, whole, &err), 0);
	policy(room, "2026-09-27", 8 * DAY);
	fold_all(room);
	copy = copy_of(room, "c1");
	assert_int_equal(copy->n_loans, 2);
	assert_memory_equal(copy->loans[0].card.code.data, "k2", 2);
	assert_int_equal(copy->custody, PH_CUSTODY_READER);
	assert_null(memmem(room->state.data, room->state.len, "k1", 2));
	assert_null(memmem(room->state.data, room->state.len, "k9", 2));
	assert_int_equal(ph_ledger_digest(room->world.ledger, cut, &err), 0);
	assert_int_equal(ph_ledger_rebuild(room->world.ledger, &err), 0);
	assert_int_equal(ph_ledger_digest(room->world.ledger, again, &err), 0);
	assert_memory_equal(cut, again, sizeof cut);
	/* further, and back: the entries are there as long as the logs are */
	policy(room, "2027-01-01", 9 * DAY);
	fold_all(room);
	assert_int_equal(copy_of(room, "c1")->n_loans, 1); /* it is open */
	policy(room, "2026-01-01", 10 * DAY);
	fold_all(room);
	assert_int_equal(copy_of(room, "c1")->n_loans, 3);
}

/* The policy was there before the loans came, and in other words. */
static void policy_first(void **state)
{
	struct room *room = *state;

	policy(room, "2026-09-29", 0);
	fold_all(room);
	tell(room);
	fold_all(room);
	assert_int_equal(copy_of(room, "c1")->n_loans, 1);
	policy(room, "some day", 8 * DAY);
	fold_all(room);
	assert_int_equal(copy_of(room, "c1")->n_loans, 3);
}

/* --- at random --- */

#define FACTS 14

static uint64_t below(struct ph_rng *rng, uint64_t n)
{
	uint64_t value;

	rng->fill(rng->data, (uint8_t *)&value, sizeof value);
	return value % n;
}

struct story {
	struct ph_fact fact[FACTS];
	struct ph_buf bytes[FACTS];
	size_t n;
};

static void write_one(struct ph_rng *rng, struct ph_entry *entry)
{
	static const char *const cards[] = { "k1", "k2", "k3" };
	static const char *const copies[] = { "c1", "c2" };
	const char *card = cards[below(rng, 3)];
	const char *copy = copies[below(rng, 4) == 0];

	switch (below(rng, 8)) {
	case 0:
	case 1:
	case 2:
		*entry = entry_of(PH_KIND_LOAN);
		set_id(entry, PH_LOAN_COPY, 0, copy);
		set_id(entry, PH_LOAN_CARD, 0, card);
		set_uint(entry, PH_LOAN_TERM, 14);
		break;
	case 3:
		*entry = entry_of(PH_KIND_RENEW);
		set_id(entry, PH_RENEW_COPY, 0, copy);
		if (below(rng, 2) == 0) {
			set_id(entry, PH_RENEW_CARD, 0, card);
		}
		break;
	case 4:
		*entry = entry_of(PH_KIND_SIGHTING);
		set_id(entry, PH_SIGHTING_COPY, 0, copy);
		break;
	case 5:
		*entry = entry_of(PH_KIND_COPY_MISSING);
		set_id(entry, PH_MISSING_COPY, 0, copy);
		break;
	default:
		*entry = entry_of(PH_KIND_RETURN);
		set_id(entry, PH_RETURN_COPY, 0, copy);
		break;
	}
}

static void make(struct ph_rng *rng, struct story *story)
{
	story->n = 4 + below(rng, FACTS - 3);
	for (size_t i = 0; i < story->n; i++) {
		struct ph_fact *fact = &story->fact[i];
		struct ph_entry entry;

		write_one(rng, &entry);
		entry.stamp = ph_stamp(T0, (uint16_t)i);
		story->bytes[i].len = 0;
		assert_int_equal(ph_entry_encode(&entry, &story->bytes[i], NULL), 0);
		*fact = (struct ph_fact){ .second = T0 + (int64_t)below(rng, 10 * DAY),
					  .unsure = 10,
					  .bytes = ph_buf_view(&story->bytes[i]) };
		fact->site = fact->log_site = 101 + below(rng, 2);
		fact->ref.n = i + 1;
		memset(fact->ref.log_id, (int)fact->site, sizeof fact->ref.log_id);
		rng->fill(rng->data, fact->ref.hash, sizeof fact->ref.hash);
	}
}

/* What the N facts come to with DAY, as the copies KEYS. */
static void fold_cut(const struct ph_entity_key *keys, size_t n_keys,
		     const struct ph_fact *fact, size_t n, int64_t day,
		     struct ph_facts *left, struct ph_buf *out)
{
	struct ph_facts facts = { .n = n, .cap = n };

	facts.items = calloc(n + 1, sizeof *facts.items);
	assert_non_null(facts.items);
	memcpy(facts.items, fact, n * sizeof *fact);
	assert_int_equal(ph_facts_sort(facts.items, facts.n), 0);
	assert_int_equal(ph_copy_cut(keys, n_keys, day, &facts), 0);
	out->len = 0;
	if (facts.n > 0) {
		assert_int_equal(
			ph_copy_fold_class(keys, n_keys, facts.items, facts.n, out), 0);
	}
	if (left != NULL) {
		*left = facts;
	} else {
		ph_facts_deinit(&facts);
	}
}

/* Some of what is cut, by the facts of one copy alone as the hub feeds it, is not there at all. */
static void lacks(struct ph_rng *rng, const struct ph_entity_key *keys, size_t n_keys,
		  const struct story *story, int64_t day)
{
	struct ph_buf whole = { 0 };
	struct ph_buf less = { 0 };
	struct ph_facts left;
	struct ph_fact some[FACTS];
	size_t n = 0;

	fold_cut(keys, n_keys, story->fact, story->n, day, &left, &whole);
	for (size_t i = 0; i < story->n; i++) {
		bool stays = ph_facts_find(&left, &story->fact[i].ref) != NULL;

		if (stays || below(rng, 2) == 0) {
			some[n++] = story->fact[i];
		}
	}
	fold_cut(keys, n_keys, some, n, day, NULL, &less);
	assert_true(ph_view_equal(ph_buf_view(&whole), ph_buf_view(&less)));
	ph_facts_deinit(&left);
	ph_buf_deinit(&whole);
	ph_buf_deinit(&less);
}

static void at_random(void **state)
{
	struct ph_id id[2] = { { .code = ph_view_str("c1") },
			       { .code = ph_view_str("c2") } };
	struct ph_entity_key keys[2];
	struct story story = { 0 };
	struct ph_rng_seeded seeded;
	struct ph_rng rng;

	(void)state;
	assert_true(ph_key_id(PH_ENTITY_COPY, &id[0], &keys[0]));
	assert_true(ph_key_id(PH_ENTITY_COPY, &id[1], &keys[1]));
	for (uint64_t i = 0; i < arg_count; i++) {
		ph_rng_seed(&seeded, arg_seed + i, &rng);
		make(&rng, &story);
		lacks(&rng, keys, 2, &story, ph_day_of(T0) + (int64_t)below(&rng, 12));
	}
	for (size_t i = 0; i < FACTS; i++) {
		ph_buf_deinit(&story.bytes[i]);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, fold_setup, fold_teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(loans_go),
		TEST(policy_first),
		cmocka_unit_test(at_random),
	};

	if (sodium_init() < 0 || !read_args(argc, argv, 20000, 1000000)) {
		fprintf(stderr, "usage: %s [--count N] [--seed N]\n", argv[0]);
		return 2;
	}
	print_message("# %llu stories from seed %llu\n", (unsigned long long)arg_count,
		      (unsigned long long)arg_seed);
	return cmocka_run_group_tests_name("copy_cut", tests, NULL, NULL);
}
