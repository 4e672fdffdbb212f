/*
 * client/plan_roads.c - of `packhorse plan`: network, other PCs of the site, courier, stick.
 *
 * How far another PC of the site has come nobody here knows until it is met; it may have some
 * of what waits for the hub already. So for the LAN all that waits is the most that would go, and as
 * many bytes as it takes over the network. A courier and a stick are given the same bundles.
 */
#include "client/plan_roads.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "client/budget_rows.h"
#include "client/site_sibling.h"
#include "client/site_take.h"
#include "common/base/say.h"

bool ph_plan_fits(const struct ph_plan_roads *roads)
{
	return roads->fits.entries == roads->whole.entries &&
	       roads->fits.parts == roads->whole.parts;
}

/* ---- what is known ---- */

struct machines {
	struct ph_site *site;
	unsigned n;
	uint8_t device[PH_SIBLINGS_MAX][PH_DEVICE_ID_SIZE];
};

static bool is_counted(const struct machines *machines, const uint8_t *device)
{
	for (unsigned i = 0; i < machines->n; i++) {
		if (memcmp(machines->device[i], device, PH_DEVICE_ID_SIZE) == 0) {
			return true;
		}
	}
	return false;
}

/* Each writes logs of its own, maybe several. */
static int on_log(void *data, const struct ph_log *log)
{
	struct machines *machines = data;
	const struct ph_site_admitted *admitted;
	uint8_t device[PH_DEVICE_ID_SIZE];
	int rc;

	if (!ph_site_is_sibling(machines->site, log) || machines->n == PH_SIBLINGS_MAX) {
		return 0;
	}
	ph_device_id(device, log->key);
	rc = ph_site_admitted(machines->site, device, &admitted);
	if (rc == 0 && admitted->is_admitted && (admitted->role & PH_ROLE_SITE) != 0 &&
	    ph_site_standing_of(admitted) == PH_SITE_CONFIRMED &&
	    !is_counted(machines, device)) {
		memcpy(machines->device[machines->n++], device, sizeof(device));
	}
	return rc;
}

int ph_plan_roads_look(struct ph_site *site, struct ph_plan_roads *roads)
{
	struct machines machines = { .site = site };
	struct ph_site_state state;
	int rc = ph_site_state(site, &state);

	rc = rc < 0 ? rc : ph_journal_log_each(site->journal, on_log, &machines);
	rc = rc < 0 ? rc
		    : ph_status_road(site, &state, ph_site_now(site), &roads->by_hand);
	roads->machines = machines.n;
	return rc < 0 ? rc : 0;
}

/* What would go over the LAN, at most. */
static struct ph_site_dry by_lan(const struct ph_plan_roads *roads)
{
	bool none =
		roads->machines == 0 || roads->whole.entries + roads->whole.parts == 0;

	return none ? (struct ph_site_dry){ 0 } : roads->whole;
}

/* ---- for scripts ---- */

static json_t *network_json(const struct ph_plan_roads *roads)
{
	const struct ph_site_dry *whole = &roads->whole;
	const struct ph_site_dry *fits = &roads->fits;
	json_t *out = ph_budget_json(&roads->budget);

	if (out) {
		json_object_update_new(
			out, json_pack("{s:I, s:I, s:I, s:I, s:b, s:I, s:I, s:I, s:I}",
				       "entries", (json_int_t)whole->entries, "parts",
				       (json_int_t)whole->parts, "bytes",
				       (json_int_t)whole->bytes, "cost",
				       (json_int_t)fits->bytes, "fits",
				       (int)ph_plan_fits(roads), "entries_fit",
				       (json_int_t)fits->entries, "parts_fit",
				       (json_int_t)fits->parts, "entries_wait",
				       (json_int_t)(whole->entries - fits->entries),
				       "parts_wait",
				       (json_int_t)(whole->parts - fits->parts)));
	}
	return out;
}

static json_t *lan_json(const struct ph_plan_roads *roads)
{
	const struct ph_site_dry lan = by_lan(roads);

	return json_pack("{s:i, s:I, s:I, s:I, s:i}", "machines", (int)roads->machines,
			 "entries", (json_int_t)lan.entries, "parts",
			 (json_int_t)lan.parts, "bytes", (json_int_t)lan.bytes, "cost",
			 0);
}

