/*
 * client/went.c - what left: what the kernel took, less what it still holds unsent.
 *
 * libuv tells how much of its write it has not brought to the kernel. When that write has
 * failed it does not any more; then all of it counts as taken.
 *
 * Linux tells what it holds by SIOCOUTQNSD: from what it has sent to what was written. It does so
 * of a connection that was reset, too. SIOCOUTQ would have what is on the way in it, which
 * has left. Between the question and the reset a confirmation may come in, and let a window
 * more out; nothing stops the kernel in between. The share that was set apart covers that: no
 * more was ever given to the kernel.
 */
#include "client/went.h"

#include <sys/ioctl.h>
#ifdef __linux__
#include <linux/sockios.h>
#endif

/* Bytes that the kernel took and has not sent; 0: none, or it does not tell. */
static uint64_t unsent(uv_os_fd_t fd)
{
#ifdef SIOCOUTQNSD
	int n = 0;

	return ioctl(fd, SIOCOUTQNSD, &n) == 0 && n > 0 ? (uint64_t)n : 0;
#else
	(void)fd;
	return 0;
#endif
}

static uint64_t unread(uv_os_fd_t fd)
{
	int n = 0;

	return ioctl(fd, FIONREAD, &n) == 0 && n > 0 ? (uint64_t)n : 0;
}

bool ph_went_is_cut(enum ph_session_state state, enum ph_session_failure failure,
		    bool has_rest)
{
	bool is_over = state == PH_SESSION_CLOSED || state == PH_SESSION_FAILED;

	return !is_over || has_rest || failure == PH_FAIL_CUT ||
	       failure == PH_FAIL_TIMEOUT;
}

struct ph_went ph_went_close(uv_tcp_t *tcp, uint64_t told, size_t pending, bool is_cut,
			     uv_close_cb closed)
{
	size_t queued = uv_stream_get_write_queue_size((uv_stream_t *)tcp);
	struct ph_went went = { .up = told + (pending > queued ? pending - queued : 0) };
	uint64_t held = 0;
	uv_os_fd_t fd;

	if (uv_fileno((uv_handle_t *)tcp, &fd) == 0) {
		went.unread = unread(fd);
		held = is_cut ? unsent(fd) : 0;
	}
	if (held > 0 && uv_tcp_close_reset(tcp, closed) == 0) {
		went.up -= held < went.up ? held : went.up;
	} else {
		uv_close((uv_handle_t *)tcp, closed);
	}
	return went;
}
