/*
 * tests/fuzz/fuzz_entry.c - any bytes as an entry, and as the plain form of a part.
 *
 * What decodes must encode to the very same bytes, read again as the same entry and show
 * as JSON; what does not must leave the entry as it was. A peek at it says what decoding says.
 * Each list in it, put together again from its items, is the list. One value of what decoded is
 * then made another, as a program might that has it wrong (value_bend.h): it is refused in
 * words, or what is written decodes. As a part it is sealed and opened, and opens with nothing
 * changed.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/log/json.h"
#include "common/log/part.h"

#include "tests/fuzz/mp_mutate.h"
#include "tests/fuzz/value_bend.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned pick; /* out of the input: which value is made another, and what */

static void judge_list(const struct ph_field *field, const struct ph_list *list)
{
	static union ph_item items[1024];
	struct ph_list_iter iter = ph_list_begin(list);
	struct ph_buf bytes = { 0 };
	struct ph_value again = { 0 };
	size_t n = 0;

	while (n < 1024 && ph_list_next(&iter, field->type, &items[n]) > 0) {
		must(n == 0 ||
		     ph_item_compare(field->type, &items[n - 1], &items[n]) < 0);
		n++;
	}
	if (n == 1024) {
		return;
	}
	must(n == list->count);
	items[n] = items[n / 2]; /* one twice, and out of order */
	must(ph_list_put(&bytes, field->type, items, n + 1, &again) == 0);
	must(again.as.list.count == list->count &&
	     ph_view_equal(again.as.list.bytes, list->bytes));
	ph_buf_deinit(&bytes);
}

static void judge_lists(const struct ph_entry *entry)
{
	for (unsigned i = 0; i < entry->kind->n_fields; i++) {
		const struct ph_field *field = &entry->kind->fields[i];

		if (entry->field[i].set && is_list(field->type)) {
			judge_list(field, &entry->field[i].as.list);
		}
	}
}

/* Read again it is the same, to the last byte of what it encodes to; damaged, it is read or not. */
static void judge_again(struct ph_view in)
{
	static struct ph_entry again;
	static uint8_t damaged[PH_ENTRY_MAX];
	struct ph_buf out = { 0 };
	int rc;

	must(in.len <= sizeof(damaged));
	memcpy(damaged, in.data, in.len);
	for (unsigned i = 0; i < 8; i++) {
		size_t at = (pick + i * (in.len / 8 + 1)) % in.len;

		damaged[at] ^= (uint8_t)(1u << (pick + i) % 8);
		rc = ph_entry_read_again(PH_VIEW(damaged, in.len - i % 2), &again);
		must(rc == 0 || rc == -EUCLEAN);
		damaged[at] = in.data[at];
	}

	must(ph_entry_read_again(in, &again) == 0);
	(void)ph_entry_effective(&again);
	must(ph_entry_encode(&again, &out, NULL) == 0);
	must(ph_view_equal(in, ph_buf_view(&out)));
	ph_buf_deinit(&out);
}

static void judge_bent(struct ph_entry *entry)
{
	static struct ph_entry read;
	struct ph_error err = { 0 };
	struct ph_buf out = { 0 };
	int rc;

	value_bend(entry, pick);
	rc = ph_entry_check(entry, &err);
	must(rc == ph_entry_check(entry, NULL));
	must(rc == (rc == 0 ? 0 : -EINVAL) && (rc == 0) == (err.text[0] == '\0'));
	rc = ph_entry_encode(entry, &out, NULL);
	must(rc == 0 || rc == -EINVAL || rc == -EMSGSIZE);
	must(rc != 0 || ph_entry_decode(ph_buf_view(&out), &read) == 0);
	ph_buf_deinit(&out);
}

/* What is looked at without decoding is what is decoded, of what DECODED as an entry. */
static void judge_peek(struct ph_view in, const struct ph_entry *decoded)
{
	uint64_t kind = 7, stamp = 8;
	bool is_entry = ph_entry_peek(in, &kind, &stamp);

	must(is_entry || (kind == 7 && stamp == 8));
	must(decoded == NULL ||
	     (is_entry && kind == decoded->number && stamp == decoded->stamp));
}

static void try_entry(struct ph_view in)
{
	static struct ph_entry entry;
	struct ph_buf out = { 0 };

	memset(&entry, 0xa5, sizeof(entry));

	int rc = ph_entry_decode(in, &entry);

	must(rc >= 0);
	judge_peek(in, rc == PH_ENTRY_E_MALFORMED ? NULL : &entry);
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
		judge_again(in);
		judge_lists(&entry);
		judge_bent(&entry);
	}
	ph_buf_deinit(&out);
}

