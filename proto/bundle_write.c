/*
 * proto/bundle_write.c - a bundle, made piece by piece.
 *
 * Messages are gathered into frames of about 16 KiB, items are cut into chunks that fit
 * one. Each call appends the frames that became full; the last ones come with END, with
 * as much padding before it as brings the file to its size class: frames of nothing but
 * padding, then what is left of it in the frame of END.
 *
 * Before anything is put it is known to fit with END behind it, so a bundle can always
 * be finished. On a lack of memory the writer is good for nothing but to be freed.
 */
#include "proto/bundle_internal.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "proto/noise.h"

enum {
	FRAME_PLAIN = 16 * 1024 - PH_NOISE_TAG_LEN,
	ITEM_AROUND = 160, /* at most, of the message that begins an item */
	MORE_AROUND = 8,
	CHUNK = FRAME_PLAIN - ITEM_AROUND,
	END_LEN_MAX = 12, /* of the message END */
};

struct ph_bundle_writer {
	enum ph_bundle_direction direction;
	uint64_t number;
	struct ph_cipher cipher;
	struct ph_buf plain; /* of the frame that is being filled */
	uint64_t size, max;
	uint64_t count;
	bool has_first, is_finished;
};

static int flush(struct ph_bundle_writer *writer, struct ph_buf *out)
{
	struct ph_buf sealed = { 0 };
	int rc = 0;

	if (writer->plain.len == 0) {
		return 0;
	}
	rc = ph_cipher_seal(&writer->cipher, ph_buf_view(&writer->plain), &sealed);
	if (rc == 0) {
		rc = ph_frame_encode(ph_buf_view(&sealed), out);
	}
	if (rc == 0) {
		writer->size += writer->plain.len + BUNDLE_FRAME_AROUND;
		sodium_memzero(writer->plain.data, writer->plain.len);
		writer->plain.len = 0;
	}
	ph_buf_deinit(&sealed);
	return rc > 0 ? -EINVAL : rc;
}

static int say(struct ph_bundle_writer *writer, const struct bundle_said *said,
	       struct ph_buf *out)
{
	struct ph_buf bytes = { 0 };
	int rc = bundle_said_encode(said, &bytes);

	if (rc == 0 && bytes.len > PH_NOISE_PLAIN_MAX) {
		rc = -EINVAL;
	}
	if (rc == 0 && writer->plain.len + bytes.len > FRAME_PLAIN) {
		rc = flush(writer, out);
	}
	if (rc == 0) {
		rc = ph_buf_put_view(&writer->plain, ph_buf_view(&bytes));
	}
	ph_buf_wipe(&bytes);
	return rc;
}

/* Bytes of the file if LEN of plaintext, in frames of their own, and END followed. */
static uint64_t size_with(const struct ph_bundle_writer *writer, uint64_t len)
{
	uint64_t frames = 2 + len / CHUNK;
	uint64_t most = writer->size + writer->plain.len + BUNDLE_FRAME_AROUND + len +
			frames * BUNDLE_FRAME_AROUND + END_LEN_MAX;

	return ph_bundle_padded(most);
}

static int start(struct ph_bundle_writer *writer, const struct ph_bundle_config *config,
		 struct ph_buf *out)
{
	struct ph_bundle_header header = config->header;
	uint8_t bytes[PH_BUNDLE_HEADER_LEN];
	struct ph_buf message = { 0 };
	struct ph_cipher unused;
	struct ph_noise noise;
	int rc;

	memcpy(header.hint, config->to_key, sizeof(header.hint));
	bundle_header_encode(&header, bytes);
	rc = ph_noise_init(&noise, &(struct ph_noise_config){
					   .pattern = PH_NOISE_X,
					   .role = PH_NOISE_INITIATOR,
					   .prologue = PH_VIEW(bytes, sizeof(bytes)),
					   .static_secret = config->keys->secret,
					   .remote_static = config->to_key,
				   });
	if (rc == 0) {
		rc = ph_noise_create_message(&noise, &config->rng, config->payload,
					     &message);
		rc = rc == 0 ? ph_noise_split(&noise, &writer->cipher, &unused) : rc;
		ph_noise_deinit(&noise);
	}
	if (rc == 0) {
		rc = ph_buf_put(out, bytes, sizeof(bytes));
	}
	if (rc == 0) {
		rc = ph_frame_encode(ph_buf_view(&message), out);
	}
	writer->size = sizeof(bytes) + PH_FRAME_HEADER_LEN + message.len;
	ph_buf_deinit(&message);
	return rc > 0 ? -EINVAL : rc;
}

