/*
 * client/front_order.h - from what a page asks to an order for the agent, and from what the
 * command said to an answer of HTTP. No loop here; the order is that of docs/OPERATIONS.md,
 * "Local socket of the agent".
 */
#ifndef PH_CLIENT_FRONT_ORDER_H
#define PH_CLIENT_FRONT_ORDER_H

#include "common/web/route.h"

enum ph_front_action {
	PH_FRONT_COMMAND,
	PH_FRONT_UNLOCK,
	PH_FRONT_ENTER,
	PH_FRONT_LEAVE,
	PH_FRONT_EVENTS,
	PH_FRONT_HOME,
	PH_FRONT_SYNC,
};

/* The API of a site. */
extern const struct ph_web_route ph_front_routes[];
extern const size_t ph_front_n_routes;
/*
 * Which members of a request for COMMAND are its words, in their order, parted by blanks;
 * "*" behind the last: a list of them. "" if all are options.
 */
const char *ph_front_words(const char *command);

struct ph_front_setting {
	const char *dir;
	bool is_vietnamese;
};

/*
 * What GIVEN, made by one of our routes, is as an order. 0 with the caller's *ORDER_OUT;
 * -EINVAL with NO; -ENOMEM.
 */
int ph_front_order(const struct ph_front_setting *setting, const json_t *given,
		   json_t **order_out, struct ph_web_no *no);
/*
 * ANSWER, as client/carry.h makes it, as JSON (NULL: no memory), and the status of HTTP. To
 * what the command printed come "exit" and, from standard error, "said": a list of lines; or
 * "error" and "what", if it failed.
 */
unsigned ph_front_answer(struct ph_view answer, json_t **body_out);
/*
 * The same as text, appended to REPLY (empty: no memory). What succeeded is not read as JSON, which takes
 * longer than to make it: behind its last member the others are put.
 */
unsigned ph_front_reply(struct ph_view answer, struct ph_buf *reply);

#endif
