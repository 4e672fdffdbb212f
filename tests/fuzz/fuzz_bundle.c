/*
 * tests/fuzz/fuzz_bundle.c - any bytes as a bundle, and as what is sealed in one.
 *
 * Byte 0: with bit 4 all of this is about bundles up, else down. Below 64 what follows is a
 * file; below 128 it is XORed onto a genuine bundle, from the byte that bytes 1 and 2 name;
 * else it is the plaintext of the records of one whose sender breaks every rule, in frames
 * of as many bytes as byte 1 says. The reader is fed in portions that depend on the length.
 * It ends in a refusal or in END, twice the same way; only the genuine bundle gives END when
 * the seal is in the way.
 */
#include "tests/unit/bundle_maker.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct maker maker, makers[2];
static struct ph_buf genuine, genuines[2];

/* Whether END is the last that DATA says: 92 23 and a count. */
static bool ends(const uint8_t *data, size_t size)
{
	for (size_t i = size > 11 ? size - 11 : 0; i + 2 < size; i++) {
		if (data[i] == 0x92 && data[i + 1] == BUNDLE_MSG_END) {
			return true;
		}
	}
	return false;
}

/* How reading FILE ended. */
static int try_file(struct ph_view file, bool sealed)
{
	bool is_genuine = ph_view_equal(file, ph_buf_view(&genuine));
	struct seen all = maker_read_any(&maker, file, PH_FRAME_MAX, !sealed);
	struct seen some = maker_read_any(&maker, file, 1 + file.len % 977, !sealed);

	maker_must(all.rc == some.rc && all.items == some.items &&
		   all.bytes == some.bytes && all.ends == some.ends);
	maker_must(all.rc >= PH_BUNDLE_E_CUT || all.rc == PH_BUNDLE_E_OVER);
	maker_must((all.rc == PH_BUNDLE_E_OVER) == (all.ends == 1));
	maker_must(!sealed || is_genuine == (all.ends == 1));
	return all.rc;
}

static void try_bent(const uint8_t *data, size_t size)
{
	struct ph_buf bent = { 0 };
	size_t at = ph_be16_get(data) % genuine.len;

	maker_must(ph_buf_put_view(&bent, ph_buf_view(&genuine)) == 0);
	for (size_t i = 2; i < size && at < bent.len; i++, at++) {
		bent.data[at] ^= data[i];
	}
	try_file(ph_buf_view(&bent), true);
	ph_buf_deinit(&bent);
}

static void try_records(const uint8_t *data, size_t size)
{
	struct maker other = maker;
	struct crafted crafted;
	size_t step = 1 + (size_t)data[0] * 16;

	craft_begin(&other, &crafted);
	for (size_t at = 1; at < size; at += step) {
		size_t len = size - at < step ? size - at : step;

		craft_frame(&crafted, PH_VIEW(data + at, len));
	}
	maker_must(try_file(ph_buf_view(&crafted.bytes), false) != PH_BUNDLE_E_OVER ||
		   ends(data, size));
	ph_buf_deinit(&crafted.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (genuines[0].len == 0) {
		for (int up = 0; up < 2; up++) {
			maker_init(&makers[up], up ? PH_BUNDLE_UP : PH_BUNDLE_DOWN);
			maker_bundle(&makers[up], 300, &genuines[up]);
		}
	}
	if (size < 4) {
		return 0;
	}
	maker = makers[data[0] >> 4 & 1];
	genuine = genuines[data[0] >> 4 & 1];
	if (data[0] < 64) {
		try_file(PH_VIEW(data + 1, size - 1), true);
	} else if (data[0] < 128) {
		try_bent(data + 1, size - 1);
	} else {
		try_records(data + 1, size - 1);
	}
	return 0;
}
