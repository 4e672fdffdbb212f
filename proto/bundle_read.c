/*
 * proto/bundle_read.c - a bundle, read piece by piece.
 *
 *   HEADER --> HANDSHAKE --> RECORDS --> ENDED     (every state may end in a refusal)
 *
 * Header and X message first, then frames, each opened under the next nonce and read
 * message by message. An item is handed out when it is whole and its hash is right.
 * Nothing is set aside for a length that was announced: buffers grow with what came.
 *
 * Whatever does not open, is out of its place, breaks a rule or a limit, or is missing
 * when the file ends, is a refusal; it stays, and nothing behind it is looked at.
 */
#include "proto/bundle_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "proto/noise.h"

enum state {
	HEADER,
	HANDSHAKE,
	RECORDS,
	ENDED,
};

struct ph_bundle_reader {
	struct ph_bundle_reader_config config;
	enum state state;
	int refusal;
	bool has_first, file_ended, end_told;
	struct ph_bundle_header header;
	uint64_t size;
	struct ph_buf in; /* the front of what was fed and not used */
	struct ph_cipher cipher;
	uint8_t sender[PH_KEY_SIZE];
	struct ph_buf payload;
	struct ph_buf plain; /* of the frame being read */
	size_t plain_at;
	struct ph_hello hello;
	struct ph_item *item; /* not whole yet */
	uint64_t item_total;
	uint8_t item_hash[16];
	uint64_t count;
};

int ph_bundle_reader_new(struct ph_bundle_reader **reader_out,
			 const struct ph_bundle_reader_config *config)
{
	struct ph_bundle_reader *reader = calloc(1, sizeof(*reader));

	if (reader == NULL) {
		return -ENOMEM;
	}
	reader->config = *config;
	*reader_out = reader;
	return 0;
}

void ph_bundle_reader_free(struct ph_bundle_reader *reader)
{
	if (reader != NULL) {
		ph_cipher_deinit(&reader->cipher);
		ph_items_free(reader->item);
		ph_buf_wipe(&reader->plain);
		ph_buf_deinit(&reader->payload);
		ph_buf_deinit(&reader->in);
		free(reader);
	}
}

const struct ph_bundle_header *ph_bundle_reader_header(
	const struct ph_bundle_reader *reader)
{
	return reader->state > HEADER ? &reader->header : NULL;
}

int ph_bundle_feed(struct ph_bundle_reader *reader, struct ph_view bytes)
{
	reader->size += bytes.len;
	return ph_buf_put_view(&reader->in, bytes);
}

void ph_bundle_feed_end(struct ph_bundle_reader *reader)
{
	reader->file_ended = true;
}

static int more(const struct ph_bundle_reader *reader)
{
	return reader->file_ended ? PH_BUNDLE_E_CUT : PH_BUNDLE_E_MORE;
}

/* ---- header and X message ---- */

static const struct ph_box_pair *find_key(const struct ph_bundle_reader *reader)
{
	for (unsigned i = 0; i < reader->config.n_keys; i++) {
		if (memcmp(reader->config.keys[i].key, reader->header.hint,
			   sizeof(reader->header.hint)) == 0) {
			return &reader->config.keys[i];
		}
	}
	return NULL;
}

static bool is_to_us(const struct ph_bundle_reader *reader)
{
	const struct ph_bundle_reader_config *config = &reader->config;
	const uint8_t *to = reader->header.to;
	bool ours = memcmp(to, config->to, PH_DEVICE_ID_SIZE) == 0;

	for (unsigned i = 0; !ours && i < config->n_also; i++) {
		ours = memcmp(to, config->also[i], PH_DEVICE_ID_SIZE) == 0;
	}
	return ours;
}

