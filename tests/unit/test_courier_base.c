/*
 * Tests of ph_courier_base() (client/courier_meet.c): a courier comes to a hub over TCP, and its own
 * disk fails, or the hub goes away before it has answered; what is said of it.
 */
#include "tests/unit/van_world.h"

#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/far_listen.h"

#include "client/courier_meet.h"

/* ---- the hub's end, on a thread of its own ---- */

struct far {
	struct ph_hub *hub;
	struct ph_courier *exchange; /* NULL: it takes the connection and closes it */
	int listens;
	pthread_t thread;
};

/* Its jobs, and what it has to say, until it waits for more. */
static bool go_on(struct end *end, int fd)
{
	struct ph_view out;

	do {
		work(end);
		out = ph_courier_output(end->exchange);
		if (!far_send(fd, out)) {
			return false;
		}
		ph_courier_sent(end->exchange, out.len, 0);
	} while (out.len > 0);
	return ph_courier_state(end->exchange) < PH_SESSION_CLOSED;
}

static void *serve(void *data)
{
	struct far *far = data;
	struct hub_end hub = { .hub = far->hub };
	struct end end = { .exchange = far->exchange, .job = hub_job, .data = &hub };
	int fd = accept(far->listens, NULL, NULL);
	uint8_t bytes[4096];
	ssize_t n;

	while (end.exchange && (n = recv(fd, bytes, sizeof(bytes), 0)) > 0) {
		ph_courier_receive(end.exchange, PH_VIEW(bytes, (size_t)n), 0);
		if (!go_on(&end, fd)) {
			break;
		}
	}
	close(fd);
	ph_hub_courier_deinit(&hub.courier);
	return NULL;
}

static void far_open(struct far *far, char address[static 32])
{
	far->listens = far_listen(address);
	assert_int_equal(pthread_create(&far->thread, NULL, serve, far), 0);
}

static void far_close(struct far *far)
{
	assert_int_equal(pthread_join(far->thread, NULL), 0);
	close(far->listens);
	ph_courier_free(far->exchange);
}

/* The courier comes to a hub that SERVES it, or goes away. */
static struct ph_courier_base come(struct tour *tour, bool serves, struct ph_error *err)
{
	const struct ph_device_keys *keys = ph_hub_keys(tour->room.hub);
	struct far far = { .hub = tour->room.hub };
	const struct ph_courier_config answers = { .rng = tour->room.rng,
						   .keys = &keys->box };
	struct machine clock = tour->room.machine; /* the hub's is its thread's */
	uint8_t hub[PH_DEVICE_ID_SIZE];
	char address[32];
	struct ph_courier_base base;
	struct ph_courier_base_config config = { .address = address,
						 .hub = hub,
						 .hub_box = keys->box.key };

	ph_hub_id(tour->room.hub, hub);
	if (serves) {
		assert_int_equal(ph_courier_new(&far.exchange, &answers, 0), 0);
	}
	tour->van.clock.data = &clock;
	far_open(&far, address);
	assert_int_equal(ph_courier_base(&tour->van, &config, &base, err), 0);
	far_close(&far);
	tour->van.clock.data = &tour->room.machine;
	return base;
}

/* A site has given it a bundle. */
static void load(struct tour *tour)
{
	struct ph_site_courier_told told;

	pc_visits(&tour->site, 3);
	assert_true(meet(tour, &tour->site, &told));
	assert_int_equal(told.given, 1);
}

/* ---- its disk ---- */

static pthread_t van_thread;
static unsigned refused_writes;

static int64_t write_not_in_the_van(int fd, const uint8_t *bytes, size_t len)
{
	if (!pthread_equal(pthread_self(), van_thread)) {
		return ph_file_ops_system.write(fd, bytes, len);
	}
	refused_writes++;
	return -EIO;
}

/* What it could not write is said, with where, and comes the next time. */
static void test_its_disk_fails(void **state)
{
	struct tour *tour = *state;
	struct ph_file_ops ops = ph_file_ops_system;
	struct ph_error err = { .exit = PH_EXIT_DONE }, wanted = err;
	struct ph_courier_base base;

	load(tour);
	ops.write = write_not_in_the_van;
	van_thread = pthread_self();
	refused_writes = 0;
	ph_file_use(&ops);
	base = come(tour, true, &err);
	ph_file_use(NULL);
	assert_true(refused_writes > 0);
	assert_string_equal(base.reason, "store");
	assert_int_equal(base.told.given, 1);
	assert_int_equal(base.told.taken, 0);
	(void)ph_fail_errno(&wanted, -EIO, tour->van.dir);
	assert_int_equal(err.exit, wanted.exit);
	assert_string_equal(err.text, wanted.text);

	err = (struct ph_error){ .exit = PH_EXIT_DONE };
	base = come(tour, true, &err);
	assert_string_equal(base.reason, "");
	assert_int_equal(base.told.taken, 1);
	assert_int_equal(err.exit, PH_EXIT_DONE);
	assert_string_equal(err.text, "");
}

/* ---- a hub that goes away ---- */

/* Whose key is known beforehand: that is a link that broke, and nobody who is not the hub. */
static void test_the_hub_goes_away(void **state)
{
	struct tour *tour = *state;
	struct ph_error err = { .exit = PH_EXIT_DONE };
	struct ph_courier_base base;

	load(tour);
	base = come(tour, false, &err);
	assert_true(base.result.connected);
	assert_false(base.result.was_served);
	assert_string_equal(base.reason, "cut");
	assert_int_equal(err.exit, PH_EXIT_PARTIAL);
	assert_int_equal(base.told.given, 0);
	assert_carried(tour, 1, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TOUR(test_its_disk_fails),
		TOUR(test_the_hub_goes_away),
	};

	return cmocka_run_group_tests_name("courier_base", tests, make_pattern,
					   remove_pattern);
}
