/*
 * common/ledger/registers.c - which put of a field shows.
 *
 * While the facts go by, the fields they set and the heads they saw are noted;
 * at the end the noted puts are sorted by field and order, and those that were
 * seen drop out. Values are read from the winners only.
 *
 * References in `seen` hold the hashes of what they name, so puts cannot see each
 * other in a circle, and a field that was put has a head. Should somebody find
 * such a circle of 8-byte hashes, the latest put is the only head.
 */
#include "common/ledger/registers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const struct ph_kind *ph_register_kind(enum ph_entity type)
{
	switch (type) {
	case PH_ENTITY_SITE:
		return ph_kind_find(PH_KIND_SITE_PUT);
	case PH_ENTITY_COMMUNE:
		return ph_kind_find(PH_KIND_COMMUNE_PUT);
	case PH_ENTITY_POLICY:
		return ph_kind_find(PH_KIND_POLICY_PUT);
	case PH_ENTITY_TITLE:
		return ph_kind_find(PH_KIND_TITLE_PUT);
	case PH_ENTITY_READER:
		return ph_kind_find(PH_KIND_READER_PUT);
	case PH_ENTITY_COPY:
		return ph_kind_find(PH_KIND_COPY_PUT);
	case PH_ENTITY_WORKER:
		return ph_kind_find(PH_KIND_WORKER_PUT);
	case PH_ENTITY_MODEL:
		return ph_kind_find(PH_KIND_MODEL_PUT);
	case PH_ENTITY_TARGET:
		return ph_kind_find(PH_KIND_TARGET_PUT);
	default:
		return NULL;
	}
}

void ph_puts_deinit(struct ph_puts *puts)
{
	free(puts->sets);
	free(puts->seen);
	*puts = (struct ph_puts){ 0 };
}

static bool sets_field(const struct ph_entry *entry, unsigned field)
{
	const struct ph_kind *kind = entry->kind;

	if (field < PH_REGISTER_SEALED) {
		return field < kind->n_fields && entry->field[field].set &&
		       (kind->fields[field].flags & PH_F_REGISTER);
	}

	unsigned i = field - PH_REGISTER_SEALED;

	return i < kind->n_sealed && entry->field[kind->sets].set &&
	       (entry->field[kind->sets].as.uint >> i & 1);
}

static int add_set(struct ph_puts *puts, size_t fact, unsigned field)
{
	int rc = ph_state_grow((void **)&puts->sets, puts->n_sets, &puts->cap_sets,
			       sizeof *puts->sets);

	if (rc == 0) {
		puts->sets[puts->n_sets++] =
			(struct ph_register_put){ .field = (uint8_t)field, .fact = fact };
	}
	return rc;
}

static int add_seen(struct ph_puts *puts, const struct ph_entry *entry,
		    const struct ph_seen *seen)
{
	unsigned field = seen->field;

	if (field >= entry->kind->n_fields) {
		field = field - entry->kind->n_fields + PH_REGISTER_SEALED;
	}
	if (!sets_field(entry, field)) {
		return 0; /* what a put does not set, it does not touch */
	}

	int rc = ph_state_grow((void **)&puts->seen, puts->n_seen, &puts->cap_seen,
			       sizeof *puts->seen);

	if (rc == 0) {
		puts->seen[puts->n_seen++] =
			(struct ph_register_seen){ .field = (uint8_t)field,
						   .ref = seen->head };
	}
	return rc;
}

int ph_puts_add(struct ph_puts *puts, size_t fact, const struct ph_entry *entry)
{
	const struct ph_kind *kind = entry->kind;
	int rc = 0;

	puts->kind = kind;
	for (unsigned i = 0; rc == 0 && i < kind->n_fields; i++) {
		rc = sets_field(entry, i) ? add_set(puts, fact, i) : 0;
	}
	for (unsigned i = 0; rc == 0 && i < kind->n_sealed; i++) {
		unsigned field = PH_REGISTER_SEALED + i;

		rc = sets_field(entry, field) ? add_set(puts, fact, field) : 0;
	}
	for (unsigned i = 0; rc == 0 && i < entry->n_seen; i++) {
		rc = add_seen(puts, entry, &entry->seen[i]);
	}
	return rc;
}

