/*
 * Tests of proto/bundle_read.c: bundles that are well sealed, by who holds the keys, and break
 * a rule each.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bundle_maker.h"

#include "common/base/mp.h"

static int read_as(const struct ph_buf *bytes, struct maker *maker)
{
	return maker_read(maker, ph_buf_view(bytes), 60000).rc;
}

static void put_said(struct ph_buf *out, uint64_t type, struct ph_view bytes,
		     uint64_t number)
{
	const struct bundle_said said = { .type = type,
					  .bytes = bytes,
					  .epoch = { .number = 3, .random = "epoch 3" },
					  .number = number };

	maker_must(bundle_said_encode(&said, out) == 0);
}

static void put_message(struct ph_buf *out, const struct ph_message *message)
{
	maker_must(ph_message_encode(message, out) == 0);
}

static void put_down(struct ph_buf *out)
{
	put_said(out, BUNDLE_MSG_WELCOME, PH_VIEW(NULL, 0), 1790000009);
}

static void put_part(struct ph_buf *out, uint64_t total)
{
	put_message(out, &(struct ph_message){ .type = PH_MSG_PART,
					       .first = 1,
					       .last = 1,
					       .total = total,
					       .chunk = ph_view_str("part") });
}

static void put_more(struct ph_buf *out)
{
	put_message(out, &(struct ph_message){ .type = PH_MSG_MORE,
					       .chunk = ph_view_str("m") });
}

static void put_end(struct ph_buf *out, uint64_t count)
{
	put_said(out, BUNDLE_MSG_END, PH_VIEW(NULL, 0), count);
}

static void say_good(struct ph_buf *out)
{
	put_down(out);
	put_part(out, 5);
	put_more(out);
	put_said(out, BUNDLE_MSG_RECEIPT, ph_view_str("a receipt"), 0);
	put_end(out, 2);
}

/* As SEGMENT: whose form it is says who takes it. */
static void say_packed(struct ph_buf *out)
{
	struct ph_item *item = ph_item_new(PH_ITEM_PACKED);
	struct ph_message message = { .type = PH_MSG_PACKED,
				      .first = 1,
				      .last = 1,
				      .total = 6,
				      .chunk = ph_view_str("packed") };

	maker_must(item != NULL && ph_buf_put(&item->body, "packed", 6) == 0);
	item->first = item->last = 1;
	ph_item_hash(item, message.hash);
	ph_items_free(item);
	put_down(out);
	put_message(out, &message);
	put_end(out, 1);
}

static void say_padded(struct ph_buf *out)
{
	maker_must(ph_buf_put(out, "\xc0\xc0", 2) == 0);
	put_down(out);
	maker_must(ph_buf_put(out, "\xc0", 1) == 0);
	put_end(out, 0);
}

static void say_no_first(struct ph_buf *out)
{
	put_part(out, 4);
	put_end(out, 1);
}

static void say_hello(struct ph_buf *out)
{
	struct ph_hello hello = { .counter = 7 };
	struct ph_buf bytes = { 0 };

	maker_must(ph_hello_encode(&hello, &bytes) == 0);
	put_said(out, BUNDLE_MSG_HELLO, ph_buf_view(&bytes), 0);
	ph_buf_deinit(&bytes);
	put_end(out, 0);
}

static void say_first_twice(struct ph_buf *out)
{
	put_down(out);
	put_down(out);
	put_end(out, 0);
}

static void say_more_alone(struct ph_buf *out)
{
	put_down(out);
	put_more(out);
	put_end(out, 0);
}

static void say_too_much(struct ph_buf *out)
{
	put_down(out);
	put_part(out, 4);
	put_more(out);
	put_end(out, 1);
}

static void say_item_open(struct ph_buf *out)
{
	put_down(out);
	put_part(out, 5);
	put_end(out, 1);
}

static void say_between(struct ph_buf *out)
{
	put_down(out);
	put_part(out, 5);
	put_said(out, BUNDLE_MSG_RECEIPT, ph_view_str("a receipt"), 0);
	put_more(out);
	put_end(out, 2);
}

static void say_wrong_count(struct ph_buf *out)
{
	put_down(out);
	put_part(out, 4);
	put_end(out, 0);
}

static void say_behind_end(struct ph_buf *out)
{
	put_down(out);
	put_end(out, 0);
	put_end(out, 0);
}

static void say_pad_behind_end(struct ph_buf *out)
{
	put_down(out);
	put_end(out, 0);
	maker_must(ph_buf_put(out, "\xc0", 1) == 0);
}

