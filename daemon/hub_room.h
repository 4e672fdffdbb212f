/*
 * daemon/hub_room.h - room on the hub's disk: what is kept in reserve, and when devices
 * have to wait for there to be more.
 */
#ifndef PH_DAEMON_HUB_ROOM_H
#define PH_DAEMON_HUB_ROOM_H

#include <jansson.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct ph_hub;

struct ph_hub_room {
	atomic_uint reserve_mib; /* 0: none */
	atomic_bool is_mine;     /* a command beside no daemon leaves it alone */
	bool is_known;           /* it was looked for the reserve file */
	int64_t again; /* seconds: it could not be made, and is not tried before */
	uint64_t size; /* bytes that it has */
	bool is_kept;  /* the reserve file is there */
	bool is_low;   /* devices may bring nothing */
};

/*
 * Look how much room there is. The reserve file is made when there is room for it and as
 * much again, and given up when a quarter of it is left besides. From then on, or from
 * when less than it is left besides, room is low. Cheap enough for every group of jobs.
 */
void ph_hub_room_look(struct ph_hub *hub);
/* "disk_reserve" and "disk_low" into ANSWER. */
void ph_hub_room_about(const struct ph_hub *hub, json_t *answer);

#endif
