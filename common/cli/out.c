/*
 * common/cli/out.c - tables by display width, one-line JSON, words in two languages.
 *
 * Cells collect in rows and are printed at the end, when all widths are known. Lack of
 * memory sticks in the table and comes out of ph_table_print(). A stdout that cannot be
 * written is PH_OUT_LOST: nothing is wrong with the store then.
 */
#include "common/cli/out.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utf8proc.h>

#include "common/base/error.h"

int ph_out_json(json_t *object)
{
	int rc = -ENOMEM;

	if (object) {
		rc = json_dumpf(object, stdout, JSON_COMPACT) == 0 && putchar('\n') != EOF
			     ? 0
			     : PH_OUT_LOST;
		json_decref(object);
	}
	return rc;
}

static int put_plain(const char *name, const json_t *value)
{
	bool is_text = json_is_string(value);
	char *made = is_text || json_is_null(value)
			     ? NULL
			     : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	const char *text = is_text ? json_string_value(value) : made;
	size_t len = is_text ? json_string_length(value) : text ? strlen(text) : 0;
	char *safe = malloc(len + 1);
	int rc = safe && (text || json_is_null(value)) ? 0 : -ENOMEM;

	if (rc == 0) {
		ph_text_safe(safe, len + 1, text ? text : "", len);
		rc = printf("%s\t%s\n", name, safe) < 0 ? PH_OUT_LOST : 0;
	}
	free(safe);
	free(made);
	return rc;
}

int ph_out_plain(json_t *object)
{
	int rc = object ? 0 : -ENOMEM;
	const char *name;
	json_t *value;

	json_object_foreach(object, name, value)
	{
		rc = rc != 0 ? rc : put_plain(name, value);
	}
	json_decref(object);
	return rc;
}

int ph_out_script(bool is_json, json_t *object)
{
	return is_json ? ph_out_json(object) : ph_out_plain(object);
}

int ph_out_flush(const char *what, struct ph_error *err)
{
	errno = EIO; /* of a write that failed earlier the reason is not known */
	if (fflush(stdout) == 0 && !ferror(stdout)) {
		return 0;
	}
	return ph_fail(err, PH_EXIT_OTHER, PH_OUT_LOST,
		       "%sstandard output cannot be written (%s); what was recorded "
		       "before stays recorded",
		       what, strerror(errno));
}

unsigned ph_text_width(const char *text)
{
	const utf8proc_uint8_t *p = (const utf8proc_uint8_t *)text;
	utf8proc_ssize_t left = (utf8proc_ssize_t)strlen(text);
	unsigned width = 0;

	while (left > 0) {
		utf8proc_int32_t letter;
		utf8proc_ssize_t n = utf8proc_iterate(p, left, &letter);

		if (n < 1) {
			letter = '?';
			n = 1;
		}
		width += (unsigned)utf8proc_charwidth(letter);
		p += n;
		left -= n;
	}
	return width;
}

/* Nothing that moves the cursor, clears or paints: controls of both sets, line and paragraph ends. */
static bool is_harmless(utf8proc_int32_t letter)
{
	return letter >= 0x20 && !(letter >= 0x7f && letter <= 0x9f) &&
	       letter != 0x2028 && letter != 0x2029;
}

void ph_text_safe(char *out, size_t out_size, const char *text, size_t len)
{
	const utf8proc_uint8_t *p = (const utf8proc_uint8_t *)text;
	size_t n = 0;

	for (size_t i = 0; i < len;) {
		utf8proc_int32_t letter;
		utf8proc_ssize_t size =
			utf8proc_iterate(p + i, (utf8proc_ssize_t)(len - i), &letter);
		bool shown = size > 0 && is_harmless(letter);
		size_t takes = shown ? (size_t)size : 1;

		if (n + takes >= out_size) {
			break;
		}
		if (shown) {
			memcpy(out + n, p + i, takes);
		} else {
			out[n] = '?';
		}
		n += takes;
		i += size > 0 ? (size_t)size : 1;
	}
	out[n] = '\0';
}

struct ph_table {
	const char *const *headings;
	unsigned columns;
	bool plain;
	bool failed;
	char **cell;
	size_t n;
	size_t cap;
};

struct ph_table *ph_table_new(const char *const *headings, unsigned columns, bool plain)
{
	struct ph_table *table = calloc(1, sizeof(*table));

	if (table) {
		table->headings = headings;
		table->columns = columns;
		table->plain = plain;
	}
	return table;
}

void ph_table_free(struct ph_table *table)
{
	if (!table) {
		return;
	}
	for (size_t i = 0; i < table->n; i++) {
		free(table->cell[i]);
	}
	free(table->cell);
	free(table);
}

