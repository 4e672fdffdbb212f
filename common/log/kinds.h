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
	PH_KIND_READER_PUT = 10,
	PH_KIND_CARD_ISSUE = 12,
	PH_KIND_TITLE_PUT = 20,
	PH_KIND_COPY_PUT = 23,
	PH_KIND_LOAN = 30,
	PH_KIND_RENEW = 31,
	PH_KIND_RETURN = 32,
	PH_KIND_IN_HOUSE_USE = 33,
	PH_KIND_VISIT = 71,
	PH_KIND_VOID = 90,
	PH_KIND_SITE_PUT = 100,
	PH_KIND_COMMUNE_PUT = 101,
	PH_KIND_DEVICE_ADMIT = 102,
	PH_KIND_POLICY_PUT = 111,
};

/* How a field is encoded and what its `min` and `max` mean. */
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
};

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

struct ph_field {
	const char *name; /* in JSON and documentation; lower case, underscores */
	enum ph_type type;
	uint64_t min;
	uint64_t max;
	unsigned flags;
	enum ph_text_rule rule;
	const char *const *names; /* PH_T_ENUM: max names */
	const char *doc;
};

/* What must hold between two fields of one entry. */
enum ph_pair_rule {
	PH_PAIR_NONE,
	PH_PAIR_NOT_BOTH,  /* at most one of a and b is set */
	PH_PAIR_NOT_ABOVE, /* a is at most b; an unset b counts as its min */
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

/* The table, in order of number. */
extern const struct ph_kind ph_kinds[];
extern const size_t ph_kinds_count;

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

/* Indexes of fields, in the order of the table; test_kinds.c checks that they match. */
enum {
	PH_OPEN_KEY,
	PH_OPEN_NONCE,
	PH_OPEN_SITE,
	PH_OPEN_SOFTWARE,
	PH_OPEN_TABLE,
	PH_OPEN_CONTINUES
};
enum {
	PH_MARK_BOOT,
	PH_MARK_MONO,
	PH_MARK_WALL,
	PH_MARK_SURE
};
enum {
	PH_READER_READER,
	PH_READER_COMMUNE,
	PH_READER_BAND,
	PH_READER_SETS,
	PH_READER_COMMIT,
	PH_READER_SEEN
};
enum {
	PH_READER_S_NAME,
	PH_READER_S_BORN,
	PH_READER_S_TELEPHONE,
	PH_READER_S_ADDRESS,
	PH_READER_S_GUARDIAN,
	PH_READER_S_NOTE
};
enum {
	PH_CARD_CARD,
	PH_CARD_READER
};
enum {
	PH_TITLE_TITLE,
	PH_TITLE_NAME,
	PH_TITLE_AUTHOR,
	PH_TITLE_YEAR,
	PH_TITLE_ISBN,
	PH_TITLE_LANGUAGE,
	PH_TITLE_PUBLISHER,
	PH_TITLE_PLACE,
	PH_TITLE_VOLUME,
	PH_TITLE_CLASS,
	PH_TITLE_LAW,
	PH_TITLE_REST,
	PH_TITLE_SEEN
};
enum {
	PH_COPY_COPY,
	PH_COPY_TITLE,
	PH_COPY_OWNER,
	PH_COPY_ACQUISITION,
	PH_COPY_PRICE,
	PH_COPY_SHELF,
	PH_COPY_SEEN
};
enum {
	PH_LOAN_COPY,
	PH_LOAN_CARD,
	PH_LOAN_TERM,
	PH_LOAN_DUE,
	PH_LOAN_HOLD
};
enum {
	PH_RENEW_COPY,
	PH_RENEW_CARD,
	PH_RENEW_LOAN,
	PH_RENEW_TERM,
	PH_RENEW_DUE
};
enum {
	PH_RETURN_COPY
};
enum {
	PH_USE_COPY,
	PH_USE_COUNT
};
enum {
	PH_VISIT_COUNT,
	PH_VISIT_BAND,
	PH_VISIT_WOMEN,
	PH_VISIT_PURPOSE
};
enum {
	PH_VOID_TARGET,
	PH_VOID_REASON
};
enum {
	PH_SITE_SITE,
	PH_SITE_CODE,
	PH_SITE_NAME,
	PH_SITE_COMMUNE,
	PH_SITE_KIND,
	PH_SITE_STATUS,
	PH_SITE_SEEN
};
enum {
	PH_COMMUNE_CODE,
	PH_COMMUNE_NAME,
	PH_COMMUNE_TYPE,
	PH_COMMUNE_FROM,
	PH_COMMUNE_SEEN
};
enum {
	PH_ADMIT_DEVICE,
	PH_ADMIT_KEY,
	PH_ADMIT_SITE,
	PH_ADMIT_ROLE,
	PH_ADMIT_INVITE
};
enum {
	PH_POLICY_NAME,
	PH_POLICY_VALUE,
	PH_POLICY_SEEN
};

/* Values of enums that code has to name; the names stand in the table. */
enum {
	PH_STATUS_OPEN,
	PH_STATUS_CLOSED
};
enum {
	PH_BAND_CHILD,
	PH_BAND_YOUTH,
	PH_BAND_ADULT,
	PH_BAND_ELDER
};
enum {
	PH_SURE_NONE,
	PH_SURE_RTC,
	PH_SURE_PERSON,
	PH_SURE_NETWORK,
	PH_SURE_HUB
};

#endif
