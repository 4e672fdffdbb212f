/*
 * client/went.h - what of a stream's bytes left this machine, and what came.
 *
 * Between what a session says and the road lie two queues of our own: libuv's, with the
 * write that it is at, and the kernel's send buffer. What stands in them when a link breaks
 * has cost nothing. What has left and was not confirmed has: a carrier counts what passes,
 * not what arrives. docs/decisions/0038-what-went-is-what-left.md.
 */
#ifndef PH_CLIENT_WENT_H
#define PH_CLIENT_WENT_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "proto/session.h"

struct ph_went {
	uint64_t up;     /* bytes that left, or will without us */
	uint64_t unread; /* that came, and that nobody read */
};

/*
 * Whether a stream is closed as one that broke: then nobody waits for what is still here. HAS_REST:
 * not all that was to be said is with the kernel. A refusal that is goes out.
 */
bool ph_went_is_cut(enum ph_session_state state, enum ph_session_failure failure,
		    bool has_rest);

/*
 * Close TCP, which is open; CLOSED as of uv_close(). TOLD bytes of it are with the kernel as
 * far as the writes that are done tell, and PENDING are those of the one write that is not,
 * or that failed; 0: none.
 *
 * IS_CUT: what the kernel still holds is thrown away by a reset, and is not in the result.
 * Else the kernel sends it behind us, and it is. Where the system does not tell what it
 * holds, all that it took is in the result: it is too high then, not too low.
 */
struct ph_went ph_went_close(uv_tcp_t *tcp, uint64_t told, size_t pending, bool is_cut,
			     uv_close_cb closed);

#endif