static int read_header(struct ph_bundle_reader *reader)
{
	int rc = ph_bundle_header_decode(ph_buf_view(&reader->in), &reader->header);

	if (rc != 0) {
		return rc == PH_BUNDLE_E_MORE ? more(reader) : rc;
	}
	if (reader->header.direction != reader->config.direction || !is_to_us(reader) ||
	    find_key(reader) == NULL) {
		return PH_BUNDLE_E_RECIPIENT;
	}
	/* its bytes stay in front of the X message, as the prologue */
	reader->state = HANDSHAKE;
	return 0;
}

/* The frame behind the first AT bytes of what was fed. 0, PH_BUNDLE_E_*. */
static int next_frame(struct ph_bundle_reader *reader, size_t at,
		      struct ph_view *body_out, size_t *used_out)
{
	struct ph_view in = PH_VIEW(reader->in.data + at, reader->in.len - at);
	size_t before = in.len;
	int rc = ph_frame_decode(&in, PH_FRAME_MAX, body_out);

	if (rc != 0) {
		return rc == PH_FRAME_E_SHORT ? more(reader) : PH_BUNDLE_E_SEAL;
	}
	*used_out = at + before - in.len;
	return 0;
}

static int open_x(struct ph_bundle_reader *reader, struct ph_view body)
{
	struct ph_cipher unused;
	struct ph_noise noise;
	int rc = ph_noise_init(&noise, &(struct ph_noise_config){
					       .pattern = PH_NOISE_X,
					       .role = PH_NOISE_RESPONDER,
					       .prologue = PH_VIEW(reader->in.data,
								   PH_BUNDLE_HEADER_LEN),
					       .static_secret = find_key(reader)->secret,
				       });

	if (rc != 0) {
		return rc;
	}
	rc = ph_noise_consume_message(&noise, body, &reader->payload);
	if (rc == 0) {
		memcpy(reader->sender, ph_noise_remote_static(&noise), PH_KEY_SIZE);
		rc = ph_noise_split(&noise, &unused, &reader->cipher);
	}
	ph_noise_deinit(&noise);
	return rc > 0 ? PH_BUNDLE_E_SEAL : rc;
}

static int read_x(struct ph_bundle_reader *reader, struct ph_bundle_record *record)
{
	struct ph_view body;
	size_t used;
	int rc = next_frame(reader, PH_BUNDLE_HEADER_LEN, &body, &used);

	rc = rc == 0 ? open_x(reader, body) : rc;
	if (rc != 0) {
		return rc;
	}
	ph_buf_drop(&reader->in, used);
	if (reader->payload.len < 1 || reader->payload.len > PH_CERT_MAX) {
		return PH_BUNDLE_E_FORM;
	}
	reader->state = RECORDS;
	record->type = PH_BUNDLE_SENDER;
	record->key = reader->sender;
	record->payload = ph_buf_view(&reader->payload);
	return 0;
}

/* ---- records ---- */

static int read_frame(struct ph_bundle_reader *reader)
{
	struct ph_view body;
	size_t used;
	int rc = next_frame(reader, 0, &body, &used);

	if (rc != 0) {
		return rc;
	}
	if (reader->plain.len > 0) {
		sodium_memzero(reader->plain.data, reader->plain.len);
	}
	reader->plain.len = 0;
	reader->plain_at = 0;
	rc = ph_cipher_open(&reader->cipher, body, &reader->plain);
	if (rc != 0) {
		return rc > 0 ? PH_BUNDLE_E_SEAL : rc;
	}
	ph_buf_drop(&reader->in, used);
	return reader->plain.len == 0 ? PH_BUNDLE_E_FORM : 0;
}

static int on_chunk(struct ph_bundle_reader *reader, struct ph_view chunk,
		    struct ph_bundle_record *record)
{
	struct ph_item *item = reader->item;
	uint8_t hash[16];

	if (chunk.len > reader->item_total - item->body.len) {
		return PH_BUNDLE_E_FORM;
	}

	int rc = ph_buf_put_view(&item->body, chunk);

