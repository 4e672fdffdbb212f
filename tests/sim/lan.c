/*
 * tests/sim/lan.c - the pump between two devices of a site, and what may have moved.
 *
 * Each judges by its own control log. The simulator knows what the operator did, and how far
 * each one's control log is: that says who must get nothing, and, where both have heard
 * all that the hub says, who must get everything.
 */
#include "tests/sim/lan.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "client/budget.h"
#include "client/site_lan.h"
#include "daemon/hub_internal.h"
#include "tests/sim/act.h"
#include "tests/sim/check.h"
#include "tests/sim/line_internal.h"
#include "tests/sim/safe.h"
#include "tests/sim/stick.h"
#include "tests/sim/version.h"
#include "tests/sim/work.h"

struct lan_side {
	struct sim_device *device;
	struct ph_site_lan *lan;
	struct ph_session *session;
	int store; /* it failed with this */
	struct ph_error err;
	/* before */
	struct ph_site_state state;
	uint64_t held; /* entries of all logs */
};

struct meeting {
	struct sim *sim;
	struct sim_line_how how;
	struct lan_side side[2]; /* who calls, who answers */
	struct ph_rng_seeded seeded;
	struct ph_rng portions;
	uint64_t moved[2]; /* bytes of each */
	unsigned steps;
	bool has_struck, is_broken;
	bool is_looked_at; /* what they had is known */
};

/* --- what they have --- */

static int add_log(void *data, const struct ph_log *log)
{
	*(uint64_t *)data += log->n - log->base;
	return 0;
}

static uint64_t held_by(struct sim *sim, struct sim_device *device)
{
	uint64_t held;
	int rc;

	do {
		held = 0;
		rc = ph_journal_log_each(ph_site_journal(device->site_open), add_log,
					 &held);
	} while (sim_device_again(sim, device, rc, "its logs"));
	return held;
}

uint64_t sim_control_of(struct sim *sim, struct sim_device *device)
{
	struct ph_log control;
	int rc;

	do {
		rc = ph_journal_log_find(ph_site_journal(device->site_open),
					 ph_writer_log(sim->hub->writer)->id, &control);
	} while (sim_device_again(sim, device, rc, "the control log"));
	return rc == 0 ? control.n : 0;
}

/* --- who may exchange --- */

/* Of a hub that is about to fail nothing is read. */
static bool is_hub_sound(const struct sim *sim)
{
	return !sim_hub_is_ill(sim) && !sim_hub_failed(sim);
}

static bool is_trusted(struct sim *sim, const struct sim_device *device)
{
	enum ph_hub_trust trust = PH_HUB_CUT;
	int rc;

	if (!sim_is_known(sim, device)) {
		return false;
	}
	do {
		rc = ph_hub_device_trust(sim->hub, device->id, &trust);
	} while (sim_hub_again(sim, rc, "whom it trusts"));
	return rc == 0 && trust == PH_HUB_CONFIRMED;
}

bool sim_knows_cut(struct sim *sim, struct sim_device *device,
		   const struct sim_device *other)
{
	int rc = 1;

	do {
		rc = other->cut ? sim_place_held(ph_site_journal(device->site_open),
						 &other->cut_at)
				: 1;
	} while (sim_device_again(sim, device, rc, "the control log"));
	return rc == 0;
}

/* Nothing may move; why, or NULL. */
static const char *against(struct sim *sim, struct sim_device *a, struct sim_device *b)
{
	if (a->site != b->site) {
		return "they are of two sites";
	}
	if (memcmp(a->id, b->id, sizeof a->id) == 0) {
		return "the one has a copy of the other's folder";
	}
	if ((!a->confirmed && !is_trusted(sim, a)) ||
	    (!b->confirmed && !is_trusted(sim, b))) {
		return "nobody confirmed one of them";
	}
	if (sim_knows_cut(sim, a, a) || sim_knows_cut(sim, a, b) ||
	    sim_knows_cut(sim, b, a) || sim_knows_cut(sim, b, b)) {
		return "one of them knows that one was cut off";
	}
	return NULL;
}

/* Both have heard all there is to hear, and nothing of it is against them. */
static bool must_exchange(struct sim *sim, struct sim_device *a, struct sim_device *b)
{
	uint64_t n = ph_writer_log(sim->hub->writer)->n;

	/* of one that was put back the control log is several logs */
	return !sim_is_put_back(sim) && is_trusted(sim, a) && is_trusted(sim, b) &&
	       sim_control_of(sim, a) == n && sim_control_of(sim, b) == n;
}

