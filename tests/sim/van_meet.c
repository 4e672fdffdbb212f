/*
 * tests/sim/van_meet.c - an exchange of a courier, at a site or at the hub.
 *
 * In turns: jobs of both sides, bytes both ways, until nothing moves. What each side says
 * of a bundle is noted as it says it (van_check.c), before anything can make it forgotten.
 */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "client/budget.h"
#include "client/site_courier.h"
#include "daemon/hub_bundle.h"
#include "daemon/hub_courier.h"
#include "tests/sim/act.h"
#include "tests/sim/check.h"
#include "tests/sim/lan.h"
#include "tests/sim/line_internal.h"
#include "tests/sim/stick_internal.h"
#include "tests/sim/van.h"
#include "tests/sim/version.h"
#include "tests/sim/work.h"

#define OFFERED_MAX 256

/* --- an exchange --- */

struct meeting {
	struct sim *sim;
	struct sim_van *van;
	struct sim_device *device; /* NULL: at the hub */
	struct sim_line_how how;
	struct ph_courier *calls, *answers;
	struct ph_van_visit visit;
	struct ph_site_courier *site;
	struct ph_hub_courier hub;
	struct ph_error err;
	uint8_t offered[OFFERED_MAX * PH_BUNDLE_HASH_SIZE];
	size_t n_offered;
	/* of it the courier could not take so many; the last that came damaged */
	unsigned n_missed;
	struct ph_courier_line damaged;
	struct ph_rng_seeded seeded;
	struct ph_rng portions;
	uint64_t moved;
	unsigned steps;
	bool has_struck, is_broken;
	int store;        /* the device's failed with this */
	uint64_t entries; /* of the device, as they meet: it packs these */
};

static const char *name_of(const struct ph_courier_job *job,
			   char out[static PH_SPOOL_NAME_SIZE])
{
	ph_spool_name(job->line.hash, out);
	return out;
}

static bool is_last(const struct ph_courier_job *job)
{
	return job->type == PH_COURIER_WRITE &&
	       job->offset + job->bytes.len == job->line.size;
}

/* --- the courier's jobs --- */

/* What came damaged is offered once more: it is not missed yet. */
static void see_again(struct meeting *meeting, const struct ph_courier_line *line)
{
	if (meeting->damaged.size > 0 &&
	    memcmp(meeting->damaged.hash, line->hash, sizeof(line->hash)) == 0) {
		meeting->n_missed--;
	}
	meeting->damaged.size = 0;
}

static void van_job(struct meeting *meeting, struct ph_courier_job *job)
{
	struct sim *sim = meeting->sim;
	struct sim_van *van = meeting->van;
	char name[PH_SPOOL_NAME_SIZE];

	if (job->type == PH_COURIER_LOOK) {
		assert(meeting->n_offered < OFFERED_MAX);
		memcpy(meeting->offered + meeting->n_offered++ * PH_BUNDLE_HASH_SIZE,
		       job->line.hash, PH_BUNDLE_HASH_SIZE);
		see_again(meeting, &job->line);
	}
	sim_enter(&van->device.machine);
	ph_van_job(&meeting->visit, job);
	sim_leave();
	if (job->result < 0 && !van->device.machine.ill) {
		sim_broken(sim, SIM_HEALTHY, "%s: job %d: %s", van->device.machine.name,
			   job->type, strerror(-job->result));
	}
	if (job->type == PH_COURIER_TOLD &&
	    (job->answer == PH_COURIER_KEPT || job->answer == PH_COURIER_REFUSED)) {
		sim_vow_done(sim, van, name_of(job, name),
			     job->answer == PH_COURIER_REFUSED);
	}
	meeting->n_missed +=
		(job->type == PH_COURIER_LOOK || is_last(job)) &&
		(job->answer == PH_COURIER_LATER || job->answer == PH_COURIER_DAMAGED);
	if (is_last(job) && job->answer == PH_COURIER_DAMAGED) {
		meeting->damaged = job->line;
	}
	if (job->type == PH_COURIER_LISTED && meeting->n_missed == 0) {
		sim_vow_listed(sim, van, meeting->visit.peer, meeting->offered,
			       meeting->n_offered);
	}
}

