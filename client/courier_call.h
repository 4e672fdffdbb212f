/* client/courier_call.h - call a courier, or a courier calls the hub: one exchange over TCP. */
#ifndef PH_CLIENT_COURIER_CALL_H
#define PH_CLIENT_COURIER_CALL_H

#include "client/link.h"
#include "proto/courier.h"

struct ph_courier_call {
	const char *address;                                 /* HOST:PORT, [v6]:PORT */
	unsigned connect_ms;                                 /* 0: 15,000 */
	struct ph_courier_config exchange;                   /* calls is set here */
	bool (*job)(void *data, struct ph_courier_job *job); /* as that of a wire */
	/* About ten times a second; may be NULL. */
	void (*progress)(void *data, const struct ph_session_counts *counts);
	void *data;
	struct ph_link_stop *stop; /* may be NULL */
};

struct ph_courier_result {
	bool connected;
	bool complete;
	enum ph_session_failure failure;
	enum ph_status status;
	bool was_served; /* the other proved who it is, and serves */
	struct ph_session_counts counts;
	uint64_t elapsed_ms;
};

/*
 * 0 when it was tried, whatever came of it; -EINVAL with ERR: that is no address; another
 * negative errno with ERR. If the address did not answer, ERR says why.
 */
int ph_courier_call(const struct ph_courier_call *call,
		    struct ph_courier_result *result_out, struct ph_error *err);

#endif
