/*
 * client/turn.h - whose turn it is at a thing of which there is one, first come first served.
 *
 * A mutex would let the thread that has just unlocked it lock it again; here whoever has
 * waited longest is next.
 */
#ifndef PH_CLIENT_TURN_H
#define PH_CLIENT_TURN_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct ph_turn {
	uv_mutex_t lock;
	uv_cond_t moved;
	uint64_t next, now; /* the next number to draw; the number whose turn it is */
	uv_thread_t owner;
	bool is_taken;
};

/* 0 or a negative errno. */
int ph_turn_init(struct ph_turn *turn);
void ph_turn_deinit(struct ph_turn *turn);
/* These three fit struct ph_site_turn; DATA is the struct ph_turn. */
void ph_turn_take(void *data);
void ph_turn_give(void *data);
bool ph_turn_has(void *data);
/* Take it if nobody has it or waits for it. */
bool ph_turn_try(struct ph_turn *turn);
/* Whether somebody has it, and whose number it is then. */
bool ph_turn_is_taken(struct ph_turn *turn, uint64_t *number_out);

#endif
