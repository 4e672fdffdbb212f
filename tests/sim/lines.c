/*
 * tests/sim/lines.c - devices call, and again at once where their hello was too new.
 *
 * A hub of an earlier version does not know what a device tells since (client/site_unfinished.c).
 * It is to take the next hello, which has no more in it than it knows.
 */
#include "tests/sim/check.h"
#include "tests/sim/line_internal.h"

struct anew {
	struct sim_device *devices[SIM_LINES_MAX];
	struct sim_line_how how[SIM_LINES_MAX];
	unsigned of[SIM_LINES_MAX]; /* their number among all */
	unsigned n;
};

/* Over the same line; a fault that it has had it has no more. */
static void add(struct anew *anew, unsigned of, struct sim_device *device,
		const struct sim_line_how *how, bool has_struck)
{
	anew->devices[anew->n] = device;
	anew->how[anew->n] = *how;
	anew->how[anew->n].is_anew = true;
	if (has_struck) {
		anew->how[anew->n].fault = SIM_LINE_GOOD;
	}
	anew->of[anew->n++] = of;
}

static void call_anew(struct sim *sim, const struct anew *anew, struct sim_line_end *ends)
{
	struct sim_line_end last[SIM_LINES_MAX];

	sim_lines_once(sim, anew->devices, anew->how, anew->n, last);
	for (unsigned i = 0; i < anew->n; i++) {
		const struct sim_line_end *first = &ends[anew->of[i]];

		last[i].up += first->up;
		last[i].down += first->down;
		last[i].milliseconds += first->milliseconds;
		ends[anew->of[i]] = last[i];
	}
	sim->result->tally.anew += anew->n;
}

void sim_lines(struct sim *sim, struct sim_device *const *devices,
	       const struct sim_line_how *how, unsigned n, struct sim_line_end *ends)
{
	struct anew anew = { .n = 0 };

	sim_lines_once(sim, devices, how, n, ends);
	for (unsigned i = 0; i < n; i++) {
		if (ends[i].begins_anew) {
			add(&anew, i, devices[i], &how[i], ends[i].has_struck);
		}
	}
	if (anew.n > 0) {
		call_anew(sim, &anew, ends);
	}
	sim_hub_settle(sim);
	if (!sim->calm) {
		sim_check_receipted(sim);
	}
}

struct sim_line_end sim_line(struct sim *sim, struct sim_device *device,
			     struct sim_line_how how)
{
	struct sim_line_end end;

	sim_lines(sim, &device, &how, 1, &end);
	return end;
}
