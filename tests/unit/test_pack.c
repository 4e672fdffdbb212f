/*
 * Tests of proto/pack*.c: what is packed comes out as it was, whatever it is, and what
 * was changed on the way is refused or found by chain and seal.
 *
 *   test_pack [--count N] [--seed S]
 *
 * Histories (random_history.h): every kind, bad clocks, junk; each log is cut at random.
 */
#include "random_history.h"

#include <inttypes.h>
#include <stdio.h>

#include "pack_room.h"
#include "seed_args.h"

#include "proto/pack_dict_1.h"

/* Of dictionary number PH_PACK_DICT. */
#define PACK_DICT_HASH "168df1fc1dcf3649"

/* --- histories --- */

struct sums {
	uint64_t segments, entries, plain, packed, looked_up;
};

static int hash_of_actor(void *data, uint64_t n, uint8_t out[static 8])
{
	const struct actor *actor = data;
	size_t start = actor->end[n - 1];
	uint8_t hash[PH_HASH_SIZE];

	assert_true(n >= 1 && n <= actor->n);
	ph_entry_hash(PH_VIEW(actor->bytes.data + start, actor->end[n] - start), hash);
	memcpy(out, hash, 8);
	return 0;
}

static void ride(struct made *made, const struct actor *actor, uint64_t first,
		 uint64_t last, struct sums *sums)
{
	struct ph_unpacked out;

	made->body.len = 0;
	made->where.first = first;
	made->where.last = last;
	memcpy(made->where.log_id, actor->id, PH_LOG_ID_SIZE);
	for (uint64_t n = first; n <= last; n++) {
		size_t start = actor->end[n - 1];

		assert_int_equal(
			ph_segment_add(&made->body, PH_VIEW(actor->bytes.data + start,
							    actor->end[n] - start)),
			0);
	}
	assert_int_equal(made_pack(made), 0);
	assert_int_equal(made_unpack(made, &out), 0);
	assert_same(made, &out);
	sums->segments++;
	sums->entries += last - first + 1;
	sums->plain += made->body.len;
	sums->packed += made->packed.len;
}

static void ride_actor(struct made *made, struct history *history,
		       const struct actor *actor, struct sums *sums)
{
	uint64_t first = 1;

	while (first <= actor->n) {
		uint64_t last = first + below(history, 2 * (actor->n - first + 1));
		bool asks = chance(history, 50);

		last = last > actor->n ? actor->n : last;
		made->where.hash = asks ? hash_of_actor : NULL;
		made->where.data = (void *)actor;
		ride(made, actor, first, last, sums);
		sums->looked_up += asks;
		first = last + 1;
	}
}

static void test_histories(void **state)
{
	struct made *made = made_new();
	struct sums sums = { 0 };

	(void)state;
	for (uint64_t i = 0; i < arg_count; i++) {
		struct history *history = calloc(1, sizeof(*history));

		history_make(history, arg_seed + i, false);
		for (size_t a = 0; a < history->n_actors; a++) {
			ride_actor(made, history, &history->actors[a], &sums);
		}
		history_free(history);
	}
	assert_true(sums.packed < sums.plain / 2);
	print_message("# %" PRIu64 " histories from seed %" PRIu64 ": %" PRIu64
		      " segments, %" PRIu64 " with look-up, %" PRIu64 " entries, %" PRIu64
		      " bytes in %" PRIu64 "\n",
		      arg_count, arg_seed, sums.segments, sums.looked_up, sums.entries,
		      sums.plain, sums.packed);
	made_free(made);
}

/* So many kinds behind each other that there are more sets of models than are kept. */
static void test_spare_set(void **state)
{
	struct made *made = made_new();
	struct history *history = calloc(1, sizeof(*history));
	struct actor *actor = &history->actors[2];
	struct sums sums = { 0 };

	(void)state;
	history_make(history, arg_seed, false);
	while (actor->n < 3500) {
		make_entry(history, actor);
		history->n_all = history->n_all < POOL - 1 ? history->n_all : 100;
	}
	ride(made, actor, 1, actor->n, &sums);
	assert_int_equal(made->pack->coder.n_sets, PH_MODEL_SETS);
	history_free(history);
	made_free(made);
}

