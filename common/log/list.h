/*
 * common/log/list.h - items of lists of any type; for what reads, checks and shows
 * values by their field. Who knows the type takes the functions of entry.h.
 */
#ifndef PH_LOG_LIST_H
#define PH_LOG_LIST_H

#include "common/log/entry.h"

/* One item; which member, the type of the list says. Codes and texts borrow. */
union ph_item {
	struct ph_ref ref;
	struct ph_id id;
	struct ph_head head;
	uint64_t uint;
	struct ph_view text;
};

/*
 * Whether BYTES are one canonical array and nothing more, all of whose items are of
 * the list type TYPE by their form; then LIST is set and borrows them. Order and
 * limits are not looked at.
 */
bool ph_list_open(struct ph_view bytes, enum ph_type type, struct ph_list *list);
/* As the typed ones of entry.h; also 0 where an item is not of TYPE. */
int ph_list_next(struct ph_list_iter *iter, enum ph_type type, union ph_item *out);
/* The order of items in a list of TYPE; <0, 0, >0. */
int ph_item_compare(enum ph_type type, const union ph_item *a, const union ph_item *b);
/* ITEM as it stands in a list of TYPE. */
void ph_item_write(struct ph_mpw *writer, enum ph_type type, const union ph_item *item);
/* As the typed ones of entry.h, but sorts ITEMS in place. */
int ph_list_put(struct ph_buf *out, enum ph_type type, union ph_item *items, size_t n,
		struct ph_value *value);
/*
 * The limits of one item of FIELD, which texts call "NAME[INDEX]". 0, -ENOMEM, or
 * -EINVAL with a text.
 */
int ph_item_check(const struct ph_field *field, size_t index, const union ph_item *item,
		  struct ph_error *err);

#endif
