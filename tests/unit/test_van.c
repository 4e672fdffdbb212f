/*
 * Tests of couriers between real folders: client/van*.c, client/site_courier.c and
 * daemon/hub_courier*.c, joined by a wire in memory. A whole tour, links that are cut at any
 * place, who is on the tour, what is let go of, what a courier does not take, and custody
 * that is signed otherwise.
 */
#include "tests/unit/stick_world.h"

#include <glob.h>

#include "client/site_courier.h"
#include "client/van.h"
#include "daemon/hub_courier.h"
#include "proto/custody.h"

struct tour {
	struct hub_room room;
	struct pc site, other, van_pc;
	struct ph_van van;
	uint64_t cut_at; /* bytes, both ways; UINT64_MAX: never */
	uint64_t moved;
	bool bends;     /* the courier signs another hash */
	bool busy;      /* it takes the same bundle from somebody else right now */
	unsigned fails; /* which of its calls for the disk; 0: none */
};

static int set_up(void **state)
{
	struct tour *tour = calloc(1, sizeof(*tour));

	assert_non_null(tour);
	hub_open(&tour->room);
	pc_join(&tour->room, &tour->site, "14-0371", "site", 1);
	pc_join(&tour->room, &tour->other, "14-0372", "other", 2);
	pc_join_as(&tour->room, &tour->van_pc, "14-0371", PH_ROLE_COURIER, "van", 3);
	tour->cut_at = UINT64_MAX;
	sync_pc(&tour->room, &tour->van_pc);
	assert_int_equal(
		ph_van_open(&tour->van, tour->van_pc.site, tour->van_pc.dir,
			    (struct ph_clock){ read_machine, &tour->room.machine }, NULL),
		0);
	*state = tour;
	return 0;
}

static int tear_down(void **state)
{
	struct tour *tour = *state;

	ph_van_close(&tour->van);
	hub_verify(&tour->room);
	pc_end(&tour->site);
	pc_end(&tour->other);
	pc_end(&tour->van_pc);
	hub_close(&tour->room);
	free(tour);
	return 0;
}

/* ---- its disk ---- */

static unsigned fail_in; /* calls until one fails; 0: none does */

static bool fails_now(void)
{
	return fail_in > 0 && --fail_in == 0;
}

static int64_t failing_read(int fd, uint8_t *out, size_t len)
{
	return fails_now() ? -EIO : ph_file_ops_system.read(fd, out, len);
}

static int64_t failing_write(int fd, const uint8_t *bytes, size_t len)
{
	return fails_now() ? -EIO : ph_file_ops_system.write(fd, bytes, len);
}

static int failing_sync(int fd)
{
	return fails_now() ? -EIO : ph_file_ops_system.sync(fd);
}

static int failing_rename(const char *from, const char *to)
{
	return fails_now() ? -EIO : ph_file_ops_system.rename(from, to);
}

/* The van's next job; the CALL-th time that it asks its disk for something that fails. */
static void job_on_bad_disk(struct ph_van_visit *visit, struct ph_courier_job *job,
			    unsigned *call)
{
	struct ph_file_ops ops = ph_file_ops_system;

	ops.read = failing_read;
	ops.write = failing_write;
	ops.sync = failing_sync;
	ops.rename = failing_rename;
	fail_in = *call;
	ph_file_use(&ops);
	ph_van_job(visit, job);
	ph_file_use(NULL);
	*call = fail_in;
}

/* ---- a wire ---- */

struct end {
	struct ph_courier *exchange;
	void (*job)(void *data, struct ph_courier_job *job);
	void *data;
};

static void work(struct end *end)
{
	struct ph_courier_job *job;

	while ((job = ph_courier_take_job(end->exchange)) != NULL) {
		end->job(end->data, job);
		ph_courier_give_job(end->exchange, job, 0);
	}
}

static bool move(struct tour *tour, struct end *from, struct end *to)
{
	struct ph_view out = ph_courier_output(from->exchange);

	if (tour->moved + out.len > tour->cut_at) {
		out.len = (size_t)(tour->cut_at - tour->moved);
	}
	if (out.len == 0) {
		return false;
	}
	ph_courier_receive(to->exchange, out, 0);
	ph_courier_sent(from->exchange, out.len, 0);
	tour->moved += out.len;
	return true;
}

