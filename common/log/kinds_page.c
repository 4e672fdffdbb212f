/*
 * common/log/kinds_page.c - docs/KINDS.md, made from the kind table.
 *
 * A test compares the page in the tree with what this prints, so the two cannot
 * drift apart. Lack of memory is the only thing that can fail.
 */
#include "common/base/say.h"
#include "common/log/kinds.h"

#include <inttypes.h>

static const char introduction[] =
	"# Kinds of entries\n"
	"\n"
	"Every kind of entry, its fields in the order in which they are encoded, their\n"
	"types, limits and meaning. This page is made from the table in\n"
	"`common/log/kinds_*.c` (`kinds-page > docs/KINDS.md`); do not edit it by hand.\n"
	"How types are encoded, what stands in `extras`, and what becomes of entries\n"
	"with something unknown in them: LOG.md, \"Entry\". Numbers, of kinds, fields "
	"and\n"
	"values, live for ever: fields and values are only added, at the end.\n"
	"\n"
	"In the column \"is\", *required* means never unset, and *register* that the "
	"field\n"
	"is put, so that a later put that has seen it replaces it (MERGE.md,\n"
	"\"Registers\"). *Sealed* fields are personal: they lie in a part beside the "
	"entry,\n"
	"encrypted under a key of its own (LOG.md, \"Sealed parts\").\n"
	"\n"
	"| number | kind | family | written by |\n"
	"|---|---|---|---|\n";

static const char *writers_text(unsigned writers)
{
	switch (writers) {
	case PH_ROLE_SITE:
		return "sites";
	case PH_ROLE_HUB:
		return ph_say("the hub", "máy chủ");
	case PH_ROLE_SITE | PH_ROLE_HUB:
		return "sites, the hub";
	default:
		return "everybody";
	}
}

static const char *type_text(const struct ph_field *field)
{
	switch (field->type) {
	case PH_T_UINT:
		return "uint";
	case PH_T_ENUM:
		return "enum";
	case PH_T_DAY:
		return "day";
	case PH_T_TEXT:
		return "text";
	case PH_T_BYTES:
	case PH_T_FIXED:
		return "bytes";
	case PH_T_REF:
		return "reference";
	case PH_T_COPY_ID:
		return "copy id";
	case PH_T_CARD_ID:
		return "card id";
	case PH_T_HEAD:
		return "head";
	case PH_T_SEEN:
		return "seen";
	case PH_T_CRATE_ID:
		return "crate id";
	case PH_T_REFS:
		return "references";
	case PH_T_COPY_IDS:
		return "copy ids";
	case PH_T_CARD_IDS:
		return "card ids";
	case PH_T_HEADS:
		return "heads";
	case PH_T_UINTS:
		return "uints";
	case PH_T_TEXTS:
		return "texts";
	}
	return "";
}

static int put_enum(struct ph_buf *out, const struct ph_field *field)
{
	int rc = 0;

	for (uint64_t v = 0; v < field->max && rc == 0; v++) {
		rc = ph_buf_printf(out, "%s%" PRIu64 " %s", v ? ", " : "", v,
				   field->names[v]);
	}
	return rc;
}

static int put_items(struct ph_buf *out, const struct ph_field *field)
{
	return ph_buf_printf(out, "%" PRIu64 " to %" PRIu64 " items", field->min,
			     field->max);
}

static int put_limits(struct ph_buf *out, const struct ph_field *field)
{
	const char *what = field->rule == PH_TEXT_DIGITS    ? "digits"
			   : field->rule == PH_TEXT_LETTERS ? "letters a to z"
							    : "bytes";
	int rc;

	switch (field->type) {
	case PH_T_UINT:
		return ph_buf_printf(out, "%" PRIu64 " to %" PRIu64, field->min,
				     field->max);
	case PH_T_ENUM:
		return put_enum(out, field);
	case PH_T_DAY:
		return ph_buf_printf(out, "to 2999-12-31");
	case PH_T_TEXT:
	case PH_T_BYTES:
	case PH_T_FIXED:
		if (field->min == field->max) {
			return ph_buf_printf(out, "%" PRIu64 " %s", field->max, what);
		}
		return ph_buf_printf(out, "%" PRIu64 " to %" PRIu64 " %s", field->min,
				     field->max, what);
	case PH_T_COPY_ID:
	case PH_T_CARD_ID:
	case PH_T_CRATE_ID:
		return ph_buf_printf(
			out, "namespace 0 to %d, code %" PRIu64 " to %" PRIu64 " bytes",
			PH_SITE_MAX, field->min, field->max);
	case PH_T_SEEN:
		return ph_buf_printf(out, "%" PRIu64 " references in all", field->max);
	case PH_T_REFS:
	case PH_T_COPY_IDS:
	case PH_T_CARD_IDS:
	case PH_T_HEADS:
		return put_items(out, field);
	case PH_T_UINTS:
		rc = put_items(out, field);
		return rc ? rc : ph_buf_printf(out, ", each at most %d", PH_SITE_MAX);
	case PH_T_TEXTS:
		rc = put_items(out, field);
		return rc ? rc
			  : ph_buf_printf(out, " of %d %s each", PH_TEXTS_SIZE, what);
	case PH_T_REF:
	case PH_T_HEAD:
		break;
	}
	return 0;
}

