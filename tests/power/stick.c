/*
 * tests/power/stick.c - a site and the hub by stick: each bundle that is made or taken is a call.
 *
 * What the hub took it holds, and so has promised; a receipt is promised by the hub when the
 * bundle with it is made, before the site has heard of it. The stick itself is a test of its own
 * (tests/unit/test_spool.c).
 */
#include "tests/power/world.h"

#include <errno.h>
#include <string.h>

#include "client/site_bundle.h"
#include "daemon/hub_bundle.h"

enum {
	UP_MAX = 16 * 1024 * 1024, /* far more than there is */
};

static int fail(struct world *world, int rc, const char *what)
{
	return ph_fail(&world->err, PH_EXIT_OTHER, rc, "%s: %d", what, rc);
}

static int pack_site(struct world *world, unsigned index, struct ph_buf *bundle)
{
	struct ph_site_packing *packing = NULL;
	struct ph_site_packed packed;
	int rc = ph_site_pack_new(&packing, world->site[index]);

	power_call(world, index);
	rc = rc < 0 ? rc
		    : ph_site_pack_next(packing, UP_MAX, bundle, &packed, &world->err);
	rc = rc > 0 ? -ENOSPC : rc;
	power_called(world, index, rc);
	ph_site_pack_free(packing);
	return rc < 0 ? fail(world, rc, "packing at the site") : 0;
}

static int take_hub(struct world *world, struct ph_view bundle)
{
	struct ph_hub_bundle_taken taken;
	int rc;

	power_call(world, HUB);
	rc = ph_hub_bundle_take(world->hub, bundle, PH_ROAD_STICK, &taken);
	if (rc == 0 && (taken.refusal != 0 || !taken.live)) {
		rc = -EPROTO;
	}
	power_called(world, HUB, rc);
	return rc < 0 ? fail(world, rc, "taking at the hub") : 0;
}

void power_promise_receipts(struct world *world, unsigned index)
{
	struct held *held = held_of(&world->promised[HUB], world->own_log[index]);
	struct ph_journal *journal = ph_hub_journal(world->hub);
	struct ph_log log;

	if (!held || ph_journal_log_find(journal, world->own_log[index], &log) != 0 ||
	    ph_journal_parts_missing(journal, log.row, held->missing,
				     PH_RECEIPT_MISSING_MAX, &held->n_missing) != 0) {
		return; /* its power has gone */
	}
	held->receipted = held->head.n;
}

static int pack_hub(struct world *world, unsigned index, struct ph_buf *bundle)
{
	struct ph_hub_packing *packing = NULL;
	struct ph_hub_packed packed;
	struct ph_device device;
	int rc = ph_journal_device_by_id(ph_hub_journal(world->hub), world->device[index],
					 &device);

	power_call(world, HUB);
	rc = rc != 0 ? (rc < 0 ? rc : -ENOENT)
		     : ph_hub_pack_new(&packing, world->hub, &device);
	rc = rc < 0 ? rc : ph_hub_pack_next(packing, UP_MAX, bundle, &packed);
	rc = rc > 0 ? -ENOSPC : rc;
	power_called(world, HUB, rc);
	ph_hub_pack_free(packing);
	if (rc == 0) {
		power_promise_receipts(world, index);
	}
	return rc < 0 ? fail(world, rc, "packing at the hub") : 0;
}

static int take_site(struct world *world, unsigned index, struct ph_view bundle)
{
	struct ph_site_taken taken;
	int rc;

	power_call(world, index);
	rc = ph_site_take_bundle(world->site[index], bundle, PH_ROAD_STICK, &taken,
				 &world->err);
	if (rc == 0 && taken.refusal != 0) {
		rc = -EPROTO;
	}
	power_called(world, index, rc);
	if (rc == 0) {
		world->promised[HUB].told[index] = world->promised[index].fed;
	}
	return rc < 0 ? fail(world, rc, "taking at the site") : 0;
}

int power_carry(struct world *world, unsigned index)
{
	bool lost = power_below(world, 4) == 0; /* the answer, on its way home */
	struct ph_buf up = { 0 };
	struct ph_buf down = { 0 };
	int rc = pack_site(world, index, &up);

	rc = rc < 0 ? rc : take_hub(world, ph_buf_view(&up));
	rc = rc < 0 || lost ? rc : pack_hub(world, index, &down);
	rc = rc < 0 || lost ? rc : take_site(world, index, ph_buf_view(&down));
	ph_buf_deinit(&up);
	ph_buf_deinit(&down);
	return rc;
}
