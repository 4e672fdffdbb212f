/*
 * tests/fuzz/fuzz_keyfile.c - any bytes as a file of keys.
 *
 * The first byte says what the rest is: d a file of device keys, l one of a locked key, k one
 * of a desk's; D, L and K what is XORed, from the place that two bytes name, onto such a file
 * that was saved here, which loads only as it was saved; A likewise onto device keys without
 * the desk's secret. Above 127 there is no such file, or it is a folder, or
 * too long.
 * What loads saves to the very same bytes (device keys), and everything else is refused
 * with words and leaves its output alone. Argon2id, which takes memory and a second on
 * purpose, stands aside here: the key is a plain hash of what it would have been given,
 * the costs included, which must be within their limits.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include <sodium.h>

#include "common/base/error.h"
#include "common/base/file.h"
#include "common/log/desk_key.h"

#include "tests/fuzz/choices.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int __wrap_crypto_pwhash(unsigned char *out, unsigned long long outlen,
			 const char *passwd, unsigned long long passwdlen,
			 const unsigned char *salt, unsigned long long opslimit,
			 size_t memlimit, int alg);

int __wrap_crypto_pwhash(unsigned char *out, unsigned long long outlen,
			 const char *passwd, unsigned long long passwdlen,
			 const unsigned char *salt, unsigned long long opslimit,
			 size_t memlimit, int alg)
{
	crypto_generichash_state state;

	must(opslimit >= 1 && opslimit <= PH_LOCK_PASSES_MAX);
	must(memlimit >> 20 >= PH_LOCK_MIB_MIN && memlimit >> 20 <= PH_LOCK_MIB_MAX);
	must(alg == crypto_pwhash_ALG_ARGON2ID13);
	crypto_generichash_init(&state, NULL, 0, outlen);
	crypto_generichash_update(&state, (const uint8_t *)passwd, passwdlen);
	crypto_generichash_update(&state, salt, crypto_pwhash_SALTBYTES);
	crypto_generichash_update(&state, (const uint8_t *)&opslimit, sizeof(opslimit));
	crypto_generichash_update(&state, (const uint8_t *)&memlimit, sizeof(memlimit));
	return crypto_generichash_final(&state, out, outlen);
}

static int folder = -1;
static char path[64];

/* A file in memory, at a path. */
static void put(struct ph_view bytes)
{
	must(ftruncate(folder, 0) == 0 && lseek(folder, 0, SEEK_SET) == 0);
	must(bytes.len == 0 ||
	     write(folder, bytes.data, bytes.len) == (ssize_t)bytes.len);
}

static struct ph_buf saved_device, saved_apart, saved_locked, saved_desk;
static char card[PH_DESK_CARD_SIZE + 1];
#define PIN "271828"

static void read_saved(const char *name, struct ph_buf *out)
{
	struct ph_error err = { 0 };

	must(ph_file_read(name, 65536, out, &err) == 0);
	must(unlink(name) == 0);
}

/* As they are saved, by seeded random numbers. */
static void save_all(void)
{
	struct ph_device_keys keys;
	struct ph_sign_pair pair;
	struct ph_rng_seeded seeded;
	struct ph_error err = { 0 };
	struct ph_rng rng;
	char dir[] = "/tmp/packhorse-fuzz.XXXXXX";
	char name[64];

	ph_rng_seed(&seeded, 1, &rng);
	must(mkdtemp(dir) != NULL);
	snprintf(name, sizeof(name), "%s/keys", dir);
	ph_device_keys_make(&keys, &rng);
	must(ph_device_keys_save(&keys, name, &err) == 0);
	read_saved(name, &saved_device);
	ph_desk_card_make(card, &rng);
	must(ph_desk_key_save(&keys.desk, name, card, ph_view_str(PIN), PH_LOCK_MIB_MIN,
			      &rng, &err) == 0);
	read_saved(name, &saved_desk);
	keys.desk_is_apart = true;
	must(ph_device_keys_save(&keys, name, &err) == 0);
	read_saved(name, &saved_apart);
	ph_sign_pair_make(&pair, &rng);
	must(ph_locked_key_save(&pair, name, ph_view_str("ngựa thồ"), PH_LOCK_MIB_MIN,
				&rng, &err) == 0);
	read_saved(name, &saved_locked);
	must(rmdir(dir) == 0);
}

