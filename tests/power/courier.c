/*
 * tests/power/courier.c - a courier at a site, and at the hub (client/van.h, client/site_courier.h,
 * daemon/hub_courier.h over proto/courier.h). Each job that keeps something is a call.
 *
 * What the courier has signed for it must have, whole, until it was taken where it goes, or who
 * gave it offers other bundles, not this one, and the courier has them. So a vow begins behind
 * the call in which it signs, and ends before that in which it may let go.
 */
#include "tests/power/world.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "client/site_courier.h"
#include "client/van.h"
#include "daemon/hub_courier.h"

#define OFFERED_MAX 64

struct errand {
	const struct power_errand *how;
	struct ph_courier *calls, *answers;
	struct ph_van van;
	struct ph_van_visit visit;
	struct ph_site_courier *site;
	struct ph_hub_courier hub;
	uint8_t offered[OFFERED_MAX][PH_BUNDLE_HASH_SIZE];
	unsigned n_offered;
	unsigned n_missed;              /* so many that were offered could not be taken */
	struct ph_courier_line damaged; /* the last that came so */
	int64_t left;                   /* bytes until the cut; below 0: none comes */
	int failed;
	struct ph_error *err;
};

void power_carried(const char *disk, char out[static 64])
{
	snprintf(out, 64, "/m/%s/store/carried", disk);
}

static bool is_last(const struct ph_courier_job *job)
{
	return job->type == PH_COURIER_WRITE &&
	       job->offset + job->bytes.len == job->line.size;
}

/* What only reads is no call. */
static bool is_call(const struct ph_courier_job *job)
{
	return job->type != PH_COURIER_READ;
}

/* --- vows --- */

static void drop(struct holding *holding, unsigned i)
{
	holding->vow[i] = holding->vow[--holding->n_vows];
}

static void vow(struct world *world, const struct ph_courier_line *line)
{
	struct holding *promised = &world->promised[COURIER];
	struct vow *new = &promised->vow[promised->n_vows];
	struct ph_bundle_header header;

	for (unsigned i = 0; i < promised->n_vows; i++) {
		if (memcmp(promised->vow[i].hash, line->hash, PH_BUNDLE_HASH_SIZE) == 0) {
			return;
		}
	}
	if (promised->n_vows == VOWS_MAX ||
	    ph_bundle_header_decode(PH_VIEW(line->header, sizeof(line->header)),
				    &header) != 0) {
		power_die("a courier signs for too much, or for what is no bundle");
	}
	memcpy(new->hash, line->hash, sizeof(new->hash));
	memcpy(new->from, header.from, sizeof(new->from));
	new->is_up = header.direction == PH_BUNDLE_UP;
	promised->n_vows++;
}

static void release(struct world *world, const uint8_t *hash)
{
	struct holding *promised = &world->promised[COURIER];

	for (unsigned i = promised->n_vows; i > 0; i--) {
		if (memcmp(promised->vow[i - 1].hash, hash, PH_BUNDLE_HASH_SIZE) == 0) {
			drop(promised, i - 1);
		}
	}
}

static bool was_offered(const struct errand *errand, const uint8_t *hash)
{
	for (unsigned i = 0; i < errand->n_offered; i++) {
		if (memcmp(errand->offered[i], hash, PH_BUNDLE_HASH_SIZE) == 0) {
			return true;
		}
	}
	return false;
}

/* The other has offered all that it has. */
static void release_others(const struct errand *errand)
{
	struct holding *promised = &errand->how->world->promised[COURIER];
	bool at_hub = errand->how->hub != NULL;

	for (unsigned i = promised->n_vows; i > 0; i--) {
		const struct vow *old = &promised->vow[i - 1];

		if ((at_hub ? !old->is_up
			    : memcmp(old->from, errand->visit.peer, sizeof(old->from)) ==
				      0) &&
		    !was_offered(errand, old->hash)) {
			drop(promised, i - 1);
		}
	}
}

/* --- jobs --- */

/* What came damaged is offered once more: it is not missed yet. */
static void see_again(struct errand *errand, const struct ph_courier_line *line)
{
	if (errand->damaged.size > 0 &&
	    memcmp(errand->damaged.hash, line->hash, sizeof(line->hash)) == 0) {
		errand->n_missed--;
	}
	errand->damaged.size = 0;
}

