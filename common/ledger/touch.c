/*
 * common/ledger/touch.c - which entities an entry names.
 *
 * Most kinds name one entity by a field, and the tally of their site and day. A
 * kind that names none (open, clock-mark, void) acts on logs and entries instead.
 */
#include "common/ledger/touch.h"

#include <stdlib.h>

#include "common/base/clock.h"
#include "common/ledger/state.h"
#include "common/ledger/tally.h"

void ph_touched_deinit(struct ph_touched *touched)
{
	free(touched->keys);
	*touched = (struct ph_touched){ 0 };
}

static int add(struct ph_touched *touched, const struct ph_entity_key *key)
{
	int rc = ph_state_grow((void **)&touched->keys, touched->n, &touched->cap,
			       sizeof *touched->keys);

	if (rc == 0) {
		touched->keys[touched->n++] = *key;
	}
	return rc;
}

static int touch_number(enum ph_entity type, const struct ph_value *value,
			struct ph_touched *touched)
{
	struct ph_entity_key key = ph_key_number(type, value->as.uint);

	return value->set ? add(touched, &key) : 0;
}

static int touch_id(enum ph_entity type, const struct ph_value *value,
		    struct ph_touched *touched)
{
	struct ph_entity_key key;

	return value->set && ph_key_id(type, &value->as.id, &key) ? add(touched, &key)
								  : 0;
}

static int touch_bytes(enum ph_entity type, const struct ph_value *value,
		       struct ph_touched *touched)
{
	struct ph_entity_key key;

	return value->set && ph_key_bytes(type, value->as.bytes, &key)
		       ? add(touched, &key)
		       : 0;
}

/* What a put names by reference, or, unset, itself. */
static int touch_ref(enum ph_entity type, const struct ph_fact *fact,
		     const struct ph_value *value, struct ph_touched *touched)
{
	struct ph_entity_key key =
		ph_key_ref(type, value->set ? &value->as.ref : &fact->ref);

	return add(touched, &key);
}

static int touch_named(const struct ph_fact *fact, const struct ph_entry *entry,
		       struct ph_touched *touched)
{
	const struct ph_value *field = entry->field;

	switch (entry->number) {
	case PH_KIND_READER_PUT:
		return touch_ref(PH_ENTITY_READER, fact, &field[PH_READER_READER],
				 touched);
	case PH_KIND_CARD_ISSUE:
		return touch_id(PH_ENTITY_CARD, &field[PH_CARD_CARD], touched);
	case PH_KIND_TITLE_PUT:
		return touch_ref(PH_ENTITY_TITLE, fact, &field[PH_TITLE_TITLE], touched);
	case PH_KIND_COPY_PUT:
		return touch_id(PH_ENTITY_COPY, &field[PH_COPY_COPY], touched);
	case PH_KIND_LOAN:
		return touch_id(PH_ENTITY_COPY, &field[PH_LOAN_COPY], touched);
	case PH_KIND_RENEW:
		return touch_id(PH_ENTITY_COPY, &field[PH_RENEW_COPY], touched);
	case PH_KIND_RETURN:
		return touch_id(PH_ENTITY_COPY, &field[PH_RETURN_COPY], touched);
	case PH_KIND_IN_HOUSE_USE:
		return touch_id(PH_ENTITY_COPY, &field[PH_USE_COPY], touched);
	case PH_KIND_SITE_PUT:
		return touch_number(PH_ENTITY_SITE, &field[PH_SITE_SITE], touched);
	case PH_KIND_COMMUNE_PUT:
		return touch_bytes(PH_ENTITY_COMMUNE, &field[PH_COMMUNE_CODE], touched);
	case PH_KIND_DEVICE_ADMIT:
		return touch_bytes(PH_ENTITY_DEVICE, &field[PH_ADMIT_DEVICE], touched);
	case PH_KIND_POLICY_PUT:
		return touch_bytes(PH_ENTITY_POLICY, &field[PH_POLICY_NAME], touched);
	default:
		return 0;
	}
}

int ph_touch(const struct ph_fact *fact, const struct ph_entry *entry,
	     struct ph_touched *touched)
{
	touched->n = 0;

	int rc = touch_named(fact, entry, touched);

	if (rc == 0 && ph_tally_counts(entry)) {
		struct ph_entity_key key =
			ph_key_tally(fact->site, ph_day_of(fact->second));

		rc = add(touched, &key);
	}
	return rc;
}
