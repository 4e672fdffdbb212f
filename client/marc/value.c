/*
 * client/marc/value.c - single values of the mapping: numbers, codes, punctuation.
 *
 * Each takes the text of one subfield and says what it is worth; none fails.
 */
#include <ctype.h>
#include <string.h>

#include "client/marc/map.h"

/* ISO 2108: the last digit makes the weighted sum a multiple of 10, or of 11. */
static bool is_isbn13(const char *digits)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < 13; i++) {
		if (digits[i] == 'X') {
			return false;
		}
		sum += (unsigned)(digits[i] - '0') * (i % 2 ? 3 : 1);
	}
	return sum % 10 == 0 &&
	       (memcmp(digits, "978", 3) == 0 || memcmp(digits, "979", 3) == 0);
}

static bool is_isbn10(const char *digits)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < 10; i++) {
		unsigned value = digits[i] == 'X' ? 10 : (unsigned)(digits[i] - '0');

		if (digits[i] == 'X' && i != 9) {
			return false;
		}
		sum += value * (10 - i);
	}
	return sum % 11 == 0;
}

static void to_isbn13(char out[static 14], const char *digits)
{
	unsigned sum = 0;

	memcpy(out, "978", 3);
	memcpy(out + 3, digits, 9);
	for (unsigned i = 0; i < 12; i++) {
		sum += (unsigned)(out[i] - '0') * (i % 2 ? 3 : 1);
	}
	out[12] = (char)('0' + (10 - sum % 10) % 10);
	out[13] = '\0';
}

int ph_marc_isbn(struct ph_view text, char out[static 14], bool *pure)
{
	char digits[16];
	size_t n = 0;
	size_t i = 0;

	for (; i < text.len; i++) {
		char c = (char)text.data[i];

		if (isdigit((unsigned char)c) || ((c == 'X' || c == 'x') && n == 9)) {
			if (n == 13) {
				return 2; /* a fourteenth digit */
			}
			digits[n++] = c == 'x' ? 'X' : c;
		} else if (c != '-' &&
			   !(c == ' ' && i + 1 < text.len && isdigit(text.data[i + 1]))) {
			break;
		}
	}
	digits[n] = '\0';
	*pure = i == text.len;
	if (n == 13 && is_isbn13(digits)) {
		memcpy(out, digits, n + 1);
		return 0;
	}
	if (n == 10 && is_isbn10(digits)) {
		to_isbn13(out, digits);
		return 0;
	}
	if (n == 10 || (n == 13 && !memchr(digits, 'X', 13))) {
		memcpy(out, digits, n + 1);
		return 1;
	}
	return 2;
}

bool ph_marc_language(struct ph_view code, char out[static 4])
{
	/* ISO 639-2/B to 639-3, and MARC codes that are no more; the others are the same */
	static const char changed[][2][4] = {
		{ "alb", "sqi" }, { "arm", "hye" }, { "baq", "eus" }, { "bur", "mya" },
		{ "chi", "zho" }, { "cze", "ces" }, { "dut", "nld" }, { "fre", "fra" },
		{ "geo", "kat" }, { "ger", "deu" }, { "gre", "ell" }, { "ice", "isl" },
		{ "mac", "mkd" }, { "mao", "mri" }, { "may", "msa" }, { "per", "fas" },
		{ "rum", "ron" }, { "slo", "slk" }, { "tib", "bod" }, { "wel", "cym" },
		{ "scc", "srp" }, { "scr", "hrv" }, { "mol", "ron" }, { "gae", "gla" },
		{ "iri", "gle" }, { "tag", "tgl" }, { "cam", "khm" }, { "lap", "smi" },
	};

	if (code.len < 3) {
		return false;
	}
	for (unsigned i = 0; i < 3; i++) {
		if (code.data[i] < 'a' || code.data[i] > 'z') {
			return false;
		}
	}
	memcpy(out, code.data, 3);
	out[3] = '\0';
	for (size_t i = 0; i < sizeof(changed) / sizeof(changed[0]); i++) {
		if (memcmp(out, changed[i][0], 3) == 0) {
			memcpy(out, changed[i][1], 4);
		}
	}
	/* undetermined, several, none */
	return strcmp(out, "und") != 0 && strcmp(out, "mul") != 0 &&
	       strcmp(out, "zxx") != 0;
}

unsigned ph_marc_year(struct ph_view text, bool *pure)
{
	unsigned year = 0;

	*pure = true;
	for (size_t i = 0; i < text.len;) {
		size_t n = 0;
		unsigned value = 0;

		while (i + n < text.len && isdigit(text.data[i + n])) {
			value = n < 4 ? value * 10 + (unsigned)(text.data[i + n] - '0')
				      : value;
			n++;
		}
		if (n == 4 && value >= 1000 && value <= 2999 &&
		    (year == 0 || text.data[i - 1] == '[')) {
			*pure = *pure && year == 0;
			year = value;
		} else if (n > 0 || !strchr(" .,;:[]()c", text.data[i])) {
			*pure = false;
		}
		i += n > 0 ? n : 1;
	}
	*pure = *pure && year > 0;
	return year;
}

/* The unit behind a price may be written out; its letters are no part of the number. */
static struct ph_view less_unit(struct ph_view text)
{
	static const char *const units[] = { "VND", "vnd", "VNĐ", "vnđ", "đồng",
					     "d",   "đ",   "Đ",   "₫" };
	struct ph_view left = ph_marc_trim(text);

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		size_t len = strlen(units[i]);

		if (left.len > len &&
		    memcmp(left.data + left.len - len, units[i], len) == 0) {
			left.len -= len;
			return ph_marc_trim(left);
		}
	}
	return left;
}

bool ph_marc_price(struct ph_view text, uint64_t *out)
{
	struct ph_view left = less_unit(text);
	uint64_t value = 0;
	size_t groups = 0, run = 0;

	/* a decimal part of naught */
	if (left.len > 3 && (memcmp(left.data + left.len - 3, ".00", 3) == 0 ||
			     memcmp(left.data + left.len - 3, ",00", 3) == 0)) {
		left.len -= 3;
	}
	for (size_t i = 0; i < left.len; i++) {
		uint8_t c = left.data[i];

		if (isdigit(c)) {
			value = value * 10 + (uint64_t)(c - '0');
			run++;
			if (value > 1000000000000u || (groups > 0 && run > 3)) {
				return false;
			}
		} else if (strchr("., ", c) && run > 0 && run <= 3 &&
			   (groups == 0 || run == 3)) {
			groups++;
			run = 0;
		} else {
			return false;
		}
	}
	if (left.len == 0 || (groups > 0 && run != 3)) {
		return false;
	}
	*out = value;
	return true;
}

struct ph_view ph_marc_trim(struct ph_view text)
{
	while (text.len > 0 && text.data[0] == ' ') {
		text.data++;
		text.len--;
	}
	while (text.len > 0 && strchr(" /:;,=", text.data[text.len - 1])) {
		text.len--;
	}
	return text;
}
