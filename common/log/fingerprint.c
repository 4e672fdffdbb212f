/*
 * common/log/fingerprint.c - the keys of a device as four syllables.
 *
 * A syllable is an initial of 32 and a rhyme of 32: 10 bits. The initials are consonants
 * that people of the north-west tell apart, alone and, for thirteen of them, with the
 * glide that is written o or u; the rhymes are eight, in the four tones that nobody
 * mixes up. Not every syllable is a word, but every one can be said and written.
 *
 * What is heard is read back more kindly than it is written: letters that sound alike
 * count as one. A syllable that is none of ours is -EINVAL.
 */
#include "common/log/fingerprint.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "common/base/text.h"

enum {
	SYLLABLES = 4,
	INITIALS = 32,
	BASES = 8,
	TONES = 4,
	SYLLABLE_MAX = 12, /* bytes, with a terminator: "nghịnh" has 8 */
	GLIDES = 13,       /* the last so many initials have one */
};

/* Before e and i another spelling is usual. */
static const struct {
	const char *usual, *before_e;
} initials[INITIALS] = {
	{ "", "" },
	{ "b", "b" },
	{ "c", "k" },
	{ "ch", "ch" },
	{ "d", "d" },
	{ "đ", "đ" },
	{ "g", "gh" },
	{ "h", "h" },
	{ "kh", "kh" },
	{ "l", "l" },
	{ "m", "m" },
	{ "n", "n" },
	{ "ng", "ngh" },
	{ "nh", "nh" },
	{ "ph", "ph" },
	{ "t", "t" },
	{ "th", "th" },
	{ "v", "v" },
	{ "x", "x" },
	/* with the glide, which follows */
	{ "", "" },
	{ "q", "q" },
	{ "ch", "ch" },
	{ "d", "d" },
	{ "đ", "đ" },
	{ "h", "h" },
	{ "kh", "kh" },
	{ "l", "l" },
	{ "ng", "ng" },
	{ "nh", "nh" },
	{ "t", "t" },
	{ "th", "th" },
	{ "x", "x" },
};

enum {
	GLIDE_Q = INITIALS - GLIDES + 1, /* "qu", whatever follows */
};

/* A rhyme: its vowel without and with tone marks, what follows, and how it is glided to. */
static const struct {
	const char *vowel[TONES]; /* level, falling, rising, heavy */
	const char *end;
	const char *glide; /* "o" or "u" */
	bool front;        /* e and i */
} bases[BASES] = {
	{ { "a", "à", "á", "ạ" }, "", "o", false },
	{ { "a", "à", "á", "ạ" }, "i", "o", false },
	{ { "a", "à", "á", "ạ" }, "n", "o", false },
	{ { "a", "à", "á", "ạ" }, "ng", "o", false },
	{ { "e", "è", "é", "ẹ" }, "", "o", true },
	{ { "i", "ì", "í", "ị" }, "", "u", true },
	{ { "i", "ì", "í", "ị" }, "nh", "u", true },
	{ { "â", "ầ", "ấ", "ậ" }, "y", "u", false },
};

/* The vowel i is written y behind the glide. */
static const char *const y_of[TONES] = { "y", "ỳ", "ý", "ỵ" };

static void syllable_write(char out[static SYLLABLE_MAX], unsigned initial, unsigned base,
			   unsigned tone)
{
	bool glides = initial >= INITIALS - GLIDES;
	const char *start =
		bases[base].front ? initials[initial].before_e : initials[initial].usual;
	const char *vowel = bases[base].vowel[tone];
	const char *glide = "";

	if (glides) {
		glide = initial == GLIDE_Q ? "u" : bases[base].glide;
		vowel = bases[base].vowel[0][0] == 'i' ? y_of[tone] : vowel;
	}
	snprintf(out, SYLLABLE_MAX, "%s%s%s%s", start, glide, vowel, bases[base].end);
}

void ph_fingerprint_make(const uint8_t device_key[static PH_KEY_SIZE],
			 const uint8_t box_key[static PH_KEY_SIZE],
			 const uint8_t desk_key[static PH_KEY_SIZE],
			 uint8_t out[static PH_FINGERPRINT_SIZE])
{
	static const char context[] = "packhorse fingerprint 1";
	crypto_generichash_state state;
	uint8_t hash[PH_HASH_SIZE];

	crypto_generichash_init(&state, NULL, 0, sizeof(hash));
	crypto_generichash_update(&state, (const uint8_t *)context, sizeof(context) - 1);
	crypto_generichash_update(&state, device_key, PH_KEY_SIZE);
	crypto_generichash_update(&state, box_key, PH_KEY_SIZE);
	crypto_generichash_update(&state, desk_key, PH_KEY_SIZE);
	crypto_generichash_final(&state, hash, sizeof(hash));
	memcpy(out, hash, PH_FINGERPRINT_SIZE);
}

void ph_fingerprint_text(const uint8_t fingerprint[static PH_FINGERPRINT_SIZE],
			 char out[static PH_FINGERPRINT_TEXT])
{
	char word[SYLLABLES][SYLLABLE_MAX];
	uint64_t bits = 0;

	for (unsigned i = 0; i < PH_FINGERPRINT_SIZE; i++) {
		bits = bits << 8 | fingerprint[i];
	}
	for (unsigned i = 0; i < SYLLABLES; i++) {
		unsigned ten = (unsigned)(bits >> (10 * (SYLLABLES - 1 - i)) & 0x3ff);

		syllable_write(word[i], ten >> 5, ten >> 2 & 7, ten & 3);
	}
	snprintf(out, PH_FINGERPRINT_TEXT, "%s-%s-%s-%s", word[0], word[1], word[2],
		 word[3]);
}

