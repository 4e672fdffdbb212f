/*
 * proto/pack_internal.h - what the files of proto/pack*.c share, and who measures them.
 *
 * Like the coder, every function here goes both ways: packing, it is given a value and
 * gives it back; unpacking, it gives the one that was read (docs/PACK.md).
 */
#ifndef PH_PROTO_PACK_INTERNAL_H
#define PH_PROTO_PACK_INTERNAL_H

#include "common/base/limits.h"
#include "common/log/list.h"
#include "proto/pack.h"
#include "proto/pack_model.h"

enum {
	PACK_VERSION = 1,
	PACK_HEADER = 2 + PH_PACK_FORM_SIZE, /* version, dictionary, form */
	PACK_RECENT = 8,             /* values of a field that a later one can point at */
	PACK_HEADS = 15,             /* beginnings of printed codes, of one type */
	PACK_REFS = 16,              /* references, of the whole segment */
	PACK_LOGS = 16,              /* logs that references name */
	PACK_OUT = 1024,             /* copies that are out, as far as the segment says */
	PACK_SEALED = PH_FIELDS_MAX, /* columns: fields, then sealed fields from here */
	PACK_EXTRAS = 0,             /* extras stand for a kind of this number */
	PACK_NOTE_KIND = 100,        /* columns that only `account` hears of */
	PACK_NOTE_STAMP,
};

/* What is coded of a field is told apart by these: "which" of the name of a set. */
enum pack_which {
	WHICH_VALUE,
	WHICH_LENGTH,
	WHICH_DIGITS,
	WHICH_NUMBER,
	WHICH_HEAD,
	WHICH_TAIL,
	WHICH_COUNT,
	WHICH_MORE,
};

/* What the last values of a column were: the newest first. */
struct pack_recent {
	uint64_t serial; /* of the segment that it is of */
	unsigned n;
	struct ph_view value[PACK_RECENT];
	uint64_t head; /* first six digits of the last EAN */
};

/* Beginnings of printed codes of one type, the last used first. */
struct pack_codes {
	unsigned n;
	struct {
		uint32_t head; /* site and block */
		uint32_t next; /* counter of the next fresh one */
	} head[PACK_HEADS];
	unsigned digits; /* of the last code that is not printed */
	uint64_t value;
};

struct pack_out {
	struct ph_id copy, card;
	uint64_t copy_hash, card_hash;
};

struct pack_log {
	uint8_t id[PH_LOG_ID_SIZE];
	uint64_t n; /* last one named */
};

/* Bytes that stand beside the coder's: packing they grow, unpacking they are left. */
struct pack_side {
	struct ph_buf buf;
	struct ph_view left;
};

struct ph_pack {
	uint8_t header[PACK_HEADER];
	struct ph_coder coder;
	const struct ph_pack_where *where; /* of this call */
	uint64_t serial;
	int rc; /* the first thing that went wrong: PH_PACK_E_* or -ENOMEM */
	struct pack_side raw, text;
	struct ph_buf coded; /* packing: what the coder made */
	struct ph_buf
		packed; /* unpacking: text as zstd makes it, behind its first bytes */
	void *zstd_pack, *zstd_unpack, *dict_unpack;
	const void *dict_pack; /* in dict_room */
	void *dict_room;
	/* unpacking: strings that stand in no section, such as digits */
	uint8_t *kept;
	size_t n_kept;
	struct ph_buf lists[PH_FIELDS_MAX];
	/* the plain body: borrowed in packing, else ours */
	struct ph_view body;
	struct ph_buf body_buf, entry_buf;
	uint32_t *entry_at;
	uint64_t at; /* number of this entry, less that of the first */
	/* parts */
	const struct ph_pack_part *in_parts;
	size_t n_in_parts, next_part;
	bool *taken;
	struct ph_pack_part *parts;
	size_t n_parts;
	struct ph_buf plain, cipher;
	/* what came before */
	uint64_t stamp;
	unsigned soon;         /* bits of the seconds since the entry before, at most 7 */
	uint32_t kind, before; /* of the last entry and the one before it */
	struct pack_codes codes[3];
	struct pack_out out[PACK_OUT];
	unsigned n_out;
	bool has_holder;
	struct ph_id holder;
	struct ph_id goes; /* of this entry, if has_goes */
	bool has_goes;
	struct ph_ref ref[PACK_REFS];
	unsigned n_refs;
	struct pack_log log[PACK_LOGS];
	unsigned n_logs;
	struct pack_recent recent[PH_MODEL_SETS];
	struct ph_entry entry;
	/* for who measures: called behind each column; and at the end, before all is wiped */
	void (*account)(const struct ph_pack *pack, uint32_t kind, unsigned column);
	void (*watch)(const struct ph_pack *pack);
};

