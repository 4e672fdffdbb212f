/* Tests of common/log/keylist.c: limits, forgeries, and every bit of a list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "tests/unit/province.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct province p;

static int set_up(void **state)
{
	(void)state;
	if (ph_crypto_start() != 0) {
		return -1;
	}
	province_make(&p, 1);
	return 0;
}

/* Refused with EXPECTED, and nothing written. */
static void assert_refused(struct ph_view bytes, int expected)
{
	struct ph_keylist list, before;

	memset(&list, 0x5a, sizeof(list));
	before = list;
	assert_int_equal(ph_keylist_decode(bytes, &list), expected);
	assert_memory_equal(&list, &before, sizeof(list));
}

static void test_round_trip_at_limits(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		unsigned n_hubs, n_operators;
		uint64_t generation, issued;
		int rc;
	} cases[] = {
		{ "least", 1, 1, 1, 0, 0 },
		{ "two and two", 2, 2, 2, 1790000000, 0 },
		{ "below the most", 3, 15, 127, 1790000000, 0 },
		{ "most", 4, 16, INT64_MAX, (UINT64_C(1) << 40) - 1, 0 },
		{ "no hub", 0, 1, 1, 0, -EINVAL },
		{ "no operator", 1, 0, 1, 0, -EINVAL },
		{ "five hubs", 5, 1, 1, 0, -EINVAL },
		{ "seventeen operators", 1, 17, 1, 0, -EINVAL },
		{ "generation 0", 1, 1, 0, 0, -EINVAL },
		{ "generation over the limit", 1, 1, (uint64_t)INT64_MAX + 1, 0,
		  -EINVAL },
		{ "issued over the limit", 1, 1, 1, UINT64_C(1) << 40, -EINVAL },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		print_message("# %s\n", cases[i].name);
		struct ph_keylist list = p.list, again;
		struct ph_buf bytes = { 0 }, body = { 0 }, forged = { 0 };

		for (unsigned j = 1; j < PH_KEYLIST_HUBS_MAX; j++) {
			list.hub[j] = list.hub[0];
		}
		for (unsigned j = 1; j < PH_KEYLIST_OPERATORS_MAX; j++) {
			memcpy(list.operator_key[j], list.operator_key[0], PH_KEY_SIZE);
		}
		list.n_hubs = cases[i].n_hubs;
		list.n_operators = cases[i].n_operators;
		list.generation = cases[i].generation;
		list.issued = cases[i].issued;
		assert_int_equal(ph_buf_put(&bytes, "before", 6), 0);
		assert_int_equal(ph_keylist_encode(&list, &p.root, &bytes), cases[i].rc);
		assert_memory_equal(bytes.data, "before", 6);
		keylist_body(&body, &list, 1, list.n_hubs, list.n_operators);
		forge(&forged, ph_buf_view(&body), KEYS_CONTEXT, &p.root, NULL, NULL);
		if (cases[i].rc == 0) {
			memset(&again, 0x5a, sizeof(again));
			ph_buf_drop(&bytes, 6);
			assert_int_equal(ph_keylist_decode(ph_buf_view(&bytes), &again),
					 0);
			assert_int_equal(again.n_hubs, list.n_hubs);
			assert_int_equal(again.n_operators, list.n_operators);
			assert_true(again.generation == list.generation);
			assert_true(again.issued == list.issued);
			assert_memory_equal(again.root, list.root, PH_KEY_SIZE);
			assert_memory_equal(again.hub, list.hub,
					    list.n_hubs * sizeof(list.hub[0]));
			assert_memory_equal(again.operator_key, list.operator_key,
					    list.n_operators * PH_KEY_SIZE);
			/* the bytes are those of the document */
			assert_true(
				ph_view_equal(ph_buf_view(&bytes), ph_buf_view(&forged)));
		} else {
			assert_int_equal(bytes.len, 6);
			assert_refused(ph_buf_view(&forged), PH_CERT_E_FORM);
		}
		ph_buf_deinit(&bytes);
		ph_buf_deinit(&body);
		ph_buf_deinit(&forged);
	}
}

