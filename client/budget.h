/*
 * client/budget.h - what the roads cost this device, and what they may: a month's data
 * budget, and an account of the bytes that each road took.
 *
 * Months are those of UTC+7, by the hub's clock (budget_month.h). The account is this folder's
 * own; nobody else hears of it. docs/OPERATIONS.md, "What the network costs".
 */
#ifndef PH_CLIENT_BUDGET_H
#define PH_CLIENT_BUDGET_H

#include "client/site.h"

enum ph_spend_road {
	PH_SPEND_NETWORK, /* paid for: the one that the budget bounds */
	PH_SPEND_LAN,     /* a session over a network that costs nothing */
	PH_SPEND_COURIER,
	PH_SPEND_STICK,
	PH_SPEND_ROADS,
};
/* "network", "lan", "courier", "stick". */
const char *ph_spend_road_name(enum ph_spend_road road);

#define PH_BUDGET_NONE  UINT64_MAX
#define PH_BUDGET_MAX   UINT64_C(1000000000000)
/* Less than this is not worth a session: a greeting each way and one entry. */
#define PH_BUDGET_LEAST 2048
/* The most that one session is given of a budget; if that was too little, another follows. */
#define PH_BUDGET_SLICE (64 * 1024)
/* If not one item found room in that, the next is given four times as much, so often. */
#define PH_BUDGET_GROWS 2

struct ph_spent {
	uint64_t up, down;
	/* given to sessions that never told what came of it: power went, or they still run */
	uint64_t unsure;
};
struct ph_budget {
	char month[8]; /* "2026-11" */
	bool is_sure;  /* by the hub's time, heard since this machine was started */
	bool is_asking; /* not so, and begun by our own clock alone: the last has no room */
	/*
	 * Not 0: there is no room, and by our own clock no other month begins, ever, since it is
	 * behind this, when the hub was heard last: it has to be set.
	 */
	int64_t stuck_at;
	uint64_t bytes; /* a month over the network, both ways; PH_BUDGET_NONE */
	uint64_t left;  /* of it; PH_BUDGET_NONE */
	struct ph_spent spent[PH_SPEND_ROADS];
};
/* 0 or negative errno. */
int ph_site_budget(struct ph_site *site, struct ph_budget *budget_out);
/*
 * The words of a budget that is stuck, with what to do: PH_EXIT_TRY_LATER and -EDQUOT.
 */
int ph_budget_fail_stuck(const struct ph_budget *budget, struct ph_error *err);
/*
 * The hub's time was just heard: what was spent since this machine's start is of its month. In
 * the transaction of that. 0 or negative errno.
 */
int ph_site_budget_heard(struct ph_site *site);
/* BYTES a month, or PH_BUDGET_NONE. What was spent stays spent. */
int ph_site_budget_set(struct ph_site *site, uint64_t bytes, struct ph_error *err);

/* What one session may put on the stream, and the hub; 0: no bound. */
struct ph_share {
	uint64_t up, down;
};
/* What a session is given more than others, since one before it moved nothing. */
struct ph_growth {
	unsigned level; /* 0: nothing; to PH_BUDGET_GROWS */
	bool up, down;  /* what found no room */
};
/* Of LEFT bytes of the budget, if WAITING (at a guess) wait to be sent. */
struct ph_share ph_budget_share(uint64_t left, uint64_t waiting,
				const struct ph_growth *growth);
/*
 * A session with a share by GROWTH moved nothing, since there was no room for what goes UP,
 * DOWN, or both. false: a larger share is not to be had of LEFT; else GROWTH is now for it.
 */
bool ph_budget_grow(struct ph_growth *growth, uint64_t left, uint64_t waiting, bool up,
		    bool down);
/* Whether not all of WAITING will go. */
bool ph_budget_is_short(const struct ph_share *share, uint64_t waiting);
/* Room for segments in message 1, FLIGHT_MAX at most: not for what ends a session. */
size_t ph_budget_flight(const struct ph_share *share, size_t flight_max);
enum {
	PH_BUDGET_E_SPENT = 1 /* too little is left for a session */
};
/*
 * A session by ROAD begins: set its share apart, durably, before a byte goes. OVER: whatever
 * the budget says. WAITING: bytes that it would send, at a guess. 0, PH_BUDGET_E_SPENT or
 * negative errno with ERR.
 */
int ph_site_spend_begin(struct ph_site *site, enum ph_spend_road road, bool over,
			uint64_t waiting, struct ph_share *share_out,
			struct ph_error *err);
/*
 * An exchange by ROAD begins, that is told what may go and sets it apart itself, step by
 * step: *LEFT_OUT bytes, or PH_BUDGET_NONE. 0, PH_BUDGET_E_SPENT or negative errno with ERR.
 */
int ph_site_spend_open(struct ph_site *site, enum ph_spend_road road, bool over,
		       uint64_t *left_out, struct ph_error *err);
/* MORE bytes are about to go in it: set them apart, durably. 0; negative errno with ERR. */
int ph_site_spend_apart(struct ph_site *site, uint64_t more, struct ph_error *err);
/*
 * So many bytes went so far in it, as far as is known; with END it is over, gives back what it did not use,
 * and takes back what was noted of it and never left. 0; negative errno with ERR.
 */
int ph_site_spend_note(struct ph_site *site, uint64_t up, uint64_t down, bool end,
		       struct ph_error *err);
/* How a session that a budget bounded ended, in order. */
struct ph_spend_end {
	uint64_t waiting; /* as it was when it began */
	bool has_moved;   /* something, either way */
	bool is_short;    /* something found no room: ... */
	bool up, down;    /* ... which way */
};
/*
 * After ph_site_spend_note() with END: note whether the next session needs a larger share.
 * *GOES_ON_OUT: it is worth having now. 0; negative errno with ERR.
 */
int ph_site_spend_ended(struct ph_site *site, const struct ph_spend_end *end,
			bool *goes_on_out, struct ph_error *err);
/* What the next session is given, for who measures it. 0 or negative errno. */
int ph_site_spend_growth(struct ph_site *site, struct ph_growth *growth_out);
/* Bytes that went by a road that has no sessions. 0; negative errno with ERR. */
int ph_site_spend(struct ph_site *site, enum ph_spend_road road, uint64_t up,
		  uint64_t down, struct ph_error *err);

#endif
