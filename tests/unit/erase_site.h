/* tests/unit/erase_site.h - a PC at a real hub, with a reader who is to be erased. */
#ifndef PH_TESTS_ERASE_SITE_H
#define PH_TESTS_ERASE_SITE_H

#include "tests/unit/put_room.h"
#include "tests/unit/road_world.h"

struct site {
	struct hub_room room;
	struct pc pc;
	struct ph_ref reader;
};

static int set_up(void **state)
{
	struct site *site = calloc(1, sizeof(*site));

	assert_non_null(site);
	hub_open(&site->room);
	pc_join(&site->room, &site->pc, "14-0371", "pc", 1);
	site->reader = pc_reader(&site->pc, "Lò Văn Pánh");
	sync_pc(&site->room, &site->pc);
	pc_confirm(&site->room, &site->pc);
	*state = site;
	return 0;
}

static int tear_down(void **state)
{
	struct site *site = *state;

	pc_end(&site->pc);
	hub_close(&site->room);
	free(site);
	return 0;
}

static void erase(struct site *site)
{
	char text[PH_REF_TEXT];

	ph_ref_text(text, &site->reader);
	json_decref(signs(&site->room, json_pack("{s:s, s:[s]}", "command",
						 "reader-erase", "readers", text)));
}

/* The process ends, and another one begins. */
static void start_again(struct pc *pc)
{
	pc_close(pc);
	pc_open(pc);
}

/* As `sync` does. */
static void sync_to_end(struct site *site, struct pc *pc)
{
	sync_pc(&site->room, pc);
	assert_int_equal(ph_site_erase_heard(pc->site, NULL), 0);
}

#endif
