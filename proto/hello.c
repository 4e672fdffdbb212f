/*
 * proto/hello.c - the hello, payload of the first handshake message.
 *
 * One MessagePack array. What is empty is nil and nils at the end are left out, so
 * that a device with nothing to say says little.
 *
 * Decoding refuses what is not of this form or over a limit; it allocates nothing
 * but msgpack-c's tree, which the walker has bounded. Another version is told apart
 * by the first member alone: what follows it may be of any form. Version 2 is told where,
 * and only where, the front of an unfinished item is told, or what is kept for the hub.
 */
#include "proto/message_internal.h"

#include <errno.h>
#include <string.h>

#include "common/base/limits.h"

enum hello_item {
	HELLO_VERSION,
	HELLO_CERT,
	HELLO_HEADS,
	HELLO_CONTROL,
	HELLO_EPOCH,
	HELLO_COUNTER,
	HELLO_BUDGET,
	HELLO_DONE,
	HELLO_SEGMENTS,
	HELLO_FEED,
	HELLO_SIBLINGS,
	HELLO_FORM,
	HELLO_KEYS,
	HELLO_PARTIAL,
	HELLO_KEPT,
	HELLO_ITEMS
};

/* The index of a log, or n_heads. */
static unsigned find_head(const struct ph_hello *hello,
			  const uint8_t log_id[static PH_LOG_ID_SIZE])
{
	unsigned i = 0;

	while (i < hello->n_heads &&
	       memcmp(hello->head[i].log_id, log_id, PH_LOG_ID_SIZE) != 0) {
		i++;
	}
	return i;
}

static void put_heads(struct ph_mpw *writer, const struct ph_hello *hello)
{
	if (hello->n_heads == 0) {
		ph_mpw_nil(writer);
		return;
	}
	ph_mpw_array(writer, hello->n_heads);
	for (unsigned i = 0; i < hello->n_heads; i++) {
		const struct ph_head *head = &hello->head[i];
		uint64_t unreceipted = head->n - hello->receipted[i];

		ph_mpw_array(writer, unreceipted > 0 ? 4 : 3);
		ph_mpw_bin(writer, head->log_id, sizeof(head->log_id));
		ph_mpw_uint(writer, head->n);
		ph_mpw_bin(writer, head->h, sizeof(head->h));
		if (unreceipted > 0) {
			ph_mpw_uint(writer, unreceipted);
		}
	}
}

static void put_control(struct ph_mpw *writer, const struct ph_cursor *cursor)
{
	if (cursor->n == 0) {
		ph_mpw_nil(writer);
		return;
	}
	ph_mpw_array(writer, 2);
	ph_mpw_uint(writer, cursor->n);
	ph_mpw_bin(writer, cursor->h, sizeof(cursor->h));
}

static void put_segments(struct ph_mpw *writer, const struct ph_hello *hello)
{
	if (hello->n_segments == 0) {
		ph_mpw_nil(writer);
		return;
	}
	ph_mpw_array(writer, hello->n_segments);
	for (unsigned i = 0; i < hello->n_segments; i++) {
		const struct ph_segment *segment = &hello->segment[i];

		ph_mpw_array(writer, hello->packed[i] ? 6 : 5);
		ph_mpw_uint(writer, find_head(hello, segment->log_id));
		ph_mpw_uint(writer, segment->first);
		ph_mpw_uint(writer, segment->last);
		ph_mpw_bin(writer, segment->seal, sizeof(segment->seal));
		ph_mpw_bin(writer, segment->body.data, segment->body.len);
		if (hello->packed[i]) {
			ph_mpw_uint(writer, 1);
		}
	}
}

static void put_feed(struct ph_mpw *writer, const struct ph_hello *hello)
{
	if (hello->feed_scope == 0) {
		ph_mpw_nil(writer);
		return;
	}
	ph_mpw_array(writer, 2);
	ph_mpw_uint(writer, hello->feed_scope);
	ph_mpw_uint(writer, hello->feed_number);
}

static void put_kept(struct ph_mpw *writer, const struct ph_hello *hello)
{
	if (!hello->keeps) {
		ph_mpw_nil(writer);
	} else if (hello->kept.n == 0) {
		ph_mpw_array(writer, 0);
	} else {
		put_control(writer, &hello->kept);
	}
}

