/*
 * Tests of common/log/keys.c and keyfile.c: published signatures and key agreements,
 * keys that are none, and files that are damaged, hostile or somebody else's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <errno.h>
#include <sodium.h>

#include "common/base/file.h"
#include "common/base/mp.h"
#include "common/base/secret.h"
#include "common/log/keys.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MIB          (UINT64_C(1) << 20)

static char folder[] = "/tmp/ph-test-keys-XXXXXX";
static char path[64];
static struct ph_rng_seeded rng_state;
static struct ph_rng rng;

static int set_up(void **state)
{
	(void)state;
	if (ph_crypto_start() != 0 || !mkdtemp(folder)) {
		return -1;
	}
	snprintf(path, sizeof(path), "%s/key", folder);
	ph_rng_seed(&rng_state, 1, &rng);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static void unhex(uint8_t *out, size_t len, const char *hex)
{
	assert_int_equal(ph_unhex(out, len, hex, strlen(hex)), 0);
}

/* RFC 8032, section 7.1. */
static void test_published_signatures(void **state)
{
	(void)state;
	static const struct {
		const char *name, *seed, *key, *body, *sig;
	} cases[] = {
		{ "test 1",
		  "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
		  "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
		  "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
		  "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b" },
		{ "test 2",
		  "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
		  "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
		  "72",
		  "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
		  "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00" },
		{ "test 3",
		  "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
		  "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
		  "af82",
		  "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
		  "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		print_message("# %s\n", cases[i].name);
		uint8_t seed[32], key[32], body[2], sig[64], made[64];
		size_t len = strlen(cases[i].body) / 2;
		struct ph_sign_pair pair;

		unhex(seed, sizeof(seed), cases[i].seed);
		unhex(key, sizeof(key), cases[i].key);
		unhex(body, len, cases[i].body);
		unhex(sig, sizeof(sig), cases[i].sig);
		ph_sign_pair_from_seed(&pair, seed);
		assert_memory_equal(pair.key, key, sizeof(key));
		assert_memory_equal(pair.secret, seed, sizeof(seed));
		assert_memory_equal(pair.secret + 32, key, sizeof(key));
		ph_sign(made, "", PH_VIEW(body, len), pair.secret);
		assert_memory_equal(made, sig, sizeof(sig));
		assert_true(ph_sign_verify(sig, "", PH_VIEW(body, len), key));
		/* where the context ends makes no difference to the bytes signed */
		if (len == 1) {
			assert_true(ph_sign_verify(sig, "r", PH_VIEW(NULL, 0), key));
		}
	}
}

static void fill_fixed(void *data, uint8_t *out, size_t len)
{
	assert_int_equal(len, 32);
	memcpy(out, data, len);
}

/* RFC 7748, section 6.1. */
static void test_published_agreement_key(void **state)
{
	(void)state;
	uint8_t secret[32], key[32];

	unhex(secret, 32,
	      "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
	unhex(key, 32,
	      "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");

	struct ph_rng fixed = { .fill = fill_fixed, .data = secret };
	struct ph_box_pair pair;

	ph_box_pair_make(&pair, &fixed);
	assert_memory_equal(pair.key, key, 32);
	assert_int_equal(pair.secret[0] & 7, 0);
	assert_int_equal(pair.secret[31] & 0xc0, 0x40);
	assert_memory_equal(pair.secret + 1, secret + 1, 30);
}

static void test_signature_bits(void **state)
{
	(void)state;
	struct ph_sign_pair pair;
	uint8_t body[40] = "what is signed", sig[PH_SIGNATURE_SIZE];
	struct ph_view view = PH_VIEW(body, sizeof(body));

	ph_sign_pair_make(&pair, &rng);
	ph_sign(sig, "context", view, pair.secret);
	assert_true(ph_sign_verify(sig, "context", view, pair.key));
	assert_false(ph_sign_verify(sig, "Context", view, pair.key));
	assert_false(ph_sign_verify(sig, "contex", view, pair.key));
	assert_false(ph_sign_verify(sig, "", view, pair.key));
	assert_false(ph_sign_verify(sig, "context", PH_VIEW(body, 39), pair.key));
	for (size_t bit = 0; bit < 8 * sizeof(sig); bit++) {
		sig[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_false(ph_sign_verify(sig, "context", view, pair.key));
		sig[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t bit = 0; bit < 8 * sizeof(body); bit++) {
		body[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_false(ph_sign_verify(sig, "context", view, pair.key));
		body[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t bit = 0; bit < 8 * sizeof(pair.key); bit++) {
		pair.key[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_false(ph_sign_verify(sig, "context", view, pair.key));
		pair.key[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_true(ph_sign_verify(sig, "context", view, pair.key));
}

static void test_signed_body_limit(void **state)
{
	(void)state;
	static uint8_t body[PH_SIGN_BODY_MAX + 1];
	struct ph_sign_pair pair;
	uint8_t sig[PH_SIGNATURE_SIZE];

	ph_sign_pair_make(&pair, &rng);
	for (size_t len = PH_SIGN_BODY_MAX - 1; len <= PH_SIGN_BODY_MAX; len++) {
		ph_sign(sig, "c", PH_VIEW(body, len), pair.secret);
		assert_true(ph_sign_verify(sig, "c", PH_VIEW(body, len), pair.key));
	}
	assert_false(ph_sign_verify(sig, "c", PH_VIEW(body, sizeof(body)), pair.key));
}

static void test_keys_that_are_none(void **state)
{
	(void)state;
	static const struct {
		const char *name, *hex;
		bool sign, box;
	} cases[] = {
		{ "base point of Ed25519",
		  "5866666666666666666666666666666666666666666666666666666666666666",
		  true, true },
		{ "zero", /* order 4 and 2 */
		  "0000000000000000000000000000000000000000000000000000000000000000",
		  false, false },
		{ "one", /* neutral element, and order 4 */
		  "0100000000000000000000000000000000000000000000000000000000000000",
		  false, false },
		{ "minus one", /* order 2, and order 4 on the twist */
		  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		  false, false },
		{ "the prime, a second zero",
		  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		  false, false },
		{ "prime and one, a second one",
		  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		  false, false },
		{ "order 8 of Ed25519",
		  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		  false, true },
		{ "order 8 of X25519",
		  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
		  false, false },
		{ "order 8 of X25519, the other",
		  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
		  false, false },
		{ "not on the curve",
		  "0200000000000000000000000000000000000000000000000000000000000000",
		  false, true },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		print_message("# %s\n", cases[i].name);
		uint8_t key[PH_KEY_SIZE];

		unhex(key, sizeof(key), cases[i].hex);
		assert_int_equal(ph_sign_key_ok(key), cases[i].sign);
		assert_int_equal(ph_box_key_ok(key), cases[i].box);
	}
	for (unsigned i = 0; i < 20; i++) {
		struct ph_device_keys keys;

		ph_device_keys_make(&keys, &rng);
		assert_true(ph_sign_key_ok(keys.sign.key));
		assert_true(ph_box_key_ok(keys.box.key));
		assert_true(ph_box_key_ok(keys.desk.key));
	}
	/* a good one is remembered; one of the same first byte is none for that */
	for (unsigned i = 0; i < 300; i++) {
		uint8_t good[PH_KEY_SIZE], bad[PH_KEY_SIZE];
		struct ph_sign_pair pair;

		ph_sign_pair_make(&pair, &rng);
		memcpy(good, pair.key, sizeof good);
		memcpy(bad, good, sizeof bad);
		do {
			bad[1 + ph_rng_below(&rng, 30)] ^= 1;
		} while (crypto_core_ed25519_is_valid_point(bad) == 1);
		assert_true(ph_sign_key_ok(good));
		assert_false(ph_sign_key_ok(bad));
		assert_true(ph_sign_key_ok(good));
		assert_false(ph_sign_key_ok(bad));
	}
}

static void write_bytes(struct ph_view bytes)
{
	assert_int_equal(ph_file_write(path, bytes, 0600, NULL), 0);
}

static struct ph_buf read_bytes(void)
{
	struct ph_buf bytes = { 0 };

	assert_int_equal(ph_file_read(path, 4096, &bytes, NULL), 0);
	return bytes;
}

static void assert_device_load(int expected)
{
	struct ph_device_keys keys, before;
	struct ph_error err = { 0 };

	memset(&keys, 0x5a, sizeof(keys));
	before = keys;
	assert_int_equal(ph_device_keys_load(&keys, path, &err), expected);
	assert_memory_equal(&keys, &before, sizeof(keys));
	assert_non_null(strstr(err.text, path));
	if (expected == -EUCLEAN) {
		assert_int_equal(err.exit, PH_EXIT_DAMAGED);
		assert_non_null(strstr(err.text, "damaged"));
	}
}

static void test_device_keys_round_trip(void **state)
{
	(void)state;
	struct ph_device_keys keys, again;
	struct stat stat_;
	struct ph_error err = { 0 };

	ph_device_keys_make(&keys, &rng);
	assert_int_equal(ph_device_keys_save(&keys, path, &err), 0);
	assert_int_equal(stat(path, &stat_), 0);
	assert_int_equal(stat_.st_mode & 07777, 0600);
	assert_int_equal(stat_.st_size, 229);
	assert_int_equal(ph_device_keys_load(&again, path, &err), 0);
	assert_memory_equal(&again, &keys, sizeof(keys));
	assert_string_equal(err.text, "");
	ph_device_keys_wipe(&keys);
	for (size_t i = 0; i < sizeof(keys); i++) {
		assert_int_equal(((uint8_t *)&keys)[i], 0);
	}
}

static void test_device_keys_damaged(void **state)
{
	(void)state;
	struct ph_device_keys keys;
	uint8_t noise[2000] = { 0 };

	ph_device_keys_make(&keys, &rng);
	assert_int_equal(ph_device_keys_save(&keys, path, NULL), 0);

	struct ph_buf bytes = read_bytes();

	for (size_t bit = 0; bit < 8 * bytes.len; bit += 1) {
		bytes.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		/* fsync for each of 1,800 files would take longer than all the rest */
		FILE *file = fopen(path, "wb");
		assert_non_null(file);
		assert_int_equal(fwrite(bytes.data, 1, bytes.len, file), bytes.len);
		assert_int_equal(fclose(file), 0);
		assert_device_load(-EUCLEAN);
		bytes.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t len = 0; len < bytes.len; len += 19) {
		write_bytes(PH_VIEW(bytes.data, len));
		assert_device_load(-EUCLEAN);
	}
	assert_int_equal(ph_buf_put_u8(&bytes, 0), 0);
	write_bytes(ph_buf_view(&bytes));
	assert_device_load(-EUCLEAN);
	write_bytes(PH_VIEW(noise, sizeof(noise)));
	assert_device_load(-EUCLEAN);
	unlink(path);
	assert_device_load(-ENOENT);
	ph_buf_deinit(&bytes);
}

static void assert_locked_load(const char *passphrase, int expected, const char *words)
{
	struct ph_sign_pair pair, before;
	struct ph_error err = { 0 };

	memset(&pair, 0x5a, sizeof(pair));
	before = pair;
	assert_int_equal(ph_locked_key_load(&pair, path, ph_view_str(passphrase), &err),
			 expected);
	assert_memory_equal(&pair, &before, sizeof(pair));
	assert_non_null(strstr(err.text, path));
	assert_non_null(strstr(err.text, words));
	assert_int_equal(err.exit,
			 expected == -EUCLEAN ? PH_EXIT_DAMAGED : PH_EXIT_OTHER);
}

static void test_locked_key(void **state)
{
	(void)state;
	struct ph_sign_pair pair, again;
	struct ph_error err = { 0 };
	struct stat stat_;
	struct ph_view words = ph_view_str("ngựa thồ đường núi");

	ph_sign_pair_make(&pair, &rng);
	assert_int_equal(
		ph_locked_key_save(&pair, path, words, PH_LOCK_MIB_MIN, &rng, &err), 0);
	assert_int_equal(stat(path, &stat_), 0);
	assert_int_equal(stat_.st_mode & 07777, 0600);
	assert_int_equal(ph_locked_key_load(&again, path, words, &err), 0);
	assert_memory_equal(&again, &pair, sizeof(pair));
	assert_string_equal(err.text, "");

	char text[128];

	snprintf(text, sizeof(text), "the passphrase does not open %s", path);
	assert_locked_load("ngựa thồ đường nuí", -EACCES, text);
	assert_locked_load("", -EACCES, text);
	assert_locked_load("ngựa thồ đường núi\n", -EACCES, text);

	struct ph_buf bytes = read_bytes();

	/* opened by the layout in docs/LOG.md alone */
	const uint8_t *b = bytes.data;
	uint8_t lock[32], seed[32];

	assert_int_equal(bytes.len, 158);
	assert_memory_equal(b, "\x97\xb6packhorse locked key 1\xc4\x20", 26);
	assert_memory_equal(b + 58, "\x03\xce\x00\x80\x00\x00\xc4\x10", 8);
	assert_int_equal(crypto_pwhash(lock, 32, (const char *)words.data, words.len,
				       b + 66, 3, 8 * MIB, crypto_pwhash_ALG_ARGON2ID13),
			 0);
	assert_int_equal(crypto_aead_xchacha20poly1305_ietf_decrypt(
				 seed, NULL, NULL, b + 110, 48, b + 26, 32, b + 84, lock),
			 0);
	assert_memory_equal(seed, pair.secret, 32);

	/* no trace of the seed; the public half stands in clear */
	assert_null(memmem(bytes.data, bytes.len, pair.secret, 32));
	assert_non_null(memmem(bytes.data, bytes.len, pair.key, 32));
	ph_buf_deinit(&bytes);
}

static void test_locked_key_damaged(void **state)
{
	(void)state;
	struct ph_sign_pair pair;
	struct ph_view words = ph_view_str("x");

	ph_sign_pair_make(&pair, &rng);
	assert_int_equal(
		ph_locked_key_save(&pair, path, words, PH_LOCK_MIB_MIN, &rng, NULL), 0);

	struct ph_buf bytes = read_bytes();

	/* one bit of each byte: the others would take Argon2id for minutes */
	for (size_t i = 0; i < bytes.len; i++) {
		bytes.data[i] ^= 1;
		write_bytes(ph_buf_view(&bytes));

		int rc = ph_locked_key_load(&pair, path, words, NULL);

		if (rc != -EUCLEAN && rc != -EACCES) {
			fail_msg("byte %zu: %d", i, rc);
		}
		bytes.data[i] ^= 1;
	}
	for (size_t len = 0; len < bytes.len; len += 7) {
		write_bytes(PH_VIEW(bytes.data, len));
		assert_locked_load("x", -EUCLEAN, "damaged");
	}
	assert_int_equal(ph_buf_put_u8(&bytes, 0xc0), 0);
	write_bytes(ph_buf_view(&bytes));
	assert_locked_load("x", -EUCLEAN, "damaged");
	ph_buf_deinit(&bytes);

	struct ph_device_keys keys;

	ph_device_keys_make(&keys, &rng);
	assert_int_equal(ph_device_keys_save(&keys, path, NULL), 0);
	assert_locked_load("x", -EUCLEAN, "damaged");
	unlink(path);
	assert_locked_load("x", -ENOENT, "no such file");
}

static void write_locked(uint64_t passes, uint64_t memory)
{
	struct ph_buf bytes = { 0 };
	struct ph_mpw writer;
	uint8_t zero[48] = { 0 };

	ph_mpw_init(&writer, &bytes);
	ph_mpw_array(&writer, 7);
	ph_mpw_str(&writer, ph_view_str("packhorse locked key 1"));
	ph_mpw_bin(&writer, zero, 32);
	ph_mpw_uint(&writer, passes);
	ph_mpw_uint(&writer, memory);
	ph_mpw_bin(&writer, zero, 16);
	ph_mpw_bin(&writer, zero, 24);
	ph_mpw_bin(&writer, zero, 48);
	assert_int_equal(ph_mpw_end(&writer), 0);
	write_bytes(ph_buf_view(&bytes));
	ph_buf_deinit(&bytes);
}

static void test_locked_key_costs(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		uint64_t passes, memory;
		int rc;
	} cases[] = {
		{ "no pass", 0, 8 * MIB, -EUCLEAN },
		{ "one pass", 1, 8 * MIB, -EACCES },
		{ "most passes", PH_LOCK_PASSES_MAX, 8 * MIB, -EACCES },
		{ "a pass too many", PH_LOCK_PASSES_MAX + 1, 8 * MIB, -EUCLEAN },
		{ "passes for years", UINT32_MAX, 8 * MIB, -EUCLEAN },
		{ "too little memory", 3, 8 * MIB - 1, -EUCLEAN },
		{ "no whole MiB", 1, 8 * MIB + 1024, -EUCLEAN },
		{ "a little more", 1, 9 * MIB, -EACCES },
		{ "a byte too much memory", 3, 1024 * MIB + 1, -EUCLEAN },
		{ "a MiB too much memory", 3, 1025 * MIB, -EUCLEAN },
		{ "all the memory there is", 3, UINT64_MAX, -EUCLEAN },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		print_message("# %s\n", cases[i].name);
		write_locked(cases[i].passes, cases[i].memory);
		assert_locked_load("x", cases[i].rc, "");
	}

	struct ph_sign_pair pair;
	static const unsigned bad[] = { 0, PH_LOCK_MIB_MIN - 1, PH_LOCK_MIB_MAX + 1 };

	unlink(path);
	ph_sign_pair_make(&pair, &rng);
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct ph_error err = { 0 };

		assert_int_equal(ph_locked_key_save(&pair, path, ph_view_str("x"), bad[i],
						    &rng, &err),
				 -EINVAL);
		assert_int_equal(err.exit, PH_EXIT_USAGE);
		assert_false(ph_file_exists(path));
	}

	struct ph_error err = { 0 };

	assert_int_equal(ph_locked_key_save(&pair, path, PH_VIEW(NULL, 0), 8, &rng, &err),
			 -EINVAL);
	assert_non_null(strstr(err.text, "empty"));
	assert_false(ph_file_exists(path));
}

/* In a child, since the limit stays. 1 GiB is the most that may be asked for, and is asked for. */
static void starved_child(void)
{
	struct rlimit limit = { 512 * MIB, 512 * MIB };
	struct ph_sign_pair pair;
	struct ph_error err = { 0 };

	if (setrlimit(RLIMIT_AS, &limit) != 0) {
		_exit(1);
	}

	int rc = ph_locked_key_load(&pair, path, ph_view_str("x"), &err);

	_exit(rc == -ENOMEM && strstr(err.text, "1024 MiB") ? 0 : 2);
}

static void test_locked_key_memory_refused(void **state)
{
	(void)state;
	if (PH_IS_SANITIZED) {
		print_message("# skipped: ASan does not live with a limit of memory\n");
		skip();
	}
	write_locked(3, 1024 * MIB);

	pid_t child = fork();

	if (child == 0) {
		starved_child();
	}

	int status;

	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_save_nowhere(void **state)
{
	(void)state;
	struct ph_device_keys keys;
	struct ph_error err = { 0 };
	char nowhere[96];

	snprintf(nowhere, sizeof(nowhere), "%s/none/key", folder);
	ph_device_keys_make(&keys, &rng);
	assert_int_equal(ph_device_keys_save(&keys, nowhere, &err), -ENOENT);
	assert_true(err.text[0] != '\0');
	memset(&err, 0, sizeof(err));
	assert_int_equal(
		ph_locked_key_save(&keys.sign, nowhere, ph_view_str("x"), 8, &rng, &err),
		-ENOENT);
	assert_true(err.text[0] != '\0');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_published_signatures),
		cmocka_unit_test(test_published_agreement_key),
		cmocka_unit_test(test_signature_bits),
		cmocka_unit_test(test_signed_body_limit),
		cmocka_unit_test(test_keys_that_are_none),
		cmocka_unit_test(test_device_keys_round_trip),
		cmocka_unit_test(test_device_keys_damaged),
		cmocka_unit_test(test_locked_key),
		cmocka_unit_test(test_locked_key_damaged),
		cmocka_unit_test(test_locked_key_costs),
		cmocka_unit_test(test_locked_key_memory_refused),
		cmocka_unit_test(test_save_nowhere),
	};

	return cmocka_run_group_tests_name("keys", tests, set_up, tear_down);
}
