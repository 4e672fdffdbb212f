/*
 * common/log/kinds.c - the table of entry kinds.
 *
 * To add a field: put it at the end of its kind, here and in the enum of kinds.h,
 * and regenerate docs/KINDS.md. To add a kind: a new number in its family's block.
 * Older programs keep and relay what they do not know (docs/LOG.md, "Entry"), so
 * nothing here is ever removed, renumbered, narrowed or given another meaning.
 *
 * Nothing in this file can fail.
 */
#include "common/log/kinds.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "common/base/limits.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define REQ          PH_F_REQUIRED
#define REG          PH_F_REGISTER
#define PH_SITE_MAX  999999
#define TIME_MAX     (UINT64_C(1) << 40)

#define UINT(title, lo, hi, how, words)                                                  \
	{                                                                                \
		.name = title, .type = PH_T_UINT, .min = lo, .max = hi, .flags = how,    \
		.doc = words                                                             \
	}
#define ENUM(title, list, how, words)                                                    \
	{                                                                                \
		.name = title, .type = PH_T_ENUM, .max = COUNT(list), .flags = how,      \
		.names = list, .doc = words                                              \
	}
#define DAY(title, how, words)                                                           \
	{                                                                                \
		.name = title, .type = PH_T_DAY, .max = PH_DAY_MAX, .flags = how,        \
		.doc = words                                                             \
	}
#define TEXT(title, hi, how, words)                                                      \
	{                                                                                \
		.name = title, .type = PH_T_TEXT, .min = 1, .max = hi, .flags = how,     \
		.doc = words                                                             \
	}
#define DIGITS(title, size, how, words)                                                  \
	{                                                                                \
		.name = title, .type = PH_T_TEXT, .min = size, .max = size,              \
		.flags = how, .rule = PH_TEXT_DIGITS, .doc = words                       \
	}
#define LETTERS(title, size, how, words)                                                 \
	{                                                                                \
		.name = title, .type = PH_T_TEXT, .min = size, .max = size,              \
		.flags = how, .rule = PH_TEXT_LETTERS, .doc = words                      \
	}
#define BYTES(title, hi, how, words)                                                     \
	{                                                                                \
		.name = title, .type = PH_T_BYTES, .min = 1, .max = hi, .flags = how,    \
		.doc = words                                                             \
	}
#define FIXED(title, size, how, words)                                                   \
	{                                                                                \
		.name = title, .type = PH_T_FIXED, .min = size, .max = size,             \
		.flags = how, .doc = words                                               \
	}
#define REF(title, how, words)                                                           \
	{                                                                                \
		.name = title, .type = PH_T_REF, .flags = how, .doc = words              \
	}
#define HEAD(title, how, words)                                                          \
	{                                                                                \
		.name = title, .type = PH_T_HEAD, .flags = how, .doc = words             \
	}
#define COPY(how, words)                                                                 \
	{                                                                                \
		.name = "copy", .type = PH_T_COPY_ID, .min = 1, .max = PH_CODE_MAX,      \
		.flags = how, .doc = words                                               \
	}
#define CARD(how, words)                                                                 \
	{                                                                                \
		.name = "card", .type = PH_T_CARD_ID, .min = 1, .max = PH_CODE_MAX,      \
		.flags = how, .doc = words                                               \
	}
#define SEEN                                                                             \
	{                                                                                \
		.name = "seen", .type = PH_T_SEEN, .max = PH_SEEN_MAX,                   \
		.doc = "for each register it puts, the puts whose values its writer "    \
		       "saw there"                                                       \
	}

static const char *const sure_names[] = { "none", "rtc", "person", "network", "hub" };
static const char *const band_names[] = { "child", "youth", "adult", "elder" };
static const char *const acquisition_names[] = { "budget", "donation", "project",
						 "exchange", "other" };
static const char *const purpose_names[] = { "reading",  "borrowing", "study",
					     "internet", "event",     "other" };
static const char *const reason_names[] = { "mistake", "duplicate", "test", "other" };
static const char *const site_kind_names[] = { "provincial-library",
					       "commune-library",
					       "learning-centre",
					       "post-office",
					       "law-bookcase",
					       "school-library",
					       "police-library",
					       "border-post",
					       "economic-defence",
					       "private-library",
					       "van" };
static const char *const status_names[] = { "open", "closed" };
static const char *const commune_names[] = { "xa", "phuong" };

