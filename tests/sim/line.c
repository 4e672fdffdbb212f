/*
 * tests/sim/line.c - the pump between sessions of devices and of the hub.
 *
 * In turns: bytes up, the device's jobs, bytes down, the hub's jobs of all sessions
 * together. When nothing moves any more the line is at rest: a good one is over by then,
 * one that stalls is told the time until both sides give up.
 */
#include "tests/sim/line_internal.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "client/site_kept.h"
#include "client/site_unfinished.h"
#include "daemon/hub_internal.h"
#include "tests/sim/check.h"
#include "tests/sim/purse.h"
#include "tests/sim/version.h"

#define FLIGHT 1024

static bool is_over(const struct ph_session *session)
{
	return ph_session_state(session) >= PH_SESSION_CLOSED;
}

/* --- the hub's side --- */

void sim_hub_settle(struct sim *sim)
{
	int rc;

	sim_enter(&sim->hub_machine);
	while ((rc = ph_hub_fold(sim->hub)) > 0) {
	}
	sim_leave();
	sim->hub_asked = false;
	if (rc == -EIO) {
		sim->hub_failed = true; /* perhaps of an error that it met before */
	} else if (rc < 0 && !sim_hub_is_ill(sim)) {
		sim_broken(sim, SIM_HEALTHY, "the hub does not fold: %s", strerror(-rc));
	}
	sim_hub_heal(sim);
}

static void give_back(struct sim *sim, struct ph_session *far, struct ph_hub_peer *peer,
		      struct ph_job *job)
{
	if (job->type == PH_JOB_HELLO && job->result == 0 && !job->bad && peer->known &&
	    job->welcome.status == PH_STATUS_OK) {
		(void)ph_partials_take(&sim->partials, job->peer_key, &job->partial);
	}
	sim_enter(&sim->hub_machine);
	ph_session_give_job(far, job, sim_now_ms(sim));
	sim_leave();
}

void sim_line_free_far(struct sim *sim, struct ph_session **far, struct ph_hub_peer *peer)
{
	const uint8_t *key = *far != NULL ? ph_session_peer(*far) : NULL;
	struct ph_unfinished segment;

	if (key != NULL && peer->known && sim->hub != NULL &&
	    ph_session_take_partial(*far, &segment)) {
		ph_partials_put(&sim->partials, key, &segment);
	}
	ph_session_free(*far);
	*far = NULL;
}

/* What the answer to a job, just made, tells of the time. */
static void check_times(struct sim *sim, const struct ph_job *job)
{
	if (job->result != 0 || job->bad) {
		return;
	}
	if (job->type == PH_JOB_HELLO && job->welcome.status == PH_STATUS_OK) {
		sim_check_told(sim, (int64_t)job->welcome.time);
	}
	for (unsigned i = 0; job->type == PH_JOB_STORE && i < job->n_receipts; i++) {
		sim_check_told(sim, (int64_t)job->receipt[i].time);
	}
}

bool sim_line_hub_jobs(struct sim *sim, struct line *lines, unsigned n)
{
	struct ph_job *jobs[4 * SIM_LINES_MAX], *first = NULL, **link = &first;
	unsigned owners[4 * SIM_LINES_MAX], count = 0;

	for (unsigned i = 0; i < n; i++) {
		while (count < 4 * SIM_LINES_MAX && lines[i].far != NULL &&
		       (jobs[count] = ph_session_take_job(lines[i].far)) != NULL) {
			jobs[count]->owner = &lines[i].peer;
			jobs[count]->next = NULL;
			*link = jobs[count];
			link = &jobs[count]->next;
			owners[count++] = i;
		}
	}
	if (count == 0) {
		return false;
	}
	sim_enter(&sim->hub_machine);
	ph_hub_jobs(sim->hub, first);
	sim_leave();
	for (unsigned i = 0; i < count; i++) {
		struct line *line = &lines[owners[i]];

		sim->hub_failed |= jobs[i]->result == -EIO;
		check_times(sim, jobs[i]);
		give_back(sim, line->far, &line->peer, jobs[i]);
	}
	sim_check_hub_clock(sim);
	return true;
}

/* --- the device's side --- */

