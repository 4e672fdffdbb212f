/* Tests of common/log/entry_check.c: every limit of the table from both sides, and what else is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/make_entry.h"

static struct ph_value uint_value(uint64_t number)
{
	return (struct ph_value){ .set = true, .as.uint = number };
}

static struct ph_value id_value(uint64_t ns, const char *code)
{
	return (struct ph_value){ .set = true, .as.id = { ns, ph_view_str(code) } };
}

static void start(struct ph_entry *entry, uint32_t number, uint64_t stamp)
{
	memset(entry, 0, sizeof(*entry));
	entry->number = number;
	entry->kind = ph_kind_find(number);
	entry->stamp = stamp;
}

/* A minimal valid entry of KIND. */
static void make_least(struct maker *maker, const struct ph_kind *kind,
		       struct ph_entry *entry)
{
	maker->used = 0;
	start(entry, kind->number, 5);
	for (uint32_t i = 0; i < kind->n_fields; i++) {
		if (kind->fields[i].flags & PH_F_REQUIRED) {
			entry->field[i] = make_value(maker, &kind->fields[i]);
		}
	}
	if (kind->pair.rule == PH_PAIR_NOT_ABOVE && entry->field[kind->pair.a].set) {
		entry->field[kind->pair.a] = uint_value(0);
	}
	if (kind->pair.rule == PH_PAIR_ONE_OF) {
		entry->field[kind->pair.a] =
			make_value(maker, &kind->fields[kind->pair.a]);
	}
}

/* Make what holds between field I and another one true for any value of I. */
static void make_room(struct ph_entry *entry, uint32_t i)
{
	const struct ph_kind *kind = entry->kind;
	const struct ph_pair *pair = &kind->pair;

	if (pair->rule == PH_PAIR_NOT_ABOVE && i == pair->a) {
		entry->field[pair->b] = uint_value(kind->fields[pair->b].max);
	}
	if (pair->rule == PH_PAIR_NOT_ABOVE && i == pair->b) {
		entry->field[pair->a] = uint_value(0);
	}
	if (pair->rule == PH_PAIR_ONE_OF && i == pair->b) {
		entry->field[pair->a].set = false;
	}
}

static struct ph_value sized(struct maker *maker, const struct ph_field *field,
			     uint64_t size)
{
	struct ph_value value = { .set = true };

	switch (field->type) {
	case PH_T_TEXT:
		value.as.bytes = make_text(maker, (size_t)size, field->rule);
		break;
	case PH_T_BYTES:
	case PH_T_FIXED:
		value.as.bytes = make_bytes(maker, (size_t)size);
		break;
	case PH_T_COPY_ID:
	case PH_T_CARD_ID:
	case PH_T_CRATE_ID:
		value.as.id.code = make_text(maker, (size_t)size, PH_TEXT_ANY);
		break;
	case PH_T_DAY:
		value.as.day = (int64_t)size;
		break;
	case PH_T_REFS:
	case PH_T_COPY_IDS:
	case PH_T_CARD_IDS:
	case PH_T_HEADS:
	case PH_T_UINTS:
	case PH_T_TEXTS:
		if (size > 0) {
			return make_list(maker, field, (size_t)size);
		}
		value.as.list.bytes = PH_VIEW("\x90", 1);
		break;
	default:
		value.as.uint = size;
		break;
	}
	return value;
}

static int encode_with(struct maker *maker, const struct ph_kind *kind, uint32_t i,
		       uint64_t size)
{
	static struct ph_entry entry;
	struct ph_buf out = { 0 };
	struct ph_error err = { 0 };
	char name[64];

	make_least(maker, kind, &entry);
	entry.field[i] = sized(maker, &kind->fields[i], size);
	make_room(&entry, i);
	if (kind->n_sealed > 0 && (i == kind->sets || i == kind->commit)) {
		uint32_t other = i == kind->sets ? kind->commit : kind->sets;

		entry.field[other] = make_value(maker, &kind->fields[other]);
	}

	int rc = ph_entry_encode(&entry, &out, &err);

	if (rc) { /* the text begins with the name of the field, and nothing was written */
		snprintf(name, sizeof(name), "%s", kind->fields[i].name);
		assert_memory_equal(err.text, name, strlen(name));
		assert_int_equal(err.exit, PH_EXIT_USAGE);
		assert_int_equal(out.len, 0);
	}
	ph_buf_deinit(&out);
	return rc;
}

static bool has_size(const struct ph_field *field)
{
	return field->type != PH_T_REF && field->type != PH_T_HEAD &&
	       field->type != PH_T_SEEN;
}

