/* Tests of proto/pack_item.c: items packed and taken apart, alone and among others. */
#include "pack_made.h"

#include "proto/pack_item.h"

static struct ph_item *item_of(enum ph_item_type type, const struct made *made,
			       struct ph_view body)
{
	struct ph_item *item = ph_item_new(type);

	assert_non_null(item);
	memcpy(item->log_id, made->where.log_id, PH_LOG_ID_SIZE);
	item->first = made->where.first;
	item->last = made->where.last;
	assert_int_equal(ph_buf_put_view(&item->body, body), 0);
	return item;
}

static struct ph_item *part_of(const struct made *made, uint64_t n)
{
	struct ph_item *item = item_of(PH_ITEM_PART, made, made->part[0].plain);

	item->first = item->last = n;
	memcpy(item->seed, made->part[0].seed, PH_SEED_SIZE);
	return item;
}

/* The example: its segment, its part, a page behind them. */
static struct ph_item *list_of(const struct made *made)
{
	struct ph_item *first = item_of(PH_ITEM_SEGMENT, made, ph_buf_view(&made->body));

	memset(first->seal, 7, sizeof(first->seal));
	first->next = part_of(made, 3);
	first->next->next = item_of(PH_ITEM_PAGE, made, PH_VIEW("page", 4));
	return first;
}

static void assert_list(const struct made *made, const struct ph_item *item)
{
	uint8_t seal[PH_SIGNATURE_SIZE];

	memset(seal, 7, sizeof(seal));
	assert_int_equal(item->type, PH_ITEM_SEGMENT);
	assert_int_equal(item->first, 1);
	assert_int_equal(item->last, 6);
	assert_memory_equal(item->seal, seal, sizeof(seal));
	assert_true(ph_view_equal(ph_buf_view(&item->body), ph_buf_view(&made->body)));
	item = item->next;
	assert_int_equal(item->type, PH_ITEM_PART);
	assert_int_equal(item->first, 3);
	assert_memory_equal(item->log_id, made->where.log_id, PH_LOG_ID_SIZE);
	assert_memory_equal(item->seed, made->part[0].seed, PH_SEED_SIZE);
	assert_true(ph_view_equal(ph_buf_view(&item->body), made->part[0].plain));
	item = item->next;
	assert_int_equal(item->type, PH_ITEM_PAGE);
	assert_null(item->next);
}

static void test_round(void **state)
{
	struct made *made = made_example();
	struct ph_item *list = list_of(made);

	(void)state;
	assert_int_equal(ph_items_pack(made->pack, &list), 0);
	assert_int_equal(list->type, PH_ITEM_PACKED);
	assert_int_equal(list->next->type, PH_ITEM_PAGE);
	assert_null(list->next->next);
	assert_true(list->body.len < made->body.len / 2 + 20);
	assert_int_equal(ph_items_pack(made->pack, &list), 0); /* nothing left to do */
	assert_int_equal(ph_items_unpack(made->pack, &list, false), 0);
	assert_list(made, list);
	assert_int_equal(ph_items_unpack(made->pack, &list, true), 0);
	assert_list(made, list);
	ph_items_free(list);
	made_free(made);
}

/* Parts that do not fit, of another log, not behind it or not rising stay outside. */
static void test_outside(void **state)
{
	struct made *made = made_example();
	struct ph_item *list = item_of(PH_ITEM_SEGMENT, made, ph_buf_view(&made->body));

	(void)state;
	list->next = part_of(made, 6);
	list->next->next = part_of(made, 3);
	list->next->next->next = part_of(made, 3);
	assert_int_equal(ph_items_pack(made->pack, &list), 0);
	assert_int_equal(list->type, PH_ITEM_PACKED);
	assert_int_equal(list->next->first, 6); /* no part of that commitment */
	assert_int_equal(list->next->next->first, 3);
	assert_int_equal(ph_items_unpack(made->pack, &list, false), 0);
	assert_int_equal(list->next->next->next->first, 3);
	ph_items_free(list);

	list = item_of(PH_ITEM_SEGMENT, made, ph_buf_view(&made->body));
	list->next = part_of(made, 3);
	list->next->log_id[0] ^= 1;
	assert_int_equal(ph_items_pack(made->pack, &list), 0);
	assert_int_equal(list->type, PH_ITEM_PACKED);
	assert_int_equal(list->next->type, PH_ITEM_PART);
	ph_items_free(list);
	made_free(made);
}

/* What would be no shorter, or is no segment's body, stays as it is. */
static void test_plain(void **state)
{
	struct made *made = made_new();
	struct ph_item *list;

	(void)state;
	assert_int_equal(ph_segment_add(&made->body, PH_VIEW("\xc0", 1)), 0);
	list = item_of(PH_ITEM_SEGMENT, made, ph_buf_view(&made->body));
	assert_int_equal(ph_items_pack(made->pack, &list), 0);
	assert_int_equal(list->type, PH_ITEM_SEGMENT);
	list->body.data[0] = 9;
	assert_int_equal(ph_items_pack(made->pack, &list), 0);
	assert_int_equal(list->type, PH_ITEM_SEGMENT);
	assert_int_equal(list->body.len, 2);
	ph_items_free(list);
	made_free(made);
}

static void test_unpack_refused(void **state)
{
	struct made *made = made_example();
	struct ph_item *list = list_of(made);

	(void)state;
	assert_int_equal(ph_items_pack(made->pack, &list), 0);
	list->body.data[0] ^= 1;
	assert_int_equal(ph_items_unpack(made->pack, &list, false), PH_PACK_E_PLAIN);
	assert_int_equal(list->type, PH_ITEM_PACKED);
	list->body.data[0] ^= 1;
	list->body.len--;
	list->last++;
	assert_int_equal(ph_items_unpack(made->pack, &list, true), PH_PACK_E_FORM);
	list->last--;
	list->body.len++;
	list->body.data[0] ^= 1;
	assert_int_equal(ph_items_unpack(made->pack, &list, true), 0);
	assert_int_equal(list->type, PH_ITEM_PAGE);
	assert_null(list->next);
	ph_items_free(list);
	made_free(made);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_outside),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_unpack_refused),
	};

	if (sodium_init() < 0) {
		return 2;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
