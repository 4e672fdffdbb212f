/*
 * daemon/hub_quota.c - allowances in the store, and what an item costs of one.
 *
 * An allowance is kept under "allowance.ROW"; a device that has none yet has all of it.
 * What a segment costs is what its entries cost that are not held, as far as the first
 * branch of its log tells; what it has cost is told by what was stored. So a second
 * branch may take an allowance below nothing, and has to wait for longer. A log beside the first
 * of its device costs more than its entries.
 *
 * What a device carries for another of its site is charged to the one that wrote it, so that
 * neither two of them have twice as much, nor who carries pays for it.
 */
#include "daemon/hub_quota.h"
#include "daemon/hub_sibling.h"

#include <stdio.h>
#include <string.h>

#define NAME_SIZE 40

static void name_of(const struct ph_device *device, char out[static NAME_SIZE])
{
	snprintf(out, NAME_SIZE, "allowance.%lld", (long long)device->row);
}

static struct ph_quota_limits limits_of(const struct ph_hub *hub)
{
	return (struct ph_quota_limits){ .a_day = hub->entries_a_day,
					 .saved = hub->entries_saved };
}

static int load(struct ph_hub *hub, const struct ph_device *device,
		const struct ph_quota_limits *limits, struct ph_quota *out)
{
	struct ph_buf value = { 0 };
	char name[NAME_SIZE];
	int rc;

	name_of(device, name);
	rc = ph_journal_meta_get(hub->journal, name, &value);
	if (rc < 0 || !ph_quota_decode(ph_buf_view(&value), out)) {
		ph_quota_init(out, limits, ph_hub_now(hub));
	}
	ph_quota_grow(out, limits, ph_hub_now(hub));
	ph_buf_deinit(&value);
	return rc < 0 ? rc : 0;
}

int ph_hub_quota_begin(struct ph_hub *hub, struct ph_hub_peer *peer)
{
	peer->limits = limits_of(hub);
	peer->quota_moved = false;
	peer->delayed = false;
	return peer->limits.a_day == 0
		       ? 0
		       : load(hub, &peer->device, &peer->limits, &peer->quota);
}

struct other {
	const uint8_t *log_id;
	bool found;
};

static int see_log(void *data, const struct ph_log *log)
{
	struct other *other = data;

	other->found = log->n > 0 && memcmp(log->id, other->log_id, sizeof(log->id)) != 0;
	return other->found ? 1 : 0;
}

/*
 * What the beginning of a log costs, of which the first entry would cost LEAST: more, if WRITER has
 * another. A log costs the hub more than its entries do, for it looks through all of them.
 */
static int cost_of_log(struct ph_hub *hub, const struct ph_device *writer,
		       const struct ph_segment *segment, uint64_t least, uint64_t *out)
{
	struct ph_quota_limits limits = limits_of(hub);
	uint64_t cost = limits.saved < PH_QUOTA_LOG ? limits.saved : PH_QUOTA_LOG;
	struct other other = { .log_id = segment->log_id };
	int rc = ph_journal_logs_of_device(hub->journal, writer->id, see_log, &other);

	*out = other.found && cost > least ? cost : least;
	return rc < 0 ? rc : 0;
}

/* Of its entries from N on. 0 or negative errno. */
static int cost_from(struct ph_hub *hub, const struct ph_device *writer,
		     const struct ph_segment *segment, uint64_t n, uint64_t *out)
{
	struct ph_view rest = segment->body;
	struct ph_view entry;
	uint64_t cost = 0;
	int rc = 0;

	for (uint64_t i = segment->first; rc == 0 && rest.len > 0; i++) {
		uint64_t one;

		if (ph_segment_next(&rest, &entry) != 0) {
			break;
		}
		if (i < n) {
			continue;
		}
		one = ph_quota_cost(entry.len);
		rc = i == 1 ? cost_of_log(hub, writer, segment, one, &one) : 0;
		cost += one;
	}
	*out = cost;
	return rc;
}

static int cost_of(struct ph_hub *hub, const struct ph_device *writer,
		   const struct ph_item *item, uint64_t *out)
{
	struct ph_segment segment;
	struct ph_log log;
	int rc;

	if (item->type != PH_ITEM_SEGMENT) {
		*out = ph_quota_cost(item->body.len);
		return 0;
	}
	ph_item_segment(item, &segment);
	rc = ph_journal_log_find(hub->journal, segment.log_id, &log);
	return rc < 0 ? rc
		      : cost_from(hub, writer, &segment, rc == 0 ? log.n + 1 : 1, out);
}

static int delay(struct ph_hub_peer *peer, enum ph_hub_delay why, const char *words)
{
	peer->delay = why;
	peer->delayed = true;
	snprintf(peer->refusal, sizeof(peer->refusal), "%s", words);
	return PH_HUB_E_DELAY;
}

/* What WRITER, whose log PEER carries, may bring is its own. 0, PH_HUB_E_DELAY or negative errno. */
static int ask_for_other(struct ph_hub *hub, const struct ph_device *writer,
			 uint64_t cost)
{
	struct ph_quota_limits limits = limits_of(hub);
	struct ph_quota quota;
	int rc = writer->row == 0 ? 0 : load(hub, writer, &limits, &quota);

	if (rc < 0 || writer->row == 0 || ph_quota_has(&quota, &limits, cost)) {
		return rc;
	}
	return PH_HUB_E_DELAY;
}