static const struct ph_field open_fields[] = {
	[PH_OPEN_KEY] = FIXED("device_key", 32, REQ, "Ed25519 key that seals this log"),
	[PH_OPEN_NONCE] = FIXED("nonce", 16, REQ, "random; makes the log id"),
	[PH_OPEN_SITE] = UINT("site", 0, PH_SITE_MAX, REQ,
			      "site of the device, as in its certificate; 0: the hub"),
	[PH_OPEN_SOFTWARE] = TEXT("software", 32, 0, "program and version"),
	[PH_OPEN_TABLE] = FIXED("table", 8, 0, "hash of the kind table it was made with"),
	[PH_OPEN_CONTINUES] =
		HEAD("continues", 0, "head of the log that it goes on from"),
};

static const struct ph_field mark_fields[] = {
	[PH_MARK_BOOT] = FIXED("boot", 8, REQ, "which start of the machine"),
	[PH_MARK_MONO] = UINT("mono", 0, TIME_MAX, REQ, "seconds since that start"),
	[PH_MARK_WALL] = UINT("wall", 0, TIME_MAX, REQ,
			      "seconds since 1970 UTC, as the machine claims"),
	[PH_MARK_SURE] = ENUM("sure", sure_names, 0, "where that time comes from"),
};

static const struct ph_field reader_fields[] = {
	[PH_READER_READER] = REF("reader", 0,
				 "first entry of the reader; unset: this one names a "
				 "new reader"),
	[PH_READER_COMMUNE] =
		DIGITS("commune", 5, REG, "code of the commune of residence"),
	[PH_READER_BAND] = ENUM("band", band_names, REG, "age band when it was put"),
	[PH_READER_SETS] = UINT("sets", 1, 63, 0,
				"which sealed fields are set: bit i for sealed field i"),
	[PH_READER_COMMIT] = FIXED("commit", 32, 0, "BLAKE2b-256 of the sealed part"),
	[PH_READER_SEEN] = SEEN,
};

static const struct ph_field reader_sealed[] = {
	[PH_READER_S_NAME] = TEXT("name", 200, REG, "full name"),
	[PH_READER_S_BORN] = UINT("born", 1, 2999, REG, "year of birth"),
	[PH_READER_S_TELEPHONE] = TEXT("telephone", 40, REG, "as the person gives it"),
	[PH_READER_S_ADDRESS] = TEXT("address", 300, REG, "where the person lives"),
	[PH_READER_S_GUARDIAN] = TEXT("guardian", 200, REG, "who answers for a child"),
	[PH_READER_S_NOTE] = TEXT("note", 1000, REG, "free text"),
};

static const struct ph_field card_fields[] = {
	[PH_CARD_CARD] = CARD(REQ, "the card handed out"),
	[PH_CARD_READER] = REF("reader", REQ, "first entry of its reader"),
};

static const struct ph_field title_fields[] = {
	[PH_TITLE_TITLE] = REF("title", 0,
			       "first entry of the title; unset: this one names a new "
			       "title"),
	[PH_TITLE_NAME] = TEXT("name", 1000, REG, "title proper and remainder"),
	[PH_TITLE_AUTHOR] = TEXT("author", 300, REG, "first author"),
	[PH_TITLE_YEAR] = UINT("year", 0, 2999, REG, "year of publication"),
	[PH_TITLE_ISBN] = TEXT("isbn", 17, REG, "as printed, without words"),
	[PH_TITLE_LANGUAGE] = LETTERS("language", 3, REG, "ISO 639-3 code"),
	[PH_TITLE_PUBLISHER] = TEXT("publisher", 300, REG, "who published it"),
	[PH_TITLE_PLACE] = TEXT("place", 200, REG, "place of publication"),
	[PH_TITLE_VOLUME] = TEXT("volume", 100, REG, "number or name of the part"),
	[PH_TITLE_CLASS] = TEXT("class", 60, REG, "class number"),
	[PH_TITLE_LAW] = UINT("law", 0, 1, REG, "1: a law document"),
	[PH_TITLE_REST] = BYTES("rest", 24 * 1024, REG,
				"MARC fields that stand nowhere else, whole"),
	[PH_TITLE_SEEN] = SEEN,
};

