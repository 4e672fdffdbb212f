/* Tests of common/log/part.c: sealed parts open for their entry and seed, and for nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <string.h>

#include <cmocka.h>

#include "common/log/part.h"
#include "tests/lib/log_vectors.h"
#include "tests/lib/make_entry.h"
#include "tests/lib/unhex.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct ph_kind *reader_kind(void)
{
	return ph_kind_find(PH_KIND_READER_PUT);
}

struct key {
	uint8_t seed[PH_SEED_SIZE];
	uint8_t log_id[PH_LOG_ID_SIZE];
};

static struct key vector_key(void)
{
	struct ph_buf pool = { 0 };
	struct key key;

	memcpy(key.seed, unhex(&pool, VEC_PART_SEED).data, PH_SEED_SIZE);
	memcpy(key.log_id, unhex(&pool, VEC_LOG).data, PH_LOG_ID_SIZE);
	ph_buf_deinit(&pool);
	return key;
}

static void test_vector(void **state)
{
	struct ph_entry entry = { .kind = reader_kind() };
	struct key key = vector_key();
	struct ph_buf plain = { 0 };
	struct ph_buf cipher = { 0 };
	struct ph_buf back = { 0 };
	uint8_t commit[PH_HASH_SIZE];

	(void)state;
	entry.sealed[PH_READER_S_NAME] =
		(struct ph_value){ .set = true, .as.bytes = ph_view_str("Lò Thị Hoa") };
	entry.sealed[PH_READER_S_BORN] =
		(struct ph_value){ .set = true, .as.uint = 1987 };
	assert_int_equal(ph_part_mask(&entry), 3);
	assert_int_equal(ph_part_encode(&entry, &plain, NULL), 0);
	assert_hex(plain.data, plain.len, VEC_PART_PLAIN);
	assert_int_equal(
		ph_part_seal(key.seed, key.log_id, 3, ph_buf_view(&plain), &cipher), 0);
	assert_hex(cipher.data, cipher.len, VEC_PART_CIPHER);
	ph_part_commit(ph_buf_view(&cipher), commit);
	assert_hex(commit, sizeof(commit), VEC_PART_COMMIT);
	assert_int_equal(
		ph_part_open(key.seed, key.log_id, 3, ph_buf_view(&cipher), &back), 0);
	assert_hex(back.data, back.len, VEC_PART_PLAIN);
	ph_buf_deinit(&plain);
	ph_buf_deinit(&cipher);
	ph_buf_deinit(&back);
}

static int open_with(const struct key *key, uint64_t n, struct ph_view cipher)
{
	struct ph_buf plain = { 0 };
	int rc;

	assert_int_equal(ph_buf_put(&plain, "before", 6), 0);
	rc = ph_part_open(key->seed, key->log_id, n, cipher, &plain);
	assert_true(rc == 0 || plain.len == 6);
	assert_memory_equal(plain.data, "before", 6);
	ph_buf_deinit(&plain);
	return rc;
}

static void test_does_not_open(void **state)
{
	struct key key = vector_key();
	struct key other = key;
	struct ph_buf cipher = { 0 };
	struct ph_view view = unhex(&cipher, VEC_PART_CIPHER);

	(void)state;
	assert_int_equal(open_with(&key, 3, view), 0);
	assert_int_equal(open_with(&key, 2, view), -EBADMSG);
	other.seed[15] ^= 1;
	assert_int_equal(open_with(&other, 3, view), -EBADMSG);
	other = key;
	other.log_id[0] ^= 0x80;
	assert_int_equal(open_with(&other, 3, view), -EBADMSG);
	for (size_t i = 0; i < cipher.len; i++) {
		cipher.data[i] ^= 1;
		assert_int_equal(open_with(&key, 3, view), -EBADMSG);
		cipher.data[i] ^= 1;
		assert_int_equal(open_with(&key, 3, PH_VIEW(view.data, i)), -EBADMSG);
	}
	ph_buf_deinit(&cipher);
}

static void test_sizes(void **state)
{
	struct key key = vector_key();
	struct ph_buf plain = { 0 };
	struct ph_buf cipher = { 0 };
	struct ph_buf back = { 0 };

	(void)state;
	/* An empty text has a tag too. */
	assert_int_equal(
		ph_part_seal(key.seed, key.log_id, 1, ph_buf_view(&plain), &cipher), 0);
	assert_int_equal(cipher.len, 16);
	assert_int_equal(open_with(&key, 1, ph_buf_view(&cipher)), 0);

	assert_int_equal(ph_buf_reserve(&plain, PH_PART_MAX), 0);
	memset(plain.data, 'x', PH_PART_MAX);
	for (size_t size = PH_PART_MAX - 17; size <= PH_PART_MAX - 15; size++) {
		plain.len = size;
		cipher.len = 0;
		back.len = 0;
		int rc = ph_part_seal(key.seed, key.log_id, 1, ph_buf_view(&plain),
				      &cipher);

		assert_int_equal(rc, size + 16 > PH_PART_MAX ? -EMSGSIZE : 0);
		if (rc == 0) {
			assert_int_equal(ph_part_open(key.seed, key.log_id, 1,
						      ph_buf_view(&cipher), &back),
					 0);
			assert_true(
				ph_view_equal(ph_buf_view(&plain), ph_buf_view(&back)));
		}
	}
	ph_buf_deinit(&plain);
	ph_buf_deinit(&cipher);
	ph_buf_deinit(&back);
}

