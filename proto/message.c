/*
 * proto/message.c - messages of the transport phase.
 *
 * A message is a MessagePack array that begins with its type. The walker finds its
 * end and bounds depth and items before msgpack-c sees a byte; then each type has one
 * function that reads and one that writes its members, in the table below.
 *
 * Anything else (an unknown type, a member too many, a number out of range, a form
 * that is not the shortest) is PH_MESSAGE_E_FORM: the session ends. New messages
 * need a new protocol version, so there is nothing to skip.
 */
#include "proto/message_internal.h"

#include <errno.h>
#include <string.h>

#include "common/base/limits.h"

static const struct ph_walk_limits limits = {
	.depth = PH_MESSAGE_DEPTH_MAX,
	.items = PH_MESSAGE_ITEMS_MAX,
};

int ph_message_unpack(struct ph_mp *mp, struct ph_view in)
{
	int rc = ph_mp_decode(mp, in, &limits, PH_WALK_CANONICAL);

	return rc > 0 ? PH_MESSAGE_E_FORM : rc;
}

void ph_message_put_uint(struct ph_mpw *writer, uint64_t value)
{
	if (value == 0) {
		ph_mpw_nil(writer);
	} else {
		ph_mpw_uint(writer, value);
	}
}

bool ph_message_get_uint(const msgpack_object *object, uint64_t *out)
{
	if (ph_mp_is_nil(object)) {
		*out = 0;
		return true;
	}
	return ph_mp_uint(object, PH_MESSAGE_UINT_MAX, out);
}

void ph_message_put_bin(struct ph_mpw *writer, struct ph_view bytes)
{
	if (bytes.len == 0) {
		ph_mpw_nil(writer);
	} else {
		ph_mpw_bin(writer, bytes.data, bytes.len);
	}
}

bool ph_message_get_bin(const msgpack_object *object, size_t max, struct ph_view *out)
{
	if (ph_mp_is_nil(object)) {
		*out = PH_VIEW(NULL, 0);
		return true;
	}
	return ph_mp_bin(object, 1, max, out);
}

void ph_message_put_partial(struct ph_mpw *writer, bool has,
			    const uint8_t hash[static 16], uint64_t offset)
{
	if (!has) {
		ph_mpw_nil(writer);
		return;
	}
	ph_mpw_array(writer, 2);
	ph_mpw_bin(writer, hash, 16);
	ph_mpw_uint(writer, offset);
}

bool ph_message_get_partial(const msgpack_object *object, bool *has_out,
			    uint8_t hash_out[static 16], uint64_t *offset_out)
{
	const msgpack_object_array *array;

	if (ph_mp_is_nil(object)) {
		return true;
	}
	array = ph_mp_array(object, 2, 2);
	*has_out = array != NULL && ph_mp_bin_exact(&array->ptr[0], hash_out, 16) &&
		   ph_mp_uint(&array->ptr[1], PH_MESSAGE_UINT_MAX, offset_out) &&
		   *offset_out > 0;
	return *has_out;
}

size_t ph_message_used(const bool *is_set, size_t n)
{
	while (n > 0 && !is_set[n - 1]) {
		n--;
	}
	return n;
}

/* ---- receipts ---- */

size_t ph_message_receipt_items(const struct ph_short_receipt *receipt)
{
	return receipt->n_missing > 0 ? 6 : 5;
}

bool ph_message_receipt_ok(const struct ph_short_receipt *receipt)
{
	if (receipt->index >= PH_HEADS_MAX || receipt->level < PH_LEVEL_COURIER ||
	    receipt->level > PH_LEVEL_BACKUP || receipt->n < 1 ||
	    receipt->n > PH_MESSAGE_UINT_MAX || receipt->time > PH_MESSAGE_UINT_MAX ||
	    receipt->n_missing > PH_RECEIPT_MISSING_MAX) {
		return false;
	}
	for (unsigned i = 0; i < receipt->n_missing; i++) {
		if (receipt->missing[i] > PH_MESSAGE_UINT_MAX) {
			return false;
		}
	}
	return true;
}

