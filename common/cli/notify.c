/*
 * common/cli/notify.c - sd_notify(3) and sd_watchdog_enabled(3), by their own words.
 *
 * $NOTIFY_SOCKET is a path, or '@' and a name in the abstract namespace. $WATCHDOG_USEC
 * counts if $WATCHDOG_PID is this process, or is not said. Both stay in the environment:
 * our children are short-lived and talk to nobody.
 */
#include "common/cli/notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

int ph_notify(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t len = path ? strlen(path) : 0;
	int fd;
	int rc = 0;

	if (len == 0) {
		return 1;
	}
	if ((path[0] != '/' && path[0] != '@') || len >= sizeof(address.sun_path)) {
		return -EINVAL;
	}
	memcpy(address.sun_path, path, len);
	if (path[0] == '@') {
		address.sun_path[0] = '\0';
	}
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		return -errno;
	}
	len += offsetof(struct sockaddr_un, sun_path);
	if (sendto(fd, state, strlen(state), MSG_NOSIGNAL,
		   (const struct sockaddr *)&address, (socklen_t)len) < 0) {
		rc = -errno;
	}
	close(fd);
	return rc;
}

void ph_notify_reloading(void)
{
	char state[64];
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%llu",
		 (unsigned long long)now.tv_sec * 1000000 +
			 (unsigned long long)now.tv_nsec / 1000);
	(void)ph_notify(state);
}

uint64_t ph_notify_watchdog(void)
{
	const char *usec = getenv("WATCHDOG_USEC");
	const char *pid = getenv("WATCHDOG_PID");
	unsigned long long value;
	char *end;

	if (!usec || usec[0] < '0' || usec[0] > '9' ||
	    (pid && strtoll(pid, NULL, 10) != (long long)getpid())) {
		return 0;
	}
	errno = 0;
	value = strtoull(usec, &end, 10);
	return errno == 0 && *end == '\0' ? value : 0;
}
