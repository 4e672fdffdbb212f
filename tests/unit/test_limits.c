/*
 * tests/unit/test_limits.c - the gate and the kept segments, at their limits and one
 * to either side. The same limits through the real daemon: tests/e2e/40-limits.sh.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <sodium.h>

#include "daemon/gate.h"
#include "daemon/partials.h"

#define MANY 700

static struct ph_gate gate;
static struct ph_gate_visitor visitor[MANY];
static const uint8_t key[16] = { 1 };

static void begin(struct ph_gate_limits limits)
{
	memset(visitor, 0, sizeof(visitor));
	assert_int_equal(ph_gate_init(&gate, &limits, key), 0);
}

static void origin(struct ph_gate_origin *out, const char *text)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };

	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
		ph_gate_origin(out, (const struct sockaddr *)&v4);
	} else {
		assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
		ph_gate_origin(out, (const struct sockaddr *)&v6);
	}
}

/* Visitor I comes from ADDRESS at NOW. */
static int enter(unsigned i, const char *address, uint64_t now,
		 struct ph_gate_visitor **out)
{
	enum ph_gate_limit limit;

	memset(&visitor[i], 0, sizeof(visitor[i]));
	origin(&visitor[i].origin, address);
	return ph_gate_enter(&gate, &visitor[i], now, &limit, out);
}

static char *address_of(unsigned i)
{
	static char text[32];

	snprintf(text, sizeof(text), "10.%u.%u.1", i / 256, i % 256);
	return text;
}

static const struct ph_gate_limits wide = { 4096, 512, 64, 20, 5 };

/* ---- origins ---- */

static const struct {
	const char *a, *b;
	bool same_net, same_address;
} pairs[] = {
	{ "10.1.2.3", "10.1.2.3", true, true },
	{ "10.1.2.3", "10.1.2.4", true, false },
	{ "10.1.2.3", "10.1.3.3", false, false },
	{ "10.1.2.3", "::ffff:10.1.2.3", true, true },
	{ "2001:db8:0:100::1", "2001:db8:0:100:ffff::2", true, true },
	{ "2001:db8:0:100::1", "2001:db8:0:1ff::1", true, false },
	{ "2001:db8:0:100::1", "2001:db8:0:200::1", false, false },
	{ "0.0.0.0", "::", false, false },
};

static void test_origins(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct ph_gate_origin a;
		struct ph_gate_origin b;

		origin(&a, pairs[i].a);
		origin(&b, pairs[i].b);
		assert_int_equal(memcmp(a.net, b.net, sizeof(a.net)) == 0,
				 pairs[i].same_net);
		assert_int_equal(memcmp(a.address, b.address, sizeof(a.address)) == 0,
				 pairs[i].same_address);
	}
}

/* ---- counts ---- */

static void test_handshakes(void **state)
{
	struct ph_gate_visitor *out = NULL;

	(void)state;
	begin(wide);
	for (unsigned i = 0; i < 512; i++) {
		assert_int_equal(enter(i, address_of(i), 1000, &out), 0);
		assert_int_equal(gate.handshakes, i + 1);
	}
	/* one more: the oldest goes first, and only then is there room */
	assert_int_equal(enter(512, address_of(512), 1000, &out), PH_GATE_E_ONE_OUT);
	assert_ptr_equal(out, &visitor[0]);
	assert_int_equal(gate.hits[PH_GATE_HANDSHAKES], 1);
	ph_gate_leave(&gate, out);
	enum ph_gate_limit limit;
	assert_int_equal(ph_gate_enter(&gate, &visitor[512], 1000, &limit, &out), 0);
	assert_int_equal(gate.handshakes, 512);
	/* one that has proved itself makes room, and the next oldest is the third */
	ph_gate_prove(&gate, &visitor[1], 1001);
	assert_int_equal(enter(513, address_of(513), 1001, &out), 0);
	assert_int_equal(enter(514, address_of(514), 1001, &out), PH_GATE_E_ONE_OUT);
	assert_ptr_equal(out, &visitor[2]);
	assert_int_equal(gate.sessions, 513);
	ph_gate_deinit(&gate);
}

