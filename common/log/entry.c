/*
 * common/log/entry.c - from signed bytes to struct.
 *
 * The walker sees that the bytes are one object in canonical form and within depth
 * and item limits; then extras and fields are read by their types; then the same
 * checks run as before encoding. What passes encodes to the very same bytes.
 *
 * Anything a later table may have added (a kind, further fields, values of an enum,
 * extras, bits of `sets`) makes the entry _E_UNKNOWN, provided the rest is sound;
 * anything else that is not right makes it _E_MALFORMED. Neither is an error of the
 * log: the bytes are kept and passed on.
 */
#include "common/log/list.h"

#include <errno.h>

#include <sodium.h>

#include "common/base/clock.h"

bool ph_ref_read(const msgpack_object *object, struct ph_ref *ref)
{
	const msgpack_object_array *array = ph_mp_array(object, 3, 3);
	struct ph_ref out;

	if (array == NULL ||
	    !ph_mp_bin_exact(&array->ptr[0], out.log_id, PH_LOG_ID_SIZE) ||
	    !ph_mp_uint(&array->ptr[1], PH_N_MAX, &out.n) ||
	    !ph_mp_bin_exact(&array->ptr[2], out.hash, sizeof(out.hash))) {
		return false;
	}
	*ref = out;
	return true;
}

bool ph_id_read(const msgpack_object *object, struct ph_id *id)
{
	const msgpack_object_array *array = ph_mp_array(object, 2, 2);
	struct ph_id out;

	if (array == NULL || !ph_mp_uint(&array->ptr[0], PH_SITE_MAX, &out.ns) ||
	    !ph_mp_str(&array->ptr[1], 1, PH_CODE_MAX, &out.code)) {
		return false;
	}
	*id = out;
	return true;
}

bool ph_head_read(const msgpack_object *object, struct ph_head *head)
{
	const msgpack_object_array *array = ph_mp_array(object, 3, 3);
	struct ph_head out;

	if (array == NULL ||
	    !ph_mp_bin_exact(&array->ptr[0], out.log_id, PH_LOG_ID_SIZE) ||
	    !ph_mp_uint(&array->ptr[1], PH_N_MAX, &out.n) ||
	    !ph_mp_bin_exact(&array->ptr[2], out.h, PH_HASH_SIZE)) {
		return false;
	}
	*head = out;
	return true;
}

/* Enum values grow at the end; what is far above any table is no value of a later one. */
#define ENUM_MAX 255

static int read_enum(const msgpack_object *object, const struct ph_field *field,
		     struct ph_value *value)
{
	uint64_t number;

	if (!ph_mp_uint(object, ENUM_MAX, &number)) {
		return PH_ENTRY_E_MALFORMED;
	}
	if (number >= field->max) {
		return PH_ENTRY_E_UNKNOWN;
	}
	value->as.uint = number;
	return 0;
}

static bool read_shape(const msgpack_object *object, const struct ph_field *field,
		       struct ph_value *value)
{
	uint64_t number;

	switch (field->type) {
	case PH_T_UINT:
		return ph_mp_uint(object, UINT64_MAX, &value->as.uint);
	case PH_T_DAY:
		if (!ph_mp_uint(object, field->max, &number)) {
			return false;
		}
		value->as.day = (int64_t)number;
		return true;
	case PH_T_TEXT:
		return ph_mp_str(object, 0, SIZE_MAX, &value->as.bytes);
	case PH_T_BYTES:
	case PH_T_FIXED:
		return ph_mp_bin(object, 0, SIZE_MAX, &value->as.bytes);
	case PH_T_REF:
		return ph_ref_read(object, &value->as.ref);
	case PH_T_COPY_ID:
	case PH_T_CARD_ID:
	case PH_T_CRATE_ID:
		return ph_id_read(object, &value->as.id);
	case PH_T_HEAD:
		return ph_head_read(object, &value->as.head);
	default: /* enums and lists are read elsewhere, `seen` into the entry */
		return false;
	}
}

int ph_value_read(const msgpack_object *object, struct ph_view bytes,
		  const struct ph_field *field, struct ph_value *value)
{
	struct ph_value out = { .set = true };
	int rc;

	if (field->type == PH_T_ENUM) {
		rc = read_enum(object, field, &out);
	} else if (ph_type_is_list(field->type)) {
		rc = ph_list_open(bytes, field->type, &out.as.list)
			     ? 0
			     : PH_ENTRY_E_MALFORMED;
	} else {
		rc = read_shape(object, field, &out) ? 0 : PH_ENTRY_E_MALFORMED;
	}
	if (rc == 0) {
		*value = out;
	}
	return rc;
}

/* Of two findings the worse: malformed before unknown before fine. */
static int worse(int a, int b)
{
	if (a == PH_ENTRY_E_MALFORMED || b == PH_ENTRY_E_MALFORMED) {
		return PH_ENTRY_E_MALFORMED;
	}
	return a ? a : b;
}