void ph_message_put_receipt(struct ph_mpw *writer, const struct ph_short_receipt *receipt)
{
	ph_mpw_uint(writer, receipt->index);
	ph_mpw_uint(writer, receipt->n);
	ph_mpw_uint(writer, receipt->level);
	ph_mpw_uint(writer, receipt->time);
	ph_mpw_bin(writer, receipt->signature, sizeof(receipt->signature));
	if (receipt->n_missing > 0) {
		ph_mpw_array(writer, receipt->n_missing);
		for (unsigned i = 0; i < receipt->n_missing; i++) {
			ph_mpw_uint(writer, receipt->missing[i]);
		}
	}
}

static bool get_missing(const msgpack_object *object, struct ph_short_receipt *receipt)
{
	memset(receipt->missing, 0, sizeof(receipt->missing));
	receipt->n_missing = 0;
	if (ph_mp_is_nil(object)) {
		return true;
	}

	const msgpack_object_array *list = ph_mp_array(object, 1, PH_RECEIPT_MISSING_MAX);

	if (list == NULL) {
		return false;
	}
	for (uint32_t i = 0; i < list->size; i++) {
		if (!ph_mp_uint(&list->ptr[i], PH_MESSAGE_UINT_MAX,
				&receipt->missing[i])) {
			return false;
		}
	}
	receipt->n_missing = list->size;
	return true;
}

bool ph_message_get_receipt(const msgpack_object_array *array, size_t from,
			    struct ph_short_receipt *receipt)
{
	uint64_t index, level;

	if (!ph_mp_uint(ph_mp_item(array, from), PH_HEADS_MAX - 1, &index) ||
	    !ph_mp_uint(ph_mp_item(array, from + 1), PH_MESSAGE_UINT_MAX, &receipt->n) ||
	    !ph_mp_uint(ph_mp_item(array, from + 2), PH_LEVEL_BACKUP, &level) ||
	    !ph_mp_uint(ph_mp_item(array, from + 3), PH_MESSAGE_UINT_MAX,
			&receipt->time) ||
	    !ph_mp_bin_exact(ph_mp_item(array, from + 4), receipt->signature,
			     sizeof(receipt->signature)) ||
	    !get_missing(ph_mp_item(array, from + 5), receipt)) {
		return false;
	}
	receipt->index = (unsigned)index;
	receipt->level = (enum ph_level)level;
	return ph_message_receipt_ok(receipt);
}

/* ---- one pair of functions for each form of message ---- */

static void put_segment(struct ph_mpw *writer, const struct ph_message *message)
{
	ph_mpw_bin(writer, message->log_id, sizeof(message->log_id));
	ph_mpw_uint(writer, message->first);
	ph_mpw_uint(writer, message->last);
	ph_mpw_bin(writer, message->seal, sizeof(message->seal));
	ph_mpw_bin(writer, message->hash, sizeof(message->hash));
	ph_mpw_uint(writer, message->total);
	ph_mpw_bin(writer, message->chunk.data, message->chunk.len);
}

static bool segment_ok(const struct ph_message *message)
{
	return message->first >= 1 && message->last >= message->first &&
	       message->last <= PH_MESSAGE_UINT_MAX && message->total >= 1 &&
	       message->total <= PH_SEGMENT_PLAIN_MAX && message->chunk.len >= 1 &&
	       message->chunk.len <= message->total;
}

static bool packed_ok(const struct ph_message *message)
{
	return segment_ok(message) && message->total <= PH_PACK_MAX;
}

