/*
 * common/log/kinds_reader.c - the kind table: the log itself, and readers.
 *
 * What may be changed here, and what never: kinds.c.
 */
#include "common/log/kinds_table.h"

const char *const ph_band_names[] = { "child", "youth", "adult", "elder" };
static const char *const sure_names[] = { "none", "rtc", "person", "network", "hub" };
static const char *const why_names[] = { "clock", "restored", "cloned", "replaced" };
static const char *const given_names[] = { "given", "withdrawn" };
static const char *const who_names[] = { "reader", "guardian" };
static const char *const stop_names[] = { "lost", "damaged", "returned", "expired",
					  "other" };
static const char *const block_names[] = { "overdue", "debt", "conduct", "other" };

static const struct ph_field open_fields[] = {
	[PH_OPEN_KEY] = FIXED("device_key", 32, REQ, "Ed25519 key that seals this log"),
	[PH_OPEN_NONCE] = FIXED("nonce", 16, REQ, "random; makes the log id"),
	[PH_OPEN_SITE] = UINT("site", 0, PH_SITE_MAX, REQ,
			      "site of the device, as in its certificate; 0: the hub"),
	[PH_OPEN_SOFTWARE] = TEXT("software", 32, 0, "program and version"),
	[PH_OPEN_TABLE] = FIXED("table", 8, 0, "hash of the kind table it was made with"),
	[PH_OPEN_CONTINUES] =
		HEAD("continues", 0, "head of the log that it goes on from"),
	[PH_OPEN_WHY] = ENUM("why", why_names, 0, "why it goes on from another log"),
};

static const struct ph_field mark_fields[] = {
	[PH_MARK_BOOT] = FIXED("boot", 8, REQ, "which start of the machine"),
	[PH_MARK_MONO] = UINT("mono", 0, TIME_MAX, REQ, "seconds since that start"),
	[PH_MARK_WALL] = UINT("wall", 0, TIME_MAX, REQ | PACK(CLOCK),
			      "seconds since 1970 UTC, as the machine claims"),
	[PH_MARK_SURE] = ENUM("sure", sure_names, 0, "where that time comes from"),
};

static const struct ph_field note_fields[] = {
	[PH_NOTE_ABOUT] = REF("about", 0, "the entry it is about"),
	[PH_NOTE_SETS] = SETS(1),
	[PH_NOTE_COMMIT] = COMMIT,
};

static const struct ph_field note_sealed[] = {
	[PH_NOTE_S_TEXT] = TEXT("text", 1000, 0, "free text"),
};

