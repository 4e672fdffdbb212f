/*
 * common/ledger/touch.c - which entities an entry names.
 *
 * Most kinds name one entity by a field, and the tally of their site and day. Lists are
 * strictly rising, so nothing is named twice. A kind that names none acts on logs and
 * entries instead.
 */
#include "common/ledger/touch.h"

#include <stdlib.h>
#include <string.h>

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

static int touch_key(enum ph_entity type, const struct ph_ref *ref,
		     struct ph_touched *touched)
{
	struct ph_entity_key key = ph_key_ref(type, ref);

	return add(touched, &key);
}

static int touch_named(enum ph_entity type, const struct ph_value *value,
		       struct ph_touched *touched)
{
	return value->set ? touch_key(type, &value->as.ref, touched) : 0;
}

/* What an entry names by reference, or, unset, itself. */
static int touch_ref(enum ph_entity type, const struct ph_fact *fact,
		     const struct ph_value *value, struct ph_touched *touched)
{
	return touch_key(type, value->set ? &value->as.ref : &fact->ref, touched);
}

/* Both ends of a merge; of a thing with itself none. */
static int touch_merge(enum ph_entity type, const struct ph_value *one,
		       const struct ph_value *other, struct ph_touched *touched)
{
	int rc;

	if (ph_ref_equal(&one->as.ref, &other->as.ref)) {
		return 0;
	}
	rc = touch_named(type, one, touched);
	return rc != 0 ? rc : touch_named(type, other, touched);
}

static int touch_alias(const struct ph_value *one, const struct ph_value *other,
		       struct ph_touched *touched)
{
	size_t start = touched->n;
	int rc = touch_id(PH_ENTITY_COPY, one, touched);

	rc = rc != 0 ? rc : touch_id(PH_ENTITY_COPY, other, touched);
	if (rc == 0 && touched->n == start + 2 &&
	    ph_key_compare(&touched->keys[start], &touched->keys[start + 1]) == 0) {
		touched->n = start;
	}
	return rc;
}

/* --- lists --- */

static int touch_ids(enum ph_entity type, const struct ph_value *list,
		     struct ph_touched *touched)
{
	struct ph_list_iter iter;
	struct ph_entity_key key;
	struct ph_id id;
	int rc = 0;

	if (!list->set) {
		return 0;
	}
	iter = ph_list_begin(&list->as.list);
	while (rc == 0 && ph_list_next_id(&iter, &id)) {
		rc = ph_key_id(type, &id, &key) ? add(touched, &key) : 0;
	}
	return rc;
}

static int touch_refs(enum ph_entity type, const struct ph_value *list,
		      struct ph_touched *touched)
{
	struct ph_list_iter iter;
	struct ph_ref ref;
	int rc = 0;

	if (!list->set) {
		return 0;
	}
	iter = ph_list_begin(&list->as.list);
	while (rc == 0 && ph_list_next_ref(&iter, &ref)) {
		rc = touch_key(type, &ref, touched);
	}
	return rc;
}

/* --- by family --- */

static int touch_log(const struct ph_fact *fact, const struct ph_entry *entry,
		     struct ph_touched *touched)
{
	const struct ph_value *from = &entry->field[PH_OPEN_CONTINUES];
	struct ph_entity_key key;
	int rc = 0;

	if (ph_key_bytes(PH_ENTITY_LOG, PH_VIEW(fact->ref.log_id, PH_LOG_ID_SIZE),
			 &key)) {
		rc = add(touched, &key);
	}
	if (rc == 0 && from->set &&
	    memcmp(from->as.head.log_id, fact->ref.log_id, PH_LOG_ID_SIZE) != 0 &&
	    ph_key_bytes(PH_ENTITY_LOG, PH_VIEW(from->as.head.log_id, PH_LOG_ID_SIZE),
			 &key)) {
		rc = add(touched, &key);
	}
	return rc;
}

static int touch_erase(const struct ph_fact *fact, const struct ph_value *field,
		       struct ph_touched *touched)
{
	int rc = touch_key(PH_ENTITY_ERASURE, &fact->ref, touched);

	rc = rc != 0 ? rc
		     : touch_refs(PH_ENTITY_READER, &field[PH_ERASE_READERS], touched);
	return rc != 0 ? rc : touch_ids(PH_ENTITY_CARD, &field[PH_ERASE_CARDS], touched);
}

static int touch_person(const struct ph_fact *fact, const struct ph_entry *entry,
			struct ph_touched *touched)
{
	const struct ph_value *field = entry->field;

