/*
 * client/site_away.c - which bundles this device has packed for the hub, and when.
 *
 *   away.NUMBER    in hex: second be64, road u8
 *
 * Noted with the number of a bundle, before there is one. It counts for nothing, since a bundle may never
 * arrive; but who has erased a reader must know what may still hold something of them, and
 * the erase-done tells it (site_erase.c). Forgotten is what is known to be removed from its stick, and what
 * had been packed for longer than bundles last when the hub was heard. A clock that is far from the time at
 * which the hub was heard is not asked when it was, unless the hub's was wrong then. What both were wrong about
 * has no day, and is not forgotten for its age.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/site_bundle.h"
#include "client/site_internal.h"
#include "common/base/clock.h"
#include "common/base/say.h"
#include "common/log/away.h"

#define META_AWAY "away."

enum {
	NAME_SIZE = sizeof(META_AWAY) + 16,
	VALUE_SIZE = 9,
	DAY = 86400,
	FAR = 366 * DAY,
};

static void name_of(uint64_t number, char out[static NAME_SIZE])
{
	snprintf(out, NAME_SIZE, META_AWAY "%016" PRIx64, number);
}

static int forget_old(struct ph_site *site, int64_t heard)
{
	uint8_t dated[8], oldest[8];
	struct ph_stmt *stmt;
	int64_t second = heard - (int64_t)PH_BUNDLE_DAYS * DAY;
	int rc;

	if (second <= 0) {
		return 0;
	}
	rc = ph_db_prepare(site->db,
			   "DELETE FROM meta WHERE name >= 'away.' AND name < 'away/'"
			   " AND value >= ?1 AND value < ?2",
			   &stmt);
	if (rc != 0) {
		return rc;
	}
	ph_be64_put(dated, (uint64_t)PH_AWAY_SECOND_MIN);
	ph_be64_put(oldest, (uint64_t)second);
	ph_stmt_blob(stmt, 1, PH_VIEW(dated, sizeof(dated)));
	ph_stmt_blob(stmt, 2, PH_VIEW(oldest, sizeof(oldest)));
	return ph_stmt_run(stmt);
}

int ph_site_away_note(struct ph_site *site, uint64_t number, enum ph_away_road road)
{
	uint8_t value[VALUE_SIZE];
	char name[NAME_SIZE];
	int64_t now = ph_site_now(site);
	int64_t heard = 0;
	int rc = ph_journal_meta_get_int(site->journal, PH_META_HUB_TIME, &heard);

	if (rc < 0) {
		return rc;
	}
	if (heard >= PH_AWAY_SECOND_MIN && (now < heard || now - heard > FAR)) {
		now = heard;
	}
	ph_be64_put(value, now > 0 ? (uint64_t)now : 0);
	value[8] = (uint8_t)road;
	name_of(number, name);
	rc = ph_journal_meta_put(site->journal, name, PH_VIEW(value, sizeof(value)));
	return rc < 0 ? rc : forget_old(site, heard);
}

int ph_site_away_gone(struct ph_site *site, const uint64_t *numbers, size_t n,
		      struct ph_error *err)
{
	char name[NAME_SIZE];
	int rc = n > 0 ? ph_db_begin(site->db) : 0;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		name_of(numbers[i], name);
		rc = ph_journal_meta_drop(site->journal, name);
	}
	rc = rc == 0 && n > 0 ? ph_db_commit(site->db) : rc;
	if (rc < 0) {
		ph_site_roll_back(site);
		return ph_fail_errno(err, rc,
				     ph_say("writing to this site's store",
					    "ghi vào kho dữ liệu của điểm"));
	}
	return 0;
}

struct listing {
	struct ph_away *away;
	int64_t heard;
};

static int on_note(void *data, const char *name, struct ph_view value)
{
	struct listing *listing = data;
	uint64_t number = strtoull(name + sizeof(META_AWAY) - 1, NULL, 16);
	int64_t second;

	if (value.len != VALUE_SIZE || value.data[8] >= PH_AWAY_ROADS) {
		return 0;
	}
	second = (int64_t)ph_be64_get(value.data);
	if (second >= PH_AWAY_SECOND_MIN &&
	    second + (int64_t)PH_BUNDLE_DAYS * DAY < listing->heard) {
		return 0;
	}
	return ph_away_add(listing->away, number, (uint64_t)ph_day_of(second),
			   (enum ph_away_road)value.data[8]);
}

int ph_site_away(struct ph_site *site, struct ph_away *away)
{
	struct listing listing = { .away = away };
	int rc = ph_journal_meta_get_int(site->journal, PH_META_HUB_TIME, &listing.heard);

	return rc < 0 ? rc
		      : ph_journal_meta_each(site->journal, META_AWAY, on_note, &listing);
}
