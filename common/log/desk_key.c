/*
 * common/log/desk_key.c - the secret of a desk, locked by a PIN and a card.
 *
 * The PIN through Argon2id is the key of a hash of the card; that opens XChaCha20-Poly1305
 * over the secret, with the public key and the costs as associated data. Beside it stand 8
 * bytes of another hash of the card, so that a wrong card is told without a try at the PIN:
 * of 129 bits of chance such a hash gives nothing away.
 *
 * Failures are those of keyfile.c. Whatever held a secret was in locked memory (but that of
 * Argon2id, which is large), and is wiped on every path.
 */
#include "common/log/desk_key.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "common/base/file.h"
#include "common/base/mp.h"
#include "common/base/say.h"
#include "common/base/secret.h"

#define FILE_MAX    1024
#define TITLE       "packhorse desk key 1"
#define MIB         (UINT64_C(1) << 20)
#define SEALED_SIZE (PH_BOX_SECRET_SIZE + crypto_aead_xchacha20poly1305_ietf_ABYTES)
#define MARK_SIZE   8

_Static_assert(PH_PASSPHRASE_SALT_SIZE == crypto_pwhash_SALTBYTES, "Argon2id's salt");

struct locked {
	uint8_t key[PH_KEY_SIZE];
	struct ph_passphrase_cost cost;
	uint8_t mark[MARK_SIZE]; /* of the card */
	uint8_t nonce[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES];
	uint8_t sealed[SEALED_SIZE];
};

/* --- cards --- */

/* As of all codes that we print: weights 3 and 1 from the right. */
static char check_digit(const char *digits)
{
	unsigned sum = 0;

	for (size_t i = 0; i < PH_DESK_CARD_SIZE - 1; i++) {
		unsigned weight = (PH_DESK_CARD_SIZE - 1 - i) % 2 ? 3 : 1;

		sum += weight * (unsigned)(digits[i] - '0');
	}
	return (char)('0' + (10 - sum % 10) % 10);
}

void ph_desk_card_make(char out[static PH_DESK_CARD_SIZE + 1], const struct ph_rng *rng)
{
	for (size_t i = 0; i < PH_DESK_CARD_SIZE - 1;) {
		uint8_t byte;

		rng->fill(rng->data, &byte, 1);
		if (byte < 250) { /* or some digits would come more often */
			out[i++] = (char)('0' + byte % 10);
		}
	}
	out[PH_DESK_CARD_SIZE - 1] = check_digit(out);
	out[PH_DESK_CARD_SIZE] = '\0';
}

int ph_desk_card_read(struct ph_view text, char out[static PH_DESK_CARD_SIZE + 1],
		      struct ph_error *err)
{
	char digits[PH_DESK_CARD_SIZE + 1] = "";
	bool is_good = true;
	size_t n = 0;

	ph_secret_lock(digits, sizeof(digits));
	for (size_t i = 0; i < text.len; i++) {
		uint8_t byte = text.data[i];

		if (byte == ' ' || byte == '-' || byte == '\t' || byte == '\r') {
			continue;
		}
		if (byte < '0' || byte > '9' || n == PH_DESK_CARD_SIZE) {
			is_good = false;
			break;
		}
		digits[n++] = (char)byte;
	}
	is_good =
		is_good && n == PH_DESK_CARD_SIZE && digits[n - 1] == check_digit(digits);
	if (is_good) {
		memcpy(out, digits, sizeof(digits));
	}
	ph_secret_wipe(digits, sizeof(digits));
	return is_good ? 0
		       : ph_fail(err, PH_EXIT_USAGE, -EINVAL,
				 ph_say("that is no desk card: it has %d digits, the "
					"last of which fits the others; scan it again",
					"đó không phải là thẻ quầy: thẻ quầy có %d chữ "
					"số, chữ số cuối khớp với các số trước; hãy quét "
					"lại"),
				 PH_DESK_CARD_SIZE);
}

