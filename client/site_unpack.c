/*
 * client/site_unpack.c - bundles from the hub.
 *
 * First who made it: the payload is a key list of our root, it or the one held names the
 * static key that the bundle proves, and the hub's signing key beside it is the sender's.
 * Then its records, as they come: receipts one by one, items some at a time by the same
 * STORE as in a session. An item that does not go on from what is here is left alone,
 * since the hub could not know; one that is forged ends the bundle.
 *
 * It is taken in steps of one commit, between which anybody else may have the site; what this
 * needs to know of the site meanwhile is set for a step alone. What was taken counts, so that
 * whoever is ended in between takes the bundle again, and that changes nothing.
 *
 * The hub's time raises the floor of our stamps and no more: how old it is nobody knows.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/site_bundle.h"
#include "client/site_take.h"
#include "common/base/say.h"

enum {
	BATCH = 64 * 1024, /* plain bytes of items in one commit */
	ENTRY_PLAIN = 80,  /* of an entry that is packed, as a rule */
};

static const char *const stick_names[] = {
	[PH_SITE_STICK_PACKED] = "stick.packed",
	[PH_SITE_STICK_TAKEN] = "stick.taken",
};

struct ph_site_taking {
	struct ph_site *site; /* borrowed */
	struct ph_bundle_reader *reader;
	struct ph_view rest; /* of the bundle, which is borrowed */
	enum ph_road road;
	struct ph_site_taken taken;
	struct ph_item *items, **last;
	uint64_t size;
	bool is_begun;
	bool has_committed;   /* in this step */
	struct ph_error *err; /* of the call that runs */
};

/* ---- one transaction each ---- */

static int in_transaction(struct ph_site *site,
			  int (*run)(struct ph_site_taking *, const void *),
			  struct ph_site_taking *taking, const void *data)
{
	const struct ph_keylist keylist = site->keylist;
	int rc = ph_db_begin(site->db);

