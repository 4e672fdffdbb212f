/*
 * client/borrow.c - a command asks the agent: do it, or lend me the folder.
 *
 * One connection, one line, one answer. A request to do it names the command, its options
 * and words as they were parsed here, and the language; the answer's line says how many
 * bytes for standard output and standard error follow, and the exit status. The loan of a
 * folder lasts as long as the connection.
 *
 * No agent, one that is stopping, or one of another version: the command is run here, and
 * the folder's lock decides as ever. An agent that goes away between question and answer
 * is an error that says so, since the command may have been carried out. Words that are no
 * UTF-8, or too many for a line, are not sent; the command then runs here.
 */
#include "client/borrow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "common/base/json_memory.h"
#include "common/base/limits.h"
#include "common/base/owner.h"
#include "common/base/secret.h"
#include "common/cli/export.h"
#include "common/cli/local.h"
#include "common/cli/out.h"

#define MARGIN_MS 2000 /* the agent says "in use" by itself when the wait is over */
#define HEAD_MAX  4096 /* bytes of the line of an answer */

/* Members of an answer's line. */
struct answer {
	const char *desk; /* the secret of the desk, in hexadecimal digits; NULL: none */
	json_int_t exit;
	const char *error;
	bool again; /* nothing was done: do it yourself */
	size_t out, err;
	json_t *object; /* `error` borrows from it */
	struct ph_view rest;
};

static void answer_deinit(struct answer *answer)
{
	if (answer->desk) {
		explicit_bzero((char *)answer->desk, strlen(answer->desk));
	}
	json_decref(answer->object);
	answer->object = NULL;
}

/* 0, or -EBADMSG. */
static int read_answer(const struct ph_buf *buf, struct answer *answer)
{
	const uint8_t *end = memchr(buf->data, '\n', buf->len);
	json_int_t out = 0;
	json_int_t err = 0;
	int again = 0;

	memset(answer, 0, sizeof(*answer));
	answer->object = ph_json_loadb((const char *)buf->data, (size_t)(end - buf->data),
				       JSON_REJECT_DUPLICATES, NULL);
	if (!answer->object ||
	    json_unpack(answer->object, "{s:I, s?s, s?b, s?I, s?I, s?s}", "exit",
			&answer->exit, "error", &answer->error, "again", &again, "out",
			&out, "err", &err, "desk", &answer->desk) != 0 ||
	    answer->exit < 0 || answer->exit > 255 || out < 0 || err < 0 ||
	    out > PH_AGENT_ANSWER_MAX || err > PH_AGENT_ANSWER_MAX) {
		answer_deinit(answer);
		return -EBADMSG;
	}
	answer->again = again != 0;
	answer->out = (size_t)out;
	answer->err = (size_t)err;
	answer->rest = PH_VIEW(end + 1, buf->len - (size_t)(end + 1 - buf->data));
	return 0;
}

/* --- the folder --- */

static void set_patience(int fd, unsigned ms)
{
	struct timeval time = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof(time));
}

/* 0 or -ENOMEM. */
static int take_desk(const struct answer *answer, struct ph_loan *loan)
{
	if (!answer->desk) {
		return 0;
	}
	loan->desk = ph_secret_new(PH_BOX_SECRET_SIZE);
	if (!loan->desk) {
		return -ENOMEM;
	}
	if (ph_unhex(loan->desk, PH_BOX_SECRET_SIZE, answer->desk, strlen(answer->desk)) <
	    0) {
		ph_secret_free(loan->desk);
		loan->desk = NULL;
	}
	return 0;
}

/* What the agent on FD says to a request for the folder: 0, 1 nobody there, or negative. */
static int ask_loan(int fd, const struct ph_site_config *config, struct ph_loan *loan,
		    struct ph_error *err)
{
	struct ph_buf buf = { 0 };
	struct answer answer = { 0 };
	json_t *request = json_pack("{s:s, s:s, s:i}", "command", "lend", "who",
				    config->who, "wait_ms", (int)config->wait_ms);
	char *line = request ? ph_json_dumps(request, JSON_COMPACT) : NULL;
	int rc = line ? ph_buf_secret(&buf, HEAD_MAX) : -ENOMEM;

