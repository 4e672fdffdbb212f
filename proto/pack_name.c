/*
 * proto/pack_name.c - names in compact segments: codes of copies and cards, references,
 * heads.
 *
 * A code of our printed form is its beginning, mostly one of a few, and a counter; any
 * other is a beginning that came before, and digits. A reference into this log is how far
 * back it points, and its hash is left away where the other side can make it: of the
 * entries of this segment, and of those that it surely holds.
 */
#include "proto/pack_internal.h"

#include <string.h>

#include "common/log/code.h"

/* What is coded of ids, by type. */
enum {
	ID_FORM,
	ID_COUNTER,
	ID_NEW_HEAD,
	ID_SITE,
	ID_BEGIN,
	ID_BEGIN_LENGTH,
	ID_DIGITS,
	ID_NUMBER,
};

/* The first symbol of an id: which of the heads, or: */
enum {
	ID_NEW = PACK_HEADS,
	ID_OTHER,
	HEAD_SIZE = 8,
	DIGITS_MAX = 15,
	BEGIN_NEW = PACK_RECENT,
};

/* ---- codes ---- */

static struct ph_model_set *id_set(struct ph_pack *pack, enum ph_type type,
				   unsigned which)
{
	return ph_coder_set(&pack->coder, PH_MODEL_ID, type, which);
}

static struct pack_codes *codes_of(struct ph_pack *pack, enum ph_type type)
{
	return &pack->codes[type == PH_T_COPY_ID ? 0 : type == PH_T_CARD_ID ? 1 : 2];
}

static uint32_t digits_value(const uint8_t *digits, size_t len)
{
	uint32_t value = 0;

	for (size_t i = 0; i < len; i++) {
		value = 10 * value + (uint32_t)(digits[i] - '0');
	}
	return value;
}

static unsigned id_form(const struct pack_codes *codes, const struct ph_id *id)
{
	unsigned i = 0;

	if (id->ns != 0 || !ph_code_check(id->code)) {
		return ID_OTHER;
	}
	while (i < codes->n &&
	       codes->head[i].head != digits_value(id->code.data, HEAD_SIZE)) {
		i++;
	}
	return i < codes->n ? i : ID_NEW;
}

/* Head AT of CODES, or HEAD if that is ID_NEW, becomes the first. */
static void head_first(struct pack_codes *codes, unsigned at, uint32_t head)
{
	uint32_t next = 1;

	if (at < codes->n) {
		head = codes->head[at].head;
		next = codes->head[at].next;
	} else {
		at = codes->n < PACK_HEADS ? codes->n++ : PACK_HEADS - 1;
	}
	memmove(codes->head + 1, codes->head, at * sizeof(codes->head[0]));
	codes->head[0].head = head;
	codes->head[0].next = next;
}

static uint32_t code_counter(struct ph_pack *pack, const struct pack_column *column,
			     enum ph_type type, uint32_t counter)
{
	struct pack_codes *codes = codes_of(pack, type);
	uint32_t next = codes->head[0].next;
	bool fresh = column->field->pack == PH_PACK_FRESH;

	if (fresh && ph_pack_flag(pack, column, 2, counter == next)) {
		counter = next;
	} else {
		counter = (uint32_t)ph_coder_number(
			&pack->coder, id_set(pack, type, ID_COUNTER), counter);
	}
	if (fresh) {
		codes->head[0].next = counter + 1;
	}
	return counter;
}

static void code_printed(struct ph_pack *pack, const struct pack_column *column,
			 enum ph_type type, unsigned form, struct ph_id *id)
{
	struct pack_codes *codes = codes_of(pack, type);
	uint32_t head = 0, counter = 0;
	char code[PH_PRINTED_SIZE + 1];

	if (pack->coder.packing) {
		head = digits_value(id->code.data, HEAD_SIZE);
		counter = digits_value(id->code.data + HEAD_SIZE, 4);
	}
	if (form == ID_NEW) {
		head = (uint32_t)ph_coder_number(&pack->coder,
						 id_set(pack, type, ID_NEW_HEAD), head);
	} else if (form >= codes->n) {
		ph_pack_fail(pack, PH_PACK_E_FORM);
		return;
	}
	head_first(codes, form == ID_NEW ? codes->n : form, head);
	counter = code_counter(pack, column, type, counter);
	if (pack->coder.packing) {
		return;
	}
	head = codes->head[0].head;
	if (ph_code_make(code, head / 100, head % 100, counter)) {
		ph_pack_fail(pack, PH_PACK_E_FORM);
		return;
	}
	id->ns = 0;
	id->code = ph_pack_keep(pack, code, PH_PRINTED_SIZE);
}

