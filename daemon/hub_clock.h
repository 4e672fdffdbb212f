/*
 * daemon/hub_clock.h - whether the hub's own clock can be believed (docs/LOG.md, "Clocks").
 *
 * A hub whose clock has jumped would sign times that nobody can take back: of receipts, of
 * what it says, of how devices' stamps are to be read. Until the clock is right again, or an
 * operator says that it is, it signs nothing and tells devices to come later.
 */
#ifndef PH_DAEMON_HUB_CLOCK_H
#define PH_DAEMON_HUB_CLOCK_H

#include <stdbool.h>

#include <jansson.h>

#include "common/base/clock.h"
#include "common/base/error.h"

#define PH_HUB_META_CLOCK      "clock"

/* Seconds that the clock may be off what the time since the machine's start says. */
#define PH_HUB_CLOCK_DRIFT_MAX 3600
/* Seconds that a hub may have been off: after more the clock is doubted. */
#define PH_HUB_CLOCK_AWAY_MAX  (400 * 86400)

struct ph_hub;

/* What is kept of the clock: when it was believed, and then. */
struct ph_hub_clock {
	bool is_watched; /* else all is as the clock says */
	bool is_loaded;
	bool is_wrong;      /* as it was looked at last */
	struct ph_now base; /* the first that was believed since the machine started */
	int64_t seen;       /* the latest second that was believed */
	int64_t kept;       /* what of that is in the store */
	int64_t expected;   /* if it is wrong: what it should say, or said last */
	int64_t since;      /* if it is wrong: what it said when that was found */
};

enum ph_hub_clock_fault {
	PH_HUB_CLOCK_RIGHT,
	PH_HUB_CLOCK_JUMPED, /* while the machine ran */
	PH_HUB_CLOCK_BACK,   /* the machine was started, and it is earlier than before */
	PH_HUB_CLOCK_AHEAD,  /* likewise, and so much later that it need not be so */
};

/*
 * What NOW is, after BASE was believed and second SEEN since. EXPECTED_OUT: what it should
 * be, as far as one can know, else SEEN.
 */
enum ph_hub_clock_fault ph_hub_clock_judge(const struct ph_now *base, int64_t seen,
					   const struct ph_now *now,
					   int64_t *expected_out);

/*
 * Look at the clock. True: it is right, or not watched; KEEP: what it says goes into the
 * store now and then, in a transaction of its own. Outside of a transaction.
 */
bool ph_hub_clock_look(struct ph_hub *hub, bool keep);
/* Why it is not, in words with what to do. PH_EXIT_CLOCK; gives -ETIME. */
int ph_hub_clock_refuse(const struct ph_hub *hub, struct ph_error *err);
/* For `status` and `clock`. */
void ph_hub_clock_about(const struct ph_hub *hub, json_t *answer);

#endif
