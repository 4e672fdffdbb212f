/*
 * daemon/ask.h - a command's question to the hub: to the running daemon, else to the folder.
 *
 * The daemon listens on DIR/socket: one JSON object a line in, one a line out
 * (docs/OPERATIONS.md, "Local socket").
 */
#ifndef PH_DAEMON_ASK_H
#define PH_DAEMON_ASK_H

#include <jansson.h>

#include "common/cli/cli.h"

/*
 * Ask the daemon of DIR. 0 with *ANSWER_OUT the caller's; -ENOENT or -ECONNREFUSED
 * (ERR untouched) when none runs; -EMSGSIZE if the request is over PH_LINE_MAX; another
 * negative errno with ERR.
 */
int ph_ask_daemon(const char *dir, const json_t *request, json_t **answer_out,
		  struct ph_error *err);
/* 1 if a daemon serves DIR, 0 if none does, or a negative errno with ERR. */
int ph_ask_is_served(const char *dir, struct ph_error *err);
/* 0, or the refusal that ANSWER is, as a negative errno with ERR. */
int ph_ask_check(const json_t *answer, struct ph_error *err);
/*
 * Ask the daemon or, when none runs, open the folder and answer here. REQUEST's
 * reference is taken. 0 with an answer whose "exit" is 0; else the answer's error as a
 * negative errno with ERR. *ANSWER_OUT (may be NULL) is the caller's.
 */
int ph_ask(const struct ph_cli *cli, json_t *request, json_t **answer_out,
	   struct ph_error *err);
/*
 * The same of a list in pages. Where the command's tables go into a file and no --limit was
 * given, all pages: MEMBER of the answer has the items of each, and "next" is empty.
 */
int ph_ask_pages(const struct ph_cli *cli, json_t *request, const char *member,
		 json_t **answer_out, struct ph_error *err);
/* A new request; NULL on lack of memory, which ph_ask() takes. */
json_t *ph_request(const char *command);
/* Set a text member, normalised to NFC; NULL text leaves it out. 0, -EINVAL with words, -ENOMEM. */
int ph_request_set(json_t *request, const char *name, const char *text,
		   struct ph_error *err);
/* Set a member to VALUE, which is taken. Lack of memory frees *REQUEST and makes it NULL. */
void ph_request_put(json_t **request, const char *name, json_t *value);

#endif