/* --- the device's jobs --- */

static void look_at_taken(struct meeting *meeting, const struct ph_courier_job *job,
			  uint64_t entries, uint64_t pages)
{
	const struct ph_site_courier_told *told = ph_site_courier_told(meeting->site);
	struct sim_device *device = meeting->device;
	struct sim *sim = meeting->sim;
	char name[PH_SPOOL_NAME_SIZE];
	bool again = sim_was_taken(sim->sticks, (int)device->number, name_of(job, name));

	sim_note(sim, "%s takes %.12s of %s: answer=%d", device->machine.name, name,
		 meeting->van->device.machine.name, job->answer);
	if (again && (told->entries_received > entries || told->pages > pages)) {
		sim_broken(sim, SIM_AGAIN,
			   "%s takes the bundle %.12s once more, of a courier, and gets "
			   "something of it",
			   device->machine.name, name);
	}
	if (job->answer != PH_COURIER_KEPT && !device->cut && !sim_was_copied(device)) {
		sim_broken(sim, SIM_REFUSED,
			   "%s does not take a sound bundle %.12s of a courier: %d",
			   device->machine.name, name, job->answer);
	}
	if (job->answer == PH_COURIER_KEPT) {
		sim_say_taken(sim->sticks, (int)device->number, name);
		sim_say_read_bundle(device, job->line.header);
		sim->result->tally.brought += !again;
	}
}

static void device_job(struct meeting *meeting, struct ph_courier_job *job)
{
	const struct ph_site_courier_told *told = ph_site_courier_told(meeting->site);
	struct sim_device *device = meeting->device;
	uint64_t entries = told->entries_received, pages = told->pages;

	sim_enter(&device->machine);
	while (ph_site_courier_job(meeting->site, job)) {
	}
	sim_leave();
	if (job->result < 0) {
		meeting->store = job->result;
		sim_note(meeting->sim, "%s: %s", device->machine.name, meeting->err.text);
		if (!device->machine.ill) {
			sim_broken(meeting->sim, SIM_HEALTHY, "%s with a courier: %s",
				   device->machine.name, meeting->err.text);
		}
		return;
	}
	if (job->type == PH_COURIER_TOLD && job->answer == PH_COURIER_KEPT) {
		sim_vow(meeting->sim, meeting->van, &job->line);
	}
	if (is_last(job)) {
		look_at_taken(meeting, job, entries, pages);
	}
}

/* --- the hub's jobs --- */

static struct sim_device *sender_of(struct sim *sim, const struct ph_courier_line *line)
{
	struct ph_bundle_header header;

	if (ph_bundle_header_decode(PH_VIEW(line->header, sizeof line->header),
				    &header) != 0) {
		return NULL;
	}
	for (unsigned i = 0; i < sim->n_devices; i++) {
		if (memcmp(sim->devices[i].id, header.from, sizeof header.from) == 0) {
			return &sim->devices[i];
		}
	}
	return NULL;
}

