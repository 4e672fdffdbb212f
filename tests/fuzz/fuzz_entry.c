/*
 * tests/fuzz/fuzz_entry.c - any bytes as an entry, and as the plain form of a part.
 *
 * What decodes must encode to the very same bytes and show as JSON; what does not
 * must leave the entry as it was.
 */
#include <stdlib.h>
#include <string.h>

#include "common/log/json.h"
#include "common/log/part.h"

#include "tests/fuzz/mp_mutate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool fact)
{
	if (!fact) {
		abort();
	}
}

static void try_entry(struct ph_view in)
{
	static struct ph_entry entry;
	struct ph_buf out = { 0 };

	memset(&entry, 0xa5, sizeof(entry));

	int rc = ph_entry_decode(in, &entry);

	must(rc >= 0);
	if (rc == PH_ENTRY_E_MALFORMED) {
		must(entry.number == UINT64_C(0xa5a5a5a5a5a5a5a5));
		return;
	}

	json_t *shown = ph_entry_to_json(&entry);

	must(shown != NULL);
	json_decref(shown);
	must((entry.kind == NULL) == (rc == PH_ENTRY_E_UNKNOWN));
	if (rc == 0) {
		must(ph_entry_encode(&entry, &out, NULL) == 0);
		must(ph_view_equal(in, ph_buf_view(&out)));
	}
	ph_buf_deinit(&out);
}

static void try_part(struct ph_view in)
{
	struct ph_entry entry = { .kind = ph_kind_find(PH_KIND_READER_PUT) };
	struct ph_buf out = { 0 };

	if (ph_part_decode(in, &entry) == 0) {
		must(ph_part_encode(&entry, &out, NULL) == 0);
		must(ph_view_equal(in, ph_buf_view(&out)));
	}
	ph_buf_deinit(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	try_entry(PH_VIEW(data, size));
	try_part(PH_VIEW(data, size));
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	return mp_mutate(data, size, max, seed, 0);
}
