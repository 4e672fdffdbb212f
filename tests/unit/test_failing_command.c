/*
 * tests/unit/test_failing_command.c - memory fails once at each place while a command asks the hub and
 * works up what it answers (daemon/cmd_keys.c, daemon/cmd_record.c).
 *
 * The hub is a process of its own, as the daemon is, in which nothing fails. A command whose memory
 * fails says so, or has all that there is; an answer that it cannot work up is released, which
 * AddressSanitizer sees.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fail_at.h"
#include "hub_room.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture.h"
#include "common/base/json_memory.h"
#include "common/cli/local.h"
#include "daemon/cmd_keys.h"

struct town {
	struct hub_room room;
	pid_t hub;
	int folder;
};

/* --- the hub --- */

/* The question of PEER is answered, if there is one. */
static void answer(struct ph_hub *hub, int peer)
{
	struct ph_buf line = { 0 };
	json_t *request, *said;
	char *text;
	char c = 0;

	while (c != '\n' && read(peer, &c, 1) == 1) {
		if (ph_buf_put_u8(&line, (uint8_t)c) != 0) {
			_exit(1);
		}
	}
	request = c == '\n' ? ph_json_loadb((const char *)line.data, line.len, 0, NULL)
			    : NULL;
	said = request ? ph_hub_command(hub, request) : NULL;
	text = said ? ph_json_dumps(said, JSON_COMPACT) : NULL;
	if (text) { /* who asked may be gone */
		(void)!send(peer, text, strlen(text), MSG_NOSIGNAL);
		(void)!send(peer, "\n", 1, MSG_NOSIGNAL);
	}
	free(text);
	json_decref(said);
	json_decref(request);
	ph_buf_deinit(&line);
	close(peer);
}

static void serve(struct hub_room *room, int listens)
{
	struct ph_hub_config config = hub_config(room);
	struct ph_hub *hub = NULL;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 ||
	    ph_hub_open(&hub, &config, NULL) != 0) {
		_exit(1);
	}
	for (;;) {
		int peer = accept(listens, NULL, NULL);

		if (peer < 0) {
			_exit(1);
		}
		answer(hub, peer);
	}
}

static int set_up(void **state)
{
	struct town *town = calloc(1, sizeof(*town));
	int listens;

	assert_non_null(town);
	hub_open(&town->room);
	ph_hub_close(town->room.hub);
	town->folder = open(town->room.dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	listens = ph_local_bind(town->folder);
	assert_true(listens >= 0);
	assert_int_equal(fcntl(listens, F_SETFL, 0), 0); /* it waits */
	assert_int_equal(listen(listens, 4), 0);
	town->hub = fork();
	assert_true(town->hub >= 0);
	if (town->hub == 0) {
		serve(&town->room, listens);
	}
	close(listens);
	*state = town;
	return 0;
}

static int tear_down(void **state)
{
	struct town *town = *state;

	assert_int_equal(kill(town->hub, SIGKILL), 0);
	assert_int_equal(waitpid(town->hub, NULL, 0), town->hub);
	ph_local_unbind(town->folder);
	close(town->folder);
	hub_start(&town->room);
	hub_close(&town->room);
	free(town);
	return 0;
}

/* --- commands --- */

/* Whether RC and ERR say that there was no memory; without words `main` says it by RC. */
static bool is_short(int rc, const struct ph_error *err)
{
	return rc == failing.as && (!err->text[0] || (err->exit == PH_EXIT_OTHER &&
						      !strstr(err->text, "damaged")));
}

/* Each key is told with its state, and its name if its file is in the folder, or the command fails. */
static void test_keys(void **state)
{
	struct town *town = *state;
	const struct ph_cli cli = { .dir = town->room.dir, .command = ph_cmds_keys };
	json_t *whole = NULL;
	unsigned failed = 0;
	bool hit;

	assert_int_equal(ph_cmd_keys_ask(&cli, &whole, NULL), 0);
	assert_non_null(json_object_get(
		json_array_get(json_object_get(whole, "operators"), 0), "name"));
	do {
		struct ph_error err = { .exit = PH_EXIT_DONE };
		json_t *said = NULL;

		failing_arm();

		int rc = ph_cmd_keys_ask(&cli, &said, &err);

		hit = failing_disarm();
		failed += hit;
		if (rc == 0 ? !json_equal(said, whole) : !hit || !is_short(rc, &err)) {
			failing_show();
			fail_msg("%d, exit %d: %s", rc, (int)err.exit, err.text);
		}
		json_decref(said);
	} while (hit);
	print_message("# %u failures\n", failed);
	assert_true(failed > 20);
	json_decref(whole);
}

/* A line is answered with what was written, and its number, or the command fails. */
static void test_record(void **state)
{
	struct town *town = *state;
	char path[128];
	char *args[] = { path };
	struct ph_cli cli = { .dir = town->room.dir,
			      .command = ph_cmds_record,
			      .n_args = 1,
			      .args = args };
	unsigned failed = 0;
	bool hit;

	snprintf(path, sizeof(path), "%s/lines", town->room.dir);
	assert_int_equal(
		ph_file_write(path,
			      ph_view_str("{\"kind\":\"target-put\",\"indicator\":\"A\","
					  "\"year\":2026,\"value\":1}\n"),
			      0600, NULL),
		0);
	do {
		struct ph_error err = { .exit = PH_EXIT_DONE };
		struct capture told;

		capture_start(&told, NULL);
		failing_arm();

		int rc = cli.command->run(&cli, &err);

		hit = failing_disarm();
		capture_end(&told);
		failed += hit;
		if (rc == PH_EXIT_DONE ? !strstr(told.text[0], "\"ref\":") ||
						 !strstr(told.text[0], "\"line\":")
				       : !hit || !is_short(rc, &err)) {
			failing_show();
			fail_msg("%d, exit %d: %s; %s", rc, (int)err.exit, err.text,
				 told.text[0]);
		}
	} while (hit);
	print_message("# %u failures\n", failed);
	assert_true(failed > 20);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_keys, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_record, set_up, tear_down),
	};

	failing_start();
	ph_json_watch();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_pattern, remove_pattern);
}
