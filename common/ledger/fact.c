/*
 * common/ledger/fact.c - facts: their time, their order, and who may say what.
 *
 * A told time (`when`) counts as its second; else the stamp counts, but never less
 * than a clock-mark before it in the same log. Nothing here fails but for memory:
 * what is not a fact never gets this far.
 */
#include "common/ledger/fact.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/log/chain.h"

void ph_fact_init(struct ph_fact *fact, const struct ph_log *log, uint64_t n,
		  struct ph_view bytes, const struct ph_entry *entry, uint64_t floor)
{
	uint8_t hash[PH_HASH_SIZE];

	*fact = (struct ph_fact){ .log_site = log->site, .bytes = bytes };
	fact->site = entry->extras.behalf != 0 ? entry->extras.behalf : log->site;
	memcpy(fact->ref.log_id, log->id, sizeof fact->ref.log_id);
	fact->ref.n = n;
	ph_entry_hash(bytes, hash);
	memcpy(fact->ref.hash, hash, sizeof fact->ref.hash);
	if (entry->extras.when != PH_WHEN_NONE) {
		fact->second = ph_entry_effective(entry);
		fact->told = true;
		fact->unsure = entry->extras.when == PH_WHEN_MINUTE ? PH_UNSURE_MINUTE
								    : PH_UNSURE_DAY;
	} else {
		uint64_t stamp = entry->stamp > floor ? entry->stamp : floor;

		fact->second = ph_stamp_seconds(stamp);
		fact->tick = (uint16_t)stamp;
		fact->unsure = PH_UNSURE_NONE;
	}
	if (fact->second > PH_FACT_SECOND_MAX) {
		fact->second = PH_FACT_SECOND_MAX;
	} else if (fact->second < -PH_FACT_SECOND_MAX) {
		fact->second = -PH_FACT_SECOND_MAX;
	}
}

int ph_fact_entry(const struct ph_fact *fact, struct ph_entry *entry)
{
	int rc = ph_entry_decode(fact->bytes, entry);

	return rc > 0 ? -EUCLEAN : rc;
}

int ph_fact_compare(const struct ph_fact *a, const struct ph_fact *b)
{
	if (a->second != b->second) {
		return a->second < b->second ? -1 : 1;
	}
	if (a->tick != b->tick) {
		return a->tick < b->tick ? -1 : 1;
	}
	if (a->rank != b->rank) {
		return a->rank < b->rank ? -1 : 1;
	}
	return ph_ref_compare(&a->ref, &b->ref);
}

static int compare_items(const void *a, const void *b)
{
	return ph_fact_compare(a, b);
}

int ph_facts_sort(struct ph_fact *facts, size_t n)
{
	if (n > 1) {
		qsort(facts, n, sizeof *facts, compare_items);
	}
	return 0;
}

bool ph_fact_creates(const struct ph_entry *entry)
{
	switch (entry->number) {
	case PH_KIND_TITLE_PUT:
		return !entry->field[PH_TITLE_TITLE].set;
	case PH_KIND_READER_PUT:
		return !entry->field[PH_READER_READER].set;
	default:
		return false;
	}
}

bool ph_fact_opens(const struct ph_entry *entry, const struct ph_log *log)
{
	uint8_t id[PH_LOG_ID_SIZE];

	if (entry->number != PH_KIND_OPEN ||
	    !(entry->kind->writers & ph_fact_role(log))) {
		return false;
	}

	struct ph_view key = entry->field[PH_OPEN_KEY].as.bytes;
	struct ph_view nonce = entry->field[PH_OPEN_NONCE].as.bytes;

	if (!entry->field[PH_OPEN_KEY].set || !entry->field[PH_OPEN_NONCE].set ||
	    nonce.len != PH_NONCE_SIZE ||
	    !ph_view_equal(key, PH_VIEW(log->key, sizeof log->key))) {
		return false;
	}
	ph_log_id(id, key.data, nonce.data);

	/* An unset site is the hub's. */
	uint64_t site =
		entry->field[PH_OPEN_SITE].set ? entry->field[PH_OPEN_SITE].as.uint : 0;

	return memcmp(id, log->id, sizeof id) == 0 && site == log->site;
}

unsigned ph_fact_role(const struct ph_log *log)
{
	return log->site == 0 ? PH_ROLE_HUB : (unsigned)log->role & PH_ROLE_BOTH;
}

bool ph_fact_void_counts(uint64_t target_log, uint64_t target_site, uint64_t void_log,
			 uint64_t void_site, bool same_log)
{
	if (target_log == 0) {
		return same_log;
	}
	if (void_log == 0) {
		return true;
	}
	return void_log == target_log || void_log == target_site ||
	       void_site == target_log || void_site == target_site;
}
