/* Lines of `record` and what is said of their answers (common/cli/lines.c). */
#include "tests/unit/capture.h"

#include "common/base/limits.h"
#include "common/cli/lines.h"
#include "common/cli/out.h"

/* TEXT, then, if RC is negative, that error in place of the end. */
struct input {
	const char *text;
	size_t len, at;
	int rc;
};

static int next_byte(void *data, struct ph_error *err)
{
	struct input *input = data;

	if (input->at < input->len) {
		return (uint8_t)input->text[input->at++];
	}
	return input->rc == 0 ? -1 : ph_fail_errno(err, input->rc, "the input") - 1;
}

#define TEXT(text) text, sizeof(text) - 1

static void test_lines(void **state)
{
	static const struct {
		const char *name, *text;
		size_t len;
		const char *told; /* NUMBER=LINE; ... */
		size_t told_len;
	} cases[] = {
		{ "nothing", TEXT(""), TEXT("") },
		{ "one", TEXT("a\n"), TEXT("1=a;") },
		{ "no newline behind the last", TEXT("a\nbc"), TEXT("1=a;2=bc;") },
		{ "blank ones count", TEXT("\n \t\na\n\n\nb\n"), TEXT("3=a;6=b;") },
		{ "blanks alone, no newline", TEXT("a\n "), TEXT("1=a;") },
		{ "of Windows", TEXT("a\r\n\r\nb\r"), TEXT("1=a;3=b;") },
		{ "one carriage return goes", TEXT("a\r\r\n"), TEXT("1=a\r;") },
		{ "and none within", TEXT("a\rb\n"), TEXT("1=a\rb;") },
		{ "blanks about it stay", TEXT(" a \n"), TEXT("1= a ;") },
		{ "no text", TEXT("\xff\x80\n"), TEXT("1=\xff\x80;") },
		{ "a zero is no end", TEXT("a\0b\nc"), TEXT("1=a\0b;2=c;") },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct input input = { .text = cases[i].text, .len = cases[i].len };
		struct ph_lines lines = { .next = next_byte, .data = &input };
		struct ph_error err = { 0 };
		struct ph_buf told = { 0 };

		while (ph_lines_next(&lines, &err) == 1) {
			int rc = ph_buf_printf(&told, "%u=", (unsigned)lines.number);

			rc |= ph_buf_put(&told, lines.line.data, lines.line.len);
			rc |= ph_buf_put_u8(&told, ';');
			assert_int_equal(rc, 0);
			assert_int_equal(ph_lines_check(&lines, &err), 0);
		}
		if (told.len != cases[i].told_len ||
		    (told.len > 0 && memcmp(told.data, cases[i].told, told.len) != 0)) {
			fail_msg("%s: %.*s", cases[i].name, (int)told.len,
				 (const char *)told.data);
		}
		assert_int_equal(ph_lines_next(&lines, &err), 0);
		assert_string_equal(err.text, "");
		ph_buf_deinit(&told);
		ph_lines_deinit(&lines);
	}
}

/* What comes before an error is a line or nothing; a part of one is not. */
static void test_error(void **state)
{
	struct input input = { .text = "a\nb", .len = 3, .rc = -EIO };
	struct ph_lines lines = { .next = next_byte, .data = &input };
	struct ph_error err = { 0 };

	(void)state;
	assert_int_equal(ph_lines_next(&lines, &err), 1);
	assert_string_equal(err.text, "");
	assert_int_equal(ph_lines_next(&lines, &err), -EIO);
	assert_memory_equal(err.text, "the input", 9);
	assert_int_equal(lines.number, 1);
	ph_lines_deinit(&lines);
}

/* At the limit and on either side of it; the line behind is read as any. */
static void test_limit(void **state)
{
	static const char *const ends[] = { "\n", "\r\n" };
	char *text = malloc(2 * PH_LINE_MAX + 8);

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < 8; i++) {
		size_t size = i < 6 ? PH_LINE_MAX - 1 + i / 2 : 2 * PH_LINE_MAX;
		const char *end = ends[i % 2];
		bool is_long = size + strlen(end) - 1 > PH_LINE_MAX;
		struct input input = { .text = text, .len = size + strlen(end) + 2 };
		struct ph_lines lines = { .next = next_byte, .data = &input };
		struct ph_error err = { 0 };

		memset(text, ' ', size); /* too long is no blank line, either */
		text[0] = is_long ? ' ' : 'a';
		memcpy(text + size, end, strlen(end));
		memcpy(text + size + strlen(end), "b\n", 2);
		assert_int_equal(ph_lines_next(&lines, &err), 1);
		assert_int_equal(lines.number, 1);
		assert_int_equal(lines.too_long, is_long);
		assert_true(is_long || lines.line.len == size);
		assert_int_equal(ph_lines_check(&lines, &err), is_long ? -EMSGSIZE : 0);
		assert_int_equal(err.exit, is_long ? PH_EXIT_USAGE : PH_EXIT_DONE);
		assert_true(lines.line.cap < 3 * PH_LINE_MAX);
		assert_int_equal(ph_lines_next(&lines, &err), 1);
		assert_int_equal(lines.number, 2);
		assert_false(lines.too_long);
		assert_int_equal(lines.line.len, 1);
		ph_lines_deinit(&lines);
	}
	free(text);
}

static void test_words(void **state)
{
	(void)state;
	assert_string_equal(ph_lines_words("line 1, column 2: no"), "column 2: no");
	assert_string_equal(ph_lines_words("line 12, column 2"), "line 12, column 2");
	assert_string_equal(ph_lines_words("line 1"), "line 1");
	assert_string_equal(ph_lines_words(""), "");
}

static void test_told(void **state)
{
	static struct capture captured;
	struct ph_error err = { 0 };
	int rc;

	(void)state;
	capture_start(&captured, NULL);
	printf("x");
	rc = ph_lines_told(0, 2, &err);
	capture_end(&captured);
	assert_int_equal(rc, 0);
	assert_string_equal(captured.text[0], "x");
	assert_string_equal(err.text, "");
	assert_int_equal(ph_lines_told(-ENOMEM, 2, &err), -ENOMEM);
	assert_memory_equal(err.text, "answering", 9);

	err = (struct ph_error){ 0 };
	capture_start(&captured, "/dev/full");
	printf("x");
	rc = ph_lines_told(0, 2, &err);
	capture_end(&captured);
	assert_int_equal(rc, PH_OUT_LOST);
	assert_memory_equal(err.text, "saved 2 lines; ", 15);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines), cmocka_unit_test(test_error),
		cmocka_unit_test(test_limit), cmocka_unit_test(test_words),
		cmocka_unit_test(test_told),
	};

	return cmocka_run_group_tests_name("lines", tests, NULL, NULL);
}
