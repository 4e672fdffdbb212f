/*
 * tests/unit/marc_maker.h - MARC records for tests, made by hand: fields as text with
 * '$' for the subfield mark.
 */
#ifndef PH_TESTS_MARC_MAKER_H
#define PH_TESTS_MARC_MAKER_H

#include <stdio.h>
#include <string.h>

#include "client/marc/file.h"
#include "client/marc/map.h"

#define MAKER_LEADER "00000nam a2200000 a 4500"

/* One field: tag, then the indicators (none before 010) and data, e.g. "245", "10$aTên". */
struct made_field {
	const char *tag;
	const char *data;
};

/* Append the ISO 2709 record of FIELDS, which end with a NULL tag. */
static inline void make_marc(struct ph_buf *out, const char *leader,
			     const struct made_field *fields)
{
	struct ph_buf directory = { 0 }, data = { 0 };
	char numbers[32];
	size_t at = out->len;

	for (; fields->tag; fields++) {
		size_t start = data.len;

		for (const char *c = fields->data; *c; c++) {
			assert_int_equal(
				ph_buf_put_u8(&data, *c == '$' ? 0x1f : (uint8_t)*c), 0);
		}
		assert_int_equal(ph_buf_put_u8(&data, 0x1e), 0);
		assert_int_equal(ph_buf_printf(&directory, "%s%04zu%05zu", fields->tag,
					       data.len - start, start),
				 0);
	}
	assert_int_equal(ph_buf_printf(out, "%s", leader), 0);
	assert_int_equal(ph_buf_put_view(out, ph_buf_view(&directory)), 0);
	assert_int_equal(ph_buf_put_u8(out, 0x1e), 0);
	snprintf(numbers, sizeof(numbers), "%05zu", out->len - at);
	memcpy(out->data + at + 12, numbers, 5);
	assert_int_equal(ph_buf_put_view(out, ph_buf_view(&data)), 0);
	assert_int_equal(ph_buf_put_u8(out, 0x1d), 0);
	snprintf(numbers, sizeof(numbers), "%05zu", out->len - at);
	memcpy(out->data + at, numbers, 5);
	ph_buf_deinit(&directory);
	ph_buf_deinit(&data);
}

/* A file being read from memory. */
struct made_file {
	FILE *stream;
	struct ph_marc_file *file;
	struct ph_marc_record record;
	uint64_t offset;
	uint8_t source[PH_SOURCE_SIZE];
	struct ph_error err;
};

static inline void made_open(struct made_file *made, struct ph_view bytes)
{
	*made = (struct made_file){ 0 };
	made->stream = fmemopen((void *)bytes.data, bytes.len, "rb");
	assert_non_null(made->stream);
	assert_int_equal(ph_marc_file_open(&made->file, made->stream, PH_MARC_AUTO, NULL,
					   &made->err),
			 0);
	ph_marc_record_init(&made->record);
}

static inline int made_next(struct made_file *made)
{
	made->err = (struct ph_error){ 0 };
	return ph_marc_file_next(made->file, &made->record, &made->offset, made->source,
				 &made->err);
}

static inline void made_close(struct made_file *made)
{
	ph_marc_record_deinit(&made->record);
	ph_marc_file_close(made->file);
	fclose(made->stream);
}

#endif
