/*
 * client/site_jobs.c - what a session asks of the store, on the device's side.
 *
 * Each job is one transaction. WELCOME: what the hub says it holds must be on our
 * chains; then its receipts, time and epoch are kept, and sending goes on behind the
 * hub's heads. STORE: segments of the control log; what else may come, site_take.c. LOAD: what
 * goes up next. RECEIPT: made whole from what both sides know, verified, kept.
 *
 * A hub that holds more of our log than we do tells that this folder was put back from
 * an older copy, or copied: what is missing comes with the next hello (site_own.c). One that
 * holds something else at our numbers has
 * another branch, of a copy of this folder; it keeps ours too, so sending begins where
 * the hub surely has what we have. A receipt that is not signed by a hub of the key list ends the session too (-EBADMSG).
 * A control log segment that does not fit marks the job bad: the peer broke the
 * protocol; what fitted before stays. One of another branch is left alone and noted.
 */
#include <errno.h>
#include <string.h>

#include "client/site_kept.h"
#include "client/site_sibling.h"
#include "client/site_take.h"
#include "common/base/say.h"

/* --- heads --- */

/* 0 if our log goes through (N, H); PH_JOURNAL_E_FORK if not; PH_JOURNAL_E_GAP: it is shorter. */
static int check_head(struct ph_site *site, const struct ph_log *log, uint64_t n,
		      const uint8_t h[static PH_HASH_SIZE])
{
	uint8_t own[PH_HASH_SIZE];
	int rc;

	if (n > log->n) {
		return PH_JOURNAL_E_GAP;
	}
	rc = ph_journal_chain_at(site->journal, log, n, own);
	if (rc != 0) {
		return rc < 0 ? rc : -EUCLEAN;
	}
	/* of an empty log there is nothing to compare */
	return n == 0 || memcmp(own, h, sizeof(own)) == 0 ? 0 : PH_JOURNAL_E_FORK;
}

/* --- receipts --- */

int ph_site_verify_receipt(const struct ph_site *site, struct ph_view bytes,
			   struct ph_receipt *receipt, struct ph_error *err)
{
	int rc = PH_RECEIPT_E_FORM;

	for (unsigned i = 0; i < site->keylist.n_hubs; i++) {
		rc = ph_receipt_decode(bytes, site->keylist.hub[i].sign, receipt);
		if (rc <= 0) {
			return rc;
		}
	}
	return ph_fail(err, PH_EXIT_OTHER, -EBADMSG,
		       ph_say("the hub sent a receipt that is not signed as it should "
			      "be; it was not kept. Call the provincial library",
			      "máy chủ gửi biên nhận có chữ ký không đúng; không giữ "
			      "lại. Hãy gọi cho thư viện tỉnh"));
}

/* The log that SHORT_FORM is for: ours, or of another device, as the hello told it. */
static int find_receipted(struct ph_site *site, const struct ph_short_receipt *short_form,
			  struct ph_log *log, struct ph_error *err)
{
	unsigned index = short_form->index;
	const struct ph_site_told *told;
	int rc;

	if (index < site->n_send) {
		rc = ph_journal_log_find(site->journal, site->send[index].log_id, log);
		if (rc == 0 && short_form->n > log->n) {
			rc = ph_site_own_differs(site, log);
			return rc < 0 ? rc : PH_JOURNAL_E_GAP;
		}
		return rc;
	}
	index -= site->n_send;
	told = index < site->n_told ? &site->told[index] : NULL;
	if (!told || short_form->n > told->n) {
		return ph_fail(
			err, PH_EXIT_OTHER, -EBADMSG,
			ph_say("the hub sent a receipt for what it was not told of",
			       "máy chủ gửi biên nhận cho thứ chưa báo với nó"));
	}
	return ph_journal_log_at(site->journal, told->row, log);
}

static int keep_receipt(struct ph_site *site, const struct ph_short_receipt *short_form,
			struct ph_error *err)
{
	struct ph_receipt receipt = { .epoch = site->epoch,
				      .level = short_form->level,
				      .time = short_form->time,
				      .n_missing = short_form->n_missing };
	struct ph_buf bytes = { 0 };
	struct ph_log log;
	int rc;

