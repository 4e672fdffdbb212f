/*
 * client/dial.h - from HOST:PORT to a connected stream, by libuv.
 *
 * The name is looked up, then each of its addresses is tried in turn. It calls back once,
 * unless it is ended before; never before _start has returned but with a numeric address
 * that fails at once.
 */
#ifndef PH_CLIENT_DIAL_H
#define PH_CLIENT_DIAL_H

#include <stdbool.h>
#include <uv.h>

#include "common/base/error.h"

#define PH_DIAL_MS 15000

struct ph_dial {
	uv_loop_t *loop;
	uv_tcp_t *
		tcp; /* the caller's, opened here; its data is the caller's once it is connected */
	unsigned ms; /* for the name, and for each address; 0: PH_DIAL_MS */
	/* WHY: NULL, TCP is connected; else in words, and TCP is not open. */
	void (*done)(void *data, const char *why);
	void *data;
	/* inside */
	uv_timer_t alarm;
	uv_getaddrinfo_t lookup;
	uv_connect_t connect;
	struct addrinfo *addresses, *next;
	bool is_looking, has_tcp, is_over;
	char last_error[64];
};

/* Begin. 0; -EINVAL with ERR: that is no address; or another negative errno. Then _end, too. */
int ph_dial_start(struct ph_dial *dial, const char *address, struct ph_error *err);
/* Give up what is under way, and close the timer; a connected TCP stays. Once. */
void ph_dial_end(struct ph_dial *dial);
/* When the loop has ended. */
void ph_dial_deinit(struct ph_dial *dial);

#endif
