/* Addresses of a hub, and what the end of a session means for a person. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "client/courier_meet.h"
#include "client/link_internal.h"
#include "common/cli/out.h"

static const struct {
	const char *address;
	const char *host, *port; /* NULL: refused */
} addresses[] = {
	{ "127.0.0.1:7415", "127.0.0.1", "7415" },
	{ "thuvien.sonla.example:1", "thuvien.sonla.example", "1" },
	{ "[::1]:65535", "::1", "65535" },
	{ "[fe80::1%eth0]:7415", "fe80::1%eth0", "7415" },
	{ "", NULL, NULL },
	{ "127.0.0.1", NULL, NULL },
	{ "127.0.0.1:", NULL, NULL },
	{ ":7415", NULL, NULL },
	{ "127.0.0.1:0", NULL, NULL },
	{ "127.0.0.1:65536", NULL, NULL },
	{ "127.0.0.1:074155", NULL, NULL },
	{ "127.0.0.1:7415x", NULL, NULL },
	{ "127.0.0.1:-1", NULL, NULL },
	{ "127.0.0.1: 7415", NULL, NULL },
	{ "::1:7415", NULL, NULL },
	{ "[]:7415", NULL, NULL },
	{ "[::1:7415", NULL, NULL },
	{ "[::1]7415", NULL, NULL },
};

static void test_split(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		char host[PH_HOST_MAX + 1] = "";
		char port[PH_PORT_MAX + 1] = "";
		struct ph_error err = { 0 };
		int rc = ph_link_split(addresses[i].address, host, port, &err);

		print_message("# \"%s\"\n", addresses[i].address);
		if (addresses[i].host) {
			assert_int_equal(rc, 0);
			assert_string_equal(host, addresses[i].host);
			assert_string_equal(port, addresses[i].port);
		} else {
			assert_int_equal(rc, -EINVAL);
			assert_int_equal(err.exit, PH_EXIT_USAGE);
			assert_string_equal(host, "");
		}
	}
}

static void test_split_length(void **state)
{
	char address[PH_HOST_MAX + 16];
	char host[PH_HOST_MAX + 1];
	char port[PH_PORT_MAX + 1];

	(void)state;
	for (size_t len = PH_HOST_MAX - 1; len <= PH_HOST_MAX + 1; len++) {
		struct ph_error err = { 0 };

		memset(address, 'h', len);
		memcpy(address + len, ":7415", 6);
		assert_int_equal(ph_link_split(address, host, port, &err),
				 len <= PH_HOST_MAX ? 0 : -EINVAL);
	}
}

static const struct {
	enum ph_session_failure failure;
	enum ph_status status;
	bool stranger;
	const char *reason;
	enum ph_exit exit;
} ends[] = {
	{ PH_FAIL_NONE, PH_STATUS_OK, false, "", PH_EXIT_DONE },
	{ PH_FAIL_NONE, PH_STATUS_OK, true, "", PH_EXIT_DONE },
	{ PH_FAIL_HANDSHAKE, PH_STATUS_OK, false, "wrong-key", PH_EXIT_OTHER },
	{ PH_FAIL_CUT, PH_STATUS_OK, false, "cut", PH_EXIT_PARTIAL },
	{ PH_FAIL_CUT, PH_STATUS_OK, true, "wrong-key", PH_EXIT_OTHER },
	{ PH_FAIL_TIMEOUT, PH_STATUS_OK, false, "cut", PH_EXIT_PARTIAL },
	{ PH_FAIL_PROTOCOL, PH_STATUS_OK, false, "protocol", PH_EXIT_OTHER },
	{ PH_FAIL_MEMORY, PH_STATUS_OK, false, "memory", PH_EXIT_OTHER },
	{ PH_FAIL_REFUSED, PH_STATUS_CUT, false, "cut-off", PH_EXIT_CUT_OFF },
	{ PH_FAIL_REFUSED, PH_STATUS_LATER, false, "later", PH_EXIT_TRY_LATER },
	{ PH_FAIL_REFUSED, PH_STATUS_UNKNOWN, false, "not-accepted", PH_EXIT_OTHER },
	{ PH_FAIL_REFUSED, PH_STATUS_CERT, false, "not-accepted", PH_EXIT_OTHER },
	{ PH_FAIL_REFUSED, PH_STATUS_VERSION, false, "version", PH_EXIT_OTHER },
	{ PH_FAIL_REFUSED, PH_STATUS_PROTOCOL, false, "not-taken", PH_EXIT_PARTIAL },
};

