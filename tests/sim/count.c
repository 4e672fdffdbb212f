/*
 * tests/sim/count.c - sums over entries, without the ledger.
 *
 * Every branch of every log of a site is read, each entry once. It counts if its device was
 * not cut off before it, and no void names it that counts itself. An entry that a device
 * wrote but could not say to be saved, since its disk or power failed in that moment, is
 * an entry like any other.
 */
#include "tests/sim/count.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/ledger/query.h"
#include "common/log/chain.h"
#include "tests/sim/check.h"
#include "tests/sim/safe.h"
#include "tests/sim/version.h"

struct counted {
	struct ph_ref ref;
	uint64_t kind, site, count;
	struct ph_ref target; /* of a void */
	bool is_void, counts;
};

struct counting {
	struct sim *sim;
	const struct ph_log *log;
	struct counted *list;
	size_t n, cap;
};

/* --- cuts --- */

struct cutting {
	struct sim *sim;
	struct sim_device *device;
};

static int note_limit(void *data, const struct ph_log *log)
{
	struct cutting *cutting = data;
	struct sim_device *device = cutting->device;

	struct sim_limit *limit;

	if (device->n_limits == SIM_LIMITS) {
		sim_broken(cutting->sim, SIM_HEALTHY, "%s has more than %d logs",
			   device->machine.name, SIM_LIMITS);
	}
	limit = &device->limits[device->n_limits++];
	limit->said.n = 0;
	memcpy(limit->log_id, log->id, sizeof limit->log_id);
	limit->n = log->n;
	return 0;
}

static int note_limits(struct sim *sim, struct sim_device *device)
{
	struct cutting cutting = { sim, device };

	device->n_limits = 0;
	return ph_journal_logs_of_device(ph_hub_journal(sim->hub), device->id, note_limit,
					 &cutting);
}

/*
 * The cut is written, but its disk may have failed the hub as it folded it, or now. That
 * hub reads nothing more; as the daemon does, it ends, and its next start has the same logs.
 */
void sim_count_cut(struct sim *sim, struct sim_device *device)
{
	int rc;

	do {
		rc = note_limits(sim, device);
	} while (sim_hub_again(sim, rc, "the logs of a device"));
}

static const struct sim_limit *find_in(const struct sim_limit *limits, unsigned n,
				       const uint8_t *log_id)
{
	for (unsigned i = 0; i < n; i++) {
		if (memcmp(limits[i].log_id, log_id, PH_LOG_ID_SIZE) == 0) {
			return &limits[i];
		}
	}
	return NULL;
}

static const struct sim_limit *find_limit(const struct sim_device *device,
					  const uint8_t *log_id)
{
	return find_in(device->limits, device->n_limits, log_id);
}

/* A hub that was put back has an adoption no more, or again: as its journal says. */
static bool is_there(const struct sim *sim, const struct sim_limit *limit)
{
	return limit != NULL &&
	       (limit->said.n == 0 ||
		sim_place_held(ph_hub_journal(sim->hub), &limit->said) == 0);
}

/* As DEVICE was adopted last; as the hub had it that was put back; as it was cut off. */
static void find_limits(const struct sim_device *device, const uint8_t *log_id,
			const struct sim_limit *out[static 3])
{
	out[0] = find_limit(device, log_id);
	out[1] = find_in(device->then_limits, device->n_then_limits, log_id);
	out[2] = find_in(device->cut_limits, device->n_cut_limits, log_id);
}

uint64_t sim_count_limit(const struct sim *sim, const struct sim_device *device,
			 const uint8_t *log_id)
{
	const struct sim_limit *limits[3];

	find_limits(device, log_id, limits);
	for (unsigned i = 0; i < 3; i++) {
		if (is_there(sim, limits[i])) {
			return limits[i]->n;
		}
	}
	return 0;
}

void sim_count_adopt(struct sim *sim, const struct ph_log *log,
		     const struct sim_place *said)
{
	for (unsigned i = 0; i < sim->n_devices; i++) {
		struct sim_device *device = &sim->devices[i];
		struct sim_limit *limit =
			(struct sim_limit *)(uintptr_t)find_limit(device, log->id);

		if (memcmp(device->id, log->device_id, sizeof device->id) != 0) {
			continue;
		}
		if (limit == NULL) {
			note_limit(&(struct cutting){ sim, device }, log);
			limit = &device->limits[device->n_limits - 1];
		}
		limit->n =
			log->n; /* below the head of the cut, too, where that is not held yet */
		limit->said = *said;
	}
}

/*
 * How far LOG, as the hub has it, counts. A head that is not held covers nothing yet: a hub
 * that was put back may have its cut or adoption again, and not all of the log.
 */
static uint64_t counts_to(const struct sim *sim, const struct sim_device *device,
			  const struct ph_log *log)
{
	const struct sim_limit *limits[3];
	uint64_t n = 0;

	find_limits(device, log->id, limits);
	for (unsigned i = 0; i < 3; i++) {
		if (is_there(sim, limits[i]) && limits[i]->n <= log->n &&
		    limits[i]->n > n) {
			n = limits[i]->n;
		}
	}
	return n;
}

