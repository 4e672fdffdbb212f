/*
 * Tests of common/log/desk_key.c: cards as they are scanned and mistyped, PINs that are
 * none, and the file that holds a desk's secret, whole, damaged, hostile.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <errno.h>
#include <sodium.h>

#include "common/base/file.h"
#include "common/log/desk_key.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SIZE         166 /* of the file, docs/LOG.md */

static char folder[] = "/tmp/ph-test-desk-XXXXXX";
static char path[64];
static struct ph_rng_seeded rng_state;
static struct ph_rng rng;
static char card[PH_DESK_CARD_SIZE + 1], other[PH_DESK_CARD_SIZE + 1];
static struct ph_box_pair desk;
static const struct ph_view pin = { (const uint8_t *)"271828", 6 };

static int set_up(void **state)
{
	(void)state;
	if (ph_crypto_start() != 0 || !mkdtemp(folder)) {
		return -1;
	}
	snprintf(path, sizeof(path), "%s/desk", folder);
	ph_rng_seed(&rng_state, 1, &rng);
	ph_desk_card_make(card, &rng);
	ph_desk_card_make(other, &rng);
	ph_box_pair_make(&desk, &rng);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static int read_as(const char *text, char out[static PH_DESK_CARD_SIZE + 1])
{
	return ph_desk_card_read(ph_view_str(text), out, NULL);
}

static void test_a_card_is_read_as_it_was_made(void **state)
{
	(void)state;
	char text[PH_DESK_CARD_TEXT], back[PH_DESK_CARD_SIZE + 1];

	assert_int_equal(strlen(card), PH_DESK_CARD_SIZE);
	assert_int_equal(strspn(card, "0123456789"), PH_DESK_CARD_SIZE);
	assert_string_not_equal(card, other);
	assert_int_equal(read_as(card, back), 0);
	assert_string_equal(back, card);
	ph_desk_card_text(card, text);
	assert_int_equal(strlen(text), PH_DESK_CARD_TEXT - 1);
	assert_int_equal(read_as(text, back), 0);
	assert_string_equal(back, card);
}

static void test_what_is_no_card(void **state)
{
	(void)state;
	char back[PH_DESK_CARD_SIZE + 1] = "as it was", bad[PH_DESK_CARD_SIZE + 2];

	assert_int_equal(read_as("", back), -EINVAL);
	for (size_t i = 0; i < PH_DESK_CARD_SIZE; i++) { /* one digit mistyped */
		strcpy(bad, card);
		bad[i] = bad[i] == '9' ? '0' : (char)(bad[i] + 1);
		assert_int_equal(read_as(bad, back), -EINVAL);
		bad[i] = 'x';
		assert_int_equal(read_as(bad, back), -EINVAL);
		strcpy(bad, card);
		bad[i] = '\0'; /* too short */
		assert_int_equal(read_as(bad, back), -EINVAL);
	}
	snprintf(bad, sizeof(bad), "%s0", card);
	assert_int_equal(read_as(bad, back), -EINVAL);
	assert_string_equal(back, "as it was");
}

/* No digit comes more often than chance has it: 390,000 of them, six deviations. */
static void test_cards_are_of_chance(void **state)
{
	(void)state;
	unsigned n[10] = { 0 };
	char one[PH_DESK_CARD_SIZE + 1];

	for (unsigned i = 0; i < 10000; i++) {
		ph_desk_card_make(one, &rng);
		for (unsigned at = 0; at < PH_DESK_CARD_SIZE - 1; at++) {
			n[one[at] - '0']++;
		}
	}
	for (unsigned digit = 0; digit < 10; digit++) {
		assert_in_range(n[digit], 39000 - 1124, 39000 + 1124);
	}
}

static void test_pins(void **state)
{
	(void)state;
	static const struct {
		const char *pin;
		bool is_good;
	} cases[] = {
		{ "271828", true },        { "1234567890123456", true },
		{ "112233", true },        { "", false },
		{ "27182", false },        { "12345678901234567", false },
		{ "27182a", false },       { "271 828", false },
		{ "000000", false },       { "123456", false },
		{ "987654", false },       { "123457", true },
		{ "２７１８２８", false },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ph_error err = { 0 };

		print_message("# %s\n", cases[i].pin);
		assert_int_equal(ph_pin_check(ph_view_str(cases[i].pin), &err),
				 cases[i].is_good ? 0 : -EINVAL);
		assert_int_equal(err.exit, cases[i].is_good ? 0 : PH_EXIT_USAGE);
	}
}

/* --- the file --- */

static int save(void)
{
	return ph_desk_key_save(&desk, path, card, pin, PH_LOCK_MIB_MIN, &rng, NULL);
}

static int load(const char *with, const char *by)
{
	struct ph_box_pair pair, before;
	struct ph_error err = { 0 };
	int rc;

	memset(&pair, 0x5a, sizeof(pair));
	before = pair;
	rc = ph_desk_key_load(&pair, path, with, ph_view_str(by), &err);
	if (rc == 0) {
		assert_memory_equal(&pair, &desk, sizeof(pair));
	} else {
		assert_memory_equal(&pair, &before, sizeof(pair));
	}
	assert_int_equal(err.text[0] != '\0', rc < 0);
	return rc;
}

static void test_it_takes_card_and_pin(void **state)
{
	(void)state;
	struct stat found;

	assert_int_equal(save(), 0);
	assert_int_equal(stat(path, &found), 0);
	assert_int_equal(found.st_mode & 07777, 0600);
	assert_int_equal(found.st_size, SIZE);
	assert_int_equal(load(card, "271828"), 0);
	assert_int_equal(load(card, "271829"), PH_DESK_E_PIN);
	assert_int_equal(load(card, "2718280"), PH_DESK_E_PIN);
	assert_int_equal(load(card, ""), PH_DESK_E_PIN);
	assert_int_equal(load(other, "271828"), PH_DESK_E_CARD);
	assert_int_equal(ph_desk_key_look(path, card, NULL), 0);
	assert_int_equal(ph_desk_key_look(path, other, NULL), PH_DESK_E_CARD);
}

/* Neither half of what opens it, nor the secret, is in the file. */
static void test_nothing_lies_open(void **state)
{
	(void)state;
	struct ph_buf bytes = { 0 };

	assert_int_equal(save(), 0);
	assert_int_equal(ph_file_read(path, 1024, &bytes, NULL), 0);
	assert_null(memmem(bytes.data, bytes.len, desk.secret, 8));
	assert_null(memmem(bytes.data, bytes.len, card, 8));
	assert_null(memmem(bytes.data, bytes.len, "271828", 6));
	ph_buf_deinit(&bytes);
}

static void put_bytes(const uint8_t *data, size_t len)
{
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

/* What a bit of the costs asks for is bounded; all else is damaged, a wrong card or a wrong PIN. */
static void test_damaged(void **state)
{
	(void)state;
	struct ph_buf bytes = { 0 };

	assert_int_equal(save(), 0);
	assert_int_equal(ph_file_read(path, 1024, &bytes, NULL), 0);
	for (size_t at = 0; at < bytes.len; at++) {
		bytes.data[at] ^= 1;
		put_bytes(bytes.data, bytes.len);

		int rc = load(card, "271828");

		assert_true(rc == -EUCLEAN || rc == PH_DESK_E_PIN ||
			    rc == PH_DESK_E_CARD);
		bytes.data[at] ^= 1;
	}
	for (size_t len = 0; len < bytes.len; len += 17) {
		put_bytes(bytes.data, len);
		assert_int_equal(load(card, "271828"), -EUCLEAN);
		assert_int_equal(ph_desk_key_look(path, card, NULL), -EUCLEAN);
	}
	assert_int_equal(ph_buf_put_u8(&bytes, 0), 0);
	put_bytes(bytes.data, bytes.len);
	assert_int_equal(load(card, "271828"), -EUCLEAN);
	unlink(path);
	assert_int_equal(load(card, "271828"), -ENOENT);
	ph_buf_deinit(&bytes);
}

static void test_refused(void **state)
{
	(void)state;
	struct ph_error err = { 0 };

	assert_int_equal(
		ph_desk_key_save(&desk, path, card, ph_view_str("12345"), 8, &rng, &err),
		-EINVAL);
	assert_int_equal(err.exit, PH_EXIT_USAGE);
	assert_int_equal(ph_desk_key_save(&desk, path, card, pin, 7, &rng, NULL),
			 -EINVAL);
	assert_int_equal(ph_desk_key_save(&desk, path, card, pin, 1025, &rng, NULL),
			 -EINVAL);
	assert_false(ph_file_exists(path));
}

/* As docs/LOG.md has it, made by hand. */
static void test_what_the_book_says(void **state)
{
	(void)state;
	static const uint8_t front[] = "\x98\xb4packhorse desk key 1";
	uint8_t key[32], lock[32], bound[48], nonce[24], sealed[48], mark[32];
	struct ph_buf bytes = { 0 };
	char text[21 + PH_DESK_CARD_SIZE + 1];

	assert_int_equal(save(), 0);
	assert_int_equal(ph_file_read(path, 1024, &bytes, NULL), 0);
	assert_memory_equal(bytes.data, front, 22);
	assert_memory_equal(bytes.data + 24, desk.key, 32);
	assert_memory_equal(bytes.data + 56, "\x04\xce\x00\x80\x00\x00\xc4\x10", 8);
	assert_memory_equal(bytes.data + 80, "\xc4\x08", 2);
	assert_memory_equal(bytes.data + 90, "\xc4\x18", 2);
	memcpy(nonce, bytes.data + 92, 24);
	assert_memory_equal(bytes.data + 116, "\xc4\x30", 2);

	crypto_generichash(mark, 32, (const uint8_t *)card, 40,
			   (const uint8_t *)"packhorse desk card 1", 21);
	assert_memory_equal(bytes.data + 82, mark, 8);
	assert_int_equal(crypto_pwhash(key, 32, "271828", 6, bytes.data + 64, 4, 8 << 20,
				       crypto_pwhash_ALG_ARGON2ID13),
			 0);
	snprintf(text, sizeof(text), "packhorse desk lock 1%s", card);
	crypto_generichash(lock, 32, (const uint8_t *)text, 61, key, 32);
	memcpy(bound, desk.key, 32);
	ph_be64_put(bound + 32, 4);
	ph_be64_put(bound + 40, 8 << 20);
	crypto_aead_xchacha20poly1305_ietf_encrypt(sealed, NULL, desk.secret, 32, bound,
						   48, NULL, nonce, lock);
	assert_memory_equal(bytes.data + 118, sealed, 48);
	assert_int_equal(bytes.len, 118 + 48);
	ph_buf_deinit(&bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_card_is_read_as_it_was_made),
		cmocka_unit_test(test_what_is_no_card),
		cmocka_unit_test(test_cards_are_of_chance),
		cmocka_unit_test(test_pins),
		cmocka_unit_test(test_it_takes_card_and_pin),
		cmocka_unit_test(test_nothing_lies_open),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_what_the_book_says),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
