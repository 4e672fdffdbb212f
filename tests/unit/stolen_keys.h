/*
 * tests/unit/stolen_keys.h - the keys of the hub of hub_room.h are replaced, as stolen, and it
 * says something under the new ones.
 */
#ifndef PH_TESTS_STOLEN_KEYS_H
#define PH_TESTS_STOLEN_KEYS_H

#include "tests/unit/hub_room.h"

#include "daemon/hub_internal.h"
#include "daemon/hub_rotate.h"

static inline void rotate_stolen(struct hub_room *room)
{
	struct ph_sign_pair root;
	struct ph_error err = { 0 };
	uint64_t generation;
	char path[128];

	snprintf(path, sizeof(path), "%s/keys/root", room->dir);
	assert_int_equal(ph_locked_key_load(&root, path, ph_view_str(PASSPHRASE), &err),
			 0);
	if (ph_hub_rotate(room->hub, &root, true, &generation, &err) != 0) {
		fail_msg("%s", err.text);
	}
	assert_int_equal(generation, 2);
	hub_restart(room);
	add_site(room, "14-0379", "Thư viện xã Mường Bú"); /* a new control log */
}

#endif
