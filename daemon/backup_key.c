/*
 * daemon/backup_key.c - the recovery key: what opens backups of a hub.
 *
 * The text is PACKHORSE-RECOVERY1: and base64url of a MessagePack array; the public half
 * a small file of the same kind. Whoever reads either makes the public key again from the
 * secret, or looks whether it is a point that can be used. White space in the text does
 * not count: it may have been typed from paper. So there is a checksum over what must be
 * right in it; lines of before there was one are read without.
 */
#include "daemon/backup_key.h"

#include <errno.h>
#include <string.h>

#include <sodium.h>

#include "common/base/file.h"
#include "common/base/mp.h"
#include "common/base/secret.h"
#include "common/cli/out.h"
#include "common/cli/secret_file.h"

#define PREFIX       "PACKHORSE-RECOVERY1:"
#define TITLE        "packhorse recovery key 1"
#define PUBLIC_TITLE "packhorse recovery public 1"
#define PUBLIC_FILE  "keys/recovery"
#define FILE_MAX     1024
#define CHECK_SIZE   4
#define PATH_SIZE    4096

static const struct ph_walk_limits limits = { .depth = 1, .items = 5 };

void ph_recovery_key_wipe(struct ph_recovery_key *key)
{
	ph_secret_wipe(key, sizeof(*key));
}

void ph_recovery_name(const uint8_t key[static PH_KEY_SIZE],
		      uint8_t out[static PH_RECOVERY_NAME_SIZE])
{
	uint8_t hash[32];

	crypto_generichash(hash, sizeof(hash), key, PH_KEY_SIZE, NULL, 0);
	memcpy(out, hash, PH_RECOVERY_NAME_SIZE);
}

/* What a slip in copying either half of KEY alters. */
static void make_check(const struct ph_recovery_key *key, uint8_t out[static CHECK_SIZE])
{
	crypto_generichash_state state;
	uint8_t hash[32];

	crypto_generichash_init(&state, NULL, 0, sizeof(hash));
	crypto_generichash_update(&state, key->box.secret, sizeof(key->box.secret));
	crypto_generichash_update(&state, key->root, sizeof(key->root));
	crypto_generichash_final(&state, hash, sizeof(hash));
	memcpy(out, hash, CHECK_SIZE);
	sodium_memzero(&state, sizeof(state));
}

static bool title_is(const msgpack_object_array *array, const char *title)
{
	struct ph_view text;

	return array && ph_mp_str(ph_mp_item(array, 0), 1, FILE_MAX, &text) &&
	       ph_view_equal(text, ph_view_str(title));
}

/* --- the text --- */