/* --- the pump --- */

static bool work(struct meeting *meeting, struct lan_side *side)
{
	struct ph_job *job;
	bool any = false;

	while ((job = ph_session_take_job(side->session)) != NULL) {
		any = true;
		sim_enter(&side->device->machine);
		ph_site_lan_job(side->lan, job, &side->err);
		sim_leave();
		if (job->result < 0) {
			side->store = job->result;
			sim_note(meeting->sim, "%s: %s", side->device->machine.name,
				 side->err.text);
			if (!side->device->machine.ill) {
				sim_broken(meeting->sim, SIM_HEALTHY,
					   "%s with a machine of its site: %s",
					   side->device->machine.name, side->err.text);
			}
		}
		ph_session_give_job(side->session, job, sim_now_ms(meeting->sim));
	}
	return any;
}

static bool carry(struct meeting *meeting, unsigned from)
{
	const struct sim_line_how *how = &meeting->how;
	struct lan_side *side = &meeting->side[from];
	struct ph_view bytes = ph_session_output(side->session);
	uint64_t *sum = &meeting->moved[from];
	struct ph_buf copy = { 0 };
	bool strikes;
	int rc;

	if (meeting->is_broken || bytes.len == 0) {
		return false;
	}
	if (how->seed != 0) {
		bytes.len = 1 + (size_t)ph_rng_below(&meeting->portions, bytes.len);
	}
	strikes = !meeting->has_struck && how->down == (from == 1) &&
		  (how->fault == SIM_LINE_CUT || how->fault == SIM_LINE_CORRUPT) &&
		  *sum + bytes.len > how->byte;
	if (strikes) {
		meeting->has_struck = true;
		meeting->is_broken = how->fault == SIM_LINE_CUT;
		bytes.len = (size_t)(how->byte - *sum) + !meeting->is_broken;
	}
	rc = ph_buf_put_view(&copy, bytes);
	assert(rc == 0);
	(void)rc;
	if (strikes && !meeting->is_broken) {
		copy.data[copy.len - 1] ^= 16;
	}
	ph_session_receive(meeting->side[1 - from].session, ph_buf_view(&copy),
			   sim_now_ms(meeting->sim));
	ph_session_sent(side->session, bytes.len, sim_now_ms(meeting->sim));
	*sum += bytes.len;
	ph_buf_deinit(&copy);
	return bytes.len > 0;
}

static void pump(struct meeting *meeting)
{
	enum sim_line_fault fault = meeting->how.fault;
	bool kills = fault == SIM_LINE_KILL || fault == SIM_LINE_HUB_KILL;
	unsigned still = 0;

	while (still < 3) {
		bool any = false;

		meeting->sim->now += 20;
		for (unsigned i = 0; i < 2; i++) {
			any |= work(meeting, &meeting->side[i]);
			any |= carry(meeting, i);
			any |= work(meeting, &meeting->side[1 - i]);
		}
		still = any ? 0 : still + 1;
		if (kills && meeting->steps++ >= meeting->how.step) {
			meeting->has_struck = true;
			meeting->sim->result->tally.kills_in++;
			return;
		}
	}
}

/* --- begin and end --- */

static int open_side(struct meeting *meeting, unsigned i)
{
	struct lan_side *side = &meeting->side[i];
	struct sim_device *device = side->device;
	struct ph_session_config config = { .side = i == 0 ? PH_SIDE_DEVICE : PH_SIDE_HUB,
					    .is_sibling = true,
					    .keys = ph_site_box(device->site_open),
					    .cert = ph_site_cert(device->site_open),
					    .rng = device->machine.rng };
	struct ph_hello hello = { 0 };
	int rc = 0;

	side->lan = ph_site_lan_new(device->site_open);
	assert(side->lan != NULL);
	if (i == 0) {
		sim_enter(&device->machine);
		rc = ph_site_lan_hello(side->lan, &hello, &side->err);
		sim_leave();
		config.hello = &hello;
	}
	if (rc != 0) {
		if (!device->machine.ill) {
			sim_broken(meeting->sim, SIM_HEALTHY, "%s says no hello: %s",
				   device->machine.name, side->err.text);
		}
		return rc;
	}
	rc = ph_session_new(&side->session, &config, sim_now_ms(meeting->sim));
	assert(rc == 0);
	return 0;
}