static bool device_jobs(struct line *line)
{
	struct ph_error err = { 0 };
	struct ph_job *job;
	bool any = false;

	while (!line->is_gone && (job = ph_session_take_job(line->near)) != NULL) {
		bool told = job->type == PH_JOB_WELCOME || job->type == PH_JOB_RECEIPT;

		any = true;
		sim_enter(&line->device->machine);
		ph_site_job(line->device->site_open, job, &err);
		sim_leave();
		if (job->result < 0) {
			line->end.store = job->result;
			sim_note(line->sim, "%s: %s", line->device->machine.name,
				 err.text);
		} else if (told) {
			sim_note_receipts(line->sim, line->device);
		}
		if (job->result == 0 && job->type == PH_JOB_WELCOME) {
			sim_say_read(line->device, (int64_t)job->welcome.time, true);
		}
		sim_enter(&line->device->machine);
		ph_session_give_job(line->near, job, sim_now_ms(line->sim));
		sim_leave();
	}
	return any;
}

/* --- bytes --- */

static void put(struct ph_buf *out, struct ph_view bytes)
{
	int rc = ph_buf_put_view(out, bytes);

	assert(rc == 0);
}

/* The byte at which it happens is among the next BYTES of this way. */
static bool strikes(const struct line *line, bool down, uint64_t so_far, size_t len)
{
	return !line->end.has_struck && line->how.down == down &&
	       line->how.fault >= SIM_LINE_CUT && line->how.fault <= SIM_LINE_LINGER &&
	       so_far + len > line->how.byte;
}

static void deliver(struct line *line, struct ph_session *to, struct ph_view bytes,
		    bool spoil)
{
	struct ph_buf copy = { 0 };

	if (spoil) {
		put(&copy, bytes);
		copy.data[copy.len - 1] ^= (uint8_t)(1u << (line->how.seed % 8));
		bytes = ph_buf_view(&copy);
	}
	sim_enter(to == line->near ? &line->device->machine : &line->sim->hub_machine);
	ph_session_receive(to, bytes, sim_now_ms(line->sim));
	sim_leave();
	ph_buf_deinit(&copy);
}

/* Bytes one way; returns whether any went. */
static bool carry(struct line *line, bool down)
{
	struct ph_session *from = down ? line->far : line->near;
	struct ph_session *to = down ? line->near : line->far;
	uint64_t *sum = down ? &line->end.down : &line->end.up;
	struct ph_view bytes;
	bool strike;

	if (line->is_broken) {
		return false;
	}
	bytes = ph_session_output(from);
	if (bytes.len > 0 && line->how.seed != 0) {
		bytes.len = 1 + (size_t)ph_rng_below(&line->portions, bytes.len);
	}
	strike = strikes(line, down, *sum, bytes.len);
	if (strike) {
		line->end.has_struck = true;
		bytes.len = (size_t)(line->how.byte - *sum) +
			    (line->how.fault == SIM_LINE_CORRUPT);
		line->is_broken = line->how.fault != SIM_LINE_CORRUPT;
	}
	if (bytes.len > 0) {
		if (!down && line->end.down == 0 && line->first.len < 65536) {
			put(&line->first, bytes);
		}
		*sum += bytes.len;
		deliver(line, to, bytes, strike && line->how.fault == SIM_LINE_CORRUPT);
		ph_session_sent(from, bytes.len, sim_now_ms(line->sim));
		if (line->how.bytes_per_second > 0) {
			line->sim->now +=
				(int64_t)(bytes.len * 1000 / line->how.bytes_per_second);
		}
	}
	if (strike && line->how.fault == SIM_LINE_LINGER) {
		sim_line_linger(line);
	}
	return bytes.len > 0;
}

/* --- one session --- */

static void keep_tape(struct line *line)
{
	struct sim_device *device = line->device;
	struct sim_tape *tape = &device->tapes[device->n_tapes % SIM_TAPES];

	if (line->first.len == 0) {
		return;
	}
	if (device->n_tapes < SIM_TAPES) {
		device->n_tapes++;
	} else { /* the first stays: it has the certificate */
		tape = &device->tapes[1 + line->steps % (SIM_TAPES - 1)];
	}
	ph_buf_deinit(&tape->bytes);
	tape->bytes = line->first;
	line->first = (struct ph_buf){ 0 };
}