static bool get_segment(const msgpack_object_array *array, struct ph_message *message)
{
	return ph_mp_bin_exact(&array->ptr[1], message->log_id,
			       sizeof(message->log_id)) &&
	       ph_mp_uint(&array->ptr[2], PH_MESSAGE_UINT_MAX, &message->first) &&
	       ph_mp_uint(&array->ptr[3], PH_MESSAGE_UINT_MAX, &message->last) &&
	       ph_mp_bin_exact(&array->ptr[4], message->seal, sizeof(message->seal)) &&
	       ph_mp_bin_exact(&array->ptr[5], message->hash, sizeof(message->hash)) &&
	       ph_mp_uint(&array->ptr[6], PH_MESSAGE_UINT_MAX, &message->total) &&
	       ph_mp_bin(&array->ptr[7], 1, PH_FRAME_MAX, &message->chunk);
}

static size_t seed_size(uint64_t form)
{
	return form == PH_PART_FORM_SEED ? PH_SEED_SIZE : 0;
}

static void put_part(struct ph_mpw *writer, const struct ph_message *message)
{
	ph_mpw_bin(writer, message->log_id, sizeof(message->log_id));
	ph_mpw_uint(writer, message->first);
	ph_mpw_uint(writer, message->form);
	ph_mpw_bin(writer, message->seed, seed_size(message->form));
	ph_mpw_uint(writer, message->total);
	ph_mpw_bin(writer, message->chunk.data, message->chunk.len);
}

static bool part_ok(const struct ph_message *message)
{
	return message->first >= 1 && message->first <= PH_MESSAGE_UINT_MAX &&
	       (message->form == PH_PART_FORM_SEED ||
		message->form == PH_PART_FORM_BOX) &&
	       message->total >= 1 && message->total <= PH_PART_MAX &&
	       message->chunk.len >= 1 && message->chunk.len <= message->total;
}

static bool get_part(const msgpack_object_array *array, struct ph_message *message)
{
	uint64_t form;
	struct ph_view seed;

	if (!ph_mp_bin_exact(&array->ptr[1], message->log_id, sizeof(message->log_id)) ||
	    !ph_mp_uint(&array->ptr[2], PH_MESSAGE_UINT_MAX, &message->first) ||
	    !ph_mp_uint(&array->ptr[3], PH_PART_FORM_BOX, &form) ||
	    !ph_mp_bin(&array->ptr[4], seed_size(form), seed_size(form), &seed) ||
	    !ph_mp_uint(&array->ptr[5], PH_MESSAGE_UINT_MAX, &message->total) ||
	    !ph_mp_bin(&array->ptr[6], 1, PH_FRAME_MAX, &message->chunk)) {
		return false;
	}
	message->last = message->first;
	message->form = (enum ph_part_form)form;
	if (seed.len > 0) {
		memcpy(message->seed, seed.data, seed.len);
	}
	return true;
}

static void put_page(struct ph_mpw *writer, const struct ph_message *message)
{
	ph_mpw_bin(writer, message->hash, sizeof(message->hash));
	ph_mpw_uint(writer, message->total);
	ph_mpw_bin(writer, message->chunk.data, message->chunk.len);
}

static bool page_ok(const struct ph_message *message)
{
	return message->total >= 1 && message->total <= PH_PAGE_MAX + PH_PAGE_AROUND &&
	       message->chunk.len >= 1 && message->chunk.len <= message->total;
}

static bool get_page(const msgpack_object_array *array, struct ph_message *message)
{
	memset(message->log_id, 0, sizeof(message->log_id));
	message->first = message->last = 0;
	return ph_mp_bin_exact(&array->ptr[1], message->hash, sizeof(message->hash)) &&
	       ph_mp_uint(&array->ptr[2], PH_MESSAGE_UINT_MAX, &message->total) &&
	       ph_mp_bin(&array->ptr[3], 1, PH_FRAME_MAX, &message->chunk);
}

static void put_keep(struct ph_mpw *writer, const struct ph_message *message)
{
	ph_mpw_bin(writer, message->log_id, sizeof(message->log_id));
	ph_mpw_uint(writer, message->first);
	ph_mpw_uint(writer, message->last);
	ph_mpw_bin(writer, message->mark, sizeof(message->mark));
	ph_mpw_uint(writer, message->total);
	ph_mpw_bin(writer, message->chunk.data, message->chunk.len);
}