static void look_at_hub(struct meeting *meeting, const struct ph_courier_job *job,
			uint64_t entries)
{
	struct sim *sim = meeting->sim;
	struct sim_device *sender = sender_of(sim, &job->line);
	char name[PH_SPOOL_NAME_SIZE];
	bool again = sim_was_taken(sim->sticks, SIM_HUB, name_of(job, name));
	uint64_t fresh = meeting->hub.told.entries - entries;

	sim_note(sim, "the hub takes %.12s of %s: answer=%d entries=%" PRIu64, name,
		 meeting->van->device.machine.name, job->answer, fresh);
	if (again && fresh > 0) {
		sim_broken(sim, SIM_AGAIN,
			   "the hub takes the bundle %.12s once more, of a courier, and "
			   "gets entries of it again",
			   name);
	}
	if (job->answer == PH_COURIER_LATER && sim_hub_puts_off(sim)) {
		sim->result->tally.put_off++;
	} else if (job->answer != PH_COURIER_KEPT && sender != NULL && !sender->cut &&
		   !sim_hub_is_ill(sim) && !sim_hub_failed(sim)) {
		sim_broken(sim, SIM_REFUSED,
			   "the hub does not take a sound bundle of %s that a courier "
			   "brings: %d",
			   sender->machine.name, job->answer);
	}
	if (job->answer == PH_COURIER_KEPT) {
		sim_say_taken(sim->sticks, SIM_HUB, name);
		sim_say_came_line(sim->sticks, job->line.header);
		sim->result->tally.brought += !again;
		if (sender != NULL && !again) {
			sender->arrived = sim->now;
		}
	}
}

static void hub_job(struct meeting *meeting, struct ph_courier_job *job)
{
	struct sim *sim = meeting->sim;
	uint64_t entries = meeting->hub.told.entries, last = sim_last_packed(sim);

	sim_enter(&sim->hub_machine);
	ph_hub_courier_job(sim->hub, &meeting->hub, job);
	sim_leave();
	sim_check_packed(sim, last);
	if (job->result < 0) {
		if (!sim_hub_is_ill(sim) && !sim_hub_failed(sim)) {
			sim_broken(sim, SIM_HEALTHY, "the hub with a courier: job %d: %s",
				   job->type, strerror(-job->result));
		}
		sim->hub_failed |= job->result == -EIO;
		return;
	}
	sim_check_hub_clock(sim);
	if (job->type == PH_COURIER_TOLD && job->answer == PH_COURIER_KEPT) {
		sim_vow(sim, meeting->van, &job->line);
	}
	if (is_last(job)) {
		look_at_hub(meeting, job, entries);
	}
}

/* --- the pump --- */

static bool is_van_side(const struct meeting *meeting, const struct ph_courier *side)
{
	return side == (meeting->device != NULL ? meeting->answers : meeting->calls);
}

static bool work(struct meeting *meeting, struct ph_courier *side)
{
	struct ph_courier_job *job;
	bool any = false;

	while ((job = ph_courier_take_job(side)) != NULL) {
		any = true;
		(is_van_side(meeting, side) ? van_job
		 : meeting->device != NULL  ? device_job
					    : hub_job)(meeting, job);
		ph_courier_give_job(side, job, sim_now_ms(meeting->sim));
	}
	return any;
}

static bool move(struct meeting *meeting, struct ph_courier *from, struct ph_courier *to)
{
	const struct sim_line_how *how = &meeting->how;
	struct ph_view bytes = ph_courier_output(from);
	struct ph_buf copy = { 0 };
	bool strikes;

	if (meeting->is_broken || bytes.len == 0) {
		return false;
	}
	if (how->seed != 0) {
		bytes.len = 1 + (size_t)ph_rng_below(&meeting->portions, bytes.len);
	}
	strikes = !meeting->has_struck &&
		  (how->fault == SIM_LINE_CUT || how->fault == SIM_LINE_CORRUPT) &&
		  meeting->moved + bytes.len > how->byte;
	if (strikes) {
		meeting->has_struck = true;
		meeting->is_broken = how->fault == SIM_LINE_CUT;
		bytes.len = (size_t)(how->byte - meeting->moved) +
			    (how->fault == SIM_LINE_CORRUPT);
	}
	if (bytes.len > 0) {
		int rc = ph_buf_put_view(&copy, bytes);

		assert(rc == 0);
		(void)rc;
		copy.data[copy.len - 1] ^= strikes && !meeting->is_broken ? 4 : 0;
		ph_courier_receive(to, ph_buf_view(&copy), sim_now_ms(meeting->sim));
		ph_courier_sent(from, bytes.len, sim_now_ms(meeting->sim));
		meeting->moved += bytes.len;
	}
	ph_buf_deinit(&copy);
	return bytes.len > 0;
}

