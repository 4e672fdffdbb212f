/*
 * common/log/kinds_copy.c - the kind table: catalogue, circulation, the life of a copy.
 *
 * What may be changed here, and what never: kinds.c.
 */
#include "common/log/kinds_table.h"

static const char *const acquisition_names[] = { "budget", "donation", "project",
						 "exchange", "other" };
static const char *const alias_names[] = { "relabelled", "same" };
static const char *const sighting_names[] = { "stock-take", "found" };
static const char *const degree_names[] = { "worn", "damaged", "unusable" };
static const char *const withdrawal_names[] = { "worn", "lost", "obsolete", "other" };

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

static const struct ph_field title_merge_fields[] = {
	[PH_TITLE_MERGE_TITLE] = REF("title", REQ, "first entry of one title"),
	[PH_TITLE_MERGE_OTHER] = REF("other", REQ, "first entry of the other"),
};

static const struct ph_field title_unmerge_fields[] = {
	[PH_TITLE_UNMERGE_MERGES] =
		REFS("merges", 64, REQ, "the title-merge entries that it undoes"),
};

static const struct ph_field copy_fields[] = {
	[PH_COPY_COPY] = COPY(REQ | PACK(FRESH), "the copy"),
	[PH_COPY_TITLE] = REF("title", REG, "first entry of its title"),
	[PH_COPY_OWNER] = UINT("owner", 0, PH_SITE_MAX, REG, "site that owns it"),
	[PH_COPY_ACQUISITION] =
		ENUM("acquisition", acquisition_names, REG, "how it was come by"),
	[PH_COPY_PRICE] = UINT("price", 0, MONEY_MAX, REG, "in đồng"),
	[PH_COPY_SHELF] = TEXT("shelf", 60, REG, "call number"),
	[PH_COPY_SEEN] = SEEN,
};

static const struct ph_field alias_fields[] = {
	[PH_ALIAS_COPY] = COPY(REQ, "one name of the copy"),
	[PH_ALIAS_OTHER] = ID("other", PH_T_COPY_ID, REQ, "its other name"),
	[PH_ALIAS_REASON] = ENUM("reason", alias_names, 0,
				 "relabelled: it now carries `copy`, no more `other`; "
				 "same: it carries both"),
};

static const struct ph_field unalias_fields[] = {
	[PH_UNALIAS_ALIASES] =
		REFS("aliases", 64, REQ, "the copy-alias entries that it undoes"),
};

static const struct ph_field loan_fields[] = {
	[PH_LOAN_COPY] = COPY(REQ | PACK(GOES), "the copy that went out"),
	[PH_LOAN_CARD] = CARD(REQ | PACK(HOLDER), "the card it went out on"),
	[PH_LOAN_TERM] = UINT("term", 0, 3650, 0, "days until it is due"),
	[PH_LOAN_DUE] = DAY("due", 0, "day chosen by hand instead of a term"),
	[PH_LOAN_HOLD] = REF("hold", 0, "the hold that it fills"),
};

static const struct ph_field renew_fields[] = {
	[PH_RENEW_COPY] = COPY(REQ, "the copy"),
	[PH_RENEW_CARD] = CARD(PACK(HOLDER), "the card it is out on"),
	[PH_RENEW_LOAN] = REF("loan", 0, "the loan, if it is known"),
	[PH_RENEW_TERM] = UINT("term", 0, 3650, 0, "days until it is due"),
	[PH_RENEW_DUE] = DAY("due", 0, "day chosen by hand instead of a term"),
};

static const struct ph_field return_fields[] = {
	[PH_RETURN_COPY] = COPY(REQ | PACK(COMES), "the copy that came back"),
};

static const struct ph_field use_fields[] = {
	[PH_USE_COPY] = COPY(REQ, "the copy that was read on the spot"),
	[PH_USE_COUNT] = UINT("count", 1, 100000, 0, "how often; unset: once"),
};

static const struct ph_field sighting_fields[] = {
	[PH_SIGHTING_COPY] = COPY(REQ, "the copy that was seen here"),
	[PH_SIGHTING_PURPOSE] =
		ENUM("purpose", sighting_names, 0, "how it came to be seen"),
};

static const struct ph_field uncoded_loan_fields[] = {
	[PH_UNCODED_LOAN_CARD] = CARD(0, "the card they went out on"),
	[PH_UNCODED_LOAN_COUNT] = UINT("count", 1, 1000, REQ, "how many copies"),
	[PH_UNCODED_LOAN_TERM] = UINT("term", 0, 3650, 0, "days until they are due"),
	[PH_UNCODED_LOAN_DUE] = DAY("due", 0, "day chosen by hand instead of a term"),
	[PH_UNCODED_LOAN_TITLE] = REF("title", 0, "first entry of their title"),
};

static const struct ph_field uncoded_return_fields[] = {
	[PH_UNCODED_RETURN_CARD] = CARD(0, "the card they were out on"),
	[PH_UNCODED_RETURN_COUNT] = UINT("count", 1, 1000, REQ, "how many copies"),
};

static const struct ph_field missing_fields[] = {
	[PH_MISSING_COPY] = COPY(REQ, "the copy that should be here"),
};

static const struct ph_field reader_lost_fields[] = {
	[PH_READER_LOST_COPY] = COPY(REQ, "the copy"),
	[PH_READER_LOST_LOAN] = REF("loan", REQ, "the loan on which it was lost"),
};

static const struct ph_field damaged_fields[] = {
	[PH_DAMAGED_COPY] = COPY(REQ, "the copy"),
	[PH_DAMAGED_DEGREE] = ENUM("degree", degree_names, 0, "how badly"),
};

static const struct ph_field repaired_fields[] = {
	[PH_REPAIRED_COPY] = COPY(REQ, "the copy"),
};

