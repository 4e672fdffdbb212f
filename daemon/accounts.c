/*
 * daemon/accounts.c - sessions and tokens in memory, and what guessing costs.
 *
 *   login: may it be tried now? --> Argon2id --> right: a session; wrong: counted
 *
 * A name that nobody has is tried on a hash that nobody's password gives, so that it
 * costs what any other does. Wrong passwords are counted by name, known or not, in a table
 * of fixed size with a keyed hash: two names may share a place, but nobody can choose which, and
 * nobody makes another's place be forgotten. After the fourth wrong one in a row the next
 * has to wait a second, then two, four ... up to a quarter of an hour; a right one, or half
 * an hour without any, ends it. What comes too early is told so, is not looked at, and
 * makes nothing longer. All names together have a bucket. So somebody who may connect can
 * keep others from beginning a session with a password, for a while; sessions and tokens
 * that are there go on.
 *
 * One Argon2id is computed at a time, for its memory. The lock of the data is never held
 * meanwhile, so the loop, which only checks, does not wait.
 */
#include "daemon/accounts.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/account_kept.h"

#define PLACES    1024 /* of names that were tried */
#define FORGET_MS (2u * 1000 * PH_LOGIN_DELAY_MAX_S)
#define SESSIONS  256
#define BURST_MS  (1000u * PH_LOGIN_EACH_S * PH_LOGIN_BURST)
#define KEY_SIZE  crypto_shorthash_KEYBYTES

/* Of the cost that ours have; salt and hash are random, and no password is known for it. */
static const char nobody[] = "$argon2id$v=19$m=65536,t=3,p=1$xtNsZHDsjWAE4aKntKTx6Q$"
			     "Cb+R4V8BFVab5MNFQrIexx94tGl2mZSBB59fQNIxtAE";

struct session {
	uint8_t hash[PH_BEARER_HASH_SIZE];
	char name[PH_ACCOUNT_NAME_SIZE];       /* empty: free */
	char password[crypto_pwhash_STRBYTES]; /* the hash with which it began */
	uint64_t began_ms, used_ms;
};

struct place {
	unsigned wrong; /* in a row */
	uint64_t last_ms, not_before_ms;
};

struct ph_accounts {
	struct ph_accounts_config config;
	pthread_mutex_t
		computing;    /* one Argon2id; taken before `lock`, never inside it */
	pthread_mutex_t lock; /* all below */
	struct ph_account_kept *list;
	size_t n;
	struct session session[SESSIONS];
	struct place place[PLACES];
	uint8_t key[KEY_SIZE];
	uint64_t owed_ms; /* how much time it takes until no wrong one is remembered */
	uint64_t owed_at_ms;
	unsigned waiting;
	uint64_t logins, failed, delayed;
};

static uint64_t now_ms(const struct ph_accounts *accounts)
{
	struct ph_now now;

	accounts->config.clock.read(accounts->config.clock.data, &now);
	return now.mono_ms;
}

int ph_accounts_new(struct ph_accounts **accounts_out,
		    const struct ph_accounts_config *config)
{
	struct ph_accounts *accounts = calloc(1, sizeof(*accounts));

	if (!accounts) {
		return -ENOMEM;
	}
	accounts->config = *config;
	config->rng.fill(config->rng.data, accounts->key, sizeof(accounts->key));
	if (pthread_mutex_init(&accounts->computing, NULL) != 0) {
		free(accounts);
		return -ENOMEM;
	}
	if (pthread_mutex_init(&accounts->lock, NULL) != 0) {
		(void)pthread_mutex_destroy(&accounts->computing);
		free(accounts);
		return -ENOMEM;
	}
	*accounts_out = accounts;
	return 0;
}

void ph_accounts_free(struct ph_accounts *accounts)
{
	if (!accounts) {
		return;
	}
	(void)pthread_mutex_destroy(&accounts->lock);
	(void)pthread_mutex_destroy(&accounts->computing);
	free(accounts->list);
	sodium_memzero(accounts, sizeof(*accounts));
	free(accounts);
}

/* --- accounts --- */

static const struct ph_account_kept *find(const struct ph_accounts *accounts,
					  const char *name)
{
	for (size_t i = 0; i < accounts->n; i++) {
		if (strcmp(accounts->list[i].name, name) == 0) {
			return &accounts->list[i];
		}
	}
	return NULL;
}