static bool is_whole(const struct meeting *meeting)
{
	return ph_session_state(meeting->side[0].session) == PH_SESSION_CLOSED &&
	       ph_session_state(meeting->side[1].session) == PH_SESSION_CLOSED;
}

/* Who falls is not there any more to learn that the stream has ended. */
static bool falls(const struct meeting *meeting, unsigned i)
{
	return meeting->has_struck &&
	       meeting->how.fault == (i == 0 ? SIM_LINE_KILL : SIM_LINE_HUB_KILL);
}

static void hang_up(struct meeting *meeting)
{
	for (unsigned i = 0; i < 2; i++) {
		struct lan_side *side = &meeting->side[i];

		if (side->session != NULL && !falls(meeting, i)) {
			ph_session_eof(side->session);
			(void)work(meeting, side);
		}
	}
	for (unsigned i = 0; i < 2; i++) {
		ph_session_free(meeting->side[i].session);
		ph_site_lan_free(meeting->side[i].lan);
	}
}

static void fall(struct meeting *meeting, unsigned i)
{
	struct sim_device *device = meeting->side[i].device;

	sim_note(meeting->sim, "%s %s in an exchange with a machine of its site",
		 device->machine.name, meeting->how.power ? "loses power" : "is killed");
	sim_device_fall(meeting->sim, device, meeting->how.power);
}

/* --- what must hold --- */

/* No receipt, no time, no page, no control log comes from a machine of the site. */
static void check_bounds(struct sim *sim, const struct lan_side *side)
{
	const struct ph_site_state *before = &side->state;
	struct ph_site_state after;

	if (ph_site_state(side->device->site_open, &after) != 0) {
		sim_broken(sim, SIM_HEALTHY, "%s cannot say how things stand",
			   side->device->machine.name);
	}
	if (after.receipted != before->receipted || after.entries != before->entries ||
	    after.good_time != before->good_time || after.sessions != before->sessions ||
	    after.standing != before->standing ||
	    memcmp(&after.fed, &before->fed, sizeof after.fed) != 0) {
		sim_broken(sim, SIM_SIBLING,
			   "%s got more than entries from a machine of its site",
			   side->device->machine.name);
	}
}

static void check_all(struct meeting *meeting, const char *why_not, bool must)
{
	struct sim *sim = meeting->sim;
	struct lan_side *side = meeting->side;

	for (unsigned i = 0; i < 2; i++) {
		uint64_t held = held_by(sim, side[i].device);

		check_bounds(sim, &side[i]);
		if (why_not != NULL && held != side[i].held) {
			sim_broken(sim, SIM_SIBLING,
				   "%s has %" PRIu64 " entries more by %s, though %s",
				   side[i].device->machine.name, held - side[i].held,
				   side[1 - i].device->machine.name, why_not);
		}
		sim->result->tally.by_lan += held - side[i].held;
		if (must) {
			sim_lan_must_hold(sim, side[i].device, side[1 - i].device);
		}
	}
}

static bool is_sound(const struct meeting *meeting)
{
	return !meeting->side[0].device->machine.ill &&
	       !meeting->side[1].device->machine.ill;
}

static void end(struct meeting *meeting, const char *why_not, bool must)
{
	struct sim *sim = meeting->sim;
	struct lan_side *side = meeting->side;
	bool sound = meeting->is_looked_at && is_sound(meeting) && side[0].store == 0 &&
		     side[1].store == 0;
	bool whole = is_whole(meeting);

	sim_note(sim, "%s and %s by LAN: %s, failures %d and %d, %" PRIu64 " bytes",
		 side[0].device->machine.name, side[1].device->machine.name,
		 whole ? "whole" : "broken", ph_session_failure(side[0].session),
		 ph_session_failure(side[1].session),
		 meeting->moved[0] + meeting->moved[1]);
	sim->result->tally.lan += whole;
	if (must && !whole && !meeting->has_struck && sound) {
		sim_broken(sim, SIM_SIBLING,
			   "%s and %s, both confirmed and told so, do not exchange: %s",
			   side[0].device->machine.name, side[1].device->machine.name,
			   ph_site_lan_refusal(side[0].lan) != NULL
				   ? ph_site_lan_refusal(side[0].lan)
			   : ph_site_lan_refusal(side[1].lan) != NULL
				   ? ph_site_lan_refusal(side[1].lan)
				   : "no word");
	}
	hang_up(meeting);
	for (unsigned i = 0; i < 2; i++) {
		if (falls(meeting, i)) {
			fall(meeting, i);
		}
	}
	if (sound) {
		check_all(meeting, why_not, must && whole);
	}
}

