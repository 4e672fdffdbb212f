/*
 * tests/fuzz/fuzz_pack.c - any bytes as a packed segment, and as entries to pack.
 *
 * The first byte chooses. Unpacking anything ends within its limits, and what came out
 * is a body of as many entries as were asked for, with parts that rise and fit; packed
 * again it comes out the same. Entries of any bytes, with a part or without, come out as
 * they went in.
 */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "choices.h"
#include "proto/pack_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ph_pack *pack, *other;
static struct ph_buf body, packed;

static struct ph_pack_where where_of(struct choices *choices)
{
	struct ph_pack_where where = { .first = 1 + choices_byte(choices) };

	where.last = where.first + choices_byte(choices);
	return where;
}

static uint64_t count_entries(struct ph_view rest)
{
	struct ph_view entry;
	uint64_t n = 0;

	for (; rest.len > 0; n++) {
		must(ph_segment_next(&rest, &entry) == 0);
	}
	return n;
}

/* What OUT holds is packed, and must come out of it again. */
static void again(const struct ph_pack_where *where, const struct ph_unpacked *out)
{
	bool *taken = calloc(out->n_parts + 1, sizeof(*taken));
	struct ph_unpacked twice;
	int rc;

	must(taken != NULL);
	packed.len = 0;
	rc = ph_pack(other, where, out->body, out->parts, out->n_parts, taken, &packed);
	must(rc == 0 || rc == PH_PACK_E_PLAIN);
	if (rc == 0) {
		must(packed.len <= PH_PACK_MAX);
		must(ph_unpack(other, where, ph_buf_view(&packed), &twice) == 0);
		must(ph_view_equal(out->body, twice.body));
	}
	free(taken);
}

static void any_packed(struct choices *choices)
{
	struct ph_pack_where where = where_of(choices);
	uint8_t header[2 + PH_PACK_FORM_SIZE] = { PACK_VERSION, 1 };
	struct ph_unpacked out;
	struct ph_buf in = { 0 };
	uint64_t last = 0;
	size_t plain = 0;
	int rc;

	/* the form is a hash of everything: no fuzzer finds it */
	ph_pack_form(header + 2);
	must(ph_buf_put(&in, header, sizeof(header)) == 0);
	must(ph_buf_put_view(&in, choices->in) == 0);
	rc = ph_unpack(pack, &where, ph_buf_view(&in), &out);
	must(rc >= 0 && rc <= PH_PACK_E_PLAIN);
	if (rc == 0) {
		must(count_entries(out.body) == where.last - where.first + 1);
		for (size_t i = 0; i < out.n_parts; i++) {
			must(out.parts[i].n > last && out.parts[i].n >= where.first &&
			     out.parts[i].n <= where.last);
			last = out.parts[i].n;
			plain += out.parts[i].plain.len;
		}
		must(out.body.len + plain <= PH_SEGMENT_PLAIN_MAX);
		must(out.body.len + plain <= PH_PACK_FREE ||
		     out.body.len + plain <= PH_PACK_RATIO * in.len);
		again(&where, &out);
	}
	ph_buf_deinit(&in);
}

static void any_entries(struct choices *choices)
{
	struct ph_pack_where where = where_of(choices);
	struct ph_pack_part part = { .n = where.first + choices_byte(choices) % 4 };
	struct ph_unpacked out;
	uint64_t n = 0;
	bool taken = false;
	int rc;

	part.plain = choices_bytes(choices);
	body.len = 0;
	for (struct ph_view entry; choices->in.len > 0; n++) {
		entry = choices_bytes(choices);
		if (entry.len == 0 || entry.len > PH_ENTRY_MAX) {
			return;
		}
		must(ph_segment_add(&body, entry) == 0);
	}
	where.last = where.first + n - 1;
	packed.len = 0;
	rc = ph_pack(pack, &where, ph_buf_view(&body), &part, 1, &taken, &packed);
	must(rc == 0 || rc == PH_PACK_E_PLAIN);
	if (rc == 0) {
		must(ph_unpack(other, &where, ph_buf_view(&packed), &out) == 0);
		must(ph_view_equal(out.body, ph_buf_view(&body)));
		must(out.n_parts == taken);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct choices choices = { .in = PH_VIEW(data, size) };

	if (pack == NULL) {
		must(sodium_init() >= 0);
		pack = ph_pack_new();
		other = ph_pack_new();
		must(pack != NULL && other != NULL);
	}
	if (choices_byte(&choices) % 2 == 0) {
		any_packed(&choices);
	} else {
		any_entries(&choices);
	}
	return 0;
}