void ph_table_cell(struct ph_table *table, const char *text)
{
	size_t len = strlen(text);
	char *copy;

	if (!table) {
		return; /* no memory for it; ph_table_print() says so */
	}
	if (table->n == table->cap) {
		size_t cap = table->cap ? table->cap * 2 : 64;
		char **cell = realloc(table->cell, cap * sizeof(*cell));

		if (!cell) {
			table->failed = true;
			return;
		}
		table->cell = cell;
		table->cap = cap;
	}
	copy = malloc(len + 1);
	if (!copy) {
		table->failed = true;
		return;
	}
	ph_text_safe(copy, len + 1, text, len);
	table->cell[table->n++] = copy;
}

/* Drop a letter that the end of a buffer tore. */
static void trim_torn(char *text)
{
	size_t len = strlen(text);
	size_t at = len;
	utf8proc_int32_t letter;

	while (at > 0 && len - at < 4 && ((unsigned char)text[at - 1] & 0xc0) == 0x80) {
		at--;
	}
	if (at > 0 && (unsigned char)text[at - 1] >= 0xc0 &&
	    utf8proc_iterate((const utf8proc_uint8_t *)text + at - 1,
			     (utf8proc_ssize_t)(len - at + 1), &letter) < 1) {
		text[at - 1] = '\0';
	}
}

void ph_table_cellf(struct ph_table *table, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	trim_torn(text);
	ph_table_cell(table, text);
}

static void print_row(const struct ph_table *table, FILE *out, const char *const *cells,
		      const unsigned *widths)
{
	for (unsigned c = 0; c < table->columns; c++) {
		bool last = c + 1 == table->columns;

		fputs(cells[c], out);
		if (table->plain) {
			fputc(last ? '\n' : '\t', out);
			continue;
		}
		for (unsigned w = ph_text_width(cells[c]); !last && w < widths[c] + 2;
		     w++) {
			fputc(' ', out);
		}
		if (last) {
			fputc('\n', out);
		}
	}
}

int ph_table_print(const struct ph_table *table, FILE *out)
{
	unsigned *widths = table ? calloc(table->columns, sizeof(*widths)) : NULL;

	if (!widths || table->failed) {
		free(widths);
		return -ENOMEM;
	}
	for (unsigned c = 0; c < table->columns; c++) {
		widths[c] = ph_text_width(table->headings[c]);
	}
	for (size_t i = 0; i < table->n; i++) {
		unsigned width = ph_text_width(table->cell[i]);

		if (width > widths[i % table->columns]) {
			widths[i % table->columns] = width;
		}
	}
	if (!table->plain) {
		print_row(table, out, table->headings, widths);
	}
	for (size_t i = 0; i + table->columns <= table->n; i += table->columns) {
		print_row(table, out, (const char *const *)&table->cell[i], widths);
	}
	free(widths);
	return ferror(out) ? PH_OUT_LOST : 0;
}

static enum ph_speak spoken;

void ph_speak(enum ph_speak language)
{
	spoken = language;
}

bool ph_is_vietnamese(void)
{
	static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };

	if (spoken != PH_SPEAK_OWN) {
		return spoken == PH_SPEAK_VIETNAMESE;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = getenv(names[i]);

		if (value && value[0] != '\0') {
			return strncmp(value, "vi", 2) == 0;
		}
	}
	return false;
}

const char *ph_say(const char *english, const char *vietnamese)
{
	return ph_is_vietnamese() ? vietnamese : english;
}

const char *ph_number(char out[static PH_NUMBER_TEXT], uint64_t number)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)number);
	char separator = ph_is_vietnamese() ? '.' : ',';
	size_t n = 0;

	for (int i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0) {
			out[n++] = separator;
		}
		out[n++] = digits[i];
	}
	out[n] = '\0';
	return out;
}

const char *ph_span(char out[static PH_NUMBER_TEXT], int64_t seconds)
{
	long long s = seconds < 0 ? 0 : (long long)seconds;

	if (s >= 86400) {
		snprintf(out, PH_NUMBER_TEXT,
			 ph_say("%lld d %lld h", "%lld ngày %lld giờ"), s / 86400,
			 s % 86400 / 3600);
	} else if (s >= 3600) {
		snprintf(out, PH_NUMBER_TEXT,
			 ph_say("%lld h %lld min", "%lld giờ %lld phút"), s / 3600,
			 s % 3600 / 60);
	} else if (s >= 60) {
		snprintf(out, PH_NUMBER_TEXT, ph_say("%lld min", "%lld phút"), s / 60);
	} else {
		snprintf(out, PH_NUMBER_TEXT, ph_say("%lld s", "%lld giây"), s);
	}
	return out;
}

bool ph_is_terminal(FILE *stream)
{
	const char *no_color = getenv("NO_COLOR");

	return isatty(fileno(stream)) && !(no_color && no_color[0] != '\0');
}
