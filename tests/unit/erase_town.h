/*
 * tests/unit/erase_town.h - a hub, and a PC of one of its sites that wrote of a reader, of whom both
 * sites hear. Each test program includes it once.
 */
#ifndef PH_TESTS_ERASE_TOWN_H
#define PH_TESTS_ERASE_TOWN_H

#include "tests/unit/put_room.h"
#include "tests/unit/road_world.h"

struct town {
	struct hub_room room;
	struct pc pc;
	struct ph_ref reader;
};

/* Of the commune in which both sites are: she is in the scope of both. */
static inline struct ph_ref reader_of_both(struct pc *pc)
{
	struct ph_entry entry = { .kind = ph_kind_find(PH_KIND_READER_PUT),
				  .number = PH_KIND_READER_PUT };

	entry.sealed[PH_READER_S_NAME].set = true;
	entry.sealed[PH_READER_S_NAME].as.bytes = ph_view_str("Lò Văn Pánh");
	entry.field[PH_READER_COMMUNE].set = true;
	entry.field[PH_READER_COMMUNE].as.bytes = ph_view_str("03646");
	return pc_write(pc, entry);
}

static inline int set_up(void **state)
{
	struct town *town = calloc(1, sizeof(*town));

	assert_non_null(town);
	hub_open(&town->room);
	pc_join(&town->room, &town->pc, "14-0371", "desk", 1);
	town->reader = reader_of_both(&town->pc);
	sync_pc(&town->room, &town->pc);
	pc_confirm(&town->room, &town->pc);
	sync_pc(&town->room, &town->pc);
	*state = town;
	return 0;
}

static inline int tear_down(void **state)
{
	struct town *town = *state;

	pc_end(&town->pc);
	hub_close(&town->room);
	free(town);
	return 0;
}

/* The hub's folder, with FROM behind its name, in the place of the one with TO. */
static inline void copy_hub(struct town *town, const char *from, const char *to)
{
	char command[512];

	ph_hub_close(town->room.hub);
	snprintf(command, sizeof(command), "rm -rf '%s%s' && cp -r '%s%s' '%s%s'",
		 town->room.dir, to, town->room.dir, from, town->room.dir, to);
	assert_int_equal(system(command), 0);
	hub_start(&town->room);
}

#endif
