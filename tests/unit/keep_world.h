/*
 * tests/unit/keep_world.h - a hub that says things in its desk log, and two PCs that it has confirmed, of
 * two sites, which keep pieces of it. Each test program includes it once.
 */
#ifndef PH_TESTS_KEEP_WORLD_H
#define PH_TESTS_KEEP_WORLD_H

#include "tests/unit/road_world.h"
#include "tests/unit/collect_room.h"

#include <sys/stat.h>

#include "client/site_internal.h"
#include "daemon/hub_internal.h"

struct world {
	struct hub_room room;
	struct pc a, b; /* of two sites */
	char copy[80];
};

static struct {
	unsigned down, up; /* pieces that a device stored, that the hub did */
	unsigned wants;    /* of the last welcome */
	bool lies;         /* the device tells another position than its own */
	enum ph_why why;
} seen;

static inline unsigned count_pieces(const struct ph_item *item)
{
	unsigned count = 0;

	for (; item != NULL; item = item->next) {
		count += item->type == PH_ITEM_KEEP;
	}
	return count;
}

static inline void look(struct ph_job *job, enum ph_side side, bool done)
{
	if (side == PH_SIDE_HUB && job->type == PH_JOB_HELLO) {
		if (!done && seen.lies) {
			memset(job->hello.kept.h, 0x55, sizeof(job->hello.kept.h));
		}
		seen.wants = job->welcome.n_wants;
	}
	if (side == PH_SIDE_HUB && job->type == PH_JOB_STORE && done) {
		seen.why = job->why != PH_WHY_NONE ? job->why : seen.why;
	}
	if (job->type == PH_JOB_STORE && !done) {
		*(side == PH_SIDE_HUB ? &seen.up : &seen.down) +=
			count_pieces(job->items);
	}
}

/* The hub says COUNT things in its desk log. */
static inline void say_words(struct hub_room *room, unsigned count)
{
	for (unsigned i = 1; i <= count; i++) {
		struct ph_entry entry = { .kind = ph_kind_find(PH_KIND_VISIT),
					  .number = PH_KIND_VISIT };
		struct ph_error err = { 0 };

		pass(&room->machine, 1);
		entry.field[PH_VISIT_COUNT].set = true;
		entry.field[PH_VISIT_COUNT].as.uint = i;
		if (ph_hub_desk_add(room->hub, &entry, 1, NULL, &err) != 0) {
			fail_msg("%s", err.text);
		}
	}
	while (ph_hub_fold(room->hub) > 0) {
	}
}

static inline uint64_t desk_n(struct hub_room *room)
{
	struct ph_log log;
	int64_t row = ph_writer_log(room->hub->desk)->row;

	if (row == 0) {
		return 0;
	}
	assert_int_equal(ph_journal_log_at(room->hub->journal, row, &log), 0);
	return log.n;
}

/* The digest of the hub's books; the caller's. */
static inline char *digest_of(struct hub_room *room)
{
	json_t *answer = ask(room, json_pack("{s:s}", "command", "digest"));
	char *digest = strdup(text_in(answer, "digest"));

	json_decref(answer);
	assert_non_null(digest);
	return digest;
}

static inline uint64_t pieces_of(struct pc *pc)
{
	uint64_t pieces, bytes;

	assert_int_equal(ph_site_kept_size(pc->site, &pieces, &bytes), 0);
	assert_true((pieces == 0) == (bytes == 0));
	return pieces;
}

static inline int set_up(void **state)
{
	struct world *world = calloc(1, sizeof(*world));
	struct pc *pcs[] = { &world->a, &world->b };

	assert_non_null(world);
	memset(&seen, 0, sizeof(seen));
	hub_open(&world->room);
	snprintf(world->copy, sizeof(world->copy), "%s.copy", world->room.dir);
	assert_int_equal(mkdir(world->copy, 0700), 0);
	pc_join(&world->room, &world->a, "14-0371", "a", 1);
	pc_join(&world->room, &world->b, "14-0372", "b", 2);
	for (unsigned i = 0; i < 2; i++) {
		pc_visits(pcs[i], 2);
		sync_pc(&world->room, pcs[i]);
		pc_confirm(&world->room, pcs[i]);
	}
	for (unsigned i = 0; i < 2; i++) {
		sync_pc(&world->room, pcs[i]);
	}
	road_tamper = look;
	*state = world;
	return 0;
}

static inline int tear_down(void **state)
{
	struct world *world = *state;

	road_tamper = NULL;
	remove_dir(world->copy);
	pc_end(&world->a);
	pc_end(&world->b);
	hub_close(&world->room);
	free(world);
	return 0;
}

#define WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#endif