/* ---- reading ---- */

/* A syllable that somebody wrote, its tone taken off. */
struct heard {
	char plain[SYLLABLE_MAX];
	size_t len;
	unsigned tone;
};

static const char *const toned[][TONES] = {
	{ "a", "à", "á", "ạ" }, { "e", "è", "é", "ẹ" }, { "i", "ì", "í", "ị" },
	{ "o", "ò", "ó", "ọ" }, { "u", "ù", "ú", "ụ" }, { "y", "ỳ", "ý", "ỵ" },
	{ "â", "ầ", "ấ", "ậ" },
};

/* Take one letter off IN: the tone that it bears goes to HEARD, the rest to its letters. */
static bool take_letter(struct ph_view *in, struct heard *heard)
{
	struct ph_view letter = PH_VIEW(in->data, 1);

	while (letter.len < in->len && (in->data[letter.len] & 0xc0) == 0x80) {
		letter.len++;
	}
	in->data += letter.len;
	in->len -= letter.len;
	for (size_t i = 0; i < sizeof(toned) / sizeof(toned[0]); i++) {
		for (unsigned tone = 1; tone < TONES; tone++) {
			if (!ph_view_equal(letter, ph_view_str(toned[i][tone]))) {
				continue;
			}
			if (heard->tone != 0) {
				return false;
			}
			heard->tone = tone;
			letter = ph_view_str(toned[i][0]);
		}
	}
	if (ph_view_equal(letter, ph_view_str("Đ"))) {
		letter = ph_view_str("đ");
	}
	if (heard->len + letter.len >= SYLLABLE_MAX) {
		return false;
	}
	memcpy(heard->plain + heard->len, letter.data, letter.len);
	if (letter.len == 1 && letter.data[0] >= 'A' && letter.data[0] <= 'Z') {
		heard->plain[heard->len] = (char)(letter.data[0] - 'A' + 'a');
	}
	heard->len += letter.len;
	heard->plain[heard->len] = '\0';
	return true;
}

/* FROM at the beginning becomes TO. */
static void sounds_like(struct heard *heard, const char *from, const char *to)
{
	char word[SYLLABLE_MAX];
	size_t len = strlen(from);

	if (strncmp(heard->plain, from, len) == 0 &&
	    strlen(to) + heard->len - len < SYLLABLE_MAX) {
		memcpy(word, heard->plain, sizeof(word));
		snprintf(heard->plain, SYLLABLE_MAX, "%s%s", to, word + len);
		heard->len = strlen(heard->plain);
	}
}

/* Other spellings of what sounds the same in the north. */
static void spell_as_we_do(struct heard *heard)
{
	bool has_i = strncmp(heard->plain, "gi", 2) == 0 &&
		     (heard->len == 2 || strncmp(heard->plain, "gin", 3) == 0);

	sounds_like(heard, "s", "x");
	sounds_like(heard, "tr", "ch");
	sounds_like(heard, "r", "d");
	sounds_like(heard, "gi", has_i ? "di" : "d");
	sounds_like(heard, "qui", "quy");
	if (strcmp(heard->plain, "y") == 0) {
		sounds_like(heard, "y", "i");
	}
}

static bool syllable_read(struct ph_view in, unsigned *ten_out)
{
	struct heard heard = { .plain = "" };
	char word[SYLLABLE_MAX];

	while (in.len > 0) {
		if (!take_letter(&in, &heard)) {
			return false;
		}
	}
	spell_as_we_do(&heard);
	for (unsigned i = 0; i < INITIALS * BASES; i++) {
		syllable_write(word, i / BASES, i % BASES, 0);
		if (strcmp(word, heard.plain) == 0) {
			*ten_out = (i / BASES) << 5 | (i % BASES) << 2 | heard.tone;
			return true;
		}
	}
	return false;
}

static bool is_gap(uint8_t byte)
{
	return byte == ' ' || byte == '-';
}

/* The next syllable of IN, without what parts them; empty at the end. */
static struct ph_view next_syllable(struct ph_view *in)
{
	struct ph_view word;

	while (in->len > 0 && is_gap(in->data[0])) {
		in->data++;
		in->len--;
	}
	word = PH_VIEW(in->data, 0);
	while (in->len > 0 && !is_gap(in->data[0])) {
		in->data++;
		in->len--;
		word.len++;
	}
	return word;
}

static bool read_all(struct ph_view in, uint64_t *bits_out)
{
	uint64_t bits = 0;

	for (unsigned i = 0; i < SYLLABLES; i++) {
		struct ph_view word = next_syllable(&in);
		unsigned ten;

		if (word.len == 0 || !syllable_read(word, &ten)) {
			return false;
		}
		bits = bits << 10 | ten;
	}
	*bits_out = bits;
	return next_syllable(&in).len == 0;
}

int ph_fingerprint_parse(struct ph_view text, uint8_t out[static PH_FINGERPRINT_SIZE])
{
	struct ph_buf nfc = { 0 };
	uint64_t bits;
	int rc = ph_text_nfc(text, &nfc);

	if (rc == 0 && !read_all(ph_buf_view(&nfc), &bits)) {
		rc = -EINVAL;
	}
	ph_buf_deinit(&nfc);
	if (rc != 0) {
		return rc > 0 ? -EINVAL : rc;
	}
	for (unsigned i = 0; i < PH_FINGERPRINT_SIZE; i++) {
		out[i] = (uint8_t)(bits >> (8 * (PH_FINGERPRINT_SIZE - 1 - i)));
	}
	return 0;
}
