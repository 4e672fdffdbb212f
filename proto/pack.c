/*
 * proto/pack.c - compact segments: the frame around what pack_entry.c says of entries.
 *
 * Packing: each entry is decoded by the kind table, coded, and written again to see that
 * it comes out as it was; what does not, or cannot be decoded, goes as it is. Texts are
 * collected on the way and go in one piece (pack_text.c).
 *
 * Unpacking: header, lengths of the sections, the size that the text says it has, all of
 * them against their limits; then text is expanded into no more room than that, and
 * entries are written one by one, each within what is left of the limit.
 *
 * Whatever is wrong is PH_PACK_E_FORM; what is only not known here PH_PACK_E_PLAIN.
 */
#include "proto/pack.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "proto/pack_dict.h"
#include "proto/pack_internal.h"

enum {
	KIND_RAW = 0,    /* the entry as it is */
	KIND_HIGH = 127, /* a kind of this number or above: the number follows */
};

/* ---- memory ---- */

struct ph_pack *ph_pack_new(void)
{
	struct ph_pack *pack = calloc(1, sizeof(*pack));

	if (pack == NULL) {
		return NULL;
	}
	pack->header[0] = PACK_VERSION;
	pack->header[1] = PH_PACK_DICT;
	ph_pack_form(pack->header + 2);
	pack->kept = malloc(PH_SEGMENT_PLAIN_MAX);
	pack->entry_at = malloc(PH_PACK_ENTRIES_MAX * sizeof(*pack->entry_at));
	pack->parts = malloc(PH_PACK_PARTS_MAX * sizeof(*pack->parts));
	if (pack->kept == NULL || pack->entry_at == NULL || pack->parts == NULL) {
		ph_pack_free(pack);
		return NULL;
	}
	return pack;
}

static void wipe_buf(struct ph_buf *buf)
{
	if (buf->cap > 0) {
		sodium_memzero(buf->data, buf->len);
	}
	buf->len = 0;
}

void ph_pack_wipe(struct ph_pack *pack)
{
	struct ph_buf *const bufs[] = { &pack->raw.buf, &pack->text.buf, &pack->coded,
					&pack->packed,  &pack->body_buf, &pack->entry_buf,
					&pack->plain,   &pack->cipher };

	for (size_t i = 0; i < sizeof(bufs) / sizeof(bufs[0]); i++) {
		wipe_buf(bufs[i]);
	}
	sodium_memzero(pack->kept, pack->n_kept);
	sodium_memzero(pack->parts, pack->n_parts * sizeof(*pack->parts));
	memset(&pack->entry, 0, sizeof(pack->entry));
	pack->n_kept = 0;
	pack->n_parts = 0;
}

void ph_pack_free(struct ph_pack *pack)
{
	if (pack == NULL) {
		return;
	}

	struct ph_buf *const bufs[] = { &pack->raw.buf, &pack->text.buf, &pack->coded,
					&pack->packed,  &pack->body_buf, &pack->entry_buf,
					&pack->plain,   &pack->cipher };

	for (size_t i = 0; i < sizeof(bufs) / sizeof(bufs[0]); i++) {
		ph_buf_wipe(bufs[i]);
	}
	for (size_t i = 0; i < PH_FIELDS_MAX; i++) {
		ph_buf_deinit(&pack->lists[i]);
	}
	if (pack->kept != NULL) {
		sodium_memzero(pack->kept, pack->n_kept);
	}
	if (pack->parts != NULL) {
		sodium_memzero(pack->parts, pack->n_parts * sizeof(*pack->parts));
	}
	free(pack->kept);
	free(pack->parts);
	free(pack->entry_at);
	ph_pack_texts_free(pack);
	free(pack);
}

/* Forget the segment before: everything that a coder of another machine does not know. */
static void begin(struct ph_pack *pack, const struct ph_pack_where *where)
{
	ph_pack_wipe(pack);
	pack->where = where;
	pack->serial++;
	pack->rc = 0;
	pack->at = 0;
	pack->stamp = 0;
	pack->soon = 0;
	pack->kind = KIND_RAW;
	pack->before = KIND_RAW;
	memset(pack->codes, 0, sizeof(pack->codes));
	pack->n_out = 0;
	pack->has_holder = false;
	pack->has_goes = false;
	pack->n_refs = 0;
	pack->n_logs = 1; /* this one */
	memcpy(pack->log[0].id, where->log_id, PH_LOG_ID_SIZE);
	pack->log[0].n = where->first;
}

