/*
 * daemon/hub_put.h - entries that the hub writes on a person's word.
 *
 * Each goes into one of the hub's two logs: what all devices must know into the control
 * log, everything else into the desk log. What only an operator may say is not written
 * but given back, to be signed with a key that never comes near the daemon.
 */
#ifndef PH_DAEMON_HUB_PUT_H
#define PH_DAEMON_HUB_PUT_H

#include "common/ledger/key.h"
#include "daemon/hub_command.h"

/* What is known of an entry before it is written. */
struct ph_hub_put {
	struct ph_entry *entry;
	struct ph_writer *writer; /* of the log that it goes to */
	bool by_operator;         /* an operator must sign it */
	bool known;               /* all that it refers to is here */
	bool refolds;             /* the whole ledger is made anew after it */
	bool frees;               /* a void of a clock-judge, of the clock-mark `mark` */
	struct ph_ref mark;
	struct ph_ref ref; /* set when it is written */
};

/* The entity whose registers the put ENTRY sets; false if it makes a new one, or is no put. */
bool ph_hub_put_entity(const struct ph_entry *entry, struct ph_entity_key *key);
/* Whether a person may have the hub write KIND. 0, or -EPERM with ERR. */
int ph_hub_put_kind(const struct ph_kind *kind, struct ph_error *err);
/*
 * Look at ENTRY: may the hub write it, to which log, does it name what is here. With
 * SEEN the heads that stand now become its `seen`. 0; -EINVAL, -EPERM or another negative
 * errno with ERR.
 */
int ph_hub_put_look(struct ph_hub *hub, struct ph_entry *entry, bool seen,
		    struct ph_hub_put *put_out, struct ph_error *err);

/*
 * Writing, in one transaction: begin, add as many as you like, end. _add: 0; -EINVAL or
 * -EMSGSIZE with ERR, when nothing was written and one may go on; another negative errno:
 * undo. _end and _begin: 0, or a negative errno with ERR and all undone.
 */
int ph_hub_put_begin(struct ph_hub *hub, struct ph_error *err);
int ph_hub_put_add(struct ph_hub *hub, struct ph_hub_put *put, struct ph_error *err);
int ph_hub_put_end(struct ph_hub *hub, struct ph_error *err);
void ph_hub_put_undo(struct ph_hub *hub);

/*
 * All of that for one ENTRY, and what became of it as the only item of ANSWER's
 * "entries": {"ok":true,"kind","ref","n","log":"control" or "desk","known"}; or, if an
 * operator must sign it, {"ok":false,"kind","sign":{"log","n","entry","shows"}} with
 * nothing written.
 */
int ph_hub_put_one(struct ph_hub *hub, struct ph_entry *entry, bool seen, json_t *answer,
		   struct ph_error *err);
/* Such an item, of a PUT that was written. NULL: no memory. */
json_t *ph_hub_put_tell(const struct ph_hub *hub, const struct ph_hub_put *put);
/* What is due before the next entry of WRITER's log is written now, so that its number is known. 0 or negative errno with ERR. */
int ph_hub_put_settle(struct ph_hub *hub, struct ph_writer *writer, struct ph_error *err);
/* Such an item, of a PUT that is to be signed as entry N of its log. *OUT is the caller's. 0 or negative errno with ERR. */
int ph_hub_put_order(const struct ph_hub *hub, const struct ph_hub_put *put, uint64_t n,
		     json_t **out, struct ph_error *err);
/* The same for the next entry of its log, which is settled before. */
int ph_hub_put_ask(struct ph_hub *hub, struct ph_hub_put *put, json_t **out,
		   struct ph_error *err);

#endif