/* Somebody falls in the middle: true, and nothing moves any more. */
static bool strikes_kill(struct meeting *meeting)
{
	enum sim_line_fault fault = meeting->how.fault;

	if ((fault != SIM_LINE_KILL && fault != SIM_LINE_HUB_KILL) ||
	    meeting->steps++ < meeting->how.step) {
		return false;
	}
	meeting->has_struck = meeting->is_broken = true;
	meeting->sim->result->tally.kills_in++;
	return true;
}

static void pump(struct meeting *meeting)
{
	bool any = true;

	while (any) {
		meeting->sim->now += 30;
		any = work(meeting, meeting->calls);
		any |= work(meeting, meeting->answers);
		any |= move(meeting, meeting->calls, meeting->answers);
		any |= work(meeting, meeting->answers);
		any |= move(meeting, meeting->answers, meeting->calls);
		if (strikes_kill(meeting) ||
		    (meeting->device == NULL && sim_hub_failed(meeting->sim))) {
			break;
		}
	}
}

/* Whether both sides ended in order; they are gone. */
static bool hang_up(struct meeting *meeting, struct ph_session_counts *counts_out)
{
	bool is_whole = ph_courier_state(meeting->calls) == PH_SESSION_CLOSED &&
			ph_courier_state(meeting->answers) == PH_SESSION_CLOSED;

	sim_note(meeting->sim, "%s with %s: %s, failures %d and %d",
		 meeting->van->device.machine.name,
		 meeting->device != NULL ? meeting->device->machine.name : "the hub",
		 is_whole ? "whole" : "broken", ph_courier_failure(meeting->calls),
		 ph_courier_failure(meeting->answers));
	ph_courier_counts(meeting->calls, counts_out);
	ph_courier_free(meeting->calls);
	ph_courier_free(meeting->answers);
	meeting->sim->result->tally.met += is_whole;
	return is_whole;
}

static void begin(struct meeting *meeting, const struct ph_courier_config *calls,
		  const struct ph_courier_config *answers, const uint8_t *hub)
{
	int rc = ph_courier_new(&meeting->calls, calls, sim_now_ms(meeting->sim));

	assert(rc == 0);
	rc = ph_courier_new(&meeting->answers, answers, sim_now_ms(meeting->sim));
	assert(rc == 0);
	(void)rc;
	ph_rng_seed(&meeting->seeded, meeting->how.seed, &meeting->portions);
	ph_van_visit_init(&meeting->visit, &meeting->van->van, hub);
}

/* On a sound line, between sound machines, an exchange ends in order. */
static void check_ended(struct meeting *meeting, bool is_whole, bool is_ill)
{
	if (!is_whole && !meeting->has_struck && !is_ill && meeting->store == 0 &&
	    !meeting->van->device.cut) {
		sim_broken(meeting->sim, SIM_SESSION,
			   "%s with %s: an exchange over a good line does not end in "
			   "order: %s",
			   meeting->van->device.machine.name,
			   meeting->device != NULL ? meeting->device->machine.name
						   : "the hub",
			   meeting->visit.refusal != NULL ? meeting->visit.refusal
							  : meeting->err.text);
	}
}

/* --- at a site --- */

/* What went well is with the courier, all of it. What it brings may make the device write (`erase-done`). */
static void check_custody(struct meeting *meeting,
			  const struct ph_site_courier_told *told)
{
	struct sim_device *device = meeting->device;
	struct ph_site_custody custody = { 0 };
	struct ph_site_state state;

	if (ph_site_state(device->site_open, &state) != 0 ||
	    ph_site_custody(device->site_open, &custody) != 0 || told->packed == 0 ||
	    told->given != told->packed || custody.entries < meeting->entries ||
	    custody.entries > state.entries) {
		sim_broken(meeting->sim, SIM_CUSTODY,
			   "%s packed %" PRIu64 " bundles for %s, which signed for "
			   "%" PRIu64 "; %" PRIu64 " entries of %" PRIu64
			   " are said to be with it",
			   device->machine.name, told->packed,
			   meeting->van->device.machine.name, told->given,
			   custody.entries, state.entries);
	}
	sim_hand_over(meeting->sim, meeting->van, device, told->packed);
	sim_check_given(meeting->sim, meeting->van, device->id);
}

