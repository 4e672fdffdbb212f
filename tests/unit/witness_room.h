/*
 * tests/unit/witness_room.h - a hub with a witness and, if asked for, a second medium, a device that
 * it confirmed, and copies of its folder that are put back.
 */
#ifndef PH_TESTS_WITNESS_ROOM_H
#define PH_TESTS_WITNESS_ROOM_H

#include "tests/unit/put_room.h"

#include "daemon/hub_internal.h"
#include "tests/unit/capture.h"

/* A hub with a witness, a device that it confirmed, and copies of its folder. */
struct scene {
	struct hub_room room;
	struct member thief;
	char id[2 * PH_DEVICE_ID_SIZE + 1]; /* the thief's */
	char copy[80], folder[80], file[160];
	const char *second;  /* NULL: no second medium */
	bool restores;       /* as `restore` opens what it has unpacked */
	struct capture told; /* at the last start */
};

static inline void start(struct scene *s)
{
	struct ph_hub_config config = hub_config(&s->room);
	struct ph_error err = { 0 };
	int rc;

	config.witness = s->restores ? NULL : s->room.dir;
	config.second = s->second;
	capture_start(&s->told, NULL);
	rc = ph_hub_open(&s->room.hub, &config, &err);
	capture_end(&s->told);
	if (rc != 0) {
		fail_msg("%s", err.text);
	}
}

static inline void stop(struct scene *s)
{
	ph_hub_close(s->room.hub);
	s->room.hub = NULL;
}

/* Remove A, and copy B there. */
static inline void copy_tree(const char *a, const char *b)
{
	char line[512];

	snprintf(line, sizeof(line), "rm -rf '%s' && cp -r '%s' '%s'", a, b, a);
	assert_int_equal(system(line), 0);
}

static inline json_t *listed(struct hub_room *room, const char *id)
{
	json_t *answer = ask(room, json_pack("{s:s}", "command", "devices"));
	json_t *found = NULL;
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(answer, "devices"), i, item)
	{
		if (strcmp(text_in(item, "device"), id) == 0) {
			found = json_incref(item);
		}
	}
	json_decref(answer);
	assert_non_null(found);
	return found;
}

static inline void confirm(struct scene *s)
{
	json_t *item = listed(&s->room, s->id);

	json_decref(
		ask(&s->room, json_pack("{s:s, s:s, s:O}", "command", "device-confirm",
					"device", s->id, "fingerprint",
					json_object_get(item, "fingerprint"))));
	json_decref(item);
}

static inline void scene_open(struct scene *s)
{
	char hex[9];

	memset(s, 0, sizeof(*s));
	hub_open(&s->room);
	snprintf(s->copy, sizeof(s->copy), "%s.copy", s->room.dir);
	snprintf(s->folder, sizeof(s->folder), "%s-witness", s->room.dir);
	ph_hex(hex, ph_hub_keylist(s->room.hub)->root, 4);
	snprintf(s->file, sizeof(s->file), "%s/packhorse-%s.witness", s->folder, hex);
	stop(s);
	start(s);
	member_open(&s->room, &s->thief, 3, "14-0371");
	be_admitted(&s->room, &s->thief);
	ph_hex(s->id, s->thief.peer.device.id, PH_DEVICE_ID_SIZE);
	confirm(s);
}

static inline void scene_close(struct scene *s)
{
	member_close(&s->thief);
	hub_close(&s->room);
	if (ph_file_exists(s->copy)) {
		remove_dir(s->copy);
	}
	remove_dir(s->folder);
}

static inline void copy_folder(struct scene *s)
{
	stop(s);
	copy_tree(s->copy, s->room.dir);
	start(s);
}

static inline void cut(struct scene *s)
{
	json_decref(signs(&s->room, json_pack("{s:s, s:s, s:s}", "command", "device-cut",
					      "device", s->id, "reason", "stolen")));
}

/* The folder is what it was when it was copied; what lies beside it stays. The hub does not run. */
static inline void put_folder_back(struct scene *s)
{
	copy_tree(s->room.dir, s->copy);
}

static inline bool says_in_status(struct scene *s, const char *name, const char *words)
{
	json_t *answer = ask(&s->room, json_pack("{s:s}", "command", "status"));
	const char *text = json_string_value(json_object_get(answer, name));
	bool does = text && strstr(text, words);

	json_decref(answer);
	return does;
}

#endif
