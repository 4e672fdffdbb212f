/*
 * common/log/list.c - lists: a field of many items of one type, each once, in order.
 *
 * A list stays the bytes it was signed as. Opening one walks them (canonical, bounded)
 * and reads every item once by its type; after that an iterator reads item by item,
 * without memory of its own. Building one sorts, drops what stands there twice, and
 * writes.
 *
 * Reading never leaves the bytes, whatever they are: what is not an item of the type
 * ends the list. Lack of memory while building leaves the buffer as it was.
 */
#include "common/log/list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* --- the few MessagePack forms that items are made of --- */

static bool take(struct ph_view *in, size_t len, struct ph_view *out)
{
	if (in->len < len) {
		return false;
	}
	*out = PH_VIEW(in->data, len);
	*in = PH_VIEW(in->data + len, in->len - len);
	return true;
}

/* A big-endian number of LEN bytes. */
static bool take_be(struct ph_view *in, size_t len, uint64_t *out)
{
	struct ph_view bytes;
	uint64_t number = 0;

	if (!take(in, len, &bytes)) {
		return false;
	}
	for (size_t i = 0; i < len; i++) {
		number = number << 8 | bytes.data[i];
	}
	*out = number;
	return true;
}

static bool take_uint(struct ph_view *in, uint64_t max, uint64_t *out)
{
	uint64_t number;

	if (!take_be(in, 1, &number)) {
		return false;
	}
	if (number >= 0xcc && number <= 0xcf) {
		if (!take_be(in, (size_t)1 << (number - 0xcc), &number)) {
			return false;
		}
	} else if (number >= 0x80) {
		return false;
	}
	*out = number;
	return number <= max;
}

/* Headers of arrays and strings: SHORT with the length in its lower bits, or wider forms. */
static bool take_length(struct ph_view *in, uint8_t small, uint8_t small_max,
			uint8_t wide, size_t width, uint64_t *out)
{
	uint64_t first;

	if (!take_be(in, 1, &first)) {
		return false;
	}
	if (first >= small && first <= (uint64_t)small + small_max) {
		*out = first - small;
		return true;
	}
	for (; width <= 4; width *= 2, wide++) {
		if (first == wide) {
			return take_be(in, width, out);
		}
	}
	return false;
}

static bool take_array(struct ph_view *in, uint64_t *items)
{
	return take_length(in, 0x90, 15, 0xdc, 2, items);
}

static bool take_tuple(struct ph_view *in, uint64_t items)
{
	uint64_t got;

	return take_array(in, &got) && got == items;
}

static bool take_str(struct ph_view *in, struct ph_view *out)
{
	uint64_t len;

	return take_length(in, 0xa0, 31, 0xd9, 1, &len) && take(in, (size_t)len, out);
}

static bool take_bin(struct ph_view *in, uint8_t *out, size_t len)
{
	struct ph_view bytes;
	uint64_t head;
	uint64_t got;

	if (!take_be(in, 1, &head) || head != 0xc4 || !take_be(in, 1, &got) ||
	    got != len || !take(in, len, &bytes)) {
		return false;
	}
	memcpy(out, bytes.data, len);
	return true;
}

/* --- items --- */

static bool take_item(struct ph_view *in, enum ph_type type, union ph_item *out)
{
	switch (type) {
	case PH_T_REFS:
		return take_tuple(in, 3) &&
		       take_bin(in, out->ref.log_id, PH_LOG_ID_SIZE) &&
		       take_uint(in, PH_N_MAX, &out->ref.n) &&
		       take_bin(in, out->ref.hash, sizeof(out->ref.hash));
	case PH_T_COPY_IDS:
	case PH_T_CARD_IDS:
		return take_tuple(in, 2) && take_uint(in, PH_SITE_MAX, &out->id.ns) &&
		       take_str(in, &out->id.code) && out->id.code.len >= 1 &&
		       out->id.code.len <= PH_CODE_MAX;
	case PH_T_HEADS:
		return take_tuple(in, 3) &&
		       take_bin(in, out->head.log_id, PH_LOG_ID_SIZE) &&
		       take_uint(in, PH_N_MAX, &out->head.n) &&
		       take_bin(in, out->head.h, PH_HASH_SIZE);
	case PH_T_UINTS:
		return take_uint(in, UINT64_MAX, &out->uint);
	case PH_T_TEXTS:
		return take_str(in, &out->text);
	default:
		return false;
	}
}