	if (rc != 0 || item->body.len < reader->item_total) {
		return rc != 0 ? rc : PH_BUNDLE_E_MORE; /* no record yet */
	}
	ph_item_hash(item, hash);
	if (memcmp(hash, reader->item_hash, sizeof(hash)) != 0) {
		return PH_BUNDLE_E_FORM;
	}
	reader->item = NULL;
	reader->count++;
	record->type = PH_BUNDLE_ITEM;
	record->item = item;
	return 0;
}

static int on_item(struct ph_bundle_reader *reader, const struct ph_message *message,
		   struct ph_bundle_record *record)
{
	enum ph_item_type type = message->type == PH_MSG_SEGMENT  ? PH_ITEM_SEGMENT
				 : message->type == PH_MSG_PACKED ? PH_ITEM_PACKED
				 : message->type == PH_MSG_PART   ? PH_ITEM_PART
								  : PH_ITEM_PAGE;

	if (message->total > ph_item_max(type) ||
	    (type == PH_ITEM_PAGE && reader->config.direction != PH_BUNDLE_DOWN)) {
		return PH_BUNDLE_E_FORM;
	}
	reader->item = ph_item_new(type);
	if (reader->item == NULL) {
		return -ENOMEM;
	}
	memcpy(reader->item->log_id, message->log_id, sizeof(message->log_id));
	reader->item->first = message->first;
	reader->item->last = message->last;
	memset(reader->item_hash, 0, sizeof(reader->item_hash));
	if (type == PH_ITEM_SEGMENT || type == PH_ITEM_PACKED) {
		memcpy(reader->item->seal, message->seal, sizeof(message->seal));
	}
	if (type == PH_ITEM_PART) {
		memcpy(reader->item->seed, message->seed, sizeof(message->seed));
		reader->item->is_boxed = message->form == PH_PART_FORM_BOX;
	} else {
		memcpy(reader->item_hash, message->hash, sizeof(message->hash));
	}
	reader->item_total = message->total;
	return on_chunk(reader, message->chunk, record);
}

static int on_hello(struct ph_bundle_reader *reader, struct ph_view bytes,
		    struct ph_bundle_record *record)
{
	int rc = ph_hello_decode(bytes, &reader->hello);

	if (rc != 0) {
		return rc < 0                       ? rc
		       : rc == PH_MESSAGE_E_VERSION ? PH_BUNDLE_E_VERSION
						    : PH_BUNDLE_E_FORM;
	}
	if (reader->hello.cert.len > 0 || reader->hello.n_segments > 0 ||
	    reader->hello.has_partial || reader->hello.keeps ||
	    reader->hello.counter != reader->header.number) {
		return PH_BUNDLE_E_FORM;
	}
	record->type = PH_BUNDLE_HELLO;
	record->hello = &reader->hello;
	return 0;
}

static int on_first(struct ph_bundle_reader *reader, const struct bundle_said *said,
		    struct ph_bundle_record *record)
{
	bool is_up = reader->config.direction == PH_BUNDLE_UP;

	if (said->type != (is_up ? BUNDLE_MSG_HELLO : BUNDLE_MSG_WELCOME)) {
		return PH_BUNDLE_E_FORM;
	}
	reader->has_first = true;
	if (is_up) {
		return on_hello(reader, said->bytes, record);
	}
	record->type = PH_BUNDLE_WELCOME;
	record->epoch = said->epoch;
	record->time = said->number;
	record->form = said->bytes;
	return 0;
}

static int on_end(struct ph_bundle_reader *reader, const struct bundle_said *said)
{
	if (said->number != reader->count) {
		return PH_BUNDLE_E_FORM;
	}
	if (reader->plain_at < reader->plain.len) {
		return PH_BUNDLE_E_TRAILING;
	}
	reader->state = ENDED;
	return PH_BUNDLE_E_MORE;
}