/* Who named a device of ours goes after all who did not, the oldest of them first. */
static void test_named(void **state)
{
	struct ph_gate_limits limits = wide;
	struct ph_gate_visitor *out = NULL;

	(void)state;
	limits.handshakes = 4;
	begin(limits);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(enter(i, address_of(i), 1000, &out), 0);
	}
	ph_gate_name(&visitor[0]);
	ph_gate_name(&visitor[2]);
	for (unsigned i = 0; i < 4; i++) {
		static const unsigned goes[] = { 1, 3, 0, 2 };
		enum ph_gate_limit limit;

		assert_int_equal(enter(4 + i, address_of(4 + i), 1000, &out),
				 PH_GATE_E_ONE_OUT);
		assert_ptr_equal(out, &visitor[goes[i]]);
		ph_gate_leave(&gate, out);
		assert_int_equal(
			ph_gate_enter(&gate, &visitor[4 + i], 1000, &limit, &out), 0);
		ph_gate_name(&visitor[4 + i]);
	}
	ph_gate_deinit(&gate);
}

/* Of a network that is full, too. */
static void test_named_of_net(void **state)
{
	struct ph_gate_limits limits = wide;
	struct ph_gate_visitor *out = NULL;

	(void)state;
	limits.handshakes_per_net = 2;
	begin(limits);
	assert_int_equal(enter(0, "10.1.2.1", 1000, &out), 0);
	assert_int_equal(enter(1, "10.1.2.2", 1000, &out), 0);
	assert_int_equal(enter(2, "10.1.3.1", 1000, &out), 0);
	ph_gate_name(&visitor[0]);
	assert_int_equal(enter(3, "10.1.2.3", 1000, &out), PH_GATE_E_ONE_OUT);
	assert_ptr_equal(out, &visitor[1]);
	ph_gate_deinit(&gate);
}

static void test_net(void **state)
{
	struct ph_gate_visitor *out = NULL;
	char text[32];

	(void)state;
	begin(wide);
	assert_int_equal(enter(100, "10.9.9.9", 1, &out), 0); /* the oldest, of another */
	for (unsigned i = 0; i < 65; i++) {
		snprintf(text, sizeof(text), "10.1.2.%u", i);
		assert_int_equal(enter(i, text, 1000, &out),
				 i < 64 ? 0 : PH_GATE_E_ONE_OUT);
	}
	assert_ptr_equal(out, &visitor[0]); /* of this network */
	assert_int_equal(gate.hits[PH_GATE_NET], 1);
	assert_int_equal(enter(200, "10.1.3.1", 1000, &out), 0);
	ph_gate_deinit(&gate);
}

static void test_sessions(void **state)
{
	struct ph_gate_limits limits = wide;
	struct ph_gate_visitor *out = NULL;

	(void)state;
	limits.sessions = 3;
	begin(limits);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(enter(i, address_of(i), 1000, &out), 0);
	}
	ph_gate_prove(&gate, &visitor[0], 1000);
	/* a newcomer pushes out a newcomer, never one that has proved itself */
	assert_int_equal(enter(3, address_of(3), 1000, &out), PH_GATE_E_ONE_OUT);
	assert_ptr_equal(out, &visitor[1]);
	ph_gate_prove(&gate, &visitor[1], 1000);
	ph_gate_prove(&gate, &visitor[2], 1000);
	assert_int_equal(enter(4, address_of(4), 1000, &out), PH_GATE_E_CLOSED);
	assert_int_equal(gate.hits[PH_GATE_SESSIONS], 2);
	ph_gate_leave(&gate, &visitor[0]);
	ph_gate_leave(&gate, &visitor[0]); /* twice is fine */
	assert_int_equal(enter(5, address_of(5), 1000, &out), 0);
	ph_gate_deinit(&gate);
}

/* The list by age, whoever leaves it. */
static void test_leaving(void **state)
{
	struct ph_gate_visitor *out = NULL;

	(void)state;
	begin(wide);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(enter(i, address_of(i), 1000 + i, &out), 0);
	}
	ph_gate_leave(&gate, &visitor[3]); /* newest */
	ph_gate_leave(&gate, &visitor[1]); /* middle */
	assert_ptr_equal(gate.oldest, &visitor[0]);
	assert_ptr_equal(gate.newest, &visitor[2]);
	ph_gate_leave(&gate, &visitor[0]);
	assert_ptr_equal(gate.oldest, &visitor[2]);
	ph_gate_leave(&gate, &visitor[2]);
	assert_null(gate.oldest);
	assert_null(gate.newest);
	assert_int_equal(gate.sessions, 0);
	assert_int_equal(gate.handshakes, 0);
	ph_gate_deinit(&gate);
}