static const struct ph_field reader_fields[] = {
	[PH_READER_READER] = REF("reader", 0,
				 "first entry of the reader; unset: this one names a "
				 "new reader"),
	[PH_READER_COMMUNE] =
		DIGITS("commune", 5, REG, "code of the commune of residence"),
	[PH_READER_BAND] = ENUM("band", ph_band_names, REG, "age band when it was put"),
	[PH_READER_SETS] = SETS(6),
	[PH_READER_COMMIT] = COMMIT,
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

static const struct ph_field consent_fields[] = {
	[PH_CONSENT_READER] = REF("reader", REQ, "first entry of the reader"),
	[PH_CONSENT_GIVEN] =
		ENUM("given", given_names, REQ, "whether it is given, or taken back"),
	[PH_CONSENT_WHO] = ENUM("who", who_names, 0, "who says so"),
	[PH_CONSENT_DAY] = DAY("day", 0, "day on which it was said or signed"),
	[PH_CONSENT_SETS] = SETS(1),
	[PH_CONSENT_COMMIT] = COMMIT,
};

static const struct ph_field consent_sealed[] = {
	[PH_CONSENT_S_GUARDIAN] =
		TEXT("guardian", 200, 0, "name of the guardian who says so"),
};

static const struct ph_field card_fields[] = {
	[PH_CARD_CARD] = CARD(REQ | PACK(FRESH), "the card handed out"),
	[PH_CARD_READER] = REF("reader", REQ, "first entry of its reader"),
};

static const struct ph_field card_stop_fields[] = {
	[PH_CARD_STOP_CARD] = CARD(REQ, "the card"),
	[PH_CARD_STOP_REASON] = ENUM("reason", stop_names, 0, "why"),
};

static const struct ph_field block_fields[] = {
	[PH_BLOCK_READER] = REF("reader", REQ, "first entry of the reader"),
	[PH_BLOCK_REASON] = ENUM("reason", block_names, 0, "why"),
	[PH_BLOCK_UNTIL] =
		DAY("until", 0, "last day on which it holds; unset: until it is lifted"),
};

static const struct ph_field unblock_fields[] = {
	[PH_UNBLOCK_READER] = REF("reader", REQ, "first entry of the reader"),
	[PH_UNBLOCK_BLOCKS] = REFS("blocks", 32, REQ, "the blocks it lifts"),
};

static const struct ph_field merge_fields[] = {
	[PH_READER_MERGE_READER] = REF("reader", REQ, "first entry of one reader"),
	[PH_READER_MERGE_OTHER] = REF("other", REQ, "first entry of the other"),
};

static const struct ph_field unmerge_fields[] = {
	[PH_READER_UNMERGE_MERGES] =
		REFS("merges", 64, REQ, "the reader-merge entries that it undoes"),
};

static const struct ph_kind kinds[] = {
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
	{ .number = PH_KIND_NOTE,
	  .name = "note",
	  .family = "log",
	  .writers = SITE_HUB,
	  FIELDS(note_fields),
	  SEALED(note_sealed, PH_NOTE_SETS, PH_NOTE_COMMIT),
	  .doc = "Something worth writing down that no other kind says." },
	{ .number = PH_KIND_READER_PUT,
	  .name = "reader-put",
	  .family = "readers",
	  .writers = SITE,
	  FIELDS(reader_fields),
	  SEALED(reader_sealed, PH_READER_SETS, PH_READER_COMMIT),
	  .doc = "Registers a reader, or changes what is known of one." },
	{ .number = PH_KIND_CONSENT,
	  .name = "consent",
	  .family = "readers",
	  .writers = SITE,
	  FIELDS(consent_fields),
	  SEALED(consent_sealed, PH_CONSENT_SETS, PH_CONSENT_COMMIT),
	  .doc = "Consent to the keeping of a reader's personal fields, given or taken "
		 "back." },
	{ .number = PH_KIND_CARD_ISSUE,
	  .name = "card-issue",
	  .family = "readers",
	  .writers = SITE,
	  FIELDS(card_fields),
	  .doc = "A card is handed to a reader." },
	{ .number = PH_KIND_CARD_STOP,
	  .name = "card-stop",
	  .family = "readers",
	  .writers = SITE_HUB,
	  FIELDS(card_stop_fields),
	  .doc = "A card is to be used no more." },
	{ .number = PH_KIND_READER_BLOCK,
	  .name = "reader-block",
	  .family = "readers",
	  .writers = SITE_HUB,
	  FIELDS(block_fields),
	  .doc = "A reader is to be lent nothing for now." },
	{ .number = PH_KIND_READER_UNBLOCK,
	  .name = "reader-unblock",
	  .family = "readers",
	  .writers = SITE_HUB,
	  FIELDS(unblock_fields),
	  .doc = "Blocks of a reader that its writer saw are lifted." },
	{ .number = PH_KIND_READER_MERGE,
	  .name = "reader-merge",
	  .family = "readers",
	  .writers = SITE_HUB,
	  FIELDS(merge_fields),
	  .doc = "Two registrations are of one person." },
	{ .number = PH_KIND_READER_UNMERGE,
	  .name = "reader-unmerge",
	  .family = "readers",
	  .writers = SITE_HUB,
	  FIELDS(unmerge_fields),
	  .doc = "Merges of readers that its writer saw count no more." },
};
const struct ph_kind_run ph_kinds_reader = { kinds, COUNT(kinds) };