/* --- the worked example --- */

static void test_example(void **state)
{
	struct made *made = made_example();
	struct ph_unpacked out;

	(void)state;
	assert_int_equal(made_pack(made), 0);
	assert_true(made->taken[0]);
	assert_int_equal(made_unpack(made, &out), 0);
	assert_same(made, &out);
	assert_int_equal(out.n_parts, 1);
	made_free(made);
}

/* docs/PACK.md shows the example in hexadecimal, in blocks of their own. */
static void test_page(void **state)
{
	struct made *made = made_example();
	const char *source = getenv("PACKHORSE_SOURCE");
	char path[512], *page, hex[1024] = "", *at;
	FILE *file;
	long size;

	(void)state;
	assert_non_null(source);
	snprintf(path, sizeof(path), "%s/docs/PACK.md", source);
	file = fopen(path, "rb");
	assert_non_null(file);
	fseek(file, 0, SEEK_END);
	size = ftell(file);
	rewind(file);
	page = calloc(1, (size_t)size + 1);
	assert_int_equal(fread(page, 1, (size_t)size, file), size);
	fclose(file);
	at = strstr(page, "packed segment in whole:");
	assert_non_null(at);
	at = strstr(at, "```\n") + 4;
	for (size_t n = 0; *at != '`' && n + 1 < sizeof(hex); at++) {
		if (*at != '\n' && *at != ' ') {
			hex[n++] = *at;
		}
	}
	assert_int_equal(made_pack(made), 0);

	char *ours = calloc(2, made->packed.len + 1);

	ph_hex(ours, made->packed.data, made->packed.len);
	assert_string_equal(ours, hex);
	free(ours);
	free(page);
	made_free(made);
}

/* A part that does not make the commitment stays outside, and so does the commitment. */
static void test_wrong_parts(void **state)
{
	struct made *made = made_example();
	struct ph_unpacked out;
	size_t with;

	(void)state;
	assert_int_equal(made_pack(made), 0);
	with = made->packed.len;
	made->part[0].seed[5] ^= 1;
	assert_int_equal(made_pack(made), 0);
	assert_false(made->taken[0]);
	assert_true(made->packed.len > with); /* 32 bytes for 16 and a name */
	assert_int_equal(made_unpack(made, &out), 0);
	assert_same(made, &out);
	assert_int_equal(out.n_parts, 0);

	made->part[0].seed[5] ^= 1;
	made->part[0].n = 5; /* an entry without a part */
	assert_int_equal(made_pack(made), 0);
	assert_false(made->taken[0]);

	made->part[0].n = 3;
	made->part[1] = made->part[0];
	made->part[1].n = 7; /* behind the segment */
	made->n_parts = 2;
	assert_int_equal(made_pack(made), 0);
	assert_true(made->taken[0]);
	assert_false(made->taken[1]);
	made_free(made);
}

/* --- odd entries --- */

