/*
 * daemon/account_kept.c - an account's row, and the secrets that open it.
 *
 * A password is 10 characters or more, taken in NFC, so that it does not matter which
 * keyboard wrote its accents. Sessions' secrets and tokens are 32 random bytes; of those
 * a plain hash is enough, since nobody can guess one.
 */
#include "daemon/account_kept.h"

#include <errno.h>
#include <string.h>

#include "common/base/json_memory.h"
#include "common/base/say.h"
#include "common/base/text.h"

#define SECRET_SIZE 32
#define KIND_LEN    4
#define VARIANT     sodium_base64_VARIANT_URLSAFE_NO_PADDING

static const char *const roles[] = { [PH_ROLE_VIEWER] = "viewer",
				     [PH_ROLE_OPERATOR] = "operator",
				     [PH_ROLE_ADMIN] = "admin" };

const char *ph_role_name(enum ph_role role)
{
	return roles[role];
}

int ph_role_parse(const char *text, enum ph_role *role_out)
{
	for (enum ph_role role = PH_ROLE_VIEWER; text && role <= PH_ROLE_ADMIN; role++) {
		if (strcmp(text, roles[role]) == 0) {
			*role_out = role;
			return 0;
		}
	}
	return -EINVAL;
}

int ph_account_name_check(const char *name, struct ph_error *err)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
	static const char others[] = "abcdefghijklmnopqrstuvwxyz0123456789.-_";

	if (name[0] == '\0' || !strchr(letters, name[0]) ||
	    strspn(name, others) != strlen(name) || strlen(name) > PH_ACCOUNT_NAME_MAX) {
		return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			       ph_say("an account's name is 1 to %d small letters, "
				      "digits, '.', '-' and '_', the first one a letter",
				      "tên tài khoản có 1 đến %d chữ thường, chữ số, "
				      "“.”, “-” và “_”, bắt đầu bằng chữ"),
			       PH_ACCOUNT_NAME_MAX);
	}
	return 0;
}

/* --- the row --- */

static json_t *encode_token(const struct ph_account_token *token)
{
	char hex[2 * PH_BEARER_HASH_SIZE + 1];

	ph_hex(hex, token->hash, sizeof(token->hash));
	return json_pack("{s:s, s:I, s:s}", "hash", hex, "made", (json_int_t)token->made,
			 "label", token->label);
}

json_t *ph_account_kept_encode(const struct ph_account_kept *account)
{
	json_t *tokens = json_array();

	for (unsigned i = 0; i < account->n_tokens; i++) {
		if (json_array_append_new(tokens, encode_token(&account->token[i])) !=
		    0) {
			json_decref(tokens);
			return NULL;
		}
	}
	return json_pack("{s:s, s:s, s:I, s:I, s:o}", "role", roles[account->role],
			 "password", account->password, "added",
			 (json_int_t)account->added, "changed",
			 (json_int_t)account->changed, "tokens", tokens);
}

static bool copy_text(char *out, size_t size, const json_t *text)
{
	size_t len = json_string_length(text);

	if (!json_is_string(text) || len >= size ||
	    strlen(json_string_value(text)) != len) {
		return false;
	}
	memcpy(out, json_string_value(text), len + 1);
	return true;
}

static bool decode_token(const json_t *json, struct ph_account_token *token)
{
	const json_t *hash = json_object_get(json, "hash");

	token->made = json_integer_value(json_object_get(json, "made"));
	return json_is_string(hash) &&
	       ph_unhex(token->hash, sizeof(token->hash), json_string_value(hash),
			json_string_length(hash)) == 0 &&
	       copy_text(token->label, sizeof(token->label),
			 json_object_get(json, "label"));
}

static bool decode(const json_t *json, struct ph_account_kept *account)
{
	const json_t *tokens = json_object_get(json, "tokens");
	const json_t *token;
	size_t i;

	if (ph_role_parse(json_string_value(json_object_get(json, "role")),
			  &account->role) != 0 ||
	    !copy_text(account->password, sizeof(account->password),
		       json_object_get(json, "password")) ||
	    !json_is_array(tokens) || json_array_size(tokens) > PH_ACCOUNT_TOKENS) {
		return false;
	}
	account->added = json_integer_value(json_object_get(json, "added"));
	account->changed = json_integer_value(json_object_get(json, "changed"));
	json_array_foreach(tokens, i, token)
	{
		if (!decode_token(token, &account->token[account->n_tokens++])) {
			return false;
		}
	}
	return true;
}