void ph_accounts_set(struct ph_accounts *accounts, struct ph_account_kept *list, size_t n)
{
	struct ph_account_kept *old;

	(void)pthread_mutex_lock(&accounts->lock);
	old = accounts->list;
	accounts->list = list;
	accounts->n = n;
	for (size_t i = 0; i < SESSIONS; i++) {
		struct session *session = &accounts->session[i];
		const struct ph_account_kept *account = find(accounts, session->name);

		if (!account || strcmp(account->password, session->password) != 0) {
			sodium_memzero(session, sizeof(*session));
		}
	}
	(void)pthread_mutex_unlock(&accounts->lock);
	free(old);
}

/* --- sessions and tokens --- */

static bool is_over(const struct session *session, uint64_t now)
{
	return now - session->began_ms >= 1000u * PH_ACCOUNT_SESSION_S ||
	       now - session->used_ms >= 1000u * PH_ACCOUNT_IDLE_S;
}

/* The session of that hash; NULL: there is none, or it is over. */
static struct session *find_session(struct ph_accounts *accounts, const uint8_t *hash,
				    uint64_t now)
{
	for (size_t i = 0; i < SESSIONS; i++) {
		struct session *session = &accounts->session[i];

		if (session->name[0] != '\0' &&
		    sodium_memcmp(session->hash, hash, sizeof(session->hash)) == 0) {
			if (!is_over(session, now)) {
				return session;
			}
			sodium_memzero(session, sizeof(*session));
		}
	}
	return NULL;
}

static const struct ph_account_kept *find_token(const struct ph_accounts *accounts,
						const uint8_t *hash)
{
	for (size_t i = 0; i < accounts->n; i++) {
		const struct ph_account_kept *account = &accounts->list[i];

		for (unsigned t = 0; t < account->n_tokens; t++) {
			if (sodium_memcmp(account->token[t].hash, hash,
					  PH_BEARER_HASH_SIZE) == 0) {
				return account;
			}
		}
	}
	return NULL;
}

static int whose(struct ph_accounts *accounts, struct ph_view bearer, bool is_use,
		 enum ph_role *role_out, char name_out[static PH_ACCOUNT_NAME_SIZE])
{
	const struct ph_account_kept *account = NULL;
	uint8_t hash[PH_BEARER_HASH_SIZE];
	bool is_token = false;
	int rc;

	if (ph_bearer_hash(bearer, hash, &is_token) < 0) {
		return -EACCES;
	}
	(void)pthread_mutex_lock(&accounts->lock);
	if (is_token) {
		account = find_token(accounts, hash);
	} else {
		uint64_t now = now_ms(accounts);
		struct session *session = find_session(accounts, hash, now);

		if (session) {
			session->used_ms = is_use ? now : session->used_ms;
			account = find(accounts, session->name);
		}
	}
	rc = account ? 0 : -EACCES;
	if (account) {
		*role_out = account->role;
		memcpy(name_out, account->name, PH_ACCOUNT_NAME_SIZE);
	}
	(void)pthread_mutex_unlock(&accounts->lock);
	return rc;
}

int ph_accounts_check(struct ph_accounts *accounts, struct ph_view bearer,
		      enum ph_role *role_out, char name_out[static PH_ACCOUNT_NAME_SIZE])
{
	return whose(accounts, bearer, true, role_out, name_out);
}

int ph_accounts_look(struct ph_accounts *accounts, struct ph_view bearer,
		     enum ph_role *role_out, char name_out[static PH_ACCOUNT_NAME_SIZE])
{
	return whose(accounts, bearer, false, role_out, name_out);
}

void ph_accounts_logout(struct ph_accounts *accounts, struct ph_view bearer)
{
	uint8_t hash[PH_BEARER_HASH_SIZE];
	struct session *session;

	if (ph_bearer_hash(bearer, hash, NULL) < 0) {
		return;
	}
	(void)pthread_mutex_lock(&accounts->lock);
	session = find_session(accounts, hash, now_ms(accounts));
	if (session) {
		sodium_memzero(session, sizeof(*session));
	}
	(void)pthread_mutex_unlock(&accounts->lock);
}

/*
 * Where a new session of NAME goes: a free place, or the one of this account that was used
 * longest ago if it has its number, or of all.
 */