static const struct ph_field withdrawn_fields[] = {
	[PH_WITHDRAWN_COPY] = COPY(REQ, "the copy"),
	[PH_WITHDRAWN_DECISION] = TEXT("decision", 60, REQ, "number of the decision"),
	[PH_WITHDRAWN_REASON] = ENUM("reason", withdrawal_names, 0, "why"),
};

static const struct ph_field reinstated_fields[] = {
	[PH_REINSTATED_COPY] = COPY(REQ, "the copy"),
	[PH_REINSTATED_DECISION] = TEXT("decision", 60, 0, "number of the decision"),
};

static const struct ph_kind kinds[] = {
	{ .number = PH_KIND_TITLE_PUT,
	  .name = "title-put",
	  .family = "catalogue",
	  .writers = SITE,
	  FIELDS(title_fields),
	  .doc = "Describes a title, or changes its description." },
	{ .number = PH_KIND_TITLE_MERGE,
	  .name = "title-merge",
	  .family = "catalogue",
	  .writers = SITE_HUB,
	  FIELDS(title_merge_fields),
	  .doc = "Two descriptions are of one title." },
	{ .number = PH_KIND_TITLE_UNMERGE,
	  .name = "title-unmerge",
	  .family = "catalogue",
	  .writers = SITE_HUB,
	  FIELDS(title_unmerge_fields),
	  .doc = "Merges of titles that its writer saw count no more." },
	{ .number = PH_KIND_COPY_PUT,
	  .name = "copy-put",
	  .family = "catalogue",
	  .writers = SITE,
	  FIELDS(copy_fields),
	  .doc = "Names a copy, or changes what is known of it." },
	{ .number = PH_KIND_COPY_ALIAS,
	  .name = "copy-alias",
	  .family = "catalogue",
	  .writers = SITE_HUB,
	  FIELDS(alias_fields),
	  .doc = "Two codes are of one copy." },
	{ .number = PH_KIND_COPY_UNALIAS,
	  .name = "copy-unalias",
	  .family = "catalogue",
	  .writers = SITE_HUB,
	  FIELDS(unalias_fields),
	  .doc = "Aliases of copies that its writer saw count no more." },
	{ .number = PH_KIND_LOAN,
	  .name = "loan",
	  .family = "circulation",
	  .writers = SITE,
	  FIELDS(loan_fields),
	  PAIR(PH_PAIR_NOT_BOTH, PH_LOAN_TERM, PH_LOAN_DUE),
	  .doc = "A copy leaves with a reader." },
	{ .number = PH_KIND_RENEW,
	  .name = "renew",
	  .family = "circulation",
	  .writers = SITE,
	  FIELDS(renew_fields),
	  PAIR(PH_PAIR_NOT_BOTH, PH_RENEW_TERM, PH_RENEW_DUE),
	  .doc = "A loan is prolonged." },
	{ .number = PH_KIND_RETURN,
	  .name = "return",
	  .family = "circulation",
	  .writers = SITE_HUB,
	  FIELDS(return_fields),
	  .doc = "A copy comes back." },
	{ .number = PH_KIND_IN_HOUSE_USE,
	  .name = "in-house-use",
	  .family = "circulation",
	  .writers = SITE,
	  FIELDS(use_fields),
	  .doc = "A copy is read on the spot." },
	{ .number = PH_KIND_SIGHTING,
	  .name = "sighting",
	  .family = "circulation",
	  .writers = SITE_HUB,
	  FIELDS(sighting_fields),
	  .doc = "A copy is on the shelf: somebody looked." },
	{ .number = PH_KIND_UNCODED_LOAN,
	  .name = "uncoded-loan",
	  .family = "circulation",
	  .writers = SITE,
	  FIELDS(uncoded_loan_fields),
	  PAIR(PH_PAIR_NOT_BOTH, PH_UNCODED_LOAN_TERM, PH_UNCODED_LOAN_DUE),
	  .doc = "Copies without a code leave with a reader; counted." },
	{ .number = PH_KIND_UNCODED_RETURN,
	  .name = "uncoded-return",
	  .family = "circulation",
	  .writers = SITE,
	  FIELDS(uncoded_return_fields),
	  .doc = "Copies without a code come back; counted." },
	{ .number = PH_KIND_COPY_MISSING,
	  .name = "copy-missing",
	  .family = "copy life",
	  .writers = SITE_HUB,
	  FIELDS(missing_fields),
	  .doc = "A copy is not where it should be." },
	{ .number = PH_KIND_READER_LOST,
	  .name = "reader-lost",
	  .family = "copy life",
	  .writers = SITE,
	  FIELDS(reader_lost_fields),
	  .doc = "A reader says that a copy on loan is lost." },
	{ .number = PH_KIND_DAMAGED,
	  .name = "damaged",
	  .family = "copy life",
	  .writers = SITE,
	  FIELDS(damaged_fields),
	  .doc = "A copy is found worn or damaged." },
	{ .number = PH_KIND_REPAIRED,
	  .name = "repaired",
	  .family = "copy life",
	  .writers = SITE,
	  FIELDS(repaired_fields),
	  .doc = "A damaged copy is sound again." },
	{ .number = PH_KIND_WITHDRAWN,
	  .name = "withdrawn",
	  .family = "copy life",
	  .writers = SITE_HUB,
	  FIELDS(withdrawn_fields),
	  .doc = "A copy is taken out of the stock." },
	{ .number = PH_KIND_REINSTATED,
	  .name = "reinstated",
	  .family = "copy life",
	  .writers = SITE_HUB,
	  FIELDS(reinstated_fields),
	  .doc = "A withdrawn copy is in the stock again." },
};
const struct ph_kind_run ph_kinds_copy = { kinds, COUNT(kinds) };
