/*
 * tests/unit/test_failing_api.c - memory and the store fail once at each place while the hub
 * answers over HTTP.
 *
 * The whole of it: loop, store's thread, look, and a client on a socket. Each request is made
 * again and again while, each time, one call more fails (fail_at.h), on whatever thread, until
 * nothing does any more. Then it is answered with an error that says so in JSON, or as when nothing
 * fails, or the connection ends before a whole answer; and whoever asks next is answered.
 * libmicrohttpd's own memory is not ours to refuse here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fail_at.h"
#include "hub_room.h"
#include "same_shape.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/json_memory.h"
#include "daemon/account_kept.h"
#include "daemon/accounts.h"
#include "daemon/api_internal.h"
#include "daemon/hub_look.h"

#define PASSWORD "ngựa thồ sách"
#define PATIENCE 10000 /* turns of up to a millisecond, to an answer */

enum {
	NOBODY,
	VIEWER,
	OPERATOR,
	ADMIN
};

static struct world {
	struct hub_room room;
	struct ph_server server;
	char bearer[4][PH_BEARER_SIZE];
	char cheap[crypto_pwhash_STRBYTES];
	char path[128];
	bool has_ended;
	int trouble;
} world;

/* --- the daemon --- */

static void on_jobs(void *data, struct ph_job *jobs)
{
	(void)data;
	assert_null(jobs);
}

static void on_order(void *data, struct ph_order *order)
{
	(void)data;
	assert_null(order);
}

static void on_trouble(void *data, int rc)
{
	(void)data;
	world.trouble = rc;
}

static void on_ended(void *data)
{
	(void)data;
	world.has_ended = true;
	ph_api_close(&world.server);
}

static void on_gone(struct ph_server *server)
{
	(void)server;
}

static void set_accounts(void)
{
	static const struct ph_accounts_config config = { .rng = { 0 } };
	struct ph_accounts_config own = config;
	struct ph_account_kept *list = calloc(3, sizeof(*list));

	own.clock = ph_clock_system;
	own.rng = ph_rng_system;
	own.nobody = world.cheap;
	assert_non_null(list);
	assert_int_equal(crypto_pwhash_str(world.cheap, PASSWORD, strlen(PASSWORD),
					   crypto_pwhash_OPSLIMIT_MIN,
					   crypto_pwhash_MEMLIMIT_MIN),
			 0);
	assert_int_equal(ph_accounts_new(&world.server.accounts, &own), 0);
	for (unsigned role = VIEWER; role <= ADMIN; role++) {
		struct ph_account_kept *account = &list[role - 1];

		snprintf(account->name, sizeof(account->name), "%s",
			 ph_role_name((enum ph_role)role));
		account->role = (enum ph_role)role;
		strcpy(account->password, world.cheap);
		ph_bearer_make(&ph_rng_system, PH_BEARER_TOKEN, world.bearer[role]);
		assert_int_equal(ph_bearer_hash(ph_view_str(world.bearer[role]),
						account->token[0].hash, NULL),
				 0);
		account->n_tokens = 1;
	}
	ph_accounts_set(world.server.accounts, list, 3);
}

/* What it says of where it listens is no TAP. */
static int start_api(struct ph_error *err)
{
	int out = dup(STDOUT_FILENO);
	int none = open("/dev/null", O_WRONLY | O_CLOEXEC);
	int rc;

	fflush(stdout);
	assert_true(out >= 0 && none >= 0 && dup2(none, STDOUT_FILENO) >= 0);
	rc = ph_api_start(&world.server, err);
	fflush(stdout);
	assert_true(dup2(out, STDOUT_FILENO) >= 0);
	close(out);
	close(none);
	return rc;
}

