/*
 * tests/power/check_beside.c - after a power cut: what a machine has besides its logs. The
 * account of a site lets nothing be spent twice, its desk opens, the hub has its old keys or
 * its new ones, and what a backup has is known.
 */
#include <errno.h>
#include <string.h>

#include "client/desk_tries.h"
#include "client/site_unfinished.h"
#include "common/ledger/erasing.h"
#include "daemon/hub_internal.h"
#include "tests/power/check_internal.h"

#define SELDOM 32 /* one cut of so many, for what is dear, ... */
#define OFTEN  8  /* ... and for what is less so */

/* --- the account --- */

static bool is_account(const struct beside *now, const struct holding *then)
{
	return now->account == then->beside.started && now->budget == then->beside.budget;
}

/* What went this month: in the call another one may have begun. */
static uint64_t went(const struct after_cut *cut)
{
	uint64_t before = cut->before->beside.gone;
	uint64_t after = cut->after ? cut->after->beside.gone : 0;

	return cut->world->months == 0 || before < after ? before : after;
}

bool check_account(struct checking *checking, const struct beside *now)
{
	const struct after_cut *cut = checking->cut;
	uint64_t gone = went(cut);

	if (now->account < gone) {
		ph_fail(&checking->finding->what, PH_EXIT_OTHER, 0, "%llu of %llu",
			(unsigned long long)now->account, (unsigned long long)gone);
		return check_found(checking, ACCOUNT_HOLDS, 0,
				   "the account has less than what went");
	}
	if (cut->after && !is_account(now, cut->before) && !is_account(now, cut->after)) {
		return check_found(checking, ACCOUNT_HOLDS, 0,
				   "the account is as it never was");
	}
	return true;
}

/* --- backups --- */

bool check_backed(struct checking *checking, const struct holding *now)
{
	const struct holding *before = checking->cut->before;

	for (unsigned i = 0; i < before->n_logs; i++) {
		const struct held *held =
			held_of((struct holding *)now, before->log[i].head.log_id);

		if (!held || held->backed < before->log[i].backed) {
			return check_found(checking, BACKUP_STAYS, 0,
					   "what a backup has of a log is forgotten");
		}
	}
	return true;
}

bool check_backup(struct checking *checking, const struct beside *now)
{
	const struct after_cut *cut = checking->cut;

	if (now->backup != cut->before->beside.backup &&
	    (!cut->after || now->backup != cut->after->beside.backup) &&
	    (cut->after || now->backup < cut->before->beside.backup)) {
		return check_found(checking, BACKUP_STAYS, 0,
				   "the last backup is not the one that was kept");
	}
	return true;
}

/* --- erasures --- */

bool check_erased_files(struct checking *checking)
{
	const struct after_cut *cut = checking->cut;
	unsigned before = cut->before->beside.erased;
	const char *path = NULL;

	if (before != 0 && cut->seed % OFTEN == 2) {
		path = power_erased_lies(cut->disk, before);
		path = path ? path
			    : power_front_lies(cut->disk, cut->machine,
					       cut->before->beside.mark);
	}
	return path == NULL || check_found(checking, ERASED_STAYS_ERASED, 0, path);
}

/* Files are searched where one was carried out in this call. */
bool check_erased(struct checking *checking, unsigned now)
{
	const struct after_cut *cut = checking->cut;
	unsigned before = cut->before->beside.erased;
	const char *path = NULL;
	int64_t mark = 0;

	if (before & ~now) {
		return check_found(checking, ERASED_STAYS_ERASED, 0,
				   "an erasure that was carried out is so no more");
	}
	if (now != before) {
		path = power_erased_lies(cut->disk, now);
		(void)ph_erasing_mark(ph_journal_db(checking->journal), &mark);
		path = path ? path : power_front_lies(cut->disk, cut->machine, mark);
	}
	return path == NULL || check_found(checking, ERASED_STAYS_ERASED, 0, path);
}

/* --- what a cut left of an item --- */

static bool is_front(const struct beside *now, const struct holding *then)
{
	return memcmp(now->front, then->beside.front, sizeof(now->front)) == 0;
}

/* One that was sealed to a key that a desk with a PIN has locked is none any more. */
static bool may_be_locked(const struct after_cut *cut)
{
	return !cut->after ||
	       cut->world->pin_next[cut->machine].number > cut->before->beside.pin.number;
}

bool check_front(struct checking *checking, const struct beside *now)
{
	const struct after_cut *cut = checking->cut;
	struct ph_unfinished front = { 0 };
	int64_t time;
	int rc;

	if (cut->after && !is_front(now, cut->before) && !is_front(now, cut->after)) {
		return check_found(checking, FRONT_IS_WHOLE, 0,
				   "what a cut left of an item is as it never was");
	}
	rc = ph_site_unfinished_load(checking->site, &front, &time);
	ph_unfinished_deinit(&front);
	if (rc < 0 && !(rc == -EBADMSG && may_be_locked(cut))) {
		return check_found(checking, FRONT_IS_WHOLE, rc,
				   "what a cut left of an item does not open");
	}
	return true;
}

