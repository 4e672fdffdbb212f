/*
 * daemon/ask.c - commands talk to the running daemon, or take the folder themselves.
 *
 * A daemon that runs holds the folder's lock and listens on DIR/socket. A connection
 * that is refused, or no socket, means that none runs: then the folder is opened here
 * and the same ph_hub_command() answers. A daemon that dies between question and
 * answer is an error that says so; the question may have been carried out.
 */
#include "daemon/ask.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/limits.h"
#include "common/base/text.h"
#include "daemon/hub.h"

#define LOCK_WAIT_MS 5000
#define ANSWER_MAX   (64u << 20)

/* A socket's path may be longer than sun_path: go through the folder's descriptor. */
static int connect_to(const char *dir)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int folder = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd;
	int rc = 0;

	if (folder < 0) {
		return -errno;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		rc = -errno;
		goto out;
	}
	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/socket",
		 folder);
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		rc = -errno;
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

static int read_line(int fd, struct ph_buf *line)
{
	while (line->len == 0 || line->data[line->len - 1] != '\n') {
		ssize_t n;

		if (line->len > ANSWER_MAX) {
			return -EMSGSIZE;
		}
		if (ph_buf_reserve(line, 65536) < 0) {
			return -ENOMEM;
		}
		n = read(fd, line->data + line->len, 65536);
		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n <= 0) {
			return n < 0 ? -errno : -EPIPE;
		}
		line->len += (size_t)n;
	}
	return 0;
}

/*
 * Send TEXT, read a line. A daemon that closes before it has read the question (it is
 * busy) has said so first: that is waiting to be read when sending fails.
 */
static int exchange(int fd, const char *text, struct ph_buf *line)
{
	int sent = send_all(fd, text, strlen(text));
	int rc;

	if (sent == 0) {
		sent = send_all(fd, "\n", 1);
	}
	rc = read_line(fd, line);
	return rc < 0 && sent < 0 ? sent : rc;
}

int ph_ask_daemon(const char *dir, const json_t *request, json_t **answer_out,
		  struct ph_error *err)
{
	struct ph_buf line = { 0 };
	char *text = NULL;
	json_t *answer;
	int fd = connect_to(dir);
	int rc;

	if (fd < 0) {
		return fd == -ENOENT || fd == -ECONNREFUSED || fd == -ENOTDIR
			       ? -ENOENT
			       : ph_fail_errno(err, fd,
					       "talking to the running packhorsed");
	}
	text = json_dumps(request, JSON_COMPACT);
	if (!text) {
		rc = ph_fail_errno(err, -ENOMEM, "asking the running packhorsed");
		goto out;
	}
	if (strlen(text) > PH_LINE_MAX) {
		rc = ph_fail(err, PH_EXIT_USAGE, -EMSGSIZE,
			     "that is too much for one command: the running packhorsed "
			     "takes %d bytes",
			     PH_LINE_MAX);
		goto out;
	}
	rc = exchange(fd, text, &line);
	if (rc < 0) {
		rc = ph_fail(err, PH_EXIT_OTHER, rc,
			     "the running packhorsed went away before it answered (%s); "
			     "the command "
			     "may have been carried out: look before you give it again",
			     strerror(-rc));
		goto out;
	}
	answer = json_loadb((const char *)line.data, line.len, JSON_REJECT_DUPLICATES,
			    NULL);
	if (!answer) {
		rc = ph_fail(err, PH_EXIT_OTHER, -EBADMSG,
			     "the running packhorsed answered something that is no JSON");
		goto out;
	}
	*answer_out = answer;
out:
	free(text);
	ph_buf_deinit(&line);
	close(fd);
	return rc;
}

static int ask_folder(const struct ph_cli *cli, const json_t *request,
		      json_t **answer_out, struct ph_error *err)
{
	struct ph_hub *hub;
	int rc = ph_hub_open(&hub,
			     &(struct ph_hub_config){ .dir = cli->dir,
						      .who = cli->command->name,
						      .wait_ms = LOCK_WAIT_MS,
						      .clock = ph_clock_system,
						      .rng = ph_rng_system },
			     err);

	if (rc < 0) {
		return rc;
	}
	*answer_out = ph_hub_command(hub, request);
	ph_hub_close(hub);
	return *answer_out ? 0 : ph_fail_errno(err, -ENOMEM, "answering");
}

/* 0, or the refusal that ANSWER is. */
static int check_answer(const json_t *answer, struct ph_error *err)
{
	const json_t *status = json_object_get(answer, "exit");
	const char *words = json_string_value(json_object_get(answer, "error"));

	if (!json_is_integer(status)) {
		return ph_fail(err, PH_EXIT_OTHER, -EBADMSG,
			       "what the running packhorsed said is no answer; it may be "
			       "of another version: restart it");
	}
	if (json_integer_value(status) != 0) {
		return ph_fail(err, (enum ph_exit)json_integer_value(status), -EREMOTEIO,
			       "%s",
			       words ? words : "packhorsed refused without saying why");
	}
	return 0;
}

int ph_ask(const struct ph_cli *cli, json_t *request, json_t **answer_out,
	   struct ph_error *err)
{
	json_t *answer = NULL;
	int rc = request ? ph_ask_daemon(cli->dir, request, &answer, err) : -ENOMEM;

	if (rc == -ENOENT) {
		rc = ask_folder(cli, request, &answer, err);
		if (rc == 0) {
			json_object_set_new(answer, "running", json_false());
		}
	}
	json_decref(request);
	if (rc < 0) {
		return rc;
	}
	rc = check_answer(answer, err);
	if (rc < 0) {
		json_decref(answer);
		return rc;
	}
	json_object_del(answer, "exit");
	if (answer_out) {
		*answer_out = answer;
	} else {
		json_decref(answer);
	}
	return 0;
}

json_t *ph_request(const char *command)
{
	return json_pack("{s:s}", "command", command);
}

int ph_request_set(json_t *request, const char *name, const char *text,
		   struct ph_error *err)
{
	struct ph_buf nfc = { 0 };
	int rc;

	if (!text) {
		return 0;
	}
	rc = ph_text_nfc(ph_view_str(text), &nfc);
	if (rc > 0) {
		rc = ph_fail(err, PH_EXIT_USAGE, -EINVAL, "%s: %s", name,
			     rc == PH_TEXT_E_CONTROL ? "holds a control character"
						     : "is not UTF-8 text");
	} else if (rc == 0) {
		rc = json_object_set_new(
			     request, name,
			     json_stringn(nfc.len ? (const char *)nfc.data : "", nfc.len))
			     ? -ENOMEM
			     : 0;
	}
	ph_buf_deinit(&nfc);
	return rc;
}
