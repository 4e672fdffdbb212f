/*
 * common/log/keyfile.c - the files that hold secret keys (docs/LOG.md, "Key files").
 *
 * Device keys: seeds, secrets and public halves, plain, mode 0600; when read, each
 * secret must give the public half beside it, so that a damaged file is found
 * here and not by a log that nobody can verify. Where a desk has a PIN, its secret is
 * not among them (common/log/desk_key.c), and the title is another.
 * Locked keys: Argon2id of the passphrase opens XChaCha20-Poly1305 over the seed,
 * with the public key as associated data.
 *
 * Failures: a file that is not of the form, or too large, is -EUCLEAN and says
 * what to do; the costs a locked file asks for are bounded before they are paid;
 * a passphrase that does not open is -EACCES. Whatever held a secret was in locked memory
 * (but the memory of Argon2id, which is large, and libsodium's), and is wiped on every path.
 */
#include "common/base/say.h"
#include "common/log/keys.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "common/base/file.h"
#include "common/base/mp.h"
#include "common/base/secret.h"

#define FILE_MAX 1024
#define READ_STEP                                                                        \
	(16 * 1024) /* files are read by so much at a time (common/base/file.c) */
#define DEVICE_TITLE "packhorse device keys 1"
#define APART_TITLE  "packhorse device keys 2" /* the desk's secret is elsewhere */
#define LOCKED_TITLE "packhorse locked key 1"
#define MIB          (UINT64_C(1) << 20)
#define SEALED_SIZE  (PH_SEED_KEY_SIZE + crypto_aead_xchacha20poly1305_ietf_ABYTES)

struct locked {
	uint8_t key[PH_KEY_SIZE];
	struct ph_passphrase_cost cost;
	uint8_t nonce[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES];
	uint8_t sealed[SEALED_SIZE];
};

static const struct ph_walk_limits limits = { .depth = 1, .items = 8 };

static int damaged(struct ph_error *err, const char *path)
{
	return ph_fail(err, PH_EXIT_DAMAGED, -EUCLEAN,
		       ph_say("the key file %s is damaged, or is no key file: put back a "
			      "copy of it",
			      "tệp khóa %s bị hỏng, hoặc không phải là tệp khóa: hãy đặt "
			      "lại một bản chép của nó"),
		       path);
}

static int file_read(const char *path, struct ph_buf *bytes, struct ph_error *err)
{
	int rc = ph_buf_secret(bytes, FILE_MAX + READ_STEP);

	rc = rc < 0 ? rc : ph_file_read(path, FILE_MAX, bytes, NULL);
	if (rc == -EFBIG) {
		return damaged(err, path);
	}
	return rc ? ph_fail_errno(err, rc, path) : 0;
}

static bool title_is(const msgpack_object *object, const char *title)
{
	struct ph_view text;

	return ph_mp_str(object, 1, FILE_MAX, &text) &&
	       ph_view_equal(text, ph_view_str(title));
}

/* The members at I and I + 1: seed, then the public half it must give. */
static bool sign_pair_read(const msgpack_object_array *array, size_t i,
			   struct ph_sign_pair *pair)
{
	struct ph_view seed;
	uint8_t key[PH_KEY_SIZE];

	if (!ph_mp_bin(ph_mp_item(array, i), PH_SEED_KEY_SIZE, PH_SEED_KEY_SIZE, &seed) ||
	    !ph_mp_bin_exact(ph_mp_item(array, i + 1), key, sizeof(key))) {
		return false;
	}
	ph_sign_pair_from_seed(pair, seed.data);
	return sodium_memcmp(pair->key, key, sizeof(key)) == 0;
}

static bool box_pair_read(const msgpack_object_array *array, size_t i,
			  struct ph_box_pair *pair)
{
	uint8_t key[PH_KEY_SIZE];

