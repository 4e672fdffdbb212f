/* common/ledger/log_state.h - a log: how it was opened, and which logs go on from it (docs/MERGE.md, "Log"). */
#ifndef PH_LEDGER_LOG_STATE_H
#define PH_LEDGER_LOG_STATE_H

#include "common/ledger/key.h"
#include "common/ledger/state.h"

struct ph_continuation {
	uint8_t log_id[PH_LOG_ID_SIZE]; /* the log that goes on */
	uint64_t n;                     /* from here ... */
	uint8_t h[PH_HASH_SIZE];
	struct ph_opt why;
	int64_t second; /* when it was opened */
};

struct ph_log_state {
	bool opened; /* its own `open` is here */
	uint64_t site;
	int64_t second;
	bool continues;
	struct ph_head head; /* if it continues: what it goes on from */
	struct ph_opt why;
	struct ph_continuation *continued; /* logs that go on from it, in order */
	size_t n_continued;
};

/* The state that FACTS (effective, in order) give. 0 or negative errno. */
int ph_log_state_fold(const struct ph_entity_key *key, const struct ph_fact *facts,
		      size_t n, struct ph_buf *state_out);
/* 0, -EUCLEAN, -ENOMEM. */
int ph_log_state_decode(struct ph_view state, struct ph_log_state *log);
void ph_log_state_deinit(struct ph_log_state *log);

#endif