	rc = rc < 0 ? rc : ph_local_exchange(fd, line, HEAD_MAX, &buf);
	if (rc == 0) {
		rc = read_answer(&buf, &answer);
	}
	if (rc == 0 && answer.exit == 0 && !answer.again) {
		rc = take_desk(&answer, loan);
	}
	if (rc == -EAGAIN) {
		rc = ph_fail(err, PH_EXIT_IN_USE, -EWOULDBLOCK,
			     ph_say("%s: the agent does not give the folder away",
				    "%s: chương trình nền không giao thư mục"),
			     config->dir);
	} else if (rc == -EPIPE || rc == -ECONNRESET || (rc == 0 && answer.again)) {
		rc = 1;
	} else if (rc < 0) {
		rc = ph_fail_errno(err, rc,
				   ph_say("asking the running agent",
					  "hỏi chương trình nền đang chạy"));
	} else if (answer.exit != 0) {
		rc = ph_fail(err, (enum ph_exit)answer.exit,
			     answer.exit == PH_EXIT_IN_USE ? -EWOULDBLOCK : -EREMOTEIO,
			     "%s",
			     answer.error ? answer.error
					  : ph_say("the agent refused",
						   "chương trình nền từ chối"));
	}
	answer_deinit(&answer);
	json_decref(request);
	free(line);
	ph_buf_wipe(&buf);
	return rc;
}

int ph_borrow(struct ph_loan *loan_out, const struct ph_site_config *config,
	      struct ph_error *err)
{
	int fd = ph_local_connect(config->dir);
	int rc;

	*loan_out = (struct ph_loan){ .fd = -1 };
	if (fd < 0) {
		return 0; /* the lock will tell whether the folder is free */
	}
	set_patience(fd, config->wait_ms + MARGIN_MS);
	rc = ask_loan(fd, config, loan_out, err);
	if (rc == 0) {
		loan_out->fd = fd;
	} else {
		close(fd);
	}
	return rc < 0 ? rc : 0;
}

/* --- the command --- */

static const char *const carried[] = {
	"activity",      "card issue",     "card replace",   "card show",
	"card stop",     "case decide",    "case show",      "cases",
	"charge",        "copy add",       "copy alias",     "copy damaged",
	"copy lost",     "copy missing",   "copy reinstate", "copy relabel",
	"copy repaired", "copy set",       "copy show",      "copy unalias",
	"copy withdraw", "crate show",     "day open",       "desk lock",
	"digital-use",   "donation",       "erase-done",     "find",
	"hold cancel",   "hold place",     "hold ready",     "list",
	"loan",          "model put",      "payment",        "reader add",
	"reader block",  "reader consent", "reader merge",   "reader set",
	"reader show",   "reader unblock", "reader unmerge", "renew",
	"return",        "shift begin",    "shift end",      "signoff",
	"status",        "stop close",     "stop open",      "tally put",
	"title add",     "title merge",    "title set",      "title show",
	"title unmerge", "training",       "uncoded loan",   "uncoded return",
	"use",           "visit",          "void",           "why",
	"worker add",    "worker set",     "budget",         "plan",
	"figures",
};

static const char *const served[] = {
	"crate dispatch", "crate receive", "log",        "note",
	"privacy",        "sighting",      "budget set",
};

static bool is_among(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(names[i], name) == 0) {
			return true;
		}
	}
	return false;
}

bool ph_borrow_is_carried(const char *name)
{
	return is_among(carried, sizeof(carried) / sizeof(carried[0]), name);
}

bool ph_borrow_is_served(const char *name)
{
	return ph_borrow_is_carried(name) ||
	       is_among(served, sizeof(served) / sizeof(served[0]), name);
}

