/*
 * daemon/act.h - commands that make the hub write: ask, have it signed if an operator
 * must, tell what became of it.
 */
#ifndef PH_DAEMON_ACT_H
#define PH_DAEMON_ACT_H

#include "common/log/keys.h"
#include "daemon/ask.h"

/* The option of every command whose entry an operator signs. */
#define PH_ACT_OPERATOR                                                                  \
	{ "passphrase-file", "F",                                                        \
	  "its first line opens the operator's key (-: standard input's)" },             \
	{                                                                                \
		"operator", "NAME", "whose key, by its name or as a file"                \
	}

/*
 * Where the key called NAME is: keys/operator-NAME in the hub's folder, or a file if there is a
 * slash in it; NULL: keys/operator. 0, or -EINVAL with words.
 */
#define PH_ACT_PATH_MAX 4096
int ph_act_key_path(const struct ph_cli *cli, const char *name,
		    char out[static PH_ACT_PATH_MAX], struct ph_error *err);
/* The operator's key, opened with the passphrase of --passphrase-file; to be wiped. */
int ph_act_unlock(const struct ph_cli *cli, struct ph_sign_pair *pair,
		  struct ph_error *err);
/*
 * As ph_ask() for a REQUEST (taken) that writes one entry of KIND. If the hub gives it
 * back to be signed, it is shown on standard error, signed with the operator's key, and
 * brought again, a few times if the log has moved on meanwhile.
 */
int ph_act_ask(const struct ph_cli *cli, json_t *request, const char *kind,
	       json_t **answer_out, struct ph_error *err);
/* The key of several requests in a row, which is opened once; to be wiped: ph_sign_pair_wipe(). */
struct ph_act_key {
	struct ph_sign_pair pair;
	bool opened;
};

/* The same with KEY, which stays open for the next. */
int ph_act_ask_by(const struct ph_cli *cli, struct ph_act_key *key, json_t *request,
		  const char *kind, json_t **answer_out, struct ph_error *err);
/*
 * What the hub gives to be signed as SIGN (log, n, entry), which must be of KIND: on standard error;
 * and its signature by PAIR, in hex. 0, or a negative errno with ERR.
 */
int ph_act_show(const struct ph_cli *cli, const json_t *sign, const char *kind,
		struct ph_error *err);
int ph_act_sign(const json_t *sign, const char *kind, const struct ph_sign_pair *pair,
		char hex_out[static 2 * PH_OPERATOR_SIZE + 1], struct ph_error *err);
/* What ANSWER (taken) says was written: a line each, tab-separated, or the answer as JSON. 0, or a negative errno with ERR. */
int ph_act_print(const struct ph_cli *cli, json_t *answer, struct ph_error *err);
/*
 * ph_act_ask() and ph_act_print(). 0, or a negative errno; PH_OUT_LOST: it was written, and only
 * what was printed of it is lost.
 */
int ph_act(const struct ph_cli *cli, json_t *request, const char *kind,
	   struct ph_error *err);
/* One item of an answer's "entries", which was written, for people or for --plain. */
void ph_act_tell(const struct ph_cli *cli, const json_t *item);

#endif
