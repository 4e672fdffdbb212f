/*
 * daemon/hub_bundle.c - a bundle from a device.
 *
 * The header names a sender, the X message proves a static key, and the certificate in its
 * payload (or the one held) must join the two. Then HELLO finds or admits the device, its
 * items go into STORE jobs as they are read, and END, if the bundle is newer than all that
 * was heard of the device, is its HEARD. Each job is a transaction; what the hub sends
 * back waits for a bundle down.
 *
 * What does not go on from what is here (a bundle lost, the hub restored) is left alone;
 * what is forged ends the bundle. A device that was cut off or an invite that was
 * cancelled is treated as in a session.
 */
#include "daemon/hub_bundle.h"
#include "daemon/hub_copy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	BATCH = 256 * 1024, /* bytes of items in one job */
};

struct taking {
	struct ph_hub *hub;
	struct ph_bundle_reader *reader;
	struct ph_hub_bundle_taken *taken;
	enum ph_road road;
	uint8_t key[PH_KEY_SIZE];
	struct ph_buf cert;
	struct ph_buf hello; /* as it was told, encoded */
	struct ph_item *items, **last;
	size_t size;
};

void ph_hub_id(const struct ph_hub *hub, uint8_t out[static PH_DEVICE_ID_SIZE])
{
	ph_device_id(out, hub->keys.sign.key);
}

/* ---- who made it ---- */

/* 0, PH_BUNDLE_E_SENDER or negative errno. */
static int check_sender(struct taking *taking, const struct ph_bundle_record *record)
{
	const struct ph_bundle_header *header = ph_bundle_reader_header(taking->reader);
	struct ph_device device;
	struct ph_cert cert;
	int rc = ph_journal_device_by_box(taking->hub->journal, record->key, &device);

	if (rc == 0) {
		return memcmp(device.id, header->from, sizeof(device.id)) == 0
			       ? 0
			       : PH_BUNDLE_E_SENDER;
	}
	if (rc != PH_JOURNAL_E_NONE) {
		return rc;
	}
	rc = ph_hub_cert_decode(taking->hub, record->payload, &cert);
	if (rc == 0 && (memcmp(cert.box_key, record->key, PH_KEY_SIZE) != 0 ||
			memcmp(cert.device_id, header->from, PH_DEVICE_ID_SIZE) != 0)) {
		rc = PH_CERT_E_SIGNATURE;
	}
	return rc > 0 ? PH_BUNDLE_E_SENDER : rc;
}

static int on_sender(struct taking *taking, const struct ph_bundle_record *record)
{
	int rc = check_sender(taking, record);

	taking->taken->header = *ph_bundle_reader_header(taking->reader);
	memcpy(taking->key, record->key, sizeof(taking->key));
	return rc != 0 ? rc : ph_buf_put_view(&taking->cert, record->payload);
}

/* ---- jobs ---- */

static void refuse(struct taking *taking, const char *words)
{
	snprintf(taking->taken->words, sizeof(taking->taken->words), "%s", words);
}

/* Carry out JOB, which has room for receipts: they go home by a bundle down. */
static int carry_out(struct taking *taking, struct ph_job *job)
{
	struct ph_short_receipt *room = calloc(PH_HEADS_MAX, sizeof(*room));

	if (!room) {
		return -ENOMEM;
	}
	job->owner = &taking->taken->peer;
	job->receipt = room;
	job->room = PH_HEADS_MAX;
	job->welcome.receipt = room;
	ph_hub_jobs(taking->hub, job);
	free(room);
	return job->result;
}

/* What HELLO came to. 0; PH_BUNDLE_E_SENDER: not served; negative errno. */
static int on_hello(struct taking *taking, const struct ph_bundle_record *record)
{
	struct ph_hub_bundle_taken *taken = taking->taken;
	struct ph_job job = { .type = PH_JOB_HELLO, .hello = *record->hello };
	int rc = ph_hello_encode(record->hello, &taking->hello);

	if (rc < 0) {
		return rc;
	}
	memcpy(job.peer_key, taking->key, sizeof(job.peer_key));
	job.hello.cert = ph_buf_view(&taking->cert);
	taken->peer.by_file = true;
	taken->peer.road = taking->road;
	rc = carry_out(taking, &job);
	taken->known = taken->peer.known;
	taken->status = job.welcome.status;
	if (rc < 0) {
		return rc;
	}
	if (taken->status != PH_STATUS_OK || !taken->known) {
		refuse(taking, taken->peer.refusal);
		return PH_BUNDLE_E_SENDER;
	}
	return 0;
}

/* 0; PH_BUNDLE_E_FORM: forged; PH_BUNDLE_E_FULL: to come again, and why is in TAKEN; negative errno. */
static int store(struct taking *taking)
{
	struct ph_job job = { .type = PH_JOB_STORE, .items = taking->items };
	int rc;

	if (!taking->items) {
		return 0;
	}
	taking->items = NULL;
	taking->last = &taking->items;
	taking->size = 0;
	rc = carry_out(taking, &job);
	ph_items_free(job.items);
	if (rc == 0 && (job.bad || job.later)) {
		refuse(taking, taking->taken->peer.refusal);
		taking->taken->why = job.why;
		rc = job.bad ? PH_BUNDLE_E_FORM : PH_BUNDLE_E_FULL;
	}
	return rc;
}