	taking->has_committed = true;
	if (rc == 0) {
		rc = run(taking, data);
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
static int check_sender(struct ph_site_taking *taking,
			const struct ph_bundle_record *record)
{
	const struct ph_keylist *held = &taking->site->keylist;
	struct ph_keylist list;
	int rc = ph_keylist_decode(record->payload, &list);

	if (rc != 0 || memcmp(list.root, held->root, PH_KEY_SIZE) != 0) {
		return rc < 0 ? rc : PH_BUNDLE_E_SENDER;
	}
	if (list.generation <= held->generation) {
		list = *held;
	}
	return names_sender(&list, record->key,
			    ph_bundle_reader_header(taking->reader)->from)
		       ? 0
		       : PH_BUNDLE_E_SENDER;
}

static int keep_keylist(struct ph_site_taking *taking, const void *data)
{
	const struct ph_bundle_record *record = data;

	return ph_site_keep_keylist(taking->site, record->payload);
}

static int on_sender(struct ph_site_taking *taking, const struct ph_bundle_record *record)
{
	int rc = check_sender(taking, record);

	return rc != 0 ? rc : in_transaction(taking->site, keep_keylist, taking, record);
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

static int keep_welcome(struct ph_site_taking *taking, const void *data)
{
	const struct ph_bundle_record *record = data;
	struct ph_site *site = taking->site;
	int rc = ph_site_keep_epoch(site, &record->epoch);

	if (rc == 0) {
		rc = ph_site_check_epoch(site, &record->epoch);
	}
	rc = rc == 0 ? keep_form(site, record) : rc;
	return rc == 0 ? ph_writer_heard_before(site->writer, (int64_t)record->time) : rc;
}

/* ---- receipts ---- */

static int keep_receipt(struct ph_site_taking *taking, const void *data)
{
	const struct ph_bundle_record *record = data;
	struct ph_site *site = taking->site;
	struct ph_receipt receipt;
	struct ph_log log;
	int rc = ph_site_verify_receipt(site, record->receipt, &receipt, taking->err);

	if (rc == 0) {
		rc = ph_journal_log_find(site->journal, receipt.head.log_id, &log);
	}
	if (rc ==
	    PH_JOURNAL_E_NONE) { /* it is of ours: the next bundle asks for that log */
		taking->taken.left++;
		return ph_site_ask_own(site);
	}
	if (rc == 0 && log.role == PH_ROLE_HUB) {
		return ph_site_control_receipted(site, &receipt);
	}
	if (rc == 0 && log.site != site->cert.invite.site) {
		taking->taken.left++;
		return 0;
	}
	if (rc == 0 &&
	    receipt.head.n > log.n) { /* what it is for may come in this bundle */
		return ph_site_own_differs(site, &log);
	}
	rc = rc == 0 ? ph_journal_receipt_put(site->journal, log.row, &receipt,
					      record->receipt)
		     : rc;
	taking->taken.receipts += rc == 0;
	/* there is one for each branch: another is of a copy of this folder */
	return rc == PH_JOURNAL_E_FORK ? ph_site_own_differs(site, &log)
	       : rc < 0                ? rc
				       : 0;
}

/* ---- items ---- */

/* 0, PH_BUNDLE_E_FORM or negative errno. */
static int store(struct ph_site_taking *taking)
{
	struct ph_job job = { .type = PH_JOB_STORE, .items = taking->items };

	if (!taking->items) {
		return 0;
	}
	taking->items = NULL;
	taking->last = &taking->items;
	taking->size = 0;
	taking->has_committed = true;
	ph_site_job(taking->site, &job, taking->err);
	ph_items_free(job.items);
	return job.result != 0 ? job.result : job.bad ? PH_BUNDLE_E_FORM : 0;
}

static int on_item(struct ph_site_taking *taking, struct ph_item *item)
{
	*taking->last = item;
	taking->last = &item->next;
	taking->size += item->type == PH_ITEM_PACKED
				? (item->last - item->first + 1) * ENTRY_PLAIN
				: item->body.len + PH_ITEM_CREDIT;
	return taking->size >= BATCH ? store(taking) : 0;
}

static int on_record(struct ph_site_taking *taking, const struct ph_bundle_record *record)
{
	switch (record->type) {
	case PH_BUNDLE_SENDER:
		return on_sender(taking, record);
	case PH_BUNDLE_WELCOME:
		return in_transaction(taking->site, keep_welcome, taking, record);
	case PH_BUNDLE_RECEIPT:
		return in_transaction(taking->site, keep_receipt, taking, record);
	case PH_BUNDLE_ITEM:
		return on_item(taking, record->item);
	case PH_BUNDLE_END:
	case PH_BUNDLE_HELLO:
		break;
	}
	return 0;
}

/* ---- the whole ---- */

/* The next record. 0; PH_BUNDLE_E_* or negative errno. */
static int read_on(struct ph_site_taking *taking)
{
	struct ph_view *rest = &taking->rest;
	struct ph_bundle_record record;
	int rc = ph_bundle_read(taking->reader, &record);

	if (rc == 0) {
		return on_record(taking, &record);
	}
	if (rc == PH_BUNDLE_E_MORE && rest->len > 0) {
		size_t len = rest->len < PH_FRAME_MAX ? rest->len : PH_FRAME_MAX;

		rc = ph_bundle_feed(taking->reader, PH_VIEW(rest->data, len));
		rest->data += len;
		rest->len -= len;
	} else if (rc == PH_BUNDLE_E_MORE) {
		ph_bundle_feed_end(taking->reader);
		rc = 0;
	}
	return rc;
}

/* Up to the next commit. 0: there may be more; PH_BUNDLE_E_OVER, another of PH_BUNDLE_E_*, negative errno. */
static int read_some(struct ph_site_taking *taking)
{
	int kept;
	int rc = 0;

	taking->has_committed = false;
	while (rc == 0 && !taking->has_committed) {
		rc = read_on(taking);
	}
	/* what was read before the end, whatever that is, counts */
	kept = rc > 0 ? store(taking) : 0;
	return kept != 0 ? kept : rc;
}

int ph_site_taking_new(struct ph_site_taking **taking_out, struct ph_site *site,
		       struct ph_view bundle, enum ph_road road)
{
	struct ph_site_taking *taking = calloc(1, sizeof(*taking));
	struct ph_bundle_reader_config config = { .direction = PH_BUNDLE_DOWN,
						  .keys = &site->keys.box,
						  .n_keys = 1 };
	int rc;

	if (!taking) {
		return -ENOMEM;
	}
	memcpy(config.to, site->cert.device_id, sizeof(config.to));
	rc = ph_bundle_reader_new(&taking->reader, &config);
	if (rc < 0) {
		free(taking);
		return rc;
	}
	taking->site = site;
	taking->rest = bundle;
	taking->road = road;
	taking->last = &taking->items;
	*taking_out = taking;
	return 0;
}

void ph_site_taking_free(struct ph_site_taking *taking)
{
	if (taking) {
		ph_items_free(taking->items);
		ph_bundle_reader_free(taking->reader);
		free(taking);
	}
}

/* As read_some(), while the site knows that a bundle is what it comes from. */
static int take_some(struct ph_site_taking *taking)
{
	struct ph_site *site = taking->site;
	const struct ph_site_moved moved = site->moved;
	int rc;

	if (!taking->is_begun) {
		taking->is_begun = true;
		site->n_left_alone = 0;
	}
	site->moved = taking->taken.moved;
	site->by_file = true;
	site->by_courier = taking->road == PH_ROAD_COURIER;
	rc = read_some(taking);
	site->by_file = false;
	taking->taken.left += site->left;
	site->left = 0;
	taking->taken.moved = site->moved;
	site->moved = moved;
	return rc;
}

int ph_site_taking_step(struct ph_site_taking *taking, struct ph_site_taken *taken_out,
			struct ph_error *err)
{
	int rc;

	taking->err = err;
	rc = take_some(taking);
	/* behind each commit: nobody may come for the next step */
	if (rc >= 0 && ph_site_erase_heard(taking->site, err) < 0) {
		return -EIO;
	}
	if (rc == 0) {
		return PH_SITE_TAKE_E_MORE;
	}
	if (rc < 0) {
		return ph_fail_errno(err, rc,
				     ph_say("keeping what the stick brought",
					    "lưu những gì thẻ USB mang tới"));
	}
	taking->taken.refusal = rc == PH_BUNDLE_E_OVER ? 0 : rc;
	*taken_out = taking->taken;
	return 0;
}

int ph_site_take_bundle(struct ph_site *site, struct ph_view bundle, enum ph_road road,
			struct ph_site_taken *taken_out, struct ph_error *err)
{
	struct ph_site_taking *taking = NULL;
	int rc = ph_site_taking_new(&taking, site, bundle, road);

	if (rc < 0) {
		return ph_fail_errno(err, rc,
				     ph_say("keeping what the stick brought",
					    "lưu những gì thẻ USB mang tới"));
	}
	do {
		rc = ph_site_taking_step(taking, taken_out, err);
	} while (rc == PH_SITE_TAKE_E_MORE);
	ph_site_taking_free(taking);
	return rc;
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
		return ph_fail_errno(err, rc,
				     ph_say("writing to this site's store",
					    "ghi vào kho dữ liệu của điểm"));
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
