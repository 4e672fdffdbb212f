/* tests/unit/test_announce.c - lines of avahi-browse, and what of them is an address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "client/announce.h"

/* Each line by itself, and what it names; NULL: nothing. */
static const struct {
	const char *line, *address;
} lines[] = {
	{ "=;eth0;IPv4;xe\\0321;_packhorse-van._tcp;local;van.local;192.168.1.7;7416;\"v="
	  "1\"",
	  "192.168.1.7:7416" },
	{ "=;eth0;IPv4;xe;_packhorse-van._tcp;local;van.local;192.168.1.7;7416",
	  "192.168.1.7:7416" },
	{ "=;eth0;IPv4;xe;_packhorse-van._tcp;local;van.local;192.168.1.7;7416\n=;rest",
	  "192.168.1.7:7416" },
	{ "=;eth0;IPv6;xe;t;local;van.local;2001:db8::7;7416;", "[2001:db8::7]:7416" },
	/* of the link alone: with its interface */
	{ "=;wlan0;IPv6;xe;t;local;van.local;fe80::1;7416;", "[fe80::1%wlan0]:7416" },
	{ "=;wlan0;IPv6;xe;t;local;van.local;FE80::1;7416;", "[FE80::1%wlan0]:7416" },
	/* not resolved yet, or gone */
	{ "+;eth0;IPv4;xe;_packhorse-van._tcp;local", NULL },
	{ "-;eth0;IPv4;xe;_packhorse-van._tcp;local", NULL },
	{ "", NULL },
	{ "\n", NULL },
	{ "=", NULL },
	{ "=;;;;;;;;", NULL },
	/* members that are missing, or stand in the line behind */
	{ "=;eth0;IPv4;xe;t;local;van.local;192.168.1.7", NULL },
	{ "=;eth0;IPv4;xe;t;local;van.local;192.168.1.7;", NULL },
	{ "=;eth0;IPv4;xe;t;local;van.local;;7416;", NULL },
	{ "=;;IPv4;xe;t;local;van.local;192.168.1.7;7416;", NULL },
	{ "=;eth0;IPv4;xe;1.2.3.4;5\n;t;192.168.1.7;7416;", NULL },
	{ "=;eth0;IPv4\n=;eth1;IPv4;xe;192.168.1.8;192.168.1.7;7416;", NULL },
	/* what is no address, no port */
	{ "=;eth0;IPv4;xe;t;local;van.local;van.example;7416;", NULL },
	{ "=;eth0;IPv4;xe;t;local;van.local;192.168.1.7 x;7416;", NULL },
	{ "=;eth0;IPv4;xe;t;local;van.local;192.168.1.7;-416;", NULL },
	{ "=;eth0;IPv4;xe;t;local;van.local;192.168.1.7;74 6;", NULL },
	{ "=;eth0;IPv4;xe;t;local;van.local;192.168.1.7;12345678;", NULL },
};

static void one_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct ph_found found = { 0 };

		ph_announce_line(&found, lines[i].line);
		if (!lines[i].address) {
			assert_int_equal(found.n, 0);
			continue;
		}
		assert_int_equal(found.n, 1);
		assert_string_equal(found.address[0], lines[i].address);
	}
}

static void of_a_length(char *line, size_t size, size_t interface, size_t address)
{
	char of_interface[128], of_address[128];

	memset(of_interface, 'i', interface);
	of_interface[interface] = '\0';
	memset(of_address, 'f', address);
	memcpy(of_address, "fe80:", 5);
	of_address[address] = '\0';
	snprintf(line, size, "=;%s;IPv6;xe;t;local;h;%s;1234567;", of_interface,
		 of_address);
}

static void longest(void **state)
{
	static const struct {
		size_t interface, address;
		unsigned n;
	} cases[] = { { 31, 63, 1 }, { 32, 63, 0 }, { 31, 64, 0 }, { 1, 5, 1 } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ph_found found = { 0 };
		char line[400];

		of_a_length(line, sizeof(line), cases[i].interface, cases[i].address);
		ph_announce_line(&found, line);
		assert_int_equal(found.n, cases[i].n);
		if (found.n) { /* brackets, per cent, colon, port */
			assert_int_equal(strlen(found.address[0]),
					 cases[i].interface + cases[i].address + 11);
		}
	}
}

static void none_twice_and_no_more_than_fit(void **state)
{
	struct ph_found found = { 0 };
	char line[100];

	(void)state;
	for (unsigned i = 0; i < 2 * (PH_FOUND_MAX + 3); i++) {
		snprintf(line, sizeof(line), "=;eth%u;IPv4;xe;t;local;h;10.0.0.%u;7416;",
			 i % 2, i / 2);
		ph_announce_line(&found, line);
	}
	assert_int_equal(found.n, PH_FOUND_MAX);
	for (unsigned i = 0; i < found.n; i++) {
		snprintf(line, sizeof(line), "10.0.0.%u:7416", i);
		assert_string_equal(found.address[i], line);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_line),
		cmocka_unit_test(longest),
		cmocka_unit_test(none_twice_and_no_more_than_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
