/*
 * client/courier_meet.h - a site meets a courier, and a courier comes to the hub: what `sync`,
 * the agent and `courier` do, and what is said of it.
 */
#ifndef PH_CLIENT_COURIER_MEET_H
#define PH_CLIENT_COURIER_MEET_H

#include "client/courier_call.h"
#include "client/site_courier.h"
#include "client/van.h"

/* The port on which couriers listen, unless they are told otherwise. */
#define PH_COURIER_PORT "7416"

struct ph_courier_met {
	struct ph_courier_result result;
	struct ph_site_courier_told told;
	/*
	 * One word: "" complete, "unreachable", "cut", "not-a-courier" (what it showed is
	 * not a courier's of this province, or it does not hold its key), "cut-off",
	 * "later", "not-accepted", "version", "protocol", "stopped", "store", "address",
	 * "incomplete" (it could not take all); at base also "budget" and "damaged" (some of
	 * what was carried). Static.
	 */
	const char *reason;
};
/*
 * Say in ERR what RESULT means for a person, and its exit status; nothing if it is complete.
 * AT_HUB: it was the hub that was called, not a courier. Returns the word, as above.
 */
const char *ph_courier_explain(const struct ph_courier_result *result, bool at_hub,
			       const char *address, struct ph_error *err);
/*
 * SITE, in the folder DIR, open and so on return, meets the courier at ADDRESS. 0 when it
 * was tried: what came of it is in MET and ERR; a negative errno when the own store failed.
 */
int ph_courier_meet(struct ph_site *site, const char *dir, const char *address,
		    unsigned connect_ms, struct ph_link_stop *stop,
		    struct ph_courier_met *met_out, struct ph_error *err);

struct ph_courier_base {
	struct ph_courier_result result;
	struct ph_van_told told;
	uint64_t to_give, bytes_to_give;
	const char *
		reason; /* as above; "not-accepted": the hub does not take it for a courier */
};
struct ph_courier_base_config {
	const char *address;
	unsigned connect_ms;
	const uint8_t *hub;     /* its device id */
	const uint8_t *hub_box; /* its static key */
	uint64_t budget;        /* bytes that may go, both ways; 0: no bound */
	/* A bundle begins, that takes so many bytes of it. 0, or a negative errno that ends all. */
	int (*spend)(void *data, uint64_t bytes);
	/* May be NULL. */
	void (*progress)(void *data, const struct ph_van_visit *visit,
			 const struct ph_session_counts *counts);
	void *data;
};
/* VAN comes to the hub. 0 when it was tried: BASE and ERR tell what came of it; or a negative errno with ERR. */
int ph_courier_base(struct ph_van *van, const struct ph_courier_base_config *config,
		    struct ph_courier_base *base_out, struct ph_error *err);
/* What came of it when the budget had not even room to call. */
void ph_courier_base_poor(struct ph_courier_base *base_out, struct ph_error *err);

#endif
