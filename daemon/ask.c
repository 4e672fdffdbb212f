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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/json_memory.h"
#include "common/base/limits.h"
#include "common/base/owner.h"
#include "common/base/text.h"
#include "common/cli/export.h"
#include "common/cli/local.h"
#include "common/cli/out.h"
#include "daemon/config.h"
#include "daemon/hub.h"

#define LOCK_WAIT_MS 5000
#define ANSWER_MAX   (64u << 20)

int ph_ask_daemon(const char *dir, const json_t *request, json_t **answer_out,
		  struct ph_error *err)
{
	struct ph_buf line = { 0 };
	char *text = NULL;
	uint64_t shortages = ph_json_shortages();
	json_t *answer;
	int fd = ph_local_connect(dir);
	int rc;

	if (fd == -EACCES || fd == -EPERM) {
		return ph_fail_owner(err, fd, dir);
	}
	if (fd < 0) {
		return fd == -ENOENT
			       ? -ENOENT
			       : ph_fail_errno(
					 err, fd,
					 ph_say("talking to the running packhorsed",
						"nói chuyện với packhorsed đang chạy"));
	}
	text = ph_json_dumps(request, JSON_COMPACT);
	if (!text) {
		rc = ph_fail_errno(err, -ENOMEM,
				   ph_say("asking the running packhorsed",
					  "hỏi packhorsed đang chạy"));
		goto out;
	}
	if (strlen(text) > PH_LINE_MAX) {
		rc = ph_fail(err, PH_EXIT_USAGE, -EMSGSIZE,
			     ph_say("that is too much for one command: the running "
				    "packhorsed takes %d bytes",
				    "quá nhiều cho một lệnh: packhorsed đang chạy nhận "
				    "%d byte"),
			     PH_LINE_MAX);
		goto out;
	}
	rc = ph_local_exchange(fd, text, ANSWER_MAX, &line);
	if (rc < 0) {
		rc = ph_fail(
			err, PH_EXIT_OTHER, rc,
			ph_say("the running packhorsed went away before it answered "
			       "(%s); the command may have been carried out: look before "
			       "you give it again",
			       "packhorsed đang chạy ngừng trước khi trả lời (%s); lệnh "
			       "có thể đã được thực hiện: hãy xem rồi mới ra lệnh lại"),
			ph_errno_say(rc));
		goto out;
	}
	answer = ph_json_loadb((const char *)line.data, line.len, JSON_REJECT_DUPLICATES,
			       NULL);
	if (!answer && ph_json_shortages() != shortages) {
		rc = ph_fail_errno(err, -ENOMEM,
				   ph_say("reading what packhorsed answered",
					  "đọc câu trả lời của packhorsed"));
		goto out;
	}
	if (!answer) {
		rc = ph_fail(err, PH_EXIT_OTHER, -EBADMSG,
			     ph_say("the running packhorsed answered something that is "
				    "no JSON",
				    "packhorsed đang chạy trả lời không phải là JSON"));
		goto out;
	}
	*answer_out = answer;
out:
	free(text);
	ph_buf_deinit(&line);
	close(fd);
	return rc;
}

int ph_ask_is_served(const char *dir, struct ph_error *err)
{
	int fd = ph_local_connect(dir);

	if (fd < 0) {
		return fd == -ENOENT ? 0 : ph_fail_owner(err, fd, dir);
	}
	close(fd);
	return 1;
}

static int ask_folder(const struct ph_cli *cli, const json_t *request,
		      json_t **answer_out, struct ph_error *err)
{
	struct ph_settings settings;
	struct ph_error unsaid = { 0 };
	struct ph_hub *hub;
	int rc = ph_hub_open(&hub,
			     &(struct ph_hub_config){ .dir = cli->dir,
						      .witness = cli->dir,
						      .who = cli->command->name,
						      .wait_ms = LOCK_WAIT_MS,
						      .clock = ph_clock_system,
						      .watches_clock = true,
						      .rng = ph_rng_system },
			     err);

	if (rc < 0) {
		return rc;
	}
	ph_settings_init(
		&settings); /* whatever is wrong with the file is for `serve` to say */
	(void)ph_settings_load(&settings, cli->dir, &unsaid);
	ph_hub_bound(hub,
		     &(struct ph_hub_bounds){ .entries_a_day = settings.entries_a_day,
					      .entries_saved = settings.entries_saved });
	*answer_out = ph_hub_command(hub, request);
	ph_hub_close(hub);
	return *answer_out ? 0
			   : ph_fail_errno(err, -ENOMEM, ph_say("answering", "trả lời"));
}

