/*
 * tests/unit/bundle_maker.h - bundles for tests: sender and recipient of made keys, a
 * bundle of some items, and one whose records the test says itself.
 */
#ifndef TESTS_UNIT_BUNDLE_MAKER_H
#define TESTS_UNIT_BUNDLE_MAKER_H

#include <stdlib.h>
#include <string.h>

#include "proto/bundle_internal.h"
#include "proto/noise.h"

struct maker {
	struct ph_rng_seeded seeded;
	struct ph_rng rng;
	struct ph_box_pair sender, recipient;
	struct ph_bundle_config config;
};

static inline void maker_must(bool fact)
{
	if (!fact) {
		abort();
	}
}

static inline void maker_init(struct maker *maker, enum ph_bundle_direction direction)
{
	memset(maker, 0, sizeof(*maker));
	ph_rng_seed(&maker->seeded, 11, &maker->rng);
	ph_box_pair_make(&maker->sender, &maker->rng);
	ph_box_pair_make(&maker->recipient, &maker->rng);
	maker->config = (struct ph_bundle_config){
		.header = { .direction = direction, .number = 7, .made = 1790000000 },
		.keys = &maker->sender,
		.payload = ph_view_str("who I am"),
		.rng = maker->rng,
	};
	memset(maker->config.header.from, 0x11, PH_DEVICE_ID_SIZE);
	memset(maker->config.header.to, 0x22, PH_DEVICE_ID_SIZE);
	memcpy(maker->config.to_key, maker->recipient.key, PH_KEY_SIZE);
}

/* An item with a body of LEN bytes; N tells one from the other. */
static inline struct ph_item *maker_item(enum ph_item_type type, uint64_t n, size_t len)
{
	struct ph_item *item = ph_item_new(type);

	maker_must(item != NULL && ph_buf_reserve(&item->body, len + 1) == 0);
	memset(item->body.data, (int)(0x40 + n % 32), len);
	item->body.len = len;
	item->first = item->last = n;
	memset(item->log_id, 0x33, sizeof(item->log_id));
	if (type == PH_ITEM_SEGMENT) {
		memset(item->seal, 0x44, sizeof(item->seal));
	} else if (type == PH_ITEM_PART) {
		memset(item->seed, 0x55, sizeof(item->seed));
	} else {
		memset(item->log_id, 0, sizeof(item->log_id));
		item->first = item->last = 0;
	}
	return item;
}

static inline void maker_put(struct ph_bundle_writer *writer, enum ph_item_type type,
			     uint64_t n, size_t len, struct ph_buf *out)
{
	struct ph_item *item = maker_item(type, n, len);

	maker_must(ph_bundle_put_item(writer, item, out) == 0);
	ph_items_free(item);
}

/* The first record of the direction. */
static inline void maker_first(struct maker *maker, struct ph_bundle_writer *writer,
			       struct ph_buf *out)
{
	if (maker->config.header.direction == PH_BUNDLE_UP) {
		struct ph_hello hello = { .counter = maker->config.header.number,
					  .n_heads = 1 };

		memset(hello.head[0].log_id, 0x33, PH_LOG_ID_SIZE);
		memset(hello.head[0].h, 0x66, PH_HASH_SIZE);
		hello.head[0].n = 9;
		maker_must(ph_bundle_put_up(writer, &hello, out) == 0);
	} else {
		const struct ph_epoch epoch = { .number = 3, .random = "epoch 3" };

		maker_must(ph_bundle_put_down(writer, &epoch, 1790000009, NULL, out) ==
			   0);
	}
}

/* A whole bundle: two segments, a part, and down a receipt and a page; SIZE: of the first body. */
static inline void maker_bundle(struct maker *maker, size_t size, struct ph_buf *out)
{
	struct ph_bundle_writer *writer;

	maker_must(ph_bundle_writer_new(&writer, &maker->config, out) == 0);
	maker_first(maker, writer, out);
	if (maker->config.header.direction == PH_BUNDLE_DOWN) {
		maker_must(ph_bundle_put_receipt(writer, ph_view_str("a receipt"), out) ==
			   0);
	}
	maker_put(writer, PH_ITEM_SEGMENT, 1, size, out);
	maker_put(writer, PH_ITEM_PART, 1, 40, out);
	maker_put(writer, PH_ITEM_SEGMENT, 2, 100, out);
	if (maker->config.header.direction == PH_BUNDLE_DOWN) {
		maker_put(writer, PH_ITEM_PAGE, 3, 200, out);
	}
	maker_must(ph_bundle_finish(writer, out) == 0);
	maker_must(ph_bundle_padded(out->len) == out->len);
	ph_bundle_writer_free(writer);
}

/* --- records that no writer makes --- */

