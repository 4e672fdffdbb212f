/*
 * proto/pack_value.c - values of compact segments: flags, bytes, texts.
 *
 * A text is one of the last of its column, or an EAN, or digits, or bytes that go to
 * zstd with those of all other texts. Hashes, keys and seeds go beside, as they are.
 *
 * Unpacking, a length is compared with what may be there before anything is taken.
 */
#include "proto/pack_internal.h"

#include <errno.h>
#include <string.h>

#include "common/log/code.h"

/* The first symbol of a text says what it is; from TEXT_RECENT on: which of the last. */
enum {
	TEXT_PLAIN,
	TEXT_EAN,
	TEXT_DIGITS,
	TEXT_RECENT,
	EAN_SIZE = 13,
	DIGITS_MAX = 18, /* fit a number of 64 bits */
};

void ph_pack_fail(struct ph_pack *pack, int rc)
{
	if (pack->rc == 0) {
		pack->rc = rc;
	}
}

struct ph_model_set *ph_pack_set(struct ph_pack *pack, const struct pack_column *column,
				 enum pack_which which)
{
	return ph_coder_set(&pack->coder, PH_MODEL_FIELD, column->kind,
			    column->at * 8 + which);
}

bool ph_pack_flag(struct ph_pack *pack, const struct pack_column *column, unsigned which,
		  bool flag)
{
	struct ph_model_set *set =
		ph_coder_set(&pack->coder, PH_MODEL_FLAG, column->kind, 0);

	return ph_coder_bit(&pack->coder, &set->model[column->at * 8 + which], flag);
}

/* ---- beside the coder ---- */

/* LEN more bytes of SIDE: packing, DATA goes there; unpacking, they are given. */
static struct ph_view take(struct ph_pack *pack, struct pack_side *side,
			   const uint8_t *data, size_t len)
{
	struct ph_view out = PH_VIEW(data, len);

	if (pack->coder.packing) {
		if (ph_buf_put(&side->buf, data, len)) {
			ph_pack_fail(pack, -ENOMEM);
		}
		return out;
	}
	if (len > side->left.len) {
		ph_pack_fail(pack, PH_PACK_E_FORM);
		return PH_VIEW(NULL, 0);
	}
	if (len > 0) {
		out.data = side->left.data;
		side->left.data += len;
		side->left.len -= len;
	}
	return out;
}

void ph_pack_raw(struct ph_pack *pack, uint8_t *bytes, size_t len)
{
	struct ph_view got = take(pack, &pack->raw, bytes, len);

	if (!pack->coder.packing && got.len == len) {
		memcpy(bytes, got.data, len);
	}
}

struct ph_view ph_pack_blob(struct ph_pack *pack, struct ph_model_set *set,
			    struct ph_view bytes, size_t max)
{
	uint64_t len = ph_coder_number(&pack->coder, set, bytes.len);

	if (len > max) {
		ph_pack_fail(pack, PH_PACK_E_FORM);
		return PH_VIEW(NULL, 0);
	}
	return take(pack, &pack->text, bytes.data, (size_t)len);
}

struct ph_view ph_pack_keep(struct ph_pack *pack, const void *bytes, size_t len)
{
	if (pack->coder.packing) {
		return PH_VIEW(bytes, len);
	}
	if (len > PH_SEGMENT_PLAIN_MAX - pack->n_kept) {
		ph_pack_fail(pack, PH_PACK_E_FORM);
		return PH_VIEW(NULL, 0);
	}
	memcpy(pack->kept + pack->n_kept, bytes, len);
	pack->n_kept += len;
	return PH_VIEW(pack->kept + pack->n_kept - len, len);
}

/* ---- the last values of a column ---- */

static struct pack_recent *recent_of(struct ph_pack *pack, const struct ph_model_set *set)
{
	struct pack_recent *recent = &pack->recent[set - pack->coder.sets];

	if (recent->serial != pack->serial) {
		recent->serial = pack->serial;
		recent->n = 0;
		recent->head = 0;
	}
	return recent;
}

static unsigned find_recent(const struct pack_recent *recent, struct ph_view value)
{
	unsigned i = 0;

	while (i < recent->n && !ph_view_equal(recent->value[i], value)) {
		i++;
	}
	return i;
}

/* VALUE is now the newest; it was at place AT, or is new if AT is the number there are. */
static void put_recent(struct pack_recent *recent, unsigned at, struct ph_view value)
{
	if (at == recent->n) {
		at = recent->n < PACK_RECENT ? recent->n++ : PACK_RECENT - 1;
	}
	memmove(recent->value + 1, recent->value, at * sizeof(recent->value[0]));
	recent->value[0] = value;
}

/* ---- digits ---- */

static bool all_digits(struct ph_view text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9') {
			return false;
		}
	}
	return text.len > 0;
}

static uint64_t number_of(struct ph_view digits)
{
	uint64_t value = 0;

	for (size_t i = 0; i < digits.len; i++) {
		value = 10 * value + (uint64_t)(digits.data[i] - '0');
	}
	return value;
}