int ph_hub_quota_ask(struct ph_hub *hub, struct ph_hub_peer *peer,
		     const struct ph_device *writer, const struct ph_item *item)
{
	uint64_t cost;
	int rc;

	if (hub->room.is_low) {
		return delay(peer, PH_HUB_DELAY_DISK, "the hub's disk is nearly full");
	}
	if (peer->limits.a_day == 0) {
		return 0;
	}
	rc = cost_of(hub, writer, item, &cost);
	if (rc < 0) {
		return rc;
	}
	if (!ph_hub_is_own(peer, writer)) {
		return ask_for_other(hub, writer, cost);
	}
	if (!ph_quota_has(&peer->quota, &peer->limits, cost)) {
		peer->quota.wants = cost;
		peer->quota_moved = true;
		return delay(peer, PH_HUB_DELAY_ALLOWANCE,
			     "it has brought as much as it may for now");
	}
	peer->quota.wants = 0;
	return 0; /* moved, if what follows stores anything */
}

static int keep(struct ph_hub *hub, const struct ph_device *device,
		const struct ph_quota *quota)
{
	uint8_t value[PH_QUOTA_SIZE];
	char name[NAME_SIZE];

	name_of(device, name);
	ph_quota_encode(quota, value);
	return ph_journal_meta_put(hub->journal, name, PH_VIEW(value, sizeof(value)));
}

static int charge(struct ph_hub *hub, struct ph_hub_peer *peer,
		  const struct ph_device *writer, uint64_t cost)
{
	struct ph_quota quota;
	int rc;

	if (ph_hub_is_own(peer, writer)) {
		ph_quota_take(&peer->quota, cost);
		peer->quota_moved = true;
		return 0;
	}
	if (peer->limits.a_day == 0 || writer->row == 0) {
		return 0;
	}
	rc = load(hub, writer, &peer->limits, &quota);
	if (rc == 0) {
		ph_quota_take(&quota, cost);
		rc = keep(hub, writer, &quota);
	}
	return rc;
}

int ph_hub_quota_segment(struct ph_hub *hub, struct ph_hub_peer *peer,
			 const struct ph_device *writer, const struct ph_segment *segment,
			 const struct ph_stored *stored)
{
	uint64_t cost = 0;
	int rc = stored->n == 0 ? 0
				: cost_from(hub, writer, segment, stored->first, &cost);

	return rc < 0 || stored->n == 0 ? rc : charge(hub, peer, writer, cost);
}

int ph_hub_quota_part(struct ph_hub *hub, struct ph_hub_peer *peer,
		      const struct ph_device *writer, size_t len)
{
	return charge(hub, peer, writer, ph_quota_cost(len));
}

bool ph_hub_quota_has_room(struct ph_hub *hub, const struct ph_device *device)
{
	struct ph_quota_limits limits = limits_of(hub);
	struct ph_quota quota;

	if (hub->room.is_low) {
		return false;
	}
	return limits.a_day == 0 || (load(hub, device, &limits, &quota) == 0 &&
				     ph_quota_has(&quota, &limits, 1));
}

int ph_hub_quota_end(struct ph_hub *hub, struct ph_hub_peer *peer)
{
	return peer->limits.a_day == 0 || !peer->quota_moved
		       ? 0
		       : keep(hub, &peer->device, &peer->quota);
}

bool ph_hub_quota_waits(const struct ph_hub *hub, struct ph_hub_peer *peer, bool more)
{
	const struct ph_quota *quota = &peer->quota;
	uint64_t next = quota->wants > 0 ? quota->wants : 1;

	if (peer->delayed || !more) {
		return peer->delayed;
	}
	if (hub->room.is_low) {
		peer->delay = PH_HUB_DELAY_DISK;
		return true;
	}
	if (peer->limits.a_day > 0 && !ph_quota_has(quota, &peer->limits, next)) {
		peer->delay = PH_HUB_DELAY_ALLOWANCE;
		return true;
	}
	return false;
}

int ph_hub_quota_about(struct ph_hub *hub, const struct ph_device *device, json_t *item)
{
	struct ph_quota_limits limits = limits_of(hub);
	struct ph_quota quota;
	int rc = limits.a_day == 0 ? 0 : load(hub, device, &limits, &quota);

	if (rc < 0) {
		return rc;
	}
	json_object_set_new(item, "allowance",
			    limits.a_day == 0 ? json_null()
					      : json_integer((json_int_t)quota.left));
	return 0;
}

int ph_hub_quota_wants(struct ph_hub *hub, const struct ph_device *device,
		       uint64_t *wants_out)
{
	struct ph_quota_limits limits = limits_of(hub);
	struct ph_quota quota = { 0 };
	int rc = limits.a_day == 0 ? 0 : load(hub, device, &limits, &quota);

	*wants_out = quota.wants;
	return rc;
}
