/*
 * tests/fuzz/fuzz_pack.c - any bytes as a packed segment, and as entries to pack.
 *
 * Byte 0: bit 0 entries to pack, else a packed segment. Of entries, bit 1 puts those of the
 * worked example, one of which has a sealed part, in front of them; bit 3 has what stands
 * there as the body itself, which may be none; and bit 2 makes bytes of what was packed
 * others: how many, and for each its place in two bytes and what it is XORed with, stand
 * behind byte 0. With bit 4 both sides know entries below the first; with bit 5 they are
 * asked for what no segment can be.
 *
 * Unpacking anything ends within its limits, and what came out is a body of as many entries
 * as were asked for, with parts that rise and fit; packed again it comes out the same.
 * Entries of any bytes, with a part or without, come out as they went in.
 */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/pack_made.h"

#include "choices.h"
#include "proto/pack_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	ENTRIES = 1,
	EXAMPLE = 2,
	BENT = 4,
	BODY = 8,
	KNOWN = 16,
	WRONG = 32,
	BENT_MAX = 8,
};

struct bend {
	uint16_t at;
	uint8_t with;
};

static struct ph_pack *pack, *other;
static struct made *example;
static struct ph_buf body, packed;

/* Every third entry is not known. */
static int known_hash(void *data, uint64_t n, uint8_t out[static 8])
{
	(void)data;
	memset(out, (int)n, 8);
	return n % 3 == 0;
}

static struct ph_pack_where where_of(struct choices *choices, unsigned flags)
{
	struct ph_pack_where where = { .first = 1 + choices_byte(choices) };

	where.hash = flags & KNOWN ? known_hash : NULL;

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

static void judge_packed(const struct ph_pack_where *where, struct ph_view in)
{
	struct ph_unpacked out;
	uint64_t last = 0;
	size_t plain = 0;
	int rc = ph_unpack(pack, where, in, &out);

	must(rc >= 0 && rc <= PH_PACK_E_PLAIN);
	if (rc != 0) {
		return;
	}
	must(count_entries(out.body) == where->last - where->first + 1);
	for (size_t i = 0; i < out.n_parts; i++) {
		must(out.parts[i].n > last && out.parts[i].n >= where->first &&
		     out.parts[i].n <= where->last);
		last = out.parts[i].n;
		plain += out.parts[i].plain.len;
	}
	must(out.body.len + plain <= PH_SEGMENT_PLAIN_MAX);
	must(out.body.len + plain <= PH_PACK_FREE ||
	     out.body.len + plain <= PH_PACK_RATIO * in.len);
	again(where, &out);
}

/* What cannot be is refused on either side, whatever the bytes. */
static void ask_wrongly(struct ph_view in)
{
	static const uint8_t long_one[PH_SEGMENT_PLAIN_MAX + 1];
	const struct ph_pack_where good = { .first = 1, .last = 1 };
	const struct ph_pack_where wrong[] = {
		{ .first = 0, .last = 1 },
		{ .first = 2, .last = 1 },
		{ .first = PH_N_MAX, .last = (uint64_t)PH_N_MAX + 1 },
		{ .first = 1, .last = 1 + (uint64_t)PH_PACK_ENTRIES_MAX },
	};
	struct ph_unpacked out;
	struct ph_buf none = { 0 };

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		must(ph_pack(pack, &wrong[i], in, NULL, 0, NULL, &none) != 0);
		must(ph_unpack(pack, &wrong[i], in, &out) != 0);
	}
	must(ph_pack(pack, &good, PH_VIEW(long_one, sizeof(long_one)), NULL, 0, NULL,
		     &none) == PH_PACK_E_PLAIN);
	must(ph_unpack(pack, &good, PH_VIEW(long_one, PH_PACK_MAX + 1), &out) != 0);
	must(none.len == 0);
}

static void any_packed(struct choices *choices, unsigned flags)
{
	struct ph_pack_where where = where_of(choices, flags);
	uint8_t header[2 + PH_PACK_FORM_SIZE] = { PACK_VERSION, 1 };
	struct ph_buf in = { 0 };

	/* the form is a hash of everything: no fuzzer finds it */
	ph_pack_form(header + 2);
	must(ph_buf_put(&in, header, sizeof(header)) == 0);
	must(ph_buf_put_view(&in, choices->in) == 0);
	judge_packed(&where, ph_buf_view(&in));
	ph_buf_deinit(&in);
}

