/*
 * common/log/kinds.c - looking things up in the table of entry kinds, and its hash.
 *
 * The rows are in kinds_reader.c, kinds_copy.c, kinds_house.c and kinds_hub.c. To add
 * a field: put it at the end of its kind, there and in the enum of kind_fields.h, and
 * regenerate docs/KINDS.md. To add a kind: a new number in its family's block. Older
 * programs keep and relay what they do not know (docs/LOG.md, "Entry"), so nothing in
 * the table is ever removed, renumbered, narrowed or given another meaning.
 *
 * Nothing in this file can fail.
 */
#include "common/log/kinds_table.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

static const struct ph_kind_run *const runs[] = {
	&ph_kinds_reader,
	&ph_kinds_copy,
	&ph_kinds_house,
	&ph_kinds_hub,
};

/* Whether the build leaves KIND out: its name stands in a list parted by commas. */
static bool is_left_out(const struct ph_kind *kind)
{
	const char *at = PH_KINDS_WITHOUT;
	size_t len = strlen(kind->name);

	while (*at != '\0') {
		size_t word = strcspn(at, ",");

		if (word == len && memcmp(at, kind->name, len) == 0) {
			return true;
		}
		at += word + (at[word] == ',');
	}
	return false;
}

const struct ph_kind *ph_kind_at(size_t i)
{
	for (size_t r = 0; r < COUNT(runs); r++) {
		for (size_t k = 0; k < runs[r]->n; k++) {
			const struct ph_kind *kind = &runs[r]->kinds[k];

			if (!is_left_out(kind) && i-- == 0) {
				return kind;
			}
		}
	}
	return NULL;
}

size_t ph_kinds_count(void)
{
	size_t n = 0;

	while (ph_kind_at(n) != NULL) {
		n++;
	}
	return n;
}

const struct ph_kind *ph_kind_find(uint64_t number)
{
	size_t r = 0;

	while (r < COUNT(runs) && runs[r]->kinds[runs[r]->n - 1].number < number) {
		r++;
	}
	for (size_t k = 0; r < COUNT(runs) && k < runs[r]->n; k++) {
		const struct ph_kind *kind = &runs[r]->kinds[k];

		if (kind->number == number) {
			return is_left_out(kind) ? NULL : kind;
		}
	}
	return NULL;
}

const struct ph_kind *ph_kind_named(struct ph_view name)
{
	const struct ph_kind *kind;

	for (size_t i = 0; (kind = ph_kind_at(i)) != NULL; i++) {
		if (ph_view_equal(ph_view_str(kind->name), name)) {
			return kind;
		}
	}
	return NULL;
}

static int field_named(const struct ph_field *fields, uint32_t n, const char *name)
{
	for (uint32_t i = 0; i < n; i++) {
		if (strcmp(fields[i].name, name) == 0) {
			return (int)i;
		}
	}
	return -1;
}

int ph_kind_field(const struct ph_kind *kind, const char *name)
{
	return field_named(kind->fields, kind->n_fields, name);
}

int ph_kind_sealed_field(const struct ph_kind *kind, const char *name)
{
	return field_named(kind->sealed, kind->n_sealed, name);
}

int ph_kind_seen(const struct ph_kind *kind)
{
	for (uint32_t i = 0; i < kind->n_fields; i++) {
		if (kind->fields[i].type == PH_T_SEEN) {
			return (int)i;
		}
	}
	return -1;
}

int ph_field_enum(const struct ph_field *field, struct ph_view name)
{
	if (field->type != PH_T_ENUM) {
		return -1;
	}
	for (uint64_t i = 0; i < field->max; i++) {
		if (ph_view_equal(ph_view_str(field->names[i]), name)) {
			return (int)i;
		}
	}
	return -1;
}

bool ph_type_is_list(enum ph_type type)
{
	switch (type) {
	case PH_T_REFS:
	case PH_T_COPY_IDS:
	case PH_T_CARD_IDS:
	case PH_T_HEADS:
	case PH_T_UINTS:
	case PH_T_TEXTS:
		return true;
	default:
		return false;
	}
}

/* Pieces of a line, so that no memory has to be asked for; every piece is of this file. */
__attribute__((format(printf, 2, 3))) static void hash_piece(
	crypto_generichash_state *state, const char *format, ...)
{
	char piece[160];
	va_list args;

	va_start(args, format);
	int len = vsnprintf(piece, sizeof(piece), format, args);
	va_end(args);
	assert(len >= 0 && (size_t)len < sizeof(piece));
	crypto_generichash_update(state, (const uint8_t *)piece, (size_t)len);
}

static void hash_fields(crypto_generichash_state *state, const char *word,
			const struct ph_field *fields, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct ph_field *field = &fields[i];

		hash_piece(state, "%s %" PRIu32 " %s %d %" PRIu64 " %" PRIu64 " %u %d",
			   word, i, field->name, (int)field->type, field->min, field->max,
			   field->flags, (int)field->rule);
		for (uint64_t v = 0; field->names && v < field->max; v++) {
			hash_piece(state, "%c%s", v ? ',' : ' ', field->names[v]);
		}
		hash_piece(state, "\n");
	}
}

static void hash_table(uint8_t out[static 8])
{
	crypto_generichash_state state;
	uint8_t hash[crypto_generichash_BYTES];
	const struct ph_kind *kind;

	crypto_generichash_init(&state, NULL, 0, sizeof(hash));
	for (size_t i = 0; (kind = ph_kind_at(i)) != NULL; i++) {
		hash_piece(&state, "kind %" PRIu32 " %s %u %d\n", kind->number,
			   kind->name, kind->writers, (int)kind->must_understand);
		hash_fields(&state, "field", kind->fields, kind->n_fields);
		hash_fields(&state, "sealed", kind->sealed, kind->n_sealed);
		if (kind->pair.rule != PH_PAIR_NONE) {
			hash_piece(&state, "pair %d %u %u\n", (int)kind->pair.rule,
				   kind->pair.a, kind->pair.b);
		}
	}
	crypto_generichash_final(&state, hash, sizeof(hash));
	memcpy(out, hash, 8);
}

/*
 * The table does not change while a program runs, and to hash it takes a fifth of a
 * millisecond, as long as much of a short session. What is left out changes in the simulator only.
 */
static _Thread_local struct {
	bool is_known;
	char without[256];
	uint8_t hash[8];
} memo;

void ph_kinds_hash(uint8_t out[static 8])
{
	if (!memo.is_known || strcmp(memo.without, PH_KINDS_WITHOUT) != 0) {
		hash_table(memo.hash);
		memo.is_known = strlen(PH_KINDS_WITHOUT) < sizeof(memo.without);
		if (memo.is_known) {
			strcpy(memo.without, PH_KINDS_WITHOUT);
		}
	}
	memcpy(out, memo.hash, sizeof(memo.hash));
}
