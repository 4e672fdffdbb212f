/*
 * tests/unit/test_ask.c - a command's question: to a daemon that answers, dies, talks
 * nonsense or is not there, and what goes into a request.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/limits.h"
#include "daemon/ask.h"

static char dir[] = "/tmp/ph-ask-XXXXXX";

static int make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -r '%s'", dir);
	return system(command);
}

/* As fork(): the child has the socket of the folder. */
static pid_t fork_listening(int *fd_out)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	pid_t pid;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", dir);
	(void)unlink(address.sun_path);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 1), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid > 0) {
		close(fd);
	}
	*fd_out = fd;
	return pid;
}

/* A daemon that takes one connection: reads a line if it LISTENS, says ANSWER, closes. */
static pid_t start_daemon(bool listens, const char *answer)
{
	int fd;
	pid_t pid = fork_listening(&fd);

	if (pid > 0) {
		return pid;
	}

	int peer = accept(fd, NULL, NULL);
	char c = 0;

	alarm(20);
	signal(SIGPIPE, SIG_IGN); /* whoever asks may be gone by then */
	while (listens && c != '\n' && read(peer, &c, 1) == 1) {
	}
	_exit(write(peer, answer, strlen(answer)) < 0 && errno != EPIPE);
}

/* The same, of N connections; each question must have in it what belongs to its answer. */
static pid_t start_pages(const char *const (*pages)[2], int n)
{
	int fd;
	pid_t pid = fork_listening(&fd);

	if (pid > 0) {
		return pid;
	}
	alarm(20);
	for (int i = 0; i < n; i++) {
		int peer = accept(fd, NULL, NULL);
		char line[4096] = "";

		for (size_t len = 0; len + 1 < sizeof(line) &&
				     read(peer, line + len, 1) == 1 && line[len] != '\n';
		     len++) {
		}
		if (!strstr(line, pages[i][0]) ||
		    write(peer, pages[i][1], strlen(pages[i][1])) < 0) {
			_exit(1);
		}
		close(peer);
	}
	_exit(0);
}

static void end_daemon(pid_t pid)
{
	int status = 0;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static struct ph_cli cli_of(const struct ph_cli_command *command)
{
	return (struct ph_cli){ .dir = dir, .command = command };
}

static void test_answers(void **state)
{
	static const struct {
		const char *name;
		const char *answer;
		int rc;
		enum ph_exit exit;
		const char *words;
	} cases[] = {
		{ "good", "{\"exit\":0,\"n\":7}\n", 0, 0, "" },
		{ "refusal", "{\"exit\":17,\"error\":\"it is in use\"}\n", -EREMOTEIO,
		  PH_EXIT_IN_USE, "it is in use" },
		{ "refusal without words", "{\"exit\":1}\n", -EREMOTEIO, PH_EXIT_OTHER,
		  "without saying why" },
		{ "no exit", "{}\n", -EBADMSG, PH_EXIT_OTHER, "no answer" },
		{ "exit of no number", "{\"exit\":\"0\"}\n", -EBADMSG, PH_EXIT_OTHER,
		  "no answer" },
		{ "no object", "[]\n", -EBADMSG, PH_EXIT_OTHER, "no answer" },
		{ "no JSON", "hello\n", -EBADMSG, PH_EXIT_OTHER, "no JSON" },
		{ "a member twice", "{\"exit\":0,\"exit\":1}\n", -EBADMSG, PH_EXIT_OTHER,
		  "no JSON" },
		{ "nothing", "", -EPIPE, PH_EXIT_OTHER, "may have been carried out" },
		{ "half a line", "{\"exit\":0", -EPIPE, PH_EXIT_OTHER,
		  "may have been carried out" },
	};
	const struct ph_cli_command command = { .name = "status" };
	struct ph_cli cli = cli_of(&command);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		pid_t pid = start_daemon(true, cases[i].answer);
		struct ph_error err = { 0 };
		json_t *answer = NULL;
		int rc = ph_ask(&cli, ph_request("status"), &answer, &err);

		end_daemon(pid);
		if (rc != cases[i].rc || err.exit != cases[i].exit ||
		    !strstr(err.text, cases[i].words)) {
			fail_msg("%s: %d, exit %d, \"%s\"", cases[i].name, rc, err.exit,
				 err.text);
		}
		if (rc == 0) {
			assert_int_equal(json_integer_value(json_object_get(answer, "n")),
					 7);
			assert_null(json_object_get(answer, "exit"));
			assert_null(json_object_get(answer, "running"));
		} else {
			assert_null(answer);
		}
		json_decref(answer);
	}
}

