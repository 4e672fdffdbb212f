/*
 * daemon/accounts.h - who may use the hub's API: accounts, their sessions and tokens.
 *
 * Accounts are kept in the hub's store (daemon/account_kept.h); here is what a running
 * daemon knows of them, in memory: a copy of each, and the sessions that began since it
 * started. Any thread may call any function. docs/OPERATIONS.md, "Accounts".
 */
#ifndef PH_DAEMON_ACCOUNTS_H
#define PH_DAEMON_ACCOUNTS_H

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/base/rng.h"

/* Each may what the one before may, and more. */
enum ph_role {
	PH_ROLE_VIEWER = 1,
	PH_ROLE_OPERATOR,
	PH_ROLE_ADMIN,
};
const char *ph_role_name(enum ph_role role);
/* 0, or -EINVAL. */
int ph_role_parse(const char *text, enum ph_role *role_out);

#define PH_ACCOUNT_NAME_SIZE 64 /* with its NUL; the names that we give are shorter */
#define PH_BEARER_SIZE       64 /* a session's secret or a token as text, with its NUL */

struct ph_account_kept;
struct ph_accounts;

struct ph_accounts_config {
	struct ph_clock clock;
	struct ph_rng rng;
	const char *
		nobody; /* the hash that names nobody has are tried on; NULL: one as costly as ours */
};

/* 0 or -ENOMEM. */
int ph_accounts_new(struct ph_accounts **accounts_out,
		    const struct ph_accounts_config *config);
void ph_accounts_free(struct ph_accounts *accounts);
/*
 * From now on these N are all there are. LIST (malloc'd; NULL if N is 0) is taken. Sessions of
 * accounts that are gone, or have another password, are over.
 */
void ph_accounts_set(struct ph_accounts *accounts, struct ph_account_kept *list,
		     size_t n);

/*
 * Whose is BEARER, the text of a session or of a token? 0; or -EACCES: nobody's, or not
 * any more. Takes some microseconds. A session that is asked for is not idle.
 */
int ph_accounts_check(struct ph_accounts *accounts, struct ph_view bearer,
		      enum ph_role *role_out, char name_out[static PH_ACCOUNT_NAME_SIZE]);
/* The same; but a session stays as idle as it is. */
int ph_accounts_look(struct ph_accounts *accounts, struct ph_view bearer,
		     enum ph_role *role_out, char name_out[static PH_ACCOUNT_NAME_SIZE]);

struct ph_login {
	char bearer[PH_BEARER_SIZE]; /* to be wiped */
	char name[PH_ACCOUNT_NAME_SIZE];
	enum ph_role role;
	unsigned expires_s; /* the session ends after so long at the latest, ... */
	unsigned idle_s;    /* ... and when it is not used for so long */
	unsigned wait_s;    /* -EAGAIN: not before that */
};

/*
 * Begin a session. It computes an Argon2id whether the name is known or not, so it is for
 * a thread that may take its time; one is computed at a time. 0; -EACCES: wrong name or
 * password; -EAGAIN: too many wrong ones came for this name, or in all, or too many wait:
 * not before OUT->wait_s, nothing was looked at; -ENOMEM.
 */
int ph_accounts_login(struct ph_accounts *accounts, struct ph_view name,
		      struct ph_view password, struct ph_login *out);
/* End the session BEARER, if it is one. */
void ph_accounts_logout(struct ph_accounts *accounts, struct ph_view bearer);

struct ph_accounts_counts {
	unsigned accounts, sessions;
	uint64_t logins, failed, delayed; /* since the start */
};
void ph_accounts_counts(struct ph_accounts *accounts,
			struct ph_accounts_counts *counts_out);

#endif