static bool feed_ok(const struct ph_hello *hello)
{
	bool is_none = hello->feed_scope == 0;

	return is_none == (hello->feed_number == 0) &&
	       hello->feed_scope <= PH_MESSAGE_UINT_MAX &&
	       hello->feed_number <= PH_MESSAGE_UINT_MAX;
}

static bool hello_ok(const struct ph_hello *hello)
{
	if (hello->n_heads > PH_HEADS_MAX || hello->n_segments > PH_FIRST_MAX ||
	    hello->cert.len > PH_CERT_MAX || hello->control.n > PH_MESSAGE_UINT_MAX ||
	    hello->epoch > PH_MESSAGE_UINT_MAX || hello->counter > PH_MESSAGE_UINT_MAX ||
	    hello->budget > PH_MESSAGE_UINT_MAX || hello->keys > PH_MESSAGE_UINT_MAX ||
	    !feed_ok(hello) || hello->kept.n > (hello->keeps ? PH_MESSAGE_UINT_MAX : 0) ||
	    (hello->has_partial && (hello->partial_offset < 1 ||
				    hello->partial_offset > PH_MESSAGE_UINT_MAX)) ||
	    !ph_message_siblings_ok(hello->sibling, hello->n_siblings,
				    PH_SIBLINGS_HELLO)) {
		return false;
	}
	for (unsigned i = 0; i < hello->n_heads; i++) {
		if (hello->receipted[i] > hello->head[i].n ||
		    hello->head[i].n > PH_MESSAGE_UINT_MAX ||
		    find_head(hello, hello->head[i].log_id) != i) {
			return false;
		}
	}
	for (unsigned i = 0; i < hello->n_segments; i++) {
		const struct ph_segment *segment = &hello->segment[i];

		if (segment->first < 1 || segment->last < segment->first ||
		    segment->last > PH_MESSAGE_UINT_MAX || segment->body.len < 1 ||
		    segment->body.len > PH_FRAME_MAX ||
		    find_head(hello, segment->log_id) == hello->n_heads) {
			return false;
		}
	}
	return true;
}

/* Whether HELLO has a member that version 1 does not. */
static bool tells_more(const struct ph_hello *hello)
{
	return hello->has_partial || hello->keeps;
}

int ph_hello_encode(const struct ph_hello *hello, struct ph_buf *out)
{
	if (!hello_ok(hello)) {
		return -EINVAL;
	}

	bool is_set[HELLO_ITEMS] = {
		[HELLO_VERSION] = true,
		[HELLO_CERT] = hello->cert.len > 0,
		[HELLO_HEADS] = hello->n_heads > 0,
		[HELLO_CONTROL] = hello->control.n > 0,
		[HELLO_EPOCH] = hello->epoch > 0,
		[HELLO_COUNTER] = hello->counter > 0,
		[HELLO_BUDGET] = hello->budget > 0,
		[HELLO_DONE] = hello->done,
		[HELLO_SEGMENTS] = hello->n_segments > 0,
		[HELLO_FEED] = hello->feed_scope > 0,
		[HELLO_SIBLINGS] = hello->n_siblings > 0,
		[HELLO_FORM] = hello->packs,
		[HELLO_KEYS] = hello->keys > 0,
		[HELLO_PARTIAL] = hello->has_partial,
		[HELLO_KEPT] = hello->keeps,
	};
	size_t before = out->len;
	size_t used = ph_message_used(is_set, HELLO_ITEMS);
	struct ph_mpw writer;

	ph_mpw_init(&writer, out);
	ph_mpw_array(&writer, used);
	ph_mpw_uint(&writer,
		    tells_more(hello) ? PH_HELLO_VERSION_MORE : PH_PROTOCOL_VERSION);
	if (used > HELLO_CERT) {
		ph_message_put_bin(&writer, hello->cert);
	}
	if (used > HELLO_HEADS) {
		put_heads(&writer, hello);
	}
	if (used > HELLO_CONTROL) {
		put_control(&writer, &hello->control);
	}
	if (used > HELLO_EPOCH) {
		ph_message_put_uint(&writer, hello->epoch);
	}
	if (used > HELLO_COUNTER) {
		ph_message_put_uint(&writer, hello->counter);
	}
	if (used > HELLO_BUDGET) {
		ph_message_put_uint(&writer, hello->budget);
	}
	if (used > HELLO_DONE) {
		ph_message_put_uint(&writer, hello->done ? 1 : 0);
	}
	if (used > HELLO_SEGMENTS) {
		put_segments(&writer, hello);
	}
	if (used > HELLO_FEED) {
		put_feed(&writer, hello);
	}
	if (used > HELLO_SIBLINGS) {
		ph_message_put_siblings(&writer, hello->sibling, hello->n_siblings);
	}
	if (used > HELLO_FORM) {
		ph_message_put_bin(
			&writer,
			PH_VIEW(hello->form, hello->packs ? sizeof(hello->form) : 0));
	}
	if (used > HELLO_KEYS) {
		ph_message_put_uint(&writer, hello->keys);
	}
	if (used > HELLO_PARTIAL) {
		ph_message_put_partial(&writer, hello->has_partial, hello->partial_hash,
				       hello->partial_offset);
	}
	if (used > HELLO_KEPT) {
		put_kept(&writer, hello);
	}

	int rc = ph_mpw_end(&writer);

	if (rc != 0) {
		out->len = before;
	}
	return rc;
}

