/* daemon/cmd_keys.h - shared by cmd_keys*.c. */
#ifndef PH_DAEMON_CMD_KEYS_H
#define PH_DAEMON_CMD_KEYS_H

#include <jansson.h>

#include "common/log/keys.h"
#include "daemon/ask.h"
#include "daemon/cmd.h"

ph_cmd_fn ph_cmd_keys_add, ph_cmd_keys_revoke, ph_cmd_keys_rotate;

/* What the hub says of the keys; operators with their names. 0 or negative errno with ERR. */
int ph_cmd_keys_ask(const struct ph_cli *cli, json_t **answer_out, struct ph_error *err);
/* The key in PATH, or the root's, opened by --passphrase-file; to be wiped. */
int ph_cmd_keys_open(const struct ph_cli *cli, const char *path,
		     struct ph_sign_pair *pair, struct ph_error *err);
int ph_cmd_keys_root(const struct ph_cli *cli, struct ph_sign_pair *pair,
		     struct ph_error *err);
/* Write PAIR to PATH under the passphrase of --new-passphrase-file. */
int ph_cmd_keys_lock(const struct ph_cli *cli, const struct ph_sign_pair *pair,
		     const char *path, unsigned memory_mib, struct ph_error *err);

#endif
