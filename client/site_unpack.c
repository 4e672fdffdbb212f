/*
 * client/site_unpack.c - bundles from the hub.
 *
 * First who made it: the payload is a key list of our root, it or the one held names the
 * static key that the bundle proves, and the hub's signing key beside it is the sender's.
 * Then its records, as they come: receipts one by one, items some at a time by the same
 * STORE as in a session. An item that does not go on from what is here is left alone,
 * since the hub could not know; one that is forged ends the bundle.
 *
 * The hub's time raises the floor of our stamps and no more: how old it is nobody knows.
 */
#include <errno.h>
#include <string.h>

#include "client/site_bundle.h"
#include "client/site_take.h"

enum {
	BATCH = 256 * 1024, /* bytes of items in one commit */
};

static const char *const stick_names[] = {
	[PH_SITE_STICK_PACKED] = "stick.packed",
	[PH_SITE_STICK_TAKEN] = "stick.taken",
};

struct unpacking {
	struct ph_site *site;
	struct ph_bundle_reader *reader;
	struct ph_site_taken taken;
	struct ph_item *items, **last;
	size_t size;
	struct ph_error *err;
};

/* ---- one transaction each ---- */

static int in_transaction(struct ph_site *site,
			  int (*run)(struct unpacking *, const void *),
			  struct unpacking *unpacking, const void *data)
{
	const struct ph_keylist keylist = site->keylist;
	int rc = ph_db_begin(site->db);

	if (rc == 0) {
		rc = run(unpacking, data);
	}
	if (rc == 0) {
		rc = ph_db_commit(site->db);
	}
	if (rc != 0) {
		ph_site_roll_back(site);
		site->keylist = keylist;
	}
	return rc;
}

/* ---- who made it ---- */

static bool names_sender(const struct ph_keylist *list, const uint8_t *box,
			 const uint8_t from[static PH_DEVICE_ID_SIZE])
{
	uint8_t id[PH_DEVICE_ID_SIZE];

	for (unsigned i = 0; i < list->n_hubs; i++) {
		ph_device_id(id, list->hub[i].sign);
		if (memcmp(list->hub[i].box, box, PH_KEY_SIZE) == 0 &&
		    memcmp(id, from, sizeof(id)) == 0) {
			return true;
		}
	}
	return false;
}

/* 0, PH_BUNDLE_E_SENDER or negative errno. */
static int check_sender(struct unpacking *unpacking,
			const struct ph_bundle_record *record)
{
	const struct ph_keylist *held = &unpacking->site->keylist;
	struct ph_keylist list;
	int rc = ph_keylist_decode(record->payload, &list);

	if (rc != 0 || memcmp(list.root, held->root, PH_KEY_SIZE) != 0) {
		return rc < 0 ? rc : PH_BUNDLE_E_SENDER;
	}
	if (list.generation <= held->generation) {
		list = *held;
	}
	return names_sender(&list, record->key,
			    ph_bundle_reader_header(unpacking->reader)->from)
		       ? 0
		       : PH_BUNDLE_E_SENDER;
}

static int keep_keylist(struct unpacking *unpacking, const void *data)
{
	const struct ph_bundle_record *record = data;

	return ph_site_keep_keylist(unpacking->site, record->payload);
}

static int on_sender(struct unpacking *unpacking, const struct ph_bundle_record *record)
{
	int rc = check_sender(unpacking, record);

	return rc != 0 ? rc
		       : in_transaction(unpacking->site, keep_keylist, unpacking, record);
}

/* ---- what the hub says of itself ---- */

/*
 * A bundle may be older than the last session, which knew better: only one that was made
 * since tells what the hub reads.
 */
static int keep_form(struct ph_site *site, const struct ph_bundle_record *record)
{
	int64_t heard = 0;
	int rc = ph_journal_meta_get_int(site->journal, PH_META_HUB_TIME, &heard);

	if (rc < 0 || (int64_t)record->time < heard) {
		return rc < 0 ? rc : 0;
	}
	return ph_site_keep_form(site, record->form);
}

static int keep_welcome(struct unpacking *unpacking, const void *data)
{
	const struct ph_bundle_record *record = data;
	struct ph_site *site = unpacking->site;
	int rc = ph_site_keep_epoch(site, &record->epoch);

	if (rc == 0) {
		rc = ph_site_check_epoch(site, &record->epoch);
	}
	rc = rc == 0 ? keep_form(site, record) : rc;
	return rc == 0 ? ph_writer_heard_before(site->writer, (int64_t)record->time) : rc;
}

/* ---- receipts ---- */

static int keep_receipt(struct unpacking *unpacking, const void *data)
{
	const struct ph_bundle_record *record = data;
	struct ph_site *site = unpacking->site;
	struct ph_receipt receipt;
	struct ph_log log;
	int rc = ph_site_verify_receipt(site, record->receipt, &receipt, unpacking->err);

	if (rc == 0) {
		rc = ph_journal_log_find(site->journal, receipt.head.log_id, &log);
	}
	if (rc ==
	    PH_JOURNAL_E_NONE) { /* it is of ours: the next bundle asks for that log */
		unpacking->taken.left++;
		return ph_site_ask_own(site);
	}
	if (rc == 0 && log.site != site->cert.invite.site) {
		unpacking->taken.left++;
		return 0;
	}
	if (rc == 0 &&
	    receipt.head.n > log.n) { /* what it is for may come in this bundle */
		return ph_site_own_differs(site, &log);
	}
	rc = rc == 0 ? ph_journal_receipt_put(site->journal, log.row, &receipt,
					      record->receipt)
		     : rc;
	unpacking->taken.receipts += rc == 0;
	/* there is one for each branch: another is of a copy of this folder */
	return rc == PH_JOURNAL_E_FORK ? ph_site_own_differs(site, &log)
	       : rc < 0                ? rc
				       : 0;
}

