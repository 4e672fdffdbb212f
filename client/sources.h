/*
 * client/sources.h - which records of files this site has imported already.
 *
 * An imported entry carries its source, the hash of the record it was made from. The
 * same record is not written again, unless what was made from it was voided.
 */
#ifndef PH_CLIENT_SOURCES_H
#define PH_CLIENT_SOURCES_H

#include "client/site.h"

struct ph_sources;

/* Gather the sources in the logs of SITE. 0 or negative errno with ERR. */
int ph_sources_new(struct ph_sources **sources_out, struct ph_site *site,
		   struct ph_error *err);
void ph_sources_free(struct ph_sources *sources);
/* The entry of KIND (a number) that was made from SOURCE, or NULL. Borrowed until the next add. */
const struct ph_ref *ph_sources_find(const struct ph_sources *sources, uint64_t kind,
				     const uint8_t source[static PH_SOURCE_SIZE]);
/* 0 or -ENOMEM. */
int ph_sources_add(struct ph_sources *sources, uint64_t kind,
		   const uint8_t source[static PH_SOURCE_SIZE], const struct ph_ref *ref);

#endif
