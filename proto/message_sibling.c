/*
 * proto/message_sibling.c - how far the logs of a site are held, as hello and welcome tell it.
 *
 * One array of [log id, n, h8] or [log id, n, h8, parts held, first missing], no two alike.
 * In a hello another member, 1, may follow: no hub has given a receipt for that yet. In a
 * welcome [log id] alone says that nothing of that log is held.
 */
#include "proto/message_internal.h"

#include <string.h>

static bool is_same(const struct ph_sibling *a, const struct ph_sibling *b)
{
	return memcmp(a->log_id, b->log_id, PH_LOG_ID_SIZE) == 0 && a->n == b->n &&
	       memcmp(a->h, b->h, sizeof(a->h)) == 0;
}

/* Whether the list of N has SIBLING already. */
static bool has(const struct ph_sibling *list, unsigned n,
		const struct ph_sibling *sibling)
{
	for (unsigned i = 0; i < n; i++) {
		if (is_same(&list[i], sibling)) {
			return true;
		}
	}
	return false;
}

static bool sibling_ok(const struct ph_sibling *sibling, enum ph_sibling_list where)
{
	if (sibling->n == 0) {
		return where == PH_SIBLINGS_WELCOME && sibling->missing == 0 &&
		       sibling->parts == 0 && !sibling->waits;
	}
	return sibling->n <= PH_MESSAGE_UINT_MAX &&
	       (where == PH_SIBLINGS_HELLO || !sibling->waits) &&
	       sibling->missing <= sibling->n && sibling->parts <= sibling->n &&
	       (sibling->missing > 0 || sibling->parts == 0);
}

bool ph_message_siblings_ok(const struct ph_sibling *list, unsigned n,
			    enum ph_sibling_list where)
{
	if (n > PH_SIBLINGS_MAX) {
		return false;
	}
	for (unsigned i = 0; i < n; i++) {
		if (!sibling_ok(&list[i], where) || has(list, i, &list[i])) {
			return false;
		}
	}
	return true;
}

static unsigned members_of(const struct ph_sibling *sibling)
{
	return sibling->n == 0 ? 1
			       : 3 + (sibling->missing > 0 ? 2u : 0u) +
					 (sibling->waits ? 1u : 0u);
}

static void put_sibling(struct ph_mpw *writer, const struct ph_sibling *sibling)
{
	ph_mpw_array(writer, members_of(sibling));
	ph_mpw_bin(writer, sibling->log_id, sizeof(sibling->log_id));
	if (sibling->n == 0) {
		return;
	}
	ph_mpw_uint(writer, sibling->n);
	ph_mpw_bin(writer, sibling->h, sizeof(sibling->h));
	if (sibling->missing > 0) {
		ph_mpw_uint(writer, sibling->parts);
		ph_mpw_uint(writer, sibling->missing);
	}
	if (sibling->waits) {
		ph_mpw_uint(writer, 1);
	}
}

void ph_message_put_siblings(struct ph_mpw *writer, const struct ph_sibling *list,
			     unsigned n)
{
	if (n == 0) {
		ph_mpw_nil(writer);
		return;
	}
	ph_mpw_array(writer, n);
	for (unsigned i = 0; i < n; i++) {
		put_sibling(writer, &list[i]);
	}
}

/* What follows [log id, n, h8] in ARRAY. */
static bool get_rest(const msgpack_object_array *array, struct ph_sibling *sibling)
{
	uint64_t waits = 0;

	if (array->size >= 5 &&
	    (!ph_mp_uint(&array->ptr[3], PH_MESSAGE_UINT_MAX, &sibling->parts) ||
	     !ph_mp_uint(&array->ptr[4], PH_MESSAGE_UINT_MAX, &sibling->missing) ||
	     sibling->missing == 0)) {
		return false;
	}
	if (array->size % 2 == 0 &&
	    (!ph_mp_uint(&array->ptr[array->size - 1], 1, &waits) || waits != 1)) {
		return false;
	}
	sibling->waits = waits == 1;
	return true;
}

static bool get_sibling(const msgpack_object *object, enum ph_sibling_list where,
			struct ph_sibling *sibling)
{
	const msgpack_object_array *array = ph_mp_array(object, 1, 6);

	*sibling = (struct ph_sibling){ 0 };
	if (array == NULL || array->size == 2 ||
	    !ph_mp_bin_exact(&array->ptr[0], sibling->log_id, sizeof(sibling->log_id))) {
		return false;
	}
	if (array->size == 1) {
		return sibling_ok(sibling, where);
	}
	return ph_mp_uint(&array->ptr[1], PH_MESSAGE_UINT_MAX, &sibling->n) &&
	       sibling->n >= 1 &&
	       ph_mp_bin_exact(&array->ptr[2], sibling->h, sizeof(sibling->h)) &&
	       get_rest(array, sibling) && sibling_ok(sibling, where);
}

bool ph_message_get_siblings(const msgpack_object *object, enum ph_sibling_list where,
			     struct ph_sibling list[static PH_SIBLINGS_MAX],
			     unsigned *n_out)
{
	if (ph_mp_is_nil(object)) {
		return true;
	}

	const msgpack_object_array *array = ph_mp_array(object, 1, PH_SIBLINGS_MAX);

	if (array == NULL) {
		return false;
	}
	for (uint32_t i = 0; i < array->size; i++) {
		if (!get_sibling(&array->ptr[i], where, &list[i]) ||
		    has(list, i, &list[i])) {
			return false;
		}
	}
	*n_out = array->size;
	return true;
}