static void test_odd(void **state)
{
	static const char *const odd[] = {
		"00",
		"c0",
		"ff",
		"90",
		"93cd7fffc0c0",
		"9246cf00006ab1d3100000",
		/* a visit with its count in two bytes, one with a nil at the end */
		"9447cf00006ab1d3100000c0cd0001",
		"9447cf00006ab1d3100000c0c0",
		/* a later table: a kind above all, a field more, a value more */
		"92cd03e8cf00006ab1d3100000",
		"92cdffffcf00006ab1d3100000",
		"92ce00010000cf00006ab1d3100000",
		"9547cf00006ab1d3100000c0c007",
		/* text that is not NFC, and a tab */
		"9414cf00006ab1d3100000c0c0a461cc816263",
		"9414cf00006ab1d3100000c0c0a3610962",
		/* stamps: the last of all, none, back again, a tick out of its turn */
		"9247cf7fffffffffffffff",
		"924700",
		"9247cf00006ab1d3100005",
		"9247cf00006ab1d3100003",
		"9247cf00006ab1d3100004",
	};
	struct made *made = made_new();
	struct ph_unpacked out;

	(void)state;
	for (size_t i = 0; i < COUNT(odd); i++) {
		made->body.len = 0;
		made->pool.len = 0;
		assert_int_equal(ph_segment_add(&made->body, unhex(&made->pool, odd[i])),
				 0);
		made->where.last = made->where.first;
		assert_int_equal(made_pack(made), 0);
		assert_int_equal(made_unpack(made, &out), 0);
		assert_same(made, &out);
	}
	made->body.len = 0;
	for (size_t i = 0; i < COUNT(odd); i++) {
		made->pool.len = 0;
		assert_int_equal(ph_segment_add(&made->body, unhex(&made->pool, odd[i])),
				 0);
	}
	made->where.last = COUNT(odd);
	assert_int_equal(made_pack(made), 0);
	assert_int_equal(made_unpack(made, &out), 0);
	assert_same(made, &out);
	made_free(made);
}

/* A body that is no segment's is left to be sent plain, and refused there. */
static void test_no_body(void **state)
{
	struct made *made = made_example();

	(void)state;
	made->where.last = 5;
	assert_int_equal(made_pack(made), PH_PACK_E_PLAIN);
	made->where.last = 7;
	assert_int_equal(made_pack(made), PH_PACK_E_PLAIN);
	made->where.last = 6;
	made->body.len--;
	assert_int_equal(made_pack(made), PH_PACK_E_PLAIN);
	assert_int_equal(made->packed.len, 0);
	assert_false(made->taken[0]);
	made->body.len++;
	made->where.first = 0;
	assert_int_equal(made_pack(made), PH_PACK_E_PLAIN);
	made_free(made);
}

/* --- what is derived --- */

struct book {
	uint8_t hash[8];
	uint64_t n;
	unsigned asked;
};

static int look(void *data, uint64_t n, uint8_t out[static 8])
{
	struct book *book = data;

	book->asked++;
	if (n != book->n) {
		return -1;
	}
	memcpy(out, book->hash, 8);
	return 0;
}

/* Entry 4 of the example alone: it refers to entry 3, which the other side may hold. */
static void test_look_up(void **state)
{
	struct made *made = made_example();
	struct ph_view rest = ph_buf_view(&made->body), entry;
	struct book book = { .n = 3 };
	struct ph_unpacked out;
	size_t told;

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(ph_segment_next(&rest, &entry), 0);
	}

	uint8_t hash[PH_HASH_SIZE];

	ph_entry_hash(entry, hash);
	memcpy(book.hash, hash, 8);
	assert_int_equal(ph_segment_next(&rest, &entry), 0);
	made->pool.len = 0;
	assert_int_equal(ph_segment_add(&made->pool, entry), 0);
	made->body.len = 0;
	assert_int_equal(ph_buf_put_view(&made->body, ph_buf_view(&made->pool)), 0);
	made->where.first = 4;
	made->where.last = 4;
	made->n_parts = 0;
	assert_int_equal(made_pack(made), 0);
	told = made->packed.len;
	assert_int_equal(made_unpack(made, &out), 0);
	assert_same(made, &out);

	made->where.hash = look;
	made->where.data = &book;
	assert_int_equal(made_pack(made), 0);
	assert_true(made->packed.len <= told - 8);
	assert_int_equal(made_unpack(made, &out), 0);
	assert_same(made, &out);
	assert_int_equal(book.asked, 2);

	/* who does not hold it asks for it plain; who holds another finds that chain and seal do not meet */
	book.n = 2;
	assert_int_equal(made_unpack(made, &out), PH_PACK_E_PLAIN);
	made->where.hash = NULL;
	assert_int_equal(made_unpack(made, &out), PH_PACK_E_PLAIN);
	made->where.hash = look;
	book.n = 3;
	book.hash[0] ^= 1;
	assert_int_equal(made_unpack(made, &out), 0);
	assert_false(ph_view_equal(out.body, ph_buf_view(&made->body)));
	/* and whose hash was another is told */
	assert_int_equal(made_pack(made), 0);
	assert_int_equal(made->packed.len, told);
	made_free(made);
}