static unsigned take_bends(struct choices *choices, struct bend bends[static BENT_MAX])
{
	unsigned n = choices_byte(choices) % BENT_MAX;

	for (unsigned i = 0; i < n; i++) {
		bends[i].at = (uint16_t)(choices_byte(choices) << 8);
		bends[i].at |= choices_byte(choices);
		bends[i].with = choices_byte(choices);
	}
	return n;
}

/* What was packed, with bytes of it others; also cut, if a place is its length. */
static void judge_bent(const struct ph_pack_where *where, const struct bend *bends,
		       unsigned n)
{
	struct ph_buf bent = { 0 };

	must(ph_buf_put_view(&bent, ph_buf_view(&packed)) == 0);
	for (unsigned i = 0; i < n; i++) {
		size_t at = bends[i].at % (packed.len + 1);

		if (at == packed.len) {
			bent.len -= bends[i].with < bent.len ? bends[i].with : bent.len;
		} else {
			bent.data[at] ^= bends[i].with;
		}
	}
	judge_packed(where, ph_buf_view(&bent));
	ph_buf_deinit(&bent);
}

/* False: no segment can hold them. */
static bool put_entries(struct choices *choices, uint64_t *n)
{
	for (struct ph_view entry; choices->in.len > 0; (*n)++) {
		entry = choices_bytes(choices);
		if (entry.len == 0 || entry.len > PH_ENTRY_MAX) {
			return false;
		}
		must(ph_segment_add(&body, entry) == 0);
	}
	return true;
}

/* Bytes as a body, of as many entries as WHERE says: packed and back, or refused. */
static void any_body(struct ph_view bytes, const struct ph_pack_where *where,
		     const struct ph_pack_part *part)
{
	struct ph_unpacked out;
	bool taken = false;
	int rc;

	must(ph_buf_put_view(&body, bytes) == 0);
	packed.len = 0;
	rc = ph_pack(pack, where, ph_buf_view(&body), part, 1, &taken, &packed);
	must(rc == 0 || rc == PH_PACK_E_PLAIN);
	must(rc == 0 || (packed.len == 0 && !taken));
	if (rc == 0) {
		must(ph_unpack(other, where, ph_buf_view(&packed), &out) == 0);
		must(ph_view_equal(out.body, ph_buf_view(&body)));
	}
}

static void any_entries(struct choices *choices, unsigned flags)
{
	struct bend bends[BENT_MAX];
	unsigned n_bends = flags & BENT ? take_bends(choices, bends) : 0;
	struct ph_pack_where where = where_of(choices, flags);
	struct ph_pack_part part = { .n = where.first + choices_byte(choices) % 4 };
	struct ph_unpacked out;
	uint64_t n = 0;
	bool taken = false;
	int rc;

	part.plain = choices_bytes(choices);
	body.len = 0;
	if (flags & EXAMPLE) {
		where = example->where;
		part = example->part[0];
		must(ph_buf_put_view(&body, ph_buf_view(&example->body)) == 0);
		n = where.last - where.first + 1;
	}
	if (flags & BODY) {
		any_body(choices->in, &where, &part);
		return;
	}
	if (!put_entries(choices, &n)) {
		return;
	}
	where.last = where.first + n - 1;
	packed.len = 0;
	rc = ph_pack(pack, &where, ph_buf_view(&body), &part, 1, &taken, &packed);
	must(rc == 0 || rc == PH_PACK_E_PLAIN);
	if (rc == 0) {
		must(ph_unpack(other, &where, ph_buf_view(&packed), &out) == 0);
		must(ph_view_equal(out.body, ph_buf_view(&body)));
		must(out.n_parts == taken);
		must(taken || (flags & EXAMPLE) == 0);
	}
	if (rc == 0 && n_bends > 0) {
		judge_bent(&where, bends, n_bends);
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
		example = made_example();
	}

	unsigned flags = choices_byte(&choices);

	if (flags & ENTRIES) {
		any_entries(&choices, flags);
	} else {
		any_packed(&choices, flags);
	}
	if (flags & WRONG) {
		ask_wrongly(PH_VIEW(data, size));
	}
	return 0;
}
