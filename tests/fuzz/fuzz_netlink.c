/*
 * tests/fuzz/fuzz_netlink.c - datagrams as the kernel might send them, or nobody.
 *
 * The input is datagrams, each behind two bytes that say its length; every one is read from
 * a heap block of its own size. Beside it reads one that goes by the kernel's own macros
 * (rtnetlink(3)) and keeps each thing in full: both say the same of every datagram.
 */
#include <linux/rtnetlink.h>
#include <net/if.h>

#include "client/netlink.h"

#include "tests/fuzz/choices.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is there: whatever makes it another one, in full. */
struct thing {
	uint16_t sort;
	uint32_t index;
	struct ph_view name[2];
};

struct slow {
	struct thing known[PH_NETLINK_KNOWN]; /* borrows from the input's aligned copy */
	unsigned n;
};

static bool is_same(const struct thing *a, const struct thing *b)
{
	return a->sort == b->sort && a->index == b->index &&
	       ph_view_equal(a->name[0], b->name[0]) &&
	       ph_view_equal(a->name[1], b->name[1]);
}

static bool slow_note(struct slow *slow, const struct thing *thing, bool is_there)
{
	for (unsigned i = 0; i < slow->n; i++) {
		if (is_same(&slow->known[i], thing)) {
			if (!is_there) {
				slow->known[i] = slow->known[--slow->n];
			}
			return false;
		}
	}
	if (is_there) {
		slow->n = slow->n == PH_NETLINK_KNOWN ? 0 : slow->n;
		slow->known[slow->n++] = *thing;
	}
	return is_there;
}

static struct ph_view slow_attribute(const struct rtattr *rta, int len, unsigned type)
{
	for (; RTA_OK(rta, len); rta = RTA_NEXT(rta, len)) {
		if (rta->rta_type == type) {
			return PH_VIEW(RTA_DATA(rta), (size_t)RTA_PAYLOAD(rta));
		}
	}
	return (struct ph_view){ 0 };
}

static bool slow_address(struct slow *slow, const struct nlmsghdr *head, bool is_new)
{
	const struct ifaddrmsg *body = NLMSG_DATA(head);
	struct thing thing = { .sort = 1 };
	int len = (int)head->nlmsg_len - (int)NLMSG_LENGTH(sizeof(*body));

	if (len < 0 || body->ifa_scope != RT_SCOPE_UNIVERSE) {
		return false;
	}
	thing.index = body->ifa_index;
	thing.name[0] = slow_attribute(IFA_RTA(body), len, IFA_LOCAL);
	if (thing.name[0].len == 0) {
		thing.name[0] = slow_attribute(IFA_RTA(body), len, IFA_ADDRESS);
	}
	return thing.name[0].len > 0 &&
	       !(is_new && (body->ifa_flags & IFA_F_TENTATIVE)) &&
	       slow_note(slow, &thing, is_new);
}

static bool slow_route(struct slow *slow, const struct nlmsghdr *head, bool is_new)
{
	const struct rtmsg *body = NLMSG_DATA(head);
	struct thing thing = { .sort = 2 };
	int len = (int)head->nlmsg_len - (int)NLMSG_LENGTH(sizeof(*body));

	if (len < 0 || body->rtm_dst_len != 0 || body->rtm_type != RTN_UNICAST ||
	    (body->rtm_flags & RTM_F_CLONED)) {
		return false;
	}
	thing.index = body->rtm_family;
	thing.name[0] = slow_attribute(RTM_RTA(body), len, RTA_OIF);
	thing.name[1] = slow_attribute(RTM_RTA(body), len, RTA_GATEWAY);
	return slow_note(slow, &thing, is_new);
}

static bool slow_link(struct slow *slow, const struct nlmsghdr *head, bool is_new)
{
	const struct ifinfomsg *body = NLMSG_DATA(head);
	struct thing thing = { .sort = 3 };

	if (head->nlmsg_len < NLMSG_LENGTH(sizeof(*body)) ||
	    (body->ifi_flags & IFF_LOOPBACK)) {
		return false;
	}
	thing.index = (uint32_t)body->ifi_index;
	return slow_note(slow, &thing, is_new && (body->ifi_flags & IFF_RUNNING));
}

static bool slow_look(struct slow *slow, const uint8_t *aligned, int len)
{
	bool is_news = false;

	/* NLMSG_OK(), whose comparison of signed and unsigned -Wextra does not like */
	for (const struct nlmsghdr *head = (const void *)aligned;
	     len >= (int)sizeof(*head) && head->nlmsg_len >= sizeof(*head) &&
	     head->nlmsg_len <= (unsigned)len;
	     head = NLMSG_NEXT(head, len)) {
		bool is_new = head->nlmsg_type == RTM_NEWADDR ||
			      head->nlmsg_type == RTM_NEWROUTE ||
			      head->nlmsg_type == RTM_NEWLINK;

		if (head->nlmsg_type == RTM_NEWADDR || head->nlmsg_type == RTM_DELADDR) {
			is_news |= slow_address(slow, head, is_new);
		} else if (head->nlmsg_type == RTM_NEWROUTE ||
			   head->nlmsg_type == RTM_DELROUTE) {
			is_news |= slow_route(slow, head, is_new);
		} else if (head->nlmsg_type == RTM_NEWLINK ||
			   head->nlmsg_type == RTM_DELLINK) {
			is_news |= slow_link(slow, head, is_new);
		}
	}
	return is_news;
}

static bool look(struct ph_netlink *netlink, struct ph_view datagram)
{
	uint8_t *exact = malloc(datagram.len > 0 ? datagram.len : 1);
	bool is_news;

	must(exact != NULL);
	memcpy(exact, datagram.data, datagram.len);
	is_news = ph_netlink_look(netlink, PH_VIEW(exact, datagram.len));
	free(exact);
	return is_news;
}

/* Where DATAGRAM stands aligned, for as long as the input lasts, and with room behind it. */
static const uint8_t *align(uint8_t *room, size_t *used, struct ph_view datagram)
{
	uint8_t *at = room + *used;

	memcpy(at, datagram.data, datagram.len);
	*used += NLMSG_ALIGN(datagram.len) + NLMSG_ALIGN(sizeof(struct nlmsghdr));
	return at;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct choices choices = { .in = PH_VIEW(data, size) };
	struct ph_netlink netlink = { 0 };
	struct slow slow = { .n = 0 };
	/* a datagram has two bytes of the input at least, and sixteen more here */
	uint8_t *room = malloc(12 * size + 32);
	size_t used = 0;

	must(room != NULL);
	while (choices.in.len > 0) {
		struct ph_view datagram = choices_bytes(&choices);
		const uint8_t *aligned = align(room, &used, datagram);

		must(look(&netlink, datagram) ==
		     slow_look(&slow, aligned, (int)datagram.len));
		must(netlink.n == slow.n);
	}
	free(room);
	return 0;
}