/* A column: where a value stands, and what it may be. */
struct pack_column {
	uint32_t kind; /* PACK_EXTRAS for extras */
	unsigned at;
	const struct ph_field *field;
};

/* Note that something is wrong; the first says what. */
void ph_pack_fail(struct ph_pack *pack, int rc);

/* --- values (pack_value.c) --- */

struct ph_model_set *ph_pack_set(struct ph_pack *pack, const struct pack_column *column,
				 enum pack_which which);
bool ph_pack_flag(struct ph_pack *pack, const struct pack_column *column, unsigned which,
		  bool flag);
/* LEN bytes that nothing is known of. */
void ph_pack_raw(struct ph_pack *pack, uint8_t *bytes, size_t len);
/* Bytes of a text or the like, at least MIN and at most MAX of them, beside the coder. */
struct ph_view ph_pack_blob(struct ph_pack *pack, struct ph_model_set *set,
			    struct ph_view bytes, size_t max);
struct ph_view ph_pack_text(struct ph_pack *pack, const struct pack_column *column,
			    struct ph_view text, size_t max);
/* Bytes that may be one of the last of SET; if new, their length is coded under LENGTH. */
struct ph_view ph_pack_recent_bytes(struct ph_pack *pack, struct ph_model_set *set,
				    struct ph_model_set *length, struct ph_view bytes,
				    size_t max);
void ph_pack_fixed(struct ph_pack *pack, const struct pack_column *column,
		   struct ph_view *bytes, size_t len);
/* A copy of what would not last until the end of the segment; packing: itself. */
struct ph_view ph_pack_keep(struct ph_pack *pack, const void *bytes, size_t len);

/* --- names of things and entries (pack_name.c) --- */

void ph_pack_id(struct ph_pack *pack, const struct pack_column *column, enum ph_type type,
		struct ph_id *id);
void ph_pack_ref(struct ph_pack *pack, const struct pack_column *column,
		 struct ph_ref *ref);
void ph_pack_head(struct ph_pack *pack, const struct pack_column *column,
		  struct ph_head *head);

/* --- the desk (pack_desk.c) --- */

/* An id whose column has a hint. */
void ph_pack_desk_id(struct ph_pack *pack, const struct pack_column *column,
		     struct ph_id *id);
/* What an entry says of the desk is over: a copy that went out with this entry's card. */
void ph_pack_desk_end(struct ph_pack *pack);

/* --- texts (pack_text.c) --- */

/* PACK->text as its section, in PACK->packed. 0 or -ENOMEM. */
int ph_pack_texts(struct ph_pack *pack);
/* And back, into PACK->text, of at most ROOM bytes. 0, PH_PACK_E_FORM or -ENOMEM. */
int ph_unpack_texts(struct ph_pack *pack, struct ph_view section, size_t room);
void ph_pack_texts_free(struct ph_pack *pack);

/* --- entries (pack_entry.c) --- */

/* The entry in PACK->entry, of a known kind: all but its kind and raw form. */
void ph_pack_entry(struct ph_pack *pack);

#endif
