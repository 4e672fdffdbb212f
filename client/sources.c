/*
 * client/sources.c - a table of sources, made by one walk over the own logs.
 *
 * Open addressing; the sources are hashes already, so their first bytes serve. Entries
 * that were voided are taken out at the end of the walk, when all voids are known.
 */
#include "client/sources.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/say.h"

struct slot {
	uint64_t kind; /* 0: empty */
	bool voided;
	uint8_t source[PH_SOURCE_SIZE];
	struct ph_ref ref;
};

struct ph_sources {
	struct slot *slots;
	size_t n, cap; /* CAP is a power of two */
	struct ph_ref *voids;
	size_t n_voids, cap_voids;
	/* of the walk */
	struct ph_site *site;
	uint64_t number;
	const struct ph_log *log;
	struct ph_entry entry;
};

static size_t place(const struct ph_sources *sources, const uint8_t *source)
{
	return (size_t)ph_be64_get(source) & (sources->cap - 1);
}

static void insert(struct ph_sources *sources, const struct slot *slot)
{
	size_t at = place(sources, slot->source);

	while (sources->slots[at].kind != 0) {
		at = (at + 1) & (sources->cap - 1);
	}
	sources->slots[at] = *slot;
	sources->n++;
}

static int grow(struct ph_sources *sources)
{
	struct ph_sources bigger = { .cap = sources->cap ? sources->cap * 2 : 1024 };

	bigger.slots = calloc(bigger.cap, sizeof(bigger.slots[0]));
	if (!bigger.slots) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < sources->cap; i++) {
		if (sources->slots[i].kind != 0) {
			insert(&bigger, &sources->slots[i]);
		}
	}
	free(sources->slots);
	sources->slots = bigger.slots;
	sources->cap = bigger.cap;
	return 0;
}

int ph_sources_add(struct ph_sources *sources, uint64_t kind,
		   const uint8_t source[static PH_SOURCE_SIZE], const struct ph_ref *ref)
{
	struct slot slot = { .kind = kind, .ref = *ref };

	if (2 * (sources->n + 1) > sources->cap && grow(sources) != 0) {
		return -ENOMEM;
	}
	memcpy(slot.source, source, PH_SOURCE_SIZE);
	insert(sources, &slot);
	return 0;
}

const struct ph_ref *ph_sources_find(const struct ph_sources *sources, uint64_t kind,
				     const uint8_t source[static PH_SOURCE_SIZE])
{
	if (sources->cap == 0) {
		return NULL;
	}
	for (size_t at = place(sources, source); sources->slots[at].kind != 0;
	     at = (at + 1) & (sources->cap - 1)) {
		const struct slot *slot = &sources->slots[at];

		if (slot->kind == kind && !slot->voided &&
		    memcmp(slot->source, source, PH_SOURCE_SIZE) == 0) {
			return &slot->ref;
		}
	}
	return NULL;
}

/* --- the walk --- */

static int add_void(struct ph_sources *sources, const struct ph_ref *target)
{
	if (sources->n_voids == sources->cap_voids) {
		size_t cap = sources->cap_voids ? sources->cap_voids * 2 : 64;
		struct ph_ref *voids =
			realloc(sources->voids, cap * sizeof(sources->voids[0]));

		if (!voids) {
			return -ENOMEM;
		}
		sources->voids = voids;
		sources->cap_voids = cap;
	}
	sources->voids[sources->n_voids++] = *target;
	return 0;
}

static int on_entry(void *data, uint64_t n, struct ph_view bytes)
{
	struct ph_sources *sources = data;
	struct ph_entry *entry = &sources->entry;
	uint8_t hash[PH_HASH_SIZE];
	struct ph_ref ref = { .n = n };
	int rc = ph_entry_decode(bytes, entry);

	if (rc != 0) {
		return rc < 0 ? rc : 0; /* what we cannot read, we did not import */
	}
	if (entry->number == PH_KIND_VOID) {
		return add_void(sources, &entry->field[PH_VOID_TARGET].as.ref);
	}
	if (!entry->extras.has_source) {
		return 0;
	}
	ph_entry_hash(bytes, hash);
	memcpy(ref.log_id, sources->log->id, sizeof(ref.log_id));
	memcpy(ref.hash, hash, sizeof(ref.hash));
	return ph_sources_add(sources, entry->number, entry->extras.source, &ref);
}

static int on_log(void *data, const struct ph_log *log)
{
	struct ph_sources *sources = data;
	struct ph_log copy = *log;

	if (log->site != sources->number) {
		return 0;
	}
	sources->log = &copy;
	return ph_journal_entry_each(ph_site_journal(sources->site), copy.row, copy.base,
				     on_entry, sources);
}

static int compare(const void *a, const void *b)
{
	return ph_ref_compare(a, b);
}

static void take_out_voided(struct ph_sources *sources)
{
	if (sources->n_voids == 0) {
		return;
	}
	qsort(sources->voids, sources->n_voids, sizeof(sources->voids[0]), compare);
	for (size_t i = 0; i < sources->cap; i++) {
		struct slot *slot = &sources->slots[i];

		if (slot->kind != 0 &&
		    bsearch(&slot->ref, sources->voids, sources->n_voids,
			    sizeof(sources->voids[0]), compare)) {
			slot->voided = true;
		}
	}
}

int ph_sources_new(struct ph_sources **sources_out, struct ph_site *site,
		   struct ph_error *err)
{
	struct ph_sources *sources = calloc(1, sizeof(*sources));
	struct ph_site_info info;
	int rc = sources ? 0 : -ENOMEM;

	if (rc == 0) {
		ph_site_info(site, &info);
		sources->site = site;
		sources->number = info.site;
		rc = ph_journal_log_each(ph_site_journal(site), on_log, sources);
	}
	if (rc < 0) {
		ph_sources_free(sources);
		return ph_fail_errno(err, rc,
				     ph_say("reading what was imported before",
					    "đọc những gì đã nhập trước đây"));
	}
	take_out_voided(sources);
	*sources_out = sources;
	return 0;
}

void ph_sources_free(struct ph_sources *sources)
{
	if (sources) {
		free(sources->slots);
		free(sources->voids);
	}
	free(sources);
}
