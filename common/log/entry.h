/*
 * common/log/entry.h - one entry: [kind, stamp, extras, field...] (docs/LOG.md).
 *
 * What is signed is the exact bytes; they are stored and relayed raw. Decoding is
 * for reading, encoding for writing one's own.
 */
#ifndef PH_LOG_ENTRY_H
#define PH_LOG_ENTRY_H

#include "common/base/bytes.h"
#include "common/base/error.h"
#include "common/base/limits.h"
#include "common/base/mp.h"
#include "common/log/kinds.h"

#define PH_LOG_ID_SIZE    16
#define PH_DEVICE_ID_SIZE 16
#define PH_HASH_SIZE      32
#define PH_SOURCE_SIZE    16
#define PH_OPERATOR_SIZE  96 /* operator key and signature */

/* A reference to an entry; unambiguous after a fork. */
struct ph_ref {
	uint8_t log_id[PH_LOG_ID_SIZE];
	uint64_t n;
	uint8_t hash[8]; /* first bytes of e(n) */
};

/* Name of a copy or card: the namespace (0: a code of our printed form; else a site number) and the exact code. */
struct ph_id {
	uint64_t ns;
	struct ph_view code; /* borrowed; 1 to PH_CODE_MAX bytes of UTF-8, as scanned */
};

struct ph_head {
	uint8_t log_id[PH_LOG_ID_SIZE];
	uint64_t n;
	uint8_t h[PH_HASH_SIZE];
};

/* The value of a list field; no list is empty. */
struct ph_list {
	struct ph_view bytes; /* canonical MessagePack of the whole array; borrowed */
	uint32_t count;
};

struct ph_seen {
	/* Index in the kind's fields; for sealed field i: n_fields + i. In the bytes a sealed
	 * field is PH_SEEN_SEALED + i, so that a kind may still grow plain fields. */
	uint8_t field;
	struct ph_ref head;
};

#define PH_SEEN_SEALED 32

struct ph_value {
	bool set; /* of the SEEN field it says nothing: n_seen does */
	union {
		uint64_t uint;        /* UINT, ENUM */
		int64_t day;          /* DAY */
		struct ph_view bytes; /* TEXT, BYTES, FIXED; borrowed */
		struct ph_ref ref;
		struct ph_id id;
		struct ph_head head;
		struct ph_list list; /* REFS, COPY_IDS, CARD_IDS, HEADS, UINTS, TEXTS */
	} as;
};

enum {
	PH_EXTRA_WHEN = 1,
	PH_EXTRA_SOURCE = 2,
	PH_EXTRA_STAFF = 3,
	PH_EXTRA_BEHALF = 4,
	PH_EXTRA_OPERATOR = 5,
};

enum ph_when {
	PH_WHEN_NONE = 0,
	PH_WHEN_MINUTE = 1,
	PH_WHEN_DAY = 2
};

struct ph_extras {
	enum ph_when when; /* encoded [1, minutes since 1970 UTC] or [2, day] */
	int64_t when_value;
	bool has_source;
	uint8_t source[PH_SOURCE_SIZE]; /* BLAKE2b-128 of the imported file's record */
	struct ph_view staff;           /* borrowed; empty: none; text of 1 to 32 bytes */
	uint64_t behalf;                /* site number; 0: none */
	struct ph_view
		operator_sig; /* borrowed; operator key and signature, 96 bytes; empty: none */
};

struct ph_entry {
	const struct ph_kind *kind; /* NULL: unknown number */
	uint64_t number;
	uint64_t stamp;
	struct ph_extras extras;
	struct ph_value field[PH_FIELDS_MAX];
	struct ph_value
		sealed[PH_FIELDS_MAX]; /* only when writing, or after opening its part */
	struct ph_seen
		seen[PH_SEEN_MAX]; /* the SEEN field; sorted by field, then reference */
	unsigned n_seen;
};

enum {
	PH_ENTRY_E_MALFORMED =
		1, /* not canonical, a wrong type, over a limit: opaque, folds as nothing */
	/*
	 * Well-formed as far as this table goes, but of a later one: an unknown kind, or a
	 * known one with further fields, enum values, extras or bits of `sets`. Kept, and
	 * folded after an upgrade. `number`, `stamp` and the extras that we know are set,
	 * `kind` is NULL.
	 */
	PH_ENTRY_E_UNKNOWN,
};

/* Stamps and n fit into a signed 64-bit number, so that any store can hold them. */
#define PH_STAMP_MAX INT64_MAX
#define PH_N_MAX     INT64_MAX

/*
 * Decode the bytes of one entry, which ENTRY borrows from. Checks everything the
 * table says and that encoding again would give the same bytes. Return 0,
 * PH_ENTRY_E_MALFORMED, PH_ENTRY_E_UNKNOWN or -ENOMEM. ENTRY is written only on 0
 * and _E_UNKNOWN.
 */
int ph_entry_decode(struct ph_view bytes, struct ph_entry *entry);
/* The number of its kind and its stamp, without looking at the rest. False: it has none. */
bool ph_entry_peek(struct ph_view bytes, uint64_t *kind_out, uint64_t *stamp_out);
/*
 * The same of bytes that it gave 0 for before, for those who read them often: in one
 * pass, without memory or second checks. 0; -EUCLEAN: they are not what they were.
 */
