/*
 * daemon/hub_witness.h - whether this store was put back since the hub last said something.
 * What is in the file, and when it is written: docs/STORE.md, "The hub's witness".
 */
#ifndef PH_DAEMON_HUB_WITNESS_H
#define PH_DAEMON_HUB_WITNESS_H

#include "daemon/hub_internal.h"

/*
 * Compare the store with its witness and with the second medium, as far as the configuration
 * names them. If either tells of more than the store has, the store was put back: it begins as
 * ph_hub_put_back(), and what the second medium has of our own words is taken from there. Then
 * the witness is what the store is. A witness that cannot be read or written stops nothing; it
 * is told on standard error, and by ph_hub_witness_state(). HUB is open otherwise. 0 or a
 * negative errno with ERR.
 */
int ph_hub_witness_open(struct ph_hub *hub, struct ph_error *err);
/*
 * The store was committed: if the hub said something in it, the witness is told so, durably,
 * before anybody else is. Otherwise nothing is written. Outside of a transaction.
 */
void ph_hub_witness_write(struct ph_hub *hub);
/*
 * HUB's store is being restored, from a backup, and it was opened without a witness: what one
 * tells of it is over. Who opens it with one does not ask that, but writes it anew. A HUB with
 * a witness has none of this. In a transaction. 0 or a negative errno.
 */
int ph_hub_witness_over(struct ph_hub *hub);
/* How it is, for a view of HUB. */
void ph_hub_witness_health(const struct ph_hub *hub, struct ph_hub_health *out);
/* "ok", or what is the matter, in the language of who asks, borrowed from WORDS; NULL: it has none. */
const char *ph_hub_witness_state(const struct ph_hub *hub, struct ph_error *words);
void ph_hub_witness_free(struct ph_hub *hub);

#endif
