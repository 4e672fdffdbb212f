/*
 * tests/bench/days.h - days of a site, written by the real writer into memory: what
 * packing is measured and its dictionary trained on.
 */
#ifndef PH_TESTS_BENCH_DAYS_H
#define PH_TESTS_BENCH_DAYS_H

#include <stdio.h>

#include "common/log/writer.h"
#include "proto/pack.h"

struct days;

/*
 * Read lines as `bench write` takes them: {"at": seconds, "entry": {...}}, "@" for the
 * entry before. A line {} is a mark. Keys, seeds and boots come from a fixed seed, so
 * the same lines give the same bytes. 0 or negative errno with ERR.
 */
int days_read(struct days **days_out, FILE *in, struct ph_error *err);
void days_free(struct days *days);

/* The log, and the number of its last entry before mark I (0: none, its head). */
const struct ph_log *days_log(const struct days *days);
uint64_t days_mark(const struct days *days, size_t i);
/*
 * Entries FIRST to LAST: WHERE, the plain body appended to BODY, and their parts, which
 * are the caller's to free and borrow PLAIN. 0 or negative errno.
 */
int days_segment(struct days *days, uint64_t first, uint64_t last,
		 struct ph_pack_where *where, struct ph_buf *body,
		 struct ph_pack_part **parts_out, size_t *n_parts_out,
		 struct ph_buf *plain);

#endif