static void before_van_job(struct errand *errand, const struct ph_courier_job *job)
{
	struct world *world = errand->how->world;

	if (job->type == PH_COURIER_LOOK) {
		if (errand->n_offered == OFFERED_MAX) {
			power_die("too many bundles for a courier");
		}
		memcpy(errand->offered[errand->n_offered++], job->line.hash,
		       PH_BUNDLE_HASH_SIZE);
		see_again(errand, &job->line);
	}
	if (world && job->type == PH_COURIER_TOLD &&
	    (job->answer == PH_COURIER_KEPT || job->answer == PH_COURIER_REFUSED)) {
		release(world, job->line.hash);
	}
	if (world && job->type == PH_COURIER_LISTED && errand->n_missed == 0) {
		release_others(errand);
	}
}

static void van_job(struct errand *errand, struct ph_courier_job *job)
{
	struct world *world = errand->how->world;
	bool answers = job->type == PH_COURIER_LOOK || is_last(job);

	before_van_job(errand, job);
	power_call(world, COURIER);
	ph_van_job(&errand->visit, job);
	answers = answers && job->result == 0 && !job->wants;
	errand->n_missed += answers && (job->answer == PH_COURIER_LATER ||
					job->answer == PH_COURIER_DAMAGED);
	if (answers && job->answer == PH_COURIER_DAMAGED) {
		errand->damaged = job->line;
	}
	if (world && answers && job->answer == PH_COURIER_KEPT) {
		vow(world, &job->line);
	}
	power_called(world, COURIER, job->result);
}

/* The call of a site that is paused: what it holds can only be looked at when it is not. */
static int site_called(const struct errand *errand, int rc)
{
	const struct power_errand *how = errand->how;

	rc = rc < 0 || !how->world ? rc : ph_site_resume(how->site, errand->err);
	power_called(how->world, how->index, rc);
	if (how->world && ph_site_is_open(how->site)) {
		ph_site_pause(how->site);
	}
	return rc;
}

static void site_job(struct errand *errand, struct ph_courier_job *job)
{
	const struct power_errand *how = errand->how;
	int rc;

	power_call(how->world, how->index);
	while (ph_site_courier_job(errand->site, job)) {
	}
	rc = site_called(errand, job->result);
	job->result = job->result < 0 ? job->result : rc;
	if (how->world && job->result == 0 && is_last(job)) {
		how->world->promised[HUB].told[how->index] =
			how->world->promised[how->index].fed;
	}
}

/* What it is given for a site is a receipt, too. */
static void promise_what_is_packed(struct world *world,
				   const struct ph_courier_line *line)
{
	struct ph_bundle_header header;

	if (ph_bundle_header_decode(PH_VIEW(line->header, sizeof(line->header)),
				    &header) != 0) {
		return;
	}
	for (unsigned i = SITE_A; i < MACHINES; i++) {
		if (memcmp(header.to, world->device[i], sizeof(header.to)) == 0) {
			power_promise_receipts(world, i);
		}
	}
}

static void hub_job(struct errand *errand, struct ph_courier_job *job)
{
	const struct power_errand *how = errand->how;

	power_call(how->world, HUB);
	ph_hub_courier_job(how->hub, &errand->hub, job);
	power_called(how->world, HUB, job->result);
	if (how->world && job->result == 0 && job->type == PH_COURIER_NEXT &&
	    job->has_line) {
		promise_what_is_packed(how->world, &job->line);
	}
}

/* --- the wire --- */

static void carry_out(struct errand *errand, struct ph_courier_job *job, bool is_van)
{
	const struct power_errand *how = errand->how;

	if (is_call(job)) {
		(is_van ? van_job : how->hub ? hub_job : site_job)(errand, job);
	} else if (is_van) {
		ph_van_job(&errand->visit, job);
	} else if (how->hub) {
		ph_hub_courier_job(how->hub, &errand->hub, job);
	} else {
		(void)ph_site_courier_job(errand->site, job);
	}
}

static bool work(struct errand *errand, struct ph_courier *side)
{
	bool is_van = side == (errand->how->hub ? errand->calls : errand->answers);
	struct ph_courier_job *job;
	bool any = false;

	while (errand->failed == 0 && (job = ph_courier_take_job(side)) != NULL) {
		any = true;
		carry_out(errand, job, is_van);
		errand->failed = job->result;
		if (job->result < 0) {
			ph_fail(errand->err, PH_EXIT_OTHER, job->result,
				"job %d of the %s: %d", (int)job->type,
				is_van ? "courier" : "other", job->result);
		}
		ph_courier_give_job(side, job, 1000);
	}
	return any;
}

