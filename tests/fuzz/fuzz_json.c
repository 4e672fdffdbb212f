/*
 * tests/fuzz/fuzz_json.c - any bytes as a line of `record`.
 *
 * Every refusal has words. What is taken shows as JSON that is taken again and then
 * shows the same. A code that begins with an exclamation mark is one that cannot be resolved.
 * With the line 300 times over, it is longer than any may be.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/log/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool fact)
{
	if (!fact) {
		abort();
	}
}

static int resolve(void *data, enum ph_type type, struct ph_view code, struct ph_id *id)
{
	(void)data;
	(void)type;
	if (code.len > 0 && code.data[0] == '!') {
		return -EIO; /* the store cannot be asked */
	}
	*id = (struct ph_id){ .ns = 7, .code = code };
	return 0;
}

static const struct ph_json_scope scope = { .resolve = resolve };

/* What ENTRY shows, but for what the log makes; the caller's. */
static json_t *show(const struct ph_entry *entry)
{
	json_t *shown = ph_entry_to_json(entry);

	must(shown != NULL);
	json_object_del(shown, "stamp");
	json_object_del(shown, "time");
	return shown;
}

static void try_again(const struct ph_entry *entry)
{
	struct ph_buf arena = { 0 };
	static struct ph_entry back;
	json_t *shown = show(entry);

	must(ph_entry_from_json(shown, NULL, &back, &arena, NULL) == 0);

	json_t *again = show(&back);

	must(json_equal(shown, again));
	json_decref(again);
	json_decref(shown);
	ph_buf_deinit(&arena);
}

static void try_long(const uint8_t *data, size_t size)
{
	struct ph_buf line = { 0 };
	struct ph_error err = { 0 };
	json_t *object = NULL;

	if (size < PH_LINE_MAX / 300 || size > PH_LINE_MAX / 250) {
		return; /* only some, else all go slowly */
	}
	while (line.len <= PH_LINE_MAX) {
		must(ph_buf_put(&line, data, size) == 0);
	}
	must(ph_json_parse(ph_buf_view(&line), &object, &err) < 0);
	must(err.text[0] != '\0' && object == NULL);
	ph_buf_deinit(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ph_entry entry;
	struct ph_error err = { 0 };
	struct ph_buf arena = { 0 };
	json_t *object = NULL;
	int rc = ph_json_parse(PH_VIEW(data, size), &object, &err);

	if (rc == 0) {
		rc = ph_entry_from_json(object, &scope, &entry, &arena, &err);
	}
	must(rc <= 0);
	must((rc == 0) == (err.text[0] == '\0'));
	if (rc == 0) {
		try_again(&entry);
	}
	json_decref(object);
	ph_buf_deinit(&arena);
	try_long(data, size);
	return 0;
}