/* Its program goes on after the exchange; or it fell in it. */
static void device_goes_on(struct meeting *meeting,
			   const struct ph_session_counts *counts)
{
	struct sim_device *device = meeting->device;
	struct ph_error err = { 0 };
	int rc;

	if (meeting->how.fault == SIM_LINE_HUB_KILL && meeting->has_struck) {
		sim_note(meeting->sim, "%s %s", device->machine.name,
			 meeting->how.power ? "loses power" : "is killed");
		sim_device_fall(meeting->sim, device, meeting->how.power);
		return;
	}
	sim_enter(&device->machine);
	rc = ph_site_resume(device->site_open, &err);
	rc = rc == 0 ? ph_site_spend(device->site_open, PH_SPEND_COURIER,
				     counts->bytes_out, counts->bytes_in, &err)
		     : rc;
	sim_leave();
	if (rc < 0 && !device->machine.ill) {
		sim_broken(meeting->sim, SIM_HEALTHY, "%s does not go on: %s",
			   device->machine.name, err.text);
	}
	if (!ph_site_is_open(device->site_open)) {
		sim_device_fall(meeting->sim, device, false);
	}
}

/* Who has heard that a courier was cut off gives it nothing, and takes nothing of it. */
static void check_cut(struct meeting *meeting, const struct ph_site_courier_told *told)
{
	struct sim_device *device = meeting->device;
	const struct sim_device *van = &meeting->van->device;

	if (sim_knows_cut(meeting->sim, device, van) &&
	    (told->given > 0 || told->taken > 0)) {
		sim_broken(meeting->sim, SIM_CUSTODY,
			   "%s knows that %s was cut off, and deals with it",
			   device->machine.name, van->machine.name);
	}
}

static void end_meeting(struct meeting *meeting)
{
	struct sim *sim = meeting->sim;
	struct sim_device *device = meeting->device;
	struct sim_van *van = meeting->van;
	const struct ph_site_courier_told told = *ph_site_courier_told(meeting->site);
	bool is_ill = device->machine.ill || van->device.machine.ill;
	struct ph_session_counts counts;
	bool is_whole = hang_up(meeting, &counts);

	check_ended(meeting, is_whole, is_ill);
	ph_van_visit_deinit(&meeting->visit);
	ph_site_courier_free(meeting->site);
	device_goes_on(meeting, &counts);
	if (meeting->how.fault == SIM_LINE_KILL && meeting->has_struck) {
		sim_van_falls(sim, van, meeting->how.power);
	}
	sim_note_receipts(sim, device);
	if (is_whole && !is_ill) {
		check_custody(meeting, &told);
	}
	if (!is_ill) {
		check_cut(meeting, &told);
	}
	sim_check_vows(sim, van);
}

int sim_meet(struct sim *sim, struct sim_van *van, struct sim_device *device,
	     struct sim_line_how how)
{
	struct meeting meeting = { .sim = sim, .van = van, .device = device, .how = how };
	struct ph_site_state state;
	int rc;

