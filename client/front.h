/*
 * client/front.h - HTTP at a site: the agent serves the desk's page and its API.
 *
 * On 127.0.0.1 alone, and only if the settings say so. What a page asks becomes an order for
 * the agent's worker (client/work.h), as what a command asks does. docs/API-SITE.md.
 */
#ifndef PH_CLIENT_FRONT_H
#define PH_CLIENT_FRONT_H

#include <uv.h>

#include "client/front_door.h"
#include "client/work.h"

struct ph_front_config {
	uv_loop_t *loop;
	struct ph_work *work;
	const char *dir;
	unsigned port; /* 0: a free one */
	void (*state)(void *data, struct ph_host_state *state_out);
	void (*on_moved)(void *data); /* there are new entries */
	/* Have a session with the hub begin, when this has returned: true; false: one runs already. */
	bool (*sync)(void *data);
	void (*on_gone)(void *data); /* after ph_front_stop(): nothing is left of it */
	void *data;
};

struct ph_front;
/* 0 or a negative errno with ERR. */
int ph_front_start(struct ph_front **front_out, const struct ph_front_config *config,
		   struct ph_error *err);
unsigned ph_front_port(const struct ph_front *front);
/* A token for a page, good once. */
void ph_front_token(struct ph_front *front, char out[static PH_DOOR_TEXT]);
/* Tell pages that follow. DATA is taken. FRONT may be NULL. */
void ph_front_tell(struct ph_front *front, const char *name, json_t *data);
/*
 * Take no more; what the worker has begun is answered, the rest refused; then FRONT frees
 * itself and calls on_gone. With NOW nobody is waited for who does not take his answer. May
 * be called again. FRONT may be NULL.
 */
void ph_front_stop(struct ph_front *front, bool now);

#endif
