/*
 * tests/unit/failing_world.h - a ledger whose operations and answers are gone through with one
 * call that fails after the other (fail_at.h), and what is right then: the error that it
 * was, in words, or the thing itself. What is wrong is told and counted.
 *
 * Each test program includes it once.
 */
#ifndef PH_TESTS_FAILING_WORLD_H
#define PH_TESTS_FAILING_WORLD_H

#include <inttypes.h>
#include <stdio.h>

#include "fail_at.h"
#include "looks.h"

struct machine {
	struct world world;
	uint64_t seed;
	struct ph_error err; /* of the operation, if it failed */
};

/* --- one operation --- */

typedef int (*operation_fn)(struct machine *machine);

static inline int catch_up(struct machine *machine)
{
	return ph_ledger_catch_up(machine->world.ledger, NULL, &machine->err);
}

static inline int rebuild(struct machine *machine)
{
	return ph_ledger_rebuild(machine->world.ledger, &machine->err);
}

static inline int reopen(struct machine *machine)
{
	struct world *world = &machine->world;
	struct ph_ledger_config config = { .journal = world->journal,
					   .db = world->other ? world->other : world->db,
					   .fed = world->fed,
					   .hub = world->hub };
	struct ph_ledger *ledger = NULL;
	int rc;

	if (world->ledger != NULL) {
		ph_ledger_free(world->ledger);
		world->ledger = NULL;
	}
	rc = ph_ledger_open(&ledger, &config, &machine->err);
	world->ledger = ledger;
	return rc;
}

static uint64_t asked, wrong;

/* RC is what failed, or 0, and what is said is no other. */
static void judge(struct machine *machine, int rc)
{
	const struct ph_error *err = &machine->err;
	bool is_right = rc == 0 || (rc == failing.as && err->exit == PH_EXIT_OTHER &&
				    err->text[0] != '\0');

	if (!is_right) {
		fprintf(stderr,
			"# %d, exit %d \"%s\", where %d failed; seed %" PRIu64 "\n", rc,
			(int)err->exit, err->text, failing.as, machine->seed);
		failing_show();
		wrong++;
	}
}

/* Again and again, until nothing fails. */
static void through_failures(struct machine *machine, operation_fn operation)
{
	bool hit;
	int rc;

	do {
		machine->err = (struct ph_error){ 0 };
		failing_arm();
		rc = operation(machine);
		hit = failing_disarm();
		if (!hit && rc != 0) {
			fail_msg("%d, though nothing failed; seed %" PRIu64, rc,
				 machine->seed);
		}
		judge(machine, rc);
	} while (hit);
}

/* --- one question --- */

static inline void ask_through(struct looking *looking, const struct look *look,
			       uint64_t seed)
{
	json_t *wanted = NULL;
	int rc_wanted = look->at(looking, &wanted);
	bool hit;

	if (rc_wanted < 0 || (rc_wanted == 0) != (wanted != NULL)) {
		fail_msg("%s of type %u: %d; seed %" PRIu64, look->name,
			 looking->key.type, rc_wanted, seed);
	}
	do {
		json_t *got = NULL;
		int rc;

		failing_arm();
		rc = look->at(looking, &got);
		hit = failing_disarm();
		asked++;
		if (rc < 0 ? !hit || got != NULL || rc != failing.as
			   : rc != rc_wanted || (rc == 0 && !json_equal(got, wanted))) {
			fprintf(stderr,
				"# %s of type %u: %d%s, not %d%s; seed %" PRIu64 "\n",
				look->name, looking->key.type, rc,
				got != NULL ? " and an answer" : "", rc_wanted,
				hit ? ", when a call failed" : "", seed);
			failing_show();
			wrong++;
		}
		json_decref(got);
	} while (hit);
	json_decref(wanted);
}

#endif