/* VALUE in LEN digits; higher ones are left away. */
static void write_digits(char *out, size_t len, uint64_t value)
{
	while (len > 0) {
		out[--len] = (char)('0' + value % 10);
		value /= 10;
	}
}

static unsigned text_form(const struct pack_recent *recent, struct ph_view text)
{
	unsigned at = find_recent(recent, text);

	if (at < recent->n) {
		return TEXT_RECENT + at;
	}
	if (ph_code_check(text)) {
		return TEXT_EAN;
	}
	return all_digits(text) && text.len <= DIGITS_MAX ? TEXT_DIGITS : TEXT_PLAIN;
}

static struct ph_view code_ean(struct ph_pack *pack, const struct pack_column *column,
			       struct pack_recent *recent, struct ph_view text)
{
	uint64_t head = 0, tail = 0;
	char digits[EAN_SIZE];

	if (pack->coder.packing) {
		head = number_of(PH_VIEW(text.data, 6));
		tail = number_of(PH_VIEW(text.data + 6, 6));
	}
	if (ph_pack_flag(pack, column, 4, head == recent->head)) {
		head = recent->head;
	} else {
		head = ph_coder_number(&pack->coder,
				       ph_pack_set(pack, column, WHICH_HEAD), head);
	}
	recent->head = head;
	tail = ph_coder_number(&pack->coder, ph_pack_set(pack, column, WHICH_TAIL), tail);
	if (pack->coder.packing) {
		return text;
	}
	write_digits(digits, 6, head);
	write_digits(digits + 6, 6, tail);
	digits[EAN_SIZE - 1] = ph_code_check_digit(digits);
	return ph_pack_keep(pack, digits, sizeof(digits));
}

static struct ph_view code_digits(struct ph_pack *pack, const struct pack_column *column,
				  struct ph_view text)
{
	uint64_t value = pack->coder.packing ? number_of(text) : 0;
	uint64_t len =
		ph_coder_symbol(&pack->coder, ph_pack_set(pack, column, WHICH_DIGITS),
				(uint32_t)text.len);
	char digits[DIGITS_MAX];

	value = ph_coder_number(&pack->coder, ph_pack_set(pack, column, WHICH_NUMBER),
				value);
	if (pack->coder.packing) {
		return text;
	}
	if (len > DIGITS_MAX) {
		ph_pack_fail(pack, PH_PACK_E_FORM);
		return PH_VIEW(NULL, 0);
	}
	write_digits(digits, (size_t)len, value);
	return ph_pack_keep(pack, digits, (size_t)len);
}

struct ph_view ph_pack_text(struct ph_pack *pack, const struct pack_column *column,
			    struct ph_view text, size_t max)
{
	struct ph_model_set *set = ph_pack_set(pack, column, WHICH_VALUE);
	struct pack_recent *recent = recent_of(pack, set);
	unsigned form = pack->coder.packing ? text_form(recent, text) : 0;
	unsigned at = recent->n;

	form = ph_coder_symbol(&pack->coder, set, form);
	if (form == TEXT_PLAIN) {
		text = ph_pack_blob(pack, ph_pack_set(pack, column, WHICH_LENGTH), text,
				    max);
	} else if (form == TEXT_EAN) {
		text = code_ean(pack, column, recent, text);
	} else if (form == TEXT_DIGITS) {
		text = code_digits(pack, column, text);
	} else if (form - TEXT_RECENT < recent->n) {
		at = form - TEXT_RECENT;
		text = recent->value[at];
	} else {
		ph_pack_fail(pack, PH_PACK_E_FORM);
		return PH_VIEW(NULL, 0);
	}
	put_recent(recent, at, text);
	return text;
}

/* Which of the last values of SET: its place and 1, or 0 for a new one; more: failed. */
static unsigned code_recent(struct ph_pack *pack, struct ph_model_set *set,
			    struct ph_view *value)
{
	struct pack_recent *recent = recent_of(pack, set);
	unsigned at = pack->coder.packing ? find_recent(recent, *value) : 0;

	at = ph_coder_symbol(&pack->coder, set, at < recent->n ? at + 1 : 0);
	if (at > recent->n) {
		ph_pack_fail(pack, PH_PACK_E_FORM);
	} else if (at > 0) {
		*value = recent->value[at - 1];
		put_recent(recent, at - 1, *value);
	}
	return at;
}

struct ph_view ph_pack_recent_bytes(struct ph_pack *pack, struct ph_model_set *set,
				    struct ph_model_set *length, struct ph_view bytes,
				    size_t max)
{
	if (code_recent(pack, set, &bytes) == 0) {
		bytes = ph_pack_blob(pack, length, bytes, max);
		put_recent(recent_of(pack, set), recent_of(pack, set)->n, bytes);
	}
	return bytes;
}

void ph_pack_fixed(struct ph_pack *pack, const struct pack_column *column,
		   struct ph_view *bytes, size_t len)
{
	struct ph_model_set *set = ph_pack_set(pack, column, WHICH_VALUE);

	if (code_recent(pack, set, bytes) == 0) {
		*bytes = take(pack, &pack->raw, bytes->data, len);
		put_recent(recent_of(pack, set), recent_of(pack, set)->n, *bytes);
	}
}
