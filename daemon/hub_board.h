/*
 * daemon/hub_board.h - each site by its own timetable: when it was heard last, by which
 * road, how late it is, what waits for it, and why as far as the hub knows.
 *
 * A site is heard when one of its desks is. What a desk brings for another of its site, or
 * has carried by stick or courier, is heard of that other: of a bundle, when it was made.
 */
#ifndef PH_DAEMON_HUB_BOARD_H
#define PH_DAEMON_HUB_BOARD_H

#include "common/ledger/schedule.h"
#include "daemon/hub_command.h"

enum ph_board_state { /* the worst first */
	PH_BOARD_OVERDUE,
	PH_BOARD_NEVER,  /* none of its devices has been heard */
	PH_BOARD_SILENT, /* it is heard, but one of its devices is not */
	PH_BOARD_DUE,
	PH_BOARD_IN_TIME,
	PH_BOARD_CLOSED, /* nobody waits for it */
};
#define PH_BOARD_STATES 6

enum ph_board_road {
	PH_BOARD_NO_ROAD,
	PH_BOARD_NETWORK,
	PH_BOARD_STICK,
	PH_BOARD_COURIER,
	PH_BOARD_SIBLING, /* with another device of its site */
};

struct ph_board_device {
	struct ph_device device;
	enum ph_hub_trust trust;
	int64_t heard; /* itself or by another; 0: never */
	enum ph_board_road road;
	struct ph_due due;
	bool counts;           /* its site is judged by it, among others */
	bool by_file;          /* what was heard of it last came in a bundle */
	uint64_t pending_up;   /* entries that it told of, and that did not come */
	uint64_t pending_down; /* items of feed and control log that it lacks */
	uint64_t parts_missing;
	uint64_t beyond_cut; /* entries of it that do not count, since it was cut off */
	uint64_t wants;      /* what was put off, for its allowance or the hub's disk */
	int64_t ahead; /* seconds that its clock was ahead when its newest entries came */
};

struct ph_board_site {
	struct ph_hub_site site;
	struct ph_schedule schedule;
	bool is_own; /* the timetable is its own, not the province's */
	enum ph_board_state state;
	int64_t heard;
	enum ph_board_road road;
	struct ph_due due;
	size_t first, n;  /* of its devices */
	bool is_deserted; /* it has devices, and all of them were retired or cut off */
	uint64_t cases, quarantined;
	bool clock_wrong; /* a case about stamps is open, or a clock was ahead */
	int64_t ahead;    /* the most of its devices */
	bool is_wanted;   /* it was asked for */
};

struct ph_board {
	int64_t now;
	struct ph_board_site *sites; /* the worst first, then by code */
	size_t n_sites, cap_sites;
	struct ph_board_device *devices; /* site by site */
	size_t n_devices, cap_devices;
	/* entries that count for nothing until somebody looks; of all, each counted once */
	uint64_t quarantined;
};
void ph_board_deinit(struct ph_board *board);
/* SITES (may be NULL): only these are wanted. 0 or negative errno; BOARD is to be deinited either way. */
int ph_board_load(struct ph_hub *hub, const struct ph_hub_sites *sites,
		  struct ph_board *board);
/* Whether DEVICE still has a part in its site: neither retired nor cut off. */
bool ph_board_is_active(const struct ph_board_device *device);
/* Its site is judged by it, it is active, and overdue by the site's timetable. */
bool ph_board_is_silent(const struct ph_board_device *device);
const char *ph_board_state_name(enum ph_board_state state);
/* "network", "stick", "courier", "sibling"; NULL of none. */
const char *ph_board_road_name(enum ph_board_road road);

#endif