/* How many digits are at the end of CODE, of those that make a number. */
static unsigned end_digits(struct ph_view code)
{
	unsigned n = 0;

	while (n < code.len && n < DIGITS_MAX && code.data[code.len - n - 1] >= '0' &&
	       code.data[code.len - n - 1] <= '9') {
		n++;
	}
	return n;
}

static uint64_t code_value(struct ph_pack *pack, const struct pack_column *column,
			   enum ph_type type, unsigned digits, uint64_t value)
{
	struct pack_codes *codes = codes_of(pack, type);
	bool fresh = column->field->pack == PH_PACK_FRESH;

	if (fresh && ph_pack_flag(pack, column, 3,
				  digits == codes->digits && value == codes->value + 1)) {
		value = codes->value + 1;
	} else {
		value = ph_coder_number(&pack->coder, id_set(pack, type, ID_NUMBER),
					value);
	}
	if (fresh) {
		codes->digits = digits;
		codes->value = value;
	}
	return value;
}

static void code_other(struct ph_pack *pack, const struct pack_column *column,
		       enum ph_type type, struct ph_id *id)
{
	struct ph_coder *coder = &pack->coder;
	unsigned digits = coder->packing ? end_digits(id->code) : 0;
	struct ph_view begin = PH_VIEW(id->code.data, id->code.len - digits);
	uint64_t value = 0;
	uint8_t code[PH_CODE_MAX + DIGITS_MAX];

	for (unsigned i = 0; i < digits; i++) {
		value = 10 * value + (uint64_t)(id->code.data[begin.len + i] - '0');
	}
	id->ns = ph_coder_number(coder, id_set(pack, type, ID_SITE), id->ns);
	begin = ph_pack_recent_bytes(pack, id_set(pack, type, ID_BEGIN),
				     id_set(pack, type, ID_BEGIN_LENGTH), begin,
				     PH_CODE_MAX);
	digits = ph_coder_symbol(coder, id_set(pack, type, ID_DIGITS), digits);
	if (digits > DIGITS_MAX) {
		ph_pack_fail(pack, PH_PACK_E_FORM);
		return;
	}
	if (digits > 0) {
		value = code_value(pack, column, type, digits, value);
	}
	if (coder->packing || begin.len > PH_CODE_MAX) {
		return;
	}
	if (begin.len > 0) {
		memcpy(code, begin.data, begin.len);
	}
	for (unsigned i = digits; i > 0; i--) {
		code[begin.len + i - 1] = (uint8_t)('0' + value % 10);
		value /= 10;
	}
	id->code = ph_pack_keep(pack, code, begin.len + digits);
}

void ph_pack_id(struct ph_pack *pack, const struct pack_column *column, enum ph_type type,
		struct ph_id *id)
{
	unsigned form = pack->coder.packing ? id_form(codes_of(pack, type), id) : 0;

	form = ph_coder_symbol(&pack->coder, id_set(pack, type, ID_FORM), form);
	if (form >= ID_OTHER) {
		code_other(pack, column, type, id);
	} else {
		code_printed(pack, column, type, form, id);
	}
}

/* ---- logs ---- */

enum {
	REF_FORM,
	REF_BACK,
	REF_LOG,
	REF_N,
	REF_HASH,
};

static struct ph_model_set *ref_set(struct ph_pack *pack, unsigned which)
{
	return ph_coder_set(&pack->coder, PH_MODEL_REF, which, 0);
}

/* A log that is named, and the entry N of it, not far from the last one named. */
static void code_log(struct ph_pack *pack, uint8_t *log_id, uint64_t *n)
{
	unsigned at = 0;
	struct pack_log log = { .n = 0 };

	if (pack->coder.packing) {
		while (at < pack->n_logs &&
		       memcmp(pack->log[at].id, log_id, PH_LOG_ID_SIZE) != 0) {
			at++;
		}
	}
	at = ph_coder_symbol(&pack->coder, ref_set(pack, REF_LOG),
			     at < pack->n_logs ? at + 1 : 0);
	if (at > pack->n_logs) {
		ph_pack_fail(pack, PH_PACK_E_FORM);
		return;
	}
	if (at > 0) {
		log = pack->log[--at];
	} else {
		memcpy(log.id, log_id, PH_LOG_ID_SIZE);
		ph_pack_raw(pack, log.id, PH_LOG_ID_SIZE);
		at = pack->n_logs < PACK_LOGS ? pack->n_logs++ : PACK_LOGS - 1;
	}
	log.n += (uint64_t)ph_coder_signed(&pack->coder, ref_set(pack, REF_N),
					   (int64_t)(*n - log.n));
	memmove(pack->log + 1, pack->log, at * sizeof(pack->log[0]));
	pack->log[0] = log;
	memcpy(log_id, log.id, PH_LOG_ID_SIZE);
	*n = log.n;
}

