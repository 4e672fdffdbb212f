/*
 * common/ledger/indicator_asof.c - registers as of a day: the fold of those puts alone
 * that are not after it. And small readers of registers.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/ledger/facts.h"
#include "common/ledger/indicator_internal.h"

int64_t ph_reckon_day_of(const struct ph_fact *fact, const struct ph_entry *entry)
{
	(void)entry;
	return ph_day_of(fact->second);
}

int ph_reckon_as_of(const struct ph_entity_key *key, const struct ph_facts *facts,
		    int64_t (*day_of)(const struct ph_fact *fact,
				      const struct ph_entry *entry),
		    int64_t day, struct ph_buf *state, struct ph_record *record)
{
	struct ph_fact *some = calloc(facts->n + 1, sizeof *some);
	struct ph_entry *entry = malloc(sizeof *entry);
	size_t n = 0;
	int rc = some == NULL || entry == NULL ? -ENOMEM : 0;

	for (size_t i = 0; rc == 0 && i < facts->n; i++) {
		rc = ph_fact_entry(&facts->items[i], entry);
		if (rc == 0 && day_of(&facts->items[i], entry) <= day) {
			some[n++] = facts->items[i];
		}
	}
	state->len = 0;
	if (rc == 0 && n == 0) {
		rc = PH_LEDGER_E_NONE;
	}
	rc = rc != 0 ? rc : ph_record_fold(key, some, n, state);
	rc = rc != 0 ? rc
		     : ph_record_decode(ph_buf_view(state), ph_register_kind(key->type),
					record);
	free(entry);
	free(some);
	return rc;
}

void ph_reckon_text(const struct ph_record *record, unsigned field, char *out,
		    size_t size)
{
	const struct ph_register *got = ph_registers_get(&record->registers, field);
	size_t len = got == NULL || !got->value.set ? 0 : got->value.as.bytes.len;

	len = len < size ? len : size - 1;
	if (len > 0) {
		memcpy(out, got->value.as.bytes.data, len);
	}
	out[len] = '\0';
}

int64_t ph_reckon_number(const struct ph_record *record, unsigned field, int64_t fallback)
{
	const struct ph_register *got = ph_registers_get(&record->registers, field);

	return got == NULL || !got->value.set ? fallback : (int64_t)got->value.as.uint;
}

bool ph_reckon_day(const struct ph_record *record, unsigned field, int64_t *day_out)
{
	const struct ph_register *got = ph_registers_get(&record->registers, field);

	if (got == NULL || !got->value.set) {
		return false;
	}
	*day_out = got->value.as.day;
	return true;
}