static int read_when(const msgpack_object *object, struct ph_extras *extras)
{
	const msgpack_object_array *array = ph_mp_array(object, 2, 2);
	uint64_t precision;
	uint64_t value;

	if (array == NULL || !ph_mp_uint(&array->ptr[0], ENUM_MAX, &precision) ||
	    precision == PH_WHEN_NONE || !ph_mp_uint(&array->ptr[1], INT64_MAX, &value)) {
		return PH_ENTRY_E_MALFORMED;
	}
	if (precision > PH_WHEN_DAY) {
		return PH_ENTRY_E_UNKNOWN;
	}
	extras->when = (enum ph_when)precision;
	extras->when_value = (int64_t)value;
	return 0;
}

static int read_extra(const msgpack_object_kv *pair, struct ph_extras *extras)
{
	const msgpack_object *object = &pair->val;
	bool good = false;

	switch (pair->key.via.u64) { /* canonical: an unsigned integer */
	case 0:
		break;
	case PH_EXTRA_WHEN:
		return read_when(object, extras);
	case PH_EXTRA_SOURCE:
		good = ph_mp_bin_exact(object, extras->source, PH_SOURCE_SIZE);
		extras->has_source = good;
		break;
	case PH_EXTRA_STAFF:
		good = ph_mp_str(object, 1, PH_ENTRY_MAX, &extras->staff);
		break;
	case PH_EXTRA_BEHALF:
		good = ph_mp_uint(object, PH_SITE_MAX, &extras->behalf) &&
		       extras->behalf > 0;
		break;
	case PH_EXTRA_OPERATOR:
		good = ph_mp_bin(object, PH_OPERATOR_SIZE, PH_OPERATOR_SIZE,
				 &extras->operator_sig);
		break;
	default:
		return PH_ENTRY_E_UNKNOWN;
	}
	return good ? 0 : PH_ENTRY_E_MALFORMED;
}

static int read_extras(const msgpack_object *object, struct ph_extras *extras)
{
	const msgpack_object_map *map = ph_mp_map(object, PH_ENTRY_ITEMS_MAX);
	int rc = 0;

	if (ph_mp_is_nil(object)) {
		return 0;
	}
	if (map == NULL || map->size == 0) {
		return PH_ENTRY_E_MALFORMED;
	}
	for (uint32_t i = 0; i < map->size; i++) {
		rc = worse(rc, read_extra(&map->ptr[i], extras));
	}
	return rc;
}

/* Index in struct ph_seen from the one in the bytes, or -1: of a later table. */
static int seen_index(const struct ph_kind *kind, uint64_t key)
{
	if (key < kind->n_fields) {
		return (int)key;
	}
	if (key >= PH_SEEN_SEALED && key - PH_SEEN_SEALED < kind->n_sealed) {
		return (int)(kind->n_fields + key - PH_SEEN_SEALED);
	}
	return -1;
}

static int read_heads(const msgpack_object_array *heads, int index,
		      struct ph_entry *entry)
{
	for (uint32_t i = 0; i < heads->size; i++) {
		struct ph_seen seen = { .field = (uint8_t)index };

		if (entry->n_seen == PH_SEEN_MAX ||
		    !ph_ref_read(&heads->ptr[i], &seen.head)) {
			return PH_ENTRY_E_MALFORMED;
		}
		entry->seen[entry->n_seen++] = seen;
	}
	return 0;
}

static int read_seen(const msgpack_object *object, struct ph_entry *entry)
{
	const msgpack_object_map *map = ph_mp_map(object, PH_SEEN_MAX);
	int rc = 0;

	if (map == NULL || map->size == 0) {
		return PH_ENTRY_E_MALFORMED;
	}
	for (uint32_t i = 0; i < map->size; i++) {
		const msgpack_object_array *heads =
			ph_mp_array(&map->ptr[i].val, 1, PH_SEEN_MAX);
		int index = seen_index(entry->kind, map->ptr[i].key.via.u64);

		if (heads == NULL) {
			return PH_ENTRY_E_MALFORMED;
		}
		rc = worse(rc, index < 0 ? PH_ENTRY_E_UNKNOWN
					 : read_heads(heads, index, entry));
	}
	return rc;
}

/* Field I of the entry in BYTES, which may say more than this table knows. */
static int read_field(const msgpack_object *object, struct ph_view bytes, uint32_t i,
		      struct ph_entry *entry)
{
	const struct ph_kind *kind = entry->kind;
	struct ph_value *value = &entry->field[i];

	if (ph_mp_is_nil(object)) {
		return 0;
	}
	if (kind->fields[i].type == PH_T_SEEN) {
		value->set = true;
		return read_seen(object, entry);
	}

	struct ph_view list = { 0 };

	if (ph_type_is_list(kind->fields[i].type)) {
		list = ph_mp_item_bytes(bytes, 3 + (size_t)i);
	}

	int rc = ph_value_read(object, list, &kind->fields[i], value);

	if (rc == 0 && kind->n_sealed > 0 && i == kind->sets &&
	    value->as.uint > kind->fields[i].max && value->as.uint <= UINT32_MAX) {
		rc = PH_ENTRY_E_UNKNOWN;
	}
	return rc;
}

