/*
 * tests/sim/unread.c - what those who carry must not be able to read.
 *
 * Names that people recorded, and whole entries, are looked for in all files of a disk, in one
 * pass: where eight bytes might begin one of them, all that begin so are compared.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/check.h"
#include "tests/sim/disk.h"
#include "tests/sim/stick.h"
#include "tests/sim/van.h"
#include "tests/sim/work_internal.h"

#define BITS 14  /* of a number that eight bytes give */
#define LAST 256 /* names, and entries: a province has seldom more */

void sim_note_words(struct sim *sim, const json_t *entries)
{
	struct sim_vans *vans = sim->vans;
	const json_t *entry;
	size_t i;

	json_array_foreach(entries, i, entry)
	{
		const char *name = json_string_value(json_object_get(entry, "name"));

		if (name != NULL && strlen(name) >= 12 && vans != NULL) {
			struct sim_word *word = ADD(vans, words);

			snprintf(word->text, sizeof word->text, "%s", name);
		}
	}
}

/* --- needles --- */

/* What is looked for; TEXT names it, or ACK, an entry. */
struct needle {
	struct ph_view bytes;
	const char *text;
	const struct sim_ack *ack;
};
struct looking {
	struct needle *needles;
	size_t n;
	bool begins[1 << BITS];
	const struct needle *found;
};

static unsigned number_of(const uint8_t *bytes)
{
	uint64_t number;

	memcpy(&number, bytes, sizeof number);
	return (unsigned)(number * UINT64_C(0x9e3779b97f4a7c15) >> (64 - BITS));
}

static void add(struct looking *looking, struct needle needle)
{
	assert(needle.bytes.len >= sizeof(uint64_t));
	looking->needles[looking->n++] = needle;
	looking->begins[number_of(needle.bytes.data)] = true;
}

/* The bytes of ACK, read once; empty where the disk of its device is in the way, or it is gone. */
static struct ph_view bytes_of(struct sim *sim, struct sim_ack *ack)
{
	struct sim_device *device = &sim->devices[ack->device];
	struct ph_log log;

	if (ack->bytes.len == 0 && !ack->dead && !ack->away &&
	    device->site_open != NULL && !device->machine.ill &&
	    ph_journal_resolve(ph_site_journal(device->site_open), &ack->ref, &log,
			       &ack->bytes) != 0) {
		ack->bytes.len = 0;
	}
	return ph_buf_view(&ack->bytes);
}

/* Of N the first that is among the last so many. */
static size_t first_of(size_t n)
{
	return n > LAST ? n - LAST : 0;
}

/* The names and entries that there were so far. */
static void gather(struct sim *sim, struct looking *looking)
{
	const struct sim_vans *vans = sim->vans;

	looking->needles = calloc(2 * LAST, sizeof *looking->needles);
	assert(looking->needles != NULL);
	for (size_t i = first_of(vans->n_words); i < vans->n_words; i++) {
		const char *text = vans->words[i].text;

		add(looking, (struct needle){ .bytes = ph_view_str(text), .text = text });
	}
	for (size_t i = first_of(sim->n_acks); i < sim->n_acks; i++) {
		struct ph_view bytes = bytes_of(sim, &sim->acks[i]);

		if (bytes.len >= sizeof(uint64_t)) {
			add(looking,
			    (struct needle){ .bytes = bytes, .ack = &sim->acks[i] });
		}
	}
}

/* --- files --- */

static bool begins(struct looking *looking, const uint8_t *at, size_t len)
{
	for (size_t i = 0; i < looking->n; i++) {
		const struct ph_view *bytes = &looking->needles[i].bytes;

		if (bytes->len <= len && memcmp(at, bytes->data, bytes->len) == 0) {
			looking->found = &looking->needles[i];
			return true;
		}
	}
	return false;
}

static bool look_in(void *data, const uint8_t *bytes, size_t len)
{
	struct looking *looking = data;

	for (size_t i = 0; i + sizeof(uint64_t) <= len; i++) {
		if (looking->begins[number_of(bytes + i)] &&
		    begins(looking, bytes + i, len - i)) {
			return true;
		}
	}
	return false;
}

void sim_check_unread(struct sim *sim, const char *disk)
{
	struct looking looking = { 0 };
	char text[PH_REF_TEXT] = "";
	const char *path;

	gather(sim, &looking);
	path = sim_disk_each(disk, look_in, &looking);
	if (path != NULL && looking.found->ack != NULL) {
		ph_ref_text(text, &looking.found->ack->ref);
	}
	free(looking.needles);
	if (path != NULL) {
		sim_broken(sim, SIM_UNREAD, "who has %s can read %s in its file %s", disk,
			   text[0] != '\0' ? text : "a name", path);
	}
}

void sim_check_all_unread(struct sim *sim)
{
	for (unsigned i = 0; i < SIM_VANS; i++) {
		if (sim->vans->van[i].is_there) {
			sim_check_unread(sim, sim->vans->van[i].device.machine.name);
		}
	}
	for (unsigned i = 0; i < SIM_STICKS; i++) {
		if (sim_disk_exists(sim_stick_name(i, false))) {
			sim_check_unread(sim, sim_stick_name(i, false));
		}
	}
}