static void try_device(struct ph_view bytes)
{
	static struct ph_device_keys keys, before;
	struct ph_error err = { 0 };
	struct ph_sign_pair sign;
	uint8_t again[PH_KEY_SIZE];
	int rc;

	memset(&keys, 0x5a, sizeof(keys));
	before = keys;
	put(bytes);
	rc = ph_device_keys_load(&keys, path, &err);
	must(rc <= 0 && (rc == 0) == (err.text[0] == '\0'));
	if (rc != 0) {
		must(memcmp(&keys, &before, sizeof(keys)) == 0);
		return;
	}
	ph_sign_pair_from_seed(&sign, keys.sign.secret);
	must(memcmp(&sign, &keys.sign, sizeof(sign)) == 0);
	must(crypto_scalarmult_base(again, keys.box.secret) == 0);
	must(memcmp(again, keys.box.key, sizeof(again)) == 0);
	if (keys.desk_is_apart) {
		must(sodium_is_zero(keys.desk.secret, sizeof(keys.desk.secret)));
		return;
	}
	must(crypto_scalarmult_base(again, keys.desk.secret) == 0);
	must(memcmp(again, keys.desk.key, sizeof(again)) == 0);
}

static void try_desk(struct ph_view bytes)
{
	static struct ph_box_pair pair, before;
	struct ph_error err = { 0 };
	uint8_t again[PH_KEY_SIZE];
	int look, rc;

	memset(&pair, 0x5a, sizeof(pair));
	before = pair;
	put(bytes);
	look = ph_desk_key_look(path, card, NULL);
	rc = ph_desk_key_load(&pair, path, card, ph_view_str(PIN), &err);
	must((rc >= 0) == (err.text[0] == '\0'));
	must(look == 0 || look == rc);
	if (rc != 0) {
		must(memcmp(&pair, &before, sizeof(pair)) == 0);
		return;
	}
	must(crypto_scalarmult_base(again, pair.secret) == 0);
	must(memcmp(again, pair.key, sizeof(again)) == 0);
}

static void try_locked(struct ph_view bytes)
{
	static struct ph_sign_pair pair, before;
	struct ph_error err = { 0 };
	struct ph_sign_pair sign;
	int rc;

	memset(&pair, 0x5a, sizeof(pair));
	before = pair;
	put(bytes);
	rc = ph_locked_key_load(&pair, path, ph_view_str("ngựa thồ"), &err);
	must(rc <= 0 && (rc == 0) == (err.text[0] == '\0'));
	if (rc != 0) {
		must(memcmp(&pair, &before, sizeof(pair)) == 0);
		return;
	}
	ph_sign_pair_from_seed(&sign, pair.secret);
	must(memcmp(&sign, &pair, sizeof(sign)) == 0);
}

static void try_bent(const struct ph_buf *saved, void (*try)(struct ph_view),
		     struct ph_view with)
{
	struct ph_buf bent = { 0 };
	size_t at = with.len < 2 ? 0 : (size_t)ph_be16_get(with.data) % saved->len;

	must(ph_buf_put_view(&bent, ph_buf_view(saved)) == 0);
	for (size_t i = 2; i < with.len && at < bent.len; i++, at++) {
		bent.data[at] ^= with.data[i];
	}
	try(ph_buf_view(&bent));
	ph_buf_deinit(&bent);
}

/* What is at the path cannot be read as a file of keys. */
static void try_absent(uint8_t how)
{
	static const char *const paths[] = { "/nowhere/keys", "/tmp", "/dev/zero" };
	struct ph_device_keys keys;
	struct ph_sign_pair pair;
	struct ph_box_pair desk;
	struct ph_error err = { 0 }, again = { 0 }, third = { 0 };

	must(ph_device_keys_load(&keys, paths[how % 3], &err) < 0);
	must(ph_locked_key_load(&pair, paths[how % 3], ph_view_str("x"), &again) < 0);
	must(ph_desk_key_load(&desk, paths[how % 3], card, ph_view_str(PIN), &third) < 0);
	must(err.text[0] != '\0' && again.text[0] != '\0' && third.text[0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (folder < 0) {
		must(ph_crypto_start() == 0);
		folder = memfd_create("keys", 0);
		must(folder >= 0);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", folder);
		save_all();
	}
	if (size == 0) {
		return 0;
	}
	if (data[0] == 'd') {
		try_device(PH_VIEW(data + 1, size - 1));
	} else if (data[0] == 'l') {
		try_locked(PH_VIEW(data + 1, size - 1));
	} else if (data[0] == 'D') {
		try_bent(&saved_device, try_device, PH_VIEW(data + 1, size - 1));
	} else if (data[0] == 'L') {
		try_bent(&saved_locked, try_locked, PH_VIEW(data + 1, size - 1));
	} else if (data[0] == 'k') {
		try_desk(PH_VIEW(data + 1, size - 1));
	} else if (data[0] == 'K') {
		try_bent(&saved_desk, try_desk, PH_VIEW(data + 1, size - 1));
	} else if (data[0] == 'A') {
		try_bent(&saved_apart, try_device, PH_VIEW(data + 1, size - 1));
	} else if (data[0] > 127) {
		try_absent(data[0]);
	}
	return 0;
}