#define PAGE_ONE "{\"exit\":0,\"items\":[1,2],\"next\":\"aa\"}\n"
#define PAGE_TWO "{\"exit\":0,\"items\":[3],\"next\":\"bb\"}\n"
#define PAGE_END "{\"exit\":0,\"items\":[4],\"next\":\"\"}\n"
#define PAGE_BAD "{\"exit\":1,\"error\":\"the disk failed\"}\n"

/* A file is given all pages, people the one that they asked for. */
static void test_pages(void **state)
{
	static const char *const all[][2] = { { "\"list\"", PAGE_ONE },
					      { "\"after\":\"aa\"", PAGE_TWO },
					      { "\"after\":\"bb\"", PAGE_END } };
	static const char *const broken[][2] = { { "\"list\"", PAGE_ONE },
						 { "\"after\":\"aa\"", PAGE_BAD } };
	static const struct {
		const char *option, *other; /* that are given */
		const char *const (*pages)[2];
		int n_pages;
		int rc;
		size_t n_items;
	} cases[] = {
		{ "csv", NULL, all, 3, 0, 4 },
		{ "xlsx", NULL, all, 3, 0, 4 },
		{ NULL, NULL, all, 1, 0, 2 },
		{ "csv", "limit", all, 1, 0, 2 },
		{ "csv", NULL, all + 2, 1, 0, 1 },
		{ "csv", NULL, broken, 2, -EREMOTEIO, 0 },
	};
	const struct ph_cli_command command = { .name = "list" };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *const(*pages)[2] = cases[i].pages;
		pid_t pid = start_pages(pages, cases[i].n_pages);
		struct ph_cli cli = cli_of(&command);
		struct ph_error err = { 0 };
		json_t *request = ph_request("list");
		json_t *answer = NULL;
		int rc;

		if (pages == all + 2) {
			json_object_set_new(request, "after", json_string("bb"));
		}
		cli.set[0].name = cases[i].option ? cases[i].option : "names";
		cli.set[1].name = cases[i].other ? cases[i].other : "names";
		cli.set[0].value = cli.set[1].value = "";
		cli.n_set = 2;
		rc = ph_ask_pages(&cli, request, "items", &answer, &err);
		end_daemon(pid);
		if (rc != cases[i].rc || json_array_size(json_object_get(
						 answer, "items")) != cases[i].n_items) {
			fail_msg("case %zu: %d, %s", i, rc, err.text);
		}
		json_decref(answer);
	}
}

/* One that has too many talks under way says so and closes, without reading the question. */
static void test_told_before_asking(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		pid_t pid =
			start_daemon(false, "{\"exit\":75,\"error\":\"try later\"}\n");
		json_t *request = ph_request("commune-add");
		char *text = malloc(100000);
		struct ph_error err = { 0 };
		json_t *answer = NULL;

		assert_non_null(text);
		memset(text, 'x', 99999);
		text[99999] = '\0';
		json_object_set_new(request, "text", json_string(text));
		free(text);
		if (ph_ask_daemon(dir, request, &answer, &err) != 0) {
			fail_msg("%s", err.text);
		}
		assert_int_equal(json_integer_value(json_object_get(answer, "exit")), 75);
		json_decref(answer);
		json_decref(request);
		end_daemon(pid);
	}
}

