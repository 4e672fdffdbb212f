/*
 * common/log/part.c - sealed parts: personal fields beside their entry.
 *
 * Writing: the sealed fields as an array, a key from the seed, one encryption with
 * nonce zero, for which the key is fresh every time; the hash of the ciphertext goes
 * into the entry. Reading is the way back.
 *
 * A ciphertext made under another seed, for another entry, or changed by a single
 * bit does not open (-EBADMSG). Keys are wiped on every path; what is decrypted is
 * the caller's to wipe.
 */
#include "common/log/part.h"

#include <errno.h>
#include <string.h>

#include <sodium.h>

#include "common/base/say.h"

#define PLAIN_MAX (PH_PART_MAX - crypto_aead_xchacha20poly1305_ietf_ABYTES)

uint64_t ph_part_mask(const struct ph_entry *entry)
{
	uint64_t mask = 0;

	for (uint32_t i = 0; i < entry->kind->n_sealed; i++) {
		mask |= entry->sealed[i].set ? UINT64_C(1) << i : 0;
	}
	return mask;
}

static int check_sealed(const struct ph_kind *kind, const struct ph_value *values,
			struct ph_error *err)
{
	for (uint32_t i = 0; i < kind->n_sealed; i++) {
		int rc = ph_value_check(&kind->sealed[i], &values[i], err);

		if (rc) {
			return rc;
		}
	}
	return 0;
}

int ph_part_write(const struct ph_entry *entry, struct ph_buf *plain)
{
	const struct ph_kind *kind = entry->kind;
	uint32_t n = kind->n_sealed;
	size_t start = plain->len;
	struct ph_mpw writer;

	while (n > 0 && !entry->sealed[n - 1].set) {
		n--;
	}
	ph_mpw_init(&writer, plain);
	ph_mpw_array(&writer, n);
	for (uint32_t i = 0; i < n; i++) {
		if (entry->sealed[i].set) {
			ph_value_write(&writer, &kind->sealed[i], &entry->sealed[i]);
		} else {
			ph_mpw_nil(&writer);
		}
	}
	if (ph_mpw_end(&writer) != 0) {
		plain->len = start;
		return -ENOMEM;
	}
	return 0;
}

int ph_part_encode(const struct ph_entry *entry, struct ph_buf *plain,
		   struct ph_error *err)
{
	const struct ph_kind *kind = entry->kind;
	size_t start = plain->len;

	if (ph_part_mask(entry) == 0) {
		return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			       ph_say("%s: no sealed field is set",
				      "%s: chưa có mục riêng tư nào"),
			       kind->name);
	}

	int rc = check_sealed(kind, entry->sealed, err);

	if (rc) {
		return rc;
	}
	rc = ph_part_write(entry, plain);
	if (rc == 0 && plain->len - start > PLAIN_MAX) {
		rc = ph_fail(err, PH_EXIT_USAGE, -EMSGSIZE,
			     ph_say("%s: personal fields of %zu bytes in all; at most "
				    "%zu are kept",
				    "%s: các mục riêng tư tất cả %zu byte; chỉ giữ nhiều "
				    "nhất %zu"),
			     kind->name, plain->len - start, (size_t)PLAIN_MAX);
		plain->len = start;
	}
	return rc;
}

static int read_part(const msgpack_object *root, const struct ph_entry *entry,
		     struct ph_value *values)
{
	const struct ph_kind *kind = entry->kind;
	const msgpack_object_array *array = ph_mp_array(root, 1, kind->n_sealed);

	if (array == NULL || ph_mp_is_nil(&array->ptr[array->size - 1])) {
		return PH_ENTRY_E_MALFORMED;
	}
	for (uint32_t i = 0; i < array->size; i++) {
		if (!ph_mp_is_nil(&array->ptr[i]) &&
		    ph_value_read(&array->ptr[i], (struct ph_view){ 0 }, &kind->sealed[i],
				  &values[i])) { /* no list is sealed */
			return PH_ENTRY_E_MALFORMED;
		}
	}

	int rc = check_sealed(kind, values, NULL);

	return rc == -EINVAL ? PH_ENTRY_E_MALFORMED : rc;
}

