/*
 * Tests of one session over TCP and what is kept of it (client/sync.c, client/link.c), with the front
 * of an item that an earlier cut left: a hub that does not take a hello with one says nothing of
 * the link, and a folder that is not given back in the middle loses nothing of it.
 */
#include "tests/unit/two_pcs.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/far_listen.h"

#include "client/sync.h"

enum {
	READERS = 600,
	LINK = 6000, /* bytes down until it dies */
};

/* ---- the hub's end, on a thread of its own ---- */

struct far {
	struct hub_room *room;
	bool is_old;   /* it does not take a hello with a front, or with what is kept */
	bool is_other; /* nor any other */
	bool takes_lock; /* once it has heard something, the device does not get its folder back */
	int listens;
	pthread_t thread;
	struct ph_session *session;
	struct ph_hub_peer peer;
	bool waits;
	unsigned told; /* hellos with a front */
};

/* How often the next locks of a folder fail. */
static atomic_uint locks_fail;

static int lock_or_fail(int fd)
{
	unsigned left = locks_fail;

	while (left > 0) {
		if (atomic_compare_exchange_weak(&locks_fail, &left, left - 1)) {
			return -EIO;
		}
	}
	return ph_file_ops_system.lock(fd);
}

static void work(struct far *far)
{
	struct ph_job *job;

	while (!far->waits && (job = ph_session_take_job(far->session)) != NULL) {
		job->owner = &far->peer;
		ph_hub_jobs(far->room->hub, job);
		if (job->type == PH_JOB_HELLO) {
			bool more = job->hello.has_partial || job->hello.keeps;

			far->told += job->hello.has_partial;
			far->waits = locks_fail > 0;
			if (far->is_other || (far->is_old && more)) {
				job->welcome =
					(struct ph_welcome){ .status =
								     PH_STATUS_VERSION };
			}
		}
		ph_session_give_job(far->session, job, 1000);
	}
}

/* It has said the welcome alone, and goes on when that has come to its device. */
static void wait_for_lock(struct far *far)
{
	for (unsigned i = 0; far->waits && locks_fail > 0 && i < 10000; i++) {
		usleep(1000);
	}
	far->waits = false;
}

/* Its jobs, and what it has to say, until it waits for more. */
static bool go_on(struct far *far, int fd)
{
	struct ph_view out;

	do {
		work(far);
		out = ph_session_output(far->session);
		if (!far_send(fd, out)) {
			return false;
		}
		ph_session_sent(far->session, out.len, 1000);
		wait_for_lock(far);
	} while (out.len > 0);
	return !road_is_over(far->session);
}

static void *serve(void *data)
{
	struct far *far = data;
	int fd = accept(far->listens, NULL, NULL);
	uint8_t bytes[4096];
	ssize_t n;

	while ((n = recv(fd, bytes, sizeof(bytes), 0)) > 0) {
		if (far->takes_lock) {
			far->takes_lock = false;
			locks_fail = 1;
		}
		ph_session_receive(far->session, PH_VIEW(bytes, (size_t)n), 1000);
		if (!go_on(far, fd)) {
			break;
		}
	}
	if (!road_is_over(far->session)) {
		ph_session_eof(far->session);
	}
	work(far);
	close(fd);
	return NULL;
}

static void far_open(struct far *far, char address[static 32])
{
	const struct ph_session_config config = {
		.side = PH_SIDE_HUB,
		.keys = &ph_hub_keys(far->room->hub)->box,
		.rng = far->room->rng,
	};

	assert_int_equal(ph_session_new(&far->session, &config, 1000), 0);
	far->listens = far_listen(address);
	assert_int_equal(pthread_create(&far->thread, NULL, serve, far), 0);
}

static void far_close(struct far *far)
{
	assert_int_equal(pthread_join(far->thread, NULL), 0);
	close(far->listens);
	ph_session_free(far->session);
	while (ph_hub_fold(far->room->hub) > 0) {
	}
}

