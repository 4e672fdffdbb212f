/*
 * tests/unit/collect_room.h - a hub that was rolled back to a copy of its folder, and a device that
 * holds what it said since.
 */
#ifndef PH_TESTS_COLLECT_ROOM_H
#define PH_TESTS_COLLECT_ROOM_H

#include "tests/unit/put_room.h"

/* What the whole control log is by now, as segments. */
static inline struct ph_item *control_items(struct hub_room *room, struct member *member)
{
	struct ph_job *job = job_of(member, PH_JOB_LOAD, NULL);
	struct ph_item *items;

	member->peer.control = 0;
	carry_out(room, job);
	assert_int_equal(job->result, 0);
	items = job->items;
	assert_non_null(items);
	job->items = NULL;
	ph_job_free(job);
	return items;
}

static inline struct ph_item *copy_item(const struct ph_item *item)
{
	struct ph_item *copy = ph_item_new(item->type);

	assert_non_null(copy);
	memcpy(copy->log_id, item->log_id, sizeof(copy->log_id));
	memcpy(copy->seal, item->seal, sizeof(copy->seal));
	copy->first = item->first;
	copy->last = item->last;
	assert_int_equal(ph_buf_put_view(&copy->body, ph_buf_view(&item->body)), 0);
	return copy;
}

static inline void keep(struct hub_room *room, const char *from, const char *to)
{
	char command[256];

	ph_hub_close(room->hub);
	snprintf(command, sizeof(command), "rm -rf '%s' && cp -r '%s' '%s'", to, from,
		 to);
	assert_int_equal(system(command), 0);
	hub_start(room);
}

static inline void say(struct hub_room *room, const char *command)
{
	json_decref(ask(room, json_pack("{s:s}", "command", command)));
}

static inline void end_collecting(struct hub_room *room)
{
	json_decref(ask(room,
			json_pack("{s:s, s:b}", "command", "collect-end", "anyway", 1)));
}

static inline void set_policy(struct hub_room *room, const char *value)
{
	json_decref(ask(room, json_pack("{s:s, s:s, s:s}", "command", "policy-set",
					"name", "loan-term-days", "value", value)));
}

struct rolled {
	struct pair pair;
	char copy[80];
	int64_t control; /* entries of it before */
	struct ph_item *items;
};

/* The hub's folder as it is now is kept apart. */
static inline void keep_copy(struct rolled *r)
{
	struct hub_room *room = &r->pair.room;

	snprintf(r->copy, sizeof(r->copy), "%s.copy", room->dir);
	keep(room, room->dir, r->copy);
}

/* ... and put back; what it has said since, its first device holds. */
static inline void put_copy_back(struct rolled *r)
{
	struct hub_room *room = &r->pair.room;

	be_admitted(room, &r->pair.a);
	r->items = control_items(room, &r->pair.a);
	keep(room, r->copy, room->dir);
}

/* A hub that said two things, and forgot them. */
static inline void forget(struct rolled *r)
{
	struct hub_room *room = &r->pair.room;

	pair_open(&r->pair);
	keep_copy(r);
	set_policy(room, "21");
	set_policy(room, "28");
	r->control = hub_says(room, "control_entries");
	put_copy_back(r);
}

/* The same, and was restored. */
static inline void roll_back(struct rolled *r)
{
	forget(r);
	say(&r->pair.room, "epoch-begin");
}

static inline void rolled_close(struct rolled *r)
{
	ph_items_free(r->items);
	remove_dir(r->copy);
	pair_close(&r->pair);
}

#endif