int ph_recovery_key_text(const struct ph_recovery_key *key, struct ph_buf *out)
{
	struct ph_buf bytes = { 0 };
	struct ph_mpw writer;
	uint8_t check[CHECK_SIZE];
	int rc = ph_buf_secret(&bytes, FILE_MAX);

	rc = rc == 0 ? ph_buf_secret(out, FILE_MAX) : rc;
	if (rc < 0) {
		goto out;
	}
	make_check(key, check);
	ph_mpw_init(&writer, &bytes);
	ph_mpw_array(&writer, 4);
	ph_mpw_str(&writer, ph_view_str(TITLE));
	ph_mpw_bin(&writer, key->box.secret, sizeof(key->box.secret));
	ph_mpw_bin(&writer, key->root, sizeof(key->root));
	ph_mpw_bin(&writer, check, sizeof(check));
	rc = ph_mpw_end(&writer);
	rc = rc == 0 ? ph_buf_put_view(out, ph_view_str(PREFIX)) : rc;
	if (rc == 0) {
		sodium_bin2base64((char *)out->data + out->len, out->cap - out->len,
				  bytes.data, bytes.len,
				  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
		out->len += strlen((char *)out->data + out->len);
		rc = ph_buf_put_u8(out, '\n');
	}
out:
	ph_buf_wipe(&bytes);
	return rc;
}

static bool check_ok(const msgpack_object_array *array, const struct ph_recovery_key *key)
{
	uint8_t told[CHECK_SIZE];
	uint8_t made[CHECK_SIZE];

	make_check(key, made);
	return array->size == 3 ||
	       (ph_mp_bin_exact(ph_mp_item(array, 3), told, sizeof(told)) &&
		memcmp(told, made, sizeof(made)) == 0);
}

static int decode(struct ph_view bytes, struct ph_recovery_key *key)
{
	const msgpack_object_array *array;
	struct ph_mp mp;
	bool ok;
	int rc = ph_mp_decode_ours(&mp, bytes, &limits);

	if (rc < 0) {
		return rc;
	}
	array = ph_mp_array(mp.root, 3, 4);
	ok = title_is(array, TITLE) &&
	     ph_mp_bin_exact(ph_mp_item(array, 1), key->box.secret,
			     sizeof(key->box.secret)) &&
	     ph_mp_bin_exact(ph_mp_item(array, 2), key->root, sizeof(key->root)) &&
	     check_ok(array, key) &&
	     crypto_scalarmult_base(key->box.key, key->box.secret) == 0;
	ph_mp_deinit(&mp);
	return ok ? 0 : -EUCLEAN;
}

static int parse(const struct ph_buf *text, struct ph_recovery_key *key)
{
	struct ph_buf bytes = { 0 };
	size_t skip = sizeof(PREFIX) - 1;
	int rc = ph_buf_secret(&bytes, FILE_MAX);

	if (rc == 0 &&
	    (text->len <= skip || memcmp(text->data, PREFIX, skip) != 0 ||
	     sodium_base642bin(bytes.data, bytes.cap, (const char *)text->data + skip,
			       text->len - skip, " \t\r\n", &bytes.len, NULL,
			       sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0)) {
		rc = -EUCLEAN;
	}
	rc = rc == 0 ? decode(ph_buf_view(&bytes), key) : rc;
	ph_buf_wipe(&bytes);
	return rc;
}

int ph_recovery_key_load(struct ph_recovery_key *key, const char *path,
			 struct ph_error *err)
{
	struct ph_recovery_key *result = ph_secret_new(sizeof(*result));
	struct ph_error why = { 0 };
	struct ph_buf text = { 0 };
	int rc = !result ? -ENOMEM
			 : ph_secret_file_read(path, "--recovery-key", FILE_MAX, &text,
					       &why);

	if (rc == 0) {
		rc = parse(&text, result);
	}
	if (rc == -EUCLEAN || rc == -EFBIG) {
		rc = ph_fail(err, PH_EXIT_DAMAGED, -EUCLEAN,
			     ph_say("%s is no recovery key, or was not copied exactly: "
				    "it is one "
				    "line that begins with " PREFIX
				    "; use another copy of it",
				    "%s không phải là khoá phục hồi, hoặc chép không "
				    "đúng: khoá là một dòng bắt đầu bằng " PREFIX
				    "; hãy dùng bản chép khác"),
			     path);
	} else if (rc < 0 && why.text[0]) {
		ph_fail(err, why.exit, rc, "%s", why.text);
	} else if (rc < 0) {
		ph_fail_errno(err, rc, path);
	} else {
		ph_secret_lock(key, sizeof(*key));
		*key = *result;
	}
	ph_secret_free(result);
	ph_buf_wipe(&text);
	return rc;
}

/* --- the public half --- */

int ph_recovery_public_save(const char *dir, const uint8_t key[static PH_KEY_SIZE],
			    struct ph_error *err)
{
	struct ph_buf bytes = { 0 };
	struct ph_mpw writer;
	char path[PATH_SIZE];
	int rc = ph_path_join(path, sizeof(path), dir, PUBLIC_FILE, err);

	ph_mpw_init(&writer, &bytes);
	ph_mpw_array(&writer, 2);
	ph_mpw_str(&writer, ph_view_str(PUBLIC_TITLE));
	ph_mpw_bin(&writer, key, PH_KEY_SIZE);
	rc = rc == 0 ? ph_mpw_end(&writer) : rc;
	if (rc == 0) {
		rc = ph_file_write(path, ph_buf_view(&bytes), 0600, err);
	}
	ph_buf_deinit(&bytes);
	return rc;
}

static int decode_public(struct ph_view bytes, uint8_t key_out[static PH_KEY_SIZE])
{
	const msgpack_object_array *array;
	struct ph_mp mp;
	bool ok;
	int rc = ph_mp_decode_ours(&mp, bytes, &limits);

	if (rc < 0) {
		return rc;
	}
	array = ph_mp_array(mp.root, 2, 2);
	ok = title_is(array, PUBLIC_TITLE) &&
	     ph_mp_bin_exact(ph_mp_item(array, 1), key_out, PH_KEY_SIZE) &&
	     ph_box_key_ok(key_out);
	ph_mp_deinit(&mp);
	return ok ? 0 : -EUCLEAN;
}

int ph_recovery_public_load(const char *dir, uint8_t key_out[static PH_KEY_SIZE],
			    struct ph_error *err)
{
	struct ph_buf bytes = { 0 };
	char path[PATH_SIZE];
	int rc = ph_path_join(path, sizeof(path), dir, PUBLIC_FILE, err);

	rc = rc == 0 ? ph_file_read(path, FILE_MAX, &bytes, NULL) : rc;
	rc = rc == 0 ? decode_public(ph_buf_view(&bytes), key_out) : rc;
	ph_buf_deinit(&bytes);
	if (rc == -ENOENT) {
		return ph_fail(
			err, PH_EXIT_OTHER, rc,
			ph_say("there is no recovery key yet, and without one nobody "
			       "could "
			       "open a backup: make it with `packhorsed -d %s "
			       "recovery-key --out FILE`, and keep FILE away from this "
			       "machine",
			       "chưa có khoá phục hồi, mà không có nó thì không ai mở "
			       "được bản sao lưu: hãy tạo bằng `packhorsed -d %s "
			       "recovery-key --out TỆP`, và giữ TỆP ở nơi khác, ngoài "
			       "máy này"),
			dir);
	}
	if (rc == -EUCLEAN || rc == -EFBIG) {
		return ph_fail(
			err, PH_EXIT_DAMAGED, -EUCLEAN,
			ph_say("%s is damaged: make a new recovery key with `packhorsed "
			       "recovery-key --replace --out FILE`",
			       "%s bị hỏng: hãy tạo khoá phục hồi mới bằng `packhorsed "
			       "recovery-key --replace --out TỆP`"),
			path);
	}
	return rc < 0 ? ph_fail_errno(err, rc, path) : 0;
}