int ph_part_decode(struct ph_view plain, struct ph_entry *entry)
{
	static const struct ph_walk_limits limits = { .depth = PH_ENTRY_DEPTH_MAX,
						      .items = PH_FIELDS_MAX };
	const struct ph_kind *kind = entry->kind;
	struct ph_entry out = { .kind = kind };
	struct ph_mp mp;

	if (kind->n_sealed == 0 || plain.len > PLAIN_MAX) {
		return PH_ENTRY_E_MALFORMED;
	}

	int rc = ph_mp_decode(&mp, plain, &limits, PH_WALK_CANONICAL);

	if (rc) {
		return rc < 0 ? rc : PH_ENTRY_E_MALFORMED;
	}
	rc = read_part(mp.root, entry, out.sealed);
	ph_mp_deinit(&mp);
	if (rc) {
		return rc;
	}

	const struct ph_value *sets = &entry->field[kind->sets];

	if (sets->set && sets->as.uint != ph_part_mask(&out)) {
		return PH_ENTRY_E_MALFORMED;
	}
	memcpy(entry->sealed, out.sealed, sizeof(entry->sealed));
	return 0;
}

struct part_key {
	uint8_t key[crypto_aead_xchacha20poly1305_ietf_KEYBYTES];
	uint8_t where[PH_LOG_ID_SIZE + 8]; /* associated data */
};

/* One key encrypts one part, so the nonce need not differ. */
static const uint8_t nonce[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES];

static void part_key(struct part_key *out, const uint8_t seed[static PH_SEED_SIZE],
		     const uint8_t log_id[static PH_LOG_ID_SIZE], uint64_t n)
{
	static const char context[] = "packhorse part 1";

	crypto_generichash(out->key, sizeof(out->key), (const uint8_t *)context,
			   sizeof(context) - 1, seed, PH_SEED_SIZE);
	memcpy(out->where, log_id, PH_LOG_ID_SIZE);
	ph_be64_put(out->where + PH_LOG_ID_SIZE, n);
}

int ph_part_seal(const uint8_t seed[static PH_SEED_SIZE],
		 const uint8_t log_id[static PH_LOG_ID_SIZE], uint64_t n,
		 struct ph_view plain, struct ph_buf *cipher)
{
	struct part_key key;
	int rc;

	if (plain.len > PLAIN_MAX) {
		return -EMSGSIZE;
	}
	rc = ph_buf_reserve(cipher,
			    plain.len + crypto_aead_xchacha20poly1305_ietf_ABYTES);
	if (rc) {
		return rc;
	}
	part_key(&key, seed, log_id, n);
	crypto_aead_xchacha20poly1305_ietf_encrypt(
		cipher->data + cipher->len, NULL, plain.data, plain.len, key.where,
		sizeof(key.where), NULL, nonce, key.key);
	cipher->len += plain.len + crypto_aead_xchacha20poly1305_ietf_ABYTES;
	sodium_memzero(&key, sizeof(key));
	return 0;
}

int ph_part_open(const uint8_t seed[static PH_SEED_SIZE],
		 const uint8_t log_id[static PH_LOG_ID_SIZE], uint64_t n,
		 struct ph_view cipher, struct ph_buf *plain)
{
	const size_t tag = crypto_aead_xchacha20poly1305_ietf_ABYTES;
	struct part_key key;
	int rc;

	if (cipher.len < tag || cipher.len > PH_PART_MAX) {
		return -EBADMSG;
	}
	rc = ph_buf_reserve(plain, cipher.len - tag + 1); /* never a NULL to write to */
	if (rc) {
		return rc;
	}
	part_key(&key, seed, log_id, n);
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(
		    plain->data + plain->len, NULL, NULL, cipher.data, cipher.len,
		    key.where, sizeof(key.where), nonce, key.key)) {
		rc = -EBADMSG;
	} else {
		plain->len += cipher.len - tag;
	}
	sodium_memzero(&key, sizeof(key));
	return rc;
}

void ph_part_commit(struct ph_view cipher, uint8_t out[static PH_HASH_SIZE])
{
	crypto_generichash(out, PH_HASH_SIZE, cipher.data, cipher.len, NULL, 0);
}
