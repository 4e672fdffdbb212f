/*
 * client/agent_talk.h - the agent's local socket, DIR/socket: who asks, and what becomes of it.
 *
 * A connection is one question: a line of JSON. It is carried out and answered, or the
 * folder is lent for as long as the connection lasts. docs/OPERATIONS.md, "Local socket of
 * the agent"; the other end is client/borrow.h.
 */
#ifndef PH_CLIENT_AGENT_TALK_H
#define PH_CLIENT_AGENT_TALK_H

#include <uv.h>

#include "client/work.h"

struct ph_agent_talk_config {
	uv_loop_t *loop;
	const char *dir;
	unsigned max; /* connections at once; may be changed by ph_agent_talk_bound() */
	void (*state)(void *data, struct ph_host_state *state_out);
	/* Append the answer to who wants to open the desk's page. 0 or -ENOMEM. */
	int (*desk)(void *data, struct ph_buf *answer);
	void (*on_full)(void *data);  /* one more than MAX came */
	void (*on_moved)(void *data); /* there are new entries */
	void (*on_empty)(void *data); /* after ph_agent_talk_stop(): nobody is there */
	void *data;
};

struct ph_agent_talk;
/* Listen. The caller holds the folder's lock. 0 or a negative errno with ERR. */
int ph_agent_talk_start(struct ph_agent_talk **talk_out,
			const struct ph_agent_talk_config *config, struct ph_error *err);
/* The thread that does what is asked for; before the loop runs. */
void ph_agent_talk_employ(struct ph_agent_talk *talk, struct ph_work *work);
void ph_agent_talk_bound(struct ph_agent_talk *talk, unsigned max);
/* The two callbacks of WORK, whose data is the struct ph_agent_talk. */
void ph_agent_talk_on_lent(void *data, struct ph_order *order);
void ph_agent_talk_on_done(void *data, struct ph_order *order);
/*
 * Take no more and remove the socket. What has begun is answered, with NOW only done; what
 * waits is told to do without us; loans end. May be called again.
 */
void ph_agent_talk_stop(struct ph_agent_talk *talk, bool now);
bool ph_agent_talk_is_empty(const struct ph_agent_talk *talk);
/* Once the loop has ended. */
void ph_agent_talk_free(struct ph_agent_talk *talk);

#endif
