/*
 * proto/message_sibling.c - how far the logs of a site are held, as hello and welcome tell it.
 *
 * One array of [log id, n, h8] or [log id, n, h8, parts held, first missing], no two alike.
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

static bool sibling_ok(const struct ph_sibling *sibling)
{
	return sibling->n >= 1 && sibling->n <= PH_MESSAGE_UINT_MAX &&
	       sibling->missing <= sibling->n && sibling->parts <= sibling->n &&
	       (sibling->missing > 0 || sibling->parts == 0);
}

bool ph_message_siblings_ok(const struct ph_sibling *list, unsigned n)
{
	if (n > PH_SIBLINGS_MAX) {
		return false;
	}
	for (unsigned i = 0; i < n; i++) {
		if (!sibling_ok(&list[i]) || has(list, i, &list[i])) {
			return false;
		}
	}
	return true;
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
		ph_mpw_array(writer, list[i].missing > 0 ? 5 : 3);
		ph_mpw_bin(writer, list[i].log_id, sizeof(list[i].log_id));
		ph_mpw_uint(writer, list[i].n);
		ph_mpw_bin(writer, list[i].h, sizeof(list[i].h));
		if (list[i].missing > 0) {
			ph_mpw_uint(writer, list[i].parts);
			ph_mpw_uint(writer, list[i].missing);
		}
	}
}

static bool get_sibling(const msgpack_object *object, struct ph_sibling *sibling)
{
	const msgpack_object_array *array = ph_mp_array(object, 3, 5);

	if (array == NULL || array->size == 4 ||
	    !ph_mp_bin_exact(&array->ptr[0], sibling->log_id, sizeof(sibling->log_id)) ||
	    !ph_mp_uint(&array->ptr[1], PH_MESSAGE_UINT_MAX, &sibling->n) ||
	    !ph_mp_bin_exact(&array->ptr[2], sibling->h, sizeof(sibling->h))) {
		return false;
	}
	return sibling_ok(sibling) &&
	       (array->size == 3 ||
		(ph_mp_uint(&array->ptr[3], PH_MESSAGE_UINT_MAX, &sibling->parts) &&
		 ph_mp_uint(&array->ptr[4], PH_MESSAGE_UINT_MAX, &sibling->missing) &&
		 sibling->missing >= 1 && sibling_ok(sibling)));
}

bool ph_message_get_siblings(const msgpack_object *object,
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
		if (!get_sibling(&array->ptr[i], &list[i]) || has(list, i, &list[i])) {
			return false;
		}
	}
	*n_out = array->size;
	return true;
}
