/*
 * daemon/hub_words_stand.c - whether a word of the control log still stands, by what the ledger says of
 * what it names.
 */
#include "daemon/hub_words.h"

#include "common/ledger/device.h"
#include "common/ledger/invite_state.h"
#include "common/ledger/query.h"
#include "daemon/hub_put.h"

static bool has_ref(const struct ph_ref *refs, size_t n, const struct ph_ref *ref)
{
	for (size_t i = 0; i < n; i++) {
		if (ph_ref_equal(&refs[i], ref)) {
			return true;
		}
	}
	return false;
}

static bool device_has(const struct ph_device_state *device, uint64_t kind,
		       const struct ph_ref *ref)
{
	switch (kind) {
	case PH_KIND_DEVICE_CUT:
		return has_ref(device->cuts, device->n_cuts, ref);
	case PH_KIND_DEVICE_CONFIRM:
		return has_ref(device->confirms, device->n_confirms, ref);
	case PH_KIND_DEVICE_RETIRE:
		for (size_t i = 0; i < device->n_retires; i++) {
			if (ph_ref_equal(&device->retires[i].entry, ref)) {
				return true;
			}
		}
		return false;
	default:
		for (size_t i = 0; i < device->n_admissions; i++) {
			if (ph_ref_equal(&device->admissions[i].entry, ref)) {
				return true;
			}
		}
		return false;
	}
}

/* Of a word about a device, which each such kind names in its first field. */
static int device_holds(struct ph_hub *hub, const struct ph_entry *entry,
			const struct ph_ref *ref, bool *out)
{
	struct ph_device_state device;
	int rc = ph_device_load(hub->ledger, entry->field[0].as.bytes.data, &device);

	*out = false;
	if (rc == 0) {
		*out = device_has(&device, entry->number, ref);
		ph_device_deinit(&device);
	}
	return rc < 0 ? rc : 0;
}

static int cancel_holds(struct ph_hub *hub, const struct ph_entry *entry,
			const struct ph_ref *ref, bool *out)
{
	struct ph_invite_state invite;
	struct ph_buf bytes = { 0 };
	int rc = ph_ledger_get(hub->ledger, PH_ENTITY_INVITE,
			       entry->field[PH_INVITE_CANCEL_INVITE].as.bytes, &bytes);

	*out = false;
	rc = rc == 0 ? ph_invite_state_decode(ph_buf_view(&bytes), &invite) : rc;
	if (rc == 0) {
		*out = has_ref(invite.cancels, invite.n_cancels, ref);
		ph_invite_state_deinit(&invite);
	}
	ph_buf_deinit(&bytes);
	return rc < 0 ? rc : 0;
}

/* Nothing takes an erasure back: it is there if its signature was good. */
static int erasure_holds(struct ph_hub *hub, const struct ph_ref *ref, bool *out)
{
	struct ph_entity_key key = ph_key_ref(PH_ENTITY_ERASURE, ref);
	struct ph_buf bytes = { 0 };
	int rc = ph_ledger_get(hub->ledger, PH_ENTITY_ERASURE, ph_key_view(&key), &bytes);

	*out = rc == 0;
	ph_buf_deinit(&bytes);
	return rc < 0 ? rc : 0;
}

/* Of a put: only what of it shows stays in ENTRY. */
static int put_holds(struct ph_hub *hub, struct ph_entry *entry, const struct ph_ref *ref,
		     bool *out)
{
	struct ph_entity_key key;
	int rc = 0;

	*out = false;
	if (!ph_hub_put_entity(entry, &key)) {
		return 0;
	}
	for (uint32_t i = 0; rc == 0 && i < entry->kind->n_fields; i++) {
		struct ph_ref head;
		size_t n = 0;

		if (!entry->field[i].set ||
		    !(entry->kind->fields[i].flags & PH_F_REGISTER)) {
			continue;
		}
		rc = ph_query_heads(hub->ledger, (enum ph_entity)key.type,
				    ph_key_view(&key), i, &head, 1, &n);
		entry->field[i].set = n > 0 && ph_ref_equal(&head, ref);
		*out = *out || entry->field[i].set;
	}
	return rc;
}

int ph_hub_word_stands(struct ph_hub *hub, struct ph_entry *entry,
		       const struct ph_ref *ref, bool *out)
{
	*out = false;
	switch (entry->number) {
	case PH_KIND_DEVICE_CUT:
	case PH_KIND_DEVICE_RETIRE:
	case PH_KIND_DEVICE_ADMIT:
	case PH_KIND_DEVICE_CONFIRM:
		return device_holds(hub, entry, ref, out);
	case PH_KIND_INVITE_CANCEL:
		return cancel_holds(hub, entry, ref, out);
	case PH_KIND_READER_ERASE:
		return erasure_holds(hub, ref, out);
	default:
		return put_holds(hub, entry, ref, out);
	}
}