static void test_round_trip(void **state)
{
	static struct maker maker;
	static struct ph_entry entry;
	static struct ph_entry back;
	struct ph_buf plain = { 0 };
	struct ph_buf again = { 0 };

	(void)state;
	maker_init(&maker, 5);
	for (unsigned i = 0; i < 500; i++) {
		make_entry(&maker, reader_kind(), true, &entry);
		plain.len = 0;
		again.len = 0;
		if (ph_part_mask(&entry) == 0) {
			assert_int_equal(ph_part_encode(&entry, &plain, NULL), -EINVAL);
			continue;
		}
		assert_int_equal(ph_part_encode(&entry, &plain, NULL), 0);
		back = entry;
		memset(back.sealed, 0, sizeof(back.sealed));
		assert_int_equal(ph_part_decode(ph_buf_view(&plain), &back), 0);
		assert_true(same_sealed(&entry, &back));
		assert_int_equal(ph_part_encode(&back, &again, NULL), 0);
		assert_true(ph_view_equal(ph_buf_view(&plain), ph_buf_view(&again)));

		/* What `sets` says must be so. */
		back.field[PH_READER_SETS].as.uint ^= 1;
		assert_int_equal(ph_part_decode(ph_buf_view(&plain), &back),
				 PH_ENTRY_E_MALFORMED);
	}
	ph_buf_deinit(&plain);
	ph_buf_deinit(&again);
}

static void test_forms(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		const char *hex;
		int rc;
	} cases[] = {
		{ "name", "91 a1 61", 0 },
		{ "born alone", "92 c0 cd07c3", 0 },
		{ "nothing", "", PH_ENTRY_E_MALFORMED },
		{ "no fields", "90", PH_ENTRY_E_MALFORMED },
		{ "nil at the end", "92 a1 61 c0", PH_ENTRY_E_MALFORMED },
		{ "nil alone", "91 c0", PH_ENTRY_E_MALFORMED },
		{ "a field more", "97 c0 c0 c0 c0 c0 a161 a161", PH_ENTRY_E_MALFORMED },
		{ "no array", "a1 61", PH_ENTRY_E_MALFORMED },
		{ "something behind", "91 a1 61 00", PH_ENTRY_E_MALFORMED },
		{ "name a number", "91 01", PH_ENTRY_E_MALFORMED },
		{ "name empty", "91 a0", PH_ENTRY_E_MALFORMED },
		{ "name not NFC", "91 a3 61 cc81", PH_ENTRY_E_MALFORMED },
		{ "not shortest", "91 d901 61", PH_ENTRY_E_MALFORMED },
		{ "born in 0", "92 c0 00", PH_ENTRY_E_MALFORMED },
		{ "born in 1", "92 c0 01", 0 },
		{ "born in 2999", "92 c0 cd0bb7", 0 },
		{ "born in 3000", "92 c0 cd0bb8", PH_ENTRY_E_MALFORMED },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ph_buf plain = { 0 };
		struct ph_entry entry = { .kind = reader_kind() };
		int rc = ph_part_decode(unhex(&plain, cases[i].hex), &entry);

		if (rc != cases[i].rc) {
			fail_msg("%s: %d, not %d", cases[i].name, rc, cases[i].rc);
		}
		assert_int_equal(ph_part_mask(&entry) == 0, rc != 0);
		ph_buf_deinit(&plain);
	}

	struct ph_buf plain = { 0 };
	struct ph_entry loan = { .kind = ph_kind_find(PH_KIND_LOAN) };

	assert_int_equal(ph_part_decode(unhex(&plain, "91 a1 61"), &loan),
			 PH_ENTRY_E_MALFORMED);
	ph_buf_deinit(&plain);
}

static void test_limits(void **state)
{
	static struct maker maker;
	const struct ph_kind *kind = reader_kind();
	struct ph_buf plain = { 0 };

	(void)state;
	maker_init(&maker, 6);
	for (uint32_t i = 0; i < kind->n_sealed; i++) {
		const struct ph_field *field = &kind->sealed[i];

		for (int over = -1; over <= 1; over++) {
			struct ph_entry entry = { .kind = kind };
			struct ph_error err = { 0 };
			uint64_t size = field->max + (uint64_t)over;

			maker.used = 0;
			entry.sealed[i].set = true;
			if (field->type == PH_T_UINT) {
				entry.sealed[i].as.uint = size;
			} else {
				entry.sealed[i].as.bytes =
					make_text(&maker, (size_t)size, PH_TEXT_ANY);
			}
			plain.len = 0;
			assert_int_equal(ph_part_encode(&entry, &plain, &err),
					 over > 0 ? -EINVAL : 0);
			if (over > 0) {
				assert_memory_equal(err.text, field->name,
						    strlen(field->name));
				assert_int_equal(plain.len, 0);
			}
		}
	}
	ph_buf_deinit(&plain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vector), cmocka_unit_test(test_does_not_open),
		cmocka_unit_test(test_sizes),  cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_forms),  cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
