/*
 * client/agent_net.c - a netlink socket on the loop.
 *
 * Asked at first for what is there, so that what is told later can be compared. A socket
 * that overflowed has lost news; so that is taken for some.
 */
#include "client/agent_net.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/netlink.h"

#define READ_SIZE 16384
#define READS_MAX 64 /* datagrams at once; the rest when the loop comes round */

struct ph_agent_net {
	uv_poll_t poll;
	int fd;
	struct ph_netlink netlink;
	bool is_known; /* what was there at the start has been told */
	int asked;     /* the dump that was asked for last */
	void (*on_change)(void *data);
	void *data;
	uint8_t buffer[READ_SIZE];
};

/* Asked one after another: the kernel gives one list at a time. */
static const struct {
	uint16_t type;
	uint8_t family;
} dumps[] = { { RTM_GETLINK, AF_UNSPEC },
	      { RTM_GETADDR, AF_UNSPEC },
	      { RTM_GETROUTE, AF_INET },
	      { RTM_GETROUTE, AF_INET6 } };
#define DUMPS (int)(sizeof(dumps) / sizeof(dumps[0]))

static int ask(int fd, int i)
{
	struct {
		struct nlmsghdr head;
		struct rtgenmsg body;
	} request = {
		.head = { .nlmsg_len = NLMSG_LENGTH(sizeof(struct rtgenmsg)),
			  .nlmsg_type = dumps[i].type,
			  .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
			  .nlmsg_seq = (uint32_t)i + 1 },
		.body = { .rtgen_family = dumps[i].family },
	};

	return send(fd, &request, request.head.nlmsg_len, 0) < 0 ? -errno : 0;
}

/* Whether the datagram has the end of a list that was asked for. */
static bool is_end(const uint8_t *bytes, size_t len)
{
	struct nlmsghdr head;

	while (len >= sizeof(head)) {
		size_t step;

		memcpy(&head, bytes, sizeof(head));
		if (head.nlmsg_type == NLMSG_DONE || head.nlmsg_type == NLMSG_ERROR) {
			return true;
		}
		step = NLMSG_ALIGN((size_t)head.nlmsg_len);
		if (head.nlmsg_len < sizeof(head) || step >= len) {
			break;
		}
		bytes += step;
		len -= step;
	}
	return false;
}

static void next_list(struct ph_agent_net *net)
{
	net->asked++;
	if (net->asked >= DUMPS || ask(net->fd, net->asked) < 0) {
		net->is_known = true;
	}
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
	struct ph_agent_net *net = poll->data;
	bool is_news = false;

	(void)status;
	(void)events;
	for (int i = 0; i < READS_MAX; i++) {
		ssize_t n = recv(net->fd, net->buffer, READ_SIZE, MSG_DONTWAIT);

		if (n < 0 && errno == ENOBUFS) {
			is_news = true;
			continue;
		}
		if (n <= 0) {
			break;
		}
		if (ph_netlink_look(&net->netlink, PH_VIEW(net->buffer, n))) {
			is_news = true;
		}
		if (!net->is_known && is_end(net->buffer, (size_t)n)) {
			is_news = false;
			next_list(net);
		}
	}
	if (is_news && net->is_known) {
		net->on_change(net->data);
	}
}

static int open_socket(void)
{
	const struct sockaddr_nl address = {
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR |
			     RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE,
	};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
			NETLINK_ROUTE);

	if (fd < 0) {
		return -errno;
	}
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		int rc = -errno;

		close(fd);
		return rc;
	}
	return fd;
}

int ph_agent_net_start(struct ph_agent_net **net_out, uv_loop_t *loop,
		       void (*on_change)(void *data), void *data)
{
	struct ph_agent_net *net;
	int fd = open_socket();
	int rc;

	if (fd < 0) {
		return fd;
	}
	net = calloc(1, sizeof(*net));
	rc = net ? uv_poll_init(loop, &net->poll, fd) : -ENOMEM;
	if (rc < 0) {
		close(fd);
		free(net);
		return rc;
	}
	net->fd = fd;
	net->poll.data = net;
	net->on_change = on_change;
	net->data = data;
	net->asked = -1;
	next_list(net);
	*net_out = net;
	return uv_poll_start(&net->poll, UV_READABLE, on_readable);
}

static void on_closed(uv_handle_t *handle)
{
	struct ph_agent_net *net = handle->data;

	close(net->fd);
	free(net);
}

void ph_agent_net_stop(struct ph_agent_net *net)
{
	if (net) {
		uv_close((uv_handle_t *)&net->poll, on_closed);
	}
}