/* --- versions --- */

static void test_versions(void **state)
{
	struct made *made = made_example();
	struct ph_unpacked out;

	(void)state;
	assert_int_equal(made_pack(made), 0);
	for (size_t i = 0; i < 2 + PH_PACK_FORM_SIZE; i++) {
		made->packed.data[i] ^= 1;
		assert_int_equal(made_unpack(made, &out), PH_PACK_E_PLAIN);
		made->packed.data[i] ^= 1;
	}
	assert_int_equal(made_unpack(made, &out), 0);
	made_free(made);
}

/* The dictionary is whole: every set and model of it is where one can be. */
static void test_dictionary(void **state)
{
	struct ph_view bytes = PH_VIEW(dict_bytes, sizeof(dict_bytes));
	size_t at = 4 + ph_pack_dict_text().len, n_sets, n_models;
	uint8_t hash[8];
	char hex[17];

	(void)state;
	assert_true(at + 4 <= bytes.len);
	assert_int_equal(ph_be16_get(bytes.data), PH_PACK_DICT);
	n_sets = ph_be16_get(bytes.data + at);
	n_models = ph_be16_get(bytes.data + at + 2);
	at += 4;
	assert_int_equal(at + 10 * n_sets + 5 * n_models, bytes.len);
	assert_int_equal(ph_be16_get(bytes.data + at + 8), 0);
	for (size_t i = 1; i < n_sets; i++) {
		const uint8_t *set = bytes.data + at + 10 * i;

		assert_true(ph_be64_get(set) > ph_be64_get(set - 10));
		assert_in_range(ph_be16_get(set + 8), ph_be16_get(set - 2) + 1u,
				n_models);
	}
	at += 10 * n_sets;
	for (size_t i = 0; i < n_models; i++) {
		const uint8_t *model = bytes.data + at + 5 * i;

		assert_in_range(ph_be16_get(model), 0, PH_MODEL_IN_SET - 1);
		assert_in_range(ph_be16_get(model + 2), 32, 65536 - 32);
		assert_in_range(model[4], 0, PH_MODEL_SEEN_MAX);
	}
	assert_true(n_models > 1000);
	/* what is shipped is never changed: another one is number 2 */
	ph_pack_dict_hash(hash);
	ph_hex(hex, hash, sizeof(hash));
	assert_string_equal(hex, PACK_DICT_HASH);
}

/* --- harm on the way --- */

/* Whether what came out is what was signed: the chain over it ends in the same h. */
static bool chain_meets(const struct made *made, const struct ph_unpacked *out)
{
	struct ph_view a = ph_buf_view(&made->body), b = out->body;
	uint8_t ha[PH_HASH_SIZE] = { 0 }, hb[PH_HASH_SIZE] = { 0 };
	struct ph_view entry;
	uint8_t e[PH_HASH_SIZE];

	while (a.len > 0 && ph_segment_next(&a, &entry) == 0) {
		ph_entry_hash(entry, e);
		ph_chain_step(ha, e);
	}
	while (b.len > 0) {
		assert_int_equal(ph_segment_next(&b, &entry), 0);
		ph_entry_hash(entry, e);
		ph_chain_step(hb, e);
	}
	return memcmp(ha, hb, sizeof(ha)) == 0;
}

/* Refused, or found by the chain, or not harmed. */
static void harmed(struct made *made, struct ph_view packed, uint64_t *passed)
{
	struct ph_unpacked out;
	int rc = ph_unpack(made->pack, &made->where, packed, &out);

	assert_in_range(rc, 0, PH_PACK_E_PLAIN);
	if (rc == 0 && chain_meets(made, &out)) {
		assert_true(ph_view_equal(out.body, ph_buf_view(&made->body)));
		(*passed)++;
	}
}