static void test_pressure(void **state)
{
	struct ph_gate_visitor *out = NULL;
	struct ph_gate_origin elsewhere;
	char text[32];

	(void)state;
	begin(wide);
	origin(&elsewhere, "192.0.2.1");
	for (unsigned i = 0; i < 48; i++) {
		snprintf(text, sizeof(text), "10.1.2.%u", i);
		assert_false(ph_gate_is_pressed(&gate, &visitor[0].origin));
		assert_int_equal(enter(i, text, 1000, &out), 0);
	}
	/* 48 of 64: this network, and no other */
	assert_true(ph_gate_is_pressed(&gate, &visitor[0].origin));
	assert_false(ph_gate_is_pressed(&gate, &elsewhere));
	for (unsigned i = 48; i < 384; i++) {
		assert_false(ph_gate_is_pressed(&gate, &elsewhere));
		assert_int_equal(enter(i, address_of(i), 1000, &out), 0);
	}
	assert_true(ph_gate_is_pressed(&gate, &elsewhere)); /* 384 of 512 */
	ph_gate_deinit(&gate);
}

/* ---- rates ---- */

static void test_burst(void **state)
{
	struct ph_gate_visitor *out = NULL;

	(void)state;
	begin(wide);
	for (unsigned i = 0; i < 6; i++) {
		assert_int_equal(enter(i, "10.1.2.3", 1000, &out),
				 i < 5 ? 0 : PH_GATE_E_CLOSED);
	}
	assert_int_equal(gate.hits[PH_GATE_RATE], 1);
	assert_null(out);
	assert_int_equal(enter(6, "10.1.2.4", 1000, &out), 0); /* another address */
	/* 20 a second: the next token after 50 ms, not after 49 */
	assert_int_equal(enter(7, "10.1.2.3", 1049, &out), PH_GATE_E_CLOSED);
	assert_int_equal(enter(7, "10.1.2.3", 1050, &out), 0);
	assert_int_equal(enter(8, "10.1.2.3", 1050, &out), PH_GATE_E_CLOSED);
	/* never more than the burst, however long it was away */
	for (unsigned i = 0; i < 6; i++) {
		assert_int_equal(enter(20 + i, "10.1.2.3", UINT64_MAX / 2, &out),
				 i < 5 ? 0 : PH_GATE_E_CLOSED);
	}
	ph_gate_deinit(&gate);
}

/* A full second brings 20, not 21. */
static void test_rate(void **state)
{
	struct ph_gate_visitor *out = NULL;
	unsigned let_in = 0;

	(void)state;
	begin(wide);
	for (uint64_t now = 1000; now <= 2000; now++) {
		if (enter(let_in, "10.1.2.3", now, &out) == 0) {
			ph_gate_leave(&gate, &visitor[let_in]);
			let_in++;
		}
	}
	assert_int_equal(let_in, 25);
	ph_gate_deinit(&gate);
}

/* A device that is ours costs its address nothing; one that only came, does. */
static void test_known(void **state)
{
	struct ph_gate_visitor *out = NULL;

	(void)state;
	begin(wide);
	for (unsigned i = 0; i < 300; i++) {
		assert_int_equal(enter(i, "10.1.2.3", 1000, &out), 0);
		ph_gate_prove(&gate, &visitor[i], 1000);
		ph_gate_prove(&gate, &visitor[i], 1000); /* gives back once */
	}
	for (unsigned i = 300; i < 306; i++) {
		assert_int_equal(enter(i, "10.1.2.3", 1000, &out),
				 i < 305 ? 0 : PH_GATE_E_CLOSED);
	}
	ph_gate_deinit(&gate);
}

/* Asking again after one was sent away costs no second token. */
static void test_asking_twice(void **state)
{
	struct ph_gate_limits limits = { 10, 1, 1, 20, 2 };
	struct ph_gate_visitor *out = NULL;
	enum ph_gate_limit limit;

	(void)state;
	begin(limits);
	assert_int_equal(enter(0, "10.1.2.3", 1000, &out), 0);
	assert_int_equal(enter(1, "10.1.2.3", 1000, &out), PH_GATE_E_ONE_OUT);
	ph_gate_leave(&gate, out);
	assert_int_equal(ph_gate_enter(&gate, &visitor[1], 1000, &limit, &out), 0);
	assert_int_equal(enter(2, "10.1.2.3", 1000, &out), PH_GATE_E_CLOSED);
	ph_gate_deinit(&gate);
}