void ph_desk_card_text(const char card[static PH_DESK_CARD_SIZE + 1],
		       char out[static PH_DESK_CARD_TEXT])
{
	for (size_t i = 0; i < PH_DESK_CARD_SIZE; i++) {
		*out++ = card[i];
		if (i % 4 == 3) {
			*out++ = i + 1 < PH_DESK_CARD_SIZE ? ' ' : '\0';
		}
	}
}

/* Whether each digit is the one before it plus STEP. */
static bool is_row(struct ph_view pin, int step)
{
	for (size_t i = 1; i < pin.len; i++) {
		if (pin.data[i] - pin.data[i - 1] != step) {
			return false;
		}
	}
	return true;
}

int ph_pin_check(struct ph_view pin, struct ph_error *err)
{
	bool is_good = pin.len >= PH_PIN_MIN && pin.len <= PH_PIN_MAX;

	for (size_t i = 0; is_good && i < pin.len; i++) {
		is_good = pin.data[i] >= '0' && pin.data[i] <= '9';
	}
	if (is_good && !is_row(pin, 0) && !is_row(pin, 1) && !is_row(pin, -1)) {
		return 0;
	}
	return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
		       ph_say("a PIN has %d to %d digits, not all the same and not "
			      "counted up or down",
			      "mã PIN có %d đến %d chữ số, không giống nhau hết và không "
			      "liền nhau tăng hay giảm"),
		       PH_PIN_MIN, PH_PIN_MAX);
}

/* --- the file --- */

static int damaged(struct ph_error *err, const char *path)
{
	return ph_fail(
		err, PH_EXIT_DAMAGED, -EUCLEAN,
		ph_say("%s is damaged: put back a copy of it; without one this desk "
		       "shows readers again when it is replaced by another device",
		       "%s bị hỏng: hãy đặt lại một bản chép; nếu không có thì quầy này "
		       "chỉ xem lại được bạn đọc khi có máy khác thay"),
		path);
}

static void mark_of(const char *card, uint8_t out[static MARK_SIZE])
{
	static const char context[] = "packhorse desk card 1";
	uint8_t hash[PH_HASH_SIZE];

	crypto_generichash(hash, sizeof(hash), (const uint8_t *)card, PH_DESK_CARD_SIZE,
			   (const uint8_t *)context, sizeof(context) - 1);
	memcpy(out, hash, MARK_SIZE);
}

/* What opens a desk, and what is behind it; by ph_secret_new(). */
struct opened {
	crypto_generichash_state state; /* first: it is aligned as the whole is */
	uint8_t key[PH_PASSPHRASE_KEY_SIZE];
	uint8_t lock[crypto_aead_xchacha20poly1305_ietf_KEYBYTES];
	struct ph_box_pair pair;
};

/* Its lock. */
static int lock_of(const struct locked *locked, const char *card, struct ph_view pin,
		   struct opened *opened, struct ph_error *err)
{
	static const char context[] = "packhorse desk lock 1";
	int rc = ph_passphrase_key(opened->key, &locked->cost, pin,
				   ph_say("the PIN of the desk", "mã PIN của quầy"), err);

	if (rc == 0) {
		crypto_generichash_init(&opened->state, opened->key, sizeof(opened->key),
					sizeof(opened->lock));
		crypto_generichash_update(&opened->state, (const uint8_t *)context,
					  sizeof(context) - 1);
		crypto_generichash_update(&opened->state, (const uint8_t *)card,
					  PH_DESK_CARD_SIZE);
		crypto_generichash_final(&opened->state, opened->lock,
					 sizeof(opened->lock));
	}
	return rc;
}

/* What the secret is bound to. */
struct bound {
	uint8_t bytes[PH_KEY_SIZE + 16];
};

static struct bound bound_of(const struct locked *locked)
{
	struct bound bound;

	memcpy(bound.bytes, locked->key, PH_KEY_SIZE);
	ph_be64_put(bound.bytes + PH_KEY_SIZE, locked->cost.passes);
	ph_be64_put(bound.bytes + PH_KEY_SIZE + 8, locked->cost.memory);
	return bound;
}