static int on_item(struct taking *taking, struct ph_item *item)
{
	*taking->last = item;
	taking->last = &item->next;
	taking->size += item->body.len + PH_ITEM_CREDIT;
	return taking->size >= BATCH ? store(taking) : 0;
}

static int on_end(struct taking *taking)
{
	struct ph_hub_bundle_taken *taken = taking->taken;
	struct ph_job job = { .type = PH_JOB_HEARD };
	bool is_news = false;
	int rc = store(taking);

	rc = rc != 0 ? rc
		     : ph_hub_bundle_came(taking->hub, taken->header.from,
					  taken->header.number, taken->header.number);
	rc = rc != 0 ? rc
		     : ph_hub_copy_is_news(taking->hub, &taken->peer,
					   (int64_t)taken->header.made, &is_news);
	if (rc != 0 || !is_news) {
		return rc;
	}
	taken->peer.told = ph_buf_view(&taking->hello);
	taken->peer.made = (int64_t)taken->header.made;
	rc = carry_out(taking, &job);
	taken->live = rc == 0;
	return rc;
}

static int on_record(struct taking *taking, const struct ph_bundle_record *record)
{
	switch (record->type) {
	case PH_BUNDLE_SENDER:
		return on_sender(taking, record);
	case PH_BUNDLE_HELLO:
		return on_hello(taking, record);
	case PH_BUNDLE_ITEM:
		return on_item(taking, record->item);
	case PH_BUNDLE_END:
		return on_end(taking);
	case PH_BUNDLE_WELCOME:
	case PH_BUNDLE_RECEIPT:
		break;
	}
	return 0;
}

/* ---- the whole ---- */

static int read_all(struct taking *taking, struct ph_view bundle)
{
	struct ph_bundle_record record;
	int kept;
	int rc = 0;

	while (rc == 0) {
		rc = ph_bundle_read(taking->reader, &record);
		if (rc == 0) {
			rc = on_record(taking, &record);
		} else if (rc == PH_BUNDLE_E_MORE && bundle.len > 0) {
			size_t len =
				bundle.len < PH_FRAME_MAX ? bundle.len : PH_FRAME_MAX;

			rc = ph_bundle_feed(taking->reader, PH_VIEW(bundle.data, len));
			bundle.data += len;
			bundle.len -= len;
		} else if (rc == PH_BUNDLE_E_MORE) {
			ph_bundle_feed_end(taking->reader);
			rc = 0;
		}
	}
	/* what was read before the end, whatever that is, counts */
	kept = rc > 0 && taking->taken->known ? store(taking) : 0;
	return kept != 0 ? kept : rc == PH_BUNDLE_E_OVER ? 0 : rc;
}

static const char *reason_of(const struct ph_hub_bundle_taken *taken)
{
	switch (taken->status) {
	case PH_STATUS_CUT:
		return "cut-off";
	case PH_STATUS_LATER:
		return "later";
	case PH_STATUS_UNKNOWN:
	case PH_STATUS_CERT:
		return "not-accepted";
	default:
		break;
	}
	return taken->refusal == 0                  ? NULL
	       : taken->refusal != PH_BUNDLE_E_FULL ? ph_bundle_reason(taken->refusal)
	       : taken->why == PH_WHY_PUT_BACK      ? "put-back"
						    : "later";
}

int ph_hub_bundle_take(struct ph_hub *hub, struct ph_view bundle, enum ph_road road,
		       struct ph_hub_bundle_taken *taken_out)
{
	struct taking taking = { .hub = hub, .taken = taken_out, .road = road };
	struct ph_bundle_reader_config config = {
		.direction = PH_BUNDLE_UP,
		.keys = hub->ring.box,
		.n_keys = hub->ring.n,
		.also = (const uint8_t(*)[PH_DEVICE_ID_SIZE])hub->ring.id,
		.n_also = hub->ring.n
	};
	int rc;

	memset(taken_out, 0, sizeof(*taken_out));
	taking.last = &taking.items;
	ph_hub_id(hub, config.to);
	rc = ph_bundle_reader_new(&taking.reader, &config);
	if (rc == 0) {
		rc = read_all(&taking, bundle);
	}
	taken_out->refusal = rc > 0 ? rc : 0;
	taken_out->reason = reason_of(taken_out);
	taken_out->peer.told = PH_VIEW(NULL, 0);
	if (taken_out->refusal != 0 && taken_out->refusal != PH_BUNDLE_E_FULL &&
	    taken_out->words[0] == '\0') {
		refuse(&taking, ph_bundle_error(taken_out->refusal));
	}
	ph_items_free(taking.items);
	ph_bundle_reader_free(taking.reader);
	ph_buf_deinit(&taking.cert);
	ph_buf_deinit(&taking.hello);
	return rc < 0 ? rc : 0;
}
