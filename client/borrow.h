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

/*
 * Have the folder lent. 0 with *LOAN_OUT a descriptor, to be closed when it is given
 * back, or -1 when no agent is there; -EWOULDBLOCK with PH_EXIT_IN_USE when another
 * command had it for all of CONFIG's wait; or another negative errno with ERR.
 */
int ph_borrow(int *loan_out, const struct ph_site_config *config, struct ph_error *err);
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
