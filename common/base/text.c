/*
 * common/base/text.c - Vietnamese and other text: NFC, folding for search.
 *
 * Text is normalised in runs: one character and all that follow it up to the next
 * ASCII character, since no composition ever reaches across the front of one. Plain
 * ASCII takes no detour, and a run of ordinary words fits a fixed buffer; longer ones
 * go to the heap.
 *
 * utf8proc sorts combining marks in quadratic time, so long rows of them, which no
 * language has, are refused before it sees them.
 */
#include "common/base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

enum {
	RUN_POINTS = 256
}; /* code points of a run that need no heap */

static const utf8proc_option_t COMPOSE = UTF8PROC_STABLE | UTF8PROC_COMPOSE;

/* A run in composed form. */
struct run {
	utf8proc_int32_t fixed[RUN_POINTS];
	utf8proc_int32_t *heap; /* owned; NULL when FIXED is enough */
	utf8proc_int32_t *points;
	size_t len;
};

static void run_deinit(struct run *run)
{
	free(run->heap);
	run->heap = NULL;
}

static bool is_control(utf8proc_int32_t point)
{
	return utf8proc_category(point) == UTF8PROC_CATEGORY_CC;
}

/* Take one code point off the front of IN. False if the bytes are not UTF-8. */
static bool take_point(struct ph_view *in, utf8proc_int32_t *point_out)
{
	utf8proc_ssize_t n =
		utf8proc_iterate(in->data, (utf8proc_ssize_t)in->len, point_out);

	if (n <= 0) {
		return false;
	}
	in->data += n;
	in->len -= (size_t)n;
	return true;
}

/* Take the next run's bytes off the front of IN, which is not empty. 0 or PH_TEXT_E_*. */
static int take_run(struct ph_view *in, struct ph_view *run_out)
{
	struct ph_view rest = *in;
	unsigned marks = 0;

	do {
		utf8proc_int32_t point;

		if (!take_point(&rest, &point)) {
			return PH_TEXT_E_UTF8;
		}
		if (is_control(point)) {
			return PH_TEXT_E_CONTROL;
		}
		marks = utf8proc_get_property(point)->combining_class == 0 ? 0
									   : marks + 1;
		if (marks > PH_TEXT_MARKS_MAX) {
			return PH_TEXT_E_MARKS;
		}
	} while (rest.len > 0 && rest.data[0] >= 0x80);
	*run_out = PH_VIEW(in->data, in->len - rest.len);
	*in = rest;
	return 0;
}

/* Compose the bytes of one run. 0 or -ENOMEM; on success end with run_deinit(). */
static int compose(struct run *run, struct ph_view raw)
{
	utf8proc_ssize_t raw_len = (utf8proc_ssize_t)raw.len;

	run->heap = NULL;
	run->points = run->fixed;

	utf8proc_ssize_t n =
		utf8proc_decompose(raw.data, raw_len, run->fixed, RUN_POINTS, COMPOSE);

	if (n > RUN_POINTS) {
		run->heap = malloc((size_t)n * sizeof(*run->heap));
		if (run->heap == NULL) {
			return -ENOMEM;
		}
		run->points = run->heap;
		n = utf8proc_decompose(raw.data, raw_len, run->heap, n, COMPOSE);
	}
	if (n >= 0) {
		n = utf8proc_normalize_utf32(run->points, n, COMPOSE);
	}
	if (n < 0) {
		run_deinit(run);
		return -ENOMEM;
	}
	run->len = (size_t)n;
	return 0;
}

static bool run_is(const struct run *run, struct ph_view raw)
{
	for (size_t i = 0; i < run->len; i++) {
		uint8_t bytes[4];
		size_t n = (size_t)utf8proc_encode_char(run->points[i], bytes);

		if (n > raw.len || memcmp(bytes, raw.data, n) != 0) {
			return false;
		}
		raw.data += n;
		raw.len -= n;
	}
	return raw.len == 0;
}

static int put_point(struct ph_buf *out, utf8proc_int32_t point)
{
	uint8_t bytes[4];

	return ph_buf_put(out, bytes, (size_t)utf8proc_encode_char(point, bytes));
}

static int put_run(struct ph_buf *out, const struct run *run)
{
	for (size_t i = 0; i < run->len; i++) {
		int rc = put_point(out, run->points[i]);

		if (rc < 0) {
			return rc;
		}
	}
	return 0;
}

static int check_run(struct ph_view raw)
{
	struct run run;
	int rc = compose(&run, raw);

	if (rc < 0) {
		return rc;
	}
	rc = run_is(&run, raw) ? 0 : PH_TEXT_E_NFC;
	run_deinit(&run);
	return rc;
}

