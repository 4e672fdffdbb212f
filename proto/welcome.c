/*
 * proto/welcome.c - the welcome, payload of the second handshake message.
 *
 * One MessagePack array as the hello. A hub that refuses says its status and no more;
 * one that now holds what the hello told says nothing about heads.
 *
 * Decoding refuses what is not of this form or over a limit; it allocates nothing
 * but msgpack-c's tree, which the walker has bounded.
 */
#include "proto/message_internal.h"

#include <errno.h>

#include <sodium.h>

#include "common/base/limits.h"

enum welcome_item {
	WELCOME_STATUS,
	WELCOME_EPOCH,
	WELCOME_RANDOM,
	WELCOME_TIME,
	WELCOME_HEADS,
	WELCOME_RECEIPTS,
	WELCOME_PARTIAL,
	WELCOME_DONE,
	WELCOME_KEYLIST,
	WELCOME_FORM,
	WELCOME_LATER,
	WELCOME_WANTS,
	WELCOME_SIBLINGS,
	WELCOME_ITEMS
};

static void put_held(struct ph_mpw *writer, const struct ph_welcome *welcome)
{
	if (welcome->same || welcome->n_heads == 0) {
		ph_mpw_nil(writer);
		return;
	}
	ph_mpw_array(writer, welcome->n_heads);
	for (unsigned i = 0; i < welcome->n_heads; i++) {
		if (welcome->head[i].n == 0) {
			ph_mpw_nil(writer);
			continue;
		}
		ph_mpw_array(writer, 2);
		ph_mpw_uint(writer, welcome->head[i].n);
		ph_mpw_bin(writer, welcome->head[i].h, sizeof(welcome->head[i].h));
	}
}

static void put_receipts(struct ph_mpw *writer, const struct ph_welcome *welcome)
{
	if (welcome->n_receipts == 0) {
		ph_mpw_nil(writer);
		return;
	}
	ph_mpw_array(writer, welcome->n_receipts);
	for (unsigned i = 0; i < welcome->n_receipts; i++) {
		ph_mpw_array(writer, ph_message_receipt_items(&welcome->receipt[i]));
		ph_message_put_receipt(writer, &welcome->receipt[i]);
	}
}

static void put_wants(struct ph_mpw *writer, const struct ph_welcome *welcome)
{
	if (welcome->n_wants == 0) {
		ph_mpw_nil(writer);
		return;
	}
	ph_mpw_array(writer, welcome->n_wants);
	for (unsigned i = 0; i < welcome->n_wants; i++) {
		ph_mpw_array(writer, 2);
		ph_mpw_bin(writer, welcome->want[i].log_id,
			   sizeof(welcome->want[i].log_id));
		ph_mpw_uint(writer, welcome->want[i].n);
	}
}

static bool welcome_ok(const struct ph_welcome *welcome)
{
	if (welcome->status > PH_STATUS_VERSION || welcome->n_heads > PH_HEADS_MAX ||
	    welcome->n_receipts > PH_HEADS_MAX || welcome->n_wants > PH_WANTS_MAX ||
	    welcome->keylist.len > PH_KEYLIST_MAX ||
	    welcome->epoch.number > PH_MESSAGE_UINT_MAX ||
	    welcome->time > PH_MESSAGE_UINT_MAX ||
	    (welcome->has_partial && (welcome->partial_offset < 1 ||
				      welcome->partial_offset > PH_MESSAGE_UINT_MAX)) ||
	    (welcome->done && welcome->done_items > PH_MESSAGE_UINT_MAX) ||
	    !ph_message_siblings_ok(welcome->sibling, welcome->n_siblings,
				    PH_SIBLINGS_WELCOME)) {
		return false;
	}
	for (unsigned i = 0; i < welcome->n_heads; i++) {
		if (welcome->head[i].n > PH_MESSAGE_UINT_MAX) {
			return false;
		}
	}
	for (unsigned i = 0; i < welcome->n_wants; i++) {
		if (welcome->want[i].n < 1 || welcome->want[i].n > PH_MESSAGE_UINT_MAX) {
			return false;
		}
	}
	for (unsigned i = 0; i < welcome->n_receipts; i++) {
		if (!ph_message_receipt_ok(&welcome->receipt[i])) {
			return false;
		}
	}
	return true;
}