static const struct ph_field copy_fields[] = {
	[PH_COPY_COPY] = COPY(REQ, "the copy"),
	[PH_COPY_TITLE] = REF("title", REG, "first entry of its title"),
	[PH_COPY_OWNER] = UINT("owner", 0, PH_SITE_MAX, REG, "site that owns it"),
	[PH_COPY_ACQUISITION] =
		ENUM("acquisition", acquisition_names, REG, "how it was come by"),
	[PH_COPY_PRICE] = UINT("price", 0, UINT64_C(1000000000000), REG, "in đồng"),
	[PH_COPY_SHELF] = TEXT("shelf", 60, REG, "call number"),
	[PH_COPY_SEEN] = SEEN,
};

static const struct ph_field loan_fields[] = {
	[PH_LOAN_COPY] = COPY(REQ, "the copy that went out"),
	[PH_LOAN_CARD] = CARD(REQ, "the card it went out on"),
	[PH_LOAN_TERM] = UINT("term", 0, 3650, 0, "days until it is due"),
	[PH_LOAN_DUE] = DAY("due", 0, "day chosen by hand instead of a term"),
	[PH_LOAN_HOLD] = REF("hold", 0, "the hold that it fills"),
};

static const struct ph_field renew_fields[] = {
	[PH_RENEW_COPY] = COPY(REQ, "the copy"),
	[PH_RENEW_CARD] = CARD(0, "the card it is out on"),
	[PH_RENEW_LOAN] = REF("loan", 0, "the loan, if it is known"),
	[PH_RENEW_TERM] = UINT("term", 0, 3650, 0, "days until it is due"),
	[PH_RENEW_DUE] = DAY("due", 0, "day chosen by hand instead of a term"),
};

static const struct ph_field return_fields[] = {
	[PH_RETURN_COPY] = COPY(REQ, "the copy that came back"),
};

static const struct ph_field use_fields[] = {
	[PH_USE_COPY] = COPY(REQ, "the copy that was read on the spot"),
	[PH_USE_COUNT] = UINT("count", 1, 100000, 0, "how often; unset: once"),
};

static const struct ph_field visit_fields[] = {
	[PH_VISIT_COUNT] = UINT("count", 1, 100000, 0, "how many came; unset: one"),
	[PH_VISIT_BAND] = ENUM("band", band_names, 0, "age band of all of them"),
	[PH_VISIT_WOMEN] = UINT("women", 0, 100000, 0, "how many of them are women"),
	[PH_VISIT_PURPOSE] = ENUM("purpose", purpose_names, 0, "what they came for"),
};

static const struct ph_field void_fields[] = {
	[PH_VOID_TARGET] = REF("target", REQ, "the entry that is to count no more"),
	[PH_VOID_REASON] = ENUM("reason", reason_names, 0, "why"),
};

static const struct ph_field site_fields[] = {
	[PH_SITE_SITE] = UINT("site", 1, PH_SITE_MAX, REQ, "number of the site"),
	[PH_SITE_CODE] = TEXT("code", 32, REG, "short name, as commands take it"),
	[PH_SITE_NAME] = TEXT("name", 200, REG, "name for people"),
	[PH_SITE_COMMUNE] = DIGITS("commune", 5, REG, "code of the commune it stands in"),
	[PH_SITE_KIND] = ENUM("site_kind", site_kind_names, REG, "what kind of site"),
	[PH_SITE_STATUS] = ENUM("status", status_names, REG, "whether it works"),
	[PH_SITE_SEEN] = SEEN,
};

static const struct ph_field commune_fields[] = {
	[PH_COMMUNE_CODE] = DIGITS("code", 5, REQ, "official code"),
	[PH_COMMUNE_NAME] = TEXT("name", 200, REG, "name without xã or phường"),
	[PH_COMMUNE_TYPE] = ENUM("type", commune_names, REG, "xã or phường"),
	[PH_COMMUNE_FROM] = DAY("from", REG, "valid from"),
	[PH_COMMUNE_SEEN] = SEEN,
};

static const struct ph_field admit_fields[] = {
	[PH_ADMIT_DEVICE] = FIXED("device", 16, REQ, "device id"),
	[PH_ADMIT_KEY] = FIXED("key", 32, REQ, "its Ed25519 key"),
	[PH_ADMIT_SITE] = UINT("site", 0, PH_SITE_MAX, REQ, "its site"),
	[PH_ADMIT_ROLE] = UINT("role", 1, 3, REQ, "1 site, 2 courier, 3 both"),
	[PH_ADMIT_INVITE] = FIXED("invite", 16, 0, "id of the invite it used"),
};

