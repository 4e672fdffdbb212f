/*
 * tests/unit/road_world.h - a hub and several sites, all with folders of their own, and
 * real sessions between them over a wire in memory that can be cut anywhere.
 */
#ifndef PH_TESTS_ROAD_WORLD_H
#define PH_TESTS_ROAD_WORLD_H

#include "tests/unit/hub_room.h"

#include "client/link_internal.h"
#include "client/site.h"
#include "client/site_kept.h"
#include "client/site_unfinished.h"
#include "common/log/fingerprint.h"

/* A PC: its site's folder, opened while it is used. */
struct pc {
	char dir[128];
	struct ph_rng_seeded state;
	struct ph_site_config config;
	struct ph_site *site;
};

/* How one session is run. */
struct drive {
	int64_t cut_down; /* bytes from the hub until the link is cut; below 0: never */
	int64_t cut_up;
};

#define WHOLE_DRIVE ((struct drive){ -1, -1 })

/* What came of it. */
struct drove {
	bool complete;
	enum ph_session_failure failure;
	struct ph_session_counts counts;
	struct ph_site_moved moved;
	uint64_t down, up;
	struct ph_unfinished_kept kept;
	enum ph_status status;
};

/* ---- PCs ---- */

static inline void pc_open(struct pc *pc)
{
	struct ph_error err = { 0 };

	if (ph_site_open(&pc->site, &pc->config, &err) != 0) {
		fail_msg("%s", err.text);
	}
}

static inline void pc_close(struct pc *pc)
{
	ph_site_close(pc->site);
	pc->site = NULL;
}

/* A PC of SITE joins by an invite of its own. */
static inline void pc_join_as(struct hub_room *room, struct pc *pc, const char *site,
			      uint64_t role, const char *name, uint64_t number)
{
	uint8_t seed[PH_SEED_KEY_SIZE];
	struct ph_buf invite = { 0 };
	struct ph_buf list = { 0 };
	struct ph_buf text = { 0 };
	struct ph_error err = { 0 };
	char path[160];

	memset(pc, 0, sizeof(*pc));
	snprintf(pc->dir, sizeof(pc->dir), "%s.%s", room->dir, name);
	pc->config = (struct ph_site_config){ .dir = pc->dir,
					      .who = "a test",
					      .clock = { read_machine, &room->machine } };
	ph_rng_seed(&pc->state, 1000 + number, &pc->config.rng);
	make_invite_as(room, site, role, seed, &invite);
	snprintf(path, sizeof(path), "%s/keys/list", room->dir);
	assert_int_equal(ph_file_read(path, PH_CERT_MAX, &list, &err), 0);
	assert_int_equal(
		ph_invite_text(ph_buf_view(&invite), ph_buf_view(&list), seed, &text), 0);
	if (ph_site_join(&pc->config, ph_buf_view(&text), &err) != 0) {
		fail_msg("%s", err.text);
	}
	ph_buf_deinit(&invite);
	ph_buf_deinit(&list);
	ph_buf_wipe(&text);
	pc_open(pc);
}

static inline void pc_join(struct hub_room *room, struct pc *pc, const char *site,
			   const char *name, uint64_t number)
{
	pc_join_as(room, pc, site, PH_ROLE_SITE, name, number);
}

static inline void pc_end(struct pc *pc)
{
	char command[320];

	pc_close(pc);
	snprintf(command, sizeof(command), "rm -rf '%s' '%s'.*", pc->dir, pc->dir);
	assert_int_equal(system(command), 0);
}

/* The folder of PC as it is now, under another name, and back again. */
static inline void pc_copy(struct pc *pc, const char *from, const char *to)
{
	char command[512];

	pc_close(pc);
	snprintf(command, sizeof(command), "rm -rf '%s%s' && cp -r '%s%s' '%s%s'",
		 pc->dir, to, pc->dir, from, pc->dir, to);
	assert_int_equal(system(command), 0);
	pc_open(pc);
}

static inline struct ph_ref pc_write(struct pc *pc, struct ph_entry entry)
{
	struct ph_error err = { 0 };
	struct ph_ref ref;

	if (ph_site_write(pc->site, &entry, 1, &ref, &err) != 0) {
		fail_msg("%s", err.text);
	}
	return ref;
}