static void test_explain(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct ph_link_result result = { .connected = true,
						 .failure = ends[i].failure,
						 .status = ends[i].status };
		struct ph_error err = { .exit = PH_EXIT_DONE };
		const char *reason =
			ph_link_explain(&result, "127.0.0.1:1", ends[i].stranger, &err);

		assert_string_equal(reason, ends[i].reason);
		assert_int_equal(err.exit, ends[i].exit);
		assert_int_equal(err.text[0] != '\0', ends[i].exit != PH_EXIT_DONE);
	}
}

/* What a hub may say beside its status, which means something beside LATER alone. */
static void test_explain_why(void **state)
{
	static const struct {
		enum ph_status status;
		enum ph_why why;
		const char *reason, *words;
	} cases[] = {
		{ PH_STATUS_LATER, PH_WHY_NONE, "later", "the hub is busy" },
		{ PH_STATUS_LATER, PH_WHY_PUT_BACK, "put-back",
		  "an older copy of itself" },
		{ PH_STATUS_LATER, PH_WHY_BRANCHES, "many-copies", "16 histories" },
		{ PH_STATUS_CUT, PH_WHY_BRANCHES, "cut-off", "cut this device off" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ph_link_result result = { .connected = true,
						 .failure = PH_FAIL_REFUSED,
						 .status = cases[i].status,
						 .why = cases[i].why };
		struct ph_error err = { .exit = PH_EXIT_DONE };

		assert_string_equal(ph_link_explain(&result, "127.0.0.1:1", false, &err),
				    cases[i].reason);
		assert_int_equal(err.exit, cases[i].status == PH_STATUS_LATER
						   ? PH_EXIT_TRY_LATER
						   : PH_EXIT_CUT_OFF);
		assert_non_null(strstr(err.text, cases[i].words));
	}
}

/* The same with another machine of the site; REFUSAL: what we have against it. */
static const struct {
	enum ph_session_failure failure;
	enum ph_status status;
	const char *refusal;
	bool stranger;
	const char *reason;
	enum ph_exit exit;
	bool answers; /* this machine was called */
} siblings[] = {
	{ PH_FAIL_NONE, PH_STATUS_OK, NULL, false, "", PH_EXIT_DONE, false },
	{ PH_FAIL_HANDSHAKE, PH_STATUS_CUT, "is bad", true, "not-of-this-site",
	  PH_EXIT_OTHER, false },
	{ PH_FAIL_REFUSED, PH_STATUS_UNKNOWN, "is bad", true, "not-of-this-site",
	  PH_EXIT_OTHER, false },
	{ PH_FAIL_HANDSHAKE, PH_STATUS_OK, NULL, true, "not-of-this-site", PH_EXIT_OTHER,
	  false },
	{ PH_FAIL_CUT, PH_STATUS_OK, NULL, true, "not-of-this-site", PH_EXIT_OTHER,
	  false },
	{ PH_FAIL_CUT, PH_STATUS_OK, NULL, true, "not-of-this-site", PH_EXIT_OTHER,
	  true },
	{ PH_FAIL_HANDSHAKE, PH_STATUS_OK, NULL, true, "not-of-this-site", PH_EXIT_OTHER,
	  true },
	{ PH_FAIL_CUT, PH_STATUS_OK, NULL, false, "cut", PH_EXIT_PARTIAL, false },
	{ PH_FAIL_TIMEOUT, PH_STATUS_OK, NULL, false, "cut", PH_EXIT_PARTIAL, false },
	{ PH_FAIL_PROTOCOL, PH_STATUS_OK, NULL, false, "protocol", PH_EXIT_OTHER, false },
	{ PH_FAIL_MEMORY, PH_STATUS_OK, NULL, false, "memory", PH_EXIT_OTHER, false },
	{ PH_FAIL_REFUSED, PH_STATUS_CUT, NULL, false, "cut-off", PH_EXIT_CUT_OFF,
	  false },
	{ PH_FAIL_REFUSED, PH_STATUS_LATER, NULL, false, "later", PH_EXIT_TRY_LATER,
	  false },
	{ PH_FAIL_REFUSED, PH_STATUS_UNKNOWN, NULL, false, "not-accepted", PH_EXIT_OTHER,
	  false },
	{ PH_FAIL_REFUSED, PH_STATUS_VERSION, NULL, false, "version", PH_EXIT_OTHER,
	  false },
	{ PH_FAIL_REFUSED, PH_STATUS_PROTOCOL, NULL, false, "not-taken", PH_EXIT_PARTIAL,
	  false },
};

static void test_explain_sibling(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(siblings) / sizeof(siblings[0]); i++) {
		struct ph_link_result result = { .connected = true,
						 .failure = siblings[i].failure,
						 .status = siblings[i].status };
		struct ph_error err = { .exit = PH_EXIT_DONE };
		const char *reason = ph_link_explain_sibling(
			&result, "127.0.0.1:1", siblings[i].refusal, siblings[i].stranger,
			siblings[i].answers, &err);

		assert_string_equal(reason, siblings[i].reason);
		assert_int_equal(err.exit, siblings[i].exit);
		assert_int_equal(err.text[0] != '\0', err.exit != PH_EXIT_DONE);
		assert_null(strstr(err.text, "hub at")); /* it is none */
		if (siblings[i].answers) { /* nothing that only a caller can do */
			assert_null(strstr(err.text, "check the address"));
			assert_non_null(strstr(err.text, "who called from 127.0.0.1:1"));
		}
	}
}

