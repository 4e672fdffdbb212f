/*
 * common/ledger/state.c - small parts of the canonical states.
 *
 * States are our own bytes, so what does not decode is damage (-EUCLEAN), never
 * somebody's bad input.
 */
#include "common/ledger/state.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

void ph_state_int(struct ph_mpw *writer, int64_t value)
{
	if (value >= 0) {
		ph_mpw_uint(writer, (uint64_t)value);
	} else if (!writer->failed && msgpack_pack_int64(&writer->packer, value) != 0) {
		writer->failed = true;
	}
}

bool ph_state_get_int(const msgpack_object *object, int64_t *out)
{
	if (object->type == MSGPACK_OBJECT_NEGATIVE_INTEGER) {
		*out = object->via.i64;
		return true;
	}

	uint64_t value;

	if (!ph_mp_uint(object, INT64_MAX, &value)) {
		return false;
	}
	*out = (int64_t)value;
	return true;
}

int ph_state_decode(struct ph_view state, struct ph_mp *mp,
		    const msgpack_object_array **array_out)
{
	const struct ph_walk_limits limits = { .depth = 8, .items = UINT32_MAX };
	int rc = ph_mp_decode_ours(mp, state, &limits);

	if (rc < 0) {
		return rc;
	}

	const msgpack_object_array *array = ph_mp_array(mp->root, 0, SIZE_MAX);

	if (array == NULL) {
		ph_mp_deinit(mp);
		return -EUCLEAN;
	}
	*array_out = array;
	return 0;
}

int ph_state_grow(void **items, size_t n, size_t *cap, size_t size)
{
	if (n < *cap) {
		return 0;
	}

	size_t more = *cap == 0 ? 8 : *cap * 2;

	if (more > SIZE_MAX / size) {
		return -ENOMEM;
	}

	void *grown = realloc(*items, more * size);

	if (grown == NULL) {
		return -ENOMEM;
	}
	*items = grown;
	*cap = more;
	return 0;
}

/* The room of a list is a power of two, and 8 at least: it is full when N is that. */
void *ph_state_push(void **items, size_t *n, size_t size)
{
	if (*n == 0 || (*n >= 8 && (*n & (*n - 1)) == 0)) {
		size_t room = *n == 0 ? 8 : *n * 2;
		void *grown =
			room > SIZE_MAX / size ? NULL : realloc(*items, room * size);

		if (grown == NULL) {
			return NULL;
		}
		*items = grown;
	}

	void *item = (uint8_t *)*items + (*n)++ * size;

	return memset(item, 0, size);
}

int ph_state_each(const struct ph_fact *facts, size_t n,
		  int (*on_fact)(void *data, const struct ph_fact *fact,
				 const struct ph_entry *entry),
		  void *data)
{
	struct ph_entry *entry = malloc(sizeof *entry);
	int rc = entry == NULL ? -ENOMEM : 0;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = ph_fact_entry(&facts[i], entry);
		if (rc == 0) {
			rc = on_fact(data, &facts[i], entry);
		}
	}
	free(entry);
	return rc;
}

/* --- rows --- */

void ph_row_begin(struct ph_row *row, struct ph_mpw *writer)
{
	*row = (struct ph_row){ .writer = writer, .start = writer->buf->len };
	ph_mpw_array(writer, 0); /* one byte, which says at the end how many */
	row->len = writer->buf->len;
}

static void settle(struct ph_row *row)
{
	if (row->set) {
		row->kept = row->items;
		row->len = row->writer->buf->len;
	}
	row->set = false;
}

bool ph_row_item(struct ph_row *row, bool set)
{
	settle(row);
	row->items++;
	row->set = set;
	if (!set) {
		ph_mpw_nil(row->writer);
	}
	return set;
}

void ph_row_end(struct ph_row *row)
{
	struct ph_mpw *writer = row->writer;

	settle(row);
	assert(row->items <= 15);
	if (!writer->failed) {
		writer->buf->len = row->len;
		writer->buf->data[row->start] = (uint8_t)(0x90 | row->kept);
	}
}

/* --- shared parts --- */

struct ph_opt ph_opt_of(const struct ph_value *value)
{
	struct ph_opt opt = { .set = value->set };

	if (value->set) {
		opt.value = value->as.uint;
	}
	return opt;
}

struct ph_act ph_act_of(const struct ph_fact *fact)
{
	return (struct ph_act){ .ref = fact->ref,
				.site = fact->site,
				.second = fact->second };
}

bool ph_fact_is(const struct ph_fact *fact, const struct ph_entity_key *key)
{
	struct ph_entity_key own = ph_key_ref((enum ph_entity)key->type, &fact->ref);

	return ph_key_compare(&own, key) == 0;
}

int ph_state_add_ref(struct ph_ref **refs, size_t *n, const struct ph_ref *ref)
{
	struct ph_ref *item = ph_state_push((void **)refs, n, sizeof *item);

	if (item == NULL) {
		return -ENOMEM;
	}
	*item = *ref;
	return 0;
}