static void test_every_bit(void **state)
{
	(void)state;
	struct ph_keylist list = p.list;
	struct ph_buf bytes = { 0 };

	list.hub[1] = list.hub[0];
	list.n_hubs = 2;
	memcpy(list.operator_key[1], list.operator_key[0], PH_KEY_SIZE);
	list.n_operators = 2;
	assert_int_equal(ph_keylist_encode(&list, &p.root, &bytes), 0);
	for (size_t bit = 0; bit < 8 * bytes.len; bit++) {
		bytes.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (ph_keylist_decode(ph_buf_view(&bytes), &list) <= 0) {
			fail_msg("bit %zu of byte %zu", bit % 8, bit / 8);
		}
		bytes.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t len = 0; len < bytes.len; len++) {
		assert_refused(PH_VIEW(bytes.data, len), PH_CERT_E_FORM);
	}
	assert_int_equal(ph_buf_put_u8(&bytes, 0xc0), 0);
	assert_refused(ph_buf_view(&bytes), PH_CERT_E_FORM);
	ph_buf_deinit(&bytes);
}

/* Logs of keys that are named no more: in order, to the most, each once. */
static void test_closed(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		unsigned n;
		uint64_t n_of_last;
		bool twice;
		int rc;
	} cases[] = {
		{ "one", 1, 1, false, 0 },
		{ "most", PH_KEYLIST_CLOSED_MAX, INT64_MAX, false, 0 },
		{ "one more", PH_KEYLIST_CLOSED_MAX + 1, 1, false, -EINVAL },
		{ "of no entry", 2, 0, false, -EINVAL },
		{ "over the limit", 2, (uint64_t)INT64_MAX + 1, false, -EINVAL },
		{ "told twice", 2, 1, true, -EINVAL },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		print_message("# %s\n", cases[i].name);
		struct ph_keylist list = p.list, again;
		struct ph_buf bytes = { 0 };
		uint8_t other[PH_LOG_ID_SIZE] = { 99 };

		list.n_closed = cases[i].n;
		for (unsigned j = 0; j < PH_KEYLIST_CLOSED_MAX; j++) {
			memset(&list.closed[j], 0, sizeof(list.closed[j]));
			list.closed[j].log_id[0] = (uint8_t)(cases[i].twice ? 7 : j);
			list.closed[j].h[0] = (uint8_t)(j + 50);
			list.closed[j].n = j + 1;
		}
		if (cases[i].n <= PH_KEYLIST_CLOSED_MAX) {
			list.closed[cases[i].n - 1].n = cases[i].n_of_last;
		}
		assert_int_equal(ph_keylist_encode(&list, &p.root, &bytes), cases[i].rc);
		if (cases[i].rc == 0) {
			assert_int_equal(ph_keylist_decode(ph_buf_view(&bytes), &again),
					 0);
			assert_int_equal(again.n_closed, list.n_closed);
			for (unsigned j = 0; j < list.n_closed; j++) {
				const struct ph_head *closed =
					ph_keylist_closed(&again, list.closed[j].log_id);

				assert_non_null(closed);
				assert_true(closed->n == list.closed[j].n);
				assert_memory_equal(closed->h, list.closed[j].h,
						    PH_HASH_SIZE);
			}
			assert_null(ph_keylist_closed(&again, other));
		} else {
			assert_int_equal(bytes.len, 0);
		}
		ph_buf_deinit(&bytes);
	}
	/* without any it has a member less, and says none when it is read into old memory */
	struct ph_keylist again;
	struct ph_buf bytes = { 0 };

	memset(&again, 0x5a, sizeof(again));
	assert_int_equal(ph_keylist_encode(&p.list, &p.root, &bytes), 0);
	assert_int_equal(ph_keylist_decode(ph_buf_view(&bytes), &again), 0);
	assert_int_equal(again.n_closed, 0);
	ph_buf_deinit(&bytes);
}