/* With a courier, and of a courier at the hub. */
static const struct {
	bool connected, was_served, at_hub;
	enum ph_session_failure failure;
	enum ph_status status;
	const char *reason;
	enum ph_exit exit;
} couriers[] = {
	{ false, false, false, PH_FAIL_NONE, PH_STATUS_OK, "unreachable",
	  PH_EXIT_UNREACHABLE },
	{ true, false, false, PH_FAIL_REFUSED, PH_STATUS_CUT, "cut-off",
	  PH_EXIT_CUT_OFF },
	{ true, false, false, PH_FAIL_REFUSED, PH_STATUS_LATER, "later",
	  PH_EXIT_TRY_LATER },
	{ true, false, false, PH_FAIL_REFUSED, PH_STATUS_VERSION, "version",
	  PH_EXIT_OTHER },
	{ true, false, false, PH_FAIL_REFUSED, PH_STATUS_CERT, "not-accepted",
	  PH_EXIT_OTHER },
	{ true, false, true, PH_FAIL_REFUSED, PH_STATUS_UNKNOWN, "not-accepted",
	  PH_EXIT_OTHER },
	{ true, false, false, PH_FAIL_REFUSED, PH_STATUS_PROTOCOL, "protocol",
	  PH_EXIT_PARTIAL },
	{ true, false, false, PH_FAIL_CUT, PH_STATUS_OK, "not-a-courier", PH_EXIT_OTHER },
	{ true, false, true, PH_FAIL_HANDSHAKE, PH_STATUS_OK, "not-a-courier",
	  PH_EXIT_OTHER },
	{ true, false, true, PH_FAIL_CUT, PH_STATUS_OK, "cut", PH_EXIT_PARTIAL },
	{ true, false, true, PH_FAIL_TIMEOUT, PH_STATUS_OK, "cut", PH_EXIT_PARTIAL },
	{ true, true, false, PH_FAIL_TIMEOUT, PH_STATUS_OK, "cut", PH_EXIT_PARTIAL },
	{ true, true, false, PH_FAIL_PROTOCOL, PH_STATUS_OK, "protocol", PH_EXIT_OTHER },
	{ true, true, false, PH_FAIL_STORE, PH_STATUS_OK, "store", PH_EXIT_OTHER },
};

static const char *explain_courier(size_t i, struct ph_error *err)
{
	const struct ph_courier_result result = { .connected = couriers[i].connected,
						  .was_served = couriers[i].was_served,
						  .failure = couriers[i].failure,
						  .status = couriers[i].status };

	return ph_courier_explain(&result, couriers[i].at_hub, "127.0.0.1:1", err);
}

static void test_explain_courier(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(couriers) / sizeof(couriers[0]); i++) {
		struct ph_error err = { 0 };

		assert_string_equal(explain_courier(i, &err), couriers[i].reason);
		assert_int_equal(err.exit, couriers[i].exit);
	}
}

static void assert_vietnamese(const struct ph_error *english,
			      const struct ph_error *vietnamese)
{
	assert_int_equal(english->exit, vietnamese->exit);
	assert_int_equal(english->text[0] == '\0', vietnamese->text[0] == '\0');
	assert_true(english->text[0] == '\0' ||
		    strcmp(english->text, vietnamese->text) != 0);
	assert_true(strlen(vietnamese->text) + 1 < sizeof(vietnamese->text));
}