static void say_done(struct ph_buf *out)
{
	put_down(out);
	put_message(out, &(struct ph_message){ .type = PH_MSG_DONE });
	put_end(out, 0);
}

static void say_later_kind(struct ph_buf *out)
{
	put_down(out);
	maker_must(ph_buf_put(out, "\x92\x24\x01", 3) == 0);
	put_end(out, 0);
}

static void say_wrong_hash(struct ph_buf *out)
{
	put_down(out);
	put_message(out, &(struct ph_message){ .type = PH_MSG_PAGE,
					       .total = 4,
					       .chunk = ph_view_str("page") });
	put_end(out, 1);
}

static void say_resumed(struct ph_buf *out)
{
	put_down(out);
	put_message(out, &(struct ph_message){ .type = PH_MSG_RESUME,
					       .chunk = ph_view_str("body") });
	put_end(out, 1);
}

static void say_huge(struct ph_buf *out)
{
	put_down(out);
	put_message(out, &(struct ph_message){ .type = PH_MSG_SEGMENT,
					       .first = 1,
					       .last = 1,
					       .total = PH_SEGMENT_TRAVEL_MAX + 1,
					       .chunk = ph_view_str("body") });
}

static void say_junk(struct ph_buf *out)
{
	put_down(out);
	maker_must(ph_buf_put(out, "\xff", 1) == 0);
}

static void say_no_end(struct ph_buf *out)
{
	put_down(out);
	put_part(out, 4);
}