/* More addresses than buckets: none is locked out, the flooder mostly still is. */
static void test_many_addresses(void **state)
{
	struct ph_gate_visitor *out = NULL;

	(void)state;
	begin(wide);
	for (unsigned i = 0; i < 20000; i++) {
		struct ph_gate_visitor *one = &visitor[0];

		memset(one, 0, sizeof(*one));
		one->origin.address[0] = 4;
		memcpy(one->origin.address + 1, &i, sizeof(i));
		one->origin.net[1] = (uint8_t)i;
		enum ph_gate_limit limit;
		assert_int_equal(ph_gate_enter(&gate, one, 1000, &limit, &out), 0);
		ph_gate_leave(&gate, one);
	}
	ph_gate_deinit(&gate);
}

/* ---- kept segments ---- */

static void put(struct ph_partials *partials, uint8_t name, size_t len)
{
	uint8_t who[PH_KEY_SIZE] = { name };
	struct ph_unfinished segment = { ph_item_new(PH_ITEM_PACKED), 1000, { name } };
	struct ph_buf bytes = { 0 };

	bytes.data = malloc(len);
	assert_non_null(bytes.data);
	memset(bytes.data, name, len);
	bytes.len = bytes.cap = len;
	segment.item->body = bytes;
	ph_partials_put(partials, who, &segment);
	assert_null(segment.item);
}

static bool take(struct ph_partials *partials, uint8_t name, size_t len)
{
	uint8_t who[PH_KEY_SIZE] = { name };
	struct ph_unfinished segment = { 0 };
	bool is_there = ph_partials_take(partials, who, &segment);

	if (is_there) {
		assert_int_equal(segment.item->body.len, len);
		assert_int_equal(segment.item->body.data[len - 1], name);
		assert_int_equal(segment.hash[0], name);
		assert_int_equal(segment.total, 1000);
	}
	ph_unfinished_deinit(&segment);
	return is_there;
}

static void test_partials(void **state)
{
	struct ph_partials partials;

	(void)state;
	ph_partials_init(&partials, 3, 100);
	assert_false(take(&partials, 1, 1));
	put(&partials, 1, 10);
	put(&partials, 2, 10);
	put(&partials, 3, 10);
	assert_int_equal(partials.count, 3);
	put(&partials, 1, 20); /* in place of the first, which is now the newest */
	assert_int_equal(partials.count, 3);
	assert_int_equal(partials.bytes, 40);
	put(&partials, 4, 10); /* one too many: the oldest, 2, goes */
	assert_int_equal(partials.dropped, 1);
	assert_false(take(&partials, 2, 10));
	assert_true(take(&partials, 1, 20));
	assert_false(take(&partials, 1, 20)); /* it was taken */
	assert_int_equal(partials.count, 2);
	assert_int_equal(partials.bytes, 20);

	put(&partials, 5, 80); /* just fits */
	assert_int_equal(partials.count, 3);
	assert_int_equal(partials.bytes, 100);
	put(&partials, 5, 81); /* one byte too many: the oldest, 3, goes */
	assert_int_equal(partials.bytes, 91);
	assert_false(take(&partials, 3, 10));
	put(&partials, 6, 101); /* too large alone: only it */
	assert_false(take(&partials, 6, 101));
	assert_true(take(&partials, 4, 10));
	assert_true(take(&partials, 5, 81));
	assert_int_equal(partials.bytes, 0);
	put(&partials, 7, 100);
	assert_int_equal(partials.count, 1);
	ph_partials_bound(&partials, 3, 99);
	assert_int_equal(partials.count, 0);
	ph_partials_bound(&partials, 0, 99);
	put(&partials, 8, 1);
	assert_int_equal(partials.count, 0);
	put(&partials, 9, 1);
	ph_partials_deinit(&partials);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_origins),
		cmocka_unit_test(test_handshakes),
		cmocka_unit_test(test_named),
		cmocka_unit_test(test_named_of_net),
		cmocka_unit_test(test_net),
		cmocka_unit_test(test_sessions),
		cmocka_unit_test(test_leaving),
		cmocka_unit_test(test_pressure),
		cmocka_unit_test(test_burst),
		cmocka_unit_test(test_rate),
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_asking_twice),
		cmocka_unit_test(test_many_addresses),
		cmocka_unit_test(test_partials),
	};

	if (sodium_init() < 0) {
		return 1;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
