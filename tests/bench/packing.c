/*
 * tests/bench/packing.c - how small compact segments are, and where their bytes go.
 *
 * Lines on standard input, as for `bench write`, with a mark {} behind what is there
 * already; what is behind the mark is packed in segments of at most `--count` bytes of
 * plain body, unpacked again, compared, and timed. One JSON object: sizes, and bits by
 * column (kind.field) as the coder spent them.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/pack_internal.h"
#include "tests/bench/bench.h"
#include "tests/bench/days.h"

enum {
	KINDS = 128,
	COLUMNS = PACK_NOTE_STAMP + 1,
	ROUNDS = 20,
};

static struct {
	double spent[KINDS][COLUMNS];
	double before;
	size_t raw, text, packed_text, coded;
} account;

static void on_column(const struct ph_pack *pack, uint32_t kind, unsigned column)
{
	double now = 8.0 * (double)pack->coded.len + 32 - log2((double)pack->coder.range);

	if (kind < KINDS) {
		account.spent[kind][column] += now - account.before;
	}
	account.before = now;
}

struct cut {
	struct ph_pack_where where;
	struct ph_buf body, plain, packed;
	struct ph_pack_part *parts;
	size_t n_parts;
	bool *taken;
};

static int check(struct ph_pack *pack, const struct cut *cut)
{
	struct ph_unpacked out;
	int rc = ph_unpack(pack, &cut->where, ph_buf_view(&cut->packed), &out);
	size_t at = 0;

	if (rc != 0 || !ph_view_equal(out.body, ph_buf_view(&cut->body))) {
		return -EUCLEAN;
	}
	for (size_t i = 0; i < cut->n_parts; i++) {
		if (cut->taken[i] &&
		    (at == out.n_parts || out.parts[at].n != cut->parts[i].n ||
		     memcmp(out.parts[at].seed, cut->parts[i].seed, PH_SEED_SIZE) != 0 ||
		     !ph_view_equal(out.parts[at++].plain, cut->parts[i].plain))) {
			return -EUCLEAN;
		}
	}
	return at == out.n_parts ? 0 : -EUCLEAN;
}

static double time_of(struct ph_pack *pack, struct cut *cut, bool packing)
{
	double best = 1e9;

	for (int i = 0; i < ROUNDS; i++) {
		struct ph_unpacked out;
		double start = bench_now();

		if (packing) {
			cut->packed.len = 0;
			ph_pack(pack, &cut->where, ph_buf_view(&cut->body), cut->parts,
				cut->n_parts, cut->taken, &cut->packed);
		} else {
			ph_unpack(pack, &cut->where, ph_buf_view(&cut->packed), &out);
		}
		start = bench_now() - start;
		best = start < best ? start : best;
	}
	return best;
}

static void print_columns(void)
{
	bool first = true;

	printf(",\"bits\":{");
	for (size_t k = 0; k < KINDS; k++) {
		const struct ph_kind *kind = ph_kind_find(k);

		for (size_t c = 0; c < COLUMNS; c++) {
			const char *name = c == PACK_NOTE_KIND    ? "(kind)"
					   : c == PACK_NOTE_STAMP ? "(stamp)"
					   : kind && c < kind->n_fields
						   ? kind->fields[c].name
						   : "?";

			if (account.spent[k][c] > 0.05) {
				printf("%s\"%s.%s\":%.1f", first ? "" : ",",
				       kind ? kind->name : "raw", name,
				       account.spent[k][c]);
				first = false;
			}
		}
	}
	printf("}");
}

static uint64_t next_cut(struct days *days, uint64_t first, size_t max)
{
	uint64_t last = days_log(days)->n;
	struct cut cut = { 0 };

	while (last > first && max > 0) {
		cut.body.len = 0;
		days_segment(days, first, last, &cut.where, &cut.body, &cut.parts,
			     &cut.n_parts, &cut.plain);
		free(cut.parts);
		if (cut.body.len <= max) {
			break;
		}
		last = first + (last - first) * 9 / 10;
	}
	ph_buf_deinit(&cut.body);
	ph_buf_deinit(&cut.plain);
	return last;
}

int bench_pack(const struct bench_args *args, struct ph_error *err)
{
	struct days *days = NULL;
	struct ph_pack *pack = ph_pack_new();
	double pack_s = 0, unpack_s = 0;
	size_t plain = 0, packed = 0, segments = 0, parts = 0;
	uint64_t first;
	int rc = days_read(&days, stdin, err);

	for (first = rc ? 1 : days_mark(days, 0) + 1;
	     rc == 0 && first <= days_log(days)->n;) {
		uint64_t last = next_cut(days, first, (size_t)args->count);
		struct cut cut = { 0 };

		rc = days_segment(days, first, last, &cut.where, &cut.body, &cut.parts,
				  &cut.n_parts, &cut.plain);
		if (rc) {
			break;
		}
		cut.taken = calloc(cut.n_parts + 1, sizeof(*cut.taken));
		pack->account = on_column;
		account.before = 0;
		rc = ph_pack(pack, &cut.where, ph_buf_view(&cut.body), cut.parts,
			     cut.n_parts, cut.taken, &cut.packed);
		pack->account = NULL;
		rc = rc ? rc : check(pack, &cut);
		if (rc == 0) {
			struct ph_view rest =
				PH_VIEW(cut.packed.data + 6, cut.packed.len - 6);
			uint64_t raw, text;

			ph_varint_take(&rest, &raw);
			ph_varint_take(&rest, &text);
			account.raw += raw;
			account.packed_text += text;
			account.coded += rest.len - raw - text;
			account.text += pack->text.buf.len;
			pack_s += time_of(pack, &cut, true);
			unpack_s += time_of(pack, &cut, false);
		}
		plain += cut.body.len + cut.plain.len;
		packed += cut.packed.len;
		parts += cut.n_parts;
		segments++;
		first = last + 1;
		ph_buf_deinit(&cut.body);
		ph_buf_deinit(&cut.plain);
		ph_buf_deinit(&cut.packed);
		free(cut.parts);
		free(cut.taken);
	}
	if (rc == 0) {
		uint64_t entries = days_log(days)->n - days_mark(days, 0);

		printf("{\"entries\":%llu,\"segments\":%zu,\"parts\":%zu,\"plain\":%zu,"
		       "\"packed\":%zu,\"raw\":%zu,\"text\":%zu,\"packed_text\":%zu,"
		       "\"coded\":%zu,\"pack_ms\":%.2f,\"unpack_per_s\":%.0f",
		       (unsigned long long)entries, segments, parts, plain, packed,
		       account.raw, account.text, account.packed_text, account.coded,
		       1000 * pack_s, (double)entries / unpack_s);
		print_columns();
		printf("}\n");
	}
	ph_pack_free(pack);
	days_free(days);
	return bench_fail(err, rc, "packing");
}