static int read_fields(const msgpack_object_array *array, struct ph_view bytes,
		       struct ph_entry *entry)
{
	const uint32_t n = entry->kind->n_fields;
	int rc = array->size > 3 + n ? PH_ENTRY_E_UNKNOWN : 0;

	for (uint32_t i = 0; i < n; i++) {
		rc = worse(rc,
			   read_field(ph_mp_item(array, 3 + (size_t)i), bytes, i, entry));
	}
	return rc;
}

/* --- what no table explains --- */

static bool has_control(const msgpack_object_str *text)
{
	const uint8_t *bytes = (const uint8_t *)text->ptr;

	for (uint32_t i = 0; i < text->size; i++) {
		if (bytes[i] < 0x20 || bytes[i] == 0x7f ||
		    (bytes[i] == 0xc2 && bytes[i + 1] < 0xa0)) {
			return true;
		}
	}
	return false;
}

/*
 * Whether OBJECT, nested no deeper than an entry may be, keeps to the canonical form.
 * Whether its text should be composed only a type could tell.
 */
static bool is_plain(const msgpack_object *object)
{
	switch (object->type) {
	case MSGPACK_OBJECT_BOOLEAN:
	case MSGPACK_OBJECT_NEGATIVE_INTEGER:
		return false;
	case MSGPACK_OBJECT_STR:
		return !has_control(&object->via.str);
	case MSGPACK_OBJECT_ARRAY:
		for (uint32_t i = 0; i < object->via.array.size; i++) {
			if (!is_plain(&object->via.array.ptr[i])) {
				return false;
			}
		}
		return true;
	case MSGPACK_OBJECT_MAP:
		for (uint32_t i = 0; i < object->via.map.size; i++) {
			if (!is_plain(&object->via.map.ptr[i].val)) {
				return false;
			}
		}
		return true;
	default:
		return true;
	}
}

static int check_values(const struct ph_entry *entry)
{
	int rc = ph_entry_check(entry, NULL);

	if (rc == 0) {
		rc = ph_entry_check_commit(entry, NULL);
	}
	return rc == -EINVAL ? PH_ENTRY_E_MALFORMED : rc;
}

static int read_entry(const msgpack_object *root, struct ph_view bytes,
		      struct ph_entry *entry)
{
	const msgpack_object_array *array = ph_mp_array(root, 2, PH_ENTRY_ITEMS_MAX);

	if (array == NULL || !ph_mp_uint(&array->ptr[0], INT64_MAX, &entry->number) ||
	    entry->number == 0 ||
	    !ph_mp_uint(&array->ptr[1], PH_STAMP_MAX, &entry->stamp) ||
	    (array->size > 2 && ph_mp_is_nil(&array->ptr[array->size - 1]))) {
		return PH_ENTRY_E_MALFORMED;
	}

	int rc = read_extras(ph_mp_item(array, 2), &entry->extras);

	entry->kind = ph_kind_find(entry->number);
	if (entry->kind == NULL) {
		return worse(rc, PH_ENTRY_E_UNKNOWN);
	}
	rc = worse(rc, read_fields(array, bytes, entry));
	/* With values missing that a later table explains, limits and pairs cannot be judged. */
	return rc ? rc : check_values(entry);
}

int ph_entry_decode(struct ph_view bytes, struct ph_entry *entry)
{
	static const struct ph_walk_limits limits = { .depth = PH_ENTRY_DEPTH_MAX,
						      .items = PH_ENTRY_ITEMS_MAX };
	struct ph_entry out = { 0 };
	struct ph_mp mp;

	if (bytes.len > PH_ENTRY_MAX) {
		return PH_ENTRY_E_MALFORMED;
	}

	int rc = ph_mp_decode(&mp, bytes, &limits, PH_WALK_CANONICAL);

	if (rc) {
		return rc < 0 ? rc : PH_ENTRY_E_MALFORMED;
	}
	rc = read_entry(mp.root, bytes, &out);
	if (rc == PH_ENTRY_E_UNKNOWN && !is_plain(mp.root)) {
		rc = PH_ENTRY_E_MALFORMED;
	}
	ph_mp_deinit(&mp);
	if (rc == 0) {
		*entry = out;
	} else if (rc == PH_ENTRY_E_UNKNOWN) {
		*entry = (struct ph_entry){ .number = out.number,
					    .stamp = out.stamp,
					    .extras = out.extras };
	}
	return rc;
}

void ph_entry_hash(struct ph_view bytes, uint8_t out[static PH_HASH_SIZE])
{
	crypto_generichash(out, PH_HASH_SIZE, bytes.data, bytes.len, NULL, 0);
}

int64_t ph_entry_effective(const struct ph_entry *entry)
{
	switch (entry->extras.when) {
	case PH_WHEN_MINUTE:
		return entry->extras.when_value * 60;
	case PH_WHEN_DAY:
		return ph_day_noon(entry->extras.when_value);
	case PH_WHEN_NONE:
		break;
	}
	return ph_stamp_seconds(entry->stamp);
}