	if (!ph_mp_bin_exact(ph_mp_item(array, i), pair->secret, sizeof(pair->secret)) ||
	    !ph_mp_bin_exact(ph_mp_item(array, i + 1), key, sizeof(key))) {
		return false;
	}
	/* bits that X25519 ignores stand as ph_box_pair_make() set them */
	if ((pair->secret[0] & 7) != 0 || (pair->secret[31] & 0xc0) != 0x40) {
		return false;
	}
	return crypto_scalarmult_base(pair->key, pair->secret) == 0 &&
	       sodium_memcmp(pair->key, key, sizeof(key)) == 0;
}

int ph_device_keys_save(const struct ph_device_keys *keys, const char *path,
			struct ph_error *err)
{
	struct ph_buf bytes = { 0 };
	struct ph_mpw writer;
	int rc = ph_buf_secret(&bytes, FILE_MAX);

	if (rc) {
		ph_fail_errno(err, rc, path);
		goto out;
	}
	ph_mpw_init(&writer, &bytes);
	ph_mpw_array(&writer, keys->desk_is_apart ? 6 : 7);
	ph_mpw_str(&writer,
		   ph_view_str(keys->desk_is_apart ? APART_TITLE : DEVICE_TITLE));
	ph_mpw_bin(&writer, keys->sign.secret, PH_SEED_KEY_SIZE);
	ph_mpw_bin(&writer, keys->sign.key, PH_KEY_SIZE);
	ph_mpw_bin(&writer, keys->box.secret, PH_BOX_SECRET_SIZE);
	ph_mpw_bin(&writer, keys->box.key, PH_KEY_SIZE);
	if (!keys->desk_is_apart) {
		ph_mpw_bin(&writer, keys->desk.secret, PH_BOX_SECRET_SIZE);
	}
	ph_mpw_bin(&writer, keys->desk.key, PH_KEY_SIZE);
	rc = ph_mpw_end(&writer);
	if (rc) {
		ph_fail_errno(err, rc, path);
		goto out;
	}
	rc = ph_file_write(path, ph_buf_view(&bytes), 0600, err);
out:
	ph_buf_wipe(&bytes);
	return rc;
}

static int device_keys_decode(struct ph_view bytes, struct ph_device_keys *keys)
{
	struct ph_mp mp;
	int rc = ph_mp_decode_ours(&mp, bytes, &limits);

	if (rc < 0) {
		return rc;
	}

	const msgpack_object_array *array = ph_mp_array(mp.root, 6, 7);
	bool ok = array && sign_pair_read(array, 1, &keys->sign) &&
		  box_pair_read(array, 3, &keys->box);

	keys->desk_is_apart = array && array->size == 6;
	if (ok && keys->desk_is_apart) {
		ok = title_is(ph_mp_item(array, 0), APART_TITLE) &&
		     ph_mp_bin_exact(ph_mp_item(array, 5), keys->desk.key, PH_KEY_SIZE);
		memset(keys->desk.secret, 0, sizeof(keys->desk.secret));
	} else if (ok) {
		ok = title_is(ph_mp_item(array, 0), DEVICE_TITLE) &&
		     box_pair_read(array, 5, &keys->desk);
	}

	ph_mp_deinit(&mp);
	return ok ? 0 : -EUCLEAN;
}

int ph_device_keys_load(struct ph_device_keys *keys, const char *path,
			struct ph_error *err)
{
	struct ph_buf bytes = { 0 };
	struct ph_device_keys *result = ph_secret_new(sizeof(*result));
	int rc =
		result ? file_read(path, &bytes, err) : ph_fail_errno(err, -ENOMEM, path);

	if (rc) {
		goto out;
	}
	rc = device_keys_decode(ph_buf_view(&bytes), result);
	if (rc) {
		rc = rc == -EUCLEAN ? damaged(err, path) : ph_fail_errno(err, rc, path);
		goto out;
	}
	ph_secret_lock(keys, sizeof(*keys));
	*keys = *result;
out:
	ph_secret_free(result);
	ph_buf_wipe(&bytes);
	return rc;
}