static int compare_sets(const void *a, const void *b)
{
	const struct ph_register_put *x = a, *y = b;

	if (x->field != y->field) {
		return x->field < y->field ? -1 : 1;
	}
	return x->fact < y->fact ? -1 : x->fact > y->fact;
}

static int compare_seen(const void *a, const void *b)
{
	const struct ph_register_seen *x = a, *y = b;

	if (x->field != y->field) {
		return x->field < y->field ? -1 : 1;
	}
	return ph_ref_compare(&x->ref, &y->ref);
}

static bool was_seen(const struct ph_puts *puts, const struct ph_register_put *put,
		     const struct ph_fact *facts)
{
	struct ph_register_seen key = { .field = put->field,
					.ref = facts[put->fact].ref };

	return puts->n_seen > 0 && bsearch(&key, puts->seen, puts->n_seen,
					   sizeof *puts->seen, compare_seen) != NULL;
}

/* The heads among the N puts of one field, moved to TO in order; how many. */
static size_t keep_heads(const struct ph_puts *puts, struct ph_register_put *to,
			 const struct ph_register_put *sets, size_t n,
			 const struct ph_fact *facts)
{
	struct ph_register_put latest = sets[n - 1];
	size_t heads = 0;

	for (size_t i = 0; i < n; i++) {
		if (!was_seen(puts, &sets[i], facts)) {
			to[heads++] = sets[i];
		}
	}
	if (heads == 0) {
		to[heads++] = latest;
	}
	return heads;
}

static size_t run_of(const struct ph_puts *puts, size_t from)
{
	size_t to = from + 1;

	while (to < puts->n_sets && puts->sets[to].field == puts->sets[from].field) {
		to++;
	}
	return to - from;
}

/* Sort what was noted by field and order, and leave the heads only. */
static void settle(struct ph_puts *puts, const struct ph_fact *facts)
{
	size_t kept = 0, run;

	if (puts->settled || puts->n_sets == 0) {
		return;
	}
	qsort(puts->sets, puts->n_sets, sizeof *puts->sets, compare_sets);
	if (puts->n_seen > 0) {
		qsort(puts->seen, puts->n_seen, sizeof *puts->seen, compare_seen);
	}
	for (size_t i = 0; i < puts->n_sets; i += run) {
		run = run_of(puts, i);
		kept += keep_heads(puts, &puts->sets[kept], &puts->sets[i], run, facts);
	}
	puts->n_sets = kept;
	puts->settled = true;
}

size_t ph_puts_heads(struct ph_puts *puts, const struct ph_fact *facts, unsigned field,
		     const struct ph_register_put **heads_out)
{
	settle(puts, facts);
	for (size_t i = 0; i < puts->n_sets; i += run_of(puts, i)) {
		if (puts->sets[i].field == field) {
			*heads_out = &puts->sets[i];
			return run_of(puts, i);
		}
	}
	return 0;
}

static int write_register(const struct ph_puts *puts, const struct ph_register_put *heads,
			  size_t n, const struct ph_fact *facts, struct ph_entry *scratch,
			  struct ph_mpw *writer)
{
	const struct ph_register_put *winner = &heads[n - 1];
	bool sealed = winner->field >= PH_REGISTER_SEALED;

	ph_mpw_uint(writer, winner->field);
	ph_mpw_array(writer, n > 1 ? 3 : sealed ? 1 : 2);
	ph_ref_write(writer, &facts[winner->fact].ref);
	if (!sealed) {
		int rc = ph_fact_entry(&facts[winner->fact], scratch);

		if (rc != 0) {
			return rc;
		}
		ph_state_write_value(writer, &puts->kind->fields[winner->field],
				     &scratch->field[winner->field]);
	} else if (n > 1) {
		ph_mpw_nil(writer);
	}
	if (n > 1) {
		ph_mpw_array(writer, n - 1);
		for (size_t i = 0; i + 1 < n; i++) {
			ph_ref_write(writer, &facts[heads[i].fact].ref);
		}
	}
	return 0;
}

