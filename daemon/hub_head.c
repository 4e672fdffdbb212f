/*
 * daemon/hub_head.c - which branch of its log a device is on, as far as the hub can tell.
 *
 * A hello tells n and h(n) of the device's last entry. If a branch has that, all is
 * clear. Else the device has written on since, and what it has sent in this session is
 * known to be in its chain. Else only its receipts are left: the hub has given one for
 * that n, so one of the branches that reach so far is its own up to there.
 *
 * What is told in the welcome is where the device goes on sending from. Told too little,
 * it sends again what is here; told a head that is not in its chain, it finds that out
 * and begins further back (docs/WIRE.md, "Welcome"). So the head of a branch is told
 * where nothing speaks against it, and else no more than what the device surely has.
 * Receipts are given for that alone.
 */
#include "daemon/hub_internal.h"

#include <string.h>

/* The branches of one log. */
struct branches {
	struct ph_hub *hub;
	struct ph_log log[PH_BRANCHES_MAX];
	unsigned n;
};

static int add_branch(void *data, const struct ph_log *log)
{
	struct branches *branches = data;

	branches->log[branches->n++] = *log;
	return 0;
}

/* Whether LOG's chain goes through HEAD. 0 or negative errno. */
static int goes_through(struct ph_hub *hub, const struct ph_log *log,
			const struct ph_head *head, bool *out)
{
	uint8_t h[PH_HASH_SIZE];
	int rc;

	*out = false;
	if (head->n == 0 || head->n > log->n) {
		return 0;
	}
	rc = ph_journal_chain_at(hub->journal, log, head->n, h);
	*out = rc == 0 && memcmp(h, head->h, sizeof(h)) == 0;
	return rc < 0 ? rc : 0;
}

/* Leave only the branches through HEAD, if there is any; *FOUND_OUT says so. */
static int keep_through(struct branches *branches, const struct ph_head *head,
			bool *found_out)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < branches->n; i++) {
		bool does;
		int rc = goes_through(branches->hub, &branches->log[i], head, &does);

		if (rc < 0) {
			return rc;
		}
		if (does) {
			branches->log[kept++] = branches->log[i];
		}
	}
	*found_out = kept > 0;
	branches->n = kept > 0 ? kept : branches->n;
	return 0;
}

/* Leave only the branches that reach to entry N, if there is any. */
static void keep_reaching(struct branches *branches, uint64_t n)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < branches->n; i++) {
		if (branches->log[i].n >= n) {
			branches->log[kept++] = branches->log[i];
		}
	}
	branches->n = kept > 0 ? kept : branches->n;
}

/* What all of the branches have in common, but at most N. */
static int common_to_all(struct branches *branches, uint64_t n, uint64_t *n_out)
{
	int rc = 0;

	n = n < branches->log[0].n ? n : branches->log[0].n;
	for (unsigned i = 1; rc == 0 && i < branches->n; i++) {
		uint64_t common = 0;

		rc = ph_journal_log_common(branches->hub->journal, branches->log[0].row,
					   branches->log[i].row, &common);
		n = common < n ? common : n;
	}
	*n_out = n;
	return rc < 0 ? rc : 0;
}

static void tell(struct ph_head *out, const struct ph_log *log)
{
	memcpy(out->log_id, log->id, sizeof(out->log_id));
	memcpy(out->h, log->h, sizeof(out->h));
	out->n = log->n;
}

/* The device's head is on none of BRANCHES, which may be its own up to SURE. */
static int tell_behind(struct branches *branches, const struct ph_head *head,
		       uint64_t sure, struct ph_head *told_out)
{
	const struct ph_log *log = &branches->log[0];
	uint64_t n;
	int rc;

	if (branches->n == 1 && head->n > log->n) {
		tell(told_out, log);
		return 0;
	}
	rc = common_to_all(branches, sure, &n);
	if (rc < 0 || n == 0) {
		return rc;
	}
	memcpy(told_out->log_id, log->id, sizeof(told_out->log_id));
	told_out->n = n;
	rc = ph_journal_chain_at(branches->hub->journal, log, n, told_out->h);
	return rc < 0 ? rc : 0;
}

int ph_hub_head(struct ph_hub *hub, const struct ph_hub_peer *peer, unsigned index,
		uint64_t receipted, struct ph_hub_head *out)
{
	const struct ph_head *head = &peer->head[index];
	const struct ph_head *sent = &peer->sent[index];
	struct branches branches = { .hub = hub };
	bool found = false;
	int rc;

	memset(out, 0, sizeof(*out));
	rc = ph_journal_log_branch_each(hub->journal, head->log_id, add_branch,
					&branches);
	/* of another device's log nothing is told, not even that it is here */
	if (rc != 0 || memcmp(branches.log[0].key, peer->device.key, PH_KEY_SIZE) != 0) {
		return rc < 0 ? rc : 0;
	}
	rc = keep_through(&branches, head, &found);
	if (rc == 0 && found) {
		out->known = *head;
		tell(&out->told, &branches.log[0]);
	} else if (rc == 0) {
		rc = keep_through(&branches, sent, &found);
		if (rc == 0 && found) {
			out->known = *sent;
			rc = tell_behind(&branches, head, sent->n, &out->told);
		} else if (rc == 0) {
			keep_reaching(&branches, receipted);
			rc = tell_behind(&branches, head, receipted, &out->told);
		}
	}
	out->row = branches.log[0].row;
	return rc;
}

/* The parts that are missing of entries up to KNOWN, into RECEIPT. */
static int list_missing(struct ph_hub *hub, const struct ph_hub_head *head,
			struct ph_receipt *receipt)
{
	size_t n = 0;
	int rc = ph_journal_parts_missing(hub->journal, head->row, receipt->missing,
					  PH_RECEIPT_MISSING_MAX, &n);

	while (n > 0 && receipt->missing[n - 1] > head->known.n) {
		n--;
	}
	receipt->n_missing = (unsigned)n;
	return rc;
}

int ph_hub_receipt(struct ph_hub *hub, const struct ph_hub_head *head,
		   struct ph_receipt *receipt)
{
	*receipt = (struct ph_receipt){
		.epoch = hub->epoch,
		.level = PH_LEVEL_HUB,
		.time = (uint64_t)ph_hub_now(hub),
		.head = head->known,
	};
	return list_missing(hub, head, receipt);
}

int ph_hub_is_news(struct ph_hub *hub, const struct ph_hub_head *head, uint64_t receipted,
		   bool *out)
{
	uint64_t n = 0;
	size_t count = 0;
	int rc = 0;

	if (head->known.n > 0 && head->known.n <= receipted) {
		rc = ph_journal_parts_missing(hub->journal, head->row, &n, 1, &count);
	}
	*out = head->known.n > receipted || (count > 0 && n <= head->known.n);
	return rc < 0 ? rc : 0;
}