static json_t *options_of(const struct ph_cli *cli)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < cli->n_set; i++) {
		/* a NULL item makes all of it fail, as it should */
		if (json_array_append_new(list, json_pack("[s, s]", cli->set[i].name,
							  cli->set[i].value)) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static json_t *words_of(const struct ph_cli *cli)
{
	json_t *list = json_array();

	for (int i = 0; i < cli->n_args; i++) {
		if (json_array_append_new(list, json_string(cli->args[i])) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

/* The line to send; NULL: it cannot be sent. */
static char *request_line(const struct ph_cli *cli)
{
	json_t *request = json_pack(
		"{s:s, s:s, s:s, s:o, s:o, s:b, s:b, s:s, s:b}", "command", "run",
		"version", ph_cli_version(), "name", cli->command->name, "options",
		options_of(cli), "words", words_of(cli), "json", (int)cli->json, "plain",
		(int)cli->plain, "dir", cli->dir, "vietnamese", (int)ph_is_vietnamese());
	char *line = request ? ph_json_dumps(request, JSON_COMPACT) : NULL;

	json_decref(request);
	if (line && strlen(line) > PH_LINE_MAX) {
		explicit_bzero(line, strlen(line));
		free(line);
		line = NULL;
	}
	return line;
}

/* What the agent printed, on our own streams; the exit status. */
static int print(const struct ph_cli *cli, const struct answer *answer,
		 const struct ph_buf *buf, size_t head)
{
	const char *bytes = (const char *)buf->data + head;
	struct ph_error lost = { 0 };

	(void)fwrite(bytes, 1, answer->out, stdout);
	if (ph_out_flush("", &lost) < 0) {
		(void)fwrite(bytes + answer->out, 1, answer->err, stderr);
		fprintf(stderr, "%s: %s\n", cli->program->name, lost.text);
		return answer->exit > 0 ? (int)answer->exit : PH_EXIT_OTHER;
	}
	(void)fwrite(bytes + answer->out, 1, answer->err, stderr);
	return (int)answer->exit;
}

static int gone(const struct ph_cli *cli, int rc)
{
	fprintf(stderr,
		ph_say("%s: the running agent went away before it answered (%s); the "
		       "command may have been carried out: look before you give it "
		       "again\n",
		       "%s: chương trình nền ngừng trước khi trả lời (%s); lệnh có thể "
		       "đã được thực hiện: hãy xem rồi mới ra lệnh lại\n"),
		cli->program->name, ph_errno_say(rc));
	return PH_EXIT_OTHER;
}

/* The exit status, or -1: it is for us to do. */
static int hear(const struct ph_cli *cli, int fd, struct ph_buf *buf)
{
	struct answer answer = { 0 };
	size_t head;
	int status = -1;
	int rc = read_answer(buf, &answer);

	if (rc == 0 && !answer.again) {
		head = buf->len - answer.rest.len;
		rc = ph_local_read(fd, head + answer.out + answer.err, buf);
		if (rc == 0 && answer.error) {
			fprintf(stderr, "%s: %s\n", cli->program->name, answer.error);
			status = (int)answer.exit;
		} else if (rc == 0) {
			status = print(cli, &answer, buf, head);
		}
	}
	if (rc < 0) {
		status = gone(cli, rc);
	}
	answer_deinit(&answer);
	return status;
}

bool ph_borrow_is_there(const char *dir)
{
	int fd = ph_local_connect(dir);

	if (fd >= 0) {
		close(fd);
	}
	return fd >= 0;
}

struct key_line {
	char digits[2 * PH_BOX_SECRET_SIZE + 1];
	char line[128];
};

/* What opens the desk with SECRET, or (NULL) locks it, by ph_secret_new(); NULL: no memory. */
static struct key_line *key_line(const uint8_t *secret)
{
	struct key_line *made = ph_secret_new(sizeof(*made));

	if (made && secret) {
		ph_hex(made->digits, secret, PH_BOX_SECRET_SIZE);
	}
	if (made) {
		snprintf(made->line, sizeof(made->line),
			 "{\"command\":\"desk-key\",\"key\":\"%s\"}", made->digits);
	}
	return made;
}

int ph_borrow_desk(const char *dir, const uint8_t *secret, struct ph_error *err)
{
	struct key_line *said = key_line(secret);
	struct ph_buf buf = { 0 };
	struct answer answer = { 0 };
	int fd = ph_local_connect(dir);
	int rc = fd < 0 ? fd : 0;

	rc = rc < 0 ? rc : !said ? -ENOMEM : 0;
	rc = rc < 0 ? rc : ph_local_exchange(fd, said->line, HEAD_MAX, &buf);
	rc = rc < 0 ? rc : read_answer(&buf, &answer);
	if (rc == -ENOENT) {
		rc = PH_BORROW_E_NOBODY;
	} else if (rc == -EACCES || rc == -EPERM) {
		rc = ph_fail_owner(err, rc, dir);
	} else if (rc < 0) {
		rc = ph_fail_errno(err, rc,
				   ph_say("asking the running agent",
					  "hỏi chương trình nền đang chạy"));
	} else if (answer.exit != 0) {
		rc = ph_fail(err, (enum ph_exit)answer.exit, -EREMOTEIO, "%s",
			     answer.error ? answer.error
					  : ph_say("the agent refused",
						   "chương trình nền từ chối"));
	}
	if (fd >= 0) {
		close(fd);
	}
	answer_deinit(&answer);
	ph_buf_wipe(&buf);
	ph_secret_free(said);
	return rc;
}

bool ph_borrow_hands(const struct ph_cli *cli, int *status_out)
{
	struct ph_buf buf = { 0 };
	char *line = NULL;
	int status = -1;
	int fd = -1;

	/* a file is written by who asks for it, with the folder lent */
	if (ph_borrow_is_carried(cli->command->name) && !ph_export_is_asked(cli)) {
		fd = ph_local_connect(cli->dir);
	}
	line = fd >= 0 ? request_line(cli) : NULL;
	if (line) {
		int rc = ph_local_exchange(fd, line, HEAD_MAX, &buf);

		if (rc < 0) {
			status = gone(cli, rc);
		} else {
			status = hear(cli, fd, &buf);
		}
		explicit_bzero(line, strlen(line)); /* it may name a reader */
		free(line);
	}
	if (fd >= 0) {
		close(fd);
	}
	ph_buf_wipe(&buf);
	*status_out = status;
	return status >= 0;
}
