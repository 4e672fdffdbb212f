/*
 * common/ledger/match.c - by what titles are recognised.
 *
 * A key only proposes: a person decides. So it is better to miss a title with a typing
 * error than to propose thousands that have nothing in common but a short name.
 */
#include "common/ledger/match.h"

#include <errno.h>
#include <string.h>

#include <sodium.h>

#include "common/base/text.h"

#define ISBN_SIZE 13

/* The text of a register; empty if it is not set. */
static struct ph_view text_of(const struct ph_registers *registers, unsigned field)
{
	const struct ph_register *reg = ph_registers_get(registers, field);

	return reg == NULL ? PH_VIEW("", 0) : reg->value.as.bytes;
}

/* Of several authors, parted by semicolons, the first. */
static struct ph_view first_author(struct ph_view author)
{
	const uint8_t *end =
		author.len == 0 ? NULL : memchr(author.data, ';', author.len);

	return end == NULL ? author : PH_VIEW(author.data, (size_t)(end - author.data));
}

static int put_text(struct ph_buf *buf, struct ph_view text)
{
	int rc = ph_text_fold(text, buf);

	return rc != 0 ? rc : ph_buf_put_u8(buf, 0);
}

static int title_key(const struct ph_registers *registers, struct ph_buf *buf,
		     struct ph_entity_key *key)
{
	static const char context[] = "packhorse same title 1";
	const struct ph_register *year = ph_registers_get(registers, PH_TITLE_YEAR);
	int rc = put_text(buf, text_of(registers, PH_TITLE_NAME));

	rc = rc != 0 ? rc
		     : put_text(buf, first_author(text_of(registers, PH_TITLE_AUTHOR)));
	rc = rc != 0 ? rc : ph_buf_put_be64(buf, year == NULL ? 0 : year->value.as.uint);
	rc = rc != 0 ? rc : put_text(buf, text_of(registers, PH_TITLE_VOLUME));
	if (rc == 0) {
		*key = (struct ph_entity_key){ .type = PH_MATCH_TITLE,
					       .len = PH_MATCH_SIZE };
		crypto_generichash(key->id, PH_MATCH_SIZE, buf->data, buf->len,
				   (const uint8_t *)context, sizeof context - 1);
	}
	return rc;
}

/* The digits of a valid ISBN-13, blanks and dashes left out. */
static bool isbn_key(struct ph_view text, struct ph_entity_key *key)
{
	unsigned sum = 0;

	*key = (struct ph_entity_key){ .type = PH_MATCH_ISBN };
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];

		if (c == '-' || c == ' ') {
			continue;
		}
		if (c < '0' || c > '9' || key->len == ISBN_SIZE) {
			return false;
		}
		sum += (unsigned)(c - '0') * (key->len % 2 == 0 ? 1 : 3);
		key->id[key->len++] = c;
	}
	return key->len == ISBN_SIZE && sum % 10 == 0 &&
	       (memcmp(key->id, "978", 3) == 0 || memcmp(key->id, "979", 3) == 0);
}

int ph_match_title(const struct ph_registers *registers, struct ph_keyset *set)
{
	struct ph_buf buf = { 0 };
	struct ph_entity_key key;
	int rc = 0;

	if (ph_registers_get(registers, PH_TITLE_NAME) != NULL) {
		rc = title_key(registers, &buf, &key);
		rc = rc != 0 ? rc : ph_keyset_add(set, &key);
	}
	if (rc == 0 && isbn_key(text_of(registers, PH_TITLE_ISBN), &key)) {
		rc = ph_keyset_add(set, &key);
	}
	ph_buf_deinit(&buf);
	return rc;
}