	switch (entry->number) {
	case PH_KIND_READER_PUT:
		return touch_ref(PH_ENTITY_READER, fact, &field[PH_READER_READER],
				 touched);
	case PH_KIND_CONSENT:
		return touch_named(PH_ENTITY_READER, &field[PH_CONSENT_READER], touched);
	case PH_KIND_CARD_ISSUE:
		return touch_id(PH_ENTITY_CARD, &field[PH_CARD_CARD], touched);
	case PH_KIND_CARD_STOP:
		return touch_id(PH_ENTITY_CARD, &field[PH_CARD_STOP_CARD], touched);
	case PH_KIND_READER_BLOCK:
		return touch_named(PH_ENTITY_READER, &field[PH_BLOCK_READER], touched);
	case PH_KIND_READER_UNBLOCK:
		return touch_named(PH_ENTITY_READER, &field[PH_UNBLOCK_READER], touched);
	case PH_KIND_READER_MERGE:
		return touch_merge(PH_ENTITY_READER, &field[PH_READER_MERGE_READER],
				   &field[PH_READER_MERGE_OTHER], touched);
	case PH_KIND_READER_ERASE:
		return touch_erase(fact, field, touched);
	case PH_KIND_ERASE_DONE:
		return touch_named(PH_ENTITY_ERASURE, &field[PH_ERASE_DONE_ERASE],
				   touched);
	case PH_KIND_WORKER_PUT:
		return touch_ref(PH_ENTITY_WORKER, fact, &field[PH_WORKER_WORKER],
				 touched);
	case PH_KIND_CHARGE:
		return touch_id(PH_ENTITY_ACCOUNT, &field[PH_CHARGE_CARD], touched);
	case PH_KIND_PAYMENT:
		return touch_id(PH_ENTITY_ACCOUNT, &field[PH_PAYMENT_CARD], touched);
	case PH_KIND_UNCODED_LOAN:
		return touch_id(PH_ENTITY_ACCOUNT, &field[PH_UNCODED_LOAN_CARD], touched);
	case PH_KIND_UNCODED_RETURN:
		return touch_id(PH_ENTITY_ACCOUNT, &field[PH_UNCODED_RETURN_CARD],
				touched);
	default:
		return 0;
	}
}

/* The field by which an entry names one copy, or -1. */
static int copy_field(uint64_t number)
{
	switch (number) {
	case PH_KIND_COPY_PUT:
		return PH_COPY_COPY;
	case PH_KIND_LOAN:
		return PH_LOAN_COPY;
	case PH_KIND_RENEW:
		return PH_RENEW_COPY;
	case PH_KIND_RETURN:
		return PH_RETURN_COPY;
	case PH_KIND_IN_HOUSE_USE:
		return PH_USE_COPY;
	case PH_KIND_SIGHTING:
		return PH_SIGHTING_COPY;
	case PH_KIND_COPY_MISSING:
		return PH_MISSING_COPY;
	case PH_KIND_READER_LOST:
		return PH_READER_LOST_COPY;
	case PH_KIND_DAMAGED:
		return PH_DAMAGED_COPY;
	case PH_KIND_REPAIRED:
		return PH_REPAIRED_COPY;
	case PH_KIND_WITHDRAWN:
		return PH_WITHDRAWN_COPY;
	case PH_KIND_REINSTATED:
		return PH_REINSTATED_COPY;
	case PH_KIND_HOLD_READY:
		return PH_HOLD_READY_COPY;
	default:
		return -1;
	}
}

static int touch_thing(const struct ph_fact *fact, const struct ph_entry *entry,
		       struct ph_touched *touched)
{
	const struct ph_value *field = entry->field;
	int copy = copy_field(entry->number);
	int rc = copy < 0 ? 0 : touch_id(PH_ENTITY_COPY, &field[copy], touched);

	if (rc != 0) {
		return rc;
	}
	switch (entry->number) {
	case PH_KIND_TITLE_PUT:
		return touch_ref(PH_ENTITY_TITLE, fact, &field[PH_TITLE_TITLE], touched);
	case PH_KIND_TITLE_MERGE:
		return touch_merge(PH_ENTITY_TITLE, &field[PH_TITLE_MERGE_TITLE],
				   &field[PH_TITLE_MERGE_OTHER], touched);
	case PH_KIND_COPY_ALIAS:
		return touch_alias(&field[PH_ALIAS_COPY], &field[PH_ALIAS_OTHER],
				   touched);
	case PH_KIND_LOAN:
		return touch_named(PH_ENTITY_HOLD, &field[PH_LOAN_HOLD], touched);
	case PH_KIND_HOLD_PLACE:
		return touch_key(PH_ENTITY_HOLD, &fact->ref, touched);
	case PH_KIND_HOLD_CANCEL:
		return touch_named(PH_ENTITY_HOLD, &field[PH_HOLD_CANCEL_HOLD], touched);
	case PH_KIND_HOLD_READY:
		return touch_named(PH_ENTITY_HOLD, &field[PH_HOLD_READY_HOLD], touched);
	case PH_KIND_CRATE_DISPATCH:
		rc = touch_id(PH_ENTITY_CRATE, &field[PH_DISPATCH_CRATE], touched);
		return rc != 0 ? rc
			       : touch_ids(PH_ENTITY_COPY, &field[PH_DISPATCH_COPIES],
					   touched);
	case PH_KIND_CRATE_RECEIVE:
		rc = touch_id(PH_ENTITY_CRATE, &field[PH_RECEIVE_CRATE], touched);
		return rc != 0 ? rc
			       : touch_ids(PH_ENTITY_COPY, &field[PH_RECEIVE_COPIES],
					   touched);
	default:
		return 0;
	}
}

