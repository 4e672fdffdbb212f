/*
 * tests/sim/disk_fate.c - what a power cut leaves of a file that was not synced.
 *
 * Of the writes since the last sync it keeps none, all, those before some point, or of
 * each sector those before a point of its own. The write at that point may be torn within
 * the sector: a number of new bytes from its front on, the rest as it was; or, on a disk
 * that is not powersafe, anything at all in the whole sector.
 */
#include "tests/sim/disk_internal.h"

#include <string.h>

enum {
	WAY_NONE,
	WAY_ALL,
	WAY_PREFIX,
	WAY_SECTORS, /* this one and those above it */
	WAYS = 6,
};

struct fate {
	const struct sim_node *node;
	struct sim_bytes *out;
	struct sim_disk_cut *cut;
	unsigned way;
	size_t most;   /* WAY_PREFIX: so many writes; else so many count for the length */
	uint64_t salt; /* for the draw of each sector */
};

/* How many of the writes arrived at SECTOR; the one behind them is torn if *TORN_OUT. */
static size_t arrived(const struct fate *fate, uint64_t sector, bool *torn_out)
{
	size_t n = fate->node->n_writes;
	uint64_t state = fate->salt + sector * 0xd1342543de82ef95u;
	uint64_t draw = sim_draw(&state);

	*torn_out = false;
	if (fate->way == WAY_PREFIX) {
		*torn_out = draw % 2 == 0;
		return fate->most;
	}
	if (fate->way < WAY_PREFIX) {
		return fate->way == WAY_ALL ? n : 0;
	}
	switch (draw % 8) {
	case 0:
	case 1:
		return 0;
	case 2:
	case 3:
	case 4:
		return n;
	default:
		*torn_out = (draw >> 8) % 2 == 0;
		return (draw >> 16) % (n + 1);
	}
}

/* Bytes FROM to TO of the file, all within SECTOR, of WRITE: some of them, or rubbish. */
static void tear(struct fate *fate, const struct sim_write *write, uint64_t sector,
		 uint64_t from, uint64_t to)
{
	const struct sim_disk_traits *traits = &fate->node->disk->traits;
	uint64_t state = fate->salt ^ (sector * 0x9fb21c651e98df25u);
	const uint8_t *bytes = fate->node->pool.data + write->at;

	fate->cut->torn++;
	if (!traits->powersafe && sim_draw(&state) % 2 == 0) {
		uint64_t first = sector * traits->sector;

		fate->cut->garbled++;
		for (uint64_t at = first; at < first + traits->sector; at++) {
			uint8_t byte = (uint8_t)sim_draw(&state);

			sim_bytes_write(fate->out, at, &byte, 1);
		}
		return;
	}
	sim_bytes_write(fate->out, from, bytes + (from - write->offset),
			sim_draw(&state) % (to - from));
}

static void one_write(struct fate *fate, size_t index)
{
	const struct sim_write *write = &fate->node->writes[index];
	const uint8_t *bytes = fate->node->pool.data + write->at;
	uint64_t sector_size = fate->node->disk->traits.sector;
	uint64_t end = write->offset + write->len;
	unsigned whole = 0;
	unsigned parts = 0;
	unsigned sectors = 0;

	for (uint64_t from = write->offset; from < end; sectors++) {
		uint64_t sector = from / sector_size;
		uint64_t to = (sector + 1) * sector_size;
		bool torn = false;
		size_t n = arrived(fate, sector, &torn);

		to = to < end ? to : end;
		if (index < n) {
			sim_bytes_write(fate->out, from, bytes + (from - write->offset),
					(size_t)(to - from));
			whole++;
		} else if (index == n && torn) {
			tear(fate, write, sector, from, to);
			parts++;
		}
		from = to;
	}
	fate->cut->lost += whole + parts == 0 && sectors > 0;
	fate->cut->partly += whole + parts > 0 && whole < sectors;
}

void sim_fate(const struct sim_node *node, uint64_t *draws, struct sim_bytes *out,
	      struct sim_disk_cut *cut)
{
	struct fate fate = { .node = node, .out = out, .cut = cut };
	uint64_t size = node->kept.len;

	sim_bytes_write(out, 0, node->kept.data, node->kept.len);
	if (node->n_writes == 0) {
		return;
	}
	fate.way = (unsigned)(sim_draw(draws) % WAYS);
	fate.most = sim_draw(draws) % (node->n_writes + 1);
	fate.salt = sim_draw(draws);
	if (fate.way == WAY_ALL || fate.way == WAY_NONE) {
		fate.most = fate.way == WAY_ALL ? node->n_writes : 0;
	}
	for (size_t i = 0; i < node->n_writes; i++) {
		const struct sim_write *write = &node->writes[i];
		uint64_t end = write->offset + write->len;

		cut->writes++;
		if (!write->truncate) {
			one_write(&fate, i);
			/* the one that is torn reaches as far as it can */
			if (i < fate.most || (i == fate.most && fate.way == WAY_PREFIX)) {
				size = end > size ? end : size;
			}
		} else if (i < fate.most) {
			size = write->offset;
			if (out->len > size) {
				memset(out->data + size, 0, out->len - size);
			}
		} else {
			cut->lost++;
		}
	}
	sim_bytes_resize(out, size);
}