static bool get_head(const msgpack_object *object, struct ph_head *head,
		     uint64_t *receipted)
{
	const msgpack_object_array *array = ph_mp_array(object, 3, 4);
	uint64_t unreceipted;

	if (array == NULL ||
	    !ph_mp_bin_exact(&array->ptr[0], head->log_id, sizeof(head->log_id)) ||
	    !ph_mp_uint(&array->ptr[1], PH_MESSAGE_UINT_MAX, &head->n) ||
	    !ph_mp_bin_exact(&array->ptr[2], head->h, sizeof(head->h)) ||
	    !ph_message_get_uint(ph_mp_item(array, 3), &unreceipted) ||
	    unreceipted > head->n) {
		return false;
	}
	*receipted = head->n - unreceipted;
	return true;
}

static bool get_heads(const msgpack_object *object, struct ph_hello *hello)
{
	if (ph_mp_is_nil(object)) {
		return true;
	}

	const msgpack_object_array *array = ph_mp_array(object, 1, PH_HEADS_MAX);

	if (array == NULL) {
		return false;
	}
	for (uint32_t i = 0; i < array->size; i++) {
		if (!get_head(&array->ptr[i], &hello->head[i], &hello->receipted[i])) {
			return false;
		}
		/* One log told twice would leave open which index its receipts bear. */
		if (find_head(hello, hello->head[i].log_id) < hello->n_heads) {
			return false;
		}
		hello->n_heads++;
	}
	return true;
}

static bool get_control(const msgpack_object *object, struct ph_cursor *cursor)
{
	if (ph_mp_is_nil(object)) {
		return true;
	}

	const msgpack_object_array *array = ph_mp_array(object, 2, 2);

	return array != NULL &&
	       ph_mp_uint(&array->ptr[0], PH_MESSAGE_UINT_MAX, &cursor->n) &&
	       cursor->n >= 1 &&
	       ph_mp_bin_exact(&array->ptr[1], cursor->h, sizeof(cursor->h));
}

static bool get_segment(const msgpack_object *object, const struct ph_hello *hello,
			struct ph_segment *segment, bool *packed)
{
	const msgpack_object_array *array = ph_mp_array(object, 5, 6);
	uint64_t index, one;

	if (array == NULL || !ph_mp_uint(&array->ptr[0], PH_HEADS_MAX - 1, &index) ||
	    index >= hello->n_heads ||
	    !ph_mp_uint(&array->ptr[1], PH_MESSAGE_UINT_MAX, &segment->first) ||
	    !ph_mp_uint(&array->ptr[2], PH_MESSAGE_UINT_MAX, &segment->last) ||
	    segment->first < 1 || segment->last < segment->first ||
	    !ph_mp_bin_exact(&array->ptr[3], segment->seal, sizeof(segment->seal)) ||
	    !ph_mp_bin(&array->ptr[4], 1, PH_FRAME_MAX, &segment->body)) {
		return false;
	}
	*packed = array->size == 6;
	memcpy(segment->log_id, hello->head[index].log_id, sizeof(segment->log_id));
	return !*packed || (ph_mp_uint(&array->ptr[5], 1, &one) && one == 1);
}

