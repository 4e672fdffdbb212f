/*
 * client/cmd_desk_open.c - packhorse desk: the address of the desk's page, with a token.
 *
 * The token is asked of the running agent over its socket in the folder, so whoever may
 * read the folder may open the page. It is in no argument of a process and in no log: a
 * browser is given a file (0600), which sends it on to the address.
 */
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/commands.h"
#include "common/base/file.h"
#include "common/base/json_memory.h"
#include "common/base/owner.h"
#include "common/cli/local.h"
#include "common/cli/out.h"

#define ANSWER_MAX 4096
#define URL_MAX    160
#define PATH_SIZE  4096

extern char **environ;

/* What the agent says. 0 with the caller's *ANSWER_OUT. */
static int ask(const struct ph_cli *cli, json_t **answer_out, struct ph_error *err)
{
	struct ph_buf line = { 0 };
	const char *words;
	json_int_t exit;
	json_t *answer;
	int fd = ph_local_connect(cli->dir);
	int rc;

	if (fd == -EACCES || fd == -EPERM) {
		return ph_fail_owner(err, fd, cli->dir);
	}
	if (fd < 0) {
		return ph_fail(err, PH_EXIT_OTHER, fd,
			       ph_say("no agent keeps %s: start it (systemctl --user "
				      "start packhorse-agent, or packhorse agent)",
				      "không có chương trình nền nào giữ %s: hãy chạy nó "
				      "(systemctl --user start packhorse-agent, hoặc "
				      "packhorse agent)"),
			       cli->dir);
	}
	rc = ph_local_exchange(fd, "{\"command\":\"desk\"}", ANSWER_MAX, &line);
	close(fd);
	answer =
		rc < 0 ? NULL : ph_json_loadb((const char *)line.data, line.len, 0, NULL);
	ph_buf_wipe(&line);
	if (rc < 0 || !answer) {
		json_decref(answer);
		return ph_fail_errno(err, rc < 0 ? rc : -EBADMSG,
				     ph_say("asking the running agent",
					    "hỏi chương trình nền đang chạy"));
	}
	words = json_string_value(json_object_get(answer, "error"));
	exit = json_integer_value(json_object_get(answer, "exit"));
	if (exit != 0 || !json_is_string(json_object_get(answer, "token"))) {
		rc = ph_fail(
			err, exit != 0 ? (enum ph_exit)exit : PH_EXIT_OTHER, -EREMOTEIO,
			"%s",
			words ? words
			      : ph_say("the agent refused", "chương trình nền từ chối"));
		json_decref(answer);
		return rc;
	}
	*answer_out = answer;
	return 0;
}

static int write_page(const struct ph_cli *cli, const char *url,
		      char path[static PATH_SIZE], struct ph_error *err)
{
	struct ph_buf page = { 0 };
	int rc = ph_path_join(path, PATH_SIZE, cli->dir, "desk.html", err);

	if (rc == 0) {
		rc = ph_buf_printf(&page,
				   "<!DOCTYPE html><meta charset=\"utf-8\">"
				   "<meta http-equiv=\"refresh\" content=\"0;url=%s\">\n",
				   url);
	}
	rc = rc < 0 ? rc : ph_file_write(path, ph_buf_view(&page), 0600, err);
	ph_buf_wipe(&page);
	return rc < 0 ? ph_fail_errno(err, rc,
				      ph_say("the page for the browser",
					     "trang cho trình duyệt"))
		      : 0;
}

/* Have the person's browser open the file at PATH. */
static int open_browser(char *path, struct ph_error *err)
{
	char name[] = "xdg-open";
	char *const args[] = { name, path, NULL };
	int status = 0;
	pid_t pid;
	int rc = posix_spawnp(&pid, name, NULL, NULL, args, environ);

	if (rc == 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	    WEXITSTATUS(status) == 0) {
		return 0;
	}
	return ph_fail(err, PH_EXIT_OTHER, -ENOENT,
		       ph_say("xdg-open opened no browser; open the address of "
			      "`packhorse desk` in one",
			      "xdg-open không mở được trình duyệt; hãy mở địa chỉ của "
			      "`packhorse desk` trong trình duyệt"));
}

static int run(struct ph_cli *cli, struct ph_error *err)
{
	char path[PATH_SIZE];
	char url[URL_MAX];
	json_t *answer = NULL;
	int rc = ask(cli, &answer, err);

	if (rc < 0) {
		return rc;
	}
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/#%s",
		 (int)json_integer_value(json_object_get(answer, "port")),
		 json_string_value(json_object_get(answer, "token")));
	json_decref(answer);
	if (ph_cli_has(cli, "open")) {
		rc = write_page(cli, url, path, err);
		rc = rc < 0 ? rc : open_browser(path, err);
	} else if (cli->json || cli->plain) {
		rc = ph_out_script(cli->json,
				   json_pack("{s:i, s:s}", "schema", 1, "address", url));
	} else {
		printf("%s\n", url);
	}
	explicit_bzero(url, sizeof(url));
	return rc < 0 ? rc : PH_EXIT_DONE;
}

static const struct ph_cli_option options[] = {
	{ "open", NULL, "open it in this person's browser (xdg-open)" },
	{ NULL, NULL, NULL },
};

const struct ph_cli_command ph_cmd_desk_open = {
	.name = "desk",
	.group = "The desk",
	.args = "",
	.doc = "the address of the desk's page, good once and for a minute\n"
	       "\n"
	       "The agent serves it on this machine alone, if agent.conf says [desk] "
	       "serve = 1.",
	.options = options,
	.run = run,
};