void ph_pack_head(struct ph_pack *pack, const struct pack_column *column,
		  struct ph_head *head)
{
	(void)column;
	code_log(pack, head->log_id, &head->n);
	ph_pack_raw(pack, head->h, PH_HASH_SIZE);
}

/* ---- references ---- */

/* The first form of a reference; from FORM_RECENT on: which of the last. */
enum {
	FORM_OWN,
	FORM_OTHER,
	FORM_RECENT,
};

/* The first bytes of e(n), if it is an entry before this one that both sides have. */
static bool hash_known(struct ph_pack *pack, uint64_t n, uint8_t out[static 8])
{
	const struct ph_pack_where *where = pack->where;
	uint8_t hash[PH_HASH_SIZE];
	struct ph_view body, entry;

	if (n < where->first) {
		return where->hash != NULL && where->hash(where->data, n, out) == 0;
	}
	if (n - where->first >= pack->at) {
		return false;
	}
	body = pack->coder.packing ? pack->body : ph_buf_view(&pack->body_buf);
	body.data += pack->entry_at[n - where->first];
	body.len -= pack->entry_at[n - where->first];
	if (ph_segment_next(&body, &entry)) {
		return false;
	}
	ph_entry_hash(entry, hash);
	memcpy(out, hash, 8);
	return true;
}

static void code_own(struct ph_pack *pack, struct ph_ref *ref)
{
	uint64_t now = pack->where->first + pack->at;
	uint64_t back =
		ph_coder_number(&pack->coder, ref_set(pack, REF_BACK), now - ref->n);
	struct ph_model_set *flags = ref_set(pack, REF_HASH);
	uint8_t hash[8];
	bool here, known, same;

	if (back == 0 || back >= now) {
		ph_pack_fail(pack, PH_PACK_E_FORM);
		return;
	}
	memcpy(ref->log_id, pack->where->log_id, PH_LOG_ID_SIZE);
	ref->n = now - back;
	here = ref->n >= pack->where->first;
	known = hash_known(pack, ref->n, hash);
	same = ph_coder_bit(&pack->coder, &flags->model[here],
			    known && memcmp(hash, ref->hash, sizeof(hash)) == 0);
	if (!same) {
		ph_pack_raw(pack, ref->hash, sizeof(ref->hash));
	} else if (known) {
		memcpy(ref->hash, hash, sizeof(hash));
	} else {
		ph_pack_fail(pack, here ? PH_PACK_E_FORM : PH_PACK_E_PLAIN);
	}
}

static unsigned ref_form(const struct ph_pack *pack, const struct ph_ref *ref)
{
	for (unsigned i = 0; i < pack->n_refs; i++) {
		if (ph_ref_equal(&pack->ref[i], ref)) {
			return FORM_RECENT + i;
		}
	}
	return ref->n < pack->where->first + pack->at && ref->n > 0 &&
			       memcmp(ref->log_id, pack->where->log_id, PH_LOG_ID_SIZE) ==
				       0
		       ? FORM_OWN
		       : FORM_OTHER;
}

void ph_pack_ref(struct ph_pack *pack, const struct pack_column *column,
		 struct ph_ref *ref)
{
	unsigned form = pack->coder.packing ? ref_form(pack, ref) : 0;
	unsigned at = pack->n_refs;

	form = ph_coder_symbol(&pack->coder, ph_pack_set(pack, column, WHICH_VALUE),
			       form);
	if (form == FORM_OWN) {
		code_own(pack, ref);
	} else if (form == FORM_OTHER) {
		code_log(pack, ref->log_id, &ref->n);
		ph_pack_raw(pack, ref->hash, sizeof(ref->hash));
	} else if (form - FORM_RECENT < pack->n_refs) {
		at = form - FORM_RECENT;
		*ref = pack->ref[at];
	} else {
		ph_pack_fail(pack, PH_PACK_E_FORM);
		return;
	}
	if (at == pack->n_refs) {
		at = pack->n_refs < PACK_REFS ? pack->n_refs++ : PACK_REFS - 1;
	}

	struct ph_ref newest = *ref;

	memmove(pack->ref + 1, pack->ref, at * sizeof(pack->ref[0]));
	pack->ref[0] = newest;
}