/* Whether both sides ended in order. */
static bool run(struct tour *tour, struct end *calls, struct end *answers)
{
	bool moves = true;
	bool is_done;

	tour->moved = 0;
	while (moves) {
		work(calls);
		work(answers);
		moves = move(tour, calls, answers);
		work(answers);
		moves = move(tour, answers, calls) || moves;
	}
	ph_courier_eof(calls->exchange);
	ph_courier_eof(answers->exchange);
	is_done = ph_courier_state(calls->exchange) == PH_SESSION_CLOSED &&
		  ph_courier_state(answers->exchange) == PH_SESSION_CLOSED;
	ph_courier_free(calls->exchange);
	ph_courier_free(answers->exchange);
	return is_done;
}

static void site_job(void *data, struct ph_courier_job *job)
{
	ph_site_courier_job(data, job);
}

struct van_end {
	struct ph_van_visit visit;
	struct tour *tour;
};

static void van_job(void *data, struct ph_courier_job *job)
{
	struct van_end *end = data;
	struct ph_van_visit other;
	struct ph_custody custody;

	ph_van_visit_init(&other, end->visit.van, NULL);
	if (end->tour->busy && job->type == PH_COURIER_LOOK) {
		other.parcel.line = job->line;
		other.parcel.file.fd = 0;
	}
	job_on_bad_disk(&end->visit, job, &end->tour->fails);
	ph_parcel_init(&other.parcel);
	ph_van_visit_deinit(&other);
	if (end->tour->bends &&
	    job->custody.len > 0) { /* well signed, of another bundle */
		assert_int_equal(ph_custody_decode(ph_buf_view(&job->custody), &custody),
				 0);
		custody.hash[0] ^= 1;
		job->custody.len = 0;
		assert_int_equal(
			ph_custody_encode(&custody, &end->tour->van.sign, &job->custody),
			0);
	}
}

struct hub_end {
	struct ph_hub *hub;
	struct ph_hub_courier courier;
};

static void hub_job(void *data, struct ph_courier_job *job)
{
	struct hub_end *end = data;

	ph_hub_courier_job(end->hub, &end->courier, job);
}

/* PC meets the van. */
static bool meet(struct tour *tour, struct pc *pc, struct ph_site_courier_told *told_out)
{
	struct van_end van = { .tour = tour };
	struct ph_site_courier *courier;
	struct ph_error err = { 0 };
	struct end calls = { .job = site_job };
	struct end answers = { .job = van_job, .data = &van };
	bool is_done;

	ph_site_pause(pc->site);
	assert_int_equal(ph_site_courier_new(&courier, pc->site, pc->dir, &err), 0);
	calls.data = courier;
	assert_int_equal(ph_courier_new(&calls.exchange,
					&(struct ph_courier_config){
						.calls = true,
						.rng = tour->room.rng,
						.keys = ph_site_box(pc->site),
						.cert = ph_site_cert(pc->site) },
					0),
			 0);
	ph_van_visit_init(&van.visit, &tour->van, NULL);
	assert_int_equal(ph_courier_new(&answers.exchange,
					&(struct ph_courier_config){
						.is_courier = true,
						.rng = tour->room.rng,
						.keys = &tour->van.box,
						.cert = ph_buf_view(&tour->van.cert) },
					0),
			 0);
	is_done = run(tour, &calls, &answers);
	ph_van_visit_deinit(&van.visit);
	*told_out = *ph_site_courier_told(courier);
	ph_site_courier_free(courier);
	assert_int_equal(ph_site_resume(pc->site, &err), 0);
	return is_done;
}

/* PC, with its own keys and certificate, comes to the hub as a courier, with what VAN has. */
static bool base_as(struct tour *tour, struct ph_van *van, struct ph_van_told *told_out,
		    struct ph_courier_told *hub_out, enum ph_status *status_out)
{
	const struct ph_device_keys *keys = ph_hub_keys(tour->room.hub);
	struct van_end van_end = { .tour = tour };
	struct hub_end hub_end = { .hub = tour->room.hub };
	struct end calls = { .job = van_job, .data = &van_end };
	struct end answers = { .job = hub_job, .data = &hub_end };
	uint8_t hub[PH_DEVICE_ID_SIZE];
	bool is_done;

	ph_hub_id(tour->room.hub, hub);
	ph_van_visit_init(&van_end.visit, van, hub);
	assert_int_equal(ph_courier_new(&calls.exchange,
					&(struct ph_courier_config){
						.calls = true,
						.is_courier = true,
						.rng = tour->room.rng,
						.keys = &van->box,
						.cert = ph_buf_view(&van->cert),
						.peer_key = keys->box.key },
					0),
			 0);
	assert_int_equal(
		ph_courier_new(&answers.exchange,
			       &(struct ph_courier_config){ .rng = tour->room.rng,
							    .keys = &keys->box },
			       0),
		0);
	pass(&tour->room.machine, 60);
	*status_out = PH_STATUS_OK;
	is_done = run(tour, &calls, &answers);
	if (hub_end.courier.refusal) {
		*status_out = PH_STATUS_UNKNOWN;
	}
	*told_out = van_end.visit.told;
	*hub_out = hub_end.courier.told;
	ph_van_visit_deinit(&van_end.visit);
	ph_hub_courier_deinit(&hub_end.courier);
	return is_done;
}

