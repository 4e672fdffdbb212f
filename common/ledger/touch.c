/*
 * common/ledger/touch.c - which entities an entry names.
 *
 * Most kinds name one entity by a field, and the tally of their site and day. A
 * kind that names none (open, clock-mark, void) acts on logs and entries instead.
 */
#include "common/ledger/touch.h"

#include "common/base/clock.h"

#include "common/ledger/tally.h"

static size_t touch_id(enum ph_entity type, const struct ph_value *value,
		       struct ph_entity_key *key)
{
	return value->set && ph_key_id(type, &value->as.id, key) ? 1 : 0;
}

static size_t touch_bytes(enum ph_entity type, const struct ph_value *value,
			  struct ph_entity_key *key)
{
	return value->set && ph_key_bytes(type, value->as.bytes, key) ? 1 : 0;
}

/* What a put names by reference, or, unset, itself. */
static size_t touch_ref(enum ph_entity type, const struct ph_fact *fact,
			const struct ph_value *value, struct ph_entity_key *key)
{
	*key = ph_key_ref(type, value->set ? &value->as.ref : &fact->ref);
	return 1;
}

static size_t touch_named(const struct ph_fact *fact, const struct ph_entry *entry,
			  struct ph_entity_key *key)
{
	const struct ph_value *field = entry->field;

	switch (entry->number) {
	case PH_KIND_READER_PUT:
		return touch_ref(PH_ENTITY_READER, fact, &field[PH_READER_READER], key);
	case PH_KIND_CARD_ISSUE:
		return touch_id(PH_ENTITY_CARD, &field[PH_CARD_CARD], key);
	case PH_KIND_TITLE_PUT:
		return touch_ref(PH_ENTITY_TITLE, fact, &field[PH_TITLE_TITLE], key);
	case PH_KIND_COPY_PUT:
		return touch_id(PH_ENTITY_COPY, &field[PH_COPY_COPY], key);
	case PH_KIND_LOAN:
		return touch_id(PH_ENTITY_COPY, &field[PH_LOAN_COPY], key);
	case PH_KIND_RENEW:
		return touch_id(PH_ENTITY_COPY, &field[PH_RENEW_COPY], key);
	case PH_KIND_RETURN:
		return touch_id(PH_ENTITY_COPY, &field[PH_RETURN_COPY], key);
	case PH_KIND_IN_HOUSE_USE:
		return touch_id(PH_ENTITY_COPY, &field[PH_USE_COPY], key);
	case PH_KIND_SITE_PUT:
		*key = ph_key_number(PH_ENTITY_SITE, field[PH_SITE_SITE].as.uint);
		return field[PH_SITE_SITE].set ? 1 : 0;
	case PH_KIND_COMMUNE_PUT:
		return touch_bytes(PH_ENTITY_COMMUNE, &field[PH_COMMUNE_CODE], key);
	case PH_KIND_DEVICE_ADMIT:
		return touch_bytes(PH_ENTITY_DEVICE, &field[PH_ADMIT_DEVICE], key);
	case PH_KIND_POLICY_PUT:
		return touch_bytes(PH_ENTITY_POLICY, &field[PH_POLICY_NAME], key);
	default:
		return 0;
	}
}

size_t ph_touch(const struct ph_fact *fact, const struct ph_entry *entry,
		struct ph_entity_key keys[static PH_TOUCH_MAX])
{
	size_t n = touch_named(fact, entry, keys);

	if (ph_tally_counts(entry)) {
		keys[n++] = ph_key_tally(fact->site, ph_day_of(fact->second));
	}
	return n;
}
