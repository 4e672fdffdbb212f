/*
 * tests/reference/shown.c - what a ledger holds, as lines.
 *
 * Lines are gathered, each with a key, and printed in the order of the keys.
 */
#include "tests/reference/shown.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/ledger/cases.h"
#include "common/ledger/class.h"
#include "common/ledger/copy_class.h"

struct line {
	unsigned kind;
	struct ph_entity_key key;
	struct ph_buf text;
};

struct lines {
	struct ph_ledger *ledger;
	struct line *items;
	size_t n, cap;
	unsigned type;
};

/* --- gathering --- */

static struct line *lines_add(struct lines *lines, unsigned kind, struct ph_view id)
{
	struct line *line;

	if (lines->n == lines->cap) {
		lines->cap = 2 * lines->cap + 64;
		lines->items = realloc(lines->items, lines->cap * sizeof *lines->items);
		if (lines->items == NULL) {
			abort();
		}
	}
	line = &lines->items[lines->n++];
	*line = (struct line){ .kind = kind };
	if (!ph_key_bytes((enum ph_entity)lines->type, id, &line->key)) {
		abort();
	}
	return line;
}

static int put_hex(struct ph_buf *text, struct ph_view bytes)
{
	if (ph_buf_reserve(text, 2 * bytes.len + 1) != 0) {
		return -1;
	}
	ph_hex((char *)text->data + text->len, bytes.data, bytes.len);
	text->len += 2 * bytes.len;
	return 0;
}

static int compare_keys(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	return x->kind != y->kind ? (x->kind < y->kind ? -1 : 1)
				  : ph_key_compare(&x->key, &y->key);
}

static int compare_texts(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	return ph_view_compare(ph_buf_view(&x->text), ph_buf_view(&y->text));
}

static void lines_print(struct lines *lines, int (*compare)(const void *, const void *))
{
	if (lines->n > 0) {
		qsort(lines->items, lines->n, sizeof *lines->items, compare);
	}
	for (size_t i = 0; i < lines->n; i++) {
		struct ph_buf *text = &lines->items[i].text;

		printf("%.*s\n", (int)text->len, (const char *)text->data);
		ph_buf_deinit(text);
	}
	free(lines->items);
}

/* --- states --- */

static int on_state(void *data, struct ph_view id, struct ph_view state)
{
	struct lines *lines = data;
	struct ph_buf *text = &lines_add(lines, lines->type, id)->text;
	int rc = ph_buf_printf(text, "%u\t", lines->type);

	rc = rc != 0 ? rc : put_hex(text, id);
	rc = rc != 0 ? rc : ph_buf_printf(text, "\t");
	return rc != 0 ? rc : put_hex(text, state);
}

static int show_states(struct ph_ledger *ledger)
{
	struct lines lines = { .ledger = ledger };
	int rc = 0;

	for (lines.type = 1; rc == 0 && lines.type <= PH_ENTITY_ERASURE; lines.type++) {
		rc = ph_ledger_each(ledger, (enum ph_entity)lines.type, on_state, &lines);
	}
	lines_print(&lines, compare_keys);
	return rc;
}

/* --- cases --- */

static int put_refs(struct ph_buf *text, const struct ph_ref *refs, size_t n)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		char ref[PH_REF_TEXT];

		ph_ref_text(ref, &refs[i]);
		rc = ph_buf_printf(text, "%s%s", i == 0 ? "" : ",", ref);
	}
	return rc;
}

static int on_case(void *data, const struct ph_case_row *row)
{
	struct ph_view anchor = PH_VIEW(row->anchor, row->anchor_len);
	struct ph_buf *text = &lines_add(data, row->kind, anchor)->text;
	int rc = ph_buf_printf(text, "%u\t", row->kind);

	rc = rc != 0 ? rc : put_hex(text, anchor);
	rc = rc != 0 ? rc : ph_buf_printf(text, "\t");
	rc = rc != 0 ? rc : put_refs(text, row->refs, row->n_refs);
	for (size_t i = 0; rc == 0 && i < row->n_sites; i++) {
		rc = ph_buf_printf(text, "%s%" PRIu64, i == 0 ? "\t" : ",",
				   row->sites[i]);
	}
	return rc != 0 ? rc
		       : ph_buf_printf(text, "%s\t%" PRId64 "\t%s",
				       row->n_sites == 0 ? "\t" : "", row->second,
				       ph_case_status_name(row->status));
}

