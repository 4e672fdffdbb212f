/*
 * client/announce.c - avahi-publish and avahi-browse, run and read.
 *
 * avahi-publish stays for as long as it is to be announced; if it ends by itself (no
 * daemon, or that was restarted) it is started again after a minute. It ends at once where there
 * is no daemon, so it is believed after a moment. If we are killed it
 * stays; whoever finds what it announces finds nobody there. avahi-browse -t tells what is known and
 * ends; its lines are "=;interface;protocol;name;type;domain;host;address;port;text".
 */
#include "client/announce.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/base/bytes.h"
#include "common/base/say.h"

#define AGAIN_MS  60000
#define MOMENT_MS 2000
#define LINES_MAX (64 * 1024)

/* ---- publish ---- */

struct ph_announce {
	uv_loop_t *loop;
	const struct ph_eventlog *log;
	char name[128];
	char port[8];
	uv_process_t process;
	uv_timer_t again;
	bool runs, is_ending;
	enum {
		SAID_NOTHING,
		SAID_TOLD,
		SAID_SILENT
	} said;
	unsigned n_handles;
};

static void start(struct ph_announce *announce);

static void on_closed(uv_handle_t *handle)
{
	struct ph_announce *announce = handle->data;

	if (--announce->n_handles == 0 && announce->is_ending) {
		free(announce);
	}
}

/* Both are said when it has become another: it is tried again each minute. */
static void tell_told(struct ph_announce *announce)
{
	if (announce->said != SAID_TOLD) {
		ph_event(announce->log, PH_EVENT_INFO, "courier.announce",
			 "result=told type=" PH_ANNOUNCE_TYPE " port=%s name=\"%s\"",
			 announce->port, announce->name);
	}
	announce->said = SAID_TOLD;
}

static void tell_silent(struct ph_announce *announce, const char *why)
{
	if (announce->said != SAID_SILENT) {
		ph_event(announce->log, PH_EVENT_WARNING, "courier.announce",
			 "result=silent why=\"%s; sites find this courier by [courier] "
			 "address alone\"",
			 why);
	}
	announce->said = SAID_SILENT;
}

/* After a moment: it stays. After a minute: once more. */
static void on_again(uv_timer_t *timer)
{
	struct ph_announce *announce = timer->data;

	if (announce->runs) {
		tell_told(announce);
	} else {
		start(announce);
	}
}

static void on_ended(uv_process_t *process, int64_t status, int signal)
{
	struct ph_announce *announce = process->data;

	(void)status;
	(void)signal;
	announce->runs = false;
	uv_close((uv_handle_t *)process, on_closed);
	if (!announce->is_ending) {
		tell_silent(announce,
			    ph_say("avahi-publish ended: does avahi-daemon run?",
				   "avahi-publish đã ngừng: avahi-daemon có "
				   "chạy không?"));
		uv_timer_start(&announce->again, on_again, AGAIN_MS, 0);
	}
}

static void start(struct ph_announce *announce)
{
	char *args[] = { (char *)"avahi-publish",
			 (char *)"-s",
			 announce->name,
			 (char *)PH_ANNOUNCE_TYPE,
			 announce->port,
			 (char *)"v=1",
			 NULL };
	uv_stdio_container_t stdio[3] = { { .flags = UV_IGNORE },
					  { .flags = UV_IGNORE },
					  { .flags = UV_IGNORE } };
	const uv_process_options_t options = { .file = args[0],
					       .args = args,
					       .exit_cb = on_ended,
					       .stdio_count = 3,
					       .stdio = stdio };
	int rc = uv_spawn(announce->loop, &announce->process, &options);

	announce->process.data = announce;
	announce->n_handles++;
	announce->runs = rc == 0;
	if (rc < 0) {
		uv_close((uv_handle_t *)&announce->process, on_closed);
		tell_silent(announce, rc == UV_ENOENT
					      ? ph_say("avahi-publish is not installed",
						       "chưa cài avahi-publish")
					      : uv_strerror(rc));
	}
	uv_timer_start(&announce->again, on_again, rc < 0 ? AGAIN_MS : MOMENT_MS, 0);
}

int ph_announce_start(struct ph_announce **announce_out, uv_loop_t *loop,
		      const struct ph_eventlog *log, const char *name, unsigned port)
{
	struct ph_announce *announce = calloc(1, sizeof(*announce));

	if (!announce) {
		return -ENOMEM;
	}
	announce->loop = loop;
	announce->log = log;
	/* a name of a service has at most 63 bytes */
	snprintf(announce->name, 64, "%s", name);
	snprintf(announce->port, sizeof(announce->port), "%u", port);
	uv_timer_init(loop, &announce->again);
	announce->again.data = announce;
	announce->n_handles = 1;
	start(announce);
	*announce_out = announce;
	return 0;
}

