/*
 * daemon/stick.h - what pack-stick and take-stick of packhorsed share: a stick and the hub.
 *
 * The stick is read and written in the process of the command; the store, by the running
 * daemon or by this process, sees only copies in DIR/spool, one at a time.
 */
#ifndef PH_DAEMON_STICK_H
#define PH_DAEMON_STICK_H

#include <jansson.h>

#include "common/base/file.h"
#include "common/base/lock.h"
#include "common/cli/cli.h"
#include "proto/spool.h"

struct ph_stick {
	struct ph_cli *cli;
	struct ph_spool spool;
	struct ph_spool own; /* DIR/spool: a spool without the folder of one */
	uint8_t hub[PH_DEVICE_ID_SIZE];
	json_t *begin;       /* the hub's answer to "stick-begin" */
	struct ph_lock lock; /* on DIR/spool: one such command at a time */
};

/* The stick that CLI names, and the hub asked. 0 or negative errno with ERR; end it in either case. */
int ph_stick_begin(struct ph_cli *cli, bool create, struct ph_stick *stick,
		   struct ph_error *err);
void ph_stick_end(struct ph_stick *stick);
/* Why the stick cannot be used, or PATH, in words: its last call failed with RC, which is returned. */
int ph_stick_in_words(const struct ph_stick *stick, const char *path, int rc,
		      struct ph_error *err);
/* Whether ID is this hub's, or was before it had other keys. */
bool ph_stick_is_hub(const struct ph_stick *stick,
		     const uint8_t id[static PH_DEVICE_ID_SIZE]);
/* Remove NAME from the hub's spool. */
void ph_stick_drop(const struct ph_stick *stick, const char *name);
/* Members of an answer: "" or 0 when they are not there. */
const char *ph_stick_text(const json_t *object, const char *name);
json_int_t ph_stick_number(const json_t *object, const char *name);

/* The commands. */
int ph_stick_run_take(struct ph_cli *cli, struct ph_error *err);
int ph_stick_run_pack(struct ph_cli *cli, struct ph_error *err);

#endif