/* --- the keys of the hub --- */

/* Whether a site that heard of the key SIGN alone can still call. */
static bool has_static_beside(const struct ph_hub *hub, const uint8_t *sign)
{
	for (unsigned i = 0; i < hub->ring.n; i++) {
		if (memcmp(hub->ring.sign[i], sign, PH_KEY_SIZE) == 0) {
			return true;
		}
	}
	return false;
}

static bool is_key(const struct beside *now, const struct holding *then)
{
	return memcmp(now->key, then->beside.key, PH_KEY_SIZE) == 0;
}

bool check_keys(struct checking *checking, const struct beside *now)
{
	const struct after_cut *cut = checking->cut;
	const struct ph_keylist *list = ph_hub_keylist(checking->hub);
	const struct ph_device_keys *keys = ph_hub_keys(checking->hub);

	if (cut->after && !is_key(now, cut->before) && !is_key(now, cut->after)) {
		return check_found(checking, KEYS_ARE_WHOLE, 0,
				   "the keys are neither the old nor the new ones");
	}
	if (memcmp(list->hub[0].sign, keys->sign.key, PH_KEY_SIZE) != 0 ||
	    memcmp(list->hub[0].box, keys->box.key, PH_KEY_SIZE) != 0) {
		return check_found(checking, KEYS_ARE_WHOLE, 0,
				   "the key list names other keys than those in use");
	}
	return has_static_beside(checking->hub, cut->before->beside.key) ||
	       check_found(checking, KEYS_ARE_WHOLE, 0,
			   "the keys that were in use are gone");
}

/* --- the desk --- */

static bool opens(struct checking *checking, const struct power_pin *pin)
{
	const struct after_cut *cut = checking->cut;
	const uint8_t *secret;
	char text[PH_PIN_MAX + 1];

	if (pin->number == 0) {
		return false;
	}
	power_pin_text(pin->number, text);
	if (ph_site_desk_unlock(checking->site, pin->card, ph_view_str(text), NULL) !=
	    0) {
		return false;
	}
	secret = ph_site_desk_secret(checking->site);
	return cut->before->beside.pin.number == 0 ||
	       memcmp(secret, cut->world->desk_secret[cut->machine],
		      PH_BOX_SECRET_SIZE) == 0;
}

/* Those before the call, if it is none in which the PIN was right, or may have been. */
static unsigned tries_due(const struct after_cut *cut)
{
	unsigned before = cut->before->beside.tries;
	unsigned after = cut->after ? cut->after->beside.tries : 0;

	return before < after ? before : after;
}

/* So many tries as are left of those that cost no wait; no cut gave one back. */
static bool counts_tries(struct checking *checking)
{
	const struct after_cut *cut = checking->cut;
	unsigned tries = tries_due(cut);
	char dir[64];
	unsigned taken = 0;
	int rc;

	power_folder(cut->disk, dir);
	while ((rc = ph_desk_try_begin(dir, &cut->clock->now, NULL)) == 0 &&
	       taken < PH_DESK_TRIES_FREE) {
		taken++;
	}
	if (rc != 0 && rc != -EAGAIN) {
		return check_found(checking, DESK_OPENS, rc, "counting a try");
	}
	return tries + taken <= PH_DESK_TRIES_FREE ||
	       check_found(checking, DESK_OPENS, 0,
			   "a wrong try at the PIN is forgotten");
}

bool check_desk(struct checking *checking)
{
	const struct after_cut *cut = checking->cut;
	const struct power_pin *before = &cut->before->beside.pin;
	const struct power_pin *next = &cut->world->pin_next[cut->machine];
	bool is_being_set = !cut->after || next->number > before->number;

	if (ph_site_desk(checking->site) == PH_DESK_NO_PIN) {
		return before->number == 0 || check_found(checking, DESK_OPENS, 0,
							  "the desk has no PIN any more");
	}
	if (before->number == 0 && next->number == 0) {
		return check_found(checking, DESK_OPENS, 0,
				   "the desk has a PIN, of nobody");
	}
	if (before->number > 0 && (is_being_set || cut->seed % SELDOM == 0) &&
	    sim_disk_find(cut->disk, cut->world->desk_secret[cut->machine],
			  PH_BOX_SECRET_SIZE)) {
		return check_found(checking, DESK_OPENS, 0,
				   "its secret lies on the disk");
	}
	if (tries_due(cut) > 0 && cut->seed % 2 == 0) {
		return counts_tries(checking);
	}
	return (!is_being_set && cut->seed % SELDOM != 1) ||
	       (next->number > before->number && opens(checking, next)) ||
	       opens(checking, before) ||
	       check_found(checking, DESK_OPENS, 0, "no PIN opens the desk");
}