static struct session *make_room(struct ph_accounts *accounts, const char *name,
				 uint64_t now)
{
	struct session *empty = NULL;
	struct session *own = NULL;
	struct session *oldest = NULL;
	unsigned n_own = 0;

	for (size_t i = 0; i < SESSIONS; i++) {
		struct session *session = &accounts->session[i];

		if (session->name[0] != '\0' && is_over(session, now)) {
			sodium_memzero(session, sizeof(*session));
		}
		if (session->name[0] == '\0') {
			empty = empty ? empty : session;
			continue;
		}
		oldest = !oldest || session->used_ms < oldest->used_ms ? session : oldest;
		if (strcmp(session->name, name) == 0) {
			n_own++;
			own = !own || session->used_ms < own->used_ms ? session : own;
		}
	}
	return n_own >= PH_ACCOUNT_SESSIONS ? own : empty ? empty : oldest;
}

static void begin_session(struct ph_accounts *accounts,
			  const struct ph_account_kept *account, struct ph_login *out)
{
	uint64_t now = now_ms(accounts);
	struct session *session = make_room(accounts, account->name, now);

	ph_bearer_make(&accounts->config.rng, PH_BEARER_SESSION, out->bearer);
	(void)ph_bearer_hash(ph_view_str(out->bearer), session->hash, NULL);
	memcpy(session->name, account->name, sizeof(session->name));
	memcpy(session->password, account->password, sizeof(session->password));
	session->began_ms = now;
	session->used_ms = now;
	memcpy(out->name, account->name, sizeof(out->name));
	out->role = account->role;
	out->expires_s = PH_ACCOUNT_SESSION_S;
	out->idle_s = PH_ACCOUNT_IDLE_S;
}

/* --- wrong ones --- */

static struct place *place_of(struct ph_accounts *accounts, struct ph_view name)
{
	uint8_t hash[crypto_shorthash_BYTES];
	uint64_t index;

	crypto_shorthash(hash, name.data, name.len, accounts->key);
	memcpy(&index, hash, sizeof(index));
	return &accounts->place[index % PLACES];
}

/* Time goes by for what all names together have to wait. */
static void forgive(struct ph_accounts *accounts, uint64_t now)
{
	uint64_t gone = now - accounts->owed_at_ms;

	accounts->owed_ms -= gone < accounts->owed_ms ? gone : accounts->owed_ms;
	accounts->owed_at_ms = now;
}

static unsigned whole_seconds(uint64_t ms)
{
	return (unsigned)((ms + 999) / 1000);
}

/* Seconds until NAME may be tried; 0: now. */
static unsigned wait_for(struct ph_accounts *accounts, struct place *place, uint64_t now)
{
	const uint64_t one_ms = 1000u * PH_LOGIN_EACH_S;

	if (place->wrong > 0 && now - place->last_ms >= FORGET_MS) {
		*place = (struct place){ 0 };
	}
	if (place->not_before_ms > now) {
		return whole_seconds(place->not_before_ms - now);
	}
	forgive(accounts, now);
	return accounts->owed_ms + one_ms > BURST_MS
		       ? whole_seconds(accounts->owed_ms + one_ms - BURST_MS)
		       : 0;
}

static void count_wrong(struct ph_accounts *accounts, struct place *place, uint64_t now)
{
	unsigned delay = 0;

	place->wrong++;
	place->last_ms = now;
	if (place->wrong > PH_LOGIN_FREE) {
		unsigned doubled = place->wrong - PH_LOGIN_FREE - 1;

		delay = doubled < 10 ? 1u << doubled : PH_LOGIN_DELAY_MAX_S;
		delay = delay < PH_LOGIN_DELAY_MAX_S ? delay : PH_LOGIN_DELAY_MAX_S;
	}
	place->not_before_ms = now + 1000u * delay;
	forgive(accounts, now);
	accounts->owed_ms += 1000u * PH_LOGIN_EACH_S;
	accounts->failed++;
}

/* --- login --- */

/* NAME as text that an account could have; else one that none has. */
static void take_name(struct ph_view name, char out[static PH_ACCOUNT_NAME_SIZE])
{
	out[0] = '\0';
	if (name.len > 0 && name.len < PH_ACCOUNT_NAME_SIZE &&
	    !memchr(name.data, '\0', name.len)) {
		memcpy(out, name.data, name.len);
		out[name.len] = '\0';
	}
}

