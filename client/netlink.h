/*
 * client/netlink.h - what the kernel tells of the network: is there one that was not there?
 *
 * rtnetlink(7): addresses, default routes and interfaces that came up. Pure: bytes in, an
 * answer out; the socket is client/agent_net.c's.
 */
#ifndef PH_CLIENT_NETLINK_H
#define PH_CLIENT_NETLINK_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/bytes.h"

#define PH_NETLINK_KNOWN 128

struct ph_netlink {
	uint64_t known[PH_NETLINK_KNOWN]; /* what is there, as far as we were told */
	unsigned n;
};

/*
 * Look through one datagram. True if it tells of a way out that was not known: an address
 * of more than this machine, a default route, an interface that runs. What is told again
 * (IPv6 routers do so every few minutes) is no news; what is gone may be news later.
 * Whatever is cut short or unknown is passed over.
 */
bool ph_netlink_look(struct ph_netlink *netlink, struct ph_view datagram);

#endif