	if (short_form->n_missing > PH_RECEIPT_MISSING_MAX) {
		return ph_fail(err, PH_EXIT_OTHER, -EBADMSG,
			       ph_say("the hub sent a receipt that no hub gives",
				      "máy chủ gửi biên nhận mà không máy chủ nào cấp"));
	}
	rc = find_receipted(site, short_form, &log, err);
	if (rc == PH_JOURNAL_E_GAP) {
		return 0; /* what it is for comes back first */
	}
	if (rc == 0) {
		rc = ph_journal_chain_at(site->journal, &log, short_form->n,
					 receipt.head.h);
	}
	if (rc != 0) {
		return rc < 0 ? rc : -EUCLEAN;
	}
	memcpy(receipt.head.log_id, log.id, sizeof(log.id));
	receipt.head.n = short_form->n;
	memcpy(receipt.missing, short_form->missing,
	       short_form->n_missing * sizeof(receipt.missing[0]));
	rc = ph_receipt_join(&receipt, short_form->signature, &bytes);
	if (rc == -EINVAL) {
		rc = ph_fail(err, PH_EXIT_OTHER, -EBADMSG,
			     ph_say("the hub sent a receipt that no hub gives",
				    "máy chủ gửi biên nhận mà không máy chủ nào cấp"));
	}
	if (rc == 0) {
		rc = ph_site_verify_receipt(site, ph_buf_view(&bytes), &receipt, err);
	}
	if (rc == 0) {
		rc = ph_journal_receipt_put(site->journal, log.row, &receipt,
					    ph_buf_view(&bytes));
	}
	ph_buf_deinit(&bytes);
	return rc > 0 ? -EUCLEAN : rc;
}

/* What the hub lacks of what it held before this session; the rest is on its way. */
int ph_site_note_missing(struct ph_site *site, unsigned index)
{
	struct ph_site_send *send = &site->send[index];
	uint64_t missing[PH_RECEIPT_MISSING_MAX];
	unsigned n_missing = 0;
	struct ph_log log;
	int rc = ph_journal_log_find(site->journal, send->log_id, &log);

	if (rc == 0) {
		rc = ph_site_receipt_missing(site, &log, missing, &n_missing);
	}
	if (rc != 0) {
		return rc < 0 ? rc : -EUCLEAN;
	}
	send->n_missing = 0;
	for (unsigned i = 0; i < n_missing; i++) {
		if (missing[i] > send->asked && missing[i] <= send->start) {
			send->missing[send->n_missing++] = missing[i];
		}
	}
	return 0;
}

static int keep_receipts(struct ph_site *site, const struct ph_short_receipt *list,
			 unsigned n, struct ph_error *err)
{
	int rc = 0;

	for (unsigned i = 0; rc == 0 && i < n; i++) {
		rc = keep_receipt(site, &list[i], err);
	}
	return rc;
}

/* --- WELCOME --- */

/*
 * The hub told *N, but of another branch of log INDEX. From where on it lacks ours: what
 * it now gives a receipt for it has; if it did not take the first flight, what that was to
 * follow is not there. Else our receipts hold, unless the hub was restored since: then its
 * epoch is another, or it could have told what they are for.
 */
static int find_start(struct ph_site *site, const struct ph_welcome *welcome,
		      unsigned index, const struct ph_log *log, uint64_t *n)
{
	uint64_t told = *n;
	uint64_t receipted;
	int64_t epoch = 0;
	int64_t time;
	int rc;

	*n = 0;
	for (unsigned i = 0; i < welcome->n_receipts; i++) {
		if (welcome->receipt[i].index == index && welcome->receipt[i].n > *n &&
		    welcome->receipt[i].n <= log->n) {
			*n = welcome->receipt[i].n;
		}
	}
	if (*n > 0 || site->send[index].flown > 0) {
		return 0;
	}
	rc = ph_journal_meta_get_int(site->journal, PH_META_EPOCH, &epoch);
	if (rc >= 0) {
		rc = ph_journal_receipt_get(site->journal, log->row, PH_LEVEL_HUB,
					    &receipted, &time, NULL);
	}
	if (rc == 0 && (uint64_t)epoch == welcome->epoch.number && receipted < told) {
		*n = receipted;
	}
	return rc;
}