static json_t *bundles_json(const struct ph_plan_roads *roads)
{
	const struct ph_site_measured *all = &roads->all;

	return json_pack("{s:I, s:I, s:I, s:I, s:i}", "bundles", (json_int_t)all->files,
			 "bytes", (json_int_t)all->bundle, "entries",
			 (json_int_t)all->entries, "parts", (json_int_t)all->parts,
			 "cost", 0);
}

void ph_plan_roads_json(const struct ph_plan_roads *roads, json_t *out)
{
	json_t *courier = bundles_json(roads);
	json_t *stick = bundles_json(roads);
	char packed[PH_TIME_TEXT];

	ph_time_text(packed, roads->by_hand.packed);
	json_object_set_new(courier, "carried", ph_status_road_json(&roads->by_hand));
	json_object_set_new(stick, "packed",
			    roads->by_hand.packed ? json_string(packed) : json_null());
	json_object_set_new(out, "network", network_json(roads));
	json_object_set_new(out, "lan", lan_json(roads));
	json_object_set_new(out, "courier", courier);
	json_object_set_new(out, "stick", stick);
}

/* ---- for people ---- */

static void network_row(const struct ph_plan_roads *roads, struct ph_table *table)
{
	bool is_bounded = roads->budget.bytes != PH_BUDGET_NONE;
	char number[PH_NUMBER_TEXT];

	ph_table_cell(table, ph_say("Network", "Mạng"));
	ph_table_cellf(table,
		       is_bounded ? ph_say("%s of the month's budget",
					   "%s trong dung lượng của tháng")
				  : "%s",
		       ph_bytes_text(number, roads->whole.bytes));
}

static void lan_row(const struct ph_plan_roads *roads, struct ph_table *table)
{
	const struct ph_site_dry lan = by_lan(roads);
	char number[2][PH_NUMBER_TEXT];

	ph_table_cell(table, ph_say("Other PC of the site", "Máy khác của điểm"));
	if (roads->machines == 0) {
		ph_table_cell(table, ph_say("none is known here", "máy này chưa biết "
								  "máy nào"));
		return;
	}
	ph_table_cellf(table,
		       ph_say_n(roads->machines, "%s at most, to %s machine; no cost",
				"%s at most, to each of %s machines; no cost",
				"nhiều nhất %s, tới %s máy; không tốn phí"),
		       ph_bytes_text(number[0], lan.bytes),
		       ph_number(number[1], roads->machines));
}

static void courier_row(const struct ph_plan_roads *roads, struct ph_table *table)
{
	const struct ph_status_road *road = &roads->by_hand;
	char number[2][PH_NUMBER_TEXT];
	char since[PH_TIME_TEXT];

	ph_bytes_text(number[0], roads->all.bundle);
	ph_table_cell(table, ph_say("Courier", "Xe chuyển"));
	if (!road->is_carried) {
		ph_table_cellf(table, ph_say("%s; no cost", "%s; không tốn phí"),
			       number[0]);
		return;
	}
	ph_table_cellf(table,
		       ph_say_n(road->carried,
				"%s; no cost. %s entry is with one since %s",
				"%s; no cost. %s entries are with one since %s",
				"%s; không tốn phí. %s giao dịch đang được chuyển từ %s"),
		       number[0], ph_number(number[1], road->carried),
		       ph_status_time(since, road->custody.time));
}

static void stick_row(const struct ph_plan_roads *roads, struct ph_table *table)
{
	int64_t packed = roads->by_hand.packed;
	char number[PH_NUMBER_TEXT];
	char time[PH_TIME_TEXT];

	ph_bytes_text(number, roads->all.bundle);
	ph_table_cell(table, ph_say("Stick", "Thẻ USB"));
	if (packed == 0) {
		ph_table_cellf(table, ph_say("%s; no cost", "%s; không tốn phí"), number);
		return;
	}
	ph_table_cellf(table,
		       ph_say("%s; no cost. Last packed %s",
			      "%s; không tốn phí. Ghi lần cuối %s"),
		       number, ph_status_time(time, packed));
}

void ph_plan_roads_rows(const struct ph_plan_roads *roads, struct ph_table *table)
{
	network_row(roads, table);
	lan_row(roads, table);
	courier_row(roads, table);
	stick_row(roads, table);
}