static bool base(struct tour *tour, struct ph_van_told *told_out)
{
	struct ph_courier_told hub;
	enum ph_status status;

	return base_as(tour, &tour->van, told_out, &hub, &status);
}

static int count_item(void *data, const struct ph_van_item *item)
{
	unsigned *n = data;

	n[item->file.header.direction]++;
	return 0;
}

static void assert_carried(struct tour *tour, unsigned up, unsigned down)
{
	unsigned n[3] = { 0 };

	assert_int_equal(ph_van_each(&tour->van, count_item, n, NULL), 0);
	assert_int_equal(n[PH_BUNDLE_UP], up);
	assert_int_equal(n[PH_BUNDLE_DOWN], down);
}

static void assert_receipted(struct pc *pc)
{
	struct ph_site_state known = pc_state(pc);

	assert_int_equal(known.receipted, known.entries);
	assert_int_equal(known.parts_pending, 0);
}

/* ---- a tour ---- */

static void test_tour(void **state)
{
	struct tour *tour = *state;
	struct ph_site_courier_told told;
	struct ph_site_custody custody;
	struct ph_van_told van;

	pc_reader(&tour->site, "Lò Văn Pánh");
	pc_visits(&tour->site, 30);
	assert_true(meet(tour, &tour->site, &told));
	assert_int_equal(told.packed, 1);
	assert_int_equal(told.given, 1);
	assert_int_equal(ph_site_custody(tour->site.site, &custody), 0);
	assert_int_equal(custody.entries, pc_state(&tour->site).entries);
	assert_memory_equal(custody.peer.device, tour->van.device, PH_DEVICE_ID_SIZE);
	assert_int_equal(pc_state(&tour->site).receipted, 0);
	assert_carried(tour, 1, 0);
	/* again: the same bundle, which is there already */
	assert_true(meet(tour, &tour->site, &told));
	assert_int_equal(told.given, 1);
	assert_true(tour->moved < 2500);
	assert_carried(tour, 1, 0);
	/* something new: another one in its place */
	pc_visits(&tour->site, 1);
	assert_true(meet(tour, &tour->site, &told));
	assert_carried(tour, 1, 0);

	assert_true(base(tour, &van));
	assert_int_equal(van.given, 1);
	assert_int_equal(van.taken, 1);
	assert_carried(tour, 0, 1);
	/* another morning: the same bundle waits, and is not packed again */
	assert_true(base(tour, &van));
	assert_int_equal(van.taken, 0);
	assert_carried(tour, 0, 1);

	assert_true(meet(tour, &tour->site, &told));
	assert_int_equal(told.taken, 1);
	assert_receipted(&tour->site);
	assert_carried(tour, 1, 0);
	/* what the site told now is all there is to say: nothing waits for it */
	assert_true(base(tour, &van));
	assert_int_equal(van.given, 1);
	assert_true(meet(tour, &tour->site, &told));
	assert_true(base(tour, &van));
	assert_true(meet(tour, &tour->site, &told));
	assert_true(base(tour, &van));
	assert_int_equal(van.taken, 0);
	assert_carried(tour, 0, 0);
}

/* Cut again and again at places that chance chose, at the site and at base. */
static void test_cuts(void **state)
{
	struct tour *tour = *state;
	struct ph_site_courier_told told;
	struct ph_van_told van;
	unsigned links = 0;
	uint64_t draw;

	for (int i = 0; i < 20; i++) {
		pc_reader(&tour->site, "Lò Văn Pánh");
		pc_visits(&tour->site, 50);
	}
	do {
		tour->room.rng.fill(tour->room.rng.data, (uint8_t *)&draw, sizeof(draw));
		tour->cut_at = 600 + draw % 16000;
		assert_true(++links < 200);
	} while (!meet(tour, &tour->site, &told));
	assert_true(links > 1);
	assert_carried(tour, 1, 0);
	do {
		tour->room.rng.fill(tour->room.rng.data, (uint8_t *)&draw, sizeof(draw));
		tour->cut_at = 600 + draw % 16000;
		assert_true(++links < 400);
	} while (!base(tour, &van));
	assert_carried(tour, 0, 1);
	do {
		tour->room.rng.fill(tour->room.rng.data, (uint8_t *)&draw, sizeof(draw));
		tour->cut_at = 600 + draw % 16000;
		assert_true(++links < 600);
	} while (!meet(tour, &tour->site, &told));
	assert_receipted(&tour->site);
}

