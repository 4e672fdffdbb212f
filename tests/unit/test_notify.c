/* tests/unit/test_notify.c - what a service manager hears, and what it asked for. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/cli/notify.h"

/* A datagram socket at PATH, '@' for the abstract namespace. */
static int listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t len = strlen(path);
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	memcpy(address.sun_path, path, len);
	if (path[0] == '@') {
		address.sun_path[0] = '\0';
	}
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)),
			 0);
	return fd;
}

static void hear(int fd, char out[static 128])
{
	ssize_t n = recv(fd, out, 127, MSG_DONTWAIT);

	out[n > 0 ? n : 0] = '\0';
}

static void told(const char *path)
{
	int fd = listen_at(path);
	char text[128];
	unsigned long long usec = 0;

	setenv("NOTIFY_SOCKET", path, 1);
	assert_int_equal(ph_notify("READY=1"), 0);
	hear(fd, text);
	assert_string_equal(text, "READY=1");
	ph_notify_reloading();
	hear(fd, text);
	assert_int_equal(sscanf(text, "RELOADING=1\nMONOTONIC_USEC=%llu", &usec), 1);
	assert_true(usec > 0);
	close(fd);
	assert_int_equal(ph_notify("READY=1"), -ECONNREFUSED);
	unsetenv("NOTIFY_SOCKET");
}

static void test_told(void **state)
{
	char dir[] = "/tmp/ph-notify-XXXXXX";
	char path[64];

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/n", dir);
	told(path);
	unlink(path);
	rmdir(dir);
	snprintf(path, sizeof(path), "@ph-notify-%ld", (long)getpid());
	told(path);
}

static void test_nobody(void **state)
{
	char path[200];

	(void)state;
	unsetenv("NOTIFY_SOCKET");
	assert_int_equal(ph_notify("READY=1"), 1);
	setenv("NOTIFY_SOCKET", "", 1);
	assert_int_equal(ph_notify("READY=1"), 1);
	setenv("NOTIFY_SOCKET", "relative", 1);
	assert_int_equal(ph_notify("READY=1"), -EINVAL);
	memset(path, 'a', sizeof(path));
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	setenv("NOTIFY_SOCKET", path, 1);
	assert_int_equal(ph_notify("READY=1"), -EINVAL);
	unsetenv("NOTIFY_SOCKET");
}

static void test_watchdog(void **state)
{
	static const struct {
		const char *usec, *pid; /* pid "" is ours */
		uint64_t want;
	} cases[] = {
		{ NULL, NULL, 0 },
		{ "60000000", NULL, 60000000 },
		{ "60000000", "", 60000000 },
		{ "60000000", "1", 0 },
		{ "", NULL, 0 },
		{ "x", NULL, 0 },
		{ "-1", NULL, 0 },
		{ "12x", NULL, 0 },
		{ "99999999999999999999", NULL, 0 },
	};
	char own[24];

	(void)state;
	snprintf(own, sizeof(own), "%ld", (long)getpid());
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unsetenv("WATCHDOG_USEC");
		unsetenv("WATCHDOG_PID");
		if (cases[i].usec) {
			setenv("WATCHDOG_USEC", cases[i].usec, 1);
		}
		if (cases[i].pid) {
			setenv("WATCHDOG_PID", cases[i].pid[0] ? cases[i].pid : own, 1);
		}
		assert_int_equal(ph_notify_watchdog(), cases[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_told),
		cmocka_unit_test(test_nobody),
		cmocka_unit_test(test_watchdog),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