static const struct ph_field policy_fields[] = {
	[PH_POLICY_NAME] = TEXT("name", 64, REQ, "name of the setting"),
	[PH_POLICY_VALUE] = TEXT("value", 1000, REG, "its value"),
	[PH_POLICY_SEEN] = SEEN,
};

#define FIELDS(list)             .fields = list, .n_fields = COUNT(list)
#define PAIR(how, first, second) .pair = { .rule = how, .a = first, .b = second }
#define ANYBODY                  (PH_ROLE_BOTH | PH_ROLE_HUB)

const struct ph_kind ph_kinds[] = {
	{ .number = PH_KIND_OPEN,
	  .name = "open",
	  .family = "log",
	  .writers = ANYBODY,
	  .must_understand = true,
	  FIELDS(open_fields),
	  .doc = "First entry of every log: whose it is." },
	{ .number = PH_KIND_CLOCK_MARK,
	  .name = "clock-mark",
	  .family = "log",
	  .writers = ANYBODY,
	  FIELDS(mark_fields),
	  .doc = "What the clocks say; written at each start and after each jump." },
	{ .number = PH_KIND_READER_PUT,
	  .name = "reader-put",
	  .family = "readers",
	  .writers = PH_ROLE_SITE,
	  FIELDS(reader_fields),
	  .sealed = reader_sealed,
	  .n_sealed = COUNT(reader_sealed),
	  .sets = PH_READER_SETS,
	  .commit = PH_READER_COMMIT,
	  .doc = "Registers a reader, or changes what is known of one." },
	{ .number = PH_KIND_CARD_ISSUE,
	  .name = "card-issue",
	  .family = "readers",
	  .writers = PH_ROLE_SITE,
	  FIELDS(card_fields),
	  .doc = "A card is handed to a reader." },
	{ .number = PH_KIND_TITLE_PUT,
	  .name = "title-put",
	  .family = "catalogue",
	  .writers = PH_ROLE_SITE,
	  FIELDS(title_fields),
	  .doc = "Describes a title, or changes its description." },
	{ .number = PH_KIND_COPY_PUT,
	  .name = "copy-put",
	  .family = "catalogue",
	  .writers = PH_ROLE_SITE,
	  FIELDS(copy_fields),
	  .doc = "Names a copy, or changes what is known of it." },
	{ .number = PH_KIND_LOAN,
	  .name = "loan",
	  .family = "circulation",
	  .writers = PH_ROLE_SITE,
	  FIELDS(loan_fields),
	  PAIR(PH_PAIR_NOT_BOTH, PH_LOAN_TERM, PH_LOAN_DUE),
	  .doc = "A copy leaves with a reader." },
	{ .number = PH_KIND_RENEW,
	  .name = "renew",
	  .family = "circulation",
	  .writers = PH_ROLE_SITE,
	  FIELDS(renew_fields),
	  PAIR(PH_PAIR_NOT_BOTH, PH_RENEW_TERM, PH_RENEW_DUE),
	  .doc = "A loan is prolonged." },
	{ .number = PH_KIND_RETURN,
	  .name = "return",
	  .family = "circulation",
	  .writers = PH_ROLE_SITE,
	  FIELDS(return_fields),
	  .doc = "A copy comes back." },
	{ .number = PH_KIND_IN_HOUSE_USE,
	  .name = "in-house-use",
	  .family = "circulation",
	  .writers = PH_ROLE_SITE,
	  FIELDS(use_fields),
	  .doc = "A copy is read on the spot." },
	{ .number = PH_KIND_VISIT,
	  .name = "visit",
	  .family = "attendance",
	  .writers = PH_ROLE_SITE,
	  FIELDS(visit_fields),
	  PAIR(PH_PAIR_NOT_ABOVE, PH_VISIT_WOMEN, PH_VISIT_COUNT),
	  .doc = "People come to the library; counted, never named." },
	{ .number = PH_KIND_VOID,
	  .name = "void",
	  .family = "repair",
	  .writers = PH_ROLE_SITE | PH_ROLE_HUB,
	  FIELDS(void_fields),
	  .doc = "One entry is to count no more." },
	{ .number = PH_KIND_SITE_PUT,
	  .name = "site-put",
	  .family = "hub",
	  .writers = PH_ROLE_HUB,
	  FIELDS(site_fields),
	  .doc = "Names a site, or changes what is known of it." },
	{ .number = PH_KIND_COMMUNE_PUT,
	  .name = "commune-put",
	  .family = "hub",
	  .writers = PH_ROLE_HUB,
	  FIELDS(commune_fields),
	  .doc = "Names a commune, or changes what is known of it." },
	{ .number = PH_KIND_DEVICE_ADMIT,
	  .name = "device-admit",
	  .family = "hub",
	  .writers = PH_ROLE_HUB,
	  FIELDS(admit_fields),
	  .doc = "The hub has taken a device in." },
	{ .number = PH_KIND_POLICY_PUT,
	  .name = "policy-put",
	  .family = "hub",
	  .writers = PH_ROLE_HUB,
	  FIELDS(policy_fields),
	  .doc = "A setting of the province." },
};
const size_t ph_kinds_count = COUNT(ph_kinds);

