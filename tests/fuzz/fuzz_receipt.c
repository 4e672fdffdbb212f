/*
 * tests/fuzz/fuzz_receipt.c - any bytes as a receipt, or behind its signature.
 *
 * The first byte says what the rest is: r a receipt; b its body, which this target
 * signs with the hub's key. What decodes must give the same bytes when encoded
 * again; what is refused must leave its output alone.
 */
#include "common/log/receipt.h"
#include "tests/unit/province.h"

#include "tests/fuzz/mp_mutate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct province p;

static void must(bool fact)
{
	if (!fact) {
		abort();
	}
}

static void try_receipt(struct ph_view bytes)
{
	static struct ph_receipt receipt, before;

	memset(&receipt, 0x5a, sizeof(receipt));
	before = receipt;

	/* what stands in it, whoever signed it */
	int peeked = ph_receipt_peek(bytes, &receipt);
	struct ph_receipt seen = receipt;

	must(peeked == 0 || memcmp(&receipt, &before, sizeof(receipt)) == 0);
	receipt = before;

	int rc = ph_receipt_decode(bytes, p.hub.sign.key, &receipt);

	must(rc != 0 || (peeked == 0 && memcmp(&receipt, &seen, sizeof(seen)) == 0));

	if (rc) {
		must(memcmp(&receipt, &before, sizeof(receipt)) == 0);
		return;
	}

	struct ph_buf again = { 0 };

	must(ph_receipt_encode(&receipt, p.hub.sign.secret, &again) == 0);
	must(ph_view_equal(bytes, ph_buf_view(&again)));
	ph_buf_deinit(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (p.list.n_hubs == 0) {
		must(ph_crypto_start() == 0);
		province_make(&p, 1);
	}
	if (size == 0 || size > PH_SIGN_BODY_MAX) {
		return 0;
	}

	struct ph_view rest = PH_VIEW(data + 1, size - 1);
	struct ph_buf bytes = { 0 };

	switch (data[0]) {
	case 'r':
		try_receipt(rest);
		break;
	case 'b':
		forge(&bytes, rest, "packhorse receipt 1", &p.hub.sign, NULL, NULL);
		try_receipt(ph_buf_view(&bytes));
		break;
	default:
		break;
	}
	ph_buf_deinit(&bytes);
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	return mp_mutate(data, size, max, seed, 1);
}