static int nfc_run(struct ph_view raw, struct ph_buf *out)
{
	struct run run;
	int rc = compose(&run, raw);

	if (rc < 0) {
		return rc;
	}
	rc = put_run(out, &run);
	run_deinit(&run);
	return rc;
}

int ph_text_check(struct ph_view in)
{
	while (in.len > 0) {
		struct ph_view raw;
		int rc = take_run(&in, &raw);

		if (rc == 0 && raw.len > 1) {
			rc = check_run(raw);
		}
		if (rc != 0) {
			return rc;
		}
	}
	return 0;
}

int ph_text_nfc(struct ph_view in, struct ph_buf *out)
{
	size_t before = out->len;
	int rc = ph_buf_reserve(out, in.len);

	while (rc == 0 && in.len > 0) {
		struct ph_view raw;

		rc = take_run(&in, &raw);
		if (rc == 0) {
			rc = raw.len == 1 ? ph_buf_put_view(out, raw) : nfc_run(raw, out);
		}
	}
	if (rc != 0) {
		out->len = before;
	}
	return rc;
}

enum sort {
	LETTER, /* or digit */
	MARK,
	OTHER,
};

static enum sort sort_of(utf8proc_int32_t point)
{
	switch (utf8proc_category(point)) {
	case UTF8PROC_CATEGORY_LU:
	case UTF8PROC_CATEGORY_LL:
	case UTF8PROC_CATEGORY_LT:
	case UTF8PROC_CATEGORY_LM:
	case UTF8PROC_CATEGORY_LO:
	case UTF8PROC_CATEGORY_ND:
	case UTF8PROC_CATEGORY_NL:
	case UTF8PROC_CATEGORY_NO:
		return LETTER;
	case UTF8PROC_CATEGORY_MN:
	case UTF8PROC_CATEGORY_MC:
	case UTF8PROC_CATEGORY_ME:
		return MARK;
	default:
		return OTHER;
	}
}

/* Tai Viet writes its vowels and tones as marks: without them the words are gone. */
static bool is_tai_viet(utf8proc_int32_t point)
{
	return point >= 0xaa80 && point <= 0xaadf;
}

struct folder {
	struct ph_buf *out;
	size_t start;
	bool gap; /* something that is neither letter nor mark since the last letter */
};

static int fold_part(struct folder *folder, utf8proc_int32_t point)
{
	enum sort sort = sort_of(point);
	int rc = 0;

	if (sort == MARK && is_tai_viet(point)) {
		sort = LETTER;
	}
	if (sort == MARK) {
		return 0;
	}
	if (sort == OTHER) {
		folder->gap = true;
		return 0;
	}
	if (folder->gap && folder->out->len > folder->start) {
		rc = ph_buf_put_u8(folder->out, ' ');
	}
	folder->gap = false;
	if (rc < 0) {
		return rc;
	}
	/* đ is a letter of its own to Unicode, but people who seek it type d. */
	return put_point(folder->out, point == 0x111 ? 'd' : point);
}

static int fold_point(struct folder *folder, utf8proc_int32_t point)
{
	utf8proc_int32_t parts[32];
	int last_boundclass = 0;
	utf8proc_ssize_t n = utf8proc_decompose_char(
		point, parts, 32,
		UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD,
		&last_boundclass);

	if (n < 0 || n > 32) {
		folder->gap = true;
		return 0;
	}
	for (utf8proc_ssize_t i = 0; i < n; i++) {
		int rc = fold_part(folder, parts[i]);

		if (rc < 0) {
			return rc;
		}
	}
	return 0;
}

int ph_text_fold(struct ph_view in, struct ph_buf *out)
{
	struct folder folder = { .out = out, .start = out->len };
	int rc = 0;

	while (rc == 0 && in.len > 0) {
		utf8proc_int32_t point;

		if (take_point(&in, &point)) {
			rc = fold_point(&folder, point);
			continue;
		}
		folder.gap = true;
		in.data++;
		in.len--;
	}
	if (rc != 0) {
		out->len = folder.start;
	}
	return rc;
}

bool ph_text_is_harmless(int32_t letter)
{
	bool is_control = letter < 0x20 || (letter >= 0x7f && letter <= 0x9f);
	bool ends_line = letter == 0x2028 || letter == 0x2029;
	bool turns = letter == 0x061c || letter == 0x200e || letter == 0x200f ||
		     (letter >= 0x202a && letter <= 0x202e) ||
		     (letter >= 0x2066 && letter <= 0x2069);

	return !is_control && !ends_line && !turns;
}
