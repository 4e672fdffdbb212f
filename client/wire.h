/*
 * client/wire.h - one connection with a courier at either end: bytes, time and jobs.
 *
 * The stream is connected, by ph_dial or by accept; the exchange is made. Jobs are carried
 * out where they come, on the loop; one that takes long in pieces, a piece a turn, so that what
 * comes meanwhile, a PING, is answered.
 */
#ifndef PH_CLIENT_WIRE_H
#define PH_CLIENT_WIRE_H

#include <uv.h>

#include "client/went.h"
#include "proto/courier.h"

struct ph_wire {
	uv_loop_t *loop;
	uv_tcp_t tcp;
	struct ph_courier *exchange; /* the wire's from _begin on */
	/* Carry JOB out. True: it is not done; the loop goes round once, then it comes again. */
	bool (*job)(void *data, struct ph_courier_job *job);
	/* Its handles are closed; EXCHANGE can still be asked, and is the callee's to free. */
	void (*closed)(void *data);
	void *data;
	/* inside */
	uv_timer_t alarm;
	uv_idle_t turn;
	struct ph_courier_job *under_way; /* not done; TURN is active */
	uv_write_t write;
	struct ph_buf out;
	size_t pending; /* bytes of it that the exchange is not told of yet */
	struct ph_went went;
	bool is_writing, is_reading, is_broken, is_closing;
	unsigned n_handles;
	char buffer[32 * 1024];
};

/* TCP is connected. CLOSED is called once from now on, not before this returns. */
void ph_wire_begin(struct ph_wire *wire);
/* End it at once; as a cut, if it is not over. */
void ph_wire_end(struct ph_wire *wire);
/* Once it is closed: the exchange's counts, with the bytes that really went and came. */
void ph_wire_counts(const struct ph_wire *wire, struct ph_session_counts *counts_out);

#endif