/* Under the lock: what NAME's password gives, or what nobody's does. */
static void hash_of(const struct ph_accounts *accounts, const char *name,
		    char out[static crypto_pwhash_STRBYTES])
{
	const char *none = accounts->config.nobody ? accounts->config.nobody : nobody;
	const struct ph_account_kept *account = find(accounts, name);

	snprintf(out, crypto_pwhash_STRBYTES, "%s", account ? account->password : none);
}

static int verify(const char *hash, struct ph_view password)
{
	struct ph_buf nfc = { 0 };
	int rc = ph_password_take(password, &nfc, NULL);
	struct ph_view tried =
		rc == 0 ? ph_buf_view(&nfc) : ph_view_str("not a password");

	if (rc == -ENOMEM) {
		return rc;
	}
	errno = 0;
	if (crypto_pwhash_str_verify(hash, (const char *)tried.data, tried.len) != 0) {
		rc = errno == ENOMEM ? -ENOMEM : -EACCES;
	} else {
		rc = rc == 0 ? 0 : -EACCES;
	}
	ph_buf_wipe(&nfc);
	return rc;
}

/* `computing` is held. */
static int try_login(struct ph_accounts *accounts, struct ph_view name,
		     struct ph_view password, struct ph_login *out)
{
	char hash[crypto_pwhash_STRBYTES];
	char text[PH_ACCOUNT_NAME_SIZE];
	const struct ph_account_kept *account;
	struct place *place = place_of(accounts, name);
	int rc;

	take_name(name, text);
	(void)pthread_mutex_lock(&accounts->lock);
	out->wait_s = wait_for(accounts, place, now_ms(accounts));
	accounts->delayed += out->wait_s > 0;
	hash_of(accounts, text, hash);
	(void)pthread_mutex_unlock(&accounts->lock);
	if (out->wait_s > 0) {
		return -EAGAIN;
	}
	rc = verify(hash, password);
	(void)pthread_mutex_lock(&accounts->lock);
	account = find(accounts, text); /* it may have changed meanwhile */
	if (rc == 0 && (!account || strcmp(account->password, hash) != 0)) {
		rc = -EACCES;
	}
	if (rc == 0) {
		*place = (struct place){ 0 };
		accounts->logins++;
		begin_session(accounts, account, out);
	} else if (rc == -EACCES) {
		count_wrong(accounts, place, now_ms(accounts));
	}
	(void)pthread_mutex_unlock(&accounts->lock);
	sodium_memzero(hash, sizeof(hash));
	return rc;
}

int ph_accounts_login(struct ph_accounts *accounts, struct ph_view name,
		      struct ph_view password, struct ph_login *out)
{
	struct ph_login login = { 0 };
	bool waits;
	int rc;

	(void)pthread_mutex_lock(&accounts->lock);
	waits = accounts->waiting < PH_LOGIN_WAITING;
	accounts->waiting += waits;
	accounts->delayed += !waits;
	(void)pthread_mutex_unlock(&accounts->lock);
	if (!waits) {
		out->wait_s = 1;
		return -EAGAIN;
	}
	(void)pthread_mutex_lock(&accounts->computing);
	rc = try_login(accounts, name, password, &login);
	(void)pthread_mutex_unlock(&accounts->computing);
	(void)pthread_mutex_lock(&accounts->lock);
	accounts->waiting--;
	(void)pthread_mutex_unlock(&accounts->lock);
	*out = login;
	sodium_memzero(&login, sizeof(login));
	return rc;
}

void ph_accounts_counts(struct ph_accounts *accounts,
			struct ph_accounts_counts *counts_out)
{
	unsigned sessions = 0;
	uint64_t now;

	(void)pthread_mutex_lock(&accounts->lock);
	now = now_ms(accounts);
	for (size_t i = 0; i < SESSIONS; i++) {
		sessions += accounts->session[i].name[0] != '\0' &&
			    !is_over(&accounts->session[i], now);
	}
	*counts_out = (struct ph_accounts_counts){ .accounts = (unsigned)accounts->n,
						   .sessions = sessions,
						   .logins = accounts->logins,
						   .failed = accounts->failed,
						   .delayed = accounts->delayed };
	(void)pthread_mutex_unlock(&accounts->lock);
}