int ph_entry_read_again(struct ph_view bytes, struct ph_entry *entry);
/*
 * Append the canonical bytes of ENTRY to OUT. Its sealed fields are not written;
 * when some are set, `sets` and `commit` must already stand for them. Return 0;
 * -EINVAL with a text that names the field, what is wrong and what would be right
 * (PH_EXIT_USAGE); -EMSGSIZE over PH_ENTRY_MAX; -ENOMEM. OUT is unchanged on error.
 */
int ph_entry_encode(const struct ph_entry *entry, struct ph_buf *out,
		    struct ph_error *err);
/*
 * The same without any check, for what an entry was unpacked to: its chain and seal say
 * whether it is right. 0 or -ENOMEM, with OUT unchanged.
 */
int ph_entry_write(const struct ph_entry *entry, struct ph_buf *out);
/*
 * Check extras, fields, sealed fields and seen against the table, but not `sets`
 * and `commit`, which the log makes later. 0, or -EINVAL with a text as above.
 */
int ph_entry_check(const struct ph_entry *entry, struct ph_error *err);
/* Whether `sets` and `commit` go together and with the sealed fields that are set. */
int ph_entry_check_commit(const struct ph_entry *entry, struct ph_error *err);

/* e(n) = BLAKE2b-256(entry). */
void ph_entry_hash(struct ph_view bytes, uint8_t out[static PH_HASH_SIZE]);
/*
 * The second at which an entry counts if its stamp is taken as it is: `when` if
 * told (a day means 12:00 UTC+7), else the stamp's.
 */
int64_t ph_entry_effective(const struct ph_entry *entry);

bool ph_ref_equal(const struct ph_ref *a, const struct ph_ref *b);
bool ph_id_equal(const struct ph_id *a, const struct ph_id *b);
/* By log id, n, hash. */
int ph_ref_compare(const struct ph_ref *a, const struct ph_ref *b);
#define PH_REF_TEXT 80
/* "<log id hex>.<n>.<hash hex>" */
void ph_ref_text(char out[static PH_REF_TEXT], const struct ph_ref *ref);
int ph_ref_parse(const char *text, size_t len, struct ph_ref *ref_out);

/* MessagePack of the small parts, shared by entries, ledger keys and messages. */
void ph_ref_write(struct ph_mpw *writer, const struct ph_ref *ref);
void ph_id_write(struct ph_mpw *writer, const struct ph_id *id);
void ph_head_write(struct ph_mpw *writer, const struct ph_head *head);
bool ph_ref_read(const msgpack_object *object, struct ph_ref *ref);
bool ph_id_read(const msgpack_object *object, struct ph_id *id);
bool ph_head_read(const msgpack_object *object, struct ph_head *head);

/* --- lists (list.c) --- */

/* Where a reader of a list stands. */
struct ph_list_iter {
	struct ph_view left; /* borrows from the list */
};

/* LIST as decoding or a builder below gave it. */
struct ph_list_iter ph_list_begin(const struct ph_list *list);
/*
 * The next item, by the type of the field: 1 and *OUT, or 0 at the end. Codes and
 * texts borrow from the list.
 */
int ph_list_next_ref(struct ph_list_iter *iter, struct ph_ref *out);
int ph_list_next_id(struct ph_list_iter *iter, struct ph_id *out);
int ph_list_next_head(struct ph_list_iter *iter, struct ph_head *out);
int ph_list_next_uint(struct ph_list_iter *iter, uint64_t *out);
int ph_list_next_text(struct ph_list_iter *iter, struct ph_view *out);

/*
 * Append N items to OUT as a list, sorted and each once, and set VALUE to it; of no
 * items VALUE is unset and nothing is appended. VALUE borrows OUT's bytes, so nothing
 * that makes OUT grow may follow: take a buffer for each list. Limits are left to
 * ph_entry_check(). 0 or -ENOMEM, with OUT and VALUE unchanged.
 */
int ph_list_put_refs(struct ph_buf *out, const struct ph_ref *items, size_t n,
		     struct ph_value *value);
int ph_list_put_ids(struct ph_buf *out, const struct ph_id *items, size_t n,
		    struct ph_value *value);
int ph_list_put_heads(struct ph_buf *out, const struct ph_head *items, size_t n,
		      struct ph_value *value);
int ph_list_put_uints(struct ph_buf *out, const uint64_t *items, size_t n,
		      struct ph_value *value);
int ph_list_put_texts(struct ph_buf *out, const struct ph_view *items, size_t n,
		      struct ph_value *value);

/* One set value of FIELD (never SEEN); shared by entries and sealed parts. */
void ph_value_write(struct ph_mpw *writer, const struct ph_field *field,
		    const struct ph_value *value);
/*
 * Shape only, no limits: 0, PH_ENTRY_E_MALFORMED, or PH_ENTRY_E_UNKNOWN (an enum value
 * that is new). BYTES are those that OBJECT was read from; only lists, which borrow
 * them, look at it.
 */
int ph_value_read(const msgpack_object *object, struct ph_view bytes,
		  const struct ph_field *field, struct ph_value *value);
/* The limits. 0, or -EINVAL with a text. An unset value is fine unless FIELD is required. */
int ph_value_check(const struct ph_field *field, const struct ph_value *value,
		   struct ph_error *err);

#endif
