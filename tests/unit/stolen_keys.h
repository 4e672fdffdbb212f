/*
 * tests/unit/stolen_keys.h - the keys of the hub of hub_room.h are replaced, as stolen or as
 * planned, and it says something under the new ones.
 */
#ifndef PH_TESTS_STOLEN_KEYS_H
#define PH_TESTS_STOLEN_KEYS_H

#include "tests/unit/hub_room.h"

#include "daemon/hub_internal.h"
#include "daemon/hub_rotate.h"

/* The key list's generation behind it. */
static inline uint64_t replace_keys(struct hub_room *room, bool stolen)
{
	struct ph_sign_pair root;
	struct ph_error err = { 0 };
	uint64_t generation;
	char path[128];

	snprintf(path, sizeof(path), "%s/keys/root", room->dir);
	assert_int_equal(ph_locked_key_load(&root, path, ph_view_str(PASSPHRASE), &err),
			 0);
	if (ph_hub_rotate(room->hub, &root, stolen, &generation, &err) != 0) {
		fail_msg("%s", err.text);
	}
	hub_restart(room);
	return generation;
}

static inline void rotate_stolen(struct hub_room *room)
{
	assert_int_equal(replace_keys(room, true), 2);
	add_site(room, "14-0379", "Thư viện xã Mường Bú"); /* a new control log */
}

#endif