static int result_of(const struct ph_pack *pack)
{
	if (pack->rc != 0) {
		return pack->rc;
	}
	if (pack->coder.failed) {
		return pack->coder.packing ? -ENOMEM : PH_PACK_E_FORM;
	}
	return 0;
}

/* ---- the name of all that both sides must share ---- */

static void hash_hints(crypto_generichash_state *state, const struct ph_kind *kind)
{
	char line[64];

	for (uint32_t i = 0; i < kind->n_fields; i++) {
		if (kind->fields[i].pack != PH_PACK_ANY) {
			int len = snprintf(line, sizeof(line), "hint %u %u %u\n",
					   kind->number, i, kind->fields[i].pack);

			crypto_generichash_update(state, (const uint8_t *)line,
						  (size_t)len);
		}
	}
}

static void hash_form(const uint8_t table[static 8],
		      uint8_t out[static PH_PACK_FORM_SIZE])
{
	static const char context[] = "packhorse pack 1";
	crypto_generichash_state state;
	const struct ph_kind *kind;
	uint8_t dict[8], hash[PH_HASH_SIZE];

	crypto_generichash_init(&state, NULL, 0, sizeof(hash));
	crypto_generichash_update(&state, (const uint8_t *)context, sizeof(context) - 1);
	crypto_generichash_update(&state, table, 8);
	for (size_t i = 0; (kind = ph_kind_at(i)) != NULL; i++) {
		hash_hints(&state, kind);
	}
	ph_pack_dict_hash(dict);
	crypto_generichash_update(&state, dict, sizeof(dict));
	crypto_generichash_final(&state, hash, sizeof(hash));
	memcpy(out, hash, PH_PACK_FORM_SIZE);
}

/* It follows from the table and from what this program has in it. */
static _Thread_local struct {
	bool is_known;
	uint8_t table[8];
	uint8_t form[PH_PACK_FORM_SIZE];
} memo;

void ph_pack_form(uint8_t out[static PH_PACK_FORM_SIZE])
{
	uint8_t table[8];

	ph_kinds_hash(table);
	if (!memo.is_known || memcmp(memo.table, table, sizeof(table)) != 0) {
		hash_form(table, memo.form);
		memcpy(memo.table, table, sizeof(table));
		memo.is_known = true;
	}
	memcpy(out, memo.form, PH_PACK_FORM_SIZE);
}

/* ---- entries ---- */

static uint32_t code_kind(struct ph_pack *pack, uint64_t kind)
{
	struct ph_model_set *set =
		ph_coder_set(&pack->coder, PH_MODEL_KIND, pack->kind, pack->before);
	uint32_t symbol = ph_coder_symbol(&pack->coder, set,
					  kind < KIND_HIGH ? (uint32_t)kind : KIND_HIGH);

	if (symbol < KIND_HIGH) {
		return symbol;
	}
	kind = ph_coder_number(&pack->coder,
			       ph_coder_set(&pack->coder, PH_MODEL_KIND, KIND_HIGH, 1),
			       kind);
	return kind < KIND_HIGH || kind > UINT16_MAX ? UINT16_MAX : (uint32_t)kind;
}

static struct ph_view code_raw(struct ph_pack *pack, struct ph_view bytes)
{
	return ph_pack_blob(pack, ph_coder_set(&pack->coder, PH_MODEL_KIND, KIND_HIGH, 0),
			    bytes, PH_ENTRY_MAX);
}

static void entry_done(struct ph_pack *pack, uint32_t kind)
{
	pack->before = pack->kind;
	pack->kind = kind;
	pack->at++;
}

/* Whether the entry in PACK->entry is written as BYTES. */
static bool comes_out(struct ph_pack *pack, struct ph_view bytes)
{
	pack->entry_buf.len = 0;
	return ph_entry_write(&pack->entry, &pack->entry_buf) == 0 &&
	       ph_view_equal(ph_buf_view(&pack->entry_buf), bytes);
}

