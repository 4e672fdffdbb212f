/*
 * tests/unit/van_world.h - a van between the PCs and the hub of stick_world.h: exchanges of
 * client/van*.c with client/site_courier.c and daemon/hub_courier*.c, over a wire in memory that
 * can be cut anywhere. The disk of the courier can fail, and what it signs be another's.
 */
#ifndef PH_TESTS_VAN_WORLD_H
#define PH_TESTS_VAN_WORLD_H

#include "tests/unit/stick_world.h"

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
	bool bends;      /* the courier signs another hash */
	bool busy;       /* it takes the same bundle from somebody else right now */
	unsigned fails;  /* which of its calls for the disk; 0: none */
	uint64_t budget; /* bytes that an exchange at base may take; 0: no bound */
};

static inline int set_up(void **state)
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

static inline int tear_down(void **state)
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

static inline bool fails_now(void)
{
	return fail_in > 0 && --fail_in == 0;
}

static inline int64_t failing_read(int fd, uint8_t *out, size_t len)
{
	return fails_now() ? -EIO : ph_file_ops_system.read(fd, out, len);
}

static inline int64_t failing_write(int fd, const uint8_t *bytes, size_t len)
{
	return fails_now() ? -EIO : ph_file_ops_system.write(fd, bytes, len);
}

static inline int failing_sync(int fd)
{
	return fails_now() ? -EIO : ph_file_ops_system.sync(fd);
}

static inline int failing_rename(const char *from, const char *to)
{
	return fails_now() ? -EIO : ph_file_ops_system.rename(from, to);
}

/* The van's next job; the CALL-th time that it asks its disk for something that fails. */
static inline void job_on_bad_disk(struct ph_van_visit *visit, struct ph_courier_job *job,
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

static inline void work(struct end *end)
{
	struct ph_courier_job *job;

	while ((job = ph_courier_take_job(end->exchange)) != NULL) {
		end->job(end->data, job);
		ph_courier_give_job(end->exchange, job, 0);
	}
}

static inline bool move(struct tour *tour, struct end *from, struct end *to)
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
static inline bool run(struct tour *tour, struct end *calls, struct end *answers)
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

/* Called when a job of the site is not done yet; NULL: nobody. */
static void (*between_pieces)(void *data);
static void *between_data;

static inline void site_job(void *data, struct ph_courier_job *job)
{
	while (ph_site_courier_job(data, job)) {
		if (between_pieces) {
			between_pieces(between_data);
		}
	}
}

struct van_end {
	struct ph_van_visit visit;
	struct tour *tour;
};

static inline void van_job(void *data, struct ph_courier_job *job)
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

static inline void hub_job(void *data, struct ph_courier_job *job)
{
	struct hub_end *end = data;

	ph_hub_courier_job(end->hub, &end->courier, job);
}

/* PC meets the van. */
static inline bool meet(struct tour *tour, struct pc *pc,
			struct ph_site_courier_told *told_out)
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
static inline bool base_as(struct tour *tour, struct ph_van *van,
			   struct ph_van_told *told_out, struct ph_courier_told *hub_out,
			   enum ph_status *status_out)
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
						.peer_key = keys->box.key,
						.budget = tour->budget },
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

static inline bool base(struct tour *tour, struct ph_van_told *told_out)
{
	struct ph_courier_told hub;
	enum ph_status status;

	return base_as(tour, &tour->van, told_out, &hub, &status);
}

static inline int count_item(void *data, const struct ph_van_item *item)
{
	unsigned *n = data;

	n[item->file.header.direction]++;
	return 0;
}

static inline void assert_carried(struct tour *tour, unsigned up, unsigned down)
{
	unsigned n[3] = { 0 };

	assert_int_equal(ph_van_each(&tour->van, count_item, n, NULL), 0);
	assert_int_equal(n[PH_BUNDLE_UP], up);
	assert_int_equal(n[PH_BUNDLE_DOWN], down);
}

static inline void assert_receipted(struct pc *pc)
{
	struct ph_site_state known = pc_state(pc);

	assert_int_equal(known.receipted, known.entries);
	assert_int_equal(known.parts_pending, 0);
}

#define TOUR(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#endif