int ph_account_kept_decode(const char *name, struct ph_view bytes,
			   struct ph_account_kept *out)
{
	uint64_t shortages = ph_json_shortages();
	json_t *json = ph_json_loadb((const char *)bytes.data, bytes.len,
				     JSON_REJECT_DUPLICATES, NULL);
	struct ph_account_kept account = { 0 };
	bool is_good = ph_account_name_check(name, NULL) == 0 && decode(json, &account);

	json_decref(json);
	if (is_good) {
		snprintf(account.name, sizeof(account.name), "%s", name);
		*out = account;
	}
	sodium_memzero(&account, sizeof(account));
	return is_good ? 0 : ph_json_shortages() != shortages ? -ENOMEM : -EUCLEAN;
}

/* --- sessions' secrets, tokens --- */

void ph_bearer_make(const struct ph_rng *rng, const char *kind,
		    char out[static PH_BEARER_SIZE])
{
	uint8_t secret[SECRET_SIZE];

	rng->fill(rng->data, secret, sizeof(secret));
	memcpy(out, kind, KIND_LEN);
	sodium_bin2base64(out + KIND_LEN, PH_BEARER_SIZE - KIND_LEN, secret,
			  sizeof(secret), VARIANT);
	sodium_memzero(secret, sizeof(secret));
}

int ph_bearer_hash(struct ph_view text, uint8_t out[static PH_BEARER_HASH_SIZE],
		   bool *is_token_out)
{
	const char *chars = (const char *)text.data;
	uint8_t secret[SECRET_SIZE];
	bool is_token =
		text.len > KIND_LEN && memcmp(text.data, PH_BEARER_TOKEN, KIND_LEN) == 0;
	size_t len = 0;

	if (text.len <= KIND_LEN || text.len >= PH_BEARER_SIZE ||
	    (!is_token && memcmp(text.data, PH_BEARER_SESSION, KIND_LEN) != 0) ||
	    sodium_base642bin(secret, sizeof(secret), chars + KIND_LEN,
			      text.len - KIND_LEN, NULL, &len, NULL, VARIANT) != 0 ||
	    len != sizeof(secret)) {
		return -EINVAL;
	}
	crypto_generichash(out, PH_BEARER_HASH_SIZE, text.data, text.len, NULL, 0);
	sodium_memzero(secret, sizeof(secret));
	if (is_token_out) {
		*is_token_out = is_token;
	}
	return 0;
}

/* --- passwords --- */

unsigned ph_password_characters(struct ph_view text)
{
	unsigned n = 0;

	for (size_t i = 0; i < text.len; i++) {
		n += (text.data[i] & 0xc0) != 0x80;
	}
	return n;
}

int ph_password_take(struct ph_view password, struct ph_buf *out, struct ph_error *err)
{
	struct ph_buf nfc = { 0 };
	int rc = ph_buf_secret(&nfc, PH_PASSWORD_MAX);

	rc = rc < 0                           ? rc
	     : password.len > PH_PASSWORD_MAX ? PH_TEXT_E_UTF8
					      : ph_text_nfc(password, &nfc);
	if (rc == 0 && nfc.len <= PH_PASSWORD_MAX &&
	    ph_password_characters(ph_buf_view(&nfc)) >= PH_PASSWORD_MIN) {
		ph_buf_wipe(out);
		*out = nfc;
		nfc = (struct ph_buf){ 0 };
	} else if (rc >= 0) {
		rc = ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			     ph_say("a password has at least %d characters and at most "
				    "%d bytes, none of them a control character",
				    "mật khẩu có ít nhất %d ký tự và nhiều nhất %d byte, "
				    "không có ký tự điều khiển"),
			     PH_PASSWORD_MIN, PH_PASSWORD_MAX);
	}
	ph_buf_wipe(&nfc);
	return rc;
}

int ph_password_hash(struct ph_view password, char out[static crypto_pwhash_STRBYTES])
{
	return crypto_pwhash_str(out, (const char *)password.data, password.len,
				 PH_PASSWORD_PASSES, (size_t)PH_PASSWORD_MIB << 20) == 0
		       ? 0
		       : -ENOMEM;
}

bool ph_password_is_hash(const char *text)
{
	return strlen(text) < crypto_pwhash_STRBYTES &&
	       crypto_pwhash_str_needs_rehash(text, PH_PASSWORD_PASSES,
					      (size_t)PH_PASSWORD_MIB << 20) == 0;
}