static void test_crafted(void **state)
{
	static const struct {
		const char *name;
		void (*say)(struct ph_buf *out);
		int rc;
		unsigned items;
	} cases[] = {
		{ "good", say_good, PH_BUNDLE_E_OVER, 1 },
		{ "packed", say_packed, PH_BUNDLE_E_OVER, 1 },
		{ "padding anywhere", say_padded, PH_BUNDLE_E_OVER, 0 },
		{ "no end", say_no_end, PH_BUNDLE_E_CUT, 1 },
		{ "an item first", say_no_first, PH_BUNDLE_E_FORM, 0 },
		{ "the other direction's first", say_hello, PH_BUNDLE_E_FORM, 0 },
		{ "first twice", say_first_twice, PH_BUNDLE_E_FORM, 0 },
		{ "more of nothing", say_more_alone, PH_BUNDLE_E_FORM, 0 },
		{ "more than was told", say_too_much, PH_BUNDLE_E_FORM, 1 },
		{ "end within an item", say_item_open, PH_BUNDLE_E_FORM, 0 },
		{ "receipt within an item", say_between, PH_BUNDLE_E_FORM, 0 },
		{ "wrong count", say_wrong_count, PH_BUNDLE_E_FORM, 1 },
		{ "behind the end", say_behind_end, PH_BUNDLE_E_TRAILING, 0 },
		{ "padding behind the end", say_pad_behind_end, PH_BUNDLE_E_TRAILING, 0 },
		{ "a session's message", say_done, PH_BUNDLE_E_FORM, 0 },
		{ "a later kind", say_later_kind, PH_BUNDLE_E_VERSION, 0 },
		{ "wrong hash", say_wrong_hash, PH_BUNDLE_E_FORM, 0 },
		{ "resumed", say_resumed, PH_BUNDLE_E_FORM, 0 },
		{ "too long a body", say_huge, PH_BUNDLE_E_FORM, 0 },
		{ "junk", say_junk, PH_BUNDLE_E_FORM, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ph_buf plain = { 0 };
		struct crafted crafted;
		struct maker maker;
		struct seen seen;

		maker_init(&maker, PH_BUNDLE_DOWN);
		craft_begin(&maker, &crafted);
		cases[i].say(&plain);
		craft_frame(&crafted, ph_buf_view(&plain));
		seen = maker_read(&maker, ph_buf_view(&crafted.bytes), 60000);
		if (seen.rc != cases[i].rc || seen.items != cases[i].items) {
			fail_msg("%s: %s, %u items", cases[i].name,
				 ph_bundle_reason(seen.rc), seen.items);
		}
		ph_buf_deinit(&plain);
		ph_buf_deinit(&crafted.bytes);
	}
}

/* What goes down only does not go up; a hello is bare, and its counter the header's number. */
static void test_crafted_up(void **state)
{
	(void)state;
	for (int which = 0; which < 7; which++) {
		struct ph_hello hello = { .counter = which == 1 ? 8 : 7 };
		struct ph_buf bytes = { 0 };
		struct ph_buf plain = { 0 };
		struct ph_item *page = maker_item(PH_ITEM_PAGE, 1, 4);
		struct crafted crafted;
		struct maker maker;

		maker_init(&maker, PH_BUNDLE_UP);
		craft_begin(&maker, &crafted);
		hello.n_heads = 1;
		hello.head[0].n = 9;
		if (which == 2) {
			hello.cert = ph_view_str("certificate");
		} else if (which == 3) {
			hello.n_segments = 1;
			hello.segment[0] = (struct ph_segment){
				.first = 1, .last = 1, .body = ph_view_str("b")
			};
		} else if (which == 6) {
			hello.has_partial = true;
			hello.partial_offset = 100;
		}
		maker_must(ph_hello_encode(&hello, &bytes) == 0);
		put_said(&plain, BUNDLE_MSG_HELLO, ph_buf_view(&bytes), 0);
		if (which == 4) {
			put_said(&plain, BUNDLE_MSG_RECEIPT, ph_view_str("a receipt"), 0);
		} else if (which == 5) {
			struct ph_message message = { .type = PH_MSG_PAGE,
						      .total = 4,
						      .chunk = ph_buf_view(&page->body) };

			ph_item_hash(page, message.hash);
			put_message(&plain, &message);
		}
		put_end(&plain, which == 4 || which == 5);
		craft_frame(&crafted, ph_buf_view(&plain));
		assert_int_equal(read_as(&crafted.bytes, &maker),
				 which == 0 ? PH_BUNDLE_E_OVER : PH_BUNDLE_E_FORM);
		ph_items_free(page);
		ph_buf_deinit(&bytes);
		ph_buf_deinit(&plain);
		ph_buf_deinit(&crafted.bytes);
	}
}

static void test_empty_frame(void **state)
{
	struct crafted crafted;
	struct maker maker;

	(void)state;
	maker_init(&maker, PH_BUNDLE_DOWN);
	craft_begin(&maker, &crafted);
	craft_frame(&crafted, PH_VIEW(NULL, 0));
	assert_int_equal(read_as(&crafted.bytes, &maker), PH_BUNDLE_E_FORM);
	ph_buf_deinit(&crafted.bytes);
}

/* Well made in all, but larger than what anybody makes. */
static void test_too_big(void **state)
{
	static uint8_t padding[60000];
	struct ph_buf plain = { 0 };
	struct crafted crafted;
	struct maker maker;

	(void)state;
	memset(padding, BUNDLE_PAD, sizeof(padding));
	maker_init(&maker, PH_BUNDLE_DOWN);
	craft_begin(&maker, &crafted);
	put_down(&plain);
	craft_frame(&crafted, ph_buf_view(&plain));
	plain.len = 0;
	put_end(&plain, 0);
	while (crafted.bytes.len + 60018 + 18 + plain.len <= PH_BUNDLE_MAX - 18) {
		craft_frame(&crafted, PH_VIEW(padding, sizeof(padding)));
	}
	size_t left = PH_BUNDLE_MAX - crafted.bytes.len - 18 - plain.len;
	struct crafted one_more = crafted;

	one_more.bytes = (struct ph_buf){ 0 };
	maker_must(ph_buf_put_view(&one_more.bytes, ph_buf_view(&crafted.bytes)) == 0);
	craft_frame(&crafted, PH_VIEW(padding, left - 18));
	craft_frame(&crafted, ph_buf_view(&plain));
	assert_int_equal(crafted.bytes.len, PH_BUNDLE_MAX);
	assert_int_equal(read_as(&crafted.bytes, &maker), PH_BUNDLE_E_OVER);
	craft_frame(&one_more, PH_VIEW(padding, left - 17));
	craft_frame(&one_more, ph_buf_view(&plain));
	assert_int_equal(one_more.bytes.len, PH_BUNDLE_MAX + 1);
	assert_int_equal(read_as(&one_more.bytes, &maker), PH_BUNDLE_E_BIG);
	ph_buf_deinit(&plain);
	ph_buf_deinit(&crafted.bytes);
	ph_buf_deinit(&one_more.bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_crafted),
		cmocka_unit_test(test_crafted_up),
		cmocka_unit_test(test_empty_frame),
		cmocka_unit_test(test_too_big),
	};

	return ph_crypto_start() != 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
