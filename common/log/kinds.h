/*
 * common/log/kinds.h - the one table that defines every kind of entry.
 *
 * Encoding, checks, the JSON view, compact packing and docs/KINDS.md all come
 * from it. A number once given is never used for anything else; fields are only
 * ever added at the end of a kind.
 */
#ifndef PH_LOG_KINDS_H
#define PH_LOG_KINDS_H

#include "common/base/bytes.h"

/* Numbers of kinds. Families have blocks of their own, so that later kinds find room. */
enum ph_kind_number {
	PH_KIND_OPEN = 1,
	PH_KIND_CLOCK_MARK = 2,
	PH_KIND_NOTE = 3,
	PH_KIND_READER_PUT = 10,
	PH_KIND_CONSENT = 11,
	PH_KIND_CARD_ISSUE = 12,
	PH_KIND_CARD_STOP = 13,
	PH_KIND_READER_BLOCK = 14,
	PH_KIND_READER_UNBLOCK = 15,
	PH_KIND_READER_MERGE = 16,
	PH_KIND_READER_UNMERGE = 17,
	PH_KIND_TITLE_PUT = 20,
	PH_KIND_TITLE_MERGE = 21,
	PH_KIND_TITLE_UNMERGE = 22,
	PH_KIND_COPY_PUT = 23,
	PH_KIND_COPY_ALIAS = 24,
	PH_KIND_COPY_UNALIAS = 25,
	PH_KIND_LOAN = 30,
	PH_KIND_RENEW = 31,
	PH_KIND_RETURN = 32,
	PH_KIND_IN_HOUSE_USE = 33,
	PH_KIND_SIGHTING = 34,
	PH_KIND_UNCODED_LOAN = 35,
	PH_KIND_UNCODED_RETURN = 36,
	PH_KIND_COPY_MISSING = 40,
	PH_KIND_READER_LOST = 41,
	PH_KIND_DAMAGED = 42,
	PH_KIND_REPAIRED = 43,
	PH_KIND_WITHDRAWN = 44,
	PH_KIND_REINSTATED = 45,
	PH_KIND_CHARGE = 50,
	PH_KIND_PAYMENT = 51,
	PH_KIND_HOLD_PLACE = 54,
	PH_KIND_HOLD_CANCEL = 55,
	PH_KIND_HOLD_READY = 56,
	PH_KIND_CRATE_DISPATCH = 60,
	PH_KIND_CRATE_RECEIVE = 61,
	PH_KIND_DAY_OPEN = 70,
	PH_KIND_VISIT = 71,
	PH_KIND_MOBILE_STOP = 72,
	PH_KIND_ACTIVITY = 73,
	PH_KIND_TRAINING = 74,
	PH_KIND_DIGITAL_USE = 75,
	PH_KIND_DONATION = 76,
	PH_KIND_WORKER_PUT = 80,
	PH_KIND_SHIFT = 81,
	PH_KIND_MODEL_PUT = 85,
	PH_KIND_TALLY = 86,
	PH_KIND_VOID = 90,
	PH_KIND_SITE_PUT = 100,
	PH_KIND_COMMUNE_PUT = 101,
	PH_KIND_DEVICE_ADMIT = 102,
	PH_KIND_DEVICE_CONFIRM = 103,
	PH_KIND_DEVICE_RETIRE = 104,
	PH_KIND_DEVICE_CUT = 105,
	PH_KIND_INVITE_CANCEL = 106,
	PH_KIND_LOG_ADOPT = 107,
	PH_KIND_CLOCK_JUDGE = 108,
	PH_KIND_TARGET_PUT = 109,
	PH_KIND_CASE_DECIDE = 110,
	PH_KIND_POLICY_PUT = 111,
	PH_KIND_READER_ERASE = 112,
	PH_KIND_REPORT_ISSUE = 113,
	PH_KIND_ERASE_DONE = 120,
	PH_KIND_REPORT_SIGNOFF = 121,
};

/* How a field is encoded and what its `min` and `max` mean; of a list, how many items. */
enum ph_type {
	PH_T_UINT,    /* unsigned integer, min to max */
	PH_T_ENUM,    /* unsigned integer below max, with names */
	PH_T_DAY,     /* days since 1970-01-01 in UTC+7, at most max; JSON "YYYY-MM-DD" */
	PH_T_TEXT,    /* NFC text without control characters, min to max bytes */
	PH_T_BYTES,   /* min to max bytes; JSON lower-case hex */
	PH_T_FIXED,   /* exactly max bytes; JSON lower-case hex */
	PH_T_REF,     /* reference to an entry: [log id bin16, n, bin8] */
	PH_T_COPY_ID, /* [namespace, code] of a copy */
	PH_T_CARD_ID, /* [namespace, code] of a card */
	PH_T_HEAD,    /* [log id bin16, n, h(n) bin32] */
	PH_T_SEEN, /* map from field index to the references of the heads the writer saw */
	PH_T_CRATE_ID, /* [namespace, code] of a crate */
	/* Lists: arrays with every item once, strictly rising (docs/LOG.md, "Types"). */
	PH_T_REFS,     /* references */
	PH_T_COPY_IDS, /* copies; codes of 1 to PH_CODE_MAX bytes */
	PH_T_CARD_IDS, /* cards; likewise */
	PH_T_HEADS,    /* heads */
	PH_T_UINTS,    /* unsigned integers, each at most PH_SITE_MAX */
	PH_T_TEXTS,    /* texts of exactly PH_TEXTS_SIZE bytes each, under `rule` */
};