int ph_bundle_writer_new(struct ph_bundle_writer **writer_out,
			 const struct ph_bundle_config *config, struct ph_buf *out)
{
	uint64_t max = config->max == 0 ? PH_BUNDLE_MAX : config->max;

	if (max > PH_BUNDLE_MAX || config->payload.len < 1 ||
	    config->payload.len > PH_CERT_MAX ||
	    (config->header.direction != PH_BUNDLE_UP &&
	     config->header.direction != PH_BUNDLE_DOWN)) {
		return -EINVAL;
	}

	struct ph_bundle_writer *writer = calloc(1, sizeof(*writer));

	if (writer == NULL) {
		return -ENOMEM;
	}
	writer->direction = config->header.direction;
	writer->number = config->header.number;
	writer->max = max;

	int rc = start(writer, config, out);

	if (rc == 0 && size_with(writer, 0) > max) {
		rc = PH_BUNDLE_E_FULL;
	}
	if (rc != 0) {
		ph_bundle_writer_free(writer);
		return rc;
	}
	*writer_out = writer;
	return 0;
}

void ph_bundle_writer_free(struct ph_bundle_writer *writer)
{
	if (writer != NULL) {
		ph_cipher_deinit(&writer->cipher);
		ph_buf_wipe(&writer->plain);
		free(writer);
	}
}

/* ---- the first record ---- */

static int put_first(struct ph_bundle_writer *writer, const struct bundle_said *said,
		     struct ph_buf *out)
{
	if (writer->has_first || size_with(writer, said->bytes.len + 64) > writer->max) {
		return -EINVAL;
	}

	int rc = say(writer, said, out);

	writer->has_first = rc == 0;
	return rc;
}

int ph_bundle_put_up(struct ph_bundle_writer *writer, const struct ph_hello *hello,
		     struct ph_buf *out)
{
	struct bundle_said said = { .type = BUNDLE_MSG_HELLO };
	struct ph_buf bytes = { 0 };
	int rc = -EINVAL;

	if (writer->direction == PH_BUNDLE_UP && hello->cert.len == 0 &&
	    hello->n_segments == 0 && hello->counter == writer->number) {
		rc = ph_hello_encode(hello, &bytes);
	}
	if (rc == 0) {
		said.bytes = ph_buf_view(&bytes);
		rc = put_first(writer, &said, out);
	}
	ph_buf_deinit(&bytes);
	return rc;
}

int ph_bundle_put_down(struct ph_bundle_writer *writer, const struct ph_epoch *epoch,
		       uint64_t time, const uint8_t *form, struct ph_buf *out)
{
	const struct bundle_said said = {
		.type = BUNDLE_MSG_WELCOME,
		.bytes = PH_VIEW(form, form == NULL ? 0 : PH_PACK_FORM_SIZE),
		.epoch = *epoch,
		.number = time
	};

	return writer->direction == PH_BUNDLE_DOWN && epoch->number > 0
		       ? put_first(writer, &said, out)
		       : -EINVAL;
}

/* ---- receipts and items ---- */

int ph_bundle_put_receipt(struct ph_bundle_writer *writer, struct ph_view receipt,
			  struct ph_buf *out)
{
	const struct bundle_said said = { .type = BUNDLE_MSG_RECEIPT, .bytes = receipt };

	if (!writer->has_first || writer->is_finished ||
	    writer->direction != PH_BUNDLE_DOWN || receipt.len < 1 ||
	    receipt.len > PH_CERT_MAX) {
		return -EINVAL;
	}
	if (size_with(writer, receipt.len + MORE_AROUND) > writer->max) {
		return PH_BUNDLE_E_FULL;
	}

	int rc = say(writer, &said, out);

	writer->count += rc == 0;
	return rc;
}

static void first_chunk(const struct ph_item *item, struct ph_message *message)
{
	static const enum ph_message_type types[] = {
		[PH_ITEM_SEGMENT] = PH_MSG_SEGMENT,
		[PH_ITEM_PART] = PH_MSG_PART,
		[PH_ITEM_PAGE] = PH_MSG_PAGE,
		[PH_ITEM_PACKED] = PH_MSG_PACKED,
	};

	*message = (struct ph_message){
		.type = types[item->type],
		.first = item->first,
		.last = item->last,
		.total = item->body.len,
	};
	memcpy(message->log_id, item->log_id, sizeof(message->log_id));
	memcpy(message->seal, item->seal, sizeof(message->seal));
	memcpy(message->seed, item->seed, sizeof(message->seed));
	message->form = item->is_boxed ? PH_PART_FORM_BOX : PH_PART_FORM_SEED;
	ph_item_hash(item, message->hash);
}

static int put_chunks(struct ph_bundle_writer *writer, const struct ph_item *item,
		      struct ph_buf *out)
{
	struct bundle_said said = { 0 };
	size_t at = 0;
	int rc = 0;

