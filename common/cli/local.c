/*
 * common/cli/local.c - reaching the socket of a folder, and asking there.
 *
 * A socket's own path may have 107 bytes only; so the folder is opened and the path goes
 * through its descriptor (/proc/self/fd). A connection that is refused, or no socket, means
 * that nothing runs: a process that was killed leaves its socket behind.
 */
#include "common/cli/local.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define NAME      "socket"
#define READ_SIZE 65536
#define SECRET    4096 /* locked memory is scarce */

static void make_address(struct sockaddr_un *address, int folder)
{
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	snprintf(address->sun_path, sizeof(address->sun_path), "/proc/self/fd/%d/" NAME,
		 folder);
}

static bool is_nobody(int rc)
{
	return rc == -ENOENT || rc == -ECONNREFUSED || rc == -ENOTDIR;
}

int ph_local_connect(const char *dir)
{
	struct sockaddr_un address;
	int folder = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd;
	int rc = 0;

	if (folder < 0) {
		return is_nobody(-errno) ? -ENOENT : -errno;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		rc = -errno;
		goto out;
	}
	make_address(&address, folder);
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		rc = is_nobody(-errno) ? -ENOENT : -errno;
		close(fd);
	}
out:
	close(folder);
	return rc < 0 ? rc : fd;
}

static int send_all(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, text, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n < 0) {
			return -errno;
		}
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

/* More of what the other says, behind what is there. */
static int read_some(int fd, struct ph_buf *answer)
{
	const size_t size = answer->is_secret ? SECRET : READ_SIZE;
	ssize_t n;

	if (ph_buf_reserve(answer, size) < 0) {
		return -ENOMEM;
	}
	do {
		n = read(fd, answer->data + answer->len, size);
	} while (n < 0 && errno == EINTR);
	if (n <= 0) {
		return n < 0 ? -errno : -EPIPE;
	}
	answer->len += (size_t)n;
	return 0;
}

static int read_line(int fd, size_t max, struct ph_buf *answer)
{
	size_t looked = 0;

	for (;;) {
		int rc;

		if (answer->len > looked &&
		    memchr(answer->data + looked, '\n', answer->len - looked)) {
			return 0;
		}
		looked = answer->len;
		if (looked > max) {
			return -EMSGSIZE;
		}
		rc = read_some(fd, answer);
		if (rc < 0) {
			return rc;
		}
	}
}

int ph_local_exchange(int fd, const char *line, size_t max, struct ph_buf *answer)
{
	int sent = send_all(fd, line, strlen(line));
	int rc;

	if (sent == 0) {
		sent = send_all(fd, "\n", 1);
	}
	rc = read_line(fd, max, answer);
	return rc < 0 && sent < 0 ? sent : rc;
}

int ph_local_read(int fd, size_t len, struct ph_buf *answer)
{
	int rc = 0;

	while (rc == 0 && answer->len < len) {
		rc = read_some(fd, answer);
	}
	return rc;
}

int ph_local_bind(int folder)
{
	struct sockaddr_un address;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0) {
		return -errno;
	}
	make_address(&address, folder);
	(void)unlinkat(folder, NAME, 0);
	/* the mode before the name is there: nobody else may connect in between */
	if (fchmod(fd, 0600) < 0 ||
	    bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		int rc = -errno;

		close(fd);
		return rc;
	}
	return fd;
}

void ph_local_unbind(int folder)
{
	(void)unlinkat(folder, NAME, 0);
}