static inline struct ph_ref pc_reader(struct pc *pc, const char *name)
{
	struct ph_entry entry = { .kind = ph_kind_find(PH_KIND_READER_PUT),
				  .number = PH_KIND_READER_PUT };

	entry.sealed[PH_READER_S_NAME].set = true;
	entry.sealed[PH_READER_S_NAME].as.bytes = ph_view_str(name);
	return pc_write(pc, entry);
}

static inline void pc_visits(struct pc *pc, unsigned count)
{
	struct ph_entry entry = { .kind = ph_kind_find(PH_KIND_VISIT),
				  .number = PH_KIND_VISIT };

	assert_int_equal(ph_site_begin(pc->site, NULL), 0);
	for (unsigned i = 1; i <= count; i++) {
		entry.field[PH_VISIT_COUNT].set = true;
		entry.field[PH_VISIT_COUNT].as.uint = i;
		pc_write(pc, entry);
	}
	assert_int_equal(ph_site_commit(pc->site, NULL), 0);
}

/* Whether PC can read the name in the reader REF, and that it is NAME. */
static inline bool pc_reads(struct pc *pc, const struct ph_ref *ref, const char *name)
{
	struct ph_buf plain = { 0 };
	struct ph_entry entry;
	int rc = ph_site_open_part(pc->site, ref, &entry, &plain);

	assert_true(rc == 0 || rc == PH_JOURNAL_E_NONE);
	if (rc == 0) {
		assert_true(ph_view_equal(entry.sealed[PH_READER_S_NAME].as.bytes,
					  ph_view_str(name)));
	}
	ph_buf_wipe(&plain);
	return rc == 0;
}

/* How much PC holds of the log that OTHER writes now. */
static inline uint64_t pc_holds(struct pc *pc, struct pc *other)
{
	struct ph_log log;
	int rc = ph_journal_log_find(ph_site_journal(pc->site),
				     ph_site_log(other->site)->id, &log);

	assert_true(rc == 0 || rc == PH_JOURNAL_E_NONE);
	return rc == 0 ? log.n : 0;
}

static inline const char *pc_id(struct pc *pc)
{
	static char id[2 * PH_DEVICE_ID_SIZE + 1];
	struct ph_site_info info;

	ph_site_info(pc->site, &info);
	ph_hex(id, info.device_id, sizeof(info.device_id));
	return id;
}

/* The operator confirms PC, by the words on its screen. */
static inline void pc_confirm(struct hub_room *room, struct pc *pc)
{
	struct ph_site_info info;

	ph_site_info(pc->site, &info);
	json_decref(ask(room,
			json_pack("{s:s, s:s, s:s}", "command", "device-confirm",
				  "device", pc_id(pc), "fingerprint", info.fingerprint)));
}

/* ---- sessions ---- */

struct road {
	struct hub_room *room;
	struct pc *pc;
	struct ph_session *device, *hub;
	struct ph_hub_peer peer;
	struct ph_unfinished front; /* at the device */
};

/* What the hub keeps of a segment that was cut, if ROAD_RESUMES; for one PC. */
static bool road_resumes;
static struct ph_unfinished road_partial;

/* Bytes that the hub may send in what follows; 0: no bound. */
static uint64_t road_budget;

/* Called with each job of a side before it is carried out, and after; NULL: not. */
static void (*road_tamper)(struct ph_job *job, enum ph_side side, bool done);

static inline void road_told(struct ph_job *job, enum ph_side side, bool done)
{
	if (road_tamper != NULL) {
		road_tamper(job, side, done);
	}
}

/* Bytes one way, at most *LEFT of them. Returns whether any went. */
static inline bool road_carry(struct ph_session *from, struct ph_session *to,
			      int64_t *left, uint64_t *sum)
{
	struct ph_view bytes = ph_session_output(from);

	if (*left >= 0 && bytes.len > (uint64_t)*left) {
		bytes.len = (size_t)*left;
	}
	if (bytes.len == 0) {
		return false;
	}
	*left -= *left >= 0 ? (int64_t)bytes.len : 0;
	*sum += bytes.len;
	ph_session_receive(to, bytes, 1000);
	ph_session_sent(from, bytes.len, 1000);
	return true;
}