/* ---- items ---- */

/* 0, PH_BUNDLE_E_FORM or negative errno. */
static int store(struct unpacking *unpacking)
{
	struct ph_job job = { .type = PH_JOB_STORE, .items = unpacking->items };

	if (!unpacking->items) {
		return 0;
	}
	unpacking->items = NULL;
	unpacking->last = &unpacking->items;
	unpacking->size = 0;
	ph_site_job(unpacking->site, &job, unpacking->err);
	ph_items_free(job.items);
	return job.result != 0 ? job.result : job.bad ? PH_BUNDLE_E_FORM : 0;
}

static int on_item(struct unpacking *unpacking, struct ph_item *item)
{
	*unpacking->last = item;
	unpacking->last = &item->next;
	unpacking->size += item->body.len + PH_ITEM_CREDIT;
	return unpacking->size >= BATCH ? store(unpacking) : 0;
}

static int on_record(struct unpacking *unpacking, const struct ph_bundle_record *record)
{
	switch (record->type) {
	case PH_BUNDLE_SENDER:
		return on_sender(unpacking, record);
	case PH_BUNDLE_WELCOME:
		return in_transaction(unpacking->site, keep_welcome, unpacking, record);
	case PH_BUNDLE_RECEIPT:
		return in_transaction(unpacking->site, keep_receipt, unpacking, record);
	case PH_BUNDLE_ITEM:
		return on_item(unpacking, record->item);
	case PH_BUNDLE_END:
	case PH_BUNDLE_HELLO:
		break;
	}
	return 0;
}

/* ---- the whole ---- */

/* 0: complete; PH_BUNDLE_E_* or negative errno. */
static int read_all(struct unpacking *unpacking, struct ph_view bundle)
{
	struct ph_bundle_record record;
	int kept;
	int rc = 0;

	while (rc == 0) {
		rc = ph_bundle_read(unpacking->reader, &record);
		if (rc == 0) {
			rc = on_record(unpacking, &record);
		} else if (rc == PH_BUNDLE_E_MORE && bundle.len > 0) {
			size_t len =
				bundle.len < PH_FRAME_MAX ? bundle.len : PH_FRAME_MAX;

			rc = ph_bundle_feed(unpacking->reader, PH_VIEW(bundle.data, len));
			bundle.data += len;
			bundle.len -= len;
		} else if (rc == PH_BUNDLE_E_MORE) {
			ph_bundle_feed_end(unpacking->reader);
			rc = 0;
		}
	}
	/* what was read before the end, whatever that is, counts */
	kept = rc > 0 ? store(unpacking) : 0;
	return kept != 0 ? kept : rc == PH_BUNDLE_E_OVER ? 0 : rc;
}

int ph_site_take_bundle(struct ph_site *site, struct ph_view bundle, enum ph_road road,
			struct ph_site_taken *taken_out, struct ph_error *err)
{
	struct unpacking unpacking = { .site = site, .err = err };
	struct ph_bundle_reader_config config = { .direction = PH_BUNDLE_DOWN,
						  .keys = &site->keys.box,
						  .n_keys = 1 };
	int rc;

	memcpy(config.to, site->cert.device_id, sizeof(config.to));
	unpacking.last = &unpacking.items;
	rc = ph_bundle_reader_new(&unpacking.reader, &config);
	if (rc == 0) {
		memset(&site->moved, 0, sizeof(site->moved));
		site->n_left_alone = 0;
		site->by_file = true;
		site->by_courier = road == PH_ROAD_COURIER;
		rc = read_all(&unpacking, bundle);
		site->by_file = false;
		unpacking.taken.left += site->left;
		site->left = 0;
	}
	ph_items_free(unpacking.items);
	ph_bundle_reader_free(unpacking.reader);
	if (rc >= 0 && ph_site_erase_heard(site, err) < 0) {
		return -EIO;
	}
	if (rc < 0) {
		return ph_fail_errno(err, rc, "keeping what the stick brought");
	}
	unpacking.taken.refusal = rc;
	unpacking.taken.moved = site->moved;
	*taken_out = unpacking.taken;
	return 0;
}

/* ---- what is remembered ---- */

int ph_site_stick_note(struct ph_site *site, enum ph_site_stick what,
		       struct ph_error *err)
{
	int rc = ph_db_begin(site->db);

	if (rc == 0) {
		rc = ph_journal_meta_put_int(site->journal, stick_names[what],
					     ph_site_now(site));
	}
	rc = rc == 0 ? ph_db_commit(site->db) : rc;
	if (rc < 0) {
		ph_site_roll_back(site);
		return ph_fail_errno(err, rc, "writing to this site's store");
	}
	return 0;
}

int ph_site_stick_time(struct ph_site *site, enum ph_site_stick what, int64_t *time_out)
{
	int rc;

	*time_out = 0;
	rc = ph_journal_meta_get_int(site->journal, stick_names[what], time_out);
	return rc < 0 ? rc : 0;
}