static int encode(const struct locked *locked, struct ph_buf *bytes)
{
	struct ph_mpw writer;

	ph_mpw_init(&writer, bytes);
	ph_mpw_array(&writer, 8);
	ph_mpw_str(&writer, ph_view_str(TITLE));
	ph_mpw_bin(&writer, locked->key, sizeof(locked->key));
	ph_mpw_uint(&writer, locked->cost.passes);
	ph_mpw_uint(&writer, locked->cost.memory);
	ph_mpw_bin(&writer, locked->cost.salt, sizeof(locked->cost.salt));
	ph_mpw_bin(&writer, locked->mark, sizeof(locked->mark));
	ph_mpw_bin(&writer, locked->nonce, sizeof(locked->nonce));
	ph_mpw_bin(&writer, locked->sealed, sizeof(locked->sealed));
	return ph_mpw_end(&writer);
}

static bool take_members(const msgpack_object_array *array, struct locked *locked)
{
	struct ph_view title;

	return ph_mp_str(ph_mp_item(array, 0), 1, FILE_MAX, &title) &&
	       ph_view_equal(title, ph_view_str(TITLE)) &&
	       ph_mp_bin_exact(ph_mp_item(array, 1), locked->key, sizeof(locked->key)) &&
	       ph_mp_uint(ph_mp_item(array, 2), PH_LOCK_PASSES_MAX,
			  &locked->cost.passes) &&
	       ph_mp_uint(ph_mp_item(array, 3), PH_LOCK_MIB_MAX * MIB,
			  &locked->cost.memory) &&
	       ph_mp_bin_exact(ph_mp_item(array, 4), locked->cost.salt,
			       sizeof(locked->cost.salt)) &&
	       ph_mp_bin_exact(ph_mp_item(array, 5), locked->mark,
			       sizeof(locked->mark)) &&
	       ph_mp_bin_exact(ph_mp_item(array, 6), locked->nonce,
			       sizeof(locked->nonce)) &&
	       ph_mp_bin_exact(ph_mp_item(array, 7), locked->sealed,
			       sizeof(locked->sealed)) &&
	       locked->cost.passes >= 1 && locked->cost.memory >= PH_LOCK_MIB_MIN * MIB &&
	       locked->cost.memory % MIB == 0;
}

static int load(const char *path, struct locked *locked, struct ph_error *err)
{
	static const struct ph_walk_limits limits = { .depth = 1, .items = 8 };
	struct ph_buf bytes = { 0 };
	struct ph_mp mp;
	int rc = ph_file_read(path, FILE_MAX, &bytes, NULL);

	if (rc == -EFBIG) {
		rc = -EUCLEAN;
	}
	if (rc == 0) {
		rc = ph_mp_decode(&mp, ph_buf_view(&bytes), &limits, PH_WALK_CANONICAL);
		if (rc == 0) {
			const msgpack_object_array *array = ph_mp_array(mp.root, 8, 8);

			rc = array && take_members(array, locked) ? 0 : -EUCLEAN;
			ph_mp_deinit(&mp);
		}
	}
	ph_buf_deinit(&bytes);
	return rc == 0                    ? 0
	       : rc > 0 || rc == -EUCLEAN ? damaged(err, path)
					  : ph_fail_errno(err, rc, path);
}

