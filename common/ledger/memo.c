/*
 * common/ledger/memo.c - states that one transaction has written or read.
 *
 * A state that is put again is appended, and the key points to the new one. When that
 * has grown beyond its limit, all is forgotten: what is not here is read from the
 * database. Only memory can fail.
 */
#include "common/ledger/memo.h"

#include <stdlib.h>

#include "common/ledger/state.h"

#define ARENA_MAX  (16u << 20)
#define ARENA_KEPT (1u << 20) /* from one transaction to the next */

static void forget(struct ph_memo *memo)
{
	ph_keyset_clear(&memo->keys);
	memo->arena.len = 0;
}

void ph_memo_begin(struct ph_memo *memo)
{
	forget(memo);
	memo->begun = true;
}

void ph_memo_end(struct ph_memo *memo)
{
	if (memo->arena.len > ARENA_KEPT) {
		ph_memo_deinit(memo);
	}
	forget(memo);
	memo->begun = false;
}

void ph_memo_deinit(struct ph_memo *memo)
{
	ph_keyset_deinit(&memo->keys);
	ph_buf_deinit(&memo->arena);
	free(memo->spans);
	*memo = (struct ph_memo){ 0 };
}

int ph_memo_put(struct ph_memo *memo, const struct ph_entity_key *key,
		struct ph_view state)
{
	size_t at;
	int rc;

	if (!memo->begun) {
		return 0;
	}
	if (memo->arena.len + state.len > ARENA_MAX) {
		forget(memo);
	}
	rc = ph_keyset_add(&memo->keys, key);
	rc = rc != 0 ? rc
		     : ph_state_grow((void **)&memo->spans, memo->keys.n - 1,
				     &memo->cap_spans, sizeof *memo->spans);
	if (rc != 0) {
		return rc;
	}
	(void)ph_keyset_find(&memo->keys, key, &at);
	memo->spans[at] =
		(struct ph_memo_span){ .at = memo->arena.len, .len = state.len };
	return ph_buf_put_view(&memo->arena, state);
}

bool ph_memo_get(const struct ph_memo *memo, const struct ph_entity_key *key,
		 struct ph_view *state_out)
{
	size_t at;

	if (!memo->begun || !ph_keyset_find(&memo->keys, key, &at)) {
		return false;
	}
	*state_out = memo->spans[at].len > 0
			     ? PH_VIEW(memo->arena.data + memo->spans[at].at,
				       memo->spans[at].len)
			     : PH_VIEW(NULL, 0);
	return true;
}