/* A hub that tells less of LOG than it has signed for, in the same epoch, was put back. 0 or negative errno. */
static int check_signed(struct ph_site *site, const struct ph_welcome *welcome,
			const struct ph_log *log, uint64_t told)
{
	int64_t epoch = 0;
	uint64_t n = 0;
	int64_t time;
	int rc = ph_journal_meta_get_int(site->journal, PH_META_EPOCH, &epoch);

	if (rc < 0 || (uint64_t)epoch != welcome->epoch.number) {
		return rc < 0 ? rc : 0;
	}
	rc = ph_journal_receipt_get(site->journal, log->row, PH_LEVEL_HUB, &n, &time,
				    NULL);
	return rc == 0 && told < n && n <= log->n ? ph_site_offer(site) : rc;
}

/*
 * Where the hub holds what we have not, or another branch, this folder was put back or copied:
 * what is recorded next goes into another log. If it holds more, there is nothing to send of
 * this one, until what is missing has come.
 */
static int check_heads(struct ph_site *site, const struct ph_job *job)
{
	const struct ph_welcome *welcome = &job->welcome;
	int rc = 0;

	for (unsigned i = 0; rc == 0 && i < site->n_send; i++) {
		struct ph_site_send *send = &site->send[i];
		struct ph_log log;
		uint64_t n = send->told;

		rc = ph_journal_log_find(site->journal, send->log_id, &log);
		if (rc == 0 && !welcome->same) {
			n = welcome->head[i].n;
			rc = check_head(site, &log, n, welcome->head[i].h);
			if (rc == PH_JOURNAL_E_FORK) {
				rc = find_start(site, welcome, i, &log, &n);
				rc = rc == 0 ? ph_site_own_differs(site, &log) : rc;
			} else if (rc == PH_JOURNAL_E_GAP) {
				rc = ph_site_own_differs(site, &log);
			}
		}
		if (rc == 0 && !site->offered) {
			rc = check_signed(site, welcome, &log, n);
		}
		send->start = n;
		send->cursor = n;
		send->parts = send->parts_from = n;
	}
	return rc > 0 ? -EUCLEAN : rc;
}

/* Whether LIST names a key that is named by HELD. */
static bool names_one_of(const struct ph_keylist *list, const struct ph_keylist *held)
{
	for (unsigned i = 0; i < held->n_hubs; i++) {
		if (ph_keylist_has_hub(list, held->hub[i].sign)) {
			return true;
		}
	}
	return false;
}

/*
 * Nobody whom we heeded is heeded any more. Keys that were stolen may have told of an epoch
 * above all that the hub will have, and then what it says would be old for ever; so of
 * epochs, receipts and the feed nothing was heard yet, nor of time.
 */
static int hear_anew(struct ph_site *site)
{
	int rc = ph_journal_meta_put_int(site->journal, PH_META_EPOCH, 0);

	rc = rc < 0 ? rc : ph_journal_meta_put_int(site->journal, PH_META_HUB_TIME, 0);
	rc = rc < 0 ? rc : ph_writer_hear_anew(site->writer);
	rc = rc < 0 ? rc : ph_journal_receipts_drop(site->journal);
	return rc < 0 ? rc : ph_fed_drop(site->db);
}

/* A newer key list of our own province; any other is left alone. */
int ph_site_keep_keylist(struct ph_site *site, struct ph_view bytes)
{
	struct ph_keylist list;
	int rc = bytes.len > 0 ? ph_keylist_decode(bytes, &list) : PH_CERT_E_FORM;

	if (rc != 0 || memcmp(list.root, site->keylist.root, PH_KEY_SIZE) != 0 ||
	    list.generation <= site->keylist.generation) {
		return rc < 0 ? rc : 0;
	}
	rc = ph_journal_meta_put(site->journal, PH_META_KEYLIST, bytes);
	rc = rc == 0 ? ph_journal_meta_put_int(site->journal, PH_META_HUB_TURN, 0) : rc;
	if (rc == 0 && !names_one_of(&list, &site->keylist)) {
		rc = hear_anew(site);
	}
	if (rc == 0) {
		site->keylist = list;
		site->hub_turn = 0;
		memset(&site->admitted, 0, sizeof(site->admitted));
	}
	return rc;
}

int ph_site_keep_epoch(struct ph_site *site, const struct ph_epoch *epoch)
{
	int64_t held = 0;
	int rc = ph_journal_meta_get_int(site->journal, PH_META_EPOCH, &held);

	site->epoch = *epoch;
	if (rc < 0 || (int64_t)epoch->number <= held) {
		return rc < 0 ? rc : 0;
	}
	rc = epoch->number > 1 ? ph_site_control_give(site) : 0;
	return rc < 0 ? rc
		      : ph_journal_meta_put_int(site->journal, PH_META_EPOCH,
						(int64_t)epoch->number);
}

