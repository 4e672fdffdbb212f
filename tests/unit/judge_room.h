/*
 * tests/unit/judge_room.h - a hub and a device whose clock is wrong: what was judged, and on which day
 * something counts.
 */
#ifndef PH_TESTS_JUDGE_ROOM_H
#define PH_TESTS_JUDGE_ROOM_H

#include "common/ledger/view.h"
#include "daemon/hub_internal.h"
#include "tests/unit/put_room.h"

#define YEAR INT64_C(31536000)
#define DAY  INT64_C(86400)

/* MEMBER's machine is started again, its clock AHEAD of the hub's. */
static inline void set_clock(struct hub_room *room, struct member *member, uint8_t number,
			     int64_t ahead)
{
	boot(&member->desk.machine, number, room->machine.now.wall + ahead);
}

static inline void send_rest(struct hub_room *room, struct member *member)
{
	expect_job(room, store_of(member, all_item(member, held_n(room, member))), 0);
}

/* All clock-judges of the desk log, oldest first; the caller's. */
static inline json_t *judges(struct hub_room *room)
{
	json_t *answer =
		ask(room, json_pack("{s:s, s:i}", "command", "log", "limit", 1000));
	json_t *out = json_array();
	json_t *entry;
	size_t i;

	json_array_foreach(json_object_get(answer, "entries"), i, entry)
	{
		if (strcmp(text_in(entry, "kind"), "clock-judge") == 0) {
			json_array_append(out, entry);
		}
	}
	json_decref(answer);
	return out;
}

static inline size_t count_judges(struct hub_room *room)
{
	json_t *list = judges(room);
	size_t n = json_array_size(list);

	json_decref(list);
	return n;
}

/* Visits that count on the day of SECOND at the site of the tests. */
static inline int64_t visits_on(struct hub_room *room, int64_t second)
{
	struct ph_ledger *ledger = ph_hub_ledger(room->hub);
	json_t *tally = NULL;
	int64_t visits = 0;
	int rc;

	assert_int_equal(ph_ledger_catch_up(ledger, NULL, NULL), 0);
	rc = ph_view_tally(ledger, 140371, ph_day_of(second), &tally);
	assert_true(rc == 0 || rc == PH_LEDGER_E_NONE);
	if (rc == 0) {
		visits = json_integer_value(json_object_get(tally, "visits"));
	}
	json_decref(tally);
	return visits;
}

#endif