/* ---- one session of the second ---- */

struct came {
	int rc;
	struct ph_sync_end end;
	unsigned told;
};

static struct came sync_with(struct two *two, struct far how)
{
	static struct far far;
	struct ph_error err = { .exit = PH_EXIT_DONE };
	struct came came;
	char address[32];
	struct ph_link_config config = { .address = address, .flight_max = SIZE_MAX };

	far = how;
	far.room = &two->room;
	pass(&two->room.machine, 60);
	far_open(&far, address);
	came.rc = ph_sync_once(two->second.site, &config, &came.end, &err);
	far_close(&far);
	came.told = far.told;
	return came;
}

static struct ph_site_state state_of(struct two *two)
{
	struct ph_site_state state;

	assert_int_equal(ph_site_state(two->second.site, &state), 0);
	return state;
}

static struct drove short_link(struct two *two)
{
	return drive(&two->room, &two->second, (struct drive){ LINK, -1 });
}

/* A link has died in what the first wrote: a front of it is kept. */
static int set_up(void **state)
{
	struct two *two = two_new();
	unsigned tries = 0;

	sync_pc(&two->room, &two->first);
	sync_pc(&two->room, &two->second);
	pc_confirm(&two->room, &two->second);
	sync_pc(&two->room, &two->second); /* what follows is the same in each session */
	assert_int_equal(ph_site_begin(two->first.site, NULL), 0);
	for (unsigned i = 0; i < READERS; i++) {
		char name[64];

		snprintf(name, sizeof(name), "Lò %08x%08x%08x", i * 2654435761u,
			 i * 2246822519u, i * 3266489917u);
		(void)pc_reader(&two->first, name);
	}
	assert_int_equal(ph_site_commit(two->first.site, NULL), 0);
	sync_pc(&two->room, &two->first);
	while (!short_link(two).kept.grew) {
		assert_true(++tries < 4);
	}
	assert_true(state_of(two).unfinished > 0);
	*state = two;
	return 0;
}

static void assert_all(struct two *two)
{
	assert_int_equal(pc_holds(&two->second, &two->first),
			 ph_site_log(two->first.site)->n);
	assert_int_equal(state_of(two).unfinished, 0);
}

/* ---- a hub of an earlier version ---- */

/* What it says to a hello with a front is no session, no cut, and no outcome for `status`. */
static void test_version_is_no_cut(void **state)
{
	struct two *two = *state;
	struct ph_site_state before = state_of(two);
	struct ph_site_state after;
	struct came came = sync_with(two, (struct far){ .is_old = true });

	assert_int_equal(came.rc, 0);
	assert_int_equal(came.told, 1);
	assert_string_equal(came.end.result.reason, "version");
	assert_true(came.end.result.without_front);
	assert_true(came.end.goes_on);
	assert_true(came.end.result.counts.bytes_out > 0);
	after = state_of(two);
	assert_int_equal(after.sessions, before.sessions);
	assert_int_equal(after.flight_next, before.flight_next);
	assert_int_equal(after.frame_next, before.frame_next);
	assert_int_equal(after.last_time, before.last_time);
	assert_string_equal(after.last_reason, before.last_reason);
	assert_int_equal(after.unfinished, 0);

	/* it goes on at once, without: that is one */
	came = sync_with(two, (struct far){ .is_old = true });
	assert_int_equal(came.rc, 0);
	assert_int_equal(came.told, 0);
	assert_true(came.end.result.complete);
	assert_false(came.end.result.without_front || came.end.goes_on);
	after = state_of(two);
	assert_int_equal(after.sessions, before.sessions + 1);
	assert_string_equal(after.last_reason, "");
	assert_all(two);
}