int ph_ask_check(const json_t *answer, struct ph_error *err)
{
	const json_t *status = json_object_get(answer, "exit");
	const char *words = json_string_value(json_object_get(answer, "error"));

	if (!json_is_integer(status)) {
		return ph_fail(err, PH_EXIT_OTHER, -EBADMSG,
			       ph_say("what the running packhorsed said is no answer; it "
				      "may be of another version: restart it",
				      "lời của packhorsed đang chạy không phải là câu "
				      "trả lời; có thể khác phiên bản: hãy chạy lại nó"));
	}
	if (json_integer_value(status) != 0) {
		return ph_fail(err, (enum ph_exit)json_integer_value(status), -EREMOTEIO,
			       "%s",
			       words ? words
				     : ph_say("packhorsed refused without saying why",
					      "packhorsed từ chối mà không nói lý do"));
	}
	return 0;
}

/* Names that were asked for and are not in ANSWER: why. */
static void tell_withheld(const json_t *answer)
{
	if (json_object_get(answer, "withheld")) {
		fprintf(stderr, "%s",
			ph_say("packhorsed: names are withheld until `packhorsed restore "
			       "end`: erasures of the lost days may still come\n",
			       "packhorsed: chưa cho xem tên trước lệnh `packhorsed "
			       "restore end`: lệnh xóa của những ngày bị mất có thể còn "
			       "gửi lại\n"));
	}
}

int ph_ask(const struct ph_cli *cli, json_t *request, json_t **answer_out,
	   struct ph_error *err)
{
	json_t *answer = NULL;
	int rc;

	if (request) { /* whoever answers speaks as we do */
		ph_request_put(&request, "language",
			       json_string(ph_is_vietnamese() ? "vi" : "en"));
	}
	rc = request ? ph_ask_daemon(cli->dir, request, &answer, err) : -ENOMEM;

	if (rc == -ENOENT) {
		rc = ask_folder(cli, request, &answer, err);
		if (rc == 0 &&
		    json_object_set_new(answer, "running", json_false()) != 0) {
			json_decref(answer);
			rc = ph_fail_errno(err, -ENOMEM,
					   ph_say("the answer", "câu trả lời"));
		}
	}
	json_decref(request);
	if (rc < 0) {
		return rc;
	}
	rc = ph_ask_check(answer, err);
	if (rc < 0) {
		json_decref(answer);
		return rc;
	}
	json_object_del(answer, "exit");
	tell_withheld(answer);
	if (answer_out) {
		*answer_out = answer;
	} else {
		json_decref(answer);
	}
	return 0;
}

/* Where the next page begins; NULL: there is none. */
static const char *next_of(const json_t *answer)
{
	const char *next = json_string_value(json_object_get(answer, "next"));

	return next && next[0] ? next : NULL;
}

/* ALL goes on with MORE, the next page of MEMBER, and says what follows that. */
static int join_pages(json_t *all, const json_t *more, const char *member)
{
	const char *next = next_of(more);

	return json_array_extend(json_object_get(all, member),
				 json_object_get(more, member)) != 0 ||
			       json_object_set_new(all, "next",
						   json_string(next ? next : "")) != 0
		       ? -ENOMEM
		       : 0;
}

int ph_ask_pages(const struct ph_cli *cli, json_t *request, const char *member,
		 json_t **answer_out, struct ph_error *err)
{
	bool is_all = ph_export_is_asked(cli) && !ph_cli_has(cli, "limit");
	json_t *all = NULL;
	const char *next;
	int rc = ph_ask(cli, json_incref(request), &all, err);

	while (rc == 0 && is_all && (next = next_of(all)) != NULL) {
		json_t *more;

		rc = json_object_set_new(request, "after", json_string(next)) != 0
			     ? -ENOMEM
			     : 0;
		rc = rc != 0 ? rc : ph_ask(cli, json_incref(request), &more, err);
		if (rc == 0) {
			rc = join_pages(all, more, member);
			json_decref(more);
		}
	}
	json_decref(request);
	if (rc < 0) {
		json_decref(all);
		return rc;
	}
	*answer_out = all;
	return 0;
}

json_t *ph_request(const char *command)
{
	return json_pack("{s:s}", "command", command);
}

void ph_request_put(json_t **request, const char *name, json_t *value)
{
	if (json_object_set_new(*request, name, value) != 0) {
		json_decref(*request);
		*request = NULL;
	}
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
			     rc == PH_TEXT_E_CONTROL ? ph_say("holds a control character",
							      "có ký tự điều khiển")
						     : ph_say("is not UTF-8 text",
							      "không phải là chữ UTF-8"));
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