static void pack_one(struct ph_pack *pack, struct ph_view bytes)
{
	int rc = ph_entry_decode(bytes, &pack->entry);
	uint32_t kind = KIND_RAW;

	if (rc < 0) {
		ph_pack_fail(pack, rc);
		return;
	}
	if (rc == 0 && pack->entry.number < UINT16_MAX && comes_out(pack, bytes)) {
		kind = (uint32_t)pack->entry.number;
	}
	code_kind(pack, kind);
	if (pack->account != NULL) {
		pack->account(pack, kind, PACK_NOTE_KIND);
	}
	if (kind != KIND_RAW) {
		ph_pack_entry(pack);
	} else {
		code_raw(pack, bytes);
	}
	entry_done(pack, kind);
}

/* Bytes of a length before an entry (LEB128). */
static size_t length_size(size_t len)
{
	return len < 1u << 7 ? 1 : len < 1u << 14 ? 2 : 3;
}

static void unpack_one(struct ph_pack *pack, size_t room)
{
	uint32_t kind = code_kind(pack, 0);
	struct ph_view bytes;

	memset(&pack->entry, 0, offsetof(struct ph_entry, seen));
	pack->entry.n_seen = 0;
	if (kind == KIND_RAW) {
		bytes = code_raw(pack, PH_VIEW(NULL, 0));
	} else {
		pack->entry.kind = ph_kind_find(kind);
		pack->entry.number = kind;
		if (pack->entry.kind == NULL) {
			ph_pack_fail(pack, PH_PACK_E_FORM);
			return;
		}
		ph_pack_entry(pack);
		pack->entry_buf.len = 0;
		if (result_of(pack) != 0) {
			return;
		}
		if (ph_entry_write(&pack->entry, &pack->entry_buf)) {
			ph_pack_fail(pack, -ENOMEM);
			return;
		}
		bytes = ph_buf_view(&pack->entry_buf);
	}
	if (bytes.len == 0 || bytes.len > PH_ENTRY_MAX ||
	    pack->plain.len + pack->body_buf.len + length_size(bytes.len) + bytes.len >
		    room) {
		ph_pack_fail(pack, PH_PACK_E_FORM);
		return;
	}
	pack->entry_at[pack->at] = (uint32_t)pack->body_buf.len;
	if (ph_segment_add(&pack->body_buf, bytes)) {
		ph_pack_fail(pack, -ENOMEM);
	}
	entry_done(pack, kind);
}

/* What may come out of LEN packed bytes. */
static size_t room_of(size_t len)
{
	size_t room = PH_PACK_RATIO * len;

	room = room < PH_PACK_FREE ? PH_PACK_FREE : room;
	return room > PH_SEGMENT_PLAIN_MAX ? PH_SEGMENT_PLAIN_MAX : room;
}

static bool good_where(const struct ph_pack_where *where)
{
	return where->first >= 1 && where->last >= where->first &&
	       where->last <= PH_N_MAX &&
	       where->last - where->first < PH_PACK_ENTRIES_MAX;
}

static void pack_entries(struct ph_pack *pack, const struct ph_pack_where *where)
{
	struct ph_view body = pack->body;
	struct ph_view entry;

	while (body.len > 0 && result_of(pack) == 0) {
		size_t at = pack->body.len - body.len;

		if (pack->at > where->last - where->first ||
		    ph_segment_next(&body, &entry)) {
			ph_pack_fail(pack, PH_PACK_E_PLAIN);
			return;
		}
		pack->entry_at[pack->at] = (uint32_t)at;
		pack_one(pack, entry);
	}
	if (pack->at != where->last - where->first + 1) {
		ph_pack_fail(pack, PH_PACK_E_PLAIN);
	}
}

static int put_sections(struct ph_pack *pack, struct ph_buf *out)
{
	int rc = ph_buf_put(out, pack->header, sizeof(pack->header));

	rc = rc ? rc : ph_varint_put(out, pack->raw.buf.len);
	rc = rc ? rc : ph_varint_put(out, pack->packed.len);
	rc = rc ? rc : ph_buf_put_view(out, ph_buf_view(&pack->raw.buf));
	rc = rc ? rc : ph_buf_put_view(out, ph_buf_view(&pack->packed));
	return rc ? rc : ph_buf_put_view(out, ph_buf_view(&pack->coded));
}

