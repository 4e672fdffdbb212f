/* tests/unit/far_listen.h - the far end of a link over TCP, as a test plays it. */
#ifndef PH_TESTS_UNIT_FAR_LISTEN_H
#define PH_TESTS_UNIT_FAR_LISTEN_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "common/base/bytes.h"

/* A socket that listens at a port of its own on this machine, 127.0.0.1:PORT, which ADDRESS gets. */
static inline int far_listen(char address[static 32])
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&at, len), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	snprintf(address, 32, "127.0.0.1:%u", (unsigned)ntohs(at.sin_port));
	return fd;
}

/* False: who was there has gone. */
static inline bool far_send(int fd, struct ph_view bytes)
{
	while (bytes.len > 0) {
		ssize_t n = send(fd, bytes.data, bytes.len, MSG_NOSIGNAL);

		if (n <= 0) {
			return false;
		}
		bytes = PH_VIEW(bytes.data + n, bytes.len - (size_t)n);
	}
	return true;
}

#endif