static void start_server(void)
{
	struct ph_server *server = &world.server;
	struct ph_error err = { 0 };

	assert_int_equal(uv_loop_init(&server->loop), 0);
	server->loop.data = server;
	server->on_gone = on_gone;
	server->log.fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	server->log.clock = ph_clock_system;
	server->hang_ms = PH_HANG_MS;
	ph_settings_init(&server->settings);
	server->settings.web_rate = 1000000;
	snprintf(world.path, sizeof(world.path), "%s/web", world.room.dir);
	snprintf(server->settings.web, sizeof(server->settings.web), "%s", world.path);
	set_accounts();
	if (ph_hub_look_open(&server->look, world.room.hub, &err) != 0) {
		fail_msg("%s", err.text);
	}
	assert_int_equal(ph_storeworker_start(&server->worker,
					      &(struct ph_storeworker_config){
						      .loop = &server->loop,
						      .hub = world.room.hub,
						      .ops = &ph_storeworker_hub,
						      .on_jobs = on_jobs,
						      .on_order = on_order,
						      .on_trouble = on_trouble,
						      .on_ended = on_ended,
						      .data = server,
						      /* not amid a request */
						      .quiet_ms = 3600000,
						      .latest_ms = 3600000 }),
			 0);
}

static int set_up(void **state)
{
	struct ph_hub_config config;
	struct ph_error err = { 0 };
	struct member member;

	(void)state;
	memset(&world, 0, sizeof(world));
	hub_open(&world.room);
	member_open(&world.room, &member, 1, "14-0371");
	write_visits(&member, 2);
	expect_job(&world.room, hello_of(&member, all_item(&member, 0)), 0);
	member_close(&member);
	ph_hub_close(world.room.hub);
	/* the test's own disk is of no process but for one connection */
	assert_int_equal(sqlite3_vfs_register(sqlite3_vfs_find("unix"), 1), SQLITE_OK);
	config = hub_config(&world.room);
	config.is_looked_at = true;
	if (ph_hub_open(&world.room.hub, &config, &err) != 0) {
		fail_msg("%s", err.text);
	}
	start_server();
	return 0;
}

/* Let the loop do what it can, or wait for a millisecond. */
static void turn(int fd)
{
	struct pollfd fds[] = { { .fd = uv_backend_fd(&world.server.loop),
				  .events = POLLIN },
				{ .fd = fd, .events = POLLIN } };

	(void)poll(fds, fd < 0 ? 1 : 2, 1);
	(void)uv_run(&world.server.loop, UV_RUN_NOWAIT);
}

static int tear_down(void **state)
{
	struct ph_server *server = &world.server;

	(void)state;
	ph_api_stop(server, true);
	for (unsigned i = 0; i < PATIENCE && ph_api_count(server) > 0; i++) {
		turn(-1);
	}
	assert_int_equal(ph_api_count(server), 0);
	ph_storeworker_stop(server->worker);
	for (unsigned i = 0; i < PATIENCE && (!world.has_ended || server->api); i++) {
		turn(-1);
	}
	assert_true(world.has_ended);
	assert_null(server->api);
	assert_int_equal(world.trouble, 0);
	assert_int_equal(uv_run(&server->loop, UV_RUN_DEFAULT), 0);
	assert_int_equal(uv_loop_close(&server->loop), 0);
	ph_hub_look_free(server->look);
	ph_accounts_free(server->accounts);
	close(server->log.fd);
	hub_close(&world.room);
	assert_int_equal(sqlite3_vfs_register(&faulty_vfs, 1), SQLITE_OK);
	return 0;
}

/* --- the client --- */

struct reply {
	unsigned status; /* 0: it ended before a whole answer */
	char type[64];
	const char *body;
	size_t len;
	char text[262144];
};