	if (ph_site_state(device->site_open, &state) == 0) {
		meeting.entries = state.entries;
	}
	ph_site_pause(device->site_open);
	sim_enter(&device->machine);
	rc = ph_site_courier_new(&meeting.site, device->site_open, device->machine.dir,
				 &meeting.err);
	sim_leave();
	if (rc != 0) {
		if (!device->machine.ill) {
			sim_broken(sim, SIM_HEALTHY, "%s does not meet a courier: %s",
				   device->machine.name, meeting.err.text);
		}
		meeting.how.fault = SIM_LINE_GOOD;
		device_goes_on(&meeting, &(struct ph_session_counts){ 0 });
		return 0;
	}
	begin(&meeting,
	      &(struct ph_courier_config){ .calls = true,
					   .rng = device->machine.rng,
					   .keys = ph_site_box(device->site_open),
					   .cert = ph_site_cert(device->site_open) },
	      &(struct ph_courier_config){ .is_courier = true,
					   .rng = van->device.machine.rng,
					   .keys = &van->van.box,
					   .cert = ph_buf_view(&van->van.cert) },
	      NULL);
	pump(&meeting);
	end_meeting(&meeting);
	return meeting.store;
}

/* --- at the hub --- */

static void sum_up(const struct meeting *meeting, const struct ph_session_counts *counts)
{
	struct sim_freight *freight = &meeting->sim->vans->freight[meeting->van->number];

	freight->up += counts->bytes_out;
	freight->down += counts->bytes_in;
	freight->bundles_up += meeting->visit.told.given;
	freight->bundles_down += meeting->visit.told.taken;
}

static bool end_base(struct meeting *meeting, const uint8_t *hub)
{
	struct sim *sim = meeting->sim;
	struct sim_van *van = meeting->van;
	bool is_ill =
		van->device.machine.ill || sim_hub_is_ill(sim) || sim_hub_failed(sim);
	struct ph_session_counts counts;
	bool is_whole = hang_up(meeting, &counts);

	if (meeting->hub.refusal != NULL) {
		sim_note(sim, "the hub: %s", meeting->hub.refusal);
		is_ill |= !sim_is_known(sim, &van->device); /* it has not synced yet */
	}
	check_ended(meeting, is_whole, is_ill);
	sum_up(meeting, &counts);
	ph_van_visit_deinit(&meeting->visit);
	ph_hub_courier_deinit(&meeting->hub);
	if (meeting->how.fault == SIM_LINE_KILL && meeting->has_struck) {
		sim_van_falls(sim, van, meeting->how.power);
	} else if (meeting->how.fault == SIM_LINE_HUB_KILL && meeting->has_struck) {
		sim_note(sim, "the hub %s with a courier",
			 meeting->how.power ? "loses power" : "is killed");
		sim_hub_fall(sim, meeting->how.power);
	}
	sim_hub_settle(sim);
	if (!sim->calm) {
		sim_check_receipted(sim);
	}
	sim_check_vows(sim, van);
	if (is_whole && !is_ill) {
		sim_check_given(sim, van, hub);
	}
	if (van->device.cut && (is_whole || meeting->visit.told.given > 0)) {
		sim_broken(sim, SIM_CUSTODY,
			   "the hub deals with %s, which it has cut off",
			   van->device.machine.name);
	}
	return is_whole;
}

bool sim_base(struct sim *sim, struct sim_van *van, struct sim_line_how how)
{
	struct meeting meeting = { .sim = sim, .van = van, .how = how };
	const struct ph_device_keys *keys;
	uint8_t hub[PH_DEVICE_ID_SIZE];

	if (!sim_is_known(sim, &van->device)) { /* by its first session */
		(void)sim_line(sim, &van->device, (struct sim_line_how){ 0 });
		sim_confirm(sim, &van->device);
	}
	/* `sync` at base is a program of its own, with the list of the session before */
	van->van.keylist = *ph_site_keylist(van->device.site_open);
	keys = ph_hub_keys(sim->hub);
	ph_hub_id(sim->hub, hub);
	begin(&meeting,
	      &(struct ph_courier_config){ .calls = true,
					   .is_courier = true,
					   .rng = van->device.machine.rng,
					   .keys = &van->van.box,
					   .cert = ph_buf_view(&van->van.cert),
					   .peer_key = keys->box.key },
	      &(struct ph_courier_config){ .rng = sim->hub_machine.rng,
					   .keys = &keys->box },
	      hub);
	pump(&meeting);
	return end_base(&meeting, hub);
}