struct crafted {
	struct ph_cipher cipher;
	struct ph_buf bytes;
};

static inline void craft_begin(struct maker *maker, struct crafted *crafted)
{
	struct ph_bundle_header header = maker->config.header;
	uint8_t prologue[PH_BUNDLE_HEADER_LEN];
	struct ph_buf message = { 0 };
	struct ph_cipher unused;
	struct ph_noise noise;

	memset(crafted, 0, sizeof(*crafted));
	memcpy(header.hint, maker->config.to_key, sizeof(header.hint));
	bundle_header_encode(&header, prologue);
	maker_must(ph_noise_init(&noise, &(struct ph_noise_config){
						 .pattern = PH_NOISE_X,
						 .role = PH_NOISE_INITIATOR,
						 .prologue = PH_VIEW(prologue, 64),
						 .static_secret = maker->sender.secret,
						 .remote_static = maker->config.to_key,
					 }) == 0);
	maker_must(ph_noise_create_message(&noise, &maker->rng, maker->config.payload,
					   &message) == 0);
	maker_must(ph_noise_split(&noise, &crafted->cipher, &unused) == 0);
	maker_must(ph_buf_put(&crafted->bytes, prologue, sizeof(prologue)) == 0);
	maker_must(ph_frame_encode(ph_buf_view(&message), &crafted->bytes) == 0);
	ph_noise_deinit(&noise);
	ph_buf_deinit(&message);
}

static inline void craft_frame(struct crafted *crafted, struct ph_view plain)
{
	struct ph_buf sealed = { 0 };

	maker_must(ph_cipher_seal(&crafted->cipher, plain, &sealed) == 0);
	maker_must(ph_frame_encode(ph_buf_view(&sealed), &crafted->bytes) == 0);
	ph_buf_deinit(&sealed);
}

/* --- reading --- */

struct seen {
	bool any; /* records are not those of maker_bundle() */
	unsigned sender, first, receipts, items, ends;
	uint64_t bytes; /* of the items' bodies */
	int rc;         /* how it ended: PH_BUNDLE_E_OVER when all is well */
};

static inline void seen_add(struct seen *seen, struct ph_bundle_record *record)
{
	switch (record->type) {
	case PH_BUNDLE_SENDER:
		maker_must(ph_view_equal(record->payload, ph_view_str("who I am")));
		seen->sender++;
		break;
	case PH_BUNDLE_HELLO:
		maker_must(seen->any || (record->hello->counter == 7 &&
					 record->hello->head[0].n == 9));
		seen->first++;
		break;
	case PH_BUNDLE_WELCOME:
		maker_must(seen->any ||
			   (record->epoch.number == 3 && record->time == 1790000009));
		seen->first++;
		break;
	case PH_BUNDLE_RECEIPT:
		maker_must(seen->any ||
			   ph_view_equal(record->receipt, ph_view_str("a receipt")));
		seen->receipts++;
		break;
	case PH_BUNDLE_ITEM:
		seen->items++;
		seen->bytes += record->item->body.len;
		ph_items_free(record->item);
		break;
	case PH_BUNDLE_END:
		maker_must(record->count == seen->items + seen->receipts);
		seen->ends++;
		break;
	}
}

/* Read BYTES as MAKER's recipient, STEP bytes at a time; ANY records. */
static inline struct seen maker_read_any(const struct maker *maker, struct ph_view bytes,
					 size_t step, bool any)
{
	struct ph_bundle_reader_config config = {
		.direction = maker->config.header.direction,
		.keys = &maker->recipient,
		.n_keys = 1,
	};
	struct ph_bundle_reader *reader;
	struct ph_bundle_record record;
	struct seen seen = { .any = any };

	memset(config.to, 0x22, sizeof(config.to));
	maker_must(ph_bundle_reader_new(&reader, &config) == 0);
	for (;;) {
		seen.rc = ph_bundle_read(reader, &record);
		if (seen.rc == 0) {
			seen_add(&seen, &record);
		} else if (seen.rc != PH_BUNDLE_E_MORE) {
			break;
		} else if (bytes.len == 0) {
			ph_bundle_feed_end(reader);
		} else {
			size_t len = bytes.len < step ? bytes.len : step;

			maker_must(ph_bundle_feed(reader, PH_VIEW(bytes.data, len)) == 0);
			bytes.data += len;
			bytes.len -= len;
		}
	}
	maker_must(ph_bundle_read(reader, &record) == seen.rc);
	ph_bundle_reader_free(reader);
	return seen;
}

static inline struct seen maker_read(const struct maker *maker, struct ph_view bytes,
				     size_t step)
{
	return maker_read_any(maker, bytes, step, false);
}

#endif