void sim_lan(struct sim *sim, struct sim_device *calls, struct sim_device *answers,
	     struct sim_line_how how)
{
	struct meeting meeting = { .sim = sim,
				   .how = how,
				   .side = { { .device = calls },
					     { .device = answers } } };
	bool sound = is_sound(&meeting) && is_hub_sound(sim);
	const char *why_not = sound ? against(sim, calls, answers) : NULL;
	bool must = sound && why_not == NULL && must_exchange(sim, calls, answers);

	for (unsigned i = 0; sound && i < 2; i++) {
		meeting.side[i].held = held_by(sim, meeting.side[i].device);
		if (ph_site_state(meeting.side[i].device->site_open,
				  &meeting.side[i].state) != 0) {
			return;
		}
	}
	meeting.is_looked_at = sound;
	ph_rng_seed(&meeting.seeded, how.seed, &meeting.portions);
	if (open_side(&meeting, 0) == 0 && open_side(&meeting, 1) == 0) {
		pump(&meeting);
		end(&meeting, why_not, must);
	} else {
		hang_up(&meeting);
	}
	calls->was_lan = answers->was_lan = true;
	if (is_sound(&meeting)) {
		sim_check_saved(sim, calls);
		sim_check_saved(sim, answers);
	}
}

/* --- people --- */

/* Mostly of the same site, if there is one. */
static struct sim_device *other(struct sim *sim, const struct sim_device *device,
				const struct ph_rng *dice)
{
	unsigned from = (unsigned)ph_rng_below(dice, sim->n_devices);
	bool any = ph_rng_below(dice, 8) == 0;

	for (unsigned i = 0; i < sim->n_devices; i++) {
		struct sim_device *found = &sim->devices[(from + i) % sim->n_devices];

		if (found != device && (any || found->site == device->site)) {
			return found;
		}
	}
	return NULL;
}

/* The two are set up as they should be: both are confirmed, and have heard of it. */
static void set_up(struct sim *sim, struct sim_device *const pair[2],
		   const struct ph_rng *dice)
{
	for (unsigned i = 0; i < 4; i++) {
		struct sim_device *device = pair[i % 2];

		if (device->no_network) {
			(void)sim_round_trip(sim, device);
		} else {
			(void)sim_line(sim, device, (struct sim_line_how){ 0 });
		}
		sim_confirm(sim, device);
	}
	for (unsigned i = 0; i < 2; i++) {
		sim_work(sim, pair[i], dice);
		sim->now += 1000 * (int64_t)(20 + ph_rng_below(dice, 100));
	}
}

void sim_do_lan(struct sim *sim, struct sim_device *device, const struct ph_rng *dice)
{
	struct sim_device *found = other(sim, device, dice);
	struct sim_device *const pair[2] = { device, found };
	uint64_t portions = ph_rng_below(dice, 2) * (1 + ph_rng_below(dice, 1000000));

	if (found != NULL) {
		if (ph_rng_below(dice, 3) > 0) {
			set_up(sim, pair, dice);
		}
		sim_lan(sim, device, found, (struct sim_line_how){ .seed = portions });
	}
}

void sim_do_lan_cut(struct sim *sim, struct sim_device *device, const struct ph_rng *dice)
{
	static const enum sim_line_fault faults[] = { SIM_LINE_CUT, SIM_LINE_CORRUPT,
						      SIM_LINE_KILL, SIM_LINE_HUB_KILL };
	struct sim_device *found = other(sim, device, dice);
	struct sim_device *const pair[2] = { device, found };
	struct sim_line_how how = { .fault = faults[ph_rng_below(dice, 4)],
				    .power = ph_rng_below(dice, 2) == 0,
				    .down = ph_rng_below(dice, 2) == 0,
				    .byte = ph_rng_below(dice, 4000),
				    .step = (unsigned)ph_rng_below(dice, 14),
				    .seed = 1 + ph_rng_below(dice, 1000000) };

	if (found == NULL) {
		return;
	}
	if (ph_rng_below(dice, 2) == 0) {
		set_up(sim, pair, dice);
	}
	sim_note(sim, "an exchange by LAN with fault %d at %s byte %d, step %u",
		 how.fault, how.down ? "down" : "up", (int)how.byte, how.step);
	sim_lan(sim, device, found, how);
	if (ph_rng_below(dice, 2) == 0) {
		sim_lan(sim, device, found, (struct sim_line_how){ 0 });
	}
}
