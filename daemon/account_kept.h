/*
 * daemon/account_kept.h - one account as the hub's store keeps it: a row of `meta`, JSON
 * (docs/STORE.md). Passwords are kept as Argon2id of libsodium, tokens as a hash.
 */
#ifndef PH_DAEMON_ACCOUNT_KEPT_H
#define PH_DAEMON_ACCOUNT_KEPT_H

#include <jansson.h>
#include <sodium.h>

#include "common/base/error.h"
#include "common/base/limits.h"
#include "daemon/accounts.h"

#define PH_HUB_META_ACCOUNT "account." /* then its name */
#define PH_BEARER_HASH_SIZE 32
#define PH_TOKEN_ID_SIZE    4 /* the beginning of its hash names a token */

struct ph_account_token {
	uint8_t hash[PH_BEARER_HASH_SIZE];
	int64_t made;
	char label[PH_ACCOUNT_LABEL_MAX + 1];
};

struct ph_account_kept {
	char name[PH_ACCOUNT_NAME_SIZE];
	enum ph_role role;
	char password[crypto_pwhash_STRBYTES]; /* its hash */
	int64_t added, changed;                /* changed: the password */
	struct ph_account_token token[PH_ACCOUNT_TOKENS];
	unsigned n_tokens;
};

/* The kinds of secrets, by how their text begins. */
#define PH_BEARER_SESSION "phs_"
#define PH_BEARER_TOKEN   "pht_"

/* 0, or -EINVAL with words: small letters, digits, '.', '-' and '_', the first one a letter. */
int ph_account_name_check(const char *name, struct ph_error *err);
/* Write ACCOUNT as JSON. NULL: no memory. */
json_t *ph_account_kept_encode(const struct ph_account_kept *account);
/* 0; -EUCLEAN: not of the form; -ENOMEM. */
int ph_account_kept_decode(const char *name, struct ph_view bytes,
			   struct ph_account_kept *out);

/* A new secret of KIND, as text. */
void ph_bearer_make(const struct ph_rng *rng, const char *kind,
		    char out[static PH_BEARER_SIZE]);
/* What is kept of it. 0, or -EINVAL: not of the form. *IS_TOKEN_OUT may be NULL. */
int ph_bearer_hash(struct ph_view text, uint8_t out[static PH_BEARER_HASH_SIZE],
		   bool *is_token_out);

/* How many characters a password has, if it is UTF-8. */
unsigned ph_password_characters(struct ph_view text);
/* PASSWORD in the form that is hashed, NFC. 0, -EINVAL with words, -ENOMEM. */
int ph_password_take(struct ph_view password, struct ph_buf *out, struct ph_error *err);
/* What is kept of PASSWORD, in that form. 0 or -ENOMEM. */
int ph_password_hash(struct ph_view password, char out[static crypto_pwhash_STRBYTES]);
/* Whether TEXT is a hash as ph_password_hash() makes them, of the same cost. */
bool ph_password_is_hash(const char *text);

#endif
