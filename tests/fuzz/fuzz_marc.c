/*
 * tests/fuzz/fuzz_marc.c - any bytes as a file of MARC records, through to entries.
 *
 * Byte 0: format (modulo 3), charset (/ 3 modulo 4), item fields (/ 12 modulo 5); the rest
 * is the file. Each record ends in a title, copies and what is left over, or in words; a
 * title is taken as an entry, or refused with words. The file comes to its end.
 */
#include <jansson.h>
#include <stdio.h>

#include "client/marc/file.h"
#include "client/marc/map.h"
#include "common/log/json.h"
#include "common/log/keys.h"

#include "tests/fuzz/choices.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int resolve(void *data, enum ph_type type, struct ph_view code, struct ph_id *id)
{
	(void)data;
	(void)type;
	*id = (struct ph_id){ .ns = 7, .code = code };
	return 0;
}

/* As `import` does with what the program for MARC says. */
static void try_entry(json_t *title, const char *kind)
{
	const struct ph_json_scope scope = { .resolve = resolve };
	static struct ph_entry entry;
	struct ph_buf arena = { 0 };
	struct ph_error err = { 0 };
	json_t *object = json_deep_copy(title);
	int rc;

	must(object != NULL &&
	     json_object_set_new(object, "kind", json_string(kind)) == 0);
	rc = ph_entry_from_json(object, &scope, &entry, &arena, &err);
	must(rc <= 0 && (rc == 0) == (err.text[0] == '\0'));
	json_decref(object);
	ph_buf_deinit(&arena);
}

static void look(json_t *line)
{
	char *text = json_dumps(line, JSON_COMPACT);
	json_t *title = json_object_get(line, "title");

	must(text != NULL); /* so it is UTF-8 throughout */
	must(json_is_object(title) && json_is_array(json_object_get(line, "items")));
	must(json_is_array(json_object_get(line, "notes")));
	try_entry(title, "title-put");
	free(text);
}

static int one(struct ph_marc_file *file, struct ph_marc_record *record,
	       enum ph_marc_items items)
{
	struct ph_error err = { 0 };
	uint8_t source[PH_SOURCE_SIZE];
	json_t *line = NULL;
	uint64_t offset = 0;
	int rc = ph_marc_file_next(file, record, &offset, source, &err);

	if (rc == 0) {
		rc = ph_marc_map(record, source, items, &line, &err);
		must((rc == 0) == (line != NULL));
	}
	must(rc >= 0 && rc <= PH_MARC_E_STOP);
	must(rc == 0 || rc == PH_MARC_E_END || err.text[0] != '\0');
	if (line != NULL) {
		look(line);
	}
	json_decref(line);
	return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const charsets[] = { NULL, "UTF-8", "MARC-8", "CP1258" };
	struct ph_marc_file *file = NULL;
	struct ph_marc_record record;
	struct ph_error err = { 0 };
	size_t records = 0;
	FILE *stream;
	int rc = 0;

	must(ph_crypto_start() == 0);
	if (size < 2) {
		return 0;
	}
	stream = fmemopen((void *)(data + 1), size - 1, "rb");
	must(stream != NULL);
	rc = ph_marc_file_open(&file, stream, (enum ph_marc_format)(data[0] % 3),
			       charsets[data[0] / 3 % 4], &err);
	must(rc <= 0 && (rc == 0) == (err.text[0] == '\0'));
	ph_marc_record_init(&record);
	while (rc == 0 || (rc == PH_MARC_E_BAD && file != NULL)) {
		must(records++ <= size); /* each takes at least a byte */
		rc = one(file, &record, (enum ph_marc_items)(data[0] / 12 % 5));
	}
	ph_marc_record_deinit(&record);
	ph_marc_file_close(file);
	fclose(stream);
	return 0;
}
