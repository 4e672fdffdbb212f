/*
 * client/borrow.h - what a command asks of the agent that keeps its folder, if one does.
 *
 * Two ways (docs/OPERATIONS.md, "Local socket of the agent"): the agent carries the command
 * out itself, with the store that it has open; or it closes the store and lends the folder
 * to the command for a while.
 */
#ifndef PH_CLIENT_BORROW_H
#define PH_CLIENT_BORROW_H

#include "client/site.h"
#include "common/cli/cli.h"

struct ph_loan {
	int fd; /* to be closed when the folder is given back; -1: no agent is there */
	/* The agent's desk is open, and this is its secret: PH_BOX_SECRET_SIZE bytes, to be given
	 * to ph_secret_free(); NULL: it has no PIN, or is locked. */
	uint8_t *desk;
};
/*
 * Have the folder lent. 0; -EWOULDBLOCK with PH_EXIT_IN_USE when another
 * command had it for all of CONFIG's wait; or another negative errno with ERR.
 */
int ph_borrow(struct ph_loan *loan_out, const struct ph_site_config *config,
	      struct ph_error *err);
/* Whether an agent runs in DIR. */
bool ph_borrow_is_there(const char *dir);
enum {
	PH_BORROW_E_NOBODY = 1, /* no agent runs there */
};
/*
 * Tell the agent of DIR that its desk is open, with the desk's SECRET, or (NULL) that it is
 * locked. 0, PH_BORROW_E_NOBODY, or a negative errno with ERR.
 */
int ph_borrow_desk(const char *dir, const uint8_t *secret, struct ph_error *err);
/*
 * Whether the command called NAME is one that an agent carries out: it asks nothing of its
 * surroundings but the folder (no standard input, no other file), is done in a moment, and
 * says little.
 */
bool ph_borrow_is_carried(const char *name);
/*
 * The same, or one that reads standard input only if it is given no words: it is carried out
 * for a page, which gives them, and not for a person at a terminal.
 */
bool ph_borrow_is_served(const char *name);
/*
 * Have CLI's command carried out by the agent: what it said is on our standard output and
 * error, and *STATUS_OUT is its exit status. False: nobody has done anything, the command
 * is ours to run. Fits struct ph_cli_program.
 */
bool ph_borrow_hands(const struct ph_cli *cli, int *status_out);

#endif
