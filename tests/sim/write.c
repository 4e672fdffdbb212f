/*
 * tests/sim/write.c - what a device records, as its commands do it, and what it said of it.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/ledger/key.h"
#include "common/ledger/query.h"
#include "common/log/json.h"
#include "tests/sim/check.h"
#include "tests/sim/erase.h"
#include "tests/sim/van.h"
#include "tests/sim/version.h"
#include "tests/sim/work.h"

struct draft {
	struct ph_entry entry;
	struct ph_buf arena;
};

static int resolve(void *data, enum ph_type type, struct ph_view code, struct ph_id *id)
{
	return ph_site_resolve(data, type, code, id, NULL, NULL);
}

/* As client/slip.c does for puts of what stands already. */
static int fill_seen(struct ph_ledger *ledger, struct ph_entry *entry)
{
	enum ph_entity type = entry->number == PH_KIND_TITLE_PUT    ? PH_ENTITY_TITLE
			      : entry->number == PH_KIND_READER_PUT ? PH_ENTITY_READER
								    : PH_ENTITY_COPY;
	struct ph_entity_key key;

	if (entry->number == PH_KIND_COPY_PUT) {
		if (!ph_key_id(type, &entry->field[PH_COPY_COPY].as.id, &key)) {
			return 0;
		}
	} else if ((entry->number == PH_KIND_TITLE_PUT ||
		    entry->number == PH_KIND_READER_PUT) &&
		   entry->field[0].set) {
		key = ph_key_ref(type, &entry->field[0].as.ref);
	} else {
		return 0;
	}
	return ph_query_fill_seen(ledger, type, ph_key_view(&key), entry);
}

static int write_all(struct sim_device *device, json_t *entries, struct draft *drafts,
		     struct ph_ref *refs, struct ph_error *err)
{
	struct ph_json_scope scope = { resolve, device->site_open };
	struct ph_ledger *ledger = ph_site_ledger(device->site_open, err);
	size_t n = json_array_size(entries);
	int rc = ledger != NULL ? ph_site_begin(device->site_open, err) : -EIO;

	if (rc != 0) {
		return rc;
	}
	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct draft *draft = &drafts[i];

		rc = ph_entry_from_json(json_array_get(entries, i), &scope, &draft->entry,
					&draft->arena, err);
		rc = rc != 0 ? rc : fill_seen(ledger, &draft->entry);
		rc = rc != 0 ? rc
			     : ph_site_write(device->site_open, &draft->entry, 1,
					     &refs[i], err);
	}
	if (rc != 0) {
		ph_site_undo(device->site_open);
		return rc;
	}
	return ph_site_commit(device->site_open, err);
}

/* The first entry that this device is said to have written, and has not; 0: it has all. */
static uint32_t find_lacking(const struct sim *sim, const struct sim_device *device)
{
	for (size_t i = 0; sim_was_copied(device) && i < sim->n_acks; i++) {
		const struct sim_ack *ack = &sim->acks[i];
		struct ph_buf bytes = { 0 };
		struct ph_log log;
		int rc = 0;

		if (memcmp(sim->devices[ack->device].id, device->id, sizeof device->id) ==
		    0) {
			rc = ph_journal_resolve(ph_site_journal(device->site_open),
						&ack->ref, &log, &bytes);
		}
		ph_buf_deinit(&bytes);
		if (rc == PH_JOURNAL_E_NONE) {
			return (uint32_t)i + 1;
		}
	}
	return 0;
}

static void remember(struct sim *sim, struct sim_device *device,
		     const struct ph_entry *entry, const struct ph_ref *ref)
{
	uint32_t lacking = find_lacking(sim, device);
	struct sim_ack *ack;

	if (sim->n_acks == sim->cap_acks) {
		sim->cap_acks = sim->cap_acks > 0 ? 2 * sim->cap_acks : 256;
		sim->acks = realloc(sim->acks, sim->cap_acks * sizeof *sim->acks);
		assert(sim->acks != NULL);
	}
	ack = &sim->acks[sim->n_acks++];
	*ack = (struct sim_ack){ .ref = *ref,
				 .device = (uint16_t)device->number,
				 .kind = (uint16_t)entry->number,
				 .site = sim->site_numbers[device->site],
				 .at = sim->now,
				 .unheard = device->synced < 0,
				 .ahead = device->machine.skew,
				 .beside = lacking };
}

ptrdiff_t sim_write(struct sim *sim, struct sim_device *device, json_t *entries)
{
	size_t n = json_array_size(entries);
	struct draft *drafts = calloc(n, sizeof *drafts);
	struct ph_ref *refs = calloc(n, sizeof *refs);
	struct ph_error err = { 0 };
	ptrdiff_t first = (ptrdiff_t)sim->n_acks;
	char text[PH_REF_TEXT];
	int rc;

	assert(n > 0 && drafts != NULL && refs != NULL);
	sim_enter(&device->machine);
	rc = write_all(device, entries, drafts, refs, &err);
	sim_leave();
	for (size_t i = 0; i < n; i++) {
		if (rc == 0) {
			remember(sim, device, &drafts[i].entry, &refs[i]);
			sim_check_after_read(sim, device, drafts[i].entry.stamp);
			ph_ref_text(text, &refs[i]);
			sim_note(sim, "%s writes %s %s", device->machine.name,
				 drafts[i].entry.kind->name, text);
			sim->result->tally.entries++;
		}
		ph_buf_wipe(&drafts[i].arena);
	}
	free(drafts);
	free(refs);
	if (rc != 0) {
		char *what = json_dumps(entries, JSON_COMPACT);

		sim_note(sim, "%s: not written: %s", device->machine.name, err.text);
		if (!sim_is_erased_refusal(sim, rc) &&
		    (err.exit == PH_EXIT_USAGE || !sim_is_ill(sim, device))) {
			sim_broken(sim, SIM_HEALTHY, "%s: \"%s\" for %.200s",
				   device->machine.name, err.text, what);
		}
		free(what);
		sim_shake(sim, entries);
		first = -1;
	}
	sim_note_words(sim, entries);
	json_decref(entries);
	return first;
}