static const char *flags_text(const struct ph_field *field)
{
	if (field->flags & PH_F_REGISTER) {
		return "register";
	}
	return field->flags & PH_F_REQUIRED ? "required" : "";
}

static int put_fields(struct ph_buf *out, const struct ph_field *fields, uint32_t n,
		      const char *prefix)
{
	int rc = 0;

	for (uint32_t i = 0; i < n && rc == 0; i++) {
		rc = ph_buf_printf(out, "| %s%" PRIu32 " | `%s` | %s | ", prefix, i,
				   fields[i].name, type_text(&fields[i]));
		if (rc == 0) {
			rc = put_limits(out, &fields[i]);
		}
		if (rc == 0) {
			rc = ph_buf_printf(out, " | %s | %s |\n", flags_text(&fields[i]),
					   fields[i].doc);
		}
	}
	return rc;
}

static int put_pair(struct ph_buf *out, const struct ph_kind *kind)
{
	const struct ph_field *fields = kind->fields;
	const struct ph_pair *pair = &kind->pair;

	switch (pair->rule) {
	case PH_PAIR_NOT_BOTH:
		return ph_buf_printf(out, "\nNot both of `%s` and `%s`.\n",
				     fields[pair->a].name, fields[pair->b].name);
	case PH_PAIR_ONE_OF:
		return ph_buf_printf(out, "\nOne of `%s` and `%s`, not both.\n",
				     fields[pair->a].name, fields[pair->b].name);
	case PH_PAIR_NOT_ABOVE:
		if (fields[pair->b].flags & PH_F_REQUIRED) {
			return ph_buf_printf(out, "\n`%s` is at most `%s`.\n",
					     fields[pair->a].name, fields[pair->b].name);
		}
		return ph_buf_printf(
			out,
			"\n`%s` is at most `%s`, which counts as %" PRIu64 " if unset.\n",
			fields[pair->a].name, fields[pair->b].name, fields[pair->b].min);
	case PH_PAIR_NONE:
		break;
	}
	return 0;
}

static int put_kind(struct ph_buf *out, const struct ph_kind *kind)
{
	int rc = ph_buf_printf(
		out,
		"\n## %" PRIu32 " %s\n\n%s Family: %s. Written by %s.%s%s%s\n\n"
		"| # | field | type | limits | is | meaning "
		"|\n|---|---|---|---|---|---|\n",
		kind->number, kind->name, kind->doc, kind->family,
		writers_text(kind->writers),
		kind->writers != PH_ROLE_HUB ? ""
		: kind->desk                 ? " It stands in the desk log."
					     : " It stands in the control log.",
		kind->operator_only ? " Signed by an operator, who alone can void it."
				    : "",
		kind->must_understand
			? " Who does not know it must not fold the log past it."
			: "");

	if (rc == 0) {
		rc = put_fields(out, kind->fields, kind->n_fields, "");
	}
	if (rc == 0) {
		rc = put_fields(out, kind->sealed, kind->n_sealed, "sealed ");
	}
	if (rc == 0 && kind->n_sealed > 0) {
		rc = ph_buf_printf(out,
				   "\n`%s` and `%s` are made by the log; they stand "
				   "together or not at all.\n",
				   kind->fields[kind->sets].name,
				   kind->fields[kind->commit].name);
	}
	return rc ? rc : put_pair(out, kind);
}

int ph_kinds_page(struct ph_buf *out)
{
	size_t start = out->len;
	int rc = ph_buf_put(out, introduction, sizeof(introduction) - 1);
	const struct ph_kind *kind;

	for (size_t i = 0; rc == 0 && (kind = ph_kind_at(i)) != NULL; i++) {
		rc = ph_buf_printf(out, "| %" PRIu32 " | %s | %s | %s |\n", kind->number,
				   kind->name, kind->family, writers_text(kind->writers));
	}
	for (size_t i = 0; rc == 0 && (kind = ph_kind_at(i)) != NULL; i++) {
		rc = put_kind(out, kind);
	}
	if (rc) {
		out->len = start;
	}
	return rc;
}