/* Room for the rest of a message 1, and for what ends a session: as client/link.c. */
static size_t flight_in(uint64_t up)
{
	uint64_t left = up > PH_BUDGET_LEAST / 2 ? up - PH_BUDGET_LEAST / 2 : 0;

	return up == 0 || left > FLIGHT ? FLIGHT : (size_t)left;
}

/* What it may cost, set apart; then the hello. 0, or what its store failed with. */
static int say_hello(struct line *line, struct ph_hello *hello, struct ph_buf *arena,
		     struct ph_error *err)
{
	struct sim_device *device = line->device;
	struct ph_share *share = &line->share;
	int rc = sim_purse_begin(line->sim, device, line->how.over, line->how.seed % 3000,
				 share, err);

	line->is_poor = rc == PH_BUDGET_E_SPENT;
	if (rc == 0) {
		sim_enter(&device->machine);
		rc = ph_site_hello(device->site_open, flight_in(share->up), hello, arena,
				   err);
		sim_leave();
		hello->budget = share->down;
		if (rc == 0) {
			sim_enter(&device->machine);
			rc = ph_site_unfinished_tell(device->site_open, hello,
						     &line->front);
			rc = rc != 0 ? rc : ph_site_kept_tell(device->site_open, hello);
			sim_leave();
		}
		if (rc != 0) {
			sim_purse_end(line->sim, device, 0, 0, true);
		}
	}
	return rc;
}

/* The keys that DEVICE calls by, as far as it has heard: those in use, or that were. */
static const struct ph_box_pair *called(struct sim *sim, struct sim_device *device)
{
	const struct ph_hub_ring *ring = &sim->hub->ring;
	const uint8_t *box = ph_site_hub_box(device->site_open);

	for (unsigned i = 0; i < ring->n; i++) {
		if (memcmp(ring->box[i].key, box, PH_KEY_SIZE) == 0) {
			return &ring->box[i];
		}
	}
	return &ph_hub_keys(sim->hub)->box;
}

static void line_open(struct line *line)
{
	struct sim_device *device = line->device;
	struct sim *sim = line->sim;
	struct ph_session_config near = { .side = PH_SIDE_DEVICE,
					  .keys = ph_site_box(device->site_open),
					  .cert = ph_site_cert(device->site_open),
					  .rng = device->machine.rng };
	const struct ph_box_pair *keys = called(sim, device);
	struct ph_session_config far = { .side = PH_SIDE_HUB,
					 .keys = keys,
					 .rng = sim->hub_machine.rng };
	struct ph_hello *hello = calloc(1, sizeof *hello);
	struct ph_buf arena = { 0 };
	struct ph_error err = { 0 };
	int rc;

	assert(hello != NULL);
	line->began = sim->now;
	sim_look_begin(sim, device, &line->look);
	ph_rng_seed(&line->seeded, line->how.seed, &line->portions);
	memcpy(near.hub_key, far.keys->key, sizeof near.hub_key);
	rc = say_hello(line, hello, &arena, &err);
	if (rc != 0) {
		if (!line->is_poor && !sim_is_ill(sim, device)) {
			sim_broken(sim, SIM_HEALTHY, "%s says no hello: %s",
				   device->machine.name, err.text);
		}
		line->is_gone = true;
	} else {
		near.hello = hello;
		near.partial = &line->front;
		near.may_send = line->share.up;
		rc = ph_session_new(&line->near, &near, sim_now_ms(sim));
		line->is_poor = rc == -EDQUOT;
		assert(rc == 0 || line->is_poor);
	}
	if (line->is_poor && rc == -EDQUOT) { /* message 1 alone is too long */
		sim_purse_end(sim, device, 0, 0, true);
		line->is_gone = true;
	} else if (rc == 0) {
		rc = ph_session_new(&line->far, &far, sim_now_ms(sim));
		assert(rc == 0);
	}
	ph_buf_deinit(&arena);
	free(hello);
	sim->result->tally.sessions++;
}

/* Both sides learn that the stream has ended. */
static void hang_up(struct line *line)
{
	if (line->near != NULL && !is_over(line->near)) {
		ph_session_eof(line->near);
	}
	if (line->far != NULL && !is_over(line->far)) {
		ph_session_eof(line->far);
	}
}