/* Who was an operator: the last member, behind closed logs, which there need not be. */
static void test_former(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		unsigned n, n_closed;
		int rc;
	} cases[] = {
		{ "one, and no closed log", 1, 0, 0 },
		{ "behind a closed log", 1, 1, 0 },
		{ "most", PH_KEYLIST_FORMER_MAX, PH_KEYLIST_CLOSED_MAX, 0 },
		{ "one more", PH_KEYLIST_FORMER_MAX + 1, 0, -EINVAL },
	};
	struct ph_sign_pair pair, other;
	struct ph_rng_seeded seeded;
	struct ph_rng rng;

	ph_rng_seed(&seeded, 77, &rng);
	ph_sign_pair_make(&pair, &rng);
	ph_sign_pair_make(&other, &rng);
	for (size_t i = 0; i < COUNT(cases); i++) {
		print_message("# %s\n", cases[i].name);
		struct ph_keylist list = p.list, again;
		struct ph_buf bytes = { 0 };

		list.n_former = cases[i].n;
		for (unsigned j = 0; j < PH_KEYLIST_FORMER_MAX; j++) {
			memcpy(list.former[j], pair.key, PH_KEY_SIZE);
		}
		list.n_closed = cases[i].n_closed;
		for (unsigned j = 0; j < list.n_closed; j++) {
			list.closed[j] =
				(struct ph_head){ .log_id = { (uint8_t)j }, .n = 1 };
		}
		assert_int_equal(ph_keylist_encode(&list, &p.root, &bytes), cases[i].rc);
		if (cases[i].rc == 0) {
			memset(&again, 0x5a, sizeof(again));
			assert_int_equal(ph_keylist_decode(ph_buf_view(&bytes), &again),
					 0);
			assert_int_equal(again.n_former, list.n_former);
			assert_int_equal(again.n_closed, list.n_closed);
			assert_true(ph_keylist_had_operator(&again, pair.key));
			assert_false(ph_keylist_has_operator(&again, pair.key));
			assert_false(ph_keylist_had_operator(&again, other.key));
		}
		ph_buf_deinit(&bytes);
	}
	/* a key that is no point is none; and there is no list of nobody */
	struct ph_keylist list = p.list;
	struct ph_buf bytes = { 0 };

	list.n_former = 1;
	memset(list.former[0], 0xff, PH_KEY_SIZE);
	assert_int_equal(ph_keylist_encode(&list, &p.root, &bytes), -EINVAL);
	assert_int_equal(ph_keylist_encode(&p.list, &p.root, &bytes), 0);
	assert_int_equal(ph_keylist_decode(ph_buf_view(&bytes), &list), 0);
	assert_int_equal(list.n_former, 0);
	ph_buf_deinit(&bytes);
}

static void assert_list_refused(const struct ph_keylist *list, uint64_t version,
				const char *context, const struct ph_sign_pair *pair,
				int expected)
{
	struct ph_buf body = { 0 }, bytes = { 0 };

	keylist_body(&body, list, version, 1, 1);
	forge(&bytes, ph_buf_view(&body), context, pair, NULL, NULL);
	assert_refused(ph_buf_view(&bytes), expected);
	ph_buf_deinit(&body);
	ph_buf_deinit(&bytes);
}

static void test_forged(void **state)
{
	(void)state;
	struct ph_keylist list;
	struct ph_buf bytes = { 0 };

	assert_list_refused(&p.list, 2, KEYS_CONTEXT, &p.root, PH_CERT_E_FORM);
	assert_list_refused(&p.list, 0, KEYS_CONTEXT, &p.root, PH_CERT_E_FORM);
	assert_list_refused(&p.list, 1, INVITE_CONTEXT, &p.root, PH_CERT_E_SIGNATURE);
	assert_list_refused(&p.list, 1, KEYS_CONTEXT, &p.operator_pair,
			    PH_CERT_E_SIGNATURE);

	/* points that are no keys, well signed */
	list = p.list;
	memset(list.hub[0].box, 0, PH_KEY_SIZE);
	assert_list_refused(&list, 1, KEYS_CONTEXT, &p.root, PH_CERT_E_FORM);
	assert_int_equal(ph_keylist_encode(&list, &p.root, &bytes), -EINVAL);
	list = p.list;
	memset(list.hub[0].sign, 0, PH_KEY_SIZE);
	assert_list_refused(&list, 1, KEYS_CONTEXT, &p.root, PH_CERT_E_FORM);
	list = p.list;
	memset(list.operator_key[0], 0, PH_KEY_SIZE);
	list.operator_key[0][0] = 1;
	assert_list_refused(&list, 1, KEYS_CONTEXT, &p.root, PH_CERT_E_FORM);
	assert_int_equal(ph_keylist_encode(&list, &p.root, &bytes), -EINVAL);

	/* a signer that does not fit */
	assert_int_equal(ph_keylist_encode(&p.list, &p.operator_pair, &bytes), -EINVAL);
	assert_int_equal(bytes.len, 0);
}

