/*
 * daemon/hub_room.c - the reserve file DIR/reserve.
 *
 *   free besides the file:   0 ...... R/4 ............ R ............ 2 R
 *   with the file            give up   devices wait     all is taken
 *   without                  devices wait .......................... make it
 *
 * So devices stop filling the disk while the hub itself can still work: fold what it
 * has, hear its operator, cut somebody off. If others go on filling the disk, giving the
 * file up makes room for that, and what it gave is not for devices. Nothing of this can
 * fail in a way that matters: where room cannot be asked for, or the file not made, the
 * disk itself says when it is full.
 */
#include "daemon/hub_room.h"

#include <stdio.h>
#include <stdlib.h>

#include <sodium.h>

#include "daemon/hub_internal.h"

#define PIECE   (256 * 1024) /* of it, written at a time */
#define AGAIN_S 60

static void path_of(const struct ph_hub *hub, char out[static PH_HUB_PATH_MAX + 16])
{
	snprintf(out, PH_HUB_PATH_MAX + 16, "%s/reserve", hub->dir);
}

/* Is there one of SIZE bytes? One of another size, of another setting, is no use. */
static bool find(const char *path, uint64_t size)
{
	struct ph_file_info info;

	if (ph_file_look(path, &info) < 0) {
		return false;
	}
	if (info.size == size) {
		return true;
	}
	(void)ph_file_remove(path);
	return false;
}

/* Bytes that do not compress, or some file systems would keep nothing for them. */
static bool make(const char *path, uint64_t size)
{
	static const unsigned char seed[randombytes_SEEDBYTES] = "packhorse reserve";
	uint8_t *piece = malloc(PIECE);
	int rc;

	if (!piece) {
		return false;
	}
	randombytes_buf_deterministic(piece, PIECE, seed);
	rc = ph_file_fill(path, PH_VIEW(piece, PIECE), (size_t)(size / PIECE), 0600);
	free(piece);
	return rc == 0;
}

void ph_hub_room_look(struct ph_hub *hub)
{
	struct ph_hub_room *room = &hub->room;
	uint64_t size = (uint64_t)room->reserve_mib << 20;
	char path[PH_HUB_PATH_MAX + 16];
	uint64_t free_bytes;

	if (!room->is_mine) {
		return;
	}
	path_of(hub, path);
	if (!room->is_known || room->size != size) {
		room->is_kept = find(path, size);
		room->is_known = true;
		room->size = size;
	}
	if (size == 0 || ph_dir_room(hub->dir, &free_bytes) < 0) {
		room->is_low = false;
		return;
	}
	if (!room->is_kept && free_bytes >= 2 * size) {
		if (ph_hub_now(hub) >= room->again) {
			room->is_kept = make(path, size);
			room->again = room->is_kept ? 0 : ph_hub_now(hub) + AGAIN_S;
		}
		room->is_low = false;
		return;
	}
	if (room->is_kept && free_bytes < size / 4) {
		room->is_kept = ph_file_remove(path) < 0;
	}
	room->is_low = free_bytes < (room->is_kept ? size : 2 * size);
}

void ph_hub_room_about(const struct ph_hub *hub, json_t *answer)
{
	const struct ph_hub_room *room = &hub->room;
	char path[PH_HUB_PATH_MAX + 16];

	path_of(hub, path);
	json_object_set_new(answer, "disk_reserve",
			    json_string(ph_file_exists(path)    ? "kept"
					: room->reserve_mib > 0 ? "given-up"
								: "none"));
	json_object_set_new(answer, "disk_low", json_boolean(room->is_low));
}