static bool is_bounded(const struct line *line)
{
	return line->share.up > 0;
}

/* The hub keeps to its share. */
static void check_spent(const struct line *line)
{
	if (is_bounded(line) && line->end.down > line->share.down) {
		sim_broken(line->sim, SIM_BUDGET,
			   "the hub sends %s %" PRIu64
			   " bytes, and was told that %" PRIu64 " are paid for",
			   line->device->machine.name, line->end.down, line->share.down);
	}
}

/* A session that this line should have carried to its end. */
static bool should_end_well(const struct line *line)
{
	return !(is_bounded(line) && line->end.failure == PH_FAIL_BUDGET) &&
	       !(line->end.begins_anew && !line->how.is_anew) && !line->end.has_struck &&
	       !line->is_gone && line->far != NULL && line->end.store == 0;
}

/* As `sync` does: the outcome is kept, but for a hello that was too new, and what it brought to be erased is erased. */
static void end_at_device(struct line *line, const struct ph_session_counts *counts)
{
	struct sim_device *device = line->device;
	bool told = line->end.complete && !ph_session_is_short(line->near);
	struct ph_unfinished_kept kept;
	int rc;

	sim_enter(&device->machine);
	(void)ph_session_take_partial(line->near, &line->front);
	(void)ph_site_unfinished_keep(device->site_open, &line->front, told,
				      line->end.status, &kept);
	line->end.begins_anew = kept.without_front;
	rc = kept.without_front ? 0
				: ph_site_session_end(device->site_open, told,
						      told ? "" : "cut", counts);
	rc = rc == 0 ? ph_site_erase_heard(device->site_open, NULL) : rc;
	sim_leave();
	if (rc != 0 && !sim_is_ill(line->sim, device)) {
		sim_broken(line->sim, SIM_HEALTHY, "%s does not end its session: %s",
			   device->machine.name, strerror(-rc));
	}
}

/* The hub may say: later. Also when it has just found out that it was put back. */
static bool is_put_off(const struct line *line)
{
	return sim_hub_puts_off(line->sim) ||
	       (line->look.is_on && line->look.put_back != line->sim->hub->put_back);
}

static void line_close(struct line *line)
{
	struct sim *sim = line->sim;
	struct sim_device *device = line->device;
	struct ph_session_counts counts;
	struct sim_line_end *end = &line->end;

	if (line->near == NULL) {
		ph_unfinished_deinit(&line->front);
		return;
	}
	end->complete = ph_session_state(line->near) == PH_SESSION_CLOSED;
	end->failure = ph_session_failure(line->near);
	end->status = ph_session_status(line->near);
	end->milliseconds = sim->now - line->began;
	device->bytes_up += end->up;
	device->bytes_down += end->down;
	ph_session_counts(line->near, &counts);
	sim_purse_end(sim, device, counts.bytes_out, end->down, !line->is_gone);
	if (!line->is_gone) {
		end_at_device(line, &counts);
	}
	if (end->complete) {
		device->synced = sim->now;
		sim->result->tally.whole++;
	}
	sim_note(sim, "%s session %s failure=%d status=%d up=%" PRIu64 " down=%" PRIu64,
		 device->machine.name, end->complete ? "whole" : "broken", end->failure,
		 end->status, end->up, end->down);
	sim->result->tally.put_off += end->status == PH_STATUS_LATER;
	check_spent(line);
	if (!end->complete && should_end_well(line) && !sim_is_ill(sim, device) &&
	    !sim_hub_is_ill(sim) && !(device->cut && end->status == PH_STATUS_CUT) &&
	    !(is_put_off(line) && end->status == PH_STATUS_LATER)) {
		sim_broken(sim, SIM_SESSION,
			   "%s: a session over a good line ended with failure %d, status "
			   "%d after %" PRIu64 " and %" PRIu64 " bytes",
			   device->machine.name, end->failure, end->status, end->up,
			   end->down);
	}
	line->look.knows_more &= !is_bounded(line);
	sim_look_end(sim, device, &line->look, end);
	keep_tape(line);
	ph_session_free(line->near);
	sim_line_free_far(sim, &line->far, &line->peer);
	ph_buf_deinit(&line->first);
	ph_unfinished_deinit(&line->front);
}

