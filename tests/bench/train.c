/*
 * tests/bench/train.c - what the dictionary of compact segments is made of.
 *
 * Lines on standard input, as for `bench write`, with marks {} between segments; what
 * is before the first mark is left out. Each segment is packed with models that begin
 * from nothing. For each, one line: the models that were asked, as a list of
 * [name, node, zero, seen]; what they learned is what they should have known. Its texts
 * go to a file in the folder TEXTS, for zstd.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/pack_internal.h"
#include "tests/bench/bench.h"
#include "tests/bench/days.h"

static const char *texts;
static unsigned n_texts;

static void write_texts(const struct ph_pack *pack)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%04u", texts, n_texts++);
	file = pack->text.buf.len > 0 ? fopen(path, "wb") : NULL;
	if (file != NULL) {
		fwrite(pack->text.buf.data, 1, pack->text.buf.len, file);
		fclose(file);
	}
}

static void print_models(const struct ph_pack *pack)
{
	bool first = true;

	printf("[");
	for (uint32_t i = 0; i < pack->coder.n_sets; i++) {
		for (unsigned node = 0; node < PH_MODEL_IN_SET; node++) {
			struct ph_model model = pack->coder.sets[i].model[node];

			if (model.seen > 0) {
				printf("%s[%" PRIu64 ",%u,%u,%u]", first ? "" : ",",
				       pack->coder.name[i], node, model.zero, model.seen);
				first = false;
			}
		}
	}
	printf("]\n");
	write_texts(pack);
}

static int train_one(struct days *days, struct ph_pack *pack, uint64_t first,
		     uint64_t last)
{
	struct ph_pack_where where;
	struct ph_buf body = { 0 }, plain = { 0 }, packed = { 0 };
	struct ph_pack_part *parts = NULL;
	size_t n_parts = 0;
	int rc = days_segment(days, first, last, &where, &body, &parts, &n_parts, &plain);
	bool *taken = calloc(n_parts + 1, sizeof(*taken));

	rc = rc              ? rc
	     : taken == NULL ? -ENOMEM
			     : ph_pack(pack, &where, ph_buf_view(&body), parts, n_parts,
				       taken, &packed);
	ph_buf_deinit(&body);
	ph_buf_deinit(&plain);
	ph_buf_deinit(&packed);
	free(parts);
	free(taken);
	return rc;
}

int bench_train(const struct bench_args *args, struct ph_error *err)
{
	struct days *days = NULL;
	struct ph_pack *pack = ph_pack_new();
	int rc = pack == NULL ? -ENOMEM : days_read(&days, stdin, err);

	texts = args->word[0];
	for (size_t i = 1; rc == 0 && days_mark(days, i) != 0; i++) {
		pack->watch = print_models;
		pack->coder.untrained = true;
		if (days_mark(days, i) > days_mark(days, i - 1)) {
			rc = train_one(days, pack, days_mark(days, i - 1) + 1,
				       days_mark(days, i));
		}
	}
	ph_pack_free(pack);
	days_free(days);
	return bench_fail(err, rc, "training");
}