static bool carry(struct errand *errand, struct ph_courier *from, struct ph_courier *to)
{
	struct ph_view bytes = ph_courier_output(from);

	if (errand->left >= 0 && bytes.len > (uint64_t)errand->left) {
		bytes.len = (size_t)errand->left;
	}
	if (bytes.len == 0 || errand->failed != 0) {
		return false;
	}
	errand->left -= errand->left >= 0 ? (int64_t)bytes.len : 0;
	ph_courier_receive(to, bytes, 1000);
	ph_courier_sent(from, bytes.len, 1000);
	return true;
}

static void pump(struct errand *errand)
{
	bool any = true;

	while (any && errand->failed == 0) {
		any = work(errand, errand->calls);
		any |= work(errand, errand->answers);
		any |= carry(errand, errand->calls, errand->answers);
		any |= work(errand, errand->answers);
		any |= carry(errand, errand->answers, errand->calls);
	}
}

/* --- begin and end --- */

/* The site is paused, and has its folder for what it gives. */
static int begin_site(struct errand *errand)
{
	const struct power_errand *how = errand->how;
	char dir[64];
	int rc;

	power_folder(how->site_disk, dir);
	power_call(how->world, how->index);
	ph_site_pause(how->site);
	rc = ph_site_courier_new(&errand->site, how->site, dir, errand->err);
	return site_called(errand, rc);
}

static int begin_van(struct errand *errand)
{
	const struct power_errand *how = errand->how;
	char dir[64];
	int rc;

	power_folder(how->courier_disk, dir);
	power_call(how->world, COURIER);
	rc = ph_van_open(&errand->van, how->courier, dir, power_clock(how->clock),
			 errand->err);
	power_called(how->world, COURIER, rc);
	return rc;
}

static int begin(struct errand *errand)
{
	const struct power_errand *how = errand->how;
	struct ph_courier_config van = { .calls = how->hub != NULL,
					 .is_courier = true,
					 .rng = how->clock->rng,
					 .keys = &errand->van.box,
					 .cert = ph_buf_view(&errand->van.cert) };
	struct ph_courier_config other = { .calls = how->hub == NULL, .rng = how->rng };
	uint8_t hub[PH_DEVICE_ID_SIZE];
	int rc;

	if (how->hub) {
		const struct ph_device_keys *keys = ph_hub_keys(how->hub);

		ph_device_id(hub, keys->sign.key);
		other.keys = &keys->box;
		van.peer_key = keys->box.key;
	} else {
		other.keys = ph_site_box(how->site);
		other.cert = ph_site_cert(how->site);
	}
	ph_van_visit_init(&errand->visit, &errand->van, how->hub ? hub : NULL);
	rc = ph_courier_new(&errand->calls, how->hub ? &van : &other, 1000);
	return rc < 0 ? rc
		      : ph_courier_new(&errand->answers, how->hub ? &other : &van, 1000);
}

static int outcome(const struct errand *errand)
{
	if (errand->failed != 0) {
		return errand->failed;
	}
	if (ph_courier_state(errand->calls) == PH_SESSION_CLOSED &&
	    ph_courier_state(errand->answers) == PH_SESSION_CLOSED) {
		return 0;
	}
	return errand->how->cut >= 0
		       ? 1
		       : ph_fail(errand->err, PH_EXIT_OTHER, -EPROTO,
				 "the exchange with the courier does not end in order: "
				 "failures %d and %d, %s",
				 (int)ph_courier_failure(errand->calls),
				 (int)ph_courier_failure(errand->answers),
				 errand->hub.refusal     ? errand->hub.refusal
				 : errand->visit.refusal ? errand->visit.refusal
							 : "no word");
}

static int end_site(const struct errand *errand, int rc)
{
	const struct power_errand *how = errand->how;
	struct ph_error err = { 0 };
	int resumed;

	ph_site_courier_free(errand->site);
	power_call(how->world, how->index);
	resumed = ph_site_resume(how->site, rc < 0 ? &err : errand->err);
	power_called(how->world, how->index, resumed);
	return rc < 0 ? rc : resumed < 0 ? resumed : rc;
}

int power_errand(const struct power_errand *how, struct ph_error *err)
{
	struct errand errand = { .how = how, .left = how->cut, .err = err };
	int rc = begin_van(&errand);

	if (rc < 0) {
		return rc;
	}
	rc = how->hub ? 0 : begin_site(&errand);
	if (rc == 0) {
		rc = begin(&errand);
		if (rc == 0) {
			pump(&errand);
			rc = outcome(&errand);
		}
		ph_courier_free(errand.calls);
		ph_courier_free(errand.answers);
		ph_van_visit_deinit(&errand.visit);
	}
	ph_van_close(&errand.van);
	ph_hub_courier_deinit(&errand.hub);
	return how->hub ? rc : end_site(&errand, rc);
}
