/*
 * daemon/hub_receipt.c - what the hub says that it holds.
 *
 * Level hub: made on the spot of what is known to be in the device's chain. Level backup:
 * when a backup was read back whole, a receipt is kept of each log in the journal, as the
 * log was in the copy (hub_command_backup.c). It is given as it is: a part that came since
 * is in no backup, so the list of missing parts stays that of then. One of an older epoch
 * says nothing any more, and one for a branch that the device is not on is not for it.
 *
 * It is told once, in the first session behind the backup. Behind its log in use a device names older
 * ones for a reason; one of which it has all receipts of level hub may be named for that of the backup,
 * which came when another log was in use, or did not come. So then it is told again, if it has all.
 */
#include "daemon/hub_receipt.h"

#include <string.h>

/* --- level hub --- */

/* Sign RECEIPT for head INDEX. */
static int shorten(struct ph_hub *hub, const struct ph_receipt *receipt, unsigned index,
		   struct ph_short_receipt *out)
{
	int rc = ph_receipt_sign(receipt, hub->keys.sign.secret, out->signature);

	if (rc < 0) {
		return rc;
	}
	out->index = index;
	out->n = receipt->head.n;
	out->level = receipt->level;
	out->time = receipt->time;
	out->n_missing = receipt->n_missing;
	memcpy(out->missing, receipt->missing, sizeof(out->missing));
	return 0;
}

int ph_hub_short_receipt(struct ph_hub *hub, const struct ph_hub_head *head,
			 unsigned index, struct ph_short_receipt *out)
{
	struct ph_receipt receipt;
	int rc = ph_hub_receipt(hub, head, &receipt);

	return rc < 0 ? rc : shorten(hub, &receipt, index, out);
}

/* --- level backup --- */

static int decode(const struct ph_hub *hub, struct ph_view bytes,
		  struct ph_receipt *receipt)
{
	int rc = PH_RECEIPT_E_SIGNATURE;

	for (unsigned i = 0; rc == PH_RECEIPT_E_SIGNATURE && i < hub->keylist.n_hubs;
	     i++) {
		rc = ph_receipt_decode(bytes, hub->keylist.hub[i].sign, receipt);
	}
	return rc > 0 ? PH_JOURNAL_E_NONE : rc;
}

static bool is_of_now(const struct ph_hub *hub, const struct ph_receipt *receipt)
{
	return receipt->epoch.number == hub->epoch.number &&
	       memcmp(receipt->epoch.random, hub->epoch.random,
		      sizeof(hub->epoch.random)) == 0;
}

/* Whether the branch of HEAD goes through what RECEIPT covers. 0, PH_JOURNAL_E_NONE, negative errno. */
static int check_branch(struct ph_hub *hub, const struct ph_hub_head *head,
			const struct ph_receipt *receipt)
{
	uint8_t h[PH_HASH_SIZE];
	struct ph_log log;
	int rc = receipt->head.n > head->known.n
			 ? PH_JOURNAL_E_NONE
			 : ph_journal_log_at(hub->journal, head->row, &log);

	rc = rc != 0 ? rc : ph_journal_chain_at(hub->journal, &log, receipt->head.n, h);
	return rc == 0 && memcmp(h, receipt->head.h, sizeof(h)) != 0 ? PH_JOURNAL_E_NONE
								     : rc;
}

int ph_hub_backup_receipt(struct ph_hub *hub, const struct ph_hub_head *head,
			  struct ph_receipt *receipt)
{
	struct ph_buf bytes = { 0 };
	uint64_t n = 0;
	int64_t time;
	int rc = head->known.n == 0
			 ? PH_JOURNAL_E_NONE
			 : ph_journal_receipt_get(hub->journal, head->row,
						  PH_LEVEL_BACKUP, &n, &time, &bytes);

	rc = rc == 0 && n == 0 ? PH_JOURNAL_E_NONE : rc;
	rc = rc == 0 ? decode(hub, ph_buf_view(&bytes), receipt) : rc;
	rc = rc == 0 && !is_of_now(hub, receipt) ? PH_JOURNAL_E_NONE : rc;
	rc = rc == 0 ? check_branch(hub, head, receipt) : rc;
	ph_buf_deinit(&bytes);
	return rc;
}

/* Whether head INDEX, behind the log in use, is told though the device has all receipts of level hub for it. */
static bool may_lack_backup(const struct ph_job *job, unsigned index)
{
	return index > 0 && job->hello.receipted[index] == job->hello.head[index].n;
}

static int tell_backup(struct ph_hub *hub, struct ph_job *job, unsigned index)
{
	struct ph_hub_peer *peer = job->owner;
	struct ph_welcome *welcome = &job->welcome;
	struct ph_hub_head head;
	struct ph_receipt receipt;
	int rc = ph_hub_head(hub, peer, index, job->hello.receipted[index], &head);

	rc = rc < 0 ? rc : ph_hub_backup_receipt(hub, &head, &receipt);
	if (rc == 0 && ((int64_t)receipt.time >= peer->device.heard ||
			(may_lack_backup(job, index) &&
			 receipt.head.n == job->hello.head[index].n))) {
		rc = shorten(hub, &receipt, index,
			     &welcome->receipt[welcome->n_receipts]);
		welcome->n_receipts += rc == 0;
		peer->receipts += rc == 0;
	}
	return rc < 0 ? rc : 0;
}

int ph_hub_tell_backups(struct ph_hub *hub, struct ph_job *job)
{
	const struct ph_hub_peer *peer = job->owner;
	bool is_new = hub->backed_up >= peer->device.heard;
	int rc = 0;

	if (hub->backed_up == 0) {
		return 0;
	}
	for (unsigned i = 0;
	     rc == 0 && i < peer->n_heads && job->welcome.n_receipts < PH_HEADS_MAX;
	     i++) {
		rc = is_new || may_lack_backup(job, i) ? tell_backup(hub, job, i) : 0;
	}
	return rc;
}
