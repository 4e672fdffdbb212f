/*
 * tests/unit/plan_room.h - a hub with a few communes, a library and a van, which write and
 * send, and sheets of it; for tests of the rows of the plan.
 */
#ifndef PH_TESTS_PLAN_ROOM_H
#define PH_TESTS_PLAN_ROOM_H

#include "tests/unit/put_room.h"

/* Site 140371 is a library of xã 03646, 140372 a van of phường 03658; 03651 has none. */
struct scene {
	struct pair pair;
	struct hub_room *room;
};

static inline void hub_records(struct scene *scene, const char *text)
{
	json_decref(wrote(scene->room, record_of(text)));
}

static inline void scene_open(struct scene *scene)
{
	pair_open(&scene->pair);
	scene->room = &scene->pair.room;
	ph_writer_free(scene->pair.b.desk.writer);
	scene->pair.b.desk.config.site = 140372;
	desk_start(&scene->pair.b.desk);
	hub_records(scene,
		    "{\"kind\":\"commune-put\",\"code\":\"03646\",\"name\":\"M\"}");
	hub_records(scene,
		    "{\"kind\":\"commune-put\",\"code\":\"03651\",\"name\":\"N\"}");
	hub_records(scene, "{\"kind\":\"commune-put\",\"code\":\"03658\",\"name\":\"O\","
			   "\"type\":\"phuong\"}");
	hub_records(scene, "{\"kind\":\"site-put\",\"site\":140372,\"site_kind\":\"van\","
			   "\"commune\":\"03658\"}");
}

static inline void scene_close(struct scene *scene)
{
	pair_close(&scene->pair);
}

/* MEMBER writes the entry that TEXT is; "%R" in it stands for REF. */
static inline struct ph_ref writes(struct member *member, const char *text,
				   const struct ph_ref *ref)
{
	char whole[600], name[PH_REF_TEXT] = "";
	const char *at = strstr(text, "%R");
	struct ph_buf arena = { 0 };
	struct ph_error err = { 0 };
	struct ph_entry entry;
	struct ph_ref made;
	json_t *object;

	if (ref != NULL) {
		ph_ref_text(name, ref);
	}
	snprintf(whole, sizeof(whole), "%.*s%s%s", at ? (int)(at - text) : 500, text,
		 at ? name : "", at ? at + 2 : "");
	object = json_loads(whole, 0, NULL);
	assert_non_null(object);
	if (ph_entry_from_json(object, NULL, &entry, &arena, &err) != 0) {
		fail_msg("%s: %s", whole, err.text);
	}
	begin(&member->desk.room);
	if (ph_writer_add(member->desk.writer, &entry, &made, &err) != 0) {
		fail_msg("%s: %s", whole, err.text);
	}
	assert_int_equal(ph_writer_seal(member->desk.writer), 0);
	commit(&member->desk.room);
	ph_buf_deinit(&arena);
	json_decref(object);
	return made;
}

static inline void sends(struct scene *scene, struct member *member)
{
	expect_job(scene->room,
		   store_of(member, all_item(member, held_n(scene->room, member))), 0);
}

static inline json_t *sheet_of(struct scene *scene, const char *code, const char *period,
			       const char *by)
{
	json_t *request = json_pack("{s:s, s:s, s:s}", "command", "report", "report",
				    code, "period", period);

	if (by != NULL) {
		json_object_set_new(request, "by", json_string(by));
	}
	return ask(scene->room, request);
}

#endif