static int dial(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(address.sun_path, world.path);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* Whether what came so far is a whole answer. */
static bool is_whole(struct reply *reply)
{
	const char *head = strstr(reply->text, "\r\n\r\n");
	const char *length = strstr(reply->text, "Content-Length: ");
	const char *type = strstr(reply->text, "Content-Type: ");
	size_t begins = head ? (size_t)(head - reply->text) + 4 : 0;

	if (!head || (length && length < head &&
		      reply->len - begins < strtoul(length + 16, NULL, 10))) {
		return false;
	}
	if (!length && reply->len == begins) {
		return false; /* of events their beginning */
	}
	reply->status = (unsigned)strtoul(reply->text + 9, NULL, 10);
	reply->body = head + 4;
	snprintf(reply->type, sizeof(reply->type), "%.*s",
		 type && type < head ? (int)strcspn(type + 14, "\r") : 0,
		 type ? type + 14 : "");
	return true;
}

static void send_all(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* All that comes until there is END at its end, behind the head of an answer. */
static void read_until(int fd, struct reply *reply, const char *end)
{
	reply->len = 0;
	for (unsigned i = 0; i < PATIENCE; i++) {
		ssize_t n = recv(fd, reply->text + reply->len,
				 sizeof(reply->text) - 1 - reply->len, MSG_DONTWAIT);

		if (n > 0) {
			reply->len += (size_t)n;
			reply->text[reply->len] = '\0';
		} else if (n == 0) {
			break;
		} else if (reply->len > 0 && strstr(reply->text, end)) {
			return;
		} else {
			turn(fd);
		}
	}
	failing_show();
	fail_msg("nothing whole comes: %s", reply->len > 0 ? reply->text : "");
}

/* As BEARER asks TEXT: what comes, and then nothing is at work for it any more. */
static void ask_web(const char *text, struct reply *reply)
{
	int fd = dial();
	bool is_done = false;
	struct ph_web_counts counts = { 0 };

	reply->status = 0;
	reply->len = 0;
	send_all(fd, text);
	for (unsigned i = 0; i < PATIENCE && !is_done; i++) {
		ssize_t n = recv(fd, reply->text + reply->len,
				 sizeof(reply->text) - 1 - reply->len, MSG_DONTWAIT);

		reply->len += n > 0 ? (size_t)n : 0;
		reply->text[reply->len] = '\0';
		is_done = (n > 0 && is_whole(reply)) || n == 0 ||
			  (n < 0 && errno != EAGAIN);
		if (n < 0 && !is_done) {
			turn(fd);
		}
	}
	close(fd);
	if (!is_done) {
		failing_show();
		fail_msg("no answer to %s", text);
	}
	for (unsigned i = 0; i < PATIENCE; i++) {
		const struct ph_api *api = world.server.api;

		turn(-1);
		ph_web_counts(api->web, &counts);
		if (counts.followers >
		    0) { /* one that is gone is found by writing to it */
			ph_api_event(&world.server, "gone", json_object());
		}
		if (counts.connections == 0 && api->n_asked == 0 && api->n_logins == 0 &&
		    !api->look.is_out) {
			return;
		}
	}
	failing_show();
	fail_msg("%u connections stay, of %s", counts.connections, text);
}

static const char *write_request(const char *method, const char *path, unsigned role,
				 const char *body)
{
	static char text[2048];

	snprintf(text, sizeof(text),
		 "%s %s HTTP/1.1\r\nHost: localhost\r\n%s%s%sConnection: close\r\n",
		 method, path, role != NOBODY ? "Authorization: Bearer " : "",
		 world.bearer[role], role != NOBODY ? "\r\n" : "");
	if (body) {
		snprintf(
			text + strlen(text), sizeof(text) - strlen(text),
			"Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
			strlen(body), body);
	} else {
		strcat(text, "\r\n");
	}
	return text;
}

/* --- what is right --- */

static json_t *json_of(const struct reply *reply)
{
	return json_loads(reply->body, 0, NULL);
}

static size_t lines_of(const struct reply *reply)
{
	size_t n = 0;

	for (const char *at = reply->body; (at = strchr(at, '\n')); at++) {
		n++;
	}
	return n;
}

static bool is_same(const struct reply *got, const struct reply *wanted)
{
	if (got->status != wanted->status || strcmp(got->type, wanted->type) != 0) {
		return false;
	}
	if (strcmp(got->type, "application/json") == 0) {
		json_t *a = json_of(got);
		json_t *b = json_of(wanted);
		bool same = same_shape(a, b);

		json_decref(a);
		json_decref(b);
		return same;
	}
	return strncmp(got->type, "text/plain", 10) == 0 ||
			       strcmp(got->type, "text/event-stream") == 0
		       ? lines_of(got) == lines_of(wanted)
		       : strcmp(got->body, wanted->body) == 0;
}

/* An error of the right words. */
static bool says_so(const struct reply *reply)
{
	json_t *object = json_of(reply);
	const char *error = json_string_value(json_object_get(object, "error"));
	const char *what = json_string_value(json_object_get(object, "what"));
	bool is_right = error && what && what[0] &&
			strcmp(reply->type, "application/json") == 0 &&
			((reply->status == 503 &&
			  (strcmp(error, "memory") == 0 || strcmp(error, "busy") == 0)) ||
			 (reply->status == 507 && strcmp(error, "disk-full") == 0 &&
			  failing.as == -ENOSPC) ||
			 (reply->status == 500 && strcmp(error, "other") == 0));

	json_decref(object);
	return is_right;
}

/* --- the requests --- */

static const struct asked {
	const char *method, *path;
	unsigned role;
	const char *body;
	unsigned status; /* when nothing fails */
} requests[] = {
	{ "GET", "/healthz", NOBODY, NULL, 200 },
	{ "GET", "/api/v1/me", VIEWER, NULL, 200 },
	{ "GET", "/api/v1/me", NOBODY, NULL, 401 },
	{ "GET", "/api/v1/nothing", VIEWER, NULL, 404 },
	{ "GET", "/api/v1/log?limit=many", OPERATOR, NULL, 400 },
	{ "GET", "/api/v1/erasures", VIEWER, NULL, 403 },
	{ "GET", "/api/v1/log?limit=5&site=14-0371", OPERATOR, NULL, 200 },
	{ "GET", "/metrics", VIEWER, NULL, 200 },
	{ "GET", "/api/v1/status", VIEWER, NULL, 200 },
	{ "GET", "/api/v1/board", VIEWER, NULL, 200 },
	{ "GET", "/api/v1/sites", VIEWER, NULL, 200 },
	{ "GET", "/api/v1/sites/14-0999", VIEWER, NULL, 404 },
	{ "GET", "/api/v1/accounts", ADMIN, NULL, 200 },
	{ "GET", "/api/v1/titles?words=x%C3%A1&site=14-0371", VIEWER, NULL, 200 },
	{ "GET", "/api/v1/digest?site=14-0371", OPERATOR, NULL, 200 },
	{ "GET", "/api/v1/reports/visits?period=2020", VIEWER, NULL, 200 },
	{ "GET", "/api/v1/reports/visits/csv?period=2020", VIEWER, NULL, 200 },
	{ "GET", "/api/v1/reports/visits/xlsx?period=2020", VIEWER, NULL, 501 },
	{ "GET", "/api/v1/page?period=2020-01&unit=T%C3%B4", VIEWER, NULL, 200 },
	{ "GET", "/api/v1/events", VIEWER, NULL, 200 },
	{ "POST", "/api/v1/login", NOBODY,
	  "{\"name\":\"viewer\",\"password\":\"" PASSWORD "\"}", 200 },
	{ "POST", "/api/v1/logout", VIEWER, "{}", 200 },
	{ "POST", "/api/v1/readers", OPERATOR, "{\"words\":\"an\",\"names\":true}", 200 },
	{ "POST", "/api/v1/policies", ADMIN,
	  "{\"name\":\"loan-term-days\",\"value\":\"21\"}", 200 },
	{ "POST", "/api/v1/policies", ADMIN, "{\"name\":\"loan-term-days\"", 400 },
};

static void is_well(const char *after)
{
	static struct reply reply;

	ask_web(write_request("GET", "/healthz", NOBODY, NULL), &reply);
	if (reply.status != 200) {
		failing_show();
		fail_msg("after %s: %u", after, reply.status);
	}
}

/* How many calls failed, one in each run. */
static unsigned ask_through(const struct asked *asked)
{
	static struct reply wanted, got;
	unsigned failed = 0, ended = 0, refused = 0;
	bool hit;

	ask_web(write_request(asked->method, asked->path, asked->role, asked->body),
		&wanted);
	if (wanted.status != asked->status) {
		fail_msg("%s %s: %u %s", asked->method, asked->path, wanted.status,
			 wanted.body);
	}
	failing_again();
	do {
		const char *text = write_request(asked->method, asked->path, asked->role,
						 asked->body);

		failing_arm();
		ask_web(text, &got);
		hit = failing_disarm();
		failed += hit;

		bool same = got.status != 0 && is_same(&got, &wanted);

		ended += got.status == 0;
		refused += got.status != 0 && !same;
		if (!same && (!hit || (got.status != 0 && !says_so(&got)))) {
			failing_show();
			fail_msg("%s %s: %u %s", asked->method, asked->path, got.status,
				 got.status != 0 ? got.body : "");
		}
		is_well(asked->path);
	} while (hit);
	print_message("# %s %s: %u failures; %u ended, %u refused\n", asked->method,
		      asked->path, failed, ended, refused);
	return failed;
}

static void test_requests(void **state)
{
	struct ph_error err = { 0 };

	(void)state;
	if (start_api(&err) != 0) {
		fail_msg("%s", err.text);
	}
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		assert_true(ask_through(&requests[i]) > 0);
	}
}

/* Who follows is told of what was to be said, whole, or that something is not known. */
static void test_events(void **state)
{
	static const char wanted[] =
		"event: cases\ndata: {\"open\":1,\"opened\":[\"a\"]}\n\n";
	static struct reply got;
	struct ph_error err = { 0 };
	unsigned failed = 0, gaps = 0;
	bool hit;
	int fd;

	(void)state;
	assert_int_equal(start_api(&err), 0);
	fd = dial();
	send_all(fd, write_request("GET", "/api/v1/events", VIEWER, NULL));
	read_until(fd, &got, "\n\n");
	do {
		failing_arm();
		ph_api_event(&world.server, "cases",
			     json_pack("{s:i, s:[s]}", "open", 1, "opened", "a"));
		read_until(fd, &got, "\n\n");
		hit = failing_disarm();
		failed += hit;
		gaps += strstr(got.text, "event: gap\n") != NULL;
		if (!strstr(got.text, wanted) &&
		    (!hit || !strstr(got.text, "event: gap\n"))) {
			failing_show();
			fail_msg("%s", got.text);
		}
	} while (hit);
	close(fd);
	print_message("# %u failures, %u gaps\n", failed, gaps);
	assert_true(failed > 3 && gaps == failed);
}

/* What cannot start says why, holds nothing, and may be tried again. */
static void test_start(void **state)
{
	struct ph_error err;
	unsigned failed = 0;
	int rc;

	(void)state;
	do {
		err = (struct ph_error){ 0 };
		failing_arm();
		rc = start_api(&err);
		failed += failing_disarm();
		if (rc != 0 && (rc != -ENOMEM || err.exit != PH_EXIT_OTHER ||
				!err.text[0] || world.server.api)) {
			failing_show();
			fail_msg("%d: exit %d, %s", rc, (int)err.exit, err.text);
		}
	} while (rc != 0);
	assert_true(failed > 1);
	is_well("the start");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(test_start), TEST(test_requests),
					    TEST(test_events) };

	failing_start();
	ph_json_watch();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_pattern, remove_pattern);
}
