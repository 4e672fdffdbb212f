/*
 * client/link_connect.c - a stream to talk on: dialled, or of somebody who called.
 *
 * It is watched for networks that swallow all without a word.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "client/link_internal.h"
#include "common/base/limits.h"

/*
 * A network that swallows all without a word: the session's own limits notice that (its
 * keep-alives, and how long nothing may come); the kernel, too, gives a stream up whose
 * bytes nobody confirms, so that a retry is not at the end of its patience, which is 15
 * minutes by default.
 */
static void watch_stalls(struct link *link)
{
#ifdef TCP_USER_TIMEOUT
	unsigned ms = PH_IDLE_MS;
	uv_os_fd_t fd;

	if (uv_fileno((uv_handle_t *)&link->tcp, &fd) == 0) {
		(void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof(ms));
	}
#endif
	(void)uv_tcp_keepalive(&link->tcp, 1, PH_KEEPALIVE_MS / 1000);
}

/* The stream is there. */
static void begin_to_talk(struct link *link)
{
	uv_tcp_nodelay(&link->tcp, 1);
	watch_stalls(link);
	ph_link_talk(link);
}

static void on_dialled(void *data, const char *why)
{
	struct link *link = data;

	if (why) {
		ph_link_unreachable(link, why);
		return;
	}
	link->tcp.data = link;
	link->has_tcp = true;
	begin_to_talk(link);
}

int ph_link_dial(struct link *link)
{
	link->dial = (struct ph_dial){ .loop = &link->loop,
				       .tcp = &link->tcp,
				       .ms = link->config->connect_ms,
				       .done = on_dialled,
				       .data = link };
	link->has_dial = true;
	return ph_dial_start(&link->dial, link->config->address, link->err);
}

int ph_link_answer(struct link *link)
{
	int rc = uv_tcp_init(&link->loop, &link->tcp);

	if (rc < 0) {
		return rc;
	}
	link->tcp.data = link;
	link->has_tcp = true;
	rc = uv_tcp_open(&link->tcp, link->config->fd);
	link->has_fd = rc == 0;
	if (rc == 0) {
		begin_to_talk(link);
	}
	return rc;
}
