/*
 * tests/fuzz/fuzz_message.c - any bytes as messages, hello or welcome.
 *
 * Byte 0 picks the decoder. What is taken is encoded and decoded again: that gives
 * the same, and no more bytes than came.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/message.h"

#include "tests/fuzz/mp_mutate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool fact)
{
	if (!fact) {
		abort();
	}
}

static void must_equal(struct ph_buf *a, struct ph_buf *b)
{
	must(ph_view_equal(ph_buf_view(a), ph_buf_view(b)));
	ph_buf_deinit(a);
	ph_buf_deinit(b);
}

static void try_messages(struct ph_view in)
{
	struct ph_message first, second;

	for (;;) {
		struct ph_view before = in;
		int rc = ph_message_decode(&in, &first);

		must(rc == 0 || rc == PH_MESSAGE_E_FORM);
		if (rc != 0) {
			must(in.data == before.data && in.len == before.len);
			return;
		}

		struct ph_buf a = { 0 };
		struct ph_buf b = { 0 };

		must(ph_message_encode(&first, &a) == 0);
		must(a.len <= before.len - in.len);

		struct ph_view again = ph_buf_view(&a);

		must(ph_message_decode(&again, &second) == 0 && again.len == 0);
		must(ph_message_encode(&second, &b) == 0);
		must_equal(&a, &b);
	}
}

static void try_hello(struct ph_view in)
{
	struct ph_hello first, second;
	struct ph_buf a = { 0 };
	struct ph_buf b = { 0 };
	int rc = ph_hello_decode(in, &first);

	must(rc == 0 || rc == PH_MESSAGE_E_FORM || rc == PH_MESSAGE_E_VERSION);
	if (rc != 0) {
		return;
	}
	must(ph_hello_encode(&first, &a) == 0 && a.len <= in.len);
	must(ph_hello_decode(ph_buf_view(&a), &second) == 0);
	must(ph_hello_encode(&second, &b) == 0);
	must_equal(&a, &b);
}

static void try_welcome(struct ph_view in)
{
	static struct ph_short_receipt receipts[2][PH_HEADS_MAX];
	struct ph_welcome first = { .receipt = receipts[0] };
	struct ph_welcome second = { .receipt = receipts[1] };
	struct ph_buf a = { 0 };
	struct ph_buf b = { 0 };
	int rc = ph_welcome_decode(in, &first);

	must(rc == 0 || rc == PH_MESSAGE_E_FORM);
	if (rc != 0) {
		return;
	}
	must(ph_welcome_encode(&first, &a) == 0 && a.len <= in.len);
	must(ph_welcome_decode(ph_buf_view(&a), &second) == 0);
	must(ph_welcome_encode(&second, &b) == 0);
	must_equal(&a, &b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0) {
		return 0;
	}

	struct ph_view in = PH_VIEW(data + 1, size - 1);

	switch (data[0] % 3) {
	case 0:
		try_messages(in);
		break;
	case 1:
		try_hello(in);
		break;
	default:
		try_welcome(in);
		break;
	}
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	return mp_mutate(data, size, max, seed, 1);
}
