/*
 * common/base/textsort.c - the order of Vietnamese names.
 *
 * A name is sought by its last word, the given name, so that word is compared first and
 * then the others from the front. A word is compared by its letters, in the order of the
 * alphabet (a ă â b c d đ e ê ... o ô ơ ... u ư ...), and only then by its tones, in the
 * order level, huyền, hỏi, ngã, sắc, nặng. The key of a word is one byte for each letter, a 1, one byte for
 * each tone, a 1; bytes of other scripts stand as they are, behind all of ours.
 */
#include <errno.h>
#include <stdlib.h>

#include <utf8proc.h>

#include "common/base/text.h"

enum {
	PART_END = 1,
	DIGIT_0 = 2,
	LETTER_A = 16,
	OF_A_LETTER = 4
};
enum {
	TONE_LEVEL = 2
};

struct word {
	struct ph_buf letters, tones;
};

static unsigned tone_of(utf8proc_int32_t mark)
{
	switch (mark) {
	case 0x300:
		return 1;
	case 0x309:
		return 2;
	case 0x303:
		return 3;
	case 0x301:
		return 4;
	case 0x323:
		return 5;
	default:
		return 0;
	}
}

/* Which of the letters that look alike MARK makes: ă before â, ô before ơ. */
static unsigned variant_of(utf8proc_int32_t mark)
{
	return mark == 0x306 ? 1 : mark == 0x302 ? 2 : mark == 0x31b ? 3 : 0;
}

static int put_letter(struct word *word, utf8proc_int32_t point)
{
	utf8proc_uint8_t bytes[4];
	int rc;

	if (point >= '0' && point <= '9') {
		rc = ph_buf_put_u8(&word->letters, (uint8_t)(DIGIT_0 + point - '0'));
	} else if ((point >= 'a' && point <= 'z') || point == 0x111) {
		unsigned letter = point == 0x111 ? 'd' - 'a' : (unsigned)point - 'a';

		rc = ph_buf_put_u8(
			&word->letters,
			(uint8_t)(LETTER_A + OF_A_LETTER * letter + (point == 0x111)));
	} else if (point < 0x80) {
		return 0;
	} else {
		rc = ph_buf_put(&word->letters, bytes,
				(size_t)utf8proc_encode_char(point, bytes));
	}
	return rc != 0 ? rc : ph_buf_put_u8(&word->tones, TONE_LEVEL);
}

static int put_point(struct word *word, utf8proc_int32_t point)
{
	unsigned tone = tone_of(point), variant = variant_of(point);

	if (tone + variant == 0) {
		return put_letter(word, point);
	}
	if (word->tones.len > 0) {
		word->tones.data[word->tones.len - 1] += (uint8_t)tone;
		word->letters.data[word->letters.len - 1] += (uint8_t)variant;
	}
	return 0;
}

/* WORD, in NFD and folded, onto OUT. */
static int put_word(struct ph_view text, struct ph_buf *out)
{
	struct word word = { 0 };
	int rc = 0;

	while (rc == 0 && text.len > 0) {
		utf8proc_int32_t point;
		utf8proc_ssize_t n =
			utf8proc_iterate(text.data, (utf8proc_ssize_t)text.len, &point);

		if (n <= 0) {
			break;
		}
		rc = put_point(&word, point);
		text = PH_VIEW(text.data + n, text.len - (size_t)n);
	}
	rc = rc != 0 ? rc : ph_buf_put_view(out, ph_buf_view(&word.letters));
	rc = rc != 0 ? rc : ph_buf_put_u8(out, PART_END);
	rc = rc != 0 ? rc : ph_buf_put_view(out, ph_buf_view(&word.tones));
	rc = rc != 0 ? rc : ph_buf_put_u8(out, PART_END);
	ph_buf_wipe(&word.letters);
	ph_buf_wipe(&word.tones);
	return rc;
}

static int put_words(struct ph_view text, struct ph_buf *out)
{
	size_t end = text.len, start, last;
	int rc;

	while (end > 0 && text.data[end - 1] == ' ') {
		end--;
	}
	for (last = end; last > 0 && text.data[last - 1] != ' ';) {
		last--;
	}
	rc = put_word(PH_VIEW(text.data + last, end - last), out);
	for (start = 0; rc == 0 && start < last;) {
		size_t stop = start;

		while (stop < last && text.data[stop] != ' ') {
			stop++;
		}
		if (stop > start) {
			rc = put_word(PH_VIEW(text.data + start, stop - start), out);
		}
		start = stop + 1;
	}
	return rc;
}

int ph_text_name_key(struct ph_view name, struct ph_buf *out)
{
	utf8proc_uint8_t *folded = NULL;
	size_t start = out->len;
	utf8proc_ssize_t n =
		name.len == 0
			? 0
			: utf8proc_map(name.data, (utf8proc_ssize_t)name.len, &folded,
				       UTF8PROC_STABLE | UTF8PROC_DECOMPOSE |
					       UTF8PROC_CASEFOLD);
	int rc;

	if (n == UTF8PROC_ERROR_NOMEM) {
		return -ENOMEM;
	}
	rc = n > 0 ? put_words(PH_VIEW(folded, (size_t)n), out)
		   : ph_buf_put_view(out, name);
	if (folded != NULL) {
		for (utf8proc_ssize_t i = 0; i < n; i++) {
			((volatile utf8proc_uint8_t *)folded)[i] = 0; /* a name */
		}
		free(folded);
	}
	if (rc != 0) {
		out->len = start;
	}
	return rc;
}