int ph_puts_write(struct ph_puts *puts, const struct ph_fact *facts,
		  struct ph_mpw *writer)
{
	size_t fields = 0;

	settle(puts, facts);
	if (puts->n_sets == 0) {
		ph_mpw_nil(writer);
		return 0;
	}
	for (size_t i = 0; i < puts->n_sets; i += run_of(puts, i)) {
		fields++;
	}
	ph_mpw_map(writer, fields);

	struct ph_entry *scratch = malloc(sizeof *scratch);
	int rc = scratch == NULL ? -ENOMEM : 0;
	size_t run;

	for (size_t i = 0; rc == 0 && i < puts->n_sets; i += run) {
		run = run_of(puts, i);
		rc = write_register(puts, &puts->sets[i], run, facts, scratch, writer);
	}
	free(scratch);
	return rc;
}

/* --- reading --- */

static int decode_one(const msgpack_object_kv *pair, const struct ph_kind *kind,
		      struct ph_register *reg, struct ph_ref **refs)
{
	const msgpack_object_array *array = ph_mp_array(&pair->val, 1, 3);
	uint64_t field;

	if (array == NULL || !ph_mp_uint(&pair->key, UINT8_MAX, &field) ||
	    !ph_ref_read(&array->ptr[0], &reg->winner)) {
		return -EUCLEAN;
	}
	reg->field = (uint8_t)field;
	if (field < PH_REGISTER_SEALED &&
	    (field >= kind->n_fields ||
	     !ph_state_get_value(ph_mp_item(array, 1), &kind->fields[field],
				 &reg->value))) {
		return -EUCLEAN;
	}
	if (array->size < 3) {
		return 0;
	}

	const msgpack_object_array *others = ph_mp_array(&array->ptr[2], 1, SIZE_MAX);

	if (others == NULL) {
		return -EUCLEAN;
	}
	reg->others = *refs;
	reg->n_others = others->size;
	for (size_t i = 0; i < others->size; i++) {
		if (!ph_ref_read(&others->ptr[i], (*refs)++)) {
			return -EUCLEAN;
		}
	}
	return 0;
}

static size_t count_others(const msgpack_object_map *map)
{
	size_t n = 0;

	for (size_t i = 0; i < map->size; i++) {
		const msgpack_object_array *array = ph_mp_array(&map->ptr[i].val, 3, 3);
		const msgpack_object_array *others =
			array == NULL ? NULL : ph_mp_array(&array->ptr[2], 0, SIZE_MAX);

		n += others == NULL ? 0 : others->size;
	}
	return n;
}

int ph_registers_decode(const msgpack_object *object, const struct ph_kind *kind,
			struct ph_registers *registers)
{
	struct ph_registers got = { 0 };
	const msgpack_object_map *map = ph_mp_map(object, 2 * PH_REGISTER_SEALED);
	int rc = 0;

	if (ph_mp_is_nil(object)) {
		*registers = got;
		return 0;
	}
	if (map == NULL || map->size == 0) {
		return -EUCLEAN;
	}
	got.items = calloc(map->size, sizeof *got.items);
	got.refs = calloc(count_others(map) + 1, sizeof *got.refs);
	if (got.items == NULL || got.refs == NULL) {
		ph_registers_deinit(&got);
		return -ENOMEM;
	}

	struct ph_ref *refs = got.refs;

	got.n = map->size;
	for (size_t i = 0; rc == 0 && i < map->size; i++) {
		rc = decode_one(&map->ptr[i], kind, &got.items[i], &refs);
	}
	if (rc != 0) {
		ph_registers_deinit(&got);
		return rc;
	}
	*registers = got;
	return 0;
}

void ph_registers_deinit(struct ph_registers *registers)
{
	free(registers->items);
	free(registers->refs);
	*registers = (struct ph_registers){ 0 };
}

const struct ph_register *ph_registers_get(const struct ph_registers *registers,
					   unsigned field)
{
	for (size_t i = 0; i < registers->n; i++) {
		if (registers->items[i].field == field) {
			return &registers->items[i];
		}
	}
	return NULL;
}