/* To a hello with nothing of the kind it is an answer like another, and is kept. */
static void test_version_of_all(void **state)
{
	struct two *two = *state;
	struct ph_site_state before;
	struct ph_site_state after;
	struct came came = sync_with(two, (struct far){ .is_old = true });

	assert_true(came.end.result.without_front);
	before = state_of(two);
	came = sync_with(two, (struct far){ .is_other = true });
	assert_int_equal(came.rc, 0);
	assert_string_equal(came.end.result.reason, "version");
	assert_false(came.end.result.without_front || came.end.goes_on);
	after = state_of(two);
	assert_int_equal(after.sessions, before.sessions + 1);
	assert_true(after.last_time > before.last_time);
	assert_string_equal(after.last_reason, "version");
}

/* ---- the own folder ---- */

/* It is not given back when the hub has answered: what was told of a front is there for the next one. */
static void test_folder_not_given_back(void **state)
{
	struct two *two = *state;
	struct ph_site_state before = state_of(two);
	struct ph_file_ops ops = ph_file_ops_system;
	struct came came;

	ops.lock = lock_or_fail;
	ph_file_use(&ops);
	came = sync_with(two, (struct far){ .takes_lock = true });
	ph_file_use(NULL);
	assert_int_equal(came.rc, -EIO);
	assert_int_equal(locks_fail, 0);
	assert_int_equal(came.told, 1);
	assert_string_equal(came.end.result.reason, "store");
	assert_true(ph_site_is_open(two->second.site));
	assert_int_equal(state_of(two).unfinished, before.unfinished);
	assert_int_equal(state_of(two).unfinished_total, before.unfinished_total);

	came = sync_with(two, (struct far){ 0 });
	assert_int_equal(came.rc, 0);
	assert_true(came.end.result.complete);
	assert_int_equal(came.end.result.counts.resumed_in, before.unfinished);
	assert_all(two);
}

static bool goes_on(struct ph_sync_rest *rest, unsigned left, uint64_t pending,
		    uint64_t receipts)
{
	struct ph_sync_end end = { .left = left, .pending = pending };

	end.result.complete = true;
	end.result.counts.receipts = receipts;
	return ph_sync_rest_goes_on(rest, &end);
}

/* Own logs that one hello had no place for: the next session, as long as it becomes less. */
static void test_rest(void **state)
{
	struct ph_sync_rest rest = { 0 };
	struct ph_sync_end cut = { .left = 3, .result.counts.receipts = 1 };
	struct ph_sync_end lacking = { .left = 2, .again = true };
	unsigned more = 0;

	(void)state;
	assert_false(rest.has_own); /* the first session asks */
	assert_true(goes_on(&rest, 20, 60, 8));
	assert_true(rest.has_own);
	assert_true(goes_on(&rest, 13, 40, 7));
	assert_int_equal(rest.left, 13);
	assert_false(goes_on(&rest, 0, 0, 7)); /* all is told */
	assert_false(rest.has_own);
	assert_true(goes_on(&rest, 5, 9, 1));
	assert_false(goes_on(&rest, 4, 8, 0)); /* nothing was signed for */
	while (goes_on(&rest, 4, 8, 1)) {      /* nor does it become less */
		more++;
		assert_true(more < 100);
	}
	assert_true(more > 0);
	assert_true(goes_on(&rest, 4, 7, 1));
	assert_false(ph_sync_rest_goes_on(&rest, &cut)); /* that is tried again anyway */
	assert_true(rest.has_own);
	/* the hub told of something that is not here */
	lacking.result.complete = true;
	lacking.result.counts.receipts = 1;
	assert_true(ph_sync_rest_goes_on(&rest, &lacking));
	assert_false(rest.has_own);
	assert_false(
		ph_sync_rest_goes_on(&rest, &cut)); /* it would have come in that one */
	assert_false(rest.has_own);
}

int main(void)
{
#define TWO(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TWO(test_version_is_no_cut),
		TWO(test_version_of_all),
		TWO(test_folder_not_given_back),
		cmocka_unit_test(test_rest),
	};

	return cmocka_run_group_tests_name("sync", tests, make_pattern, remove_pattern);
}
