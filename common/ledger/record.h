/*
 * common/ledger/record.h - states that begin with registers: sites, communes,
 * policies, targets, models; workers, titles, readers (docs/MERGE.md, "States").
 */
#ifndef PH_LEDGER_RECORD_H
#define PH_LEDGER_RECORD_H

#include "common/ledger/key.h"
#include "common/ledger/registers.h"

struct ph_record {
	struct ph_registers registers;
	bool has_first; /* false: partial, its first entry is not here or not effective */
	uint64_t site;  /* of its first entry */
	int64_t second; /* likewise */
	bool has_source;
	uint8_t source[PH_SOURCE_SIZE]; /* of its first entry */
};

/*
 * The state of a worker: [registers, first]; and of a site, commune, policy, target
 * or model, which no entry gives a first: [registers]. 0 or negative errno.
 */
int ph_record_fold(const struct ph_entity_key *key, const struct ph_fact *facts, size_t n,
		   struct ph_buf *state_out);
/*
 * Registers and first entry of any of these, also of a title or reader, whose
 * states go on (title.h, reader.h). KIND: of its puts. Borrows from STATE. 0,
 * -EUCLEAN, -ENOMEM.
 */
int ph_record_decode(struct ph_view state, const struct ph_kind *kind,
		     struct ph_record *record);
void ph_record_deinit(struct ph_record *record);

/* --- for title.c and reader.c --- */

struct ph_record_fold {
	struct ph_puts puts;
	const struct ph_fact *first; /* the creation; borrowed */
	bool has_source;
	uint8_t source[PH_SOURCE_SIZE];
};
/* Take the put that is the fact of index FACT; it may be the first entry of KEY. 0 or -ENOMEM. */
int ph_record_fold_put(struct ph_record_fold *fold, const struct ph_entity_key *key,
		       const struct ph_fact *facts, size_t fact,
		       const struct ph_entry *entry);
/* The first two items of the state. 0 or negative errno. */
int ph_record_fold_write(struct ph_record_fold *fold, const struct ph_fact *facts,
			 struct ph_row *row);
void ph_record_fold_deinit(struct ph_record_fold *fold);
/* Registers and first entry of a state that is decoded. As ph_record_decode(). */
int ph_record_read(const msgpack_object_array *array, const struct ph_kind *kind,
		   struct ph_record *record);

#endif