static bool keep_ok(const struct ph_message *message)
{
	return message->first >= 1 && message->last >= message->first &&
	       message->last <= PH_MESSAGE_UINT_MAX && message->total > PH_KEEP_AROUND &&
	       message->total <= PH_KEEP_MAX && message->chunk.len >= 1 &&
	       message->chunk.len <= message->total;
}

static bool get_keep(const msgpack_object_array *array, struct ph_message *message)
{
	return ph_mp_bin_exact(&array->ptr[1], message->log_id,
			       sizeof(message->log_id)) &&
	       ph_mp_uint(&array->ptr[2], PH_MESSAGE_UINT_MAX, &message->first) &&
	       ph_mp_uint(&array->ptr[3], PH_MESSAGE_UINT_MAX, &message->last) &&
	       ph_mp_bin_exact(&array->ptr[4], message->mark, sizeof(message->mark)) &&
	       ph_mp_uint(&array->ptr[5], PH_MESSAGE_UINT_MAX, &message->total) &&
	       ph_mp_bin(&array->ptr[6], 1, PH_FRAME_MAX, &message->chunk);
}

static void put_chunk(struct ph_mpw *writer, const struct ph_message *message)
{
	ph_mpw_bin(writer, message->chunk.data, message->chunk.len);
}

static bool chunk_ok(const struct ph_message *message)
{
	return message->chunk.len >= 1 && message->chunk.len <= PH_FRAME_MAX;
}

static bool cert_ok(const struct ph_message *message)
{
	return message->chunk.len >= 1 && message->chunk.len <= PH_CERT_MAX;
}

static bool get_chunk(const msgpack_object_array *array, struct ph_message *message)
{
	return ph_mp_bin(&array->ptr[1], 1, PH_FRAME_MAX, &message->chunk);
}

static void put_receipt(struct ph_mpw *writer, const struct ph_message *message)
{
	ph_message_put_receipt(writer, &message->receipt);
}

static bool receipt_ok(const struct ph_message *message)
{
	return ph_message_receipt_ok(&message->receipt);
}

static bool get_receipt(const msgpack_object_array *array, struct ph_message *message)
{
	return ph_message_get_receipt(array, 1, &message->receipt);
}

static void put_count(struct ph_mpw *writer, const struct ph_message *message)
{
	ph_mpw_uint(writer, message->count);
}

static bool any_ok(const struct ph_message *message)
{
	(void)message;
	return true;
}

static bool done_ok(const struct ph_message *message)
{
	return message->count <= PH_MESSAGE_UINT_MAX;
}

static bool credit_ok(const struct ph_message *message)
{
	return message->count >= 1 && message->count <= PH_WINDOW;
}

static bool refuse_ok(const struct ph_message *message)
{
	return message->count > PH_STATUS_OK && message->count <= PH_STATUS_VERSION;
}

static bool why_ok(const struct ph_message *message)
{
	return message->count > PH_WHY_NONE && message->count <= PH_MESSAGE_UINT_MAX;
}

static bool get_count(const msgpack_object_array *array, struct ph_message *message)
{
	return ph_mp_uint(&array->ptr[1], PH_MESSAGE_UINT_MAX, &message->count);
}

static void put_nothing(struct ph_mpw *writer, const struct ph_message *message)
{
	(void)writer;
	(void)message;
}

static bool get_nothing(const msgpack_object_array *array, struct ph_message *message)
{
	(void)array;
	(void)message;
	return true;
}

