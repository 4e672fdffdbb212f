/*
 * tests/sim/late.c - what reaches the hub when nobody waits for an answer any more.
 *
 * Bytes of a session that its device gave up, and first messages that somebody recorded.
 */
#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "tests/sim/check.h"
#include "tests/sim/line_internal.h"
#include "tests/sim/version.h"

/* A session of the hub whose device is gone, and what is still on its way. */
struct lingering {
	struct ph_session *far;
	struct ph_hub_peer peer;
	struct ph_buf bytes;
};
static struct lingering lingering[8];
static unsigned n_lingering;

void sim_line_linger(struct line *line)
{
	struct lingering *left;
	int rc;

	if (n_lingering == sizeof lingering / sizeof *lingering) {
		sim_line_free_far(line->sim, &line->far, &line->peer);
		return;
	}
	left = &lingering[n_lingering++];
	*left = (struct lingering){ .far = line->far, .peer = line->peer };
	rc = ph_buf_put_view(&left->bytes, ph_session_output(line->near));
	assert(rc == 0);
	line->far = NULL;
}

/* Bytes for a session of the hub whose peer is not there; it hangs up afterwards. */
static void play(struct sim *sim, struct ph_session *far, struct ph_hub_peer *peer,
		 struct ph_view bytes)
{
	struct line line = { .sim = sim, .far = far, .peer = *peer };

	sim_enter(&sim->hub_machine);
	ph_session_receive(far, bytes, sim_now_ms(sim));
	sim_leave();
	for (int i = 0; i < 8; i++) {
		if (!sim_line_hub_jobs(sim, &line, 1)) {
			break;
		}
	}
	ph_session_eof(far);
	(void)sim_line_hub_jobs(sim, &line, 1);
	*peer = line.peer;
}

void sim_linger(struct sim *sim)
{
	for (unsigned i = 0; i < n_lingering; i++) {
		sim_note(sim, "%zu bytes of a session that was given up arrive",
			 lingering[i].bytes.len);
		play(sim, lingering[i].far, &lingering[i].peer,
		     ph_buf_view(&lingering[i].bytes));
		sim_line_free_far(sim, &lingering[i].far, &lingering[i].peer);
		ph_buf_deinit(&lingering[i].bytes);
	}
	n_lingering = 0;
	sim_hub_settle(sim);
}

void sim_linger_free(struct sim *sim)
{
	(void)sim;
	for (unsigned i = 0; i < n_lingering; i++) {
		ph_session_free(lingering[i].far);
		ph_buf_deinit(&lingering[i].bytes);
	}
	n_lingering = 0;
}

void sim_replay(struct sim *sim, struct sim_device *device, const struct ph_rng *dice)
{
	struct ph_session_config config = { .side = PH_SIDE_HUB,
					    .rng = sim->hub_machine.rng };
	struct ph_session *far;
	struct ph_hub_peer peer = { 0 };
	struct sim_heard before, after;
	const struct sim_tape *tape;
	int rc;

	if (device->n_tapes == 0) {
		return;
	}
	tape = &device->tapes[ph_rng_below(dice, device->n_tapes)];
	sim_hub_settle(sim); /* what waits to be folded gives it another scope */
	sim_heard(sim, device, &before);
	config.keys = &ph_hub_keys(sim->hub)->box;
	rc = ph_session_new(&far, &config, sim_now_ms(sim));
	assert(rc == 0);
	play(sim, far, &peer, ph_buf_view(&tape->bytes));
	sim_note(sim, "the first message of a session of %s is played again: %s",
		 device->machine.name, peer.known ? "known" : "unknown");
	sim_line_free_far(sim, &far, &peer);
	sim_hub_settle(sim);
	sim_heard(sim, device, &after);
	if (before.known && memcmp(&before, &after, sizeof before) != 0) {
		sim_broken(sim, SIM_REPLAY,
			   "a first message of %s played again moves what the hub heard "
			   "of it",
			   device->machine.name);
	}
}