static bool get_segments(const msgpack_object *object, struct ph_hello *hello)
{
	if (ph_mp_is_nil(object)) {
		return true;
	}

	const msgpack_object_array *array = ph_mp_array(object, 1, PH_FIRST_MAX);

	if (array == NULL) {
		return false;
	}
	for (uint32_t i = 0; i < array->size; i++) {
		if (!get_segment(&array->ptr[i], hello, &hello->segment[i],
				 &hello->packed[i])) {
			return false;
		}
	}
	hello->n_segments = array->size;
	return true;
}

static bool get_feed(const msgpack_object *object, struct ph_hello *hello)
{
	if (ph_mp_is_nil(object)) {
		return true;
	}

	const msgpack_object_array *array = ph_mp_array(object, 2, 2);

	return array != NULL &&
	       ph_mp_uint(&array->ptr[0], PH_MESSAGE_UINT_MAX, &hello->feed_scope) &&
	       ph_mp_uint(&array->ptr[1], PH_MESSAGE_UINT_MAX, &hello->feed_number) &&
	       hello->feed_scope >= 1 && hello->feed_number >= 1;
}

static bool get_form(const msgpack_object *object, struct ph_hello *hello)
{
	hello->packs = !ph_mp_is_nil(object);
	return !hello->packs || ph_mp_bin_exact(object, hello->form, sizeof(hello->form));
}

static bool get_kept(const msgpack_object *object, struct ph_hello *hello)
{
	hello->keeps = !ph_mp_is_nil(object);
	return !hello->keeps || ph_mp_array(object, 0, 0) != NULL ||
	       get_control(object, &hello->kept);
}

static int read_hello(const msgpack_object *root, struct ph_hello *hello)
{
	const msgpack_object_array *array = ph_mp_array(root, 1, PH_MESSAGE_ITEMS_MAX);
	uint64_t version;
	uint64_t done;

	if (array == NULL ||
	    !ph_mp_uint(&array->ptr[HELLO_VERSION], PH_MESSAGE_UINT_MAX, &version)) {
		return PH_MESSAGE_E_FORM;
	}
	if (version != PH_PROTOCOL_VERSION && version != PH_HELLO_VERSION_MORE) {
		return PH_MESSAGE_E_VERSION;
	}
	if (array->size > HELLO_ITEMS ||
	    !ph_message_get_bin(ph_mp_item(array, HELLO_CERT), PH_CERT_MAX,
				&hello->cert) ||
	    !get_heads(ph_mp_item(array, HELLO_HEADS), hello) ||
	    !get_control(ph_mp_item(array, HELLO_CONTROL), &hello->control) ||
	    !ph_message_get_uint(ph_mp_item(array, HELLO_EPOCH), &hello->epoch) ||
	    !ph_message_get_uint(ph_mp_item(array, HELLO_COUNTER), &hello->counter) ||
	    !ph_message_get_uint(ph_mp_item(array, HELLO_BUDGET), &hello->budget) ||
	    !ph_message_get_uint(ph_mp_item(array, HELLO_DONE), &done) || done > 1 ||
	    !get_segments(ph_mp_item(array, HELLO_SEGMENTS), hello) ||
	    !get_feed(ph_mp_item(array, HELLO_FEED), hello) ||
	    !ph_message_get_siblings(ph_mp_item(array, HELLO_SIBLINGS), PH_SIBLINGS_HELLO,
				     hello->sibling, &hello->n_siblings) ||
	    !get_form(ph_mp_item(array, HELLO_FORM), hello) ||
	    !ph_message_get_uint(ph_mp_item(array, HELLO_KEYS), &hello->keys) ||
	    !ph_message_get_partial(ph_mp_item(array, HELLO_PARTIAL), &hello->has_partial,
				    hello->partial_hash, &hello->partial_offset) ||
	    !get_kept(ph_mp_item(array, HELLO_KEPT), hello) ||
	    tells_more(hello) != (version == PH_HELLO_VERSION_MORE)) {
		return PH_MESSAGE_E_FORM;
	}
	hello->done = done == 1;
	return 0;
}

int ph_hello_decode(struct ph_view bytes, struct ph_hello *hello)
{
	struct ph_mp mp;
	int rc = ph_message_unpack(&mp, bytes);

	if (rc != 0) {
		return rc;
	}
	*hello = (struct ph_hello){ 0 };
	rc = read_hello(mp.root, hello);
	ph_mp_deinit(&mp);
	return rc;
}
