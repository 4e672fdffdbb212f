/* tests/unit/test_netlink.c - rtnetlink messages: what is news, and whatever else comes. */
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/netlink.h"

struct message {
	uint8_t bytes[512];
	size_t len;
};

static void put(struct message *m, const void *bytes, size_t len)
{
	memcpy(m->bytes + m->len, bytes, len);
	m->len += NLMSG_ALIGN(len);
}

static void put_attribute(struct message *m, unsigned short type, const void *bytes,
			  size_t len)
{
	struct rtattr head = { .rta_len = (unsigned short)RTA_LENGTH(len),
			       .rta_type = type };

	put(m, &head, sizeof(head));
	put(m, bytes, len);
}

static struct message begin(unsigned short type, const void *body, size_t len)
{
	struct message m = { 0 };
	struct nlmsghdr head = { .nlmsg_type = type };

	put(&m, &head, sizeof(head));
	put(&m, body, len);
	return m;
}

static struct message end(struct message m)
{
	uint32_t len = (uint32_t)m.len;

	memcpy(m.bytes, &len, sizeof(len));
	return m;
}

static struct message address(bool is_new, unsigned char scope, unsigned char flags,
			      const char *ip)
{
	struct ifaddrmsg body = {
		.ifa_family = 2, .ifa_scope = scope, .ifa_flags = flags, .ifa_index = 3
	};
	struct message m = begin(is_new ? RTM_NEWADDR : RTM_DELADDR, &body, sizeof(body));

	put_attribute(&m, IFA_LABEL, "eth0", 5);
	put_attribute(&m, IFA_ADDRESS, ip, 4);
	return end(m);
}

static struct message route(bool is_new, unsigned char dst_len, const char *gateway)
{
	struct rtmsg body = { .rtm_family = 2,
			      .rtm_dst_len = dst_len,
			      .rtm_type = RTN_UNICAST };
	struct message m =
		begin(is_new ? RTM_NEWROUTE : RTM_DELROUTE, &body, sizeof(body));

	put_attribute(&m, RTA_GATEWAY, gateway, 4);
	put_attribute(&m, RTA_OIF, "\3\0\0\0", 4);
	return end(m);
}

static struct message interface(bool is_new, unsigned flags)
{
	struct ifinfomsg body = { .ifi_index = 3, .ifi_flags = flags };

	return end(begin(is_new ? RTM_NEWLINK : RTM_DELLINK, &body, sizeof(body)));
}

static bool look(struct ph_netlink *netlink, struct message m)
{
	uint8_t *exact = malloc(m.len); /* so that a read past its end is seen */
	bool is_news;

	memcpy(exact, m.bytes, m.len);
	is_news = ph_netlink_look(netlink, PH_VIEW(exact, m.len));
	free(exact);
	return is_news;
}

static void test_news(void **state)
{
	struct ph_netlink n = { 0 };

	(void)state;
	assert_true(look(&n, address(true, RT_SCOPE_UNIVERSE, 0, "\12\0\0\1")));
	assert_false(look(&n, address(true, RT_SCOPE_UNIVERSE, 0, "\12\0\0\1")));
	assert_true(look(&n, address(true, RT_SCOPE_UNIVERSE, 0, "\12\0\0\2")));
	assert_false(look(&n, address(false, RT_SCOPE_UNIVERSE, 0, "\12\0\0\1")));
	assert_true(look(&n, address(true, RT_SCOPE_UNIVERSE, 0, "\12\0\0\1")));
	assert_true(look(&n, route(true, 0, "\12\0\0\376")));
	assert_false(look(&n, route(true, 0, "\12\0\0\376")));
	assert_false(look(&n, route(false, 0, "\12\0\0\376")));
	assert_true(look(&n, route(true, 0, "\12\0\0\376")));
	assert_true(look(&n, interface(true, IFF_UP | IFF_RUNNING)));
	assert_false(look(&n, interface(true, IFF_UP | IFF_RUNNING)));
	assert_false(look(&n, interface(true, IFF_UP)));
	assert_true(look(&n, interface(true, IFF_UP | IFF_RUNNING)));
	assert_false(look(&n, interface(false, IFF_UP | IFF_RUNNING)));
}

