/*
 * tests/power/front.c - the front of an item that a cut left at a PC (client/site_unfinished.c).
 *
 * What one PC of a site wrote goes to the other over a link that breaks. The front stays for
 * later steps, grows, is finished, or goes: the item becomes another one, a month passes, or a
 * reader is erased; and what it was is then in no file of the machine (as erase.c has it of
 * readers' parts).
 */
#include "tests/power/world.h"

#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "client/site_unfinished.h"
#include "common/ledger/erasing.h"

enum {
	READERS = 5, /* at least, that are written for one; each with much to say */
	NOTE = 900,
	FRONTS = 32, /* of a machine and script, that are looked for */
	NEEDLE =
		64, /* bytes of one, from each of two places, since a page may part one */
	NEEDLE_AT = 1000,
	NEEDLE_NEXT = 1200,
	MONTH = 31 * 86400, /* no front is told so long */
};

/* Of the script that runs. */
static struct kept {
	uint8_t needle[FRONTS][2][NEEDLE];
	int64_t mark[FRONTS]; /* ph_erasing_mark() then */
	uint8_t last[16];     /* the one that is there */
	unsigned n;
} kept[MACHINES];

void power_front_begin(void)
{
	memset(kept, 0, sizeof(kept));
}

/* --- what is there --- */

/* 0; PH_JOURNAL_E_NONE; negative errno. */
static int read_sealed(struct ph_site *site, struct ph_buf *sealed,
		       uint8_t hash[static 16])
{
	int rc = ph_journal_meta_get(ph_site_journal(site), PH_META_UNFINISHED, sealed);

	memset(hash, 0, 16);
	if (rc == 0) {
		crypto_generichash(hash, 16, sealed->data, sealed->len, NULL, 0);
	}
	return rc;
}

int power_beside_front(struct ph_site *site, struct beside *out)
{
	struct ph_buf sealed = { 0 };
	int rc = read_sealed(site, &sealed, out->front);

	ph_buf_deinit(&sealed);
	return rc < 0 ? rc : 0;
}

int power_front_none(struct ph_site *site)
{
	uint64_t held, total;
	int rc = ph_site_unfinished_size(site, &held, &total);

	return rc < 0 ? rc : total != 0;
}

int power_front_kept(struct ph_site *site, unsigned machine)
{
	struct kept *of = &kept[machine];
	struct ph_buf sealed = { 0 };
	uint8_t hash[16];
	int64_t mark = 0;
	int rc = read_sealed(site, &sealed, hash);

	rc = rc < 0 ? rc : ph_erasing_mark(ph_journal_db(ph_site_journal(site)), &mark);
	if (rc == 0 && memcmp(hash, of->last, sizeof(hash)) != 0 && of->n < FRONTS &&
	    sealed.len >= NEEDLE_NEXT + NEEDLE) {
		of->mark[of->n] = mark;
		memcpy(of->needle[of->n][0], sealed.data + NEEDLE_AT, NEEDLE);
		memcpy(of->needle[of->n++][1], sealed.data + NEEDLE_NEXT, NEEDLE);
	}
	memcpy(of->last, hash, sizeof(hash));
	ph_buf_deinit(&sealed);
	return rc < 0 ? rc : 0;
}

int power_front_gone(struct ph_site *site, const struct holding *old, struct holding *new)
{
	return new->beside.erased & ~old->beside.erased
		       ? ph_erasing_mark(ph_journal_db(ph_site_journal(site)),
					 &new->beside.mark)
		       : 0;
}

const char *power_front_lies(const char *disk, unsigned machine, int64_t mark)
{
	const struct kept *of = &kept[machine];
	const char *path = NULL;

	for (unsigned i = 0; path == NULL && i < of->n; i++) {
		if (of->mark[i] < mark) {
			path = sim_disk_find(disk, of->needle[i][0], NEEDLE);
			path = path ? path
				    : sim_disk_find(disk, of->needle[i][1], NEEDLE);
		}
	}
	return path;
}

/* --- the step --- */

static int write_reader(struct world *world, unsigned index, struct ph_ref *ref)
{
	struct ph_entry entry = { .kind = ph_kind_find(PH_KIND_READER_PUT),
				  .number = PH_KIND_READER_PUT };
	char name[64], note[NOTE + 1];

	for (unsigned i = 0; i < NOTE; i++) { /* nothing that can be packed well */
		note[i] = "0123456789abcdef"[power_below(world, 16)];
	}
	note[NOTE] = '\0';
	snprintf(name, sizeof(name), "Lò Văn %u", (unsigned)++world->written);
	entry.sealed[PH_READER_S_NAME].set = true;
	entry.sealed[PH_READER_S_NAME].as.bytes = ph_view_str(name);
	entry.sealed[PH_READER_S_NOTE].set = true;
	entry.sealed[PH_READER_S_NOTE].as.bytes = ph_view_str(note);
	return ph_site_write(world->site[index], &entry, 1, ref, &world->err);
}

/* In one commit, so that they go in one item. */
static int write_readers(struct world *world, unsigned index)
{
	uint64_t n = READERS + power_below(world, 4);
	struct ph_ref ref = { .n = 0 };
	int rc;

	power_call(world, index);
	rc = ph_site_begin(world->site[index], &world->err);
	for (uint64_t i = 0; rc == 0 && i < n; i++) {
		rc = write_reader(world, index, &ref);
	}
	rc = rc != 0 ? rc : ph_site_commit(world->site[index], &world->err);
	power_called(world, index, rc);
	if (rc == 0) {
		power_erase_wrote(&ref);
	}
	return rc;
}

/* Once a script: all accounts begin anew, and what was kept for a session is old. */
static int month(struct world *world)
{
	if (world->months++ > 0) {
		return 0;
	}
	for (unsigned i = 0; i < MACHINES; i++) {
		world->machine[i].now.wall += MONTH;
		world->machine[i].now.mono_ms += (uint64_t)MONTH * 1000;
	}
	for (unsigned i = SITE_A; i < MACHINES; i++) {
		power_call(world, i);
		power_called(world, i, 0);
	}
	return 0;
}

static int64_t draw_cut(struct world *world)
{
	return 1500 + (int64_t)power_below(world, 2200);
}

/* FROM sends all that it has. */
static int send_all(struct world *world, unsigned from)
{
	int rc = write_readers(world, from);

	return rc < 0 ? rc : power_meet(world, from, -1);
}

static int go_on(struct world *world, unsigned from, unsigned to)
{
	int rc;

	switch (power_below(world, 6)) {
	case 0: /* it grows */
		return power_meet(world, to, draw_cut(world));
	case 1: /* it is finished */
		return power_meet(world, to, -1);
	case 2: /* there is more, and the item another one */
		rc = send_all(world, from);
		return rc < 0 ? rc : power_meet(world, to, draw_cut(world));
	case 3: /* it is old */
		rc = month(world);
		return rc < 0 ? rc : power_meet(world, to, draw_cut(world));
	case 4: /* by another road it hears that a reader is to be erased */
		rc = power_erase(world);
		return rc < 0 ? rc : power_carry(world, to);
	default: /* it stays */
		return 0;
	}
}

int power_front(struct world *world)
{
	unsigned from = power_below(world, 2) == 0 ? SITE_A : SITE_C;
	unsigned to = SITE_A + SITE_C - from;
	int rc = send_all(world, from);

	rc = rc < 0 ? rc : power_meet(world, to, draw_cut(world));
	return rc < 0 ? rc : go_on(world, from, to);
}