/* What a text of a list holds: the code of a commune. */
#define PH_TEXTS_SIZE 5

enum {
	PH_F_REQUIRED = 1, /* never nil */
	PH_F_REGISTER =
		2, /* a register of the entity this kind puts (docs/MERGE.md, "Registers") */
};

/* What a PH_T_TEXT may hold besides its length. */
enum ph_text_rule {
	PH_TEXT_ANY,
	PH_TEXT_DIGITS,  /* 0 to 9 only */
	PH_TEXT_LETTERS, /* a to z only */
};

/*
 * What compact segments may expect of a field (docs/PACK.md, "Fields"). It changes how
 * many bytes a value takes, never what can be said: any hint is right for any value of
 * its type. Packed segments name a hash over these too, since both sides need the same.
 */
enum ph_pack_hint {
	PH_PACK_ANY,    /* nothing: what the type says */
	PH_PACK_CLOCK,  /* a second near that of the stamp */
	PH_PACK_FRESH,  /* a code that has just been printed: one above the last such */
	PH_PACK_GOES,   /* a copy that leaves, with the card of this entry's HOLDER */
	PH_PACK_COMES,  /* a copy that comes back: one that left */
	PH_PACK_HOLDER, /* the card of who stands at the desk */
};

struct ph_field {
	const char *name; /* in JSON and documentation; lower case, underscores */
	enum ph_type type;
	uint64_t min;
	uint64_t max;
	unsigned flags;
	enum ph_text_rule rule;
	const char *const *names; /* PH_T_ENUM: max names */
	const char *doc;
	enum ph_pack_hint pack;
};

/* What must hold between two fields of one entry. */
enum ph_pair_rule {
	PH_PAIR_NONE,
	PH_PAIR_NOT_BOTH,  /* at most one of a and b is set */
	PH_PAIR_NOT_ABOVE, /* a is at most b; an unset b counts as its min */
	PH_PAIR_ONE_OF,    /* exactly one of a and b is set */
};

struct ph_pair {
	enum ph_pair_rule rule;
	uint8_t a;
	uint8_t b;
};

/* The highest site number, and so the highest namespace of codes. */
#define PH_SITE_MAX 999999
/* The last day a field or `when` can name: 2999-12-31. */
#define PH_DAY_MAX  376199

/* Who may write a kind; an entry by anyone else is kept and folds as nothing. */
enum {
	PH_ROLE_SITE = 1,
	PH_ROLE_COURIER = 2,
	PH_ROLE_BOTH = 3,
	PH_ROLE_HUB = 4,
};

#define PH_FIELDS_MAX 20

struct ph_kind {
	uint32_t number;
	const char *name; /* lower case, hyphens */
	const char *family;
	unsigned writers; /* PH_ROLE_* */
	bool must_understand; /* a reader that does not know this kind must not fold the log past it */
	bool desk; /* kinds of the hub: written to its desk log, else to its control log */
	/* Signed by an operator; voided only from the same log, by an operator's signature too. */
	bool operator_only;
	const struct ph_field *fields;
	uint32_t n_fields;
	/*
	 * Personal fields, in a sealed part beside the entry (docs/LOG.md, "Sealed
	 * parts"). A kind that has them has the fields `sets` (mask of the sealed
	 * fields that are set) and `commit`.
	 */
	const struct ph_field *sealed;
	uint32_t n_sealed;
	uint8_t sets; /* index of `sets`; meaningful if n_sealed > 0 */
	uint8_t commit;
	struct ph_pair pair;
	const char *doc;
};

/*
 * The table, in order of number: how many kinds, and kind I, or NULL behind the last.
 * Kinds that the build option `kinds_without` names are not in it, for any of the
 * functions below; to such a program they are kinds of a later table.
 */
size_t ph_kinds_count(void);
const struct ph_kind *ph_kind_at(size_t i);
/* NULL if unknown. */
const struct ph_kind *ph_kind_find(uint64_t number);
const struct ph_kind *ph_kind_named(struct ph_view name);
/* Index of a field by name in KIND's plain or sealed fields, or -1. */
int ph_kind_field(const struct ph_kind *kind, const char *name);
int ph_kind_sealed_field(const struct ph_kind *kind, const char *name);
/* Index of the SEEN field, or -1. */
int ph_kind_seen(const struct ph_kind *kind);
/* Number of an enum name, or -1. */
int ph_field_enum(const struct ph_field *field, struct ph_view name);
/* Whether a field of TYPE is a list. */
bool ph_type_is_list(enum ph_type type);

/*
 * First 8 bytes of BLAKE2b-256 over the canonical text of the table: ASCII lines,
 * each ended by one LF, words parted by one blank, numbers decimal. For each kind
 * in order of number:
 *
 *   kind NUMBER NAME WRITERS MUST            writers: sum of PH_ROLE_*; must: 0 or 1
 *   field INDEX NAME TYPE MIN MAX FLAGS RULE [VALUE,VALUE...]
 *   sealed INDEX NAME TYPE MIN MAX FLAGS RULE [VALUE,VALUE...]
 *   pair RULE A B                            only if the kind has a pair rule
 *
 * TYPE, RULE and FLAGS are the numbers of the enums above, the values those of an
 * enum in order. Words for people are not part of it.
 */
void ph_kinds_hash(uint8_t out[static 8]);
/* Append docs/KINDS.md, made from the table. 0 or -ENOMEM. */
int ph_kinds_page(struct ph_buf *out);

/* Indexes of fields and values of enums. */
#include "common/log/kind_fields.h"

#endif