int ph_state_add_edge(struct ph_edge **edges, size_t *n, const struct ph_fact *fact,
		      const struct ph_entity_key *key, const struct ph_ref *one,
		      const struct ph_ref *other)
{
	struct ph_entity_key own = ph_key_ref((enum ph_entity)key->type, one);
	struct ph_edge *item = ph_state_push((void **)edges, n, sizeof *item);

	if (item == NULL) {
		return -ENOMEM;
	}
	item->ref = fact->ref;
	item->other = ph_key_compare(&own, key) == 0 ? *other : *one;
	return 0;
}

void ph_state_write_opt(struct ph_mpw *writer, const struct ph_opt *opt)
{
	if (opt->set) {
		ph_mpw_uint(writer, opt->value);
	} else {
		ph_mpw_nil(writer);
	}
}

void ph_state_write_act(struct ph_mpw *writer, const struct ph_act *act)
{
	ph_mpw_array(writer, 3);
	ph_ref_write(writer, &act->ref);
	ph_mpw_uint(writer, act->site);
	ph_state_int(writer, act->second);
}

void ph_state_write_refs(struct ph_mpw *writer, const struct ph_ref *refs, size_t n)
{
	ph_mpw_array(writer, n);
	for (size_t i = 0; i < n; i++) {
		ph_ref_write(writer, &refs[i]);
	}
}

void ph_state_write_edges(struct ph_mpw *writer, const struct ph_edge *edges, size_t n)
{
	ph_mpw_array(writer, n);
	for (size_t i = 0; i < n; i++) {
		ph_mpw_array(writer, 2);
		ph_ref_write(writer, &edges[i].ref);
		ph_ref_write(writer, &edges[i].other);
	}
}

/* A list stands as the bytes of its array, so that reading can borrow them. */
void ph_state_write_value(struct ph_mpw *writer, const struct ph_field *field,
			  const struct ph_value *value)
{
	if (ph_type_is_list(field->type)) {
		ph_mpw_bin(writer, value->as.list.bytes.data, value->as.list.bytes.len);
	} else {
		ph_value_write(writer, field, value);
	}
}

bool ph_state_get_value(const msgpack_object *object, const struct ph_field *field,
			struct ph_value *out)
{
	struct ph_view bytes = { 0 };

	if (ph_type_is_list(field->type) && !ph_mp_bin(object, 1, SIZE_MAX, &bytes)) {
		return false;
	}
	return ph_value_read(object, bytes, field, out) == 0;
}

bool ph_state_get_opt(const msgpack_object *object, struct ph_opt *out)
{
	out->set = !ph_mp_is_nil(object);
	return !out->set || ph_mp_uint(object, UINT64_MAX, &out->value);
}

bool ph_state_get_act(const msgpack_object *object, struct ph_act *out)
{
	const msgpack_object_array *array = ph_mp_array(object, 3, 3);

	return array != NULL && ph_ref_read(&array->ptr[0], &out->ref) &&
	       ph_mp_uint(&array->ptr[1], UINT64_MAX, &out->site) &&
	       ph_state_get_int(&array->ptr[2], &out->second);
}

int ph_state_get_list(const msgpack_object *object, size_t size,
		      bool (*read)(const msgpack_object *object, void *item),
		      void **items_out, size_t *n_out)
{
	const msgpack_object_array *array = ph_mp_array(object, 1, SIZE_MAX);

	if (ph_mp_is_nil(object)) {
		*items_out = NULL;
		*n_out = 0;
		return 0;
	}
	if (array == NULL) {
		return -EUCLEAN;
	}

	uint8_t *items = calloc(array->size, size);

	if (items == NULL) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < array->size; i++) {
		if (!read(&array->ptr[i], items + i * size)) {
			free(items);
			return -EUCLEAN;
		}
	}
	*items_out = items;
	*n_out = array->size;
	return 0;
}

static bool read_ref(const msgpack_object *object, void *item)
{
	return ph_ref_read(object, item);
}

int ph_state_get_refs(const msgpack_object *object, struct ph_ref **refs_out,
		      size_t *n_out)
{
	return ph_state_get_list(object, sizeof **refs_out, read_ref, (void **)refs_out,
				 n_out);
}

static bool read_edge(const msgpack_object *object, void *item)
{
	const msgpack_object_array *array = ph_mp_array(object, 2, 2);
	struct ph_edge *edge = item;

	return array != NULL && ph_ref_read(&array->ptr[0], &edge->ref) &&
	       ph_ref_read(&array->ptr[1], &edge->other);
}

int ph_state_get_edges(const msgpack_object *object, struct ph_edge **edges_out,
		       size_t *n_out)
{
	return ph_state_get_list(object, sizeof **edges_out, read_edge,
				 (void **)edges_out, n_out);
}