/* A hub that was put back cuts nobody off before the word for it has come back. */
static bool is_cut_there(struct sim *sim, const struct sim_device *device)
{
	return device->cut &&
	       sim_place_held(ph_hub_journal(sim->hub), &device->cut_at) == 0;
}

bool sim_count_is_cut(struct sim *sim, const struct ph_log *log, uint64_t n)
{
	for (unsigned i = 0; i < sim->n_devices; i++) {
		struct sim_device *device = &sim->devices[i];

		if (memcmp(device->id, log->device_id, sizeof device->id) == 0) {
			return is_cut_there(sim, device) &&
			       n > counts_to(sim, device, log);
		}
	}
	return false;
}

/* --- entries --- */

static int take_entry(void *data, uint64_t n, struct ph_view bytes)
{
	struct counting *counting = data;
	const struct ph_log *log = counting->log;
	struct counted *counted;
	uint8_t hash[PH_HASH_SIZE];
	struct ph_entry entry;

	if (n <= log->base) {
		return 0;
	}
	if (ph_entry_decode(bytes, &entry) != 0) {
		sim_broken(counting->sim, SIM_WHOLE,
			   "entry %" PRIu64 " of a log of site %" PRIu64
			   " cannot be read",
			   n, log->site);
	}
	if (counting->n == counting->cap) {
		counting->cap = counting->cap > 0 ? 2 * counting->cap : 256;
		counting->list =
			realloc(counting->list, counting->cap * sizeof *counting->list);
		assert(counting->list != NULL);
	}
	counted = &counting->list[counting->n++];
	*counted = (struct counted){
		.ref.n = n,
		.kind = entry.number,
		.site = log->site,
		.count = entry.number == PH_KIND_VISIT
				 ? entry.field[PH_VISIT_COUNT].as.uint
				 : 1,
		.is_void = entry.number == PH_KIND_VOID,
		.counts = !sim_count_is_cut(counting->sim, log, n),
	};
	ph_entry_hash(bytes, hash);
	memcpy(counted->ref.log_id, log->id, sizeof counted->ref.log_id);
	memcpy(counted->ref.hash, hash, sizeof counted->ref.hash);
	if (counted->is_void) {
		counted->target = entry.field[PH_VOID_TARGET].as.ref;
	}
	return 0;
}

static int take_log(void *data, const struct ph_log *log)
{
	struct counting *counting = data;

	counting->log = log;
	return ph_journal_entry_each(ph_hub_journal(counting->sim->hub), log->row,
				     log->base, take_entry, counting);
}

/* A void of a void has no effect. */
static void apply_voids(struct counting *counting)
{
	for (size_t i = 0; i < counting->n; i++) {
		const struct counted *by = &counting->list[i];

		for (size_t j = 0; by->is_void && by->counts && j < counting->n; j++) {
			struct counted *target = &counting->list[j];

			if (!target->is_void && ph_ref_equal(&target->ref, &by->target)) {
				target->counts = false;
			}
		}
	}
}

/* --- sums --- */

static void check_count(const struct counting *counting, unsigned site,
			const json_t *summary, const char *name, uint64_t kind)
{
	struct sim *sim = counting->sim;
	json_int_t got = json_integer_value(json_object_get(summary, name));
	json_int_t wanted = 0;

	for (size_t i = 0; i < counting->n; i++) {
		const struct counted *counted = &counting->list[i];

		if (counted->kind == kind && counted->counts &&
		    counted->site == sim->site_numbers[site]) {
			wanted += (json_int_t)counted->count;
		}
	}
	if (got != wanted) {
		sim_broken(sim, SIM_COUNTS,
			   "the hub counts %lld %s of site %s, its entries add up to "
			   "%lld",
			   (long long)got, name, sim_sites[site].code, (long long)wanted);
	}
}

void sim_check_counts(struct sim *sim)
{
	struct counting counting = { .sim = sim };
	int read;

	do {
		counting.n = 0;
		read = ph_journal_log_each(ph_hub_journal(sim->hub), take_log, &counting);
	} while (sim_hub_again(sim, read, "its logs"));
	apply_voids(&counting);
	for (unsigned i = 0; i < sim_n_sites; i++) {
		json_t *summary;
		int rc = ph_query_summary(ph_hub_ledger(sim->hub), sim->site_numbers[i],
					  ph_day_of(sim_truth(sim)), INT64_MIN, INT64_MAX,
					  &summary);

		assert(rc == 0);
		check_count(&counting, i, summary, "visits", PH_KIND_VISIT);
		if (sim_knows(&sim->hub_machine, "loan")) {
			check_count(&counting, i, summary, "loans", PH_KIND_LOAN);
		}
		if (sim_knows(&sim->hub_machine, "renew")) {
			check_count(&counting, i, summary, "renewals", PH_KIND_RENEW);
		}
		json_decref(summary);
	}
	free(counting.list);
}