static inline bool road_jobs(struct road *road)
{
	struct ph_job *job;
	bool any = false;

	while ((job = ph_session_take_job(road->hub)) != NULL) {
		any = true;
		job->owner = &road->peer;
		road_told(job, PH_SIDE_HUB, false);
		ph_hub_jobs(road->room->hub, job);
		if (job->type == PH_JOB_HELLO && road_resumes) {
			job->partial = road_partial;
			road_partial = (struct ph_unfinished){ 0 };
		}
		road_told(job, PH_SIDE_HUB, true);
		ph_session_give_job(road->hub, job, 1000);
	}
	while ((job = ph_session_take_job(road->device)) != NULL) {
		any = true;
		road_told(job, PH_SIDE_DEVICE, false);
		ph_site_job(road->pc->site, job, NULL);
		road_told(job, PH_SIDE_DEVICE, true);
		ph_session_give_job(road->device, job, 1000);
	}
	return any;
}

static inline bool road_is_over(const struct ph_session *session)
{
	return ph_session_state(session) >= PH_SESSION_CLOSED;
}

static inline void road_open(struct road *road)
{
	struct ph_session_config device = { .side = PH_SIDE_DEVICE,
					    .keys = ph_site_box(road->pc->site),
					    .cert = ph_site_cert(road->pc->site),
					    .rng = road->pc->config.rng };
	struct ph_session_config hub = { .side = PH_SIDE_HUB,
					 .keys = &ph_hub_keys(road->room->hub)->box,
					 .rng = road->room->rng };
	static struct ph_hello hello;
	struct ph_buf arena = { 0 };
	struct ph_error err = { 0 };

	memcpy(device.hub_key, hub.keys->key, sizeof(device.hub_key));
	if (ph_site_hello(road->pc->site, 1024, &hello, &arena, &err) != 0) {
		fail_msg("%s", err.text);
	}
	assert_int_equal(ph_site_unfinished_tell(road->pc->site, &hello, &road->front),
			 0);
	assert_int_equal(ph_site_kept_tell(road->pc->site, &hello), 0);
	hello.budget = road_budget;
	device.hello = &hello;
	device.partial = &road->front;
	assert_int_equal(ph_session_new(&road->device, &device, 1000), 0);
	assert_int_equal(ph_session_new(&road->hub, &hub, 1000), 0);
	ph_buf_deinit(&arena);
}

/* One session of PC with the hub, which folds what came when it is over. */
static inline struct drove drive(struct hub_room *room, struct pc *pc, struct drive how)
{
	struct road road = { .room = room, .pc = pc };
	struct drove drove = { 0 };
	struct ph_link_result result = { 0 };
	unsigned still = 0;

	pass(&room->machine, 60);
	road_open(&road);
	while (still < 3 && how.cut_up != 0 && how.cut_down != 0) {
		bool any = road_carry(road.device, road.hub, &how.cut_up, &drove.up);

		any |= road_jobs(&road);
		any |= road_carry(road.hub, road.device, &how.cut_down, &drove.down);
		any |= road_jobs(&road);
		still = any ? 0 : still + 1;
	}
	if (!road_is_over(road.device)) {
		ph_session_eof(road.device);
		ph_session_eof(road.hub);
	}
	road_jobs(&road);
	if (road_resumes) {
		ph_unfinished_deinit(&road_partial);
		ph_session_take_partial(road.hub, &road_partial);
	}
	drove.complete = ph_session_state(road.device) == PH_SESSION_CLOSED;
	(void)ph_session_take_partial(road.device, &road.front);
	assert_int_equal(ph_site_unfinished_keep(
				 pc->site, &road.front,
				 drove.complete && !ph_session_is_short(road.device),
				 ph_session_status(road.device), &drove.kept),
			 0);
	ph_unfinished_deinit(&road.front);
	drove.failure = ph_session_failure(road.device);
	drove.status = ph_session_status(road.device);
	ph_session_counts(road.device, &drove.counts);
	ph_site_moved(pc->site, &drove.moved);
	result.failure = drove.failure;
	result.status = ph_session_status(road.device);
	assert_int_equal(ph_site_session_end(pc->site, drove.complete,
					     drove.complete
						     ? ""
						     : ph_link_explain(&result, "a test",
								       false, NULL),
					     &drove.counts),
			 0);
	ph_session_free(road.device);
	ph_session_free(road.hub);
	while (ph_hub_fold(room->hub) > 0) {
	}
	return drove;
}

/* The same, whole: it must end in order. */
static inline struct drove sync_pc(struct hub_room *room, struct pc *pc)
{
	struct drove drove = drive(room, pc, WHOLE_DRIVE);

	assert_int_equal(drove.failure, PH_FAIL_NONE);
	assert_true(drove.complete);
	return drove;
}

#endif
