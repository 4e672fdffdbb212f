/*
 * tests/fuzz/greeting_bend.h - a hello and a welcome between two devices of a site, with one
 * member in it that is a hub's alone to be told, or to tell.
 */
#ifndef PH_FUZZ_GREETING_BEND_H
#define PH_FUZZ_GREETING_BEND_H

#include "proto/message.h"
#include "proto/pack.h"

static inline void bend_hello(struct ph_hello *hello, unsigned which)
{
	static uint8_t body[4];

	hello->control.n = which == 1;
	hello->epoch = which == 2;
	hello->counter = which == 3;
	hello->budget = which == 4 ? 5000 : 0;
	hello->feed_scope = hello->feed_number = which == 5;
	hello->done = which == 6;
	hello->n_heads = which == 7 || which == 8;
	hello->head[0].n = hello->receipted[0] = 1;
	hello->n_segments = which == 8;
	hello->segment[0].first = hello->segment[0].last = 1;
	hello->segment[0].body = PH_VIEW(body, sizeof(body));
	hello->cert.len = which == 9 ? 0 : hello->cert.len;
	hello->packs = which == 10;
	ph_pack_form(hello->form);
}

static inline void bend_welcome(struct ph_welcome *welcome, unsigned which)
{
	static struct ph_short_receipt receipt = { .n = 1, .level = PH_LEVEL_HUB };

	welcome->epoch.number = which == 1;
	welcome->epoch.random[0] = which == 1 || which == 2;
	welcome->time = which == 3;
	welcome->receipt = &receipt;
	welcome->n_receipts = which == 4;
	welcome->has_partial = which == 5;
	welcome->partial_offset = 1;
	welcome->done = which == 6;
	welcome->later = which == 7;
	welcome->n_wants = which == 8;
	welcome->want[0].n = 1;
	welcome->status = which == 9 ? PH_STATUS_UNKNOWN : PH_STATUS_OK;
	welcome->packs = which == 10;
	ph_pack_form(welcome->form);
	welcome->keylist = which == 11 ? ph_view_str("keys") : (struct ph_view){ 0 };
}

#endif