static const struct {
	size_t min, max; /* items, the type included */
	void (*put)(struct ph_mpw *writer, const struct ph_message *message);
	bool (*get)(const msgpack_object_array *array, struct ph_message *message);
	bool (*is_ok)(const struct ph_message *message);
} forms[] = {
	[PH_MSG_SEGMENT] = { 8, 8, put_segment, get_segment, segment_ok },
	[PH_MSG_PART] = { 7, 7, put_part, get_part, part_ok },
	[PH_MSG_MORE] = { 2, 2, put_chunk, get_chunk, chunk_ok },
	[PH_MSG_RECEIPT] = { 6, 7, put_receipt, get_receipt, receipt_ok },
	[PH_MSG_DONE] = { 2, 2, put_count, get_count, done_ok },
	[PH_MSG_CREDIT] = { 2, 2, put_count, get_count, credit_ok },
	[PH_MSG_CERT] = { 2, 2, put_chunk, get_chunk, cert_ok },
	[PH_MSG_WELCOME] = { 2, 2, put_chunk, get_chunk, chunk_ok },
	[PH_MSG_REFUSE] = { 2, 2, put_count, get_count, refuse_ok },
	[PH_MSG_PING] = { 1, 1, put_nothing, get_nothing, any_ok },
	[PH_MSG_PONG] = { 1, 1, put_nothing, get_nothing, any_ok },
	[PH_MSG_CLOSE] = { 1, 1, put_nothing, get_nothing, any_ok },
	[PH_MSG_PAGE] = { 4, 4, put_page, get_page, page_ok },
	[PH_MSG_PACKED] = { 8, 8, put_segment, get_segment, packed_ok },
	[PH_MSG_SPENT] = { 1, 1, put_nothing, get_nothing, any_ok },
	[PH_MSG_RESUME] = { 2, 2, put_chunk, get_chunk, chunk_ok },
	[PH_MSG_WHY] = { 2, 2, put_count, get_count, why_ok },
	[PH_MSG_KEEP] = { 7, 7, put_keep, get_keep, keep_ok },
};

enum {
	FORMS = sizeof(forms) / sizeof(forms[0])
};

int ph_message_encode(const struct ph_message *message, struct ph_buf *out)
{
	if (message->type < PH_MSG_SEGMENT || (size_t)message->type >= FORMS ||
	    !forms[message->type].is_ok(message)) {
		return -EINVAL;
	}

	size_t before = out->len;
	size_t items = forms[message->type].min;
	struct ph_mpw writer;

	if (message->type == PH_MSG_RECEIPT) {
		items = 1 + ph_message_receipt_items(&message->receipt);
	}
	ph_mpw_init(&writer, out);
	ph_mpw_array(&writer, items);
	ph_mpw_uint(&writer, message->type);
	forms[message->type].put(&writer, message);

	int rc = ph_mpw_end(&writer);

	if (rc != 0) {
		out->len = before;
	}
	return rc;
}

static bool read_message(const msgpack_object *root, struct ph_message *message)
{
	const msgpack_object_array *array = ph_mp_array(root, 1, PH_MESSAGE_ITEMS_MAX);
	uint64_t type;

	if (array == NULL || !ph_mp_uint(&array->ptr[0], FORMS - 1, &type) ||
	    type < PH_MSG_SEGMENT || array->size < forms[type].min ||
	    array->size > forms[type].max) {
		return false;
	}
	message->type = (enum ph_message_type)type;
	return forms[type].get(array, message) && forms[type].is_ok(message);
}

int ph_message_decode(struct ph_view *in, struct ph_message *message)
{
	size_t used;

	if (ph_walk(*in, &limits, PH_WALK_CANONICAL, &used) != 0) {
		return PH_MESSAGE_E_FORM;
	}

	struct ph_mp mp;
	int rc = ph_message_unpack(&mp, PH_VIEW(in->data, used));

	if (rc != 0) {
		return rc;
	}
	rc = read_message(mp.root, message) ? 0 : PH_MESSAGE_E_FORM;
	ph_mp_deinit(&mp);
	if (rc == 0) {
		in->data += used;
		in->len -= used;
	}
	return rc;
}
