/* client/status_road.c - sticks and couriers, as a person at the desk hears of them. */
#include "client/status_road.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *ph_status_time(char out[static PH_TIME_TEXT], int64_t seconds)
{
	char full[PH_TIME_TEXT];

	ph_time_text(full, seconds); /* 2026-11-21T08:14:07+07:00 */
	if (strlen(full) < 16 || full[0] == '@') {
		snprintf(out, PH_TIME_TEXT, "%s", full);
	} else {
		snprintf(out, PH_TIME_TEXT, "%.2s/%.2s %.5s", full + 8, full + 5,
			 full + 11);
	}
	return out;
}

int ph_status_road(struct ph_site *site, const struct ph_site_state *state, int64_t now,
		   struct ph_status_road *road_out)
{
	int rc;

	memset(road_out, 0, sizeof(*road_out));
	rc = ph_site_stick_time(site, PH_SITE_STICK_PACKED, &road_out->packed);
	rc = rc < 0 ? rc
		    : ph_site_stick_time(site, PH_SITE_STICK_TAKEN, &road_out->taken);
	rc = rc < 0 ? rc : ph_site_custody(site, &road_out->custody);
	if (rc == 0 && road_out->custody.entries > state->receipted) {
		uint64_t upto = road_out->custody.entries < state->entries
					? road_out->custody.entries
					: state->entries;

		road_out->is_carried = true;
		road_out->carried = upto - state->receipted;
		road_out->is_overdue = now - road_out->custody.time >
				       PH_STATUS_COURIER_DAYS * INT64_C(86400);
	}
	return rc < 0 ? rc : 0;
}

/* Where a stick goes, the network is not the only way to look at. */
static void stick_row(const struct ph_status_road *road, struct ph_table *table)
{
	char packed[PH_TIME_TEXT];
	char taken[PH_TIME_TEXT];
	char text[160];

	if (road->packed == 0 && road->taken == 0) {
		return;
	}
	snprintf(text, sizeof(text), ph_say("packed %s, taken %s", "ghi %s, nhận %s"),
		 road->packed ? ph_status_time(packed, road->packed)
			      : ph_say("never", "chưa lần nào"),
		 road->taken ? ph_status_time(taken, road->taken)
			     : ph_say("never", "chưa lần nào"));
	ph_table_cell(table, ph_say("By stick", "Bằng thẻ USB"));
	ph_table_cell(table, text);
}

static void courier_row(const struct ph_status_road *road, struct ph_table *table)
{
	const struct ph_site_courier_peer *peer = &road->custody.peer;
	char name[2 * PH_SITE_NAME_MAX];
	char number[PH_NUMBER_TEXT];
	char time[PH_TIME_TEXT];
	char text[2 * PH_SITE_NAME_MAX + 160];

	if (!road->is_carried) {
		return;
	}
	ph_text_safe(name, sizeof(name), peer->name, strlen(peer->name));
	snprintf(text, sizeof(text),
		 ph_say_n(road->carried, "%s entry since %s: %s (%s)",
			  "%s entries since %s: %s (%s)", "%s giao dịch từ %s: %s (%s)"),
		 ph_number(number, road->carried),
		 ph_status_time(time, road->custody.time), name, peer->site);
	ph_table_cell(table, ph_say("With a courier", "Đang được chuyển"));
	ph_table_cell(table, text);
}

void ph_status_road_rows(const struct ph_status_road *road, struct ph_table *table)
{
	courier_row(road, table);
	stick_row(road, table);
}

json_t *ph_status_road_json(const struct ph_status_road *road)
{
	const struct ph_site_courier_peer *peer = &road->custody.peer;
	char device[2 * PH_DEVICE_ID_SIZE + 1];
	char since[PH_TIME_TEXT];

	if (!road->is_carried) {
		return json_null();
	}
	ph_hex(device, peer->device, sizeof(peer->device));
	ph_time_text(since, road->custody.time);
	return json_pack("{s:I, s:s, s:b, s:s, s:s, s:s}", "entries",
			 (json_int_t)road->carried, "since", since, "overdue",
			 (int)road->is_overdue, "device", device, "site", peer->site,
			 "name", peer->name);
}