/* One message. PH_BUNDLE_E_MORE: it makes no record yet. */
static int on_said(struct ph_bundle_reader *reader, const struct bundle_said *said,
		   struct ph_bundle_record *record)
{
	if (!reader->has_first) {
		return on_first(reader, said, record);
	}
	if (reader->item != NULL) {
		return said->type == PH_MSG_MORE
			       ? on_chunk(reader, said->message.chunk, record)
			       : PH_BUNDLE_E_FORM;
	}
	switch (said->type) {
	case PH_MSG_SEGMENT:
	case PH_MSG_PACKED:
	case PH_MSG_PART:
	case PH_MSG_PAGE:
		return on_item(reader, &said->message, record);
	case BUNDLE_MSG_RECEIPT:
		if (reader->config.direction != PH_BUNDLE_DOWN) {
			return PH_BUNDLE_E_FORM;
		}
		reader->count++;
		record->type = PH_BUNDLE_RECEIPT;
		record->receipt = said->bytes;
		return 0;
	case BUNDLE_MSG_END:
		return on_end(reader, said);
	default:
		return PH_BUNDLE_E_FORM;
	}
}

/* What is left of the open frame. PH_BUNDLE_E_MORE: nothing that makes a record. */
static int read_plain(struct ph_bundle_reader *reader, struct ph_bundle_record *record)
{
	int rc = PH_BUNDLE_E_MORE;

	while (rc == PH_BUNDLE_E_MORE && reader->plain_at < reader->plain.len) {
		struct ph_view rest = PH_VIEW(reader->plain.data + reader->plain_at,
					      reader->plain.len - reader->plain_at);
		struct bundle_said said;

		if (rest.data[0] == BUNDLE_PAD) {
			reader->plain_at++;
			continue;
		}
		rc = bundle_said_decode(&rest, &said);
		reader->plain_at = reader->plain.len - rest.len;
		rc = rc == 0 ? on_said(reader, &said, record) : rc;
		sodium_memzero(&said, sizeof(said)); /* a seed */
	}
	return rc;
}

static int read_records(struct ph_bundle_reader *reader, struct ph_bundle_record *record)
{
	int rc = read_plain(reader, record);

	while (rc == PH_BUNDLE_E_MORE && reader->state == RECORDS) {
		rc = read_frame(reader);
		if (rc != 0) {
			return rc;
		}
		rc = read_plain(reader, record);
	}
	return rc;
}

static int read_end(struct ph_bundle_reader *reader, struct ph_bundle_record *record)
{
	if (reader->in.len > 0) {
		return PH_BUNDLE_E_TRAILING;
	}
	if (!reader->file_ended || reader->end_told) {
		return reader->end_told ? PH_BUNDLE_E_OVER : PH_BUNDLE_E_MORE;
	}
	reader->end_told = true;
	record->type = PH_BUNDLE_END;
	record->count = reader->count;
	return 0;
}

static int read_next(struct ph_bundle_reader *reader, struct ph_bundle_record *record)
{
	int rc = reader->state == HEADER ? read_header(reader) : 0;

	if (rc != 0) {
		return rc;
	}
	if (reader->size > PH_BUNDLE_MAX) {
		return PH_BUNDLE_E_BIG;
	}
	if (reader->state == HANDSHAKE) {
		return read_x(reader, record);
	}
	if (reader->state == RECORDS) {
		rc = read_records(reader, record);
		if (reader->state == RECORDS || rc != PH_BUNDLE_E_MORE) {
			return rc;
		}
	}
	return read_end(reader, record);
}

int ph_bundle_read(struct ph_bundle_reader *reader, struct ph_bundle_record *record_out)
{
	struct ph_bundle_record record = { 0 };

	if (reader->refusal != 0) {
		return reader->refusal;
	}

	int rc = read_next(reader, &record);

	if (rc == 0) {
		*record_out = record;
	} else if (rc != PH_BUNDLE_E_MORE && rc != PH_BUNDLE_E_OVER) {
		reader->refusal = rc;
	}
	return rc;
}
