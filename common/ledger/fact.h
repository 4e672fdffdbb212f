/*
 * common/ledger/fact.h - an effective entry as the fold sees it, and the order of facts.
 *
 * The order (docs/MERGE.md, "Order"): effective time, rank, log id, number, hash.
 */
#ifndef PH_LEDGER_FACT_H
#define PH_LEDGER_FACT_H

#include "common/ledger/ledger.h"

struct ph_fact {
	struct ph_ref ref;
	int64_t second;       /* effective time: seconds since 1970 UTC, ... */
	uint16_t tick;        /* ... and the counter of the stamp, 0 for a told time */
	uint8_t rank;         /* 1: behind all others of that second and tick */
	bool told;            /* the time is told (`when`), not stamped */
	uint32_t unsure;      /* how far off the time may be, in seconds */
	uint64_t log_site;    /* of its log; 0: the hub */
	uint64_t site;        /* on behalf of which it was written, else log_site */
	struct ph_view bytes; /* the entry; borrowed */
};

/* How far off the time of a fact may be, in seconds. */
enum {
	PH_UNSURE_HUB = 10,     /* by the clock of the hub or of a network, or judged */
	PH_UNSURE_MINUTE = 60,  /* told to the minute */
	PH_UNSURE_PERSON = 300, /* by a clock that a person set */
	PH_UNSURE_RTC = 3600,   /* by a clock that ran on alone */
	PH_UNSURE_DAY = 43200,  /* told to the day */
	PH_UNSURE_NONE = 86400, /* nobody knows */
};

/* Seconds beyond this, either way, count as this: no sum of day and term overflows. */
#define PH_FACT_SECOND_MAX ((int64_t)1 << 48)

/* What the hub said of a clock-mark: how wrong its clock was, in seconds. */
struct ph_judgement {
	bool judged;
	bool has_clamp;
	uint64_t ahead;
	uint64_t behind;
	uint64_t clamp; /* no later second than this */
};
/* The clock-mark that governs an entry: the last one at or before it in its log. */
struct ph_mark {
	uint64_t n; /* 0: there is none */
	uint8_t hash[8];
	uint64_t stamp;
	uint64_t sure; /* PH_SURE_* */
	struct ph_judgement by;
	uint64_t floor; /* the highest judged stamp of the marks up to this one */
};

/* STAMP as it was judged. */
uint64_t ph_judged(uint64_t stamp, const struct ph_judgement *by);

/* Fill FACT for entry N of LOG from ENTRY, decoded from BYTES; but for its time. */
void ph_fact_init(struct ph_fact *fact, const struct ph_log *log, uint64_t n,
		  struct ph_view bytes, const struct ph_entry *entry);
/* The time of FACT, which is ENTRY's, and how unsure it is; MARK governs it. */
void ph_fact_time(struct ph_fact *fact, const struct ph_entry *entry,
		  const struct ph_mark *mark);
/* Its entry. 0; -EUCLEAN for bytes that no fact can have. */
int ph_fact_entry(const struct ph_fact *fact, struct ph_entry *entry);
int ph_fact_compare(const struct ph_fact *a, const struct ph_fact *b);
/*
 * Sort the facts of one entity. A crate-receive among them is moved behind the latest
 * crate-dispatch of its crate, as far as it is not behind it by its own time. 0,
 * -ENOMEM, -EUCLEAN.
 */
int ph_facts_sort(struct ph_fact *facts, size_t n);

/* Whether ENTRY makes a new title or reader, named by its own reference. */
bool ph_fact_creates(const struct ph_entry *entry);
/* Whether LOG's first entry is the `open` that its id, key and site ask for. */
bool ph_fact_opens(const struct ph_entry *entry, const struct ph_log *log);
/* The PH_ROLE_* by which LOG's entries are judged. */
unsigned ph_fact_role(const struct ph_log *log);
/*
 * Whether a void counts: TARGET_LOG and TARGET_SITE are log_site and site of the
 * target, and so on; SAME_LOG: both stand in one log.
 */
bool ph_fact_void_counts(uint64_t target_log, uint64_t target_site, uint64_t void_log,
			 uint64_t void_site, bool same_log);

#endif