static int touch_event(const struct ph_fact *fact, const struct ph_entry *entry,
		       struct ph_touched *touched)
{
	switch (entry->number) {
	case PH_KIND_MOBILE_STOP:
		return touch_ref(PH_ENTITY_STOP, fact, &entry->field[PH_MOBILE_STOP_STOP],
				 touched);
	case PH_KIND_NOTE:
	case PH_KIND_DAY_OPEN:
	case PH_KIND_ACTIVITY:
	case PH_KIND_TRAINING:
	case PH_KIND_DIGITAL_USE:
	case PH_KIND_DONATION:
	case PH_KIND_SHIFT:
	case PH_KIND_TALLY:
		return touch_key(PH_ENTITY_EVENT, &fact->ref, touched);
	default:
		return 0;
	}
}

static int touch_device(const struct ph_entry *entry, struct ph_touched *touched)
{
	const struct ph_value *field = entry->field;
	int rc;

	switch (entry->number) {
	case PH_KIND_DEVICE_ADMIT:
		rc = touch_bytes(PH_ENTITY_DEVICE, &field[PH_ADMIT_DEVICE], touched);
		return rc != 0 ? rc
			       : touch_bytes(PH_ENTITY_INVITE, &field[PH_ADMIT_INVITE],
					     touched);
	case PH_KIND_DEVICE_CONFIRM:
		return touch_bytes(PH_ENTITY_DEVICE, &field[PH_CONFIRM_DEVICE], touched);
	case PH_KIND_DEVICE_RETIRE:
		return touch_bytes(PH_ENTITY_DEVICE, &field[PH_RETIRE_DEVICE], touched);
	case PH_KIND_DEVICE_CUT:
		return touch_bytes(PH_ENTITY_DEVICE, &field[PH_CUT_DEVICE], touched);
	case PH_KIND_INVITE_CANCEL:
		return touch_bytes(PH_ENTITY_INVITE, &field[PH_INVITE_CANCEL_INVITE],
				   touched);
	default:
		return 0;
	}
}

static int touch_target(const struct ph_value *field, struct ph_touched *touched)
{
	struct ph_entity_key key;

	return ph_key_target(field[PH_TARGET_YEAR].as.uint,
			     field[PH_TARGET_INDICATOR].as.bytes, &key)
		       ? add(touched, &key)
		       : 0;
}

static int touch_office(const struct ph_fact *fact, const struct ph_entry *entry,
			struct ph_touched *touched)
{
	const struct ph_value *field = entry->field;

	switch (entry->number) {
	case PH_KIND_SITE_PUT:
		return touch_number(PH_ENTITY_SITE, &field[PH_SITE_SITE], touched);
	case PH_KIND_COMMUNE_PUT:
		return touch_bytes(PH_ENTITY_COMMUNE, &field[PH_COMMUNE_CODE], touched);
	case PH_KIND_POLICY_PUT:
		return touch_bytes(PH_ENTITY_POLICY, &field[PH_POLICY_NAME], touched);
	case PH_KIND_TARGET_PUT:
		return touch_target(field, touched);
	case PH_KIND_MODEL_PUT:
		return touch_bytes(PH_ENTITY_MODEL, &field[PH_MODEL_COMMUNE], touched);
	case PH_KIND_CASE_DECIDE:
		return touch_bytes(PH_ENTITY_CASE, &field[PH_DECIDE_CASE], touched);
	case PH_KIND_REPORT_ISSUE:
		return touch_key(PH_ENTITY_REPORT, &fact->ref, touched);
	case PH_KIND_REPORT_SIGNOFF:
		return touch_named(PH_ENTITY_REPORT, &field[PH_SIGNOFF_REPORT], touched);
	default:
		return touch_device(entry, touched);
	}
}

static int touch_entities(const struct ph_fact *fact, const struct ph_entry *entry,
			  struct ph_touched *touched)
{
	int rc;

	if (entry->number == PH_KIND_OPEN) {
		return touch_log(fact, entry, touched);
	}
	rc = touch_thing(fact, entry, touched);
	if (rc == 0 && touched->n == 0) {
		rc = touch_person(fact, entry, touched);
	}
	if (rc == 0 && touched->n == 0) {
		rc = touch_event(fact, entry, touched);
	}
	return rc == 0 && touched->n == 0 ? touch_office(fact, entry, touched) : rc;
}

int ph_touch(const struct ph_fact *fact, const struct ph_entry *entry,
	     struct ph_touched *touched)
{
	touched->n = 0;

	int rc = touch_entities(fact, entry, touched);

	if (rc == 0 && ph_tally_counts(entry)) {
		struct ph_entity_key key =
			ph_key_tally(fact->site, ph_day_of(fact->second));

		rc = add(touched, &key);
	}
	return rc;
}