static int compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int compare_heads(const struct ph_head *a, const struct ph_head *b)
{
	int order = memcmp(a->log_id, b->log_id, PH_LOG_ID_SIZE);

	if (order == 0) {
		order = compare_numbers(a->n, b->n);
	}
	return order ? order : memcmp(a->h, b->h, PH_HASH_SIZE);
}

static int compare_ids(const struct ph_id *a, const struct ph_id *b)
{
	int order = compare_numbers(a->ns, b->ns);

	return order ? order : ph_view_compare(a->code, b->code);
}

int ph_item_compare(enum ph_type type, const union ph_item *a, const union ph_item *b)
{
	switch (type) {
	case PH_T_REFS:
		return ph_ref_compare(&a->ref, &b->ref);
	case PH_T_HEADS:
		return compare_heads(&a->head, &b->head);
	case PH_T_UINTS:
		return compare_numbers(a->uint, b->uint);
	case PH_T_TEXTS:
		return ph_view_compare(a->text, b->text);
	default:
		return compare_ids(&a->id, &b->id);
	}
}

/* --- reading --- */

bool ph_list_open(struct ph_view bytes, enum ph_type type, struct ph_list *list)
{
	static const struct ph_walk_limits limits = { .depth = 2,
						      .items = PH_ENTRY_ITEMS_MAX };
	struct ph_list_iter iter = { bytes };
	union ph_item item;
	uint64_t count;
	size_t used;

	if (ph_walk(bytes, &limits, PH_WALK_CANONICAL, &used) != 0 || used != bytes.len ||
	    !take_array(&iter.left, &count)) {
		return false;
	}
	for (uint64_t i = 0; i < count; i++) {
		if (!take_item(&iter.left, type, &item)) {
			return false;
		}
	}
	*list = (struct ph_list){ .bytes = bytes, .count = (uint32_t)count };
	return true;
}

struct ph_list_iter ph_list_begin(const struct ph_list *list)
{
	struct ph_list_iter iter = { list->bytes };
	uint64_t count;

	if (!take_array(&iter.left, &count)) {
		iter.left.len = 0;
	}
	return iter;
}

int ph_list_next(struct ph_list_iter *iter, enum ph_type type, union ph_item *out)
{
	union ph_item item;

	if (!take_item(&iter->left, type, &item)) {
		iter->left.len = 0;
		return 0;
	}
	*out = item;
	return 1;
}

int ph_list_next_ref(struct ph_list_iter *iter, struct ph_ref *out)
{
	union ph_item item;
	int got = ph_list_next(iter, PH_T_REFS, &item);

	if (got) {
		*out = item.ref;
	}
	return got;
}

int ph_list_next_id(struct ph_list_iter *iter, struct ph_id *out)
{
	union ph_item item;
	int got = ph_list_next(iter, PH_T_COPY_IDS, &item);

	if (got) {
		*out = item.id;
	}
	return got;
}

int ph_list_next_head(struct ph_list_iter *iter, struct ph_head *out)
{
	union ph_item item;
	int got = ph_list_next(iter, PH_T_HEADS, &item);

	if (got) {
		*out = item.head;
	}
	return got;
}

int ph_list_next_uint(struct ph_list_iter *iter, uint64_t *out)
{
	union ph_item item;
	int got = ph_list_next(iter, PH_T_UINTS, &item);

	if (got) {
		*out = item.uint;
	}
	return got;
}

int ph_list_next_text(struct ph_list_iter *iter, struct ph_view *out)
{
	union ph_item item;
	int got = ph_list_next(iter, PH_T_TEXTS, &item);

	if (got) {
		*out = item.text;
	}
	return got;
}

/* --- building --- */

static int sort_refs(const void *a, const void *b)
{
	return ph_item_compare(PH_T_REFS, a, b);
}

static int sort_ids(const void *a, const void *b)
{
	return ph_item_compare(PH_T_COPY_IDS, a, b);
}

static int sort_heads(const void *a, const void *b)
{
	return ph_item_compare(PH_T_HEADS, a, b);
}