/* ---- who is on the tour ---- */

static void test_who(void **state)
{
	struct tour *tour = *state;
	struct ph_site_courier_told told;
	struct ph_van_told van;

	/* one with a network, heard today: not */
	pc_visits(&tour->other, 3);
	sync_pc(&tour->room, &tour->other);
	pc_confirm(&tour->room, &tour->other);
	assert_true(base(tour, &van));
	assert_int_equal(van.taken, 0);
	/* not heard for a week, and something waits for it */
	pass(&tour->room.machine, (PH_HUB_TOUR_DAYS + 1) * 86400);
	assert_true(base(tour, &van));
	assert_int_equal(van.taken, 1);
	assert_true(meet(tour, &tour->other, &told));
	assert_int_equal(told.taken, 1);
	assert_int_equal(pc_state(&tour->other).standing, PH_SITE_CONFIRMED);
	/* it is heard again by the network: what was packed for it is let go of */
	pc_visits(&tour->other, 1);
	sync_pc(&tour->room, &tour->other);
	assert_true(base(tour, &van));
	assert_true(base(tour, &van));
	assert_carried(tour, 0, 0);
}

/* A device of another role, with good keys, is served by no hub as a courier. */
static void test_no_courier(void **state)
{
	struct tour *tour = *state;
	struct ph_site_courier_told told;
	struct ph_courier_told hub;
	struct ph_van_told van;
	enum ph_status status;
	struct ph_van false_van = tour->van;
	struct ph_error err = { 0 };

	pc_visits(&tour->site, 3);
	assert_true(meet(tour, &tour->site, &told));
	sync_pc(&tour->room, &tour->other);
	assert_int_equal(ph_van_open(&false_van, tour->other.site, tour->other.dir,
				     tour->van.clock, &err),
			 -EACCES);
	false_van =
		tour->van; /* with the van's folder, but keys and certificate of a site */
	false_van.visits = NULL;
	false_van.box = *ph_site_box(tour->other.site);
	false_van.cert = (struct ph_buf){ 0 };
	assert_int_equal(ph_buf_put_view(&false_van.cert, ph_site_cert(tour->other.site)),
			 0);
	assert_false(base_as(tour, &false_van, &van, &hub, &status));
	assert_int_equal(status, PH_STATUS_UNKNOWN);
	assert_int_equal(hub.taken + hub.given + van.taken + van.given, 0);
	ph_buf_deinit(&false_van.cert);
	/* nor does a site give such a one anything */
	struct ph_van van_before = tour->van;

	tour->van.box = *ph_site_box(tour->other.site);
	tour->van.cert = (struct ph_buf){ 0 };
	assert_int_equal(ph_buf_put_view(&tour->van.cert, ph_site_cert(tour->other.site)),
			 0);
	assert_false(meet(tour, &tour->site, &told));
	assert_false(told.is_met);
	assert_non_null(told.refusal);
	assert_true(tour->moved < 1000);
	ph_buf_deinit(&tour->van.cert);
	tour->van = van_before;
}

/* ---- what is wrong ---- */

/* Custody of another bundle: nothing is said to be with the courier. */
static void test_bad_custody(void **state)
{
	struct tour *tour = *state;
	struct ph_site_courier_told told;
	struct ph_site_custody custody;

	pc_visits(&tour->site, 3);
	tour->bends = true;
	assert_false(meet(tour, &tour->site, &told));
	assert_int_equal(told.given, 0);
	assert_int_equal(ph_site_custody(tour->site.site, &custody), PH_JOURNAL_E_NONE);
	tour->bends = false;
	assert_true(meet(tour, &tour->site, &told));
	assert_int_equal(ph_site_custody(tour->site.site, &custody), 0);
}

/* What it signed for stays while what is to take its place could not be taken. */
static void test_no_room_for_the_new(void **state)
{
	struct tour *tour = *state;
	struct ph_site_courier_told told;
	struct ph_site_custody custody;
	struct ph_van_told van;

	pc_visits(&tour->site, 3);
	assert_true(meet(tour, &tour->site, &told));
	assert_int_equal(told.given, 1);
	assert_int_equal(ph_site_custody(tour->site.site, &custody), 0);
	pc_visits(&tour->site, 2);
	tour->busy = true;
	assert_true(meet(tour, &tour->site, &told));
	assert_int_equal(told.given, 0);
	tour->busy = false;
	assert_carried(tour, 1, 0);
	assert_true(base(tour, &van));
	assert_int_equal(van.given, 1);
	assert_true(meet(tour, &tour->site, &told));
	assert_int_equal(pc_state(&tour->site).receipted, custody.entries);
}