int ph_passphrase_key(uint8_t out[static PH_PASSPHRASE_KEY_SIZE],
		      const struct ph_passphrase_cost *cost, struct ph_view passphrase,
		      const char *what, struct ph_error *err)
{
	if (crypto_pwhash(out, PH_PASSPHRASE_KEY_SIZE, (const char *)passphrase.data,
			  passphrase.len, cost->salt, cost->passes, (size_t)cost->memory,
			  crypto_pwhash_ALG_ARGON2ID13) == 0) {
		return 0;
	}
	return ph_fail(err, PH_EXIT_OTHER, -ENOMEM,
		       ph_say("%s needs %u MiB of free memory for a moment, and this "
			      "machine has not got it: end other programs and try again",
			      "%s cần %u MiB bộ nhớ trống trong chốc lát mà máy này "
			      "không có: hãy tắt bớt chương trình khác rồi thử lại"),
		       what, (unsigned)(cost->memory / MIB));
}

static int open_lock(const struct locked *locked, struct ph_view passphrase,
		     uint8_t out[static PH_PASSPHRASE_KEY_SIZE], const char *path,
		     struct ph_error *err)
{
	char what[PH_ERROR_TEXT_MAX / 2];

	snprintf(what, sizeof(what), "the passphrase of %s", path);
	return ph_passphrase_key(out, &locked->cost, passphrase, what, err);
}

/* What opens a lock, and what is behind it. */
struct opened {
	uint8_t lock[PH_PASSPHRASE_KEY_SIZE];
	uint8_t seed[PH_SEED_KEY_SIZE];
	struct ph_sign_pair pair;
};
_Static_assert(PH_PASSPHRASE_KEY_SIZE == crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
	       "the key of the lock");

static int locked_encode(const struct locked *locked, struct ph_buf *bytes)
{
	struct ph_mpw writer;

	ph_mpw_init(&writer, bytes);
	ph_mpw_array(&writer, 7);
	ph_mpw_str(&writer, ph_view_str(LOCKED_TITLE));
	ph_mpw_bin(&writer, locked->key, sizeof(locked->key));
	ph_mpw_uint(&writer, locked->cost.passes);
	ph_mpw_uint(&writer, locked->cost.memory);
	ph_mpw_bin(&writer, locked->cost.salt, sizeof(locked->cost.salt));
	ph_mpw_bin(&writer, locked->nonce, sizeof(locked->nonce));
	ph_mpw_bin(&writer, locked->sealed, sizeof(locked->sealed));
	return ph_mpw_end(&writer);
}

static int locked_decode(struct ph_view bytes, struct locked *locked)
{
	struct ph_mp mp;
	int rc = ph_mp_decode_ours(&mp, bytes, &limits);

	if (rc < 0) {
		return rc;
	}

	const msgpack_object_array *array = ph_mp_array(mp.root, 7, 7);
	bool ok =
		array && title_is(ph_mp_item(array, 0), LOCKED_TITLE) &&
		ph_mp_bin_exact(ph_mp_item(array, 1), locked->key, sizeof(locked->key)) &&
		ph_mp_uint(ph_mp_item(array, 2), PH_LOCK_PASSES_MAX,
			   &locked->cost.passes) &&
		ph_mp_uint(ph_mp_item(array, 3), PH_LOCK_MIB_MAX * MIB,
			   &locked->cost.memory) &&
		ph_mp_bin_exact(ph_mp_item(array, 4), locked->cost.salt,
				sizeof(locked->cost.salt)) &&
		ph_mp_bin_exact(ph_mp_item(array, 5), locked->nonce,
				sizeof(locked->nonce)) &&
		ph_mp_bin_exact(ph_mp_item(array, 6), locked->sealed,
				sizeof(locked->sealed)) &&
		locked->cost.passes >= 1 &&
		locked->cost.memory >= PH_LOCK_MIB_MIN * MIB &&
		locked->cost.memory % MIB == 0; /* Argon2id would round it off unseen */

	ph_mp_deinit(&mp);
	return ok ? 0 : -EUCLEAN;
}

