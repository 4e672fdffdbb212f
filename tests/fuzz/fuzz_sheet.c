/*
 * tests/fuzz/fuzz_sheet.c - any bytes as the book that packhorse-xlsx is given.
 *
 * A book of the right form ends in a workbook and in CSV, another in words; nothing is left
 * behind. What a workbook has in it is looked at from outside (tests/e2e/sheets.py).
 */
#include "common/cli/sheet.h"
#include "common/xlsx/book.h"

#include "tests/fuzz/choices.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *book = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
	struct ph_buf out = { 0 };
	struct ph_buf csv = { 0 };
	struct ph_book_cut cut;
	struct ph_error err = { 0 };
	int rc;

	if (!book) {
		return 0;
	}
	rc = ph_book_make(book, &out, &cut, &err);
	must(rc <= 0 && (rc == 0) == (err.text[0] == '\0'));
	must(rc == 0 ? out.len > 4 && memcmp(out.data, "PK\3\4", 4) == 0 : out.len == 0);
	if (rc == 0) {
		must(ph_sheet_csv(book, &csv) == 0 && csv.len >= 3);
	}
	json_decref(book);
	ph_buf_deinit(&out);
	ph_buf_deinit(&csv);
	return 0;
}
