/*
 * client/marc/vni.c - Vietnamese text in VNI's charset for Windows, as UTF-8.
 *
 * Small letters and their marks are bytes from 0xe0 on, capitals and theirs the same 0x20
 * below.
 */
#include "client/marc/vni.h"

#include <stdbool.h>
#include <string.h>

#define CAPITAL    0x20 /* so much below the small one */

#define GRAVE      "\xcc\x80"
#define ACUTE      "\xcc\x81"
#define CIRCUMFLEX "\xcc\x82"
#define TILDE      "\xcc\x83"
#define BREVE      "\xcc\x86"
#define HOOK       "\xcc\x89"
#define DOT        "\xcc\xa3"

static const struct {
	uint8_t byte;
	const char *letters; /* that bear the marks */
	const char *marks;
} marks[] = {
	{ 0xf9, "aeouy\xf4\xf6", ACUTE },  { 0xf8, "aeouy\xf4\xf6", GRAVE },
	{ 0xfb, "aeouy\xf4\xf6", HOOK },   { 0xf5, "aeouy\xf4\xf6", TILDE },
	{ 0xef, "aeou\xf4\xf6", DOT },     { 0xe2, "aeo", CIRCUMFLEX },
	{ 0xe1, "aeo", CIRCUMFLEX ACUTE }, { 0xe0, "aeo", CIRCUMFLEX GRAVE },
	{ 0xe5, "aeo", CIRCUMFLEX HOOK },  { 0xe3, "aeo", CIRCUMFLEX TILDE },
	{ 0xe4, "aeo", CIRCUMFLEX DOT },   { 0xea, "a", BREVE },
	{ 0xe9, "a", BREVE ACUTE },        { 0xe8, "a", BREVE GRAVE },
	{ 0xfa, "a", BREVE HOOK },         { 0xfc, "a", BREVE TILDE },
	{ 0xeb, "a", BREVE DOT },
};

static const struct {
	uint8_t byte;
	const char *small, *capital;
} letters[] = {
	{ 0xf4, "ơ", "Ơ" }, { 0xf6, "ư", "Ư" }, { 0xf1, "đ", "Đ" },
	{ 0xed, "í", "Í" }, { 0xec, "ì", "Ì" }, { 0xe6, "ỉ", "Ỉ" },
	{ 0xf3, "ĩ", "Ĩ" }, { 0xf2, "ị", "Ị" }, { 0xee, "ỵ", "Ỵ" },
};

static bool is_capital(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 0xc0 && c < 0xe0);
}

static uint8_t to_small(uint8_t c)
{
	return is_capital(c) ? (uint8_t)(c + CAPITAL) : c;
}

static const char *find_letter(uint8_t c)
{
	for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
		if (letters[i].byte == to_small(c)) {
			return is_capital(c) ? letters[i].capital : letters[i].small;
		}
	}
	return NULL;
}

/* The marks that C is on LETTER, NULL if it is none there. Either case bears either. */
static const char *find_marks(uint8_t c, uint8_t letter)
{
	for (size_t i = 0; letter != 0 && i < sizeof(marks) / sizeof(marks[0]); i++) {
		if (marks[i].byte == to_small(c) &&
		    strchr(marks[i].letters, to_small(letter)) != NULL) {
			return marks[i].marks;
		}
	}
	return NULL;
}

int ph_vni_read(struct ph_view in, struct ph_buf *out)
{
	uint8_t letter = 0; /* the byte before, if marks may follow it */
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < in.len; i++) {
		uint8_t c = in.data[i];
		const char *text = c < 0x80 ? NULL : find_marks(c, letter);

		if (text != NULL) {
			letter = 0;
		} else {
			letter = c;
			text = c < 0x80 ? NULL : find_letter(c);
		}
		rc = text != NULL ? ph_buf_put_view(out, ph_view_str(text))
		     : c < 0x80   ? ph_buf_put(out, &c, 1)
				  : 1;
	}
	return rc;
}