int ph_pack(struct ph_pack *pack, const struct ph_pack_where *where, struct ph_view body,
	    const struct ph_pack_part *parts, size_t n_parts, bool *taken_out,
	    struct ph_buf *out)
{
	size_t start = out->len;
	size_t plain = body.len;
	int rc;

	if (!good_where(where) || body.len > PH_SEGMENT_PLAIN_MAX) {
		return PH_PACK_E_PLAIN;
	}
	begin(pack, where);
	pack->body = body;
	pack->in_parts = parts;
	pack->n_in_parts = n_parts;
	pack->next_part = 0;
	pack->taken = taken_out;
	for (size_t i = 0; i < n_parts; i++) {
		taken_out[i] = false;
	}
	ph_coder_pack(&pack->coder, &pack->coded);
	pack_entries(pack, where);
	rc = result_of(pack);
	rc = rc ? rc : ph_coder_end(&pack->coder);
	rc = rc ? rc : ph_pack_texts(pack);
	rc = rc ? rc : put_sections(pack, out);
	for (size_t i = 0; i < n_parts; i++) {
		plain += taken_out[i] ? parts[i].plain.len : 0;
	}
	if (rc == 0 &&
	    (out->len - start > PH_PACK_MAX || plain > room_of(out->len - start) ||
	     pack->text.buf.len > room_of(out->len - start))) {
		rc = PH_PACK_E_PLAIN;
	}
	if (rc != 0) {
		out->len = start;
		for (size_t i = 0; i < n_parts; i++) {
			taken_out[i] = false;
		}
	} else if (pack->watch != NULL) {
		pack->watch(pack);
	}
	ph_pack_wipe(pack);
	return rc;
}

static int unpack_sections(struct ph_pack *pack, struct ph_view packed, size_t room)
{
	uint64_t raw, text;

	if (packed.len < PACK_HEADER) {
		return PH_PACK_E_FORM;
	}
	if (memcmp(packed.data, pack->header, PACK_HEADER) != 0) {
		return PH_PACK_E_PLAIN;
	}
	packed.data += PACK_HEADER;
	packed.len -= PACK_HEADER;
	if (ph_varint_take(&packed, &raw) || ph_varint_take(&packed, &text) ||
	    raw > packed.len || text > packed.len - raw) {
		return PH_PACK_E_FORM;
	}
	pack->raw.left = PH_VIEW(packed.data, (size_t)raw);
	packed.data += raw;
	packed.len -= (size_t)raw;

	int rc = ph_unpack_texts(pack, PH_VIEW(packed.data, (size_t)text), room);

	packed.data += text;
	packed.len -= (size_t)text;
	ph_coder_unpack(&pack->coder, packed);
	return rc;
}

static int unpack_entries(struct ph_pack *pack, const struct ph_pack_where *where,
			  size_t room)
{
	int rc = 0;

	for (uint64_t n = where->first; n <= where->last && rc == 0; n++) {
		unpack_one(pack, room);
		rc = result_of(pack);
	}
	if (rc == 0 && (pack->raw.left.len > 0 || pack->text.left.len > 0 ||
			pack->coder.in.len > 0)) {
		rc = PH_PACK_E_FORM;
	}
	return rc;
}

int ph_unpack(struct ph_pack *pack, const struct ph_pack_where *where,
	      struct ph_view packed, struct ph_unpacked *out)
{
	size_t room = room_of(packed.len);
	size_t at = 0;
	int rc;

	if (!good_where(where) || packed.len > PH_PACK_MAX) {
		return PH_PACK_E_FORM;
	}
	begin(pack, where);
	rc = unpack_sections(pack, packed, room);
	rc = rc ? rc : unpack_entries(pack, where, room);
	if (rc != 0) {
		ph_pack_wipe(pack);
		return rc;
	}
	for (size_t i = 0; i < pack->n_parts; i++) { /* the buffer may have moved */
		pack->parts[i].plain.data = pack->plain.data + at;
		at += pack->parts[i].plain.len;
	}
	*out = (struct ph_unpacked){ .body = ph_buf_view(&pack->body_buf),
				     .parts = pack->parts,
				     .n_parts = pack->n_parts };
	return 0;
}