const struct ph_kind *ph_kind_find(uint64_t number)
{
	for (size_t i = 0; i < ph_kinds_count; i++) {
		if (ph_kinds[i].number == number) {
			return &ph_kinds[i];
		}
	}
	return NULL;
}

const struct ph_kind *ph_kind_named(struct ph_view name)
{
	for (size_t i = 0; i < ph_kinds_count; i++) {
		if (ph_view_equal(ph_view_str(ph_kinds[i].name), name)) {
			return &ph_kinds[i];
		}
	}
	return NULL;
}

static int field_named(const struct ph_field *fields, uint32_t n, const char *name)
{
	for (uint32_t i = 0; i < n; i++) {
		if (strcmp(fields[i].name, name) == 0) {
			return (int)i;
		}
	}
	return -1;
}

int ph_kind_field(const struct ph_kind *kind, const char *name)
{
	return field_named(kind->fields, kind->n_fields, name);
}

int ph_kind_sealed_field(const struct ph_kind *kind, const char *name)
{
	return field_named(kind->sealed, kind->n_sealed, name);
}

int ph_kind_seen(const struct ph_kind *kind)
{
	for (uint32_t i = 0; i < kind->n_fields; i++) {
		if (kind->fields[i].type == PH_T_SEEN) {
			return (int)i;
		}
	}
	return -1;
}

int ph_field_enum(const struct ph_field *field, struct ph_view name)
{
	if (field->type != PH_T_ENUM) {
		return -1;
	}
	for (uint64_t i = 0; i < field->max; i++) {
		if (ph_view_equal(ph_view_str(field->names[i]), name)) {
			return (int)i;
		}
	}
	return -1;
}

/* Pieces of a line, so that no memory has to be asked for; every piece is of this file. */
__attribute__((format(printf, 2, 3))) static void hash_piece(
	crypto_generichash_state *state, const char *format, ...)
{
	char piece[160];
	va_list args;

	va_start(args, format);
	int len = vsnprintf(piece, sizeof(piece), format, args);
	va_end(args);
	assert(len >= 0 && (size_t)len < sizeof(piece));
	crypto_generichash_update(state, (const uint8_t *)piece, (size_t)len);
}

static void hash_fields(crypto_generichash_state *state, const char *word,
			const struct ph_field *fields, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct ph_field *field = &fields[i];

		hash_piece(state, "%s %" PRIu32 " %s %d %" PRIu64 " %" PRIu64 " %u %d",
			   word, i, field->name, (int)field->type, field->min, field->max,
			   field->flags, (int)field->rule);
		for (uint64_t v = 0; field->names && v < field->max; v++) {
			hash_piece(state, "%c%s", v ? ',' : ' ', field->names[v]);
		}
		hash_piece(state, "\n");
	}
}

void ph_kinds_hash(uint8_t out[static 8])
{
	crypto_generichash_state state;
	uint8_t hash[crypto_generichash_BYTES];

	crypto_generichash_init(&state, NULL, 0, sizeof(hash));
	for (size_t i = 0; i < ph_kinds_count; i++) {
		const struct ph_kind *kind = &ph_kinds[i];

		hash_piece(&state, "kind %" PRIu32 " %s %u %d\n", kind->number,
			   kind->name, kind->writers, (int)kind->must_understand);
		hash_fields(&state, "field", kind->fields, kind->n_fields);
		hash_fields(&state, "sealed", kind->sealed, kind->n_sealed);
		if (kind->pair.rule != PH_PAIR_NONE) {
			hash_piece(&state, "pair %d %u %u\n", (int)kind->pair.rule,
				   kind->pair.a, kind->pair.b);
		}
	}
	crypto_generichash_final(&state, hash, sizeof(hash));
	memcpy(out, hash, 8);
}