/* Every field of every kind at limit - 1, limit, limit + 1, on both sides. */
static void test_limits_of_fields(void **state)
{
	static struct maker maker;

	(void)state;
	maker_init(&maker, 3);
	for (size_t k = 0; k < ph_kinds_count(); k++) {
		const struct ph_kind *kind = ph_kind_at(k);

		for (uint32_t i = 0; i < kind->n_fields; i++) {
			const struct ph_field *field = &kind->fields[i];
			uint64_t top = field->max - (field->type == PH_T_ENUM);

			if (!has_size(field)) {
				continue;
			}
			print_message("# %s %s\n", kind->name, field->name);
			if (top > field->min) {
				assert_int_equal(encode_with(&maker, kind, i, top - 1),
						 0);
			}
			assert_int_equal(encode_with(&maker, kind, i, top), 0);
			assert_int_equal(encode_with(&maker, kind, i, top + 1), -EINVAL);
			assert_int_equal(encode_with(&maker, kind, i, field->min), 0);
			if (field->min > 0) {
				assert_int_equal(
					encode_with(&maker, kind, i, field->min - 1),
					-EINVAL);
			}
		}
	}
}

static void test_missing(void **state)
{
	static struct maker maker;
	static struct ph_entry entry;
	struct ph_buf out = { 0 };

	(void)state;
	maker_init(&maker, 4);
	for (size_t k = 0; k < ph_kinds_count(); k++) {
		const struct ph_kind *kind = ph_kind_at(k);

		for (uint32_t i = 0; i < kind->n_fields; i++) {
			struct ph_error err = { 0 };

			if (!(kind->fields[i].flags & PH_F_REQUIRED)) {
				continue;
			}
			make_least(&maker, kind, &entry);
			entry.field[i].set = false;
			assert_int_equal(ph_entry_encode(&entry, &out, &err), -EINVAL);
			assert_non_null(strstr(err.text, "is missing"));
			assert_memory_equal(err.text, kind->fields[i].name,
					    strlen(kind->fields[i].name));
		}
	}
	assert_int_equal(out.len, 0);
	ph_buf_deinit(&out);
}

static void fill_seen(struct ph_entry *entry, unsigned n)
{
	start(entry, PH_KIND_READER_PUT, 5);
	for (unsigned i = 0; i < n && i < PH_SEEN_MAX; i++) {
		entry->seen[i] = (struct ph_seen){ .field = PH_READER_BAND,
						   .head = { .n = i + 1 } };
	}
	entry->n_seen = n;
}

static void test_encode_refuses(void **state)
{
	static struct ph_entry entry;
	struct ph_buf out = { 0 };
	struct ph_error err = { 0 };

	(void)state;
	assert_int_equal(ph_buf_put(&out, "before", 6), 0);

	fill_seen(&entry, PH_SEEN_MAX - 1);
	assert_int_equal(ph_entry_encode(&entry, &out, NULL), 0);
	fill_seen(&entry, PH_SEEN_MAX);
	out.len = 6;
	assert_int_equal(ph_entry_encode(&entry, &out, NULL), 0);
	out.len = 6;
	fill_seen(&entry, PH_SEEN_MAX + 1);
	assert_int_equal(ph_entry_encode(&entry, &out, &err), -EINVAL);
	assert_string_equal(err.text, "seen: 33 references; at most 32 are kept");

	err.text[0] = '\0';
	start(&entry, PH_KIND_RETURN, 5);
	entry.field[PH_RETURN_COPY] = id_value(7, "a");
	entry.seen[0] = (struct ph_seen){ .head = { .n = 1 } };
	entry.n_seen = 1;
	assert_int_equal(ph_entry_encode(&entry, &out, &err), -EINVAL);
	assert_string_equal(err.text, "seen: return has no registers");

	err.text[0] = '\0';
	entry.n_seen = 0;
	entry.stamp = (uint64_t)PH_STAMP_MAX + 1;
	assert_int_equal(ph_entry_encode(&entry, &out, &err), -EINVAL);
	assert_int_equal(err.exit, PH_EXIT_CLOCK);

	start(&entry, PH_KIND_READER_PUT, 5);
	entry.sealed[PH_READER_S_BORN] = uint_value(1987);
	assert_int_equal(ph_entry_encode(&entry, &out, NULL), -EINVAL);
	entry.field[PH_READER_SETS] = uint_value(1 << PH_READER_S_NAME);
	entry.field[PH_READER_COMMIT] = (struct ph_value){
		.set = true, .as.bytes = PH_VIEW("0123456789abcdef0123456789abcdef", 32)
	};
	assert_int_equal(ph_entry_encode(&entry, &out, NULL), -EINVAL);
	entry.field[PH_READER_SETS] = uint_value(1 << PH_READER_S_BORN);
	assert_int_equal(ph_entry_encode(&entry, &out, NULL), 0);
	out.len = 6;
	entry.sealed[PH_READER_S_BORN] = uint_value(0);
	assert_int_equal(ph_entry_encode(&entry, &out, NULL), -EINVAL);

	start(&entry, 4, 5);
	err.text[0] = '\0';
	assert_int_equal(ph_entry_encode(&entry, &out, &err), -EINVAL);
	assert_string_equal(err.text, "kind: 4 is not a kind of this program");

	start(&entry, PH_KIND_VISIT, 5);
	entry.extras.operator_sig = PH_VIEW("x", 1);
	assert_int_equal(ph_entry_encode(&entry, &out, NULL), -EINVAL);
	assert_int_equal(out.len, 6);
	assert_memory_equal(out.data, "before", 6);
	ph_buf_deinit(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limits_of_fields),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_encode_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