int ph_welcome_encode(const struct ph_welcome *welcome, struct ph_buf *out)
{
	if (!welcome_ok(welcome)) {
		return -EINVAL;
	}

	bool has_random =
		!sodium_is_zero(welcome->epoch.random, sizeof(welcome->epoch.random));
	bool is_set[WELCOME_ITEMS] = {
		[WELCOME_STATUS] = true,
		[WELCOME_EPOCH] = welcome->epoch.number > 0,
		[WELCOME_RANDOM] = has_random,
		[WELCOME_TIME] = welcome->time > 0,
		[WELCOME_HEADS] = !welcome->same && welcome->n_heads > 0,
		[WELCOME_RECEIPTS] = welcome->n_receipts > 0,
		[WELCOME_PARTIAL] = welcome->has_partial,
		[WELCOME_DONE] = welcome->done,
		[WELCOME_KEYLIST] = welcome->keylist.len > 0,
		[WELCOME_FORM] = welcome->packs,
		[WELCOME_LATER] = welcome->later,
		[WELCOME_WANTS] = welcome->n_wants > 0,
		[WELCOME_SIBLINGS] = welcome->n_siblings > 0,
	};
	size_t before = out->len;
	size_t used = ph_message_used(is_set, WELCOME_ITEMS);
	struct ph_mpw writer;

	ph_mpw_init(&writer, out);
	ph_mpw_array(&writer, used);
	ph_mpw_uint(&writer, welcome->status);
	if (used > WELCOME_EPOCH) {
		ph_message_put_uint(&writer, welcome->epoch.number);
	}
	if (used > WELCOME_RANDOM) {
		ph_message_put_bin(
			&writer, PH_VIEW(welcome->epoch.random,
					 has_random ? sizeof(welcome->epoch.random) : 0));
	}
	if (used > WELCOME_TIME) {
		ph_message_put_uint(&writer, welcome->time);
	}
	if (used > WELCOME_HEADS) {
		put_held(&writer, welcome);
	}
	if (used > WELCOME_RECEIPTS) {
		put_receipts(&writer, welcome);
	}
	if (used > WELCOME_PARTIAL) {
		ph_message_put_partial(&writer, welcome->has_partial,
				       welcome->partial_hash, welcome->partial_offset);
	}
	if (used > WELCOME_DONE) {
		if (welcome->done) {
			ph_mpw_uint(&writer, welcome->done_items);
		} else {
			ph_mpw_nil(&writer);
		}
	}
	if (used > WELCOME_KEYLIST) {
		ph_message_put_bin(&writer, welcome->keylist);
	}
	if (used > WELCOME_FORM) {
		ph_message_put_bin(&writer,
				   PH_VIEW(welcome->form,
					   welcome->packs ? sizeof(welcome->form) : 0));
	}
	if (used > WELCOME_LATER) {
		ph_message_put_uint(&writer, welcome->later);
	}
	if (used > WELCOME_WANTS) {
		put_wants(&writer, welcome);
	}
	if (used > WELCOME_SIBLINGS) {
		ph_message_put_siblings(&writer, welcome->sibling, welcome->n_siblings);
	}

	int rc = ph_mpw_end(&writer);

	if (rc != 0) {
		out->len = before;
	}
	return rc;
}

static bool get_held(const msgpack_object *object, struct ph_welcome *welcome)
{
	if (ph_mp_is_nil(object)) {
		welcome->same = true;
		return true;
	}

	const msgpack_object_array *array = ph_mp_array(object, 1, PH_HEADS_MAX);

	if (array == NULL) {
		return false;
	}
	for (uint32_t i = 0; i < array->size; i++) {
		if (ph_mp_is_nil(&array->ptr[i])) {
			continue;
		}

		const msgpack_object_array *held = ph_mp_array(&array->ptr[i], 2, 2);

		if (held == NULL ||
		    !ph_mp_uint(&held->ptr[0], PH_MESSAGE_UINT_MAX,
				&welcome->head[i].n) ||
		    welcome->head[i].n == 0 ||
		    !ph_mp_bin_exact(&held->ptr[1], welcome->head[i].h,
				     sizeof(welcome->head[i].h))) {
			return false;
		}
	}
	welcome->n_heads = array->size;
	return true;
}

static bool get_receipts(const msgpack_object *object, struct ph_welcome *welcome)
{
	if (ph_mp_is_nil(object)) {
		return true;
	}

	const msgpack_object_array *array = ph_mp_array(object, 1, PH_HEADS_MAX);

	if (array == NULL) {
		return false;
	}
	for (uint32_t i = 0; i < array->size; i++) {
		const msgpack_object_array *receipt = ph_mp_array(&array->ptr[i], 5, 6);

		if (receipt == NULL ||
		    !ph_message_get_receipt(receipt, 0, &welcome->receipt[i])) {
			return false;
		}
	}
	welcome->n_receipts = array->size;
	return true;
}

