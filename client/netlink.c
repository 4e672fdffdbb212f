/*
 * client/netlink.c - reading rtnetlink(7) messages, just so far as to see a change.
 *
 * Each thing that is there is one 64-bit number: its sort and what tells it from others of
 * its sort, hashed (FNV-1a). When more is told of than there is room for, all is forgotten:
 * the price is a session that was not needed.
 */
#include "client/netlink.h"

#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>

enum sort {
	ADDRESS = 1,
	ROUTE,
	INTERFACE,
};

static uint64_t hash(uint64_t seed, const void *bytes, size_t len)
{
	const uint8_t *p = bytes;

	for (size_t i = 0; i < len; i++) {
		seed = (seed ^ p[i]) * 1099511628211u;
	}
	return seed;
}

static uint64_t key_of(enum sort sort, uint32_t index)
{
	const uint32_t both[2] = { (uint32_t)sort, index };

	return hash(14695981039346656037u, both, sizeof(both));
}

/* True if KEY was not there. */
static bool add(struct ph_netlink *netlink, uint64_t key)
{
	for (unsigned i = 0; i < netlink->n; i++) {
		if (netlink->known[i] == key) {
			return false;
		}
	}
	if (netlink->n == PH_NETLINK_KNOWN) {
		netlink->n = 0;
	}
	netlink->known[netlink->n++] = key;
	return true;
}

static void drop(struct ph_netlink *netlink, uint64_t key)
{
	for (unsigned i = 0; i < netlink->n; i++) {
		if (netlink->known[i] == key) {
			netlink->known[i] = netlink->known[--netlink->n];
			return;
		}
	}
}

/* The payload of the first attribute TYPE in REST; empty if there is none. */
static struct ph_view attribute(struct ph_view rest, unsigned type)
{
	struct rtattr head;

	while (rest.len >= sizeof(head)) {
		size_t step;

		memcpy(&head, rest.data, sizeof(head));
		if (head.rta_len < sizeof(head) || head.rta_len > rest.len) {
			break;
		}
		if (head.rta_type == type) {
			return PH_VIEW(rest.data + sizeof(head),
				       head.rta_len - sizeof(head));
		}
		step = RTA_ALIGN((size_t)head.rta_len);
		step = step < rest.len ? step : rest.len;
		rest = PH_VIEW(rest.data + step, rest.len - step);
	}
	return (struct ph_view){ 0 };
}

/* The fixed head of a message into HEAD; what follows it is left in BODY. */
static bool take_head(struct ph_view *body, void *head, size_t size)
{
	size_t step = NLMSG_ALIGN(size);

	if (body->len < size) {
		return false;
	}
	memcpy(head, body->data, size);
	step = step < body->len ? step : body->len;
	*body = PH_VIEW(body->data + step, body->len - step);
	return true;
}

static bool note(struct ph_netlink *netlink, uint64_t key, bool is_there)
{
	if (!is_there) {
		drop(netlink, key);
		return false;
	}
	return add(netlink, key);
}

static bool look_address(struct ph_netlink *netlink, struct ph_view body, bool is_new)
{
	struct ifaddrmsg head;
	struct ph_view address;

	if (!take_head(&body, &head, sizeof(head)) ||
	    head.ifa_scope != RT_SCOPE_UNIVERSE) {
		return false;
	}
	address = attribute(body, IFA_LOCAL);
	if (address.len == 0) {
		address = attribute(body, IFA_ADDRESS);
	}
	/* one that is still looked into whether it is taken comes again when it is not */
	if (address.len == 0 || (is_new && (head.ifa_flags & IFA_F_TENTATIVE) != 0)) {
		return false;
	}
	return note(netlink,
		    hash(key_of(ADDRESS, head.ifa_index), address.data, address.len),
		    is_new);
}

static bool look_route(struct ph_netlink *netlink, struct ph_view body, bool is_new)
{
	struct rtmsg head;
	struct ph_view gateway, interface;
	uint64_t key;

	if (!take_head(&body, &head, sizeof(head)) || head.rtm_dst_len != 0 ||
	    head.rtm_type != RTN_UNICAST || (head.rtm_flags & RTM_F_CLONED) != 0) {
		return false;
	}
	gateway = attribute(body, RTA_GATEWAY);
	interface = attribute(body, RTA_OIF);
	key = hash(key_of(ROUTE, head.rtm_family), interface.data, interface.len);
	return note(netlink, hash(key, gateway.data, gateway.len), is_new);
}

static bool look_link(struct ph_netlink *netlink, struct ph_view body, bool is_new)
{
	struct ifinfomsg head;

	if (!take_head(&body, &head, sizeof(head)) ||
	    (head.ifi_flags & IFF_LOOPBACK) != 0) {
		return false;
	}
	return note(netlink, key_of(INTERFACE, (uint32_t)head.ifi_index),
		    is_new && (head.ifi_flags & IFF_RUNNING) != 0);
}

static bool look_one(struct ph_netlink *netlink, unsigned type, struct ph_view body)
{
	switch (type) {
	case RTM_NEWADDR:
	case RTM_DELADDR:
		return look_address(netlink, body, type == RTM_NEWADDR);
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		return look_route(netlink, body, type == RTM_NEWROUTE);
	case RTM_NEWLINK:
	case RTM_DELLINK:
		return look_link(netlink, body, type == RTM_NEWLINK);
	default:
		return false;
	}
}

bool ph_netlink_look(struct ph_netlink *netlink, struct ph_view datagram)
{
	bool is_news = false;
	struct nlmsghdr head;

	while (datagram.len >= sizeof(head)) {
		size_t step;

		memcpy(&head, datagram.data, sizeof(head));
		if (head.nlmsg_len < sizeof(head) || head.nlmsg_len > datagram.len) {
			break;
		}
		if (look_one(netlink, head.nlmsg_type,
			     PH_VIEW(datagram.data + sizeof(head),
				     head.nlmsg_len - sizeof(head)))) {
			is_news = true;
		}
		step = NLMSG_ALIGN((size_t)head.nlmsg_len);
		step = step < datagram.len ? step : datagram.len;
		datagram = PH_VIEW(datagram.data + step, datagram.len - step);
	}
	return is_news;
}