int ph_site_keep_form(struct ph_site *site, struct ph_view told)
{
	struct ph_buf held = { 0 };
	int rc = ph_journal_meta_get(site->journal, PH_META_HUB_FORM, &held);

	if (rc >= 0 && !ph_view_equal(told, ph_buf_view(&held))) {
		rc = ph_journal_meta_put(site->journal, PH_META_HUB_FORM, told);
	}
	ph_buf_deinit(&held);
	return rc < 0 ? rc : 0;
}

/* What the hub packs and unpacks: for this session, and for later. */
static int keep_form(struct ph_site *site, const struct ph_welcome *welcome)
{
	struct ph_view told =
		PH_VIEW(welcome->form, welcome->packs ? sizeof(welcome->form) : 0);
	int rc = ph_site_keep_form(site, told);

	return rc == 0 ? ph_site_hub_packs(site, &site->packs) : rc;
}

static int do_welcome(struct ph_site *site, struct ph_job *job, struct ph_error *err)
{
	const struct ph_welcome *welcome = &job->welcome;
	int rc = check_heads(site, job);

	if (rc == 0) {
		rc = ph_site_own_told(site, welcome);
	}
	if (rc == 0) {
		rc = ph_site_keep_keylist(site, welcome->keylist);
	}
	if (rc == 0) {
		rc = ph_site_keep_epoch(site, &welcome->epoch);
	}
	if (rc == 0) {
		rc = keep_form(site, welcome);
	}
	if (rc == 0) {
		rc = ph_site_control_wanted(site, welcome);
		ph_site_kept_wanted(site, welcome);
	}
	if (rc == 0) {
		rc = ph_site_sibling_asked(site, welcome);
	}
	if (rc == 0) {
		rc = ph_site_check_epoch(site, &welcome->epoch);
	}
	if (rc == 0) {
		rc = keep_receipts(site, welcome->receipt, welcome->n_receipts, err);
	}
	for (unsigned i = 0; rc == 0 && i < site->n_send; i++) {
		rc = ph_site_note_missing(site, i);
	}
	if (rc == 0) {
		rc = ph_journal_meta_put_int(site->journal, PH_META_HUB_TIME,
					     (int64_t)welcome->time);
	}
	if (rc == 0) {
		rc = ph_writer_heard_time(site->writer, (int64_t)welcome->time);
	}
	rc = rc == 0 ? ph_site_budget_heard(site) : rc;
	if (rc == 0) { /* until it ends: it may end without a word (site_state.c) */
		rc = ph_journal_meta_put_int(site->journal, PH_META_FLIGHT, 0);
	}
	return rc == 0 ? ph_site_has_more(site, &job->more) : rc;
}

/* --- STORE --- */

/*
 * A hub that was put back from an older copy, and has spoken since, sends a control log
 * that is not the one held here. Ours stays as it is and `status` says so, until the hub has found
 * it out and gone on in another log; what this site recorded goes up all the same.
 */
static int note_forked(struct ph_site *site, bool forked)
{
	int64_t held = 0;
	int rc = ph_journal_meta_get_int(site->journal, PH_META_FORKED, &held);

	if (rc < 0 || (held != 0) == forked) {
		return rc < 0 ? rc : 0;
	}
	return ph_journal_meta_put_int(site->journal, PH_META_FORKED, forked);
}

/*
 * Of a log that the list closes we may have a thief's words where the hub's own belong: then
 * both are kept, and the list says which counts (ph_control_limit()).
 */
static int put_control(struct ph_site *site, struct ph_log *log,
		       const struct ph_segment *segment, struct ph_stored *stored)
{
	bool closed = ph_keylist_closed(&site->keylist, log->id) != NULL;

	memset(&site->admitted, 0, sizeof(site->admitted));
	return closed ? ph_journal_put_segment(site->journal, log, segment, stored)
		      : ph_journal_extend(site->journal, log, segment, stored);
}

