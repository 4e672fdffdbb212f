/*
 * tests/fuzz/fuzz_code.c - any bytes as a printed code, as a run of codes, as a reference.
 *
 * The first byte says what the rest is: c a code that was scanned; r a run as a site keeps it;
 * R the same without its checksum, which is put behind it; t the text of a reference. What a
 * code is says the slow definition, and of each good one every other check digit is wrong. A
 * run encodes to the same bytes; a code that it gives out is a printed one of its site, and
 * the next is another. A reference has the same text again.
 */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include <sodium.h>

#include "common/log/code.h"

#include "tests/fuzz/choices.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	PROVINCE = 14,
	SITE = 140371,
	BLOCK = 7,
	SUM = 16, /* bytes of a run's checksum */
};

/* --- codes --- */

/* EAN-13 once more: all digits, those at even places three times, are a multiple of ten. */
static bool is_code(struct ph_view code)
{
	unsigned sum = 0;

	for (size_t i = 0; i < code.len; i++) {
		if (strchr("0123456789", code.data[i]) == NULL || code.data[i] == '\0') {
			return false;
		}
		sum += (code.data[i] - '0') * (i % 2 == 1 ? 3u : 1u);
	}
	return code.len == PH_PRINTED_SIZE && sum % 10 == 0;
}

static void try_code(struct ph_view code)
{
	uint8_t other[PH_PRINTED_SIZE];
	unsigned provinces = 0;

	must(ph_code_check(code) == is_code(code));
	for (unsigned i = 0; i < 100; i++) {
		bool looks = ph_code_looks_printed(code, i);

		provinces += looks;
		must(!looks ||
		     (code.len == PH_PRINTED_SIZE && code.data[0] == '0' + i / 10 &&
		      code.data[1] == '0' + i % 10));
		must(ph_code_is_printed(code, i) == (looks && is_code(code)));
	}
	must(provinces <= 1 && (provinces == 1 || !is_code(code)));
	if (!is_code(code)) {
		return;
	}
	memcpy(other, code.data, sizeof(other));
	for (unsigned i = 1; i < 10; i++) {
		other[12] = (uint8_t)('0' + (code.data[12] - '0' + i) % 10);
		must(!ph_code_check(PH_VIEW(other, sizeof(other))));
	}
}

/* --- runs --- */

static void take_from(struct ph_code_run run)
{
	char code[PH_PRINTED_SIZE + 1], next[PH_PRINTED_SIZE + 1];
	uint32_t count = run.count;
	int rc = ph_code_run_take(&run, SITE, BLOCK, code);

	must(rc == 0 || rc == PH_CODE_E_USED);
	must(run.count == count + (rc == 0));
	if (rc != 0) {
		return;
	}
	must(strlen(code) == PH_PRINTED_SIZE && memcmp(code, "140371", 6) == 0);
	must(ph_code_is_printed(ph_view_str(code), PROVINCE));
	must(run.number == 0 ? memcmp(code + 6, "07", 2) == 0
			     : memcmp(code + 6, "50", 2) >= 0);
	must(memcmp(code + 8, "0000", 4) != 0); /* the first of a block has counter 1 */
	must(ph_code_run_take(&run, SITE, BLOCK, next) != 0 || strcmp(code, next) != 0);
}

static void try_run(struct ph_view bytes)
{
	struct ph_code_run run, before;
	uint8_t again[PH_CODE_RUN_SIZE];
	int rc;

	memset(&run, 0x5a, sizeof(run));
	before = run;
	rc = ph_code_run_decode(bytes, &run);
	must(rc == 0 || rc == -EUCLEAN);
	if (rc != 0) {
		must(memcmp(&run, &before, sizeof(run)) == 0);
		return;
	}
	ph_code_run_encode(&run, again);
	must(ph_view_equal(bytes, PH_VIEW(again, sizeof(again))));
	must(run.start < PH_CODE_FREE && run.count <= PH_CODE_FREE);
	take_from(run);
	again[bytes.data[0] % sizeof(again)] ^= 1;
	must(ph_code_run_decode(PH_VIEW(again, sizeof(again)), &run) == -EUCLEAN);
}

static void try_summed(struct ph_view bytes)
{
	uint8_t run[PH_CODE_RUN_SIZE] = { 0 };
	size_t len = PH_CODE_RUN_SIZE - SUM;

	memcpy(run, bytes.data, bytes.len < len ? bytes.len : len);
	crypto_generichash(run + len, SUM, run, len, NULL, 0);
	try_run(PH_VIEW(run, sizeof(run)));
}

/* --- references --- */

static void try_ref(struct ph_view text)
{
	struct ph_ref ref, before;
	char again[PH_REF_TEXT];
	int rc;

	memset(&ref, 0x5a, sizeof(ref));
	before = ref;
	rc = ph_ref_parse((const char *)text.data, text.len, &ref);
	must(rc == 0 || rc == -EINVAL);
	if (rc != 0) {
		must(memcmp(&ref, &before, sizeof(ref)) == 0);
		return;
	}
	must(ref.n >= 1 && ref.n <= PH_N_MAX && ph_ref_equal(&ref, &ref));
	ph_ref_text(again, &ref);
	must(strlen(again) == text.len &&
	     strncasecmp(again, (const char *)text.data, text.len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ph_view rest;

	if (size == 0) {
		return 0;
	}
	rest = PH_VIEW(data + 1, size - 1);
	switch (data[0]) {
	case 'c':
		try_code(rest);
		break;
	case 'r':
		try_run(rest);
		break;
	case 'R':
		try_summed(rest);
		break;
	case 't':
		try_ref(rest);
		break;
	default:
		break;
	}
	return 0;
}