static void test_no_news(void **state)
{
	struct ph_netlink n = { 0 };
	struct message other = end(begin(RTM_NEWNEIGH, "1234567890123456", 16));

	(void)state;
	assert_false(look(&n, address(true, RT_SCOPE_HOST, 0, "\177\0\0\1")));
	assert_false(look(&n, address(true, RT_SCOPE_LINK, 0, "\251\376\0\1")));
	assert_false(
		look(&n, address(true, RT_SCOPE_UNIVERSE, IFA_F_TENTATIVE, "\12\0\0\1")));
	assert_false(look(&n, route(true, 24, "\12\0\0\376")));
	assert_false(look(&n, interface(true, IFF_UP)));
	assert_false(look(&n, interface(true, IFF_UP | IFF_RUNNING | IFF_LOOPBACK)));
	assert_false(look(&n, other));
	assert_false(ph_netlink_look(&n, (struct ph_view){ 0 }));
	assert_int_equal(n.n, 0);
}

/* Several in one datagram; the last counts too. */
static void test_several(void **state)
{
	struct ph_netlink n = { 0 };
	struct message m = route(true, 24, "\12\0\0\376");
	struct message last = address(true, RT_SCOPE_UNIVERSE, 0, "\12\0\0\1");

	(void)state;
	put(&m, last.bytes, last.len);
	assert_true(look(&n, m));
	assert_int_equal(n.n, 1);
}

/* Cut anywhere, or with any length claimed: nothing is read past the end. */
static void test_cut_and_lies(void **state)
{
	const struct message all[] = {
		address(true, RT_SCOPE_UNIVERSE, 0, "\12\0\0\1"),
		route(true, 0, "\12\0\0\376"),
		interface(true, IFF_RUNNING),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		for (size_t len = 0; len <= all[i].len; len++) {
			struct ph_netlink n = { 0 };
			struct message cut = all[i];
			uint32_t claimed = (uint32_t)len;

			cut.len = len;
			(void)look(&n, cut);
			if (len >= sizeof(struct nlmsghdr)) {
				memcpy(cut.bytes, &claimed, sizeof(claimed));
				(void)look(&n, cut);
			}
		}
		for (size_t at = 0; at < all[i].len; at++) {
			for (unsigned value = 0; value < 256; value += 17) {
				struct ph_netlink n = { 0 };
				struct message lie = all[i];

				lie.bytes[at] = (uint8_t)value;
				(void)look(&n, lie);
				assert_true(n.n <= 1);
			}
		}
	}
}

/* One more than there is room for: it is news, and so is what was known before. */
static void test_full(void **state)
{
	struct ph_netlink n = { 0 };

	(void)state;
	for (unsigned i = 0; i < PH_NETLINK_KNOWN; i++) {
		const char ip[4] = { 10, 1, (char)(i >> 8), (char)i };

		assert_true(look(&n, address(true, RT_SCOPE_UNIVERSE, 0, ip)));
	}
	assert_int_equal(n.n, PH_NETLINK_KNOWN);
	assert_false(look(&n, address(true, RT_SCOPE_UNIVERSE, 0, "\12\1\0\5")));
	assert_true(look(&n, address(true, RT_SCOPE_UNIVERSE, 0, "\12\2\0\0")));
	assert_int_equal(n.n, 1);
	assert_true(look(&n, address(true, RT_SCOPE_UNIVERSE, 0, "\12\1\0\5")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_news),    cmocka_unit_test(test_no_news),
		cmocka_unit_test(test_several), cmocka_unit_test(test_cut_and_lies),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