/* What is not of the one type is no item of another, and ends the list. */
static void read_items(const struct ph_list *list)
{
	struct ph_list_iter iter[5];
	struct ph_ref ref;
	struct ph_id id;
	struct ph_head head;
	struct ph_view text;
	uint64_t number;

	for (unsigned i = 0; i < 5; i++) {
		iter[i] = ph_list_begin(list);
	}
	while (ph_list_next_ref(&iter[0], &ref) > 0) {
	}
	while (ph_list_next_id(&iter[1], &id) > 0) {
	}
	while (ph_list_next_head(&iter[2], &head) > 0) {
	}
	while (ph_list_next_uint(&iter[3], &number) > 0) {
	}
	while (ph_list_next_text(&iter[4], &text) > 0) {
	}
	for (unsigned i = 0; i < 5; i++) {
		must(iter[i].left.len == 0);
	}
}

/* Bytes as a list of each type: what opens has as many items as it says. */
static void try_list(struct ph_view in)
{
	static const enum ph_type types[] = { PH_T_REFS,  PH_T_COPY_IDS, PH_T_CARD_IDS,
					      PH_T_HEADS, PH_T_UINTS,    PH_T_TEXTS };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct ph_list list = { .bytes = in };
		struct ph_list_iter iter;
		union ph_item item;
		size_t n = 0;

		read_items(&list);
		if (!ph_list_open(in, types[i], &list)) {
			continue;
		}
		read_items(&list);
		iter = ph_list_begin(&list);
		while (ph_list_next(&iter, types[i], &item) > 0) {
			n++;
		}
		must(n == list.count);
	}
}

/* What is longer than any entry, part or ciphertext may be. */
static void try_long(void)
{
	static const uint8_t zeros[PH_ENTRY_MAX + PH_PART_MAX + 1];
	static struct ph_entry entry;
	struct ph_entry reader = { .kind = ph_kind_find(PH_KIND_READER_PUT) };
	struct ph_buf plain = { 0 };

	must(ph_entry_decode(PH_VIEW(zeros, PH_ENTRY_MAX + 1), &entry) ==
	     PH_ENTRY_E_MALFORMED);
	must(ph_part_decode(PH_VIEW(zeros, sizeof(zeros)), &reader) != 0);
	must(ph_part_open(zeros, zeros, 1, PH_VIEW(zeros, sizeof(zeros)), &plain) ==
	     -EBADMSG);
	must(plain.len == 0);
}

/* Bytes as a ciphertext; then sealed, and one byte of it another. */
static void try_cipher(struct ph_view in)
{
	static const uint8_t seed[PH_SEED_SIZE] = { 1 }, log_id[PH_LOG_ID_SIZE] = { 2 };
	struct ph_buf cipher = { 0 }, plain = { 0 };

	must(ph_part_open(seed, log_id, 3, in, &plain) == -EBADMSG && plain.len == 0);
	if (ph_part_seal(seed, log_id, 3, in, &cipher) == 0) {
		must(ph_part_open(seed, log_id, 3, ph_buf_view(&cipher), &plain) == 0);
		must(ph_view_equal(ph_buf_view(&plain), in));
		cipher.data[pick % cipher.len] ^= 1;
		must(ph_part_open(seed, log_id, 3, ph_buf_view(&cipher), &plain) ==
		     -EBADMSG);
	}
	ph_buf_deinit(&cipher);
	ph_buf_deinit(&plain);
}

static void try_part(struct ph_view in)
{
	static const uint32_t kinds[] = { PH_KIND_READER_PUT, PH_KIND_VISIT };
	struct ph_entry entry = { .kind = ph_kind_find(kinds[pick % 16 == 0]) };
	struct ph_buf out = { 0 };

	if (entry.kind->n_sealed > 0 &&
	    pick % 3 == 0) { /* what the entry says is in it */
		entry.field[entry.kind->sets].set = true;
		entry.field[entry.kind->sets].as.uint = pick / 3 % 64;
	}
	if (ph_part_decode(in, &entry) == 0) {
		must(ph_part_encode(&entry, &out, NULL) == 0);
		must(ph_view_equal(in, ph_buf_view(&out)));
	}
	ph_buf_deinit(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	pick = size > 0 ? (unsigned)(data[size - 1] + 7 * data[size / 2] + 31 * size) : 0;
	try_entry(PH_VIEW(data, size));
	try_part(PH_VIEW(data, size));
	try_cipher(PH_VIEW(data, size));
	try_list(PH_VIEW(data, size));
	if (size <= 1) {
		try_long();
	}
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	return mp_mutate(data, size, max, seed, 0);
}