static bool get_random(const msgpack_object *object, struct ph_epoch *epoch)
{
	return ph_mp_is_nil(object) ||
	       ph_mp_bin_exact(object, epoch->random, sizeof(epoch->random));
}

static bool get_done(const msgpack_object *object, struct ph_welcome *welcome)
{
	welcome->done = !ph_mp_is_nil(object);
	return !welcome->done ||
	       ph_mp_uint(object, PH_MESSAGE_UINT_MAX, &welcome->done_items);
}

static bool get_form(const msgpack_object *object, struct ph_welcome *welcome)
{
	welcome->packs = !ph_mp_is_nil(object);
	return !welcome->packs ||
	       ph_mp_bin_exact(object, welcome->form, sizeof(welcome->form));
}

static bool get_later(const msgpack_object *object, struct ph_welcome *welcome)
{
	uint64_t later = 1;

	welcome->later = !ph_mp_is_nil(object);
	return !welcome->later || (ph_mp_uint(object, 1, &later) && later == 1);
}

static bool get_wants(const msgpack_object *object, struct ph_welcome *welcome)
{
	const msgpack_object_array *array;

	if (ph_mp_is_nil(object)) {
		return true;
	}
	array = ph_mp_array(object, 1, PH_WANTS_MAX);
	for (uint32_t i = 0; array && i < array->size; i++) {
		const msgpack_object_array *want = ph_mp_array(&array->ptr[i], 2, 2);

		if (!want ||
		    !ph_mp_bin_exact(&want->ptr[0], welcome->want[i].log_id,
				     sizeof(welcome->want[i].log_id)) ||
		    !ph_mp_uint(&want->ptr[1], PH_MESSAGE_UINT_MAX,
				&welcome->want[i].n) ||
		    welcome->want[i].n == 0) {
			return false;
		}
	}
	welcome->n_wants = array ? array->size : 0;
	return array != NULL;
}

static bool read_welcome(const msgpack_object *root, struct ph_welcome *welcome)
{
	const msgpack_object_array *array = ph_mp_array(root, 1, WELCOME_ITEMS);
	uint64_t status;

	if (array == NULL ||
	    !ph_mp_uint(&array->ptr[WELCOME_STATUS], PH_STATUS_VERSION, &status)) {
		return false;
	}
	welcome->status = (enum ph_status)status;
	return ph_message_get_uint(ph_mp_item(array, WELCOME_EPOCH),
				   &welcome->epoch.number) &&
	       get_random(ph_mp_item(array, WELCOME_RANDOM), &welcome->epoch) &&
	       ph_message_get_uint(ph_mp_item(array, WELCOME_TIME), &welcome->time) &&
	       get_held(ph_mp_item(array, WELCOME_HEADS), welcome) &&
	       get_receipts(ph_mp_item(array, WELCOME_RECEIPTS), welcome) &&
	       ph_message_get_partial(ph_mp_item(array, WELCOME_PARTIAL),
				      &welcome->has_partial, welcome->partial_hash,
				      &welcome->partial_offset) &&
	       get_done(ph_mp_item(array, WELCOME_DONE), welcome) &&
	       ph_message_get_bin(ph_mp_item(array, WELCOME_KEYLIST), PH_KEYLIST_MAX,
				  &welcome->keylist) &&
	       get_form(ph_mp_item(array, WELCOME_FORM), welcome) &&
	       get_later(ph_mp_item(array, WELCOME_LATER), welcome) &&
	       get_wants(ph_mp_item(array, WELCOME_WANTS), welcome) &&
	       ph_message_get_siblings(ph_mp_item(array, WELCOME_SIBLINGS),
				       PH_SIBLINGS_WELCOME, welcome->sibling,
				       &welcome->n_siblings);
}

int ph_welcome_decode(struct ph_view bytes, struct ph_welcome *welcome)
{
	struct ph_short_receipt *receipt = welcome->receipt;
	struct ph_mp mp;
	int rc = ph_message_unpack(&mp, bytes);

	if (rc != 0) {
		return rc;
	}
	*welcome = (struct ph_welcome){ .receipt = receipt };
	rc = read_welcome(mp.root, welcome) ? 0 : PH_MESSAGE_E_FORM;
	ph_mp_deinit(&mp);
	return rc;
}