static int sort_uints(const void *a, const void *b)
{
	return ph_item_compare(PH_T_UINTS, a, b);
}

static int sort_texts(const void *a, const void *b)
{
	return ph_item_compare(PH_T_TEXTS, a, b);
}

static void sort(enum ph_type type, union ph_item *items, size_t n)
{
	switch (type) {
	case PH_T_REFS:
		qsort(items, n, sizeof(*items), sort_refs);
		break;
	case PH_T_HEADS:
		qsort(items, n, sizeof(*items), sort_heads);
		break;
	case PH_T_UINTS:
		qsort(items, n, sizeof(*items), sort_uints);
		break;
	case PH_T_TEXTS:
		qsort(items, n, sizeof(*items), sort_texts);
		break;
	default:
		qsort(items, n, sizeof(*items), sort_ids);
		break;
	}
}

/* Of equal neighbours keep the first; how many are left. */
static size_t drop_twins(enum ph_type type, union ph_item *items, size_t n)
{
	size_t kept = 1;

	for (size_t i = 1; i < n; i++) {
		if (ph_item_compare(type, &items[kept - 1], &items[i]) != 0) {
			items[kept++] = items[i];
		}
	}
	return kept;
}

void ph_item_write(struct ph_mpw *writer, enum ph_type type, const union ph_item *item)
{
	switch (type) {
	case PH_T_REFS:
		ph_ref_write(writer, &item->ref);
		break;
	case PH_T_HEADS:
		ph_head_write(writer, &item->head);
		break;
	case PH_T_UINTS:
		ph_mpw_uint(writer, item->uint);
		break;
	case PH_T_TEXTS:
		ph_mpw_str(writer, item->text);
		break;
	default:
		ph_id_write(writer, &item->id);
		break;
	}
}

int ph_list_put(struct ph_buf *out, enum ph_type type, union ph_item *items, size_t n,
		struct ph_value *value)
{
	size_t start = out->len;
	struct ph_mpw writer;

	if (n == 0) {
		*value = (struct ph_value){ 0 };
		return 0;
	}
	sort(type, items, n);
	n = drop_twins(type, items, n);
	ph_mpw_init(&writer, out);
	ph_mpw_array(&writer, n);
	for (size_t i = 0; i < n; i++) {
		ph_item_write(&writer, type, &items[i]);
	}
	if (ph_mpw_end(&writer) != 0) {
		out->len = start;
		return -ENOMEM;
	}
	*value = (struct ph_value){
		.set = true,
		.as.list = { .bytes = PH_VIEW(out->data + start, out->len - start),
			     .count = (uint32_t)n },
	};
	return 0;
}

/* Items of SIZE bytes each, all of one member of the union, which begins at its start. */
static int put_copies(struct ph_buf *out, enum ph_type type, const void *items, size_t n,
		      size_t size, struct ph_value *value)
{
	union ph_item *copies = calloc(n + 1, sizeof(*copies));
	int rc;

	if (copies == NULL) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++) {
		memcpy(&copies[i], (const uint8_t *)items + i * size, size);
	}
	rc = ph_list_put(out, type, copies, n, value);
	free(copies);
	return rc;
}

int ph_list_put_refs(struct ph_buf *out, const struct ph_ref *items, size_t n,
		     struct ph_value *value)
{
	return put_copies(out, PH_T_REFS, items, n, sizeof(*items), value);
}

int ph_list_put_ids(struct ph_buf *out, const struct ph_id *items, size_t n,
		    struct ph_value *value)
{
	return put_copies(out, PH_T_COPY_IDS, items, n, sizeof(*items), value);
}

int ph_list_put_heads(struct ph_buf *out, const struct ph_head *items, size_t n,
		      struct ph_value *value)
{
	return put_copies(out, PH_T_HEADS, items, n, sizeof(*items), value);
}

int ph_list_put_uints(struct ph_buf *out, const uint64_t *items, size_t n,
		      struct ph_value *value)
{
	return put_copies(out, PH_T_UINTS, items, n, sizeof(*items), value);
}

int ph_list_put_texts(struct ph_buf *out, const struct ph_view *items, size_t n,
		      struct ph_value *value)
{
	return put_copies(out, PH_T_TEXTS, items, n, sizeof(*items), value);
}
