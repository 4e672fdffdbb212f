/*
 * common/ledger/cases.c - names, ids and digests of cases.
 */
#include "common/ledger/cases.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

static const char *const names[PH_CASE_KINDS] = {
	[PH_CASE_TWO_PLACES] = "two-places",
	[PH_CASE_MAYBE_RETURNED] = "maybe-returned",
	[PH_CASE_LENT_IN_CRATE] = "lent-in-crate",
	[PH_CASE_TWO_TITLES] = "two-titles",
	[PH_CASE_CRATE_COUNT] = "crate-count",
	[PH_CASE_SAME_READER] = "same-reader",
	[PH_CASE_SAME_TITLE] = "same-title",
	[PH_CASE_BLOCKED_CARD] = "blocked-card",
	[PH_CASE_STAMP] = "stamp",
	[PH_CASE_RESTORED] = "restored",
	[PH_CASE_CLONED] = "cloned",
	[PH_CASE_FORKED] = "forked",
	[PH_CASE_INVITE_USED_TWICE] = "invite-used-twice",
	[PH_CASE_AFTER_CUT] = "after-cut",
	[PH_CASE_OPAQUE] = "opaque",
	[PH_CASE_FOREIGN_LOG] = "foreign-log",
	[PH_CASE_LATE_INVITE] = "late-invite",
	[PH_CASE_ERASED_MERGED] = "erased-merged",
};

const char *ph_case_name(unsigned kind)
{
	return kind < PH_CASE_KINDS ? names[kind] : NULL;
}

unsigned ph_case_named(const char *name)
{
	for (unsigned kind = 1; kind < PH_CASE_KINDS; kind++) {
		if (strcmp(names[kind], name) == 0) {
			return kind;
		}
	}
	return 0;
}

const char *ph_case_status_name(enum ph_case_status status)
{
	static const char *const statuses[] = { "open", "decided", "reopened", "gone" };

	return statuses[status];
}

void ph_case_id(uint8_t out[static PH_CASE_ID_SIZE], unsigned kind, struct ph_view anchor)
{
	static const char context[] = "packhorse case 1";
	uint8_t byte = (uint8_t)kind;
	crypto_generichash_state hash;

	crypto_generichash_init(&hash, NULL, 0, PH_CASE_ID_SIZE);
	crypto_generichash_update(&hash, (const uint8_t *)context, sizeof context - 1);
	crypto_generichash_update(&hash, &byte, 1);
	crypto_generichash_update(&hash, anchor.data, anchor.len);
	crypto_generichash_final(&hash, out, PH_CASE_ID_SIZE);
}

void ph_case_facts(uint8_t out[static PH_CASE_FACTS_SIZE], const struct ph_ref *refs,
		   size_t n)
{
	static const char context[] = "packhorse case facts 1";
	crypto_generichash_state hash;

	crypto_generichash_init(&hash, NULL, 0, PH_CASE_FACTS_SIZE);
	crypto_generichash_update(&hash, (const uint8_t *)context, sizeof context - 1);
	for (size_t i = 0; i < n; i++) {
		struct ph_entity_key key = ph_key_ref(PH_ENTITY_EVENT, &refs[i]);

		crypto_generichash_update(&hash, key.id, key.len);
	}
	crypto_generichash_final(&hash, out, PH_CASE_FACTS_SIZE);
}

void ph_case_row_deinit(struct ph_case_row *row)
{
	free(row->refs);
	free(row->sites);
	*row = (struct ph_case_row){ 0 };
}