static int show_cases(struct ph_ledger *ledger)
{
	struct ph_case_filter filter = { .all = true };
	struct lines lines = { .ledger = ledger, .type = PH_ENTITY_CASE };
	int rc = ph_cases_each(ledger, &filter, on_case, &lines);

	lines_print(&lines, compare_keys);
	return rc;
}

/* --- classes --- */

static int on_member(void *data, struct ph_view id, struct ph_view state)
{
	struct lines *lines = data;

	(void)state;
	lines_add(lines, lines->type, id);
	return 0;
}

/* What a root of copies shows for its class. */
static int put_class(struct ph_ledger *ledger, const struct ph_entity_key *root,
		     struct ph_buf *text)
{
	struct ph_copy_class shown;
	int rc = ph_copy_class_load(ledger, root, &shown);

	if (rc != 0) {
		return rc;
	}
	rc = ph_buf_printf(text, "\t");
	rc = rc != 0 ? rc : put_hex(text, ph_buf_view(&shown.state));
	ph_copy_class_deinit(&shown);
	return rc;
}

static int put_member(struct ph_ledger *ledger, struct line *line)
{
	struct ph_keyset members = { 0 };
	struct ph_entity_key root;
	int rc = ph_class_members(ledger, &line->key, &members);

	rc = rc != 0 ? rc : ph_class_root(ledger, &line->key, &root);
	if (rc == 0 && members.n > 1) {
		rc = ph_buf_printf(&line->text, "%u\t", line->key.type);
		rc = rc != 0 ? rc : put_hex(&line->text, ph_key_view(&line->key));
		rc = rc != 0 ? rc : ph_buf_printf(&line->text, "\t");
		rc = rc != 0 ? rc : put_hex(&line->text, ph_key_view(&root));
		if (rc == 0 && root.type == PH_ENTITY_COPY &&
		    ph_key_compare(&root, &line->key) == 0) {
			rc = put_class(ledger, &root, &line->text);
		}
	}
	ph_keyset_deinit(&members);
	return rc;
}

static int show_classes(struct ph_ledger *ledger)
{
	static const enum ph_entity types[] = { PH_ENTITY_TITLE, PH_ENTITY_READER,
						PH_ENTITY_COPY };
	struct lines lines = { .ledger = ledger };
	size_t n = 0;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof types / sizeof *types; i++) {
		lines.type = types[i];
		rc = ph_ledger_each(ledger, types[i], on_member, &lines);
	}
	for (size_t i = 0; rc == 0 && i < lines.n; i++) {
		struct line line = lines.items[i];

		rc = put_member(ledger, &line);
		if (line.text.len > 0) {
			lines.items[n++] = line; /* others stand alone */
		}
	}
	lines.n = n;
	lines_print(&lines, compare_texts);
	return rc;
}

int show(struct ph_ledger *ledger, const struct shown *shown, const char *name)
{
	struct ph_error err = { 0 };
	uint8_t digest[32];
	char text[2 * sizeof digest + 1];
	int rc = ph_ledger_digest(ledger, digest, &err);

	if (rc != 0) {
		return rc;
	}
	ph_hex(text, digest, sizeof digest);
	printf("%s%s%s\n", text, name != NULL ? "\t" : "", name != NULL ? name : "");
	rc = shown->states ? show_states(ledger) : 0;
	rc = rc == 0 && shown->cases ? show_cases(ledger) : rc;
	return rc == 0 && shown->classes ? show_classes(ledger) : rc;
}