void ph_announce_end(struct ph_announce *announce)
{
	if (announce) {
		announce->is_ending = true;
		uv_close((uv_handle_t *)&announce->again, on_closed);
		if (announce->runs) {
			(void)uv_process_kill(&announce->process, SIGTERM);
		}
	}
}

/* ---- browse ---- */

/* Member I of a line, parted by semicolons; the lines behind it are none of it. */
static bool member(const char *line, unsigned i, char *out, size_t size)
{
	size_t len = strcspn(line, ";\n");

	for (; i > 0; i--) {
		if (line[len] != ';') {
			return false;
		}
		line += len + 1;
		len = strcspn(line, ";\n");
	}
	if (len == 0 || len >= size) {
		return false;
	}
	memcpy(out, line, len);
	out[len] = '\0';
	return true;
}

static bool is_known(const struct ph_found *found, const char *address)
{
	for (unsigned i = 0; i < found->n; i++) {
		if (strcmp(found->address[i], address) == 0) {
			return true;
		}
	}
	return false;
}

void ph_announce_line(struct ph_found *found, const char *line)
{
	char interface[32];
	char address[64];
	char port[8];
	char text[PH_FOUND_TEXT];
	bool is_local;
	int n;

	if (line[0] != '=' || found->n == PH_FOUND_MAX ||
	    !member(line, 1, interface, sizeof(interface)) ||
	    !member(line, 7, address, sizeof(address)) ||
	    !member(line, 8, port, sizeof(port)) ||
	    strspn(address, "0123456789abcdefABCDEF:.") != strlen(address) ||
	    strspn(port, "0123456789") != strlen(port)) {
		return;
	}
	/* an address of the link alone means nothing without its interface */
	is_local = strncasecmp(address, "fe80:", 5) == 0;
	n = snprintf(text, sizeof(text),
		     strchr(address, ':') ? "[%s%s%s]:%s" : "%s%s%s:%s", address,
		     is_local ? "%" : "", is_local ? interface : "", port);
	if (n > 0 && (size_t)n < sizeof(text) && !is_known(found, text)) {
		memcpy(found->address[found->n++], text, (size_t)n + 1);
	}
}

static void take_lines(struct ph_found *found, struct ph_buf *lines)
{
	char *at = (char *)lines->data;

	if (ph_buf_put_u8(lines, 0) < 0) {
		return;
	}
	at = (char *)lines->data;
	while (at && *at) {
		char *end = strchr(at, '\n');

		ph_announce_line(found, at);
		at = end ? end + 1 : NULL;
	}
}

static int64_t now_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * INT64_C(1000) + time.tv_nsec / 1000000;
}

/* All that FD gives until it ends, or END comes. */
static void read_until(int fd, int64_t end, struct ph_buf *lines)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	char bytes[4096];
	ssize_t n = 1;

	while (n > 0 && lines->len < LINES_MAX) {
		int64_t left = end - now_ms();

		if (left <= 0 || poll(&poll_fd, 1, (int)left) <= 0) {
			return;
		}
		n = read(fd, bytes, sizeof(bytes));
		if (n > 0 && ph_buf_put(lines, bytes, (size_t)n) < 0) {
			return;
		}
	}
}

static int spawn_browse(int out, pid_t *pid_out)
{
	char *args[] = { (char *)"avahi-browse", (char *)"-rptk",
			 (char *)PH_ANNOUNCE_TYPE, NULL };
	posix_spawn_file_actions_t actions;
	int rc;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", 0, 0);
	posix_spawn_file_actions_adddup2(&actions, out, 1);
	posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", 1, 0);
	rc = posix_spawnp(pid_out, args[0], &actions, NULL, args, environ);
	posix_spawn_file_actions_destroy(&actions);
	return -rc;
}

int ph_announce_find(struct ph_found *found_out, unsigned ms)
{
	struct ph_buf lines = { 0 };
	int status = 0;
	int ends[2];
	pid_t pid;
	int rc;

	memset(found_out, 0, sizeof(*found_out));
	if (pipe2(ends, O_CLOEXEC) < 0) {
		return -errno;
	}
	rc = spawn_browse(ends[1], &pid);
	close(ends[1]);
	if (rc == 0) {
		read_until(ends[0], now_ms() + ms, &lines);
		(void)kill(pid, SIGTERM); /* gone already, as a rule */
		(void)waitpid(pid, &status, 0);
		take_lines(found_out, &lines);
		rc = lines.len <= 1 && WIFEXITED(status) && WEXITSTATUS(status) != 0
			     ? -ENOENT
			     : 0;
	}
	close(ends[0]);
	ph_buf_deinit(&lines);
	return rc;
}
