/*
 * client/site_own.c - what this device wrote and has not here: its folder was put back, or is
 * a copy of which another goes on.
 *
 * A hub that holds more of our log than we do, or another branch of it, tells that. Nothing is
 * lost by it: the hub keeps all branches. What is recorded next goes into another log that
 * continues ours (common/log/writer_leave.c), so that two copies do not write into each other's
 * way; and the hello tells, from then on, how far each own log is held here, among the logs of
 * the site. By that the hub sends what is missing, as it does those of other devices.
 *
 * A copy that began a log of its own is told in the welcome, since nothing of ours shows it; in a
 * bundle by a receipt for a log that is not here.
 */
#include <errno.h>
#include <string.h>

#include "client/site_sibling.h"
#include "client/site_take.h"
#include "common/base/say.h"

#define META_ASK   "own.ask"   /* 1: the hello tells of the own logs */
#define META_CAME  "own.came"  /* the hub's epoch when some of them came back */
#define META_OFFER "own.offer" /* row from which on own logs are told as heads; 0: none */

int ph_site_asks_own(struct ph_site *site, bool *asks_out)
{
	int64_t asks = 0;
	int rc = ph_journal_meta_get_int(site->journal, META_ASK, &asks);

	*asks_out = asks != 0 || ph_writer_leaves(site->writer) != 0;
	return rc < 0 ? rc : 0;
}

int ph_site_ask_own(struct ph_site *site)
{
	site->lacks_own = !site->asked_own; /* else it comes in this session */
	return ph_journal_meta_put_int(site->journal, META_ASK, 1);
}

static int leave(struct ph_site *site)
{
	int rc = ph_writer_leave(site->writer, PH_WHY_RESTORED);

	return rc != 0 ? rc : ph_site_ask_own(site);
}

/* Whether what is recorded goes to the log of that id. */
static bool writes(struct ph_site *site, const uint8_t log_id[static PH_LOG_ID_SIZE])
{
	return memcmp(ph_writer_log(site->writer)->id, log_id, PH_LOG_ID_SIZE) == 0;
}

int ph_site_own_came(struct ph_site *site, const struct ph_log *log)
{
	int64_t epoch = 0;
	int rc = ph_journal_meta_get_int(site->journal, PH_META_EPOCH, &epoch);

	rc = rc < 0 ? rc : ph_journal_meta_put_int(site->journal, META_CAME, epoch);
	return rc == 0 && writes(site, log->id) ? leave(site) : rc;
}

int ph_site_came_back(struct ph_site *site, const struct ph_log *log, bool *came_out)
{
	struct ph_arrival arrival;
	int64_t epoch = 0;
	int64_t came = -1;
	int rc = ph_journal_meta_get_int(site->journal, META_CAME, &came);

	rc = rc < 0 ? rc : ph_journal_meta_get_int(site->journal, PH_META_EPOCH, &epoch);
	*came_out = false;
	if (rc < 0 || came != epoch) {
		return rc < 0 ? rc : 0;
	}
	rc = ph_journal_arrival(site->journal, log->row, log->n, &arrival);
	*came_out = rc == 0 && arrival.level == PH_LEVEL_HUB;
	return rc < 0 ? rc : 0;
}

/* --- a hub that was put back without a new epoch --- */

int ph_site_offer(struct ph_site *site)
{
	site->lacks_own = true;
	return ph_journal_meta_put_int(site->journal, META_OFFER, 1);
}

int ph_site_offers(struct ph_site *site, int64_t *row_out)
{
	int rc;

	*row_out = 0;
	rc = ph_journal_meta_get_int(site->journal, META_OFFER, row_out);
	return rc < 0 ? rc : 0;
}

int ph_site_offer_end(struct ph_site *site)
{
	return site->offered ? ph_journal_meta_put_int(site->journal, META_OFFER,
						       site->offer_next)
			     : 0;
}

int ph_site_own_differs(struct ph_site *site, const struct ph_log *log)
{
	return writes(site, log->id) ? leave(site) : ph_site_ask_own(site);
}

int ph_site_put_back(struct ph_site *site, struct ph_error *err)
{
	int rc = ph_db_begin(site->db);

	rc = rc == 0 ? leave(site) : rc;
	rc = rc == 0 ? ph_db_commit(site->db) : rc;
	if (rc < 0) {
		ph_site_roll_back(site);
		return ph_fail_errno(err, rc,
				     ph_say("writing to this site's store",
					    "ghi vào kho dữ liệu của điểm"));
	}
	return 0;
}

bool ph_site_lacks_own(const struct ph_site *site)
{
	return site->lacks_own;
}

void ph_site_spare_own(struct ph_site *site, bool spares)
{
	site->spares_own = spares;
}

unsigned ph_site_left_own(const struct ph_site *site)
{
	return site->left_own;
}

/* --- what a welcome tells --- */

struct looking {
	struct ph_site *site;
	const struct ph_sibling *told;
	bool found; /* or it is of another device, which the hub asks for */
};

static int look_at(void *data, const struct ph_log *log)
{
	struct looking *looking = data;
	const struct ph_sibling *told = looking->told;
	uint8_t h[PH_HASH_SIZE];
	int rc;

	if (ph_site_is_sibling(looking->site, log)) {
		looking->found = true;
		return 1;
	}
	if (told->n > log->n) {
		return 0;
	}
	rc = ph_journal_chain_at(looking->site->journal, log, told->n, h);
	looking->found = rc == 0 && memcmp(h, told->h, sizeof(told->h)) == 0;
	return looking->found ? 1 : rc < 0 ? rc : 0;
}

int ph_site_own_told(struct ph_site *site, const struct ph_welcome *welcome)
{
	for (unsigned i = 0; i < welcome->n_siblings; i++) {
		struct looking looking = { site, &welcome->sibling[i], false };
		int rc = ph_journal_log_branch_each(site->journal, looking.told->log_id,
						    look_at, &looking);

		if (rc >= 0 && !looking.found) {
			rc = writes(site, looking.told->log_id) ? leave(site)
								: ph_site_ask_own(site);
		}
		if (rc < 0) {
			return rc;
		}
	}
	return 0;
}