/* --- falls in the middle --- */

static void device_falls(struct line *line)
{
	sim_note(line->sim, "%s %s in its session", line->device->machine.name,
		 line->how.power ? "loses power" : "is killed");
	line->end.has_struck = line->is_gone = true;
	line->is_broken = true;
	sim_device_fall(line->sim, line->device, line->how.power);
	line->sim->result->tally.kills_in++;
}

/* All its sessions end with it. */
static void hub_falls(struct sim *sim, struct line *lines, unsigned n, bool power)
{
	sim_note(sim, "the hub %s in a session", power ? "loses power" : "is killed");
	for (unsigned i = 0; i < n; i++) {
		lines[i].end.has_struck = lines[i].is_broken = true;
		ph_session_free(lines[i].far);
		lines[i].far = NULL;
	}
	sim_hub_fall(sim, power);
	sim_check_receipted(sim);
	sim->result->tally.kills_in++;
}

static void strike_kills(struct sim *sim, struct line *lines, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct line *line = &lines[i];

		if (line->end.has_struck || line->near == NULL ||
		    line->steps++ < line->how.step) {
			continue;
		}
		if (line->how.fault == SIM_LINE_KILL) {
			device_falls(line);
		} else if (line->how.fault == SIM_LINE_HUB_KILL) {
			hub_falls(sim, lines, n, line->how.power);
		}
	}
}

/* --- all of them --- */

static bool turn(struct sim *sim, struct line *lines, unsigned n)
{
	bool any = false;

	for (unsigned i = 0; i < n; i++) {
		struct line *line = &lines[i];

		if (line->near == NULL || line->far == NULL) {
			continue;
		}
		any |= carry(line, false);
		any |= device_jobs(line);
		if (line->far != NULL) {
			any |= carry(line, true);
		}
		any |= device_jobs(line);
	}
	any |= sim_line_hub_jobs(sim, lines, n);
	if (sim_hub_failed(sim)) {
		hub_falls(sim, lines, n, false);
	}
	strike_kills(sim, lines, n);
	return any;
}

/* Nothing moves: the clocks go on until both have given up. */
static void stall(struct sim *sim, struct line *line)
{
	for (int i = 0; i < 400 && !(is_over(line->near) && is_over(line->far)); i++) {
		sim->now += 1000;
		if (!is_over(line->near)) {
			ph_session_tick(line->near, sim_now_ms(sim));
		}
		if (!is_over(line->far)) {
			ph_session_tick(line->far, sim_now_ms(sim));
		}
		(void)device_jobs(line);
		(void)sim_line_hub_jobs(sim, line, 1);
	}
	if (!is_over(line->near) || !is_over(line->far)) {
		sim_broken(sim, SIM_SESSION, "%s: a session that stalls does not end",
			   line->device->machine.name);
	}
}

void sim_lines_once(struct sim *sim, struct sim_device *const *devices,
		    const struct sim_line_how *how, unsigned n, struct sim_line_end *ends)
{
	struct line lines[SIM_LINES_MAX] = { 0 };
	unsigned still = 0;

	assert(n <= SIM_LINES_MAX);
	for (unsigned i = 0; i < n; i++) {
		lines[i] =
			(struct line){ .sim = sim, .device = devices[i], .how = how[i] };
		sim->now += 2000;
		line_open(&lines[i]);
	}
	while (still < 3) {
		sim->now += 40 + (int64_t)how[0].delay_ms;
		still = turn(sim, lines, n) ? 0 : still + 1;
	}
	for (unsigned i = 0; i < n; i++) {
		struct line *line = &lines[i];

		if (line->how.fault == SIM_LINE_STALL && line->end.has_struck &&
		    line->near != NULL && line->far != NULL && !line->is_gone) {
			stall(sim, line);
		}
		hang_up(line);
		if (line->near != NULL) {
			(void)device_jobs(line);
		}
	}
	(void)sim_line_hub_jobs(sim, lines, n);
	for (unsigned i = 0; i < n; i++) {
		line_close(&lines[i]);
		ends[i] = lines[i].end;
	}
}
