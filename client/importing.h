/*
 * client/importing.h - records of packhorse-marc become entries.
 */
#ifndef PH_CLIENT_IMPORTING_H
#define PH_CLIENT_IMPORTING_H

#include "client/site.h"
#include "client/sources.h"

struct ph_importing {
	struct ph_site *site;
	struct ph_sources *sources;
	struct ph_site_info info;
	const char *acquisition; /* NULL: not said */
	bool print_codes; /* a record without items gets one copy with a new code */
	bool dry_run;     /* count, write nothing */
	json_t *remarks;  /* [{"record","offset","note" or "error"}, ...] */
	uint64_t records, titles, copies, known, failed, notes;
	/* of the open batch, not safe yet */
	unsigned in_batch;
	uint64_t safe_titles, safe_copies; /* as they were at the last commit */
};

/*
 * Take one line of packhorse-marc (client/marc/main.c) about a record. 0; or a negative
 * errno with ERR, after which the batch is to be undone. What is wrong with the record
 * itself is remarked and counted.
 */
int ph_importing_take(struct ph_importing *importing, json_t *line, struct ph_error *err);
/* Commit what was taken and begin the next batch. 0 or negative errno with ERR. */
int ph_importing_commit(struct ph_importing *importing, struct ph_error *err);

#endif