int ph_locked_key_save(const struct ph_sign_pair *pair, const char *path,
		       struct ph_view passphrase, unsigned memory_mib,
		       const struct ph_rng *rng, struct ph_error *err)
{
	if (memory_mib < PH_LOCK_MIB_MIN || memory_mib > PH_LOCK_MIB_MAX) {
		return ph_fail(
			err, PH_EXIT_USAGE, -EINVAL,
			ph_say("a passphrase takes from %d to %d MiB of memory, not %u",
			       "câu khóa dùng từ %d đến %d MiB bộ nhớ, không phải %u"),
			PH_LOCK_MIB_MIN, PH_LOCK_MIB_MAX, memory_mib);
	}
	if (passphrase.len == 0) {
		return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			       ph_say("the passphrase for %s is empty",
				      "câu khóa cho %s để trống"),
			       path);
	}

	struct locked locked = { .cost = { .passes = PH_LOCK_PASSES,
					   .memory = memory_mib * MIB } };
	struct opened *opened = ph_secret_new(sizeof(*opened));
	struct ph_buf bytes = { 0 };

	memcpy(locked.key, pair->key, sizeof(locked.key));
	rng->fill(rng->data, locked.cost.salt, sizeof(locked.cost.salt));
	rng->fill(rng->data, locked.nonce, sizeof(locked.nonce));

	int rc = opened ? open_lock(&locked, passphrase, opened->lock, path, err)
			: ph_fail_errno(err, -ENOMEM, path);

	if (rc) {
		goto out;
	}
	crypto_aead_xchacha20poly1305_ietf_encrypt(
		locked.sealed, NULL, pair->secret, PH_SEED_KEY_SIZE, locked.key,
		sizeof(locked.key), NULL, locked.nonce, opened->lock);
	rc = locked_encode(&locked, &bytes);
	if (rc) {
		ph_fail_errno(err, rc, path);
		goto out;
	}
	rc = ph_file_write(path, ph_buf_view(&bytes), 0600, err);
out:
	ph_secret_free(opened);
	ph_buf_deinit(&bytes);
	return rc;
}

int ph_locked_key_look(const char *path, uint8_t key_out[static PH_KEY_SIZE],
		       unsigned *memory_mib_out, struct ph_error *err)
{
	struct ph_buf bytes = { 0 };
	struct locked locked;
	int rc = file_read(path, &bytes, err);

	if (rc) {
		goto out;
	}
	rc = locked_decode(ph_buf_view(&bytes), &locked);
	if (rc) {
		rc = rc == -EUCLEAN ? damaged(err, path) : ph_fail_errno(err, rc, path);
		goto out;
	}
	memcpy(key_out, locked.key, sizeof(locked.key));
	*memory_mib_out = (unsigned)(locked.cost.memory / MIB);
out:
	ph_buf_deinit(&bytes);
	return rc;
}

int ph_locked_key_load(struct ph_sign_pair *pair, const char *path,
		       struct ph_view passphrase, struct ph_error *err)
{
	struct ph_buf bytes = { 0 };
	struct locked locked;
	struct opened *opened = ph_secret_new(sizeof(*opened));
	int rc =
		opened ? file_read(path, &bytes, err) : ph_fail_errno(err, -ENOMEM, path);

	if (rc) {
		goto out;
	}
	rc = locked_decode(ph_buf_view(&bytes), &locked);
	if (rc) {
		rc = rc == -EUCLEAN ? damaged(err, path) : ph_fail_errno(err, rc, path);
		goto out;
	}
	rc = open_lock(&locked, passphrase, opened->lock, path, err);
	if (rc) {
		goto out;
	}
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(
		    opened->seed, NULL, NULL, locked.sealed, sizeof(locked.sealed),
		    locked.key, sizeof(locked.key), locked.nonce, opened->lock) != 0) {
		rc = ph_fail(err, PH_EXIT_OTHER, -EACCES,
			     ph_say("the passphrase does not open %s",
				    "câu khóa không mở được %s"),
			     path);
		goto out;
	}
	ph_sign_pair_from_seed(&opened->pair, opened->seed);
	if (sodium_memcmp(opened->pair.key, locked.key, sizeof(locked.key)) != 0) {
		rc = damaged(err, path);
		goto out;
	}
	ph_secret_lock(pair, sizeof(*pair));
	*pair = opened->pair;
out:
	ph_secret_free(opened);
	ph_buf_deinit(&bytes);
	return rc;
}