/* For each custody receipt that the van has written the bundle is there, whole. */
static void assert_signed_is_here(struct tour *tour)
{
	const struct ph_van *van = &tour->van;
	char pattern_of_names[PH_VAN_PATH_MAX + 16];
	glob_t found;

	snprintf(pattern_of_names, sizeof(pattern_of_names), "%s/*.custody", van->dir);
	if (glob(pattern_of_names, 0, NULL, &found) != 0) {
		return;
	}
	for (size_t i = 0; i < found.gl_pathc; i++) {
		const char *name = strrchr(found.gl_pathv[i], '/') + 1;
		char path[2 * PH_VAN_PATH_MAX];
		struct ph_buf bundle = { 0 };
		uint8_t hash[PH_BUNDLE_HASH_SIZE];
		char hex[2 * PH_BUNDLE_HASH_SIZE + 1];

		snprintf(path, sizeof(path), "%s/%.64s.phb", van->spool.path, name);
		if (ph_file_read(path, PH_BUNDLE_MAX, &bundle, NULL) != 0) {
			fail_msg("signed, and not there: %s", name);
		}
		crypto_generichash(hash, sizeof(hash), bundle.data, bundle.len, NULL, 0);
		ph_hex(hex, hash, sizeof(hash));
		assert_memory_equal(hex, name, 2 * sizeof(hash));
		ph_buf_deinit(&bundle);
	}
	globfree(&found);
}

/* Whatever the courier's disk fails in, it signs for nothing that it does not have for good. */
static void test_custody_comes_last(void **state)
{
	struct tour *tour = *state;
	struct ph_site_courier_told told = { .given = 1 };
	unsigned call = 0;
	bool is_done;

	do {
		if (told.given > 0) { /* so that there is a bundle that it has not yet */
			pc_visits(&tour->site, 1);
		}
		tour->fails = ++call;
		is_done = meet(tour, &tour->site, &told);
		assert_signed_is_here(tour);
		assert_true(call < 200);
	} while (tour->fails == 0);
	assert_true(is_done);
	assert_true(call > 6);
	assert_int_equal(told.given, 1);
	tour->fails = 0;
}

/* Bundles of 90 days are let go of, wherever they lie. */
static void test_age(void **state)
{
	struct tour *tour = *state;
	struct ph_site_courier_told told;

	pc_visits(&tour->site, 3);
	assert_true(meet(tour, &tour->site, &told));
	pass(&tour->room.machine, 89 * 86400);
	assert_carried(tour, 1, 0);
	pass(&tour->room.machine, 2 * 86400);
	assert_carried(tour, 0, 0);
	/* the site has it all */
	assert_true(meet(tour, &tour->site, &told));
	assert_int_equal(told.given, 1);
}

/* The site's clock begins in 1970: what it made then is no older than the day we got it. */
static void test_age_of_no_clock(void **state)
{
	struct tour *tour = *state;
	struct machine van_clock = tour->room.machine;
	struct ph_site_courier_told told;
	struct ph_van_told van;
	int64_t wall = tour->room.machine.now.wall;

	tour->van.clock.data = &van_clock;
	pc_visits(&tour->site, 3);
	tour->room.machine.now.wall = 120;
	assert_true(meet(tour, &tour->site, &told));
	assert_int_equal(told.given, 1);
	assert_carried(tour, 1, 0);
	tour->room.machine.now.wall = wall;
	assert_true(base(tour, &van));
	assert_int_equal(van.given, 1);
	/* neither knows the time: it is carried all the same */
	van_clock.now.wall = tour->room.machine.now.wall = 240;
	assert_true(meet(tour, &tour->site, &told));
	van_clock.now.wall = tour->room.machine.now.wall = wall + 600;
	assert_carried(tour, 1, 0);
}

#define TOUR(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TOUR(test_tour),
		TOUR(test_cuts),
		TOUR(test_who),
		TOUR(test_no_courier),
		TOUR(test_bad_custody),
		TOUR(test_age),
		TOUR(test_age_of_no_clock),
		TOUR(test_no_room_for_the_new),
		TOUR(test_custody_comes_last),
	};

	return ph_crypto_start() == 0
		       ? cmocka_run_group_tests(tests, make_pattern, remove_pattern)
		       : 1;
}
