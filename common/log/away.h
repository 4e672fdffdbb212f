/*
 * common/log/away.h - bundles that a site has packed for the hub and that may lie somewhere still.
 *
 * What was erased since is in them, sealed for the hub. A site tells them in its erase-done
 * (field `away`): runs of numbers that follow each other, packed for one road on one day. So the hub can say which have
 * not come (docs/MERGE.md, "Carrying out an erasure").
 */
#ifndef PH_LOG_AWAY_H
#define PH_LOG_AWAY_H

#include "common/base/bytes.h"

#define PH_AWAY_RUNS_MAX   512
/* 2023-01-01, before there was such a program: what says an earlier second is a clock that is wrong. */
#define PH_AWAY_SECOND_MIN INT64_C(1672531200)

enum ph_away_road {
	PH_AWAY_STICK,
	PH_AWAY_COURIER,
	PH_AWAY_ROADS,
};

struct ph_away_run {
	uint64_t first, last; /* numbers, as in the headers of the bundles */
	uint64_t day;         /* of the last of them: days since 1970-01-01 in UTC+7 */
	enum ph_away_road road;
};

/* All zero is a valid empty list. */
struct ph_away {
	struct ph_away_run *runs; /* rising */
	size_t n, cap;
};
void ph_away_deinit(struct ph_away *away);
/*
 * Add the bundle NUMBER, which is above all that are in it. Of more runs than PH_AWAY_RUNS_MAX
 * the last reaches over all of the rest. 0 or -ENOMEM.
 */
int ph_away_add(struct ph_away *away, uint64_t number, uint64_t day,
		enum ph_away_road road);
/* Canonical MessagePack, appended to OUT. 0 or -ENOMEM. */
int ph_away_encode(const struct ph_away *away, struct ph_buf *out);
/* 0, -EUCLEAN: it is of another form; -ENOMEM. AWAY is the caller's to end. */
int ph_away_decode(struct ph_view bytes, struct ph_away *away);

#endif
