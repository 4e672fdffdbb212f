/*
 * common/ledger/reader_view.c - what stands beside a reader: loans, personal fields.
 *
 * The ledger knows only which entry wins each personal field. The caller's opener
 * brings that entry's part; what cannot be opened is named as locked, not an error.
 * Opened bytes are wiped before the function returns.
 */
#include "common/ledger/reader_view.h"

#include <errno.h>
#include <stdlib.h>

#include <sodium.h>

#include "common/ledger/query.h"
#include "common/log/part.h"

int ph_reader_loans(struct ph_ledger *ledger, json_t *cards, json_t **out)
{
	json_t *all = json_array();
	json_t *card;
	size_t i;
	int rc = all == NULL ? -ENOMEM : 0;

	json_array_foreach(cards, i, card)
	{
		struct ph_id id = { .ns = (uint64_t)json_integer_value(
					    json_object_get(card, "ns")),
				    .code = ph_view_str(json_string_value(
					    json_object_get(card, "code"))) };
		struct ph_loan_filter filter = { .card = &id };
		json_t *loans = NULL;

		rc = rc != 0 ? rc : ph_query_loans(ledger, &filter, &loans);
		if (rc != 0) {
			break;
		}
		rc = json_array_extend(all, loans) != 0 ? -ENOMEM : 0;
		json_decref(loans);
	}
	if (rc != 0) {
		json_decref(all);
		return rc;
	}
	*out = all;
	return 0;
}

/* A part as it was opened; the entry borrows PLAIN. */
struct opened {
	struct ph_buf plain;
	struct ph_entry *entry;
};

static void opened_deinit(struct opened *opened)
{
	ph_buf_wipe(&opened->plain);
	if (opened->entry != NULL) {
		sodium_memzero(opened->entry, sizeof *opened->entry);
		free(opened->entry);
	}
}

/* 0, a positive number (missing, locked, malformed), or a negative errno. End with opened_deinit(). */
static int open_part(const struct ph_opener *opener, const struct ph_kind *kind,
		     const struct ph_ref *ref, struct opened *opened)
{
	*opened = (struct opened){ 0 };
	if (opener == NULL) {
		return 1;
	}
	opened->entry = calloc(1, sizeof *opened->entry);
	if (opened->entry == NULL) {
		return -ENOMEM;
	}

	int rc = opener->open(opener->data, ref, &opened->plain);

	if (rc != 0) {
		return rc;
	}
	opened->entry->kind = kind;
	return ph_part_decode(ph_buf_view(&opened->plain), opened->entry);
}

static int show_one(struct ph_show *show, json_t *locked, const struct ph_kind *kind,
		    const struct ph_register *reg, const struct ph_opener *opener)
{
	unsigned at = reg->field - PH_REGISTER_SEALED;
	struct opened opened;
	int rc;

	if (at >= kind->n_sealed) {
		return 0;
	}
	rc = open_part(opener, kind, &reg->winner, &opened);
	if (rc == 0 && opened.entry->sealed[at].set) {
		ph_show_set(show, kind->sealed[at].name,
			    ph_show_value(&kind->sealed[at], &opened.entry->sealed[at]));
	} else if (rc >= 0 &&
		   ph_show_append(locked, json_string(kind->sealed[at].name)) != 0) {
		show->failed = true;
	}
	opened_deinit(&opened);
	return rc < 0 ? rc : 0;
}

int ph_show_sealed(struct ph_show *show, const struct ph_kind *kind,
		   const struct ph_registers *registers, const struct ph_opener *opener)
{
	json_t *locked = json_array();
	int rc = locked == NULL ? -ENOMEM : 0;

	for (size_t i = 0; rc == 0 && i < registers->n; i++) {
		if (registers->items[i].field >= PH_REGISTER_SEALED) {
			rc = show_one(show, locked, kind, &registers->items[i], opener);
		}
	}
	if (json_array_size(locked) > 0) {
		ph_show_set(show, "locked", locked);
	} else {
		json_decref(locked);
	}
	return rc;
}

/* As ph_reader_open_text(); the value borrows OPENED, which is to be deinited on every result. */
static int open_field(const struct ph_registers *registers, unsigned field,
		      const struct ph_opener *opener, struct opened *opened)
{
	const struct ph_register *reg =
		ph_registers_get(registers, PH_REGISTER_SEALED + field);
	int rc;

	*opened = (struct opened){ 0 };
	if (reg == NULL) {
		return 1;
	}
	rc = open_part(opener, ph_kind_find(PH_KIND_READER_PUT), &reg->winner, opened);
	return rc != 0 ? rc : opened->entry->sealed[field].set ? 0 : 1;
}

int ph_reader_open_text(const struct ph_registers *registers, unsigned field,
			const struct ph_opener *opener, struct ph_buf *out)
{
	struct opened opened;
	int rc = open_field(registers, field, opener, &opened);

	if (rc == 0) {
		rc = ph_buf_put_view(out, opened.entry->sealed[field].as.bytes);
	}
	opened_deinit(&opened);
	return rc;
}

int ph_reader_open_number(const struct ph_registers *registers, unsigned field,
			  const struct ph_opener *opener, uint64_t *out)
{
	struct opened opened;
	int rc = open_field(registers, field, opener, &opened);

	if (rc == 0) {
		*out = opened.entry->sealed[field].as.uint;
	}
	opened_deinit(&opened);
	return rc;
}