/* The root of small order makes "signatures" that hold for any body. */
static void test_root_of_small_order(void **state)
{
	(void)state;
	struct ph_keylist list = p.list;
	struct ph_buf body = { 0 }, bytes = { 0 };
	struct ph_mpw writer;
	uint8_t sig[PH_SIGNATURE_SIZE] = { 1 };

	memset(list.root, 0, PH_KEY_SIZE);
	list.root[0] = 1;
	keylist_body(&body, &list, 1, 1, 1);
	ph_mpw_init(&writer, &bytes);
	ph_mpw_array(&writer, 2);
	ph_mpw_bin(&writer, body.data, body.len);
	ph_mpw_bin(&writer, sig, sizeof(sig));
	assert_int_equal(ph_mpw_end(&writer), 0);
	assert_refused(ph_buf_view(&bytes), PH_CERT_E_SIGNATURE);
	ph_buf_deinit(&body);
	ph_buf_deinit(&bytes);
}

static void test_size_limit(void **state)
{
	(void)state;
	static uint8_t body[PH_CERT_MAX];

	/* an envelope of exactly the limit reaches the body; one byte more does not matter */
	for (size_t over = 0; over <= 1; over++) {
		struct ph_buf bytes = { 0 };
		size_t len = PH_CERT_MAX - 1 - 3 - 2 - PH_SIGNATURE_SIZE + over;

		forge(&bytes, PH_VIEW(body, len), KEYS_CONTEXT, &p.root, NULL, NULL);
		assert_int_equal(bytes.len, PH_CERT_MAX + over);
		assert_refused(ph_buf_view(&bytes), PH_CERT_E_FORM);
		ph_buf_deinit(&bytes);
	}
}

static void test_lookups(void **state)
{
	(void)state;
	struct ph_keylist list = p.list;
	struct province other;

	province_make(&other, 2);
	memcpy(list.hub[3].sign, other.hub.sign.key, PH_KEY_SIZE);
	memcpy(list.operator_key[15], other.operator_pair.key, PH_KEY_SIZE);
	assert_true(ph_keylist_has_hub(&list, p.hub.sign.key));
	assert_true(ph_keylist_has_operator(&list, p.operator_pair.key));
	/* behind the count nothing stands */
	list.n_hubs = 3;
	list.n_operators = 15;
	assert_false(ph_keylist_has_hub(&list, other.hub.sign.key));
	assert_false(ph_keylist_has_operator(&list, other.operator_pair.key));
	list.n_hubs = 4;
	list.n_operators = 16;
	assert_true(ph_keylist_has_hub(&list, other.hub.sign.key));
	assert_true(ph_keylist_has_operator(&list, other.operator_pair.key));
	/* neither role stands for the other */
	assert_false(ph_keylist_has_hub(&list, p.operator_pair.key));
	assert_false(ph_keylist_has_operator(&list, p.hub.sign.key));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip_at_limits),
		cmocka_unit_test(test_every_bit),
		cmocka_unit_test(test_closed),
		cmocka_unit_test(test_former),
		cmocka_unit_test(test_forged),
		cmocka_unit_test(test_root_of_small_order),
		cmocka_unit_test(test_size_limit),
		cmocka_unit_test(test_lookups),
	};

	return cmocka_run_group_tests_name("keylist", tests, set_up, NULL);
}