	first_chunk(item, &said.message);
	while (rc == 0 && at < item->body.len) {
		size_t len = item->body.len - at < CHUNK ? item->body.len - at : CHUNK;

		said.type = said.message.type;
		said.message.chunk = PH_VIEW(item->body.data + at, len);
		rc = say(writer, &said, out);
		at += len;
		said.message.type = PH_MSG_MORE;
	}
	sodium_memzero(&said, sizeof(said)); /* a seed */
	return rc;
}

int ph_bundle_put_item(struct ph_bundle_writer *writer, const struct ph_item *item,
		       struct ph_buf *out)
{
	size_t len = item->body.len;

	if (!writer->has_first || writer->is_finished || len == 0 ||
	    len > ph_item_max(item->type) || item->type == PH_ITEM_KEEP ||
	    (item->type == PH_ITEM_PAGE && writer->direction != PH_BUNDLE_DOWN)) {
		return -EINVAL;
	}
	if (size_with(writer, len + ITEM_AROUND + (len / CHUNK + 1) * MORE_AROUND) >
	    writer->max) {
		return PH_BUNDLE_E_FULL;
	}

	int rc = put_chunks(writer, item, out);

	writer->count += rc == 0;
	return rc;
}

static void count(struct ph_bundle_counts *counts, const struct ph_item *item)
{
	switch (item->type) {
	case PH_ITEM_SEGMENT:
	case PH_ITEM_PACKED:
		counts->entries += item->last - item->first + 1;
		counts->parts += item->n_parts;
		break;
	case PH_ITEM_PART:
		counts->parts++;
		break;
	case PH_ITEM_PAGE:
		counts->pages++;
		break;
	case PH_ITEM_KEEP: /* travels in no bundle */
		break;
	}
}

int ph_bundle_put_some(struct ph_bundle_writer *writer, struct ph_bundle_source *source,
		       struct ph_bundle_counts *counts, struct ph_buf *out,
		       bool *left_out)
{
	int rc = source->items != NULL ? 0 : source->load(source->data, &source->items);
	bool left = source->items != NULL;

	while (rc == 0 && source->items != NULL) {
		struct ph_item *item = source->items;

		rc = ph_bundle_put_item(writer, item, out);
		if (rc == 0) {
			count(counts, item);
			source->items = item->next;
			item->next = NULL;
			ph_items_free(item);
		}
	}
	if (rc == 0) {
		*left_out = left;
	}
	return rc;
}

int ph_bundle_put_all(struct ph_bundle_writer *writer, struct ph_bundle_source *source,
		      struct ph_bundle_counts *counts, struct ph_buf *out)
{
	bool left = true;
	int rc = 0;

	while (rc == 0 && left) {
		rc = ph_bundle_put_some(writer, source, counts, out, &left);
	}
	return rc;
}

/* ---- the end ---- */

static int put_padding(struct ph_bundle_writer *writer, size_t len)
{
	int rc = ph_buf_reserve(&writer->plain, len + 1);

	if (rc == 0) {
		memset(writer->plain.data + writer->plain.len, BUNDLE_PAD, len);
		writer->plain.len += len;
	}
	return rc;
}

int ph_bundle_finish(struct ph_bundle_writer *writer, struct ph_buf *out)
{
	const struct bundle_said said = { .type = BUNDLE_MSG_END,
					  .number = writer->count };
	struct ph_buf end = { 0 };
	int rc = writer->has_first && !writer->is_finished
			 ? bundle_said_encode(&said, &end)
			 : -EINVAL;

	if (rc == 0) {
		rc = flush(writer, out);
	}
	if (rc != 0) {
		goto out;
	}
	writer->is_finished = true;

	uint64_t needed = writer->size + BUNDLE_FRAME_AROUND + end.len;
	uint64_t size = ph_bundle_padded(needed);
	uint64_t left = size - needed;

	while (rc == 0 && left > FRAME_PLAIN - end.len) {
		uint64_t len = left - BUNDLE_FRAME_AROUND;

		len = len < FRAME_PLAIN ? len : FRAME_PLAIN;
		rc = put_padding(writer, (size_t)len);
		rc = rc == 0 ? flush(writer, out) : rc;
		left -= len + BUNDLE_FRAME_AROUND;
	}
	if (rc == 0) {
		rc = put_padding(writer, (size_t)left);
	}
	if (rc == 0) {
		rc = ph_buf_put_view(&writer->plain, ph_buf_view(&end));
	}
	rc = rc == 0 ? flush(writer, out) : rc;
	assert(rc != 0 || writer->size == size);
out:
	ph_buf_deinit(&end);
	return rc;
}