int ph_desk_key_save(const struct ph_box_pair *desk, const char *path,
		     const char card[static PH_DESK_CARD_SIZE + 1], struct ph_view pin,
		     unsigned memory_mib, const struct ph_rng *rng, struct ph_error *err)
{
	struct locked locked = { .cost = { .passes = PH_DESK_PASSES,
					   .memory = memory_mib * MIB } };
	struct opened *opened;
	struct ph_buf bytes = { 0 };
	struct bound bound;
	int rc = ph_pin_check(pin, err);

	if (rc == 0 && (memory_mib < PH_LOCK_MIB_MIN || memory_mib > PH_LOCK_MIB_MAX)) {
		rc = ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			     ph_say("a PIN takes from %d to %d MiB of memory, not %u",
				    "mã PIN dùng từ %d đến %d MiB bộ nhớ, không phải %u"),
			     PH_LOCK_MIB_MIN, PH_LOCK_MIB_MAX, memory_mib);
	}
	if (rc < 0) {
		return rc;
	}
	memcpy(locked.key, desk->key, sizeof(locked.key));
	rng->fill(rng->data, locked.cost.salt, sizeof(locked.cost.salt));
	rng->fill(rng->data, locked.nonce, sizeof(locked.nonce));
	mark_of(card, locked.mark);
	bound = bound_of(&locked);
	opened = ph_secret_new(sizeof(*opened));
	rc = opened ? lock_of(&locked, card, pin, opened, err)
		    : ph_fail_errno(err, -ENOMEM, path);
	if (rc == 0) {
		crypto_aead_xchacha20poly1305_ietf_encrypt(
			locked.sealed, NULL, desk->secret, sizeof(desk->secret),
			bound.bytes, sizeof(bound.bytes), NULL, locked.nonce,
			opened->lock);
		rc = encode(&locked, &bytes);
		rc = rc < 0 ? ph_fail_errno(err, rc, path)
			    : ph_file_write(path, ph_buf_view(&bytes), 0600, err);
	}
	ph_secret_free(opened);
	ph_buf_deinit(&bytes);
	return rc;
}

static int fit(const struct locked *locked, const char *card)
{
	uint8_t mark[MARK_SIZE];

	mark_of(card, mark);
	return sodium_memcmp(mark, locked->mark, sizeof(mark)) == 0 ? 0 : PH_DESK_E_CARD;
}

int ph_desk_key_look(const char *path, const char card[static PH_DESK_CARD_SIZE + 1],
		     struct ph_error *err)
{
	struct locked locked;
	int rc = load(path, &locked, err);

	return rc < 0 ? rc : fit(&locked, card);
}

int ph_desk_key_memory(const char *path, unsigned *mib_out, struct ph_error *err)
{
	struct locked locked;
	int rc = load(path, &locked, err);

	*mib_out = rc < 0 ? 0 : (unsigned)(locked.cost.memory / MIB);
	return rc;
}

static int open_sealed(const struct locked *locked, const char *card, struct ph_view pin,
		       struct opened *opened, struct ph_error *err)
{
	const struct bound bound = bound_of(locked);
	int rc = lock_of(locked, card, pin, opened, err);

	if (rc == 0 && crypto_aead_xchacha20poly1305_ietf_decrypt(
			       opened->pair.secret, NULL, NULL, locked->sealed,
			       sizeof(locked->sealed), bound.bytes, sizeof(bound.bytes),
			       locked->nonce, opened->lock) != 0) {
		rc = PH_DESK_E_PIN;
	}
	return rc;
}

int ph_desk_key_load(struct ph_box_pair *desk, const char *path,
		     const char card[static PH_DESK_CARD_SIZE + 1], struct ph_view pin,
		     struct ph_error *err)
{
	struct opened *opened = ph_secret_new(sizeof(*opened));
	struct locked locked;
	int rc = opened ? load(path, &locked, err) : ph_fail_errno(err, -ENOMEM, path);

	rc = rc != 0 ? rc : fit(&locked, card);
	rc = rc != 0 ? rc : open_sealed(&locked, card, pin, opened, err);
	if (rc == 0 &&
	    (crypto_scalarmult_base(opened->pair.key, opened->pair.secret) != 0 ||
	     sodium_memcmp(opened->pair.key, locked.key, PH_KEY_SIZE) != 0)) {
		rc = damaged(err, path);
	}
	if (rc == 0) {
		ph_secret_lock(desk, sizeof(*desk));
		*desk = opened->pair;
	}
	ph_secret_free(opened);
	return rc;
}
