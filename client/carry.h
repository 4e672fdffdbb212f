/* client/carry.h - a command that another process asked for, carried out in this one. */
#ifndef PH_CLIENT_CARRY_H
#define PH_CLIENT_CARRY_H

#include <jansson.h>

#include "client/host.h"
#include "common/cli/cli.h"

/*
 * Carry out REQUEST ("command": "run", docs/OPERATIONS.md) with HOST's site, which is open
 * and stays so. What goes back to the asker is appended to ANSWER: a line of JSON, and what
 * the command said. *STATUS_OUT: its exit status, or -1 if it was refused and nothing was
 * done. 0 or -ENOMEM. In one thread of a process: standard output and error are the command's for
 * the while, and those of another that it lets be carried out in between (`between` of HOST).
 */
int ph_carry(const struct ph_cli_program *program, const json_t *request,
	     struct ph_host *host, struct ph_buf *answer, int *status_out);
/*
 * An answer without a command: an error, and AGAIN: nothing was done, whoever asked may
 * do it alone. 0 or -ENOMEM.
 */
int ph_carry_refuse(struct ph_buf *answer, enum ph_exit exit, bool again,
		    const char *words);

#endif