/* A segment that is new, or goes on, or is of another branch of the control log. 0, or as ph_site_take(). */
static int store_control(struct ph_site *site, const struct ph_item *item)
{
	struct ph_stored stored = { 0 };
	struct ph_segment segment;
	struct ph_log log;
	int rc;

	ph_item_segment(item, &segment);
	rc = ph_site_control_find(site, &segment, &log);
	rc = rc == 0 ? put_control(site, &log, &segment, &stored) : rc;
	if (rc == 0 && stored.n > 0) {
		site->moved.entries_received += stored.n;
		rc = ph_site_erase_look(site, &stored);
		rc = rc != 0 ? rc
			     : ph_journal_arrival_put(site->journal, &stored,
						      ph_site_now(site),
						      ph_site_road(site), PH_LEVEL_HUB);
		return rc == 0 ? note_forked(site, false) : rc;
	}
	if (rc == PH_JOURNAL_E_FORK || rc == PH_JOURNAL_E_BRANCHES) {
		bool left = false;

		rc = ph_site_control_left(site, &log, &left);
		return rc < 0 ? rc : note_forked(site, !left);
	}
	if (rc > 0 && site->by_file && item->first > 1) {
		site->left++; /* what it goes on from is not here */
		return 0;
	}
	return rc > 0 ? PH_TAKE_E_BAD : rc;
}

static bool has_packed(const struct ph_job *job)
{
	const struct ph_item *item = job->items;

	while (item && item->type != PH_ITEM_PACKED) {
		item = item->next;
	}
	return item != NULL;
}

/* 0; 1: it is malformed, or packed in a form that was not told; negative errno. */
static int unpack(struct ph_site *site, struct ph_job *job)
{
	if (!ph_site_packer(site)) {
		return -ENOMEM;
	}
	/* of another form in a bundle: it is sent again, plain */
	return ph_items_unpack(site->pack, &job->items, site->by_file);
}

int ph_site_store(struct ph_site *site, struct ph_job *job)
{
	bool packed = has_packed(job);
	int unpacked = packed ? unpack(site, job) : 0;

	if (unpacked != 0) {
		job->bad = unpacked > 0;
		site->got_unpacked = unpacked > 0;
		return unpacked < 0 ? unpacked : 0;
	}
	for (const struct ph_item *item = job->items; item; item = item->next) {
		int rc = ph_site_take(site, item);

		if (rc == PH_TAKE_E_NOT) { /* a hub's, and nobody else's to give */
			rc = site->by_lan ? PH_TAKE_E_BAD : store_control(site, item);
		}
		if (rc < 0) {
			return rc;
		}
		if (rc > 0) {
			job->bad = true;
			/* by chain or seal it may be another thing than what was packed */
			site->got_unpacked = packed;
			return 0;
		}
	}
	return 0;
}

/* --- all of them --- */

static int do_receipt(struct ph_site *site, struct ph_job *job, struct ph_error *err)
{
	int rc = keep_receipts(site, job->receipt, job->n_receipts, err);

	for (unsigned i = 0; rc == 0 && i < site->n_send; i++) {
		rc = ph_site_note_missing(site, i);
	}
	return rc == 0 ? ph_site_has_more(site, &job->more) : rc;
}

static int do_job(struct ph_site *site, struct ph_job *job, struct ph_error *err)
{
	switch (job->type) {
	case PH_JOB_WELCOME:
		return do_welcome(site, job, err);
	case PH_JOB_STORE:
		return ph_site_store(site, job);
	case PH_JOB_LOAD:
		return ph_site_load(site, job);
	case PH_JOB_RECEIPT:
		return do_receipt(site, job, err);
	case PH_JOB_HEARD:
		return 0;
	case PH_JOB_HELLO:
	case PH_JOB_JUDGE:
		break;
	}
	return -EINVAL;
}

void ph_site_job(struct ph_site *site, struct ph_job *job, struct ph_error *err)
{
	const struct ph_keylist keylist = site->keylist;
	const struct ph_site_moved moved = site->moved;
	int rc = ph_db_begin(site->db);

	if (rc == 0) {
		rc = do_job(site, job, err);
	}
	if (rc == 0) {
		rc = ph_db_commit(site->db);
	}
	if (rc < 0) {
		ph_site_roll_back(site);
		site->keylist = keylist;
		site->moved = moved;
		memset(&site->admitted, 0, sizeof(site->admitted));
		ph_fail_errno(
			err, rc,
			ph_say("keeping what the hub sent", "lưu những gì máy chủ gửi"));
	}
	job->result = rc;
}