static void harm_all(struct made *made, struct ph_rng *rng, uint64_t *passed)
{
	struct ph_buf copy = { 0 };

	assert_int_equal(made_pack(made), 0);
	for (size_t len = 0; len < made->packed.len; len++) {
		harmed(made, PH_VIEW(made->packed.data, len), passed);
	}
	for (size_t bit = 0; bit < 8 * made->packed.len; bit++) {
		copy.len = 0;
		assert_int_equal(ph_buf_put_view(&copy, ph_buf_view(&made->packed)), 0);
		copy.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		harmed(made, ph_buf_view(&copy), passed);
	}
	for (int i = 0; i < 500; i++) {
		copy.len = 0;
		assert_int_equal(ph_buf_put_view(&copy, ph_buf_view(&made->packed)), 0);
		for (uint64_t k = ph_rng_below(rng, 8); k > 0; k--) {
			copy.data[ph_rng_below(rng, copy.len)] =
				(uint8_t)ph_rng_below(rng, 256);
		}
		copy.len -= ph_rng_below(rng, copy.len / 2);
		harmed(made, ph_buf_view(&copy), passed);
	}
	ph_buf_deinit(&copy);
}

static void test_harm(void **state)
{
	struct made *made = made_example();
	struct ph_rng_seeded seeded;
	struct ph_rng rng;
	uint64_t passed = 0;

	(void)state;
	ph_rng_seed(&seeded, arg_seed, &rng);
	harm_all(made, &rng, &passed);
	for (uint64_t i = 0; i < arg_count / 40 + 1; i++) {
		struct history *history = calloc(1, sizeof(*history));
		struct sums sums = { 0 };

		history_make(history, arg_seed + i, false);
		made->n_parts = 0;
		for (size_t a = 0; a < history->n_actors; a++) {
			const struct actor *actor = &history->actors[a];

			made->where.hash = NULL;
			ride(made, actor, 1, actor->n < 20 ? actor->n : 20, &sums);
			harm_all(made, &rng, &passed);
		}
		history_free(history);
	}
	print_message("# %" PRIu64 " came out whole all the same\n", passed);
	made_free(made);
}

/* --- */

/* A pack that was used for anything gives the same bytes for the next segment. */
static void test_nothing_stays(void **state)
{
	struct made *a = made_example(), *b = made_example();
	struct ph_unpacked out;

	(void)state;
	assert_int_equal(made_pack(a), 0);
	for (int i = 0; i < 3; i++) {
		a->packed.data[a->packed.len / 2] ^= 0x40;
		made_unpack(a, &out);
		a->packed.data[a->packed.len / 2] ^= 0x40;
		assert_int_equal(made_pack(b), 0);
		assert_true(
			ph_view_equal(ph_buf_view(&a->packed), ph_buf_view(&b->packed)));
		assert_int_equal(made_pack(a), 0);
		assert_true(
			ph_view_equal(ph_buf_view(&a->packed), ph_buf_view(&b->packed)));
	}
	made_free(a);
	made_free(b);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_histories),   cmocka_unit_test(test_spare_set),
		cmocka_unit_test(test_example),     cmocka_unit_test(test_page),
		cmocka_unit_test(test_wrong_parts), cmocka_unit_test(test_odd),
		cmocka_unit_test(test_no_body),     cmocka_unit_test(test_look_up),
		cmocka_unit_test(test_versions),    cmocka_unit_test(test_dictionary),
		cmocka_unit_test(test_harm),        cmocka_unit_test(test_nothing_stays),
	};

	if (sodium_init() < 0 || !read_args(argc, argv, 40, 2000)) {
		fprintf(stderr, "usage: test_pack [--count N] [--seed S]\n");
		return 2;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