/* The daemon takes lines of PH_LINE_MAX bytes; a longer one is not even sent. */
static void test_line_limit(void **state)
{
	(void)state;
	for (int over = -1; over <= 1; over++) {
		static const char frame[] = "{\"command\":\"x\",\"text\":\"\"}";
		size_t len = (size_t)(PH_LINE_MAX + over) - strlen(frame);
		pid_t pid = over > 0 ? 0 : start_daemon(true, "{\"exit\":0}\n");
		json_t *request = ph_request("x");
		char *text = malloc(len + 1);
		struct ph_error err = { 0 };
		json_t *answer = NULL;
		int rc;

		if (over > 0) {
			/* a daemon there is, but it is not bothered */
			pid = start_daemon(false, "{\"exit\":0}\n");
		}
		assert_non_null(text);
		memset(text, 'x', len);
		text[len] = '\0';
		json_object_set_new(request, "text", json_string(text));
		free(text);
		rc = ph_ask_daemon(dir, request, &answer, &err);
		if (over > 0) {
			assert_int_equal(rc, -EMSGSIZE);
			assert_int_equal(err.exit, PH_EXIT_USAGE);
			assert_null(answer);
		} else {
			assert_int_equal(rc, 0);
		}
		end_daemon(pid);
		json_decref(answer);
		json_decref(request);
	}
}

/* Without a daemon the folder is asked; here there is no hub in it. */
static void test_no_daemon(void **state)
{
	const struct ph_cli_command command = { .name = "status" };
	struct ph_cli cli = cli_of(&command);
	char path[64];

	(void)state;
	snprintf(path, sizeof(path), "%s/socket", dir);
	for (int dead = 0; dead < 2; dead++) {
		struct ph_error err = { 0 };
		json_t *request = ph_request("status");
		json_t *answer = NULL;

		if (dead) {
			/* a socket that a daemon left when it was killed */
			pid_t pid = start_daemon(true, "");
			struct ph_error unused = { 0 };

			(void)ph_ask_daemon(dir, request, &answer, &unused);
			end_daemon(pid);
		} else {
			(void)unlink(path);
		}
		assert_int_equal(ph_ask_daemon(dir, request, &answer, &err), -ENOENT);
		assert_string_equal(err.text, "");
		assert_int_equal(ph_ask(&cli, request, &answer, &err), -ENOENT);
		assert_int_equal(err.exit, PH_EXIT_NOT_ENROLLED);
		assert_null(answer);
	}
	cli.dir = "/nonexistent/folder";

	struct ph_error err = { 0 };

	assert_int_equal(ph_ask(&cli, ph_request("status"), NULL, &err), -ENOENT);
	assert_int_equal(err.exit, PH_EXIT_NOT_ENROLLED);
	assert_int_equal(ph_ask(&cli, NULL, NULL, &err), -ENOMEM);
}

static void test_request_set(void **state)
{
	static const struct {
		const char *text;
		int rc;
		const char *kept; /* NULL: left out */
	} cases[] = {
		{ "14-0371", 0, "14-0371" },
		{ "To\xcc\x82 Hie\xcc\xa3\xcc\x82u", 0, "Tô Hiệu" },
		{ "", 0, "" },
		{ NULL, 0, NULL },
		{ "a\tb", -EINVAL, NULL },
		{ "a\x7f", -EINVAL, NULL },
		{ "a\xff", -EINVAL, NULL },
		{ "\xed\xa0\x80", -EINVAL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_t *request = ph_request("x");
		struct ph_error err = { 0 };

		assert_int_equal(ph_request_set(request, "name", cases[i].text, &err),
				 cases[i].rc);

		const char *kept = json_string_value(json_object_get(request, "name"));

		if (cases[i].kept) {
			assert_non_null(kept);
			assert_string_equal(kept, cases[i].kept);
		} else {
			assert_null(kept);
		}
		assert_int_equal(err.exit, cases[i].rc < 0 ? PH_EXIT_USAGE : 0);
		json_decref(request);
	}
	assert_int_equal(ph_request_set(NULL, "name", "a", NULL), -ENOMEM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_told_before_asking),
		cmocka_unit_test(test_line_limit),
		cmocka_unit_test(test_no_daemon),
		cmocka_unit_test(test_request_set),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