static void test_courier_vietnamese(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(couriers) / sizeof(couriers[0]); i++) {
		struct ph_error english = { 0 };
		struct ph_error vietnamese = { 0 };

		ph_speak(PH_SPEAK_ENGLISH);
		(void)explain_courier(i, &english);
		ph_speak(PH_SPEAK_VIETNAMESE);
		(void)explain_courier(i, &vietnamese);
		ph_speak(PH_SPEAK_OWN);
		assert_vietnamese(&english, &vietnamese);
	}
}

static void test_unreachable(void **state)
{
	(void)state;
	for (int sibling = 0; sibling < 2; sibling++) {
		struct ph_error english = { 0 };
		struct ph_error vietnamese = { 0 };

		ph_speak(PH_SPEAK_ENGLISH);
		ph_link_explain_unreachable(sibling, "127.0.0.1:1", "x", &english);
		ph_speak(PH_SPEAK_VIETNAMESE);
		ph_link_explain_unreachable(sibling, "127.0.0.1:1", "x", &vietnamese);
		ph_speak(PH_SPEAK_OWN);
		assert_vietnamese(&english, &vietnamese);
		assert_int_equal(english.exit, PH_EXIT_UNREACHABLE);
		assert_non_null(strstr(english.text,
				       sibling ? "cannot reach the other machine at "
						 "127.0.0.1:1: x;"
					       : "cannot reach the hub at 127.0.0.1:1: "
						 "x;"));
		assert_non_null(strstr(vietnamese.text, "127.0.0.1:1: x;"));
	}
}

/* A hub that has just found that it was put back: not "busy", if it told so. */
static void test_put_back(void **state)
{
	struct ph_link_result result = { .connected = true,
					 .failure = PH_FAIL_REFUSED,
					 .status = PH_STATUS_LATER,
					 .why = PH_WHY_PUT_BACK };
	struct ph_error english = { 0 };
	struct ph_error vietnamese = { 0 };
	struct ph_error other = { 0 };

	(void)state;
	ph_speak(PH_SPEAK_ENGLISH);
	assert_string_equal(ph_link_explain(&result, "127.0.0.1:1", false, &english),
			    "put-back");
	assert_int_equal(english.exit, PH_EXIT_TRY_LATER);
	assert_non_null(strstr(english.text, "put back"));
	ph_speak(PH_SPEAK_VIETNAMESE);
	(void)ph_link_explain(&result, "127.0.0.1:1", false, &vietnamese);
	ph_speak(PH_SPEAK_OWN);
	assert_vietnamese(&english, &vietnamese);
	result.status = PH_STATUS_CUT; /* beside another status it says nothing */
	assert_string_equal(ph_link_explain(&result, "127.0.0.1:1", false, &other),
			    "cut-off");
}

/* Each end has words of its own in Vietnamese, that fit into an error whole. */
static void explain(size_t i, bool sibling, struct ph_error *err)
{
	struct ph_link_result result = {
		.connected = true,
		.failure = sibling ? siblings[i].failure : ends[i].failure,
		.status = sibling ? siblings[i].status : ends[i].status
	};

	if (sibling) {
		(void)ph_link_explain_sibling(&result, "127.0.0.1:1", siblings[i].refusal,
					      siblings[i].stranger, siblings[i].answers,
					      err);
	} else {
		(void)ph_link_explain(&result, "127.0.0.1:1", ends[i].stranger, err);
	}
}

static void test_vietnamese(void **state)
{
	size_t n_ends = sizeof(ends) / sizeof(ends[0]);
	size_t n = n_ends + sizeof(siblings) / sizeof(siblings[0]);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		size_t at = i < n_ends ? i : i - n_ends;
		struct ph_error english = { 0 };
		struct ph_error vietnamese = { 0 };

		ph_speak(PH_SPEAK_ENGLISH);
		explain(at, i >= n_ends, &english);
		ph_speak(PH_SPEAK_VIETNAMESE);
		explain(at, i >= n_ends, &vietnamese);
		ph_speak(PH_SPEAK_OWN);
		assert_vietnamese(&english, &vietnamese);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_split_length),
		cmocka_unit_test(test_explain),
		cmocka_unit_test(test_explain_why),
		cmocka_unit_test(test_explain_sibling),
		cmocka_unit_test(test_put_back),
		cmocka_unit_test(test_vietnamese),
		cmocka_unit_test(test_explain_courier),
		cmocka_unit_test(test_courier_vietnamese),
		cmocka_unit_test(test_unreachable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
